"""Keyword filters and filter expressions."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from pygen.runtime import Filter, NodeId, SdkError
from pygen.runtime.keywords import keyword_filter
from tests.behaviour.runtime.windsdk import Annotation, Hostile, NacelleWrite, WindTurbine

NAME = ["sp", "WindTurbine/v1", "name"]
CAPACITY = ["sp", "WindTurbine/v1", "capacity"]
NACELLE = ["sp", "WindTurbine/v1", "nacelle"]
ALIASES = ["sp", "WindTurbine/v1", "aliases"]
MENTORS = ["sp", "WindTurbine/v1", "mentors"]
N1 = {"space": "wind", "externalId": "n1"}


def condition(**keywords: Any) -> dict[str, Any] | None:
    """What keyword filters of a turbine become."""
    return keyword_filter(WindTurbine, None, keywords, "wind")


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        ({}, None),
        ({"name": "T"}, {"equals": {"property": NAME, "value": "T"}}),
        ({"name": ""}, {"equals": {"property": NAME, "value": ""}}),
        ({"capacity": 0}, {"equals": {"property": CAPACITY, "value": 0}}),
        ({"connected": False}, {"equals": {"property": ["sp", "WindTurbine/v1", "connected"], "value": False}}),
        ({"name": None}, {"not": {"exists": {"property": NAME}}}),
        ({"name": ["T", "U"]}, {"in": {"property": NAME, "values": ["T", "U"]}}),
        ({"name": ("T", "U")}, {"in": {"property": NAME, "values": ["T", "U"]}}),
        ({"name": []}, {"not": {"matchAll": {}}}),
        (
            {"name": ["T", None]},
            {"or": [{"in": {"property": NAME, "values": ["T"]}}, {"not": {"exists": {"property": NAME}}}]},
        ),
        ({"name": [None]}, {"not": {"exists": {"property": NAME}}}),
        ({"name_prefix": "T"}, {"prefix": {"property": NAME, "value": "T"}}),
        ({"min_capacity": 0}, {"range": {"property": CAPACITY, "gte": 0}}),
        ({"max_capacity": 5.5, "min_capacity": 1}, {"range": {"property": CAPACITY, "lte": 5.5, "gte": 1}}),
        ({"aliases": "a"}, {"containsAny": {"property": ALIASES, "values": ["a"]}}),
        ({"aliases": ["a", "b"]}, {"containsAny": {"property": ALIASES, "values": ["a", "b"]}}),
        ({"nacelle": "n1"}, {"equals": {"property": NACELLE, "value": N1}}),
        ({"nacelle_id": "n1"}, {"equals": {"property": NACELLE, "value": N1}}),
        ({"nacelle": ("wind", "n1")}, {"equals": {"property": NACELLE, "value": N1}}),
        ({"nacelle": NacelleWrite(external_id="n1")}, {"equals": {"property": NACELLE, "value": N1}}),
        ({"nacelle": ["n1", NodeId("wind", "n1")]}, {"in": {"property": NACELLE, "values": [N1, N1]}}),
        ({"mentors": "n1"}, {"containsAny": {"property": MENTORS, "values": [N1]}}),
        ({"space": "s"}, {"equals": {"property": ["node", "space"], "value": "s"}}),
        ({"external_id": ["a", "b"]}, {"in": {"property": ["node", "externalId"], "values": ["a", "b"]}}),
        ({"external_id_prefix": "a"}, {"prefix": {"property": ["node", "externalId"], "value": "a"}}),
        (
            {"name": "T", "min_capacity": 1, "space": "s", "max_capacity": 2},
            {
                "and": [
                    {"equals": {"property": NAME, "value": "T"}},
                    {"range": {"property": CAPACITY, "gte": 1, "lte": 2}},
                    {"equals": {"property": ["node", "space"], "value": "s"}},
                ]
            },
        ),
    ],
)
def test_keywords_become_conditions(keywords: dict[str, Any], expected: dict[str, Any] | None) -> None:
    """Every value means what it says, False, 0 and the empty text included."""
    assert expected == condition(**keywords)


def test_moments_are_written_as_the_wire_wants_them() -> None:
    """Timestamps carry milliseconds and an offset, dates are days."""
    found = condition(min_installed=dt.datetime(2024, 1, 1, tzinfo=dt.UTC), max_decommission=dt.date(2030, 1, 2))
    assert found is not None
    first, second = found["and"]
    assert ("2024-01-01T00:00:00.000+00:00", "2030-01-02") == (first["range"]["gte"], second["range"]["lte"])


def test_exact_names_win_over_the_rule_and_exceptions_over_both() -> None:
    """A field called `min_x` is a value; the bound of `x` goes by the name that the view lists."""
    path = ["sp", "Hostile/v1"]
    assert {"equals": {"property": [*path, "min_x"], "value": 1}} == keyword_filter(Hostile, None, {"min_x": 1}, None)
    assert {"range": {"property": [*path, "x"], "gte": 1}} == keyword_filter(Hostile, None, {"min_x_": 1}, None)
    assert {"range": {"property": [*path, "x"], "lte": 1}} == keyword_filter(Hostile, None, {"max_x": 1}, None)
    assert {"equals": {"property": [*path, "7"], "value": 1}} == keyword_filter(Hostile, None, {"seven": 1}, None)


def test_edges_are_filtered_by_type_and_ends() -> None:
    """Edge views know the type and both ends, and their metadata as that of edges."""
    found = keyword_filter(Annotation, None, {"start_node": "n1", "edge_type": ("sp", "x"), "space": "s"}, "wind")
    assert found is not None
    assert [["edge", "startNode"], ["edge", "type"], ["edge", "space"]] == [
        part["equals"]["property"] for part in found["and"]
    ]


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"capasity": 1}, "WindTurbine has no filter 'capasity'; did you mean capacity"),
        ({"min_capasity": 1}, "did you mean min_capacity"),
        ({"name_prefx": "T"}, "did you mean name_prefix"),
        ({"zzz": 1}, "known are aliases, capacity"),
        ({"min_nacelle": 1}, "has no filter 'min_nacelle'"),
        ({"settings_prefix_": 1}, "has no filter"),
        ({"min_capacity": None}, "min_capacity=None is no bound; capacity=None asks for instances without a value"),
        ({"name_prefix": None}, "name_prefix takes the beginning of a text, not NoneType"),
        ({"name": object()}, "object is no value of a property"),
        ({"nacelle": 3}, "int does not name a node"),
    ],
)
def test_mistakes_are_refused(keywords: dict[str, Any], message: str) -> None:
    """An unknown keyword names its neighbours; values that say nothing are not ignored."""
    with pytest.raises(TypeError, match=message):
        condition(**keywords)


def test_an_external_id_needs_a_space() -> None:
    """Where neither client nor SDK names a space, an external id alone says too little."""
    with pytest.raises(SdkError, match="the node 'n1' has no space"):
        keyword_filter(WindTurbine, None, {"nacelle": "n1"}, None)


A, B, C = (Filter({"exists": {"property": ["sp", "V/v1", name]}}) for name in "abc")


def test_expressions_are_combined() -> None:
    """`&` and `|` join without nesting needlessly, `~` negates, operands stay as they were."""
    assert {"and": [A.dump(), B.dump(), C.dump()]} == (A & B & C).dump()
    assert {"or": [A.dump(), {"and": [B.dump(), C.dump()]}]} == (A | B & C).dump()
    assert {"not": A.dump()} == (~A).dump()
    assert A == Filter({"exists": {"property": ["sp", "V/v1", "a"]}})
    assert A != B
    assert "Filter({'exists'" in repr(A)


def test_expressions_have_no_truth() -> None:
    """`and`, `or`, `not` and chains would lose a condition, so they raise and name the operators."""
    # As texts, because type checkers see that such an expression never gets past its first operand.
    for text in ("A and B", "A or B", "not A", "bool(A)"):
        with pytest.raises(TypeError, match=r"& \(and\), \| \(or\) and ~ \(not\)"):
            eval(text, {"A": A, "B": B})
    with pytest.raises(TypeError):
        _ = A & {"exists": {}}  # type: ignore[operator]


def test_expressions_and_keywords_hold_together() -> None:
    """A condition of `list` joins the expression and the keywords in one flat list."""
    named = {"equals": {"property": NAME, "value": "T"}}
    assert {"and": [A.dump(), B.dump(), named]} == keyword_filter(WindTurbine, A & B, {"name": "T"}, None)
    assert A.dump() == keyword_filter(WindTurbine, A, {}, None)
