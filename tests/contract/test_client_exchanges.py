"""The client sends what was recorded, and understands what came back; both clients alike."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import pytest

from pygen.client import AsyncPygenClient, DmsRequestError, PygenClient
from pygen.client.models.ids import EdgeId, NodeId
from pygen.client.resources.instances import ApplyResult, InstancePage
from tests.contract.exchange import CONNECTION, Json, Replay, exchanges, view_of

READ = [
    *exchanges("instances_apply"),
    *exchanges("instances_list"),
    *exchanges("instances_byids"),
    *exchanges("aggregate"),
]
REFUSED = exchanges("instances_errors")


def instance_ids(items: list[Json]) -> list[NodeId | EdgeId]:
    """Items of a request as identifiers."""
    kinds: dict[str, type[NodeId] | type[EdgeId]] = {"node": NodeId, "edge": EdgeId}
    return [kinds[item["instanceType"]](item["space"], item["externalId"]) for item in items]


def call(instances: Any, path: str, body: Json) -> Any:
    """What a user writes to have *body* sent to *path*."""
    rest = {name: value for name, value in body.items() if name not in {"items", "delete", "instanceType"}}
    match path:
        case "/models/instances":
            flags = {
                "autoCreateStartNodes": "auto_create_start_nodes",
                "autoCreateEndNodes": "auto_create_end_nodes",
                "autoCreateDirectRelations": "auto_create_direct_relations",
                "skipOnVersionConflict": "skip_on_version_conflict",
                "replace": "replace",
            }
            given = {flags[name]: value for name, value in rest.items()}
            return instances.apply(body["items"], delete=instance_ids(body.get("delete", [])), **given)
        case "/models/instances/list":
            names = {"filter": "where", "includeTyping": "include_typing"}
            options = {names.get(name, name): value for name, value in rest.items()}
            return instances.page(instance_type=body["instanceType"], **{"limit": None, **options})
        case "/models/instances/byids":
            typing = body.get("includeTyping", False)
            views = [view_of(source["source"]) for source in body["sources"]]
            return instances.retrieve(instance_ids(body["items"]), sources=views, include_typing=typing)
        case "/models/instances/delete":
            return instances.delete(instance_ids(body["items"]))
        case "/models/instances/aggregate":
            return instances.aggregate(
                view_of(body["view"]),
                body["aggregates"],
                instance_type=body.get("instanceType"),
                group_by=body.get("groupBy", ()),
                where=body.get("filter"),
                limit=body.get("limit"),
            )
    raise NotImplementedError(path)


def synchronous(replay: Replay, work: Callable[[Any], Any]) -> Any:
    """Do it with the synchronous client."""
    with PygenClient(**CONNECTION, transport=replay.transport) as client:
        return work(client.instances)


def asynchronous(replay: Replay, work: Callable[[Any], Any]) -> Any:
    """Do it with the asynchronous client."""

    async def run() -> Any:
        async with AsyncPygenClient(**CONNECTION, transport=replay.transport) as client:
            result = work(client.instances)
            assert inspect.isawaitable(result)
            return await result

    return asyncio.run(run())


both = pytest.mark.parametrize("client", [synchronous, asynchronous])


@both
@pytest.mark.parametrize(
    "exchange", READ, ids=[f"{n}-{each['path'].rpartition('/')[2]}" for n, each in enumerate(READ)]
)
def test_requests_are_as_recorded_and_answers_are_understood(client: Callable[..., Any], exchange: Json) -> None:
    """Path and body are sent exactly, and nothing of the answer is lost."""
    replay = Replay([exchange])
    result = client(replay, lambda instances: call(instances, exchange["path"], exchange["request"]))
    assert [(exchange["path"], exchange["request"])] == replay.sent
    answer = exchange["response"]
    match result:
        case ApplyResult(items, deleted):
            assert answer["items"] == items
            assert instance_ids(answer["deleted"]) == deleted
        case InstancePage(items, cursor):
            assert (answer["items"], answer.get("nextCursor")) == (items, cursor)
        case [NodeId() | EdgeId(), *_]:
            assert instance_ids(answer["items"]) == result
        case _:
            assert answer["items"] == result


@both
@pytest.mark.parametrize("exchange", REFUSED, ids=[str(n) for n in range(len(REFUSED))])
def test_refusals_are_errors_that_say_everything(client: Callable[..., Any], exchange: Json) -> None:
    """Status, code, message and request id of an answer that says no are all there, and it is not sent again."""
    replay = Replay([exchange])
    with pytest.raises(DmsRequestError) as caught:
        client(replay, lambda instances: call(instances, exchange["path"], exchange["request"]))
    error, said = caught.value, exchange["response"]["error"]
    assert (exchange["status"], said["code"], said["message"]) == (error.status, error.code, error.message)
    assert exchange.get("responseHeaders", {}).get("x-request-id") == error.request_id
    assert "plant" == error.project
    assert said["message"] in str(error)
    if "limit" in exchange["request"] or exchange["path"] != "/models/instances/list":
        assert [exchange["request"]] == [body for _, body in replay.sent]


@both
def test_a_count_is_as_recorded(client: Callable[..., Any]) -> None:
    """`count` sends the official cheap total, and gives the number."""
    exchange = exchanges("aggregate")[0]
    replay = Replay([exchange])
    assert 2 == client(replay, lambda instances: instances.count(view_of(exchange["request"]["view"])))
    assert [exchange["request"]] == [body for _, body in replay.sent]


def test_pages_are_as_recorded() -> None:
    """The second page repeats the request of the first, with the cursor."""
    first, second = exchanges("instances_list")[:2]
    body = first["request"]
    replay = Replay([first, second])
    with PygenClient(**CONNECTION, transport=replay.transport) as client:
        pages = client.instances.list(
            sources=[view_of(body["sources"][0]["source"])],
            where=body["filter"],
            sort=body["sort"],
            limit=body["limit"],
        )
        assert first["response"]["items"] == next(pages).items
        assert 1 == len(replay.sent)
        assert second["response"]["items"] == next(pages).items
        assert [] == list(pages)
    assert [first["request"], second["request"]] == [sent for _, sent in replay.sent]
