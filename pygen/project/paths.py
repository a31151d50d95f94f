"""Where paths lead, and which may be written: only those below a folder, whatever a lock or a template says."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

__all__ = ["is_plain_relative", "leads_outside", "project_path", "resolved"]


def project_path(output: str, path: str) -> str:
    """A file of an output folder, relative to the project."""
    return path if output == "." else f"{output}/{path}"


def is_plain_relative(path: str) -> bool:
    """Whether *path* is posix, relative, normalised, and names something below its folder on every platform."""
    if not path or "\\" in path or "\0" in path or ":" in path:
        return False
    pure = PurePosixPath(path)
    return not pure.is_absolute() and ".." not in pure.parts and pure.as_posix() == path and path != "."


def resolved(path: Path) -> Path:
    """Where links lead; unlike `Path.resolve`, also where they go round in circles, which opening then tells."""
    return Path(os.path.realpath(path))


def leads_outside(path: Path, root: Path) -> bool:
    """Whether the folder of *path* lies, once links are followed, outside *root* (an absolute, resolved folder)."""
    folder = os.path.realpath(path.parent)
    return not (folder == str(root) or Path(folder).is_relative_to(root))
