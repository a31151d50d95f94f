"""What reaches the type checkers of people who use the client, and what they find in the client itself."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pygen.client
from tests.typing.runtime.test_runtime_types import mypy, pyright

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent

NARROWED_JSON = tuple(f"reportUnknown{kind}Type" for kind in ("Argument", "Lambda", "Member", "Variable"))
"""JSON whose kind has been looked at: its parts are unknown to pyright, and anything to mypy."""


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_types_reach_the_user(checker: Callable[[list[Path], Path], set[tuple[str, int]]], tmp_path: Path) -> None:
    """Strict checkers accept what is right, know its types exactly, and refuse every mistake, without plug-ins."""
    (tmp_path / "repository").symlink_to(ROOT, target_is_directory=True)
    usage, mistakes = tmp_path / "usage.py", tmp_path / "mistakes.py"
    shutil.copy(HERE / "usage.py", usage)
    shutil.copy(HERE / "mistakes.txt", mistakes)
    lines = mistakes.read_text("utf-8").splitlines()
    refused = {(mistakes.name, number) for number, line in enumerate(lines, 1) if line.endswith("# refused")}

    assert refused == checker([usage, mistakes], tmp_path)


def test_the_whole_public_surface_is_used() -> None:
    """What is checked for the user's sake names all that the client exports."""
    tree = ast.parse((HERE / "usage.py").read_text("utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "pygen.client"]

    assert sorted(pygen.client.__all__) == sorted(alias.name for node in imports for alias in node.names)


def report(folder: Path, *arguments: str, environment: dict[str, str] | None = None) -> dict[str, Any]:
    """What pyright finds."""
    executable = shutil.which("pyright", path=str(Path(sys.executable).parent)) or shutil.which("pyright")
    if executable is None:
        pytest.skip("pyright is not installed")
    command = [executable, "--outputjson", "--pythonpath", sys.executable, *arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
        env=os.environ | (environment or {}),
    )
    if not done.stdout.startswith("{"):
        pytest.skip(f"pyright cannot run here: {done.stderr[-300:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_pyright_finds_nothing_in_the_client(tmp_path: Path) -> None:
    """The client passes the strict mode of pyright, too, but for what is unknown of JSON and checked by ruff."""
    (tmp_path / "repository").symlink_to(ROOT, target_is_directory=True)
    config = {
        "include": ["repository/pygen/client"],
        "extraPaths": ["repository"],
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "reportPrivateUsage": False,  # ruff's SLF001
        **dict.fromkeys(NARROWED_JSON, False),
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config), encoding="utf-8")

    found = report(tmp_path, "--project", str(tmp_path))

    assert found["summary"]["filesAnalyzed"] >= 50
    assert [] == [
        f"{Path(one['file']).name}:{one['range']['start']['line'] + 1}: {one['message']}"
        for one in found["generalDiagnostics"]
    ]


def test_no_public_name_is_of_an_unknown_type(tmp_path: Path) -> None:
    """A strict checker of a user's meets no unknown type, whatever it touches."""
    search = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])

    found = report(tmp_path, "--verifytypes", "pygen.client", "--ignoreexternal", environment={"PYTHONPATH": search})[
        "typeCompleteness"
    ]

    assert found["exportedSymbolCounts"]["withKnownType"] > 500
    assert 0 == found["exportedSymbolCounts"]["withUnknownType"]
    assert 0 == found["otherSymbolCounts"]["withUnknownType"]
