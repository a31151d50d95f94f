"""Model files: found, read and unwrapped."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pygen import sources
from pygen.client.models.ids import DataModelId
from pygen.errors import ConfigError, MissingExtraError, ModelError
from pygen.sources import (
    load_containers,
    load_data_model,
    load_raw,
    load_raw_containers,
    load_raw_model,
    read_containers,
    read_data_model,
    source_files,
)

MODEL: dict[str, Any] = {"space": "sp", "externalId": "M", "version": "v1", "views": []}
CONTAINER: dict[str, Any] = {"space": "sp", "externalId": "C", "properties": {"p": {"type": {"type": "text"}}}}


def write(path: Path, content: object) -> Path:
    """Write JSON, or text as it is."""
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def refused(path: Path, message: str) -> ConfigError:
    """Reading the file is refused, with a message and the file's name, and as a matter of input."""
    with pytest.raises(ConfigError, match=message) as raised:
        load_raw(path)
    assert str(path) in str(raised.value)
    assert 2 == raised.value.exit_code
    return raised.value


def test_every_public_name_is_there() -> None:
    """What `__all__` promises can be imported, and is in `dir`."""
    assert [name for name in sources.__all__ if not hasattr(sources, name)] == []
    assert set(sources.__all__) <= set(dir(sources))
    with pytest.raises(AttributeError, match="nonsense"):
        _ = sources.nonsense


def test_raw_json_needs_the_standard_library_only(tmp_path: Path) -> None:
    """The freshness check reads models without pydantic and without PyYAML."""
    path = write(tmp_path / "m.json", MODEL)
    code = (
        "import sys; from pathlib import Path; from pygen.sources import load_raw;"
        f"load_raw(Path({str(path)!r})); sys.exit(len({{'pydantic', 'yaml', 'httpx'}} & set(sys.modules)))"
    )
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode


@pytest.mark.parametrize("document", [MODEL, [MODEL], {"items": [MODEL]}, {"items": MODEL}])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_the_shapes_a_model_comes_in(tmp_path: Path, document: object, bom: str) -> None:
    """The object, a list of one, and the API's answer are one and the same, with or without a byte order mark."""
    assert MODEL == load_raw(write(tmp_path / "m.json", bom + json.dumps(document)))


def test_json_and_yaml_are_the_same(tmp_path: Path) -> None:
    """The form of the file leaves no trace."""
    yaml_path = write(tmp_path / "a.yaml", "space: sp\nexternalId: M\nversion: v1\nviews: []\n")
    assert load_raw(write(tmp_path / "b.json", MODEL)) == load_raw(yaml_path)
    assert DataModelId("sp", "M", "v1") == load_data_model(yaml_path).as_id()


@pytest.mark.parametrize("document", [[], {"items": []}])
def test_no_data_model(tmp_path: Path, document: object) -> None:
    """An empty answer holds nothing to read."""
    refused(write(tmp_path / "m.json", document), "holds no data model")


def test_several_data_models_are_named(tmp_path: Path) -> None:
    """Which one is meant cannot be guessed."""
    path = write(tmp_path / "m.json", {"items": [MODEL, {**MODEL, "version": "v2"}]})
    refused(path, r"holds 2 data models: sp:M\(v1\), sp:M\(v2\)")


@pytest.mark.parametrize("document", ["1", '"text"', "null", "[1]", '{"items": 3}', '{"items": [[]]}'])
def test_something_else(tmp_path: Path, document: str) -> None:
    """JSON that is no object, nor objects, is no model."""
    refused(write(tmp_path / "m.json", document), "holds neither an object")


def test_missing_and_unreadable_files(tmp_path: Path) -> None:
    """Each way in which a file cannot be read is told in its own words."""
    refused(tmp_path / "m.json", "no such file")
    (tmp_path / "folder.json").mkdir()
    refused(tmp_path / "folder.json", "is a folder")
    refused(tmp_path, "is a folder")
    refused(write(tmp_path / "m.txt", MODEL), "not a known kind of model file: .txt")
    refused(write(tmp_path / "m", MODEL), "no suffix")
    with pytest.raises(ConfigError, match="no such file"):
        load_raw(tmp_path / "nul\0.json")
    (tmp_path / "latin.json").write_bytes(b'{"name": "\xe6"}')
    refused(tmp_path / "latin.json", r"not UTF-8 \(byte 10\)")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{\n  "space": }', r"not valid JSON: Expecting value \(line 2, column 12\)"),
        ("", r"not valid JSON: .* \(line 1, column 1\)"),
        ('{"a": NaN}', "NaN is not a JSON number"),
        ('{"a": -Infinity}', "-Infinity is not a JSON number"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
        ('{"a": ' + "1" * 5000 + "}", "not readable: Exceeds the limit"),
        ('{"a": [1.5e3, -1e999]}', r"too large a number at a\[1\]"),
        ('{"a": 1, "a": 2}', "a key stands twice in one object: a "),
        (
            '{"views": [{}, {"properties": {"flow": {"x": 1, "x": 1}, "flow": 2}}]}',
            r"views\[1\]\.properties\.flow",
        ),
        ('{"v": [{"p": {"a": 1, "a": 2}}, {"q": {"b": 1, "b": 2}}]}', r"object: v\[0\]\.p\.a, v\[1\]\.q\.b "),
    ],
)
def test_what_is_not_json(tmp_path: Path, text: str, message: str) -> None:
    """The place and the matter are told; a key that stands twice is not half of a model."""
    refused(write(tmp_path / "m.json", text), message)


def test_large_integers_survive(tmp_path: Path) -> None:
    """Neither JSON nor YAML takes 64-bit integers through floats."""
    number = 9223372036854775807
    for name, text in (("m.json", f'{{"a": {number}}}'), ("m.yaml", f"a: {number}")):
        assert {"a": number} == load_raw(write(tmp_path / name, text))


def test_containers_stand_beside_the_model(tmp_path: Path) -> None:
    """`<name>.containers.json` belongs to the model of that name, also when the model is YAML."""
    model = write(tmp_path / "plant.yaml", "space: sp\nexternalId: M\nversion: v1\n")
    assert ([], [], (model,)) == (load_raw_containers(model), load_containers(model), source_files(model))
    beside = write(tmp_path / "plant.containers.json", {"items": [CONTAINER]})
    assert [CONTAINER] == load_raw_containers(model)
    assert ["C"] == [container.external_id for container in load_containers(model)]
    assert (load_raw(model), [CONTAINER]) == load_raw_model(model)
    assert (model, beside) == source_files(model)
    yaml_beside = write(tmp_path / "plant.containers.yaml", "- {space: sp, externalId: D, properties: {}}\n")
    assert (model, yaml_beside) == source_files(model)


def test_a_wrong_shape_is_told_place_by_place() -> None:
    """Every place is named in the file's own words; nothing of pydantic shows."""
    mapped = {"container": {"space": "sp", "externalId": "C"}, "containerPropertyIdentifier": "p"}
    raw = {
        "space": 1,
        "externalId": "M",
        "version": "v1",
        "views": [
            {"space": "sp", "externalId": "A", "version": "v1", "properties": []},
            {
                "space": "sp",
                "externalId": "B",
                "properties": {
                    "flow": {**mapped, "type": {"type": "text", "list": "maybe"}},
                    "view": {**mapped, "type": 3},
                    "edge": {"connectionType": "multi_edge_connection", "type": None, "source": {"space": "sp"}},
                    "back": {
                        "connectionType": "multi_reverse_direct_relation",
                        "source": {"space": "s", "externalId": "V", "version": "v"},
                        "through": {"source": {"type": "node", "space": "s"}, "identifier": "x"},
                    },
                    "nothing": None,
                    "strange": {"connectionType": 7},
                },
            },
            7,
        ],
    }
    with pytest.raises(ModelError) as raised:
        read_data_model(raw, place="m.json")
    found = {problem.where: problem.message for problem in raised.value.problems}
    back = found.pop("m.json: views[1].properties.back.through.source")
    assert "'view', 'container'" in back
    assert {
        "m.json: space": "should be text, not 1",
        "m.json: views[0].properties": "should be an object, not a list",
        "m.json: views[1].version": "is missing",
        "m.json: views[1].properties.flow.type.list": "should be true or false, not 'maybe'",
        "m.json: views[1].properties.view.type": "should be an object, not 3",
        "m.json: views[1].properties.edge.type": "should be an object, not null",
        "m.json: views[1].properties.edge.source.externalId": "is missing",
        "m.json: views[1].properties.edge.source.version": "is missing",
        "m.json: views[1].properties.nothing": "should be an object, not null",
        "m.json: views[1].properties.strange.connectionType": "should be text, not 7",
        "m.json: views[2]": "should be an object, not 7",
    } == found
    assert "pydantic" not in str(raised.value)
    assert {"PYG008"} == {problem.code for problem in raised.value.problems}


def test_containers_of_a_wrong_shape() -> None:
    """The place of a container is its position in the file."""
    with pytest.raises(ModelError, match=r"c\.json\[1\]: properties\.p\.type: error PYG008: is missing"):
        read_containers([CONTAINER, {"space": "s", "externalId": "D", "properties": {"p": {}}}], place="c.json")


@pytest.mark.parametrize(
    ("text", "place"),
    [('{"views": ["\\ud800"]}', r"views\[0\]: '\\ud800'"), ('{"a": {"\\uDFFF": 1}}', r"a: '\\udfff'")],
)
def test_text_that_is_no_unicode(tmp_path: Path, text: str, place: str) -> None:
    """Half a surrogate pair cannot be written anywhere, and is refused where it is read."""
    refused(write(tmp_path / "m.json", text), f"not valid Unicode text at {place}")


def test_whole_surrogate_pairs_are_text(tmp_path: Path) -> None:
    """JSON escapes an emoji as two surrogates, which are one character."""
    assert {"a": "\U0001f600"} == load_raw(write(tmp_path / "m.json", '{"a": "\\ud83d\\ude00"}'))


def test_yaml_without_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PyYAML is missing, the error says what to install."""
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(MissingExtraError, match=r"pygen-cdf\[build\]") as raised:
        load_raw(write(tmp_path / "m.yaml", "a: 1"))
    assert ("build", "yaml", 2) == (raised.value.extra, raised.value.module, raised.value.exit_code)
