"""Work in several requests: how many are under way, what is told when, and what becomes of it when it ends early."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from pygen.client.calls import Answer, Call
from pygen.client.exceptions import DmsError, DmsRequestError
from pygen.client.jobs import Chunks, Fed, drive, drive_async

ResultT = TypeVar("ResultT")


def call(number: int) -> Call:
    """A call that is known by its number."""
    return Call("test", f"/{number}")


def number_of(sent: Call) -> int:
    """The number of a call."""
    return int(sent.path[1:])


def answer(sent: Call) -> Answer:
    """Ten times the number of the call."""
    return Answer(b"", sent.operation, "plant", value=number_of(sent) * 10)


class LastFirst(Executor):
    """The call that came last is done as soon as two are under way; the others are done when a test says so."""

    def __init__(self) -> None:
        self.flights: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, fn: Callable[..., ResultT], /, *args: Any, **kwargs: Any) -> Future[ResultT]:
        """Keep the call, or do it."""
        future: Future[ResultT] = Future()
        self.flights.append((future, lambda: fn(*args, **kwargs)))
        if len(self.flights) == 2:
            self.land()
        return future

    def land(self) -> None:
        """Do the call that came last."""
        future, work = self.flights.pop()
        future.set_result(work())


class AtOnce(Executor):
    """Calls are done when they are submitted."""

    def submit(self, fn: Callable[..., ResultT], /, *args: Any, **kwargs: Any) -> Future[ResultT]:
        """Do the call."""
        future: Future[ResultT] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except DmsError as error:
            future.set_exception(error)
        return future


class Doubles(Fed[int, int]):
    """A job that is fed with numbers, three at a time, and makes a call of each."""

    parallel = 2

    def __init__(self) -> None:
        self.windows: list[tuple[list[int], bool]] = []
        self._waiting: list[int] = []
        self._under_way = 0
        self._all = False
        self._ready: list[int] = []

    def wanted(self) -> int:
        """Three, as soon as those before are done."""
        return 0 if self._all or self._waiting or self._under_way else 3

    def feed(self, items: Sequence[int], *, last: bool) -> None:
        """Take a window."""
        self.windows.append((list(items), last))
        self._waiting, self._all = list(items), last

    def next_call(self) -> Call | None:
        """The next number's."""
        if not self._waiting:
            return None
        self._under_way += 1
        return call(self._waiting.pop(0))

    def finish(self, call: Call, outcome: Answer | DmsError) -> None:
        """Keep the answer."""
        self._under_way -= 1
        assert isinstance(outcome, Answer)
        self._ready.append(outcome.value)

    def results(self) -> Iterator[int]:
        """The answers, as they came."""
        while self._ready:
            yield self._ready.pop(0)


def asynchronously(job: Any, source: Any = None) -> list[Any]:
    """Do a job with requests that are answered as soon as anybody waits."""

    async def send(sent: Call) -> Answer:
        await asyncio.sleep(0)
        return answer(sent)

    async def run() -> list[Any]:
        return [result async for result in drive_async(job, send, asyncio.create_task, source=source)]

    return asyncio.run(run())


def synchronously(job: Any, source: Any = None) -> list[Any]:
    """Do a job with requests that are answered at once."""
    return list(drive(job, answer, AtOnce, source=source))


both = pytest.mark.parametrize("do", [synchronously, asynchronously])


@both
@pytest.mark.parametrize("parallel", [1, 2, 9])
def test_results_are_in_the_order_of_the_calls(do: Callable[..., list[Any]], parallel: int) -> None:
    """However many calls are under way, each result comes once and in its place."""
    assert [0, 10, 20, 30, 40] == do(Chunks(map(call, range(5)), parallel=parallel))


@both
def test_nothing_to_do_is_done(do: Callable[..., list[Any]]) -> None:
    """A job without calls has no results."""
    assert [] == do(Chunks([]))


def test_only_so_many_calls_are_under_way() -> None:
    """A new call starts when another has finished, not before; results that came out of order wait for their turn."""
    executor = LastFirst()
    told: list[str] = []

    def calls() -> Iterator[Call]:
        for number in range(4):
            told.append(f"begin {number}")
            yield call(number)
        executor.land()

    def send(sent: Call) -> Answer:
        told.append(f"end {number_of(sent)}")
        return answer(sent)

    assert [0, 10, 20, 30] == list(drive(Chunks(calls(), parallel=2), send, lambda: executor))
    assert ["begin 0", "begin 1", "end 1", "begin 2", "end 2", "begin 3", "end 3", "end 0"] == told


def test_only_so_many_tasks_are_under_way() -> None:
    """The same, in an event loop: the first call takes longest."""
    told: list[str] = []
    last = asyncio.Event()

    async def send(sent: Call) -> Answer:
        told.append(f"begin {number_of(sent)}")
        if number_of(sent) == 0:
            await last.wait()
        told.append(f"end {number_of(sent)}")
        if number_of(sent) == 3:
            last.set()
        return answer(sent)

    async def run() -> list[Any]:
        job = Chunks[int](map(call, range(4)), parallel=2)
        return [result async for result in drive_async(job, send, asyncio.create_task)]

    assert [0, 10, 20, 30] == asyncio.run(run())
    assert ["begin 0", "begin 1", "end 1", "begin 2", "end 2", "begin 3", "end 3", "end 0"] == told


def failing(sent: Call) -> Answer:
    """The second call is refused."""
    if number_of(sent) == 1:
        raise DmsRequestError("no", status=400)
    return answer(sent)


def test_a_refusal_ends_it() -> None:
    """The results before are told, then the error is raised, and no other call is made."""
    calls = map(call, range(9))
    results = drive(Chunks[int](calls, parallel=1), failing, AtOnce)
    assert 0 == next(results)
    with pytest.raises(DmsRequestError):
        next(results)
    assert 2 == number_of(next(calls))


def test_a_refusal_ends_what_else_is_under_way() -> None:
    """In an event loop, the other calls are cancelled when one is refused, and have ended when the error is raised."""
    ended: list[int] = []

    async def send(sent: Call) -> Answer:
        await asyncio.sleep(0)
        if number_of(sent) == 1:
            return failing(sent)
        try:
            return await asyncio.Future()
        finally:
            ended.append(number_of(sent))

    async def run() -> None:
        async for _ in drive_async(Chunks[int](map(call, range(9)), parallel=3), send, asyncio.create_task):
            raise AssertionError("there is no result")

    with pytest.raises(DmsRequestError):
        asyncio.run(run())
    assert [0, 2] == sorted(ended)


@pytest.mark.parametrize(
    ("count", "windows"),
    [
        (5, [([0, 1, 2], False), ([3, 4], True)]),
        (3, [([0, 1, 2], False), ([], True)]),
        (0, [([], True)]),
    ],
)
def test_a_job_is_fed_when_it_wants_more(count: int, windows: list[tuple[list[int], bool]]) -> None:
    """Items are taken window by window, and the last one says so, also when it holds nothing."""
    job = Doubles()
    assert [number * 10 for number in range(count)] == synchronously(job, range(count))
    assert windows == job.windows


async def numbers(count: int) -> AsyncIterator[int]:
    """Numbers that come one by one."""
    for number in range(count):
        await asyncio.sleep(0)
        yield number


@pytest.mark.parametrize("source", [range(5), iter(range(5)), numbers(5)], ids=["sequence", "iterator", "asynchronous"])
def test_asynchronous_jobs_are_fed_with_iterables_of_either_kind(source: Iterable[int] | AsyncIterator[int]) -> None:
    """What comes one by one is taken in the same windows."""
    job = Doubles()
    assert [0, 10, 20, 30, 40] == asynchronously(job, source)
    assert [([0, 1, 2], False), ([3, 4], True)] == job.windows


def failing_source() -> Iterator[int]:
    """Three numbers, and no more."""
    yield from range(3)
    raise LookupError("the file is gone")


async def failing_asynchronous_source() -> AsyncIterator[int]:
    """The same, one by one."""
    for number in failing_source():
        yield number


def test_a_source_that_fails_ends_it() -> None:
    """An error of the caller's own iterator is the caller's; the results of what was taken before have been told."""
    results = drive(Doubles(), answer, AtOnce, source=failing_source())
    assert [0, 10, 20] == [next(results) for _ in range(3)]
    with pytest.raises(LookupError, match="the file is gone"):
        next(results)


def test_an_asynchronous_source_that_fails_ends_it() -> None:
    """The same, in an event loop."""

    async def send(sent: Call) -> Answer:
        return answer(sent)

    async def run() -> None:
        results = drive_async(Doubles(), send, asyncio.create_task, source=failing_asynchronous_source())
        assert [0, 10, 20] == [await anext(results) for _ in range(3)]
        with pytest.raises(LookupError, match="the file is gone"):
            await anext(results)

    asyncio.run(run())


def test_closing_early_sends_nothing_more() -> None:
    """A call that waits for a thread is not sent after the results are no longer wanted."""
    flights: list[Future[Any]] = []

    class Busy(Executor):
        """Does the first call, and has no thread for the others."""

        def submit(self, fn: Callable[..., ResultT], /, *args: Any, **kwargs: Any) -> Future[ResultT]:
            """Keep the future."""
            future: Future[ResultT] = Future()
            if not flights:
                future.set_result(fn(*args, **kwargs))
            flights.append(future)
            return future

    results = drive(Chunks[int](map(call, range(9)), parallel=2), answer, Busy)
    assert 0 == next(results)
    results.close()
    assert [False, True, True] == [flight.cancelled() for flight in flights]


def test_closing_early_cancels_tasks() -> None:
    """In an event loop, requests under way are cancelled, and have ended when the results are closed."""
    ended: list[int] = []

    async def send(sent: Call) -> Answer:
        if not number_of(sent):
            return answer(sent)
        try:
            return await asyncio.Future()
        finally:
            ended.append(number_of(sent))

    async def run() -> None:
        results = drive_async(Chunks[int](map(call, range(9)), parallel=3), send, asyncio.create_task)
        assert 0 == await anext(results)
        await asyncio.sleep(0)
        await results.aclose()
        assert [1, 2, 3] == sorted(ended)

    asyncio.run(run())


def test_cancelling_the_caller_cancels_tasks() -> None:
    """Requests do not outlive the task that waits for their results."""
    ended: list[int] = []
    begun = asyncio.Event()

    async def send(sent: Call) -> Answer:
        begun.set()
        try:
            return await asyncio.Future()
        finally:
            ended.append(number_of(sent))

    async def collect() -> None:
        async for _ in drive_async(Chunks([call(7)]), send, asyncio.create_task):
            raise AssertionError("there is no result")

    async def run() -> None:
        task = asyncio.create_task(collect())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [7] == ended

    asyncio.run(run())


TENANT: contextvars.ContextVar[str] = contextvars.ContextVar("TENANT", default="nobody")


def test_calls_see_the_context_of_the_caller() -> None:
    """Context variables, e.g. those of tracing, are those of whoever asks for results, in another thread, too."""

    def send(sent: Call) -> Answer:
        return answer(sent)._replace(value=TENANT.get())

    def ask() -> list[str]:
        TENANT.set("us")
        with ThreadPoolExecutor(1) as executor:
            return list(drive(Chunks[str]([call(1)]), send, lambda: executor))

    assert ["us"] == contextvars.copy_context().run(ask)
