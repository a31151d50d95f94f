"""Instances on their way in, and identifiers of instances (dms-api.md 4.1, 4.4, 4.6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pygen.client.checks.identifiers import (
    INSTANCE_TYPE,
    Problems,
    external_id_fault,
    instance_external_id_fault,
    shown,
    space_fault,
    version_fault,
)
from pygen.client.exceptions import InputProblem
from pygen.client.models.ids import EdgeId, NodeId

__all__ = ["check_instance_ids", "id_problem", "instance_problem", "located"]

_MOST_SOURCES = 100

_OBJECT = (dict, Mapping)  # the second alone would do, and takes much longer to find out
_SOUND_SOURCES = 4096
"""So many sources are remembered as sound: the same few come with every item."""

_sound: set[tuple[object, ...]] = set()


def instance_problem(item: object) -> str | None:
    """
    The first thing wrong with an instance that is to be written, as `place: message`; None if nothing is.

    The place is empty where the item as a whole is wrong; `located` makes a problem of it.
    Values of properties are not looked at: what fits is for the service to say. Fast, because it sees every item.
    """
    if not isinstance(item, _OBJECT):
        return f": must be an object; got {shown(item)}"
    fault = _identity_fault(item)
    if fault is not None:
        return fault
    is_edge = item["instanceType"] == "edge"
    if is_edge or item.get("type") is not None:
        fault = _reference_fault("type", item.get("type"))
    if is_edge and fault is None:
        fault = _reference_fault("startNode", item.get("startNode")) or _reference_fault("endNode", item.get("endNode"))
    return fault or _version_fault(item.get("existingVersion")) or _sources_fault(item.get("sources"))


def _identity_fault(item: Mapping[str, Any]) -> str | None:
    kind = item.get("instanceType")
    if kind not in ("node", "edge"):
        return f"instanceType: must be {INSTANCE_TYPE}; got {shown(kind)}"
    return _name_fault("", item.get("space"), item.get("externalId"))


def _reference_fault(place: str, value: object) -> str | None:
    if not isinstance(value, _OBJECT):
        return f"{place}: must be an object with space and externalId; got {shown(value)}"
    return _name_fault(f"{place}.", value.get("space"), value.get("externalId"))


def _name_fault(place: str, space: object, external_id: object) -> str | None:
    fault = space_fault(space)
    if fault is not None:
        return f"{place}space: {fault}"
    fault = instance_external_id_fault(external_id)
    return None if fault is None else f"{place}externalId: {fault}"


def _version_fault(value: object) -> str | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return None
    return f"existingVersion: must be an integer; got {shown(value)}"


def _sources_fault(sources: object) -> str | None:
    if sources is None:
        return None
    if not isinstance(sources, list | tuple):
        return f"sources: must be a list; got {shown(sources)}"
    if not 0 < len(sources) <= _MOST_SOURCES:
        return f"sources: must be 1-{_MOST_SOURCES} of them, or left out; got {len(sources)}"
    for index, entry in enumerate(sources):
        fault = _entry_fault(entry)
        if fault is not None:
            return f"sources[{index}]{fault}"
    return None


def _entry_fault(entry: object) -> str | None:
    """What is wrong with one of the sources, after its place: `.source.version: message`."""
    if not isinstance(entry, _OBJECT):
        return f": must be an object; got {shown(entry)}"
    fault = _source_fault(entry.get("source"))
    if fault is not None:
        return f".source{fault}"
    properties = entry.get("properties")
    if properties is None or isinstance(properties, _OBJECT):
        return None
    return f".properties: must be an object; got {shown(properties)}"


def _source_fault(source: object) -> str | None:
    """What is wrong with the view or container, after its place: `.version: message`."""
    if not isinstance(source, _OBJECT):
        return f": must be a view or a container; got {shown(source)}"
    kind = source.get("type")
    name = (kind, source.get("space"), source.get("externalId"), source.get("version"))
    try:
        if name in _sound:
            return None
    except TypeError:  # something in it cannot be hashed, so it is no text
        return _reference_parts_fault(source, kind)
    fault = _reference_parts_fault(source, kind)
    if fault is None:
        if len(_sound) >= _SOUND_SOURCES:
            _sound.clear()
        _sound.add(name)
    return fault


def _reference_parts_fault(source: Mapping[str, Any], kind: object) -> str | None:
    """The same of the parts of an object."""
    if kind not in ("view", "container"):
        return f".type: must be 'view' or 'container'; got {shown(kind)}"
    fault = space_fault(source.get("space"))
    if fault is not None:
        return f".space: {fault}"
    fault = external_id_fault(source.get("externalId"))
    if fault is not None:
        return f".externalId: {fault}"
    fault = version_fault(source.get("version")) if kind == "view" else None
    return None if fault is None else f".version: {fault}"


def id_problem(item: object) -> str | None:
    """The first thing wrong with the identifier of an instance, told as `instance_problem` tells it."""
    if isinstance(item, NodeId | EdgeId):
        return _name_fault("", item.space, item.external_id)
    if not isinstance(item, Mapping):
        return f": must be an object; got {shown(item)}"
    return _identity_fault(item) or _version_fault(item.get("existingVersion"))


def check_instance_ids(items: Iterable[NodeId | EdgeId | Mapping[str, Any]], where: str, problems: Problems) -> None:
    """Identifiers of instances: as values, or as bodies carry them, with `instanceType` and maybe `existingVersion`."""
    for index, item in enumerate(items):
        fault = id_problem(item)
        if fault is not None:
            problems.append(located(f"{where}[{index}]", fault))


def located(where: str, fault: str) -> InputProblem:
    """The answer of `instance_problem` about the item at *where*, as a problem."""
    place, _, message = fault.partition(": ")
    return InputProblem(f"{where}.{place}" if place else where, message)
