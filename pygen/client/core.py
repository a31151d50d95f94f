"""The two clients: each adds only the sending to what `pygen.client.http` and the resources do."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import httpx

from pygen.client.auth import Connection, CredentialsLike, connection_from_env, connection_from_toml
from pygen.client.exceptions import DmsError, DmsRequestError
from pygen.client.http import Answer, Attempts, Call, HttpBase, Plan, RetryPolicy, retry_after_s
from pygen.client.resources.instances import AsyncInstancesAPI, InstancesAPI

__all__ = ["AsyncPygenClient", "PygenClient"]

ResultT = TypeVar("ResultT")


class _Client(HttpBase):
    """What both clients are made from."""

    @classmethod
    def from_env(cls) -> Self:
        """
        Make a client from environment variables.

        `CDF_PROJECT`, `CDF_TOKEN` and one of `CDF_CLUSTER` and `CDF_URL` are needed; `CDF_CLIENT_TIMEOUT` is optional.

        Raises:
            ConfigError: A variable is missing or wrong, or names a login flow other than `token`.
        """
        return cls._from(connection_from_env())

    @classmethod
    def from_toml(cls, path: str | Path = "config.toml", table: str = "cognite") -> Self:
        """
        Make a client from a table of a TOML file.

        Args:
            path: The file.
            table: The table with `cluster` or `url`, `project`, `token` and perhaps `timeout_s`; dots go deeper.

        Raises:
            ConfigError: The file, the table or a key is missing or wrong.
        """
        return cls._from(connection_from_toml(path, table))

    @classmethod
    def _from(cls, connection: Connection) -> Self:
        return cls(
            base_url=connection.base_url,
            project=connection.project,
            credentials=connection.credentials,
            timeout_s=connection.timeout_s,
        )


class PygenClient(_Client):
    """
    Speaks to the Data Modeling Service of one CDF project.

    Args:
        base_url: The cluster's address, e.g. `https://westeurope-1.cognitedata.com`; ends before `/api/v1`. Plain http
            is refused unless the host is this machine.
        project: The CDF project.
        credentials: A bearer token, a function that returns one (called before every attempt), or `Credentials`.
        transport: Sends requests in place of the network: a function `Request -> Response` behind
            `httpx.MockTransport`, a sandbox, a recorder.
        timeout_s: How long one attempt may wait for the service.
        retry: When to try again; the default follows the official clients.

    Attributes:
        instances: Nodes and edges.
    """

    instances: InstancesAPI

    def __init__(
        self,
        *,
        base_url: str,
        project: str,
        credentials: CredentialsLike,
        transport: httpx.BaseTransport | None = None,
        timeout_s: float = 30.0,
        retry: RetryPolicy | None = None,
    ) -> None:
        super().__init__(base_url=base_url, project=project, credentials=credentials, timeout_s=timeout_s, retry=retry)
        self._http = httpx.Client(transport=transport, **self._http_options())
        self.instances = InstancesAPI(self)

    def send(self, call: Call) -> Answer:
        """
        Send one call, again where that is safe, and return the answer.

        Raises:
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.
        """
        attempts = Attempts(self.retry, call)
        while True:
            error: DmsError
            cause: Exception | None = None
            try:
                response = self._http.send(self._http.build_request(**self.request_parts(call)))
                return self.read_response(call, response)
            except DmsRequestError as refused:
                error = refused
                delay = attempts.after_answer(refused, retry_after_s(response))
            except httpx.HTTPError as failure:
                error, cause = self.transport_error(call, failure), failure
                delay = attempts.after_failure(failure)
            if delay is None:
                raise error from cause
            self.log_retry(call, error, delay)
            self.retry.sleep(delay)

    def run(self, plan: Plan[ResultT]) -> ResultT:
        """Carry out *plan*: send its calls, hand it the answers (or the errors), return its result."""
        try:
            call = next(plan)
            while True:
                try:
                    answer = self.send(call)
                except DmsError as error:
                    call = plan.throw(error)
                else:
                    call = plan.send(answer)
        except StopIteration as done:
            result: ResultT = done.value
            return result

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncPygenClient(_Client):
    """
    Speaks to the Data Modeling Service of one CDF project, asynchronously (asyncio or trio).

    The arguments and attributes are those of `PygenClient`; methods are coroutines.
    """

    instances: AsyncInstancesAPI

    def __init__(
        self,
        *,
        base_url: str,
        project: str,
        credentials: CredentialsLike,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout_s: float = 30.0,
        retry: RetryPolicy | None = None,
    ) -> None:
        super().__init__(base_url=base_url, project=project, credentials=credentials, timeout_s=timeout_s, retry=retry)
        self._http = httpx.AsyncClient(transport=transport, **self._http_options())
        self.instances = AsyncInstancesAPI(self)

    async def send(self, call: Call) -> Answer:
        """
        Send one call, again where that is safe, and return the answer.

        Raises:
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.
        """
        attempts = Attempts(self.retry, call)
        while True:
            error: DmsError
            cause: Exception | None = None
            try:
                response = await self._http.send(self._http.build_request(**self.request_parts(call)))
                return self.read_response(call, response)
            except DmsRequestError as refused:
                error = refused
                delay = attempts.after_answer(refused, retry_after_s(response))
            except httpx.HTTPError as failure:
                error, cause = self.transport_error(call, failure), failure
                delay = attempts.after_failure(failure)
            if delay is None:
                raise error from cause
            self.log_retry(call, error, delay)
            await self.retry.asleep(delay)

    async def run(self, plan: Plan[ResultT]) -> ResultT:
        """Carry out *plan*: send its calls, hand it the answers (or the errors), return its result."""
        try:
            call = next(plan)
            while True:
                try:
                    answer = await self.send(call)
                except DmsError as error:
                    call = plan.throw(error)
                else:
                    call = plan.send(answer)
        except StopIteration as done:
            result: ResultT = done.value
            return result

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
