"""What reaches the type checkers of people who use a generated SDK."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

Checker: TypeAlias = Callable[[list[Path], Path], set[tuple[str, int]]]
"""Given files and the folder they are in, says which lines are refused."""

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent


def mypy(files: list[Path], folder: Path) -> set[tuple[str, int]]:
    """The lines that mypy refuses in strict mode."""
    command = [
        *(sys.executable, "-m", "mypy", "--strict", "--explicit-package-bases", "--no-error-summary"),
        *("--config-file", "", "--cache-dir", str(ROOT / ".mypy_cache"), *map(str, files)),
    ]
    environment = {**os.environ, "MYPYPATH": str(ROOT / "example_project" / "src")}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=300, check=False
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    found = re.findall(r"([^/\s]+\.py):(\d+): error:", done.stdout)
    return {(name, int(line)) for name, line in found}


def pyright(files: list[Path], folder: Path) -> set[tuple[str, int]]:
    """The lines that pyright refuses in strict mode."""
    executable = shutil.which("pyright", path=str(Path(sys.executable).parent)) or shutil.which("pyright")
    if executable is None:
        pytest.skip("pyright is not installed")
    config = {
        "include": [str(path.relative_to(folder)) for path in files],
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "extraPaths": ["repository"],
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(config), encoding="utf-8")
    command = [executable, "--outputjson", "--pythonpath", sys.executable, "--project", str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=300, check=False)
    if done.returncode not in {0, 1}:
        pytest.skip(f"pyright cannot run here: {done.stderr[-300:]}")
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == len(files)
    errors = [one for one in report["generalDiagnostics"] if one["severity"] == "error"]
    return {(Path(one["file"]).name, one["range"]["start"]["line"] + 1) for one in errors}


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_types_reach_the_user(checker: Checker, tmp_path: Path) -> None:
    """Strict checkers accept what is right, know its types exactly, and refuse every mistake, without plug-ins."""
    (tmp_path / "repository").symlink_to(ROOT, target_is_directory=True)
    usage, mistakes = tmp_path / "usage.py", tmp_path / "mistakes.py"
    shutil.copy(HERE / "usage.py", usage)
    shutil.copy(HERE / "mistakes.txt", mistakes)
    lines = mistakes.read_text("utf-8").splitlines()
    refused = {(mistakes.name, number) for number, line in enumerate(lines, 1) if line.endswith("# refused")}
    assert refused == checker([usage, mistakes], tmp_path)
