"""
Loading relations: for every object of a page at once, with a number of requests that does not grow with the page.

Each loader is a plan; what it finds is kept with each object. Objects whose relation is loaded already are left alone.
An instance that is known around the owners (see `identity`) is given as the object that it is already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from pygen.client.calls import Plan
from pygen.client.models.ids import ContainerId, NodeId, ViewId
from pygen.client.resources.instance_calls import LIMIT, count_plan
from pygen.runtime import _state
from pygen.runtime._values import mentions
from pygen.runtime.base import PygenResource, named_nodes
from pygen.runtime.edge_relations import linked_plan
from pygen.runtime.filters import Filter
from pygen.runtime.identity import IdentityMap, known_to
from pygen.runtime.lazy import Direct, Edges, Relation, Reverse
from pygen.runtime.references import json_id
from pygen.runtime.retrieving import retrieve_plan
from pygen.runtime.session import Session
from pygen.runtime.set_paging import Asked, sets_plan
from pygen.runtime.spec import Branch, belonging

__all__ = ["absent", "chosen_plan", "count_related_plan", "find_plan", "load_branch_plan", "load_plan", "page_up"]

ResourceT = TypeVar("ResourceT", bound=PygenResource)

Found = Callable[[PygenResource], Sequence[Any]]
"""What was found for each object."""


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
        if _has(sibling, relation) and relation.name not in _state.loaded(sibling)
    ]
    yield from load_branch_plan(Branch(relation), waiting, session)


def _has(resource: PygenResource, relation: Relation) -> bool:
    """Whether a resource has this very relation: a page may hold objects of several classes."""
    own = type(resource).__pygen_relations__.get(relation.name)
    return own is not None and own.spec == relation.spec and own.resolve(0) is relation.resolve(0)


def load_branch_plan(branch: Branch, owners: list[PygenResource], session: Session) -> Plan[list[PygenResource]]:
    """
    Load a relation of some objects; what was loaded of it before is forgotten.

    Takes, for relations stored here, a request for each 1,000 targets that are not known yet; for those stored at the
    other end, one for each 10,000 nodes of each 1,000 owners; for edges, likewise one for each 10,000 edges.

    Args:
        branch: The relation, and of what it leads to: the condition, the order, the most for each owner, the fields and
            the units of values. Its further branches are not followed; fields that they need are fetched, too.
        owners: Objects that have the relation.
        session: What is asked.

    Returns:
        The nodes that it leads to, each once, in the order of the owners.
    """
    relation = branch.relation
    found = yield from find_plan(branch, owners, session)
    nodes: dict[int, PygenResource] = {}
    for owner in owners:
        targets = tuple(found(owner))
        for target in targets:
            node = target.node if relation.linked else target
            nodes[id(node)] = node
        _state.loaded(owner)[relation.name] = targets if relation.many else next(iter(targets), None)
    return list(nodes.values())


def find_plan(branch: Branch, owners: list[PygenResource], session: Session) -> Plan[Found]:
    """Find what a branch leads to; see `load_branch_plan`. Nothing is kept with the owners."""
    relation = branch.relation
    if branch.fields is not None:
        branch = _with_needed(branch, branch.fields)
    known = IdentityMap() if _stays_apart(branch) else known_to(owners)
    asked = [owner for owner in owners if absent(relation, owner) is _state.MISSING]
    found: Found = _nothing
    if asked and branch.most != 0:
        match relation.spec:
            case Direct(field):
                found = yield from _direct(branch, field, asked, session, known)
            case Reverse():
                found = yield from _reverse(branch, relation.spec, asked, session, known)
            case Edges():
                found = yield from linked_plan(branch, relation.spec, asked, session, known)
    return lambda owner: found(owner)[: branch.most]


def _with_needed(branch: Branch, fields: tuple[str, ...]) -> Branch:
    """The same with the fields that tell which nodes belong together."""
    from pygen.runtime.compiling import next_branches, own_relation

    kind, spec = branch.relation.target, branch.relation.spec
    needed = [own_relation(kind, each.relation).spec for each in next_branches(branch)]
    names = [each.field for each in needed if isinstance(each, Direct)]
    if isinstance(spec, Reverse) and (pointing := _pointing_field(kind, spec)) is not None:
        names.append(pointing)
    return branch._replace(fields=tuple(dict.fromkeys([*fields, *names])))


def _stays_apart(branch: Branch) -> bool:
    """Whether its objects are no substitute for those that are loaded elsewhere (see `IdentityMap`)."""
    return branch.fields is not None or bool(branch.units)


def _nothing(_owner: PygenResource) -> Sequence[Any]:
    return ()


def count_related_plan(relation: Relation, owner: PygenResource) -> Plan[int]:
    """
    Count what a relation leads to from one object, without fetching it where the service can count it.

    It cannot where edges lead there, or where no view says what is seen.
    """
    info = getattr(relation.target, "__pygen__", None)
    condition: dict[str, Any] | None = None
    if isinstance(relation.spec, Reverse):
        condition = _pointing_at(relation.spec, [owner.as_node_id()])
    elif isinstance(relation.spec, Direct):
        ids = named_nodes(owner, relation.spec.field)
        if len(set(ids)) == len(ids):  # else it depends on whether one that is there twice is there at all
            condition = Filter.instances(ids).dump()
    if info is not None and condition is not None:
        counted = yield from count_plan(info.view, filter=condition, instance_type="node")
        return counted
    yield from load_plan(relation, owner)
    return len(_state.loaded(owner)[relation.name])


# --- stored here ---


def _direct(
    branch: Branch, field: str, owners: list[PygenResource], session: Session, known: IdentityMap
) -> Plan[Found]:
    kind = branch.relation.target
    wanted = dict.fromkeys(key for owner in owners for key in named_nodes(owner, field))
    targets: dict[NodeId, PygenResource] = {}
    if branch.where is None and not branch.sort and branch.fields is None:
        targets = {key: target for key in wanted if (target := known.get(kind, key)) is not None}
        ids = [key for key in wanted if key not in targets]
        found = yield from retrieve_plan(kind, session, ids, units=branch.units)
        targets |= _by_id(_taken(branch, session, found, known))
        # A target can be missing, or not visible through its view: it may have been deleted, or live in a space that
        # the caller cannot read (dms-api.md 12, 11).
        return lambda owner: [targets[key] for key in named_nodes(owner, field) if key in targets]
    by_owner = {id(owner): named_nodes(owner, field) for owner in owners}
    targets = yield from chosen_plan(branch, by_owner.values(), session, known)
    if not branch.sort:
        return lambda owner: [targets[key] for key in by_owner[id(owner)] if key in targets]
    place = {key: number for number, key in enumerate(targets)}
    return lambda owner: [
        targets[key] for key in sorted({key for key in by_owner[id(owner)] if key in place}, key=place.__getitem__)
    ]


def chosen_plan(
    branch: Branch, groups: Iterable[list[NodeId]], session: Session, known: IdentityMap
) -> Plan[dict[NodeId, PygenResource]]:
    """
    Fetch those of some nodes that a branch asks for.

    Args:
        branch: The condition and the order.
        groups: The nodes that belong to each owner. Those of one owner are asked for at once, so that they come in
            order; the order of nodes of different owners says nothing.
        session: What is asked.
        known: What is known around the owners.
    """
    found: dict[NodeId, PygenResource] = {}
    for chunk in _packed(groups):
        parts = [Filter.instances(chunk[start : start + LIMIT]) for start in range(0, len(chunk), LIMIT)]
        nodes = yield from _listed_plan(branch, Filter.any(parts).dump(), session)
        found |= _by_id(_taken(branch, session, nodes, known))
    return found


def _packed(groups: Iterable[list[NodeId]]) -> Iterator[list[NodeId]]:
    """The groups put together, at most 1,000 nodes at a time where no group is larger than that."""
    chunk: dict[NodeId, None] = {}
    for group in groups:
        new = [key for key in dict.fromkeys(group) if key not in chunk]
        if chunk and len(chunk) + len(new) > LIMIT:
            yield list(chunk)
            chunk = {}
            new = group
        chunk |= dict.fromkeys(new)
    if chunk:
        yield list(chunk)


def _listed_plan(
    branch: Branch, condition: Mapping[str, Any], session: Session, most: int | None = None
) -> Plan[list[PygenResource]]:
    """Fetch the nodes of a branch that meet *condition*, too, in the order of the branch."""
    kind = branch.relation.target
    conditions = [*belonging(kind), Filter(condition), *([] if branch.where is None else [Filter(branch.where)])]
    expression: dict[str, Any] = {"nodes": {"filter": Filter.all(conditions).dump()}}
    if branch.sort:
        expression["sort"] = [key.dump() for key in branch.sort]
    asked = Asked(kind, expression, branch.units, branch.fields)
    answers = yield from sets_plan("nodes", {"nodes": asked}, session, most)
    return [node for sets in answers for node in sets["nodes"]]


def _taken(branch: Branch, session: Session, found: Iterable[ResourceT], known: IdentityMap) -> list[ResourceT]:
    """The same instances as the objects that are known; those that were not are a page of their own."""
    given = list(found)
    unified = known.unify(given)
    page_up(branch, session, [new for new, one in zip(given, unified, strict=True) if new is one], known)
    return unified


def page_up(branch: Branch, session: Session, fresh: list[ResourceT], known: IdentityMap) -> None:
    """Make a page of objects that were just fetched."""
    if fresh:
        _state.join(session, fresh, None if _stays_apart(branch) else known)
        _state.converted(fresh, branch.units)


def _by_id(found: Iterable[ResourceT]) -> dict[NodeId, ResourceT]:
    return {target.as_node_id(): target for target in found}


# --- stored at the other end ---


class _Pointing(NamedTuple):
    """A node, and the owners that it points to."""

    node: PygenResource
    owners: list[NodeId]


def _reverse(
    branch: Branch, spec: Reverse, owners: list[PygenResource], session: Session, known: IdentityMap
) -> Plan[Found]:
    field = _pointing_field(branch.relation.target, spec)
    parents = list(dict.fromkeys(owner.as_node_id() for owner in owners))
    found: list[_Pointing] = []
    for chunk in _chunks(parents, LIMIT):
        several: list[_Pointing] | None = None
        if field is not None and len(chunk) > 1:
            children = yield from _listed_plan(branch, _pointing_at(spec, chunk), session)
            several = [_Pointing(child, _pointed(child, field, set(chunk))) for child in children]
        if several is not None and all(pointing.owners for pointing in several):
            found += several
            continue
        # The children do not tell whose they are, so each parent is asked about alone.
        for parent in chunk:
            children = yield from _listed_plan(branch, _pointing_at(spec, [parent]), session, branch.most)
            found += [_Pointing(child, [parent]) for child in children]
    fresh = {pointing.node.as_node_id(): pointing.node for pointing in found}
    nodes = _by_id(_taken(branch, session, fresh.values(), known))
    grouped: dict[NodeId, list[PygenResource]] = defaultdict(list)
    for pointing in found:
        for parent in pointing.owners:
            grouped[parent].append(nodes[pointing.node.as_node_id()])
    return lambda owner: grouped.get(owner.as_node_id(), ())


def _through(spec: Reverse) -> list[str]:
    """The property that points back, as a filter names it."""
    match spec.source:
        case ViewId(space, external_id, version):
            return [space, f"{external_id}/{version}", spec.property]
        case ContainerId(space, external_id):
            return [space, external_id, spec.property]


def _pointing_at(spec: Reverse, parents: Iterable[NodeId]) -> dict[str, Any]:
    """The condition that a node points to one of the *parents*."""
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


def _pointed(child: PygenResource, field: str, parents: set[NodeId]) -> list[NodeId]:
    """Which of the parents a child points to."""
    value = getattr(child, field)
    return [key for key in dict.fromkeys(value if isinstance(value, list) else [value]) if key in parents]


def _chunks(items: list[NodeId], size: int) -> Iterator[list[NodeId]]:
    """The items in lists of at most *size*."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
