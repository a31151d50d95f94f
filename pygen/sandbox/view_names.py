"""Names that stand for views in files and external ids, and that fit there."""

from __future__ import annotations

import hashlib

from pygen.client.models.ids import ViewId

__all__ = ["exact_name", "short_name", "shortened"]

MOST_ID = 256
"""Most characters of an external id (dms-api.md 8.1)."""
_MOST_NAME = 180
_DIGITS = 8


def short_name(view: ViewId) -> str:
    """What a view is called where no other is called alike."""
    return view.external_id[:_MOST_NAME]


def exact_name(view: ViewId) -> str:
    """What a view is called where others are called alike: other versions, or views of other spaces."""
    return f"{short_name(view)}@{_digest(str(view))}"


def shortened(name: str, most: int = MOST_ID) -> str:
    """A name that is as short as it must be, and still its own."""
    return name if len(name) <= most else f"{name[: most - _DIGITS - 1]}~{_digest(name)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
