"""Filters: conditions of DMS as expressions that are combined with `&`, `|` and `~`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from pygen.client.models.ids import EdgeId, NodeId
from pygen.runtime.negation import OfList, complement
from pygen.runtime.references import json_id, node_id

if TYPE_CHECKING:
    from pygen.runtime.references import NodeRef

__all__ = ["NOTHING", "Filter", "reference_json"]


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


NOTHING: Mapping[str, Any] = {"not": {"matchAll": {}}}
"""The condition that nothing meets (dms-api.md 5.2)."""


class Filter:
    """
    A condition in the form of the wire (dms-api.md 5).

    Conditions are combined with `&`, `|` and `~`. Python's `and`, `or`, `not` and chained comparisons look at the truth
    of an operand and would lose the other one; asking for it is therefore an error.

    `~` gives every other instance, those without a value included: it does not rest on what the service makes of `not`
    where a value is missing. One exception: a condition on the node that a relation leads to may leave out, as well as
    its opposite, instances whose relation names a node that is not there.

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
        return Filter({"nested": OfList(operand) if any_of else operand})

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
            opposite = Filter(complement(self._json))
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
        return OfList(placed) if isinstance(value, OfList) else placed
    if isinstance(value, list | tuple):
        return [_placed(item, default_space) for item in value]
    return value
