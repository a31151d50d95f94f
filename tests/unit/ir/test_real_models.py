"""Data models that others made, read without losing anything."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pygen.errors import Problem
from pygen.ir import build_model
from pygen.ir.models import (
    DirectRelation,
    EdgeConnection,
    IRModel,
    IRProperty,
    IRRelationship,
    ReverseDirectRelation,
)
from pygen.ir.types import EnumType, FloatType, IntegerType, ReferenceType
from pygen.sources import load_containers, load_data_model

PROBLEMS: dict[str, dict[str, int]] = {
    "apm_simple": {},
    "apm_source_data": {},
    "cdm_extension_full": {"PYG109": 1, "PYG202": 33},
    "cfihos_full": {"PYG105": 617, "PYG201": 925, "PYG202": 24},
    "cognite_core": {},
    "core_no_3d": {"PYG201": 2},
    "isa_manufacturing": {"PYG201": 1},
    "maintain": {"PYG105": 1, "PYG108": 1, "PYG201": 9, "PYG202": 1},
    "movie_actors": {},
    "omni": {},
    "omni_multi_a": {},
    "omni_multi_b": {},
    "omni_multi_c": {},
    "power_ops": {},
    "power_ops_asset": {},
    "process_industry_extension": {"PYG202": 14},
    "pump_lift_stations": {"PYG202": 4},
    "pumps": {},
    "rmdm": {},
    "scenario_instance": {},
    "scene": {"PYG108": 2, "PYG109": 1, "PYG201": 1, "PYG202": 3},
    "toolkit_populate": {},
    "wind_turbine": {},
}
"""How many problems of each code a model has; what changes here, changes for users."""

STANDING_ALONE: dict[str, set[str]] = {
    "isa_manufacturing": {"Personnel"},
    "rmdm": {
        "Asset",
        "Equipment",
        "EquipmentType",
        "FileExtension",
        "MaintenanceOrder",
        "Notification",
        "TimeSeriesExtension",
    },
}
"""Views that have parents in the model and inherit from none: they override in ways no class can."""


@dataclass(frozen=True)
class Built:
    """A model with what was made of it."""

    raw: dict[str, Any]
    model: IRModel
    problems: tuple[Problem, ...]


@pytest.fixture(scope="module")
def build(shared: Path) -> Any:
    """Build real models, each once."""
    known: dict[str, Built] = {}

    def built(name: str) -> Built:
        if name not in known:
            path = shared / "models" / f"{name}.json"
            document = json.loads(path.read_bytes())
            raw = document["items"][0] if "items" in document else document
            known[name] = Built(raw, *build_model(load_data_model(path), containers=load_containers(path)))
        return known[name]

    return built


def test_the_table_names_every_model(shared: Path) -> None:
    """A model that is added to the corpus is tested, too."""
    files = (shared / "models").glob("*.json")
    assert set(PROBLEMS) == {path.stem for path in files if not path.stem.endswith(".containers")}


@pytest.mark.parametrize("name", PROBLEMS)
def test_problems_of_real_models(build: Any, name: str) -> None:
    """Every model builds, with the problems that the table tells."""
    assert PROBLEMS[name] == dict(Counter(problem.code for problem in build(name).problems))


@pytest.mark.parametrize("name", PROBLEMS)
def test_real_models_inherit(build: Any, name: str) -> None:
    """Almost every view with parents in its model becomes a class that inherits."""
    alone = {item.id.external_id for item in build(name).model.classes if item.parents and not item.mirrors}
    assert STANDING_ALONE.get(name, set()) == alone


# What follows reads the raw JSON on its own, and speaks of it in its own words.


def said_by_wire(definition: dict[str, Any]) -> tuple[Any, ...]:
    """What a property is, from the JSON."""
    texts = (definition.get("name") or None, definition.get("description") or None)
    kind = definition.get("connectionType")
    if kind is None:
        wire = definition["type"]
        flags = (
            wire.get("list", False),
            definition.get("nullable", True),
            definition.get("immutable", False),
            place(definition["container"]),
            definition["containerPropertyIdentifier"],
        )
        if wire["type"] == "direct":
            return ("direct", *flags, wire.get("source") and place(wire["source"]), *texts)
        details: Any = wire.get("unit", {}).get("externalId")
        if wire["type"] == "enum":
            details = (sorted(wire["values"]), wire.get("unknownValue"))
        return (wire["type"], *flags, definition.get("autoIncrement", False), details, *texts)
    if kind.endswith("edge_connection"):
        edge_view = definition.get("edgeSource")
        return (
            kind,
            place(definition["type"]),
            definition["direction"],
            edge_view and place(edge_view),
            place(definition["source"]),
            *texts,
        )
    through = definition["through"]
    return (
        kind,
        place(through["source"]),
        through["identifier"],
        definition["targetsList"],
        place(definition["source"]),
        *texts,
    )


def place(reference: dict[str, Any]) -> str:
    """A reference as problems write it."""
    version = f"({reference['version']})" if "version" in reference else ""
    return f"{reference['space']}:{reference['externalId']}{version}"


def said_by_ir(member: IRProperty | IRRelationship, lost_edge_view: str | None) -> tuple[Any, ...]:
    """What a property is, from the IR, in the same words."""
    texts = (member.name, member.description)
    if isinstance(member, IRProperty):
        flags = (member.is_list, member.nullable, member.immutable, str(member.container), member.container_property)
        details: Any = None
        match member.type:
            case IntegerType(bits):
                name = f"int{bits}"
            case FloatType(bits, unit):
                name, details = f"float{bits}", unit and unit.external_id
            case EnumType(enum):
                name, details = "enum", ([value.external_id for value in enum.values], enum.unknown_value)
            case ReferenceType(resource):
                name = resource
            case _:
                name = type(member.type).__name__.removesuffix("Type").lower()
        return (name, *flags, member.auto_increment, details, *texts)
    declared = member.declared_target and str(member.declared_target)
    connection = member.connection
    count = "multi" if member.is_list else "single"
    match connection:
        case DirectRelation():
            flags = (
                connection.is_list,
                connection.nullable,
                connection.immutable,
                str(connection.container),
                connection.container_property,
            )
            return ("direct", *flags, declared, *texts)
        case EdgeConnection():
            edge_view = str(connection.edge_view) if connection.edge_view else lost_edge_view
            return (
                f"{count}_edge_connection",
                str(connection.type),
                connection.direction,
                edge_view,
                declared,
                *texts,
            )
        case ReverseDirectRelation():
            return (
                f"{count}_reverse_direct_relation",
                str(connection.through),
                connection.through_property,
                connection.targets_list,
                declared,
                *texts,
            )


def raw_properties(raw: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every property of every view: place of the view, identifier, definition."""
    for view in raw["views"]:
        for property_id, definition in view["properties"].items():
            yield place(view), property_id, definition


@pytest.mark.parametrize("name", PROBLEMS)
def test_nothing_is_lost(build: Any, name: str) -> None:
    """Every property of every view is in the IR as what it is, or in a problem that names it."""
    built = build(name)
    named = {(problem.where, problem.code) for problem in built.problems}
    members = {(str(item.id), member.id): member for item in built.model.classes for member in item.members}
    views = {str(item.id) for item in built.model.classes}
    assert {place(view) for view in built.raw["views"]} == views
    seen = set()
    for view, property_id, definition in raw_properties(built.raw):
        where = f"{view}.{property_id}"
        member = members[view, property_id]
        edge_view = definition.get("edgeSource")
        lost = place(edge_view) if edge_view and (where, "PYG109") in named else None
        assert said_by_wire(definition) == said_by_ir(member, lost), where
        if isinstance(member, IRRelationship) and member.declared_target is not None:
            declared = str(member.declared_target)
            found = str(member.target) if declared in views else None
            assert (found or str(None)) == str(member.target), where
            assert (declared in views) is (not {code for place_, code in named if place_ == where} - {"PYG109"}), where
        seen.add((view, property_id))
    assert seen == set(members)


@pytest.mark.parametrize("name", PROBLEMS)
def test_inherited_members_add_up(build: Any, name: str) -> None:
    """What a class declares and what its bases give it, looked up as Python does, is exactly its members."""
    by_id = {item.id: item for item in build(name).model.classes}
    made: dict[Any, type] = {}

    def make(view_id: Any) -> type:
        if view_id not in made:
            item = by_id[view_id]
            declared = {f"m_{member.id}": member for member in item.members if member.id in item.own}
            made[view_id] = type(item.id.external_id, tuple(map(make, item.mirrors)), declared)
        return made[view_id]

    for view_id, item in by_id.items():
        looked_up = {key: getattr(make(view_id), key) for key in dir(make(view_id)) if key.startswith("m_")}
        assert {f"m_{member.id}": member for member in item.members} == looked_up


@pytest.mark.parametrize(
    ("name", "view", "expected"),
    [
        ("omni", "Implementation1", "sp_pygen_models:Implementation1"),
        ("omni", "ConnectionItemA", "sp_pygen_models:ConnectionItemA"),
        ("cognite_core", "CogniteAsset", "None"),
    ],
)
def test_node_types_of_real_models(build: Any, name: str, view: str, expected: str) -> None:
    """Filters on the type of nodes are understood."""
    (item,) = (item for item in build(name).model.classes if item.id.external_id == view)
    assert expected == str(item.node_type)


def test_system_properties_of_the_core_model(build: Any) -> None:
    """The paths of assets and the state of files are the service's own."""
    read_only = {
        (item.id.external_id, member.id)
        for item in build("cognite_core").model.classes
        for member in item.members
        if (member.read_only if isinstance(member, IRProperty) else getattr(member.connection, "read_only", False))
    }
    assert {
        ("CogniteAsset", "path"),
        ("CogniteAsset", "pathLastUpdatedTime"),
        ("CogniteAsset", "root"),
        ("CogniteFile", "isUploaded"),
        ("CogniteFile", "uploadedTime"),
    } == read_only
