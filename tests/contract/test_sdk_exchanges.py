"""A generated SDK of the recorded exchanges' data model sends them, and makes objects of the answers."""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
from typing import Any

import pytest

from pygen.runtime import Filter, LinkWrite, NodeId, UpsertError
from tests.contract.exchange import CONNECTION, Json, Replay, exchanges
from tests.contract.ops_sdk import (
    AsyncOpsClient,
    MaintenanceLinkWrite,
    OpsClient,
    Pump,
    PumpWrite,
    SiteWrite,
    TechnicianWrite,
)


def objects() -> list[PumpWrite | SiteWrite | TechnicianWrite]:
    """What the first recorded upsert writes, as a user says it."""
    site = SiteWrite(external_id="site:north", name="North", commissioned=dt.date(2021, 5, 1))
    one = TechnicianWrite(external_id="tech:1", name="Technician One", certifications=["pumps", "valves"])
    two = TechnicianWrite(external_id="tech:2", name="Technician Two", mentors=[one])
    lead = MaintenanceLinkWrite(external_id="maint:P-101:1", role="lead", since=dt.date(2024, 3, 5))
    assistant = MaintenanceLinkWrite(external_id="maint:P-101:2", role="assistant")
    east = dt.timezone(dt.timedelta(hours=2))
    return [
        PumpWrite(
            external_id="pump:P-101",
            tag="P-101",
            status="running",
            max_pressure=12.5,
            rated_flow=3.3,
            serial=9007199254740993,
            critical=True,
            installed_at=dt.datetime(2024, 3, 1, 8, 30, 0, 250000, tzinfo=dt.UTC),
            aliases=["feed pump", "FP1"],
            meta={"vendor": "Acme", "rating": {"kw": 55}},
            site=site,
            pressure_series="ts:P-101:pressure",
            maintained_by=[LinkWrite(one, lead), LinkWrite(two, assistant)],
        ),
        PumpWrite(
            external_id="pump:P-102",
            tag="P-102",
            status="stopped",
            max_pressure=8.0,
            installed_at=dt.datetime(2024, 3, 2, 10, tzinfo=east),
            site=site,
            maintained_by=[LinkWrite(one, MaintenanceLinkWrite(external_id="maint:P-102:1", role="lead"))],
        ),
    ]


def comparable(items: list[Json]) -> dict[str, Json]:
    """Items by external id, with timestamps as moments: the SDK writes them with another offset."""
    found = {item["externalId"]: copy.deepcopy(item) for item in items}
    for item in found.values():
        for source in item.get("sources", ()):
            if "installedAt" in source["properties"]:
                source["properties"]["installedAt"] = dt.datetime.fromisoformat(source["properties"]["installedAt"])
    return found


def test_an_upsert_of_objects_is_the_recorded_one() -> None:
    """Two pumps with everything nested in them become the recorded nodes and edges."""
    exchange = exchanges("instances_apply")[0]
    replay = Replay([exchange])
    with OpsClient(**CONNECTION, transport=replay.transport) as client:
        result = client.upsert(objects())
    ((path, body),) = replay.sent
    assert exchange["path"] == path
    assert comparable(exchange["request"]["items"]) == comparable(body["items"])
    kinds = [item["instanceType"] for item in body["items"]]
    assert sorted(kinds, reverse=True) == kinds
    assert (5, 3, 8) == (len(result.nodes), len(result.edges), result.counts()["created"])


def test_the_recorded_upserts_afterwards() -> None:
    """The same again changes nothing; a patch sends an explicit null and nothing that was not set."""
    _, again, patch, *_ = exchanges("instances_apply")
    replay = Replay([again, patch])
    with OpsClient(**CONNECTION, transport=replay.transport) as client:
        (same,) = client.upsert(SiteWrite(external_id="site:north", name="North", commissioned=dt.date(2021, 5, 1)))
        pump = PumpWrite.model_construct(external_id="pump:P-102", status="running", rated_flow=None)
        (patched,) = client.upsert(pump)
    assert ("unchanged", 1, "updated", 2) == (same.state, same.version, patched.state, patched.version)
    sent = [body["items"] for _, body in replay.sent]
    assert again["request"]["items"] == sent[0]
    (item,) = sent[1]
    del item["type"]  # the view's node type, which the recorded patch leaves out
    assert patch["request"]["items"] == [item]


def test_a_refused_upsert_is_an_upsert_error() -> None:
    """The service's message arrives with the items it concerns."""
    refused = exchanges("instances_errors")[0]
    with OpsClient(**CONNECTION, transport=Replay([refused]).transport) as client:
        pump = PumpWrite(external_id="pump:P-9", tag="P-9", site="site:nowhere")
        with pytest.raises(UpsertError, match="'site:nowhere' was referenced") as caught:
            client.upsert(pump)
    (item,) = caught.value.results
    assert (NodeId("ops_data", "pump:P-9"), "failed") == (item.id, item.state)


def expected_pumps(pumps: list[Pump]) -> None:
    """What the recorded pages hold."""
    one, two = pumps
    assert ("P-101", "running", 12.5, 9007199254740993) == (one.tag, one.status, one.max_pressure, one.serial)
    assert dt.datetime(2024, 3, 1, 8, 30, 0, 250000, tzinfo=dt.UTC) == one.installed_at
    assert (["feed pump", "FP1"], {"vendor": "Acme", "rating": {"kw": 55}}) == (one.aliases, one.meta)
    assert (NodeId("ops_data", "site:north"), NodeId("ops_model", "Pump")) == (one.site_id, one.node_type)
    assert ("P-102", 2, None, False, 0) == (two.tag, two.version, two.rated_flow, two.critical, two.start_count)
    assert dt.datetime(2024, 3, 2, 8, tzinfo=dt.UTC) == two.installed_at


def without_sort(body: Json) -> Json:
    """The recorded request without its order, which this version's queries do not ask for."""
    return {name: value for name, value in body.items() if name != "sort"}


def test_a_list_is_the_recorded_one() -> None:
    """Keyword filters and a chunk size become the recorded requests, page by page."""
    recorded = exchanges("instances_list")[:2]
    replay = Replay(recorded)
    with OpsClient(**CONNECTION, transport=replay.transport) as client:
        expected_pumps(client.pump.list(space="ops_data", site="site:north").chunk_size(1).all())
    assert [without_sort(each["request"]) for each in recorded] == [body for _, body in replay.sent]


def test_an_async_list_is_the_recorded_one() -> None:
    """The asynchronous client sends the same."""
    recorded = exchanges("instances_list")[:2]
    replay = Replay(recorded)

    async def read() -> list[Pump]:
        async with AsyncOpsClient(**CONNECTION, transport=replay.transport) as client:
            return await client.pump.list(space="ops_data", site="site:north").chunk_size(1).all()

    expected_pumps(asyncio.run(read()))
    assert [without_sort(each["request"]) for each in recorded] == [body for _, body in replay.sent]


def test_edges_are_the_recorded_ones() -> None:
    """A view of edges is listed by type and start node."""
    exchange = exchanges("instances_list")[2]
    replay = Replay([exchange])
    with OpsClient(**CONNECTION, transport=replay.transport) as client:
        edges = client.maintenance_link.list(
            edge_type=NodeId("ops_model", "Pump.maintainedBy"), start_node="pump:P-101"
        ).all()
    assert [exchange["request"]] == [body for _, body in replay.sent]
    assert [("lead", dt.date(2024, 3, 5)), ("assistant", None)] == [(edge.role, edge.since) for edge in edges]
    assert NodeId("ops_data", "tech:2") == edges[1].end_node


def test_a_filter_of_the_wire_is_sent_as_it_is() -> None:
    """A ready condition and keyword filters go together."""
    exchange = exchanges("instances_list")[0]
    in_space, at_site = exchange["request"]["filter"]["and"]
    replay = Replay([exchange, exchange])
    with OpsClient(**CONNECTION, transport=replay.transport) as client:
        assert 1 == len(client.pump.list(Filter(in_space), site="site:north").page())
        assert 1 == len(client.pump.list(Filter(in_space) & Filter(at_site)).page())
    assert [exchange["request"]["filter"]] * 2 == [body["filter"] for _, body in replay.sent]


def test_lookups_are_the_recorded_ones() -> None:
    """Nodes and edges are looked up by id through their view; missing ones are left out."""
    nodes, edges = exchanges("instances_byids")
    replay = Replay([nodes, edges])
    with OpsClient(**CONNECTION, transport=replay.transport) as client:
        (site,) = client.site.retrieve(["site:north", "missing"])
        link = client.maintenance_link.retrieve("maint:P-101:1")
    asked: list[Any] = [body for _, body in replay.sent]
    assert [{**nodes["request"], "includeTyping": True}, edges["request"]] == [
        {**asked[0], "includeTyping": True},
        asked[1],
    ]
    assert ("North", dt.date(2021, 5, 1)) == (site.name, site.commissioned)
    assert link is not None
    assert ("lead", NodeId("ops_data", "pump:P-101")) == (link.role, link.start_node)


def test_deletes_and_counts_are_the_recorded_ones() -> None:
    """Deletes name what existed; a count is the official cheap total."""
    delete, count = exchanges("instances_apply")[-1], exchanges("aggregate")[0]
    replay = Replay([delete, count])
    with OpsClient(**CONNECTION, transport=replay.transport) as client:
        assert [NodeId("ops_data", "valve:V-1")] == client.delete(["valve:V-1", "not:there"])
        assert 2 == client.pump.list().count()
    assert [delete["request"], count["request"]] == [body for _, body in replay.sent]
