"""
The opposite of a condition, exactly: what it leaves out, all of it, whatever is missing.

To the service a comparison with a missing value is neither true nor false, and `not` leaves it so (dms-api.md 5.3). So
there are four questions to ask of a condition: where it does not hold (`complement`), where it is not false, and, for
the nodes of a list, of which one is enough, where it is surely true and surely false. `not` stands before comparisons
and lists alone.

Of an empty list of nodes, nothing may be known to the service, so it is asked for beside the others. One thing filters
cannot say: that the nodes which a relation names are not there. What the service makes of `not` about those is not
documented.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["OfList", "complement", "missing"]


class OfList(dict[str, Any]):
    """The operand of `nested` where the scope is a list: its opposite is that no node meets the condition."""


_TWO_VALUED = frozenset({"exists", "hasData", "matchAll", "instanceReferences"})
_NEVER_MISSING = frozenset({"space", "externalId", "version", "createdTime", "lastUpdatedTime", "startNode", "endNode"})


def missing(path: Sequence[str]) -> dict[str, Any]:
    """The condition that a property has no value."""
    return {"not": {"exists": {"property": list(path)}}}


def complement(json: Mapping[str, Any]) -> dict[str, Any]:
    """
    The condition that holds wherever *json* does not, where a value is missing included.

    Raises:
        TypeError: It is not one operator with its operand.
    """
    operator, operand = _one(json)
    match operator:
        case "and":
            return {"or": _each(complement, operand)}
        case "or":
            return {"and": _each(complement, operand)}
        case "not":
            return _not_false(operand)
        case "nested" if isinstance(operand, OfList):
            scope = operand["scope"]
            return {"or": [{"not": {"nested": _inside(_surely, operand)}}, missing(scope), _empty(scope)]}
        case "nested":
            return {"or": [{"not": dict(json)}, missing(operand["scope"]), {"nested": _inside(complement, operand)}]}
    negated: list[dict[str, Any]] = [{"not": dict(json)}, *_unknown(json)]
    return {"or": negated} if len(negated) > 1 else negated[0]


def _not_false(json: Mapping[str, Any]) -> dict[str, Any]:
    """The condition that holds where *json* is true, or unknown since a value is missing."""
    operator, operand = _one(json)
    match operator:
        case "and" | "or":
            return {operator: _each(_not_false, operand)}
        case "not":
            return complement(operand)
        case "nested":
            return {"or": [{"nested": _inside(_not_false, operand)}, missing(operand["scope"])]}
    unknown = _unknown(json)
    return {"or": [dict(json), *unknown]} if unknown else dict(json)


def _surely(json: Mapping[str, Any]) -> dict[str, Any]:
    """The same condition, false rather than unknown where a value is missing."""
    operator, operand = _one(json)
    match operator:
        case "and" | "or":
            return {operator: _each(_surely, operand)}
        case "not":
            return _surely_not(operand)
        case "nested":
            return {"and": [_there(operand["scope"]), {"nested": _inside(_surely, operand)}]}
    return _where_known(json, dict(json))


def _surely_not(json: Mapping[str, Any]) -> dict[str, Any]:
    """The condition that *json* is false; false itself, rather than unknown, where a value is missing."""
    operator, operand = _one(json)
    match operator:
        case "and":
            return {"or": _each(_surely_not, operand)}
        case "or":
            return {"and": _each(_surely_not, operand)}
        case "not":
            return _surely(operand)
        case "nested" if isinstance(operand, OfList):
            some = OfList(operand | {"filter": {"not": _surely_not(operand["filter"])}})
            scope = operand["scope"]
            return {"and": [_there(scope), {"or": [{"not": {"nested": some}}, _empty(scope)]}]}
        case "nested":
            return {"and": [_there(operand["scope"]), {"nested": _inside(_surely_not, operand)}]}
    return _where_known(json, {"not": dict(json)})


def _one(json: Mapping[str, Any]) -> tuple[str, Any]:
    if len(json) != 1:
        raise TypeError(f"a filter has one operator, not {', '.join(json) or 'none'}")
    ((operator, operand),) = json.items()
    return operator, operand


def _each(make: Callable[[Mapping[str, Any]], dict[str, Any]], parts: Sequence[Mapping[str, Any]]) -> list[Any]:
    return [make(part) for part in parts]


def _inside(make: Callable[[Mapping[str, Any]], dict[str, Any]], operand: Mapping[str, Any]) -> dict[str, Any]:
    """The operand of `nested` with another condition on the node."""
    made = {**operand, "filter": make(operand["filter"])}
    return OfList(made) if isinstance(operand, OfList) else made


def _there(path: Sequence[str]) -> dict[str, Any]:
    return {"exists": {"property": list(path)}}


def _empty(path: Sequence[str]) -> dict[str, Any]:
    return {"equals": {"property": list(path), "value": []}}


def _where_known(comparison: Mapping[str, Any], condition: dict[str, Any]) -> dict[str, Any]:
    there = [_there(path) for path in _compared(comparison)]
    return {"and": [*there, condition]} if there else condition


def _unknown(comparison: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The conditions of which one is enough to leave a comparison unknown."""
    return [missing(path) for path in _compared(comparison)]


def _compared(comparison: Mapping[str, Any]) -> list[list[str]]:
    """The properties that a comparison reads and that may be missing."""
    if not _TWO_VALUED.isdisjoint(comparison):
        return []
    found: list[list[str]] = []

    def look(value: Any) -> None:
        if isinstance(value, Mapping):
            for key, item in value.items():
                if key in {"property", "startProperty", "endProperty"} and isinstance(item, list):
                    if item not in found and not (len(item) == 2 and item[1] in _NEVER_MISSING):
                        found.append(item)
                else:
                    look(item)
        elif isinstance(value, list | tuple):
            for item in value:
                look(item)

    look(comparison)
    return found
