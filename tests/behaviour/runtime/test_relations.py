"""Relations of every kind: loaded when touched, for the whole page, with few requests."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pygen.runtime import (
    ContainerId,
    NodeId,
    NotWritableError,
    PygenResource,
    RelationNotLoadedError,
    Reverse,
    ToMany,
    ViewId,
    ViewInfo,
)
from pygen.runtime.retrieving import retrieve_plan
from tests.behaviour.runtime.fake import FakeService, farm, reference
from tests.behaviour.runtime.windsdk import Blade, WindTurbine


def test_a_relation_to_one_is_loaded_for_the_whole_page() -> None:
    """Touching one object's nacelle fetches those of all objects of its page, in one request."""
    service = farm(3)
    turbines = service.client().wind_turbine.list().all()
    service.requests.clear()
    weights = [turbine.nacelle.weight for turbine in turbines if turbine.nacelle]
    assert [300.0, 301.0, 302.0] == weights
    ((_, body),) = service.requests
    assert ["n0", "n1", "n2"] == [item["externalId"] for item in body["items"]]
    assert [{"source": {"type": "view", "space": "sp", "externalId": "Nacelle", "version": "v1"}}] == body["sources"]


def test_the_id_of_a_relation_costs_nothing() -> None:
    """`nacelle_id` is a field like any other."""
    service = farm(2)
    assert ["n0", "n1"] == [t.nacelle_id.external_id for t in service.client().wind_turbine.list() if t.nacelle_id]
    assert ["list"] == service.paths()


def test_requests_grow_with_pages_not_with_objects() -> None:
    """Two pages of objects cost two requests for their nacelles."""
    service = farm(4)
    for turbine in service.client().wind_turbine.list().chunk_size(2):
        assert turbine.nacelle is not None
    assert ["list", "byids", "list", "byids"] == service.paths()


def test_ids_are_asked_for_by_the_thousand() -> None:
    """A list of direct relations with 1,500 targets takes two requests, and keeps order and duplicates."""
    service = FakeService()
    targets = [f"x{number}" for number in range(1500)]
    for target in targets:
        service.node("WindTurbine", target, name=target)
    service.node("WindTurbine", "t", name="T", mentors=[reference(name) for name in [*targets, "x0", "gone"]])
    turbine = service.client().wind_turbine.retrieve("t")
    assert turbine is not None
    service.requests.clear()
    assert [*targets, "x0"] == [mentor.external_id for mentor in turbine.mentors]
    assert [501, 1000] == sorted(len(body["items"]) for _, body in service.requests)
    service.requests.clear()
    assert 1501 == len(turbine.mentors[0].mentors.all()) + len(turbine.mentors)
    assert [] == service.paths()


def test_targets_in_other_spaces_and_without_a_view() -> None:
    """A relation without a target view gives bare nodes, wherever they are."""
    service = farm(2)
    one, two = service.client().wind_turbine.list()
    service.requests.clear()
    assert one.site is not None
    assert ("elsewhere", "site") == (one.site.space, one.site.external_id)
    assert one.site is two.site
    ((_, body),) = service.requests
    assert "sources" not in body


def test_a_target_that_is_gone_is_none() -> None:
    """Dangling direct relations are ordinary: None for one, left out of many."""
    service = farm(3)
    del service.instances["wind_data", "n1"]
    del service.instances["wind_data", "t0"]
    turbines = service.client().wind_turbine.list().all()
    assert [False, True] == [turbine.nacelle is not None for turbine in turbines]
    assert [[], ["t1"]] == [[mentor.external_id for mentor in turbine.mentors] for turbine in turbines]


def test_what_points_nowhere_is_not_asked_for() -> None:
    """A relation that is null is None, or empty, without a request."""
    service = FakeService()
    service.node("WindTurbine", "t", name="T")
    turbine = service.client().wind_turbine.list()[0]
    service.requests.clear()
    assert (None, None, []) == (turbine.nacelle, turbine.site, turbine.mentors.all())
    assert [] == service.paths()


def test_reverse_relations_are_one_query_for_all_parents() -> None:
    """The children of all objects of the page come with one query, filtered by the property that points back."""
    service = farm(3)
    turbines = service.client().wind_turbine.list().all()
    service.requests.clear()
    assert [["w00", "w01"], ["w10", "w11"], ["w20", "w21"]] == [
        [order.external_id for order in turbine.work_orders] for turbine in turbines
    ]
    ((path, body),) = service.requests
    assert "/models/instances/query" == path
    in_parents = {"property": ["sp", "WorkOrder/v1", "turbine"], "values": [reference(f"t{n}") for n in range(3)]}
    assert {"in": in_parents} == body["with"]["nodes"]["nodes"]["filter"]["and"][-1]
    service.requests.clear()
    assert "w10" == getattr(turbines[1].latest_order, "external_id", None)
    nacelle = service.client().nacelle.retrieve("n2")
    assert nacelle is not None
    assert "T2" == getattr(nacelle.turbine, "name", None)


def test_reverse_relations_are_read_to_the_last_page() -> None:
    """What does not fit into one page of the service is fetched, too."""
    service = farm(3, page_size=2)
    turbine = service.client().wind_turbine.retrieve("t1")
    assert turbine is not None
    service.requests.clear()
    assert 2 == len(turbine.work_orders)
    assert ["query"] == service.paths()
    turbines = service.client().wind_turbine.retrieve(["t0", "t1", "t2"])
    service.requests.clear()
    assert [2, 2, 2] == [len(each.work_orders) for each in turbines]
    assert ["query", "query", "query"] == service.paths()


def test_reverse_relations_through_a_list_and_a_container() -> None:
    """A list of direct relations is asked with `containsAny`; a child belongs to each parent it names."""
    service = farm(3)
    turbines = service.client().wind_turbine.list().all()
    service.requests.clear()
    logs = [[log.external_id for log in turbine.logs] for turbine in turbines]
    assert [["l0", "l1", "l2"], ["l1"], ["l2"]] == logs
    ((_, body),) = service.requests
    condition = body["with"]["nodes"]["nodes"]["filter"]["and"][-1]
    assert ["sp", "Log", "turbines"] == condition["containsAny"]["property"]


@pytest.mark.parametrize("name", ["anlegg", "site"])
def test_a_reverse_relation_under_another_name(name: str) -> None:
    """Where a container calls the property otherwise, children cannot be told apart, and each parent is asked alone."""

    class Farm(PygenResource):
        __pygen__ = ViewInfo(ViewId("sp", "Farm", "v1"))
        turbines = ToMany[WindTurbine](Reverse(ContainerId("sp", "Store"), name))

    service = farm(2)
    for farm_name, members in (("f0", ["t0"]), ("f1", ["t1"]), ("f2", [])):
        service.node("Farm", farm_name)
        for member in members:
            # `site` is a name that the view has, too, but for another property.
            service.instances["wind_data", member]["properties"]["sp"]["Store"] = {name: reference(farm_name)}
    session = service.client()._session
    farms = session.run(retrieve_plan(Farm, session, [NodeId("wind_data", f"f{n}") for n in range(3)]))
    service.requests.clear()
    assert [["t0"], ["t1"], []] == [[turbine.external_id for turbine in each.turbines] for each in farms]
    assert ["query"] * (4 if name == "site" else 3) == service.paths()


def test_edges_and_their_far_nodes_come_together() -> None:
    """A relation over edges costs one query for edges and nodes, whatever the number of objects."""
    service = farm(3)
    turbines = service.client().wind_turbine.list().all()
    service.requests.clear()
    blades = [[blade.external_id for blade in turbine.blades] for turbine in turbines]
    assert [["b0a", "b0b"], ["b1a", "b1b"], ["b2a", "b2b"]] == blades
    ((_, body),) = service.requests
    is_type, from_parents = body["with"]["edges"]["edges"]["filter"]["and"]
    type_ = {"space": "sp", "externalId": "WindTurbine.blades"}
    assert {"property": ["edge", "type"], "value": type_} == is_type["equals"]
    assert ["edge", "startNode"] == from_parents["in"]["property"]
    assert {"from": "edges", "chainTo": "destination"}.items() <= body["with"]["nodes"]["nodes"].items()
    assert {} == body["select"]["edges"]
    blade: Blade = turbines[1].blades[0]
    service.requests.clear()
    assert "T1" == getattr(blade.turbine, "name", None)
    ((_, body),) = service.requests
    assert ["edge", "endNode"] == body["with"]["edges"]["edges"]["filter"]["and"][1]["in"]["property"]
    assert "source" == body["with"]["nodes"]["nodes"]["chainTo"]


def test_edges_are_read_to_the_last_page() -> None:
    """Edges that do not fit into one answer come page by page, each with the nodes that they lead to."""
    service = farm(3, page_size=4)
    turbines = service.client().wind_turbine.list().all()
    service.requests.clear()
    blades = [[blade.external_id for blade in turbine.blades] for turbine in turbines]
    assert [["b0a", "b0b"], ["b1a", "b1b"], ["b2a", "b2b"]] == blades
    assert ["query", "query"] == service.paths()


def test_links_carry_the_edge() -> None:
    """Relations with edge properties give node and edge, in both directions, for one and for many."""
    service = farm(3)
    turbine = service.client().wind_turbine.list()[2]
    (link,) = turbine.metmasts
    assert ("M2", 20.0) == (link.node.name, link.edge.distance)
    sources = service.requests[1][1]["select"]["edges"]["sources"]
    assert {"Distance"} == {source["source"]["externalId"] for source in sources}
    assert turbine.main_mast is not None
    assert 1.0 == turbine.main_mast.edge.distance
    (back,) = link.node.turbines
    assert ("T2", 20.0) == (back.node.name, back.edge.distance)


def test_an_edge_to_nowhere_is_left_out() -> None:
    """An edge whose far node is gone, or invisible through the view, is no link."""
    service = farm(1)
    del service.instances["wind_data", "b0a"]
    turbine = service.client().wind_turbine.list()[0]
    assert ["b0b"] == [blade.external_id for blade in turbine.blades]


def test_nested_relations_load_for_all_targets() -> None:
    """Targets are a page of their own: the second step costs as many requests as the first."""
    service = farm(4)
    turbines = service.client().wind_turbine.list().all()
    service.requests.clear()
    names = [getattr(blade.turbine, "name", None) for turbine in turbines for blade in turbine.blades]
    assert ["T0", "T0", "T1", "T1", "T2", "T2", "T3", "T3"] == names
    assert ["query", "query"] == service.paths()
    assert turbines[1].blades[0].turbine is turbines[1]


def test_a_relation_behaves_like_a_list() -> None:
    """Length, index, slice, membership, truth and comparison work; it is loaded once."""
    service = farm(2)
    turbine = service.client().wind_turbine.list()[0]
    blades = turbine.blades
    assert "<WindTurbine.blades: not loaded>" == repr(blades)
    assert 2 == len(blades)
    assert blades
    assert blades[0] in blades
    assert "b0b" == blades[-1].external_id
    assert [blades[1]] == blades[1:]
    assert blades == turbine.blades
    assert blades == blades.all()
    assert "<WindTurbine.blades: 2 loaded>" == repr(blades)
    assert ["list", "query"] == service.paths()


def test_only_objects_that_wait_are_loaded() -> None:
    """Objects whose relation is there already, or that are no longer used, are not asked for."""
    service = farm(3)
    turbines = service.client().wind_turbine.list().all()
    turbines[0].nacelle = service.client().nacelle.retrieve("n2")
    del turbines[1]
    service.requests.clear()
    assert turbines[1].nacelle is not None
    ((_, body),) = service.requests
    assert ["n2"] == [item["externalId"] for item in body["items"]]


def test_assigning_a_relation_sets_its_id() -> None:
    """An object, an id or None can be assigned; an object counts as loaded, and the id field follows."""
    service = farm(2)
    client = service.client()
    turbine, other = client.wind_turbine.list()
    nacelle = client.nacelle.retrieve("n1")
    turbine.nacelle = nacelle
    assert NodeId("wind_data", "n1") == turbine.nacelle_id
    service.requests.clear()
    assert turbine.nacelle is nacelle
    assert [] == service.paths()
    turbine.nacelle = NodeId("wind_data", "n0")
    assert "n0" == getattr(turbine.nacelle, "external_id", None)
    turbine.nacelle = None
    assert [None] == [turbine.nacelle_id]
    turbine.nacelle_id = NodeId("wind_data", "n1")
    assert "n1" == getattr(turbine.nacelle, "external_id", None)
    turbine.mentors = [other, turbine]
    assert ["t1", "t0"] == [key.external_id for key in turbine.mentors_ids or ()]
    assert other is turbine.mentors[0]
    turbine.mentors = None
    assert [] == turbine.mentors.all()


def test_what_cannot_be_assigned_says_why() -> None:
    """Relations stored elsewhere, and values that are no nodes, are refused."""
    turbine: Any = farm(1).client().wind_turbine.list()[0]
    with pytest.raises(NotWritableError, match=r"WindTurbine.work_orders cannot be written: .* at the other end"):
        turbine.work_orders = []
    with pytest.raises(NotWritableError, match=r"WindTurbine.blades cannot be written: .* as edges"):
        turbine.blades = []
    with pytest.raises(NotWritableError, match=r"WindTurbine.metmasts cannot be written: .* as edges"):
        turbine.metmasts = []
    with pytest.raises(TypeError, match="takes a node that was read, or its NodeId, not int"):
        turbine.nacelle = 3


def test_async_relations_name_the_line_to_write() -> None:
    """A touch that would have to wait raises, and the message holds the line that works."""
    service = farm(2)

    async def use() -> None:
        async with service.async_client() as client:
            t, other = await client.wind_turbine.list().all()
            with pytest.raises(RelationNotLoadedError, match=r"`await w.load\(WindTurbine.nacelle\)`") as caught:
                _ = t.nacelle
            assert "await w.load(WindTurbine.nacelle)" == caught.value.line
            with pytest.raises(RelationNotLoadedError, match="blades"):
                list(t.blades)
            nacelle = await t.load(WindTurbine.nacelle)
            assert nacelle is not None
            assert 300.0 == nacelle.weight
            assert t.nacelle is nacelle
            service.requests.clear()
            assert 301.0 == getattr(other.nacelle, "weight", None)
            assert [] == service.paths()
            assert ["b0a", "b0b"] == [blade.external_id async for blade in t.blades]
            assert ["b1a", "b1b"] == [blade.external_id for blade in other.blades]
            assert ["query"] == service.paths()
            assert ["T0"] == [mentor.name for mentor in await other.mentors.aall()]
            assert [10.0] == [link.edge.distance for link in await other.load(WindTurbine.metmasts)]
            assert [] == await t.load(WindTurbine.mentors)

    asyncio.run(use())


def test_load_works_on_objects_of_a_sync_client() -> None:
    """Code written for the asynchronous client runs on the other one's objects."""
    turbine = farm(1).client().wind_turbine.list()[0]
    nacelle = asyncio.run(turbine.load(WindTurbine.nacelle))
    assert nacelle is turbine.nacelle
    with pytest.raises(TypeError, match=r"WindTurbine has no relation Blade\.turbine"):
        asyncio.run(turbine.load(Blade.turbine))
