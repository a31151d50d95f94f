"""A project on disk, and the command line called as a function."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pygen.cli import main

CONFIG = """
[tool.pygen]
model = "model/windfarm.json"
[tool.pygen.python]
output = "src/windfarm/sdk"
"""


@pytest.fixture(autouse=True)
def own_state_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks and journals of the tests stay with the tests, and so does what pre-commit or a colourful shell set."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    for name in ("PRE_COMMIT", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the wind farm model, never generated; it is the working directory."""
    root = tmp_path / "project"
    (root / "model").mkdir(parents=True)
    shutil.copy(repository / "example_project" / "model" / "windfarm.json", root / "model")
    (root / "pyproject.toml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def change(project: Path) -> Callable[[Callable[[dict[str, Any]], object]], None]:
    """Edit the model of the project."""
    path = project / "model" / "windfarm.json"

    def edit(how: Callable[[dict[str, Any]], object]) -> None:
        document = json.loads(path.read_bytes())
        how(document["items"][0] if "items" in document else document)
        path.write_text(json.dumps(document), encoding="utf-8")

    return edit


class Outcome:
    """What a command printed, and its exit code."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found


@pytest.fixture
def pygen(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Call the command line."""

    def call(*arguments: str) -> Outcome:
        try:
            code = main(arguments)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call
