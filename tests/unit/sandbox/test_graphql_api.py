"""Queries in GraphQL over a data model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from pygen.sandbox.listing import retrieve_instances
from pygen.sandbox.store import Store
from tests.support.sandbox_classic import MIDNIGHT, Json, Plant, exchanges

PATH = "/userapis/spaces/ops_model/datamodels/PumpStation/versions/v1/graphql"


@pytest.fixture
def plant() -> Iterator[Plant]:
    """A plant with a site, two pumps, two technicians, and who maintains what."""
    with Plant() as made:
        made.write_model()
        yield made


def ask(plant: Plant, query: str, **variables: Any) -> Json:
    """The data of an answer without errors."""
    answer = plant.ask(PATH, {"query": query, "variables": variables})
    assert "errors" not in answer, answer["errors"]
    data: Json = answer["data"]
    return data


def errors(plant: Plant, query: str, **variables: Any) -> list[str]:
    """The messages of an answer with errors."""
    answer = plant.ask(PATH, {"query": query, "variables": variables})
    return [error["message"] for error in answer["errors"]]


def tags(plant: Plant, arguments: str, **variables: Any) -> list[str]:
    """The tags of the pumps that a list gives."""
    head = "query($value: String)" if variables else ""
    found = ask(plant, f"{head} {{ listPump({arguments}) {{ items {{ tag }} }} }}", **variables)
    return [pump["tag"] for pump in found["listPump"]["items"]]


def write(plant: Plant, name: str, view: str, **properties: Any) -> None:
    """Write a node through a view."""
    source = {"type": "view", "space": "ops_model", "externalId": view, "version": "v1"}
    item = {"instanceType": "node", "space": "ops_data", "externalId": name}
    plant.ask("/models/instances", {"items": [{**item, "sources": [{"source": source, "properties": properties}]}]})


def test_recorded_exchanges_are_answered_as_recorded(plant: Plant) -> None:
    """The first was recorded when one of the pumps was deleted already; the times of a data model are its own."""
    plant.delete_node("pump:P-102")
    for exchange in exchanges("graphql"):
        expected, actual = exchange["response"], plant.ask(exchange["path"], exchange["request"])
        for answer in (expected, actual):
            result = (answer["data"].get("upsertGraphQlDmlVersion") or {}).get("result") or {}
            times = {result.pop("createdTime", "0"), result.pop("lastUpdatedTime", "0")}
            assert all(each.isdecimal() for each in times)
        assert expected == actual


def test_values_come_as_they_do_otherwise(plant: Plant) -> None:
    """Base fields beside them; a value that is missing is null."""
    fields = "space externalId createdTime tag status maxPressure startCount critical installedAt aliases meta serial"
    pump = ask(plant, f'{{ listPump(filter: {{tag: {{eq: "P-101"}}}}) {{ items {{ __typename {fields} }} }} }}')
    (found,) = pump["listPump"]["items"]
    source = {"source": {"type": "view", "space": "ops_model", "externalId": "Pump", "version": "v1"}}
    (item,) = plant.ask(
        "/models/instances/byids",
        {"items": [{"instanceType": "node", "space": "ops_data", "externalId": "pump:P-101"}], "sources": [source]},
    )["items"]
    values = item["properties"]["ops_model"]["Pump/v1"]
    names = fields.split()[3:]
    assert {name: values.get(name) for name in names} == {name: found[name] for name in names}
    assert ("Pump", "ops_data", "2026-01-01T00:00:00.000+00:00") == (
        found["__typename"],
        found["space"],
        found["createdTime"],
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ('tag: {eq: "P-101"}', ["P-101"]),
        ('tag: {in: ["P-101", "P-102"]}', ["P-101", "P-102"]),
        ('tag: {in: "P-102"}', ["P-102"]),
        ('tag: {prefix: "P-"}', ["P-101", "P-102"]),
        ('tag: {gt: "P-101"}', ["P-102"]),
        ('tag: {gte: "P-101", lt: "P-102"}', ["P-101"]),
        ("status: {eq: running}", ["P-101", "P-102"]),
        ('status: {eq: "stopped"}', []),
        ("maxPressure: {isNull: true}", []),
        ("maxPressure: {gte: 2}", ["P-101", "P-102"]),
        ('and: [{tag: {prefix: "P"}}, {maxPressure: {lt: 0}}]', []),
        ('or: [{tag: {eq: "P-101"}}, {tag: {eq: "P-102"}}]', ["P-101", "P-102"]),
        ('not: {tag: {eq: "P-101"}}', ["P-102"]),
        ('site: {name: {eq: "North"}}', ["P-101", "P-102"]),
        ('site: {externalId: {eq: "site:south"}}', []),
        ("site: {}", ["P-101", "P-102"]),
        ('externalId: {prefix: "pump:P-102"}', ["P-102"]),
        ('createdTime: {gt: "2025-12-31T23:59:59Z"}', ["P-101", "P-102"]),
        ('createdTime: {gt: "2026-01-01T00:00:00+00:00"}', []),
        ('createdTime: {gt: "0001-01-01T00:00:00+14:00"}', ["P-101", "P-102"]),
        ("tag: {eq: null}", ["P-101", "P-102"]),
        ("tag: {eq: $value}", ["P-101", "P-102"]),
    ],
)
def test_filters_choose(plant: Plant, given: str, expected: list[str]) -> None:
    """By every kind of property, also of related nodes; a null says nothing, nor does a variable without a value."""
    variables = {"value": None} if "$value" in given else {}
    assert expected == sorted(tags(plant, f"filter: {{{given}}}", **variables))


def test_lists_are_filtered_by_what_they_contain(plant: Plant) -> None:
    """Values, or references."""
    contains = 'listPump(filter: {aliases: {containsAny: ["%s"]}}) { items { tag } }'
    write(plant, "pump:P-103", "Pump", tag="P-103", aliases=["third", "last"])
    assert [{"tag": "P-103"}] == ask(plant, f"{{ {contains % 'last'} }}")["listPump"]["items"]
    mentor = '{space: "ops_data", externalId: "tech:1"}'
    found = ask(plant, f"{{ listTechnician(filter: {{mentors: {{containsAll: [{mentor}]}}}}) {{ items {{ name }} }} }}")
    assert [{"name": "Technician Two"}] == found["listTechnician"]["items"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("{tag: ASC}", ["P-101", "P-102"]),
        ("{tag: DESC}", ["P-102", "P-101"]),
        ("[{status: ASC}, {tag: DESC}]", ["P-102", "P-101"]),
    ],
)
def test_lists_are_sorted(plant: Plant, sort: str, expected: list[str]) -> None:
    """By one property or several."""
    assert expected == tags(plant, f"sort: {sort}")


def test_pages_follow_one_another(plant: Plant) -> None:
    """Until there is no next page."""
    query = """query($after: String) {
        listPump(first: 1, after: $after, sort: {tag: ASC}) { items { tag } pageInfo { hasNextPage endCursor } }
    }"""
    seen, after = [], None
    while True:
        page = ask(plant, query, after=after)["listPump"]
        seen += [pump["tag"] for pump in page["items"]]
        after = page["pageInfo"]["endCursor"]
        assert page["pageInfo"]["hasNextPage"] is (after is not None)
        if after is None:
            break
    assert ["P-101", "P-102"] == seen


def test_an_instance_is_got_by_its_id(plant: Plant) -> None:
    """One that does not exist is no item."""
    query = "query($id: _DirectRelationRef!) { getPumpById(instance: $id) { items { tag } } }"
    found = [
        ask(plant, query, id={"space": "ops_data", "externalId": name})["getPumpById"]["items"]
        for name in ("pump:P-101", "pump:nope", "site:north")
    ]
    assert [[{"tag": "P-101"}], [], []] == found


def test_words_are_searched_for(plant: Plant) -> None:
    """In all texts, or in some fields."""
    find = '{ searchTechnician(query: "%s"%s) { items { name } } }'
    for word, more, expected in (
        ("two", "", 1),
        ("technician", ", first: 1", 1),
        ("two", ", fields: name", 1),
        ("xyz", "", 0),
    ):
        assert expected == len(ask(plant, find % (word, more))["searchTechnician"]["items"])


def test_groups_are_aggregated(plant: Plant) -> None:
    """By properties; a group without a value has no such key."""
    write(plant, "pump:P-103", "Pump", tag="P-103", maxPressure=4.0)
    query = "{ aggregatePump(groupBy: [status]) { items { group count { externalId tag } avg { maxPressure } } } }"
    found = ask(plant, query)["aggregatePump"]["items"]
    expected = [
        {"group": {}, "count": {"externalId": 1, "tag": 1}, "avg": {"maxPressure": 4.0}},
        {"group": {"status": "running"}, "count": {"externalId": 2, "tag": 2}, "avg": {"maxPressure": 10.25}},
    ]
    assert expected == sorted(found, key=lambda item: item["count"]["externalId"])


def test_all_is_aggregated_without_groups(plant: Plant) -> None:
    """A filter chooses."""
    query = (
        '{ aggregatePump(filter: {tag: {eq: "P-101"}}) { items { group count { externalId } max { maxPressure } } } }'
    )
    (found,) = ask(plant, query)["aggregatePump"]["items"]
    assert (None, {"externalId": 1}) == (found["group"], found["count"])
    assert isinstance(found["max"]["maxPressure"], float)


class TestRelations:
    """Relations lead to other types, and on from there."""

    def test_of_every_kind(self, plant: Plant) -> None:
        """Direct, reverse, lists of direct, their reverse, and edges both ways."""
        query = """{ listSite { items { name pumps(sort: {tag: ASC}) { items { tag
            site { name }
            maintainedBy { items {
                name mentors { items { name } } mentees { items { name } } pumps { items { tag } }
            } }
        } } } } }"""
        one = {
            "name": "Technician One",
            "mentors": None,
            "mentees": {"items": [{"name": "Technician Two"}]},
            "pumps": {"items": [{"tag": "P-101"}, {"tag": "P-102"}]},
        }
        two = {
            "name": "Technician Two",
            "mentors": {"items": [{"name": "Technician One"}]},
            "mentees": {"items": []},
            "pumps": {"items": [{"tag": "P-101"}]},
        }
        expected = {
            "name": "North",
            "pumps": {
                "items": [
                    {"tag": "P-101", "site": {"name": "North"}, "maintainedBy": {"items": [one, two]}},
                    {"tag": "P-102", "site": {"name": "North"}, "maintainedBy": {"items": [one]}},
                ]
            },
        }
        assert [expected] == ask(plant, query)["listSite"]["items"]

    def test_edges_show_themselves(self, plant: Plant) -> None:
        """Their properties, type and ends beside the node they lead to."""
        query = """{ getPumpById(instance: {space: "ops_data", externalId: "pump:P-102"}) { items {
            maintainedBy { edges { externalId type { externalId } startNode { externalId } properties node { name } } }
        } } }"""
        (pump,) = ask(plant, query)["getPumpById"]["items"]
        expected = {
            "externalId": "maint:P-102:1",
            "type": {"externalId": "Pump.maintainedBy"},
            "startNode": {"externalId": "pump:P-102"},
            "properties": {"role": "lead"},
            "node": {"name": "Technician One"},
        }
        (edge,) = pump["maintainedBy"]["edges"]
        assert expected == {**edge, "properties": {"role": edge["properties"]["role"]}}

    def test_a_view_of_edges_lists_edges(self, plant: Plant) -> None:
        """With their ends."""
        query = """{ listMaintenanceLink(filter: {role: {eq: "assistant"}}) {
            items { role startNode { externalId } endNode { externalId } }
        } }"""
        expected = {
            "role": "assistant",
            "startNode": {"externalId": "pump:P-101"},
            "endNode": {"externalId": "tech:2"},
        }
        assert [expected] == ask(plant, query)["listMaintenanceLink"]["items"]

    @pytest.mark.parametrize(
        ("relation", "filter_", "expected"),
        [
            ("pumps", '{tag: {eq: "P-102"}}', ["P-102"]),
            ("pumps", "{}", ["P-101", "P-102"]),
        ],
    )
    def test_they_are_filtered(self, plant: Plant, relation: str, filter_: str, expected: list[str]) -> None:
        """By what they lead to, whether over relations or over edges."""
        query = f"{{ %s {{ items {{ {relation}(filter: {filter_}) {{ items {{ tag }} }} }} }} }}"
        technician = 'getTechnicianById(instance: {space: "ops_data", externalId: "tech:1"})'
        for start in ("listSite", technician):
            (found,) = ask(plant, query % start)[start.partition("(")[0]]["items"]
            assert expected == [pump["tag"] for pump in found[relation]["items"]]

    @pytest.mark.parametrize(
        "start", ["listSite", 'getTechnicianById(instance: {space: "ops_data", externalId: "tech:1"})']
    )
    def test_they_are_paged_through(self, plant: Plant, start: str) -> None:
        """Each node's own."""
        page = "pumps(first: 1, after: $after) { items { tag } pageInfo { endCursor } }"
        query = f"query($after: String) {{ {start} {{ items {{ {page} }} }} }}"
        seen, after = [], None
        while True:
            (found,) = ask(plant, query, after=after)[start.partition("(")[0]]["items"]
            seen += [pump["tag"] for pump in found["pumps"]["items"]]
            after = found["pumps"]["pageInfo"]["endCursor"]
            if after is None:
                break
        assert ["P-101", "P-102"] == seen

    def test_one_that_leads_nowhere_is_null(self, plant: Plant) -> None:
        """Whether there never was a target, or it was deleted."""
        write(plant, "pump:P-103", "Pump", tag="P-103")
        plant.delete_node("site:north")
        found = ask(plant, "{ listPump { items { site { name } } } }")
        assert [{"site": None}] * 3 == found["listPump"]["items"]

    def test_siblings_are_read_together(self, plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
        """The sites of all pumps take one look."""
        looks: list[int] = []

        def counted(store: Store, body: Json, params: Mapping[str, str]) -> Json:
            looks.append(len(body["items"]))
            return retrieve_instances(store, body, params)

        monkeypatch.setattr("pygen.sandbox.graphql_reading.retrieve_instances", counted)
        ask(plant, "{ listPump { items { site { name } } } }")
        assert [1] == looks


class TestResources:
    """Properties that name time series, files and sequences."""

    def test_a_time_series_has_data_points(self, plant: Plant) -> None:
        """And a latest one, and aggregates."""
        plant.now = MIDNIGHT + 3_600_000
        series = {"externalId": "ts-1"}
        plant.ask("/timeseries", {"items": [{**series, "name": "Pressure"}]})
        points = [{"timestamp": MIDNIGHT + moment, "value": float(moment)} for moment in (0, 1000)]
        plant.ask("/timeseries/data", {"items": [{**series, "datapoints": points}]})
        write(plant, "pump:P-103", "Pump", tag="P-103", pressureSeries="ts-1")
        query = """{ listPump(filter: {tag: {eq: "P-103"}}) { items { pressureSeries { externalId name isString
            getDataPoints(start: "2026-01-01T00:00:00Z", first: 1) {
                items { timestamp value } pageInfo { hasNextPage }
            }
            sums: getDataPoints(start: "1d-ago", granularity: "1h", aggregates: [SUM, MAX_DATAPOINT]) {
                items { sum maxDatapoint { timestamp } }
            }
            getLatestDataPoint { items { value } }
        } } } }"""
        (pump,) = ask(plant, query)["listPump"]["items"]
        second = "2026-01-01T00:00:01.000+00:00"
        expected = {
            "externalId": "ts-1",
            "name": "Pressure",
            "isString": False,
            "getDataPoints": {
                "items": [{"timestamp": "2026-01-01T00:00:00.000+00:00", "value": 0.0}],
                "pageInfo": {"hasNextPage": True},
            },
            "sums": {"items": [{"sum": 1000.0, "maxDatapoint": {"timestamp": second}}]},
            "getLatestDataPoint": {"items": [{"value": 1000.0}]},
        }
        assert expected == pump["pressureSeries"]

    def test_one_that_is_gone_keeps_its_name(self, plant: Plant) -> None:
        """There is no referential integrity."""
        write(plant, "pump:P-103", "Pump", tag="P-103", pressureSeries="gone", manuals=["gone", "also"])
        query = """{ listPump(filter: {tag: {eq: "P-103"}}) { items {
            pressureSeries { externalId name getDataPoints { items { value } } } manuals { externalId uploaded }
        } } }"""
        expected = {
            "pressureSeries": {"externalId": "gone", "name": None, "getDataPoints": {"items": []}},
            "manuals": [{"externalId": "gone", "uploaded": None}, {"externalId": "also", "uploaded": None}],
        }
        assert [expected] == ask(plant, query)["listPump"]["items"]

    def test_a_file_is_what_is_known_of_it(self, plant: Plant) -> None:
        """Lists of them, too."""
        plant.ask("/files", {"externalId": "f", "name": "f.pdf", "mimeType": "application/pdf"})
        write(plant, "pump:P-103", "Pump", tag="P-103", manuals=["f"])
        query = '{ listPump(filter: {tag: {eq: "P-103"}}) { items { manuals { name mimeType uploaded } } } }'
        (pump,) = ask(plant, query)["listPump"]["items"]
        assert [{"name": "f.pdf", "mimeType": "application/pdf", "uploaded": False}] == pump["manuals"]


class TestErrors:
    """Answers are 200 with errors in them."""

    def test_syntax(self, plant: Plant) -> None:
        """With its place."""
        answer = plant.ask(PATH, {"query": "{ listPump "})
        assert ({}, [{"line": 1, "column": 12}]) == (answer["data"], answer["errors"][0]["locations"])

    @pytest.mark.parametrize(
        "query",
        [
            "{ listNothing { items { space } } }",
            "{ listPump(filter: {nope: {eq: 1}}) { items { tag } } }",
            "{ listPump(filter: {tag: {eq: 1}}) { items { tag } } }",
            "{ listPump(first: -1) { items { tag } } }",
            '{ listPump(filter: {createdTime: {gt: "yesterday"}}) { items { tag } } }',
            '{ listPump(filter: {serial: {eq: "many"}}) { items { tag } } }',
            '{ listPump(after: "nonsense") { items { tag } } }',
            "query($x: Int!) { listPump(first: $x) { items { tag } } }",
            "mutation { deletePump { tag } }",
            "query A { listPump { items { tag } } } query B { listPump { items { tag } } }",
        ],
    )
    def test_requests_that_make_no_sense(self, plant: Plant, query: str) -> None:
        """There is a message."""
        assert all(errors(plant, query))

    def test_one_field_fails_alone(self, plant: Plant) -> None:
        """The others have their data, and the error says where it belongs."""
        answer = plant.ask(PATH, {"query": "{ listSite { items { name } } listPump(first: 5000) { items { tag } } }"})
        assert {"listSite": {"items": [{"name": "North"}]}, "listPump": None} == answer["data"]
        assert ["listPump"] == answer["errors"][0]["path"]

    def test_an_operation_is_chosen_by_name(self, plant: Plant) -> None:
        """Where a document holds several."""
        query = "query A { listSite { items { name } } } query B { listPump(first: 1) { items { tag } } }"
        answer = plant.ask(PATH, {"query": query, "operationName": "B"})
        assert ["listPump"] == list(answer["data"])

    def test_a_data_model_that_does_not_exist(self, plant: Plant) -> None:
        """It is named."""
        status, message = plant.refused(PATH.replace("PumpStation", "Nope"), {"query": "{ __typename }"})
        assert (400, True) == (status, "ops_model:Nope/v1" in message)

    @pytest.mark.parametrize(
        "body", [{}, {"query": 1}, {"query": "{ x }", "variables": []}, {"query": "{ x }", "nope": 1}]
    )
    def test_bodies_that_are_none(self, plant: Plant, body: Json) -> None:
        """They are refused as everywhere."""
        assert 400 == plant.refused(PATH, body)[0]


def test_a_changed_model_has_a_changed_schema(plant: Plant) -> None:
    """A property that is added can be asked for at once."""
    assert errors(plant, "{ listSite { items { nickname } } }")
    container = {"type": "container", "space": "ops_model", "externalId": "Site"}
    properties = {"nickname": {"type": {"type": "text"}}}
    plant.ask("/models/containers", {"items": [{"space": "ops_model", "externalId": "Site", "properties": properties}]})
    shown = {"nickname": {"container": container, "containerPropertyIdentifier": "nickname"}}
    view = {"space": "ops_model", "externalId": "Site", "version": "v1", "properties": shown}
    plant.ask("/models/views", {"items": [view]})
    assert {"items": [{"nickname": None}]} == ask(plant, "{ listSite { items { nickname } } }")["listSite"]


def test_types_of_its_own_do_not_stand_in_the_way_of_views(plant: Plant) -> None:
    """Whatever views are called."""
    names = ["DataPoint", "Edge", "Connection", "Reference", "Aggregate", "Mutations", "PumpEdge"]
    properties = {"name": {"type": {"type": "text"}}}
    containers = [{"space": "ops_model", "externalId": name, "properties": properties} for name in names]
    plant.ask("/models/containers", {"items": containers})
    views = [
        {
            "space": "ops_model",
            "externalId": name,
            "version": "v1",
            "properties": {
                "name": {
                    "container": {"type": "container", "space": "ops_model", "externalId": name},
                    "containerPropertyIdentifier": "name",
                }
            },
        }
        for name in names
    ]
    model = {"space": "ops_model", "externalId": "PumpStation", "version": "v1", "views": views}
    plant.ask("/models/datamodels", {"items": [model]})
    data = ask(plant, f"{{ {' '.join(f'list{name} {{ items {{ name }} }}' for name in names)} }}")
    assert [{"items": []}] * len(names) == list(data.values())


def test_names_that_graphql_cannot_say_are_left_out(plant: Plant) -> None:
    """The others are there; a relation to what is not in the model is a reference."""
    container = {"space": "ops_model", "externalId": "Odd"}
    properties = {"7up": {"type": {"type": "text"}}, "plain": {"type": {"type": "direct"}}}
    plant.ask("/models/containers", {"items": [{**container, "properties": properties}]})
    shown = {
        name: {"container": {"type": "container", **container}, "containerPropertyIdentifier": "plain"}
        for name in ("plain", "flow-rate")
    }
    view = {**container, "version": "v1", "properties": shown}
    plant.ask("/models/datamodels", {"items": [{**container, "version": "v1", "views": [view]}]})
    write(plant, "odd", "Odd", plain={"space": "ops_data", "externalId": "site:north"})
    path = PATH.replace("PumpStation", "Odd")
    answer = plant.ask(
        path, {"query": '{ listOdd { items { plain { externalId } } } __type(name: "Odd") { fields { name } } }'}
    )
    assert [{"plain": {"externalId": "site:north"}}] == answer["data"]["listOdd"]["items"]
    names = {field["name"] for field in answer["data"]["__type"]["fields"]}
    assert {"space", "externalId", "createdTime", "lastUpdatedTime", "plain"} == names
