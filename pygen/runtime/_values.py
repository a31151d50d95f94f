"""Types of fields, and their values as JSON of the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any, Final, get_args, get_origin

from pygen.client.models.ids import EdgeId, NodeId

__all__ = ["PLAIN", "mentions", "to_json"]

PLAIN: Final = frozenset({str, int, float, bool, type(None)})
"""Types whose values JSON has as they are."""


def to_json(value: Any) -> Any:
    """
    A property value in the form of the wire.

    Timestamps are written with milliseconds and offset (microseconds are cut, the service keeps none); one without a
    zone is taken as UTC, as the service does. Offsets that are no whole minutes, as those of old local times, are
    nothing that the service reads: such moments are written in UTC.

    Raises:
        TypeError: It has no such form.
    """
    kind = type(value)
    if kind in PLAIN:
        return value
    # The two that hold others go first: there may be many, and a match looks at one pattern after the other.
    if kind is list:
        return value.copy() if PLAIN.issuperset(map(type, value)) else [to_json(item) for item in value]
    if kind is dict:
        return {
            key if type(key) is str else _key_of(key): item if type(item) in PLAIN else to_json(item)
            for key, item in value.items()
        }
    return _json_of(value)


def _key_of(key: Any) -> str:
    """The key of a JSON object, from what Python's own `json` takes for one."""
    if isinstance(key, str):
        return str.__str__(key)
    if type(key) in PLAIN:
        return json.dumps(key)
    raise TypeError(f"{type(key).__name__} is no key of a JSON object")


def _json_of(value: Any) -> Any:
    """The same of other types."""
    match value:
        case bool() | int() | float() | str():
            return value
        case datetime():
            moment = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
            offset = moment.utcoffset()
            if offset is not None and offset.total_seconds() % 60:
                with suppress(OverflowError):  # not within the years 1 to 9999, which the service says
                    moment = moment.astimezone(UTC)
            return moment.isoformat(timespec="milliseconds")
        case date():
            return value.isoformat()
        case NodeId() | EdgeId():
            return {"space": value.space, "externalId": value.external_id}
        case list() | tuple():
            return [to_json(item) for item in value]
        case Mapping():
            return to_json(dict(value))
        case _:
            raise TypeError(f"{type(value).__name__} is no value of a property")


def mentions(annotation: Any, what: type[Any]) -> bool:
    """Whether a type is, or is made with, *what*: `list[NodeId] | None` mentions both."""
    return (get_origin(annotation) or annotation) is what or any(mentions(part, what) for part in get_args(annotation))
