"""Make up instances of a data model: the same for the same seed, related as the model says, as JSON and as CSV."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from pygen.cli.arguments import add_common
from pygen.cli.output import Output
from pygen.cli.progress import shown_progress

__all__ = ["add_arguments", "run"]


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--model",
        metavar="PATH",
        type=Path,
        nargs="+",
        required=True,
        help="data models: snapshots in the API's form, toolkit folders, GraphQL files",
    )
    parser.add_argument("--count", metavar="N", type=_count, default=10, help="instances of each view (default: 10)")
    parser.add_argument("--seed", metavar="S", type=int, default=0, help="decides what they look like (default: 0)")
    parser.add_argument("--space", metavar="NAME", help="where the instances are (default: told by the model)")
    parser.add_argument("--output", metavar="DIR", type=Path, required=True, help="a folder: json/ and csv/ go into it")
    parser.add_argument("--force", action="store_true", help="write into a folder that is not empty")
    add_common(parser)


def _count(value: str) -> int:
    if not value.isdecimal() or int(value) < 1:
        raise ArgumentTypeError(f"{value!r} is no whole number of at least 1")
    return int(value)


def run(arguments: Namespace, output: Output) -> int:
    """Make them up and write them."""
    from pygen.sandbox.mock_files import write_mock_files

    with shown_progress(output) as progress:
        progress("making up instances", 0, None)
        written = write_mock_files(
            arguments.model,
            arguments.output,
            count=arguments.count,
            seed=arguments.seed,
            space=arguments.space,
            force=arguments.force,
        )
    for file in written:
        output.detail(f"{file.path}: {file.instances}")
    total = sum(file.instances for file in written if file.path.suffix == ".json")
    output.result(f"{total} instances in {len(written)} files of {arguments.output}", style="fine")
    output.document(
        {
            "command": "mock",
            "exitCode": 0,
            "files": [{"path": file.path.as_posix(), "instances": file.instances} for file in written],
        }
    )
    return 0
