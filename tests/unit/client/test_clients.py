"""Clients as a whole: how they are made, used by many, and closed."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from pygen.client import (
    AbandonEvent,
    AsyncPygenClient,
    Connections,
    DmsInputError,
    DmsRequestError,
    Hook,
    Limits,
    NodeId,
    PygenClient,
    RetryPolicy,
)
from pygen.client.auth import Token
from pygen.client.limits import LONGEST_WAIT_S, Budget
from pygen.errors import ConfigError
from tests.support.little_dms import SPACE
from tests.support.mischief import Gate, late
from tests.support.rough_server import PROJECT, RoughServer
from tests.unit.client.wire import CANARY, EMPTY, Run, Wire, both, said

kinds = pytest.mark.parametrize("kind", [PygenClient, AsyncPygenClient])
IDS = [NodeId("sp", f"x{n}") for n in range(2500)]
PATIENCE_S = LONGEST_WAIT_S / 2
"""A waiter that nobody wakes would look later whether the client is closed."""


class Abandoned(Hook):
    """
    Tells when calls are given up.

    Attributes:
        errors: What stopped them.
    """

    def __init__(self) -> None:
        self.errors: list[BaseException] = []

    def on_abandon(self, event: AbandonEvent, /) -> None:
        self.errors.append(event.error)


class Watched(Budget):
    """A budget that tells when somebody comes for a turn."""

    def __init__(self, limits: Limits, reached: Event | asyncio.Event) -> None:
        super().__init__(limits)
        self._reached = reached

    def turn(self, family: Any, **options: Any) -> Any:
        self._reached.set()
        return super().turn(family, **options)

    def turn_async(self, family: Any, **options: Any) -> Any:
        self._reached.set()
        return super().turn_async(family, **options)


# --- request() ---


@both
def test_any_request(run: Run) -> None:
    """What this client has no method for is sent with its authentication, and answered with the JSON as it is."""
    wire = Wire(httpx.Response(200, json=[1, 2]))
    params = {"limit": 2}
    assert [1, 2] == run(wire, lambda client: client.request("post", "/timeseries/list", json={"a": 1}, params=params))
    (request,) = wire.requests
    assert "POST" == request.method
    assert f"https://cluster.example/api/v1/projects/{wire.project}/timeseries/list?limit=2" == str(request.url)
    assert f"Bearer {CANARY}" == request.headers["authorization"]
    assert {"a": 1} == json.loads(request.content)


@both
def test_empty_answer(run: Run) -> None:
    """An answer without a body is None."""
    assert run(Wire(httpx.Response(204)), lambda client: client.request("DELETE", "/x")) is None


@pytest.mark.parametrize(
    ("method", "options", "attempts"),
    [("GET", {}, 2), ("POST", {}, 1), ("POST", {"safe_to_repeat": True}, 2), ("PUT", {}, 1), ("DELETE", {}, 1)],
)
@both
def test_which_requests_are_repeated(run: Run, method: str, options: dict[str, Any], attempts: int) -> None:
    """A GET may be sent again, anything else only where the caller says so."""
    wire = Wire(said(503), said(400))
    with pytest.raises(DmsRequestError):
        run(wire, lambda client: client.request(method, "/x", **options))
    assert attempts == len(wire.requests)


@pytest.mark.parametrize(
    "path", ["x", "//evil.example", "/../../token", "/a/%2e%2E/token", "/x\n", "https://evil.example", ""]
)
@both
def test_paths_that_lead_elsewhere(run: Run, path: str) -> None:
    """A token is sent to the project only."""
    wire = Wire(EMPTY)
    with pytest.raises(DmsInputError, match="not a path below the project"):
        run(wire, lambda client: client.request("GET", path))
    assert [] == wire.requests


@both
def test_each_attempt_asks_for_a_token(run: Run) -> None:
    """A token that expired between two attempts is not used again."""
    tokens = iter(["one", "two", "three"])
    wire = Wire(said(503), said(503), EMPTY)
    run(wire, lambda client: client.instances.page(), credentials=lambda: next(tokens))
    assert ["Bearer one", "Bearer two", "Bearer three"] == [each.headers["authorization"] for each in wire.requests]


@both
def test_redirects_are_not_followed(run: Run) -> None:
    """A token is not carried to wherever an answer points."""
    wire = Wire(httpx.Response(307, headers={"location": "https://evil.example/"}))
    with pytest.raises(DmsRequestError, match="status 307"):
        run(wire, lambda client: client.instances.page())
    assert 1 == len(wire.requests)


# --- from settings ---


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets variables, after all that a client reads have been cleared."""

    def set_variables(**variables: str) -> None:
        for name in ("CDF_CLUSTER", "CDF_URL", "LOGIN_FLOW", "CDF_CLIENT_TIMEOUT", "CDF_CLIENT_MAX_WORKERS"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_variables


@kinds
def test_from_env(kind: type[PygenClient | AsyncPygenClient], environment: Callable[..., None]) -> None:
    """Where and as whom come from the environment, and so do the timeout and the number of workers."""
    environment(CDF_CLUSTER="westeurope-1", CDF_PROJECT="from-env", CDF_TOKEN=CANARY)
    client = kind.from_env()
    assert ("https://westeurope-1.cognitedata.com", "from-env") == (client.base_url, client.project)
    assert (30.0, Limits()) == (client.timeout_s, client.budget.limits)
    assert isinstance(client._auth, Token)
    assert CANARY == client._auth.token()
    environment(CDF_URL="https://private.example", CDF_CLIENT_TIMEOUT="7.5", CDF_CLIENT_MAX_WORKERS="3")
    client = kind.from_env(app="planner")
    assert ("https://private.example", "planner", 7.5) == (client.base_url, client.app, client.timeout_s)
    assert Limits(3, 2, 2, 1, 2, 1, 3) == client.budget.limits


@kinds
def test_options_win(kind: type[PygenClient | AsyncPygenClient], environment: Callable[..., None]) -> None:
    """What the caller says counts more than what the environment says."""
    environment(
        CDF_CLUSTER="c-1", CDF_PROJECT="options", CDF_TOKEN="t", CDF_CLIENT_TIMEOUT="7", CDF_CLIENT_MAX_WORKERS="3"
    )
    client = kind.from_env(timeout_s=9.0, limits=Limits(read=8))
    assert (9.0, Limits(read=8)) == (client.timeout_s, client.budget.limits)


@kinds
def test_incomplete_environment(kind: type[PygenClient | AsyncPygenClient], environment: Callable[..., None]) -> None:
    """Where something is missing, the error says what."""
    environment(CDF_PROJECT="p", CDF_TOKEN="t")
    with pytest.raises(ConfigError, match="CDF_CLUSTER"):
        kind.from_env()


@kinds
def test_from_toml(kind: type[PygenClient | AsyncPygenClient], tmp_path: Path) -> None:
    """Where and as whom come from a table of a file."""
    file = tmp_path / "settings.toml"
    file.write_text(
        '[tool.plant]\ncluster = "c-1"\nproject = "from-toml"\ntoken = "t"\ntimeout_s = 3\nmax_workers = 1\n', "utf-8"
    )
    client = kind.from_toml(file, "tool.plant", app="planner")
    assert ("https://c-1.cognitedata.com", "from-toml", "planner") == (client.base_url, client.project, client.app)
    assert (3.0, Limits(1, 1, 1, 1, 1, 1, 1)) == (client.timeout_s, client.budget.limits)


# --- closing ---


@pytest.fixture
def server() -> Iterator[RoughServer]:
    """A real server."""
    with RoughServer() as server:
        yield server
        gc.collect()  # a connection that was not closed warns, and warnings are errors


def real_options(server: RoughServer) -> dict[str, Any]:
    """A client of the real server."""
    return {"base_url": server.url, "project": PROJECT, "credentials": "token"}


def test_close_frees_connections_and_threads(server: RoughServer) -> None:
    """After `close` no connection and no thread of the client is left, however often it is called."""
    with PygenClient(**real_options(server)) as client:
        client.instances.retrieve(IDS)
        client.instances.list(limit=1).all()
    client.close()
    client.close()
    server.wait_for_connections(0)
    assert [] == [thread.name for thread in threading.enumerate() if thread.name.startswith("pygen")]


def test_aclose_frees_connections_and_tasks(server: RoughServer) -> None:
    """After `aclose` no connection and no task of the client is left, however often it is called."""

    async def run() -> set[asyncio.Task[Any]]:
        async with AsyncPygenClient(**real_options(server)) as client:
            await client.instances.retrieve(IDS)
            await client.instances.list(limit=1).all()
        await client.aclose()
        await client.aclose()
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert set() == asyncio.run(run())
    server.wait_for_connections(0)


def test_client_that_was_never_used() -> None:
    """A client that has sent nothing can be closed, and twice."""
    client = PygenClient(base_url="https://c.example", project="p", credentials="t")
    client.close()
    client.close()

    async def run() -> None:
        other = AsyncPygenClient(base_url="https://c.example", project="p", credentials="t")
        await other.aclose()
        await other.aclose()

    asyncio.run(run())


@pytest.mark.parametrize(
    "ask",
    [lambda client: client.instances.page(), lambda client: client.instances.retrieve(IDS)],
    ids=["one call", "several at once"],
)
def test_closed_client(ask: Callable[[Any], Any]) -> None:
    """A closed client says that it is, and sends nothing."""
    wire = Wire(EMPTY)
    client = wire.client()
    client.close()
    with pytest.raises(RuntimeError, match="the client is closed"):
        ask(client)

    async def run() -> None:
        other = wire.async_client()
        await other.aclose()
        with pytest.raises(RuntimeError, match="the client is closed"):
            await ask(other)

    asyncio.run(run())
    assert [] == wire.requests


def closing_meanwhile(client: PygenClient, work: Callable[[], Any], reached: Event) -> BaseException | None:
    """What comes of work in a thread when the client is closed after the work has come to some point."""
    with ThreadPoolExecutor(1) as executor:
        future = executor.submit(work)
        assert reached.wait(PATIENCE_S)
        client.close()
        return future.exception(PATIENCE_S)


def test_close_ends_the_wait_between_attempts() -> None:
    """Nobody waits for a next attempt that will not be made: neither the call, nor `close`."""
    reached, abandoned = Event(), Abandoned()

    class Reached(Hook):
        def on_retry(self, event: Any, /) -> None:
            reached.set()

    wire = Wire(said(503))
    policy = RetryPolicy(base_s=50, cap_s=50, deadline_s=60, uniform=lambda low, high: high)
    client = wire.client(retry=policy, hooks=[Reached(), abandoned])
    error = closing_meanwhile(client, client.instances.page, reached)
    assert "the client is closed" == str(error)
    assert [error] == abandoned.errors
    assert 1 == len(wire.requests)


def test_close_ends_the_wait_for_a_turn() -> None:
    """A call that has not had its turn yet is not sent any more, and does not hold up `close`."""
    reached, abandoned = Event(), Abandoned()
    wire = Wire(EMPTY)
    client = wire.client(retry=RetryPolicy(deadline_s=60), hooks=[abandoned])
    client.budget = Watched(Limits(read=1), reached)
    with Budget.turn(client.budget, "read", timeout_s=1):
        error = closing_meanwhile(client, client.instances.page, reached)
    assert "the client is closed" == str(error)
    assert [error] == abandoned.errors
    assert [] == wire.requests
    assert (0, 0) == (client.budget.under_way("read"), client.budget.waiting("read"))


def test_close_ends_what_is_under_way_for_a_list() -> None:
    """A page that is being waited for in the background does not hold up `close`, nor outlive it."""
    reached = Event()

    class Reached(Hook):
        def on_retry(self, event: Any, /) -> None:
            reached.set()

    wire = Wire(httpx.Response(200, json={"items": [{}], "nextCursor": "c"}), said(503))
    policy = RetryPolicy(base_s=50, cap_s=50, deadline_s=60, uniform=lambda low, high: high)
    with wire.client(retry=policy, hooks=[Reached()]) as client:
        pages = client.instances.list(chunk_size=1).pages()
        assert [{}] == next(pages).items
        assert reached.wait(PATIENCE_S)
    assert [] == [thread.name for thread in threading.enumerate() if thread.name.startswith("pygen")]
    pages.close()


def test_aclose_ends_what_is_under_way(server: RoughServer) -> None:
    """Requests of a job that wait for their answer are cancelled, their caller is not; no connection is left."""
    gate = Gate()
    server.mischief.always(late(gate))

    async def run() -> list[BaseException]:
        abandoned = Abandoned()
        client = AsyncPygenClient(**real_options(server), hooks=[abandoned])
        task = asyncio.ensure_future(client.instances.retrieve(IDS))
        await asyncio.to_thread(gate.wait_for, 3)
        await client.aclose()
        with pytest.raises(RuntimeError, match="the client is closed"):
            await task
        return abandoned.errors

    try:
        assert [asyncio.CancelledError] * 3 == [type(error) for error in asyncio.run(run())]
        server.wait_for_connections(0)
    finally:
        gate.open()


def test_aclose_ends_waits() -> None:
    """A call of another task that waits for its next attempt, or for its turn, learns that the client was closed."""

    async def between_attempts() -> None:
        reached = asyncio.Event()

        async def asleep(seconds: float) -> None:
            reached.set()
            await asyncio.Event().wait()

        client = Wire(said(503)).async_client(retry=RetryPolicy(asleep=asleep))
        task = asyncio.ensure_future(client.instances.page())
        await reached.wait()
        await client.aclose()
        with pytest.raises(RuntimeError, match="the client is closed"):
            await task

    async def before_its_turn() -> None:
        wire = Wire(EMPTY)
        client = wire.async_client(retry=RetryPolicy(deadline_s=60))
        reached = asyncio.Event()
        client.budget = Watched(Limits(read=1), reached)
        async with Budget.turn_async(client.budget, "read", timeout_s=1):
            task = asyncio.ensure_future(client.instances.page())
            await reached.wait()
            assert 1 == client.budget.waiting("read")
            await client.aclose()
            with pytest.raises(RuntimeError, match="the client is closed"):
                await asyncio.wait_for(task, PATIENCE_S)
        assert [] == wire.requests

    asyncio.run(between_attempts())
    asyncio.run(before_its_turn())


def test_a_cancelled_wait_leaves_nothing_behind() -> None:
    """Whoever cancels a call between two attempts ends the wait, too."""
    ended: list[BaseException] = []

    async def run() -> None:
        reached = asyncio.Event()

        async def asleep(seconds: float) -> None:
            reached.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError as error:
                ended.append(error)
                raise

        client = Wire(said(503)).async_client(retry=RetryPolicy(asleep=asleep))
        task = asyncio.ensure_future(client.instances.page())
        await reached.wait()
        task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(0)
        assert 1 == len(ended)
        await client.aclose()

    asyncio.run(run())


def test_broken_wait_is_not_hidden() -> None:
    """What a wait of the user's own raises reaches the caller, in both clients."""

    def sleep(seconds: float) -> None:
        raise ZeroDivisionError

    async def asleep(seconds: float) -> None:
        sleep(seconds)

    policy = RetryPolicy(sleep=sleep, asleep=asleep)
    with Wire(said(503)).client(retry=policy) as client, pytest.raises(ZeroDivisionError):
        client.instances.page()

    async def run() -> None:
        async with Wire(said(503)).async_client(retry=policy) as other:
            with pytest.raises(ZeroDivisionError):
                await other.instances.page()

    asyncio.run(run())


# --- connections ---


@pytest.mark.parametrize(
    ("connections", "expected"),
    [(Connections(), 1), (Connections(keep=0), 3), (Connections(most=1), 1)],
    ids=["defaults", "none kept", "one"],
)
@both
def test_connections_are_kept(run: Run, server: RoughServer, connections: Connections, expected: int) -> None:
    """One connection serves one call after the other, unless none may be kept."""

    def in_a_row(client: Any) -> Any:
        if isinstance(client, PygenClient):
            return [client.instances.page() for _ in range(3)]

        async def pages() -> None:
            for _ in range(3):
                await client.instances.page()

        return pages()

    run(Wire(EMPTY), in_a_row, **real_options(server), transport=None, connections=connections)
    assert (3, expected) == (len(server.requests), server.connections)


@both
def test_proxy(run: Run, server: RoughServer) -> None:
    """Requests go to the proxy, whatever the address of the cluster."""
    options = real_options(server) | {"base_url": "http://localhost:1", "connections": Connections(proxy=server.url)}
    run(Wire(EMPTY), lambda client: client.instances.page(), **options, transport=None)
    (received,) = server.requests
    assert "localhost:1" == received.headers["host"]


# --- many at once ---


def test_many_threads(server: RoughServer) -> None:
    """One client serves many threads: each gets its own answer, and no more requests are under way than may be."""
    items = [{"instanceType": "node", "space": SPACE, "externalId": f"t{n}"} for n in range(40)]
    with PygenClient(**real_options(server), limits=Limits(read=3)) as client:
        client.instances.apply(items)

        def found(number: int) -> list[str]:
            return [each["externalId"] for each in client.instances.retrieve([NodeId(SPACE, f"t{number}")])]

        with ThreadPoolExecutor(16) as executor:
            answers = list(executor.map(found, range(40)))
        assert 3 >= client.budget.peak("read") >= 1
    assert [[f"t{n}"] for n in range(40)] == answers
    server.wait_for_connections(0)


def test_a_thousand_tasks() -> None:
    """A thousand concurrent retrieves stay within the budget, and each is answered."""
    under_way, most = 0, 0

    async def handle(request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return httpx.Response(200, json={"items": json.loads(request.content)["items"]})

    async def run() -> list[Any]:
        async with Wire(EMPTY).async_client(transport=httpx.MockTransport(handle), limits=Limits(read=4)) as client:
            return await asyncio.gather(*(client.instances.retrieve(NodeId("sp", f"x{n}")) for n in range(1000)))

    answers = asyncio.run(run())
    assert [f"x{n}" for n in range(1000)] == [answer[0]["externalId"] for answer in answers]
    assert 4 == most


def test_close_wakes_those_whose_calls_wait_for_a_thread() -> None:
    """Calls that no thread has begun end with the others, so whoever waits for them goes on."""
    reached = Event()

    class Busy(ThreadPoolExecutor):
        def submit(self, *work: Any, **options: Any) -> Any:
            future = super().submit(*work, **options)
            if self._work_queue.qsize() == 3:
                reached.set()
            return future

    wire = Wire(EMPTY)
    client = wire.client()
    client._executor = Busy(1)
    client._executor.submit(client._closing.wait)
    error = closing_meanwhile(client, lambda: client.instances.retrieve(IDS), reached)
    assert (RuntimeError, "the client is closed") == (type(error), str(error))
    assert [] == wire.requests


def test_used_client_in_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that was forked after the first request refuses to share its connections; before it, all is well."""
    wire = Wire(EMPTY)
    with wire.client() as client:
        parent = os.getpid()
        client.instances.page()
        monkeypatch.setattr(os, "getpid", lambda: parent + 1)
        with pytest.raises(RuntimeError, match="used before this process was forked"):
            client.instances.page()
        with wire.client() as fresh:
            monkeypatch.setattr(os, "getpid", lambda: parent)
            fresh.instances.page()
    assert 2 == len(wire.requests)
