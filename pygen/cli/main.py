"""
The entry point: finds the command, runs it, and turns what it raises into a line and an exit code.

Exit codes: 0 done, fresh; 1 findings; 2 usage, configuration, input, output, another instance; 3 CDF; 4 internal;
130 interrupted. See docs/cli.md.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module

from pygen._version import __version__
from pygen.cli.commands import COMMAND_GROUPS, COMMANDS
from pygen.cli.output import Output, OutputFormat
from pygen.errors import PygenError

__all__ = ["main"]

EXIT_USAGE = 2
EXIT_INTERNAL = 4
EXIT_INTERRUPTED = 130

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run the command line.

    Args:
        argv: The arguments without the program's name; None takes those of the process.

    Returns:
        The exit code. Nothing but `SystemExit` of argparse is raised, with exit code 0 or 2.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    _open_closed_streams()
    output = Output(_requested_format(arguments), verbose="-v" in arguments or "--verbose" in arguments)
    try:
        code = _answer(arguments, output)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has gone (`pygen check | head`)
        _discard_stdout()
        return 1
    except OSError as error:  # what is printed goes to a disk that is full
        _discard_stdout()
        with suppress(OSError):
            sys.stderr.write(f"pygen: error: cannot write: {error.strerror}\n")
        return EXIT_USAGE
    return code


def _answer(arguments: list[str], output: Output) -> int:
    """
    Run a command, and say what stopped it.

    Raises:
        OSError: The answer cannot be written, nor could an error.
    """
    try:
        return _dispatch(arguments, output)
    except BrokenPipeError:
        raise
    except KeyboardInterrupt:
        if sys.stderr.isatty():
            sys.stderr.write("\r")  # over the ^C that the terminal has shown
        interruption = {"type": "Interrupted", "message": "interrupted"}
        output.failure("interrupted", exit_code=EXIT_INTERRUPTED, document=interruption)
        return EXIT_INTERRUPTED
    except PygenError as error:
        output.error(error)
        return error.exit_code
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            raise
        output.internal(error)
        return EXIT_INTERNAL


def _open_closed_streams() -> None:
    """Where somebody closed a stream (`pygen check >&-`), Python has None for it; what is printed goes nowhere then."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 -- as long as we live


def _discard_stdout() -> None:
    """Python would complain once more while it closes the stream."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _dispatch(arguments: list[str], output: Output) -> int:
    if not arguments or arguments[0] in ("-h", "--help") or arguments == ["help"]:
        sys.stdout.write(_usage()) if arguments else sys.stderr.write(_usage())
        return 0 if arguments else EXIT_USAGE
    if arguments[0] == "help":
        arguments = [arguments[1], "--help"]
    if arguments[0] in ("--version", "-V"):
        sys.stdout.write(f"pygen {__version__}\n")
        return 0
    from pygen.cli.parsers import UsageError, command_parser

    name = arguments[0]
    if name not in COMMANDS:
        from difflib import get_close_matches

        close = get_close_matches(name, COMMANDS, n=1)
        kind, hint = ("option", "options follow a command") if name.startswith("-") else ("command", "")
        hint = f"did you mean pygen {close[0]}?" if close else hint or "pygen --help lists the commands"
        raise UsageError(f"there is no {kind} {name!r} ({hint})")
    output.command = name
    command = import_module(f"pygen.cli.{name}")
    try:
        parsed = command_parser(name).parse_args(arguments[1:])
    except UsageError as error:
        output.usage(error.usage)
        raise
    output.quiet, output.verbose = parsed.quiet, parsed.verbose
    code: int = command.run(parsed, output)
    return code


def _requested_format(arguments: Sequence[str]) -> OutputFormat:
    """The value of `--format`, before the arguments are parsed: errors on the way are in that format too."""
    if "--json" in arguments:
        return OutputFormat.JSON
    for argument, value in zip(arguments, [*arguments[1:], ""], strict=False):
        wanted = value if argument == "--format" else argument.removeprefix("--format=")
        if argument.startswith("--format") and wanted in ("json", "github", "junit"):
            return OutputFormat(wanted)
    return OutputFormat.TEXT


def _usage() -> str:
    lines = ["usage: pygen COMMAND [OPTIONS]", "", "Make a Cognite Data Fusion data model part of your build."]
    for heading, commands in COMMAND_GROUPS.items():
        lines += ["", f"{heading}:", *(f"  {name:<11} {about}" for name, about in commands.items())]
    return "\n".join(
        [*lines, "", "`pygen COMMAND --help` lists the options of a command; `pygen --version` prints the version.", ""]
    )
