"""
The names of an SDK: what each view, property and keyword filter is called in Python.

Users' names are kept where they can be, ours yield: a derived name that is taken gets an underscore behind it, be it
the field for the ids of a relation (`nacelle_id_`) or a keyword filter (`min_capacity_`). Two views that want one name
(`pump` and `Pump`, one externalId in two spaces, two versions of a view) are told apart by a number, the same in the
names of the classes and of the module: `Pump_2`, `pump_2.py`. No other class can be called so, because a view's own
underscores go.

Scopes of the ledger: `classes` and `modules` for the SDK; per view its fields under `space:View(v1)`, and with the
endings ` ids` and ` filters` those derived names that are not what they usually are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pygen.client.models.ids import ViewId
from pygen.generation.base import Ledger
from pygen.generation.casing import pascal_case, snake_case
from pygen.generation.naming import Identifier, Namespace, former_key, in_naming_order
from pygen.generation.python import names as reserved
from pygen.generation.python.members import FILTER_OPS, FilterOp, filter_ops, usual_filter_name, usual_id_name
from pygen.ir.models import DirectRelation, IRClass, IRMember, IRRelationship

__all__ = ["ClassNames", "ViewNames", "collect_ledger", "name_classes", "name_view"]

CLASSES = "classes"
MODULES = "modules"
IDS = " ids"
FILTERS = " filters"

_MAX_MODULE_NAME = 150
"""File systems take 255 bytes; `.py` and what atomic writing adds must fit too."""


class ClassNames(NamedTuple):
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


class ViewNames(NamedTuple):
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


def name_classes(
    views: Mapping[ViewId, IRClass], clients: tuple[Identifier, Identifier], ledger: Ledger, present: set[str]
) -> dict[ViewId, ClassNames]:
    """
    Name the classes and modules of an SDK.

    Args:
        views: Its views, sorted.
        clients: The names of its clients, which the user chose.
        ledger: The names once given.
        present: The keys (`space:ExternalId(version)`) of its views.
    """
    classes = Namespace(reserved.KEYWORDS)
    for client in clients:
        classes.hold(client)
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
    read, write, filters, api, async_api = (Identifier(each, reserved.KEYWORDS) for each in _derived(name))
    return ClassNames(read, write, filters, api, async_api, module, has_write)


def _reserved_fields(cls: IRClass) -> frozenset[str]:
    return _EDGE_RESERVED if cls.used_for != "node" else _NODE_RESERVED


_NODE_RESERVED = reserved.PYDANTIC_NAMES | reserved.RESOURCE_NAMES | reserved.WRITE_NAMES
_EDGE_RESERVED = _NODE_RESERVED | reserved.EDGE_NAMES


def name_view(cls: IRClass, parents: Sequence[ViewNames], ledger: Ledger, former: str | None) -> ViewNames:
    """
    Name the fields and filters of a view.

    What the ledger knows comes first, with the derived names that belong to it; then what is inherited, so that
    classes can inherit; then the rest.

    Args:
        cls: The view.
        parents: The names of its nearest ancestors, in order.
        ledger: The names once given.
        former: The scope of the ledger that holds the view's names; None for a new view.
    """
    former_fields = _scope(ledger, former)
    space = Namespace(reserved.KEYWORDS, _reserved_fields(cls))
    members = {member.id: member for member in cls.members}
    fields: dict[str, Identifier] = {}
    for name in sorted(members.keys() & former_fields.keys()):
        if space.is_free(former_fields[name]):
            fields[name] = space.hold(former_fields[name])
    old = [members[name] for name in sorted(fields)]
    new = [members[name] for name in sorted(members.keys() - fields.keys())]
    ids = _id_names(old, fields, [_scope(ledger, former, IDS)], space)
    candidates: dict[str, str] = {}
    for member in new:
        inherited = next((parent.fields[member.id] for parent in parents if member.id in parent.fields), "")
        if space.is_free(inherited):
            fields[member.id] = space.hold(inherited)
        else:
            candidates[member.id] = snake_case(member.id, prefix="prop")
    for name in in_naming_order(candidates):
        fields[name] = space.numbered(candidates[name])
    ids |= _id_names(new, fields, [parent.ids for parent in parents], space)

    of_edges = reserved.EDGE_FILTER_NAMES if cls.used_for != "node" else frozenset[str]()
    keywords = Namespace(reserved.KEYWORDS, reserved.FILTER_NAMES | reserved.PARAMETER_NAMES | of_edges)
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
            usual = usual_id_name(fields[member.id], member)
            given[member.id] = space.yielding(wished if space.is_free(wished) else usual)
    return given


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
                usual = usual_filter_name(fields[key[0]], key[1])
                given[key] = space.yielding(wished if wished and space.is_free(wished) else usual)
    return given


def _parse_filters(scope: Mapping[str, str]) -> dict[tuple[str, FilterOp], str]:
    parsed: dict[tuple[str, FilterOp], str] = {}
    for key, name in scope.items():
        op, _, member = key.partition(" ")
        if op in FILTER_OPS:
            parsed[member, FILTER_OPS[op]] = name
    return parsed


def collect_ledger(
    views: Mapping[ViewId, IRClass], classes: Mapping[ViewId, ClassNames], names: Mapping[ViewId, ViewNames]
) -> Ledger:
    """All names given, for the next generation: every field, and derived names that are not the usual ones."""
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
            if name != usual_id_name(given.fields[member], members[member])
        }
        ledger[scope + FILTERS] = {
            f"{op} {member}": str(name)
            for (member, op), name in sorted(given.filters.items())
            if name != usual_filter_name(given.fields[member], op)
        }
    return {scope: entries for scope, entries in ledger.items() if entries}
