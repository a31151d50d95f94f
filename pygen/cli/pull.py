"""Fetch the data model from CDF into the snapshot, say what changed, and generate."""

from __future__ import annotations

import shlex
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from typing import Any

from pygen.cli.arguments import add_common, add_project, chosen_names, project_config, same_project
from pygen.cli.connecting import add_connection, add_environment, connector
from pygen.cli.generate import generation_document, report_generation
from pygen.cli.output import Output, harmless
from pygen.cli.progress import shown_progress
from pygen.errors import ModelError, PygenError
from pygen.project.config import ProjectConfig
from pygen.project.diff.handing_down import also_in, told_once
from pygen.project.pipeline import generate
from pygen.project.pulling import PullReport, SnapshotChange, pull

__all__ = ["add_arguments", "run"]

_SHOWN = 20


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_project(parser)
    add_environment(parser)
    parser.add_argument("--dry-run", action="store_true", help="show what would change, and write nothing")
    parser.add_argument("--snapshot-only", action="store_true", help="do not generate")
    parser.add_argument(
        "--containers",
        action=BooleanOptionalAction,
        help="fetch the containers, too (default: at the first pull, and where their file exists)",
    )
    add_connection(parser)
    add_common(parser)


def run(arguments: Namespace, output: Output) -> int:
    """Pull, and generate."""
    config = project_config(arguments)
    output.root = config.root
    with shown_progress(output) as progress:
        report = pull(
            config,
            names=chosen_names(arguments),
            environment=arguments.env,
            containers=arguments.containers,
            dry_run=arguments.dry_run,
            connect=connector(arguments, output, progress),
            progress=progress,
        )
    for note in report.skipped:
        output.note(note)
    for snapshot in report.snapshots:
        _show(snapshot, output, dry_run=report.dry_run)
    document: dict[str, Any] = {"command": "pull", "exitCode": 0, **_document(report, arguments.env)}
    if arguments.dry_run or arguments.snapshot_only:
        if arguments.snapshot_only and report.changed:
            output.result(f"next: {_generate_command(arguments)}")
        output.document({**document, "generated": None})
        return 0
    return _generate(config, arguments, document, output)


def _generate(config: ProjectConfig, arguments: Namespace, document: dict[str, Any], output: Output) -> int:
    try:
        generated = generate(config, names=chosen_names(arguments))
    except PygenError as error:
        output.note(f"the snapshot stays as it was pulled; {_generate_command(arguments)} takes it from there")
        if isinstance(error, ModelError):
            output.note("pygen validate lists what is wrong with a model")
        output.error(error, beside={**document, "generated": None})
        return error.exit_code
    report_generation(config, generated, output)
    output.document({**document, "generated": generation_document(generated)})
    return 0


def _generate_command(arguments: Namespace) -> str:
    return shlex.join(["pygen", "generate", *same_project(arguments)])


def _show(snapshot: SnapshotChange, output: Output, *, dry_run: bool) -> None:
    for warning in snapshot.warnings:
        output.warning(harmless(warning))
    place = f"{snapshot.path}: {snapshot.model}"
    if snapshot.first or snapshot.unreadable:
        size = f"{_count(snapshot.views, 'view')}, {_count(snapshot.properties, 'property')}"
        output.result(f"{place}: {'first pull' if snapshot.first else 'replaced'}: {size}")
    elif not snapshot.changed:
        output.result(f"{place}: no change", style="fine")
    elif snapshot.changes:
        output.result(f"{place}: {_count(len(snapshot.changes), 'change')}")
    else:
        output.result(f"{place}: rewritten; nothing that pygen reads has changed")
    told = [(change, 0) for change in snapshot.changes] if output.verbose else told_once(snapshot.changes)
    shown = told if output.verbose else told[:_SHOWN]
    for change, heirs in shown:
        output.result(harmless(f"  {change}{also_in(heirs)}"))  # a line break in a name must not end the line
    if len(shown) < len(told):
        output.result(f"  and {len(told) - len(shown)} more (-v lists them)")
    for file in snapshot.files:
        output.result(f"{'would write' if dry_run else 'wrote'} {file}")


def _count(number: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"


def _document(report: PullReport, environment: str | None) -> dict[str, Any]:
    from pygen.project.diff import change_document

    return {
        "environment": environment,
        "dryRun": report.dry_run,
        "changed": report.changed,
        "snapshots": [
            {
                "path": snapshot.path,
                "sdks": list(snapshot.sdks),
                "dataModel": snapshot.model,
                "views": snapshot.views,
                "properties": snapshot.properties,
                "first": snapshot.first,
                "unreadable": snapshot.unreadable,
                "files": list(snapshot.files),
                "changes": [change_document(change) for change in snapshot.changes],
                "warnings": list(snapshot.warnings),
            }
            for snapshot in report.snapshots
        ],
        "skipped": list(report.skipped),
    }
