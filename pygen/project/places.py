"""
On which line of a model file a view is defined, so that an annotation lands there.

Standard library only, for JSON only: there a second pass over the text costs no more than the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from json import JSONDecodeError, JSONDecoder
from pathlib import Path
from typing import Any

from pygen.project.canonical import paused_collector
from pygen.project.fingerprints import view_key

__all__ = ["view_lines"]

_VIEWS = re.compile(r'"views"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")
_EXTERNAL_ID = re.compile(r'^([ \t]*)"externalId"\s*:', re.MULTILINE)


def view_lines(path: Path) -> Mapping[str, int]:
    """
    The line of each view of a JSON model.

    Args:
        path: The model.

    Returns:
        `space:ExternalId(version)` -> the line of the view's external id, counted from 1; empty for a model of another
        kind, and for one that cannot be read: whoever asks has read it before, and wants a nicety.
    """
    if path.suffix != ".json" or not path.is_file():
        return {}
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return {}
    with paused_collector():
        for match in _VIEWS.finditer(text):
            found = dict(_lines(text, match.end()))
            if found:
                return found
    return {}


def _lines(text: str, start: int) -> Iterator[tuple[str, int]]:
    line, counted = 1, 0
    for view, begin, end in _items(text, start):
        if not (isinstance(view, dict) and "externalId" in view and "properties" in view):
            return
        place = _external_id(text, begin, end)
        line += text.count("\n", counted, place)
        counted = place
        yield view_key(view), line


def _items(text: str, start: int) -> Iterator[tuple[Any, int, int]]:
    """The items of a JSON array whose first one begins at *start* or later, and where each begins and ends."""
    decode = JSONDecoder().raw_decode
    at = start
    while True:
        between = _BETWEEN.match(text, at)
        begin = between.end() if between is not None else at
        try:
            item, at = decode(text, begin)
        except (JSONDecodeError, RecursionError):  # the end of the array
            return
        yield item, begin, at


def _external_id(text: str, begin: int, end: int) -> int:
    """Where a view says its own name: the least indented of the external ids in it, else where it begins."""
    found = min(_EXTERNAL_ID.finditer(text, begin, end), key=lambda match: len(match[1]), default=None)
    return found.end(1) if found is not None else begin
