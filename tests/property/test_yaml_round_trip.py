"""Snapshots in YAML: whatever JSON can say is read as what was written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("yaml")

from pygen.sources.yaml_text import read_yaml, write_yaml

AMBIGUOUS = [
    "no",
    "yes",
    "null",
    "~",
    "true",
    "1",
    "1e5",
    "1_000",
    "0x1f",
    "1:30",
    "2024-01-01",
    "<<",
    "=",
    "- a",
    "a: b",
]
TEXT = st.text() | st.sampled_from(AMBIGUOUS)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
KEYS = TEXT.map(lambda text: f"x_{text}")
"""A number under a key such as `version` is read as text; the API has none there."""
DOCUMENTS = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20)


@given(st.dictionaries(KEYS, DOCUMENTS, min_size=1))
def test_is_read_as_it_was_written(document: dict[str, Any]) -> None:
    """Also text that YAML takes for something else, control characters, and keys that look like syntax."""
    text = write_yaml(document, place="model.yaml")
    assert document == read_yaml(text, place="model.yaml")
    assert text == write_yaml(dict(reversed(document.items())), place="model.yaml")


@given(TEXT)
def test_text_under_keys_of_the_api(text: str) -> None:
    """Descriptions and names stay what they are, as values and as keys of enums."""
    document = {"description": text, "values": {text: {"name": text}}}
    assert document == read_yaml(write_yaml(document, place="model.yaml"), place="model.yaml")
