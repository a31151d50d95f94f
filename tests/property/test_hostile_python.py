"""Hostile text in every string of a model, through the whole Python generator."""

from __future__ import annotations

import ast
import builtins
import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pygen.client.models.ids import ContainerId, DataModelId, NodeId, ViewId
from pygen.errors import ConfigError
from pygen.generation.base import TargetOptions
from pygen.generation.python.generator import PythonGenerator
from pygen.generation.python.planning import plan_sdk
from pygen.ir.models import (
    DirectRelation,
    EdgeConnection,
    IRClass,
    IRMember,
    IRModel,
    IRProperty,
    IRRelationship,
    ReverseDirectRelation,
)
from pygen.ir.types import EnumType, EnumValue, FloatType, IREnum, TextType, Unit
from tests.property.test_escaping_python import TRAPS

hostile = st.one_of(
    st.lists(st.sampled_from([*TRAPS, "boom()", "\nboom()\n", '"""\nboom()\n"""', "')\nboom()#"])).map("".join),
    st.text(st.characters(exclude_categories=()), max_size=20),
)

VOCABULARY = {
    *(name for name in dir(builtins)),
    *("__future__", "__pygen__", "__all__", "__getattr__", "__dir__", "__name__", "annotations"),
    *(
        "typing",
        "TYPE_CHECKING",
        "Any",
        "Literal",
        "TypeAlias",
        "Unpack",
        "builtins",
        "_builtins",
        "datetime",
        "_dt",
        "date",
    ),
    *("pygen", "runtime", "_client", "_MODEL", "_resource", "_list", "_as_write", "self", "where", "filters", "list"),
    *("search", "_search", "text", "filter", "containers", "kind"),
    *("as_write", "total", "view", "used_for", "node_type", "parents", "default", "unit", "direction", "targets_list"),
    *("data_model", "contract", "instance_space"),
    *("AsyncSearch", "Choice", "Maybe", "MaybeChoice", "Search", "Value", "Where"),
    *("Api", "AsyncQuery", "AsyncSdkClient", "AsyncViewAPI", "ContainerId", "DataModelId", "Direct", "EdgeFilters"),
    *("EdgeProp", "Edges", "Filter", "InstanceFilters", "LinkInput", "ModelInfo", "Node", "NodeId", "NodeInput"),
    *("NodeRef", "OneOrMany", "Prop", "PygenEdge", "PygenEdgeWrite", "PygenResource", "PygenWrite", "Query", "Reverse"),
    *("SdkClient", "ToMany", "ToManyLinks", "ToOne", "ToOneLink", "ViewAPI", "ViewId", "ViewInfo", "lazy_package"),
}
"""Every name that generated code uses and that does not come from the model."""


def hostile_model(text: str, other: str) -> IRModel:
    """A model whose every string is *text* or *other*, or near it where two must differ."""
    first, second = ViewId(text, other, text), ViewId(other, f"{text}2", other)
    container = ContainerId(text, other)
    values = tuple(
        sorted((EnumValue(text, other, text), EnumValue(f"{other}!", text, other)), key=lambda v: v.external_id)
    )
    members: tuple[IRMember, ...] = (
        IRProperty(f"{text}a", TextType(), default=other, container=container, name=text, description=other),
        IRProperty(f"{text}b", FloatType(64, Unit(other, text)), nullable=False, name=other, description=text),
        IRProperty(f"{text}c", EnumType(IREnum(values, text)), default=text, description=text),
        IRRelationship(f"{text}d", DirectRelation(), second, second, text, other),
        IRRelationship(f"{text}e", DirectRelation(is_list=True), None, first, other, text),
        IRRelationship(f"{text}f", ReverseDirectRelation(True, first, other), first, first, text, other),
        IRRelationship(f"{text}g", ReverseDirectRelation(False, container, text, True), None, None, text, text),
        IRRelationship(f"{text}h", EdgeConnection(True, NodeId(text, other), "inwards", second), first, first),
        IRRelationship(f"{text}i", EdgeConnection(False, NodeId(other, text)), second, second, other, other),
    )
    return IRModel(
        DataModelId(text, other, text),
        (
            IRClass(
                first,
                members,
                frozenset(m.id for m in members),
                name=text,
                description=other,
                node_type=NodeId(other, text),
                filter=json.dumps({"equals": {"property": [text, other], "value": [text, other]}}),
            ),
            IRClass(second, members, frozenset(), (first,), (first,), (first,), name=other, description=text),
        ),
        name=text,
        description=other,
    )


def names_in(tree: ast.AST) -> Iterator[str]:
    """Every name in a syntax tree, wherever a name can stand."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                yield name
            case ast.keyword(arg=str(name)):
                yield name
            case ast.ImportFrom(module=module):
                yield from (module or "").split(".")
            case ast.alias(name=name, asname=asname):
                yield from (name, asname or name)
            case _:
                pass


@given(hostile, hostile)
@example('"""', "\\")
@example("\n", '"""\nboom()\n"""')
@example("", "")
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
def test_hostile_text_stays_text(text: str, other: str) -> None:
    """Whatever a model says, generated code has the names that were planned, and says it as text."""
    model = hostile_model(text, other)
    options = TargetOptions("sdk", "TheClient", instance_space=text)
    generated = PythonGenerator(options).generate(model, {})
    plan = plan_sdk(model, options, {})
    known = {*VOCABULARY, *(f"_{name}" for name in VOCABULARY), "", plan.client, plan.async_client}
    for each in plan.slices.values():
        known |= {
            *each.class_names[:6],
            *each.names.fields.values(),
            *each.names.ids.values(),
            *each.names.filters.values(),
        }

    strings: set[str] = set()
    for path, source in generated.files.items():
        tree = ast.parse(source.encode("utf-8"), path)
        compile(source, path, "exec")
        aliases = {
            node.target.id
            for node in tree.body
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        }
        assert set() == {name for name in names_in(tree) if name not in known | aliases}
        strings |= {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert "\r" not in source
        assert source.endswith("\n") == bool(source)
    assert {
        member.id for cls in model.classes for member in cls.members if not member.id.endswith(("f", "g"))
    } <= strings
    assert {text, other} - strings <= {""}


@pytest.mark.parametrize("client", ["TheClient\nboom()", "The Client", "The-Client", "boom()"])
def test_a_hostile_client_name_is_refused(client: str) -> None:
    """A name that the user chose is printed as it is, so it must be one."""
    with pytest.raises(ConfigError, match="the client cannot be called"):
        PythonGenerator(TargetOptions("sdk", client)).generate(hostile_model("a", "b"), {})
