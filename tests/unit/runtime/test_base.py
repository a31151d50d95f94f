"""Base classes: contract, declared properties, inheritance."""

from __future__ import annotations

import sys
import types
import warnings
from datetime import UTC, datetime
from typing import Any

import pydantic
import pytest

import pygen.runtime
from pygen.client.calls import Answer
from pygen.client.models.ids import DataModelId, EdgeId, NodeId, ViewId
from pygen.runtime import (
    CONTRACT,
    ContractError,
    EdgeProp,
    Edges,
    LinkWrite,
    ModelInfo,
    Prop,
    PygenEdge,
    PygenEdgeWrite,
    PygenResource,
    PygenWrite,
    ViewInfo,
    lazy_package,
)
from pygen.runtime.decoding import decode
from pygen.runtime.references import node_id
from pygen.runtime.session import Session

MODEL = DataModelId("sp", "Wind", "v1")


def view(name: str) -> ViewInfo:
    """The view behind a class of these tests."""
    return ViewInfo(ViewId("sp", name, "v1"))


class Base(PygenResource):
    """A view with two properties."""

    __pygen__ = view("Base")
    name: str = Prop("name")
    size: float | None = Prop("size", default=None)


class Plain(Base):
    """A child that changes nothing."""

    __pygen__ = view("Plain")
    plain: int | None = Prop("plain", default=None)


class Special(Base):
    """A child that gets `size` from another property."""

    __pygen__ = view("Special")
    size: float | None = Prop("specialSize", default=None)


class Both(Plain, Special):
    """A child of two that share a parent."""

    __pygen__ = view("Both")


def read(kind: type[PygenResource], properties: dict[str, Any], **more: Any) -> Any:
    """An object of *kind* as it is read from the wire."""
    import json

    info = kind.__pygen__
    item = {
        "instanceType": "node",
        "space": "s",
        "externalId": "x",
        "version": 1,
        "createdTime": 1767225700250,
        "lastUpdatedTime": 1767225700250,
        "properties": {info.view.space: {info.key: properties}},
        **more,
    }
    answer = Answer(json.dumps({"items": [item]}).encode(), "instances.list", "plant")
    items = decode(kind, answer, Session(None, {})).items  # type: ignore[arg-type]
    return items[0]


@pytest.mark.parametrize(
    ("generated", "cure"),
    [(CONTRACT + 1, "upgrade pygen-cdf"), (CONTRACT - 1, "run `pygen generate` with this version")],
)
def test_another_contract_is_one_clear_sentence(generated: int, cure: str) -> None:
    """An SDK that was generated for another contract says so when it is imported, and what to do."""
    with pytest.raises(ContractError, match=rf"sp:Wind\(v1\) was generated for contract {generated}, .*: {cure}"):
        ModelInfo(MODEL, contract=generated)
    assert "sp" in repr(ModelInfo(MODEL, contract=CONTRACT, instance_space="data"))


def test_children_read_inherited_fields_through_their_own_view() -> None:
    """A parent's field is looked for under the child's view, not under the parent's."""
    assert ("B", 1.0) == (read(Base, {"name": "B", "size": 1}).name, read(Base, {"name": "B", "size": 1}).size)
    plain = read(Plain, {"name": "P", "size": 2, "plain": 3})
    assert ("P", 2.0, 3) == (plain.name, plain.size, plain.plain)
    assert 4.0 == read(Special, {"name": "S", "specialSize": 4, "size": 1}).size


def test_several_parents_follow_pythons_order() -> None:
    """`Both` inherits `size` from `Special`, which overrides it, although `Plain` comes first and has it, too."""
    both = read(Both, {"name": "B", "specialSize": 5.0, "size": 6.0, "plain": 7})
    assert ("B", 5.0, 7) == (both.name, both.size, both.plain)
    assert Both.__pygen_props__["size"].name == "specialSize"


@pytest.mark.parametrize("names", [("node", "edge"), ("edge", "node")])
def test_an_edge_class_may_inherit_from_a_node_class(names: tuple[str, str]) -> None:
    """External ids of edges may be blank, whichever base comes first; those of nodes may not."""

    class Named(PygenWrite):
        __pygen__ = view("Named")
        name: str = Prop("name")

    bases = {"node": Named, "edge": PygenEdgeWrite}
    kind: Any = types.new_class("Mixed", tuple(bases[name] for name in names))
    assert "" == kind(name="x", external_id="").external_id
    with pytest.raises(pydantic.ValidationError, match="external_id"):
        Named(name="x", external_id="")


def test_edges_have_a_type_and_nodes_may_have_one() -> None:
    """`type` of the wire is the node's type, or the edge's."""
    assert NodeId("sp", "T") == read(Base, {"name": "B"}, type={"space": "sp", "externalId": "T"}).node_type

    class Link(PygenEdge):
        __pygen__ = view("Link")

    ends = {"startNode": {"space": "s", "externalId": "a"}, "endNode": {"space": "s", "externalId": "b"}}
    link = read(Link, {}, type={"space": "sp", "externalId": "T"}, **ends)
    assert (NodeId("sp", "T"), None, NodeId("s", "a")) == (link.edge_type, link.node_type, link.start_node)
    assert EdgeId("s", "x") == link.as_edge_id()


def test_metadata_is_exact_and_fixed() -> None:
    """Times are UTC with milliseconds; what identifies an instance cannot be assigned."""
    base = read(Base, {"name": "B"})
    assert datetime(2026, 1, 1, 0, 1, 40, 250000, tzinfo=UTC) == base.created_time
    for name in ("space", "external_id", "version", "created_time", "last_updated_time", "node_type"):
        with pytest.raises(pydantic.ValidationError, match="frozen"):
            setattr(base, name, getattr(base, name))


def test_classes_are_made_without_warnings() -> None:
    """Field names that pydantic protects, or that hide builtins, are fine."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        class Hostile(PygenResource):
            __pygen__ = view("Hostile")
            model_x: int | None = Prop("modelX", default=None)
            type: str | None = Prop("type", default=None)
            id: int | None = Prop("id", default=None)

        assert (1, None) == (read(Hostile, {"modelX": 1}).model_x, read(Hostile, {"modelX": 1}).type)


def test_a_default_may_be_given_by_place() -> None:
    """At run time both spellings are the same."""

    class Spelled(PygenWrite):
        __pygen__ = view("Spelled")
        x: int | None = Prop("x", None)
        y: list[str] | None = EdgeProp("y", Edges(("sp", "y")))

    assert (None, None) == (Spelled(external_id="a").x, Spelled(external_id="a").y)  # type: ignore[call-arg]


def test_identifiers_read_both_spellings() -> None:
    """On the wire it is `externalId`; what was dumped by field name can be read back."""
    adapter = pydantic.TypeAdapter(NodeId)
    key = NodeId("s", "x")
    assert key == adapter.validate_json(b'{"space": "s", "externalId": "x"}')
    assert key == adapter.validate_json(adapter.dump_json(key))
    assert key is adapter.validate_python(key)
    with pytest.raises(pydantic.ValidationError):
        adapter.validate_python(EdgeId("s", "x"))


def test_what_names_a_node() -> None:
    """Edges do not, texts need a space, and links compare by content."""
    assert NodeId("s", "x") == node_id("x", "s")
    with pytest.raises(TypeError, match="EdgeId does not name a node"):
        node_id(EdgeId("s", "x"), "s")
    with pytest.raises(TypeError, match="PygenEdgeWrite does not name a node"):
        node_id(PygenEdgeWrite(), "s")
    one, other = (LinkWrite("x", PygenEdgeWrite(external_id=name)) for name in "ab")
    assert one != other
    assert one == LinkWrite("x", PygenEdgeWrite(external_id="a"))
    assert "LinkWrite(node='x'" in repr(one)


def test_a_package_loads_its_modules_when_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is imported once, kept in the package, listed before it is loaded, and unknown ones are refused."""
    package, module = types.ModuleType("lazy_pkg"), types.ModuleType("lazy_pkg.part")
    package.__path__ = []
    module.Thing = object()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "lazy_pkg", package)
    monkeypatch.setitem(sys.modules, "lazy_pkg.part", module)
    load, names = lazy_package("lazy_pkg", {"part": ("Thing",)})
    assert "Thing" in names()
    assert "Thing" not in vars(package)
    assert load("Thing") is vars(package)["Thing"]
    with pytest.raises(AttributeError, match="module 'lazy_pkg' has no attribute 'Thin'"):
        load("Thin")


def test_all_lists_what_the_runtime_exposes() -> None:
    """Nothing public is unlisted, nothing listed is missing, and the list is sorted for people."""
    public = {
        name
        for name, value in vars(pygen.runtime).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }
    assert public == set(pygen.runtime.__all__)
    assert len(public) == len(pygen.runtime.__all__)
