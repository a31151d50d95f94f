"""A service whose answers a test makes up, and both clients on it: nothing is sent, and nothing waits."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable
from itertools import count
from threading import Lock
from typing import Any, NamedTuple, TypeAlias

import httpx
import pytest

from pygen.client import AsyncPygenClient, PygenClient, RetryPolicy

__all__ = ["Ask", "Asked", "Canned", "Run", "asynchronous", "both", "lost", "no_time", "refusal", "synchronous"]

Json: TypeAlias = dict[str, Any]
Ask: TypeAlias = Callable[[Any], Any]
"""What a user writes: takes either client, and gives a result, an awaitable of one, or something to iterate over."""
Run: TypeAlias = Callable[["Canned", Ask], Any]
"""Does it with a client of one kind."""

_numbers = count()


class Asked(NamedTuple):
    """
    A request.

    Attributes:
        method: The HTTP method.
        path: Relative to the project.
        query: The query as it was sent.
        body: The JSON body, inflated; empty where there is none.
    """

    method: str
    path: str
    query: str
    body: Json

    @property
    def params(self) -> dict[str, str]:
        """The query; of what is repeated, the first."""
        return dict(httpx.QueryParams(self.query))


class Canned:
    """
    Answers requests with what a function makes of them.

    Args:
        answer: Makes a JSON object, bytes or a whole answer of a request; may raise what the HTTP library would.
        options: What clients are made with.

    Attributes:
        asked: The requests that have come, in their order.
        policy: Nothing waits between attempts, and the deadline is far away.
    """

    def __init__(self, answer: Callable[[Asked], Json | bytes | httpx.Response], **options: Any) -> None:
        self.asked: list[Asked] = []
        self.policy = RetryPolicy(deadline_s=1e6, sleep=lambda seconds: None, asleep=no_time)
        self._answer = answer
        self._options = options
        self._project = f"canned-{next(_numbers)}"  # clients of a project share a budget
        self._lock = Lock()

    @property
    def bodies(self) -> list[Json]:
        """The bodies of the requests that have come."""
        return [asked.body for asked in self.asked]

    def options(self) -> dict[str, Any]:
        """What a client of either kind is made with."""
        return {
            "base_url": "https://cluster.example",
            "project": self._project,
            "credentials": "token",
            "transport": httpx.MockTransport(self._handle),
            "retry": self.policy,
            **self._options,
        }

    def client(self) -> PygenClient:
        """A synchronous client."""
        return PygenClient(**self.options())

    def async_client(self) -> AsyncPygenClient:
        """An asynchronous client."""
        return AsyncPygenClient(**self.options())

    def _handle(self, request: httpx.Request) -> httpx.Response:
        content = request.read()
        if request.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        path = request.url.path.partition(f"/projects/{self._project}")[2]
        asked = Asked(request.method, path, request.url.query.decode(), json.loads(content) if content else {})
        with self._lock:
            self.asked.append(asked)
        answer = self._answer(asked)
        if isinstance(answer, httpx.Response):
            return answer
        return httpx.Response(200, content=answer if isinstance(answer, bytes) else json.dumps(answer))


async def no_time(seconds: float) -> None:
    """Let others go on, but do not wait."""
    await asyncio.sleep(0)


def synchronous(canned: Canned, ask: Ask) -> Any:
    """Ask with the synchronous client; what can be iterated over becomes a list."""
    with canned.client() as client:
        result = ask(client)
        return list(result) if hasattr(result, "__next__") or hasattr(result, "pages") else result


def asynchronous(canned: Canned, ask: Ask) -> Any:
    """Ask with the asynchronous client; what can be iterated over becomes a list."""

    async def run() -> Any:
        async with canned.async_client() as client:
            result = ask(client)
            if hasattr(result, "__aiter__"):
                return [each async for each in result]
            awaited: Awaitable[Any] = result
            return await awaited

    return asyncio.run(run())


both = pytest.mark.parametrize("run", [synchronous, asynchronous])
"""A test of either client."""


def refusal(status: int, message: str = "no") -> httpx.Response:
    """An answer that says no (dms-api.md 1.5)."""
    return httpx.Response(status, json={"error": {"code": status, "message": message}})


def lost() -> httpx.ReadError:
    """What the HTTP library raises when the connection ends before the answer has come."""
    return httpx.ReadError("connection reset")
