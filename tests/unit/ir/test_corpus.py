"""The small data models of tests/corpus, one idea each."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from pygen.ir import build_model
from pygen.ir.models import IRModel, IRProperty, IRRelationship, ReverseDirectRelation
from pygen.sources import load_containers, load_data_model
from tests.unit.ir.wire_builders import cls, member

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
CASES = sorted(path.name for path in CORPUS.iterdir() if path.is_dir())

PROBLEMS: dict[str, dict[str, int]] = {
    "broken_properties": {"PYG101": 7, "PYG112": 1, "PYG113": 1, "PYG114": 4},
    "direct_relation_outside": {"PYG201": 2},
    "edge_view_of_nodes": {"PYG110": 1, "PYG111": 1},
    "missing_parent": {"PYG202": 1},
    "missing_sources": {"PYG105": 2, "PYG106": 2, "PYG107": 1, "PYG108": 1, "PYG109": 1, "PYG201": 1},
    "unknown_kinds": {"PYG102": 2, "PYG103": 1},
    "write_form": {"PYG104": 1},
}
"""The cases that have problems at all, by code."""


def model_file(case: str) -> Path:
    """The one model file of a case."""
    (found,) = (path for path in (CORPUS / case).glob("model.*") if ".containers" not in path.name)
    return found


def built(case: str) -> IRModel:
    """The model of a case."""
    path = model_file(case)
    return build_model(load_data_model(path), containers=load_containers(path))[0]


@pytest.mark.parametrize("case", CASES)
def test_every_case_builds(case: str) -> None:
    """No case has an error, and only the cases about problems have any."""
    path = model_file(case)
    _, problems = build_model(load_data_model(path), containers=load_containers(path))
    assert PROBLEMS.get(case, {}) == dict(Counter(problem.code for problem in problems))


def test_yaml_traps() -> None:
    """What YAML 1.1 reads as booleans, dates and numbers are identifiers."""
    names = [item.id for item in cls(built("yaml_traps"), "Norway").members]
    assert ["1e3", "2024-01-01", "no", "on", "y"] == names


def test_an_old_answer_is_completed() -> None:
    """Kinds of instance, writability, lists and directions are derived."""
    model = built("old_answer")
    assert ("node", True) == (cls(model, "Clock").used_for, cls(model, "Clock").writable)
    assert ("all", False) == (cls(model, "Square").used_for, cls(model, "Square").writable)


def test_the_form_in_which_views_are_written() -> None:
    """Containers beside the model tell types, lists, and whether a view is writable."""
    model = built("write_form")
    heat, kilns = member(model, "Kiln", "heat"), member(model, "Potter", "kilns")
    assert isinstance(heat, IRProperty)
    assert 900.0 == heat.default
    assert isinstance(kilns, IRRelationship)
    assert isinstance(kilns.connection, ReverseDirectRelation)
    assert kilns.connection.targets_list
    assert (False, True) == (cls(model, "Kiln").writable, cls(model, "Potter").writable)


def test_node_types() -> None:
    """Only conditions that must hold, and that name one type, count."""
    found = {item.id.external_id: item.node_type for item in built("node_type_filters").classes}
    having = {name: node_type.external_id for name, node_type in found.items() if node_type is not None}
    assert {name: name for name in ("AtTop", "DeepInAnd", "InAnd", "InOfOne")} == having


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("contradicting_order", {"Purple": ["Red", "Blue"], "Violet": ["Blue", "Red"], "MixedChild": ["Mixed"]}),
        ("diamond", {"SailBoat": ["Boat"], "MotorBoat": ["Boat"], "MotorSailer": ["SailBoat", "MotorBoat"]}),
        ("edge_view_inheritance", {"Office": ["Noted"], "Route": ["Noted"], "SeaRoute": ["Route"]}),
        ("narrowed_targets", {"LionCage": ["Cage"], "LionKeeper": ["Keeper"]}),
        ("narrowed_target_unfounded", {"TinyRobotCage": ["RobotCage"]}),
        ("not_flattened", {"Train": ["Toy"], "Express": ["Train"]}),
        ("overridden_enums", {"RenamedItem": ["Item"]}),
        ("overridden_types", {"DescribedItem": ["Item"]}),
        ("redundant_parent", {"SailBoat": ["Boat"], "Yacht": ["SailBoat"]}),
        ("two_versions", {"Valve": ["Valve"]}),
        ("writable_child", {"Account": ["Named"], "ReadAgain": ["Account"]}),
    ],
)
def test_which_classes_inherit(case: str, expected: dict[str, list[str]]) -> None:
    """The lineage of each case about inheritance."""
    found = {
        item.id.external_id: [parent.external_id for parent in item.mirrors]
        for item in built(case).classes
        if item.mirrors
    }
    assert expected == found


def test_a_diamond_that_python_would_look_up_otherwise() -> None:
    """The view has the first parent's form of the property, and says so itself."""
    model = built("diamond_override")
    assert "The boat's name" == member(model, "MotorSailer", "name").description
    assert {"berths", "name"} == cls(model, "MotorSailer").own
