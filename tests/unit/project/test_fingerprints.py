"""What changes a fingerprint, and what does not."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pygen.ir import build_model
from pygen.ir.models import IRModel
from pygen.project.canonical import parse_json
from pygen.project.fingerprints import fingerprint_model, interface_of
from pygen.sources import read_containers, read_data_model

from .conftest import relation, small_model, text_property, view

Edit = Callable[[dict[str, Any]], object]
PUMP, VALVE, SITE = "sp:Pump(v1)", "sp:Valve(v1)", "sp:Site(v1)"


def edited(edit: Edit) -> dict[str, Any]:
    """The small model after an edit."""
    model = small_model()
    edit(model)
    return model


def changes(edit: Edit, base: dict[str, Any] | None = None) -> tuple[set[str], set[str]]:
    """The views whose interface an edit changes, and those of which only the rest changes."""
    before = fingerprint_model(base or small_model()).views
    model = copy.deepcopy(base or small_model())
    edit(model)
    after = fingerprint_model(model).views
    interface = {key for key in before if interface_of(before[key]) != interface_of(after.get(key, ""))}
    return interface, {key for key in before if before[key] != after.get(key)} - interface


def prop(model: dict[str, Any], index: int = 0, name: str = "name") -> dict[str, Any]:
    """One property of one view."""
    found: dict[str, Any] = model["views"][index]["properties"][name]
    return found


def test_a_fingerprint_has_two_parts() -> None:
    """`<interface, 16 hex>.<full, 32 hex>`."""
    interface, _, full = fingerprint_model(small_model()).views[PUMP].partition(".")
    assert (16, 32) == (len(interface), len(full))
    int(interface + full, 16)


@pytest.mark.parametrize(
    "edit",
    [
        lambda m: m.update(createdTime=9, lastUpdatedTime=9, isGlobal=True),
        lambda m: m["views"][0].update(createdTime=9, lastUpdatedTime=9, isGlobal=True, queryable=False),
        lambda m: m["views"][0].update(mappedContainers=[{"space": "x", "externalId": "y"}]),
        lambda m: m["views"][0].pop("implements"),
        lambda m: m["views"][0].pop("usedFor"),
        lambda m: m["views"][0].update(aFieldOfALaterApi=1),
        lambda m: m["views"].reverse(),
        lambda m: m["views"][0].update(properties=dict(reversed(m["views"][0]["properties"].items()))),
        lambda m: prop(m).update(constraintState={"nullability": "current"}),
        lambda m: prop(m).pop("autoIncrement"),
        lambda m: prop(m).pop("immutable"),
        lambda m: prop(m).pop("nullable"),
        lambda m: prop(m)["type"].pop("list"),
        lambda m: prop(m).update(description=None, name=None, defaultValue=None),
    ],
)
def test_noise_and_order_leave_no_trace(edit: Edit) -> None:
    """What the wire models ignore, defaults that are spelt out, and orders without a meaning change nothing."""
    assert fingerprint_model(small_model()) == fingerprint_model(edited(edit))


@pytest.mark.parametrize(
    ("edit", "interface", "full"),
    [
        # A description is the business of its own view's file.
        (lambda m: m["views"][2].update(description="x"), set(), {SITE}),
        (lambda m: m["views"][0].update(description="x"), set(), {PUMP}),
        (lambda m: m["views"][0].update(name="x"), set(), {PUMP}),
        (lambda m: prop(m).update(description="x"), set(), {PUMP}),
        (lambda m: m["views"][0].update(filter={"hasData": []}), set(), {PUMP}),
        # A type shows in the files that point here: Pump and Valve point to each other, Site is on its own.
        (lambda m: prop(m)["type"].update(type="int32"), {PUMP}, {VALVE}),
        (lambda m: prop(m).update(nullable=False), {PUMP}, {VALVE}),
        (lambda m: prop(m).update(defaultValue="x"), {PUMP}, {VALVE}),
        (lambda m: m["views"][0].update(usedFor="all"), {PUMP}, {VALVE}),
        (lambda m: m["views"][0].update(writable=False), {PUMP}, {VALVE}),
        (lambda m: m["views"][0]["properties"].pop("name"), {PUMP}, {VALVE}),
        (lambda m: m["views"][2]["properties"].pop("name"), {SITE}, set()),
        (lambda m: prop(m, 2).update(autoIncrement=True), {SITE}, set()),
        (lambda m: prop(m, 2).update(immutable=True), {SITE}, set()),
        (lambda m: prop(m, 2)["type"].update(list=True), {SITE}, set()),
        (lambda m: prop(m, 2)["type"].update(maxTextSize=5), {SITE}, set()),
        (lambda m: prop(m, 2).update(containerPropertyIdentifier="label"), {SITE}, set()),
        (lambda m: prop(m, 2)["container"].update(space="other"), {SITE}, set()),
        # A new target is a new interface; the targets themselves have not changed.
        (lambda m: prop(m, 0, "valve")["type"]["source"].update(externalId="Site"), {PUMP}, {VALVE}),
    ],
)
def test_a_change_reaches_exactly_the_files_that_can_show_it(edit: Edit, interface: set[str], full: set[str]) -> None:
    """Own definition, and the interface of what is pointed to; nothing transitive."""
    assert (interface, full) == changes(edit)


def test_a_ring_does_not_carry_changes_around() -> None:
    """In a ring of 50 views a description changes one fingerprint, a type also that of the view that points to it."""
    ring = small_model() | {
        "views": [
            view(f"V{i}", {"name": text_property("C", "name"), "next": relation("C", "next", f"V{(i + 1) % 50}")})
            for i in range(50)
        ]
    }
    assert (set(), {"sp:V7(v1)"}) == changes(lambda m: m["views"][7].update(description="x"), ring)
    assert ({"sp:V7(v1)"}, {"sp:V6(v1)"}) == changes(lambda m: prop(m, 7)["type"].update(type="int64"), ring)


def parent_of(*parents: str) -> list[dict[str, str]]:
    """References to views."""
    return [{"type": "view", "space": "sp", "externalId": parent, "version": "v1"} for parent in parents]


class TestAncestors:
    """Ancestors count in full, since a child's own members are those that its parents do not have."""

    family = small_model() | {
        "views": [
            view("Thing", {"name": text_property("Thing", "name")}),
            view("Asset", {"name": text_property("Thing", "name")}, implements=parent_of("Thing")),
            view("Pump", {"name": text_property("Thing", "name")}, implements=parent_of("Asset", "Other")),
            view("Other", {}),
        ]
    }

    def test_a_grandparents_description_counts(self) -> None:
        """Descendants are rendered anew when an ancestor changes, in whatever way."""
        assert (set(), {"sp:Thing(v1)", "sp:Asset(v1)", "sp:Pump(v1)"}) == changes(
            lambda m: prop(m).update(description="x"), self.family
        )

    def test_the_order_of_parents_counts(self) -> None:
        """The first parent wins."""
        assert ({"sp:Pump(v1)"}, set()) == changes(lambda m: m["views"][2]["implements"].reverse(), self.family)

    def test_a_cycle_ends(self) -> None:
        """A broken model in which views implement each other has fingerprints like any other."""
        circle = small_model() | {
            "views": [view("A", {}, implements=parent_of("B")), view("B", {}, implements=parent_of("A"))]
        }
        assert (set(), {"sp:A(v1)", "sp:B(v1)"}) == changes(lambda m: m["views"][0].update(name="x"), circle)
        assert (set(), set()) == changes(lambda m: None, circle)
        itself = small_model() | {"views": [view("A", {}, implements=parent_of("A"))]}
        assert 1 == len(fingerprint_model(itself).views)

    def test_a_parent_outside_the_model_is_a_name(self) -> None:
        """Nothing but its identifier is known."""
        outside = small_model() | {"views": [view("A", {}, implements=parent_of("Elsewhere"))]}
        assert ({"sp:A(v1)"}, set()) == changes(lambda m: m["views"][0].update(implements=[]), outside)


class TestConnections:
    """Edges and reverse relations."""

    @staticmethod
    def model() -> dict[str, Any]:
        edges = {
            "connectionType": "multi_edge_connection",
            "type": {"space": "sp", "externalId": "Pump.sites"},
            "source": parent_of("Site")[0],
            "edgeSource": parent_of("Valve")[0],
            "direction": "outwards",
        }
        reverse = {
            "connectionType": "multi_reverse_direct_relation",
            "source": parent_of("Valve")[0],
            "through": {"source": parent_of("Valve")[0], "identifier": "pump"},
            "targetsList": False,
        }
        made = small_model()
        made["views"][0]["properties"] |= {"sites": edges, "valves": reverse}
        return made

    @pytest.mark.parametrize(
        "edit",
        [
            lambda p: p["sites"].update(direction="inwards"),
            lambda p: p["sites"].update(connectionType="single_edge_connection"),
            lambda p: p["sites"]["type"].update(externalId="x"),
            lambda p: p["sites"].pop("edgeSource"),
            lambda p: p["valves"].update(targetsList=True),
            lambda p: p["valves"]["through"].update(identifier="x"),
            lambda p: p["valves"]["through"].update(source={"type": "container", "space": "sp", "externalId": "Valve"}),
        ],
    )
    def test_every_part_of_a_connection_is_interface(self, edit: Edit) -> None:
        """Whatever says where a relation leads and how counts for those that point here too."""
        assert PUMP in changes(lambda m: edit(m["views"][0]["properties"]), self.model())[0]

    def test_the_default_direction_may_be_left_out(self) -> None:
        """Outwards is what no direction means."""
        assert (set(), set()) == changes(lambda m: m["views"][0]["properties"]["sites"].pop("direction"), self.model())

    @pytest.mark.parametrize("index", [1, 2])
    def test_the_interface_of_both_ends_counts(self, index: int) -> None:
        """The other end, the edge's own view and the holder of a reverse relation are all pointed to."""
        interface, full = changes(lambda m: prop(m, index).update(nullable=False), self.model())
        assert {(VALVE, SITE)[index - 1]} == interface
        assert PUMP in full


def test_words_of_an_enum_and_units_are_no_interface() -> None:
    """Display names, descriptions and units are printed in the view's own file only; the values are interface."""
    model = small_model()
    prop(model)["type"] = {"type": "enum", "values": {"a": {"name": "A"}, "b": {}}}
    prop(model, 2)["type"] = {"type": "float64", "unit": {"externalId": "power:megaw"}}
    assert (set(), {PUMP}) == changes(lambda m: prop(m)["type"]["values"]["a"].update(name="x"), model)
    assert (set(), {SITE}) == changes(lambda m: prop(m, 2)["type"]["unit"].update(externalId="power:w"), model)
    assert ({PUMP}, {VALVE}) == changes(lambda m: prop(m)["type"]["values"].pop("b"), model)
    assert (set(), set()) == changes(
        lambda m: prop(m)["type"].update(values=dict(reversed(prop(m)["type"]["values"].items()))), model
    )


def test_containers_beside_the_model_count_for_the_views_that_map_them() -> None:
    """A container's definition is part of its views; its indexes are not."""
    container = {
        "space": "sp",
        "externalId": "Site",
        "usedFor": "node",
        "properties": {"name": {"type": {"type": "text"}}},
    }

    def of(**more: Any) -> dict[str, str]:
        return dict(fingerprint_model(small_model(), [container | more]).views)

    plain = of()
    assert plain == of(indexes={"i": {}}, constraints={"c": {}}, createdTime=1)
    other = of(usedFor="all")
    assert {SITE} == {key for key in plain if plain[key] != other[key]}


def test_the_header_is_the_models_own() -> None:
    """Identity and texts of the data model make its header; the views are not part of it."""
    plain = fingerprint_model(small_model())
    assert plain.header == fingerprint_model(edited(lambda m: m["views"].pop())).header
    for field in ("space", "externalId", "version", "name", "description"):
        assert plain.header != fingerprint_model(small_model() | {field: "x"}).header


def test_references_have_no_fingerprint() -> None:
    """A view that is only named, not inlined, has no definition."""
    named = {"type": "view", "space": "sp", "externalId": "Else", "version": "v1"}
    assert "sp:Else(v1)" not in fingerprint_model(edited(lambda m: m["views"].append(named))).views


@pytest.mark.parametrize("broken", [{"views": [1]}, {"views": [{"properties": {"p": 1}}]}, {"views": 1}])
def test_another_shape_is_an_error(broken: dict[str, Any]) -> None:
    """What is no data model raises; it never gets a fingerprint."""
    with pytest.raises((TypeError, AttributeError, KeyError, ValueError)):
        fingerprint_model(broken)


# ---------------------------------------------------------------------------------------------------------------------
# Real models


def raw_models(shared: Path) -> list[Path]:
    """The files of all real models."""
    return sorted(path for path in (shared / "models").glob("*.json") if not path.name.endswith(".containers.json"))


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of every object and array in a document, the deepest first."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in items for found in leaves(item, (*path, key))] + [path]


def understood(raw: dict[str, Any], containers: list[dict[str, Any]]) -> tuple[IRModel, list[Any]]:
    """What the IR makes of a model."""
    model, problems = build_model(read_data_model(raw), containers=read_containers(containers))
    return model, list(problems)


@pytest.mark.parametrize("name", ["omni", "wind_turbine", "core_no_3d", "power_ops_asset", "scene"])
def test_whatever_the_ir_sees_changes_the_fingerprints(shared: Path, name: str) -> None:
    """Removing any one field of a real model that changes what a generator gets changes its fingerprints too."""
    raw = json.loads((shared / "models" / f"{name}.json").read_bytes())["items"][0]
    beside = shared / "models" / f"{name}.containers.json"
    containers = json.loads(beside.read_bytes())["items"] if beside.is_file() else []
    model, _ = understood(raw, containers)
    fingerprints = fingerprint_model(raw, containers)
    paths = leaves(raw)
    unseen = 0
    for path in paths[:: max(1, len(paths) // 400)]:
        if len(path) < 3 or isinstance(path[-1], int):
            continue
        changed = copy.deepcopy(raw)
        owner = changed
        for key in path[:-1]:
            owner = owner[key]
        del owner[path[-1]]
        try:
            other, _ = understood(changed, containers)
        except Exception:  # noqa: BLE001 - a model that cannot be read is not generated at all
            continue
        if other == model:
            unseen += 1
            continue
        assert fingerprints != fingerprint_model(changed, containers), path
    assert unseen > 0


def test_fingerprints_are_quick(shared: Path) -> None:
    """Reading and fingerprinting the largest model takes a fraction of a second, so that `check` stays quick."""
    content = (shared / "models" / "cfihos_full.json").read_bytes()
    started = time.process_time()
    fingerprint_model(parse_json(content)["items"][0])
    # 85 ms on an idle machine; the bound leaves room for a busy one and still catches a quadratic walk.
    assert time.process_time() - started < 0.6


def test_every_real_model_has_a_fingerprint_per_view(shared: Path) -> None:
    """Each view of each real model is told apart from all others."""
    for path in raw_models(shared):
        raw = json.loads(path.read_bytes())["items"][0]
        views = fingerprint_model(raw).views
        assert len(raw["views"]) == len(views) == len(set(views.values())), path.name
