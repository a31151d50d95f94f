"""
Work in several requests, some of them at once: what to send next, and what has come of it.

A job sends nothing and waits for nothing. The drivers do, one for each client: they ask it for calls while fewer than
`parallel` are under way, tell it what became of each, and hand its results out as they come. The next calls are under
way while the caller uses the results of those before; only so many are, so memory does not grow with the work.
"""

from __future__ import annotations

import asyncio
import contextvars
from abc import ABC, abstractmethod
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Collection,
    Coroutine,
    Generator,
    Iterable,
    Iterator,
    Sequence,
)
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from itertools import islice
from typing import Any, Generic, TypeVar, cast

from pygen.client.calls import Answer, Call
from pygen.client.exceptions import DmsError

__all__ = ["Chunks", "Fed", "Job", "drive", "drive_async"]

ResultT = TypeVar("ResultT")
ItemT = TypeVar("ItemT")
_FlightT = TypeVar("_FlightT", "Future[Answer]", "asyncio.Task[Answer]")


class Job(ABC, Generic[ResultT]):
    """
    Several calls that belong together.

    Attributes:
        parallel: Most calls under way at once.
    """

    parallel: int = 1

    @abstractmethod
    def next_call(self) -> Call | None:
        """A call that can be sent now; None: there is none until another one has finished, or the job is done."""

    @abstractmethod
    def finish(self, call: Call, outcome: Answer | DmsError) -> None:
        """
        Take what became of a call.

        Raises:
            DmsError: The job cannot go on; nothing more is sent.
        """

    @abstractmethod
    def results(self) -> Iterable[ResultT]:
        """What has become known since this was asked last."""


class Fed(Job[ResultT], Generic[ItemT, ResultT]):
    """A job whose input comes from an iterator, bit by bit."""

    @abstractmethod
    def wanted(self) -> int:
        """How many more items can be taken now; 0 while there is enough to do, or after the last one."""

    @abstractmethod
    def feed(self, items: Sequence[ItemT], *, last: bool) -> None:
        """Take items; *last* says that no more will come."""


class Chunks(Job[ResultT], Generic[ResultT]):
    """
    Calls that do not depend on each other; results are what `Call.read` made of the answers, in order.

    The first refusal ends it.
    """

    def __init__(self, calls: Iterable[Call], *, parallel: int = 4) -> None:
        self.parallel = parallel
        self._calls = enumerate(calls)
        self._places: dict[int, int] = {}
        self._ready: dict[int, ResultT] = {}
        self._told = 0

    def next_call(self) -> Call | None:
        """The next chunk."""
        for place, call in self._calls:
            self._places[id(call)] = place
            return call
        return None

    def finish(self, call: Call, outcome: Answer | DmsError) -> None:
        """Keep the result until those before it are there."""
        place = self._places.pop(id(call))
        if isinstance(outcome, DmsError):
            raise outcome
        self._ready[place] = outcome.value

    def results(self) -> Iterator[ResultT]:
        """The results that follow those told before, without a gap."""
        while self._told in self._ready:
            yield self._ready.pop(self._told)
            self._told += 1


def drive(
    job: Job[ResultT],
    send: Callable[[Call], Answer],
    executor: Callable[[], Executor],
    *,
    source: Iterable[Any] | None = None,
) -> Generator[ResultT, None, None]:
    """
    Do a job with blocking requests.

    Args:
        job: What to do.
        send: Sends one call.
        executor: Where calls run while the caller uses results; asked for when there is one.
        source: Where a `Fed` job's items come from; read in the caller's thread.
    """
    flying: dict[Future[Answer], Call] = {}
    fed = _as_fed(job)
    items = iter(source) if source is not None else None
    try:
        while True:
            while len(flying) < job.parallel:
                if fed is not None and items is not None and (wanted := fed.wanted()):
                    yield from job.results()  # the source may take its time, or fail
                    taken = list(islice(items, wanted))
                    fed.feed(taken, last=len(taken) < wanted)
                    continue
                call = job.next_call()
                if call is None:
                    break
                context = contextvars.copy_context()
                flying[executor().submit(context.run, send, call)] = call
            yield from job.results()
            if not flying:
                return
            _land(job, flying, wait(flying, return_when=FIRST_COMPLETED).done)
    finally:
        for future in flying:
            future.cancel()


def _as_fed(job: Job[ResultT]) -> Fed[Any, ResultT] | None:
    return cast("Fed[Any, ResultT]", job) if isinstance(job, Fed) else None


def _land(job: Job[Any], flying: dict[_FlightT, Call], done: Collection[_FlightT]) -> None:
    """Tell the job of calls that have finished, in the order in which they were sent; keep none of the answers."""
    for flight in [each for each in flying if each in done]:
        job.finish(flying.pop(flight), _outcome(flight))


def _outcome(future: Future[Answer] | asyncio.Task[Answer]) -> Answer | DmsError:
    try:
        return future.result()
    except DmsError as error:
        return error


async def drive_async(
    job: Job[ResultT],
    send: Callable[[Call], Coroutine[Any, Any, Answer]],
    spawn: Callable[[Coroutine[Any, Any, Answer]], asyncio.Task[Answer]],
    *,
    source: Iterable[Any] | AsyncIterable[Any] | None = None,
) -> AsyncGenerator[ResultT, None]:
    """
    Do a job with asynchronous requests.

    The requests are tasks of the running event loop; those under way are cancelled when the iterator is closed or the
    caller is cancelled.

    Args:
        job: What to do.
        send: Sends one call.
        spawn: Makes a task of it.
        source: Where a `Fed` job's items come from.
    """
    flying: dict[asyncio.Task[Answer], Call] = {}
    fed = _as_fed(job)
    items = _Items(source) if source is not None else None
    try:
        while True:
            while len(flying) < job.parallel:
                if fed is not None and items is not None and (wanted := fed.wanted()):
                    for result in job.results():  # the source may take its time, or fail
                        yield result
                    taken = await items.take(wanted)
                    fed.feed(taken, last=len(taken) < wanted)
                    continue
                call = job.next_call()
                if call is None:
                    break
                flying[spawn(send(call))] = call
            for result in job.results():
                yield result
                del result  # a page of it may be large, and the next one is on its way
            if not flying:
                return
            _land(job, flying, (await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED))[0])
    finally:
        for task in flying:
            task.cancel()
        await asyncio.gather(*flying, return_exceptions=True)


class _Items(Generic[ItemT]):
    """Takes items from an iterable of either kind."""

    def __init__(self, source: Iterable[ItemT] | AsyncIterable[ItemT]) -> None:
        if isinstance(source, AsyncIterable):
            self._later: AsyncIterator[ItemT] | None = aiter(source)
            self._now: Iterator[ItemT] = iter(())
        else:
            self._later = None
            self._now = iter(source)

    async def take(self, count: int) -> list[ItemT]:
        """As many items as there are, up to *count*."""
        if self._later is None:
            return list(islice(self._now, count))
        taken: list[ItemT] = []
        while len(taken) < count:
            try:
                taken.append(await anext(self._later))
            except StopAsyncIteration:
                break
        return taken
