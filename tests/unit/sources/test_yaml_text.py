"""YAML read as JSON would be."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from pygen.errors import ConfigError
from pygen.sources.yaml_text import read_yaml


@pytest.fixture(params=["C", "Python"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both parsers of PyYAML: the one in C is not in every build of it."""
    if request.param == "Python":
        monkeypatch.delattr(yaml, "CBaseLoader", raising=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1", 1),
        ("a: -0", 0),
        ("a: 1.5e3", 1500.0),
        ("a: true", True),
        ("a: False", False),
        ("a: null", None),
        ("a: ~", None),
        ("a:", None),
        ("a: no", "no"),
        ("a: on", "on"),
        ("a: y", "y"),
        ("a: 2024-01-01", "2024-01-01"),
        ("a: 2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
        ("a: 1:30", "1:30"),
        ("a: 1_000", "1_000"),
        ("a: 0x1F", "0x1F"),
        ("a: 012", "012"),
        ("a: .5", ".5"),
        ("a: .inf", ".inf"),
        ("a: .nan", ".nan"),
        ("a: +1", "+1"),
        ("a: =", "="),
        ("a: '1'", "1"),
        ('a: "null"', "null"),
        ("a: ''", ""),
        ("a: |\n  true\n", "true\n"),
        ("a: !!str 1", "1"),
    ],
)
def test_plain_scalars_are_what_json_has_a_word_for(text: str, expected: object) -> None:
    """The cleverness of YAML 1.1 is not used: what looks like an external id is one."""
    found = read_yaml(text, place="m.yaml")["a"]
    assert (type(expected), expected) == (type(found), found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("version: 1", {"version": "1"}),
        ("externalId: true", {"externalId": "true"}),
        ("space: 1.50", {"space": "1.50"}),
        ("name: 2024", {"name": "2024"}),
        ("description:", {"description": None}),
        ("property: [node, 1]", {"property": ["node", "1"]}),
        ("no: {1: {null: 2}}", {"no": {"1": {"null": 2}}}),
        ("properties: {name: {nullable: true}}", {"properties": {"name": {"nullable": True}}}),
        ("defaultValue: {name: 1, version: true}", {"defaultValue": {"name": 1, "version": True}}),
        ("equals: {value: 1}", {"equals": {"value": 1}}),
    ],
)
def test_what_is_text_by_definition_is_text(text: str, expected: object) -> None:
    """Keys always, and the values of identifiers and names; not what stands in somebody's default value."""
    assert expected == read_yaml(text, place="m.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", r"not valid YAML: .* \(line \d+, column \d+\)"),
        ("a: 1\nb: 1\na: 2", r"the key 'a' stands twice in one mapping \(line 3, column 1\)"),
        ("a: !!binary aGk=", r"tag 'binary' is not supported \(line 1, column 4\)"),
        ("a: !!python/object:os.system x", "is not supported"),
        ("a: !custom {}", "tag '!custom' is not supported"),
        ("{[1]: 2}", "a key must be text"),
        ("a: &x {b: 1}\nc: {<<: *x}", "merge keys"),
        ("a: &x [*x]", "an anchor contains itself"),
        ("a: 1\n---\nb: 2", "not valid YAML"),
        ("a: *nowhere", "undefined alias"),
        ("a: \x07", "not valid YAML"),
        ('a: "\\ud800"', "not valid"),
        ("a: " + "1" * 5000, "Exceeds the limit"),
        ("[" * 5000 + "]" * 5000, "nested too deeply|not valid YAML"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    """Everything that JSON could not say, with the place."""
    with pytest.raises(ConfigError, match=message) as raised:
        read_yaml(text, place="m.yaml")
    assert str(raised.value).startswith("m.yaml: ")


def test_anchors_are_copies() -> None:
    """What YAML writers abbreviate is read in full, each time in its own place."""
    found: dict[str, Any] = read_yaml("a: &x {b: [1]}\nc: *x\nd: *x", place="m.yaml")
    assert {"a": {"b": [1]}, "c": {"b": [1]}, "d": {"b": [1]}} == found
    assert found["c"] is not found["d"]


def test_nothing() -> None:
    """An empty document is null."""
    assert read_yaml("# only a comment", place="m.yaml") is None
