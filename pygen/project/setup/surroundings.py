"""What a folder is: which build back end and which tool a project has, where its package, models and files lie."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any

from pygen.errors import ConfigError
from pygen.project.config import ProjectConfig, parse_config
from pygen.project.setup.requirements import canonical_name
from pygen.sources.files import is_graphql, is_toolkit

__all__ = ["Backend", "Manager", "Surroundings", "at", "covers", "import_name", "look_around", "wheel_packages"]

PRE_COMMIT_FILE = ".pre-commit-config.yaml"
_RUFF_FILES = (".ruff.toml", "ruff.toml")
_MODEL_FOLDERS = ("model", "models", "data_model", "data_models", "toolkit")
_ALIEN_FILES = ("setup.py", "setup.cfg", "requirements.txt", "Pipfile")


class Backend(StrEnum):
    """What builds the wheel."""

    HATCHLING = "hatchling"
    UV = "uv_build"
    POETRY = "poetry-core"
    SETUPTOOLS = "setuptools"
    PDM = "pdm-backend"
    FLIT = "flit-core"
    OTHER = "another back end"
    NONE = "no back end"


class Manager(StrEnum):
    """What a person installs and runs the project with."""

    HATCH = "hatch"
    UV = "uv"
    POETRY = "poetry"
    PDM = "pdm"
    PIP = "pip"


_BACKENDS = {
    "hatchling": Backend.HATCHLING,
    "uv_build": Backend.UV,
    "poetry": Backend.POETRY,
    "setuptools": Backend.SETUPTOOLS,
    "pdm": Backend.PDM,
    "flit_core": Backend.FLIT,
}


@dataclass(frozen=True)
class Surroundings:
    """
    A folder in which a project is to be set up, as it is.

    Attributes:
        root: The project's folder, absolute and resolved.
        document: What pyproject.toml says; empty where there is none.
        backend: What builds it.
        manager: What it is installed with.
        package: The folder of its import package, posix, relative to the root; None where none was found.
        models: What looks like a data model, posix, relative to the root.
        git_root: The top of the repository; None outside of one.
        ruff_file: The file that configures ruff.
        config: The configuration, where there is one already.
        texts: The texts of the files that may be edited; what does not exist is not in it.
        is_empty: Whether there is no project yet, so that one is made.
    """

    root: Path
    document: Mapping[str, Any] = field(default_factory=dict)
    backend: Backend = Backend.NONE
    manager: Manager = Manager.PIP
    package: str | None = None
    models: tuple[str, ...] = ()
    git_root: Path | None = None
    ruff_file: Path | None = None
    config: ProjectConfig | None = None
    texts: Mapping[Path, str] = field(default_factory=dict)
    is_empty: bool = False

    @property
    def pyproject(self) -> Path:
        """Where pyproject.toml is, or would be."""
        return self.root / "pyproject.toml"

    @property
    def pre_commit_file(self) -> Path:
        """Where pre-commit looks for its configuration: at the top of the repository."""
        return (self.git_root or self.root) / PRE_COMMIT_FILE

    @property
    def name(self) -> str:
        """The name of the distribution; of the folder, where none is said."""
        for keys in (("project", "name"), ("tool", "poetry", "name")):
            found = at(self.document, *keys)
            if isinstance(found, str):
                return found
        return self.root.name


def at(document: Mapping[str, Any], *keys: str) -> Any:
    """What stands at a place of nested tables; None where nothing does."""
    found: Any = document
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


# ---------------------------------------------------------------------------------------------------------------------
# Looking


def look_around(start: Path | None = None, *, manager: Manager | None = None) -> Surroundings:
    """
    Find the project that is meant, and what it is made of.

    Args:
        start: Its folder. Without, the working directory; or the project above it, unless the directory is empty.
        manager: What it is installed with; None finds out.

    Raises:
        ConfigError: There is no such folder, a file cannot be read or is no TOML, or the configuration is wrong.
    """
    root = _root(start)
    git_root = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)
    document = _document(root / "pyproject.toml")
    backend = _backend(document)
    files = [root / name for name in ("pyproject.toml", "pygen.toml", ".gitattributes", ".gitignore")]
    ruff_file = _ruff_file(root, git_root, document)
    files += [(git_root or root) / PRE_COMMIT_FILE, *([ruff_file] if ruff_file else [])]
    found = Surroundings(
        root=root,
        document=document,
        backend=backend,
        manager=manager or _manager(root, git_root, document, backend),
        models=tuple(_models(root)),
        git_root=git_root,
        ruff_file=ruff_file,
        config=_config(root, document),
        texts={path: _read(path) for path in files if path.is_file()},
        is_empty=_holds_no_project(root, filter(_says_something, _modules(root))),
    )
    return _with_package(found)


def _root(start: Path | None) -> Path:
    root = (start or Path()).resolve()
    if not root.is_dir():
        raise ConfigError("is not a folder", key="--project", hint=f"make it first: {start}")
    is_project = (root / "pyproject.toml").exists() or (root / "pygen.toml").exists()
    if start is not None or is_project or _holds_no_project(root, _modules(root)):
        return root
    for folder in root.parents:
        if (folder / "pyproject.toml").is_file():
            return folder
        if (folder / ".git").exists():
            break
    return root


def _holds_no_project(root: Path, modules: Iterable[Path]) -> bool:
    """Whether a folder holds nothing of a Python project: at most documents, models and hidden files."""
    names = ("pyproject.toml", "pygen.toml", *_ALIEN_FILES)
    return not any((root / name).exists() for name in names) and not any(modules)


def _modules(root: Path) -> Iterator[Path]:
    """The modules of a folder, and of packages in the places where these usually are."""
    places = [root, *(each for each in root.iterdir() if _may_hold_code(each))]
    return (module for place in places for pattern in ("*.py", "*/*.py") for module in place.glob(pattern))


def _says_something(module: Path) -> bool:
    """Whether a module is more than an empty package: a set-up that was killed leaves one, without pyproject.toml."""
    return module.name != "__init__.py" or module.stat().st_size > 0


def _may_hold_code(folder: Path) -> bool:
    """Whether a folder is one of a project, and not an environment that somebody made in it."""
    return folder.is_dir() and not folder.name.startswith(".") and not (folder / "pyvenv.cfg").exists()


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigError(f"cannot read {path.name}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path.name} is not UTF-8 (byte {error.start})", hint="save it as UTF-8") from error


def _document(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(_read(path).removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path.name} is not valid TOML: {error}", hint="correct it first") from error


def _config(root: Path, document: Mapping[str, Any]) -> ProjectConfig | None:
    own = root / "pygen.toml"
    in_project = at(document, "tool", "pygen") is not None
    if own.is_file() and in_project:
        raise ConfigError(
            f"both pygen.toml and [tool.pygen] in pyproject.toml configure {root.name}", hint="keep one of them"
        )
    if own.is_file():
        return parse_config(_document(own), own)
    return parse_config(document, root / "pyproject.toml") if in_project else None


def _backend(document: Mapping[str, Any]) -> Backend:
    name = at(document, "build-system", "build-backend")
    if isinstance(name, str):
        return _BACKENDS.get(name.partition(".")[0].partition(":")[0], Backend.OTHER)
    return Backend.NONE if at(document, "build-system") is None else Backend.SETUPTOOLS


def _manager(root: Path, git_root: Path | None, document: Mapping[str, Any], backend: Backend) -> Manager:
    tools = at(document, "tool") or {}
    own = {
        Backend.POETRY: Manager.POETRY,
        Backend.PDM: Manager.PDM,
        Backend.UV: Manager.UV,
    }
    above = [folder for folder in (root, *root.parents) if git_root and folder.is_relative_to(git_root)] or [root]
    for manager, lock in ((Manager.UV, "uv.lock"), (Manager.POETRY, "poetry.lock"), (Manager.PDM, "pdm.lock")):
        if any((folder / lock).is_file() for folder in above):
            return manager
    if backend in own:
        return own[backend]
    # `uv init` leaves a version of two numbers behind; pyenv writes three, and hatch has tables of its own.
    is_made_by_uv = "hatch" not in tools and _first_line(root / ".python-version").count(".") == 1
    if "uv" in tools or is_made_by_uv or _has_uv_environment(root):
        return Manager.UV
    if "poetry" in tools:
        return Manager.POETRY
    return Manager.HATCH if backend is Backend.HATCHLING or not document else Manager.PIP


def _has_uv_environment(root: Path) -> bool:
    try:
        lines = (root / ".venv" / "pyvenv.cfg").read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    return any(line.partition("=")[0].strip() == "uv" for line in lines)


def _first_line(path: Path) -> str:
    try:
        return path.read_text("utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _ruff_file(root: Path, git_root: Path | None, document: Mapping[str, Any]) -> Path | None:
    """The file that ruff reads for this folder: the nearest one, not above the repository."""
    for folder in (root, *root.parents):
        for name in _RUFF_FILES:
            if (folder / name).is_file():
                return folder / name
        project = folder / "pyproject.toml"
        tables = document if folder == root else _document(project)
        if at(tables, "tool", "ruff") is not None:
            return project
        if folder == (git_root or root):
            break
    return None


def _models(root: Path) -> Iterator[str]:
    """Files and folders that look like a data model, in the usual places."""
    for folder in (root, *(root / name for name in _MODEL_FOLDERS)):
        if not folder.is_dir():
            continue
        if folder != root and _is_toolkit_folder(folder):
            yield folder.relative_to(root).as_posix()
            continue
        for path in sorted(folder.iterdir()):
            if path.is_file() and (is_graphql(path) or _is_snapshot(path)):
                yield path.relative_to(root).as_posix()


def _is_toolkit_folder(folder: Path) -> bool:
    return any(is_toolkit(path) for path in folder.rglob("*.y*ml") if path.is_file())


def _is_snapshot(path: Path) -> bool:
    """Whether a JSON file says that it holds a data model with its views; what is large is not read as a whole."""
    if path.suffix.lower() != ".json" or path.name.endswith(".containers.json"):
        return False
    import json

    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return False
    items = document.get("items", document) if isinstance(document, dict) else document
    items = items if isinstance(items, list) else [items]
    return len(items) == 1 and isinstance(items[0], dict) and "views" in items[0] and "externalId" in items[0]


# ---------------------------------------------------------------------------------------------------------------------
# Packages


def import_name(name: str) -> str:
    """The import package that a distribution is expected to have."""
    return canonical_name(name).replace("-", "_")


def _with_package(found: Surroundings) -> Surroundings:
    from dataclasses import replace

    listed = wheel_packages(found)
    folders = listed or list(_packages_on_disk(found.root))
    own = import_name(found.name)
    named = [folder for folder in folders if PurePosixPath(folder).name.lower() == own.lower()]
    chosen = (named or folders)[:1]
    return replace(found, package=chosen[0] if chosen else None)


def _packages_on_disk(root: Path) -> Iterator[str]:
    for base in ("src", "."):
        for init in sorted((root / base).glob("*/__init__.py")):
            folder = init.parent.relative_to(root).as_posix()
            if init.parent.name not in {"tests", "test", "docs", "examples", "scripts"}:
                yield folder


def wheel_packages(found: Surroundings) -> list[str] | None:
    """
    The folders that go into the wheel, posix, relative to the root.

    Returns:
        None where the build back end is told in a way, or finds out in a way, that is not followed here.
    """
    match found.backend:
        case Backend.HATCHLING:
            return _hatch_packages(found)
        case Backend.POETRY:
            return _poetry_packages(found)
        case Backend.UV:
            return _uv_packages(found)
        case _:
            return None


def _hatch_packages(found: Surroundings) -> list[str] | None:
    for keys in (("tool", "hatch", "build", "targets", "wheel"), ("tool", "hatch", "build")):
        table = at(found.document, *keys) or {}
        if isinstance(table.get("packages"), list):
            return [PurePosixPath(each).as_posix() for each in table["packages"] if isinstance(each, str)]
        if {"include", "only-include", "only-packages", "force-include", "sources"} & set(table):
            return None
    return _by_name(found)


def _by_name(found: Surroundings) -> list[str]:
    name = import_name(found.name)
    bases = (name, f"src/{name}")
    return [base for base in bases if (found.root / base / "__init__.py").is_file()][:1]


def _poetry_packages(found: Surroundings) -> list[str] | None:
    listed = at(found.document, "tool", "poetry", "packages")
    if listed is None:
        return _by_name(found)
    folders: list[str] = []
    for each in listed if isinstance(listed, list) else ():
        include = each.get("include") if isinstance(each, dict) else None
        if not isinstance(include, str) or "*" in include:
            return None
        folders.append(PurePosixPath(each.get("from", ""), include).as_posix())
    return folders


def _uv_packages(found: Surroundings) -> list[str] | None:
    table = at(found.document, "tool", "uv", "build-backend") or {}
    names = table.get("module-name", import_name(found.name))
    base = table.get("module-root", "src")
    if not isinstance(base, str) or table.get("namespace") is not None:
        return None
    listed = names if isinstance(names, list) else [names]
    return [PurePosixPath(base, *name.split(".")).as_posix() for name in listed if isinstance(name, str)]


def covers(packages: list[str], output: str) -> bool:
    """Whether a folder lies in one of the packages."""
    return any(output == each or output.startswith(f"{each}/") or each == "." for each in packages)
