"""What the objects of an SDK load and save through: a client, and how its user wants things done."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import aclosing, closing, contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict, TypeVar, get_args

from pygen.client.calls import Call, Plan
from pygen.client.core import IS_CLOSED, AsyncPygenClient, PygenClient
from pygen.client.jobs import Job
from pygen.runtime.cache import CachedJob, ResultCache, cached_plan
from pygen.runtime.errors import ClosedError, SdkError
from pygen.runtime.tolerance import Misfits

if TYPE_CHECKING:
    from pygen.runtime.external_ids import ExternalIds

__all__ = ["SdkOptions", "Session", "Validation"]

ResultT = TypeVar("ResultT")

Validation: TypeAlias = Literal["strict", "lenient", "off"]
"""What becomes of an answer that does not fit the generated classes."""

_scopes = count(1)


class SdkOptions(TypedDict, total=False):
    """
    How a client of an SDK does things.

    Attributes:
        instance_space: Where instances are written, and looked for, that name no space; the SDK's own setting where it
            is left out.
        strict_relations: Whether touching a relation that is not loaded raises `RelationNotLoadedError` rather than
            loading it.
        validation: What becomes of a value that does not fit its field: `lenient` (the default) keeps it as it came and
            logs it once, `off` keeps it silently, `strict` raises `DecodeError`.
        cache: Keeps answers for a while; left out, every question is asked.
        external_ids: Makes external ids for written objects that have none.
    """

    instance_space: str | None
    strict_relations: bool
    validation: Validation
    cache: ResultCache | None
    external_ids: ExternalIds | None


class Session:
    """
    A client and the options of the SDK's client.

    Attributes:
        client: Sends requests.
        instance_space: Where instances are written, and looked for, that name no space.
        strict_relations: Whether touching a relation that is not loaded raises.
        validation: What becomes of values that do not fit.
        cache: Keeps answers; None: nothing is kept.
        external_ids: Makes external ids; None: every object needs one.
        misfits: What was told about values that do not fit.
        requests: How many requests were made so far; repeats of one that failed are not counted.

    Raises:
        TypeError: An option is of another type.
        ValueError: There is no such validation.
    """

    def __init__(self, client: PygenClient | AsyncPygenClient, options: SdkOptions) -> None:
        self.client = client
        self.instance_space = options.get("instance_space")
        self.strict_relations = options.get("strict_relations", False)
        self.validation: Validation = options.get("validation", "lenient")
        self.cache = options.get("cache")
        self.external_ids = options.get("external_ids")
        self.misfits = Misfits()
        self.requests = 0
        self._lock = threading.Lock()
        self._scope = next(_scopes)
        if self.validation not in get_args(Validation):
            raise ValueError(f"validation is 'strict', 'lenient' or 'off', not {self.validation!r}")
        if self.cache is not None and not isinstance(self.cache, ResultCache):
            raise TypeError(f"cache is a ResultCache, or None, not {type(self.cache).__name__}")
        if not isinstance(self.instance_space, str | None):
            raise TypeError(f"instance_space is a text, or None, not {self.instance_space!r}")
        if not isinstance(self.strict_relations, bool):
            raise TypeError(f"strict_relations is True or False, not {self.strict_relations!r}")
        if self.external_ids is not None:
            from pygen.runtime.external_ids import check_external_ids

            check_external_ids(self.external_ids)

    @property
    def is_async(self) -> bool:
        """Whether results take an await."""
        return isinstance(self.client, AsyncPygenClient)

    def run(self, plan: Plan[ResultT]) -> ResultT:
        """
        Carry out a plan.

        Raises:
            SdkError: The client is asynchronous.
        """
        with _telling_closed():
            return self._now(plan).run(self._cached(plan), started=self.count)

    async def arun(self, plan: Plan[ResultT]) -> ResultT:
        """Carry out a plan; with a synchronous client it is done when this returns, without giving way meanwhile."""
        if isinstance(self.client, AsyncPygenClient):
            with _telling_closed():
                return await self.client.run(self._cached(plan), started=self.count)
        return self.run(plan)

    def work(self, job: Job[ResultT]) -> Generator[ResultT, None, None]:
        """
        Do a job, and hand out its results as they come.

        Raises:
            SdkError: The client is asynchronous.
        """
        client = self._now(None)
        if self.cache is None:
            with _telling_closed(), closing(client.work(job, started=self.count)) as results:
                yield from results
            return
        cached = CachedJob(job, self.cache, self._scope)
        try:
            while not cached.is_done:
                with _telling_closed(), closing(client.work(cached, started=self.count)) as results:
                    yield from results
        finally:
            cached.abandon()

    async def awork(self, job: Job[ResultT]) -> AsyncGenerator[ResultT, None]:
        """Do a job, and hand out its results as they come."""
        if not isinstance(self.client, AsyncPygenClient):
            for result in self.work(job):
                yield result
            return
        if self.cache is None:
            with _telling_closed():
                async with aclosing(self.client.work(job, started=self.count)) as results:
                    async for result in results:
                        yield result
                        del result  # a page may be large, and the next one is on its way
            return
        cached = CachedJob(job, self.cache, self._scope)
        try:
            while not cached.is_done:
                with _telling_closed():
                    async with aclosing(self.client.work(cached, started=self.count)) as results:
                        async for result in results:
                            yield result
                            del result
        finally:
            cached.abandon()

    def pause(self, seconds: float) -> None:
        """
        Wait, with a synchronous client, until then or until it is closed.

        Raises:
            SdkError: The client is asynchronous.
        """
        with _telling_closed():
            self._now(None)._wait(seconds)  # noqa: SLF001 -- the one wait that close() ends

    async def apause(self, seconds: float) -> None:
        """
        Wait, with an asynchronous client.

        Raises:
            ClosedError: The client was closed meanwhile.
        """
        assert isinstance(self.client, AsyncPygenClient)
        with _telling_closed():
            await self.client._wait(seconds)  # noqa: SLF001 -- the one wait that aclose() ends

    def count(self, _call: Call) -> None:
        """Note a request that is being sent."""
        with self._lock:
            self.requests += 1

    def _now(self, plan: Plan[Any] | None) -> PygenClient:
        if isinstance(self.client, AsyncPygenClient):
            if plan is not None:
                plan.close()
            raise SdkError(
                "the object comes from an async client: write `await` and the method's name with an a in front"
            )
        return self.client

    def _cached(self, plan: Plan[ResultT]) -> Plan[ResultT]:
        return plan if self.cache is None else cached_plan(plan, self.cache, self._scope)


@contextmanager
def _telling_closed() -> Iterator[None]:
    """Say what to do where the client below says that it is closed."""
    try:
        yield
    except RuntimeError as error:
        if str(error) != IS_CLOSED:
            raise
        raise ClosedError from error
