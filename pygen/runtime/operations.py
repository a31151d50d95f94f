"""What clients, view APIs and resources do, as plans for either kind of client (see `pygen.client.calls`)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, TypeVar

from pygen.client.applying import ApplyOptions, Entry, complete_job, delete_job, single_apply_call
from pygen.client.calls import Answer, Plan
from pygen.client.models.ids import EdgeId, NodeId
from pygen.client.resources.instance_calls import retrieve_calls
from pygen.client.results import ItemResult
from pygen.runtime import _state
from pygen.runtime.base import PygenEdge, PygenEdgeWrite, PygenResource, PygenWrite, instance_id
from pygen.runtime.errors import NotFoundError, UpsertError
from pygen.runtime.pagination import decode
from pygen.runtime.references import node_id, written_id
from pygen.runtime.serialization import UpsertedItem, UpsertResult, changed_properties, collect, moment, save_item
from pygen.runtime.session import Session

__all__ = [
    "delete_any_plan",
    "delete_resource_plan",
    "refresh_plan",
    "retrieve_plan",
    "save_plan",
    "upsert_plan",
]

ResourceT = TypeVar("ResourceT", bound=PygenResource)


def retrieve_plan(kind: type[ResourceT], session: Session, ids: Iterable[NodeId | EdgeId]) -> Plan[list[ResourceT]]:
    """Fetch instances by id through the class's view; unknown ones are left out, and the order is that of *ids*."""
    asked = list(dict.fromkeys(ids))
    info = getattr(kind, "__pygen__", None)
    found: list[ResourceT] = []
    for call in retrieve_calls(asked, [info.view] if info else [], read=partial(decode, kind, session=session)):
        answer: Answer = yield call
        items, _ = answer.value
        found += items
    by_id = {instance_id(item): item for item in found}
    ordered = [by_id[key] for key in asked if key in by_id]
    if len(asked) > len(found) or len(found) > 1:
        _state.join(session, ordered)  # one page for all of them, however many requests it took
    return ordered


def upsert_plan(session: Session, objects: Iterable[PygenWrite], *, replace: bool = False) -> Plan[UpsertResult]:
    """
    Write objects, in requests of at most 1,000 items, what is referred to first.

    Raises:
        UpsertError: Something was not written; the rest is.
    """
    items = collect(objects, session.instance_space)
    flags = {"replace": True} if replace else {}
    given = [Entry(item, is_delete=False) for item in items]
    written: list[ItemResult] = yield complete_job(given, ApplyOptions(flags=flags))
    result = UpsertResult(_upserted(kept, _key(item), session) for kept, item in zip(written, items, strict=True))
    failure = next((item for item in result if item.error is not None), None)
    if failure is not None:
        raise UpsertError(result, str(failure.error)) from failure.error
    return result


def _key(item: dict[str, Any]) -> NodeId | EdgeId:
    kind = EdgeId if item["instanceType"] == "edge" else NodeId
    return kind(item["space"], item["externalId"])


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


def delete_any_plan(session: Session, given: Any, *, edges: bool = False) -> Plan[list[NodeId | EdgeId]]:
    """
    Delete whatever *given* names: objects and ids, one or several.

    Args:
        session: Where.
        given: An object, an id, an external id, or any iterable of them.
        edges: Whether external ids and pairs mean edges.
    """
    several = not isinstance(given, str | NodeId | EdgeId | PygenResource | PygenWrite) and not _is_pair(given)
    ids = [to_instance_id(one, session.instance_space, edges=edges) for one in (given if several else [given])]
    results: list[ItemResult] = yield delete_job(dict.fromkeys(ids))
    failure = next((result for result in results if result.error is not None), None)
    if failure is not None and failure.error is not None:
        raise failure.error
    return [result.id for result in results if result.status == "deleted" and result.id is not None]


def _is_pair(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, str) for part in value)


def to_instance_id(reference: Any, default_space: str | None, *, edges: bool) -> NodeId | EdgeId:
    """The node or edge that *reference* names."""
    match reference:
        case NodeId() | EdgeId():
            return reference
        case PygenEdge():
            return instance_id(reference)
        case PygenEdgeWrite():
            key = written_id(reference, default_space)
            return EdgeId(key.space, key.external_id)
    key = node_id(reference, default_space)
    as_edge = edges and not isinstance(reference, PygenResource | PygenWrite)
    return EdgeId(key.space, key.external_id) if as_edge else key


def save_plan(resource: PygenResource) -> Plan[None]:
    """Write the fields that changed since the resource was read."""
    changed = {
        field: value
        for field, kept in _state.origin(resource).items()
        if not _state.same(kept, value := getattr(resource, field))
    }
    if not changed:
        return
    properties = changed_properties(resource, changed)
    answer: Answer = yield single_apply_call([save_item(resource, properties)])
    written = answer.value[0]
    values = resource.__dict__
    values["version"] = written["version"]
    values["last_updated_time"] = moment(written["lastUpdatedTime"])
    for field, value in changed.items():
        _state.origin(resource)[field] = _state.snapshot(value)


def refresh_plan(resource: ResourceT) -> Plan[None]:
    """Read the resource again, in place."""
    session = _state.session_of(resource, "refresh")
    found = yield from retrieve_plan(type(resource), session, [instance_id(resource)])
    if not found:
        raise NotFoundError(f"{type(resource).__name__} {instance_id(resource)} is not there any more")
    fresh = found[0]
    resource.__dict__.clear()
    resource.__dict__.update(fresh.__dict__)
    object.__setattr__(resource, "__pydantic_fields_set__", set(fresh.model_fields_set))
    _state.adopt(resource, fresh)


def delete_resource_plan(resource: PygenResource) -> Plan[None]:
    """Delete the resource's instance."""
    yield from delete_any_plan(_state.session_of(resource, "delete"), instance_id(resource))
