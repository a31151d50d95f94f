"""Keep generated code fresh while people work: generate whenever a model, the configuration or a template changes."""

from __future__ import annotations

import contextlib
import math
import os
import select
import stat
import sys
import threading
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pygen.cli.arguments import add_common, add_project, chosen_names
from pygen.cli.output import Output, OutputFormat
from pygen.errors import ConfigError, PygenError

__all__ = ["add_arguments", "run"]

_DEFAULT_POLL_MS = 300
_DEFAULT_INTERVAL_S = 60.0
_READER_POLL_MS = 1000


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_project(parser)
    remote = parser.add_argument_group("the data model in CDF")
    remote.add_argument("--remote", action="store_true", help="look at the data model in CDF, too, and pull changes")
    remote.add_argument(
        "--interval",
        metavar="SECONDS",
        type=_seconds,
        help=f"the time between two looks (default: {_DEFAULT_INTERVAL_S:g})",
    )
    remote.add_argument("--env", metavar="NAME", help="a configured environment (default: the environment variables)")
    parser.add_argument("--events", choices=["json"], help="print one JSON line per event, for programs")
    parser.add_argument(
        "--poll",
        metavar="MS",
        type=_milliseconds,
        nargs="?",
        const=_DEFAULT_POLL_MS,
        help="look at the files every MS milliseconds instead of being told of changes: for network mounts"
        f" (without MS: {_DEFAULT_POLL_MS})",
    )
    add_common(parser)


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        seconds = float(text)
        if seconds >= 1 and math.isfinite(seconds):
            return seconds
    raise ArgumentTypeError(f"{text!r} is not a number of seconds, 1 at least")


def _milliseconds(text: str) -> int:
    if text.isdecimal() and int(text) >= 10:
        return int(text)
    raise ArgumentTypeError(f"{text!r} is not a number of milliseconds, 10 at least")


def run(arguments: Namespace, output: Output) -> int:
    """Watch until stopped."""
    from pygen.watch import RemoteOptions, StopRequested, Watcher, stopped_by_signals

    if output.format is OutputFormat.GITHUB:
        raise ConfigError("has nothing to say to GitHub", key="--format github", hint="pygen check is for CI")
    for option in ("interval", "env"):
        if getattr(arguments, option) is not None and not arguments.remote:
            raise ConfigError("is about the data model in CDF", key=f"--{option}", hint="add --remote")
    remote = None
    if arguments.remote:
        remote = RemoteOptions(arguments.env, arguments.interval or _DEFAULT_INTERVAL_S)
    as_json = arguments.events == "json" or output.format is OutputFormat.JSON
    from pygen.cli.watch_display import JsonLines, ReaderGone, display

    with contextlib.ExitStack() as stack:
        shown = JsonLines() if as_json else stack.enter_context(display(output))
        watcher = Watcher(
            arguments.project,
            on_event=shown.show,
            names=chosen_names(arguments),
            remote=remote,
            poll_ms=arguments.poll,
        )
        try:
            with stopped_by_signals(watcher), _stopped_with_reader(watcher.stop):
                watcher.run()
        except (ReaderGone, StopRequested):
            # Nobody reads, and Python would complain, or wait, once more while it closes the stream.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except PygenError as error:
            if not isinstance(shown, JsonLines):
                raise
            shown.failed(error)
            output.format = OutputFormat.TEXT
            raise
    return 0


@contextmanager
def _stopped_with_reader(stop: Callable[[str], None]) -> Iterator[None]:
    """
    Stop when nobody reads what we print any more: an editor that died must not leave a watcher behind.

    A pipe says so as soon as it is asked; writing to it would, too, but nothing may be written for hours.
    """
    descriptor = _pipe()
    if descriptor is None or not hasattr(select, "poll"):
        yield
        return
    ended = threading.Event()

    def listen() -> None:
        poll = select.poll()
        poll.register(descriptor, 0)
        while not ended.is_set():
            if poll.poll(_READER_POLL_MS):
                stop("nobody reads the output")
                return

    thread = threading.Thread(target=listen, name="pygen-reader", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()


def _pipe() -> int | None:
    """The descriptor of stdout where that is a pipe or a socket."""
    try:
        descriptor = sys.stdout.fileno()
        mode = os.fstat(descriptor).st_mode
    except (OSError, ValueError):
        return None
    return descriptor if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else None
