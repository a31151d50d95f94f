"""Whether git is changing the files of a project just now, seen from the lock that it holds meanwhile."""

from __future__ import annotations

from pathlib import Path

__all__ = ["is_at_work"]

_MARK = "index.lock"


def is_at_work(root: Path) -> bool:
    """Whether a checkout, a merge, a stash or the like is under way in the repository that *root* lies in."""
    folder = _git_folder(root)
    return folder is not None and (folder / _MARK).exists()


def _git_folder(root: Path) -> Path | None:
    """The folder of git's own files: `.git`, or where the file of that name in a worktree or submodule points to."""
    for folder in (root, *root.parents):
        found = folder / ".git"
        if found.is_dir():
            return found
        if found.is_file():
            try:
                text = found.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                return None
            return folder / text.removeprefix("gitdir:").strip()
    return None
