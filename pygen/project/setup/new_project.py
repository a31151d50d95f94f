"""The project that is made in an empty folder: small, complete, built by hatchling."""

from __future__ import annotations

import keyword
import re
import sys
import unicodedata
from pathlib import Path, PurePosixPath
from typing import Any

from pygen.errors import ConfigError
from pygen.project.setup.choices import Choices
from pygen.project.setup.requirements import canonical_name

__all__ = ["default_package", "new_project"]

_IGNORED = ("__pycache__/", "/.venv/", "/dist/")


def default_package(root: Path) -> str | None:
    """The import package that a folder's name suggests; None where it suggests none, or one that is taken."""
    letters = unicodedata.normalize("NFKD", root.name)
    plain = "".join(char for char in letters if not unicodedata.combining(char))
    name = re.sub(r"\W+", "_", canonical_name(plain), flags=re.ASCII).strip("_")
    return name if _is_package(name) and not _is_taken(name) else None


def _is_package(name: str) -> bool:
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name)


def _is_taken(name: str) -> bool:
    """Whether a package of this name would hide one that the SDK needs, or be hidden."""
    return name in ("pygen", "hatch_pygen") or name in sys.stdlib_module_names


def new_project(root: Path, choices: Choices, present: set[str]) -> tuple[dict[str, str], dict[str, Any]]:
    """
    The files of a new project, without what pygen adds to every project.

    Args:
        root: The folder.
        choices: What was chosen; the output says which package there is.
        present: Files that are there already.

    Returns:
        Path relative to the root -> text, of the files to be made; and what the new pyproject.toml says.

    Raises:
        ConfigError: The output is not below a package, or below one whose name is taken.
    """
    import tomllib

    parts = PurePosixPath(choices.output or "").parts
    base = parts[:1] if parts[:1] == ("src",) else ()
    inner = parts[len(base) :]
    if not inner or not _is_package(inner[0]):
        raise ConfigError("is no package", key="--output", hint="for example src/windfarm/sdk")
    if _is_taken(inner[0]):
        raise ConfigError(f"there is a package {inner[0]} already", key="--output", hint="for example src/windfarm/sdk")
    package = "/".join([*base, inner[0]])
    name = canonical_name(inner[0]).strip("-") or "sdk"  # a package may be called `_`
    lines = [
        "[build-system]",
        'requires = ["hatchling>=1.26"]',
        'build-backend = "hatchling.build"',
        "",
        "[project]",
        f'name = "{name}"',
        'version = "0.1.0"',
        *(['readme = "README.md"'] if (root / "README.md").is_file() else []),
        'requires-python = ">=3.11"',
        "dependencies = []",
        "",
        *(["[tool.hatch.build]", 'dev-mode-dirs = ["src"]', ""] if base else []),
        "[tool.hatch.build.targets.wheel]",
        f'packages = ["{package}"]',
        "",
    ]
    text = "\n".join(lines)
    files = {"pyproject.toml": text}
    if len(inner) > 1:  # else the generated package is the whole package
        files |= {f"{package}/__init__.py": "", f"{package}/py.typed": ""}
    if ".gitignore" not in present:
        files[".gitignore"] = "".join(f"{line}\n" for line in _IGNORED)
    return {path: text for path, text in files.items() if not (root / path).exists()}, tomllib.loads(text)
