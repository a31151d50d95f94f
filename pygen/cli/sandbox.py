"""Run a Data Modeling Service on this machine, or look into the data of one."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import Any

from pygen.cli.arguments import HelpOfWidth, add_common
from pygen.cli.output import Output, OutputFormat
from pygen.cli.progress import shown_progress
from pygen.errors import ConfigError, MissingExtraError

__all__ = ["add_arguments", "run"]


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the sub-commands and their options."""
    parser.epilog = "Every ACTION takes --help, --format, --json, -q and -v."
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    serve = commands.add_parser(
        "serve", help="answer requests until stopped", description=_SERVE, formatter_class=HelpOfWidth
    )
    serve.add_argument(
        "--model",
        metavar="PATH",
        type=Path,
        nargs="+",
        default=[],
        help="data models to load: snapshots in the API's form, toolkit folders, GraphQL files; and instances to load",
    )
    serve.add_argument("--mock", metavar="N", type=_count, default=0, help="fill each view with N made-up instances")
    serve.add_argument("--seed", metavar="S", type=int, default=0, help="decides what they look like, and the faults")
    serve.add_argument("--db", metavar="FILE", type=Path, help="keep the data in a file (default: in memory)")
    serve.add_argument("--port", metavar="P", type=int, default=0, help="where to listen (default: any free port)")
    serve.add_argument(
        "--project", metavar="NAME", action="append", help="the name of a project, more than one if repeated"
    )
    serve.add_argument("--token", metavar="TOKEN", help="demand this bearer token (default: take any)")
    serve.add_argument(
        "--fault",
        metavar="JSON",
        action="append",
        default=[],
        help='make things go wrong: \'{"status": 429, "times": 3}\'',
    )
    serve.add_argument("--print-env", action="store_true", help="print CDF_URL, CDF_PROJECT and CDF_TOKEN, too")
    add_common(serve)
    inspect = commands.add_parser(
        "inspect", help="show what a database file holds", description=_INSPECT, formatter_class=HelpOfWidth
    )
    inspect.add_argument("--db", metavar="FILE", type=Path, required=True, help="a file of `pygen sandbox serve --db`")
    add_common(inspect)


_INSPECT = (
    "Show the spaces, the data models and the views of a database file, and how many instances there are of each."
)
_SERVE = "Answer requests until stopped. The line `listening on http://127.0.0.1:PORT` says that requests are answered."


def _count(value: str) -> int:
    if not value.isdecimal():
        raise ArgumentTypeError(f"{value!r} is not a number of instances")
    return int(value)


def run(arguments: Namespace, output: Output) -> int:
    """Do what was asked for."""
    try:
        import uvicorn  # noqa: F401 -- asks only whether it is there
    except ImportError as error:
        raise MissingExtraError("pygen sandbox", extra="sandbox", module=error.name or "uvicorn") from None
    return _inspect(arguments, output) if arguments.action == "inspect" else _serve(arguments, output)


def _serve(arguments: Namespace, output: Output) -> int:
    from pygen.sandbox import Sandbox
    from pygen.sandbox.sandbox import DEFAULT_PROJECT
    from pygen.sandbox.server import listen, serve, url_of

    _log_to_stderr(output)
    faults = [_fault(text) for text in arguments.fault]
    with shown_progress(output) as progress:
        progress("loading models and data", 0, None)
        loaded = Sandbox(
            arguments.model,
            mock=arguments.mock,
            seed=arguments.seed,
            db=arguments.db,
            projects=tuple(dict.fromkeys(arguments.project or [DEFAULT_PROJECT])),
            token=arguments.token,
        )
    with loaded as sandbox:
        sandbox.faults.put(faults)
        bound = listen(arguments.port)
        address = url_of(bound)

        def started() -> None:
            environment = {"CDF_URL": address, "CDF_PROJECT": sandbox.project, "CDF_TOKEN": sandbox.token}
            if output.format is OutputFormat.JSON:
                output.document(
                    {"command": "sandbox serve", "exitCode": 0, "listeningOn": address, "environment": environment}
                )
            else:
                lines = [f"listening on {address}"]
                if arguments.print_env:
                    lines += [f"{name}={value}" for name, value in environment.items()]
                sys.stdout.write("\n".join(lines) + "\n")
            sys.stdout.flush()

        serve(sandbox.service, bound, started)
    return 0


def _inspect(arguments: Namespace, output: Output) -> int:
    from pygen.sandbox.contents import contents
    from pygen.sandbox.store import Store

    if not arguments.db.is_file():
        raise ConfigError(
            "there is no such file", key=f"--db {arguments.db}", hint="pygen sandbox serve --db makes one"
        )
    store = Store(arguments.db)
    try:
        found = contents(store)
    finally:
        store.close()
    for line in found.lines():
        output.result(line)
    output.document({"command": "sandbox inspect", "exitCode": 0, **found.as_json()})
    return 0


def _fault(text: str) -> Any:
    from pydantic_core import from_json

    from pygen.sandbox import Fault
    from pygen.sandbox.problems import Refusal

    try:
        return Fault.read(from_json(text))
    except (ValueError, Refusal) as error:
        raise ConfigError(f"{text} is no fault: {error}", key="--fault") from None


def _log_to_stderr(output: Output) -> None:
    import logging

    level = logging.WARNING if output.quiet else logging.INFO
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("pygen.sandbox").setLevel(level)
