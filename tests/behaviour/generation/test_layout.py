"""What generated files look like: as a formatter leaves them, short, and out of reach for other formatters."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.behaviour.generation.conftest import Sdk

API_IMPORT = re.compile(
    r"^from pygen\.runtime import (?:AsyncQuery\b.*|\(\n    AsyncQuery\b[^)]*\))\n(?=from pygen\.runtime import)",
    re.MULTILINE,
)

FOREIGN = """
line-length = 60
preview = true
[lint]
select = ["ALL"]
unfixable = []
[format]
quote-style = "single"
indent-style = "tab"
skip-magic-trailing-comma = true
docstring-code-format = true
"""


def ruff(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run ruff."""
    command = [sys.executable, "-m", "ruff", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_the_layout_is_ruffs(real_sdks: list[Sdk], tmp_path: Path) -> None:
    """Without `# fmt: off`, `ruff format` changes no file, and imports are sorted."""
    for sdk in real_sdks:
        for path in sdk.folder.glob("*.py"):
            target = tmp_path / sdk.package / path.name
            target.parent.mkdir(exist_ok=True)
            target.write_text(path.read_text(encoding="utf-8").replace("# fmt: off\n", "", 1), encoding="utf-8")
    formatted = ruff("format", "--isolated", "--line-length", "120", "--diff", tmp_path, cwd=tmp_path)
    for path in tmp_path.rglob("*.py"):  # what every view's API needs stands on a line of its own, which never changes
        path.write_text(API_IMPORT.sub("", path.read_text("utf-8"), count=1), encoding="utf-8")
    imports = ruff(
        "check", "--isolated", "--ignore-noqa", "--select", "I", "--line-length", "120", tmp_path, cwd=tmp_path
    )

    assert (0, "") == (formatted.returncode, formatted.stdout)
    assert 0 == imports.returncode, imports.stdout


def test_the_formatter_of_a_user_changes_nothing(real_sdks: list[Sdk], tmp_path: Path) -> None:
    """Any configuration of ruff, fixing all it can, leaves a committed SDK as it is."""
    (tmp_path / "ruff.toml").write_text(FOREIGN, encoding="utf-8")
    for sdk in real_sdks:
        shutil.copytree(sdk.folder, tmp_path / sdk.package, ignore=shutil.ignore_patterns("__pycache__"))
    checked = ruff("check", "--fix", "--unsafe-fixes", ".", cwd=tmp_path)
    formatted = ruff("format", ".", cwd=tmp_path)

    assert checked.returncode in {0, 1}, checked.stderr  # it may frown at the header, but not touch it
    assert 0 == formatted.returncode, formatted.stderr
    for sdk in real_sdks:
        for path in sdk.folder.glob("*.py"):
            assert path.read_bytes() == (tmp_path / sdk.package / path.name).read_bytes()


def test_a_view_takes_at_most_150_lines(real_sdks: list[Sdk]) -> None:
    """On the core data model, docstrings and blank lines included, package files shared by all."""
    sdk = next(sdk for sdk in real_sdks if sdk.name == "cognite_core")
    lines = sum(path.read_text(encoding="utf-8").count("\n") for path in sdk.folder.glob("*.py"))

    assert lines / len(sdk.raw["views"]) <= 150


def test_files_end_as_files_do(real_sdks: list[Sdk]) -> None:
    """UTF-8, line feeds only, and one at the end."""
    for sdk in real_sdks:
        for path in sdk.folder.glob("*.py"):
            content = path.read_bytes()
            assert b"\r" not in content
            assert content.endswith(b"\n")
            assert not content.endswith(b"\n\n")
            content.decode("utf-8")
