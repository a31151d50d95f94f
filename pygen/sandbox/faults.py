"""
Faults on demand: what a network or a busy service does to a client, when and where a test wants it.

The same faults with the same seed meet the same requests in the same way.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from pygen.sandbox.problems import Refusal
from pygen.sandbox.shapes import Shape

__all__ = ["Fault", "Faults", "Met"]

Kind = Literal["status", "reset", "truncate", "slow", "expired_cursor", "search_lag"]


class Fault(Shape):
    """
    A fault, and which requests meet it.

    Attributes:
        kind: `status` answers with one; `reset` closes the connection without an answer; `truncate` does so in the
            middle of the answer; `slow` waits before it; `expired_cursor` refuses any request that brings a cursor;
            `search_lag` lets search and aggregate not see what was written lately.
        path: Which paths meet it, relative to the project; `*` and `?` stand for anything.
        method: Which method; None: any.
        status: The status, with `kind="status"`.
        message: What the answer says; None: what the service says.
        retry_after: Seconds, for a `Retry-After` header.
        auto_retryable: Whether the answer says that repeating is safe, in header and body.
        carried_out: Whether the request is carried out all the same, before the fault.
        delay: Seconds that `slow` waits, or that `search_lag` is behind.
        probability: How likely a request that fits meets it.
        after: How many requests that fit are let pass first.
        times: How many requests meet it; None: no end.
    """

    kind: Kind = "status"
    path: str = "*"
    method: str | None = None
    status: Annotated[int, Field(ge=400, le=599)] = 503
    message: str | None = None
    retry_after: Annotated[float, Field(ge=0)] | None = None
    auto_retryable: bool = False
    carried_out: bool = False
    delay: Annotated[float, Field(ge=0)] = 1.0
    probability: Annotated[float, Field(gt=0, le=1)] = 1.0
    after: Annotated[int, Field(ge=0)] = 0
    times: Annotated[int, Field(ge=1)] | None = None

    def refusal(self, too_many_requests: str) -> Refusal:
        """The answer of `status` and `expired_cursor`."""
        if self.kind == "expired_cursor":
            return Refusal(self.message or "Cursor has expired. Please start over without a cursor.")
        extra: dict[str, Any] = {"isAutoRetryable": True} if self.auto_retryable else {}
        headers = {"cdf-is-auto-retryable": "true"} if self.auto_retryable else {}
        if self.retry_after is not None:
            headers["retry-after"] = f"{self.retry_after:g}"
        message = self.message or _MESSAGES.get(self.status) or "The service is not available"
        if self.status == 429 and self.message is None:
            message = too_many_requests
        return Refusal(message, status=self.status, extra=extra, headers=headers)


_MESSAGES = {
    408: "Graph query timed out. Reduce load or contention, or optimise your query.",
    409: "Schema lock conflict occurred. This is likely due to concurrent schema modification requests.",
    500: "Internal server error",
    502: "Bad gateway",
    504: "Gateway timeout",
}


class Met(NamedTuple):
    """
    How often a fault was looked at and met.

    Attributes:
        fault: The fault.
        seen: Requests that fit.
        met: Requests that met it.
    """

    fault: Fault
    seen: int
    met: int


class Faults:
    """
    The faults of a sandbox; safe to use while requests come in.

    Args:
        seed: Decides which requests meet faults that are only likely.
    """

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._seed = seed
        self._random = random.Random(seed)  # noqa: S311 -- repeatable on purpose
        self._faults: list[Met] = []

    def add(self, **fault: Any) -> Fault:
        """
        Add a fault: `faults.add(path="/models/instances/list", status=429, retry_after=1, times=3)`.

        Args:
            **fault: The attributes of `Fault`.

        Raises:
            Refusal: There is no such fault.
        """
        made = Fault.read({_WIRE.get(name, name): value for name, value in fault.items()})
        self.put([made])
        return made

    def put(self, faults: Iterable[Fault]) -> None:
        """Add faults; where several fit, the one that was added first is met."""
        with self._lock:
            self._faults += [Met(fault, 0, 0) for fault in faults]

    def clear(self, seed: int | None = None) -> None:
        """Remove all, and start counting and drawing from the beginning."""
        with self._lock:
            self._seed = self._seed if seed is None else seed
            self._random = random.Random(self._seed)  # noqa: S311 -- repeatable on purpose
            self._faults = []

    def meet(self, method: str, path: str, *, has_cursor: Callable[[], bool]) -> Fault | None:
        """The fault that a request meets; None: none. *has_cursor* is asked only where that matters."""
        with self._lock:
            for place, (fault, seen, met) in enumerate(self._faults):
                if not _fits(fault, method, path, has_cursor):
                    continue
                hit = (
                    seen >= fault.after
                    and (fault.times is None or met < fault.times)
                    and (fault.probability == 1 or self._random.random() < fault.probability)
                )
                self._faults[place] = Met(fault, seen + 1, met + hit)
                if hit:
                    return fault
        return None

    def __iter__(self) -> Iterator[Met]:
        with self._lock:
            return iter(list(self._faults))


_WIRE = {"retry_after": "retryAfter", "auto_retryable": "autoRetryable", "carried_out": "carriedOut"}


def _fits(fault: Fault, method: str, path: str, has_cursor: Callable[[], bool]) -> bool:
    return (
        fnmatchcase(path, fault.path)
        and (fault.method is None or fault.method.upper() == method)
        and (fault.kind != "expired_cursor" or has_cursor())
    )
