"""How long work tells how far it is, without knowing who looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Progress", "no_progress"]

Progress: TypeAlias = Callable[[str, int, int | None], None]
"""Called with what is being done, how much of it is done, and how much there is, where that is known."""


def no_progress(step: str, done: int, total: int | None) -> None:
    """Tell nobody."""
