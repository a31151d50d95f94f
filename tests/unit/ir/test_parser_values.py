"""Properties that hold values, from the wire into the IR."""

from __future__ import annotations

from typing import Any

import pytest

from pygen.client.models.ids import ContainerId
from pygen.ir.models import IRProperty
from pygen.ir.types import (
    BooleanType,
    DateType,
    EnumType,
    EnumValue,
    FloatType,
    IntegerType,
    IREnum,
    IRType,
    JsonType,
    ReferenceType,
    TextType,
    TimestampType,
    Unit,
)
from tests.unit.ir.wire_builders import container_ref, containers, mapped, member, parse, problems_of, view

TYPES: list[tuple[dict[str, Any], IRType]] = [
    ({"type_": "text"}, TextType()),
    ({"type_": "text", "maxTextSize": 8, "collation": "nb"}, TextType(8, "nb")),
    ({"type_": "boolean"}, BooleanType()),
    ({"type_": "int32"}, IntegerType(32)),
    ({"type_": "int64"}, IntegerType(64)),
    ({"type_": "float32"}, FloatType(32)),
    ({"type_": "float64"}, FloatType(64)),
    ({"type_": "float64", "unit": {"externalId": "length:m"}}, FloatType(64, Unit("length:m"))),
    ({"type_": "float32", "unit": {"externalId": "a", "sourceUnit": "b"}}, FloatType(32, Unit("a", "b"))),
    ({"type_": "timestamp"}, TimestampType()),
    ({"type_": "date"}, DateType()),
    ({"type_": "json"}, JsonType()),
    ({"type_": "timeseries"}, ReferenceType("timeseries")),
    ({"type_": "file"}, ReferenceType("file")),
    ({"type_": "sequence"}, ReferenceType("sequence")),
    (
        {"type_": "enum", "values": {"b": {}, "a": {"name": "A", "description": "first"}, "c": None}},
        EnumType(IREnum((EnumValue("a", "A", "first"), EnumValue("b"), EnumValue("c")))),
    ),
    (
        {"type_": "enum", "values": {"a": {}, "u": {"name": ""}}, "unknownValue": "u"},
        EnumType(IREnum((EnumValue("a"), EnumValue("u")), "u")),
    ),
]


@pytest.mark.parametrize(("wire", "expected"), TYPES)
@pytest.mark.parametrize("is_list", [False, True])
def test_types(wire: dict[str, Any], expected: IRType, is_list: bool) -> None:
    """Every type is read, alone and in a list, and the list is said by the property."""
    found = member(parse(view("V", {"p": mapped(**wire, list=is_list)})), "V", "p")
    assert isinstance(found, IRProperty)
    assert (expected, is_list) == (found.type, found.is_list)


def test_everything_a_property_says() -> None:
    """Flags, texts and the place where it is stored come over untouched."""
    wire = mapped(
        "int64",
        container=container_ref("Box", "other"),
        stored="count",
        nullable=False,
        immutable=True,
        autoIncrement=True,
        defaultValue=3,
        name="Count",
        description="How many",
    )
    expected = IRProperty(
        id="p",
        type=IntegerType(64),
        nullable=False,
        immutable=True,
        auto_increment=True,
        default=3,
        container=ContainerId("other", "Box"),
        container_property="count",
        name="Count",
        description="How many",
    )
    assert expected == member(parse(view("V", {"p": wire})), "V", "p")


def test_what_old_answers_leave_out() -> None:
    """A property without flags may be null and may change."""
    found = member(parse(view("V", {"p": mapped()})), "V", "p")
    assert isinstance(found, IRProperty)
    assert (True, False, False, None) == (found.nullable, found.immutable, found.auto_increment, found.default)


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_texts_that_say_nothing_are_none(text: str) -> None:
    """A blank name or description is as good as none."""
    found = member(parse(view("V", {"p": mapped(name=text, description=text)})), "V", "p")
    assert (None, None) == (found.name, found.description)


def test_the_size_of_a_list_belongs_to_lists() -> None:
    """`maxListSize` of a property that is no list means nothing."""
    parsed = parse(view("V", {"p": mapped(maxListSize=5), "q": mapped(list=True, maxListSize=5)}))
    p, q = member(parsed, "V", "p"), member(parsed, "V", "q")
    assert isinstance(p, IRProperty)
    assert isinstance(q, IRProperty)
    assert (None, 5) == (p.max_list_size, q.max_list_size)


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ({"type_": "text", "defaultValue": ""}, ""),
        ({"type_": "boolean", "defaultValue": False}, False),
        ({"type_": "int32", "defaultValue": -(2**31)}, -(2**31)),
        ({"type_": "int64", "defaultValue": 884324181205335268}, 884324181205335268),
        ({"type_": "int32", "defaultValue": 2.0}, 2),
        ({"type_": "float64", "defaultValue": 2}, 2.0),
        ({"type_": "timestamp", "defaultValue": "2024-12-31T00:00:00.000Z"}, "2024-12-31T00:00:00.000Z"),
        ({"type_": "date", "defaultValue": "2024-12-31"}, "2024-12-31"),
        ({"type_": "json", "defaultValue": {"b": [1, {"c": None}], "a": 1}}, (("a", 1), ("b", (1, (("c", None),))))),
        ({"type_": "enum", "values": {"a": {}}, "defaultValue": "a"}, "a"),
        ({"type_": "file", "defaultValue": "x"}, "x"),
        ({"type_": "text", "defaultValue": None}, None),
    ],
)
def test_defaults(wire: dict[str, Any], expected: object) -> None:
    """A default is kept in the type of its property; JSON is frozen with its keys sorted."""
    found = member(parse(view("V", {"p": mapped(**wire)})), "V", "p")
    assert isinstance(found, IRProperty)
    assert (type(expected), expected) == (type(found.default), found.default)
    hash(found)


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        ({"type_": "int32", "defaultValue": "seven"}, "'seven' should be a whole number of 32 bits"),
        ({"type_": "int32", "defaultValue": 2**31}, "2147483648 should be a whole number of 32 bits"),
        ({"type_": "int64", "defaultValue": True}, "True should be a whole number of 64 bits"),
        ({"type_": "int64", "defaultValue": 0.5}, "0.5 should be a whole number of 64 bits"),
        ({"type_": "float32", "defaultValue": float("inf")}, "inf should be a finite number"),
        ({"type_": "float64", "defaultValue": 10**400}, f"1{'0' * 400} should be a finite number"),
        ({"type_": "float64", "defaultValue": False}, "False should be a finite number"),
        ({"type_": "boolean", "defaultValue": 1}, "1 should be true or false"),
        ({"type_": "text", "defaultValue": 1}, "1 should be text"),
        ({"type_": "json", "defaultValue": [1]}, "[1] should be a JSON object"),
        ({"type_": "enum", "values": {"a": {}}, "defaultValue": "b"}, "'b' should be one of the values"),
        (
            {"type_": "enum", "values": {"a": {}, "u": {}}, "unknownValue": "u", "defaultValue": "u"},
            "'u' should be one of the values that can be written",
        ),
        ({"type_": "text", "list": True, "defaultValue": ["a"]}, "lists have no default"),
        ({"type_": "direct", "defaultValue": {"space": "s", "externalId": "x"}}, "direct relations have no default"),
    ],
)
def test_defaults_that_do_not_fit(wire: dict[str, Any], why: str) -> None:
    """A default of another type is ignored, and named."""
    (problem,) = problems_of(view("V", {"p": mapped(**wire)}))
    assert ("PYG114", "sp:V(v1).p") == (problem.code, problem.where)
    assert problem.message.startswith(f"the default value is ignored: {why}")


def test_an_endlessly_nested_default_is_no_crash() -> None:
    """A default that is nested more deeply than Python recurses is ignored, and named."""
    value: dict[str, Any] = {}
    for _ in range(5000):
        value = {"a": value}
    wire = view("V", {"p": mapped("json", defaultValue=value)})
    assert ["PYG114"] == [problem.code for problem in problems_of(wire)]


def test_an_enum_without_values_is_text() -> None:
    """Nothing could be written to it otherwise."""
    (problem,) = problems_of(view("V", {"p": mapped("enum", values={})}))
    assert "PYG112" == problem.code


def test_an_unknown_value_has_to_be_a_value() -> None:
    """`unknownValue` that is not among the values is ignored, and named."""
    (problem,) = problems_of(view("V", {"p": mapped("enum", values={"a": {}}, unknownValue="z")}))
    assert "PYG113" == problem.code


def test_a_type_of_the_future_is_left_out_and_named() -> None:
    """The rest of the view is there."""
    wire = view("V", {"p": mapped("geometry", srid=4326), "q": mapped()})
    (problem,) = problems_of(wire)
    assert ("PYG102", "sp:V(v1).p") == (problem.code, problem.where)


@pytest.mark.parametrize("name", ["", "_a", "-a", "a b", "a.b", "é", "a\n", "a" * 256])
def test_invalid_identifiers_are_left_out_and_named(name: str) -> None:
    """What the service would refuse cannot be asked for."""
    assert ["PYG101"] == [problem.code for problem in problems_of(view("V", {name: mapped()}))]


@pytest.mark.parametrize("name", ["a", "9", "1-", "a_", "a-b", "a" * 255])
def test_valid_identifiers(name: str) -> None:
    """Leading digits and hyphens are allowed."""
    assert name == member(parse(view("V", {name: mapped()})), "V", name).id


def test_views_as_they_are_written_take_types_from_containers() -> None:
    """A property without a type is what its container says, default and flags included."""
    wire = {"container": container_ref("C"), "containerPropertyIdentifier": "stored", "name": "N"}
    known = containers(C={"stored": {"type": {"type": "int32"}, "nullable": False, "defaultValue": 4}})
    found = member(parse(view("V", {"p": wire}), containers=known), "V", "p")
    expected = IRProperty(
        id="p",
        type=IntegerType(32),
        nullable=False,
        default=4,
        container=ContainerId("sp", "C"),
        container_property="stored",
        name="N",
    )
    assert expected == found


def test_a_type_told_nowhere_is_left_out_and_named() -> None:
    """Neither the view nor a container says what it is."""
    wire = {"container": container_ref("C"), "containerPropertyIdentifier": "stored"}
    assert ["PYG104"] == [problem.code for problem in problems_of(view("V", {"p": wire}))]


@pytest.mark.parametrize(
    ("container", "stored", "expected"),
    [
        (container_ref("CogniteAsset", "cdf_cdm"), "assetHierarchy_path", True),
        (container_ref("CogniteAsset", "cdf_cdm"), "assetHierarchy_parent", False),
        (container_ref("CogniteAsset", "mine"), "assetHierarchy_path", False),
        (container_ref("CogniteFile", "cdf_cdm"), "isUploaded", True),
        (container_ref("CogniteFile", "cdf_cdm"), "uploadedTime", True),
    ],
)
def test_system_properties_are_read_only(container: dict[str, Any], stored: str, expected: bool) -> None:
    """The service alone sets them, whatever a view calls them."""
    found = member(parse(view("V", {"p": mapped(container=container, stored=stored)})), "V", "p")
    assert isinstance(found, IRProperty)
    assert expected is found.read_only
