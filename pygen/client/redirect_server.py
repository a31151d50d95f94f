"""The listener on this machine that a browser brings the outcome of a sign-in to (RFC 8252, 7.3)."""

from __future__ import annotations

import hmac
import os
import secrets
import socketserver
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from threading import Thread
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, urlsplit

from pygen.client.auth import Secret
from pygen.errors import ConfigError

__all__ = ["Arrival", "RedirectServer", "redirect_server"]


class Arrival(NamedTuple):
    """
    What the browser brought: a code, or why there is none.

    Attributes:
        code: The authorization code.
        error: What kind of no it is, in a word of RFC 6749, 4.1.2.1.
        description: The words of the identity provider.
    """

    code: Secret | None
    error: str = ""
    description: str = ""


class RedirectServer(socketserver.ThreadingTCPServer):
    """
    Listens while it is entered, to this machine only.

    Attributes:
        address: Where the browser is to go.
        state: What it must bring along to be heard.
        arrived: Holds what it brought, once it came.
    """

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = os.name == "posix"  # on Windows it would let another program listen on the same port

    def __init__(self, port: int) -> None:
        self.state = Secret(secrets.token_urlsafe(32))
        self.arrived: Future[Arrival] = Future()
        self.arrived.set_running_or_notify_cancel()
        super().__init__(("127.0.0.1", port), _RedirectHandler)
        self.address = f"http://localhost:{self.server_address[1]}"

    def answer_to(self, target: str) -> tuple[str, str, Arrival | None]:
        """What to tell the browser that asks for *target* (status and text), and what it brought."""
        url = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path not in {"", "/"}:
            return "404 Not Found", "There is nothing here.", None
        if not hmac.compare_digest(query.get("state", "").encode(), self.state.encode()):
            return "400 Bad Request", "This is not the answer to a sign-in that is under way.", None
        if "code" in query:
            return "200 OK", "You are signed in. You can close this window.", Arrival(Secret(query["code"]))
        arrival = Arrival(None, query.get("error", ""), query.get("error_description", ""))
        return "200 OK", "You are not signed in; the program says why. You can close this window.", arrival

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of connections that break: browsers open some that they do not use."""

    def __enter__(self) -> Self:
        Thread(target=self.serve_forever, args=(0.05,), daemon=True, name="pygen-redirect").start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()


class _RedirectHandler(socketserver.StreamRequestHandler):
    """One request of a browser; its first line says everything."""

    timeout = 5.0

    def handle(self) -> None:
        """Answer with a page, then hand over what came."""
        server = self.server
        assert isinstance(server, RedirectServer)
        words = self.rfile.readline(65536).decode("latin-1").split()
        while self.rfile.readline(65536).strip():
            pass  # a connection closed before all was read would be reset, and the page lost
        if len(words) < 2 or words[0] != "GET":
            return
        status, text, arrival = server.answer_to(words[1])
        page = f'<!doctype html><meta charset="utf-8"><title>pygen</title><p>{text}</p>\n'.encode()
        headers = (
            f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(page)}\r\n"
            "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n"
        )
        self.wfile.write(headers.encode() + page)
        if arrival is not None:
            with suppress(InvalidStateError):  # the browser came twice
                server.arrived.set_result(arrival)


def redirect_server(port: int) -> RedirectServer:
    """
    A listener on a port of this machine; 0 takes any free one.

    Raises:
        ConfigError: The port is taken, or may not be listened on.
    """
    try:
        return RedirectServer(port)
    except OSError as error:
        raise ConfigError(
            f"cannot listen on port {port} of this machine: {error.strerror}",
            key="redirect_port",
            hint="another sign-in may be under way; 0 takes any free port, where the identity provider allows that",
        ) from error
