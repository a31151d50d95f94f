"""
Tell what changed between two data models, and what that breaks. Exit code 1 when something does.

Each of OLD and NEW is a model's path, git:REVISION (the project's model as it was), git:REVISION:PATH (another file or
folder of the repository), live or live:ENVIRONMENT (the data model in CDF).
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from pygen.cli.arguments import add_common, add_project, chosen_names, project_config
from pygen.cli.connecting import add_connection, connector
from pygen.cli.output import Output, OutputFormat, harmless
from pygen.cli.progress import shown_progress
from pygen.errors import ConfigError, Severity
from pygen.project.config import DEFAULT_SDK, ProjectConfig, is_project
from pygen.project.diff import Change, ChangeSeverity, Effect, change_document
from pygen.project.diff.diffing import DiffReport, FailOn, ModelDiff, diff
from pygen.project.diff.handing_down import also_in, told_once
from pygen.project.diff.origins import PROJECT, Origin, parse_origin
from pygen.project.diff.releasing import changelog, kind_beside, owner_of
from pygen.project.diff.summary import markdown_summary

__all__ = ["add_arguments", "run"]

_STYLES = {ChangeSeverity.BREAKING: "error", ChangeSeverity.RISKY: "warning", ChangeSeverity.SAFE: "fine"}
_LEVELS = {
    ChangeSeverity.BREAKING: Severity.ERROR,
    ChangeSeverity.RISKY: Severity.WARNING,
    ChangeSeverity.SAFE: Severity.INFO,
}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("old", metavar="OLD", nargs="?", help="the old model (default: git:HEAD)")
    parser.add_argument("new", metavar="NEW", nargs="?", help="the new model (default: the project's)")
    parser.add_argument(
        "--fail-on",
        choices=[str(value) for value in FailOn],
        default=str(FailOn.BREAKING),
        help="the least severity that makes the exit code 1 (default: breaking)",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--changelog", action="store_true", help="print a changelog in Markdown, for users of the SDK")
    form.add_argument("--markdown", action="store_true", help="print a summary for a pull request")
    add_project(parser)
    add_connection(parser)
    add_common(parser)


def run(arguments: Namespace, output: Output) -> int:
    """Compare."""
    for option in ("changelog", "markdown"):
        if getattr(arguments, option) and output.format is not OutputFormat.TEXT:
            raise ConfigError("is a format of its own", key=f"--{option}", hint=f"leave out --format {output.format}")
    old = parse_origin(arguments.old if arguments.old is not None else "git:HEAD")
    new = parse_origin(arguments.new) if arguments.new is not None else PROJECT
    config = _config(arguments, old, new)
    if config is not None and new is PROJECT:
        output.root = config.root
    with shown_progress(output) as progress:
        report = diff(
            old,
            new,
            config=config,
            names=chosen_names(arguments),
            connect=connector(arguments, output, progress),
            progress=progress,
        )
    for note in report.notes:
        output.note(note)
    fail_on = FailOn(arguments.fail_on)
    if arguments.changelog or arguments.markdown:  # they were asked for, also with -q
        text = "\n\n".join(_changelogs(report)) if arguments.changelog else markdown_summary(report.diffs)
        output.finding(text, path="", title="")
    else:
        for each in report.diffs:
            _show(each, output, fail_on)
    code = report.exit_code(fail_on)
    output.document({"command": "diff", "exitCode": code, **_document(report)})
    return code


def _config(arguments: Namespace, old: Origin, new: Origin) -> ProjectConfig | None:
    """The project; none where both models are named and nobody works in one: only its list of what to ignore counts."""
    needed = old.is_of_project or new.is_of_project or arguments.project is not None or arguments.sdk
    return project_config(arguments) if needed or is_project(Path.cwd()) else None


def _changelogs(report: DiffReport) -> list[str]:
    several = len(report.diffs) > 1
    return [
        f"## {each.sdk}\n\n{changelog(each.changes)}" if several else changelog(each.changes) for each in report.diffs
    ]


# ---------------------------------------------------------------------------------------------------------------------
# For people


def _show(found: ModelDiff, output: Output, fail_on: FailOn) -> None:
    label = f"{found.sdk}: " if found.sdk not in ("", DEFAULT_SDK) else ""
    if output.format is OutputFormat.GITHUB:
        _annotate(found, output)
    elif output.quiet:
        for change in found.changes:
            if fail_on.includes(change.severity):
                output.finding(harmless(f"{label}{change}"), path=found.path, title=change.code)
        return
    else:
        output.result(f"{label}{found.old} -> {found.new}")
        _show_changes(found, output)
    counted = ", ".join(f"{count} {severity}" for severity, count in found.counts.items()) or "no changes"
    ignored = f"; {len(found.ignored)} ignored" if found.ignored else ""
    hint = f"; the SDK's next version: {found.version_hint}" if found.changes else ""
    worst = min((change.severity for change in found.changes), key=lambda severity: severity.rank, default=None)
    output.result(f"{label}{counted}{ignored}{hint}", style=_STYLES[worst] if worst is not None else "fine")


def _show_changes(found: ModelDiff, output: Output) -> None:
    owner = ""
    told = [(change, 0) for change in found.changes] if output.verbose else told_once(found.changes)
    for change, heirs in told:
        if owner != (owner := f"{owner_of(change)}{kind_beside(change)}"):
            output.result(harmless(owner))  # a line break in a name must not begin a line
        _show_change(change, output, heirs=heirs)
    for change in found.ignored:
        output.detail(harmless(f"ignored: {change}"))


def _show_change(change: Change, output: Output, *, heirs: int) -> None:
    name = f"{change.property} " if change.property else ""
    also = also_in(heirs)
    severity = f"{change.severity:<8}"
    output.pieces(
        [("  ", ""), (severity, _STYLES[change.severity]), (f" {change.code} {name}{change.message}{also}", "")]
    )
    if output.verbose:
        effects = [f"{who} {effect}" for who, effect in change.rule.effects.items() if effect is not Effect.NONE]
        output.detail(f"           {', '.join(effects)}")
        if change.rule.advice:
            output.detail(f"           to do: {change.rule.advice}")


def _annotate(found: ModelDiff, output: Output) -> None:
    from pygen.project.places import view_lines

    lines = view_lines(Path(output.root or ".", found.path)) if found.path else {}
    for change, heirs in told_once(found.changes):
        output.annotation(
            _LEVELS[change.severity],
            f"{change}{also_in(heirs)}",
            path=found.path,
            title=f"{change.code}: {change.rule.title}",
            line=lines.get(change.view, 0),
        )


# ---------------------------------------------------------------------------------------------------------------------
# For programs


def _document(report: DiffReport) -> dict[str, Any]:
    return {
        "diffs": [
            {
                "sdk": each.sdk or None,
                "old": each.old,
                "new": each.new,
                "versionHint": str(each.version_hint),
                "counts": each.counts,
                "changes": [change_document(change) for change in each.changes],
                "ignored": [change_document(change) for change in each.ignored],
            }
            for each in report.diffs
        ],
        "notes": list(report.notes),
    }
