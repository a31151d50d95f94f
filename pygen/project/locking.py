"""
One writer per project.

The lock is the operating system's, so it dies with its owner, and its file lies outside the project: it is never
packaged, committed or watched. Waiting is bounded; the caller decides afterwards whether there is still work to do.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pygen.errors import LockedError, OutputError

__all__ = ["DEFAULT_TIMEOUT_S", "locked", "one_writer", "state_file"]

DEFAULT_TIMEOUT_S = 60.0
"""A generation takes a second or two; a dozen of them may queue."""

_POLL_S = 0.01


def state_file(root: Path, ending: str, *, make: bool = True) -> Path:
    """
    A file of ours about the project at *root*, outside of it.

    Args:
        root: The project's folder.
        ending: What kind of file, e.g. `.lock`.
        make: Whether to make the folder it lies in; without, the answer may be a path that cannot be.

    Raises:
        OutputError: No folder for such files can be made.
    """
    key = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:32]
    return _state_folder(make=make) / f"{key}{ending}"


def _state_folder(*, make: bool) -> Path:
    failure: OSError | None = None
    for folder in _state_folders():
        try:
            if make:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.access(folder, os.W_OK) and _is_ours(folder):
                return folder
        except OSError as error:
            failure = error
    if not make:
        return Path(os.devnull)
    reason = failure.strerror if failure is not None else "not writable"
    raise OutputError("no folder for the lock of this project", exit_code=2, hint=f"{reason}; set XDG_CACHE_HOME")


def _state_folders() -> Iterator[Path]:
    """The user's cache folder; where that cannot be written (a build sandbox), a private temporary folder."""
    named = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    if named and Path(named).is_absolute():
        yield Path(named) / "pygen"
    else:
        with contextlib.suppress(RuntimeError):  # no home folder
            yield Path.home() / ("Library/Caches/pygen" if sys.platform == "darwin" else ".cache/pygen")
    import tempfile  # brings half of the standard library along

    user = os.getuid() if sys.platform != "win32" else os.environ.get("USERNAME", "user")
    yield Path(tempfile.gettempdir()) / f"pygen-{user}"


def _is_ours(folder: Path) -> bool:
    # In a shared temporary folder somebody else may have made the folder first.
    return sys.platform == "win32" or folder.stat().st_uid == os.getuid()


@contextmanager
def one_writer(root: Path, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Iterator[None]:
    """
    Hold the project's lock.

    Args:
        root: The project's folder.
        timeout_s: How long to wait for another writer.

    Raises:
        LockedError: Another instance held it all that time.
        OutputError: The lock cannot be made.
    """

    def refused() -> LockedError:
        return LockedError(root.name or str(root), hint="wait for it to end, or end it")

    with locked(state_file(root, ".lock"), timeout_s=timeout_s, refused=refused):
        yield


@contextmanager
def locked(path: Path, *, timeout_s: float, refused: Callable[[], LockedError]) -> Iterator[None]:
    """
    Hold the lock of a file; the system releases it whenever its owner dies.

    Args:
        path: The file, of which only the lock matters.
        timeout_s: How long to wait for another owner; 0: not at all.
        refused: Makes the error when another one held it all that time.

    Raises:
        LockedError: What *refused* made.
        OutputError: The lock cannot be made.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    except OSError as error:
        raise OutputError(f"the project cannot be locked: {error.strerror}", paths=[str(path)], exit_code=2) from error
    try:
        deadline = time.monotonic() + timeout_s
        while not _try(descriptor):
            if time.monotonic() >= deadline:
                raise refused()
            time.sleep(_POLL_S)
        try:
            yield
        finally:
            _release(descriptor)
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _try(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EDEADLK):
                return False
            raise
        return True

    def _release(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EACCES):
                return False
            raise
        return True

    def _release(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
