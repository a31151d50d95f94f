"""JSON as model files hold it: strict, and with the place of what is wrong."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from pygen.errors import ConfigError

__all__ = ["JsonObjects", "format_path", "read_json"]


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
        found: list[str] = []
        stack: list[tuple[tuple[str | int, ...], Any]] = [((), root)]
        while stack:
            path, value = stack.pop()
            if isinstance(value, dict):
                if id(value) in self.repeated:
                    found.append(format_path((*path, self.repeated[id(value)][1])))
                stack.extend(((*path, key), item) for key, item in value.items())
            elif isinstance(value, list):
                stack.extend(((*path, index), item) for index, item in enumerate(value))
        return sorted(found)


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
    return value
