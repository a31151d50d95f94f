"""Whether git ignores a path; asked only where the answer changes what `check` looks at."""

from __future__ import annotations

from pathlib import Path

__all__ = ["is_ignored"]


def is_ignored(path: Path) -> bool | None:
    """Whether *path* lies in a repository and is ignored there; None where git is missing or refuses to say."""
    if not any((folder / ".git").exists() for folder in path.parents):
        return False
    import subprocess

    from pygen.project.git import ask_git

    existing = next(folder for folder in path.parents if folder.is_dir())
    try:
        # A pattern such as `sdk/` is about folders: the path must look like one even while it is absent.
        done = ask_git(existing, "check-ignore", "--quiet", f"{path}/", timeout_s=10, literal=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.returncode == 0 if done.returncode in (0, 1) else None
