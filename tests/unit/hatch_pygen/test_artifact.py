"""Comparing an artifact with the manifest."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from hatch_pygen.artifact import Difference, compare


def make(folder: Path, kind: str, files: dict[str, bytes]) -> Path:
    """A wheel or an sdist with these files."""
    if kind == "wheel":
        path = folder / "windfarm-0.1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            for name, content in files.items():
                wheel.writestr(name, content)
        return path
    path = folder / "windfarm-0.1.0.tar.gz"
    with tarfile.open(path, "w:gz") as sdist:
        for name, content in files.items():
            member = tarfile.TarInfo(f"windfarm-0.1.0/{name}")
            member.size = len(content)
            sdist.addfile(member, io.BytesIO(content))
    return path


def digest(content: bytes) -> str:
    """What pygen.lock says of a file."""
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_an_artifact_that_holds_every_file_is_accepted(kind: str, tmp_path: Path) -> None:
    """Other files in the artifact are nobody's business."""
    artifact = make(tmp_path, kind, {"a/b.py": b"x = 1\n", "a/mine.py": b""})
    assert not compare(artifact, {"a/b.py": digest(b"x = 1\n")})


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_missing_and_changed_files_are_named(kind: str, tmp_path: Path) -> None:
    """What lacks and what differs are told apart, in order."""
    artifact = make(tmp_path, kind, {"a/b.py": b"x = 2\n"})
    expected = {"a/b.py": digest(b"x = 1\n"), "a/z.py": digest(b""), "a/c.py": digest(b"")}
    assert Difference(missing=("a/c.py", "a/z.py"), changed=("a/b.py",)) == compare(artifact, expected)


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_what_another_generation_made_is_strange(kind: str, tmp_path: Path) -> None:
    """Files of a generation that landed meanwhile, and those that it has in the making, but not the user's own."""
    files = {"a/b.py": b"x = 1\n", "a/later.py": b"", "a/.pygen-1-2.tmp": b"half", "a/mine.py": b"", "a/mine.tmp": b""}
    artifact = make(tmp_path, kind, files)
    difference = compare(artifact, {"a/b.py": digest(b"x = 1\n")}, others={"a/b.py", "a/later.py", "a/gone.py"})
    assert Difference((), (), ("a/.pygen-1-2.tmp", "a/later.py")) == difference
    assert difference


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_line_endings_of_a_checkout_do_not_matter(kind: str, tmp_path: Path) -> None:
    """A checkout with CRLF packs CRLF; the manifest speaks of LF."""
    artifact = make(tmp_path, kind, {"a/b.py": b"x = 1\r\n"})
    assert not compare(artifact, {"a/b.py": digest(b"x = 1\n")})


def test_a_folder_of_that_name_is_not_the_file(tmp_path: Path) -> None:
    """Only a regular file counts."""
    path = tmp_path / "windfarm-0.1.0.tar.gz"
    with tarfile.open(path, "w:gz") as sdist:
        member = tarfile.TarInfo("windfarm-0.1.0/a/b.py")
        member.type = tarfile.DIRTYPE
        sdist.addfile(member)
    assert ("a/b.py",) == compare(path, {"a/b.py": digest(b"")}).missing
