"""
One byte string per value: canonical JSON, and digests of texts that survive a change of line endings.

Standard library only: `pygen check` and the fast path of the hook end here.
"""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["canonical_json", "digest", "parse_json", "paused_collector", "text_digest"]

# ASCII escapes keep lone surrogates (legal in JSON texts, impossible in UTF-8) hashable.
_ENCODE_SORTED = json.JSONEncoder(separators=(",", ":"), sort_keys=True, check_circular=False).encode


def canonical_json(value: Any) -> bytes:
    """Sorted keys, no blanks, ASCII: equal values give equal bytes, whatever order their keys came in."""
    return _ENCODE_SORTED(value).encode("ascii")


def digest(value: Any, length: int = 64) -> str:
    """The first *length* hexadecimal digits of the SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(canonical_json(value)).hexdigest()[:length]


def text_digest(content: bytes) -> str:
    """The SHA-256 of a text file after CRLF -> LF: git may have changed the line endings of a checkout."""
    if b"\r\n" in content:
        content = content.replace(b"\r\n", b"\n")
    return hashlib.sha256(content).hexdigest()


def parse_json(content: bytes) -> Any:
    """
    Read JSON, with or without a byte order mark.

    Raises:
        ValueError: It is not JSON, or nested deeper than a model ever is.
    """
    with paused_collector():
        try:
            return json.loads(content.removeprefix(b"\xef\xbb\xbf"))
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


@contextmanager
def paused_collector() -> Iterator[None]:
    """
    Keep the cyclic collector out of a burst of allocations.

    Building a few hundred thousand small objects makes it walk all of them again and again: a fifth of the time
    that a large model takes.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
