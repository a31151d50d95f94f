"""Instances as their own classes: by the type of the node, else by the views that they have data in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from windfarm.sdk import AsyncWindfarmClient, Blade, GeneratingUnit, Technician, WindfarmWrite, WindTurbine

from pygen.runtime import NodeId
from tests.behaviour.runtime.test_relation_loading import farm
from tests.support.wind_sandbox import SPACE, WindSandbox, turbine, wind_sandbox

SCHEMA = "sp_windfarm"


def unit(external_id: str, type_: str | None = None) -> dict[str, Any]:
    """A generating unit that is nothing else."""
    source = {"type": "view", "space": SCHEMA, "externalId": "GeneratingUnit", "version": "v1"}
    made = {"instanceType": "node", "space": SPACE, "externalId": external_id}
    typed = {"type": {"space": SCHEMA, "externalId": type_}} if type_ else {}
    windfarm = {"space": SPACE, "externalId": "farm"}
    properties = {"name": external_id, "capacity": 1.0, "windfarm": windfarm}
    return {**made, **typed, "sources": [{"source": source, "properties": properties}]}


@pytest.fixture(scope="module")
def place() -> Iterator[WindSandbox]:
    """Turbines among other generating units, of which one has the type of a turbine but not its data."""
    with wind_sandbox(farm(4)) as found:
        found.client.client.instances.apply([unit("u0"), unit("u1", "SolarPlant"), unit("u2", "WindTurbine")])
        yield found


def test_each_instance_is_given_as_its_own_class(place: WindSandbox) -> None:
    """By type where that tells, with one more request for each class; order, page and relations stay."""
    started = place.client.request_count
    units = place.client.generating_unit.list(narrow=True).order_by(lambda u: u.name).all()
    assert ["T0", "T1", "T2", "T3", "u0", "u1", "u2"] == [each.name for each in units]
    assert [WindTurbine] * 4 + [GeneratingUnit] * 3 == [type(each) for each in units]
    assert 2 == place.client.request_count - started
    started = place.client.request_count
    assert 1 == len({id(each.windfarm) for each in units})
    assert 1 == place.client.request_count - started
    turbines = [each for each in units if isinstance(each, WindTurbine)]
    assert [f"n{n}" for n in range(4)] == [getattr(each.nacelle, "external_id", None) for each in turbines]
    assert 2 == place.client.request_count - started


def test_narrowing_by_views_that_hold_data(place: WindSandbox) -> None:
    """Where types do not tell, one question about all instances of the page does."""
    started = place.client.request_count
    things = place.client.describable.list(narrow=True).all()
    kinds = {each.external_id: type(each) for each in things}
    assert (WindTurbine, GeneratingUnit, Blade, Technician) == tuple(kinds[name] for name in ("t0", "u0", "t3b1", "c0"))
    assert GeneratingUnit is kinds["u2"]
    assert 2 + len({*kinds.values()}) == place.client.request_count - started


def test_a_type_that_one_class_asks_for_tells_without_a_question(place: WindSandbox) -> None:
    """Also where other classes ask for no type: the views that hold data are not asked about."""
    started = place.client.request_count
    things = place.client.describable.list(narrow=True, external_id=["t0", "t1"]).all()
    assert [WindTurbine, WindTurbine] == [type(each) for each in things]
    assert 2 == place.client.request_count - started


def test_narrowing_goes_with_limits_slices_units_and_relations(place: WindSandbox) -> None:
    """What else a query says holds for narrowed instances, too."""
    query = place.client.generating_unit.list(narrow=True).order_by(lambda u: u.name)
    assert ["T1", "T2"] == [each.name for each in query[1:3]]
    assert WindTurbine is type(query.first())
    assert [3, 3, 1] == [len(page) for page in query.chunk_size(3).pages()]
    assert "T0" == query.where(lambda u: u.name == "T0").one().name


def test_async_narrowing(place: WindSandbox) -> None:
    """The asynchronous client narrows, too."""

    async def look(client: AsyncWindfarmClient) -> list[Any]:
        units = await client.generating_unit.list(narrow=True).order_by(lambda u: u.name).all()
        one = await client.generating_unit.retrieve("t1")
        assert one is not None
        child = await one.aas_child_class()
        return [*(type(each) for each in units), type(child)]

    assert [WindTurbine] * 4 + [GeneratingUnit] * 3 + [WindTurbine] == place.run(look)


def test_one_object_as_its_own_class(place: WindSandbox) -> None:
    """`as_child_class` asks once for the page, keeps what is loaded, and gives the object itself where nothing fits."""
    units = place.client.generating_unit.list().order_by(lambda u: u.name).all()
    windfarm = units[0].windfarm
    started = place.client.request_count
    child = units[0].as_child_class()
    assert isinstance(child, WindTurbine)
    assert child is units[0].as_child_class()
    assert child.windfarm is windfarm
    assert WindTurbine is type(units[3].as_child_class())
    assert units[4] is units[4].as_child_class()
    assert units[6] is units[6].as_child_class()
    assert 1 == place.client.request_count - started
    assert child is child.as_child_class()
    child.capacity = 77.0
    child.save()
    assert 77.0 == getattr(place.client.wind_turbine.retrieve(child), "capacity", None)


def test_an_instance_that_is_gone_meanwhile_stays_as_it_was() -> None:
    """Nothing is lost or reordered when an instance vanishes between the two requests."""
    with wind_sandbox(
        [WindfarmWrite(external_id="farm", name="F", offshore=True), turbine("a"), turbine("b")]
    ) as place:
        units = place.client.generating_unit.list().order_by(lambda u: u.name).all()
        place.client.delete(NodeId(SPACE, "a"))
        assert [GeneratingUnit, WindTurbine] == [type(each.as_child_class()) for each in units]


def test_faults_while_narrowing_lose_nothing(place: WindSandbox) -> None:
    """Requests that fail are repeated."""
    expected = [type(each) for each in place.client.describable.list(narrow=True)]
    for path in ("*/instances/inspect", "*/instances/byids"):
        place.sandbox.faults.add(path=path, status=503, times=2)
    try:
        assert expected == [type(each) for each in place.client.describable.list(narrow=True)]
    finally:
        place.sandbox.faults.clear()
