"""Filters and orders of GraphQL, as those that the other operations understand (dms-api.md 5, 11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias

from pygen.sandbox.catalog import ViewDef, ViewProp, view_id
from pygen.sandbox.problems import Refusal

__all__ = [
    "BASE_TIMES",
    "all_of_filters",
    "epoch_ms",
    "instance_type",
    "path_of",
    "read_filter",
    "read_sort",
    "through_path",
]

Json: TypeAlias = dict[str, Any]

BASE_TIMES = ("createdTime", "lastUpdatedTime")
_BASE = ("space", "externalId", *BASE_TIMES)
_BOUNDS = ("gt", "gte", "lt", "lte")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def instance_type(view: ViewDef) -> Literal["node", "edge"]:
    """What the instances of a view are."""
    return "edge" if view.used_for == "edge" else "node"


def path_of(view: ViewDef, name: str) -> list[str]:
    """The reference to a property of a view, or to one that every instance has."""
    if name in view.mapped:
        return [view.id.space, f"{view.id.external_id}/{view.id.version}", name]
    return [instance_type(view), name]


def all_of_filters(filters: Sequence[Json]) -> Json | None:
    """A filter that demands all of some; None: there are none."""
    if len(filters) < 2:
        return filters[0] if filters else None
    return {"and": list(filters)}


def read_filter(views: Mapping[Any, ViewDef], view: ViewDef, given: Mapping[str, Any] | None) -> Json | None:
    """
    Read a filter.

    Args:
        views: All views of the schema, by identifier: relations are followed through them.
        view: The view whose instances are looked at.
        given: The filter; a null anywhere in it says nothing.

    Returns:
        None where it says nothing at all.

    Raises:
        Refusal: A time is none.
    """
    return all_of_filters(list(_conditions(views, view, given or {})))


def _conditions(views: Mapping[Any, ViewDef], view: ViewDef, given: Mapping[str, Any]) -> Iterator[Json]:
    for name, content in given.items():
        if content is None:
            continue
        if name in {"and", "or"}:
            parts = [part for each in content if (part := read_filter(views, view, each)) is not None]
            if parts:
                yield {name: parts}
        elif name == "not":
            inner = read_filter(views, view, content)
            if inner is not None:
                yield {"not": inner}
        elif (target := _target(views, view.mapped.get(name))) is not None:
            inner = read_filter(views, target, content)
            if inner is not None:
                yield {"nested": {"scope": path_of(view, name), "filter": inner}}
        else:
            yield from _comparisons(path_of(view, name), content, is_time=name in BASE_TIMES)


def _target(views: Mapping[Any, ViewDef], prop: ViewProp | None) -> ViewDef | None:
    """The view that a filter follows a direct relation to."""
    if prop is None or prop.prop.type != "direct" or prop.prop.is_list or prop.source is None:
        return None
    return views.get(prop.source)


def _comparisons(path: Sequence[str], given: Mapping[str, Any], *, is_time: bool) -> Iterator[Json]:
    said = {operator: value for operator, value in given.items() if value is not None}
    if is_time:
        said = {operator: _milliseconds(value) for operator, value in said.items()}
    bounds = {operator: value for operator, value in said.items() if operator in _BOUNDS}
    if bounds:
        yield {"range": {"property": path, **bounds}}
    for operator, value in said.items():
        match operator:
            case "eq":
                yield {"equals": {"property": path, "value": value}}
            case "in" | "containsAny" | "containsAll":
                yield {operator: {"property": path, "values": value}}
            case "prefix":
                yield {"prefix": {"property": path, "value": value}}
            case "isNull":
                exists = {"exists": {"property": path}}
                yield {"not": exists} if value else exists


def _milliseconds(value: Any) -> Any:
    """The times that every instance has are numbers to filters (dms-api.md 5.1)."""
    if isinstance(value, list):
        return [_milliseconds(each) for each in value]
    if not isinstance(value, str):
        return value
    moment = epoch_ms(value)
    if moment is None:
        raise Refusal(f"'{value[:60]}' is no timestamp")
    return moment


def epoch_ms(text: str) -> int | None:
    """A timestamp in epoch milliseconds, UTC where it names no zone; None: it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    # A difference, because the first and last days of all have no neighbours in other zones.
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MILLISECOND


def read_sort(view: ViewDef, given: Sequence[Mapping[str, str | None]] | None) -> list[Json]:
    """Read an order: properties with `ascending` or `descending`, the most important first."""
    return [
        {"property": path_of(view, name), "direction": direction}
        for key in given or ()
        for name, direction in key.items()
        if direction is not None
    ]


def through_path(through: Mapping[str, Any]) -> list[str]:
    """The reference to the property that a reverse relation goes through."""
    source = through["source"]
    if source["type"] == "container":
        return [source["space"], source["externalId"], through["identifier"]]
    identifier = view_id(source)
    return [identifier.space, f"{identifier.external_id}/{identifier.version}", through["identifier"]]
