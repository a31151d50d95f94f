"""What a look at a set-up says: one thing, how bad it is, why it matters, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from pygen.project.config import ProjectConfig
from pygen.project.setup.surroundings import Surroundings

__all__ = ["Check", "Diagnosis", "Level", "Patient"]


class Level(StrEnum):
    """
    How bad something is.

    An error keeps pygen from doing its work, or lets a wheel go out without its SDK. A warning will cost somebody an
    hour some day. A note is good to know.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    FINE = "fine"


class Diagnosis(NamedTuple):
    """
    One thing that was looked at.

    Attributes:
        name: What it is called in docs/init.md, e.g. `hook-without-plugin`.
        level: How bad it is.
        message: What was found, in one sentence.
        why: What comes of it; empty when all is fine.
        remedy: What to do; empty when all is fine.
        path: The file that it is about, relative to the project; empty when it is about none.
    """

    name: str
    level: Level
    message: str
    why: str = ""
    remedy: str = ""
    path: str = ""

    def __str__(self) -> str:
        return f"{self.level}: {self.name}: {self.message}"


class Patient(NamedTuple):
    """
    A project under examination.

    Attributes:
        found: The project as it is.
        config: Its configuration.
        environ: The environment variables.
    """

    found: Surroundings
    config: ProjectConfig
    environ: Mapping[str, str]

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.found.root

    @property
    def document(self) -> Mapping[str, Any]:
        """What pyproject.toml says."""
        return self.found.document

    @property
    def outputs(self) -> tuple[str, ...]:
        """The folders of the SDKs, relative to the project."""
        return tuple(target.output for sdk in self.config.sdks for target in sdk.targets)


Check: TypeAlias = Callable[[Patient], Iterator[Diagnosis]]
"""Looks at one thing; what it yields may be empty where there is nothing to say."""
