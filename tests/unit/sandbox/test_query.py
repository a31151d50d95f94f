"""Queries: what result sets hold, in which order, and how they are paged through."""

import re
from random import Random
from typing import Any

import pytest

from pygen.sandbox.problems import Refusal
from pygen.sandbox.query import query_instances
from pygen.sandbox.settings import Settings
from tests.support.sandbox_graph import (
    LINK,
    LINK_CONTAINER,
    THING,
    THING_CONTAINER,
    Graph,
    Json,
    by,
    edge,
    equals,
    exchanges,
    is_one_of,
    names_of,
    node,
)


def nodes(_from: str | None = None, *, limit: int | None = None, sort: Any = None, **part: Any) -> Json:
    """A result set of nodes."""
    if _from is not None:
        part["from"] = _from
    return {"nodes": part, "limit": limit, "sort": sort}


def edges(_from: str | None = None, *, limit: int | None = None, **part: Any) -> Json:
    """A result set of edges."""
    beside: Json = {key: part.pop(key) for key in ("sort", "postSort") if key in part}
    if _from is not None:
        part["from"] = _from
    return {"edges": part, "limit": limit, **beside}


def start(*names: str, **how: Any) -> Json:
    """A result set of some nodes."""
    return nodes(filter=is_one_of(*names), **how)


PARENT = {"source": THING, "identifier": "parent"}
FRIENDS = {"source": THING, "identifier": "friends"}


@pytest.fixture
def family() -> Graph:
    """Parents a, b; children a1, a2, b1; c is a friend of a, b and a again; d of nobody."""
    graph = Graph.of_things()
    graph.write(
        node("a", name="A", size=3.0),
        node("b", name="B", size=1.0),
        node("a1", name="A1", size=5.0, parent={"space": "s", "externalId": "a"}),
        node("b1", name="B1", size=4.0, parent={"space": "s", "externalId": "b"}),
        node("a2", name="A2", size=2.0, parent={"space": "s", "externalId": "a"}),
        node("c", name="C", friends=[{"space": "s", "externalId": name} for name in ("b", "a", "b")]),
        node("d", name="D"),
    )
    return graph


@pytest.fixture
def road() -> Graph:
    """A road a>b>c>d>e with a way back d>b, and a side road b>x."""
    graph = Graph.of_things()
    graph.nodes(*"abcdex")
    graph.edges("a>b", "b>c", "b>x", "c>d", "d>b", "d>e")
    return graph


# --- the examples ---


@pytest.mark.parametrize("name", ["query_all_connection_kinds", "query_pagination", "query_set_operations"])
def test_example(name: str) -> None:
    """The examples of the API's description are answered word by word; cursors are anybody's."""
    graph = Graph.of_pumps()
    cursors: Json = {}
    for exchange in exchanges(name):
        request = dict(exchange["request"])
        if request.get("cursors"):
            request["cursors"] = {key: cursor and cursors[key] for key, cursor in request["cursors"].items()}
        answer = query_instances(graph.store, request, {})
        cursors = answer["nextCursor"]
        assert exchange["response"]["items"] == answer["items"]
        assert set(exchange["response"]["nextCursor"]) == set(cursors)
        assert set(exchange["response"]) == set(answer)


# --- nodes ---


def test_all_nodes(family: Graph) -> None:
    """A node set without anything holds all nodes, in the order of their creation, and no edges."""
    family.write(edge("a>b"))
    assert ["a", "b", "a1", "b1", "a2", "c", "d"] == [
        name for name in family.found({"n": nodes()}, "n") if name != "leads"
    ]


@pytest.mark.parametrize(
    ("through", "direction", "begin", "expected"),
    [
        (PARENT, "inwards", ["a"], ["a1", "a2"]),
        (PARENT, "inwards", ["b", "a"], ["a1", "a2", "b1"]),
        (PARENT, None, ["b"], ["b1"]),
        (PARENT, "outwards", ["a1", "a2"], ["a"]),
        (PARENT, "outwards", ["d"], []),
        ({"source": THING_CONTAINER, "identifier": "parent"}, "inwards", ["a"], ["a1", "a2"]),
        ({"view": THING, "identifier": "parent"}, "inwards", ["a"], ["a1", "a2"]),
        ({"view": None, "source": THING, "identifier": "parent"}, "inwards", ["a"], ["a1", "a2"]),
        (FRIENDS, "outwards", ["c"], ["a", "b"]),
        (FRIENDS, "outwards", ["a"], []),
    ],
)
def test_through(family: Graph, through: Json, direction: str | None, begin: list[str], expected: list[str]) -> None:
    """Direct relations are followed either way, inwards unless told otherwise; everything is found once."""
    sets = {"begin": start(*begin), "end": nodes("begin", through=through, direction=direction)}
    assert expected == family.found(sets, "end")


def test_list_inwards(family: Graph) -> None:
    """Lists of direct relations cannot be followed backwards."""
    sets = {"begin": start("a"), "end": nodes("begin", through=FRIENDS, direction="inwards")}
    with pytest.raises(Refusal, match=r"^Cannot traverse lists of direct relations inwards\.$"):
        family.query(sets)


def test_through_connection() -> None:
    """A connection of a view is no direct relation, so nothing is followed through it."""
    through = {"source": {**THING, "space": "ops_model", "externalId": "Site"}, "identifier": "pumps"}
    with pytest.raises(Refusal, match="'pumps' is a connection"):
        Graph.of_pumps().query({"begin": nodes(), "end": nodes("begin", through=through)})


def test_same_nodes(family: Graph) -> None:
    """Without a relation, nodes that come from nodes are those nodes again, filtered."""
    sets = {"begin": start("a", "b", "d"), "end": nodes("begin", filter=equals("name", "B"))}
    assert ["b"] == family.found(sets, "end")


def test_order_of_definition(family: Graph) -> None:
    """A result set may come before the one that it is made from."""
    assert ["a1", "a2"] == family.found({"end": nodes("begin", through=PARENT), "begin": start("a")}, "end")


def test_deleted_target(family: Graph) -> None:
    """A relation to a deleted node leads nowhere, and from a deleted node nowhere either."""
    family.delete("a", "b1")
    sets = {
        "begin": start("a", "b", "a1"),
        "up": nodes("begin", through=PARENT, direction="outwards"),
        "down": nodes("begin", through=PARENT, direction="inwards"),
    }
    assert {"begin": ["b", "a1"], "up": [], "down": []} == {name: names_of(family.query(sets), name) for name in sets}


def test_filter_after_step(family: Graph) -> None:
    """The filter of a chained set holds for the nodes that are reached."""
    sets = {
        "begin": start("a"),
        "end": nodes("begin", through=PARENT, filter={"range": {"property": ["s", "Thing/v1", "size"], "gt": 2.0}}),
    }
    assert ["a1"] == family.found(sets, "end")


@pytest.mark.parametrize(
    ("direction", "chain_to", "expected"),
    [
        ("outwards", None, ["c", "x"]),
        ("outwards", "destination", ["c", "x"]),
        ("outwards", "source", ["b"]),
        (None, "destination", ["c", "x"]),
        ("inwards", None, ["a", "d"]),
        ("inwards", "destination", ["a", "d"]),
        ("inwards", "source", ["b"]),
    ],
)
def test_ends_of_edges(road: Graph, direction: str | None, chain_to: str | None, expected: list[str]) -> None:
    """Source and destination of edges depend on the direction in which they were followed."""
    sets = {
        "begin": start("b"),
        "way": edges("begin", direction=direction, maxDistance=1),
        "end": nodes("way", chainTo=chain_to, direction="outwards"),
    }
    assert expected == road.found(sets, "end")


def test_relation_after_edges(road: Graph) -> None:
    """A relation of nodes that is followed from edges starts at their far side."""
    road.write(node("c", parent={"space": "s", "externalId": "e"}))
    sets = {
        "begin": start("b"),
        "way": edges("begin", maxDistance=1),
        "end": nodes("way", through=PARENT, direction="outwards"),
    }
    assert ["e"] == road.found(sets, "end")


@pytest.mark.parametrize("source", [LINK, LINK_CONTAINER])
def test_relation_of_edge(road: Graph, source: Json) -> None:
    """A relation of edges themselves is followed from edges."""
    road.write(edge("a>b", seenBy={"space": "s", "externalId": "x"}))
    sets = {
        "way": edges(filter=is_one_of("a>b")),
        "end": nodes("way", through={"source": source, "identifier": "seenBy"}, direction="outwards"),
    }
    assert ["x"] == road.found(sets, "end")


# --- edges ---


def test_all_edges(road: Graph) -> None:
    """An edge set that starts nowhere holds all edges; its far side can be filtered all the same."""
    sets = {
        "all": edges(),
        "to_b": edges(nodeFilter=equals("name", "b")),
        "from_b": edges(nodeFilter=equals("name", "b"), direction="inwards"),
    }
    answer = road.query(sets)
    assert ["a>b", "b>c", "b>x", "c>d", "d>b", "d>e"] == names_of(answer, "all")
    assert ["a>b", "d>b"] == names_of(answer, "to_b")
    assert ["b>c", "b>x"] == names_of(answer, "from_b")


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"maxDistance": 1}, ["a>b"]),
        ({"maxDistance": 2}, ["a>b", "b>c", "b>x"]),
        ({"maxDistance": 3}, ["a>b", "b>c", "b>x", "c>d"]),
        ({}, ["a>b", "b>c", "b>x", "c>d", "d>b", "d>e"]),
        ({"maxDistance": 100}, ["a>b", "b>c", "b>x", "c>d", "d>b", "d>e"]),
        ({"direction": "inwards"}, []),
        ({"terminationFilter": equals("name", "c")}, ["a>b", "b>c", "b>x"]),
        ({"terminationFilter": equals("name", "a")}, ["a>b", "b>c", "b>x", "c>d", "d>b", "d>e"]),
        ({"terminationFilter": equals("size", 1.0)}, ["a>b", "b>c", "b>x", "c>d", "d>b", "d>e"]),
        ({"nodeFilter": {"not": equals("name", "c")}}, ["a>b", "b>x"]),
        ({"filter": {"not": is_one_of("d>b", "b>x")}}, ["a>b", "b>c", "c>d", "d>e"]),
    ],
)
def test_walk(road: Graph, part: Json, expected: list[str]) -> None:
    """Edges are followed as far as wanted, level by level; circles end, and each edge is found once."""
    assert expected == road.found({"begin": start("a"), "way": edges("begin", **part)}, "way")


@pytest.mark.parametrize("direction", ["outwards", "inwards"])
@pytest.mark.parametrize("seed", range(5))
def test_walk_in_any_graph(seed: int, direction: str) -> None:
    """What a walk finds is what a search in breadth finds, whatever the graph, and page by page as well."""
    random = Random(seed)
    graph = Graph.of_things()
    names = [f"n{number}" for number in range(12)]
    graph.nodes(*names)
    arrows = sorted({f"{random.choice(names)}>{random.choice(names)}" for _ in range(25)})
    graph.edges(*arrows)
    begin, stop, passed = names[:2], set(names[5:7]), set(names[:9])
    part: Json = {
        "direction": direction,
        "maxDistance": random.choice([2, 3, 20]),
        "terminationFilter": is_one_of(*stop),
        "nodeFilter": is_one_of(*passed),
    }
    expected: set[str] = set()
    frontier, visited = set(begin), set(begin)
    for _ in range(part["maxDistance"]):
        reached = set()
        for arrow in arrows:
            near, far = arrow.split(">") if direction == "outwards" else reversed(arrow.split(">"))
            if near in frontier and far in passed:
                expected.add(arrow)
                reached.add(far)
        frontier = reached - visited - stop
        visited |= frontier
    sets = {"begin": start(*begin), "way": edges("begin", limit=3, **part)}
    found = [name for page in pages(graph, sets, "way") for name in page]
    assert (len(expected), expected) == (len(found), set(found))


def test_walk_inwards(road: Graph) -> None:
    """Edges are followed against their direction too."""
    assert ["d>e", "c>d", "b>c", "a>b", "d>b"] == road.found(
        {"begin": start("e"), "way": edges("begin", direction="inwards")}, "way"
    )


def test_usual_distance(road: Graph) -> None:
    """How far edges are followed without a word about it is a setting."""
    graph = Graph.of_things(Settings(default_max_distance=1))
    graph.nodes("a", "b", "c")
    graph.edges("a>b", "b>c")
    assert ["a>b"] == graph.found({"begin": start("a"), "way": edges("begin")}, "way")


@pytest.mark.parametrize(
    ("chain_to", "expected"), [(None, ["b>c", "b>x"]), ("destination", ["b>c", "b>x"]), ("source", ["a>b"])]
)
def test_edges_from_edges(road: Graph, chain_to: str | None, expected: list[str]) -> None:
    """Edges that come from edges start at the side that is asked for."""
    sets = {
        "begin": start("a"),
        "first": edges("begin", maxDistance=1),
        "second": edges("first", maxDistance=1, chainTo=chain_to),
    }
    assert expected == road.found(sets, "second")


def test_limit_each() -> None:
    """Of each node the first edges are taken, in the order that is asked for."""
    graph = Graph.of_things()
    graph.nodes(*"abcde")
    graph.write(
        *(edge(arrow, weight=weight) for arrow, weight in [("a>c", 3), ("a>d", 1), ("a>e", 2), ("b>c", 9), ("b>d", 8)])
    )
    sets = {
        "begin": start("a", "b"),
        "first": edges("begin", maxDistance=1, limitEach=1),
        "light": edges("begin", maxDistance=1, limitEach=2, sort=by("weight", "Link/v1")),
    }
    answer = graph.query(sets)
    assert ["a>c", "b>c"] == names_of(answer, "first")
    assert ["a>d", "a>e", "b>d", "b>c"] == names_of(answer, "light")


# --- order ---


def test_sort(family: Graph) -> None:
    """A result set is sorted before it is cut, and nulls come last either way."""
    sets = {
        "up": nodes(sort=by("size"), limit=3),
        "down": nodes(sort=by("size", direction="descending"), limit=3),
        "nulls": nodes(filter={"hasData": [THING]}, sort=by("size", nullsFirst=True), limit=3),
        "end": nodes("down", through=PARENT, sort=by("size", direction="descending")),
    }
    answer = family.query(sets)
    assert ["b", "a2", "a"] == names_of(answer, "up")
    assert ["a1", "b1", "a"] == names_of(answer, "down")
    assert ["c", "d", "b"] == names_of(answer, "nulls")
    assert ["a1", "a2"] == names_of(answer, "end")


def test_sort_of_walk(road: Graph) -> None:
    """The order of a walk is one within its levels; the order afterwards is one of all."""
    last = [{"property": ["edge", "externalId"], "direction": "descending"}]
    sets = {
        "begin": start("a"),
        "within": edges("begin", sort=last),
        "after": edges("begin", limit=3, postSort=last),
    }
    answer = road.query(sets)
    assert ["a>b", "b>x", "b>c", "c>d", "d>e", "d>b"] == names_of(answer, "within")
    assert ["b>x", "b>c", "a>b"] == names_of(answer, "after")


def test_selected_order(family: Graph) -> None:
    """What is returned can be sorted and cut once more; others start from the whole set."""
    sets = {"begin": start("a", "b"), "end": nodes("begin", through=PARENT)}
    select = {"begin": {"limit": 1}, "end": {"sort": by("size"), "limit": 2}}
    answer = family.query(sets, select)
    assert ["a"] == names_of(answer, "begin")
    assert ["a2", "b1"] == names_of(answer, "end")


# --- set operations ---

AB = {"a": start("a", "b"), "b": start("b", "d")}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"union": ["a", "b"]}, ["a", "b", "d"]),
        ({"unionAll": ["a", "b"]}, ["a", "b", "b", "d"]),
        ({"unionAll": ["a", "b"], "limit": 3}, ["a", "b", "b"]),
        ({"intersection": ["a", "b"]}, ["b"]),
        ({"intersection": ["b", "a", "a"]}, ["b"]),
        ({"union": ["a"], "except": ["b"]}, ["a"]),
        ({"unionAll": ["a", "a", "b"], "except": ["b"]}, ["a", "a"]),
        ({"intersection": ["a", "b"], "except": ["b"]}, []),
        ({"union": [{"intersection": ["a", "b"]}, "a"]}, ["b", "a"]),
        ({"intersection": [{"union": ["a", "b"], "except": ["a"]}, "b"]}, ["d"]),
        ({"unionAll": [{"unionAll": ["a", "b"], "limit": 1}, "b"]}, ["a", "b", "d"]),
        ({"union": ["a"], "unionAll": None, "except": None, "limit": None}, ["a", "b"]),
        ({"union": []}, []),
        ({"intersection": []}, []),
    ],
)
def test_set_operation(family: Graph, operation: Json, expected: list[str]) -> None:
    """Sets are put together, each member once or as often as it is there, less what is excepted."""
    assert expected == family.found({**AB, "all": operation}, "all")


def test_chain_from_set_operation(road: Graph) -> None:
    """Others start from what was put together; an edge is followed as where it comes from."""
    sets = {
        "begin": start("b"),
        "out": edges("begin", maxDistance=1),
        "in": edges("begin", maxDistance=1, direction="inwards"),
        "both": {"unionAll": ["out", "in", "out"], "except": ["nothing"]},
        "nothing": edges(filter=is_one_of("b>x")),
        "end": nodes("both", chainTo="destination"),
    }
    assert ["a", "c", "d"] == road.found(sets, "end")


def test_pages_of_set_operation(family: Graph) -> None:
    """What was put together is paged through as well."""
    sets = {**AB, "all": {"unionAll": ["a", "b"], "limit": 3}}
    first = family.query(sets, ["all"])
    second = family.query(sets, ["all"], cursors=first["nextCursor"])
    assert (["a", "b", "b"], ["d"]) == (names_of(first, "all"), names_of(second, "all"))
    assert {} == second["nextCursor"]


# --- pages ---


def pages(graph: Graph, sets: Json, name: str, **others: Any) -> list[list[str]]:
    """All pages of a result set, the others staying where they are."""
    found: list[list[str]] = []
    cursors: Json = {}
    while True:
        answer = graph.query(sets, [name], cursors=cursors, **others)
        found.append(names_of(answer, name))
        if name not in answer["nextCursor"]:
            return found
        cursors = {name: answer["nextCursor"][name]}


@pytest.mark.parametrize("sort", [None, by("size"), by("size", direction="descending"), by("name", nullsFirst=True)])
def test_pages(family: Graph, sort: Any) -> None:
    """Pages of two are the whole set, in its order, whatever it is."""
    wanted: Json = {"filter": {"hasData": [THING]}}
    whole = family.found({"n": nodes(sort=sort, **wanted)}, "n")
    assert [whole[:2], whole[2:4], whole[4:6], whole[6:]] == pages(
        family, {"n": nodes(sort=sort, limit=2, **wanted)}, "n"
    )


@pytest.mark.parametrize("sort", [None, [{"property": ["edge", "externalId"], "direction": "descending"}]])
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_pages_of_walk(road: Graph, sort: Any, limit: int) -> None:
    """Pages of a walk are the whole walk."""
    sets = {"begin": start("a"), "way": edges("begin", sort=sort)}
    whole = road.found(sets, "way")
    sets["way"]["limit"] = limit
    assert whole == [name for page in pages(road, sets, "way") for name in page]


def test_pages_of_each() -> None:
    """Pages of edges that are limited for each node are all of them."""
    graph = Graph.of_things()
    graph.nodes(*"abcde")
    graph.edges("a>c", "b>c", "a>d", "b>d", "a>e")
    sets = {"begin": start("a", "b"), "way": edges("begin", maxDistance=1, limitEach=2, limit=3)}
    assert [["a>c", "a>d", "b>c"], ["b>d"]] == pages(graph, sets, "way")


def test_pages_of_children(family: Graph) -> None:
    """A child is paged through by its own cursor while its parent stays, and starts anew when that moves on."""
    sets = {"p": start("a", "b", limit=1), "c": nodes("p", through=PARENT, limit=1)}
    first = family.query(sets)
    assert (["a"], ["a1"]) == (names_of(first, "p"), names_of(first, "c"))
    second = family.query(sets, cursors={"c": first["nextCursor"]["c"], "p": None})
    assert (["a"], ["a2"]) == (names_of(second, "p"), names_of(second, "c"))
    third = family.query(sets, cursors=second["nextCursor"])
    assert (["b"], ["b1"]) == (names_of(third, "p"), names_of(third, "c"))
    fourth = family.query(sets, cursors={"p": second["nextCursor"]["p"], "c": third["nextCursor"]["c"]})
    assert (["b"], []) == (names_of(fourth, "p"), names_of(fourth, "c"))


def test_unselected_cursor(family: Graph) -> None:
    """Sets that are not selected are computed, but have no cursor."""
    answer = family.query({"p": start("a", limit=1), "c": nodes("p", through=PARENT)}, ["c"])
    assert {} == answer["nextCursor"]
    assert ["c"] == list(answer["items"])


def test_full_page() -> None:
    """Whether a full page has a cursor although nothing follows is a setting."""
    for has_cursor in (True, False):
        graph = Graph.of_things(Settings(cursor_on_full_page=has_cursor))
        graph.nodes("a", "b")
        answer = graph.query({"two": nodes(limit=2), "one": nodes(limit=1), "u": {"union": ["two"], "limit": 2}})
        assert ({"two", "one", "u"} if has_cursor else {"one"}) == set(answer["nextCursor"])


def test_other_limit(family: Graph) -> None:
    """A cursor goes on with another limit: clients halve it when a query takes too long."""
    first = family.query({"n": nodes(limit=2)})
    second = family.query({"n": nodes(limit=1)}, cursors=first["nextCursor"])
    assert ["a1"] == names_of(second, "n")


@pytest.mark.parametrize(
    ("change", "others"),
    [
        ({"nodes": {"filter": {"hasData": [THING]}}}, {}),
        ({"sort": by("size")}, {}),
        ({}, {"parameters": {"x": 2}}),
    ],
)
def test_other_query(family: Graph, change: Json, others: Json) -> None:
    """A cursor is good for one query only."""
    sets = {"n": nodes(limit=2)}
    cursors = family.query(sets, parameters={"x": 1})["nextCursor"]
    with pytest.raises(Refusal, match="cursor"):
        family.query({"n": {**sets["n"], **change}}, cursors=cursors, **{"parameters": {"x": 1}, **others})


def test_broken_cursor(family: Graph) -> None:
    """What is no cursor is refused."""
    with pytest.raises(Refusal, match="cursor"):
        family.query({"n": nodes()}, cursors={"n": "cGFnZTI"})


# --- what is returned ---


def test_selected_properties(family: Graph) -> None:
    """Selected properties are returned; a view that an instance has no data in is left out, not the instance."""
    family.write(node("bare"))
    sources = [{"source": THING, "properties": ["name", "size"]}]
    answer = family.query({"n": start("a", "bare")}, {"n": {"sources": sources}})
    assert [{"s": {"Thing/v1": {"name": "A", "size": 3.0}}}, {}] == [
        item["properties"] for item in answer["items"]["n"]
    ]


def test_target_units(family: Graph) -> None:
    """Values are returned in the unit that is asked for, and typing says so."""
    units = [{"property": "size", "unit": {"externalId": "length:centim"}}]
    sources = [{"source": THING, "properties": ["size"], "targetUnits": units}]
    answer = family.query({"n": start("a"), "m": start("b")}, {"n": {"sources": sources}, "m": {}}, includeTyping=True)
    assert {"s": {"Thing/v1": {"size": 300.0}}} == answer["items"]["n"][0]["properties"]
    typing = answer["typing"]["n"]["s"]["Thing/v1"]
    assert {"name", "size", "parent", "friends"} == set(typing)
    assert "length:centim" == typing["size"]["type"]["unit"]["externalId"]
    assert {} == answer["typing"]["m"]


def test_debug(family: Graph) -> None:
    """Debugging answers notices; without results there are no items and no cursors."""
    answer = family.query({"n": nodes(limit=1)}, debug={"emitResults": True, "profile": False})
    assert ({"notices": []}, 1, {"n"}) == (answer["debug"], len(answer["items"]["n"]), set(answer["nextCursor"]))
    answer = family.query({"n": nodes(limit=1)}, debug={"emitResults": False, "timeout": 1000, "profile": True})
    assert {"items": {"n": []}, "nextCursor": {}, "debug": {"notices": []}} == answer


def test_parameters(family: Graph) -> None:
    """Filters of all kinds take parameters; those that nobody asks for do no harm."""
    family.edges("a>b", "b>c", "b>d")
    name = {"property": ["node", "externalId"], "value": {"parameter": "end"}}
    sets = {
        "begin": nodes(filter={"equals": {"property": ["node", "externalId"], "value": {"parameter": "begin"}}}),
        "way": edges("begin", nodeFilter={"not": {"equals": name}}),
        "stop": edges("begin", terminationFilter={"equals": name}),
    }
    answer = family.query(sets, parameters={"begin": "a", "end": "c", "unused": [1]})
    assert (["a>b", "b>d"], ["a>b", "b>c", "b>d"]) == (names_of(answer, "way"), names_of(answer, "stop"))


# --- refusals ---


@pytest.mark.parametrize(
    ("with_", "others", "message"),
    [
        ({"n": {"nodes": {"limit": 1}}}, {}, "Unexpected field - nodes.limit"),
        ({"n": {"edges": {"sort": []}}}, {}, "Unexpected field - edges.sort"),
        ({"n": {"nodes": {}, "postSort": []}}, {}, "Unexpected field - postSort"),
        ({"n": {"nodes": {}, "edges": {}}}, {}, "Unexpected field - edges"),
        ({"n": {"nodes": {"limitEach": 1}}}, {}, "Unexpected field - nodes.limitEach"),
        ({"n": nodes()}, {"depth": 1}, "Unexpected field - depth"),
        ({"n": nodes()}, {"select": {"n": {"filter": {}}}}, "Unexpected field - select.n.filter"),
        ({"n": nodes()}, {"select": {"n": {"sources": [{"source": THING}]}}}, "properties must not be null"),
        ({"n": {}}, {}, "Result set 'n' needs one of nodes, edges, union, unionAll, intersection"),
        ({"n": []}, {}, "with.n"),
        ({}, {}, "with size must be"),
        ({str(number): nodes() for number in range(51)}, {}, "with size must be between 0 and 50"),
        ({"n": nodes()}, {"with": None}, "with"),
        ({"n": nodes()}, {"select": {}}, "select size must be"),
        ({"n": nodes()}, {"select": {"m": {}}}, "'m'"),
        ({"n": nodes()}, {"select": {"n": 1}}, "Invalid value for select.n"),
        ({"n": nodes()}, {"cursors": {"m": None}}, "'m'"),
        ({"n": nodes(limit=0)}, {}, "limit"),
        ({"n": nodes(limit=10_001)}, {}, "limit"),
        ({"n": nodes("m")}, {}, "'m'"),
        ({"n": {"union": ["m"]}}, {}, "'m'"),
        ({"n": {"union": ["n"]}}, {}, "circle"),
        ({"n": nodes("m"), "m": nodes("n")}, {}, "circle"),
        ({"n": {"union": [{"limit": 1}]}}, {}, "needs one of union, unionAll, intersection"),
        ({"n": {"union": [], "unionAll": []}}, {}, "needs one of union, unionAll, intersection"),
        ({"n": {"union": [1]}}, {}, "Invalid value for union[0]: a name or a set operation is needed"),
        ({"n": {"union": [{"union": [], "sort": []}]}}, {}, "Unexpected field - union[0].sort"),
        ({"n": {"union": "n"}}, {}, "Invalid value for union"),
        ({"n": {"union": [], "except": [{}]}}, {}, "except[0]"),
        ({"n": nodes(), "e": edges(), "u": {"union": ["n", "e"]}}, {}, "mixes nodes and edges"),
        ({"n": nodes(through=PARENT)}, {}, "nodes.through needs nodes.from"),
        ({"n": nodes(), "m": nodes("n", through={"identifier": "parent"})}, {}, "source must not be null"),
        ({"n": nodes(), "m": nodes("n", through={"source": THING})}, {}, "nodes.through.identifier must not be null"),
        ({"n": nodes(), "m": nodes("n", through={**PARENT, "identifier": "nope"})}, {}, "Unknown property 'nope'"),
        ({"n": nodes(), "m": nodes("n", through={**PARENT, "identifier": "name"})}, {}, "not a direct relation"),
        (
            {"n": nodes(), "m": nodes("n", through={"source": {**THING, "version": "v9"}, "identifier": "parent"})},
            {},
            "One or more views do not exist: 's:Thing/v9'.",
        ),
        (
            {
                "n": nodes(),
                "m": nodes("n", through={"source": {**THING_CONTAINER, "externalId": "X"}, "identifier": "p"}),
            },
            {},
            "One or more containers do not exist: 's:X'.",
        ),
        ({"n": nodes(direction="upwards")}, {}, "nodes.direction"),
        ({"n": nodes(), "e": edges("n", limitEach=2)}, {}, "limitEach"),
        ({"n": nodes(), "e": edges("n", limitEach=2, maxDistance=2)}, {}, "limitEach"),
        ({"e": edges(limitEach=2, maxDistance=1)}, {}, "limitEach"),
        ({"n": nodes(), "e": edges("n", limitEach=2001, maxDistance=1)}, {}, "limitEach"),
        ({"n": nodes(), "e": edges("n", maxDistance=0)}, {}, "maxDistance"),
        ({"n": nodes(filter=equals("name", {"parameter": "x"}))}, {}, "x"),
        ({"n": nodes(filter=equals("nope", 1))}, {}, "Unknown property"),
        ({"n": nodes(), "e": edges("n", terminationFilter=equals("nope", 1))}, {}, "Unknown property"),
        (
            {"n": nodes(), "e": edges("n", terminationFilter=equals("nope", 1), maxDistance=1)},
            {},
            "Unknown property",
        ),
        ({"n": nodes(), "e": edges("n", nodeFilter=equals("nope", 1))}, {}, "Unknown property"),
        ({"n": nodes(sort=by("nope"))}, {}, "Unknown property"),
        ({"n": nodes(sort=by("name") * 6)}, {}, "sort size must be between 0 and 5"),
        ({"n": nodes()}, {"debug": {"timeout": 5}}, "debug.timeout"),
        ({"n": nodes()}, {"debug": {"profile": True}}, "debug.profile"),
        ({"n": nodes()}, {"includeTyping": "yes"}, "includeTyping"),
    ],
)
def test_refusals(family: Graph, with_: Json, others: Json, message: str) -> None:
    """What makes no sense is refused by name."""
    body = {"with": with_, "select": {name: {} for name in with_}, **others}
    with pytest.raises(Refusal, match=re.escape(message)) as caught:
        query_instances(family.store, body, {})
    assert 400 == caught.value.status
