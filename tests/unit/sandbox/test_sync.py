"""Sync: what changed since a cursor."""

import re
from random import Random
from typing import Any

import pytest

from pygen.sandbox.delete import delete_instances
from pygen.sandbox.problems import Refusal
from pygen.sandbox.settings import Settings
from pygen.sandbox.sync import sync_instances
from tests.support.sandbox_graph import (
    THING,
    Graph,
    Json,
    by,
    edge,
    equals,
    exchanges,
    id_of,
    is_one_of,
    names_of,
    node,
)

HAS_DATA = {"hasData": [THING]}
DAY_S = 24 * 3600
PARENT = {"source": THING, "identifier": "parent"}
FRIENDS = {"source": THING, "identifier": "friends"}


def things(*, limit: int = 100, **how: Any) -> Json:
    """A set of all things, followed somehow."""
    return {"n": {"nodes": {"filter": HAS_DATA}, "limit": limit, **how}}


class Follower:
    """Who follows result sets: keeps the cursors."""

    def __init__(self, graph: Graph, sets: Json) -> None:
        self.graph = graph
        self.sets = sets
        self.cursors: Json = {}

    def poll(self, name: str = "n", **others: Any) -> list[str]:
        """What a poll tells of a set: external ids, with a minus before those of deleted instances."""
        answer = self.graph.sync(self.sets, cursors=self.cursors, **others)
        assert set(self.sets) == set(answer["nextCursor"])
        self.cursors = answer["nextCursor"]
        self.answer = answer
        return told(answer, name)


class Replica:
    """What a follower has of each set: versions by external id."""

    def __init__(self, graph: Graph, sets: Json) -> None:
        self._follower = Follower(graph, sets)
        self.versions: dict[str, dict[str, int]] = {name: {} for name in sets}

    def catch_up(self, most_polls: int) -> None:
        """Poll for some times, and do as told."""
        for _ in range(most_polls):
            self._follower.poll(next(iter(self.versions)))
            for name, items in self._follower.answer["items"].items():
                self.versions[name] |= {item["externalId"]: item["version"] for item in items}
                for item in items:
                    if "deletedTime" in item:
                        del self.versions[name][item["externalId"]]


def told(answer: Json, name: str) -> list[str]:
    """The external ids of a result set, with a minus before those of deleted instances."""
    return ["-" * ("deletedTime" in item) + item["externalId"] for item in answer["items"][name]]


@pytest.fixture
def graph() -> Graph:
    """Three things and nothing else."""
    graph = Graph.of_things()
    graph.nodes("a", "b", "c")
    return graph


def test_example() -> None:
    """The example of the API's description is answered word by word; cursors are anybody's."""
    graph = Graph.of_pumps()
    cursors: Json = {}
    seen: set[str] = set()
    for exchange in exchanges("sync"):
        request, expected = dict(exchange["request"]), exchange["response"]
        if exchange["path"].endswith("delete"):
            graph.now = 1_767_225_709.0
            assert expected == delete_instances(graph.store, request, {})
            continue
        answer = sync_instances(graph.store, {**request, "cursors": cursors}, {})
        cursors = answer["nextCursor"]
        assert expected["items"] == answer["items"]
        assert set(expected["nextCursor"]) == set(cursors)
        assert set(expected) == set(answer)
        assert cursors["pumps"] not in seen
        seen.add(cursors["pumps"])
    assert 3 == len(seen)


@pytest.mark.parametrize("mode", [None, "onePhase", "twoPhase", "noBackfill"])
def test_changes(graph: Graph, mode: str | None) -> None:
    """After the backfill each poll tells of what changed since the last, once and as it is now."""
    follower = Follower(graph, things(mode=mode))
    assert ([] if mode == "noBackfill" else ["a", "b", "c"]) == follower.poll()
    assert [] == follower.poll()
    graph.nodes("d")
    graph.write(node("a", size=1.0))
    graph.write(node("a", size=2.0))
    graph.delete("b")
    assert ["d", "a", "-b"] == follower.poll()
    deleted = follower.answer["items"]["n"][2]
    assert (2, deleted["deletedTime"]) == (deleted["version"], deleted["lastUpdatedTime"])
    assert [] == follower.poll()


@pytest.mark.parametrize("mode", ["onePhase", "twoPhase"])
def test_pages(graph: Graph, mode: str) -> None:
    """A backfill comes in pages; a change in the middle of it is told of in the end."""
    follower = Follower(graph, things(limit=2, mode=mode))
    assert ["a", "b"] == follower.poll()
    graph.now += 1
    graph.delete("a")
    graph.nodes("d")
    assert ["c", "-a", "d"] == [name for _ in range(4) for name in follower.poll()]


def test_two_phases_sorted(graph: Graph) -> None:
    """The backfill of two phases is sorted, and is over with a short page; the stream is in the order of changes."""
    graph.write(node("z", name="0"))
    follower = Follower(graph, things(limit=2, mode="twoPhase", backfillSort=by("name")))
    assert ["z", "a"] == follower.poll()
    graph.now += 1
    graph.write(node("z", name="zz"), node("y", name="y"))
    assert ["b", "c"] == follower.poll()
    assert ["z"] == follower.poll()
    assert ["z", "y"] == follower.poll()
    assert [] == follower.poll()
    assert [] == follower.poll()


def test_updated_in_backfill(graph: Graph) -> None:
    """What was there at the first call is in the backfill, even if it changes meanwhile; then it is told of again."""
    follower = Follower(graph, things(limit=2, mode="twoPhase"))
    assert ["a", "b"] == follower.poll()
    graph.write(node("c", size=1.0))
    assert ["c"] == follower.poll()
    assert ["c"] == follower.poll()


@pytest.mark.parametrize("mode", ["onePhase", "twoPhase", "noBackfill"])
@pytest.mark.parametrize("skips", [None, True, False])
def test_already_deleted(graph: Graph, mode: str, skips: bool | None) -> None:
    """What was deleted before the first call is told of where that is wanted."""
    graph.delete("b")
    follower = Follower(graph, things(mode=mode, skipAlreadyDeleted=skips))
    found = {name for _ in range(3) for name in follower.poll()}
    expected = set() if mode == "noBackfill" else {"a", "c", *(["-b"] if skips is False else [])}
    assert expected == found


def test_forgotten_deletes(graph: Graph) -> None:
    """Deleted instances are told of for three days."""
    graph.delete("b")
    graph.now += 2 * DAY_S
    graph.delete("c")
    graph.now += 1.5 * DAY_S
    assert ["a", "-c"] == Follower(graph, things(skipAlreadyDeleted=False)).poll()


def test_recreated(graph: Graph) -> None:
    """What was deleted and created again is told of as it is now."""
    follower = Follower(graph, things())
    follower.poll()
    graph.delete("b")
    graph.nodes("b")
    assert ["b"] == follower.poll()


def test_filter(graph: Graph) -> None:
    """What comes to match is told of, what stops to match is not; deleted ones match what they matched before."""
    follower = Follower(graph, {"n": {"nodes": {"filter": equals("name", "x")}}})
    assert [] == follower.poll()
    graph.write(node("a", name="x"), node("b", name="x"))
    assert ["a", "b"] == follower.poll()
    graph.write(node("a", name="y"))
    graph.delete("b", "c")
    assert ["-b"] == follower.poll()


def test_last_values(graph: Graph) -> None:
    """Deleted instances come with the values that they had."""
    sets, select = things(), {"n": {"sources": [{"source": THING, "properties": ["*"]}]}}
    cursors = graph.sync(sets, select)["nextCursor"]
    graph.write(node("a", size=5.0))
    graph.delete("a")
    (item,) = graph.sync(sets, select, cursors=cursors)["items"]["n"]
    assert {"s": {"Thing/v1": {"name": "a", "size": 5.0}}} == item["properties"]


def test_edges_of_deleted_node(graph: Graph) -> None:
    """Edges that a node's deletion removes are told of as deleted, in sets of their own and in chained ones."""
    graph.edges("a>b", "b>c", "c>a")
    sets = {
        "all": {"edges": {}},
        "begin": {"nodes": {"filter": is_one_of("b")}},
        "out": {"edges": {"from": "begin", "maxDistance": 1}},
        "far": {"edges": {"from": "begin"}},
        "end": {"nodes": {"from": "out", "chainTo": "destination"}},
    }
    follower = Follower(graph, sets)
    assert ["a>b", "b>c", "c>a"] == follower.poll("all")
    assert {"out": ["b>c"], "far": ["b>c", "a>b", "c>a"], "end": ["c"]} == {
        name: told(follower.answer, name) for name in ("out", "far", "end")
    }
    assert [] == follower.poll("far")
    graph.delete("b")
    assert {"-a>b", "-b>c"} == set(follower.poll("all"))
    assert {"begin": ["-b"], "out": ["-b>c"], "far": {"-b>c", "-a>b"}, "end": []} == {
        "begin": told(follower.answer, "begin"),
        "out": told(follower.answer, "out"),
        "far": set(told(follower.answer, "far")),
        "end": told(follower.answer, "end"),
    }


def test_new_way(graph: Graph) -> None:
    """A chained set tells of what a change on the way leads to, and of what changed itself; the rest is old."""
    graph.write(node("d", name="d", parent=id_of("a")))
    graph.edges("a>b")
    sets = {
        "begin": {"nodes": {"filter": is_one_of("a")}},
        "way": {"edges": {"from": "begin", "maxDistance": 1}},
        "end": {"nodes": {"from": "way"}},
        "children": {"nodes": {"from": "begin", "through": PARENT, "direction": "inwards"}},
        "parents": {"nodes": {"from": "children", "through": PARENT, "direction": "outwards"}},
    }
    names = list(sets)
    follower = Follower(graph, sets)
    follower.poll("end")
    assert [["a"], ["a>b"], ["b"], ["d"], ["a"]] == [told(follower.answer, name) for name in names]
    graph.edges("a>c")
    follower.poll("end")
    assert [[], ["a>c"], ["c"], [], []] == [told(follower.answer, name) for name in names]
    graph.write(node("b", size=1.0))
    follower.poll("end")
    assert [[], [], ["b"], [], []] == [told(follower.answer, name) for name in names]
    graph.write(node("d", size=1.0))
    follower.poll("end")
    assert [[], [], [], ["d"], ["a"]] == [told(follower.answer, name) for name in names]


def test_live_child_of_deleted_parent(graph: Graph) -> None:
    """A relation to a deleted node leads to nothing that is alive."""
    graph.write(node("d", name="d", parent=id_of("a")))
    sets = {
        "begin": {"nodes": {"filter": is_one_of("a")}},
        "children": {"nodes": {"from": "begin", "through": PARENT, "direction": "inwards"}},
    }
    follower = Follower(graph, sets)
    assert ["d"] == follower.poll("children")
    graph.delete("a")
    graph.write(node("d", size=1.0))
    assert [] == follower.poll("children")
    graph.delete("d")
    assert ["-d"] == follower.poll("children")


def test_far_side(graph: Graph) -> None:
    """Edges are followed whose far side comes to match, or was deleted with them."""
    graph.edges("a>b", "a>c")
    sets = {"e": {"edges": {"nodeFilter": equals("size", 1.0)}}}
    follower = Follower(graph, sets)
    assert [] == follower.poll("e")
    graph.write(node("b", size=1.0))
    assert ["a>b"] == follower.poll("e")
    graph.delete("b")
    assert ["-a>b"] == follower.poll("e")


def test_chained_pages(graph: Graph) -> None:
    """A chained set comes in pages of its own, even where all of it follows from one change."""
    graph.write(*(node(f"n{number}", name="x", parent=id_of("a")) for number in range(5)))
    sets = {
        "begin": {"nodes": {"filter": {"and": [is_one_of("a"), equals("size", 1.0)]}}},
        "n": {"nodes": {"from": "begin", "through": PARENT}, "limit": 2},
    }
    follower = Follower(graph, sets)
    assert [] == follower.poll()
    graph.write(node("a", size=1.0))
    assert [["n0", "n1"], ["n2", "n3"], ["n4"], []] == [follower.poll() for _ in range(4)]


def test_expired_cursor(graph: Graph) -> None:
    """A cursor is good for three days, unless missed deletes are accepted."""
    follower = Follower(graph, things())
    follower.poll()
    graph.delete("a")
    graph.now += 3 * DAY_S
    old = dict(follower.cursors)
    assert ["-a"] != follower.poll()
    follower.cursors = old
    graph.now += 0.001
    with pytest.raises(Refusal, match=r"^Cursor has expired") as caught:
        follower.poll()
    assert 400 == caught.value.status
    graph.nodes("d")
    assert ["d"] == follower.poll(allowExpiredCursorsAndAcceptMissedDeletes=True)


def test_short_memory() -> None:
    """How long deletes are remembered is a setting."""
    graph = Graph.of_things(Settings(deleted_kept_ms=1000))
    follower = Follower(graph, things())
    follower.poll()
    graph.now += 2
    with pytest.raises(Refusal, match=r"^Cursor has expired"):
        follower.poll()


def test_unselected(graph: Graph) -> None:
    """Sets that are not selected have neither items nor cursors."""
    answer = graph.sync({**things(), "m": {"nodes": {}}}, ["n"])
    assert (["n"], ["n"]) == (list(answer["items"]), list(answer["nextCursor"]))


def test_typing_and_debug(graph: Graph) -> None:
    """Typing and notices are as in queries; without results a cursor stays where it is."""
    select = {"n": {"sources": [{"source": THING, "properties": ["name"]}]}}
    answer = graph.sync(things(), select, includeTyping=True, debug={"emitResults": False, "profile": True})
    assert ({"n": []}, {"notices": []}) == (answer["items"], answer["debug"])
    assert {"name", "size", "parent", "friends"} == set(answer["typing"]["n"]["s"]["Thing/v1"])
    answer = graph.sync(things(), select, cursors=answer["nextCursor"])
    assert ["a", "b", "c"] == names_of(answer, "n")


def test_other_limit(graph: Graph) -> None:
    """A cursor goes on with another limit, but not with another filter."""
    cursors = graph.sync(things(limit=1))["nextCursor"]
    assert ["b", "c"] == names_of(graph.sync(things(limit=5), cursors=cursors), "n")
    with pytest.raises(Refusal, match="cursor"):
        graph.sync({"n": {"nodes": {}}}, cursors=cursors)


def test_cursor_of_query(graph: Graph) -> None:
    """A cursor of a query is none of a sync."""
    sets = {"n": {"nodes": {}, "limit": 1}}
    with pytest.raises(Refusal, match="cursor"):
        graph.sync(sets, cursors=graph.query(sets)["nextCursor"])


@pytest.mark.parametrize(
    ("with_", "others", "message"),
    [
        ({"n": {"nodes": {}, "sort": []}}, {}, "Unexpected field - sort"),
        ({"n": {"edges": {}, "postSort": []}}, {}, "Unexpected field - postSort"),
        ({"n": {"edges": {"limitEach": 1}}}, {}, "Unexpected field - edges.limitEach"),
        ({"n": {"nodes": {"limit": 1}}}, {}, "Unexpected field - nodes.limit"),
        ({"n": {"union": []}}, {}, "Result set 'n' needs one of nodes, edges"),
        (things(), {"select": {"n": {"limit": 1}}}, "Unexpected field - select.n.limit"),
        (things(limit=2001), {}, "limit"),
        (things(mode="threePhase"), {}, "mode"),
        (things(backfillSort=by("name")), {}, "Backfill sort can only be used with two-phase sync."),
        (things(mode="onePhase", backfillSort=by("name")), {}, "Backfill sort can only be used with two-phase sync."),
        (things(mode="twoPhase", backfillSort=by("size")), {}, "no cursorable index on 'size'"),
        (things(mode="twoPhase", backfillSort=[*by("size"), *by("name")]), {}, "no cursorable index"),
        (things(mode="twoPhase", backfillSort=by("nope")), {}, "Unknown property"),
        (things(mode="twoPhase", backfillSort=[{}]), {}, "property"),
        (things(mode="twoPhase", backfillSort=[{"property": [["s"], "Thing/v1", "name"]}]), {}, "property"),
        (things(), {"cursors": {"n": "c3luYy0x"}}, "cursor"),
        (things(), {"cursors": {"m": None}}, "'m'"),
        (things(), {"select": {"m": {}}}, "'m'"),
        ({"n": {"nodes": {"from": "n"}}}, {}, "circle"),
    ],
)
def test_refusals(graph: Graph, with_: Json, others: Json, message: str) -> None:
    """What makes no sense is refused by name."""
    body = {"with": with_, "select": {name: {} for name in with_}, **others}
    with pytest.raises(Refusal, match=re.escape(message)) as caught:
        sync_instances(graph.store, body, {})
    assert 400 == caught.value.status


def test_sorted_by_more(graph: Graph) -> None:
    """A backfill may be sorted by all properties of an index, and by what every instance has."""
    graph.write(edge("a>b"))
    own = [{"property": ["node", "externalId"], "direction": "descending"}]
    assert ["a", "b", "c"] == Follower(graph, things(mode="twoPhase", backfillSort=[*by("name"), *by("size")])).poll()
    assert ["c", "b", "a"] == Follower(graph, things(mode="twoPhase", backfillSort=own)).poll()


@pytest.mark.parametrize("mode", ["onePhase", "twoPhase"])
@pytest.mark.parametrize("seed", range(8))
def test_replica(seed: int, mode: str) -> None:
    """Who follows result sets has what a query finds, and nothing that was deleted, whatever happens meanwhile."""
    random = Random(seed)
    graph = Graph.of_things()
    names = [f"n{number}" for number in range(6)]
    sets: dict[str, Json] = {
        "begin": {"nodes": {"filter": {"and": [HAS_DATA, is_one_of(*names[:3])]}}},
        "way": {"edges": {"from": "begin"}},
        "end": {"nodes": {"from": "way", "filter": HAS_DATA}},
        "children": {"nodes": {"from": "begin", "through": PARENT, "direction": "inwards"}},
        "friends": {"nodes": {"from": "end", "through": FRIENDS, "direction": "outwards"}},
    }
    replica = Replica(graph, {name: {**part, "mode": mode, "limit": 3} for name, part in sets.items()})
    for _ in range(12):
        for _ in range(random.randrange(4)):
            graph.now += 1
            _change(graph, random, names)
        replica.catch_up(most_polls=random.choice([1, 1, 12]))
    replica.catch_up(most_polls=30)
    whole = graph.query(sets)
    there = graph.query({"n": {"nodes": {}, "limit": 1000}, "e": {"edges": {}, "limit": 1000}})
    for name in sets:
        found = {item["externalId"]: item["version"] for item in whole["items"][name]}
        held = replica.versions[name]
        assert found == {key: version for key, version in held.items() if key in found}
        assert held.keys() <= {*names_of(there, "n"), *names_of(there, "e")}


def _change(graph: Graph, random: Random, names: list[str]) -> None:
    """Write or delete a node or an edge."""
    one, other = random.choice(names), random.choice(names)
    kind = random.randrange(8)
    alive = set(names_of(graph.query({"n": {"nodes": {"filter": is_one_of(*names)}}}), "n"))
    if kind < 3 or not {one, other} <= alive:
        graph.write(node(one, name=one, size=random.random(), parent=id_of(other), friends=[id_of(other)]))
    elif kind < 6:
        graph.write(edge(f"{one}>{other}", weight=random.randrange(100)))
    elif kind == 6:
        graph.delete(f"{one}>{other}", kind="edge")
    else:
        graph.delete(one)
