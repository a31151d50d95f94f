"""
Python's cyclic collector, paused while a page is decoded and patient while pages are used up.

Thousands of new objects make it run again and again although none of them is garbage, which costs more than reading
them does.
"""

from __future__ import annotations

import gc
import os
import threading

__all__ = ["GcPatience", "GcPause", "gc_patience", "gc_pause"]


class GcPause:
    """
    Pauses the cyclic collector while at least one thread is inside.

    Attributes:
        enabled: Whether it does anything; `PYGEN_GC_PAUSE=0` in the environment starts with False.
    """

    def __init__(self, *, enabled: bool = True) -> None:
        self.enabled = enabled
        self._lock = threading.Lock()
        self._inside = 0
        self._resume = False

    def __enter__(self) -> None:
        with self._lock:
            # Counted also while switched off, so that switching it within a pause cannot unbalance it.
            self._inside += 1
            if self._inside == 1:
                self._resume = self.enabled and gc.isenabled()
                if self._resume:
                    gc.disable()

    def __exit__(self, *_error: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._resume:
                gc.enable()


gc_pause = GcPause(enabled=os.environ.get("PYGEN_GC_PAUSE", "1") != "0")
"""The one pause of the process; `gc_pause.enabled = False` switches it off."""


class GcPatience:
    """
    Lets more objects be made before the cyclic collector looks at them, while at least one thread is inside.

    Objects that are used up page by page are gone before it looks: otherwise it would go through each page once, for
    nothing. It does run, so an iterator that is kept half used does no harm.

    Args:
        pause: What says whether it does anything.
    """

    YOUNG = 100_000
    """Most objects that are not looked at yet: two pages of 1,000 instances with fifty lists, ids and the like each."""

    def __init__(self, pause: GcPause) -> None:
        self._pause = pause
        self._lock = threading.Lock()
        self._inside = 0
        self._before: int | None = None

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            young, *older = gc.get_threshold()
            if self._inside == 1 and self._pause.enabled and 0 < young < self.YOUNG:
                self._before = young
                gc.set_threshold(self.YOUNG, *older)

    def __exit__(self, *_error: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._before is not None:
                young, *older = gc.get_threshold()
                if young == self.YOUNG:  # else somebody has set it meanwhile
                    gc.set_threshold(self._before, *older)
                self._before = None


gc_patience = GcPatience(gc_pause)
"""The one of the process; it goes with `gc_pause.enabled`."""
