"""
Tell what is wrong with a project's set-up: each finding with a reason, and with what to do about it.

Warnings do not change the exit code. With --online CDF is asked, too; everything else is offline, and nothing is
written.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from pygen.cli.arguments import add_common
from pygen.cli.connecting import add_connection, add_environment, connector
from pygen.cli.output import Output, OutputFormat
from pygen.errors import ConfigError, RemoteError
from pygen.project.doctor import Diagnosis, Level, Patient, ask_cdf, examine, find_patient

__all__ = ["add_arguments", "run"]


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--project", metavar="DIR", type=Path, help="a folder of the project (default: where you are)")
    parser.add_argument("--online", action="store_true", help="ask CDF for the data models, too")
    add_environment(parser, several=True, beside="--online")
    add_connection(parser)
    add_common(parser)


def run(arguments: Namespace, output: Output) -> int:
    """Examine a project."""
    for option in ("env", "timeout"):
        if getattr(arguments, option) is not None and not arguments.online:
            raise ConfigError("is about the data models in CDF", key=f"--{option}", hint="add --online")
    patient = find_patient(arguments.project)
    found = list(examine(patient))
    asked: list[Diagnosis] = []
    if arguments.online and isinstance(patient, Patient):
        asked = list(ask_cdf(patient.config, arguments.env or [], connector(arguments, output)))
    code = _exit_code(found, asked)
    for diagnosis in [*found, *asked]:
        _show(diagnosis, output)
    errors, warnings = (sum(each.level is level for each in [*found, *asked]) for level in (Level.ERROR, Level.WARNING))
    summary = f"{_count(errors, 'error')}, {_count(warnings, 'warning')}"
    if errors or warnings:
        output.result(summary, style="error" if errors else "warning")
    else:
        output.result("nothing is wrong with this set-up", style="fine")
    output.document(
        {
            "command": "doctor",
            "exitCode": code,
            "project": str(patient.root) if isinstance(patient, Patient) else None,
            "diagnoses": [
                {
                    "name": each.name,
                    "level": str(each.level),
                    "message": each.message,
                    "why": each.why,
                    "remedy": each.remedy,
                    "path": each.path or None,
                }
                for each in [*found, *asked]
            ],
        }
    )
    return code


def _exit_code(found: list[Diagnosis], asked: list[Diagnosis]) -> int:
    if any(each.level is Level.ERROR for each in asked):
        return RemoteError.exit_code
    return 1 if any(each.level is Level.ERROR for each in found) else 0


def _show(diagnosis: Diagnosis, output: Output) -> None:
    if diagnosis.level is Level.FINE:
        output.detail(f"fine: {diagnosis.message}")
        return
    parts = [str(diagnosis)]
    if diagnosis.why:
        parts.append(f"  why: {diagnosis.why}")
    if diagnosis.remedy:
        parts.append(f"  do: {diagnosis.remedy}")
    text = "\n".join(parts)
    if diagnosis.level is Level.ERROR:
        output.finding(text, path=diagnosis.path, title=f"pygen doctor: {diagnosis.name}")
    elif output.format is OutputFormat.GITHUB and diagnosis.level is Level.WARNING:
        output.warning(text)
    else:
        output.result(text)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
