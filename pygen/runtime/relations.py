"""
Loading relations: for every object of a page at once, with a number of requests that does not grow with the page.

Each loader is a plan; what it finds is kept with each object. Objects whose relation is loaded already are left alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from pygen.client.calls import Plan
from pygen.client.models.ids import ContainerId, NodeId, ViewId
from pygen.client.resources.instance_calls import LIMIT
from pygen.runtime import _state
from pygen.runtime._values import mentions
from pygen.runtime.base import PygenEdge, PygenResource
from pygen.runtime.errors import NotWritableError
from pygen.runtime.lazy import Direct, Edges, Link, Relation, Reverse
from pygen.runtime.operations import retrieve_plan
from pygen.runtime.query import fetch_all_plan
from pygen.runtime.references import json_id
from pygen.runtime.session import Session

__all__ = ["absent", "assign_many", "assign_one", "load_plan"]


def absent(relation: Relation, resource: PygenResource) -> Any:
    """What a relation without targets leads to, where that is known without asking; else MISSING."""
    if isinstance(relation.spec, Direct) and not getattr(resource, relation.spec.field):
        return () if relation.many else None
    return _state.MISSING


def load_plan(relation: Relation, resource: PygenResource) -> Plan[None]:
    """Load a relation of a resource and of the objects that came with it."""
    session = _state.session_of(resource, f"load {relation.where}")
    waiting = [
        sibling
        for sibling in _state.siblings(resource)
        if relation.name not in _state.loaded(sibling) and absent(relation, sibling) is _state.MISSING
    ]
    match relation.spec:
        case Direct(field):
            found = yield from _direct(relation, field, waiting, session)
        case Reverse():
            found = yield from _reverse(relation, relation.spec, waiting, session)
        case Edges():
            found = yield from _edges(relation, relation.spec, waiting, session)
    for sibling in waiting:
        targets = found(sibling)
        _state.loaded(sibling)[relation.name] = tuple(targets) if relation.many else next(iter(targets), None)


Found = Callable[[PygenResource], Sequence[Any]]
"""What was found for each object."""


def _direct(relation: Relation, field: str, owners: list[PygenResource], session: Session) -> Plan[Found]:
    def ids(owner: PygenResource) -> list[NodeId]:
        value = getattr(owner, field)
        return value if isinstance(value, list) else [value]

    wanted = dict.fromkeys(key for owner in owners for key in ids(owner))
    targets = yield from _by_id(relation.target, session, wanted)
    # A target can be missing, or not visible through its view: it may have been deleted, or live in a space that the
    # caller cannot read (dms-api.md 12, 11).
    return lambda owner: [targets[key] for key in ids(owner) if key in targets]


def _by_id(kind: type[PygenResource], session: Session, wanted: Iterable[NodeId]) -> Plan[dict[NodeId, PygenResource]]:
    found = yield from retrieve_plan(kind, session, wanted)
    return {target.as_node_id(): target for target in found}


def _reverse(relation: Relation, spec: Reverse, owners: list[PygenResource], session: Session) -> Plan[Found]:
    kind = relation.target
    field = _pointing_field(kind, spec)
    parents = list(dict.fromkeys(owner.as_node_id() for owner in owners))
    grouped: dict[NodeId, list[PygenResource]] = defaultdict(list)
    for chunk in _chunks(parents, LIMIT):
        children: list[PygenResource] = []
        if field is not None or len(chunk) == 1:
            children = yield from fetch_all_plan(kind, session, _points_to(spec, chunk))
        found = [(child, _parents_of(child, field, chunk)) for child in children]
        if len(chunk) > 1 and (field is None or not all(pointed for _, pointed in found)):
            # The children do not tell whose they are, so each parent is asked about alone.
            found = []
            for parent in chunk:
                children = yield from fetch_all_plan(kind, session, _points_to(spec, [parent]))
                found += [(child, [parent]) for child in children]
        for child, pointed in found:
            for parent in pointed:
                grouped[parent].append(child)
    _state.join(session, list({id(child): child for group in grouped.values() for child in group}.values()))
    return lambda owner: grouped.get(owner.as_node_id(), ())


def _through(spec: Reverse) -> list[str]:
    """The property that points back, as a filter names it."""
    match spec.source:
        case ViewId(space, external_id, version):
            return [space, f"{external_id}/{version}", spec.property]
        case ContainerId(space, external_id):
            return [space, external_id, spec.property]


def _points_to(spec: Reverse, parents: list[NodeId]) -> dict[str, Any]:
    values = [json_id(parent) for parent in parents]
    return {"containsAny" if spec.targets_list else "in": {"property": _through(spec), "values": values}}


def _pointing_field(kind: type[PygenResource], spec: Reverse) -> str | None:
    """
    The field of the children that holds the relation, as far as names tell.

    `through` may name the children's view or an ancestor of it, which share identifiers; or a container, whose
    identifiers may be others.
    """
    kind.model_rebuild()
    for field, prop in kind.__pygen_props__.items():
        if prop.name == spec.property and mentions(kind.__pydantic_fields__[field].annotation, NodeId):
            return field
    return None


def _parents_of(child: PygenResource, field: str | None, parents: list[NodeId]) -> list[NodeId]:
    """Which of the parents a child points to."""
    if field is None or len(parents) == 1:
        return parents
    value = getattr(child, field)
    pointed = set(value if isinstance(value, list) else [value])
    return [parent for parent in parents if parent in pointed]


def _edges(relation: Relation, spec: Edges, owners: list[PygenResource], session: Session) -> Plan[Found]:
    near, far = ("start_node", "end_node") if spec.direction == "outwards" else ("end_node", "start_node")
    near_wire = "startNode" if spec.direction == "outwards" else "endNode"
    edge_kind: type[PygenEdge] = relation.edge if relation.linked else PygenEdge
    parents = list(dict.fromkeys(owner.as_node_id() for owner in owners))
    edges: list[PygenEdge] = []
    for chunk in _chunks(parents, LIMIT):
        where = {
            "and": [
                {
                    "equals": {
                        "property": ["edge", "type"],
                        "value": {"space": spec.type[0], "externalId": spec.type[1]},
                    }
                },
                {"in": {"property": ["edge", near_wire], "values": [json_id(parent) for parent in chunk]}},
            ]
        }
        edges += yield from fetch_all_plan(edge_kind, session, where, instance_type="edge")
    targets = yield from _by_id(relation.target, session, dict.fromkeys(getattr(edge, far) for edge in edges))
    grouped: dict[NodeId, list[Any]] = defaultdict(list)
    for edge in edges:
        target = targets.get(getattr(edge, far))
        if target is not None:
            grouped[getattr(edge, near)].append(Link(target, edge) if relation.linked else target)
    return lambda owner: grouped.get(owner.as_node_id(), ())


def _chunks(items: list[NodeId], size: int) -> Iterator[list[NodeId]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


# --- assigning ---


def assign_one(relation: Relation, resource: PygenResource, value: object) -> None:
    """Set the id that a direct relation is stored as; an object that is given counts as loaded."""
    field = _assignable(relation)
    setattr(resource, field, _reference(relation, value))
    if isinstance(value, PygenResource):
        _state.loaded(resource)[relation.name] = value


def assign_many(relation: Relation, resource: PygenResource, value: Iterable[object] | None) -> None:
    """Set the ids that a list of direct relations is stored as; objects count as loaded when all are objects."""
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
