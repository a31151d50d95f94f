"""
What containers and views there are, resolved: which column of which table a property of a view is.

A catalog is made from the schema tables and never changes; the store makes another after each change of schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pygen.client.models.ids import ContainerId, ViewId
from pygen.sandbox.problems import Refusal

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = [
    "BASE_PROPERTIES",
    "BaseProperty",
    "Catalog",
    "Connection",
    "ContainerDef",
    "Prop",
    "Property",
    "ViewDef",
    "ViewProp",
    "container_reference",
    "view_reference",
]

Json: TypeAlias = dict[str, Any]

BASE_PROPERTIES: Mapping[str, str] = {
    "instanceType": "kind",
    "version": "version",
    "space": "space",
    "externalId": "external_id",
    "type": "type_id",
    "createdTime": "created",
    "lastUpdatedTime": "updated",
    "deletedTime": "deleted",
    "startNode": "start_id",
    "endNode": "end_id",
}
"""The properties that every instance has (dms-api.md 5.1), and their columns in `instance`."""


@dataclass(frozen=True, slots=True)
class Prop:
    """
    A property of a container.

    Attributes:
        name: Its identifier.
        column: Its column in the container's table.
        type: `text`, `boolean`, `int32`, `int64`, `float32`, `float64`, `timestamp`, `date`, `json`, `enum`, `direct`,
            `timeseries`, `file` or `sequence`.
        is_list: Whether it holds a list.
        definition: The property as it was written: `type`, `nullable`, `defaultValue`, ...
        number: The container's number.
    """

    name: str
    column: str
    type: str
    is_list: bool
    definition: Json = field(repr=False, compare=False, hash=False)
    number: int = 0

    @property
    def nullable(self) -> bool:
        """Whether it may be null."""
        return self.definition.get("nullable") is not False

    @property
    def immutable(self) -> bool:
        """Whether its value may not change."""
        return bool(self.definition.get("immutable"))

    @property
    def auto_increment(self) -> bool:
        """Whether a missing value is the greatest one plus one."""
        return bool(self.definition.get("autoIncrement"))

    @property
    def default(self) -> Any:
        """The value where none is given; None: null."""
        return self.definition.get("defaultValue")

    @property
    def unit(self) -> str | None:
        """The unit of the values that are stored."""
        unit = self.definition["type"].get("unit")
        return None if unit is None else str(unit["externalId"])

    @property
    def target(self) -> ContainerId | None:
        """The container in which the target of a direct relation must have data."""
        found = self.definition["type"].get("container")
        return None if found is None else ContainerId(found["space"], found["externalId"])


@dataclass(frozen=True, slots=True)
class ContainerDef:
    """
    A container.

    Attributes:
        id: Its identifier.
        number: Its number; its table is `c<number>`.
        body: What was written, merged over all upserts: `properties`, `constraints`, `indexes`, `usedFor`, names.
        props: Its properties.
        created: Epoch milliseconds.
        updated: Epoch milliseconds.
        is_global: Whether it is the system's.
    """

    id: ContainerId
    number: int
    body: Json = field(repr=False)
    props: dict[str, Prop] = field(repr=False)
    created: int = 0
    updated: int = 0
    is_global: bool = False

    @property
    def table(self) -> str:
        """The name of its table."""
        return f"c{self.number}"

    @property
    def used_for(self) -> str:
        """`node`, `edge` or `all`."""
        return str(self.body.get("usedFor") or "node")


@dataclass(frozen=True, slots=True)
class ViewProp:
    """
    A property of a view that shows one of a container.

    Attributes:
        name: Its identifier in the view.
        container: The container.
        prop: The container's property.
        definition: The property of the view as it was written.
    """

    name: str
    container: ContainerDef
    prop: Prop
    definition: Json = field(repr=False, compare=False, hash=False)

    @property
    def source(self) -> ViewId | None:
        """The view that a direct relation is read through."""
        found = self.definition.get("source")
        return None if found is None else view_id(found)


@dataclass(frozen=True, slots=True)
class Connection:
    """
    A connection of a view that is stored elsewhere.

    Attributes:
        name: Its identifier in the view.
        kind: Whether it leads over edges, or backwards over a direct relation.
        definition: The property as it was written, with `connectionType`.
    """

    name: str
    kind: Literal["edge", "reverse"]
    definition: Json = field(repr=False, compare=False, hash=False)

    @property
    def is_single(self) -> bool:
        """Whether it leads to one instance at most."""
        return str(self.definition["connectionType"]).startswith("single")


@dataclass(frozen=True)
class ViewDef:
    """
    A view, with what it inherits.

    Attributes:
        id: Its identifier.
        body: What was written, merged over all upserts; `properties` holds its own only.
        mapped: Its mapped properties, inherited ones too, in the order of definition.
        connections: Its connections, inherited ones too.
        broken: Properties whose container or container property is gone, by name.
        own: Names of the properties that it defines itself.
        names: Names of its mapped properties and connections, in the order of definition.
        parents: What it implements, as it was written.
        created: Epoch milliseconds.
        updated: Epoch milliseconds.
        is_global: Whether it is the system's.
    """

    id: ViewId
    body: Json = field(repr=False)
    mapped: dict[str, ViewProp] = field(repr=False)
    connections: dict[str, Connection] = field(repr=False)
    broken: dict[str, Json] = field(repr=False)
    own: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()
    parents: tuple[ViewId, ...] = ()
    created: int = 0
    updated: int = 0
    is_global: bool = False

    @property
    def filter(self) -> Json | None:
        """Which instances belong to it; None: those with data in all its containers."""
        return self.body.get("filter")

    @cached_property
    def containers(self) -> tuple[ContainerDef, ...]:
        """The containers behind it, each once."""
        return tuple({prop.container.number: prop.container for prop in self.mapped.values()}.values())

    @property
    def used_for(self) -> str:
        """`node`, `edge` or `all`: what all its containers allow."""
        uses = {container.used_for for container in self.containers} - {"all"}
        return uses.pop() if len(uses) == 1 else "all"


@dataclass(frozen=True, slots=True)
class BaseProperty:
    """
    A property that every instance has.

    Attributes:
        name: Its name on the wire.
        column: Its column in `instance`.
        scope: `node` or `edge`, as it was referred to.
    """

    name: str
    column: str
    scope: Literal["node", "edge"]


Property: TypeAlias = BaseProperty | ViewProp
"""What a property reference leads to; one through a container is a `ViewProp` without a view's definition."""


class Catalog:
    """
    The schema of a project.

    Attributes:
        spaces: Numbers of spaces, by name.
        global_spaces: The system's.
        containers: By identifier.
        views: By identifier.
    """

    def __init__(
        self, spaces: dict[str, int], global_spaces: frozenset[str], containers: dict[ContainerId, ContainerDef]
    ) -> None:
        self.spaces = spaces
        self.global_spaces = global_spaces
        self.containers = containers
        self.views: dict[ViewId, ViewDef] = {}

    @classmethod
    def load(cls, store: Store) -> Catalog:
        """Read the schema tables."""
        with store.lock:
            spaces = store.db.execute("SELECT space, number, is_global FROM space").fetchall()
            containers = [_container(row) for row in store.db.execute("SELECT * FROM container ORDER BY number")]
            views = store.db.execute("SELECT * FROM view ORDER BY number").fetchall()
        catalog = cls(
            {space: number for space, number, _ in spaces},
            frozenset(space for space, _, is_global in spaces if is_global),
            {container.id: container for container in containers},
        )
        bodies: dict[ViewId, Json] = {ViewId(row[1], row[2], row[3]): json.loads(row[4]) for row in views}
        for identifier, row in zip(bodies, views, strict=True):
            catalog.views[identifier] = catalog._view(bodies, identifier, *row[5:])
        return catalog

    def _view(
        self, bodies: Mapping[ViewId, Json], identifier: ViewId, created: int, updated: int, is_global: int
    ) -> ViewDef:
        body = bodies[identifier]
        properties: dict[str, Json] = {}
        # The nearest definition wins; among parents the earlier one (dms-api.md 3.5).
        for ancestor in self._lineage(bodies, identifier):
            for name, definition in (bodies[ancestor].get("properties") or {}).items():
                properties.setdefault(name, definition)
        mapped: dict[str, ViewProp] = {}
        connections: dict[str, Connection] = {}
        broken: dict[str, Json] = {}
        for name, definition in properties.items():
            if "container" not in definition:
                is_edge = definition["connectionType"].endswith("edge_connection")
                connections[name] = Connection(name, "edge" if is_edge else "reverse", definition)
            elif (found := self._mapped(name, definition)) is not None:
                mapped[name] = found
            else:
                broken[name] = definition
        return ViewDef(
            identifier,
            body,
            mapped,
            connections,
            broken,
            frozenset(body.get("properties") or ()),
            tuple(name for name in properties if name not in broken),
            tuple(view_id(parent) for parent in body.get("implements") or ()),
            created,
            updated,
            bool(is_global),
        )

    @staticmethod
    def _lineage(bodies: Mapping[ViewId, Json], identifier: ViewId) -> Iterator[ViewId]:
        """The view, then its ancestors: a parent's whole line before the next parent."""
        seen: set[ViewId] = set()
        stack = [identifier]
        while stack:
            current = stack.pop()
            if current in seen or current not in bodies:
                continue
            seen.add(current)
            yield current
            parents = [view_id(parent) for parent in bodies[current].get("implements") or ()]
            stack += reversed(parents)

    def _mapped(self, name: str, definition: Json) -> ViewProp | None:
        place = definition["container"]
        container = self.containers.get(ContainerId(place["space"], place["externalId"]))
        prop = None if container is None else container.props.get(definition["containerPropertyIdentifier"])
        return None if container is None or prop is None else ViewProp(name, container, prop, definition)

    # --- lookups that refuse ---

    def view(self, identifier: ViewId) -> ViewDef:
        """
        A view.

        Raises:
            Refusal: There is none of that name.
        """
        found = self.views.get(identifier)
        if found is None:
            raise Refusal(f"One or more views do not exist: '{view_text(identifier)}'.")
        return found

    def container(self, identifier: ContainerId) -> ContainerDef:
        """
        A container.

        Raises:
            Refusal: There is none of that name.
        """
        found = self.containers.get(identifier)
        if found is None:
            raise Refusal(f"One or more containers do not exist: '{identifier.space}:{identifier.external_id}'.")
        return found

    def source(self, reference: Mapping[str, Any], *, where: str = "source") -> ViewDef | ContainerDef:
        """
        The view or container that a reference names.

        Args:
            reference: As on the wire.
            where: What to call its place in a refusal.

        Raises:
            Refusal: There is none of that name, or the reference is none.
        """
        match {name: value for name, value in reference.items() if value is not None}:
            case {"space": str(space), "externalId": str(external_id), "version": str(version), **others} if (
                others in ({"type": "view"}, {})  # older clients leave the type of a view out
            ):
                return self.view(ViewId(space, external_id, version))
            case {"type": "container", "space": str(space), "externalId": str(external_id), **others} if not others:
                return self.container(ContainerId(space, external_id))
        raise Refusal(f"{where} is not a reference to a view or a container: {json.dumps(reference)[:200]}")

    def property(self, path: Sequence[str], *, where: str = "property") -> Property:
        """
        What a property reference leads to (dms-api.md 5.1).

        Args:
            path: `["node", "externalId"]`, `[space, "View/version", name]` or `[space, container, name]`.
            where: What to call its place in a refusal.

        Raises:
            Refusal: It leads nowhere, or to a connection.
        """
        match path:
            case ["node" | "edge" as scope, name]:
                column = BASE_PROPERTIES.get(name)
                if column is None or (scope == "node" and name in {"startNode", "endNode"}):
                    raise Refusal(f"Unknown property {list(path)} in {where}")
                return BaseProperty(name, column, "edge" if scope == "edge" else "node")
            case [space, source, name] if "/" in source:
                external_id, _, version = source.rpartition("/")
                view = self.view(ViewId(space, external_id, version))
                if name in view.connections:
                    raise Refusal(
                        f"Property {list(path)} in {where} is a connection, which cannot be filtered or sorted by"
                    )
                if name not in view.mapped:
                    raise Refusal(f"Unknown property {list(path)} in {where}")
                return view.mapped[name]
            case [space, source, name]:
                container = self.container(ContainerId(space, source))
                if name not in container.props:
                    raise Refusal(f"Unknown property {list(path)} in {where}")
                prop = container.props[name]
                return ViewProp(name, container, prop, prop.definition)
        raise Refusal(f"{list(path)} in {where} is not a property: two or three names are needed")


def _container(row: Sequence[Any]) -> ContainerDef:
    number, space, external_id, text, columns, created, updated, is_global = row
    body: Json = json.loads(text)
    names: dict[str, str] = json.loads(columns)
    props = {
        name: Prop(
            name,
            names[name],
            definition["type"]["type"],
            bool(definition["type"].get("list")),
            definition,
            number,
        )
        for name, definition in body["properties"].items()
    }
    return ContainerDef(
        ContainerId(space, external_id), number, body, props, created, updated, is_global=bool(is_global)
    )


def view_id(reference: Mapping[str, Any]) -> ViewId:
    """The view that a reference names."""
    return ViewId(reference["space"], reference["externalId"], reference["version"])


def view_text(identifier: ViewId) -> str:
    """The view as messages name it (dms-api.md 2.2)."""
    return f"{identifier.space}:{identifier.external_id}/{identifier.version}"


def view_reference(identifier: ViewId) -> Json:
    """The view as answers name it."""
    return {
        "type": "view",
        "space": identifier.space,
        "externalId": identifier.external_id,
        "version": identifier.version,
    }


def container_reference(identifier: ContainerId) -> Json:
    """The container as answers name it."""
    return {"type": "container", "space": identifier.space, "externalId": identifier.external_id}
