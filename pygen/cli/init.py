"""
Set up a project: configuration, build hook, dependencies, git, ruff and pre-commit, and a first snapshot.

On a terminal it asks what it cannot find out; elsewhere it takes the options. What is there is never overwritten
without a question or --force, and --dry-run shows what would be written.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from pygen.cli.arguments import add_common
from pygen.cli.connecting import add_connection, connector
from pygen.cli.generate import generation_document, report_generation
from pygen.cli.output import Output, OutputFormat
from pygen.cli.progress import shown_progress
from pygen.errors import ConfigError, ModelError, OutputError, PygenError, RemoteError
from pygen.project.config import ProjectConfig, RemoteConfig
from pygen.project.setup import (
    Backend,
    Choices,
    Conflict,
    Manager,
    Proposal,
    Surroundings,
    default_model,
    default_output,
    look_around,
    next_steps,
    propose,
)

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
    person = _Person(arguments, output)
    if person.there:
        output.result(f"{found.root.name}: {_described(found)}")
    choices = _decide(found, arguments, person)
    settlement = _Settlement(arguments, person)
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
# Deciding


class _Person:
    """Whoever sits at the terminal, if somebody does."""

    def __init__(self, arguments: Namespace, output: Output) -> None:
        self._output = output
        self.there = (
            not (arguments.yes or arguments.quiet)
            and output.format is OutputFormat.TEXT
            and sys.stdin.isatty()
            and sys.stdout.isatty()
        )

    def ask(self, question: str, default: str | None) -> str:
        """A text; Enter takes the default, where there is one."""
        while True:
            self._output.result(f"{question} [{default}]" if default is not None else question)
            answer = self._line()
            if answer or default is not None:
                return answer or default or ""

    def agrees(self, question: str, *, default: bool) -> bool:
        """Yes or no."""
        while True:
            self._output.result(f"{question} [{'Y/n' if default else 'y/N'}]")
            answer = self._line().lower()
            if answer in ("", "y", "yes", "n", "no"):
                return answer.startswith("y") if answer else default

    def _line(self) -> str:
        try:
            return input("> ").strip()
        except EOFError:
            raise KeyboardInterrupt from None


def _decide(found: Surroundings, arguments: Namespace, person: _Person) -> Choices:
    choices = Choices(
        remote=_remote(arguments.remote) if arguments.remote is not None else None,
        output=_relative_output(arguments.output),
        package=arguments.package,
        client_name=arguments.client_name,
        instance_space=arguments.instance_space,
        target=arguments.target,
        hook=arguments.hook,
        pre_commit=arguments.pre_commit,
        committed=arguments.committed,
    )
    if arguments.env is not None:
        choices = replace(choices, environments=(arguments.env,))
    choices = _with_model(found, choices, arguments, person)
    if found.config is not None:
        return choices
    if choices.output is None:
        suggested = default_output(found)
        if person.there:
            choices = replace(
                choices, output=_relative_output(person.ask("Folder of the generated package", suggested))
            )
        elif suggested is None:
            raise ConfigError(
                "is missing", key="--output", hint="the folder of the generated package, e.g. src/app/sdk"
            )
        else:
            choices = replace(choices, output=suggested)
    return _with_habits(found, choices, person) if person.there else choices


def _with_habits(found: Surroundings, choices: Choices, person: _Person) -> Choices:
    """What only matters in a repository, and to a build with a hook."""
    builds = found.is_empty or found.backend is Backend.HATCHLING
    if choices.committed is None and found.git_root is not None and builds and choices.hook is not False:
        keeps = person.agrees("Shall git keep the generated SDK? (no: every build makes it)", default=True)
        choices = replace(choices, committed=keeps)
    if choices.pre_commit is None and found.git_root is not None:
        wanted = person.agrees("Shall pre-commit check that the SDK is fresh?", default=True)
        choices = replace(choices, pre_commit=wanted)
    return choices


def _with_model(found: Surroundings, choices: Choices, arguments: Namespace, person: _Person) -> Choices:
    said: str | None = arguments.model
    if said is None and found.config is None and choices.remote is None:
        if len(found.models) == 1 and not person.there:
            said = found.models[0]
        elif person.there:
            question = "Data model: a file, a folder of the toolkit, or space:ExternalId(version) in CDF"
            said = person.ask(question, found.models[0] if found.models else None)
        elif found.models:
            raise ConfigError("is missing", key="--model", hint=f"several are here: {', '.join(found.models)}")
        else:
            raise ConfigError(
                "is missing",
                key="--model",
                hint="a file or a folder; or --remote space:ExternalId(version), the data model in CDF",
            )
        if _is_remote(said) and not (found.root / said).exists():
            choices, said = replace(choices, remote=_remote(said)), None
    if said is not None:
        return _at_home(found, said, choices)
    if choices.remote is not None and found.config is None:
        return replace(choices, model=default_model(choices.remote.external_id))
    return choices


def _at_home(found: Surroundings, said: str, choices: Choices) -> Choices:
    """A model that was named: where it lies in the project, or the copy of it that will."""
    path = Path(said)
    if not path.exists() and (found.root / said).exists():
        path = found.root / said
    if not path.exists():
        if choices.remote is None:
            raise ConfigError("there is no such file or folder", key="--model", hint=said)
        return replace(choices, model=Path(said).as_posix())
    from pygen.sources.files import is_toolkit, source_files

    resolved = path.resolve()
    if resolved == found.root:
        raise ConfigError("is the project's own folder", key="--model", hint="name a folder in it")
    if resolved.is_relative_to(found.root):
        _refuse_unreadable(resolved)
        return replace(choices, model=resolved.relative_to(found.root).as_posix())
    if is_toolkit(resolved):
        raise ConfigError(
            "a folder of the toolkit has to lie in the project", key="--model", hint="copy it, say to toolkit/"
        )
    _refuse_unreadable(resolved)
    snapshot = {f"model/{file.name}": file.read_bytes() for file in source_files(resolved)}
    return replace(choices, model=f"model/{resolved.name}", snapshot=snapshot)


def _refuse_unreadable(path: Path) -> None:
    """What is no model at all is refused; one with problems is a model, and they are said when it is generated."""
    from pygen.sources import load_raw

    with suppress(ModelError):
        load_raw(path)


def _is_remote(text: str) -> bool:
    return text.endswith(")") and ":" in text.partition("(")[0]


def _remote(text: str) -> RemoteConfig:
    from pygen.project.keys import REMOTE_KEYS

    names, opened, version = text.strip().partition("(")
    space, colon, external_id = names.partition(":")
    remote = RemoteConfig(space, external_id, version.removesuffix(")"))
    if not (opened and colon and version.endswith(")")):
        raise ConfigError(f"{text!r} is not space:ExternalId(version)", key="--remote", hint="mind the shell: quote it")
    for key, value in remote._asdict().items():
        pattern = REMOTE_KEYS[key].pattern
        if pattern is not None and not pattern.accepts(value):
            raise ConfigError(f"{value!r} is not valid: {pattern.says}", key="--remote")
    return remote


def _relative_output(text: str | None) -> str | None:
    return None if text is None else Path(text).as_posix()


class _Settlement:
    """
    What is done about conflicts: nobody is asked twice about the same one.

    Attributes:
        approved: Keys of what is replaced.
        kept: What stays as it is.
    """

    def __init__(self, arguments: Namespace, person: _Person) -> None:
        self._force: bool = arguments.force
        self._person = person
        self.approved: set[str] = set()
        self.kept: dict[str, Conflict] = {}

    def propose(self, found: Surroundings, choices: Choices) -> tuple[Proposal, Choices]:
        """
        A proposal without open conflicts, and what is chosen still.

        Raises:
            ConfigError: There are conflicts, and nobody to ask.
        """
        choices = _without(choices, self.kept.values())
        proposal = propose(found, choices, self.approved)
        conflicts = [each for each in proposal.conflicts if each.key not in self.kept]
        if conflicts:
            self._settle(conflicts)
            return self.propose(found, choices)
        said = [f"{each.key} stays {each.present}, although {each.wanted} is needed" for each in proposal.conflicts]
        return replace(proposal, by_hand=(*proposal.by_hand, *said)), choices

    def _settle(self, conflicts: Sequence[Conflict]) -> None:
        if not (self._force or self._person.there):
            first, *others = conflicts
            also = f"; also {'; '.join(map(str, others))}" if others else ""
            raise ConfigError(
                f"is {first.present}, not {first.wanted}{also}",
                key=first.key,
                hint="--force replaces it; nothing was written",
            )
        for each in conflicts:
            if self._force or self._person.agrees(_question(each), default=False):
                self.approved.add(each.key)
            else:
                self.kept[each.key] = each


def _question(conflict: Conflict) -> str:
    return f"{conflict.key} is {conflict.present}. Shall it be {conflict.wanted}?"


def _without(choices: Choices, kept: Collection[Conflict]) -> Choices:
    options = {each.option.removeprefix("--").replace("-", "_"): None for each in kept if each.option}
    paths = {each.key for each in kept}
    stays = {} if "model" in options else choices.snapshot  # a copy for a model that nobody wants
    snapshot = {path: content for path, content in stays.items() if path not in paths}
    return replace(choices, snapshot=snapshot, **options)  # type: ignore[arg-type]  # names of fields


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
        except OSError as error:
            raise OutputError(f"cannot write: {error.strerror}", paths=[_shown(place, root)], exit_code=2) from error
        write_atomically(place, proposal.files[path], root, sync=True)
        if mode is not None:
            place.chmod(mode)


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
