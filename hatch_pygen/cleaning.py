"""Taking our files away again: those that the lock lists and nobody edited, and no other."""

from __future__ import annotations

import contextlib
from pathlib import Path

from hatch_pygen.manifest import generated_files
from pygen.project.canonical import text_digest
from pygen.project.config import ProjectConfig
from pygen.project.locking import one_writer
from pygen.project.paths import leads_outside

__all__ = ["remove_generated"]


def remove_generated(config: ProjectConfig) -> tuple[str, ...]:
    """
    Remove what was generated; the lock stays, and with it the names once given.

    Returns:
        Generated files that were edited and therefore stay; posix paths within the project.
    """
    kept: list[str] = []
    with one_writer(config.root):
        removed: list[Path] = []
        for path, digest in generated_files(config).items():
            file = config.root / path
            if file.is_symlink() or not file.is_file() or leads_outside(file, config.root):
                continue
            if text_digest(file.read_bytes()) == digest:
                file.unlink()
                removed.append(file)
            else:
                kept.append(path)
        _remove_empty_folders(config.root, removed)
    return tuple(kept)


def _remove_empty_folders(root: Path, removed: list[Path]) -> None:
    """Folders that held nothing else go too, and so does what Python compiled of the removed files."""
    for file in removed:
        for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
            compiled.unlink()
    for folder in sorted({file.parent for file in removed}, key=lambda path: len(path.parts), reverse=True):
        for empty in (folder / "__pycache__", folder):
            if empty != root:
                with contextlib.suppress(OSError):
                    empty.rmdir()
