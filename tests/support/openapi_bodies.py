"""Bodies made up from the schemas of the OpenAPI document, with names that mean something where there are some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from tests.support.openapi import Schema, parameters, referred, request_validator

__all__ = ["queries", "request_bodies"]

_MOST_DEPTH = 14
_JUNK: Sequence[Any] = (None, True, 0, -1, 2**70, 1.5, "", "\0", "x" * 300, "\u202e'\";--", [], [None], {}, {"x": {}})
"""What stands in place of a value now and then."""


def request_bodies(method: str, path: str, names: Mapping[str, Sequence[Any]]) -> st.SearchStrategy[Any]:
    """
    Make up bodies of a request.

    Args:
        method: The HTTP method.
        path: Relative to the project.
        names: Values that mean something, by the key that they stand at; taken more often than made-up ones.
    """
    schema = request_validator(method, path).schema
    assert isinstance(schema, dict)
    return _Made(names).of(schema)


def queries(method: str, path: str, names: Mapping[str, Sequence[Any]]) -> st.SearchStrategy[dict[str, str]]:
    """Make up parameters of a query."""
    known = {
        name: [*names.get(name, ()), "true", "false", "1", "0", "-1", "x", ""] for name in parameters(method, path)
    }
    return st.fixed_dictionaries({}, optional={name: st.sampled_from(list(map(str, v))) for name, v in known.items()})


class _Made:
    """Draws values for schemas."""

    def __init__(self, names: Mapping[str, Sequence[Any]]) -> None:
        self._names = names

    def of(self, schema: Schema) -> st.SearchStrategy[Any]:
        """Values for a schema, of which few are no values for it at all."""
        return st.composite(self._value)(schema)

    def _value(  # noqa: PLR0911 -- a schema has as many forms
        self, draw: st.DrawFn, schema: Schema, key: str = "", depth: int = 0
    ) -> Any:
        chance = draw(st.integers(0, 99))
        if chance == 0 and depth:
            return draw(st.sampled_from(_JUNK))
        if chance < 85 and key in self._names:
            return draw(st.sampled_from(self._names[key]))
        if "$ref" in schema:
            return self._value(draw, referred(schema["$ref"]), key, depth + 1)
        if "allOf" in schema:
            return self._whole(draw, schema, key, depth)
        if "anyOf" in schema and "properties" not in schema:
            return self._value(draw, draw(st.sampled_from(schema["anyOf"])), key, depth + 1)
        if "enum" in schema:
            return draw(st.sampled_from(schema["enum"]))
        return self._plain(draw, schema, key, depth)

    def _whole(self, draw: st.DrawFn, schema: Schema, key: str, depth: int) -> Any:
        """A value that all members of a schema say something about: objects, whose keys come together."""
        whole: dict[str, Any] = {}
        for member in schema["allOf"]:
            part = self._value(draw, member, key, depth + 1)
            if not isinstance(part, dict):
                return part
            whole |= part
        return whole

    def _plain(  # noqa: PLR0911 -- JSON has as many types
        self, draw: st.DrawFn, schema: Schema, key: str, depth: int
    ) -> Any:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = draw(st.sampled_from(kind))
        match kind:
            case "object":
                return self._object(draw, schema, depth)
            case "array":
                return self._array(draw, schema, key, depth)
            case "string":
                return draw(st.sampled_from([*self._names["text"], "x", "é\U0001f600"]))
            case "integer":
                return draw(st.sampled_from([schema.get("minimum", 1), schema.get("maximum", 100), 1, 2]))
            case "number":
                return draw(st.sampled_from([0, 1, 2.5, -1]))
            case "boolean":
                return draw(st.booleans())
            case "null":
                return None
        return draw(st.sampled_from(self._names["text"]))

    def _object(self, draw: st.DrawFn, schema: Schema, depth: int) -> Any:
        made: dict[str, Any] = {}
        properties, required = schema.get("properties", {}), schema.get("required", ())
        for name, inner in properties.items():
            if name in required or (depth < _MOST_DEPTH and draw(st.integers(0, 3)) == 0):
                made[name] = self._value(draw, inner, name, depth + 1)
        others = schema.get("additionalProperties")
        if isinstance(others, dict) and depth < _MOST_DEPTH:
            for name in draw(st.lists(st.sampled_from(self._names["key"]), max_size=2, unique=True)):
                made[name] = self._value(draw, others, "", depth + 1)
        if "anyOf" in schema:
            chosen = self._value(draw, draw(st.sampled_from(schema["anyOf"])), "", depth + 1)
            made |= chosen if isinstance(chosen, dict) else {}
        return made

    def _array(self, draw: st.DrawFn, schema: Schema, key: str, depth: int) -> Any:
        least = schema.get("minItems", 0)
        most = max(least, 0 if depth > _MOST_DEPTH else 2)
        return [self._value(draw, schema["items"], key, depth + 1) for _ in range(draw(st.integers(least, most)))]
