"""The budget of a project: turns, in threads and event loops; the pace after a 429."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_args

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pygen.client.calls import Family
from pygen.client.limits import (
    LONGEST_WAIT_S,
    Budget,
    Limits,
    _Line,
    _registry,
    _Ticket,
    budget_of,
)
from pygen.client.pace import FLOOR_PER_S, LONGEST_PAUSE_S, ONE_EVENT_S, QUIET_S, RAISE_PER_S, Pace

LONG_S = 60.0
"""More than any test takes: a turn that does not come fails the test."""
URL = "https://cluster.example"


class Clock:
    """Time as the test wants it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Crowd:
    """Counts who is inside at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self.most = 0

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1


def soon(condition: Callable[[], bool]) -> None:
    """Wait for other threads to get somewhere."""
    for _ in range(30_000):
        if condition():
            return
        time.sleep(0.001)
    raise AssertionError("it did not happen")


async def soon_async(condition: Callable[[], bool]) -> None:
    """The same for tasks."""
    for _ in range(30_000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it did not happen")


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads that are gone after the test."""
    with ThreadPoolExecutor(60) as executor:
        yield executor


def only(limit: int, **options: Any) -> Budget:
    """A budget with that many turns for reads."""
    return Budget(Limits(read=limit), **options)


# --- limits and who shares them ---


def test_each_family_has_a_limit() -> None:
    """The fields of `Limits` are the families of endpoints, in the same order."""
    assert get_args(Family) == Limits._fields


@pytest.mark.parametrize("family", Limits._fields)
def test_nothing_could_be_sent_with_a_limit_below_one(family: str) -> None:
    """It is refused by name, whether a budget is made or changed, and changes nothing."""
    wrong = Limits()._replace(**{family: 0})
    with pytest.raises(ValueError, match=f"limits.{family} is 0"):
        Budget(wrong)
    budget = Budget()
    with pytest.raises(ValueError, match=f"limits.{family} is 0"):
        budget.limits = wrong
    assert Limits() == budget.limits


def test_clients_of_a_project_share_a_budget() -> None:
    """The address is compared without regard to case and a slash at the end; another project has its own."""
    budget = budget_of(URL, "plant")
    assert budget is budget_of("https://CLUSTER.example/", "plant")
    others = [budget_of(URL, "other"), budget_of("https://other.example", "plant"), budget_of(URL, "Plant")]
    assert 4 == len({budget, *others})


def test_limits_that_are_given_hold_for_all_who_share() -> None:
    """None leaves them as they are; a new budget has the defaults."""
    budget = budget_of(URL, "limits")
    assert Limits() == budget.limits
    budget_of(URL, "limits", Limits(read=9))
    assert Limits(read=9) == budget_of(URL, "limits").limits == budget.limits
    assert Limits(write=3) == budget_of(URL, "new", Limits(write=3)).limits


def test_a_budget_is_gone_with_its_last_user() -> None:
    """The registry keeps none alive: the next client finds the defaults."""
    budget = budget_of(URL, "gone", Limits(read=9))
    assert (URL, "gone") in _registry.budgets
    del budget
    gc.collect()
    assert (URL, "gone") not in _registry.budgets
    assert Limits() == budget_of(URL, "gone").limits


FORK = """
import os, signal
from pygen.client.limits import Limits, _registry, budget_of

budget = budget_of("https://cluster.example", "plant", Limits(read=1))
budget.throttled("write", 60.0)
line = budget._lines["read"]
with budget.turn("read", timeout_s=0):
    line._lock.acquire()  # as another thread may have it, and the registry's, at the moment of the fork
    _registry.lock.acquire()
    child = os.fork()
    if child == 0:
        signal.alarm(30)  # a lock that is not free must not leave it waiting for ever
        assert budget is budget_of("https://cluster.example", "plant")
        assert (0, 0, Limits(read=1)) == (budget.under_way("read"), budget.peak("read"), budget.limits)
        with budget.turn("read", timeout_s=0), budget.turn("write", timeout_s=0):
            assert 1 == budget.under_way("read")
    else:
        line._lock.release()
        _registry.lock.release()
        assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert 1 == budget.under_way("read")
assert 0 == budget.under_way("read")
print("parent" if child else "child", flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_starts_afresh() -> None:
    """Turns, pauses and locks of the parent's threads stay with the parent; the turn around the fork ends in both."""
    done = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, check=False, timeout=LONG_S)
    assert (["child", "parent"], "") == (done.stdout.split(), done.stderr)


# --- turns ---


def test_threads_stay_within_the_limit(pool: ThreadPoolExecutor) -> None:
    """Of 52 threads, four are inside at once, never more."""
    budget, crowd, four = only(4), Crowd(), threading.Barrier(4)

    def work() -> None:
        with budget.turn("read", timeout_s=LONG_S), crowd:
            four.wait(LONG_S)

    for future in [pool.submit(work) for _ in range(52)]:
        future.result(LONG_S)
    assert (4, 4, 0, 0) == (crowd.most, budget.peak("read"), budget.under_way("read"), budget.waiting("read"))


def test_a_thousand_tasks_stay_within_the_limit() -> None:
    """However many tasks want to send, four are inside at once."""
    budget, crowd = only(4), Crowd()

    async def work() -> None:
        async with budget.turn_async("read", timeout_s=LONG_S):
            with crowd:
                await asyncio.sleep(0)

    async def everything() -> None:
        await asyncio.gather(*(work() for _ in range(1000)))

    asyncio.run(everything())
    assert (4, 4, 0, 0) == (crowd.most, budget.peak("read"), budget.under_way("read"), budget.waiting("read"))


def test_threads_and_event_loops_share_the_limit(pool: ThreadPoolExecutor) -> None:
    """Two event loops and ten threads use the same three turns."""
    budget, crowd = only(3), Crowd()

    async def ask() -> None:
        async with budget.turn_async("read", timeout_s=LONG_S):
            with crowd:
                await asyncio.sleep(0)

    async def tasks() -> None:
        await asyncio.gather(*(ask() for _ in range(100)))

    def work() -> None:
        for _ in range(20):
            with budget.turn("read", timeout_s=LONG_S), crowd:
                time.sleep(0)

    futures = [pool.submit(asyncio.run, tasks()) for _ in range(2)] + [pool.submit(work) for _ in range(10)]
    for future in futures:
        future.result(LONG_S)
    assert crowd.most <= 3
    assert (0, 0) == (budget.under_way("read"), budget.waiting("read"))


def test_first_come_first_served() -> None:
    """Threads and tasks wait in one line: each gets its turn in the order in which they came."""
    budget = only(1)
    order: list[int] = []

    def work(number: int) -> None:
        with budget.turn("read", timeout_s=LONG_S):
            order.append(number)

    async def ask(number: int) -> None:
        async with budget.turn_async("read", timeout_s=LONG_S):
            order.append(number)

    async def everything() -> None:
        async with budget.turn_async("read", timeout_s=0):
            tasks: list[asyncio.Task[None]] = []
            for number in range(10):
                tasks.append(asyncio.create_task(asyncio.to_thread(work, number) if number % 2 else ask(number)))
                await soon_async(lambda: budget.waiting("read") == len(tasks))
        await asyncio.gather(*tasks)

    asyncio.run(everything())
    assert list(range(10)) == order


def test_families_do_not_wait_for_each_other() -> None:
    """A write goes out although the reads are used up, or were told to pause."""
    budget = only(1)
    budget.throttled("delete", LONG_S)
    with budget.turn("read", timeout_s=0), budget.turn("write", timeout_s=0):
        assert (1, 1, 0) == (budget.under_way("read"), budget.under_way("write"), budget.under_way("delete"))


def test_a_turn_ends_with_an_error() -> None:
    """Whatever happens inside, the turn is given back."""
    budget = only(1)

    async def fail() -> None:
        async with budget.turn_async("read", timeout_s=0):
            raise KeyError

    with pytest.raises(KeyError), budget.turn("read", timeout_s=0):
        raise KeyError
    with pytest.raises(KeyError):
        asyncio.run(fail())
    assert 0 == budget.under_way("read")


@pytest.mark.parametrize("timeout_s", [-1.0, 0.0, 0.01])
def test_who_waits_too_long_is_told_why(timeout_s: float) -> None:
    """The error names the family and what was waited for; nothing is lost by it."""
    budget = only(1)
    message = f"no turn for a read request within {max(0.0, timeout_s):g} s: 1 under way .most: 1., 0 others waiting$"

    async def ask() -> None:
        async with budget.turn_async("read", timeout_s=timeout_s):
            raise AssertionError

    with budget.turn("read", timeout_s=timeout_s):
        with pytest.raises(TimeoutError, match=message), budget.turn("read", timeout_s=timeout_s):
            raise AssertionError
        with pytest.raises(TimeoutError, match=message):
            asyncio.run(ask())
        assert (1, 0) == (budget.under_way("read"), budget.waiting("read"))
    assert (0, 0) == (budget.under_way("read"), budget.waiting("read"))


def test_who_gives_up_is_not_in_the_way(pool: ThreadPoolExecutor) -> None:
    """The one behind it gets the turn."""
    budget = only(1)

    def work(timeout_s: float) -> int:
        with budget.turn("read", timeout_s=timeout_s):
            return budget.under_way("read")

    with budget.turn("read", timeout_s=0):
        impatient = pool.submit(work, 0.05)
        soon(lambda: budget.waiting("read") == 1 or impatient.done())
        patient = pool.submit(work, LONG_S)
        with pytest.raises(TimeoutError):
            impatient.result(LONG_S)
    assert 1 == patient.result(LONG_S)


@pytest.mark.parametrize("turns_of_the_loop", range(4))
@pytest.mark.parametrize("granted", [False, True])
def test_a_cancelled_task_loses_no_turn(granted: bool, turns_of_the_loop: int) -> None:
    """It may be cancelled before it has the turn, when it has it but does not know yet, and inside."""
    budget = only(1)

    async def ask() -> None:
        async with budget.turn_async("read", timeout_s=LONG_S):
            await asyncio.sleep(LONG_S)

    async def everything() -> None:
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(budget.turn_async("read", timeout_s=0))
            first, second = asyncio.create_task(ask()), asyncio.create_task(ask())
            await soon_async(lambda: budget.waiting("read") == 2)
            if granted:
                await stack.aclose()
                assert (1, 1) == (budget.under_way("read"), budget.waiting("read"))
            for _ in range(turns_of_the_loop):
                await asyncio.sleep(0)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            assert (1, 0 if granted else 1) == (budget.under_way("read"), budget.waiting("read"))
            second.cancel()
            with pytest.raises(asyncio.CancelledError):
                await second
        assert (0, 0) == (budget.under_way("read"), budget.waiting("read"))

    asyncio.run(everything())


def test_a_closed_event_loop_is_not_in_the_way(pool: ThreadPoolExecutor) -> None:
    """A task that waited in it is passed over, and what was inside comes back when the task is dropped."""
    budget = only(1)

    async def ask() -> None:
        async with budget.turn_async("read", timeout_s=LONG_S):
            raise AssertionError

    def work() -> None:
        with budget.turn("read", timeout_s=LONG_S):
            pass

    loop = asyncio.new_event_loop()
    with budget.turn("read", timeout_s=0):
        task = loop.create_task(ask())
        loop.run_until_complete(asyncio.sleep(0))
        assert 1 == budget.waiting("read")
        loop.close()
        future = pool.submit(work)
        soon(lambda: budget.waiting("read") == 2)
    future.result(LONG_S)
    assert (0, 0) == (budget.under_way("read"), budget.waiting("read"))
    del task
    gc.collect()
    assert (0, 0) == (budget.under_way("read"), budget.waiting("read"))


def test_a_loop_closed_between_the_turn_and_the_news_of_it_gives_it_back() -> None:
    """Nothing keeps the task alive that will never run, so the garbage collector ends it and its turn."""
    budget = only(1)

    async def ask() -> None:
        async with budget.turn_async("read", timeout_s=LONG_S):
            raise AssertionError

    loop = asyncio.new_event_loop()
    with contextlib.ExitStack() as stack:
        stack.enter_context(budget.turn("read", timeout_s=0))
        task = loop.create_task(ask())
        loop.run_until_complete(asyncio.sleep(0))
        loop.call_soon(stack.close)
        loop.call_soon(loop.stop)
        loop.run_forever()
    assert (1, 0) == (budget.under_way("read"), budget.waiting("read"))
    loop.close()
    del task
    gc.collect()
    assert (0, 0) == (budget.under_way("read"), budget.waiting("read"))


def test_a_loop_that_closes_while_it_is_woken_is_passed_over() -> None:
    """It still seemed to run, and refuses the call."""
    budget = only(1)
    loop = asyncio.new_event_loop()

    async def make() -> Any:
        return budget.turn_async("read", timeout_s=0)

    turn = loop.run_until_complete(make())
    loop.close()
    loop.is_running = lambda: True  # type: ignore[method-assign] # the moment between the question and the call
    assert not turn._wake()


def test_a_loop_that_stood_still_loses_its_place_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task whose loop does not run is passed over; it gets its turn when the loop runs again."""
    monkeypatch.setattr("pygen.client.limits.LONGEST_WAIT_S", 0.01)
    budget, done = only(1), []

    async def ask() -> None:
        async with budget.turn_async("read", timeout_s=LONG_S):
            done.append("task")

    loop = asyncio.new_event_loop()
    with budget.turn("read", timeout_s=0):
        task = loop.create_task(ask())
        loop.run_until_complete(asyncio.sleep(0))
    assert (0, 0) == (budget.under_way("read"), budget.waiting("read"))
    with budget.turn("read", timeout_s=0):
        done.append("thread")
    loop.run_until_complete(task)
    loop.close()
    assert ["thread", "task"] == done


def test_a_turn_is_given_back_once() -> None:
    """Leaving again, or without having been there, frees nothing."""
    clock = Clock()
    line = _Line("read", 1, clock)
    first, second, stranger = (line.ticket(LONG_S, lambda: True) for _ in range(3))
    assert line.look(first) is None
    line.leave(first)
    assert line.look(second) is None
    line.leave(first)
    line.leave(stranger)
    assert 1 == line.under_way


def test_who_leaves_while_the_lock_is_held_need_not_wait_for_it() -> None:
    """The garbage collector ends dropped coroutines anywhere, also in the thread that holds the lock."""
    line = _Line("read", 1, Clock())
    first, second = (line.ticket(LONG_S, lambda: True) for _ in range(2))
    assert line.look(first) is None
    assert line.look(second) is not None
    with line._held():
        line.leave(first)
        assert 1 == line.waiting
    assert (1, 0) == (line.under_way, line.waiting)
    assert line.look(second) is None


def test_more_turns_let_in_who_waits(pool: ThreadPoolExecutor) -> None:
    """A limit that grows takes effect at once."""
    budget, three = only(1), threading.Barrier(3)

    def work() -> None:
        with budget.turn("read", timeout_s=LONG_S):
            three.wait(LONG_S)

    futures = [pool.submit(work) for _ in range(3)]
    soon(lambda: budget.waiting("read") == 2)
    budget.limits = Limits(read=3)
    for future in futures:
        future.result(LONG_S)
    assert 3 == budget.peak("read")


def test_fewer_turns_let_nobody_in_until_enough_have_left() -> None:
    """A limit that shrinks takes nothing away from who is inside."""
    budget = only(3)
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(budget.turn("read", timeout_s=0))
        budget.limits = Limits(read=1)
        assert 3 == budget.under_way("read")
        with pytest.raises(TimeoutError), budget.turn("read", timeout_s=0):
            raise AssertionError
    with budget.turn("read", timeout_s=0):
        assert 1 == budget.under_way("read")


# --- the pace after a 429 ---


def hot(rate: float, at: float = 0.0) -> Pace:
    """A pace that a 429 set to *rate*."""
    pace = Pace()
    pace._starts, pace._last_start = 2 * rate, at
    pace.throttled(at, None)
    return pace


def test_without_a_429_there_is_no_pace() -> None:
    """Requests start when they like."""
    pace = Pace()
    for _ in range(100):
        assert pace.next_start(5.0) <= 5.0
        pace.started(5.0)
        pace.answered(5.0)
    assert math.inf == pace.rate(5.0)


@pytest.mark.parametrize("per_s", [2, 8, 50])
def test_the_rate_starts_from_half_of_what_was(per_s: int) -> None:
    """Steady starts count as what they are, nearly: the sum of what is left of each after an exponential decay."""
    pace = Pace()
    for number in range(10 * per_s):
        pace.started(number / per_s)
    pace.throttled(10.0, None)
    assert pytest.approx(per_s / 2, rel=0.3) == pace.rate(10.0)
    assert pytest.approx(math.exp(-1 / per_s) / (1 - math.exp(-1 / per_s)) / 2, rel=1e-3) == pace.rate(10.0)


def test_a_start_uses_up_the_token() -> None:
    """The next one comes after one interval, and starts of the past save nothing."""
    pace = hot(4.0)
    assert 0.25 == pace.next_start(0.0)
    pace.started(0.25)
    assert 0.5 == pace.next_start(0.25)
    pace.started(30.0)
    assert 30.25 == pace.next_start(30.0)


def test_each_429_halves_down_to_the_floor() -> None:
    """The floor keeps asking, so that recovery is noticed."""
    pace, rates = hot(4.0), []
    for moment in (10.0, 20.0, 30.0, 40.0):
        pace.throttled(moment, None)
        rates.append(pace.rate(moment))
    assert [2.0, 1.0, FLOOR_PER_S, FLOOR_PER_S] == rates


def test_429s_at_the_same_time_are_one_event() -> None:
    """Requests that were under way when the rate was halved say nothing about the new one."""
    pace = hot(4.0)
    pace.throttled(ONE_EVENT_S * 0.99, None)
    assert 4.0 == pace.rate(ONE_EVENT_S)
    pace.throttled(ONE_EVENT_S, None)
    assert 2.0 == pace.rate(ONE_EVENT_S)


def test_good_answers_raise_a_rate_that_is_used() -> None:
    """Each adds the same; those to requests that came more slowly than they might add nothing."""
    pace = hot(2.0)
    pace.answered(0.0)
    assert 2.0 == pace.rate(0.0)
    pace.started(0.5)
    pace.answered(0.6)
    assert 2.0 + RAISE_PER_S == pace.rate(0.6)
    assert 0.5 + 1 / (2.0 + RAISE_PER_S) == pace.next_start(0.6)
    pace.started(5.0)
    pace.answered(5.1)
    assert 2.0 + RAISE_PER_S == pace.rate(5.1)


@pytest.mark.parametrize("pause_s", [None, 30.0])
def test_after_a_quiet_time_the_pace_is_gone(pause_s: float | None) -> None:
    """It is counted from the last 429, or from the end of the pause; the next 429 starts from what was since."""
    pace = hot(4.0)
    pace.throttled(0.0, pause_s)
    end = (pause_s or 0.0) + QUIET_S
    assert (4.0, math.inf) == (pace.rate(end - 0.1), pace.rate(end))
    pace.started(end)
    pace.answered(end)
    assert pace.next_start(end) <= end
    pace.throttled(end, None)
    assert FLOOR_PER_S == pace.rate(end)


@pytest.mark.parametrize(
    ("asked_s", "pause_s"),
    [(7.0, 7.0), (0.0, 0.0), (-5.0, 0.0), (math.nan, 0.0), (1e300, LONGEST_PAUSE_S), (math.inf, LONGEST_PAUSE_S)],
)
def test_retry_after_pauses(asked_s: float, pause_s: float) -> None:
    """Nothing starts before the moment asked for; nonsense is not taken for a request, nor at its word."""
    pace = hot(100.0)
    pace.throttled(50.0, asked_s)
    assert (50.0 + pause_s if pause_s else 1 / 50.0) == pace.next_start(50.0)


def test_a_later_and_shorter_pause_does_not_end_a_longer_one() -> None:
    """The latest end holds."""
    pace = Pace()
    pace.throttled(0.0, 20.0)
    pace.throttled(1.0, 2.0)
    assert (20.0, 20.0) == (pace.paused_until, pace.next_start(1.0))


def test_a_pause_that_is_too_long_is_not_waited_for(pool: ThreadPoolExecutor) -> None:
    """Who comes is told at once, and so is who waits already; the clock stands still meanwhile."""
    clock = Clock()
    budget = only(1, clock=clock)

    def work() -> None:
        with budget.turn("read", timeout_s=30.0):
            raise AssertionError

    async def ask() -> None:
        async with budget.turn_async("read", timeout_s=30.0):
            raise AssertionError

    with budget.turn("read", timeout_s=0):
        futures = [pool.submit(work), pool.submit(asyncio.run, ask())]
        soon(lambda: budget.waiting("read") == 2)
        budget.throttled("read", 31.0)
        for future in futures:
            with pytest.raises(
                TimeoutError, match=r"no turn .* within 30 s: the service asked to wait for 31.0 s more"
            ):
                future.result(LONG_S)
        with pytest.raises(TimeoutError, match=r"31.0 s more"):
            work()
    clock.now += 31.0
    with budget.turn("read", timeout_s=0):
        assert FLOOR_PER_S == budget.rate("read")
    with pytest.raises(TimeoutError, match=r"0 under way .*, after a 429 at most 0.5 start in a second"):
        budget.turn("read", timeout_s=0).__enter__()
    clock.now += QUIET_S
    assert budget.rate("read") is None


def test_a_pause_wakes_those_who_cannot_wait_for_its_end() -> None:
    """The others go on sleeping."""
    woken = []
    line = _Line("read", 1, Clock())

    def ticket(timeout_s: float) -> _Ticket:
        return line.ticket(timeout_s, lambda: not woken.append(timeout_s))  # type: ignore[func-returns-value] # None

    assert line.look(ticket(0.0)) is None
    for timeout_s in (29.0, 30.0, 31.0, 5.0):
        line.look(ticket(timeout_s))
    line.throttled(30.0)
    assert [29.0, 5.0] == woken


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_pause_passes(asynchronous: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for its end, or for the token after it, gets the turn without anybody's help."""
    monkeypatch.setattr("pygen.client.pace.FLOOR_PER_S", 50.0)
    budget = only(4)

    async def ask() -> None:
        async with budget.turn_async("read", timeout_s=LONG_S):
            pass

    with budget.turn("read", timeout_s=0):
        budget.throttled("read", 0.02)
    for _ in range(3):
        if asynchronous:
            asyncio.run(ask())
        else:
            with budget.turn("read", timeout_s=LONG_S):
                pass
    assert (1, 0) == (budget.peak("read"), budget.under_way("read"))


def test_who_starts_next_hears_of_an_earlier_moment() -> None:
    """It is woken when another one left or the rate rose, and only if it would look too late."""
    woken = []

    def wake() -> bool:
        woken.append("second")
        return True

    line = _Line("read", 1, Clock())
    first, second = line.ticket(LONG_S, lambda: True), line.ticket(LONG_S, wake)
    assert line.look(first) is None
    assert LONGEST_WAIT_S == line.look(second)
    line.throttled(None)
    line.leave(first)
    assert ["second"] == woken
    assert 2.0 == line.look(second)
    line.answered()
    assert ["second"] == woken
    line._pace._pressed = True
    line.answered()
    assert ["second", "second"] == woken
    assert pytest.approx(1 / (FLOOR_PER_S + RAISE_PER_S)) == line.look(second)


def test_who_is_gone_while_it_should_have_started_is_passed_over() -> None:
    """The one behind it looks now and then, because nobody can tell it."""
    clock, alive = Clock(), True
    line = _Line("read", 1, clock)
    line.throttled(None)
    first, second, third = (line.ticket(LONG_S, wake) for wake in (lambda: True, lambda: alive, lambda: True))
    assert line.look(first) is None
    line.leave(first)
    assert (2.0, LONGEST_WAIT_S) == (line.look(second), line.look(third))
    alive = False
    clock.now += LONGEST_WAIT_S
    assert line.look(third) is None
    assert (1, 0) == (line.under_way, line.waiting)


class Waiter:
    """One that waits as the shells do, in the time of the test."""

    def __init__(self, line: _Line, clock: Clock, timeout_s: float) -> None:
        self._line = line
        self._clock = clock
        self.alive = True
        self.state = "waiting"
        self.looks_at = clock.now
        self.ticket: _Ticket = line.ticket(timeout_s, self._wake)

    def _wake(self) -> bool:
        if self.alive:
            self.looks_at = self._clock.now
        return self.alive

    @property
    def due(self) -> bool:
        return self.state == "waiting" and self.alive and self.looks_at <= self._clock.now

    def look(self) -> None:
        try:
            wait_s = self._line.look(self.ticket)
        except TimeoutError:
            self.leave("late")
            return
        if wait_s is None:
            self.state = "inside"
        else:
            assert wait_s > 0
            self.looks_at = self._clock.now + wait_s

    def leave(self, state: str) -> None:
        self.state = state
        self._line.leave(self.ticket)


class Schedule(RuleBasedStateMachine):
    """Anything in any order: turns, cancellations, dead loops, 429s, other limits."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.limit = 2
        self.line = _Line("read", self.limit, self.clock)
        self.waiters: list[Waiter] = []
        self.last_start = -math.inf

    def having(self, state: str) -> list[Waiter]:
        return [each for each in self.waiters if each.state == state]

    def settle(self) -> None:
        """Let everybody look who was woken, or wanted to by now."""
        while due := [each for each in self.waiters if each.due]:
            rate = self.line.rate
            paused_until = self.line._pace.paused_until
            room = self.limit - len(self.having("inside"))
            before = self.line.under_way
            due[0].look()
            if self.line.under_way > before:
                assert self.line.under_way - before <= room
                assert paused_until <= self.clock.now
                assert rate is None or self.last_start + 1 / rate <= self.clock.now
                self.last_start = self.clock.now

    @rule(timeout_s=st.sampled_from([0.0, 0.5, 5.0, 1e6]))
    def come(self, timeout_s: float) -> None:
        self.waiters.append(Waiter(self.line, self.clock, timeout_s))
        self.settle()

    @rule(data=st.data(), state=st.sampled_from(["waiting", "inside"]))
    def go(self, data: st.DataObject, state: str) -> None:
        if candidates := self.having(state):
            data.draw(st.sampled_from(candidates)).leave("gone")
            self.note_start()
            self.settle()

    @rule(data=st.data())
    def die(self, data: st.DataObject) -> None:
        if candidates := self.having("waiting"):
            waiter = data.draw(st.sampled_from(candidates))
            waiter.alive = False
            waiter.state = "dead"

    @rule(seconds=st.sampled_from([0.1, 0.5, 2.0, 15.0, 100.0]))
    def pass_time(self, seconds: float) -> None:
        end = self.clock.now + seconds
        while (moment := min((each.looks_at for each in self.having("waiting")), default=end)) < end:
            self.clock.now = max(self.clock.now, moment)
            self.settle()
        self.clock.now = end
        self.settle()

    @rule(retry_after_s=st.sampled_from([None, 0.0, 3.0, 20.0]))
    def throttle(self, retry_after_s: float | None) -> None:
        self.line.throttled(retry_after_s)
        self.settle()

    @rule()
    def answer(self) -> None:
        self.line.answered()
        self.note_start()
        self.settle()

    @rule(limit=st.integers(1, 4))
    def resize(self, limit: int) -> None:
        self.limit = limit
        self.line.resize(limit)
        self.note_start()
        self.settle()

    @precondition(lambda self: self.waiters)
    @rule()
    def leave_twice(self) -> None:
        for waiter in self.having("gone") + self.having("late"):
            self.line.leave(waiter.ticket)
        self.note_start()
        self.settle()

    def note_start(self) -> None:
        """Somebody may have been let in, who has not looked yet."""
        if self.line.under_way > len(self.having("inside")):
            self.last_start = self.clock.now

    @invariant()
    def who_is_inside_knows_it(self) -> None:
        """No turn is held by somebody who is gone, dead or still waiting."""
        assert {each.ticket for each in self.having("inside")} == self.line._inside

    @invariant()
    def first_come_first_served(self) -> None:
        """Nobody is inside, or was, who came after somebody who could have gone in before."""
        tickets = [each for each in self.line._waiting if each in {w.ticket for w in self.having("waiting")}]
        assert [each.ticket for each in self.having("waiting")] == tickets

    @invariant()
    def nobody_waits_for_nothing(self) -> None:
        """Who is first among the living starts when there is a free turn and a token."""
        if self.line.under_way < self.limit and self.line._pace.next_start(self.clock.now) <= self.clock.now:
            assert [] == [each for each in self.having("waiting") if each.ticket is self.line._first()]

    def teardown(self) -> None:
        """In the end everybody who can wait long enough gets in, however the others died."""
        for _ in range(20 * len(self.waiters) + 500):
            for waiter in self.having("inside"):
                waiter.leave("gone")
            self.settle()
            if not self.having("waiting") and not self.having("inside"):
                break
            if not self.having("inside"):
                self.clock.now = min(each.looks_at for each in self.having("waiting"))
                self.settle()
        assert [] == self.having("waiting")
        assert 0 == self.line.under_way


TestSchedule = Schedule.TestCase
TestSchedule.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
