"""How git is asked: the user's git, in a folder of our choice, whatever a hook of git's has set for its own use."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from subprocess import CompletedProcess

__all__ = ["ask_git"]

# A hook inherits what git set for its own use, relative to a folder that need not be ours.
_OF_ANOTHER_PLACE = frozenset(
    {
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_WORK_TREE",
    }
)


def ask_git(
    folder: Path, *arguments: str, stdin: bytes | None = None, timeout_s: float | None = None, literal: bool = True
) -> CompletedProcess[bytes]:
    """
    Run git, and wait for its answer.

    Args:
        folder: Where git looks for the repository.
        arguments: Its command and options; paths in them are paths, never patterns.
        stdin: What it reads.
        timeout_s: How long it may take.
        literal: Whether git is told that paths are no patterns; a few of its commands know none, and refuse.

    Raises:
        OSError: There is no git.
        subprocess.TimeoutExpired: It took longer.
    """
    import subprocess

    environment = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER_PLACE}
    return subprocess.run(  # noqa: S603 - our own arguments
        ["git", *arguments],  # noqa: S607 - the user's git
        cwd=folder,
        env={**environment, "GIT_LITERAL_PATHSPECS": "1"} if literal else environment,
        input=stdin if stdin is not None else b"",
        check=False,
        capture_output=True,
        timeout=timeout_s,
    )
