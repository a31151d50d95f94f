"""The validators that other tests rely on: they take what is right and refuse what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import ValidationError

from tests.support.openapi import is_described, request_validator, response_validator

VIEW = {"type": "view", "space": "sp", "externalId": "Pump", "version": "v1"}
NODE: dict[str, Any] = {"instanceType": "node", "space": "sp", "externalId": "x0\\"}
ON_PURPOSE = {
    ("06_instances_errors.json", "/models/spaces"): ["$.items[0].name"],
    ("17_timeseries.json", "/timeseries/byids"): ["$.items"],
    ("19_sequences.json", "/sequences/data/list"): ["$.rows[1].values[1]"],
}
"""Examples that deviate, as dms-api.md 0.1 announces: a name too long, ids twice, null among the values of a row."""


def test_every_recorded_exchange_is_valid(shared: Path) -> None:
    """Requests and answers, but for the few that deviate on purpose."""
    deviating: dict[tuple[str, str], list[str]] = {}
    for file in sorted((shared / "dms" / "examples").glob("*.json")):
        for exchange in json.loads(file.read_bytes()).get("exchanges", []):
            method, path = exchange["method"], exchange["path"]
            if not is_described(method, path):
                assert "graphql" in path
                continue
            errors: list[ValidationError] = []
            if "request" in exchange:
                errors += request_validator(method, path).iter_errors(exchange["request"])
            if "response" in exchange:
                errors += response_validator(method, path, exchange["status"]).iter_errors(exchange["response"])
            if errors:
                deviating[file.name, path] = [error.json_path for error in errors]
    assert ON_PURPOSE == deviating


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/models/instances", {"items": [], "delete": [NODE]}),
        ("/models/instances", {"items": [{**NODE, "sources": [{"source": VIEW, "properties": {"a": None}}]}]}),
        ("/models/instances", {"items": [{**NODE, "sources": [{"source": VIEW, "properties": {}}]}]}),
        ("/models/instances", {"items": [{**NODE, "sources": [{"source": VIEW, "properties": None}]}]}),
        ("/models/instances/list", {"filter": {"not": {"in": {"property": ["a", "b"], "values": [1, {"a": 1}]}}}}),
        ("/models/instances/query", {"with": {"a": {"nodes": {}}}, "select": {"a": {}}, "cursors": {"a": None}}),
        ("/models/datamodels", {"items": [{"space": "s", "externalId": "M", "version": "1", "views": [VIEW]}]}),
    ],
)
def test_a_request_is_taken_as_the_errata_say(shared: Path, path: str, body: dict[str, Any]) -> None:
    """Null among values, no properties, null cursors, external ids with any character."""
    assert [] == [error.message for error in request_validator("post", path).iter_errors(body)]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/models/instances", {"items": [{**NODE, "version": 1}]}),
        ("/models/instances", {"items": [NODE], "autoCreate": True}),
        ("/models/instances", {"items": [{**NODE, "sources": [{"source": {**VIEW, "name": "a"}}]}]}),
        ("/models/instances", {"items": [{**NODE, "space": "sp\n"}]}),
        ("/models/instances/list", {"limit": 1001}),
        ("/models/instances/list", {"filter": {"matchAll": {}, "exists": {"property": ["a", "b"]}}}),
        ("/models/instances/list", {"filter": {"and": [{"not": {"equals": {"property": ["a", "b"]}}}]}}),
        ("/models/instances/query", {"with": {"a": {"nodes": {"limit": 1}}}, "select": {"a": {}}}),
        ("/models/views", {"items": [{"space": "s", "externalId": "V", "version": "1", "writable": True}]}),
        (
            "/models/datamodels",
            {"items": [{"space": "s", "externalId": "M", "version": "1", "views": [{**VIEW, "a": 1}]}]},
        ),
    ],
)
def test_a_request_with_a_wrong_or_unknown_key_is_refused(shared: Path, path: str, body: dict[str, Any]) -> None:
    """At every depth, and within alternatives."""
    assert not request_validator("post", path).is_valid(body)


def test_an_answer_may_hold_more_than_the_document_knows(shared: Path) -> None:
    """A newer service adds keys; what is listed must fit nevertheless."""
    validator = response_validator("post", "/models/spaces", 200)
    space = {"space": "s", "createdTime": 1, "lastUpdatedTime": 2, "isGlobal": False, "new": 1}
    assert validator.is_valid({"items": [space]})
    assert not validator.is_valid({"items": [{**space, "createdTime": "now"}]})
    assert response_validator("post", "/models/spaces", 503).is_valid({"error": {"code": 503, "message": "no"}})


@pytest.mark.parametrize(("path", "status"), [("/models/nothing", 200), ("/models/spaces", 204)])
def test_what_the_document_does_not_describe_has_no_validator(shared: Path, path: str, status: int) -> None:
    """A misspelt path must not validate everything."""
    assert is_described("post", path) == (status != 200)
    with pytest.raises(KeyError):
        response_validator("post", path, status)
