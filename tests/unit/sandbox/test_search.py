"""Search and aggregate: words, groups, functions, and what is refused (dms-api.md 7)."""

from __future__ import annotations

from typing import Any

import pytest

from pygen.sandbox.settings import Settings
from tests.support.sandbox_schema import Json, Project

VIEW = {"type": "view", "space": "s", "externalId": "Pump", "version": "v1"}
TYPES: dict[str, Json] = {
    "name": {"type": "text"},
    "notes": {"type": "text", "list": True},
    "state": {"type": "enum", "values": {"on": {}, "off": {}}},
    "count": {"type": "int32"},
    "flow": {"type": "float64", "unit": {"externalId": "pressure:bar"}},
    "spare": {"type": "boolean"},
    "site": {"type": "direct"},
    "made": {"type": "timestamp"},
}
PUMPS: list[Json] = [
    {"name": "Feed pump alpha", "notes": ["Old", "re-fitted in Ålesund"], "state": "on", "count": 1, "flow": 1.5},
    {"name": "Feed valve beta", "state": "on", "count": 2, "flow": 2.5, "spare": True},
    {"name": "alphabet", "state": "off", "count": 3, "flow": 12.0, "spare": False},
    {"name": "PUMP_7 gamma", "count": 4, "site": {"space": "s", "externalId": "north"}},
]


def station(settings: Settings | None = None) -> Project:
    """A few pumps."""
    project = Project(settings)
    properties = {name: {"type": kind} for name, kind in TYPES.items()}
    project.post("containers", {"space": "s", "externalId": "Pump", "properties": properties})
    container = {"type": "container", "space": "s", "externalId": "Pump"}
    mapped = {name: {"container": container, "containerPropertyIdentifier": name} for name in TYPES}
    project.post("views", {"space": "s", "externalId": "Pump", "version": "v1", "properties": mapped})
    for number, values in enumerate(PUMPS):
        write(project, f"p{number}", values)
    return project


def write(project: Project, external_id: str, values: Json) -> None:
    """Write one pump."""
    source = {"source": VIEW, "properties": values}
    project.post("instances", {"instanceType": "node", "space": "s", "externalId": external_id, "sources": [source]})


def search(project: Project, **asked: Any) -> list[str]:
    """External ids, in the order of the answer."""
    answer = project.call("POST", "instances/search", {"view": VIEW, **asked})
    return [item["externalId"] for item in answer["items"]]


def aggregate(project: Project, *aggregates: Json, **asked: Any) -> list[Json]:
    """The groups."""
    body = {"view": VIEW, "aggregates": list(aggregates), **asked} if aggregates else {"view": VIEW, **asked}
    items: list[Json] = project.call("POST", "instances/aggregate", body)["items"]
    return items


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["p0", "p1", "p2", "p3"]),
        ({"query": ""}, ["p0", "p1", "p2", "p3"]),
        ({"query": "pump alpha"}, ["p0", "p2", "p3"]),
        ({"query": "pump alpha", "operator": "AND"}, ["p0"]),
        ({"query": "FEED"}, ["p0", "p1"]),
        ({"query": "fee pum", "operator": "AND"}, ["p0"]),
        ({"query": "ålesund"}, ["p0"]),
        ({"query": "ålesund", "properties": ["name"]}, []),
        ({"query": "old valve", "operator": "AND"}, []),
        ({"query": "old alpha", "operator": "AND", "properties": ["notes", "name"]}, ["p0"]),
        ({"query": "  ?! "}, ["p0", "p1", "p2", "p3"]),
        ({"query": "a%_"}, ["p0", "p2"]),
        ({"limit": 2}, ["p0", "p1"]),
        ({"query": "feed", "sort": [{"property": ["s", "Pump/v1", "count"], "direction": "descending"}]}, ["p1", "p0"]),
        ({"query": "feed", "filter": {"equals": {"property": ["s", "Pump/v1", "count"], "value": 2}}}, ["p1"]),
        ({"instanceType": "edge"}, []),
    ],
)
def test_words_are_found(asked: Json, found: list[str]) -> None:
    """By their beginnings, whatever the case; one is enough unless AND is asked for; whole words come first."""
    assert found == search(station(), **asked)


def test_words_follow_what_is_written() -> None:
    """A changed text is found by its new words only, a deleted instance not at all."""
    project = station()
    assert ["p0", "p1"] == search(project, query="feed")
    write(project, "p0", {"name": "Booster"})
    project.post("instances/delete", {"instanceType": "node", "space": "s", "externalId": "p1"})
    assert ([], ["p0"]) == (search(project, query="feed"), search(project, query="boost"))
    write(project, "p1", {"name": "feed again"})
    assert ["p1"] == search(project, query="feed")


def test_the_search_backend_may_lag() -> None:
    """With a lag, what was just written is not found yet; lists see it at once."""
    project = station(Settings(search_lag_ms=5000))
    assert ([], 4) == (
        search(project, query="feed"),
        len(project.call("POST", "instances/list", {"sources": [{"source": VIEW}]})["items"]),
    )
    assert 0 == aggregate(project, {"count": {}})[0]["aggregates"][0]["value"]
    project.now_ms += 5000
    assert ["p0", "p1"] == search(project, query="feed")
    assert 4 == aggregate(project, {"count": {}})[0]["aggregates"][0]["value"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"properties": ["bogus"]}, "Unknown property 'bogus'"),
        ({"query": "x", "properties": ["count"]}, "'count' in properties is no text"),
        ({"limit": 1001}, "limit"),
        ({"operator": "XOR"}, "operator"),
        ({"colour": "red"}, "Unexpected field - colour"),
        ({"sort": [{"property": ["s", "Pump/v1", "name"], "nullsFirst": True}]}, "Unexpected field"),
        ({"filter": {"overlaps": {"startProperty": ["s", "Pump/v1", "count"]}}}, "overlaps"),
    ],
)
def test_what_cannot_be_searched_is_refused(asked: Json, words: str) -> None:
    """The field is named."""
    from pygen.sandbox.problems import Refusal

    with pytest.raises(Refusal, match=words) as caught:
        search(station(), **asked)
    assert 400 == caught.value.status


def test_functions_over_all() -> None:
    """Counts are integers, all else is float; a function of nothing has no value."""
    (item,) = aggregate(
        station(),
        {"count": {}},
        {"count": {"property": "site"}},
        {"avg": {"property": "count"}},
        {"sum": {"property": "flow"}},
        {"max": {"property": "count"}},
    )
    assert "group" not in item
    assert [4, 1, 2.5, 16.0, 4.0] == [each["value"] for each in item["aggregates"]]
    assert [int, int, float, float, float] == [type(each["value"]) for each in item["aggregates"]]
    nothing = {"equals": {"property": ["node", "externalId"], "value": "nobody"}}
    (empty,) = aggregate(station(), {"count": {}}, {"avg": {"property": "flow"}}, filter=nothing)
    assert [{"aggregate": "count", "value": 0}, {"aggregate": "avg", "property": "flow"}] == empty["aggregates"]


def test_groups() -> None:
    """By values of several kinds; a missing value has no key; without functions the groups alone."""
    project = station()
    by_state = aggregate(project, {"count": {}}, groupBy=["state"])
    assert {None: 1, "on": 2, "off": 1} == {
        item["group"].get("state"): item["aggregates"][0]["value"] for item in by_state
    }
    sites = aggregate(project, groupBy=["site", "spare"])
    assert {"space": "s", "externalId": "north"} in [item["group"].get("site") for item in sites]
    assert {True, False, None} == {item["group"].get("spare") for item in sites}
    assert 1 == len(aggregate(project, groupBy=["count"], limit=1))
    assert [2] == [
        item["aggregates"][0]["value"] for item in aggregate(project, {"count": {}}, query="feed", operator="AND")
    ]


def test_histograms_and_units() -> None:
    """Buckets start at multiples of the interval, empty ones are left out; units are converted before."""
    project = station()
    (item,) = aggregate(project, {"histogram": {"property": "flow", "interval": 2}})
    assert [
        {
            "aggregate": "histogram",
            "property": "flow",
            "interval": 2,
            "buckets": [{"start": 0, "count": 1}, {"start": 2, "count": 1}, {"start": 12, "count": 1}],
        }
    ] == item["aggregates"]
    grouped = aggregate(project, {"histogram": {"property": "count", "interval": 2}}, groupBy=["state"])
    assert {"on": [0, 2], "off": [2], None: [4]} == {
        each["group"].get("state"): [bucket["start"] for bucket in each["aggregates"][0]["buckets"]] for each in grouped
    }
    units = [{"property": "flow", "unit": {"externalId": "pressure:pa"}}]
    (item,) = aggregate(project, {"max": {"property": "flow"}}, targetUnits=units)
    assert pytest.approx(1_200_000) == item["aggregates"][0]["value"]


@pytest.mark.parametrize(
    ("aggregates", "asked", "words"),
    [
        ([], {}, "aggregates must not be empty"),
        ([{"median": {"property": "flow"}}], {}, "Unexpected field"),
        ([{"avg": {"property": "flow"}, "max": {"property": "flow"}}], {}, "exactly one function"),
        ([{"avg": {"property": "name"}}], {}, "'name' cannot be aggregated with avg: it is a text"),
        ([{"avg": {"property": "externalId"}}], {}, "it is no number"),
        ([{"sum": {"property": "bogus"}}], {}, "Unknown property 'bogus'"),
        ([{"histogram": {"property": "flow", "interval": 0}}], {}, "interval"),
        ([{"count": {}}], {"groupBy": ["notes"]}, "'notes' in groupBy cannot be grouped by: it is a list of text"),
        ([{"count": {}}], {"groupBy": ["made"]}, "it is a timestamp"),
        ([{"count": {}}] * 6, {}, "aggregates size must be between 0 and 5"),
        ([{"count": {}}], {"limit": 0}, "limit"),
    ],
)
def test_what_cannot_be_aggregated_is_refused(aggregates: list[Json], asked: Json, words: str) -> None:
    """The function, the property and the reason are named."""
    from pygen.sandbox.problems import Refusal

    with pytest.raises(Refusal, match=words) as caught:
        aggregate(station(), *aggregates, **asked)
    assert 400 == caught.value.status
