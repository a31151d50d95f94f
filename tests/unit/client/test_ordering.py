"""Instances are split so that nothing refers to what is not there yet, in few requests, near the order of the input."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

from pygen.client.models.ids import EdgeId, NodeId
from pygen.client.ordering import Chunk, plan_chunks, plan_deletes

NOWHERE: frozenset[int] = frozenset()


def ref(name: str) -> dict[str, Any]:
    """A reference."""
    return {"space": "sp", "externalId": name}


def node(name: str, **properties: Any) -> dict[str, Any]:
    """A node with these properties."""
    view = {"type": "view", "space": "sp", "externalId": "Pump", "version": "v1"}
    return {"instanceType": "node", **ref(name), "sources": [{"source": view, "properties": properties}]}


def edge(name: str, start: str, end: str) -> dict[str, Any]:
    """An edge between two nodes."""
    return {
        "instanceType": "edge",
        **ref(name),
        "type": ref("a-type"),
        "startNode": ref(start),
        "endNode": ref(end),
    }


def chain(count: int, step: int) -> list[dict[str, Any]]:
    """Nodes each of which has the one *step* places further as its parent."""
    return [node(str(place), parent=ref(str(place + step))) for place in range(count)]


def depth(chunks: list[Chunk]) -> int:
    """How many chunks have to be sent one after the other."""
    depths: list[int] = []
    for chunk in chunks:
        depths.append(1 + max((depths[number] for number in chunk.after), default=0))
    return max(depths)


def test_nothing_needs_no_request() -> None:
    """No items, no chunks."""
    assert [] == plan_chunks([])
    assert [] == plan_deletes([])


def test_unrelated_items_are_cut_in_their_order() -> None:
    """Items without references fill chunks of 1,000 that wait for nothing."""
    items = [node(str(place), tag="P", pressure=1.5, tags=["a", "b"], spare=None) for place in range(2500)]
    expected = [range(1000), range(1000, 2000), range(2000, 2500)]
    assert [Chunk(list(places), NOWHERE) for places in expected] == plan_chunks(items)


@pytest.mark.parametrize(
    "referring",
    [
        edge("item", "target", "elsewhere"),
        edge("item", "elsewhere", "target"),
        {**edge("item", "elsewhere", "elsewhere"), "type": ref("target")},
        {**node("item"), "type": ref("target")},
        node("item", site=ref("target")),
        node("item", sites=[ref("elsewhere"), ref("target")]),
        node("item", sites=(ref("target"),)),
        {**node("item"), "sources": [*node("")["sources"], *node("", site=ref("target"))["sources"]]},
        MappingProxyType(node("item", site=MappingProxyType(ref("target")))),
    ],
    ids=["start", "end", "edge type", "node type", "relation", "list", "tuple", "second source", "mappings"],
)
def test_every_kind_of_reference_counts(referring: Any) -> None:
    """Both ends, the type, and direct relations alone or in lists are written before what names them."""
    assert [Chunk([1], NOWHERE), Chunk([0], frozenset({0}))] == plan_chunks([referring, node("target")], size=1)


@pytest.mark.parametrize(
    "item",
    [
        node("item", text="target", number=1, spare=None, ids=["target"]),
        node("item", document={**ref("target"), "more": 1}),
        node("item", document={"target": ref("target")}),
        node("item", document={"space": "sp", "externalId": 1}),
        node("item", nested=[[ref("target")]]),
        node("item", other={"space": "other", "externalId": "target"}),
        node("item", itself=ref("item")),
        node("item", time_series=ref("unknown")),
    ],
)
def test_other_values_are_no_references(item: dict[str, Any]) -> None:
    """Text, JSON of another shape, the item itself and what is not in the input are not waited for."""
    assert [Chunk([0], NOWHERE), Chunk([1], NOWHERE)] == plan_chunks([item, node("target")], size=1)


@pytest.mark.parametrize(
    "item",
    [
        None,
        7,
        "text",
        [],
        {},
        {"space": "sp"},
        {"space": ["sp"], "externalId": {}},
        {"space": None, "externalId": None},
        {**ref("item"), "type": "target", "startNode": ["target"], "endNode": 3},
        {**ref("item"), "sources": "target"},
        {**ref("item"), "sources": {"properties": {"site": ref("target")}}},
        {**ref("item"), "sources": [None, 3, "x", [], {}, {"properties": None}, {"properties": [ref("target")]}]},
        {**ref("item"), "sources": [{"properties": {"site": {"space": [], "externalId": {}}}}]},
    ],
)
def test_malformed_items_depend_on_nothing(item: Any) -> None:
    """What cannot be read is left for the service, or a check, to refuse."""
    assert [Chunk([0], NOWHERE), Chunk([1], NOWHERE)] == plan_chunks([item, node("target")], size=1)


def test_one_chunk_has_its_targets_first() -> None:
    """References within a chunk need no second one, and stand after their targets."""
    items = [edge("e", "a", "b"), node("a", next=ref("b")), node("b"), node("c")]
    assert [Chunk([2, 1, 0, 3], NOWHERE)] == plan_chunks(items)


def test_only_what_is_needed_is_waited_for() -> None:
    """A chunk waits for the chunks of its targets, and for no others."""
    items = [node("a"), node("b"), node("c"), node("d"), edge("ab", "a", "b"), edge("cd", "c", "d")]
    assert [
        Chunk([0], NOWHERE),
        Chunk([1], NOWHERE),
        Chunk([2], NOWHERE),
        Chunk([3], NOWHERE),
        Chunk([4], frozenset({0, 1})),
        Chunk([5], frozenset({2, 3})),
    ] == plan_chunks(items, size=1)


def test_groups_across_a_cut_hold_up_nobody() -> None:
    """Where parents and children follow each other, children cut off from their parent go last, not next."""
    items = [node(str(place), **({"parent": ref(str(place // 7 * 7))} if place % 7 else {})) for place in range(7000)]
    chunks = plan_chunks(items)
    assert [1000] * 7 == [len(chunk.places) for chunk in chunks]
    assert 2 == depth(chunks)


def test_edges_before_their_nodes_take_few_steps() -> None:
    """Edges that come first wait for their nodes; the chunk that holds the last nodes is filled up with edges."""
    edges = [edge(f"e{place}", str(place), str(place * 7 % 3000)) for place in range(3000)]
    chunks = plan_chunks([*edges, *(node(str(place)) for place in range(3000))])
    assert [1000] * 6 == [len(chunk.places) for chunk in chunks]
    assert 3 == depth(chunks)


@pytest.mark.parametrize(("step", "expected"), [(-1, range(20_000)), (1, range(19_999, -1, -1))])
def test_long_chains(step: int, expected: range) -> None:
    """20,000 nodes, each the child of the next or of the one before, are written one chunk after the other."""
    chunks = plan_chunks(chain(20_000, step))
    assert list(expected) == [place for chunk in chunks for place in chunk.places]
    assert [NOWHERE, *(frozenset({number}) for number in range(19))] == [chunk.after for chunk in chunks]


def test_small_cycles_stay_together() -> None:
    """Items that refer to each other share a chunk; others fill up what they leave."""
    items = [node("a", to=ref("b")), node("x"), node("c", to=ref("d")), node("d", to=ref("c")), node("b", to=ref("a"))]
    assert [Chunk([0, 4, 1], NOWHERE), Chunk([2, 3], NOWHERE)] == plan_chunks(items, size=3)


def test_cycles_wait_as_one() -> None:
    """What one member of a cycle waits for, all of them do; what waits for one, waits for all."""
    items = [node("user", to=ref("b")), node("a", to=ref("b")), node("b", to=[ref("a"), ref("base")]), node("base")]
    assert [Chunk([3], NOWHERE), Chunk([1, 2], frozenset({0})), Chunk([0], frozenset({1}))] == plan_chunks(
        items, size=2
    )


def test_a_large_cycle_is_cut_once() -> None:
    """Of a ring that is larger than a chunk, only the reference that closes it is not waited for."""
    ring = [node(str(place), next=ref(str((place + 1) % 5))) for place in range(5)]
    assert [Chunk([4, 3], NOWHERE), Chunk([2, 1], frozenset({0})), Chunk([0], frozenset({1}))] == plan_chunks(
        ring, size=2
    )


def test_repeated_items_keep_their_order_and_apart() -> None:
    """Each mention of an instance is in a chunk of its own that waits for the one before."""
    items = [node("a", v=1), node("b"), node("a", v=2), node("a", v=3)]
    assert [Chunk([0, 1], NOWHERE), Chunk([2], frozenset({0})), Chunk([3], frozenset({1}))] == plan_chunks(items)


def test_a_reference_waits_for_the_first_mention() -> None:
    """An instance is there once it has been written once."""
    items = [node("a"), node("a", v=2), node("b", to=ref("a"))]
    assert [Chunk([0, 2], NOWHERE), Chunk([1], frozenset({0}))] == plan_chunks(items)


def test_a_node_and_an_edge_of_one_name_are_the_same_instance() -> None:
    """External ids are unique across nodes and edges, so the two do not share a request."""
    assert [Chunk([0], NOWHERE), Chunk([1], frozenset({0}))] == plan_chunks([node("a"), edge("a", "x", "y")])


def test_edges_are_deleted_before_nodes() -> None:
    """All chunks of nodes wait for all chunks of edges, which wait for nothing."""
    nodes, edges = [NodeId("sp", name) for name in "ab"], [EdgeId("sp", name) for name in "cde"]
    ids: list[NodeId | EdgeId] = [nodes[0], edges[0], nodes[1], *edges[1:]]
    assert [
        Chunk([1, 3], NOWHERE),
        Chunk([4], NOWHERE),
        Chunk([0, 2], frozenset({0, 1})),
    ] == plan_deletes(ids, size=2)


def test_deletes_of_nodes_alone_wait_for_nothing() -> None:
    """Without edges, chunks of nodes can be sent at once."""
    ids = [NodeId("sp", str(place)) for place in range(3)]
    assert [Chunk([0, 1], NOWHERE), Chunk([2], NOWHERE)] == plan_deletes(ids, size=2)


def test_deletes_name_an_instance_once() -> None:
    """Only the first of equal ids is sent, however it is written; a node and an edge are two things to delete."""
    ids: list[NodeId | EdgeId | dict[str, Any]] = [
        NodeId("sp", "a"),
        {"instanceType": "node", **ref("a"), "existingVersion": 2},
        EdgeId("sp", "a"),
        {"instanceType": "edge", **ref("a")},
        ref("a"),
        {"instanceType": "node", **ref("b")},
    ]
    assert [Chunk([2], NOWHERE), Chunk([0, 5], frozenset({0}))] == plan_deletes(ids)


def test_malformed_deletes_are_passed_on() -> None:
    """Ids that cannot be read are not taken for each other, and end up with the nodes."""
    broken: list[Any] = [{}, {}, None, {"space": [], "externalId": "a"}, {"space": [], "externalId": "a"}]
    assert [Chunk([0, 1, 2, 3, 4], NOWHERE)] == plan_deletes(broken)


@pytest.mark.parametrize("plan", [plan_chunks, plan_deletes])
@pytest.mark.parametrize("size", [0, -1])
def test_a_chunk_holds_at_least_one_item(plan: Any, size: int) -> None:
    """A size that nothing fits into is a mistake of the caller."""
    with pytest.raises(ValueError, match="at least one item"):
        plan([], size=size)
