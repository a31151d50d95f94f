"""The write form: what is dropped, what moves, and what stays as it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pygen.client.models import (
    Constraint,
    Container,
    ContainerProperty,
    ContainerReference,
    DataModel,
    EdgeProperty,
    EnumValue,
    Index,
    MappedProperty,
    NodeReference,
    PropertyType,
    ReverseProperty,
    Space,
    Through,
    View,
    ViewReference,
)
from pygen.client.write_form import container_item, data_model_item, space_item, view_item
from pygen.sources import load_raw, load_raw_containers
from tests.conftest import ROOT
from tests.support.openapi import request_validator

VIEW_REFERENCE = {"type": "view", "space": "sp", "externalId": "Site", "version": "v1"}
CONTAINER_REFERENCE = {"type": "container", "space": "sp", "externalId": "Site"}
SERVER = {"createdTime": 1, "lastUpdatedTime": 2, "isGlobal": False}
CORPUS = sorted(path for path in (ROOT / "tests" / "corpus").glob("*/model.*") if ".containers" not in path.name)
BEYOND_DMS = {"broken_properties", "keyword_views", "unknown_kinds"}  # cases that the service would refuse


def test_a_space_is_written_without_what_the_service_says() -> None:
    """Times and `isGlobal` are read only; null is nothing."""
    assert {"space": "sp", "name": "n"} == space_item({"space": "sp", "name": "n", "description": None, **SERVER})
    assert {"space": "sp", "name": "n"} == space_item(Space(space="sp", name="n", created_time=1))


READ_CONTAINER: dict[str, Any] = {
    "space": "sp",
    "externalId": "Pump",
    "usedFor": "node",
    **SERVER,
    "description": None,
    "properties": {
        "tag": {
            "constraintState": {"nullability": "current"},
            "type": {"type": "text", "list": False, "collation": "ucs_basic"},
            "immutable": False,
            "nullable": False,
            "autoIncrement": False,
            "defaultValue": {"kept": None},
            "name": None,
        },
        "site": {
            "constraintState": {},
            "type": {"type": "direct", "list": True, "container": CONTAINER_REFERENCE, "maxListSize": None},
        },
        "pressure": {"type": {"type": "float32", "unit": {"externalId": "pressure:bar", "sourceUnit": None}}},
        "status": {
            "type": {"type": "enum", "list": False, "values": {"on": {"name": "On", "description": None}, "off": None}}
        },
    },
    "constraints": {
        "unique": {"state": "current", "properties": ["tag"], "constraintType": "uniqueness", "bySpace": True},
        "needs": {"state": "failed", "constraintType": "requires", "require": CONTAINER_REFERENCE},
    },
    "indexes": {"i": {"properties": ["tag"], "state": "pending", "indexType": "btree", "cursorable": True}},
}
WRITTEN_CONTAINER: dict[str, Any] = {
    "space": "sp",
    "externalId": "Pump",
    "usedFor": "node",
    "properties": {
        "tag": {
            "type": {"type": "text", "list": False, "collation": "ucs_basic"},
            "immutable": False,
            "nullable": False,
            "autoIncrement": False,
            "defaultValue": {"kept": None},
        },
        "site": {"type": {"type": "direct", "list": True, "container": CONTAINER_REFERENCE}},
        "pressure": {"type": {"type": "float32", "unit": {"externalId": "pressure:bar"}}},
        "status": {"type": {"type": "enum", "values": {"on": {"name": "On"}, "off": {}}}},
    },
    "constraints": {
        "unique": {"properties": ["tag"], "constraintType": "uniqueness", "bySpace": True},
        "needs": {"constraintType": "requires", "require": CONTAINER_REFERENCE},
    },
    "indexes": {"i": {"properties": ["tag"], "indexType": "btree", "cursorable": True}},
}


def test_a_container_is_written_without_states() -> None:
    """States are read only, null is nothing except in a default, and an enum has no `list`."""
    assert WRITTEN_CONTAINER == container_item(READ_CONTAINER)


def test_a_container_read_as_a_wire_model_means_the_same_when_written() -> None:
    """What equals the default is left out, and nothing else is lost."""
    read = Container.model_validate(READ_CONTAINER)
    written = container_item(read)
    assert {"type": {"type": "text", "collation": "ucs_basic"}, "nullable": False, "defaultValue": {"kept": None}} == (
        written["properties"]["tag"]
    )
    again = Container.model_validate(written)
    assert container_item(again) == written
    assert Container.model_validate(WRITTEN_CONTAINER) == again


def test_a_container_made_by_hand_is_written_with_types_of_references() -> None:
    """Python needs no `type` in a reference, bodies do; keys that another kind has are not written."""
    site = ContainerReference(space="sp", external_id="Site")
    container = Container(space="sp", external_id="Pump")
    container.properties["site"] = ContainerProperty(type=PropertyType(type="direct", container=site))
    container.properties["on"] = ContainerProperty(type=PropertyType(type="enum", values={"a": EnumValue(), "b": None}))
    container.constraints = {"c": Constraint(constraint_type="requires", require=site)}
    container.indexes = {"i": Index(index_type="inverted", properties=["site"])}
    expected = {
        "space": "sp",
        "externalId": "Pump",
        "properties": {
            "site": {"type": {"type": "direct", "container": CONTAINER_REFERENCE}},
            "on": {"type": {"type": "enum", "values": {"a": {}, "b": {}}}},
        },
        "constraints": {"c": {"constraintType": "requires", "require": CONTAINER_REFERENCE}},
        "indexes": {"i": {"indexType": "inverted", "properties": ["site"]}},
    }
    assert expected == container_item(container)


FILTER = {"not": {"equals": {"property": ["sp", "Pump/v1", "meta"], "value": {"a": None}}}}
READ_VIEW: dict[str, Any] = {
    "space": "sp",
    "externalId": "Pump",
    "version": "v1",
    **SERVER,
    "writable": True,
    "queryable": True,
    "usedFor": "node",
    "mappedContainers": [CONTAINER_REFERENCE],
    "filter": FILTER,
    "implements": [],
    "properties": {
        "site": {
            "constraintState": {},
            "type": {"type": "direct", "list": False, "source": VIEW_REFERENCE, "container": CONTAINER_REFERENCE},
            "container": CONTAINER_REFERENCE,
            "containerPropertyIdentifier": "site",
            "immutable": False,
            "nullable": True,
            "autoIncrement": False,
            "defaultValue": 1,
            "name": "Site",
        },
        "links": {
            "connectionType": "multi_edge_connection",
            "type": {"space": "sp", "externalId": "links"},
            "source": VIEW_REFERENCE,
            "edgeSource": VIEW_REFERENCE,
            "direction": "inwards",
        },
        "pumps": {
            "connectionType": "multi_reverse_direct_relation",
            "source": VIEW_REFERENCE,
            "through": {"source": CONTAINER_REFERENCE, "identifier": "site"},
            "targetsList": False,
        },
        "later": {"connectionType": "ofANewerService", "entangled": True},
    },
}
WRITTEN_VIEW: dict[str, Any] = {
    "space": "sp",
    "externalId": "Pump",
    "version": "v1",
    "filter": FILTER,
    "implements": [],
    "properties": {
        "site": {
            "container": CONTAINER_REFERENCE,
            "containerPropertyIdentifier": "site",
            "name": "Site",
            "source": VIEW_REFERENCE,
        },
        "links": READ_VIEW["properties"]["links"],
        "pumps": {
            "connectionType": "multi_reverse_direct_relation",
            "source": VIEW_REFERENCE,
            "through": {"source": CONTAINER_REFERENCE, "identifier": "site"},
        },
        "later": {"connectionType": "ofANewerService", "entangled": True},
    },
}


def test_a_view_is_written_without_what_its_containers_say() -> None:
    """The source of a direct relation moves out of its type; the filter stays as it is, nulls included."""
    assert WRITTEN_VIEW == view_item(READ_VIEW)


def test_a_view_read_as_a_wire_model_means_the_same_when_written() -> None:
    """The wire model of what is written is that of the write form."""
    read = View.model_validate({**READ_VIEW, "properties": {**READ_VIEW["properties"], "later": WRITTEN_SITE}})
    expected = View.model_validate(
        {**WRITTEN_VIEW, "properties": {**WRITTEN_VIEW["properties"], "later": WRITTEN_SITE}}
    )
    assert expected == View.model_validate(view_item(read))


WRITTEN_SITE = {"container": CONTAINER_REFERENCE, "containerPropertyIdentifier": "later", "source": VIEW_REFERENCE}


def test_a_view_made_by_hand_is_written_with_types_of_references() -> None:
    """Python needs no `type` in a reference, bodies do."""
    site = ViewReference(space="sp", external_id="Site", version="v1")
    container = ContainerReference(space="sp", external_id="Site")
    view = View(space="sp", external_id="Pump", version="v1", implements=[site], properties={})
    view.properties["site"] = MappedProperty(container=container, container_property_identifier="a", source=site)
    view.properties["links"] = EdgeProperty(type=NodeReference(space="sp", external_id="t"), source=site)
    for name, source in (("pumps", site), ("tanks", container)):
        view.properties[name] = ReverseProperty(
            connection_type="single_reverse_direct_relation",
            source=site,
            through=Through(source=source, identifier="site"),
            targets_list=True,
        )
    reverse = {"connectionType": "single_reverse_direct_relation", "source": VIEW_REFERENCE}
    expected = {
        "space": "sp",
        "externalId": "Pump",
        "version": "v1",
        "implements": [VIEW_REFERENCE],
        "properties": {
            "site": {
                "container": CONTAINER_REFERENCE,
                "containerPropertyIdentifier": "a",
                "source": VIEW_REFERENCE,
            },
            "links": {"type": {"space": "sp", "externalId": "t"}, "source": VIEW_REFERENCE},
            "pumps": {**reverse, "through": {"source": VIEW_REFERENCE, "identifier": "site"}},
            "tanks": {**reverse, "through": {"source": CONTAINER_REFERENCE, "identifier": "site"}},
        },
    }
    assert expected == view_item(view)


def test_only_the_properties_of_its_own_are_written_where_they_are_named() -> None:
    """A view that was read with inherited properties need not copy them."""
    assert ["pumps"] == list(view_item(READ_VIEW, own={"pumps", "elsewhere"})["properties"])
    assert [] == list(view_item(View.model_validate(READ_VIEW), own=())["properties"])


def test_views_in_a_data_model_are_written_whole_or_named_as_they_were() -> None:
    """Whole views are written whole, references stay, and system views are only named."""
    reference = {key: value for key, value in VIEW_REFERENCE.items() if key != "type"}
    whole_reference = {"type": "view", "space": "sp", "externalId": "Pump", "version": "v1"}
    views = [READ_VIEW, VIEW_REFERENCE, reference, {**READ_VIEW, "isGlobal": True}]
    expected = [WRITTEN_VIEW, VIEW_REFERENCE, VIEW_REFERENCE, whole_reference]
    model = {"space": "sp", "externalId": "M", "version": "1", "name": None, **SERVER, "views": views}
    assert {"space": "sp", "externalId": "M", "version": "1", "views": expected} == data_model_item(model)


def test_views_in_a_wire_model_of_a_data_model_are_written_by_what_they_are() -> None:
    """A view without anything is still a view, not a reference."""
    empty = View(space="sp", external_id="Empty", version="v1")
    system = View(space="sp", external_id="Site", version="v1", is_global=True)
    reference = ViewReference(space="sp", external_id="Site", version="v1")
    model = DataModel(space="sp", external_id="M", version="1", views=[empty, system, reference], created_time=1)
    views = [{"space": "sp", "externalId": "Empty", "version": "v1"}, VIEW_REFERENCE, VIEW_REFERENCE]
    assert {"space": "sp", "externalId": "M", "version": "1", "views": views} == data_model_item(model)


@pytest.mark.parametrize(
    ("write", "item"),
    [
        (space_item, {"space": "sp", "ofANewerService": 1}),
        (container_item, WRITTEN_CONTAINER),
        (view_item, WRITTEN_VIEW),
        (data_model_item, {"space": "sp", "externalId": "M", "version": "1", "views": [WRITTEN_VIEW, VIEW_REFERENCE]}),
        (data_model_item, {"space": "sp", "externalId": "M", "version": "1"}),
    ],
)
def test_json_in_write_form_comes_back_as_it_was(write: Callable[[Any], dict[str, Any]], item: dict[str, Any]) -> None:
    """Nothing is added and nothing is lost, and what was given is not changed."""
    before = json.dumps(item)
    assert item == write(item)
    assert before == json.dumps(item)


@pytest.mark.parametrize(
    ("write", "item"),
    [
        (container_item, {"properties": [1], "constraints": 1, "indexes": {"i": 1}}),
        (
            container_item,
            {"properties": {"a": 1, "b": {"type": 1}, "c": {"type": {"type": "enum", "values": {"a": 1}}}}},
        ),
        (view_item, {"implements": 1, "properties": {"a": 1, "b": {"container": 1, "source": 2, "through": 3}}}),
        (view_item, {"implements": [1], "properties": {"b": {"through": {"source": 3}}, "c": {"container": {}}}}),
        (data_model_item, {"views": [1]}),
    ],
)
def test_what_has_the_wrong_shape_is_left_to_the_checks(
    write: Callable[[Any], dict[str, Any]], item: dict[str, Any]
) -> None:
    """No shape makes the write form fail: the checks have the words for it."""
    assert item.keys() == write(item).keys()


def written(kind: str, model: Any, wire: type[Any], write: Callable[[Any], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What is written of JSON and of its wire model; the schema takes both, and both say the same."""
    validator = request_validator("POST", f"/models/{kind}")
    of_json, of_wire = write(model), write(wire.model_validate(model))
    assert of_json == write(of_json)
    assert wire.model_validate(of_json) == wire.model_validate(of_wire)
    for item in (of_json, of_wire):
        assert [] == [error.message for error in validator.iter_errors({"items": [item]})]
        yield item


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.parent.name)
def test_the_schema_takes_what_is_written_of_the_corpus(path: Path, shared: Path) -> None:
    """Every small model, in read form or in write form, comes out as the OpenAPI document wants it."""
    if path.parent.name in BEYOND_DMS:
        pytest.skip("made of what the service would refuse")
    assert 2 == len(list(written("datamodels", load_raw(path), DataModel, data_model_item)))
    for container in load_raw_containers(path):
        assert 2 == len(list(written("containers", container, Container, container_item)))


def test_the_schema_takes_what_is_written_of_real_data_models(shared: Path) -> None:
    """Every data model of the corpus of real ones, and some ten views and containers of each."""
    for file in sorted((shared / "models").glob("*.json")):
        items = json.loads(file.read_bytes())["items"]
        if file.name.endswith(".containers.json"):
            for container in items[:: len(items) // 10 + 1]:
                assert 2 == len(list(written("containers", container, Container, container_item)))
            continue
        for model in items:
            assert 2 == len(list(written("datamodels", {**model, "views": []}, DataModel, data_model_item)))
            for view in model["views"][:: len(model["views"]) // 10 + 1]:
                assert 2 == len(list(written("views", view, View, view_item)))
