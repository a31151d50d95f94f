"""Making the build and the installation know pygen: the hook, what is required, what goes into the wheel."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePosixPath
from typing import Any

from pygen.project.config import ProjectConfig
from pygen.project.setup.choices import Conflict
from pygen.project.setup.requirements import (
    DISTRIBUTION,
    OLDEST_PYTHON,
    allows_older_python,
    find_requirement,
)
from pygen.project.setup.surroundings import Backend, Manager, Surroundings, at, covers, wheel_packages
from pygen.project.setup.toml_text import TomlText
from pygen.sources.files import is_graphql, is_toolkit, source_files

__all__ = [
    "build_extras",
    "cache_keys",
    "hook_table",
    "switch_on",
    "take_into_wheel",
    "unlisted_packages",
    "watch_model",
    "with_runtime",
]

_MINIMUM = f">={OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]}"
_RESOLVERS = (Manager.UV, Manager.POETRY, Manager.PDM)
"""What installs from a lock that has to hold for every Python that the project admits."""


def hook_table(document: Any) -> Any:
    """The table of the build hook; None where it is not switched on."""
    for keys in (("tool", "hatch", "build", "hooks"), ("tool", "hatch", "build", "targets", "wheel", "hooks")):
        found = at(document, *keys, "pygen")
        if found is not None:
            return found
    return None


def build_extras(config: ProjectConfig) -> frozenset[str]:
    """The extras of pygen-cdf that generating needs."""
    extras = {"build"}
    if any(is_graphql(config.model_path(sdk)) for sdk in config.sdks):
        extras.add("graphql")
    if any(target.format for sdk in config.sdks for target in sdk.targets):
        extras.add("format")
    return frozenset(extras)


def switch_on(file: TomlText, config: ProjectConfig, approved: Collection[str]) -> list[Conflict]:
    """Require pygen for the build, and switch its hook on."""
    key = "build-system.requires"
    extras = build_extras(config)
    requires = file.get("build-system", "requires")
    present = find_requirement(requires, DISTRIBUTION)
    conflicts: list[Conflict] = []
    if present is None:
        file.add(("build-system", "requires"), [f"{DISTRIBUTION}[{','.join(sorted(extras))}]"])
    elif not extras <= present.extras:
        wanted = present.with_extras(extras)
        before = present.with_extras(())
        if key not in approved:
            conflicts.append(Conflict(key, repr(before), repr(wanted)))
        else:
            kept = [wanted if find_requirement([each], DISTRIBUTION) else each for each in requires]
            file.set(("build-system", "requires"), kept)
    if hook_table(file.plain) is None:
        file.add_tables(
            {("tool", "hatch", "build", "hooks", "pygen"): {}}, comment="The switch: every build keeps the SDK fresh."
        )
    return conflicts


def take_into_wheel(file: TomlText, found: Surroundings, outputs: Collection[str]) -> list[str]:
    """
    See to it that the outputs lie in a package of the wheel.

    Returns:
        The outputs that somebody has to look after, since what goes into the wheel is told in another way.
    """
    packages = wheel_packages(found)
    if packages is None:
        return [] if found.backend is not Backend.HATCHLING else list(outputs)
    left_out = [output for output in outputs if not covers(packages, output)]
    if not left_out or found.backend is not Backend.HATCHLING:
        return left_out
    place = ("tool", "hatch", "build", "targets", "wheel", "packages")
    if file.get(*place) is None and packages:
        file.add(place, packages)
    file.add(place, list(dict.fromkeys(_top_package(output) for output in left_out)))
    return []


def unlisted_packages(document: Any, config: ProjectConfig) -> list[str]:
    """The generated packages that a list of setuptools lacks: it holds every package by itself, and no pattern."""
    listed = at(document, "tool", "setuptools", "packages")
    python = [target.package for sdk in config.sdks for target in sdk.targets if target.target == "python"]
    return [package for package in python if package not in listed] if isinstance(listed, list) else []


def _top_package(output: str) -> str:
    parts = PurePosixPath(output).parts
    return "/".join(parts[:2] if parts[0] == "src" else parts[:1])


def with_runtime(file: TomlText, found: Surroundings, approved: Collection[str]) -> tuple[list[Conflict], list[str]]:
    """
    Add pygen-cdf to what the project depends on.

    Returns:
        What cannot be changed without asking, and what has to be done by hand.
    """
    conflicts: list[Conflict] = []
    dynamic = "dependencies" in (file.get("project", "dynamic") or ())
    poetry = file.get("tool", "poetry", "dependencies")
    if isinstance(poetry, dict) and (dynamic or file.get("project") is None):
        if not any(str(name).replace("_", "-").lower() == DISTRIBUTION for name in poetry):
            file.set(("tool", "poetry", "dependencies", DISTRIBUTION), "*")
        place: tuple[str, ...] = ("tool", "poetry", "dependencies", "python")
    elif file.get("project") is None or dynamic:
        how = "where the project's dependencies are listed" if dynamic else "to what the project installs"
        return [], [f"add {DISTRIBUTION} {how}: the SDK needs it at run time"]
    else:
        if find_requirement(file.get("project", "dependencies"), DISTRIBUTION) is None:
            file.add(("project", "dependencies"), [DISTRIBUTION])
        place = ("project", "requires-python")
    specifier = file.get(*place)
    if not allows_older_python(specifier):
        return [], []
    key = ".".join(place)
    if found.manager not in _RESOLVERS:
        name = key.rpartition(".")[2]
        said = f"{key} is missing, and" if specifier is None else f"{key} is {specifier!r}, but"
        return [], [f'{said} {DISTRIBUTION} needs Python {_MINIMUM[2:]} or later: write {name} = "{_MINIMUM}"']
    if specifier is None or key in approved:
        file.set(place, _MINIMUM)
    else:
        conflicts.append(Conflict(key, repr(specifier), repr(_MINIMUM)))
    return conflicts, []


def cache_keys(config: ProjectConfig) -> list[dict[str, str]]:
    """What uv has to watch, so that it builds again when a model changed."""
    files = ["pyproject.toml"]
    if config.file is not None and config.file.name != "pyproject.toml":
        files.append(config.file.name)
    for sdk in config.sdks:
        path = PurePosixPath(sdk.model)
        if is_toolkit(config.model_path(sdk)) or not path.suffix:
            folder = path.parent if path.suffix else path
            files += [f"{folder}/**/*.yaml", f"{folder}/**/*.json", *_beside(config, sdk.model, str(folder))]
        elif is_graphql(config.model_path(sdk)):
            files.append(str(path))
        else:
            files += [str(path), str(path.with_name(f"{path.stem}.containers{path.suffix}"))]
    return [{"file": file} for file in dict.fromkeys(files)]


def _beside(config: ProjectConfig, model: str, folder: str) -> list[str]:
    """The files of a toolkit folder that lie elsewhere in the project: values of its placeholders."""
    root = config.root
    files = [path for path in source_files(root / model) if path.is_relative_to(root)]
    return [path.relative_to(root).as_posix() for path in files if not path.is_relative_to(root / folder)]


def watch_model(file: TomlText, config: ProjectConfig) -> None:
    """Tell uv to build again when a model changed; a pattern that is there and covers one is enough."""
    from fnmatch import fnmatchcase

    place = ("tool", "uv", "cache-keys")
    present = [each.get("file", "") for each in file.get(*place) or () if isinstance(each, dict)]
    missing = [key for key in cache_keys(config) if not any(fnmatchcase(key["file"], pattern) for pattern in present)]
    if missing:
        file.add(place, missing)
