"""Events of calls, made by hand."""

from __future__ import annotations

from typing import Any

from pygen.client.calls import Call
from pygen.client.events import CallInfo, RequestEvent, ResponseEvent
from pygen.client.exceptions import DmsError, DmsRequestError, DmsTransportError

CANARY = "canary-9f8e7d6c5b4a"
LIST = Call("instances.list", "/models/instances/list", {"instanceType": "node", "limit": 2})


def info_of(call: Call = LIST, **parts: Any) -> CallInfo:
    """A call under way."""
    known: dict[str, Any] = {"base_url": "https://cluster.example", "project": "my-project"}
    return CallInfo(call, **known | parts)


def asked(info: CallInfo, attempt: int = 1) -> RequestEvent:
    """An attempt begins."""
    return RequestEvent(info, attempt, 0.25)


def answered(
    info: CallInfo,
    content: bytes = b"{}",
    *,
    status: int = 200,
    attempt: int = 1,
    request_id: str | None = "r-1",
    error: DmsError | None = None,
) -> ResponseEvent:
    """An attempt is answered, after an eighth of a second."""
    return ResponseEvent(info, attempt, status, request_id, 0.125, content, 40, error)


def refused(status: int = 400, message: str = "no") -> DmsRequestError:
    """An answer that says no."""
    return DmsRequestError(message, status=status, request_id="r-2")


def lost() -> DmsTransportError:
    """No answer to a request that may have been carried out."""
    error = DmsTransportError("no answer within 30 s (ReadTimeout)")
    error.lost_since_ms = 1
    return error
