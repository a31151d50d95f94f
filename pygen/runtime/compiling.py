"""
From what a query asks for to one request of `instances/query` (dms-api.md 6).

Pure: nothing is fetched, and only the classes along the way are looked at. What one request cannot say is left for
requests after it: relations stored as lists at the other end (dms-api.md 9.4), relations of edges, and whatever does
not fit into the 50 result sets of a query.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pygen.client.models.ids import ContainerId, NodeId, ViewId
from pygen.client.resources.instance_calls import view_reference
from pygen.runtime._values import mentions
from pygen.runtime.base import PygenEdge, PygenResource
from pygen.runtime.decoding import SetReading
from pygen.runtime.filters import NOTHING, Filter
from pygen.runtime.lazy import Direct, Edges, Relation, Reverse
from pygen.runtime.set_paging import MOST_MEMBERS, selection
from pygen.runtime.spec import Branch, QuerySpec, SetOperation, Units, belonging

__all__ = [
    "MOST_SETS",
    "Along",
    "CompiledQuery",
    "SetNode",
    "bound_of",
    "compile_query",
    "next_branches",
    "own_relation",
]

MOST_SETS = 50
"""Result sets of one query (dms-api.md 6.1)."""


@dataclass(slots=True)
class Along:
    """
    A branch that the request follows.

    Attributes:
        branch: What was asked for.
        nodes: The set of the nodes that it leads to.
        edges: The name of the set of edges that lead there; None for relations that are not stored as edges.
        field: The field that holds the direct relation: of the owners, or of the nodes where it is stored there.
    """

    branch: Branch
    nodes: SetNode
    edges: str | None = None
    field: str = ""


@dataclass(slots=True)
class SetNode:
    """
    A result set of instances, and what is followed from there.

    Attributes:
        name: Its name in the request.
        kind: The class of its members.
        fields: The fields that are fetched; None: all.
        units: Units to convert to.
        along: The branches that the request follows.
        later: The branches that take further requests.
    """

    name: str
    kind: type[PygenResource]
    fields: tuple[str, ...] | None = None
    units: Units | None = None
    along: list[Along] = field(default_factory=list)
    later: list[Branch] = field(default_factory=list)

    def need(self, name: str) -> None:
        """Fetch a field, which stitching needs, even if it was not asked for."""
        if self.fields is not None and name not in self.fields:
            self.fields = (*self.fields, name)

    def select(self) -> dict[str, Any]:
        """What the request returns of the members."""
        return selection(self.kind, self.fields, self.units)


class CompiledQuery(NamedTuple):
    """
    A query as a request.

    Attributes:
        with_: The result sets, by name.
        select: What is returned of them.
        root: The name of the set of the results themselves.
        readings: How each set that is returned is read.
        tree: The set of the results, and what is followed from there.
    """

    with_: dict[str, dict[str, Any]]
    select: dict[str, dict[str, Any]]
    root: str
    readings: dict[str, SetReading]
    tree: SetNode

    def body(self, limit: int, cursor: str | None) -> dict[str, Any]:
        """
        The JSON body of the request for one page.

        Args:
            limit: Most results of the page, 1 to 10,000; what is followed from them is not counted.
            cursor: The root's cursor of the page before.
        """
        body: dict[str, Any] = {
            "with": {**self.with_, self.root: {**self.with_[self.root], "limit": limit}},
            "select": self.select,
        }
        if cursor is not None:
            body["cursors"] = {self.root: cursor}
        return body


def compile_query(spec: QuerySpec[Any]) -> CompiledQuery:
    """
    Say in one request what a query asks for.

    Args:
        spec: The query. Its limit, start and cursor are those of whoever asks page by page.

    Raises:
        TypeError: A unit is asked for of a field that has none.
        ValueError: Queries were combined that the service cannot combine.
    """
    return _Compiler().compile(spec)


def next_branches(branch: Branch) -> tuple[Branch, ...]:
    """What is followed from the nodes that one step of a branch leads to: deeper levels of itself included."""
    return (*branch.branches, branch._replace(depth=branch.depth - 1)) if branch.depth > 1 else branch.branches


class _Compiler:
    def __init__(self) -> None:
        self._with: dict[str, dict[str, Any]] = {}
        self._edges: dict[str, type[PygenEdge]] = {}

    def compile(self, spec: QuerySpec[Any]) -> CompiledQuery:
        if spec.sets is None:
            result_set = _start(spec)
        else:
            result_set = _part(spec, {"from": self._combined(spec.sets)} | _given(spec.where), spec.sort)
        root = self._add("root", result_set)
        tree = SetNode(root, spec.kind, spec.fields, spec.units)
        nodes = [tree]
        waiting = deque((tree, branch) for branch in spec.branches)
        while waiting:  # level by level: what is near is rather in the request than what is far
            owners, branch = waiting.popleft()
            along = self._follow(owners, branch, spec.units)
            if along is None:
                owners.later.append(branch)
                continue
            owners.along.append(along)
            nodes.append(along.nodes)
            # The service follows edges any number of times within one set.
            following = branch.branches if along.edges is not None else next_branches(branch)
            waiting.extend((along.nodes, each) for each in following)
        select = {node.name: node.select() for node in nodes}
        select |= {name: selection(kind, None, None) for name, kind in self._edges.items()}
        readings = {node.name: SetReading(node.kind, node.fields) for node in nodes}
        readings |= {name: SetReading(kind) for name, kind in self._edges.items()}
        return CompiledQuery(self._with, select, root, readings, tree)

    def _add(self, wanted: str, result_set: dict[str, Any]) -> str:
        """Add a result set under a name that no other has."""
        name, number = wanted, 1
        while name in self._with:
            number += 1
            name = f"{wanted}_{number}"
        self._with[name] = result_set
        return name

    # --- branches ---

    def _follow(self, owners: SetNode, branch: Branch, units: Units | None) -> Along | None:
        """The result sets of a branch; None where it takes requests of its own."""
        relation = own_relation(owners.kind, branch.relation)
        is_edges = isinstance(relation.spec, Edges)
        if owners.kind.__pygen_edge__ or len(self._with) + 1 + is_edges > MOST_SETS:
            return None
        kind = relation.target
        path = relation.name if owners.name == "root" else f"{owners.name}_{relation.name}"
        condition = _condition(kind, branch.where)
        edges, member = None, ""
        match relation.spec:
            case Edges():
                edges = self._add(f"{path}_edges", _edge_set(relation, relation.spec, owners.name, branch, condition))
                self._edges[edges] = relation.edge if relation.linked else PygenEdge
                step: dict[str, Any] = {"from": edges, "chainTo": "destination"}
            case Direct(member):
                owners.need(member)
                through = {
                    "source": view_reference(owners.kind.__pygen__.view),
                    "identifier": owners.kind.__pygen_props__[member].name,
                }
                step = {"from": owners.name, "through": through, "direction": "outwards"}
            case Reverse():
                member = _pointing_field(kind, relation.spec) or ""
                if not member:
                    return None
                through = {"source": _source(relation.spec.source), "identifier": relation.spec.property}
                step = {"from": owners.name, "through": through, "direction": "inwards"}
        result_set: dict[str, Any] = {"nodes": step if condition is None else {**step, "filter": condition}}
        if branch.sort:
            result_set["sort"] = [key.dump() for key in branch.sort]
        nodes = SetNode(
            self._add(path, {**result_set, "limit": MOST_MEMBERS}),
            kind,
            branch.fields,
            units if isinstance(units, str) else None,
        )
        if isinstance(relation.spec, Reverse):
            nodes.need(member)
        return Along(branch, nodes, edges, member)

    # --- set operations ---

    def _combined(self, sets: SetOperation) -> str:
        """The name of the set of what two queries have in common, or together."""
        left, right = sets.left, sets.right
        if sets.operation == "intersection" and bound_of(left) is None:
            left, right = right, left
        if bound_of(right) is None:
            # Members are looked at one by one rather than looked up in a set that may be too large.
            where = Filter({"matchAll": {}} if right.where is None else right.where)
            condition = where if sets.operation == "intersection" else ~where
            return self._add("some", _from(self._operand(left), condition.dump(), MOST_MEMBERS))
        names = [self._operand(left), self._operand(right)]
        limit = {"limit": MOST_MEMBERS}
        match sets.operation:
            case "union":
                return self._add("union", {"union": names, **limit})
            case "intersection":
                return self._add("intersection", {"intersection": names, **limit})
            case "except":
                return self._add("except", {"union": names[:1], "except": names[1:], **limit})

    def _operand(self, spec: QuerySpec[Any]) -> str:
        if spec.sets is None:
            part = _start(spec)
        else:
            part = _part(spec, {"from": self._combined(spec.sets)} | _given(spec.where), spec.sort)
        if spec.most == 0:  # a limit of zero is none that the service takes
            (expression,) = (value for key, value in part.items() if key in {"nodes", "edges"})
            expression["filter"] = dict(NOTHING)
        limit = MOST_MEMBERS if spec.most is None else max(spec.most, 1)
        return self._add("operand", {**part, "limit": limit})


def bound_of(spec: QuerySpec[Any]) -> int | None:
    """How many members the result of a query has at most; None: nobody knows."""
    bound = spec.most
    if spec.sets is not None:
        left, right = bound_of(spec.sets.left), bound_of(spec.sets.right)
        if spec.sets.operation == "union":
            inner = None if left is None or right is None else left + right
        elif spec.sets.operation == "except":
            inner = left
        else:
            inner = min((each for each in (left, right) if each is not None), default=None)
        bound = inner if bound is None else bound if inner is None else min(bound, inner)
    return bound


def own_relation(kind: type[PygenResource], relation: Relation) -> Relation:
    """The relation as *kind* has it; a child class may lead to another class than the one that was named."""
    return kind.__pygen_relations__.get(relation.name, relation)


# --- parts of the request ---


def _start(spec: QuerySpec[Any]) -> dict[str, Any]:
    """A result set that starts from nothing else."""
    return _part(spec, _given(_condition(spec.kind, spec.where)), spec.sort)


def _part(spec: QuerySpec[Any], expression: dict[str, Any], sort: Iterable[Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"edges" if spec.kind.__pygen_edge__ else "nodes": expression}
    keys = [key.dump() for key in sort]
    return {**made, "sort": keys} if keys else made


def _given(condition: Mapping[str, Any] | None) -> dict[str, Any]:
    return {} if condition is None else {"filter": condition}


def _from(name: str, condition: Mapping[str, Any], limit: int) -> dict[str, Any]:
    """The members of a set that meet a condition."""
    return {"nodes": {"from": name, "filter": condition}, "limit": limit}


def _condition(kind: type[PygenResource], where: dict[str, Any] | None) -> dict[str, Any] | None:
    """What members of a set must meet; None: nothing."""
    parts = [*belonging(kind), *([] if where is None else [Filter(where)])]
    return Filter.all(parts).dump() if parts else None


def _edge_set(
    relation: Relation, spec: Edges, start: str, branch: Branch, condition: dict[str, Any] | None
) -> dict[str, Any]:
    space, external_id = spec.type
    of_type = Filter({"equals": {"property": ["edge", "type"], "value": {"space": space, "externalId": external_id}}})
    where = _condition(relation.edge, of_type.dump()) if relation.linked else of_type.dump()
    edges: dict[str, Any] = {
        "from": start,
        "direction": spec.direction,
        "maxDistance": branch.depth,
        "filter": where,
    }
    if branch.depth > 1 and condition is not None:
        edges["nodeFilter"] = condition  # what does not match is not gone on from
    return {"edges": edges, "limit": MOST_MEMBERS}


def _source(source: ViewId | ContainerId) -> dict[str, Any]:
    """A view or a container as bodies name it."""
    if isinstance(source, ViewId):
        return view_reference(source)
    return {"type": "container", "space": source.space, "externalId": source.external_id}


def _pointing_field(kind: type[PygenResource], spec: Reverse) -> str | None:
    """
    The field of the nodes that holds the direct relation behind a reverse one.

    None where the service does not go along it (a list, dms-api.md 9.4), or where no field tells which nodes belong
    together.
    """
    if spec.targets_list or kind.__pygen_edge__:
        return None
    props = kind.__pygen_props__
    for relation in kind.__pygen_relations__.values():
        if isinstance(relation.spec, Direct) and props[relation.spec.field].name == spec.property:
            return None if relation.many else relation.spec.field
    kind.model_rebuild()  # only now are the types of fields looked at
    for name, prop in props.items():
        annotation = kind.__pydantic_fields__[name].annotation
        if prop.name == spec.property and mentions(annotation, NodeId) and not mentions(annotation, list):
            return name
    return None
