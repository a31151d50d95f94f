"""Lines for `.gitattributes` and `.gitignore`: what is missing goes to the end, what is there stays."""

from __future__ import annotations

from collections.abc import Iterable

from pygen.project.setup.text_style import TextStyle, appended

__all__ = ["has_pattern", "with_attributes", "with_ignored"]


def with_attributes(text: str | None, attributes: Iterable[tuple[str, str]]) -> str:
    """
    `.gitattributes` with lines for these patterns; a pattern that has a line keeps it.

    Args:
        text: The file; None where there is none.
        attributes: Patterns, relative to the file, and what is said of them.
    """
    lines = [f"{_quoted(pattern)} {said}" for pattern, said in attributes if not has_pattern(text, pattern)]
    return appended(text, lines)


def with_ignored(text: str | None, folders: Iterable[str]) -> str:
    """`.gitignore` with lines for these folders."""
    return appended(text, [f"/{_escaped(folder)}/" for folder in folders if not has_pattern(text, folder)])


def has_pattern(text: str | None, pattern: str) -> bool:
    """Whether a line of either file is about exactly this pattern, however it is anchored."""
    _, plain = TextStyle.split(text or "")
    return _bare(pattern) in {_bare(_first(line)) for line in plain.splitlines() if not line.startswith("#")}


def _first(line: str) -> str:
    if line.startswith('"'):
        return line[1:].partition('"')[0]
    return line.split(maxsplit=1)[0] if line.strip() else ""


def _bare(pattern: str) -> str:
    return pattern.strip().strip("/")


def _quoted(pattern: str) -> str:
    return f'"{pattern}"' if any(char.isspace() for char in pattern) else pattern


def _escaped(folder: str) -> str:
    return "".join(f"\\{char}" if char in "\\*?[ " else char for char in folder)
