"""`iterate` gives pages, in both worlds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from windfarm.sdk import AsyncWindfarmClient, BladeWrite

from tests.support.wind_sandbox import WindSandbox, wind_sandbox


@pytest.fixture(scope="module")
def place() -> Iterator[WindSandbox]:
    """A sandbox with ten blades."""
    with wind_sandbox(BladeWrite(external_id=f"b{number}", name=f"B{number}") for number in range(10)) as made:
        yield made


def test_pages_can_be_gone_on_with(place: WindSandbox) -> None:
    """Pages have the size asked for, stop at the limit, and go on from a cursor."""
    blades = place.client.blade
    assert [4, 4, 2] == [len(page) for page in blades.iterate(chunk_size=4)]
    assert [4, 1] == [len(page) for page in blades.iterate(chunk_size=4, limit=5)]
    first = next(iter(blades.iterate(chunk_size=4)))
    assert [4, 2] == [len(page) for page in blades.iterate(chunk_size=4, cursor=first.next_cursor)]
    assert [2] == [len(page) for page in blades.iterate(lambda b: b.name.in_(["B1", "B2"]))]


def test_pages_come_with_await_too(place: WindSandbox) -> None:
    """The asynchronous client gives the same pages."""

    async def sizes(client: AsyncWindfarmClient) -> list[int]:
        return [len(page) async for page in client.blade.iterate(chunk_size=4)]

    assert [4, 4, 2] == place.run(sizes)


def test_an_unknown_option_is_refused(place: WindSandbox) -> None:
    """A misspelt option is not ignored."""
    with pytest.raises(TypeError, match="chunk_size"):
        place.client.blade.iterate(chunksize=4)  # type: ignore[call-arg]
