"""
The decisions about a whole SDK: every name, and which class inherits from which.

What is decided here depends on the interfaces of the views only (identifiers, types, nullability, `implements`,
`usedFor`, writable), never on their texts. Each view's file is then built from its `ViewSlice` and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pygen.client.models.ids import DataModelId, ViewId
from pygen.errors import ConfigError
from pygen.generation.base import Ledger, TargetOptions
from pygen.generation.casing import pascal_case, snake_case
from pygen.generation.naming import Identifier, Namespace, former_key, in_naming_order
from pygen.generation.python import names as reserved
from pygen.ir.models import (
    DirectRelation,
    IRClass,
    IRMember,
    IRModel,
    IRProperty,
    IRRelationship,
    ReverseDirectRelation,
)
from pygen.ir.types import (
    BooleanType,
    DateType,
    EnumType,
    FloatType,
    IntegerType,
    JsonType,
    ReferenceType,
    TextType,
    TimestampType,
)

__all__ = [
    "BaseView",
    "ClassNames",
    "FilterOp",
    "SdkPlan",
    "ViewNames",
    "ViewSlice",
    "default_filter_name",
    "filter_ops",
    "is_optional_on_read",
    "is_required_on_write",
    "plan_sdk",
]

FilterOp: TypeAlias = Literal["is", "min", "max", "prefix"]

CLASSES = "classes"
MODULES = "modules"
IDS = " ids"
FILTERS = " filters"
"""Scopes of the ledger: two for the SDK; for each view its fields (`space:View(v1)`), and with these endings the
fields that hold ids and the keyword filters, where they are not called as usual."""

_MAX_MODULE_NAME = 150
"""File systems take 255 bytes; `.py` and what atomic writing adds must fit too."""

_COMPARABLE = (IntegerType, FloatType, TimestampType, DateType)
_EXACT = (BooleanType, EnumType, ReferenceType)


@dataclass(frozen=True, slots=True)
class ClassNames:
    """
    The names that a view has in the whole SDK.

    Attributes:
        write: Kept for the view even while nothing can be written through it.
        has_write: Whether instances can be written through the view, so that the class exists.
        module: Of its file, and of the attribute of the clients that leads to its API.
    """

    read: Identifier
    write: Identifier
    filters: Identifier
    api: Identifier
    async_api: Identifier
    module: Identifier
    has_write: bool


@dataclass(frozen=True, slots=True)
class ViewNames:
    """
    The names within a view.

    Attributes:
        fields: Property -> field.
        ids: Direct relation -> field of the read class that holds the id or ids.
        filters: Property and operator -> keyword filter.
    """

    fields: Mapping[str, Identifier]
    ids: Mapping[str, Identifier]
    filters: Mapping[tuple[str, FilterOp], Identifier]


@dataclass(frozen=True, slots=True)
class BaseView:
    """An ancestor that the class of a view inherits from."""

    view: IRClass
    names: ViewNames
    class_names: ClassNames
    members: Mapping[str, IRMember]

    def find(self, member: str) -> IRMember | None:
        """The ancestor's property of that identifier; None when it has none."""
        return self.members.get(member)


@dataclass(frozen=True, slots=True)
class ViewSlice:
    """
    Everything that the file of a view is built from.

    Attributes:
        model: The data model that the SDK is of.
        view: The view.
        names: The names within it.
        class_names: Its names in the SDK.
        bases: The ancestors that its class inherits from, in order; none: it stands alone.
        write_bases: Those of `bases` whose write class its write class inherits from.
        filter_base: The one of `bases` whose filters its filters extend; None: they stand alone.
        targets: The interfaces of the views that its relations lead to, and of the edges on the way.
    """

    model: DataModelId
    view: IRClass
    names: ViewNames
    class_names: ClassNames
    bases: tuple[BaseView, ...]
    write_bases: tuple[BaseView, ...]
    filter_base: BaseView | None
    targets: Mapping[ViewId, ClassNames]

    @property
    def is_edge(self) -> bool:
        """Whether the view's instances are edges, and nothing else."""
        return self.view.used_for == "edge"


@dataclass(frozen=True, slots=True)
class SdkPlan:
    """
    The plan of an SDK.

    Attributes:
        client: Name of the synchronous client.
        async_client: Name of the asynchronous client.
        classes: The names of each view in the SDK, sorted by view.
        slices: What each file is built from, sorted by view.
        ledger: All names given.
    """

    client: Identifier
    async_client: Identifier
    classes: Mapping[ViewId, ClassNames]
    slices: Mapping[ViewId, ViewSlice]
    ledger: Ledger


def plan_sdk(model: IRModel, options: TargetOptions, ledger: Ledger) -> SdkPlan:
    """
    Name everything and decide who inherits from whom.

    Raises:
        ConfigError: The client's name is no identifier.
    """
    views = {cls.id: cls for cls in sorted(model.classes, key=lambda cls: cls.id)}
    try:
        client = Identifier(options.client_name, reserved.KEYWORDS)
    except ValueError as error:
        raise ConfigError(f"the client cannot be called {options.client_name!r}", key="client_name") from error
    async_client = Identifier(f"Async{client}", reserved.KEYWORDS)
    present = {str(view) for view in views}
    classes = _name_classes(views, (client, async_client), ledger, present)
    names: dict[ViewId, ViewNames] = {}
    for cls in _parents_first(views):
        parents = [names[parent] for parent in cls.parents if parent in names]
        names[cls.id] = _name_view(cls, parents, ledger, former_key(ledger, cls.id, present))
    heritage = _Heritage(views, names)
    slices = {cls.id: _slice(model.id, cls, views, names, classes, heritage) for cls in views.values()}
    return SdkPlan(client, async_client, classes, slices, _new_ledger(views, classes, names))


def filter_ops(member: IRMember) -> tuple[FilterOp, ...]:
    """The keyword filters that a property offers."""
    if isinstance(member, IRRelationship):
        return ("is",) if isinstance(member.connection, DirectRelation) else ()
    if isinstance(member.type, JsonType):
        return ()
    if member.is_list or isinstance(member.type, _EXACT):
        return ("is",)
    if isinstance(member.type, _COMPARABLE):
        return ("is", "min", "max")
    return ("is", "prefix") if isinstance(member.type, TextType) else ("is",)


def default_filter_name(field: str, op: FilterOp) -> str:
    """What a keyword filter is called when nothing is in the way."""
    if op == "is":
        return field
    return f"{field}_prefix" if op == "prefix" else f"{op}_{field}"


def is_optional_on_read(member: IRMember) -> bool:
    """Whether an instance that was read may lack the value: it is nullable, or older than its default."""
    if isinstance(member, IRProperty):
        return member.nullable or member.default is not None
    return not isinstance(member.connection, DirectRelation) or member.connection.nullable


def is_required_on_write(member: IRMember) -> bool:
    """Whether a new instance must name a value."""
    if isinstance(member, IRProperty):
        return not (member.nullable or member.default is not None or member.auto_increment)
    return isinstance(member.connection, DirectRelation) and not member.connection.nullable


# Names


def _name_classes(
    views: Mapping[ViewId, IRClass], clients: tuple[Identifier, Identifier], ledger: Ledger, present: set[str]
) -> dict[ViewId, ClassNames]:
    classes = Namespace(reserved.KEYWORDS, clients)
    modules = Namespace(reserved.KEYWORDS, reserved.CLIENT_NAMES | reserved.MODULE_NAMES | set(clients), folded=True)
    former_classes, former_modules = ledger.get(CLASSES, {}), ledger.get(MODULES, {})
    given: dict[ViewId, tuple[str, Identifier]] = {}
    for view in views:
        key = former_key(former_classes, view, present)
        if key is not None and _bundle_is_free(classes, former_classes[key]):
            module = former_modules.get(key, "")
            if not modules.is_free(module):
                module = _module_name(view)
            given[view] = (_hold_bundle(classes, former_classes[key]), modules.numbered(module))
    candidates = {view: pascal_case(view.external_id, prefix="View") for view in views if view not in given}
    for view in sorted(candidates, key=lambda view: (view.external_id != candidates[view], view)):
        name = classes.allowed(candidates[view])
        module_name = modules.allowed(_module_name(view))
        number = 1
        while not (_bundle_is_free(classes, name) and modules.is_free(module_name)):
            number += 1
            name = f"{candidates[view]}_{number}"
            module_name = f"{_module_name(view)}_{number}"
        given[view] = (_hold_bundle(classes, name), modules.hold(module_name))
    return {view: _class_names(*given[view], has_write=views[view].writable) for view in views}


def _module_name(view: ViewId) -> str:
    return snake_case(view.external_id, prefix="view")[:_MAX_MODULE_NAME]


def _derived(name: str) -> tuple[str, str, str, str, str]:
    return (name, f"{name}Write", f"{name}Filters", f"{name}API", f"Async{name}API")


def _bundle_is_free(classes: Namespace, name: str) -> bool:
    return all(classes.is_free(derived) for derived in _derived(name))


def _hold_bundle(classes: Namespace, name: str) -> str:
    for derived in _derived(name):
        classes.hold(derived)
    return name


def _class_names(name: str, module: Identifier, *, has_write: bool) -> ClassNames:
    derived = (Identifier(each, reserved.KEYWORDS) for each in _derived(name))
    return ClassNames(*derived, module=module, has_write=has_write)


def _reserved_fields(cls: IRClass) -> frozenset[str]:
    return _EDGE_RESERVED if cls.used_for != "node" else _NODE_RESERVED


_NODE_RESERVED = reserved.PYDANTIC_NAMES | reserved.RESOURCE_NAMES | reserved.WRITE_NAMES
_EDGE_RESERVED = _NODE_RESERVED | reserved.EDGE_NAMES


def _name_view(cls: IRClass, parents: Sequence[ViewNames], ledger: Ledger, former: str | None) -> ViewNames:
    former_fields = _scope(ledger, former)
    space = Namespace(reserved.KEYWORDS, _reserved_fields(cls))
    members = {member.id: member for member in cls.members}
    fields: dict[str, Identifier] = {}
    for member in sorted(members.keys() & former_fields.keys()):
        if space.is_free(former_fields[member]):
            fields[member] = space.hold(former_fields[member])
    old = [members[member] for member in sorted(fields)]
    new = [members[member] for member in sorted(members.keys() - fields.keys())]
    ids = _id_names(old, fields, [_scope(ledger, former, IDS)], space)
    candidates: dict[str, str] = {}
    for member in new:
        inherited = next((parent.fields[member.id] for parent in parents if member.id in parent.fields), None)
        if inherited is not None and space.is_free(inherited):
            fields[member.id] = space.hold(inherited)
        else:
            candidates[member.id] = snake_case(member.id, prefix="prop")
    for name in in_naming_order(candidates):
        fields[name] = space.numbered(candidates[name])
    ids |= _id_names(new, fields, [parent.ids for parent in parents], space)

    of_edges = reserved.EDGE_FILTER_NAMES if cls.used_for != "node" else frozenset[str]()
    keywords = Namespace(reserved.KEYWORDS, reserved.FILTER_NAMES | of_edges)
    filters = _filter_names(old, fields, [_parse_filters(_scope(ledger, former, FILTERS))], keywords)
    filters |= _filter_names(new, fields, [parent.filters for parent in parents], keywords)
    return ViewNames(fields, ids, filters)


def _scope(ledger: Ledger, view: str | None, ending: str = "") -> Mapping[str, str]:
    return ledger.get(view + ending, {}) if view is not None else {}


def _id_names(
    members: Sequence[IRMember], fields: Mapping[str, str], wishes: Sequence[Mapping[str, str]], space: Namespace
) -> dict[str, Identifier]:
    given: dict[str, Identifier] = {}
    for member in members:
        if isinstance(member, IRRelationship) and isinstance(member.connection, DirectRelation):
            wished = next((wish[member.id] for wish in wishes if member.id in wish), "")
            usual = _usual_id_name(fields[member.id], member)
            given[member.id] = space.yielding(wished if space.is_free(wished) else usual)
    return given


def _usual_id_name(field: str, member: IRMember) -> str:
    return f"{field}_ids" if member.is_list else f"{field}_id"


def _filter_names(
    members: Sequence[IRMember],
    fields: Mapping[str, str],
    wishes: Sequence[Mapping[tuple[str, FilterOp], str]],
    space: Namespace,
) -> dict[tuple[str, FilterOp], Identifier]:
    given: dict[tuple[str, FilterOp], Identifier] = {}
    keys = [(member.id, op) for member in members for op in filter_ops(member)]
    for plain in (True, False):
        for key in keys:
            if (key[1] == "is") is plain:
                wished = next((wish[key] for wish in wishes if key in wish), "")
                usual = default_filter_name(fields[key[0]], key[1])
                given[key] = space.yielding(wished if wished and space.is_free(wished) else usual)
    return given


def _parse_filters(scope: Mapping[str, str]) -> dict[tuple[str, FilterOp], str]:
    parsed: dict[tuple[str, FilterOp], str] = {}
    for key, name in scope.items():
        op, _, member = key.partition(" ")
        if op in _FILTER_OPS:
            parsed[member, _FILTER_OPS[op]] = name
    return parsed


_FILTER_OPS: Mapping[str, FilterOp] = {"is": "is", "min": "min", "max": "max", "prefix": "prefix"}


def _new_ledger(
    views: Mapping[ViewId, IRClass], classes: Mapping[ViewId, ClassNames], names: Mapping[ViewId, ViewNames]
) -> Ledger:
    ledger: dict[str, dict[str, str]] = {
        CLASSES: {str(view): str(given.read) for view, given in classes.items()},
        MODULES: {str(view): str(given.module) for view, given in classes.items()},
    }
    for view, cls in views.items():
        given, scope = names[view], str(view)
        members = {member.id: member for member in cls.members}
        ledger[scope] = {member: str(name) for member, name in sorted(given.fields.items())}
        ledger[scope + IDS] = {
            member: str(name)
            for member, name in sorted(given.ids.items())
            if name != _usual_id_name(given.fields[member], members[member])
        }
        ledger[scope + FILTERS] = {
            f"{op} {member}": str(name)
            for (member, op), name in sorted(given.filters.items())
            if name != default_filter_name(given.fields[member], op)
        }
    return {scope: entries for scope, entries in ledger.items() if entries}


def _parents_first(views: Mapping[ViewId, IRClass]) -> Iterator[IRClass]:
    seen: set[ViewId] = set()

    def visit(view: ViewId) -> Iterator[IRClass]:
        if view in seen or view not in views:
            return
        seen.add(view)
        for parent in views[view].parents:
            yield from visit(parent)
        yield views[view]

    for view in views:
        yield from visit(view)


# Inheritance


class _Heritage:
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


_Bases: TypeAlias = Mapping[ViewId, tuple[ViewId, ...]]


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


# Slices


def _slice(
    model: DataModelId,
    cls: IRClass,
    views: Mapping[ViewId, IRClass],
    names: Mapping[ViewId, ViewNames],
    classes: Mapping[ViewId, ClassNames],
    heritage: _Heritage,
) -> ViewSlice:
    bases = {
        base: BaseView(views[base], names[base], classes[base], heritage.members[base])
        for base in heritage.read[cls.id]
    }
    filter_base = heritage.filter_base(cls.id)
    pointed_at: set[ViewId] = set()
    for member in cls.members:
        if isinstance(member, IRRelationship):
            if member.target is not None:
                pointed_at.add(member.target)
            edge_view = getattr(member.connection, "edge_view", None)
            if edge_view is not None:
                pointed_at.add(edge_view)
    return ViewSlice(
        model=model,
        view=cls,
        names=names[cls.id],
        class_names=classes[cls.id],
        bases=tuple(bases.values()),
        write_bases=tuple(bases[base] for base in heritage.write[cls.id]),
        filter_base=bases[filter_base] if filter_base is not None else None,
        targets={target: classes[target] for target in sorted(pointed_at) if target in views},
    )
