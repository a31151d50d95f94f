"""Fetching by id through a generated SDK, against the sandbox over HTTP."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from windfarm.sdk import (
    AsyncWindfarmClient,
    DistanceWrite,
    MetmastWrite,
    TechnicianWrite,
    WindfarmClient,
    WindfarmWrite,
    WindTurbine,
)

from pygen.client import PygenClient
from pygen.runtime import DetachedError, EdgeId, LinkWrite, NodeId, Retrieved
from tests.support.wind_sandbox import SPACE, WindSandbox, turbine, wind_sandbox


@pytest.fixture(scope="module")
def farm() -> Iterator[WindSandbox]:
    """2,500 turbines and a wind farm that nothing changes."""
    objects = [WindfarmWrite(external_id="farm", name="Farm"), *(turbine(f"t{n}", capacity=n) for n in range(2500))]
    with wind_sandbox(objects) as found:
        yield found


def node(external_id: str) -> NodeId:
    """A node of the wind farm."""
    return NodeId(SPACE, external_id)


def test_one_is_named_in_any_way(farm: WindSandbox) -> None:
    """An external id, a pair, an id and an object name the same instance; an unknown one is None."""
    api = farm.client.wind_turbine
    first = api.retrieve("t1")
    assert first is not None
    assert [first] * 3 == [api.retrieve((SPACE, "t1")), api.retrieve(node("t1")), api.retrieve(first)]
    assert api.retrieve("unknown") is None
    assert api.retrieve(("other", "t1")) is None


def test_what_names_nothing_is_refused(farm: WindSandbox) -> None:
    """A dict's keys are not ids, which would find nothing without a word; an object that is written names one."""
    api: Any = farm.client.wind_turbine
    with pytest.raises(TypeError, match="a dict names no instance"):
        api.retrieve({"space": SPACE, "externalId": "t1"})
    for nothing in (None, 5):
        with pytest.raises(TypeError, match="names no instance: give an object"):
            api.retrieve(nothing)
    with pytest.raises(TypeError, match="NoneType does not name a node"):
        api.retrieve([None])
    assert "t1" == api.retrieve(turbine("t1")).external_id


def test_many_come_in_the_order_asked_each_once(farm: WindSandbox) -> None:
    """More than a request takes, backwards and some twice: each comes once, where it was first asked for."""
    before = farm.client.request_count
    names = [f"t{n}" for n in reversed(range(2500))]
    found = farm.client.wind_turbine.retrieve([*names, "t7", *names[:50]])
    assert names == [item.external_id for item in found]
    assert () == found.missing
    assert before + 3 == farm.client.request_count
    assert [] == found.explain_missing()
    assert before + 3 == farm.client.request_count


def test_the_order_is_that_of_the_question_whatever_that_of_the_answer() -> None:
    """The service answers in an order of its own."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)["items"]
        times = {"version": 1, "createdTime": 1, "lastUpdatedTime": 1}
        values = {"sp_windfarm": {"WindTurbine/v1": {"name": "n"}}}
        return httpx.Response(
            200, json={"items": [{**each, **times, "properties": values} for each in sorted(asked, key=str)]}
        )

    with PygenClient(
        base_url="http://localhost", project="p", credentials="t", transport=httpx.MockTransport(answer)
    ) as under:
        client = WindfarmClient.from_client(under, instance_space=SPACE)
        found = client.wind_turbine.retrieve(["b", "c", "a"])
        assert ["b", "c", "a"] == [item.external_id for item in found]


def test_many_are_one_page_however_many_requests_it_took(farm: WindSandbox) -> None:
    """Touching a relation of one loads it for all of them."""
    found = farm.client.wind_turbine.retrieve([f"t{n}" for n in range(1500)])
    before = farm.client.request_count
    assert {0} == {len(item.work_orders) for item in found[::100]}
    made = farm.client.request_count - before
    assert {0} == {len(item.work_orders) for item in found}
    assert before + made == farm.client.request_count


def test_nothing_asked_for_is_nothing_sent(farm: WindSandbox) -> None:
    """No ids make no request."""
    before = farm.client.request_count
    found = farm.client.wind_turbine.retrieve([])
    assert ([], (), [], before) == (found, found.missing, found.explain_missing(), farm.client.request_count)


def test_missing_ones_are_named_and_explained_with_one_question(farm: WindSandbox) -> None:
    """What does not exist is told from what has no data in the view; the order is that of the question."""
    found = farm.client.windfarm.retrieve(["nowhere", "t1", "farm", ("other", "t1"), "nowhere"])
    assert ["farm"] == [item.external_id for item in found]
    assert (node("nowhere"), node("t1"), NodeId("other", "t1")) == found.missing
    before = farm.client.request_count
    absences = found.explain_missing()
    assert before + 1 == farm.client.request_count
    assert ["not_there", "no_data", "not_there"] == [absence.reason for absence in absences]
    assert [None, NodeId("sp_windfarm", "WindTurbine"), None] == [absence.node_type for absence in absences]
    assert f"{SPACE}:nowhere does not exist, or these credentials may not read the space {SPACE}" == str(absences[0])
    assert (
        f"{SPACE}:t1 exists, of type sp_windfarm:WindTurbine, but has no data in Windfarm (sp_windfarm:Windfarm(v1))"
    ) == str(absences[1])


def test_more_missing_than_a_request_takes(farm: WindSandbox) -> None:
    """1,001 unknown ids are explained, each."""
    found = farm.client.wind_turbine.retrieve([f"unknown {n}" for n in range(1001)])
    assert 1001 == len(found.missing)
    absences = found.explain_missing()
    assert list(found.missing) == [absence.id for absence in absences]
    assert {"not_there"} == {absence.reason for absence in absences}


def test_values_come_in_other_units(farm: WindSandbox) -> None:
    """Units hold for one and for several."""
    api = farm.client.wind_turbine
    one = api.retrieve("t3", target_units={"capacity": "power:kilow"})
    assert one is not None
    assert 3000.0 == pytest.approx(one.capacity)
    assert [4000.0] == [
        pytest.approx(each.capacity) for each in api.retrieve(["t4"], target_units={"capacity": "power:kilow"})
    ]
    with pytest.raises(TypeError, match="has no unit"):
        api.retrieve("t3", target_units={"name": "power:kilow"})


def test_a_system_of_units_goes_with_classes_that_have_none(farm: WindSandbox) -> None:
    """Where nothing can be converted, nothing is asked to be."""
    api = farm.client.technician
    farm.client.upsert([TechnicianWrite(external_id="unitless", name="Unitless")])
    one = api.retrieve("unitless", target_units="SI")
    assert one is not None
    assert "Unitless" == one.name
    query = api.list(external_id="unitless").target_units("SI")
    assert ["Unitless"] == [each.name for each in query]
    assert ["Unitless"] == [each.name for each in query.search("Unitless")]
    assert 1 == query.aggregate(lambda t: t.external_id.count())
    assert 1 == len(list(query.sync()))


def test_a_system_and_single_units_do_not_go_together(farm: WindSandbox) -> None:
    """Neither is dropped in silence."""
    for query in (farm.client.wind_turbine.list(), farm.client.wind_turbine.search("t")):
        with pytest.raises(TypeError, match="a system of units or a unit for each field"):
            query.target_units("SI", capacity="power:kilow")


def test_edges_are_fetched_by_id() -> None:
    """A view of edges takes external ids and ids of edges; what is a node is explained as not there."""
    with wind_sandbox() as farm:
        mast = MetmastWrite(external_id="m", name="Mast")
        farm.write(turbine("t", metmasts=[LinkWrite(mast, DistanceWrite(external_id="e", distance=5.0))]))
        api = farm.client.distance
        found = api.retrieve(["e", EdgeId(SPACE, "e"), "t"])
        assert [5.0] == [edge.distance for edge in found]
        assert (EdgeId(SPACE, "t"),) == found.missing
        assert ["not_there"] == [absence.reason for absence in found.explain_missing()]


def test_hostile_external_ids() -> None:
    """Any text is an external id, also one that looks like something else."""
    names = ["0", "None", "a:b", "a/b c", "ø\n", "'; --", "x" * 256]
    with wind_sandbox([turbine(name, name="n") for name in names]) as farm:
        assert names == [item.external_id for item in farm.client.wind_turbine.retrieve(names)]


def test_faults_in_the_middle_lose_nothing(farm: WindSandbox) -> None:
    """Breaks and refusals between the requests of one lookup are not seen."""
    path = "/models/instances/byids"
    farm.sandbox.faults.add(path=path, status=503, after=1, times=2)
    farm.sandbox.faults.add(path=path, kind="reset", times=1)
    farm.sandbox.faults.add(path=path, kind="truncate", times=1)
    names = [f"t{n}" for n in range(2500)]
    assert names == [item.external_id for item in farm.client.wind_turbine.retrieve(names)]


def test_copies_keep_what_is_missing_and_belong_to_nobody(farm: WindSandbox) -> None:
    """A copied or pickled result is equal; what is missing can only be explained by the original."""
    found = farm.client.wind_turbine.retrieve(["t1", "nowhere"])
    for other in (copy.copy(found), copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert isinstance(other, Retrieved)
        assert (WindTurbine, found, found.missing) == (other.kind, other, other.missing)
        with pytest.raises(DetachedError, match="retrieve the ids in `missing` again"):
            other.explain_missing()


def test_the_asynchronous_lookup(farm: WindSandbox) -> None:
    """An asynchronous client looks up alike."""

    async def work(client: AsyncWindfarmClient) -> None:
        api = client.wind_turbine
        one = await api.retrieve("t1")
        assert one is not None
        assert await api.retrieve("nowhere") is None
        names = [f"t{n}" for n in range(1200)]
        found = await api.retrieve([*names, "farm"])
        assert names == [item.external_id for item in found]
        assert ["no_data"] == [absence.reason for absence in await found.aexplain_missing()]
        converted = await api.retrieve("t2", target_units={"capacity": "power:kilow"})
        assert converted is not None
        assert 2000.0 == pytest.approx(converted.capacity)

    farm.run(work)
