"""
The two ways of writing a name: `WindTurbine` and `wind_turbine`.

Both take any text and answer ASCII letters, digits and underscores only, starting with a letter, so that what comes
out is an identifier in every language we know (keywords are another matter: `naming`).
"""

from __future__ import annotations

import re

__all__ = ["pascal_case", "snake_case"]

_NOT_WORD = re.compile(r"[^A-Za-z0-9_]")
_BOUNDARY = re.compile(
    r"(?<=[a-z0-9])(?=[A-Z][a-z])"  # wind|Turbine, 3D|Model
    r"|(?<=[a-z])(?=[A-Z])"  # flow|CV
    r"|(?<=[A-Z])(?=[A-Z][a-z])"  # CAD|Revision
    r"|(?<=[a-z])(?=[0-9]+[A-Z])"  # Cognite|360Image, object|3D; but pump2, x1 and H2S stay whole
)
_SNAKE = re.compile(r"[a-z][a-z0-9_]*\Z")


def pascal_case(text: str, *, prefix: str) -> str:
    """
    Write *text* as `WindTurbine`: underscores go, the letter after each becomes a capital, other capitals stay.

    Args:
        text: Any text.
        prefix: Put before a text that does not start with an ASCII letter; starts with a capital.
    """
    words = _NOT_WORD.sub("_", text).split("_")
    joined = "".join(word[0].upper() + word[1:] for word in words if word)
    return joined if joined[:1].isalpha() else prefix + joined


def snake_case(text: str, *, prefix: str) -> str:
    """
    Write *text* as `wind_turbine`; a text that is written so already stays as it is.

    Digits cling to the word before them (`pump2`), unless capitals follow: `object_3d`, `cognite_360_image`.

    Args:
        text: Any text.
        prefix: Put, with an underscore, before a text that does not start with an ASCII letter.
    """
    if _SNAKE.match(text):
        return text
    written = _BOUNDARY.sub("_", _NOT_WORD.sub("_", text)).lower().lstrip("_")
    if written[:1].isalpha():
        return written
    return f"{prefix}_{written}" if written else prefix
