"""A service with instances, in memory, that misbehaves as a test likes, and knows what it has done."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formatdate
from threading import RLock
from typing import TypeAlias

import httpx

from tests.support.canned import Asked, Canned, lost, refusal
from tests.support.little_dms import Json, LittleDms, Refusal

__all__ = [
    "Misbehave",
    "Store",
    "failing_after",
    "in_turn",
    "lose_answer",
    "lose_request",
    "refuse_connection",
    "refusing",
]

Misbehave: TypeAlias = Callable[[Asked, Callable[[], httpx.Response]], httpx.Response | None]
"""What happens to a request in place of what should: an answer, an error, or None. The second argument does it."""


class Store(Canned):
    """
    A service with instances, whose clock moves by two seconds before, and after, each request.

    Attributes:
        dms: The instances.
        misbehave: Asked before each request.
    """

    def __init__(self, *stored: Json, misbehave: Misbehave = lambda asked, carry_out: None) -> None:
        super().__init__(self._do)
        self.dms = LittleDms(clock=lambda: self._now)
        self.misbehave = misbehave
        self.policy = self.policy._replace(clock=lambda: self._now, wall_clock=lambda: self._now)
        self._turn = RLock()
        self._now = 1_767_225_600.0
        self.dms.put(stored)

    def _do(self, asked: Asked) -> httpx.Response:
        answer = self.misbehave(asked, lambda: self.carry_out(asked))
        return self.carry_out(asked) if answer is None else answer

    def carry_out(self, asked: Asked) -> httpx.Response:
        """Do what is asked, one request after the other, and answer."""
        with self._turn:
            self._now += 2
            try:
                content: Json = self.dms.answer(asked.method, asked.path, asked.body)
                status = 200
            except Refusal as refused:
                status, content = refused.status, {"error": {"code": refused.status, "message": refused.message}}
            self._now += 2
        return httpx.Response(status, json=content, headers={"Date": formatdate(self._now, usegmt=True)})

    @property
    def sent(self) -> list[list[str]]:
        """The external ids of each request; those to delete have a minus."""
        return [
            [
                *(f"-{item['externalId']}" if asked.path.endswith("/delete") else item["externalId"] for item in items),
                *(f"-{item['externalId']}" for item in asked.body.get("delete", ())),
            ]
            for asked in self.asked
            for items in [asked.body["items"]]
        ]


def in_turn(*faults: Misbehave) -> Misbehave:
    """One fault for each of the first requests, and none for the others."""
    left = list(faults)

    def misbehave(asked: Asked, carry_out: Callable[[], httpx.Response]) -> httpx.Response | None:
        return left.pop(0)(asked, carry_out) if left else None

    return misbehave


def lose_answer(asked: Asked, carry_out: Callable[[], httpx.Response]) -> httpx.Response:
    """Carry it out, and end the connection."""
    carry_out()
    raise lost()


def lose_request(asked: Asked, carry_out: Callable[[], httpx.Response]) -> httpx.Response:
    """Do nothing, and end the connection."""
    raise lost()


def refuse_connection(asked: Asked, carry_out: Callable[[], httpx.Response]) -> httpx.Response:
    """There is nobody at the other end."""
    raise httpx.ConnectError("connection refused")


def refusing(status: int) -> Misbehave:
    """Say no, and do nothing."""
    return lambda asked, carry_out: refusal(status)


def failing_after(status: int) -> Misbehave:
    """Carry it out, and say that something went wrong."""

    def misbehave(asked: Asked, carry_out: Callable[[], httpx.Response]) -> httpx.Response:
        carry_out()
        return refusal(status)

    return misbehave
