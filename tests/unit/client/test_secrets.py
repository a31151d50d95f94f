"""Whatever goes wrong, nothing that a user may see, log or send to an error tracker holds the token."""

from __future__ import annotations

import asyncio
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pygen.client import (
    AuditLog,
    AuditRecord,
    Connections,
    DmsError,
    DmsVetoError,
    Hook,
    RequestEvent,
    RequestLog,
    RetryPolicy,
)
from pygen.errors import ConfigError
from tests.support.little_dms import SPACE
from tests.support.mischief import (
    DEAF,
    HTML,
    LOST,
    NOT_JSON,
    RESET_AMID,
    SHORT,
    TRUNCATED_GZIP,
    WRONG_ITEMS,
    Fault,
    Gate,
    late,
    redirect,
    refuse,
)
from tests.support.rough_server import PROJECT, RoughServer
from tests.unit.client.wire import CANARY, EMPTY, Ask, Run, Wire, both, said, synchronous

TESTS = Path(__file__).resolve().parents[2]
ITEM = {"instanceType": "node", "space": SPACE, "externalId": "x"}
AWKWARD = f'{CANARY}-"quoted"/slash+and=more'
"""A token that looks otherwise in JSON."""

asks = pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.instances.page(),
        lambda client: client.instances.list().all(),
        lambda client: client.instances.apply([ITEM]),
        lambda client: client.request("POST", "/x", json={"a": 1}),
    ],
    ids=["page", "list", "apply", "request"],
)
"""One call, one in the background, one whose failure is part of a result, and one that is not repeated."""


class Seen(Hook):
    """
    Looks at all that hooks are told, as an error tracker would.

    Attributes:
        shown: How it looks.
    """

    def __init__(self) -> None:
        self.shown: list[str] = []

    def _see(self, event: Any) -> None:
        error = getattr(event, "error", None)
        self.shown += [repr(event), *(shown(error) if error is not None else ())]

    on_request = on_response = on_retry = on_error = on_abandon = _see


def shown(error: BaseException | None) -> Iterator[str]:
    """All that a report of an error could show: messages, parts, and tracebacks with local variables."""
    seen: set[int] = set()
    following = [error]
    while following:
        current = following.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        following += [current.__cause__, current.__context__]
        yield f"{current} {current!r} {current.args!r} {vars(current)!r}"
        for frame in traceback.TracebackException.from_exception(current, capture_locals=True).stack:
            if not Path(frame.filename).resolve().is_relative_to(TESTS):  # the test's own frames hold what they send
                yield f"{frame.name} {frame.locals}"


def logged(caplog: pytest.LogCaptureFixture) -> Iterator[str]:
    """All that was logged, by whomever, with what handlers may add."""
    for record in caplog.records:
        yield f"{record.getMessage()} {vars(record)!r}"
        if record.exc_info:
            yield from shown(record.exc_info[1])


class Look:
    """Makes a call fail, and looks everywhere."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        self._caplog = caplog

    def __call__(
        self, run: Run, wire: Wire, ask: Ask, error: type[BaseException] = DmsError, **options: Any
    ) -> BaseException:
        """The error, after nothing has been found in it or beside it."""
        seen, audit = Seen(), list[AuditRecord]()
        hooks = [seen, RequestLog(bodies=True), AuditLog(audit.append), *options.pop("hooks", ())]
        with pytest.raises(error) as caught:
            run(wire, ask, hooks=hooks, **options)
        everything = "\n".join([*shown(caught.value), *logged(self._caplog), *seen.shown, repr(audit)])
        assert CANARY[:8] not in everything  # nor a part of it
        return caught.value


@pytest.fixture
def look(caplog: pytest.LogCaptureFixture) -> Look:
    """Looks everywhere."""
    return Look(caplog)


# --- answers that repeat what was sent ---


def leaking(status: int) -> Callable[[httpx.Request], httpx.Response]:
    """A gateway that repeats the request's headers, also where lists are expected."""

    def answer(request: httpx.Request) -> httpx.Response:
        headers = dict(request.headers)
        error = {
            "code": status,
            "message": f"bad {headers}",
            "missing": [headers],
            "duplicated": [headers, headers["authorization"]],
        }
        return httpx.Response(status, json={"error": error, "items": headers["authorization"]})

    return answer


def leaking_text(status: int, before: int = 0) -> Callable[[httpx.Request], httpx.Response]:
    """A proxy's page with the request in it, so many characters from its beginning."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, text=f"{'.' * before}denied: {request.headers['authorization']}")

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        *(leaking(status) for status in (400, 401, 403, 409, 429, 500, 503)),
        *(leaking_text(status) for status in (200, 302, 403, 502)),
        leaking_text(403, before=2000 - len("denied: Bearer ") - 5),  # where messages are cut
    ],
)
@asks
@both
def test_answers_that_repeat_the_request(look: Look, run: Run, ask: Ask, answer: Any) -> None:
    """A token that comes back in an answer is hidden before anybody sees the answer."""
    wire = Wire(answer)
    look(run, wire, ask, retry=wire.policy(retries=1, connect_retries=1))


@both
def test_good_status_with_the_request_in_it(look: Look, run: Run) -> None:
    """Hooks that are told of an answer that makes no sense do not see the token in it."""
    wire = Wire(leaking(200))
    look(run, wire, lambda client: client.instances.page(), retry=wire.policy(retries=1))


@pytest.mark.parametrize("status", [400, 401, 429])
@both
def test_token_that_looks_otherwise_in_json(look: Look, run: Run, status: int) -> None:
    """Characters that JSON escapes do not keep a token from being hidden."""
    wire = Wire(leaking(status))
    error = look(run, wire, lambda client: client.instances.page(), retry=wire.policy(retries=1), credentials=AWKWARD)
    assert "[secret]" in str(error)
    assert "and=more" not in str(error)


def test_a_few_letters_are_no_secret() -> None:
    """Where a test's token is a word, messages with that word stay as they are."""
    with pytest.raises(DmsError, match="not a dog"):
        synchronous(Wire(said(400, "not a dog")), lambda client: client.instances.page(), credentials="dog")


# --- what the HTTP library raises ---


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("odd"),
        httpx.DecodingError("cut"),
        httpx.UnsupportedProtocol("odd"),
    ],
    ids=lambda value: type(value).__name__,
)
@asks
@both
def test_failures_of_the_connection(look: Look, run: Run, ask: Ask, failure: httpx.HTTPError) -> None:
    """Neither the error nor its cause leads to the request."""
    wire = Wire(failure)
    look(run, wire, ask, retry=wire.policy(retries=1, connect_retries=1))


@pytest.fixture
def server() -> Iterator[RoughServer]:
    """A real server, so that real connections fail."""
    with RoughServer() as server:
        yield server


def on(server: RoughServer, **options: Any) -> dict[str, Any]:
    """What a client of the real server is made with."""
    wire = Wire(EMPTY)
    return {
        "base_url": server.url,
        "project": PROJECT,
        "transport": None,
        "retry": wire.policy(retries=1, connect_retries=1),
        **options,
    }


@pytest.mark.parametrize(
    "fault",
    [
        *(LOST, DEAF, RESET_AMID, SHORT, TRUNCATED_GZIP, NOT_JSON, WRONG_ITEMS, HTML, refuse(429), refuse(500)),
        redirect("https://elsewhere.example/"),
        redirect("https://[broken"),
    ],
    ids=lambda fault: fault.name,
)
@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2-offered"])
@both
def test_faults_of_a_real_connection(look: Look, run: Run, server: RoughServer, fault: Fault, http2: bool) -> None:
    """Frames of the libraries below hold the request as it was written, and are not part of the error."""
    server.mischief.always(fault)
    connections = Connections(http2=http2)
    look(run, Wire(EMPTY), lambda client: client.instances.page(), **on(server, connections=connections))


@both
def test_no_server(look: Look, run: Run) -> None:
    """Nobody listens where the client calls."""
    with RoughServer() as gone:
        options = on(gone)
    look(run, Wire(EMPTY), lambda client: client.instances.page(), **options)


@both
def test_token_that_has_expired(look: Look, run: Run, server: RoughServer) -> None:
    """A 401 does not tell which token was refused."""
    server.expired.add(CANARY)
    look(run, Wire(EMPTY), lambda client: client.instances.page(), **on(server))


def test_cancelled_while_waiting_for_an_answer(caplog: pytest.LogCaptureFixture, server: RoughServer) -> None:
    """A task that is cancelled amid a request shows nothing of the request."""
    caplog.set_level(logging.DEBUG)
    gate, seen = Gate(), Seen()
    server.mischief.always(late(gate))

    async def run() -> BaseException:
        async with Wire(EMPTY).async_client(**on(server), hooks=[seen]) as client:
            task = asyncio.ensure_future(client.request("POST", "/models/instances/list", json={}))
            await asyncio.to_thread(gate.wait_for)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            return caught.value

    try:
        everything = "\n".join([*shown(asyncio.run(run())), *logged(caplog), *seen.shown])
    finally:
        gate.open()
    assert CANARY[:8] not in everything


@pytest.mark.parametrize("kind", [KeyboardInterrupt, ZeroDivisionError])
@both
def test_interrupted(look: Look, run: Run, kind: type[BaseException]) -> None:
    """What stops a call from outside shows nothing of the request either."""
    look(run, Wire(kind()), lambda client: client.instances.page(), error=kind)


# --- what never leaves this machine ---


@pytest.mark.parametrize("token", [f"{CANARY}\nx", f"{CANARY} ø", f"{CANARY}\x00", f"Bearer {CANARY}"])
@pytest.mark.parametrize("make", [lambda token: token, lambda token: lambda: token], ids=["text", "function"])
@asks
@both
def test_token_that_is_no_header(look: Look, run: Run, ask: Ask, token: str, make: Callable[[str], Any]) -> None:
    """A token that cannot be sent is refused without being repeated."""
    look(run, Wire(EMPTY), ask, error=ConfigError, credentials=make(token))


@both
def test_veto(look: Look, run: Run) -> None:
    """A hook that forbids a call shows nothing of it."""

    class Veto(Hook):
        def on_request(self, event: RequestEvent, /) -> None:
            raise DmsVetoError("not today")

    look(run, Wire(EMPTY), lambda client: client.instances.page(), error=DmsVetoError, hooks=[Veto()])


@both
def test_broken_hook(look: Look, run: Run) -> None:
    """The log of a hook that fails shows nothing of the call."""

    class Broken(Hook):
        def on_request(self, event: RequestEvent, /) -> None:
            raise ZeroDivisionError

    look(run, Wire(said(400)), lambda client: client.instances.page(), hooks=[Broken()])


@both
def test_body_that_is_no_json(look: Look, run: Run) -> None:
    """A body that cannot be written is told about without the credentials."""
    look(run, Wire(EMPTY), lambda client: client.request("POST", "/x", json={"a": {1}}))


@both
def test_closed_client(look: Look, run: Run) -> None:
    """A client that is closed does not tell as whom it was open."""

    def ask(client: Any) -> Any:
        if hasattr(client, "close"):
            client.close()
            return client.instances.page()

        async def close_and_ask() -> None:
            await client.aclose()
            await client.instances.page()

        return close_and_ask()

    look(run, Wire(EMPTY), ask, error=RuntimeError)


@both
def test_no_turn(look: Look, run: Run) -> None:
    """A call that did not get its turn tells why, and not as whom it asked."""
    wire = Wire(said(429))
    policy = RetryPolicy(deadline_s=0.0)
    look(run, wire, lambda client: client.instances.page(), retry=policy)


# --- objects ---


def test_clients_and_credentials() -> None:
    """Clients and what they are made of can be shown."""
    for client in (Wire(EMPTY).client(), Wire(EMPTY).async_client()):
        for each in (client, client._auth, client._http, client._http.auth, vars(client)):
            assert CANARY not in f"{each} {each!r}"


@both
def test_errors_of_other_processes(look: Look, run: Run) -> None:
    """An error that was carried to another process holds no more than before."""
    error = look(run, Wire(leaking(400)), lambda client: client.instances.page())
    again = pickle.loads(pickle.dumps(error))
    assert CANARY[:8] not in "".join(shown(again))
    assert str(error) == str(again)
