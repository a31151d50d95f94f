"""Any graph of instances is split so that nothing is written before what it refers to."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pygen.client.models.ids import EdgeId, NodeId
from pygen.client.ordering import Chunk, plan_chunks, plan_deletes


@dataclass(frozen=True)
class Graph:
    """
    Items, and what a plan has to know of them.

    Attributes:
        items: In the form of the wire.
        targets: For each item the places of those that it refers to.
        previous: For each item that repeats an earlier one, the place of the last before it.
    """

    items: list[dict[str, Any]]
    targets: list[set[int]]
    previous: dict[int, int]

    def needs(self, place: int) -> set[int]:
        """Everything that must be written before, or together with, an item."""
        return self.targets[place] | ({self.previous[place]} if place in self.previous else set())

    def cycles(self) -> list[frozenset[int]]:
        """For each item the items that it is in a cycle with, itself included; by trying all ways."""
        places = range(len(self.items))
        reached = [{place, *self.needs(place)} for place in places]
        for _ in places:
            reached = [set[int]().union(*(reached[target] for target in found)) for found in reached]
        return [frozenset(b for b in reached[a] if a in reached[b]) for a in places]


def ref(name: int) -> dict[str, Any]:
    """A reference."""
    return {"space": "sp", "externalId": f"i{name}"}


def item(name: int, references: list[tuple[str, int]]) -> dict[str, Any]:
    """An instance that refers to others in the ways asked for; each way of the envelope knows only one."""
    properties: dict[str, Any] = {"text": "i1", "list": [1, 2]}
    found: dict[str, Any] = {**ref(name), "sources": [{"properties": properties}]}
    for number, (way, target) in enumerate(references):
        if way == "relation" or way in found:
            properties[f"p{number}"] = ref(target)
        elif way == "list":
            properties.setdefault("targets", []).append(ref(target))
        else:
            found[way] = ref(target)
    return found


ways = st.sampled_from(["type", "startNode", "endNode", "relation", "list"])


@st.composite
def graphs(draw: st.DrawFn, *, acyclic: bool = False, most: int = 14) -> Graph:
    """Graphs with targets outside of the input, items that refer to themselves, cycles and repeated items."""
    names = draw(st.lists(st.integers(0, most + most // 2), max_size=most))
    first = {name: names.index(name) for name in names}
    rank = dict(zip(first, draw(st.permutations(range(len(first)))), strict=True))
    items: list[dict[str, Any]] = []
    targets: list[set[int]] = []
    previous: dict[int, int] = {}
    for place, name in enumerate(names):
        known = [other for other in first if not acyclic or rank[other] < rank[name]]
        references = draw(st.lists(st.tuples(ways, st.sampled_from([name, 999, *known])), max_size=3))
        items.append(item(name, references))
        targets.append({first[target] for _, target in references if target in first} - {place})
        if first[name] != place:
            previous[place] = max(other for other in range(place) if names[other] == name)
    return Graph(items, targets, previous)


sizes = st.integers(1, 6)


def waits(chunks: list[Chunk]) -> list[set[int]]:
    """For each chunk all chunks that are finished before it is sent."""
    found: list[set[int]] = []
    for chunk in chunks:
        found.append(set(chunk.after).union(*(found[number] for number in chunk.after)))
    return found


def numbers(chunks: list[Chunk]) -> dict[int, int]:
    """The chunk of each item."""
    return {place: number for number, chunk in enumerate(chunks) for place in chunk.places}


def missed(graph: Graph, chunks: list[Chunk]) -> Iterable[tuple[int, int]]:
    """References, as pairs of places, whose target may not be there in time."""
    number_of, before = numbers(chunks), waits(chunks)
    for place, targets in enumerate(graph.targets):
        for target in targets:
            if number_of[target] != number_of[place] and number_of[target] not in before[number_of[place]]:
                yield place, target


def simple_plan(graph: Graph, size: int) -> list[list[int]]:
    """The rule of `plan_chunks` for items without cycles, as it is told, by trying all items again and again."""
    packed: list[list[int]] = []
    depths: list[int] = []
    number_of: dict[int, int] = {}

    def floor(place: int) -> int:
        return max((depths[number_of[needed]] + 1 for needed in graph.needs(place) if needed in number_of), default=0)

    while len(number_of) < len(graph.items):
        chunk: list[int] = []
        while len(chunk) < size:
            ready = [
                (floor(place), place)
                for place in range(len(graph.items))
                if place not in number_of
                and place not in chunk
                and graph.targets[place] <= {*number_of, *chunk}
                and graph.previous.get(place, place) in {*number_of, place}
            ]
            if not ready:
                break
            chunk.append(min(ready)[1])
        depths.append(max(map(floor, chunk)))
        number_of |= dict.fromkeys(chunk, len(packed))
        packed.append(chunk)
    return packed


@given(graph=graphs(), size=sizes)
@settings(max_examples=250, deadline=None)
def test_nothing_is_written_before_its_targets(graph: Graph, size: int) -> None:
    """Targets are in the same chunk or in one that is waited for, unless they are in a cycle larger than a chunk."""
    cycles = graph.cycles()
    for place, target in missed(graph, plan_chunks(graph.items, size=size)):
        assert target in cycles[place]
        assert size < len(cycles[place])


@given(graph=graphs(), size=sizes)
@settings(max_examples=150, deadline=None)
def test_every_item_is_in_one_chunk(graph: Graph, size: int) -> None:
    """No item is lost or sent twice, no chunk is empty or too large, and chunks wait for earlier ones only."""
    chunks = plan_chunks(graph.items, size=size)
    assert list(range(len(graph.items))) == sorted(place for chunk in chunks for place in chunk.places)
    assert all(1 <= len(chunk.places) <= size for chunk in chunks)
    assert all(earlier < number for number, chunk in enumerate(chunks) for earlier in chunk.after)


@given(graph=graphs(), size=sizes)
@settings(max_examples=150, deadline=None)
def test_no_chunk_waits_without_need(graph: Graph, size: int) -> None:
    """Every chunk that is waited for holds something that an item of the chunk needs."""
    chunks = plan_chunks(graph.items, size=size)
    number_of = numbers(chunks)
    for chunk in chunks:
        assert chunk.after <= {number_of[needed] for place in chunk.places for needed in graph.needs(place)}


@given(graph=graphs(), size=sizes)
@settings(max_examples=150, deadline=None)
def test_repeated_items_are_in_order_and_apart(graph: Graph, size: int) -> None:
    """Each mention of an instance waits for the one before."""
    chunks = plan_chunks(graph.items, size=size)
    number_of, before = numbers(chunks), waits(chunks)
    for place, previous in graph.previous.items():
        assert number_of[previous] in before[number_of[place]]


@given(graph=graphs(), size=sizes)
@settings(max_examples=150, deadline=None)
def test_cycles_share_a_chunk_or_lose_little(graph: Graph, size: int) -> None:
    """A cycle that fits into a chunk is in one; a larger one keeps as many references as a tree of its items has."""
    chunks = plan_chunks(graph.items, size=size)
    number_of = numbers(chunks)
    lost = set(missed(graph, chunks))
    for cycle in set(graph.cycles()):
        inside = {(place, target) for place in cycle for target in graph.targets[place] & cycle}
        if len(cycle) <= size:
            assert 1 == len({number_of[place] for place in cycle})
        else:
            assert len(cycle) - 1 <= len(inside - lost)


@given(graph=graphs(), size=sizes)
@settings(max_examples=150, deadline=None)
def test_targets_stand_first_within_a_chunk(graph: Graph, size: int) -> None:
    """A chunk can be cut and sent part after part, cycles apart."""
    cycles = graph.cycles()
    for chunk in plan_chunks(graph.items, size=size):
        for index, place in enumerate(chunk.places):
            assert not (graph.targets[place] - cycles[place]) & set(chunk.places[index:])


@given(graph=graphs(acyclic=True), size=sizes)
@settings(max_examples=150, deadline=None)
def test_the_rule_is_the_one_that_is_told(graph: Graph, size: int) -> None:
    """Without cycles, the plan is the one that a search through all items finds."""
    assert simple_plan(graph, size) == [chunk.places for chunk in plan_chunks(graph.items, size=size)]


@given(graph=graphs(acyclic=True), size=sizes)
@settings(max_examples=150, deadline=None)
def test_chunks_are_full(graph: Graph, size: int) -> None:
    """Without cycles, chunks are full but for the last, and for one more each time that an item is repeated."""
    chunks = plan_chunks(graph.items, size=size)
    mentions = max(Counter(item["externalId"] for item in graph.items).values(), default=0)
    assert sum(len(chunk.places) < size for chunk in chunks) <= mentions
    if mentions == 1:
        assert -(-len(graph.items) // size) == len(chunks)


@given(graph=graphs(acyclic=True), size=sizes)
@settings(max_examples=150, deadline=None)
def test_few_chunks_wait_for_each_other(graph: Graph, size: int) -> None:
    """Without cycles, at most twice as many chunks follow each other as items that need each other do."""
    places = range(len(graph.items))
    levels = [1] * len(graph.items)
    for _ in places:
        levels = [1 + max((levels[needed] for needed in graph.needs(place)), default=0) for place in places]
    depths: list[int] = []
    for chunk in plan_chunks(graph.items, size=size):
        depths.append(1 + max((depths[number] for number in chunk.after), default=0))
    assert max(depths, default=0) <= 2 * max(levels, default=0)


@given(graph=graphs(), size=sizes)
@settings(max_examples=100, deadline=None)
def test_equal_input_equal_plan(graph: Graph, size: int) -> None:
    """Planning leaves the items alone, and gives the same again."""
    items = copy.deepcopy(graph.items)
    assert plan_chunks(items, size=size) == plan_chunks(graph.items, size=size)
    assert graph.items == items


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["sp", "a", "node", "edge"]),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["space", "externalId", "instanceType", "type", "startNode", "endNode", "sources", "properties", "p"]
            ),
            children,
        )
    ),
    max_leaves=20,
)


@given(values=st.lists(json_values, max_size=8), size=sizes)
@settings(max_examples=250, deadline=None)
def test_any_json_has_a_plan(values: list[Any], size: int) -> None:
    """What is no instance at all is passed on, and raises nothing."""
    written = [place for chunk in plan_chunks(values, size=size) for place in chunk.places]
    deleted = [place for chunk in plan_deletes(values, size=size) for place in chunk.places]
    assert list(range(len(values))) == sorted(written)
    assert set(deleted) <= set(written)


@given(
    ids=st.lists(st.builds(lambda kind, name: kind("sp", name), st.sampled_from([NodeId, EdgeId]), st.text("abc"))),
    size=sizes,
)
@settings(max_examples=150, deadline=None)
def test_deletes_take_edges_first(ids: list[NodeId | EdgeId], size: int) -> None:
    """Each id is deleted where it is named first, edges before nodes, and chunks have one kind and are full."""
    chunks = plan_deletes(ids, size=size)
    first = [ids.index(each) for each in dict.fromkeys(ids)]
    expected = sorted(first, key=lambda place: (isinstance(ids[place], NodeId), place))
    assert expected == [place for chunk in chunks for place in chunk.places]
    kinds = [{type(ids[place]) for place in chunk.places} for chunk in chunks]
    edges = frozenset(number for number, kind in enumerate(kinds) if kind == {EdgeId})
    for kind, chunk in zip(kinds, chunks, strict=True):
        assert 1 == len(kind)
        assert (edges if kind == {NodeId} else frozenset()) == chunk.after
    assert sum(len(chunk.places) < size for chunk in chunks) <= 2
