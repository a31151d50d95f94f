"""An identity provider, and a service that takes its tokens: a real HTTP server in a thread of its own."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

__all__ = ["CANARY", "Answer", "IdentityProvider"]

CANARY = "canary-9f8e7d6c5b4a"
"""Part of every secret that is handed out, and to be part of those that are sent: nothing may show it."""


class Answer(NamedTuple):
    """
    An answer in place of the usual one.

    Attributes:
        status: The HTTP status.
        body: What is said, as JSON unless it is a text.
        cut: Whether the connection breaks in the middle of the body.
        headers: More headers.
    """

    status: int
    body: dict[str, Any] | str
    cut: bool = False
    headers: tuple[tuple[str, str], ...] = ()


class IdentityProvider:
    """
    Hands out tokens: client credentials, device codes, authorization codes (S256 verified), refresh tokens.

    Attributes:
        url: Its address. `{url}/service` is the service; `{url}/oauth2/v2.0/...` serves as Entra ID's endpoints.
        forms: What was sent to the token endpoint, in order.
        service_tokens: The tokens that requests to the service carried.
        valid: The tokens that the service takes.
        answers: What the token endpoint says next, in place of the usual answers.
        expires_in: Seconds, as the token endpoint says it; None: it does not say.
        gives_refresh_tokens: Whether people get one.
        codes: The authorization codes given out, with their challenge and redirect address.
        devices: Answers of the device endpoint in place of the usual ones.
        asked: Set when the token endpoint is asked.
        gate: The token endpoint answers only while this is set.
    """

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []
        self.service_tokens: list[str] = []
        self.valid: set[str] = set()
        self.answers: deque[Answer] = deque()
        self.devices: deque[Answer] = deque()
        self.expires_in: Any = 3600
        self.gives_refresh_tokens = True
        self.codes: dict[str, dict[str, str]] = {}
        self.asked = Event()
        self.gate = Event()
        self.gate.set()
        self._count = itertools.count(1)
        self._lock = Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.authority = f"{self.url}/tenant"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()

    def token(self, form: dict[str, str]) -> Answer:
        """What the token endpoint says to *form*."""
        with self._lock:
            self.forms.append(form)
            scripted = self.answers.popleft() if self.answers else None
        self.asked.set()
        self.gate.wait(10)
        if scripted is not None:
            return scripted
        if form["grant_type"] == "authorization_code" and not self._redeems(form):
            return Answer(400, {"error": "invalid_grant", "error_description": f"no such code {form['code']}"})
        number = next(self._count)
        body = {"access_token": f"{CANARY}-token-{number}", "token_type": "Bearer", "expires_in": self.expires_in}
        if self.expires_in is None:
            del body["expires_in"]
        if self.gives_refresh_tokens and form["grant_type"] != "client_credentials":
            body["refresh_token"] = f"{CANARY}-refresh-{number}"
        self.valid.add(body["access_token"])
        return Answer(200, body)

    def _redeems(self, form: dict[str, str]) -> bool:
        asked = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return (
            asked is not None
            and asked["code_challenge_method"] == "S256"
            and asked["code_challenge"] == challenge
            and asked["redirect_uri"] == form["redirect_uri"]
            and asked["client_id"] == form["client_id"]
        )

    def device(self) -> Answer:
        """A device code."""
        if self.devices:
            return self.devices.popleft()
        body = {
            "device_code": f"{CANARY}-device-{next(self._count)}",
            "user_code": "ABCD-EFGH",
            "verification_uri": "https://example.com/device",
            "expires_in": 900,
            "interval": 5,
        }
        return Answer(200, body)

    def authorize(self, query: dict[str, str]) -> Answer:
        """The sign-in page of somebody who is signed in: it sends the browser back at once."""
        code = f"{CANARY}-code-{next(self._count)}"
        self.codes[code] = query
        back = urlencode({"code": code, "state": query["state"]})
        return Answer(302, "", headers=(("Location", f"{query['redirect_uri']}?{back}"),))

    def service(self, token: str) -> Answer:
        """What the service says to a request with *token*."""
        with self._lock:
            self.service_tokens.append(token)
        return Answer(200, {"items": []}) if token in self.valid else Answer(401, {"error": {"code": 401}})

    def discovery(self) -> Answer:
        """What this identity provider says about itself."""
        base = f"{self.authority}/oauth2/v2.0"
        return Answer(
            200,
            {
                "token_endpoint": f"{base}/token",
                "authorization_endpoint": f"{base}/authorize",
                "device_authorization_endpoint": f"{base}/devicecode",
            },
        )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # tests connect with hundreds of tasks at once


def _handler(idp: IdentityProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path.endswith("/authorize"):
                self._say(idp.authorize(dict(parse_qsl(url.query))))
            elif url.path.endswith("/.well-known/openid-configuration"):
                self._say(idp.discovery())
            else:
                self._say(idp.service(self.headers.get("Authorization", "").removeprefix("Bearer ")))

        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self._say(idp.device() if self.path.endswith("/devicecode") else idp.token(form))

        def _say(self, answer: Answer) -> None:
            body = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
            content = body.encode()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(content) + (100 if answer.cut else 0)))
            for name, value in answer.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
            self.close_connection = self.close_connection or answer.cut

        def log_request(self, code: Any = "-", size: Any = "-") -> None:
            """Tests read `forms` and `service_tokens` instead."""

    return Handler
