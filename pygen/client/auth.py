"""
Who is asking: credentials, and the settings that name cluster and project.

A token is asked for before every attempt, retries included, so that a provider can renew it (dms-api.md 1.4). Tokens
are held in no attribute that `repr`, a message or a log line would show.
"""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import httpx

from pygen.errors import ConfigError

__all__ = [
    "BearerAuth",
    "Connection",
    "Credentials",
    "CredentialsLike",
    "Token",
    "connection_from_env",
    "connection_from_toml",
]


class Credentials(ABC):
    """Something that can say a bearer token. Subclass it for a flow of your own."""

    @abstractmethod
    def token(self) -> str:
        """A token that is valid now; called before every attempt to send a request."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Token(Credentials):
    """A ready bearer token, or a function without arguments that returns one."""

    __slots__ = ("_provide",)

    def __init__(self, token: str | Callable[[], str]) -> None:
        self._provide: Callable[[], str] = (lambda: token) if isinstance(token, str) else token

    def token(self) -> str:
        """The token."""
        return self._provide()


CredentialsLike: TypeAlias = Credentials | str | Callable[[], str]
"""Credentials, a bearer token, or a function that returns one."""

_TOKEN = re.compile(r"[\x21-\x7e]+")


class BearerAuth(httpx.Auth):
    """Puts the bearer token on each request."""

    def __init__(self, credentials: CredentialsLike) -> None:
        self._credentials = credentials if isinstance(credentials, Credentials) else Token(credentials)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Set the `Authorization` header and send."""
        request.headers["Authorization"] = f"Bearer {self.checked_token()}"
        yield request

    def checked_token(self) -> str:
        """
        The token, without surrounding white space (tokens read from files end with a newline).

        Raises:
            ConfigError: It cannot be a header. Checked here because the HTTP library's own message repeats the value.
        """
        token: object = self._credentials.token()
        if not isinstance(token, str):
            raise ConfigError(f"the credentials returned {type(token).__name__}, not a token (str)", key="credentials")
        token = token.strip()
        if not _TOKEN.fullmatch(token):
            state = "empty" if not token else "not a bearer token: it holds white space or characters beyond ASCII"
            raise ConfigError(f"the token is {state}", key="credentials")
        return token

    def __repr__(self) -> str:
        return "BearerAuth()"


class Connection(NamedTuple):
    """Where to send requests, and as whom."""

    base_url: str
    project: str
    credentials: CredentialsLike
    timeout_s: float = 30.0

    def __repr__(self) -> str:
        return f"Connection(base_url={self.base_url!r}, project={self.project!r})"


_FLOWS = ("client_credentials", "token", "device_code", "interactive")
_CLUSTER = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


class _Names(NamedTuple):
    """What the settings are called in one source."""

    source: str
    cluster: str
    project: str
    url: str
    token: str
    flow: str
    timeout: str


_ENV = _Names(
    "the environment", "CDF_CLUSTER", "CDF_PROJECT", "CDF_URL", "CDF_TOKEN", "LOGIN_FLOW", "CDF_CLIENT_TIMEOUT"
)


def connection_from_env(environ: Mapping[str, str] | None = None) -> Connection:
    """
    Read the connection from environment variables.

    `CDF_PROJECT` and one of `CDF_CLUSTER` and `CDF_URL` are required; `CDF_TOKEN` implies `LOGIN_FLOW=token`;
    `CDF_CLIENT_TIMEOUT` is in seconds.

    Raises:
        ConfigError: Something is missing, or the login flow is not available.
    """
    values = {key: value for key, value in (os.environ if environ is None else environ).items() if value.strip()}
    return _connection(values, _ENV)


_TOML_KEYS = ("cluster", "project", "url", "token", "login_flow", "timeout_s")
_TOML_ALIASES = {"cdf_cluster": "cluster", "cdf_project": "project", "cdf_url": "url", "cdf_token": "token"}
_TOML_OTHER_FLOWS = frozenset(
    [
        *("provider", "tenant_id", "client_id", "client_secret", "token_url", "authority_url"),
        *("scopes", "audience", "discovery_url"),
    ]
)


def connection_from_toml(path: str | Path = "config.toml", table: str = "cognite") -> Connection:
    """
    Read the connection from a table of a TOML file: `cluster` or `url`, `project`, `token`, `timeout_s`.

    Raises:
        ConfigError: The file or the table is missing, a key is unknown, or the login flow is not available.
    """
    import tomllib

    file = Path(path)
    try:
        document = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror}", key=str(file)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # Neither message repeats more than a position: the file may hold a token.
        raise ConfigError(f"not valid TOML: {_position(error)}", key=str(file)) from None
    section: Any = document
    for part in table.split("."):
        section = section.get(part) if isinstance(section, dict) else None
    if not isinstance(section, dict):
        raise ConfigError(f"there is no table [{table}]", key=str(file), hint="name the table with table=...")
    values: dict[str, str] = {}
    settings: dict[str, Any] = section
    for key, value in settings.items():
        name = _TOML_ALIASES.get(key, key)
        if name not in _TOML_KEYS and name not in _TOML_OTHER_FLOWS:
            import difflib

            close = difflib.get_close_matches(name, _TOML_KEYS, n=1)
            raise ConfigError(
                "unknown key",
                key=f"{table}.{key}",
                hint=f"did you mean {close[0]}?" if close else f"known: {', '.join(_TOML_KEYS)}",
            )
        values[name] = str(value)
    names = _Names(f"[{table}] of {file.name}", "cluster", "project", "url", "token", "login_flow", "timeout_s")
    return _connection(values, names)


def _position(error: Exception) -> str:
    found = re.search(r"\(at (?:line \d+, column \d+|end of document)\)", str(error))
    return found[0].strip("()") if found else "the encoding is not UTF-8"


def _connection(values: Mapping[str, str], names: _Names) -> Connection:
    """The settings of either source, checked."""
    missing = [key for key in (names.project,) if key not in values]
    if names.url not in values and names.cluster not in values:
        missing.append(f"{names.cluster} (or {names.url})")
    flow = values.get(names.flow, "token" if names.token in values else "client_credentials").strip().lower()
    if flow not in _FLOWS:
        raise ConfigError(f"unknown login flow {flow!r}", key=names.flow, hint=f"one of {', '.join(_FLOWS)}")
    if flow == "token" and names.token not in values:
        missing.append(names.token)
    if missing:
        raise ConfigError(f"{names.source} does not say {', '.join(missing)}", key=missing[0].partition(" ")[0])
    if flow != "token":
        raise ConfigError(
            f"the login flow {flow} is not available in this version, only token is",
            key=names.flow,
            hint=f"set {names.token}, or pass credentials=function: it is asked for a token before every attempt",
        )
    return Connection(
        base_url=values.get(names.url) or _cluster_url(values[names.cluster], names.cluster),
        project=values[names.project].strip(),
        credentials=values[names.token],
        timeout_s=_seconds(values.get(names.timeout, "30"), names.timeout),
    )


def _cluster_url(cluster: str, key: str) -> str:
    name = cluster.strip().lower()
    if not _CLUSTER.fullmatch(name):
        raise ConfigError(
            f"{cluster!r} is not the name of a cluster", key=key, hint="e.g. westeurope-1; a whole URL goes elsewhere"
        )
    return f"https://{name}.cognitedata.com"


def _seconds(value: str, key: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        raise ConfigError(f"{value!r} is not a number of seconds", key=key) from None
    if not 0 < seconds < float("inf"):
        raise ConfigError(f"{value!r} is not a positive number of seconds", key=key)
    return seconds
