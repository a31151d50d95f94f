"""
The pages that explain codes: docs/problems.md and docs/diff.md, one heading per code.

They ship in the wheel, as `pygen/docs`; in a checkout they are where they are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from pygen.errors import PygenError

__all__ = ["PAGES", "Entry", "plain_text", "read_manual"]

PAGES = ("problems.md", "diff.md")

_HEADING = re.compile(r"### (?P<code>PYG\d{3}): (?P<title>.+)")


class Entry(NamedTuple):
    """
    What the manual says about a code.

    Attributes:
        page: The page it stands on.
        text: Markdown, without the heading.
    """

    code: str
    title: str
    page: str
    text: str


def read_manual() -> Mapping[str, Entry]:
    """
    Every code with its entry, in the order of the pages.

    Raises:
        PygenError: This installation lacks the pages.
    """
    pages = [(name, page.read_text(encoding="utf-8")) for name in PAGES if (page := _page(name)).is_file()]
    if not pages:
        raise PygenError("this installation of pygen-cdf lacks its manual")
    return {entry.code: entry for name, text in pages for entry in _entries(name, text)}


def _page(name: str) -> Traversable:
    packaged = files("pygen") / "docs" / name
    return packaged if packaged.is_file() else Path(__file__).resolve().parents[2] / "docs" / name


def _entries(page: str, text: str) -> Iterator[Entry]:
    """The sections of a page whose heading is a code; a section ends at the next heading of its level or above."""
    found: re.Match[str] | None = None
    lines: list[str] = []
    is_code = False
    for line in [*text.splitlines(), "# end"]:
        is_code ^= line.startswith("```")
        if not is_code and re.match(r"#{1,3} ", line):
            if found is not None:
                yield Entry(found["code"], found["title"], page, "\n".join(lines).strip("\n"))
            found, lines = _HEADING.fullmatch(line), []
        else:
            lines.append(line)


_LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
_EMPHASIS = re.compile(r"(?<![\w*])(\*{1,2})([^\s*](?:[^*]*[^\s*])?)\1(?![\w*])")


def plain_text(markdown: str, width: int) -> str:
    """
    Markdown as plain text: paragraphs filled to *width*, code indented, without marks that only a renderer needs.

    Covers what the pages use: paragraphs, lists, tables, fenced code, headings, links and emphasis.
    """
    blocks = [(kind, lines) for kind, lines in _blocks(markdown) if kind is not _Kind.BLANK]
    text, before = "", _Kind.BLANK
    for kind, lines in blocks:
        if text:
            text += "\n" if kind is before is _Kind.ITEM else "\n\n"
        text += _shown(kind, lines, width)
        before = kind
    return text


class _Kind(Enum):
    """What a block of Markdown is."""

    BLANK = "nothing"
    CODE = "lines between fences"
    HEADING = "a heading"
    ITEM = "an item of a list"
    TABLE = "rows of a table"
    TEXT = "a paragraph"


_ITEM = re.compile(r"[-*] |\d+\. ")
_CONTINUED = {(_Kind.TEXT, _Kind.TEXT), (_Kind.ITEM, _Kind.TEXT), (_Kind.TABLE, _Kind.TABLE), (_Kind.CODE, _Kind.CODE)}


def _blocks(markdown: str) -> Iterator[tuple[_Kind, list[str]]]:
    kind, lines = _Kind.BLANK, list[str]()
    is_code = False
    for line in markdown.splitlines():
        if line.startswith("```"):
            is_code = not is_code
            yield kind, lines
            kind, lines = _Kind.CODE if is_code else _Kind.BLANK, []
            continue
        found = _Kind.CODE if is_code else _kind(line)
        if (kind, found) in _CONTINUED:
            lines.append(line)
        else:
            yield kind, lines
            kind, lines = found, [line]
    yield kind, lines


def _kind(line: str) -> _Kind:
    if not line.strip():
        return _Kind.BLANK
    if line.startswith("#"):
        return _Kind.HEADING
    if line.startswith("|"):
        return _Kind.TABLE
    return _Kind.ITEM if _ITEM.match(line) else _Kind.TEXT


def _shown(kind: _Kind, lines: list[str], width: int) -> str:
    if kind is _Kind.CODE:
        return "\n".join(f"    {line}".rstrip() for line in lines)
    if kind is _Kind.TABLE:
        return _columns(lines)
    if kind is _Kind.HEADING:
        return _inline(lines[0].lstrip("# "))
    from textwrap import fill

    text = _inline(" ".join(line.strip() for line in lines))
    indent = "  " if kind is _Kind.ITEM else ""
    return fill(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _columns(lines: list[str]) -> str:
    """The rows of a table in columns, without the line below its head."""
    rows = [
        [_inline(cell.strip()) for cell in line.strip().strip("|").split("|")]
        for line in lines
        if not re.fullmatch(r"[|: -]+", line)
    ]
    widths = [max(len(cell) for cell in column) for column in zip_longest(*rows, fillvalue="")]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _inline(text: str) -> str:
    return _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", text))
