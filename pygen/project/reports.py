"""What the pipeline answers: plain values, for the CLI, the hook and the watcher to show each in its own way."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from pygen.errors import Problem, Severity

__all__ = [
    "CheckReport",
    "CheckedTarget",
    "Finding",
    "GenerateReport",
    "SdkProblems",
    "State",
    "TargetReport",
    "ValidateReport",
]


class State(StrEnum):
    """What is wrong with generated code."""

    STALE = "stale"
    HAND_EDITED = "hand-edited"
    GENERATOR_CHANGED = "generator changed"
    MISSING = "missing"


class Finding(NamedTuple):
    """
    One reason why generated code is not fresh.

    Attributes:
        sdk: Name of the SDK.
        target: Name of the target; empty when all of them are meant.
        state: What kind of reason.
        subject: A view (`space:View(version)`), a file (posix, relative to the project), or `pygen.lock`.
        reason: In words.
        path: The file to look at, relative to the project: the generated file, the model, or the lock.
        files: The generated files that it concerns, relative to the project, as far as the lock tells: none where
            they are still to be made, or where another data model makes all of them.
    """

    sdk: str
    target: str
    state: State
    subject: str
    reason: str
    path: str
    files: tuple[str, ...] = ()

    @property
    def of_target(self) -> bool:
        """Whether it is about a target as a whole."""
        return bool(self.target) and self.subject == self.target

    def __str__(self) -> str:
        return f"{self.state}: {self.subject}: {self.reason}"


class CheckedTarget(NamedTuple):
    """
    What was looked at for one target of an SDK.

    Attributes:
        output: The output folder, relative to the project.
        files: The files that the lock lists, relative to the project.
        unread: Why they were not compared with the lock; empty when they were.
    """

    sdk: str
    target: str
    output: str
    files: tuple[str, ...] = ()
    unread: str = ""


class CheckReport(NamedTuple):
    """
    The answer of `check`.

    Attributes:
        findings: Every reason why generated code is not fresh; empty when all of it is.
        notes: What was not looked at, and why.
        repair: The command that repairs the findings.
        checked: Names of the SDKs that were looked at.
        targets: Their targets, and the files of each.
    """

    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    repair: str = "pygen generate"
    checked: tuple[str, ...] = ()
    targets: tuple[CheckedTarget, ...] = ()

    @property
    def fresh(self) -> bool:
        """Whether there is nothing to repair."""
        return not self.findings

    @property
    def edited(self) -> tuple[str, ...]:
        """The hand-edited files: what the repair overwrites."""
        return tuple(finding.path for finding in self.findings if finding.state is State.HAND_EDITED)


class TargetReport(NamedTuple):
    """
    What was done for one target of an SDK.

    Attributes:
        output: The output folder, relative to the project.
        written: Files that were written, relative to the project.
        total: How many files the SDK has.
    """

    sdk: str
    target: str
    output: str
    written: tuple[str, ...] = ()
    total: int = 0


class SdkProblems(NamedTuple):
    """Problems of one SDK's model, in the order of their places."""

    sdk: str
    problems: tuple[Problem, ...] = ()

    def stops(self, *, strict: bool) -> bool:
        """Whether one of them stops generation; with *strict*, warnings do too."""
        stopping = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
        return any(problem.severity in stopping for problem in self.problems)


class GenerateReport(NamedTuple):
    """
    The answer of `generate`.

    Attributes:
        targets: What was done for each target.
        removed: Files that are no longer generated, relative to the project.
        left: Files that are no longer generated but were edited; they stay, and are the user's from now on.
        problems: Warnings of the models that were read; nothing is read for an SDK that was fresh.
        lock_written: Whether pygen.lock changed.
    """

    targets: tuple[TargetReport, ...] = ()
    removed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    problems: tuple[SdkProblems, ...] = ()
    lock_written: bool = False

    @property
    def written(self) -> tuple[str, ...]:
        """Every file that was written, relative to the project."""
        return tuple(path for target in self.targets for path in target.written)

    @property
    def changed(self) -> bool:
        """Whether anything on the disk is different now."""
        return bool(self.written or self.removed or self.lock_written)


class ValidateReport(NamedTuple):
    """The answer of `validate`: the problems of every model."""

    sdks: tuple[SdkProblems, ...] = ()

    def ok(self, *, strict: bool = False) -> bool:
        """Whether every model can be generated; with *strict*, whether without a warning."""
        return not any(sdk.stops(strict=strict) for sdk in self.sdks)
