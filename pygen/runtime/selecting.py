"""Which properties are fetched: all of an object, some of them (`fields`), or bare values (`values`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar, Union

from pydantic import ValidationError

from pygen.runtime.base import PygenResource, PygenWrite
from pygen.runtime.choosing import columns_chosen
from pygen.runtime.columns import Column
from pygen.runtime.errors import NotSelectedError
from pygen.runtime.meta import columns_of

__all__ = [
    "Pick",
    "chosen_columns",
    "chosen_fields",
    "not_selected",
    "partial_write",
    "refuse_narrow_fields",
    "required_is_unknown",
]

ResourceT = TypeVar("ResourceT", bound=PygenResource)
WriteT = TypeVar("WriteT", bound=PygenWrite)

Pick: TypeAlias = Union[  # noqa: UP007 -- a type variable needs Union at run time
    str, Column[Any, Any], Callable[[type[ResourceT]], Union[Column[Any, Any], Sequence[Column[Any, Any]]]]  # noqa: UP007 -- likewise
]
"""A field: by name, as a column, or a function that gives columns of the class: `lambda t: (t.name, t.capacity)`."""


def chosen_columns(kind: type[PygenResource], picks: Sequence[Any]) -> tuple[list[Column[Any, Any]], bool]:
    """
    The columns of *kind* that a caller chose, in the order given.

    Args:
        kind: The class.
        picks: What the caller gave, each as `Pick` says.

    Returns:
        The columns, and whether it was one alone rather than several.

    Raises:
        TypeError: Something names no column, or one of another class.
    """
    found: list[Column[Any, Any]] = []
    single = len(picks) == 1
    for pick in picks:
        columns, alone = columns_chosen(kind, pick)
        single = single and alone
        found += [_own(kind, column) for column in columns]
    if not found:
        raise TypeError(f"no field of {kind.__name__} is chosen; name some, e.g. lambda t: (t.space, t.external_id)")
    return found, single


def _own(kind: type[PygenResource], column: Column[Any, Any]) -> Column[Any, Any]:
    """The column as *kind* has it: a child class reads inherited fields through its own view."""
    own = columns_of(kind).get(column.field)
    if own is None or not issubclass(kind, column.owner):
        raise TypeError(f"{column.where} is no field of {kind.__name__}, whose instances are asked for")
    return own


def chosen_fields(kind: type[PygenResource], picks: Sequence[Any], before: Sequence[str] | None) -> tuple[str, ...]:
    """
    The fields of a selection, each once; the metadata is not among them, since every object has it.

    Args:
        kind: The class.
        picks: What the caller gave, each as `Pick` says.
        before: What was selected before; it stays.

    Raises:
        TypeError: Something names no field, or one of another class.
    """
    columns, _ = chosen_columns(kind, picks)
    chosen = [column.field for column in columns if not column.is_metadata]
    return tuple(dict.fromkeys([*(before or ()), *chosen]))


def refuse_narrow_fields(both: bool) -> None:
    """
    Refuse a selection of fields for instances that are read as their own classes.

    Raises:
        ValueError: Both were asked for.
    """
    if both:
        raise ValueError("narrow() reads each instance whole, as its own class: it does not go with fields()")


def not_selected(resource: PygenResource, name: str) -> NotSelectedError | None:
    """The error about an attribute that was not fetched with the object; None where *name* is something else."""
    kind = type(resource)
    if name in kind.__pydantic_fields__ and name not in resource.__dict__:
        return NotSelectedError(kind.__name__, name)
    return None


def required_is_unknown(resource: PygenResource, error: ValidationError, fields: Mapping[str, str]) -> bool:
    """
    Whether a write object lacks values for the one reason that they were not selected.

    Args:
        resource: The object that was read.
        error: What is wrong with the write object.
        fields: The field that each property has in the write class, by property.
    """
    unread = {
        fields.get(spec.name)
        for field, spec in type(resource).__pygen_props__.items()
        if field not in resource.__dict__
    }
    details = error.errors(include_url=False, include_input=False)
    return all(detail["type"] == "missing" and detail["loc"][0] in unread for detail in details)


def partial_write(write: type[WriteT], values: Mapping[str, Any]) -> WriteT:
    """
    A write object without some of the values that a new instance must have: it can only change one that exists.

    Raises:
        ValidationError: A value cannot be written.
    """
    write.model_rebuild()
    base = {name: value for name, value in values.items() if name not in write.__pygen_props__}
    made = write.model_construct(**base)
    for name, value in values.items():
        if name in write.__pygen_props__:
            write.__pydantic_validator__.validate_assignment(made, name, value)
    return made
