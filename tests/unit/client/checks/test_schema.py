"""Spaces, containers, views and data models on their way in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pygen.client import checks
from pygen.client.checks import Problems

Check = Callable[[dict[str, Any], str, Problems], None]

VIEW_REFERENCE = {"type": "view", "space": "sp", "externalId": "Pump", "version": "v1"}
CONTAINER_REFERENCE = {"type": "container", "space": "sp", "externalId": "Pump"}
NODE = {"space": "sp", "externalId": "Pump.maintainedBy"}
SPACE: dict[str, Any] = {"space": "sp", "name": "n" * 255, "description": "d" * 1024}
CONTAINER: dict[str, Any] = {
    **SPACE,
    "externalId": "Pump",
    "usedFor": "all",
    "properties": {
        "tag": {"type": {"type": "text", "maxTextSize": 10, "collation": "en"}, "nullable": False, "defaultValue": "a"},
        "9-lives_": {"type": {"type": "int64", "list": False}, "autoIncrement": True, "immutable": None},
        "site": {"type": {"type": "direct", "container": CONTAINER_REFERENCE, "list": True, "maxListSize": 2000}},
        "pressure": {"type": {"type": "float64", "unit": {"externalId": "pressure:bar"}}, "defaultValue": None},
        "status": {"type": {"type": "enum", "values": {"on": {"name": "On"}, "_": None}, "unknownValue": "_"}},
        "later": {"type": {"type": "ofANewerService"}},
    },
    "constraints": {
        "a b": {"constraintType": "uniqueness", "properties": ["tag"], "bySpace": True},
        "c": {"constraintType": "requires", "require": CONTAINER_REFERENCE},
        "d": {"constraintType": "ofANewerService"},
        "e": {"properties": ["tag"]},
        "f": {"require": CONTAINER_REFERENCE},
    },
    "indexes": {
        "a": {"indexType": "btree", "properties": ["tag"], "cursorable": True, "bySpace": False},
        "b": {"indexType": "inverted", "properties": ["site"]},
        "c": {"indexType": "ofANewerService"},
    },
}
REVERSE = {
    "connectionType": "multi_reverse_direct_relation",
    "source": VIEW_REFERENCE,
    "through": {"source": CONTAINER_REFERENCE, "identifier": "site"},
}
EDGES = {"type": NODE, "source": VIEW_REFERENCE, "edgeSource": VIEW_REFERENCE, "direction": "inwards"}
MAPPED = {"container": CONTAINER_REFERENCE, "containerPropertyIdentifier": "9-lives_", "source": VIEW_REFERENCE}
VIEW: dict[str, Any] = {
    **SPACE,
    "externalId": "Pump",
    "version": "v1",
    "filter": {"hasData": [CONTAINER_REFERENCE]},
    "implements": [VIEW_REFERENCE, {"type": "view", "space": "sp", "externalId": "Newest"}],
    "properties": {
        "type": {**MAPPED, "name": "Type"},
        "maintainedBy": {"connectionType": "single_edge_connection", **EDGES},
        "edges": EDGES,
        "pumps": REVERSE,
        "later": {"connectionType": "ofANewerService"},
    },
}
MODEL: dict[str, Any] = {
    "space": "sp",
    "externalId": "File",
    "version": "1",
    "views": [VIEW_REFERENCE, VIEW, {"space": "sp", "externalId": "Empty", "version": "1"}],
}


def found_by(check: Check, item: dict[str, Any]) -> list[str]:
    """What a check finds in an item."""
    problems: Problems = []
    check(item, "items[0]", problems)
    return [str(problem).removeprefix("items[0].") for problem in problems]


@pytest.mark.parametrize(
    ("check", "item"),
    [
        (checks.check_space_item, SPACE),
        (checks.check_space_item, {"space": "sp", "name": None}),
        (checks.check_container_item, CONTAINER),
        (checks.check_container_item, {**CONTAINER, "constraints": None, "indexes": {}, "usedFor": "record"}),
        (checks.check_view_item, VIEW),
        (checks.check_view_item, {"space": "sp", "externalId": "Pump", "version": "1", "properties": None}),
        (checks.check_data_model_item, MODEL),
        (checks.check_data_model_item, {**MODEL, "views": None}),
    ],
)
def test_an_item_that_dms_takes_is_no_problem(check: Check, item: dict[str, Any]) -> None:
    """Everything that is known passes, and so does what only a newer service knows."""
    assert [] == found_by(check, item)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"space": "1"}, "space: must be 1-43 characters"),
        ({"space": "cdf"}, "space: must not be 'cdf', which DMS keeps for itself"),
        ({"name": 1}, "name: must be a text; got 1"),
        ({"name": "n" * 256}, "name: must have at most 255 characters; got 256"),
        ({"description": "d" * 1025}, "description: must have at most 1024 characters; got 1025"),
    ],
)
def test_what_is_wrong_with_a_space_has_its_place(change: dict[str, Any], expected: str) -> None:
    """One thing wrong is one problem."""
    (problem,) = found_by(checks.check_space_item, {**SPACE, **change})
    assert problem.startswith(expected)


def with_property(**found: Any) -> dict[str, Any]:
    """The change that gives a container one property only."""
    return {"properties": {"p": {"type": {"type": "text"}, **found}}}


def with_type(**kind: Any) -> dict[str, Any]:
    """The change that gives a container one property only, of a type."""
    return {"properties": {"p": {"type": kind}}}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"space": None}, "space: must be 1-43 characters"),
        ({"externalId": "a-b"}, "externalId: must be 1-255 characters"),
        ({"externalId": "TimeSeries"}, "externalId: must not be 'TimeSeries', which DMS keeps for itself"),
        ({"description": 1}, "description: must be a text; got 1"),
        ({"usedFor": "both"}, "usedFor: must be 'node' or 'edge' or 'all' or 'record'; got 'both'"),
        ({"properties": None}, "properties: must be an object; got None"),
        ({"properties": {}}, "properties: must have at least 1 of them; got 0"),
        ({"properties": {"p": None}}, "properties.p: must be an object; got None"),
        ({"properties": {"_p": {"type": {"type": "text"}}}}, "properties._p: must be 1-255 characters"),
        ({"properties": {"seq": {"type": {"type": "text"}}}}, "properties.seq: must not be 'seq', which DMS keeps"),
        (with_property(type=None), "properties.p.type: must be an object; got None"),
        (with_property(name="n" * 256), "properties.p.name: must have at most 255 characters; got 256"),
        (with_property(nullable="no"), "properties.p.nullable: must be true or false; got 'no'"),
        (with_property(autoIncrement=True), "properties.p.autoIncrement: needs int32 or int64; got 'text'"),
        (
            with_property(type={"type": "text", "list": True}, defaultValue="a"),
            "properties.p.defaultValue: must be left out: a list has no default",
        ),
        (with_type(), "properties.p.type.type: must be a text; got None"),
        (with_type(type="text", list=1), "properties.p.type.list: must be true or false; got 1"),
        (with_type(type="text", maxTextSize="1"), "properties.p.type.maxTextSize: must be a whole number; got '1'"),
        (with_type(type="text", maxListSize=True), "properties.p.type.maxListSize: must be a whole number; got True"),
        (with_type(type="float32", unit="bar"), "properties.p.type.unit: must be an object; got 'bar'"),
        (with_type(type="float32", unit={}), "properties.p.type.unit.externalId: must be 1-256 characters"),
        (
            with_type(type="direct", container=VIEW_REFERENCE),
            "properties.p.type.container.type: must be 'container'; got 'view'",
        ),
        (with_type(type="enum"), "properties.p.type.values: must be an object; got None"),
        (with_type(type="enum", values={}), "properties.p.type.values: must have at least 1 of them; got 0"),
        (with_type(type="enum", values={"1": {}}), "properties.p.type.values.1: must be 1-128 characters"),
        (with_type(type="enum", values={"true": {}}), "properties.p.type.values.true: must be 1-128 characters"),
        (with_type(type="enum", values={"a": 1}), "properties.p.type.values.a: must be an object; got 1"),
        (with_type(type="enum", values={"a": {"name": 1}}), "properties.p.type.values.a.name: must be a text; got 1"),
        (
            with_type(type="enum", values={"a": {}}, unknownValue="b"),
            "properties.p.type.unknownValue: must be one of the values; got 'b'",
        ),
        ({"constraints": []}, "constraints: must be an object; got a list"),
        ({"constraints": {"": {"properties": []}}}, "constraints.: must be 1-43 characters"),
        ({"constraints": {"c": 1}}, "constraints.c: must be an object; got 1"),
        ({"constraints": {"c": {}}}, "constraints.c.properties: must be a list; got None"),
        ({"constraints": {"c": {"properties": [], "bySpace": 1}}}, "constraints.c.bySpace: must be true or false"),
        ({"constraints": {"c": {"require": {}}}}, "constraints.c.require.type: must be 'container'"),
        (
            {"constraints": {str(number): {"properties": []} for number in range(11)}},
            "constraints: must have at most 10 of type uniqueness; got 11",
        ),
        (
            {"constraints": {str(number): {"require": CONTAINER_REFERENCE} for number in range(26)}},
            "constraints: must have at most 25 of type requires; got 26",
        ),
        ({"indexes": 1}, "indexes: must be an object; got 1"),
        ({"indexes": {"i" * 44: {"properties": []}}}, "indexes." + "i" * 44 + ": must be 1-43 characters"),
        ({"indexes": {"i": None}}, "indexes.i: must be an object; got None"),
        ({"indexes": {"i": {"properties": [1]}}}, "indexes.i.properties[0]: must be a text; got 1"),
        ({"indexes": {"i": {"properties": [], "cursorable": 0}}}, "indexes.i.cursorable: must be true or false"),
        (
            {"indexes": {str(number): {"properties": []} for number in range(11)}},
            "indexes: must have at most 10 of them; got 11",
        ),
    ],
)
def test_what_is_wrong_with_a_container_has_its_place(change: dict[str, Any], expected: str) -> None:
    """The first problem is the one; what follows from it may be named as well."""
    assert found_by(checks.check_container_item, {**CONTAINER, **change})[0].startswith(expected)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"space": None}, "space: must be 1-43 characters"),
        ({"externalId": "Query"}, "externalId: must not be 'Query', which DMS keeps for itself"),
        ({"version": None}, "version: must be 1-43 characters"),
        ({"name": []}, "name: must be a text; got a list"),
        ({"filter": {"and": []}}, "filter.and: must have at least 1 of them; got 0"),
        ({"implements": VIEW_REFERENCE}, "implements: must be a list; got an object"),
        ({"implements": [{**VIEW_REFERENCE, "version": ""}]}, "implements[0].version: must be 1-43 characters"),
        ({"properties": []}, "properties: must be an object; got a list"),
        ({"properties": {"externalId": MAPPED}}, "properties.externalId: must not be 'externalId', which DMS keeps"),
        ({"properties": {"a.b": MAPPED}}, "properties.a.b: must be 1-255 characters"),
        ({"properties": {"p": 1}}, "properties.p: must be an object; got 1"),
        ({"properties": {"p": {**MAPPED, "name": 1}}}, "properties.p.name: must be a text; got 1"),
        ({"properties": {"p": {**MAPPED, "container": None}}}, "properties.p.container: must be an object; got None"),
        (
            {"properties": {"p": {"container": CONTAINER_REFERENCE}}},
            "properties.p.containerPropertyIdentifier: must be 1-255 characters",
        ),
        (
            {"properties": {"p": {**MAPPED, "source": {**VIEW_REFERENCE, "type": 1}}}},
            "properties.p.source.type: must be 'view'",
        ),
        ({"properties": {"p": {**EDGES, "type": "a"}}}, "properties.p.type: must be an object; got 'a'"),
        ({"properties": {"p": {**EDGES, "source": None}}}, "properties.p.source: must be an object; got None"),
        ({"properties": {"p": {**EDGES, "edgeSource": 1}}}, "properties.p.edgeSource: must be an object; got 1"),
        (
            {"properties": {"p": {**EDGES, "direction": "up"}}},
            "properties.p.direction: must be 'outwards' or 'inwards'",
        ),
        ({"properties": {"p": {**REVERSE, "source": 1}}}, "properties.p.source: must be an object; got 1"),
        ({"properties": {"p": {**REVERSE, "through": None}}}, "properties.p.through: must be an object; got None"),
        (
            {"properties": {"p": {**REVERSE, "through": {"source": VIEW_REFERENCE, "identifier": ""}}}},
            "properties.p.through.identifier: must be 1-255 characters",
        ),
        (
            {"properties": {"p": {**REVERSE, "through": {"source": NODE, "identifier": "a"}}}},
            "properties.p.through.source.type: must be 'view' or 'container'; got None",
        ),
    ],
)
def test_what_is_wrong_with_a_view_has_its_place(change: dict[str, Any], expected: str) -> None:
    """One thing wrong is one problem."""
    (problem,) = found_by(checks.check_view_item, {**VIEW, **change})
    assert problem.startswith(expected)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"space": None}, "space: must be 1-43 characters"),
        ({"externalId": "a-b"}, "externalId: must be 1-255 characters"),
        ({"version": 1}, "version: must be 1-43 characters"),
        ({"views": {}}, "views: must be a list; got an object"),
        ({"views": ["Pump"]}, "views[0]: must be an object; got 'Pump'"),
        ({"views": [{**VIEW_REFERENCE, "space": ""}]}, "views[0].space: must be 1-43 characters"),
        ({"views": [VIEW, {**VIEW, "filter": {}}]}, "views[1].filter: must have an operator; got an empty object"),
    ],
)
def test_what_is_wrong_with_a_data_model_has_its_place(change: dict[str, Any], expected: str) -> None:
    """One thing wrong is one problem, in the views too."""
    (problem,) = found_by(checks.check_data_model_item, {**MODEL, **change})
    assert problem.startswith(expected)


def test_every_problem_of_an_item_is_reported() -> None:
    """The list goes on after the first problem."""
    item = {"space": "", "externalId": "", "properties": {"_": {"type": {"type": 1}, "name": 2}}, "indexes": 3}
    places = [problem.partition(":")[0] for problem in found_by(checks.check_container_item, item)]
    expected = ["space", "externalId", "properties._", "properties._.name", "properties._.type.type", "indexes"]
    assert expected == places
