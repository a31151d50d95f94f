"""Spaces, containers, views and data models on their way in, as JSON of the write form (dms-api.md 3 and 8.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pygen.client.checks.filters import check_filter
from pygen.client.checks.identifiers import (
    Problems,
    as_list,
    as_object,
    check_choice,
    check_container_reference,
    check_external_id,
    check_identifier,
    check_instance_external_id,
    check_node_reference,
    check_property_name,
    check_source_reference,
    check_space,
    check_version,
    check_view_reference,
    shown,
)
from pygen.client.checks.requests import check_texts
from pygen.client.exceptions import InputProblem

__all__ = ["check_container_item", "check_data_model_item", "check_space_item", "check_view_item"]

# Only words that the OpenAPI document reserves; its prose elsewhere reserves more, which system models use.
_RESERVED_SPACES = frozenset({"space", "cdf", "dms", "pg3", "shared", "system", "node", "edge"})
_RESERVED_TYPES = frozenset(
    {"Query", "Mutation", "Subscription", "String", "Int32", "Int64", "Int", "Float32", "Float64", "Float"}
    | {"Timestamp", "JSONObject", "Date", "Numeric", "Boolean", "PageInfo", "File", "Sequence", "TimeSeries"}
)
_RESERVED_PROPERTIES = frozenset(
    {"space", "externalId", "createdTime", "lastUpdatedTime", "deletedTime", "edge_id", "node_id", "project_id"}
    | {"property_group", "seq", "tg_table_name", "extensions"}
)
_is_enum_value = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,127}").fullmatch
_NOT_ENUM_VALUES = ("true", "false", "null")
_MOST_OF_KIND = {"uniqueness": 10, "requires": 25}
_MOST_INDEXES = 10
_EDGE_KINDS = ("single_edge_connection", "multi_edge_connection")
_REVERSE_KINDS = ("single_reverse_direct_relation", "multi_reverse_direct_relation")


def check_space_item(item: Mapping[str, Any], where: str, problems: Problems) -> None:
    """A space to be written."""
    check_space(item.get("space"), f"{where}.space", problems)
    _check_reserved(item.get("space"), _RESERVED_SPACES, f"{where}.space", problems)
    _check_texts_for_people(item, where, problems)


def check_container_item(item: Mapping[str, Any], where: str, problems: Problems) -> None:
    """A container to be written; types that are not known are left to the service, which may be newer."""
    _check_names(item, where, problems)
    _check_reserved(item.get("externalId"), _RESERVED_TYPES, f"{where}.externalId", problems)
    check_choice(item.get("usedFor"), ("node", "edge", "all", "record"), f"{where}.usedFor", problems)
    properties = as_object(item.get("properties"), f"{where}.properties", problems)
    if properties is not None:
        if not properties:
            problems.append(InputProblem(f"{where}.properties", "must have at least 1 of them; got 0"))
        for name, found in properties.items():
            _check_declared(name, f"{where}.properties.{name}", problems)
            _check_container_property(found, f"{where}.properties.{name}", problems)
    _check_constraints(item.get("constraints"), f"{where}.constraints", problems)
    _check_indexes(item.get("indexes"), f"{where}.indexes", problems)


def check_view_item(item: Mapping[str, Any], where: str, problems: Problems) -> None:
    """A view to be written; connections that are not known are left to the service, which may be newer."""
    _check_names(item, where, problems)
    _check_reserved(item.get("externalId"), _RESERVED_TYPES, f"{where}.externalId", problems)
    check_version(item.get("version"), f"{where}.version", problems)
    check_filter(item.get("filter"), f"{where}.filter", problems)
    if item.get("implements") is not None:
        for index, parent in enumerate(as_list(item["implements"], f"{where}.implements", problems)):
            check_view_reference(parent, f"{where}.implements[{index}]", problems, versioned=False)
    if item.get("properties") is not None:
        for name, found in (as_object(item["properties"], f"{where}.properties", problems) or {}).items():
            _check_declared(name, f"{where}.properties.{name}", problems)
            _check_view_property(found, f"{where}.properties.{name}", problems)


def check_data_model_item(item: Mapping[str, Any], where: str, problems: Problems) -> None:
    """A data model to be written, with the views that stand in it as a whole."""
    _check_names(item, where, problems)
    check_version(item.get("version"), f"{where}.version", problems)
    if item.get("views") is None:
        return
    for index, found in enumerate(as_list(item["views"], f"{where}.views", problems)):
        place = f"{where}.views[{index}]"
        view = as_object(found, place, problems)
        if view is None:
            continue
        if "type" in view:  # else a view as a whole, were it without properties
            check_view_reference(view, place, problems)
        else:
            check_view_item(view, place, problems)


def _check_names(item: Mapping[str, Any], where: str, problems: Problems) -> None:
    check_space(item.get("space"), f"{where}.space", problems)
    check_external_id(item.get("externalId"), f"{where}.externalId", problems)
    _check_texts_for_people(item, where, problems)


def _check_texts_for_people(item: Mapping[str, Any], where: str, problems: Problems) -> None:
    for key, most in (("name", 255), ("description", 1024)):
        text = item.get(key)
        if text is None:
            continue
        if not isinstance(text, str):
            problems.append(InputProblem(f"{where}.{key}", f"must be a text; got {shown(text)}"))
        elif len(text) > most:
            problems.append(InputProblem(f"{where}.{key}", f"must have at most {most} characters; got {len(text)}"))


def _check_reserved(word: object, reserved: frozenset[str], where: str, problems: Problems) -> None:
    if isinstance(word, str) and word in reserved:
        problems.append(InputProblem(where, f"must not be {word!r}, which DMS keeps for itself"))


def _check_declared(name: object, where: str, problems: Problems) -> None:
    check_property_name(name, where, problems)
    _check_reserved(name, _RESERVED_PROPERTIES, where, problems)


def _check_flags(item: Mapping[str, Any], keys: tuple[str, ...], where: str, problems: Problems) -> None:
    for key in keys:
        if item.get(key) is not None and not isinstance(item[key], bool):
            problems.append(InputProblem(f"{where}.{key}", f"must be true or false; got {shown(item[key])}"))


def _check_container_property(found: object, where: str, problems: Problems) -> None:
    item = as_object(found, where, problems)
    if item is None:
        return
    _check_texts_for_people(item, where, problems)
    _check_flags(item, ("nullable", "immutable", "autoIncrement"), where, problems)
    kind = as_object(item.get("type"), f"{where}.type", problems)
    if kind is None:
        return
    _check_type(kind, f"{where}.type", problems)
    if kind.get("list") is True and item.get("defaultValue") is not None:
        problems.append(InputProblem(f"{where}.defaultValue", "must be left out: a list has no default"))
    if item.get("autoIncrement") is True and kind.get("type") not in ("int32", "int64"):
        problems.append(InputProblem(f"{where}.autoIncrement", f"needs int32 or int64; got {shown(kind.get('type'))}"))


def _check_type(kind: Mapping[str, Any], where: str, problems: Problems) -> None:
    if not isinstance(kind.get("type"), str):
        problems.append(InputProblem(f"{where}.type", f"must be a text; got {shown(kind.get('type'))}"))
    _check_flags(kind, ("list",), where, problems)
    for key in ("maxListSize", "maxTextSize"):
        size = kind.get(key)
        if size is not None and (not isinstance(size, int) or isinstance(size, bool)):
            problems.append(InputProblem(f"{where}.{key}", f"must be a whole number; got {shown(size)}"))
    if kind.get("unit") is not None:
        unit = as_object(kind["unit"], f"{where}.unit", problems)
        if unit is not None:
            check_instance_external_id(unit.get("externalId"), f"{where}.unit.externalId", problems)
    if kind.get("type") == "direct" and kind.get("container") is not None:
        check_container_reference(kind["container"], f"{where}.container", problems)
    if kind.get("type") == "enum":
        _check_enum(kind, where, problems)


def _check_enum(kind: Mapping[str, Any], where: str, problems: Problems) -> None:
    values = as_object(kind.get("values"), f"{where}.values", problems)
    if values is None:
        return
    if not values:
        problems.append(InputProblem(f"{where}.values", "must have at least 1 of them; got 0"))
    for name, texts in values.items():
        place = f"{where}.values.{name}"
        if not _is_enum_value(name) or name in _NOT_ENUM_VALUES:
            rule = "1-128 characters: a letter or _ first, then letters, digits and _; not true, false or null"
            problems.append(InputProblem(place, f"must be {rule}; got {shown(name)}"))
        if texts is not None:
            _check_texts_for_people(as_object(texts, place, problems) or {}, place, problems)
    unknown = kind.get("unknownValue")
    if unknown is not None and unknown not in tuple(values):
        problems.append(InputProblem(f"{where}.unknownValue", f"must be one of the values; got {shown(unknown)}"))


def _check_constraints(found: object, where: str, problems: Problems) -> None:
    if found is None:
        return
    counts = dict.fromkeys(_MOST_OF_KIND, 0)
    for name, entry in (as_object(found, where, problems) or {}).items():
        place = f"{where}.{name}"
        check_identifier(name, place, problems)
        constraint = as_object(entry, place, problems)
        if constraint is None:
            continue
        kind = constraint.get("constraintType") or ("requires" if "require" in constraint else "uniqueness")
        if kind == "requires":
            check_container_reference(constraint.get("require"), f"{place}.require", problems)
        elif kind == "uniqueness":
            check_texts(constraint.get("properties"), f"{place}.properties", problems)
            _check_flags(constraint, ("bySpace",), place, problems)
        if kind in tuple(counts):
            counts[kind] += 1
    for kind, most in _MOST_OF_KIND.items():
        if counts[kind] > most:
            problems.append(InputProblem(where, f"must have at most {most} of type {kind}; got {counts[kind]}"))


def _check_indexes(found: object, where: str, problems: Problems) -> None:
    if found is None:
        return
    indexes = as_object(found, where, problems) or {}
    if len(indexes) > _MOST_INDEXES:
        problems.append(InputProblem(where, f"must have at most {_MOST_INDEXES} of them; got {len(indexes)}"))
    for name, entry in indexes.items():
        place = f"{where}.{name}"
        check_identifier(name, place, problems)
        index = as_object(entry, place, problems)
        if index is not None and index.get("indexType", "btree") in ("btree", "inverted"):
            check_texts(index.get("properties"), f"{place}.properties", problems)
            _check_flags(index, ("cursorable", "bySpace"), place, problems)


def _check_view_property(found: object, where: str, problems: Problems) -> None:
    item = as_object(found, where, problems)
    if item is None:
        return
    _check_texts_for_people(item, where, problems)
    connection = item.get("connectionType")
    is_edge = connection in _EDGE_KINDS or ("container" not in item and "type" in item)
    if connection in _REVERSE_KINDS:
        _check_reverse(item, where, problems)
    elif connection is None and not is_edge:
        check_container_reference(item.get("container"), f"{where}.container", problems)
        place = f"{where}.containerPropertyIdentifier"
        check_property_name(item.get("containerPropertyIdentifier"), place, problems)
        if item.get("source") is not None:
            check_view_reference(item["source"], f"{where}.source", problems)
    elif connection is None or connection in _EDGE_KINDS:
        _check_edges(item, where, problems)


def _check_edges(item: Mapping[str, Any], where: str, problems: Problems) -> None:
    check_node_reference(item.get("type"), f"{where}.type", problems)
    check_view_reference(item.get("source"), f"{where}.source", problems)
    if item.get("edgeSource") is not None:
        check_view_reference(item["edgeSource"], f"{where}.edgeSource", problems)
    check_choice(item.get("direction"), ("outwards", "inwards"), f"{where}.direction", problems)


def _check_reverse(item: Mapping[str, Any], where: str, problems: Problems) -> None:
    check_view_reference(item.get("source"), f"{where}.source", problems)
    through = as_object(item.get("through"), f"{where}.through", problems)
    if through is not None:
        check_source_reference(through.get("source"), f"{where}.through.source", problems)
        check_property_name(through.get("identifier"), f"{where}.through.identifier", problems)
