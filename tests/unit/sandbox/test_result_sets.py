"""Result sets: what they are made from, and what a cursor is bound to."""

import pytest

from pygen.sandbox.problems import Refusal
from pygen.sandbox.result_sets import (
    Debug,
    QueryNodes,
    QueryRequest,
    SetOperation,
    SyncRequest,
    ancestors_of,
    in_order,
    read_query_sets,
    read_sync_sets,
    shape_of,
)

CHAIN: dict[str, dict[str, object]] = {
    "d": {"union": ["c", {"intersection": ["b", "a"]}], "except": ["e"]},
    "c": {"nodes": {"from": "b"}},
    "b": {"edges": {"from": "a"}, "limit": 5},
    "a": {"nodes": {}, "sort": None},
    "e": {"nodes": {}},
}


def request(**others: object) -> QueryRequest:
    """A query of the chain."""
    return QueryRequest.read({"with": CHAIN, "select": {"a": {}}, **others})


def test_order() -> None:
    """Each set comes after those that it is made from, nested and excepted ones too."""
    names = in_order(read_query_sets(request()))
    assert sorted(CHAIN) == sorted(names)
    for name, before in [("b", "a"), ("c", "b"), ("d", "c"), ("d", "e")]:
        assert names.index(before) < names.index(name)


@pytest.mark.parametrize(
    ("name", "expected"), [("a", []), ("b", ["a"]), ("c", ["a", "b"]), ("d", ["a", "b", "c", "e"])]
)
def test_ancestors(name: str, expected: list[str]) -> None:
    """The ancestors of a set are all that it is made from, near and far."""
    assert expected == ancestors_of(name, read_query_sets(request()))


def test_nulls_are_absent() -> None:
    """A form that is null is not given."""
    body = {"n": {"nodes": {"from": None}, "edges": None, "union": None}, "u": {"union": ["n"], "nodes": None}}
    sets = read_query_sets(QueryRequest.read({"with": body, "select": {"n": {}}}))
    assert [QueryNodes, SetOperation] == [type(result_set) for result_set in sets.values()]


def test_shape_without_limits() -> None:
    """What must stay the same is the sets in question and the parameters, but no limit."""
    assert shape_of(request(), ["a", "b"]) == shape_of(
        QueryRequest.read({"with": {**CHAIN, "b": {**CHAIN["b"], "limit": 7}, "e": {}}, "select": {"b": {}}}),
        ["a", "b"],
    )
    assert shape_of(request(), ["a"]) != shape_of(request(parameters={"x": 1}), ["a"])
    assert shape_of(request(), ["a"]) != shape_of(request(), ["a", "b"])


def test_sync_has_no_set_operations() -> None:
    """Sync follows nodes and edges only."""
    with pytest.raises(Refusal, match="Result set 'd' needs one of nodes, edges"):
        read_sync_sets(SyncRequest.read({"with": {"d": CHAIN["d"]}, "select": {"d": {}}}))


@pytest.mark.parametrize(
    ("debug", "is_right"),
    [
        ({}, True),
        ({"emitResults": True}, True),
        ({"emitResults": False, "timeout": 1, "profile": True}, True),
        ({"emitResults": True, "timeout": 1}, False),
        ({"profile": True}, False),
        ({"profile": False}, True),
    ],
)
def test_debug(debug: dict[str, object], is_right: bool) -> None:
    """A time limit and a profile do not go together with results."""
    if is_right:
        Debug.read(debug).check()
        return
    with pytest.raises(Refusal, match=r"requires debug\.emitResults to be false"):
        Debug.read(debug).check()
