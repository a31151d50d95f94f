"""An identity provider and a clock for tests of credentials."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.client.identity_provider import IdentityProvider
from tests.unit.client.signing_in import Clock


@pytest.fixture
def idp() -> Iterator[IdentityProvider]:
    """An identity provider of the test's own."""
    with IdentityProvider() as provider:
        yield provider


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()
