"""Names, for any identifiers: distinct, valid, independent of order, and stable."""

from __future__ import annotations

import json
import keyword
import random

from hypothesis import given
from hypothesis import strategies as st

from pygen.client.models.ids import ViewId
from pygen.generation.base import Ledger
from pygen.generation.python import names as reserved
from pygen.generation.python.members import filter_ops
from pygen.generation.python.planning import SdkPlan, plan_sdk
from pygen.ir.models import IRClass, IRMember, IRModel
from pygen.ir.types import BooleanType, IntegerType, IRType, JsonType, TextType, TimestampType
from tests.unit.generation.ir_builders import MODEL, OPTIONS, direct, edge, value, view

WORDS = [
    *("flow", "Flow", "FLOW", "flowRate", "flow_rate", "flow-rate", "FlowRate", "flow_rate_2", "3d", "x", "X", "id"),
    *("class", "None", "copy", "json", "model_config", "modelConfig", "save", "list", "str", "limit", "sort", "where"),
    *("space", "externalId", "external_id", "version", "min_x", "max_x", "x_prefix", "minX", "x_id", "x_ids", "a_id"),
    *("external_id_prefix", "startNode", "self", "a", "a_", "_a", "__a", "ø", "a b", '"', "", "min_x_id", "x_id_"),
]
VIEWS = [
    *(
        "Pump",
        "Pumps",
        "pump",
        "PUMP",
        "PumpWrite",
        "PumpAPI",
        "PumpFilters",
        "AsyncPump",
        "Pump_2",
        "pump_2",
        "TheClient",
    ),
    *("Class", "None", "Delete", "aux", "Node", "ViewInfo", "3d", "", "ø", "My_Pump", "MyPump", "my_pump"),
]
KINDS: list[IRType] = [TextType(), IntegerType(64), BooleanType(), JsonType(), TimestampType()]

CLOSE = ["x", "X", "x_id", "x_ids", "min_x", "x_prefix", "x_", "x_2", "min_x_id"]
"""Identifiers that meet each other's derived names."""

identifiers = st.one_of(st.sampled_from(CLOSE), st.sampled_from(WORDS), st.text(max_size=8))


@st.composite
def members(draw: st.DrawFn) -> list[IRMember]:
    """Properties of a view, of any identifiers and kinds."""
    found: list[IRMember] = []
    for name in draw(st.lists(draw(st.sampled_from([identifiers, st.sampled_from(CLOSE)])), max_size=9, unique=True)):
        kind = draw(st.sampled_from(["value", "value", "direct", "directs", "edge", "bare"]))
        target = ViewId("sp", "Pump", "v1")
        if kind == "value":
            found.append(value(name, draw(st.sampled_from(KINDS)), is_list=draw(st.booleans())))
        elif kind == "edge":
            found.append(edge(name, target))
        else:
            found.append(direct(name, None if kind == "bare" else target, is_list=kind == "directs"))
    return found


@st.composite
def models(draw: st.DrawFn) -> list[IRClass]:
    """Views of any identifiers, some of them children of others."""
    keys = draw(
        st.lists(
            st.builds(ViewId, st.sampled_from(["sp", "sp_b"]), st.sampled_from(VIEWS), st.sampled_from(["v1", "v2"])),
            min_size=1,
            max_size=6,
            unique=True,
        )
    )
    views: list[IRClass] = []
    for key in keys:
        own = {member.id: member for member in draw(members())}
        parents = [parent for parent in views if draw(st.booleans())][:2]
        for parent in reversed(parents):
            own |= {member.id: member for member in parent.members}
        views.append(
            view(
                key,
                *own.values(),
                parents=[parent.id for parent in parents],
                mirrors=[parent.id for parent in parents[:1]],
                used_for=draw(st.sampled_from(["node", "edge", "all"])),
                writable=draw(st.booleans()),
            )
        )
    return views


def plan(views: list[IRClass], ledger: Ledger | None = None) -> SdkPlan:
    """The plan of an SDK whose views come in this order."""
    return plan_sdk(IRModel(MODEL, tuple(views)), OPTIONS, ledger or {})


def assert_valid(name: str) -> None:
    """A name is an identifier that Python takes everywhere."""
    assert name.isidentifier()
    assert name.isascii()
    assert not keyword.iskeyword(name)


@given(models())
def test_names_are_valid_and_distinct(views: list[IRClass]) -> None:
    """Every class, module, field and filter has a name, and no two in a scope have the same."""
    planned = plan(views)
    classes = [name for names in planned.classes.values() for name in names[:5]]
    modules = [names.module for names in planned.classes.values()]

    assert {cls.id for cls in views} == set(planned.classes)
    assert len({*classes, planned.client, planned.async_client}) == len(classes) + 2
    assert len({module.casefold() for module in modules}) == len(modules)
    for name in [*classes, *modules]:
        assert_valid(name)
    for cls in views:
        names = planned.slices[cls.id].names
        fields = [*names.fields.values(), *names.ids.values()]
        assert {member.id for member in cls.members} == set(names.fields)
        assert len(set(fields)) == len(fields)
        assert not set(fields) & (reserved.PYDANTIC_NAMES | reserved.RESOURCE_NAMES | reserved.WRITE_NAMES)
        assert not any(name.startswith("_") for name in fields)
        assert {(member.id, op) for member in cls.members for op in filter_ops(member)} == set(names.filters)
        assert len(set(names.filters.values())) == len(names.filters)
        assert not set(names.filters.values()) & reserved.FILTER_NAMES
        for name in [*fields, *names.filters.values()]:
            assert_valid(name)


@given(models(), st.randoms(use_true_random=False))
def test_order_leaves_no_trace(views: list[IRClass], rng: random.Random) -> None:
    """The same model in another order has the same names."""
    shuffled = [
        IRClass(
            id=cls.id,
            members=tuple(rng.sample(cls.members, len(cls.members))),
            own=cls.own,
            implements=cls.implements,
            parents=cls.parents,
            mirrors=cls.mirrors,
            used_for=cls.used_for,
            writable=cls.writable,
        )
        for cls in rng.sample(views, len(views))
    ]
    first, second = plan(views), plan(shuffled)

    assert first.classes == second.classes
    assert first.ledger == second.ledger
    assert {key: each.names for key, each in first.slices.items()} == {
        key: each.names for key, each in second.slices.items()
    }


@given(models())
def test_a_second_generation_changes_no_name(views: list[IRClass]) -> None:
    """With its own ledger, as read from the lock, a model keeps every name, and the ledger stays."""
    first = plan(views)
    second = plan(views, json.loads(json.dumps(first.ledger)))

    assert first.classes == second.classes
    assert first.ledger == second.ledger
    assert {key: each.names for key, each in first.slices.items()} == {
        key: each.names for key, each in second.slices.items()
    }


@given(models(), st.data())
def test_siblings_move_no_name(views: list[IRClass], data: st.DataObject) -> None:
    """With the ledger of a part of a model, the whole keeps all names of the part."""
    kept = [cls for cls in views if data.draw(st.booleans())]
    keys = {cls.id for cls in kept}
    part = [
        view(
            cls.id,
            *(member for member in cls.members if data.draw(st.booleans())),
            parents=[parent for parent in cls.parents if parent in keys],
            mirrors=[],
            used_for=cls.used_for,
            writable=cls.writable,
        )
        for cls in kept
    ]
    before = plan(part)
    after = plan(views, before.ledger)

    for cls in part:
        assert before.classes[cls.id] == after.classes[cls.id]
        old, new = before.slices[cls.id].names, after.slices[cls.id].names
        assert old.fields == {member: new.fields[member] for member in old.fields}
        assert old.ids == {member: new.ids[member] for member in old.ids}
        assert old.filters == {key: new.filters[key] for key in old.filters}


@given(
    models(),
    st.dictionaries(
        st.sampled_from(["classes", "modules", "sp:Pump(v1)", "sp:Pump(v1) filters"]),
        st.dictionaries(st.one_of(identifiers, st.sampled_from(["sp:Pump(v1)", "min x", "is x"])), st.text(max_size=6)),
    ),
)
def test_any_ledger_is_taken(views: list[IRClass], ledger: Ledger) -> None:
    """A lock that was merged or edited by hand never leads to a name that is not valid, nor to one given twice."""
    planned = plan(views, ledger)

    for each in planned.slices.values():
        fields = [*each.names.fields.values(), *each.names.ids.values()]
        assert len(set(fields)) == len(fields)
        for name in fields:
            assert_valid(name)
