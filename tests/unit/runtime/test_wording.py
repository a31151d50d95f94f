"""Instances, conditions and queries in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from windfarm.sdk import Blade, Distance, WindfarmClient, WindTurbine

from pygen.client.models.ids import EdgeId, NodeId
from pygen.runtime import Filter, Node
from pygen.runtime.wording import condition_words, counted, short

TURBINE = ["sp_windfarm", "WindTurbine/v1"]
CONDITIONS: list[tuple[dict[str, Any], str]] = [
    ({"equals": {"property": [*TURBINE, "hubHeight"], "value": 0}}, "hub_height = 0"),
    ({"equals": {"property": [*TURBINE, "unknown"], "value": None}}, "unknown = None"),
    ({"equals": {"property": ["node", "externalId"], "value": "t"}}, "external_id = 't'"),
    ({"in": {"property": [*TURBINE, "name"], "values": ["a", "b"]}}, "name is one of ('a', 'b')"),
    (
        {"in": {"property": [*TURBINE, "capacity"], "values": list(range(2000))}},
        "capacity is one of (0, 1, 2, 3, 4, ... 2,000 in all)",
    ),
    ({"range": {"property": [*TURBINE, "capacity"], "gte": 1, "lt": 2}}, "capacity >= 1 and capacity < 2"),
    (
        {"range": {"property": [*TURBINE, "capacity"], "gt": {"property": [*TURBINE, "hubHeight"]}}},
        "capacity > hub_height",
    ),
    ({"prefix": {"property": [*TURBINE, "name"], "value": "a\nb"}}, "name begins with 'a\\nb'"),
    ({"exists": {"property": [*TURBINE, "name"]}}, "name has a value"),
    ({"not": {"exists": {"property": [*TURBINE, "name"]}}}, "name has no value"),
    ({"containsAny": {"property": [*TURBINE, "aliases"], "values": ["a"]}}, "aliases contains any of ('a')"),
    ({"containsAll": {"property": [*TURBINE, "aliases"], "values": ["a"]}}, "aliases contains all of ('a')"),
    (
        {
            "equals": {
                "property": [*TURBINE, "nacelle"],
                "value": {"space": "s", "externalId": "n"},
            }
        },
        "nacelle_id = s:n",
    ),
    (
        {
            "nested": {
                "scope": [*TURBINE, "nacelle"],
                "filter": {"range": {"property": ["sp_windfarm", "Nacelle/v1", "weight"], "gt": 3}},
            }
        },
        "nacelle_id leads to one where weight > 3",
    ),
    ({"hasData": [{"type": "view", "externalId": "V", "space": "s", "version": "1"}]}, "has data in V"),
    ({"instanceReferences": [{"space": "s", "externalId": "a"}]}, "is s:a"),
    ({"instanceReferences": [{"space": "s", "externalId": each} for each in "ab"]}, "is one of (s:a, s:b)"),
    (
        {"overlaps": {"startProperty": ["a", "b", "from"], "endProperty": ["a", "b", "to"], "gte": 1, "lt": 2}},
        "from .. to overlaps from 1 before 2",
    ),
    ({"matchAll": {}}, "always"),
    ({"not": {"matchAll": {}}}, "never"),
    (
        {
            "and": [
                {"or": [{"exists": {"property": [*TURBINE, "name"]}}, {"matchAll": {}}]},
                {"not": {"range": {"property": [*TURBINE, "capacity"], "gt": 1, "lt": 2}}},
            ]
        },
        "(name has a value or always) and not (capacity > 1 and capacity < 2)",
    ),
    ({"unheard_of": {"property": []}}, "{'unheard_of': {'property': []}}"),
    ({"equals": "nonsense"}, "{'equals': 'nonsense'}"),
    ({"and": 5}, "{'and': 5}"),
    ({}, "{}"),
    ({"in": {}, "equals": {}}, "{'equals': {}, 'in': {}}"),
]


@pytest.mark.parametrize(("condition", "words"), CONDITIONS)
def test_every_condition_has_words(condition: dict[str, Any], words: str) -> None:
    """Properties go by the names of their fields; what is not known is JSON, and nothing fails."""
    assert words == condition_words(WindTurbine, condition)


def test_conditions_are_told_of_edges_and_of_nodes_without_a_view() -> None:
    """Metadata of an edge has names of its own; a class without a view has only metadata."""
    start = {"equals": {"property": ["edge", "startNode"], "value": {"space": "s", "externalId": "a"}}}
    assert "start_node = s:a" == condition_words(Distance, start)
    assert "x = 1" == condition_words(Node, {"equals": {"property": ["a", "B/1", "x"], "value": 1}})


def test_a_property_of_another_view_keeps_its_own_name() -> None:
    """Two views may mean different things by one name."""
    other = {"exists": {"property": [*TURBINE, "hubHeight"]}}
    assert "hubHeight has a value" == condition_words(Blade, other)


def test_the_complement_of_a_comparison_is_told_in_full() -> None:
    """Where a value is missing belongs to it."""
    condition = (~WindTurbine.name.prefix("a")).dump()
    assert "not (name begins with 'a') or name has no value" == condition_words(WindTurbine, condition)


def test_values_are_short() -> None:
    """Whatever they are: one line of a few dozen characters."""
    values: list[Any] = ["a\n" * 1000, [1] * 10_000, {str(each): each for each in range(100)}, 10**100, b"x" * 999]
    values += [[[[[[[1]]]]]], object(), datetime(2026, 1, 1, tzinfo=UTC), NodeId("s", "x" * 256), EdgeId("s", "e")]
    for value in values:
        assert 100 > len(short(value))
        assert "\n" not in short(value)
    assert "'2026-01-01T00:00:00+00:00'" == short(datetime(2026, 1, 1, tzinfo=UTC))
    assert "'s:e'" == short(EdgeId("s", "e"))
    assert "'ø\\u202e'" == short("ø\u202e")


def test_numbers_of_things() -> None:
    """Thousands are told apart; one is one."""
    assert ["0 items", "1 item", "1,234 items"] == [counted(each) for each in (0, 1, 1234)]


def test_a_query_tells_all_that_it_asks_for() -> None:
    """Each method of a query adds a part; none asks the service."""
    with WindfarmClient(base_url="http://localhost", project="p", credentials="t") as client:
        query = client.wind_turbine.list(lambda t: t.capacity > 6)
        assert "<Query of WindTurbine>" == repr(client.wind_turbine.list())
        assert "<Query of WindTurbine, where capacity > 6>" == repr(query)
        told = repr(
            query.order_by(lambda t: (t.state, t.capacity.desc())).target_units(capacity="power:kilow")[5:15].narrow()
        )
        assert (
            "<Query of WindTurbine, where capacity > 6, sorted by state, capacity (descending), "
            "units: capacity in power:kilow, each as its own class, without the first 5, at most 10>" == told
        )
        assert "units: SI, from a cursor on, in pages of 7>" in repr(
            query.target_units("SI").start_at("secret").chunk_size(7)
        )
        assert 0 == client.request_count


def test_branches_and_selections_are_told() -> None:
    """What is fetched along stands in brackets behind the relation, however deep."""
    with WindfarmClient(base_url="http://localhost", project="p", credentials="t") as client:
        query = client.wind_turbine.list()
        assert "<Query of WindTurbine, with blades, with nacelle (with yaw_direction)>" == repr(
            query.include("blades", "nacelle.yaw_direction")
        )
        branch = query.branch(lambda t: t.blades, lambda blades: blades.where(lambda b: b.length > 1).limit(3))
        assert "<Query of WindTurbine, with blades (where length > 1, at most 3 each)>" == repr(branch)
        assert "<Query of WindTurbine, only name, capacity>" == repr(query.fields(lambda t: (t.name, t.capacity)))


def test_what_two_queries_make_is_told() -> None:
    """Where one condition cannot say it, both are told."""
    with WindfarmClient(base_url="http://localhost", project="p", credentials="t") as client:
        one, other = client.wind_turbine.list(state="running"), client.wind_turbine.list(name="x")
        assert "<Query of WindTurbine, where state = 'running' and name = 'x'>" == repr(one & other)
        assert (
            "<Query of WindTurbine, except of (WindTurbine, where state = 'running', at most 3) and "
            "(WindTurbine, where name = 'x')>" == repr(one.limit(3) - other)
        )


def test_searches_and_feeds_are_told() -> None:
    """Their words, and where they start, beside the condition."""
    with WindfarmClient(base_url="http://localhost", project="p", credentials="t") as client:
        search = client.wind_turbine.search("a b", state="running").within(lambda t: (t.name,)).limit(4)
        assert "<Search of WindTurbine, for all of 'a b', in name, where state = 'running', at most 4>" == repr(search)
        assert "for all of &#x27;a b&#x27;" in search._repr_html_()
        feed = client.wind_turbine.list(state="running").sync()
        assert "<Sync of WindTurbine, where state = 'running', from the beginning>" == repr(feed)


def test_a_long_condition_takes_a_line() -> None:
    """A query with thousands of values is told in a line."""
    with WindfarmClient(base_url="http://localhost", project="p", credentials="t") as client:
        told = repr(client.wind_turbine.list(Filter.instances(NodeId("s", f"{each}") for each in range(5000))))
    assert "<Query of WindTurbine, where is one of (s:0, s:1, s:2, s:3, s:4, ... 5,000 in all)>" == told
