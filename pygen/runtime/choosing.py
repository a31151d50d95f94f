"""Columns that a caller names: as columns, as a function that gives them of the class, or by their fields' names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pygen.runtime.base import PygenResource
from pygen.runtime.columns import Column
from pygen.runtime.lazy import Direct, Relation
from pygen.runtime.meta import columns_of

__all__ = ["column_of", "columns_chosen", "property_of"]


def columns_chosen(kind: type[PygenResource], chosen: Any) -> tuple[list[Column[Any, Any]], bool]:
    """
    The columns that *chosen* stands for.

    Args:
        kind: The class.
        chosen: A column, the name of a field or of a property, several of them, or a function that makes any of these
            of the class.

    Returns:
        The columns, and whether it was one alone rather than several.

    Raises:
        TypeError: Something names no column.
    """
    made = chosen(kind) if callable(chosen) and not isinstance(chosen, Column) else chosen
    if isinstance(made, Sequence) and not isinstance(made, str):
        return [column_of(kind, each) for each in made], False
    return [column_of(kind, made)], True


def column_of(kind: type[PygenResource], given: Any) -> Column[Any, Any]:
    """
    The column that *given* is, or names by its field or by the property's identifier in DMS.

    Raises:
        TypeError: There is none.
    """
    if isinstance(given, Column):
        return given
    if isinstance(given, Relation):
        field = given.spec.field if isinstance(given.spec, Direct) else None
        cure = f"its ids are {kind.__name__}.{field}" if field else "its instances are asked for by their own class"
        raise TypeError(f"{given.where} is a relation, not a field: {cure}")
    columns = columns_of(kind)
    if isinstance(given, str):
        if given in columns:
            return columns[given]
        found = next((columns[field] for field, spec in kind.__pygen_props__.items() if spec.name == given), None)
        if found is not None:
            return found
        import difflib

        close = difflib.get_close_matches(given, list(columns), n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else f"known are {', '.join(sorted(columns))}"
        raise TypeError(f"{kind.__name__} has no field {given!r}; {hint}")
    raise TypeError(
        f"fields of {kind.__name__} are named as lambda t: (t.space, t.external_id), or as texts, "
        f"not as {type(given).__name__}"
    )


def property_of(column: Column[Any, Any], purpose: str) -> str:
    """
    The property of a column, for endpoints that name properties of the view alone (dms-api.md 7).

    Args:
        column: The column.
        purpose: What is done with it, for the error: `group by`.

    Raises:
        TypeError: The column holds something else about an instance, such as its version.
    """
    if column.is_metadata and column.field not in {"space", "external_id"}:
        raise TypeError(f"the service does not {purpose} {column.where}: only properties, space and external_id")
    return column.dms_name
