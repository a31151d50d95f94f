"""Options that several commands have, and the project that they mean."""

from __future__ import annotations

import os
import shlex
from argparse import ArgumentParser, HelpFormatter, Namespace
from pathlib import Path

from pygen.cli.output import OutputFormat
from pygen.errors import ConfigError
from pygen.project.config import ProjectConfig, SdkConfig, TargetConfig, adhoc_config, load_config

__all__ = [
    "HelpOfWidth",
    "add_common",
    "add_project",
    "chosen_names",
    "model_config",
    "output_config",
    "project_config",
    "repair_command",
    "same_project",
]

_DEFAULT_TARGET = "python"


class HelpOfWidth(HelpFormatter):
    """
    Help as wide as `COLUMNS` says, or the terminal, but no wider than a page.

    argparse would import compression libraries to ask the terminal, for every option that is declared.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_width())


_PAGE = 100


def _width() -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 40:
        return int(columns)
    try:
        return min(os.get_terminal_size(1).columns or _PAGE, _PAGE)
    except OSError:
        return _PAGE


def add_common(parser: ArgumentParser, *, junit: bool = False) -> None:
    """The options of every command; *junit* for one whose result is a list of things that are well or not."""
    formats = [str(name) for name in OutputFormat if junit or name is not OutputFormat.JUNIT]
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--format", choices=formats, default="text", help="output format")
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


def model_config(model: Path) -> ProjectConfig:
    """A project that consists of one model; nothing is written, so its output is only a name."""
    sdk = SdkConfig(name=model.stem, model=model.as_posix(), targets=(TargetConfig("python", "sdk", "sdk"),))
    return ProjectConfig(root=Path.cwd(), file=None, sdks=(sdk,))


def chosen_names(arguments: Namespace) -> list[str] | None:
    """The SDKs that `--sdk` names; None for all of them."""
    names: list[str] | None = arguments.sdk
    return names


def same_project(arguments: Namespace) -> list[str]:
    """The options that make another command mean the same project, and the same of its SDKs."""
    project = ["--project", os.fspath(arguments.project)] if arguments.project is not None else []
    return [*project, *(part for name in chosen_names(arguments) or () for part in ("--sdk", name))]


def repair_command(command: str, arguments: Namespace, config: ProjectConfig) -> str:
    """A command of the pipeline, with the options that make it mean the same project, or the same SDK without one."""
    if arguments.project is not None:
        return f"{command} --project {shlex.quote(str(arguments.project))}"
    if arguments.output is not None:
        output = f"--output {shlex.quote(os.fspath(arguments.output))}"
        if arguments.model is None:
            return f"{command} {output}"
        # With a model, `generate` is asked anew: all that the lock remembers has to be said again.
        (target,) = config.sdks[0].targets
        said = {"--target": target.target if target.target != _DEFAULT_TARGET else None}
        said |= {"--package": target.package if target.package != config.root.name else None}
        said |= {"--client-name": target.client_name}
        options = "".join(f" {option} {shlex.quote(value)}" for option, value in said.items() if value is not None)
        return f"{command} --model {shlex.quote(os.fspath(arguments.model))} {output}{options}"
    return command
