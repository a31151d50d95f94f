"""Generated packages are clean under mypy strict and pyright strict, without plug-ins."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.behaviour.generation.conftest import Sdk


@pytest.fixture(scope="module")
def packages(real_sdks: list[Sdk], corpus_packages: list[str]) -> list[str]:
    """All packages; one run of a type checker over all is much cheaper than a run each."""
    return [*(sdk.package for sdk in real_sdks), *corpus_packages]


def test_mypy_strict_is_clean(packages: list[str], sdk_root: Path, repository: Path, tmp_path: Path) -> None:
    """Mypy finds nothing in any package."""
    config = tmp_path / "mypy.ini"
    config.write_text(
        f"[mypy]\nstrict = true\nwarn_unreachable = true\nmypy_path = {repository}:{sdk_root}\n"
        f"cache_dir = {tmp_path}\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "mypy", "--config-file", str(config), *packages]
    result = subprocess.run(command, cwd=sdk_root, capture_output=True, text=True, check=False)

    assert 0 == result.returncode, result.stdout


def test_pyright_strict_is_clean(packages: list[str], sdk_root: Path, repository: Path, tmp_path: Path) -> None:
    """Pyright finds nothing in any package."""
    config = {
        "include": [str(sdk_root / package) for package in packages],
        "extraPaths": [str(repository), str(sdk_root)],
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config), encoding="utf-8")
    command = [sys.executable, "-m", "pyright", "-p", str(tmp_path), "--pythonpath", sys.executable]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert 0 == result.returncode, result.stdout
    assert "0 errors, 0 warnings" in result.stdout
