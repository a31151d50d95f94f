"""What a person decides about a set-up; None is left to what is there, or to the default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pygen.project.config import RemoteConfig

__all__ = ["Choices", "Conflict"]


@dataclass(frozen=True)
class Choices:
    """
    The decisions.

    Attributes:
        model: Path of the model, posix, relative to the project.
        remote: The data model in CDF.
        output: The generated package's folder, posix, relative to the project.
        package: Its import path, where that does not follow from the folder.
        client_name: Class name of the client.
        instance_space: Default space of written instances.
        target: Name of the target.
        environments: Names of connections that get a table.
        hook: Whether the build hook is switched on; None means with hatchling.
        pre_commit: Whether pre-commit gets an entry; None means in a repository.
        committed: Whether git keeps the SDK; None means yes, unless git ignores it already.
        snapshot: Files of the first snapshot: path relative to the project -> bytes.
    """

    model: str | None = None
    remote: RemoteConfig | None = None
    output: str | None = None
    package: str | None = None
    client_name: str | None = None
    instance_space: str | None = None
    target: str = "python"
    environments: tuple[str, ...] = ()
    hook: bool | None = None
    pre_commit: bool | None = None
    committed: bool | None = None
    snapshot: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Conflict:
    """
    Something that is there already, and says something else than what was asked for.

    Attributes:
        key: What it is, e.g. `tool.pygen.model`.
        present: What it says.
        wanted: What it would say.
        option: The option that asked for it; empty when no option did.
    """

    key: str
    present: str
    wanted: str
    option: str = ""

    def __str__(self) -> str:
        return f"{self.key} is {self.present}, not {self.wanted}"
