"""The pages that `pygen explain` prints travel with the distribution."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from pygen.cli.manual import PAGES, read_manual

pytest.importorskip("hatchling")


def build(source: Path, target: str) -> Path:
    """Build a distribution of a source tree."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(source / "dist")],
        cwd=source,
        check=True,
        capture_output=True,
    )
    (found,) = (source / "dist").glob("*.whl" if target == "wheel" else "*.tar.gz")
    return found


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """What the distribution is built from."""
    folder = tmp_path_factory.mktemp("source")
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", ".*_cache")
    for name in ("pygen", "hatch_pygen", "docs"):
        shutil.copytree(repository / name, folder / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"):
        shutil.copy(repository / name, folder)
    return folder


def test_a_wheel_carries_the_manual(source: Path, repository: Path, tmp_path: Path) -> None:
    """Word for word; and it is what an installation without a checkout prints."""
    with zipfile.ZipFile(build(source, "wheel")) as wheel:
        carried = {name for name in wheel.namelist() if name.startswith("pygen/docs/")}
        assert {f"pygen/docs/{page}" for page in PAGES} == carried
        for page in PAGES:
            assert (repository / "docs" / page).read_bytes() == wheel.read(f"pygen/docs/{page}")
        wheel.extractall(tmp_path / "site")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    command = [sys.executable, "-P", "-m", "pygen", "explain"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert (0, "") == (done.returncode, done.stderr)
    assert list(read_manual()) == [line.partition(" ")[0] for line in done.stdout.splitlines()]


def test_a_wheel_from_the_sdist_is_the_same(source: Path, tmp_path: Path) -> None:
    """The sdist carries the pages, too: a wheel is built from it more often than from a checkout."""
    with tarfile.open(build(source, "sdist")) as sdist:
        sdist.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    assert {f"docs/{page}" for page in PAGES} == {
        path.relative_to(unpacked).as_posix() for path in (unpacked / "docs").iterdir()
    }
    assert build(source, "wheel").read_bytes() == build(unpacked, "wheel").read_bytes()
