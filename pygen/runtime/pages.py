"""Carrying out a query: page by page, the next one on its way while the current one is used."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing
from functools import partial
from typing import Any, TypeVar

from pygen.client.calls import Answer, Call, Plan
from pygen.client.collector import gc_patience
from pygen.client.paging import Page, PageJob
from pygen.client.resources.instance_calls import page_call
from pygen.runtime import _state
from pygen.runtime.base import PygenResource
from pygen.runtime.decoding import decode
from pygen.runtime.identity import IdentityMap, share
from pygen.runtime.results import ResultPage
from pygen.runtime.spec import QuerySpec, source_of

__all__ = ["apages", "page_plan", "pages"]

ResourceT = TypeVar("ResourceT", bound=PygenResource)


def pages(spec: QuerySpec[ResourceT], known: IdentityMap | None = None) -> Generator[ResultPage[ResourceT], None, None]:
    """
    The pages of a query; what the query leaves out is not on them.

    Args:
        spec: The query.
        known: What all pages share: an instance that relations lead to from several is one object; None: each page has
            its own objects.
    """
    skip = spec.skip
    if spec.is_plain:
        with gc_patience, closing(spec.session.work(list_job(spec))) as found:
            for page in found:
                dropped = min(skip, len(page.items))
                skip -= dropped
                finished = spec.session.run(_finish_plan(spec, page, dropped))
                if known is not None:
                    share(known, finished)
                yield finished
                del page, finished  # they must go as their items are used up
        return
    walk = _walk(spec, known)
    with gc_patience:
        while not walk.done:
            yield spec.session.run(walk.next_plan())


async def apages(
    spec: QuerySpec[ResourceT], known: IdentityMap | None = None
) -> AsyncGenerator[ResultPage[ResourceT], None]:
    """The pages of a query; see `pages`."""
    skip = spec.skip
    if spec.is_plain:
        with gc_patience:
            async with aclosing(spec.session.awork(list_job(spec))) as found:
                async for page in found:
                    dropped = min(skip, len(page.items))
                    skip -= dropped
                    finished = await spec.session.arun(_finish_plan(spec, page, dropped))
                    if known is not None:
                        share(known, finished)
                    yield finished
                    del page, finished  # they must go as their items are used up
        return
    walk = _walk(spec, known)
    with gc_patience:
        while not walk.done:
            yield await spec.session.arun(walk.next_plan())


def page_plan(spec: QuerySpec[ResourceT]) -> Plan[ResultPage[ResourceT]]:
    """Fetch the page that starts at the query's cursor."""
    if not spec.is_plain:
        found = yield from _walk(spec).next_plan()
        page: ResultPage[ResourceT] = found
        return page
    answer: Answer = yield list_call(spec, spec.chunk_size, spec.cursor)
    page = yield from _finish_plan(spec, answer.value, 0)
    return page


def _walk(spec: QuerySpec[Any], known: IdentityMap | None = None) -> Any:
    from pygen.runtime.graph import GraphWalk

    return GraphWalk(spec, known)


def _finish_plan(spec: QuerySpec[ResourceT], page: Page[ResourceT], dropped: int) -> Plan[ResultPage[ResourceT]]:
    """Make the page that callers see."""
    _state.converted(page.items, spec.units)
    items = page.items[dropped:] if dropped else page.items
    if spec.narrow and items:
        from pygen.runtime.narrowing import narrow_plan

        items = yield from narrow_plan(spec.kind, spec.session, items)
    return ResultPage(items, page.next_cursor, spec.kind)


def list_job(spec: QuerySpec[ResourceT]) -> PageJob[ResourceT]:
    """The pages of a query that a list answers."""
    return PageJob(partial(list_call, spec), limit=spec.wanted, chunk_size=spec.chunk_size, cursor=spec.cursor)


def list_call(spec: QuerySpec[Any], limit: int, cursor: str | None, read: Any = None) -> Call:
    """The request for one page; *read* makes a `Page` of the answer, by default one of objects."""
    return page_call(
        instance_type=spec.instance_type,
        sources=source_of(spec.kind, spec.units),
        filter=spec.where,
        sort=[key.dump() for key in spec.sort],
        limit=limit,
        cursor=cursor,
        read=read or partial(decode, spec.kind, session=spec.session),
        paged=True,
    )
