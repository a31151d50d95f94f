"""
What happens to a call, told to whoever wants to know: metrics, error trackers, traces, logs, audits.

A hook is an object with any of the methods of `Hook`. It is called in the thread, or the task, that does the call,
between the steps of it, so it must be quick. What it raises is logged and changes nothing, except for `DmsVetoError`
from `on_request`: that attempt is not made, and the call fails.

For each call the events are `on_request`, then `on_response` where an answer came, then `on_retry` and `on_request`
again, and so on. A call that fails ends with `on_error`; one whose caller does not wait for the end, with `on_abandon`;
one that succeeds, with an `on_response` without an error.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pygen.client.exceptions import DmsError

if TYPE_CHECKING:
    from pygen.client.calls import Call

__all__ = [
    "AbandonEvent",
    "CallInfo",
    "DmsVetoError",
    "ErrorEvent",
    "Hook",
    "Hooks",
    "RequestEvent",
    "ResponseEvent",
    "RetryEvent",
]

logger = logging.getLogger("pygen.client")


class DmsVetoError(DmsError):
    """A hook forbids the call: the attempt that was about to be made is not."""

    exit_code = 2


@dataclass(slots=True, eq=False)
class CallInfo:
    """
    The call that events are about: the same object in all events of a call.

    Attributes:
        call: What was asked for: `operation`, `method`, `path`, `body`, `params`, `family`.
        base_url: The cluster's address.
        project: The CDF project.
        app: The name of the application, as `x-cdp-app` says it; empty where none was given.
        subject: Who is asking, as far as the credentials tell without a request: the `sub` or `appid` of the token;
            None before the first attempt has ended, or where the token is opaque.
        state: Room for hooks to keep something between events; take yourself as the key.
    """

    call: Call
    base_url: str
    project: str
    app: str = ""
    subject: str | None = None
    state: dict[object, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where the call goes, without its query."""
        project = f"/projects/{quote(self.project, safe='')}" if self.call.of_project else ""
        return f"{self.base_url}/api/v1{project}{self.call.path}"


@dataclass(frozen=True, slots=True, eq=False)
class RequestEvent:
    """
    An attempt begins.

    Attributes:
        info: The call.
        attempt: 1 for the first.
        waited_s: How long it waited for its turn: other calls of the same kind were under way, or the service had
            asked for less.
    """

    info: CallInfo
    attempt: int
    waited_s: float


@dataclass(frozen=True, slots=True, eq=False)
class ResponseEvent:
    """
    An answer came, whatever it says.

    Attributes:
        info: The call.
        attempt: 1 for the first.
        status: The HTTP status.
        request_id: The `x-request-id`, where the answer has one.
        duration_s: From the request to the last byte of the answer.
        content: The body, inflated.
        sent_bytes: Size of the request's body as it went out, compressed or not.
        error: What is wrong with the answer; None for a good one.
    """

    info: CallInfo
    attempt: int
    status: int
    request_id: str | None
    duration_s: float
    content: bytes
    sent_bytes: int
    error: DmsError | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RetryEvent:
    """
    An attempt failed, and another one follows.

    Attributes:
        info: The call.
        attempt: The one that failed; 1 for the first.
        error: How it failed.
        delay_s: How long is waited before the next.
    """

    info: CallInfo
    attempt: int
    error: DmsError
    delay_s: float


@dataclass(frozen=True, slots=True, eq=False)
class ErrorEvent:
    """
    A call failed for good: its caller gets the error.

    Attributes:
        info: The call.
        attempt: How many attempts there were; 0: none left this machine.
        error: What the caller gets.
    """

    info: CallInfo
    attempt: int
    error: DmsError


@dataclass(frozen=True, slots=True, eq=False)
class AbandonEvent:
    """
    A call ended before anybody knew how: its task was cancelled, or something else than a failed call stopped it.

    Attributes:
        info: The call.
        attempt: How many attempts there were; 0: none left this machine.
        error: What stopped it, e.g. `asyncio.CancelledError` or `KeyboardInterrupt`.
    """

    info: CallInfo
    attempt: int
    error: BaseException


class Hook:
    """Does nothing on any event; override what you need."""

    def on_request(self, event: RequestEvent, /) -> Mapping[str, str] | None:
        """
        Before each attempt.

        Returns:
            Headers to add to the request, e.g. those of a trace; None for none. Those that say who is asking or
            describe the body are not a hook's to set.

        Raises:
            DmsVetoError: The attempt must not be made; the call fails with this error.
        """

    def on_response(self, event: ResponseEvent, /) -> None:
        """After each answer, good or bad."""

    def on_retry(self, event: RetryEvent, /) -> None:
        """Before each wait."""

    def on_error(self, event: ErrorEvent, /) -> None:
        """When a call has failed."""

    def on_abandon(self, event: AbandonEvent, /) -> None:
        """When a call will not be known to have failed or succeeded."""


class Hooks:
    """Several hooks as one, none of which can break a call."""

    __slots__ = ("_listeners",)

    def __init__(self, hooks: Sequence[Hook] = ()) -> None:
        names = ("on_request", *_NAMES.values())
        self._listeners = {name: [heard for hook in hooks if (heard := _listener(hook, name))] for name in names}

    def __bool__(self) -> bool:
        return any(self._listeners.values())

    def on_request(self, event: RequestEvent) -> dict[str, str]:
        """
        Tell all, and collect the headers they want.

        Raises:
            DmsVetoError: One of them forbids the attempt.
        """
        headers: dict[str, str] = {}
        for listener in self._listeners["on_request"]:
            try:
                headers |= _permitted(listener(event) or {}, listener)
            except DmsVetoError:
                raise
            except Exception:  # noqa: BLE001 -- somebody else's code must not decide over a call by accident
                _log_broken(listener)
        return headers

    def tell(self, event: ResponseEvent | RetryEvent | ErrorEvent | AbandonEvent) -> None:
        """Tell all."""
        for listener in self._listeners[_NAMES[type(event)]]:
            try:
                listener(event)
            except Exception:  # noqa: BLE001 -- see above
                _log_broken(listener)


_NAMES: dict[type, str] = {
    ResponseEvent: "on_response",
    RetryEvent: "on_retry",
    ErrorEvent: "on_error",
    AbandonEvent: "on_abandon",
}


def _listener(hook: Hook, name: str) -> Callable[[Any], Any] | None:
    """The method of the hook for an event; None where it has none, or the one that does nothing."""
    method: Callable[[Any], Any] | None = getattr(hook, name, None)
    return None if getattr(method, "__func__", None) is getattr(Hook, name) else method


_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
_NOT_FOR_HOOKS = frozenset(
    ["authorization", "host", "connection", "content-length", "content-type", "content-encoding", "transfer-encoding"]
)


def _permitted(headers: Mapping[str, str], listener: Callable[[Any], Any]) -> dict[str, str]:
    """The headers that can be sent, and that are a hook's to set; one that cannot be would break the request."""
    permitted: dict[str, str] = {}
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            logger.error("%s returned a header that cannot be sent; it is left out", _name_of(listener))
        elif name.lower() in _NOT_FOR_HOOKS:
            logger.error("%s returned the header %s, which is not its to set", _name_of(listener), name.lower())
        else:
            permitted[name] = value
    return permitted


def _log_broken(listener: Callable[[Any], Any]) -> None:
    # The traceback names lines of the hook; locals, which may hold a token, are not part of it.
    logger.exception("%s failed; the call goes on", _name_of(listener))  # noqa: LOG004 -- called by handlers only


def _name_of(listener: Callable[[Any], Any]) -> str:
    return getattr(listener, "__qualname__", type(listener).__name__)
