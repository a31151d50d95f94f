"""
Data frames as input: each row becomes an object of a write class.

Frames of pandas and polars, and tables and record batches of pyarrow are taken; none of the libraries is imported that
the caller has not imported.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from pygen.runtime._values import mentions
from pygen.runtime.base import PygenWrite
from pygen.runtime.meta import EDGE_METADATA, METADATA
from pygen.runtime.upserting import Nulls

__all__ = ["from_frame", "is_frame"]

WriteT = TypeVar("WriteT", bound=PygenWrite)

_KINDS = {
    ("pandas", "DataFrame"): "pandas",
    ("polars", "DataFrame"): "polars",
    ("pyarrow", "Table"): "pyarrow",
    ("pyarrow", "RecordBatch"): "pyarrow",
}
_ROWS_AT_ONCE = 10_000
"""So many rows are Python values at the same time."""

_NAMES = {"space", "external_id", "node_type", "existing_version", "edge_type", "start_node", "end_node"}
"""Fields that say which instance it is; a missing value leaves them out, as there is nothing to clear."""


def is_frame(value: object) -> bool:
    """Whether *value* is a data frame, a table or a record batch of a library that is known here."""
    return _library(value) is not None


def from_frame(write: type[WriteT], frame: Any, *, nulls: Nulls = "keep") -> Iterator[WriteT]:
    """
    Objects of the rows of a data frame.

    Columns are named by fields of the write class or the class that is read (`nacelle` or `nacelle_id`), or by the
    property's identifier in DMS. What a frame of `to_pandas` holds beside what can be written (version, times,
    read-only properties) is passed over. An index of pandas that has the name of a field is a column, too.

    Nodes are named by an external id, `(space, external_id)`, a `NodeId`, or a struct of `space` and `external_id`.
    JSON is a dictionary or a text. Moments without a time zone are UTC.

    Args:
        write: The class of the objects.
        frame: A `DataFrame` of pandas or polars, a `Table` or a `RecordBatch` of pyarrow.
        nulls: What a missing value (None, NA, NaT, NaN) means: `keep` leaves the field unset, so that the instance
            keeps what it has; `clear` sets None.

    Returns:
        The objects, in the order of the rows; made as they are asked for.

    Raises:
        TypeError: A column belongs to no field, or *frame* is none; raised at once.
        ValueError: Two columns belong to one field (raised at once); or a row does not fit the class.
    """
    library = _library(frame)
    if library is None:
        raise TypeError(f"{type(frame).__name__} is no data frame of pandas, polars or pyarrow")
    if nulls not in {"keep", "clear"}:
        raise ValueError(f"missing values are meant as 'keep' or 'clear', not {nulls!r}")
    if library == "pandas":
        frame = _with_index(write, frame)
    columns = _columns_of(
        write, [str(name) for name in (frame.schema.names if library == "pyarrow" else frame.columns)]
    )
    return _objects(write, frame, library, columns, clears=nulls == "clear")


class _Column(NamedTuple):
    """
    A column that is read.

    Attributes:
        place: Its place in the frame.
        field: The field of the write class.
        is_json: Whether texts are JSON.
        can_clear: Whether a missing value can be meant.
    """

    place: int
    field: str
    is_json: bool
    can_clear: bool


def _library(value: object) -> str | None:
    for base in type(value).__mro__:
        found = _KINDS.get((base.__module__.partition(".")[0], base.__name__))
        if found is not None:
            return found
    return None


def _objects(
    write: type[WriteT], frame: Any, library: str, columns: Sequence[_Column], *, clears: bool
) -> Iterator[WriteT]:
    size = frame.num_rows if library == "pyarrow" else len(frame)
    for start in range(0, size, _ROWS_AT_ONCE):
        some = frame.iloc[start : start + _ROWS_AT_ONCE] if library == "pandas" else frame.slice(start, _ROWS_AT_ONCE)
        values = [_values(some, library, column) for column in columns]
        for place in range(min(_ROWS_AT_ONCE, size - start)):
            given: dict[str, Any] = {}
            for column, found in zip(columns, values, strict=True):
                value = found[place]
                if value is not None or (clears and column.can_clear):
                    given[column.field] = value
            try:
                made = write(**given)
            except ValidationError as error:
                raise ValueError(_misfit(write, start + place, given, error)) from None
            yield made


def _misfit(write: type[PygenWrite], row: int, given: dict[str, Any], error: ValidationError) -> str:
    """What is wrong with a row; without its values, which are other people's data."""
    name = given.get("external_id")
    problems = "; ".join(
        f"{'.'.join(map(str, each['loc']))}: {each['msg']}"
        for each in error.errors(include_url=False, include_input=False, include_context=False)[:3]
    )
    return f"row {row} of the frame{f' ({name})' if name else ''} makes no {write.__name__}: {problems}"


# --- columns ---


def _with_index(write: type[PygenWrite], frame: Any) -> Any:
    """The frame, with what its index names as columns: those that fields are called by."""
    known = _known_names(write)
    names = [name for name in frame.index.names if name in known and name not in frame.columns]
    others = [place for place, name in enumerate(frame.index.names) if name not in names]
    if not names:
        return frame
    if others:
        frame = frame.droplevel(others)
    return frame.reset_index()


def _known_names(write: type[PygenWrite]) -> dict[str, str | None]:
    """The names of columns, and the fields of the write class they belong to; None: passed over."""
    read = write.__pygen__.resource
    written = {spec.name: field for field, spec in write.__pygen_props__.items()}
    read_props = {} if read is None else read.__pygen_props__
    metadata = EDGE_METADATA if write.__pygen_edge__ else METADATA
    own = write.__pydantic_fields__
    # Where a field is called like another property, the field is meant.
    known: dict[str, str | None] = {wire: field for field, wire in metadata.items() if field in own}
    known |= {spec.name: None for spec in read_props.values()}
    known |= written
    known |= {field: field if field in own else None for field in metadata}
    known |= {field: written.get(spec.name) for field, spec in read_props.items()}
    known |= {field: field for field in own}
    return known


def _columns_of(write: type[PygenWrite], names: Sequence[str]) -> list[_Column]:
    """
    The columns that are read.

    Raises:
        TypeError: One belongs to no field.
        ValueError: Two belong to the same.
    """
    known = _known_names(write)
    columns: list[_Column] = []
    for place, name in enumerate(names):
        if name not in known:
            raise TypeError(_unknown(write, name, known))
        field = known[name]
        if field is not None:
            annotation = write.__pydantic_fields__[field].annotation
            columns.append(_Column(place, field, mentions(annotation, dict), field not in _NAMES))
    for field, count in Counter(column.field for column in columns).items():
        if count > 1:
            twice = [repr(names[column.place]) for column in columns if column.field == field]
            raise ValueError(f"{' and '.join(twice)} are columns for one field, {write.__name__}.{field}; drop one")
    return columns


def _unknown(write: type[PygenWrite], name: str, known: dict[str, str | None]) -> str:
    import difflib

    writable = [each for each, field in known.items() if field is not None]
    close = difflib.get_close_matches(name, writable, n=3)
    hint = f"did you mean {' or '.join(close)}?" if close else f"known are {', '.join(sorted(writable))}"
    return f"the column {name!r} belongs to no field of {write.__name__}; {hint}"


# --- values ---


def _values(frame: Any, library: str, column: _Column) -> list[Any]:
    """The values of a column as Python has them; None for missing ones."""
    if library == "pandas":
        series = frame.iloc[:, column.place]
        values = [None if gone else value for value, gone in zip(series.tolist(), series.isna(), strict=True)]
    elif library == "polars":
        values = frame.to_series(column.place).to_list()
    else:
        values = frame.column(column.place).to_pylist()
    cleaned = [_plain(value) for value in values]
    return [_parsed(value) for value in cleaned] if column.is_json else [_named(value) for value in cleaned]


def _plain(value: Any) -> Any:
    """A value without what only numpy and pandas know."""
    kind = type(value)
    if kind is float:
        return None if math.isnan(value) else value
    if kind in {list, tuple}:
        return [_plain(item) for item in value]
    library = kind.__module__.partition(".")[0]
    if library == "numpy":
        return _plain(value.tolist())
    return _without_pandas(value) if library == "pandas" else value


def _without_pandas(value: Any) -> Any:
    """A moment as Python's own; None for NaT and NA."""
    if isinstance(value, datetime):
        moment: Any = value
        return moment.to_pydatetime(warn=False) if moment == moment else None  # noqa: PLR0124 -- NaT is not itself
    return None if type(value).__name__ == "NAType" else value


def _named(value: Any) -> Any:
    """A node; None for a struct of missing values, which stands for none in tables that know no missing structs."""
    return None if type(value) is dict and not any(value.values()) else value


def _parsed(value: Any) -> Any:
    """JSON that is a text as what it says; what is no JSON is left for the class to refuse."""
    if isinstance(value, list):
        return [_parsed(item) for item in value]
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value
