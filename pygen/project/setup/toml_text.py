"""
Editing a TOML file that somebody wrote: comments, order and layout stay, and the result is proven.

Every edit is made twice, in the text and in plain dicts; an edit is taken only if the text then reads as the dicts do.
TOML can say one thing in many ways (dotted keys, inline tables, tables out of order), so no edit is trusted unread.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pygen.errors import ConfigError, MissingExtraError
from pygen.project.setup.text_style import TextStyle

if TYPE_CHECKING:
    from tomlkit import TOMLDocument
    from tomlkit.container import Container

__all__ = ["TomlText"]

Keys = tuple[str, ...]


class TomlText:
    """
    A TOML file under edit.

    Attributes:
        name: What errors call it.
        plain: What it says now, as `tomllib` reads it; not to be changed.
    """

    def __init__(self, text: str, name: str) -> None:
        """
        Read the file's text.

        Raises:
            ConfigError: It is not valid TOML.
            MissingExtraError: tomlkit is not installed.
        """
        self.name = name
        self._style, self._text = TextStyle.split(text)
        try:
            self.plain: dict[str, Any] = tomllib.loads(self._text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{name} is not valid TOML: {error}", hint="nothing was written") from error
        try:
            import tomlkit
        except ImportError as error:
            raise MissingExtraError("editing TOML files", extra="cli", module="tomlkit") from error
        self._kit = tomlkit

    @property
    def text(self) -> str:
        """The file's text now, in the style that it came in."""
        return self._style.restore(self._text)

    def get(self, *keys: str) -> Any:
        """What stands at a place; None where nothing does."""
        found: Any = self.plain
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def set(self, keys: Keys, value: Any) -> None:
        """
        Give a key a value; its table is made where it is missing.

        Raises:
            ConfigError: The file is written in a way that cannot be edited safely.
        """
        expected = self._expected(keys, value)
        header = [f"[{'.'.join(map(self._key, keys[:-1]))}]"] if keys[:-1] else []
        appended = "\n".join([*header, f"{self._key(keys[-1])} = {self._value(value)}", ""])
        self._take(expected, keys, self._in_place(keys, value), [self._with_tables(appended)] if header else [])

    def add(self, keys: Keys, items: Iterable[Any]) -> None:
        """
        Add items to the end of an array; those that are in it stay where they are.

        Raises:
            ConfigError: The file is written in a way that cannot be edited safely, or there is no array.
        """
        present = self.get(*keys)
        if present is None:
            self.set(keys, list(items))
            return
        if not isinstance(present, list):
            raise ConfigError("must be an array", key=".".join(keys), hint=f"correct it in {self.name}")
        missing = [item for item in items if item not in present]
        if not missing:
            return
        expected = self._expected(keys, [*present, *missing])

        def edit(document: TOMLDocument) -> None:
            array: Any = _table(document, keys)
            for item in missing:
                array.append(self._item(item))

        self._take(expected, keys, self._edited(edit), [])

    def add_tables(self, tables: Mapping[Keys, Mapping[str, Any]], *, comment: str = "") -> None:
        """
        Write new tables at the end of the file.

        Args:
            tables: Keys of a table -> its keys and values.
            comment: A line above the first of them.

        Raises:
            ConfigError: The file is written in a way that cannot be edited safely.
        """
        expected = copy.deepcopy(self.plain)
        blocks: list[str] = []
        for keys, values in tables.items():
            try:
                _table(expected, keys).update(values)
            except (TypeError, AttributeError, KeyError) as error:
                raise ConfigError("is no table", key=".".join(keys), hint=f"correct it in {self.name}") from error
            lines = [f"[{'.'.join(map(self._key, keys))}]"]
            lines += [f"{self._key(name)} = {self._value(value)}" for name, value in values.items()]
            blocks.append("\n".join(lines) + "\n")
        text = (f"# {comment}\n" if comment else "") + "\n".join(blocks)
        self._take(expected, next(iter(tables)), [self._with_tables(text)], [])

    def _expected(self, keys: Keys, value: Any) -> dict[str, Any]:
        expected = copy.deepcopy(self.plain)
        try:
            _table(expected, keys[:-1])[keys[-1]] = value
        except (TypeError, AttributeError, KeyError) as error:
            raise ConfigError("is no table", key=".".join(keys[:-1]), hint=f"correct it in {self.name}") from error
        return expected

    # -- proving ------------------------------------------------------------------------------------------------------

    def _take(self, expected: dict[str, Any], keys: Keys, *groups: Iterable[str]) -> None:
        """Take the first text that reads as expected."""
        for group in groups:
            for text in group:
                try:
                    if tomllib.loads(text) == expected:
                        self._text, self.plain = text, expected
                        return
                except tomllib.TOMLDecodeError:
                    continue
        raise ConfigError(
            f"{self.name} is written in a way that cannot be edited safely",
            key=".".join(keys),
            hint="add it by hand, then run pygen init again; nothing was written",
        )

    def _in_place(self, keys: Keys, value: Any) -> Iterator[str]:
        """The key in its table, if that is written out somewhere."""
        table = self.get(*keys[:-1]) if keys[:-1] else self.plain
        if isinstance(table, dict):
            replaced = keys[-1] in table

            def edit(document: TOMLDocument) -> None:
                found: Any = _table(document, keys[:-1])
                if replaced or not hasattr(getattr(found, "value", None), "body"):
                    found[keys[-1]] = self._item(value)
                else:
                    with _without_tail(found.value):
                        found[keys[-1]] = self._item(value)

            yield from self._edited(edit)

    def _edited(self, edit: Callable[[TOMLDocument], None]) -> Iterator[str]:
        from tomlkit.exceptions import TOMLKitError

        try:
            document = self._kit.parse(self._text)
            edit(document)
            yield self._kit.dumps(document)
        except (TOMLKitError, KeyError, TypeError, AttributeError, ValueError):
            return  # tomlkit cannot say it there; whoever asked has another way, or says so

    def _with_tables(self, tables: str) -> str:
        before = self._text.rstrip("\n")
        return f"{before}\n\n{tables}" if before else tables

    # -- values -------------------------------------------------------------------------------------------------------

    def _item(self, value: Any) -> Any:
        """A value as tomlkit keeps it, laid out as `_value` writes it."""
        return self._kit.parse(f"value = {self._value(value)}\n")["value"]

    def _value(self, value: Any) -> str:
        if isinstance(value, dict):
            inner = ", ".join(f"{self._key(name)} = {self._value(each)}" for name, each in value.items())
            return f"{{ {inner} }}"
        if isinstance(value, list):
            return f"[{', '.join(self._value(each) for each in value)}]"
        text: str = self._kit.item(value).as_string()
        return text

    def _key(self, key: str) -> str:
        return (
            key
            if key and all(char.isascii() and (char.isalnum() or char in "-_") for char in key)
            else (self._value(key))
        )


class _without_tail:  # noqa: N801 - a context manager, used like a function
    """Keep blank lines and comments that follow the last key behind what is added: they belong to what comes next."""

    def __init__(self, container: Container) -> None:
        self._body = container.body
        self._tail: list[Any] = []

    def __enter__(self) -> None:
        end = len(self._body)
        while end and self._body[end - 1][0] is None:
            end -= 1
        # A comment right below the last key, without a blank line between, is about that key.
        while end < len(self._body) and self._body[end][1].as_string().strip():
            end += 1
        self._tail = self._body[end:]
        del self._body[end:]

    def __exit__(self, *_: object) -> None:
        self._body.extend(self._tail)


def _table(document: Any, keys: Keys) -> Any:
    """What stands at a place of nested tables; tables on the way are made in plain dicts."""
    found = document
    for key in keys:
        found = found.setdefault(key, {}) if type(found) is dict else found[key]
    return found
