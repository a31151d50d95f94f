"""Tell what is wrong with a data model: every problem, with a code, a place and a hint."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import Counter
from pathlib import Path

from pygen.cli.arguments import add_common, add_project, chosen_names, model_config, project_config
from pygen.cli.output import Output, problem_document
from pygen.errors import ConfigError, Severity
from pygen.project.pipeline import validate

__all__ = ["add_arguments", "run"]


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_project(parser)
    parser.add_argument(
        "--model", metavar="PATH", type=Path, help="a model without a project: a file, or a folder of the toolkit"
    )
    parser.add_argument("--strict", action="store_true", help="exit with 1 on warnings too")
    add_common(parser)


def run(arguments: Namespace, output: Output) -> int:
    """Validate."""
    if arguments.model is not None:
        if arguments.project is not None or arguments.sdk:
            raise ConfigError("names a model without a project", key="--model", hint="leave out --project and --sdk")
        config, names = model_config(arguments.model), None
    else:
        config, names = project_config(arguments), chosen_names(arguments)
    output.root = config.root
    report = validate(config, names=names)
    models = {sdk.name: sdk.model for sdk in config.sdks}
    for sdk in report.sdks:
        output.problems(sdk.problems, path=models[sdk.sdk], harmless=True)
    counts = Counter(problem.severity for sdk in report.sdks for problem in sdk.problems)
    good = report.ok(strict=arguments.strict or any(sdk.strict for sdk in config.sdks))
    summary = ", ".join(f"{counts[kind]} {kind}{'s' * (counts[kind] != 1)}" for kind in Severity if counts[kind])
    output.result(summary or "no problems", style="fine" if good else "error")
    code = 0 if good else 1
    output.document(
        {
            "command": "validate",
            "exitCode": code,
            "problems": [
                {"sdk": sdk.sdk, **problem_document(problem)} for sdk in report.sdks for problem in sdk.problems
            ],
        }
    )
    return code
