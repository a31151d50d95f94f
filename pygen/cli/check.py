"""Tell whether generated code is fresh: offline, without writing, in a blink. Exit code 1 when it is not."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from pygen.cli.arguments import (
    add_common,
    add_project,
    chosen_names,
    output_config,
    project_config,
    repair_command,
)
from pygen.cli.output import Output
from pygen.project.config import ProjectConfig
from pygen.project.pipeline import check
from pygen.project.reports import CheckReport

__all__ = ["add_arguments", "run"]

_SHOWN = 20


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_project(parser)
    depth = parser.add_mutually_exclusive_group()
    depth.add_argument(
        "--lock-only", action="store_true", help="compare pygen.lock with the model and the options, not with the files"
    )
    depth.add_argument(
        "--fix", action="store_true", help="generate what is not fresh; exit code 1 if that changed something"
    )
    parser.add_argument("--strict", action="store_true", help="with --fix: treat warnings about the model as errors")
    alone = parser.add_argument_group("without a project")
    alone.add_argument("--output", metavar="DIR", type=Path, help="the folder of a package generated with --output")
    alone.add_argument("--model", metavar="FILE", type=Path, help="the model (default: the one it was generated from)")
    add_common(parser)


def run(arguments: Namespace, output: Output) -> int:
    """Check, and with `--fix` repair."""
    if arguments.output is not None or arguments.model is not None:
        config, names = output_config(arguments), None
    else:
        config, names = project_config(arguments), chosen_names(arguments)
    report = check(config, names=names, lock_only=True if arguments.lock_only else None)
    for note in report.notes:
        output.note(note)
    if arguments.fix and not report.fresh:
        return _fix(config, names, arguments, output)
    repair = repair_command(report.repair, arguments)
    _show(config, report, repair, output)
    code = 0 if report.fresh else 1
    output.document({"command": "check", "exitCode": code, **_document(report, repair)})
    return code


def _fix(config: ProjectConfig, names: list[str] | None, arguments: Namespace, output: Output) -> int:
    from pygen.cli.generate import generation_document, report_generation
    from pygen.project.pipeline import generate

    generated = generate(config, names=names, strict=arguments.strict)
    report_generation(config, generated, output)
    code = 1 if generated.changed else 0
    output.document({"command": "check", "exitCode": code, "fixed": True, **generation_document(generated)})
    return code


def _show(config: ProjectConfig, report: CheckReport, repair: str, output: Output) -> None:
    several = len(config.sdks) > 1
    shown = report.findings if output.verbose else report.findings[:_SHOWN]
    for finding in shown:
        text = f"{finding.sdk}: {finding}" if several else str(finding)
        output.finding(text, path=finding.path, title=f"pygen: {finding.state}")
    hidden = len(report.findings) - len(shown)
    if hidden:
        output.result(f"and {hidden} more (-v lists them)")
    if report.fresh:
        output.result(f"{', '.join(report.checked)}: fresh" if several else "fresh", style="fine")
    else:
        output.result(f"not fresh; to repair: {repair}", style="error")


def _document(report: CheckReport, repair: str) -> dict[str, object]:
    return {
        "fresh": report.fresh,
        "checked": list(report.checked),
        "findings": [
            {
                "sdk": finding.sdk,
                "target": finding.target or None,
                "state": str(finding.state),
                "subject": finding.subject,
                "reason": finding.reason,
                "path": finding.path,
            }
            for finding in report.findings
        ],
        "notes": list(report.notes),
        "repair": None if report.fresh else repair,
    }
