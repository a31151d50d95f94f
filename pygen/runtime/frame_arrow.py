"""Tables and record batches of pyarrow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pygen.runtime.columnar import ColumnKind, FrameColumn
from pygen.runtime.frame_json import ArrowRows
from pygen.runtime.stored import StoredRows, json_texts, well_formed

__all__ = ["ArrowSink", "BatchMaker"]


class BatchMaker:
    """
    Makes a record batch of each page; all have one schema.

    Args:
        columns: The columns.

    Attributes:
        schema: The schema of the batches.
    """

    def __init__(self, columns: Sequence[FrameColumn]) -> None:
        import pyarrow as pa  # type: ignore[import-untyped]  # it says nothing about its types

        self._columns = columns
        self._codes: dict[str, dict[str | None, int]] = {
            column.name: {text: place for place, text in enumerate(column.choices)}
            for column in columns
            if column.kind == "choice"
        }
        self.schema = pa.schema([(column.name, _type_of(column)) for column in columns])

    def make(self, rows: StoredRows | ArrowRows) -> Any:
        """
        Make a batch.

        Args:
            rows: The rows of a page.
        """
        import pyarrow as pa

        return pa.RecordBatch.from_arrays([self._array(column, rows) for column in self._columns], schema=self.schema)

    def _array(self, column: FrameColumn, rows: StoredRows | ArrowRows) -> Any:
        import pyarrow as pa

        if isinstance(rows, ArrowRows):
            array = rows.array(column.name)
            return self._places(column, array) if column.kind == "choice" else array
        values = rows.column(column.name)
        if column.kind == "json":
            values = json_texts(values, is_list=column.is_list)
        if column.kind == "choice":
            return self._encoded(column, values)
        wanted = self.schema.field(column.name).type
        try:
            return pa.array(values, wanted)
        except UnicodeEncodeError:
            return pa.array(well_formed(values), wanted)

    def _places(self, column: FrameColumn, texts: Any) -> Any:
        """An array of texts as places in the dictionary of a column."""
        import pyarrow as pa

        own = texts.dictionary_encode()
        places = self._encoded(column, own.dictionary.to_pylist())
        return pa.DictionaryArray.from_arrays(places.indices.take(own.indices), places.dictionary)

    def _encoded(self, column: FrameColumn, values: list[Any]) -> Any:
        """Texts as places in a dictionary: what the model declares, then what has come beside that so far."""
        import pyarrow as pa

        codes = self._codes[column.name]
        for text in dict.fromkeys(values):
            if text is not None and text not in codes:
                codes[text] = len(codes)
        indices = pa.array(list(map(codes.get, values)), pa.int32())
        return pa.DictionaryArray.from_arrays(indices, pa.array(well_formed(list(codes)), pa.string()))


class ArrowSink:
    """
    Collects pages and makes a table of them.

    Args:
        columns: The columns of the table.
    """

    def __init__(self, columns: Sequence[FrameColumn]) -> None:
        self._columns = columns
        self._maker = BatchMaker(columns)
        self._batches: list[Any] = []

    def add(self, rows: StoredRows | ArrowRows) -> None:
        """Take the rows of a page."""
        self._batches.append(self._maker.make(rows))

    def finish(self) -> Any:
        """The table of all rows, each column in one piece where Arrow allows that."""
        import pyarrow as pa

        if not self._batches:  # without a batch there is no place for the declared values of a dictionary
            self.add(StoredRows({column.name: [] for column in self._columns}, 0))
        table = pa.Table.from_batches(self._batches, self._maker.schema)
        self._batches = []
        return table.unify_dictionaries().combine_chunks()


def _type_of(column: FrameColumn) -> Any:
    import pyarrow as pa

    types: dict[ColumnKind, Any] = {
        "text": pa.string(),
        "choice": pa.dictionary(pa.int32(), pa.string()),
        "bool": pa.bool_(),
        "int32": pa.int32(),
        "int64": pa.int64(),
        "float32": pa.float32(),
        "float64": pa.float64(),
        "timestamp": pa.timestamp("ms", tz="UTC"),
        "date": pa.date32(),
        "json": pa.string(),
        "node": pa.struct([("space", pa.string()), ("external_id", pa.string())]),
        "external_id": pa.string(),
    }
    found = types[column.kind]
    return pa.list_(found) if column.is_list else found
