"""What type checkers know of a generated SDK; checked by mypy and pyright, never run."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal, assert_type

from pygen.runtime import (
    AsyncQuery,
    EdgeId,
    Link,
    LinkWrite,
    Node,
    NodeId,
    PygenRelation,
    Query,
    ResultPage,
    Results,
    Retrieved,
    ToMany,
    ToManyLinks,
    ToOne,
    ToOneLink,
    UpsertResult,
)
from tests.behaviour.runtime.windsdk import (
    Annotation,
    AsyncWindClient,
    AsyncWindTurbineAPI,
    Blade,
    BladeWrite,
    Distance,
    DistanceWrite,
    Log,
    Metmast,
    MetmastWrite,
    Nacelle,
    NacelleWrite,
    WindClient,
    WindTurbine,
    WindTurbineAPI,
    WindTurbineWrite,
    WorkOrder,
)


def fields(turbine: WindTurbine, edge: Annotation) -> None:
    """Fields have the types of the model, inherited ones included."""
    assert_type(turbine.name, str)
    assert_type(turbine.capacity, float | None)
    assert_type(turbine.installed, dt.datetime | None)
    assert_type(turbine.settings, dict[str, Any] | None)
    assert_type(turbine.nacelle_id, NodeId | None)
    assert_type(turbine.mentors_ids, list[NodeId] | None)
    assert_type(turbine.external_id, str)
    assert_type(turbine.created_time, dt.datetime)
    assert_type(turbine.as_node_id(), NodeId)
    assert_type(turbine.as_write(), WindTurbineWrite)
    assert_type(edge.start_node, NodeId)
    assert_type(edge.name, str)


def relations(turbine: WindTurbine, blade: Blade) -> None:
    """A relation is a descriptor on the class, and what it leads to on an instance."""
    assert_type(WindTurbine.nacelle, ToOne[Nacelle])
    assert_type(WindTurbine.blades, ToMany[Blade])
    assert_type(WindTurbine.metmasts, ToManyLinks[Metmast, Distance])
    assert_type(WindTurbine.main_mast, ToOneLink[Metmast, Distance])
    assert_type(turbine.nacelle, Nacelle | None)
    assert_type(turbine.site, Node | None)
    assert_type(turbine.mentors, PygenRelation[WindTurbine])
    assert_type(turbine.blades, PygenRelation[Blade])
    assert_type(turbine.metmasts, PygenRelation[Link[Metmast, Distance]])
    assert_type(turbine.main_mast, Link[Metmast, Distance] | None)
    assert_type(turbine.logs, PygenRelation[Log])
    assert_type(turbine.latest_order, WorkOrder | None)
    assert_type(turbine.blades.all(), list[Blade])
    assert_type(turbine.blades[0], Blade)
    assert_type(turbine.blades[1:], list[Blade])
    for link in turbine.metmasts:
        assert_type(link.node, Metmast)
        assert_type(link.edge.distance, float)
    if turbine.nacelle:
        assert_type(turbine.nacelle.weight, float | None)
    turbine.nacelle = NodeId("sp", "n1")
    turbine.nacelle = None
    turbine.mentors = [turbine, NodeId("sp", "t2")]
    narrower: ToOne[Nacelle | WindTurbine] = WindTurbine.nacelle
    del narrower, blade


async def loading(turbine: WindTurbine) -> None:
    """`load` knows what a relation leads to."""
    assert_type(await turbine.load(WindTurbine.nacelle), Nacelle | None)
    assert_type(await turbine.load(WindTurbine.blades), list[Blade])
    assert_type(await turbine.load(WindTurbine.main_mast), Link[Metmast, Distance] | None)
    assert_type(await turbine.load(WindTurbine.metmasts), list[Link[Metmast, Distance]])
    assert_type(await turbine.blades.aall(), list[Blade])
    async for blade in turbine.blades:
        assert_type(blade, Blade)
    await turbine.asave()
    await turbine.arefresh()
    await turbine.adelete()


def reading(client: WindClient) -> None:
    """Queries and lookups give the class of the view."""
    assert_type(client.wind_turbine, WindTurbineAPI)
    turbines = client.wind_turbine.list(
        min_capacity=6.0, name=["A", "B"], nacelle="n1", state="running", installed=None
    )
    assert_type(turbines, Query[WindTurbine])
    assert_type(turbines[0], WindTurbine)
    assert_type(turbines[:10], Query[WindTurbine])
    assert_type(turbines.limit(3).chunk_size(2), Query[WindTurbine])
    assert_type(turbines.all(), Results[WindTurbine])
    assert_type(turbines.first(), WindTurbine | None)
    assert_type(turbines.one(), WindTurbine)
    assert_type(turbines.page(), ResultPage[WindTurbine])
    assert_type(turbines.count(), int)
    assert_type(client.wind_turbine.retrieve("t1"), WindTurbine | None)
    assert_type(client.wind_turbine.retrieve(("sp", "t1")), WindTurbine | None)
    assert_type(client.wind_turbine.retrieve(NodeId("sp", "t1")), WindTurbine | None)
    assert_type(client.wind_turbine.retrieve(["t1", "t2"]), Retrieved[WindTurbine])
    assert_type(client.wind_turbine.retrieve({NodeId("sp", "t1")}), Retrieved[WindTurbine])
    for turbine in turbines:
        assert_type(turbine, WindTurbine)


async def reading_asynchronously(client: AsyncWindClient) -> None:
    """The asynchronous client says the same, with an await."""
    assert_type(client.wind_turbine, AsyncWindTurbineAPI)
    turbines = client.wind_turbine.list(connected=True)
    assert_type(turbines, AsyncQuery[WindTurbine])
    assert_type(await turbines.all(), Results[WindTurbine])
    assert_type(await turbines.first(), WindTurbine | None)
    assert_type(turbines[1:3], AsyncQuery[WindTurbine])
    assert_type(await client.wind_turbine.retrieve("t1"), WindTurbine | None)
    assert_type(await client.wind_turbine.retrieve(["t1"]), Retrieved[WindTurbine])
    assert_type(await client.upsert([NacelleWrite(external_id="n1")]), UpsertResult)
    async for turbine in turbines:
        assert_type(turbine, WindTurbine)


def writing(client: WindClient, turbine: WindTurbine) -> None:
    """Write classes take what the model allows."""
    state: Literal["running", "stopped"] = "running"
    written = WindTurbineWrite(
        external_id="t1",
        name="T1",
        state=state,
        nacelle=NacelleWrite(external_id="n1", weight=3.5),
        mentors=[turbine, NodeId("sp", "t2"), ("sp", "t3"), "t4"],
        blades=[BladeWrite(external_id="b1", name="B1"), "b2"],
        metmasts=[
            LinkWrite(MetmastWrite(external_id="m1", name="M1"), DistanceWrite(distance=1.0)),
            LinkWrite("m2", DistanceWrite(distance=2.0)),
            "m3",
        ],
    )
    written.capacity = None
    assert_type(client.upsert(written), UpsertResult)
    assert_type(client.upsert([written, NacelleWrite(external_id="n2")]), UpsertResult)
    assert_type(client.delete([written, turbine, NodeId("sp", "t9"), "t10"]), list[NodeId | EdgeId])
    assert_type(client.wind_turbine.delete("t1"), list[NodeId | EdgeId])
