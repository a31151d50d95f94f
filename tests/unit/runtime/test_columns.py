"""Columns make conditions, sort keys and figures."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from windfarm.sdk import Distance, Nacelle, NacelleWrite, WindTurbine

from pygen.runtime import Column, Filter, NodeId, SdkError, SortKey
from pygen.runtime.spec import sort_keys_of

VIEW = ["sp_windfarm", "WindTurbine/v1"]
NAME = [*VIEW, "name"]
CAPACITY = [*VIEW, "capacity"]
DATASHEETS = [*VIEW, "datasheets"]
NACELLE = [*VIEW, "nacelle"]
COMMISSIONED = [*VIEW, "commissioned"]
N1 = {"space": "s", "externalId": "n1"}
NOON = dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC)

T = WindTurbine
MADE: list[tuple[Filter, dict[str, Any]]] = [
    (T.capacity == 0, {"equals": {"property": CAPACITY, "value": 0}}),
    (T.name == "", {"equals": {"property": NAME, "value": ""}}),
    (T.capacity == None, {"not": {"exists": {"property": CAPACITY}}}),  # noqa: E711 -- makes a condition
    (T.capacity > 6, {"range": {"property": CAPACITY, "gt": 6}}),
    (T.capacity >= 6, {"range": {"property": CAPACITY, "gte": 6}}),
    (T.capacity < 6, {"range": {"property": CAPACITY, "lt": 6}}),
    (T.capacity <= 6, {"range": {"property": CAPACITY, "lte": 6}}),
    (6 < T.capacity, {"range": {"property": CAPACITY, "gt": 6}}),
    (T.capacity.between(1, 2), {"range": {"property": CAPACITY, "gte": 1, "lte": 2}}),
    (T.capacity > T.hub_height, {"range": {"property": CAPACITY, "gt": {"property": [*VIEW, "hubHeight"]}}}),
    (T.commissioned > NOON, {"range": {"property": COMMISSIONED, "gt": "2024-03-01T12:00:00.000+00:00"}}),
    (T.created_time > NOON, {"range": {"property": ["node", "createdTime"], "gt": 1709294400000}}),
    (T.name.prefix("a"), {"prefix": {"property": NAME, "value": "a"}}),
    (T.external_id.prefix("a"), {"prefix": {"property": ["node", "externalId"], "value": "a"}}),
    (T.name.in_(["a", "b"]), {"in": {"property": NAME, "values": ["a", "b"]}}),
    (
        T.capacity.in_([1, None]),
        {
            "or": [
                {"in": {"property": CAPACITY, "values": [1]}},
                {"not": {"exists": {"property": CAPACITY}}},
            ]
        },
    ),
    (T.name.in_([]), {"not": {"matchAll": {}}}),
    (T.datasheets.contains_any(["a"]), {"containsAny": {"property": DATASHEETS, "values": ["a"]}}),
    (T.datasheets.contains_all(["a"]), {"containsAll": {"property": DATASHEETS, "values": ["a"]}}),
    (T.datasheets.contains_any([]), {"not": {"matchAll": {}}}),
    (T.datasheets.contains_all([]), {"exists": {"property": DATASHEETS}}),
    (T.datasheets == ["a"], {"equals": {"property": DATASHEETS, "value": ["a"]}}),
    (T.nacelle_id == NodeId("s", "n1"), {"equals": {"property": NACELLE, "value": N1}}),
    (Distance.start_node == NodeId("s", "n1"), {"equals": {"property": ["edge", "startNode"], "value": N1}}),
    (
        T.commissioned.overlaps(T.last_updated_time, gte=NOON),
        {
            "overlaps": {
                "startProperty": COMMISSIONED,
                "endProperty": ["node", "lastUpdatedTime"],
                "gte": "2024-03-01T12:00:00.000+00:00",
            }
        },
    ),
    (
        (T.capacity > 6) & (T.name == "a") & T.name.exists(),
        {
            "and": [
                {"range": {"property": CAPACITY, "gt": 6}},
                {"equals": {"property": NAME, "value": "a"}},
                {"exists": {"property": NAME}},
            ]
        },
    ),
    (
        ~(T.capacity > 6),
        {"or": [{"not": {"range": {"property": CAPACITY, "gt": 6}}}, {"not": {"exists": {"property": CAPACITY}}}]},
    ),
    (
        ~((T.capacity > 6) | T.name.exists()),
        {
            "and": [
                {
                    "or": [
                        {"not": {"range": {"property": CAPACITY, "gt": 6}}},
                        {"not": {"exists": {"property": CAPACITY}}},
                    ]
                },
                {"not": {"exists": {"property": NAME}}},
            ]
        },
    ),
    (~~(T.capacity > 6), {"range": {"property": CAPACITY, "gt": 6}}),
    (~(T.external_id == "a"), {"not": {"equals": {"property": ["node", "externalId"], "value": "a"}}}),
    (~Filter({"matchAll": {}}), {"not": {"matchAll": {}}}),
]


@pytest.mark.parametrize(("made", "expected"), MADE, ids=range(len(MADE)))
def test_conditions_in_the_form_of_the_wire(made: Filter, expected: dict[str, Any]) -> None:
    """Every comparison has one form."""
    assert expected == made.dump("s")


def test_an_external_id_alone_waits_for_its_space() -> None:
    """A condition made without a client takes the space of the one that asks, and none is an error."""
    untyped: Any = T.nacelle_id
    made = Filter.any([untyped == "n1", untyped == NacelleWrite(external_id="n1", name="N")])

    assert {"or": [{"equals": {"property": NACELLE, "value": N1}}] * 2} == made.dump("s")
    assert {"instanceReferences": [N1]} == Filter.instances(["n1"]).dump("s")
    with pytest.raises(SdkError, match="n1"):
        made.dump()


def test_many_values_are_spread_over_several_conditions() -> None:
    """One `in` takes a thousand values."""
    made = T.name.in_(map(str, range(2500))).dump()

    assert [1000, 1000, 500] == [len(part["in"]["values"]) for part in made["or"]]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: bool(T.capacity > 6), "combine filters with &"),
        (lambda: (T.capacity > 6) and (T.capacity < 9), "combine filters with &"),
        (lambda: 1 < T.capacity < 6, "combine filters with &"),
        (lambda: T.capacity > None, "None is no bound"),  # type: ignore[operator]
        (lambda: T.name.prefix(3), "beginning of a text"),  # type: ignore[arg-type]
        (lambda: T.datasheets.contains_any("ab"), "given as a list"),
        (lambda: T.name.in_("ab"), "given as a list"),
        (lambda: T.capacity.overlaps(T.hub_height), "needs a bound"),
        (lambda: Filter("x"), "made of a JSON object"),  # type: ignore[arg-type]
        (lambda: ~Filter({"exists": {}, "and": []}), "one operator"),
        (lambda: sort_keys_of(T, ["name"]), "sorted by columns"),
    ],
)
def test_what_makes_no_condition_says_so(wrong: Any, message: str) -> None:
    """Nothing is guessed, and no condition is lost."""
    with pytest.raises(TypeError, match=message):
        wrong()


def test_sort_keys() -> None:
    """Columns, keys and functions that make them; smallest first unless told otherwise, nulls last either way."""
    keys = sort_keys_of(T, [T.name, lambda t: (t.capacity.desc(), t.hub_height.asc(nulls_first=True))])

    assert (
        SortKey(tuple(NAME)),
        SortKey(tuple(CAPACITY), descending=True),
        SortKey((*VIEW, "hubHeight"), nulls_first=True),
    ) == keys
    assert {"property": CAPACITY, "direction": "descending", "nullsFirst": False} == keys[1].dump()


def test_figures() -> None:
    """An aggregate names the property as DMS does."""
    assert {"avg": {"property": "hubHeight"}} == T.hub_height.avg().dump()
    assert {"count": {"property": "externalId"}} == T.external_id.count().dump()


def test_a_column_belongs_to_the_class_and_a_value_to_the_object() -> None:
    """A child's columns go through its own view, other names are errors, and objects keep plain values."""
    assert "<column WindTurbine.capacity>" == repr(T.capacity)
    assert isinstance(Nacelle.weight, Column)
    assert "capacity" in dir(T)
    with pytest.raises(AttributeError, match="capasity"):
        T.capasity  # type: ignore[attr-defined]  # noqa: B018 -- asked for
    nacelle = Nacelle.model_construct(weight=3.0)
    assert 3.0 == nacelle.weight
