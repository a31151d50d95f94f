"""
The pipeline: generate, check, validate.

The CLI, the hatch hook, pre-commit and the watcher all call these functions; none of them does more than that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from pygen.errors import ModelError, OutputError, Problem, StaleError
from pygen.project.affected import locked_files
from pygen.project.config import LOCK_NAME, ProjectConfig, SdkConfig
from pygen.project.lock import AdhocRequest, Lock, SdkLock, TargetLock, lock_text, read_lock
from pygen.project.paths import project_path
from pygen.project.progress import Progress, no_progress
from pygen.project.reports import (
    CheckedTarget,
    CheckReport,
    Finding,
    GenerateReport,
    SdkProblems,
    State,
    TargetReport,
    ValidateReport,
)
from pygen.project.snapshot import Snapshot, read_snapshot
from pygen.project.status import Depth, SdkStatus, removed_parts, sdk_status, target_files

if TYPE_CHECKING:
    from pygen.project.rendering import Rendered

__all__ = ["check", "generate", "manifest", "validate"]

_ATTEMPTS = 10
"""How often a check looks again because somebody generated meanwhile."""


# ---------------------------------------------------------------------------------------------------------------------
# check


def check(
    config: ProjectConfig,
    *,
    names: Collection[str] | None = None,
    lock_only: bool | None = False,
    trust_generator: bool = False,
) -> CheckReport:
    """
    Tell whether generated code is fresh, offline and without writing anything.

    Args:
        config: The project.
        names: The SDKs to look at; None looks at all.
        lock_only: Compare the lock with the model and the options, not with the files: what a commit needs where
            the output is ignored by git. None decides by itself: in a hook of pre-commit, or where the output is
            absent, if git ignores the output.
        trust_generator: Accept files whatever generator made them, as long as model and lock say they belong
            together: an sdist brings its files along, and is built by whatever version is installed there.

    Raises:
        ConfigError: Model or lock cannot be read, or a later generator made the code.
    """
    for _ in range(_ATTEMPTS):
        before = _stamp(config.lock_file)
        report = _check(config, names, lock_only=lock_only, trust_generator=trust_generator)
        # A generation that ended meanwhile would look like somebody's edits: its files, and the lock of the one before.
        if report.fresh or before == _stamp(config.lock_file):
            break
    return report


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What differs once a file was replaced."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _check(
    config: ProjectConfig, names: Collection[str] | None, *, lock_only: bool | None, trust_generator: bool
) -> CheckReport:
    lock = read_lock(config.lock_file)
    findings: list[Finding] = [] if names is not None else removed_parts(config, lock)
    notes: list[str] = []
    targets: list[CheckedTarget] = []
    sdks = config.select(names)
    for sdk in sdks:
        depth = Depth.FILES if trust_generator else Depth.LOCK if lock_only else Depth.FULL
        unread = "only pygen.lock was to be looked at" if lock_only else ""
        if lock_only is None and _is_left_to_the_build(config, sdk, notes):
            depth = Depth.LOCK
            unread = "git ignores the output"
            notes.append(f"{sdk.name}: git ignores the output, so the model was compared with {LOCK_NAME} only")
        findings += sdk_status(config, sdk, lock, depth).findings
        targets += _checked_targets(sdk, lock, unread)
    findings = _without_work_of_tools(config, findings)
    return CheckReport(
        findings=tuple(findings),
        notes=tuple(notes),
        repair=_repair(names, findings),
        checked=tuple(sdk.name for sdk in sdks),
        targets=tuple(targets),
    )


def _checked_targets(sdk: SdkConfig, lock: Lock, unread: str) -> Iterable[CheckedTarget]:
    locked = lock.sdks[sdk.name].targets if sdk.name in lock.sdks else {}
    for target in sdk.targets:
        before = locked.get(target.target)
        files = locked_files(before) if before is not None else ()
        yield CheckedTarget(sdk.name, target.target, target.output, files, unread)


def _is_left_to_the_build(config: ProjectConfig, sdk: SdkConfig, notes: list[str]) -> bool:
    import os

    outputs = [config.root / target.output for target in sdk.targets]
    # Pre-commit sets aside what is not staged, the lock and the model included, but not files that git ignores.
    if "PRE_COMMIT" not in os.environ and any(output.exists() for output in outputs):
        return False
    from pygen.project.ignored import is_ignored

    answers = [is_ignored(output) for output in outputs]
    if None in answers:
        notes.append(f"{sdk.name}: git could not say whether it ignores the output; if it does, use --lock-only")
    return all(answers)


def _without_work_of_tools(config: ProjectConfig, findings: Iterable[Finding]) -> list[Finding]:
    """Tell what an interrupted run or a merge wrote from what a person did."""
    found = sorted(findings)
    if not any(finding.state is State.HAND_EDITED for finding in found):
        return found
    from pygen.project.canonical import text_digest
    from pygen.project.writing import Journal, in_conflict

    intentions = Journal(config.root).read()
    for index, finding in enumerate(found):
        file = config.root / finding.path
        if finding.state is not State.HAND_EDITED or file.is_symlink() or not file.is_file():
            continue
        try:
            content = file.read_bytes()
        except OSError:
            continue
        if text_digest(content) in intentions.get(finding.path, ()):
            found[index] = finding._replace(state=State.STALE, reason="a generation was interrupted, or is at work")
        elif in_conflict(content):
            found[index] = finding._replace(state=State.STALE, reason="has merge conflicts")
    return found


def _repair(names: Collection[str] | None, findings: Iterable[Finding]) -> str:
    chosen = "".join(f" --sdk {name}" for name in sorted(names or ()))
    force = " --force" if any(finding.state is State.HAND_EDITED for finding in findings) else ""
    return f"pygen generate{chosen}{force}"


# ---------------------------------------------------------------------------------------------------------------------
# generate


class _Work(NamedTuple):
    """One SDK that has to be generated, or whose entry in the lock is to be refreshed."""

    sdk: SdkConfig
    status: SdkStatus
    needed: bool


def generate(
    config: ProjectConfig,
    *,
    names: Collection[str] | None = None,
    reset_names: bool = False,
    strict: bool = False,
    force: bool = False,
    progress: Progress = no_progress,
) -> GenerateReport:
    """
    Bring generated code up to date.

    What is fresh is not even parsed. Everything is rendered before the first file is touched, so an error leaves all
    as it was.

    Args:
        config: The project.
        names: The SDKs to generate; None generates all, and removes what is no longer configured.
        reset_names: Forget the names once given, and give all of them anew.
        strict: Treat warnings about the model as errors, as `strict` in the configuration does.
        force: Overwrite files in the way that were edited, or that nobody generated.
        progress: Told which step it is at; only of what is not fresh.

    Raises:
        ConfigError: Configuration, model or lock cannot be read.
        ModelError: A model cannot be generated.
        OutputError: A file is in the way, or the output cannot be written.
        LockedError: Another instance is writing.
        MissingExtraError: A package of the extra `build` or `format` is missing.
    """
    again = reset_names or strict
    before: list[_Work] = []
    if not again:
        before = _work(config, names, read_lock(config.lock_file), again=again)
    if not again and not before:
        from pygen.project.leftovers import remove_leftovers

        # A run that died may have left its files although all is fresh: the model went back to what was generated.
        remove_leftovers(config)
        return _nothing_to_do(config, names)
    from pygen.project.locking import one_writer

    with one_writer(config.root):
        lock = read_lock(config.lock_file)
        work = _work(config, names, lock, again=again, parsed={item.sdk.name: item.status.snapshot for item in before})
        if not work:  # another writer did it meanwhile
            return _nothing_to_do(config, names)
        rendered = _render(config, work, lock, reset_names=reset_names, strict=strict, progress=progress)
        progress("writing files", 0, None)
        return _write(config, names, lock, work, rendered, force=force)


def _work(
    config: ProjectConfig,
    names: Collection[str] | None,
    lock: Lock,
    *,
    again: bool,
    parsed: Mapping[str, Snapshot | None] = MappingProxyType({}),
) -> list[_Work]:
    """What has to be done; empty when all is fresh. A snapshot *parsed* before is read again only if it changed."""
    work: list[_Work] = []
    for sdk in config.select(None if lock.conflicted else names):
        status = sdk_status(config, sdk, lock, parsed=parsed.get(sdk.name))
        needed = bool(status.findings) or again
        # A snapshot that was only laid out anew is fresh; noting its digest spares the next run from parsing it.
        if needed or status.snapshot is not None:
            work.append(_Work(sdk, status, needed))
    if names is None and removed_parts(config, lock) and not work:
        work = [_Work(sdk, sdk_status(config, sdk, lock), needed=False) for sdk in config.sdks]
    return work


def _nothing_to_do(config: ProjectConfig, names: Collection[str] | None) -> GenerateReport:
    lock = read_lock(config.lock_file)
    return GenerateReport(
        targets=tuple(
            TargetReport(
                sdk.name, target.target, target.output, total=len(lock.sdks[sdk.name].targets[target.target].files)
            )
            for sdk in config.select(names)
            for target in sdk.targets
        )
    )


def _render(
    config: ProjectConfig,
    work: Iterable[_Work],
    lock: Lock,
    *,
    reset_names: bool,
    strict: bool,
    progress: Progress,
) -> dict[str, Rendered]:
    """Render every SDK that needs it, or raise the problems of all of them together."""
    from pygen.project.rendering import render_sdk

    rendered: dict[str, Rendered] = {}
    problems: list[Problem] = []
    for item in work:
        if not item.needed:
            continue
        sdk, status = item.sdk, item.status
        try:
            rendered[sdk.name] = render_sdk(
                config,
                sdk,
                status.snapshot or read_snapshot(config.model_path(sdk), sdk),
                status.recipes,
                lock.sdks.get(sdk.name),
                changed_views=status.changed_views,
                reset_names=reset_names,
                strict=strict or sdk.strict,
                progress=progress,
            )
        except ModelError as error:
            problems += error.problems
    if problems:
        raise ModelError(problems)
    return rendered


def _write(
    config: ProjectConfig,
    names: Collection[str] | None,
    lock: Lock,
    work: Iterable[_Work],
    rendered: dict[str, Rendered],
    *,
    force: bool,
) -> GenerateReport:
    from pygen.project.leftovers import sweep
    from pygen.project.writing import Journal, apply, survey, write_atomically

    next_lock = _next_lock(config, names, lock, work, rendered)
    known: dict[str, set[str]] = {}
    journal = Journal(config.root)
    for source in (_lock_files(lock), journal.read()):
        for path, digests in source.items():
            known.setdefault(path, set()).update(digests)
    files = {
        project_path(target.config.output, path): text
        for item in rendered.values()
        for target in item.targets
        for path, text in target.files.items()
    }
    changes = survey(
        config.root,
        files=files,
        belonging=_lock_files(next_lock).keys(),
        known=known,
        adopt=lock.conflicted or not lock.exists,
        force=force,
    )
    _refuse_obstacles(changes.edited, changes.foreign)
    _verify_syntax(config, changes.write)
    outputs = {config.root / target.output for some in (lock, next_lock) for target in _targets(some)}
    sweep(config.root, outputs)
    if changes.pending:
        journal.write({path: target for path, target in _lock_files(next_lock).items() if path in changes.write})
        apply(config.root, changes, outputs=outputs)
    text = lock_text(next_lock).encode()
    lock_written = not config.lock_file.is_file() or config.lock_file.read_bytes().replace(b"\r\n", b"\n") != text
    if lock_written:
        try:
            write_atomically(config.lock_file, text, config.root, sync=True)
        except OutputError:
            if changes.pending or rendered:
                raise
            lock_written = False  # all is fresh, only the digest of the source could not be noted
    journal.clear()
    return GenerateReport(
        targets=tuple(
            TargetReport(
                sdk.name,
                target.target,
                target.output,
                written=tuple(
                    path
                    for path in (project_path(target.output, file) for file in sorted(locked.files))
                    if path in changes.write
                ),
                total=len(locked.files),
            )
            for sdk in config.select(names)
            for target in sdk.targets
            for locked in (next_lock.sdks[sdk.name].targets[target.target],)
        ),
        removed=changes.remove,
        left=changes.left,
        problems=tuple(SdkProblems(name, item.problems) for name, item in sorted(rendered.items())),
        lock_written=lock_written,
    )


def _next_lock(
    config: ProjectConfig,
    names: Collection[str] | None,
    lock: Lock,
    work: Iterable[_Work],
    rendered: dict[str, Rendered],
) -> Lock:
    configured = {sdk.name for sdk in config.sdks}
    sdks = {name: sdk for name, sdk in lock.sdks.items() if names is not None or name in configured}
    for item in work:
        name = item.sdk.name
        if name in rendered:
            sdks[name] = rendered[name].lock._replace(request=_request(config, item.sdk))
        elif item.status.snapshot is not None:
            before = sdks[name]
            sdks[name] = before._replace(model=before.model._replace(source_sha256=item.status.source_sha256))
    return Lock(sdks=sdks)


def _request(config: ProjectConfig, sdk: SdkConfig) -> AdhocRequest | None:
    if config.file is not None:
        return None
    (target,) = sdk.targets
    return AdhocRequest(sdk.model, target.target, target.package, target.client_name or "")


def _targets(lock: Lock) -> list[TargetLock]:
    return [target for sdk in lock.sdks.values() for target in sdk.targets.values()]


def _lock_files(lock: Lock) -> dict[str, set[str]]:
    known: dict[str, set[str]] = {}
    for target in _targets(lock):
        for path, digests in target_files(target).items():
            known.setdefault(path, set()).update(digests)
    return known


def _refuse_obstacles(edited: tuple[str, ...], foreign: tuple[str, ...]) -> None:
    if edited:
        raise OutputError(
            "generated files were edited by hand, nothing was written",
            paths=[*edited, *foreign],
            hint="move the changes elsewhere, then overwrite the files with --force",
        )
    if foreign:
        raise OutputError(
            "files that pygen did not generate are in the way, nothing was written",
            paths=foreign,
            hint="move them away or choose another output; --force overwrites them",
        )


def _verify_syntax(config: ProjectConfig, files: Mapping[str, bytes]) -> None:
    from pygen.project.rendering import verify_syntax

    templates = {target.output: target.templates for sdk in config.sdks for target in sdk.targets}
    for path, content in files.items():
        if path.endswith(".py"):
            replaced = next((made for output, made in templates.items() if path.startswith(f"{output}/")), None)
            verify_syntax(path, content, templates=replaced)


# ---------------------------------------------------------------------------------------------------------------------
# validate, manifest


def validate(config: ProjectConfig, *, names: Collection[str] | None = None) -> ValidateReport:
    """
    Find every problem of every model, without writing anything.

    Raises:
        ConfigError: A model cannot be read.
        MissingExtraError: A package of the extra `build` is missing.
    """
    from pygen.project.rendering import find_problems

    return ValidateReport(
        tuple(
            SdkProblems(sdk.name, find_problems(config, sdk, read_snapshot(config.model_path(sdk), sdk)))
            for sdk in config.select(names)
        )
    )


def manifest(config: ProjectConfig, *, names: Collection[str] | None = None) -> tuple[Path, ...]:
    """
    The files that belong to the generated SDKs, absolute, in order.

    Raises:
        StaleError: One of them was never generated.
        ConfigError: The lock cannot be read.
    """
    lock = read_lock(config.lock_file)
    files: list[Path] = []
    for sdk in config.select(names):
        locked: SdkLock | None = lock.sdks.get(sdk.name)
        for target in sdk.targets:
            generated = locked.targets.get(target.target) if locked is not None else None
            if generated is None:
                raise StaleError(
                    f"{sdk.name} was never generated for {target.target}", paths=[LOCK_NAME], hint="pygen generate"
                )
            files += [config.root / project_path(generated.output, path) for path in generated.files]
    return tuple(sorted(files))
