"""What a project passes over."""

from __future__ import annotations

from pygen.project.diff import Change, compare
from pygen.project.diff.ignoring import sift, unused_entries
from tests.support.plant_model import Draft, plant


def changes() -> tuple[Change, ...]:
    """Two properties that are gone, of two views, and a description."""
    draft = Draft()
    draft.hide("Pump.label")
    draft.hide("Site.pump2")
    draft.view("Site")["description"] = "A site"
    return compare(plant(), draft.plain)


def test_a_code_is_passed_over_everywhere() -> None:
    """Without a pattern, the place means nothing."""
    sifted = sift(changes(), ["PYG403"])
    assert ["PYG308"] == [change.code for change in sifted.kept]
    assert ["PYG403", "PYG403"] == [change.code for change in sifted.ignored]


def test_a_pattern_is_one_of_places() -> None:
    """Case counts, and `*` stands for anything."""
    assert ["sp:Pump(v1).label"] == [change.where for change in sift(changes(), ["PYG403 sp:Pump*"]).ignored]
    assert ["sp:Site(v1).pump2"] == [change.where for change in sift(changes(), ["PYG403 *.pump?"]).ignored]
    assert () == sift(changes(), ["PYG403 sp:pump*", "PYG404 *"]).ignored


def test_entries_that_pass_over_nothing_are_told() -> None:
    """They may be left over, or misspelt."""
    entries = ["PYG403 sp:Pump*", "PYG403 sp:Gone*", "PYG499"]
    assert (
        "ignore: no change matches 'PYG403 sp:Gone*'",
        "ignore: no rule has the code PYG499 ('PYG499')",
    ) == unused_entries(entries, sift(changes(), entries).ignored)


def test_a_code_alone_is_a_policy() -> None:
    """Most of the time there is nothing that it could pass over, and that is nothing to tell."""
    assert () == unused_entries(["PYG404"], sift(changes(), ["PYG404"]).ignored)
