"""The sandbox behind a port of this machine, for clients in any language."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from types import FrameType
from typing import Any, ClassVar, NoReturn, TypeAlias

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from pygen.errors import ConfigError
from pygen.sandbox.http import Request
from pygen.sandbox.service import Handled, Service

__all__ = ["BackgroundServer", "listen", "serve"]

_MANY_OBJECTS = 50_000
"""How many new objects there must be before the cyclic collector looks at them."""
_Message: TypeAlias = MutableMapping[str, Any]
_Receive: TypeAlias = Callable[[], Awaitable[_Message]]
_Send: TypeAlias = Callable[[_Message], Awaitable[None]]


class _Protocol(H11Protocol):
    """HTTP/1.1 that lets an application close its connection without an answer."""

    open_transports: ClassVar[dict[tuple[str, int], asyncio.Transport]] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        if self.client is not None:
            self.open_transports[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.client is not None:
            self.open_transports.pop(self.client, None)
        super().connection_lost(exc)


class _Application:
    """The service as uvicorn calls it (ASGI 3)."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        """Answer one request; with `lifespan` and `ws` switched off uvicorn has nothing else to say."""
        request = Request(
            scope["method"],
            scope["path"],
            scope["query_string"].decode("latin-1"),
            {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            await _body(receive),
        )
        handled = await asyncio.to_thread(self._service.handle, request)
        if handled.wait_s:
            await asyncio.sleep(handled.wait_s)
        if handled.reply is None:
            await _hang_up(scope, at_once=True)
            return
        await _send_reply(handled, scope, send)


async def _body(receive: _Receive) -> bytes:
    pieces: list[bytes] = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(pieces)


async def _send_reply(handled: Handled, scope: _Message, send: _Send) -> None:
    reply = handled.reply
    assert reply is not None
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()]
    headers.append((b"content-length", str(len(reply.content)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if handled.cut:
        await send({"type": "http.response.body", "body": reply.content[: len(reply.content) // 2], "more_body": True})
        await _hang_up(scope, at_once=False)
        return
    await send({"type": "http.response.body", "body": reply.content})


async def _hang_up(scope: _Message, *, at_once: bool) -> None:
    """Close the connection: *at_once*, so that the client sees it reset, or after what was sent."""
    transport = _Protocol.open_transports.get(tuple(scope["client"]))
    if transport is None:
        return
    if at_once:
        found: socket.socket | None = transport.get_extra_info("socket")
        if found is not None:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
    while tuple(scope["client"]) in _Protocol.open_transports:  # noqa: ASYNC110 -- uvicorn notes it in a callback
        await asyncio.sleep(0)  # uvicorn complains about an answer that is not finished until it knows


def listen(port: int = 0, host: str = "127.0.0.1") -> socket.socket:
    """
    A socket on this machine.

    Raises:
        ConfigError: The host is not this machine, or the port is taken.
    """
    if host not in {"127.0.0.1", "localhost", "::1"}:
        raise ConfigError(f"the sandbox listens on this machine only, not on {host}", key="--host")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends at once what is written only where the protocol is named. An answer is two writes; the second would
    # wait until the client acknowledges the first, which takes 40 ms as a rule.
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
        found.listen(2048)
    except OSError as error:
        found.close()
        raise ConfigError(
            f"cannot listen on port {port}: {error.strerror}", key="--port", hint="0 takes a free one"
        ) from error
    return found


def url_of(bound: socket.socket) -> str:
    """The address of a socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """Tells when it answers."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell()


def _server(service: Service, started: Callable[[], None]) -> _Server:
    config = uvicorn.Config(
        _Application(service),
        http=_Protocol,
        loop="asyncio",
        lifespan="off",
        ws="none",
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
    )
    return _Server(config, started)


def serve(service: Service, bound: socket.socket, started: Callable[[], None] = lambda: None) -> None:
    """
    Answer until SIGTERM or SIGINT, which let requests under way finish; in the main thread.

    Args:
        service: What answers.
        bound: Where.
        started: Called once requests are answered.

    Raises:
        SystemExit: SIGTERM came, and nothing is under way any more.
    """
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        with _collecting_rarely():
            _server(service, started).run(sockets=[bound])
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _collecting_rarely() -> Iterator[None]:
    """
    Let Python's cyclic collector run less often, and look at new objects only.

    A request makes tens of thousands of objects, next to none of them in cycles. By default, looking at them again and
    again takes a third of the time of a request that applies instances.
    """
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_MANY_OBJECTS, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def _leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    """
    End the process as an exception does, so that whoever holds data closes it.

    Once it has stopped, uvicorn raises the signal again that stopped it, which would end the process there and then.
    """
    raise SystemExit(0)


class BackgroundServer:
    """
    A server in a thread of its own.

    Attributes:
        url: Its address.
    """

    def __init__(self, service: Service, port: int = 0) -> None:
        self._bound = listen(port)
        self.url = url_of(self._bound)
        started = threading.Event()
        self._server = _server(service, started.set)
        self._thread = threading.Thread(target=self._run, name="pygen-sandbox", daemon=True)
        self._thread.start()
        if not started.wait(30):
            raise RuntimeError("the sandbox's server did not start")

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._bound]))

    def close(self) -> None:
        """Stop it, and let requests under way finish."""
        self._server.should_exit = True
        self._thread.join(10)
        self._bound.close()
