"""What tests of credentials share: a clock, clients, and all that an error shows."""

from __future__ import annotations

import asyncio
import traceback
from pathlib import Path
from typing import Any

import httpx
import pytest

from pygen.client.auth import MOST_REQUESTS, Credentials
from pygen.client.oauth import OAuthClientCredentials
from tests.unit.client.identity_provider import CANARY, IdentityProvider

__all__ = ["Clock", "application", "async_client", "both", "everything_of", "get", "sync_client"]

TESTS = Path(__file__).resolve().parents[2]  # whose own frames hold what they send


class Clock:
    """
    A clock that stands still.

    Attributes:
        now: The time; sleeping moves it.
        slept: How long was slept.
    """

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds

    async def asleep(self, seconds: float) -> None:
        """Let time pass."""
        self.sleep(seconds)


def application(idp: IdentityProvider, clock: Clock | None = None, **params: str) -> OAuthClientCredentials:
    """An application that signs in with a secret."""
    url = f"{idp.authority}/oauth2/v2.0/token"
    return OAuthClientCredentials(url, "app", f"{CANARY}-secret&+", ["read", "write"], clock=clock or Clock(), **params)


def sync_client(credentials: Credentials | None = None, **options: Any) -> httpx.Client:
    """A client that looks at no proxy."""
    return httpx.Client(auth=credentials, trust_env=False, timeout=20, max_redirects=MOST_REQUESTS, **options)


def async_client(credentials: Credentials | None = None, **options: Any) -> httpx.AsyncClient:
    """A client that looks at no proxy."""
    return httpx.AsyncClient(auth=credentials, trust_env=False, timeout=20, max_redirects=MOST_REQUESTS, **options)


def get(idp: IdentityProvider, credentials: Credentials, *, is_async: bool = False) -> int:
    """The status of one request to the service."""

    async def aget() -> int:
        async with async_client(credentials) as client:
            return (await client.get(f"{idp.url}/service")).status_code

    if is_async:
        return asyncio.run(aget())
    with sync_client(credentials) as client:
        return client.get(f"{idp.url}/service").status_code


both = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


def everything_of(error: BaseException) -> str:
    """All that a report of *error* could show: messages, representations, tracebacks with local variables."""
    shown = [repr(error), str(error), repr(vars(error))]
    for cause in (error.__cause__, error.__context__):
        shown += [repr(cause), str(cause)]
    trace = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = (frame for frame in trace.stack if not Path(frame.filename).resolve().is_relative_to(TESTS))
    return "\n".join([*shown, *(str(frame.locals) for frame in frames), *trace.format_exception_only()])
