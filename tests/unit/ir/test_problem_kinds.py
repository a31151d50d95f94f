"""The kinds of problems and their documentation."""

from __future__ import annotations

import re
from pathlib import Path

from pygen.client.models.ids import DataModelId, ViewId
from pygen.errors import Severity
from pygen.ir.problems import KINDS, UNKNOWN_TYPE, WRONG_SHAPE, printable, view_of
from pygen.sources import wire

VIEW = ViewId("sp", "Pump", "v1")


def test_every_kind_is_documented_and_nothing_else(repository: Path) -> None:
    """docs/problems.md has one section per kind, with the code and the title that the code has."""
    text = (repository / "docs" / "problems.md").read_text(encoding="utf-8")
    documented = re.findall(r"^### (PYG[012]\d\d): (.+)$", text, flags=re.MULTILINE)
    assert sorted((kind.code, kind.title) for kind in KINDS.values()) == documented


def test_the_first_digit_is_the_severity() -> None:
    """Codes 0xx are errors, 1xx warnings, 2xx infos."""
    expected = {"0": Severity.ERROR, "1": Severity.WARNING, "2": Severity.INFO}
    assert {code: expected[code[3]] for code in KINDS} == {code: kind.severity for code, kind in KINDS.items()}


def test_sources_use_the_documented_code_for_a_wrong_shape() -> None:
    """`pygen.sources` may not import the IR, and yet its code is the documented one."""
    assert WRONG_SHAPE.code == wire.WRONG_SHAPE


def test_places_are_views_properties_or_the_data_model() -> None:
    """The place of a problem is a path a person can search for."""
    assert "sp:Pump(v1).flow" == UNKNOWN_TYPE.at(VIEW, "m", property_id="flow").where
    assert "sp:Pump(v1)" == UNKNOWN_TYPE.at(VIEW, "m").where
    assert "sp:Plant(2)" == UNKNOWN_TYPE.at(DataModelId("sp", "Plant", "2"), "m").where


def test_the_view_of_a_problem_is_told_from_its_place() -> None:
    """A property's problem belongs to the property's view."""
    assert "sp:Pump(v1)" == view_of(UNKNOWN_TYPE.at(VIEW, "m", property_id="flow"))


def test_model_text_cannot_drive_a_terminal() -> None:
    """Control and bidi characters of identifiers and messages are shown, not sent."""
    problem = UNKNOWN_TYPE.at(VIEW, "type '\x1b[31m\u202e'", property_id="a\nb")
    assert "sp:Pump(v1).a\\nb" == problem.where
    assert "type '\\x1b[31m\\u202e'" == problem.message


def test_endless_text_is_cut() -> None:
    """A hostile identifier does not fill the screen."""
    assert "aaaaa..." == printable("a" * 1000, 5)
