"""How a text file is written: with a byte order mark or not, with CRLF or LF. Edits keep both."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["TextStyle", "appended"]

_MARK = "\ufeff"


class TextStyle(NamedTuple):
    """
    The style of a file.

    Attributes:
        mark: Whether it starts with a byte order mark.
        crlf: Whether its lines end with CRLF.
    """

    mark: bool = False
    crlf: bool = False

    @classmethod
    def split(cls, text: str) -> tuple[TextStyle, str]:
        """The style of a text, and the text without it: no mark, lines that end with LF."""
        return cls(text.startswith(_MARK), "\r\n" in text), text.removeprefix(_MARK).replace("\r\n", "\n")

    def restore(self, text: str) -> str:
        """A text with LF, in this style."""
        return (_MARK if self.mark else "") + (text.replace("\n", "\r\n") if self.crlf else text)


def appended(text: str | None, lines: list[str]) -> str:
    """A file of lines with more of them at its end; None is a file that does not exist yet."""
    style, plain = TextStyle.split(text or "")
    if plain and not plain.endswith("\n"):
        plain += "\n"
    return style.restore(plain + "".join(f"{line}\n" for line in lines)) if lines else text or ""
