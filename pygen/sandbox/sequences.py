"""Sequences: rows of values in columns (dms-api.md 10.3)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import Field

from pygen.sandbox.classic import MOST_RESOURCES, Kind, Reference, Resource, create, ensure_tables, find
from pygen.sandbox.cursors import make_cursor, read_cursor
from pygen.sandbox.http import Reply, json_reply
from pygen.sandbox.problems import Refusal
from pygen.sandbox.shapes import Shape
from pygen.sandbox.store import compact

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = ["create_sequences", "insert_rows", "latest_row", "list_rows", "retrieve_sequences"]

Json: TypeAlias = dict[str, Any]
_Type: TypeAlias = Literal["STRING", "DOUBLE", "LONG"]

MOST_COLUMNS = 400
MOST_COLUMNS_WRITTEN = 200
MOST_ROWS = 10_000
MOST_VALUES = 100_000
USUAL_LIMIT = 100
_MOST_DOUBLE = 1e100
_MOST_CHARACTERS = 256
_BEYOND_LONG = 1 << 63

_TABLES = """
CREATE TABLE sequence_row (
    sequence INTEGER NOT NULL, number INTEGER NOT NULL, cells TEXT NOT NULL, PRIMARY KEY (sequence, number)
) WITHOUT ROWID;
"""


def _names(keys: Sequence[Json]) -> str:
    return ", ".join(str(next(iter(key.values()))) for key in keys)


SEQUENCES = Kind(
    "sequence",
    missing=lambda keys: f"Sequence ids not found: {_names(keys)}",
    duplicated=lambda keys: Refusal(
        f"Duplicate sequence ids: {_names(keys)}", status=422, extra={"duplicated": list(keys)}
    ),
)


# --- what is asked for ---


class _Column(Shape):
    external_id: Annotated[str, Field(max_length=255)]
    name: Annotated[str, Field(max_length=64)] | None = None
    description: Annotated[str, Field(max_length=1000)] | None = None
    value_type: _Type | None = None
    metadata: dict[str, str] | None = None


class _New(Shape):
    external_id: Annotated[str, Field(max_length=255)] | None = None
    name: Annotated[str, Field(max_length=255)] | None = None
    description: Annotated[str, Field(max_length=1000)] | None = None
    asset_id: int | None = None
    data_set_id: int | None = None
    metadata: dict[str, str] | None = None
    columns: Annotated[list[_Column], Field(min_length=1, max_length=MOST_COLUMNS)]


class _Creation(Shape):
    items: Annotated[list[_New], Field(min_length=1, max_length=MOST_RESOURCES)]


class _ByIds(Shape):
    items: Annotated[list[Reference], Field(min_length=1, max_length=MOST_RESOURCES)]
    ignore_unknown_ids: bool | None = None


class _Row(Shape):
    row_number: Annotated[int, Field(ge=0, lt=_BEYOND_LONG - 1)]
    values: Annotated[list[int | float | str | None], Field(min_length=1, max_length=MOST_COLUMNS)]


class _Insertion(Reference):
    columns: Annotated[list[str], Field(min_length=1, max_length=MOST_COLUMNS_WRITTEN)]
    rows: Annotated[list[_Row], Field(min_length=1, max_length=MOST_ROWS)]


class _Insertions(Shape):
    items: Annotated[list[_Insertion], Field(min_length=1, max_length=MOST_RESOURCES)]


class _Columns(Reference):
    columns: Annotated[list[str], Field(min_length=1, max_length=MOST_COLUMNS)] | None = None


class _Latest(_Columns):
    before: Annotated[int, Field(ge=1, lt=_BEYOND_LONG)] | None = None


class _List(_Columns):
    start: Annotated[int, Field(ge=-_BEYOND_LONG, lt=_BEYOND_LONG)] | None = None
    end: Annotated[int, Field(ge=-_BEYOND_LONG, lt=_BEYOND_LONG)] | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] | None = None
    cursor: str | None = None

    def shape(self) -> Json:
        """What stays the same from page to page."""
        return self.model_dump(exclude={"cursor", "limit"})


# --- sequences ---


def create_sequences(store: Store, body: Json, _params: Mapping[str, str]) -> Reply:
    """`POST /sequences`."""
    items = _Creation.read(body).items
    _prepare(store)
    with store.writing():
        now = store.now_ms()
        made = create(store, SEQUENCES, [(item.external_id, _body(item, now)) for item in items])
    return json_reply(201, {"items": [sequence.read() for sequence in made]})


def _body(item: _New, now: int) -> Json:
    given = item.given()
    given.pop("externalId", None)
    names = [column.external_id for column in item.columns]
    if len(set(names)) < len(names):
        raise Refusal("columns must not contain an externalId twice")
    columns = [
        {"valueType": "DOUBLE", **column, "createdTime": now, "lastUpdatedTime": now} for column in given["columns"]
    ]
    return {**given, "columns": columns}


def retrieve_sequences(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /sequences/byids`."""
    asked = _ByIds.read(body)
    _prepare(store)
    with store.reading():
        found = find(store, SEQUENCES, asked.items, ignore_unknown=bool(asked.ignore_unknown_ids), unique=True)
    return {"items": [sequence.read() for _, sequence in found]}


# --- rows ---


def insert_rows(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /sequences/data`: what rows say of the columns that are named; others keep what they say there."""
    asked = _Insertions.read(body)
    if sum(len(item.rows) for item in asked.items) > MOST_ROWS:
        raise Refusal(f"items have more than {MOST_ROWS} rows in all")
    if sum(len(row.values) for item in asked.items for row in item.rows) > MOST_VALUES:
        raise Refusal(f"items have more than {MOST_VALUES} values in all")
    _prepare(store)
    with store.writing() as db:
        for place, (item, sequence) in enumerate(find(store, SEQUENCES, asked.items, unique=True)):
            columns = _chosen(sequence, item.columns)
            # A null in the second object takes a cell away, so that cells that are there are never null.
            db.executemany(
                "INSERT INTO sequence_row VALUES (?, ?, json_patch('{}', ?)) "
                "ON CONFLICT DO UPDATE SET cells = json_patch(cells, ?)",
                [
                    (sequence.id, row.row_number, cells, cells)
                    for number, row in enumerate(item.rows)
                    for cells in [compact(_cells(columns, row, f"items[{place}].rows[{number}]"))]
                ],
            )
    return {}


def _cells(columns: Sequence[Json], row: _Row, where: str) -> Json:
    if len(row.values) != len(columns):
        raise Refusal(f"{where}.values must have as many values as there are columns")
    return {
        column["externalId"]: _value(column["valueType"], value, f"{where}.values[{place}]")
        for place, (column, value) in enumerate(zip(columns, row.values, strict=True))
    }


def _value(kind: _Type, value: float | str | None, where: str) -> float | str | None:
    """
    A value as it is kept.

    Raises:
        Refusal: A column of the type cannot have it.
    """
    match kind, value:
        case _, None:
            return None
        case "STRING", str() if len(value) <= _MOST_CHARACTERS:
            return value
        case "LONG", int() if -_BEYOND_LONG <= value < _BEYOND_LONG:
            return value
        case "DOUBLE", int() | float() if abs(value) <= _MOST_DOUBLE:
            return float(value)
    raise Refusal(f"Invalid value for {where}: the column holds {kind}")


def list_rows(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /sequences/data/list`: rows by their numbers."""
    asked = _List.read(body)
    _prepare(store)
    limit = asked.limit or USUAL_LIMIT
    with store.reading() as db:
        ((_, sequence),) = find(store, SEQUENCES, [asked])
        start = asked.start or 0
        if asked.cursor is not None:
            start = read_cursor("rows", asked.shape(), asked.cursor)
        end = _BEYOND_LONG - 1 if asked.end is None else asked.end
        rows = db.execute(
            "SELECT number, cells FROM sequence_row WHERE sequence = ? AND number >= ? AND number < ? "
            "ORDER BY number LIMIT ?",
            [sequence.id, start, end, limit + 1],
        ).fetchall()
    answer = _shown(sequence, asked.columns, rows[:limit])
    if len(rows) > limit:
        answer["nextCursor"] = make_cursor("rows", asked.shape(), rows[limit][0])
    return answer


def latest_row(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /sequences/data/latest`: the row with the highest number, or the highest below another."""
    asked = _Latest.read(body)
    _prepare(store)
    with store.reading() as db:
        ((_, sequence),) = find(store, SEQUENCES, [asked])
        rows = db.execute(
            "SELECT number, cells FROM sequence_row WHERE sequence = ? AND number < ? ORDER BY number DESC LIMIT 1",
            [sequence.id, _BEYOND_LONG - 1 if asked.before is None else asked.before],
        ).fetchall()
    return _shown(sequence, asked.columns, rows)


def _prepare(store: Store) -> None:
    ensure_tables(store, "sequence_row", _TABLES)


def _chosen(sequence: Resource, names: Sequence[str] | None) -> list[Json]:
    """
    The columns that are named; None: all.

    Raises:
        Refusal: One does not exist, or is named twice.
    """
    columns: dict[str, Json] = {column["externalId"]: column for column in sequence.body["columns"]}
    if names is None:
        return list(columns.values())
    unknown = [name for name in names if name not in columns]
    if unknown:
        raise Refusal(f"Unknown columns: {', '.join(unknown)}")
    if len(set(names)) < len(names):
        raise Refusal("columns must not contain duplicates")
    return [columns[name] for name in names]


def _shown(sequence: Resource, names: Sequence[str] | None, rows: Sequence[tuple[int, str]]) -> Json:
    columns = _chosen(sequence, names)
    shown_columns = [
        {name: column[name] for name in ("externalId", "name", "valueType") if name in column} for column in columns
    ]
    read = ((number, json.loads(cells)) for number, cells in rows)
    return {
        **sequence.identifiers,
        "columns": shown_columns,
        "rows": [
            {"rowNumber": number, "values": [cells.get(column["externalId"]) for column in columns]}
            for number, cells in read
        ],
    }
