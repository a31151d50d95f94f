"""Options that several commands have, and the project that they mean."""

from __future__ import annotations

import os
import shlex
from argparse import ArgumentParser, HelpFormatter, Namespace
from pathlib import Path

from pygen.cli.output import OutputFormat
from pygen.errors import ConfigError
from pygen.project.config import ProjectConfig, adhoc_config, load_config

__all__ = [
    "HelpOfWidth",
    "add_common",
    "add_project",
    "chosen_names",
    "output_config",
    "project_config",
    "repair_command",
]

_DEFAULT_TARGET = "python"


class HelpOfWidth(HelpFormatter):
    """
    Help as wide as `COLUMNS` says, or the width of a page.

    argparse asks the terminal, and imports compression libraries on the way, for every option it declares.
    """

    def __init__(self, prog: str) -> None:
        columns = os.environ.get("COLUMNS", "")
        super().__init__(prog, width=int(columns) if columns.isdecimal() and int(columns) > 40 else 100)


def add_common(parser: ArgumentParser) -> None:
    """The options of every command."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--format", choices=[str(name) for name in OutputFormat], default="text", help="output format")
    form.add_argument("--json", dest="format", action="store_const", const="json", help="short for --format json")
    loudness = parser.add_mutually_exclusive_group()
    loudness.add_argument("-q", "--quiet", action="store_true", help="print problems only")
    loudness.add_argument("-v", "--verbose", action="store_true", help="print more; tracebacks of internal errors")


def add_project(parser: ArgumentParser) -> None:
    """The options that say which project, and which of its SDKs."""
    parser.add_argument("--project", metavar="DIR", type=Path, help="a folder of the project (default: where you are)")
    parser.add_argument("--sdk", metavar="NAME", action="append", help="only this SDK; may be given several times")


def project_config(arguments: Namespace) -> ProjectConfig:
    """
    The project that `--project` names, or that the working directory is in.

    Raises:
        ConfigError: There is none, or its configuration is wrong.
    """
    return load_config(arguments.project)


def output_config(arguments: Namespace) -> ProjectConfig:
    """
    The configuration of an SDK without a project.

    Raises:
        ConfigError: Options are missing, wrong, or for a project.
    """
    for option in ("project", "sdk"):
        if getattr(arguments, option, None):
            raise ConfigError("is for a project", key=f"--{option}", hint="leave it out beside --model and --output")
    output: Path | None = arguments.output
    if output is None:
        raise ConfigError("is missing", key="--output", hint="the folder of the generated package")
    package, client_name, target = (getattr(arguments, name, None) for name in ("package", "client_name", "target"))
    if arguments.model is None or not hasattr(arguments, "target"):
        for option, value in (("--package", package), ("--client-name", client_name), ("--target", target)):
            if value is not None:
                raise ConfigError("is missing", key="--model", hint=f"{option} is for a new SDK")
        from pygen.project.adhoc import recorded_config

        return recorded_config(output, model=arguments.model)
    return adhoc_config(arguments.model, target or _DEFAULT_TARGET, output, package, client_name)


def chosen_names(arguments: Namespace) -> list[str] | None:
    """The SDKs that `--sdk` names; None for all of them."""
    names: list[str] | None = arguments.sdk
    return names


def repair_command(command: str, arguments: Namespace) -> str:
    """A command of the pipeline, with the options that make it mean the same project."""
    if arguments.project is not None:
        return f"{command} --project {shlex.quote(str(arguments.project))}"
    if arguments.output is not None:
        model = f" --model {shlex.quote(os.fspath(arguments.model))}" if arguments.model is not None else ""
        return f"{command}{model} --output {shlex.quote(os.fspath(arguments.output))}"
    return command
