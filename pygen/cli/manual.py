"""
The pages that explain codes: docs/problems.md and docs/diff.md, one heading per code.

They ship in the wheel, as `pygen/docs`; in a checkout they are where they are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
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
    from textwrap import fill

    blocks: list[str] = []
    paragraph: list[str] = []
    code: list[str] | None = None

    def finish() -> None:
        if paragraph:
            text = " ".join(line.strip() for line in paragraph)
            indent = "  " if re.match(r"[-*] |\d+\. ", text) else ""
            filled = fill(
                _inline(text), width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
            )
            blocks.append(filled)
            paragraph.clear()

    for line in markdown.splitlines():
        if line.startswith("```"):
            finish()
            if code is not None:
                blocks.append("\n".join(f"    {each}".rstrip() for each in code))
            code = [] if code is None else None
        elif code is not None:
            code.append(line)
        elif not line.strip():
            finish()
        elif line.startswith(("|", "#")):
            finish()
            blocks.append(_inline(line.lstrip("# ")))
        else:
            if re.match(r"[-*] |\d+\. ", line):
                finish()
            paragraph.append(line)
    finish()
    return _joined(blocks)


def _inline(text: str) -> str:
    return _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", text))


def _joined(blocks: list[str]) -> str:
    """The blocks with blank lines between them; rows of a table and items of a list stand close together."""
    text = ""
    for before, block in zip(["", *blocks], blocks, strict=False):
        close = all(each.startswith("|") for each in (before, block)) or all(
            re.match(r"[-*] |\d+\. ", each) for each in (before, block)
        )
        text += ("" if not before else "\n" if close else "\n\n") + block
    return text
