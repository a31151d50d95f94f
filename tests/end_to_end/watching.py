"""`pygen watch` as a process of its own, whose events are read as programs read them."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from tests.end_to_end.generating import Installed

__all__ = ["PATIENCE_S", "WatchProcess"]

PATIENCE_S = 30.0


class WatchProcess:
    """A watcher; leaves with SIGKILL if nothing else ended it."""

    def __init__(self, installed: Installed, project: Path, *options: str, **environment: str) -> None:
        self.process = installed.start("watch", "--events", "json", *options, cwd=project, **environment)
        self.events: list[dict[str, Any]] = []
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> WatchProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def wait_for(self, *names: str) -> dict[str, Any]:
        """Read up to the next event of one of these names."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            assert line is not None, (names, self.events, self.said())
            event: dict[str, Any] = json.loads(line)
            self.events.append(event)
            if event["event"] in names:
                return event

    def rest(self) -> list[dict[str, Any]]:
        """The events up to the end of the process."""
        while (line := self._lines.get(timeout=PATIENCE_S)) is not None:
            self.events.append(json.loads(line))
        return self.events

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Send a signal: exit code, and how many seconds it took."""
        started = time.perf_counter()
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE_S)
        return code, time.perf_counter() - started

    def said(self) -> str:
        """What the ended process said beside its events."""
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            return "(still running)"
        assert self.process.stderr is not None
        return self.process.stderr.read()
