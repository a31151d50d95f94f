"""
Print the script that lets a shell complete pygen's commands and options.

docs/cli.md says where each shell wants it. The script asks pygen itself for the names of SDKs, environments and codes.
"""

from __future__ import annotations

import sys
from argparse import SUPPRESS, Action, ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from typing import Any

from pygen.cli.arguments import add_common
from pygen.cli.output import Output, OutputFormat
from pygen.errors import MissingExtraError, PygenError

__all__ = ["add_arguments", "run"]

_SHELLS = ("bash", "zsh", "fish")
_WORDS = ("sdks", "environments", "codes")
_KINDS = {"sdk": "sdks", "env": "environments"}
"""Destination of an option -> the words that complete it, in every command."""
_FILES = ("what", "old", "new")
"""Destinations of arguments that may be files, and other things besides."""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("shell", metavar="SHELL", choices=_SHELLS, help=f"one of {', '.join(_SHELLS)}")
    parser.add_argument("--words", choices=_WORDS, help=SUPPRESS)
    add_common(parser)


def run(arguments: Namespace, output: Output) -> int:
    """Print the script, or what it asks for."""
    if arguments.words is not None:
        for word in _words(arguments.words):
            sys.stdout.write(f"{word}\n")
        return 0
    script = _script(arguments.shell)
    if output.format is not OutputFormat.JSON:
        sys.stdout.write(script)
    output.document({"command": "completion", "exitCode": 0, "shell": arguments.shell, "script": script})
    return 0


def _words(kind: str) -> list[str]:
    """The words of a kind that there are here; a project that cannot be read has none."""
    try:
        if kind == "codes":
            from pygen.cli.manual import read_manual

            return list(read_manual())
        from pygen.project.config import load_config

        config = load_config()
        return [item.name for item in (config.sdks if kind == "sdks" else config.environments)]
    except PygenError:
        return []


def _script(shell: str) -> str:
    from pygen.cli.parsers import whole_parser

    try:
        import shtab
    except ImportError as error:
        raise MissingExtraError("pygen completion", extra="cli", module=error.name or "shtab") from None
    parser = whole_parser()
    for action in _actions(parser):
        completed = _completion(action, files=shtab.FILE, folders=shtab.DIRECTORY)
        if completed is not None:
            action.complete = completed  # type: ignore[attr-defined]  # where shtab looks for it
    script: str = shtab.complete(parser, shell)
    return script


def _actions(parser: ArgumentParser) -> Iterator[Action]:
    """Every argument of a command and of those below it."""
    for action in parser._actions:  # noqa: SLF001 -- argparse tells them nowhere else
        yield action
        if isinstance(action.choices, dict):
            for below in action.choices.values():
                yield from _actions(below)


def _completion(action: Action, *, files: Mapping[str, Any], folders: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What completes the value of an argument: words that pygen knows, files, or folders; None leaves it to shtab."""
    kind = _KINDS.get(action.dest)
    if kind is None and action.dest == "names" and not action.option_strings:
        kind = "codes"
    if kind is not None:
        return _asked(kind)
    if action.metavar == "DIR":
        return folders
    if action.metavar in ("FILE", "PATH") or (action.dest in _FILES and not action.option_strings):
        return files
    return None


def _asked(kind: str) -> dict[str, Any]:
    """Completion by words that pygen is asked for when they are needed: for each shell a call, and the function."""
    name = f"_pygen_{kind}"
    command = "pygen completion {shell} --words " + kind + " 2>/dev/null"
    bash, zsh, fish = (command.format(shell=shell) for shell in _SHELLS)
    return {
        "bash": name,
        "zsh": name,
        "fish": f"({name})",
        "preamble": {
            "bash": f'{name}() {{\n  compgen -W "$({bash})" -- "$1"\n}}\n',
            "zsh": f'{name}() {{\n  local -a found\n  found=(${{(f)"$({zsh})"}})\n  compadd -a found\n}}\n',
            "fish": f"function {name}\n  {fish}\nend\n",
        },
    }
