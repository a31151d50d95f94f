"""Requests and answers as values: what the service sees of HTTP, whichever way they came."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from pydantic_core import from_json, to_json

from pygen.sandbox.problems import Refusal

__all__ = ["Reply", "Request", "json_reply"]

MOST_BYTES = 512 * 1024 * 1024
"""A body that inflates to more is refused, so that a small one cannot fill the memory."""
_GZIP_FROM_BYTES = 1024
_GZIP = 16 + zlib.MAX_WBITS


class Request(NamedTuple):
    """
    A request.

    Attributes:
        method: In capital letters.
        path: Decoded, from the root: `/api/v1/projects/...`.
        query: As it came.
        headers: By name in small letters.
        content: The body as it came.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = {}
    content: bytes = b""

    def params(self) -> dict[str, str]:
        """The query's parameters; repeated ones are joined by commas."""
        found: dict[str, str] = {}
        for name, value in parse_qsl(self.query, keep_blank_values=True):
            found[name] = f"{found[name]},{value}" if name in found else value
        return found

    def body(self) -> bytes:
        """
        The body, inflated.

        Raises:
            Refusal: It is not what `Content-Encoding` says, or far too large.
        """
        encoding = self.headers.get("content-encoding", "identity").strip().lower()
        if encoding in {"identity", ""}:
            return self.content
        if encoding != "gzip":
            raise Refusal(f"Content-Encoding {encoding} is not supported", status=415)
        inflater = zlib.decompressobj(_GZIP)
        try:
            content = inflater.decompress(self.content, MOST_BYTES)
        except zlib.error:
            raise Refusal("The body is not valid gzip") from None
        if inflater.unconsumed_tail:
            raise Refusal("The body is too large", status=413)
        if not inflater.eof:
            raise Refusal("The body is not valid gzip: it ends too early")
        return content

    def json(self) -> Any:
        """
        The body as JSON; an empty one is an empty object.

        Raises:
            Refusal: It is none.
        """
        content = self.body()
        if not content.strip():
            return {}
        try:
            return from_json(content, allow_inf_nan=False, cache_strings="keys")
        except ValueError as error:
            raise Refusal(f"The body is not valid JSON: {error}") from None


class Reply(NamedTuple):
    """
    An answer.

    Attributes:
        status: The HTTP status.
        content: The body.
        headers: All but the length.
    """

    status: int
    content: bytes
    headers: dict[str, str]

    def encoded_for(self, request: Request) -> Reply:
        """The same, compressed if that pays and the client takes it."""
        takes_gzip = "gzip" in request.headers.get("accept-encoding", "")
        if not takes_gzip or len(self.content) < _GZIP_FROM_BYTES or "content-encoding" in self.headers:
            return self
        deflater = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
        content = deflater.compress(self.content) + deflater.flush()
        return Reply(self.status, content, {**self.headers, "content-encoding": "gzip", "vary": "accept-encoding"})


def json_reply(status: int, body: object, headers: Mapping[str, str] | None = None) -> Reply:
    """An answer in JSON."""
    return Reply(status, to_json(body), {"content-type": "application/json", **(headers or {})})
