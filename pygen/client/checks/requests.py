"""What the requests for instances share, and each of them as a whole, except queries (dms-api.md 4.3, 5.4, 5.5, 7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pygen.client.checks.filters import check_filter
from pygen.client.checks.identifiers import (
    Problems,
    as_list,
    as_object,
    check_choice,
    check_instance_external_id,
    check_instance_type,
    check_property_reference,
    check_view_reference,
    shown,
)
from pygen.client.exceptions import InputProblem

__all__ = [
    "check_aggregate",
    "check_aggregates",
    "check_group_by",
    "check_limit",
    "check_list",
    "check_search",
    "check_sort",
    "check_sources",
    "check_target_units",
    "check_texts",
]

_DIRECTIONS = ("ascending", "descending")
_FUNCTIONS = ("avg", "count", "histogram", "max", "min", "sum")


def check_limit(limit: object, most: int | None, where: str, problems: Problems, *, least: int | None = 1) -> None:
    """A whole number from *least* to *most* (None: no end); None is the default of whoever is asked."""
    if limit is None:
        return
    if not isinstance(limit, int) or isinstance(limit, bool):
        problems.append(InputProblem(where, f"must be a whole number; got {shown(limit)}"))
    elif (least is not None and limit < least) or (most is not None and limit > most):
        rule = f"at least {least}" if most is None else f"from {least} to {most}"
        problems.append(InputProblem(where, f"must be {rule}; got {shown(limit)}"))


def check_sort(sort: object, where: str, problems: Problems, most: int = 5, *, nulls_first: bool = True) -> None:
    """
    The keys of a sort.

    Args:
        sort: The keys; None is no sort.
        where: Their place.
        problems: Appended to.
        most: How many there may be.
        nulls_first: Whether they may say `nullsFirst`; those of a search may not.
    """
    if sort is None:
        return
    for index, entry in enumerate(as_list(sort, where, problems, most=most)):
        place = f"{where}[{index}]"
        key = as_object(entry, place, problems)
        if key is None:
            continue
        check_property_reference(key.get("property"), f"{place}.property", problems)
        check_choice(key.get("direction"), _DIRECTIONS, f"{place}.direction", problems)
        if not nulls_first and key.get("nullsFirst") is not None:
            problems.append(InputProblem(f"{place}.nullsFirst", "must be left out: a search does not know it"))


def check_sources(sources: object, where: str, problems: Problems, most: int = 10, *, selecting: bool = False) -> None:
    """
    The views to read through.

    Args:
        sources: The views, each as `{"source": view}`; None is none.
        where: Their place.
        problems: Appended to.
        most: How many there may be.
        selecting: Whether each must name its `properties`, as in a query (dms-api.md 6.1).
    """
    if sources is None:
        return
    for index, entry in enumerate(as_list(sources, where, problems, most=most)):
        place = f"{where}[{index}]"
        source = as_object(entry, place, problems)
        if source is None:
            continue
        check_view_reference(source.get("source"), f"{place}.source", problems)
        check_target_units(source.get("targetUnits"), f"{place}.targetUnits", problems)
        if selecting:
            check_texts(source.get("properties"), f"{place}.properties", problems)


def check_target_units(units: object, where: str, problems: Problems) -> None:
    """The units to convert values to, 1-10 of them; None is no conversion (dms-api.md 5.5)."""
    if units is None:
        return
    for index, entry in enumerate(as_list(units, where, problems, least=1, most=10)):
        place = f"{where}[{index}]"
        target = as_object(entry, place, problems)
        if target is None:
            continue
        _check_text(target.get("property"), f"{place}.property", problems)
        unit = as_object(target.get("unit"), f"{place}.unit", problems)
        if unit is None:
            continue
        if "unitSystemName" in unit:
            _check_text(unit["unitSystemName"], f"{place}.unit.unitSystemName", problems)
        else:
            check_instance_external_id(unit.get("externalId"), f"{place}.unit.externalId", problems)


def check_texts(texts: object, where: str, problems: Problems, *, least: int = 0, most: int | None = None) -> None:
    """A list of texts."""
    for index, text in enumerate(as_list(texts, where, problems, least=least, most=most)):
        _check_text(text, f"{where}[{index}]", problems)


def _check_text(text: object, where: str, problems: Problems) -> None:
    if not isinstance(text, str):
        problems.append(InputProblem(where, f"must be a text; got {shown(text)}"))


def check_aggregates(aggregates: object, where: str, problems: Problems) -> None:
    """
    The functions to compute, at most 5; None is none.

    A function that is not known is left to the service, which may be newer.
    """
    if aggregates is None:
        return
    for index, entry in enumerate(as_list(aggregates, where, problems, most=5)):
        place = f"{where}[{index}]"
        aggregate = as_object(entry, place, problems)
        if aggregate is None:
            continue
        if len(aggregate) != 1:
            problems.append(InputProblem(place, f"must have one function; got {len(aggregate)}"))
        for name in aggregate:
            if name in _FUNCTIONS:
                _check_function(name, aggregate[name], f"{place}.{name}", problems)


def _check_function(name: str, argument: object, where: str, problems: Problems) -> None:
    found = as_object(argument, where, problems)
    if found is None:
        return
    if name != "count" or found.get("property") is not None:
        _check_text(found.get("property"), f"{where}.property", problems)
    interval = found.get("interval")
    if name == "histogram" and (isinstance(interval, bool) or not isinstance(interval, int | float)):
        problems.append(InputProblem(f"{where}.interval", f"must be a number; got {shown(interval)}"))


def check_group_by(group_by: object, where: str, problems: Problems) -> None:
    """The properties to group by, 1-5 of them; None is no grouping."""
    if group_by is not None:
        check_texts(group_by, where, problems, least=1, most=5)


def check_list(body: Mapping[str, Any], problems: Problems) -> None:
    """A request for a list of instances, as a whole."""
    check_instance_type(body.get("instanceType"), "instanceType", problems)
    check_sources(body.get("sources"), "sources", problems)
    check_filter(body.get("filter"), "filter", problems)
    check_sort(body.get("sort"), "sort", problems)
    check_limit(body.get("limit"), 1000, "limit", problems)


def check_search(body: Mapping[str, Any], problems: Problems) -> None:
    """A search, as a whole."""
    _check_searching(body, problems)
    check_sort(body.get("sort"), "sort", problems, nulls_first=False)


def check_aggregate(body: Mapping[str, Any], problems: Problems) -> None:
    """A request for aggregates, as a whole."""
    _check_searching(body, problems, most_properties=200)
    check_aggregates(body.get("aggregates"), "aggregates", problems)
    check_group_by(body.get("groupBy"), "groupBy", problems)


def _check_searching(body: Mapping[str, Any], problems: Problems, *, most_properties: int | None = None) -> None:
    """What a search and a request for aggregates have in common."""
    check_view_reference(body.get("view"), "view", problems)
    check_instance_type(body.get("instanceType"), "instanceType", problems)
    if body.get("query") is not None:
        _check_text(body["query"], "query", problems)
    if body.get("properties") is not None:
        check_texts(body["properties"], "properties", problems, most=most_properties)
    check_choice(body.get("operator"), ("AND", "OR"), "operator", problems)
    check_filter(body.get("filter"), "filter", problems)
    check_target_units(body.get("targetUnits"), "targetUnits", problems)
    check_limit(body.get("limit"), 1000, "limit", problems)
