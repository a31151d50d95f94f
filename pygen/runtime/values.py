"""Bare values in place of objects: typed tuples, of which only what was chosen comes over the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, TypeAlias, TypeVar, Union, overload

from pygen.runtime.base import PygenResource
from pygen.runtime.building import LazyQuery
from pygen.runtime.columns import Column
from pygen.runtime.framing import AsyncTables, Tables
from pygen.runtime.rows import Row, ValuesPage, arow_pages, row_pages
from pygen.runtime.selecting import chosen_columns
from pygen.runtime.spec import QuerySpec

if TYPE_CHECKING:
    from pygen.runtime.explaining import Explanation
    from pygen.runtime.frames import FrameSource

__all__ = ["AsyncValues", "AsyncValuesQuery", "Values", "ValuesQuery"]

ResourceT_co = TypeVar("ResourceT_co", bound=PygenResource, covariant=True)
ResourceT = TypeVar("ResourceT", bound=PygenResource)
RowT = TypeVar("RowT")
RowT_co = TypeVar("RowT_co", covariant=True)
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")
G = TypeVar("G")
H = TypeVar("H")
I = TypeVar("I")  # noqa: E741 -- one of ten letters
J = TypeVar("J")

_C: TypeAlias = Column[Any, A]
_Of: TypeAlias = Union[RowT, Callable[[type[ResourceT]], RowT]]  # noqa: UP007 -- type variables need Union at run time


class _LazyValues(Generic[RowT_co]):
    """
    What both kinds of values have in common.

    Args:
        spec: Which instances.
        row: What is made of each.
    """

    __slots__ = ("_row", "_spec")

    def __init__(self, spec: QuerySpec[Any], row: Row) -> None:
        self._spec = spec
        self._row = row

    def limit(self, most: int, /) -> Self:
        """The values of at most so many instances."""
        if most < 0:
            raise ValueError(f"a limit of {most} is negative")
        return type(self)(self._spec.limited(most), self._row)

    def __getitem__(self, index: slice) -> Self:
        if not isinstance(index, slice):
            raise TypeError("values are sliced, values[a:b]; first() gives the first one, all() a list")
        return type(self)(self._spec.sliced(index), self._row)

    def _frame_source(self) -> FrameSource:
        from pygen.runtime.frames import FrameSource

        return FrameSource(self._spec.kind, self._spec, fields=self._row.fields)

    def __len__(self) -> NoReturn:
        raise TypeError("how many values there are is not known before all are fetched: all() fetches a list")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._spec.kind.__name__}: {', '.join(self._row.fields)}>"


class Values(_LazyValues[RowT_co], Tables):
    """
    Values of the instances that match, lazily: a tuple for each, or the bare value of a single field.

    Each iteration asks the service again and fetches a page when it gets there. Only the chosen properties come over
    the wire, and no objects are made of them.
    """

    __slots__ = ()

    def __iter__(self) -> Iterator[RowT_co]:
        with closing(row_pages(self._spec, self._row)) as found:
            for page in found:
                rows = iter(page)
                del page  # the next one is on its way: this one must go as its rows are used up
                yield from rows

    def all(self) -> list[RowT_co]:
        """Fetch everything, as a list."""
        return [*self]  # not list(self): that would ask for the length first

    def first(self) -> RowT_co | None:
        """The values of the first match, or None."""
        return next(iter(self.limit(1)), None)

    def pages(self) -> Iterator[ValuesPage[RowT_co]]:
        """The pages; `next_cursor` of the last one used is where to go on another time."""
        return row_pages(self._spec, self._row)

    def explain(self, *, schema: bool = True, count: bool = False) -> Explanation:
        """Say what would be sent, and what that rests on; see `Query.explain`."""
        from pygen.runtime.explaining import explain_plan

        return self._spec.session.run(explain_plan(self._spec, schema=schema, count=count))


class AsyncValues(_LazyValues[RowT_co], AsyncTables):
    """
    Values of the instances that match, lazily: `async for name, capacity in query.values(...)`.

    Each iteration asks the service again and fetches a page when it gets there. Only the chosen properties come over
    the wire, and no objects are made of them.
    """

    __slots__ = ()

    async def __aiter__(self) -> AsyncIterator[RowT_co]:
        async with aclosing(arow_pages(self._spec, self._row)) as found:
            async for page in found:
                rows = iter(page)
                del page  # the next one is on its way: this one must go as its rows are used up
                for row in rows:
                    yield row

    async def all(self) -> list[RowT_co]:
        """Fetch everything, as a list."""
        return [row async for row in self]

    async def first(self) -> RowT_co | None:
        """The values of the first match, or None."""
        found = await self.limit(1).all()
        return found[0] if found else None

    def pages(self) -> AsyncIterator[ValuesPage[RowT_co]]:
        """The pages; `next_cursor` of the last one used is where to go on another time."""
        return arow_pages(self._spec, self._row)

    async def explain(self, *, schema: bool = True, count: bool = False) -> Explanation:
        """Say what would be sent, and what that rests on; see `Query.explain`."""
        from pygen.runtime.explaining import explain_plan

        return await self._spec.session.arun(explain_plan(self._spec, schema=schema, count=count))


# --- the method of queries ---


class ValuesQuery(LazyQuery[ResourceT_co]):
    """What a synchronous query gives in place of objects."""

    __slots__ = ()

    @overload
    def values(self, pick: _Of[_C[A], ResourceT_co], /) -> Values[A]: ...
    @overload
    def values(self, pick: _Of[tuple[_C[A]], ResourceT_co], /) -> Values[tuple[A]]: ...
    @overload
    def values(self, pick: _Of[tuple[_C[A], _C[B]], ResourceT_co], /) -> Values[tuple[A, B]]: ...
    @overload
    def values(self, pick: _Of[tuple[_C[A], _C[B], _C[C]], ResourceT_co], /) -> Values[tuple[A, B, C]]: ...
    @overload
    def values(self, pick: _Of[tuple[_C[A], _C[B], _C[C], _C[D]], ResourceT_co], /) -> Values[tuple[A, B, C, D]]: ...
    @overload
    def values(
        self, pick: _Of[tuple[_C[A], _C[B], _C[C], _C[D], _C[E]], ResourceT_co], /
    ) -> Values[tuple[A, B, C, D, E]]: ...
    @overload
    def values(
        self, pick: _Of[tuple[_C[A], _C[B], _C[C], _C[D], _C[E], _C[F]], ResourceT_co], /
    ) -> Values[tuple[A, B, C, D, E, F]]: ...
    @overload
    def values(
        self, pick: _Of[tuple[_C[A], _C[B], _C[C], _C[D], _C[E], _C[F], _C[G]], ResourceT_co], /
    ) -> Values[tuple[A, B, C, D, E, F, G]]: ...
    @overload
    def values(
        self, pick: _Of[tuple[_C[A], _C[B], _C[C], _C[D], _C[E], _C[F], _C[G], _C[H]], ResourceT_co], /
    ) -> Values[tuple[A, B, C, D, E, F, G, H]]: ...
    @overload
    def values(
        self, pick: _Of[tuple[_C[A], _C[B], _C[C], _C[D], _C[E], _C[F], _C[G], _C[H], _C[I]], ResourceT_co], /
    ) -> Values[tuple[A, B, C, D, E, F, G, H, I]]: ...
    @overload
    def values(
        self, pick: _Of[tuple[_C[A], _C[B], _C[C], _C[D], _C[E], _C[F], _C[G], _C[H], _C[I], _C[J]], ResourceT_co], /
    ) -> Values[tuple[A, B, C, D, E, F, G, H, I, J]]: ...
    @overload
    def values(self, *picks: str | _C[Any]) -> Values[Any]: ...
    def values(self, *picks: Any) -> Values[Any]:
        """
        Values in place of objects, fetched lazily and without anything else.

        Relations that were included, and `narrow()`, mean nothing to values and are left out.

        Args:
            picks: One column or up to ten, `lambda t: (t.name, t.capacity)`, whose types are known; or any number of
                names and columns, one by one.

        Returns:
            A tuple for each instance; of a single column, its values.

        Raises:
            TypeError: Something names no field.
        """
        return Values(*_row_of(self._spec, picks))


class AsyncValuesQuery(LazyQuery[ResourceT_co]):
    """What an asynchronous query gives in place of objects."""

    __slots__ = ()

    @overload
    def values(self, pick: _Of[_C[A], ResourceT_co], /) -> AsyncValues[A]: ...
    @overload
    def values(self, pick: _Of[tuple[_C[A]], ResourceT_co], /) -> AsyncValues[tuple[A]]: ...
    @overload
    def values(self, pick: _Of[tuple[_C[A], _C[B]], ResourceT_co], /) -> AsyncValues[tuple[A, B]]: ...
    @overload
    def values(self, pick: _Of[tuple[_C[A], _C[B], _C[C]], ResourceT_co], /) -> AsyncValues[tuple[A, B, C]]: ...
    @overload
    def values(
        self, pick: _Of[tuple[_C[A], _C[B], _C[C], _C[D]], ResourceT_co], /
    ) -> AsyncValues[tuple[A, B, C, D]]: ...
    @overload
    def values(
        self, pick: _Of[tuple[_C[A], _C[B], _C[C], _C[D], _C[E]], ResourceT_co], /
    ) -> AsyncValues[tuple[A, B, C, D, E]]: ...
    @overload
    def values(
        self, pick: _Of[tuple[_C[A], _C[B], _C[C], _C[D], _C[E], _C[F]], ResourceT_co], /
    ) -> AsyncValues[tuple[A, B, C, D, E, F]]: ...
    @overload
    def values(
        self, pick: _Of[tuple[_C[A], _C[B], _C[C], _C[D], _C[E], _C[F], _C[G]], ResourceT_co], /
    ) -> AsyncValues[tuple[A, B, C, D, E, F, G]]: ...
    @overload
    def values(
        self, pick: _Of[tuple[_C[A], _C[B], _C[C], _C[D], _C[E], _C[F], _C[G], _C[H]], ResourceT_co], /
    ) -> AsyncValues[tuple[A, B, C, D, E, F, G, H]]: ...
    @overload
    def values(
        self, pick: _Of[tuple[_C[A], _C[B], _C[C], _C[D], _C[E], _C[F], _C[G], _C[H], _C[I]], ResourceT_co], /
    ) -> AsyncValues[tuple[A, B, C, D, E, F, G, H, I]]: ...
    @overload
    def values(
        self, pick: _Of[tuple[_C[A], _C[B], _C[C], _C[D], _C[E], _C[F], _C[G], _C[H], _C[I], _C[J]], ResourceT_co], /
    ) -> AsyncValues[tuple[A, B, C, D, E, F, G, H, I, J]]: ...
    @overload
    def values(self, *picks: str | _C[Any]) -> AsyncValues[Any]: ...
    def values(self, *picks: Any) -> AsyncValues[Any]:
        """Values in place of objects, fetched lazily and without anything else; see `Query.values`."""
        return AsyncValues(*_row_of(self._spec, picks))


def _row_of(spec: QuerySpec[Any], picks: Sequence[Any]) -> tuple[QuerySpec[Any], Row]:
    columns, single = chosen_columns(spec.kind, picks)
    properties = dict.fromkeys(column.field for column in columns if not column.is_metadata)
    bare = spec._replace(fields=tuple(properties), branches=(), narrow=False)
    return bare, Row(tuple(column.field for column in columns), single)
