"""What a relation to many leads to: all of it, loaded for the whole page, or a part of it, asked for each time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, NoReturn, SupportsIndex, TypeVar, overload

from pygen.client.calls import Plan
from pygen.runtime import _state

if TYPE_CHECKING:
    from pygen.runtime.base import PygenEdge, PygenResource
    from pygen.runtime.building import OrderBy
    from pygen.runtime.filters import Filter
    from pygen.runtime.lazy import Link, Relation
    from pygen.runtime.session import Session
    from pygen.runtime.spec import Branch

__all__ = ["PygenRelation", "RelatedQuery"]

ItemT_co = TypeVar("ItemT_co", covariant=True)
NodeT = TypeVar("NodeT", bound="PygenResource")
NodeT_co = TypeVar("NodeT_co", bound="PygenResource", covariant=True)
EdgeT = TypeVar("EdgeT", bound="PygenEdge")


class PygenRelation(Generic[ItemT_co]):
    """
    What a relation to many leads to.

    Loaded when it is first looked at, for every object of the page that its owner came with; then kept. Objects of an
    async client use `async for` or the methods with an `a` in front. Where the client is strict about relations,
    looking (iterating, `len`, `in`, an index, `==`) raises, and only methods load.
    """

    __slots__ = ("_owner", "_relation")

    def __init__(self, relation: Relation, owner: PygenResource) -> None:
        self._relation = relation
        self._owner = owner

    @property
    def is_loaded(self) -> bool:
        """Whether looking at it takes no request."""
        return self._relation.found(self._owner) is not _state.MISSING

    def all(self) -> list[ItemT_co]:
        """
        Everything, as a new list; loads it where it is not there yet.

        Raises:
            RelationNotLoadedError: It is not there, and the object comes from an async client.
        """
        return list(self._relation.load(self._owner, asked=True))

    async def aall(self) -> list[ItemT_co]:
        """Everything, as a new list; loads it where it is not there yet."""
        return list(await self._relation.aload(self._owner))

    def first(self) -> ItemT_co | None:
        """The first, or None; loads all where they are not there yet, as the other objects of the page will want."""
        return next(iter(self.all()), None)

    async def afirst(self) -> ItemT_co | None:
        """`first` for objects of an async client."""
        return next(iter(await self.aall()), None)

    def count(self) -> int:
        """
        How many there are, without loading what is not there yet.

        Edges are an exception: the service does not count those that lead somewhere, so they are loaded. What is not
        loaded is counted by the service's search backend, which lags seconds behind writes.
        """
        return self._session("count").run(_count_plan(self._relation, self._owner))

    async def acount(self) -> int:
        """`count` for objects of an async client."""
        return await self._session("count").arun(_count_plan(self._relation, self._owner))

    @overload
    def filter(
        self: PygenRelation[Link[NodeT, EdgeT]], where: Callable[[type[NodeT]], Filter] | Filter, /
    ) -> RelatedQuery[NodeT, Link[NodeT, EdgeT]]: ...
    @overload
    def filter(
        self: PygenRelation[NodeT], where: Callable[[type[NodeT]], Filter] | Filter, /
    ) -> RelatedQuery[NodeT, NodeT]: ...
    def filter(self, where: Callable[[type[Any]], Filter] | Filter, /) -> RelatedQuery[Any, Any]:
        """
        Those whose node meets a condition, as a question that is asked when its answer is looked at.

        Args:
            where: A filter, or a function that makes one of the nodes' class: `lambda b: b.length > 60`.
        """
        from pygen.runtime.spec import Branch

        return RelatedQuery(Branch(self._relation), self._owner).where(where)

    def _session(self, verb: str) -> Session:
        return _state.session_of(self._owner, f"{verb} {self._relation.where}")

    def _items(self) -> tuple[ItemT_co, ...]:
        items: tuple[ItemT_co, ...] = self._relation.load(self._owner)
        return items

    def __iter__(self) -> Iterator[ItemT_co]:
        return iter(self._items())

    async def __aiter__(self) -> AsyncIterator[ItemT_co]:
        for item in await self._relation.aload(self._owner, asked=False):
            yield item

    def __len__(self) -> int:
        return len(self._items())

    def __contains__(self, item: object) -> bool:
        return item in self._items()

    @overload
    def __getitem__(self, index: SupportsIndex) -> ItemT_co: ...
    @overload
    def __getitem__(self, index: slice) -> list[ItemT_co]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> ItemT_co | list[ItemT_co]:
        items = self._items()
        return list(items[index]) if isinstance(index, slice) else items[index]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, PygenRelation):
            return self._items() == other._items()
        return list(self._items()) == other if isinstance(other, list) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # equal by content, which can change

    def __repr__(self) -> str:
        items = _state.loaded(self._owner).get(self._relation.name)
        state = "not loaded" if items is None else f"{len(items)} loaded"
        return f"<{self._relation.where}: {state}>"


class RelatedQuery(Generic[NodeT_co, ItemT_co]):
    """
    Some of what a relation leads to from one object: `for blade in turbine.blades.filter(lambda b: b.length > 60)`.

    Each look asks the service again, and nothing is kept. Objects of an async client use `async for` and the methods
    with an `a` in front.
    """

    __slots__ = ("_branch", "_owner")

    def __init__(self, branch: Branch, owner: PygenResource) -> None:
        self._branch = branch
        self._owner = owner

    def where(self, condition: Callable[[type[NodeT_co]], Filter] | Filter, /) -> RelatedQuery[NodeT_co, ItemT_co]:
        """Only those whose node meets a condition, beside all others."""
        from pygen.runtime.filters import Filter
        from pygen.runtime.spec import condition_of

        session = _state.session_of(self._owner, f"ask about {self._branch.relation.where}")
        made = condition_of(self._branch.relation.target, condition, session) or {}
        before = self._branch.where
        both = made if before is None else Filter.all((Filter(before), Filter(made))).dump()
        return RelatedQuery(self._branch._replace(where=both), self._owner)

    def order_by(self, *keys: OrderBy[NodeT_co]) -> RelatedQuery[NodeT_co, ItemT_co]:
        """Sort by the nodes' fields; keys that are given later decide among those that earlier ones find equal."""
        from pygen.runtime.spec import sort_keys_of

        sort = (*self._branch.sort, *sort_keys_of(self._branch.relation.target, keys))
        if len(sort) > 5:
            raise ValueError(f"results are sorted by five keys at most (dms-api.md 5.4), not by {len(sort)}")
        return RelatedQuery(self._branch._replace(sort=sort), self._owner)

    def limit(self, most: int, /) -> RelatedQuery[NodeT_co, ItemT_co]:
        """At most so many."""
        if most < 0:
            raise ValueError(f"a limit of {most} is negative")
        before = self._branch.most
        return RelatedQuery(self._branch._replace(most=most if before is None else min(before, most)), self._owner)

    def all(self) -> list[ItemT_co]:
        """
        Fetch them, as a list.

        Raises:
            SdkError: The object comes from an async client.
        """
        return self._session().run(self._plan())

    async def aall(self) -> list[ItemT_co]:
        """Fetch them, as a list."""
        return await self._session().arun(self._plan())

    def first(self) -> ItemT_co | None:
        """The first, or None."""
        return next(iter(self.limit(1).all()), None)

    async def afirst(self) -> ItemT_co | None:
        """The first, or None."""
        return next(iter(await self.limit(1).aall()), None)

    def count(self) -> int:
        """How many there are; they are fetched to be counted."""
        return len(self.all())

    async def acount(self) -> int:
        """How many there are; they are fetched to be counted."""
        return len(await self.aall())

    def __iter__(self) -> Iterator[ItemT_co]:
        return iter(self.all())

    async def __aiter__(self) -> AsyncIterator[ItemT_co]:
        for item in await self.aall():
            yield item

    def __len__(self) -> NoReturn:
        raise TypeError("the length is not known before everything is fetched: count() tells it, all() gives a list")

    def __repr__(self) -> str:
        from pygen.runtime.wording import branch_words

        return f"<part of {branch_words(self._branch, self._branch.relation.where)}>"

    def _session(self) -> Session:
        return _state.session_of(self._owner, f"ask about {self._branch.relation.where}")

    def _plan(self) -> Plan[list[ItemT_co]]:
        from pygen.runtime.relations import find_plan

        found = yield from find_plan(self._branch, [self._owner], self._session())
        return list(found(self._owner))


def _count_plan(relation: Relation, owner: PygenResource) -> Plan[int]:
    from pygen.runtime.relations import count_related_plan

    if (found := relation.found(owner)) is not _state.MISSING:
        return len(found)
    counted = yield from count_related_plan(relation, owner)
    return counted
