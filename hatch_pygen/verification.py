"""
What an unpacked sdist is held to: its files are those of the manifest, its model is the one they were made from.

Nothing is generated there, and nothing depends on the generator: a later pygen-cdf on the installer's machine must
not break an old sdist.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pygen.errors import StaleError
from pygen.project.canonical import text_digest
from pygen.project.config import ProjectConfig
from pygen.project.lock import Lock, read_lock
from pygen.project.snapshot import source_digest

__all__ = ["generated_files", "verify_sdist"]

PYTHON_TARGETS = frozenset({"pyspark", "python"})
"""Targets whose files are Python modules, and so belong into a wheel."""


def generated_files(config: ProjectConfig, lock: Lock, *, python_only: bool = False) -> Mapping[str, str]:
    """
    What the lock says was generated: path within the project -> SHA-256 of the text.

    Args:
        config: The project.
        lock: Its lock.
        python_only: Leave out the files of other languages, which no wheel needs.
    """
    found: dict[str, str] = {}
    for sdk in config.sdks:
        locked = lock.sdks.get(sdk.name)
        for target in sdk.targets:
            if locked is None or target.target not in locked.targets:
                continue
            if not python_only or target.target in PYTHON_TARGETS:
                found |= {f"{target.output}/{path}": digest for path, digest in locked.targets[target.target].files.items()}
    return dict(sorted(found.items()))


def verify_sdist(config: ProjectConfig) -> None:
    """
    Compare an unpacked sdist with its own lock.

    Raises:
        StaleError: The model was changed, or a generated file is missing or was changed.
        ConfigError: The lock or the model cannot be read.
    """
    lock = read_lock(config.lock_file)
    if not lock.exists:
        raise StaleError("the sdist does not carry its SDK", paths=[config.lock_file.name])
    changed = [
        sdk.model
        for sdk in config.sdks
        if sdk.name not in lock.sdks
        or source_digest(config.model_path(sdk), sdk) != lock.sdks[sdk.name].model.source_sha256
    ]
    changed += [
        path for path, digest in generated_files(config, lock).items() if digest != _digest(config.root / path)
    ]
    if changed:
        raise StaleError(
            "the sdist does not carry a fresh SDK; changed or missing",
            paths=changed,
            hint="an unpacked sdist is built as it is: change the project and make a new sdist",
        )


def _digest(path: Path) -> str | None:
    return text_digest(path.read_bytes()) if path.is_file() else None
