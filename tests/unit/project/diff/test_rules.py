"""Each rule, by one change that falls under it; and the documentation of each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pygen.ir.problems import KINDS
from pygen.project.diff import RULES, Category, ChangeSeverity, Effect, Section, compare
from tests.support.plant_model import CASES, Case, sides


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_a_change_falls_under_its_rule_and_no_other(case: Case) -> None:
    """One edit is told under its code, at its place, with the companions that it cannot do without."""
    old, new = sides(case)
    found = [(change.code, change.where) for change in compare(old, new) if not change.inherited_from]
    assert sorted([(case.code, case.where), *case.also]) == sorted(found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_a_change_says_what_changed(case: Case) -> None:
    """The message is one sentence about the place, and says more than the title."""
    old, new = sides(case)
    for change in compare(old, new):
        assert change.message
        assert f"{change.where}: {change.severity} {change.code}: {change.message}" == str(change)


def test_every_rule_has_a_case() -> None:
    """A rule without an example is not tested by anything."""
    assert sorted(RULES) == sorted({case.code for case in CASES})


def test_no_code_has_two_meanings() -> None:
    """Rules and kinds of problems share the codes of `pygen explain`."""
    assert set() == RULES.keys() & {kind.code for kind in KINDS.values()}


def test_the_severity_is_the_worst_effect_on_what_can_be_generated() -> None:
    """Source code of targets that do not exist yet cannot break."""
    counted = (Category.READING, Category.WRITING, Category.STORED, Category.PYTHON)
    for rule in RULES.values():
        effects = {rule.effects[category] for category in counted}
        expected = next((level for level in ChangeSeverity if Effect(level) in effects), ChangeSeverity.SAFE)
        assert expected == rule.severity
    assert ChangeSeverity.RISKY == RULES["PYG409"].severity
    assert Effect.BREAKING == RULES["PYG409"].effects[Category.CSHARP]


def test_who_has_something_to_do_is_told_what() -> None:
    """A rule that breaks something, or may, has an advice; one that is safe has none."""
    for rule in RULES.values():
        assert (rule.severity is not ChangeSeverity.SAFE) == bool(rule.advice), rule.code


def test_texts_are_safe() -> None:
    """What a changelog calls fixed changes nothing but texts."""
    fixed = [rule for rule in RULES.values() if rule.section is Section.FIXED]
    assert {ChangeSeverity.SAFE} == {rule.severity for rule in fixed}


def _documented(repository: Path) -> dict[str, str]:
    """The sections of docs/diff.md, by code."""
    text = (repository / "docs" / "diff.md").read_text(encoding="utf-8")
    parts = re.split(r"^(?=### PYG)", text, flags=re.MULTILINE)[1:]
    return {part[4:10]: part for part in parts}


def test_every_rule_is_documented_and_nothing_else(repository: Path) -> None:
    """docs/diff.md has one section per rule, in order, with the code and the title that the rule has."""
    headings = [part.splitlines()[0] for part in _documented(repository).values()]
    assert [f"### {rule.code}: {rule.title}" for rule in RULES.values()] == headings


@pytest.mark.parametrize("code", RULES)
def test_the_documented_effects_are_those_of_the_rule(repository: Path, code: str) -> None:
    """The table of a section says what the rule says."""
    section = _documented(repository)[code]
    rows = [row for row in section.splitlines() if row.startswith("|")]
    heads, effects = ([cell.strip() for cell in row.strip("|").split("|")] for row in (rows[0], rows[2]))
    assert {str(who): str(effect) for who, effect in RULES[code].effects.items()} == dict(
        zip(heads, effects, strict=True)
    )
    assert "```" in section or "*Example*" in section
