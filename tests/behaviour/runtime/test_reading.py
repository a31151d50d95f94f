"""Reading through a generated SDK: queries, pages, lookups."""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
import gc
import pickle
import weakref
from typing import Any

import httpx
import pytest

from pygen.runtime import (
    DecodeError,
    DetachedError,
    DmsTransportError,
    MultipleFoundError,
    NodeId,
    NotFoundError,
    PygenEdge,
)
from tests.behaviour.runtime.fake import FakeService, farm, reference
from tests.behaviour.runtime.windsdk import Annotation, Describable, WindClient, WindTurbine


def test_nothing_is_fetched_before_it_is_used() -> None:
    """A query is lazy: making, limiting and slicing it sends nothing."""
    service = farm()
    turbines = service.client().wind_turbine.list(min_capacity=1.0).limit(2)[1:]
    assert "<Query of WindTurbine" in repr(turbines)
    assert [] == service.paths()


def test_pages_are_fetched_as_the_iteration_gets_there() -> None:
    """With pages of two, the third object costs the second request, and the rest is never asked for."""
    service = farm(7)
    iterator = iter(service.client().wind_turbine.list().chunk_size(2))
    asked = [(next(iterator).external_id, len(service.requests)) for _ in range(5)]
    assert [("t0", 1), ("t1", 1), ("t2", 2), ("t3", 2), ("t4", 3)] == asked
    assert [None, "2", "4"] == [body.get("cursor") for _, body in service.requests]
    assert {2} == {body["limit"] for _, body in service.requests}


def test_each_iteration_asks_again() -> None:
    """A query keeps nothing: what was written meanwhile is seen."""
    service = farm(1)
    turbines = service.client().wind_turbine.list()
    assert 1 == len(turbines.all())
    service.node("WindTurbine", "new", name="New")
    assert 2 == len(turbines.all())
    assert ["list", "list"] == service.paths()


def test_fields_are_read_through_the_view_of_the_class() -> None:
    """Inherited fields come from the class's own view; absent ones are None; types are exact."""
    turbine = farm().client().wind_turbine.list()[1]
    assert ("T1", 7.0, "running", None) == (turbine.name, turbine.capacity, turbine.state, turbine.description)
    assert dt.datetime(2024, 3, 1, 8, 30, 0, 250000, tzinfo=dt.UTC) == turbine.installed
    assert NodeId("wind_data", "n1") == turbine.nacelle_id
    assert [NodeId("wind_data", "t0")] == turbine.mentors_ids
    assert {"pitch": {"degrees": 3}} == turbine.settings
    assert ("wind_data", "t1", 1) == (turbine.space, turbine.external_id, turbine.version)
    assert dt.datetime(2026, 1, 1, 0, 1, 40, tzinfo=dt.UTC) == turbine.created_time


def test_a_limit_is_asked_for_and_kept() -> None:
    """`limit` shortens the last request, spans pages, and zero sends nothing."""
    service = farm(7)
    turbines = service.client().wind_turbine.list().chunk_size(2)
    assert ["t0", "t1", "t2"] == [turbine.external_id for turbine in turbines.limit(3)]
    assert [2, 1] == [body["limit"] for _, body in service.requests]
    service.paths()
    assert [] == turbines.limit(3).limit(0).all()
    assert [] == service.paths()
    with pytest.raises(ValueError, match="negative"):
        turbines.limit(-1)
    with pytest.raises(ValueError, match="1 to 1000"):
        turbines.chunk_size(1001)


def test_slices_are_queries_and_an_index_is_one_request() -> None:
    """`q[0]` asks for one instance, `q[a:b]` for nothing yet; both count within the limit."""
    service = farm(7)
    turbines = service.client().wind_turbine.list()
    assert "t0" == turbines[0].external_id
    assert [1] == [body["limit"] for _, body in service.requests]
    assert "t3" == turbines[3].external_id
    assert ["t2", "t3"] == [turbine.external_id for turbine in turbines[2:4]]
    assert ["t3"] == [turbine.external_id for turbine in turbines[2:5][1:2]]
    assert ["t5", "t6"] == [turbine.external_id for turbine in turbines.chunk_size(2)[5:]]
    service.requests.clear()
    assert [] == turbines[4:2].all()
    assert [] == turbines[4:4].values("name").all()
    assert [] == service.requests
    with pytest.raises(IndexError, match="fewer than 8"):
        turbines[7]
    with pytest.raises(IndexError, match="no known end"):
        turbines[-1]
    with pytest.raises(ValueError, match="forwards"):
        turbines[::2]


def test_first_and_one() -> None:
    """`first` is None without a match; `one` insists on exactly one, with a single request."""
    service = farm()
    turbines = service.client().wind_turbine
    first = turbines.list().first()
    assert first is not None
    assert "t0" == first.external_id
    assert None is turbines.list(name="X").first()
    service.paths()
    assert "t1" == turbines.list(name="T1").one().external_id
    assert ["list"] == service.paths()
    with pytest.raises(NotFoundError, match="no WindTurbine"):
        turbines.list(name="X").one()
    with pytest.raises(MultipleFoundError, match="more than one WindTurbine"):
        turbines.list().one()


def test_the_length_points_to_count() -> None:
    """`len` would fetch everything, so it is refused; so is the truth of a query."""
    service = farm()
    turbines = service.client().wind_turbine.list(min_capacity=7.0)
    with pytest.raises(TypeError, match=r"count\(\)"):
        len(turbines)
    with pytest.raises(TypeError, match=r"count\(\)"):
        bool(turbines)
    assert 2 == turbines.count()
    assert 1 == turbines.limit(1).count()
    assert 1 == turbines[1:].count()
    assert {"aggregate"} == set(service.paths())
    with pytest.raises(ValueError, match=r"start_at\(\)"):
        turbines.start_at("c").count()


def test_a_page_and_its_cursor() -> None:
    """`page` gives one page and leads to the next, for whoever pages on his own."""
    service = farm(3)
    turbines = service.client().wind_turbine.list().chunk_size(2)
    page = turbines.page()
    assert (2, "2", "t0") == (len(page), page.next_cursor, page[0].external_id)
    last = turbines.page(cursor=page.next_cursor)
    assert (["t2"], None) == ([turbine.external_id for turbine in last], last.next_cursor)
    assert ["list", "list"] == service.paths()
    with pytest.raises(ValueError, match="chunk_size"):
        turbines.limit(1).page()


def test_retrieve_one_or_several() -> None:
    """One id gives an object or None; several give those that exist, in the order asked, in requests of 1,000."""
    service = farm(3)
    turbines = service.client().wind_turbine
    one = turbines.retrieve("t1")
    assert one is not None
    assert "T1" == one.name
    assert None is turbines.retrieve(("nowhere", "t1"))
    service.paths()
    many = turbines.retrieve([*(f"x{n}" for n in range(1000)), "t2", NodeId("wind_data", "t0"), "t2"])
    assert ["t2", "t0"] == [turbine.external_id for turbine in many]
    assert [2, 1000] == sorted(len(body["items"]) for _, body in service.requests)
    service.paths()
    assert [] == turbines.retrieve([])
    assert [] == service.paths()


def test_an_async_client_reads_the_same() -> None:
    """Queries, pages and lookups give the same objects with an await."""
    service = farm(5)

    async def read() -> tuple[list[str], list[str], int, str | None, str]:
        async with service.async_client() as client:
            turbines = client.wind_turbine.list().chunk_size(2)
            names = [turbine.name async for turbine in turbines]
            part = [turbine.name for turbine in await turbines[1:3].all()]
            found = await client.wind_turbine.retrieve("t2")
            page = await turbines.page()
            one = await client.wind_turbine.list(name="T4").one()
            assert None is await client.wind_turbine.list(name="X").first()
            assert ["t1"] == [each.external_id for each in await client.wind_turbine.retrieve(["t1", "x"])]
            assert one.external_id == "t4"
            untyped: Any = turbines
            with pytest.raises(TypeError, match="iterated with `async for`"):
                list(untyped)
            return names, part, await turbines.count(), page.next_cursor, found.name if found else ""

    assert (["T0", "T1", "T2", "T3", "T4"], ["T1", "T2"], 5, "2", "T2") == asyncio.run(read())


def test_unknown_values_from_a_newer_server_are_tolerated() -> None:
    """A property or an enum value that the SDK does not know is no reason to fail."""
    service = FakeService()
    service.node("WindTurbine", "t", name="T", state="self-aware", novelty=[1])
    service.instances["wind_data", "t"]["mood"] = "fine"
    turbine = service.client().wind_turbine.list()[0]
    assert "self-aware" == turbine.state


def test_names_that_clash_are_harmless() -> None:
    """Properties called `list`, `type`, `version` or `properties` are read from their own place."""
    service = FakeService()
    values: dict[str, Any] = {"copy": 1, "id": 2, "list": ["a"], "min_x": 3, "model_name": "m", "7": 7, "properties": 4}
    service.node("Hostile", "full", **values, str="s", type="t", version=9, x=5)
    service.node("Hostile", "empty")
    service.instances["wind_data", "empty"]["type"] = reference("some type")
    full, empty = service.client().hostile.list().all()
    assert (1, 2, ["a"], 3, "m", 7) == (full.copy_, full.id, full.list, full.min_x, full.model_name, full.prop_7)
    assert (4, "s", "t", 9, 1, 5) == (full.properties, full.str, full.type, full.version_, full.version, full.x)
    assert (None, None, None) == (empty.type, empty.version_, empty.properties)
    assert NodeId("wind_data", "some type") == empty.node_type


def test_edges_are_read_through_their_view() -> None:
    """An edge view, with a parent view or without, gives objects with both ends and the type of the edge."""
    service = farm()
    service.edge("remark", "t0", "m1", view="Annotation", external_id="e", name="look here", confidence=0.5)
    client = service.client()
    distance = client.distance.list(start_node="t1", min_distance=5.0).one()
    assert (10.0, NodeId("wind_data", "m1")) == (distance.distance, distance.end_node)
    assert NodeId("sp", "distance") == distance.edge_type
    assert None is distance.node_type
    remark = client.annotation.retrieve("e")
    assert remark is not None
    assert ("look here", 0.5, NodeId("wind_data", "t0")) == (remark.name, remark.confidence, remark.start_node)
    assert issubclass(Annotation, Describable)
    assert issubclass(Annotation, PygenEdge)


def test_what_an_object_knows_beside_its_fields_stays_out_of_the_way() -> None:
    """The page and loaded relations take no part in `==`, `repr`, copies and pickles; a copy is detached."""
    turbines = farm().client().wind_turbine
    one, other = turbines.list()[0], turbines.list()[0]
    assert one.nacelle is not None
    assert one == other
    assert repr(one) == repr(other)
    for made in (copy.copy(one), copy.deepcopy(one), one.model_copy(), pickle.loads(pickle.dumps(one))):
        assert one == made
        with pytest.raises(DetachedError, match=r"WindTurbine \(wind_data:t0\)"):
            _ = made.nacelle


def test_objects_are_made_by_field_name() -> None:
    """For tests of one's own, a resource is made from its field names, and a wrong name is refused."""
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    turbine = WindTurbine(
        space="s", external_id="t", version=1, created_time=moment, last_updated_time=moment, name="T", capacity=3.0
    )
    assert ("T", 3.0, None) == (turbine.name, turbine.capacity, turbine.state)
    assert None is turbine.nacelle
    with pytest.raises(DetachedError, match="belongs to no client"):
        turbine.save()
    with pytest.raises(TypeError, match="WindTurbine has no field 'nam'"):
        WindTurbine(nam="T")  # type: ignore[call-arg]
    assert turbine == WindTurbine(**turbine.model_dump())


def test_an_answer_that_does_not_fit_says_where() -> None:
    """A required property that is missing names view, place and request, not the data."""
    service = FakeService()
    service.node("WindTurbine", "t", name="T")
    service.node("WindTurbine", "u", capacity="secret")
    strict = WindClient.from_client(service.client().client, validation="strict")
    with pytest.raises(DecodeError) as caught:
        strict.wind_turbine.list().all()
    message = str(caught.value)
    assert "WindTurbine (sp:WindTurbine(v1))" in message
    assert "items.1.name: Field required" in message
    assert "request id r1" in message
    assert "secret" not in message


def test_one_kept_object_does_not_keep_its_page() -> None:
    """Siblings are held weakly: a page goes when its objects are no longer used, without the cyclic collector."""
    service = farm(3)
    gc.disable()
    try:
        kept, *others = service.client().wind_turbine.list().all()
        references = [weakref.ref(other) for other in others]
        del others
        assert [None, None] == [ref() for ref in references]
        assert kept.nacelle is not None
    finally:
        gc.enable()
    assert 1 == len(service.requests[-1][1]["items"])


def test_an_answer_without_items_is_refused() -> None:
    """A body that is no page is a transport error, not an empty result."""
    service = farm()
    service.fail = lambda path, body: httpx.Response(200, json={"nothing": 1})
    with pytest.raises(DmsTransportError, match="the answer has no items"):
        service.client().wind_turbine.list().all()
    service.fail = lambda path, body: httpx.Response(200, content=b"<html>")
    with pytest.raises(DmsTransportError, match="the answer is not JSON"):
        service.client().wind_turbine.list().all()
