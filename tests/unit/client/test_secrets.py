"""Whatever goes wrong, nothing that a user may see, log or send to an error tracker holds the token."""

from __future__ import annotations

import asyncio
import json
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
AWKWARD = f'{CANARY}-"quoted"\\back/slash+and=more'
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
                yield f"{frame.name} {frame.line} {frame.locals}"


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
        self, run: Run, wire: Wire, ask: Ask, error: type[BaseException] = DmsError, secret: str = CANARY, **options: Any
    ) -> BaseException:
        """The error, after nothing has been found in it or beside it."""
        seen, audit = Seen(), list[AuditRecord]()
        hooks = [seen, RequestLog(bodies=True), AuditLog(audit.append), *options.pop("hooks", ())]
        with pytest.raises(error) as caught:
            run(wire, ask, hooks=hooks, **options)
        everything = "\n".join([*shown(caught.value), *logged(self._caplog), *seen.shown, repr(audit)])
        assert "Bearer" not in everything.replace("Bearer [secret]", "").replace("Bearer [redacted]", "")
        assert secret not in everything
        assert CANARY not in everything
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
        error = {"code": status, "message": f"bad {headers}", "missing": [headers], "duplicated": [headers, CANARY]}
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
        *(leaking(status) for status in (200, 400, 401, 403, 409, 429, 500, 503)),
        *(leaking_text(status) for status in (200, 302, 403, 502)),
        leaking_text(403, before=2000 - len("denied: Bearer ") - 5),  # where messages are cut
    ],
)
@asks
@both
def test_answers_that_repeat_the_request(look: Look, run: Run, ask: Ask, answer: Any) -> None:
    """A token that comes back in an answer is hidden before anybody sees the answer."""
    wire = Wire(answer)
    if ask(Nothing()) is None:
        return
    look(run, wire, ask, retry=wire.policy(retries=1, connect_retries=1))
