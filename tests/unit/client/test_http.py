"""What requests look like, and what a client may be told."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import logging
import ssl
import sys
from pathlib import Path
from types import MappingProxyType
from typing import Any

import certifi
import httpx
import pytest

from pygen._version import __version__
from pygen.client import AsyncPygenClient, Connections, DmsInputError, Limits, PygenClient
from pygen.client.calls import Call
from pygen.client.http import HttpBase
from pygen.client.limits import budget_of
from pygen.client.models.ids import ContainerId, EdgeId, NodeId, ViewId
from pygen.errors import ConfigError, MissingExtraError
from tests.unit.client.wire import CANARY, EMPTY, Run, Wire, both

VIEW = ViewId("sp", "Pump", "v1")
VIEW_JSON = {"type": "view", "space": "sp", "externalId": "Pump", "version": "v1"}


def base(**options: Any) -> HttpBase:
    """A client that cannot send."""
    return HttpBase(**{"base_url": "https://cluster.example", "project": "plant", "credentials": "token"} | options)


def body_of(value: object) -> Any:
    """How a value looks in a body."""
    content, _ = base().encode(Call("o", "/p", {"value": value}))
    assert content is not None
    return json.loads(content)["value"]


@both
def test_a_request_says_who_asks_for_what(run: Run) -> None:
    """Address, method, headers and body are those of the reference."""
    wire = Wire(EMPTY)
    run(wire, lambda client: client.instances.page(sources=[VIEW]))
    (request,) = wire.requests
    assert f"https://cluster.example/api/v1/projects/{wire.project}/models/instances/list" == str(request.url)
    assert "POST" == request.method
    wanted = {
        "authorization": f"Bearer {CANARY}",
        "content-type": "application/json",
        "accept": "application/json",
        "accept-encoding": "gzip",
        "cdf-version": "20230101",
        "x-cdp-sdk": f"pygen:{__version__}",
        "user-agent": f"pygen-cdf/{__version__}",
    }
    assert wanted.items() <= dict(request.headers).items()
    assert "x-cdp-app" not in request.headers
    assert {"instanceType": "node", "sources": [{"source": VIEW_JSON}], "limit": 1000} == json.loads(request.content)


@both
def test_query_parameters(run: Run) -> None:
    """What is None is left out, truth values are written as JSON writes them, and a sequence is repeated."""
    wire = Wire(EMPTY)
    params = {"limit": 5, "all": True, "cursor": None, "space": ["a", "b"]}
    run(wire, lambda client: client.request("GET", "/timeseries", params=params))
    assert b"limit=5&all=true&space=a&space=b" == wire.requests[0].url.query
    assert b"" == wire.requests[0].content
    assert "content-type" not in wire.requests[0].headers


def test_a_call_beside_the_projects() -> None:
    """What belongs to no project goes to an address without one."""
    assert "https://cluster.example/api/v1/token/inspect" == base().url_of(
        Call("o", "/token/inspect", of_project=False)
    )


# --- bodies ---


def test_large_bodies_are_compressed() -> None:
    """From a kilobyte on the body is sent as gzip, always with the same bytes; text outside ASCII survives."""
    wire = Wire(EMPTY)
    with wire.client() as client:
        for _ in range(2):
            client.request("POST", "/x", json={"items": [f"størrelse-{n}" for n in range(100)]})
        client.request("POST", "/x", json={"items": ["ø"]})
    large, again, small = wire.requests
    assert "gzip" == large.headers["content-encoding"]
    assert str(len(large.content)) == large.headers["content-length"]
    assert large.content == again.content
    assert "størrelse-7" == json.loads(gzip.decompress(large.content))["items"][7]
    assert "content-encoding" not in small.headers
    assert '{"items":["ø"]}'.encode() == small.content


@pytest.mark.parametrize(("size", "encoding"), [(1023, {}), (1024, {"Content-Encoding": "gzip"})])
def test_from_which_size_on(size: int, encoding: dict[str, str]) -> None:
    """Bodies of 1,024 bytes and more are compressed."""
    _, headers = base().encode(Call("o", "/p", {"value": "x" * (size - len('{"value":""}'))}))
    assert {"Content-Type": "application/json"} | encoding == headers


def test_compression_can_be_turned_off() -> None:
    """A gateway that understands no gzip is sent the body as it is."""
    content, headers = base(gzip_requests=False).encode(Call("o", "/p", {"value": "x" * 5000}))
    assert {"value": "x" * 5000} == json.loads(content or b"")
    assert {"Content-Type": "application/json"} == headers


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (dt.datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=dt.UTC), "2026-01-02T03:04:05.678+00:00"),
        (dt.datetime(2026, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=-3))), "2026-01-02T00:00:00.000-03:00"),
        (dt.datetime(2026, 1, 2), "2026-01-02T00:00:00.000+00:00"),  # noqa: DTZ001 -- without a zone on purpose
        (dt.date(2026, 1, 2), "2026-01-02"),
        (NodeId("sp", "x"), {"space": "sp", "externalId": "x"}),
        (EdgeId("sp", "x"), {"space": "sp", "externalId": "x"}),
        (VIEW, VIEW_JSON),
        (ContainerId("sp", "Pump"), {"type": "container", "space": "sp", "externalId": "Pump"}),
        (MappingProxyType({"a": 1}), {"a": 1}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_a_form_in_json(value: object, expected: object) -> None:
    """Times have milliseconds and a zone (UTC where none is given), identifiers are references."""
    assert expected == body_of(value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({1, 2}, "a set has no JSON form"),
        (float("nan"), "Out of range float values are not JSON compliant"),
        ("\ud800", "a text holds half of a surrogate pair"),
        (b"bytes", "a bytes has no JSON form"),
    ],
)
@both
def test_what_has_none(run: Run, value: object, message: str) -> None:
    """What is no JSON is refused before anything is sent, without repeating the value."""
    wire = Wire(EMPTY)
    with pytest.raises(DmsInputError, match=message) as caught:
        run(wire, lambda client: client.request("POST", "/x", json={"value": value}))
    assert [] == wire.requests
    assert ("POST /x", wire.project) == (caught.value.operation, caught.value.project)


# --- where and as whom ---


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://cluster.example", "clear text"),
        ("https://cluster.example/api/v1", "must end before /api/v1"),
        ("https://cluster.example/api/v1/projects/p", "must end before /api/v1"),
        (f"https://me:{CANARY}@cluster.example", "a user, a query or a fragment"),
        (f"https://cluster.example?token={CANARY}", "a user, a query or a fragment"),
        ("cluster.example", "not an http"),
        ("https://c.example:port", "not a URL"),
    ],
)
def test_addresses_that_are_refused(url: str, message: str) -> None:
    """Clear text to another machine, a path too long and secrets in the address are refused, and not repeated."""
    with pytest.raises(ConfigError, match=message) as caught:
        PygenClient(base_url=url, project="p", credentials="t")
    assert CANARY not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://cluster.example/", "https://cluster.example"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("https://proxy.example/cdf/", "https://proxy.example/cdf"),
    ],
)
def test_addresses_that_are_fine(url: str, expected: str) -> None:
    """Https anywhere, http on this machine, and a private link's path."""
    assert expected == base(base_url=url).base_url


def test_a_project_is_part_of_the_path_only() -> None:
    """A project cannot break out of its place."""
    wire = Wire(EMPTY)
    with wire.client(project="a/../b?") as client:
        client.instances.page()
    assert b"/api/v1/projects/a%2F..%2Fb%3F/models/instances/list" == wire.requests[0].url.raw_path


@pytest.mark.parametrize("project", ["", " ", "plant ", "\tplant"])
def test_projects_that_are_refused(project: str) -> None:
    """A project has a name, and no white space around it."""
    with pytest.raises(ConfigError, match="not the name of a project"):
        base(project=project)


@pytest.mark.parametrize("credentials", [None, 7, b"token", ["token"]])
def test_credentials_that_are_none(credentials: object) -> None:
    """What can say no token is refused at once."""
    with pytest.raises(ConfigError, match="does not say a token"):
        base(credentials=credentials)


@both
def test_name_of_the_application(run: Run) -> None:
    """The service is told which application is asking, also where its name is not ASCII."""
    wire = Wire(EMPTY)
    run(wire, lambda client: client.request("GET", "/x"), app="Vannføring 2")
    raw = dict(wire.requests[0].headers.raw)
    assert "Vannføring 2".encode("latin-1") == raw[b"x-cdp-app"]


@pytest.mark.parametrize("app", ["a\r\nx-evil: 1", "tab\t", "\x00", "水位", "\u202e"])
def test_names_that_are_no_header(app: str) -> None:
    """Line ends, control characters and text beyond Latin-1 are refused, not sent as another header."""
    with pytest.raises(ConfigError, match="cannot be a header"):
        base(app=app)


def test_clients_show_no_credentials() -> None:
    """A client shows where it sends to, and not as whom."""
    for client in (Wire(EMPTY).client(), Wire(EMPTY).async_client()):
        assert f"{type(client).__name__}(base_url='https://cluster.example', project='{client.project}')" == repr(
            client
        )
    connections = Connections(proxy=f"http://me:{CANARY}@proxy.example")
    assert CANARY not in f"{connections} {connections!r}"


def test_defaults() -> None:
    """Without options, an answer is waited for 30 seconds and a call takes five minutes; half of each limit is used."""
    client = base(project="defaults")
    assert (30.0, 300.0, 10) == (client.timeout_s, client.retry.deadline_s, client.retry.retries)
    assert Limits(read=4, search=2, write=2, delete=1, schema_read=2, schema_write=1, other=4) == client.budget.limits


def test_limits_are_those_of_the_project() -> None:
    """Clients of a project share a budget, and the one made last decides."""
    first = base(project="shared")
    second = base(project="shared", limits=Limits(read=1))
    assert first.budget is second.budget is budget_of("https://CLUSTER.example/", "shared")
    assert 1 == first.budget.limits.read
    assert first.budget is not base(project="another").budget


# --- connections ---


def http_options(connections: Connections) -> dict[str, Any]:
    """What the HTTP library's clients are made with."""
    return base(connections=connections)._http_options(has_transport=False)


def test_connection_settings() -> None:
    """All that can be said about connections reaches the HTTP library."""
    options = http_options(
        Connections(most=7, keep=3, keep_s=2.5, http2=True, verify=False, proxy="http://p.example:1")
    )
    assert httpx.Limits(max_connections=7, max_keepalive_connections=3, keepalive_expiry=2.5) == options["limits"]
    assert (True, False, "http://p.example:1") == (options["http2"], options["verify"], str(options["proxy"]))


def test_a_transport_makes_its_own_connections() -> None:
    """Nothing about connections is said where a transport sends."""
    options = base(connections=Connections(proxy="http://p.example"))._http_options(has_transport=True)
    assert {"auth", "follow_redirects", "headers", "max_redirects"} == set(options)


@pytest.mark.parametrize("kind", [PygenClient, AsyncPygenClient])
def test_http2(kind: type[Any]) -> None:
    """A client that offers HTTP/2 can be made, and keeps the library that compresses headers from logging them."""
    logger = logging.getLogger("hpack")
    level = logger.level
    try:
        kind(
            base_url="https://c.example",
            project="p",
            credentials="t",
            connections=Connections(http2=True, verify=False),
        )
        assert not logger.isEnabledFor(logging.DEBUG)
    finally:
        logger.setLevel(level)


def test_http2_without_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra is not installed, the error names it."""
    monkeypatch.setitem(sys.modules, "h2", None)
    with pytest.raises(MissingExtraError, match="http2"):
        http_options(Connections(http2=True))


@pytest.mark.parametrize(
    "proxy",
    [f"ftp://me:{CANARY}@p.example", f"p.example:{CANARY}", f"http://me:{CANARY}@p.example:port", "", "http://"],
)
def test_proxies_that_are_refused(proxy: str) -> None:
    """What is no address of a proxy is refused, without its password."""
    with pytest.raises(ConfigError, match="not the address of a proxy") as caught:
        http_options(Connections(proxy=proxy))
    assert CANARY not in f"{caught.value} {caught.value!r}"
    assert caught.value.__context__ is None


def test_body_that_is_nested_too_deeply() -> None:
    """Is a mistake of the input like any other, not an error of the interpreter's."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(DmsInputError, match="cannot be written as JSON: it is nested too deeply"):
        base().encode(Call("o", "/p", {"value": deep}))


@pytest.mark.parametrize("timeout_s", [0, -1, float("nan")])
def test_no_time_to_wait(timeout_s: float) -> None:
    """An attempt needs some time."""
    with pytest.raises(ConfigError, match="no time to wait"):
        base(timeout_s=timeout_s)


@pytest.mark.parametrize("project", ["", " p", "p\n", ".", ".."])
def test_project_that_is_none(project: str) -> None:
    """What cannot be a part of an address is no project's name."""
    with pytest.raises(ConfigError, match="is not the name of a project"):
        base(project=project)


def test_authorities_at_a_path(tmp_path: Path) -> None:
    """A file or a folder of certificates becomes a context, without a warning of the HTTP library's."""
    authorities = Path(certifi.where())
    for verify, known in ((str(authorities), True), (authorities, True), (tmp_path, False)):
        with PygenClient(
            base_url="https://cluster.example",
            project="plant",
            credentials="token",
            connections=Connections(verify=verify),
        ) as client:
            context = client._http_options(has_transport=False)["verify"]
        assert isinstance(context, ssl.SSLContext)
        assert known == bool(context.cert_store_stats()["x509_ca"])


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_authorities_that_are_none(tmp_path: Path, content: str | None) -> None:
    """A path without certificates is named when the client is made."""
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=r"no certificates at .*ca\.pem"):
        PygenClient(
            base_url="https://cluster.example",
            project="plant",
            credentials="token",
            connections=Connections(verify=str(path)),
        )
