"""
Whether generated code is fresh, and if not, why: compares configuration, model, lock and files.

Standard library only unless a YAML model changed: this is all that `pygen check` and an idle build run.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from enum import Enum, auto
from pathlib import Path
from typing import NamedTuple

from pygen.errors import LaterGeneratorError
from pygen.project.affected import AffectedFiles, locked_files
from pygen.project.canonical import text_digest
from pygen.project.config import LOCK_NAME, ProjectConfig, SdkConfig, TargetConfig
from pygen.project.fingerprints import Fingerprints, interface_of
from pygen.project.lock import Lock, SdkLock, TargetLock
from pygen.project.paths import project_path
from pygen.project.recipe import Comparison, Recipe, compare, current_recipe
from pygen.project.reports import Finding, State
from pygen.project.snapshot import Snapshot, is_selected, matches, read_snapshot, source_digest

__all__ = ["Depth", "SdkStatus", "removed_parts", "sdk_status", "target_files"]


class Depth(Enum):
    """
    How far a status looks.

    Attributes:
        FULL: Model, recipe and files.
        LOCK: Model and recipe against the lock; the files are not looked at.
        FILES: Model and files; who generated them does not matter (an sdist brings its files along).
    """

    FULL = auto()
    LOCK = auto()
    FILES = auto()


class SdkStatus(NamedTuple):
    """
    The status of one SDK.

    Attributes:
        findings: Why it is not fresh.
        source_sha256: Digest of the model's files as they are now.
        snapshot: The model as plain dicts; None when its files are unchanged and nothing was parsed.
        changed_views: Views whose own files changed, when nothing else did; None when everything has to be rendered.
        recipes: The recipe in force, per target.
    """

    findings: tuple[Finding, ...]
    source_sha256: str
    snapshot: Snapshot | None
    changed_views: frozenset[str] | None
    recipes: dict[str, Recipe]


def sdk_status(
    config: ProjectConfig,
    sdk: SdkConfig,
    lock: Lock,
    depth: Depth = Depth.FULL,
    *,
    parsed: Snapshot | None = None,
) -> SdkStatus:
    """
    Look at one SDK.

    Args:
        config: The project.
        sdk: The SDK.
        lock: What the lock says.
        depth: How far to look.
        parsed: The model as it was read a moment ago; it is read again if its files changed since.

    Raises:
        ConfigError: The model cannot be read, or the lock was written by a later generator.
    """
    path = config.model_path(sdk)
    source = source_digest(path, sdk)
    recipes = {target.target: current_recipe(sdk, target, config.root) for target in sdk.targets}
    locked = lock.sdks.get(sdk.name)
    if locked is None or lock.conflicted:
        reason = "has merge conflicts" if lock.conflicted else "the SDK was never generated"
        state = State.STALE if lock.conflicted else State.MISSING
        finding = Finding(sdk.name, "", state, LOCK_NAME, reason, LOCK_NAME)
        return SdkStatus((finding,), source, None, None, recipes)
    snapshot = None
    changed: frozenset[str] | None = frozenset()
    findings: list[Finding] = []
    if source != locked.model.source_sha256:
        snapshot = parsed if parsed is not None and parsed.source_sha256 == source else read_snapshot(path, sdk)
        source = snapshot.source_sha256
        of_model = _model_findings(sdk, locked, snapshot.fingerprints)
        findings += of_model.findings
        changed = of_model.own_files_only
    beside_model: list[Finding] = []
    for target in sdk.targets:
        beside_model += _target_findings(
            config,
            sdk,
            target,
            before=locked.targets.get(target.target),
            recipe=recipes[target.target],
            depth=depth,
        )
    for name in sorted(set(locked.targets) - set(recipes)):
        reason = f"the target {name} is no longer configured"
        beside_model.append(Finding(sdk.name, name, State.STALE, LOCK_NAME, reason, LOCK_NAME))
    return SdkStatus(
        findings=(*findings, *beside_model),
        source_sha256=source,
        snapshot=snapshot,
        changed_views=None if beside_model else changed,
        recipes=recipes,
    )


def removed_parts(config: ProjectConfig, lock: Lock) -> list[Finding]:
    """What the lock still knows though it is no longer configured."""
    known = {sdk.name for sdk in config.sdks}
    return [
        Finding(name, "", State.STALE, LOCK_NAME, f"the SDK {name} is no longer configured", LOCK_NAME)
        for name in sorted(set(lock.sdks) - known)
    ]


# ---------------------------------------------------------------------------------------------------------------------
# The model


class _ModelFindings(NamedTuple):
    findings: list[Finding]
    own_files_only: frozenset[str] | None


def _model_findings(sdk: SdkConfig, locked: SdkLock, current: Fingerprints) -> _ModelFindings:
    def stale(subject: str, reason: str, files: tuple[str, ...] = ()) -> Finding:
        return Finding(sdk.name, "", State.STALE, subject, reason, sdk.model, files)

    affected = AffectedFiles(locked)

    before = (locked.model.space, locked.model.external_id, locked.model.version)
    now = (current.space, current.external_id, current.version)
    name = "{}:{}({})".format(*now)
    # What reaches beyond the files of single views: then everything has to be rendered.
    wide = [] if before == now else [stale(name, "another data model than before: {}:{}({})".format(*before))]
    wide += [stale(name, f"no view matches the pattern {pattern!r}") for pattern in _idle_patterns(sdk, current)]
    own_files_only: list[Finding] = []
    for view in sorted({*locked.views, *(view for view in current.views if is_selected(view, sdk))}):
        old, new = locked.views.get(view), current.views.get(view)
        if old is None:
            wide.append(stale(view, "is new in the model", affected.of_package()))
        elif new is None:
            wide.append(stale(view, "is no longer in the model", affected.of_view(view)))
        elif interface_of(old) != interface_of(new):
            wide.append(stale(view, "changed", affected.of_view(view)))
        elif old != new:
            own_files_only.append(stale(view, "changed, or what it inherits or points to did", affected.of_view(view)))
    if not wide and not own_files_only and locked.model.sha256 != current.digest_of(locked.views):
        own_files_only.append(stale(name, "changed its name or description", affected.of_package()))
    changed = frozenset(finding.subject for finding in own_files_only if finding.subject in current.views)
    return _ModelFindings([*wide, *own_files_only], changed if not wide else None)


def _idle_patterns(sdk: SdkConfig, current: Fingerprints) -> list[str]:
    if sdk.selects_all:
        return []
    return [
        pattern
        for pattern in (*sdk.include, *sdk.exclude)
        if not any(matches(view, (pattern,)) for view in current.views)
    ]


# ---------------------------------------------------------------------------------------------------------------------
# A target


def _target_findings(
    config: ProjectConfig,
    sdk: SdkConfig,
    target: TargetConfig,
    *,
    before: TargetLock | None,
    recipe: Recipe,
    depth: Depth,
) -> Iterable[Finding]:
    where = (sdk.name, target.target)
    if before is None:
        reason = f"the target {target.target} was never generated"
        yield Finding(*where, State.MISSING, LOCK_NAME, reason, LOCK_NAME)
        return
    if depth is not Depth.FILES:
        yield from _recipe_findings(config, where, before, recipe)
    if before.output != target.output:
        reason = f"the output moved from {before.output} to {target.output}"
        yield Finding(*where, State.STALE, target.target, reason, LOCK_NAME, locked_files(before))
    elif depth is not Depth.LOCK:
        for path, digest in before.files.items():
            shown = project_path(before.output, path)
            wrong = _wrong_with(config.root / shown, digest)
            if wrong is not None:
                state, reason = wrong
                yield Finding(*where, state, shown, reason, shown, (shown,))


def _recipe_findings(
    config: ProjectConfig, where: tuple[str, str], before: TargetLock, recipe: Recipe
) -> Iterable[Finding]:
    sdk, target = where
    match compare(before.recipe, recipe):
        case Comparison.NEWER:
            raise LaterGeneratorError(
                f"{sdk}: the {target} code was generated by a later pygen-cdf than this one", hint="upgrade pygen-cdf"
            )
        case Comparison.GENERATOR:
            reason = "another state of the generator made the code"
            yield Finding(sdk, target, State.GENERATOR_CHANGED, target, reason, LOCK_NAME, locked_files(before))
        case Comparison.OPTIONS:
            file = config.file.name if config.file is not None else LOCK_NAME
            reason = "options or templates changed"
            yield Finding(sdk, target, State.STALE, target, reason, file, locked_files(before))
        case Comparison.SAME:
            pass


def _wrong_with(path: Path, digest: str) -> tuple[State, str] | None:
    """What is wrong with a generated file, and in words."""
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - hundreds of files: Path.open costs as much as reading
            content = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return State.MISSING, "was generated, and is gone"
    except IsADirectoryError:
        return State.HAND_EDITED, "is a folder now; move it away"
    except OSError as error:
        return State.HAND_EDITED, f"cannot be read: {error.strerror or error}"
    if os.path.islink(path):  # noqa: PTH114 - as above
        return State.HAND_EDITED, "is a link now"
    if text_digest(content) != digest:
        return State.HAND_EDITED, "differs from what was generated"
    return None


def target_files(target: TargetLock) -> dict[str, set[str]]:
    """Every file that a lock knows for a target: path within the project -> digests it may have."""
    known: dict[str, set[str]] = {}
    for files in (target.files, target.other_files):
        for path, digest in files.items():
            known.setdefault(project_path(target.output, path), set()).add(digest)
    return known
