"""Nodes and edges as JSON: chunks, pages, answers that are not as they should be."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import httpx
import pytest

from pygen.client import AsyncPygenClient, DmsTransportError, PygenClient
from pygen.client.models.ids import EdgeId, NodeId, ViewId
from pygen.client.resources.instances import InstancePage

VIEW = ViewId("sp", "Pump", "v1")
CONNECTION: dict[str, Any] = {"base_url": "https://cluster.example", "project": "plant", "credentials": "token"}


class Echo:
    """Answers every request with its own items, and remembers the bodies."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The items of the request."""
        content = request.read()
        body = json.loads(gzip.decompress(content) if "content-encoding" in request.headers else content)
        self.bodies.append(body)
        return httpx.Response(200, json={"items": body.get("items", []), "deleted": body.get("delete", [])})

    def client(self) -> PygenClient:
        """A client that talks to it."""
        return PygenClient(**CONNECTION, transport=httpx.MockTransport(self.answer))


def node(number: int) -> dict[str, Any]:
    """A node without properties."""
    return {"instanceType": "node", "space": "sp", "externalId": f"n{number}"}


def test_upserts_are_sent_by_the_thousand() -> None:
    """Items and deletes together fill requests of 1,000, items first, each with the same flags."""
    echo = Echo()
    deleted = [EdgeId("sp", f"e{number}") for number in range(700)]
    result = echo.client().instances.apply((node(n) for n in range(1500)), delete=deleted, replace=True)
    assert [(1000, 0), (500, 500), (0, 200)] == [
        (len(body["items"]), len(body.get("delete", []))) for body in echo.bodies
    ]
    assert [True] * 3 == [body["replace"] for body in echo.bodies]
    assert "delete" not in echo.bodies[0]
    assert [node(n) for n in range(1500)] == result.items
    assert deleted == result.deleted


def test_nothing_to_do_sends_nothing() -> None:
    """Empty upserts, deletes and lookups cost no request."""
    echo = Echo()
    instances = echo.client().instances
    assert ([], [], []) == (instances.apply([]).items, instances.delete([]), instances.retrieve([]))
    assert [] == echo.bodies


def test_lookups_and_deletes_are_sent_by_the_thousand() -> None:
    """2,500 ids take three requests."""
    echo = Echo()
    ids = [NodeId("sp", f"n{number}") for number in range(2500)]
    assert ids == echo.client().instances.delete(ids)
    assert 2500 == len(echo.client().instances.retrieve(ids, sources=[VIEW]))
    assert [1000, 1000, 500] * 2 == [len(body["items"]) for body in echo.bodies]


def test_sources_may_say_more_than_a_view() -> None:
    """A source given as JSON is sent as it is, e.g. with target units."""
    echo = Echo()
    source = {"source": {"type": "view"}, "targetUnits": [{"property": "p", "unit": {"unitSystemName": "SI"}}]}
    echo.client().instances.page(sources=[source], limit=5)
    assert {"instanceType": "node", "sources": [source], "limit": 5} == echo.bodies[0]


def test_pages_are_asked_for_when_the_iteration_gets_there() -> None:
    """One request per page, never ahead; an empty page with a cursor is not the end."""
    answers = [{"items": [1], "nextCursor": "a"}, {"items": [], "nextCursor": "b"}, {"items": [2]}]
    cursors: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        cursors.append(json.loads(request.content).get("cursor"))
        return httpx.Response(200, json=answers[len(cursors) - 1])

    pages = PygenClient(**CONNECTION, transport=httpx.MockTransport(answer)).instances.list()
    assert [] == cursors
    assert [1] == next(pages).items
    assert [None] == cursors
    assert [[], [2]] == [page.items for page in pages]
    assert [None, "a", "b"] == cursors
    cursors.clear()

    async def read() -> list[InstancePage]:
        async with AsyncPygenClient(**CONNECTION, transport=httpx.MockTransport(answer)) as client:
            return [page async for page in client.instances.list()]

    assert [None, "a", "b"] == [*(page.next_cursor for page in asyncio.run(read())[2:]), "a", "b"]
    assert 3 == len(cursors)


def test_bytes_are_handed_over_as_they_came() -> None:
    """Decoders of one's own get the answer untouched."""
    content = b'{"items":[{"n":9007199254740993}]}'
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=content))
    assert content == PygenClient(**CONNECTION, transport=transport).instances.page_bytes()

    async def read() -> bytes:
        async with AsyncPygenClient(**CONNECTION, transport=transport) as client:
            return await client.instances.page_bytes(sources=[VIEW])

    assert content == asyncio.run(read())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>", "the answer is not JSON"),
        (b"[]", "the answer is a JSON list, not an object"),
        (b"{}", "the answer has no items"),
        (b'{"items": 1}', "the answer has no items"),
        (b"\xff", "the answer is not JSON"),
    ],
)
def test_answers_that_are_none_are_refused(content: bytes, message: str) -> None:
    """A body that does not hold what was asked for is an error with operation and request id, not an empty result."""
    headers = {"x-request-id": "r9"}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=content, headers=headers))
    client = PygenClient(**CONNECTION, transport=transport)
    with pytest.raises(DmsTransportError, match=rf"instances.list: {message} \(project plant, request id r9\)"):
        client.instances.page()


def test_a_count_that_is_none_is_refused() -> None:
    """An aggregate without a number is no zero; no groups at all are."""
    client = PygenClient(
        **CONNECTION, transport=httpx.MockTransport(lambda request: httpx.Response(200, json={"items": [{}]}))
    )
    with pytest.raises(DmsTransportError, match="the answer holds no count"):
        client.instances.count(VIEW)
    assert 0 == Echo().client().instances.count(VIEW)
