"""The methods that ask for figures, of queries, searches and view APIs: typed by what is asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeAlias, TypeVar, Union, overload

from pygen.client.calls import Plan
from pygen.runtime.aggregating import (
    Asked,
    Bucket,
    Group,
    aggregate_plan,
    groups_plan,
    histogram_plan,
    keys_plan,
    words_plan,
)
from pygen.runtime.base import PygenResource
from pygen.runtime.columns import Aggregate, Column
from pygen.runtime.spec import Where

__all__ = ["AsyncFigures", "AsyncGroups", "Figures", "Groups"]

ResourceT = TypeVar("ResourceT", bound=PygenResource)
ResourceT_co = TypeVar("ResourceT_co", bound=PygenResource, covariant=True)
KeyT_co = TypeVar("KeyT_co", covariant=True)
MadeT = TypeVar("MadeT")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")

Made: TypeAlias = Union[MadeT, Callable[[type[ResourceT]], MadeT]]  # noqa: UP007 -- type variables need Union at run time
"""Something, or a function that makes it of the class."""
_One: TypeAlias = Aggregate[A]
_Two: TypeAlias = tuple[Aggregate[A], Aggregate[B]]
_Three: TypeAlias = tuple[Aggregate[A], Aggregate[B], Aggregate[C]]
_Four: TypeAlias = tuple[Aggregate[A], Aggregate[B], Aggregate[C], Aggregate[D]]
_Five: TypeAlias = tuple[Aggregate[A], Aggregate[B], Aggregate[C], Aggregate[D], Aggregate[E]]
_Key: TypeAlias = Column[Any, A]
_Keys2: TypeAlias = tuple[Column[Any, A], Column[Any, B]]
_Keys3: TypeAlias = tuple[Column[Any, A], Column[Any, B], Column[Any, C]]
_Keys4: TypeAlias = tuple[Column[Any, A], Column[Any, B], Column[Any, C], Column[Any, D]]
_Keys5: TypeAlias = tuple[Column[Any, A], Column[Any, B], Column[Any, C], Column[Any, D], Column[Any, E]]


def _plan(asked: Asked, given: Any, second: Any, words: dict[str, Any]) -> Plan[Any]:
    """The plan of `aggregate`, whose first argument says what the second one is."""
    if isinstance(given, str) or (type(given) in {list, tuple} and given and isinstance(given[0], str)):
        if second is not None and "property" in words:
            raise TypeError(f"aggregate() takes one field, not both {second!r} and property={words['property']!r}")
        of = words.pop("property", second)
        return words_plan(asked, given, of, group_by=words.pop("group_by", None), keywords=words)
    if words:
        raise TypeError(
            f"aggregate() takes {', '.join(words)} only beside the name of a function; "
            "here, list(...) takes filters and group_by(...) makes groups: list(...).group_by(...).aggregate(...)"
        )
    return aggregate_plan(asked.matching(second), given)


def _histogram(asked: Asked, column: Any, second: Any, interval: float | None) -> Plan[list[Bucket]]:
    if isinstance(second, int | float):
        second, interval = None, second
    if interval is None:
        raise TypeError("a histogram needs an interval: histogram(lambda t: ..., interval=0.5)")
    return histogram_plan(asked.matching(second), column, interval)


class _Asks(ABC, Generic[ResourceT_co]):
    """What figures can be asked of."""

    __slots__ = ()

    @abstractmethod
    def _asked(self) -> Asked:
        """What the figures are about."""


class Figures(_Asks[ResourceT_co]):
    """
    Asks for figures.

    The service's search backend computes them, which lags seconds behind writes. Target units apply; a limit, a slice
    or a cursor is a `ValueError`, since figures are always about all that match.
    """

    __slots__ = ()

    @overload
    def aggregate(self, figures: Made[_One[A], ResourceT_co], where: Where[ResourceT_co] | None = None, /) -> A: ...
    @overload
    def aggregate(
        self, figures: Made[tuple[_One[A]], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> tuple[A]: ...
    @overload
    def aggregate(
        self, figures: Made[_Two[A, B], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> tuple[A, B]: ...
    @overload
    def aggregate(
        self, figures: Made[_Three[A, B, C], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> tuple[A, B, C]: ...
    @overload
    def aggregate(
        self, figures: Made[_Four[A, B, C, D], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> tuple[A, B, C, D]: ...
    @overload
    def aggregate(
        self, figures: Made[_Five[A, B, C, D, E], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> tuple[A, B, C, D, E]: ...
    @overload
    def aggregate(self, functions: str | list[str], field: str | None = None, /, **words: Any) -> Any: ...
    def aggregate(self, figures: Any, second: Any = None, /, **words: Any) -> Any:
        """
        Figures about all instances that match: one request.

        Args:
            figures: What is computed, one aggregate or up to five of them: `lambda t: t.capacity.avg()`,
                `lambda t: (t.capacity.min(), t.capacity.max(), t.external_id.count())`. Or, as in pygen 1, the name of
                a function.
            second: A condition that instances must meet, too; beside the name of a function, the field.
            words: Beside the name of a function: `property`, `group_by`, keyword filters.

        Returns:
            A value, or a tuple of values: counts are `int`, the others `float`, or None where no instance has a value.

        Raises:
            DmsRequestError: The service refused.

        Example:
            >>> client.wind_turbine.aggregate(lambda t: t.capacity.avg())
            >>> client.wind_turbine.aggregate("avg", "capacity", group_by="state", min_capacity=3.0)
        """
        asked = self._asked()
        return asked.spec.session.run(_plan(asked, figures, second, words))

    @overload
    def group_by(
        self, keys: Made[_Key[A], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> Groups[ResourceT_co, A]: ...
    @overload
    def group_by(
        self, keys: Made[tuple[_Key[A]], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> Groups[ResourceT_co, tuple[A]]: ...
    @overload
    def group_by(
        self, keys: Made[_Keys2[A, B], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> Groups[ResourceT_co, tuple[A, B]]: ...
    @overload
    def group_by(
        self, keys: Made[_Keys3[A, B, C], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> Groups[ResourceT_co, tuple[A, B, C]]: ...
    @overload
    def group_by(
        self, keys: Made[_Keys4[A, B, C, D], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> Groups[ResourceT_co, tuple[A, B, C, D]]: ...
    @overload
    def group_by(
        self, keys: Made[_Keys5[A, B, C, D, E], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> Groups[ResourceT_co, tuple[A, B, C, D, E]]: ...
    @overload
    def group_by(self, keys: str, where: Where[ResourceT_co] | None = None, /) -> Groups[ResourceT_co, Any]: ...
    @overload
    def group_by(
        self, keys: list[str], where: Where[ResourceT_co] | None = None, /
    ) -> Groups[ResourceT_co, tuple[Any, ...]]: ...
    def group_by(self, keys: Any, where: Any = None, /) -> Groups[ResourceT_co, Any]:
        """
        Instances by the values that they share.

        Args:
            keys: One to five columns: `lambda t: t.state`, `lambda t: (t.state, t.windfarm_id)`; or the names of their
                fields.
            where: A condition that instances must meet, too.
        """
        return Groups(self._asked().matching(where), keys)

    @overload
    def histogram(
        self,
        column: str | Made[Column[int, Any], ResourceT_co],
        where: Where[ResourceT_co] | None = None,
        /,
        *,
        interval: float,
    ) -> list[Bucket]: ...
    @overload
    def histogram(self, column: str | Made[Column[int, Any], ResourceT_co], interval: float, /) -> list[Bucket]: ...
    def histogram(self, column: Any, second: Any = None, /, *, interval: float | None = None) -> list[Bucket]:
        """
        How many instances have a value in each interval.

        Args:
            column: A column of numbers: `lambda t: t.capacity`, or the field's name.
            second: A condition that instances must meet, too; or the interval.
            interval: How wide a bar is, in the unit of the values; above 0.

        Returns:
            The bars that are not empty, from the smallest value to the largest.

        Raises:
            ValueError: The interval is not above 0.
            DmsRequestError: The service refused.
        """
        asked = self._asked()
        return asked.spec.session.run(_histogram(asked, column, second, interval))


class AsyncFigures(_Asks[ResourceT_co]):
    """Asks for figures; methods are those of `Figures`, as coroutines."""

    __slots__ = ()

    @overload
    async def aggregate(
        self, figures: Made[_One[A], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> A: ...
    @overload
    async def aggregate(
        self, figures: Made[tuple[_One[A]], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> tuple[A]: ...
    @overload
    async def aggregate(
        self, figures: Made[_Two[A, B], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> tuple[A, B]: ...
    @overload
    async def aggregate(
        self, figures: Made[_Three[A, B, C], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> tuple[A, B, C]: ...
    @overload
    async def aggregate(
        self, figures: Made[_Four[A, B, C, D], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> tuple[A, B, C, D]: ...
    @overload
    async def aggregate(
        self, figures: Made[_Five[A, B, C, D, E], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> tuple[A, B, C, D, E]: ...
    @overload
    async def aggregate(self, functions: str | list[str], field: str | None = None, /, **words: Any) -> Any: ...
    async def aggregate(self, figures: Any, second: Any = None, /, **words: Any) -> Any:
        """Figures about all instances that match; see `Figures.aggregate`."""
        asked = self._asked()
        return await asked.spec.session.arun(_plan(asked, figures, second, words))

    @overload
    def group_by(
        self, keys: Made[_Key[A], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> AsyncGroups[ResourceT_co, A]: ...
    @overload
    def group_by(
        self, keys: Made[tuple[_Key[A]], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> AsyncGroups[ResourceT_co, tuple[A]]: ...
    @overload
    def group_by(
        self, keys: Made[_Keys2[A, B], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> AsyncGroups[ResourceT_co, tuple[A, B]]: ...
    @overload
    def group_by(
        self, keys: Made[_Keys3[A, B, C], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> AsyncGroups[ResourceT_co, tuple[A, B, C]]: ...
    @overload
    def group_by(
        self, keys: Made[_Keys4[A, B, C, D], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> AsyncGroups[ResourceT_co, tuple[A, B, C, D]]: ...
    @overload
    def group_by(
        self, keys: Made[_Keys5[A, B, C, D, E], ResourceT_co], where: Where[ResourceT_co] | None = None, /
    ) -> AsyncGroups[ResourceT_co, tuple[A, B, C, D, E]]: ...
    @overload
    def group_by(self, keys: str, where: Where[ResourceT_co] | None = None, /) -> AsyncGroups[ResourceT_co, Any]: ...
    @overload
    def group_by(
        self, keys: list[str], where: Where[ResourceT_co] | None = None, /
    ) -> AsyncGroups[ResourceT_co, tuple[Any, ...]]: ...
    def group_by(self, keys: Any, where: Any = None, /) -> AsyncGroups[ResourceT_co, Any]:
        """Instances by the values that they share; see `Figures.group_by`. Takes no await: the groups' methods do."""
        return AsyncGroups(self._asked().matching(where), keys)

    @overload
    async def histogram(
        self,
        column: str | Made[Column[int, Any], ResourceT_co],
        where: Where[ResourceT_co] | None = None,
        /,
        *,
        interval: float,
    ) -> list[Bucket]: ...
    @overload
    async def histogram(
        self, column: str | Made[Column[int, Any], ResourceT_co], interval: float, /
    ) -> list[Bucket]: ...
    async def histogram(self, column: Any, second: Any = None, /, *, interval: float | None = None) -> list[Bucket]:
        """How many instances have a value in each interval; see `Figures.histogram`."""
        asked = self._asked()
        return await asked.spec.session.arun(_histogram(asked, column, second, interval))


class _Grouped(Generic[ResourceT_co, KeyT_co]):
    __slots__ = ("_about", "_by")

    def __init__(self, about: Asked, by: Any) -> None:
        self._about = about
        self._by = by

    def _count(self) -> Plan[list[Group[KeyT_co, int]]]:
        return groups_plan(self._about, self._by, Aggregate[int]("count", "externalId"))


class Groups(_Grouped[ResourceT_co, KeyT_co]):
    """
    Instances by the values that they share; nothing is asked yet.

    The service tells at most 1,000 groups and has no cursor for more. Where 1,000 come there may be others, and each
    method raises `TooManyGroupsError`, whose `groups` are those that came.
    """

    __slots__ = ()

    @overload
    def aggregate(self, figures: Made[_One[A], ResourceT_co], /) -> list[Group[KeyT_co, A]]: ...
    @overload
    def aggregate(self, figures: Made[tuple[_One[A]], ResourceT_co], /) -> list[Group[KeyT_co, tuple[A]]]: ...
    @overload
    def aggregate(self, figures: Made[_Two[A, B], ResourceT_co], /) -> list[Group[KeyT_co, tuple[A, B]]]: ...
    @overload
    def aggregate(self, figures: Made[_Three[A, B, C], ResourceT_co], /) -> list[Group[KeyT_co, tuple[A, B, C]]]: ...
    @overload
    def aggregate(
        self, figures: Made[_Four[A, B, C, D], ResourceT_co], /
    ) -> list[Group[KeyT_co, tuple[A, B, C, D]]]: ...
    @overload
    def aggregate(
        self, figures: Made[_Five[A, B, C, D, E], ResourceT_co], /
    ) -> list[Group[KeyT_co, tuple[A, B, C, D, E]]]: ...
    def aggregate(self, figures: Any, /) -> list[Group[Any, Any]]:
        """
        Figures about each group; see `Figures.aggregate`.

        Raises:
            TooManyGroupsError: There may be more groups than came.
        """
        return self._about.spec.session.run(groups_plan(self._about, self._by, figures))

    def count(self) -> list[Group[KeyT_co, int]]:
        """How many instances each group has."""
        return self._about.spec.session.run(self._count())

    def keys(self) -> list[KeyT_co]:
        """The values that occur, each once."""
        return self._about.spec.session.run(keys_plan(self._about, self._by))


class AsyncGroups(_Grouped[ResourceT_co, KeyT_co]):
    """Instances by the values that they share; methods are those of `Groups`, as coroutines."""

    __slots__ = ()

    @overload
    async def aggregate(self, figures: Made[_One[A], ResourceT_co], /) -> list[Group[KeyT_co, A]]: ...
    @overload
    async def aggregate(self, figures: Made[tuple[_One[A]], ResourceT_co], /) -> list[Group[KeyT_co, tuple[A]]]: ...
    @overload
    async def aggregate(self, figures: Made[_Two[A, B], ResourceT_co], /) -> list[Group[KeyT_co, tuple[A, B]]]: ...
    @overload
    async def aggregate(
        self, figures: Made[_Three[A, B, C], ResourceT_co], /
    ) -> list[Group[KeyT_co, tuple[A, B, C]]]: ...
    @overload
    async def aggregate(
        self, figures: Made[_Four[A, B, C, D], ResourceT_co], /
    ) -> list[Group[KeyT_co, tuple[A, B, C, D]]]: ...
    @overload
    async def aggregate(
        self, figures: Made[_Five[A, B, C, D, E], ResourceT_co], /
    ) -> list[Group[KeyT_co, tuple[A, B, C, D, E]]]: ...
    async def aggregate(self, figures: Any, /) -> list[Group[Any, Any]]:
        """Figures about each group; see `Groups.aggregate`."""
        return await self._about.spec.session.arun(groups_plan(self._about, self._by, figures))

    async def count(self) -> list[Group[KeyT_co, int]]:
        """How many instances each group has."""
        return await self._about.spec.session.arun(self._count())

    async def keys(self) -> list[KeyT_co]:
        """The values that occur, each once."""
        return await self._about.spec.session.arun(keys_plan(self._about, self._by))
