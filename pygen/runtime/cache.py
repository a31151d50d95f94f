"""
Answers kept for a while, so that the same question is not asked twice.

What is kept are bytes. Every caller gets objects of its own, read anew, so nobody sees another one's changes.
"""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable
from hashlib import sha256
from typing import Any, Final, NamedTuple, TypeVar

from pygen.client.calls import Answer, Call, Plan
from pygen.client.exceptions import DmsError, DmsTransportError
from pygen.client.jobs import Job

__all__ = ["CachedJob", "ResultCache", "cached_plan"]

ResultT = TypeVar("ResultT")

_PATHS: Final = frozenset(f"/models/instances/{name}" for name in ("list", "byids", "query", "search", "aggregate"))
"""What is kept. Not the change feed: asking it again is its whole point."""

_ENTRY_BYTES: Final = 1000
"""What an entry takes beside its answer, roughly."""

_SEARCH_LAG_S: Final = 10.0
"""How long the search backend may lag behind a write; seconds [inferred] (dms-api.md 7.2)."""


class _Entry(NamedTuple):
    """
    An answer that is kept.

    Attributes:
        answer: Without its value.
        until: When it becomes too old, by the cache's clock.
    """

    answer: Answer
    until: float

    @property
    def size_bytes(self) -> int:
        """What it takes, roughly."""
        return len(self.answer.content) + _ENTRY_BYTES


class ResultCache:
    """
    Answers of a client, by question; the one that was not used for longest makes room for a new one.

    Kept are answers of instance endpoints that only read. Everything is forgotten when the client writes or deletes;
    what others write is seen when an answer has become too old. Clients may share a cache, and with it the memory: they
    do not see each other's answers, since they may be allowed to read different things.

    Args:
        max_bytes: Most memory for answers, in bytes; a larger answer is not kept.
        ttl_s: How long an answer is used, in seconds.
        clock: Tells seconds; for tests.

    Attributes:
        max_bytes: Most memory for answers, in bytes.
        ttl_s: How long an answer is used, in seconds.
        hits: Questions that were answered from here.
        misses: Questions that were not, although their answers can be kept.

    Raises:
        ValueError: A limit is not above 0.

    Example:
        >>> client = WindfarmClient.from_env(cache=ResultCache(ttl_s=300))
    """

    def __init__(
        self, *, max_bytes: int = 64 * 1024 * 1024, ttl_s: float = 60, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if max_bytes <= 0 or not ttl_s > 0:
            raise ValueError(f"max_bytes and ttl_s are above 0, not {max_bytes!r} and {ttl_s!r}; leave the cache out")
        self.max_bytes = max_bytes
        self.ttl_s = ttl_s
        self.hits = 0
        self.misses = 0
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: OrderedDict[tuple[int, bytes], _Entry] = OrderedDict()
        self._size_bytes = 0
        self._epoch = 0
        self._searchable_from = float("-inf")

    @property
    def size_bytes(self) -> int:
        """What the kept answers take, roughly."""
        return self._size_bytes

    @property
    def epoch(self) -> int:
        """Grows whenever everything is forgotten: an answer asked for in an earlier epoch is not kept."""
        return self._epoch

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"<cache of {len(self)} answers, {self.hits} hits, {self.misses} misses>"

    def find(self, call: Call, scope: int = 0) -> Answer | None:
        """
        The kept answer to a call, read anew; None: it has to be asked.

        Args:
            call: The call.
            scope: Whose answers are looked at.
        """
        key = _key(call, scope)
        if key is None:
            return None
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and entry.until <= self._clock():
                self._forget(key)
                entry = None
            if entry is None:
                self.misses += 1
                return None
            self._entries.move_to_end(key)
            self.hits += 1
        if call.read is None:
            return entry.answer
        try:
            return entry.answer._replace(value=call.read(entry.answer))
        except DmsTransportError:  # as for a fresh answer that cannot be read: it is asked for again
            with self._lock:
                self._forget(key)
            return None

    def keep(self, call: Call, answer: Answer, *, since: int, scope: int = 0) -> None:
        """
        Keep an answer.

        Args:
            call: What was asked.
            answer: The answer.
            since: The epoch when it was asked for: a write that came in between makes it worthless.
            scope: Whose answer it is.
        """
        key = _key(call, scope)
        if key is None:
            return
        with self._lock:
            now = self._clock()
            entry = _Entry(answer._replace(value=None), now + self.ttl_s)
            is_stale = call.family == "search" and now < self._searchable_from
            if since != self._epoch or is_stale or entry.size_bytes > self.max_bytes:
                return
            self._forget(key)
            self._entries[key] = entry
            self._size_bytes += entry.size_bytes
            while self._size_bytes > self.max_bytes:
                self._forget(next(iter(self._entries)))

    def clear(self) -> None:
        """Forget everything, also what is being asked right now."""
        with self._lock:
            self._epoch += 1
            self._entries.clear()
            self._size_bytes = 0

    def written(self) -> None:
        """Forget everything because something was, or may have been, written."""
        with self._lock:
            self._searchable_from = self._clock() + _SEARCH_LAG_S  # before what is asked now may be kept again
        self.clear()

    def _forget(self, key: tuple[int, bytes]) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._size_bytes -= entry.size_bytes


def _key(call: Call, scope: int) -> tuple[int, bytes] | None:
    """What a question is known by; None where answers are not kept."""
    if call.repeat != "read" or call.path not in _PATHS or not call.of_project or call.params:
        return None
    try:
        question = json.dumps([call.path, call.body], sort_keys=True, separators=(",", ":"), default=repr)
    except (TypeError, ValueError):  # it is no JSON; the client says so when it is sent
        return None
    return scope, sha256(question.encode()).digest()


def cached_plan(plan: Plan[ResultT], cache: ResultCache, scope: int) -> Plan[ResultT]:
    """The same plan, answered from the cache where that is possible."""
    outcome: Any = None
    error: DmsError | None = None
    try:
        while True:
            step = plan.send(outcome) if error is None else plan.throw(error)
            outcome, error = None, None
            try:
                outcome = yield from (_ask(step, cache, scope) if isinstance(step, Call) else _work(step, cache, scope))
            except DmsError as raised:
                error = raised
    except StopIteration as done:
        result: ResultT = done.value
        return result
    finally:
        plan.close()


def _ask(call: Call, cache: ResultCache, scope: int) -> Generator[Call, Answer, Answer]:
    if call.repeat != "read":
        try:
            answer = yield call
        finally:
            cache.written()  # also what was asked meanwhile, and also after a failure: it may have been carried out
        return answer
    found = cache.find(call, scope)
    if found is None:
        since = cache.epoch
        found = yield call
        cache.keep(call, found, since=since, scope=scope)
    return found


def _work(job: Job[Any], cache: ResultCache, scope: int) -> Generator[Job[Any], list[Any], list[Any]]:
    cached = CachedJob(job, cache, scope)
    results: list[Any] = []
    try:
        while not cached.is_done:
            results += yield cached
    finally:
        cached.abandon()
    return results


class CachedJob(Job[ResultT]):
    """
    A job that is answered from the cache where that is possible.

    Whoever drives it comes to an end after each answer from the cache, so that its results are handed out before the
    next ones are read; then the job is driven again, until `is_done`.

    Attributes:
        is_done: Whether there is nothing more to drive.
    """

    def __init__(self, job: Job[ResultT], cache: ResultCache, scope: int) -> None:
        self.is_done = False
        self._job = job
        self._cache = cache
        self._scope = scope
        self._asked: dict[int, int] = {}
        self._writing = 0

    @property
    def parallel(self) -> int:  # type: ignore[override]  # what the other one says, also when it changes
        """Most calls under way at once."""
        return self._job.parallel

    def next_call(self) -> Call | None:
        """A call that the cache has no answer to."""
        call = self._job.next_call()
        self.is_done = call is None
        if call is None:
            return None
        found = self._cache.find(call, self._scope)
        if found is not None:
            self._job.finish(call, found)
            return None
        self._asked[id(call)] = self._cache.epoch
        self._writing += call.repeat != "read"
        return call

    def finish(self, call: Call, outcome: Answer | DmsError) -> None:
        """Keep a good answer."""
        since = self._asked.pop(id(call))
        if call.repeat != "read":
            self._writing -= 1
            self._cache.written()
        elif isinstance(outcome, Answer):
            self._cache.keep(call, outcome, since=since, scope=self._scope)
        self._job.finish(call, outcome)

    def results(self) -> Iterable[ResultT]:
        """What has become known since this was asked last."""
        return self._job.results()

    def abandon(self) -> None:
        """Nobody waits for what is under way; it may be carried out all the same."""
        if self._writing:
            self._cache.written()
