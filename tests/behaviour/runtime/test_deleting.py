"""Deleting through an SDK: by object, by id, by condition, and by query."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from windfarm.sdk import BladeWrite, DistanceWrite, MetmastWrite, WindfarmClient, WindTurbineWrite

from pygen.client.exceptions import DmsApplyError
from pygen.runtime import (
    DetachedError,
    EdgeId,
    Filter,
    LinkWrite,
    NodeId,
    NotFoundError,
    NotWritableError,
    SdkError,
)
from tests.behaviour.runtime.written_farm import SPACE, Farm, open_farm


@pytest.fixture
def farm() -> Iterator[Farm]:
    """A farm with a turbine, two masts and five blades."""
    with open_farm() as opened:
        with opened.client() as client:
            client.upsert(
                WindTurbineWrite(
                    external_id="t",
                    name="T",
                    blades=[BladeWrite(external_id=f"b{number}", name=f"B{number}") for number in range(5)],
                    metmasts=[
                        LinkWrite(MetmastWrite(external_id=name, name=name), DistanceWrite(distance=float(number)))
                        for number, name in enumerate(["m0", "m1"])
                    ],
                )
            )
        opened.sent.bodies.clear()
        yield opened


@pytest.fixture
def client(farm: Farm) -> Iterator[WindfarmClient]:
    """A client of it."""
    with farm.client() as opened:
        yield opened


def blades(client: WindfarmClient) -> list[str]:
    """The blades that are left."""
    return sorted(blade.external_id for blade in client.blade.list())


def test_by_whatever_names_an_instance(client: WindfarmClient) -> None:
    """Objects that were read or written, ids, pairs and external ids; one, or several of any kind."""
    blade = client.blade.list(external_id="b0").one()
    assert [NodeId(SPACE, "b0")] == client.blade.delete(blade)
    assert [NodeId(SPACE, "b1")] == client.blade.delete("b1")
    several: list[Any] = [(SPACE, "b2"), NodeId(SPACE, "b3"), BladeWrite(external_id="b4", name="any"), "unknown", "b2"]
    assert [NodeId(SPACE, name) for name in ("b2", "b3", "b4")] == client.delete(several)
    assert [] == client.delete([])
    assert [] == blades(client)


def test_what_names_nothing_is_refused(farm: Farm, client: WindfarmClient) -> None:
    """Nothing is sent: a dict's keys are not ids, and an object without an id names nothing."""
    wrong: list[tuple[Any, type[Exception], str]] = [
        ({"space": SPACE, "externalId": "b0"}, TypeError, "a dict names no instance"),
        (BladeWrite(name="B"), SdkError, "this BladeWrite has no external_id"),
        ([3], TypeError, "int does not name a node"),
        (None, TypeError, r"NoneType names no instance: give an object, a NodeId, \(space, external_id\)"),
    ]
    for given, error, message in wrong:
        with pytest.raises(error, match=message):
            client.delete(given)
    assert [] == farm.sent.bodies


def test_by_condition(client: WindfarmClient) -> None:
    """A filter, or a function that makes one of the class."""
    assert [NodeId(SPACE, "b3")] == client.blade.delete(lambda blade: blade.name == "B3")
    assert [NodeId(SPACE, "b0"), NodeId(SPACE, "b1")] == sorted(
        client.blade.delete(Filter.instances([NodeId(SPACE, "b0"), NodeId(SPACE, "b1"), NodeId(SPACE, "x")]))
    )
    assert ["b2", "b4"] == blades(client)


def test_by_query(client: WindfarmClient) -> None:
    """Only what the query finds: with its condition, order, start and limit."""
    assert [NodeId(SPACE, "b4")] == client.blade.list().order_by(lambda blade: blade.name.desc()).limit(1).delete()
    assert [NodeId(SPACE, "b1")] == client.blade.list(name_prefix="B").order_by(lambda blade: blade.name)[1:2].delete()
    assert [NodeId(SPACE, "b0")] == client.delete(client.blade.list(name="B0"))
    assert [] == client.blade.list(name="B0").delete()
    assert ["b2", "b3"] == blades(client)


def test_everything_must_be_said(farm: Farm, client: WindfarmClient) -> None:
    """A query that leaves nothing out deletes only if that is meant."""
    queries: list[Any] = [client.blade.list(), client.blade.select(), client.blade.list(Filter.all([]))]
    for query in queries:
        with pytest.raises(SdkError, match=r"every Blade that there is.*delete\(everything=True\)"):
            query.delete()
        with pytest.raises(SdkError, match="every Blade that there is"):
            client.delete(query)
    with pytest.raises(SdkError, match="every Blade that there is"):
        client.blade.delete(Filter.all([]))
    assert [] == farm.sent.bodies
    assert 5 == len(client.blade.list().delete(everything=True))
    assert [] == blades(client)


def test_edges_are_deleted_as_edges(client: WindfarmClient) -> None:
    """In the API of an edge view an external id means an edge; nodes take their edges along."""
    first, second = client.distance.list().order_by(lambda distance: distance.distance)
    assert [EdgeId(SPACE, first.external_id)] == client.distance.delete(first.external_id)
    assert [second.as_edge_id()] == client.distance.list(min_distance=0.5).delete()
    assert ["m0", "m1"] == sorted(mast.external_id for mast in client.metmast.list())
    client.wind_turbine.delete("t")
    assert 5 == len(blades(client))
    assert [] == list(client.client.instances.list(instance_type="edge"))


def test_an_object_deletes_itself(client: WindfarmClient) -> None:
    """Afterwards it cannot be read again, nor does saving it make a new instance; copies that others read are told."""
    blade = client.blade.list(external_id="b0").one()
    copy = client.blade.list(external_id="b0").one()
    blade.delete()
    assert ["b1", "b2", "b3", "b4"] == blades(client)
    blade.length = 5.0
    for purpose in (blade.refresh, blade.save, blade.delete):
        with pytest.raises(DetachedError, match=r"Blade \(windfarm_data:b0\) has been deleted"):
            purpose()
    with pytest.raises(NotFoundError, match="is not there any more"):
        copy.refresh()
    assert [] == client.client.instances.retrieve([NodeId(SPACE, "b0")])


def test_objects_that_are_deleted_by_the_dozen_know_it(client: WindfarmClient) -> None:
    """Whoever deletes objects that were read cannot save them afterwards; those that stayed can be saved."""
    first, second, third, *_ = client.blade.list().order_by(lambda b: b.external_id).all()
    client.delete([first, second])
    for gone in (first, second):
        gone.name = "gone"
        with pytest.raises(DetachedError, match="has been deleted"):
            gone.save()
    third.name = "stays"
    third.save()
    assert ["b2", "b3", "b4"] == blades(client)


def test_values_of_a_deleted_object_keep_their_units(client: WindfarmClient) -> None:
    """What was read in another unit is not written as if it were the stored one."""
    client.upsert(WindTurbineWrite(external_id="t", name="T", capacity=6.0))
    turbine = client.wind_turbine.list().target_units(capacity="power:kilow").one()
    turbine.delete()
    with pytest.raises(NotWritableError, match="it was read in power:kilow"):
        turbine.as_write()


def test_many_are_found_in_pages_and_deleted_in_thousands(farm: Farm, client: WindfarmClient) -> None:
    """2,500 matches take three pages and three deletes, and nothing else is touched."""
    client.upsert(BladeWrite(external_id=f"x{number}", name="X") for number in range(2500))
    farm.sent.bodies.clear()
    deleted = client.blade.list(name="X").delete()
    assert 2500 == len(set(deleted)) == len(deleted)
    paths = [path for path, _ in farm.sent.bodies]
    assert ["/models/instances/list"] * 3 + ["/models/instances/delete"] * 3 == paths
    assert ["b0", "b1", "b2", "b3", "b4"] == blades(client)


def test_what_could_not_be_deleted_is_told(farm: Farm, client: WindfarmClient) -> None:
    """The error carries what became of each instance."""
    farm.sandbox.faults.add(path="/models/instances/delete", status=403, message="not yours")
    with pytest.raises(DmsApplyError, match=r"2 of 2 instances were not deleted.*not yours") as caught:
        client.delete(["b0", "b1"])
    assert ["b0", "b1"] == [item.id.external_id for item in caught.value.result.items if item.id]
    farm.sandbox.faults.clear()
    assert 5 == len(blades(client))


def test_async_clients_delete_the_same(farm: Farm) -> None:
    """By id, by condition and by query."""

    async def work() -> list[Any]:
        async with farm.aclient() as client:
            deleted: list[Any] = [
                await client.delete("b0"),
                await client.blade.delete(lambda blade: blade.name == "B1"),
                await client.blade.list(name="B2").delete(),
                await client.delete(client.blade.list(name="B3")),
            ]
            await (await client.blade.list(name="B4").one()).adelete()
            return [*deleted, await client.blade.list().all()]

    assert [*([NodeId(SPACE, f"b{number}")] for number in range(4)), []] == asyncio.run(work())
