"""`iterate` gives pages, in both worlds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from windfarm.sdk import AsyncWindfarmClient, BladeWrite, WindfarmClient

from pygen.sandbox import Sandbox
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox with ten blades, behind a port."""
    with Sandbox(ROOT / "example_project" / "model" / "windfarm.json") as made:
        with WindfarmClient(**address(made)) as client:
            client.client.spaces.upsert({"space": "windfarm_data"})
            client.upsert([BladeWrite(external_id=f"b{number}", name=f"B{number}") for number in range(10)])
        yield made


def address(sandbox: Sandbox) -> Any:
    """Where the sandbox is, as clients take it."""
    return {"base_url": sandbox.base_url, "project": sandbox.project, "credentials": sandbox.token}


def test_pages_can_be_gone_on_with(sandbox: Sandbox) -> None:
    """Pages have the size asked for, stop at the limit, and go on from a cursor."""
    with WindfarmClient(**address(sandbox)) as client:
        assert [4, 4, 2] == [len(page) for page in client.blade.iterate(chunk_size=4)]
        assert [4, 1] == [len(page) for page in client.blade.iterate(chunk_size=4, limit=5)]
        first = next(iter(client.blade.iterate(chunk_size=4)))
        assert [4, 2] == [len(page) for page in client.blade.iterate(chunk_size=4, cursor=first.next_cursor)]
        assert [2] == [len(page) for page in client.blade.iterate(lambda b: b.name.in_(["B1", "B2"]))]


def test_pages_come_with_await_too(sandbox: Sandbox) -> None:
    """The asynchronous client gives the same pages."""

    async def sizes() -> list[int]:
        async with AsyncWindfarmClient(**address(sandbox)) as client:
            return [len(page) async for page in client.blade.iterate(chunk_size=4)]

    assert [4, 4, 2] == asyncio.run(sizes())
