"""How fast requests of a family may start after the service has asked for fewer (429)."""

from __future__ import annotations

import math

__all__ = ["FLOOR_PER_S", "LONGEST_PAUSE_S", "ONE_EVENT_S", "QUIET_S", "RAISE_PER_S", "Pace"]

FLOOR_PER_S = 0.5
"""Even a hot family may start this many: without any, nothing would tell that the service is well again."""
RAISE_PER_S = 0.1
"""What a good answer adds to the rate. Used to the full, any rate has doubled after about seven seconds."""
ONE_EVENT_S = 1.0
"""429s that come so soon after a halving are about requests sent before it: they say nothing about the new rate."""
QUIET_S = 60.0
"""After this long without a 429, or after the end of a pause, the bucket is gone."""
LONGEST_PAUSE_S = 3600.0
"""A longer `Retry-After` counts as this: it speaks for every client in the process, and may be a mistake."""


class Pace:
    """
    When the next request of a family may start, as far as the service's 429s decide it.

    Knows no clock: each question and each piece of news comes with its moment, and moments never go back.
    """

    __slots__ = ("_cools_at", "_halved_at", "_last_start", "_paused_until", "_pressed", "_rate", "_starts")

    def __init__(self) -> None:
        self._rate = math.inf
        self._cools_at = self._halved_at = self._last_start = self._paused_until = -math.inf
        self._pressed = False
        self._starts = 0.0

    @property
    def paused_until(self) -> float:
        """When the latest pause ends, or ended."""
        return self._paused_until

    def rate(self, now: float) -> float:
        """Starts per second; infinite unless the family is hot."""
        return self._rate if now < self._cools_at else math.inf

    def next_start(self, now: float) -> float:
        """The moment from which on the next request may start: one that has passed if it may at once."""
        return max(self._paused_until, self._last_start + 1 / self.rate(now))

    def started(self, now: float) -> None:
        """Take the token."""
        self._pressed = now < self._last_start + 2 / self.rate(now)
        self._starts = self._recent_starts(now) + 1
        self._last_start = now

    def throttled(self, now: float, retry_after_s: float | None) -> None:
        """Halve the rate, which is at first the one at which requests really started; and pause."""
        if now >= self._halved_at + ONE_EVENT_S:
            before = self._rate if now < self._cools_at else self._recent_starts(now)
            self._rate = max(FLOOR_PER_S, before / 2)
            self._halved_at = now
        if retry_after_s is not None and retry_after_s > 0:
            self._paused_until = max(self._paused_until, now + min(retry_after_s, LONGEST_PAUSE_S))
        self._cools_at = max(self._paused_until, now) + QUIET_S

    def answered(self, now: float) -> None:
        """Raise the rate, if it is what holds requests back: one that nobody uses proves nothing."""
        if self._pressed and now < self._cools_at:
            self._rate += RAISE_PER_S

    def _recent_starts(self, now: float) -> float:
        """About the starts of the last second: each counts less and less as time goes by."""
        return self._starts * math.exp(self._last_start - now)
