"""
The entry point: finds the command, runs it, and turns what it raises into a line and an exit code.

Exit codes: 0 done, fresh; 1 findings; 2 usage, configuration, input, output, another instance; 3 CDF; 4 internal;
130 interrupted. See docs/cli.md.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from pygen._version import __version__
from pygen.cli.commands import COMMAND_GROUPS, COMMANDS
from pygen.cli.output import Output, OutputFormat
from pygen.errors import PygenError

__all__ = ["main"]

EXIT_USAGE = 2
EXIT_INTERNAL = 4
EXIT_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run the command line.

    Args:
        argv: The arguments without the program's name; None takes those of the process.

    Returns:
        The exit code. Nothing but `SystemExit` of argparse is raised, with exit code 0 or 2.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    output = Output(_requested_format(arguments), verbose="-v" in arguments or "--verbose" in arguments)
    try:
        code = _dispatch(arguments, output)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone (`pygen check | head`); Python would complain again while it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        if sys.stderr.isatty():
            sys.stderr.write("\r")  # over the ^C that the terminal has shown
        output.failure("interrupted", exit_code=EXIT_INTERRUPTED)
        return EXIT_INTERRUPTED
    except PygenError as error:
        output.error(error)
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the edge: whatever it is, it becomes a line and an exit code
        output.internal(error)
        return EXIT_INTERNAL
    return code


def _dispatch(arguments: list[str], output: Output) -> int:
    if not arguments or arguments[0] in ("-h", "--help") or arguments == ["help"]:
        sys.stdout.write(_usage()) if arguments else sys.stderr.write(_usage())
        return 0 if arguments else EXIT_USAGE
    if arguments[0] == "help":
        arguments = [arguments[1], "--help"]
    if arguments[0] in ("--version", "-V"):
        sys.stdout.write(f"pygen {__version__}\n")
        return 0
    name = arguments[0]
    if name not in COMMANDS:
        from difflib import get_close_matches

        close = get_close_matches(name, COMMANDS, n=1)
        kind = "option" if name.startswith("-") else "command"
        hint = f"did you mean pygen {close[0]}?" if close else "pygen --help lists the commands"
        output.failure(f"there is no {kind} {name!r} ({hint})", exit_code=EXIT_USAGE)
        return EXIT_USAGE
    output.command = name
    from pygen.cli.parsers import UsageError, command_parser

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
        lines += ["", f"{heading}:", *(f"  {name:<10} {about}" for name, about in commands.items())]
    return "\n".join(
        [*lines, "", "`pygen COMMAND --help` lists the options of a command; `pygen --version` prints the version.", ""]
    )
