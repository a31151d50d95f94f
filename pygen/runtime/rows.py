"""Fetching values without objects: pages of tuples, made inside pydantic-core as far as that goes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing
from functools import lru_cache, partial
from operator import itemgetter
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import AliasPath, Field, TypeAdapter, ValidationError, create_model
from typing_extensions import TypedDict

from pygen.client.calls import Answer, Call
from pygen.client.collector import gc_pause
from pygen.client.paging import Page, PageJob
from pygen.runtime.base import PygenResource
from pygen.runtime.compiling import compile_query
from pygen.runtime.decoding import SetReading, decode_sets
from pygen.runtime.meta import EDGE_METADATA, METADATA
from pygen.runtime.results import CursorPage
from pygen.runtime.session import Session
from pygen.runtime.spec import QuerySpec

__all__ = ["Row", "ValuesPage", "arow_pages", "row_pages"]

RowT_co = TypeVar("RowT_co", covariant=True)


class Row(NamedTuple):
    """
    What is made of each instance.

    Attributes:
        fields: The fields whose values are given, metadata included; one can be there twice.
        single: Whether the value of the only field is given rather than a tuple.
    """

    fields: tuple[str, ...]
    single: bool


class ValuesPage(CursorPage[RowT_co]):
    """One page of values."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<page of {len(self):,} rows, {self._what_follows}>"


def row_pages(spec: QuerySpec[Any], row: Row) -> Generator[ValuesPage[Any], None, None]:
    """The pages of values, the next one on its way while one is used."""
    skip = spec.skip
    with closing(spec.session.work(_job(spec, row))) as found:
        for page in found:
            dropped = min(skip, len(page.items))
            skip -= dropped
            yield ValuesPage(page.items[dropped:] if dropped else page.items, page.next_cursor)


async def arow_pages(spec: QuerySpec[Any], row: Row) -> AsyncGenerator[ValuesPage[Any], None]:
    """The pages of values, the next one on its way while one is used."""
    skip = spec.skip
    async with aclosing(spec.session.awork(_job(spec, row))) as found:
        async for page in found:
            dropped = min(skip, len(page.items))
            skip -= dropped
            yield ValuesPage(page.items[dropped:] if dropped else page.items, page.next_cursor)


def _job(spec: QuerySpec[Any], row: Row) -> PageJob[Any]:
    query = compile_query(spec)
    read = partial(_read, query.root, query.readings[query.root], row, spec.session)

    def make(limit: int, cursor: str | None) -> Call:
        body = query.body(limit, cursor)
        return Call("instances.query", "/models/instances/query", body, read=read, paged=True)

    return PageJob(make, limit=spec.wanted, chunk_size=spec.chunk_size, cursor=spec.cursor)


def _read(root: str, reading: SetReading, row: Row, session: Session, answer: Answer) -> Page[Any]:
    """
    Read one answer.

    Raises:
        DecodeError: A value does not fit its field, and validation is strict.
        DmsTransportError: It is no such answer at all.
    """
    adapter = _adapter(root, reading.kind, row.fields)
    try:
        with gc_pause:
            body = adapter.validate_json(answer.content)
    except ValidationError:
        # Objects know what to do about values that do not fit.
        sets, cursors = decode_sets({root: reading}, answer, session)
        items = [item.__dict__ for item in sets[root]]
        pick = itemgetter(*row.fields)
        alone = len(row.fields) == 1 and not row.single
        return Page([(pick(item),) if alone else pick(item) for item in items], cursors.get(root))
    found = [] if body.items is None else body.items.rows or []
    if body.items is None:
        answer.refuse("the answer has no items")
    if row.single:
        (key,) = _keys(row.fields)
        return Page([*map(itemgetter(key), found)], (body.next_cursor or {}).get(root))
    return Page([*map(tuple, map(dict.values, found))], (body.next_cursor or {}).get(root))


def _keys(fields: tuple[str, ...]) -> list[str]:
    # A field may be chosen twice, so its name is no key.
    return [f"value_{place}" for place in range(len(fields))]


@lru_cache(maxsize=256)
def _adapter(root: str, kind: type[PygenResource], fields: tuple[str, ...]) -> TypeAdapter[Any]:
    """What reads an answer: for each instance a dictionary of its values, in the order chosen."""
    kind.model_rebuild()
    metadata = EDGE_METADATA if kind.__pygen_edge__ else METADATA
    members: dict[str, Any] = {}
    for key, name in zip(_keys(fields), fields, strict=True):
        field = kind.__pydantic_fields__[name]
        spec = kind.__pygen_props__.get(name)
        info = getattr(kind, "__pygen__", None)
        alias: Any = metadata.get(name, name)
        if spec is not None and info is not None:
            alias = AliasPath("properties", info.view.space, info.key, spec.name)
        members[key] = Annotated[field.annotation, *field.metadata, Field(field.default, validation_alias=alias)]
    made: Any = TypedDict  # static checkers want its members spelt out
    instance: Any = made("Row", members)
    rows: Any = (list[instance] | None, Field(None, alias=root))
    items: Any = (create_model("Sets", rows=rows) | None, None)
    cursors: Any = (dict[str, str | None] | None, Field(None, alias="nextCursor"))
    return TypeAdapter(create_model("Answer", items=items, next_cursor=cursors))
