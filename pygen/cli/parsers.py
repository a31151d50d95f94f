"""
The parsers of the command line: that of one command, and the tree of all.

A command that runs builds its own parser and no other, which is most of what keeps a check short.
"""

from __future__ import annotations

from argparse import ArgumentParser
from importlib import import_module
from typing import NoReturn

from pygen._version import __version__
from pygen.cli.arguments import HelpOfWidth
from pygen.cli.commands import COMMANDS
from pygen.errors import PygenError

__all__ = ["CommandParser", "UsageError", "command_parser", "whole_parser"]


class UsageError(PygenError):
    """
    The command line cannot be parsed.

    Attributes:
        message: What is wrong with it.
        usage: How the command is called.
    """

    exit_code = 2

    def __init__(self, message: str, *, usage: str = "") -> None:
        self.message = message
        self.usage = usage
        super().__init__(message, usage)

    def __str__(self) -> str:
        return self.message


class CommandParser(ArgumentParser):
    """A parser that raises what is wrong, so that it is said in the format that was asked for."""

    def __init__(self, prog: str | None = None, **options: object) -> None:
        defaults: dict[str, object] = {"allow_abbrev": False, "formatter_class": HelpOfWidth}
        super().__init__(prog, **(defaults | options))  # type: ignore[arg-type]  # as argparse has them

    def error(self, message: str) -> NoReturn:
        """
        Refuse the command line.

        Raises:
            UsageError: Always.
        """
        raise UsageError(message, usage=self.format_usage())


def command_parser(name: str) -> CommandParser:
    """The parser of one command; loads its module and no other command's."""
    command = import_module(f"pygen.cli.{name}")
    parser = CommandParser(f"pygen {name}", description=command.__doc__)
    command.add_arguments(parser)
    return parser


def whole_parser() -> CommandParser:
    """The parser of all commands: what a shell completes by. It loads every one of them."""
    parser = CommandParser("pygen", description="Make a Cognite Data Fusion data model part of your build.")
    parser.add_argument("-V", "--version", action="version", version=f"pygen {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, about in COMMANDS.items():
        command = import_module(f"pygen.cli.{name}")
        command.add_arguments(commands.add_parser(name, help=about, description=about))
    return parser
