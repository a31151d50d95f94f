"""Every recorded exchange is spoken exactly, and its answer understood; by both clients alike."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

import pytest

from pygen.client import AsyncPygenClient, DmsApplyError, DmsError, DmsGraphQLError, DmsRequestError, PygenClient
from pygen.client.models import Container, DataModel, Space, View, WireModel
from pygen.client.models.ids import ContainerId, DataModelId, EdgeId, NodeId, ViewId
from pygen.client.paging import Page
from pygen.client.resources.containers import InvolvedViews, SubObject
from pygen.client.resources.instance_calls import QueryResult, Records
from pygen.client.results import ApplyResult
from pygen.client.retry import RetryPolicy
from tests.contract.exchange import CONNECTION, FOLDER, Asked, Json, Replay, as_recorded, document, exchanges, view_of

Ask: TypeAlias = Callable[[Any], Any]
"""What a user writes: takes either client, and gives a result, an awaitable of one, or pages."""

INSTANCE_KINDS: dict[str, type[NodeId] | type[EdgeId]] = {"node": NodeId, "edge": EdgeId}
NO_RETRIES = RetryPolicy(retries=0)


class Words(NamedTuple):
    """
    How a user says what one endpoint does.

    Attributes:
        ask: Says a body and a query.
        means: What the answer to a body means in Python.
        always: What is said even where the recorded request leaves it to the service.
    """

    ask: Callable[[Any, Json, Json], Any]
    means: Callable[[Json, Json], Any]
    always: Mapping[str, Any] = {}


def instance_ids(items: list[Json]) -> list[NodeId | EdgeId]:
    """Items as identifiers."""
    return [INSTANCE_KINDS[item["instanceType"]](item["space"], item["externalId"]) for item in items]


def container_ids(items: list[Json]) -> list[ContainerId]:
    """Items as identifiers."""
    return [ContainerId(item["space"], item["externalId"]) for item in items]


def view_ids(items: list[Json]) -> list[ViewId | tuple[str, str]]:
    """Items as identifiers; without a version, as the pair that means all versions."""
    return [view_of(item) if "version" in item else (item["space"], item["externalId"]) for item in items]


def data_model_ids(items: list[Json]) -> list[DataModelId]:
    """Items as identifiers."""
    return [DataModelId(item["space"], item["externalId"], item["version"]) for item in items]


def sub_objects(items: list[Json]) -> list[SubObject]:
    """Constraints or indexes as identifiers."""
    return [SubObject(ContainerId(item["space"], item["containerExternalId"]), item["identifier"]) for item in items]


def sources(given: list[Json]) -> list[ViewId | Json]:
    """Sources as identifiers, or as they are where they say more."""
    return [view_of(source["source"]) if source.keys() == {"source"} else source for source in given]


def in_python(body: Json, *, but: tuple[str, ...] = ()) -> Json:
    """The fields of a body as keyword arguments: in snake_case."""
    return {
        "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name): value
        for name, value in body.items()
        if name not in but
    }


def items_of(body: Json, answer: Json) -> Any:
    """The items as they are."""
    return answer["items"]


def records(body: Json, answer: Json) -> tuple[list[Json], Json | None]:
    """The items as they are, and the types of their properties."""
    return answer["items"], answer.get("typing")


def models(model: type[WireModel]) -> Callable[[Json, Json], Any]:
    """The items as objects."""
    return lambda body, answer: [model.model_validate(item) for item in answer["items"]]


def ids(read: Callable[[list[Json]], Any]) -> Callable[[Json, Json], Any]:
    """The items as identifiers."""
    return lambda body, answer: read(answer["items"])


def one_page(answer: Json, model: type[WireModel] | None = None) -> list[Page[Any]]:
    """All there is of a list whose limit is one page."""
    items = answer["items"] if model is None else [model.model_validate(item) for item in answer["items"]]
    return [Page(items, answer.get("nextCursor"), answer.get("typing"))]


def upsert(resource: str, model: type[WireModel]) -> Words:
    """A write of schema resources, as JSON."""
    return Words(lambda client, body, query: getattr(client, resource).upsert(body["items"]), models(model))


def schema_list(resource: str, model: type[WireModel]) -> Words:
    """A list of schema resources, one page of it."""

    def ask(client: Any, body: Json, query: Json) -> Any:
        limits = {"limit": query["limit"], "chunk_size": query["limit"]} if "limit" in query else {}
        return getattr(client, resource).list(**in_python(query, but=("limit",)), **limits).pages()

    always = {"limit": 1000, "includeGlobal": False}
    return Words(ask, lambda body, answer: one_page(answer, model), always)


def list_instances(client: Any, body: Json, query: Json) -> Any:
    """One page of instances."""
    limits = {"limit": body["limit"], "chunk_size": body["limit"]} if "limit" in body else {}
    options = in_python(body, but=("limit", "sources"))
    return client.instances.list(sources=sources(body.get("sources", [])), **options, **limits).pages()


def retrieve_instances(client: Any, body: Json, query: Json) -> Any:
    """Instances by id."""
    options = in_python(body, but=("items", "sources"))
    return client.instances.retrieve(instance_ids(body["items"]), sources=sources(body["sources"]), **options)


def apply(client: Any, body: Json, query: Json) -> Any:
    """A write, with every flag that was recorded."""
    flags = in_python(body, but=("items", "delete"))
    return client.instances.apply(body["items"], delete=instance_ids(body.get("delete", [])), **flags)


def written(body: Json, answer: Json) -> list[tuple[Any, ...]]:
    """What became of each item, and then of each delete."""
    results: list[tuple[Any, ...]] = []
    for instance, item in zip(instance_ids(answer["items"]), answer["items"], strict=True):
        changed = "created" if item["version"] == 1 else "updated"
        status = changed if item["wasModified"] else "unchanged"
        results.append((instance, status, item["version"], item["createdTime"], item["lastUpdatedTime"]))
    there = instance_ids(answer["deleted"])
    deletes = instance_ids(body.get("delete", []))
    return results + [(each, "deleted" if each in there else "absent", None, None, None) for each in deletes]


def inspect_instances(client: Any, body: Json, query: Json) -> Any:
    """The views and containers of instances."""
    operations = body["inspectionOperations"]
    return client.instances.inspect(
        instance_ids(body["items"]),
        involved_views="involvedViews" in operations,
        all_versions=operations["involvedViews"]["allVersions"],
        involved_containers="involvedContainers" in operations,
    )


def inspect_containers(client: Any, body: Json, query: Json) -> Any:
    """The views of containers."""
    total = body["inspectionOperations"]["totalInvolvedViewCount"]
    return client.containers.inspect(
        container_ids(body["items"]),
        all_versions=total["allVersions"],
        include_unavailable_views=total["includeUnavailableViews"],
    )


def involved_views(body: Json, answer: Json) -> list[InvolvedViews]:
    """Containers, their views, and how many these are."""
    return [
        InvolvedViews(
            container,
            [view_of(view) for view in item["inspectionResults"]["involvedViews"]],
            item["inspectionResults"]["involvedViewCount"],
        )
        for container, item in zip(container_ids(answer["items"]), answer["items"], strict=True)
    ]


def on_a_view(verb: str) -> Callable[[Any, Json, Json], Any]:
    """A search or an aggregate."""
    return lambda client, body, query: getattr(client.instances, verb)(
        view_of(body["view"]), **in_python(body, but=("view",))
    )


def result_sets(verb: str) -> Words:
    """A query or a sync."""

    def ask(client: Any, body: Json, query: Json) -> Any:
        options = in_python(body, but=("with", "select"))
        return getattr(client.instances, verb)(with_=body["with"], select=body["select"], **options)

    return Words(ask, lambda body, answer: (answer["items"], answer["nextCursor"], answer.get("typing")))


def any_request(client: Any, exchange: Json) -> Any:
    """What has no words of its own."""
    body, query = exchange.get("request"), exchange.get("query")
    return client.request(exchange["method"], exchange["path"], json=body, params=query)


POST_WORDS = {
    "/models/spaces": upsert("spaces", Space),
    "/models/spaces/byids": Words(
        lambda client, body, query: client.spaces.retrieve([item["space"] for item in body["items"]]), models(Space)
    ),
    "/models/spaces/delete": Words(
        lambda client, body, query: client.spaces.delete([item["space"] for item in body["items"]]),
        ids(lambda items: [item["space"] for item in items]),
    ),
    "/models/containers": upsert("containers", Container),
    "/models/containers/byids": Words(
        lambda client, body, query: client.containers.retrieve(container_ids(body["items"])), models(Container)
    ),
    "/models/containers/constraints/delete": Words(
        lambda client, body, query: client.containers.delete_constraints(sub_objects(body["items"])), ids(sub_objects)
    ),
    "/models/containers/indexes/delete": Words(
        lambda client, body, query: client.containers.delete_indexes(sub_objects(body["items"])), ids(sub_objects)
    ),
    "/models/containers/inspect": Words(inspect_containers, involved_views),
    "/models/views": upsert("views", View),
    "/models/views/byids": Words(
        lambda client, body, query: client.views.retrieve(view_ids(body["items"]), **in_python(query)), models(View)
    ),
    "/models/views/delete": Words(
        lambda client, body, query: client.views.delete(view_ids(body["items"])), ids(view_ids)
    ),
    "/models/datamodels": upsert("data_models", DataModel),
    "/models/datamodels/byids": Words(
        lambda client, body, query: client.data_models.retrieve(data_model_ids(body["items"]), **in_python(query)),
        models(DataModel),
    ),
    "/models/datamodels/delete": Words(
        lambda client, body, query: client.data_models.delete(data_model_ids(body["items"])), ids(data_model_ids)
    ),
    "/models/instances": Words(apply, written),
    "/models/instances/list": Words(list_instances, lambda body, answer: one_page(answer), {"limit": 1000}),
    "/models/instances/byids": Words(retrieve_instances, records),
    "/models/instances/delete": Words(
        lambda client, body, query: client.instances.delete(instance_ids(body["items"])), ids(instance_ids)
    ),
    "/models/instances/inspect": Words(inspect_instances, records),
    "/models/instances/search": Words(on_a_view("search"), records),
    "/models/instances/aggregate": Words(on_a_view("aggregate"), records),
    "/models/instances/query": result_sets("query"),
    "/models/instances/sync": result_sets("sync"),
    "/userapis/spaces/ops_model/datamodels/PumpStation/versions/v1/graphql": Words(
        lambda client, body, query: client.graphql.query(
            DataModelId("ops_model", "PumpStation", "v1"), body["query"], body["variables"]
        ),
        lambda body, answer: answer["data"],
    ),
    "/dml/graphql": Words(
        lambda client, body, query: client.graphql.dml(body["query"], body["variables"]),
        lambda body, answer: answer["data"],
    ),
}

GET_WORDS = {
    "/models/spaces": schema_list("spaces", Space),
    "/models/containers": schema_list("containers", Container),
    "/models/views": schema_list("views", View),
    "/models/datamodels": schema_list("data_models", DataModel),
    "/models/statistics": Words(lambda client, body, query: client.statistics.project(), lambda body, answer: answer),
    "/models/statistics/spaces": Words(lambda client, body, query: client.statistics.spaces(), items_of),
    "/token/inspect": Words(lambda client, body, query: client.token.inspect(), lambda body, answer: answer),
}

WORDS = {"POST": POST_WORDS, "GET": GET_WORDS}


def words_for(exchange: Json) -> Words:
    """How a user says an exchange."""
    known = WORDS[exchange["method"]].get(exchange["path"])
    if known is not None:
        return known
    assert not exchange["path"].startswith("/models")
    return Words(lambda client, body, query: any_request(client, exchange), lambda body, answer: answer)


def said(exchange: Json) -> tuple[Ask, Asked, Any]:
    """What a user writes for an exchange, what goes out for it, and what it gives."""
    words = words_for(exchange)
    body, query = exchange.get("request"), exchange.get("query", {})
    recorded = as_recorded(exchange)
    if body is None:
        stated = as_recorded({**exchange, "query": {**words.always, **query}})
    else:
        stated = recorded._replace(body={**words.always, **body})
    meaning = words.means(body or {}, exchange["response"]) if exchange["status"] == 200 else None
    return lambda client: words.ask(client, body or {}, query), stated, meaning


def synchronous(replay: Replay, ask: Ask) -> Any:
    """Ask with the synchronous client."""
    with PygenClient(**CONNECTION, transport=replay.transport, retry=NO_RETRIES) as client:
        result = ask(client)
        assert not inspect.isawaitable(result)
        return heard(list(result) if isinstance(result, Iterator) else result)


def asynchronous(replay: Replay, ask: Ask) -> Any:
    """Ask with the asynchronous client."""

    async def run() -> Any:
        async with AsyncPygenClient(**CONNECTION, transport=replay.transport, retry=NO_RETRIES) as client:
            result = ask(client)
            if isinstance(result, AsyncIterator):
                return [page async for page in result]
            assert inspect.isawaitable(result)
            return await result

    return heard(asyncio.run(run()))


def heard(result: Any) -> Any:
    """A result in a form that compares."""
    if isinstance(result, ApplyResult):
        return [
            (item.id, item.status, item.version, item.created_time, item.last_updated_time) for item in result.items
        ]
    if isinstance(result, Records):
        return list(result), result.typing
    if isinstance(result, QueryResult):
        return result.items, result.next_cursor, result.typing
    return result


both = pytest.mark.parametrize("client", [synchronous, asynchronous])

RECORDED: list[tuple[str, Json]] = [
    (f"{path.stem}-{number}", exchange)
    for path in sorted(FOLDER.glob("*.json"))
    for number, exchange in enumerate(document(path.stem).get("exchanges", []))
]


def recorded(wanted: Callable[[Json], bool]) -> list[Any]:
    """Exchanges as parameters of a test."""
    return [pytest.param(exchange, id=name) for name, exchange in RECORDED if wanted(exchange)]


def is_good(exchange: Json) -> bool:
    """Whether the service did what was asked."""
    return exchange["status"] == 200 and "errors" not in exchange["response"]


def is_held_back(exchange: Json) -> bool:
    """Whether the client sees for itself that the service would refuse."""
    message = exchange["response"].get("error", {}).get("message", "")
    return "name size must be between 0 and 255" in message or message.startswith("Backfill sort can only")


@both
@pytest.mark.parametrize("exchange", recorded(is_good))
def test_requests_are_as_recorded_and_answers_are_understood(client: Callable[..., Any], exchange: Json) -> None:
    """Method, path, query and body are sent exactly, and nothing of the answer is lost."""
    ask, stated, meaning = said(exchange)
    replay = Replay([exchange])
    result = client(replay, ask)
    assert [stated] == replay.asked
    assert meaning == result


@both
@pytest.mark.parametrize(
    "exchange", recorded(lambda exchange: exchange["status"] >= 400 and not is_held_back(exchange))
)
def test_refusals_are_errors_that_say_everything(client: Callable[..., Any], exchange: Json) -> None:
    """Status, code, message and what is missing or duplicated are all there, with the request id and the project."""
    ask, stated, _ = said(exchange)
    replay = Replay([exchange] * 12)  # a query that takes too long is asked for in smaller parts
    with pytest.raises(DmsError) as caught:
        client(replay, ask)
    error, body = refusal(caught.value), exchange["response"]["error"]
    assert stated == replay.asked[0]
    assert 408 == exchange["status"] or [stated] == replay.asked
    assert (exchange["status"], body["code"], body["message"]) == (error.status, error.code, error.message)
    assert (body.get("missing", []), body.get("duplicated", [])) == (list(error.missing), list(error.duplicated))
    assert body.get("isAutoRetryable", False) == error.auto_retryable
    assert exchange.get("responseHeaders", {}).get("x-request-id") == error.request_id
    assert "plant" == error.project
    assert body["message"] in str(error)


def refusal(error: DmsError) -> DmsRequestError:
    """The service's refusal; a write keeps it with the item."""
    if isinstance(error, DmsApplyError):
        (item,) = error.result.failures
        assert "failed" == item.status
        assert item.error is not None
        error = item.error
    assert isinstance(error, DmsRequestError)
    return error


@both
@pytest.mark.parametrize("exchange", recorded(is_held_back))
def test_what_is_refused_for_its_form_is_not_sent(client: Callable[..., Any], exchange: Json) -> None:
    """The service's rule is known here, and named with its place."""
    ask, _, _ = said(exchange)
    replay = Replay([exchange])
    with pytest.raises(DmsError, match=r"not sent: .*(items\[0\]\.name|backfillSort): "):
        client(replay, ask)
    assert [] == replay.asked


@both
@pytest.mark.parametrize("exchange", recorded(lambda exchange: "errors" in exchange["response"]))
def test_graphql_errors_are_errors(client: Callable[..., Any], exchange: Json) -> None:
    """A positive answer with errors raises them, and keeps what came beside."""
    ask, stated, _ = said(exchange)
    replay = Replay([exchange])
    with pytest.raises(DmsGraphQLError) as caught:
        client(replay, ask)
    assert [stated] == replay.asked
    answer = exchange["response"]
    assert (answer["errors"], answer["data"]) == (list(caught.value.errors), caught.value.data)


@both
@pytest.mark.parametrize(
    ("name", "resource", "model"),
    [
        ("spaces", "spaces", Space),
        ("containers", "containers", Container),
        ("views", "views", View),
        ("datamodels", "data_models", DataModel),
    ],
)
def test_objects_are_written_as_their_json_is(
    client: Callable[..., Any], name: str, resource: str, model: type[WireModel]
) -> None:
    """Schema resources may be given as objects; they say the same, if in fewer words where they have defaults."""
    exchange = exchanges(name)[0]
    objects = [model.model_validate(item) for item in exchange["request"]["items"]]
    replay = Replay([exchange])
    answer = client(replay, lambda client: getattr(client, resource).upsert(objects))
    ((_, body),) = replay.sent
    assert objects == [model.model_validate(item) for item in body["items"]]
    assert models(model)({}, exchange["response"]) == answer


@both
@pytest.mark.parametrize("name", document("filters")["filters"])
def test_filters_are_sent_as_they_are(client: Callable[..., Any], name: str) -> None:
    """Every operator goes out with a list, untouched."""
    given = document("filters")["filters"][name]
    replay = Replay([{"status": 200, "response": {"items": []}}])
    client(replay, lambda client: client.instances.list(filter=given).pages())
    assert [given] == [body["filter"] for _, body in replay.sent]


@both
@pytest.mark.parametrize("name", document("filters")["queryOnly"])
def test_filters_with_parameters_are_sent_as_they_are(client: Callable[..., Any], name: str) -> None:
    """Where the value is a parameter, the filter goes out with a query, and the parameter beside it."""
    expression = {"pumps": {"nodes": {"filter": document("filters")["queryOnly"][name]}}}
    parameters = {"tag": "P-101", "tags": ["P-101"]}
    replay = Replay([{"status": 200, "response": {"items": {"pumps": []}, "nextCursor": {}}}])
    client(
        replay,
        lambda client: client.instances.query(with_=expression, select={"pumps": {}}, parameters=parameters),
    )
    assert [{"with": expression, "select": {"pumps": {}}, "parameters": parameters}] == [
        body for _, body in replay.sent
    ]


def test_filters_that_are_only_read_are_kept() -> None:
    """A view whose filter has lost its property can be read."""
    given = document("filters")["readOnly"]["invalid"]
    view = View.model_validate({"space": "s", "externalId": "V", "version": "v1", "filter": given})
    assert given == view.filter


@both
def test_a_count_is_as_recorded(client: Callable[..., Any]) -> None:
    """`count` sends the official cheap total, and gives the number."""
    exchange = exchanges("aggregate")[0]
    replay = Replay([exchange])
    assert 2 == client(replay, lambda client: client.instances.count(view_of(exchange["request"]["view"])))
    assert [exchange["request"]] == [body for _, body in replay.sent]


@both
def test_pages_are_as_recorded(client: Callable[..., Any]) -> None:
    """The second page repeats the request of the first, with the cursor."""
    both_pages = exchanges("instances_list")[:2]
    body = both_pages[0]["request"]
    replay = Replay(both_pages)
    options = in_python(body, but=("sources", "limit"))
    pages = client(
        replay,
        lambda client: client.instances.list(
            sources=sources(body["sources"]), chunk_size=body["limit"], **options
        ).pages(),
    )
    assert [one_page(each["response"])[0] for each in both_pages] == pages
    assert [as_recorded(each) for each in both_pages] == replay.asked
