"""What a view hands down to those that inherit from it, told once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pygen.project.diff.changes import Change

__all__ = ["also_in", "told_once"]


def told_once(changes: Sequence[Change]) -> list[tuple[Change, int]]:
    """
    The changes that have to be told, each with the number of views that inherit it.

    Left out is what a parent hands down, where the parent tells it itself: its own change may be ignored.
    """
    own = {_in(change.view, change): change for change in changes if not change.inherited_from}
    heirs = Counter(_origins(changes, own))
    return [
        (change, heirs[change])
        for change in changes
        if not change.inherited_from or _in(change.inherited_from, change) not in own
    ]


def also_in(heirs: int) -> str:
    """What stands behind a change that is handed down."""
    return f" (and in {heirs} view{'s' * (heirs != 1)} that inherit{'s' * (heirs == 1)} it)" if heirs else ""


_Key = tuple[str, str, str, str]


def _origins(changes: Sequence[Change], own: dict[_Key, Change]) -> Iterator[Change]:
    for change in changes:
        origin = own.get(_in(change.inherited_from, change)) if change.inherited_from else None
        if origin is not None:
            yield origin


def _in(view: str, change: Change) -> _Key:
    """What a change has in common with the one that it is in another view; one rule may be met twice in a property."""
    return view, change.property, change.code, change.message
