"""YAML read as JSON would be."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from pygen.errors import ConfigError
from pygen.sources.yaml_text import Plain, read_yaml


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
        ("<<: [1]", r"a merge key \(<<\) must name mappings \(line 1, column 5\)"),
        ("<<: x", "a merge key"),
        ("a: &x [*x]", "an anchor contains itself"),
        ("a: 1\n---\nb: 2", r"not valid YAML: .*\(line 2, column 1\) \(write a list instead of several documents\)"),
        ("a:\n\tb: 1", r"not valid YAML: .*\(line 2, column 1\)"),
        ("a: *nowhere", "undefined alias"),
        ("a: \x07", "not valid YAML"),
        ('a: "\\ud800"', "not valid"),
        ("a: " + "1" * 5000, "Exceeds the limit"),
        ("a: [1, -1e999]", r"too large a number \(line 1, column 8\)"),
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


def test_merge_keys_fill_in_what_is_not_said() -> None:
    """A mapping's own keys win, then the first of several; quoted it is a key like any other."""
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 3}\nd: {<<: *b, z: 4}\ne: {'<<': 5}"
    found = read_yaml(text, place="m.yaml")
    assert {"x": 3, "y": 1, "z": 2} == found["c"]
    assert ({"y": 2, "z": 4}, {"<<": 5}) == (found["d"], found["e"])


def test_anchors_do_not_explode() -> None:
    """A few lines that say billions of values are refused before memory runs out."""
    lines = ["a0: &a0 [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(ConfigError, match=r"anchors are repeated into more than 100,000 values \(line"):
        read_yaml("\n".join(lines), place="m.yaml")


def test_plain_scalars_can_be_kept_as_they_are_written() -> None:
    """Whoever writes values elsewhere must not turn `1.10` into `1.1`, and must know what was quoted."""
    found = read_yaml("a: 1.10\nb: '1'\nc: [no, 1_0]", place="m.yaml", keep_plain=True)
    assert {"a": "1.10", "b": "1", "c": ["no", "1_0"]} == found
    assert [True, False, True] == [isinstance(each, Plain) for each in (found["a"], found["b"], found["c"][0])]


def test_marks_and_line_ends_of_other_systems() -> None:
    """A byte order mark and CRLF change nothing."""
    assert {"a": "x", "b": ["y"]} == read_yaml("a: x\r\nb:\r\n- y\r\n", place="m.yaml")


def test_nothing() -> None:
    """An empty document is null."""
    assert read_yaml("# only a comment", place="m.yaml") is None
