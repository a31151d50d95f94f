"""The order of the input leaves no trace, and input of any shape raises our own errors only."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pygen.errors import ModelError
from pygen.ir import build_model
from pygen.sources import load_raw, load_raw_containers, read_containers, read_data_model

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
CASES = sorted(path.name for path in CORPUS.iterdir() if path.is_dir())
UNORDERED = frozenset({"and", "views"})
"""Keys of lists whose order means nothing; that of `implements`, say, decides what a view inherits."""


def load(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A model and its containers, as plain dicts."""
    return load_raw(path), load_raw_containers(path)


def load_case(case: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A case of the corpus."""
    (found,) = (path for path in (CORPUS / case).glob("model.*") if ".containers" not in path.name)
    return load(found)


def shuffled(value: Any, chance: random.Random, key: str = "") -> Any:
    """The same JSON with every dict, and every list whose order means nothing, in another order."""
    if isinstance(value, dict):
        items = [(name, shuffled(item, chance, name)) for name, item in value.items()]
        chance.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        found = [shuffled(item, chance) for item in value]
        if key in UNORDERED:
            chance.shuffle(found)
        return found
    return value


def build(raw: dict[str, Any], containers: list[dict[str, Any]], **selection: list[str]) -> Any:
    """The model and its problems, or None and the problems."""
    try:
        return build_model(read_data_model(raw), containers=read_containers(containers), **selection)  # type: ignore[arg-type]
    except ModelError as error:
        return None, error.problems


@given(case=st.sampled_from(CASES), seed=st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_order_leaves_no_trace(case: str, seed: int) -> None:
    """Shuffling views, properties and keys gives an equal model and equal problems."""
    raw, containers = load_case(case)
    chance = random.Random(seed)
    others = shuffled(containers, chance)
    chance.shuffle(others)
    assert build(raw, containers) == build(shuffled(raw, chance), others)


@pytest.mark.parametrize("name", ["cognite_core", "omni", "rmdm", "scene", "power_ops"])
def test_order_leaves_no_trace_in_real_models(shared: Path, name: str) -> None:
    """Likewise for models that others made, in which all parts meet."""
    raw, containers = load(shared / "models" / f"{name}.json")
    for seed in range(3):
        assert build(raw, containers) == build(shuffled(raw, random.Random(seed)), containers)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place within JSON."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in items for place in places(item, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The same JSON with something else in one place."""
    if not path:
        return new
    if isinstance(value, dict):
        return {key: replaced(item, path[1:], new) if key == path[0] else item for key, item in value.items()}
    return [replaced(item, path[1:], new) if index == path[0] else item for index, item in enumerate(value)]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(case=st.sampled_from(CASES), data=st.data(), new=ANYTHING)
@settings(max_examples=300, deadline=None)
def test_anything_anywhere_is_a_model_or_a_model_error(case: str, data: st.DataObject, new: Any) -> None:
    """Whatever stands in one place of a file, reading it ends in a model or in problems, never in a traceback."""
    raw, containers = load_case(case)
    path = data.draw(st.sampled_from([place for place in places(raw) if place]))
    build(replaced(raw, path, new), containers)


@given(case=st.sampled_from(CASES), data=st.data())
@settings(max_examples=100, deadline=None)
def test_any_selection_is_a_model_or_a_model_error(case: str, data: st.DataObject) -> None:
    """A selection never leaves anything that leads out of the model."""
    raw, containers = load_case(case)
    names = sorted({view["externalId"] for view in raw["views"]})
    include = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    exclude = data.draw(st.lists(st.sampled_from(names), max_size=2, unique=True))
    model, problems = build(raw, containers, include=include, exclude=exclude)
    if model is None:
        assert {"PYG007"} == {problem.code for problem in problems if problem.code.startswith("PYG0")}
        return
    ids = {item.id for item in model.classes}
    for item in model.classes:
        assert ids >= {*item.parents, *item.mirrors}
        for member in item.members:
            target = getattr(member, "target", None)
            edge_view = getattr(getattr(member, "connection", None), "edge_view", None)
            assert {target, edge_view} <= {*ids, None}
