"""A terminal to run a command in, and what a person sees on its screen."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyte

import pygen as package

__all__ = ["TerminalSession"]

_PATIENCE_S = 60.0


class TerminalSession:
    """
    `pygen` in a pseudo-terminal.

    Args:
        arguments: What follows `pygen` on the command line.
        cwd: The working directory.
        columns: The width of the terminal.
        rows: Its height.
        env: Environment variables besides those of the tests; None takes one away.

    Attributes:
        raw: All that was written, as bytes.
        screen: What it looks like.
    """

    def __init__(
        self,
        *arguments: str,
        cwd: Path,
        columns: int = 80,
        rows: int = 50,
        env: Mapping[str, str | None] | None = None,
    ) -> None:
        self.raw = b""
        self.screen: Any = pyte.Screen(columns, rows)
        self._stream: Any = pyte.ByteStream(self.screen)
        self._code: int | None = None
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(Path(package.__file__).parents[1]),
            **(env or {}),
        }
        for name in ("NO_COLOR", "COLUMNS", "LINES", "PYTHONIOENCODING", "PRE_COMMIT"):
            if name not in (env or {}):
                environment.pop(name, None)
        command = [sys.executable, "-m", "pygen", *arguments]
        told = {name: value for name, value in environment.items() if value is not None}
        self._pid, self._fd = pty.fork()
        if self._pid == 0:  # the child; it never returns
            try:
                os.chdir(cwd)
                os.execve(command[0], command, told)
            finally:
                os._exit(127)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def __enter__(self) -> TerminalSession:
        return self

    def __exit__(self, *_: object) -> None:
        if self._code is None:
            os.kill(self._pid, 9)
            os.waitpid(self._pid, 0)
        os.close(self._fd)

    @property
    def lines(self) -> list[str]:
        """The lines of the screen down to the last one that shows anything."""
        lines = [line.rstrip() for line in self.screen.display]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    @property
    def text(self) -> str:
        """The screen as text."""
        return "\n".join(self.lines)

    def press(self, keys: str) -> None:
        """Type something."""
        os.write(self._fd, keys.encode())

    def wait_for(self, seen: Callable[[TerminalSession], bool]) -> None:
        """Read until the screen shows what *seen* looks for; fail where it never does."""
        deadline = time.monotonic() + _PATIENCE_S
        while not seen(self):
            assert self._read(deadline), f"ended, or said no more, at:\n{self.text}"

    def wait(self) -> int:
        """Read until the command ends; its exit code."""
        deadline = time.monotonic() + _PATIENCE_S
        while self._read(deadline):
            pass
        _, status = os.waitpid(self._pid, 0)
        self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def _read(self, deadline: float) -> bool:
        """Read what there is; False at the end."""
        ready, _, _ = select.select([self._fd], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            data = os.read(self._fd, 65536)
        except OSError:  # the other end has closed
            return False
        self.raw += data
        self._stream.feed(data)
        return bool(data)
