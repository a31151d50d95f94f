"""What `pygen init` is to do: from its options, from what is there, and from whoever sits at the terminal."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pygen.cli.output import Output, OutputFormat
from pygen.errors import ConfigError, ModelError
from pygen.project.config import RemoteConfig
from pygen.project.setup import (
    Backend,
    Choices,
    Conflict,
    Proposal,
    Surroundings,
    check_output,
    default_model,
    default_output,
    propose,
)

__all__ = ["Person", "Settlement", "decide"]

Choose = Callable[[str], Choices]
"""What an answer leads to; a ConfigError says what is wrong with it."""


class Person:
    """
    Whoever sits at the terminal.

    Attributes:
        there: Whether somebody does, and wants to be asked.
    """

    def __init__(self, arguments: Namespace, output: Output) -> None:
        self._output = output
        self.there = (
            not (arguments.yes or arguments.quiet)
            and output.format is OutputFormat.TEXT
            and sys.stdin.isatty()
            and sys.stdout.isatty()
        )

    def ask(self, question: str, default: str | None, choose: Choose) -> Choices:
        """Ask until an answer is good; Enter takes the default, where there is one."""
        while True:
            self._output.result(f"{question} [{default}]" if default is not None else question)
            answer = self._line() or default
            if answer is None:
                continue
            try:
                return choose(answer)
            except ConfigError as error:
                # An answer is at fault, and not an option that nobody gave, or a key that nobody wrote.
                place = "" if error.key.startswith(("--", "tool.")) else error.key
                self._output.warning(str(ConfigError(error.message, key=place, hint=error.hint)))

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


def decide(found: Surroundings, arguments: Namespace, person: Person) -> Choices:
    """
    What is chosen by options, found out, and asked.

    Raises:
        ConfigError: An option is wrong; or something is missing, and nobody is there to ask.
    """
    choices = Choices(
        remote=_remote(arguments.remote) if arguments.remote is not None else None,
        output=_relative_output(arguments.output) if arguments.output is not None else None,
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
    if arguments.model is not None:
        choices = _at_home(found, arguments.model, choices)
    if found.config is not None:
        return choices
    if choices.model is None:
        choices = _with_model(found, choices, person)
    if choices.output is None:
        choices = _with_output(found, choices, person)
    return _with_habits(found, choices, person) if person.there else choices


def _with_model(found: Surroundings, choices: Choices, person: Person) -> Choices:
    if choices.remote is not None:
        return replace(choices, model=default_model(choices.remote.external_id))

    def choose(said: str) -> Choices:
        path = str(Path(said).expanduser())
        if _is_remote(said) and not (found.root / path).exists():
            return _with_model(found, replace(choices, remote=_remote(said)), person)
        return _at_home(found, path, choices)

    first, *others = found.models or (None,)
    if person.there:
        question = "Data model: a file, a folder of the toolkit, or space:ExternalId(version) in CDF"
        also = f" (also here: {', '.join(map(str, others))})" if others else ""
        return person.ask(f"{question}{also}", first, choose)
    if first is not None and not others:
        return choose(first)
    several = f"several are here: {', '.join(found.models)}"
    nothing = "a file or a folder; or --remote space:ExternalId(version), the data model in CDF"
    raise ConfigError("is missing", key="--model", hint=several if others else nothing)


def _with_output(found: Surroundings, choices: Choices, person: Person) -> Choices:
    suggested = default_output(found)

    def choose(said: str) -> Choices:
        chosen = replace(choices, output=_relative_output(said))
        check_output(found, chosen)
        return chosen

    if person.there:
        return person.ask("Folder of the generated package", suggested, choose)
    if suggested is None:
        raise ConfigError("is missing", key="--output", hint="the folder of the generated package, e.g. src/app/sdk")
    return replace(choices, output=suggested)


def _with_habits(found: Surroundings, choices: Choices, person: Person) -> Choices:
    """What only matters in a repository, and to a build with a hook."""
    builds = found.is_empty or found.backend is Backend.HATCHLING
    if choices.committed is None and found.git_root is not None and builds and choices.hook is not False:
        keeps = person.agrees("Shall git keep the generated SDK? (no: every build makes it)", default=True)
        choices = replace(choices, committed=keeps)
    if choices.pre_commit is None and found.git_root is not None:
        wanted = person.agrees("Shall pre-commit check that the SDK is fresh?", default=True)
        choices = replace(choices, pre_commit=wanted)
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
    return ":" in text and "/" not in text and "\\" not in text


def _remote(text: str) -> RemoteConfig:
    from pygen.project.keys import REMOTE_KEYS

    names, opened, version = text.strip().partition("(")
    space, colon, external_id = names.partition(":")
    remote = RemoteConfig(space, external_id, version.removesuffix(")"))
    if not (opened and colon and version.endswith(")")):
        raise ConfigError(
            f"{text!r} is not space:ExternalId(version)", key="--remote", hint='for example "sp_windfarm:Windfarm(v1)"'
        )
    for key, value in remote._asdict().items():
        pattern = REMOTE_KEYS[key].pattern
        if pattern is not None and not pattern.accepts(value):
            raise ConfigError(f"{value!r} is not valid: {pattern.says}", key="--remote")
    return remote


def _relative_output(text: str) -> str:
    return Path(text).as_posix()


class Settlement:
    """
    What is done about conflicts: nobody is asked twice about the same one.

    Attributes:
        approved: Keys of what is replaced.
        kept: What stays as it is.
    """

    def __init__(self, arguments: Namespace, person: Person) -> None:
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
