"""The two clients: each adds only the sending to what `pygen.client.http`, `exchange` and the resources do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Coroutine, Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from threading import Event, Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

import httpx

from pygen.client.auth import CredentialsLike
from pygen.client.bodies import Body
from pygen.client.calls import Answer, Call, Plan
from pygen.client.exceptions import DmsError
from pygen.client.exchange import Exchange
from pygen.client.http import ClientOptions, HttpBase
from pygen.client.jobs import Job, drive, drive_async
from pygen.client.limits import Limits, NoTurnError
from pygen.client.resources.other import request_call

if TYPE_CHECKING:
    from pygen.client.resources.containers import AsyncContainersAPI, ContainersAPI
    from pygen.client.resources.data_models import AsyncDataModelsAPI, DataModelsAPI
    from pygen.client.resources.graphql import AsyncGraphQLAPI, GraphQLAPI
    from pygen.client.resources.instances import AsyncInstancesAPI, InstancesAPI
    from pygen.client.resources.other import AsyncTokenAPI, TokenAPI
    from pygen.client.resources.spaces import AsyncSpacesAPI, SpacesAPI
    from pygen.client.resources.statistics import AsyncStatisticsAPI, StatisticsAPI
    from pygen.client.resources.views import AsyncViewsAPI, ViewsAPI
    from pygen.client.settings import Connection

__all__ = ["AsyncPygenClient", "PygenClient"]

ResultT = TypeVar("ResultT")
ItemT = TypeVar("ItemT")
FutureT = TypeVar("FutureT", bound="asyncio.Future[Any]")

IS_CLOSED = "the client is closed"
"""What the `RuntimeError` says that every use of a closed client raises."""

_FAILURES = (httpx.HTTPError, DmsError, NoTurnError)


class _Client(HttpBase):
    """What both clients are made from."""

    @classmethod
    def from_env(cls, *, prefix: str = "", **options: Unpack[ClientOptions]) -> Self:
        """
        Make a client from environment variables.

        `CDF_PROJECT` and one of `CDF_CLUSTER` and `CDF_URL` are needed, and what the login flow needs: `CDF_TOKEN`, or
        `LOGIN_FLOW`, `PROVIDER` and `IDP_*` (docs/credentials.md). `CDF_CLIENT_TIMEOUT` is in seconds.

        Args:
            prefix: What the names of all variables start with: `PROD_` means `PROD_CDF_PROJECT` and so on.
            **options: What else the client should know.

        Raises:
            ConfigError: A variable is missing or wrong.

        Example:
            >>> with PygenClient.from_env(app="reports") as client:
            ...     print(client.base_url, client.project)
            https://westeurope-1.cognitedata.com plant
        """
        from pygen.client.settings import connection_from_env

        return cls._from(connection_from_env(prefix=prefix), options)

    @classmethod
    def from_toml(
        cls, path: str | Path = "config.toml", table: str = "cognite", **options: Unpack[ClientOptions]
    ) -> Self:
        """
        Make a client from a table of a TOML file.

        Args:
            path: The file.
            table: The table with the settings of `from_env`, in lower case and without `CDF_` and `IDP_`; dots go
                deeper.
            **options: What else the client should know.

        Raises:
            ConfigError: The file, the table or a key is missing or wrong.

        Example:
            >>> with PygenClient.from_toml("config.toml", "cognite.production") as client:
            ...     print(client.base_url, client.project)
            https://westeurope-1.cognitedata.com plant
        """
        from pygen.client.settings import connection_from_toml

        return cls._from(connection_from_toml(path, table), options)

    @classmethod
    def _from(cls, connection: Connection, options: ClientOptions) -> Self:
        settings: ClientOptions = {"timeout_s": connection.timeout_s, **options}
        if connection.max_workers is not None and "limits" not in options:
            settings["limits"] = Limits(*(min(limit, connection.max_workers) for limit in Limits()))
        return cls(
            base_url=connection.base_url, project=connection.project, credentials=connection.credentials, **settings
        )

    @contextmanager
    def _naming_project(self) -> Generator[None, None, None]:
        """Let errors that a plan raises on its own say which project it was for."""
        try:
            yield
        except DmsError as error:
            error.project = error.project or self.project
            raise


class PygenClient(_Client):
    """
    Speaks to the Data Modeling Service of one CDF project.

    It may be used from several threads. Close it, or use it in a `with` statement.

    Args:
        base_url: The cluster's address, e.g. `https://westeurope-1.cognitedata.com`, or a private link; ends before
            `/api/v1`. Plain http is refused unless the host is this machine.
        project: The CDF project.
        credentials: A bearer token, a function that returns one (called before every attempt), or `Credentials`.
        transport: Sends requests in place of the network: a function `Request -> Response` behind
            `httpx.MockTransport`, a sandbox, a recorder.
        **options: What else it should know; see `ClientOptions`.
    """

    def __init__(
        self,
        *,
        base_url: str,
        project: str,
        credentials: CredentialsLike,
        transport: httpx.BaseTransport | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        super().__init__(base_url=base_url, project=project, credentials=credentials, **options)
        self._http = httpx.Client(transport=transport, **self._http_options(has_transport=transport is not None))
        self._closing = Event()
        self._lock = Lock()
        self._executor: ThreadPoolExecutor | None = None

    @cached_property
    def spaces(self) -> SpacesAPI:
        """Spaces."""
        from pygen.client.resources.spaces import SpacesAPI

        return SpacesAPI(self)

    @cached_property
    def containers(self) -> ContainersAPI:
        """Containers, their constraints and indexes."""
        from pygen.client.resources.containers import ContainersAPI

        return ContainersAPI(self)

    @cached_property
    def views(self) -> ViewsAPI:
        """Views."""
        from pygen.client.resources.views import ViewsAPI

        return ViewsAPI(self)

    @cached_property
    def data_models(self) -> DataModelsAPI:
        """Data models."""
        from pygen.client.resources.data_models import DataModelsAPI

        return DataModelsAPI(self)

    @cached_property
    def instances(self) -> InstancesAPI:
        """Nodes and edges."""
        from pygen.client.resources.instances import InstancesAPI

        return InstancesAPI(self)

    @cached_property
    def statistics(self) -> StatisticsAPI:
        """How much there is, and how much there may be."""
        from pygen.client.resources.statistics import StatisticsAPI

        return StatisticsAPI(self)

    @cached_property
    def graphql(self) -> GraphQLAPI:
        """Data models through GraphQL."""
        from pygen.client.resources.graphql import GraphQLAPI

        return GraphQLAPI(self)

    @cached_property
    def token(self) -> TokenAPI:
        """What the credentials allow."""
        from pygen.client.resources.other import TokenAPI

        return TokenAPI(self)

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        safe_to_repeat: bool = False,
    ) -> Any:
        """
        Send any other request to the project: time series, files, sequences, what is newer than this client.

        Authentication, retries, limits, hooks and errors are those of every call.

        Args:
            method: The HTTP method.
            path: Relative to the project, e.g. `/timeseries/data/list`.
            json: The body.
            params: Query parameters.
            safe_to_repeat: Whether it may be sent again when nobody knows if it was carried out. A GET always may.

        Returns:
            The answer's JSON; None where it is empty.

        Raises:
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> body = {"items": [{"instanceId": {"space": "ops_data", "externalId": "ts:P-101:pressure"}}]}
            >>> latest = client.request("POST", "/timeseries/data/latest", json=body, safe_to_repeat=True)
            >>> latest["items"][0]["datapoints"]
            [{'timestamp': 1767225660000, 'value': 1.75}]
        """
        return self.send(request_call(method, path, json, params, safe_to_repeat=safe_to_repeat)).value

    def send(self, call: Call) -> Answer:
        """
        Send one call, again where that is safe, and return the answer.

        Raises:
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> from pygen.client.calls import Call
            >>> answer = client.send(Call("spaces.list", "/models/spaces", method="GET", family="schema_read"))
            >>> [space["space"] for space in answer.items()]
            ['ops_model', 'ops_data']
        """
        exchange = Exchange(self, call)
        try:
            while True:
                try:
                    answer = self._attempt(exchange)
                except _FAILURES as error:
                    exchange.failed(error)
                else:
                    if answer is not None:
                        return answer
                self._wait(exchange.delay_s())
        except DmsError:
            raise
        except BaseException as error:
            exchange.abandoned(error)
            raise

    def _attempt(self, exchange: Exchange) -> Answer | None:
        asked = self.retry.clock()
        turn = self.budget.turn(exchange.call.family, timeout_s=exchange.remaining_s, check=self._check_open)
        with turn:
            request = self._http.build_request(**exchange.request(self.retry.clock() - asked))
            response = self._http.send(request, stream=True)
            try:
                body = Body(response)
                content = body.whole(b"".join(exchange.timely(body.pieces())))
            finally:
                response.close()
        return exchange.answered(response, content)

    def _wait(self, seconds: float) -> None:
        if self.retry.sleep is not None:
            self.retry.sleep(seconds)
        else:
            self._closing.wait(seconds)

    def _check_open(self) -> None:
        self._check_process()
        if self._closing.is_set():
            raise RuntimeError(IS_CLOSED)

    def work(
        self,
        job: Job[ItemT],
        source: Iterable[Any] | None = None,
        *,
        started: Callable[[Call], object] | None = None,
    ) -> Generator[ItemT, None, None]:
        """
        Do *job*: its calls are under way while its results are used; *source* feeds a job that takes items.

        *started* is told of each call when it is about to be sent, in the thread that does so.

        Example:
            >>> from pygen.client.calls import Answer, Call
            >>> from pygen.client.jobs import Chunks
            >>> calls = [Call("spaces.list", "/models/spaces", method="GET", read=Answer.items)]
            >>> [[space["space"] for space in spaces] for spaces in client.work(Chunks(calls))]
            [['ops_model', 'ops_data']]
        """

        def send(call: Call) -> Answer:
            if started is not None:
                started(call)
            return self.send(call)

        return drive(job, send, self._threads, source=source)

    def _threads(self) -> ThreadPoolExecutor:
        """Where calls run that have company; made when first needed."""
        with self._lock:
            self._check_open()
            if self._executor is None:
                self._executor = ThreadPoolExecutor(max_workers=32, thread_name_prefix="pygen")
            return self._executor

    def run(self, plan: Plan[ResultT], *, started: Callable[[Call], object] | None = None) -> ResultT:
        """
        Carry out *plan*: send its calls, hand it the answers (or the errors), return its result.

        *started* is told of each call before it is sent.

        Example:
            >>> from pygen.client.calls import Call
            >>> def count_spaces():
            ...     answer = yield Call("spaces.list", "/models/spaces", method="GET")
            ...     return len(answer.items())
            >>> client.run(count_spaces())
            2
        """
        with self._naming_project():
            try:
                step = next(plan)
                while True:
                    try:
                        outcome: Any
                        if isinstance(step, Call):
                            if started is not None:
                                started(step)
                            outcome = self.send(step)
                        else:
                            outcome = list(self.work(step, started=started))
                    except DmsError as error:
                        step = plan.throw(error)
                    else:
                        step = plan.send(outcome)
            except StopIteration as done:
                result: ResultT = done.value
                return result

    def close(self) -> None:
        """
        End what is under way without further attempts, and close the connections.

        Example:
            >>> client.close()
            >>> client.spaces.retrieve("ops_data")
            Traceback (most recent call last):
                ...
            RuntimeError: the client is closed
        """
        with self._lock:
            self._closing.set()
            executor, self._executor = self._executor, None
        self.budget.wake()
        if executor is not None:
            executor.shutdown()  # calls that wait in it find the client closed; cancelled ones would wake nobody
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncPygenClient(_Client):
    """
    Speaks to the Data Modeling Service of one CDF project, asynchronously (asyncio).

    Arguments and resources are those of `PygenClient`; methods are coroutines, lists take an `async for`. One client
    belongs to one event loop.
    """

    def __init__(
        self,
        *,
        base_url: str,
        project: str,
        credentials: CredentialsLike,
        transport: httpx.AsyncBaseTransport | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        super().__init__(base_url=base_url, project=project, credentials=credentials, **options)
        self._http = httpx.AsyncClient(transport=transport, **self._http_options(has_transport=transport is not None))
        self._closed = False
        self._tasks: set[asyncio.Future[Any]] = set()

    @cached_property
    def spaces(self) -> AsyncSpacesAPI:
        """Spaces."""
        from pygen.client.resources.spaces import AsyncSpacesAPI

        return AsyncSpacesAPI(self)

    @cached_property
    def containers(self) -> AsyncContainersAPI:
        """Containers, their constraints and indexes."""
        from pygen.client.resources.containers import AsyncContainersAPI

        return AsyncContainersAPI(self)

    @cached_property
    def views(self) -> AsyncViewsAPI:
        """Views."""
        from pygen.client.resources.views import AsyncViewsAPI

        return AsyncViewsAPI(self)

    @cached_property
    def data_models(self) -> AsyncDataModelsAPI:
        """Data models."""
        from pygen.client.resources.data_models import AsyncDataModelsAPI

        return AsyncDataModelsAPI(self)

    @cached_property
    def instances(self) -> AsyncInstancesAPI:
        """Nodes and edges."""
        from pygen.client.resources.instances import AsyncInstancesAPI

        return AsyncInstancesAPI(self)

    @cached_property
    def statistics(self) -> AsyncStatisticsAPI:
        """How much there is, and how much there may be."""
        from pygen.client.resources.statistics import AsyncStatisticsAPI

        return AsyncStatisticsAPI(self)

    @cached_property
    def graphql(self) -> AsyncGraphQLAPI:
        """Data models through GraphQL."""
        from pygen.client.resources.graphql import AsyncGraphQLAPI

        return AsyncGraphQLAPI(self)

    @cached_property
    def token(self) -> AsyncTokenAPI:
        """What the credentials allow."""
        from pygen.client.resources.other import AsyncTokenAPI

        return AsyncTokenAPI(self)

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        safe_to_repeat: bool = False,
    ) -> Any:
        """
        Send any other request to the project; see `PygenClient.request`.

        Example:
            >>> body = {"items": [{"instanceId": {"space": "ops_data", "externalId": "ts:P-101:pressure"}}]}
            >>> latest = await client.request("POST", "/timeseries/data/latest", json=body, safe_to_repeat=True)
            >>> latest["items"][0]["datapoints"]
            [{'timestamp': 1767225660000, 'value': 1.75}]
        """
        answer = await self.send(request_call(method, path, json, params, safe_to_repeat=safe_to_repeat))
        return answer.value

    async def send(self, call: Call) -> Answer:
        """
        Send one call, again where that is safe, and return the answer.

        Raises:
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> from pygen.client.calls import Call
            >>> answer = await client.send(Call("spaces.list", "/models/spaces", method="GET", family="schema_read"))
            >>> [space["space"] for space in answer.items()]
            ['ops_model', 'ops_data']
        """
        exchange = Exchange(self, call)
        try:
            while True:
                try:
                    answer = await self._attempt(exchange)
                except _FAILURES as error:
                    exchange.failed(error)
                else:
                    if answer is not None:
                        return answer
                await self._wait(exchange.delay_s())
        except DmsError:
            raise
        except BaseException as error:
            exchange.abandoned(error)
            raise

    async def _attempt(self, exchange: Exchange) -> Answer | None:
        asked = self.retry.clock()
        turn = self.budget.turn_async(exchange.call.family, timeout_s=exchange.remaining_s, check=self._check_open)
        async with turn:
            request = self._http.build_request(**exchange.request(self.retry.clock() - asked))
            response = await self._http.send(request, stream=True)
            try:
                body = Body(response)
                pieces = [piece async for piece in exchange.timely_async(body.pieces_async())]
                content = body.whole(b"".join(pieces))
            finally:
                await response.aclose()
        return exchange.answered(response, content)

    async def _wait(self, seconds: float) -> None:
        nap = self._until_closed(asyncio.ensure_future(self.retry.asleep(seconds)))
        try:
            await asyncio.wait([nap])
            self._check_open()
            nap.result()
        finally:
            nap.cancel()

    def _check_open(self) -> None:
        self._check_process()
        if self._closed:
            raise RuntimeError(IS_CLOSED)

    def work(
        self,
        job: Job[ItemT],
        source: Iterable[Any] | AsyncIterable[Any] | None = None,
        *,
        started: Callable[[Call], object] | None = None,
    ) -> AsyncGenerator[ItemT, None]:
        """
        Do *job*: its calls are under way while its results are used; *source* feeds a job that takes items.

        *started* is told of each call when it is about to be sent.

        Example:
            >>> from pygen.client.calls import Answer, Call
            >>> from pygen.client.jobs import Chunks
            >>> calls = [Call("spaces.list", "/models/spaces", method="GET", read=Answer.items)]
            >>> [[space["space"] for space in spaces] async for spaces in client.work(Chunks(calls))]
            [['ops_model', 'ops_data']]
        """

        async def send(call: Call) -> Answer:
            if started is not None:
                started(call)
            return await self._send_in_task(call)

        return drive_async(job, send, self._spawn, source=source)

    async def _send_in_task(self, call: Call) -> Answer:
        """Send a call for a job: that `aclose` has cancelled its task does not mean that the caller's was."""
        try:
            return await self.send(call)
        except asyncio.CancelledError:
            if not self._closed:
                raise
        raise RuntimeError(IS_CLOSED)

    def _spawn(self, coroutine: Coroutine[Any, Any, Answer]) -> asyncio.Task[Answer]:
        """Start a call that the client ends when it is closed, wherever its caller is by then."""
        return self._until_closed(asyncio.get_running_loop().create_task(coroutine))

    def _until_closed(self, future: FutureT) -> FutureT:
        self._tasks.add(future)
        future.add_done_callback(self._tasks.discard)
        return future

    async def run(self, plan: Plan[ResultT], *, started: Callable[[Call], object] | None = None) -> ResultT:
        """
        Carry out *plan*: send its calls, hand it the answers (or the errors), return its result.

        *started* is told of each call before it is sent.

        Example:
            >>> from pygen.client.calls import Call
            >>> def count_spaces():
            ...     answer = yield Call("spaces.list", "/models/spaces", method="GET")
            ...     return len(answer.items())
            >>> await client.run(count_spaces())
            2
        """
        with self._naming_project():
            try:
                step = next(plan)
                while True:
                    try:
                        outcome: Any
                        if isinstance(step, Call):
                            if started is not None:
                                started(step)
                            outcome = await self.send(step)
                        else:
                            outcome = [result async for result in self.work(step, started=started)]
                    except DmsError as error:
                        step = plan.throw(error)
                    else:
                        step = plan.send(outcome)
            except StopIteration as done:
                result: ResultT = done.value
                return result

    async def aclose(self) -> None:
        """
        End what is under way, and close the connections.

        Example:
            >>> await client.aclose()
            >>> await client.spaces.retrieve("ops_data")
            Traceback (most recent call last):
                ...
            RuntimeError: the client is closed
        """
        self._closed = True
        self.budget.wake()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
