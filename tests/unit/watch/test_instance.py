"""One watcher per project."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pygen.errors import LockedError
from pygen.project.locking import one_writer, state_file
from pygen.watch.instance import one_watcher
from tests.support.watching import eventually

_HOLD = """
import sys
from pathlib import Path
from pygen.watch.instance import one_watcher
with one_watcher(Path(sys.argv[1])):
    print("watching", flush=True)
    sys.stdin.read()
"""


def test_the_second_is_told_who_the_first_is(tmp_path: Path) -> None:
    """With its process, so that it can be found and ended."""
    with one_watcher(tmp_path), pytest.raises(LockedError, match=f"process {os.getpid()}"), one_watcher(tmp_path):
        pass


def test_writers_are_not_kept_out(tmp_path: Path) -> None:
    """A build or a hook may run while somebody watches."""
    with one_watcher(tmp_path), one_writer(tmp_path, timeout_s=0):
        pass


def test_another_project_is_another_lock(tmp_path: Path) -> None:
    """Two projects, two watchers."""
    with one_watcher(tmp_path / "a"), one_watcher(tmp_path / "b"):
        pass


def test_a_link_to_the_project_is_the_same_project(tmp_path: Path) -> None:
    """However one comes to it."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with one_watcher(tmp_path / "real"), pytest.raises(LockedError), one_watcher(tmp_path / "link"):
        pass


def test_it_ends_with_its_owner(tmp_path: Path) -> None:
    """A watcher that was killed is in nobody's way, whatever it left behind."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert "watching\n" == process.stdout.readline()
        with pytest.raises(LockedError, match=f"process {process.pid}"), one_watcher(tmp_path):
            pass
        process.kill()
        process.wait()
    assert state_file(tmp_path, ".watch-pid").exists()
    with one_watcher(tmp_path):
        assert f"{os.getpid()}\n" == state_file(tmp_path, ".watch-pid").read_text()
    eventually(lambda: not state_file(tmp_path, ".watch-pid").exists())


def test_an_owner_that_left_no_word(tmp_path: Path) -> None:
    """The message does without it."""
    with one_watcher(tmp_path):
        state_file(tmp_path, ".watch-pid").write_text("\x1b[2J")
        with pytest.raises(LockedError, match="it is being watched"), one_watcher(tmp_path):
            pass
