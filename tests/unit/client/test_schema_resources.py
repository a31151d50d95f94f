"""Spaces, containers, views, data models, statistics and GraphQL: requests, identifiers, and what answers may lack."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from pygen.client import (
    ContainerId,
    DataModelId,
    DmsGraphQLError,
    DmsInputError,
    DmsTransportError,
    InvolvedViews,
    SubObject,
    ViewId,
)
from pygen.client.models.base import WireModel
from pygen.client.models.container import Container
from pygen.client.models.data_model import DataModel
from pygen.client.models.space import Space
from pygen.client.models.view import View
from pygen.client.resources.schema_order import containers_first_things_first, views_first_things_first
from tests.support.canned import Asked, Canned, Run, both

Json = dict[str, Any]

TIMES = {"createdTime": 1, "lastUpdatedTime": 1, "isGlobal": False}
MODEL = DataModelId("sp", "Model", "v1")


def space(number: int = 0) -> Json:
    """A space to write."""
    return {"space": f"s{number}"}


def container(number: int = 0, **parts: Any) -> Json:
    """A container to write."""
    properties = {"name": {"type": {"type": "text"}}}
    return {"space": "sp", "externalId": f"C{number}", "usedFor": "node", "properties": properties, **parts}


def view(number: int = 0, *parents: int) -> Json:
    """A view to write, which implements others."""
    item: Json = {"space": "sp", "externalId": f"V{number}", "version": "v1", "properties": {}}
    return item if not parents else item | {"implements": [view_reference(parent) for parent in parents]}


def view_reference(number: int) -> Json:
    """A view as others name it."""
    return {"type": "view", "space": "sp", "externalId": f"V{number}", "version": "v1"}


def data_model(number: int = 0) -> Json:
    """A data model to write."""
    return {"space": "sp", "externalId": f"M{number}", "version": "v1", "views": [view_reference(1)]}


MADE: dict[str, Callable[[int], Json]] = {
    "spaces": space,
    "containers": container,
    "views": view,
    "data_models": data_model,
}
PATHS = {"spaces": "/models/spaces", "containers": "/models/containers", "views": "/models/views"} | {
    "data_models": "/models/datamodels"
}
MODELS: dict[str, type[WireModel]] = {
    "spaces": Space,
    "containers": Container,
    "views": View,
    "data_models": DataModel,
}
every = pytest.mark.parametrize("name", MADE)


def as_read(item: Json) -> Json:
    """What the service answers about something that was written."""
    full = {**item, **TIMES}
    is_view = "version" in item and "views" not in item
    of_views = {"writable": True, "queryable": True, "usedFor": "node", "mappedContainers": []}
    return full | of_views if is_view else full


def echo(asked: Asked) -> Json:
    """Everything that was written, as it is now."""
    return {"items": [as_read(item) for item in asked.body["items"]]}


def of(client: Any, name: str) -> Any:
    """A resource of a client."""
    return getattr(client, name)


def upsert(name: str, given: Any, client: Any) -> Any:
    """Write something."""
    return of(client, name).upsert(given)


def names(items: Sequence[Any]) -> list[str]:
    """The external ids of JSON objects, or of what was read."""
    return [item["externalId"] if isinstance(item, dict) else item.external_id for item in items]


# writing


@both
@every
def test_upserts_are_sent_by_the_hundred(run: Run, name: str) -> None:
    """One request after the other, and the result is in the order given."""
    canned = Canned(echo)
    items = [MADE[name](number) for number in range(250)]
    found = run(canned, lambda client: of(client, name).upsert(items))
    assert [100, 100, 50] == [len(body["items"]) for body in canned.bodies]
    assert items == [item for body in canned.bodies for item in body["items"]]
    assert {("POST", PATHS[name])} == {(asked.method, asked.path) for asked in canned.asked}
    key = "space" if name == "spaces" else "externalId"
    assert [item[key] for item in items] == [each.space if name == "spaces" else each.external_id for each in found]


@both
@every
def test_what_was_read_is_written_without_what_cannot_be(run: Run, name: str) -> None:
    """Objects and JSON, alone or in a list, as they were read or made by hand."""
    canned = Canned(echo)
    item = MADE[name](1)
    read = MODELS[name].model_validate(as_read(item))
    for given in (item, as_read(item), read, [read], (read,), iter([item])):
        [found] = run(canned, partial(upsert, name, given))
        assert read == found
    said = {key: value for key, value in item.items() if value}  # what has its default may be left out
    assert [[said]] * 6 == [
        [{key: value for key, value in each.items() if value} for each in body["items"]] for body in canned.bodies
    ]


@both
def test_parents_are_written_before_their_children(run: Run) -> None:
    """More than 100 views are ordered, however long the chain; the result is in the order given."""
    canned = Canned(echo)
    items = [view(number, number + 1) for number in range(249)] + [view(249)]
    found = run(canned, lambda client: client.views.upsert(items))
    assert names(items) == names(found)
    assert [f"V{number}" for number in reversed(range(250))] == names(
        [i for body in canned.bodies for i in body["items"]]
    )


@both
def test_a_hundred_views_are_written_as_they_come(run: Run) -> None:
    """They are in one request, in which the service orders them itself."""
    canned = Canned(echo)
    items = [view(number, number + 1) for number in range(99)] + [view(99)]
    run(canned, lambda client: client.views.upsert(items))
    assert [items] == [body["items"] for body in canned.bodies]


def test_any_hierarchy_is_written_parents_first() -> None:
    """Each view once, after all its parents, and what is not among the items is not waited for."""
    items = [view(number, *{number // 2, number // 3, number + 1000} - {number}) for number in range(300)]
    random.Random(7).shuffle(items)
    ordered = views_first_things_first(items)
    assert sorted(names(items)) == sorted(names(ordered))
    places = {external_id: place for place, external_id in enumerate(names(ordered))}
    for item in items:
        parents = [places[parent] for parent in names(item.get("implements", [])) if parent in places]
        assert places[item["externalId"]] >= max(parents, default=0)


def test_circles_and_twins_are_kept() -> None:
    """The service has the last word on views that implement each other, or are named twice: none is left out."""
    circle = [view(0, 1), view(1, 2), view(2, 0)]
    assert [*reversed(circle)] == views_first_things_first(circle)
    twins = [view(0, 1), view(1), view(0, 1), view(1)]
    assert [view(1), view(0, 1), view(0, 1), view(1)] == views_first_things_first(twins)


def test_containers_follow_what_they_need() -> None:
    """Required containers, and those that the targets of direct relations must have data in, come first."""
    needs = {"type": {"type": "direct", "container": {"type": "container", "space": "sp", "externalId": "C1"}}}
    required = {"constraintType": "requires", "require": {"type": "container", "space": "sp", "externalId": "C2"}}
    items = [container(0, properties={"to": needs}), container(1, constraints={"c": required}), container(2)]
    assert ["C2", "C1", "C0"] == names(containers_first_things_first(items))
    assert ["C0", "C3"] == names(containers_first_things_first([items[0], container(3)]))


@both
@every
@pytest.mark.parametrize("item", ["text", 7, None, {}, {"space": "1 is no letter"}])
def test_what_cannot_be_written_is_refused(run: Run, name: str, item: Any) -> None:
    """Before anything is sent, with its place."""
    canned = Canned(echo)
    with pytest.raises(DmsInputError, match=rf"{name}.upsert: not sent: items\[1\]"):
        run(canned, lambda client: of(client, name).upsert([MADE[name](0), item]))
    assert [] == canned.asked


@both
@every
def test_an_answer_that_lacks_what_was_written_is_refused(run: Run, name: str) -> None:
    """Upserts echo all items (dms-api.md 2.2); which ones are missing nobody can tell."""
    canned = Canned(lambda asked: {"items": echo(asked)["items"][1:]})
    with pytest.raises(DmsTransportError, match="the answer has 1 items, the request had 2"):
        run(canned, lambda client: of(client, name).upsert([MADE[name](0), MADE[name](1)]))


# identifiers

CONTAINER = ContainerId("sp", "C1")
VIEW = ViewId("sp", "V1", "v1")


@both
@pytest.mark.parametrize(
    ("name", "ids", "items"),
    [
        ("spaces", "s1", [{"space": "s1"}]),
        ("spaces", ["s1", "s2"], [{"space": "s1"}, {"space": "s2"}]),
        ("spaces", ("s1", "s2"), [{"space": "s1"}, {"space": "s2"}]),
        ("containers", CONTAINER, [{"space": "sp", "externalId": "C1"}]),
        ("containers", (CONTAINER, CONTAINER), [{"space": "sp", "externalId": "C1"}] * 2),
        ("views", VIEW, [{"space": "sp", "externalId": "V1", "version": "v1"}]),
        ("views", ("sp", "V1"), [{"space": "sp", "externalId": "V1"}]),
        (
            "views",
            [("sp", "V1"), VIEW],
            [{"space": "sp", "externalId": "V1"}, {"space": "sp", "externalId": "V1", "version": "v1"}],
        ),
        ("data_models", MODEL, [{"space": "sp", "externalId": "Model", "version": "v1"}]),
        ("data_models", ("sp", "Model"), [{"space": "sp", "externalId": "Model"}]),
        ("data_models", {MODEL}, [{"space": "sp", "externalId": "Model", "version": "v1"}]),
    ],
)
def test_identifiers_of_all_forms(run: Run, name: str, ids: Any, items: list[Json]) -> None:
    """One or many; a pair is one thing, and means all versions, where there are versions."""
    canned = Canned(lambda asked: {"items": []})
    assert [] == run(canned, lambda client: of(client, name).retrieve(ids))
    assert [(f"{PATHS[name]}/byids", {"items": items})] == [(asked.path, asked.body) for asked in canned.asked]


@both
@every
@pytest.mark.parametrize(("verb", "operation"), [("retrieve", "byids"), ("delete", "delete")])
@pytest.mark.parametrize(
    "ids", [[7], [None], [("a", "b", "c")], [("a",)], [()], [["a", "b"]], [{}], [ViewId("1", "", "")]]
)
def test_what_names_nothing_is_refused(run: Run, name: str, verb: str, operation: str, ids: Any) -> None:
    """Before anything is sent, with its place."""
    canned = Canned(lambda asked: {"items": []})
    with pytest.raises(DmsInputError, match=rf"{name}.{operation}: not sent: ids\[0\].*must be"):
        run(canned, lambda client: getattr(of(client, name), verb)(ids))
    assert [] == canned.asked


@both
@pytest.mark.parametrize(
    ("name", "ids"),
    [("containers", "C1"), ("containers", VIEW), ("views", "V1"), ("views", MODEL), ("data_models", VIEW)],
)
def test_other_things_are_not_taken_for_what_is_wanted(run: Run, name: str, ids: Any) -> None:
    """A view is no container, and a text no identifier."""
    with pytest.raises(DmsInputError, match=r"ids\[0\]: must be a .*Id"):
        run(Canned(echo), lambda client: of(client, name).retrieve(ids))


IDS: dict[str, Callable[[int], Any]] = {
    "spaces": lambda number: f"s{number}",
    "containers": lambda number: ContainerId("sp", f"C{number}"),
    "views": lambda number: ViewId("sp", f"V{number}", "v1"),
    "data_models": lambda number: DataModelId("sp", f"M{number}", "v1"),
}


@both
@every
def test_lookups_are_sent_by_the_hundred(run: Run, name: str) -> None:
    """What exists comes back, in the order of the answers."""
    ids = [IDS[name](number) for number in range(201)]
    canned = Canned(lambda asked: {"items": [as_read(MADE[name](len(asked.body["items"])))]})
    assert 3 == len(run(canned, lambda client: of(client, name).retrieve(ids)))
    assert [100, 100, 1] == [len(body["items"]) for body in canned.bodies]
    deleting = Canned(lambda asked: {"items": asked.body["items"]})
    assert ids == run(deleting, lambda client: of(client, name).delete(ids))
    assert [f"{PATHS[name]}/delete"] * 3 == [asked.path for asked in deleting.asked]


@both
@every
def test_nothing_costs_no_request(run: Run, name: str) -> None:
    """Empty input has empty results."""
    canned = Canned(echo)
    assert [] == run(canned, lambda client: of(client, name).upsert([]))
    assert [] == run(canned, lambda client: of(client, name).retrieve([]))
    assert [] == run(canned, lambda client: of(client, name).delete([]))
    assert [] == canned.asked


@both
def test_what_a_lookup_may_say_beside_its_ids(run: Run) -> None:
    """Options stand in the query; those that are left out are not sent."""
    canned = Canned(lambda asked: {"items": []})
    run(canned, lambda client: client.views.retrieve(VIEW, include_inherited_properties=False))
    run(canned, lambda client: client.data_models.retrieve(MODEL, inline_views=True))
    run(canned, lambda client: client.views.retrieve(VIEW))
    assert [{"includeInheritedProperties": "false"}, {"inlineViews": "true"}, {}] == [a.params for a in canned.asked]


# lists


@both
@pytest.mark.parametrize(
    ("name", "arguments", "params"),
    [
        ("spaces", {"include_global": True}, {"includeGlobal": "true"}),
        ("containers", {"space": "sp"}, {"space": "sp", "includeGlobal": "false"}),
        (
            "views",
            {"all_versions": True, "include_inherited_properties": False},
            {"includeInheritedProperties": "false", "allVersions": "true", "includeGlobal": "false"},
        ),
        (
            "data_models",
            {"inline_views": True},
            {"inlineViews": "true", "allVersions": "false", "includeGlobal": "false"},
        ),
    ],
)
def test_lists_say_what_is_asked_for_on_each_page(run: Run, name: str, arguments: Json, params: Json) -> None:
    """Everything but limit and cursor stays as it was."""
    pages: list[Json] = [{"items": [as_read(MADE[name](0))], "nextCursor": "c"}, {"items": [as_read(MADE[name](1))]}]
    canned = Canned(lambda asked: pages["cursor" in asked.params])
    found = run(canned, lambda client: of(client, name).list(limit=5, chunk_size=3, **arguments))
    assert 2 == len(found)
    assert [{**params, "limit": "3"}, {**params, "limit": "3", "cursor": "c"}] == [a.params for a in canned.asked]
    assert {("GET", PATHS[name])} == {(asked.method, asked.path) for asked in canned.asked}


@both
def test_uses_of_containers_are_repeated_parameters(run: Run) -> None:
    """`usedFor` may be several."""
    canned = Canned(lambda asked: {"items": []})
    run(canned, lambda client: client.containers.list(used_for=["node", "edge"]))
    assert "includeGlobal=false&usedFor=node&usedFor=edge&limit=1000" == canned.asked[0].query


@both
@pytest.mark.parametrize("arguments", [{"limit": -1}, {"chunk_size": 0}, {"chunk_size": 1001}, {"space": "1"}])
def test_lists_against_the_rules_are_refused(run: Run, arguments: Any) -> None:
    """Before anything is sent, and before anybody iterates."""
    with pytest.raises(DmsInputError, match=r"views.list: not sent: .* \(project canned"):
        run(Canned(echo), lambda client: client.views.list(**arguments))


# what containers have beside


SUB_OBJECTS = [SubObject(CONTAINER, f"i{number}") for number in range(25)]


@both
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("delete_constraints", "/models/containers/constraints/delete"),
        ("delete_indexes", "/models/containers/indexes/delete"),
        ("retry_constraints", "/models/containers/constraints/retry"),
        ("retry_indexes", "/models/containers/indexes/retry"),
        ("retry_properties", "/models/containers/properties/retry"),
    ],
)
def test_parts_of_containers_are_sent_by_tens(run: Run, method: str, path: str) -> None:
    """What the service names in its answers comes back (dms-api.md 2.1)."""
    canned = Canned(lambda asked: {"items": asked.body["items"]})
    assert SUB_OBJECTS == run(canned, lambda client: getattr(client.containers, method)(SUB_OBJECTS))
    assert [(path, 10), (path, 10), (path, 5)] == [(asked.path, len(asked.body["items"])) for asked in canned.asked]
    item = {"space": "sp", "containerExternalId": "C1", "identifier": "i0"}
    assert item == canned.bodies[0]["items"][0]


@both
def test_containers_are_inspected_by_tens(run: Run) -> None:
    """The views that show them, and how many there are."""

    def answer(asked: Asked) -> Json:
        results = {"involvedViews": [view_reference(1)], "involvedViewCount": 3}
        if "totalInvolvedViewCount" not in asked.body["inspectionOperations"]:
            results = {}
        return {"items": [{**item, "inspectionResults": results} for item in asked.body["items"]]}

    canned = Canned(answer)
    ids = [ContainerId("sp", f"C{number}") for number in range(11)]
    found = run(canned, lambda client: client.containers.inspect(ids))
    assert [InvolvedViews(identifier, [VIEW], 3) for identifier in ids] == found
    assert [10, 1] == [len(body["items"]) for body in canned.bodies]
    assert [InvolvedViews(CONTAINER, [], None)] == run(
        canned, lambda client: client.containers.inspect(CONTAINER, total_involved_view_count=False)
    )


# statistics


@both
def test_statistics_of_spaces(run: Run) -> None:
    """Of all of them in one request, of those that are named by the hundred."""
    canned = Canned(lambda asked: {"items": asked.body.get("items", [{"space": "all"}])})
    assert [{"space": "all"}] == run(canned, lambda client: client.statistics.spaces())
    named = [f"s{number}" for number in range(101)]
    assert [{"space": name} for name in named] == run(canned, lambda client: client.statistics.spaces(named))
    assert [{"space": "s1"}] == run(canned, lambda client: client.statistics.spaces("s1"))
    assert [{"space": "s1"}, {"space": "s2"}] == run(canned, lambda client: client.statistics.spaces(("s1", "s2")))
    assert [] == run(canned, lambda client: client.statistics.spaces([]))
    assert [0, 100, 1, 1, 2] == [len(asked.body.get("items", ())) for asked in canned.asked]


@both
def test_statistics_of_what_is_no_space_are_refused(run: Run) -> None:
    """Before anything is sent."""
    with pytest.raises(DmsInputError, match=r"statistics.spaces: not sent: spaces\[1\]"):
        run(Canned(echo), lambda client: client.statistics.spaces(["s1", 7]))


@both
def test_statistics_of_the_project(run: Run) -> None:
    """The object as it came."""
    canned = Canned(lambda asked: {"spaces": {"count": 1, "limit": 100}})
    assert {"spaces": {"count": 1, "limit": 100}} == run(canned, lambda client: client.statistics.project())
    assert [("GET", "/models/statistics")] == [(asked.method, asked.path) for asked in canned.asked]


# GraphQL


@both
def test_a_graphql_query(run: Run) -> None:
    """What stands under `data`; null is nothing."""
    canned = Canned(lambda asked: {"data": {"a": 1}, "errors": []})
    assert {"a": 1} == run(canned, lambda client: client.graphql.query(MODEL, "{ a }", {"v": 1}))
    assert {"a": 1} == run(canned, lambda client: client.graphql.dml("{ a }"))
    path = "/userapis/spaces/sp/datamodels/Model/versions/v1/graphql"
    assert [(path, {"v": 1}), ("/dml/graphql", None)] == [(a.path, a.body["variables"]) for a in canned.asked]
    assert {} == run(Canned(lambda asked: {"data": None}), lambda client: client.graphql.dml("{ a }"))


@both
def test_graphql_errors(run: Run) -> None:
    """They are one error with all of them, and what came beside them."""
    errors = [{"message": "no such field"}, {"extensions": {}}]
    canned = Canned(lambda asked: {"data": {"a": 1}, "errors": errors})
    with pytest.raises(DmsGraphQLError, match=r"graphql.query: no such field; .* \(project canned") as caught:
        run(canned, lambda client: client.graphql.query(MODEL, "{ a }"))
    assert (tuple(errors), {"a": 1}) == (caught.value.errors, caught.value.data)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[]", "the answer is a JSON list"),
        (b"{}", "the answer has neither data nor errors"),
        (b'{"errors": []}', "the answer has neither data nor errors"),
        (b'{"errors": "no"}', "the errors of the answer are not understood"),
        (b'{"errors": {"message": "no"}}', "the errors of the answer are not understood"),
        (b'{"errors": ["no"]}', "the errors of the answer are not understood"),
        (b'{"data": []}', "data of the answer is no JSON object"),
        (b'{"data": "a", "errors": [{}]}', "data of the answer is no JSON object"),
    ],
)
def test_graphql_answers_that_are_none(content: bytes, message: str) -> None:
    """Each says what is wrong with it; a query is sent again before, a mutation is not."""
    canned = Canned(lambda asked: content)
    with canned.client() as client:
        with pytest.raises(DmsTransportError, match=message):
            client.graphql.query(MODEL, "{ a }")
        assert 4 == len(canned.asked)
        with pytest.raises(DmsTransportError, match=message):
            client.graphql.query(MODEL, "mutation { a }")
        assert 5 == len(canned.asked)


@pytest.mark.parametrize(
    ("query", "is_mutation"),
    [
        ("mutation { a }", True),
        ("query A { a } mutation B { b }", True),
        ("# first\nmutation { a }", True),
        ("\ufeffmutation { a }", True),
        ("{ mutation }", False),
        ('{ a(text: "} mutation {") }', False),
        ("# mutation\n{ a }", False),
        ('"""\nmutation\n"""\nquery { a }', False),
    ],
)
def test_mutations_are_not_repeated(query: str, *, is_mutation: bool) -> None:
    """Only the document's own words tell; texts and comments do not count."""
    canned = Canned(lambda asked: b"")
    with canned.client() as client, pytest.raises(DmsTransportError):
        client.graphql.dml(query)
    assert (1 if is_mutation else 4) == len(canned.asked)


# answers that are none

NO_ITEMS: list[Any] = [None, 1, "text", {"a": 1}, [1], [None], [[]], [{}], [{"space": None}], [{"space": []}]]
NO_ITEMS += [[{"space": 7, "externalId": 1, "version": None, "identifier": {}, "containerExternalId": 2}]]
CALLS: dict[str, Callable[[Any], Any]] = {
    "spaces.list": lambda client: client.spaces.list().all(),
    "spaces.retrieve": lambda client: client.spaces.retrieve("s1"),
    "spaces.upsert": lambda client: client.spaces.upsert(space()),
    "containers.list": lambda client: client.containers.list().all(),
    "containers.retrieve": lambda client: client.containers.retrieve(CONTAINER),
    "containers.delete": lambda client: client.containers.delete(CONTAINER),
    "containers.inspect": lambda client: client.containers.inspect(CONTAINER),
    "delete_constraints": lambda client: client.containers.delete_constraints(SUB_OBJECTS[:1]),
    "retry_properties": lambda client: client.containers.retry_properties(SUB_OBJECTS[:1]),
    "views.list": lambda client: client.views.list().all(),
    "views.retrieve": lambda client: client.views.retrieve(VIEW),
    "views.upsert": lambda client: client.views.upsert(view()),
    "views.delete": lambda client: client.views.delete(VIEW),
    "data_models.list": lambda client: client.data_models.list().all(),
    "data_models.upsert": lambda client: client.data_models.upsert(data_model()),
    "data_models.delete": lambda client: client.data_models.delete(MODEL),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("items", NO_ITEMS, ids=json.dumps)
def test_answers_that_are_none_are_errors(name: str, items: Any) -> None:
    """Whatever stands in the answer, it is a `DmsTransportError` that says so, after a few more attempts."""
    canned = Canned(lambda asked: {"items": items})
    with canned.client() as client, pytest.raises(DmsTransportError, match="answer"):
        CALLS[name](client)
    assert 4 == len(canned.asked)


@pytest.mark.parametrize(
    "results",
    [
        None,
        1,
        [],
        {"involvedViews": 1},
        {"involvedViews": [1]},
        {"involvedViews": [{"space": "sp"}]},
        {"involvedViewCount": "many"},
        {"involvedViewCount": []},
    ],
)
def test_inspections_that_are_none_are_errors(results: Any) -> None:
    """The same for what stands in an item."""
    canned = Canned(lambda asked: {"items": [{**asked.body["items"][0], "inspectionResults": results}]})
    with canned.client() as client, pytest.raises(DmsTransportError, match=r"an item of the answer .* not understood"):
        client.containers.inspect(CONTAINER)
    assert 4 == len(canned.asked)


def test_an_error_about_an_item_says_where_it_is_wrong() -> None:
    """The place in the item, and the rule; never the value."""
    canned = Canned(lambda asked: {"items": [as_read(view()) | {"createdTime": "canary"}]})
    with canned.client() as client, pytest.raises(DmsTransportError, match="no View: createdTime: ") as caught:
        client.views.retrieve(VIEW)
    assert "canary" not in str(caught.value)
