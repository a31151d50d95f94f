"""
Folders of the Cognite Toolkit: containers, views, spaces and data models in YAML, as they are deployed.

Data models may be schemas in GraphQL as well (`<name>.GraphQLSchema.yaml` names the schema's file). Placeholders
(`{{ name }}`) are filled in first, see `pygen.sources.variables`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pygen.client.models.container import Container
from pygen.client.models.data_model import DataModel
from pygen.client.models.space import Space
from pygen.client.models.view import View
from pygen.errors import ConfigError, ModelError, Problem
from pygen.sources.definitions import Definition, Definitions, Json
from pygen.sources.files import load_items, unwrap
from pygen.sources.toolkit_files import GRAPHQL, READ_CONTAINERS, READ_MODEL, SCHEMA, kind_of, toolkit_files
from pygen.sources.variables import Variables
from pygen.sources.wire import WRONG_SHAPE, read_wire

__all__ = ["load_toolkit", "read_folder"]

_HINT = "the file should look as the toolkit deploys it"
_SHAPES: Mapping[str, type[BaseModel]] = {
    "space": Space,
    "container": Container,
    "view": View,
    "datamodel": DataModel,
}
_MODELS = frozenset({"datamodel", SCHEMA})
_SCHEMA_KEYS = ("space", "externalId", "version")


def load_toolkit(path: Path) -> Definitions:
    """
    Read the data models of a folder, and all that it defines besides.

    Args:
        path: The folder; or one of its data model files, which leaves the other data models out.

    Raises:
        ConfigError: A file cannot be read, or a placeholder has no value; or there is no data model.
        ModelError: An object has not the shape of what the file's name says; every place is named.
        MissingExtraError: A package is missing that reads such a file.
    """
    if not path.is_dir() and not path.is_file():
        raise ConfigError("no such file", key=str(path))
    if not any(kind_of(file) in _MODELS for file in toolkit_files(path)):
        raise ConfigError("is a folder, but holds no data model (*.datamodel.yaml)", key=str(path))
    return read_folder(path)


def read_folder(path: Path) -> Definitions:
    """
    Read all that a folder defines, be there a data model or not.

    Args:
        path: The folder; or one of its data model files, which leaves the other data models out.

    Raises:
        ConfigError: A file cannot be read, or a placeholder has no value.
        ModelError: An object has not the shape of what the file's name says; every place is named.
        MissingExtraError: A package is missing that reads such a file.
    """
    files = toolkit_files(path)
    kinds = {file: kind_of(file) for file in files}
    variables = Variables.of(path if path.is_dir() else path.parent, files)
    contents = variables.read_all(file for file, kind in kinds.items() if kind in {*_SHAPES, *_MODELS, GRAPHQL})
    found = Definitions(str(path))
    lists = {
        "space": found.spaces,
        "container": found.containers,
        "view": found.views,
        "datamodel": found.data_models,
    }
    problems: list[Problem] = []
    read_models: list[Json] = []
    for file, kind in kinds.items():
        try:
            if kind == READ_MODEL:
                read_models += _read_models(file)
            elif kind == READ_CONTAINERS:
                found.read_containers += _read_containers(file)
            elif kind in lists:
                lists[kind] += _definitions(file, kind, contents[file])
        except ModelError as error:
            problems += error.problems
    if problems:
        raise ModelError(problems)
    # Views that are only named tell nothing.
    found.read_views = [view for model in read_models for view in model.get("views") or () if "properties" in view]
    for file, kind in kinds.items():
        if kind == SCHEMA:
            _add_schema(found, file, contents, read_models, is_meant=path.is_dir() or file == path)
    return found


def _definitions(file: Path, kind: str, document: Any) -> list[Definition]:
    items = unwrap(document, file)
    problems: list[Problem] = []
    for index, item in enumerate(items):
        try:
            read_wire(_SHAPES[kind], item, str(file) if len(items) == 1 else f"{file}[{index}]", hint=_HINT)
        except ModelError as error:
            problems += error.problems
    if problems:
        raise ModelError(problems)
    return [Definition(item, str(file)) for item in items]


def _read_models(file: Path) -> list[Json]:
    items = load_items(file)
    for item in items:
        read_wire(DataModel, item, str(file))
    return items


def _read_containers(file: Path) -> list[Json]:
    items = load_items(file)
    for index, item in enumerate(items):
        read_wire(Container, item, f"{file}[{index}]")
    return items


# --- schemas in GraphQL ---


def _add_schema(
    found: Definitions, file: Path, contents: Mapping[Path, Any], read_models: Iterable[Json], *, is_meant: bool
) -> None:
    """Add what the schemas define that a file tells of; the data models only where that file is meant."""
    from pygen.sources.graphql_dml import read_graphql

    known = [*read_models, *(each.body for each in found.data_models)]
    imports = {
        (model["space"], model["externalId"], str(model.get("version"))): {
            view["externalId"]: {"type": "view", **{key: view[key] for key in _SCHEMA_KEYS}}
            for view in model.get("views") or ()
        }
        for model in known
    }
    for item in unwrap(contents[file], file):
        _check_schema(item, file)
        dml = file.parent / item.get("dml", f"{file.name.rsplit('.', 2)[0]}.graphql")
        if dml not in contents or kind_of(dml) != GRAPHQL:
            raise ConfigError(
                f"names the schema {item.get('dml', dml.name)!r}, which is no GraphQL file of the folder", key=str(file)
            )
        schema = read_graphql(
            contents[dml],
            space=item["space"],
            external_id=item["externalId"],
            version=item["version"],
            place=str(dml),
            labels={key: item[key] for key in ("name", "description") if item.get(key) is not None},
            imports=imports,
        )
        found.containers += schema.containers
        found.views += schema.views
        found.assumed_views += schema.assumed_views
        found.assumed_containers += schema.assumed_containers
        if is_meant:
            found.data_models += [Definition(each.body, str(file)) for each in schema.data_models]


def _check_schema(item: Json, file: Path) -> None:
    problems = [
        Problem(f"{file}: {key}", WRONG_SHAPE, "should be text" if key in item else "is missing", _HINT)
        for key in (*_SCHEMA_KEYS, *(each for each in ("dml", "name", "description") if item.get(each) is not None))
        if not isinstance(item.get(key), str)
    ]
    if problems:
        raise ModelError(problems)
