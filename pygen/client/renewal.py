"""
How tokens that expire are renewed: early, once for all who need one, and by flows that neither send nor wait.

A flow is a generator. It yields what it cannot do itself, and so serves threads and event loops alike.
"""

from __future__ import annotations

import copy
import time
from abc import abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from concurrent.futures import Future, wait
from contextlib import suppress
from threading import Lock, get_ident
from typing import Any, NamedTuple, TypeAlias, TypeVar

import httpx

from pygen.client.auth import MOST_REQUESTS, Credentials, IdentityRequest, Secret, authorize
from pygen.client.exceptions import DmsError

__all__ = ["Await", "ExpiringCredentials", "Flow", "Grant", "Pause", "Step"]

ResultT = TypeVar("ResultT")


class Grant(NamedTuple):
    """
    What an identity provider handed out.

    Attributes:
        access_token: The bearer token.
        expires_at: When it ends, on the clock of the credentials.
        refresh_token: Gets the next one without asking anybody; None where there is none.
    """

    access_token: Secret
    expires_at: float
    refresh_token: Secret | None = None


class Pause(NamedTuple):
    """Time to let go by."""

    seconds: float


class Await(NamedTuple):
    """Something to wait for; yielding it gives its result, or None when that took too long."""

    future: Future[Any]
    timeout_s: float | None = None


Step: TypeAlias = httpx.Request | Pause | Await
"""What a flow cannot do itself, because it neither sends nor waits."""

Flow: TypeAlias = Generator[Step, Any, ResultT]
"""Yields steps and is sent what came of them: the response to a request, the result of an `Await`."""

_LEEWAY_S = 30.0
_TIMEOUTS: dict[str, float | None] = dict.fromkeys(("connect", "read", "write", "pool"), 30.0)
_TURN_S = 0.5


async def _asleep(seconds: float) -> None:
    import asyncio

    await asyncio.sleep(seconds)


class _Flight:
    """A renewal under way: one asks, others wait for what comes of it."""

    __slots__ = ("landed", "thread")

    def __init__(self) -> None:
        self.thread = get_ident()
        self.landed: Future[Grant | Exception | None] = Future()
        self.landed.set_running_or_notify_cancel()  # from here on nobody who stops waiting cancels it for the others


class _State:
    """What credentials hold while they are used: never copied, never pickled."""

    __slots__ = ("flight", "grant", "lock")

    def __init__(self) -> None:
        self.lock = Lock()
        self.flight: _Flight | None = None
        self.grant: Grant | None = None


class ExpiringCredentials(Credentials):
    """
    Credentials whose tokens end, and are renewed before they do.

    A token with fewer than 30 seconds left is renewed (dms-api.md 1.4). However many threads and tasks need it, in
    however many event loops, one asks the identity provider; the others wait and share what comes of it. When the one
    that asks is cancelled, one of the others takes its place. A token that the service refuses (401) is renewed once
    and the request sent again. Requests to the identity provider go through the HTTP client that needs the token, and
    so through its proxy and its TLS settings.

    A copy, also one made by pickling, knows how to get a token but starts without one.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        asleep: Callable[[float], Awaitable[None]] | None = None,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._asleep = asleep or _asleep
        self._state = _State()

    @abstractmethod
    def _renew(self, held: Grant | None) -> Flow[Grant]:
        """
        Get a new token.

        Args:
            held: The one that ends or was refused; None at first.
        """

    def _renews_silently(self, held: Grant) -> bool:  # noqa: ARG002 -- for those that override it
        """Whether a new token can be had without a person."""
        return True

    def token(self) -> str:
        """
        A token that is valid now, for other uses than this client; fetched through an HTTP client of its own.

        It blocks while the token is renewed.
        """
        flow = self._blocking(self._valid(blocking=True), _TIMEOUTS)
        try:
            request = next(flow)
            with httpx.Client(max_redirects=MOST_REQUESTS) as client:
                while True:
                    request = flow.send(client.send(request))
        except StopIteration as done:
            grant: Grant = done.value
            return grant.access_token
        finally:
            flow.close()

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with a valid token, after what it takes to get one."""
        yield from self._blocking(self._authorized(request, blocking=True), _timeouts(request))

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send the request with a valid token, after what it takes to get one, without blocking the event loop."""
        import asyncio

        flow = self._authorized(request, blocking=False)
        outcome: Any = None
        while True:
            try:
                step = flow.send(outcome)
            except StopIteration:
                return
            try:
                match step:
                    case IdentityRequest():
                        step.extensions["timeout"] = _timeouts(request)
                        outcome = yield step
                        await _aread(outcome)
                    case httpx.Request():
                        outcome = yield step
                    case Pause():
                        await self._asleep(step.seconds)
                    case Await():
                        outcome = await _await(step)
            except GeneratorExit:
                # The HTTP library closes a flow whose request fails and keeps the reason; a cancelled task is marked.
                task = asyncio.current_task()
                _leave(flow, step, failed=task is not None and not task.cancelling())
                raise
            except BaseException as error:  # noqa: BLE001 -- not caught: passed on
                flow.throw(error)  # which tells those who wait, and comes out again

    def _blocking(
        self, flow: Flow[ResultT], timeouts: dict[str, float | None]
    ) -> Generator[httpx.Request, httpx.Response, ResultT]:
        """Take the steps of a flow in this thread, all but the sending."""
        outcome: Any = None
        while True:
            try:
                step = flow.send(outcome)
            except StopIteration as done:
                result: ResultT = done.value
                return result
            try:
                match step:
                    case IdentityRequest():
                        step.extensions["timeout"] = timeouts
                        outcome = yield step
                        _read(outcome)
                    case httpx.Request():
                        outcome = yield step
                    case Pause():
                        self._sleep(step.seconds)
                    case Await():
                        outcome = _wait(step)
            except GeneratorExit as left:
                # The HTTP library closes a flow whose request fails, while it handles the failure.
                _leave(flow, step, failed=isinstance(left.__context__, httpx.HTTPError))
                raise
            except BaseException as error:  # noqa: BLE001 -- not caught: passed on
                flow.throw(error)  # which tells those who wait, and comes out again

    def _authorized(self, request: httpx.Request, *, blocking: bool) -> Flow[None]:
        """Send *request*, and once more when its token is refused."""
        grant = yield from self._valid(blocking=blocking)
        authorize(request, grant.access_token)
        response = yield request
        if response.status_code == 401 and self._renews_silently(grant):
            grant = yield from self._valid(blocking=blocking, refused=grant)
            authorize(request, grant.access_token)
            yield request

    def _valid(self, *, blocking: bool, refused: Grant | None = None) -> Flow[Grant]:
        """A token that has time left and is not *refused*: the one there is, or what a renewal gives."""
        state = self._state
        while True:
            with state.lock:
                held, flight = state.grant, state.flight
                if held is not None and held is not refused and held.expires_at - self._clock() >= _LEEWAY_S:
                    return held
                # To block the thread whose event loop carries the renewal would be to wait forever.
                leads = flight is None or (blocking and flight.thread == get_ident())
                if flight is None or leads:
                    flight = state.flight = _Flight()
            if leads:
                return (yield from self._lead(flight, held))
            outcome = yield Await(flight.landed)
            if isinstance(outcome, Grant):
                return outcome
            if outcome is not None:
                raise _own(outcome)

    def _lead(self, flight: _Flight, held: Grant | None) -> Flow[Grant]:
        """Renew the token on behalf of all who need it."""
        try:
            grant = yield from self._renew(held)
        except Exception as error:
            self._land(flight, _own(error))
            raise
        except BaseException:  # the caller was cancelled: one of those who wait takes over
            self._land(flight, None)
            raise
        self._land(flight, grant)
        return grant

    def _land(self, flight: _Flight, outcome: Grant | Exception | None) -> None:
        with self._state.lock:
            if isinstance(outcome, Grant):
                self._state.grant = outcome
            if self._state.flight is flight:
                self._state.flight = None
        flight.landed.set_result(outcome)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_state"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
        self._state = _State()


def _timeouts(request: httpx.Request) -> dict[str, float | None]:
    """How long the client of *request* waits."""
    timeouts: dict[str, float | None] = request.extensions.get("timeout", _TIMEOUTS)
    return timeouts


def _leave(flow: Flow[Any], step: Step, *, failed: bool) -> None:
    """End a flow that will not be continued, and tell those who wait for its token why."""
    if failed and isinstance(step, IdentityRequest):
        with suppress(httpx.ConnectError):
            flow.throw(httpx.ConnectError("the identity provider gave no answer", request=step))
    flow.close()


def _wait(step: Await) -> Any:
    """The result, or None. Waits in short turns: on Windows a long one cannot be interrupted from the keyboard."""
    until = None if step.timeout_s is None else time.monotonic() + step.timeout_s
    while not step.future.done():
        turn = _TURN_S if until is None else min(_TURN_S, until - time.monotonic())
        if turn <= 0:
            return None
        wait([step.future], timeout=turn)
    return step.future.result()


async def _await(step: Await) -> Any:
    """The result, or None."""
    import asyncio

    waiting = asyncio.wrap_future(step.future)
    try:
        await asyncio.wait([waiting], timeout=step.timeout_s)
    finally:
        waiting.cancel()
    return step.future.result() if step.future.done() else None


def _own(error: Exception) -> Exception:
    """A copy for one of those who wait: callers note their attempts in the error they get. It carries no frames."""
    return copy.copy(error) if isinstance(error, DmsError | httpx.HTTPError) else error


def _read(response: httpx.Response) -> None:
    failure = _failure_of_reading(response)
    if failure is not None:
        raise failure


def _failure_of_reading(response: httpx.Response) -> httpx.RequestError | None:
    """A copy of it: the frames of the original hold what came before it, perhaps half a token."""
    try:
        response.read()
    except httpx.RequestError as failure:
        return copy.copy(failure)
    return None


async def _aread(response: httpx.Response) -> None:
    failure = await _failure_of_aread(response)
    if failure is not None:
        raise failure


async def _failure_of_aread(response: httpx.Response) -> httpx.RequestError | None:
    try:
        await response.aread()
    except httpx.RequestError as failure:
        return copy.copy(failure)
    return None
