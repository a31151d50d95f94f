"""
From a folder as it is and what was chosen to the texts of all files: nothing is written here, nothing is asked.

What is there stays. A value that says something else than what was chosen is a `Conflict`: whoever calls asks a person,
and comes again with its key among the approved ones.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pygen.errors import ConfigError
from pygen.project.config import LOCK_NAME, ProjectConfig, parse_config
from pygen.project.setup.choices import Choices, Conflict
from pygen.project.setup.configuring import configure, new_tables, reconfigure
from pygen.project.setup.git_files import as_pattern, ignores, with_attributes, with_ignored
from pygen.project.setup.new_project import default_package, new_project
from pygen.project.setup.packaging import (
    hook_table,
    switch_on,
    take_into_wheel,
    unlisted_packages,
    watch_model,
    with_runtime,
)
from pygen.project.setup.precommit import exclude_pattern, with_exclude, with_hook
from pygen.project.setup.ruff import leaves_alone, ruff_table
from pygen.project.setup.steps import check_entry
from pygen.project.setup.surroundings import Backend, Manager, Surroundings
from pygen.project.setup.toml_text import TomlText

__all__ = ["Proposal", "check_output", "default_model", "default_output", "propose"]


@dataclass(frozen=True)
class Proposal:
    """
    A set-up, thought through to the last byte.

    Attributes:
        found: The project, as it will be.
        config: The configuration that the files say.
        files: Absolute path -> bytes, of the files that change.
        conflicts: What is there and says something else; nothing may be written before each is settled.
        by_hand: What a person has to do, since it cannot be done safely from here.
        committed: Whether git keeps the SDK.
        pre_commit: Whether pre-commit gets an entry, or has one.
    """

    found: Surroundings
    config: ProjectConfig
    files: Mapping[Path, bytes]
    conflicts: tuple[Conflict, ...]
    by_hand: tuple[str, ...]
    committed: bool
    pre_commit: bool


def default_output(found: Surroundings) -> str | None:
    """Where the SDK goes when nobody says: a package `sdk` in the project's own."""
    if found.package is not None:
        return f"{found.package}/sdk"
    name = default_package(found.root) if found.is_empty else None
    return f"src/{name}/sdk" if name is not None else None


def check_output(found: Surroundings, choices: Choices) -> None:
    """
    See whether an SDK can go where it is said to; nothing else about the choices is looked at.

    Raises:
        ConfigError: It cannot.
    """
    project, target = new_tables(choices)
    parse_config({"tool": {"pygen": {**project, choices.target: target}}}, found.pyproject)
    if found.is_empty:
        new_project(found.root, choices, set())


def default_model(external_id: str) -> str:
    """Where the snapshot of a data model goes when nobody says."""
    from pygen.generation.casing import snake_case

    return f"model/{snake_case(external_id, prefix='model')}.json"


def propose(found: Surroundings, choices: Choices, approved: Collection[str] = ()) -> Proposal:
    """
    Think a set-up through.

    Args:
        found: The folder as it is.
        choices: What was chosen; model and output are needed where there is no configuration yet.
        approved: Keys of conflicts that were settled for what was chosen.

    Raises:
        ConfigError: A file cannot be read or edited, or the configuration would be wrong.
        MissingExtraError: tomlkit or PyYAML is missing.
    """
    return _Planner(found, choices, approved).run()


class _Planner:
    """One proposal in the making."""

    def __init__(self, found: Surroundings, choices: Choices, approved: Collection[str]) -> None:
        self.found = found
        self.choices = choices
        self.approved = approved
        self.texts: dict[Path, str] = dict(found.texts)
        self.conflicts: list[Conflict] = []
        self.by_hand: list[str] = []
        self.toml: dict[Path, TomlText] = {}

    def run(self) -> Proposal:
        if self.found.config is None:
            self._refuse_choices()
            if self.found.is_empty:
                self._make_project()
        config = self._configure()
        hook = self._build(config)
        self._runtime()
        outputs = [target.output for sdk in config.sdks for target in sdk.targets]
        committed = self._version_control(config, outputs, hook=hook)
        self._ruff(outputs)
        for path, file in self.toml.items():
            self.texts[path] = file.text
        pre_commit = self._pre_commit(outputs)
        files = {path: text.encode() for path, text in self.texts.items() if text != self.found.texts.get(path)}
        files |= self._snapshot()
        if config.file is not None:  # what is written is what our own reader accepts
            config = parse_config(tomllib.loads(self.texts[config.file].removeprefix("\ufeff")), config.file)
        return Proposal(
            found=self.found,
            config=config,
            files=dict(sorted(files.items())),
            conflicts=tuple(self.conflicts),
            by_hand=tuple(self.by_hand),
            committed=committed,
            pre_commit=pre_commit,
        )

    def _edit(self, path: Path) -> TomlText:
        if path not in self.toml:
            self.toml[path] = TomlText(self.texts.get(path, ""), path.name)
        return self.toml[path]

    # -- the parts ----------------------------------------------------------------------------------------------------

    def _refuse_choices(self) -> None:
        if self.choices.model is None or self.choices.output is None:
            missing = "--model" if self.choices.model is None else "--output"
            raise ConfigError("is missing", key=missing, hint="nothing here says it")
        check_output(self.found, self.choices)

    def _make_project(self) -> None:
        root = self.found.root
        texts, document = new_project(root, self.choices, {path.name for path in self.texts})
        self.texts |= {root / path: text for path, text in texts.items()}
        self.found = replace(self.found, document=document, backend=Backend.HATCHLING)

    def _configure(self) -> ProjectConfig:
        present = self.found.config
        if present is not None and present.file is not None:
            path = present.file
        else:
            path = self.found.pyproject if self.found.pyproject in self.texts else self.found.root / "pygen.toml"
        prefix = ("pygen",) if path.name == "pygen.toml" else ("tool", "pygen")
        file = self._edit(path)
        if present is None:
            configure(file, prefix, self.choices)
        else:
            self.conflicts += reconfigure(file, prefix, present, self.choices, self.approved)
        for name in self.choices.environments:
            if file.get(*prefix, "environments", name) is None:
                variables = "".join(char if char.isalnum() else "_" for char in name.upper())
                file.add_tables({(*prefix, "environments", name): {"prefix": f"{variables}_"}})
        return parse_config(file.plain, path)

    def _build(self, config: ProjectConfig) -> bool:
        backend = self.found.backend
        if backend is not Backend.HATCHLING:
            if self.choices.hook:
                raise ConfigError(
                    f"the build hook is for hatchling, and this project has {backend}",
                    key="--hook",
                    hint="without it the SDK is committed, and pygen check tells when it is stale",
                )
            self._mind_packages(self._edit(self.found.pyproject) if self._has_pyproject else None, config)
            return False
        file = self._edit(self.found.pyproject)
        hook = self.choices.hook if self.choices.hook is not None else True
        if hook:
            self.conflicts += switch_on(file, config, self.approved)
        elif hook_table(file.plain) is not None:
            self.by_hand.append("remove the table [tool.hatch.build.hooks.pygen]: it switches the hook on")
            hook = True
        self._mind_packages(file, config)
        if self.found.manager is Manager.UV and hook:
            watch_model(file, config)
        return hook

    @property
    def _has_pyproject(self) -> bool:
        return self.found.pyproject in self.texts

    def _mind_packages(self, file: TomlText | None, config: ProjectConfig) -> None:
        if file is not None and (unlisted := unlisted_packages(file.plain, config)):
            file.add(("tool", "setuptools", "packages"), unlisted)
        outputs = [target.output for sdk in config.sdks for target in sdk.targets if target.target == "python"]
        for output in take_into_wheel(file, self.found, outputs) if file is not None else ():
            self.by_hand.append(f"see to it that the wheel holds {output}: no package of the build is known to do")

    def _runtime(self) -> None:
        if not self._has_pyproject:
            self.by_hand.append("add pygen-cdf to what the project installs: the SDK needs it at run time")
            return
        conflicts, by_hand = with_runtime(self._edit(self.found.pyproject), self.found, self.approved)
        self.conflicts += conflicts
        self.by_hand += by_hand

    def _version_control(self, config: ProjectConfig, outputs: list[str], *, hook: bool) -> bool:
        attributes = self.found.root / ".gitattributes"
        ignored = self.found.root / ".gitignore"
        is_ignored = any(ignores(self.texts.get(ignored), output) for output in outputs)
        committed = self.choices.committed if self.choices.committed is not None else not is_ignored
        if not committed and not hook:
            raise ConfigError(
                "nothing would make the SDK in a fresh clone",
                key="--ignored",
                hint="commit the SDK; only the build hook of hatchling makes an ignored one",
            )
        if committed and is_ignored:
            self.by_hand.append(f"remove {', '.join(outputs)} from .gitignore, so that git keeps the SDK")
        said = "linguist-generated=true text eol=lf"
        wanted = [(f"{as_pattern(output)}/**", said) for output in outputs] if committed else []
        wanted.append((LOCK_NAME, said))
        wanted += [(as_pattern(sdk.model), "text eol=lf") for sdk in config.sdks if sdk.model.endswith(".json")]
        self.texts[attributes] = with_attributes(self.texts.get(attributes), wanted)
        if not committed:
            self.texts[ignored] = with_ignored(self.texts.get(ignored), outputs)
        return committed

    def _ruff(self, outputs: list[str]) -> None:
        path = self.found.ruff_file
        if path is None:
            return
        where = self.found.root.relative_to(path.parent)
        missing = [output for output in outputs if not leaves_alone(path, self.found.root / output)]
        if missing:
            self._edit(path).add((*ruff_table(path), "extend-exclude"), [(where / each).as_posix() for each in missing])

    def _pre_commit(self, outputs: list[str]) -> bool:
        path = self.found.pre_commit_file
        wanted = self.choices.pre_commit
        if wanted is None:
            wanted = self.found.git_root is not None
        if not wanted:
            return False
        where = self.found.root.relative_to(path.parent).as_posix()
        name = path.name
        hooked = with_hook(self.texts.get(path, ""), check_entry(self.found), name)
        by_hand = [hooked.by_hand]
        text = hooked.text
        for output in outputs:
            place = output if where == "." else f"{where}/{output}"
            if text.strip():
                edited = with_exclude(text, exclude_pattern(place), place, name)
                text = edited.text
                by_hand.append(edited.by_hand)
        if text:
            self.texts[path] = text
        self.by_hand += [f"add to {name}:\n{lines}" for lines in by_hand if lines]
        return True

    def _snapshot(self) -> dict[Path, bytes]:
        files: dict[Path, bytes] = {}
        for name, content in self.choices.snapshot.items():
            path = self.found.root / name
            present = path.read_bytes() if path.is_file() else None
            if present is not None and present.replace(b"\r\n", b"\n") == content.replace(b"\r\n", b"\n"):
                continue
            if present is not None and name not in self.approved:
                self.conflicts.append(Conflict(name, "another one", "the new snapshot"))
            else:
                files[path] = content
        return files
