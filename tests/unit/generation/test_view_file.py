"""From what is known about one view to the context of its file."""

from __future__ import annotations

import ast
import json
from dataclasses import replace

import pytest

from pygen.client.models.ids import ContainerId, NodeId
from pygen.generation.python.contexts import ViewFile
from pygen.generation.python.view_file import build_view_file
from pygen.ir.models import IRClass, IRMember, IRProperty, IRRelationship, ReverseDirectRelation
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
from tests.unit.generation.ir_builders import direct, edge, enum, reverse, slice_of, value, vid, view

PART = view("Part", value("x"))
HIDDEN = view("Hidden", value("x"), writable=False)
LINK = view("Link", value("x"), used_for="edge")


def file_of(*members: IRMember, others: tuple[IRClass, ...] = (), **keys: object) -> ViewFile:
    """The context of a view `V` with these properties."""
    return build_view_file(slice_of("V", view("V", *members, **keys), *others))  # type: ignore[arg-type]


def read(*members: IRMember, others: tuple[IRClass, ...] = ()) -> list[str | None]:
    """The declarations of the class that is read."""
    return [line for field in file_of(*members, others=others).fields for line in (field.field, field.relation) if line]


def written(*members: IRMember, others: tuple[IRClass, ...] = ()) -> list[str]:
    """The declarations of the class that is written."""
    write = file_of(*members, others=others).write
    assert write is not None
    return list(write.fields)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (TextType(), "str"),
        (BooleanType(), "bool"),
        (IntegerType(64), "int"),
        (FloatType(64), "float"),
        (TimestampType(), "_dt.datetime"),
        (DateType(), "_dt.date"),
        (JsonType(), "dict[str, Any]"),
        (ReferenceType("timeseries"), "str"),
        (enum("a", "b"), 'Literal["a", "b"]'),
    ],
)
def test_values_have_the_type_of_their_kind(kind: IRType, expected: str) -> None:
    """Every kind of value has one type, lists of it another, and both may be missing."""
    one = "Choice" if isinstance(kind, EnumType) else ""
    inner = f"{expected} | str" if one else expected
    assert [f'p: {one or "Value"}[{expected}] = Prop("p")'] == read(value("p", kind, nullable=False))
    assert [f'p: Maybe{one}[{expected}] = Prop("p", default=None)'] == read(value("p", kind))
    assert [f'p: Maybe[list[{inner}]] = Prop("p", default=None)'] == read(value("p", kind, is_list=True))


def test_a_default_can_be_missing_where_it_is_read() -> None:
    """Instances may be older than the default, and new ones need not name the value."""
    number = value("p", IntegerType(64), nullable=False, default=3)

    assert ['p: Maybe[int] = Prop("p", default=None)'] == read(number)
    assert ['p: int | None = Prop("p", default=None)'] == written(number)
    assert "Default: 3." == file_of(number).fields[0].text


def test_what_the_service_numbers_need_not_be_written() -> None:
    """An auto-incremented value is always there when read."""
    number = value("p", IntegerType(64), nullable=False, auto_increment=True)

    assert ['p: Value[int] = Prop("p")'] == read(number)
    assert ['p: int | None = Prop("p", default=None)'] == written(number)


def test_what_the_service_sets_is_not_written() -> None:
    """A read-only property is in the class that is read only."""
    assert ([], 1) == (written(value("p", read_only=True)), len(read(value("p", read_only=True))))


def test_small_numbers_say_so() -> None:
    """What is stored in 32 bits is named where it is read, since frames keep it so."""
    assert ['p: Maybe[int] = Prop("p", default=None, kind="int32")'] == read(value("p", IntegerType(32)))
    assert ['p: Value[float] = Prop("p", kind="float32")'] == read(value("p", FloatType(32), nullable=False))
    assert ['p: int | None = Prop("p", default=None)'] == written(value("p", IntegerType(32)))


def test_units_are_named() -> None:
    """A unit stands beside the property."""
    assert ['p: Maybe[float] = Prop("p", default=None, unit="power:megaw")'] == read(
        value("p", FloatType(64, Unit("power:megaw", "MW")))
    )


def test_an_unknown_enum_value_is_not_written() -> None:
    """The value for "unknown" is read and filtered by, not written."""
    state = value("p", enum("a", "b", unknown="b"))

    assert ['p: MaybeChoice[Literal["a", "b"]] = Prop("p", default=None)'] == read(state)
    assert ['p: Literal["a"] | None = Prop("p", default=None)'] == written(state)
    assert ('p: OneOrMany[Literal["a", "b"]]',) == file_of(state).filter_fields


def test_long_enums_have_a_name() -> None:
    """Values that do not fit where they are used are named once, and what can be written is named apart."""
    many = value("thePhase", enum(*(f"value_{number}" for number in range(9)), unknown="value_8"))
    file = file_of(many)

    assert ["_ThePhaseValues", "_ThePhaseInputs"] == [alias.partition(":")[0] for alias in file.aliases]
    assert ['the_phase: MaybeChoice[_ThePhaseValues] = Prop("thePhase", default=None)'] == read(many)
    assert ("the_phase: OneOrMany[_ThePhaseValues]",) == file.filter_fields


def test_direct_relations_hold_ids_and_lead_somewhere() -> None:
    """The id is stored and the target is reached through it."""
    assert [
        'one_id: Value[NodeId] = Prop("one")',
        'one = ToOne["Part"](Direct("one_id"))',
        'some_ids: Maybe[list[NodeId]] = Prop("some", default=None)',
        'some = ToMany["Part"](Direct("some_ids"))',
    ] == read(direct("one", vid("Part"), nullable=False), direct("some", vid("Part"), is_list=True), others=(PART,))


def test_a_relation_without_target_is_an_id() -> None:
    """Where the model names no view, only the id is printed, and any node can be written."""
    assert ['p_id: Maybe[NodeId] = Prop("p", default=None)'] == read(direct("p"))
    assert ['p: NodeInput["PygenWrite"] | None = Prop("p", default=None)'] == written(direct("p"))


def test_what_a_relation_takes() -> None:
    """Objects of the target's write class; of any, where the target cannot be written through."""
    assert [
        'hidden: NodeInput["PygenWrite"] | None = Prop("hidden", default=None)',
        'part: NodeInput["PartWrite"] = Prop("part")',
        'parts: list[NodeInput["PartWrite"]] | None = Prop("parts", default=None)',
    ] == written(
        direct("hidden", vid("Hidden")),
        direct("part", vid("Part"), nullable=False),
        direct("parts", vid("Part"), is_list=True),
        others=(PART, HIDDEN),
    )


def test_edges_say_type_and_direction() -> None:
    """Edges lead outwards unless they say otherwise, with their own properties where a view reads them."""
    members = (
        edge("a", vid("Part")),
        edge("b", vid("Part"), is_list=False, inwards=True),
        edge("c", vid("Part"), edge_view=vid("Link")),
        edge("d", None, is_list=False, edge_view=vid("Link")),
    )

    assert [
        'a = ToMany["Part"](Edges(("sp", "Type.a")))',
        'b = ToOne["Part"](Edges(("sp", "Type.b"), direction="inwards"))',
        'c = ToManyLinks["Part", "Link"](Edges(("sp", "Type.c")))',
        'd = ToOneLink["Node", "Link"](Edges(("sp", "Type.d")))',
    ] == read(*members, others=(PART, LINK))
    assert [
        'a: list[NodeInput["PartWrite"]] | None = EdgeProp("a", Edges(("sp", "Type.a")), default=None)',
        'b: NodeInput["PartWrite"] | None = EdgeProp("b", Edges(("sp", "Type.b"), direction="inwards"), default=None)',
        'c: list[LinkInput["PartWrite", "LinkWrite"]] | None = EdgeProp("c", Edges(("sp", "Type.c")), default=None)',
        'd: LinkInput["PygenWrite", "LinkWrite"] | None = EdgeProp("d", Edges(("sp", "Type.d")), default=None)',
    ] == written(*members, others=(PART, LINK))


def test_reverse_relations_say_what_they_go_through() -> None:
    """Through a view or a container, through a list or not; they are read only."""
    through_container = IRRelationship(
        "c", ReverseDirectRelation(False, ContainerId("sp", "C"), "owner", targets_list=True), vid("Part")
    )
    members = (reverse("a", vid("Part"), "owner"), through_container, reverse("d", None, "owner"))

    assert [
        'a = ToMany["Part"](Reverse(ViewId("sp", "Part", "v1"), "owner"))',
        'c = ToOne["Part"](Reverse(ContainerId("sp", "C"), "owner", targets_list=True))',
        'd = ToMany["Node"](Reverse(ViewId("sp", "Gone", "v1"), "owner"))',
    ] == read(*members, others=(PART,))
    assert [] == written(*members, others=(PART,))


def test_inherited_members_are_not_said_again() -> None:
    """A class says what its bases do not say in the same words."""
    parent = view("Parent", value("a"), value("b", description="theirs"))
    child = view("V", value("a"), value("b", description="ours"), value("c"), parents=[vid("Parent")])
    file = build_view_file(slice_of("V", parent, child))

    assert ["b", "c"] == [str(field.field).partition(":")[0] for field in file.fields]
    assert file.write is not None
    assert ['c: str | None = Prop("c", default=None)'] == list(file.write.fields)
    assert ("class V(Parent):", "class VWrite(ParentWrite):") == (file.header, file.write.header)
    assert ("from .parent import Parent, ParentFilters, ParentWrite",) == file.base_imports


def test_parents_that_disagree_are_overruled() -> None:
    """Where two bases say different things, the class says which holds, even if one of them says the same."""
    left, right = view("Left", value("a", description="1")), view("Right", value("a", description="2"))
    child = view("V", value("a", description="1"), parents=[vid("Left"), vid("Right")])

    assert 1 == len(build_view_file(slice_of("V", left, right, child)).fields)


def test_edges_have_bases_of_their_own() -> None:
    """A class of edges inherits from `PygenEdge` unless a base does; filters and write classes likewise."""
    parent = view("Parent", value("a"), used_for="all")
    child = view("V", value("a"), used_for="edge", parents=[vid("Parent")])
    grandchild = view("W", value("a"), used_for="edge", parents=[vid("V")])
    file = build_view_file(slice_of("V", parent, child))
    last = build_view_file(slice_of("W", parent, child, grandchild))

    assert file.write is not None
    assert last.write is not None
    assert "class V(Parent, PygenEdge):" == file.header
    assert "class VWrite(PygenEdgeWrite, ParentWrite):" == file.write.header
    assert "class VFilters(EdgeFilters, total=False):" == file.filters_header
    assert ("class W(V):", "class WWrite(VWrite):") == (last.header, last.write.header)
    assert "edges" == file.instances


def test_a_view_that_is_not_writable_has_no_write_class() -> None:
    """Nothing is printed that cannot be used."""
    assert file_of(value("x"), writable=False).write is None


def test_the_view_says_who_it_is() -> None:
    """Identifier, kind, node type and the parents it implements, inherited from or not."""
    file = file_of(value("x"), node_type=NodeId("sp", "Turbine"), parents=[vid("Gone")], mirrors=[], used_for="all")

    assert (
        'view=ViewId("sp", "V", "v1"),',
        'used_for="all",',
        'node_type=NodeId("sp", "Turbine"),',
        'parents=(ViewId("sp", "Gone", "v1"),),',
    ) == file.info


def test_several_containers_are_listed() -> None:
    """A view whose values are stored in several places says in which, unless nothing can be written through it."""
    stored = [replace(value(name), container=ContainerId("sp", where)) for name, where in (("x", "B"), ("y", "A"))]

    assert 'containers=(ContainerId("sp", "A"), ContainerId("sp", "B")),' in file_of(*stored).info
    assert not any("containers" in line for line in file_of(*stored, writable=False).info)
    assert not any("containers" in line for line in file_of(stored[0]).info)


def test_the_views_own_filter_is_told() -> None:
    """What decides which instances are seen is one literal, whatever is in it."""
    seen = replace(view("V", value("x")), filter='{"equals": {"property": ["node", "space"], "value": "it\'s"}}')
    file = build_view_file(slice_of("V", seen))

    (line,) = [line for line in file.info if line.startswith("filter=")]
    assert {"equals": {"property": ["node", "space"], "value": "it's"}} == json.loads(
        ast.literal_eval(line.removeprefix("filter=").removesuffix(","))
    )


def test_unusual_filters_are_listed() -> None:
    """A keyword that the rule would misread is said with its property and operator."""
    number = IntegerType(32)

    assert 'filters={"min_x_": ("x", "min")},' == file_of(value("x", number), value("min_x", number)).info[-1]


def test_names_of_ours_yield_to_classes_of_users() -> None:
    """What we import is renamed where a class of the user has its name."""
    node = view("Node", value("x"))
    file = build_view_file(slice_of("Node", node, view("Prop", value("y"))))
    other = file_of(direct("p", vid("Prop")), edge("q", None), others=(view("Prop", value("y")),))

    assert "Prop" in file.runtime_import
    assert "Prop as _Prop" in other.runtime_import
    assert 'p_id: Maybe[NodeId] = _Prop("p", default=None)' == other.fields[0].field
    assert ("from .prop import Prop, PropWrite",) == other.type_imports


def test_hidden_builtins_are_named_in_full() -> None:
    """A class that has a field called as a builtin says which one it means in its annotations."""
    file = file_of(value("str"), value("list", is_list=True))

    assert ("import builtins as _builtins",) == file.module_imports
    assert [
        'list: Maybe[_builtins.list[_builtins.str]] = Prop("list", default=None)',
        'str: Maybe[_builtins.str] = Prop("str", default=None)',
    ] == [field.field for field in file.fields]


@pytest.mark.parametrize(
    ("label", "description", "expected"),
    [
        (None, None, "Instances of the view sp:V(v1)."),
        ("V", None, "Instances of the view sp:V(v1)."),
        ("Valve", None, "Valve"),
        ("Valve", "Opens and closes.", "Valve: Opens and closes."),
        ("Valve", "A valve opens and closes.", "A valve opens and closes."),
        (None, "Opens and closes.", "Opens and closes."),
        (" ", "\n", "Instances of the view sp:V(v1)."),
    ],
)
def test_what_a_class_says(label: str | None, description: str | None, expected: str) -> None:
    """The view's name and description, unless one says no more than the other."""
    assert expected == file_of(label=label, description=description).text


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        (value("flowRate"), None),
        (value("flowRate", label="Flow rate"), None),
        (value("flowRate", label="Throughput"), "Throughput."),
        (value("flowRate", label="Throughput", description="How much runs through"), "How much runs through."),
        (value("p", description="Name", default="x"), 'Name. Default: "x".'),
        (value("p", default="x" * 61), None),
        (
            IRProperty("p", EnumType(IREnum((EnumValue("a", "A"), EnumValue("b", "Big one"), EnumValue("c", "?"))))),
            "Values: b (Big one).",
        ),
    ],
)
def test_what_a_field_says(member: IRProperty, expected: str | None) -> None:
    """The description, else a name that says more than the identifier; short defaults and values."""
    assert expected == file_of(member).fields[0].text
