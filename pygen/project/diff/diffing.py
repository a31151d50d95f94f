"""What `pygen diff` does: read both models of each SDK, compare them, and pass over what the project ignores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

from pygen.errors import ConfigError
from pygen.project import remote
from pygen.project.config import ProjectConfig, SdkConfig
from pygen.project.diff.changes import Change
from pygen.project.diff.comparison import compare
from pygen.project.diff.ignoring import sift, unused_entries
from pygen.project.diff.origins import Kind, Origin, read_sides
from pygen.project.diff.releasing import VersionHint, version_hint
from pygen.project.diff.rules import ChangeSeverity
from pygen.project.progress import Progress, no_progress
from pygen.project.pulling import Connect

__all__ = ["DiffReport", "FailOn", "ModelDiff", "diff"]


class FailOn(StrEnum):
    """From which severity on a change makes the exit code 1."""

    BREAKING = "breaking"
    RISKY = "risky"
    ANY = "any"
    NEVER = "never"

    def includes(self, severity: ChangeSeverity) -> bool:
        """Whether a change of this severity does."""
        if self is FailOn.NEVER:
            return False
        return self is FailOn.ANY or severity.rank <= ChangeSeverity(self).rank


class ModelDiff(NamedTuple):
    """
    What changed between two models.

    Attributes:
        sdk: The SDK that they are of; empty where none is meant.
        old: What people call the old model.
        new: What people call the new one.
        path: The file of the new model, where it has one; relative to the project, or as it was given.
        changes: What changed.
        ignored: What changed, and is passed over.
    """

    sdk: str
    old: str
    new: str
    path: str
    changes: tuple[Change, ...]
    ignored: tuple[Change, ...]

    @property
    def version_hint(self) -> VersionHint:
        """The part of the SDK's version that should move."""
        return version_hint(self.changes)

    @property
    def counts(self) -> dict[str, int]:
        """How many changes of each severity, where there are some."""
        found = Counter(change.severity for change in self.changes)
        return {str(severity): found[severity] for severity in ChangeSeverity if found[severity]}


class DiffReport(NamedTuple):
    """
    The answer of `diff`.

    Attributes:
        diffs: One for each SDK.
        notes: What is worth saying about the list of ignored changes.
    """

    diffs: tuple[ModelDiff, ...]
    notes: tuple[str, ...]

    def exit_code(self, fail_on: FailOn) -> int:
        """1 where a change is as bad as that, else 0."""
        bad = any(fail_on.includes(change.severity) for each in self.diffs for change in each.changes)
        return 1 if bad else 0


def diff(
    old: Origin,
    new: Origin,
    *,
    config: ProjectConfig | None,
    names: Collection[str] | None = None,
    connect: Connect = remote.connect,
    progress: Progress = no_progress,
) -> DiffReport:
    """
    Compare two models: those of each SDK in turn, or, where both are named in full, just these.

    Args:
        old: Where the old model comes from.
        new: Where the new one does.
        config: The project; None where there is none, and neither model needs one.
        names: The SDKs; None takes all.
        connect: Makes the clients that ask CDF.
        progress: Told how far it is.

    Raises:
        ConfigError: A model, a revision or an environment is missing or cannot be read; or it is not said which SDK
            is meant.
        ModelError: What is there is no data model.
        MissingExtraError: A package is missing that reads a model.
        OutputError: There is no room for a temporary copy of a revision.
        RemoteError: CDF has no such data model.
        DmsError: CDF refused, or did not answer.
    """
    sdks = _sdks(old, new, config, names)
    ignore = config.ignored_changes if config is not None else ()
    diffs: list[ModelDiff] = []
    for index, sdk in enumerate(sdks):
        progress(f"comparing{f' {sdk.name}' if sdk is not None else ''}", index, len(sdks))
        before, after = read_sides(old, new, config=config, sdk=sdk, connect=connect)
        sifted = sift(compare(before.model, after.model), ignore)
        path = after.name if new.kind in (Kind.PATH, Kind.PROJECT) else ""
        diffs.append(ModelDiff(sdk.name if sdk else "", before.name, after.name, path, sifted.kept, sifted.ignored))
    progress("compared", len(sdks), len(sdks))
    unused = unused_entries(ignore, [change for each in diffs for change in each.ignored])
    return DiffReport(tuple(diffs), unused)


def _sdks(
    old: Origin, new: Origin, config: ProjectConfig | None, names: Collection[str] | None
) -> tuple[SdkConfig | None, ...]:
    of_project = [origin.is_of_project for origin in (old, new)]
    if not any(of_project):
        if names is not None:
            raise ConfigError("both models are named, whatever SDK they are of", key="--sdk", hint="leave it out")
        return (None,)
    if config is None:
        raise ValueError("one of the models is of a project")
    sdks = config.select(names)
    if len(sdks) > 1 and not all(of_project):
        known = ", ".join(sdk.name for sdk in sdks)
        raise ConfigError("one model is compared with those of several SDKs", key="--sdk", hint=f"choose one: {known}")
    return sdks
