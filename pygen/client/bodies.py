"""
The bodies of answers: read as they came, and inflated in one go.

The HTTP library inflates piece by piece, which takes twice as long for a page of instances, and takes a stream that
ends too early for a whole one.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable, Iterable

import httpx

__all__ = ["Body"]

_GZIP = 16 + zlib.MAX_WBITS
_MOST_AT_ONCE = 64 * 1024 * 1024


class Body:
    """
    The body of an answer that is on its way.

    Args:
        response: What has come so far: status and headers.
    """

    __slots__ = ("_is_raw", "_response")

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        # What a transport for tests has made in memory is decoded already.
        self._is_raw = _is_gzip(response) and not response.is_stream_consumed

    def pieces(self) -> Iterable[bytes]:
        """The pieces, as they came where `whole` can inflate them."""
        return self._response.iter_raw() if self._is_raw else self._response.iter_bytes()

    def pieces_async(self) -> AsyncIterable[bytes]:
        """`pieces` of an asynchronous response."""
        return self._response.aiter_raw() if self._is_raw else self._response.aiter_bytes()

    def whole(self, content: bytes) -> bytes:
        """
        The pieces put together, as they were before they were compressed.

        Raises:
            httpx.DecodingError: They are not what `Content-Encoding` says, or end too early.
        """
        if not self._is_raw or not content:
            return content
        # The last four bytes give the size (RFC 1952), and knowing it saves copying.
        size = int.from_bytes(content[-4:], "little")
        try:
            return zlib.decompress(content, _GZIP, min(max(size, 1), _MOST_AT_ONCE))
        except zlib.error as error:
            message = f"the answer is not whole: {error}"
        raise httpx.DecodingError(message, request=self._response.request)


def _is_gzip(response: httpx.Response) -> bool:
    encoding: str = response.headers.get("Content-Encoding", "")
    return encoding.strip().lower() in {"gzip", "x-gzip"}
