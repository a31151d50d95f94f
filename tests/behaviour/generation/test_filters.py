"""Keyword filters reach the property they are named for."""

from __future__ import annotations

import importlib

import pytest

from pygen.generation.python.planning import plan_sdk
from pygen.runtime.keywords import _resolve
from tests.golden.cases import CASES, OPTIONS, model_of


@pytest.mark.parametrize("case", CASES)
def test_the_runtime_reads_what_was_planned(corpus_packages: list[str], case: str) -> None:
    """For every keyword of every view, the runtime finds the property and the operator that the plan gave it to."""
    package = importlib.import_module(f"{case}_case")
    assert package.__name__ in corpus_packages
    for planned in plan_sdk(model_of(case), OPTIONS, {}).slices.values():
        cls = getattr(package, planned.class_names.read)
        for (member, op), keyword in planned.names.filters.items():
            field, read_op = _resolve(cls, keyword)
            assert (member, op) == (field.path[-1], read_op)


@pytest.mark.parametrize("case", CASES)
def test_every_keyword_is_typed(corpus_packages: list[str], case: str) -> None:
    """The typed dictionary of a view has exactly the keywords that were planned, those of every view besides."""
    package = importlib.import_module(f"{case}_case")
    assert package.__name__ in corpus_packages
    for planned in plan_sdk(model_of(case), OPTIONS, {}).slices.values():
        filters = getattr(package, planned.class_names.filters)
        every = {"space", "external_id", "external_id_prefix", "narrow"}
        every |= {"edge_type", "start_node", "end_node"} if planned.is_edge else set()
        assert {*every, *planned.names.filters.values()} == set(filters.__annotations__)
