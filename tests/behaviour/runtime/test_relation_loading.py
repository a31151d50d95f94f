"""Relations over HTTP: how many requests they take, what they give, and what happens when things go wrong meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from windfarm.sdk import (
    AsyncWindfarmClient,
    Blade,
    BladeWrite,
    DistanceWrite,
    MetmastWrite,
    NacelleWrite,
    SensorTimeSeriesWrite,
    TechnicianWrite,
    WindfarmWrite,
    WindTurbine,
    WorkOrderWrite,
)

from pygen.client import DmsRequestError
from pygen.runtime import DetachedError, LinkWrite, NodeId, RelationNotLoadedError, SdkError
from tests.support.wind_sandbox import SPACE, WindSandbox, turbine, wind_sandbox

TURBINES = 12


def farm(turbines: int = TURBINES) -> list[Any]:
    """A farm: each turbine has a nacelle, as many blades as its number modulo 4, two orders, and masts nearby."""
    windfarm = WindfarmWrite(external_id="farm", name="Farm", offshore=True)
    masts = [MetmastWrite(external_id=f"m{n}", name=f"M{n}", heights=[10.0], windfarm=windfarm) for n in range(3)]
    series = [SensorTimeSeriesWrite(external_id=f"s{n}", name=f"S{n}", time_series=f"s{n}") for n in range(3)]
    crew = [TechnicianWrite(external_id=f"c{n}", name=f"C{n}") for n in range(3)]
    found: list[Any] = [windfarm, *masts, *series, *crew]
    for n in range(turbines):
        blades = [
            BladeWrite(
                external_id=f"t{n}b{k}", name=f"B{k}", is_damaged=k == 1, sensors=[f"s{k % 3}", f"s{(k + 1) % 3}"]
            )
            for k in range(n % 4)
        ]
        found.append(
            turbine(
                f"t{n}",
                capacity=float(n),
                windfarm=windfarm,
                nacelle=NacelleWrite(external_id=f"n{n}", name=f"N{n}", weight=300.0 + n),
                blades=blades,
                metmasts=[LinkWrite(masts[k], DistanceWrite(distance=100.0 * n + k)) for k in range(n % 3)],
            )
        )
        found += [
            WorkOrderWrite(
                external_id=f"w{n}-{k}",
                number=f"{n}",
                line=k,
                title=f"W{k}",
                turbine=f"t{n}",
                lead=f"c{n % 3}",
                technicians=["c0", f"c{n % 3}"] if n % 3 else ["c0"],
            )
            for k in range(2)
        ]
    return found


@pytest.fixture(scope="module")
def place() -> Iterator[WindSandbox]:
    """A farm that tests only read."""
    with wind_sandbox(farm()) as found:
        yield found


def names(items: Any) -> list[str]:
    """External ids."""
    return [item.external_id for item in items]


def test_every_kind_of_relation_gives_what_was_written(place: WindSandbox) -> None:
    """Direct, reverse, lists, edges in both directions and edges with properties lead to what belongs to each."""
    turbines = place.client.wind_turbine.list().order_by(lambda t: t.capacity).all()
    for n, each in enumerate(turbines):
        assert each.nacelle is not None
        assert f"n{n}" == each.nacelle.external_id
        assert each is each.nacelle.wind_turbine
        assert [f"t{n}b{k}" for k in range(n % 4)] == sorted(names(each.blades))
        assert [f"w{n}-0", f"w{n}-1"] == sorted(names(each.work_orders))
        assert {f"m{k}": 100.0 * n + k for k in range(n % 3)} == {
            link.node.external_id: link.edge.distance for link in each.metmasts
        }
        for blade in each.blades:
            assert each is blade.wind_turbine
            k = int(blade.external_id[-1])
            assert [f"s{k % 3}", f"s{(k + 1) % 3}"] == names(blade.sensors)
    (windfarm,) = {id(each.windfarm): each.windfarm for each in turbines}.values()
    assert windfarm is not None
    assert {f"t{n}" for n in range(TURBINES)} == set(names(windfarm.turbines))
    assert {id(each) for each in turbines} == {id(each) for each in windfarm.turbines}
    crew = place.client.technician.list().all()
    led = {each.external_id: {int(order.external_id[1:-2]) % 3 for order in each.led_orders} for each in crew}
    assert {"c0": {0}, "c1": {1}, "c2": {2}} == led
    by_crew = {each.external_id: len(each.work_orders) for each in crew}
    assert {"c0": 2 * TURBINES, "c1": TURBINES // 3 * 2, "c2": TURBINES // 3 * 2} == by_crew


def test_async_objects_give_the_same(place: WindSandbox) -> None:
    """The asynchronous client's relations lead to the same, with the same number of requests."""

    async def look(client: AsyncWindfarmClient) -> tuple[list[Any], int]:
        turbines = await client.wind_turbine.list().order_by(lambda t: t.capacity).all()
        started = client.request_count
        found = [
            (
                getattr(await each.load(WindTurbine.nacelle), "external_id", None),
                sorted(names(await each.blades.aall())),
                sorted([order.external_id async for order in each.work_orders]),
                sorted(link.edge.distance for link in await each.load(WindTurbine.metmasts)),
            )
            for each in turbines
        ]
        return found, client.request_count - started

    turbines = place.client.wind_turbine.list().order_by(lambda t: t.capacity).all()
    started = place.client.request_count
    expected = [
        (
            getattr(each.nacelle, "external_id", None),
            sorted(names(each.blades)),
            sorted(names(each.work_orders)),
            sorted(link.edge.distance for link in each.metmasts),
        )
        for each in turbines
    ]
    assert 4 == place.client.request_count - started
    assert (expected, 4) == place.run(look)


def test_a_thousand_items_and_three_relations_take_three_requests() -> None:
    """
    Touched in a loop, a direct relation, edges and a reverse relation of 1,000 items take one request each.

    In general, for N items and each relation: with D distinct targets, ceil(D / 1,000) for a direct relation; with E
    edges, floor(E / 10,000) + 1 for edges; with C nodes at the other end, floor(C / 10,000) + 1 for a reverse one; the
    last two for each 1,000 items. (An answer that is exactly full does not tell that it was the last.)
    """
    with wind_sandbox() as place:
        items: list[Any] = [WindfarmWrite(external_id="farm", name="Farm", offshore=True)]
        items += [
            turbine(
                f"t{n}",
                windfarm="farm",
                nacelle=NacelleWrite(external_id=f"n{n}", name=f"N{n}", weight=1.0),
                blades=[BladeWrite(external_id=f"b{n}{k}", name="B") for k in "abc"],
            )
            for n in range(1000)
        ]
        items += [
            WorkOrderWrite(external_id=f"w{n}", number=f"{n}", line=0, title="W", turbine=f"t{n}") for n in range(1000)
        ]
        place.write(*items)
        turbines = place.client.wind_turbine.list().all()
        assert 1000 == len(turbines)
        started = place.client.request_count
        weights, blades, orders = 0.0, 0, 0
        for each in turbines:
            weights += each.nacelle.weight or 0.0 if each.nacelle else 0.0
            blades += len(each.blades)
            orders += len(each.work_orders)
        assert (1000.0, 3000, 1000) == (weights, blades, orders)
        assert 3 == place.client.request_count - started
        assert 1000 == sum(blade.wind_turbine is each for each in turbines for blade in each.blades[:1])
        assert 1000 == sum(order.turbine is each for each in turbines for order in each.work_orders)
        assert 3 + 3 == place.client.request_count - started  # back from 3,000 blades; orders know their turbines
        more = [
            WorkOrderWrite(external_id=f"x{n}", number=f"x{n}", line=0, title="X", turbine="t0") for n in range(9500)
        ]
        place.write(*more)
        turbines = place.client.wind_turbine.list().all()
        started = place.client.request_count
        assert 10_500 == sum(len(each.work_orders) for each in turbines)
        assert 2 == place.client.request_count - started  # floor(10,500 / 10,000) + 1


def test_more_edges_than_an_answer_holds() -> None:
    """Edges beyond 10,000 come with further answers; sorted ones are in order all the same."""
    with wind_sandbox([turbine("t0"), turbine("t1")]) as place:
        blades = [BladeWrite(external_id=f"b{n:05}", name=f"{(n * 7919) % 10_500:05}") for n in range(10_500)]
        place.write(*blades)
        place.write(
            turbine("t0", blades=[blade.external_id for blade in blades[:10_400]]),
            turbine("t1", blades=[blade.external_id for blade in blades[10_300:]]),
        )
        one, two = sorted(place.client.wind_turbine.list().all(), key=lambda each: each.external_id)
        started = place.client.request_count
        assert [f"b{n:05}" for n in range(10_400)] == sorted(names(one.blades))
        assert [f"b{n:05}" for n in range(10_300, 10_500)] == sorted(names(two.blades))
        assert 2 == place.client.request_count - started
        assert len(set(map(id, [*one.blades, *two.blades]))) == 10_500
        found = one.blades.filter(lambda b: b.name.prefix("0")).order_by(lambda b: b.name.desc()).all()
        assert sorted((blade.name for blade in one.blades if blade.name.startswith("0")), reverse=True) == [
            blade.name for blade in found
        ]


@pytest.mark.parametrize("path", ["*/instances/byids", "*/instances/query", "*/instances/list"])
@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429, "retry_after": 0}, {"kind": "truncate"}])
def test_faults_in_the_middle_lose_nothing(place: WindSandbox, path: str, fault: dict[str, Any]) -> None:
    """A request that fails is repeated; nothing is missing, and nothing is there twice."""
    turbines = place.client.wind_turbine.list().all()
    place.sandbox.faults.add(path=path, times=2, **fault)
    try:
        assert [each.external_id.replace("t", "n") for each in turbines] == names(
            each.nacelle for each in turbines if each.nacelle
        )
        assert sum(n % 4 for n in range(TURBINES)) == len({b.external_id for each in turbines for b in each.blades})
        assert 2 * TURBINES == len([order for each in turbines for order in each.work_orders])
    finally:
        place.sandbox.faults.clear()


def test_a_query_that_is_too_slow_is_asked_for_less() -> None:
    """After a 408 half as many edges are asked for, until that works."""
    with wind_sandbox(farm(4)) as place:
        turbines = place.client.wind_turbine.list().all()
        place.sandbox.faults.add(path="*/instances/query", status=408, times=3)
        assert 6 == sum(len(each.blades) for each in turbines)


def test_a_load_that_is_refused_can_be_tried_again(place: WindSandbox) -> None:
    """A refusal reaches the caller and leaves the relation not loaded."""
    turbines = place.client.wind_turbine.list().all()
    place.sandbox.faults.add(path="*/instances/query", status=403, times=1)
    try:
        with pytest.raises(DmsRequestError):
            _ = len(turbines[3].blades)
        assert not turbines[3].blades.is_loaded
        assert 0 < sum(len(each.blades) for each in turbines)
    finally:
        place.sandbox.faults.clear()


def test_threads_that_touch_the_same_load_it_once(place: WindSandbox) -> None:
    """Of eight threads that touch a relation of one page, one loads it, and all see the same objects."""
    turbines = place.client.wind_turbine.list().all()
    started = place.client.request_count
    barrier = threading.Barrier(8)
    seen: list[list[Any]] = [[] for _ in range(8)]

    def look(number: int) -> None:
        barrier.wait()
        for each in turbines[number:] + turbines[:number]:
            seen[number] += [each.nacelle, *each.blades]

    threads = [threading.Thread(target=look, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 2 == place.client.request_count - started
    assert 1 == len({frozenset(map(id, each)) for each in seen})


def test_tasks_that_load_the_same_load_it_once(place: WindSandbox) -> None:
    """So do tasks of an event loop; one that is cancelled leaves it to the next."""

    async def look(client: AsyncWindfarmClient) -> int:
        turbines = await client.wind_turbine.list().all()
        started = client.request_count
        first = asyncio.create_task(turbines[0].load(WindTurbine.nacelle))
        others = [asyncio.create_task(each.load(WindTurbine.nacelle)) for each in turbines]
        await asyncio.sleep(0)
        first.cancel()
        found = await asyncio.gather(*others)
        assert [each.external_id.replace("t", "n") for each in turbines] == names(each for each in found if each)
        return client.request_count - started

    assert place.run(look) in {1, 2}

    async def together(client: AsyncWindfarmClient) -> int:
        turbines = await client.wind_turbine.list().all()
        started = client.request_count
        await asyncio.gather(*(each.blades.aall() for each in turbines))
        return client.request_count - started

    assert 1 == place.run(together)


def test_strict_relations_raise_unless_loading_is_asked_for() -> None:
    """A touch raises and names the line that loads; methods load; what is loaded or known can be touched."""
    with wind_sandbox(farm(4), strict_relations=True) as place:
        turbines = place.client.wind_turbine.list().order_by(lambda t: t.capacity).all()
        started = place.client.request_count
        with pytest.raises(RelationNotLoadedError, match=r"`w\.load_now\(WindTurbine\.nacelle\)`, or .* include"):
            _ = turbines[0].nacelle
        for touch in (list, len, bool, lambda blades: "x" in blades, lambda blades: blades[0], lambda b: b == []):
            with pytest.raises(RelationNotLoadedError, match=r"WindTurbine\.blades"):
                touch(turbines[3].blades)
        assert (False, 0) == (turbines[3].blades.is_loaded, place.client.request_count - started)
        nacelle = turbines[1].load_now(WindTurbine.nacelle)
        assert nacelle is not None
        assert nacelle is turbines[1].nacelle
        assert "n2" == getattr(turbines[2].nacelle, "external_id", None)
        assert 3 == len(turbines[3].blades.all())
        assert 3 == len(turbines[3].blades)
        assert 2 == place.client.request_count - started

        async def look(client: AsyncWindfarmClient) -> None:
            w = (await client.wind_turbine.list().order_by(lambda t: t.capacity).all())[3]
            with pytest.raises(RelationNotLoadedError, match=r"`await w\.load\(WindTurbine\.blades\)`"):
                _ = [blade async for blade in w.blades]
            assert 3 == len(await w.load(WindTurbine.blades))
            assert 3 == len([blade async for blade in w.blades])
            assert 2 == len(await w.work_orders.aall())
            with pytest.raises(RelationNotLoadedError, match=r"await w\.load\(WindTurbine\.nacelle\)"):
                w.load_now(WindTurbine.nacelle)

        place.run(look)


def test_counting_loads_nothing_where_the_service_counts(place: WindSandbox) -> None:
    """A reverse relation and a list are counted; edges are loaded; what is loaded takes no request."""
    turbines = place.client.wind_turbine.list().order_by(lambda t: t.capacity).all()
    each = turbines[3]
    assert (2, False) == (each.work_orders.count(), each.work_orders.is_loaded)
    assert (3, True) == (each.blades.count(), each.blades.is_loaded)
    blade = each.blades[1]
    assert (2, False) == (blade.sensors.count(), blade.sensors.is_loaded)
    started = place.client.request_count
    assert (3, 0) == (each.blades.count(), turbines[0].metmasts.count() if turbines[0].metmasts.is_loaded else 0)
    assert started == place.client.request_count

    async def look(client: AsyncWindfarmClient) -> list[Any]:
        found = (await client.wind_turbine.list().order_by(lambda t: t.capacity).all())[3]
        first = await found.work_orders.afirst()
        return [await found.work_orders.acount(), await found.blades.acount(), first is not None]

    assert [2, 3, True] == place.run(look)


def test_part_of_a_relation_is_a_question_of_its_own(place: WindSandbox) -> None:
    """`filter` asks for what matches, sorted and limited if need be, of every kind of relation, in both worlds."""
    each = place.client.wind_turbine.list().order_by(lambda t: t.capacity).all()[11]
    damaged = each.blades.filter(lambda b: b.is_damaged == True)  # noqa: E712 -- makes a condition
    assert ["t11b1"] == names(damaged)
    assert (1, 1) == (damaged.count(), len(damaged.all()))
    assert not each.blades.is_loaded
    sound = each.blades.filter(Blade.is_damaged == False).order_by(lambda b: b.name.desc())  # noqa: E712
    assert ["t11b2", "t11b0"] == names(sound)
    assert ["t11b2"] == names(sound.limit(1))
    assert [] == sound.limit(0).all()
    assert "t11b2" == getattr(sound.first(), "external_id", None)
    assert [] == names(sound.where(lambda b: b.name == "nobody"))
    assert ["w11-1"] == names(each.work_orders.filter(lambda w: w.line > 0))
    assert [1101.0] == [link.edge.distance for link in each.metmasts.filter(lambda m: m.name == "M1")]
    blade = each.blades[0]
    assert ["s1"] == names(blade.sensors.filter(lambda s: s.name.in_(["S1", "S2"])))
    assert ["s1", "s0"] == names(blade.sensors.filter(lambda s: s.name.exists()).order_by(lambda s: s.name.desc()))
    with pytest.raises(TypeError, match=r"count\(\) tells it"):
        len(damaged)
    with pytest.raises(ValueError, match="negative"):
        damaged.limit(-1)
    with pytest.raises(TypeError, match="a condition is a filter"):
        each.blades.filter("is_damaged")  # type: ignore[arg-type]

    async def look(client: AsyncWindfarmClient) -> list[Any]:
        found = await client.wind_turbine.retrieve("t11")
        assert found is not None
        part = found.blades.filter(lambda b: b.is_damaged == True)  # noqa: E712
        with pytest.raises(SdkError, match="await"):
            part.all()
        first = await part.afirst()
        return [names(await part.aall()), names([b async for b in part]), await part.acount(), first is not None]

    assert [["t11b1"], ["t11b1"], 1, True] == place.run(look)


def test_dangling_relations_are_none_or_left_out() -> None:
    """Targets that are gone are None for one and left out of many; their ids stay."""
    with wind_sandbox(farm(4)) as place:
        place.client.delete([NodeId(SPACE, name) for name in ("n1", "t3b1", "s1")])
        turbines = place.client.wind_turbine.list().order_by(lambda t: t.capacity).all()
        assert [True, False, True, True] == [each.nacelle is not None for each in turbines]
        assert NodeId(SPACE, "n1") == turbines[1].nacelle_id
        assert ["t3b0", "t3b2"] == sorted(names(turbines[3].blades))
        blade = min(turbines[3].blades, key=lambda each: each.external_id)
        assert (2, ["s0"], 1) == (len(blade.sensors_ids or ()), names(blade.sensors), blade.sensors.count())


def test_a_closed_client_says_what_to_do() -> None:
    """What is loaded stays; anything else raises and says how to go on, in both worlds."""
    with wind_sandbox(farm(4)) as place:
        turbines = place.client.wind_turbine.list().all()
        assert turbines[0].nacelle is not None
        query = place.client.wind_turbine.list()
        place.client.client.close()
        assert turbines[1].nacelle is not None
        for use in (
            turbines[0].blades.all,
            lambda: list(query),
            query.all,
            query.count,
            turbines[0].refresh,
            lambda: next(iter(query)),
        ):
            with pytest.raises(DetachedError, match=r"the client is closed: .*inside of its `with` block") as caught:
                use()
            assert isinstance(caught.value, RuntimeError)

        async def look(client: AsyncWindfarmClient) -> None:
            found = await client.wind_turbine.list().all()
            await client.aclose()
            with pytest.raises(DetachedError, match="the client is closed"):
                await found[0].load(WindTurbine.nacelle)
            with pytest.raises(DetachedError, match="the client is closed"):
                await client.wind_turbine.list().all()

        place.run(look)
