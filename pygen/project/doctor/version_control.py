"""What git keeps and what it does not, and what formatters do to generated files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pygen.project.config import LOCK_NAME
from pygen.project.doctor.build import is_built
from pygen.project.doctor.diagnosis import Check, Diagnosis, Level, Patient
from pygen.project.git import ask_git
from pygen.project.setup.precommit import changes_files, exclude_pattern, excludes, read_pre_commit
from pygen.project.setup.ruff import leaves_alone

__all__ = ["CHECKS"]

_TIMEOUT_S = 10.0


def _git(patient: Patient, *arguments: str, literal: bool = True) -> str | None:
    """What git answers; None outside of a repository, without git, or where it says no."""
    import subprocess

    if patient.found.git_root is None:
        return None
    try:
        done = ask_git(patient.root, *arguments, timeout_s=_TIMEOUT_S, literal=literal)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


def _is_ignored(patient: Patient, path: str, *, folder: bool = False) -> bool:
    # Without an index: what is tracked and matched by a pattern counts as ignored, too.
    name = f"{path}/" if folder else path
    return _git(patient, "check-ignore", "--no-index", "--quiet", "--", name, literal=False) is not None


def _is_tracked(patient: Patient, path: str) -> bool:
    return bool(_git(patient, "ls-files", "--", path))


def _sdk(patient: Patient) -> Iterator[Diagnosis]:
    for output in patient.outputs:
        ignored = _is_ignored(patient, output, folder=True)
        if ignored and _is_tracked(patient, output):
            yield Diagnosis(
                "sdk-committed-and-ignored",
                Level.ERROR,
                f"git keeps files of {output}, and ignores the folder",
                "changed files are committed and new ones are not: the SDK in git falls apart",
                f"commit all of it (remove the line from .gitignore), or none: git rm -r --cached {output}",
                output,
            )
        elif ignored and not is_built(patient):
            yield Diagnosis(
                "nothing-makes-the-sdk",
                Level.ERROR,
                f"git ignores {output}, and no build makes it",
                "a fresh clone has no SDK, and neither has a wheel built from it",
                "switch the build hook on (hatchling), or let git keep the SDK",
                output,
            )
        elif patient.found.git_root is not None:
            kept = "made by every build" if ignored else "kept by git"
            yield Diagnosis("sdk-in-git", Level.FINE, f"{output} is {kept}")


def _inputs(patient: Patient) -> Iterator[Diagnosis]:
    models = {sdk.model: "snapshot-ignored" for sdk in patient.config.sdks if not Path(sdk.model).is_absolute()}
    for path, name in {LOCK_NAME: "lock-ignored", **models}.items():
        if _is_ignored(patient, path, folder=(patient.root / path).is_dir()):
            lock = path == LOCK_NAME
            yield Diagnosis(
                name,
                Level.ERROR,
                f"git ignores {path}",
                "names once given and what is fresh are known on this machine only"
                if lock
                else "a fresh clone has nothing to generate from",
                "remove the pattern from .gitignore, and commit the file",
                path,
            )
        elif patient.found.git_root is not None and (patient.root / path).exists() and not _is_tracked(patient, path):
            yield Diagnosis(
                "not-added",
                Level.NOTE,
                f"{path} is not in git yet",
                "lock and snapshot belong to the project",
                f"git add {path}",
                path,
            )


def _line_endings(patient: Patient) -> Iterator[Diagnosis]:
    for output in patient.outputs:
        if _is_ignored(patient, output, folder=True):
            continue
        said = _git(patient, "check-attr", "eol", "--", f"{output}/__init__.py")
        if said is not None and not said.rstrip().endswith(": lf"):
            yield Diagnosis(
                "line-endings",
                Level.WARNING,
                f"no .gitattributes says eol=lf for {output}",
                "on Windows git may write CRLF, so that every generated file shows as changed after generating",
                f"add to .gitattributes: {output}/** linguist-generated=true text eol=lf",
                ".gitattributes",
            )


def _formatters(patient: Patient) -> Iterator[Diagnosis]:
    found = patient.found
    if found.ruff_file is not None:
        yield from _ruff(patient, found.ruff_file)
    text = found.texts.get(found.pre_commit_file)
    if text is None:
        return
    document = read_pre_commit(text, found.pre_commit_file.name)
    where = found.root.relative_to(found.pre_commit_file.parent).as_posix()
    for output in patient.outputs:
        place = output if where == "." else f"{where}/{output}"
        if changes_files(document) and not excludes(document, place):
            yield Diagnosis(
                "pre-commit-exclude",
                Level.WARNING,
                f"hooks of pre-commit may change files of {output}",
                "what a hook changes counts as edited by hand, and pygen generate refuses to overwrite it",
                f"exclude it at the top of {found.pre_commit_file.name}: exclude: {exclude_pattern(place)}",
                found.pre_commit_file.name,
            )


def _ruff(patient: Patient, path: Path) -> Iterator[Diagnosis]:
    for output in patient.outputs:
        if not leaves_alone(path, patient.root / output):
            place = (patient.root / output).relative_to(path.parent).as_posix()
            yield Diagnosis(
                "ruff-exclude",
                Level.WARNING,
                f"ruff is not told to leave {output} alone",
                "it reads every generated file for nothing, and whoever runs it with other settings gets findings",
                f'add "{place}" to extend-exclude of ruff',
                path.name,
            )


CHECKS: tuple[Check, ...] = (_sdk, _inputs, _line_endings, _formatters)
