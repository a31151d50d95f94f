"""
Search: instances by the words of their texts (dms-api.md 7.2).

Words are kept in a table of their own, container by container, and brought up to date when somebody searches: writing
instances does not wait for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from pygen.sandbox.catalog import ContainerDef, ViewDef, ViewProp, view_id
from pygen.sandbox.filters import compile_filter, view_condition
from pygen.sandbox.problems import Refusal
from pygen.sandbox.reading import Selection, read_instances, target_units, typing_of
from pygen.sandbox.routes import LAG_PARAM
from pygen.sandbox.shapes import Shape
from pygen.sandbox.sorting import compile_sort, order_by
from pygen.sandbox.sql import Scope, Sql, all_of
from pygen.sandbox.store import EDGE, NODE

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = ["ViewReference", "prepare_search", "search_condition", "search_instances", "visible"]

Json = dict[str, Any]
Operator = Literal["AND", "OR"]

_TABLES = """
CREATE TABLE IF NOT EXISTS word (
    word TEXT NOT NULL, place INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (word, place, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS word_id ON word (id, place);
CREATE TABLE IF NOT EXISTS word_state (number INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
"""
_WORDS = re.compile(r"\w+")
_LONGEST_WORD = 64
_LAST_CHARACTER = "\U0010ffff"
_COLUMNS = 100_000
"""A place is a container's number times this, plus a column's."""


class ViewReference(Shape):
    """A view, named; clients leave out the type (dms-api.md, appendix D)."""

    type: Literal["view"] = "view"
    space: str
    external_id: str
    version: str


class _SortKey(Shape):
    property: list[str]
    direction: Literal["ascending", "descending"] | None = None


class _Search(Shape):
    view: ViewReference
    instance_type: Literal["node", "edge"] | None = None
    query: str | None = None
    properties: Annotated[list[str], Field(max_length=200)] | None = None
    operator: Operator | None = None
    filter: Json | None = None
    sort: Annotated[list[_SortKey], Field(max_length=5)] | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] | None = None
    target_units: list[Json] | None = None
    include_typing: bool | None = None


def search_instances(store: Store, body: Json, params: Mapping[str, str]) -> Json:
    """Answer `POST /models/instances/search`."""
    asked = _Search.read(body)
    view = store.catalog.view(view_id(asked.view.model_dump(by_alias=True)))
    selection = Selection(view, None, target_units(view, asked.target_units))
    prepare_search(store, view, asked.query, asked.properties)
    with store.reading() as db:
        scope = Scope("i", asked.instance_type or "node")
        conditions = [
            Sql("i.kind = ? AND i.deleted IS NULL", [EDGE if scope.kind == "edge" else NODE]),
            visible(store, params),
            view_condition(store, view, scope, required=True),
        ]
        if asked.filter is not None:
            conditions.append(compile_filter(store, _without_overlaps(asked.filter), scope, required=True))
        found = search_condition(view, asked.query, asked.properties, asked.operator or "OR")
        condition = all_of(conditions)
        sort = [key.model_dump(by_alias=True, exclude_none=True) for key in asked.sort or ()]
        order = order_by(compile_sort(store, sort, scope))
        if found is None:
            source, params_before = scope.tables(), []
        else:
            source, params_before = f"({found.text}) AS found JOIN {scope.tables()} ON i.id = found.id", found.params
            source = f"({found.text}) AS found JOIN instance AS i ON i.id = found.id{scope.joins()}"
            order = order if sort else f"found.score DESC, {order}"
        rows = db.execute(
            f"SELECT i.id FROM {source} WHERE {condition.text} ORDER BY {order} LIMIT ?",
            [*params_before, *condition.params, asked.limit or 1000],
        )
        items = read_instances(store, [number for (number,) in rows], [selection])
    return {"items": items, **({"typing": typing_of([selection])} if asked.include_typing else {})}


def _without_overlaps(given: Json) -> Json:
    """
    The filter.

    Raises:
        Refusal: It is one that search does not take.
    """
    stack: list[Any] = [given]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            if "overlaps" in part:
                raise Refusal("The filter overlaps is not supported in search")
            stack += part.values()
        elif isinstance(part, list):
            stack += part
    return given


def visible(store: Store, params: Mapping[str, str]) -> Sql:
    """The instances that the search backend knows already: it lags behind (settings.search_lag_ms, or a fault)."""
    lag = max(store.settings.search_lag_ms, int(params.get(LAG_PARAM, "0")))
    return Sql("i.updated <= ?", [store.now_ms() - lag]) if lag else Sql("1", [])


# --- conditions ---


def search_condition(
    view: ViewDef, query: str | None, properties: Sequence[str] | None, operator: Operator
) -> Sql | None:
    """
    A table of the instances whose texts hold the words, with `id` and `score`.

    A word of the query is found where a word of the text begins with it; whole ones count more.

    Returns:
        None where there is nothing to look for.

    Raises:
        Refusal: A property is unknown, or holds no text.
    """
    places = [_place(prop) for prop in _searched(view, properties)]
    words = list(dict.fromkeys(_words_of(query or "")))
    if not words:
        return None
    hits = " UNION ALL ".join(
        "SELECT id, max(1 + (word = ?)) AS score FROM word WHERE word >= ? AND word < ? "
        "AND place IN (SELECT value FROM json_each(?)) GROUP BY id"
        for _ in words
    )
    params = [value for word in words for value in (word, word, word + _LAST_CHARACTER, json.dumps(places))]
    least = len(words) if operator == "AND" else 1
    return Sql(f"SELECT id, sum(score) AS score FROM ({hits}) GROUP BY id HAVING count(*) >= ?", [*params, least])


def _searched(view: ViewDef, properties: Sequence[str] | None) -> list[ViewProp]:
    if properties is None:
        return [prop for prop in view.mapped.values() if prop.prop.type == "text"]
    for name in properties:
        if name not in view.mapped:
            raise Refusal(f"Unknown property '{name}'.")
        if view.mapped[name].prop.type != "text":
            raise Refusal(f"Property '{name}' in properties is no text")
    return [view.mapped[name] for name in dict.fromkeys(properties)]


def _place(prop: ViewProp) -> int:
    return prop.container.number * _COLUMNS + int(prop.prop.column.removeprefix("p"))


def _words_of(text: str) -> Iterator[str]:
    for word in _WORDS.findall(text.casefold()):
        yield word[:_LONGEST_WORD]


# --- the table of words ---


def prepare_search(store: Store, view: ViewDef, query: str | None, properties: Sequence[str] | None) -> None:
    """
    Bring the words of the containers behind a search up to date.

    Raises:
        Refusal: A property is unknown, or holds no text.
    """
    containers = {prop.container.number: prop.container for prop in _searched(view, properties)}
    if not next(_words_of(query or ""), None):
        return
    with store.lock:
        store.db.executescript(_TABLES) if store.meta("words") is None else None
    with store.writing():
        store.set_meta("words", 1)
        last = store.last_seq()
        for container in containers.values():
            _update(store, container, last)


def _update(store: Store, container: ContainerDef, last: int) -> None:
    """Read the words of what changed since the container's words were read."""
    row = store.db.execute("SELECT seq FROM word_state WHERE number = ?", [container.number]).fetchone()
    since = row[0] if row else 0
    texts = [prop for prop in container.props.values() if prop.type == "text"]
    if since >= last or not texts:
        return
    columns = ", ".join(f"c.{prop.column}" for prop in texts)
    changed = store.db.execute(
        f"SELECT i.id, i.deleted, {columns} FROM instance AS i LEFT JOIN {container.table} AS c ON c.id = i.id "
        "WHERE i.seq > ? AND i.seq <= ?",
        [since, last],
    ).fetchall()
    first = container.number * _COLUMNS
    if since:
        store.db.executemany(
            "DELETE FROM word WHERE id = ? AND place BETWEEN ? AND ?",
            [(number, first, first + _COLUMNS - 1) for number, *_ in changed],
        )
    places = [first + int(prop.column.removeprefix("p")) for prop in texts]
    store.db.executemany(
        "INSERT OR IGNORE INTO word VALUES (?, ?, ?)",
        (
            (word, place, number)
            for number, deleted, *values in changed
            if deleted is None
            for prop, place, value in zip(texts, places, values, strict=True)
            if value is not None
            for text in _texts(value, is_list=prop.is_list)
            for word in _words_of(text)
        ),
    )
    store.db.execute(
        "INSERT INTO word_state VALUES (?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq", [container.number, last]
    )


def _texts(stored: str, *, is_list: bool) -> Iterable[str]:
    return json.loads(stored) if is_list else (stored,)
