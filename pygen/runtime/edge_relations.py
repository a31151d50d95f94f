"""Loading relations that are stored as edges: the edges of many nodes and the nodes at their far ends, together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

from pygen.client.calls import Plan
from pygen.client.models.ids import NodeId
from pygen.client.resources.instance_calls import LIMIT
from pygen.runtime.base import PygenEdge, PygenResource
from pygen.runtime.filters import Filter
from pygen.runtime.identity import IdentityMap
from pygen.runtime.lazy import Edges, Link
from pygen.runtime.references import json_id
from pygen.runtime.session import Session
from pygen.runtime.set_paging import Asked, sets_plan
from pygen.runtime.spec import Branch, belonging

__all__ = ["linked_plan"]


def linked_plan(
    branch: Branch, spec: Edges, owners: list[PygenResource], session: Session, known: IdentityMap
) -> Plan[Callable[[PygenResource], Sequence[Any]]]:
    """
    Fetch the edges of some nodes, and the nodes that they lead to.

    Edges whose far node is gone, or does not meet the branch's condition, are left out.

    Args:
        branch: The relation, and the condition and the order of its nodes.
        spec: How it is stored.
        owners: Where the edges start, or end.
        session: What is asked.
        known: What is known around the owners.

    Returns:
        What gives the nodes of an owner, each once, or its links, one for each edge.
    """
    from pygen.runtime.relations import page_up

    parents = list(dict.fromkeys(owner.as_node_id() for owner in owners))
    grouped: dict[NodeId, list[Any]] = {}
    fresh: dict[int, PygenResource] = {}
    for start in range(0, len(parents), LIMIT):
        asking = _Asking(branch, spec, parents[start : start + LIMIT], session)
        yield from asking.plan()
        unified = known.unify(asking.nodes)
        fresh |= {id(new): new for new, one in zip(asking.nodes, unified, strict=True) if new is one}
        targets = {node.as_node_id(): node for node in unified}
        if branch.sort and asking.requests > 1:
            targets = yield from _in_order(branch, asking.pairs(targets), session, known)
        grouped |= _grouped(branch, asking.pairs(targets), targets)
    page_up(branch, session, list(fresh.values()), known)
    return lambda owner: grouped.get(owner.as_node_id(), ())


class _Pair(NamedTuple):
    """An edge, seen from one of its ends."""

    near: NodeId
    far: NodeId
    edge: PygenEdge


class _Asking:
    """
    The edges of at most 1,000 nodes, asked for page by page with the nodes that they lead to.

    Attributes:
        edges: The edges so far.
        nodes: The nodes so far; one that is reached from several pages is there several times.
        requests: How many requests that took.
    """

    def __init__(self, branch: Branch, spec: Edges, parents: list[NodeId], session: Session) -> None:
        relation = branch.relation
        self.edges: list[PygenEdge] = []
        self.nodes: list[PygenResource] = []
        self.requests = 0
        self._session = session
        edge_kind: type[PygenEdge] = relation.edge if relation.linked else PygenEdge
        self._outwards = spec.direction == "outwards"
        near = "startNode" if self._outwards else "endNode"
        type_ = {"space": spec.type[0], "externalId": spec.type[1]}
        conditions = [
            *belonging(edge_kind),
            Filter({"equals": {"property": ["edge", "type"], "value": type_}}),
            Filter({"in": {"property": ["edge", near], "values": [json_id(parent) for parent in parents]}}),
        ]
        # A set that follows nothing goes outwards: its destinations are end nodes (dms-api.md 6.2, 6.3).
        chain = "destination" if self._outwards else "source"
        nodes: dict[str, Any] = {"from": "edges", "chainTo": chain}
        of_nodes = [*belonging(relation.target), *([] if branch.where is None else [Filter(branch.where)])]
        if of_nodes:
            nodes["filter"] = Filter.all(of_nodes).dump()
        edge_set = {"edges": {"filter": Filter.all(conditions).dump()}}
        node_set: dict[str, Any] = {"nodes": nodes}
        if branch.sort:
            node_set["sort"] = [key.dump() for key in branch.sort]
        # Each edge leads to one node, so the nodes of a page of edges always fit into one set, too.
        self._asked = {
            "edges": Asked(edge_kind, edge_set),
            "nodes": Asked(relation.target, node_set, branch.units, branch.fields),
        }

    def plan(self) -> Plan[None]:
        """Ask for everything."""
        answers = yield from sets_plan("edges", self._asked, self._session)
        self.requests = len(answers)
        self.edges = [edge for sets in answers for edge in sets["edges"]]
        self.nodes = [node for sets in answers for node in sets["nodes"]]

    def pairs(self, targets: Collection[NodeId]) -> list[_Pair]:
        """The edges that lead to one of *targets*."""
        found = [
            _Pair(edge.start_node, edge.end_node, edge)
            if self._outwards
            else _Pair(edge.end_node, edge.start_node, edge)
            for edge in self.edges
        ]
        return [pair for pair in found if pair.far in targets]


def _in_order(
    branch: Branch, pairs: list[_Pair], session: Session, known: IdentityMap
) -> Plan[dict[NodeId, PygenResource]]:
    """The nodes in order, where they came with several answers: only the service knows how it sorts."""
    from pygen.runtime.relations import chosen_plan

    groups: dict[NodeId, list[NodeId]] = defaultdict(list)
    for pair in pairs:
        groups[pair.near].append(pair.far)
    ordered = yield from chosen_plan(branch, groups.values(), session, known)
    return ordered


def _grouped(branch: Branch, pairs: list[_Pair], targets: dict[NodeId, PygenResource]) -> dict[NodeId, list[Any]]:
    """What belongs to each owner, in the order of the edges, or of the nodes where those are sorted."""
    if branch.sort:
        place = {key: number for number, key in enumerate(targets)}
        pairs = sorted(pairs, key=lambda pair: place[pair.far])
    grouped: dict[NodeId, dict[Any, Any]] = defaultdict(dict)
    for near, far, edge in pairs:
        if branch.relation.linked:
            grouped[near][edge.space, edge.external_id] = Link(targets[far], edge)
        else:
            grouped[near][far] = targets[far]
    return {owner: list(found.values()) for owner, found in grouped.items()}
