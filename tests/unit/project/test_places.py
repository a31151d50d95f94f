"""On which line of a model a view is defined."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pygen.project.places import view_lines

from .conftest import small_model


def lines(tmp_path: Path, text: str) -> Mapping[str, int]:
    """The lines of a model with that text."""
    path = tmp_path / "model.json"
    path.write_text(text, encoding="utf-8", newline="")
    return view_lines(path)


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize("indent", [1, 2, 4])
def test_the_line_of_the_external_id(tmp_path: Path, indent: int, wrapped: bool) -> None:
    """It is the view's own name that is pointed to, not that of what it refers to, whatever the layout."""
    model = small_model()
    text = json.dumps({"items": [model]} if wrapped else model, indent=indent, sort_keys=True)
    for source in (text, text.replace("\n", "\r\n")):
        found = lines(tmp_path, source)
        assert {"sp:Pump(v1)", "sp:Valve(v1)", "sp:Site(v1)"} == set(found)
        depth = {len(line) - len(line.lstrip()) for line in (source.splitlines()[at - 1] for at in found.values())}
        assert 1 == len(depth)
        for view, line in found.items():
            name = view.partition(":")[2].partition("(")[0]
            assert f'"externalId": "{name}"' in source.splitlines()[line - 1]


def test_all_in_one_line(tmp_path: Path) -> None:
    """Then it is the first one."""
    assert {1} == set(lines(tmp_path, json.dumps(small_model())).values())


def test_views_elsewhere_are_not_meant(tmp_path: Path) -> None:
    """A list of that name within a property, or in a text, is passed over."""
    model: dict[str, Any] = {"about": {"views": [1, 2]}, "description": 'the "views": [ of', **small_model()}
    assert 3 == len(lines(tmp_path, json.dumps(model, indent=1)))


@pytest.mark.parametrize(
    "text", ["", "{", '{"views": [', '{"views": [{"externalId": "A", "properties": {', "[]", "\ufeff"]
)
def test_what_cannot_be_read_has_no_lines(tmp_path: Path, text: str) -> None:
    """It is a nicety: nothing is raised."""
    assert {} == lines(tmp_path, text)


def test_other_kinds_have_no_lines(tmp_path: Path) -> None:
    """A folder, YAML, bytes that are no text, and what is not there."""
    (tmp_path / "model.yaml").write_text("views: []", encoding="utf-8")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    for name in ("", "model.yaml", "bytes.json", "nothing.json"):
        assert {} == view_lines(tmp_path / name)
