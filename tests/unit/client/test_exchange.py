"""What becomes of the attempts of a call: answers, errors, and what hooks and logs are told of them."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import pickle
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import httpx
import pytest

from pygen.client import (
    AbandonEvent,
    CallInfo,
    DmsAuthError,
    DmsConflictError,
    DmsCursorExpiredError,
    DmsError,
    DmsRateLimitError,
    DmsRequestError,
    DmsTransportError,
    DmsVetoError,
    ErrorEvent,
    Hook,
    Limits,
    RequestEvent,
    ResponseEvent,
    RetryEvent,
    RetryPolicy,
)
from pygen.client.auth import IdentityRequest
from pygen.client.calls import Call, Family
from pygen.client.exchange import Exchange
from pygen.client.http import Connections, HttpBase
from pygen.client.limits import Budget
from tests.unit.client.wire import EMPTY, Ask, Run, Wire, asynchronous, both, said, synchronous

CALL = Call("instances.list", "/models/instances/list", {"instanceType": "node"})
OLD_CURSOR = said(400, "Cursor has expired. Cursors are valid for 3 days.")


def page(client: Any) -> Any:
    """Ask for a page."""
    return client.instances.page()


def post(client: Any) -> Any:
    """Ask for what must not be repeated blindly."""
    return client.request("POST", "/x", json={})


def error_of(run: Run, wire: Wire, ask: Ask = page, **options: Any) -> DmsError:
    """The error that a user gets."""
    with pytest.raises(DmsError) as caught:
        run(wire, ask, **options)
    return caught.value


def token(**claims: object) -> str:
    """A token that says something about itself."""
    head, body = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({}, claims))
    return f"{head}.{body}.signature"


class Recorder(Hook):
    """
    Keeps what it is told.

    Attributes:
        events: In order.
    """

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self.events: list[Any] = []
        self._headers = headers

    @property
    def story(self) -> list[tuple[str, int]]:
        """The kinds of the events, and the attempts that they are about."""
        return [(type(event).__name__.removesuffix("Event"), event.attempt) for event in self.events]

    def on_request(self, event: RequestEvent, /) -> Mapping[str, str] | None:
        self.events.append(event)
        return self._headers

    def on_response(self, event: ResponseEvent, /) -> None:
        self.events.append(event)

    def on_retry(self, event: RetryEvent, /) -> None:
        self.events.append(event)

    def on_error(self, event: ErrorEvent, /) -> None:
        self.events.append(event)

    def on_abandon(self, event: AbandonEvent, /) -> None:
        self.events.append(event)


# --- errors ---


@pytest.mark.parametrize(
    ("response", "status", "message"),
    [
        (httpx.Response(400, json={"error": {"code": 400, "message": "m"}}), 400, "m"),
        (httpx.Response(400, json={"error": "plain"}), 400, "plain"),
        (httpx.Response(502, text="<html>Bad gateway</html>"), 502, "<html>Bad gateway</html>"),
        (httpx.Response(400, content=b"\xff\xfe"), 400, "\ufffd\ufffd"),
        (httpx.Response(413), 413, "Request Entity Too Large"),
        (httpx.Response(499), 499, "no reason given"),
        (httpx.Response(400, json=["odd"]), 400, '["odd"]'),
        (httpx.Response(302, headers={"location": "https://elsewhere"}), 302, "Found"),
        (httpx.Response(400, json={"error": {"code": "x", "message": None}}), 400, "Bad Request"),
        (httpx.Response(400, json={"error": {"missing": 7, "duplicated": {"a": 1}}}), 400, "Bad Request"),
    ],
)
@both
def test_every_body_of_a_refusal_is_understood(run: Run, response: httpx.Response, status: int, message: str) -> None:
    """Errors as objects, as text, from proxies, or without a body."""
    error = error_of(run, Wire(response))
    assert isinstance(error, DmsRequestError)
    assert (status, status, message) == (error.status, error.code, error.message)
    assert ((), ()) == (error.missing, error.duplicated)


def test_long_messages_are_cut() -> None:
    """A proxy's page is not repeated as a whole."""
    assert 2000 == len(error_of(synchronous, Wire(httpx.Response(403, text="x" * 5000))).message)


@both
def test_an_error_says_everything(run: Run) -> None:
    """Operation, message, status, what is missing or duplicated, project and request id; also in another process."""
    body = {"error": {"code": 422, "message": "not so", "missing": [{"id": 1}, 7], "duplicated": [{"externalId": "x"}]}}
    wire = Wire(httpx.Response(422, json=body, headers={"x-request-id": "r7"}))
    error = error_of(run, wire)
    assert isinstance(error, DmsRequestError)
    assert ("instances.list", wire.project, "r7") == (error.operation, error.project, error.request_id)
    assert (({"id": 1}, {"value": 7}), ({"externalId": "x"},)) == (error.missing, error.duplicated)
    assert (1, "") == (error.attempts, error.given_up)
    assert (
        "instances.list: not so (status 422, missing {'id': 1}, {'value': 7}, duplicated {'externalId': 'x'}, "
        f"project {wire.project}, request id r7)"
    ) == str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (type(error), str(error), error.missing) == (type(again), str(again), again.missing)
    assert 3 == error.exit_code


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (said(400), DmsRequestError),
        (said(401), DmsAuthError),
        (said(403), DmsAuthError),
        (said(409), DmsConflictError),
        (said(400, "A Version Conflict caused the ingest to fail"), DmsConflictError),
        (OLD_CURSOR, DmsCursorExpiredError),
        (said(409, "Cursor has expired"), DmsConflictError),
        (said(429), DmsRateLimitError),
    ],
)
def test_kinds_of_refusals(response: httpx.Response, kind: type[DmsError]) -> None:
    """Statuses, and texts where the status says too little, decide the class."""
    assert kind is type(error_of(synchronous, Wire(response)))


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (httpx.ConnectError("refused"), "cannot connect to https://cluster.example: refused"),
        (httpx.ConnectTimeout("t"), "no connection to https://cluster.example in time (ConnectTimeout)"),
        (httpx.PoolTimeout("t"), "no connection to https://cluster.example in time (PoolTimeout)"),
        (httpx.ReadTimeout("t"), "no answer from https://cluster.example within 30 s (ReadTimeout)"),
        (httpx.ReadError("r"), "no usable answer from https://cluster.example: ReadError: r"),
        (httpx.UnsupportedProtocol("u"), "no usable answer from https://cluster.example: UnsupportedProtocol: u"),
    ],
    ids=lambda value: type(value).__name__,
)
@both
def test_failures_of_the_connection(run: Run, failure: httpx.HTTPError, message: str) -> None:
    """What the HTTP library raises becomes an error that says where it happened, and is its cause."""
    error = error_of(run, Wire(failure))
    assert isinstance(error, DmsTransportError)
    assert message == error.message
    assert failure is error.__cause__
    assert failure.__traceback__ is None  # its frames hold the request as it was written


@pytest.mark.parametrize(
    ("failure", "attempts"),
    [
        (httpx.ConnectError("c"), 4),
        (httpx.ProxyError("c"), 4),
        (httpx.ConnectTimeout("c"), 4),
        (httpx.PoolTimeout("c"), 4),
        (httpx.ReadTimeout("r"), 11),
        (httpx.WriteError("w"), 11),
        (httpx.RemoteProtocolError("p"), 11),
        (httpx.DecodingError("d"), 11),
        (httpx.UnsupportedProtocol("u"), 1),
        (httpx.LocalProtocolError("l"), 1),
        (httpx.TooManyRedirects("l"), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_attempts_of_a_read(failure: httpx.HTTPError, attempts: int) -> None:
    """Lost answers are asked for again, connections tried four times, and what would fail again is left."""
    wire = Wire(failure)
    policy = wire.policy(deadline_s=1e6)
    assert attempts == error_of(synchronous, wire, retry=policy).attempts == len(wire.requests)


@pytest.mark.parametrize(
    ("failure", "attempts"),
    [(httpx.ConnectError("c"), 4), (httpx.ReadTimeout("r"), 1), (said(503), 1), (said(429), 11), (said(500), 1)],
    ids=["not-sent", "lost", "503", "429", "500"],
)
@both
def test_attempts_of_what_must_not_be_repeated(run: Run, failure: Any, attempts: int) -> None:
    """What may have been done is not done again, unless the service cannot have begun."""
    wire = Wire(failure)
    assert attempts == error_of(run, wire, post, retry=wire.policy(deadline_s=1e6)).attempts == len(wire.requests)


@pytest.mark.parametrize("content", [b"not json", b"[1]", b'{"items": 7}', b'{"items": [7]}', b'{"items": [{}'])
@both
def test_answers_that_make_no_sense(run: Run, content: bytes) -> None:
    """A good status with another content is an attempt that failed; after three more the error tells the request id."""
    nonsense = httpx.Response(200, content=content, headers={"x-request-id": "r9"})
    assert [] == run(Wire(nonsense, nonsense, nonsense, EMPTY), lambda client: client.spaces.list().all())
    error = error_of(run, Wire(nonsense), lambda client: client.spaces.list().all())
    assert isinstance(error, DmsTransportError)
    assert (4, "r9", "gave up after 4 attempts") == (error.attempts, error.request_id, error.given_up)


@both
def test_the_service_can_say_that_repeating_is_safe(run: Run) -> None:
    """`isAutoRetryable` in the body or `cdf-is-auto-retryable` in a header has any status tried again."""
    body = {"error": {"code": 409, "message": "lock", "isAutoRetryable": True}}
    wire = Wire(httpx.Response(409, json=body), said(409, **{"cdf-is-auto-retryable": "TRUE"}), EMPTY)
    assert {"items": []} == run(wire, post)
    assert [0.5, 1] == wire.slept


@both
def test_wish_of_the_service(run: Run) -> None:
    """`Retry-After` is honoured when it asks for more, as seconds and as a date."""
    date = {"Date": "Tue, 24 Nov 2026 12:00:00 GMT", "Retry-After": "Tue, 24 Nov 2026 12:00:09 GMT"}
    wire = Wire(said(503, **{"Retry-After": "7"}), said(503, **date), said(503, **{"Retry-After": "soon"}), EMPTY)
    run(wire, page)
    assert [7, 9, 2] == wire.slept


@both
def test_throttling_slows_the_project_down(run: Run) -> None:
    """A 429 is told to the budget, with how long the service asks to wait; a good answer is told, too."""
    wire = Wire(said(429, **{"Retry-After": "7"}), EMPTY)
    told: list[Any] = []

    class Told(Budget):
        def throttled(self, family: Family, retry_after_s: float | None) -> None:
            told.append((family, retry_after_s))

        def answered(self, family: Family) -> None:
            told.append(family)

    def ask(client: Any) -> Any:
        client.budget = Told()
        return client.instances.page()

    run(wire, ask)
    assert [("read", 7.0), "read"] == told


def test_failures_of_a_sign_in_are_told_apart() -> None:
    """What happens between here and the identity provider says so, and that the service never heard of the request."""
    request = IdentityRequest("POST", "https://idp.example/token")
    exchange = Exchange(
        HttpBase(base_url="https://c.example", project="p", credentials="t"), CALL._replace(repeat="once")
    )
    exchange.request(0.0)
    exchange.failed(httpx.ReadTimeout("t", request=request))
    assert exchange.delay_s() > 0
    exchange.failed(httpx.ReadError("r", request=request))
    for _ in range(2):
        exchange.delay_s()
        exchange.failed(httpx.ReadError("r", request=request))
    with pytest.raises(DmsTransportError, match=r"no usable answer from the identity provider idp\.example: ReadError"):
        exchange.delay_s()


# --- time ---


def asked(client_options: dict[str, Any], *, passed_s: float) -> dict[str, Any]:
    """The next attempt of a call that has been under way for so long."""
    moments = iter([0.0])
    policy = RetryPolicy(clock=lambda: next(moments, passed_s), deadline_s=100.0)
    base = HttpBase(base_url="https://c.example", project="p", credentials="t", retry=policy, **client_options)
    return Exchange(base, CALL).request(0.0)


@pytest.mark.parametrize(
    ("options", "passed_s", "expected"),
    [
        ({}, 0.0, httpx.Timeout(30.0, connect=10.0)),
        ({"timeout_s": 5.0}, 0.0, httpx.Timeout(5.0, connect=5.0)),
        ({"connections": Connections(connect_timeout_s=2.0)}, 0.0, httpx.Timeout(30.0, connect=2.0)),
        ({}, 88.0, httpx.Timeout(12.0, connect=10.0)),
        ({}, 97.0, httpx.Timeout(3.0, connect=3.0)),
        ({}, 101.0, httpx.Timeout(0.0, connect=0.0)),
    ],
)
def test_patience_of_an_attempt(options: dict[str, Any], passed_s: float, expected: httpx.Timeout) -> None:
    """An attempt waits as long as it may, and never longer than what is left of the deadline."""
    assert expected == asked(options, passed_s=passed_s)["timeout"]


class Drip(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes in pieces, each a minute after the one before; knows whether it was closed."""

    def __init__(self, wire: Wire, pieces: int) -> None:
        self.is_closed = False
        self._wire = wire
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(self._pieces):
            self._wire.now += 60
            yield b" "
        yield b'{"items": []}'

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def close(self) -> None:
        self.is_closed = True

    async def aclose(self) -> None:
        self.is_closed = True


@both
def test_a_body_that_drips(run: Run) -> None:
    """The deadline also ends an answer that never stops, and its connection; no wait of a single read would."""
    drips: list[Drip] = []

    def drip(request: httpx.Request) -> httpx.Response:
        drips.append(Drip(wire, 4 if len(drips) == 1 else 100))
        return httpx.Response(200, stream=drips[-1])

    wire = Wire(drip)
    error = error_of(run, wire)
    assert "the deadline of 300 s is used up after 1 attempt" == error.given_up
    assert {"items": []} == run(wire, post)
    assert [True, True] == [each.is_closed for each in drips]


# --- hooks ---


@both
def test_events_of_a_call_that_succeeds(run: Run) -> None:
    """Every attempt is announced; answers, losses and waits are told in between, all about the same call."""
    recorder = Recorder()
    wire = Wire(said(503, "busy"), httpx.ReadTimeout("t"), EMPTY)
    run(wire, page, hooks=[recorder], app="planner")
    expected = [
        ("Request", 1),
        ("Response", 1),
        ("Retry", 1),
        ("Request", 2),
        ("Retry", 2),
        ("Request", 3),
        ("Response", 3),
    ]
    assert expected == recorder.story
    _, refusal, first_wait, _, second_wait, _, good = recorder.events
    (info,) = {event.info for event in recorder.events}
    assert ("instances.list", wire.project, "planner") == (info.call.operation, info.project, info.app)
    assert str(wire.requests[0].url) == info.url
    assert (503, "r1", "busy") == (refusal.status, refusal.request_id, refusal.error.message)
    assert (refusal.error, 0.5) == (first_wait.error, first_wait.delay_s)
    assert (DmsTransportError, 1.0) == (type(second_wait.error), second_wait.delay_s)
    assert (200, "r0", None, EMPTY.content) == (good.status, good.request_id, good.error, good.content)
    assert len(wire.requests[2].content) == good.sent_bytes


@pytest.mark.parametrize(
    ("failure", "story"),
    [
        (said(400), [("Request", 1), ("Response", 1), ("Error", 1)]),
        (httpx.UnsupportedProtocol("u"), [("Request", 1), ("Error", 1)]),
    ],
    ids=["refused", "no answer"],
)
@both
def test_events_of_a_call_that_fails(run: Run, failure: Any, story: list[tuple[str, int]]) -> None:
    """The last event carries the error that the caller gets."""
    recorder = Recorder()
    error = error_of(run, Wire(failure), hooks=[recorder])
    assert story == recorder.story
    assert error is recorder.events[-1].error


@both
def test_answer_that_makes_no_sense_is_told_with_its_error(run: Run) -> None:
    """A hook learns of a good status with another content that it is no good."""
    recorder = Recorder()
    run(Wire(httpx.Response(200, text="{"), EMPTY), lambda client: client.token.inspect(), hooks=[recorder])
    assert [("Request", 1), ("Response", 1), ("Retry", 1), ("Request", 2), ("Response", 2)] == recorder.story
    assert (200, "the answer is not JSON") == (recorder.events[1].status, recorder.events[1].error.message)


@both
def test_veto(run: Run) -> None:
    """A hook can forbid an attempt: nothing is sent, and the caller gets the hook's error with its place named."""

    class Veto(Hook):
        def on_request(self, event: RequestEvent, /) -> None:
            raise DmsVetoError("not today")

    recorder = Recorder()
    wire = Wire(EMPTY)
    error = error_of(run, wire, hooks=[recorder, Veto()])
    assert isinstance(error, DmsVetoError)
    assert ("instances.list", wire.project, 0) == (error.operation, error.project, error.attempts)
    assert [] == wire.requests
    assert [("Request", 1), ("Error", 0)] == recorder.story


@both
def test_headers_of_hooks(run: Run) -> None:
    """Headers of a hook are sent with that attempt; those that are not its to set are not."""
    wire = Wire(EMPTY)
    run(wire, page, hooks=[Recorder({"traceparent": "00-1", "Authorization": "Bearer mine"})])
    assert "00-1" == wire.requests[0].headers["traceparent"]
    assert "Bearer mine" != wire.requests[0].headers["authorization"]


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [(token(sub="me"), "me"), (token(appid="app"), "app"), ("opaque-token", None)],
    ids=["sub", "appid", "opaque"],
)
@both
def test_subject(run: Run, credentials: str, expected: str | None) -> None:
    """From the first answer on, hooks know who is asking."""
    subjects: list[str | None] = []

    class Who(Hook):
        def on_request(self, event: RequestEvent, /) -> None:
            subjects.append(event.info.subject)

        def on_response(self, event: ResponseEvent, /) -> None:
            subjects.append(event.info.subject)

    run(Wire(EMPTY), page, hooks=[Who()], credentials=credentials)
    assert [None, expected] == subjects


@both
def test_subject_of_a_call_without_an_answer(run: Run) -> None:
    """A call whose answer was lost tells who asked, too."""
    recorder = Recorder()
    error_of(run, Wire(httpx.ReadError("r")), post, hooks=[recorder], credentials=token(sub="me"))
    assert "me" == recorder.events[-1].info.subject


def test_what_a_hook_keeps_stays_with_the_call() -> None:
    """Hooks find again what they put beside a call, and nothing of another one."""
    infos: list[CallInfo] = []

    class Keeper(Hook):
        def on_request(self, event: RequestEvent, /) -> None:
            event.info.state[self] = event.info.state.get(self, 0) + 1
            infos.append(event.info)

    keeper = Keeper()
    with Wire(said(503), EMPTY).client(hooks=[keeper]) as client:
        client.instances.page()
        client.instances.page()
    assert [2, 2, 1] == [info.state[keeper] for info in infos]


class Stop(BaseException):
    """Somebody pressed Ctrl-C."""


@pytest.mark.parametrize("kind", [KeyboardInterrupt, Stop, RuntimeError])
def test_a_call_that_is_interrupted_is_abandoned(kind: type[BaseException]) -> None:
    """What is no failed call ends with one event of its own, during an attempt and between two."""

    def interrupted(seconds: float) -> None:
        raise kind

    for wire, options, story in (
        (Wire(kind()), {}, [("Request", 1), ("Abandon", 1)]),
        (
            Wire(said(503)),
            {"retry": RetryPolicy(sleep=interrupted)},
            [("Request", 1), ("Response", 1), ("Retry", 1), ("Abandon", 1)],
        ),
    ):
        recorder = Recorder()
        with wire.client(hooks=[recorder], **options) as client, pytest.raises(kind) as caught:
            client.instances.page()
        assert story == recorder.story
        assert caught.value is recorder.events[-1].error


def test_a_task_that_is_cancelled_abandons_its_call() -> None:
    """Cancelling is told once, wherever the call stood: at an attempt, or at the wait after it."""

    async def run(reached: asyncio.Event, wire: Wire, **options: Any) -> Recorder:
        recorder = Recorder()
        async with wire.async_client(hooks=[recorder], **options) as client:
            task = asyncio.ensure_future(client.instances.page())
            await reached.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert isinstance(recorder.events[-1].error, asyncio.CancelledError)
        return recorder

    async def at_an_attempt() -> Recorder:
        reached = asyncio.Event()

        async def never(request: httpx.Request) -> httpx.Response:
            reached.set()
            await asyncio.Event().wait()
            return EMPTY

        return await run(reached, Wire(EMPTY), transport=httpx.MockTransport(never))

    async def between_two() -> Recorder:
        reached = asyncio.Event()

        async def never(seconds: float) -> None:
            reached.set()
            await asyncio.Event().wait()

        return await run(reached, Wire(said(503)), retry=RetryPolicy(asleep=never))

    assert [("Request", 1), ("Abandon", 1)] == asyncio.run(at_an_attempt()).story
    assert [("Request", 1), ("Response", 1), ("Retry", 1), ("Abandon", 1)] == asyncio.run(between_two()).story


def test_a_call_that_does_not_get_its_turn() -> None:
    """Waiting for one's turn counts against the deadline, and its end is an error of the call: nothing was sent."""
    recorder = Recorder()
    wire = Wire(EMPTY)
    options: dict[str, Any] = {"hooks": [recorder], "retry": wire.policy(deadline_s=0.0), "limits": Limits(read=1)}
    with wire.client(**options) as client, client.budget.turn("read", timeout_s=1):
        error = error_of(lambda _, ask: ask(client), wire)
    assert "no turn for a read request within 0 s: 1 under way (most: 1), 0 others waiting" == error.message
    assert ("the deadline of 0 s is used up after 0 attempts", 0) == (error.given_up, error.attempts)
    assert [("Error", 0)] == recorder.story
    assert [] == wire.requests


# --- logs ---


@both
def test_log_lines_name_the_call(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    """Answers are logged for those who debug, repeated attempts as warnings, each with its facts; bodies never."""
    caplog.set_level(logging.DEBUG, logger="pygen.client")
    wire = Wire(said(503, "busy"), EMPTY)
    run(wire, lambda client: client.instances.page(filter={"private": "filter"}))
    records = [record for record in caplog.records if record.name == "pygen.client"]
    path = "POST /models/instances/list"
    busy = f"instances.list: busy (status 503, project {wire.project}, request id r1)"
    assert [
        ("DEBUG", f"{path} -> 503 (instances.list, request id r1)"),
        ("WARNING", f"instances.list failed and is sent again in 0.5 s: {busy}"),
        ("DEBUG", f"{path} -> 200 (instances.list, request id r0)"),
    ] == [(record.levelname, record.getMessage()) for record in records]
    shared = {"dms_operation": "instances.list", "dms_project": wire.project}
    refusal, wait, good = (vars(record) for record in records)
    assert (
        shared | {"dms_attempt": 1, "dms_request_id": "r1", "dms_status": 503, "dms_duration_s": 0.0}
    ).items() <= refusal.items()
    assert (shared | {"dms_attempt": 1, "dms_request_id": "r1", "dms_delay_s": 0.5}).items() <= wait.items()
    assert (shared | {"dms_attempt": 2, "dms_request_id": "r0", "dms_status": 200}).items() <= good.items()
    assert "private" not in str([vars(record) for record in records])


def test_nothing_is_logged_of_what_goes_well(caplog: pytest.LogCaptureFixture) -> None:
    """Who does not debug sees only what went wrong."""
    caplog.set_level(logging.INFO, logger="pygen.client")
    synchronous(Wire(EMPTY), page)
    asynchronous(Wire(EMPTY), page)
    assert [] == [record for record in caplog.records if record.name.startswith("pygen")]


# --- plans ---


@both
def test_a_plan_sees_errors_and_may_go_on(run: Run) -> None:
    """Errors are thrown into the plan, so that work over several calls can keep its results."""

    def careful() -> Any:
        try:
            yield CALL
        except DmsRequestError as error:
            refused = error.status
        answer = yield CALL
        return refused, answer.json()

    assert (400, {"items": []}) == run(Wire(said(400), EMPTY), lambda client: client.run(careful()))


@both
def test_an_answer_after_a_loss_says_so(run: Run) -> None:
    """Whoever reads an answer learns that an attempt before it may have been carried out."""
    wire = Wire(httpx.ReadError("r"), EMPTY)
    answer = run(wire, lambda client: client.send(CALL))
    assert 2 == answer.attempts
    assert answer.lost_since_ms is not None
