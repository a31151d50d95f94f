"""How a service misbehaves: the faults that there are, and a plan of which request meets which."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from threading import Condition, Lock
from typing import Any, Literal, TypeAlias

__all__ = [
    "DEAF",
    "FINE",
    "HANGS_UP_AFTERWARDS",
    "HTML",
    "LOST",
    "NOT_JSON",
    "RESET_AMID",
    "SHORT",
    "TRICKLE",
    "TRUNCATED_GZIP",
    "WRONG_ITEMS",
    "WRONG_SHAPE",
    "Fault",
    "Gate",
    "Mischief",
    "Received",
    "late",
    "redirect",
    "refuse",
]

PATIENCE_S = 20.0
"""A test that waits longer than this for something that never comes is broken."""

Delivery: TypeAlias = Literal["whole", "half", "half of gzip", "pieces", "nothing"]
Ending: TypeAlias = Literal["keep", "close", "reset"]


class Gate:
    """
    Holds answers until a test lets them go.

    Attributes:
        came: How many answers have come to it.
    """

    def __init__(self) -> None:
        self.came = 0
        self._changed = Condition()
        self._open = False

    def arrive(self) -> None:
        """Tell whoever waits for it that an answer has come to the gate."""
        with self._changed:
            self.came += 1
            self._changed.notify_all()

    def is_open(self, patience_s: float) -> bool:
        """Whether the gate is open, now or soon."""
        with self._changed:
            return self._changed.wait_for(lambda: self._open, patience_s)

    def open(self) -> None:
        """Let those go that wait, and those that come."""
        with self._changed:
            self._open = True
            self._changed.notify_all()

    def wait_for(self, count: int = 1) -> None:
        """Wait until *count* answers have come to the gate."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.came >= count, PATIENCE_S):
                raise TimeoutError(f"{self.came} answers came to the gate, not {count}")


@dataclass(frozen=True, slots=True, eq=False)
class Fault:
    """
    One way to misbehave.

    Attributes:
        name: What it is called in the names of tests.
        carried_out: Whether the service does what was asked, whatever it answers.
        status: Answered in place of the service's own; None: its own.
        headers: Of the answer, too.
        content: The body, in place of the service's own; None: its own, or an error's.
        delivery: How much of the answer is sent. `half` breaks the promise of its `Content-Length`; of `half of gzip`
            the length is right, but the body ends early; `pieces` are small.
        ending: What becomes of the connection.
        deaf: Whether the connection ends before the body of the request is read.
        gate: Holds the last part of the answer, unless the client hangs up meanwhile.
        in_doubt: Whether a client that meets it cannot know if the service did what was asked; a refusal whose status
            it sees is clear, however broken the body.
    """

    name: str
    carried_out: bool = True
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes | None = None
    delivery: Delivery = "whole"
    ending: Ending = "keep"
    deaf: bool = False
    gate: Gate | None = None
    in_doubt: bool = False


def refuse(
    status: int,
    *,
    message: str = "try again",
    retry_after: str | None = None,
    auto_retryable: Literal["", "body", "header"] = "",
    carried_out: bool = False,
) -> Fault:
    """
    An answer that says no.

    Args:
        status: The status.
        message: The reason.
        retry_after: The header `Retry-After`: seconds or a date.
        auto_retryable: Where the answer says that repeating is safe (dms-api.md 1.3, 1.5).
        carried_out: Whether the service did what was asked all the same, as a gateway may not have noticed.
    """
    error: dict[str, Any] = {"code": status, "message": message}
    headers = []
    if retry_after is not None:
        headers.append(("Retry-After", retry_after))
    if auto_retryable == "body":
        error["isAutoRetryable"] = True
    if auto_retryable == "header":
        headers.append(("cdf-is-auto-retryable", "true"))
    content = json.dumps({"error": error}).encode()
    parts = [str(status), auto_retryable, "done" if carried_out else "", retry_after or ""]
    return Fault(
        "-".join(filter(None, parts)),
        carried_out=carried_out,
        status=status,
        headers=tuple(headers),
        content=content,
        in_doubt=(status >= 500 or status == 408) and not auto_retryable,
    )


def redirect(location: str, status: int = 307) -> Fault:
    """An answer that says to ask elsewhere."""
    return replace(refuse(status, message="moved"), headers=(("Location", location),))


def late(gate: Gate, *, amid: bool = False, carried_out: bool = True) -> Fault:
    """An answer that stands still, before its first byte or amid the body, until the gate is open."""
    delivery: Delivery = "pieces" if amid else "whole"
    return Fault("slow-body" if amid else "late", carried_out=carried_out, delivery=delivery, gate=gate)


FINE = Fault("fine")
"""Nothing goes wrong with this one."""

LOST = Fault("lost-answer", delivery="nothing", ending="close", in_doubt=True)
"""Does what was asked, and closes the connection without a word."""

DEAF = Fault("deaf", carried_out=False, delivery="nothing", ending="reset", deaf=True, in_doubt=True)
"""Resets the connection before it has read the body."""

RESET_AMID = Fault("reset-amid", delivery="half", ending="reset", in_doubt=True)
"""Resets the connection amid the body of the answer."""

SHORT = Fault("short", delivery="half", ending="close", in_doubt=True)
"""Promises more bytes than it sends."""

TRUNCATED_GZIP = Fault("truncated-gzip", delivery="half of gzip", in_doubt=True)
"""The compressed body ends early, and the length agrees."""

TRICKLE = Fault("trickle", delivery="pieces")
"""The body comes in small pieces."""

NOT_JSON = Fault("not-json", status=200, content=b'{"items": [{"instanceType": "node", "spa', in_doubt=True)
WRONG_SHAPE = Fault("wrong-shape", status=200, content=b'{"items": 7}', in_doubt=True)
WRONG_ITEMS = Fault("wrong-items", status=200, content=b'{"items": [7]}', in_doubt=True)
HTML = Fault(
    "html",
    carried_out=False,
    status=502,
    headers=(("Content-Type", "text/html"),),
    content=b"<html><body><h1>502 Bad Gateway</h1></body></html>",
    in_doubt=True,
)
"""A proxy speaks in place of the service."""

HANGS_UP_AFTERWARDS = Fault("hangs-up-afterwards", ending="close")
"""A good answer, but the connection that was to be kept is closed."""


@dataclass(slots=True, eq=False)
class Received:
    """
    A request as it came, and what was done about it.

    Attributes:
        number: Its place in the order in which requests came, from 0.
        connection: The number of the connection that it came on.
        method: The HTTP method.
        path: Below the project, without the query.
        query: The query.
        headers: By name in lower case.
        content: The body, inflated.
        body: The body as JSON; empty where there was none.
        fault: What went wrong with it.
        carried_out: Whether the service did what was asked.
        in_doubt: Whether the client cannot know that.
    """

    number: int
    connection: int
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    content: bytes = b""
    body: dict[str, Any] = field(default_factory=dict)
    fault: Fault | None = None
    carried_out: bool = False
    in_doubt: bool = False


@dataclass(slots=True)
class _Rule:
    """Faults for some requests: each for one, in order, or the only one for all."""

    faults: list[Fault]
    path: str | None
    when: Callable[[Received], bool]
    forever: bool

    def take(self, request: Received, *, deaf: bool) -> Fault | None:
        """The fault that *request* meets."""
        if not self.faults or self.faults[0].deaf != deaf:
            return None
        if self.path not in {None, request.path} or not self.when(request):
            return None
        return self.faults[0] if self.forever else self.faults.pop(0)


@dataclass(slots=True)
class _Sprinkle:
    """Faults at random; the same request meets no more than some in a row."""

    faults: Sequence[Fault]
    random: Random
    chance: float
    in_a_row: int
    met: Counter[tuple[str, bytes]] = field(default_factory=Counter)

    def take(self, request: Received) -> Fault | None:
        """The fault that *request* meets."""
        key = (request.path, request.content)
        if self.met[key] >= self.in_a_row or self.random.random() >= self.chance:
            del self.met[key]
            return None
        self.met[key] += 1
        return self.random.choice(self.faults)


class Mischief:
    """A plan of faults: first what was planned for certain requests, then what befalls the others at random."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rules: list[_Rule] = []
        self._sprinkles: list[_Sprinkle] = []

    def plan(
        self,
        *faults: Fault,
        path: str | None = None,
        when: Callable[[Received], bool] = lambda _: True,
    ) -> None:
        """
        Have the next requests meet *faults*, one each.

        Args:
            faults: In this order.
            path: Only requests for this path; None: for any.
            when: Only requests of which this is true; a fault that is deaf knows nothing of their body.
        """
        self._rules.append(_Rule(list(faults), path, when, forever=False))

    def always(
        self, fault: Fault, *, path: str | None = None, when: Callable[[Received], bool] = lambda _: True
    ) -> None:
        """Have all requests meet *fault*, those that `plan` says."""
        self._rules.append(_Rule([fault], path, when, forever=True))

    def sprinkle(self, faults: Sequence[Fault], *, seed: int, chance: float = 0.3, in_a_row: int = 2) -> None:
        """
        Have requests meet faults at random.

        Args:
            faults: To choose from; all of them are met after the body has been read.
            seed: Of the random numbers.
            chance: That a request meets one.
            in_a_row: How many the same request meets at most before it comes through.
        """
        self._sprinkles.append(_Sprinkle(faults, Random(seed), chance, in_a_row))

    def stop(self) -> None:
        """Behave from now on."""
        with self._lock:
            self._rules.clear()
            self._sprinkles.clear()

    def before_reading(self, request: Received) -> Fault | None:
        """The fault that *request* meets before its body is read."""
        with self._lock:
            return self._planned(request, deaf=True)

    def after_reading(self, request: Received) -> Fault | None:
        """The fault that *request* meets."""
        with self._lock:
            planned = self._planned(request, deaf=False)
            if planned is not None:
                return planned
            found = (sprinkle.take(request) for sprinkle in self._sprinkles)
            return next((fault for fault in found if fault is not None), None)

    def _planned(self, request: Received, *, deaf: bool) -> Fault | None:
        found = (rule.take(request, deaf=deaf) for rule in self._rules)
        return next((fault for fault in found if fault is not None), None)
