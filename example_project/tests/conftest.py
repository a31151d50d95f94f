"""A client on the wind farms of the demo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.data import EVERYTHING
from demo.transport import BASE_URL, PROJECT, DemoTransport
from windfarm.sdk import WindfarmClient


@pytest.fixture
def transport() -> DemoTransport:
    """An empty demo, with pages of three instances."""
    return DemoTransport(page_size=3)


@pytest.fixture
def client(transport: DemoTransport) -> Iterator[WindfarmClient]:
    """A client on a demo that holds all its data."""
    with WindfarmClient(base_url=BASE_URL, project=PROJECT, credentials="demo", transport=transport) as connected:
        connected.upsert(EVERYTHING)
        transport.requests.clear()
        yield connected
