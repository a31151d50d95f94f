"""A data model as boxes and arrows."""

from __future__ import annotations

from dataclasses import replace

from pygen.client.models.ids import ContainerId
from pygen.diagram import Box, Link
from pygen.ir.models import DirectRelation, IRClass, IRRelationship, ReverseDirectRelation
from pygen.project.drawing import draw_model
from pygen.project.showing import ModelView
from tests.unit.generation.ir_builders import direct, edge, model, reverse, value, vid, view


def drawn(*views: IRClass, only: tuple[str, ...] = ()) -> tuple[list[Box], list[Link]]:
    """What is drawn of some views."""
    return draw_model(ModelView(model(*views), only))


def test_a_box_shows_values() -> None:
    """With their types; relations are arrows."""
    boxes, links = drawn(view("Pump", value("name"), direct("valve", vid("Valve"))), view("Valve"))
    assert [Box("sp:Pump(v1)", "Pump", ("name: text",)), Box("sp:Valve(v1)", "Valve")] == boxes
    assert [Link("sp:Pump(v1)", "sp:Valve(v1)", "valve")] == links


def test_the_two_ends_of_a_relation_are_one_arrow() -> None:
    """It points as the direct relation does, and has the names of both ends."""
    pump = view("Pump", direct("valve", vid("Valve")))
    valve = view("Valve", reverse("pumps", vid("Pump"), "valve"))
    assert [Link("sp:Pump(v1)", "sp:Valve(v1)", "valve / pumps *")] == drawn(pump, valve)[1]


def test_a_reverse_relation_through_a_container_finds_its_other_end() -> None:
    """By where the direct relation is stored."""
    stored = DirectRelation(container=ContainerId("sp", "Pump"), container_property="v")
    pump = view("Pump", IRRelationship("valve", stored, vid("Valve")))
    through = ReverseDirectRelation(is_list=True, through=ContainerId("sp", "Pump"), through_property="v")
    valve = view("Valve", IRRelationship("pumps", through, vid("Pump")))
    assert [Link("sp:Pump(v1)", "sp:Valve(v1)", "valve / pumps *")] == drawn(pump, valve)[1]


def test_a_reverse_relation_through_a_parents_relation() -> None:
    """It is drawn where the direct relation is declared."""
    base = view("Base", direct("valve", vid("Valve")))
    pump = view("Pump", direct("valve", vid("Valve")), parents=[vid("Base")])
    valve = view("Valve", reverse("pumps", vid("Pump"), "valve"))
    assert [
        Link("sp:Pump(v1)", "sp:Base(v1)", kind="inherits"),
        Link("sp:Base(v1)", "sp:Valve(v1)", "valve / pumps *"),
    ] == drawn(base, pump, valve)[1]


def test_a_reverse_relation_without_its_other_end() -> None:
    """Is an arrow of its own, from where the relation is stored."""
    valve = view("Valve", reverse("pumps", vid("Pump"), "gone"))
    assert [Link("sp:Pump(v1)", "sp:Valve(v1)", "pumps *")] == drawn(view("Pump"), valve)[1]


def test_the_two_ends_of_edges_are_one_arrow() -> None:
    """From the start node to the end node, with the view of the edges."""
    there = edge("valves", vid("Valve"), edge_view=vid("Distance"))
    assert isinstance(there, IRRelationship)
    back = replace(there, id="pumps", target=vid("Pump"), connection=replace(there.connection, direction="inwards"))  # type: ignore[arg-type]  # of edges
    pump, valve = view("Pump", there), view("Valve", back)
    links = drawn(pump, valve, view("Distance", used_for="edge"))[1]
    assert [Link("sp:Pump(v1)", "sp:Valve(v1)", "valves * (Distance) / pumps * (Distance)")] == links


def test_what_is_inherited_is_shown_above() -> None:
    """Unless the parent is not drawn."""
    base, pump = view("Base", value("name")), view("Pump", value("name"), value("own"), parents=[vid("Base")])
    boxes, links = drawn(base, pump)
    assert [("Base", ("name: text",)), ("Pump", ("own: text",))] == [(box.title, box.lines) for box in boxes]
    assert [Link("sp:Pump(v1)", "sp:Base(v1)", kind="inherits")] == links
    (alone,), nothing = drawn(base, pump, only=("Pump",))
    assert (("name: text", "own: text"), []) == (alone.lines, nothing)


def test_a_parent_that_is_not_drawn_is_looked_through() -> None:
    """The arrow leads to the nearest ancestor that is drawn."""
    top, middle = view("Top"), view("Middle", parents=[vid("Top")])
    bottom = view("Bottom", parents=[vid("Middle")])
    assert [Link("sp:Bottom(v1)", "sp:Top(v1)", kind="inherits")] == drawn(top, middle, bottom, only=("Top", "Bottom"))[
        1
    ]


def test_relations_that_no_arrow_can_show_are_lines() -> None:
    """Those to itself, and those to views that are not drawn."""
    pump = view("Pump", direct("next", vid("Pump")), direct("valves", vid("Valve"), is_list=True), direct("any"))
    boxes, links = drawn(pump, view("Valve"), only=("Pump",))
    assert ([("any: node", "next: Pump", "valves: Valve[]")], []) == ([box.lines for box in boxes], links)
