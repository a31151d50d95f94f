"""Data models in GraphQL's schema language: published through the service, and told by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.sandbox_classic import Json, Plant

UPSERT = """mutation Upsert($dm: GraphQlDmlVersionUpsert!) {
    upsertGraphQlDmlVersion(graphQlDmlVersion: $dm) {
        errors { kind message hint location { start { line column } } }
        result { space externalId version name description graphQlDml createdTime lastUpdatedTime }
    }
}"""
REGENERATE = """query($space: String!, $externalId: String!, $version: String!) {
    unsafelyWipeAndRegenerateDmlBasedOnDataModel(space: $space, externalId: $externalId, version: $version) {
        items { graphQlDml }
    }
}"""
MODEL = {"space": "ops_model", "externalId": "Shop", "version": "v1"}
SHOP = """
"A shop"
type Shop {
  name: String!
  goods: [Good] @reverseDirectRelation(throughProperty: "shop")
}

interface Thing {
  weight: Float
}

type Good implements Thing {
  weight: Float
  shop: Shop
  relatedTo: [Good]
}
"""


@pytest.fixture
def plant() -> Iterator[Plant]:
    """A plant with the model of dms-api.md 9."""
    with Plant() as made:
        made.write_model()
        yield made


def publish(plant: Plant, text: str, **others: Any) -> Json:
    """The result of a publication."""
    answer = plant.ask("/dml/graphql", {"query": UPSERT, "variables": {"dm": {**MODEL, "graphQlDml": text, **others}}})
    assert "errors" not in answer
    found: Json = answer["data"]["upsertGraphQlDmlVersion"]
    return found


def told(plant: Plant, model: Json) -> str:
    """The text of a data model."""
    data = plant.ask("/dml/graphql", {"query": REGENERATE, "variables": model})["data"]
    text: str = data["unsafelyWipeAndRegenerateDmlBasedOnDataModel"]["items"][0]["graphQlDml"]
    return text


def read(plant: Plant, model: Json) -> dict[str, Json]:
    """The views of a data model, by external id."""
    (found,) = plant.ask("/models/datamodels/byids", {"items": [model]}, inlineViews=True)["items"]
    return {view["externalId"]: view for view in found["views"]}


def test_a_text_becomes_a_data_model(plant: Plant) -> None:
    """With views, and containers for what they hold."""
    published = publish(plant, SHOP, name="The shop", description="What it sells")
    expected = {**MODEL, "name": "The shop", "description": "What it sells", "graphQlDml": SHOP}
    times = {"createdTime": str(plant.now), "lastUpdatedTime": str(plant.now)}
    assert {"errors": None, "result": {**expected, **times}} == published
    views = read(plant, MODEL)
    assert ["Shop", "Thing", "Good"] == list(views)
    assert "A shop" == views["Shop"]["description"]
    assert ["Thing"] == [parent["externalId"] for parent in views["Good"]["implements"]]
    assert "multi_edge_connection" == views["Good"]["properties"]["relatedTo"]["connectionType"]


def test_what_was_published_can_be_written_and_asked_for(plant: Plant) -> None:
    """In GraphQL."""
    publish(plant, SHOP)
    source = {"type": "view", "space": "ops_model", "externalId": "Shop", "version": "v1"}
    item = {"instanceType": "node", "space": "ops_data", "externalId": "s"}
    plant.ask("/models/instances", {"items": [{**item, "sources": [{"source": source, "properties": {"name": "S"}}]}]})
    path = "/userapis/spaces/ops_model/datamodels/Shop/versions/v1/graphql"
    answer = plant.ask(path, {"query": "{ listShop { items { name goods { items { externalId } } } } }"})
    assert [{"name": "S", "goods": {"items": []}}] == answer["data"]["listShop"]["items"]


def test_a_version_grows(plant: Plant) -> None:
    """Types and fields are added to it, but a type cannot be removed."""
    publish(plant, "type A { x: Int }")
    assert None is publish(plant, "type A { x: Int y: Int } type B { z: Int }")["errors"]
    assert {"x", "y"} == read(plant, MODEL)["A"]["properties"].keys()
    expected = {
        "kind": "DIFF_ERROR",
        "message": "Can not remove view 'B' from the data model definition",
        "hint": "Please publish a new data model version.",
        "location": {"start": {"line": 1, "column": 1}},
    }
    assert {"errors": [expected], "result": None} == publish(plant, "type A { x: Int y: Int }")
    assert None is publish(plant, "type A { x: Int }", version="v2")["errors"]


@pytest.mark.parametrize(
    ("text", "kind", "said", "line"),
    [
        ("type A {\n x: Int!", "COMPILE_ERROR", "Invalid syntax in provided GraphQL schema", 2),
        ("type A {\n\n x: Nope }", "COMPILE_ERROR", "A.x has the type Nope", 3),
        ("type A {\n x: Int @nope }", "COMPILE_ERROR", "@nope", 2),
        ("union A = B", "COMPILE_ERROR", "union", 1),
        ("type Pump { tag: Int }", "DIFF_ERROR", "tag", 1),
    ],
)
def test_a_text_that_is_wrong_is_refused_with_its_place(
    plant: Plant, text: str, kind: str, said: str, line: int
) -> None:
    """And nothing is published."""
    published = publish(plant, text)
    (error,) = published["errors"]
    assert (kind, True, None) == (error["kind"], said in error["message"], published["result"])
    if kind == "COMPILE_ERROR" and "type A" in text:
        assert line == error["location"]["start"]["line"]
    assert [] == plant.ask("/models/datamodels/byids", {"items": [MODEL]})["items"]


def test_a_space_must_be_there(plant: Plant) -> None:
    """It is not made."""
    (error,) = publish(plant, SHOP, space="nowhere")["errors"]
    assert "One or more spaces do not exist: 'nowhere'." == error["message"]


def test_what_is_imported_stays_as_it_is(plant: Plant) -> None:
    """It becomes part of the model, and may be told in part."""
    before = read(plant, {**MODEL, "externalId": "PumpStation"})["Site"]
    publish(
        plant,
        """
        type Site @view(version: "v1") @import { name: String }
        type Fence { height: Float site: Site }
        """,
    )
    views = read(plant, MODEL)
    assert (before, ["Site", "Fence"]) == (views["Site"], list(views))
    assert "Site" == views["Fence"]["properties"]["site"]["type"]["source"]["externalId"]


def test_a_container_of_others_is_only_added_to(plant: Plant) -> None:
    """What it has stays as it is."""
    publish(
        plant,
        """
        type Address {
          label: String @mapping(container: "Site", property: "name")
          street: String @mapping(container: "Site")
        }
        """,
    )
    key = {"space": "ops_model", "externalId": "Site"}
    (container,) = plant.ask("/models/containers/byids", {"items": [key]})["items"]
    assert False is container["properties"]["name"]["nullable"]
    assert "street" in container["properties"]


def test_a_data_model_is_told_as_it_could_be_published(plant: Plant) -> None:
    """Published again, nothing changes but for the names of properties, which are those of the fields then."""
    model = {**MODEL, "externalId": "PumpStation"}
    before = read(plant, model)
    text = told(plant, model)
    assert None is publish(plant, text, externalId="PumpStation")["errors"]
    after = read(plant, model)
    for name, view in before.items():
        for prop, definition in view["properties"].items():
            now = after[name]["properties"][prop]
            assert {**definition, "name": None} == {**now, "name": None}


@pytest.mark.parametrize(
    "line",
    [
        "type Site {",
        "  name: String!",
        '  pumps: [Pump] @reverseDirectRelation(throughProperty: "site")',
        "enum Pump_status {",
        '  maxPressure: Float @unit(externalId: "pressure:bar", sourceUnit: "bar")',
        '  startCount: Int @default(value: "0")',
        "  mentors: [Technician] @directRelation",
        "type MaintenanceLink @edge {",
    ],
)
def test_everything_has_its_line(plant: Plant, line: str) -> None:
    """In the language's own words."""
    assert line in told(plant, {**MODEL, "externalId": "PumpStation"}).splitlines()


def test_what_the_language_cannot_say_is_told_in_comments(plant: Plant) -> None:
    """Names with hyphens, relations out of the model, and inheritance from outside of it."""
    place = {"space": "ops_model", "externalId": "Odd"}
    properties = {"a": {"type": {"type": "text"}}, "b": {"type": {"type": "direct"}}}
    plant.ask("/models/containers", {"items": [{**place, "properties": properties}]})
    shown = {
        name: {"container": {"type": "container", **place}, "containerPropertyIdentifier": prop}
        for name, prop in (("a-b", "a"), ("b", "b"))
    }
    site = {"type": "view", "space": "ops_model", "externalId": "Site", "version": "v1"}
    view = {**place, "version": "v1", "properties": shown, "implements": [site]}
    model = {**place, "version": "v1"}
    plant.ask("/models/datamodels", {"items": [{**model, "views": [view]}]})
    expected = """\
# Odd implements views that are not in the data model.
type Odd {
  # a-b: GraphQL has no such names
  # b: a relation to what is not in the data model
  name: String! @mapping(container: "Site")
  commissioned: Date @mapping(container: "Site")
  # pumps: a relation to what is not in the data model
}
"""
    assert expected == told(plant, model)


def test_a_data_model_that_does_not_exist_cannot_be_told(plant: Plant) -> None:
    """It is named."""
    answer = plant.ask("/dml/graphql", {"query": REGENERATE, "variables": MODEL})
    assert "ops_model:Shop/v1" in answer["errors"][0]["message"]
