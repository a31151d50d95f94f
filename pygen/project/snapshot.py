"""
The model of an SDK as it lies on the disk: its digest without parsing, its fingerprints without pydantic.

`pygen check` needs the standard library only for JSON; YAML loads its parser once the digest says that it changed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from pygen.errors import ConfigError
from pygen.project.canonical import paused_collector, text_digest
from pygen.project.config import SdkConfig
from pygen.project.fingerprints import Fingerprints, fingerprint_model
from pygen.sources.files import load_raw_model, source_files

__all__ = ["Snapshot", "is_selected", "matches", "read_snapshot", "source_digest"]

_ATTEMPTS = 10


class Snapshot(NamedTuple):
    """
    A model as plain dicts, and its digests.

    Attributes:
        source_sha256: Digest of the files that were read.
        raw: The data model.
        containers: The containers beside it.
    """

    source_sha256: str
    raw: dict[str, Any]
    containers: list[dict[str, Any]]
    fingerprints: Fingerprints


def source_digest(path: Path, sdk: SdkConfig) -> str:
    """
    The digest of a model's source files.

    Raises:
        ConfigError: One of them is missing or cannot be read.
    """
    digests = []
    for file in source_files(path):
        try:
            digests.append(f"{''.join(file.suffixes[-2:])}:{text_digest(file.read_bytes())}")
        except FileNotFoundError as error:
            raise ConfigError(
                "no such file", key=_shown(file, path, sdk), hint="pygen generates from a committed copy of the model"
            ) from error
        except OSError as error:
            raise ConfigError(f"not readable: {error.strerror or error}", key=_shown(file, path, sdk)) from error
    if len(digests) == 1:
        return digests[0].rpartition(":")[2]
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def read_snapshot(path: Path, sdk: SdkConfig) -> Snapshot:
    """
    Read and fingerprint a model.

    Raises:
        ConfigError: A file is missing, unreadable, or not shaped like a data model.
        MissingExtraError: The model is YAML and PyYAML is not installed.
    """
    files = {str(path): sdk.model} | {str(file): _shown(file, path, sdk) for file in source_files(path)}
    for _ in range(_ATTEMPTS):
        before = source_digest(path, sdk)
        with paused_collector():
            try:
                raw, containers = load_raw_model(path)
            except ConfigError as error:
                if before != source_digest(path, sdk):  # caught while it was being written
                    continue
                if error.key in files:
                    raise ConfigError(error.message, key=files[error.key], hint=error.hint) from error
                raise
            # Somebody may save the model at any time: the digest must be that of what was read.
            if before == source_digest(path, sdk):
                return Snapshot(before, raw, containers, _fingerprints(raw, containers, sdk))
    raise ConfigError("changes faster than it can be read", key=sdk.model)


def _shown(file: Path, path: Path, sdk: SdkConfig) -> str:
    """The name that a person knows a source file by: as configured, or from where they are."""
    if sdk.model.startswith(".."):
        return os.path.relpath(file)
    if file.is_relative_to(path):
        return (PurePosixPath(sdk.model) / file.relative_to(path)).as_posix()
    if not file.is_relative_to(path.parent):  # values for a module of the toolkit lie in folders above it
        return os.path.relpath(file)
    return (PurePosixPath(sdk.model).parent / file.relative_to(path.parent)).as_posix()


def _fingerprints(raw: dict[str, Any], containers: list[dict[str, Any]], sdk: SdkConfig) -> Fingerprints:
    try:
        return fingerprint_model(raw, containers)
    except (TypeError, AttributeError, KeyError, ValueError, RecursionError) as error:
        raise ConfigError(
            "is not shaped like a data model",
            key=sdk.model,
            hint=f"`pygen validate` says where; it should look as the API answers ({type(error).__name__}: {error})",
        ) from error


def matches(view: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns means a view, given as `space:ExternalId(version)`; as `pygen.ir.select` has it."""
    qualified = view.rpartition("(")[0]
    names = (qualified.partition(":")[2], qualified, view)
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)


def is_selected(view: str, sdk: SdkConfig) -> bool:
    """Whether a view is part of an SDK."""
    return sdk.selects_all or (matches(view, sdk.include) and not matches(view, sdk.exclude))
