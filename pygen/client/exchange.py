"""
A call on its way, without the sending: requests, answers and failures of its attempts.

Retry stands above the HTTP library's authentication, because a fresh token must be asked for before every attempt and
a transport, which sits below it, could not do that.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Any

import httpx

from pygen.client.auth import IdentityRequest, token_subject
from pygen.client.calls import Answer, Call, JsonObject, Params
from pygen.client.events import AbandonEvent, CallInfo, ErrorEvent, RequestEvent, ResponseEvent, RetryEvent
from pygen.client.exceptions import (
    DmsAuthError,
    DmsConflictError,
    DmsCursorExpiredError,
    DmsError,
    DmsRateLimitError,
    DmsRequestError,
    DmsTransportError,
)
from pygen.client.http import HttpBase
from pygen.client.retry import Attempts, Failure, Fate, date_ms, retry_after_s

__all__ = ["Exchange"]

logger = logging.getLogger("pygen.client")


class Exchange:
    """
    A call on its way: everything about its attempts but the sending and the waiting.

    The sender asks for the request of the next attempt, tells what came of it (`answered` or `failed`), and where
    that was not the end, asks how long to wait.

    Attributes:
        call: What was asked for.
    """

    __slots__ = ("_attempts", "_base", "_body", "_failure", "_headers", "_info", "call")

    def __init__(self, base: HttpBase, call: Call) -> None:
        self.call = call
        self._base = base
        self._attempts = Attempts(base.retry, call)
        self._info = CallInfo(call, base.base_url, base.project, base.app)
        self._failure: Failure | None = None
        self._body, self._headers = base.encode(call)

    @property
    def remaining_s(self) -> float:
        """What is left of the deadline; 0 where nothing is."""
        return max(0.0, self._attempts.remaining_s)

    def request(self, waited_s: float) -> dict[str, Any]:
        """
        What `build_request` of either HTTP client takes to make the next attempt.

        Args:
            waited_s: How long the attempt waited for its turn.

        Raises:
            DmsVetoError: A hook does not want the request to be sent.
        """
        base, attempts = self._base, self._attempts
        headers = self._headers
        if base.hooks:
            headers = headers | base.hooks.on_request(RequestEvent(self._info, attempts.count + 1, waited_s))
        attempts.begin()
        patience = min(base.timeout_s, self.remaining_s)
        connecting = min(base.connections.connect_timeout_s, patience)
        return {
            "method": self.call.method,
            "url": base.url_of(self.call),
            "params": _params(self.call.params),
            "headers": headers,
            "content": self._body,
            "timeout": httpx.Timeout(patience, connect=connecting),
        }

    def timely(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """
        The pieces of an answer, as long as the deadline allows.

        Raises:
            httpx.ReadTimeout: It has passed: a body that drips never lets a single read time out.
        """
        for piece in pieces:
            yield piece
            self._check_deadline()

    async def timely_async(self, pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        """`timely` for asynchronous pieces."""
        async for piece in pieces:
            yield piece
            self._check_deadline()

    def _check_deadline(self) -> None:
        if self._attempts.remaining_s <= 0:
            raise httpx.ReadTimeout("the answer dripped in until the deadline")

    def answered(self, response: httpx.Response, content: bytes) -> Answer | None:
        """
        Take an answer.

        Returns:
            What it says when it says yes and can be read; None: ask for `delay_s`.
        """
        base, call = self._base, self.call
        headers = response.headers
        answer = Answer(content, call.operation, base.project, headers.get("x-request-id"))
        error: DmsError | None = None
        if not response.is_success:
            answer = _redacted(answer, response)
            error = _request_error(answer, response)
        elif call.read is not None:
            try:
                answer = answer._replace(value=call.read(answer))
            except DmsTransportError as unreadable:
                answer = _redacted(answer, response)
                error = _without_trace(unreadable)
        self._tell_response(response, answer, error)
        if error is None:
            base.budget.answered(call.family)
            return self._attempts.answered(answer, date_ms(headers))
        delay_s = retry_after_s(headers, base.retry.wall_clock)
        if isinstance(error, DmsRateLimitError):
            base.budget.throttled(call.family, delay_s)
        fate: Fate = "unreadable" if response.is_success else "refused"
        self._failure = Failure(error, fate, delay_s, date_ms(headers))
        return None

    def failed(self, error: Exception) -> None:
        """Take that there is no answer: the HTTP library, the authentication or the wait for a turn failed."""
        if isinstance(error, DmsError):  # the identity provider's, or a hook's
            error.operation = error.operation or self.call.operation
            error.project = error.project or self._base.project
            self._failure = Failure(
                _without_trace(error), "not_sent" if isinstance(error, DmsRequestError) else "final"
            )
        elif isinstance(error, httpx.HTTPError):
            self._note_subject(_request_of(error))
            self._failure = _transport_failure(self._base, self.call, error)
        else:
            late = DmsTransportError(str(error), operation=self.call.operation, project=self._base.project)
            self._failure = Failure(late, "overdue")

    def delay_s(self) -> float:
        """
        How long to wait before the next attempt.

        Raises:
            DmsError: There is none.
        """
        assert self._failure is not None
        failure, self._failure = self._failure, None
        attempts = self._attempts
        try:
            delay = attempts.after(failure)
        except DmsError as error:
            self._base.hooks.tell(ErrorEvent(self._info, attempts.count, error))
            raise
        self._base.hooks.tell(RetryEvent(self._info, attempts.count, failure.error, delay))
        logger.warning(
            "%s failed and is sent again in %.1f s: %s",
            self.call.operation,
            delay,
            failure.error,
            extra={**self._extra(failure.error.request_id), "dms_delay_s": delay},
        )
        return delay

    def _tell_response(self, response: httpx.Response, answer: Answer, error: DmsError | None) -> None:
        status = response.status_code
        duration_s = self._base.retry.clock() - self._attempts.sent_at
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug(
                "%s %s -> %d (%s, request id %s)",
                self.call.method,
                self.call.path,
                status,
                self.call.operation,
                answer.request_id,
                extra={**self._extra(answer.request_id), "dms_status": status, "dms_duration_s": duration_s},
            )
        if not self._base.hooks:
            return
        self._note_subject(response.request)
        sent = len(self._body) if self._body is not None else 0
        self._base.hooks.tell(
            ResponseEvent(
                self._info, self._attempts.count, status, answer.request_id, duration_s, answer.content, sent, error
            )
        )

    def _note_subject(self, request: httpx.Request | None) -> None:
        """Let hooks know who is asking, as soon as a request carries a token."""
        if self._base.hooks and self._info.subject is None and request is not None:
            self._info.subject = token_subject(_bearer(request))

    def abandoned(self, error: BaseException) -> None:
        """Take that the call ends without an answer or an error of ours: it was cancelled or interrupted."""
        self._base.hooks.tell(AbandonEvent(self._info, self._attempts.count, error))

    def _extra(self, request_id: str | None) -> dict[str, Any]:
        """What log records carry beside their text."""
        return {
            "dms_operation": self.call.operation,
            "dms_project": self._base.project,
            "dms_attempt": self._attempts.count,
            "dms_request_id": request_id,
        }


def _without_trace(error: DmsError) -> DmsError:
    """
    The error as if it had just been made.

    Frames of the HTTP library and of the authentication hold the token, and error trackers send the values of locals
    away.
    """
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def _bearer(request: httpx.Request) -> str:
    header: str = request.headers.get("Authorization", "")
    return header.removeprefix("Bearer ")


def _request_of(error: httpx.HTTPError) -> httpx.Request | None:
    try:
        return error.request
    except RuntimeError:  # it failed before there was one
        return None


_SECRET_FROM = 8

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_POINTLESS = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.TooManyRedirects)


def _transport_failure(base: HttpBase, call: Call, error: httpx.HTTPError) -> Failure:
    """What it means that the HTTP library gave up."""
    kind, request = type(error).__name__, _request_of(error)
    sign_in = request if isinstance(request, IdentityRequest) else None
    where = f"the identity provider {sign_in.url.host}" if sign_in else base.base_url
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        message = f"no connection to {where} in time ({kind})"
    elif isinstance(error, httpx.TimeoutException):
        message = f"no answer from {where} within {base.timeout_s:g} s ({kind})"
    elif isinstance(error, httpx.ConnectError):
        message = f"cannot connect to {where}: {error}"
    else:
        message = f"no usable answer from {where}: {kind}: {error}"
    fate: Fate = "lost"
    if sign_in or isinstance(error, _NOT_SENT):
        fate = "not_sent"
    elif isinstance(error, _POINTLESS):
        fate = "final"
    error.__cause__ = error.__context__ = None
    cause = error.with_traceback(None)
    return Failure(DmsTransportError(message, operation=call.operation, project=base.project), fate, cause=cause)


def _request_error(answer: Answer, response: httpx.Response) -> DmsRequestError:
    """The error that an answer with a status beyond 2xx stands for."""
    status = response.status_code
    body = _error_body(answer.content)
    # The server's own reason phrase is not asked: it may repeat anything.
    message = str(body.get("message") or httpx.codes.get_reason_phrase(status) or "no reason given")[:2000]
    code = body.get("code")
    return _kind_of(status, message)(
        message,
        status=status,
        code=code if isinstance(code, int) else None,
        missing=_objects(body.get("missing")),
        duplicated=_objects(body.get("duplicated")),
        auto_retryable=body.get("isAutoRetryable") is True
        or response.headers.get("cdf-is-auto-retryable", "").lower() == "true",
        operation=answer.operation,
        project=answer.project,
        request_id=answer.request_id,
    )


def _kind_of(status: int, message: str) -> type[DmsRequestError]:
    """
    The class of a refusal.

    A version conflict is told by its text, because its status is 409 or 400, and so is an expired cursor
    (dms-api.md, appendix A).
    """
    if status in {401, 403}:
        return DmsAuthError
    if status == 429:
        return DmsRateLimitError
    if status == 409 or "version conflict" in message.lower():
        return DmsConflictError
    return DmsCursorExpiredError if status == 400 and message.startswith("Cursor has expired") else DmsRequestError


def _error_body(content: bytes) -> JsonObject:
    """The `error` object; a proxy's answer, which may be anything, becomes its message (dms-api.md 1.5)."""
    text = content.decode("utf-8", "replace").strip()
    try:
        body = json.loads(text)
    except ValueError:
        return {"message": text}
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict):
        return error
    return {"message": error if isinstance(error, str) else text}


def _objects(value: object) -> list[JsonObject]:
    if not isinstance(value, list):
        return []
    return [item if isinstance(item, dict) else {"value": item} for item in value]


def _redacted(answer: Answer, response: httpx.Response) -> Answer:
    """Some gateways repeat the request's headers in their answer; a few letters are no secret, but part of words."""
    secret = _bearer(response.request)
    if len(secret) < _SECRET_FROM:
        return answer
    content = answer.content
    for form in (secret, json.dumps(secret)[1:-1]):
        content = content.replace(form.encode(), b"[secret]")
    return answer._replace(content=content)


def _params(params: Params | None) -> dict[str, Any] | None:
    """Query parameters as the HTTP library takes them: it would send None as an empty text."""
    if not params:
        return None
    return {name: value for name, value in params.items() if value is not None}
