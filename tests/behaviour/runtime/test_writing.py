"""Writing through a generated SDK: upsert, save, refresh, delete."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import httpx
import pydantic
import pytest

from pygen.runtime import (
    DetachedError,
    EdgeId,
    LinkWrite,
    NodeId,
    NotWritableError,
    PygenResource,
    PygenWrite,
    SdkError,
    UpsertError,
    UpsertResult,
)
from tests.behaviour.runtime.fake import BASE_URL, FakeService, farm, reference
from tests.behaviour.runtime.windsdk import (
    AnnotationWrite,
    BladeWrite,
    DistanceWrite,
    HostileWrite,
    MetmastWrite,
    NacelleWrite,
    WindClient,
    WindTurbineWrite,
)

VIEW = {"type": "view", "space": "sp", "externalId": "WindTurbine", "version": "v1"}


def sent(service: FakeService) -> list[dict[str, Any]]:
    """The items of all requests so far."""
    items = [item for path, body in service.requests for item in body["items"] if path == "/models/instances"]
    service.requests.clear()
    return items


def test_only_what_is_set_is_sent() -> None:
    """Fields that are not set keep their value; an explicit None clears one; the node's type is written."""
    service = FakeService()
    service.client().upsert(WindTurbineWrite(external_id="t", name="T", capacity=None))
    assert [
        {
            "instanceType": "node",
            "space": "wind_data",
            "externalId": "t",
            "type": {"space": "sp", "externalId": "WindTurbine"},
            "sources": [{"source": VIEW, "properties": {"name": "T", "capacity": None}}],
        }
    ] == sent(service)


def test_values_in_the_form_of_the_wire() -> None:
    """Timestamps carry milliseconds and an offset, whatever their precision; naive ones are UTC."""
    service = FakeService()
    east = dt.timezone(dt.timedelta(hours=2))
    moments = [dt.datetime(2024, 3, 1, 8, 30, 0, 250999, tzinfo=dt.UTC), dt.datetime(2024, 3, 1, 10, tzinfo=east)]
    moments.append(dt.datetime(2024, 3, 1, 8, 30))  # noqa: DTZ001 -- the case in question
    day = dt.date(2050, 1, 2)
    service.client().upsert(
        WindTurbineWrite(external_id=f"t{n}", name="T", installed=moment, decommission=day, settings={"a": [1, None]})
        for n, moment in enumerate(moments)
    )
    properties = [item["sources"][0]["properties"] for item in sent(service)]
    assert [
        "2024-03-01T08:30:00.250+00:00",
        "2024-03-01T10:00:00.000+02:00",
        "2024-03-01T08:30:00.000+00:00",
    ] == [each["installed"] for each in properties]
    assert ("2050-01-02", {"a": [1, None]}) == (properties[0]["decommission"], properties[0]["settings"])


def test_nested_objects_are_written_along_once() -> None:
    """Targets come before what points to them, nodes before edges, each object once, cycles included."""
    service = FakeService()
    blade = BladeWrite(external_id="b", name="B")
    turbine = WindTurbineWrite(
        external_id="t",
        name="T",
        nacelle=NacelleWrite(external_id="n", weight=1.0),
        mentors=["t9", ("other", "t8"), NodeId("wind_data", "t7")],
        blades=[blade, "b2"],
    )
    blade.turbine = turbine
    result = service.client().upsert([turbine, blade])
    items = sent(service)
    assert ["n", "b", "t"] == [item["externalId"] for item in items if item["instanceType"] == "node"]
    assert ["node", "node", "node", "edge", "edge"] == [item["instanceType"] for item in items]
    properties = items[2]["sources"][0]["properties"]
    assert reference("n") == properties["nacelle"]
    assert [reference("t9"), reference("t8", "other"), reference("t7")] == properties["mentors"]
    assert "blades" not in properties
    edge = items[3]
    assert (reference("t"), reference("b")) == (edge["startNode"], edge["endNode"])
    assert "sp/WindTurbine.blades:wind_data/t:wind_data/b" == edge["externalId"]
    assert ({NodeId("wind_data", "n"), NodeId("wind_data", "b"), NodeId("wind_data", "t")}, 2) == (
        {item.id for item in result.nodes},
        len(result.edges),
    )


def test_long_chains_need_no_deep_recursion() -> None:
    """Five thousand objects, each nested in the next, are written."""
    service = FakeService()
    turbine = WindTurbineWrite(external_id="t0", name="T")
    for number in range(1, 5000):
        turbine = WindTurbineWrite(external_id=f"t{number}", name="T", mentors=[turbine])
    result = service.client().upsert(turbine)
    assert [1000] * 5 == [len(body["items"]) for _, body in service.requests]
    assert {"created": 5000} == result.counts()


def test_edges_with_properties() -> None:
    """A `LinkWrite` gives the edge's properties; ends, type, space and external id are filled in."""
    service = FakeService()
    service.client().upsert(
        WindTurbineWrite(
            external_id="t",
            name="T",
            metmasts=[
                LinkWrite(MetmastWrite(external_id="m", name="M"), DistanceWrite(distance=3.0, surveyor="s")),
                LinkWrite("m2", DistanceWrite(external_id="own", space="own_space", distance=4.0)),
                "m3",
            ],
            main_mast="m2",
        )
    )
    mast, turbine, *edges = sent(service)
    assert ("m", "t") == (mast["externalId"], turbine["externalId"])
    assert {"distance": 3.0, "surveyor": reference("s")} == edges[0]["sources"][0]["properties"]
    assert ("own", "own_space", reference("m2")) == (edges[1]["externalId"], edges[1]["space"], edges[1]["endNode"])
    assert "sources" not in edges[2]
    assert {"space": "sp", "externalId": "mainMast"} == edges[3]["type"]


def test_edges_by_themselves() -> None:
    """An edge is written with its ends; without them it is refused before anything is sent."""
    service = FakeService()
    client = service.client()
    edge = AnnotationWrite(name="look", edge_type=NodeId("sp", "remark"), start_node="t", end_node=("other", "m"))
    client.annotation.upsert(edge)
    (item,) = sent(service)
    assert ("edge", reference("t"), reference("m", "other")) == (
        item["instanceType"],
        item["startNode"],
        item["endNode"],
    )
    assert "sp/remark:wind_data/t:other/m" == item["externalId"]
    with pytest.raises(SdkError, match="AnnotationWrite 'e' has no start_node, end_node"):
        client.upsert(AnnotationWrite(external_id="e", name="look", edge_type=NodeId("sp", "remark")))
    link = LinkWrite("m", DistanceWrite(distance=1.0, end_node="m9"))
    with pytest.raises(SdkError, match="where the relation has"):
        client.upsert(WindTurbineWrite(external_id="t", name="T", metmasts=[link]))
    assert [] == sent(service)


def test_one_instance_in_several_parts() -> None:
    """Parts of one instance are put together; parts that contradict each other are refused."""
    service = FakeService()
    client = service.client()
    client.upsert([BladeWrite(external_id="x", name="X"), HostileWrite(external_id="x", id=1)])
    (item,) = sent(service)
    assert ["Blade", "Hostile"] == [source["source"]["externalId"] for source in item["sources"]]
    with pytest.raises(SdkError, match="two objects give wind_data:x different values of name"):
        client.upsert([BladeWrite(external_id="x", name="X"), BladeWrite(external_id="x", name="Y")])


def test_the_space_of_what_is_written() -> None:
    """An object's own space wins over the client's, that over the SDK's."""
    service = FakeService()
    transport = httpx.MockTransport(service.answer)
    client = WindClient(
        base_url=BASE_URL, project="wind", credentials="token", transport=transport, instance_space="clients"
    )
    client.upsert([BladeWrite(external_id="a", name="A"), BladeWrite(external_id="b", name="B", space="own")])
    assert ["clients", "own"] == [item["space"] for item in sent(service)]
    assert ("clients", "wind_data") == (client.instance_space, service.client().instance_space)


def test_objects_are_checked_when_they_are_made() -> None:
    """Unknown fields, wrong types, empty ids and what names no node are refused at once."""
    wrong: list[dict[str, Any]] = [
        {"capasity": 1.0},
        {"capacity": "x"},
        {"capacity": float("nan")},
        {"state": "flying"},
        {"nacelle": 3},
        {"blades": [3]},
        {"external_id": ""},
        {"external_id": "x" * 257},
    ]
    for arguments in wrong:
        with pytest.raises(pydantic.ValidationError):
            WindTurbineWrite(**{"external_id": "t", "name": "T", **arguments})
    client = farm(1).client()
    turbine = client.wind_turbine.list()[0]
    with pytest.raises(TypeError, match="upsert takes objects of write classes, not WindTurbine; as_write"):
        client.upsert([turbine])  # type: ignore[list-item]


def test_a_refused_item_does_not_keep_others_from_being_written() -> None:
    """The request that is refused is cut until the item at fault stands alone; it carries the error."""
    service = FakeService()
    service.fail = lambda path, body: (
        httpx.Response(400, json={"error": {"code": 400, "message": "bad b1500"}})
        if any(item["externalId"] == "b1500" for item in body["items"])
        else None
    )
    with pytest.raises(UpsertError, match=r"bad b1500 .*\(2499 created, 1 failed\)") as caught:
        service.client().upsert(BladeWrite(external_id=f"b{n}", name="B") for n in range(2500))
    results = caught.value.results
    assert ["created", "failed", "created"] == [results.items[n].state for n in (0, 1500, 2400)]
    assert caught.value.__cause__ is results.items[1500].error
    assert "b1500" not in {external_id for _, external_id in service.instances}


def test_the_result_tells_versions() -> None:
    """Per item: what it is, whether it changed, its version and times; the same again changes nothing."""
    service = FakeService()
    client = service.client()
    blade = BladeWrite(external_id="b", name="B")
    (first,) = client.upsert(blade)
    (second,) = client.upsert(blade)
    assert (NodeId("wind_data", "b"), "created", 1) == (first.id, first.state, first.version)
    assert dt.datetime(2026, 1, 1, 0, 1, 40, tzinfo=dt.UTC) == first.created_time
    assert ("unchanged", 1) == (second.state, second.version)
    service.requests.clear()
    client.upsert(blade, replace=True)
    assert [True] == [body["replace"] for _, body in service.requests]


def test_save_sends_what_changed() -> None:
    """`save` sends changed fields only, also those changed in place, once, and keeps version and relations right."""
    service = farm(2)
    turbine = service.client().wind_turbine.list()[1]
    service.requests.clear()
    turbine.save()
    assert [] == service.requests
    turbine.capacity = 8.0
    turbine.name = turbine.name
    turbine.nacelle = None
    assert turbine.aliases is not None
    turbine.aliases.append("new")
    assert turbine.settings is not None
    turbine.settings["pitch"]["degrees"] = 4
    turbine.save()
    (item,) = sent(service)
    (source,) = item["sources"]
    assert VIEW == source["source"]
    changed = {"capacity": 8.0, "nacelle": None, "aliases": ["a", "x1", "new"], "settings": {"pitch": {"degrees": 4}}}
    assert changed == source["properties"]
    assert 2 == turbine.version
    turbine.save()
    assert [] == sent(service)
    turbine.aliases.append("newer")
    turbine.save()
    assert [{"aliases": ["a", "x1", "new", "newer"]}] == [item["sources"][0]["properties"] for item in sent(service)]


def test_a_failed_save_can_be_repeated() -> None:
    """When the service refuses, the changes are still there to be saved."""
    service = farm(1)
    turbine = service.client().wind_turbine.list()[0]
    turbine.capacity = 9.0
    service.fail = lambda path, body: httpx.Response(400, json={"error": {"code": 400, "message": "not now"}})
    with pytest.raises(Exception, match="not now"):
        turbine.save()
    service.fail = lambda path, body: None
    service.requests.clear()
    turbine.save()
    assert [{"capacity": 9.0}] == [item["sources"][0]["properties"] for item in sent(service)]


def test_save_of_an_edge_names_its_ends() -> None:
    """An edge item needs type and ends, also when only a property changed."""
    service = farm(2)
    distance = service.client().distance.list(start_node="t1", min_distance=5.0).one()
    distance.distance = 11.0
    service.requests.clear()
    distance.save()
    (item,) = sent(service)
    assert ("edge", reference("t1"), reference("m1")) == (item["instanceType"], item["startNode"], item["endNode"])


def test_what_cannot_be_saved_is_refused() -> None:
    """Read-only fields, values new to an enum, and objects of read-only views are refused by name."""
    service = farm(1)
    client = service.client()
    turbine = client.wind_turbine.list()[0]
    turbine.path = "x"
    with pytest.raises(NotWritableError, match=r"WindTurbine.path cannot be written: it is read-only"):
        turbine.save()
    turbine.refresh()
    turbine.state = "flying"
    with pytest.raises(NotWritableError, match=r"WindTurbine.state cannot be written: .*'running'.*not 'flying'"):
        turbine.save()
    log = client.log.list()[0]
    log.text = "x"
    with pytest.raises(NotWritableError, match="the view sp:Log"):
        log.save()
    with pytest.raises(pydantic.ValidationError):
        turbine.external_id = "other"
    with pytest.raises(pydantic.ValidationError):
        turbine.capacity = "x"  # type: ignore[assignment]
    with pytest.raises(ValueError, match="capasity"):
        turbine.capasity = 1.0  # type: ignore[attr-defined]


def test_an_unknown_enum_value_does_not_stop_other_changes() -> None:
    """Only what is sent is checked."""
    service = FakeService()
    service.node("WindTurbine", "t", name="T", state="self-aware")
    turbine = service.client().wind_turbine.list()[0]
    service.requests.clear()
    turbine.capacity = 1.0
    turbine.save()
    assert [{"capacity": 1.0}] == [item["sources"][0]["properties"] for item in sent(service)]
    with pytest.raises(NotWritableError, match=r"WindTurbineWrite.state cannot be written: .*not 'self-aware'"):
        turbine.as_write()


def test_as_write_is_the_same_data() -> None:
    """Fields that were read or set come along, relations as ids; writing it back changes nothing."""
    service = farm(2)
    client = service.client()
    turbine = client.wind_turbine.list()[1]
    written = turbine.as_write()
    assert isinstance(written, WindTurbineWrite)
    assert (NodeId("wind_data", "n1"), [NodeId("wind_data", "t0")]) == (written.nacelle, written.mentors)
    assert "description" not in written.model_fields_set
    assert None is written.existing_version
    distance = client.distance.list()[0].as_write()
    assert NodeId("sp", "distance") == distance.edge_type
    client.upsert(distance)
    written.existing_version = turbine.version
    service.requests.clear()
    client.upsert(written)
    assert 1 == sent(service)[0]["existingVersion"]


def test_refresh_reads_again_in_place() -> None:
    """Fields are new, unsaved changes and loaded relations are gone; a deleted object says so."""
    service = farm(2)
    client = service.client()
    turbine = client.wind_turbine.list()[0]
    assert turbine.nacelle is not None
    turbine.capacity = 99.0
    client.upsert(WindTurbineWrite(external_id="t0", name="Renamed", nacelle="n1"))
    turbine.refresh()
    assert ("Renamed", 6.0, 2) == (turbine.name, turbine.capacity, turbine.version)
    assert "n1" == getattr(turbine.nacelle, "external_id", None)
    turbine.aliases = []
    service.requests.clear()
    turbine.save()
    assert [{"aliases": []}] == [item["sources"][0]["properties"] for item in sent(service)]
    turbine.delete()
    with pytest.raises(DetachedError, match=r"WindTurbine \(wind_data:t0\) has been deleted"):
        turbine.refresh()


def test_delete_takes_objects_and_ids() -> None:
    """Objects that were read or written, ids, pairs and external ids; one or many; edges through their view."""
    service = farm(3)
    client = service.client()
    turbine = client.wind_turbine.list()[0]
    edge = client.distance.list()[0]
    given: list[PygenResource | PygenWrite | NodeId | tuple[str, str] | str] = [
        turbine,
        BladeWrite(external_id="b0a", name="B"),
        NodeId("wind_data", "n0"),
        ("wind_data", "m0"),
        "w00",
        edge,
    ]
    assert [
        NodeId("wind_data", "t0"),
        NodeId("wind_data", "b0a"),
        NodeId("wind_data", "n0"),
        NodeId("wind_data", "m0"),
        NodeId("wind_data", "w00"),
        EdgeId("wind_data", edge.external_id),
    ] == client.delete(given)
    assert [] == client.delete(turbine)
    assert [EdgeId("wind_data", "distance:t1:m1")] == client.distance.delete("distance:t1:m1")
    assert [NodeId("wind_data", "t1")] == client.wind_turbine.delete(["t1", "t1"])


def test_an_async_client_writes_the_same() -> None:
    """Upsert, save, refresh and delete with an await; without one they say what to write."""
    service = farm(1)

    async def write() -> UpsertResult:
        async with service.async_client() as client:
            result = await client.upsert(BladeWrite(external_id="b", name="B"))
            blade = await client.blade.retrieve("b")
            assert blade is not None
            blade.length = 3
            with pytest.raises(SdkError, match="write `await`"):
                blade.save()
            await blade.asave()
            await blade.arefresh()
            assert (3, 2) == (blade.length, blade.version)
            await blade.adelete()
            assert None is await client.blade.retrieve("b")
            await client.blade.upsert([BladeWrite(external_id="c", name="C")])
            assert [NodeId("wind_data", "c")] == await client.blade.delete("c")
            assert [] == await client.delete("c")
            return result

    assert {"created": 1} == asyncio.run(write()).counts()
