"""
When to send a call again, and after how long.

What is repeated depends on what happened, and on what a second request would do (`pygen.client.calls.Repeat`):

=====================================================  ======  ==========  ======  =================================
what happened                                          read    idempotent  once    source
=====================================================  ======  ==========  ======  =================================
429                                                    yes     yes         yes     dms-api.md 1.6, 1.7: turned away
                                                                                   at the door, nothing was done
any status that says `isAutoRetryable` (body) or       yes     yes         yes     dms-api.md 1.3, 1.7: the service
`cdf-is-auto-retryable: true` (header)                                             says that repeating is safe
502, 503, 504                                          yes     yes         no      dms-api.md 1.6, 1.7: gateway,
                                                                                   overload; it may have been done
connection lost, answer late or cut short              yes     yes         no      httpx: ReadError, WriteError,
                                                                                   RemoteProtocolError, ReadTimeout,
                                                                                   WriteTimeout, DecodingError
a good answer that is not JSON, or of another form     few     few         no      cut short inside its encoding, or
                                                                                   a proxy's page
connection never opened                                few     few         few     httpx: ConnectError, ProxyError,
                                                                                   ConnectTimeout, PoolTimeout;
                                                                                   three times, dms-api.md 1.7
500                                                    few     no          no      dms-api.md 1.6: a bug, perhaps of
                                                                                   one machine only
408, the call is not a page                            few     no          no      dms-api.md 1.6, 12.6
408, the call is a page (`Call.paged`)                 no      no          no      its caller asks for half of it
every other status, every other failure                no      no          no      it would fail again
=====================================================  ======  ==========  ======  =================================

*yes* is `RetryPolicy.retries` times, *few* `connect_retries` or `error_retries` times. A 401 is dealt with inside the
authentication, which may renew the token once. Between attempts a random part of a delay that doubles is waited (full
jitter), or what `Retry-After` asks for when that is more.

One deadline covers a call as a whole: waiting for its turn, every attempt, reading the body, and the waits between.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Literal, NamedTuple, NoReturn, TypeAlias

from pygen.client.calls import Answer, Call
from pygen.client.exceptions import DmsError, DmsRequestError

__all__ = ["Attempts", "Failure", "Fate", "RetryPolicy", "date_ms", "retry_after_s"]


class RetryPolicy(NamedTuple):
    """
    When to try again, and after how long.

    Which failures are answered with another attempt is written at the top of `pygen.client.retry`; here stands how
    often. The last five exist for tests, which pass time in.

    Attributes:
        retries: How many times a call is sent again at most; 0 turns retrying off.
        connect_retries: The same for connections that cannot be opened.
        error_retries: The same for a 500, for a 408 to a call that has no page to halve, and for good answers that
            make no sense.
        base_s: Ceiling of the first delay; it doubles with each attempt.
        cap_s: No ceiling is higher than this.
        deadline_s: How long a call may take as a whole: waits, attempts and reading.
        sleep: Waits, in the synchronous client; None: in a way that `close` ends.
        asleep: Waits, in the asynchronous client.
        clock: A clock that never goes back, in seconds.
        wall_clock: The time of day, in seconds since 1970.
        uniform: A random number between two bounds.
    """

    retries: int = 10
    connect_retries: int = 3
    error_retries: int = 3
    base_s: float = 0.5
    cap_s: float = 60.0
    deadline_s: float = 300.0
    sleep: Callable[[float], None] | None = None
    asleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    wall_clock: Callable[[], float] = time.time
    uniform: Callable[[float, float], float] = random.uniform


Fate: TypeAlias = Literal["refused", "not_sent", "lost", "unreadable", "final", "overdue"]
"""
How an attempt failed: the service said no (`refused`), it never heard of the request (`not_sent`), it may have carried
it out but the answer is lost (`lost`) or makes no sense (`unreadable`), trying again is pointless although no answer
came (`final`), or it did not get its turn before the deadline (`overdue`).
"""


class Failure(NamedTuple):
    """
    What came of an attempt that failed.

    Attributes:
        error: What the caller gets if it was the last one.
        fate: What may have become of the request.
        retry_after_s: How long the service asks to wait; None where it does not say.
        date_ms: The moment of the answer on the service's clock; None where it does not say.
        cause: What the HTTP library raised.
    """

    error: DmsError
    fate: Fate
    retry_after_s: float | None = None
    date_ms: int | None = None
    cause: BaseException | None = None


_GATEWAY = frozenset({502, 503, 504})
_SHORTEST_DELAY_S = 0.1
_MOST_DOUBLINGS = 100  # of any delay, that is for ever; 1,024 are more than a float holds


class Attempts:
    """
    The attempts of one call: how long each may take, and after each failure how long to wait or that it was the last.

    Attributes:
        count: How many were begun.
    """

    __slots__ = ("_call", "_failures", "_latest", "_lost_at", "_policy", "_sent_at", "_started", "count")

    def __init__(self, policy: RetryPolicy, call: Call) -> None:
        self.count = 0
        self._policy = policy
        self._call = call
        self._failures: Counter[str] = Counter()
        self._latest: DmsError | None = None
        self._lost_at: float | None = None
        self._started = self._sent_at = policy.clock()

    @property
    def remaining_s(self) -> float:
        """What is left of the deadline, in seconds; 0 or less when it is used up."""
        return self._policy.deadline_s - (self._policy.clock() - self._started)

    @property
    def sent_at(self) -> float:
        """When the latest attempt began."""
        return self._sent_at

    def begin(self) -> None:
        """Note that a request goes out now."""
        self.count += 1
        self._sent_at = self._policy.clock()

    def answered(self, answer: Answer, date_ms: int | None) -> Answer:
        """The answer, with what the attempts before it mean for its reader."""
        if self.count == 1:
            return answer
        return answer._replace(attempts=self.count, lost_since_ms=self._lost_since_ms(date_ms))

    def after(self, failure: Failure) -> float:
        """
        How long to wait before the next attempt, in seconds.

        Raises:
            DmsError: There is none: the failure's own error, which also says why.
        """
        if failure.fate == "overdue":
            self._overdue(failure)
        if self._lost_at is None and _may_be_done(failure):
            self._lost_at = self._sent_at
        kind = self._kind(failure)
        most = self._most(kind)
        self._failures[kind] += 1
        if most == 0:
            self._give_up(failure, "")
        if self._failures[kind] > most or self._failures.total() > self._policy.retries:
            self._give_up(failure, f"gave up after {self.count} attempts" if self.count > 1 else "")
        delay = max(self._backoff_s(), failure.retry_after_s or 0.0)
        if delay >= self.remaining_s:
            self._overdue(failure)
        self._latest = failure.error
        return delay

    def _overdue(self, failure: Failure) -> NoReturn:
        """
        Say that there is no time for another attempt.

        Raises:
            DmsError: Always: the failure's own error, with the deadline and the failure before it named.
        """
        latest = self._latest
        before = "" if latest is None or latest is failure.error else f", the failure before: {latest.message}"
        attempts = f"{self.count} attempt{'' if self.count == 1 else 's'}"
        self._give_up(failure, f"the deadline of {self._policy.deadline_s:g} s is used up after {attempts}{before}")

    def _most(self, kind: str) -> int:
        """The table at the top of this module: how often a kind of failure is answered with another attempt."""
        policy, repeat = self._policy, self._call.repeat
        often = policy.retries if repeat != "once" else 0
        seldom = min(policy.error_retries, policy.retries)
        table = {
            "turned away": policy.retries,
            "gateway": often,
            "lost": often,
            "unreadable": min(often, seldom),
            "not_sent": policy.connect_retries,
            "error": seldom if repeat == "read" else 0,
        }
        return table.get(kind, 0)

    def _kind(self, failure: Failure) -> str:
        error = failure.error
        if not isinstance(error, DmsRequestError):
            return failure.fate
        if error.status == 429 or error.auto_retryable:
            return "turned away"
        if error.status in _GATEWAY:
            return "gateway"
        is_error = error.status == 500 or (error.status == 408 and not self._call.paged)
        return "error" if is_error else "refused"

    def _backoff_s(self) -> float:
        doublings = min(self._failures.total() - 1, _MOST_DOUBLINGS)
        ceiling = min(self._policy.base_s * 2**doublings, self._policy.cap_s)
        return self._policy.uniform(_SHORTEST_DELAY_S, max(_SHORTEST_DELAY_S, ceiling))

    def _give_up(self, failure: Failure, reason: str) -> NoReturn:
        error = failure.error
        error.attempts = self.count
        error.given_up = reason
        error.lost_since_ms = self._lost_since_ms(failure.date_ms)
        raise error from failure.cause

    def _lost_since_ms(self, date_ms: int | None) -> int | None:
        """
        A moment on the service's clock that is not after the start of the first attempt whose outcome is unknown.

        A `Date` header names the second that has begun, so it is never later than the answer.
        """
        if self._lost_at is None:
            return None
        now_ms = date_ms if date_ms is not None else int(self._policy.wall_clock() * 1000)
        return now_ms - int((self._policy.clock() - self._lost_at) * 1000) - 1


def _may_be_done(failure: Failure) -> bool:
    """Whether the service may have done what was asked, although it seems to have failed."""
    error = failure.error
    if failure.fate == "refused" and isinstance(error, DmsRequestError):
        return (error.status >= 500 or error.status == 408) and not error.auto_retryable
    return failure.fate in {"lost", "unreadable"}


def retry_after_s(headers: Mapping[str, str], wall_clock: Callable[[], float]) -> float | None:
    """
    The seconds that `Retry-After` asks to wait, whether it gives seconds or a date (RFC 9110, 10.2.3).

    A date is compared with the `Date` of the same answer, where there is one: our own clock may be wrong.

    Returns:
        0 or more; None where the header is missing or says something else.
    """
    value = headers.get("Retry-After", "")
    try:
        seconds = float(value)
    except ValueError:
        then = _epoch_s(value)
        if then is None:
            return None
        now = _epoch_s(headers.get("Date", ""))
        return max(0.0, then - (wall_clock() if now is None else now))
    return seconds if 0 <= seconds < float("inf") else None


def date_ms(headers: Mapping[str, str]) -> int | None:
    """The answer's `Date` in epoch milliseconds; None where it has none."""
    seconds = _epoch_s(headers.get("Date", ""))
    return None if seconds is None else int(seconds * 1000)


def _epoch_s(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
