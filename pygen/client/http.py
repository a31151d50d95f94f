"""
Requests and answers of DMS, without sending any: pure work that the synchronous and the asynchronous client share.

What to do is written once, as a *plan*: a generator that yields `Call`s and is handed an `Answer` for each. The
clients only send. Retry stands above the HTTP library's authentication, because a fresh token must be asked for before
every attempt and a transport, which sits below it, could not do that.
"""

from __future__ import annotations

import gzip
import json
import logging
import random
import time
from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import Any, NamedTuple, NoReturn, TypeAlias, TypeVar
from urllib.parse import quote

import httpx

from pygen._version import __version__
from pygen.client.auth import BearerAuth, CredentialsLike
from pygen.client.exceptions import DmsAuthError, DmsError, DmsRateLimitError, DmsRequestError, DmsTransportError
from pygen.errors import ConfigError

__all__ = ["Answer", "Attempts", "Call", "HttpBase", "JsonObject", "Plan", "RetryPolicy"]

logger = logging.getLogger("pygen.client")

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object as Python sees it."""

ResultT = TypeVar("ResultT")


class Call(NamedTuple):
    """
    One request to make.

    Attributes:
        operation: What people call it, e.g. `instances.list`; errors and log lines say it.
        path: Relative to the project: `/models/instances/list`.
        body: The JSON body; None sends none.
        method: The HTTP method.
        params: Query parameters.
        idempotent: Whether it may be sent again when nobody knows if the first attempt arrived.
    """

    operation: str
    path: str
    body: Mapping[str, Any] | None = None
    method: str = "POST"
    params: Mapping[str, str | int | bool] | None = None
    idempotent: bool = True


class Answer(NamedTuple):
    """An answer that says yes: the bytes, and what an error about them needs to say."""

    content: bytes
    operation: str
    project: str
    request_id: str | None = None

    def json(self) -> JsonObject:
        """
        The body as a JSON object.

        Raises:
            DmsTransportError: It is something else.
        """
        try:
            value = json.loads(self.content)
        except ValueError:
            self.refuse("the answer is not JSON")
        if not isinstance(value, dict):
            self.refuse(f"the answer is a JSON {type(value).__name__}, not an object")
        return value

    def refuse(self, message: str) -> NoReturn:
        """Raise the error that says what is wrong with the answer."""
        raise DmsTransportError(
            message, operation=self.operation, project=self.project, request_id=self.request_id
        ) from None


Plan: TypeAlias = Generator[Call, Answer, ResultT]
"""Work written once for both clients: yields calls, is sent their answers, returns the result."""


async def _asleep(seconds: float) -> None:
    import anyio  # comes with httpx; works under asyncio and trio

    await anyio.sleep(seconds)


class RetryPolicy(NamedTuple):
    """
    When to try again, and after how long.

    Retried are the statuses 429, 502, 503 and 504, whatever the service marks as safe to repeat, and connections that
    fail. Between attempts a random part of an exponentially growing delay is waited (full jitter), or what
    `Retry-After` asks for when that is more. Source: dms-api.md 1.7.

    Attributes:
        retries: How many times a call is sent again at most; 0 turns retrying off.
        connect_retries: The same for connections that cannot be opened.
        base_s: Ceiling of the first delay; it doubles with each attempt.
        cap_s: No ceiling is higher than this.
        deadline_s: No attempt starts later than this after the first one.
        sleep: Waits, in the synchronous client.
        asleep: Waits, in the asynchronous client.
        clock: A clock that never goes back, in seconds.
        uniform: A random number between two bounds.
    """

    retries: int = 10
    connect_retries: int = 3
    base_s: float = 0.5
    cap_s: float = 60.0
    deadline_s: float = 300.0
    sleep: Callable[[float], None] = time.sleep
    asleep: Callable[[float], Awaitable[None]] = _asleep
    clock: Callable[[], float] = time.monotonic
    uniform: Callable[[float, float], float] = random.uniform


RETRIED_STATUSES = frozenset({429, 502, 503, 504})
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_SHORTEST_DELAY_S = 0.1


class Attempts:
    """The attempts of one call: after each failure it says how long to wait, or None to give up."""

    __slots__ = ("_call", "_connect", "_count", "_policy", "_started")

    def __init__(self, policy: RetryPolicy, call: Call) -> None:
        self._policy = policy
        self._call = call
        self._count = 0
        self._connect = 0
        self._started = policy.clock()

    def after_answer(self, error: DmsRequestError, retry_after_s: float | None) -> float | None:
        """The delay before the next attempt after an answer that says no."""
        # A 429 was turned away at the door, an auto-retryable answer promises it; a gateway's 502 promises nothing.
        turned_away = error.status == 429 or error.auto_retryable
        if not turned_away and not (error.status in RETRIED_STATUSES and self._call.idempotent):
            return None
        return self._next(retry_after_s)

    def after_failure(self, error: httpx.HTTPError) -> float | None:
        """The delay before the next attempt after no answer at all."""
        if isinstance(error, _NOT_SENT):
            self._connect += 1
            return self._next() if self._connect <= self._policy.connect_retries else None
        if not isinstance(error, httpx.TransportError) or isinstance(
            error, (httpx.UnsupportedProtocol, httpx.LocalProtocolError)
        ):
            return None
        return self._next() if self._call.idempotent else None

    def _next(self, at_least_s: float | None = None) -> float | None:
        policy = self._policy
        if self._count >= policy.retries:
            return None
        ceiling = min(policy.base_s * 2**self._count, policy.cap_s)
        self._count += 1
        delay = policy.uniform(_SHORTEST_DELAY_S, max(_SHORTEST_DELAY_S, ceiling))
        delay = max(delay, at_least_s or 0.0)
        if policy.clock() - self._started + delay > policy.deadline_s:
            return None
        return delay


_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
GZIP_FROM_BYTES = 1024
"""Bodies from this size on are compressed; below, the saving does not pay."""


class HttpBase:
    """
    All of a client but the sending.

    Attributes:
        base_url: The cluster's address, without `/api/v1`.
        project: The CDF project.
        timeout_s: How long one attempt may wait for the service.
        retry: When to try again.
    """

    def __init__(
        self,
        *,
        base_url: str,
        project: str,
        credentials: CredentialsLike,
        timeout_s: float = 30.0,
        retry: RetryPolicy | None = None,
    ) -> None:
        self.base_url = _checked_base_url(base_url)
        self.project = project
        self.timeout_s = timeout_s
        self.retry = retry or RetryPolicy()
        if not project or project.strip() != project:
            raise ConfigError(f"{project!r} is not the name of a project", key="project")
        self._auth = BearerAuth(credentials)
        self._prefix = f"{self.base_url}/api/v1/projects/{quote(project, safe='')}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r}, project={self.project!r})"

    def _http_options(self) -> dict[str, Any]:
        """What both HTTP clients are made with."""
        return {
            "auth": self._auth,
            "timeout": httpx.Timeout(self.timeout_s),
            "headers": {
                "Accept": "application/json",
                "cdf-version": "20230101",
                "x-cdp-sdk": f"pygen:{__version__}",
                "User-Agent": f"pygen-cdf/{__version__}",
            },
            "follow_redirects": False,
        }

    def request_parts(self, call: Call) -> dict[str, Any]:
        """What `build_request` of either HTTP client takes to make the request of *call*."""
        headers = {}
        content = None
        if call.body is not None:
            content = json.dumps(call.body, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
            headers["Content-Type"] = "application/json"
            if len(content) >= GZIP_FROM_BYTES:
                content = gzip.compress(content, compresslevel=5, mtime=0)
                headers["Content-Encoding"] = "gzip"
        return {
            "method": call.method,
            "url": f"{self._prefix}{call.path}",
            "params": call.params,
            "headers": headers,
            "content": content,
        }

    def read_response(self, call: Call, response: httpx.Response) -> Answer:
        """
        The answer, when it says yes.

        Raises:
            DmsRequestError: It says no.
        """
        request_id = response.headers.get("x-request-id")
        logger.debug(
            "%s %s -> %d (%s, request id %s)", call.method, call.path, response.status_code, call.operation, request_id
        )
        if response.is_success:
            return Answer(response.content, call.operation, self.project, request_id)
        raise self._request_error(call, response)

    def _request_error(self, call: Call, response: httpx.Response) -> DmsRequestError:
        status = response.status_code
        secret = response.request.headers.get("Authorization", "").removeprefix("Bearer ")
        body = _error_body(response)
        message = str(body.get("message") or response.reason_phrase or "no reason given")[:2000]
        kind: type[DmsRequestError] = DmsRequestError
        if status in {401, 403}:
            kind = DmsAuthError
        elif status == 429:
            kind = DmsRateLimitError
        code = body.get("code")
        return kind(
            _redacted(message, secret),
            status=status,
            code=code if isinstance(code, int) else None,
            missing=_objects(body.get("missing"), secret),
            duplicated=_objects(body.get("duplicated"), secret),
            auto_retryable=body.get("isAutoRetryable") is True
            or response.headers.get("cdf-is-auto-retryable", "").lower() == "true",
            operation=call.operation,
            project=self.project,
            request_id=response.headers.get("x-request-id"),
        )

    def transport_error(self, call: Call, error: httpx.HTTPError) -> DmsTransportError:
        """The error that says why there is no answer."""
        if isinstance(error, httpx.TimeoutException):
            message = f"no answer within {self.timeout_s:g} s ({type(error).__name__})"
        elif isinstance(error, httpx.ConnectError):
            message = f"cannot connect to {self.base_url}: {error}"
        else:
            message = f"no usable answer from {self.base_url}: {type(error).__name__}: {error}"
        return DmsTransportError(message, operation=call.operation, project=self.project)

    @staticmethod
    def log_retry(call: Call, error: DmsError, delay: float) -> None:
        """Say that a call will be sent again."""
        logger.warning("%s failed and is sent again in %.1f s: %s", call.operation, delay, error)


def retry_after_s(response: httpx.Response) -> float | None:
    """The seconds that the answer asks to wait; None where it gives none or gives a date."""
    try:
        seconds = float(response.headers.get("Retry-After", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None


def _error_body(response: httpx.Response) -> JsonObject:
    """The `error` object; a proxy's answer, which may be anything, becomes its message (dms-api.md 1.5)."""
    try:
        body = json.loads(response.content)
    except ValueError:
        return {"message": response.text.strip()}
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict):
        return error
    return {"message": error if isinstance(error, str) else response.text.strip()}


def _objects(value: object, secret: str) -> list[JsonObject]:
    if not isinstance(value, list):
        return []
    text = json.dumps([item if isinstance(item, dict) else {"value": item} for item in value])
    items: list[JsonObject] = json.loads(_redacted(text, secret))
    return items


def _redacted(text: str, secret: str) -> str:
    """Some gateways repeat the request's headers in their answer."""
    return text.replace(secret, "[secret]") if secret else text


def _checked_base_url(base_url: str) -> str:
    """
    The address without a slash at its end.

    Raises:
        ConfigError: It is not an https address that ends before `/api/v1`. The message repeats no more than the host,
            since people paste addresses with passwords in them.
    """
    try:
        url = httpx.URL(base_url.strip())
    except httpx.InvalidURL:
        raise ConfigError("not a URL", key="base_url", hint="e.g. https://westeurope-1.cognitedata.com") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise ConfigError(
            "not an http(s) address with a host", key="base_url", hint="e.g. https://westeurope-1.cognitedata.com"
        )
    if url.userinfo or url.query or url.fragment:
        raise ConfigError(
            f"the address of {url.host} carries a user, a query or a fragment", key="base_url", hint="leave them out"
        )
    if url.scheme == "http" and url.host not in _LOOPBACK:
        raise ConfigError(f"http would send the token to {url.host} in clear text", key="base_url", hint="use https")
    path = url.path.rstrip("/")
    if path.endswith("/api/v1") or "/api/v1/" in path:
        raise ConfigError(
            f"the address of {url.host} must end before /api/v1", key="base_url", hint=f"{url.scheme}://{url.host}"
        )
    return str(url).rstrip("/")
