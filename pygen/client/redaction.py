"""
Text that is safe to log: without credentials, without what the user calls private, without control characters.

Redaction errs on the side of hiding: a log that hides too much is an inconvenience, one that shows a token is a leak.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

__all__ = ["REDACTED", "Redactor", "harmless"]

REDACTED = "[redacted]"

_CREDENTIALS = (
    *("authorization", "cookie", "token", "jwt", "secret", "password", "passwd", "pwd", "passphrase", "credential"),
    *("credentials", "api_key", "private_key", "account_key", "access_key", "connection_string", "client_assertion"),
    *("signature", "sig"),
)
"""Keys that end like this hold a credential, however their words are joined."""

_SHAPES = (
    re.compile(r"(?P<kept>)eyJ[\w-]{5,}(?:\.[\w-]*)*"),  # a JSON Web Token, whole or cut short
    re.compile(r"(?P<kept>bearer[\s:=]{1,4})[^\s\"',;]+", re.IGNORECASE),
    re.compile(r"(?P<kept>://)[^/\s\"'@]+(?=@)"),  # a user and a password in front of a host
)
_REPLACEMENT = rf"\g<kept>{REDACTED}"

_SIBLING_NAMES = ("property", "properties")


class Redactor:
    """
    Makes JSON and text safe to log.

    Args:
        names: Names of properties whose values are hidden, too, wherever they occur: as a key, and beside a
            `property` that names them, as in filters and aggregates. Compared without regard to case, `_` and `-`.
    """

    def __init__(self, names: Collection[str] = ()) -> None:
        private = [names] if isinstance(names, str) else list(names)
        self._private = {_plain(name) for name in private}
        if self._private:
            self._private.add("parameters")  # a query's parameters are values without the name of their property
        self._shapes = (*_SHAPES, _assignment(private))

    def text(self, text: str) -> str:
        """The text without credentials, and harmless."""
        return harmless(self._without_secrets(text))

    def content(self, content: bytes, most_chars: int) -> str:
        """A body that was sent or received, as `json` does; as text where it was never meant to be JSON."""
        try:
            value = json.loads(content)
        except (ValueError, RecursionError):
            if content.lstrip()[:1] in {b"{", b"["}:
                return f"[broken JSON, {len(content)} bytes]"  # where values end is unknown, so none can be hidden
            return _cut(self.text(content.decode("utf-8", "replace")), most_chars)
        return self.json(value, most_chars)

    def json(self, value: Any, most_chars: int) -> str:
        """
        The value as JSON, without what must be hidden, and harmless.

        Args:
            value: JSON as Python sees it; what is something else is shown as its `str`.
            most_chars: Where the text is cut; what follows is not even looked at.
        """
        pieces, size = [], 0
        for piece in self._pieces(value):
            pieces.append(piece)
            size += len(piece)
            if size > most_chars:
                break
        return _cut("".join(pieces), most_chars)

    def _pieces(self, value: Any) -> Iterator[str]:
        if isinstance(value, Mapping):
            yield from self._object_pieces(value)
        elif isinstance(value, (list, tuple)):
            yield "["
            for place, item in enumerate(value):
                if place:
                    yield ","
                yield from self._pieces(item)
            yield "]"
        elif value is None or isinstance(value, (bool, int, float)):
            yield json.dumps(value)
        else:
            yield _quoted(self._without_secrets(str(value)))

    def _object_pieces(self, value: Mapping[str, Any]) -> Iterator[str]:
        about_private = any(self._names_private(value.get(name)) for name in _SIBLING_NAMES)
        yield "{"
        for place, (key, item) in enumerate(value.items()):
            name = str(key)
            yield f"{',' if place else ''}{_quoted(self._without_secrets(name))}:"
            if self._is_secret(name) or (about_private and name not in _SIBLING_NAMES):
                yield _quoted(REDACTED)
            else:
                yield from self._pieces(item)
        yield "}"

    def _is_secret(self, key: str) -> bool:
        plain = _plain(key)
        return plain in self._private or plain.endswith(_PLAIN_CREDENTIALS)

    def _names_private(self, named: object) -> bool:
        """Whether a filter, a sort key, an aggregate or a search is about a property that is hidden."""
        parts = named if isinstance(named, (list, tuple)) else [named]
        return any(isinstance(part, str) and self._is_secret(part) for part in parts)

    def _without_secrets(self, text: str) -> str:
        for shape in self._shapes:
            text = shape.sub(_REPLACEMENT, text)
        return text


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").casefold()


_PLAIN_CREDENTIALS = tuple(_plain(name) for name in _CREDENTIALS)


def _assignment(private: Collection[str]) -> re.Pattern[str]:
    """What stands behind a key in a text: `password: x`, `client_secret=x&`, JSON inside a JSON text."""
    keys = [
        *(rf"(?<!\w){re.escape(name)}" for name in private if name),
        *(name.replace("_", "[_-]?") for name in _CREDENTIALS),
    ]
    between = r"\\{0,4}[\"']?\s{0,4}[:=]\s{0,4}\\{0,4}"
    value = r"""(?:"(?:[^"\\]|\\.)*|'(?:[^'\\]|\\.)*|(?:(?:bearer|basic)\s{1,4})?[^\s"'\\&,;<>{}]+)"""
    return re.compile(rf"(?P<kept>(?:{'|'.join(keys)}){between}){value}", re.IGNORECASE)


def _cut(text: str, most_chars: int) -> str:
    return text if len(text) <= most_chars else f"{text[:most_chars]}[cut]"


def _quoted(text: str) -> str:
    return harmless(json.dumps(text, ensure_ascii=False))


def harmless(text: str) -> str:
    """The text on one line: what does not print (line ends, escape sequences, bidi marks) becomes its escape."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )
