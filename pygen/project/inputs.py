"""The files that a build reads, so that a source distribution can carry them."""

from __future__ import annotations

from pathlib import Path

from pygen.errors import ConfigError
from pygen.project.config import ProjectConfig
from pygen.sources.files import source_files

__all__ = ["input_files"]


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
