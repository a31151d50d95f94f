"""The views of a data model as they inherit from each other, on the wire's side of the fence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pygen.client.models.ids import ViewId
from pygen.client.models.view import View, ViewProperty

__all__ = ["Hierarchy", "find_cycles", "parents_first"]


class Hierarchy:
    """
    Views with the properties they have, inherited ones included.

    Answers of the API are flattened already, and for them nothing changes here. Views read without inherited
    properties, or written by hand, get those of their parents: own definitions override, and among parents the
    earlier in `implements` wins. Views that implement each other in a circle inherit nothing from within it.

    Attributes:
        views: The views by identifier; of several with one identifier, the first.
        cycles: The circles in `implements`.
    """

    def __init__(self, views: Iterable[View]) -> None:
        self.views: dict[ViewId, View] = {}
        for view in views:
            self.views.setdefault(view.as_id(), view)
        self._implements = {
            view_id: tuple(dict.fromkeys(parent.as_id() for parent in view.implements or ()))
            for view_id, view in self.views.items()
        }
        self.cycles = find_cycles(self._implements)
        circle_of = {view_id: cycle for cycle in self.cycles for view_id in cycle}
        self._parents = {
            view_id: tuple(
                parent for parent in implements if parent in self.views and parent not in circle_of.get(view_id, ())
            )
            for view_id, implements in self._implements.items()
        }
        self._properties: dict[ViewId, Mapping[str, ViewProperty]] = {}
        self._complete: dict[ViewId, bool] = {}
        for view_id in parents_first(self._parents):
            self._properties[view_id] = self._merge(view_id)
            parents = self._parents[view_id]
            self._complete[view_id] = len(parents) == len(self._implements[view_id]) and all(
                self._complete[parent] for parent in parents
            )

    def implements(self, view_id: ViewId) -> tuple[ViewId, ...]:
        """The parents that a view names."""
        return self._implements[view_id]

    def parents(self, view_id: ViewId) -> tuple[ViewId, ...]:
        """The parents that are in the data model."""
        return self._parents[view_id]

    def properties(self, view_id: ViewId) -> Mapping[str, ViewProperty]:
        """The properties of a view, inherited ones included."""
        return self._properties[view_id]

    def is_complete(self, view_id: ViewId) -> bool:
        """Whether every ancestor of a view is in the data model, so that no property of it can be unseen."""
        return self._complete[view_id]

    def _merge(self, view_id: ViewId) -> Mapping[str, ViewProperty]:
        own = self.views[view_id].properties
        merged: dict[str, ViewProperty] | None = None
        for parent in self._parents[view_id]:
            inherited = self._properties[parent]
            if not inherited.keys() <= (own if merged is None else merged).keys():
                merged = dict(own) if merged is None else merged
                for property_id, definition in inherited.items():
                    merged.setdefault(property_id, definition)
        return own if merged is None else merged


def parents_first(parents: Mapping[ViewId, Sequence[ViewId]]) -> list[ViewId]:
    """The views of a graph without circles, each after its parents (and without recursion: depth is the model's)."""
    ordered: dict[ViewId, None] = {}
    for root in parents:
        stack = [root]
        while stack:
            view_id = stack[-1]
            waiting = [parent for parent in parents[view_id] if parent not in ordered]
            if waiting and view_id not in ordered:
                stack.extend(waiting)
            else:
                ordered[stack.pop()] = None
    return list(ordered)


def find_cycles(graph: Mapping[ViewId, Sequence[ViewId]]) -> list[tuple[ViewId, ...]]:
    """
    The groups of views that reach each other.

    Returns:
        Each group sorted, groups sorted; single views only where they name themselves.
    """
    suspects = dict(graph)
    while True:  # all that is left leads into a circle; almost always nothing is left
        clear = [node for node, targets in suspects.items() if not any(target in suspects for target in targets)]
        if not clear:
            break
        for node in clear:
            del suspects[node]
    reach = {node: _reachable(node, suspects) for node in suspects}
    circular = [node for node in suspects if node in reach[node]]
    groups = {tuple(sorted(other for other in reach[node] if node in reach[other])) for node in circular}
    return sorted(groups)


def _reachable(start: ViewId, graph: Mapping[ViewId, Sequence[ViewId]]) -> set[ViewId]:
    found: set[ViewId] = set()
    stack = [start]
    while stack:
        for target in graph[stack.pop()]:
            if target in graph and target not in found:
                found.add(target)
                stack.append(target)
    return found
