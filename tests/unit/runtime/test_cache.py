"""Answers that are kept: which, for how long, and until when."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from pygen.client.calls import Answer, Call, Plan
from pygen.client.exceptions import DmsError, DmsRequestError
from pygen.client.jobs import Chunks, Job
from pygen.runtime import ResultCache
from pygen.runtime.cache import CachedJob, cached_plan

LIST = "/models/instances/list"


class Clock:
    """Time that is passed in."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def call(path: str = LIST, /, **changes: Any) -> Call:
    """A question."""
    return Call("instances.list", path, **{"body": {"limit": 5, "filter": {"a": 1, "b": 2}}, **changes})


def answer(content: bytes = b"[1]") -> Answer:
    """An answer."""
    return Answer(content, "instances.list", "plant", "r1")


def keep(cache: ResultCache, question: Call, content: bytes = b"[1]", **more: Any) -> None:
    """Keep an answer that was asked for just now."""
    cache.keep(question, answer(content), since=cache.epoch, **more)


def test_an_answer_is_found_by_what_was_asked() -> None:
    """The order of keys in the body does not matter, everything else does."""
    cache = ResultCache()
    assert cache.find(call()) is None
    keep(cache, call())
    found = cache.find(call(body={"filter": {"b": 2, "a": 1}, "limit": 5}))
    assert found is not None
    assert (b"[1]", "r1", 1, 1, 1) == (found.content, found.request_id, len(cache), cache.hits, cache.misses)
    assert cache.find(call(body={"limit": 6})) is None
    assert cache.find(call("/models/instances/query")) is None
    assert (1, 3) == (cache.hits, cache.misses)
    assert "<cache of 1 answers, 1 hits, 3 misses>" == repr(cache)


def test_every_caller_reads_the_answer_anew() -> None:
    """No two callers share an object, and the value of the first one is not kept."""
    cache = ResultCache()
    question = call(read=lambda one: [one.content])
    cache.keep(question, answer()._replace(value=["its own"]), since=cache.epoch)
    first, second = cache.find(question), cache.find(question)
    assert first is not None
    assert second is not None
    assert [b"[1]"] == first.value == second.value
    assert first.value is not second.value
    unread = cache.find(call())
    assert unread is not None
    assert unread.value is None


@pytest.mark.parametrize(
    "question",
    [
        call("/models/instances/sync"),
        call("/models/views"),
        call("/models/instances"),
        call("/models/instances/delete"),
        call(repeat="idempotent"),
        call(repeat="once"),
        call(of_project=False),
        call(params={"a": "b"}),
        call(body={"a": {1, "b"}, "c": {2: 1, "x": 2}}),
    ],
)
def test_only_questions_about_instances_are_kept(question: Call) -> None:
    """Not the change feed, not schemas, nothing that writes; and these are not counted either."""
    cache = ResultCache()
    keep(cache, question)
    assert cache.find(question) is None
    assert (0, 0, 0) == (len(cache), cache.hits, cache.misses)


@pytest.mark.parametrize("name", ["list", "byids", "query", "search", "aggregate"])
def test_all_reads_of_instances_are_kept(name: str) -> None:
    """The five endpoints that read."""
    cache = ResultCache()
    keep(cache, call(f"/models/instances/{name}"))
    assert cache.find(call(f"/models/instances/{name}")) is not None


def test_an_answer_becomes_too_old() -> None:
    """After its time it is asked again, and its room is free."""
    clock = Clock()
    cache = ResultCache(ttl_s=60, clock=clock)
    keep(cache, call())
    clock.now += 59.9
    assert cache.find(call()) is not None
    clock.now += 0.1
    assert cache.find(call()) is None
    assert (0, 0) == (len(cache), cache.size_bytes)


def test_the_answer_that_was_not_used_for_longest_makes_room() -> None:
    """Used ones stay; the size never passes the limit."""
    cache = ResultCache(max_bytes=10_000)
    for number in range(3):
        keep(cache, call(body={"n": number}), b"x" * 2000)
    assert cache.find(call(body={"n": 0})) is not None
    keep(cache, call(body={"n": 3}), b"x" * 2000)
    kept = [number for number in range(4) if cache.find(call(body={"n": number})) is not None]
    assert [0, 2, 3] == kept
    assert 9000 == cache.size_bytes


def test_an_answer_that_is_too_large_is_not_kept() -> None:
    """It would push out everything else."""
    cache = ResultCache(max_bytes=10_000)
    keep(cache, call(body={"n": 0}))
    keep(cache, call(body={"n": 1}), b"x" * 10_000)
    assert 1 == len(cache)
    keep(cache, call(body={"n": 0}), b"y" * 50)
    assert (1, 1050) == (len(cache), cache.size_bytes)


def test_clear_forgets_what_is_being_asked() -> None:
    """An answer that was on its way when everything was forgotten is not kept."""
    cache = ResultCache()
    since = cache.epoch
    cache.clear()
    cache.keep(call(), answer(), since=since)
    assert 0 == len(cache)


def test_a_search_right_after_a_write_is_not_kept() -> None:
    """The search backend may not have seen the write, and must not be wrong for longer than that."""
    clock = Clock()
    cache = ResultCache(ttl_s=60, clock=clock)
    search = call("/models/instances/search", family="search")
    cache.written()
    keep(cache, search)
    keep(cache, call())
    assert 1 == len(cache)
    clock.now += 10
    keep(cache, search)
    assert 2 == len(cache)


def test_scopes_do_not_see_each_other() -> None:
    """Clients that share a cache may be allowed to read different things."""
    cache = ResultCache()
    keep(cache, call(), scope=1)
    assert cache.find(call(), 2) is None
    assert cache.find(call(), 1) is not None


@pytest.mark.parametrize("limits", [{"max_bytes": 0}, {"ttl_s": 0}, {"ttl_s": -1}, {"ttl_s": float("nan")}])
def test_limits_are_above_zero(limits: dict[str, Any]) -> None:
    """A cache that keeps nothing is left out instead."""
    with pytest.raises(ValueError, match="above 0"):
        ResultCache(**limits)


def test_an_answer_that_cannot_be_read_is_asked_again() -> None:
    """As the client does with a fresh one."""
    cache = ResultCache()
    keep(cache, call(), b"no JSON")
    assert cache.find(call(read=Answer.json)) is None
    assert 0 == len(cache)


def test_threads_share_a_cache() -> None:
    """Size and number agree with each other whatever happens at once."""
    cache = ResultCache(max_bytes=20_000)

    def work(seed: int) -> None:
        for number in range(300):
            question = call(body={"n": (number * seed) % 40})
            if cache.find(question) is None:
                keep(cache, question, b"x" * (number % 7 * 100))
            if number % 97 == 0:
                cache.clear()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1800 == cache.hits + cache.misses
    assert cache.size_bytes == sum(entry.size_bytes for entry in cache._entries.values()) <= 20_000


# --- plans and jobs ---


def drive(plan: Plan[Any], outcomes: Iterable[Any]) -> tuple[Any, list[Any]]:
    """Carry out a plan with given outcomes; its result, and what it asked for."""
    asked: list[Any] = []
    given = iter(outcomes)
    try:
        step = next(plan)
        while True:
            asked.append(step)
            outcome = next(given)
            step = plan.throw(outcome) if isinstance(outcome, DmsError) else plan.send(outcome)
    except StopIteration as done:
        return done.value, asked


def ask(*questions: Call) -> Plan[list[Any]]:
    """A plan that asks one after the other, and tells failures."""
    found: list[Any] = []
    for question in questions:
        try:
            found.append((yield question).content)
        except DmsError as error:
            found.append(str(error.status) if isinstance(error, DmsRequestError) else "?")
    return found


def refusal() -> DmsRequestError:
    """The service says no."""
    return DmsRequestError("no", status=400)


def test_a_plan_is_answered_from_the_cache() -> None:
    """Only what is new is asked."""
    cache = ResultCache()
    one, other = call(), call(body={})
    assert ([b"1", b"1", b"2"], [one, other]) == drive(
        cached_plan(ask(one, one, other), cache, 1), [answer(b"1"), answer(b"2")]
    )
    assert ([b"2", b"1"], []) == drive(cached_plan(ask(other, one), cache, 1), [])


def test_errors_reach_the_plan_and_are_not_kept() -> None:
    """The plan goes on as it likes, and asks again."""
    cache = ResultCache()
    one = call()
    assert (["400", b"1"], [one, one]) == drive(cached_plan(ask(one, one), cache, 1), [refusal(), answer(b"1")])


@pytest.mark.parametrize("outcome", [answer(), refusal()])
def test_a_write_forgets_everything_also_when_it_fails(outcome: Any) -> None:
    """Nobody knows what a write that failed has done."""
    cache = ResultCache()
    write = call("/models/instances", repeat="idempotent", family="write")
    plan = cached_plan(ask(call(), write, call()), cache, 1)
    _, asked = drive(plan, [answer(b"old"), outcome, answer(b"new")])
    assert 3 == len(asked)


def test_a_read_that_a_write_overtakes_is_not_kept() -> None:
    """It may have seen the old state."""
    cache = ResultCache()
    reading, writing = cached_plan(ask(call()), cache, 1), cached_plan(ask(call(repeat="once")), cache, 1)
    next(reading)
    drive(writing, [answer()])
    with pytest.raises(StopIteration):
        reading.send(answer(b"old"))
    assert 0 == len(cache)


def test_a_read_within_a_write_is_forgotten_at_its_end() -> None:
    """It began after the write did, and ended before."""
    cache = ResultCache()
    writing = cached_plan(ask(call(repeat="once")), cache, 1)
    next(writing)
    drive(cached_plan(ask(call()), cache, 1), [answer()])
    assert 1 == len(cache)
    with pytest.raises(StopIteration):
        writing.send(answer())
    assert 0 == len(cache)


def test_a_plan_that_is_given_up_is_closed() -> None:
    """What the plan holds is let go, and a write under way counts as one."""
    closed: list[bool] = []

    def holding() -> Plan[None]:
        try:
            yield call(repeat="once")
        finally:
            closed.append(True)

    cache = ResultCache()
    keep(cache, call())
    inner = holding()  # held here, so that it is not closed for want of an owner
    plan = cached_plan(inner, cache, 1)
    next(plan)
    plan.close()
    assert ([True], 0) == (closed, len(cache))


def send_all(job: Job[Any], sent: list[Call]) -> Iterator[list[Any]]:
    """Drive a job as clients do; each turn's results."""
    while True:
        flying: list[Call] = []
        while len(flying) < job.parallel and (one := job.next_call()) is not None:
            flying.append(one)
        yield list(job.results())
        if not flying:
            return
        for one in flying:
            sent.append(one)
            content = answer(str(one.body).encode())
            job.finish(one, content if one.read is None else content._replace(value=one.read(content)))


def chunks(*numbers: int) -> Chunks[bytes]:
    """A job of several questions."""
    return Chunks([call(body={"n": number}, read=lambda one: one.content) for number in numbers], parallel=2)


def test_a_job_is_answered_from_the_cache_in_order() -> None:
    """What is kept is not sent, results come in order, and few of them wait at once."""
    cache = ResultCache()
    sent: list[Call] = []
    first = CachedJob(chunks(2, 4, 5), cache, 1)
    while not first.is_done:
        list(send_all(first, sent))
    assert [{"n": 2}, {"n": 4}, {"n": 5}] == [one.body for one in sent]
    sent.clear()
    job = CachedJob(chunks(1, 2, 3, 4, 5, 6), cache, 1)
    turns: list[list[Any]] = []
    while not job.is_done:
        turns += send_all(job, sent)
    assert [1, 3, 6] == [one.body["n"] for one in sent if one.body is not None]
    assert [str({"n": number}).encode() for number in range(1, 7)] == [one for turn in turns for one in turn]
    assert max(map(len, turns)) <= job.parallel + 1


def test_a_job_that_writes_forgets_everything() -> None:
    """Also when nobody waits for its end."""
    cache = ResultCache()
    write = call("/models/instances", repeat="idempotent")
    for give_up in (False, True):
        keep(cache, call())
        job: CachedJob[Any] = CachedJob(Chunks([write]), cache, 1)
        asked = job.next_call()
        assert asked is not None
        if not give_up:
            job.finish(asked, answer())
        job.abandon()
        assert 0 == len(cache)
    keep(cache, call())
    done: CachedJob[Any] = CachedJob(Chunks([]), cache, 1)
    assert done.next_call() is None
    done.abandon()
    assert 1 == len(cache)
