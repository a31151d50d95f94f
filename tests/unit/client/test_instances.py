"""Nodes and edges as JSON: what is asked for in which requests, and answers that are not as they should be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from pygen.client import (
    DmsInputError,
    DmsRequestError,
    DmsTransportError,
    EdgeId,
    NodeId,
    Page,
    QueryResult,
    Records,
    ViewId,
)
from pygen.client.resources.instance_calls import halved
from tests.support.canned import Asked, Canned, Run, both, refusal

VIEW = ViewId("sp", "Pump", "v1")
REFERENCE = {"type": "view", "space": "sp", "externalId": "Pump", "version": "v1"}
ALL: dict[str, Any] = {"a": {"nodes": {}}}
"""A query for all nodes there are."""


def echo(asked: Asked) -> dict[str, Any]:
    """An answer with the items of the request."""
    return {"items": asked.body["items"]}


def node(number: int) -> dict[str, Any]:
    """A node without properties."""
    return {"instanceType": "node", "space": "sp", "externalId": f"n{number}"}


# by id


@both
def test_lookups_are_sent_by_the_thousand(run: Run) -> None:
    """2,500 ids take three requests, some of them at once; the answers come in the order asked for."""
    canned = Canned(echo)
    ids = [NodeId("sp", f"n{number}") for number in range(2500)]
    found = run(canned, lambda client: client.instances.retrieve(ids, sources=[VIEW], include_typing=True))
    assert [node(number) for number in range(2500)] == found
    assert [500, 1000, 1000] == sorted(len(body["items"]) for body in canned.bodies)
    assert [([{"source": REFERENCE}], True)] * 3 == [(body["sources"], body["includeTyping"]) for body in canned.bodies]


@both
def test_what_was_found_is_in_the_order_asked_for(run: Run) -> None:
    """Whatever the order of the answer; each once, and what is not there is left out."""
    there = [node(3), {**node(1), "instanceType": "edge"}, node(1)]
    canned = Canned(lambda asked: {"items": there, "typing": {"sp": {}}})
    ids = [NodeId("sp", "n1"), NodeId("sp", "n2"), node(3), EdgeId("sp", "n1"), NodeId("sp", "n1"), EdgeId("sp", "n3")]
    found = run(canned, lambda client: client.instances.retrieve(ids))
    assert [there[2], there[0], there[1]] == found
    assert {"sp": {}} == found.typing
    assert 5 == len(canned.bodies[0]["items"])


@both
@pytest.mark.parametrize("ids", [NodeId("sp", "n1"), node(1), [node(1)], {NodeId("sp", "n1")}])
def test_one_id_or_many(run: Run, ids: Any) -> None:
    """Values and JSON, alone or in any iterable."""
    canned = Canned(echo)
    assert [node(1)] == run(canned, lambda client: client.instances.retrieve(ids))
    assert [node(1)] == canned.bodies[0]["items"]


@both
@pytest.mark.parametrize("verb", ["retrieve", "inspect"])
@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([NodeId("", "n1")], r"ids\[0\].space: must be"),
        ([node(1), {}], r"ids\[1\].instanceType: must be"),
        (["n1"], r"ids\[0\]: must be an object; got 'n1'"),
        ([None], r"ids\[0\]: must be an object; got None"),
    ],
)
def test_ids_against_the_rules_are_refused(run: Run, verb: str, ids: Any, message: str) -> None:
    """Before anything is sent."""
    canned = Canned(echo)
    with pytest.raises(DmsInputError, match=message):
        run(canned, lambda client: getattr(client.instances, verb)(ids))
    assert [] == canned.asked


@both
def test_no_ids_cost_no_request(run: Run) -> None:
    """Nothing is asked for."""
    canned = Canned(echo)
    assert [] == run(canned, lambda client: client.instances.retrieve([]))
    assert [] == run(canned, lambda client: client.instances.inspect([]))
    assert [] == canned.asked


@both
def test_inspections_are_sent_by_the_thousand(run: Run) -> None:
    """One request after the other, each with what is wanted to know."""
    canned = Canned(echo)
    ids = [node(number) for number in range(1001)]
    assert ids == run(canned, lambda client: client.instances.inspect(ids, all_versions=True))
    assert [1000, 1] == [len(body["items"]) for body in canned.bodies]
    both_wanted = {"involvedViews": {"allVersions": True}, "involvedContainers": {}}
    assert [both_wanted] * 2 == [body["inspectionOperations"] for body in canned.bodies]
    run(canned, lambda client: client.instances.inspect(ids[0], involved_views=False))
    assert {"involvedContainers": {}} == canned.bodies[-1]["inspectionOperations"]


# pages


@both
def test_a_page_is_one_request(run: Run) -> None:
    """It is asked for as it is given: sources may say more than a view, and no limit leaves it to the service."""
    canned = Canned(lambda asked: {"items": [{}], "nextCursor": "c"})
    source = {"source": REFERENCE, "targetUnits": [{"property": "p", "unit": {"unitSystemName": "SI"}}]}
    assert Page([{}], "c") == run(canned, lambda client: client.instances.page(sources=[source], limit=5))
    run(canned, lambda client: client.instances.page(limit=None, cursor="c", instance_type="edge"))
    assert [
        {"instanceType": "node", "sources": [source], "limit": 5},
        {"instanceType": "edge", "cursor": "c"},
    ] == canned.bodies


@both
def test_lists_say_what_is_asked_for_on_each_page(run: Run) -> None:
    """Everything but the cursor stays as it was (dms-api.md 2.2)."""
    pages: Iterator[dict[str, Any]] = iter([{"items": [{}], "nextCursor": "c"}, {"items": []}])
    canned = Canned(lambda asked: next(pages))
    sort = {"property": ["node", "externalId"], "direction": "descending"}
    asked = {"sources": [VIEW], "filter": {"hasData": [REFERENCE]}, "sort": [sort], "include_typing": True}
    run(canned, lambda client: client.instances.list(**asked))
    body = {
        "instanceType": "node",
        "sources": [{"source": REFERENCE}],
        "filter": {"hasData": [REFERENCE]},
        "sort": [sort],
        "includeTyping": True,
        "limit": 1000,
    }
    assert [body, {**body, "cursor": "c"}] == canned.bodies


@both
@pytest.mark.parametrize("arguments", [{"limit": -1}, {"chunk_size": 0}, {"chunk_size": 1001}, {"sources": [{}]}])
def test_lists_against_the_rules_are_refused(run: Run, arguments: Any) -> None:
    """Before anything is sent, and before anybody iterates."""
    canned = Canned(echo)
    with pytest.raises(DmsInputError, match=r"instances.list: not sent: .* \(project canned"):
        run(canned, lambda client: client.instances.list(**arguments))
    assert [] == canned.asked


# search and aggregate


@both
def test_a_count_adds_up_what_the_groups_say(run: Run) -> None:
    """No groups are no instances; a count of null is no zero."""
    values = [3, 4.0]
    canned = Canned(lambda asked: {"items": [{"aggregates": [{"value": value}]} for value in values]})
    assert 7 == run(canned, lambda client: client.instances.count(VIEW, filter={"exists": {"property": ["node", "x"]}}))
    assert [{"count": {"property": "externalId"}}] == canned.bodies[0]["aggregates"]
    assert 0 == run(Canned(lambda asked: {"items": []}), lambda client: client.instances.count(VIEW))


@pytest.mark.parametrize("value", [b"null", b'"many"', b"[]", b"{}", b"1e999", b"NaN", b"Infinity", b"-Infinity"])
def test_a_count_that_is_none_is_refused(value: bytes) -> None:
    """Whatever stands there is not taken for a number."""
    with pytest.raises(DmsTransportError, match="the answer holds no count"):
        count(b'{"items": [{"aggregates": [{"value": ' + value + b"}]}]}")


@pytest.mark.parametrize("items", [b"[{}]", b'[{"aggregates": []}]', b'[{"aggregates": 1}]', b'[{"aggregates": [1]}]'])
def test_an_aggregate_without_values_is_no_count(items: bytes) -> None:
    """A group has the aggregates that were asked for."""
    with pytest.raises(DmsTransportError, match="the answer holds no count"):
        count(b'{"items": ' + items + b"}")


def count(content: bytes) -> int:
    """Count with a service that answers so."""
    with Canned(lambda asked: content).client() as client:
        return client.instances.count(VIEW)


@both
def test_records_know_the_types_where_they_were_asked_for(run: Run) -> None:
    """`typing` stands beside the items of a search and an aggregate, too."""
    canned = Canned(lambda asked: {"items": [{"a": 1}], "typing": {"sp": {}}})
    found = run(canned, lambda client: client.instances.search(VIEW, query="pump", include_typing=True))
    assert isinstance(found, Records)
    assert ([{"a": 1}], {"sp": {}}) == (list(found), found.typing)
    groups = run(canned, lambda client: client.instances.aggregate(VIEW, [{"count": {}}], group_by=["name"]))
    assert ["name"] == canned.bodies[1]["groupBy"]
    assert {"sp": {}} == groups.typing


# query and sync


@both
@pytest.mark.parametrize("operation", ["query", "sync"])
def test_a_query_is_one_request(run: Run, operation: str) -> None:
    """Options that are left out are not sent; a cursor of null is the beginning."""
    answer = {"items": {"a": [{}]}, "nextCursor": {"a": "1", "b": None}, "typing": {"a": {}}, "debug": {"notices": []}}
    canned = Canned(lambda asked: answer)
    options = {"cursors": {"a": None}, "parameters": {"p": 1}}
    found = run(canned, lambda client: getattr(client.instances, operation)(ALL, {"a": {}}, **options))
    assert QueryResult({"a": [{}]}, {"a": "1"}, {"a": {}}, {"notices": []}) == found
    assert {"with": ALL, "select": {"a": {}}, **options} == canned.bodies[0]


@both
@pytest.mark.parametrize("operation", ["query", "sync"])
def test_a_query_that_takes_too_long_asks_for_half(run: Run, operation: str) -> None:
    """As often as it must, and for no less than ten; sets that follow others keep their limits."""
    with_: Any = {
        "roots": {"nodes": {}, "limit": 100},
        "edges": {"edges": {"from": "roots"}, "limit": 80},
        "plain": {"edges": {"filter": {"matchAll": {}}}},
    }

    def answer(asked: Asked) -> Any:
        if asked.body["with"]["roots"]["limit"] > 30:
            return refusal(408)
        return {"items": {}, "nextCursor": dict.fromkeys(with_, "c")}

    canned = Canned(answer)
    run(canned, lambda client: getattr(client.instances, operation)(with_, {"roots": {}}))
    limits = [[expression.get("limit") for expression in body["with"].values()] for body in canned.bodies]
    assert [[100, 80, None], [50, 80, 50], [25, 80, 25]] == limits


@both
def test_a_query_that_takes_too_long_however_small_is_an_error(run: Run) -> None:
    """The same is not asked for twice."""
    canned = Canned(lambda asked: refusal(408, "Graph query timed out."))
    with pytest.raises(DmsRequestError, match="Graph query timed out"):
        run(canned, lambda client: client.instances.query({"a": {"nodes": {}, "limit": 25}}, {"a": {}}))
    assert [25, 12, 10] == [body["with"]["a"]["limit"] for body in canned.bodies]


@pytest.mark.parametrize(
    ("expression", "halves"),
    [
        ({"nodes": {}}, 50),
        ({"nodes": {"filter": {"matchAll": {}}}, "limit": 21}, 10),
        ({"nodes": None, "edges": {}}, 50),
        ({"nodes": {"from": None}, "limit": 30}, 15),
        ({"nodes": {"from": "b"}}, None),
        ({"nodes": {}, "limit": 10}, None),
        ({"union": ["b"]}, None),
    ],
)
def test_what_can_be_halved(expression: dict[str, Any], halves: int | None) -> None:
    """Sets that start somewhere of their own, with the service's limit where they name none."""
    body = {"with": {"a": expression}, "select": {}}
    smaller = halved(body)
    assert halves == (smaller and smaller["with"]["a"]["limit"])
    assert {"with": {"a": expression}, "select": {}} == body


class Changes:
    """
    A feed of numbers: a sync goes on where its cursor says.

    Args:
        count: How many changes there are.
        slow_from: A part of so many takes the service too long.
    """

    def __init__(self, count: int, *, slow_from: int = 10_000) -> None:
        self.count = count
        self.slow_from = slow_from

    def __call__(self, asked: Asked) -> dict[str, Any] | httpx.Response:
        """The part."""
        limit = asked.body["with"]["a"].get("limit", 100)
        if limit >= self.slow_from:
            return refusal(408)
        start = int((asked.body.get("cursors") or {}).get("a") or 0)
        end = min(start + limit, self.count)
        return {"items": {"a": [{"row": row} for row in range(start, end)]}, "nextCursor": {"a": str(end)}}


def limited(limit: int) -> dict[str, Any]:
    """A sync for all nodes, so many at a time."""
    return {"a": {"nodes": {}, "limit": limit}}


@both
@pytest.mark.parametrize(
    ("count", "limit", "parts"), [(25, 10, [10, 10, 5]), (20, 10, [10, 10, 0]), (0, 10, [0]), (9, 10, [9])]
)
def test_a_sync_goes_on_until_it_has_caught_up(run: Run, count: int, limit: int, parts: list[int]) -> None:
    """A part that is not full is the last one (dms-api.md 6.6); its cursor is where to go on another time."""
    found = run(Canned(Changes(count)), lambda client: client.instances.sync_pages(limited(limit), {"a": {}}))
    assert parts == [len(part.items["a"]) for part in found]
    assert {"a": str(count)} == found[-1].next_cursor
    assert list(range(count)) == [item["row"] for part in found for item in part.items["a"]]


@both
def test_a_sync_starts_at_its_cursors(run: Run) -> None:
    """Nothing comes twice."""
    found = run(Canned(Changes(150)), lambda client: client.instances.sync_pages(ALL, {"a": {}}, cursors={"a": "120"}))
    assert list(range(120, 150)) == [item["row"] for part in found for item in part.items["a"]]


@both
def test_a_sync_that_takes_too_long_asks_for_less_for_a_while(run: Run) -> None:
    """Half as many after a 408, and after three good parts as many as at first."""
    canned = Canned(Changes(500, slow_from=90))
    found = run(canned, lambda client: client.instances.sync_pages(limited(100), {"a": {}}))
    assert list(range(500)) == [item["row"] for part in found for item in part.items["a"]]
    assert [100, 50, 50, 50, 100, 50, 50, 50, 100] == [body["with"]["a"]["limit"] for body in canned.bodies[:9]]


@both
def test_a_sync_that_takes_too_long_however_small_is_an_error(run: Run) -> None:
    """Halving ends."""
    canned = Canned(Changes(50, slow_from=1))
    with pytest.raises(DmsRequestError):
        run(canned, lambda client: client.instances.sync_pages(limited(20), {"a": {}}))
    assert 2 == len(canned.asked)


@both
def test_a_full_part_without_a_cursor_is_refused(run: Run) -> None:
    """The same part would come for ever."""
    canned = Canned(lambda asked: {"items": {"a": [{}] * 10}})
    with pytest.raises(DmsTransportError, match=r"instances.sync: the answer does not say where the sync goes on"):
        run(canned, lambda client: client.instances.sync_pages(limited(10), {"a": {}}))
    assert 1 == len(canned.asked)


@both
def test_a_cursor_that_is_not_told_again_is_kept(run: Run) -> None:
    """A result set that has nothing new does not start again from the beginning."""
    answers = iter(
        [
            {"items": {"a": [{}] * 10, "b": []}, "nextCursor": {"a": "a1", "b": "b1"}},
            {"items": {"a": [{}] * 10, "b": []}, "nextCursor": {"a": "a2"}},
            {"items": {"a": [], "b": []}, "nextCursor": {"a": "a3", "b": "b2"}},
        ]
    )
    canned = Canned(lambda asked: next(answers))
    with_ = {**limited(10), "b": {"nodes": {}}}
    run(canned, lambda client: client.instances.sync_pages(with_, {"a": {}, "b": {}}))
    assert [None, {"a": "a1", "b": "b1"}, {"a": "a2", "b": "b1"}] == [body.get("cursors") for body in canned.bodies]


# answers that are none

NO_ITEMS: list[Any] = [None, 1, "text", {}, {"a": 1}, [1], [None], [[]]]
NO_OBJECTS: list[Any] = [1, "text", []]
CALLS: dict[str, Callable[[Any], Any]] = {
    "page": lambda instances: instances.page(),
    "retrieve": lambda instances: instances.retrieve(node(1)),
    "search": lambda instances: instances.search(VIEW),
    "aggregate": lambda instances: instances.aggregate(VIEW),
    "inspect": lambda instances: instances.inspect(node(1)),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    "content",
    [
        *({"items": items} for items in NO_ITEMS),
        *({"items": [], "typing": other} for other in NO_OBJECTS),
        {},
        [],
        1,
    ],
    ids=json.dumps,
)
def test_answers_that_are_none_are_errors(name: str, content: Any) -> None:
    """What the answer lacks is said, whatever stands there instead; it is asked for a few times more before."""
    canned = Canned(lambda asked: json.dumps(content).encode())
    with canned.client() as client, pytest.raises(DmsTransportError, match=r"instances\..*: .*answer"):
        CALLS[name](client.instances)
    assert 4 == len(canned.asked)


@both
@pytest.mark.parametrize("item", [{}, {**node(1), "space": []}, {**node(1), "externalId": {}}, {"externalId": "n1"}])
def test_instances_without_names_are_refused(run: Run, item: Any) -> None:
    """What was asked for by name has one."""
    canned = Canned(lambda asked: {"items": [item]})
    with pytest.raises(DmsTransportError, match=r"instances.byids: an instance of the answer does not say its name"):
        run(canned, lambda client: client.instances.retrieve(node(1)))


@pytest.mark.parametrize("operation", ["query", "sync"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (1, "the answer is a JSON int, not an object"),
        ({}, "the answer has no result sets"),
        ({"items": None}, "the answer has no result sets"),
        ({"items": []}, "items of the answer is no JSON object"),
        ({"items": {"a": None}}, "the answer has no result sets"),
        ({"items": {"a": {}}}, "the answer has no result sets"),
        ({"items": {"a": [1]}}, "an item of the answer is no JSON object"),
        ({"items": {}, "nextCursor": []}, "nextCursor of the answer is no JSON object"),
        ({"items": {}, "nextCursor": "c"}, "nextCursor of the answer is no JSON object"),
        ({"items": {}, "nextCursor": {"a": 1}}, "the cursor of a result set is not a text"),
        ({"items": {}, "typing": 1}, "typing of the answer is no JSON object"),
        ({"items": {}, "debug": "slow"}, "debug of the answer is no JSON object"),
    ],
)
def test_query_answers_that_are_none_are_errors(operation: str, content: Any, message: str) -> None:
    """Each says what is wrong with it."""
    canned = Canned(lambda asked: json.dumps(content).encode())
    with canned.client() as client, pytest.raises(DmsTransportError, match=message):
        getattr(client.instances, operation)(ALL, {"a": {}})


@both
@pytest.mark.parametrize(
    ("options", "where"),
    [({"limit": 5000}, "limit"), ({"instance_type": "vertex"}, "instanceType"), ({"filter": {"and": {}}}, "filter")],
)
def test_page_that_breaks_a_rule(run: Run, options: dict[str, Any], where: str) -> None:
    """One page is checked as a list is, before anything is sent."""
    canned = Canned(echo)
    with pytest.raises(DmsInputError, match=rf"instances.list: not sent: {where}"):
        run(canned, lambda client: client.instances.page(**options))
    assert [] == canned.asked
