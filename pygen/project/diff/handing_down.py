"""What a view hands down to those that inherit from it, told once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pygen.project.diff.changes import Change

__all__ = ["also_in", "heirs_of", "told_once"]


def heirs_of(changes: Sequence[Change]) -> dict[Change, int]:
    """How many views have a change because a parent has it, by the change of that parent."""
    own = {(change.view, change.property, change.code): change for change in changes if not change.inherited_from}
    handed = [(change.inherited_from, change.property, change.code) for change in changes if change.inherited_from]
    return Counter(own[key] for key in handed if key in own)


def told_once(changes: Sequence[Change]) -> list[tuple[Change, int]]:
    """
    The changes that have to be told, each with the number of views that inherit it.

    Left out is what a parent hands down, where the parent tells it itself: its own change may be ignored.
    """
    heirs = heirs_of(changes)
    own = {(change.view, change.property, change.code) for change in heirs}
    return [
        (change, heirs.get(change, 0))
        for change in changes
        if (change.inherited_from, change.property, change.code) not in own
    ]


def also_in(heirs: int) -> str:
    """What stands behind a change that is handed down."""
    return f" (and in {heirs} view{'s' * (heirs != 1)} that inherit{'s' * (heirs == 1)} it)" if heirs else ""
