"""One writer per project."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pygen.errors import LockedError, OutputError
from pygen.project.locking import one_writer, state_file

HOLD = """
import sys
from pathlib import Path
from pygen.project.locking import one_writer
with one_writer(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(root: Path, repository: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock of a project until it is told to end."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(root)],
        cwd=repository,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "held\n" == process.stdout.readline()
    return process


def test_a_second_writer_is_told(tmp_path: Path, repository: Path) -> None:
    """While one process writes, another one gives up after its time and names the project."""
    with holder(tmp_path, repository) as process:
        with pytest.raises(LockedError, match=tmp_path.name), one_writer(tmp_path, timeout_s=0.05):
            pass
        process.communicate("")
    with one_writer(tmp_path, timeout_s=0):
        pass


def test_the_lock_dies_with_its_owner(tmp_path: Path, repository: Path) -> None:
    """A writer that was killed leaves no lock behind."""
    with holder(tmp_path, repository) as process:
        process.kill()
        process.wait()
    with one_writer(tmp_path, timeout_s=0):
        pass


def test_projects_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Each project has a lock of its own, keyed by where it really is."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    with one_writer(tmp_path / "a"), one_writer(tmp_path / "b", timeout_s=0):
        pass
    assert state_file(tmp_path / "a", ".lock") == state_file(tmp_path / "link", ".lock")


def test_nothing_is_put_into_the_project(tmp_path: Path) -> None:
    """The lock's file lies outside: it is never packaged, committed or watched."""
    with one_writer(tmp_path):
        assert [] == list(tmp_path.iterdir())


def test_an_exception_releases_the_lock(tmp_path: Path) -> None:
    """A failed generation does not block the next one."""
    with pytest.raises(KeyError), one_writer(tmp_path):
        raise KeyError
    with one_writer(tmp_path, timeout_s=0):
        pass


def test_a_home_that_cannot_be_written_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a build sandbox without a usable home, a private temporary folder serves."""
    in_the_way = tmp_path / "file"
    in_the_way.write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(in_the_way))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "temporary"))
    with one_writer(tmp_path):
        pass
    assert [f"pygen-{os.getuid()}"] == [path.name for path in (tmp_path / "temporary").iterdir()]


def test_nowhere_to_lock_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing without a lock is not an option."""
    in_the_way = tmp_path / "file"
    in_the_way.write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(in_the_way))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(in_the_way))
    with pytest.raises(OutputError) as caught, one_writer(tmp_path):
        pass
    assert 2 == caught.value.exit_code
