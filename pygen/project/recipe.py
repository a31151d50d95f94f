"""
How an SDK was made, apart from the model: options, templates, and the state of the generator.

A recipe reads `<revision>.<options>`, or `<revision>+<sources>.<options>` in a checkout of pygen itself:

- *revision*: the target's `OUTPUT_REVISION`, raised whenever unchanged input gives other output. It, not the version
  of pygen-cdf, decides whether an upgrade makes generated code stale.
- *sources*: a digest of the generator's own source files, which change under a developer's hands between revisions.
- *options*: a digest of the options and of the templates that replace built-in ones.
"""

from __future__ import annotations

import functools
import hashlib
import os
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from pygen.errors import ConfigError
from pygen.project.canonical import digest, text_digest
from pygen.project.config import SdkConfig, TargetConfig
from pygen.project.keys import BUILT_IN_TARGETS

__all__ = ["Comparison", "Recipe", "compare", "current_recipe", "template_files"]

_PACKAGE = Path(__file__).resolve().parent.parent


class Comparison(StrEnum):
    """How the recipe in a lock relates to the one in force."""

    SAME = "same"
    OPTIONS = "options changed"
    GENERATOR = "generator changed"
    NEWER = "written by a later generator"


class Recipe(NamedTuple):
    """A recipe in its parts."""

    revision: int
    sources: str | None
    options: str

    def __str__(self) -> str:
        return f"{self.revision}{f'+{self.sources}' if self.sources else ''}.{self.options}"


def compare(locked: str, current: Recipe) -> Comparison:
    """Relate the recipe in a lock to the one in force; one that cannot be read counts as an older generator's."""
    generator, _, options = locked.partition(".")
    number, _, sources = generator.partition("+")
    if not (number.isascii() and number.isdecimal()):
        return Comparison.GENERATOR
    revision = int(number)
    if revision > current.revision:
        return Comparison.NEWER
    # Installed, the revision alone decides. In a checkout the sources stand in for it.
    if revision < current.revision or (current.sources is not None and sources != current.sources):
        return Comparison.GENERATOR
    return Comparison.SAME if options == current.options else Comparison.OPTIONS


def current_recipe(sdk: SdkConfig, target: TargetConfig, root: Path) -> Recipe:
    """
    The recipe in force for one target of an SDK.

    Raises:
        ConfigError: The folder of templates is missing.
    """
    options = {
        "include": sdk.include,
        "exclude": sdk.exclude,
        "strict": sdk.strict,
        "package": target.package,
        "client_name": target.client_name,
        "instance_space": target.instance_space,
        "format": target.format,
        "templates": _templates(root / target.templates, target) if target.templates is not None else None,
    }
    return Recipe(_revision(target.target), _source_digest(target.target), digest(options, 16))


def _templates(folder: Path, target: TargetConfig) -> list[tuple[str, str]]:
    if not folder.is_dir():
        raise ConfigError(f"there is no folder {target.templates}", key=f"tool.pygen.{target.target}.templates")
    return [(path.relative_to(folder).as_posix(), text_digest(path.read_bytes())) for path in template_files(folder)]


def template_files(folder: Path) -> list[Path]:
    """The files of a folder of replaced templates that count, in order; none where there is no folder."""
    return _files(folder)


@functools.cache
def _revision(target: str) -> int:
    if target in BUILT_IN_TARGETS:
        # A module of its own, so that reading one integer loads no template engine.
        revision: int = import_module(f"pygen.generation.{target}.revision").OUTPUT_REVISION
        return revision
    from pygen.generation.base import get_generator

    return get_generator(target).output_revision


@functools.cache
def _source_digest(target: str) -> str | None:
    if target not in BUILT_IN_TARGETS or not _is_checkout(_PACKAGE):
        return None
    generation = _PACKAGE / "generation"
    sources = [
        *(path for path in sorted(generation.iterdir()) if path.is_file()),
        *(path for room in ("ir", "sources", "client/models") for path in _files(_PACKAGE / room)),
        *_files(generation / target),
    ]
    found = hashlib.sha256()
    for path in sources:
        found.update(f"{path.relative_to(_PACKAGE).as_posix()}\0{text_digest(path.read_bytes())}\n".encode())
    return found.hexdigest()[:16]


def _is_checkout(package: Path) -> bool:
    """Whether *package* is pygen in its own repository rather than an installed copy."""
    if "site-packages" in package.parts or "dist-packages" in package.parts:
        return False
    try:
        project = (package.parent / "pyproject.toml").read_bytes()
    except OSError:
        return False
    return b'\nname = "pygen-cdf"' in project.replace(b"\r\n", b"\n")


def _files(folder: Path) -> list[Path]:
    """Every file below a folder but compiled ones, in an order that does not depend on the file system."""
    found: list[Path] = []
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        found += [Path(where) / name for name in names if not name.endswith((".pyc", ".tmp"))]
    return sorted(found, key=lambda path: path.as_posix())
