"""
Text for Markdown as GitHub shows it: in pull requests, comments and the summary of a job.

Names, descriptions and messages come from models and from services. They must stay text: no link, no mention of a
person, no HTML, no new row of a table.
"""

from __future__ import annotations

import re

__all__ = ["markdown_code", "markdown_text"]

_PUNCTUATION = re.compile(r"[\\`*_{}\[\]<>|~$!&^=+]|^[-#.)]|(?<=\d)[.)](?=\s|$)")
_PLAIN_CODE = re.compile(r"[\w .:,()/\[\]{}='\"*+<>&@#-]*", re.ASCII)
_LINKS = re.compile(r"(?<=[@#])|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=gh)(?=-\d)", re.IGNORECASE)
_BREAK = "<!-- -->"
_HTML = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def markdown_text(text: str) -> str:
    """
    A text as one line of Markdown that shows just that.

    Within `://`, `www.` and `GH-1`, and behind `@` and `#`, is an empty comment: GitHub looks for people, issues and
    addresses in what is left when backslashes are gone.
    """
    escaped = _PUNCTUATION.sub(lambda found: _HTML.get(found[0], f"\\{found[0]}"), _one_line(text))
    return _LINKS.sub(_BREAK, escaped)


def markdown_code(text: str) -> str:
    """A name in the font of code, where it has no character that would end it; else as text."""
    line = _one_line(text)
    if line.strip() and line == line.strip() and _PLAIN_CODE.fullmatch(line):
        return f"`{line}`"
    return markdown_text(line)


def _one_line(text: str) -> str:
    """Without line breaks; other control characters, and those that turn the direction, as escapes."""
    spaced = " ".join(text.split())
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in spaced)
