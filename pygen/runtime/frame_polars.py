"""Data frames of polars; neither pandas nor pyarrow is needed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from pygen.runtime.columnar import ColumnKind, FrameColumn
from pygen.runtime.stored import StoredRows, json_texts, well_formed

if TYPE_CHECKING:
    import polars as pl

__all__ = ["PolarsSink", "polars_of_table"]


class PolarsSink:
    """
    Collects pages and makes a frame of them.

    Args:
        columns: The columns of the frame.
    """

    def __init__(self, columns: Sequence[FrameColumn]) -> None:
        self._columns = columns
        self._frames: list[pl.DataFrame] = []

    def add(self, rows: StoredRows) -> None:
        """Take the rows of a page."""
        import polars as pl

        self._frames.append(pl.DataFrame([self._series(column, rows) for column in self._columns]))

    def finish(self) -> pl.DataFrame:
        """The frame of all rows."""
        import polars as pl

        frames, self._frames = self._frames, []
        if not frames:
            return pl.DataFrame(schema={column.name: _dtype(column) for column in self._columns})
        return pl.concat(frames, rechunk=True)

    def _series(self, column: FrameColumn, rows: StoredRows) -> pl.Series:

        values = rows.column(column.name)
        if column.kind == "json":
            values = json_texts(values, is_list=column.is_list)
        try:
            return _series(column, values)
        except UnicodeEncodeError:
            return _series(column, well_formed(values))


def polars_of_table(columns: Sequence[FrameColumn], table: Any) -> pl.DataFrame:
    """
    The frame of a table of pyarrow; the same as one that is made without.

    Args:
        columns: The columns.
        table: Has these columns.
    """
    import polars as pl

    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame.cast({column.name: _dtype(column) for column in columns})


def _series(column: FrameColumn, values: list[Any]) -> pl.Series:
    """A column of values in stored form."""
    import polars as pl

    if not column.is_list:
        return _flat(column, values).alias(column.name)
    # polars makes a series of each list by itself, which takes eight times as long as this.
    places = [place for place, value in enumerate(values) if value for _ in value]
    items = _flat(column, list(chain.from_iterable(filter(None, values))))
    filled = pl.DataFrame([pl.Series("place", places, dtype=pl.UInt32()), items.alias("lists")])
    others = [(place, value) for place, value in enumerate(values) if not value]
    rest = pl.DataFrame(
        [
            pl.Series("place", [place for place, _ in others], dtype=pl.UInt32()),
            pl.Series("lists", [value for _, value in others], dtype=pl.List(items.dtype)),
        ]
    )
    lists = pl.concat([filled.group_by("place").agg("lists"), rest]).sort("place")
    return lists.to_series(1).alias(column.name)


def _flat(column: FrameColumn, values: list[Any]) -> pl.Series:
    """Values that are no lists."""
    import polars as pl

    dtype = _item_dtype(column)
    if column.kind == "node":
        parts = pl.DataFrame(
            {
                "space": [None if pair is None else pair[0] for pair in values],
                "external_id": [None if pair is None else pair[1] for pair in values],
            },
            schema={"space": pl.String(), "external_id": pl.String()},
        )
        whole = pl.when(pl.col("space").is_not_null()).then(pl.struct("space", "external_id"))
        return parts.select(whole.alias("")).to_series()
    if column.kind in {"timestamp", "date"}:
        return (
            pl.Series(values=values, dtype=pl.Int64())
            .cast(pl.Int32() if column.kind == "date" else pl.Int64())
            .cast(dtype)
        )
    return pl.Series(values=values, dtype=dtype, strict=False)


def _item_dtype(column: FrameColumn) -> Any:
    import polars as pl

    types: dict[ColumnKind, Any] = {
        "text": pl.String(),
        "choice": pl.Categorical(),
        "bool": pl.Boolean(),
        "int32": pl.Int32(),
        "int64": pl.Int64(),
        "float32": pl.Float32(),
        "float64": pl.Float64(),
        "timestamp": pl.Datetime("ms", "UTC"),
        "date": pl.Date(),
        "json": pl.String(),
        "node": pl.Struct({"space": pl.String(), "external_id": pl.String()}),
        "external_id": pl.String(),
    }
    return types[column.kind]


def _dtype(column: FrameColumn) -> Any:
    import polars as pl

    found = _item_dtype(column)
    return pl.List(found) if column.is_list else found
