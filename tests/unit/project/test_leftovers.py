"""What dead runs left goes; what lives or is the user's stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from pygen.errors import LockedError
from pygen.project.config import ProjectConfig, SdkConfig, TargetConfig
from pygen.project.leftovers import remove_leftovers, sweep
from pygen.project.locking import one_writer


def place(root: Path, *names: str) -> None:
    """Make empty files."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def test_sweeping_takes_our_temporary_files_only(tmp_path: Path) -> None:
    """Files of the user stay, whatever they are called, and the project is not searched beyond output and root."""
    place(tmp_path, "sdk/.pygen-1-ab.tmp", "sdk/sub/.pygen-2-cd.tmp", ".pygen-3-ef.tmp")
    place(tmp_path, "sdk/mine.tmp", "sdk/.pygen-notes", "elsewhere/.pygen-4-gh.tmp")
    sweep(tmp_path, [tmp_path / "sdk", tmp_path / "not-there"])
    assert {"mine.tmp", ".pygen-notes", ".pygen-4-gh.tmp"} == {
        path.name for path in tmp_path.rglob("*") if path.is_file()
    }


def test_a_live_writer_keeps_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What looks left behind may belong to a run that is still writing; without it, nothing is locked."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    sdk = SdkConfig("default", "model.json", targets=(TargetConfig("python", "sdk", "sdk"),))
    config = ProjectConfig(root=tmp_path, file=None, sdks=(sdk,))
    with one_writer(tmp_path):
        remove_leftovers(config)
        place(tmp_path, "sdk/.pygen-1-ab.tmp")
        with pytest.raises(LockedError):
            remove_leftovers(config, timeout_s=0)
    assert (tmp_path / "sdk/.pygen-1-ab.tmp").is_file()
    remove_leftovers(config)
    assert [] == list((tmp_path / "sdk").iterdir())
