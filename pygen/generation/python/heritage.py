"""Which class inherits from which."""

from __future__ import annotations

from collections.abc import Mapping

from pygen.client.models.ids import ViewId
from pygen.generation.python.members import is_optional_on_read, is_required_on_write
from pygen.generation.python.sdk_names import ViewNames
from pygen.ir.models import DirectRelation, IRClass, IRMember, IRProperty, IRRelationship
from pygen.ir.types import EnumType

__all__ = ["Heritage"]


class Heritage:
    """
    Which mirrored parents a class can really inherit from, now that names and types are known.

    Inheritance needs one field name per property and one type per field in both classes. Whether a relation agrees
    depends on whether its targets inherit, so all start as heirs, and those that disagree lose a parent until none
    does. A class of what is written inherits as the class that is read does, since `as_write` leads from the one to
    the other; ancestors that nothing can be written through are looked through.

    Attributes:
        members: View -> property -> the property.
        read: View -> the views whose classes its class inherits from, in order.
        write: View -> the views whose write classes its write class inherits from, in order.
    """

    def __init__(self, views: Mapping[ViewId, IRClass], names: Mapping[ViewId, ViewNames]) -> None:
        self.members = {view: {member.id: member for member in cls.members} for view, cls in views.items()}
        self._views = views
        self._names = names
        self.read = {view: tuple(base for base in cls.mirrors if base in views) for view, cls in views.items()}
        self._settle()
        self.write = {view: self._written(view) for view in views}

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

    def _settle(self) -> None:
        settled = False
        while not settled:
            settled = True
            for view, bases in self.read.items():
                kept = tuple(base for base in bases if self._agree(view, base))
                if kept != bases:
                    self.read[view] = kept
                    settled = False

    def _agree(self, view: ViewId, base: ViewId) -> bool:
        if not self._agree_on_read(view, base):
            return False
        if not self._views[view].writable:
            return True
        written = self._written_behind(base)
        earlier = self.read[view][: self.read[view].index(base)]
        siblings = [other for sibling in earlier for other in self._written_behind(sibling)]
        return all(
            self._agree_on_write(view, each) and all(self._declare_the_same(other, each) for other in siblings)
            for each in written
        )

    def _agree_on_read(self, view: ViewId, base: ViewId) -> bool:
        ours, theirs = self._names[view], self._names[base]
        members = self.members[view]
        for name, inherited in self.members[base].items():
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
                if not bare and not self._leads_within(member.target, inherited.target):
                    return False
        return True

    def _agree_on_write(self, view: ViewId, base: ViewId) -> bool:
        """Whether values are written alike; relations are where they are read alike."""
        members = self.members[view]
        return all(
            is_required_on_write(members[name]) == is_required_on_write(inherited)
            and _unknown_value(members[name]) == _unknown_value(inherited)
            for name, inherited in self.members[base].items()
        )

    def _written(self, view: ViewId) -> tuple[ViewId, ...]:
        """The nearest ancestors with a write class, if *view* has one."""
        if not self._views[view].writable:
            return ()
        found = dict.fromkeys(each for base in self.read[view] for each in self._written_behind(base))
        return tuple(
            each for each in found if not any(each != other and self._descends(other, each) for other in found)
        )

    def _written_behind(self, base: ViewId) -> list[ViewId]:
        if self._views[base].writable:
            return [base]
        return [each for other in self.read[base] for each in self._written_behind(other)]

    def _declare_the_same(self, left: ViewId, right: ViewId) -> bool:
        """Whether two bases give one type to every relation they share; type checkers want that of siblings."""
        shared = self.members[left].keys() & self.members[right].keys()
        return all(self._declared(left, name) == self._declared(right, name) for name in shared)

    def _declared(self, view: ViewId, name: str) -> ViewId | None:
        """The target that a write class gives a relation, or that its base does."""
        for base in self._written(view):
            if name in self.members[base]:
                return self._declared(base, name)
        member = self.members[view][name]
        return member.target if isinstance(member, IRRelationship) else None

    def _leads_within(self, target: ViewId | None, inherited: ViewId | None) -> bool:
        if target is None or inherited is None:
            return target == inherited
        return self._descends(target, inherited)

    def _descends(self, view: ViewId, ancestor: ViewId) -> bool:
        return view == ancestor or any(self._descends(base, ancestor) for base in self.read.get(view, ()))


def _unknown_value(member: IRMember) -> str | None:
    if isinstance(member, IRProperty) and isinstance(member.type, EnumType):
        return member.type.enum.unknown_value
    return None
