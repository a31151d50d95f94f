"""What commands that ask CDF have in common: how long they wait, and that they say so."""

from __future__ import annotations

import logging
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from functools import partial

from pygen.cli.output import Output, harmless
from pygen.project.progress import Progress, no_progress
from pygen.project.pulling import Connect
from pygen.project.remote import PATIENCE_S, SIGN_IN_S, connect

__all__ = ["add_connection", "add_environment", "connector"]


def add_environment(parser: ArgumentParser, *, several: bool = False, beside: str = "") -> None:
    """Declare the option that says which CDF; *beside* names an option that it is good for nothing without."""
    told = ["a configured environment", *(["may be given several times"] if several else [])]
    parser.add_argument(
        "--env",
        metavar="NAME",
        action="append" if several else "store",
        help=f"{f'with {beside}: ' if beside else ''}{'; '.join(told)} (default: the environment variables)",
    )


def add_connection(parser: ArgumentParser) -> None:
    """Declare the option that says how long to wait."""
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        help="how long to wait for an answer of CDF, with all attempts "
        f"(default: {PATIENCE_S:g}, or {SIGN_IN_S:g} where a person signs in)",
    )


def connector(arguments: Namespace, output: Output, progress: Progress = no_progress) -> Connect:
    """
    What makes the clients of a command.

    Args:
        arguments: Those of the command.
        output: Where a note says what is waited for.
        progress: Says it instead where somebody looks at it: a note would tear its line.
    """
    # What a retry is about is said by `on_wait`, with control characters escaped; Python would print it as it came.
    logger = logging.getLogger("pygen.client")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())

    def on_wait(text: str) -> None:
        if progress is no_progress:
            output.note(harmless(text))
        else:
            progress(text, 0, None)

    return partial(connect, patience_s=arguments.timeout, on_wait=on_wait)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ArgumentTypeError(f"{text!r} is not a positive number of seconds")
    return seconds
