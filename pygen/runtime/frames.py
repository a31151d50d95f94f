"""
Data frames of what queries give: pandas, pyarrow and polars.

A query is read by column: no objects are made of its instances. Columns are named by the fields of the class; what
names an instance comes first. Every column has its type from the class, not from the values that happen to come, so
it is the same for an empty result, and on every page:

===============  ==============================  ===============================  ==========================
property         pandas                          pyarrow                          polars
===============  ==============================  ===============================  ==========================
text             `string`                        `string`                         `String`
enum             `category`                      `dictionary<int32, string>`      `Categorical`
boolean          `boolean`                       `bool`                           `Boolean`
int32, int64     `Int32`, `Int64`                `int32`, `int64`                 `Int32`, `Int64`
float32          `float32`, NaN for missing      `float`                          `Float32`
float64          `float64`, NaN for missing      `double`                         `Float64`
timestamp        `datetime64[ms, UTC]`           `timestamp[ms, tz=UTC]`          `Datetime("ms", "UTC")`
date             `datetime64[s]`                 `date32[day]`                    `Date`
json             `object`: dictionaries          `string`: JSON                   `String`: JSON
direct relation  `object`: `NodeId`              struct of space and external_id  `Struct` of the same
list of any      `object`: lists                 `list` of the item's type        `List` of the item's type
===============  ==============================  ===============================  ==========================

The categories of an enum are the values that the model declares, then others that came (a newer model's). A value that
does not fit its column is missing, and a warning on the logger `pygen.runtime` counts such values; with
`validation="strict"` it raises `DecodeError`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterable, Iterator, Sequence
from contextlib import aclosing, closing
from functools import partial
from importlib import import_module
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from pygen.client.calls import Answer, Call
from pygen.client.collector import gc_pause
from pygen.client.paging import Page, PageJob, object_of
from pygen.errors import MissingExtraError
from pygen.runtime.base import PygenResource
from pygen.runtime.columnar import FrameColumn, ObjectRows, Relations, WireRows, frame_column, frame_columns
from pygen.runtime.frame_json import ArrowRows, JsonReader
from pygen.runtime.pages import list_call
from pygen.runtime.spec import QuerySpec
from pygen.runtime.stored import StoredRows, Unfit

__all__ = ["FrameSource", "Library", "abatches", "amake_frame", "batches", "make_frame"]

Library: TypeAlias = Literal["pandas", "pyarrow", "polars"]
"""Whose data frames are made."""

_EXTRAS: dict[Library, str] = {"pandas": "pandas", "pyarrow": "arrow", "polars": "polars"}
_METHODS: dict[Library, str] = {"pandas": "to_pandas()", "pyarrow": "to_arrow()", "polars": "to_polars()"}


class Sink(Protocol):
    """Collects rows and makes a frame of them."""

    def add(self, rows: Any) -> None:
        """Take the rows of a page."""

    def finish(self) -> Any:
        """The frame of all rows."""


class FrameSource(NamedTuple):
    """
    What a frame is made of.

    Attributes:
        kind: The class of the instances.
        spec: The query that gives them; None: they are there.
        objects: The instances that are there.
        fields: The only fields that become columns, metadata included, in this order; None: all.
    """

    kind: type[PygenResource]
    spec: QuerySpec[Any] | None = None
    objects: Sequence[PygenResource] = ()
    fields: tuple[str, ...] | None = None

    def columns(self, *, metadata: bool, relations: Relations) -> tuple[FrameColumn, ...]:
        """
        The columns of the frame.

        Args:
            metadata: Whether version, times and type are columns, too.
            relations: How nodes are named.

        Raises:
            ValueError: Nodes can be named in no such way.
        """
        if relations not in {"id", "external_id"}:
            raise ValueError(f"relations are given as 'id' or 'external_id', not {relations!r}")
        if self.fields is not None:
            return tuple(frame_column(self.kind, name, relations=relations) for name in dict.fromkeys(self.fields))
        chosen = None if self.spec is None else self.spec.fields
        if self.objects:
            chosen = tuple({name: None for each in self.objects for name in each.__dict__})
        return frame_columns(self.kind, chosen, metadata=metadata, relations=relations)


# --- making ---


def make_frame(library: Library, source: FrameSource, *, metadata: bool, relations: Relations) -> Any:
    """
    Make a data frame.

    Args:
        library: Whose.
        source: What of.
        metadata: Whether version, times and type are columns, too.
        relations: How nodes are named.

    Raises:
        MissingExtraError: The library is not installed.
    """
    reader = _Reader(source, source.columns(metadata=metadata, relations=relations))
    sink = _sink(library, reader)
    with closing(reader.rows()) as found:
        for rows in found:
            sink.add(rows)
    reader.unfit.tell()
    with gc_pause:  # what is made is kept
        return _finished(library, sink, reader)


async def amake_frame(library: Library, source: FrameSource, *, metadata: bool, relations: Relations) -> Any:
    """Make a data frame; see `make_frame`."""
    reader = _Reader(source, source.columns(metadata=metadata, relations=relations))
    sink = _sink(library, reader)
    async with aclosing(reader.arows()) as found:
        async for rows in found:
            sink.add(rows)
    reader.unfit.tell()
    with gc_pause:  # what is made is kept
        return _finished(library, sink, reader)


def batches(source: FrameSource, *, metadata: bool, relations: Relations) -> Iterator[Any]:
    """
    Record batches, one for each page.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    reader = _Reader(source, source.columns(metadata=metadata, relations=relations))
    return _each_batch(_batch_maker(reader.columns), reader)


def abatches(source: FrameSource, *, metadata: bool, relations: Relations) -> AsyncIterator[Any]:
    """Record batches, one for each page; see `batches`."""
    reader = _Reader(source, source.columns(metadata=metadata, relations=relations))
    return _aeach_batch(_batch_maker(reader.columns), reader)


def _require(library: Library, method: str) -> None:
    try:
        import_module(library)
    except ModuleNotFoundError as error:
        if error.name != library:
            raise
        raise MissingExtraError(method, extra=_EXTRAS[library], module=library) from None


def _sink(library: Library, reader: _Reader) -> Sink:
    _require(library, _METHODS[library])
    if library == "pyarrow" or reader.by_arrow():
        from pygen.runtime.frame_arrow import ArrowSink

        return ArrowSink(reader.columns)
    if library == "pandas":
        from pygen.runtime.frame_pandas import PandasSink

        return PandasSink(reader.columns)
    from pygen.runtime.frame_polars import PolarsSink

    return PolarsSink(reader.columns)


def _finished(library: Library, sink: Sink, reader: _Reader) -> Any:
    """The frame; of what pyarrow has read, it is made of a table."""
    found = sink.finish()
    if library == "pyarrow" or not reader.by_arrow():
        return found
    if library == "pandas":
        from pygen.runtime.frame_pandas import pandas_of_table

        return pandas_of_table(reader.columns, found)
    from pygen.runtime.frame_polars import polars_of_table

    return polars_of_table(reader.columns, found)


def _has_pyarrow() -> bool:
    """Whether pyarrow is there; where it is broken, other ways are taken."""
    try:
        import_module("pyarrow.json")
    except ImportError:
        return False
    return True


def _batch_maker(columns: Sequence[FrameColumn]) -> Any:
    _require("pyarrow", "iter_arrow()")
    from pygen.runtime.frame_arrow import BatchMaker

    return BatchMaker(columns)


def _each_batch(maker: Any, reader: _Reader) -> Generator[Any, None, None]:
    with closing(reader.rows()) as found:
        for rows in found:
            batch = maker.make(rows)
            del rows  # the next page is on its way: this one must go
            yield batch
    reader.unfit.tell()


async def _aeach_batch(maker: Any, reader: _Reader) -> AsyncGenerator[Any, None]:
    async with aclosing(reader.arows()) as found:
        async for rows in found:
            batch = maker.make(rows)
            del rows  # the next page is on its way: this one must go
            yield batch
    reader.unfit.tell()


# --- reading by column ---


class _Reader:
    """
    Reads a source by column.

    Answers become columns where they are read: the JSON objects are gone before Python's cyclic collector, paused for
    that long, would look at them, which costs as much as reading them.

    Args:
        source: The source.
        columns: The columns.

    Attributes:
        unfit: Knows which values did not fit.
    """

    def __init__(self, source: FrameSource, columns: Sequence[FrameColumn]) -> None:
        self.columns = columns
        self.unfit = Unfit(source.kind, "lenient" if source.spec is None else source.spec.session.validation)
        self._source = source
        self._by_arrow = source.spec is not None and JsonReader.takes(columns) and _has_pyarrow()
        self._readers: dict[str | None, JsonReader] = {}

    def by_arrow(self) -> bool:
        """Whether answers are read by pyarrow, where they have the usual form."""
        return self._by_arrow

    def rows(self) -> Generator[StoredRows | ArrowRows, None, None]:
        """The rows, page by page; none of the pages is empty."""
        spec = self._source.spec
        if spec is None:
            yield from self._of_objects()
            return
        left_out = spec.skip
        with closing(spec.session.work(self._job(spec))) as found:
            for page in found:
                rows: Any = page.items[left_out:]
                left_out -= len(page.items) - len(rows)
                del page  # the next one is on its way
                if len(rows):
                    yield rows

    async def arows(self) -> AsyncGenerator[StoredRows | ArrowRows, None]:
        """The rows, page by page; none of the pages is empty."""
        spec = self._source.spec
        if spec is None:
            for each in self._of_objects():
                yield each
            return
        left_out = spec.skip
        async with aclosing(spec.session.awork(self._job(spec))) as found:
            async for page in found:
                rows: Any = page.items[left_out:]
                left_out -= len(page.items) - len(rows)
                del page  # the next one is on its way
                if len(rows):
                    yield rows

    def _of_objects(self) -> Iterable[StoredRows]:
        if self._source.objects:
            yield StoredRows.of(self.columns, ObjectRows(self._source.objects), self.unfit)

    def _job(self, spec: QuerySpec[Any]) -> PageJob[Any]:
        """
        The pages of a query by column.

        Relations that would be fetched along make no columns, and instances are read as what was asked for.
        """
        most = None if spec.most is None else spec.skip + spec.most
        # A cursor belongs to one kind of request.
        plain = spec if spec.cursor is not None else spec._replace(branches=())
        make = partial(list_call, plain, read=self._read) if plain.is_plain else self._query_call(plain)
        return PageJob(make, limit=most, chunk_size=spec.chunk_size, cursor=spec.cursor)

    def _query_call(self, spec: QuerySpec[Any]) -> Callable[[int, str | None], Call]:
        from pygen.runtime.compiling import compile_query

        query = compile_query(spec)
        read = partial(self._read, root=query.root)

        def make(limit: int, cursor: str | None) -> Call:
            body = query.body(limit, cursor)
            return Call("instances.query", "/models/instances/query", body, read=read, paged=True)

        return make

    def _read(self, answer: Answer, root: str | None = None) -> Page[Any]:
        """
        Read one answer.

        Args:
            answer: The answer.
            root: The result set that is read, of an answer that has several.

        Raises:
            DecodeError: A value does not fit, and validation is strict.
            DmsTransportError: It is no such answer.
        """
        if self._by_arrow:
            reader = self._readers.get(root)
            if reader is None:
                reader = self._readers[root] = JsonReader(self._source.kind, self.columns, root)
            found = reader.read(answer.content)
            if found is not None:
                read: Any = found[0]
                return Page(read, found[1])
        with gc_pause:
            body = answer.json()
            cursor = body.get("nextCursor")
            if root is not None:
                cursor = (object_of(answer, body, "nextCursor") or {}).get(root)
                body = {"items": (object_of(answer, body, "items") or {}).get(root)}
            if cursor is not None and not isinstance(cursor, str):
                answer.refuse("the cursor of the next page is not a text")
            wire = WireRows(self._source.kind, answer.listed(body))
            items: Any = StoredRows.of(self.columns, wire, self.unfit)
            del body, wire
        return Page(items, cursor)
