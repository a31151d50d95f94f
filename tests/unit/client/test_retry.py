"""When a call is sent again, and after how long: the table at the top of the module, row by row."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pygen.client.calls import Answer, Call, Repeat
from pygen.client.exceptions import DmsError, DmsRequestError, DmsTransportError
from pygen.client.retry import Attempts, Failure, RetryPolicy, date_ms, retry_after_s

DATE = "Tue, 24 Nov 2026 12:00:00 GMT"
DATE_S = 1_795_521_600.0
REPEATS: tuple[Repeat, ...] = ("read", "idempotent", "once")

OFTEN, FEW, CONNECT = 7, 3, 2
"""How often a failure is answered with another attempt by the policy of these tests: `often`, `seldom`, `connect`."""


class Clock:
    """
    Time that passes when it is told to.

    Attributes:
        now: The time.
    """

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def policy(clock: Callable[[], float] | None = None, **options: Any) -> RetryPolicy:
    """A policy whose kinds of failure can be told apart by how often they are repeated; delays are the longest."""
    known: dict[str, Any] = {
        "retries": OFTEN,
        "error_retries": FEW,
        "connect_retries": CONNECT,
        "deadline_s": 1e9,
        "clock": clock or Clock(),
        "wall_clock": lambda: DATE_S,
        "uniform": lambda low, high: high,
    }
    return RetryPolicy(**known | options)


def call(repeat: Repeat = "read", *, paged: bool = False) -> Call:
    """A call that may be repeated so."""
    return Call("some.call", "/path", repeat=repeat, paged=paged)


def refused(status: int, retry_after: float | None = None, *, auto_retryable: bool = False) -> Failure:
    """The service said no."""
    return Failure(DmsRequestError("no", status=status, auto_retryable=auto_retryable), "refused", retry_after)


def no_answer(fate: Any) -> Failure:
    """There was no usable answer."""
    return Failure(DmsTransportError("nothing"), fate)


def last_error(asked: Call, failure: Callable[[], Failure], **options: Any) -> DmsError:
    """The error of a call whose attempts all fail in the same way; it knows how many there were."""
    attempts = Attempts(policy(**options), asked)
    while True:
        attempts.begin()
        try:
            attempts.after(failure())
        except DmsError as error:
            return error


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (lambda: refused(429), (OFTEN, OFTEN, OFTEN)),
        *((lambda status=status: refused(status, auto_retryable=True), (OFTEN, OFTEN, OFTEN)) for status in (409, 500)),
        *((lambda status=status: refused(status), (OFTEN, OFTEN, 0)) for status in (502, 503, 504)),
        (lambda: no_answer("lost"), (OFTEN, OFTEN, 0)),
        (lambda: no_answer("unreadable"), (FEW, FEW, 0)),
        (lambda: no_answer("not_sent"), (CONNECT, CONNECT, CONNECT)),
        *((lambda status=status: refused(status), (FEW, 0, 0)) for status in (408, 500)),
        *((lambda status=status: refused(status), (0, 0, 0)) for status in (400, 401, 403, 404, 409, 413, 422, 501)),
        (lambda: no_answer("final"), (0, 0, 0)),
        (lambda: no_answer("overdue"), (0, 0, 0)),
    ],
    ids=[
        *("429", "409-retryable", "500-retryable", "502", "503", "504", "lost", "unreadable", "not-sent", "408", "500"),
        *("400", "401", "403", "404", "409", "413", "422", "501", "final", "overdue"),
    ],
)
def test_table(failure: Callable[[], Failure], expected: tuple[int, int, int]) -> None:
    """Each kind of failure is repeated as often as the table says, for reads, idempotent calls and all others."""
    assert expected == tuple(last_error(call(repeat), failure).attempts - 1 for repeat in REPEATS)


@pytest.mark.parametrize("repeat", REPEATS)
def test_page_that_takes_too_long(repeat: Repeat) -> None:
    """A 408 to a page is left to the caller, who asks for half of it."""
    assert 1 == last_error(call(repeat, paged=True), lambda: refused(408)).attempts


@pytest.mark.parametrize("failure", [lambda: refused(429), lambda: no_answer("unreadable"), lambda: refused(500)])
def test_no_retries(failure: Callable[[], Failure]) -> None:
    """With `retries=0` nothing that reached the service is sent again."""
    assert 1 == last_error(call(), failure, retries=0).attempts


def test_failures_of_several_kinds() -> None:
    """Each kind has a number of its own, and all together are bounded by `retries`."""
    attempts = Attempts(policy(), call())
    failures = [no_answer("not_sent"), refused(500), no_answer("not_sent"), refused(500), refused(503), refused(500)]
    for failure in failures:
        attempts.begin()
        attempts.after(failure)
    attempts.begin()
    attempts.after(refused(503))
    attempts.begin()
    with pytest.raises(DmsRequestError, match="gave up after 8 attempts"):
        attempts.after(refused(503))


@pytest.mark.parametrize(
    ("failure", "reason"),
    [(lambda: refused(400), ""), (lambda: refused(429), "gave up after 8 attempts")],
    ids=["final", "repeated"],
)
def test_reason_to_give_up(failure: Callable[[], Failure], reason: str) -> None:
    """An error says why there was no further attempt, where there could have been one."""
    error = last_error(call(), failure)
    assert reason == error.given_up
    assert reason in str(error)


def test_cause() -> None:
    """What the HTTP library raised is kept as the cause, and nothing else is."""
    cause = OSError("broken pipe")
    attempts = Attempts(policy(), call("once"))
    attempts.begin()
    with pytest.raises(DmsTransportError) as caught:
        attempts.after(no_answer("lost")._replace(cause=cause))
    assert cause is caught.value.__cause__
    assert caught.value.__context__ is None


# --- delays ---


def test_delays_double_up_to_the_cap() -> None:
    """The ceiling starts at the base, doubles with each failure of whatever kind, and stops at the cap."""
    attempts = Attempts(policy(retries=10, base_s=0.5, cap_s=20.0), call())
    kinds = [refused(429), no_answer("lost"), refused(503), refused(502), refused(500), refused(429), no_answer("lost")]
    delays = []
    for failure in kinds:
        attempts.begin()
        delays.append(attempts.after(failure))
    assert [0.5, 1, 2, 4, 8, 16, 20] == delays


def test_full_jitter() -> None:
    """A delay is drawn between a tenth of a second and the ceiling, so that clients do not come back together."""
    bounds: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        bounds.append((low, high))
        return low

    attempts = Attempts(policy(uniform=uniform, base_s=0.5), call())
    delays = []
    for _ in range(3):
        attempts.begin()
        delays.append(attempts.after(refused(503)))
    assert [(0.1, 0.5), (0.1, 1.0), (0.1, 2.0)] == bounds
    assert [0.1, 0.1, 0.1] == delays


def test_tiny_base() -> None:
    """However small the base, a tenth of a second is waited."""
    attempts = Attempts(policy(base_s=0.001), call())
    attempts.begin()
    assert 0.1 == attempts.after(refused(503))


def test_any_number_of_retries() -> None:
    """The delay stays at its ceiling, however often it would have doubled."""
    attempts = Attempts(policy(retries=2000, base_s=0.5, cap_s=1.0, deadline_s=float("inf")), call())
    for _ in range(1500):
        attempts.begin()
        delay = attempts.after(refused(503))
    assert 1.0 == delay


@given(st.integers(1, 12), st.floats(0.05, 5), st.floats(1, 100))
def test_real_delays(failures: int, base_s: float, cap_s: float) -> None:
    """With the policy's own random numbers every delay is between a tenth of a second and the ceiling."""
    attempts = Attempts(policy(retries=12, base_s=base_s, cap_s=cap_s, uniform=RetryPolicy().uniform), call())
    for number in range(failures):
        attempts.begin()
        assert 0.1 <= attempts.after(refused(429)) <= max(0.1, min(base_s * 2**number, cap_s))


@pytest.mark.parametrize(("asked", "expected"), [(7.0, 7.0), (0.2, 0.5), (0.0, 0.5), (None, 0.5)])
def test_wish_of_the_service(asked: float | None, expected: float) -> None:
    """What `Retry-After` asks for wins over a shorter delay, not over a longer one."""
    attempts = Attempts(policy(), call())
    attempts.begin()
    assert expected == attempts.after(refused(429, asked))


def test_default_sleep() -> None:
    """The asynchronous client waits without holding up the event loop."""

    async def run() -> list[str]:
        order: list[str] = []
        nap = asyncio.ensure_future(RetryPolicy().asleep(0))
        asyncio.get_running_loop().call_soon(order.append, "others")
        await nap
        return order

    assert ["others"] == asyncio.run(run())


# --- the deadline ---


def test_remaining_time() -> None:
    """The deadline counts from the beginning of the call, attempts and waits included."""
    clock = Clock()
    attempts = Attempts(policy(clock, deadline_s=10.0), call())
    assert 10.0 == attempts.remaining_s
    clock.now += 4
    attempts.begin()
    clock.now += 7
    assert (-1.0, 1004.0) == (attempts.remaining_s, attempts.sent_at)


@pytest.mark.parametrize(("left", "goes_on"), [(0.6, True), (0.5, False)])
def test_delay_and_deadline(left: float, goes_on: bool) -> None:
    """There is no further attempt when the wait for it would take all that is left."""
    clock = Clock()
    attempts = Attempts(policy(clock, deadline_s=100.0), call())
    attempts.begin()
    clock.now = 1100.0 - left
    if goes_on:
        assert 0.5 == attempts.after(refused(503))
        return
    with pytest.raises(DmsRequestError) as caught:
        attempts.after(refused(503))
    assert "the deadline of 100 s is used up after 1 attempt" == caught.value.given_up


def test_wish_beyond_the_deadline() -> None:
    """A service that asks to wait beyond the deadline is not waited for."""
    attempts = Attempts(policy(deadline_s=300.0), call())
    attempts.begin()
    with pytest.raises(DmsRequestError, match="the deadline of 300 s is used up after 1 attempt"):
        attempts.after(refused(429, 3600))


def test_turn_that_never_came() -> None:
    """Whoever did not get its turn in time is told so, and what went wrong before."""
    attempts = Attempts(policy(deadline_s=5.0), call())
    attempts.begin()
    attempts.after(refused(503))
    with pytest.raises(DmsTransportError) as caught:
        attempts.after(no_answer("overdue"))
    assert "the deadline of 5 s is used up after 1 attempt, the failure before: no" == caught.value.given_up


# --- what may have been done ---


@pytest.mark.parametrize(
    ("failure", "in_doubt"),
    [
        (refused(429), False),
        (refused(503), True),
        (refused(500), True),
        (refused(408), True),
        (refused(503, auto_retryable=True), False),
        (no_answer("lost"), True),
        (no_answer("unreadable"), True),
        (no_answer("not_sent"), False),
    ],
    ids=["429", "503", "500", "408", "503-retryable", "lost", "unreadable", "not-sent"],
)
def test_doubt(failure: Failure, in_doubt: bool) -> None:
    """An answer after attempts that may have been carried out says since when; after others it does not."""
    attempts = Attempts(policy(), call())
    attempts.begin()
    attempts.after(failure)
    attempts.begin()
    answer = attempts.answered(Answer(b"", "o", "p"), int(DATE_S * 1000))
    assert (2, in_doubt) == (answer.attempts, answer.lost_since_ms is not None)


def test_first_answer() -> None:
    """An answer to the first attempt leaves no doubt."""
    attempts = Attempts(policy(), call())
    attempts.begin()
    answer = Answer(b"", "o", "p")
    assert answer is attempts.answered(answer, None)


@pytest.mark.parametrize("date", [DATE_S * 1000 + 20_000, None], ids=["date", "no-date"])
def test_moment_of_the_loss(date: float | None) -> None:
    """
    The moment is told by the service's clock where it shows one, and is before the first attempt in doubt.

    Ours may be wrong, and the service's `Date` leaves out the part of the second that has gone by.
    """
    clock = Clock()
    attempts = Attempts(policy(clock, wall_clock=lambda: DATE_S + 20), call())
    attempts.begin()
    attempts.after(refused(429))
    for _ in range(2):  # the first in doubt counts
        clock.now += 4
        attempts.begin()
        clock.now += 1
        attempts.after(no_answer("lost"))
    clock.now += 4
    attempts.begin()
    clock.now += 2
    answer = attempts.answered(Answer(b"", "o", "p"), None if date is None else int(date))
    since_first_in_doubt_s = 1 + 5 + 4 + 2
    assert int(DATE_S + 20 - since_first_in_doubt_s) * 1000 - 1 == answer.lost_since_ms


def test_doubt_of_an_error() -> None:
    """A call that failed for good says since when the service may have done it."""
    clock = Clock()
    attempts = Attempts(policy(clock), call("once"))
    attempts.begin()
    clock.now += 3
    with pytest.raises(DmsTransportError) as caught:
        attempts.after(no_answer("lost"))
    assert int((DATE_S - 3) * 1000) - 1 == caught.value.lost_since_ms


# --- headers ---


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "Tue, 24 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"Retry-After": "Tue, 24 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"Retry-After": "Tue, 24 Nov 2026 12:00:30 GMT", "Date": "Tue, 24 Nov 2026 12:00:20 GMT"}, 10.0),
        ({"Retry-After": "Tue, 24 Nov 2026 12:00:30 GMT", "Date": "today"}, 30.0),
        *(({"Retry-After": odd}, None) for odd in ("", "-3", "nan", "inf", "soon", "Tue, 99 Nov 2026 12:00:30 GMT")),
    ],
)
def test_retry_after(headers: dict[str, str], expected: float | None) -> None:
    """`Retry-After` may be seconds, or a date, which is compared with the date of the answer where there is one."""
    assert expected == retry_after_s(headers, lambda: DATE_S)


@given(st.text())
def test_any_header(value: str) -> None:
    """Whatever stands in a header, it is a number of seconds or nothing."""
    found = retry_after_s({"Retry-After": value, "Date": value}, lambda: DATE_S)
    assert found is None or 0 <= found < float("inf")
    date_ms({"Date": value})


@pytest.mark.parametrize(
    ("headers", "expected"), [({"Date": DATE}, int(DATE_S * 1000)), ({"Date": "x"}, None), ({}, None)]
)
def test_date(headers: dict[str, str], expected: int | None) -> None:
    """The date of an answer is milliseconds since 1970."""
    assert expected == date_ms(headers)
