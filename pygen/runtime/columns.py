"""
Fields as generated classes declare them: a value on an object, a column on the class.

`turbine.capacity` is a `float | None`; `WindTurbine.capacity` is a `Column`, of which filters, sort keys, aggregates
and selections are made. The four annotations say both things to type checkers; pydantic sees the plain type.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeAlias, TypeVar, overload

from pygen.runtime._values import to_json
from pygen.runtime.filters import NOTHING, Filter, reference_json
from pygen.runtime.negation import missing

if TYPE_CHECKING:
    from pygen.runtime.base import PygenResource

__all__ = ["Aggregate", "Choice", "Column", "Maybe", "MaybeChoice", "SortKey", "Value"]

ValueT = TypeVar("ValueT")
OperandT_contra = TypeVar("OperandT_contra", contravariant=True)
ReadT_co = TypeVar("ReadT_co", covariant=True)
ResultT_co = TypeVar("ResultT_co", covariant=True)
ItemT = TypeVar("ItemT")

_Ordered: TypeAlias = "Column[int, Any] | Column[str, Any] | Column[date, Any] | Column[datetime, Any]"
"""Columns whose values have an order; operands being contravariant, columns of `float` are among those of `int`."""

_MOST_VALUES = 1000
"""Values of one `in` (dms-api.md 5.2); more are spread over several."""


class SortKey(NamedTuple):
    """
    What results are sorted by.

    Attributes:
        property: The property as the wire names it.
        descending: Whether the largest comes first.
        nulls_first: Whether instances without a value come first; by default they come last either way.
    """

    property: tuple[str, ...]
    descending: bool = False
    nulls_first: bool = False

    def dump(self) -> dict[str, Any]:
        """The key as a JSON object (dms-api.md 5.4)."""
        direction = "descending" if self.descending else "ascending"
        return {"property": list(self.property), "direction": direction, "nullsFirst": self.nulls_first}


class Aggregate(NamedTuple, Generic[ResultT_co]):
    """
    A figure about many instances.

    Attributes:
        function: `count`, `avg`, `min`, `max` or `sum`.
        property: The property's identifier in DMS.
    """

    function: str
    property: str

    def dump(self) -> dict[str, Any]:
        """The aggregate as a JSON object (dms-api.md 7.1)."""
        return {self.function: {"property": self.property}}


class Column(Generic[OperandT_contra, ReadT_co]):
    """
    A field of a class, as queries speak of it.

    Comparisons make filters. They follow Python where a value is missing: `column != 5` holds for an instance without a
    value, `column == None` for no other.

    Args:
        owner: The class.
        field: The field's name.
        path: The property as the wire names it.
        dms_name: The property's identifier in DMS.
        is_list: Whether it holds a list.
        refers: Whether its values name nodes.
        is_metadata: Whether it belongs to every instance rather than to the view.
    """

    __slots__ = ("dms_name", "field", "is_list", "is_metadata", "owner", "path", "refers")

    def __init__(
        self,
        owner: type[PygenResource],
        field: str,
        path: Sequence[str],
        dms_name: str,
        *,
        is_list: bool = False,
        refers: bool = False,
        is_metadata: bool = False,
    ) -> None:
        self.owner = owner
        self.field = field
        self.path = list(path)
        self.dms_name = dms_name
        self.is_list = is_list
        self.refers = refers
        self.is_metadata = is_metadata

    @property
    def where(self) -> str:
        """What people call it: `WindTurbine.capacity`."""
        return f"{self.owner.__name__}.{self.field}"

    def __repr__(self) -> str:
        return f"<column {self.where}>"

    # --- comparisons ---

    def __eq__(self, other: OperandT_contra | Column[Any, Any] | None, /) -> Filter:  # type: ignore[override]  # makes a condition
        if other is None:
            return self.is_null()
        return Filter({"equals": {"property": self.path, "value": self._json(other)}})

    def __ne__(self, other: OperandT_contra | Column[Any, Any] | None, /) -> Filter:  # type: ignore[override]  # makes a condition
        return ~(self == other)

    __hash__ = object.__hash__

    def __lt__(self: _Ordered, other: OperandT_contra | Column[Any, Any], /) -> Filter:
        return self._range(lt=other)

    def __le__(self: _Ordered, other: OperandT_contra | Column[Any, Any], /) -> Filter:
        return self._range(lte=other)

    def __gt__(self: _Ordered, other: OperandT_contra | Column[Any, Any], /) -> Filter:
        return self._range(gt=other)

    def __ge__(self: _Ordered, other: OperandT_contra | Column[Any, Any], /) -> Filter:
        return self._range(gte=other)

    def between(self: _Ordered, low: OperandT_contra, high: OperandT_contra, /) -> Filter:
        """From *low* to *high*, both included."""
        return self._range(gte=low, lte=high)

    def in_(self, values: Iterable[OperandT_contra | None], /) -> Filter:
        """Any of some values; None among them stands for "no value". Of no values, nothing matches."""
        given = self._several(values)
        wanted = [self._json(value) for value in given if value is not None]
        parts: list[Filter] = [
            Filter({"in": {"property": self.path, "values": wanted[start : start + _MOST_VALUES]}})
            for start in range(0, len(wanted), _MOST_VALUES)
        ]
        if len(wanted) < len(given):
            parts.append(self.is_null())
        return Filter.any(parts) if parts else Filter(NOTHING)

    def prefix(self: Column[str, Any], text: str, /) -> Filter:
        """Texts that begin with *text*; upper and lower case differ."""
        if not isinstance(text, str):
            raise TypeError(f"{self.where}.prefix() takes the beginning of a text, not {type(text).__name__}")
        return Filter({"prefix": {"property": self.path, "value": text}})

    def exists(self) -> Filter:
        """Instances that have a value."""
        return Filter({"exists": {"property": self.path}})

    def is_null(self) -> Filter:
        """Instances that have no value."""
        return Filter(missing(self.path))

    def contains_any(self: Column[list[ItemT], Any], values: Iterable[ItemT], /) -> Filter:
        """Lists that hold any of *values*."""
        return self._contains("containsAny", values)

    def contains_all(self: Column[list[ItemT], Any], values: Iterable[ItemT], /) -> Filter:
        """Lists that hold all of *values*."""
        return self._contains("containsAll", values)

    def overlaps(
        self: _Ordered,
        end: Column[Any, Any],
        /,
        *,
        gt: OperandT_contra | None = None,
        gte: OperandT_contra | None = None,
        lt: OperandT_contra | None = None,
        lte: OperandT_contra | None = None,
    ) -> Filter:
        """
        Instances whose interval, from this column to *end*, meets a range.

        Args:
            end: The column where the interval ends.
            gt: The range begins after this value.
            gte: The range begins at this value.
            lt: The range ends before this value.
            lte: The range ends at this value.
        """
        bounds = {
            name: self._json(bound)
            for name, bound in (("gt", gt), ("gte", gte), ("lt", lt), ("lte", lte))
            if bound is not None
        }
        if not bounds:
            raise TypeError(f"{self.where}.overlaps() needs a bound: gt=, gte=, lt= or lte=")
        return Filter({"overlaps": {"startProperty": self.path, "endProperty": end.path, **bounds}})

    def _range(self, **bounds: Any) -> Filter:
        if any(bound is None for bound in bounds.values()):
            raise TypeError(f"{self.where}: None is no bound; is_null() asks for instances without a value")
        return Filter({"range": {"property": self.path, **{name: self._json(to) for name, to in bounds.items()}}})

    def _contains(self, operator: str, values: Iterable[Any]) -> Filter:
        wanted = [self._json(value) for value in self._several(values)]
        if not wanted:  # none of nothing is contained; all of nothing always are
            return Filter(NOTHING) if operator == "containsAny" else self.exists()
        return Filter({operator: {"property": self.path, "values": wanted}})

    def _several(self, values: Iterable[Any]) -> list[Any]:
        if isinstance(values, str | bytes):  # its letters would be taken
            raise TypeError(f"{self.where}: several values are given as a list, not as {type(values).__name__}")
        return list(values)

    def _json(self, value: Any) -> Any:
        """A value, or another property of the same instance, as the wire says it."""
        if isinstance(value, Column):
            return {"property": value.path}
        if isinstance(value, list | tuple) and not (self.refers and not self.is_list):
            return [self.json_of_one(item) for item in value]
        return self.json_of_one(value)

    def json_of_one(self, value: Any) -> Any:
        """One value as the wire says it."""
        if self.refers:
            return reference_json(value)
        if self.is_metadata and isinstance(value, datetime):  # epoch milliseconds (dms-api.md 5.1)
            moment = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
            return round(moment.timestamp() * 1000)
        return to_json(value)

    # --- order ---

    def asc(self, *, nulls_first: bool = False) -> SortKey:
        """Smallest first."""
        return SortKey(tuple(self.path), nulls_first=nulls_first)

    def desc(self, *, nulls_first: bool = False) -> SortKey:
        """Largest first."""
        return SortKey(tuple(self.path), descending=True, nulls_first=nulls_first)

    # --- figures ---

    def count(self) -> Aggregate[int]:
        """How many instances have a value."""
        return self._figure("count")

    def avg(self: Column[int, Any]) -> Aggregate[float | None]:
        """The mean value; None without any."""
        return self._figure("avg")

    def sum(self: Column[int, Any]) -> Aggregate[float | None]:
        """The sum; None without any value."""
        return self._figure("sum")

    def min(self: Column[int, Any]) -> Aggregate[float | None]:
        """The smallest value; None without any."""
        return self._figure("min")

    def max(self: Column[int, Any]) -> Aggregate[float | None]:
        """The largest value; None without any."""
        return self._figure("max")

    def _figure(self, function: str) -> Aggregate[Any]:
        # The service names properties of the view alone, and one of them may be called `version`.
        if self.is_metadata and self.field not in {"space", "external_id"}:
            raise TypeError(f"the service computes nothing of {self.where}: only of properties and external_id")
        return Aggregate(function, self.dms_name)


if TYPE_CHECKING:

    class Value(Generic[ValueT]):
        """A field that every instance has."""

        @overload
        def __get__(self, instance: None, owner: type[Any], /) -> Column[ValueT, ValueT]: ...
        @overload
        def __get__(self, instance: object, owner: type[Any], /) -> ValueT: ...
        def __get__(self, instance: object, owner: type[Any], /) -> Any: ...
        def __set__(self, instance: object, value: ValueT, /) -> None: ...

    class Maybe(Generic[ValueT]):
        """A field that may have no value: None."""

        @overload
        def __get__(self, instance: None, owner: type[Any], /) -> Column[ValueT, ValueT | None]: ...
        @overload
        def __get__(self, instance: object, owner: type[Any], /) -> ValueT | None: ...
        def __get__(self, instance: object, owner: type[Any], /) -> Any: ...
        def __set__(self, instance: object, value: ValueT | None, /) -> None: ...

    class Choice(Generic[ValueT]):
        """A field that holds one of some texts; a newer model may send others."""

        @overload
        def __get__(self, instance: None, owner: type[Any], /) -> Column[ValueT, ValueT | str]: ...
        @overload
        def __get__(self, instance: object, owner: type[Any], /) -> ValueT | str: ...
        def __get__(self, instance: object, owner: type[Any], /) -> Any: ...
        def __set__(self, instance: object, value: ValueT | str, /) -> None: ...

    class MaybeChoice(Generic[ValueT]):
        """A field that holds one of some texts, or None; a newer model may send others."""

        @overload
        def __get__(self, instance: None, owner: type[Any], /) -> Column[ValueT, ValueT | str | None]: ...
        @overload
        def __get__(self, instance: object, owner: type[Any], /) -> ValueT | str | None: ...
        def __get__(self, instance: object, owner: type[Any], /) -> Any: ...
        def __set__(self, instance: object, value: ValueT | str | None, /) -> None: ...

else:

    class Value:
        """A field that every instance has."""

        def __class_getitem__(cls, value: Any) -> Any:
            return value

    class Maybe:
        """A field that may have no value: None."""

        def __class_getitem__(cls, value: Any) -> Any:
            return value | None

    class Choice:
        """A field that holds one of some texts; a newer model may send others."""

        def __class_getitem__(cls, value: Any) -> Any:
            return value | str

    class MaybeChoice:
        """A field that holds one of some texts, or None; a newer model may send others."""

        def __class_getitem__(cls, value: Any) -> Any:
            return value | str | None


Sortable: TypeAlias = "Column[Any, Any] | SortKey"
"""A column (smallest first), or a key made by its `asc()` or `desc()`."""


def sort_key(given: Sortable) -> SortKey:
    """
    The sort key that *given* stands for.

    Raises:
        TypeError: It is something else.
    """
    key = given.asc() if isinstance(given, Column) else given
    if not isinstance(key, SortKey):
        raise TypeError(f"results are sorted by columns, e.g. lambda t: t.name.desc(), not by {type(given).__name__}")
    return key
