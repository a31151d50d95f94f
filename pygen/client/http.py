"""What the synchronous and the asynchronous client share: settings, addresses, headers and bodies."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypedDict, Unpack
from urllib.parse import quote

import httpx

from pygen._version import __version__
from pygen.client.addresses import checked_base_url
from pygen.client.auth import MOST_REQUESTS, CredentialsLike, Secret, as_credentials
from pygen.client.calls import Call
from pygen.client.events import Hook, Hooks
from pygen.client.exceptions import DmsInputError, InputProblem
from pygen.client.keywords import refuse_unknown
from pygen.client.limits import Limits, budget_of
from pygen.client.models.ids import ContainerId, EdgeId, NodeId, ViewId
from pygen.client.retry import RetryPolicy
from pygen.errors import ConfigError, MissingExtraError

__all__ = ["ClientOptions", "Connections", "HttpBase"]


class Connections(NamedTuple):
    """
    How connections are made and kept; a client that is given a `transport` leaves all of this to it.

    Attributes:
        most: Most connections at once.
        keep: Most idle connections that are kept for the next request.
        keep_s: How long an idle connection is kept.
        connect_timeout_s: How long opening one may take.
        http2: Whether HTTP/2 is offered; needs the extra `http2`.
        verify: Whether certificates are checked; a path or an `ssl.SSLContext` says against which authorities.
        proxy: Where to send everything; None leaves it to the environment (`HTTPS_PROXY`, ...).
    """

    most: int = 20
    keep: int = 20
    keep_s: float = 5.0
    connect_timeout_s: float = 10.0
    http2: bool = False
    verify: Any = True
    proxy: str | None = None

    def __repr__(self) -> str:
        shown = {name: value for name, value in self._asdict().items() if name != "proxy"}  # may hold a password
        return f"Connections({', '.join(f'{name}={value!r}' for name, value in shown.items())})"


class ClientOptions(TypedDict, total=False):
    """
    What a client may be told beside where to connect, and as whom.

    Attributes:
        timeout_s: How long one attempt may wait for the service to go on; 30 where it is left out.
        retry: When to try again, and how long a call may take as a whole.
        limits: How many requests of a kind may be under way at once; shared by all clients of the project in this
            process, so the client made last decides.
        hooks: Who is told of requests, answers, retries and errors, e.g. `RequestLog()` or `AuditLog(path)`.
        app: The name of the application, told to the service as `x-cdp-app`.
        connections: How connections are made and kept.
        gzip_requests: Whether bodies of 1 KiB and more are compressed; True where it is left out.
    """

    timeout_s: float
    retry: RetryPolicy
    limits: Limits | None
    hooks: Sequence[Hook]
    app: str
    connections: Connections
    gzip_requests: bool


_PROXY_SCHEMES = frozenset({"http", "https", "socks5", "socks5h"})
_GZIP_FROM_BYTES = 1024  # below, the saving does not pay


class HttpBase:
    """
    All of a client but the sending.

    Attributes:
        base_url: The cluster's address, without `/api/v1`.
        project: The CDF project.
        timeout_s: How long one attempt may wait for the service to go on.
        retry: When to try again.
        budget: How many requests may be under way; shared by the clients of the project.
        connections: How connections are made and kept.
        hooks: Who is told of what happens.
        app: The name of the application.
    """

    def __init__(
        self, *, base_url: str, project: str, credentials: CredentialsLike, **options: Unpack[ClientOptions]
    ) -> None:
        refuse_unknown(options, ClientOptions.__optional_keys__, type(self).__name__)
        if isinstance(credentials, str):
            credentials = Secret(credentials)  # error trackers send the values of locals away
        self.base_url = checked_base_url(base_url)
        self.project = project
        self.timeout_s = _checked_timeout(options.get("timeout_s", 30.0))
        self.retry = options.get("retry") or RetryPolicy()
        if project.strip() != project or project in {"", ".", ".."}:
            raise ConfigError(f"{project!r} is not the name of a project", key="project")
        self.budget = budget_of(self.base_url, project, options.get("limits"))
        self.hooks = Hooks(options.get("hooks", ()))
        self.app = _checked_app(options.get("app", ""))
        self.connections = options.get("connections") or Connections()
        self._gzip = options.get("gzip_requests", True)
        self._auth = as_credentials(credentials)
        self._process: int | None = None
        self._cluster = f"{self.base_url}/api/v1"
        self._prefix = f"{self._cluster}/projects/{quote(project, safe='')}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r}, project={self.project!r})"

    def _http_options(self, *, has_transport: bool) -> dict[str, Any]:
        """What both HTTP clients are made with."""
        headers: dict[str, str | bytes] = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "cdf-version": "20230101",
            "x-cdp-sdk": f"pygen:{__version__}",
            "User-Agent": f"pygen-cdf/{__version__}",
        }
        if self.app:
            headers["x-cdp-app"] = self.app.encode("latin-1")  # as text, it would have to be ASCII
        options: dict[str, Any] = {
            "auth": self._auth,
            "headers": headers,
            "follow_redirects": False,
            "max_redirects": MOST_REQUESTS,  # httpx counts the requests of a sign-in as redirects
        }
        if has_transport:
            return options
        wanted = self.connections
        if wanted.http2:
            _require_http2()
        return options | {
            "limits": httpx.Limits(
                max_connections=wanted.most, max_keepalive_connections=wanted.keep, keepalive_expiry=wanted.keep_s
            ),
            "http2": wanted.http2,
            "verify": _authorities(wanted.verify),
            "proxy": _checked_proxy(wanted),
        }

    def _check_process(self) -> None:
        """
        Refuse to go on in a child that was forked after the first request: it shares connections, but no threads.

        Raises:
            RuntimeError: It is another process.
        """
        process = os.getpid()
        self._process = self._process or process
        if self._process != process:
            raise RuntimeError("the client was used before this process was forked: make another one here")

    def url_of(self, call: Call) -> str:
        """Where a call goes."""
        return f"{self._prefix if call.of_project else self._cluster}{call.path}"

    def encode(self, call: Call) -> tuple[bytes | None, dict[str, str]]:
        """
        The body of a request, and the headers that describe it.

        Raises:
            DmsInputError: The body is no JSON.
        """
        if call.body is None:
            return None, {}
        try:
            content = (_plain_json(call.body) if call.is_plain else None) or json.dumps(
                call.body, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_json_value
            ).encode()
        except (TypeError, ValueError, RecursionError) as error:
            problem = InputProblem("body", f"cannot be written as JSON: {_why_no_json(error)}")
            raise DmsInputError([problem], operation=call.operation, project=self.project) from None
        headers = {"Content-Type": "application/json"}
        if self._gzip and len(content) >= _GZIP_FROM_BYTES:
            content = gzip.compress(content, compresslevel=4, mtime=0)
            headers["Content-Encoding"] = "gzip"
        return content, headers


def _plain_json(body: Mapping[str, Any]) -> bytes | None:
    """
    Plain JSON as pydantic-core writes it, in a third of the time; None where it is left to the thorough way.

    That one says what is wrong with values without a JSON form, and goes deeper.
    """
    from pydantic_core import to_json  # not for whoever only reads

    try:
        content = to_json(body)
    except (TypeError, ValueError, RecursionError):
        return None
    return None if b"NaN" in content or b"Infinity" in content else content


def _json_value(value: object) -> object:
    """
    JSON for mappings of other kinds, and for what DMS has a form for.

    That is times (with milliseconds and a zone, dms-api.md 3.4) and identifiers.
    """
    match value:
        case Mapping():
            return dict(value)
        case dt.datetime():
            moment = value if value.tzinfo is not None else value.replace(tzinfo=dt.UTC)
            return moment.isoformat(timespec="milliseconds")
        case dt.date():
            return value.isoformat()
        case NodeId() | EdgeId():
            return {"space": value.space, "externalId": value.external_id}
        case ViewId():
            return {"type": "view", "space": value.space, "externalId": value.external_id, "version": value.version}
        case ContainerId():
            return {"type": "container", "space": value.space, "externalId": value.external_id}
        case _:
            raise TypeError(f"a {type(value).__name__} has no JSON form")


def _why_no_json(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    # The message of a UnicodeEncodeError would repeat the value.
    return "a text holds half of a surrogate pair" if isinstance(error, UnicodeError) else str(error)


def _checked_timeout(timeout_s: float) -> float:
    if not timeout_s > 0:
        raise ConfigError(f"{timeout_s:g} seconds are no time to wait", key="timeout_s")
    return timeout_s


def _authorities(verify: Any) -> Any:
    """
    Against which authorities certificates are checked, as the HTTP library takes it: a path is not welcome any more.

    Raises:
        ConfigError: There are none at the path.
    """
    if not isinstance(verify, str | Path):
        return verify
    import ssl

    path = Path(verify)
    try:
        if path.is_dir():
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"no certificates at {path}: {error}", key="connections.verify") from None


def _require_http2() -> None:
    try:
        import h2  # type: ignore[import-not-found, unused-ignore]  # noqa: F401 -- asks only whether it is there
    except ImportError:
        raise MissingExtraError("HTTP/2", extra="http2", module="h2") from None
    logging.getLogger("hpack").setLevel(logging.INFO)  # at DEBUG it shows the headers, the token among them


def _checked_proxy(connections: Connections) -> httpx.URL | None:
    """
    The proxy's address, in a form that hides its password from those who look at local variables.

    Raises:
        ConfigError: It is none.
    """
    if connections.proxy is None:
        return None
    hint = "e.g. http://proxy.example:8080"
    try:
        url = httpx.URL(connections.proxy)
    except httpx.InvalidURL:
        url = None
    if url is None or url.scheme not in _PROXY_SCHEMES or not url.host:
        raise ConfigError("not the address of a proxy", key="connections.proxy", hint=hint)
    return url


def _checked_app(app: str) -> str:
    """
    The name as a header can hold it.

    Raises:
        ConfigError: It holds line ends, other control characters, or text beyond Latin-1 (dms-api.md 1.2).
    """
    if not app.isprintable() or any(ord(character) > 0xFF for character in app):
        raise ConfigError(f"{app!r} cannot be a header", key="app", hint="printable Latin-1 text")
    return app
