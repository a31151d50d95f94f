"""
Which classes may inherit from which.

A view promises more than a class can keep: it may override a property of its parent with another type, or implement
views whose order no linearisation can satisfy. A class inherits only where code written for the parent works on the
child; elsewhere it stands alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from pygen.client.models.ids import ViewId
from pygen.ir.inheritance import parents_first
from pygen.ir.models import (
    DirectRelation,
    EdgeConnection,
    IRClass,
    IRMember,
    IRProperty,
    IRRelationship,
)
from pygen.ir.types import EnumType, FloatType, IntegerType, IRType, ReferenceType

__all__ = ["find_mirrors", "is_substitutable", "linearise"]

Edge: TypeAlias = tuple[ViewId, ViewId]
"""Child and parent."""

_EDGE_BASE = ViewId("", "", "")
"""Stands for the base class of edges, which comes last in every linearisation it is in."""


def find_mirrors(classes: Mapping[ViewId, IRClass]) -> dict[ViewId, tuple[ViewId, ...]]:
    """
    The parents each class may inherit from, in order and without those that come with another.

    Relations may lead to a narrower view in the child (`Pump.site -> Site` under `Asset.site -> Area`), but only where
    that view's class inherits from the parent's. This is a greatest fixpoint: assume that all classes inherit, take
    away what does not hold, until nothing changes.
    """
    members = {view_id: {member.id: member for member in cls.members} for view_id, cls in classes.items()}
    parents = {view_id: [parent for parent in cls.parents if parent in classes] for view_id, cls in classes.items()}
    order = parents_first(parents)
    narrowed: dict[Edge, set[Edge]] = {}
    for view_id in order:
        for parent in parents[view_id]:
            needed = _compare(classes[view_id], classes[parent], members[view_id], members[parent])
            if needed is not None:
                narrowed[view_id, parent] = needed
    alone: set[ViewId] = set()
    while True:
        _remove_unfounded(order, parents, narrowed)
        mirrors = _reduce(order, parents, narrowed)
        failed = _without_linearisation(order, classes, mirrors) - alone
        if not failed:
            return mirrors
        alone |= failed
        for view_id in failed:
            for parent in parents[view_id]:
                narrowed.pop((view_id, parent), None)


def is_substitutable(child: IRMember, parent: IRMember) -> bool:
    """Whether the child's form of a member can stand where the parent's is expected, targets of relations aside."""
    if isinstance(child, IRProperty) and isinstance(parent, IRProperty):
        return _value_interface(child) == _value_interface(parent)
    if isinstance(child, IRRelationship) and isinstance(parent, IRRelationship):
        return _relation_interface(child) == _relation_interface(parent)
    return False


def _compare(
    child: IRClass, parent: IRClass, child_members: Mapping[str, IRMember], parent_members: Mapping[str, IRMember]
) -> set[Edge] | None:
    """None when the classes do not fit; otherwise the (child, parent) pairs of targets that must inherit too."""
    if (child.used_for == "edge") != (parent.used_for == "edge") and parent.used_for != "all":
        return None
    needed: set[Edge] = set()
    for member_id, inherited in parent_members.items():
        member = child_members.get(member_id)
        if member is inherited or member == inherited:
            continue
        if member is None or not is_substitutable(member, inherited):  # None: a problem left it out of the child only
            return None
        if isinstance(member, IRRelationship) and isinstance(inherited, IRRelationship):
            if not _may_narrow(member, inherited):
                return None
            if member.target is not None and inherited.target is not None and member.target != inherited.target:
                needed.add((member.target, inherited.target))
    return needed


def _may_narrow(child: IRRelationship, parent: IRRelationship) -> bool:
    """Whether the child says at least as much about the target; only direct relations may say it for the first time."""
    if parent.target is None:
        return child.target is None or isinstance(parent.connection, DirectRelation)
    return child.target is not None


def _value_interface(member: IRProperty) -> tuple[object, ...]:
    return (
        _type_interface(member.type),
        member.is_list,
        member.nullable,
        member.default is None,  # decides, with nullable, whether a value may be left out
        member.auto_increment,
        member.read_only,
    )


def _type_interface(type_: IRType) -> tuple[object, ...]:
    """What code sees of a type: not the unit, not limits of sizes, not display names."""
    match type_:
        case IntegerType(bits) | FloatType(bits):
            return (type(type_), bits)
        case EnumType(enum):
            return (EnumType, tuple(value.external_id for value in enum.values), enum.unknown_value)
        case ReferenceType(resource):
            return (ReferenceType, resource)
        case _:
            return (type(type_),)


def _relation_interface(member: IRRelationship) -> tuple[object, ...]:
    connection = member.connection
    match connection:
        case DirectRelation():
            return (DirectRelation, connection.is_list, connection.nullable, connection.read_only)
        case EdgeConnection():
            return (EdgeConnection, connection.is_list, connection.edge_view)
        case _:
            return (type(connection), connection.is_list)


def _remove_unfounded(
    order: Sequence[ViewId], parents: Mapping[ViewId, Sequence[ViewId]], narrowed: dict[Edge, set[Edge]]
) -> None:
    """Take away inheritance whose narrowed targets do not inherit, until the rest supports itself."""
    conditional = {edge for edge, needed in narrowed.items() if needed}
    while conditional:
        ancestors = _ancestors(order, parents, narrowed)
        unfounded = {
            edge
            for edge in conditional
            if any(parent not in ancestors.get(child, ()) for child, parent in narrowed[edge])
        }
        if not unfounded:
            return
        for edge in unfounded:
            del narrowed[edge]
        conditional -= unfounded


def _ancestors(
    order: Sequence[ViewId], parents: Mapping[ViewId, Sequence[ViewId]], edges: Iterable[Edge]
) -> dict[ViewId, set[ViewId]]:
    """The classes that each class inherits from along *edges*, at any distance."""
    standing = edges if isinstance(edges, dict | set) else set(edges)
    found: dict[ViewId, set[ViewId]] = {}
    for view_id in order:
        found[view_id] = ancestors = set()
        for parent in parents[view_id]:
            if (view_id, parent) in standing:
                ancestors.add(parent)
                ancestors |= found[parent]
    return found


def _reduce(
    order: Sequence[ViewId], parents: Mapping[ViewId, Sequence[ViewId]], edges: Mapping[Edge, object]
) -> dict[ViewId, tuple[ViewId, ...]]:
    """The remaining parents of each class, without those that another of them inherits from."""
    ancestors = _ancestors(order, parents, edges)
    reduced: dict[ViewId, tuple[ViewId, ...]] = {}
    for view_id in order:
        standing = [parent for parent in parents[view_id] if (view_id, parent) in edges]
        reduced[view_id] = tuple(
            parent for parent in standing if not any(parent in ancestors[other] for other in standing)
        )
    return reduced


def _without_linearisation(
    order: Sequence[ViewId], classes: Mapping[ViewId, IRClass], mirrors: Mapping[ViewId, tuple[ViewId, ...]]
) -> set[ViewId]:
    """The first classes, from the top, that no order of bases can be found for."""
    lines: dict[ViewId, tuple[ViewId, ...]] = {_EDGE_BASE: (_EDGE_BASE,)}
    failed: set[ViewId] = set()
    for view_id in order:
        bases = mirrors[view_id]
        if any(base not in lines for base in bases):
            continue  # waits for what becomes of its parents
        if classes[view_id].used_for == "edge":
            bases = (*bases, _EDGE_BASE)
        line = linearise(view_id, bases, lines)
        if line is None:
            failed.add(view_id)
        else:
            lines[view_id] = line
    return failed


def linearise(
    view_id: ViewId, bases: Sequence[ViewId], lines: Mapping[ViewId, tuple[ViewId, ...]]
) -> tuple[ViewId, ...] | None:
    """
    The order in which a class looks up its bases (C3, as Python does it); None when there is none.

    Args:
        view_id: The class.
        bases: What it inherits from, in order.
        lines: The linearisations of the bases.
    """
    line = [view_id]
    pending = [list(lines[base]) for base in bases] + [list(bases)]
    while pending := [sequence for sequence in pending if sequence]:
        blocked = {item for sequence in pending for item in sequence[1:]}
        head = next((sequence[0] for sequence in pending if sequence[0] not in blocked), None)
        if head is None:
            return None
        line.append(head)
        for sequence in pending:
            if sequence[0] == head:
                del sequence[0]
    return tuple(line)
