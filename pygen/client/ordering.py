"""
In which requests, and in which order, instances are written and deleted.

An instance refers to others: an edge to its two ends, both kinds to their type and to the targets of their direct
relations. Written in the order of the input, some would refer to what is not there yet, which the service refuses or
answers with bare nodes, depending on its `autoCreate` flags (dms-api.md 4.1). A plan puts what is referred to into the
same request, which is one transaction, or into one that is finished before.

Pure functions of the input: equal input, equal plan. The time they take grows with instances and references (times
the logarithm of the former), however long a chain of references is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush, heapreplace
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeGuard, cast

from pygen.client.models.ids import EdgeId, NodeId

if TYPE_CHECKING:
    from pygen.client.results import InstanceId

__all__ = ["Chunk", "plan_chunks", "plan_deletes"]

_Name: TypeAlias = tuple[str, str]
"""Space and external id; unique across nodes and edges (dms-api.md 4.1)."""

_Targets: TypeAlias = dict[int, list[int]]
"""Places of instances that refer to others of the input, and the places of those, each once."""

_OBJECT = (dict, Mapping)  # the first alone would do for JSON as Python reads it, and is found out much faster
_PLAIN = frozenset({str, int, float, bool, type(None)})
_ENVELOPE = ("type", "startNode", "endNode")


class Chunk(NamedTuple):
    """
    What goes into one request.

    Attributes:
        places: Indices into the input. What is referred to stands before what refers to it, cycles apart, so a chunk
            that is cut may be sent part after part.
        after: Numbers of the chunks, all smaller than its own, that must be finished before it is sent. What those
            wait for in turn need not be named.
    """

    places: list[int]
    after: frozenset[int]


def plan_chunks(items: Sequence[Mapping[str, Any]], *, size: int = 1000) -> list[Chunk]:
    """
    Split instances to write into requests, so that nothing refers to what is not there yet.

    Only references to instances of the same input count. Items that refer to each other in a cycle share a chunk if
    they fit into one. A larger cycle is cut: its items are ordered as far as they can be, and the references that
    point back are not waited for. Those need `autoCreateDirectRelations`, the service's default.

    An instance that is named repeatedly is written as often and in the order of the input, in one chunk after the
    other, since the service refuses it twice in one request (dms-api.md 4.1). Whatever refers to it waits for the
    first time only.

    Among the items that may come next, those go first that have to wait for the fewest chunks, one after the other;
    among equals the input decides. Without cycles and repeated items, all chunks but the last are full. Without cycles,
    no more than twice as many chunks wait for each other in a row as items do, so most chunks of a long input can be
    sent at the same time.

    Args:
        items: In the form of the wire (dms-api.md 4.1). An item without a readable name is one that nothing refers to,
            and a reference that cannot be read is none; the service refuses both.
        size: Most items of one chunk.

    Returns:
        The chunks, in an order in which they could be sent one by one. Every index is in exactly one.

    Raises:
        ValueError: *size* is less than 1.
    """
    _check(size)
    targets, repeats = _links(items)
    if not targets and not repeats:
        return _cut(range(len(items)), size)
    return _Packing(len(items), size, targets, repeats).chunks()


def plan_deletes(ids: Sequence[InstanceId | Mapping[str, Any]], *, size: int = 1000) -> list[Chunk]:
    """
    Split instances to delete into requests, all edges before the first node.

    Deleting a node deletes its edges with it, and takes too long if there are many (dms-api.md 4.6).

    Args:
        ids: Identifiers, or items of a request as the wire has them: a node, unless `instanceType` says edge.
        size: Most ids of one chunk.

    Returns:
        Chunks of edges, which wait for nothing, then chunks of nodes, which wait for all of those; each in the order
        of the input. An id that repeats an earlier one of its kind is in no chunk: it shares the fate of the first.

    Raises:
        ValueError: *size* is less than 1.
    """
    _check(size)
    edges: list[int] = []
    nodes: list[int] = []
    seen: set[tuple[bool, _Name]] = set()
    for place, instance in enumerate(ids):
        is_edge, name = _identify(instance)
        if name is not None:
            if (is_edge, name) in seen:
                continue
            seen.add((is_edge, name))
        (edges if is_edge else nodes).append(place)
    first = _cut(edges, size)
    return first + _cut(nodes, size, after=frozenset(range(len(first))))


def _check(size: int) -> None:
    if size < 1:
        raise ValueError(f"size is {size}; a chunk holds at least one item")


def _cut(places: Sequence[int], size: int, *, after: frozenset[int] = frozenset()) -> list[Chunk]:
    return [Chunk(list(places[start : start + size]), after) for start in range(0, len(places), size)]


def _identify(instance: InstanceId | Mapping[str, Any]) -> tuple[bool, _Name | None]:
    """Whether it is an edge, and its name."""
    if isinstance(instance, NodeId | EdgeId):
        return isinstance(instance, EdgeId), (instance.space, instance.external_id)
    return _is_object(instance) and instance.get("instanceType") == "edge", _name(instance)


def _is_object(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, _OBJECT)


def _name(value: Any) -> _Name | None:
    """What an instance, or a reference to one, names."""
    if not isinstance(value, _OBJECT):
        return None
    space, external_id = value.get("space"), value.get("externalId")
    return (space, external_id) if isinstance(space, str) and isinstance(external_id, str) else None


def _links(items: Sequence[Mapping[str, Any]]) -> tuple[_Targets, dict[int, int]]:
    """Who refers to whom, and for each item that repeats an earlier one the place of the last before it."""
    first: dict[_Name, int] = {}
    last: dict[_Name, int] = {}
    repeats: dict[int, int] = {}
    for place, item in enumerate(items):
        name = _name(item)
        if name is not None and first.setdefault(name, place) != place:
            repeats[place] = last.get(name, first[name])
            last[name] = place
    targets: _Targets = {}
    for place, item in enumerate(items):
        found = {first[name]: None for name in _references(item) if name in first}
        found.pop(place, None)
        if found:
            targets[place] = list(found)
    return targets, repeats


def _references(item: Mapping[str, Any]) -> Iterable[_Name]:
    """What an item refers to, in the order of its text."""
    if not _is_object(item):
        return ()
    found = [_name(item[key]) for key in _ENVELOPE if key in item]
    sources = item.get("sources")
    if isinstance(sources, list | tuple):
        for source in cast("Sequence[Any]", sources):
            properties = source.get("properties") if isinstance(source, _OBJECT) else None
            if properties and isinstance(properties, _OBJECT) and not _PLAIN.issuperset(map(type, properties.values())):
                _add_targets(found, properties.values())
    return filter(None, found)


def _add_targets(found: list[_Name | None], values: Iterable[Any]) -> None:
    """Add the targets among the values of properties, alone or in lists; None for values that are something else."""
    for value in values:
        kind = type(value)
        if kind in _PLAIN:
            continue
        if kind is not dict and isinstance(value, list | tuple):
            if not _PLAIN.issuperset(map(type, cast("Sequence[Any]", value))):
                found += map(_target, cast("Sequence[Any]", value))
        else:
            found.append(_target(value))


def _target(value: Any) -> _Name | None:
    """What a direct relation names: it has no other keys (dms-api.md 4.1), so other JSON is not taken for one."""
    return _name(value) if isinstance(value, _OBJECT) and len(value) == 2 else None


class _Packing:
    """
    Fills one chunk after the other with *units*: single items, or the members of a cycle.

    A unit is known by the place of its first member. It is ready when everything that it refers to is in a chunk. Its
    *floor* is how many chunks, one after the other, must be finished before a chunk that holds it, those apart that
    are still being filled. Ready units are taken in the order of their floors, then of their places.
    """

    def __init__(self, count: int, size: int, targets: _Targets, repeats: dict[int, int]) -> None:
        self._count = count
        self._size = size
        self._targets, self._cycles = _untie(targets, size)
        self._repeats = repeats
        self._again = {before: place for place, before in repeats.items()}
        self._floors = [0] * count
        self._missing = [0] * count
        self._dependents: defaultdict[int, list[int]] = defaultdict(list)
        first = {member: unit for unit, members in self._cycles.items() for member in members}
        self._connect(first)
        ready = [place for place in range(count) if not self._missing[place] and first.get(place, place) == place]
        # Both are heaps of keys: they are sorted, and as long as all floors are 0, a key is a place.
        self._single = [place for place in ready if place not in self._cycles]
        self._several = [place for place in ready if place in self._cycles]

    def _connect(self, first: dict[int, int]) -> None:
        for place, targets in self._targets.items():
            unit = first.get(place, place)
            for target in targets:
                needed = first.get(target, target)
                if needed != unit:
                    self._missing[unit] += 1
                    self._dependents[needed].append(unit)
        for place in self._repeats:
            self._missing[place] += 1

    def chunks(self) -> list[Chunk]:
        """All of them."""
        packed: list[list[int]] = []
        while self._single or self._several:
            packed.append(self._fill())
        number_of = [0] * self._count
        for number, places in enumerate(packed):
            for place in places:
                number_of[place] = number
        return [
            Chunk(places, frozenset(number_of[needed] for place in places for needed in self._needed(place)) - {number})
            for number, places in enumerate(packed)
        ]

    def _needed(self, place: int) -> list[int]:
        needed = self._targets.get(place, [])
        return [*needed, self._repeats[place]] if place in self._repeats else needed

    def _fill(self) -> list[int]:
        """The places of the next chunk."""
        places: list[int] = []
        units: list[int] = []
        depth = 0
        heaps = [self._single, self._several]
        while len(places) < self._size and (heap := min(filter(None, heaps), key=itemgetter(0), default=None)):
            unit = heap[0] % self._count
            if heap[0] != self._key(unit):  # a chunk that it waits for has been filled since
                heapreplace(heap, self._key(unit))
                continue
            members = self._cycles.get(unit, [unit])
            if len(places) + len(members) > self._size:
                heaps = [self._single]  # trying all other cycles, too, would take time for little
                continue
            heappop(heap)
            places += members
            units.append(unit)
            depth = max(depth, self._floors[unit])
            self._release(self._dependents.get(unit, ()))
        self._close(places, units, depth + 1)
        return places

    def _close(self, places: list[int], units: list[int], floor: int) -> None:
        """Let everything that depends on a full chunk, and is not part of it, wait for it."""
        for unit in units:
            for dependent in self._dependents.get(unit, ()):
                self._floors[dependent] = max(self._floors[dependent], floor)
        repeated = [self._again[place] for place in places if place in self._again]
        for place in repeated:
            self._floors[place] = max(self._floors[place], floor)
        self._release(repeated)

    def _release(self, units: Sequence[int]) -> None:
        """Count down what the units wait for, and take in those that wait for nothing more."""
        for unit in units:
            self._missing[unit] -= 1
            if not self._missing[unit]:
                heappush(self._several if unit in self._cycles else self._single, self._key(unit))

    def _key(self, unit: int) -> int:
        """Floor and place as one number: it compares faster than a tuple."""
        return self._floors[unit] * self._count + unit


def _untie(targets: _Targets, size: int) -> tuple[_Targets, dict[int, list[int]]]:
    """
    Deal with cycles.

    Returns:
        The references without those that point back in cycles of more than *size* items, and the members of the other
        cycles, by the first of them.
    """
    if not any(target > place for place, found in targets.items() for target in found):
        return targets, {}
    order = _walk(targets)
    ranks = {place: rank for rank, place in enumerate(order)}
    kept = dict(targets)
    cycles: dict[int, list[int]] = {}
    for members in _find_cycles(targets, order):
        if len(members) <= size:
            members.sort()
            cycles[members[0]] = members
            continue
        inside = frozenset(members)
        for place in members:
            kept[place] = [target for target in targets[place] if target not in inside or ranks[target] < ranks[place]]
    return kept, cycles


def _walk(targets: _Targets) -> list[int]:
    """
    The places that refer to others, each after those that it refers to, but for references that point back in a cycle.

    This is a depth-first search that notes places when it leaves them; a stack of its own replaces recursion, since
    chains of references may be as long as the input.
    """
    order: list[int] = []
    seen: set[int] = set()
    for start in targets:
        if start in seen:
            continue
        seen.add(start)
        path = [(start, iter(targets[start]))]
        while path:
            place, rest = path[-1]
            for target in rest:
                if target in targets and target not in seen:
                    seen.add(target)
                    path.append((target, iter(targets[target])))
                    break
            else:
                order.append(place)
                path.pop()
    return order


def _find_cycles(targets: _Targets, order: Sequence[int]) -> Iterator[list[int]]:
    """
    The sets of places that refer to each other, directly or not, if there are at least two.

    The second half of Kosaraju's algorithm: backwards through the order of leaving, whatever leads to a place, and has
    not been reached yet, is in a cycle with it.
    """
    sources: defaultdict[int, list[int]] = defaultdict(list)
    for place, found in targets.items():
        for target in found:
            sources[target].append(place)
    seen: set[int] = set()
    for start in reversed(order):
        if start in seen:
            continue
        seen.add(start)
        members = [start]
        for place in members:  # grows meanwhile
            reached = [source for source in sources[place] if source not in seen]
            seen.update(reached)
            members += reached
        if len(members) > 1:
            yield members
