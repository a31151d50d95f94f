"""Projects to watch."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.watching import Plant


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks of the tests stay with the tests, and variables of the machine have no say."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("WATCHFILES_FORCE_POLLING", "WATCHFILES_POLL_DELAY_MS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """A project that was never generated."""
    return Plant(tmp_path / "plant")
