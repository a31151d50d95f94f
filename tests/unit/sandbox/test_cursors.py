"""Cursors: opaque, and good for one request only."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from pygen.sandbox.cursors import make_cursor, read_cursor
from pygen.sandbox.problems import Refusal

SHAPE: dict[str, Any] = {"filter": {"matchAll": {}}, "sort": None}


@pytest.mark.parametrize("position", [7, ["æ\u2028", None, 2**63 - 1, 0.1], {"phase": "stream"}, None])
def test_a_cursor_stands_for_a_position(position: Any) -> None:
    """What went in comes out, exactly."""
    assert position == read_cursor("list", SHAPE, make_cursor("list", SHAPE, position))


def test_the_order_of_keys_makes_no_other_request() -> None:
    """The same request may be written in another order."""
    cursor = make_cursor("list", SHAPE, 1)
    assert 1 == read_cursor("list", dict(reversed(SHAPE.items())), cursor)


@pytest.mark.parametrize(("kind", "shape"), [("query", SHAPE), ("list", {**SHAPE, "sort": []}), ("list", {})])
def test_a_cursor_of_another_request_is_refused(kind: str, shape: object) -> None:
    """Another operation, filter or order is another request."""
    with pytest.raises(Refusal, match="Invalid cursor: it belongs to another request"):
        read_cursor(kind, shape, make_cursor("list", SHAPE, 1))


@pytest.mark.parametrize(
    "cursor", ["", "x", "too-old", "é", "a" * 41, "====", base64.urlsafe_b64encode(b'12345678["list","x",1]').decode()]
)
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    """Made up text is told apart from what was given."""
    with pytest.raises(Refusal, match="Invalid cursor") as refusal:
        read_cursor("list", SHAPE, cursor)
    assert 400 == refusal.value.status


def test_a_changed_cursor_is_refused() -> None:
    """One character more, less or other is noticed."""
    cursor = make_cursor("list", SHAPE, 1)
    changed = [
        cursor[:-1],
        cursor + "A",
        *(cursor[:n] + _other(cursor[n]) + cursor[n + 1 :] for n in range(len(cursor))),
    ]
    for each in changed:
        with pytest.raises(Refusal, match="Invalid cursor"):
            read_cursor("list", SHAPE, each)


def _other(character: str) -> str:
    return "B" if character == "A" else "A"
