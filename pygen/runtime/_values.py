"""Types of fields, and their values as JSON of the wire."""

from __future__ import annotations

from collections.abc import Mapping
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
    zone is taken as UTC, as the service does.
    """
    kind = type(value)
    if kind in PLAIN:
        return value
    # The two that hold others go first: there may be many, and a match looks at one pattern after the other.
    if kind is list:
        return value.copy() if PLAIN.issuperset(map(type, value)) else [to_json(item) for item in value]
    if kind is dict:
        return {key: item if type(item) in PLAIN else to_json(item) for key, item in value.items()}
    return _json_of(value)


def _json_of(value: Any) -> Any:
    """The same of other types."""
    match value:
        case bool() | int() | float() | str():
            return value
        case datetime():
            moment = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
            return moment.isoformat(timespec="milliseconds")
        case date():
            return value.isoformat()
        case NodeId() | EdgeId():
            return {"space": value.space, "externalId": value.external_id}
        case list() | tuple():
            return [to_json(item) for item in value]
        case Mapping():
            return {key: to_json(item) for key, item in value.items()}
        case _:
            raise TypeError(f"{type(value).__name__} is no value of a property")


def mentions(annotation: Any, what: type[Any]) -> bool:
    """Whether a type is, or is made with, *what*: `list[NodeId] | None` mentions both."""
    return (get_origin(annotation) or annotation) is what or any(mentions(part, what) for part in get_args(annotation))
