"""The names of a generated package, and the lines that declare them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

from pygen.client.models.ids import ViewId
from pygen.generation.python.members import FilterOp
from pygen.generation.python.planning import BaseView, SdkPlan, ViewSlice
from pygen.generation.symbols import Symbol, SymbolKind
from pygen.ir.models import DirectRelation, IRMember, IRProperty, IRRelationship, ReverseDirectRelation

__all__ = ["find_line", "sdk_symbols"]

_MEANINGS: dict[FilterOp, str] = {
    "is": "has this value, or one of these",
    "min": "is at least this value",
    "max": "is at most this value",
    "prefix": "begins with this text",
}


def sdk_symbols(sdk: SdkPlan) -> Iterator[Symbol]:
    """Every name of an SDK that stands for something in its data model."""
    yield Symbol("", SymbolKind.PACKAGE, "__init__.py", "")
    for client in (sdk.client, sdk.async_client):
        yield Symbol(client, SymbolKind.CLIENT, "_client.py", client)
        for view, names in sdk.classes.items():
            name = f"{client}.{names.module}"
            yield Symbol(name, SymbolKind.API, "_client.py", name, view)
    for view in sdk.slices:
        yield from _ViewSymbols(sdk, view).all()


class _ViewSymbols:
    """The names of the module of one view."""

    def __init__(self, sdk: SdkPlan, view: ViewId) -> None:
        self._slices = sdk.slices
        self._known = sdk.slices[view]

    def all(self) -> Iterator[Symbol]:
        known, names = self._known, self._known.class_names
        view, path = known.view.id, f"{names.module}.py"
        yield Symbol(names.module, SymbolKind.MODULE, path, "", view)
        yield Symbol(names.read, SymbolKind.CLASS, path, names.read, view)
        if names.has_write:
            yield Symbol(names.write, SymbolKind.WRITE_CLASS, path, names.write, view)
        yield Symbol(names.filters, SymbolKind.FILTERS_CLASS, path, names.filters, view)
        for api in (names.api, names.async_api):
            yield Symbol(api, SymbolKind.API_CLASS, path, api, view)
        members = {member.id: member for member in known.view.members}
        for member in members.values():
            yield from self._read(member)
            if names.has_write and _is_written(member):
                field = known.names.fields[member.id]
                yield self._symbol(member, field, SymbolKind.WRITE_FIELD, self._writer(known, member))
        for (property_id, op), name in known.names.filters.items():
            filterer = self._filterer(known, members[property_id])
            yield self._symbol(members[property_id], name, SymbolKind.FILTER, filterer, means=_MEANINGS[op])

    def _read(self, member: IRMember) -> Iterator[Symbol]:
        known, reader = self._known, self._reader(self._known, member)
        if isinstance(member, IRRelationship) and isinstance(member.connection, DirectRelation):
            yield self._symbol(member, known.names.ids[member.id], SymbolKind.ID_FIELD, reader)
            if member.target is None:
                return
        yield self._symbol(member, known.names.fields[member.id], SymbolKind.FIELD, reader)

    def _symbol(self, member: IRMember, name: str, kind: SymbolKind, declared: ViewSlice, means: str = "") -> Symbol:
        own, there = _class_name(self._known, kind), _class_name(declared, kind)
        path = f"{declared.class_names.module}.py"
        return Symbol(f"{own}.{name}", kind, path, f"{there}.{name}", self._known.view.id, member.id, means)

    # Whose class declares a property. The three kinds of classes inherit by rules of their own.

    def _reader(self, known: ViewSlice, member: IRMember) -> ViewSlice:
        bases = [base for base in known.bases if base.find(member.id) is not None]
        if not bases or any(base.find(member.id) != member for base in bases):
            return known
        return self._reader(self._slices[bases[0].view.id], member)

    def _writer(self, known: ViewSlice, member: IRMember) -> ViewSlice:
        return self._above(known, member, known.write_bases, self._writer)

    def _filterer(self, known: ViewSlice, member: IRMember) -> ViewSlice:
        bases = () if known.filter_base is None else (known.filter_base,)
        return self._above(known, member, bases, self._filterer)

    def _above(
        self,
        known: ViewSlice,
        member: IRMember,
        bases: Iterable[BaseView],
        find: Callable[[ViewSlice, IRMember], ViewSlice],
    ) -> ViewSlice:
        base = next((base for base in bases if base.find(member.id) is not None), None)
        return known if base is None else find(self._slices[base.view.id], member)


def _class_name(known: ViewSlice, kind: SymbolKind) -> str:
    names = known.class_names
    return {SymbolKind.WRITE_FIELD: names.write, SymbolKind.FILTER: names.filters}.get(kind, names.read)


def _is_written(member: IRMember) -> bool:
    if isinstance(member, IRProperty):
        return not member.read_only
    if isinstance(member.connection, DirectRelation):
        return not member.connection.read_only
    return not isinstance(member.connection, ReverseDirectRelation)


def find_line(text: str, name: str) -> int | None:
    """
    The line of a module that declares a name, without running it.

    Args:
        text: The module's text.
        name: `Class` or `Class.attribute`; empty for the module itself.

    Returns:
        The line, counted from 1; None where the name is not declared, or *text* is no Python.
    """
    if not name:
        return 1
    try:
        body: list[ast.stmt] = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError):
        return None
    found: ast.stmt | None = None
    for part in name.split("."):
        found = next((statement for statement in body if _declares(statement, part)), None)
        if found is None:
            return None
        body = found.body if isinstance(found, ast.ClassDef) else []
    return found.lineno if found is not None else None


def _declares(statement: ast.stmt, name: str) -> bool:
    match statement:
        case ast.ClassDef() | ast.FunctionDef():
            return statement.name == name
        case ast.AnnAssign(target=ast.Name(id=declared)) | ast.Assign(targets=[ast.Name(id=declared)]):
            return declared == name
        case _:
            return False
