"""The JSON Schema says what the parser does."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from pygen.errors import ConfigError
from pygen.generation import base as generation_base
from pygen.project.config import parse_config
from pygen.project.keys import BUILT_IN_TARGETS
from pygen.project.schema import configuration_schema, schema_text

jsonschema = pytest.importorskip("jsonschema")

FINE = """
[pygen]
model = "m.json"
include = ["A*"]
[pygen.python]
output = "src/a"
"""
# Changes to the document above: path of keys and the value put there (None removes it).
CHANGES: list[tuple[tuple[str, ...], Any]] = [
    ((), ...),
    (("model",), None),
    (("model",), 3),
    (("model",), ""),
    (("modle",), "x"),
    (("name",), "plant"),
    (("name",), "a b"),
    (("strict",), True),
    (("strict",), "yes"),
    (("include",), "A"),
    (("include",), [1]),
    (("include",), []),
    (("exclude",), ["B"]),
    (("remote",), {"space": "sp", "external_id": "E", "version": "1"}),
    (("remote",), {"space": "sp", "external_id": "E"}),
    (("remote",), {"space": "1sp", "external_id": "E", "version": "1"}),
    (("remote",), {"space": "sp", "external_id": "E", "version": "1", "project": "p"}),
    (("remote",), "sp:E(1)"),
    (("python",), None),
    (("python",), {}),
    (("python",), "src/a"),
    (("python", "output"), 1),
    (("python", "package"), "a.b"),
    (("python", "package"), "a b"),
    (("python", "client_name"), "AClient"),
    (("python", "client_name"), "A Client"),
    (("python", "instance_space"), "sp"),
    (("python", "instance_space"), "s" * 44),
    (("python", "templates"), "t"),
    (("python", "format"), True),
    (("python", "format"), "yes"),
    (("python", "pakage"), "x"),
    (("environments",), {"dev": {"prefix": "DEV_"}, "prod": {"toml": "config.toml", "table": "cognite.prod"}}),
    (("environments",), {"dev": {}}),
    (("environments",), {"dev": {"prefix": "DEV_", "toml": "config.toml"}}),
    (("environments",), {"dev": {"prefix": "DEV_", "table": "cognite"}}),
    (("environments",), {"dev": {"prefix": "1_"}}),
    (("environments",), {"dev": {"prefix": "DEV_", "token": "t"}}),
    (("environments",), {"a b": {"prefix": "DEV_"}}),
    (("environments",), ["dev"]),
    (("diff",), {"ignore": ["PYG401", "PYG402 sp:Wind*"]}),
    (("diff",), {"ignore": ["401"]}),
    (("diff",), {"ignore": "PYG401"}),
    (("diff",), {"except": []}),
    (("sdk",), []),
    (("sdk",), [{"name": "a", "model": "m", "python": {"output": "b"}}]),
]


def changed(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The fine document with one change."""
    document = tomllib.loads(FINE)
    table = document["pygen"]
    for key in path[:-1]:
        table = table[key]
    if path and value is None:
        del table[path[-1]]
    elif path:
        table[path[-1]] = value
    return document


@pytest.mark.parametrize(("path", "value"), CHANGES, ids=lambda part: json.dumps(part, default=str)[:40])
def test_schema_and_parser_agree(tmp_path: Path, path: tuple[str, ...], value: Any) -> None:
    """A document is valid by the schema exactly when the parser takes it."""
    document = changed(path, value)
    try:
        parse_config(document, tmp_path / "pygen.toml")
        taken = True
    except ConfigError:
        taken = False
    assert taken == jsonschema.Draft7Validator(configuration_schema()).is_valid(document)


def test_several_sdks_agree_too(tmp_path: Path) -> None:
    """The array of tables is valid when each SDK has a name."""
    sdk = {"model": "m", "python": {"output": "a"}}
    for entry, fine in (({"name": "a", **sdk}, True), (sdk, False)):
        document = {"pygen": {"sdk": [entry]}}
        assert fine == jsonschema.Draft7Validator(configuration_schema()).is_valid(document)
        if fine:
            assert 1 == len(parse_config(document, tmp_path / "pygen.toml").sdks)


def test_tables_of_the_project_stand_beside_several_sdks(tmp_path: Path) -> None:
    """Environments belong to the project, not to one of its SDKs."""
    sdk = {"name": "a", "model": "m", "python": {"output": "a"}}
    environments = {"dev": {"prefix": "DEV_"}}
    beside = {"pygen": {"sdk": [sdk], "environments": environments}}
    assert jsonschema.Draft7Validator(configuration_schema()).is_valid(beside)
    assert ["dev"] == [found.name for found in parse_config(beside, tmp_path / "pygen.toml").environments]
    within = {"pygen": {"sdk": [{**sdk, "environments": environments}]}}
    assert not jsonschema.Draft7Validator(configuration_schema()).is_valid(within)
    with pytest.raises(ConfigError, match=r"sdk\[0\]\.environments: unknown key"):
        parse_config(within, tmp_path / "pygen.toml")


def test_the_schema_is_a_schema() -> None:
    """Editors can use it."""
    jsonschema.Draft7Validator.check_schema(configuration_schema())


def test_the_file_for_editors_is_current(repository: Path) -> None:
    """docs/pygen.schema.json is what `python -m pygen.project.schema` prints."""
    assert (repository / "docs" / "pygen.schema.json").read_text(encoding="utf-8") == schema_text()


def test_the_documentation_names_every_key(repository: Path) -> None:
    """docs/configuration.md leaves no key out."""
    from pygen.project.keys import DIFF_KEYS, ENVIRONMENT_KEYS, PROJECT_KEYS, REMOTE_KEYS, SDK_KEYS, TARGET_KEYS

    text = (repository / "docs" / "configuration.md").read_text(encoding="utf-8")
    keys = (*SDK_KEYS, *TARGET_KEYS, *REMOTE_KEYS, *PROJECT_KEYS, *ENVIRONMENT_KEYS, *DIFF_KEYS)
    assert [] == [key for key in keys if f"`{key}`" not in text]


def test_built_in_targets_are_those_of_the_registry() -> None:
    """The targets that configuration knows by itself are those that the registry builds in."""
    assert set(generation_base._BUILT_IN) == set(BUILT_IN_TARGETS)
