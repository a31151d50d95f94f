"""What a built wheel or sdist holds, compared with what it must hold; and whether an sdist can be built from."""

from __future__ import annotations

import tarfile
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pygen.errors import ConfigError
from pygen.project.canonical import text_digest
from pygen.project.config import LOCK_NAME, load_config
from pygen.project.leftovers import TEMPORARY_PREFIX, TEMPORARY_SUFFIX
from pygen.project.pipeline import check
from pygen.project.reports import CheckReport

__all__ = ["Difference", "compare", "verify"]


@dataclass(frozen=True, slots=True)
class Difference:
    """
    Where an artifact and the manifest part ways; paths within the artifact, sorted.

    Attributes:
        missing: Files that the artifact lacks.
        changed: Files that the artifact holds with other content.
        strange: Files that another generation was about to make.
    """

    missing: tuple[str, ...]
    changed: tuple[str, ...]
    strange: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.missing or self.changed or self.strange)


def compare(artifact: Path, expected: Mapping[str, str], *, others: Collection[str] = ()) -> Difference:
    """
    Look for files in a wheel or an sdist.

    Args:
        artifact: The wheel (`.whl`) or the sdist (`.tar.gz`).
        expected: Path within the artifact (for an sdist without its top folder) -> SHA-256 of its text.
        others: Paths of generated files, of which the artifact may hold those that are expected and no other.
    """
    found: dict[str, str] = {}
    strange: list[str] = []
    for path, content in _members(artifact, frozenset(expected)):
        if content is not None:
            found[path] = text_digest(content)
        elif path not in expected and (path in others or _is_temporary(path)):
            strange.append(path)
    return Difference(
        missing=tuple(sorted(set(expected) - set(found))),
        changed=tuple(sorted(path for path, digest in found.items() if expected[path] != digest)),
        strange=tuple(sorted(strange)),
    )


def _members(artifact: Path, wanted: frozenset[str]) -> Iterator[tuple[str, bytes | None]]:
    """Every path, with the content of those that are wanted and are files."""
    if artifact.suffix == ".whl":
        with zipfile.ZipFile(artifact) as wheel:
            for name in wheel.namelist():
                yield name, wheel.read(name) if name in wanted else None
        return
    with tarfile.open(artifact) as sdist:
        for member in sdist:
            name = member.name.partition("/")[2]
            content = sdist.extractfile(member) if name in wanted else None
            yield name, content.read() if content is not None else None


def verify(sdist: Path, paths: Collection[str]) -> CheckReport:
    """
    Check the project in an sdist as a build from it will.

    Args:
        sdist: The archive.
        paths: What that takes, beside the configuration: the lock, the models, the generated files; a folder stands
            for all that is in it. The rest is not unpacked.

    Raises:
        ConfigError: Something of it is not in the sdist.
    """
    wanted = {"pyproject.toml", *paths}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with tarfile.open(sdist) as archive:
            for member in archive:
                name = member.name.partition("/")[2]
                if name in wanted or any(name.startswith(f"{path}/") for path in paths):
                    _unpack(archive, member, root / name)
        if not (root / LOCK_NAME).is_file():
            raise ConfigError(f"there is no {LOCK_NAME}")
        return check(load_config(root), trust_generator=True)


def _unpack(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    """Write a file, or what a link leads to; a link that leads out of the archive is as good as nothing."""
    try:
        content = archive.extractfile(member)
    except KeyError:
        return
    if content is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.read())


def _is_temporary(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith(TEMPORARY_PREFIX) and name.endswith(TEMPORARY_SUFFIX)
