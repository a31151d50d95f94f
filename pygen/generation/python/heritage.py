"""Which class inherits from which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from pygen.client.models.ids import ViewId
from pygen.generation.python.members import is_optional_on_read, is_required_on_write
from pygen.generation.python.sdk_names import ViewNames
from pygen.ir.models import DirectRelation, IRClass, IRMember, IRProperty, IRRelationship, ReverseDirectRelation
from pygen.ir.types import EnumType

__all__ = ["Heritage"]

_Bases: TypeAlias = Mapping[ViewId, tuple[ViewId, ...]]


class Heritage:
    """
    Which mirrored parents a class can really inherit from, now that names and types are known.

    Inheritance needs one field name per property and one type per field in both classes. Whether a relation agrees
    depends on whether its targets inherit, so all start as heirs, and those that disagree lose a parent until none
    does.
    """

    def __init__(self, views: Mapping[ViewId, IRClass], names: Mapping[ViewId, ViewNames]) -> None:
        self.members = {view: {member.id: member for member in cls.members} for view, cls in views.items()}
        self._views = views
        self._names = names
        self.read = self._settle(
            {view: tuple(parent for parent in cls.mirrors if parent in views) for view, cls in views.items()},
            self._agree_on_read,
        )
        self.write = self._settle(
            {
                view: tuple(parent for parent in parents if views[view].writable and views[parent].writable)
                for view, parents in self.read.items()
            },
            self._agree_on_write,
        )

    def filter_base(self, view: ViewId) -> ViewId | None:
        """The one parent whose filters have the same names and types here."""
        bases = self.read[view]
        if len(bases) != 1 or self._is_edge(view) != self._is_edge(bases[0]):
            return None
        own, inherited = self._names[view].filters, self._names[bases[0]].filters
        same = all(own.get(key) == name for key, name in inherited.items())
        return bases[0] if same else None

    def _is_edge(self, view: ViewId) -> bool:
        return self._views[view].used_for == "edge"

    @staticmethod
    def _settle(
        bases: dict[ViewId, tuple[ViewId, ...]],
        agree: Callable[[ViewId, ViewId, _Bases], bool],
    ) -> dict[ViewId, tuple[ViewId, ...]]:
        settled = False
        while not settled:
            settled = True
            for view, parents in bases.items():
                kept = tuple(parent for parent in parents if agree(view, parent, bases))
                if kept != parents:
                    bases[view] = kept
                    settled = False
        return bases

    def _agree_on_read(self, view: ViewId, parent: ViewId, bases: _Bases) -> bool:
        ours, theirs = self._names[view], self._names[parent]
        members = self.members[view]
        for name, inherited in self.members[parent].items():
            member = members.get(name)
            if member is None or ours.fields[name] != theirs.fields[name] or ours.ids.get(name) != theirs.ids.get(name):
                return False
            if member == inherited:
                continue
            if is_optional_on_read(member) != is_optional_on_read(inherited):
                return False
            if isinstance(member, IRRelationship) and isinstance(inherited, IRRelationship):
                # Without a target, a direct relation has no descriptor that the child's could disagree with.
                bare = inherited.target is None and isinstance(inherited.connection, DirectRelation)
                if not bare and not _leads_within(member.target, inherited.target, bases):
                    return False
        return True

    def _agree_on_write(self, view: ViewId, parent: ViewId, bases: _Bases) -> bool:
        members = self.members[view]
        for name, inherited in self.members[parent].items():
            member = members[name]
            if member == inherited:
                continue
            if is_required_on_write(member) != is_required_on_write(inherited):
                return False
            if isinstance(member, IRRelationship) and isinstance(inherited, IRRelationship):
                is_written = not isinstance(member.connection, ReverseDirectRelation)
                if is_written and not self._takes_the_same(member.target, inherited.target, bases):
                    return False
            elif _unknown_value(member) != _unknown_value(inherited):
                return False
        earlier = bases[view][: bases[view].index(parent)]
        return all(self._declare_the_same(sibling, parent, bases) for sibling in earlier)

    def _declare_the_same(self, left: ViewId, right: ViewId, bases: _Bases) -> bool:
        """Whether two bases give one type to every relation they share; type checkers want that of siblings."""
        shared = self.members[left].keys() & self.members[right].keys()
        return all(self._declared(left, name, bases) == self._declared(right, name, bases) for name in shared)

    def _declared(self, view: ViewId, name: str, bases: _Bases) -> ViewId | None:
        for base in bases[view]:
            if name in self.members[base]:
                return self._declared(base, name, bases)
        member = self.members[view][name]
        return member.target if isinstance(member, IRRelationship) else None

    def _takes_the_same(self, target: ViewId | None, inherited: ViewId | None, bases: _Bases) -> bool:
        """Whether what can be written to the parent's relation is all that the child's wants to be given."""
        return not self._has_write_class(target) or _leads_within(target, inherited, bases)

    def _has_write_class(self, view: ViewId | None) -> bool:
        return view is not None and view in self._views and self._views[view].writable


def _leads_within(target: ViewId | None, inherited: ViewId | None, bases: _Bases) -> bool:
    if target is None or inherited is None:
        return target == inherited
    return _descends(target, inherited, bases)


def _unknown_value(member: IRMember) -> str | None:
    if isinstance(member, IRProperty) and isinstance(member.type, EnumType):
        return member.type.enum.unknown_value
    return None


def _descends(view: ViewId, ancestor: ViewId, bases: _Bases) -> bool:
    return view == ancestor or any(_descends(base, ancestor, bases) for base in bases.get(view, ()))
