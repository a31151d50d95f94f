"""Requests, answers and retries, with a clock that does not wait."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from pygen._version import __version__
from pygen.client import (
    AsyncPygenClient,
    DmsAuthError,
    DmsError,
    DmsRateLimitError,
    DmsRequestError,
    DmsTransportError,
    PygenClient,
    RetryPolicy,
)
from pygen.client.calls import Call
from pygen.client.models.ids import NodeId, ViewId
from pygen.errors import ConfigError

CANARY = "canary-9f8e7d6c5b4a"
VIEW = ViewId("sp", "Pump", "v1")
Answer = httpx.Response | Exception
CALL = Call("instances.list", "/models/instances/list", {"instanceType": "node"})


class Wire:
    """
    Plays a list of answers; the last one is repeated.

    Attributes:
        requests: What was sent.
        slept: The delays that were asked for.
        now: The time; sleeping moves it.
    """

    def __init__(self, *answers: Answer | Callable[[httpx.Request], httpx.Response]) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.slept: list[float] = []
        self.now = 0.0

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The next answer."""
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        return answer(request)

    def policy(self, **options: Any) -> RetryPolicy:
        """A policy that waits in no time, and as long as it may."""

        def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            self.now += seconds

        async def asleep(seconds: float) -> None:
            sleep(seconds)

        return RetryPolicy(
            sleep=sleep, asleep=asleep, clock=lambda: self.now, uniform=lambda _low, high: high, **options
        )

    def client(self, **options: Any) -> PygenClient:
        """A client on this wire."""
        return PygenClient(
            base_url="https://cluster.example",
            project="plant",
            credentials=CANARY,
            transport=httpx.MockTransport(self.answer),
            retry=self.policy(**options),
        )

    def async_client(self, **options: Any) -> AsyncPygenClient:
        """An asynchronous client on this wire."""
        return AsyncPygenClient(
            base_url="https://cluster.example",
            project="plant",
            credentials=CANARY,
            transport=httpx.MockTransport(self.answer),
            retry=self.policy(**options),
        )


def said(status: int, message: str = "no", **headers: str) -> httpx.Response:
    """An answer that says no."""
    body = {"error": {"code": status, "message": message}}
    return httpx.Response(status, json=body, headers={"x-request-id": "r1", **headers})


EMPTY = httpx.Response(200, json={"items": []})


def test_a_request_says_who_asks_for_what() -> None:
    """Address, method, headers and body are those of the reference."""
    wire = Wire(EMPTY)
    wire.client().instances.page(sources=[VIEW])
    (request,) = wire.requests
    assert "https://cluster.example/api/v1/projects/plant/models/instances/list" == str(request.url)
    assert "POST" == request.method
    wanted = {
        "authorization": f"Bearer {CANARY}",
        "content-type": "application/json",
        "accept": "application/json",
        "cdf-version": "20230101",
        "x-cdp-sdk": f"pygen:{__version__}",
        "user-agent": f"pygen-cdf/{__version__}",
    }
    assert wanted.items() <= dict(request.headers).items()
    source = {"source": {"type": "view", "space": "sp", "externalId": "Pump", "version": "v1"}}
    assert {"instanceType": "node", "sources": [source], "limit": 1000} == json.loads(request.content)


def test_large_bodies_are_compressed() -> None:
    """From a kilobyte on the body is sent as gzip, always with the same bytes; text outside ASCII survives."""
    wire = Wire(EMPTY)
    client = wire.client()
    for _ in range(2):
        client.instances.retrieve([NodeId("sp", f"størrelse-{n}") for n in range(100)])
    client.instances.retrieve([NodeId("sp", "x")])
    large, again, small = wire.requests
    assert "gzip" == large.headers["content-encoding"]
    assert large.content == again.content
    assert "størrelse-7" == json.loads(gzip.decompress(large.content))["items"][7]["externalId"]
    assert "content-encoding" not in small.headers


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://cluster.example", "clear text"),
        ("https://cluster.example/api/v1", "must end before /api/v1"),
        ("https://cluster.example/api/v1/projects/p", "must end before /api/v1"),
        (f"https://me:{CANARY}@cluster.example", "a user, a query or a fragment"),
        (f"https://cluster.example?token={CANARY}", "a user, a query or a fragment"),
        ("cluster.example", "not an http"),
        ("ftp://cluster.example", "not an http"),
        ("https://c.example:port", "not a URL"),
    ],
)
def test_addresses_that_are_refused(url: str, message: str) -> None:
    """Clear text to another machine, a path too long and secrets in the address are refused, and not repeated."""
    with pytest.raises(ConfigError, match=message) as caught:
        PygenClient(base_url=url, project="p", credentials="t")
    assert CANARY not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://cluster.example/", "https://cluster.example"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://[::1]:9", "http://[::1]:9"),
        ("https://proxy.example/cdf/", "https://proxy.example/cdf"),
    ],
)
def test_addresses_that_are_fine(url: str, expected: str) -> None:
    """Https anywhere, http on this machine, and a proxy's path."""
    with PygenClient(base_url=url, project="p", credentials="t") as client:
        assert expected == client.base_url


def test_a_project_is_part_of_the_path_only() -> None:
    """A project cannot break out of its place, and must be there."""
    wire = Wire(EMPTY)
    client = PygenClient(
        base_url="https://c.example", project="a/../b?", credentials="t", transport=httpx.MockTransport(wire.answer)
    )
    client.instances.page()
    assert b"/api/v1/projects/a%2F..%2Fb%3F/models/instances/list" == wire.requests[0].url.raw_path
    with pytest.raises(ConfigError, match="not the name of a project"):
        PygenClient(base_url="https://c.example", project="", credentials="t")


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_passing_failures_are_tried_again(status: int) -> None:
    """Throttling and gateways are waited out, with delays that double up to the cap."""
    wire = Wire(*[said(status)] * 9, EMPTY)
    assert [] == wire.client().instances.page().items
    assert [0.5, 1, 2, 4, 8, 16, 32, 60, 60] == wire.slept


def test_the_service_can_say_that_repeating_is_safe() -> None:
    """`isAutoRetryable` in the body or `cdf-is-auto-retryable` in a header has any status tried again."""
    body = {"error": {"code": 409, "message": "lock", "isAutoRetryable": True}}
    wire = Wire(httpx.Response(409, json=body), said(409, **{"cdf-is-auto-retryable": "TRUE"}), EMPTY)
    assert [] == wire.client().instances.page().items
    assert 2 == len(wire.slept)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 413, 500])
def test_other_refusals_are_final(status: int) -> None:
    """A refusal that would be repeated is raised at once."""
    wire = Wire(said(status))
    with pytest.raises(DmsRequestError):
        wire.client().instances.page()
    assert 1 == len(wire.requests)


def test_retry_after_is_honoured_when_it_asks_for_more() -> None:
    """The service's wish wins over a shorter delay, not over a longer one; dates and nonsense are ignored."""
    headers = ["7", "0.1", "Wed, 21 Oct 2026 07:28:00 GMT", "-3", "nan", "inf"]
    wire = Wire(*[said(429, **{"Retry-After": value}) for value in headers], EMPTY)
    wire.client().instances.page()
    assert [7.0, 1, 2, 4, 8, 16] == wire.slept


def test_retries_end() -> None:
    """After ten retries, or when the deadline would pass, the last error is raised."""
    wire = Wire(said(429))
    with pytest.raises(DmsRateLimitError):
        wire.client(deadline_s=1e9).instances.page()
    assert (11, 10) == (len(wire.requests), len(wire.slept))
    wire = Wire(said(503))
    with pytest.raises(DmsRequestError):
        wire.client(deadline_s=5.0).instances.page()
    assert [0.5, 1, 2] == wire.slept
    wire = Wire(said(429, **{"Retry-After": "3600"}))
    with pytest.raises(DmsRateLimitError):
        wire.client().instances.page()
    assert [] == wire.slept
    wire = Wire(said(429))
    with pytest.raises(DmsRateLimitError):
        wire.client(retries=0).instances.page()
    assert 1 == len(wire.requests)


def test_delays_are_random_between_a_tenth_and_the_ceiling() -> None:
    """Full jitter: clients that were turned away together do not come back together."""
    bounds: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        bounds.append((low, high))
        return low

    wire = Wire(said(503), said(503), EMPTY)
    policy = RetryPolicy(sleep=wire.slept.append, clock=lambda: 0.0, uniform=uniform)
    transport = httpx.MockTransport(wire.answer)
    with PygenClient(
        base_url="https://c.example", project="p", credentials="t", transport=transport, retry=policy
    ) as client:
        client.instances.page()
    assert [(0.1, 0.5), (0.1, 1.0)] == bounds
    assert [0.1, 0.1] == wire.slept


def test_each_attempt_asks_for_a_token() -> None:
    """A token that expired between two attempts is not used again."""
    tokens = iter(["one", "two", "three"])
    wire = Wire(said(503), said(503), EMPTY)
    client = PygenClient(
        base_url="https://c.example",
        project="p",
        credentials=lambda: next(tokens),
        transport=httpx.MockTransport(wire.answer),
        retry=wire.policy(),
    )
    client.instances.page()
    assert ["Bearer one", "Bearer two", "Bearer three"] == [each.headers["authorization"] for each in wire.requests]


@pytest.mark.parametrize(
    "failure", [httpx.ReadTimeout("t"), httpx.ReadError("r"), httpx.RemoteProtocolError("p"), httpx.WriteError("w")]
)
def test_lost_answers_are_asked_for_again_when_that_is_safe(failure: httpx.HTTPError) -> None:
    """Reads and plain upserts are repeated; one with `existingVersion` may have arrived and is not."""
    wire = Wire(failure, EMPTY)
    wire.client().instances.apply([{"instanceType": "node", "space": "s", "externalId": "x"}])
    assert 2 == len(wire.requests)
    item = {"instanceType": "node", "space": "s", "externalId": "x", "existingVersion": 1}
    works: list[Callable[[PygenClient], object]] = [
        lambda client: client.instances.apply([item]),
        lambda client: client.instances.delete([item]),
    ]
    for work in works:
        wire = Wire(failure, EMPTY)
        with pytest.raises(DmsTransportError):
            work(wire.client())
        assert 1 == len(wire.requests)
    wire = Wire(said(503), EMPTY)
    with pytest.raises(DmsRequestError):
        wire.client().instances.apply([item])
    wire = Wire(said(429), httpx.ConnectError("c"), EMPTY)
    wire.client().instances.apply([item])
    assert 3 == len(wire.requests)


def test_connections_that_fail_are_tried_four_times() -> None:
    """A connection that cannot be opened is tried again three times, then the reason is told."""
    wire = Wire(httpx.ConnectError("connection refused"))
    with pytest.raises(DmsTransportError, match=r"cannot connect to https://cluster.example: connection refused"):
        wire.client().instances.page()
    assert 4 == len(wire.requests)


def test_failures_that_stay_are_final() -> None:
    """What would fail again is not repeated."""
    for failure in (httpx.UnsupportedProtocol("u"), httpx.LocalProtocolError("l"), httpx.DecodingError("d")):
        wire = Wire(failure)
        with pytest.raises(DmsTransportError, match=type(failure).__name__):
            wire.client().instances.page()
        assert 1 == len(wire.requests)


def test_the_async_client_behaves_the_same() -> None:
    """Retries, delays and errors are those of the synchronous client."""

    async def run(wire: Wire) -> None:
        async with wire.async_client() as client:
            await client.instances.page()

    wire = Wire(said(503), httpx.ReadTimeout("t"), EMPTY)
    asyncio.run(run(wire))
    assert [0.5, 1] == wire.slept
    with pytest.raises(DmsRequestError, match="no"):
        asyncio.run(run(Wire(said(400))))
    with pytest.raises(DmsTransportError, match="no answer within 30 s"):
        asyncio.run(run(Wire(httpx.ReadTimeout("t"))))


def test_the_default_sleep_of_the_async_client_gives_way() -> None:
    """Without a policy of one's own, waiting does not block the loop."""

    async def run() -> bool:
        await RetryPolicy().asleep(0)
        return True

    assert asyncio.run(run())


@pytest.mark.parametrize(
    ("response", "status", "message"),
    [
        (httpx.Response(400, json={"error": {"code": 400, "message": "m"}}), 400, "m"),
        (httpx.Response(400, json={"error": "plain"}), 400, "plain"),
        (httpx.Response(502, text="<html>Bad gateway</html>"), 502, "<html>Bad gateway</html>"),
        (httpx.Response(413), 413, "Request Entity Too Large"),
        (httpx.Response(400, json=["odd"]), 400, '["odd"]'),
        (httpx.Response(302, headers={"location": "https://elsewhere"}), 302, "Found"),
        (httpx.Response(400, json={"error": {"code": "x", "message": None}}), 400, "Bad Request"),
    ],
)
def test_every_body_of_a_refusal_is_understood(response: httpx.Response, status: int, message: str) -> None:
    """Errors as objects, as text, from proxies, or without a body."""
    with pytest.raises(DmsRequestError) as caught:
        Wire(response).client(retries=0).instances.page()
    assert (status, status, message) == (caught.value.status, caught.value.code, caught.value.message)


def test_an_error_says_everything() -> None:
    """Operation, message, status, what is missing or duplicated, project and request id."""
    body = {"error": {"code": 422, "message": "not so", "missing": [{"id": 1}], "duplicated": [{"externalId": "x"}]}}
    wire = Wire(httpx.Response(422, json=body, headers={"x-request-id": "r7"}))
    with pytest.raises(DmsRequestError) as caught:
        wire.client().instances.page()
    error = caught.value
    assert ("instances.list", "plant", "r7") == (error.operation, error.project, error.request_id)
    assert (({"id": 1},), ({"externalId": "x"},)) == (error.missing, error.duplicated)
    assert (
        "instances.list: not so (status 422, missing {'id': 1}, duplicated {'externalId': 'x'}, "
        "project plant, request id r7)"
    ) == str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (type(error), str(error), error.missing) == (type(again), str(again), again.missing)
    assert 3 == error.exit_code


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_told_apart(status: int) -> None:
    """401 and 403 are a class of their own."""
    with pytest.raises(DmsAuthError):
        Wire(said(status)).client().instances.page()


def leaking(request: httpx.Request) -> httpx.Response:
    """A gateway that repeats the request's headers, also where lists are expected."""
    headers = dict(request.headers)
    body = {"error": {"code": 400, "message": f"bad headers {headers}", "missing": [headers], "duplicated": [headers]}}
    return httpx.Response(400, json=body)


def leaking_text(request: httpx.Request) -> httpx.Response:
    """A proxy's page with the request in it."""
    return httpx.Response(403, text=f"denied: {request.headers['authorization']}")


@pytest.mark.parametrize(
    "answer",
    [
        leaking,
        leaking_text,
        said(401),
        said(429),
        httpx.Response(200, text="not json"),
        httpx.Response(200, json=[1]),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.UnsupportedProtocol("odd"),
    ],
)
def test_no_secret_in_any_error_or_log(answer: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever goes wrong, the token is in no message, repr, argument, cause or log line."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(DmsError) as caught:
        Wire(answer).client(retries=1, connect_retries=1).instances.page()
    shown: list[str] = [record.getMessage() for record in caplog.records]
    for error in chain(caught.value):
        shown += [str(error), repr(error), repr(error.args)]
        shown += [repr(value) for name, value in vars(error).items() if name != "_request"]
    assert CANARY not in "\n".join(shown)


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and its causes."""
    while error is not None:
        yield error
        error = error.__cause__


def test_log_lines_name_the_call(caplog: pytest.LogCaptureFixture) -> None:
    """Answers are logged for those who debug, repeated attempts as warnings; bodies never."""
    caplog.set_level(logging.DEBUG, logger="pygen.client")
    wire = Wire(said(503, "busy"), EMPTY)
    wire.client().instances.page(where={"private": "filter"})
    lines = [
        (record.name, record.levelname, record.getMessage()) for record in caplog.records if "httpx" not in record.name
    ]
    assert {"pygen.client"} == {name for name, _, _ in lines}
    assert any(level == "WARNING" and "sent again in 0.5 s" in line and "busy" in line for _, level, line in lines)
    assert any(level == "DEBUG" and "/models/instances/list -> 200" in line for _, level, line in lines)
    assert "private" not in str(lines)


def test_a_plan_sees_errors_and_may_go_on() -> None:
    """Errors are thrown into the plan, in both clients, so that work over several calls can keep its results."""

    def careful() -> Any:
        try:
            yield CALL
        except DmsRequestError as error:
            refused = error.status
        answer = yield CALL
        return refused, answer.json()

    assert (400, {"items": []}) == Wire(said(400), EMPTY).client().run(careful())

    async def run() -> Any:
        async with Wire(said(400), EMPTY).async_client() as client:
            return await client.run(careful())

    assert (400, {"items": []}) == asyncio.run(run())
