"""Queries over result sets, page by page (dms-api.md 6.1-6.5)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from pygen.sandbox.cursors import make_cursor, read_cursor
from pygen.sandbox.problems import Refusal
from pygen.sandbox.reading import read_instances, read_selections
from pygen.sandbox.result_sets import (
    DEFAULT_LIMIT,
    Edges,
    Json,
    QueryEdges,
    QueryNodes,
    QueryRequest,
    QuerySelect,
    SetOperation,
    ancestors_of,
    extras_of,
    in_order,
    read_query_sets,
    read_selects,
    shape_of,
)
from pygen.sandbox.sorting import SortKey, after, order_by
from pygen.sandbox.sql import TRUE
from pygen.sandbox.store import Store
from pygen.sandbox.traversal import Kept, Kind, Step, Traversal, traversing

__all__ = ["query_instances"]


def query_instances(store: Store, body: Json, params: Mapping[str, str]) -> Json:  # noqa: ARG001 -- as all operations
    """
    Answer `POST /models/instances/query`.

    Raises:
        Refusal: The query has another form, or makes no sense.
    """
    request = QueryRequest.read(body)
    sets = read_query_sets(request)
    selects = read_selects(request, QuerySelect)
    is_emitted = request.emits_results()
    with traversing(store, request.parameters) as traversal:
        selections = {name: read_selections(store, select.sources, selecting=True) for name, select in selects.items()}
        query = _Query(traversal, request, sets)
        items: Json = {}
        cursors: dict[str, str] = {}
        for name, select in selects.items():
            ids = query.selected(name, select)
            items[name] = read_instances(store, ids, selections[name]) if is_emitted else []
            cursor = query.next_cursor(name) if is_emitted else None
            if cursor is not None:
                cursors[name] = cursor
        return {"items": items, "nextCursor": cursors, **extras_of(request, selections)}


@dataclass(slots=True)
class _Page:
    """
    The members of a result set on the page that was asked for.

    Attributes:
        kind: What the members are.
        ids: Their numbers, in order.
        position: Where the next page begins; None: there is none.
        step: How they were found; None: they were put together from other sets.
        kept: The members as others start from them, once one did.
    """

    kind: Kind
    ids: list[int]
    position: list[Any] | None
    step: Step | None = None
    kept: Kept | None = None


class _Query:
    """The pages of all result sets, each made after those that it is made from."""

    def __init__(
        self, traversal: Traversal, request: QueryRequest, sets: Mapping[str, QueryNodes | QueryEdges | SetOperation]
    ) -> None:
        self._traversal = traversal
        self._store = traversal.store
        self._request = request
        self._sets = sets
        self._pages: dict[str, _Page] = {}
        for name in in_order(sets):
            result_set = sets[name]
            make = self._combined if isinstance(result_set, SetOperation) else self._chained
            self._pages[name] = make(name)

    # --- answers ---

    def selected(self, name: str, select: QuerySelect) -> list[int]:
        """The members that are returned of a set."""
        page = self._pages[name]
        ids = page.ids
        if select.sort:
            ids = self._traversal.sorted(ids, page.kind, select.sort, where="select.sort")
        return ids[: select.limit]

    def next_cursor(self, name: str) -> str | None:
        """The cursor of a set; None where nothing follows."""
        position = self._pages[name].position
        return None if position is None else make_cursor("query", self._shape(name), [self._above(name), *position])

    # --- cursors ---

    def _position(self, name: str) -> list[Any] | None:
        """Where the page of a set begins; None: at the start."""
        cursor = (self._request.cursors or {}).get(name)
        if cursor is None:
            return None
        above, *position = read_cursor("query", self._shape(name), cursor)
        # What a set is chained from has moved on to another page, for which this one starts anew.
        return position if above == self._above(name) else None

    def _shape(self, name: str) -> Json:
        return shape_of(self._request, [name, *ancestors_of(name, self._sets)])

    def _above(self, name: str) -> str:
        """Which pages of its ancestors a set is computed for."""
        cursors = self._request.cursors or {}
        above = [cursors.get(ancestor) for ancestor in ancestors_of(name, self._sets)]
        return hashlib.sha256(json.dumps(above).encode()).hexdigest()[:16]

    def _is_full(self, rows: Sequence[Any], limit: int) -> bool:
        """Whether a next page may follow rows of which there are one more than *limit*, where there are."""
        return len(rows) >= limit + (not self._store.settings.cursor_on_full_page)

    # --- chained sets ---

    def _chained(self, name: str) -> _Page:
        result_set = self._sets[name]
        assert not isinstance(result_set, SetOperation)
        part, limit = result_set.part, result_set.limit or DEFAULT_LIMIT
        parent = None if part.from_ is None else self._kept(part.from_)
        position = self._position(name)
        step = found = self._traversal.step(part, parent)
        keys = step.keys(self._store, result_set.sort)
        if isinstance(part, Edges) and parent is not None:
            found = self._edges(part, step, keys, limit, position)
            if found is not step:
                keys = [SortKey("f.level", nullable=False), *found.keys(self._store, result_set.sort)]
        rows = self._rows(found, keys, limit, position)
        ids = [row[0] for row in rows[:limit]]
        next_position = list(rows[limit - 1][1:]) if self._is_full(rows, limit) else None
        if isinstance(result_set, QueryEdges) and result_set.post_sort:
            ids = self._traversal.sorted(ids, "edge", result_set.post_sort, where="postSort")
        return _Page(step.kind, ids, next_position, step)

    def _edges(
        self, part: Edges, step: Step, keys: Sequence[SortKey], limit: int, position: Sequence[Any] | None
    ) -> Step:
        """What finds the edges, where more than one step is needed."""
        most = self._traversal.levels_of(part)
        if part.limit_each is not None:
            if most != 1:
                raise Refusal("edges.limitEach needs edges.maxDistance to be 1")
            edges = self._traversal.first_of_each(step, keys, part.limit_each)
        elif most == 1:
            return step
        else:
            level = position[0] if position else 0
            edges = self._traversal.walk(part, step, keys, after_level=level, enough=limit + 1)
        return self._traversal.walked(edges, step)

    def _rows(
        self, step: Step, keys: Sequence[SortKey], limit: int, position: Sequence[Any] | None
    ) -> list[tuple[Any, ...]]:
        condition = after(keys, position) if position is not None else TRUE
        columns = ", ".join(["i.id", *(key.expression for key in keys)])
        statement = step.select(columns, condition)
        return self._traversal.db.execute(
            f"{statement.text} ORDER BY {order_by(keys)} LIMIT ?", [*statement.params, limit + 1]
        ).fetchall()

    # --- combined sets ---

    def _combined(self, name: str) -> _Page:
        operation = self._sets[name]
        assert isinstance(operation, SetOperation)
        kinds: set[Kind] = {self._pages[operand].kind for operand in operation.names()} or {"node"}
        if len(kinds) > 1:
            raise Refusal(f"Result set '{name}' mixes nodes and edges")
        limit = operation.limit or DEFAULT_LIMIT
        (begin,) = self._position(name) or (0,)
        found = self._combine(operation)[begin : begin + limit + 1]
        next_position = [begin + limit] if self._is_full(found, limit) else None
        return _Page(kinds.pop(), found[:limit], next_position)

    def _combine(self, operation: SetOperation) -> list[int]:
        sides = [
            self._pages[operand].ids
            if isinstance(operand, str)
            else self._combine(operand)[: operand.limit or DEFAULT_LIMIT]
            for operand in operation.operands
        ]
        found: Iterable[int] = chain.from_iterable(sides)
        if operation.union_all is None:
            found = dict.fromkeys(found)
        if operation.intersection is not None:
            common = set(found).intersection(*sides)
            found = filter(common.__contains__, found)
        left_out = set(chain.from_iterable(self._pages[name].ids for name in operation.except_ or ()))
        return [identifier for identifier in found if identifier not in left_out]

    def _kept(self, name: str) -> Kept:
        """The members of a set, as others start from them."""
        page, result_set = self._pages[name], self._sets[name]
        if page.kept is None:
            if page.step is not None:
                page.kept = self._traversal.keep(page.ids, page.step)
            else:
                assert isinstance(result_set, SetOperation)
                operands = [self._kept(operand) for operand in dict.fromkeys(result_set.names())]
                page.kept = self._traversal.keep_some(page.ids, operands, page.kind)
        return page.kept
