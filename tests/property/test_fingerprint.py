"""Fingerprints of any model: order and noise leave no trace, edits that a generator could see always do."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pygen.errors import ModelError
from pygen.ir import build_model
from pygen.ir.models import IRModel
from pygen.project.canonical import canonical_json, parse_json
from pygen.project.fingerprints import fingerprint_model, interface_of
from pygen.sources import load_raw, read_data_model
from tests.property.editing import EDITS, Edit, add_noise

ROOT = Path(__file__).resolve().parents[2]
CORPUS = sorted(path.parent for path in (ROOT / "tests" / "corpus").glob("*/model.yaml"))
MODELS = {folder.name: load_raw(folder / "model.yaml") for folder in CORPUS}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
CHANCE = st.randoms(use_true_random=False)


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same JSON value with the keys of every object in another order."""
    if isinstance(value, dict):
        items = [(key, shuffled(item, chance)) for key, item in value.items()]
        chance.shuffle(items)
        return dict(items)
    return [shuffled(item, chance) for item in value] if isinstance(value, list) else value


@settings(deadline=None)
@given(JSON, CHANCE)
def test_canonical_json_is_one_text_per_value(value: Any, chance: random.Random) -> None:
    """Order is gone, and nothing else: the text reads back as the value."""
    text = canonical_json(value)
    assert text == canonical_json(shuffled(value, chance))
    assert value == parse_json(text)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(MODELS)), CHANCE)
def test_order_and_noise_leave_no_trace(name: str, chance: random.Random) -> None:
    """Keys, views and properties in any order, and whatever a server adds: the same fingerprints."""
    other = shuffled(MODELS[name], chance)
    add_noise(other, chance)
    assert fingerprint_model(MODELS[name]) == fingerprint_model(other)


def understood(raw: dict[str, Any]) -> IRModel | None:
    """What the IR makes of a model, or nothing."""
    try:
        return build_model(read_data_model(raw))[0]
    except ModelError:
        return None


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(MODELS)), st.lists(st.sampled_from(EDITS), min_size=1, max_size=3), CHANCE)
def test_what_the_ir_sees_shows_in_the_fingerprints(name: str, edits: list[Edit], chance: random.Random) -> None:
    """A class of the IR that an edit changed has another fingerprint, and so has the header of a changed model."""
    before = MODELS[name]
    after = copy.deepcopy(before)
    for edit in edits:
        edit(after, chance)
    old, new = understood(before), understood(after)
    if old is None or new is None:
        return
    one, other = fingerprint_model(before), fingerprint_model(after)
    same = one.views.keys() == other.views.keys() and all(
        interface_of(one.views[view]) == interface_of(other.views[view]) for view in one.views
    )
    for cls in new.classes:
        twin = next((item for item in old.classes if item.id == cls.id), None)
        # Where an interface changed, everything is rendered anyway: lineages are decided over the whole model.
        if twin is not None and twin != cls and same:
            assert one.views[str(cls.id)] != other.views[str(cls.id)], [edit.__name__ for edit in edits]
    if old != new:
        assert one != other
    if (old.id, old.name, old.description) != (new.id, new.name, new.description):
        assert one.header != other.header


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_small_model_has_fingerprints(name: str) -> None:
    """One per view, all of them different."""
    views = fingerprint_model(MODELS[name]).views
    assert len(MODELS[name]["views"]) == len(views) == len(set(views.values()))
