"""What ruff is told to leave alone, in the file it reads and in those that this one extends."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["leaves_alone", "ruff_table"]

_MOST_FILES = 8


def ruff_table(path: Path) -> tuple[str, ...]:
    """The keys of ruff's table in a file of this name."""
    return ("tool", "ruff") if path.name == "pyproject.toml" else ()


def leaves_alone(path: Path, folder: Path) -> bool:
    """Whether the configuration at *path* keeps ruff from a folder; its patterns are paths here, nothing cleverer."""
    return any(folder == each or folder.is_relative_to(each) for each in _excluded(path))


def _excluded(path: Path) -> Iterator[Path]:
    for _ in range(_MOST_FILES):
        table = _read(path)
        for key in ("exclude", "extend-exclude"):
            listed = table.get(key)
            yield from (path.parent / str(each).strip("/") for each in (listed if isinstance(listed, list) else ()))
        extended = table.get("extend")
        if not isinstance(extended, str):
            return
        path = (path.parent / extended).resolve()


def _read(path: Path) -> Mapping[str, Any]:
    try:
        found: Any = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError):
        return {}  # ruff says so itself
    for key in ruff_table(path):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}
