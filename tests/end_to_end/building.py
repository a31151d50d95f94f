"""
Copies of the example project, and the real tools without network.

Everything here runs with package indexes switched off and, where the system allows it, in an empty network namespace.
"""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "example_project"
SDK = "src/windfarm/sdk"
ONLY_HERE = "# --- Needed only because"
"""Begins the part of the example's pyproject.toml that its life in this repository makes necessary."""


@dataclass(frozen=True)
class Done:
    """A command that ended: its exit code, and what it printed on both streams."""

    code: int
    output: str


@functools.cache
def isolation() -> tuple[str, ...]:
    """The words that put a command into an empty network namespace; none where that is not allowed."""
    words = ("unshare", "--net", "--map-root-user")
    if shutil.which("unshare") is None:
        return ()
    allowed = subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0
    return words if allowed else ()


@dataclass(frozen=True)
class Tools:
    """
    hatch, uv, pip and build, without network.

    Attributes:
        wheels: A folder with the wheels of pygen-cdf, of hatchling, and of what both need.
        python: An interpreter of an environment that holds pygen-cdf[build], installed from its wheel, and hatchling.
        home: Where the tools may keep what they keep.
    """

    wheels: Path
    python: Path
    home: Path

    @property
    def source(self) -> Path:
        """A copy of pygen's own source tree, as far as it is packed."""
        return self.home / "pygen-source"

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        inherited = (
            "PYTHONPATH",
            "VIRTUAL_ENV",
            "SOURCE_DATE_EPOCH",
            "HATCH_",
            "COV_CORE_",
            "COVERAGE_",
            "UV_",
            "PIP_",
        )
        kept = {name: value for name, value in os.environ.items() if not name.startswith(inherited)}
        return {
            **kept,
            "HATCH_CACHE_DIR": str(self.home / "hatch-cache"),
            "HATCH_CONFIG": str(self.home / "hatch.toml"),
            "HATCH_DATA_DIR": str(self.home / "hatch-data"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_NO_CACHE_DIR": "1",
            "PIP_NO_INDEX": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "UV_CACHE_DIR": str(self.home / "uv-cache"),
            "UV_FIND_LINKS": str(self.wheels),
            "UV_NO_INDEX": "1",
            "UV_OFFLINE": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            "XDG_CACHE_HOME": str(self.home / "xdg"),
            **(extra or {}),
        }

    def run(self, command: Sequence[str | Path], folder: Path, extra: Mapping[str, str] | None = None) -> Done:
        done = subprocess.run(
            [*isolation(), *map(str, command)],
            cwd=folder,
            env=self.environment(extra),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        return Done(done.returncode, done.stdout)

    def hatchling(self, project: Project, *arguments: str, extra: Mapping[str, str] | None = None) -> Done:
        """`hatchling build`, which every front end ends in, without the seconds that isolation costs."""
        return self.run([self.python, "-m", "hatchling", "build", *arguments], project.folder, extra)


@dataclass(frozen=True)
class Project:
    """A copy of the example project, as a user outside this repository would have it."""

    folder: Path

    @property
    def sdk(self) -> dict[str, str]:
        """Path within the SDK -> digest."""
        return digests(self.folder / SDK)

    @property
    def lock(self) -> Path:
        return self.folder / "pygen.lock"

    @property
    def model(self) -> Path:
        return self.folder / "model" / "windfarm.json"

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{path} does not hold {old!r}"
        file.write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")

    def change_model(self) -> None:
        """A new description, which shows in the generated module of one view."""
        self.edit("model/windfarm.json", "From root to tip.", "From its root to its tip.")

    def ignore_sdk(self) -> None:
        """Turn it into the project of somebody who ignores the SDK, freshly cloned."""
        with (self.folder / ".gitignore").open("a", encoding="utf-8") as file:
            file.write(f"/{SDK}/\n")
        shutil.rmtree(self.folder / SDK)

    def artifact(self, pattern: str, folder: str = "dist") -> Path:
        (found,) = (self.folder / folder).glob(pattern)
        return found


def digests(folder: Path) -> dict[str, str]:
    """Path within a folder -> digest of the file."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def sdk_in(artifact: Path) -> dict[str, str]:
    """Path within the SDK -> digest, as a wheel or an sdist holds it."""
    found: dict[str, str] = {}
    if artifact.suffix == ".whl":
        with zipfile.ZipFile(artifact) as wheel:
            members = {name: wheel.read(name) for name in wheel.namelist()}
        prefix = SDK.removeprefix("src/") + "/"
    else:
        with tarfile.open(artifact) as sdist:
            files = {member.name.partition("/")[2]: sdist.extractfile(member) for member in sdist}
            members = {name: file.read() for name, file in files.items() if file is not None}
        prefix = f"{SDK}/"
    for name, content in members.items():
        if name.startswith(prefix):
            found[name.removeprefix(prefix)] = hashlib.sha256(content).hexdigest()
    return dict(sorted(found.items()))


def names_in(artifact: Path) -> set[str]:
    """The paths that a wheel or an sdist holds, without the sdist's top folder."""
    if artifact.suffix == ".whl":
        with zipfile.ZipFile(artifact) as wheel:
            return set(wheel.namelist())
    with tarfile.open(artifact) as sdist:
        return {name.partition("/")[2] for name in sdist.getnames()}


def unpack(sdist: Path, folder: Path) -> Path:
    """Unpack an sdist into an empty folder, and return its top folder."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (unpacked,) = folder.iterdir()
    return unpacked
