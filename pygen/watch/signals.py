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


@contextmanager
def stopped_by_signals(watcher: Watcher) -> Iterator[None]:
    """
    Let Ctrl-C, SIGTERM and the end of the terminal stop a watcher; the handlers from before are restored at the end.

    A generation that does not end within half a second (it may wait for another writer), or when a second signal
    comes, is broken off where it is: each file is replaced as a whole, so nothing is torn, and the next run repairs.

    Args:
        watcher: What to stop; its `run` is called in the main thread.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        again = watcher.stopping
        watcher.stop(signal.Signals(number).name)
        if again:
            give_up(number, frame)
        elif hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, _PATIENCE_S)

    def give_up(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - as it is called
        if watcher.generating:
            raise StopRequested

    handlers = dict.fromkeys(_ending_signals(), stop)
    if hasattr(signal, "SIGALRM"):
        handlers[signal.SIGALRM] = give_up
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def _ending_signals() -> list[signal.Signals]:
    """Those of this system; SIGHUP only if whoever started us (`nohup`) does not want us to outlive the terminal."""
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    return [number for number in numbers if number.name != "SIGHUP" or signal.getsignal(number) != signal.SIG_IGN]
