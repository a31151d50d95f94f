"""A data model in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pygen.client.models.ids import ContainerId, ViewId
from pygen.errors import ConfigError
from pygen.ir.models import DirectRelation, IRMember, IRProperty, IRRelationship, ReverseDirectRelation
from pygen.ir.types import (
    BooleanType,
    DateType,
    FloatType,
    IntegerType,
    IRType,
    JsonType,
    ReferenceType,
    TextType,
    TimestampType,
    Unit,
)
from pygen.project.config import load_config
from pygen.project.showing import ModelView, plain_value, read_models, said_about, traits_of
from tests.unit.generation.ir_builders import direct, edge, enum, model, reverse, value, vid, view


def words(member: IRMember, *others: str) -> str:
    """What is said about a property of a view beside others."""
    return ModelView(model(view("Pump", member), *(view(name) for name in others))).words_of(member)


def notes(member: IRMember, **options: Any) -> tuple[str, ...]:
    """The notes on a property."""
    return ModelView(model(view("Pump", member))).notes_on(member, **options)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (TextType(), "text"),
        (BooleanType(), "boolean"),
        (IntegerType(32), "int32"),
        (IntegerType(64), "int64"),
        (FloatType(32), "float32"),
        (FloatType(64, Unit("length:m")), "float64 [length:m]"),
        (TimestampType(), "timestamp"),
        (DateType(), "date"),
        (JsonType(), "json"),
        (enum("a", "b"), "enum"),
        (ReferenceType("timeseries"), "timeseries"),
    ],
)
def test_types_are_called_as_the_service_calls_them(kind: IRType, said: str) -> None:
    """Units go with the type."""
    assert said == words(value("x", kind))


def test_a_list_is_marked() -> None:
    """Of values, before the unit, and of relations."""
    assert "float64[] [length:m]" == words(value("x", FloatType(64, Unit("length:m")), is_list=True))
    assert "-> Valve[]" == words(direct("valves", vid("Valve"), is_list=True), "Valve")


@pytest.mark.parametrize(
    ("member", "said"),
    [
        (direct("valve", vid("Valve")), "-> Valve"),
        (reverse("valves", vid("Valve"), "pump"), "<- Valve[]"),
        (edge("valves", vid("Valve")), "=> Valve[]"),
        (edge("valve", vid("Valve"), is_list=False, inwards=True), "<= Valve"),
        (direct("anything"), "-> node"),
    ],
)
def test_an_arrow_says_where_a_relation_is_stored(member: IRMember, said: str) -> None:
    """Here, there, or as edges; and which way it points."""
    assert said == words(member, "Valve")


def test_a_view_is_named_by_its_external_id_while_there_is_but_one() -> None:
    """Two views of one external id, or one outside the model, are told apart."""
    twice = ModelView(model(view("Pump"), view(vid("Pump", space="other")), view("Valve")))
    assert "sp:Pump(v1)" == twice.name_of(vid("Pump"))
    assert "Valve" == twice.name_of(vid("Valve"))
    assert "sp:Gone(v1)" == twice.name_of(vid("Gone"))


@pytest.mark.parametrize(
    ("member", "said"),
    [
        (value("x"), ()),
        (value("x", nullable=False), ("required",)),
        (value("x", nullable=False, default="a"), ('default "a"',)),
        (value("x", IntegerType(32), nullable=False, auto_increment=True), ("numbered by the service",)),
        (value("x", read_only=True), ("read only",)),
        (replace(value("x"), immutable=True, max_list_size=5), ("immutable", "5 at most")),
        (value("x", TextType(max_text_size=9)), ("9 bytes at most",)),
        (value("x", JsonType(), default=(("a", (1, 2)),)), ('default {"a": [1, 2]}',)),
        (direct("x", nullable=False), ("required",)),
        (edge("x", None, edge_view=vid("Pump")), ("edges of type sp:Type.x", "with Pump")),
        (reverse("x", vid("Pump"), "y"), ("through Pump.y",)),
    ],
)
def test_notes_say_what_a_type_does_not(member: IRMember, said: tuple[str, ...]) -> None:
    """Only what is unusual."""
    assert said == notes(member)


def test_a_container_is_called_one() -> None:
    """A reverse relation through a container does not look like one through a view."""
    connection = ReverseDirectRelation(is_list=True, through=ContainerId("sp", "Valve"), through_property="pump")
    assert ("through container sp:Valve.pump",) == notes(IRRelationship("valves", connection, vid("Pump")))


def test_a_target_outside_of_the_model_is_named() -> None:
    """With what is the matter."""
    member = replace(direct("site", vid("Site")), target=None)
    assert "-> sp:Site(v1)" == words(member)
    assert ("not in the data model",) == notes(member)


def test_what_a_container_demands_of_a_target_is_noted() -> None:
    """The service refuses other nodes."""
    connection = DirectRelation(required_container=ContainerId("sp", "Site"), immutable=True, max_list_size=2)
    said = ("immutable", "2 at most", "to nodes with data in sp:Site")
    assert said == notes(IRRelationship("site", connection, None))


def test_values_of_an_enum_are_named_up_to_a_limit() -> None:
    """All of them without one."""
    member = value("x", enum(*"abcde"))
    assert ("one of a, b, c, d, e",) == notes(member)
    assert ("one of a, b and 3 more",) == notes(member, values=2)
    assert ("one of a, b, c, d, e",) == notes(member, values=5)


class TestOrigin:
    """Where a property comes from."""

    def test_the_ancestor_that_declares_it(self) -> None:
        """However far above, as long as nothing is changed on the way."""
        name = value("name")
        top, middle = view("Top", name), view("Middle", name, parents=[vid("Top")])
        bottom = view("Bottom", name, value("own"), parents=[vid("Middle")])
        shown = ModelView(model(top, middle, bottom))
        assert vid("Top") == shown.origin(bottom, name)
        assert vid("Bottom") == shown.origin(bottom, value("own"))

    def test_a_property_that_was_changed_is_the_views_own(self) -> None:
        """It only has the name of its parent's."""
        child = view("Child", value("name", description="of a child"), parents=[vid("Parent")])
        shown = ModelView(model(view("Parent", value("name")), child))
        assert vid("Child") == shown.origin(child, child.members[0])

    def test_the_first_parent_that_has_it(self) -> None:
        """In the order in which the view implements them."""
        name = value("name")
        child = view("Child", name, parents=[vid("Z"), vid("A")])
        shown = ModelView(model(view("A", name), view("Z", name), child))
        assert vid("Z") == shown.origin(child, name)


class TestPatterns:
    """Which views are shown."""

    VIEWS = (view("Pump"), view("PumpStation"), view("Valve"))

    @pytest.mark.parametrize(
        ("patterns", "names"),
        [
            ((), ["Pump", "PumpStation", "Valve"]),
            (("Pump",), ["Pump"]),
            (("Pump*",), ["Pump", "PumpStation"]),
            (("sp:Valve(v1)", "Pump"), ["Pump", "Valve"]),
            (("sp:*Station",), ["PumpStation"]),
        ],
    )
    def test_patterns_choose(self, patterns: tuple[str, ...], names: list[str]) -> None:
        """As `include` does, in the order of the model."""
        assert names == [cls.id.external_id for cls in ModelView(model(*self.VIEWS), patterns).classes]

    def test_a_pattern_without_a_view_is_refused(self) -> None:
        """With the nearest one."""
        with pytest.raises(ConfigError) as caught:
            ModelView(model(*self.VIEWS), ("Pump", "valv"))
        assert ("valv", "did you mean Valve?") == (caught.value.key, caught.value.hint)

    def test_a_pattern_near_nothing(self) -> None:
        """Says what patterns are about."""
        with pytest.raises(ConfigError, match="patterns are matched against the external ids"):
            ModelView(model(*self.VIEWS), ("xxxxxxxx",))


def test_traits() -> None:
    """What is unusual about a view."""
    assert () == traits_of(view("Pump"))
    assert ("for edges",) == traits_of(view("Pump", used_for="edge"))
    assert ("for nodes and edges", "read only") == traits_of(view("Pump", used_for="all", writable=False))


@pytest.mark.parametrize(
    ("name", "description", "said"),
    [
        (None, None, ""),
        ("flow rate", None, ""),
        ("Flow", None, "Flow"),
        ("Flow", "How\n  much flows", "How much flows"),
        ("Flow", "Cubic metres", "Flow: Cubic metres"),
        ("FlowRate", "flow-rate", ""),
    ],
)
def test_texts_of_a_model_in_one_line(name: str | None, description: str | None, said: str) -> None:
    """A text that is but the identifier, or part of the other one, is left out."""
    assert said == said_about("flowRate", name, description)


@pytest.mark.parametrize(("frozen", "plain"), [(1, 1), ((1, "a"), [1, "a"]), ((("a", ((1,))),), {"a": [1]}), ((), [])])
def test_frozen_defaults_are_plain_again(frozen: Any, plain: object) -> None:
    """Tuples are arrays, tuples of pairs are objects."""
    assert plain == plain_value(frozen)


def test_the_document_of_a_model() -> None:
    """Says everything, with the words of the service."""
    capacity = replace(
        value("capacity", FloatType(64, Unit("power:megaw"))),
        container=ContainerId("sp", "Unit"),
        container_property="cap",
    )
    valves = edge("valves", vid("Pump"), edge_view=vid("Distance"))
    shown = ModelView(model(view("Base", capacity), view("Pump", capacity, valves, parents=[vid("Base")])), ("Pump",))
    document = shown.document()
    (pump,) = document["views"]
    assert ("sp:Model(v1)", "sp:Pump(v1)", ["sp:Base(v1)"]) == (
        document["dataModel"],
        pump["view"],
        pump["implements"],
    )
    first, second = pump["properties"]
    assert ("capacity", "float64", "power:megaw", "sp:Base(v1)", "sp:Unit", "cap") == (
        first["property"],
        first["type"],
        first["unit"],
        first["inheritedFrom"],
        first["container"],
        first["containerProperty"],
    )
    assert ("edges", "sp:Pump(v1)", "sp:Type.valves", "outwards", "sp:Distance(v1)", True, None) == (
        second["type"],
        second["target"],
        second["edgeType"],
        second["direction"],
        second["edgeView"],
        second["isList"],
        second["inheritedFrom"],
    )


def test_models_of_a_project_are_shown_as_its_sdk_shows_them(repository: Path, tmp_path: Path) -> None:
    """`include` applies."""
    (tmp_path / "pyproject.toml").write_text(
        f"[tool.pygen]\nmodel = '{(repository / 'example_project/model/windfarm.json').as_posix()}'\n"
        "include = ['Wind*']\n[tool.pygen.python]\noutput = 'src/sdk'\n",
        encoding="utf-8",
    )
    (shown,) = read_models(load_config(tmp_path))
    assert [ViewId("sp_windfarm", name, "v1") for name in ("WindTurbine", "Windfarm")] == [
        cls.id for cls in shown.model.classes
    ]
    assert {"PYG203"} <= {problem.code for problem in shown.problems}


def test_properties_without_a_container() -> None:
    """An old dump does not say where values are stored."""
    shown = ModelView(model(view("Pump", IRProperty("x", TextType()))))
    assert None is shown.document()["views"][0]["properties"][0]["container"]
