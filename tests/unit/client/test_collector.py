"""Python's cyclic collector while pages are used up."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from pygen.client.collector import GcPatience, GcPause


@pytest.fixture
def threshold() -> Iterator[tuple[int, int, int]]:
    """The thresholds that a test starts with; what it leaves does not stay."""
    before = gc.get_threshold()
    gc.set_threshold(600, 11, 12)
    yield 600, 11, 12
    gc.set_threshold(*before)


def test_patience_lets_more_be_made_and_ends_with_the_last(threshold: tuple[int, int, int]) -> None:
    """The collector stays on, older generations keep their thresholds, and whoever leaves last restores them."""
    patience = GcPatience(GcPause())
    states = []
    with patience:
        states.append((gc.isenabled(), gc.get_threshold()))
        with patience:
            states.append((gc.isenabled(), gc.get_threshold()))
        states.append((gc.isenabled(), gc.get_threshold()))
    assert [(True, (GcPatience.YOUNG, 11, 12))] * 3 == states
    assert threshold == gc.get_threshold()


def test_a_threshold_that_is_set_meanwhile_stays(threshold: tuple[int, int, int]) -> None:
    """It is the application's: only the patience's own is taken back."""
    with GcPatience(GcPause()):
        gc.set_threshold(5000, 6, 7)
    assert threshold != gc.get_threshold()
    assert (5000, 6, 7) == gc.get_threshold()


@pytest.mark.parametrize("young", [0, GcPatience.YOUNG + 1])
def test_a_collector_that_is_off_or_slower_is_left_alone(young: int, threshold: tuple[int, int, int]) -> None:
    """Zero switches it off, and a larger threshold is more patient still."""
    gc.set_threshold(young, *threshold[1:])
    with GcPatience(GcPause()):
        assert (young, 11, 12) == gc.get_threshold()
    assert (young, 11, 12) == gc.get_threshold()


def test_patience_goes_with_the_pause(threshold: tuple[int, int, int]) -> None:
    """Switched off it does nothing, and what it did before that is taken back."""
    pause = GcPause(enabled=False)
    patience = GcPatience(pause)
    with patience:
        assert threshold == gc.get_threshold()
    pause.enabled = True
    with patience:
        pause.enabled = False
    assert threshold == gc.get_threshold()
