"""
Where to send requests and as whom, read from the environment or from a file.

The names and the defaults are those of the official command line tools (dms-api.md 1.4), so that what is set for them
serves here, too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pygen.client.addresses import ENTRA_ID, checked_base_url, cluster_url
from pygen.client.auth import Credentials, Secret, Token
from pygen.client.entra_id import application_scopes, entra_endpoints, user_scopes
from pygen.errors import ConfigError

__all__ = ["Connection", "connection_from_env", "connection_from_toml"]

NumberT = TypeVar("NumberT", int, float)


class Connection(NamedTuple):
    """
    Where to send requests, and as whom.

    Attributes:
        base_url: The cluster's address; ends before `/api/v1`.
        project: The CDF project.
        credentials: Who is asking.
        timeout_s: How long one attempt may wait for the service.
        max_workers: Most requests under way at once; None leaves it to the client.
    """

    base_url: str
    project: str
    credentials: Credentials
    timeout_s: float = 30.0
    max_workers: int | None = None

    def __repr__(self) -> str:
        return f"Connection(base_url={self.base_url!r}, project={self.project!r})"


_VARIABLES = {
    "cluster": "CDF_CLUSTER",
    "project": "CDF_PROJECT",
    "url": "CDF_URL",
    "provider": "PROVIDER",
    "login_flow": "LOGIN_FLOW",
    "token": "CDF_TOKEN",
    "client_id": "IDP_CLIENT_ID",
    "client_secret": "IDP_CLIENT_SECRET",
    "tenant_id": "IDP_TENANT_ID",
    "token_url": "IDP_TOKEN_URL",
    "authority_url": "IDP_AUTHORITY_URL",
    "scopes": "IDP_SCOPES",
    "audience": "IDP_AUDIENCE",
    "discovery_url": "IDP_DISCOVERY_URL",
    "timeout_s": "CDF_CLIENT_TIMEOUT",
    "max_workers": "CDF_CLIENT_MAX_WORKERS",
}
"""What a setting is called in a file and in the environment."""

_PROVIDERS = ("entra_id", "auth0", "cdf", "other")
_CDF_TOKEN_URL = "https://auth.cognite.com/oauth2/token"  # noqa: S105 -- an address, no password
_CLUSTER_URL = re.compile(r"https://([a-z0-9-]+)\.cognitedata\.com/?")
_ENTRA_TENANT = re.compile(r"https://login\.microsoftonline\.com/([^/?#]+)(?:/.*)?")


def connection_from_env(environ: Mapping[str, str] | None = None, *, prefix: str = "") -> Connection:
    """
    Read the connection from environment variables.

    `CDF_PROJECT` and one of `CDF_CLUSTER` and `CDF_URL` are always needed. `LOGIN_FLOW` says how to sign in, and so
    what else is: `client_credentials` (the default), `token` (implied by `CDF_TOKEN`), `device_code` or `interactive`;
    `PROVIDER` says where: `entra_id` (the default), `auth0`, `cdf` or `other`. A variable that holds only white space
    counts as missing. docs/credentials.md lists them all.

    Args:
        environ: The variables; by default those of the process.
        prefix: What the names of all variables start with: `PROD_` means `PROD_CDF_PROJECT` and so on.

    Raises:
        ConfigError: Something is missing (all of it is named) or wrong.
    """
    settings = _from_variables(os.environ if environ is None else environ, prefix)
    del environ  # what is raised below may be shown with local variables
    return settings.connection()


def connection_from_toml(path: str | Path = "config.toml", table: str = "cognite") -> Connection:
    """
    Read the connection from a table of a TOML file.

    The keys are the variables of `connection_from_env` in lower case, with or without `cdf_` and `idp_`; `scopes` may
    be an array. `timeout_s` and `max_workers` stand for `CDF_CLIENT_TIMEOUT` and `CDF_CLIENT_MAX_WORKERS`.

    Args:
        path: The file.
        table: The table; dots go deeper.

    Raises:
        ConfigError: The file or the table is missing, a key is unknown, or a setting is missing or wrong.
    """
    file = Path(path)
    try:
        content = _Quiet(text=file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read it: {error.strerror}", key=str(file)) from error
    except UnicodeDecodeError:
        content = _Quiet(problem="the encoding is not UTF-8")
    found = _table(content, table)
    if "problem" in content:
        raise ConfigError(f"not valid TOML: {content['problem']}", key=str(file))
    if found is None:
        raise ConfigError(f"there is no table [{table}]", key=str(file), hint="name the table with table=...")
    return _from_table(found, table, file.name).connection()


class _Quiet(dict[str, Any]):
    """A dictionary whose `repr` shows no value, since tracebacks may show local variables."""

    def __repr__(self) -> str:
        return f"<{', '.join(self)}>"


def _from_variables(environ: Mapping[str, str], prefix: str) -> _Settings:
    variables = {name: f"{prefix}{variable}" for name, variable in _VARIABLES.items()}
    values = {name: environ.get(variable, "").strip() for name, variable in variables.items()}
    return _Settings("the environment", variables, values)


def _table(content: _Quiet, table: str) -> _Quiet | None:
    """The table of the file; None where there is none, or the file is no TOML, which *content* then says."""
    import tomllib

    if "problem" in content:
        return None
    try:
        section: Any = tomllib.loads(content["text"])
    except tomllib.TOMLDecodeError as error:
        # No more than the position is told: the rest of the message, or the file, may be a token.
        position = re.search(r"\(at (?:line \d+, column \d+|end of document)\)", str(error))
        content["problem"] = position[0].strip("()") if position else "its syntax is wrong"
        return None
    for part in table.split("."):
        section = section.get(part) if isinstance(section, dict) else None
    return _Quiet(section) if isinstance(section, dict) else None


_SPELLINGS = {
    spelling: name
    for name, variable in _VARIABLES.items()
    for spelling in (variable.lower(), variable.lower().removeprefix("cdf_").removeprefix("idp_"), name)
}
"""Every spelling of a key in a file, and the setting that it means."""


def _from_table(section: _Quiet, table: str, file: str) -> _Settings:
    values = _Quiet()
    for key in section:
        name = _SPELLINGS.get(key)
        if name is None:
            import difflib

            close = difflib.get_close_matches(key, _SPELLINGS, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(_VARIABLES)}"
            raise ConfigError("unknown key", key=f"{table}.{key}", hint=hint)
        if name in values:
            raise ConfigError(f"{name} is given twice, in two spellings", key=f"{table}.{key}")
        values[name] = _plain(section, key, table)
    return _Settings(f"[{table}] of {file}", {name: name for name in _VARIABLES}, values)


def _plain(section: _Quiet, key: str, table: str) -> str:
    """The value as the environment would say it."""
    match section[key]:
        case bool():
            pass
        case str() | int() | float():
            return str(section[key]).strip()
        case list() if all(isinstance(item, str) for item in section[key]):
            return ",".join(section[key])
        case _:
            pass
    raise ConfigError("must be a text or a number; scopes may be an array of texts", key=f"{table}.{key}")


class _Settings:
    """The settings of either source; asking for one that is missing notes it down."""

    def __init__(self, source: str, names: Mapping[str, str], values: Mapping[str, str]) -> None:
        self._source = source
        self._names = names
        self._values = {name: Secret(value) for name, value in values.items() if value}
        self._missing: list[str] = []

    def connection(self) -> Connection:
        """
        The connection that they describe.

        Raises:
            ConfigError: Something is missing or wrong.
        """
        project = self._required("project")
        base_url = self._url() or self._cluster_url() or self._required("cluster", instead="url")
        make = self._flow()
        if self._missing:
            missing = list(dict.fromkeys(self._missing))
            raise ConfigError(
                f"{self._source} does not say {', '.join(missing)}", key=missing[0].partition(" ")[0], hint=self._hint()
            )
        return Connection(
            base_url=base_url,
            project=project,
            credentials=make(),
            timeout_s=self._number("timeout_s", float, "a positive number of seconds") or 30.0,
            max_workers=self._number("max_workers", int, "a positive whole number"),
        )

    def _url(self) -> str | None:
        """The address, where it is given; what is wrong with it is told by the name under which it was given."""
        url = self._get("url")
        if url is not None:
            try:
                checked_base_url(url)
            except ConfigError as error:
                raise ConfigError(error.message, key=self._names["url"], hint=error.hint) from None
        return url

    def _get(self, name: str) -> str | None:
        """A setting that may be shown; None where it is missing."""
        value = self._values.get(name)
        return None if value is None else str(value)

    def _required(self, name: str, *, instead: str = "") -> str:
        """A setting, or an empty text after noting that it is missing."""
        if name not in self._values:
            self._missing.append(self._names[name] + (f" (or {self._names[instead]})" if instead else ""))
        return self._get(name) or ""

    def _secret(self, name: str) -> Secret:
        self._required(name)
        return self._values.get(name, Secret())

    def _choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        value = (self._get(name) or default).lower()
        if value not in choices:
            what = name.replace("_", " ")
            raise ConfigError(f"unknown {what} {value!r}", key=self._names[name], hint=f"one of {', '.join(choices)}")
        return value

    def _number(self, name: str, kind: Callable[[str], NumberT], what: str) -> NumberT | None:
        text = self._get(name)
        if text is None:
            return None
        with suppress(ValueError):
            number = kind(text)
            if 0 < number < float("inf"):
                return number
        raise ConfigError(f"{text!r} is not {what}", key=self._names[name])

    def _hint(self) -> str:
        if self._names["client_secret"] in self._missing and "login_flow" not in self._values:
            return f"{self._names['token']} alone would do, or another {self._names['login_flow']}"
        return ""

    def _cluster_url(self) -> str | None:
        cluster = self._get("cluster")
        return None if cluster is None else cluster_url(cluster, self._names["cluster"])

    def _home(self) -> str | None:
        """The address that tokens are asked for: that of the cluster, also where requests go another way."""
        url = _CLUSTER_URL.fullmatch(self._get("url") or "")
        return self._cluster_url() or (f"https://{url[1]}.cognitedata.com" if url else None)

    def _flow(self) -> Callable[[], Credentials]:
        """How to make the credentials, once nothing is missing."""
        flows: dict[str, Callable[[str], Callable[[], Credentials]]] = {
            "client_credentials": self._client_credentials,
            "token": self._token,
            "device_code": self._device_code,
            "interactive": self._interactive,
        }
        provider = self._choice("provider", "entra_id", _PROVIDERS)
        flow = self._choice("login_flow", "token" if "token" in self._values else "client_credentials", tuple(flows))
        if provider == "cdf" and flow in {"device_code", "interactive"}:
            raise ConfigError(
                f"the provider cdf does not offer the login flow {flow}",
                key=self._names["login_flow"],
                hint="client_credentials or token",
            )
        return flows[flow](provider)

    def _token(self, provider: str) -> Callable[[], Credentials]:  # noqa: ARG002 -- a token is a token
        token = self._secret("token")
        return lambda: Token(token)

    def _client_credentials(self, provider: str) -> Callable[[], Credentials]:
        client_id, client_secret = self._required("client_id"), self._secret("client_secret")
        token_url = self._get("token_url")
        if token_url is None and provider == "cdf":
            token_url = _CDF_TOKEN_URL
        elif token_url is None and provider == "entra_id":
            token_url = entra_endpoints(self._authority(instead="token_url")).token
        elif token_url is None:
            token_url = self._required("token_url")
        scopes, audience = self._scopes(provider, application_scopes), self._audience(provider)

        def make() -> Credentials:
            from pygen.client.oauth import OAuthClientCredentials

            return OAuthClientCredentials(token_url, client_id, client_secret, scopes, audience)

        return make

    def _device_code(self, provider: str) -> Callable[[], Credentials]:
        client_id = self._required("client_id")
        authority_url, discovery_url = self._authorities(provider)
        scopes, audience = self._scopes(provider, user_scopes), self._user_audience(provider)

        def make() -> Credentials:
            from pygen.client.oauth import OAuthDeviceCode

            return OAuthDeviceCode(authority_url, client_id, scopes, audience, oauth_discovery_url=discovery_url)

        return make

    def _interactive(self, provider: str) -> Callable[[], Credentials]:
        client_id = self._required("client_id")
        authority_url, discovery_url = self._authorities(provider)
        scopes, audience = self._scopes(provider, application_scopes), self._user_audience(provider)

        def make() -> Credentials:
            from pygen.client.oauth import OAuthInteractive

            return OAuthInteractive(
                authority_url, client_id, scopes, audience=audience, oauth_discovery_url=discovery_url
            )

        return make

    def _authority(self, instead: str) -> str:
        """The tenant's address in Entra ID."""
        authority = self._get("authority_url")
        if authority is not None:
            return authority.rstrip("/")
        known = _ENTRA_TENANT.fullmatch(self._get("token_url") or "")
        tenant = self._get("tenant_id") or (known[1] if known else self._required("tenant_id", instead=instead))
        return f"{ENTRA_ID}/{tenant}"

    def _authorities(self, provider: str) -> tuple[str | None, str | None]:
        """Where a person signs in: an authority of Entra ID, or an address that says so."""
        if provider == "entra_id":
            return self._authority(instead="authority_url"), None
        return None, self._get("discovery_url") or self._get("authority_url") or self._required("discovery_url")

    def _scopes(self, provider: str, defaults: Callable[[str], list[str]]) -> list[str] | None:
        given = self._get("scopes")
        if given is not None:
            return re.split(r"[\s,]+", given)
        if provider == "auth0":
            return ["IDENTITY", "user_impersonation"]
        if provider != "entra_id":
            return None
        home = self._home()
        if home is None and "url" in self._values:
            self._required("cluster", instead="scopes")
        return defaults(home or "")

    def _audience(self, provider: str) -> str | None:
        given = self._get("audience")
        if given is not None or provider == "cdf":
            return given
        project = self._get("project")
        return f"https://{project}.fusion.cognite.com/{project}" if provider == "auth0" else self._home()

    def _user_audience(self, provider: str) -> str | None:
        """Entra ID knows the audience of a person's token by its scopes."""
        return self._get("audience") if provider == "entra_id" else self._audience(provider)
