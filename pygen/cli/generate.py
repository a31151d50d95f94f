"""Generate the SDKs of a project, or with --model and --output the SDK of one model without a project."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from pygen.cli.arguments import add_common, add_project, chosen_names, output_config, project_config
from pygen.cli.output import Output, problem_document
from pygen.cli.progress import shown_progress
from pygen.project.config import ProjectConfig
from pygen.project.pipeline import generate
from pygen.project.reports import GenerateReport

__all__ = ["add_arguments", "generation_document", "report_generation", "run"]

_SHOWN = 10


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_project(parser)
    parser.add_argument("--strict", action="store_true", help="treat warnings about the model as errors")
    parser.add_argument("--reset-names", action="store_true", help="forget the names once given, and give all anew")
    parser.add_argument(
        "--force", action="store_true", help="overwrite files in the way that were edited or that pygen did not make"
    )
    alone = parser.add_argument_group("without a project")
    alone.add_argument("--model", metavar="PATH", type=Path, help="the model: a file, or a folder of the toolkit")
    alone.add_argument("--target", metavar="NAME", help="the target, e.g. python")
    alone.add_argument("--output", metavar="DIR", type=Path, help="the folder of the generated package itself")
    alone.add_argument("--package", metavar="NAME", help="its import path (default: the folder's name)")
    alone.add_argument("--client-name", metavar="NAME", help="class name of the client (default: from the data model)")
    add_common(parser)


def run(arguments: Namespace, output: Output) -> int:
    """Generate."""
    without_project = ("model", "output", "target", "package", "client_name")
    if any(getattr(arguments, name) is not None for name in without_project):
        config, names = output_config(arguments), None
    else:
        config, names = project_config(arguments), chosen_names(arguments)
    output.root = config.root
    started = time.perf_counter()
    with shown_progress(output) as progress:
        report = generate(
            config,
            names=names,
            reset_names=arguments.reset_names,
            strict=arguments.strict,
            force=arguments.force,
            progress=progress,
        )
    report_generation(config, report, output)
    output.detail(f"{time.perf_counter() - started:.3f} s")
    output.document({"command": "generate", "exitCode": 0, **generation_document(report)})
    return 0


def report_generation(config: ProjectConfig, report: GenerateReport, output: Output) -> None:
    """Show what a generation did."""
    models = {sdk.name: sdk.model for sdk in config.sdks}
    for sdk in report.problems:
        output.problems(sdk.problems, path=models[sdk.sdk], limit=_SHOWN)
    for path in report.left:
        output.warning(f"{path}: no longer generated, but edited by hand; it stays, and is yours")
    for path in sorted(report.written):
        output.detail(f"wrote {path}")
    for path in report.removed:
        output.detail(f"removed {path}")
    several = len(config.sdks) > 1
    for target in report.targets:
        place = config.root.name if target.output == "." else target.output
        name = f"{target.sdk}, {target.target}" if several else target.target
        done = f"{len(target.written)} of {target.total} files written" if target.written else f"{target.total} files"
        output.result(f"{name}: {place}: {done if target.written else f'fresh ({done})'}")
    if report.removed:
        output.result(f"{len(report.removed)} files removed")


def generation_document(report: GenerateReport) -> dict[str, object]:
    """What a generation did, for programs."""
    return {
        "changed": report.changed,
        "targets": [
            {
                "sdk": target.sdk,
                "target": target.target,
                "output": target.output,
                "written": list(target.written),
                "total": target.total,
            }
            for target in report.targets
        ],
        "removed": list(report.removed),
        "left": list(report.left),
        "lockWritten": report.lock_written,
        "problems": [
            {"sdk": sdk.sdk, **problem_document(problem)} for sdk in report.problems for problem in sdk.problems
        ],
    }
