"""More than a result set can hold: what is cut short by a query is loaded another way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from windfarm.sdk import WindfarmClient

from pygen.client import PygenClient
from pygen.sandbox import Sandbox
from tests.behaviour.runtime.test_graph import DATA, MODEL, RETRY, SCHEMA, id_of, node

ORDERS = 3500
"""Orders of each of four turbines: three turbines have more than a result set may hold."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Four turbines with thousands of orders, and one of them with thousands of edges to its three blades."""
    with (
        Sandbox(MODEL) as made,
        PygenClient(
            base_url="http://localhost", project=made.project, credentials="t", transport=made.transport()
        ) as raw,
    ):
        raw.spaces.upsert({"space": DATA})
        raw.instances.apply(node("Technician", f"tech{n}", name=f"tech{n}", active=True) for n in range(3))
        raw.instances.apply(
            node("WindTurbine", f"t{n}", type="WindTurbine", name=f"t{n}", capacity=1.0, hubHeight=80.0)
            for n in range(4)
        )
        raw.instances.apply(
            node("WindTurbine", f"u{n}", type="WindTurbine", name=f"u{n}", capacity=1.0, hubHeight=80.0)
            for n in range(30)
        )
        raw.instances.apply(node("Blade", f"b{n}", name=f"b{n}", isDamaged=False) for n in range(3))
        raw.instances.apply(
            node("WorkOrder", f"t{n}-{k:04}", title="w", number=f"{n}", line=k, turbine=id_of(f"t{n}"),
                 lead=id_of(f"tech{k % 3}"))
            for n in range(4) for k in range(ORDERS)
        )  # fmt: skip
        raw.instances.apply(
            {
                "instanceType": "edge",
                **id_of(f"e{k}"),
                "type": {"space": SCHEMA, "externalId": "WindTurbine.blades"},
                "startNode": id_of("t0"),
                "endNode": id_of(f"b{k % 3}"),
            }
            for k in range(10_000)
        )
        yield made


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[WindfarmClient]:
    """A client of its own for each test, with nothing going wrong yet."""
    with PygenClient(
        base_url="http://localhost",
        project=sandbox.project,
        credentials="t",
        transport=sandbox.transport(),
        retry=RETRY,
    ) as raw:
        yield WindfarmClient.from_client(raw)
    sandbox.faults.clear()


def test_children_that_a_query_cuts_off_are_there_all_the_same(client: WindfarmClient) -> None:
    """Four turbines have 14,000 orders, each its own; their leads are there without a further request."""
    turbines = client.wind_turbine.list(name_prefix="t").include("work_orders.lead").order_by(lambda t: t.name).all()
    before = client.request_count
    assert 4 == len(turbines)
    for number, turbine in enumerate(turbines):
        orders = [order.external_id for order in turbine.work_orders]
        assert [f"t{number}-{k:04}" for k in range(ORDERS)] == sorted(orders)
        assert {"tech0", "tech1", "tech2"} == {order.lead.name for order in turbine.work_orders if order.lead}
    assert before == client.request_count


def test_a_limit_for_each_owner_holds_where_a_query_is_cut_off(client: WindfarmClient) -> None:
    """The first two orders of each turbine, although a query's result set ends among those of the third one."""
    turbines = client.wind_turbine.list(name_prefix="t").branch(
        lambda t: t.work_orders, lambda orders: orders.order_by(lambda o: o.line.desc()).limit(2)
    )
    assert [[ORDERS - 1, ORDERS - 2]] * 4 == [[order.line for order in turbine.work_orders] for turbine in turbines]


def test_pages_become_smaller_where_children_are_cut_off(client: WindfarmClient) -> None:
    """After a page of twenty turbines, of which some orders were cut off, ten are asked for at a time."""
    query = client.wind_turbine.list().include("work_orders").order_by(lambda t: t.name)
    assert [20, 10, 4] == [len(page) for page in query.chunk_size(20).pages()]


def test_edges_that_a_query_cuts_off(client: WindfarmClient) -> None:
    """Ten thousand edges to three blades may be all or not: the three blades are there, each once."""
    (turbine,) = client.wind_turbine.list(external_id="t0").include("blades").all()
    assert ["b0", "b1", "b2"] == sorted(blade.external_id for blade in turbine.blades)


@pytest.mark.parametrize("status", [408, 503])
def test_faults_while_cut_off_children_are_loaded(client: WindfarmClient, sandbox: Sandbox, status: int) -> None:
    """The requests that load what was cut off are repeated, or made smaller, like all others."""
    sandbox.faults.add(path="/models/instances/list", status=status, after=2, times=2)
    turbines = client.wind_turbine.list(name_prefix="t").include("work_orders").all()
    assert [ORDERS] * 4 == [len({order.external_id for order in turbine.work_orders}) for turbine in turbines]
