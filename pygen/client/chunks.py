"""Long inputs in pieces that one request takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

__all__ = ["chunked"]

ItemT = TypeVar("ItemT")


def chunked(items: Iterable[ItemT], size: int) -> Iterator[list[ItemT]]:
    """The items in lists of *size*; the last may be shorter, and none is empty."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
