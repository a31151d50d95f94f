"""Orders: directions, missing values, and pages (dms-api.md 5.4)."""

from __future__ import annotations

from typing import Any

import pytest

from pygen.sandbox.filters import has_data
from pygen.sandbox.problems import Refusal
from pygen.sandbox.settings import Settings
from pygen.sandbox.sorting import SortKey, after, compile_sort, order_by
from pygen.sandbox.sql import TRUE, Scope
from pygen.sandbox.store import Store
from tests.contract.exchange import Json
from tests.support.sandbox_reading import Writer, container_ref, model
from tests.support.sandbox_things import of_thing, things

RANKS = [3, None, 1, 2, None, 2]


@pytest.fixture(scope="module")
def store() -> Store:
    """Nodes `n0`, `n1`, ... with ranks, some without; two of them with a name."""
    properties = {
        "rank": {"type": {"type": "int32"}},
        "name": {"type": {"type": "text"}, "nullable": False},
        "next": {"type": {"type": "direct"}},
        "ratio": {"type": {"type": "float64"}},
        "tags": {"type": {"type": "text", "list": True}},
        "meta": {"type": {"type": "json"}},
    }
    made = model(["s"], [{"space": "s", "externalId": "C", "properties": properties}])
    for number, rank in enumerate(RANKS):
        values: Json = {"name": f"{number % 2}", "ratio": 0.1 * number}
        if rank is not None:
            values |= {"rank": rank, "next": {"space": "s", "externalId": f"n{rank}"}}
        source = {"source": container_ref("C", "s"), "properties": values}
        Writer(made).put({"instanceType": "node", "space": "s", "externalId": f"n{number}", "sources": [source]})
    return made


def by(name: str, *, descending: bool = False, nulls_first: bool | None = None) -> Json:
    """One entry of a sort."""
    path = ["node", name] if name == "externalId" else ["s", "C", name]
    return {"property": path, "direction": "descending" if descending else None, "nullsFirst": nulls_first}


def ordered(store: Store, sort: list[Json], *, page: int = 100, required: bool = False) -> list[str]:
    """The external ids of nodes in order, fetched by pages."""
    scope = Scope()
    container = next(iter(store.catalog.containers.values()))
    data = has_data(container, scope, required=required)
    keys = compile_sort(store, sort, scope)
    columns = ", ".join(key.expression for key in keys)
    found: list[str] = []
    condition = TRUE
    while True:
        rows = store.db.execute(
            f"SELECT i.external_id, {columns} FROM {scope.tables()} WHERE {data.text} AND {condition.text}"
            f" ORDER BY {order_by(keys)} LIMIT ?",
            [*data.params, *condition.params, page],
        ).fetchall()
        found += [row[0] for row in rows]
        if len(rows) < page:
            return found
        condition = after(keys, rows[-1][1:])


@pytest.mark.parametrize(
    ("descending", "nulls_first", "expected"),
    [
        (False, None, "n2 n3 n5 n0 n1 n4"),
        (False, False, "n2 n3 n5 n0 n1 n4"),
        (False, True, "n1 n4 n2 n3 n5 n0"),
        (True, None, "n0 n3 n5 n2 n1 n4"),
        (True, True, "n1 n4 n0 n3 n5 n2"),
    ],
)
def test_missing_values_are_last_in_both_directions_unless_first(
    store: Store, *, descending: bool, nulls_first: bool | None, expected: str
) -> None:
    """Equal and missing values keep the order of creation."""
    assert expected.split() == ordered(store, [by("rank", descending=descending, nulls_first=nulls_first)])


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("page", [1, 2, 3, 5])
@pytest.mark.parametrize(
    "sort",
    [
        [],
        [by("rank")],
        [by("rank", nulls_first=True)],
        [by("rank", descending=True)],
        [by("rank", descending=True, nulls_first=True)],
        [by("name"), by("rank", descending=True)],
        [by("name", descending=True), by("rank", nulls_first=True)],
        [by("ratio", descending=True)],
        [by("next", nulls_first=True)],
        [by("next", descending=True), by("externalId", descending=True)],
    ],
)
def test_pages_join_to_the_whole(store: Store, sort: list[Json], page: int, *, required: bool) -> None:
    """Whatever the order, nothing is lost between pages and nothing comes twice."""
    whole = ordered(store, sort)
    assert len(RANKS) == len(set(whole))
    assert whole == ordered(store, sort, page=page, required=required)


def test_later_keys_decide_among_equals(store: Store) -> None:
    """The first key comes first."""
    assert ["n0", "n2", "n4", "n3", "n5", "n1"] == ordered(store, [by("name"), by("rank", descending=True)])


def test_relations_are_sorted_by_their_targets(store: Store) -> None:
    """By space, then external id; without a target they are missing values."""
    assert ["n2", "n3", "n5", "n0", "n1", "n4"] == ordered(store, [by("next")])
    assert ["n1", "n4", "n0", "n3", "n5", "n2"] == ordered(store, [by("next", descending=True, nulls_first=True)])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("externalId", ["bare", "empty", "one", "two"]),
        ("createdTime", ["one", "two", "empty", "bare"]),
        ("type", ["two", "one", "empty", "bare"]),
        ("deletedTime", ["one", "two", "empty", "bare"]),
    ],
)
def test_base_properties_are_sorted_by(name: str, expected: list[str]) -> None:
    """Those that every instance has."""
    store, scope = things(), Scope()
    keys = compile_sort(store, [{"property": ["node", name]}], scope)
    rows = store.db.execute(
        f"SELECT i.external_id FROM {scope.tables()} WHERE i.kind = 0 AND i.deleted IS NULL ORDER BY {order_by(keys)}"
    )
    assert expected == [external_id for (external_id,) in rows]


def test_text_is_sorted_by_code_points(store: Store) -> None:
    """Upper case comes before lower case, and accents after both."""
    rows = store.db.execute(
        f'SELECT value FROM json_each(\'["b", "é", "B", "a", "😀", "ﬀ"]\') ORDER BY {order_by([SortKey("value")])}'
    )
    assert ["B", "a", "b", "é", "ﬀ", "😀"] == [value for (value,) in rows]


def test_without_a_sort_a_setting_decides() -> None:
    """As they were created, or by external id."""
    assert [SortKey("i.id", nullable=False)] == compile_sort(things(), [], Scope())
    keys = compile_sort(things(Settings(list_order="external_id")), [], Scope())
    assert ["i.external_id", "i.space", "i.id"] == [key.expression for key in keys]


def test_only_what_can_be_missing_is_sorted_as_such(store: Store) -> None:
    """A required container's non-nullable property is always there; without its container it is not."""
    scope, container = Scope(), next(iter(store.catalog.containers.values()))
    (name, _) = compile_sort(store, [by("name")], scope)
    assert name.nullable
    scope.require(container)
    (name, _) = compile_sort(store, [by("name")], scope)
    assert not name.nullable
    (rank, _) = compile_sort(store, [by("rank")], scope)
    assert rank.nullable


@pytest.mark.parametrize(
    ("sort", "message"),
    [
        ([{"property": of_thing("names")}], "has no order"),
        ([{"property": of_thing("meta")}], "has no order"),
        ([{"property": of_thing("never")}], r"Unknown property .* in sort\[0\].property"),
        ([{"property": ["edge", "startNode"]}], "is no property of nodes"),
        ([{"property": ["node", "externalId"], "direction": "up"}], r"Invalid value for sort\[0\].direction"),
        ([{"property": ["node", "externalId"], "nulls": True}], r"Unexpected field - sort\[0\].nulls"),
        ([{}], r"sort\[0\].property must not be null"),
        ([{"property": ["node", "externalId"]}] * 6, r"\[sort size must be between 0 and 5\]"),
    ],
)
def test_what_cannot_be_sorted_by_is_refused(sort: list[Any], message: str) -> None:
    """Lists, JSON, connections, and more than five keys."""
    with pytest.raises(Refusal, match=message):
        compile_sort(things(), sort, Scope())
