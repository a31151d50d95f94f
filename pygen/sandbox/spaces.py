"""Spaces (dms-api.md 3.1)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pygen.sandbox.problems import Refusal
from pygen.sandbox.schema_rows import (
    Description,
    Json,
    Label,
    Many,
    Space,
    SpaceName,
    labels,
    list_rows,
    refuse_duplicates,
    refuse_excess,
    refuse_global,
)
from pygen.sandbox.shapes import Shape
from pygen.sandbox.store import compact

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = ["apply_spaces", "delete_spaces", "list_spaces", "retrieve_spaces", "upsert_spaces"]


class _Write(Shape):
    space: SpaceName
    name: Label | None = None
    description: Description | None = None


class _Writes(Shape):
    items: Many[_Write]


class _Key(Shape):
    space: Space


class _Keys(Shape):
    items: Many[_Key]


def apply_spaces(store: Store, items: Sequence[Json], *, is_global: bool = False) -> list[Json]:
    """
    Create or update spaces, any number.

    Args:
        store: The project.
        items: Spaces in write form.
        is_global: Whether they are the system's.

    Returns:
        Their read form.

    Raises:
        Refusal: One is wrong; none is written.
    """
    with store.writing():
        return _put(
            store, [_Write.read(item, where=f"items[{i}]") for i, item in enumerate(items)], is_global=is_global
        )


def upsert_spaces(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /models/spaces`."""
    items = _Writes.read(body).items
    with store.writing() as db:
        answer = _put(store, items, is_global=False)
        (count,) = db.execute("SELECT count(*) FROM space WHERE NOT is_global").fetchone()
        refuse_excess("spaces", count, store.settings.most_spaces)
    return {"items": answer}


def list_spaces(store: Store, _body: Json, params: Mapping[str, str]) -> Json:
    """`GET /models/spaces`."""
    with store.reading():
        page = list_rows(store, "space", params)
    return page.answer([_read(row) for row in page.rows])


def retrieve_spaces(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /models/spaces/byids`."""
    wanted = _Keys.read(body).items
    with store.reading():
        return {"items": [_read(row) for row in _rows(store, wanted)]}


def delete_spaces(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /models/spaces/delete`: a space must be empty (dms-api.md 2.3)."""
    wanted = _Keys.read(body).items
    with store.writing() as db:
        rows = _rows(store, wanted)
        refuse_global("spaces", (row[1] for row in rows if row[5]))
        for row in rows:
            _refuse_content(store, row[1])
            db.execute("DELETE FROM space WHERE number = ?", [row[0]])
        store.schema_changed()
    return {"items": [{"space": row[1]} for row in rows]}


_CONTENTS = {
    "containers": "container WHERE space = ?",
    "views": "view WHERE space = ?",
    "data models": "data_model WHERE space = ?",
    "instances": "instance WHERE space = ? AND deleted IS NULL",
}


def _refuse_content(store: Store, space: str) -> None:
    found = [
        what
        for what, rows in _CONTENTS.items()
        if store.db.execute(f"SELECT EXISTS (SELECT 1 FROM {rows})", [space]).fetchone()[0]
    ]
    if found:
        raise Refusal(f"Space '{space}' is not empty and cannot be deleted: it has {', '.join(found)}.")


def _put(store: Store, items: Sequence[_Write], *, is_global: bool) -> list[Json]:
    refuse_duplicates(item.space for item in items)
    before = {row[1]: row for row in _rows(store, items)}
    if not is_global:
        refuse_global("spaces", (space for space, row in before.items() if row[5]))
    now = store.now_ms()
    for item in items:
        body = compact(item.given())
        row = before.get(item.space)
        if row is None:
            store.db.execute(
                "INSERT INTO space (space, body, created, updated, is_global) VALUES (?, ?, ?, ?, ?)",
                [item.space, body, now, now, is_global],
            )
        elif row[2] != body or (is_global and not row[5]):
            store.db.execute(
                "UPDATE space SET body = ?, updated = ?, is_global = ? WHERE number = ?",
                [body, now, is_global or row[5], row[0]],
            )
    store.schema_changed()
    return [_read(row) for row in _rows(store, items)]


def _rows(store: Store, keys: Sequence[_Write | _Key]) -> list[Any]:
    """The rows of spaces, each once, in the order of the request."""
    found = (
        store.db.execute("SELECT * FROM space WHERE space = ?", [space]).fetchone()
        for space in dict.fromkeys(key.space for key in keys)
    )
    return [row for row in found if row is not None]


def _read(row: Sequence[Any]) -> Json:
    _, space, body, created, updated, is_global = row
    written: Json = json.loads(body)
    return {
        "space": space,
        **labels(written),
        "createdTime": created,
        "lastUpdatedTime": updated,
        "isGlobal": bool(is_global),
    }
