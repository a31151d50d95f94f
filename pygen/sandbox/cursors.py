"""Cursors: where a page ended, opaque to clients and good for one request only (dms-api.md 2.2, 6.5, 13.2)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Any

from pygen.sandbox.problems import Refusal

__all__ = ["make_cursor", "read_cursor"]

DIGEST_BYTES = 8


def make_cursor(kind: str, shape: object, position: Any) -> str:
    """
    Say where the next page begins.

    Args:
        kind: What is paged through: `list`, `query`, `sync`, ...
        shape: All of the request that must stay the same, as JSON.
        position: Where the page ended, as JSON.
    """
    content = json.dumps([kind, _digest(shape), position], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_checksum(content) + content).decode().rstrip("=")


def read_cursor(kind: str, shape: object, cursor: str) -> Any:
    """
    Where the page begins that a cursor stands for.

    Args:
        kind: What is paged through.
        shape: All of the request that must stay the same, as JSON.
        cursor: What `make_cursor` gave.

    Raises:
        Refusal: It was not given by the sandbox, or for another request.
    """
    try:
        decoded = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Refusal("Invalid cursor") from None
    checksum, content = decoded[:DIGEST_BYTES], decoded[DIGEST_BYTES:]
    if checksum != _checksum(content):
        raise Refusal("Invalid cursor")
    made_for, digest, position = json.loads(content)
    if (made_for, digest) != (kind, _digest(shape)):
        raise Refusal("Invalid cursor: it belongs to another request")
    return position


def _digest(shape: object) -> str:
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[: 2 * DIGEST_BYTES]


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(b"cursor " + content).digest()[:DIGEST_BYTES]
