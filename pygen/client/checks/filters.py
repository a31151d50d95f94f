"""Filters, wherever they stand: in lists, searches, aggregates, queries and views (dms-api.md 5.1 and 5.2)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeAlias

from pygen.client.checks.identifiers import (
    Problems,
    as_list,
    as_object,
    check_node_reference,
    check_property_reference,
    check_source_reference,
    shown,
)
from pygen.client.exceptions import InputProblem

__all__ = ["check_filter"]

_DEEPEST = 1000  # a filter that contains itself ends here; JSON of this depth cannot be written anyway

_Inner: TypeAlias = tuple[Any, str]
"""A filter inside another, and its place."""


def check_filter(filter: object, where: str, problems: Problems, *, parameters: Collection[str] | None = None) -> None:  # noqa: A002 - DMS calls it so
    """
    The structure of a filter: one operator, its arguments, and the same for the filters inside.

    An operator that is not known is left to the service, which may be newer. So are properties, and whether values fit
    them.

    Args:
        filter: The filter; None is no filter.
        where: Its place.
        problems: Appended to.
        parameters: The names that `{"parameter": name}` may use; None where there are no parameters, and such a value
            is an ordinary object.
    """
    if filter is None:
        return
    pending: list[tuple[Any, str, int]] = [(filter, where, 0)]
    while pending:
        found, place, depth = pending.pop()
        if depth > _DEEPEST:
            problems.append(InputProblem(where, f"must not be nested more than {_DEEPEST} levels deep"))
            return
        inner = list(_Checker(problems, parameters).filter(found, place))
        pending.extend((one, its_place, depth + 1) for one, its_place in reversed(inner))


class _Checker:
    """The rules of each operator; those with filters inside yield them."""

    def __init__(self, problems: Problems, parameters: Collection[str] | None) -> None:
        self.problems = problems
        self.parameters = parameters

    def filter(self, found: object, where: str) -> Iterator[_Inner]:
        found = as_object(found, where, self.problems)
        if found is None:
            return
        given = [name for name, argument in found.items() if argument is not None]
        known = [name for name in given if name in _OPERATORS]
        if not given:
            self._add(where, "must have an operator; got an empty object")
        elif len(known) > 1:
            self._add(where, f"must have one operator; got {', '.join(known)}")
        for name in known[:1]:
            yield from _OPERATORS[name](self, found[name], f"{where}.{name}") or ()

    def several(self, argument: object, where: str) -> Iterator[_Inner]:
        for index, one in enumerate(as_list(argument, where, self.problems, least=1)):
            yield one, f"{where}[{index}]"

    def negated(self, argument: object, where: str) -> Iterator[_Inner]:
        yield argument, where

    def nested(self, argument: object, where: str) -> Iterator[_Inner]:
        argument = as_object(argument, where, self.problems)
        if argument is not None:
            check_property_reference(argument.get("scope"), f"{where}.scope", self.problems)
            yield argument.get("filter"), f"{where}.filter"

    def match_all(self, argument: object, where: str) -> None:
        if as_object(argument, where, self.problems):
            self._add(where, "must be an empty object")

    def has_data(self, argument: object, where: str) -> None:
        for index, source in enumerate(as_list(argument, where, self.problems)):
            check_source_reference(source, f"{where}[{index}]", self.problems)

    def instance_references(self, argument: object, where: str) -> None:
        for index, reference in enumerate(as_list(argument, where, self.problems)):
            check_node_reference(reference, f"{where}[{index}]", self.problems)

    def exists(self, argument: object, where: str) -> None:
        self._with_property(argument, where)

    def equals(self, argument: object, where: str) -> None:
        found = self._with_property(argument, where)
        if found is not None:
            self._value(found.get("value"), f"{where}.value")

    def prefix(self, argument: object, where: str) -> None:
        found = self._with_property(argument, where)
        if found is None or self._is_elsewhere(found.get("value"), f"{where}.value"):
            return
        if not isinstance(found.get("value"), str):
            self._add(f"{where}.value", f"must be a text; got {shown(found.get('value'))}")

    def one_of(self, argument: object, where: str) -> None:
        found = self._with_property(argument, where)
        place = f"{where}.values"
        if found is None or self._is_elsewhere(found.get("values"), place):
            return
        for index, value in enumerate(as_list(found.get("values"), place, self.problems)):
            if value is None:
                self._value(value, f"{place}[{index}]")

    def range(self, argument: object, where: str) -> None:
        found = self._with_property(argument, where)
        if found is not None and not self._bounds(found, where):
            self._add(where, "must have a bound: gt, gte, lt or lte")

    def overlaps(self, argument: object, where: str) -> None:
        found = as_object(argument, where, self.problems)
        if found is not None:
            check_property_reference(found.get("startProperty"), f"{where}.startProperty", self.problems)
            check_property_reference(found.get("endProperty"), f"{where}.endProperty", self.problems)
            self._bounds(found, where)

    def _with_property(self, argument: object, where: str) -> Mapping[str, Any] | None:
        found = as_object(argument, where, self.problems)
        if found is not None:
            check_property_reference(found.get("property"), f"{where}.property", self.problems)
        return found

    def _value(self, value: object, where: str) -> None:
        if value is None:
            self._add(where, "must be a value; what has none is found by not and exists")
        else:
            self._is_elsewhere(value, where)

    def _bounds(self, found: Mapping[str, Any], where: str) -> int:
        """How many bounds there are."""
        bounds = [name for name in ("gt", "gte", "lt", "lte") if found.get(name) is not None]
        for strict, loose in (("gt", "gte"), ("lt", "lte")):
            if strict in bounds and loose in bounds:
                self._add(where, f"must not have both {strict} and {loose}")
        for name in bounds:
            bound, place = found[name], f"{where}.{name}"
            is_plain = isinstance(bound, str | int | float) and not isinstance(bound, bool)
            if not is_plain and not self._is_elsewhere(bound, place):
                self._add(place, f"must be a number or a text; got {shown(bound)}")
        return len(bounds)

    def _is_elsewhere(self, value: object, where: str) -> bool:
        """Whether the value is that of another property, or of a parameter."""
        if not isinstance(value, Mapping) or len(value) != 1:
            return False
        if "parameter" in value and self.parameters is not None:
            if value["parameter"] not in tuple(self.parameters):
                self._add(
                    f"{where}.parameter", f"must be one of the query's parameters; got {shown(value['parameter'])}"
                )
            return True
        return "property" in value and isinstance(value["property"], list | tuple)

    def _add(self, where: str, message: str) -> None:
        self.problems.append(InputProblem(where, message))


_OPERATORS: dict[str, Callable[[_Checker, Any, str], Iterator[_Inner] | None]] = {
    "and": _Checker.several,
    "or": _Checker.several,
    "not": _Checker.negated,
    "nested": _Checker.nested,
    "matchAll": _Checker.match_all,
    "hasData": _Checker.has_data,
    "instanceReferences": _Checker.instance_references,
    "exists": _Checker.exists,
    "equals": _Checker.equals,
    "prefix": _Checker.prefix,
    "in": _Checker.one_of,
    "containsAny": _Checker.one_of,
    "containsAll": _Checker.one_of,
    "range": _Checker.range,
    "overlaps": _Checker.overlaps,
}
