"""Queries and syncs: result sets, what they are made from, and what is selected."""

from __future__ import annotations

from typing import Any

import pytest

from pygen.client.checks import Problems, check_query

P = ["sp", "Pump/v1", "tag"]
VIEW = {"type": "view", "space": "sp", "externalId": "Pump", "version": "v1"}
THROUGH = {"source": VIEW, "identifier": "site"}
SOURCE = {"source": VIEW, "properties": ["*"]}


def query(sets: Any, select: Any = None, **more: Any) -> dict[str, Any]:
    """A query of result sets, all of them selected unless said otherwise."""
    return {"with": sets, "select": {name: {} for name in sets} if select is None else select, **more}


def found_in(body: dict[str, Any], *, sync: bool = False) -> list[str]:
    """The problems of a query."""
    problems: Problems = []
    check_query(body, problems, sync=sync)
    return [str(problem) for problem in problems]


CHAIN: dict[str, Any] = {
    "a": {"nodes": {"filter": {"equals": {"property": P, "value": {"parameter": "tag"}}}}, "limit": 10_000},
    "b": {"nodes": {"from": "a", "through": THROUGH, "direction": "inwards"}, "sort": [{"property": P}] * 5},
    "c": {"edges": {"from": "b", "maxDistance": 1, "limitEach": 2_000, "nodeFilter": {"matchAll": {}}}},
    "d": {"nodes": {"from": "c", "chainTo": "source", "through": None}, "limit": None, "sort": None},
    "e": {"nodes": {"from": "a", "through": {"view": VIEW, "identifier": "site"}, "chainTo": "destination"}},
    "f": {"union": ["a", {"intersection": ["b", "d"], "except": ["e"]}], "except": [], "limit": 1},
    "g": {"edges": {}, "postSort": [{"property": ["edge", "type"]}], "sort": []},
}


@pytest.mark.parametrize(
    "body",
    [
        query(CHAIN, parameters={"tag": "P-101", "unused": None}, cursors={"a": None, "b": "c3Vyc29y"}),
        query(CHAIN, {"a": {"sources": [SOURCE] * 10, "sort": [{"property": P}], "limit": 0}}, parameters={"tag": 1}),
        query({"a": {"nodes": {}}, "b": {"edges": None, "nodes": {"from": None}}}, cursors=None, parameters=None),
        query({str(number): {"nodes": {}} for number in range(50)}),
        query({"a": {"ofANewerService": {}}, "b": {"nodes": {"ofANewerService": 1}, "too": 1}}),
    ],
)
def test_a_query_that_dms_takes_is_no_problem(body: dict[str, Any]) -> None:
    """All kinds of result sets pass, in any order, and so does what only a newer service knows."""
    assert [] == found_in(body)
    reversed_sets = dict(reversed(body["with"].items()))
    assert [] == found_in({**body, "with": reversed_sets})


@pytest.mark.parametrize(
    "found",
    [
        {"nodes": {}},
        {"nodes": {}, "limit": 2_000, "mode": "onePhase", "skipAlreadyDeleted": False},
        {"edges": {}, "mode": "twoPhase", "backfillSort": [{"property": P}] * 5},
        {"nodes": {}, "mode": "ofANewerService", "backfillSort": []},
    ],
)
def test_a_sync_that_dms_takes_is_no_problem(found: dict[str, Any]) -> None:
    """Modes, and the sorting of a backfill where it may be."""
    assert [] == found_in(query({"a": found}, {"a": {"sources": [SOURCE]}}), sync=True)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"select": {}}, ["with: must be an object; got None", "select: must have 1-50 result sets; got 0"]),
        (query({}), ["with: must have 1-50 result sets; got 0", "select: must have 1-50 result sets; got 0"]),
        (
            query({str(number): {"nodes": {}} for number in range(51)}),
            ["with: must have 1-50 result sets; got 51", "select: must have 1-50 result sets; got 51"],
        ),
        (query({"a": 1}), ["with.a: must be an object; got 1"]),
        (query({"a": {"limit": 1}}), ["with.a: must be nodes, edges or a set operation; got none"]),
        (
            query({"a": {"nodes": {}, "edges": {}}}),
            ["with.a: must be one of nodes, edges and set operations; got nodes, edges"],
        ),
        (query({"a": {"nodes": 1}}), ["with.a.nodes: must be an object; got 1"]),
        (query({"a": {"nodes": {"limit": 1}}}), ["with.a.nodes.limit: must stand beside nodes, not inside"]),
        (query({"a": {"edges": {"sort": []}}}), ["with.a.edges.sort: must stand beside edges, not inside"]),
        (query({"a": {"nodes": {}, "limit": 10_001}}), ["with.a.limit: must be from 1 to 10000; got 10001"]),
        (
            query({"a": {"nodes": {}, "sort": [{"property": P}] * 6}}),
            ["with.a.sort: must have at most 5 of them; got 6"],
        ),
        (query({"a": {"edges": {}, "postSort": 1}}), ["with.a.postSort: must be a list; got 1"]),
        (query({"a": {"nodes": {"from": "b"}}}), ["with.a.nodes.from: must be the name of a result set; got 'b'"]),
        (query({"a": {"nodes": {"from": []}}}), ["with.a.nodes.from: must be the name of a result set; got a list"]),
        (
            query({"a": {"nodes": {"direction": "up"}}}),
            ["with.a.nodes.direction: must be 'outwards' or 'inwards'; got 'up'"],
        ),
        (
            query({"a": {"nodes": {"chainTo": "end"}}}),
            ["with.a.nodes.chainTo: must be 'destination' or 'source'; got 'end'"],
        ),
        (
            query({"a": {"nodes": {"through": THROUGH}}}),
            ["with.a.nodes.through: needs a from: the result set whose relations are followed"],
        ),
        (
            query({"a": {"nodes": {}}, "b": {"nodes": {"from": "a", "through": 1}}}),
            ["with.b.nodes.through: must be an object; got 1"],
        ),
        (
            query({"a": {"nodes": {}}, "b": {"nodes": {"from": "a", "through": {"source": {}, "identifier": "a"}}}}),
            ["with.b.nodes.through.source.type: must be 'view' or 'container'; got None"],
        ),
        (query({"a": {"edges": {"maxDistance": 1.5}}}), ["with.a.edges.maxDistance: must be a whole number; got 1.5"]),
        (
            query({"a": {"edges": {"maxDistance": 1, "limitEach": 1}}}),
            ["with.a.edges.limitEach: needs a from and maxDistance 1"],
        ),
        (
            query({"a": {"nodes": {}}, "b": {"edges": {"from": "a", "limitEach": 1}}}),
            ["with.b.edges.limitEach: needs a from and maxDistance 1"],
        ),
        (
            query({"a": {"nodes": {}}, "b": {"edges": {"from": "a", "maxDistance": 1, "limitEach": 2_001}}}),
            ["with.b.edges.limitEach: must be from 1 to 2000; got 2001"],
        ),
        (query({"a": {"edges": {"terminationFilter": {}}}}), ["with.a.edges.terminationFilter: must have an operator"]),
        (query(CHAIN), ["with.a.nodes.filter.equals.value.parameter: must be one of the query's parameters"]),
        (query({"a": {"union": 1}}), ["with.a.union: must be a list; got 1"]),
        (
            query({"a": {"unionAll": ["b"], "except": ["c", None], "limit": 0}}),
            [
                "with.a.limit: must be from 1 to 10000; got 0",
                "with.a.unionAll[0]: must be the name of a result set; got 'b'",
                "with.a.except[0]: must be the name of a result set; got 'c'",
                "with.a.except[1]: must be the name of a result set; got None",
            ],
        ),
        (query({"a": {"union": [{}]}}), ["with.a.union[0]: must be one set operation; got none"]),
        (
            query({"a": {"union": [{"union": ["a"], "intersection": []}]}}, {"a": {}}),
            [
                "with.a.union[0]: must be one set operation; got union, intersection",
                "with.a: must not need itself: a -> a",
            ],
        ),
        (query({"a": {"nodes": {}}}, {"b": {}}), ["select.b: must be the name of a result set"]),
        (query({"a": {"nodes": {}}}, {"a": None}), ["select.a: must be an object; got None"]),
        (
            query({"a": {"nodes": {}}}, {"a": {"sources": [{"source": VIEW}]}}),
            ["select.a.sources[0].properties: must be a list; got None"],
        ),
        (
            query({"a": {"nodes": {}}}, {"a": {"sort": 1, "limit": "1"}}),
            ["select.a.sort: must be a list; got 1", "select.a.limit: must be a whole number; got '1'"],
        ),
        (query({"a": {"nodes": {}}}, cursors={"a": 1}), ["cursors.a: must be a text or null; got 1"]),
        (query({"a": {"nodes": {}}}, cursors=[1]), ["cursors: must be an object; got a list"]),
        (query({"a": {"nodes": {}}}, parameters=[1]), ["parameters: must be an object; got a list"]),
    ],
)
def test_what_is_wrong_with_a_query_has_its_place(body: dict[str, Any], expected: list[str]) -> None:
    """Every rule has its place and message, and all problems are reported."""
    found = found_in(body)
    assert len(expected) == len(found)
    assert [] == [(one, other) for one, other in zip(expected, found, strict=True) if not other.startswith(one)]


@pytest.mark.parametrize(
    ("found", "select", "expected"),
    [
        ({"union": ["a"]}, {}, ["with.a.union: must be left out of a sync", "with.a: must not need itself"]),
        ({"nodes": {}, "limit": 2_001}, {}, ["with.a.limit: must be from 1 to 2000; got 2001"]),
        ({"nodes": {}, "sort": []}, {}, ["with.a.sort: must be left out of a sync"]),
        ({"edges": {}, "postSort": []}, {}, ["with.a.postSort: must be left out of a sync"]),
        ({"edges": {"limitEach": 1}}, {}, ["with.a.edges.limitEach: must be left out of a sync"]),
        (
            {"nodes": {}, "backfillSort": [{"property": P}]},
            {},
            ["with.a.backfillSort: needs mode 'twoPhase'; got None"],
        ),
        (
            {"nodes": {}, "mode": "twoPhase", "backfillSort": [{"property": P}] * 6},
            {},
            ["with.a.backfillSort: must have at most 5 of them; got 6"],
        ),
        (
            {"nodes": {}},
            {"sort": [], "limit": 1},
            ["select.a.sort: must be left out of a sync", "select.a.limit: must be left out of a sync"],
        ),
    ],
)
def test_what_a_sync_does_not_have_has_its_place(
    found: dict[str, Any], select: dict[str, Any], expected: list[str]
) -> None:
    """A sync has no set operations and no sorting but that of a backfill, and smaller pages."""
    problems = found_in(query({"a": found}, {"a": select}), sync=True)
    assert len(expected) == len(problems)
    assert [] == [(one, other) for one, other in zip(expected, problems, strict=True) if not other.startswith(one)]


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        ({"a": {"nodes": {"from": "a"}}}, ["with.a: must not need itself: a -> a"]),
        (
            {
                "a": {"nodes": {"from": "b"}},
                "b": {"edges": {"from": "c"}},
                "c": {"union": [{"unionAll": ["b"]}]},
                "d": {"nodes": {"from": "a"}},
            },
            ["with.b: must not need itself: b -> c -> b"],
        ),
        (
            {"a": {"nodes": {"from": "a"}}, "b": {"intersection": ["c"], "except": ["b"]}, "c": {"nodes": {}}},
            ["with.a: must not need itself: a -> a", "with.b: must not need itself: b -> b"],
        ),
        ({"a": {"nodes": {}}, "b": {"union": ["a", "a"]}, "c": {"union": ["a", "b"]}}, []),
    ],
)
def test_result_sets_in_a_circle_are_named_once(sets: dict[str, Any], expected: list[str]) -> None:
    """Whoever only leads into a circle is not part of it."""
    assert expected == found_in(query(sets))
