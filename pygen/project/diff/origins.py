"""Where the two models of a comparison come from: a path, a revision of git, or CDF."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from pygen.errors import ConfigError
from pygen.project import remote
from pygen.project.config import ProjectConfig, SdkConfig
from pygen.project.diff.revisions import read_at_revision
from pygen.project.plain_model import PlainModel, read_plain_model
from pygen.project.pulling import Connect, without_remote
from pygen.sources.files import MODEL_SUFFIXES

__all__ = ["PROJECT", "Kind", "Origin", "Side", "parse_origin", "read_sides"]

# A colon within braces belongs to the revision: `HEAD@{10:00}`.
_REVISION = re.compile(r"git:(?P<revision>(?:\{[^}]*\}|[^:{])*)(?::(?P<path>.*))?", re.DOTALL)


class Kind(StrEnum):
    """The kinds of origins."""

    PATH = "path"
    PROJECT = "project"
    GIT = "git"
    LIVE = "live"


class Origin(NamedTuple):
    """
    Where a model comes from.

    Attributes:
        kind: How it is read.
        path: `PATH`: the model. `GIT`: a file or a folder of the repository; empty for the project's model.
        revision: `GIT`: what git calls it.
        environment: `LIVE`: an environment of the configuration; None for the environment variables of the process.
    """

    kind: Kind
    path: str = ""
    revision: str = ""
    environment: str | None = None

    @property
    def is_of_project(self) -> bool:
        """Whether it takes a project, and one of its SDKs, to know which model is meant."""
        return self.kind in (Kind.PROJECT, Kind.LIVE) or (self.kind is Kind.GIT and not self.path)


PROJECT = Origin(Kind.PROJECT)
"""The model of the project, as it lies on the disk."""


class Side(NamedTuple):
    """
    One of the two models.

    Attributes:
        name: What people call it: `git:HEAD:model/windfarm.json`.
        model: The model.
    """

    name: str
    model: PlainModel


def parse_origin(text: str) -> Origin:
    """
    Read what the command line says: `PATH`, `git:REVISION`, `git:REVISION:PATH`, `live` or `live:ENVIRONMENT`.

    Raises:
        ConfigError: It is none of these.
    """
    if text == "live":
        return Origin(Kind.LIVE)
    if text.startswith("live:"):
        if not text.removeprefix("live:"):
            raise ConfigError("names no environment", key=text, hint="live:NAME, or live for the environment variables")
        return Origin(Kind.LIVE, environment=text.removeprefix("live:"))
    found = _REVISION.fullmatch(text)
    if found is not None:
        if not found["revision"]:
            raise ConfigError("names no revision", key=text, hint="e.g. git:HEAD~1, git:v1.2.0 or git:main:model.json")
        if found["path"] == "":
            raise ConfigError("names no path after its revision", key=text, hint="leave out the last colon")
        return Origin(Kind.GIT, path=found["path"] or "", revision=found["revision"])
    if not text:
        raise ConfigError("an empty path is no model", key="OLD, NEW")
    return Origin(Kind.PATH, path=text)


def read_sides(
    old: Origin,
    new: Origin,
    *,
    config: ProjectConfig | None,
    sdk: SdkConfig | None,
    connect: Connect = remote.connect,
) -> tuple[Side, Side]:
    """
    Read both models.

    CDF is asked last, and for containers only where the other model has some: they are compared only where both are
    known.

    Args:
        old: Where the old model comes from.
        new: Where the new one does.
        config: The project; None where there is none.
        sdk: The SDK whose model is meant.
        connect: Makes the client that asks CDF.

    Raises:
        ConfigError: A model, a revision, an environment or a repository is missing, or cannot be read.
        ModelError: What is there is no data model.
        MissingExtraError: A package is missing that reads such a file.
        OutputError: There is no room for a temporary copy of a revision.
        RemoteError: CDF has no such data model.
        DmsError: CDF refused, or did not answer.
    """
    sides = [None if origin.kind is Kind.LIVE else _read(origin, config, sdk) for origin in (old, new)]
    with_containers = all(side is None or side.model.containers is not None for side in sides)
    first, second = (
        side or _fetch(origin, config, sdk, connect, with_containers=with_containers)
        for side, origin in zip(sides, (old, new), strict=True)
    )
    return first, second


def _read(origin: Origin, config: ProjectConfig | None, sdk: SdkConfig | None) -> Side:
    match origin.kind:
        case Kind.PATH:
            path = Path(origin.path)
            if not path.exists() and path.suffix.lower() not in MODEL_SUFFIXES:
                raise ConfigError("no such file", key=origin.path, hint=f"git:{origin.path} is a revision of git")
            return Side(origin.path, read_plain_model(path))
        case Kind.GIT:
            folder = Path.cwd() if config is None else config.root
            place = origin.path
            if not place:
                known, known_sdk = _of_project(config, sdk)
                place = str(known.model_path(known_sdk))
            name, model = read_at_revision(folder, origin.revision, place)
            return Side(name, model)
        case _:
            known, known_sdk = _of_project(config, sdk)
            return Side(known_sdk.model, _read_own(known, known_sdk))


def _read_own(config: ProjectConfig, sdk: SdkConfig) -> PlainModel:
    path = config.model_path(sdk)
    try:
        return read_plain_model(path)
    except ConfigError as error:
        if error.key != str(path):
            raise
        raise ConfigError(error.message, key=sdk.model, hint=error.hint) from error


def _fetch(
    origin: Origin, config: ProjectConfig | None, sdk: SdkConfig | None, connect: Connect, *, with_containers: bool
) -> Side:
    known, known_sdk = _of_project(config, sdk)
    if known_sdk.remote is None:
        raise without_remote(known, [known_sdk])
    if origin.environment is not None:
        _require_environment(known, origin.environment)
    with connect(known, origin.environment) as client:
        model = remote.fetch(client, known_sdk.remote, with_containers=with_containers)
        place = origin.environment or f"the project {client.project}"
        return Side(f"{model.name} in {place}", model)


def _require_environment(config: ProjectConfig, name: str) -> None:
    try:
        config.environment(name)
    except ConfigError as error:
        raise ConfigError(error.message, key=f"live:{name}", hint=error.hint) from error


def _of_project(config: ProjectConfig | None, sdk: SdkConfig | None) -> tuple[ProjectConfig, SdkConfig]:
    """The project and the SDK, which whoever asks for such an origin has to bring."""
    if config is None or sdk is None:
        raise ValueError("this origin is of a project")
    return config, sdk
