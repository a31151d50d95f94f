"""Assigning relations: a direct relation is stored where it is assigned, the other kinds are not."""

from __future__ import annotations

from collections.abc import Iterable

from pygen.client.models.ids import NodeId
from pygen.runtime import _state
from pygen.runtime.base import PygenEdge, PygenResource
from pygen.runtime.errors import NotWritableError
from pygen.runtime.lazy import Direct, Relation, Reverse

__all__ = ["assign_many", "assign_one"]


def assign_one(relation: Relation, resource: PygenResource, value: object) -> None:
    """
    Set the id that a direct relation is stored as; an object that is given counts as loaded.

    Raises:
        NotWritableError: The relation is stored elsewhere.
        TypeError: *value* names no node.
    """
    field = _assignable(relation)
    setattr(resource, field, _reference(relation, value))
    if isinstance(value, PygenResource):
        _state.loaded(resource)[relation.name] = value


def assign_many(relation: Relation, resource: PygenResource, value: Iterable[object] | None) -> None:
    """
    Set the ids that a list of direct relations is stored as; objects count as loaded when all are objects.

    Raises:
        NotWritableError: The relation is stored elsewhere.
        TypeError: One of the values names no node.
    """
    field = _assignable(relation)
    values = None if value is None else list(value)
    setattr(resource, field, None if values is None else [_reference(relation, item) for item in values])
    if values and all(isinstance(item, PygenResource) for item in values):
        _state.loaded(resource)[relation.name] = tuple(values)


def _assignable(relation: Relation) -> str:
    if isinstance(relation.spec, Direct):
        return relation.spec.field
    if isinstance(relation.spec, Reverse):
        raise NotWritableError(relation.where, "the relation is stored at the other end; assign it there")
    raise NotWritableError(
        relation.where, "the relation is stored as edges; write them with upsert() of a write object"
    )


def _reference(relation: Relation, value: object) -> NodeId | None:
    if value is None or isinstance(value, NodeId):
        return value
    if isinstance(value, PygenResource) and not isinstance(value, PygenEdge):
        return value.as_node_id()
    raise TypeError(f"{relation.where} takes a node that was read, or its NodeId, not {type(value).__name__}")
