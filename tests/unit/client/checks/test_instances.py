"""Instances on their way in: the first thing wrong with each, and where."""

from __future__ import annotations

from typing import Any

import pytest

from pygen.client.checks import Problems, check_instance_ids, id_problem, instance_problem, located
from pygen.client.exceptions import InputProblem
from pygen.client.models.ids import EdgeId, NodeId

VIEW = {"type": "view", "space": "sp", "externalId": "Pump", "version": "v1"}
REFERENCE = {"space": "sp", "externalId": "a"}
NODE: dict[str, Any] = {"instanceType": "node", "space": "sp", "externalId": "a"}
EDGE: dict[str, Any] = {
    "instanceType": "edge",
    "space": "sp",
    "externalId": "a",
    "type": REFERENCE,
    "startNode": REFERENCE,
    "endNode": REFERENCE,
}
CONTAINER = {"type": "container", "space": "sp", "externalId": "Pump"}


@pytest.mark.parametrize(
    "item",
    [
        NODE,
        EDGE,
        {**NODE, "type": None, "sources": None, "existingVersion": None},
        {**NODE, "type": REFERENCE, "existingVersion": 0, "sources": [{"source": VIEW, "properties": {"a": object()}}]},
        {**EDGE, "sources": [{"source": CONTAINER}, {"source": VIEW, "properties": None}]},
        {**NODE, "sources": [{"source": VIEW}] * 100},
        {**NODE, "sources": ({"source": VIEW},), "ofANewerService": 1},
    ],
)
def test_an_instance_that_dms_takes_is_no_problem(item: dict[str, Any]) -> None:
    """What is optional may be left out or null, values are not looked at, and unknown keys are for the service."""
    assert instance_problem(item) is None


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("a", ": must be an object; got 'a'"),
        ({}, "instanceType: must be 'node' or 'edge'; got None"),
        ({**NODE, "instanceType": []}, "instanceType: must be 'node' or 'edge'; got a list"),
        ({**NODE, "space": "1"}, "space: must be 1-43 characters"),
        ({**NODE, "externalId": ""}, "externalId: must be 1-256 characters without NUL; got ''"),
        ({**NODE, "type": "Pump"}, "type: must be an object with space and externalId; got 'Pump'"),
        ({**NODE, "type": {"space": "sp"}}, "type.externalId: must be 1-256 characters"),
        ({**EDGE, "type": None}, "type: must be an object with space and externalId; got None"),
        ({**EDGE, "startNode": None}, "startNode: must be an object with space and externalId; got None"),
        ({**EDGE, "endNode": {"space": 1}}, "endNode.space: must be 1-43 characters"),
        ({**NODE, "existingVersion": "1"}, "existingVersion: must be an integer; got '1'"),
        ({**NODE, "existingVersion": True}, "existingVersion: must be an integer; got True"),
        ({**NODE, "sources": {}}, "sources: must be a list; got an object"),
        ({**NODE, "sources": []}, "sources: must be 1-100 of them, or left out; got 0"),
        ({**NODE, "sources": [{"source": VIEW}] * 101}, "sources: must be 1-100 of them, or left out; got 101"),
        ({**NODE, "sources": [1]}, "sources[0]: must be an object; got 1"),
        ({**NODE, "sources": [{}]}, "sources[0].source: must be a view or a container; got None"),
        ({**NODE, "sources": [{"source": {}}]}, "sources[0].source.type: must be 'view' or 'container'; got None"),
        ({**NODE, "sources": [{"source": {**VIEW, "space": ""}}]}, "sources[0].source.space: must be 1-43 characters"),
        ({**NODE, "sources": [{"source": {**CONTAINER, "externalId": "a-b"}}]}, "sources[0].source.externalId: must"),
        (
            {**NODE, "sources": [{"source": VIEW}, {"source": {**CONTAINER, "type": "view"}}]},
            "sources[1].source.version: must be 1-43 characters",
        ),
        (
            {**NODE, "sources": [{"source": VIEW, "properties": []}]},
            "sources[0].properties: must be an object; got a list",
        ),
    ],
)
def test_the_first_thing_wrong_with_an_instance_is_named(item: object, expected: str) -> None:
    """Every rule has its place and message."""
    found = instance_problem(item)
    assert found is not None
    assert found.startswith(expected)


def test_what_is_wrong_with_an_item_gets_the_place_of_the_item() -> None:
    """The place in the item follows that of the item, if there is one."""
    assert InputProblem("items[3].space", "must be: so") == located("items[3]", "space: must be: so")
    assert InputProblem("items[3]", "must be an object") == located("items[3]", ": must be an object")


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (NodeId("sp", "a"), None),
        (EdgeId("sp", "a"), None),
        ({**NODE, "existingVersion": 3}, None),
        (NodeId("", "a"), "space: must"),
        (EdgeId("sp", "a\0"), "externalId: must"),
        ({"space": "sp", "externalId": "a"}, "instanceType: must"),
        ({**NODE, "existingVersion": 1.5}, "existingVersion: must"),
        (("sp", "a"), ": must be an object"),
    ],
)
def test_identifiers_of_instances_are_looked_at_as_values_and_as_json(item: object, expected: str | None) -> None:
    """A value says by its class what it is; JSON must say it itself."""
    found = id_problem(item)
    assert (expected is None) == (found is None)
    assert (found or "").startswith(expected or "")


def test_every_wrong_identifier_is_reported() -> None:
    """The list goes on after the first problem."""
    problems: Problems = []
    check_instance_ids([NodeId("sp", ""), NODE, {"space": "sp"}], "items", problems)
    assert ["items[0].externalId", "items[2].instanceType"] == [problem.where for problem in problems]
