"""
The tools and a fresh example project, made once for all test processes.

This is the only place that needs the network: a wheelhouse is filled here, and all that follows is taken from it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pygen.project.locking import one_writer
from tests.end_to_end.building import EXAMPLE, ONLY_HERE, ROOT, SDK, Project, Tools


@contextlib.contextmanager
def once(folder: Path) -> Iterator[bool]:
    """Let the first of several test processes do something; it yields True there, False where it is done."""
    mark = folder.with_suffix(".done")
    with one_writer(folder, timeout_s=600):
        yield not mark.exists()
        mark.touch()


@pytest.fixture(scope="session")
def tools(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tools:
    """The tools and a wheelhouse, made once for all test processes; skips where packages cannot be had."""
    base = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):
        base = base.parent
    home = base / "tools"
    found = Tools(home / "wheels", home / "environment" / "bin" / "python", home)
    with once(home) as first:
        if first:
            _collect(found)
    if (home / "no-packages").exists():
        reason = (home / "no-packages").read_text(encoding="utf-8")
        if request.config.getoption("--require-corpus") or os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def _collect(tools: Tools) -> None:
    tools.wheels.mkdir(parents=True)
    (tools.home / "hatch.toml").touch()
    source = tools.source
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", ".*_cache")
    for folder in ("pygen", "hatch_pygen", "docs"):
        shutil.copytree(ROOT / folder, source / folder, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, source)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tools.wheels)],
        cwd=source, check=True, capture_output=True,
    )  # fmt: skip
    (ours,) = tools.wheels.glob("*.whl")
    download = [sys.executable, "-m", "pip", "download", "-q", "--only-binary=:all:", "-d", str(tools.wheels)]
    tested = f"pygen-cdf[build,sandbox,watch] @ {ours.as_uri()}"  # the example's own tests talk to the sandbox
    wanted = [tested, "build", "editables", "hatchling", "pip", "pytest", "setuptools"]
    done = subprocess.run([*download, *wanted], capture_output=True, text=True, check=False)
    if done.returncode:
        (tools.home / "no-packages").write_text(f"no packages without network: {done.stderr[-500:]}", encoding="utf-8")
        return
    uv = [sys.executable, "-m", "uv"]
    packages = ["pygen-cdf[build,sandbox,watch]", "build", "editables", "hatchling", "pip", "pytest"]
    for command in (
        [*uv, "venv", "-q", "--python", sys.executable, str(tools.python.parent.parent)],
        [*uv, "pip", "install", "-q", "--python", str(tools.python), "--compile-bytecode", *packages],
    ):
        subprocess.run(command, env=tools.environment(), check=True, capture_output=True)


@pytest.fixture(scope="session")
def fresh_example(tools: Tools) -> Path:
    """A copy of the example with an SDK that this generator made; not to be changed."""
    folder = tools.home / "example"
    with once(folder) as first:
        if first:
            ignored = shutil.ignore_patterns("__pycache__", "dist", ".venv", "uv.lock", ".*_cache")
            shutil.copytree(EXAMPLE, folder, ignore=ignored)
            project = folder / "pyproject.toml"
            text = project.read_text(encoding="utf-8").partition(ONLY_HERE)[0]
            project.write_text(text, encoding="utf-8", newline="\n")
            shutil.rmtree(folder / SDK)  # while pygen is being changed, the committed one may be an older generator's
            done = tools.hatchling(Project(folder), "--hooks-only", "-t", "wheel")
            assert 0 == done.code, done.output
            shutil.rmtree(folder / "dist", ignore_errors=True)
    return folder


@pytest.fixture
def project(tmp_path: Path, fresh_example: Path) -> Project:
    """A copy of the example project as a user outside this repository would have it, with a fresh SDK."""
    return Project(shutil.copytree(fresh_example, tmp_path / "project"))
