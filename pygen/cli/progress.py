"""
What a person sees of long work: a line that moves, and is gone when the work is done.

It is on stderr, where stderr is a terminal, and only of work that takes long. Everywhere else there is nothing.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pygen.cli.output import Output, OutputFormat, harmless, has_colours, says
from pygen.project.progress import Progress, no_progress

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

__all__ = ["shown_progress"]

PATIENCE_S = 0.3
"""Work that is done by then shows nothing: what flashes up is noise."""


@contextmanager
def shown_progress(output: Output, *, patience_s: float = PATIENCE_S) -> Iterator[Progress]:
    """
    Show how far long work is.

    Args:
        output: How the command speaks: with `-q`, or to programs, it shows no progress.
        patience_s: How long the work may take without showing anything.

    Yields:
        What the work calls; cheap, and from one thread only.
    """
    if output.quiet or output.format is not OutputFormat.TEXT or not _can_move():
        yield no_progress
        return
    line = _Line(patience_s)
    try:
        yield line.update
    finally:
        line.close()


def _can_move() -> bool:
    """Whether stderr is a terminal that can move its cursor, and rich is there to do so."""
    import os
    from importlib.util import find_spec

    return sys.stderr.isatty() and os.environ.get("TERM") not in (None, "", "dumb") and find_spec("rich") is not None


class _Line:
    """
    The line, shown by a timer: also one long step appears.

    `update` only takes notes until then, so that rich is loaded for long work alone.
    """

    def __init__(self, patience_s: float) -> None:
        self._lock = threading.Lock()
        self._state: tuple[str, int, int | None] = ("", 0, None)
        self._shown: RichProgress | None = None
        self._closed = False
        self._timer = threading.Timer(patience_s, self._show)
        self._timer.daemon = True
        self._timer.start()

    def update(self, step: str, done: int, total: int | None) -> None:
        """Note how far the work is."""
        self._state = (step, done, total)
        self._refresh()

    def _refresh(self) -> None:
        step, done, total = self._state
        if self._shown is not None:
            (task,) = self._shown.tasks
            task.total = total  # None means "as before" to `update`
            self._shown.update(task.id, description=harmless(step), completed=done)

    def close(self) -> None:
        """Take the line away, and wait until it is gone."""
        with self._lock:
            self._closed = True
        self._timer.cancel()
        self._timer.join()
        if self._shown is not None:
            self._shown.stop()

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, Task, TextColumn
        from rich.progress import Progress as RichProgress
        from rich.text import Text

        class _Count(MofNCompleteColumn):
            """`3/40`, where it is known how much there is."""

            def render(self, task: Task) -> Text:
                return super().render(task) if task.total is not None else Text()

        # Not the colours, but the shapes of rich's need Unicode.
        spinner = "dots" if says(sys.stderr, "\u2801\u28ff") else "line"
        shown = RichProgress(
            SpinnerColumn(spinner),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            _Count(),
            console=Console(stderr=True, no_color=not has_colours(sys.stderr)),
            transient=True,
            redirect_stdout=False,  # it may be a file
            redirect_stderr=False,
        )
        with self._lock:
            if self._closed:
                return
            shown.add_task("", total=None)
            self._shown = shown
            self._refresh()  # what was noted before
            shown.start()
