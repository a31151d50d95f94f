"""
Data frames of pandas.

Values of a column are kept as numpy arrays page by page, and joined at the end. pyarrow is not needed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, repeat
from typing import TYPE_CHECKING, Any

from pygen.client.models.ids import NodeId
from pygen.runtime.columnar import ColumnKind, FrameColumn
from pygen.runtime.stored import StoredRows, well_formed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PandasSink", "pandas_of_table"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()


class PandasSink:
    """
    Collects pages and makes a frame of them.

    Args:
        columns: The columns of the frame.
    """

    def __init__(self, columns: Sequence[FrameColumn]) -> None:
        ids = _NodeIds()
        self._parts = [(column, _part(column, ids)) for column in columns]
        self._size = 0

    def add(self, rows: StoredRows) -> None:
        """Take the rows of a page."""
        self._size += len(rows)
        for column, part in self._parts:
            part.add(rows.column(column.name))

    def finish(self) -> pd.DataFrame:
        """The frame of all rows."""
        import pandas as pd

        arrays: dict[str, Any] = {}
        for column, part in self._parts:
            arrays[column.name] = part.finish()
            part.clear()
        return pd.DataFrame(arrays, index=pd.RangeIndex(self._size), copy=False)


def pandas_of_table(columns: Sequence[FrameColumn], table: Any) -> pd.DataFrame:
    """
    The frame of a table of pyarrow; the same as one that is made without.

    Args:
        columns: The columns.
        table: Has these columns; it is emptied on the way, so that values are not in memory twice.
    """
    import pandas as pd

    size, ids = table.num_rows, _NodeIds()
    arrays: dict[str, Any] = {}
    for column in columns:
        arrays[column.name] = _array_of(column, table.column(0), ids)
        table = table.remove_column(0)
    return pd.DataFrame(arrays, index=pd.RangeIndex(size), copy=False)


def _array_of(column: FrameColumn, chunked: Any, ids: _NodeIds) -> Any:
    """A column of a table as an array of pandas."""
    import pandas as pd

    kind = column.kind
    extension: dict[ColumnKind, Callable[[], Any]] = {
        "text": pd.StringDtype,
        "external_id": pd.StringDtype,
        "bool": pd.BooleanDtype,
        "int32": pd.Int32Dtype,
        "int64": pd.Int64Dtype,
    }
    if not column.is_list and kind in extension:
        return extension[kind]().__from_arrow__(chunked)
    if not column.is_list and kind in {"float32", "float64"}:
        return chunked.to_numpy()
    if kind == "choice":
        encoded = chunked.combine_chunks()
        codes = encoded.indices.fill_null(-1).to_numpy()
        return pd.Categorical.from_codes(codes, pd.Index(encoded.dictionary.to_pylist(), dtype="object"))
    part = _part(column, ids)
    part.add(_stored(column, chunked.combine_chunks()))
    return part.finish()


def _stored(column: FrameColumn, array: Any) -> list[Any]:
    """An array of pyarrow in stored form."""
    if not column.is_list:
        return _stored_items(column.kind, array)
    # An item at a time would take several times as long.
    items = _stored_items(column.kind, array.values)
    ends = array.offsets.to_pylist()
    lists: list[Any] = [items[start:stop] for start, stop in pairwise(ends)]
    if not array.null_count:
        return lists
    return [found if valid else None for found, valid in zip(lists, array.is_valid().to_pylist(), strict=True)]


def _stored_items(kind: ColumnKind, array: Any) -> list[Any]:
    import pyarrow as pa  # type: ignore[import-untyped]  # it says nothing about its types

    if kind == "node":
        pairs = zip(array.field(0).to_pylist(), array.field(1).to_pylist(), strict=True)
        return [None if pair[0] is None else pair for pair in pairs]
    if kind in {"timestamp", "date"}:
        array = array.cast(pa.int64() if kind == "timestamp" else pa.int32())
    values: list[Any] = array.to_pylist()
    return values


class _Part(ABC):
    """
    One column.

    Values are handed over in stored form.
    """

    def __init__(self) -> None:
        self._chunks: list[Any] = []

    @abstractmethod
    def add(self, values: list[Any]) -> None:
        """Take the values of a page."""

    @abstractmethod
    def finish(self) -> Any:
        """All values, as an array of pandas."""

    def clear(self) -> None:
        """Forget the values."""
        self._chunks = []

    def _joined(self, dtype: Any) -> Any:
        import numpy as np

        return np.concatenate(self._chunks) if self._chunks else np.empty(0, dtype)


class _Masked(_Part):
    """
    Whole numbers and truth values, with a mask of what is missing.

    Args:
        dtype: That of numpy.
    """

    def __init__(self, dtype: str) -> None:
        super().__init__()
        self._dtype = dtype
        self._masks: list[Any] = []

    def add(self, values: list[Any]) -> None:
        import numpy as np

        if None in values:
            self._masks.append(np.fromiter((value is None for value in values), np.bool_, len(values)))
            values = [0 if value is None else value for value in values]
        else:
            self._masks.append(np.zeros(len(values), np.bool_))
        self._chunks.append(np.array(values, self._dtype))

    def finish(self) -> Any:
        import numpy as np
        import pandas as pd

        masks = np.concatenate(self._masks) if self._masks else np.empty(0, np.bool_)
        make: Any = pd.arrays.BooleanArray if self._dtype == "bool" else pd.arrays.IntegerArray
        return make(self._joined(self._dtype), masks)

    def clear(self) -> None:
        super().clear()
        self._masks = []


class _Floats(_Part):
    """
    Numbers; NaN for a missing one.

    Args:
        dtype: That of numpy.
    """

    def __init__(self, dtype: str) -> None:
        super().__init__()
        self._dtype = dtype

    def add(self, values: list[Any]) -> None:
        import numpy as np

        with np.errstate(over="ignore"):  # beyond float32 lies infinity
            self._chunks.append(np.array(values, np.float64).astype(self._dtype, copy=False))

    def finish(self) -> Any:
        return self._joined(self._dtype)


class _Times(_Part):
    """
    Moments or days, NaT for a missing one.

    Args:
        unit: Of the stored form: `ms` or `D`.
        dtype: That of the result, in numpy: `datetime64[ms]`.
        zone: The time zone; None: none.
    """

    def __init__(self, unit: str, dtype: str, zone: str | None) -> None:
        super().__init__()
        self._unit = unit
        self._dtype = dtype
        self._zone = zone

    def add(self, values: list[Any]) -> None:
        import numpy as np

        missing = np.iinfo(np.int64).min  # NaT
        numbers = [missing if value is None else value for value in values] if None in values else values
        times = np.array(numbers, np.int64).view(f"datetime64[{self._unit}]")
        self._chunks.append(times.astype(self._dtype, copy=False))

    def finish(self) -> Any:
        import pandas as pd

        times = pd.Series(self._joined(self._dtype))
        return times.array if self._zone is None else times.dt.tz_localize(self._zone).array


class _Choices(_Part):
    """
    Texts of which few differ.

    Args:
        declared: Those that the model names; others that come are added.
    """

    def __init__(self, declared: Sequence[str]) -> None:
        super().__init__()
        self._codes: dict[str, int] = {text: place for place, text in enumerate(declared)}

    def add(self, values: list[Any]) -> None:
        import numpy as np

        codes = self._codes
        for text in dict.fromkeys(values):
            if text is not None and text not in codes:
                codes[text] = len(codes)
        self._chunks.append(np.fromiter(map(codes.get, values, repeat(-1)), np.int32, len(values)))

    def finish(self) -> Any:
        import numpy as np
        import pandas as pd

        categories = pd.Index(well_formed([*self._codes]), dtype="object")
        return pd.Categorical.from_codes(self._joined(np.int32), categories=categories)


class _Objects(_Part):
    """
    Whatever else: Python objects.

    Args:
        restore: Makes an object of a value in stored form; None: it is one.
    """

    def __init__(self, restore: Callable[[Any], Any] | None) -> None:
        super().__init__()
        self._restore = restore

    def add(self, values: list[Any]) -> None:
        import numpy as np

        restore = self._restore
        objects = values if restore is None else [None if value is None else restore(value) for value in values]
        self._chunks.append(np.fromiter(objects, np.object_, len(objects)))

    def finish(self) -> Any:
        return self._joined(object)


class _Texts(_Objects):
    """Texts."""

    def __init__(self) -> None:
        super().__init__(None)

    def finish(self) -> Any:
        import pandas as pd

        texts = self._joined(object)
        try:
            return pd.array(texts, dtype="string")
        except UnicodeEncodeError:  # half of a surrogate pair, which is no text for pyarrow
            return pd.array(well_formed(list(texts)), dtype="string")


class _NodeIds(dict[tuple[str, str], NodeId]):
    """Identifiers of nodes; equal ones are one object, since many instances name the same few nodes."""

    def __missing__(self, pair: tuple[str, str]) -> NodeId:
        made = self[pair] = NodeId(*pair)
        return made


def _moment(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _day(days: int) -> date:
    return date.fromordinal(days + _EPOCH_DAY)


_ITEMS: dict[ColumnKind, Callable[[Any], Any]] = {
    "float32": float,
    "float64": float,
    "timestamp": _moment,
    "date": _day,
}


def _of_each(restore: Callable[[Any], Any]) -> Callable[[list[Any]], list[Any]]:
    return lambda values: [restore(value) for value in values]


def _part(column: FrameColumn, ids: _NodeIds) -> _Part:
    kind = column.kind
    restore = ids.__getitem__ if kind == "node" else _ITEMS.get(kind)
    if column.is_list:
        return _Objects(list if restore is None else _of_each(restore))
    makers: dict[ColumnKind, Callable[[], _Part]] = {
        "text": _Texts,
        "external_id": _Texts,
        "choice": lambda: _Choices(column.choices),
        "bool": lambda: _Masked("bool"),
        "int32": lambda: _Masked("int32"),
        "int64": lambda: _Masked("int64"),
        "float32": lambda: _Floats("float32"),
        "float64": lambda: _Floats("float64"),
        "timestamp": lambda: _Times("ms", "datetime64[ms]", "UTC"),
        "date": lambda: _Times("D", "datetime64[s]", None),
        "json": lambda: _Objects(None),
        "node": lambda: _Objects(restore),
    }
    return makers[kind]()
