"""
Whether a data model as a whole can become an SDK.

Errors are for what makes that impossible. What degrades a single property is found, and named, by the parser.
"""

from __future__ import annotations

import re
from collections import Counter

from pygen.client.models.data_model import DataModel
from pygen.client.models.ids import DataModelId, ViewId
from pygen.client.models.references import ViewReference
from pygen.client.models.view import View
from pygen.errors import Problem
from pygen.ir import problems as kinds
from pygen.ir.inheritance import find_cycles

__all__ = ["model_problems", "validate", "view_problems"]

# dms-api.md 8.1, from the official OpenAPI document.
_SPACE = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]{0,41}[a-zA-Z0-9]?")
_EXTERNAL_ID = re.compile(r"[a-zA-Z]([a-zA-Z0-9_]{0,253}[a-zA-Z0-9])?")
_VERSION = re.compile(r"[a-zA-Z0-9]([.a-zA-Z0-9_-]{0,41}[a-zA-Z0-9])?")


def validate(wire: DataModel) -> list[Problem]:
    """
    Find every problem of a data model and its views as such, sorted by place.

    Views without definition, views defined twice, invalid identifiers, circles in `implements`, parents outside the
    model.
    """
    return sorted([*model_problems(wire), *view_problems(wire)])


def model_problems(wire: DataModel) -> list[Problem]:
    """The problems of a data model itself."""
    found = _invalid_identifiers(wire.as_id())
    if not wire.views:
        found.append(kinds.NO_VIEWS.at(wire.as_id(), "the data model has no views", "add views to it"))
    return found


def view_problems(wire: DataModel) -> list[Problem]:
    """The problems of a data model's views."""
    views = [view for view in wire.views if isinstance(view, View)]
    found = [
        kinds.VIEW_REFERENCE.at(
            view.as_id(),
            "the view is only named, its definition is missing",
            "fetch the data model with inlineViews=true",
        )
        for view in wire.views
        if isinstance(view, ViewReference)
    ]
    counts = Counter(view.as_id() for view in views)
    for view_id, count in counts.items():
        found.extend(_invalid_identifiers(view_id))
        if count > 1:
            found.append(kinds.DUPLICATE_VIEW.at(view_id, f"the view is defined {count} times", "keep one definition"))
    found.extend(_inheritance(views, counts))
    return found


def _invalid_identifiers(identifier: DataModelId | ViewId) -> list[Problem]:
    parts = (
        ("space", identifier.space, _SPACE, "letters, digits, `_` and `-`, up to 43 of them, a letter first"),
        ("externalId", identifier.external_id, _EXTERNAL_ID, "letters, digits and `_`, up to 255, a letter first"),
        ("version", identifier.version, _VERSION, "letters, digits, `_`, `-` and `.`, up to 43 of them"),
    )
    return [
        kinds.INVALID_IDENTIFIER.at(identifier, f"the {part} {value!r} is not valid", f"allowed: {allowed}")
        for part, value, pattern, allowed in parts
        if pattern.fullmatch(value) is None
    ]


def _inheritance(views: list[View], known: Counter[ViewId]) -> list[Problem]:
    implements = {view.as_id(): [parent.as_id() for parent in view.implements or ()] for view in views}
    found = [
        kinds.PARENT_MISSING.at(
            view_id,
            f"the parent {parent} is not in the data model; its properties count only as far as the view lists them",
            "add the parent to the data model to have it as a class",
        )
        for view_id, parents in implements.items()
        for parent in dict.fromkeys(parents)
        if parent not in known
    ]
    for cycle in find_cycles(implements):
        named = " -> ".join(map(str, (*_walk(cycle, implements), cycle[0])))
        found.append(
            kinds.INHERITANCE_CYCLE.at(
                cycle[0], f"the view implements itself: {named}", "remove one of them from `implements`"
            )
        )
    return found


def _walk(group: tuple[ViewId, ...], implements: dict[ViewId, list[ViewId]]) -> list[ViewId]:
    """One shortest circle through the first view of a group whose views all reach each other."""
    start, members = group[0], set(group)
    paths = {start: [start]}
    queue = [start]
    for view_id in queue:
        for parent in sorted(implements[view_id]):
            if parent == start:
                return paths[view_id]
            if parent in members and parent not in paths:
                paths[parent] = [*paths[view_id], parent]
                queue.append(parent)
    raise AssertionError("views of one group reach each other")
