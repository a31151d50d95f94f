"""The selection a user makes."""

from __future__ import annotations

import pytest

from pygen.client.models.ids import ViewId
from pygen.errors import Severity
from pygen.ir.models import EdgeConnection, IRModel, IRRelationship
from pygen.ir.transformer import mirror, select
from tests.unit.ir.wire_builders import cls, direct, edge, mapped, member, parse, ref, vid, view


def windfarm() -> IRModel:
    """A few views that hold on to each other."""
    return parse(
        view("Thing", {"name": mapped()}),
        view("Machine", {"power": mapped("float64")}, "Thing"),
        view("Turbine", {"site": direct("Site"), "near": edge("Turbine", edgeSource=ref("Distance"))}, "Machine"),
        view("Site", {"label": mapped()}),
        view("Distance", {"metres": mapped("float64")}, usedFor="edge"),
    )


def kept(model: IRModel) -> list[str]:
    """The names of the views in a model."""
    return [item.id.external_id for item in model.classes]


def test_everything_is_the_default() -> None:
    """Without patterns the model is as it was."""
    model = windfarm()
    assert (model, []) == select(model)


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        (["Turbine"], [], ["Turbine"]),
        (["T*"], [], ["Thing", "Turbine"]),
        (["sp:S*"], [], ["Site"]),
        (["sp:Site(v1)"], [], ["Site"]),
        (["?ite", "[D]istance"], [], ["Distance", "Site"]),
        (["*"], ["T*", "sp:Machine"], ["Distance", "Site"]),
    ],
)
def test_patterns(include: list[str], exclude: list[str], expected: list[str]) -> None:
    """Patterns are matched against the external id, with the space, and with the version; excluding wins."""
    assert expected == kept(select(windfarm(), include, exclude)[0])


def test_a_version_can_be_chosen() -> None:
    """Two versions of one view are told apart."""
    model = parse(view("A", version="v1"), view("A", version="v2"))
    assert [ViewId("sp", "A", "v2")] == [item.id for item in select(model, ["sp:A(v2)"])[0].classes]


def test_what_is_cut_is_reported() -> None:
    """Each lost target, edge view and parent is an info, at its place."""
    _, problems = select(windfarm(), ["Turbine"])
    assert {
        ("PYG204", "sp:Turbine(v1)"),
        ("PYG203", "sp:Turbine(v1).site"),
        ("PYG205", "sp:Turbine(v1).near"),
    } == {(problem.code, problem.where) for problem in problems}
    assert {Severity.INFO} == {problem.severity for problem in problems}


def test_a_view_keeps_its_properties() -> None:
    """What a parent that is cut has given stays; relations lose what is not there."""
    model, _ = select(windfarm(), ["Turbine"])
    near, site = member(model, "Turbine", "near"), member(model, "Turbine", "site")
    assert ["name", "near", "power", "site"] == [item.id for item in cls(model, "Turbine").members]
    assert isinstance(near, IRRelationship)
    assert isinstance(near.connection, EdgeConnection)
    assert (vid("Turbine"), None) == (near.target, near.connection.edge_view)
    assert isinstance(site, IRRelationship)
    assert (None, vid("Site")) == (site.target, site.declared_target)


def test_a_parent_that_is_cut_is_looked_through() -> None:
    """The next ancestor becomes the parent, and the class inherits from it."""
    model, _ = select(windfarm(), ["*"], ["Machine"])
    assert (vid("Thing"),) == cls(model, "Turbine").parents
    turbine = cls(mirror(model), "Turbine")
    assert ((vid("Thing"),), (vid("Machine"),)) == (turbine.mirrors, turbine.implements)
    assert {"power", "near", "site"} == turbine.own


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("Turbin", "did you mean Turbine?"),
        ("turbine", "did you mean Turbine?"),
        ("sp:Turbine(v2)", "did you mean sp:Turbine(v1)?"),
        ("Qqqqqq", "patterns are matched against the external ids of views"),
    ],
)
@pytest.mark.parametrize("option", ["include", "exclude"])
def test_a_pattern_without_match_is_an_error(pattern: str, hint: str, option: str) -> None:
    """A misspelt pattern would quietly select something else; the hint names the nearest view."""
    patterns = {"include": ["Site"], "exclude": [], option: ["Site", pattern] if option == "include" else [pattern]}
    _, (problem, *_) = select(windfarm(), patterns["include"], patterns["exclude"])
    assert ("PYG006", Severity.ERROR, hint) == (problem.code, problem.severity, problem.hint)
    assert f"{pattern!r} in {option}" in problem.message


@pytest.mark.parametrize(("include", "exclude"), [([], []), (["Site"], ["*"])])
def test_nothing_selected_is_an_error(include: list[str], exclude: list[str]) -> None:
    """An SDK without views helps nobody."""
    model, problems = select(windfarm(), include, exclude)
    assert () == model.classes
    assert ["PYG007"] == [problem.code for problem in problems]
