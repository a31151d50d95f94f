"""What to do after a set-up: commands that work as they are written."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterable
from pathlib import Path

from pygen.project.setup.surroundings import Backend, Manager, Surroundings

__all__ = ["check_entry", "missing_programs", "next_steps"]

_RUNNERS = {
    Manager.HATCH: "hatch run",
    Manager.UV: "uv run",
    Manager.POETRY: "poetry run",
    Manager.PDM: "pdm run",
    Manager.PIP: "",
}


_BUILDS = {
    Manager.HATCH: "hatch build",
    Manager.UV: "uv build",
    Manager.POETRY: "poetry build",
    Manager.PDM: "pdm build",
    Manager.PIP: "python -m pip wheel --no-deps --wheel-dir dist .",
}


def _in_environment(manager: Manager, command: str) -> str:
    """A command in the environment that the tool keeps for the project."""
    return f"{_RUNNERS[manager]} {command}".strip()


def check_entry(found: Surroundings) -> str:
    """How pre-commit calls `pygen check`: from the top of the repository, in the environment that people work in."""
    where = found.root.relative_to(found.git_root).as_posix() if found.git_root else "."
    command = "python -m pygen check"

    def there(option: str) -> str:
        return "" if where == "." else f" {option} {shlex.quote(where)}"

    match found.manager:
        case Manager.UV:
            return f"uv run{there('--directory')} --no-sync {command}"
        case Manager.POETRY:
            return f"poetry{there('--directory')} run {command}"
        case Manager.PDM:
            return f"pdm run{there('--project')} {command}{there('--project')}"
        case _:
            return f"{command}{there('--project')}"


def next_steps(
    found: Surroundings, *, has_snapshot: bool, environment: str, pre_commit: bool, written: Iterable[Path]
) -> list[str]:
    """
    The commands, in order.

    Args:
        found: The project, as it is now.
        has_snapshot: Whether there is a model to generate from.
        environment: The connection that the first snapshot comes from; empty for that of the environment variables.
        pre_commit: Whether pre-commit calls pygen.
        written: What was written.
    """
    steps = [f"cd {shlex.quote(str(found.root))}"] if found.root != Path.cwd() else []
    if not has_snapshot:
        steps.append(f"pygen pull{f' --env {shlex.quote(environment)}' if environment else ''}")
    match found.manager:
        case Manager.UV:
            steps.append("uv sync")
        case Manager.POETRY:
            steps += ["poetry lock"] if (found.root / "poetry.lock").exists() else []
            steps.append("poetry install")
        case Manager.PDM:
            steps.append("pdm install")
        case Manager.PIP:
            packaged = found.backend is not Backend.NONE
            steps.append(f"python -m pip install {'-e .' if packaged else 'pygen-cdf'}")
        case Manager.HATCH:
            pass
    steps.append(_in_environment(found.manager, "python -m pygen check"))
    if found.backend is not Backend.NONE:
        steps.append(_BUILDS[found.manager])
    if pre_commit and found.git_root is not None:
        steps.append("pre-commit install")
    if found.git_root is not None:
        top = found.git_root
        steps.append(f"git add {shlex.join(sorted({_shown(path, found.root, top) for path in written}))}")
    return steps


def missing_programs(steps: Iterable[str]) -> list[str]:
    """The programs that the commands need, and that are not on PATH."""
    programs = dict.fromkeys(shlex.split(step)[0] for step in steps)
    return [program for program in programs if program != "cd" and shutil.which(program) is None]


def _shown(path: Path, root: Path, top: Path) -> str:
    if path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    return Path(os.path.relpath(top, root), path.relative_to(top)).as_posix()
