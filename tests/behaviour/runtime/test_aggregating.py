"""Figures through a generated SDK, against the sandbox over HTTP."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from windfarm.sdk import AsyncWindfarmClient, DistanceWrite, MetmastWrite, WindfarmWrite, WindTurbine

from pygen.runtime import Bucket, DmsError, Group, LinkWrite, NodeId, TooManyGroupsError
from tests.support.wind_sandbox import SPACE, WindSandbox, turbine, wind_sandbox

NORTH, SOUTH = NodeId(SPACE, "north"), NodeId(SPACE, "south")
OBJECTS = [
    WindfarmWrite(external_id="north", name="North", offshore=True),
    WindfarmWrite(external_id="south", name="South", offshore=False),
    turbine("a", capacity=2.0, state="running", windfarm="north", serial_number=1),
    turbine("b", capacity=4.0, state="running", windfarm="south", serial_number=2),
    turbine("c", capacity=9.0, state="stopped", windfarm="north", serial_number=2),
    turbine("d", capacity=0.0, state=None, windfarm=None, serial_number=0),
    turbine("e", capacity=None, state="stopped", windfarm="north"),
]


@pytest.fixture(scope="module")
def farm() -> Iterator[WindSandbox]:
    """Five turbines and two wind farms that nothing changes."""
    with wind_sandbox(OBJECTS) as found:
        yield found


def test_one_figure_is_a_value(farm: WindSandbox) -> None:
    """Each function gives what Python makes of the same data."""
    api = farm.client.wind_turbine
    values = [2.0, 4.0, 9.0, 0.0]
    assert sum(values) / 4 == api.aggregate(lambda t: t.capacity.avg())
    assert [0.0, 9.0, 15.0] == [
        api.aggregate(figure)
        for figure in (WindTurbine.capacity.min(), lambda t: t.capacity.max(), lambda t: t.capacity.sum())
    ]
    assert (4, 5) == (api.aggregate(lambda t: t.capacity.count()), api.aggregate(lambda t: t.external_id.count()))


def test_several_figures_are_a_tuple_of_one_request(farm: WindSandbox) -> None:
    """Up to five figures come together, in the order asked; one in a tuple stays in a tuple."""
    before = farm.client.request_count
    found = farm.client.wind_turbine.aggregate(
        lambda t: (t.serial_number.max(), t.capacity.min(), t.capacity.max(), t.external_id.count(), t.name.count())
    )
    assert (2.0, 0.0, 9.0, 5, 5) == found
    assert [float, float, float, int, int] == [type(each) for each in found]
    assert (9.0,) == farm.client.wind_turbine.aggregate(lambda t: (t.capacity.max(),))
    assert before + 2 == farm.client.request_count


def test_figures_of_nothing(farm: WindSandbox) -> None:
    """Without instances, counts are 0 and everything else is None."""
    found = farm.client.wind_turbine.list(name="nobody").aggregate(
        lambda t: (t.capacity.avg(), t.capacity.sum(), t.capacity.min(), t.capacity.max(), t.capacity.count())
    )
    assert (None, None, None, None, 0) == found
    assert [] == farm.client.wind_turbine.list(name="nobody").group_by(lambda t: t.state).count()
    assert [] == farm.client.wind_turbine.list(name="nobody").histogram(lambda t: t.capacity, interval=1)


def test_conditions_choose_what_figures_are_about(farm: WindSandbox) -> None:
    """Keyword filters, conditions of a query and of the call itself all hold; 0 is a value, None is none."""
    api = farm.client.wind_turbine
    assert 1 == api.list(capacity=0).aggregate(lambda t: t.external_id.count())
    assert 1 == api.list(capacity=None).aggregate(lambda t: t.external_id.count())
    assert 9.0 == api.aggregate(lambda t: t.capacity.max(), lambda t: t.state == "stopped")
    assert 4.0 == api.list(state="running").aggregate(lambda t: t.capacity.max(), lambda t: t.windfarm_id == SOUTH)
    assert 13.0 == api.select().where(lambda t: t.capacity > 3).aggregate(lambda t: t.capacity.sum())


def test_groups_have_keys_of_python_types(farm: WindSandbox) -> None:
    """A text, a node and a number are keys; where the group has no value the key is None."""
    api = farm.client.wind_turbine
    states = dict(api.group_by(lambda t: t.state).aggregate(lambda t: t.capacity.sum()))
    assert {"running": 6.0, "stopped": 9.0, None: 0.0} == states
    assert {NORTH: 3, SOUTH: 1, None: 1} == dict(api.group_by(lambda t: t.windfarm_id).count())
    assert {0: 1, 1: 1, 2: 2, None: 1} == dict(api.group_by("serial_number").count())
    capacities = api.group_by("capacity").keys()
    assert {2.0, 4.0, 9.0, 0.0, None} == set(capacities)
    assert {float, type(None)} == {type(each) for each in capacities}
    assert {True: 1, False: 1} == dict(farm.client.windfarm.group_by(lambda f: f.offshore).count())


def test_groups_by_several_columns(farm: WindSandbox) -> None:
    """Keys are tuples, in the order asked, and values follow the figures."""
    found = farm.client.wind_turbine.group_by(lambda t: (t.state, t.windfarm_id)).aggregate(
        lambda t: (t.external_id.count(), t.capacity.max())
    )
    assert all(isinstance(each, Group) for each in found)
    assert {
        ("running", NORTH): (1, 2.0),
        ("running", SOUTH): (1, 4.0),
        ("stopped", NORTH): (2, 9.0),
        (None, None): (1, 0.0),
    } == dict(found)
    assert {("running",), ("stopped",), (None,)} == set(farm.client.wind_turbine.group_by(lambda t: (t.state,)).keys())


def test_groups_take_conditions(farm: WindSandbox) -> None:
    """Only what matches is grouped."""
    found = farm.client.wind_turbine.list(min_capacity=1.0).group_by(lambda t: t.state, lambda t: t.capacity < 5)
    assert {"running": 2} == dict(found.count())
    assert ["running"] == found.keys()


def test_a_histogram_counts_by_interval(farm: WindSandbox) -> None:
    """Bars begin at multiples of the interval; empty ones are left out."""
    api = farm.client.wind_turbine
    bars = api.histogram(lambda t: t.capacity, interval=2.5)
    assert [Bucket(0.0, 2), Bucket(2.5, 1), Bucket(7.5, 1)] == bars
    assert bars == api.histogram("capacity", 2.5)
    assert [Bucket(2.0, 1), Bucket(4.0, 1)] == api.histogram("capacity", lambda t: t.state == "running", interval=2)


def test_figures_in_other_units(farm: WindSandbox) -> None:
    """Target units hold for values, group keys and bars."""
    kilowatts = farm.client.wind_turbine.select().target_units(capacity="power:kilow")
    assert 9000.0 == pytest.approx(kilowatts.aggregate(lambda t: t.capacity.max()))
    assert [0.0, 2000.0, 4000.0, 9000.0] == [bar.start for bar in kilowatts.histogram("capacity", 1000)]


def test_words_of_pygen_1(farm: WindSandbox) -> None:
    """Functions and fields named by texts, in Python's or the model's spelling, with filters and groups."""
    api = farm.client.wind_turbine
    assert 3.75 == api.aggregate("avg", "capacity")
    assert 5 == api.aggregate("count")
    assert 2.0 == api.aggregate("max", "serialNumber")
    assert 2.0 == api.aggregate("max", property="serial_number")
    assert (0.0, 9.0) == api.aggregate(["min", "max"], "capacity")
    assert {"running": 3.0, "stopped": 9.0} == dict(
        api.aggregate("avg", "capacity", group_by="state", min_capacity=1.0)
    )
    assert {("running", NORTH), ("running", SOUTH)} == {
        group.key for group in api.aggregate("count", group_by=["state", "windfarm_id"], state="running")
    }


def test_edges_have_figures() -> None:
    """A view of edges is aggregated over edges."""
    with wind_sandbox() as farm:
        mast = MetmastWrite(external_id="m", name="Mast")
        links = [turbine(f"t{n}", metmasts=[LinkWrite(mast, DistanceWrite(distance=float(n)))]) for n in range(4)]
        farm.write(*links)
        assert (0.0, 3.0, 4) == farm.client.distance.aggregate(
            lambda d: (d.distance.min(), d.distance.max(), d.external_id.count())
        )


def test_a_thousand_groups_are_never_passed_off_as_all_of_them() -> None:
    """999 groups are all; where 1,000 come there may be more, which is an error that holds them."""
    with wind_sandbox([turbine(f"t{n}") for n in range(999)]) as farm:
        api = farm.client.wind_turbine
        assert 999 == len(api.group_by(lambda t: t.name).count())
        farm.write(*(turbine(f"t{n}") for n in range(999, 1100)))
        for ask in (
            lambda: api.group_by(lambda t: t.name).count(),
            lambda: api.group_by(lambda t: t.name).keys(),
            lambda: api.group_by(lambda t: t.name).aggregate(lambda t: t.external_id.count()),
            lambda: api.aggregate("count", group_by="name"),
        ):
            with pytest.raises(TooManyGroupsError, match=r"1,000 groups by WindTurbine\.name came") as caught:
                ask()
            assert 1000 == len(caught.value.groups)
            again = pickle.loads(pickle.dumps(caught.value))
            assert str(caught.value) == str(again)
        assert 111 == len(api.group_by(lambda t: t.name, lambda t: t.name.prefix("T10")).keys())


def nothing_is_sent(farm: WindSandbox, ask: Any, said: str) -> None:
    """A mistake is an error that says so, and no request."""
    before = farm.client.request_count
    with pytest.raises((TypeError, ValueError), match=said):
        ask(farm.client.wind_turbine)
    assert before == farm.client.request_count


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda api: api.list().limit(3).aggregate(lambda t: t.capacity.avg()), "all instances that match"),
        (lambda api: api.list()[2:].group_by("state").count(), "all instances that match"),
        (lambda api: api.list().start_at("c").histogram("capacity", 1), "all instances that match"),
        (lambda api: api.aggregate(lambda t: t.capacity), "figures are made of columns"),
        (lambda api: api.aggregate(lambda t: (t.capacity.avg(), "x")), "not of str"),
        (lambda api: api.aggregate(lambda t: tuple([t.capacity.avg()] * 6)), "at most 5|5 "),
        (lambda api: api.aggregate(lambda t: t.version.max()), "computes nothing of WindTurbine.version"),
        (lambda api: api.aggregate(lambda t: t.created_time.count()), "computes nothing of"),
        (lambda api: api.group_by(lambda t: t.version).count(), "does not group by WindTurbine.version"),
        (lambda api: api.group_by(lambda t: t.windfarm).count(), "its ids are WindTurbine.windfarm_id"),
        (lambda api: api.group_by(lambda t: t.blades).count(), "is a relation"),
        (lambda api: api.group_by("sate").count(), "did you mean state"),
        (lambda api: api.group_by(3).count(), "as texts"),
        (lambda api: api.histogram("capacity", 0), "above 0"),
        (lambda api: api.histogram("capacity", interval=-1.0), "above 0"),
        (lambda api: api.histogram("capacity", float("nan")), "above 0"),
        (lambda api: api.histogram("capacity"), "needs an interval"),
        (lambda api: api.histogram(lambda t: (t.capacity, t.hub_height), interval=1), "about one field"),
        (lambda api: api.aggregate("mean", "capacity"), "not 'mean'"),
        (lambda api: api.aggregate("avg"), "needs a field"),
        (lambda api: api.aggregate("avg", "capasity"), "did you mean capacity"),
        (lambda api: api.aggregate("avg", ["capacity", "hub_height"]), "the name of one field; of several"),
        (lambda api: api.aggregate("avg", []), "the name of one field"),
        (lambda api: api.aggregate("avg", "capacity", property="hub_height"), "one field, not both 'capacity'"),
        (lambda api: api.aggregate(lambda t: ()), "at least one figure"),
        (lambda api: api.group_by([]).count(), "at least one column"),
        (lambda api: api.aggregate(lambda t: t.capacity.avg(), min_capacity=3), "list\\(...\\) takes filters"),
    ],
)
def test_mistakes_are_told_before_anything_is_sent(farm: WindSandbox, ask: Any, said: str) -> None:
    """What cannot be asked is said in words that lead on."""
    nothing_is_sent(farm, ask, said)


def test_what_only_the_service_knows_is_its_refusal(farm: WindSandbox) -> None:
    """The mean of texts is refused by the service."""
    with pytest.raises(DmsError, match="name"):
        farm.client.wind_turbine.aggregate("avg", "name")


def test_the_asynchronous_figures(farm: WindSandbox) -> None:
    """An asynchronous client asks alike."""

    async def work(client: AsyncWindfarmClient) -> None:
        api = client.wind_turbine
        assert 3.75 == await api.aggregate(lambda t: t.capacity.avg())
        assert (9.0, 5) == await api.list().aggregate(lambda t: (t.capacity.max(), t.external_id.count()))
        assert {"running": 2, "stopped": 2, None: 1} == dict(await api.group_by(lambda t: t.state).count())
        groups = api.list(state="running").group_by(lambda t: (t.state, t.windfarm_id))
        assert {("running", NORTH), ("running", SOUTH)} == set(await groups.keys())
        assert [2.0, 4.0] == sorted(group.value or 0 for group in await groups.aggregate(lambda t: t.capacity.max()))
        assert 3 == len(await api.histogram("capacity", 2.5))
        assert 3.75 == await api.aggregate("avg", "capacity")

    farm.run(work)


def test_figures_survive_a_busy_service(farm: WindSandbox) -> None:
    """What the service refuses for the moment, or sends half of, is asked again."""
    path = "/models/instances/aggregate"
    farm.sandbox.faults.add(path=path, status=503, times=1)
    farm.sandbox.faults.add(path=path, kind="truncate", times=1)
    assert 3.75 == farm.client.wind_turbine.aggregate(lambda t: t.capacity.avg())
