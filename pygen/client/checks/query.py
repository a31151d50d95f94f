"""Queries and syncs: result sets that refer to one another (dms-api.md 6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pygen.client.checks.filters import check_filter
from pygen.client.checks.identifiers import (
    Problems,
    as_list,
    as_object,
    check_choice,
    check_property_name,
    check_source_reference,
    check_view_reference,
    shown,
)
from pygen.client.checks.requests import check_limit, check_sort, check_sources
from pygen.client.exceptions import InputProblem

__all__ = ["check_query"]

_MOST_SETS = 50
_DIRECTIONS = ("outwards", "inwards")
_SET_OPERATIONS = ("union", "unionAll", "intersection")
_BESIDE = ("sort", "postSort", "limit", "mode", "backfillSort", "skipAlreadyDeleted")
"""What stands beside `nodes` or `edges`, never inside."""
_NOT_IN_SYNC = ("sort", "postSort")


def check_query(body: Mapping[str, Any], problems: Problems, *, sync: bool) -> None:
    """
    A query or a sync, as a whole: `with`, `select`, `parameters`, `cursors`.

    Keys and kinds of result sets that are not known are left to the service, which may be newer. `chainTo` is let
    through everywhere: official clients always send it.

    Args:
        body: The request.
        problems: Appended to.
        sync: Whether it is a sync, which has no set operations, no sorting, and smaller pages.
    """
    _Query(body, problems, sync=sync).check()


class _Query:
    """One query, and what its result sets need to know of each other."""

    def __init__(self, body: Mapping[str, Any], problems: Problems, *, sync: bool) -> None:
        self.problems = problems
        self.is_sync = sync
        self.body = body
        self.sets = self._entries("with")
        self.parameters = self._optional_object("parameters")
        self.most = 2_000 if sync else 10_000

    def check(self) -> None:
        for name, found in self.sets.items():
            where = f"with.{name}"
            result_set = as_object(found, where, self.problems)
            if result_set is not None:
                self._result_set(result_set, where)
        self._check_circles()
        for name, found in self._entries("select").items():
            self._selection(name, found)
        for name, cursor in self._optional_object("cursors").items():
            if cursor is not None and not isinstance(cursor, str):
                self._add(f"cursors.{name}", f"must be a text or null; got {shown(cursor)}")

    def _entries(self, key: str) -> Mapping[str, Any]:
        entries = as_object(self.body.get(key), key, self.problems)
        if entries is None:
            return {}
        if not 0 < len(entries) <= _MOST_SETS:
            self._add(key, f"must have 1-{_MOST_SETS} result sets; got {len(entries)}")
        return entries

    def _optional_object(self, key: str) -> Mapping[str, Any]:
        value = self.body.get(key)
        return {} if value is None else as_object(value, key, self.problems) or {}

    def _result_set(self, found: Mapping[str, Any], where: str) -> None:
        kinds = [kind for kind in ("nodes", "edges", *_SET_OPERATIONS) if found.get(kind) is not None]
        is_new = any(key not in _BESIDE and value is not None for key, value in found.items())
        if len(kinds) > 1:
            self._add(where, f"must be one of nodes, edges and set operations; got {', '.join(kinds)}")
        elif not kinds and not is_new:
            self._add(where, "must be nodes, edges or a set operation; got none")
        for kind in kinds:
            if kind in _SET_OPERATIONS:
                self._set_operation(found, kind, where)
            else:
                self._expression(found, kind, where)

    def _expression(self, found: Mapping[str, Any], kind: str, where: str) -> None:
        check_limit(found.get("limit"), self.most, f"{where}.limit", self.problems)
        if self.is_sync:
            self._sync_settings(found, where)
        else:
            check_sort(found.get("sort"), f"{where}.sort", self.problems)
            check_sort(found.get("postSort"), f"{where}.postSort", self.problems)
        expression = as_object(found[kind], f"{where}.{kind}", self.problems)
        if expression is None:
            return
        where = f"{where}.{kind}"
        for name in _BESIDE:
            if name in expression:
                self._add(f"{where}.{name}", f"must stand beside {kind}, not inside")
        self._check_from(expression.get("from"), f"{where}.from")
        check_choice(expression.get("direction"), _DIRECTIONS, f"{where}.direction", self.problems)
        check_choice(expression.get("chainTo"), ("destination", "source"), f"{where}.chainTo", self.problems)
        for name in ("filter", "nodeFilter", "terminationFilter"):
            check_filter(expression.get(name), f"{where}.{name}", self.problems, parameters=self.parameters)
        if kind == "nodes":
            self._through(expression, where)
        else:
            self._distance(expression, where)

    def _sync_settings(self, found: Mapping[str, Any], where: str) -> None:
        for name in _NOT_IN_SYNC:
            if found.get(name) is not None:
                self._add(f"{where}.{name}", "must be left out of a sync")
        backfill_sort, mode = found.get("backfillSort"), found.get("mode")
        if backfill_sort and mode != "twoPhase":
            self._add(f"{where}.backfillSort", f"needs mode 'twoPhase'; got {shown(mode)}")
        check_sort(backfill_sort, f"{where}.backfillSort", self.problems)

    def _through(self, expression: Mapping[str, Any], where: str) -> None:
        if expression.get("through") is None:
            return
        where = f"{where}.through"
        if expression.get("from") is None:
            self._add(where, "needs a from: the result set whose relations are followed")
        through = as_object(expression["through"], where, self.problems)
        if through is None:
            return
        if through.get("view") is not None and through.get("source") is None:  # the old spelling, still accepted
            check_view_reference(through["view"], f"{where}.view", self.problems)
        else:
            check_source_reference(through.get("source"), f"{where}.source", self.problems)
        check_property_name(through.get("identifier"), f"{where}.identifier", self.problems)

    def _distance(self, expression: Mapping[str, Any], where: str) -> None:
        distance, limit_each = expression.get("maxDistance"), expression.get("limitEach")
        check_limit(distance, None, f"{where}.maxDistance", self.problems, least=None)
        if limit_each is None:
            return
        where = f"{where}.limitEach"
        if self.is_sync:
            self._add(where, "must be left out of a sync")
            return
        check_limit(limit_each, 2_000, where, self.problems)
        if expression.get("from") is None or distance != 1:
            self._add(where, "needs a from and maxDistance 1")

    def _set_operation(self, found: Mapping[str, Any], kind: str, where: str) -> None:
        if self.is_sync:
            self._add(f"{where}.{kind}", "must be left out of a sync: it has no set operations")
            return
        check_limit(found.get("limit"), self.most, f"{where}.limit", self.problems)
        for index, member in enumerate(as_list(found[kind], f"{where}.{kind}", self.problems)):
            place = f"{where}.{kind}[{index}]"
            if isinstance(member, Mapping):
                self._nested_operation(member, place)
            else:
                self._check_from(member, place, optional=False)
        if found.get("except") is not None:
            for index, member in enumerate(as_list(found["except"], f"{where}.except", self.problems)):
                self._check_from(member, f"{where}.except[{index}]", optional=False)

    def _nested_operation(self, found: Mapping[str, Any], where: str) -> None:
        kinds = [kind for kind in _SET_OPERATIONS if found.get(kind) is not None]
        if len(kinds) == 1:
            self._set_operation(found, kinds[0], where)
        else:
            self._add(where, f"must be one set operation; got {', '.join(kinds) or 'none'}")

    def _check_from(self, name: object, where: str, *, optional: bool = True) -> None:
        if (name is None and optional) or (isinstance(name, str) and name in self.sets):
            return
        self._add(where, f"must be the name of a result set; got {shown(name)}")

    def _check_circles(self) -> None:
        """No set may be made from itself; each circle is named once."""
        done: set[str] = set()
        for start in self.sets:
            trail = {} if start in done else {start: _names_in(self.sets[start])}
            while trail:
                name = next(reversed(trail))
                needed = next(trail[name], None)
                if needed is None:
                    del trail[name]
                    done.add(name)
                elif needed in trail:
                    names = list(trail)
                    circle = [*names[names.index(needed) :], needed]
                    self._add(f"with.{needed}", f"must not need itself: {' -> '.join(circle)}")
                elif needed in self.sets and needed not in done:
                    trail[needed] = _names_in(self.sets[needed])

    def _selection(self, name: str, found: object) -> None:
        where = f"select.{name}"
        if name not in self.sets:
            self._add(where, "must be the name of a result set")
        selection = as_object(found, where, self.problems)
        if selection is None:
            return
        check_sources(selection.get("sources"), f"{where}.sources", self.problems, selecting=True)
        if not self.is_sync:
            check_sort(selection.get("sort"), f"{where}.sort", self.problems)
            check_limit(selection.get("limit"), None, f"{where}.limit", self.problems, least=None)
            return
        for key in ("sort", "limit"):
            if selection.get(key) is not None:
                self._add(f"{where}.{key}", "must be left out of a sync")

    def _add(self, where: str, message: str) -> None:
        self.problems.append(InputProblem(where, message))


def _names_in(found: object) -> Iterator[str]:
    """The result sets that one is made from."""
    if not isinstance(found, Mapping):
        return
    for kind in ("nodes", "edges"):
        expression = found.get(kind)
        if isinstance(expression, Mapping) and isinstance(expression.get("from"), str):
            yield expression["from"]
    for kind in (*_SET_OPERATIONS, "except"):
        members = found.get(kind)
        for member in members if isinstance(members, list | tuple) else ():
            if isinstance(member, str):
                yield member
            else:
                yield from _names_in(member)
