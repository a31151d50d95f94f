"""Lists, searches and aggregates: what their parts may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pygen.client import checks
from pygen.client.checks import Problems

P = ["sp", "Pump/v1", "tag"]
VIEW = {"type": "view", "space": "sp", "externalId": "Pump", "version": "v1"}
UNIT = {"property": "pressure", "unit": {"externalId": "pressure:pa"}}


def found_by(check: Callable[..., None], value: object, **options: Any) -> list[str]:
    """What a check finds, at the place `x`."""
    problems: Problems = []
    check(value, "x", problems, **options)
    return [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (checks.check_sort, None),
        (checks.check_sort, [{"property": P, "direction": "descending", "nullsFirst": True}] * 5),
        (checks.check_sort, [{"property": P, "direction": None}]),
        (checks.check_sources, None),
        (checks.check_sources, []),
        (checks.check_sources, [{"source": VIEW, "targetUnits": [UNIT]}] * 10),
        (checks.check_target_units, [{"property": "p", "unit": {"unitSystemName": "SI"}}] * 10),
        (checks.check_aggregates, None),
        (checks.check_aggregates, [{"count": {}}, {"avg": {"property": "a"}}, {"count": {"property": None}}]),
        (checks.check_aggregates, [{"histogram": {"property": "a", "interval": 0.5}}, {"ofANewerService": 1}]),
        (checks.check_group_by, None),
        (checks.check_group_by, ["a", "b", "c", "d", "e"]),
    ],
)
def test_a_part_that_dms_takes_is_no_problem(check: Callable[..., None], value: object) -> None:
    """As many as there may be pass, and so does what only a newer service knows."""
    assert [] == found_by(check, value)


@pytest.mark.parametrize(
    ("check", "value", "expected"),
    [
        (checks.check_sort, {}, "x: must be a list; got an object"),
        (checks.check_sort, [{"property": P}] * 6, "x: must have at most 5 of them; got 6"),
        (checks.check_sort, [1], "x[0]: must be an object; got 1"),
        (checks.check_sort, [{}], "x[0].property: must be ["),
        (
            checks.check_sort,
            [{"property": P, "direction": "up"}],
            "x[0].direction: must be 'ascending' or 'descending'; got 'up'",
        ),
        (checks.check_sources, [{"source": VIEW}] * 11, "x: must have at most 10 of them; got 11"),
        (checks.check_sources, [VIEW["space"]], "x[0]: must be an object; got 'sp'"),
        (checks.check_sources, [{"source": {**VIEW, "version": 1}}], "x[0].source.version: must be 1-43"),
        (checks.check_target_units, [], "x: must have at least 1 of them; got 0"),
        (checks.check_target_units, [UNIT] * 11, "x: must have at most 10 of them; got 11"),
        (checks.check_target_units, [1], "x[0]: must be an object; got 1"),
        (checks.check_target_units, [{**UNIT, "property": None}], "x[0].property: must be a text; got None"),
        (checks.check_target_units, [{**UNIT, "unit": "pa"}], "x[0].unit: must be an object; got 'pa'"),
        (checks.check_target_units, [{**UNIT, "unit": {}}], "x[0].unit.externalId: must be 1-256"),
        (
            checks.check_target_units,
            [{**UNIT, "unit": {"unitSystemName": 1}}],
            "x[0].unit.unitSystemName: must be a text; got 1",
        ),
        (checks.check_aggregates, [{"count": {}}] * 6, "x: must have at most 5 of them; got 6"),
        (checks.check_aggregates, ["count"], "x[0]: must be an object; got 'count'"),
        (checks.check_aggregates, [{"count": {}, "min": {"property": "a"}}], "x[0]: must have one function; got 2"),
        (checks.check_aggregates, [{}], "x[0]: must have one function; got 0"),
        (checks.check_aggregates, [{"avg": {}}], "x[0].avg.property: must be a text; got None"),
        (checks.check_aggregates, [{"avg": "a"}], "x[0].avg: must be an object; got 'a'"),
        (checks.check_aggregates, [{"count": {"property": 1}}], "x[0].count.property: must be a text; got 1"),
        (checks.check_aggregates, [{"histogram": {"property": "a"}}], "x[0].histogram.interval: must be a number"),
        (
            checks.check_aggregates,
            [{"histogram": {"property": "a", "interval": True}}],
            "x[0].histogram.interval: must be a number; got True",
        ),
        (checks.check_group_by, [], "x: must have at least 1 of them; got 0"),
        (checks.check_group_by, ["a"] * 6, "x: must have at most 5 of them; got 6"),
        (checks.check_group_by, [["a"]], "x[0]: must be a text; got a list"),
        (checks.check_group_by, "a", "x: must be a list; got 'a'"),
    ],
)
def test_what_is_wrong_with_a_part_has_its_place(check: Callable[..., None], value: object, expected: str) -> None:
    """One thing wrong is one problem, named with its place."""
    (problem,) = found_by(check, value)
    assert problem.startswith(expected)


def test_the_sort_of_a_search_knows_no_nulls_first() -> None:
    """DMS does not have that key there."""
    found = found_by(checks.check_sort, [{"property": P, "nullsFirst": False}], nulls_first=False)
    assert ["x[0].nullsFirst: must be left out: a search does not know it"] == found


def test_the_sources_of_a_query_name_their_properties() -> None:
    """There they are required; `*` is a name like others."""
    assert [] == found_by(checks.check_sources, [{"source": VIEW, "properties": ["*"]}], selecting=True)
    expected = ["x[0].properties: must be a list; got None"]
    assert expected == found_by(checks.check_sources, [{"source": VIEW}], selecting=True)


@pytest.mark.parametrize(
    ("limit", "most", "expected"),
    [
        (None, 10, []),
        (1, 10, []),
        (10, 10, []),
        (10**9, None, []),
        (0, 10, ["x: must be from 1 to 10; got 0"]),
        (11, 10, ["x: must be from 1 to 10; got 11"]),
        (-1, None, ["x: must be at least 1; got -1"]),
        (True, 10, ["x: must be a whole number; got True"]),
        (1.0, 10, ["x: must be a whole number; got 1.0"]),
        ("1", 10, ["x: must be a whole number; got '1'"]),
    ],
)
def test_a_limit_is_a_whole_number_in_its_range(limit: object, most: int | None, expected: list[str]) -> None:
    """None is the default; a bool is no number here."""
    problems: Problems = []
    checks.check_limit(limit, most, "x", problems)
    assert expected == [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("check", "body", "expected"),
    [
        (checks.check_list, {}, []),
        (
            checks.check_list,
            {"instanceType": "x", "sources": 1, "filter": {}, "sort": 1, "limit": 1001},
            ["instanceType", "sources", "filter", "sort", "limit"],
        ),
        (checks.check_search, {"view": VIEW, "query": "", "operator": "AND"}, []),
        (
            checks.check_search,
            {"query": 1, "properties": [1], "operator": "XOR", "targetUnits": [], "sort": 1, "limit": 0},
            ["view", "query", "properties[0]", "operator", "targetUnits", "limit", "sort"],
        ),
        (checks.check_aggregate, {"view": VIEW, "aggregates": [{"count": {}}]}, []),
        (
            checks.check_aggregate,
            {"view": VIEW, "properties": ["a"] * 201, "filter": 1, "aggregates": 1, "groupBy": []},
            ["properties", "filter", "aggregates", "groupBy"],
        ),
    ],
)
def test_a_request_is_checked_in_all_its_parts(
    check: Callable[[dict[str, Any], Problems], None], body: dict[str, Any], expected: list[str]
) -> None:
    """Everything wrong with a request is one list."""
    problems: Problems = []
    check(body, problems)
    assert expected == [problem.where for problem in problems]
