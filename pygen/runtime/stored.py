"""
The stored form of values: the few Python types that data frames of every library are made from.

==================  ===================================================================
kind                stored form
==================  ===================================================================
text, choice        `str`
bool                `bool`
int32, int64        `int`, within the bounds of the kind
float32, float64    `float` or `int`
timestamp           `int`: milliseconds since 1970 UTC (the service keeps no more)
date                `int`: days since 1970
json                `dict`
node                `(space, external_id)`
external_id         `str`: the external id of a node whose space is left out
==================  ===================================================================

None stands for a missing value; a list column has lists of these.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import chain, islice, repeat
from operator import floordiv, sub
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from pygen.client.models.ids import NodeId
from pygen.runtime.base import PygenResource
from pygen.runtime.columnar import ColumnKind, FrameColumn, Rows
from pygen.runtime.errors import DecodeError
from pygen.runtime.session import Validation

__all__ = ["StoredRows", "Unfit", "json_texts", "stored_values", "well_formed"]

logger = logging.getLogger("pygen.runtime")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_EPOCH_DAY = _EPOCH.toordinal()

# --- values that do not fit ---


class Unfit:
    """
    Values that do not fit the type of their column, and are missing from the frame.

    Args:
        owner: The class whose fields the columns are.
        validation: `strict` raises at once, `lenient` tells at the end, `off` says nothing.
    """

    def __init__(self, owner: type[PygenResource], validation: Validation = "lenient") -> None:
        self._owner = owner
        self._validation = validation
        self._counts: dict[str, int] = {}

    def note(self, column: FrameColumn, problem: str) -> None:
        """
        Note a value.

        Raises:
            DecodeError: Validation is strict.
        """
        if self._validation == "strict":
            raise DecodeError(
                f"a value of {self._owner.__name__}.{column.name} does not fit its column ({problem}); "
                "if the data model has changed, generate the SDK again"
            )
        self._counts[column.name] = self._counts.get(column.name, 0) + 1

    def tell(self) -> None:
        """Log how many values of each column are missing because they do not fit; without the values."""
        counts, self._counts = self._counts, {}
        if self._validation == "off":
            return
        for name, count in counts.items():
            logger.warning(
                "%s.%s: %d value(s) do not fit the column and are missing from the frame; "
                "if the data model has changed, generate the SDK again",
                self._owner.__name__,
                name,
                count,
            )


# --- stored form ---


class _Form(NamedTuple):
    """
    How the values of a kind come about.

    Attributes:
        wire: Types on the wire that need no closer look.
        python: Types of objects' fields that need no closer look.
        from_wire: From the wire to the stored form, of many values; None: it is the same.
        from_python: From objects' fields to the stored form, of many values; None: it is the same.
    """

    wire: frozenset[type[Any]]
    python: frozenset[type[Any]]
    from_wire: Callable[[list[Any]], list[Any]] | None = None
    from_python: Callable[[list[Any]], list[Any]] | None = None


# Values are many: what runs in C from one to the next is several times as fast as a function of ours for each.


def _milliseconds(moments: list[datetime]) -> list[int]:
    try:
        return list(map(floordiv, map(sub, moments, repeat(_EPOCH)), repeat(_MILLISECOND)))
    except TypeError:  # one has no zone
        aware = [each if each.tzinfo is not None else each.replace(tzinfo=UTC) for each in moments]
        return _milliseconds(aware)


def _milliseconds_of_texts(texts: list[str]) -> list[int]:
    return _milliseconds(list(map(datetime.fromisoformat, texts)))


def _days(days: Iterable[date]) -> list[int]:
    return [day.toordinal() - _EPOCH_DAY for day in days]


def _days_of_texts(texts: list[str]) -> list[int]:
    return _days(map(date.fromisoformat, texts))


def _pairs(references: list[dict[str, Any]]) -> list[tuple[str, str]]:
    pairs = [(reference["space"], reference["externalId"]) for reference in references]
    if not set(map(type, chain.from_iterable(pairs))) <= {str}:
        raise TypeError("a node is named by two texts")
    return pairs


def _pairs_of_ids(nodes: list[NodeId]) -> list[tuple[str, str]]:
    return [(node.space, node.external_id) for node in nodes]


def _external_ids(references: list[dict[str, Any]]) -> list[str]:
    return [external_id for _, external_id in _pairs(references)]


def _external_ids_of_ids(nodes: list[NodeId]) -> list[str]:
    return [node.external_id for node in nodes]


def _same(*types: type[Any]) -> _Form:
    return _Form(frozenset(types), frozenset(types))


_FORMS: dict[ColumnKind, _Form] = {
    "text": _same(str),
    "choice": _same(str),
    "bool": _same(bool),
    "int32": _same(int),
    "int64": _same(int),
    "float32": _same(float, int),
    "float64": _same(float, int),
    "json": _Form(frozenset({dict}), frozenset({dict}), None, deepcopy),  # an object's own must not be shared
    "timestamp": _Form(frozenset({str}), frozenset({datetime}), _milliseconds_of_texts, _milliseconds),
    "date": _Form(frozenset({str}), frozenset({date}), _days_of_texts, _days),
    "node": _Form(frozenset({dict}), frozenset({NodeId}), _pairs, _pairs_of_ids),
    "external_id": _Form(frozenset({dict}), frozenset({NodeId}), _external_ids, _external_ids_of_ids),
}
_METADATA_TIME = _Form(frozenset({int}), frozenset({datetime}), None, _milliseconds)
"""Times of instances are epoch milliseconds on the wire, those of properties are texts (dms-api.md 2)."""

_BOUNDS: dict[ColumnKind, tuple[int, int]] = {
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "timestamp": (-62_135_596_800_000, 253_402_300_799_999),  # the years 1 to 9999
}
_NONE = type(None)


def stored_values(column: FrameColumn, rows: Rows, unfit: Unfit) -> list[Any]:
    """
    The values of a column in stored form.

    What is not in the form that the service sends is read as pydantic reads it into objects: the same values come out.

    Args:
        column: The column.
        rows: The instances.
        unfit: Told of values that do not fit; they are None.
    """
    form = _METADATA_TIME if column.kind == "timestamp" and not column.is_property else _FORMS[column.kind]
    types, convert = (form.wire, form.from_wire) if rows.on_wire else (form.python, form.from_python)
    values = rows.values(column)
    if _has_only(values, types, is_list=column.is_list):
        try:
            stored = _converted(values, convert, is_list=column.is_list)
        except (KeyError, OverflowError, TypeError, ValueError):
            pass
        else:
            return _bounded(column, stored, unfit)
    fitting = [_fitting(column, value, unfit) for value in values]
    return _bounded(column, _converted(fitting, form.from_python, is_list=column.is_list), unfit)


def _has_only(values: list[Any], types: frozenset[type[Any]], *, is_list: bool) -> bool:
    """Whether values have only some types, or are missing; of lists, their items, none of which may be missing."""
    found = set(map(type, values))
    found.discard(_NONE)
    if not is_list:
        return found <= types
    return found <= {list} and set(map(type, chain.from_iterable(filter(None, values)))) <= types


def _converted(values: list[Any], convert: Callable[[list[Any]], list[Any]] | None, *, is_list: bool) -> list[Any]:
    if convert is None:
        return values
    if is_list:
        items = iter(convert(list(chain.from_iterable(filter(None, values)))))
        return [None if value is None else list(islice(items, len(value))) for value in values]
    if None not in values:
        return convert(values)
    present = iter(convert([value for value in values if value is not None]))
    return [None if value is None else next(present) for value in values]


def _bounded(column: FrameColumn, values: list[Any], unfit: Unfit) -> list[Any]:
    """The values, without those that the kind has no room for."""
    bounds = _BOUNDS.get(column.kind)
    if bounds is None:
        return values
    low, high = bounds
    numbers: list[Any] = values
    if column.is_list:
        numbers = list(chain.from_iterable(filter(None, values)))
    elif None in values:
        numbers = [value for value in values if value is not None]
    if not numbers or (low <= min(numbers) and max(numbers) <= high):
        return values
    kept: list[Any] = []
    for value in values:
        parts = value if column.is_list else [value]
        if value is None or all(low <= part <= high for part in parts):
            kept.append(value)
        else:
            unfit.note(column, "out of range")
            kept.append(None)
    return kept


@lru_cache(maxsize=256)
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


def _fitting(column: FrameColumn, value: Any, unfit: Unfit) -> Any:
    """A value as an object would have it; None for one that does not fit."""
    if value is None:
        return None
    if column.kind == "timestamp" and not column.is_property and type(value) is int:
        return _EPOCH + timedelta(milliseconds=value)  # beside one that has another form
    try:
        return _adapter(column.annotation).validate_python(value)
    except (ValidationError, OverflowError) as error:
        unfit.note(column, error.errors()[0]["type"] if isinstance(error, ValidationError) else "out of range")
        return None


class StoredRows:
    """
    Rows of a frame: values in stored form, by name of the column.

    Args:
        values: As many of each column.
        size: How many.
    """

    __slots__ = ("_size", "_values")

    def __init__(self, values: dict[str, list[Any]], size: int) -> None:
        self._values = values
        self._size = size

    @classmethod
    def of(cls, columns: Sequence[FrameColumn], rows: Rows, unfit: Unfit) -> StoredRows:
        """
        The columns of some instances.

        Args:
            columns: The columns.
            rows: The instances.
            unfit: Told of values that do not fit.
        """
        return cls({column.name: stored_values(column, rows, unfit) for column in columns}, len(rows))

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, index: slice) -> StoredRows:
        start, stop, _ = index.indices(self._size)
        if (start, stop) == (0, self._size):
            return self
        return StoredRows({name: values[index] for name, values in self._values.items()}, max(stop - start, 0))

    def column(self, name: str) -> list[Any]:
        """The values of a column."""
        return self._values[name]


# --- for libraries that are strict about texts ---


def json_texts(values: list[Any], *, is_list: bool) -> list[Any]:
    """
    JSON objects as texts.

    Args:
        values: Objects, or lists of them.
        is_list: Which of both.
    """
    if is_list:
        return [None if value is None else json_texts(value, is_list=False) for value in values]
    return [None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":")) for value in values]


def well_formed(value: Any) -> Any:
    """A value in stored form with U+FFFD in place of halves of surrogate pairs, which UTF-8 has no bytes for."""
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case list():
            return [well_formed(each) for each in value]
        case tuple():
            return tuple(well_formed(each) for each in value)
        case dict():
            return {well_formed(key): well_formed(each) for key, each in value.items()}
        case _:
            return value
