"""Instances in the form that answers have (dms-api.md 4.2), through views, in wanted units."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeAlias

from pydantic import Field

from pygen.sandbox.catalog import ContainerDef, Prop, ViewDef, ViewProp, view_id
from pygen.sandbox.problems import Refusal, constraint_violations
from pygen.sandbox.schema_rows import ViewReference
from pygen.sandbox.shapes import Shape
from pygen.sandbox.store import EDGE, compact
from pygen.sandbox.units import conversion, unit_in_system
from pygen.sandbox.values import decoder

if TYPE_CHECKING:
    import sqlite3

    from pygen.sandbox.store import Store

__all__ = ["Selection", "read_instances", "read_selections", "target_units", "typing_of"]

Json: TypeAlias = dict[str, Any]

MOST_SOURCES = 10
MOST_UNITS = 10
MOST_JOINS = 60
"""SQLite joins at most 64 tables."""

_OFTEN_EQUAL = frozenset({"boolean", "timestamp", "direct"})
"""Types of which a page has many equal values."""

_Reader: TypeAlias = Callable[[Sequence[Any]], Sequence[Any]]
"""Turns all values of a column into JSON; what is missing stays None."""


class Selection(NamedTuple):
    """
    What to read through a view.

    Attributes:
        view: The view.
        properties: Which; None: all.
        units: Identifiers of the units to convert to, by property.
    """

    view: ViewDef
    properties: tuple[str, ...] | None = None
    units: Mapping[str, str] = MappingProxyType({})

    @property
    def chosen(self) -> list[ViewProp]:
        """The mapped properties that are read."""
        mapped = self.view.mapped
        return list(mapped.values()) if self.properties is None else [mapped[name] for name in self.properties]


# --- what is asked for ---


class _Unit(Shape):
    external_id: str | None = None
    unit_system_name: str | None = None


class _Target(Shape):
    property: str
    unit: _Unit


class _Targets(Shape):
    target_units: Annotated[list[_Target], Field(min_length=1, max_length=MOST_UNITS)]


class _Source(Shape):
    source: ViewReference
    target_units: list[Json] | None = None


class _Select(_Source):
    properties: list[str]


def read_selections(
    store: Store, sources: Sequence[Json] | None, *, selecting: bool, where: str = "sources"
) -> list[Selection]:
    """
    Read `sources` of a request.

    Args:
        store: The project.
        sources: As on the wire; None: none.
        selecting: Whether they name properties, as in query and sync, or take all, as in list and byids.
        where: What to call their place in a refusal.

    Raises:
        Refusal: They have another form, or name what there is not.
    """
    if len(sources or ()) > MOST_SOURCES:
        raise constraint_violations([f"sources size must be between 0 and {MOST_SOURCES}"])
    return [
        _read_selection(store, source, f"{where}[{number}]", selecting=selecting)
        for number, source in enumerate(sources or ())
    ]


def _read_selection(store: Store, given: Json, where: str, *, selecting: bool) -> Selection:
    source = (_Select if selecting else _Source).read(given, where=where)
    view = store.catalog.view(view_id(source.source.given()))
    names = _read_names(view, source.properties, f"{where}.properties") if isinstance(source, _Select) else None
    return Selection(view, names, target_units(view, source.target_units, where=f"{where}.targetUnits"))


def _read_names(view: ViewDef, names: Sequence[str], where: str) -> tuple[str, ...] | None:
    if "*" in names:
        return None
    for name in names:
        if name in view.connections:
            raise Refusal(f"Property '{name}' in {where} is a connection, which instances do not hold")
        if name not in view.mapped and name not in view.broken:
            raise Refusal(f"Unknown property '{name}' in {where}")
    return tuple(name for name in dict.fromkeys(names) if name in view.mapped)


def target_units(view: ViewDef, units: Sequence[Json] | None, *, where: str = "targetUnits") -> dict[str, str]:
    """
    Read `targetUnits` of a request: identifiers of units by property (dms-api.md 5.5).

    Args:
        view: The view whose properties are meant.
        units: As on the wire; None: none.
        where: What to call their place in a refusal.

    Raises:
        Refusal: They have another form, or there is no such conversion.
    """
    if units is None:
        return {}
    targets = _Targets.read({"targetUnits": units}, where=where.removesuffix("targetUnits").removesuffix("."))
    return {
        target.property: _target_unit(view, target, f"{where}[{number}]")
        for number, target in enumerate(targets.target_units)
    }


def _target_unit(view: ViewDef, target: _Target, where: str) -> str:
    found = view.mapped.get(target.property)
    if found is None:
        raise Refusal(f"Unknown property '{target.property}' in {where}")
    stored = found.prop.unit
    if stored is None:
        raise Refusal(f"Property '{target.property}' in {where} has no unit that could be converted")
    match target.unit:
        case _Unit(external_id=str(wanted), unit_system_name=None):
            pass
        case _Unit(external_id=None, unit_system_name=str(system)):
            wanted = unit_in_system(stored, system)
        case _:
            raise Refusal(f"{where}.unit needs one of externalId, unitSystemName")
    conversion(stored, wanted)
    return wanted


# --- reading ---

_ENVELOPES = """
SELECT id, kind, space, external_id, version, created, updated, deleted, type_id, start_id, end_id
FROM instance WHERE id IN (SELECT value FROM json_each(?))
"""
_NAMES = "SELECT id, space, external_id FROM instance WHERE id IN (SELECT value FROM json_each(?))"


def read_instances(
    store: Store, ids: Sequence[int], selections: Sequence[Selection] = (), *, with_deleted: bool = False
) -> list[Json]:
    """
    Read instances.

    Args:
        store: The project; within `reading`.
        ids: Their numbers.
        selections: What to read of each.
        with_deleted: Whether deleted ones are read too, with `deletedTime`.

    Returns:
        The instances, in the order of *ids*.
    """
    wanted = compact(list(ids))
    envelopes = {row[0]: row for row in store.db.execute(_ENVELOPES, [wanted])}
    pages = [_Page(selection, store.db, wanted) for selection in selections]
    referred = {number for row in envelopes.values() for number in row[8:]}
    referred.update(*(page.referred() for page in pages))
    names = _names(store.db, referred - {None})
    empty_shown = not store.settings.select_needs_data
    values = [(page, page.values(names)) for page in pages]
    instances: list[Json] = []
    for number in ids:
        row = envelopes.get(number)
        if row is None or (row[7] is not None and not with_deleted):
            continue
        instance = _instance(row, names)
        properties: Json = {}
        for page, held in values:
            found = held.get(number)
            if found is not None or empty_shown:
                properties.setdefault(page.space, {})[page.key] = found or {}
        instance["properties"] = properties
        instances.append(instance)
    return instances


def _names(db: sqlite3.Connection, ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Space and external id of instances, by their numbers."""
    rows = db.execute(_NAMES, [compact(list(ids))])
    return {number: (space, external_id) for number, space, external_id in rows}


def _instance(row: Sequence[Any], names: Mapping[int, tuple[str, str]]) -> Json:
    _, kind, space, external_id, version, created, updated, deleted, type_id, start_id, end_id = row
    instance: Json = {
        "instanceType": "edge" if kind == EDGE else "node",
        "version": version,
        "space": space,
        "externalId": external_id,
        "createdTime": created,
        "lastUpdatedTime": updated,
    }
    if deleted is not None:
        instance["deletedTime"] = deleted
    if type_id is not None:
        instance["type"] = _reference(names[type_id])
    if kind == EDGE:
        instance["startNode"] = _reference(names[start_id])
        instance["endNode"] = _reference(names[end_id])
    return instance


def _reference(name: tuple[str, str]) -> Json:
    return {"space": name[0], "externalId": name[1]}


@dataclass(frozen=True, slots=True)
class _Part:
    """
    What instances hold in some containers, column by column.

    Attributes:
        ids: The instances with data in one of the containers.
        props: The properties that are read.
        columns: The values of each property, as columns hold them.
    """

    ids: Sequence[int]
    props: Sequence[ViewProp]
    columns: Sequence[Sequence[Any]]

    @classmethod
    def fetch(
        cls, db: sqlite3.Connection, wanted: str, containers: Sequence[ContainerDef], chosen: Iterable[ViewProp]
    ) -> _Part:
        """Read the columns of instances that are given as a JSON list."""
        numbers = {container.number for container in containers}
        props = [prop for prop in chosen if prop.container.number in numbers]
        tables = [container.table for container in containers]
        selected = ", ".join(["e.value", *(f"{prop.container.table}.{prop.prop.column}" for prop in props)])
        joins = "".join(f" LEFT JOIN {table} ON {table}.id = e.value" for table in tables)
        has_data = " OR ".join(f"{table}.id IS NOT NULL" for table in tables)
        rows = db.execute(f"SELECT {selected} FROM json_each(?) AS e{joins} WHERE {has_data}", [wanted]).fetchall()
        ids, *columns = zip(*rows, strict=True) if rows else [()] * (len(props) + 1)
        return cls(ids, props, columns)

    def referred(self) -> Iterator[int | None]:
        """The instances that direct relations lead to."""
        for prop, column in zip(self.props, self.columns, strict=True):
            if prop.prop.type == "direct" and prop.prop.is_list:
                yield from (number for text in column if text is not None for number in json.loads(text))
            elif prop.prop.type == "direct":
                yield from column

    def values(self, readers: Sequence[_Reader | None]) -> Iterator[tuple[int, Json]]:
        """The values of each instance; missing ones are left out."""
        names = [prop.name for prop in self.props]
        columns = [
            column if reader is None else reader(column) for reader, column in zip(readers, self.columns, strict=True)
        ]
        rows: Iterable[Sequence[Any]] = zip(*columns, strict=True) if columns else ((),) * len(self.ids)
        for number, row in zip(self.ids, rows, strict=True):
            if None in row:
                yield number, {name: value for name, value in zip(names, row, strict=True) if value is not None}
            else:
                yield number, dict(zip(names, row, strict=True))


class _Page:
    """
    What instances hold, seen through a view.

    Attributes:
        space: The view's space.
        key: How answers name the view within its space.
    """

    def __init__(self, selection: Selection, db: sqlite3.Connection, wanted: str) -> None:
        view = selection.view
        self.space, self.key = view.id.space, f"{view.id.external_id}/{view.id.version}"
        self._units = selection.units
        chosen, containers = selection.chosen, view.containers
        self._parts = [
            _Part.fetch(db, wanted, containers[start : start + MOST_JOINS], chosen)
            for start in range(0, len(containers), MOST_JOINS)
        ]

    def referred(self) -> Iterator[int | None]:
        """The instances that direct relations lead to."""
        for part in self._parts:
            yield from part.referred()

    def values(self, names: Mapping[int, tuple[str, str]]) -> dict[int, Json]:
        """The values of each instance that has data, by its number."""
        found: dict[int, Json] = {}
        for part in self._parts:
            readers = [_reader(prop.prop, self._units.get(prop.name), names) for prop in part.props]
            for number, values in part.values(readers):
                if number in found:
                    found[number].update(values)
                else:
                    found[number] = values
        return found


def _reader(prop: Prop, unit: str | None, names: Mapping[int, tuple[str, str]]) -> _Reader | None:
    """What turns the values of a column into JSON; None: they are that already."""
    read = decoder(prop, names)
    if unit is not None and prop.unit is not None:
        read = _converted(read, conversion(prop.unit, unit).apply, is_list=prop.is_list)
    if read is None:
        return None
    if read is json.loads:
        return _parse_all
    return _read_once(read) if prop.type in _OFTEN_EQUAL and not prop.is_list else _read_each(read)


def _converted(
    read: Callable[[Any], Any] | None, convert: Callable[[float], float], *, is_list: bool
) -> Callable[[Any], Any]:
    if read is None:
        return convert
    if is_list:
        return lambda stored: [convert(value) for value in read(stored)]
    return lambda stored: convert(read(stored))


def _parse_all(column: Sequence[str | None]) -> Sequence[Any]:
    """One text of a thousand values is parsed in a tenth of the time that a thousand texts take."""
    parsed: list[Any] = json.loads(f"[{','.join('null' if text is None else text for text in column)}]")
    return parsed


def _read_each(read: Callable[[Any], Any]) -> _Reader:
    return lambda column: [None if stored is None else read(stored) for stored in column]


def _read_once(read: Callable[[Any], Any]) -> _Reader:
    """Equal values are read together, and come out as the same object."""

    def read_column(column: Sequence[Any]) -> Sequence[Any]:
        known = {stored: read(stored) for stored in set(column) if stored is not None}
        return list(map(known.get, column))

    return read_column


# --- typing ---


def typing_of(selections: Sequence[Selection]) -> Json:
    """The `typing` of an answer: what the properties of views are (dms-api.md 4.5)."""
    typing: Json = {}
    for view, _, units in selections:
        described = {name: _described(prop, units.get(name)) for name, prop in view.mapped.items()}
        typing.setdefault(view.id.space, {})[f"{view.id.external_id}/{view.id.version}"] = described
    return typing


def _described(prop: ViewProp, unit: str | None) -> Json:
    """A property: what the container says of it, under the names that the view gives."""
    definition = {key: value for key, value in prop.prop.definition.items() if key not in {"name", "description"}}
    if unit is not None:
        kind = definition["type"]
        definition["type"] = {**kind, "unit": {"externalId": unit}}
    labels = {key: prop.definition[key] for key in ("name", "description") if prop.definition.get(key) is not None}
    return {**definition, **labels}
