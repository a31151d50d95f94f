"""The JSON Schema of the configuration, for editors; made from the same table of keys as the parser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pygen.project.keys import BUILT_IN_TARGETS, PROJECT_KEYS, SDK_KEYS, TARGET_KEYS, Key

__all__ = ["configuration_schema", "schema_text"]

_DIALECT = "http://json-schema.org/draft-07/schema#"
# A connection is described in one place; only a file has tables.
_ONE_PLACE: Mapping[str, Any] = {
    "oneOf": [{"required": ["prefix"]}, {"required": ["toml"]}],
    "dependencies": {"table": ["toml"]},
}


def configuration_schema() -> dict[str, Any]:
    """The schema of a `pygen.toml`, and so of the table `[tool.pygen]` (its property `pygen`)."""
    targets = {name: {"$ref": "#/definitions/target"} for name in BUILT_IN_TARGETS}
    of_project = {name: _value(key) for name, key in PROJECT_KEYS.items()}
    of_project["environments"]["additionalProperties"] |= _ONE_PLACE
    return {
        "$schema": _DIALECT,
        "title": "Configuration of pygen",
        "type": "object",
        "properties": {"pygen": {"oneOf": [{"$ref": "#/definitions/sdk"}, {"$ref": "#/definitions/several"}]}},
        "required": ["pygen"],
        "additionalProperties": False,
        "definitions": {
            "sdk": _sdk({**targets, **of_project}, required=[]),
            "several": {
                "type": "object",
                "properties": {
                    "sdk": {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/named_sdk"}},
                    **of_project,
                },
                "required": ["sdk"],
                "additionalProperties": False,
            },
            "named_sdk": _sdk(targets, required=["name"]),
            "target": _table(TARGET_KEYS),
        },
    }


def schema_text() -> str:
    """The schema as docs/pygen.schema.json holds it."""
    return json.dumps(configuration_schema(), indent=2, ensure_ascii=True) + "\n"


def _sdk(tables: Mapping[str, Any], *, required: list[str]) -> dict[str, Any]:
    table = _table(SDK_KEYS)
    table["properties"].update(tables)
    table["required"] = sorted({*table.get("required", []), *required})
    # Any other table is a target of another distribution: its keys are those of a target, its name is checked by pygen.
    table["additionalProperties"] = {"$ref": "#/definitions/target"}
    # At least one target: a table whose name is none of the keys.
    table["not"] = {"propertyNames": {"enum": sorted({*SDK_KEYS, *PROJECT_KEYS})}}
    return table


def _table(keys: Mapping[str, Key]) -> dict[str, Any]:
    table: dict[str, Any] = {
        "type": "object",
        "properties": {name: _value(key) for name, key in keys.items()},
        "additionalProperties": False,
    }
    required = sorted(name for name, key in keys.items() if key.required)
    if required:
        table["required"] = required
    return table


def _value(key: Key) -> dict[str, Any]:
    described: dict[str, Any] = {"description": key.about}
    if key.default is not None:
        described["default"] = list(key.default) if isinstance(key.default, tuple) else key.default
    match key.kind:
        case "string":
            return described | _string(key)
        case "boolean":
            return described | {"type": "boolean"}
        case "strings":
            return described | {"type": "array", "items": _string(key)}
        case "table":
            return described | _table(key.keys or {})
        case "tables":
            named = {"type": "object", "additionalProperties": _table(key.keys or {})}
            return described | named | ({"propertyNames": {"pattern": key.pattern.regex}} if key.pattern else {})


def _string(key: Key) -> dict[str, Any]:
    return {"type": "string"} | ({"pattern": key.pattern.regex} if key.pattern is not None else {})


if __name__ == "__main__":
    import sys

    sys.stdout.write(schema_text())
