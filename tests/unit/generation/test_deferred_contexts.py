"""Contexts that are built when they are asked for."""

from __future__ import annotations

import pytest

from pygen.client.models.ids import ViewId
from pygen.generation.base import DeferredContexts

PUMP, TANK = ViewId("sp", "Pump", "v1"), ViewId("sp", "Tank", "v1")


def test_only_what_is_asked_for_is_built() -> None:
    """Going through the views, or counting them, builds nothing."""
    built: list[ViewId] = []

    def build(view: ViewId) -> str:
        built.append(view)
        return view.external_id

    contexts = DeferredContexts([TANK, PUMP], build)
    assert [TANK, PUMP] == list(contexts)
    assert 2 == len(contexts)
    assert TANK in contexts
    built.clear()
    assert "Pump" == contexts[PUMP]
    assert [PUMP] == built


def test_another_view_is_none_of_them() -> None:
    """As in any mapping."""
    with pytest.raises(KeyError):
        DeferredContexts([PUMP], str)[TANK]
