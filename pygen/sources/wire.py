"""Plain dicts as wire models, with errors that say where and what rather than how pydantic sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pygen.client.models.container import Container
from pygen.client.models.data_model import DataModel
from pygen.errors import ModelError, Problem
from pygen.sources.files import load_raw, load_raw_containers, source_files
from pygen.sources.json_text import format_path

__all__ = ["WRONG_SHAPE", "load_containers", "load_data_model", "read_containers", "read_data_model", "read_wire"]

WRONG_SHAPE = "PYG008"
_HINT = "the file should look as the API answers (models/datamodels/byids with inlineViews=true)"

_Wire = TypeVar("_Wire", bound=BaseModel)

_UNION_TAGS = frozenset({"container", "edge", "mapped", "reference", "reverse", "unknown", "view"})
_EXPECTED = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dict_type": "an object",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_attributes_type": "an object",
    "model_type": "an object",
    "string_type": "text",
    "string_unicode": "valid Unicode text",
}


def load_data_model(path: Path) -> DataModel:
    """
    Read a data model from a file or a folder.

    Args:
        path: JSON or YAML: the data model itself, a list of one, or `{"items": [...]}` as the API answers; or a folder
            of the toolkit, or a data model file in one; or a GraphQL schema.

    Raises:
        ConfigError: The file is missing, unreadable, or does not hold exactly one object.
        ModelError: The object has not the shape of a data model, or definitions are missing; every place is named.
        MissingExtraError: A package is missing that reads such a file.
    """
    return read_data_model(load_raw(path), place=str(path))


def load_containers(path: Path) -> list[Container]:
    """
    Read the containers beside a data model; none where there is no `<name>.containers.json` (or `.yaml`).

    Raises:
        ConfigError: The file is unreadable.
        ModelError: An object has not the shape of a container.
        MissingExtraError: The file is YAML and PyYAML is not installed.
    """
    return read_containers(load_raw_containers(path), place=str(source_files(path)[-1]))


def read_data_model(raw: Mapping[str, Any], *, place: str = "") -> DataModel:
    """
    Read a data model from a JSON-able dict.

    Args:
        raw: As `load_raw` answers.
        place: What to call it in errors, such as the path of the file.

    Raises:
        ModelError: It has not the shape of a data model; every place is named.
    """
    return read_wire(DataModel, raw, place)


def read_containers(raw: Iterable[Mapping[str, Any]], *, place: str = "") -> list[Container]:
    """
    Read containers from JSON-able dicts.

    Raises:
        ModelError: One has not the shape of a container; every place is named.
    """
    return [read_wire(Container, item, f"{place}[{index}]") for index, item in enumerate(raw)]


def read_wire(model: type[_Wire], raw: Mapping[str, Any], place: str, *, hint: str = _HINT) -> _Wire:
    """
    Read an object as a wire model.

    Args:
        model: The wire model.
        raw: The object.
        place: What to call it in errors.
        hint: What to do about a wrong shape.

    Raises:
        ModelError: It has another shape; every place is named.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        problems = [
            Problem(
                where=f"{place}: {_path(problem['loc'], raw)}" if place else _path(problem["loc"], raw),
                code=WRONG_SHAPE,
                message=_message(problem["type"], problem["msg"], problem["input"]),
                hint=hint,
            )
            for problem in error.errors(include_url=False, include_context=False)
        ]
        # The validation error holds the whole input and speaks of classes nobody outside knows.
        raise ModelError(problems) from None


def _path(location: Sequence[str | int], raw: Any) -> str:
    """Translate pydantic's location, which mixes keys with the tags of unions, into a path within *raw*."""
    path: list[str | int] = []
    current = raw
    for step in location:
        if isinstance(step, int):
            current = current[step] if isinstance(current, list) and step < len(current) else None
        elif isinstance(current, dict) and step in current:
            current = current[step]
        elif step in _UNION_TAGS:
            continue
        path.append(step)
    return format_path(tuple(path))


def _message(kind: str, message: str, value: Any) -> str:
    if kind == "missing":
        return "is missing"
    if kind in _EXPECTED:
        return f"should be {_EXPECTED[kind]}, not {_shown(value)}"
    return f"{message[:1].lower()}{message[1:]}, not {_shown(value)}"


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "null"
    text = ascii(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
