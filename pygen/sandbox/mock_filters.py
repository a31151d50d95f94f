"""What the filter of a view demands of the instances that belong to it, as far as it says so plainly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pygen.sandbox.catalog import Catalog, ContainerDef, ViewDef, ViewProp
from pygen.sandbox.problems import Refusal

__all__ = ["Demands", "demands_of"]

Json = dict[str, Any]


@dataclass(slots=True)
class Demands:
    """
    What an instance must be like.

    Attributes:
        type: Its type; None: any.
        space: Its space; None: any.
        prefix: What its external id begins with.
        values: What properties may be: by the number of the container and the property's name.
        containers: Where it must have data, beside the containers that its view shows.
    """

    type: Json | None = None
    space: str | None = None
    prefix: str = ""
    values: dict[tuple[int, str], list[Any]] = field(default_factory=dict)
    containers: list[ContainerDef] = field(default_factory=list)


def demands_of(catalog: Catalog, view: ViewDef) -> Demands:
    """
    What the filter of a view demands.

    Of alternatives the first is taken. What is not understood (`not`, `range`, `nested`, ...) demands nothing:
    instances may then miss the view, but are still valid.
    """
    demands = Demands()
    if view.filter is not None:
        _collect(catalog, view.filter, demands)
    return demands


def _collect(catalog: Catalog, filter_: Mapping[str, Any], demands: Demands) -> None:
    for operator, content in filter_.items():
        match operator, content:
            case "and", [*parts]:
                for part in parts:
                    _collect(catalog, part, demands)
            case "or", [first, *_]:
                _collect(catalog, first, demands)
            case "hasData", [*sources]:
                for source in sources:
                    demands.containers += _containers(catalog, source)
            case "prefix", {"property": ["node" | "edge", "externalId"], "value": str(value)}:
                demands.prefix = value
            case _, {"property": [*path], **compared}:
                values = _allowed(operator, compared)
                if values:
                    _demand(catalog, path, values, demands)
            case _:
                pass


def _allowed(operator: str, compared: Mapping[Any, Any]) -> list[Any]:
    """The values that a comparison leaves to a property; none where there are many, or nobody knows."""
    match operator, compared:
        case "equals", {"value": value}:
            return [value]
        case "in", {"values": [*values]}:
            return values
        case "containsAny" | "containsAll", {"values": [_, *_] as values}:
            return [values]
    return []


def _containers(catalog: Catalog, source: Json) -> list[ContainerDef]:
    try:
        found = catalog.source(source)
    except Refusal:
        return []
    return list(found.containers) if isinstance(found, ViewDef) else [found]


def _demand(catalog: Catalog, path: Sequence[str], values: list[Any], demands: Demands) -> None:
    match path, values[0]:
        case ["node" | "edge", "type"], {"space": str(space), "externalId": str(external_id)}:
            demands.type = {"space": space, "externalId": external_id}
        case ["node" | "edge", "space"], str(space):
            demands.space = space
        case ["node" | "edge", _], _:
            pass
        case _:
            try:
                found = catalog.property(path)
            except Refusal:
                return
            # A dict is the value of a direct relation, or refers to another property or a parameter.
            if isinstance(found, ViewProp) and not any(isinstance(value, dict) for value in values):
                demands.values[found.container.number, found.prop.name] = values
                demands.containers.append(found.container)
