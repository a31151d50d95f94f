"""Schema items of several requests in an order in which none refers to what comes later, as far as that can be."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence

from pygen.client.calls import JsonObject

__all__ = ["containers_first_things_first", "views_first_things_first"]


def containers_first_things_first(items: Sequence[JsonObject]) -> list[JsonObject]:
    """Containers that others require, or whose instances their direct relations must lead to, come before those."""
    return _ordered(items, _container_key, _required_containers)


def views_first_things_first(items: Sequence[JsonObject]) -> list[JsonObject]:
    """Parents come before the views that implement them; other references need not exist (dms-api.md 3.5)."""
    return _ordered(items, _view_key, _parents)


def _container_key(item: JsonObject) -> Hashable:
    return item.get("space"), item.get("externalId")


def _view_key(item: JsonObject) -> Hashable:
    return item.get("space"), item.get("externalId"), item.get("version")


def _required_containers(item: JsonObject) -> Iterator[Hashable]:
    constraints: dict[str, JsonObject] = item.get("constraints") or {}
    for constraint in constraints.values():
        if required := constraint.get("require"):
            yield _container_key(required)
    for prop in item["properties"].values():
        if target := prop["type"].get("container"):
            yield _container_key(target)


def _parents(item: JsonObject) -> Iterator[Hashable]:
    for parent in item.get("implements") or ():
        yield _view_key(parent)


def _ordered(
    items: Sequence[JsonObject],
    key: Callable[[JsonObject], Hashable],
    needs: Callable[[JsonObject], Iterator[Hashable]],
) -> list[JsonObject]:
    """
    The items, each after what it needs; items that need each other stay as they came.

    Depth first, with a stack of our own: a chain of parents may be longer than Python's.
    """
    places: dict[Hashable, int] = {}
    for place, item in enumerate(items):
        places.setdefault(key(item), place)
    begun: set[int] = set()
    ordered: list[JsonObject] = []
    for start, item in enumerate(items):
        stack: list[tuple[JsonObject, Iterator[Hashable]]] = []
        if start not in begun:
            begun.add(start)
            stack.append((item, needs(item)))
        while stack:
            wanted = stack[-1][1]
            # What is not among the items counts as begun, like the start.
            needed = next((places[each] for each in wanted if places.get(each, start) not in begun), None)
            if needed is None:
                ordered.append(stack.pop()[0])
            else:
                begun.add(needed)
                stack.append((items[needed], needs(items[needed])))
    return ordered
