"""What type checkers know of the client; checked by mypy and pyright, never run."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Mapping
from typing import Any, assert_type

from pygen.client import (
    AbandonEvent,
    ApplyProgress,
    ApplyResult,
    AsyncListing,
    AsyncPygenClient,
    AuditLog,
    AuditRecord,
    CallInfo,
    ClientOptions,
    Connections,
    ContainerId,
    Credentials,
    DataModelId,
    DmsApplyError,
    DmsAuthError,
    DmsConflictError,
    DmsCursorExpiredError,
    DmsError,
    DmsGraphQLError,
    DmsInputError,
    DmsRateLimitError,
    DmsRequestError,
    DmsTransportError,
    DmsVetoError,
    EdgeId,
    ErrorEvent,
    Hook,
    InputProblem,
    InvolvedViews,
    ItemResult,
    ItemStatus,
    Limits,
    Listing,
    NodeId,
    OAuthClientCredentials,
    OAuthDeviceCode,
    OAuthInteractive,
    OpenTelemetryHook,
    Page,
    PygenClient,
    QueryResult,
    Records,
    RequestEvent,
    RequestLog,
    ResponseEvent,
    RetryEvent,
    RetryPolicy,
    SubObject,
    Token,
    ViewId,
)
from pygen.client.models import Container, DataModel, Space, View

SPACE = {"space": "sp", "name": "Wind"}
CONTAINER = ContainerId("sp", "Pump")
VIEW = ViewId("sp", "Pump", "v1")
MODEL = DataModelId("sp", "Plant", "v1")


class FromVault(Credentials):
    """Credentials of one's own."""

    def token(self) -> str:
        return "from the vault"


class Metrics(Hook):
    """A hook overrides what it needs."""

    def on_request(self, event: RequestEvent, /) -> Mapping[str, str] | None:
        assert_type(event.info, CallInfo)
        assert_type(event.waited_s, float)
        if event.attempt > 3:
            raise DmsVetoError("enough", operation=event.info.call.operation)
        return {"traceparent": "00-1"}

    def on_response(self, event: ResponseEvent, /) -> None:
        assert_type(event.status, int)
        assert_type(event.content, bytes)
        assert_type(event.error, DmsError | None)

    def on_retry(self, event: RetryEvent, /) -> None:
        assert_type(event.delay_s, float)

    def on_error(self, event: ErrorEvent, /) -> None:
        assert_type(event.error, DmsError)

    def on_abandon(self, event: AbandonEvent, /) -> None:
        assert_type(event.error, BaseException)


def credentials() -> list[Credentials]:
    """Each kind of credentials is one."""
    return [
        Token("token"),
        Token(lambda: "token"),
        OAuthClientCredentials("https://idp.example/token", "id", "secret", ["scope"]),
        OAuthDeviceCode("https://idp.example", "id"),
        OAuthInteractive("https://idp.example", "id", "scope", 53000),
        FromVault(),
    ]


def connecting(records: list[AuditRecord]) -> None:
    """Everything that a client may be told, in each of the ways to make one."""
    options: ClientOptions = {
        "timeout_s": 10.0,
        "retry": RetryPolicy(retries=3, deadline_s=60.0),
        "limits": Limits(read=2),
        "hooks": [Metrics(), RequestLog(bodies=True), AuditLog(records.append), OpenTelemetryHook()],
        "app": "planner",
        "connections": Connections(http2=True, proxy="http://proxy.example"),
        "gzip_requests": False,
    }
    assert_type(PygenClient.from_env(**options), PygenClient)
    assert_type(AsyncPygenClient.from_toml("config.toml", "cognite", app="planner"), AsyncPygenClient)
    with PygenClient(base_url="https://c.example", project="p", credentials="token", **options) as client:
        assert_type(client, PygenClient)
        assert_type(client.base_url, str)
        assert_type(client.retry, RetryPolicy)
    for each in credentials():
        PygenClient(base_url="https://c.example", project="p", credentials=each, timeout_s=5).close()
    PygenClient(base_url="https://c.example", project="p", credentials=lambda: "token").close()


def schema(client: PygenClient) -> None:
    """Schema resources give objects, and take ids, objects and JSON, one or many."""
    assert_type(client.spaces.list(), Listing[Space])
    assert_type(client.spaces.list().all(), list[Space])
    assert_type(client.spaces.retrieve("sp"), list[Space])
    assert_type(client.spaces.upsert([SPACE]), list[Space])
    assert_type(client.spaces.delete(["sp", "sp2"]), list[str])
    assert_type(client.containers.list(space="sp", used_for=["node"], limit=5), Listing[Container])
    containers = client.containers.retrieve(CONTAINER)
    assert_type(containers, list[Container])
    assert_type(client.containers.upsert(containers), list[Container])
    assert_type(client.containers.delete([CONTAINER]), list[ContainerId])
    index = SubObject(CONTAINER, "byName")
    assert_type(client.containers.delete_indexes([index]), list[SubObject])
    assert_type(client.containers.delete_constraints([index]), list[SubObject])
    assert_type(client.containers.retry_indexes([index]), list[SubObject])
    assert_type(client.containers.retry_constraints([index]), list[SubObject])
    assert_type(client.containers.retry_properties([index]), list[SubObject])
    (involved,) = client.containers.inspect(CONTAINER)
    assert_type(involved, InvolvedViews)
    assert_type(involved.views, list[ViewId])
    assert_type(client.views.list(all_versions=True), Listing[View])
    assert_type(client.views.retrieve([VIEW, ("sp", "Pump")]), list[View])
    assert_type(client.views.upsert(client.views.retrieve(VIEW)), list[View])
    assert_type(client.views.delete(VIEW), list[ViewId | tuple[str, str]])
    assert_type(client.data_models.list(inline_views=True), Listing[DataModel])
    assert_type(client.data_models.retrieve(MODEL), list[DataModel])
    assert_type(client.data_models.upsert({"space": "sp"}), list[DataModel])
    assert_type(client.data_models.delete([MODEL]), list[DataModelId | tuple[str, str]])


def reading(client: PygenClient) -> None:
    """Instances are JSON objects."""
    pumps = client.instances.list(sources=[VIEW], sort=[{"property": ["node", "space"]}], limit=10)
    assert_type(pumps, Listing[dict[str, Any]])
    assert_type(pumps.pages(), Generator[Page[dict[str, Any]], None, None])
    for pump in pumps:
        assert_type(pump, dict[str, Any])
    page = client.instances.page(instance_type="edge", cursor=None)
    assert_type(page.next_cursor, str | None)
    found = client.instances.retrieve([NodeId("sp", "x"), EdgeId("sp", "y")], sources=[VIEW], include_typing=True)
    assert_type(found, Records)
    assert_type(found.typing, dict[str, Any] | None)
    assert_type(client.instances.search(VIEW, query="pump", operator="AND"), Records)
    assert_type(client.instances.aggregate(VIEW, [{"count": {}}], group_by=["name"]), Records)
    assert_type(client.instances.count(VIEW, instance_type="node"), int)
    assert_type(client.instances.inspect(NodeId("sp", "x")), Records)
    answer = client.instances.query({"p": {"nodes": {}}}, {"p": {}}, parameters={"name": "x"})
    assert_type(answer, QueryResult)
    assert_type(client.instances.sync({"p": {"nodes": {}}}, {"p": {}}, cursors={"p": None}), QueryResult)
    assert_type(client.instances.sync_pages({"p": {"nodes": {}}}, {"p": {}}), Generator[QueryResult, None, None])


def writing(client: PygenClient) -> None:
    """An apply tells what became of each item."""

    def show(progress: ApplyProgress) -> None:
        assert_type(progress.done, int)
        assert_type(progress.total, int | None)

    items = ({"instanceType": "node", "space": "sp", "externalId": f"x{n}"} for n in range(3))
    result = client.instances.apply(items, on_failure="return", on_progress=show, parallel=2)
    assert_type(result, ApplyResult)
    assert_type(result.counts, dict[ItemStatus, int])
    assert_type(result.failures, list[ItemResult])
    assert_type(result.items[0].id, NodeId | EdgeId | None)
    assert_type(result.items[0].error, DmsError | None)
    client.instances.apply([], delete=[NodeId("sp", "x")], replace=True, resume=result)
    assert_type(client.instances.apply_each([]), Generator[ItemResult, None, None])
    assert_type(client.instances.delete(NodeId("sp", "x")), list[NodeId | EdgeId])


def others(client: PygenClient) -> None:
    """What is no resource of instances or of the schema."""
    assert_type(client.statistics.project(), dict[str, Any])
    assert_type(client.statistics.spaces(["sp"]), list[dict[str, Any]])
    assert_type(client.graphql.query(MODEL, "{ listPump { items { name } } }", {"limit": 3}), dict[str, Any])
    assert_type(client.graphql.dml("{ spaces }"), dict[str, Any])
    assert_type(client.token.inspect(), dict[str, Any])
    timeseries: list[Any] = client.request("POST", "/timeseries/list", json={}, safe_to_repeat=True)["items"]
    del timeseries


def errors(client: PygenClient) -> None:
    """Each error carries its parts."""
    try:
        client.spaces.retrieve("sp")
    except DmsInputError as error:
        assert_type(error.problems, tuple[InputProblem, ...])
    except (DmsAuthError, DmsRateLimitError, DmsConflictError, DmsCursorExpiredError) as error:
        assert_type(error.status, int)
    except DmsRequestError as error:
        assert_type(error.missing, tuple[Mapping[str, Any], ...])
        assert_type(error.request_id, str | None)
    except DmsApplyError as error:
        assert_type(error.result, ApplyResult)
    except DmsGraphQLError as error:
        assert_type(error.errors, tuple[Mapping[str, Any], ...])
    except DmsTransportError as error:
        assert_type(error.lost_since_ms, int | None)


async def asynchronously(client: AsyncPygenClient) -> None:
    """The asynchronous client says the same, with an await."""
    assert_type(await client.spaces.retrieve("sp"), list[Space])
    assert_type(await client.spaces.upsert(SPACE), list[Space])
    assert_type(await client.containers.inspect([CONTAINER]), list[InvolvedViews])
    assert_type(await client.views.list(space="sp").all(), list[View])
    assert_type(await client.data_models.retrieve(("sp", "Plant")), list[DataModel])
    pumps = client.instances.list(sources=[VIEW])
    assert_type(pumps, AsyncListing[dict[str, Any]])
    assert_type(pumps.pages(), AsyncGenerator[Page[dict[str, Any]], None])
    async for pump in pumps:
        assert_type(pump, dict[str, Any])
    assert_type(await client.instances.retrieve(NodeId("sp", "x")), Records)
    assert_type(await client.instances.count(VIEW), int)
    assert_type(await client.instances.query({}, {}), QueryResult)
    assert_type(client.instances.sync_pages({}, {}), AsyncGenerator[QueryResult, None])

    async def items() -> AsyncIterator[dict[str, Any]]:
        yield {"instanceType": "node", "space": "sp", "externalId": "x"}

    assert_type(await client.instances.apply(items()), ApplyResult)
    async for item in client.instances.apply_each([]):
        assert_type(item.status, ItemStatus)
    assert_type(await client.instances.delete([NodeId("sp", "x")]), list[NodeId | EdgeId])
    assert_type(await client.statistics.project(), dict[str, Any])
    assert_type(await client.graphql.query(MODEL, "{ x }"), dict[str, Any])
    assert_type(await client.token.inspect(), dict[str, Any])
    await client.request("GET", "/timeseries")
    async with AsyncPygenClient.from_env() as other:
        assert_type(other, AsyncPygenClient)
    await client.aclose()
