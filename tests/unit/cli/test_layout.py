"""Text as wide as a terminal shows it."""

from __future__ import annotations

import io
import sys

import pytest

from pygen.cli.layout import cells, crop, pad, terminal_width


@pytest.mark.parametrize(
    ("text", "width"),
    [("pump", 4), ("", 0), ("ポンプ", 6), ("Ø", 1), ("e\u0301", 1), ("\U0001f600", 2), ("a\x1bb", 6), ("a\u200bb", 8)],
)
def test_cells(text: str, width: int) -> None:
    """Wide characters take two cells, marks none, and what is escaped as many as its escape."""
    assert width == cells(text)


def test_pad() -> None:
    """Blanks up to a width; what is wider stays as it is."""
    assert ["pump  ", "ポンプ", "turbines"] == [pad(text, 6) for text in ("pump", "ポンプ", "turbines")]


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("turbine", 7, "turbine"),
        ("turbine", 6, "tur..."),
        ("a turbine", 5, "a..."),
        ("turbine", 3, ""),
        ("turbine", -4, ""),
        ("ポンプ場", 7, "ポン..."),
        ("ポンプ場", 6, "ポ..."),
        ("\x1b[2J rest", 11, "\\x1b[2J..."),
    ],
)
def test_crop(text: str, width: int, shown: str) -> None:
    """Never wider than asked for, never half a wide character; nothing where only the dots would fit."""
    assert shown == crop(text, width)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError


@pytest.mark.parametrize(("columns", "width"), [("72", 72), ("", None), ("many", None)])
def test_the_width_of_a_terminal(monkeypatch: pytest.MonkeyPatch, columns: str, width: int | None) -> None:
    """`COLUMNS` wins; a terminal that does not tell has none."""
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("COLUMNS", columns)
    assert width == terminal_width()


def test_a_pipe_has_no_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever `COLUMNS` says: nothing is cropped in a file."""
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setenv("COLUMNS", "40")
    assert None is terminal_width()
