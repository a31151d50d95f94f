"""pygen as it is installed: a copy of the package outside of its repository, with its byte code, run as a process."""

from __future__ import annotations

import compileall
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_SERVE = """
import contextlib, io, json, sys
from pygen.cli import main
for line in sys.stdin:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(json.loads(line))
    print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)
"""


class Installed:
    """
    A copy of pygen.

    Outside of its repository, its recipes hold the output revision and nothing about its sources, as for a user.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT / "pygen", folder / "pygen", ignore=shutil.ignore_patterns("__pycache__"))
        assert compileall.compile_dir(folder / "pygen", quiet=1)
        self.environment = {
            **{key: value for key, value in os.environ.items() if key not in ("PRE_COMMIT", "NO_COLOR")},
            "PYTHONPATH": str(folder),
            "XDG_CACHE_HOME": str(folder / "cache"),
        }

    def start(self, *arguments: str, cwd: Path, **more: str) -> subprocess.Popen[str]:
        """Start `python -m pygen`."""
        return subprocess.Popen(
            [sys.executable, "-m", "pygen", *arguments],
            cwd=cwd,
            env={**self.environment, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, *arguments: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m pygen` to its end."""
        with self.start(*arguments, cwd=cwd, **more) as process:
            out, err = process.communicate(timeout=300)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


class Served:
    """One process that runs many commands, for tests that run hundreds."""

    def __init__(self, installed: Installed, cwd: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVE],
            cwd=cwd,
            env=installed.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command: its exit code, stdout and stderr."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        code, out, err = json.loads(self._process.stdout.readline())
        return code, out, err


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
