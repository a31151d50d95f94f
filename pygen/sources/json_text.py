"""JSON as model files hold it: strict, and with the place of what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from pygen.errors import ConfigError

__all__ = ["JsonObjects", "format_path", "read_json", "refuse_surrogates"]

_HUGE = re.compile(r"[0-9][eE]\+?[0-9]{3}|[0-9]{309}")
"""What a number looks like that Python may read as infinite, which JSON has no word for."""
_INFINITY = float("inf")
_SURROGATE = re.compile("[\ud800-\udfff]")


class JsonObjects:
    """
    Builds objects from pairs and remembers those that name a key twice.

    JSON leaves the meaning of a repeated key open, and the standard library keeps the last: half of a view could
    vanish without a word.
    """

    def __init__(self) -> None:
        self.repeated: dict[int, tuple[dict[str, Any], str]] = {}

    def build(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Make a dict; the last of two values wins, and the key is remembered."""
        made = dict(pairs)
        if len(made) != len(pairs):
            seen: set[str] = set()
            twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            self.repeated[id(made)] = (made, twice)
        return made

    def find(self, root: Any) -> list[str]:
        """The paths of repeated keys within *root*."""
        repeated = self.repeated
        return sorted(format_path((*path, repeated[id(at)][1])) for path, at in _walk(root) if id(at) in repeated)


def _walk(root: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every value within *root*, with its path; keys are values too."""
    stack: list[tuple[tuple[str | int, ...], Any]] = [((), root)]
    while stack:
        path, value = stack.pop()
        yield path, value
        if isinstance(value, dict):
            stack.extend(((*path, key), item) for key, item in value.items())
            stack.extend((path, key) for key in value)
        elif isinstance(value, list):
            stack.extend(((*path, index), item) for index, item in enumerate(value))


def refuse_surrogates(root: Any, *, place: str) -> None:
    """
    Refuse text that no file can hold: halves of surrogate pairs, which only an escape can smuggle in.

    Raises:
        ConfigError: Some text has one; with its path.
    """
    for path, value in _walk(root):
        if isinstance(value, str) and _SURROGATE.search(value):
            raise ConfigError(f"not valid Unicode text at {format_path(path) or 'the top'}: {value!a}", key=place)


def format_path(path: tuple[str | int, ...]) -> str:
    """Write a path into JSON as people do: `views[3].properties.flow`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def read_json(text: str, *, place: str) -> Any:
    """
    Parse JSON.

    Args:
        text: The document.
        place: What to call it in errors, such as the path of the file.

    Raises:
        ConfigError: It is not JSON, with line and column; or an object names a key twice, with its path.
    """

    def refuse(constant: str) -> NoReturn:
        raise ConfigError(f"{constant} is not a JSON number", key=place)

    objects = JsonObjects()
    try:
        value = json.loads(text, object_pairs_hook=objects.build, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"not valid JSON: {error.msg} (line {error.lineno}, column {error.colno})", key=place
        ) from error
    except RecursionError as error:
        raise ConfigError("not readable: nested too deeply", key=place) from error
    except ValueError as error:  # an integer of thousands of digits
        raise ConfigError(f"not readable: {error}", key=place) from error
    if objects.repeated:
        raise ConfigError(
            f"a key stands twice in one object: {', '.join(objects.find(value))}",
            key=place,
            hint="remove one of the two",
        )
    if "\\ud" in text or "\\uD" in text:
        refuse_surrogates(value, place=place)
    if _HUGE.search(text):
        _refuse_infinite(value, place=place)
    return value


def _refuse_infinite(root: Any, *, place: str) -> None:
    for path, value in _walk(root):
        if isinstance(value, float) and value in {_INFINITY, -_INFINITY}:
            raise ConfigError(f"too large a number at {format_path(path) or 'the top'}", key=place)
