"""Combinations of filters say what three-valued logic says, in every form in which they are compiled."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pygen.sandbox.filters import compile_filter
from pygen.sandbox.settings import Settings
from pygen.sandbox.sql import Scope
from pygen.sandbox.store import Store
from tests.contract.exchange import Json
from tests.support.sandbox_reading import container_ref
from tests.support.sandbox_things import NODES, of_extra, of_thing, things

Truth = bool | None

LEAVES: list[Json] = [
    {"equals": {"property": of_thing("name"), "value": "alpha"}},
    {"range": {"property": of_thing("small"), "lt": 0}},
    {"equals": {"property": of_extra("label"), "value": "second"}},
    {"exists": {"property": of_thing("name")}},
    {"hasData": [container_ref("Extra", "schema")]},
    {"containsAny": {"property": of_thing("names"), "values": ["x"]}},
    {"equals": {"property": ["node", "externalId"], "value": "two"}},
    {"nested": {"scope": of_thing("target"), "filter": {"exists": {"property": of_extra("rank")}}}},
    {"matchAll": {}},
]


@cache
def store(*, nulls_match_not: bool) -> Store:
    """Things of every type."""
    return things(Settings(nulls_match_not=nulls_match_not))


def found(filter_: Json, *, nulls_match_not: bool, required: bool) -> dict[str, Truth]:
    """What SQL says of each node."""
    made, scope = store(nulls_match_not=nulls_match_not), Scope()
    with made.reading() as db:
        condition = compile_filter(made, filter_, scope, required=required)
        rows = db.execute(
            f"SELECT i.external_id, {condition.text} FROM {scope.tables()} WHERE i.kind = 0 AND i.deleted IS NULL",
            condition.params,
        )
        return {external_id: None if truth is None else bool(truth) for external_id, truth in rows}


@cache
def leaf(number: int) -> dict[str, Truth]:
    """What one comparison says of each node."""
    return found(LEAVES[number], nulls_match_not=False, required=False)


def logic(tree: Any, node: str, *, nulls_match_not: bool) -> Truth:
    """What a combination says of a node."""
    if isinstance(tree, int):
        return leaf(tree)[node]
    operator, parts = tree
    truths = [logic(part, node, nulls_match_not=nulls_match_not) for part in parts]
    if operator == "not":
        return None if truths[0] is None and not nulls_match_not else not truths[0]
    decisive: bool = operator == "or"
    if decisive in truths:
        return decisive
    return None if None in truths else not decisive


def written(tree: Any) -> Json:
    """A combination as a filter."""
    if isinstance(tree, int):
        return LEAVES[tree]
    operator, parts = tree
    filters = [written(part) for part in parts]
    return {operator: filters[0] if operator == "not" else filters}


TREES = st.recursive(
    st.integers(0, len(LEAVES) - 1),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=1, max_size=4)),
        st.tuples(st.just("not"), st.lists(inner, min_size=1, max_size=1)),
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(tree=TREES, nulls_match_not=st.booleans())
def test_combinations_follow_three_valued_logic(tree: Any, *, nulls_match_not: bool) -> None:
    """What is true, false and unknown is so for each node; where only what is true counts, it is the same."""
    filter_ = written(tree)
    expected = {node: logic(tree, node, nulls_match_not=nulls_match_not) for node in NODES}
    assert expected == found(filter_, nulls_match_not=nulls_match_not, required=False)
    required = found(filter_, nulls_match_not=nulls_match_not, required=True)
    assert {node for node, truth in expected.items() if truth} == {node for node, truth in required.items() if truth}
