"""
Model files as plain dicts: found, read and unwrapped, with the standard library alone where they are JSON.

A model is a file in the API's read shape; or a folder of the Cognite Toolkit, or one data model file of it; or a
GraphQL schema. What it is can be seen from its name.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from pygen.errors import ConfigError
from pygen.sources.json_text import read_json

__all__ = [
    "MODEL_SUFFIXES",
    "containers_files",
    "is_graphql",
    "is_toolkit",
    "is_toolkit_file",
    "load_items",
    "load_raw",
    "load_raw_containers",
    "load_raw_model",
    "read_text",
    "source_files",
    "title",
    "unwrap",
]

_SUFFIXES = (".json", ".yaml", ".yml")
_GRAPHQL_SUFFIXES = (".graphql", ".gql")
MODEL_SUFFIXES = (*_SUFFIXES, *_GRAPHQL_SUFFIXES)
"""The suffixes of files that a model may be."""
_TOOLKIT_FILES = (".datamodel.yaml", ".datamodel.yml", ".graphqlschema.yaml", ".graphqlschema.yml")


class RawModel(NamedTuple):
    """
    A data model as JSON-able dicts, in the API's read shape.

    Attributes:
        data_model: The data model, with its views written out.
        containers: The containers behind it, as far as they are known in full.
    """

    data_model: dict[str, Any]
    containers: list[dict[str, Any]]


def is_toolkit(path: Path) -> bool:
    """Whether a model is a folder of the toolkit, or one data model of it."""
    return is_toolkit_file(path) or _is_dir(path)


def is_toolkit_file(path: PurePath) -> bool:
    """Whether a model is one data model of a folder of the toolkit, as far as its name tells."""
    return path.name.lower().endswith(_TOOLKIT_FILES)


def _is_dir(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - `Path.is_dir` fails where a folder may not be entered


def is_graphql(path: Path) -> bool:
    """Whether a model is a GraphQL schema."""
    return path.suffix.lower() in _GRAPHQL_SUFFIXES


def load_raw_model(path: Path) -> RawModel:
    """
    Read the one data model of a file or a folder, and its containers.

    Args:
        path: JSON or YAML: the data model itself, a list of one, or `{"items": [...]}` as the API answers, with the
            containers in `<name>.containers.json` (or `.yaml`) beside it; or a folder of the toolkit, or a data model
            file in one; or a GraphQL schema.

    Raises:
        ConfigError: A file is missing, unreadable, not of a known kind, or does not hold exactly one data model.
        ModelError: Definitions do not fit together; every place is named. Only where they are not in the read shape.
        MissingExtraError: A package is missing that reads such a file.
    """
    if is_toolkit(path):
        from pygen.sources.toolkit import load_toolkit

        return RawModel(*load_toolkit(path).resolve())
    if is_graphql(path):
        from pygen.sources.graphql_dml import load_graphql

        return RawModel(*load_graphql(path).resolve())
    beside = _containers_file(path)
    return RawModel(_the_one(load_items(path), path), [] if beside is None else load_items(beside))


def load_raw(path: Path) -> dict[str, Any]:
    """
    Read the one data model of a file or a folder, without the containers beside it.

    Raises:
        ConfigError: As for `load_raw_model`.
        ModelError: As for `load_raw_model`.
        MissingExtraError: As for `load_raw_model`.
    """
    if is_toolkit(path) or is_graphql(path):
        return load_raw_model(path).data_model
    return _the_one(load_items(path), path)


def load_raw_containers(path: Path) -> list[dict[str, Any]]:
    """
    Read the containers of a model; none where they are not known.

    Raises:
        ConfigError: As for `load_raw_model`.
        ModelError: As for `load_raw_model`.
        MissingExtraError: As for `load_raw_model`.
    """
    if is_toolkit(path) or is_graphql(path):
        return load_raw_model(path).containers
    beside = _containers_file(path)
    return [] if beside is None else load_items(beside)


def _the_one(items: list[dict[str, Any]], path: Path) -> dict[str, Any]:
    if not items:
        raise ConfigError("holds no data model", key=str(path))
    if len(items) > 1:
        raise ConfigError(
            f"holds {len(items)} data models: {', '.join(title(item) for item in items)}",
            key=str(path),
            hint="keep one data model per file",
        )
    return items[0]


def source_files(path: Path) -> tuple[Path, ...]:
    """The files that a data model is read from: *path* itself and the containers beside it, or those of a folder."""
    if is_toolkit(path):
        from pygen.sources.toolkit_files import toolkit_files

        return toolkit_files(path)
    beside = _containers_file(path)
    return (path,) if beside is None else (path, beside)


def containers_files(path: Path) -> tuple[Path, ...]:
    """The files in which the containers of a model in the read shape may be, beside it; the first one there counts."""
    suffixes = sorted(_SUFFIXES, key=lambda suffix: (suffix != path.suffix.lower(), suffix))
    return tuple(path.with_name(f"{path.stem}.containers{suffix}") for suffix in suffixes)


def _containers_file(path: Path) -> Path | None:
    is_file = os.path.isfile  # `Path.is_file` fails where a folder may not be entered, which reading the model tells
    return next((candidate for candidate in containers_files(path) if is_file(candidate)), None)


def load_items(path: Path) -> list[dict[str, Any]]:
    """
    Read the objects of a file in the API's shape: one object, a list of them, or `{"items": [...]}`.

    Raises:
        ConfigError: The file is missing, unreadable, not JSON or YAML, or holds something else.
        MissingExtraError: The file is YAML and PyYAML is not installed.
    """
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES and not _is_dir(path):
        raise ConfigError(
            f"not a known kind of model file: {path.suffix or 'no suffix'}",
            key=str(path),
            hint=f"known kinds: {', '.join(MODEL_SUFFIXES)}, a folder of the toolkit",
        )
    text = read_text(path)
    if suffix == ".json":
        return unwrap(read_json(text, place=str(path)), path)
    from pygen.sources.yaml_text import read_yaml

    return unwrap(read_yaml(text, place=str(path)), path)


def read_text(path: Path) -> str:
    """
    Read the text of a file.

    Raises:
        ConfigError: The file is missing, unreadable, or not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError("no such file", key=str(path)) from error
    except IsADirectoryError as error:
        raise ConfigError("is a folder, not a file", key=str(path)) from error
    except OSError as error:
        raise ConfigError(f"not readable: {error.strerror or error}", key=str(path)) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"not UTF-8 (byte {error.start})", key=str(path)) from error
    except ValueError as error:  # a NUL in the path
        raise ConfigError("no such file", key=ascii(str(path))) from error


def unwrap(document: Any, path: Path) -> list[dict[str, Any]]:
    """
    Unwrap `{"items": [...]}`, a list, or one object.

    Raises:
        ConfigError: It is something else.
    """
    items = document.get("items", document) if isinstance(document, dict) else document
    if isinstance(items, dict):
        items = [items]
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ConfigError('holds neither an object, nor a list of objects, nor {"items": [...]}', key=str(path))
    return items


def title(item: Mapping[str, Any]) -> str:
    """A view or a data model as messages name it."""
    return f"{item.get('space')}:{item.get('externalId')}({item.get('version')})"
