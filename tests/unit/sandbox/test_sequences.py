"""Sequences and their rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.sandbox_classic import Json, Plant, exchanges

CURVE: Json = {"externalId": "curve:P-101"}


@pytest.fixture
def plant() -> Iterator[Plant]:
    """A plant with a sequence of three columns."""
    with Plant() as made:
        columns = [
            {"externalId": "flow", "name": "Flow"},
            {"externalId": "head", "valueType": "DOUBLE"},
            {"externalId": "count", "valueType": "LONG"},
            {"externalId": "note", "valueType": "STRING"},
        ]
        made.ask("/sequences", {"items": [{**CURVE, "columns": columns}]})
        yield made


def write(plant: Plant, columns: list[str], rows: dict[int, list[Any]]) -> None:
    """Insert rows."""
    listed = [{"rowNumber": number, "values": values} for number, values in rows.items()]
    plant.ask("/sequences/data", {"items": [{**CURVE, "columns": columns, "rows": listed}]})


def rows_of(answer: Json) -> dict[int, list[Any]]:
    """The rows of an answer."""
    return {row["rowNumber"]: row["values"] for row in answer["rows"]}


def test_recorded_exchanges_are_answered_as_recorded(plant: Plant) -> None:
    """But for the cursor of a page that nothing follows: the OpenAPI document promises one only where there is more."""
    write(plant, ["flow", "head"], {1: [0.0, 55.2], 2: [10.0, None]})
    read, inserted = exchanges("sequences")
    found = plant.ask(read["path"], read["request"])
    expected = {name: value for name, value in read["response"].items() if name not in {"id", "nextCursor"}}
    assert expected == {name: value for name, value in found.items() if name != "id"}
    assert inserted["response"] == plant.ask(inserted["path"], inserted["request"])


def test_a_sequence_is_read_with_its_columns(plant: Plant) -> None:
    """A column without a type holds doubles."""
    (found,) = plant.ask("/sequences/byids", {"items": [CURVE]})["items"]
    assert ["DOUBLE", "DOUBLE", "LONG", "STRING"] == [column["valueType"] for column in found["columns"]]
    assert {"id", "externalId", "columns", "createdTime", "lastUpdatedTime"} == found.keys()


def test_rows_keep_what_other_columns_say(plant: Plant) -> None:
    """Only the columns that are named are written; a null empties a cell."""
    write(plant, ["flow", "head"], {1: [1, 2.5]})
    write(plant, ["head", "note"], {1: [None, "x"], 2: [3.0, None]})
    assert {1: [1.0, None, None, "x"], 2: [None, 3.0, None, None]} == rows_of(plant.ask("/sequences/data/list", CURVE))


def test_whole_numbers_keep_all_their_digits(plant: Plant) -> None:
    """They do not pass through floats."""
    write(plant, ["count"], {0: [2**53 + 1], 1: [-(2**63)]})
    found = plant.ask("/sequences/data/list", {**CURVE, "columns": ["count"]})
    assert {0: [2**53 + 1], 1: [-(2**63)]} == rows_of(found)


def test_columns_come_in_the_wanted_order(plant: Plant) -> None:
    """Values follow them."""
    write(plant, ["flow", "note"], {1: [1.0, "x"]})
    found = plant.ask("/sequences/data/list", {**CURVE, "columns": ["note", "flow"]})
    assert (["note", "flow"], {1: ["x", 1.0]}) == (
        [column["externalId"] for column in found["columns"]],
        rows_of(found),
    )


def test_pages_follow_one_another(plant: Plant) -> None:
    """From the start, included, to the end, not included; the last page has no cursor."""
    write(plant, ["flow"], {number: [float(number)] for number in range(10)})
    seen, body = [], {**CURVE, "start": 2, "end": 9, "limit": 3}
    while True:
        page = plant.ask("/sequences/data/list", body)
        seen.append(list(rows_of(page)))
        if "nextCursor" not in page:
            break
        body["cursor"] = page["nextCursor"]
    assert [[2, 3, 4], [5, 6, 7], [8]] == seen
    assert 400 == plant.refused("/sequences/data/list", {**body, "end": 8})[0]


@pytest.mark.parametrize(("how", "expected"), [({}, [9]), ({"before": 9}, [4]), ({"before": 4}, [])])
def test_the_latest_row_has_the_highest_number(plant: Plant, how: Json, expected: list[int]) -> None:
    """Or the highest below another."""
    write(plant, ["flow"], {9: [1.0], 4: [2.0]})
    assert expected == list(rows_of(plant.ask("/sequences/data/latest", {**CURVE, **how})))


@pytest.mark.parametrize(
    ("columns", "values"),
    [
        (["flow"], ["text"]),
        (["flow"], [2e100]),
        (["flow"], [True]),
        (["count"], [1.5]),
        (["count"], [2**63]),
        (["note"], [1]),
        (["note"], ["x" * 257]),
        (["flow", "head"], [1.0]),
        (["nope"], [1.0]),
        (["flow", "flow"], [1.0, 1.0]),
        (["flow"], []),
    ],
)
def test_a_row_that_does_not_fit_is_refused(plant: Plant, columns: list[str], values: list[Any]) -> None:
    """And nothing is written."""
    rows = [{"rowNumber": 0, "values": values}]
    status, message = plant.refused("/sequences/data", {"items": [{**CURVE, "columns": columns, "rows": rows}]})
    assert (400, True) == (status, bool(message))
    assert {} == rows_of(plant.ask("/sequences/data/list", CURVE))


def test_what_does_not_exist_is_named(plant: Plant) -> None:
    """Unless unknown ones are to be ignored."""
    key = {"externalId": "x"}
    error = plant.post("/sequences/byids", {"items": [key]}).json()["error"]
    assert {"code": 400, "message": "Sequence ids not found: x", "missing": [key]} == error
    assert {"items": []} == plant.ask("/sequences/byids", {"items": [key], "ignoreUnknownIds": True})
    assert 422 == plant.refused("/sequences/byids", {"items": [key, key]})[0]


@pytest.mark.parametrize("key", [{"instanceId": {"space": "s", "externalId": "x"}}, {}, {"id": 1, "externalId": "a"}])
def test_nodes_do_not_stand_for_sequences(plant: Plant, key: Json) -> None:
    """They are named by id or external id, and by one of them."""
    assert 400 == plant.refused("/sequences/byids", {"items": [key]})[0]


@pytest.mark.parametrize(
    "columns",
    [[], [{"externalId": "a"}, {"externalId": "a"}], [{"name": "a"}], [{"externalId": "a", "valueType": "INT"}]],
)
def test_a_sequence_needs_proper_columns(plant: Plant, columns: list[Json]) -> None:
    """Each with an external id of its own and a type that there is."""
    assert 400 == plant.refused("/sequences", {"items": [{"externalId": "b", "columns": columns}]})[0]
