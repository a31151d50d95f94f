"""
Time series, files and sequences as resources: who they are, and where they come from (dms-api.md 10).

A resource is either created by itself, and has a row in `resource`; or it is the other side of a node with data in a
container of the system model, and needs no row: the node is looked at whenever the resource is asked for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Self, TypeAlias, TypeVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pygen.client.models.ids import ContainerId
from pygen.sandbox.catalog import Prop, ViewProp
from pygen.sandbox.problems import Refusal
from pygen.sandbox.shapes import Shape
from pygen.sandbox.sql import Scope
from pygen.sandbox.store import compact
from pygen.sandbox.values import decode

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = [
    "FIRST_NODE_ID",
    "MOST_RESOURCES",
    "SYSTEM_SPACE",
    "Kind",
    "NodeReference",
    "Reference",
    "Resource",
    "create",
    "ensure_tables",
    "find",
    "get",
    "purge_with_node",
]

Json: TypeAlias = dict[str, Any]
R = TypeVar("R", bound="Reference")

SYSTEM_SPACE = "cdf_cdm"
MOST_RESOURCES = 1000
MOST_ID = 2**53 - 1
FIRST_NODE_ID = 2**52
"""The resource of the instance with number n has this plus n as its id; ids of the others start at 1."""

_TABLES = """
CREATE TABLE resource (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, external_id TEXT, body TEXT NOT NULL,
    created INTEGER NOT NULL, updated INTEGER NOT NULL, UNIQUE (kind, external_id)
);
"""


class _NodeKey(Shape):
    space: Annotated[str, Field(min_length=1, max_length=43)]
    external_id: Annotated[str, Field(min_length=1, max_length=255)]


_IDENTIFIERS = {"id", "external_id", "instance_id"}


class Reference(Shape):
    """
    What names a resource: exactly one of its fields.

    Attributes:
        id: The number that the service gave it.
        external_id: What its creator calls it.
    """

    id: Annotated[int, Field(ge=1, le=MOST_ID)] | None = None
    external_id: Annotated[str, Field(max_length=255)] | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if len(self.key()) != 1:
            names = [str(field.alias) for name, field in type(self).model_fields.items() if name in _IDENTIFIERS]
            raise PydanticCustomError("identifier", "exactly one of {names} is needed", {"names": ", ".join(names)})
        return self

    def key(self) -> Json:
        """The identifier, as on the wire."""
        return self.model_dump(by_alias=True, exclude_none=True, include=_IDENTIFIERS)


class NodeReference(Reference):
    """
    The same for resources that nodes can stand for.

    Attributes:
        instance_id: The node.
    """

    instance_id: _NodeKey | None = None


class Resource(NamedTuple):
    """
    A time series, a file or a sequence.

    Attributes:
        id: Its number.
        external_id: What its creator calls it; None where it has no such name.
        node: The node behind it.
        body: What else is known of it.
        created: Epoch milliseconds.
        updated: Epoch milliseconds.
    """

    id: int
    external_id: str | None
    node: Json | None
    body: Json
    created: int
    updated: int

    @property
    def identifiers(self) -> Json:
        """How answers name it."""
        names = {"id": self.id, "externalId": self.external_id, "instanceId": self.node}
        return {name: value for name, value in names.items() if value is not None}

    def read(self) -> Json:
        """Its read form."""
        return {**self.identifiers, **self.body, "createdTime": self.created, "lastUpdatedTime": self.updated}


@dataclass(frozen=True)
class Kind:
    """
    A kind of resource.

    Attributes:
        name: What `resource.kind` says.
        missing: The message where some are not found.
        duplicated: The answer where some are named twice.
        container: The container of the system model in which nodes of this kind have data; None: there are none.
        shown: What is read of nodes: names on the wire, with container and property in the system model.
        complete: Makes what is read of a node the body of the resource.
    """

    name: str
    missing: Callable[[Sequence[Json]], str]
    duplicated: Callable[[Sequence[Json]], Refusal]
    container: str | None = None
    shown: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    complete: Callable[[Json], Json] = dict


def ensure_tables(store: Store, name: str, statements: str) -> None:
    """
    Create tables when they are first needed; outside of transactions.

    Args:
        store: The project.
        name: A table that is there if all are.
        statements: What creates them.
    """
    with store.lock:
        for each, script in (("resource", _TABLES), (name, statements)):
            if store.db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [each]).fetchone() is None:
                store.db.executescript(f"BEGIN;{script}COMMIT;")


def purge_with_node(table: str, column: str) -> str:
    """A trigger that removes what belongs to a resource once the node behind it is deleted."""
    return f"""
CREATE TRIGGER {table}_of_deleted_node AFTER UPDATE OF deleted ON instance
WHEN old.deleted IS NULL AND new.deleted IS NOT NULL
BEGIN DELETE FROM {table} WHERE {column} = {FIRST_NODE_ID} + new.id; END;
"""


def create(store: Store, kind: Kind, bodies: Sequence[tuple[str | None, Json]]) -> list[Resource]:
    """
    Create resources that belong to no node; within `writing`.

    Args:
        store: The project.
        kind: What they are.
        bodies: The external id of each, and what else is known of it.

    Raises:
        Refusal: An external id is taken, or comes twice.
    """
    names = Counter(name for name, _ in bodies if name is not None)
    taken = [
        name
        for name, count in names.items()
        if count > 1
        or store.db.execute("SELECT 1 FROM resource WHERE (kind, external_id) = (?, ?)", [kind.name, name]).fetchone()
    ]
    if taken:
        duplicated = [{"externalId": name} for name in taken]
        raise Refusal(f"Duplicated: {', '.join(taken)}", status=409, extra={"duplicated": duplicated})
    now = store.now_ms()
    return [
        Resource(
            store.db.execute(
                "INSERT INTO resource (kind, external_id, body, created, updated) VALUES (?, ?, ?, ?, ?) RETURNING id",
                [kind.name, name, compact(body), now, now],
            ).fetchone()[0],
            name,
            None,
            body,
            now,
            now,
        )
        for name, body in bodies
    ]


def find(
    store: Store, kind: Kind, references: Sequence[R], *, ignore_unknown: bool = False, unique: bool = False
) -> list[tuple[R, Resource]]:
    """
    Find resources; within `reading` or `writing`.

    Args:
        store: The project.
        kind: What they are.
        references: What names them.
        ignore_unknown: Whether those that do not exist are left out.
        unique: Whether none may be named twice.

    Returns:
        Each reference with its resource, in the order of *references*.

    Raises:
        Refusal: Some do not exist, or are named twice.
    """
    if unique:
        counts = Counter(compact(reference.key()) for reference in references)
        twice = [json.loads(key) for key, count in counts.items() if count > 1]
        if twice:
            raise kind.duplicated(twice)
    nodes = _Nodes(store, kind)
    found = [(reference, _find_one(store, kind, nodes, reference)) for reference in references]
    missing = [reference.key() for reference, resource in found if resource is None]
    if missing and not ignore_unknown:
        raise Refusal(kind.missing(missing), extra={"missing": missing})
    pairs = [(reference, resource) for reference, resource in found if resource is not None]
    resolved = Counter(resource.id for _, resource in pairs)
    if unique and (twice := [reference.key() for reference, resource in pairs if resolved[resource.id] > 1]):
        raise kind.duplicated(twice)
    return pairs


def get(store: Store, kind: Kind, number: int) -> Resource | None:
    """The resource with an id; within `reading` or `writing`."""
    return _find_one(store, kind, _Nodes(store, kind), Reference(id=number))


def _find_one(store: Store, kind: Kind, nodes: _Nodes, reference: Reference) -> Resource | None:
    key = reference.key()
    if "instanceId" in key:
        node = key["instanceId"]
        return nodes.find("i.space = ? AND i.external_id = ?", [node["space"], node["externalId"]])
    number = key.get("id")
    if number is not None and number >= FIRST_NODE_ID:
        return nodes.find("i.id = ?", [number - FIRST_NODE_ID])
    column = "external_id" if number is None else "id"
    row = store.db.execute(
        f"SELECT id, external_id, body, created, updated FROM resource WHERE kind = ? AND {column} = ?",
        [kind.name, key["externalId"] if number is None else number],
    ).fetchone()
    return None if row is None else Resource(row[0], row[1], None, json.loads(row[2]), row[3], row[4])


class _Nodes:
    """Looks at the nodes that resources of a kind belong to."""

    def __init__(self, store: Store, kind: Kind) -> None:
        self._db = store.db
        self._kind = kind
        self._shown: list[tuple[str, Prop]] = []
        self._statement = ""
        containers = store.catalog.containers
        home = None if kind.container is None else containers.get(ContainerId(SYSTEM_SPACE, kind.container))
        if home is None:
            return
        scope = Scope()
        scope.require(home)
        columns: list[str] = []
        for name, (place, prop_name) in kind.shown.items():
            container = containers.get(ContainerId(SYSTEM_SPACE, place))
            prop = None if container is None else container.props.get(prop_name)
            if container is not None and prop is not None:
                column = scope.column(ViewProp(prop_name, container, prop, prop.definition))
                columns.append(f", {scope.target(column)}.external_id" if prop.type == "direct" else f", {column}")
                self._shown.append((name, prop))
        self._statement = (
            f"SELECT i.id, i.space, i.external_id, i.created, i.updated{''.join(columns)} "
            f"FROM {scope.tables()} WHERE i.deleted IS NULL AND "
        )

    def find(self, condition: str, values: Sequence[Any]) -> Resource | None:
        """The resource of the node that meets a condition."""
        if not self._statement:
            return None
        row = self._db.execute(self._statement + condition, values).fetchone()
        if row is None:
            return None
        number, space, external_id, created, updated, *held = row
        shown = {
            name: value if prop.type == "direct" else decode(prop, value, {})
            for (name, prop), value in zip(self._shown, held, strict=True)
            if value is not None
        }
        node = {"space": space, "externalId": external_id}
        return Resource(FIRST_NODE_ID + number, None, node, self._kind.complete(shown), created, updated)
