"""
What writing through a source means for tables: worked out once for each source and set of properties.

A request that writes a thousand nodes through a view names the same properties a thousand times. What depends on the
names alone is therefore kept in a `Part` for each container, so that only the values are left to look at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

from pygen.client.models.ids import ContainerId, ViewId
from pygen.sandbox.catalog import ContainerDef, Json, Prop, ViewDef, view_text
from pygen.sandbox.problems import Refusal
from pygen.sandbox.schema_rows import quoted
from pygen.sandbox.store import NODE
from pygen.sandbox.values import BadValue, Encoder, Link, Stored, encode, encoder, null_refusal

if TYPE_CHECKING:
    from pygen.sandbox.catalog import Catalog
    from pygen.sandbox.settings import Settings
    from pygen.sandbox.store import Store

__all__ = ["Mode", "Part", "Plans", "SourceKey", "Table"]

SourceKey: TypeAlias = tuple[str, str, str | None]
"""Space, external id and version of a view; a container has no version."""

FIRST = 3
"""The position of the first property in a row; before it come `id`, `live` and `space`."""

_MOST_PLANS = 10_000
"""A client that never names the same properties twice must not fill the memory."""

READ_ONLY: Mapping[ContainerId, frozenset[str]] = {
    ContainerId("cdf_cdm", "CogniteAsset"): frozenset(
        {
            "assetHierarchy_path",
            "assetHierarchy_path_last_updated_time",
            "assetHierarchy_root",
            "path",
            "pathLastUpdatedTime",
            "root",
        }
    ),
    ContainerId("cdf_cdm", "CogniteFile"): frozenset({"isUploaded", "uploadedTime"}),
}
"""Properties that the service alone sets (dms-api.md 4.1); derived containers name them as the views do."""


class Table:
    """
    The table of a container, as rows are written to it.

    Attributes:
        container: The container.
        columns: All its columns, in the order of a row.
        constraints: What the container demands of rows, by identifier.
        names: The property at each position of a row.
        positions: The position of each property in a row.
        blank: A row with the defaults; targets of direct relations by name.
        links: The targets in it.
        required: Positions that must not be null.
        immutable: Positions that keep what they once have.
        unique: Positions with a uniqueness constraint.
        counters: What numbers must be, by position, where they count up if nothing is given.
        kept: Positions that keep their value where a row is replaced and nothing is given.
        relations: Positions of direct relations and lists of them.
        targets: The container in which targets must have data, by position.
        requires: The containers that instances with data here must have data in, by constraint.
    """

    def __init__(self, container: ContainerDef, catalog: Catalog, settings: Settings) -> None:
        props = dict(enumerate(container.props.values(), FIRST))
        self.container = container
        self.constraints: Mapping[str, Json] = container.body.get("constraints") or {}
        self.columns = ["id", "live", "space", *(prop.column for prop in props.values())]
        self.names = ["", "", "", *container.props]
        self.positions = {prop.name: position for position, prop in props.items()}
        self.blank: list[Any] = [0, 1, 0, *(_default(prop, settings) for prop in props.values())]
        self.links = {value for value in self.blank if isinstance(value, Link)}
        self.required = [position for position, prop in props.items() if not prop.nullable]
        self.immutable = [position for position, prop in props.items() if prop.immutable]
        self.unique = {
            self.positions[name] for each in self.constraints.values() for name in each.get("properties", ())
        }
        self.counters = {position: encoder(prop, settings) for position, prop in props.items() if prop.auto_increment}
        read_only = READ_ONLY.get(container.id, frozenset())
        self.kept = [*self.counters, *(self.positions[name] for name in sorted(read_only & container.props.keys()))]
        self.relations = [position for position, prop in props.items() if prop.type == "direct"]
        self.targets = {
            position: catalog.containers.get(prop.target) for position, prop in props.items() if prop.target
        }
        self.requires = self._required(catalog)

    def _required(self, catalog: Catalog) -> list[tuple[str, ContainerDef]]:
        """What `requires` constraints name; a container that is gone is no longer required."""
        found = []
        for identifier, constraint in self.constraints.items():
            if other := constraint.get("require"):
                required = catalog.containers.get(ContainerId(other["space"], other["externalId"]))
                if required is not None:
                    found.append((identifier, required))
        return found

    @cached_property
    def select(self) -> str:
        """Rows of the instances whose numbers are in a JSON list."""
        return (
            f"SELECT {', '.join(self.columns)} FROM {self.container.table}"
            " WHERE id IN (SELECT value FROM json_each(?)) AND live = 1"
        )

    @cached_property
    def update(self) -> str:
        """A row in place of the one that there is; its number comes last."""
        values = ", ".join(f"{column} = ?" for column in self.columns[1:])
        return f"UPDATE {self.container.table} SET {values} WHERE id = ?"

    @cached_property
    def insert(self) -> str:
        """A row."""
        values = ", ".join("?" * len(self.columns))
        return f"INSERT INTO {self.container.table} ({', '.join(self.columns)}) VALUES ({values})"

    @cached_property
    def delete(self) -> str:
        """Away with the rows of the instances whose numbers are in a JSON list."""
        return f"DELETE FROM {self.container.table} WHERE id IN (SELECT value FROM json_each(?))"

    def greatest(self, position: int) -> str:
        """The greatest value that a counter has had."""
        return f"SELECT max({self.columns[position]}) FROM {self.container.table}"

    def counted(self, position: int, number: int) -> int:
        """
        The next number of a counter.

        Raises:
            Refusal: It does not fit any more.
        """
        try:
            self.counters[position](number)
        except BadValue as error:
            raise Refusal(f"Property '{self.names[position]}' cannot count on: {error}") from None
        return number

    def check_required(self, row: Sequence[Any]) -> None:
        """
        See that a row has what it must have.

        Raises:
            Refusal: Something is missing.
        """
        for position in self.required:
            if row[position] is None:
                raise null_refusal(self.names[position])

    def check_immutable(self, row: Sequence[Any], old: Sequence[Any], owner: str) -> None:
        """
        See that a row keeps what never changes once it is there.

        Raises:
            Refusal: Something would change.
        """
        for position in self.immutable:
            if old[position] is not None and row[position] != old[position]:
                raise Refusal(f"Property '{self.names[position]}' of {owner} is immutable, and has another value.")

    def violated(self, message: str) -> Refusal | None:
        """What to say of a failed unique index, whose message names its columns; None: it is not of this table."""
        prefix = f"{self.container.table}."
        columns = [column.strip() for column in message.partition(":")[2].split(",")]
        if not all(column.startswith(prefix) for column in columns):
            return None
        names = [self.names[self.columns.index(column.removeprefix(prefix))] for column in columns]
        wanted = [name for name in names if name]
        for identifier, constraint in self.constraints.items():
            if constraint.get("properties") == wanted and bool(constraint.get("bySpace")) == ("" in names):
                return Refusal(
                    f"Uniqueness constraint '{identifier}' of container '{self.container.id}' is violated:"
                    f" there is another instance with the same {' and '.join(wanted)}.",
                    status=409,
                )
        return None


def _default(prop: Prop, settings: Settings) -> Stored:
    where = f"the default of property '{prop.name}'"
    return None if prop.default is None else encode(prop, prop.default, where, settings=settings)


class Mode(NamedTuple):
    """
    How something is written.

    Attributes:
        kind: `NODE` or `EDGE`.
        replace: Whether what is there is replaced; False: what is not named stays.
        as_system: Whether properties that the service alone sets may be written.
    """

    kind: int
    replace: bool = False
    as_system: bool = False


@dataclass(slots=True)
class Part:
    """
    What a source writes into one container.

    Attributes:
        table: The container's table.
        names: The properties that are written, as the source calls them.
        positions: Where they are in a row; two properties of a view may share one.
        encoders: What makes their values what columns hold.
        required: Which of them must not be null, by index.
        relations: Which of them are direct relations, or lists of them, by index.
    """

    table: Table
    names: list[str] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    encoders: list[Encoder] = field(default_factory=list)
    required: list[int] = field(default_factory=list)
    relations: list[int] = field(default_factory=list)

    def add(self, name: str, prop: Prop, settings: Settings) -> None:
        """Write one more property."""
        index = len(self.names)
        self.names.append(name)
        self.positions.append(self.table.positions[prop.name])
        self.encoders.append(encoder(prop, settings))
        if not prop.nullable:
            self.required.append(index)
        if prop.type == "direct":
            self.relations.append(index)

    def encode(self, properties: Mapping[str, Any], owner: str, links: set[Link]) -> list[Stored]:
        """
        Make values what columns hold, in the order of `positions`.

        Args:
            properties: What was given.
            owner: Whose values they are, for a refusal.
            links: Gets the targets of direct relations.

        Raises:
            Refusal: A property cannot have its value.
        """
        try:
            encoded = [
                None if (value := properties[name]) is None else encode_value(value)
                for name, encode_value in zip(self.names, self.encoders, strict=True)
            ]
        except BadValue:
            raise self._refusal(properties, owner) from None
        for index in self.required:
            if encoded[index] is None:
                raise null_refusal(self.names[index])
        for index in self.relations:
            value = encoded[index]
            if isinstance(value, Link):
                links.add(value)
            elif isinstance(value, list):
                links.update(value)
        return encoded

    def _refusal(self, properties: Mapping[str, Any], owner: str) -> Refusal:
        """What to say of the first value that is wrong."""
        for name, encode_value in zip(self.names, self.encoders, strict=True):
            try:
                if properties[name] is not None:
                    encode_value(properties[name])
            except BadValue as error:
                return Refusal(f"Invalid value for property '{name}' of {owner}: {error}")
        raise AssertionError("no value is wrong")


class Plans:
    """
    What sources mean for tables, in one state of the schema.

    Args:
        catalog: The schema.
        settings: How lists and their lengths are treated.

    Attributes:
        catalog: The schema.
    """

    def __init__(self, catalog: Catalog, settings: Settings) -> None:
        self.catalog = catalog
        self._settings = settings
        self._tables: dict[int, Table] = {}
        self._plans: dict[object, list[Part]] = {}

    @classmethod
    def of(cls, store: Store) -> Plans:
        """Those of the schema as it is now; within `store.writing`."""
        plans = _LATEST.get(store)
        if plans is None or plans.catalog is not store.catalog:
            plans = _LATEST[store] = cls(store.catalog, store.settings)
        return plans

    def check_sources(self, sources: Collection[SourceKey]) -> None:
        """
        See that views and containers exist.

        Raises:
            Refusal: Some do not; all of a kind are named.
        """
        views = [ViewId(space, name, version) for space, name, version in sources if version is not None]
        if missing := [view_text(view) for view in views if view not in self.catalog.views]:
            raise Refusal(f"One or more views do not exist: {quoted(sorted(missing))}.")
        containers = [ContainerId(space, name) for space, name, version in sources if version is None]
        if missing := [str(container) for container in containers if container not in self.catalog.containers]:
            raise Refusal(f"One or more containers do not exist: {quoted(sorted(missing))}.")

    def parts(self, source: SourceKey, names: tuple[str, ...], mode: Mode) -> list[Part]:
        """
        What writing properties through a source does, for each container that it touches.

        A container is touched if one of its properties is named; all are if none is named, or if what is there is
        replaced (dms-api.md 4.1, 9.6).

        Args:
            source: A view or a container that exists.
            names: The properties, as the source calls them.
            mode: How it is written.

        Raises:
            Refusal: A property does not exist or cannot be written, or a container is not for that kind of instance.
        """
        key = (source, names, mode)
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            plan = self._plans[key] = self._plan(source, names, mode)
        return plan

    def _plan(self, source: SourceKey, names: tuple[str, ...], mode: Mode) -> list[Part]:
        space, external_id, version = source
        found: ViewDef | ContainerDef
        if version is None:
            found = self.catalog.containers[ContainerId(space, external_id)]
            behind: Sequence[ContainerDef] = (found,)
        else:
            found = self.catalog.views[ViewId(space, external_id, version)]
            behind = found.containers
        parts: dict[int, Part] = {}
        if mode.replace or not names:
            parts = {container.number: Part(self._table(container)) for container in behind}
        for name in names:
            container, prop = _property(found, name)
            if not mode.as_system and prop.name in READ_ONLY.get(container.id, ()):
                raise Refusal(f"Property '{name}' is set by the service alone, and cannot be written.")
            if container.number not in parts:
                parts[container.number] = Part(self._table(container))
            parts[container.number].add(name, prop, self._settings)
        for part in parts.values():
            _check_use(part.table.container, mode.kind)
        return list(parts.values())

    def _table(self, container: ContainerDef) -> Table:
        table = self._tables.get(container.number)
        if table is None:
            table = self._tables[container.number] = Table(container, self.catalog, self._settings)
        return table


_LATEST: WeakKeyDictionary[Store, Plans] = WeakKeyDictionary()


def _property(source: ViewDef | ContainerDef, name: str) -> tuple[ContainerDef, Prop]:
    """The container's property that a source calls by a name."""
    if isinstance(source, ContainerDef):
        if name in source.props:
            return source, source.props[name]
    elif name in source.mapped:
        return source.mapped[name].container, source.mapped[name].prop
    elif name in source.connections:
        raise Refusal(f"Property '{name}' is a connection, and cannot be written.")
    raise Refusal(f"Unknown property '{name}'.")


def _check_use(container: ContainerDef, kind: int) -> None:
    if container.used_for not in {"all", "node" if kind == NODE else "edge"}:
        raise Refusal(
            f"Container '{container.id}' is used for {container.used_for}s;"
            f" {'a node' if kind == NODE else 'an edge'} cannot have data in it."
        )
