"""
Text of a model, made safe for the place where it lands: one function per destination.

Each is a filter of the template environment under its own name. They neutralise and never delete, because deleting
can put together what was harmless apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

__all__ = ["ESCAPING_FILTERS", "Code", "py_comment", "py_doc", "py_str"]

LINE_LENGTH = 120

_PLAIN = re.compile(r"[ !#-\[\]-~]*\Z")
"""Printable ASCII without `"` and the backslash: what stands between double quotes as it is."""

_INVISIBLE = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"  # control characters, but for tab and line ends
    "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # soft, zero-width, bidi
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # layout of hieroglyphs, shorthand, music
    "\ud800-\udfff"  # half an emoji: UTF-8 has no word for it
    "\U000e0000-\U000e007f"  # tags
    "]"
)
_REPLACEMENT = "\ufffd"
_LINE_ENDS = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_BLANKS = re.compile(r"[^\S\n]+")
_QUOTE_IN_THE_WAY = re.compile(r'\A"|"(?="|\Z)')


class Code(str):
    """
    Text that is written in the target's language already.

    Only the modules that write expressions make it, out of identifiers and escaped literals. Templates print it as it
    is; plain `str` must pass a filter.
    """

    __slots__ = ()


def py_str(value: str) -> Code:
    """A Python string literal that reads back as *value*, in the quotes that a formatter would choose."""
    if _PLAIN.match(value):
        return Code(f'"{value}"')
    written = repr(value)
    if written[0] == '"':
        return Code(written)
    body = written[1:-1]
    if '"' not in value:
        return Code('"' + body.replace("\\'", "'") + '"')
    if "'" not in value:
        return Code(written)
    if value.count('"') > value.count("'"):
        return Code(written)
    return Code('"' + body.replace("\\'", "'").replace('"', '\\"') + '"')


def py_comment(value: str) -> Code:
    """*value* on one line, for the rest of a comment."""
    return Code(" ".join(_INVISIBLE.sub(_REPLACEMENT, _LINE_ENDS.sub(" ", value)).split()))


def py_doc(value: str, indent: int = 0) -> Code:
    '''
    What stands between the `"""` of a docstring, wrapped at 120 columns; the quotes are the template's.

    Line ends of the text stay, runs of blanks become one. The first line follows the opening quotes, the closing ones
    follow the last line: descriptions are long, and a line more for every property is a page more for every view.

    Args:
        value: Any text.
        indent: Columns before the opening quotes; following lines are indented likewise.
    '''
    text = value
    if not (text.isascii() and text.isprintable()):
        text = _INVISIBLE.sub(_REPLACEMENT, _LINE_ENDS.sub("\n", text))
    text = _BLANKS.sub(" ", text).strip()
    text = _QUOTE_IN_THE_WAY.sub(r"\"", text.replace("\\", "\\\\"))
    width = LINE_LENGTH - indent - 6
    if len(text) <= width and "\n" not in text:
        return Code(text)
    lines: list[str] = []
    for paragraph in text.split("\n"):
        if words := paragraph.split():
            lines.extend(_wrapped(words, width))
        elif lines[-1]:
            lines.append("")
    margin = "\n" + " " * indent
    return Code(lines[0] + "".join(margin + line if line else "\n" for line in lines[1:]))


def _wrapped(words: list[str], width: int) -> Iterator[str]:
    line = words[0]
    for word in words[1:]:
        if len(line) + 1 + len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}"
    yield line


ESCAPING_FILTERS: Mapping[str, Callable[..., Code]] = {"py_str": py_str, "py_doc": py_doc, "py_comment": py_comment}
"""Every destination that templates can name."""
