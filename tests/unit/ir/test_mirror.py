"""Which classes inherit from which, and what each declares itself."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from pygen.ir.mirroring import linearise
from pygen.ir.models import IRModel
from pygen.ir.parser import parse_model
from pygen.ir.transformer import mirror
from tests.unit.ir.wire_builders import cls, direct, edge, mapped, model, ref, reverse, vid, view


def mirrored(*views: dict[str, Any]) -> IRModel:
    """Parse and mirror views."""
    return mirror(parse_model(model(*views))[0])


def bases(found: IRModel, name: str) -> list[str]:
    """The names of the classes that a class inherits from."""
    return [item.external_id for item in cls(found, name).mirrors]


def test_a_child_declares_only_what_is_new() -> None:
    """Inherited members are the parent's business."""
    found = mirrored(view("A", {"a": mapped()}), view("B", {"b": mapped()}, "A"))
    assert (["A"], {"b"}) == (bases(found, "B"), cls(found, "B").own)


def test_a_class_without_parents_declares_everything() -> None:
    """It has nobody to inherit from."""
    found = mirrored(view("A", {"a": mapped(), "b": mapped()}))
    assert {"a", "b"} == cls(found, "A").own


def test_a_substitutable_override_is_declared() -> None:
    """Another description or unit does not end inheritance, but the member is the child's own."""
    parent = {"a": mapped("float64"), "b": mapped()}
    found = mirrored(
        view("A", parent), view("B", {"a": mapped("float64", description="D", unit={"externalId": "u"})}, "A")
    )
    assert (["A"], {"a"}) == (bases(found, "B"), cls(found, "B").own)


@pytest.mark.parametrize(
    ("parent", "child", "fits"),
    [
        (mapped("text"), mapped("int32"), False),
        (mapped("int32"), mapped("int64"), False),
        (mapped("float32"), mapped("float64"), False),
        (mapped("file"), mapped("sequence"), False),
        (mapped("text"), mapped("text", list=True), False),
        (mapped("text"), mapped("text", nullable=False), False),
        (mapped("text"), mapped("text", maxTextSize=3, immutable=True), True),
        (mapped("text", nullable=False), mapped("text", nullable=False, defaultValue="x"), False),
        (mapped("int32"), mapped("int32", autoIncrement=True), False),
        (mapped("enum", values={"a": {}}), mapped("enum", values={"a": {"name": "A"}}), True),
        (mapped("enum", values={"a": {}}), mapped("enum", values={"a": {}, "b": {}}), False),
        (mapped("enum", values={"a": {}}), mapped("enum", values={"a": {}}, unknownValue="a"), False),
        (mapped("text"), direct("Up"), False),
        (direct("Up"), direct("Up", list=True), False),
        (direct("Up"), direct("Up", nullable=False), False),
        (direct("Up"), direct("Up", immutable=True), True),
        (direct("Up"), direct("Down"), True),
        (direct("Down"), direct("Up"), False),
        (direct("Up"), direct("Side"), False),
        (direct("Up"), direct(), False),
        (direct(), direct("Up"), True),
        (direct("Up"), edge("Up"), False),
        (edge("Up"), edge("Down"), True),
        (edge("Up"), edge("Up", direction="inwards"), True),
        (edge("Up"), edge("Up", connectionType="single_edge_connection"), False),
        (edge("Up"), edge("Up", edgeSource=ref("Weight")), False),
        (edge("Gone"), edge("Up"), False),
        (reverse("Up", "r"), reverse("Down", "r"), True),
        (reverse("Up", "r"), reverse("Up", "r", single=True), False),
    ],
)
def test_when_an_override_ends_inheritance(parent: dict[str, Any], child: dict[str, Any], fits: bool) -> None:
    """A class inherits only where code written for its parent works on it."""
    found = mirrored(
        view("A", {"p": parent}),
        view("B", {"p": child}, "A"),
        view("Up", {"r": direct()}),
        view("Down", {}, "Up"),
        view("Side", {"s": mapped()}),
        view("Weight", {"w": mapped()}, usedFor="edge"),
    )
    assert (["A"] if fits else []) == bases(found, "B")
    assert {"p"} == cls(found, "B").own


@pytest.mark.parametrize(
    ("child", "parent", "fits"),
    [
        ("node", "node", True),
        ("node", "all", True),
        ("all", "node", True),
        ("all", "all", True),
        ("edge", "edge", True),
        ("edge", "all", True),
        ("edge", "node", False),
        ("node", "edge", False),
        ("all", "edge", False),
    ],
)
def test_kinds_of_instance_and_inheritance(child: str, parent: str, fits: bool) -> None:
    """Views of edges inherit from views that know edges, and other views from those that know nodes."""
    found = mirrored(view("A", {"a": mapped()}, usedFor=parent), view("B", {}, "A", usedFor=child))
    assert (["A"] if fits else []) == bases(found, "B")


def test_narrowing_may_be_circular() -> None:
    """Two pairs of views that narrow their relations to each other support each other."""
    found = mirrored(
        view("Cage", {"keeper": direct("Keeper")}),
        view("Keeper", {"cage": direct("Cage")}),
        view("LionCage", {"keeper": direct("LionKeeper")}, "Cage"),
        view("LionKeeper", {"cage": direct("LionCage")}, "Keeper"),
    )
    assert (["Cage"], ["Keeper"]) == (bases(found, "LionCage"), bases(found, "LionKeeper"))


def test_one_failure_unravels_a_circle() -> None:
    """A pair that cannot inherit takes all that rests on it along, and nothing else."""
    found = mirrored(
        view("Cage", {"keeper": direct("Keeper"), "size": mapped()}),
        view("Keeper", {"cage": direct("Cage")}),
        view("LionCage", {"keeper": direct("LionKeeper"), "size": mapped("int32")}, "Cage"),
        view("LionKeeper", {"cage": direct("LionCage")}, "Keeper"),
        view("Cub", {"x": mapped()}, "LionKeeper"),
    )
    assert ([], [], ["LionKeeper"]) == tuple(bases(found, name) for name in ("LionCage", "LionKeeper", "Cub"))


def test_parents_that_come_with_others_are_dropped() -> None:
    """A grandparent named beside the parent adds nothing."""
    found = mirrored(view("A", {"a": mapped()}), view("B", {}, "A"), view("C", {}, "A", "B"))
    assert (vid("A"), vid("B")) == cls(found, "C").parents
    assert ["B"] == bases(found, "C")


def test_a_diamond() -> None:
    """Both parents are inherited from, in order, and nothing is declared twice."""
    found = mirrored(
        view("A", {"a": mapped()}), view("B", {}, "A"), view("C", {}, "A"), view("D", {"d": mapped()}, "C", "B")
    )
    assert (["C", "B"], {"d"}) == (bases(found, "D"), cls(found, "D").own)


def test_what_parents_disagree_on_is_declared() -> None:
    """A class says itself which of two forms it has: Python alone would look up the other."""
    found = mirrored(
        view("A", {"p": mapped(name="a")}),
        view("B", {}, "A"),
        view("C", {"p": mapped(name="c")}, "A"),
        view("D", {}, "B", "C"),
    )
    assert (["B", "C"], {"p"}) == (bases(found, "D"), cls(found, "D").own)


def test_members_of_a_parent_that_is_not_inherited_from_are_declared() -> None:
    """A class that fits one of its parents only still has every member."""
    found = mirrored(
        view("A", {"a": mapped()}),
        view("B", {"b": mapped(), "p": mapped("int32")}),
        view("C", {"p": mapped("text")}, "A", "B"),
    )
    assert (["A"], {"b", "p"}) == (bases(found, "C"), cls(found, "C").own)


def test_an_order_that_cannot_be_is_no_inheritance() -> None:
    """Parents in contradicting orders leave the class alone, and its children inherit from it all the same."""
    found = mirrored(
        view("X", {"x": mapped()}),
        view("Y", {"y": mapped()}),
        view("P", {}, "X", "Y"),
        view("Q", {}, "Y", "X"),
        view("Z", {"z": mapped()}, "P", "Q"),
        view("Child", {}, "Z"),
    )
    assert ([], ["Z"]) == (bases(found, "Z"), bases(found, "Child"))
    assert {"x", "y", "z"} == cls(found, "Z").own


def test_linearisation_is_pythons() -> None:
    """The order of lookup is what Python itself makes of the same bases, over every order of parents."""
    for order in permutations(["A", "B", "C"]):
        classes: dict[str, type] = {"A": type("A", (), {})}
        classes["B"] = type("B", (classes["A"],), {})
        classes["C"] = type("C", (), {})
        lines = {vid("A"): (vid("A"),), vid("B"): (vid("B"), vid("A")), vid("C"): (vid("C"),)}
        try:
            made = type("D", tuple(classes[name] for name in order), {})
        except TypeError:
            expected = None
        else:
            expected = tuple(vid(base.__name__) for base in made.__mro__[:-1])
        assert expected == linearise(vid("D"), [vid(name) for name in order], lines)
