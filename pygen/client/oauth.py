"""
OAuth 2.0: how credentials get a token from an identity provider.

Facts: dms-api.md 1.4; RFC 6749 (the framework), 7636 (PKCE), 8252 (native applications), 8414 (discovery), 8628
(devices).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import os
import secrets
import socketserver
import sys
import time
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from threading import Thread
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, parse_qsl, quote, quote_plus, urlencode, urlsplit

import httpx

from pygen._version import __version__
from pygen.client.auth import (
    LOOPBACK,
    Await,
    ExpiringCredentials,
    Flow,
    Grant,
    IdentityRequest,
    Pause,
    Secret,
    token_claims,
)
from pygen.client.exceptions import DmsAuthError, DmsRequestError
from pygen.client.settings import ENTRA_ID, application_scopes, cluster_url, user_scopes
from pygen.errors import ConfigError

__all__ = ["OAuthClientCredentials", "OAuthDeviceCode", "OAuthInteractive"]

logger = logging.getLogger("pygen.client")

_HEADERS = {"Accept": "application/json", "User-Agent": f"pygen-cdf/{__version__}"}
_DISCOVERY = "/.well-known/openid-configuration"
_UNKNOWN_LIFETIME_S = 300.0
_NO_ANSWER = 401  # stands in DmsAuthError for a no that came through the browser, or not at all


class OAuthClientCredentials(ExpiringCredentials):
    """
    An application that signs in with a secret of its own.

    Args:
        token_url: Where the identity provider hands out tokens.
        client_id: The application.
        client_secret: Its secret.
        scopes: What to ask for: a list, or a text with spaces between.
        audience: Whom the token is for, where the identity provider wants to know (Auth0).
        **token_params: What else the identity provider wants to be sent.

    Raises:
        ConfigError: The address is not https, or something is empty.
    """

    def __init__(
        self,
        token_url: str,
        client_id: str,
        client_secret: str,
        scopes: Sequence[str] | str | None = None,
        audience: str | None = None,
        *,
        clock: Callable[[], float] = time.time,
        **token_params: str,
    ) -> None:
        client_secret = Secret(client_secret)
        token_params = {name: Secret(value) for name, value in token_params.items()}
        super().__init__(clock=clock)
        self._token_url = _checked_url(token_url, "token_url")
        self._form = {
            "grant_type": "client_credentials",
            "client_id": _filled(client_id, "client_id"),
            "client_secret": _filled(client_secret, "client_secret"),
            **_given(scope=_scope(scopes), audience=audience),
            **token_params,
        }

    @classmethod
    def default_for_entra_id(
        cls,
        tenant_id: str,
        client_id: str,
        client_secret: str,
        cdf_cluster: str,
        *,
        clock: Callable[[], float] = time.time,
        **token_params: str,
    ) -> Self:
        """
        An application of Microsoft Entra ID.

        Args:
            tenant_id: The tenant, as an identifier or a domain.
            client_id: The application.
            client_secret: Its secret.
            cdf_cluster: The cluster of the CDF project, e.g. `westeurope-1`.
            clock: The time of day, in seconds since 1970.
            **token_params: What else to send.
        """
        client_secret = Secret(client_secret)
        token_params = {name: Secret(value) for name, value in token_params.items()}
        url = f"{_entra_authority(tenant_id)}/oauth2/v2.0/token"
        return cls(
            url, client_id, client_secret, application_scopes(cluster_url(cdf_cluster)), clock=clock, **token_params
        )

    def _renew(self, held: Grant | None) -> Flow[Grant]:  # noqa: ARG002 -- the secret is all it takes
        response = yield _post(self._token_url, self._form)
        return _granted(_read_grant(response, self._clock()))


class _Endpoints(NamedTuple):
    """Where an identity provider does what; empty where it does not."""

    token: str
    authorize: str
    device: str


class _UserCredentials(ExpiringCredentials):
    """A person who signs in once; later tokens come from the refresh token, where there is one."""

    def __init__(
        self,
        authority_url: str | None,
        client_id: str,
        scopes: Sequence[str] | str | None,
        audience: str | None,
        *,
        oauth_discovery_url: str | None,
        prompt: Callable[[str], None] | None,
        clock: Callable[[], float],
        sleep: Callable[[float], None] = time.sleep,
        asleep: Callable[[float], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__(clock=clock, sleep=sleep, asleep=asleep)
        if (authority_url is None) == (oauth_discovery_url is None):
            raise ConfigError("give authority_url (Entra ID) or oauth_discovery_url, one of them", key="authority_url")
        scope = _scope(scopes)
        self._endpoints: _Endpoints | None = None
        self._discovery_url = ""
        if authority_url is not None:
            self._endpoints = _entra_endpoints(_checked_url(authority_url, "authority_url"))
            scope = _with_offline_access(scope)
        if oauth_discovery_url is not None:
            url = _checked_url(oauth_discovery_url, "oauth_discovery_url")
            self._discovery_url = url if url.endswith(_DISCOVERY) else url + _DISCOVERY
        self._client_id = _filled(client_id, "client_id")
        self._asked = {"client_id": client_id, **_given(scope=scope, audience=audience)}
        self._prompt = _say if prompt is None else prompt

    @abstractmethod
    def _sign_in(self, endpoints: _Endpoints) -> Flow[Grant]:
        """Let the person sign in."""

    def _renews_silently(self, held: Grant) -> bool:
        return held.refresh_token is not None

    def _renew(self, held: Grant | None) -> Flow[Grant]:
        endpoints = self._endpoints
        if endpoints is None:
            response = yield IdentityRequest("GET", self._discovery_url, headers=_HEADERS)
            endpoints = self._endpoints = _read_endpoints(response)
        if held is not None and held.refresh_token is not None:
            response = yield _post(endpoints.token, self._refreshing(held.refresh_token))
            outcome = _read_grant(response, self._clock())
            if isinstance(outcome, Grant):
                return outcome._replace(refresh_token=outcome.refresh_token or held.refresh_token)
            if not isinstance(outcome, DmsAuthError):
                raise outcome  # the identity provider is busy; the refresh token may still be good
        return (yield from self._sign_in(endpoints))

    def _refreshing(self, refresh_token: Secret) -> dict[str, str]:
        scope = _given(scope=self._asked.get("scope"))
        return {
            "grant_type": "refresh_token",
            "client_id": self._client_id,
            "refresh_token": refresh_token,
            **scope,
        }


class _DeviceCode(NamedTuple):
    """A sign-in under way on another device."""

    device_code: Secret
    expires_at: float
    interval_s: float
    instruction: str


class OAuthDeviceCode(_UserCredentials):
    """
    A person who signs in with a browser on any device, and types a code there.

    A sign-in that was cancelled or ran into a timeout goes on with the same code when the next token is needed.

    Args:
        authority_url: The tenant's address in Microsoft Entra ID, `https://login.microsoftonline.com/{tenant}`; None
            where *oauth_discovery_url* is given.
        client_id: The application that the person signs in to.
        scopes: What to ask for: a list, or a text with spaces between. Entra ID is also asked for `offline_access`,
            so that the person need not sign in again for the next token.
        audience: Whom the token is for, where the identity provider wants to know (Auth0).
        oauth_discovery_url: The address of another identity provider, below which
            `/.well-known/openid-configuration` says the rest.
        prompt: Shows the person what to do; the default writes to the standard error stream.

    Raises:
        ConfigError: An address is not https, or something is missing.
    """

    def __init__(
        self,
        authority_url: str | None,
        client_id: str,
        scopes: Sequence[str] | str | None = None,
        audience: str | None = None,
        *,
        oauth_discovery_url: str | None = None,
        prompt: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        asleep: Callable[[float], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__(
            authority_url,
            client_id,
            scopes,
            audience,
            oauth_discovery_url=oauth_discovery_url,
            prompt=prompt,
            clock=clock,
            sleep=sleep,
            asleep=asleep,
        )
        self._code: _DeviceCode | None = None

    @classmethod
    def default_for_entra_id(
        cls, tenant_id: str, client_id: str, cdf_cluster: str, *, prompt: Callable[[str], None] | None = None
    ) -> Self:
        """
        A person of a tenant of Microsoft Entra ID.

        Args:
            tenant_id: The tenant, as an identifier or a domain.
            client_id: The application that the person signs in to.
            cdf_cluster: The cluster of the CDF project, e.g. `westeurope-1`.
            prompt: Shows the person what to do.
        """
        return cls(_entra_authority(tenant_id), client_id, user_scopes(cluster_url(cdf_cluster)), prompt=prompt)

    def _sign_in(self, endpoints: _Endpoints) -> Flow[Grant]:
        code = self._code
        if code is None or code.expires_at <= self._clock():
            response = yield _post(_offered(endpoints.device, "device codes"), self._asked)
            code = self._code = _read_device_code(response, self._clock())
            self._prompt(code.instruction)
        try:
            grant = yield from self._poll(endpoints, code)
        except DmsRequestError:
            self._code = None
            raise
        self._code = None
        return grant

    def _poll(self, endpoints: _Endpoints, code: _DeviceCode) -> Flow[Grant]:
        """Ask whether the person has signed in, not more often than we are told to (RFC 8628, 3.5)."""
        interval = code.interval_s
        while True:
            yield Pause(interval)
            if self._clock() >= code.expires_at:
                raise DmsAuthError("the code expired before anybody signed in with it", status=_NO_ANSWER)
            response = yield _post(endpoints.token, self._polling(code))
            error = _error_code(response)
            if error == "slow_down" or response.status_code == 429 or response.status_code >= 500:
                interval += 5.0
            elif error != "authorization_pending":
                return _granted(_read_grant(response, self._clock()))

    def _polling(self, code: _DeviceCode) -> dict[str, str]:
        return {
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            "client_id": self._client_id,
            "device_code": code.device_code,
        }

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_code": None}


class OAuthInteractive(_UserCredentials):
    """
    A person who signs in with the browser of this machine (authorization code with PKCE).

    Args:
        authority_url: The tenant's address in Microsoft Entra ID, `https://login.microsoftonline.com/{tenant}`; None
            where *oauth_discovery_url* is given.
        client_id: The application that the person signs in to; `http://localhost:{port}` must be registered as its
            redirect address.
        scopes: What to ask for: a list, or a text with spaces between. Entra ID is also asked for `offline_access`,
            so that the person need not sign in again for the next token.
        redirect_port: Where the browser brings the answer to; 0 takes any free port.
        audience: Whom the token is for, where the identity provider wants to know (Auth0).
        oauth_discovery_url: The address of another identity provider, below which
            `/.well-known/openid-configuration` says the rest.
        prompt: Shows the person what to do; the default writes to the standard error stream.
        open_browser: Opens an address; the default is that of the standard library.
        login_timeout_s: How long the person may take.

    Raises:
        ConfigError: An address is not https, or something is missing.
    """

    def __init__(
        self,
        authority_url: str | None,
        client_id: str,
        scopes: Sequence[str] | str | None = None,
        redirect_port: int = 53000,
        audience: str | None = None,
        *,
        oauth_discovery_url: str | None = None,
        prompt: Callable[[str], None] | None = None,
        open_browser: Callable[[str], object] | None = None,
        login_timeout_s: float = 300.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(
            authority_url,
            client_id,
            scopes,
            audience,
            oauth_discovery_url=oauth_discovery_url,
            prompt=prompt,
            clock=clock,
        )
        self._port = redirect_port
        self._open_browser = _open if open_browser is None else open_browser
        self._login_timeout_s = login_timeout_s

    @classmethod
    def default_for_entra_id(cls, tenant_id: str, client_id: str, cdf_cluster: str, redirect_port: int = 53000) -> Self:
        """
        A person of a tenant of Microsoft Entra ID.

        Args:
            tenant_id: The tenant, as an identifier or a domain.
            client_id: The application that the person signs in to.
            cdf_cluster: The cluster of the CDF project, e.g. `westeurope-1`.
            redirect_port: Where the browser brings the answer to.
        """
        scopes = application_scopes(cluster_url(cdf_cluster))
        return cls(_entra_authority(tenant_id), client_id, scopes, redirect_port)

    def _sign_in(self, endpoints: _Endpoints) -> Flow[Grant]:
        page = _offered(endpoints.authorize, "sign-in in a browser")
        verifier = Secret(secrets.token_urlsafe(64))
        with _redirect_server(self._port) as server:
            self._show(page, verifier, server)
            arrival = yield Await(server.arrived, self._login_timeout_s)
        if arrival is None:
            raise DmsAuthError(f"nobody signed in within {self._login_timeout_s:g} s", status=_NO_ANSWER)
        if arrival.code is None:
            raise _refusal(_host(page), _NO_ANSWER, arrival.error, arrival.description)
        response = yield _post(endpoints.token, self._redeeming(arrival.code, verifier, server.address))
        outcome = _read_grant(response, self._clock())
        if isinstance(outcome, DmsRequestError):
            outcome.auto_retryable = False  # another attempt would send the person to the browser again
        return _granted(outcome)

    def _show(self, page: str, verifier: Secret, server: _RedirectServer) -> None:
        """Send the person to the sign-in page."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = urlencode(
            {
                **self._asked,
                "response_type": "code",
                "redirect_uri": server.address,
                "state": server.state,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            }
        )
        url = f"{page}{'&' if '?' in page else '?'}{query}"
        self._prompt(f"Sign in with the browser. If none opens, go to {url}")
        # A browser that runs in a terminal returns when it is closed; it must not keep the answer from arriving.
        Thread(target=_try_to_open, args=(self._open_browser, url), daemon=True, name="pygen-browser").start()

    def _redeeming(self, code: Secret, verifier: Secret, address: str) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "client_id": self._client_id,
            "code": code,
            "redirect_uri": address,
            "code_verifier": verifier,
        }


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _open(url: str) -> bool:
    import webbrowser

    return webbrowser.open(url)


def _try_to_open(open_browser: Callable[[str], object], url: str) -> None:
    try:
        open_browser(url)
    except Exception as error:  # noqa: BLE001 -- the person was told the address and can open it
        logger.warning("no browser could be opened: %s", type(error).__name__)


class _Arrival(NamedTuple):
    """What the browser brought: a code, or why there is none."""

    code: Secret | None
    error: str = ""
    description: str = ""


class _RedirectServer(socketserver.ThreadingTCPServer):
    """Listens on this machine for the browser that comes back from the sign-in page."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = os.name == "posix"  # on Windows it would let another program listen on the same port

    def __init__(self, port: int) -> None:
        self.state = Secret(secrets.token_urlsafe(32))
        self.arrived: Future[_Arrival] = Future()
        self.arrived.set_running_or_notify_cancel()
        super().__init__(("127.0.0.1", port), _RedirectHandler)
        self.address = f"http://localhost:{self.server_address[1]}"

    def answer_to(self, target: str) -> tuple[str, str, _Arrival | None]:
        """What to tell the browser that asks for *target* (status and text), and what it brought."""
        url = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path not in {"", "/"}:
            return "404 Not Found", "There is nothing here.", None
        if not hmac.compare_digest(query.get("state", "").encode(), self.state.encode()):
            return "400 Bad Request", "This is not the answer to a sign-in that is under way.", None
        if "code" in query:
            return "200 OK", "You are signed in. You can close this window.", _Arrival(Secret(query["code"]))
        arrival = _Arrival(None, query.get("error", ""), query.get("error_description", ""))
        return "200 OK", "You are not signed in; the program says why. You can close this window.", arrival

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of connections that break: browsers open some that they do not use."""

    def __enter__(self) -> Self:
        Thread(target=self.serve_forever, args=(0.05,), daemon=True, name="pygen-redirect").start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()


class _RedirectHandler(socketserver.StreamRequestHandler):
    """One request of a browser; its first line says everything."""

    timeout = 5.0

    def handle(self) -> None:
        """Answer with a page, then hand over what came."""
        server = self.server
        assert isinstance(server, _RedirectServer)
        words = self.rfile.readline(65536).decode("latin-1").split()
        while self.rfile.readline(65536).strip():
            pass  # a connection closed before all was read would be reset, and the page lost
        if len(words) < 2 or words[0] != "GET":
            return
        status, text, arrival = server.answer_to(words[1])
        page = f'<!doctype html><meta charset="utf-8"><title>pygen</title><p>{text}</p>\n'.encode()
        headers = (
            f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(page)}\r\n"
            "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n"
        )
        self.wfile.write(headers.encode() + page)
        if arrival is not None:
            with suppress(InvalidStateError):  # the browser came twice
                server.arrived.set_result(arrival)


def _redirect_server(port: int) -> _RedirectServer:
    try:
        return _RedirectServer(port)
    except OSError as error:
        raise ConfigError(
            f"cannot listen on port {port} of this machine: {error.strerror}",
            key="redirect_port",
            hint="another sign-in may be under way; 0 takes any free port, where the identity provider allows that",
        ) from error


def _checked_url(url: str, key: str) -> str:
    """
    The address without a slash at its end.

    Raises:
        ConfigError: It is not one that a secret may be sent to. The message repeats no more than the host.
    """
    try:
        parsed = httpx.URL(url.strip())
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise ConfigError("not an http(s) address with a host", key=key, hint=f"e.g. {ENTRA_ID}/...")
    if parsed.userinfo or parsed.fragment:
        raise ConfigError(f"the address of {parsed.host} carries a user or a fragment", key=key, hint="leave it out")
    if parsed.scheme == "http" and parsed.host not in LOOPBACK:
        raise ConfigError(f"http would send secrets to {parsed.host} in clear text", key=key, hint="use https")
    return str(parsed).rstrip("/")


def _host(url: str) -> str:
    return httpx.URL(url).host


def _filled(value: str, key: str) -> str:
    if not value.strip():
        raise ConfigError("is empty", key=key)
    return value


def _given(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _scope(scopes: Sequence[str] | str | None) -> str | None:
    return scopes if scopes is None or isinstance(scopes, str) else " ".join(scopes)


def _with_offline_access(scope: str | None) -> str:
    words = (scope or "").split()
    return " ".join(words if "offline_access" in words else [*words, "offline_access"])


def _entra_authority(tenant_id: str) -> str:
    return f"{ENTRA_ID}/{quote(_filled(tenant_id, 'tenant_id').strip(), safe='')}"


def _entra_endpoints(authority: str) -> _Endpoints:
    base = f"{authority}/oauth2/v2.0"
    return _Endpoints(f"{base}/token", f"{base}/authorize", f"{base}/devicecode")


def _offered(endpoint: str, what: str) -> str:
    if not endpoint:
        raise ConfigError(f"the identity provider does not offer {what}", key="oauth_discovery_url")
    return endpoint


def _post(url: str, form: Mapping[str, str]) -> IdentityRequest:
    return IdentityRequest("POST", url, data=form, headers=_HEADERS)


def _granted(outcome: Grant | DmsRequestError) -> Grant:
    if isinstance(outcome, DmsRequestError):
        raise outcome
    return outcome


def _object(response: httpx.Response) -> dict[str, Any] | None:
    """The JSON object that was answered; None where it is something else."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _error_code(response: httpx.Response) -> str:
    return "" if response.is_success else _text((_object(response) or {}).get("error"))


def _text(value: object) -> str:
    """A text of the identity provider as it may be shown: in one line, without control characters."""
    words = " ".join(value.split()) if isinstance(value, str) else ""
    return "".join(character for character in words if character.isprintable())


def _number(value: object) -> float | None:
    """A positive number, which some identity providers write as a text."""
    try:
        number = float(value) if isinstance(value, int | float | str) else 0.0
    except (ValueError, OverflowError):
        return None
    return number if 0 < number < float("inf") else None


# What follows reads answers and returns errors: a frame that holds an answer must not be in a traceback.


def _read_grant(response: httpx.Response, now: float) -> Grant | DmsRequestError:
    if not response.is_success:
        return _said_no(response)
    body = _object(response) or {}
    token = body.get("access_token")
    if not isinstance(token, str) or not token:
        return _unusable(response, "an access_token")
    refresh_token = body.get("refresh_token")
    return Grant(
        Secret(token),
        _expires_at(body.get("expires_in"), token, now),
        Secret(refresh_token) if isinstance(refresh_token, str) and refresh_token else None,
    )


def _expires_at(expires_in: object, token: str, now: float) -> float:
    """When a token ends; where neither the answer nor the token says, five minutes from now."""
    lifetime = _number(expires_in)
    if lifetime is not None:
        return now + lifetime
    return _number(token_claims(token).get("exp")) or now + _UNKNOWN_LIFETIME_S


def _read_device_code(response: httpx.Response, now: float) -> _DeviceCode:
    outcome = _device_code(response, now)
    if isinstance(outcome, DmsRequestError):
        raise outcome
    return outcome


def _device_code(response: httpx.Response, now: float) -> _DeviceCode | DmsRequestError:
    if not response.is_success:
        return _said_no(response)
    body = _object(response) or {}
    device_code, user_code = body.get("device_code"), _text(body.get("user_code"))
    page = _text(body.get("verification_uri") or body.get("verification_url"))
    if not isinstance(device_code, str) or not (device_code and user_code and page):
        return _unusable(response, "a device code")
    lifetime = _number(body.get("expires_in")) or _UNKNOWN_LIFETIME_S
    interval = max(1.0, _number(body.get("interval")) or 5.0)
    return _DeviceCode(
        Secret(device_code), now + lifetime, interval, f"To sign in, open {page} and enter the code {user_code}"
    )


def _read_endpoints(response: httpx.Response) -> _Endpoints:
    if not response.is_success:
        raise _said_no(response)
    body = _object(response) or {}
    endpoints = _Endpoints(
        *(_text(body.get(f"{name}_endpoint")) for name in ("token", "authorization", "device_authorization"))
    )
    if not endpoints.token:
        raise _unusable(response, "a token_endpoint")
    for endpoint in filter(None, endpoints):
        _checked_url(endpoint, "oauth_discovery_url")
    return endpoints


_HINTS = {
    "invalid_client": "check the client id and the client secret, which may have expired",
    "unauthorized_client": "check the client id, and that the application may use this login flow",
    "invalid_scope": "check the scopes",
    "invalid_resource": "check the scopes",
    "invalid_target": "check the audience",
    "invalid_request": "check the client id, the tenant, the scopes and the audience",
    "invalid_grant": "sign in again",
    "access_denied": "the sign-in was declined, or the application may not ask for this audience",
    "expired_token": "nobody signed in in time",
}
_HARMLESS = frozenset({"grant_type", "client_id", "scope", "audience", "redirect_uri"})


def _said_no(response: httpx.Response) -> DmsRequestError:
    body = _object(response) or {}
    request = response.request
    hidden = [value for name, value in parse_qsl(request.content.decode()) if name not in _HARMLESS]
    error, description = (
        _redacted(_text(text), hidden)
        for text in (body.get("error"), body.get("error_description") or response.reason_phrase)
    )
    return _refusal(request.url.host, response.status_code, error, description)


def _refusal(host: str, status: int, error: str, description: str) -> DmsRequestError:
    """What the identity provider said, and what to do about it."""
    message = _text(description)[:500] or "no reason given"
    message = f"the identity provider {host} gives no token: {message}"
    message += f" [{_text(error)[:100]}]" if error else ""
    if status == 429 or status >= 500:
        return DmsRequestError(message, status=status, auto_retryable=status in {429, 502, 503, 504})
    hint = _HINTS.get(error) or ("check the address" if status in {404, 405} else "")
    return DmsAuthError(f"{message}; {hint}" if hint else message, status=status)


def _unusable(response: httpx.Response, wanted: str) -> DmsAuthError:
    """The body is not repeated: what it holds in place of what is wanted may be just as secret."""
    return DmsAuthError(
        f"the identity provider {response.request.url.host} answers without {wanted}; check its address",
        status=response.status_code,
    )


def _redacted(text: str, hidden: Sequence[str]) -> str:
    """Some identity providers repeat what they were sent."""
    for secret in hidden:
        for form in (secret, quote(secret, safe=""), quote_plus(secret)):
            text = text.replace(form, "[secret]")
    return text
