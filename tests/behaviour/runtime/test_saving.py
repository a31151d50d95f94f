"""Changing objects that were read: what `save` sends, and what it refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from windfarm.sdk import BladeWrite, NacelleWrite, WindfarmClient, WindTurbine, WindTurbineWrite

from pygen.client import PygenClient
from pygen.client.exceptions import DmsRequestError, DmsTransportError
from pygen.client.retry import RetryPolicy
from pygen.runtime import NodeId, NotWritableError
from tests.behaviour.runtime.written_farm import SPACE, Farm, open_farm


@pytest.fixture
def farm() -> Iterator[Farm]:
    """A farm with a turbine."""
    with open_farm() as opened:
        with opened.client() as client:
            client.upsert(
                [
                    WindTurbineWrite(
                        external_id="t",
                        name="T",
                        aliases=["a"],
                        capacity=6.0,
                        hub_height=100.0,
                        settings={"pitch": {"degrees": 3}},
                        nacelle=NacelleWrite(external_id="n", name="N", weight=40.0),
                    ),
                    NacelleWrite(external_id="n2", name="N2"),
                    BladeWrite(external_id="b", name="B", sensors=[]),
                ]
            )
        opened.sent.bodies.clear()
        yield opened


@pytest.fixture
def client(farm: Farm) -> Iterator[WindfarmClient]:
    """A client of it."""
    with farm.client() as opened:
        yield opened


def sent(farm: Farm) -> list[dict[str, Any]]:
    """The properties of each source of each item that was sent since."""
    found = [source["properties"] for item in farm.sent.items() for source in item["sources"]]
    farm.sent.bodies.clear()
    return found


def test_only_what_changed_is_sent(farm: Farm, client: WindfarmClient) -> None:
    """Assigned or changed in place, relations by assigning, None to clear; and never an empty source."""
    turbine = client.wind_turbine.list().one()
    nacelle = client.nacelle.list(external_id="n2").one()
    assert turbine.aliases is not None
    assert turbine.settings is not None
    turbine.aliases.append("b")
    turbine.settings["pitch"]["degrees"] = 4
    turbine.nacelle = nacelle
    turbine.capacity = None
    turbine.hub_height = 100.0
    turbine.save()
    assert [
        {
            "aliases": ["a", "b"],
            "settings": {"pitch": {"degrees": 4}},
            "nacelle": {"space": SPACE, "externalId": "n2"},
            "capacity": None,
        }
    ] == sent(farm)
    read = client.wind_turbine.list().one()
    assert (["a", "b"], {"pitch": {"degrees": 4}}, None) == (read.aliases, read.settings, read.capacity)
    assert (NodeId(SPACE, "n2"), read.version) == (read.nacelle_id, turbine.version)
    sent(farm)
    turbine.save()
    assert [] == farm.sent.bodies


def test_lists_of_relations_changed_in_place(farm: Farm, client: WindfarmClient) -> None:
    """An id that is appended to a list of relations is written."""
    blade = client.blade.list().one()
    assert [] == blade.sensors_ids
    blade.sensors_ids.append(NodeId(SPACE, "s"))
    blade.save()
    assert [{"sensors": [{"space": SPACE, "externalId": "s"}]}] == sent(farm)
    assert [NodeId(SPACE, "s")] == client.blade.list().one().sensors_ids


def test_a_change_while_a_save_is_under_way_is_not_lost(farm: Farm, client: WindfarmClient) -> None:
    """What a list gets after it was sent, e.g. by another task, is sent by the next save."""
    turbine = client.wind_turbine.list().one()
    turbine.aliases = ["b"]

    class Meanwhile(list[Any]):
        """Notes bodies, and changes the list when the first is sent."""

        def append(self, body: Any, /) -> None:
            super().append(body)
            if len(self) == 1:
                assert turbine.aliases is not None
                turbine.aliases.append("c")

    farm.sent.bodies = Meanwhile()
    turbine.save()
    turbine.save()
    turbine.save()
    assert [{"aliases": ["b"]}, {"aliases": ["b", "c"]}] == sent(farm)
    assert ["b", "c"] == client.wind_turbine.list().one().aliases


def test_an_answer_that_tells_nothing_is_no_save() -> None:
    """It is sent again, as any answer that cannot be read; what changed is still to be saved."""
    told: list[dict[str, Any]] = [{"items": []}, {"items": [{"version": 2}]}]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/list"):
            item = {"instanceType": "node", "space": SPACE, "externalId": "n", "version": 1}
            item |= {
                "createdTime": 1,
                "lastUpdatedTime": 1,
                "properties": {"sp_windfarm": {"Nacelle/v1": {"name": "N"}}},
            }
            return httpx.Response(200, json={"items": [item]})
        return httpx.Response(200, json=told.pop(0) if told else {"items": [{"version": 2, "lastUpdatedTime": 5}]})

    retry = RetryPolicy(error_retries=1, base_s=0.0, cap_s=0.0)
    with PygenClient(
        base_url="http://localhost", project="p", credentials="t", transport=httpx.MockTransport(answer), retry=retry
    ) as under:
        nacelle = WindfarmClient.from_client(under).nacelle.list().one()
        nacelle.weight = 4.0
        with pytest.raises(DmsTransportError, match="does not say what became of the item"):
            nacelle.save()
        assert 1 == nacelle.version
        nacelle.save()
        assert 2 == nacelle.version


def test_changes_of_others(client: WindfarmClient) -> None:
    """Fields that were changed here win, unless the version is to be checked; `refresh` sets things right."""
    mine, theirs = client.wind_turbine.list().one(), client.wind_turbine.list().one()
    theirs.capacity = 1.0
    theirs.save(check_version=True)
    mine.capacity = 2.0
    with pytest.raises(DmsRequestError, match="version conflict"):
        mine.save(check_version=True)
    mine.refresh()
    assert 1.0 == mine.capacity
    mine.capacity = 2.0
    mine.save(check_version=True)
    theirs.name = "other"
    theirs.save()
    read = client.wind_turbine.list().one()
    assert (2.0, "other") == (read.capacity, read.name)


@pytest.mark.parametrize("over", ["list", "page", "retrieve", "include"])
def test_converted_values_are_not_written_back(farm: Farm, client: WindfarmClient, over: str) -> None:
    """A value that was read in another unit is no value to store; the other fields are."""
    query = client.wind_turbine.list().target_units(capacity="power:kilow")
    found: dict[str, WindTurbine | None] = {
        "list": query.all()[0],
        "page": query.page()[0],
        "retrieve": client.wind_turbine.retrieve("t", target_units={"capacity": "power:kilow"}),
        "include": query.include("nacelle").all()[0],
    }
    turbine = found[over]
    assert turbine is not None
    assert 6000.0 == turbine.capacity
    sent(farm)
    turbine.capacity = 7000.0
    with pytest.raises(NotWritableError, match=r"WindTurbine.capacity.*read in power:kilow.*stored in power:megaw"):
        turbine.save()
    with pytest.raises(NotWritableError, match=r"WindTurbine.capacity"):
        turbine.as_write()
    assert [] == farm.sent.bodies
    turbine.refresh()
    assert 6.0 == turbine.capacity
    turbine.capacity = 7.0
    turbine.hub_height = 90.0
    turbine.save()
    assert [{"capacity": 7.0, "hubHeight": 90.0}] == sent(farm)


def test_a_unit_that_is_the_stored_one_converts_nothing(farm: Farm, client: WindfarmClient) -> None:
    """Values asked for in the unit that they are stored in can be written."""
    turbine = client.wind_turbine.list().target_units(capacity="power:megaw").all()[0]
    turbine.capacity = 8.0
    turbine.save()
    assert 8.0 == turbine.as_write().capacity
    assert [{"capacity": 8.0}] == sent(farm)


def test_systems_of_units(client: WindfarmClient) -> None:
    """Of a system of units it is not known what it converts, so no field with a unit can be written."""
    turbine = client.wind_turbine.list().target_units("SI").all()[0]
    turbine.hub_height = 1.0
    with pytest.raises(NotWritableError, match=r"hub_height.*read in SI"):
        turbine.save()


def test_a_written_form_can_be_changed_and_upserted(client: WindfarmClient) -> None:
    """`as_write` keeps what was read; fields without a value do not clear anything."""
    written = client.wind_turbine.list().one().as_write()
    written.capacity = 9.0
    assert {"updated": 1} == client.upsert(written).counts()
    read = client.wind_turbine.list().one()
    assert (9.0, 100.0, ["a"]) == (read.capacity, read.hub_height, read.aliases)


def test_async_objects_save_refresh_and_delete(farm: Farm) -> None:
    """The verbs of an async client's objects have an a in front."""

    async def work() -> None:
        async with farm.aclient() as client:
            turbine = await client.wind_turbine.list().one()
            other = await client.wind_turbine.list().one()
            turbine.capacity = 1.0
            await turbine.asave(check_version=True)
            other.capacity = 2.0
            with pytest.raises(DmsRequestError, match="version conflict"):
                await other.asave(check_version=True)
            await other.arefresh()
            assert 1.0 == other.capacity
            await other.adelete()
            assert [] == await client.wind_turbine.list().all()

    asyncio.run(work())
