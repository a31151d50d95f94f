"""Lists: what is asked for page by page, how far ahead, and what a list that is left early leaves behind."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import Executor, Future
from threading import Event
from typing import Any
from weakref import WeakSet

import httpx
import pytest

from pygen.client import DmsRequestError, DmsTransportError, Page
from pygen.client.calls import Answer, Call
from pygen.client.exceptions import DmsError
from pygen.client.jobs import drive
from pygen.client.paging import PageJob, PageSize, page_of
from tests.support.canned import Asked, Canned, Run, both, refusal


class Rows:
    """
    A list of numbers: a page starts where its cursor says.

    Args:
        count: How many there are.
        slow_from: A page of so many takes the service too long.
        cap: Most rows of a page, whatever is asked for.
    """

    def __init__(self, count: int, *, slow_from: int = 10_000, cap: int = 1000) -> None:
        self.count = count
        self.slow_from = slow_from
        self.cap = cap

    def __call__(self, asked: Asked) -> dict[str, Any] | httpx.Response:
        """The page."""
        limit, start = asked.body["limit"], int(asked.body.get("cursor", "0"))
        if limit >= self.slow_from:
            return refusal(408, "Graph query timed out.")
        end = min(start + min(limit, self.cap), self.count)
        page: dict[str, Any] = {"items": [{"row": row} for row in range(start, end)]}
        return page if end == self.count else page | {"nextCursor": str(end)}


def rows_of(items: Sequence[Any]) -> list[int]:
    """The rows by number."""
    return [item["row"] for item in items]


def limits(canned: Canned) -> list[int]:
    """How many were asked for, page by page."""
    return [body["limit"] for body in canned.bodies]


@both
@pytest.mark.parametrize(
    ("limit", "chunk_size", "rows", "asked"),
    [
        (None, 10, 25, [10, 10, 10]),
        (None, 1000, 25, [1000]),
        (25, 10, 25, [10, 10, 5]),
        (20, 10, 20, [10, 10]),
        (3, 10, 3, [3]),
        (1, 1, 1, [1]),
        (99, 10, 25, [10, 10, 10]),
        (0, 10, 0, []),
    ],
)
def test_limits_and_pages(run: Run, limit: int | None, chunk_size: int, rows: int, asked: list[int]) -> None:
    """No more rows are asked for than are wanted, and no page is asked for after the last one."""
    canned = Canned(Rows(25))
    assert list(range(rows)) == rows_of(
        run(canned, lambda client: client.instances.list(limit=limit, chunk_size=chunk_size))
    )
    assert asked == limits(canned)


@both
def test_short_pages_count_as_what_they_hold(run: Run) -> None:
    """Of a page that is shorter than asked for, the rest is asked for again (dms-api.md 2.2)."""
    canned = Canned(Rows(25, cap=4))
    assert list(range(10)) == rows_of(run(canned, lambda client: client.instances.list(limit=10, chunk_size=6)))
    assert [6, 6, 2] == limits(canned)


@both
def test_empty_pages_are_not_the_end(run: Run) -> None:
    """A list ends where there is no cursor (dms-api.md 12.5)."""
    pages: Iterator[dict[str, Any]] = iter(
        [{"items": [], "nextCursor": "a"}, {"items": [{"row": 1}], "nextCursor": "b"}, {"items": []}]
    )
    canned = Canned(lambda asked: next(pages))
    assert [1] == rows_of(run(canned, lambda client: client.instances.list()))
    assert [None, "a", "b"] == [body.get("cursor") for body in canned.bodies]


@both
def test_a_cursor_goes_on_where_a_list_was_left(run: Run) -> None:
    """The cursor of the last page used, also of one that a limit has ended, starts the rest of the list."""
    canned = Canned(Rows(25))
    first = run(canned, lambda client: client.instances.list(limit=12, chunk_size=10).pages())
    assert [("10", 10), ("12", 2)] == [(page.next_cursor, len(page.items)) for page in first]
    rest = run(canned, lambda client: client.instances.list(cursor=first[-1].next_cursor))
    assert list(range(12, 25)) == rows_of(rest)


def test_a_list_is_fetched_anew_by_each_iteration() -> None:
    """Nothing is asked for before, and nothing is kept."""
    canned = Canned(Rows(3))
    with canned.client() as client:
        listing = client.instances.list()
        assert [] == canned.asked
        assert "<list that is fetched by iterating over it>" == repr(listing)
        assert [[0, 1, 2], [0, 1, 2]] == [rows_of(list(listing)), rows_of(listing.all())]
    assert 2 == len(canned.asked)


def test_an_asynchronous_list_is_fetched_anew_by_each_iteration() -> None:
    """Nothing is asked for before, and nothing is kept."""
    canned = Canned(Rows(3))

    async def read() -> list[list[int]]:
        async with canned.async_client() as client:
            listing = client.instances.list()
            assert [] == canned.asked
            assert "<list that is fetched by iterating over it with async for>" == repr(listing)
            return [rows_of([row async for row in listing]), rows_of(await listing.all())]

    assert [[0, 1, 2], [0, 1, 2]] == asyncio.run(read())
    assert 2 == len(canned.asked)


# pages that are too big


@both
def test_pages_that_take_too_long_are_halved_and_grow_again(run: Run) -> None:
    """A 408 halves the page, and each three good ones double it; every row comes once."""
    canned = Canned(Rows(700, slow_from=100))
    assert list(range(700)) == rows_of(run(canned, lambda client: client.instances.list(chunk_size=200)))
    assert [200, 100, 50, 50, 50, 100, 50, 50, 50, 100, 50, 50, 50, 100, 50, 50, 50, 100, 50, 50] == limits(canned)


@both
def test_a_page_that_takes_too_long_however_small_is_an_error(run: Run) -> None:
    """Ten rows are not asked for one by one, and the same page is not asked for twice."""
    canned = Canned(Rows(100, slow_from=1))
    with pytest.raises(DmsRequestError, match="Graph query timed out"):
        run(canned, lambda client: client.instances.list(chunk_size=50))
    assert [50, 25, 12, 10] == limits(canned)


@both
@pytest.mark.parametrize("status", [400, 403])
def test_other_refusals_end_the_list(run: Run, status: int) -> None:
    """What the service refuses for another reason is not asked for in another size."""
    canned = Canned(lambda asked: refusal(status))
    with pytest.raises(DmsRequestError):
        run(canned, lambda client: client.instances.list())
    assert 1 == len(canned.asked)


def test_schema_lists_are_halved_too() -> None:
    """The limit stands in the query there."""

    def answer(asked: Asked) -> dict[str, Any] | httpx.Response:
        return refusal(408) if int(asked.params["limit"]) > 300 else {"items": []}

    canned = Canned(answer)
    with canned.client() as client:
        assert [] == client.spaces.list(chunk_size=1000).all()
    assert ["1000", "500", "250"] == [asked.params["limit"] for asked in canned.asked]


@pytest.mark.parametrize(
    ("most", "asked", "halved"), [(1000, 1000, 500), (1000, 11, 10), (1000, 10, None), (5, 5, None), (1000, 7, None)]
)
def test_no_page_becomes_smaller_than_ten_rows(most: int, asked: int, halved: int | None) -> None:
    """Halving ends where it cannot help."""
    size = PageSize(most)
    assert (halved is not None) == size.shrink(asked)
    assert (halved or most) == size.now


def test_a_page_grows_to_what_was_asked_for_and_no_further() -> None:
    """Three good pages double it; one that failed starts the count anew."""
    size = PageSize(100)
    size.shrink(100)
    size.shrink(50)
    seen = []
    for good in (True, True, False, True, True, True, True, True, True, True):
        if good:
            size.succeed()
        else:
            size.shrink(size.now)
        seen.append(size.now)
    assert [25, 25, 12, 12, 12, 24, 24, 24, 48, 48] == seen
    for _ in range(9):
        size.succeed()
    assert 100 == size.now


# ahead


class AtOnce(Executor):
    """Calls are done when they are submitted."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do the call."""
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class Row:
    """An item that tells whether anybody still has it."""


def test_one_page_is_fetched_ahead_and_two_are_in_memory() -> None:
    """While a page is used, the next one may have come already, but not the one after it; those before are gone."""
    sent: list[str | None] = []
    alive: WeakSet[Row] = WeakSet()

    def make(size: int, cursor: str | None) -> Call:
        return Call("test", "/rows", {"limit": size, "cursor": cursor})

    def send(call: Call) -> Answer:
        assert call.body is not None
        sent.append(call.body["cursor"])
        rows = [Row() for _ in range(3)]
        alive.update(rows)
        return Answer(b"", "test", "plant", value=Page(rows, str(len(sent)) if len(sent) < 9 else None))

    job = PageJob[Row](make, limit=None, chunk_size=3, cursor=None)
    seen = []
    for number, page in enumerate(drive(job, send, AtOnce), start=1):
        seen.append((number, len(sent), len(alive)))
        del page
    ahead = [(number, number + 1, 6) for number in range(2, 9)]
    assert [(1, 2, 6), *ahead, (9, 9, 3)] == seen


def test_the_next_page_is_under_way_while_one_is_used() -> None:
    """The second page has been asked for before anybody wants a row of it, and nothing else has."""
    asked, answer = Event(), Event()

    def rows(request: Asked) -> dict[str, Any]:
        if request.body.get("cursor") is not None:
            asked.set()
            answer.wait(20)
        found = Rows(5)(request)
        assert isinstance(found, dict)
        return found

    canned = Canned(rows)
    with canned.client() as client:
        found = iter(client.instances.list(chunk_size=2))
        assert {"row": 0} == next(found)
        assert asked.wait(20)
        assert [None, "2"] == [body.get("cursor") for body in canned.bodies]
        assert {"row": 1} == next(found)
        answer.set()
        assert [2, 3, 4] == rows_of(list(found))


def test_an_asynchronous_list_that_is_left_early_cancels_the_next_page() -> None:
    """The request under way ends with the iteration, not some time later."""
    ended: list[str] = []
    begun = asyncio.Event()

    class Slow(httpx.AsyncBaseTransport):
        """Answers the first page only."""

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            """The first page at once, the second never."""
            if "cursor" not in json.loads(await request.aread()):
                return httpx.Response(200, json={"items": [{"row": 0}], "nextCursor": "1"})
            begun.set()
            try:
                return await asyncio.Future()
            finally:
                ended.append("1")

    async def read() -> None:
        async with Canned(Rows(1), transport=Slow()).async_client() as client:
            pages = client.instances.list().pages()
            assert [{"row": 0}] == (await anext(pages)).items
            await begun.wait()
            await pages.aclose()
            assert ["1"] == ended
            assert 0 == client.budget.under_way("read")

    asyncio.run(read())


def test_a_list_that_is_left_early_is_over() -> None:
    """Its generator is closed when nobody has it any more, and the client closes without waiting for more pages."""
    canned = Canned(Rows(100))
    with canned.client() as client:
        for _ in client.instances.list(chunk_size=10):
            break
        gc.collect()
    assert len(canned.asked) <= 2


@both
def test_an_error_comes_after_the_rows_before_it(run: Run) -> None:
    """A page that fails does not take away the page before it."""
    rows: list[int] = []

    def answer(asked: Asked) -> dict[str, Any] | httpx.Response:
        return refusal(400) if asked.body.get("cursor") else Rows(5)(asked)

    def read(client: Any) -> Iterator[Any]:
        for row in client.instances.list(chunk_size=2):
            rows.append(row["row"])
            yield row

    async def read_async(client: Any) -> AsyncIterator[Any]:
        async for row in client.instances.list(chunk_size=2):
            rows.append(row["row"])
            yield row

    canned = Canned(answer)
    with pytest.raises(DmsRequestError):
        run(canned, lambda client: (read_async if hasattr(client, "aclose") else read)(client))
    assert [0, 1] == rows


# answers that are none


@both
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>", "the answer is not JSON"),
        (b"\xff", "the answer is not JSON"),
        (b"", "the answer is a JSON NoneType, not an object"),
        (b"[]", "the answer is a JSON list, not an object"),
        (b"{}", "the answer has no items"),
        (b'{"items": 1}', "the answer has no items"),
        (b'{"items": null}', "the answer has no items"),
        (b'{"items": {"a": 1}}', "the answer has no items"),
        (b'{"items": [1]}', "an item of the answer is no JSON object"),
        (b'{"items": [null]}', "an item of the answer is no JSON object"),
        (b'{"items": [], "nextCursor": 7}', "the cursor of the next page is not a text"),
        (b'{"items": [], "typing": []}', "typing of the answer is no JSON object"),
    ],
)
def test_answers_that_are_no_page(run: Run, content: bytes, message: str) -> None:
    """They are asked for again a few times, and then an error says what is wrong with them."""
    headers = {"x-request-id": "r9"}
    canned = Canned(lambda asked: httpx.Response(200, content=content, headers=headers))
    with pytest.raises(DmsTransportError, match=rf"instances.list: {message} \(gave up after 4 .*, request id r9\)"):
        run(canned, lambda client: client.instances.list())
    assert 4 == len(canned.asked)


@both
def test_a_list_that_goes_in_a_circle_is_an_error(run: Run) -> None:
    """A page whose next one has its own cursor would come for ever."""
    canned = Canned(lambda asked: {"items": [{"row": 1}], "nextCursor": "same"})
    with pytest.raises(DmsTransportError, match="would never end"):
        run(canned, lambda client: client.instances.list().all())
    assert 2 == len(canned.asked)


@both
def test_a_cut_answer_is_asked_for_again(run: Run) -> None:
    """One that ends early costs a request, and no rows."""
    contents = iter([b'{"items": [{"row": 0}, {"ro', b'{"items": [{"row": 0}, {"row": 1}]}'])
    canned = Canned(lambda asked: next(contents))
    assert [0, 1] == rows_of(run(canned, lambda client: client.instances.list()))


def test_a_page_knows_the_types_where_they_were_asked_for() -> None:
    """`typing` stands beside the items; a null cursor is none."""
    answer = Answer(b'{"items": [{}], "nextCursor": null, "typing": {"sp": {}}}', "instances.list", "plant")
    assert Page([{}], None, {"sp": {}}) == page_of(answer)
    assert Page([0]) == page_of(answer._replace(content=b'{"items": [{}]}'), len)


def test_a_job_passes_on_errors_that_are_no_answers() -> None:
    """No connection is no reason for a smaller page."""
    job = PageJob[Any](lambda size, cursor: Call("test", "/", paged=True), limit=None, chunk_size=50, cursor=None)
    call = job.next_call()
    assert call is not None
    assert job.next_call() is None
    with pytest.raises(DmsError, match="no connection"):
        job.finish(call, DmsTransportError("no connection"))
