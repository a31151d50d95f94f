"""Steps between result sets: that they walk along indexes, whatever is filtered by."""

import re

import pytest

from pygen.sandbox.result_sets import Edges, Json, Nodes
from pygen.sandbox.sorting import order_by
from pygen.sandbox.traversal import Kept, Traversal, traversing
from tests.support.sandbox_graph import THING, Graph, equals, node

PARENT = {"source": THING, "identifier": "parent"}
NAMED = {"and": [{"hasData": [THING]}, equals("name", "x")]}
LEADS = {"equals": {"property": ["edge", "type"], "value": {"space": "s", "externalId": "leads"}}}
OWN_ID = {"equals": {"property": ["edge", "externalId"], "value": "a>b"}}


@pytest.fixture(scope="module")
def graph() -> Graph:
    """Two things and an edge."""
    graph = Graph.of_things()
    graph.nodes("a", "b")
    graph.edges("a>b")
    return graph


def plan(traversal: Traversal, part: Nodes | Edges, parent: Kept) -> list[str]:
    """How SQLite does a step."""
    step = traversal.step(part, parent)
    keys = step.keys(traversal.store, None)
    statement = step.select("i.id")
    explained = f"EXPLAIN QUERY PLAN {statement.text} ORDER BY {order_by(keys)} LIMIT 10"
    return [row[3] for row in traversal.db.execute(explained, statement.params)]


@pytest.mark.parametrize(
    ("part", "index"),
    [
        ({}, "instance_start (start_id=?)"),
        ({"filter": LEADS}, "instance_start (start_id=? AND type_id=?)"),
        ({"direction": "inwards"}, "instance_end (end_id=?)"),
        ({"direction": "inwards", "filter": LEADS}, "instance_end (end_id=? AND type_id=?)"),
        ({"nodeFilter": NAMED}, "instance_start (start_id=?)"),
        ({"filter": OWN_ID}, "instance_start (start_id=?)"),
    ],
)
def test_edges(graph: Graph, part: Json, index: str) -> None:
    """Edges are found by the nodes that they start or end at."""
    with traversing(graph.store, None) as traversal:
        members, instances, *others = plan(traversal, Edges.read(part), Kept(1, "node"))
        assert members.startswith("SEARCH f USING PRIMARY KEY (result=?)")
        assert f"SEARCH i USING INDEX {index}" == instances
        assert all("SCAN" not in line for line in others)


def test_inwards(graph: Graph) -> None:
    """Nodes whose relation points to a member are found by the relation's index, already in order."""
    part = Nodes.read({"through": PARENT, "direction": "inwards", "filter": NAMED})
    with traversing(graph.store, None) as traversal:
        members, relations, *others = plan(traversal, part, Kept(1, "node"))
    assert members.startswith("SEARCH f USING PRIMARY KEY (result=?)")
    assert re.fullmatch(r"SEARCH t USING COVERING INDEX c\d+_r_p\d+ \(p\d+=\?\)", relations)
    assert ["i", "i_c"] == [line.split()[1].rstrip("0123456789") for line in others]
    assert all(line.endswith("USING INTEGER PRIMARY KEY (rowid=?)") for line in others)


def test_common_value(graph: Graph) -> None:
    """Members are where a step starts, even where a filtered property has an index."""
    with traversing(graph.store, None) as traversal:
        lines = plan(traversal, Nodes.read({"filter": NAMED}), Kept(1, "node"))
    assert ["f", "i"] == [line.split()[1] for line in lines[:2]]


def test_nothing_stays(graph: Graph) -> None:
    """Members of one request's sets are not there in the next."""
    graph.write(node("c", name="c"))
    for _ in range(2):
        with traversing(graph.store, None) as traversal:
            step = traversal.step(Nodes.read({}), None)
            assert 0 == traversal.db.execute("SELECT count(*) FROM temp.member").fetchone()[0]
            traversal.keep_all(step)
            assert 0 < traversal.db.execute("SELECT count(*) FROM temp.member").fetchone()[0]
