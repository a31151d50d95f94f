"""Faults on demand: which requests meet them, and what happens to those."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pygen.sandbox import Faults, Sandbox
from pygen.sandbox.problems import Refusal
from pygen.sandbox.server import listen

LIST = "/api/v1/projects/sandbox/models/instances/list"
TOKEN = {"authorization": "Bearer any"}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """An empty sandbox."""
    with Sandbox() as made:
        yield made


@pytest.fixture(params=["in process", "behind a port"])
def client(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[httpx.Client]:
    """A plain HTTP client, either way in."""
    if request.param == "in process":
        made = httpx.Client(base_url="http://sandbox", transport=sandbox.transport(), headers=TOKEN)
    else:
        made = httpx.Client(base_url=sandbox.base_url, headers=TOKEN)
    with made:
        yield made


def hits(faults: Faults, count: int = 20, path: str = "/models/instances/list") -> list[bool]:
    """Which of some requests meet a fault."""
    return [faults.meet("POST", path, has_cursor=lambda: False) is not None for _ in range(count)]


def test_a_fault_is_met_as_often_as_asked() -> None:
    """`after` lets some pass, `times` ends it."""
    faults = Faults()
    faults.add(status=503, after=2, times=3)
    assert [False, False, True, True, True, False] == hits(faults, 6)


def test_likely_faults_are_the_same_for_the_same_seed() -> None:
    """Another seed meets other requests; clearing starts anew."""
    drawn = []
    for seed in (1, 1, 2):
        faults = Faults(seed)
        faults.add(status=503, probability=0.5)
        drawn.append(hits(faults))
    assert drawn[0] == drawn[1] != drawn[2]
    faults = Faults(1)
    faults.add(status=503, probability=0.5)
    hits(faults, 7)
    faults.clear()
    faults.add(status=503, probability=0.5)
    assert drawn[0] == hits(faults)


def test_paths_and_methods_choose() -> None:
    """A pattern and a method say which requests; the first fault that fits is met."""
    faults = Faults()
    faults.add(path="/models/instances/*", method="post", status=429)
    faults.add(path="*", status=500)
    first = faults.meet("POST", "/models/instances/list", has_cursor=lambda: False)
    second = faults.meet("GET", "/models/instances/list", has_cursor=lambda: False)
    assert (429, 500) == (first and first.status, second and second.status)
    assert [(1, 1), (1, 1)] == [(met.seen, met.met) for met in faults]


@pytest.mark.parametrize(
    "wrong", [{"kind": "meteor"}, {"status": 200}, {"probability": 0}, {"times": 0}, {"colour": "red"}]
)
def test_what_is_no_fault_is_refused(wrong: dict[str, Any]) -> None:
    """A wrong value or a wrong name is named."""
    with pytest.raises(Refusal, match=next(iter(wrong))):
        Faults().add(**wrong)


def test_a_status_is_answered_with_what_goes_with_it(client: httpx.Client, sandbox: Sandbox) -> None:
    """A 429 tells when to come back, a lock conflict that repeating is safe."""
    sandbox.faults.add(status=429, retry_after=2, times=1)
    sandbox.faults.add(status=409, auto_retryable=True, times=1)
    busy, locked = client.post(LIST, json={}), client.post(LIST, json={})
    assert (429, "2") == (busy.status_code, busy.headers["retry-after"])
    assert "Too many requests" in busy.json()["error"]["message"]
    assert (409, True) == (locked.status_code, locked.json()["error"]["isAutoRetryable"])
    assert "true" == locked.headers["cdf-is-auto-retryable"]


def test_connections_break(client: httpx.Client, sandbox: Sandbox) -> None:
    """Without an answer, or in the middle of one; afterwards all is well."""
    sandbox.faults.add(kind="reset", times=1)
    sandbox.faults.add(kind="truncate", times=1)
    with pytest.raises(httpx.ReadError):
        client.get("/api/v1/projects/sandbox/models/statistics")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        client.get("/api/v1/projects/sandbox/models/statistics")
    assert 200 == client.get("/api/v1/token/inspect").status_code


def test_cursors_expire(client: httpx.Client, sandbox: Sandbox) -> None:
    """Only requests that bring one are refused."""
    sandbox.faults.add(kind="expired_cursor")
    first = client.get("/api/v1/projects/sandbox/nothing")
    answer = client.get("/api/v1/projects/sandbox/nothing", params={"cursor": "x"})
    synced = client.post("/api/v1/projects/sandbox/nothing", json={"cursors": {"a": "x"}})
    assert [501, 400, 400] == [first.status_code, answer.status_code, synced.status_code]
    assert answer.json()["error"]["message"].startswith("Cursor has expired")


def test_search_may_lag_behind(client: httpx.Client, sandbox: Sandbox) -> None:
    """What was just written is listed, and found only when the fault is gone."""
    base = "/api/v1/projects/sandbox/models"
    container = {"type": "container", "space": "s", "externalId": "C"}
    view = {"type": "view", "space": "s", "externalId": "V", "version": "v1"}
    mapped = {"name": {"container": container, "containerPropertyIdentifier": "name"}}
    sources = [{"source": view, "properties": {"name": "pump"}}]
    for path, item in [
        ("spaces", {"space": "s"}),
        ("containers", {"space": "s", "externalId": "C", "properties": {"name": {"type": {"type": "text"}}}}),
        ("views", {"space": "s", "externalId": "V", "version": "v1", "properties": mapped}),
        ("instances", {"instanceType": "node", "space": "s", "externalId": "p", "sources": sources}),
    ]:
        assert 200 == client.post(f"{base}/{path}", json={"items": [item]}).status_code
    search, count = {"view": view, "query": "pump"}, {"view": view, "aggregates": [{"count": {}}]}
    sandbox.faults.add(kind="search_lag", path="/models/instances/*", delay=60)
    assert [] == client.post(f"{base}/instances/search", json=search).json()["items"]
    assert 0 == client.post(f"{base}/instances/aggregate", json=count).json()["items"][0]["aggregates"][0]["value"]
    assert 1 == len(client.post(f"{base}/instances/list", json={"sources": [{"source": view}]}).json()["items"])
    sandbox.faults.clear()
    assert 1 == len(client.post(f"{base}/instances/search", json=search).json()["items"])


def test_answers_may_be_slow(sandbox: Sandbox) -> None:
    """A client gives up when its own time is up."""
    sandbox.faults.add(kind="slow", delay=30, times=1)
    with (
        httpx.Client(base_url=sandbox.base_url, headers=TOKEN, timeout=0.2) as client,
        pytest.raises(httpx.ReadTimeout),
    ):
        client.get("/api/v1/projects/sandbox/nothing")


def test_faults_are_administered_over_http(client: httpx.Client) -> None:
    """For tests in any language: add, list with counts, remove; without a token."""
    added = client.post("/_sandbox/faults", json={"faults": [{"status": 503, "times": 1}], "seed": 3})
    assert [("status", 503, 0)] == [(each["kind"], each["status"], each["met"]) for each in added.json()["faults"]]
    assert 503 == client.get("/api/v1/projects/sandbox/nothing").status_code
    assert [1] == [each["met"] for each in client.get("/_sandbox/faults").json()["faults"]]
    assert [] == client.delete("/_sandbox/faults").json()["faults"]
    assert 400 == client.post("/_sandbox/faults", json={"faults": [{"status": 1}]}).status_code
    assert 400 == client.post("/_sandbox/faults", json={"fault": []}).status_code
    assert 405 == client.put("/_sandbox/faults", json={}).status_code


def test_asynchronous_clients_come_in_too(sandbox: Sandbox) -> None:
    """The transport answers in threads."""
    import asyncio

    async def ask() -> int:
        async with httpx.AsyncClient(
            base_url="http://sandbox", transport=sandbox.async_transport(), headers=TOKEN
        ) as client:
            sandbox.faults.add(kind="reset", times=1)
            with pytest.raises(httpx.ReadError):
                await client.get("/api/v1/projects/sandbox/nothing")
            return (await client.get("/api/v1/token/inspect")).status_code

    assert 200 == asyncio.run(ask())


def serve(*arguments: str) -> subprocess.Popen[str]:
    """Start `pygen sandbox serve`."""
    command = [sys.executable, "-m", "pygen", "sandbox", "serve", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_command_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    """One line says where; `--print-env` says the rest; SIGTERM ends it cleanly, and the file is closed."""
    file = tmp_path / "data.db"
    fault = '{"status": 503, "times": 1}'
    process = serve("--print-env", "--token", "secret", "--fault", fault, "-q", "--db", str(file))
    try:
        assert process.stdout is not None
        address = process.stdout.readline().removeprefix("listening on ").strip()
        assert address.startswith("http://127.0.0.1:")
        env = [process.stdout.readline().strip() for _ in range(3)]
        assert [f"CDF_URL={address}", "CDF_PROJECT=sandbox", "CDF_TOKEN=secret"] == env
        headers = {"authorization": "Bearer secret"}
        assert 503 == httpx.get(f"{address}/api/v1/projects/sandbox/nothing", headers=headers).status_code
        assert 200 == httpx.get(f"{address}/api/v1/token/inspect", headers=headers).status_code
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=30)
    assert (0, "") == (process.returncode, errors)
    assert [file] == list(tmp_path.iterdir())


def test_what_is_written_is_sent_at_once() -> None:
    """The socket names its protocol: only then does asyncio switch Nagle's algorithm off, which would cost 40 ms."""
    with listen() as bound:
        assert socket.IPPROTO_TCP == bound.proto


def test_a_port_that_is_taken_is_a_matter_of_usage(sandbox: Sandbox) -> None:
    """Exit code 2, and the way out."""
    port = sandbox.base_url.rpartition(":")[2]
    process = serve("--port", port)
    _, errors = process.communicate(timeout=30)
    assert 2 == process.returncode
    assert f"cannot listen on port {port}" in errors
    assert "0 takes a free one" in errors


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    """It is left alone."""
    file = tmp_path / "notes.txt"
    file.write_text("my notes " * 100, encoding="utf-8")
    process = serve("--db", str(file))
    _, errors = process.communicate(timeout=30)
    assert (2, "my notes " * 100) == (process.returncode, file.read_text(encoding="utf-8"))
    assert "notes.txt" in errors


def test_a_fault_on_the_command_line_is_checked() -> None:
    """A wrong name is named before anything is served."""
    process = serve("--fault", json.dumps({"statu": 1}))
    _, errors = process.communicate(timeout=30)
    assert 2 == process.returncode
    assert "Unexpected field - statu" in errors
