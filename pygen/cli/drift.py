"""Tell whether the data model in CDF is still that of the project. Exit code 1 when it is not; nothing is written."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from pygen.cli.arguments import add_common, add_project, chosen_names, project_config
from pygen.cli.connecting import add_connection, add_environment, connector
from pygen.cli.output import Output, OutputFormat, harmless
from pygen.cli.progress import shown_progress
from pygen.errors import ConfigError
from pygen.project.diff.handing_down import also_in, told_once
from pygen.project.drifting import Drift, DriftReport, drift, severities

__all__ = ["add_arguments", "run"]

_SHOWN = 20


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_project(parser)
    add_environment(parser, several=True)
    parser.add_argument(
        "--markdown", action="store_true", help="print a summary for a pull request or $GITHUB_STEP_SUMMARY"
    )
    add_connection(parser)
    add_common(parser)


def run(arguments: Namespace, output: Output) -> int:
    """Compare."""
    if arguments.markdown and output.format is not OutputFormat.TEXT:
        raise ConfigError("is a format of its own", key="--markdown", hint=f"leave out --format {output.format}")
    config = project_config(arguments)
    output.root = config.root
    with shown_progress(output) as progress:
        report = drift(
            config,
            names=chosen_names(arguments),
            environments=arguments.env or (),
            connect=connector(arguments, output, progress),
            progress=progress,
        )
    for note in report.skipped:
        output.note(note)
    if arguments.markdown:
        _show_markdown(report, output)
    else:
        for each in report.drifts:
            _show(each, output, several=len({found.sdk for found in report.drifts}) > 1)
    output.document(_document(report))
    return report.exit_code


def _show_markdown(report: DriftReport, output: Output) -> None:
    from pygen.cli.drift_markdown import drift_markdown

    for each in report.drifts:
        if each.error is not None:  # stdout is a file that nobody looks at while this runs
            output.warning(harmless(f"{each.asked}: {each.error}"))
    output.finding(drift_markdown(report), path="", title="")  # it was asked for, also with -q


def _show(found: Drift, output: Output, *, several: bool) -> None:
    label = f"{found.asked}, {found.sdk}" if several else found.asked
    if found.error is not None:
        said = harmless(f"{label}: no answer: {found.error}")
        output.finding(said, path=found.path, title="pygen drift: no answer")
        return
    told = [(change, 0) for change in found.changes] if output.verbose else told_once(found.changes)
    shown = told if output.verbose or output.format is OutputFormat.GITHUB else told[:_SHOWN]
    for change, heirs in shown:
        beside = " (not generated)" if change.view in found.not_generated else ""
        said = harmless(f"{label}: {change}{also_in(heirs)}{beside}")  # a line break in a name must not end the line
        output.finding(said, path=found.path, title=f"pygen drift: {change.code}")
    if len(shown) < len(told):
        more = f"{label}: and {len(told) - len(shown)} more (-v lists them)"
        output.finding(more, path=found.path, title="pygen drift")
    if found.changes:
        output.result(f"{label}: {found.model} differs from {found.path}: {severities(found)}", style="error")
    else:
        output.result(f"{label}: {found.model} is the same as {found.path}", style="fine")


def _document(report: DriftReport) -> dict[str, Any]:
    from pygen.project.diff import change_document

    return {
        "command": "drift",
        "exitCode": report.exit_code,
        "drifts": [
            {
                "sdk": found.sdk,
                "path": found.path,
                "environment": found.environment,
                "project": found.project,
                "dataModel": found.model,
                "same": None if found.error is not None else found.same,
                "changes": [
                    {**change_document(change), "generated": change.view not in found.not_generated}
                    for change in found.changes
                ],
                "error": None
                if found.error is None
                else {"type": type(found.error).__name__, "message": str(found.error)},
            }
            for found in report.drifts
        ],
        "skipped": list(report.skipped),
    }
