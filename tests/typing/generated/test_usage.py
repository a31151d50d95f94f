"""Type checkers accept what is right about generated SDKs and refuse every mistake."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def test_mypy_knows_generated_types(repository: Path, tmp_path: Path) -> None:
    """Mypy strict needs every `type: ignore` of the file and nothing else."""
    config = tmp_path / "mypy.ini"
    config.write_text(
        f"[mypy]\nstrict = true\nexplicit_package_bases = true\ncache_dir = {tmp_path}\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "mypy", "--config-file", str(config), str(HERE / "usage.py")]
    result = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)

    assert 0 == result.returncode, result.stdout


def test_pyright_knows_generated_types(repository: Path, tmp_path: Path) -> None:
    """Pyright strict likewise; it reads the same comments."""
    config = {
        "include": [str(HERE / "usage.py")],
        "extraPaths": [str(repository)],
        "typeCheckingMode": "strict",
        "reportUnnecessaryTypeIgnoreComment": True,
        "pythonVersion": "3.11",
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config), encoding="utf-8")
    command = [sys.executable, "-m", "pyright", "-p", str(tmp_path), "--pythonpath", sys.executable]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert 0 == result.returncode, result.stdout
