"""
Answers read by pyarrow: from bytes to columns without Python objects, several times as fast.

It takes only what is exactly in the form that the service sends. Of everything else (a value that does not fit, a list
with a hole, half of a surrogate pair, JSON properties) it says so, and the answer is read by Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pygen.runtime.base import PygenResource
from pygen.runtime.columnar import ColumnKind, FrameColumn

__all__ = ["ArrowRows", "JsonReader"]


class ArrowRows:
    """
    Rows of a frame as arrays of pyarrow.

    Args:
        arrays: By name of the column; choices are texts.
        size: How many.
    """

    __slots__ = ("_arrays", "_size")

    def __init__(self, arrays: dict[str, Any], size: int) -> None:
        self._arrays = arrays
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, index: slice) -> ArrowRows:
        start, stop, _ = index.indices(self._size)
        size = max(stop - start, 0)
        if size == self._size:
            return self
        return ArrowRows({name: array.slice(start, size) for name, array in self._arrays.items()}, size)

    def array(self, name: str) -> Any:
        """The values of a column."""
        return self._arrays[name]


class JsonReader:
    """
    Reads answers that hold instances of one class.

    Args:
        kind: The class.
        columns: What is read of them.
        root: The result set that is read, of answers that have several; None: they have one list.
    """

    def __init__(self, kind: type[PygenResource], columns: Sequence[FrameColumn], root: str | None) -> None:
        import pyarrow as pa  # type: ignore[import-untyped]  # it says nothing about its types
        from pyarrow import json

        self._json = json
        self._columns = columns
        self._root = root
        info = getattr(kind, "__pygen__", None)
        self._place = () if info is None else ("properties", info.view.space, info.key)
        properties = pa.struct([(column.wire, _wire_type(column)) for column in columns if column.is_property])
        for name in reversed(self._place):
            properties = pa.struct([(name, properties)])
        metadata = pa.struct([(column.wire, _wire_type(column)) for column in columns if not column.is_property])
        items, cursor = pa.list_(pa.struct([*metadata, *properties])), pa.string()
        if root is not None:
            items, cursor = pa.struct([(root, items)]), pa.struct([(root, cursor)])
        self._options = json.ParseOptions(
            explicit_schema=pa.schema([("items", items), ("nextCursor", cursor)]), unexpected_field_behavior="ignore"
        )

    @staticmethod
    def takes(columns: Sequence[FrameColumn]) -> bool:
        """Whether all columns are of a kind that it reads."""
        return all(column.kind != "json" for column in columns)

    def read(self, content: bytes) -> tuple[ArrowRows, str | None] | None:
        """
        Read an answer.

        Returns:
            The rows, and the cursor of the next page; None where something is not as the service sends it.
        """
        import pyarrow as pa

        try:
            _ = content.isascii() or content.decode()  # pyarrow does not look whether texts are UTF-8
            return self._read(content)
        except (UnicodeDecodeError, pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return None

    def _read(self, content: bytes) -> tuple[ArrowRows, str | None] | None:
        import pyarrow as pa

        # A text of one line is one row; where there are more, it is not read in one piece.
        options = self._json.ReadOptions(use_threads=False, block_size=len(content) + 1)
        table = self._json.read_json(pa.BufferReader(content), options, self._options)
        if table.num_rows != 1:
            return None
        items, cursor = (table.column(name).combine_chunks() for name in ("items", "nextCursor"))
        if self._root is not None:
            items, cursor = items.field(0), cursor.field(0)
        if items.null_count:
            return None
        instances = items.flatten()
        if instances.null_count:
            return None
        arrays = {column.name: self._array(column, instances) for column in self._columns}
        if any(array is None for array in arrays.values()):
            return None
        return ArrowRows(arrays, len(instances)), cursor[0].as_py()

    def _array(self, column: FrameColumn, instances: Any) -> Any:
        """The values of a column in their final type; None where some of them have holes."""
        import pyarrow as pa

        place = (*self._place, column.wire) if column.is_property else (column.wire,)
        found = instances
        for name in place:
            found = found.field(name)
        items = found.flatten() if column.is_list else found
        if column.is_list and items.null_count:
            return None
        if column.kind in {"node", "external_id"}:
            space, external_id = items.field("space"), items.field("externalId")
            if space.null_count != items.null_count or external_id.null_count != items.null_count:
                return None
            if column.kind == "external_id":
                items = external_id
            else:
                node = pa.struct([("space", pa.string()), ("external_id", pa.string())])
                items = _rebuilt(node, items, [space, external_id])
            return _rebuilt(pa.list_(items.type), found, [items]) if column.is_list else items
        if column.kind == "date":
            return found.cast(pa.list_(pa.date32()) if column.is_list else pa.date32())
        return found if column.is_property or column.kind != "timestamp" else found.cast(pa.timestamp("ms", tz="UTC"))


def _rebuilt(wanted: Any, array: Any, children: list[Any]) -> Any:
    """A nested array with other children."""
    import pyarrow as pa

    own = array.buffers()[: 2 if pa.types.is_list(wanted) else 1]
    return pa.Array.from_buffers(wanted, len(array), own, array.null_count, array.offset, children)


def _wire_type(column: FrameColumn) -> Any:
    import pyarrow as pa

    node = pa.struct([("space", pa.string()), ("externalId", pa.string())])
    types: dict[ColumnKind, Any] = {
        "text": pa.string(),
        "choice": pa.string(),
        "bool": pa.bool_(),
        "int32": pa.int32(),
        "int64": pa.int64(),
        "float32": pa.float32(),
        "float64": pa.float64(),
        "timestamp": pa.timestamp("ms", tz="UTC") if column.is_property else pa.int64(),
        "date": pa.string(),
        "node": node,
        "external_id": node,
    }
    found = types[column.kind]
    return pa.list_(found) if column.is_list else found
