"""
Set up a project: configuration, build hook, dependencies, git, ruff and pre-commit, and a first snapshot.

On a terminal it asks what it cannot find out; elsewhere it takes the options. What is there is never overwritten
without a question or --force, and --dry-run shows what would be written.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pygen.cli.arguments import add_common
from pygen.cli.connecting import add_connection, connector
from pygen.cli.generate import generation_document, report_generation
from pygen.cli.init_choices import Person, Settlement, decide
from pygen.cli.output import Output
from pygen.cli.progress import shown_progress
from pygen.errors import ConfigError, OutputError, PygenError, RemoteError
from pygen.project.config import ProjectConfig
from pygen.project.setup import Backend, Manager, Proposal, Surroundings, look_around, missing_programs, next_steps

__all__ = ["add_arguments", "run"]

_UNPUBLISHED = (
    "pygen-cdf is on no package index yet: let UV_FIND_LINKS and PIP_FIND_LINKS name a folder with its wheel, or your "
    "project point at a checkout (docs/init.md)"
)


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--project", metavar="DIR", type=Path, help="the project's folder (default: where you are)")
    model = parser.add_argument_group("the data model")
    model.add_argument("--model", metavar="PATH", help="a file or a folder; a file from elsewhere is copied to model/")
    model.add_argument("--remote", metavar="MODEL", help="the data model in CDF: space:ExternalId(version)")
    model.add_argument("--env", metavar="NAME", help="an environment to fetch it from; it gets a table if it has none")
    model.add_argument(
        "--pull", action=BooleanOptionalAction, help="fetch the snapshot now (default: if a connection is described)"
    )
    sdk = parser.add_argument_group("the SDK")
    sdk.add_argument("--output", metavar="DIR", help="the folder of the generated package, relative to the project")
    sdk.add_argument("--target", metavar="NAME", default="python", help="the target (default: python)")
    sdk.add_argument("--package", metavar="NAME", help="its import path (default: from the folder)")
    sdk.add_argument("--client-name", metavar="NAME", help="class name of the client (default: from the data model)")
    sdk.add_argument("--instance-space", metavar="SPACE", help="the space of written instances")
    keeping = sdk.add_mutually_exclusive_group()
    keeping.add_argument(
        "--committed", action="store_true", default=None, help="git keeps the SDK (default, unless it ignores it)"
    )
    keeping.add_argument("--ignored", action="store_false", dest="committed", help="git ignores it; builds make it")
    around = parser.add_argument_group("what surrounds it")
    around.add_argument(
        "--manager",
        choices=[str(manager) for manager in Manager],
        help="what the project is installed with (default: found out)",
    )
    around.add_argument("--hook", action=BooleanOptionalAction, help="the build hook (default: with hatchling)")
    around.add_argument(
        "--pre-commit", action=BooleanOptionalAction, help="an entry for pre-commit (default: in a git repository)"
    )
    parser.add_argument("-y", "--yes", action="store_true", help="ask nothing, take the defaults")
    parser.add_argument("--force", action="store_true", help="replace what is there and says something else")
    parser.add_argument("--dry-run", action="store_true", help="show what would be written, as a diff; write nothing")
    add_connection(parser)
    add_common(parser)


def run(arguments: Namespace, output: Output) -> int:
    """Set up a project."""
    found = look_around(arguments.project, manager=Manager(arguments.manager) if arguments.manager else None)
    person = Person(arguments, output)
    if person.there:
        output.result(f"{found.root.name}: {_described(found)}")
    choices = decide(found, arguments, person)
    settlement = Settlement(arguments, person)
    proposal, choices = settlement.propose(found, choices)
    snapshot = _first_snapshot(proposal, arguments, output)
    if snapshot:
        choices = replace(choices, snapshot={**choices.snapshot, **snapshot})
        proposal, choices = settlement.propose(found, choices)
    document: dict[str, Any] = {
        "command": "init",
        "exitCode": 0,
        "dryRun": arguments.dry_run,
        "written": [_shown(path, found.root) for path in proposal.files],
        "byHand": list(proposal.by_hand),
    }
    if arguments.dry_run:
        _show_difference(proposal, output)
        output.document({**document, "nextSteps": [], "generated": None})
        return 0
    _write(proposal)
    for path in proposal.files:
        output.result(f"wrote {_shown(path, found.root)}")
    return _generate(proposal, arguments, document, output)


def _described(found: Surroundings) -> str:
    if found.is_empty:
        return "no project yet; one is made"
    keeper = f", installed with {found.manager}" if found.backend is not Backend.NONE else ""
    return f"a project with {found.backend}{keeper}"


# ---------------------------------------------------------------------------------------------------------------------
# The first snapshot


def _first_snapshot(proposal: Proposal, arguments: Namespace, output: Output) -> Mapping[str, bytes]:
    """What CDF says, where a snapshot is missing and CDF can be asked."""
    config = proposal.config
    wanted = [
        sdk
        for sdk in config.sdks
        if sdk.remote is not None
        and not config.model_path(sdk).exists()
        and config.model_path(sdk) not in proposal.files
    ]
    if not wanted or arguments.pull is False:
        return {}
    if arguments.pull is None and arguments.env is None and not os.environ.get("CDF_PROJECT"):
        return {}
    try:
        return _fetch(config, wanted, arguments, output)
    except PygenError as error:
        if arguments.pull:
            raise
        if not isinstance(error, ConfigError | RemoteError) and error.exit_code != RemoteError.exit_code:
            raise
        output.warning(f"there is no first snapshot yet: {error}")
        return {}


def _fetch(config: ProjectConfig, sdks: list[Any], arguments: Namespace, output: Output) -> dict[str, bytes]:
    from pygen.project.plain_model import snapshot_bytes
    from pygen.project.remote import fetch

    files: dict[str, bytes] = {}
    with shown_progress(output) as progress, connector(arguments, output, progress)(config, arguments.env) as client:
        for done, sdk in enumerate(sdks):
            progress(f"fetching {sdk.remote.external_id}", done, len(sdks))
            path = Path(sdk.model)
            model = fetch(client, sdk.remote, with_containers=True)
            files[sdk.model] = snapshot_bytes([model.raw], path)
            if model.containers:
                beside = path.with_name(f"{path.stem}.containers{path.suffix}")
                files[beside.as_posix()] = snapshot_bytes(model.containers, beside)
    return files


# ---------------------------------------------------------------------------------------------------------------------
# Showing, writing, generating


def _show_difference(proposal: Proposal, output: Output) -> None:
    from difflib import unified_diff

    for path, content in proposal.files.items():
        name = _shown(path, proposal.found.root)
        before = path.read_bytes().decode("utf-8", "replace") if path.is_file() else None
        after = content.decode("utf-8", "replace")
        lines = unified_diff(
            (before or "").splitlines(),
            after.splitlines(),
            fromfile=f"a/{name}" if before is not None else "/dev/null",
            tofile=f"b/{name}",
            lineterm="",
        )
        listed = list(lines)
        output.result("\n".join(listed) if listed else f"--- /dev/null\n+++ b/{name}")
    for text in proposal.by_hand:
        output.note(text)
    if not proposal.files:
        output.result("nothing to write: the project is set up", style="fine")


def _write(proposal: Proposal) -> None:
    """Write the files, the configuration last: whoever sees it finds the rest."""
    from pygen.project.writing import write_atomically

    root = proposal.found.root
    config = proposal.config.file
    files = sorted(proposal.files, key=lambda path: (path == config, path))
    places = {path: path.resolve() for path in files}  # a link is followed, so that it stays one
    for place in places.values():
        folder = next(parent for parent in place.parents if parent.exists())
        if not folder.is_dir() or not os.access(folder, os.W_OK) or (place.exists() and not os.access(place, os.W_OK)):
            raise OutputError(
                "cannot write: permission denied", paths=[_shown(place, root)], hint="nothing was written", exit_code=2
            )
    for path, place in places.items():
        mode = place.stat().st_mode if place.exists() else None
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(place, proposal.files[path], root, sync=True)
        except OSError as error:
            raise _unwritten(f"cannot write: {error.strerror}", [_shown(place, root)]) from error
        except OutputError as error:
            raise _unwritten(error.message, error.paths) from error
        if mode is not None:
            place.chmod(mode)


def _unwritten(message: str, paths: Sequence[str]) -> OutputError:
    hint = "nothing is torn; run pygen init again when it can be written"
    return OutputError(message, paths=paths, hint=hint, exit_code=2)


def _generate(proposal: Proposal, arguments: Namespace, document: dict[str, Any], output: Output) -> int:
    from pygen.project.pipeline import generate

    config, found = proposal.config, proposal.found
    has_snapshot = all(config.model_path(sdk).exists() for sdk in config.sdks)
    written = {*proposal.files}
    generated = None
    if has_snapshot:
        try:
            generated = generate(config)
        except PygenError as error:
            output.note("the project is set up; pygen generate takes it from there")
            output.error(error, beside={**document, "nextSteps": ["pygen generate"], "generated": None})
            return error.exit_code
        if generated.changed or proposal.files:
            report_generation(config, generated, output)
    written |= _generated_places(proposal)
    changed = bool(proposal.files) or (generated is not None and generated.changed)
    steps = (
        next_steps(
            found,
            has_snapshot=has_snapshot,
            environment=arguments.env or "",
            pre_commit=proposal.pre_commit,
            written=written,
        )
        if changed or not has_snapshot
        else []
    )
    for text in proposal.by_hand:
        output.warning(text)
    if not changed:
        output.result("nothing to do: the project is set up", style="fine")
    if steps:
        output.result("\n".join(["next steps:", *(f"  {step}" for step in steps)]))
        if missing := missing_programs(steps):
            output.note(f"not on PATH here, so install it first: {', '.join(missing)}")
        output.note(_UNPUBLISHED)
    generation = generation_document(generated) if generated is not None else None
    output.document({**document, "nextSteps": steps, "generated": generation})
    return 0


def _generated_places(proposal: Proposal) -> set[Path]:
    """What belongs into git once there is an SDK: the lock, the snapshot with its containers, and the SDK itself."""
    config = proposal.config
    found = {config.lock_file}
    for sdk in config.sdks:
        model = config.model_path(sdk)
        if model.is_relative_to(config.root):
            # Whether containers come along is known once it was pulled.
            found.add(model if model.exists() or model.parent == config.root else model.parent)
        if proposal.committed:
            found.update(config.root / target.output for target in sdk.targets)
    return found


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else os.path.relpath(path, root)
