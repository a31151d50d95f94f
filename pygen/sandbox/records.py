"""
Rows and plain objects as instances: names of columns and keys are matched with properties of a view.

Names match whatever their case, with or without `_`, `-` and blanks, and with the view's own name in front: a column
`Movie_Name` of movies is their `name`. A direct relation is the external id of its target, or the target itself as an
object. What cannot be made sense of is left out with a warning, unless an instance cannot be without it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from pygen.client.models.ids import ContainerId, ViewId
from pygen.errors import ConfigError
from pygen.sandbox.catalog import Catalog, Connection, Prop, ViewDef, container_reference, view_id, view_reference
from pygen.sandbox.tables import END, START, TYPE, parse_cell
from pygen.sandbox.view_names import exact_name, short_name, shortened

__all__ = ["RecordReader"]

Json = dict[str, Any]

_log = logging.getLogger("pygen.sandbox")

_SEPARATORS = re.compile(r"[\s_-]+")
_ID_KEYS = ("externalId", "external_id", "id")
_META = frozenset({"externalId", "external_id", "space"})
_LINK_START, _LINK_END = "sourceExternalId", "targetExternalId"
_CLASSIC_TABLES = frozenset({"file", "filemetadata", "sequence", "timeseries"})
"""Tables of resources that are no instances: nothing is read from them."""


class _Record(NamedTuple):
    """
    A row or an object.

    Attributes:
        values: Its values by name; text in tables.
        place: Where it is, for messages.
    """

    values: Mapping[str, Any]
    place: str


class RecordReader:
    """
    Reads rows and plain objects of one file.

    Args:
        catalog: The schema.
        space: Where instances are that name no space.
        place: The file, for messages.
    """

    def __init__(self, catalog: Catalog, *, space: str, place: str) -> None:
        self._catalog = catalog
        self._space = space
        self._place = place
        self._warned: set[str] = set()
        self._matched: dict[tuple[ViewId, str], str | None] = {}
        self._by_name: dict[str, list[ViewDef]] = {}
        for view in catalog.views.values():
            for name in {view.id.external_id, short_name(view.id), exact_name(view.id)}:
                self._by_name.setdefault(_plain(name), []).append(view)

    def rows(self, stem: str, rows: Iterable[tuple[int, Mapping[str, str]]]) -> list[Json]:
        """
        Read the rows of a table.

        Args:
            stem: The name of the file, without its suffix.
            rows: Rows with their lines.

        Raises:
            ConfigError: No view has that name, and the columns tell nothing either; or a row lacks what it must have.
        """
        records = [_Record(row, f"{self._place}, line {line}") for line, row in rows]
        name, _, prop = stem.partition(".")
        view = self._view(name)
        if prop and view is not None:
            return self._property_table(view, prop, records)
        if view is not None:
            return [self._row(view, each) for each in records]
        if _plain(name) in _CLASSIC_TABLES:
            _log.info("%s: nothing is read from tables of time series, files and sequences", self._place)
            return []
        linked = self._linked(records)
        if linked is None:
            raise ConfigError(f"no view is called {name!r}, nor do the columns name two views", key=self._place)
        return self._links(*linked, records)

    def objects(self, stem: str, items: Sequence[Mapping[str, Any]]) -> list[Json]:
        """
        Read plain objects, with the objects that are within them.

        Args:
            stem: The name of the file, without its suffix.
            items: The objects.

        Raises:
            ConfigError: Neither the name nor the keys tell the view.
        """
        view = self._view(stem.partition(".")[0]) or self._view_with(items)
        if view is None:
            raise ConfigError(f"no view is called {stem!r}, nor does one have all the keys", key=self._place)
        found: list[Json] = []
        for index, item in enumerate(items):
            self._object(view, _Record(item, f"{self._place}[{index}]"), f"{view.id.external_id}:{index + 1}", found)
        return found

    # --- which view ---

    def _view(self, name: str) -> ViewDef | None:
        """The view of a name, which may be its plural."""
        plain = _plain(name)
        for candidate in (plain, plain.removesuffix("s"), plain.removesuffix("es"), re.sub("ies$", "y", plain)):
            found = self._by_name.get(candidate, [])
            exact = [view for view in found if view.id.external_id == name] or found
            if len(exact) > 1:
                shown = ", ".join(f"{exact_name(view.id)} ({view.id})" for view in exact)
                raise ConfigError(f"several views are called {name!r}", key=self._place, hint=f"one of: {shown}")
            if exact:
                return exact[0]
        return None

    def _matching(self, view: ViewDef, name: str) -> str | None:
        """The property that a column or a key means; None: none, or more than one."""
        key = (view.id, name)
        if key not in self._matched:
            self._matched[key] = _find_property(view, name)
        return self._matched[key]

    def _view_with(self, items: Iterable[Mapping[str, Any]]) -> ViewDef | None:
        """The one view that has properties for all keys."""
        keys = {key for item in items for key in item} - _META - {"id"}
        found = [
            view
            for view in self._catalog.views.values()
            if keys and all(self._matching(view, key) is not None for key in keys)
        ]
        return found[0] if len(found) == 1 else None

    def _linked(self, records: Sequence[_Record]) -> tuple[str, str, Connection] | None:
        """The two columns that name views, and the connection between them."""
        columns = [(column, self._view(column)) for column in (records[0].values if records else ()) if column != "id"]
        views = [(column, view) for column, view in columns if view is not None]
        if len(views) != 2:
            return None
        found = [
            (one, other, connection)
            for (one, view), (other, target) in (views, views[::-1])
            for connection in view.connections.values()
            if connection.kind == "edge" and view_id(connection.definition["source"]) == target.id
        ]
        return found[0] if len(found) == 1 else None

    # --- tables ---

    def _row(self, view: ViewDef | None, record: _Record) -> Json:
        """A row as an instance; without a view it has no properties."""
        external_id = self._id(record)
        if external_id is None:
            raise ConfigError("has no external id", key=record.place, hint="it belongs into the column externalId")
        cells = {name: cell for name, cell in record.values.items() if cell != "" and not _is_meta(view, name)}
        instance = {"instanceType": "node", **self._named(record, external_id)}
        for key, column in (("type", TYPE), ("startNode", START), ("endNode", END)):
            if column in cells:
                instance[key] = self._reference(parse_cell(_DIRECT, cells.pop(column)))
        if "startNode" in instance:
            instance["instanceType"] = "edge"
        written = {name: cells.pop(name) for name in list(cells) if ":" in name}
        sources: list[Json] = []
        if view is not None and view.mapped:
            sources.append({"source": view_reference(view.id), "properties": self._cells(view, record, cells)})
        return {**instance, "sources": [*sources, *self._containers(written, record)]}

    def _cells(self, view: ViewDef, record: _Record, cells: Mapping[str, str]) -> Json:
        """Values of properties; a property that has a column and no value is null."""
        properties: Json = {}
        for column in record.values:
            if _is_meta(view, column):
                continue
            found = self._matching(view, column)
            mapped = None if found is None else view.mapped.get(found)
            if found is None or mapped is None:
                if column in cells:
                    self._warn(f"{self._place}: view {view.id} has no property {column!r}, so it is left out")
                continue
            value = self._cell(mapped.prop, column, cells, record)
            if value is not None or mapped.prop.nullable:
                properties[found] = value
        return properties

    def _cell(self, prop: Prop, column: str, cells: Mapping[str, str], record: _Record) -> Any:
        if column not in cells:
            return None
        try:
            value = parse_cell(prop, cells[column])
        except ValueError as error:
            if not prop.nullable:
                raise ConfigError(f"{column}: {error}", key=record.place) from error
            _log.warning("%s: %s is left out: %s", record.place, column, error)
            return None
        return self._referred(value) if prop.type == "direct" else value

    def _containers(self, written: Mapping[str, str], record: _Record) -> Iterator[Json]:
        """What is written into containers directly."""
        for column, cell in written.items():
            space, _, external_id = column.partition(":")
            try:
                properties = parse_cell(_JSON, cell)
            except ValueError as error:
                raise ConfigError(f"{column}: {error}", key=record.place) from error
            yield {"source": container_reference(ContainerId(space, external_id)), "properties": properties}

    def _property_table(self, view: ViewDef, name: str, records: Sequence[_Record]) -> list[Json]:
        """A table of one connection, or of the values of one property that is a list."""
        prop = self._matching(view, name)
        if prop is None:
            raise ConfigError(f"view {view.id} has no property {name!r}", key=self._place)
        connection = view.connections.get(prop)
        if connection is not None and connection.kind == "edge":
            if records and START in records[0].values:
                through = connection.definition.get("edgeSource")
                edge_view = None if through is None else self._catalog.views.get(view_id(through))
                return [self._row(edge_view, each) for each in records]
            return self._links(_LINK_START, _LINK_END, connection, records)
        mapped = view.mapped.get(prop)
        if mapped is None:
            raise ConfigError(f"{prop} of view {view.id} is stored with the views that it leads to", key=self._place)
        values: dict[str, list[Any]] = {}
        for record in records:
            ends = self._link(record, _LINK_START, _LINK_END)
            if ends is not None:
                values.setdefault(ends[0], []).append(
                    self._referred(ends[1]) if mapped.prop.type == "direct" else ends[1]
                )
        return [
            {
                "instanceType": "node",
                "space": self._space,
                "externalId": external_id,
                "sources": [
                    {
                        "source": view_reference(view.id),
                        "properties": {prop: found if mapped.prop.is_list else found[-1]},
                    }
                ],
            }
            for external_id, found in values.items()
        ]

    def _links(self, start: str, end: str, connection: Connection, records: Iterable[_Record]) -> list[Json]:
        """A table of edges with the external ids of what they connect."""
        found: list[Json] = []
        for record in records:
            ends = self._link(record, start, end)
            if ends is not None:
                one, other = (self._reference(each) for each in ends)
                found.append(self._edge(connection, one, other, self._id(record)))
        return found

    def _link(self, record: _Record, start: str, end: str) -> tuple[str, str] | None:
        one, other = record.values.get(start), record.values.get(end)
        if one and other:
            return one, other
        _log.warning("%s: is left out: both %s and %s are needed", record.place, start, end)
        return None

    # --- plain objects ---

    def _object(self, view: ViewDef, record: _Record, fallback: str, found: list[Json]) -> Json:
        """Read an object and what is within it; returns what it is called."""
        named = self._named(record, self._id(record) or fallback)
        properties: Json = {}
        instance: Json = {"instanceType": "node", **named}
        found.append(instance)
        for key, value in record.values.items():
            if _is_meta(view, key) or value is None:
                continue
            name = self._matching(view, key)
            if name is None:
                self._warn(f"{self._place}: view {view.id} has no property {key!r}, so it is left out")
            elif name in view.connections:
                self._connected(view.connections[name], named, _Record({"": value}, record.place), found)
            else:
                mapped = view.mapped[name]
                within = _Record({"": value}, record.place)
                properties[name] = (
                    self._related(mapped.source, f"{named['externalId']}.{name}", within, found, mapped.prop.is_list)
                    if mapped.prop.type == "direct"
                    else value
                )
        if view.mapped:
            instance["sources"] = [{"source": view_reference(view.id), "properties": properties}]
        return named

    def _related(self, source: ViewId | None, stem: str, record: _Record, found: list[Json], is_list: bool) -> Any:
        targets = self._read_targets(source, stem, record, found)
        return targets if is_list else targets[0]

    def _connected(self, connection: Connection, owner: Json, record: _Record, found: list[Json]) -> None:
        """Read what a connection leads to: nodes and edges, or nodes that point back."""
        stem = f"{owner['externalId']}.{connection.name}"
        target_view = view_id(connection.definition["source"])
        for target in self._read_targets(target_view, stem, record, found):
            if connection.kind == "edge":
                found.append(self._edge(connection, owner, target, None))
            else:
                through = connection.definition["through"]
                is_list = bool(connection.definition.get("targetsList"))
                found.append(
                    {
                        "instanceType": "node",
                        **target,
                        "sources": [
                            {
                                "source": through["source"],
                                "properties": {through["identifier"]: [owner] if is_list else owner},
                            }
                        ],
                    }
                )

    def _read_targets(self, source: ViewId | None, stem: str, record: _Record, found: list[Json]) -> list[Json]:
        """What a relation leads to, by name; objects become instances of their own."""
        values = record.values[""]
        targets: list[Json] = []
        for number, value in enumerate(values if isinstance(values, list) else [values], start=1):
            view = None if source is None else self._catalog.views.get(source)
            if isinstance(value, str) or (isinstance(value, dict) and value.keys() == {"space", "externalId"}):
                targets.append(self._reference(value))
            elif isinstance(value, dict) and view is not None:
                targets.append(self._object(view, _Record(value, record.place), shortened(f"{stem}:{number}"), found))
            else:
                raise ConfigError(f"{stem}: is neither an external id nor an object of a view", key=record.place)
        return targets

    # --- names ---

    def _id(self, record: _Record) -> str | None:
        return next((str(record.values[key]) for key in _ID_KEYS if record.values.get(key)), None)

    def _named(self, record: _Record, external_id: str) -> Json:
        return {"space": str(record.values.get("space") or self._space), "externalId": external_id}

    def _referred(self, value: Any) -> Any:
        return [self._reference(each) for each in value] if isinstance(value, list) else self._reference(value)

    def _reference(self, value: Any) -> Any:
        """A reference; an external id alone is one in the usual space."""
        return {"space": self._space, "externalId": value} if isinstance(value, str) else value

    def _edge(self, connection: Connection, one: Json, other: Json, external_id: str | None) -> Json:
        start, end = (one, other) if connection.definition["direction"] == "outwards" else (other, one)
        name = external_id or shortened(f"{start['externalId']}:{connection.name}:{end['externalId']}")
        return {
            "instanceType": "edge",
            "space": self._space,
            "externalId": name,
            "type": connection.definition["type"],
            "startNode": start,
            "endNode": end,
        }

    def _warn(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            _log.warning("%s", text)


_DIRECT = Prop("", "", "direct", is_list=False, definition={})
_JSON = Prop("", "", "json", is_list=False, definition={})


def _is_meta(view: ViewDef | None, name: str) -> bool:
    """Whether a name is none of a property; `id` is one where the view says so, and an external id all the same."""
    return name in _META or (name == "id" and (view is None or "id" not in view.names))


@cache
def _plain(name: str) -> str:
    return _SEPARATORS.sub("", name).casefold()


def _find_property(view: ViewDef, name: str) -> str | None:
    """The property that a column or a key means; None: none, or more than one."""
    if name in view.mapped or name in view.connections:
        return name
    plain = _plain(name)
    for wanted in (plain, plain.removeprefix(_plain(view.id.external_id))):
        found = [prop for prop in view.names if _plain(prop) == wanted]
        if len(found) == 1:
            return found[0]
    return None
