"""The sandbox in process: transports that hand requests of httpx clients to a service."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import httpx

from pygen.sandbox.http import Request
from pygen.sandbox.service import Handled, Service

__all__ = ["AsyncSandboxTransport", "SandboxTransport"]


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that may break off in the middle, as a connection does."""

    def __init__(self, content: bytes, *, cut: bool) -> None:
        self._content = content[: len(content) // 2] if cut else content
        self._cut = cut

    def __iter__(self) -> Iterator[bytes]:
        yield self._content
        if self._cut:
            raise httpx.RemoteProtocolError("the connection was closed in the middle of the answer")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


class SandboxTransport(httpx.BaseTransport):
    """For `httpx.Client` and whatever takes a transport of it."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request in the caller's thread."""
        handled = self._service.handle(_request(request, request.read()))
        if handled.wait_s:
            time.sleep(handled.wait_s)
        return _response(handled, request)


class AsyncSandboxTransport(httpx.AsyncBaseTransport):
    """For `httpx.AsyncClient`; requests are answered in threads, so that the event loop goes on."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request in a thread."""
        seen = _request(request, await request.aread())
        handled = await asyncio.to_thread(self._service.handle, seen)
        if handled.wait_s:
            await asyncio.sleep(handled.wait_s)
        return _response(handled, request)


def _request(request: httpx.Request, content: bytes) -> Request:
    return Request(
        request.method,
        request.url.path,
        request.url.query.decode(),
        {name.lower(): value for name, value in request.headers.items()},
        content,
    )


def _response(handled: Handled, request: httpx.Request) -> httpx.Response:
    reply = handled.reply
    if reply is None:
        raise httpx.ReadError("the connection was reset", request=request)
    headers = {**reply.headers, "content-length": str(len(reply.content))}
    return httpx.Response(reply.status, headers=headers, stream=_Body(reply.content, cut=handled.cut), request=request)
