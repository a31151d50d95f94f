"""The hint for the next version, and the changelog."""

from __future__ import annotations

from typing import Any

import pytest

from pygen.project.diff import Change, compare
from pygen.project.diff.diffing import ModelDiff
from pygen.project.diff.handing_down import told_once
from pygen.project.diff.ignoring import sift
from pygen.project.diff.releasing import changelog, version_hint
from pygen.project.diff.summary import markdown_summary
from pygen.project.plain_model import PlainModel
from tests.support.plant_model import Draft, plant, ref, stored


def changes(*edits: Any) -> tuple[Change, ...]:
    """What edits of the plant change."""
    draft = Draft()
    for edit in edits:
        edit(draft)
    return compare(plant(), draft.plain)


def new_property(draft: Draft) -> None:
    """Something more to read."""
    draft.add("Pump.extra", stored("text"))


def new_text(draft: Draft) -> None:
    """Something better said."""
    draft.shown("Pump.label")["description"] = "What is written on it"


def lost_property(draft: Draft) -> None:
    """Something less to read."""
    draft.hide("Pump.label")


def risk(draft: Draft) -> None:
    """Another unit."""
    draft.retype("Pump.capacity", unit={"externalId": "power:w", "sourceUnit": "kW"})


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([], "none"),
        ([new_text], "patch"),
        ([lambda draft: draft.retype("Pump.label", maxTextSize=None)], "patch"),
        ([new_text, new_property], "minor"),
        ([risk], "minor"),
        ([new_text, new_property, risk, lost_property], "major"),
    ],
)
def test_the_hint_is_the_part_that_the_worst_change_asks_for(edits: list[Any], expected: str) -> None:
    """Breaking: major; new or risky: minor; the rest: patch."""
    assert expected == version_hint(changes(*edits))


def test_the_changelog_is_for_people_who_use_the_sdk() -> None:
    """By section and view, with what to do where something breaks."""
    found = changes(lost_property, risk, new_property, lambda draft: draft.view("Site").update(description="A place"))
    assert """\
### Removed

- `sp:Pump(v1)`
  - `label` is gone: text (**breaking**: do not use it any more)

### Changed

- `sp:Pump(v1)`
  - `capacity` unit is power:w, was power:kilow (**risky**: convert numbers where you read and write them, and the \
stored ones)

### Added

- `sp:Pump(v1)`
  - `extra` is new: text

### Fixed

- `sp:Site(v1)`
  - description changed""" == changelog(found)
    assert "No changes." == changelog(())


def test_the_changelog_says_once_what_is_handed_down_and_leaves_out_containers() -> None:
    """A parent's change stands with the parent; a container's only where it can be felt."""
    found = changes(
        lambda draft: draft.change("Thing.name", nullable=False),
        lambda draft: draft.kept("Pump.hidden").update(description="Nobody sees it"),
        lambda draft: draft.kept("Pump.hidden").update(nullable=False),
    )
    text = changelog(found)
    assert 1 == text.count("`name` must have a value")
    assert "`sp:Pump` (container)\n  - `hidden` must have a value (**breaking**" in text
    assert "description" not in text


def summary(*edits: Any, ignored: int = 0) -> str:
    """The summary of edits."""
    found = changes(*edits)
    return markdown_summary(
        [ModelDiff("default", "git:HEAD:a.json", "a.json", "a.json", found[ignored:], found[:ignored])]
    )


def test_the_summary_is_for_a_pull_request() -> None:
    """Both models, how bad it is, and each change under its view."""
    assert """\
## `git:HEAD:a.json` to `a.json`

**2 breaking, 1 safe**; the SDK's next version is a **major** one.

### `sp:Pump(v1)`

- **safe** PYG401: `extra` is new: text

### `sp:Thing(v1)`

- **breaking** PYG405: `name` must have a value (and in 1 view that inherits it)""" == summary(
        new_property, lambda draft: draft.change("Thing.name", nullable=False)
    )
    assert "**No changes**." in summary()
    assert "**1 breaking** (1 more is ignored)" in summary(lost_property, new_property, ignored=1)


def test_an_heir_tells_what_its_parent_may_not() -> None:
    """Where the parent's change is ignored, the views that inherit it are no longer silent."""
    found = changes(lambda draft: draft.change("Thing.name", nullable=False))
    kept = sift(found, ["PYG405 sp:Thing*"]).kept
    assert [("sp:Pump(v1).name", 0)] == [(change.where, heirs) for change, heirs in told_once(kept)]
    assert [("sp:Thing(v1).name", 1)] == [(change.where, heirs) for change, heirs in told_once(found)]
    assert "`sp:Pump(v1)`" in changelog(kept)


def test_two_changes_of_one_rule_are_told_apart() -> None:
    """A relation may lead to another version of a view, over edges of another version of theirs."""

    def versions(version: str) -> PlainModel:
        draft = Draft()
        for name in ("Thing", "Pump"):
            links = draft.view(name)["properties"].setdefault("links", draft.shown("Pump.links"))
            links |= {"source": ref("Elsewhere", version), "edgeSource": ref("Between", version)}
        return draft.plain

    found = compare(versions("v1"), versions("v2"))
    assert 4 == len(found)
    assert [("sp:Thing(v1).links", 1)] * 2 == [(change.where, heirs) for change, heirs in told_once(found)]


def test_the_changelog_leaves_out_what_goes_along() -> None:
    """Whoever uses the SDK meets a new version of a view, and not each relation to it."""

    def renewed(draft: Draft) -> None:
        draft.view("Site")["version"] = "v2"
        for name in ("site", "owner"):
            draft.shown(f"Pump.{name}")["type"]["source"]["version"] = "v2"

    assert {"PYG307", "PYG435"} <= {change.code for change in changes(renewed)}
    text = changelog(changes(renewed))
    assert "is version v2" in text
    assert "leads to" not in text
    unseen = changes(lambda draft: draft.kept("Pump.hidden").update(description="Nobody sees it"))
    assert "Nothing that users of the SDK meet has changed." == changelog(unseen)


def test_a_container_is_called_one() -> None:
    """It may have the name of a view, and a data model has one that looks like a view's."""
    edits = (
        lambda draft: draft.kept("Pump.hidden").update(nullable=False),
        lambda draft: draft.model.update(version="v2"),
    )
    assert "- `sp:Pump` (container)\n" in changelog(changes(*edits))
    assert "- `sp:Plant(v2)` (data model)\n" in changelog(changes(*edits))
    assert "### `sp:Pump` (container)\n" in summary(*edits)


def test_only_views_hand_something_down() -> None:
    """Containers that have the same change have nothing to do with each other."""
    draft = Draft()
    draft.model["views"] = [draft.view("Thing")]
    draft.containers = [draft.container("Thing")]
    found = compare(plant(), draft.plain)
    assert 5 == sum(change.code == "PYG502" for change in found)
    assert "inherit" not in markdown_summary([ModelDiff("", "a.json", "b.json", "b.json", found, ())])


def test_text_of_models_stays_text_in_markdown() -> None:
    """No link, no mention, no HTML, whatever an enum value or a unit is called."""
    hostile = {"externalId": "<img src=x> @everyone [a](http://b) `c` | d\n# e", "sourceUnit": "kW"}
    for text in (
        summary(lambda draft: draft.retype("Pump.capacity", unit=hostile)),
        changelog(changes(lambda draft: draft.retype("Pump.capacity", unit=hostile))),
    ):
        assert "<img" not in text
        assert "@everyone" not in text
        assert "[a](http" not in text
        assert "\n# e" not in text


def test_a_summary_fits_into_a_comment() -> None:
    """What would make it too long is counted."""

    def many(draft: Draft) -> None:
        for index in range(3000):
            draft.add(f"Pump.extra{index}", stored("text"))

    text = summary(many)
    assert len(text.encode()) < 65_536
    assert text.endswith("more, which `pygen diff` lists.")
