"""What one difference between two data models is."""

from __future__ import annotations

import builtins
from typing import Any, NamedTuple

from pygen.project.diff.rules import RULES, ChangeSeverity, Rule

__all__ = ["Change", "change_document"]


class Change(NamedTuple):
    """
    One difference, with the one rule that it falls under.

    Attributes:
        where: A DMS path a person can search for: `space:View(version).property`, `space:Container.property`, or the
            data model. It is the place in the new model, unless it is only in the old one.
        code: The rule, `PYG3xx` to `PYG5xx`; documented in docs/diff.md.
        message: What changed there, in one sentence.
        view: The view, `space:View(version)`; empty for the data model or a container.
        property: The property, constraint or index; empty where the whole thing is meant.
        inherited_from: The view whose change this is, where a parent hands it down; else empty.
    """

    where: str
    code: str
    message: str
    view: str = ""
    property: str = ""
    inherited_from: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.severity} {self.code}: {self.message}"

    @builtins.property
    def rule(self) -> Rule:
        """The rule, with its effects."""
        return RULES[self.code]

    @builtins.property
    def severity(self) -> ChangeSeverity:
        """How bad it is: the worst effect of its rule."""
        return self.rule.severity


def change_document(change: Change) -> dict[str, Any]:
    """A change for programs."""
    return {
        "where": change.where,
        "code": change.code,
        "severity": str(change.severity),
        "title": change.rule.title,
        "message": change.message,
        "view": change.view or None,
        "property": change.property or None,
        "inheritedFrom": change.inherited_from or None,
        "advice": change.rule.advice or None,
        "effects": {str(category): str(effect) for category, effect in change.rule.effects.items()},
    }
