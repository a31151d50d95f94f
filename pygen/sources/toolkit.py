"""
Folders of the Cognite Toolkit: containers, views, spaces and data models in YAML, as they are deployed.

Placeholders (`{{ name }}`) get their values from `variables.json` or the toolkit's own `default.config.yaml`, in the
folder of the file or in one above it, up to the folder that was named; the nearest wins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pygen.client.models.container import Container
from pygen.client.models.data_model import DataModel
from pygen.client.models.space import Space
from pygen.client.models.view import View
from pygen.errors import ConfigError
from pygen.sources.definitions import Definition, Definitions, Json
from pygen.sources.files import load_items, read_text, unwrap
from pygen.sources.json_text import read_json
from pygen.sources.toolkit_files import READ_CONTAINERS, READ_MODEL, VARIABLES, kind_of, toolkit_files
from pygen.sources.wire import read_wire
from pygen.sources.yaml_text import read_yaml

__all__ = ["Variables", "load_toolkit", "read_folder"]

_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_][\w.-]*)\s*\}\}")
_HINT = "the file should look as the toolkit deploys it"
_SHAPES: Mapping[str, type[BaseModel]] = {
    "space": Space,
    "container": Container,
    "view": View,
    "datamodel": DataModel,
}


def load_toolkit(path: Path) -> Definitions:
    """
    Read the data models of a folder, and all that it defines besides.

    Args:
        path: The folder; or one of its data model files, which leaves the other data models out.

    Raises:
        ConfigError: A file cannot be read, or a placeholder has no value; or there is no data model.
        ModelError: An object has not the shape of what the file's name says; every place is named.
        MissingExtraError: PyYAML is not installed.
    """
    if not any(kind_of(file) == "datamodel" for file in toolkit_files(path)):
        reason = "is a folder, but holds no data model (*.datamodel.yaml)" if path.is_dir() else "no such file"
        raise ConfigError(reason, key=str(path))
    return read_folder(path)


def read_folder(path: Path) -> Definitions:
    """
    Read all that a folder defines, be there a data model or not.

    Args:
        path: The folder; or one of its data model files, which leaves the other data models out.

    Raises:
        ConfigError: A file cannot be read, or a placeholder has no value.
        ModelError: An object has not the shape of what the file's name says; every place is named.
        MissingExtraError: PyYAML is not installed.
    """
    files = toolkit_files(path)
    variables = Variables.of(path if path.is_dir() else path.parent, files)
    found = Definitions(str(path))
    lists = {
        "space": found.spaces,
        "container": found.containers,
        "view": found.views,
        "datamodel": found.data_models,
    }
    for file in files:
        kind = kind_of(file)
        if kind == READ_MODEL:
            found.read_views += _read_views(file)
        elif kind == READ_CONTAINERS:
            found.read_containers += load_items(file)
        elif kind in lists:
            lists[kind] += _definitions(file, kind, variables)
    return found


def _definitions(file: Path, kind: str, variables: Variables) -> list[Definition]:
    items = unwrap(read_yaml(variables.fill(file), place=str(file)), file)
    for index, item in enumerate(items):
        read_wire(_SHAPES[kind], item, str(file) if len(items) == 1 else f"{file}[{index}]", hint=_HINT)
    return [Definition(item, str(file)) for item in items]


def _read_views(file: Path) -> list[Json]:
    """The views of data models in read form; those that are only named tell nothing."""
    items = load_items(file)
    for item in items:
        read_wire(DataModel, item, str(file))
    return [view for item in items for view in item.get("views") or () if "properties" in view]


class Variables:
    """
    The values of placeholders, by the folder in which they were found.

    Args:
        root: The folder above which nothing is looked for.
        values: The values, by folder.
    """

    def __init__(self, root: Path, values: Mapping[Path, Mapping[str, str]]) -> None:
        self._root = root
        self._values = values

    @classmethod
    def of(cls, root: Path, files: tuple[Path, ...]) -> Variables:
        """
        Read the files among *files* that hold values.

        Raises:
            ConfigError: One cannot be read, or holds something else.
        """
        values: dict[Path, dict[str, str]] = {}
        for file in files:
            if kind_of(file) == VARIABLES:
                text = read_text(file)
                read = read_json if file.suffix == ".json" else read_yaml
                document = read(text, place=str(file))
                if not isinstance(document, dict):
                    raise ConfigError("holds no values by name", key=str(file))
                values.setdefault(file.parent, {}).update(_flat(document))
        return cls(root, values)

    def fill(self, file: Path) -> str:
        """
        The text of a file, with values in place of placeholders.

        Raises:
            ConfigError: The file cannot be read, or a placeholder has no value; with its line.
        """
        text = read_text(file)
        if "{{" not in text:
            return text
        known: dict[str, str] = {}
        for folder in reversed([file.parent, *file.parent.parents]):
            known.update(self._values.get(folder, {}))

        def value(found: re.Match[str]) -> str:
            name = found[1]
            if name not in known:
                line = text.count("\n", 0, found.start()) + 1
                raise ConfigError(
                    f"{{{{ {name} }}}} has no value (line {line})",
                    key=str(file),
                    hint=f"give it one in {self._root / 'variables.json'}",
                )
            return known[name]

        return _PLACEHOLDER.sub(value, text)


def _flat(document: Mapping[str, Any]) -> dict[str, str]:
    """Values by their own names; the toolkit groups them by the folders that they are for."""
    found: dict[str, str] = {}
    for name, value in document.items():
        if isinstance(value, dict):
            found.update(_flat(value))
        elif isinstance(value, bool):
            found[name] = str(value).lower()
        elif isinstance(value, str | int | float):
            found[name] = str(value)
    return found
