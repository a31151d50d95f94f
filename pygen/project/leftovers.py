"""
What a run that was killed leaves behind: its temporary files, and no other.

They lie in the output folders, and beside the lock, which is written last. Looking costs a listing of these folders;
removing needs the project's lock, since the temporary files of a run that lives look the same.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from pygen.project.config import ProjectConfig
from pygen.project.locking import DEFAULT_TIMEOUT_S, one_writer

__all__ = ["TEMPORARY_PREFIX", "TEMPORARY_SUFFIX", "leftovers", "remove_leftovers", "sweep"]

TEMPORARY_PREFIX = ".pygen-"
TEMPORARY_SUFFIX = ".tmp"


def sweep(root: Path, outputs: Iterable[Path]) -> None:
    """Remove what dead runs left. Call it only while holding the project's lock."""
    for path in list(leftovers(root, outputs)):
        with contextlib.suppress(OSError):
            path.unlink()


def remove_leftovers(config: ProjectConfig, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
    """
    Remove what dead runs left; without any, nothing is locked.

    Args:
        config: The project.
        timeout_s: How long to wait for another writer.

    Raises:
        LockedError: Another instance is writing.
    """
    outputs = [config.root / target.output for sdk in config.sdks for target in sdk.targets]
    if next(leftovers(config.root, outputs), None) is not None:
        with one_writer(config.root, timeout_s=timeout_s):
            sweep(config.root, outputs)


def leftovers(root: Path, outputs: Iterable[Path]) -> Iterator[Path]:
    """The temporary files of runs, dead or alive."""
    # The root may hold anything, so it is not searched in depth.
    yield from root.glob(f"{TEMPORARY_PREFIX}*{TEMPORARY_SUFFIX}")
    for output in outputs:
        for where, folders, names in os.walk(output):
            folders[:] = [name for name in folders if name != "__pycache__"]
            for name in names:
                if name.startswith(TEMPORARY_PREFIX) and name.endswith(TEMPORARY_SUFFIX):
                    yield Path(where) / name
