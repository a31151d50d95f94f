"""The record of each call that may have changed something."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pygen.client.audit import AuditLog, AuditRecord
from pygen.client.calls import Call, Family
from pygen.client.events import AbandonEvent, DmsVetoError, ErrorEvent, Hooks, RetryEvent
from pygen.client.exceptions import DmsAuthError, DmsError, DmsTransportError
from pygen.client.models.ids import ViewId
from pygen.errors import ConfigError
from tests.support.call_events import CANARY, LIST, answered, asked, info_of, lost, refused

APPLY = Call(
    "instances.apply",
    "/models/instances",
    {
        "items": [
            {
                "instanceType": "node",
                "space": "data",
                "externalId": "p1",
                "existingVersion": 3,
                "type": {"space": "data", "externalId": CANARY},
                "sources": [
                    {
                        "source": {"type": "view", "space": "sp", "externalId": "Pump", "version": "v1"},
                        "properties": {"tag": CANARY, "capacity": 6.5},
                    },
                    {
                        "source": {"type": "container", "space": "sp", "externalId": "Thing"},
                        "properties": {"name": CANARY},
                    },
                    {"source": ViewId("sp", "Bare", "v2")},
                ],
            },
            {"instanceType": "node", "space": "data", "externalId": "p2"},
        ],
        "delete": [{"instanceType": "edge", "space": "data", "externalId": "e1"}],
        "replace": True,
    },
    family="write",
    repeat="once",
)


class Clock:
    """
    A time that only moves when told.

    Attributes:
        now: The time, in seconds.
    """

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def lines(path: Path) -> list[dict[str, Any]]:
    """The records of an audit file."""
    text = path.read_text("utf-8")
    assert text == "" or text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def test_audit_line(tmp_path: Path) -> None:
    """A record says who wrote what and when, with names of properties but without a value."""
    path, clock = tmp_path / "writes.jsonl", Clock(10.0)
    log = AuditLog(path, wall_clock=lambda: 1_700_000_000.0625, clock=clock)
    info = info_of(APPLY, app="my-app", subject="anna")
    log.on_request(asked(info))
    clock.now += 1.5
    log.on_request(asked(info, 2))
    log.on_response(answered(info, attempt=2))
    (line,) = lines(path)
    call = line.pop("call")
    assert 16 == len(call)
    expected = {
        "when": "2023-11-14T22:13:20.062Z",
        "who": "anna",
        "app": "my-app",
        "project": "my-project",
        "base_url": "https://cluster.example",
        "operation": "instances.apply",
        "method": "POST",
        "path": "/models/instances",
        "outcome": "done",
        "status": 200,
        "error": None,
        "request_id": "r-1",
        "attempts": 2,
        "duration_s": 1.5,
        "counts": {"items": 2, "delete": 1},
        "options": {"replace": True},
        "items": [
            {
                "instanceType": "node",
                "space": "data",
                "externalId": "p1",
                "existingVersion": 3,
                "sources": {"sp:Pump(v1)": ["capacity", "tag"], "sp:Thing": ["name"], "sp:Bare(v2)": []},
            },
            {"instanceType": "node", "space": "data", "externalId": "p2"},
        ],
        "delete": [{"instanceType": "edge", "space": "data", "externalId": "e1"}],
    }
    assert expected == line
    assert CANARY not in path.read_text("utf-8")


def test_audit_schema(tmp_path: Path) -> None:
    """Of schemas the identifiers and the names of properties, constraints and indexes are recorded."""
    item = {
        "space": "sp",
        "externalId": "Pump",
        "description": CANARY,
        "properties": {"tag": {"defaultValue": CANARY}},
        "constraints": {"unique": {}},
        "indexes": {"byTag": {}},
    }
    path = tmp_path / "writes.jsonl"
    call = Call("containers.apply", "/models/containers", {"items": [item, "odd"]}, family="schema_write")
    AuditLog(path).on_response(answered(info_of(call)))
    expected = {
        "space": "sp",
        "externalId": "Pump",
        "properties": ["tag"],
        "constraints": ["unique"],
        "indexes": ["byTag"],
    }
    assert [expected] == lines(path)[0]["items"]
    assert CANARY not in path.read_text("utf-8")


@pytest.mark.parametrize(
    ("error", "outcome", "status"),
    [
        (refused(400, CANARY), "refused", 400),
        (DmsAuthError("no", status=403, request_id="r-2"), "refused", 403),
        (lost(), "unknown", None),
        (DmsTransportError("cannot connect"), "not_sent", None),
    ],
)
def test_audit_failure(error: DmsError, outcome: str, status: int | None, tmp_path: Path) -> None:
    """A call that failed was refused, or never sent, or its answer is lost; the message is not recorded."""
    path = tmp_path / "writes.jsonl"
    log, info = AuditLog(path, who="bob"), info_of(APPLY, subject="anna")
    log.on_request(asked(info))
    log.on_retry(RetryEvent(info, 1, error, 0.5))
    log.on_error(ErrorEvent(info, 2, error))
    (line,) = lines(path)
    expected = (outcome, status, "bob", type(error).__name__, error.request_id)
    assert expected == tuple(line[key] for key in ("outcome", "status", "who", "error", "request_id"))
    assert CANARY not in path.read_text("utf-8")


def test_audit_refused_after_loss(tmp_path: Path) -> None:
    """A refusal after a lost answer is unknown: the lost attempt may have been the reason for it."""
    error = refused(409)
    error.lost_since_ms = 1
    path = tmp_path / "writes.jsonl"
    AuditLog(path).on_error(ErrorEvent(info_of(APPLY), 2, error))
    assert [("unknown", 409)] == [(line["outcome"], line["status"]) for line in lines(path)]


def test_audit_bad_answer_is_no_end(tmp_path: Path) -> None:
    """A bad answer alone is not an outcome: another attempt may follow."""
    path = tmp_path / "writes.jsonl"
    log, info = AuditLog(path), info_of(APPLY)
    log.on_request(asked(info))
    log.on_response(answered(info, status=503, error=refused(503)))
    assert [] == lines(path)
    log.on_response(answered(info, attempt=2))
    assert ["done"] == [line["outcome"] for line in lines(path)]


@pytest.mark.parametrize(("attempts", "outcome"), [(0, "not_sent"), (1, "unknown")])
def test_audit_abandoned(attempts: int, outcome: str, tmp_path: Path) -> None:
    """Of a cancelled write nobody knows whether it was carried out, unless it was never sent."""
    path = tmp_path / "writes.jsonl"
    AuditLog(path).on_abandon(AbandonEvent(info_of(APPLY), attempts, asyncio.CancelledError()))
    (line,) = lines(path)
    assert (outcome, "CancelledError", "unknown") == (line["outcome"], line["error"], line["who"])


@pytest.mark.parametrize(
    ("family", "method", "body", "audited"),
    [
        ("write", "POST", None, True),
        ("delete", "POST", None, True),
        ("schema_write", "POST", None, True),
        ("read", "POST", None, False),
        ("search", "POST", None, False),
        ("schema_read", "GET", None, False),
        ("other", "GET", None, False),
        ("other", "POST", {"query": "whatever"}, True),
        ("other", "PUT", None, True),
    ],
)
def test_audited(family: Family, method: str, body: dict[str, Any] | None, *, audited: bool, tmp_path: Path) -> None:
    """Calls that write are recorded, and those of which nobody knows; reads are not."""
    path = tmp_path / "writes.jsonl"
    log, info = AuditLog(path), info_of(Call("x", "/x", body, method, family=family))
    log.on_request(asked(info))
    log.on_response(answered(info))
    log.on_error(ErrorEvent(info, 1, refused()))
    log.on_abandon(AbandonEvent(info, 1, KeyboardInterrupt()))
    assert audited is bool(lines(path))
    assert audited or not info.state


def test_audit_function() -> None:
    """Records may go to a function."""
    records: list[AuditRecord] = []
    AuditLog(records.append).on_response(answered(info_of(APPLY)))
    assert ["data", "data"] == [item["space"] for item in records[0].items]
    assert "done" == records[0].outcome


def test_audit_keeps(tmp_path: Path) -> None:
    """A log that exists is added to; a file moved away is made anew."""
    path = tmp_path / "writes.jsonl"
    path.write_text('{"old":1}\n', "utf-8")
    log = AuditLog(path)
    log.on_response(answered(info_of(APPLY)))
    assert 2 == len(lines(path))
    path.rename(tmp_path / "writes.1.jsonl")
    log.on_response(answered(info_of(APPLY)))
    assert (1, 2) == (len(lines(path)), len(lines(tmp_path / "writes.1.jsonl")))


def test_audit_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path means the folder where the log was made."""
    monkeypatch.chdir(tmp_path)
    log = AuditLog("writes.jsonl")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    log.on_response(answered(info_of(APPLY)))
    assert 1 == len(lines(tmp_path / "writes.jsonl"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_audit_mode(tmp_path: Path) -> None:
    """Nobody but its owner can read a new log."""
    path = tmp_path / "writes.jsonl"
    AuditLog(path)
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


def test_audit_cannot_open(tmp_path: Path) -> None:
    """A file that cannot be opened is found out when the log is made."""
    with pytest.raises(ConfigError, match="cannot open the audit log"):
        AuditLog(tmp_path / "missing" / "writes.jsonl")


def failing(record: AuditRecord) -> None:
    """A sink that is broken."""
    raise RuntimeError(CANARY)


def test_audit_failing_sink(caplog: pytest.LogCaptureFixture) -> None:
    """A record that cannot be written is logged with all it says, once, and without what the sink's error says."""
    Hooks([AuditLog(failing)]).tell(answered(info_of(APPLY)))
    (record,) = caplog.records
    assert ("pygen.client.audit", "ERROR") == (record.name, record.levelname)
    assert '"externalId":"p1"' in record.message
    assert "instances.apply" == vars(record)["dms_audit"]["operation"]
    assert CANARY not in caplog.text


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_audit_full_disk(caplog: pytest.LogCaptureFixture) -> None:
    """A full disk is named."""
    AuditLog("/dev/full").on_response(answered(info_of(APPLY)))
    assert "cannot be written (No space left on device)" in caplog.text


def test_audit_torn_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A line that the disk took only half of costs no other record."""
    path, write = tmp_path / "writes.jsonl", os.write
    log = AuditLog(path)

    def half(file: int, data: bytes) -> int:
        monkeypatch.setattr(os, "write", no_space)
        return write(file, data[: len(data) // 2])

    def no_space(file: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", half)
    log.on_response(answered(info_of(APPLY)))
    assert 1 == len(caplog.records)
    monkeypatch.setattr(os, "write", write)
    for _ in range(2):
        log.on_response(answered(info_of(APPLY)))
    torn, *whole = path.read_text("utf-8").splitlines()
    assert torn.startswith('{"when"')
    assert ["done", "done"] == [json.loads(line)["outcome"] for line in whole]


def test_audit_strict(tmp_path: Path) -> None:
    """A strict log records a call before its first request, and once more when its outcome is known."""
    path = tmp_path / "writes.jsonl"
    log, info = AuditLog(path, strict=True), info_of(APPLY)
    log.on_request(asked(info))
    assert ["begun"] == [line["outcome"] for line in lines(path)]
    log.on_request(asked(info, 2))
    log.on_response(answered(info, attempt=2))
    begun, done = lines(path)
    assert ("begun", 0, "done", 2) == (begun["outcome"], begun["attempts"], done["outcome"], done["attempts"])
    assert begun["call"] == done["call"]
    assert begun["items"] == done["items"]


def test_audit_strict_veto() -> None:
    """Where a strict log cannot record a call, the call is not made; reads go on."""
    hooks = Hooks([AuditLog(failing, strict=True)])
    with pytest.raises(DmsVetoError, match="the audit log cannot be written") as caught:
        hooks.on_request(asked(info_of(APPLY)))
    assert ("instances.apply", "my-project") == (caught.value.operation, caught.value.project)
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert {} == hooks.on_request(asked(info_of(LIST)))


WRITER = """
import sys
from pygen.client.audit import AuditLog
from pygen.client.calls import Call
from pygen.client.events import CallInfo, ResponseEvent

log = AuditLog(sys.argv[1], who=sys.argv[2])
items = [{"space": "sp", "externalId": sys.argv[2] * 100}] * 100
call = Call("instances.apply", "/models/instances", {"items": items}, family="write")
for number in range(25):
    info = CallInfo(call, "https://cluster.example", "p")
    log.on_response(ResponseEvent(info, 1, 200, str(number), 0.1, b"", 0))
"""


def test_audit_threads(tmp_path: Path) -> None:
    """Lines of eight threads do not mix."""
    path = tmp_path / "writes.jsonl"
    log = AuditLog(path)

    def write(number: int) -> None:
        for _ in range(20):
            log.on_response(answered(info_of(APPLY), request_id=f"r-{number}"))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(8)))
    found = [line["request_id"] for line in lines(path)]
    assert sorted(f"r-{number}" for number in range(8) for _ in range(20)) == sorted(found)


def test_audit_processes(tmp_path: Path, repository: Path) -> None:
    """Lines of four processes do not mix, however long they are."""
    path = tmp_path / "writes.jsonl"
    command = [sys.executable, "-c", WRITER, str(path)]
    running = [subprocess.Popen([*command, who], cwd=repository) for who in "abcd"]
    assert [0, 0, 0, 0] == [process.wait(60) for process in running]
    found = [(line["who"], int(line["request_id"])) for line in lines(path)]
    assert [(who, number) for who in "abcd" for number in range(25)] == sorted(found)
