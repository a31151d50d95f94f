"""Relations fetched along with a query: branches, recursion, set operations, pages, and what goes wrong meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from windfarm.sdk import AsyncWindfarmClient, Blade, Nacelle, Technician, WindfarmClient, WindTurbine

from pygen.client import AsyncPygenClient, DmsRequestError, PygenClient, RetryPolicy
from pygen.runtime import Link, NodeId, NotSelectedError, PygenRelation, Results, compiling
from pygen.sandbox import Sandbox

MODEL = Path(__file__).parents[3] / "example_project" / "model" / "windfarm.json"
SCHEMA, DATA = "sp_windfarm", "windfarm_data"
TURBINES = 25


def id_of(name: str) -> dict[str, str]:
    """An instance as JSON names it."""
    return {"space": DATA, "externalId": name}


def node(view: str, external_id: str, /, *, type: str | None = None, **properties: Any) -> dict[str, Any]:  # noqa: A002 -- as DMS calls it
    """A node as it is written."""
    source = {"type": "view", "space": SCHEMA, "externalId": view, "version": "v1"}
    made = {"instanceType": "node", **id_of(external_id), "sources": [{"source": source, "properties": properties}]}
    return {**made, "type": {"space": SCHEMA, "externalId": type}} if type else made


def edge(type_: str, start: str, end: str, **properties: Any) -> dict[str, Any]:
    """An edge as it is written; with properties, one of the view `Distance`."""
    source = {"type": "view", "space": SCHEMA, "externalId": "Distance", "version": "v1"}
    return {
        "instanceType": "edge",
        **id_of(f"{start}->{end}"),
        "type": {"space": SCHEMA, "externalId": type_},
        "startNode": id_of(start),
        "endNode": id_of(end),
        **({"sources": [{"source": source, "properties": properties}]} if properties else {}),
    }


def farm() -> list[dict[str, Any]]:
    """Turbines with three blades each, of which the second is damaged, met masts, orders, and a line of mentors."""
    items = [
        node("Windfarm", "farm", name="farm", offshore=True),
        *(node("Metmast", f"m{n}", name=f"m{n}", heights=[80.0]) for n in range(3)),
    ]
    items += [node("SensorTimeSeries", f"s{n}", name=f"s{n}", timeSeries=f"s{n}") for n in range(2)]
    for n in range(6):
        mentor: dict[str, Any] = {"mentor": id_of(f"tech{n - 1}")} if n else {}
        items.append(node("Technician", f"tech{n}", name=f"tech{n}", active=True, **mentor))
    for n in range(TURBINES):
        name = f"t{n:02}"
        items.append(node("Nacelle", f"{name}-nacelle", name=name, weight=float(n)))
        relations = {"nacelle": id_of(f"{name}-nacelle"), "windfarm": id_of("farm")}
        if n == 1:
            relations["nacelle"] = id_of("gone")
        items.append(node("WindTurbine", name, type="WindTurbine", name=name, capacity=float(n % 5), **relations))
        for letter in "CBA":
            sensors = [id_of("s1"), id_of("s0")]
            blade = node("Blade", f"{name}-{letter}", name=letter, isDamaged=letter == "B", sensors=sensors)
            items += [blade, edge("WindTurbine.blades", name, f"{name}-{letter}")]
        items += [edge("Distance", name, f"m{k}", distance=float(n + k)) for k in range(n % 3)]
        for k in range(n % 2):
            technicians = [id_of("tech0"), id_of(f"tech{n % 6}")]
            items.append(
                node("WorkOrder", f"{name}-w{k}", title="w", number=name, line=k, turbine=id_of(name),
                     lead=id_of("tech0"), technicians=technicians)
            )  # fmt: skip
    return items


class Place(NamedTuple):
    """A sandbox with the wind farm, over HTTP."""

    sandbox: Sandbox
    raw: PygenClient
    client: WindfarmClient

    def asynchronous(self) -> AsyncWindfarmClient:
        """A client of the other kind; close it."""
        return AsyncWindfarmClient.from_client(
            AsyncPygenClient(base_url=self.sandbox.base_url, project=self.sandbox.project, credentials="t", retry=RETRY)
        )


async def _no_wait(_: float) -> None:
    return None


RETRY = RetryPolicy(sleep=lambda _: None, asleep=_no_wait)


@pytest.fixture(scope="module")
def filled() -> Iterator[Place]:
    """One for all tests of the module, which only read."""
    with Sandbox(MODEL) as sandbox, PygenClient(
        base_url=sandbox.base_url, project=sandbox.project, credentials="t", retry=RETRY
    ) as raw:  # fmt: skip
        raw.spaces.upsert({"space": DATA})
        raw.instances.apply(farm())
        raw.instances.delete(NodeId(DATA, "gone"))
        yield Place(sandbox, raw, WindfarmClient.from_client(raw))


@pytest.fixture
def place(filled: Place) -> Iterator[Place]:
    """The wind farm, with nothing going wrong."""
    filled.sandbox.faults.clear()
    yield filled
    filled.sandbox.faults.clear()


def names(items: Any) -> list[str]:
    """External ids."""
    return [(item.node if isinstance(item, Link) else item).external_id for item in items]


def seen(turbine: WindTurbine) -> tuple[Any, ...]:
    """Everything that is followed from a turbine in these tests."""
    return (
        turbine.external_id,
        sorted(names(turbine.blades)),
        [names(blade.sensors) for blade in turbine.blades],
        sorted((link.node.external_id, link.edge.distance) for link in turbine.metmasts),
        turbine.nacelle and turbine.nacelle.weight,
        turbine.windfarm and turbine.windfarm.external_id,
        [
            (order.external_id, names(order.technicians), order.lead and order.lead.name)
            for order in turbine.work_orders
        ],
    )


PATHS = ("blades.sensors", "metmasts", "nacelle", "windfarm", "work_orders.technicians", "work_orders.lead")


def test_what_is_included_takes_one_request_and_touching_it_none(place: Place) -> None:
    """Six relations, two levels down, of 25 turbines come with one request."""
    lazy = [seen(turbine) for turbine in place.client.wind_turbine.list()]
    before = place.client.request_count
    included = [seen(turbine) for turbine in place.client.wind_turbine.list().include(*PATHS)]
    assert before + 1 == place.client.request_count
    assert lazy == included
    assert TURBINES == len(included)
    assert None is included[1][4]  # a nacelle that is gone


def test_an_async_client_includes_the_same(place: Place) -> None:
    """Objects of an async client can be touched where their relations were included."""

    async def fetch() -> tuple[list[Any], int]:
        client = place.asynchronous()
        try:
            found = [seen(turbine) async for turbine in client.wind_turbine.list().include(*PATHS).chunk_size(10)]
            return found, client.request_count
        finally:
            await client.aclose()

    found, requests = asyncio.run(fetch())
    assert [seen(turbine) for turbine in place.client.wind_turbine.list().include(*PATHS)] == found
    assert 3 == requests


def test_pages_lose_and_double_nothing(place: Place) -> None:
    """With any size of page the same turbines come with the same relations."""
    whole = [seen(turbine) for turbine in place.client.wind_turbine.list().include(*PATHS)]
    for size in (1, 7, 24, 25, 26):
        query = place.client.wind_turbine.list().include(*PATHS).chunk_size(size)
        assert whole == [seen(turbine) for turbine in query]


def test_limits_slices_and_order_count_results_only(place: Place) -> None:
    """What is followed does not count, and a slice is one of the order that was asked for."""
    query = place.client.wind_turbine.list().include("blades").order_by(lambda t: t.name.desc())
    assert ["t24", "t23"] == names(query.limit(2))
    assert ["t20", "t19", "t18"] == names(query.chunk_size(2)[4:7])
    assert [3, 3] == [len(turbine.blades) for turbine in query.limit(2)]
    assert [] == query.limit(0).all()
    first = query.first()
    assert first is not None
    assert 3 == len(first.blades)
    assert "t22" == query[2].external_id


def test_a_cursor_leads_on(place: Place) -> None:
    """`page()` gives a page with its relations, and where the next one starts."""
    query = place.client.wind_turbine.list().include("blades").chunk_size(10)
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = query.page(cursor=cursor)
        found += names(page)
        assert all(3 == len(turbine.blades) for turbine in page)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert [f"t{n:02}" for n in range(TURBINES)] == found


def test_a_branch_has_conditions_order_and_a_limit_for_each_owner(place: Place) -> None:
    """Each turbine gets its own first two blades in the order asked for, and no damaged one."""
    before = place.client.request_count
    query = place.client.wind_turbine.list().branch(
        lambda t: t.blades,
        lambda blades: blades.where(lambda b: b.is_damaged == False).order_by(lambda b: b.name),  # noqa: E712
    )
    assert [["A", "C"]] * TURBINES == [[blade.name for blade in turbine.blades] for turbine in query]
    down = place.client.wind_turbine.list().branch(
        lambda t: t.blades, lambda blades: blades.order_by(lambda b: b.name.desc()).limit(2).include("sensors")
    )
    assert [["C", "B"]] * TURBINES == [[blade.name for blade in turbine.blades] for turbine in down]
    assert ["s1", "s0"] == names(down.all()[0].blades[0].sensors)
    assert before + 3 == place.client.request_count


def test_a_list_of_direct_relations_keeps_its_order_unless_another_is_asked_for(place: Place) -> None:
    """The ids of the list say the order; `order_by` says another one."""
    blade = place.client.blade.list().include("sensors").first()
    assert blade is not None
    assert ["s1", "s0"] == names(blade.sensors)
    ordered = place.client.blade.list().branch(lambda b: b.sensors, lambda s: s.order_by(lambda x: x.name)).first()
    assert ordered is not None
    assert ["s0", "s1"] == names(ordered.sensors)


def test_edges_in_both_directions(place: Place) -> None:
    """Inwards edges lead to where they start, with the edge's properties where there are any."""
    masts = place.client.metmast.list().include("wind_turbines").all()
    assert 16 == len(masts[0].wind_turbines)
    assert {"t01": 1.0, "t02": 2.0}.items() <= {
        link.node.external_id: link.edge.distance for link in masts[0].wind_turbines
    }.items()
    blade = place.client.blade.list(external_id_prefix="t03").include("wind_turbine.nacelle").first()
    assert blade is not None
    assert "t03" == (blade.wind_turbine and blade.wind_turbine.external_id)


def test_what_a_query_cannot_say_is_loaded_after_each_page(place: Place) -> None:
    """A reverse relation of a list cannot be followed by the service, and comes all the same, for the whole page."""
    before = place.client.request_count
    technicians = place.client.technician.list().include("work_orders.turbine").all()
    found = {technician.external_id: names(technician.work_orders) for technician in technicians}
    assert before + 3 == place.client.request_count
    assert 12 == len(found["tech0"])
    assert {"t01", "t07"} <= {order.turbine.external_id for order in technicians[1].work_orders if order.turbine}


def test_a_system_of_units_holds_for_what_is_loaded_after_each_page(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values have the same unit whether a relation fits into the query or takes requests of its own."""
    turbine = place.client.wind_turbine.retrieve("t03")
    assert turbine is not None
    assert 3.0 == turbine.capacity

    def found() -> list[float | None]:
        orders = place.client.work_order.list(turbine="t03").include("turbine", "turbine.blades.wind_turbine")
        (order,) = orders.target_units("SI").limit(1)
        assert order.turbine is not None
        others = [blade.wind_turbine for blade in order.turbine.blades]
        assert not any(other is None for other in others)
        return [order.turbine.capacity, *(other.capacity for other in others if other)]

    in_one_query = found()
    monkeypatch.setattr(compiling, "MOST_SETS", 1)
    assert [3e6] * 4 == in_one_query == found()
    technicians = place.client.technician.list(external_id="tech3").include("work_orders.turbine").target_units("SI")
    assert {3e6} == {order.turbine.capacity for order in technicians.one().work_orders[:1] if order.turbine}


def test_selected_fields_hold_for_what_is_loaded_after_each_page(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not selected is not there, whether a relation fits into the query or takes requests of its own."""

    def fields(owner: Any, *names: str) -> list[set[str]]:
        nodes = [getattr(owner, name) for name in names]
        nodes = [node[0] if isinstance(node, PygenRelation) else node for node in nodes]
        return [type(node).__pygen_props__.keys() & node.__dict__.keys() for node in nodes]

    def found() -> list[set[str]]:
        query = (
            place.client.wind_turbine.list(external_id="t03")
            .branch(lambda t: t.nacelle, lambda n: n.fields("weight"))
            .branch(lambda t: t.blades, lambda b: b.fields("name").include("sensors"))
            .branch(lambda t: t.work_orders, lambda w: w.fields("title").include("lead"))
        )
        turbine = query.one()
        before = place.client.request_count
        assert ["s1", "s0"] == [sensor.name for sensor in turbine.blades[0].sensors]
        assert "tech0" == (turbine.work_orders[0].lead and turbine.work_orders[0].lead.name)
        assert before == place.client.request_count
        return fields(turbine, "nacelle", "blades", "work_orders")

    wanted = [{"weight"}, {"name", "sensors_ids"}, {"title", "lead_id", "turbine_id"}]
    assert wanted == found()
    monkeypatch.setattr(compiling, "MOST_SETS", 1)
    assert wanted == found()
    technicians = place.client.technician.list(external_id="tech0")
    technician = technicians.branch(lambda t: t.work_orders, lambda w: w.fields("title")).one()
    assert [{"title", "technicians_ids"}] == fields(technician, "work_orders")
    with pytest.raises(NotSelectedError, match="number"):
        _ = technician.work_orders[0].number


def test_shared_neighbours_are_one_object(place: Place) -> None:
    """All turbines of a page have the same wind farm, and what leads back leads to the same turbine."""
    turbines = place.client.wind_turbine.list().include("windfarm", "blades.wind_turbine").all()
    assert 1 == len({id(turbine.windfarm) for turbine in turbines})
    assert all(blade.wind_turbine is turbine for turbine in turbines for blade in turbine.blades)


def test_a_relation_followed_in_two_ways_stays_two_things(place: Place) -> None:
    """A turbine met again below has the blades that were asked for there, not those of above."""
    turbine = (
        place.client.wind_turbine.list(external_id="t03")
        .branch(
            lambda t: t.blades,
            lambda blades: blades.where(lambda b: b.name == "A").branch(
                lambda b: b.wind_turbine, lambda t: t.include("blades")
            ),
        )
        .one()
    )
    (blade,) = turbine.blades
    assert blade.wind_turbine is not None
    assert 3 == len(blade.wind_turbine.blades)


def test_recursion_follows_a_relation_to_a_depth(place: Place) -> None:
    """Three mentors up are there without a request, the fourth takes one."""
    query = place.client.technician.list(external_id="tech5").recurse(lambda t: t.mentor, max_distance=3)
    technician: Technician | None = query.one()
    before = place.client.request_count
    line: list[str] = []
    for _ in range(4):
        assert technician is not None
        line.append(technician.external_id)
        technician = technician.mentor if len(line) < 4 else technician
    assert ["tech5", "tech4", "tech3", "tech2"] == line
    assert before == place.client.request_count
    assert technician is not None
    assert "tech1" == (technician.mentor and technician.mentor.external_id)
    assert before + 1 == place.client.request_count
    assert ["tech4", "tech3", "tech2"] == names(query.list_branch(lambda t: t.mentor))


def test_recursion_deeper_than_a_query_is_finished_by_requests(place: Place) -> None:
    """A relation followed a hundred times needs more result sets than a query has; the rest is loaded."""
    query = place.client.technician.list(external_id="tech5").recurse(lambda t: t.mentor, max_distance=100)
    assert ["tech4", "tech3", "tech2", "tech1", "tech0"] == names(query.list_branch(lambda t: t.mentor))


def test_a_branch_as_a_list(place: Place) -> None:
    """`list_branch` and `list_blades` give the nodes of a branch, each once; `list_full` the results themselves."""
    query = place.client.wind_turbine.list().include("metmasts").branch(
        lambda t: t.blades, lambda blades: blades.where(lambda b: b.name == "A")
    )  # fmt: skip
    blades = query.list_branch(lambda t: t.blades)
    assert isinstance(blades, Results)
    assert Blade is blades.kind
    assert [f"t{n:02}-A" for n in range(TURBINES)] == names(blades)
    assert blades == query.list_blades()  # type: ignore[attr-defined]  # made of what is included
    assert ["m0", "m1"] == sorted(names(query.list_branch("metmasts")))
    assert "list_blades" in dir(query)
    assert not hasattr(query, "list_nacelle")
    assert Nacelle is query.list_branch(lambda t: t.nacelle).kind
    assert TURBINES == len(query.list_full())


def test_an_async_branch_as_a_list(place: Place) -> None:
    """The same verbs are coroutines."""

    async def fetch() -> tuple[list[str], list[str], int]:
        client = place.asynchronous()
        try:
            query = client.wind_turbine.list(external_id="t02").include("metmasts", "blades")
            blades = names(await query.list_branch(lambda t: t.blades))
            return blades, names(await query.list_metmasts()), len(await query.list_full())  # type: ignore[attr-defined]
        finally:
            await client.aclose()

    blades, masts, count = asyncio.run(fetch())
    assert (["t02-A", "t02-B", "t02-C"], ["m0", "m1"], 1) == (sorted(blades), sorted(masts), count)


def test_set_operations_of_conditions(place: Place) -> None:
    """Of queries without limits any number of instances is combined, sorted and counted as one query."""
    turbines = place.client.wind_turbine
    low, even = (
        turbines.list(max_capacity=1.0),
        turbines.list(lambda t: t.name.in_([f"t{n:02}" for n in range(0, 25, 2)])),
    )
    by_name = {turbine.external_id: turbine for turbine in turbines.list()}
    is_low = {name for name, turbine in by_name.items() if (turbine.capacity or 0) <= 1}
    is_even = {name for name in by_name if int(name[1:]) % 2 == 0}
    assert sorted(is_low | is_even) == names((low | even).order_by(lambda t: t.name))
    assert sorted(is_low & is_even) == names((low & even).order_by(lambda t: t.name))
    assert sorted(is_low - is_even) == names((low - even).order_by(lambda t: t.name))
    assert sorted(set(by_name) - is_even) == names((turbines.list() - even).order_by(lambda t: t.name))
    assert len(is_low | is_even) == (low | even).count()
    assert [] == (low - turbines.list()).all()
    assert TURBINES == len((low | turbines.list()).all())
    assert [3] * len(is_low & is_even) == [len(turbine.blades) for turbine in (low & even).include("blades")]


def test_set_operations_of_queries_with_limits(place: Place) -> None:
    """Where a limit decides what belongs to a query, the service combines the sets."""
    turbines = place.client.wind_turbine
    first = turbines.list().order_by(lambda t: t.name).limit(4)
    last = turbines.list().order_by(lambda t: t.name.desc()).limit(22)
    assert [f"t{n:02}" for n in range(TURBINES)] == names((first | last).order_by(lambda t: t.name))
    assert ["t03"] == names(first & last)
    assert ["t00", "t01", "t02"] == names((first - last).order_by(lambda t: t.name).chunk_size(2))
    assert ["t02", "t01"] == names((first - last).order_by(lambda t: t.name.desc()).limit(2))
    assert ["t01", "t03"] == names(
        (first & turbines.list(lambda t: t.name.in_(["t01", "t03"]))).order_by(lambda t: t.name)
    )
    assert ["t01", "t03"] == names(
        (turbines.list(lambda t: t.name.in_(["t01", "t03"])) & first).order_by(lambda t: t.name)
    )
    assert ["t00", "t02"] == names(
        (first - turbines.list(lambda t: t.name.in_(["t01", "t03"]))).order_by(lambda t: t.name)
    )
    assert ["t03"] == names(((first | last) & first) - first.limit(3))
    assert [] == (first - first).all()
    assert [] == (turbines.list().limit(0) | turbines.list().limit(0)).all()
    query = (first | last).where(lambda t: t.name <= "t02").order_by(lambda t: t.name).include("blades")
    assert [("t00", 3), ("t01", 3), ("t02", 3)] == [(turbine.name, len(turbine.blades)) for turbine in query]


def test_what_cannot_be_combined(place: Place) -> None:
    """Other classes, other clients, slices, and limits that no result set can have are refused."""
    turbines = place.client.wind_turbine
    with pytest.raises(TypeError, match="of WindTurbine and Blade"):
        turbines.list() | place.client.blade.list()  # type: ignore[operator]
    with pytest.raises(TypeError, match="one client"):
        turbines.list() | WindfarmClient.from_client(place.raw).wind_turbine.list()
    with pytest.raises(TypeError, match="not with list"):
        turbines.list() - []  # type: ignore[operator]
    with pytest.raises(ValueError, match="does not start at its beginning"):
        turbines.list()[3:] & turbines.list()
    with pytest.raises(ValueError, match="10,000 instances at most"):
        turbines.list().limit(6000) | turbines.list().limit(6000)
    with pytest.raises(ValueError, match="10,000 instances at most"):
        turbines.list() | turbines.list().limit(1)
    with pytest.raises(ValueError, match="queries of edges"):
        place.client.distance.list().limit(1) | place.client.distance.list().limit(1)


def test_wrong_names_are_errors_that_help(place: Place) -> None:
    """A name that is no relation is refused when the query is built, with the one that was probably meant."""
    query = place.client.wind_turbine.list()
    with pytest.raises(TypeError, match="WindTurbine has no relation 'blade'; did you mean 'blades'"):
        query.include("blade")
    with pytest.raises(TypeError, match=r"Blade has no relation 'sensor'; did you mean .sensors"):
        query.include("blades.sensor")
    with pytest.raises(TypeError, match=r"'name' .it is a field"):
        query.include("name")
    with pytest.raises(TypeError, match=r"Blade\.sensors is no relation of WindTurbine"):
        query.include(Blade.sensors)
    with pytest.raises(TypeError, match="nacelle_id is a field"):
        query.branch(lambda t: t.nacelle_id)  # type: ignore[arg-type, return-value]
    with pytest.raises(TypeError, match="a relation of a class to itself"):
        query.recurse(lambda t: t.blades, max_distance=2)
    with pytest.raises(ValueError, match="at least 1"):
        place.client.technician.list().recurse(lambda t: t.mentor, max_distance=0)
    with pytest.raises(TypeError, match=r"says what is fetched along WindTurbine\.blades"):
        query.branch(lambda t: t.blades, lambda blades: None)  # type: ignore[arg-type, return-value]
    with pytest.raises(ValueError, match="in one way"):
        query.branch(lambda t: t.blades, lambda b: b.limit(1)).branch(lambda t: t.blades, lambda b: b.limit(2))
    with pytest.raises(ValueError, match="negative"):
        query.branch(lambda t: t.blades, lambda b: b.limit(-1))


@pytest.mark.parametrize("status", [408, 429, 503])
def test_faults_in_the_middle_lose_nothing(place: Place, status: int) -> None:
    """Every second request fails; what comes is the same, in smaller pages where the service was too slow."""
    whole = [seen(turbine) for turbine in place.client.wind_turbine.list().include(*PATHS)]
    for after in (0, 1, 2):
        place.sandbox.faults.clear()
        place.sandbox.faults.add(path="/models/instances/query", status=status, after=after, times=1)
        query = place.client.wind_turbine.list().include(*PATHS).chunk_size(12)
        assert whole == [seen(turbine) for turbine in query]


def test_a_query_that_is_too_slow_for_the_smallest_page_is_refused(place: Place) -> None:
    """Ten results are not halved any more: the error of the service comes through."""
    place.sandbox.faults.add(path="/models/instances/query", status=408)
    with pytest.raises(DmsRequestError, match="timed out"):
        place.client.wind_turbine.list().include("blades").all()


def test_an_async_query_survives_faults(place: Place) -> None:
    """The other driver repeats and halves, too."""
    whole = [seen(turbine) for turbine in place.client.wind_turbine.list().include(*PATHS)]
    place.sandbox.faults.add(path="/models/instances/query", status=503, after=1, times=2)
    place.sandbox.faults.add(path="/models/instances/query", status=408, after=2, times=1)

    async def fetch() -> list[Any]:
        client = place.asynchronous()
        try:
            return [seen(turbine) for turbine in await client.wind_turbine.list().include(*PATHS).chunk_size(12).all()]
        finally:
            await client.aclose()

    assert whole == asyncio.run(fetch())


def test_what_is_not_included_is_loaded_for_the_page(place: Place) -> None:
    """Objects that came along are pages, too: touching another relation of theirs takes one request for all."""
    turbines = place.client.wind_turbine.list().include("blades").all()
    before = place.client.request_count
    for turbine in turbines:
        for blade in turbine.blades:
            assert 2 == len(blade.sensors)
    assert before + 1 == place.client.request_count


def test_narrowed_results_keep_what_was_included(place: Place) -> None:
    """Each instance as its own class still has the relations that came with it."""
    units = place.client.generating_unit.list().narrow().include("windfarm").all()
    before = place.client.request_count
    assert {WindTurbine} == {type(unit) for unit in units}
    assert {"farm"} == {unit.windfarm.external_id for unit in units if unit.windfarm}
    assert before == place.client.request_count
