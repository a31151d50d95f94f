"""Signals that end a watcher: it stops on purpose, and in order."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from pygen.watch.daemon import Watcher
from pygen.watch.engine import StopRequested

__all__ = ["stopped_by_signals"]

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
_PATIENCE_S = 0.5
_LAST_TICK = 4
"""After so many times our patience, the end is forced whatever is under way: a reader that does not read, perhaps."""


@contextmanager
def stopped_by_signals(watcher: Watcher) -> Iterator[None]:
    """
    Let Ctrl-C, SIGTERM and the end of the terminal stop a watcher; the handlers from before are restored at the end.

    A generation that does not end within half a second (it may wait for another writer), or when a second signal
    comes, is broken off where it is: each file is replaced as a whole, so nothing is torn, and the next run repairs.

    Args:
        watcher: What to stop; its `run` is called in the main thread.

    Raises:
        StopRequested: The watcher did not end within two seconds, and was left where it was.
    """
    stopper = _Stopper(watcher)
    handlers = dict.fromkeys(_ending_signals(), stopper.stop)
    if hasattr(signal, "SIGALRM"):
        handlers[signal.SIGALRM] = stopper.tick
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


class _Stopper:
    """The handlers of one watcher."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._ticks = 0

    def stop(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as it is called
        again = self._watcher.stopping
        self._watcher.stop(signal.Signals(number).name)
        if again:
            self._give_up()
        elif hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, _PATIENCE_S, _PATIENCE_S)

    def tick(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as it is called
        self._ticks += 1
        if self._ticks >= _LAST_TICK:
            raise StopRequested
        self._give_up()

    def _give_up(self) -> None:
        if self._watcher.generating:
            raise StopRequested


def _ending_signals() -> list[signal.Signals]:
    """Those of this system; SIGHUP only if whoever started us (`nohup`) does not want us to outlive the terminal."""
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    return [number for number in numbers if number.name != "SIGHUP" or signal.getsignal(number) != signal.SIG_IGN]
