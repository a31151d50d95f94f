"""
Following changes of result sets (dms-api.md 6.6).

Every change has a number, `instance.seq`; a cursor remembers the number up to which it was told. A set that is chained
from another follows whatever leads to its members too: one that a new edge leads to is told of, though it is old.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pygen.sandbox.catalog import ViewProp
from pygen.sandbox.cursors import make_cursor, read_cursor
from pygen.sandbox.problems import Refusal
from pygen.sandbox.reading import read_instances, read_selections
from pygen.sandbox.result_sets import (
    DEFAULT_LIMIT,
    Json,
    SyncEdges,
    SyncNodes,
    SyncRequest,
    SyncSelect,
    ancestors_of,
    extras_of,
    in_order,
    read_selects,
    read_sync_sets,
    shape_of,
)
from pygen.sandbox.sorting import SortKey, after, compile_sort, order_by
from pygen.sandbox.sql import Scope, Sql, all_of
from pygen.sandbox.store import Store
from pygen.sandbox.traversal import Kept, Step, Traversal, traversing

__all__ = ["sync_instances"]

AFTER_ALL = 2**62
"""Greater than the number of any instance."""


class _Position(NamedTuple):
    """
    Where a page begins.

    Attributes:
        phase: `backfill`: what was there at the start; `stream`: changes in their order.
        start: The number of the latest change at the first call.
        started_ms: The moment of the first call.
        values: The keys of the last instance that was told of; None: at the beginning.
    """

    phase: Literal["backfill", "stream"]
    start: int
    started_ms: int
    values: list[Any] | None


def sync_instances(store: Store, body: Json, params: Mapping[str, str]) -> Json:  # noqa: ARG001 -- as all operations
    """
    Answer `POST /models/instances/sync`.

    Raises:
        Refusal: The request has another form, makes no sense, or goes on from what was forgotten.
    """
    request = SyncRequest.read(body)
    sets = read_sync_sets(request)
    selects = read_selects(request, SyncSelect)
    is_emitted = request.emits_results()
    now = store.now_ms()
    with traversing(store, request.parameters, horizon=now - store.settings.deleted_kept_ms) as traversal:
        selections = {name: read_selections(store, select.sources, selecting=True) for name, select in selects.items()}
        sync = _Sync(traversal, request, sets, now)
        items: Json = {}
        cursors: Json = {}
        for name in in_order(sets):
            begin = sync.begin(name)
            ids, end = sync.page(name, begin)
            if name in selects:
                items[name] = read_instances(store, ids, selections[name], with_deleted=True) if is_emitted else []
                cursors[name] = sync.cursor(name, end if is_emitted else begin)
        return {
            "items": {name: items[name] for name in selects},
            "nextCursor": {name: cursors[name] for name in selects},
            **extras_of(request, selections),
        }


class _Sync:
    """The result sets of a request, each looked at after those that it is chained from."""

    def __init__(
        self, traversal: Traversal, request: SyncRequest, sets: Mapping[str, SyncNodes | SyncEdges], now: int
    ) -> None:
        self._traversal = traversal
        self._store = traversal.store
        self._request = request
        self._sets = sets
        self._now = now
        self._last = self._store.last_seq()
        self._parents = {result_set.part.from_ for result_set in sets.values()}
        self._kept: dict[str, Kept] = {}

    # --- cursors ---

    def begin(self, name: str) -> _Position:
        """
        Where the page of a set begins.

        Raises:
            Refusal: The cursor is none of this set's, or too old.
        """
        cursor = (self._request.cursors or {}).get(name)
        mode = self._sets[name].mode or "onePhase"
        if cursor is None:
            fresh = _Position("backfill" if mode == "twoPhase" else "stream", self._last, self._now, None)
            return fresh._replace(values=[self._last, AFTER_ALL]) if mode == "noBackfill" else fresh
        made, _, *position = read_cursor("sync", self._shape(name), cursor)
        is_old = self._now - made > self._store.settings.deleted_kept_ms
        if is_old and not self._request.allow_expired_cursors_and_accept_missed_deletes:
            raise Refusal(
                f"Cursor has expired: the cursor of '{name}' is too old to know what was deleted since. Start again"
                " without a cursor, or set allowExpiredCursorsAndAcceptMissedDeletes."
            )
        return _Position(*position)

    def cursor(self, name: str, position: _Position) -> str:
        """A cursor; no two are equal, even of the same position."""
        return make_cursor("sync", self._shape(name), [self._now, secrets.token_hex(4), *position])

    def _shape(self, name: str) -> Json:
        return shape_of(self._request, [name, *ancestors_of(name, self._sets)])

    # --- pages ---

    def page(self, name: str, begin: _Position) -> tuple[list[int], _Position]:
        """
        What is told of a set.

        Returns:
            The numbers of the instances, and where the next page begins.

        Raises:
            Refusal: A filter, relation, property or order makes no sense.
        """
        result_set = self._sets[name]
        step = self._step(name, begin)
        if result_set.backfill_sort:
            self._check_backfill(result_set.mode, result_set.backfill_sort, step)
        if begin.phase == "backfill":
            keys = step.keys(self._store, result_set.backfill_sort, where="backfillSort")
        else:
            keys = [SortKey(step.seq, nullable=False), SortKey("i.id", nullable=False)]
        limit = result_set.limit or DEFAULT_LIMIT
        condition = self._wanted(begin, step, keys, skips_deleted=result_set.skip_already_deleted is not False)
        statement = step.select(", ".join(["i.id", *(key.expression for key in keys)]), condition)
        rows = self._traversal.db.execute(
            f"{statement.text} ORDER BY {order_by(keys)} LIMIT ?", [*statement.params, limit]
        ).fetchall()
        return [row[0] for row in rows], self._end(begin, rows, limit)

    def _step(self, name: str, begin: _Position) -> Step:
        """How the members are found; keeps all of them where other sets are chained from them."""
        result_set = self._sets[name]
        part, is_parent = result_set.part, name in self._parents
        parent = None if part.from_ is None else self._kept[part.from_]
        # Most polls have little to tell: they walk along the latest changes, however common what is filtered by may be.
        is_poll = begin.phase == "stream" and begin.values is not None and begin.values[0] >= begin.start
        step = self._traversal.step(part, parent, along_changes=is_poll and not is_parent)
        if isinstance(result_set, SyncEdges) and parent is not None and self._traversal.levels_of(result_set.part) != 1:
            kept = self._traversal.walk_all(result_set.part, step)
            step = self._traversal.walked(kept, step)
        elif is_parent:
            kept = self._traversal.keep_all(step)
        else:
            return step
        self._kept[name] = kept
        return step

    def _wanted(self, begin: _Position, step: Step, keys: Sequence[SortKey], *, skips_deleted: bool) -> Sql:
        """What of the members is told on the page that begins here."""
        conditions = [] if begin.values is None else [after(keys, begin.values)]
        if step.start is not None:
            # What is alive has to be reached over what is; what was deleted was often deleted with the way to it.
            conditions.append(Sql("(i.deleted IS NOT NULL OR NOT f.dead)", []))
        if begin.phase == "backfill":
            # What is deleted, or made anew, from the first call on belongs to the stream.
            gone = "" if skips_deleted else f" OR i.seq <= {begin.start}"
            conditions.append(Sql(f"(i.deleted IS NULL{gone})", []))
            conditions.append(Sql(f"(i.seq <= {begin.start} OR i.created <= {begin.started_ms})", []))
            return all_of(conditions)
        if begin.values is not None and step.seq == "i.seq":
            conditions.append(Sql("i.seq >= ?", begin.values[:1]))
        if skips_deleted:
            conditions.append(Sql(f"(i.deleted IS NULL OR i.seq > {begin.start})", []))
        return all_of(conditions)

    def _end(self, begin: _Position, rows: Sequence[Sequence[Any]], limit: int) -> _Position:
        if len(rows) == limit:
            return begin._replace(values=list(rows[-1][1:]))
        told = begin.start if begin.phase == "backfill" else self._last
        return begin._replace(phase="stream", values=[told, AFTER_ALL])

    def _check_backfill(self, mode: str | None, sort: Sequence[Json], step: Step) -> None:
        """Refuse an order of the backfill that makes no sense, or that no index supports."""
        if mode != "twoPhase":
            raise Refusal("Backfill sort can only be used with two-phase sync.")
        compile_sort(self._store, sort, Scope("i", step.kind), where="backfillSort")
        found = [self._store.catalog.property(key["property"], where="backfillSort") for key in sort]
        mapped = [prop for prop in found if isinstance(prop, ViewProp)]
        if mapped and not _is_indexed(mapped):
            names = ", ".join(f"'{prop.prop.name}'" for prop in mapped)
            raise Refusal(f"backfillSort: there is no cursorable index on {names}")


def _is_indexed(sorted_by: Sequence[ViewProp]) -> bool:
    """Whether properties are the first ones of a cursorable index, in its order."""
    names = [prop.prop.name for prop in sorted_by]
    containers = {prop.container.number: prop.container for prop in sorted_by}
    indexes = [index for container in containers.values() for index in (container.body.get("indexes") or {}).values()]
    return len(containers) == 1 and any(
        index.get("cursorable") and index["properties"][: len(names)] == names for index in indexes
    )
