"""What the lock says was generated, with digests."""

from __future__ import annotations

from collections.abc import Mapping

from pygen.project.config import ProjectConfig
from pygen.project.lock import read_lock
from pygen.project.paths import project_path

__all__ = ["generated_files"]

PYTHON_TARGETS = frozenset({"pyspark", "python"})
"""Targets whose files are Python modules, and so belong into a wheel."""


def generated_files(config: ProjectConfig, *, python_only: bool = False) -> Mapping[str, str]:
    """
    Every generated file of the configured targets: posix path within the project -> SHA-256 of its text.

    Args:
        config: The project.
        python_only: Leave out the files of other languages, which no wheel needs.

    Raises:
        ConfigError: The lock cannot be read.
    """
    lock = read_lock(config.lock_file)
    found: dict[str, str] = {}
    for sdk in config.sdks:
        targets = lock.sdks[sdk.name].targets if sdk.name in lock.sdks else {}
        for target in sdk.targets:
            if target.target in targets and (not python_only or target.target in PYTHON_TARGETS):
                locked = targets[target.target]
                found |= {project_path(locked.output, path): digest for path, digest in locked.files.items()}
    return dict(sorted(found.items()))
