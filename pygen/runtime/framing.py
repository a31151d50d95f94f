"""The methods that make data frames; what they do is in `frames`, which is loaded when one is called."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from pygen.runtime.columnar import Relations
    from pygen.runtime.frames import FrameSource

Table: TypeAlias = Any
"""A `pyarrow.Table`; pyarrow says nothing about its types, which strict type checkers would complain about."""
RecordBatch: TypeAlias = Any
"""A `pyarrow.RecordBatch`."""

__all__ = ["AsyncFrames", "AsyncTables", "Frames", "Tables"]


def _frames() -> Any:
    from pygen.runtime import frames

    return frames


class Frames(ABC):
    """Instances that can be had as a data frame."""

    __slots__ = ()

    @abstractmethod
    def _frame_source(self) -> FrameSource:
        """Where the frame's rows come from."""

    def to_pandas(self, *, metadata: bool = True, relations: Relations = "id") -> pd.DataFrame:
        """
        All instances as a data frame of pandas, read by column (`pip install "pygen-cdf[pandas]"`).

        Dtypes are exact, and the same whatever comes: `Int64`, `Int32`, `float32`, `float64` (NaN for missing),
        `boolean`, `string`, `datetime64[ms, UTC]`, `datetime64[s]` for dates, `category` for enums with the declared
        values. Lists, JSON and nodes are Python objects.

        Args:
            metadata: Whether version, times and type of the instances are columns, too; what names an instance always
                is.
            relations: How direct relations name nodes: `id` as `NodeId`, or `external_id` as text, which joins with the
                column `external_id` of another frame where all nodes are in one space.

        Raises:
            MissingExtraError: pandas is not installed.
            DecodeError: A value does not fit its column, and validation is strict.
        """
        found: pd.DataFrame = _frames().make_frame(
            "pandas", self._frame_source(), metadata=metadata, relations=relations
        )
        return found

    def to_arrow(self, *, metadata: bool = True, relations: Relations = "id") -> Table:
        """
        All instances as a table of pyarrow, read by column (`pip install "pygen-cdf[arrow]"`).

        Enums are dictionaries, dates `date32`, timestamps `timestamp[ms, tz=UTC]`, lists `list`, JSON is text.

        Args:
            metadata: Whether version, times and type of the instances are columns, too.
            relations: How direct relations name nodes: `id` as a struct of `space` and `external_id`, or `external_id`
                as text.

        Raises:
            MissingExtraError: pyarrow is not installed.
            DecodeError: A value does not fit its column, and validation is strict.
        """
        found: Table = _frames().make_frame("pyarrow", self._frame_source(), metadata=metadata, relations=relations)
        return found

    def to_polars(self, *, metadata: bool = True, relations: Relations = "id") -> pl.DataFrame:
        """
        All instances as a data frame of polars, read by column (`pip install "pygen-cdf[polars]"`).

        Enums are `Categorical`, dates `Date`, timestamps `Datetime("ms", "UTC")`, lists `List`, JSON is text.

        Args:
            metadata: Whether version, times and type of the instances are columns, too.
            relations: How direct relations name nodes: `id` as a struct of `space` and `external_id`, or `external_id`
                as text.

        Raises:
            MissingExtraError: polars is not installed.
            DecodeError: A value does not fit its column, and validation is strict.
        """
        found: pl.DataFrame = _frames().make_frame(
            "polars", self._frame_source(), metadata=metadata, relations=relations
        )
        return found


class Tables(Frames):
    """Instances that are fetched page by page, and can be had as record batches."""

    __slots__ = ()

    def iter_arrow(self, *, metadata: bool = True, relations: Relations = "id") -> Iterator[RecordBatch]:
        """
        The instances as record batches of pyarrow, one for each page, in bounded memory.

        All batches have one schema, that of `to_arrow`. Nothing is fetched before the first is asked for.

        Args:
            metadata: Whether version, times and type of the instances are columns, too.
            relations: How direct relations name nodes: `id` or `external_id`.

        Raises:
            MissingExtraError: pyarrow is not installed.
            DecodeError: A value does not fit its column, and validation is strict.
        """
        found: Iterator[RecordBatch] = _frames().batches(self._frame_source(), metadata=metadata, relations=relations)
        return found


class AsyncFrames(ABC):
    """Instances that can be had as a data frame, with an await."""

    __slots__ = ()

    @abstractmethod
    async def _aframe_source(self) -> FrameSource:
        """Where the frame's rows come from."""

    async def to_pandas(self, *, metadata: bool = True, relations: Relations = "id") -> pd.DataFrame:
        """All instances as a data frame of pandas; see `Query.to_pandas`."""
        found: pd.DataFrame = await _frames().amake_frame(
            "pandas", await self._aframe_source(), metadata=metadata, relations=relations
        )
        return found

    async def to_arrow(self, *, metadata: bool = True, relations: Relations = "id") -> Table:
        """All instances as a table of pyarrow; see `Query.to_arrow`."""
        found: Table = await _frames().amake_frame(
            "pyarrow", await self._aframe_source(), metadata=metadata, relations=relations
        )
        return found

    async def to_polars(self, *, metadata: bool = True, relations: Relations = "id") -> pl.DataFrame:
        """All instances as a data frame of polars; see `Query.to_polars`."""
        found: pl.DataFrame = await _frames().amake_frame(
            "polars", await self._aframe_source(), metadata=metadata, relations=relations
        )
        return found


class AsyncTables(AsyncFrames):
    """Instances that are fetched page by page, and can be had as record batches, with an await."""

    __slots__ = ()

    @abstractmethod
    def _frame_source(self) -> FrameSource:
        """Where the frame's rows come from."""

    async def _aframe_source(self) -> FrameSource:
        return self._frame_source()

    def iter_arrow(self, *, metadata: bool = True, relations: Relations = "id") -> AsyncIterator[RecordBatch]:
        """The instances as record batches of pyarrow, one for each page; see `Query.iter_arrow`."""
        found: AsyncIterator[RecordBatch] = _frames().abatches(
            self._frame_source(), metadata=metadata, relations=relations
        )
        return found
