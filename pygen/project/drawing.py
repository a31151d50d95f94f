"""
A data model as boxes and arrows.

A reverse relation and the direct one that it reads are one arrow, and so are the two ends of edges of one type. What a
view inherits from one that is drawn is shown there only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pygen.client.models.ids import ViewId
from pygen.diagram import Box, Link
from pygen.ir.models import (
    DirectRelation,
    EdgeConnection,
    IRClass,
    IRMember,
    IRProperty,
    IRRelationship,
    ReverseDirectRelation,
)
from pygen.project.showing import ModelView, type_words

__all__ = ["draw_model"]


def draw_model(views: ModelView) -> tuple[list[Box], list[Link]]:
    """The boxes and arrows of a data model, for `pygen.diagram`."""
    picture = _Picture(views)
    return picture.boxes(), picture.links()


class _Arrow(NamedTuple):
    source: ViewId
    target: ViewId
    label: str


class _Picture:
    def __init__(self, views: ModelView) -> None:
        self._views = views
        self._drawn = {cls.id: cls for cls in views.classes}
        self._all = {cls.id: cls for cls in views.model.classes}
        self._own = {
            cls.id: [each for each in cls.members if not self._is_shown_above(cls, each)] for cls in views.classes
        }

    def boxes(self) -> list[Box]:
        """A box for each view."""
        return [Box(str(cls.id), self._views.name_of(cls.id), tuple(self._lines(cls))) for cls in self._drawn.values()]

    def links(self) -> list[Link]:
        """The arrows."""
        parents = [
            Link(str(cls.id), str(parent), kind="inherits")
            for cls in self._drawn.values()
            for parent in self._nearest(cls)
        ]
        arrows = [Link(str(one.source), str(one.target), one.label) for one in self._arrows()]
        return [*parents, *arrows]

    def _nearest(self, cls: IRClass) -> list[ViewId]:
        """The nearest ancestors that are drawn."""
        found: dict[ViewId, None] = {}
        for parent in cls.parents:
            found.update(dict.fromkeys([parent] if parent in self._drawn else self._nearest(self._all[parent])))
        return list(found)

    def _is_shown_above(self, cls: IRClass, member: IRMember) -> bool:
        return any(any(other == member for other in self._drawn[parent].members) for parent in self._nearest(cls))

    def _lines(self, cls: IRClass) -> Iterator[str]:
        """The values of a view, and the relations that no arrow can show."""
        for member in self._own[cls.id]:
            if isinstance(member, IRProperty):
                yield f"{member.id}: {type_words(member)}"
            elif member.target not in self._drawn or member.target == cls.id:
                yield f"{member.id}: {self._views.target_of(member)}{'[]' if member.is_list else ''}"

    def _arrows(self) -> list[_Arrow]:
        """The relations, each once."""
        arrows: dict[object, _Arrow] = {}
        for reverse in (False, True):
            for view, members in self._own.items():
                for member in members:
                    if (
                        isinstance(member, IRRelationship)
                        and member.target in self._drawn
                        and isinstance(member.connection, ReverseDirectRelation) is reverse
                    ):
                        self._add(arrows, view, member, member.target)
        return [arrow for arrow in arrows.values() if arrow.source != arrow.target]

    def _add(self, arrows: dict[object, _Arrow], view: ViewId, relation: IRRelationship, target: ViewId) -> None:
        """Add a relation, or its name to the arrow of its other end."""
        connection, label = relation.connection, self._label(relation)
        key: object
        source, end = view, target
        match connection:
            case DirectRelation():
                key = (view, relation.id)
            case EdgeConnection():
                if connection.direction == "inwards":
                    source, end = target, view
                key = (connection.type, frozenset((source, end)))
            case _:
                source, end = target, view
                key = self._direct_end(connection, target) or (view, relation.id)
        other = arrows.get(key)
        if other is None:
            arrows[key] = _Arrow(source, end, label)
        else:
            ends = (label, other.label) if view == other.source else (other.label, label)
            arrows[key] = other._replace(label=" / ".join(ends))

    def _label(self, relation: IRRelationship) -> str:
        edge = relation.connection.edge_view if isinstance(relation.connection, EdgeConnection) else None
        with_edge = f" ({self._views.name_of(edge)})" if edge is not None else ""
        return f"{relation.id}{' *' if relation.is_list else ''}{with_edge}"

    def _direct_end(self, reverse: ReverseDirectRelation, source: ViewId) -> object:
        """The key of the direct relation that a reverse one reads, of the view that is drawn to have it."""
        for member in self._own.get(source, ()):
            connection = member.connection if isinstance(member, IRRelationship) else None
            if isinstance(connection, DirectRelation) and (
                member.id == reverse.through_property
                if isinstance(reverse.through, ViewId)
                else (connection.container, connection.container_property)
                == (reverse.through, reverse.through_property)
            ):
                return source, member.id
        for parent in self._nearest(self._drawn[source]):
            key = self._direct_end(reverse, parent)
            if key is not None:
                return key
        return None
