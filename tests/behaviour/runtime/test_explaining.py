"""What queries say about themselves before they are asked, against the sandbox over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from windfarm.sdk import AsyncWindfarmClient, TechnicianWrite, WindfarmClient, WindTurbine

from pygen.client import ContainerId, Hook, PygenClient, RequestEvent, RetryPolicy
from pygen.runtime import DmsRequestError, Filter, NodeId
from tests.support.wind_sandbox import SPACE, WindSandbox, turbine, wind_sandbox

INDEXES: dict[str, dict[str, Any]] = {
    "WindTurbine": {
        "hub": {"indexType": "btree", "properties": ["hubHeight", "serialNumber"], "cursorable": True},
        "sheets": {"indexType": "inverted", "properties": ["datasheets"]},
        "nacelle": {"indexType": "btree", "properties": ["nacelle"]},
    },
    "GeneratingUnit": {
        "capacity": {"indexType": "btree", "properties": ["capacity"], "cursorable": True, "bySpace": True},
        "state": {"indexType": "btree", "properties": ["state", "capacity"]},
    },
    "WorkOrder": {"turbine": {"indexType": "btree", "properties": ["turbine"]}},
}

HUB = "cursorable btree index hub of sp_windfarm:WindTurbine (hubHeight, serialNumber)"


class Asked(Hook):
    """Notes the path and the body of each request."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []

    def on_request(self, event: RequestEvent, /) -> None:
        """Note one."""
        self.calls.append((event.info.call.path, event.info.call.body))


@pytest.fixture(scope="module")
def farm() -> Iterator[WindSandbox]:
    """Five turbines, and containers with indexes."""
    with wind_sandbox(turbine(f"t{number}", capacity=float(number)) for number in range(5)) as found:
        containers = found.client.client.containers
        for name, indexes in INDEXES.items():
            (container,) = containers.retrieve(ContainerId("sp_windfarm", name))
            item = container.model_dump(by_alias=True, exclude_none=True)
            written = {key: item[key] for key in ("space", "externalId", "usedFor", "properties") if key in item}
            containers.upsert([written | {"indexes": indexes}])
        yield found


@pytest.fixture
def asked() -> Asked:
    """What the client asks."""
    return Asked()


@pytest.fixture
def client(farm: WindSandbox, asked: Asked) -> Iterator[WindfarmClient]:
    """A client whose requests are noted."""
    sandbox = farm.sandbox
    with PygenClient(
        base_url=sandbox.base_url,
        project=sandbox.project,
        credentials=sandbox.token,
        hooks=[asked],
        retry=RetryPolicy(sleep=lambda _: None),
    ) as under:
        yield WindfarmClient.from_client(under, instance_space=SPACE)


def reasons(explanation: Any) -> dict[str, str]:
    """What each thing rests on, in words."""
    return {each.what: each.reason for each in explanation.backed}


def test_the_body_is_what_is_sent_first(client: WindfarmClient, asked: Asked) -> None:
    """A list, a query with branches, one with fields, a limit, a page size; and values."""
    select = client.wind_turbine.select().where(lambda t: t.capacity >= 2).order_by(lambda t: t.capacity)
    for query in (
        select,
        select.limit(2),
        select.chunk_size(3),
        select[1:3],
        select.include("blades", "nacelle"),
        select.fields("name").limit(2),
        select.values(lambda t: (t.name, t.capacity)),
        select.values("name")[1:2],
        client.distance.select(),
        select.limit(3) | client.wind_turbine.list(name="T0").limit(1),
    ):
        explained = query.explain(schema=False)
        assert [] == asked.calls
        query.all()
        assert (explained.endpoint, explained.body) == asked.calls[0]
        asked.calls.clear()


def test_explaining_asks_for_views_and_containers_alone(client: WindfarmClient, asked: Asked) -> None:
    """Two requests, however many views; none without the schema, none where nothing could use an index."""
    query = client.wind_turbine.list(min_capacity=1.0).include("blades", "work_orders")
    query.explain()
    assert ["/models/views/byids", "/models/containers/byids"] == [path for path, _ in asked.calls]
    asked.calls.clear()
    assert {"unknown"} == {each.verdict for each in query.explain(schema=False).backed}
    client.wind_turbine.select().include("blades").explain()
    assert [] == asked.calls


def test_indexes_that_back_conditions_are_named(client: WindfarmClient) -> None:
    """A btree index serves comparisons of its first property, an inverted one those of what a list contains."""
    query = client.wind_turbine.select().where(
        lambda t: (
            (t.hub_height > 100)
            & (t.serial_number == 5)
            & t.datasheets.contains_any(["x"])
            & (t.nacelle_id == NodeId(SPACE, "n"))
            & (t.capacity > 3)
            & (t.state == "running")
            & t.name.prefix("h")
            & t.description.exists()
            & ~t.name.prefix("x")
        )
    )
    by_space = "cursorable btree index capacity of sp_windfarm:GeneratingUnit (capacity)"
    expected = {
        "hub_height > 100": HUB,
        "serial_number = 5": "no index",
        "datasheets contains any of ('x')": "inverted index sheets of sp_windfarm:WindTurbine (datasheets)",
        f"nacelle_id = {SPACE}:n": "btree index nacelle of sp_windfarm:WindTurbine (nacelle)",
        "capacity > 3": f"no index; {by_space} fits, but begins with the space: filter by space, too",
        "state = 'running'": "btree index state of sp_windfarm:GeneratingUnit (state, capacity)",
        "name begins with 'h'": "no index",
        "description has a value": "no index; no index serves exists",
        "not (name begins with 'x')": "no index; what is negated narrows nothing down",
    }
    found = reasons(query.explain())
    assert expected == {what: found.get(what) for what in expected}
    placed = reasons(query.where(lambda t: t.space == SPACE).explain())
    assert (by_space, "the ids of instances") == (placed["capacity > 3"], placed[f"space = '{SPACE}'"])


def test_indexes_that_back_a_sorting_are_cursorable(client: WindfarmClient) -> None:
    """The keys must be the first properties of one index, in one direction."""
    select = client.wind_turbine.select()

    def sorting(query: Any) -> tuple[str, str]:
        (backing,) = query.explain().backed
        return backing.verdict, backing.reason

    assert ("index", HUB) == sorting(select.order_by(lambda t: t.hub_height))
    assert ("index", HUB) == sorting(select.order_by(lambda t: (t.hub_height.desc(), t.serial_number.desc())))
    assert ("none", "no index") == sorting(select.order_by(lambda t: t.serial_number))
    assert "none" == sorting(select.order_by(lambda t: (t.hub_height, t.serial_number.desc())))[0]
    assert "read in one direction" in sorting(select.order_by(lambda t: (t.hub_height, t.serial_number.desc())))[1]
    assert "not cursorable" in sorting(select.order_by(lambda t: t.state))[1]
    assert "several containers" in sorting(select.order_by(lambda t: (t.hub_height, t.state)))[1]
    assert "unknown" == sorting(select.order_by(lambda t: t.external_id))[0]


def test_branches_alternatives_and_nested_conditions_are_explained(client: WindfarmClient) -> None:
    """Relations that are followed backwards need an index, too; each alternative needs its own."""
    blades = client.wind_turbine.select().branch(
        lambda t: t.blades,
        lambda b: b.where(lambda b: b.is_damaged == True).order_by(lambda b: b.name),  # noqa: E712 -- a filter
    )
    found = reasons(blades.include("work_orders").explain())
    assert {
        "blades.is_damaged = True",
        "sort blades by name",
        "follow work_orders, back along WorkOrder.turbine",
    } == set(found)
    assert (
        "btree index turbine of sp_windfarm:WorkOrder (turbine)"
        == found["follow work_orders, back along WorkOrder.turbine"]
    )
    either = client.wind_turbine.list(lambda t: (t.hub_height > 1) | (t.name == "x")).explain()
    assert ["index", "none"] == [each.verdict for each in either.backed]
    assert all("each of them needs an index" in each.note for each in either.backed)
    path = WindTurbine.__pygen__.path("nacelle")
    inner = {"range": {"property": ["sp_windfarm", "Nacelle/v1", "weight"], "gt": 3}}
    nested = client.wind_turbine.list(Filter({"nested": {"scope": path, "filter": inner}})).explain()
    assert ["index", "none"] == [each.verdict for each in nested.backed]
    assert ["nacelle_id leads to those", "nacelle_id.weight > 3"] == [each.what for each in nested.backed]


def test_requests_are_counted_as_far_as_they_are_known(client: WindfarmClient, asked: Asked) -> None:
    """At least one; with a limit at most so many; by count, the pages; and what cannot be in the query beside it."""
    select = client.wind_turbine.select().chunk_size(2)
    assert (1, "one for each 2") == (select.explain().requests, select.explain().steps[0].times)
    counted = select.explain(count=True)
    assert (3, 5) == (counted.requests, counted.matches)
    asked.calls.clear()
    assert 5 == len(select.all())
    assert 3 == len(asked.calls)
    assert 2 == select.limit(3).explain(count=True).requests
    assert "one for each 2, 2 at most" == select.limit(3).explain().steps[0].times
    assert (0, "none: the limit is 0") == (select.limit(0).explain().requests, select.limit(0).explain().steps[0].times)
    mentees = client.technician.select().include("work_orders").explain()
    later = [step for step in mentees.steps if step.purpose == "Technician.work_orders"]
    client.upsert([TechnicianWrite(external_id="fixer", name="Fixer")])
    asked.calls.clear()
    client.technician.select().include("work_orders").all()
    assert [step.endpoint for step in mentees.steps] == [path for path, _ in asked.calls]
    assert "dms-api.md 9.4" in later[0].times
    assert 2 == len(client.generating_unit.select().narrow().explain().steps)
    with pytest.raises(ValueError, match="count=False"):
        (select.limit(2) | select.limit(1)).explain(count=True)


def test_where_the_schema_is_refused_indexes_are_unknown(farm: WindSandbox, client: WindfarmClient) -> None:
    """A refusal is told; a service that fails is an error as ever."""
    query = client.wind_turbine.list(min_capacity=1.0)
    farm.sandbox.faults.add(path="/models/views/byids", status=403, times=1)
    explained = query.explain()
    assert ["unknown"] == [each.verdict for each in explained.backed]
    assert "cannot be read" in (explained.unknown or "")
    assert (explained.unknown or "-") in str(explained)
    farm.sandbox.faults.add(path="/models/views/byids", status=500, times=99)
    with pytest.raises(DmsRequestError):
        query.explain()
    farm.sandbox.faults.clear()


def test_an_explanation_reads_well(client: WindfarmClient) -> None:
    """As text and as HTML, with everything escaped."""
    query = client.wind_turbine.list(lambda t: t.name == "<b>&").order_by(lambda t: t.hub_height)
    explained = query.explain(count=True)
    text = str(explained)
    assert [
        "Requests: at least 1 (0 match)",
        "  POST /models/instances/list: WindTurbine; one for each 1,000",
        "Indexes:",
        "  name = '<b>&': no index",
        f"  sort the results by hub_height: {HUB}",
        "POST /models/instances/list",
        "{",
        '  "instanceType": "node",',
    ] == text.splitlines()[:8]
    assert text == repr(explained)
    html = explained._repr_html_()
    assert "&lt;b&gt;&amp;" in html
    assert "<b>" not in html
    nothing = client.wind_turbine.select().explain()
    assert "nothing here could use one" in str(nothing)
    assert "nothing here could use one" in nothing._repr_html_()


def test_async_queries_and_values_are_explained_with_an_await(farm: WindSandbox, client: WindfarmClient) -> None:
    """The same explanation."""

    async def work(other: AsyncWindfarmClient) -> list[str]:
        query = other.wind_turbine.list(min_capacity=1.0).order_by(lambda t: t.hub_height)
        return [str(await query.explain(count=True)), str(await query.values("name").explain())]

    query = client.wind_turbine.list(min_capacity=1.0).order_by(lambda t: t.hub_height)
    assert [str(query.explain(count=True)), str(query.values("name").explain())] == farm.run(work)
