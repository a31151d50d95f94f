"""
One watcher per project: a lock of the operating system, which dies with its owner, and a word about who that is.

The lock is another one than the writers': `pygen generate`, a build and a hook may run while somebody watches.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pygen.errors import LockedError
from pygen.project.locking import locked, state_file

__all__ = ["one_watcher"]


@contextmanager
def one_watcher(root: Path) -> Iterator[None]:
    """
    Be the only watcher of a project.

    Args:
        root: The project's folder.

    Raises:
        LockedError: Another one watches it; says which process.
        OutputError: The lock cannot be made.
    """
    path = state_file(root, ".watch")
    owner = state_file(root, ".watch-pid")

    def refused() -> LockedError:
        with contextlib.suppress(OSError):
            process = owner.read_text(encoding="ascii", errors="replace").strip()
            if process.isdecimal():
                return LockedError(f"{root}: the process {process} watches it", hint="one is enough; end it first")
        return LockedError(f"{root}: it is being watched", hint="one is enough; end it first")

    with locked(path, timeout_s=0, refused=refused):
        # A file of its own, since Windows lets nobody read what is locked.
        with contextlib.suppress(OSError):
            owner.write_text(f"{os.getpid()}\n", encoding="ascii")
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                owner.unlink()
