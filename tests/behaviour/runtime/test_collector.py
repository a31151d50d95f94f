"""Python's cyclic collector is patient while instances are streamed or written, and as it was afterwards."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from contextlib import aclosing, closing
from typing import Any

import pytest
from windfarm.sdk import AsyncWindfarmClient, Blade, BladeWrite, WindfarmClient

from pygen.client.collector import GcPatience
from pygen.runtime import UpsertError
from pygen.sandbox import Sandbox
from tests.support.wind_sandbox import wind_sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox with ten blades, behind a port."""
    with wind_sandbox(BladeWrite(external_id=f"b{number}", name=f"B{number}") for number in range(10)) as made:
        yield made.sandbox


def address(sandbox: Sandbox) -> Any:
    """Where the sandbox is, as clients take it."""
    return {"base_url": sandbox.base_url, "project": sandbox.project, "credentials": sandbox.token}


def young() -> tuple[bool, int]:
    """Whether the collector is on, and how many objects it lets be made."""
    return gc.isenabled(), gc.get_threshold()[0]


@pytest.mark.parametrize("included", [(), ("sensors",)])
def test_a_stream_is_patient_until_it_ends_or_is_left(sandbox: Sandbox, included: tuple[str, ...]) -> None:
    """Whether it is a plain list or follows relations, and whether it is used up or not."""
    before = young()
    with WindfarmClient(**address(sandbox)) as client:
        query = client.blade.list().include(*included).chunk_size(4)
        assert {(True, GcPatience.YOUNG)} == {young() for _ in query}
        assert before == young()
        with closing(iter(query)) as half:  # type: ignore[type-var]  # a generator, though nobody promises that
            next(half)
            assert (True, GcPatience.YOUNG) == young()
        assert before == young()


@pytest.mark.parametrize("included", [(), ("sensors",)])
def test_an_asynchronous_stream_is_as_patient(sandbox: Sandbox, included: tuple[str, ...]) -> None:
    """The same of the asynchronous client."""
    before = young()

    async def seen() -> set[tuple[bool, int]]:
        async with AsyncWindfarmClient(**address(sandbox)) as client:
            query = client.blade.list().include(*included).chunk_size(4)
            found = {young() async for _ in query}
            assert before == young()
            half: Any = aiter(query)
            async with aclosing(half):
                assert isinstance(await anext(half), Blade)
                found.add(young())
            return found

    assert {(True, GcPatience.YOUNG)} == asyncio.run(seen())
    assert before == young()


def test_writing_is_patient_also_when_the_input_fails(sandbox: Sandbox) -> None:
    """The iterator's own code has a collector; what it raises leaves no trace on it."""
    before = young()
    states: list[tuple[bool, int]] = []

    def blades(*, fail: bool) -> Iterator[BladeWrite]:
        states.append(young())
        yield BladeWrite(external_id="b0", name="B0")
        if fail:
            raise ValueError("no more")

    with WindfarmClient(**address(sandbox)) as client:
        client.upsert(blades(fail=False))
        assert before == young()
        with pytest.raises((UpsertError, ValueError), match="no more"):
            client.upsert(blades(fail=True))
    assert [(True, GcPatience.YOUNG)] * 2 == states
    assert before == young()
