"""Whether git is changing the files of a project just now, seen from the lock that it holds meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["is_at_work"]

_MARK = "index.lock"


def is_at_work(root: Path) -> bool:
    """Whether a checkout, a merge, a stash or the like is under way in the repository that *root* lies in."""
    folder = _git_folder(root)
    return folder is not None and os.path.exists(folder / _MARK)  # noqa: PTH110 - as below


def _git_folder(root: Path) -> Path | None:
    """The folder of git's own files: `.git`, or where the file of that name in a worktree or submodule points to."""
    for folder in (root, *root.parents):
        found = folder / ".git"
        # The methods of `Path` fail where a folder may not be entered.
        if os.path.isdir(found):  # noqa: PTH112
            return found
        if os.path.isfile(found):  # noqa: PTH113
            try:
                text = found.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                return None
            return folder / text.removeprefix("gitdir:").strip()
    return None
