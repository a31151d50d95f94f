"""Data models in GraphQL's schema language, as `pygen.sources.graphql_dml` reads it (dms-api.md 11)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from pygen.client.models.ids import ViewId
from pygen.sandbox.catalog import Connection, ViewDef, ViewProp, view_id

__all__ = ["write_dml"]

Json: TypeAlias = dict[str, Any]

_SCALARS = {
    "text": "String",
    "boolean": "Boolean",
    "int32": "Int",
    "int64": "Int64",
    "float32": "Float32",
    "float64": "Float",
    "timestamp": "Timestamp",
    "date": "Date",
    "json": "JSONObject",
    "timeseries": "TimeSeries",
    "file": "File",
    "sequence": "Sequence",
}
_NAME = re.compile(r"[A-Za-z][_0-9A-Za-z]*", re.ASCII)


def write_dml(views: Sequence[ViewDef], *, space: str, version: str) -> str:
    """
    Write the views of a data model.

    What the language cannot say is told in a comment: properties with other names than GraphQL has, relations to what
    is not in the data model, and what a view inherits from outside of it.

    Args:
        views: The views.
        space: The space of the data model.
        version: Its version.
    """
    named: dict[str, ViewDef] = {}
    for view in views:
        named.setdefault(view.id.external_id, view)
    writer = _Writer(named, space, version)
    return "\n\n".join(text for view in named.values() for text in writer.definitions(view)) + "\n"


class _Word(str):
    """A value of an enum, which stands without quotes."""

    __slots__ = ()


class _Writer:
    """Writes the views of one data model."""

    def __init__(self, views: dict[str, ViewDef], space: str, version: str) -> None:
        self._views = views
        self._space = space
        self._version = version
        self._names = {view.id: name for name, view in views.items()}
        self._interfaces = {parent for view in views.values() for parent in view.parents}

    def definitions(self, view: ViewDef) -> Iterator[str]:
        """The enums of a view, and its type."""
        for prop in view.mapped.values():
            if prop.prop.type == "enum" and _NAME.fullmatch(prop.name):
                values = prop.prop.definition["type"]["values"]
                listed = "".join(f"{_described(said, value, '  ')}  {value}\n" for value, said in values.items())
                yield f"enum {_enum_name(view, prop)} {{\n{listed}}}"
        kind = "interface" if view.id in self._interfaces else "type"
        parents = [self._names[parent] for parent in view.parents if parent in self._names]
        implements = f" implements {' & '.join(parents)}" if parents else ""
        described = _described(view.body, view.id.external_id, "")
        head = f"{kind} {view.id.external_id}{implements}{self._view_directives(view)}"
        if len(parents) < len(view.parents):
            described = f"# {view.id.external_id} implements views that are not in the data model.\n{described}"
        lines = [line for name in view.names for line in self._field(view, name)]
        if all(line.startswith("  #") for line in lines):  # braces must not be empty
            yield "".join(f"{line.strip()}\n" for line in lines) + described + head
        else:
            body = "".join(f"{line}\n" for line in lines)
            yield f"{described}{head} {{\n{body}}}"

    def _view_directives(self, view: ViewDef) -> str:
        said: Json = {}
        if view.id.space != self._space:
            said["space"] = view.id.space
        if view.id.version != self._version:
            said["version"] = view.id.version
        if view.filter is not None:
            said["rawFilter"] = view.filter
        kinds = (" @edge" if view.used_for == "edge" else "") + (" @import" if view.is_global else "")
        return _directive("view", said, needed=False) + kinds

    def _field(self, view: ViewDef, name: str) -> Iterator[str]:
        if not _NAME.fullmatch(name):
            yield f"  # {name}: GraphQL has no such names"
            return
        is_connection = name in view.connections
        definition = (view.connections[name] if is_connection else view.mapped[name]).definition
        said = self._connection(view.connections[name]) if is_connection else self._mapped(view, view.mapped[name])
        if said is None:
            yield f"  # {name}: a relation to what is not in the data model"
        else:
            yield f"{_described(definition, name, '  ')}  {name}: {said}"

    def _target(self, source: ViewId | None) -> str | None:
        return None if source is None else self._names.get(source)

    def _mapped(self, view: ViewDef, prop: ViewProp) -> str | None:
        kind = prop.prop.type
        if kind == "direct":
            type_name = self._target(prop.source)
        else:
            type_name = _enum_name(view, prop) if kind == "enum" else _SCALARS[kind]
        if type_name is None:
            return None
        shown = f"[{type_name}]" if prop.prop.is_list else type_name
        required = "" if prop.prop.nullable else "!"
        relation = " @directRelation" if kind == "direct" and prop.prop.is_list else ""
        return f"{shown}{required}{relation}{_storage(view, prop)}"

    def _connection(self, connection: Connection) -> str | None:
        definition = connection.definition
        type_name = self._target(view_id(definition["source"]))
        if type_name is None:
            return None
        shown = type_name if connection.is_single else f"[{type_name}]"
        if connection.kind == "reverse":
            through = {"throughProperty": definition["through"]["identifier"]}
            return f"{shown}{_directive('reverseDirectRelation', through)}"
        said: Json = {"type": {name: definition["type"][name] for name in ("space", "externalId")}}
        if definition.get("direction") == "inwards":
            said["direction"] = _Word("INWARDS")
        edge_source = definition.get("edgeSource")
        edge_type = None if edge_source is None else self._target(view_id(edge_source))
        if edge_type is not None:
            said["edgeSource"] = edge_type
        return f"{shown}{_directive('relation', said)}"


def _enum_name(view: ViewDef, prop: ViewProp) -> str:
    return f"{view.id.external_id}_{prop.name}"


def _storage(view: ViewDef, prop: ViewProp) -> str:
    """The directives that say where a field is stored and how, where that is not as usual."""
    container = prop.container.id
    mapping = {
        name: value
        for name, value, usual in (
            ("space", container.space, view.id.space),
            ("container", container.external_id, view.id.external_id),
            ("property", prop.prop.name, prop.name),
        )
        if value != usual
    }
    stored = prop.prop.definition["type"]
    limits = {name: stored[name] for name in ("maxListSize", "maxTextSize") if stored.get(name) is not None}
    default = prop.prop.default
    plain = {} if default is None or isinstance(default, dict) else {"value": _default_text(default)}
    return "".join(
        (
            _directive("mapping", mapping, needed=False),
            _directive("limits", limits, needed=False),
            _directive("unit", stored.get("unit") or {}, needed=False),
            _directive("default", plain, needed=False),
        )
    )


def _default_text(value: Any) -> str:
    """A default as the language has it: text, whatever its type."""
    return value if isinstance(value, str) else json.dumps(value)


def _directive(name: str, arguments: Json, *, needed: bool = True) -> str:
    if not arguments:
        return f" @{name}" if needed else ""
    return f" @{name}({', '.join(f'{key}: {_literal(value)}' for key, value in arguments.items())})"


def _literal(value: Any) -> str:
    """A value as GraphQL writes it: like JSON, with bare keys."""
    if isinstance(value, _Word):
        return value
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_literal(each)}' for key, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _described(definition: Json, usual_name: str, indent: str) -> str:
    """Name and description, as the text before a definition says them."""
    name, description = definition.get("name"), definition.get("description")
    lines = [f"@name {name}"] if name and name != usual_name and "\n" not in name else []
    lines += [description] if description else []
    return f"{indent}{json.dumps(chr(10).join(lines), ensure_ascii=False)}\n" if lines else ""
