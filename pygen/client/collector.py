"""
Python's cyclic collector, paused while a page is decoded.

Thousands of new objects make it run again and again although none of them is garbage, which costs more than reading
them does.
"""

from __future__ import annotations

import gc
import os
import threading

__all__ = ["GcPause", "gc_pause"]


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
