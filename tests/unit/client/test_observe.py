"""What hooks are told and may do, what is hidden from logs, and the log of requests and answers."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pygen.client.audit import AuditLog, AuditRecord
from pygen.client.calls import Call
from pygen.client.events import (
    AbandonEvent,
    CallInfo,
    DmsVetoError,
    ErrorEvent,
    Hook,
    Hooks,
    RequestEvent,
    ResponseEvent,
    RetryEvent,
)
from pygen.client.models.ids import NodeId
from pygen.client.redaction import Redactor, harmless
from pygen.client.request_log import RequestLog
from tests.support.call_events import CANARY, LIST, answered, asked, info_of, lost, refused

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl"


class Recorder(Hook):
    """
    Remembers what it is told.

    Attributes:
        told: The names of the methods that were called.
    """

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self.headers = headers
        self.told: list[str] = []

    def on_request(self, event: RequestEvent, /) -> Mapping[str, str] | None:
        self.told.append("on_request")
        return self.headers

    def on_response(self, event: ResponseEvent, /) -> None:
        self.told.append("on_response")

    def on_retry(self, event: RetryEvent, /) -> None:
        self.told.append("on_retry")

    def on_error(self, event: ErrorEvent, /) -> None:
        self.told.append("on_error")

    def on_abandon(self, event: AbandonEvent, /) -> None:
        self.told.append("on_abandon")


class Broken(Hook):
    """Raises whatever it is told."""

    def on_request(self, event: RequestEvent, /) -> None:
        raise RuntimeError

    def on_response(self, event: ResponseEvent, /) -> None:
        raise RuntimeError

    def on_retry(self, event: RetryEvent, /) -> None:
        raise RuntimeError

    def on_error(self, event: ErrorEvent, /) -> None:
        raise RuntimeError

    def on_abandon(self, event: AbandonEvent, /) -> None:
        raise RuntimeError


def tell_all(hooks: Hooks) -> dict[str, str]:
    """One event of each kind; returns the headers."""
    info = info_of()
    headers = hooks.on_request(asked(info))
    hooks.tell(answered(info))
    hooks.tell(RetryEvent(info, 1, refused(), 0.5))
    hooks.tell(ErrorEvent(info, 2, refused()))
    hooks.tell(AbandonEvent(info, 2, asyncio.CancelledError()))
    return headers


def test_broken_hook(caplog: pytest.LogCaptureFixture) -> None:
    """A hook that raises is logged each time, and the others are told all the same."""
    recorder = Recorder({"traceparent": "00-1"})
    headers = tell_all(Hooks([Broken(), recorder, Broken()]))
    assert {"traceparent": "00-1"} == headers
    assert ["on_request", "on_response", "on_retry", "on_error", "on_abandon"] == recorder.told
    expected = [f"Broken.{name} failed; the call goes on" for name in recorder.told for _ in range(2)]
    assert expected == caplog.messages
    assert {"pygen.client"} == {record.name for record in caplog.records}


def test_idle_hook() -> None:
    """Hooks that override nothing cost nothing: there is nobody to tell."""
    assert not Hooks()
    assert not Hooks([Hook()])
    assert Hooks([Recorder()])


def test_partial_hook() -> None:
    """An object with some of the methods is a hook."""

    class OnlyErrors:
        told = 0

        def on_error(self, event: ErrorEvent) -> None:
            self.told += 1

    hook = OnlyErrors()
    assert {} == tell_all(Hooks([hook]))  # type: ignore[list-item]  # duck typing is promised to those without types
    assert 1 == hook.told


def test_veto() -> None:
    """A veto goes through, and hooks after it are not asked."""

    class Veto(Hook):
        def on_request(self, event: RequestEvent, /) -> None:
            raise DmsVetoError("not today", operation=event.info.call.operation)

    recorder = Recorder()
    with pytest.raises(DmsVetoError, match=r"instances\.list: not today"):
        Hooks([Veto(), recorder]).on_request(asked(info_of()))
    assert [] == recorder.told


@pytest.mark.parametrize(
    "headers",
    [
        {"x-a": f"{CANARY}\r\nx-b: c"},
        {f"{CANARY}: ": "a"},
        {"x-a": f"{CANARY}ø"},
        {"Authorization": f"Bearer {CANARY}"},
        {"Content-Length": "1"},
    ],
)
def test_bad_header(headers: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    """A header that cannot be sent, or is not a hook's to set, is left out and logged without its value."""
    assert {"x-good": "1"} == Hooks([Recorder(headers | {"x-good": "1"})]).on_request(asked(info_of()))
    assert ["ERROR"] == [record.levelname for record in caplog.records]
    assert "Recorder.on_request" in caplog.text
    assert CANARY not in caplog.text


def test_bad_header_type(caplog: pytest.LogCaptureFixture) -> None:
    """A header that is no text is a broken hook."""
    assert {} == Hooks([Recorder({"x-a": 1})]).on_request(asked(info_of()))  # type: ignore[dict-item]  # on purpose
    assert "Recorder.on_request failed" in caplog.text


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (LIST, "https://cluster.example/api/v1/projects/a%2Fb/models/instances/list"),
        (Call("token.inspect", "/token/inspect", of_project=False), "https://cluster.example/api/v1/token/inspect"),
    ],
)
def test_url(call: Call, expected: str) -> None:
    """A call knows where it goes."""
    assert expected == CallInfo(call, "https://cluster.example", "a/b").url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb\r\x1b[31m\0", r"a\nb\r\x1b[31m\x00"),
        ("\u202eevil\u2028\ufeff\x85", r"\u202eevil\u2028\ufeff\x85"),
        ("\ud800 \U000e0041", r"\ud800 \U000e0041"),
        ("Grøn 泵 🙂", "Grøn 泵 🙂"),
    ],
)
def test_harmless(text: str, expected: str) -> None:
    """What does not print becomes its escape; what does stays."""
    assert expected == harmless(text)


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {CANARY}",
        f"authorization=Basic {CANARY}",
        f"bearer {CANARY}, and more",
        f"https://user:{CANARY}@host/path",
        f"https://blob.example/f?sv=1&sig={CANARY}&se=2",
        f"https://storage.example/f?X-Goog-Signature={CANARY}",
        f"client_secret={CANARY}&grant_type=x",
        f"apiKey: '{CANARY} {CANARY}'",
        f'{{"password": "{CANARY} \\" {CANARY}"}}',
        f'{{\\"access_token\\":\\"{CANARY}\\"}}',
        f"AccountKey={CANARY}==;EndpointSuffix=x",
        f"hidden = {CANARY}",
    ],
)
def test_secret_in_text(text: str) -> None:
    """What looks like a credential in a text is hidden, and so is what stands behind a private name."""
    shown = Redactor(["Hidden"]).text(text)
    assert CANARY not in shown
    assert "[redacted]" in shown


@pytest.mark.parametrize("text", [JWT, JWT[:30], f"token {JWT}", f"x{JWT}"])
def test_jwt_in_text(text: str) -> None:
    """A JSON Web Token is hidden wherever it stands, even cut short."""
    assert "eyJ" not in Redactor().text(text)


@pytest.mark.parametrize(
    "value",
    [
        {"Authorization": CANARY},
        {"a": [{"clientSecret": {"deep": CANARY}}]},
        {"dbPassword": [CANARY]},
        {"X-API-Key": CANARY},
        {"PIN_Code": CANARY},
        {"filter": {"equals": {"property": ["sp", "Person/v1", "pinCode"], "value": CANARY}}},
        {"filter": {"range": {"property": ["sp", "Person/v1", "pin-code"], "gte": CANARY}}},
        {"aggregate": "max", "property": "pinCode", "value": CANARY},
        {"query": CANARY, "properties": ["name", "pinCode"]},
        {"parameters": {"p": CANARY}},
        {"description": f"password: {CANARY}"},
        {f"Bearer {CANARY}": 1},
    ],
)
def test_secret_in_json(value: Any) -> None:
    """Values of credentials and of private properties are hidden at any depth, and beside a property's name."""
    redactor = Redactor(["pinCode"])
    shown = redactor.json(value, 2000)
    assert CANARY not in shown
    assert "[redacted]" in shown
    assert shown == redactor.content(json.dumps(value).encode(), 2000)
    json.loads(shown)


def test_open_json() -> None:
    """What is not private is shown as it is; what is no JSON as its text."""
    value = {"a": [1, 2.5, None, True, "ø\n"], "node": NodeId("sp", "x"), "properties": {"name": "n"}}
    expected = '{"a":[1,2.5,null,true,"ø\\n"],"node":"sp:x","properties":{"name":"n"}}'
    assert expected == Redactor(["secretName"]).json(value, 2000)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"password": "hunter2', "[broken JSON, 21 bytes]"),
        (b"[" * 100_000, "[broken JSON, 100000 bytes]"),
        (b"<html>\nBad gateway</html>", r"<html>\nBad gateway</html>"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b'"' + b"x" * 60 + b'"', '"' + "x" * 49 + "[cut]"),
        (b"y" * 60, "y" * 50 + "[cut]"),
    ],
)
def test_content(content: bytes, expected: str) -> None:
    """Broken JSON is not shown at all, other text is, and long bodies are cut."""
    assert expected == Redactor().content(content, 50)


def test_part_of_word() -> None:
    """A private name hides nothing behind a word that only ends like it."""
    assert "valid: yes, id: [redacted]" == Redactor(["id"]).text("valid: yes, id: 7")


def test_single_name() -> None:
    """One name may be given as a text."""
    assert '{"pin":"[redacted]","p":1}' == Redactor("PIN").json({"pin": 1, "p": 1}, 100)


def test_long_texts() -> None:
    """Redaction of hostile texts takes time in proportion to their length."""
    for text in ("eyJ", "bearer ", "://", "password:", 'secret":"\\', "sig" + "\\" * 4, "a" * 7):
        assert Redactor(["private"]).text(text * 20_000)


def test_early_end() -> None:
    """Nothing is looked at beyond where the text is cut."""

    def endless() -> Iterator[str]:
        yield "x" * 20
        raise AssertionError

    class Items(list[str]):
        def __iter__(self) -> Iterator[str]:
            return endless()

    assert '{"items":["[cut]' == Redactor().json({"items": Items()}, 11)


@pytest.fixture
def traffic(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The log of requests and answers, on."""
    caplog.set_level(logging.INFO, logger="pygen.client.traffic")
    return caplog


def extras(record: logging.LogRecord) -> dict[str, Any]:
    """What a record carries beside its text."""
    return {name: value for name, value in vars(record).items() if name.startswith("dms_")}


def test_request_record(traffic: pytest.LogCaptureFixture) -> None:
    """A request's record says what is asked for, in its text and as attributes."""
    RequestLog().on_request(asked(info_of(app="my-app")))
    assert ["instances.list: POST /models/instances/list: attempt 1"] == traffic.messages
    expected = {
        "dms_event": "request",
        "dms_operation": "instances.list",
        "dms_method": "POST",
        "dms_path": "/models/instances/list",
        "dms_project": "my-project",
        "dms_app": "my-app",
        "dms_attempt": 1,
        "dms_waited_s": 0.25,
    }
    assert expected == extras(traffic.records[0])


def test_response_record(traffic: pytest.LogCaptureFixture) -> None:
    """An answer's record says status, sizes, duration and request id."""
    RequestLog().on_response(answered(info_of(), b"{}", status=400, error=refused()))
    expected = "instances.list: POST /models/instances/list: 400 in 0.125 s, 40 bytes sent, 2 received, request id r-1"
    assert [expected] == traffic.messages
    expected_extras = {
        "dms_event": "response",
        "dms_status": 400,
        "dms_request_id": "r-1",
        "dms_duration_s": 0.125,
        "dms_sent_bytes": 40,
        "dms_received_bytes": 2,
        "dms_error": "DmsRequestError",
    }
    assert expected_extras.items() <= extras(traffic.records[0]).items()
    assert "dms_body" not in extras(traffic.records[0])


def test_outcome_records(traffic: pytest.LogCaptureFixture) -> None:
    """Retries, failures and abandoned calls are logged, too."""
    log, info = RequestLog(), info_of()
    log.on_retry(RetryEvent(info, 1, refused(503, "busy"), 0.5))
    log.on_error(ErrorEvent(info, 2, lost()))
    log.on_abandon(AbandonEvent(info, 1, asyncio.CancelledError(CANARY)))
    prefix = "instances.list: POST /models/instances/list: "
    expected = [
        f"{prefix}attempt 1 failed, the next follows in 0.5 s: busy, request id r-2",
        f"{prefix}failed after 2 attempts: no answer within 30 s (ReadTimeout)",
        f"{prefix}abandoned after 1 attempt: CancelledError",
    ]
    assert expected == traffic.messages
    assert 0.5 == extras(traffic.records[0])["dms_delay_s"]
    assert "DmsTransportError" == extras(traffic.records[1])["dms_error"]


def test_bodies(traffic: pytest.LogCaptureFixture) -> None:
    """Bodies and parameters are shown on request, redacted and cut."""
    log = RequestLog(bodies=True, max_body_chars=60, redact=["pin"])
    body = {"pin": CANARY, "name": "a\nb", "more": "x" * 100}
    call = LIST._replace(body=body, params={"token": CANARY, "limit": 3})
    log.on_request(asked(info_of(call)))
    log.on_response(answered(info_of(call), json.dumps(body).encode()))
    shown = '{"pin":"[redacted]","name":"a\\nb","more":"xxxxxxxxxxxxxxxxxx[cut]'
    assert [shown, shown] == [extras(record)["dms_body"] for record in traffic.records]
    assert '{"token":"[redacted]","limit":3}' == extras(traffic.records[0])["dms_params"]
    assert traffic.messages[0].endswith(f"body {shown}")
    assert CANARY not in traffic.text


def test_no_body(traffic: pytest.LogCaptureFixture) -> None:
    """Where there is no body, none is shown."""
    log, info = RequestLog(bodies=True), info_of(LIST._replace(body=None, method="GET"))
    log.on_request(asked(info))
    log.on_response(answered(info, b""))
    assert [False, False] == ["dms_body" in extras(record) for record in traffic.records]


def test_log_injection(traffic: pytest.LogCaptureFixture) -> None:
    """Nothing that came from outside starts a new line, colours a terminal or carries a token into the log."""
    evil = f"x\nERROR fake\x1b[2J\u202e {JWT}"
    log = RequestLog(bodies=True)
    info = info_of(LIST._replace(path=f"/{evil}", body={evil: evil}), project=evil, app=evil)
    log.on_request(asked(info))
    log.on_response(answered(info, evil.encode(), request_id=evil))
    log.on_retry(RetryEvent(info, 1, refused(503, evil), 0.5))
    log.on_error(ErrorEvent(info, 1, refused(503, evil)))
    for record in traffic.records:
        for text in [record.getMessage(), *(str(value) for value in extras(record).values())]:
            assert text.isprintable()
            assert "eyJ" not in text
    assert 4 == len(traffic.records)


def test_log_off(caplog: pytest.LogCaptureFixture) -> None:
    """Where the level is off, nothing is logged and bodies are not even looked at."""

    class Untouchable(dict[str, Any]):
        def items(self) -> Any:
            raise AssertionError

    caplog.set_level(logging.WARNING, logger="pygen.client.traffic")
    log, info = RequestLog(bodies=True), info_of(LIST._replace(body=Untouchable()))
    log.on_request(asked(info))
    log.on_response(answered(info))
    log.on_error(ErrorEvent(info, 1, refused()))
    assert [] == caplog.records


# --- documentation ---


def test_examples(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, traffic: pytest.LogCaptureFixture
) -> None:
    """The examples of docs/observability.md run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "sentry_sdk", ModuleType("sentry_sdk"))
    monkeypatch.setattr(logging.getLogger("pygen.client"), "handlers", [])
    traffic.set_level(logging.INFO, logger="pygen.client")  # the fixture puts back what an example changes
    text = (repository / "docs" / "observability.md").read_text("utf-8")
    examples = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert 8 == len(examples)
    known: dict[str, Any] = {}
    for example in examples:
        exec(compile(example, "docs/observability.md", "exec"), known)
    hooks = Hooks([known["hook"], known["Metrics"](), known["ReadOnly"]()])
    known["client"].close()
    assert isinstance(hooks.on_request(asked(info_of())), dict)
    with pytest.raises(DmsVetoError, match="only reads"):
        hooks.on_request(asked(info_of(LIST._replace(family="write"))))


def test_json_lines(repository: Path) -> None:
    """The audit line that docs/observability.md shows has the keys that records have."""
    text = (repository / "docs" / "observability.md").read_text("utf-8")
    (shown,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    records: list[AuditRecord] = []
    AuditLog(records.append).on_response(answered(info_of(LIST._replace(family="write"))))
    assert list(json.loads(shown)) == list(records[0].to_json())
