"""
Who is asking: bearer tokens, and what can say one.

Credentials are `httpx.Auth` objects, so they also serve an HTTP client of your own. A token is asked for before every
attempt, retries included (dms-api.md 1.4). What must stay secret is a `Secret`, which no `repr`, and so no traceback
that shows local variables, gives away.
"""

from __future__ import annotations

import base64
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from typing import Any, TypeAlias

import httpx

from pygen.errors import ConfigError

__all__ = [
    "MOST_REQUESTS",
    "Credentials",
    "CredentialsLike",
    "IdentityRequest",
    "Secret",
    "Token",
    "as_credentials",
    "authorize",
    "token_claims",
    "token_subject",
]

MOST_REQUESTS = 1000
"""
What `max_redirects` of an HTTP client must be to sign in with a device code: the library counts the requests of a flow
as redirects, and a person who takes their time is polled for.
"""

_TOKEN = re.compile(r"[\x21-\x7e]+")


class Secret(str):
    """A text that its `repr` does not show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "[secret]"


class Credentials(httpx.Auth, ABC):
    """
    Something that can say a bearer token.

    For a flow of your own, override `token`:

        class FromVault(Credentials):
            def token(self) -> str:
                return vault.read("cdf/token")
    """

    @abstractmethod
    def token(self) -> str:
        """A token that is valid now; called before every attempt to send a request, also in an event loop."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Set the `Authorization` header and send; after a 401 once more, if there is another token by then."""
        authorize(request, self.token())
        refused = Secret(request.headers["Authorization"])
        response = yield request
        if response.status_code == 401:
            authorize(request, self.token())
            if request.headers["Authorization"] != refused:
                yield request

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Token(Credentials):
    """
    A ready bearer token, or a function without arguments that returns one.

    The function is called before every attempt, in the thread or the event loop that sends; it should answer at once
    unless it has to fetch a new token.
    """

    def __init__(self, token: str | Callable[[], str]) -> None:
        self._token = Secret(token) if isinstance(token, str) else token

    def token(self) -> str:
        """The token."""
        return self._token if isinstance(self._token, str) else self._token()


CredentialsLike: TypeAlias = Credentials | str | Callable[[], str]
"""Credentials, a bearer token, or a function that returns one."""


def as_credentials(credentials: CredentialsLike) -> Credentials:
    """
    Make credentials of whatever can stand for them.

    Raises:
        ConfigError: It cannot.
    """
    if isinstance(credentials, Credentials):
        return credentials
    if isinstance(credentials, str) or callable(credentials):
        return Token(credentials)
    raise ConfigError(
        f"a {type(credentials).__name__} does not say a token",
        key="credentials",
        hint="pass a token, a function that returns one, or Credentials",
    )


def authorize(request: httpx.Request, token: object) -> None:
    """
    Put the token on the request, without surrounding white space (tokens read from files end with a newline).

    Raises:
        ConfigError: It cannot be a header. Checked here because the HTTP library's own message repeats the value.
    """
    if not isinstance(token, str):
        raise ConfigError(f"the credentials returned {type(token).__name__}, not a token (str)", key="credentials")
    token = Secret(token.strip())
    if not _TOKEN.fullmatch(token):
        state = "empty" if not token else "not a bearer token: it holds white space or characters beyond ASCII"
        raise ConfigError(f"the token is {state}", key="credentials")
    request.headers["Authorization"] = f"Bearer {token}"


class IdentityRequest(httpx.Request):
    """A request to an identity provider: a failure of it says nothing about the service."""


def token_claims(token: str) -> dict[str, Any]:
    """What a JSON web token says about itself, unverified; nothing where the token is opaque."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):  # a wrong encoding and wrong JSON are ValueErrors, too
        return {}
    return claims if isinstance(claims, dict) else {}


def token_subject(token: str) -> str | None:
    """
    Who a token stands for, to be written into logs.

    Args:
        token: The bearer token. It is not verified: that is for the service to do.

    Returns:
        The first of the claims `sub`, `appid`, `azp` and `unique_name` that says something; None where none does, or
        the token is opaque.
    """
    claims = token_claims(token)
    named = (claims.get(claim) for claim in ("sub", "appid", "azp", "unique_name"))
    return next((name for name in named if isinstance(name, str) and name), None)
