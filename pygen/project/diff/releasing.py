"""What changes mean for a release: the part of its version that moves, and what its changelog says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from pygen.project.diff.changes import Change
from pygen.project.diff.handing_down import told_once
from pygen.project.diff.rules import ChangeSeverity, Section
from pygen.project.markdown import markdown_code, markdown_text

__all__ = ["VersionHint", "changelog", "kind_beside", "owner_of", "version_hint"]


class VersionHint(StrEnum):
    """The part of a semantic version that should move."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    NONE = "none"


def version_hint(changes: Sequence[Change]) -> VersionHint:
    """
    The part of a package's version that should move when its SDK is generated anew.

    Something that breaks asks for a major version, something new or risky for a minor one, and all that is left (texts,
    and what nobody has to know) for a patch.
    """
    if not changes:
        return VersionHint.NONE
    if any(change.severity is ChangeSeverity.BREAKING for change in changes):
        return VersionHint.MAJOR
    if any(change.severity is ChangeSeverity.RISKY or change.rule.section is Section.ADDED for change in changes):
        return VersionHint.MINOR
    return VersionHint.PATCH


_ORDER = (Section.REMOVED, Section.CHANGED, Section.ADDED, Section.FIXED)


def changelog(changes: Sequence[Change]) -> str:
    """
    The changes in Markdown, for people who use the SDK: by section, then by view.

    What a parent hands down stands with the parent alone, and what happens in containers only where it can be felt.
    Left out is what goes along with a change that is told on its own.
    """
    felt = [change for change, _ in told_once(changes) if _is_felt(change)]
    if changes and not felt:
        return "Nothing that users of the SDK meet has changed."
    lines: list[str] = []
    for section in _ORDER:
        found = [change for change in felt if change.rule.section is section]
        if found:
            lines += [*([""] if lines else []), f"### {section}", "", *_by_place(found)]
    return "\n".join(lines) or "No changes."


_GOING_ALONG = frozenset({"PYG312", "PYG435", "PYG447"})
"""Other versions of parents and of views at the other end of relations; relations through a list."""


def _is_felt(change: Change) -> bool:
    if change.severity is not ChangeSeverity.SAFE:
        return True
    return not change.code.startswith("PYG5") and change.code not in _GOING_ALONG


def _by_place(changes: Sequence[Change]) -> Iterator[str]:
    owners: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        owners.setdefault((owner_of(change), kind_beside(change)), []).append(change)
    for (owner, kind), found in owners.items():
        yield f"- {markdown_code(owner)}{kind}"
        for change in found:
            name = f"{markdown_code(change.property)} " if change.property else ""
            yield f"  - {name}{markdown_text(change.message)}{_consequence(change)}"


def owner_of(change: Change) -> str:
    """The view, the container or the data model that a change is of."""
    if change.view:
        return change.view
    return change.where.removesuffix(f".{change.property}") if change.property else change.where


def kind_beside(change: Change) -> str:
    """What stands behind the name of the owner, which may look like that of a view."""
    if change.view:
        return ""
    return " (container)" if change.code.startswith("PYG5") else " (data model)"


def _consequence(change: Change) -> str:
    if change.severity is ChangeSeverity.SAFE:
        return ""
    advice = f": {change.rule.advice}" if change.rule.advice else ""
    return f" (**{change.severity}**{advice})"
