"""The listener that a browser brings the outcome of a sign-in to, asked as a browser asks."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from pygen.client.auth import Secret
from pygen.client.redirect_server import Arrival, RedirectServer, redirect_server
from pygen.errors import ConfigError
from tests.unit.client.identity_provider import CANARY
from tests.unit.client.signing_in import sync_client


@pytest.fixture
def server() -> Iterator[RedirectServer]:
    """A listener on a free port."""
    with redirect_server(0) as listening:
        yield listening


def here(server: RedirectServer) -> str:
    """Its address; the name of this machine may mean ::1 first."""
    return server.address.replace("localhost", "127.0.0.1")


def bring(server: RedirectServer, target: str) -> httpx.Response:
    """What a browser is told."""
    with sync_client() as client:
        return client.get(here(server) + target)


def test_a_code(server: RedirectServer) -> None:
    """It is handed over, hidden, and the person reads that all is well."""
    page = bring(server, f"/?code={CANARY}&state={server.state}")
    assert (200, True) == (page.status_code, "You are signed in. You can close this window." in page.text)
    arrival = server.arrived.result(10)
    assert Arrival(Secret(CANARY)) == arrival
    assert CANARY not in repr(arrival)


def test_a_no(server: RedirectServer) -> None:
    """The words of the identity provider are handed over, not shown on the page."""
    page = bring(server, f"?error=access_denied&error_description=%3Cb%3Eno&state={server.state}")
    assert (200, False, True) == (page.status_code, "<b>" in page.text, "You are not signed in" in page.text)
    assert Arrival(None, "access_denied", "<b>no") == server.arrived.result(10)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/?code=c&state=wrong", 400),
        ("/?code=c&state=%C3%A9", 400),
        ("/?code=c", 400),
        ("/", 400),
        ("/favicon.ico", 404),
        ("/x?code=c&state={state}", 404),
    ],
)
def test_only_the_answer_to_this_sign_in_counts(server: RedirectServer, target: str, status: int) -> None:
    """Another state and another path are turned away, and the wait goes on."""
    assert status == bring(server, target.format(state=server.state)).status_code
    assert not server.arrived.done()


@pytest.mark.parametrize("sent", [b"POST /?code=c&state={state} HTTP\r\n\r\n", b"GET\r\n\r\n", b"\xff\r\n\r\n", b""])
def test_what_is_no_request_of_a_browser(server: RedirectServer, sent: bytes) -> None:
    """Other methods, half requests and connections that are not used get no answer, and the wait goes on."""
    with socket.create_connection(("127.0.0.1", urlsplit(server.address).port or 0), timeout=10) as connection:
        connection.sendall(sent.replace(b"{state}", server.state.encode()))
        connection.shutdown(socket.SHUT_WR)
        assert b"" == connection.recv(1)
    assert not server.arrived.done()
    assert 200 == bring(server, f"?code=c&state={server.state}").status_code


def test_the_first_answer_counts(server: RedirectServer) -> None:
    """A person may load the page again."""
    for code in ("first", "second"):
        assert 200 == bring(server, f"?code={code}&state={server.state}").status_code
        assert Arrival(Secret("first")) == server.arrived.result(10)


def test_the_port_is_taken(server: RedirectServer) -> None:
    """The error names the port and the way out."""
    port = urlsplit(server.address).port or 0
    with pytest.raises(ConfigError, match=rf"redirect_port: cannot listen on port {port} .*0 takes any free port"):
        redirect_server(port)


def test_the_port_is_free_afterwards() -> None:
    """Whoever leaves it listens no more, and the next sign-in can take the port."""
    with redirect_server(0) as server:
        port = urlsplit(server.address).port or 0
    with pytest.raises(httpx.ConnectError):
        bring(server, "/")
    with redirect_server(port) as again:
        assert (server.address, False) == (again.address, server.state == again.state)
