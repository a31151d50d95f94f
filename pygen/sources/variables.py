"""
Values for the placeholders of toolkit files: `{{ name }}`.

Three kinds of files hold values. The toolkit's `default.config.yaml` is the weakest, then `config.<environment>.yaml`
beside the folder `modules`, and our own `variables.json` is the strongest. Among files of one kind, the value whose
folder is nearest to the placeholder wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from pathlib import Path
from typing import Any, NamedTuple

from pygen.errors import ConfigError
from pygen.sources.files import read_text
from pygen.sources.json_text import read_json
from pygen.sources.toolkit_files import GRAPHQL, VARIABLES, kind_of
from pygen.sources.yaml_text import FREE_KEYS, Slots, as_written, read_yaml

__all__ = ["Variables"]

_PLACEHOLDER = re.compile(r"\{\{[ \t]*([A-Za-z_][\w.-]*)[ \t]*\}\}")
_GRAPHQL_COMMENT = re.compile(r"[ \t]*#")
_PRIVATE = range(0xE000, 0xE100)
"""Characters for private use, of which a text has hardly one."""
_SHOWN = 3


class _Kind(IntEnum):
    """The kinds of files with values, by strength."""

    DEFAULTS = 0
    ENVIRONMENT = 1
    OURS = 2


class _Value(NamedTuple):
    """A value, the folder that it is for, and where it was found."""

    value: Any
    kind: _Kind
    folder: Path
    file: Path

    @property
    def strength(self) -> tuple[int, int]:
        return self.kind, len(self.folder.parts)


class _Gap(NamedTuple):
    """A placeholder without a value, or with several."""

    file: Path
    line: int
    message: str
    hint: str


class Variables:
    """
    The values of placeholders.

    Args:
        root: The folder that was named; for messages.
        values: All values, by name.
    """

    def __init__(self, root: Path, values: Mapping[str, list[_Value]]) -> None:
        self._root = root
        self._values = values
        self._answers: dict[tuple[Path, str], _Value | tuple[str, str]] = {}

    @classmethod
    def of(cls, root: Path, files: Iterable[Path]) -> Variables:
        """
        Read the files among *files* that hold values.

        Raises:
            ConfigError: One cannot be read, or holds something else.
        """
        values: dict[str, list[_Value]] = {}
        for file in files:
            if kind_of(file) == VARIABLES:
                for name, value in _values_of(file):
                    values.setdefault(name, []).append(value)
        return cls(root, values)

    def read(self, file: Path, *, free: frozenset[str] = FREE_KEYS) -> Any:
        """
        What a YAML file says, with values in place of placeholders.

        Args:
            file: The file.
            free: Keys below which no key's value is text by definition.

        Raises:
            ConfigError: The file cannot be read, or a placeholder has no value, or several; each with its line.
            MissingExtraError: PyYAML is not installed.
        """
        gaps: list[_Gap] = []
        document = self._yaml(file, gaps, free)
        if gaps:
            raise self._error(gaps)
        return document

    def read_all(self, files: Iterable[Path]) -> dict[Path, Any]:
        """
        What files say, with values in place of placeholders: YAML as `read` has it, GraphQL as text.

        Raises:
            ConfigError: A file cannot be read, or placeholders have no value, or several; each with its file and line.
            MissingExtraError: PyYAML is not installed.
        """
        gaps: list[_Gap] = []
        read = {
            file: self._graphql(file, gaps) if kind_of(file) == GRAPHQL else self._yaml(file, gaps, FREE_KEYS)
            for file in files
        }
        if gaps:
            raise self._error(gaps)
        return read

    def _yaml(self, file: Path, gaps: list[_Gap], free: frozenset[str]) -> Any:
        """
        Read YAML, and put the values into what it says.

        Putting them into its text would let a value change what the rest of the text says. Marks of the same length
        stand in for the placeholders meanwhile: `{{` would begin two mappings.
        """
        text = read_text(file)
        if "{{" not in text:
            return read_yaml(text, place=str(file), free=free)
        unused = [chr(code) for code in _PRIVATE if chr(code) not in text][:2]
        if len(unused) < 2:
            raise ConfigError("not readable: it holds every character that is free for private use", key=str(file))
        begin, end = unused
        found: list[re.Match[str]] = []

        def mark(placeholder: re.Match[str]) -> str:
            found.append(placeholder)
            width = len(placeholder[0])
            return f"{begin}{len(found) - 1}{end}".ljust(width, end)

        def value(number: str) -> Any:
            return self._value(file, text, found[int(number)], gaps)

        marked = _PLACEHOLDER.sub(mark, text)
        slots = Slots(re.compile(f"{begin}([0-9]+){end}+"), value)
        return read_yaml(marked, place=str(file), free=free, slots=slots)

    def _graphql(self, file: Path, gaps: list[_Gap]) -> str:
        text = read_text(file)

        def value(placeholder: re.Match[str]) -> str:
            start = text.rfind("\n", 0, placeholder.start()) + 1
            if _GRAPHQL_COMMENT.match(text, start, placeholder.start()):
                return placeholder[0]
            return as_written(self._value(file, text, placeholder, gaps))

        return _PLACEHOLDER.sub(value, text) if "{{" in text else text

    def _value(self, file: Path, text: str, placeholder: re.Match[str], gaps: list[_Gap]) -> Any:
        """The value of a placeholder; where there is none, that is noted, and it stands for itself."""
        key = (file.parent, placeholder[1])
        if key not in self._answers:
            self._answers[key] = self._known(*key)
        known = self._answers[key]
        if isinstance(known, _Value):
            return known.value
        message, hint = known
        line = text.count("\n", 0, placeholder.start()) + 1
        gap = _Gap(file, line, f"{{{{ {placeholder[1]} }}}} {message}", hint)
        if gap not in gaps:
            gaps.append(gap)
        return placeholder[0]

    def _known(self, folder: Path, name: str) -> _Value | tuple[str, str]:
        """The value of a placeholder in a folder; or what is wrong, and what to do about it."""
        folder = folder.absolute()
        found = [each for each in self._values.get(name, ()) if folder.is_relative_to(each.folder)]
        if not found:
            return "has no value", f"give it one in {self._root / 'variables.json'}"
        strength = max(each.strength for each in found)
        strongest = [each for each in found if each.strength == strength]
        if len({as_written(each.value) for each in strongest}) > 1:
            listed = ", ".join(f"{as_written(each.value)!r} in {each.file.name}" for each in strongest)
            return f"has several values: {listed}", f"say which one holds in {self._root / 'variables.json'}"
        return strongest[0]

    def _error(self, gaps: list[_Gap]) -> ConfigError:
        first = gaps[0]
        if len(gaps) == 1:
            return ConfigError(f"{first.message} (line {first.line})", key=str(first.file), hint=first.hint)
        places: dict[str, list[str]] = {}
        for gap in gaps:
            at = gap.file.relative_to(self._root) if gap.file.is_relative_to(self._root) else gap.file
            places.setdefault(gap.message, []).append(f"{at} line {gap.line}")
        listed = "; ".join(
            f"{message} ({', '.join(at[:_SHOWN])}{f' and {len(at) - _SHOWN} more' if len(at) > _SHOWN else ''})"
            for message, at in places.items()
        )
        return ConfigError(listed, key=str(self._root), hint="; ".join(dict.fromkeys(gap.hint for gap in gaps)))


def _values_of(file: Path) -> Iterator[tuple[str, _Value]]:
    """The values of a file, by name."""
    text = read_text(file)
    is_json = file.suffix.lower() == ".json"
    document = read_json(text, place=str(file)) if is_json else read_yaml(text, place=str(file), keep_plain=True)
    name = file.name.lower()
    kind = _Kind.OURS if is_json else _Kind.DEFAULTS if name.startswith("default.") else _Kind.ENVIRONMENT
    if document is None:
        return
    if not isinstance(document, dict):
        raise ConfigError("holds no values by name", key=str(file))
    if kind is _Kind.ENVIRONMENT:
        document = document.get("variables") or {}
        if not isinstance(document, dict):
            raise ConfigError("`variables` holds no values by name", key=str(file))
    yield from _nested(document, kind, file.absolute().parent, file)


def _nested(document: Mapping[str, Any], kind: _Kind, folder: Path, file: Path) -> Iterator[tuple[str, _Value]]:
    """
    Values, those for folders within as well.

    The name of a folder holds what is for that folder. Other groups mean nothing to the toolkit, and are passed over
    in its own file; in the others they are a way to keep order.
    """
    for name, value in document.items():
        if not isinstance(value, dict):
            yield name, _Value(value, kind, folder, file)
        elif _is_folder(folder, name):
            yield from _nested(value, kind, folder / name, file)
        elif kind is not _Kind.ENVIRONMENT:
            yield from _nested(value, kind, folder, file)


def _is_folder(folder: Path, name: str) -> bool:
    is_name = name not in {"", ".", ".."} and not {"/", "\\", "\0"} & set(name)
    return is_name and (folder / name).is_dir()
