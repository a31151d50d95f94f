"""Filters: conditions of DMS as expressions that are combined with `&`, `|` and `~`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from pygen.client.models.ids import EdgeId, NodeId
from pygen.runtime.references import json_id, node_id

if TYPE_CHECKING:
    from pygen.runtime.references import NodeRef

__all__ = ["NOTHING", "Filter", "missing", "reference_json"]


class Unplaced:
    """
    What names a node in a condition by its external id alone: its space is that of the client that will ask.

    Attributes:
        reference: An external id, or an object without a space.
    """

    __slots__ = ("reference",)

    def __init__(self, reference: Any) -> None:
        self.reference = reference

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unplaced) and bool(self.reference == other.reference)

    __hash__ = None  # type: ignore[assignment]  # holds an object that can change

    def __repr__(self) -> str:
        return f"Unplaced({self.reference!r})"


def reference_json(reference: Any) -> Any:
    """Whatever names a node, or an edge by its id, as conditions hold it."""
    if isinstance(reference, NodeId | EdgeId):
        return json_id(reference)
    return Unplaced(reference) if isinstance(reference, str) else _of_object(reference)


def _of_object(reference: Any) -> Any:
    if getattr(reference, "space", "") is None:
        return Unplaced(reference)
    return json_id(node_id(reference, None))


def missing(path: Sequence[str]) -> dict[str, Any]:
    """The condition that a property has no value."""
    return {"not": {"exists": {"property": list(path)}}}


NOTHING: Mapping[str, Any] = {"not": {"matchAll": {}}}
"""The condition that nothing meets (dms-api.md 5.2)."""


class Filter:
    """
    A condition in the form of the wire (dms-api.md 5).

    Conditions are combined with `&`, `|` and `~`. Python's `and`, `or`, `not` and chained comparisons look at the truth
    of an operand and would lose the other one; asking for it is therefore an error.

    `~` gives every other instance, those without a value included: it does not rest on what the service makes of `not`
    where a value is missing.

    Args:
        json: The condition as a JSON object, e.g. `{"exists": {"property": [space, "Pump/v1", "site"]}}`.
    """

    __slots__ = ("_json", "_opposite")

    def __init__(self, json: Mapping[str, Any]) -> None:
        if not isinstance(json, Mapping):
            raise TypeError(f"a filter is made of a JSON object, not of {type(json).__name__}")
        self._json = dict(json)
        self._opposite: Filter | None = None

    @classmethod
    def any(cls, conditions: Iterable[Filter]) -> Filter:
        """At least one of the conditions holds; of none, nothing matches."""
        parts = [part for one in conditions for part in one._parts("or")]  # noqa: SLF001 -- of this class
        if not parts:
            return cls(NOTHING)
        return cls(parts[0]) if len(parts) == 1 else cls({"or": parts})

    @classmethod
    def all(cls, conditions: Iterable[Filter]) -> Filter:
        """All of the conditions hold; of none, everything matches."""
        parts = [part for one in conditions for part in one._parts("and")]  # noqa: SLF001 -- of this class
        if not parts:
            return cls({"matchAll": {}})
        return cls(parts[0]) if len(parts) == 1 else cls({"and": parts})

    @classmethod
    def instances(cls, references: Iterable[NodeRef | EdgeId], /) -> Filter:
        """The instances with these ids; an external id alone lies in the client's instance space."""
        ids = [reference_json(one) for one in references]
        return cls({"instanceReferences": ids}) if ids else cls(NOTHING)

    def of_target(self, scope: Sequence[str], *, any_of: bool = False) -> Filter:
        """
        The condition that the node which a direct relation leads to meets this one.

        Args:
            scope: The relation, as the wire names the property.
            any_of: Whether it is a list, of which one node is enough.
        """
        operand = {"scope": list(scope), "filter": self._json}
        return Filter({"nested": _OfList(operand) if any_of else operand})

    def dump(self, default_space: str | None = None) -> dict[str, Any]:
        """
        The condition as a JSON object.

        Args:
            default_space: The space of external ids that name none.

        Raises:
            SdkError: An external id has no space.
        """
        placed: dict[str, Any] = _placed(self._json, default_space)
        return placed

    def __and__(self, other: Filter) -> Filter:
        return self._joined(Filter.all, other)

    def __or__(self, other: Filter) -> Filter:
        return self._joined(Filter.any, other)

    def _joined(self, join: Callable[[Iterable[Filter]], Filter], other: Filter) -> Filter:
        if not isinstance(other, Filter):
            return NotImplemented
        return join((self, other))

    def _parts(self, word: str) -> list[Any]:
        return list(self._json[word]) if set(self._json) == {word} else [self._json]

    def __invert__(self) -> Filter:
        opposite = self._opposite
        if opposite is None:
            opposite = Filter(_complement(self._json))
            opposite._opposite = self
        return opposite

    def __bool__(self) -> NoReturn:
        raise TypeError("a filter is neither true nor false: combine filters with & (and), | (or) and ~ (not)")

    def __eq__(self, other: object) -> bool:
        return self._json == other._json if isinstance(other, Filter) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # holds JSON

    def __repr__(self) -> str:
        return f"Filter({self._json!r})"


def _placed(value: Any, default_space: str | None) -> Any:
    """A JSON value with every external id in its space."""
    if isinstance(value, Unplaced):
        return json_id(node_id(value.reference, default_space))
    if isinstance(value, Mapping):
        placed = {key: _placed(item, default_space) for key, item in value.items()}
        return _OfList(placed) if isinstance(value, _OfList) else placed
    if isinstance(value, list | tuple):
        return [_placed(item, default_space) for item in value]
    return value


class _OfList(dict[str, Any]):
    """The operand of `nested` where the scope is a list: its opposite is that no node meets the condition."""


_TWO_VALUED = frozenset({"exists", "hasData", "matchAll", "instanceReferences"})
_NEVER_MISSING = frozenset({"space", "externalId", "version", "createdTime", "lastUpdatedTime", "startNode", "endNode"})


def _complement(json: Mapping[str, Any]) -> dict[str, Any]:
    """The condition that holds wherever *json* does not, where a value is missing included."""
    if len(json) != 1:
        raise TypeError(f"a filter has one operator, not {', '.join(json) or 'none'}")
    ((operator, operand),) = json.items()
    if operator == "and":
        return {"or": [_complement(part) for part in operand]}
    if operator == "or":
        return {"and": [_complement(part) for part in operand]}
    if operator == "not" and len(operand) == 1:
        ((inner, _),) = operand.items()
        if inner in _TWO_VALUED:
            return dict(operand)
        unknown = [missing(path) for path in _compared(operand)]
        return {"or": [operand, *unknown]} if unknown else dict(operand)
    negated: list[dict[str, Any]] = [{"not": dict(json)}]
    if isinstance(operand, _OfList):
        surely = _OfList(operand | {"filter": _surely(operand["filter"])})
        negated = [{"not": {"nested": surely}}, missing(operand["scope"])]
    elif operator == "nested":
        scope = operand["scope"]
        negated += [missing(scope), {"nested": {"scope": scope, "filter": _complement(operand["filter"])}}]
    elif operator not in _TWO_VALUED:
        negated += [missing(path) for path in _compared(json)]
    return {"or": negated} if len(negated) > 1 else negated[0]


def _surely(json: Mapping[str, Any]) -> dict[str, Any]:
    """The same condition, false rather than unknown where a value is missing."""
    ((operator, operand),) = json.items()
    if operator in {"and", "or"}:
        return {operator: [_surely(part) for part in operand]}
    if operator == "nested":
        nested = type(operand)({**operand, "filter": _surely(operand["filter"])})
        return {"and": [{"exists": {"property": operand["scope"]}}, {"nested": nested}]}
    there = [] if operator in _TWO_VALUED else [{"exists": {"property": path}} for path in _compared(json)]
    return {"and": [*there, dict(json)]} if there else dict(json)


def _compared(json: Mapping[str, Any]) -> list[list[str]]:
    """The properties that a comparison reads and that may be missing."""
    found: list[list[str]] = []

    def look(value: Any) -> None:
        if isinstance(value, Mapping):
            for key, item in value.items():
                if key in {"property", "startProperty", "endProperty", "scope"} and isinstance(item, list):
                    if item not in found and not (len(item) == 2 and item[1] in _NEVER_MISSING):
                        found.append(item)
                else:
                    look(item)
        elif isinstance(value, list | tuple):
            for item in value:
                look(item)

    look(json)
    return found
