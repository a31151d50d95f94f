"""The files that a build reads: for a source distribution to carry, and for a watcher to look at."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import NamedTuple

from pygen.errors import ConfigError
from pygen.project.config import ProjectConfig
from pygen.project.recipe import template_files
from pygen.sources.files import containers_files, is_graphql, is_toolkit, source_files

__all__ = ["InputPlaces", "input_files", "input_places"]


class InputPlaces(NamedTuple):
    """
    Where the inputs of a project are, or would be; absolute paths.

    Attributes:
        files: Models, the containers beside them, replaced templates.
        folders: Folders in which more of them may appear, at any depth.
    """

    files: tuple[Path, ...]
    folders: tuple[Path, ...]


def input_files(config: ProjectConfig) -> tuple[Path, ...]:
    """
    The configuration, the lock, the models and the replaced templates.

    Returns:
        Absolute paths, in order. A folder stands for all that is in it.

    Raises:
        ConfigError: One of them lies outside the project.
    """
    found = {config.lock_file} | ({config.file} if config.file is not None else set())
    for sdk in config.sdks:
        templates = [config.root / target.templates for target in sdk.targets if target.templates is not None]
        for path in [*source_files(config.model_path(sdk)), *templates]:
            if not path.resolve().is_relative_to(config.root):
                raise ConfigError(
                    "lies outside the project, so no source distribution can carry it",
                    key=sdk.model,
                    hint="move it into the project, or build a wheel only",
                )
            found.add(path)
    return tuple(sorted(found))


def input_places(config: ProjectConfig) -> InputPlaces:
    """Every place, beside configuration and lock, whose change can make the code stale, be there anything or not."""
    files: set[Path] = set()
    folders: set[Path] = set()
    for sdk in config.sdks:
        path = config.model_path(sdk)
        files.add(path)
        with contextlib.suppress(ConfigError):  # a folder that goes, or may not be read: who reads the model says so
            files.update(source_files(path))
        if is_toolkit(path):
            folders.add(path if os.path.isdir(path) else path.parent)  # noqa: PTH112 - fails for no path
        elif not is_graphql(path):
            files.update(containers_files(path))
        for target in sdk.targets:
            if target.templates is not None:
                folder = config.root / target.templates
                folders.add(folder)
                files.update(template_files(folder))
    return InputPlaces(tuple(sorted(files)), tuple(sorted(folders)))
