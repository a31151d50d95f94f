"""A service whose answers a test plays one after the other, a clock that does not wait, and both clients on them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, TypeAlias, TypeVar

import httpx
import pytest

from pygen.client import AsyncPygenClient, PygenClient, RetryPolicy
from pygen.client.limits import Budget

__all__ = ["CANARY", "EMPTY", "Ask", "Run", "Wire", "asynchronous", "both", "said", "synchronous"]

CANARY = "canary-9f8e7d6c5b4a"

Played: TypeAlias = httpx.Response | BaseException | Callable[[httpx.Request], httpx.Response]
Ask: TypeAlias = Callable[[Any], Any]
"""What a user writes: takes either client, and gives a result or an awaitable of one."""
Run: TypeAlias = Callable[..., Any]
"""Does it with a client of one kind, made with options."""

ClientT = TypeVar("ClientT", PygenClient, AsyncPygenClient)

_projects = count()


class Wire:
    """
    Plays a list of answers; the last one is repeated.

    Attributes:
        requests: What was sent.
        slept: The delays that were asked for.
        now: The time; sleeping moves it.
        project: The project of its clients, which share no budget with those of another wire.
    """

    def __init__(self, *answers: Played) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.slept: list[float] = []
        self.now = 0.0
        self.project = f"wire-{next(_projects)}"

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The next answer."""
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        return answer(request)

    def policy(self, **options: Any) -> RetryPolicy:
        """A policy that waits in no time, as long as it may."""

        def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            self.now += seconds

        async def asleep(seconds: float) -> None:
            sleep(seconds)

        return RetryPolicy(
            sleep=sleep, asleep=asleep, clock=lambda: self.now, uniform=lambda low, high: high, **options
        )

    def options(self, **options: Any) -> dict[str, Any]:
        """What a client of either kind is made with."""
        return {
            "base_url": "https://cluster.example",
            "project": self.project,
            "credentials": CANARY,
            "transport": httpx.MockTransport(self.answer),
            "retry": self.policy(),
            **options,
        }

    def client(self, **options: Any) -> PygenClient:
        """A client on this wire."""
        return _never_slowed(PygenClient(**self.options(**options)))

    def async_client(self, **options: Any) -> AsyncPygenClient:
        """An asynchronous client on this wire."""
        return _never_slowed(AsyncPygenClient(**self.options(**options)))


def _never_slowed(client: ClientT) -> ClientT:
    """Give it a budget whose clock leaps ahead by more than a quiet minute each time it looks."""
    leaps = count(0, 100)
    client.budget = Budget(client.budget.limits, clock=lambda: float(next(leaps)))
    return client


def synchronous(wire: Wire, ask: Ask, **options: Any) -> Any:
    """Ask with the synchronous client."""
    with wire.client(**options) as client:
        return ask(client)


def asynchronous(wire: Wire, ask: Ask, **options: Any) -> Any:
    """Ask with the asynchronous client."""

    async def run() -> Any:
        async with wire.async_client(**options) as client:
            asked: Awaitable[Any] = ask(client)
            return await asked

    return asyncio.run(run())


both = pytest.mark.parametrize("run", [synchronous, asynchronous])
"""A test of either client."""


def said(status: int, message: str = "no", **headers: str) -> httpx.Response:
    """An answer that says no (dms-api.md 1.5)."""
    body = {"error": {"code": status, "message": message}}
    return httpx.Response(status, json=body, headers={"x-request-id": "r1", **headers})


EMPTY = httpx.Response(200, json={"items": []}, headers={"x-request-id": "r0"})
