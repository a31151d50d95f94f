"""List, byids and inspect (dms-api.md 2.4, 4.3, 4.4)."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest

from pygen.sandbox.listing import inspect_instances, list_instances, retrieve_instances
from pygen.sandbox.problems import Refusal
from pygen.sandbox.settings import Settings
from pygen.sandbox.spaces import apply_spaces
from pygen.sandbox.store import Store
from pygen.sandbox.views import apply_views
from tests.contract.exchange import Json, exchanges
from tests.support.sandbox_reading import Writer, container_ref, pump_station, view_ref
from tests.support.sandbox_things import NODES, of_thing, things


@pytest.fixture(scope="module")
def store() -> Store:
    """Things of every type."""
    return things()


def names(answer: Json) -> list[str]:
    """The external ids of an answer's items."""
    return [item["externalId"] for item in answer["items"]]


def listed(store: Store, **body: Any) -> Json:
    """What list answers."""
    return list_instances(store, body, {})


def pages(store: Store, **body: Any) -> list[list[str]]:
    """The external ids of all pages."""
    found: list[list[str]] = []
    cursor = None
    while True:
        answer = listed(store, **body, cursor=cursor)
        found.append(names(answer))
        cursor = answer.get("nextCursor")
        if cursor is None:
            return found


def by_ids(store: Store, *wanted: str, kind: str = "node", **body: Any) -> Json:
    """What byids answers."""
    items = [{"instanceType": kind, "space": "data", "externalId": external_id} for external_id in wanted]
    return retrieve_instances(store, {"items": items, **body}, {})


# --- the recorded exchanges ---


def test_recorded_lists_are_answered_as_recorded() -> None:
    """Sorting, paging, edges, units and typing."""
    store = pump_station(Settings(cursor_on_full_page=False))
    cursor = None
    for exchange in exchanges("instances_list"):
        request, response = exchange["request"], exchange["response"]
        answer = list_instances(store, request if "cursor" not in request else {**request, "cursor": cursor}, {})
        cursor = answer.get("nextCursor")
        assert ("nextCursor" in response) == (cursor is not None)
        assert {**response, "nextCursor": cursor} == {**answer, "nextCursor": cursor}


@pytest.mark.parametrize("exchange", exchanges("instances_byids"))
def test_recorded_ids_are_answered_as_recorded(exchange: Json) -> None:
    """What is missing is left out."""
    assert exchange["response"] == retrieve_instances(pump_station(), exchange["request"], {})


@pytest.mark.parametrize("exchange", exchanges("instances_inspect"))
def test_recorded_inspections_are_answered_as_recorded(exchange: Json) -> None:
    """Views and containers with data."""
    assert exchange["response"] == inspect_instances(pump_station(), exchange["request"], {})


def test_a_recorded_refusal_is_given() -> None:
    """A view that does not exist."""
    (exchange,) = (each for each in exchanges("instances_errors") if each["path"] == "/models/instances/list")
    with pytest.raises(Refusal) as refusal:
        list_instances(pump_station(), exchange["request"], {})
    assert exchange["response"] == refusal.value.body()


# --- list ---


def test_a_list_holds_nodes_unless_edges_are_asked_for(store: Store) -> None:
    """In the order of their creation, without what was deleted."""
    # `two` came before `empty`, though it was the target of `one` only.
    assert ["one", "two", "empty", "bare"] == names(listed(store))
    assert ["link"] == names(listed(store, instanceType="edge"))
    assert all(item["properties"] == {} for item in listed(store, sources=[])["items"])


def test_instances_have_data_in_all_sources(store: Store) -> None:
    """Each source is a condition."""
    thing, both = {"source": view_ref("Thing", "schema")}, {"source": view_ref("Both", "schema")}
    assert ["one", "two", "empty"] == names(listed(store, sources=[thing]))
    assert ["two"] == names(listed(store, sources=[thing, both]))
    assert ["two"] == names(listed(store, sources=[both], filter={"exists": {"property": of_thing("name")}}))


def test_explicit_nulls_are_absent(store: Store) -> None:
    """As everywhere (dms-api.md 2.2)."""
    nothing = ("instanceType", "sources", "filter", "sort", "limit", "cursor", "includeTyping", "debug")
    assert listed(store) == listed(store, **dict.fromkeys(nothing))


def test_an_unknown_space_is_empty(store: Store) -> None:
    """No refusal (dms-api.md 4.3)."""
    assert [] == names(listed(store, filter={"equals": {"property": ["node", "space"], "value": "never"}}))


def test_instances_of_global_spaces_need_a_filter() -> None:
    """They appear where their space is asked for."""
    store = things()
    apply_spaces(store, [{"space": "cdf_units"}], is_global=True)
    Writer(store).put({"instanceType": "node", "space": "cdf_units", "externalId": "unit"})
    assert "unit" not in names(listed(store))
    assert ["unit"] == names(listed(store, filter={"equals": {"property": ["node", "space"], "value": "cdf_units"}}))


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("sort", [None, [{"property": of_thing("small"), "direction": "descending"}]])
def test_pages_join_to_the_whole(store: Store, limit: int, sort: list[Json] | None) -> None:
    """Every page but the last is full."""
    found = pages(store, limit=limit, sort=sort)
    assert names(listed(store, sort=sort)) == list(chain.from_iterable(found))
    assert all(len(page) == limit for page in found[:-1])


def test_a_full_page_has_a_cursor_though_nothing_follows() -> None:
    """A setting decides; a page that is not full has none."""
    assert [list(NODES), []] == pages(things(), limit=4)
    assert [list(NODES)] == pages(things(Settings(cursor_on_full_page=False)), limit=4)
    assert "nextCursor" not in listed(things(), limit=5)


def test_the_limit_may_change_between_pages(store: Store) -> None:
    """And so may what the answer says beside the items."""
    cursor = listed(store, limit=1)["nextCursor"]
    answer = listed(store, limit=2, cursor=cursor, includeTyping=True, debug={})
    assert ["two", "empty"] == names(answer)


def test_a_cursor_is_good_for_its_request_only(store: Store) -> None:
    """Another filter, order, source or kind is another request."""
    cursor = listed(store, limit=1)["nextCursor"]
    others: list[Json] = [
        {"filter": {"matchAll": {}}},
        {"sort": [{"property": ["node", "externalId"]}]},
        {"sources": [{"source": view_ref("Thing", "schema")}]},
        {"instanceType": "edge"},
    ]
    for other in others:
        with pytest.raises(Refusal, match="Invalid cursor: it belongs to another request"):
            listed(store, **other, cursor=cursor)


def test_what_is_created_between_pages_is_found(store: Store) -> None:
    """Pages continue after an instance, not after a count."""
    store = things()
    cursor = listed(store, limit=3)["nextCursor"]
    Writer(store).delete("one", space="data")
    Writer(store).put({"instanceType": "node", "space": "data", "externalId": "late"})
    assert ["bare", "late"] == names(listed(store, limit=3, cursor=cursor))


def test_an_order_by_external_id_is_a_setting() -> None:
    """Where nothing else is asked for."""
    assert [["bare", "empty", "one"], ["two"]] == pages(things(Settings(list_order="external_id")), limit=3)


def test_debug_gives_notices(store: Store) -> None:
    """And keeps the results, and the cursor, on demand (dms-api.md 6.8)."""
    alpha = dict.fromkeys(("includeTranslatedQuery", "includePlan", "includeLlmPrompt"), False)
    answer = listed(store, limit=1, debug={"emitResults": True, **alpha})
    assert {"notices": []} == answer["debug"]
    assert ["one"] == names(answer)
    silent = listed(store, limit=1, debug={"emitResults": False, "timeout": 1000, "profile": True})
    assert {"items": [], "debug": {"notices": []}} == silent


def test_typing_is_given_on_demand(store: Store) -> None:
    """Of the sources; none without any."""
    sources = [{"source": view_ref("Both", "schema")}]
    assert ["label", "rank", "title"] == list(
        listed(store, sources=sources, includeTyping=True)["typing"]["schema"]["Both/v1"]
    )
    assert {} == listed(store, includeTyping=True)["typing"]
    assert "typing" not in listed(store, sources=sources)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"limit": "10"}, "limit"),
        ({"instanceType": "thing"}, "instanceType"),
        ({"view": {}}, "Unexpected field - view"),
        ({"cursor": "x"}, "Invalid cursor"),
        ({"filter": {"equals": {"property": ["edge", "externalId"], "value": "x"}}}, "is no property of nodes"),
        ({"debug": {"timeout": 1}}, "debug.timeout requires debug.emitResults to be false"),
        ({"sort": [{"property": ["node", "externalId"]}] * 6}, "sort size must be between 0 and 5"),
    ],
)
def test_wrong_lists_are_refused(store: Store, body: Json, message: str) -> None:
    """Each by name."""
    with pytest.raises(Refusal, match=message):
        list_instances(store, body, {})


# --- byids ---


def test_ids_come_in_their_order_and_once(store: Store) -> None:
    """Nodes and edges may be mixed; what is of the other kind, deleted or unknown is left out."""
    wanted = [("node", "two"), ("edge", "link"), ("node", "one"), ("node", "two"), ("node", "link"), ("edge", "one")]
    wanted += [("node", "gone"), ("node", "never")]
    items = [{"instanceType": kind, "space": "data", "externalId": name} for kind, name in wanted]
    assert ["two", "link", "one"] == names(retrieve_instances(store, {"items": items}, {}))


def test_instances_without_data_are_left_out_or_not(store: Store) -> None:
    """A setting decides; data is needed in all sources."""
    sources = [{"source": view_ref("Both", "schema")}, {"source": view_ref("Thing", "schema")}]
    assert ["two"] == names(by_ids(store, *NODES, sources=sources))
    assert [] == names(by_ids(store, "link", kind="edge", sources=sources))
    lenient = by_ids(things(Settings(byids_needs_data=False)), *NODES, sources=sources)
    assert list(NODES) == names(lenient)
    assert {} == lenient["items"][3]["properties"]


def test_instances_of_global_spaces_are_found_by_id() -> None:
    """Asking by name is asking for them."""
    store = things()
    apply_spaces(store, [{"space": "cdf_units"}], is_global=True)
    Writer(store).put({"instanceType": "node", "space": "cdf_units", "externalId": "unit"})
    items = [{"instanceType": "node", "space": "cdf_units", "externalId": "unit"}]
    assert ["unit"] == names(retrieve_instances(store, {"items": items}, {}))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "items must not be null"),
        ({"items": []}, "items size must be at least 1"),
        ({"items": [{"instanceType": "node", "space": "s", "externalId": "x"}] * 1001}, "between 0 and 1000"),
        ({"items": [{"space": "s", "externalId": "x"}]}, r"items\[0\].instanceType must not be null"),
        ({"items": [{"instanceType": "node", "space": "s", "externalId": 1}]}, r"items\[0\].externalId"),
    ],
)
def test_wrong_ids_are_refused(store: Store, body: Json, message: str) -> None:
    """Each by name."""
    with pytest.raises(Refusal, match=message):
        retrieve_instances(store, body, {})


# --- inspect ---


def inspect(store: Store, external_id: str, operations: Json, kind: str = "node") -> list[Json]:
    """The results of inspecting one instance."""
    items = [{"instanceType": kind, "space": "data", "externalId": external_id}]
    answer = inspect_instances(store, {"items": items, "inspectionOperations": operations}, {})
    return [item["inspectionResults"] for item in answer["items"]]


def test_inspections_tell_where_an_instance_has_data(store: Store) -> None:
    """Only what is asked for is told; what does not exist is left out."""
    thing, extra = container_ref("Thing", "schema"), container_ref("Extra", "schema")
    both: Json = {"involvedViews": {}, "involvedContainers": {}}
    views = [view_ref("Thing", "schema"), view_ref("Both", "schema")]
    assert [{"involvedViews": views, "involvedContainers": [thing, extra]}] == inspect(store, "two", both)
    assert [{"involvedViews": views[:1]}] == inspect(store, "empty", {"involvedViews": {"allVersions": False}})
    assert [{"involvedContainers": []}] == inspect(store, "bare", {"involvedContainers": {}})
    assert [{"involvedViews": [], "involvedContainers": []}] == inspect(store, "link", both, "edge")
    assert [{}] == inspect(store, "one", {})
    assert [] == inspect(store, "gone", both)


def test_inspections_tell_the_newest_version_of_a_view_or_all() -> None:
    """Views with a filter count where it is true, and there is data."""
    store = things()
    mapped = {"container": container_ref("Thing", "schema"), "containerPropertyIdentifier": "name"}
    is_first = {"equals": {"property": of_thing("name"), "value": "alpha"}}
    view = {"space": "schema", "externalId": "Thing", "version": "v2", "properties": {"name": mapped}}
    everything = {**view, "externalId": "Any", "filter": {"matchAll": {}}}
    apply_views(store, [{**view, "filter": is_first}, everything])
    newest = [view_ref("Thing", "schema", "v2"), view_ref("Any", "schema", "v2")]
    assert [{"involvedViews": newest}] == inspect(store, "one", {"involvedViews": {}})
    every = [view_ref("Thing", "schema"), *newest]
    assert [{"involvedViews": every}] == inspect(store, "one", {"involvedViews": {"allVersions": True}})
    assert [{"involvedViews": newest[1:]}] == inspect(store, "empty", {"involvedViews": {}})
    assert [{"involvedViews": []}] == inspect(store, "bare", {"involvedViews": {}})
