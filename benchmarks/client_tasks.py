"""
What the benchmark of the client measures, as one process each; `client.py` starts them.

    python benchmarks/client_tasks.py TASK BASE_URL ROWS

Prints `first` when the first row is there, and at the end how many seconds the work took (without imports and without
making the client) and how many rows there were. Imports stand in the tasks, since every task has a library of its own.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from canned_rows import PAGE, SPACE, VIEW, external_id, project, record
from peer_client import cognite_client

if TYPE_CHECKING:
    import httpx

__all__ = ["FIRST", "TASKS"]

FIRST = "first"
"""The line that says that the first row is there."""

Work = Callable[[], int]
"""What is timed; returns how many rows there were."""


def ours_list(base_url: str, rows: int) -> Work:
    """Rows, one by one."""
    from pygen.client import PygenClient
    from pygen.client.models import ViewId

    client = PygenClient(base_url=base_url, project=project(rows), credentials="token")
    return lambda: _count(client.instances.list(instance_type="node", sources=[ViewId(*VIEW)], limit=None))


def ours_list_async(base_url: str, rows: int) -> Work:
    """Rows, one by one, with the asynchronous client."""
    import asyncio

    from pygen.client import AsyncPygenClient
    from pygen.client.models import ViewId

    async def work() -> int:
        count = 0
        async with AsyncPygenClient(base_url=base_url, project=project(rows), credentials="token") as client:
            async for _ in client.instances.list(instance_type="node", sources=[ViewId(*VIEW)], limit=None):
                count += 1
        return count

    return lambda: asyncio.run(work())


def ours_bytes(base_url: str, rows: int) -> Work:
    """Pages as they came, one request after the other: what the client adds to a request, and no more."""
    from pygen.client import PygenClient
    from pygen.client.calls import Call

    client = PygenClient(base_url=base_url, project=project(rows), credentials="token")
    return lambda: _use_bytes(
        client.send(Call("instances.list", "/models/instances/list", body)).content for body in _bodies(rows)
    )


def ours_apply(base_url: str, rows: int) -> Work:
    """Upsert nodes; making the items is part of it."""
    from pygen.client import PygenClient

    records = [record(number) for number in range(PAGE)]
    view = dict(zip(("space", "externalId", "version"), VIEW, strict=True), type="view")
    client = PygenClient(base_url=base_url, project=project(rows), credentials="token")

    def items() -> Iterator[dict[str, Any]]:
        for number in range(rows):
            yield {
                "instanceType": "node",
                "space": SPACE,
                "externalId": external_id(number),
                "sources": [{"source": view, "properties": records[number % PAGE]}],
            }

    return lambda: len(client.instances.apply(items()).items)


def httpx_json(base_url: str, rows: int) -> Work:
    """Rows of plain httpx and the standard library's JSON, one by one."""
    post = _poster(base_url, rows)
    return lambda: _count(row for body in _bodies(rows) for row in post(body).json()["items"])


def httpx_fast_json(base_url: str, rows: int) -> Work:
    """Rows of plain httpx and the JSON reader that ours has, one by one."""
    from pydantic_core import from_json

    post = _poster(base_url, rows)
    return lambda: _count(
        row for body in _bodies(rows) for row in from_json(post(body).content, cache_strings="keys")["items"]
    )


def httpx_bytes(base_url: str, rows: int) -> Work:
    """Pages of plain httpx, as they came."""
    post = _poster(base_url, rows)
    return lambda: _use_bytes(post(body).content for body in _bodies(rows))


def peer_list(base_url: str, rows: int) -> Work:
    """Rows of the peer's iterator, one by one."""
    client = cognite_client(base_url, rows)
    return lambda: _count(client.data_modeling.instances(instance_type="node", sources=VIEW, limit=None))


def peer_chunks(base_url: str, rows: int) -> Work:
    """Rows of the peer's iterator over chunks of a page, its fastest."""
    from itertools import chain

    client = cognite_client(base_url, rows)
    instances = client.data_modeling.instances
    return lambda: _count(
        chain.from_iterable(instances(chunk_size=PAGE, instance_type="node", sources=VIEW, limit=None))
    )


def peer_apply(base_url: str, rows: int) -> Work:
    """Upsert nodes with the peer; making the items is part of it."""
    client = cognite_client(base_url, rows)
    from cognite.client.data_classes.data_modeling import (  # type: ignore[import-not-found, unused-ignore] # the peer's
        NodeApply,
        NodeOrEdgeData,
        ViewId,
    )

    records = [record(number) for number in range(PAGE)]
    view = ViewId(*VIEW)

    def work() -> int:
        nodes = [
            NodeApply(SPACE, external_id(number), sources=[NodeOrEdgeData(view, records[number % PAGE])])
            for number in range(rows)
        ]
        return len(client.data_modeling.instances.apply(nodes=nodes).nodes)

    return work


TASKS: dict[str, Callable[[str, int], Work]] = {
    task.__name__: task
    for task in (
        ours_list,
        ours_list_async,
        ours_bytes,
        ours_apply,
        httpx_json,
        httpx_fast_json,
        httpx_bytes,
        peer_list,
        peer_chunks,
        peer_apply,
    )
}


def _count(rows: Iterable[object]) -> int:
    """Use up the rows."""
    iterator = iter(rows)
    next(iterator)
    print(FIRST, flush=True)
    count = 1
    for _ in iterator:
        count += 1
    return count


def _use_bytes(pages: Iterable[bytes]) -> int:
    """Use up pages; the last one is held while the next one comes, as by a caller who reads them."""
    count = 0
    for page in pages:
        assert page
        count += PAGE
    return count


def _bodies(rows: int) -> Iterator[dict[str, Any]]:
    """The requests for all pages; cursors of the canned server are the numbers of pages."""
    space, view, version = VIEW
    source = {"type": "view", "space": space, "externalId": view, "version": version}
    body = {"instanceType": "node", "sources": [{"source": source}], "limit": PAGE}
    yield body
    for number in range(1, rows // PAGE):
        yield body | {"cursor": str(number)}


def _poster(base_url: str, rows: int) -> Callable[[dict[str, Any]], httpx.Response]:
    """What sends a request for a page with plain httpx."""
    import httpx

    client = httpx.Client(headers={"Authorization": "Bearer token"})
    url = f"{base_url}/api/v1/projects/{project(rows)}/models/instances/list"

    def post(body: dict[str, Any]) -> httpx.Response:
        return client.post(url, json=body).raise_for_status()

    return post


def main() -> None:
    """Do one task."""
    task, base_url, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
    work = TASKS[task](base_url, rows)
    started = time.perf_counter()
    count = work()
    print(time.perf_counter() - started, count)


if __name__ == "__main__":
    main()
