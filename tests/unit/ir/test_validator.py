"""Whether a data model as a whole can become an SDK."""

from __future__ import annotations

import pytest

from pygen.errors import ModelError, Severity
from pygen.ir import build_model
from pygen.ir.validator import validate
from tests.unit.ir.wire_builders import mapped, model, ref, reverse, view


def codes(*views: dict[str, object], **keys: object) -> list[tuple[str, str]]:
    """The codes of a data model's problems, with their places."""
    return [(problem.code, problem.where) for problem in validate(model(*views, **keys))]


def test_a_sound_model_has_no_problems() -> None:
    """Nothing is found where nothing is wrong."""
    assert [] == codes(view("A", {"p": mapped()}), view("B", {}, "A"))


def test_no_views() -> None:
    """A model without views cannot become anything."""
    assert [("PYG001", "sp:Model(v1)")] == codes()


def test_views_that_are_only_named() -> None:
    """References mean that the model was fetched without its views, and the hint says how to fetch them."""
    (problem,) = validate(model(ref("A")))
    assert ("PYG002", "sp:A(v1)") == (problem.code, problem.where)
    assert "inlineViews=true" in problem.hint


def test_a_view_defined_twice() -> None:
    """One of the two would be lost."""
    assert [("PYG003", "sp:A(v1)")] == codes(view("A"), view("A", {"p": mapped()}), view("A", version="v2"))


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("space", "1sp"),
        ("space", ""),
        ("space", "a" * 44),
        ("space", "a b"),
        ("externalId", "1A"),
        ("externalId", "A_"),
        ("externalId", "A-B"),
        ("externalId", "A" * 256),
        ("externalId", "Å"),
        ("externalId", "A\n"),
        ("externalId", "../../etc/passwd"),
        ("version", ""),
        ("version", ".1"),
        ("version", "1."),
        ("version", "v 1"),
        ("version", "1" * 44),
    ],
)
def test_invalid_identifiers(part: str, value: str) -> None:
    """What the service would refuse is refused here, of views and of the data model."""
    assert ["PYG004"] == [code for code, _ in codes(view("A", **{part: value}))]
    assert ["PYG004"] == [code for code, _ in codes(view("A"), **{part: value})]


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("space", "a-_-"[:3] + "b"),
        ("space", "a" * 43),
        ("externalId", "A"),
        ("externalId", "A__b1"),
        ("version", "1"),
        ("version", "a.1-_2"),
        ("version", "1" * 43),
    ],
)
def test_valid_identifiers(part: str, value: str) -> None:
    """What the service accepts is accepted."""
    assert [] == codes(view("A", **{part: value}))


@pytest.mark.parametrize(
    ("views", "circle"),
    [
        ([view("A", {}, "A")], "sp:A(v1) -> sp:A(v1)"),
        ([view("A", {}, "B"), view("B", {}, "A")], "sp:A(v1) -> sp:B(v1) -> sp:A(v1)"),
        (
            [view("C", {}, "A"), view("B", {}, "C"), view("A", {}, "B"), view("Out", {}, "A")],
            "sp:A(v1) -> sp:B(v1) -> sp:C(v1) -> sp:A(v1)",
        ),
    ],
)
def test_a_circle_is_named(views: list[dict[str, object]], circle: str) -> None:
    """One problem per circle, and the message walks it."""
    (problem,) = validate(model(*views))
    assert ("PYG005", "sp:A(v1)") == (problem.code, problem.where)
    assert circle in problem.message


def test_separate_circles_are_separate_problems() -> None:
    """Each circle is its own mistake."""
    found = codes(view("A", {}, "B"), view("B", {}, "A"), view("X", {}, "Y"), view("Y", {}, "X", "A"))
    assert [("PYG005", "sp:A(v1)"), ("PYG005", "sp:X(v1)")] == found


def test_parents_outside_the_model() -> None:
    """They are common and harmless, and told once each."""
    (problem,) = validate(model(view("A", {}, ref("Gone"), ref("Gone"))))
    assert ("PYG202", Severity.INFO) == (problem.code, problem.severity)


def test_all_errors_are_raised_at_once() -> None:
    """Someone fixing a model wants the whole list, without the infos."""
    wire = model(view("A", {}, "A"), ref("B"), view("1C", {}, ref("Gone")), view("D", {"_": mapped()}))
    with pytest.raises(ModelError) as raised:
        build_model(wire, include=["*", "Nope"])
    assert ["PYG002", "PYG004", "PYG005", "PYG006", "PYG101"] == sorted(item.code for item in raised.value.problems)


def test_warnings_and_infos_are_returned() -> None:
    """A degraded model is a model."""
    built, problems = build_model(model(view("A", {"p": reverse("Gone", "x", targetsList=False)}, ref("Gone"))))
    assert ["PYG105", "PYG202"] == sorted(problem.code for problem in problems)
    assert 1 == len(built.classes)


def test_warnings_are_errors_when_strict() -> None:
    """Strictness stops at warnings, not at infos."""
    infos = model(view("A", {"p": mapped()}, ref("Gone")))
    assert ["PYG202"] == [problem.code for problem in build_model(infos, strict=True)[1]]
    with pytest.raises(ModelError) as raised:
        build_model(model(view("A", {"p": reverse("Gone", "x", targetsList=False)})), strict=True)
    assert ["PYG105"] == [problem.code for problem in raised.value.problems]


def test_problems_of_views_left_out_are_left_out() -> None:
    """What is not generated need not be sound, except for a circle that may reach further."""
    bad, good = view("Bad", {"_": mapped()}, version="v 1"), view("Good", {"p": mapped()})
    assert () == build_model(model(bad, good), exclude=["Bad"])[1]
    with pytest.raises(ModelError, match="PYG005"):
        build_model(model(view("Bad", {}, "Bad"), view("Good", {}, "Bad")), exclude=["Bad"])


def test_the_model_is_not_taken_for_a_view_of_its_name() -> None:
    """A problem of the data model survives when a view of the same identifier is cut."""
    wire = model(view("Model", {"p": mapped()}), view("Good", {"p": mapped()}))
    with pytest.raises(ModelError, match="PYG006"):
        build_model(wire, include=["Good", "Nope"])
