"""From what a query asks for to one request."""

from __future__ import annotations

import time
from typing import Any

import pytest
from windfarm.sdk import Blade, Distance, Metmast, Technician, Windfarm, WindTurbine

from pygen.client import PygenClient
from pygen.client.checks import Problems, check_query
from pygen.runtime import NodeId, Query, SdkOptions, ViewId, ViewInfo
from pygen.runtime.compiling import MOST_SETS, CompiledQuery, compile_query, next_branches
from pygen.runtime.session import Session
from pygen.runtime.spec import QuerySpec, belonging

CLIENT = PygenClient(base_url="http://localhost", project="p", credentials="t")
SESSION = Session(CLIENT, SdkOptions(instance_space="data"))


def view(name: str) -> dict[str, str]:
    """A view of the model as bodies name it."""
    return {"type": "view", "space": "sp_windfarm", "externalId": name, "version": "v1"}


def turbines() -> Query[WindTurbine]:
    """All turbines."""
    return Query(QuerySpec(WindTurbine, SESSION))


def compiled(query: Query[Any]) -> CompiledQuery:
    """The query as a request, which the client's own checks find nothing wrong with."""
    found = compile_query(query._spec)
    problems: Problems = []
    check_query(found.body(10, None), problems, sync=False)
    assert [] == problems
    return found


def test_the_root_holds_what_a_list_would() -> None:
    """The root set asks for the view's instances that match, in order; limit and cursor come with the page."""
    query = compiled(turbines().where(lambda t: t.capacity > 6).order_by(lambda t: t.name).include("nacelle"))
    assert WindTurbine.__pygen__.filter is not None
    seen = WindTurbine.__pygen__.filter["and"]
    capacity = {"range": {"property": ["sp_windfarm", "WindTurbine/v1", "capacity"], "gt": 6}}
    name = {"property": ["sp_windfarm", "WindTurbine/v1", "name"], "direction": "ascending", "nullsFirst": False}
    body = query.body(17, "here")
    assert {"nodes": {"filter": {"and": [*seen, capacity]}}, "sort": [name], "limit": 17} == body["with"][query.root]
    assert {"root": "here"} == body["cursors"]
    assert "cursors" not in query.body(17, None)
    assert {"sources": [{"source": view("WindTurbine"), "properties": ["*"]}]} == body["select"]["root"]


def test_a_views_own_filter_stands_in_place_of_its_containers() -> None:
    """A class that knows the filter of its view asks for that, and for no data beside it."""
    info = ViewInfo(ViewId("s", "V", "1"), filter={"exists": {"property": ["s", "C", "p"]}})
    kind: Any = type("V", (), {"__pygen__": info})
    assert [{"exists": {"property": ["s", "C", "p"]}}] == [part.dump() for part in belonging(kind)]


def test_a_view_without_a_filter_asks_for_its_data_and_its_type() -> None:
    """Instances must have data in the view, and the type that the view's nodes have."""
    info = ViewInfo(ViewId("sp_windfarm", "V", "v1"), node_type=NodeId("sp_windfarm", "V"))
    kind: Any = type("V", (), {"__pygen__": info, "__pygen_edge__": False})
    node_type = {"space": "sp_windfarm", "externalId": "V"}
    assert [
        {"hasData": [view("V")]},
        {"equals": {"property": ["node", "type"], "value": node_type}},
    ] == [part.dump() for part in belonging(kind)]


def test_each_kind_of_relation_has_its_own_step() -> None:
    """Direct relations go outwards, reverse ones inwards, edges take two sets."""
    sets = compiled(turbines().include("nacelle", "work_orders", "metmasts")).with_
    assert {
        "from": "root",
        "through": {"source": view("WindTurbine"), "identifier": "nacelle"},
        "direction": "outwards",
        "filter": {"hasData": [view("Nacelle")]},
    } == sets["nacelle"]["nodes"]
    assert {
        "from": "root",
        "through": {"source": view("WorkOrder"), "identifier": "turbine"},
        "direction": "inwards",
        "filter": {"hasData": [view("WorkOrder")]},
    } == sets["work_orders"]["nodes"]
    of_type = {"property": ["edge", "type"], "value": {"space": "sp_windfarm", "externalId": "Distance"}}
    assert {
        "from": "root",
        "direction": "outwards",
        "maxDistance": 1,
        "filter": {"and": [{"hasData": [view("Distance")]}, {"equals": of_type}]},
    } == sets["metmasts_edges"]["edges"]
    assert "metmasts_edges" == sets["metmasts"]["nodes"]["from"]
    assert {10_000} == {found["limit"] for name, found in sets.items() if name != "root"}


def test_a_container_that_is_pointed_through_is_named_as_one() -> None:
    """A reverse relation through a container names the container."""
    found = compiled(Query(QuerySpec(Technician, SESSION)).include("led_orders"))
    through = found.with_["led_orders"]["nodes"]["through"]
    assert {"type": "container", "space": "sp_windfarm", "externalId": "WorkOrder"} == through["source"]


def test_what_the_service_cannot_follow_is_left_for_later() -> None:
    """Inwards through a list of direct relations is no part of the request."""
    found = compiled(Query(QuerySpec(Technician, SESSION)).include("work_orders.turbine", "mentor"))
    assert {"root", "mentor"} == set(found.with_)
    assert ["work_orders"] == [branch.relation.name for branch in found.tree.later]
    assert ["turbine"] == [branch.relation.name for branch in found.tree.later[0].branches]


def test_edges_can_be_results() -> None:
    """A class of edges is asked for as edges."""
    found = compiled(Query(QuerySpec(Distance, SESSION, fields=("distance",))))
    assert {"edges": {"filter": {"hasData": [view("Distance")]}}} == found.with_["root"]
    assert ["distance"] == found.select["root"]["sources"][0]["properties"]


def test_fields_that_join_are_fetched_along() -> None:
    """With a selection of fields the field that a branch starts from, or that leads back, comes, too."""
    spec = QuerySpec(WindTurbine, SESSION, fields=("name",))
    found = compiled(Query(spec).include("nacelle", "work_orders"))
    assert ["name", "nacelle"] == found.select["root"]["sources"][0]["properties"]
    assert ("name", "nacelle_id") == found.readings["root"].fields
    assert None is found.readings["work_orders"].fields


def test_units_of_a_system_reach_every_set_that_has_some() -> None:
    """A system of units is one for all; units of fields are those of the results."""
    found = compiled(turbines().target_units("SI").include("blades", "work_orders"))
    assert ["length", "sensorPositions"] == [
        unit["property"] for unit in found.select["blades"]["sources"][0]["targetUnits"]
    ]
    assert "targetUnits" not in found.select["work_orders"]["sources"][0]
    named = compiled(turbines().target_units(capacity="power:kilow").include("blades"))
    assert "targetUnits" in named.select["root"]["sources"][0]
    assert "targetUnits" not in named.select["blades"]["sources"][0]


def test_a_recursion_takes_a_set_for_each_level() -> None:
    """Mentors of mentors of mentors are three sets, each made of the one before."""
    found = compiled(Query(QuerySpec(Technician, SESSION)).recurse(lambda t: t.mentor, max_distance=3))
    assert ["root", "mentor", "mentor_mentor", "mentor_mentor_mentor"] == list(found.with_)
    assert "mentor" == found.with_["mentor_mentor"]["nodes"]["from"]


def test_no_more_sets_than_a_query_may_have() -> None:
    """What does not fit is left for later, with the levels that are left."""
    found = compiled(Query(QuerySpec(Technician, SESSION)).recurse(lambda t: t.mentor, max_distance=100))
    assert MOST_SETS == len(found.with_)
    node = found.tree
    while node.along:
        node = node.along[0].nodes
    assert [51] == [branch.depth for branch in node.later]
    assert [50] == [branch.depth for branch in next_branches(node.later[0])]


def test_names_of_sets_never_meet() -> None:
    """Different paths whose names look the same get different sets."""
    query = turbines().include("blades.wind_turbine.blades", "metmasts.wind_turbines.metmasts")
    found = compiled(query)
    assert 1 + 2 * 6 == len(found.with_)
    assert set(found.select) == set(found.with_) == set(found.readings)


def test_set_operations_of_limited_queries_are_result_sets() -> None:
    """The operands are sets with their limits; the root holds what they make, page by page."""
    first, second = turbines().limit(5), turbines().where(lambda t: t.capacity > 6).limit(7)
    found = compiled((first - second).order_by(lambda t: t.name))
    assert {"union": ["operand"], "except": ["operand_2"], "limit": 10_000} == found.with_["except"]
    assert [5, 7] == [found.with_["operand"]["limit"], found.with_["operand_2"]["limit"]]
    assert {"from": "except"} == found.with_["root"]["nodes"]
    assert {"root"} == set(found.select)


def test_building_is_quick() -> None:
    """A query of six branches is compiled in less than a millisecond."""
    query = turbines().include("blades.sensors", "metmasts", "work_orders.technicians", "nacelle", "windfarm.metmasts")
    compile_query(query._spec)
    best = min(_time(query) for _ in range(20))
    assert best < 0.001


def _time(query: Query[Any]) -> float:
    start = time.perf_counter()
    compile_query(query._spec)
    return time.perf_counter() - start


@pytest.mark.parametrize("kind", [Blade, Metmast, Technician, Windfarm, WindTurbine])
def test_every_relation_makes_a_request_without_problems(kind: Any) -> None:
    """The client's own checks find nothing wrong with any of them."""
    compiled(Query(QuerySpec(kind, SESSION)).include(*kind.__pygen_relations__))
