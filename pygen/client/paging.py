"""
Lists, page by page: the next page is on its way while the items of the current one are used.

Two pages are in memory at most, however long the list is.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from pygen.client.calls import Answer, Call, JsonObject
from pygen.client.collector import gc_pause
from pygen.client.exceptions import DmsError, DmsRequestError
from pygen.client.jobs import Job

if TYPE_CHECKING:
    from pygen.client.core import AsyncPygenClient, PygenClient

__all__ = ["AsyncListing", "Listing", "Page", "PageJob", "PageSize", "is_too_slow", "object_of", "page_of"]

ItemT = TypeVar("ItemT")


class Page(NamedTuple, Generic[ItemT]):
    """
    One page of a list.

    Attributes:
        items: What is on it; may be empty although more follows.
        next_cursor: Where the next page starts; None after the last one. Keep it to go on later: it stays valid as
            long as everything else that is asked for stays the same.
        typing: The types of properties, where they were asked for.
    """

    items: list[ItemT]
    next_cursor: str | None = None
    typing: JsonObject | None = None


class PageSize:
    """
    How many items to ask for: half as many after a query that took the service too long (408), more again later.

    Attributes:
        now: How many it is now.
    """

    __slots__ = ("_good", "_most", "now")

    SMALLEST = 10
    """A query that is too slow for so few items is too slow for one."""
    RECOVER_AFTER = 3
    """Good pages in a row before the size doubles."""

    def __init__(self, most: int) -> None:
        self._most = self.now = most
        self._good = 0

    def shrink(self, asked: int) -> bool:
        """Ask for half of what was *asked* for; False where that is pointless."""
        self._good = 0
        if asked <= self.SMALLEST:
            return False
        self.now = max(asked // 2, self.SMALLEST)
        return True

    def succeed(self) -> None:
        """Note a good page."""
        self._good += 1
        if self._good >= self.RECOVER_AFTER and self.now < self._most:
            self.now = min(self.now * 2, self._most)
            self._good = 0


class PageJob(Job[Page[ItemT]]):
    """
    The pages of a list, one call after the other.

    Args:
        make: Makes the call for a page of so many items that starts at a cursor; its `read` makes a `Page`.
        limit: Most items in total; None: all.
        chunk_size: Items of a page.
        cursor: Where to start; None: at the beginning.
    """

    def __init__(
        self, make: Callable[[int, str | None], Call], *, limit: int | None, chunk_size: int, cursor: str | None
    ) -> None:
        self._make = make
        self._left = limit
        self._size = PageSize(chunk_size)
        self._asked = chunk_size
        self._cursor = cursor
        self._busy = False
        self._done = limit == 0
        self._ready: list[Page[ItemT]] = []

    def next_call(self) -> Call | None:
        """The next page; None while one is on its way, or after the last one."""
        if self._done or self._busy:
            return None
        self._busy = True
        self._asked = self._size.now if self._left is None else min(self._size.now, self._left)
        return self._make(self._asked, self._cursor)

    def finish(self, call: Call, outcome: Answer | DmsError) -> None:
        """Keep the page, or ask for a smaller one where the service found it too big."""
        self._busy = False
        if isinstance(outcome, DmsError):
            if call.paged and is_too_slow(outcome) and self._size.shrink(self._asked):
                return
            raise outcome
        self._size.succeed()
        page: Page[ItemT] = outcome.value
        if page.next_cursor is not None and page.next_cursor == self._cursor:
            outcome.refuse("the next page has the cursor of this one, which would never end")
        if self._left is not None:
            page = page._replace(items=page.items[: self._left])
            self._left -= len(page.items)
        self._cursor = page.next_cursor
        self._done = self._cursor is None or self._left == 0
        self._ready.append(page)

    def results(self) -> Iterator[Page[ItemT]]:
        """The page that came last."""
        while self._ready:
            yield self._ready.pop()


def is_too_slow(error: DmsError) -> bool:
    """Whether the service gave up a query because it took too long (dms-api.md 12, 6)."""
    return isinstance(error, DmsRequestError) and error.status == 408


class Listing(Generic[ItemT]):
    """
    A list that is fetched as you go, and again by each iteration.

    Iterate over it for the items, over `pages()` to see the cursors, or call `all()` for a list to keep.
    """

    __slots__ = ("_client", "_job")

    def __init__(self, client: PygenClient, job: Callable[[], PageJob[ItemT]]) -> None:
        self._client = client
        self._job = job

    def __iter__(self) -> Iterator[ItemT]:
        with closing(self.pages()) as pages:
            for page in pages:
                items = iter(page.items)
                del page  # the next one is on its way: this one must go as its items are used up
                yield from items

    def pages(self) -> Generator[Page[ItemT], None, None]:
        """
        The pages; `next_cursor` of the last one used is where to go on another time.

        Example:
            >>> [len(page.items) for page in client.instances.list(chunk_size=3).pages()]
            [3, 2]
        """
        return self._client.work(self._job())

    def all(self) -> list[ItemT]:
        """
        Everything, as a list.

        Example:
            >>> spaces = client.spaces.list().all()
            >>> spaces[0].name
            'Ops model'
        """
        return [item for page in self.pages() for item in page.items]

    def __repr__(self) -> str:
        return "<list that is fetched by iterating over it>"


class AsyncListing(Generic[ItemT]):
    """
    A list that is fetched as you go, and again by each iteration: `async for item in listing`.

    `pages()` shows the cursors; `await listing.all()` is a list to keep.
    """

    __slots__ = ("_client", "_job")

    def __init__(self, client: AsyncPygenClient, job: Callable[[], PageJob[ItemT]]) -> None:
        self._client = client
        self._job = job

    async def __aiter__(self) -> AsyncIterator[ItemT]:
        async with aclosing(self.pages()) as pages:
            async for page in pages:
                items = iter(page.items)
                del page  # the next one is on its way: this one must go as its items are used up
                for item in items:
                    yield item

    def pages(self) -> AsyncGenerator[Page[ItemT], None]:
        """
        The pages; `next_cursor` of the last one used is where to go on another time.

        Example:
            >>> [len(page.items) async for page in client.instances.list(chunk_size=3).pages()]
            [3, 2]
        """
        return self._client.work(self._job())

    async def all(self) -> list[ItemT]:
        """
        Everything, as a list.

        Example:
            >>> spaces = await client.spaces.list().all()
            >>> spaces[0].name
            'Ops model'
        """
        return [item async for page in self.pages() for item in page.items]

    def __repr__(self) -> str:
        return "<list that is fetched by iterating over it with async for>"


def page_of(answer: Answer, read_item: Callable[[Any], ItemT] | None = None) -> Page[ItemT]:
    """
    Read a page of a list.

    Args:
        answer: The answer.
        read_item: Makes something of each item; None leaves it as the JSON it is.

    Raises:
        DmsTransportError: It is no page.
    """
    with gc_pause:
        body = answer.json()
    items: list[Any] = answer.listed(body)
    cursor = body.get("nextCursor")
    if cursor is not None and not isinstance(cursor, str):
        answer.refuse("the cursor of the next page is not a text")
    typing = object_of(answer, body, "typing")
    return Page(items if read_item is None else [read_item(item) for item in items], cursor, typing)


def object_of(answer: Answer, body: JsonObject, key: str) -> JsonObject | None:
    """
    Read an object that an answer may or may not hold.

    Args:
        answer: The answer.
        body: Its body.
        key: Where the object would stand.

    Raises:
        DmsTransportError: Something else stands there.
    """
    found: JsonObject | None = body.get(key)
    if type(found) not in {dict, type(None)}:
        answer.refuse(f"{key} of the answer is no JSON object")
    return found
