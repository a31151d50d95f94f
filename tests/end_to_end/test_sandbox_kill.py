"""A sandbox that keeps its data in a file and is killed, or finds no room: what it acknowledged is there, and whole."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import httpx

from pygen.sandbox import Sandbox
from tests.end_to_end.generating import ROOT

Json: TypeAlias = dict[str, Any]
State: TypeAlias = int | None
"""The round in which all nodes of a batch were written last; None: they are deleted, or were never there."""

KILLS = 15
WRITERS = 2
BATCHES_OF_WRITER = 4
NODES_OF_BATCH = 120

VIEW: Json = {"type": "view", "space": "s", "externalId": "Thing", "version": "v1"}
CONTAINER: Json = {"type": "container", "space": "s", "externalId": "Thing"}
PROPERTIES: dict[str, Json] = {
    "round": {"type": {"type": "int64"}},
    "batch": {"type": {"type": "text"}},
    "next": {"type": {"type": "direct"}},
    "text": {"type": {"type": "text"}},
}


class Served:
    """`pygen sandbox serve --db FILE` in a process of its own."""

    def __init__(self, file: Path) -> None:
        command = [sys.executable, "-m", "pygen", "sandbox", "serve", "--quiet", "--db", str(file)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.client = client(line.removeprefix("listening on ").strip())

    def kill(self) -> None:
        """End it at once, whatever it is doing."""
        self.process.kill()
        self.process.communicate()

    def close(self) -> None:
        """End it, if it is not killed."""
        self.client.close()
        self.kill()


def client(address: str, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """A client of the only project of a sandbox."""
    headers = {"authorization": "Bearer any"}
    return httpx.Client(
        base_url=f"{address}/api/v1/projects/sandbox/models", headers=headers, transport=transport, timeout=60
    )


def post(client: httpx.Client, path: str, body: Json) -> Json:
    """What a request is answered with that is not refused."""
    response = client.post(path, json=body)
    assert 200 == response.status_code, response.text
    answer: Json = response.json()
    return answer


def define(client: httpx.Client) -> None:
    """Make a container and a view of it."""
    post(client, "/spaces", {"items": [{"space": "s"}]})
    container = {"space": "s", "externalId": "Thing", "properties": PROPERTIES}
    post(client, "/containers", {"items": [container]})
    properties = {name: {"container": CONTAINER, "containerPropertyIdentifier": name} for name in PROPERTIES}
    view = {key: VIEW[key] for key in ("space", "externalId", "version")}
    post(client, "/views", {"items": [{**view, "properties": properties}]})


def listed(client: httpx.Client) -> Iterator[Json]:
    """All nodes with data, page by page."""
    answer: Json = {"nextCursor": None}
    while "nextCursor" in answer:
        body = {"sources": [{"source": VIEW}], "limit": 1000, "cursor": answer["nextCursor"]}
        answer = post(client, "/instances/list", body)
        yield from answer["items"]


def batch_item(batch: str, number: int, written: int) -> Json:
    """One node of a batch; it leads to the next one."""
    following = {"space": "s", "externalId": f"{batch}-{(number + 1) % NODES_OF_BATCH}"}
    properties = {"round": written, "batch": batch, "next": following, "text": f"{written}" * 20}
    source = {"source": VIEW, "properties": properties}
    return {"instanceType": "node", "space": "s", "externalId": f"{batch}-{number}", "sources": [source]}


def names(batch: str) -> list[Json]:
    """The nodes of a batch."""
    return [
        {"instanceType": "node", "space": "s", "externalId": f"{batch}-{number}"} for number in range(NODES_OF_BATCH)
    ]


class Writer(threading.Thread):
    """
    Writes, writes anew and deletes its batches, each with one request, until the service is gone.

    Attributes:
        acknowledged: The state of each batch that an answer told of.
        attempted: The batch whose request had no answer, and the state it would have brought.
    """

    def __init__(self, number: int, served: Served, states: dict[str, State], seed: int) -> None:
        super().__init__()
        self.acknowledged = {
            f"w{number}b{batch}": states.get(f"w{number}b{batch}") for batch in range(BATCHES_OF_WRITER)
        }
        self.attempted: tuple[str, State] | None = None
        self.answers = 0
        self._url = served.client.base_url
        self._chance = random.Random(seed)
        self._round = max((state or 0 for state in self.acknowledged.values()), default=0)

    def run(self) -> None:
        """Write on."""
        with client(f"{self._url.scheme}://{self._url.netloc.decode()}") as connection:
            while True:
                batch = self._chance.choice(sorted(self.acknowledged))
                is_there = self.acknowledged[batch] is not None
                self._round += 1
                state = None if is_there and self._chance.random() < 0.25 else self._round
                self.attempted = batch, state
                try:
                    self._send(connection, batch, state)
                except httpx.TransportError:
                    return
                self.acknowledged[batch] = state
                self.attempted = None
                self.answers += 1

    def _send(self, connection: httpx.Client, batch: str, state: State) -> None:
        if state is None:
            post(connection, "/instances/delete", {"items": names(batch)})
        else:
            items = [batch_item(batch, number, state) for number in range(NODES_OF_BATCH)]
            post(connection, "/instances", {"items": items})


def found_states(client: httpx.Client) -> dict[str, State]:
    """The state of each batch that has nodes; all of a batch have the same."""
    rounds: dict[str, list[int]] = {}
    for item in listed(client):
        values = item["properties"]["s"]["Thing/v1"]
        assert values["text"] == f"{values['round']}" * 20
        rounds.setdefault(values["batch"], []).append(values["round"])
    for batch, values in rounds.items():
        assert NODES_OF_BATCH == len(values), batch
        assert 1 == len(set(values)), batch
    return {batch: values[0] for batch, values in rounds.items()}


def check(writers: list[Writer], found: dict[str, State]) -> None:
    """Every batch is as was acknowledged, or as the one request would have it that had no answer."""
    for writer in writers:
        for batch, state in writer.acknowledged.items():
            possible = {state, writer.attempted[1]} if writer.attempted and writer.attempted[0] == batch else {state}
            assert found.get(batch) in possible, (batch, found.get(batch), possible)


def integrity(file: Path) -> str:
    """What SQLite thinks of the file."""
    with closing(sqlite3.connect(file)) as db:
        (said,) = db.execute("PRAGMA integrity_check").fetchone()
    return str(said)


def test_killed_during_applies(tmp_path: Path) -> None:
    """After any kill every acknowledged write is there, no request is half done, and the file is sound."""
    file, chance = tmp_path / "sandbox.db", random.Random(7)
    served = Served(file)
    define(served.client)
    states: dict[str, State] = {}
    answers = unanswered = 0
    for kill in range(KILLS):
        writers = [Writer(number, served, states, seed=kill * WRITERS + number) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        time.sleep(chance.uniform(0.05, 0.5))  # any moment will do
        served.kill()
        for writer in writers:
            writer.join()
        served.client.close()
        served = Served(file)
        states = found_states(served.client)
        check(writers, states)
        assert "ok" == integrity(file)
        answers += sum(writer.answers for writer in writers)
        unanswered += sum(writer.attempted is not None for writer in writers)
    served.close()
    assert answers >= KILLS
    assert unanswered >= KILLS


def test_no_room_for_more(tmp_path: Path) -> None:
    """Where the disk is full the answer is a 507 in the form of DMS, what was there stays, and room lets it go on."""
    file = tmp_path / "sandbox.db"
    with Sandbox(db=file) as sandbox, client("http://sandbox", sandbox.transport()) as connection:
        define(connection)
        db = sandbox.store().db
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages + 60}")
        written = 0
        refused = connection.post("/instances", json=of_batch(written))
        while refused.status_code == 200:
            written += 1
            refused = connection.post("/instances", json=of_batch(written))
        assert 507 == refused.status_code
        assert {"error": {"code": 507, "message": "The sandbox cannot store more: database or disk is full"}} == (
            refused.json()
        )
        assert written > 0
        assert dict.fromkeys([f"b{number}" for number in range(written)], 1) == found_states(connection)
        assert 507 == connection.post("/instances", json=of_batch(written)).status_code
        db.execute("PRAGMA max_page_count = 1000000")
        post(connection, "/instances", of_batch(written))
        assert written + 1 == len(found_states(connection))
    assert "ok" == integrity(file)


def of_batch(number: int) -> Json:
    """A request for a whole batch."""
    return {"items": [batch_item(f"b{number}", each, 1) for each in range(NODES_OF_BATCH)]}
