"""
How many requests are under way at once, and how fast new ones start: one budget per project in a process.

The service counts requests of all clients of a project together (dms-api.md 1.8), so the clients of a process share one
`Budget`, threads and event loops alike. Each family of endpoints has a line of its own: first come, first served.

After a 429 a family is *hot*: its requests start no faster than a rate, a token bucket of one token. The rate is halved
by a 429 and raised by good answers, so it settles near what the service has left for us; after a quiet minute the
bucket is gone. `Retry-After` pauses the family as a whole.
"""

from __future__ import annotations

import asyncio
import math
import os
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Generator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakValueDictionary

from pygen.client.pace import Pace

if TYPE_CHECKING:
    from types import TracebackType

    from pygen.client.calls import Family

__all__ = ["Budget", "Limits", "NoTurnError", "budget_of"]


class NoTurnError(TimeoutError):
    """A request did not get its turn in time."""


class Limits(NamedTuple):
    """
    Most requests under way at once, for each family of endpoints.

    The service's own defaults are 8 queries, 4 applies and 2 deletes for a whole project (dms-api.md 1.8); one process
    takes half of each, so that it does not starve the others. What a project really has is in its statistics.

    Attributes:
        read: List, retrieve, query, sync.
        search: Search; as many as the Python SDK sends at once (dms-api.md 1.8).
        write: Apply.
        delete: Delete instances.
        schema_read: Read spaces, containers, views, data models and statistics; as many as the Python SDK.
        schema_write: Write and delete them. The service takes one after the other, and refuses what comes at the same
            time with a 409 (dms-api.md 1.8).
        other: Everything else, for which no limit is documented.
    """

    read: int = 4
    search: int = 2
    write: int = 2
    delete: int = 1
    schema_read: int = 2
    schema_write: int = 1
    other: int = 4


LONGEST_WAIT_S = 10.0
"""
Whoever waits looks at least this often whether it is its turn. It is nearly always woken in time; but if the one that
was to start before it, at a certain moment, is gone together with its event loop, nobody knows.
"""


class Budget:
    """
    The turns of a project's requests, shared by all its clients in this process.

    Whoever has the turn must not wait for another one of the same family meanwhile.
    """

    def __init__(self, limits: Limits | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        """
        Start with nothing under way.

        Args:
            limits: Most requests at once; None takes the defaults.
            clock: A clock that never goes back, in seconds.

        Raises:
            ValueError: A limit is less than 1.
        """
        self._limits = _checked(limits or Limits())
        self._clock = clock
        self._renew()

    @property
    def limits(self) -> Limits:
        """
        Most requests at once. They may be changed at any time: with fewer, no new ones start until enough are done.

        Raises:
            ValueError: A limit is set to less than 1.
        """
        return self._limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self._limits = _checked(limits)
        for family, limit in limits._asdict().items():
            self._lines[family].resize(limit)

    def turn(
        self, family: Family, *, timeout_s: float, check: Callable[[], None] | None = None
    ) -> AbstractContextManager[None]:
        """
        Wait for a turn, in a thread; it ends with the `with` block.

        Args:
            family: What kind of request is sent.
            timeout_s: How long to wait at most; 0 or less takes a turn only if there is one at once.
            check: Called before and after each wait; what it raises is raised, and there is no turn. See `wake`.

        Raises:
            NoTurnError: There was none in time; or, without waiting, there cannot be, because the service asked for a
                longer pause. Says what was waited for.
        """
        return _Turn(self._lines[family], timeout_s, check)

    def turn_async(
        self, family: Family, *, timeout_s: float, check: Callable[[], None] | None = None
    ) -> AbstractAsyncContextManager[None]:
        """
        Wait for a turn, in a task of an asyncio event loop; it ends with the `async with` block.

        Arguments and errors are those of `turn`.
        """
        return _AsyncTurn(self._lines[family], timeout_s, check)

    def wake(self) -> None:
        """Let all that wait check whether they still want to."""
        for line in self._lines.values():
            line.wake()

    def throttled(self, family: Family, retry_after_s: float | None) -> None:
        """
        Slow the family down: the service said 429.

        Args:
            family: What kind of request was turned away.
            retry_after_s: How long the service asked to wait; None where it did not say.
        """
        self._lines[family].throttled(retry_after_s)

    def answered(self, family: Family) -> None:
        """Let the family recover a little: the service gave a good answer."""
        self._lines[family].answered()

    def under_way(self, family: Family) -> int:
        """How many have the turn now."""
        return self._lines[family].under_way

    def waiting(self, family: Family) -> int:
        """How many wait for their turn now."""
        return self._lines[family].waiting

    def peak(self, family: Family) -> int:
        """How many had the turn at once, at most, so far."""
        return self._lines[family].peak

    def rate(self, family: Family) -> float | None:
        """How many requests may start in a second; None while there is no such limit."""
        return self._lines[family].rate

    def _renew(self) -> None:
        self._lines: dict[str, _Line] = {
            family: _Line(family, limit, self._clock) for family, limit in self._limits._asdict().items()
        }


def budget_of(base_url: str, project: str, limits: Limits | None = None) -> Budget:
    """
    The budget of a project in this process: the same for all that ask while one of them keeps it.

    A forked child starts with nothing under way, also in the budgets that it inherits.

    Args:
        base_url: The cluster's address.
        project: The CDF project.
        limits: Most requests at once, from now on and for everybody who shares the budget; None changes nothing, and
            a new budget has the defaults.

    Raises:
        ValueError: A limit is less than 1.
    """
    key = (base_url.rstrip("/").lower(), project)
    with _registry.lock:
        budget = _registry.budgets.get(key)
        if budget is None:
            budget = _registry.budgets[key] = Budget(limits)
        elif limits is not None:
            budget.limits = limits
        return budget


class _Registry:
    """The budgets of this process, as long as somebody uses them."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.budgets: WeakValueDictionary[tuple[str, str], Budget] = WeakValueDictionary()

    def after_fork(self) -> None:
        """Forget the turns, and free the locks, of threads that the child does not have."""
        self.lock = threading.Lock()
        for budget in list(self.budgets.values()):
            budget._renew()  # noqa: SLF001 -- nobody else may do this


_registry = _Registry()
if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_registry.after_fork)


def _checked(limits: Limits) -> Limits:
    for family, limit in limits._asdict().items():
        if limit < 1:
            raise ValueError(f"limits.{family} is {limit}: nothing could be sent; 1 is the least")
    return limits


class _Ticket:
    """
    A place in a line.

    Attributes:
        deadline: When it is given up.
        timeout_s: How long that was at the beginning.
        looks_at: When its waiter looks, at the latest, whether it is its turn.
        wake: Makes the waiter look now; False: there is nobody who could. Called with the line's lock held.
    """

    __slots__ = ("deadline", "looks_at", "timeout_s", "wake")

    def __init__(self, now: float, timeout_s: float, wake: Callable[[], bool]) -> None:
        self.deadline = now + timeout_s
        self.timeout_s = timeout_s
        self.looks_at = now
        self.wake = wake


class _Line:
    """
    The tickets of one family: those that wait, first come, first served, and those that have the turn.

    Nothing here waits. A waiter looks; if it does not have the turn, it learns when to look again, and is woken if
    there is a reason to look earlier. Each step leaves a state from which the next one goes right, wherever an
    exception (Ctrl-C) may cut it off.
    """

    def __init__(self, family: str, limit: int, clock: Callable[[], float]) -> None:
        self._family = family
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._pace = Pace()
        self._waiting: OrderedDict[_Ticket, None] = OrderedDict()
        self._inside: set[_Ticket] = set()
        self._left: deque[_Ticket] = deque()
        self._peak = 0

    @property
    def under_way(self) -> int:
        return len(self._inside)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def peak(self) -> int:
        return self._peak

    @property
    def rate(self) -> float | None:
        rate = self._pace.rate(self._clock())
        return None if math.isinf(rate) else rate

    def ticket(self, timeout_s: float, wake: Callable[[], bool]) -> _Ticket:
        """A ticket that is not in the line yet; the first look puts it there."""
        return _Ticket(self._clock(), timeout_s, wake)

    def look(self, ticket: _Ticket) -> float | None:
        """
        See whether it is the ticket's turn.

        Returns:
            None if it is; otherwise how long to wait for being woken before the next look, in seconds.

        Raises:
            NoTurnError: It will not be in time.
        """
        with self._held() as now:
            if ticket not in self._inside:
                self._waiting.setdefault(ticket)
            self._move(now, looking=ticket)
            if ticket in self._inside:
                return None
            self._check_deadline(ticket, now)
            ticket.looks_at = min(ticket.deadline, now + LONGEST_WAIT_S)
            start = self._pace.next_start(now)
            if start > now and ticket is self._first():
                ticket.looks_at = min(ticket.looks_at, start)
            return ticket.looks_at - now

    def leave(self, ticket: _Ticket) -> None:
        """
        Give back the turn, or the place in the line; any number of times.

        May be called at any moment: by the garbage collector, say, which closes coroutines that were dropped, while
        this very thread holds the lock. So it never waits for the lock: whoever has it does the rest.
        """
        self._left.append(ticket)
        self._catch_up()

    def resize(self, limit: int) -> None:
        with self._held() as now:
            self._limit = limit
            self._move(now)

    def throttled(self, retry_after_s: float | None) -> None:
        with self._held() as now:
            self._pace.throttled(now, retry_after_s)
            for ticket in list(self._waiting):
                if ticket.deadline < self._pace.paused_until:
                    ticket.wake()

    def wake(self) -> None:
        with self._held():
            for ticket in list(self._waiting):
                ticket.wake()

    def answered(self) -> None:
        with self._held() as now:
            self._pace.answered(now)
            self._move(now)

    @contextmanager
    def _held(self) -> Generator[float, None, None]:
        """Hold the lock; the value is the moment."""
        try:
            with self._lock:
                yield self._clock()
        finally:
            self._catch_up()

    def _catch_up(self) -> None:
        """Let those go who left while the lock was held, by us or somebody else."""
        while self._left and self._lock.acquire(blocking=False):
            try:
                self._move(self._clock())
            finally:
                self._lock.release()

    def _move(self, now: float, *, looking: _Ticket | None = None) -> None:
        """Let in whoever may start now, and see that the first of the others knows when it may."""
        while self._left:
            self._waiting.pop(self._left[0], None)
            self._inside.discard(self._left[0])
            self._left.popleft()
        while (ticket := self._first()) is not None and len(self._inside) < self._limit:
            start = self._pace.next_start(now)
            knows = ticket is looking or now < ticket.looks_at <= start
            if not knows and not ticket.wake():
                del self._waiting[ticket]  # its event loop does not run; should it do so again, it looks, and queues
            elif start > now:
                ticket.looks_at = min(ticket.looks_at, start)
                return
            else:
                self._let_in(ticket, now)

    def _first(self) -> _Ticket | None:
        return next(iter(self._waiting), None)

    def _let_in(self, ticket: _Ticket, now: float) -> None:
        self._inside.add(ticket)
        self._waiting.pop(ticket, None)
        self._pace.started(now)
        self._peak = max(self._peak, len(self._inside))
        # A way to wake leads to the task that waits. If its event loop is closed before it knows of its turn, only the
        # garbage collector can end it, and must not find it in use.
        ticket.wake = _nobody

    def _check_deadline(self, ticket: _Ticket, now: float) -> None:
        remaining_s = max(0.0, ticket.deadline - now)
        pause_s = self._pace.paused_until - now
        if pause_s > remaining_s:
            reason = f"the service asked to wait for {pause_s:.1f} s more"
        elif remaining_s == 0:
            reason = f"{len(self._inside)} under way (most: {self._limit}), {len(self._waiting) - 1} others waiting"
            if (rate := self.rate) is not None:
                reason += f", after a 429 at most {rate:.1f} start in a second"
        else:
            return
        raise NoTurnError(f"no turn for a {self._family} request within {max(0.0, ticket.timeout_s):g} s: {reason}")


def _nobody() -> bool:
    return False


def _nothing() -> None:
    """Whoever waits goes on waiting."""


class _Turn(AbstractContextManager[None]):
    """A turn for a thread."""

    __slots__ = ("_check", "_line", "_ticket", "_woken")

    def __init__(self, line: _Line, timeout_s: float, check: Callable[[], None] | None) -> None:
        self._line = line
        self._check = check or _nothing
        self._woken = threading.Event()
        self._ticket = line.ticket(timeout_s, self._wake)

    def _wake(self) -> bool:
        self._woken.set()
        return True

    def __enter__(self) -> None:
        try:
            self._check()
            while (wait_s := self._line.look(self._ticket)) is not None:
                self._woken.wait(wait_s)
                self._woken.clear()
                self._check()
        except BaseException:
            self._line.leave(self._ticket)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.leave(self._ticket)


class _AsyncTurn(AbstractAsyncContextManager[None]):
    """A turn for a task of the running event loop."""

    __slots__ = ("_check", "_line", "_loop", "_ticket", "_woken")

    def __init__(self, line: _Line, timeout_s: float, check: Callable[[], None] | None) -> None:
        self._line = line
        self._check = check or _nothing
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        self._ticket = line.ticket(timeout_s, self._wake)

    def _wake(self) -> bool:
        if not self._loop.is_running():
            return False
        try:
            self._loop.call_soon_threadsafe(self._woken.set)
        except RuntimeError:  # closed this very moment
            return False
        return True

    async def __aenter__(self) -> None:
        try:
            self._check()
            while (wait_s := self._line.look(self._ticket)) is not None:
                timer = self._loop.call_later(wait_s, self._woken.set)
                try:
                    await self._woken.wait()
                finally:
                    timer.cancel()
                self._woken.clear()
                self._check()
        except BaseException:
            self._line.leave(self._ticket)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.leave(self._ticket)
