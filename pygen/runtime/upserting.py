"""Writing any number of objects: how it is meant, the plan of it, and what becomes of each item."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import nullcontext
from typing import Literal, TypeAlias, TypedDict

from pygen.client.applying import ApplyJob, ApplyOptions, Entry, apply_flags, complete_job
from pygen.client.calls import Answer, Call, Plan
from pygen.client.collector import gc_patience, gc_pause
from pygen.client.exceptions import DmsError
from pygen.client.jobs import Job
from pygen.client.keywords import refuse_unknown
from pygen.client.models.ids import EdgeId, NodeId
from pygen.client.results import ApplyProgress, ItemResult
from pygen.runtime.base import PygenWrite
from pygen.runtime.collecting import Collector
from pygen.runtime.errors import UpsertError
from pygen.runtime.external_ids import ExternalIds, check_external_ids
from pygen.runtime.serialization import moment
from pygen.runtime.session import Session
from pygen.runtime.upsert_results import UpsertedItem, UpsertPreview, UpsertResult

__all__ = ["Nulls", "UpsertOptions", "preview_of", "upsert_plan"]

Nulls: TypeAlias = Literal["keep", "clear"]
"""What a missing value of a data frame means: the property keeps its value, or it is cleared."""


class UpsertOptions(TypedDict, total=False):
    """
    How an upsert is meant, and how it is done.

    Attributes:
        replace: Whether properties that are not set are reset, in every container behind the view; left out, they keep
            their values.
        skip_on_version_conflict: Whether instances newer than their `existing_version` are left alone rather than
            refused.
        auto_create_start_nodes: Whether missing start nodes of edges are created, without data. The service's default
            is to refuse the edge.
        auto_create_end_nodes: The same for end nodes.
        auto_create_direct_relations: Whether missing targets of direct relations, and types, are created, without data;
            the service's default.
        external_ids: Makes external ids for objects that have none; the client's own setting where it is left out.
        nulls: For data frames: whether a missing value keeps what the instance has (`keep`, the default), or clears it.
        parallel: Most requests under way at once; 2 where it is left out.
        safe_to_repeat: Whether a request may be sent again when its answer was lost; True where it is left out. Say
            False where a property counts up by itself (`autoIncrement`). What carries an `existing_version` is never
            repeated, unless conflicts are skipped.
        on_progress: Told after each request, in the thread or task of the caller.
    """

    replace: bool
    skip_on_version_conflict: bool
    auto_create_start_nodes: bool
    auto_create_end_nodes: bool
    auto_create_direct_relations: bool
    external_ids: ExternalIds | None
    nulls: Nulls
    parallel: int
    safe_to_repeat: bool
    on_progress: Callable[[ApplyProgress], None] | None


def _apply_options(options: UpsertOptions) -> ApplyOptions:
    parallel = options.get("parallel", 2)
    if parallel < 1:
        raise ValueError(f"parallel is {parallel}; at least one request must be under way")
    return ApplyOptions(
        flags=apply_flags(options),
        parallel=parallel,
        safe_to_repeat=options.get("safe_to_repeat", True),
        on_progress=options.get("on_progress"),
        is_plain=True,
    )


def _collector(session: Session, options: UpsertOptions) -> Collector:
    """Gathers items as *options* say."""
    refuse_unknown(options, UpsertOptions.__optional_keys__, "upsert")
    external_ids = options.get("external_ids", session.external_ids)
    check_external_ids(external_ids)
    return Collector(session.instance_space, external_ids, replace=bool(options.get("replace")))


def preview_of(session: Session, objects: Iterable[PygenWrite], options: UpsertOptions) -> UpsertPreview:
    """
    What an upsert would send; nothing is sent, but external ids that are made are kept in the objects.

    Raises:
        SdkError: Something cannot be written; see `pygen.runtime.collecting`.
    """
    collector = _collector(session, options)
    for written in objects:
        collector.add(written)
    return UpsertPreview(collector.items())


def upsert_plan(session: Session, objects: Iterable[PygenWrite], options: UpsertOptions) -> Plan[UpsertResult]:
    """
    Write objects, in requests of at most 1,000 items, what is referred to first.

    A collection is looked through before anything is sent. Of an iterator, and of a collection in which no object
    refers to another, some thousand instances are gathered at a time, so memory does not grow with their number.

    Raises:
        SdkError: An object cannot be written; nothing was sent.
        UpsertError: Something was not written; the rest is.
    """
    collector = _collector(session, options)
    how = _apply_options(options)
    if isinstance(objects, Collection) and not _is_flat(objects, collector):
        with gc_pause:
            for written in objects:
                collector.add(written)
        given = [Entry(item, is_delete=False) for item in collector.items()]
        results: list[ItemResult] = yield complete_job(given, how)
        return _checked(_results(results, session), None)
    stream = _Stream(collector, objects, how)
    with gc_patience:  # the items of a request are gone when it has been answered
        results = yield stream
    if stream.failure is not None and not results:
        raise stream.failure
    dropped = [UpsertedItem(key, "not_sent") for key in stream.dropped]
    return _checked([*_results(results, session), *dropped], stream.failure)


def _is_flat(objects: Collection[PygenWrite], collector: Collector) -> bool:
    """
    Whether each object is an instance of its own that refers to no other: then the order of requests does not matter.

    What can be said of objects alone is checked on the way.
    """
    seen = set()
    for written in objects:
        key = collector.flat_key(written)
        if key is None or key in seen:
            return False
        seen.add(key)
    return True


class _Stream(Job[ItemResult]):
    """
    An apply that gathers its items itself, some thousand at a time.

    Args:
        collector: Gathers items.
        objects: What is written.
        options: How.

    Attributes:
        failure: Why the input ended early.
        dropped: What had been gathered by then, and was not sent.
    """

    def __init__(self, collector: Collector, objects: Iterable[PygenWrite], options: ApplyOptions) -> None:
        self.parallel = options.parallel
        self.failure: Exception | None = None
        self.dropped: Sequence[NodeId | EdgeId] = ()
        self._collector = collector
        self._objects = iter(objects)
        self._is_lazy = not isinstance(objects, Collection)
        self._job = ApplyJob(options.streamed())

    def next_call(self) -> Call | None:
        """The next request; gathers its items first, where there are none."""
        while wanted := self._job.wanted():
            last = self._gather(wanted)
            with gc_pause:
                self._job.feed([Entry(item, is_delete=False) for item in self._collector.items()], last=last)
            self._collector.clear()
        return self._job.next_call()

    def _gather(self, wanted: int) -> bool:
        """Gather items; tells whether these are the last."""
        try:
            # An iterator runs code of its owner, who may need the collector.
            with nullcontext() if self._is_lazy else gc_pause:
                for written in self._objects:
                    self._collector.add(written)
                    if len(self._collector) >= wanted:
                        return False
        except Exception as error:  # noqa: BLE001 -- it is raised by the plan, when what is under way has been told
            self.failure = error
            self.dropped = self._collector.keys()
            self._collector.clear()
        return True

    def finish(self, call: Call, outcome: Answer | DmsError) -> None:
        """Take what became of a request."""
        with gc_pause:
            self._job.finish(call, outcome)

    def results(self) -> Iterable[ItemResult]:
        """What has become of items since this was asked last."""
        return self._job.results()


def _results(results: Iterable[ItemResult], session: Session) -> list[UpsertedItem]:
    with gc_pause:
        return [_upserted(kept, kept.id, session) for kept in results if kept.id is not None]


def _upserted(kept: ItemResult, key: NodeId | EdgeId, session: Session) -> UpsertedItem:
    error = kept.error
    if error is not None:
        error.project = error.project or session.client.project
    return UpsertedItem(
        key,
        kept.status,
        kept.version,
        None if kept.created_time is None else moment(kept.created_time),
        None if kept.last_updated_time is None else moment(kept.last_updated_time),
        error,
    )


def _checked(items: Sequence[UpsertedItem], failure: Exception | None) -> UpsertResult:
    """
    The result as a whole.

    Raises:
        UpsertError: Something was not written.
    """
    result = UpsertResult(items)
    if failure is not None:
        raise UpsertError(result, f"the input ended early: {failure}") from failure
    error = next((item.error for item in result if item.error is not None), None)
    if error is not None:
        raise UpsertError(result, str(error)) from error
    return result
