"""Searching for words: lazily, at most 1,000 instances, the best match first."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, NoReturn, Self, TypeAlias, TypeVar

from pygen.client.calls import Answer, Call, Plan
from pygen.client.resources.instance_calls import LIMIT, SearchOptions, search_call
from pygen.runtime import _state
from pygen.runtime.aggregating import Asked, aggregate_plan
from pygen.runtime.base import PygenResource
from pygen.runtime.building import OrderBy
from pygen.runtime.choosing import columns_chosen, property_of
from pygen.runtime.columns import Aggregate, Column
from pygen.runtime.decoding import decode
from pygen.runtime.figures import AsyncFigures, Figures
from pygen.runtime.framing import AsyncFrames, Frames
from pygen.runtime.results import Results
from pygen.runtime.spec import QuerySpec, Units, Where, chosen_units, condition_of, sort_keys_of, target_units_of

if TYPE_CHECKING:
    from pygen.runtime.frames import FrameSource

__all__ = ["AsyncSearch", "Search", "search_request"]

ResourceT = TypeVar("ResourceT", bound=PygenResource)
ResourceT_co = TypeVar("ResourceT_co", bound=PygenResource, covariant=True)

_Texts: TypeAlias = "Column[str, Any] | Column[list[str], Any] | str"
Within: TypeAlias = "_Texts | Callable[[type[ResourceT]], _Texts | Sequence[_Texts]]"
"""A column of texts, the name of its field, or a function that makes one or several of the class."""


class Words(NamedTuple):
    """
    What is searched for.

    Attributes:
        text: The words; none: every instance that meets the conditions.
        every: Whether an instance must hold all of them rather than any.
        within: The properties to look in; None: all that hold text.
    """

    text: str
    every: bool = True
    within: tuple[str, ...] | None = None

    def options(self) -> dict[str, Any]:
        """The words as search and aggregate take them (dms-api.md 7)."""
        if not self.text:
            return {}
        found: dict[str, Any] = {"query": self.text, "operator": "AND" if self.every else "OR"}
        if self.within is not None:
            found["properties"] = list(self.within)
        return found


class _LazySearch(Generic[ResourceT_co]):
    """What both searches have in common; every method returns a new search, and none fetches anything."""

    __slots__ = ("_spec", "_words")

    def __init__(self, spec: QuerySpec[ResourceT_co], words: str | Words) -> None:
        self._words = words if isinstance(words, Words) else _words(words)
        self._spec = _searchable(spec)

    def _with(self, **changes: Any) -> Self:
        return type(self)(self._spec._replace(**changes), self._words)

    def where(self, condition: Where[ResourceT_co], /) -> Self:
        """Only those that meet a condition, beside all others; not `overlaps`, which a search does not know."""
        spec = self._spec
        return type(self)(spec.matching(condition_of(spec.kind, condition, spec.session)), self._words)

    def within(self, *fields: Within[ResourceT_co]) -> Self:
        """
        Look only in some fields; without this, in all that hold text.

        Args:
            fields: Columns of texts: `lambda t: (t.name, t.description)`, or the names of their fields.
        """
        columns = [column for each in fields for column in columns_chosen(self._spec.kind, each)[0]]
        if not columns:
            raise TypeError("within() takes at least one field")
        for column in columns:
            if column.is_metadata:
                raise TypeError(f"the service does not search in {column.where}: only in properties that hold text")
        names = tuple(dict.fromkeys(property_of(column, "search in") for column in columns))
        return type(self)(self._spec, self._words._replace(within=names))

    def match(self, words: Literal["all", "any"], /) -> Self:
        """
        Say how many of the words an instance must hold.

        Args:
            words: `all` (the default, as in cognite-sdk 8): each of them, in whichever of the fields. `any`: at least
                one, which is the API's own default and finds more.
        """
        if words not in {"all", "any"}:
            raise ValueError(f"a search matches 'all' words or 'any', not {words!r}")
        return type(self)(self._spec, self._words._replace(every=words == "all"))

    def order_by(self, *keys: OrderBy[ResourceT_co]) -> Self:
        """Sort, instead of giving the best match first; at most five keys, and no `nulls_first`."""
        return self._with(sort=(*self._spec.sort, *sort_keys_of(self._spec.kind, keys)))

    def limit(self, most: int, /) -> Self:
        """At most so many instances; a search finds 1,000 at most, and says nothing of more."""
        if not 0 <= most <= LIMIT:
            raise ValueError(f"a search finds 0 to {LIMIT} instances, not {most}; list() has no such limit")
        return type(self)(self._spec.limited(most), self._words)

    def narrow(self) -> Self:
        """Give each instance as its own class, where the SDK has one that inherits from this one."""
        return self._with(narrow=True)

    def target_units(self, units: Units | None = None, /, **by_field: str) -> Self:
        """Convert values, as `Query.target_units` does, which says how."""
        return self._with(units=chosen_units(self._spec.kind, units, by_field))

    def _asked(self) -> Asked:
        return Asked(self._spec, self._words.options())

    def __len__(self) -> NoReturn:
        raise TypeError("the length of a search is not known before it is made: all() fetches a list")

    def __repr__(self) -> str:
        from pygen.runtime.wording import parts_of, title_of

        return f"<{', '.join([title_of(self, self._spec), *self._told(), *parts_of(self._spec)])}>"

    def _repr_html_(self) -> str:
        from pygen.runtime.notebook import query_html

        return query_html(self, self._spec, self._told())

    def _told(self) -> list[str]:
        """Words that are searched, and where."""
        words = self._words
        told = [f"for {'all' if words.every else 'any'} of {words.text!r}"]
        return told if words.within is None else [*told, f"in {', '.join(words.within)}"]


class Search(_LazySearch[ResourceT_co], Figures[ResourceT_co], Frames):
    """
    Instances that hold words, lazily: the best match first, at most 1,000, and there is no next page.

    The service looks for whole words and beginnings of words, whatever their case, in its search backend, which lags
    seconds behind writes. Each use asks again, with one request.
    """

    __slots__ = ()

    def _frame_source(self) -> FrameSource:
        from pygen.runtime.frames import FrameSource

        return FrameSource(self._spec.kind, objects=self.all())

    def __iter__(self) -> Iterator[ResourceT_co]:
        return iter(self.all())

    def all(self) -> Results[ResourceT_co]:
        """What was found, as a list."""
        return self._spec.session.run(_search_plan(self._spec, self._words))

    def first(self) -> ResourceT_co | None:
        """The best match, or None."""
        return next(iter(self.limit(1)), None)

    def count(self) -> int:
        """How many instances match, which may be more than a search finds."""
        return self._spec.session.run(_count_plan(self._asked()))


class AsyncSearch(_LazySearch[ResourceT_co], AsyncFigures[ResourceT_co], AsyncFrames):
    """Instances that hold words, lazily: `async for turbine in client.wind_turbine.search("north")`; see `Search`."""

    __slots__ = ()

    async def _aframe_source(self) -> FrameSource:
        from pygen.runtime.frames import FrameSource

        return FrameSource(self._spec.kind, objects=await self.all())

    async def __aiter__(self) -> AsyncIterator[ResourceT_co]:
        for item in await self.all():
            yield item

    async def all(self) -> Results[ResourceT_co]:
        """What was found, as a list."""
        return await self._spec.session.arun(_search_plan(self._spec, self._words))

    async def first(self) -> ResourceT_co | None:
        """The best match, or None."""
        return next(iter(await self.limit(1).all()), None)

    async def count(self) -> int:
        """How many instances match, which may be more than a search finds."""
        return await self._spec.session.arun(_count_plan(self._asked()))


def _words(text: str) -> Words:
    if not isinstance(text, str):
        raise TypeError(f"a search looks for words in one text, not for {type(text).__name__}")
    return Words(text.strip())


def _searchable(spec: QuerySpec[ResourceT]) -> QuerySpec[ResourceT]:
    """
    The query, which a search can carry out.

    Raises:
        ValueError: It asks for what a search cannot do.
    """
    if not spec.is_plain:
        raise ValueError("a search fetches whole objects of one class: search first, and include() or choose later")
    if spec.skip or spec.cursor is not None:
        raise ValueError("a search begins with the best match: it goes with neither a slice nor a cursor")
    if len(spec.sort) > 5:
        raise ValueError(f"results are sorted by five keys at most (dms-api.md 5.4), not by {len(spec.sort)}")
    if any(key.nulls_first for key in spec.sort):
        raise ValueError("a search cannot put instances without a value first (dms-api.md 5.4)")
    return spec


def search_request(spec: QuerySpec[Any], words: Words, read: Callable[[Answer], Any] | None = None) -> Call:
    """
    The request of a search.

    Args:
        spec: Which instances; a limit beyond 1,000, the most that a search finds, is cut to that.
        words: The words that they must hold.
        read: What to make of the answer; by default a `Page` of objects.
    """
    options: SearchOptions = {
        "instance_type": spec.instance_type,
        "filter": spec.where,
        "limit": LIMIT if spec.most is None else min(spec.most, LIMIT),
        "sort": [{name: value for name, value in key.dump().items() if name != "nullsFirst"} for key in spec.sort],
    }
    if spec.units and (converted := target_units_of(spec.kind, spec.units)):
        options["target_units"] = converted
    options.update(words.options())  # type: ignore[typeddict-item]  # query, properties and operator
    return search_call(spec.kind.__pygen__.view, options, read or partial(decode, spec.kind, session=spec.session))


def _search_plan(spec: QuerySpec[ResourceT], words: Words) -> Plan[Results[ResourceT]]:
    if spec.most == 0:
        return Results(spec.kind)
    answer: Answer = yield search_request(spec, words)
    items: Sequence[ResourceT] = answer.value.items
    _state.converted(items, spec.units)
    if spec.narrow and items:
        from pygen.runtime.narrowing import narrow_plan

        items = yield from narrow_plan(spec.kind, spec.session, items)
    return Results(spec.kind, items)


def _count_plan(asked: Asked) -> Plan[int]:
    most = asked.spec.most
    count: int = yield from aggregate_plan(
        asked._replace(spec=asked.spec._replace(most=None)), Aggregate[int]("count", "externalId")
    )
    return count if most is None else min(count, most)
