"""Whether git ignores a path; asked only where the answer changes what `check` looks at."""

from __future__ import annotations

from pathlib import Path

__all__ = ["is_ignored"]


def is_ignored(path: Path) -> bool:
    """Whether *path* lies in a repository and is ignored there; False without git."""
    if not any((folder / ".git").exists() for folder in path.parents):
        return False
    import subprocess

    existing = next(folder for folder in path.parents if folder.is_dir())
    try:
        # A pattern such as `sdk/` is about folders: the path must look like one even while it is absent.
        done = subprocess.run(  # noqa: S603 - our own arguments
            ["git", "check-ignore", "--quiet", f"{path}/"],  # noqa: S607 - the user's git
            cwd=existing,
            check=False,
            capture_output=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
