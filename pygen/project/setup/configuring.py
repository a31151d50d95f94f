"""Writing `[tool.pygen]`: the whole of it where it is missing, single keys where it is there."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pygen.errors import ConfigError
from pygen.project.config import ProjectConfig, SdkConfig
from pygen.project.setup.choices import Choices, Conflict
from pygen.project.setup.toml_text import TomlText

__all__ = ["configure", "new_tables", "reconfigure"]

_OPTIONS = {
    "model": "--model",
    "remote": "--remote",
    "output": "--output",
    "package": "--package",
    "client_name": "--client-name",
    "instance_space": "--instance-space",
}


def new_tables(choices: Choices) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the table of a new SDK says, and what that of its target does."""
    project: dict[str, Any] = {"model": choices.model}
    if choices.remote is not None:
        project["remote"] = choices.remote._asdict()
    target = {
        key: value
        for key in ("output", "package", "client_name", "instance_space")
        if (value := getattr(choices, key)) is not None
    }
    return project, target


def configure(file: TomlText, prefix: tuple[str, ...], choices: Choices) -> None:
    """
    Write the tables of a new SDK.

    Args:
        file: pyproject.toml or pygen.toml.
        prefix: The keys of the table: `tool`, `pygen`, or `pygen` alone.
        choices: At least a model and an output.
    """
    project, target = new_tables(choices)
    file.add_tables(
        {prefix: project, (*prefix, choices.target): target}, comment="What is generated, from what, and where to."
    )


def reconfigure(
    file: TomlText, prefix: tuple[str, ...], config: ProjectConfig, choices: Choices, approved: Collection[str]
) -> list[Conflict]:
    """
    Bring a configuration that is there to what was chosen: missing keys are added, other values are conflicts.

    Args:
        file: The file of the configuration.
        prefix: The keys of its table.
        config: What it says.
        choices: What was chosen; None changes nothing.
        approved: Keys whose values may be replaced.

    Raises:
        ConfigError: There are several SDKs, so that nobody knows which one is meant.
    """
    asked = [key for key in _OPTIONS if getattr(choices, key) is not None]
    if len(config.sdks) > 1:
        if asked:
            raise ConfigError(
                "this project has several SDKs", key=_OPTIONS[asked[0]], hint=f"edit {file.name}, it names them all"
            )
        return []
    (sdk,) = config.sdks
    table = prefix if file.get(*prefix, "sdk") is None else None
    conflicts: list[Conflict] = []
    for key in asked:
        place = (*prefix, key) if key in ("model", "remote") else (*prefix, choices.target, key)
        wanted = getattr(choices, key)
        present = _present(sdk, key, choices.target)
        if wanted == present:
            continue
        value = wanted._asdict() if key == "remote" else wanted
        name = ".".join(place)
        if present is not None and name not in approved:
            conflicts.append(Conflict(name, _shown(present), _shown(wanted), _OPTIONS[key]))
        elif table is None:
            raise ConfigError("stands in an array of tables", key=name, hint=f"edit {file.name}")
        else:
            file.set(place, value)
    return conflicts


def _present(sdk: SdkConfig, key: str, target: str) -> Any:
    if key in ("model", "remote"):
        return getattr(sdk, key)
    found = next((each for each in sdk.targets if each.target == target), None)
    return getattr(found, key) if found is not None else None


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        space, external_id, version = value
        return f"{space}:{external_id}({version})"
    return str(value)
