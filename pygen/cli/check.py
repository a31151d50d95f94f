"""Tell whether generated code is fresh: offline, without writing, in a blink. Exit code 1 when it is not."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pygen.cli.arguments import (
    add_common,
    add_project,
    chosen_names,
    output_config,
    project_config,
    repair_command,
)
from pygen.cli.output import Output, OutputFormat
from pygen.errors import ConfigError
from pygen.project.config import LOCK_NAME, ProjectConfig
from pygen.project.pipeline import check
from pygen.project.reports import CheckReport, Finding, State

__all__ = ["add_arguments", "run"]

_SHOWN = 20
_SHOWN_BY_GITHUB = 10
"""GitHub keeps no more errors of a step than this."""
_NAMED = 3

_Lines = Mapping[tuple[str, str], int]
"""SDK and view -> the line where the model defines the view."""


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
    alone.add_argument("--model", metavar="PATH", type=Path, help="the model (default: the one it was generated from)")
    add_common(parser, junit=True)


def run(arguments: Namespace, output: Output) -> int:
    """Check, and with `--fix` repair."""
    if arguments.strict and not arguments.fix:
        raise ConfigError("is about generating", key="--strict", hint="add --fix, or run pygen validate --strict")
    if arguments.output is not None or arguments.model is not None:
        config, names = output_config(arguments), None
    else:
        config, names = project_config(arguments), chosen_names(arguments)
    output.root = config.root
    report = check(config, names=names, lock_only=True if arguments.lock_only else None)
    for note in report.notes:
        output.note(note)
    if arguments.fix and not report.fresh:
        return _fix(config, names, report, arguments, output)
    repair = repair_command(report.repair, arguments, config)
    lines = _lines_of_views(config, report) if output.format in (OutputFormat.GITHUB, OutputFormat.JSON) else {}
    _show(config, report, repair, lines, output)
    code = 0 if report.fresh else 1
    output.document({"command": "check", "exitCode": code, **_document(report, repair, lines)})
    _report(report, f"to repair: {repair}", output)
    return code


def _fix(
    config: ProjectConfig, names: list[str] | None, before: CheckReport, arguments: Namespace, output: Output
) -> int:
    from pygen.cli.generate import generation_document, report_generation
    from pygen.cli.progress import shown_progress
    from pygen.project.pipeline import generate

    for _, text in _listed(config, before, output):
        output.result(text)
    with shown_progress(output) as progress:
        generated = generate(config, names=names, strict=arguments.strict, progress=progress)
    report_generation(config, generated, output)
    if generated.changed and "PRE_COMMIT" in os.environ:
        output.result("stage what was generated, pygen.lock included, and commit again")
    code = 1 if generated.changed else 0
    output.document({"command": "check", "exitCode": code, "fixed": True, **generation_document(generated)})
    # What was not fresh, and why: the run after this one finds nothing.
    _report(before if generated.changed else before._replace(findings=()), "repaired by --fix", output)
    return code


def _report(report: CheckReport, repair: str, output: Output) -> None:
    if output.format is OutputFormat.JUNIT:
        from pygen.cli.junit import check_report

        output.report(check_report(report, repair=repair, place=output.place))


# ---------------------------------------------------------------------------------------------------------------------
# For people


def _show(config: ProjectConfig, report: CheckReport, repair: str, lines: _Lines, output: Output) -> None:
    if output.format is OutputFormat.GITHUB:
        _annotate(config, report, repair, lines, output)
    else:
        for finding, text in _listed(config, report, output):
            output.finding(text, path=finding.path, title="")
    if report.fresh:
        output.result(f"{', '.join(report.checked)}: fresh" if len(config.sdks) > 1 else "fresh", style="fine")
        return
    if report.edited:
        lost = _named(report.edited)
        output.result(f"careful: --force overwrites what was edited by hand: {lost}", style="warning")
    output.result(f"not fresh; to repair: {repair}", style="error")
    if "PRE_COMMIT" in os.environ:
        output.note("pre-commit sees what is staged: stage the model, pygen.lock and the generated files together")
    elif any(finding.of_target and finding.state is State.MISSING for finding in _grouped(report)):
        output.note(
            "where a build makes the files, check with --lock-only: it compares pygen.lock with the model alone"
        )


def _listed(config: ProjectConfig, report: CheckReport, output: Output) -> Iterator[tuple[Finding, str]]:
    """The findings in words, as many as a person reads."""
    findings = report.findings if output.verbose else _grouped(report)
    said = [(finding, text) for finding in findings for text in _texts(finding, report)]
    shown = said if output.verbose else said[:_SHOWN]
    for finding, text in shown:
        yield finding, f"{finding.sdk}: {text}" if len(config.sdks) > 1 else text
    if len(shown) < len(said):
        rest = said[len(shown) :]
        yield rest[0][0], f"and {_by_state(finding for finding, _ in rest)} (-v lists them)"


def _grouped(report: CheckReport) -> Sequence[Finding]:
    """One finding for an output of which nothing is there, in place of one per file."""
    missing: dict[tuple[str, str], list[Finding]] = {}
    for finding in report.findings:
        if finding.state is State.MISSING and finding.files:
            missing.setdefault((finding.sdk, finding.target), []).append(finding)
    gone = {
        (target.sdk, target.target): target.files
        for target in report.targets
        if len(target.files) > 1 and len(missing.get((target.sdk, target.target), ())) == len(target.files)
    }
    if not gone:
        return report.findings
    kept = [finding for finding in report.findings if (finding.sdk, finding.target) not in gone or not finding.files]
    kept += [finding for finding in report.findings if (finding.sdk, finding.target) in gone and finding.of_target]
    reason = "nothing of what was generated is there"
    kept += [
        Finding(sdk, target, State.MISSING, target, reason, LOCK_NAME, files) for (sdk, target), files in gone.items()
    ]
    return sorted(set(kept))


def _texts(finding: Finding, report: CheckReport) -> Iterator[str]:
    """A finding in words, once for each generated file that has its own line in a list."""
    if finding.of_target or finding.files in ((), (finding.subject,)):
        yield _text(finding, report)
    else:
        for path in finding.files:
            yield f"{finding.state}: {path}: {finding.subject} {finding.reason}"


def _text(finding: Finding, report: CheckReport) -> str:
    """A finding in words, once."""
    if not finding.of_target:
        return str(finding)
    outputs = (target.output for target in report.targets if target[:2] == finding[:2])
    files = f" ({len(finding.files)} files)" if finding.files else ""
    return f"{finding.state}: {next(outputs, finding.subject)}: {finding.reason}{files}"


def _annotate(config: ProjectConfig, report: CheckReport, repair: str, lines: _Lines, output: Output) -> None:
    """Say it beside the files: once per finding, however many files it concerns."""
    findings = report.findings if output.verbose else _grouped(report)
    cut = len(findings) > _SHOWN_BY_GITHUB and not output.verbose
    shown = findings[: _SHOWN_BY_GITHUB - 1] if cut else findings
    for finding in shown:
        text = _text(finding, report)
        said = [f"{finding.sdk}: {text}" if len(config.sdks) > 1 else text]
        if not finding.of_target and finding.files not in ((), (finding.subject,)):
            said.append(f"concerns {_named(finding.files)}")
        path, line = _place(config, finding, lines)
        output.finding(
            "\n".join([*said, f"to repair: {repair}"]), path=path, line=line, title=f"pygen: {finding.state}"
        )
    if cut:
        rest = f"and {_by_state(findings[len(shown) :])} (-v annotates all)"
        output.finding(f"{rest}\nto repair: {repair}", path="", title="pygen: not fresh")


def _place(config: ProjectConfig, finding: Finding, lines: _Lines) -> tuple[str, int]:
    """Where a reader should look: the view in the model, since that is what they changed, else a file."""
    line = lines.get((finding.sdk, finding.subject), 0)
    if not line and finding.files and (config.root / finding.path).is_dir():
        return finding.files[0], 0  # a model of many files
    return finding.path, line


def _lines_of_views(config: ProjectConfig, report: CheckReport) -> _Lines:
    found: dict[tuple[str, str], int] = {}
    for sdk in config.sdks:
        if any(finding.path == sdk.model for finding in report.findings):
            from pygen.project.places import view_lines

            found |= {(sdk.name, view): line for view, line in view_lines(config.model_path(sdk)).items()}
    return found


def _by_state(findings: Iterable[Finding]) -> str:
    counts: dict[State, int] = {}
    for finding in findings:
        counts[finding.state] = counts.get(finding.state, 0) + 1
    return ", ".join(f"{count} more {state}" for state, count in counts.items())


def _named(paths: Sequence[str]) -> str:
    more = len(paths) - _NAMED
    return ", ".join(paths) if more <= 1 else f"{', '.join(paths[:_NAMED])} and {more} more files"


# ---------------------------------------------------------------------------------------------------------------------
# For programs


def _document(report: CheckReport, repair: str, lines: _Lines) -> dict[str, object]:
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
                "line": lines.get((finding.sdk, finding.subject)),
                "files": list(finding.files),
            }
            for finding in report.findings
        ],
        "notes": list(report.notes),
        "repair": None if report.fresh else repair,
        "overwrites": list(report.edited),
    }
