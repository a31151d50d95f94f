"""Changes to a model as a whole: the selection a user makes, and which classes inherit from which."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from pygen.client.models.ids import ViewId
from pygen.errors import Problem
from pygen.ir import problems as kinds
from pygen.ir.inheritance import parents_first
from pygen.ir.mirroring import find_mirrors
from pygen.ir.models import EdgeConnection, IRClass, IRMember, IRModel, IRProperty

__all__ = ["mirror", "select"]


def select(
    model: IRModel, include: Sequence[str] = ("*",), exclude: Sequence[str] = ()
) -> tuple[IRModel, list[Problem]]:
    """
    Keep the views that some pattern includes and none excludes.

    A kept view keeps all its properties: those of a parent that is cut are already its own, and the parent is looked
    through to the next ancestor. A relation whose target is cut loses it, and edges lose the view of their properties.

    Args:
        model: The whole model.
        include: Shell patterns (`*`, `?`, `[...]`, case counts) over `externalId`, `space:externalId` or
            `space:externalId(version)`.
        exclude: Likewise; wins over *include*.

    Returns:
        The selected model, and what was cut from it, sorted. A pattern that matches nothing is an error, and so is an
        empty selection.
    """
    names = {cls.id: (cls.id.external_id, f"{cls.id.space}:{cls.id.external_id}", str(cls.id)) for cls in model.classes}
    problems = [
        _unmatched(model, option, pattern)
        for option, patterns in (("include", include), ("exclude", exclude))
        for pattern in dict.fromkeys(patterns)
        if model.classes and not any(_matches(known, (pattern,)) for known in names.values())
    ]
    kept = {
        view_id: True for view_id, known in names.items() if _matches(known, include) and not _matches(known, exclude)
    }
    if len(kept) == len(names):
        return model, problems
    if not kept and not problems:
        problems.append(
            kinds.NOTHING_SELECTED.at(model.id, "include and exclude leave no view", "include more, or exclude less")
        )
    parents = _look_through(model, kept)
    classes = tuple(
        replace(
            cls,
            members=tuple(_cut(cls, member, kept, problems) for member in cls.members),
            parents=parents[cls.id],
        )
        for cls in model.classes
        if cls.id in kept
    )
    problems.extend(
        kinds.PARENT_CUT.at(cls.id, f"the parent {parent} is not selected; its properties are part of this view")
        for cls in model.classes
        if cls.id in kept
        for parent in cls.parents
        if parent not in kept
    )
    return replace(model, classes=classes), sorted(problems)


def _matches(names: Iterable[str], patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)


def _unmatched(model: IRModel, option: str, pattern: str) -> Problem:
    candidates = sorted({name for cls in model.classes for name in (cls.id.external_id, str(cls.id))})
    folded = {name.casefold(): name for name in candidates}
    close = difflib.get_close_matches(pattern.casefold(), folded, n=1)
    hint = f"did you mean {folded[close[0]]}?" if close else "patterns are matched against the external ids of views"
    return kinds.PATTERN_WITHOUT_MATCH.at(model.id, f"the pattern {pattern!r} in {option} matches no view", hint)


def _look_through(model: IRModel, kept: dict[ViewId, bool]) -> dict[ViewId, tuple[ViewId, ...]]:
    """The nearest kept ancestors of every view, in order."""
    graph = {cls.id: cls.parents for cls in model.classes}
    nearest: dict[ViewId, tuple[ViewId, ...]] = {}
    for view_id in parents_first(graph):
        found: dict[ViewId, None] = {}
        for parent in graph[view_id]:
            found.update(dict.fromkeys([parent] if parent in kept else nearest[parent]))
        nearest[view_id] = tuple(found)
    return nearest


def _cut(cls: IRClass, member: IRMember, kept: dict[ViewId, bool], problems: list[Problem]) -> IRMember:
    if isinstance(member, IRProperty):
        return member
    if member.target is not None and member.target not in kept:
        problems.append(
            kinds.TARGET_CUT.at(
                cls.id, f"the target {member.target} is not selected; its nodes are untyped", property_id=member.id
            )
        )
        member = replace(member, target=None)
    connection = member.connection
    if isinstance(connection, EdgeConnection) and connection.edge_view is not None and connection.edge_view not in kept:
        problems.append(
            kinds.EDGE_VIEW_CUT.at(
                cls.id,
                f"the view of the edges' properties, {connection.edge_view}, is not selected; they are left out",
                property_id=member.id,
            )
        )
        member = replace(member, connection=replace(connection, edge_view=None))
    return member


def mirror(model: IRModel) -> IRModel:
    """
    Decide which classes inherit from which, and what each has to declare itself.

    Args:
        model: With `parents` as parsed or selected.

    Returns:
        The same model with `mirrors` and `own` as `IRClass` describes them.
    """
    by_id = {cls.id: cls for cls in model.classes}
    mirrors = find_mirrors(by_id)
    members: dict[ViewId, dict[str, IRMember]] = {
        cls.id: {member.id: member for member in cls.members} for cls in model.classes
    }
    return replace(
        model,
        classes=tuple(
            replace(
                cls,
                parents=tuple(parent for parent in cls.parents if parent in by_id),
                mirrors=mirrors[cls.id],
                own=_own(cls, [members[parent] for parent in mirrors[cls.id]]),
            )
            for cls in model.classes
        ),
    )


def _own(cls: IRClass, inherited: list[dict[str, IRMember]]) -> frozenset[str]:
    """All members but those that every class inherited from has, if it has them, in exactly the same form."""
    own = set()
    for member in cls.members:
        forms = [members[member.id] for members in inherited if member.id in members]
        if not forms or any(form != member for form in forms):
            own.add(member.id)
    return frozenset(own)
