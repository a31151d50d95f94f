"""Text in columns, as wide as a terminal shows it: some characters take two of its cells, some none."""

from __future__ import annotations

import os
import sys
import unicodedata

from pygen.cli.output import harmless

__all__ = ["cells", "crop", "pad", "terminal_width"]


def cells(text: str) -> int:
    """How many cells of a terminal *text* takes, once what is harmful in it is escaped."""
    shown = harmless(text)
    return len(shown) if shown.isascii() else sum(map(_cells_of, shown))


def _cells_of(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def pad(text: str, width: int) -> str:
    """*text* with blanks behind it, up to *width* cells."""
    return text + " " * (width - cells(text))


def crop(text: str, width: int) -> str:
    """As much of *text* as fits into *width* cells; three dots stand for what does not."""
    if cells(text) <= width:
        return text
    kept, room = "", width - 3
    for character in harmless(text):
        room -= _cells_of(character)
        if room < 0:
            break
        kept += character
    return f"{kept.rstrip()}..." if kept else ""


def terminal_width() -> int | None:
    """The columns of the terminal that stdout is; None where it is none."""
    if not sys.stdout.isatty():
        return None
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return int(columns)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except OSError:
        return None
