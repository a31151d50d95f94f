"""
The model of an SDK as it lies on the disk: its digest without parsing, its fingerprints without pydantic.

`pygen check` needs the standard library only for JSON; YAML loads its parser once the digest says that it changed.
"""

from __future__ import annotations

import hashlib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from pygen.errors import ConfigError
from pygen.project.canonical import paused_collector, text_digest
from pygen.project.config import SdkConfig
from pygen.project.fingerprints import Fingerprints, fingerprint_model
from pygen.sources.files import load_raw, load_raw_containers, source_files

__all__ = ["Snapshot", "matches", "read_snapshot", "source_digest"]

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
                "no such file", key=sdk.model, hint="pygen generates from a committed copy of the model"
            ) from error
        except OSError as error:
            raise ConfigError(f"not readable: {error.strerror or error}", key=sdk.model) from error
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
    for _ in range(_ATTEMPTS):
        before = source_digest(path, sdk)
        with paused_collector():
            try:
                raw, containers = load_raw(path), load_raw_containers(path)
            except ConfigError as error:
                if before != source_digest(path, sdk):  # caught while it was being written
                    continue
                if error.key == str(path):
                    raise ConfigError(error.message, key=sdk.model, hint=error.hint) from error
                raise
            # Somebody may save the model at any time: the digest must be that of what was read.
            if before == source_digest(path, sdk):
                return Snapshot(before, raw, containers, _fingerprints(raw, containers, sdk))
    raise ConfigError("changes faster than it can be read", key=sdk.model)


def _fingerprints(raw: dict[str, Any], containers: list[dict[str, Any]], sdk: SdkConfig) -> Fingerprints:
    try:
        return fingerprint_model(raw, containers)
    except (TypeError, AttributeError, KeyError, ValueError, RecursionError) as error:
        raise ConfigError(
            "is not shaped like a data model",
            key=sdk.model,
            hint=f"`pygen validate` says where; it should look as the API answers ({type(error).__name__}: {error})",
        ) from error


def matches(view: str, sdk: SdkConfig) -> bool:
    """Whether a view, as `space:ExternalId(version)`, is asked for by the patterns of an SDK."""
    qualified = view.rpartition("(")[0]
    external_id = qualified.partition(":")[2]

    def any_of(patterns: tuple[str, ...]) -> bool:
        return any(fnmatchcase(qualified if ":" in pattern else external_id, pattern) for pattern in patterns)

    return any_of(sdk.include) and not any_of(sdk.exclude)
