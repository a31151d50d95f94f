"""The wire models: tolerant when they read, exact in what they keep."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from pygen.client import models
from pygen.client.models import (
    Container,
    ContainerId,
    ContainerReference,
    DataModel,
    DataModelId,
    EdgeProperty,
    MappedProperty,
    NodeId,
    ReverseProperty,
    Space,
    UnknownProperty,
    View,
    ViewId,
    ViewReference,
)

VIEW = {"type": "view", "space": "sp", "externalId": "V", "version": "v1"}
CONTAINER = {"type": "container", "space": "sp", "externalId": "C"}


def read_view(**properties: Any) -> View:
    """A view with properties as they are on the wire."""
    return View.model_validate({"space": "sp", "externalId": "V", "version": "v1", "properties": properties})


def test_every_public_name_is_there() -> None:
    """What `__all__` promises can be imported, and is in `dir`."""
    assert [name for name in models.__all__ if not hasattr(models, name)] == []
    assert set(models.__all__) <= set(dir(models))
    with pytest.raises(AttributeError, match="nonsense"):
        _ = models.nonsense


def test_identifiers_load_without_pydantic() -> None:
    """The freshness path needs identifiers, and has no time for pydantic."""
    code = "import sys, pygen.client.models.ids; sys.exit('pydantic' in sys.modules or 'httpx' in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode


def test_a_space() -> None:
    """Fields are camelCase on the wire, and either way in Python."""
    space = Space.model_validate({"space": "sp", "createdTime": 1, "isGlobal": True, "somethingNew": 1})
    assert (1, True) == (space.created_time, space.is_global)
    assert space == Space(space="sp", created_time=1, is_global=True)
    assert {"space": "sp", "createdTime": 1, "isGlobal": True} == space.model_dump(by_alias=True, exclude_unset=True)


def test_a_container() -> None:
    """Properties, constraints and indexes are read, with what the service leaves out at its default."""
    container = Container.model_validate(
        {
            "space": "sp",
            "externalId": "C",
            "usedFor": "edge",
            "properties": {
                "tag": {
                    "type": {"type": "text", "list": False, "collation": "ucs_basic", "maxTextSize": 9},
                    "nullable": False,
                    "defaultValue": "x",
                    "constraintState": {},
                }
            },
            "constraints": {
                "unique": {"constraintType": "uniqueness", "properties": ["tag"], "bySpace": True, "state": "current"},
                "needs": {"constraintType": "requires", "require": CONTAINER},
            },
            "indexes": {"i": {"indexType": "btree", "properties": ["tag"], "cursorable": True}},
        }
    )
    tag = container.properties["tag"]
    assert ContainerId("sp", "C") == container.as_id()
    assert ("text", 9, False, False, "x") == (
        tag.type.type,
        tag.type.max_text_size,
        tag.type.list,
        tag.nullable,
        tag.default_value,
    )
    assert container.constraints is not None
    assert container.indexes is not None
    assert (["tag"], True) == (container.constraints["unique"].properties, container.constraints["unique"].by_space)
    assert container.constraints["needs"].require == ContainerReference(space="sp", external_id="C")
    assert container.indexes["i"].cursorable


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ({"container": CONTAINER, "containerPropertyIdentifier": "p", "type": {"type": "text"}}, MappedProperty),
        ({"container": CONTAINER, "containerPropertyIdentifier": "p"}, MappedProperty),
        (
            {"container": CONTAINER, "containerPropertyIdentifier": "p", "type": {"type": "direct"}, "source": VIEW},
            MappedProperty,
        ),
        ({"type": {"space": "sp", "externalId": "t"}, "source": VIEW}, EdgeProperty),
        *(
            ({"connectionType": kind, "type": {"space": "sp", "externalId": "t"}, "source": VIEW}, EdgeProperty)
            for kind in ("single_edge_connection", "multi_edge_connection")
        ),
        *(
            ({"connectionType": kind, "source": VIEW, "through": {"source": VIEW, "identifier": "p"}}, ReverseProperty)
            for kind in ("single_reverse_direct_relation", "multi_reverse_direct_relation")
        ),
        ({"connectionType": "multi_quantum_connection"}, UnknownProperty),
    ],
)
def test_kinds_of_properties(wire: dict[str, Any], expected: type) -> None:
    """A property is told by `connectionType`, or by what it has; a kind of the future is kept."""
    assert expected is type(read_view(p=wire).properties["p"])


def test_models_can_be_built_from_models() -> None:
    """Python objects are told apart as JSON objects are."""
    view = read_view(a={"connectionType": "x"}, b={"type": {"space": "s", "externalId": "t"}, "source": VIEW})
    rebuilt = View(space="sp", external_id="V", version="v1", properties=view.properties)
    assert view == rebuilt
    assert view == View.model_validate(view.model_dump(by_alias=True))
    reference = ViewReference(space="sp", external_id="W", version="v1")
    data_model = DataModel(space="sp", external_id="M", version="v1", views=[view, reference])
    assert [View, ViewReference] == [type(item) for item in data_model.views]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (VIEW, ViewReference),
        (CONTAINER, ContainerReference),
        ({"space": "sp", "externalId": "V", "version": "v1"}, ViewReference),
        ({"space": "sp", "externalId": "C"}, ContainerReference),
    ],
)
def test_relations_go_through_views_and_containers(source: dict[str, str], expected: type) -> None:
    """The source says what it is; where it does not, only views have versions."""
    wire = {
        "connectionType": "multi_reverse_direct_relation",
        "source": VIEW,
        "through": {"source": source, "identifier": "p"},
    }
    found = read_view(p=wire).properties["p"]
    assert isinstance(found, ReverseProperty)
    assert expected is type(found.through.source)
    assert found.targets_list is None


def test_an_old_view() -> None:
    """What old answers leave out is None, not a guess."""
    view = read_view()
    assert [None] * 6 == [
        view.implements,
        view.filter,
        view.writable,
        view.queryable,
        view.used_for,
        view.mapped_containers,
    ]


def test_views_and_references_of_a_data_model() -> None:
    """A reference has nothing but the keys that name a view."""
    model = DataModel.model_validate(
        {
            "space": "sp",
            "externalId": "M",
            "version": "1",
            "views": [
                VIEW,
                {"space": "sp", "externalId": "V", "version": "v1"},
                {**VIEW, "properties": {}},
                {**VIEW, "implements": [VIEW]},
            ],
        }
    )
    assert DataModelId("sp", "M", "1") == model.as_id()
    assert [ViewReference, ViewReference, View, View] == [type(view) for view in model.views]
    assert {ViewId("sp", "V", "v1")} == {view.as_id() for view in model.views}


def test_references_are_values() -> None:
    """Every reference turns into a hashable identifier."""
    edge = read_view(b={"type": {"space": "s", "externalId": "t"}, "source": VIEW}).properties["b"]
    assert isinstance(edge, EdgeProperty)
    assert (NodeId("s", "t"), ViewId("sp", "V", "v1")) == (edge.type.as_id(), edge.source.as_id())


@pytest.mark.parametrize("number", [2**63 - 1, 884324181205335268, 10**30])
def test_large_integers_survive(number: int) -> None:
    """Nothing goes through floats, from Python and from JSON."""
    wire = {"container": CONTAINER, "containerPropertyIdentifier": "p", "defaultValue": number}
    from_python = read_view(p=wire)
    from_json = View.model_validate_json(from_python.model_dump_json(by_alias=True))
    for view in (from_python, from_json):
        found = view.properties["p"]
        assert isinstance(found, MappedProperty)
        assert number == found.default_value


def test_numbers_are_no_texts() -> None:
    """A version that is a number was not written by the service; nothing is guessed."""
    with pytest.raises(ValidationError):
        View.model_validate({"space": "sp", "externalId": "V", "version": 1})
