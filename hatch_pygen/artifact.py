"""What a built wheel or sdist holds, compared with what it must hold."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pygen.project.canonical import text_digest

__all__ = ["Difference", "compare"]


@dataclass(frozen=True, slots=True)
class Difference:
    """
    Where an artifact and the manifest part ways; paths within the artifact, sorted.

    Attributes:
        missing: Files that the artifact lacks.
        changed: Files that the artifact holds with other content.
    """

    missing: tuple[str, ...]
    changed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.changed)


def compare(artifact: Path, expected: Mapping[str, str]) -> Difference:
    """
    Look for files in a wheel or an sdist.

    Args:
        artifact: The wheel (`.whl`) or the sdist (`.tar.gz`).
        expected: Path within the artifact (for an sdist without its top folder) -> SHA-256 of its text.
    """
    found = {path: text_digest(content) for path, content in _members(artifact, frozenset(expected))}
    return Difference(
        missing=tuple(sorted(set(expected) - set(found))),
        changed=tuple(sorted(path for path, digest in found.items() if expected[path] != digest)),
    )


def _members(artifact: Path, wanted: frozenset[str]) -> Iterator[tuple[str, bytes]]:
    if artifact.suffix == ".whl":
        with zipfile.ZipFile(artifact) as wheel:
            for name in wanted.intersection(wheel.namelist()):
                yield name, wheel.read(name)
        return
    with tarfile.open(artifact) as sdist:
        for member in sdist:
            name = member.name.partition("/")[2]
            if name in wanted and (content := sdist.extractfile(member)) is not None:
                yield name, content.read()
