"""Lines for `.gitattributes` and `.gitignore`: what is missing goes to the end, what is there stays."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pygen.project.setup.text_style import TextStyle, appended

__all__ = ["as_pattern", "ignores", "with_attributes", "with_ignored"]

_SPECIAL = re.compile(r"([\\*?[]|^!)")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\([0-7]{3}|.)")
_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def as_pattern(path: str) -> str:
    """A path as a pattern of git that means this path alone."""
    return _SPECIAL.sub(r"\\\1", path)


def with_attributes(text: str | None, attributes: Iterable[tuple[str, str]]) -> str:
    """
    `.gitattributes` with lines for these patterns; a pattern that has a line keeps it.

    Args:
        text: The file; None where there is none.
        attributes: Patterns, relative to the file, and what is said of them.
    """
    present = {_bare(_first(line)) for line in _lines(text)}
    lines = [f"{_quoted(pattern)} {said}" for pattern, said in attributes if _bare(pattern) not in present]
    return appended(text, lines)


def with_ignored(text: str | None, folders: Iterable[str]) -> str:
    """`.gitignore` with lines for these folders."""
    return appended(text, [f"/{as_pattern(folder)}/" for folder in folders if not ignores(text, folder)])


def ignores(text: str | None, folder: str) -> bool:
    """Whether a line of `.gitignore` is about exactly this folder, however it is anchored."""
    return not {folder, as_pattern(folder)}.isdisjoint(map(_bare, _lines(text)))


def _lines(text: str | None) -> list[str]:
    _, plain = TextStyle.split(text or "")
    return [line for line in plain.split("\n") if line.strip() and not line.startswith("#")]


def _first(line: str) -> str:
    """The pattern of a line of attributes."""
    quoted = _QUOTED.match(line.lstrip())
    return _ESCAPE.sub(_unescaped, quoted[1]) if quoted is not None else line.split(maxsplit=1)[0]


def _unescaped(found: re.Match[str]) -> str:
    said = found[1]
    return chr(int(said, 8)) if said.isdigit() else _LETTERS.get(said, said)


def _bare(pattern: str) -> str:
    return pattern.strip().strip("/")


def _quoted(pattern: str) -> str:
    """A pattern as git reads it: in quotes, as C writes them, where it would not be read whole otherwise."""
    if pattern.isprintable() and " " not in pattern and pattern[:1] not in ("#", '"'):
        return pattern
    # In quotes a backslash stands for itself only when there are two.
    escaped = "".join(f"\\{ord(char):03o}" if char < " " else char for char in re.sub(r'(["\\])', r"\\\1", pattern))
    return f'"{escaped}"'
