"""A real server on a port of this machine that speaks for `LittleDms`, and misbehaves as a test has planned."""

from __future__ import annotations

import gzip
import json
import socket
import socketserver
import struct
import sys
from collections import Counter
from contextlib import suppress
from email.utils import formatdate
from http import HTTPStatus
from threading import Condition, Thread
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.support.little_dms import LittleDms, Refusal
from tests.support.mischief import FINE, PATIENCE_S, Fault, Gate, Mischief, Received

__all__ = ["PROJECT", "RoughServer"]

PROJECT = "plant"
_PREFIX = f"/api/v1/projects/{PROJECT}"
_PIECES = 50


class RoughServer:
    """
    An HTTP/1.1 server with connections that are kept, for as long as a `with` block lasts.

    Attributes:
        dms: What it speaks for.
        mischief: What goes wrong.
        expired: Tokens that are answered with a 401.
        requests: Every request, in the order in which they came.
        high_water: By path: how many requests were under way at once, at most.
    """

    def __init__(self, dms: LittleDms | None = None) -> None:
        self.dms = dms or LittleDms()
        self.mischief = Mischief()
        self.expired: set[str] = set()
        self.requests: list[Received] = []
        self.high_water: Counter[str] = Counter()
        self._changed = Condition()
        self._under_way: Counter[str] = Counter()
        self._open: set[_Connection] = set()
        self._connections = 0
        self._closing = False
        self._bugs: list[BaseException] = []
        self._listener = _Listener(self)
        self._thread = Thread(target=self._listener.serve_forever, args=(0.01,), name="rough server")

    @property
    def url(self) -> str:
        """Its address, as `base_url` wants it."""
        return f"http://127.0.0.1:{self._listener.server_address[1]}"

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        return len(self._open)

    @property
    def connections(self) -> int:
        """How many connections there have been."""
        return self._connections

    def wait_for_connections(self, count: int = 0) -> None:
        """Wait until no more than *count* connections are open: the other side's close takes a moment to arrive."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._open) <= count, PATIENCE_S):
                raise TimeoutError(f"{len(self._open)} connections are open, not {count}")

    def received(self, path: str) -> list[Received]:
        """The requests for a path, in order."""
        return [request for request in self.requests if request.path == path]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if self._bugs and error is None:
            raise self._bugs[0]

    def close(self) -> None:
        """Close everything; leaving the block then raises what went wrong in here, against all plans."""
        if self._closing:
            return
        self._listener.shutdown()
        with self._changed:
            self._closing = True
            for connection in self._open:
                connection.interrupt()
        for request in self.requests:
            if request.fault is not None and request.fault.gate is not None:
                request.fault.gate.open()
        self._listener.server_close()
        self._thread.join()

    def opened(self, connection: _Connection) -> int:
        """Count a new connection; returns its number."""
        with self._changed:
            self._open.add(connection)
            self._connections += 1
            if self._closing:
                connection.interrupt()
            return self._connections - 1

    def closed(self, connection: _Connection) -> None:
        """Note that a connection is gone."""
        with self._changed:
            self._open.discard(connection)
            self._changed.notify_all()

    def failed(self, bug: BaseException) -> None:
        """Keep what must not happen."""
        self._bugs.append(bug)

    def came(self, request: Received) -> None:
        """Note a request whose head has been read."""
        with self._changed:
            request.number = len(self.requests)
            self.requests.append(request)

    def began(self, request: Received) -> None:
        """Note that a request is under way."""
        with self._changed:
            path = request.path
            self._under_way[path] += 1
            self.high_water[path] = max(self.high_water[path], self._under_way[path])

    def finished(self, request: Received) -> None:
        """Note that it is not: said before the last byte goes out, since after it the next request may come."""
        with self._changed:
            self._under_way[request.path] -= 1

    def reply(self, request: Received) -> _Reply:
        """The service's own answer."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not token or token in self.expired:
            return _Reply.error(401, "Unauthorized")
        asked: dict[str, Any] = dict(request.query) if request.method == "GET" else request.body
        try:
            answer = self.dms.answer(request.method, request.path, asked)
        except Refusal as refusal:
            return _Reply.error(refusal.status, refusal.message)
        request.carried_out = True
        return _Reply(200, json.dumps(answer, ensure_ascii=False).encode())


class _Reply(NamedTuple):
    status: int
    content: bytes
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def error(cls, status: int, message: str) -> _Reply:
        return cls(status, json.dumps({"error": {"code": status, "message": message}}).encode())

    def replaced(self, fault: Fault) -> _Reply:
        """The answer that *fault* makes of it."""
        content = self.content if fault.content is None else fault.content
        return _Reply(fault.status or self.status, content, fault.headers)


class _Listener(socketserver.ThreadingTCPServer):
    request_queue_size = 512
    rough: RoughServer

    def __init__(self, rough: RoughServer) -> None:
        self.rough = rough
        super().__init__(("127.0.0.1", 0), _Connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        assert error is not None
        self.rough.failed(error)


class _Connection(socketserver.BaseRequestHandler):
    """One connection, in a thread of its own."""

    server: _Listener
    request: socket.socket

    def setup(self) -> None:
        """Small pieces go out as they are."""
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""
        self._rough = self.server.rough
        self._number = self._rough.opened(self)

    def handle(self) -> None:
        """Answer until one side has enough."""
        with suppress(OSError):  # the client may go at any moment, as is its right
            while self._exchange():
                pass

    def finish(self) -> None:
        """Close before the connection counts as closed."""
        self.request.close()
        self._rough.closed(self)

    def interrupt(self) -> None:
        """Wake whoever reads from the connection or writes to it."""
        with suppress(OSError):  # it may be gone already
            self.request.shutdown(socket.SHUT_RDWR)

    def _exchange(self) -> bool:
        """One request and its answer; returns whether another may follow."""
        head = self._read_head()
        if not head:
            return False
        request = self._received(head)
        self._rough.came(request)
        request.fault = self._rough.mischief.before_reading(request)
        if request.fault is not None:
            request.in_doubt = request.fault.in_doubt
            return self._end(request.fault)
        request.content = self._read_content(request.headers)
        request.body = json.loads(request.content) if request.content else {}
        self._rough.began(request)
        request.fault = self._rough.mischief.after_reading(request)
        fault = request.fault or FINE
        reply = self._rough.reply(request) if fault.carried_out else _Reply.error(500, "not carried out")
        reply = reply.replaced(fault)
        request.in_doubt = fault.in_doubt and not (fault.delivery == "half of gzip" and reply.status != 200)
        self._send(request, fault, reply)
        return self._end(fault)

    def _received(self, head: bytes) -> Received:
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        url = urlsplit(target)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        path = unquote(url.path).removeprefix(_PREFIX)
        return Received(-1, self._number, method, path, dict(parse_qsl(url.query)), headers)

    def _read_head(self) -> bytes:
        """The request line and the headers; empty when the client has closed the connection."""
        while b"\r\n\r\n" not in self._rest:
            if not self._read_more():
                return b""
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        return head

    def _read_content(self, headers: dict[str, str]) -> bytes:
        length = int(headers.get("content-length", 0))
        while len(self._rest) < length:
            if not self._read_more():
                raise ConnectionAbortedError
        content, self._rest = self._rest[:length], self._rest[length:]
        return gzip.decompress(content) if headers.get("content-encoding") == "gzip" else content

    def _read_more(self) -> bool:
        data = self.request.recv(1 << 16)
        self._rest += data
        return bool(data)

    def _send(self, request: Received, fault: Fault, reply: _Reply) -> None:
        content, encoding = reply.content, []
        if "gzip" in request.headers.get("accept-encoding", ""):
            content, encoding = gzip.compress(content, compresslevel=1, mtime=0), [("Content-Encoding", "gzip")]
        if fault.delivery == "half of gzip":
            content = content[: len(content) // 2]
        own = {
            "Date": formatdate(self._rough.dms.clock(), usegmt=True),
            "Content-Type": "application/json",
            "x-request-id": f"request-{request.number}",
            "Content-Length": str(len(content)),
        }
        head = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
        head += [f"{name}: {value}" for name, value in (own | dict([*encoding, *reply.headers])).items()]
        *early, last = _parts(fault, "\r\n".join([*head, "", ""]).encode("latin-1"), content)
        try:
            for part in early:
                self.request.sendall(part)
            if fault.gate is not None:
                self._hold(fault.gate)
        finally:
            self._rough.finished(request)
        self.request.sendall(last)

    def _hold(self, gate: Gate) -> None:
        """Wait at a gate, as long as there is somebody to answer."""
        gate.arrive()
        while not gate.is_open(0.01):
            if self._is_hung_up():
                raise ConnectionAbortedError

    def _is_hung_up(self) -> bool:
        self.request.setblocking(False)
        try:
            return not self.request.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        finally:
            self.request.setblocking(True)

    def _end(self, fault: Fault) -> bool:
        if fault.ending == "reset":
            # Closing with a linger time of 0 resets the connection; Windows has shorts where others have ints.
            linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        return fault.ending == "keep"


def _parts(fault: Fault, head: bytes, content: bytes) -> list[bytes]:
    """What is sent, one after the other."""
    if fault.delivery == "nothing":
        return [b""]
    if fault.delivery == "half":
        return [head + content[: len(content) // 2]]
    if fault.delivery == "pieces":
        size = len(content) // _PIECES + 1
        return [head, *(content[start : start + size] for start in range(0, len(content), size))]
    return [head + content]
