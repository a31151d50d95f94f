"""Comparison of any two models: nothing that generated code depends on goes unseen, and nothing else is told."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pygen.errors import ModelError
from pygen.project.canonical import canonical_json
from pygen.project.diff import RULES, change_document, compare
from pygen.project.diff.ignoring import sift
from pygen.project.diff.releasing import VersionHint, changelog, version_hint
from pygen.project.fingerprints import fingerprint_model
from pygen.project.plain_model import PlainModel, normalised, read_plain_model
from pygen.sources import load_raw, read_containers, read_data_model
from tests.property.editing import EDITS, Edit, Model, add_noise
from tests.support.plant_model import plant

ROOT = Path(__file__).resolve().parents[2]
MODELS = {
    path.parent.name: PlainModel(load_raw(path)) for path in sorted((ROOT / "tests" / "corpus").glob("*/model.yaml"))
} | {"plant": plant()}
REAL_MODELS = 23
SEVERAL_EDITS = st.lists(st.sampled_from(EDITS), min_size=1, max_size=4)
CHANCE = st.randoms(use_true_random=False)


def spelt_out(owners: list[Model]) -> None:
    """Say the documented defaults of types: fingerprints tell them from nothing, though they mean the same."""
    for owner in owners:
        for definition in (owner.get("properties") or {}).values():
            kind = definition.get("type") or {}
            if kind.get("type") == "text":
                kind.setdefault("list", False)
                kind.setdefault("collation", "ucs_basic")


def edited(raw: Model, edits: list[Edit], chance: random.Random) -> Model:
    """A copy with changes; a model that a previous edit has made unfit for the next one is kept as it is."""
    found = copy.deepcopy(raw)
    for edit in edits:
        if found.get("views"):
            edit(found, chance)
    spelt_out(found.get("views") or [])
    return found


def assert_nothing_is_unseen(old: PlainModel, new: PlainModel) -> None:
    """What fingerprints see is told; where models mean the same nothing is; every change is one of a rule."""
    changes = compare(old, new)
    before, after = (fingerprint_model(each.raw, each.containers or ()) for each in (old, new))
    if before != after:
        assert changes
    if canonical_json(normalised(old).raw) == canonical_json(normalised(new).raw) and old.containers == new.containers:
        assert () == changes
    assert sorted(changes) == list(changes)
    assert len(set(changes)) == len(changes)
    assert {change.code for change in changes} <= RULES.keys()
    assert (VersionHint.NONE if not changes else version_hint(changes)) == version_hint(changes)
    assert ((), changes) == sift(changes, sorted(RULES))
    assert changelog(changes)


@given(st.sampled_from(sorted(MODELS)), SEVERAL_EDITS, CHANCE)
def test_what_fingerprints_see_is_told(name: str, edits: list[Edit], chance: random.Random) -> None:
    """Random edits of the corpus, as people and servers make them, in both directions."""
    old = MODELS[name]
    old = PlainModel(edited(old.raw, [], chance), old.containers)
    new = PlainModel(edited(old.raw, edits, chance), old.containers)
    assert_nothing_is_unseen(old, new)
    assert_nothing_is_unseen(new, old)


def _edit_property(containers: list[Model], chance: random.Random, how: Callable[[Model], object]) -> None:
    container = chance.choice([each for each in containers if each.get("properties")])
    how(container["properties"][chance.choice(sorted(container["properties"]))])


CONTAINER_EDITS: list[Callable[[list[Model], random.Random], object]] = [
    lambda containers, chance: chance.choice(containers).update(usedFor=chance.choice(["node", "edge", "all"])),
    lambda containers, chance: _edit_property(
        containers, chance, lambda item: item.update(nullable=not item.get("nullable", True))
    ),
    lambda containers, chance: _edit_property(
        containers, chance, lambda item: item.update(immutable=not item.get("immutable"))
    ),
    lambda containers, chance: _edit_property(
        containers, chance, lambda item: item.update(defaultValue=chance.choice([1, 1.0, True, "a", {"b": 1}]))
    ),
    lambda containers, chance: _edit_property(
        containers, chance, lambda item: item["type"].update(type=chance.choice(["text", "int64", "date", "new"]))
    ),
    lambda containers, chance: _edit_property(
        containers, chance, lambda item: item["type"].update(unheardOf=chance.randrange(9))
    ),
    lambda containers, chance: _edit_property(
        containers, chance, lambda item: item["type"].update(maxListSize=chance.choice([1, 5, 1000]))
    ),
    lambda containers, chance: chance.choice(containers)["properties"].update(brandNew={"type": {"type": "text"}}),
    lambda containers, chance: chance.choice(containers)["properties"].pop("text", None),
]


@given(st.lists(st.sampled_from(CONTAINER_EDITS), min_size=1, max_size=3), SEVERAL_EDITS, CHANCE)
def test_what_fingerprints_see_of_containers_is_told(
    edits: list[Callable[[list[Model], random.Random], object]], others: list[Edit], chance: random.Random
) -> None:
    """Random edits of containers, with and without edits of the views that show them."""
    old = plant()
    containers = copy.deepcopy(old.containers or [])
    for edit in edits:
        edit(containers, chance)
    spelt_out(containers)
    assert_nothing_is_unseen(old, PlainModel(old.raw, containers))
    assert_nothing_is_unseen(old, PlainModel(edited(old.raw, others, chance), containers))


@given(st.sampled_from(sorted(MODELS)), CHANCE)
def test_order_and_noise_are_no_change(name: str, chance: random.Random) -> None:
    """Keys, views and properties in any order, and whatever a server adds."""
    old = MODELS[name]
    new = copy.deepcopy(old.raw)
    add_noise(new, chance)
    containers = copy.deepcopy(old.containers)
    for container in containers or ():
        container |= {"createdTime": chance.randrange(99), "lastUpdatedTime": 1, "isGlobal": False}
        for part in (container.get("constraints") or {}, container.get("indexes") or {}):
            for definition in part.values():
                definition["state"] = chance.choice(["current", "pending", "failed"])
        for definition in container["properties"].values():
            definition["constraintState"] = {"nullability": "pending"}
    chance.shuffle(containers or [])
    assert () == compare(old, PlainModel(new, containers))


ODD = st.sampled_from([None, True, 0, 1.5, "", "x", "\x1b[31m", [], [None], ["x"], {}, {"x": 1}, {"type": "view"}])


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every place of a JSON value: its owner, and its key there."""
    if isinstance(value, dict):
        keys: list[Any] = list(value)
    elif isinstance(value, list):
        keys = list(range(len(value)))
    else:
        return []
    return [(value, key) for key in keys] + [place for key in keys for place in _places(value[key])]


@given(st.sampled_from(sorted(MODELS)), st.lists(ODD, min_size=1, max_size=4), CHANCE)
def test_odd_models_are_compared_too(name: str, odd: list[Any], chance: random.Random) -> None:
    """Whatever can be loaded can be compared, told and written down."""
    old = MODELS[name]
    raw, containers = copy.deepcopy(old.raw), copy.deepcopy(old.containers)
    for value in odd:
        owner, key = chance.choice(_places([raw, containers]))
        if owner[key] is not raw and owner[key] is not containers:
            owner[key] = copy.deepcopy(value)
    try:
        read_data_model(raw)
        read_containers(containers or [])
    except ModelError:
        return
    new = PlainModel(raw, containers)
    for changes in (compare(old, new), compare(new, old), compare(new, new)):
        assert all(change.code in str(change) for change in changes)
        assert all(change.where == change_document(change)["where"] for change in changes)
        assert changelog(changes)


def test_real_models_are_equal_to_themselves(shared: Path) -> None:
    """All of them, as they were read and normalised; and with edits, nothing goes unseen."""
    paths = sorted(path for path in (shared / "models").glob("*.json") if ".containers" not in path.name)
    assert REAL_MODELS == len(paths)
    for path in paths:
        model = read_plain_model(path)
        assert () == compare(model, normalised(model))
        assert () == compare(normalised(model), read_plain_model(path))


def test_edits_of_real_models_are_told(shared: Path) -> None:
    """Each kind of edit, on each of the real models."""
    for path in sorted(path for path in (shared / "models").glob("*.json") if ".containers" not in path.name):
        read = read_plain_model(path)
        model = PlainModel(edited(read.raw, [], random.Random(0)), read.containers)
        chance = random.Random(path.stem)
        edits = [chance.choice(EDITS)] if path.stat().st_size > 2_000_000 else EDITS
        for edit in edits:
            assert_nothing_is_unseen(model, PlainModel(edited(model.raw, [edit], chance), model.containers))
