"""Small IR models, said in a few words."""

from __future__ import annotations

from collections.abc import Sequence

from pygen.client.models.ids import DataModelId, NodeId, ViewId
from pygen.generation.base import Generated, Ledger, TargetOptions
from pygen.generation.python.generator import PythonGenerator
from pygen.generation.python.planning import SdkPlan, ViewSlice, plan_sdk
from pygen.ir.models import (
    DirectRelation,
    EdgeConnection,
    IRClass,
    IRMember,
    IRModel,
    IRProperty,
    IRRelationship,
    JsonValue,
    ReverseDirectRelation,
    UsedFor,
)
from pygen.ir.types import EnumType, EnumValue, IREnum, IRType, TextType

MODEL = DataModelId("sp", "Model", "v1")
OPTIONS = TargetOptions(package="sdk", client_name="TheClient", instance_space="data")


def vid(name: str, space: str = "sp", version: str = "v1") -> ViewId:
    """The identifier of a view."""
    return ViewId(space, name, version)


def value(
    name: str,
    kind: IRType | None = None,
    *,
    is_list: bool = False,
    nullable: bool = True,
    default: JsonValue = None,
    auto_increment: bool = False,
    read_only: bool = False,
    description: str | None = None,
    label: str | None = None,
) -> IRProperty:
    """A property that holds values; text where nothing is said."""
    return IRProperty(
        name,
        kind or TextType(),
        is_list=is_list,
        nullable=nullable,
        default=default,
        auto_increment=auto_increment,
        read_only=read_only,
        description=description,
        name=label,
    )


def enum(*values: str, unknown: str | None = None) -> EnumType:
    """An enum of values without texts."""
    return EnumType(IREnum(tuple(EnumValue(each) for each in sorted(values)), unknown))


def direct(name: str, target: ViewId | None = None, *, is_list: bool = False, nullable: bool = True) -> IRRelationship:
    """A direct relation."""
    return IRRelationship(name, DirectRelation(is_list=is_list, nullable=nullable), target, target)


def reverse(name: str, target: ViewId | None, through: str, *, is_list: bool = True) -> IRRelationship:
    """A reverse direct relation through its target."""
    source = target or vid("Gone")
    return IRRelationship(
        name, ReverseDirectRelation(is_list=is_list, through=source, through_property=through), target
    )


def edge(
    name: str, target: ViewId | None, *, is_list: bool = True, inwards: bool = False, edge_view: ViewId | None = None
) -> IRRelationship:
    """A connection through edges."""
    connection = EdgeConnection(
        is_list=is_list,
        type=NodeId("sp", f"Type.{name}"),
        direction="inwards" if inwards else "outwards",
        edge_view=edge_view,
    )
    return IRRelationship(name, connection, target)


def view(
    name: str | ViewId,
    *members: IRMember,
    parents: Sequence[ViewId] = (),
    mirrors: Sequence[ViewId] | None = None,
    used_for: UsedFor = "node",
    writable: bool = True,
    node_type: NodeId | None = None,
    description: str | None = None,
    label: str | None = None,
) -> IRClass:
    """A view; it mirrors its parents unless something else is said."""
    return IRClass(
        id=name if isinstance(name, ViewId) else vid(name),
        members=tuple(sorted(members, key=lambda member: member.id)),
        own=frozenset(member.id for member in members),
        implements=tuple(parents),
        parents=tuple(parents),
        mirrors=tuple(parents if mirrors is None else mirrors),
        used_for=used_for,
        writable=writable,
        node_type=node_type,
        description=description,
        name=label,
    )


def model(*views: IRClass, description: str | None = None) -> IRModel:
    """A model of some views."""
    return IRModel(MODEL, tuple(sorted(views, key=lambda cls: cls.id)), description=description)


def plan(*views: IRClass, ledger: Ledger | None = None, options: TargetOptions = OPTIONS) -> SdkPlan:
    """The plan of an SDK."""
    return plan_sdk(model(*views), options, ledger or {})


def slice_of(name: str, *views: IRClass) -> ViewSlice:
    """What the file of the view *name* is built from."""
    return plan(*views).slices[vid(name)]


def generate(*views: IRClass, ledger: Ledger | None = None) -> Generated:
    """A generated SDK."""
    return PythonGenerator(OPTIONS).generate(model(*views), ledger or {})


def fields_of(*members: IRMember, ledger: Ledger | None = None) -> dict[str, str]:
    """Property -> field of a view with these properties."""
    planned = plan(view("V", *members), ledger=ledger).slices[vid("V")]
    return {member: str(name) for member, name in planned.names.fields.items()}
