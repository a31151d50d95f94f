"""
What a person or a program sees of a watcher: lines, with a status line below them on a terminal, or JSON.

Each event is written and flushed at once. When nobody reads any more, that ends the watcher.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from pygen.cli.output import Output, harmless, has_colours
from pygen.errors import PygenError
from pygen.watch.events import (
    Broken,
    ConfigReloaded,
    Event,
    Fresh,
    Generated,
    PollingInstead,
    RemoteChanged,
    RemoteState,
    RemoteStateChanged,
    Repaired,
    Started,
    Stopped,
    Upgraded,
    Warned,
    error_document,
    event_document,
)

if TYPE_CHECKING:
    from rich.live import Live

__all__ = ["JsonLines", "Lines", "ReaderGone", "StatusLine", "display"]

_SHOWN = 5

Clock: TypeAlias = Callable[[], str]


class ReaderGone(Exception):  # noqa: N818 - nothing went wrong
    """Nobody reads the output any more."""


@contextmanager
def _unless_gone() -> Iterator[None]:
    try:
        yield
        sys.stdout.flush()
    except OSError as error:  # a closed pipe, or a terminal that is no more
        raise ReaderGone from error


def _now() -> str:
    return time.strftime("%H:%M:%S")


class JsonLines:
    """One JSON object per line."""

    def show(self, event: Event) -> None:
        """
        Print an event.

        Raises:
            ReaderGone: Nobody reads it.
        """
        self._write(event_document(event))

    def failed(self, error: PygenError) -> None:
        """
        Print why there is nothing to watch.

        Raises:
            ReaderGone: Nobody reads it.
        """
        self._write({"event": "failed", "exitCode": error.exit_code, "error": error_document(error)})

    def _write(self, document: dict[str, object]) -> None:
        with _unless_gone():
            sys.stdout.write(json.dumps(document, ensure_ascii=True) + "\n")


class Lines:
    """
    Lines for people.

    Args:
        output: How the command speaks.
        clock: The time of day, as it is shown.
    """

    def __init__(self, output: Output, clock: Clock = _now) -> None:
        self._output = output
        self._clock = clock

    def show(self, event: Event) -> None:
        """
        Print an event.

        Raises:
            ReaderGone: Nobody reads it.
        """
        with _unless_gone():
            self._show(event)

    def _show(self, event: Event) -> None:
        match event:
            case Generated():
                self._generated(event)
            case Fresh():
                self._result(f"{_causes(event.causes)}the code is fresh")
            case Warned():
                self._output.problems(event.problems, path=event.sdk, limit=_SHOWN)
            case Broken():
                self._problem(f"broken: {_said(event.error)}", "the code stays as it was generated last")
            case Repaired():
                self._result("repaired", style="fine")
            case RemoteStateChanged() | RemoteChanged():
                self._remote(event)
            case _:
                self._about_watching(event)

    def _about_watching(self, event: Event) -> None:
        match event:
            case Started():
                self._result(f"watching {event.root} ({', '.join(event.sdks)}){_ways(event)}")
            case ConfigReloaded():
                self._result(f"the configuration changed; watching for {', '.join(event.sdks)}")
            case PollingInstead():
                self._problem(event.reason, f"looking at the files every {event.poll_ms} ms instead")
            case Upgraded():
                found = f" ({event.found}; this is {event.running})" if event.found else ""
                self._problem(f"pygen-cdf was upgraded{found}: restart pygen watch")
            case Stopped():
                self._result(f"stopped{f' ({event.reason})' if event.reason else ''}")
            case _:
                pass

    def _generated(self, event: Generated) -> None:
        done = [f"{len(event.written)} files written" if len(event.written) != 1 else "1 file written"]
        if event.removed:
            done.append(f"{len(event.removed)} removed")
        if not event.written and not event.removed:
            done = ["pygen.lock written"]
        views = f"; {_listed(event.views)}" if event.views else ""
        self._result(f"{_causes(event.causes)}{', '.join(done)} in {event.milliseconds:.0f} ms{views}", style="fine")
        for path in event.written:
            self._output.detail(f"         wrote {path}")
        for path in event.removed:
            self._output.detail(f"         removed {path}")
        for path in event.left:
            self._output.warning(f"{path}: no longer generated, but edited by hand; it stays, and is yours")

    def _remote(self, event: RemoteStateChanged | RemoteChanged) -> None:
        if isinstance(event, RemoteChanged):
            self._result(f"CDF: wrote {event.model}: {event.summary}")
            return
        if event.state is RemoteState.REACHABLE:
            self._result("CDF: reachable")
            return
        what = {
            RemoteState.UNREACHABLE: ("CDF cannot be reached", "asking again, ever more rarely"),
            RemoteState.REFUSED: ("CDF refuses", "not asking again; files are still watched, and a restart asks anew"),
            RemoteState.MISSING: ("CDF has no such model", "asking again, ever more rarely"),
            RemoteState.FAILED: ("the snapshot cannot be brought up to date", "trying again, ever more rarely"),
        }[event.state]
        self._problem(f"{what[0]}: {event.reason}", what[1])

    def _result(self, text: str, *, style: str = "") -> None:
        self._output.result(f"{self._clock()} {text}", style=style)

    def _problem(self, text: str, then: str = "") -> None:
        self._output.warning(f"{self._clock()} {text}")
        if then:
            self._output.note(then)


def _ways(event: Started) -> str:
    ways = [f"looking every {event.poll_ms} ms"] if event.poll_ms is not None else []
    ways += ["and at CDF"] if event.remote else []
    return f", {' '.join(ways)}" if ways else ""


def _causes(causes: tuple[str, ...]) -> str:
    return f"{_listed(causes)} changed: " if causes else ""


def _listed(items: tuple[str, ...]) -> str:
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return ", ".join(items[:_SHOWN]) + more


def _said(error: Exception) -> str:
    if isinstance(error, PygenError):
        return str(error)
    return f"internal error: {type(error).__name__}: {error} (please report it)"


# ---------------------------------------------------------------------------------------------------------------------
# On a terminal


class StatusLine:
    """
    What a status line says, as pieces of text and style.

    Args:
        clock: The time of day, as it is shown.
    """

    def __init__(self, clock: Clock = _now) -> None:
        self._clock = clock
        self._state: tuple[str, str] = ("starting", "")
        self._what = ""
        self._last = ""
        self._remote: tuple[str, str] | None = None
        self._restart = False

    def note(self, event: Event) -> None:
        """Take note of an event."""
        match event:
            case Started():
                self._what = event.root.name or str(event.root)
                self._remote = ("CDF not asked yet", "") if event.remote else None
            case Generated():
                self._state = ("fresh", "green")
                self._last = f"generated {self._clock()}"
            case Fresh() | Repaired():
                self._state = ("fresh", "green")
            case Broken():
                self._state = ("broken", "red")
            case RemoteStateChanged():
                fine = event.state is RemoteState.REACHABLE
                self._remote = (f"CDF {event.state}", "green" if fine else "yellow")
            case Upgraded():
                self._restart = True
            case _:
                pass

    def pieces(self) -> list[tuple[str, str]]:
        """The line, piece by piece: text and rich's name of a style."""
        pieces = [("watching ", ""), (harmless(self._what), "bold"), ("  ", ""), self._state]
        for text, style in ((self._last, ""), self._remote or ("", "")):
            if text:
                pieces += [("  ", ""), (text, style)]
        if self._restart:
            pieces += [("  ", ""), ("restart: pygen-cdf was upgraded", "yellow")]
        return [*pieces, ("  Ctrl-C ends", "dim")]


class _LiveLines(Lines):
    """Lines that scroll above a status line."""

    def __init__(self, output: Output, live: Live, status: StatusLine) -> None:
        super().__init__(output)
        self._live = live
        self._status = status

    def _show(self, event: Event) -> None:
        from rich.text import Text

        super()._show(event)
        self._status.note(event)
        line = Text("", no_wrap=True, overflow="ellipsis")
        for text, style in self._status.pieces():
            line.append(text, style=style)
        self._live.update(line, refresh=True)


@contextmanager
def display(output: Output) -> Iterator[Lines]:
    """Lines; on a terminal that can move its cursor, and with rich, above a status line."""
    if output.quiet or not _can_move():
        yield Lines(output)
        return
    from rich.console import Console
    from rich.live import Live

    console = Console(no_color=not has_colours(sys.stdout), highlight=False, soft_wrap=True)
    # What is printed goes through the console meanwhile, which puts it above the line.
    with Live(console=console, auto_refresh=False, transient=True) as live:
        yield _LiveLines(output, live, StatusLine())


def _can_move() -> bool:
    import os
    from importlib.util import find_spec

    return sys.stdout.isatty() and os.environ.get("TERM") not in (None, "", "dumb") and find_spec("rich") is not None
