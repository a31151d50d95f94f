"""
Carrying out queries that take more than a list: one request for each page of results and what is followed from them.

The results are paged by the cursor of their own set. What is followed from them comes whole with their page, or it is
not used: a set that may have been cut short is loaded again for the page's objects, since what the cursors of such sets
mean is not documented (dms-api.md 6.5).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from pygen.client.calls import Answer, Call, Plan
from pygen.client.exceptions import DmsError
from pygen.client.models.ids import EdgeId, NodeId
from pygen.client.paging import PageSize, is_too_slow
from pygen.runtime import _state
from pygen.runtime.base import PygenResource, instance_id, named_nodes
from pygen.runtime.compiling import Along, SetNode, compile_query, next_branches, own_relation
from pygen.runtime.decoding import decode_sets
from pygen.runtime.identity import IdentityMap
from pygen.runtime.lazy import Link, Reverse
from pygen.runtime.results import ResultPage
from pygen.runtime.session import Session
from pygen.runtime.set_paging import MOST_MEMBERS
from pygen.runtime.spec import Branch, QuerySpec, Units

__all__ = ["GraphWalk", "members_along"]

ResourceT = TypeVar("ResourceT", bound=PygenResource)


class GraphWalk(Generic[ResourceT]):
    """
    The pages of a query, one after the other.

    Args:
        spec: The query.
        known: What all pages share; None: each has its own objects.

    Attributes:
        done: Whether there is no further page.
    """

    def __init__(self, spec: QuerySpec[ResourceT], known: IdentityMap | None = None) -> None:
        self._spec = spec
        self._known = known
        self._query = compile_query(spec)
        self._size = PageSize(spec.chunk_size)
        self._skip = spec.skip
        self._left = spec.most
        self._cursor = spec.cursor
        self.done = spec.most == 0

    def next_plan(self) -> Plan[ResultPage[ResourceT]]:
        """
        Fetch the next page; it may be empty although more follow.

        Each object knows what its relations lead to that were asked for.
        """
        asked, answer = yield from self._ask_plan()
        sets, cursors = answer.value
        root = self._query.root
        cursor = cursors.get(root)
        if cursor is not None and cursor == self._cursor:
            answer.refuse("the next page has the cursor of this one, which would never end")
        _share(self._query.tree, sets, self._spec.session, self._known)
        items: list[ResourceT] = sets[root]
        cut = yield from _attach_plan(self._query.tree, sets, cursors, self._spec)
        # Half as many owners bring half as many of what is cut off.
        if not cut or not self._size.shrink(asked):
            self._size.succeed()
        dropped = min(self._skip, len(items))
        kept = items[dropped:]
        if self._left is not None:
            kept = kept[: self._left]
        if self._spec.narrow and kept:
            kept = yield from _narrowed_plan(self._spec, kept)
        self._skip -= dropped
        if self._left is not None:
            self._left -= len(kept)
        self._cursor = cursor
        self.done = cursor is None or self._left == 0
        return ResultPage(kept, cursor, self._spec.kind)

    def _ask_plan(self) -> Plan[tuple[int, Answer]]:
        """Ask for a page, and for a smaller one where that takes the service too long."""
        while True:
            asked = self._size.now if self._left is None else min(self._size.now, self._skip + self._left)
            call = Call(
                "instances.query",
                "/models/instances/query",
                self._query.body(asked, self._cursor),
                read=partial(decode_sets, self._query.readings, session=self._spec.session),
                paged=True,
            )
            try:
                answer: Answer = yield call
            except DmsError as error:
                if not is_too_slow(error) or not self._size.shrink(asked):
                    raise
            else:
                return asked, answer


def _narrowed_plan(spec: QuerySpec[ResourceT], items: list[ResourceT]) -> Plan[list[ResourceT]]:
    """The objects as their own classes, with the relations that were loaded."""
    from pygen.runtime.narrowing import narrow_plan

    narrowed: list[ResourceT] = yield from narrow_plan(spec.kind, spec.session, items)
    before = {(item.space, item.external_id): item for item in items}
    for item in narrowed:
        known = before.get((item.space, item.external_id))
        if known is not None and known is not item:
            relations = type(item).__pygen_relations__
            loaded = _state.loaded(known)
            _state.loaded(item).update({name: found for name, found in loaded.items() if name in relations})
    return narrowed


# --- one answer ---


def _attach_plan(
    tree: SetNode, sets: dict[str, list[Any]], cursors: dict[str, str], spec: QuerySpec[Any]
) -> Plan[bool]:
    """
    Tell each object of an answer what its relations lead to.

    Returns:
        Whether a set was cut short, so that further requests were needed.
    """
    cut = {
        name for name, items in sets.items() if name != tree.name and (name in cursors or len(items) >= MOST_MEMBERS)
    }
    waiting: list[tuple[Branch, list[PygenResource]]] = []
    _stitch(tree, sets, cut, waiting)
    units = spec.units if isinstance(spec.units, str) else None
    for branch, owners in waiting:
        yield from _load_plan(branch, owners, spec.session, units)
    return bool(cut)


def _load_plan(branch: Branch, owners: Sequence[PygenResource], session: Session, units: Units | None) -> Plan[None]:
    """Load a branch by requests of its own, and what is followed from there."""
    from pygen.runtime.relations import load_branch_plan

    if not owners:
        return
    found = yield from load_branch_plan(branch._replace(units=units), list(owners), session)
    for each in next_branches(branch):
        yield from _load_plan(each, found, session, units)


def _stitch(
    node: SetNode, sets: dict[str, list[Any]], cut: set[str], waiting: list[tuple[Branch, list[PygenResource]]]
) -> None:
    owners: list[PygenResource] = sets[node.name]
    waiting.extend((branch, owners) for branch in node.later)
    for along in node.along:
        whole = along.nodes.name not in cut and along.edges not in cut
        if whole and _join(along, owners, sets):
            _stitch(along.nodes, sets, cut, waiting)
        else:
            waiting.append((along.branch, owners))


def _join(along: Along, owners: list[PygenResource], sets: dict[str, list[Any]]) -> bool:
    """Join owners and the nodes of one branch; False where the nodes do not tell whose they are."""
    nodes: list[PygenResource] = sets[along.nodes.name]
    if along.edges is not None:
        _join_edges(along, owners, nodes, sets[along.edges])
        return True
    if isinstance(along.branch.relation.spec, Reverse):
        return _join_reverse(along, owners, nodes)
    by_id = {node.as_node_id(): node for node in nodes}
    ranks = _ranks(along.branch, nodes)
    for owner in owners:
        targets = [by_id[key] for key in named_nodes(owner, along.field) if key in by_id]
        _keep(owner, along.branch, targets, ranks)
    return True


def _join_reverse(along: Along, owners: list[PygenResource], nodes: list[PygenResource]) -> bool:
    grouped: dict[NodeId, list[PygenResource]] = {owner.as_node_id(): [] for owner in owners}
    for node in nodes:
        ids = named_nodes(node, along.field)
        if not ids or ids[0] not in grouped:
            return False  # the field of that name holds another property
        grouped[ids[0]].append(node)
    for owner in owners:
        _keep(owner, along.branch, grouped[owner.as_node_id()])
    return True


def _join_edges(along: Along, owners: list[PygenResource], nodes: list[PygenResource], edges: list[Any]) -> None:
    relation = along.branch.relation
    outwards = getattr(relation.spec, "direction", "outwards") == "outwards"
    near, far = ("start_node", "end_node") if outwards else ("end_node", "start_node")
    leaving: dict[NodeId, list[Any]] = defaultdict(list)
    for edge in edges:
        leaving[getattr(edge, near)].append(edge)
    by_id = {node.as_node_id(): node for node in nodes}
    ranks = _ranks(along.branch, nodes)
    seen: set[int] = set()
    level: Iterable[PygenResource] = owners
    for _ in range(along.branch.depth):
        following: dict[int, PygenResource] = {}
        for owner in level:
            seen.add(id(owner))
            found = [(by_id[key], edge) for edge in leaving[owner.as_node_id()] if (key := getattr(edge, far)) in by_id]
            if not relation.linked:  # several edges may lead to one node
                found = list({id(node): (node, edge) for node, edge in reversed(found)}.values())[::-1]
            items = [Link(node, edge) if relation.linked else node for node, edge in found]
            for item in _keep(owner, along.branch, items, ranks):
                target = item.node if relation.linked else item
                following[id(target)] = target
        level = [target for key, target in following.items() if key not in seen]


def _ranks(branch: Branch, nodes: list[PygenResource]) -> dict[int, int] | None:
    """The place of each node in the order that was asked for; None where none was."""
    return {id(node): rank for rank, node in enumerate(nodes)} if branch.sort else None


def _keep(owner: PygenResource, branch: Branch, targets: list[Any], ranks: dict[int, int] | None = None) -> list[Any]:
    """
    Keep what a relation leads to with its owner.

    Args:
        owner: The object.
        branch: What was asked for.
        targets: What was found for it.
        ranks: The place of each node in the order that was asked for; None: *targets* are in that order.

    Returns:
        What was kept.
    """
    relation = own_relation(type(owner), branch.relation)
    if ranks is not None:
        targets.sort(key=lambda item: ranks[id(item.node if relation.linked else item)])
    kept = targets[: branch.most] if branch.most is not None else targets
    if not relation.many:
        kept = kept[:1]
    _state.loaded(owner)[relation.name] = tuple(kept) if relation.many else next(iter(kept), None)
    return kept


# --- one object per instance ---


def _share(tree: SetNode, sets: dict[str, list[Any]], session: Session, around: IdentityMap | None) -> None:
    """
    Make objects that stand for one instance the same object, where the same is fetched along from each.

    Objects of a class then load together what is touched later. Those of earlier pages are used again where *around*
    knows them.
    """
    groups = _groups(tree)
    if around is None:
        around = IdentityMap()
    else:
        for group in groups:
            first = group[0]
            alone = sum(other[0].kind is first.kind for other in groups) == 1
            if alone and first.fields is None and first.units is None:
                for node in group:
                    sets[node.name] = around.unify(sets[node.name])
    for group in groups:
        known: dict[NodeId | EdgeId, PygenResource] = {}
        for node in group:
            sets[node.name] = [known.setdefault(instance_id(item), item) for item in sets[node.name]]
        if not known:
            continue
        members = [item for item in known.values() if not _is_shared(item, around)]
        if not members:
            continue
        _state.join(session, members)
        page = _state.page_of(members[0])
        if page is not None:
            page.units = group[0].units
            around.add_page(page)


def _is_shared(item: PygenResource, around: IdentityMap) -> bool:
    """Whether an object came with an earlier page."""
    page = _state.page_of(item)
    return page is not None and page.known is around


def _groups(tree: SetNode) -> list[list[SetNode]]:
    """The sets whose objects can be shared: of one class, and without different branches of one relation."""
    groups: list[tuple[Any, dict[str, Any], list[SetNode]]] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop(0)
        waiting += [along.nodes for along in node.along]
        what = (node.kind, node.fields, node.units)
        asked = {
            branch.relation.name: branch._replace(branches=(), depth=1)
            for branch in (*(along.branch for along in node.along), *node.later)
        }
        for kind, options, members in groups:
            if kind == what and all(options.get(name, branch) == branch for name, branch in asked.items()):
                options.update(asked)
                members.append(node)
                break
        else:
            groups.append((what, asked, [node]))
    return [members for _, _, members in groups]


# --- results of a branch ---


def members_along(results: Iterable[PygenResource], branch: Branch) -> list[Any]:
    """The nodes that a branch leads to from all results, each once, in the order in which they are met."""
    found: dict[NodeId, PygenResource] = {}
    level: Iterable[PygenResource] = results
    for _ in range(branch.depth):
        following: list[PygenResource] = []
        for owner in level:
            relation = own_relation(type(owner), branch.relation)
            value = _state.loaded(owner).get(relation.name)
            for item in (value or ()) if relation.many else () if value is None else (value,):
                target = item.node if relation.linked else item
                if found.setdefault(target.as_node_id(), target) is target:
                    following.append(target)
        level = following
    return list(found.values())
