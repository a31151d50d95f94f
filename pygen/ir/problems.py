"""
Every kind of problem a data model can have: its code, how bad it is, and what it is about.

The codes are documented, with examples and ways out, in docs/problems.md; a test keeps both lists equal.
"""

from __future__ import annotations

from dataclasses import dataclass

from pygen.client.models.ids import DataModelId, ViewId
from pygen.errors import Problem, Severity

__all__ = ["KINDS", "ProblemKind", "printable", "view_of"]


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """
    A kind of problem.

    Attributes:
        code: Stable identifier: 0xx are errors, 1xx warnings, 2xx infos.
        severity: Whether generation stops.
        title: What the kind is about, in a few words.
    """

    code: str
    severity: Severity
    title: str

    def at(self, place: ViewId | DataModelId, message: str, hint: str = "", *, property_id: str = "") -> Problem:
        """Make a problem of this kind, located at a view, one of its properties, or the data model."""
        where = f"{place}.{property_id}" if property_id else str(place)
        return Problem(printable(where), self.code, printable(message, 500), hint, self.severity)


KINDS: dict[str, ProblemKind] = {}


def _kind(code: str, severity: Severity, title: str) -> ProblemKind:
    KINDS[code] = kind = ProblemKind(code, severity, title)
    return kind


NO_VIEWS = _kind("PYG001", Severity.ERROR, "The data model has no views")
VIEW_REFERENCE = _kind("PYG002", Severity.ERROR, "A view is only named, not defined")
DUPLICATE_VIEW = _kind("PYG003", Severity.ERROR, "A view is defined twice")
INVALID_IDENTIFIER = _kind("PYG004", Severity.ERROR, "An identifier is not valid")
INHERITANCE_CYCLE = _kind("PYG005", Severity.ERROR, "Views implement each other in a circle")
PATTERN_WITHOUT_MATCH = _kind("PYG006", Severity.ERROR, "A pattern matches no view")
NOTHING_SELECTED = _kind("PYG007", Severity.ERROR, "The selection leaves no view")
WRONG_SHAPE = _kind("PYG008", Severity.ERROR, "The file has not the shape of a data model")

INVALID_PROPERTY = _kind("PYG101", Severity.WARNING, "A property's identifier is not valid")
UNKNOWN_TYPE = _kind("PYG102", Severity.WARNING, "A property has an unknown type")
UNKNOWN_CONNECTION = _kind("PYG103", Severity.WARNING, "A connection is of an unknown kind")
MISSING_DEFINITION = _kind("PYG104", Severity.WARNING, "A property's type is not told")
REVERSE_SOURCE_MISSING = _kind("PYG105", Severity.WARNING, "A reverse relation comes from a view outside the model")
THROUGH_MISSING = _kind("PYG106", Severity.WARNING, "A reverse relation goes through no direct relation")
THROUGH_UNKNOWN = _kind("PYG107", Severity.WARNING, "A reverse relation may go through a list or not")
EDGE_TARGET_MISSING = _kind("PYG108", Severity.WARNING, "Edges lead to a view outside the model")
EDGE_VIEW_MISSING = _kind("PYG109", Severity.WARNING, "Edges have properties of a view outside the model")
EDGE_VIEW_OF_NODES = _kind("PYG110", Severity.WARNING, "Edges have properties of a view of nodes")
TARGET_OF_EDGES = _kind("PYG111", Severity.WARNING, "A relation leads to a view of edges")
EMPTY_ENUM = _kind("PYG112", Severity.WARNING, "An enum has no values")
UNKNOWN_VALUE_MISSING = _kind("PYG113", Severity.WARNING, "An enum's unknown value is not one of its values")
UNSUPPORTED_DEFAULT = _kind("PYG114", Severity.WARNING, "A default value does not fit its property")

DIRECT_TARGET_MISSING = _kind("PYG201", Severity.INFO, "A direct relation leads to a view outside the model")
PARENT_MISSING = _kind("PYG202", Severity.INFO, "A parent is outside the model")
TARGET_CUT = _kind("PYG203", Severity.INFO, "The selection cuts a relation's target")
PARENT_CUT = _kind("PYG204", Severity.INFO, "The selection cuts a parent")
EDGE_VIEW_CUT = _kind("PYG205", Severity.INFO, "The selection cuts the view of edges' properties")


def printable(text: str, limit: int = 300) -> str:
    """Model text made fit for a terminal: one line, control and bidi characters escaped, not endless."""
    shown = text
    if not text.isprintable():
        shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
    return shown if len(shown) <= limit else f"{shown[:limit]}..."


def view_of(problem: Problem) -> str:
    """The part of a problem's place that names the view (or the data model)."""
    head, bracket, _ = problem.where.partition(")")
    return head + bracket
