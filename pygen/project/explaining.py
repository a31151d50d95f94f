"""
What a name of generated code, or of the data model, stands for: file and line, view, property, container.

Names come from the lock and the model, the way a generation gives them; no generated code is imported.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from pygen.client.models.ids import ViewId
from pygen.errors import ConfigError
from pygen.generation.symbols import Symbol, SymbolKind
from pygen.ir.models import (
    DirectRelation,
    EdgeConnection,
    IRClass,
    IRMember,
    IRProperty,
    IRRelationship,
    ReverseDirectRelation,
)
from pygen.project.config import ProjectConfig, SdkConfig, TargetConfig
from pygen.project.lock import Lock, read_lock
from pygen.project.paths import project_path
from pygen.project.showing import ModelView, said_about, traits_of
from pygen.project.snapshot import read_snapshot

if TYPE_CHECKING:
    from pygen.generation.base import BaseGenerator
    from pygen.ir.models import IRModel

__all__ = ["Explanation", "explain_name"]

_KINDS = list(SymbolKind)
_REFERENCE = re.compile(r"(?P<space>[^:.()]+):(?P<external_id>[^:.()]+)(\((?P<version>[^()]+)\))?(\.(?P<property>.+))?")


class Explanation(NamedTuple):
    """
    What one name stands for.

    Attributes:
        sdk: Name of the SDK.
        target: Its target.
        name: The full name in generated code.
        kind: What the name is.
        path: The file that declares it, relative to the project.
        line: The line; None where the file is not there, or does not declare it.
        facts: What is known about it, a heading and a text each, in the order in which they are told.
        document: The same for programs.
    """

    sdk: str
    target: str
    name: str
    kind: SymbolKind
    path: str
    line: int | None
    facts: tuple[tuple[str, str], ...]
    document: Mapping[str, Any]


def explain_name(config: ProjectConfig, name: str, *, names: Collection[str] | None = None) -> tuple[Explanation, ...]:
    """
    Tell what a name stands for, in every SDK that has it.

    Args:
        config: The project.
        name: `windfarm.sdk.WindTurbine.capacity` or an end of it, a class, a package, or a name of the data model:
            `sp_windfarm:WindTurbine(v1).capacity`.
        names: The SDKs to look at; None looks at all.

    Raises:
        ConfigError: No SDK has such a name; or a model or the lock cannot be read.
        ModelError: A model has errors.
        MissingExtraError: A package is missing that reads the model or makes the names.
    """
    lock = read_lock(config.lock_file)
    books = [
        _NameBook(config, sdk, target, lock, model)
        for sdk in config.select(names)
        for model in (_model(config, sdk),)
        for target in sdk.targets
    ]
    found = tuple(_Explainer(config, book).explain(symbol) for book in books for symbol in book.find(name))
    if not found:
        close = _nearest(name, books) if name else []
        raise ConfigError(
            "there is no such name in the generated code or in the data model",
            key=name,
            hint=f"did you mean {' or '.join(close)}?" if close else "pygen show lists the views and their properties",
        )
    return found


def _model(config: ProjectConfig, sdk: SdkConfig) -> IRModel:
    from pygen.project.rendering import read_model

    return read_model(sdk, read_snapshot(config.model_path(sdk), sdk))[0]


# ---------------------------------------------------------------------------------------------------------------------
# Finding


class _NameBook:
    """The names of one target of an SDK."""

    def __init__(self, config: ProjectConfig, sdk: SdkConfig, target: TargetConfig, lock: Lock, model: IRModel) -> None:
        from pygen.project.rendering import target_generator

        locked = lock.sdks[sdk.name].targets.get(target.target) if sdk.name in lock.sdks else None
        self.sdk = sdk
        self.target = target
        self.model = model
        self.generator: BaseGenerator[object, object] = target_generator(config, target, model)
        self.symbols = tuple(self.generator.symbols(model, locked.names if locked is not None else {}))

    def find(self, name: str) -> list[Symbol]:
        """What *name* can mean; the likeliest reading only."""
        reference = _REFERENCE.fullmatch(name)
        if reference is not None:
            return self._referenced(reference)
        if not all(name.split(".")):
            return []
        for wanted in self._readings(name):
            found = self._named(wanted)
            if found:
                return found
        return []

    def _readings(self, name: str) -> Iterator[str]:
        """*name* as it stands within the package: without the package, and without the module."""
        package = self.target.package
        if name == package:
            yield ""
        within = name.removeprefix(f"{package}.")
        yield within
        module, _, rest = within.partition(".")
        if rest and any(symbol.kind is SymbolKind.MODULE and symbol.name == module for symbol in self.symbols):
            yield rest

    def _named(self, name: str) -> list[Symbol]:
        exact = self._by_name.get(name, [])
        if exact:
            return sorted(exact, key=_rank)
        owner, _, last = name.rpartition(".")
        if owner:
            views = {symbol.view for symbol in self._by_name.get(owner, []) if symbol.view is not None}
            views |= {cls.id for cls in self.model.classes if cls.id.external_id == owner}
            inside = [symbol for symbol in self.symbols if symbol.view in views and symbol.member is not None]
            return _likeliest(symbol for symbol in inside if last in (symbol.last, symbol.member))
        ends = _likeliest(symbol for symbol in self.symbols if symbol.last == last)
        return _declarations(ends) or self._of_model(last)

    def _of_model(self, name: str) -> list[Symbol]:
        """The views of that external id, else the properties of that identifier."""
        views = [symbol for symbol in self.symbols if symbol.view is not None and symbol.view.external_id == name]
        return _likeliest(views) or _declarations(_likeliest(each for each in self.symbols if each.member == name))

    def _referenced(self, reference: re.Match[str]) -> list[Symbol]:
        """What stands for a view, a property of one, or the data model."""
        space, external_id, version = reference["space"], reference["external_id"], reference["version"]

        def is_meant(item: Any) -> bool:
            return (item.space, item.external_id) == (space, external_id) and version in (None, item.version)

        views = [symbol for symbol in self.symbols if symbol.view is not None and is_meant(symbol.view)]
        if reference["property"] is not None:
            members = [symbol for symbol in views if symbol.member == reference["property"]]
            return [
                symbol
                for view in sorted({each.view for each in members if each.view})
                for symbol in _likeliest(each for each in members if each.view == view)
            ]
        found = [symbol for symbol in views if symbol.kind is SymbolKind.CLASS]
        if not found and is_meant(self.model.id):
            found = [symbol for symbol in self.symbols if symbol.kind is SymbolKind.PACKAGE]
        return found

    @cached_property
    def _by_name(self) -> Mapping[str, list[Symbol]]:
        found: dict[str, list[Symbol]] = {}
        for symbol in self.symbols:
            found.setdefault(symbol.name, []).append(symbol)
        return found

    def of_view(self, view: ViewId, kind: SymbolKind) -> str:
        """The name that a view has as a *kind*; empty where there is none."""
        return next((symbol.name for symbol in self._by_subject.get((view, None), []) if symbol.kind is kind), "")

    def of_member(self, symbol: Symbol, kind: SymbolKind) -> tuple[str, ...]:
        """The names that a property has as a *kind*."""
        return tuple(
            other.name for other in self._by_subject.get((symbol.view, symbol.member), []) if other.kind is kind
        )

    @cached_property
    def _by_subject(self) -> Mapping[tuple[ViewId | None, str | None], list[Symbol]]:
        found: dict[tuple[ViewId | None, str | None], list[Symbol]] = {}
        for symbol in self.symbols:
            found.setdefault((symbol.view, symbol.member), []).append(symbol)
        return found


def _rank(symbol: Symbol) -> tuple[int, str]:
    return _KINDS.index(symbol.kind), symbol.name


def _likeliest(symbols: Iterable[Symbol]) -> list[Symbol]:
    """Those of the likeliest kind among them."""
    ranked = sorted(symbols, key=_rank)
    return [symbol for symbol in ranked if symbol.kind is ranked[0].kind]


def _declarations(symbols: Sequence[Symbol]) -> list[Symbol]:
    """Those that are declared where they stand, and of the inherited ones those whose declaration is not among them."""
    declared = {symbol.name for symbol in symbols}
    return [symbol for symbol in symbols if symbol.declared == symbol.name or symbol.declared not in declared]


def _nearest(name: str, books: Iterable[_NameBook]) -> list[str]:
    """The names that *name* may be a slip of, in the form in which it was given."""
    found: dict[str, None] = {}
    for book in books:
        near = _near_reference if _REFERENCE.fullmatch(name) else _near_symbol
        found |= dict.fromkeys(near(name, book))
    return list(found)[:3]


def _near_reference(name: str, book: _NameBook) -> list[str]:
    from difflib import get_close_matches

    members = {str(cls.id): [member.id for member in cls.members] for cls in book.model.classes}
    head, is_member, last = name.partition(").")
    if is_member and f"{head})" in members:
        return [f"{head}).{close}" for close in get_close_matches(last, members[f"{head})"], n=3)]
    return get_close_matches(f"{head})" if is_member else name, members, n=3, cutoff=0.8)


def _near_symbol(name: str, book: _NameBook) -> list[str]:
    from difflib import get_close_matches

    owner, _, last = name.removeprefix(f"{book.target.package}.").rpartition(".")
    owners = sorted({symbol.name for symbol in book.symbols if symbol.member is None and "." not in symbol.name})
    if not owner:
        lasts = {symbol.last for symbol in book.symbols if symbol.member is not None}
        return get_close_matches(last, sorted({*owners, *lasts}), n=3)
    close = [owner] if owner in owners else get_close_matches(owner, owners, n=1)
    inside = sorted({symbol.last for symbol in book.symbols if close and symbol.owner == close[0]})
    return [f"{close[0]}.{each}" for each in get_close_matches(last, inside, n=3)]


# ---------------------------------------------------------------------------------------------------------------------
# Explaining


class _Explainer:
    """Says what is known about the names of one book."""

    def __init__(self, config: ProjectConfig, book: _NameBook) -> None:
        self._config = config
        self._book = book
        self._view = ModelView(book.model)
        self._classes = {cls.id: cls for cls in book.model.classes}

    def explain(self, symbol: Symbol) -> Explanation:
        """All about a name."""
        book = self._book
        path = project_path(book.target.output, symbol.path)
        cls = self._classes[symbol.view] if symbol.view is not None else None
        member = next((each for each in cls.members if each.id == symbol.member), None) if cls is not None else None
        if cls is None:
            facts, document = self._of_model()
        elif member is None:
            facts, document = self._of_view(cls)
        else:
            facts, document = self._of_member(symbol, cls, member)
        line = self._line(path, symbol)
        meaning = [("means", f"{symbol.member} {symbol.means}")] if symbol.means else []
        return Explanation(
            sdk=book.sdk.name,
            target=book.target.target,
            name=self._full(symbol.name),
            kind=symbol.kind,
            path=path,
            line=line,
            facts=tuple((heading, text) for heading, text in [*meaning, *facts] if text),
            document={
                "symbol": self._full(symbol.name),
                "kind": str(symbol.kind),
                "means": symbol.means or None,
                "sdk": book.sdk.name,
                "target": book.target.target,
                "path": path,
                "line": line,
                "declaredAs": self._full(symbol.declared),
                "dataModel": str(book.model.id),
                "view": str(cls.id) if cls is not None else None,
                **document,
            },
        )

    def _full(self, name: str) -> str:
        return f"{self._book.target.package}.{name}" if name else self._book.target.package

    def _line(self, path: str, symbol: Symbol) -> int | None:
        try:
            text = (self._config.root / path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None
        return self._book.generator.find_line(text, symbol.declared)

    def _of_model(self) -> tuple[list[tuple[str, str]], dict[str, Any]]:
        model = self._book.model
        clients = [symbol.name for symbol in self._book.symbols if symbol.kind is SymbolKind.CLIENT]
        return [
            ("data model", str(model.id)),
            ("views", str(len(model.classes))),
            ("clients", ", ".join(clients)),
            ("about", said_about(model.id.external_id, model.name, model.description)),
        ], {"views": [str(cls.id) for cls in model.classes]}

    def _of_view(self, cls: IRClass) -> tuple[list[tuple[str, str]], dict[str, Any]]:
        of_view = self._book.of_view
        relations = sum(isinstance(member, IRRelationship) for member in cls.members)
        containers = sorted(
            {str(stored.container) for stored in map(_stored, cls.members) if stored and stored.container}
        )
        names = {
            "class": of_view(cls.id, SymbolKind.CLASS),
            "write": of_view(cls.id, SymbolKind.WRITE_CLASS),
            "filters": of_view(cls.id, SymbolKind.FILTERS_CLASS),
            "api": of_view(cls.id, SymbolKind.API),
        }
        facts = [
            ("view", "; ".join([str(cls.id), *traits_of(cls)])),
            ("implements", ", ".join(map(str, cls.implements))),
            ("holds", f"{len(cls.members) - relations} properties, {relations} relations"),
            ("stored in", ", ".join(containers)),
            ("shows", f"instances that match {cls.filter}" if cls.filter is not None else ""),
            ("class", names["class"]),
            ("written as", names["write"] or "nothing: no instance can be written through this view"),
            ("filters", names["filters"]),
            ("API", names["api"]),
            ("about", said_about(cls.id.external_id, cls.name, cls.description)),
        ]
        return facts, {
            "usedFor": cls.used_for,
            "writable": cls.writable,
            "implements": [str(parent) for parent in cls.implements],
            "containers": containers,
            "names": {key: name or None for key, name in names.items()},
            "description": cls.description,
        }

    def _of_member(
        self, symbol: Symbol, cls: IRClass, member: IRMember
    ) -> tuple[list[tuple[str, str]], dict[str, Any]]:
        origin = self._view.origin(cls, member)
        stored = _stored(member)
        fields = self._book.of_member(symbol, SymbolKind.FIELD)
        ids = self._book.of_member(symbol, SymbolKind.ID_FIELD)
        writes = self._book.of_member(symbol, SymbolKind.WRITE_FIELD)
        filters = self._book.of_member(symbol, SymbolKind.FILTER)
        inherited = f", inherited from {origin}" if origin != cls.id else ""
        facts = [
            ("view", str(cls.id)),
            ("property", f"{member.id}{inherited}"),
            ("stored in", f"{stored.container}.{stored.container_property}" if stored and stored.container else ""),
            ("type" if isinstance(member, IRProperty) else "leads to", self._type(member)),
            ("limits", "; ".join(note for note in self._view.notes_on(member) if note != "required") if stored else ""),
            ("read as", ", ".join((*fields, *ids))),
            ("written as" if writes else "written", "; ".join([*writes, _writing(cls, member)])),
            ("filters", ", ".join(name.rpartition(".")[2] for name in filters)),
            ("about", said_about(member.id, member.name, member.description)),
        ]
        return facts, {
            **self._view.member_document(cls, member),
            "names": {"read": [*fields, *ids], "write": list(writes), "filters": list(filters)},
            "writing": _writing(cls, member),
        }

    def _type(self, member: IRMember) -> str:
        if isinstance(member, IRProperty):
            return f"{self._view.words_of(member)}, {'may be missing' if member.nullable else 'never missing'}"
        how = ["by a direct relation"] if _stored(member) is not None else self._view.notes_on(member)
        target = member.target or member.declared_target
        return ", ".join([f"{'any number of ' if member.is_list else ''}{target or 'nodes of any kind'}", *how])


def _stored(member: IRMember) -> IRProperty | DirectRelation | None:
    """Where a property keeps its values; None for one that keeps none."""
    stored = member.connection if isinstance(member, IRRelationship) else member
    return stored if isinstance(stored, IRProperty | DirectRelation) else None


def _writing(cls: IRClass, member: IRMember) -> str:
    """How a property gets its value."""
    if not cls.writable:
        return "not through this view"
    connection = member.connection if isinstance(member, IRRelationship) else member
    match connection:
        case ReverseDirectRelation():
            return f"on the other side, as {connection.through}.{connection.through_property}"
        case EdgeConnection():
            return f"as edges of type {connection.type}, {connection.direction}"
        case _:
            return _writing_stored(connection)


def _writing_stored(stored: IRProperty | DirectRelation) -> str:
    if stored.read_only:
        return "never: the service alone sets it"
    if isinstance(stored, IRProperty) and stored.auto_increment:
        when = "may be left out: the service numbers new instances"
    elif isinstance(stored, IRProperty) and stored.default is not None:
        when = "may be left out: new instances get the default"
    else:
        when = "may be left out" if stored.nullable else "required"
    return f"{when}; set once, never changed" if stored.immutable else when
