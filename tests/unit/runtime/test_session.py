"""Sessions: requests are counted exactly, errors come through, and nothing is left under way."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable
from typing import Any, cast

import httpx
import pytest

from pygen.client import AsyncPygenClient, PygenClient, RetryPolicy
from pygen.client.calls import Call, Plan
from pygen.client.exceptions import DmsError, DmsRequestError
from pygen.client.jobs import Chunks
from pygen.client.paging import Page, PageJob
from pygen.runtime import ResultCache, SdkError, SdkOptions
from pygen.runtime.session import Session
from tests.behaviour.runtime.windsdk import AsyncWindClient, WindClient

Handler = Callable[[httpx.Request], httpx.Response]


class Service:
    """Answers everything, and counts."""

    def __init__(self, answer: Handler | None = None) -> None:
        self.requests = 0
        self._lock = threading.Lock()
        self._answer = answer or (lambda request: httpx.Response(200, json={"items": []}))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.requests += 1
        return self._answer(request)

    def session(self, **options: Any) -> Session:
        """A session of a synchronous client."""
        retry = RetryPolicy(sleep=lambda _: None)
        client = PygenClient(
            base_url="http://localhost",
            project="plant",
            credentials="t",
            transport=httpx.MockTransport(self),
            retry=retry,
        )
        return Session(client, cast(SdkOptions, options))

    def async_session(self, **options: Any) -> Session:
        """A session of an asynchronous client."""
        client = AsyncPygenClient(
            base_url="http://localhost", project="plant", credentials="t", transport=httpx.MockTransport(self)
        )
        return Session(client, cast(SdkOptions, options))


def call(number: int = 0, /, **changes: Any) -> Call:
    """A question."""
    return Call("instances.list", "/models/instances/list", **{"body": {"n": number}, **changes})


def ask(*numbers: int) -> Plan[int]:
    """A plan of several calls."""
    for number in numbers:
        yield call(number)
    return len(numbers)


def page_job(pages: int) -> PageJob[int]:
    """A list of so many pages, each with its number."""

    def make(limit: int, cursor: str | None) -> Call:
        number = int(cursor or 0)
        following = str(number + 1) if number + 1 < pages else None
        return call(number, read=lambda _: Page([number], following))

    return PageJob(make, limit=None, chunk_size=1, cursor=None)


def test_threads_are_counted_exactly() -> None:
    """Whatever runs at once, the counter says what the service saw."""
    service = Service()
    session = service.session()

    def work() -> None:
        for _ in range(10):
            session.run(ask(1, 2, 3))
            list(session.work(Chunks([call(n) for n in range(5)])))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 4 * 10 * 8 == service.requests == session.requests


def test_tasks_are_counted_exactly() -> None:
    """The same with asyncio, also for iterations that are given up."""
    service = Service()
    session = service.async_session()

    async def some() -> None:
        await session.arun(ask(1, 2, 3))
        async for _ in session.awork(page_job(5)):
            break

    async def main() -> None:
        await asyncio.gather(*(some() for _ in range(10)))
        await asyncio.sleep(0)

    asyncio.run(main())
    gc.collect()
    assert service.requests == session.requests


def test_jobs_within_plans_are_counted() -> None:
    """Each of their calls is a request."""
    service = Service()

    def plan() -> Plan[int]:
        yield call()
        return len((yield Chunks([call(n) for n in range(7)])))

    session = service.session()
    assert (7, 8, 8) == (session.run(plan()), session.requests, service.requests)
    other = service.async_session()
    assert (7, 8) == (asyncio.run(other.arun(plan())), other.requests)


def test_repeats_are_not_counted() -> None:
    """A request that is sent again is the same request."""
    failing = iter([503, 503])
    service = Service(lambda request: httpx.Response(next(failing, 200), json={"items": []}))
    session = service.session()
    session.run(ask(1))
    assert (3, 1) == (service.requests, session.requests)


def test_what_the_cache_answers_is_no_request() -> None:
    """Plans, jobs, and jobs within plans."""
    for kind in ("sync", "async"):
        service = Service()
        session = service.session(cache=ResultCache()) if kind == "sync" else service.async_session(cache=ResultCache())

        async def once(session: Session = session) -> tuple[Any, ...]:
            def plan() -> Plan[Any]:
                yield call(50)
                return (yield Chunks([call(n, read=lambda _: 1) for n in range(3)]))

            listed = [page.items async for page in session.awork(page_job(4))]
            return listed, await session.arun(plan()), await session.arun(ask(1, 60))

        async def twice(session: Session = session) -> None:
            first = await once()
            asked = session.requests
            assert ([[0], [1], [2], [3]], [1, 1, 1], 2) == first
            assert first == await once()
            assert asked == session.requests

        asyncio.run(twice())
        assert 6 == session.requests == service.requests
        assert session.cache is not None
        assert 4 + 10 == session.cache.hits


def test_errors_come_through_plans() -> None:
    """A plan can deal with a refusal, or not; it says for which project it was."""
    service = Service(lambda request: httpx.Response(400, json={"error": {"code": 400, "message": "no"}}))

    def patient() -> Plan[str]:
        try:
            yield call()
        except DmsError as error:
            return str(error.project)
        return "?"

    for options in ({}, {"cache": ResultCache()}):
        session, other = service.session(**options), service.async_session(**options)
        assert "plant" == session.run(patient())
        assert "plant" == asyncio.run(other.arun(patient()))
        with pytest.raises(DmsRequestError):
            session.run(ask(1))
        with pytest.raises(DmsRequestError):
            list(session.work(page_job(1)))
        with pytest.raises(DmsRequestError):
            asyncio.run(other.arun(ask(1)))


def test_a_plan_may_raise_what_it_likes() -> None:
    """Its own errors are not taken for the service's."""

    def broken() -> Plan[None]:
        yield call()
        raise LookupError("mine")

    for options in ({}, {"cache": ResultCache()}):
        with pytest.raises(LookupError, match="mine"):
            Service().session(**options).run(broken())
        with pytest.raises(LookupError, match="mine"):
            asyncio.run(Service().async_session(**options).arun(broken()))


@pytest.mark.parametrize("options", [{}, {"cache": ResultCache()}])
def test_giving_up_an_iteration_ends_what_is_under_way(options: dict[str, Any]) -> None:
    """The page that was on its way is cancelled, at once and without a warning."""
    started: list[httpx.Request] = []
    ended: list[httpx.Request] = []
    began = asyncio.Event()

    async def slow(request: httpx.Request) -> httpx.Response:
        if b'"n":0' in request.content:
            return httpx.Response(200, json={"items": []})
        started.append(request)
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(request)
        raise AssertionError

    client = AsyncPygenClient(
        base_url="http://localhost", project="plant", credentials="t", transport=httpx.MockTransport(slow)
    )
    session = Session(client, cast(SdkOptions, options))

    async def main() -> int:
        pages = session.awork(page_job(5))
        await anext(pages)
        await began.wait()
        assert 0 == len(ended)
        await pages.aclose()
        return len(ended)

    assert 1 == asyncio.run(main()) == len(started)
    gc.collect()


def test_an_async_client_is_told_apart() -> None:
    """Code that waits cannot use it; code that awaits can use either."""
    session = Service().async_session()
    with pytest.raises(SdkError, match="async client"):
        session.run(ask(1))
    with pytest.raises(SdkError, match="async client"):
        next(session.work(page_job(1)))
    assert 0 == session.requests

    async def both() -> tuple[int, list[list[int]]]:
        plain = Service().session()
        return await plain.arun(ask(1, 2)), [page.items async for page in plain.awork(page_job(2))]

    assert (2, [[0], [1]]) == asyncio.run(both())


def test_options_are_checked() -> None:
    """What is misspelled is refused, with what was meant."""
    arguments: dict[str, Any] = {"base_url": "http://localhost", "project": "p", "credentials": "t"}
    client: Any
    for client in (WindClient, AsyncWindClient):
        with pytest.raises(TypeError, match=rf"{client.__name__}\(\) got .*'validaton'; did you mean 'validation'\?"):
            client(**arguments, validaton="strict")
        with pytest.raises(ValueError, match="validation is 'strict', 'lenient' or 'off', not 'wrong'"):
            client(**arguments, validation="wrong")
        with pytest.raises(TypeError, match="cache is a ResultCache, or None, not bool"):
            client(**arguments, cache=True)
        with pytest.raises(TypeError, match="instance_space is a text, or None, not 5"):
            client(**arguments, instance_space=5)
        with pytest.raises(TypeError, match="strict_relations is True or False, not 'no'"):
            client(**arguments, strict_relations="no")
        with pytest.raises(TypeError, match="external_ids is a function"):
            client(**arguments, external_ids="uuid")


def test_sessions_that_share_a_cache_ask_for_themselves() -> None:
    """They may be allowed to read different things; a write of one is seen by both."""
    cache = ResultCache()
    service = Service()
    one, other = service.session(cache=cache), service.session(cache=cache)
    one.run(ask(1))
    other.run(ask(1))
    assert (2, 2) == (service.requests, len(cache))

    def write() -> Plan[None]:
        yield call(repeat="idempotent")

    one.run(write())
    other.run(ask(1))
    assert (4, 1) == (service.requests, len(cache))
