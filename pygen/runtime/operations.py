"""What clients, view APIs and resources do, as plans for either kind of client (see `pygen.client.http`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from pygen.client.exceptions import DmsError
from pygen.client.http import Plan
from pygen.client.models.ids import EdgeId, NodeId
from pygen.client.resources.instances import apply_calls, delete_plan, retrieve_calls
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
    for call in retrieve_calls(asked, [info.view] if info else []):
        answer = yield call
        items, _ = decode(kind, answer, session)
        found += items
    by_id = {instance_id(item): item for item in found}
    ordered = [by_id[key] for key in asked if key in by_id]
    if len(asked) > len(found) or len(found) > 1:
        _state.join(session, ordered)  # one page for all of them, however many requests it took
    return ordered


def upsert_plan(session: Session, objects: Iterable[PygenWrite], *, replace: bool = False) -> Plan[UpsertResult]:
    """
    Write objects, in requests of at most 1,000 items.

    Raises:
        UpsertError: The service refused, or could not be reached; what was sent before is written.
    """
    items = collect(objects, session.instance_space)
    results: list[UpsertedItem] = []
    for call in apply_calls(items, replace=replace or None):
        assert call.body is not None
        sent = call.body["items"]
        try:
            answer = yield call
        except DmsError as error:
            results += [UpsertedItem(_key(item), "refused", error=error) for item in sent]
            results += [UpsertedItem(_key(item), "not_sent") for item in items[len(results) :]]
            raise UpsertError(UpsertResult(results), str(error)) from error
        results += [_upserted(item) for item in answer.json().get("items") or ()]
    return UpsertResult(results)


def _key(item: dict[str, Any]) -> NodeId | EdgeId:
    kind = EdgeId if item["instanceType"] == "edge" else NodeId
    return kind(item["space"], item["externalId"])


def _upserted(item: dict[str, Any]) -> UpsertedItem:
    return UpsertedItem(
        _key(item),
        "written" if item.get("wasModified", True) else "unchanged",
        version=item["version"],
        created_time=moment(item["createdTime"]),
        last_updated_time=moment(item["lastUpdatedTime"]),
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
    return (yield from delete_plan(dict.fromkeys(ids)))


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
    for call in apply_calls([save_item(resource, properties)]):
        answer = yield call
        written = _upserted(answer.json()["items"][0])
    values = resource.__dict__
    values["version"] = written.version
    values["last_updated_time"] = written.last_updated_time
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
    yield from delete_plan([instance_id(resource)])
