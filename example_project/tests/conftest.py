"""A client on the wind farms of the demo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.wind_farm import Requests, wind_farm
from windfarm.sdk import WindfarmClient


@pytest.fixture
def requests() -> Requests:
    """What the client asks of the service."""
    return Requests()


@pytest.fixture
def client(requests: Requests) -> Iterator[WindfarmClient]:
    """A client on a sandbox that holds all data of the demo."""
    with wind_farm(requests) as connected:
        yield connected
