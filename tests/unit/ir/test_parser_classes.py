"""Views as classes: inheritance, kinds of instance, writability, node types."""

from __future__ import annotations

from typing import Any

import pytest

from pygen.client.models.ids import DataModelId, NodeId
from pygen.ir.filters import required_node_type
from pygen.ir.parser import parse_model
from tests.unit.ir.wire_builders import (
    cls,
    container_ref,
    containers,
    direct,
    edge,
    mapped,
    member,
    model,
    parse,
    ref,
    vid,
    view,
)


def names(parsed_class: Any) -> list[str]:
    """The identifiers of a class's members."""
    return [item.id for item in parsed_class.members]


def test_the_model_and_its_classes() -> None:
    """Identity and texts come over; classes are sorted by view, members by identifier."""
    wire = model(
        view("B", {"y": mapped(), "x": mapped()}, name="Bee", description="Buzz"), view("A"), name="N", description="D"
    )
    parsed, _ = parse_model(wire)
    assert (DataModelId("sp", "Model", "v1"), "N", "D") == (parsed.id, parsed.name, parsed.description)
    assert [vid("A"), vid("B")] == [item.id for item in parsed.classes]
    assert ["x", "y"] == names(cls(parsed, "B"))
    assert ("Bee", "Buzz") == (cls(parsed, "B").name, cls(parsed, "B").description)


def test_parents_properties_are_merged() -> None:
    """A view read without inherited properties has them all the same."""
    parsed = parse(view("A", {"a": mapped()}), view("B", {"b": mapped()}, "A"), view("C", {"c": mapped()}, "B"))
    assert ["a", "b", "c"] == names(cls(parsed, "C"))


def test_own_definitions_override() -> None:
    """A view's own form of a property counts, whatever its parents say."""
    parsed = parse(view("A", {"p": mapped("text")}), view("B", {"p": mapped("int32")}, "A"))
    found = member(parsed, "B", "p")
    assert member(parsed, "A", "p") != found
    assert member(parse(view("B", {"p": mapped("int32")})), "B", "p") == found


def test_the_earlier_parent_wins() -> None:
    """The order of `implements` decides, also where the later parent overrides what the earlier inherits."""
    parsed = parse(
        view("Base", {"p": mapped(name="base")}),
        view("Left", {}, "Base"),
        view("Right", {"p": mapped(name="right")}, "Base"),
        view("LeftFirst", {}, "Left", "Right"),
        view("RightFirst", {}, "Right", "Left"),
    )
    assert "base" == member(parsed, "LeftFirst", "p").name
    assert "right" == member(parsed, "RightFirst", "p").name


def test_missing_parents_are_kept_in_implements_only() -> None:
    """What a view implements is told as it is; its parents are those in the model."""
    parsed, _ = parse_model(model(view("A"), view("B", {}, ref("Gone"), "A", "A")))
    assert (vid("Gone"), vid("A")) == cls(parsed, "B").implements
    assert (vid("A"),) == cls(parsed, "B").parents


def test_a_circle_of_parents_is_cut() -> None:
    """Views in a circle inherit nothing from within it, and parsing ends."""
    parsed, _ = parse_model(
        model(
            view("A", {"a": mapped()}, "B"),
            view("B", {"b": mapped()}, "A", "Root"),
            view("Root", {"r": mapped()}),
            view("Child", {}, "A"),
            view("Self", {"s": mapped()}, "Self"),
        )
    )
    assert (["a"], ["b", "r"], ["a"], ["s"]) == tuple(names(cls(parsed, item)) for item in ("A", "B", "Child", "Self"))


def test_depth_is_no_limit() -> None:
    """A chain of parents longer than Python recurses is read."""
    depth = 1500
    views = [view("V0", {"root": mapped()}), *(view(f"V{i}", {}, f"V{i - 1}") for i in range(1, depth))]
    assert ["root"] == names(cls(parse(*reversed(views)), f"V{depth - 1}"))


@pytest.mark.parametrize("told", ["node", "edge", "all"])
def test_the_wire_knows_best_what_a_view_is_used_for(told: str) -> None:
    """`usedFor` counts where it is there."""
    assert told == cls(parse(view("V", {"p": mapped()}, usedFor=told)), "V").used_for


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        ([], "all"),
        (["node"], "node"),
        (["edge"], "edge"),
        (["all"], "all"),
        (["all", "edge"], "edge"),
        (["all", "node"], "node"),
        ([None], "node"),
        (["unknown"], "node"),
    ],
)
def test_what_a_view_is_used_for_is_derived(used: list[str | None], expected: str) -> None:
    """The intersection over the mapped containers; a container that is not known is taken to be for nodes."""
    wire = view("V", {f"p{i}": mapped(container=container_ref(f"C{i}")) for i in range(len(used))})
    known = containers(**{f"C{i}": {} for i, value in enumerate(used) if value != "unknown"})
    for container, value in zip(known, used, strict=False):
        container.used_for = value
    assert expected == cls(parse(wire, containers=known), "V").used_for


@pytest.mark.parametrize("told", [True, False])
def test_the_wire_knows_best_whether_a_view_is_writable(told: bool) -> None:
    """`writable` counts where it is there."""
    assert told is cls(parse(view("V", {"p": mapped()}, writable=told)), "V").writable


REQUIRED = {"type": {"type": "text"}, "nullable": False}


@pytest.mark.parametrize(
    ("properties", "container", "expected"),
    [
        ({"p": mapped()}, None, True),
        ({}, None, False),
        ({"p": edge("V")}, None, False),
        ({"p": mapped(stored="a")}, {"a": REQUIRED}, True),
        ({"p": mapped(stored="a")}, {"a": REQUIRED, "b": REQUIRED}, False),
        ({"p": mapped(stored="a")}, {"a": REQUIRED, "b": {"type": {"type": "text"}}}, True),
        ({"p": mapped(stored="a")}, {"a": REQUIRED, "b": {**REQUIRED, "defaultValue": "x"}}, True),
        ({"p": mapped(stored="a")}, {"a": REQUIRED, "b": {**REQUIRED, "autoIncrement": True}}, True),
    ],
)
def test_whether_a_view_is_writable_is_derived(
    properties: dict[str, Any], container: dict[str, Any] | None, expected: bool
) -> None:
    """All that the mapped containers require has to be mapped, and something has to be."""
    known = containers(C=container) if container is not None else []
    assert expected is cls(parse(view("V", properties), containers=known), "V").writable


def is_type(name: str, operator: str = "equals") -> dict[str, Any]:
    """A condition on the type of nodes."""
    value = {"space": "sp", "externalId": name}
    operand = {"value": value} if operator == "equals" else {"values": [value]}
    return {operator: {"property": ["node", "type"], **operand}}


A, B = NodeId("sp", "A"), NodeId("sp", "B")
HAS_DATA = {"hasData": [container_ref("C")]}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (None, None),
        ({}, None),
        (is_type("A"), A),
        (is_type("A", "in"), A),
        ({"and": [HAS_DATA, is_type("A")]}, A),
        ({"and": [{"and": [{"and": [is_type("B")]}]}]}, B),
        ({"and": [is_type("A"), is_type("A", "in")]}, A),
        ({"and": [is_type("A"), is_type("B")]}, None),
        ({"or": [is_type("A")]}, None),
        ({"and": [{"or": [is_type("A")]}, HAS_DATA]}, None),
        ({"not": is_type("A")}, None),
        ({"in": {"property": ["node", "type"], "values": [{}, {}]}}, None),
        ({"in": {"property": ["node", "type"], "values": []}}, None),
        ({"in": {"property": ["node", "type"], "values": {"parameter": "p"}}}, None),
        ({"equals": {"property": ["node", "type"], "value": {"parameter": "p"}}}, None),
        ({"equals": {"property": ["node", "type"], "value": {"space": 1, "externalId": "A"}}}, None),
        ({"equals": {"property": ["edge", "type"], "value": {"space": "sp", "externalId": "A"}}}, None),
        ({"prefix": {"property": ["node", "type"], "value": {"space": "sp", "externalId": "A"}}}, None),
        ({"and": "nonsense", "equals": []}, None),
        ({"and": [[], None]}, None),
    ],
)
def test_the_node_type_that_a_filter_requires(condition: dict[str, Any] | None, expected: NodeId | None) -> None:
    """One value that must hold, at the top or within `and`s."""
    assert expected == required_node_type(condition)


def test_a_class_knows_its_node_type() -> None:
    """The filter of the view itself counts; filters are not inherited."""
    parsed = parse(view("V", {"p": direct()}, filter=is_type("A")), view("W", {}, "V"))
    assert (A, None) == (cls(parsed, "V").node_type, cls(parsed, "W").node_type)
