"""Saving and refreshing resources, as plans for either kind of client (see `pygen.client.calls`)."""

from __future__ import annotations

from typing import TypeVar

from pygen.client.applying import single_apply_call
from pygen.client.calls import Answer, JsonObject, Plan
from pygen.runtime import _state
from pygen.runtime.base import PygenResource, instance_id
from pygen.runtime.errors import NotFoundError
from pygen.runtime.retrieving import retrieve_plan
from pygen.runtime.serialization import changed_properties, moment, save_item

__all__ = ["refresh_plan", "save_plan"]

ResourceT = TypeVar("ResourceT", bound=PygenResource)


def save_plan(resource: PygenResource, *, check_version: bool = False) -> Plan[None]:
    """
    Write the fields that changed since the resource was read.

    It exists, so no rows are made in containers (see `Collector`): only what changed is sent.

    Args:
        resource: The resource; its version and its time of change become those of the answer.
        check_version: Whether it is refused when somebody else has changed the instance meanwhile.

    Raises:
        NotWritableError: A changed field, or its value, cannot be written.
    """
    changed = {
        field: value
        for field, kept in _state.origin(resource).items()
        if not _state.same(kept, value := getattr(resource, field))
    }
    if not changed:
        return
    item = save_item(resource, changed_properties(resource, changed))
    sent = {field: _state.snapshot(value) for field, value in changed.items()}  # a list may change while it is sent
    if check_version:
        item["existingVersion"] = resource.version
    answer: Answer = yield single_apply_call([item])._replace(read=_read_written)
    written = answer.value
    values = resource.__dict__
    values["version"] = written["version"]
    values["last_updated_time"] = moment(written["lastUpdatedTime"])
    _state.origin(resource).update(sent)


def _read_written(answer: Answer) -> JsonObject:
    """What the service says of the one item that was sent."""
    told = answer.items()
    if len(told) != 1 or not all(type(told[0].get(name)) is int for name in ("version", "lastUpdatedTime")):
        answer.refuse("the answer does not say what became of the item")
    written: JsonObject = told[0]
    return written


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
