"""
The watcher: one mailbox, one loop, and those who write to it.

The thread of the file events and that of the remote only leave notes; the loop, in the thread that called `run`, does
everything else, and calls `on_event`. So no two things ever happen at once. The mailbox is a `SimpleQueue`, the one
structure of the standard library that a signal handler may write to at any moment.
"""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Callable, Collection
from contextlib import ExitStack
from pathlib import Path

from pygen.errors import WatchError
from pygen.watch.engine import Engine, StopRequested
from pygen.watch.events import Event, PollingInstead, Started, Stopped
from pygen.watch.file_events import FileEvents, polling_wanted
from pygen.watch.instance import one_watcher
from pygen.watch.paths import Survey
from pygen.watch.remote_polling import RemoteOptions, RemotePolling

__all__ = ["DEFAULT_POLL_MS", "Watcher"]

DEFAULT_POLL_MS = 300
_HEARTBEAT_S = 2.0
"""How often to look though nothing is heard: folders above the project that were swapped, changes made on another
machine, a computer that woke up."""
_MOST_LOOKS = 8
"""Looks in a row before the mailbox is read again: another program that changes files back must not keep us busy."""


class _Stop:
    """The note that ends the loop."""


class Watcher:
    """
    Keeps the generated code of a project fresh until it is stopped.

    Args:
        start: A folder of the project; None: the working directory.
        on_event: Called with each event, always from the thread that runs the watcher. What it raises ends the watcher.
        names: The SDKs; None: all.
        remote: Look at the data models in CDF, too; None: do not.
        poll_ms: Look at the files this often instead of letting the system tell when they change; None: let it tell,
            where it can (`WATCHFILES_FORCE_POLLING` decides otherwise, too).

    Example:
        >>> watcher = Watcher(Path("windfarm"), on_event=lambda event: print(event))
        >>> threading.Thread(target=watcher.run).start()
        >>> watcher.stop()
    """

    def __init__(
        self,
        start: Path | None = None,
        *,
        on_event: Callable[[Event], None],
        names: Collection[str] | None = None,
        remote: RemoteOptions | None = None,
        poll_ms: int | None = None,
    ) -> None:
        self._start = start
        self._on_event = on_event
        self._names = names
        self._remote_options = remote
        self._poll_ms = poll_ms or polling_wanted()
        self._mailbox: queue.SimpleQueue[Event | _Stop | None] = queue.SimpleQueue()
        self._stopping = False
        self._reason = ""
        self._files: FileEvents | None = None
        self._remote: RemotePolling | None = None
        self.generating = False
        """Whether code may be generated just now."""

    @property
    def stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping

    def stop(self, reason: str = "") -> None:
        """
        End `run` soon; from any thread, and from a signal handler.

        A generation under way is given up if it has not begun to write, else finished.

        Args:
            reason: What the last event says about it.
        """
        self._reason = self._reason or reason
        self._stopping = True
        self._mailbox.put(_Stop())

    def run(self) -> None:
        """
        Watch until `stop` is called.

        Raises:
            ConfigError: There is no project, or its configuration is wrong; later on, that is an event.
            LockedError: Another watcher is at work on the project.
            MissingExtraError: watchfiles is not installed, or a package of the extra `build`.
            WatchError: The system does not tell when files change.
        """
        engine = Engine(self._start, names=self._names, emit=self._on_event, stopping=lambda: self._stopping)
        with ExitStack() as stack:
            stack.enter_context(one_watcher(engine.root))
            if self._poll_ms is None:
                self._files = FileEvents(lambda: self._mailbox.put(None))
                stack.callback(self._files.close)
                self._files.follow(engine.survey())
            if self._remote_options is not None:
                self._remote = RemotePolling(
                    engine.config, names=self._names, options=self._remote_options, tell=self._mailbox.put
                )
                stack.callback(self._remote.close)
            self._on_event(
                Started(engine.root, engine.sdks, os.getpid(), self._poll_ms, remote=self._remote is not None)
            )
            try:
                self._look(engine)
                if self._remote is not None and not self._stopping:
                    self._remote.start()
                while not self._stopping:
                    self._wait(engine)
                    self._look(engine)
            except StopRequested:
                pass
        self._on_event(Stopped(self._reason))

    def _look(self, engine: Engine) -> None:
        for _ in range(_MOST_LOOKS):
            if self._stopping:
                return
            found = self._survey(engine)
            self.generating = True
            try:
                again = engine.look(found, time.monotonic())
            finally:
                self.generating = False
            if self._remote is not None:
                self._remote.config = engine.config
            if not again:
                return

    def _survey(self, engine: Engine) -> Survey:
        """What is there, once the folders in which it is are listened to: what changes later is heard."""
        found = engine.survey()
        for _ in range(_MOST_LOOKS):
            if not self._follow(found):
                break
            found = engine.survey()
        return found

    def _follow(self, found: Survey) -> bool:
        if self._files is None:
            return False
        try:
            return self._files.follow(found)
        except WatchError as error:
            self._files.close()
            self._files = None
            self._poll_ms = DEFAULT_POLL_MS
            self._on_event(PollingInstead(str(error), DEFAULT_POLL_MS))
            return False

    def _wait(self, engine: Engine) -> None:
        pause = _HEARTBEAT_S if self._poll_ms is None else self._poll_ms / 1000
        due = engine.due
        if due is not None:
            pause = min(pause, max(0.0, due - time.monotonic()))
        try:
            note = self._mailbox.get(timeout=pause)
            while True:
                if note is not None and not isinstance(note, _Stop):
                    self._on_event(note)
                note = self._mailbox.get_nowait()
        except queue.Empty:
            pass
