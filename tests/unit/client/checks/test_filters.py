"""Filters: what DMS takes, and each thing it does not."""

from __future__ import annotations

from typing import Any

import pytest

from pygen.client.checks import Problems, check_filter

P = ["sp", "Pump/v1", "tag"]
PROPERTY = "['node' or 'edge', name] or [space, container or 'view/version', name]"
VIEW = {"type": "view", "space": "sp", "externalId": "Pump", "version": "v1"}
ALL: dict[str, Any] = {"matchAll": {}}


def found_in(found: object, parameters: dict[str, Any] | None = None) -> list[str]:
    """The problems of a filter."""
    problems: Problems = []
    check_filter(found, "filter", problems, parameters=parameters)
    return [str(problem) for problem in problems]


@pytest.mark.parametrize(
    "found",
    [
        None,
        ALL,
        {"and": [ALL, {"or": [ALL]}, {"not": ALL}], "or": None},
        {"equals": {"property": P, "value": {"space": "sp", "externalId": "a"}}},
        {"equals": {"property": ["node", "version"], "value": 0}},
        {"equals": {"property": P, "value": {"property": P}}},
        {"equals": {"property": P, "value": {"parameter": "any object"}}},
        {"in": {"property": P, "values": []}},
        {"in": {"property": P, "values": {"property": P}}},
        {"containsAny": {"property": P, "values": [1, "a", False]}},
        {"containsAll": {"property": P, "values": (1,)}},
        {"range": {"property": P, "gt": 0}},
        {"range": {"property": P, "gte": "a", "lt": {"property": P}, "gt": None}},
        {"prefix": {"property": P, "value": ""}},
        {"prefix": {"property": P, "value": {"property": P}}},
        {"exists": {"property": P}},
        {"nested": {"scope": P, "filter": {"exists": {"property": ["node", "type"]}}}},
        {"overlaps": {"startProperty": P, "endProperty": P, "gte": 1, "lt": 2}},
        {"hasData": [VIEW, {"type": "container", "space": "sp", "externalId": "Pump"}]},
        {"instanceReferences": [{"space": "sp", "externalId": "a"}]},
        {"invalid": {"previouslyReferencedProperties": [["a"]], "filterType": "equals"}},
        {"ofANewerService": 1},
    ],
)
def test_a_filter_that_dms_takes_is_no_problem(found: dict[str, Any] | None) -> None:
    """Every known operator passes, and so does one that only a newer service knows."""
    assert [] == found_in(found)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], "filter: must be an object; got a list"),
        ({}, "filter: must have an operator; got an empty object"),
        ({"matchAll": {}, "exists": {"property": P}}, "filter: must have one operator; got matchAll, exists"),
        ({"and": []}, "filter.and: must have at least 1 of them; got 0"),
        ({"or": ALL}, "filter.or: must be a list; got an object"),
        ({"and": [ALL, None]}, "filter.and[1]: must be an object; got None"),
        ({"not": [ALL]}, "filter.not: must be an object; got a list"),
        ({"not": {"not": {}}}, "filter.not.not: must have an operator; got an empty object"),
        ({"matchAll": {"a": 1}}, "filter.matchAll: must be an empty object"),
        ({"matchAll": True}, "filter.matchAll: must be an object; got True"),
        ({"exists": P}, "filter.exists: must be an object; got a list"),
        (
            {"exists": {"property": ["tag"]}},
            f"filter.exists.property: must be {PROPERTY}; got ['tag']",
        ),
        (
            {"equals": {"property": P, "value": None}},
            "filter.equals.value: must be a value; what has none is found by not and exists",
        ),
        (
            {"in": {"property": P, "values": [1, None]}},
            "filter.in.values[1]: must be a value; what has none is found by not and exists",
        ),
        ({"containsAny": {"property": P, "values": "a"}}, "filter.containsAny.values: must be a list; got 'a'"),
        ({"prefix": {"property": P, "value": 1}}, "filter.prefix.value: must be a text; got 1"),
        ({"range": {"property": P}}, "filter.range: must have a bound: gt, gte, lt or lte"),
        ({"range": {"property": P, "gt": 1, "gte": 1}}, "filter.range: must not have both gt and gte"),
        (
            {"overlaps": {"startProperty": P, "endProperty": P, "lt": 1, "lte": 1}},
            "filter.overlaps: must not have both",
        ),
        ({"range": {"property": P, "gt": True}}, "filter.range.gt: must be a number or a text; got True"),
        ({"range": {"property": P, "gt": {"a": 1}}}, "filter.range.gt: must be a number or a text; got an object"),
        ({"overlaps": {"startProperty": P, "endProperty": "a"}}, "filter.overlaps.endProperty: must be ["),
        ({"nested": {"scope": P, "filter": None}}, "filter.nested.filter: must be an object; got None"),
        ({"nested": {"scope": [], "filter": ALL}}, "filter.nested.scope: must be ["),
        ({"hasData": [{**VIEW, "version": None}]}, "filter.hasData[0].version: must be 1-43 characters"),
        ({"hasData": VIEW}, "filter.hasData: must be a list; got an object"),
        ({"instanceReferences": [{"space": "sp"}]}, "filter.instanceReferences[0].externalId: must be 1-256"),
    ],
)
def test_what_is_wrong_with_a_filter_has_its_place(found: object, expected: str) -> None:
    """One thing wrong is one problem, named with its place."""
    (problem,) = found_in(found)
    assert problem.startswith(expected)


def test_everything_wrong_with_a_filter_is_reported_in_order() -> None:
    """Problems follow the order of the filter, however deep they are."""
    found = {"and": [{"not": {}}, {"equals": {}}, {"or": [{"exists": {}}, 1]}]}
    places = [problem.partition(":")[0] for problem in found_in(found)]
    expected = ["and[0].not", "and[1].equals.property", "and[1].equals.value"]
    expected += ["and[2].or[0].exists.property", "and[2].or[1]"]
    assert [f"filter.{place}" for place in expected] == places


def test_a_parameter_must_be_defined_where_there_are_parameters() -> None:
    """In a query `{"parameter": name}` stands for a value, or for a whole list of values, and must be defined."""
    leaves: list[dict[str, Any]] = [
        {"equals": {"property": P, "value": {"parameter": "x"}}},
        {"in": {"property": P, "values": {"parameter": "x"}}},
        {"range": {"property": P, "gt": {"parameter": "x"}}},
        {"prefix": {"property": P, "value": {"parameter": "x"}}},
    ]
    assert [] == found_in({"and": leaves}, {"x": 1})
    places = ["and[0].equals.value", "and[1].in.values", "and[2].range.gt", "and[3].prefix.value"]
    message = "must be one of the query's parameters; got 'x'"
    assert [f"filter.{place}.parameter: {message}" for place in places] == found_in({"and": leaves}, {})


def test_a_deep_filter_is_looked_at_to_its_end_and_one_without_end_is_not() -> None:
    """Depth does not matter to the check, and a filter that contains itself is a problem, not a crash."""
    deep: dict[str, Any] = {}
    for _ in range(900):
        deep = {"not": deep}
    assert ["filter" + ".not" * 900 + ": must have an operator; got an empty object"] == found_in(deep)
    endless: dict[str, Any] = {}
    endless["and"] = [endless, endless]
    assert ["filter: must not be nested more than 1000 levels deep"] == found_in(endless)
