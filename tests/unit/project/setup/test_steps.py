"""What is printed to do next, and what pre-commit runs."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from pygen.project.setup.steps import check_entry, missing_programs, next_steps
from pygen.project.setup.surroundings import Backend, Manager, Surroundings


@pytest.mark.parametrize(
    ("manager", "at_top", "below"),
    [
        (Manager.HATCH, "python -m pygen check", "python -m pygen check --project 'a b'"),
        (Manager.PIP, "python -m pygen check", "python -m pygen check --project 'a b'"),
        (
            Manager.UV,
            "uv run --no-sync python -m pygen check",
            "uv run --directory 'a b' --no-sync python -m pygen check",
        ),
        (Manager.POETRY, "poetry run python -m pygen check", "poetry --directory 'a b' run python -m pygen check"),
        (
            Manager.PDM,
            "pdm run python -m pygen check",
            "pdm run --project 'a b' python -m pygen check --project 'a b'",
        ),
    ],
)
def test_what_pre_commit_runs(tmp_path: Path, manager: Manager, at_top: str, below: str) -> None:
    """It starts at the top of the repository, in the environment that people work in."""
    assert at_top == check_entry(Surroundings(tmp_path, manager=manager, git_root=tmp_path))
    assert below == check_entry(Surroundings(tmp_path / "a b", manager=manager, git_root=tmp_path))
    assert at_top == check_entry(Surroundings(tmp_path, manager=manager)), "without a repository"


def test_steps_are_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go there, get a snapshot, install, check, build, and hand over to git; paths are quoted."""
    root = tmp_path / "my farm"
    root.mkdir()
    (root / "poetry.lock").touch()
    found = Surroundings(root, backend=Backend.POETRY, manager=Manager.POETRY, git_root=tmp_path)
    written = [root / "pyproject.toml", root / "a b.json", tmp_path / ".pre-commit-config.yaml"]
    steps = next_steps(found, has_snapshot=False, environment="prod", pre_commit=True, written=written)
    assert [
        f"cd {shlex.quote(str(root))}",
        "pygen pull --env prod",
        "poetry lock",
        "poetry install",
        "poetry run python -m pygen check",
        "poetry build",
        "pre-commit install",
        "git add ../.pre-commit-config.yaml 'a b.json' pyproject.toml",
    ] == steps
    monkeypatch.chdir(root)
    bare = Surroundings(root, backend=Backend.NONE, manager=Manager.PIP)
    again = next_steps(bare, has_snapshot=True, environment="", pre_commit=True, written=[])
    assert ["python -m pip install pygen-cdf", "python -m pygen check"] == again


def test_programs_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step works as it is written only where its program is on PATH; each is named once."""
    (tmp_path / "hatch").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    steps = ["cd 'a b'", "hatch run python -m pygen check", "uv sync", "uv build", "pre-commit install"]
    assert ["uv", "pre-commit"] == missing_programs(steps)
