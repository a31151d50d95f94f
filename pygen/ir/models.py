"""
What a data model means, in DMS terms and for no language in particular.

Everything here is frozen and ordered, so that equal models are equal values and the order of the input leaves no
trace. DMS identifiers are kept untouched; names in a language are made by that language's generator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from pygen.client.models.ids import ContainerId, DataModelId, NodeId, ViewId
from pygen.ir.types import IRType

__all__ = [
    "Connection",
    "DirectRelation",
    "EdgeConnection",
    "IRClass",
    "IRMember",
    "IRModel",
    "IRProperty",
    "IRRelationship",
    "JsonValue",
    "ReverseDirectRelation",
    "UsedFor",
]

UsedFor: TypeAlias = Literal["node", "edge", "all"]

JsonValue: TypeAlias = "bool | int | float | str | tuple[JsonValue, ...] | tuple[tuple[str, JsonValue], ...] | None"
"""A default value, frozen: arrays are tuples, objects are sorted tuples of pairs."""


@dataclass(frozen=True, slots=True)
class IRProperty:
    """
    A mapped container property that holds values.

    Attributes:
        id: The view's property identifier.
        type: The kind of one value.
        is_list: Whether the property holds an ordered list of such values.
        max_list_size: Limit of the list; None is the service's default (1,000).
        nullable: Whether a value may be missing.
        immutable: Whether the value can only be set once.
        auto_increment: Whether the service numbers new instances itself (integers only).
        default: Value of a new instance that names none; None when there is no default.
        container: The container the value is stored in; None where an old dump does not say.
        container_property: The identifier within that container.
        name: Display name; None when the view gives none.
        description: Description; None when the view gives none.
        read_only: Whether the service alone sets it (system properties of `cdf_cdm`).
    """

    id: str
    type: IRType
    is_list: bool = False
    max_list_size: int | None = None
    nullable: bool = True
    immutable: bool = False
    auto_increment: bool = False
    default: JsonValue = None
    container: ContainerId | None = None
    container_property: str | None = None
    name: str | None = None
    description: str | None = None
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class DirectRelation:
    """
    A relation stored on the instance itself: one node id, or an ordered list of them.

    Attributes:
        is_list: Whether it holds a list (100 at most unless `max_list_size` says more).
        required_container: The container that the target must have data in, if the container demands it.
    """

    is_list: bool = False
    max_list_size: int | None = None
    nullable: bool = True
    immutable: bool = False
    container: ContainerId | None = None
    container_property: str | None = None
    required_container: ContainerId | None = None
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class ReverseDirectRelation:
    """
    The nodes whose direct relation points here; never stored on this side.

    Attributes:
        is_list: False for `single_reverse_direct_relation`.
        through: The view or container that holds the direct relation.
        through_property: The identifier of the direct relation within `through`.
        targets_list: Whether that direct relation holds a list: such a relation cannot be traversed in a query,
            only by a filter on the list.
    """

    is_list: bool
    through: ViewId | ContainerId
    through_property: str
    targets_list: bool = False


@dataclass(frozen=True, slots=True)
class EdgeConnection:
    """
    Nodes at the other end of edges of one type.

    Attributes:
        is_list: False for `single_edge_connection`.
        type: The type of the edges.
        direction: `outwards`: this instance is the start node. `inwards`: it is the end node.
        edge_view: The view of the edges' own properties; None when they have none, or when it is not in the model.
    """

    is_list: bool
    type: NodeId
    direction: Literal["outwards", "inwards"] = "outwards"
    edge_view: ViewId | None = None


Connection: TypeAlias = DirectRelation | ReverseDirectRelation | EdgeConnection


@dataclass(frozen=True, slots=True)
class IRRelationship:
    """
    A property that leads to other nodes.

    Attributes:
        id: The view's property identifier.
        connection: How the relation is stored.
        target: The view of the nodes at the other end; None when the model names none or does not hold it.
        declared_target: The view that the model names, also when it is not in the model.
    """

    id: str
    connection: Connection
    target: ViewId | None
    declared_target: ViewId | None = None
    name: str | None = None
    description: str | None = None

    @property
    def is_list(self) -> bool:
        """Whether the relation leads to any number of nodes rather than to one at most."""
        return self.connection.is_list


IRMember: TypeAlias = IRProperty | IRRelationship


@dataclass(frozen=True, slots=True)
class IRClass:
    """
    A view.

    Attributes:
        id: The view.
        members: All properties, inherited ones included, sorted by identifier.
        own: Identifiers of the members that the class has to declare itself: all but those that every class in
            `mirrors` that has them has in exactly the same form. A class that stands alone declares everything.
        implements: The parents the view names, in its order, whether or not they are in the model.
        parents: The nearest ancestors that are in the model (parents that are not are looked through), in order.
        mirrors: The subset of `parents` that a class may inherit from: every shared member is substitutable, and
            the whole lineage has a consistent linearisation (C3). Empty: the class stands alone.
        used_for: What kind of instance the view reads.
        writable: Whether instances can be created through the view.
        node_type: The one value that the view's filter requires `["node", "type"]` to have; written on upsert.
        filter: The view's own filter, as JSON with sorted keys and in ASCII; it decides which instances are seen.
    """

    id: ViewId
    members: tuple[IRMember, ...]
    own: frozenset[str]
    implements: tuple[ViewId, ...] = ()
    parents: tuple[ViewId, ...] = ()
    mirrors: tuple[ViewId, ...] = ()
    used_for: UsedFor = "node"
    writable: bool = True
    node_type: NodeId | None = None
    filter: str | None = None
    name: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class IRModel:
    """
    A data model: its identity and its classes, sorted by view id.

    What a selection cut and what had to be degraded is not part of the model: it is returned beside it, as problems.
    """

    id: DataModelId
    classes: tuple[IRClass, ...]
    name: str | None = None
    description: str | None = None
