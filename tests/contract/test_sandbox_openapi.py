"""Whatever the sandbox is asked, it answers in the form that the OpenAPI document describes, and never breaks down."""

from __future__ import annotations

import copy
import json
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pygen.sandbox import Sandbox
from tests.conftest import shared_folder
from tests.contract.exchange import FOLDER, exchanges
from tests.support.openapi import is_described, operations, request_validator, response_validator
from tests.support.openapi_bodies import queries, request_bodies

Json: TypeAlias = dict[str, Any]
Place: TypeAlias = tuple[str | int, ...]

UNLISTED = 499
"""An error that no operation lists, so that its body has the general form of errors."""
READS = ("/list", "/byids", "/search", "/aggregate", "/query", "/sync", "/inspect", "/latest", "/downloadlink")
STATION = [*(("spaces", "containers", "views", "datamodels")), *["instances_apply"] * 3]
CLASSIC: dict[str, Json] = {
    "/timeseries": {"items": [{"externalId": "ts:P-101:pressure", "isString": False}]},
    "/files": {"externalId": "manual_P101", "name": "manual.pdf"},
    "/sequences": {
        "items": [
            {
                "externalId": "curve:P-101",
                "columns": [{"externalId": name, "valueType": "DOUBLE"} for name in ("flow", "head")],
            }
        ]
    },
}
VIEWS = ("Pump", "Site", "Technician", "MaintenanceLink")
PUMP = {"type": "view", "space": "ops_model", "externalId": "Pump", "version": "v1"}
NAMES: dict[str, list[Any]] = {
    "space": ["ops_model", "ops_data", "no_such_space"],
    "externalId": [*VIEWS, "pump:P-101", "site:north", "tech:1", "maint:P-101:1", "ts:P-101:pressure", "curve:P-101"],
    "version": ["v1", "v2"],
    "identifier": ["site", "mentors", "pumps", "tag"],
    "containerPropertyIdentifier": ["site", "tag", "status", "name"],
    "source": [PUMP, {**PUMP, "externalId": "Technician"}],
    "view": [PUMP],
    "property": [["ops_model", "Pump/v1", name] for name in ("tag", "site", "status", "maxPressure", "aliases")]
    + [["node", "externalId"], ["edge", "type"], ["ops_model", "Pump", "tag"], "tag", "site", "maxPressure"],
    "scope": [["ops_model", "Pump/v1", "site"]],
    "properties": [["tag"], ["*"], {"tag": "P-103"}, {"name": "south"}, {"tag": {"type": {"type": "text"}}}],
    "groupBy": [["status"], ["site"]],
    "value": ["P-101", 1, {"space": "ops_data", "externalId": "site:north"}, {"parameter": "key1"}],
    "values": [["P-101", "P-102"], [{"space": "ops_data", "externalId": "site:north"}]],
    "from": ["key1", "key2"],
    "text": ["P-101", "Pump", "v1", "ops_model", "tag"],
    "key": ["key1", "key2", "tag"],
    "cursor": [None, "no cursor"],
    "cursors": [None, {"key1": None}],
    "limit": [1, 2, 1000],
}
"""Names of the pump station, by the key where they stand."""


class Station:
    """A sandbox with the recorded pump station, made anew after every change."""

    def __init__(self) -> None:
        self._sandbox: Sandbox | None = None
        self._client = httpx.Client()

    def close(self) -> None:
        """Forget it."""
        self._client.close()
        if self._sandbox is not None:
            self._sandbox.close()
        self._sandbox = None

    def send(
        self,
        method: str,
        path: str,
        content: bytes | None,
        query: dict[str, str] | None = None,
        encoding: str = "identity",
    ) -> httpx.Response:
        """What a request is answered with."""
        if self._sandbox is None:
            self._build()
        response = self._client.request(
            method, path, content=content, params=query, headers={"content-encoding": encoding}
        )
        if response.is_success and method.upper() == "POST" and not path.endswith(READS):
            self.close()
        return response

    def _build(self) -> None:
        self._sandbox = Sandbox()
        self._client = httpx.Client(
            base_url=f"http://sandbox/api/v1/projects/{self._sandbox.project}",
            transport=self._sandbox.transport(),
            headers={"authorization": "Bearer any"},
        )
        for number, name in enumerate(STATION):
            recorded = exchanges(name)[max(0, number - STATION.index("instances_apply"))]
            made = self._client.post(recorded["path"], json=recorded["request"], params=recorded.get("query") or {})
            assert made.is_success, made.text
        for path, body in CLASSIC.items():
            assert self._client.post(path, json=body).is_success


@pytest.fixture(scope="module")
def station() -> Iterator[Station]:
    """The pump station."""
    made = Station()
    yield made
    made.close()


# --- what every answer has in common ---


def check(response: httpx.Response, method: str, path: str) -> None:
    """An answer has the form that is described, and is no breakdown; one that says no says why."""
    assert response.status_code < 500, response.text
    assert response.headers["x-request-id"]
    answer = response.json()
    status = UNLISTED if response.is_error else response.status_code
    problems = [
        f"{list(error.absolute_path)}: {error.message[:200]}"
        for error in response_validator(method, path, status).iter_errors(answer)
    ]
    assert [] == problems
    if response.is_error:
        assert response.status_code == answer["error"]["code"]
        assert answer["error"]["message"].strip()
        assert not any(word in response.text for word in ("Traceback", ".py", "sqlite", "pydantic"))


# --- recorded requests, spoilt ---


class Spoilt:
    """
    A recorded request of which one thing is changed.

    Attributes:
        path: Where it goes.
        place: What is changed.
        how: How it is changed.
        body: What is sent.
        names: Words of which a refusal has one at least; a parameter is named by the place that it stands at.
    """

    def __init__(self, path: str, place: Place, how: str, body: Any, named: list[str]) -> None:
        self.path = path
        self.place = place
        self.how = how
        self.body = body
        parts = [part.removesuffix("s") for part in place if isinstance(part, str)]
        self.names = [*parts[-3:], *named, *(["value"] if place[:1] == ("parameters",) else [])]

    def __repr__(self) -> str:
        return f"{self.path} {'.'.join(map(str, self.place))}: {self.how}"


EXACT = ("Cannot traverse lists of direct relations inwards.", "Duplicate time series references")
"""Texts of dms-api.md, appendix A, that name no field."""
WRONG: dict[str, Any] = {
    "null": None,
    "true": True,
    "negative": -1,
    "enormous": 2**70,
    "empty text": "",
    "NUL": "x\0y",
    "long text": "x" * 300,
    "line feed": "Pump\n",
    "empty list": [],
    "object": {"unexpectedKey": 1},
}


@cache
def recorded_requests() -> list[tuple[str, Json]]:
    """Requests that were answered, each as the sandbox knows its resources."""
    return [
        (each["path"], by_external_id(each["request"]))
        for file in sorted(FOLDER.glob("*.json"))
        for each in json.loads(file.read_bytes()).get("exchanges", ())
        if each["method"] == "POST" and each["status"] == 200 and each.get("request")
        if is_described("post", each["path"])
    ]


def by_external_id(body: Any) -> Any:
    """The same without references to nodes of the system's views, which the station lacks."""
    if isinstance(body, list):
        return list(map(by_external_id, body))
    if not isinstance(body, dict):
        return body
    named = {"externalId": body["instanceId"]["externalId"]} if "instanceId" in body else {}
    return {name: by_external_id(value) for name, value in body.items() if name != "instanceId"} | named


def spoilt(path: str) -> Iterator[Spoilt]:
    """Every kind of thing in the recorded requests of an operation, spoilt in every way."""
    seen: set[tuple[str, ...]] = set()
    for recorded, body in recorded_requests():
        for place in places(body) if recorded == path else ():
            kind = tuple("[]" if isinstance(part, int) else part for part in place)[-3:]
            if kind not in seen:
                seen.add(kind)
                yield from spoils(path, body, place)


def places(body: Any, place: Place = ()) -> Iterator[Place]:
    """All places in a body; of a list, that of its first element."""
    yield place
    inner = body.items() if isinstance(body, dict) else enumerate(body[:1]) if isinstance(body, list) else ()
    for part, value in inner:
        yield from places(value, (*place, part))


def spoils(path: str, body: Json, place: Place) -> Iterator[Spoilt]:
    """One place of a body, spoilt in every way."""
    found = at(body, place)
    if isinstance(found, dict):
        yield Spoilt(path, place, "unexpected key", put(body, place, {**found, "unexpectedKey": 1}), ["unexpectedKey"])
    if not place:
        return
    for how, value in WRONG.items():
        named = [value] if isinstance(value, str) else list(value or ()) if isinstance(value, dict) else []
        yield Spoilt(path, place, how, put(body, place, value), named)
    if isinstance(found, list):
        yield Spoilt(path, place, "too many", put(body, place, found * 1001), [])
    removed = copy.deepcopy(body)
    del at(removed, place[:-1])[place[-1]]
    yield Spoilt(path, place, "missing", removed, [])


def at(body: Any, place: Place) -> Any:
    """What stands at a place."""
    for part in place:
        body = body[part]
    return body


def put(body: Any, place: Place, value: Any) -> Any:
    """The body with something else at a place."""
    if not place:
        return value
    changed = copy.deepcopy(body)
    at(changed, place[:-1])[place[-1]] = value
    return changed


def tolerated(body: Any) -> Any:
    """
    The body without what is no mistake although the document says so.

    A null equals absence (dms-api.md 2.2), an empty list of sources or groups none (12.31), and the type of a reference
    to a view may be missing (appendix D). Rows of sequences have nulls in them (10.3), and times may be numbers (10.1).
    """
    if isinstance(body, list):
        return list(map(tolerated, body))
    if not isinstance(body, dict):
        return body
    kept = {
        name: tolerated(value)
        for name, value in body.items()
        if value is not None and not (name in {"sources", "groupBy"} and value == [])
    }
    if isinstance(body.get("select"), dict):
        kept["select"] = {name: tolerated(value or {}) for name, value in body["select"].items()}
    if isinstance(kept.get("values"), list):
        kept["values"] = [value for value in kept["values"] if value is not None]
    if isinstance(kept.get("before"), int):
        kept["before"] = str(kept["before"])
    return {"type": "view", **kept} if kept.keys() == {"space", "externalId", "version"} else kept


def paths() -> list[str]:
    """Where recorded requests go; none where the document is missing."""
    return [] if shared_folder() is None else list(dict.fromkeys(path for path, _ in recorded_requests()))


@pytest.mark.parametrize("path", paths())
def test_spoilt_requests_are_refused_by_name(path: str, station: Station) -> None:
    """Bad input of every kind gets an error in the form of DMS that names the field; what is let pass is no mistake."""
    validator = request_validator("post", path)
    for each in spoilt(path):
        response = station.send("POST", path, json.dumps(each.body).encode())
        check(response, "post", path)
        if response.is_error:
            said = json.dumps(response.json()["error"]).lower()
            assert any(json.dumps(name)[1:-1].lower() in said for name in (*each.names, *EXACT)), (each, said)
        else:
            assert validator.is_valid(each.body) or validator.is_valid(tolerated(each.body)), each


# --- bodies that are none ---


def described() -> list[tuple[str, str]]:
    """All operations; none where the document is missing."""
    return [] if shared_folder() is None else operations()


BROKEN: dict[str, bytes] = {
    "half": b'{"items": [',
    "text": b'"items"',
    "list": b"[]",
    "not a number": b'{"items": NaN}',
    "no UTF-8": b'{"items": "\xff"}',
    "half a character": b'{"items": "\\ud800"}',
    "deep": b'{"items": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}


@pytest.mark.parametrize("how", BROKEN)
def test_broken_bodies_are_refused(how: str, shared: Path, station: Station) -> None:
    """A body that is not JSON, or no object, gets an error in the form of DMS from every operation."""
    for method, path in described():
        if method == "post":
            response = station.send(method, path, BROKEN[how])
            check(response, method, path)
            assert response.is_error, path


def test_broken_compression_is_refused(shared: Path, station: Station) -> None:
    """A body that is not what its encoding says gets an error in the form of DMS."""
    packed = zlib.compressobj(wbits=31)
    content = packed.compress(b"{}" * 1000) + packed.flush()
    for body, encoding in ((content[:-9], "gzip"), (b"{}", "gzip"), (content, "br")):
        response = station.send("POST", "/models/instances/list", body, encoding=encoding)
        check(response, "post", "/models/instances/list")
        assert response.status_code in {400, 415}


# --- requests that nobody recorded ---


@pytest.mark.parametrize(("method", "path"), described())
def test_made_up_requests_are_answered(method: str, path: str, station: Station) -> None:
    """Whatever body and query follow from the document's schemas, the answer is as described."""
    bodies = st.none() if method == "get" else request_bodies(method, path, NAMES)

    @settings(max_examples=30, derandomize=True, database=None)
    @given(bodies, queries(method, path, NAMES))
    def answers(body: Any, query: dict[str, str]) -> None:
        content = None if method == "get" else json.dumps(body).encode()
        check(station.send(method, path, content, query), method, path)

    answers()
