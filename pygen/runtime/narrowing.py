"""Instances as their own classes: of what was read as a generating unit, wind turbines and solar plants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, TypeVar

from pygen.client.calls import Plan
from pygen.client.models.ids import EdgeId, NodeId, ViewId
from pygen.client.resources.instance_calls import inspect_plan
from pygen.runtime import _state
from pygen.runtime.base import PygenResource, instance_id
from pygen.runtime.registry import children_of
from pygen.runtime.retrieving import id_of, retrieve_plan
from pygen.runtime.session import Session

__all__ = ["child_plan", "narrow_plan"]

ResourceT = TypeVar("ResourceT", bound=PygenResource)


def narrow_plan(kind: type[ResourceT], session: Session, items: Sequence[ResourceT]) -> Plan[list[ResourceT]]:
    """
    Give each instance as its own class: the most special one among those that inherit from *kind*.

    Which one it is follows from the type of the node where that tells; else from the views that the instance has data
    in, which takes one request for all of them. Their values take one request for each class.

    Args:
        kind: The class that they were read as.
        session: What is asked.
        items: Objects of one page, at most 1,000. Those of another class than *kind* stay as they are.

    Returns:
        The instances in the same order, as one page. One that no class of the SDK fits better stays as it is.
    """
    children = children_of(kind)
    fitting = {id(item): _by_type(item, children) for item in items if type(item) is kind}
    sure = [item for item in items if len(fitting.get(id(item), ())) == 1]
    found = yield from _fetch_plan(session, sure, fitting)
    # A type alone does not make an instance visible through the view that asks for it.
    others = [child for child in children if child.__pygen__.node_type is None]
    fitting |= {id(item): list(others) for item in sure if id(item) not in found}
    unsure = [item for item in items if fitting.get(id(item))]
    if unsure:
        involved = yield from _involved_plan(unsure)
        for item in unsure:
            views = involved.get(instance_id(item), frozenset())
            fitting[id(item)] = [child for child in fitting[id(item)] if child.__pygen__.view in views]
        found |= yield from _fetch_plan(session, unsure, fitting)
    narrowed: list[ResourceT] = [found.get(id(item), item) for item in items]
    if found:
        page = _state.page_of(items[0])
        _state.join(session, narrowed, None if page is None else page.known)
    return narrowed


def _by_type(item: PygenResource, children: list[type[PygenResource]]) -> list[type[PygenResource]]:
    """
    The classes that an instance may belong to as far as the type of the node tells, the most special ones first.

    A class that asks for a type shows only nodes that have it.
    """
    typed = [child for child in children if child.__pygen__.node_type is not None]
    own = [child for child in typed if child.__pygen__.node_type == item.node_type]
    if len(own) == 1 and not any(child not in typed and issubclass(child, own[0]) for child in children):
        return own
    return [child for child in children if child not in typed or child in own]


def _involved_plan(items: list[ResourceT]) -> Plan[dict[NodeId | EdgeId, frozenset[ViewId]]]:
    """The views that each of some instances has data in (dms-api.md 4, `inspect`)."""
    records = yield from inspect_plan(
        [instance_id(item) for item in items], involved_views=True, all_versions=True, involved_containers=False
    )
    found: dict[NodeId | EdgeId, frozenset[ViewId]] = {}
    for record in records:
        views = record["inspectionResults"].get("involvedViews") or ()
        found[id_of(record)] = frozenset(ViewId(view["space"], view["externalId"], view["version"]) for view in views)
    return found


def _fetch_plan(
    session: Session, items: Sequence[ResourceT], fitting: dict[int, list[type[PygenResource]]]
) -> Plan[dict[int, Any]]:
    """Fetch instances through the first class that shows them."""
    page = _state.page_of(items[0]) if items else None
    units = None if page is None else page.units
    found: dict[int, Any] = {}
    waiting = [item for item in items if fitting.get(id(item))]
    while waiting:
        by_class: dict[type[PygenResource], list[ResourceT]] = defaultdict(list)
        for item in waiting:
            by_class[fitting[id(item)].pop(0)].append(item)
        for child, members in by_class.items():
            read = yield from retrieve_plan(child, session, [instance_id(item) for item in members], units=units)
            by_id = {instance_id(item): item for item in read}
            found |= {id(item): by_id[instance_id(item)] for item in members if instance_id(item) in by_id}
        # A view may ask for more than data, so that it does not show an instance that has data in it.
        waiting = [item for item in waiting if id(item) not in found and fitting[id(item)]]
    return found


_CHILD = "as_child_class"
"""Where an object of the child class is kept among what is loaded; no relation has the name of a method."""


def child_plan(resource: ResourceT) -> Plan[ResourceT]:
    """The object as its own class; found for all objects of the page at once, and kept."""
    kept = _state.loaded(resource).get(_CHILD, _state.MISSING)
    if kept is _state.MISSING:
        session = _state.session_of(resource, "find its own class")
        siblings: list[Any] = [
            each
            for each in _state.siblings(resource)
            if type(each) is type(resource) and _CHILD not in _state.loaded(each)
        ]
        narrowed = yield from narrow_plan(type(resource), session, siblings)
        for sibling, child in zip(siblings, narrowed, strict=True):
            if child is not sibling:
                relations = type(child).__pygen_relations__
                loaded = _state.loaded(sibling)
                _state.loaded(child).update({name: found for name, found in loaded.items() if name in relations})
            # The object itself is not kept: it would hold itself alive.
            _state.loaded(sibling)[_CHILD] = None if child is sibling else child
        kept = _state.loaded(resource)[_CHILD]
    return resource if kept is None else kept
