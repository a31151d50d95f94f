"""Identifiers and references: what the patterns of DMS let through, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pygen.client import checks
from pygen.client.checks import Problems
from pygen.client.exceptions import DmsInputError, InputProblem
from pygen.client.models.ids import ContainerId, DataModelId, ViewId

Check = Callable[[Any, str, Problems], None]

VIEW = {"type": "view", "space": "sp", "externalId": "Pump", "version": "v1"}
CONTAINER = {"type": "container", "space": "sp", "externalId": "Pump"}
SPACE = "1-43 characters: a letter first, then letters, digits, _ and -; as the 43rd a letter or digit"
EXTERNAL_ID = "1-255 characters: a letter first, then letters, digits and _, and a letter or digit last"
VERSION = "1-43 characters: letters, digits, '.', _ and -, with a letter or digit first and last"


def found_by(check: Check, value: object) -> list[tuple[str, str]]:
    """What a check finds, at the place `x`."""
    problems: Problems = []
    check(value, "x", problems)
    return [(problem.where, problem.message) for problem in problems]


@pytest.mark.parametrize(
    ("check", "values"),
    [
        (checks.check_space, ["a", "Z9", "my-space_1", "space", "cdf_cdm", "ends-", "a" * 43]),
        (checks.check_external_id, ["A", "Cognite360Image", "a_b", "a" * 255, "Int", "Pump_T"]),
        (checks.check_version, ["1", "v1", "1.0.0", "a-b_c", "0123456789abcdef", "a" * 43]),
        (checks.check_property_name, ["a", "9lives", "flow-rate", "a_", "type", "version", "a" * 255]),
        (checks.check_instance_external_id, ["a", "site:north", " ", "ø/\n", "\\x0", "🚀" * 256]),
        (checks.check_identifier, ["a", "any text at all", "a" * 43]),
        (checks.check_instance_type, ["node", "edge", None]),
    ],
)
def test_an_identifier_that_dms_takes_is_no_problem(check: Check, values: list[object]) -> None:
    """Everything within the pattern passes; reserved words matter only where something is declared."""
    assert [] == [problem for value in values for problem in found_by(check, value)]


@pytest.mark.parametrize(
    ("check", "values", "rule"),
    [
        (checks.check_space, ["", "1a", "-a", "a b", "å", "a\n", "a" * 44, "a" * 42 + "-", None, 5, ["a"]], SPACE),
        (checks.check_external_id, ["", "1a", "_a", "a_", "a-b", "a.b", "a\n", "a" * 256, None], EXTERNAL_ID),
        (checks.check_version, ["", ".1", "v1.", "v 1", "v1\n", "a" * 44, None, 1], VERSION),
        (
            checks.check_property_name,
            ["", "_a", "-a", "a.b", "a b", "é", "a\n", "a" * 256, "a" * 254 + "-", None],
            "1-255 characters: a letter or digit first, then letters, digits, _ and -; as the 255th a letter or digit",
        ),
        (checks.check_instance_external_id, ["", "a\0b", "a" * 257, None, 1], "1-256 characters without NUL"),
        (checks.check_identifier, ["", "a" * 44, None], "1-43 characters"),
        (checks.check_instance_type, ["Node", "", 1, []], "'node' or 'edge'"),
    ],
)
def test_an_identifier_that_dms_refuses_is_a_problem(check: Check, values: list[object], rule: str) -> None:
    """The problem says where, what the rule is, and what was given."""
    for value in values:
        ((where, message),) = found_by(check, value)
        assert "x" == where
        assert message.startswith(f"must be {rule}; got ")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1a", "'1a'"),
        (None, "None"),
        (True, "True"),
        (5, "5"),
        ({"secret": "value"}, "an object"),
        (["value"], "a list"),
        (b"value", "a bytes"),
        ("-" * 100, "'" + "-" * 59 + "... (102 characters)"),
    ],
)
def test_what_was_given_is_shown_briefly(value: object, shown: str) -> None:
    """Short values stand in the message as they are; objects and lists do not."""
    assert [("x", f"must be {SPACE}; got {shown}")] == found_by(checks.check_space, value)


@pytest.mark.parametrize(
    ("check", "value", "expected"),
    [
        (checks.check_view_id, ViewId("sp", "Pump", "v1"), []),
        (checks.check_view_id, ViewId("1", "2", ""), ["x.space", "x.externalId", "x.version"]),
        (checks.check_data_model_id, DataModelId("sp", "Pumps", "v1"), []),
        (checks.check_data_model_id, DataModelId("1", "2", ""), ["x.space", "x.externalId", "x.version"]),
        (checks.check_container_id, ContainerId("sp", "Pump"), []),
        (checks.check_container_id, ContainerId("1", "2"), ["x.space", "x.externalId"]),
        (checks.check_view_reference, VIEW, []),
        (checks.check_view_reference, {**VIEW, "type": None}, ["x.type"]),
        (checks.check_view_reference, {}, ["x.type", "x.space", "x.externalId", "x.version"]),
        (checks.check_view_reference, "Pump", ["x"]),
        (checks.check_container_reference, CONTAINER, []),
        (checks.check_container_reference, {}, ["x.type", "x.space", "x.externalId"]),
        (checks.check_container_reference, None, ["x"]),
        (checks.check_source_reference, VIEW, []),
        (checks.check_source_reference, CONTAINER, []),
        (checks.check_source_reference, {**VIEW, "version": None}, ["x.version"]),
        (checks.check_source_reference, {"type": "table"}, ["x.type"]),
        (checks.check_source_reference, [], ["x"]),
        (checks.check_node_reference, {"space": "sp", "externalId": "a b"}, []),
        (checks.check_node_reference, {}, ["x.space", "x.externalId"]),
        (checks.check_node_reference, "a", ["x"]),
        (checks.check_property_reference, ["node", "externalId"], []),
        (checks.check_property_reference, ("sp", "Pump/v1", "name"), []),
        (checks.check_property_reference, ["name"], ["x"]),
        (checks.check_property_reference, ["a", "b", "c", "d"], ["x"]),
        (checks.check_property_reference, ["node", 1], ["x"]),
        (checks.check_property_reference, ["node", ""], ["x"]),
        (checks.check_property_reference, "name", ["x"]),
    ],
)
def test_a_reference_names_each_part_that_is_wrong(check: Check, value: object, expected: list[str]) -> None:
    """Every part has a place of its own, and all of them are reported."""
    assert expected == [where for where, _ in found_by(check, value)]


def test_a_view_may_be_named_without_version_where_that_means_the_newest() -> None:
    """`implements` takes a view without version, but not one with a wrong version."""
    problems: Problems = []
    checks.check_view_reference({"type": "view", "space": "sp", "externalId": "A"}, "x", problems, versioned=False)
    checks.check_view_reference({**VIEW, "version": "?"}, "y", problems, versioned=False)
    assert ["y.version"] == [problem.where for problem in problems]


def test_one_error_names_every_problem() -> None:
    """Nothing is raised without problems; with some, the error holds them all, and where they came from."""
    checks.raise_for([], operation="views.create", project="plant")
    problems = [InputProblem(f"items[{number}]", "must be right") for number in range(7)]
    with pytest.raises(DmsInputError) as caught:
        checks.raise_for(problems, operation="views.create", project="plant")
    assert tuple(problems) == caught.value.problems
    assert "views.create" == caught.value.operation
    assert "plant" == caught.value.project
