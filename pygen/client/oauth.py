"""
OAuth 2.0: how credentials get a token from an identity provider.

Facts: dms-api.md 1.4; RFC 6749 (the framework), 7636 (PKCE), 8252 (native applications), 8414 (discovery), 8628
(devices).
"""

from __future__ import annotations

import base64
import hashlib
import logging
import secrets
import sys
import time
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from threading import Thread
from typing import Any, Self
from urllib.parse import urlencode

import httpx

from pygen._version import __version__
from pygen.client.addresses import Endpoints, checked_url, cluster_url
from pygen.client.auth import IdentityRequest, Secret
from pygen.client.entra_id import (
    application_scopes,
    entra_authority,
    entra_endpoints,
    user_scopes,
    with_offline_access,
)
from pygen.client.exceptions import DmsAuthError, DmsRequestError
from pygen.client.identity_answers import (
    DeviceCode,
    accepted,
    error_code,
    read_device_code,
    read_endpoints,
    read_grant,
    refusal,
)
from pygen.client.redirect_server import RedirectServer, redirect_server
from pygen.client.renewal import Await, ExpiringCredentials, Flow, Grant, Pause
from pygen.errors import ConfigError

__all__ = ["OAuthClientCredentials", "OAuthDeviceCode", "OAuthInteractive"]

logger = logging.getLogger("pygen.client")

_HEADERS = {"Accept": "application/json", "User-Agent": f"pygen-cdf/{__version__}"}
_DISCOVERY = "/.well-known/openid-configuration"
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
        self._token_url = checked_url(token_url, "token_url")
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
        authority_url = entra_authority(_filled(tenant_id, "tenant_id"))
        token_url, scopes = entra_endpoints(authority_url).token, application_scopes(cluster_url(cdf_cluster))
        return cls(token_url, client_id, client_secret, scopes, clock=clock, **token_params)

    def _renew(self, held: Grant | None) -> Flow[Grant]:  # noqa: ARG002 -- the secret is all it takes
        response = yield _post(self._token_url, self._form)
        return accepted(read_grant(response, self._clock()))


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
        self._endpoints: Endpoints | None = None
        self._discovery_url = ""
        if authority_url is not None:
            self._endpoints = entra_endpoints(checked_url(authority_url, "authority_url"))
            scope = with_offline_access(scope)
        if oauth_discovery_url is not None:
            url = checked_url(oauth_discovery_url, "oauth_discovery_url")
            self._discovery_url = url if url.endswith(_DISCOVERY) else url + _DISCOVERY
        self._client_id = _filled(client_id, "client_id")
        self._asked = {"client_id": client_id, **_given(scope=scope, audience=audience)}
        self._prompt = _say if prompt is None else prompt

    @abstractmethod
    def _sign_in(self, endpoints: Endpoints) -> Flow[Grant]:
        """Let the person sign in."""

    def _renews_silently(self, held: Grant) -> bool:
        return held.refresh_token is not None

    def _renew(self, held: Grant | None) -> Flow[Grant]:
        endpoints = self._endpoints
        if endpoints is None:
            response = yield IdentityRequest("GET", self._discovery_url, headers=_HEADERS)
            endpoints = self._endpoints = accepted(read_endpoints(response))
        if held is not None and held.refresh_token is not None:
            response = yield _post(endpoints.token, self._refreshing(held.refresh_token))
            outcome = read_grant(response, self._clock())
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
        self._code: DeviceCode | None = None

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
        return cls(
            entra_authority(_filled(tenant_id, "tenant_id")),
            client_id,
            user_scopes(cluster_url(cdf_cluster)),
            prompt=prompt,
        )

    def _sign_in(self, endpoints: Endpoints) -> Flow[Grant]:
        code = self._code
        if code is None or code.expires_at <= self._clock():
            response = yield _post(_offered(endpoints.device, "device codes"), self._asked)
            code = self._code = accepted(read_device_code(response, self._clock()))
            self._prompt(code.instruction)
        try:
            grant = yield from self._poll(endpoints, code)
        except DmsRequestError:
            self._code = None
            raise
        self._code = None
        return grant

    def _poll(self, endpoints: Endpoints, code: DeviceCode) -> Flow[Grant]:
        """Ask whether the person has signed in, not more often than we are told to (RFC 8628, 3.5)."""
        interval = code.interval_s
        while True:
            yield Pause(interval)
            if self._clock() >= code.expires_at:
                raise DmsAuthError("the code expired before anybody signed in with it", status=_NO_ANSWER)
            response = yield _post(endpoints.token, self._polling(code))
            error = error_code(response)
            if error == "slow_down" or response.status_code == 429 or response.status_code >= 500:
                interval += 5.0
            elif error != "authorization_pending":
                return accepted(read_grant(response, self._clock()))

    def _polling(self, code: DeviceCode) -> dict[str, str]:
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
        if not 0 <= redirect_port <= 65535:
            raise ConfigError(f"{redirect_port} is not a port", key="redirect_port", hint="0 takes any free one")
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
        return cls(entra_authority(_filled(tenant_id, "tenant_id")), client_id, scopes, redirect_port)

    def _sign_in(self, endpoints: Endpoints) -> Flow[Grant]:
        page = _offered(endpoints.authorize, "sign-in in a browser")
        verifier = Secret(secrets.token_urlsafe(64))
        with redirect_server(self._port) as server:
            self._show(page, verifier, server)
            arrival = yield Await(server.arrived, self._login_timeout_s)
        if arrival is None:
            raise DmsAuthError(f"nobody signed in within {self._login_timeout_s:g} s", status=_NO_ANSWER)
        if arrival.code is None:
            raise refusal(httpx.URL(page).host, _NO_ANSWER, arrival.error, arrival.description)
        response = yield _post(endpoints.token, self._redeeming(arrival.code, verifier, server.address))
        outcome = read_grant(response, self._clock())
        if isinstance(outcome, DmsRequestError):
            outcome.auto_retryable = False  # another attempt would send the person to the browser again
        return accepted(outcome)

    def _show(self, page: str, verifier: Secret, server: RedirectServer) -> None:
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


def _filled(value: str, key: str) -> str:
    if not value.strip():
        raise ConfigError("is empty", key=key)
    return value


def _given(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _scope(scopes: Sequence[str] | str | None) -> str | None:
    return scopes if scopes is None or isinstance(scopes, str) else " ".join(scopes)


def _offered(endpoint: str, what: str) -> str:
    if not endpoint:
        raise ConfigError(f"the identity provider does not offer {what}", key="oauth_discovery_url")
    return endpoint


def _post(url: str, form: Mapping[str, str]) -> IdentityRequest:
    return IdentityRequest("POST", url, data=form, headers=_HEADERS)
