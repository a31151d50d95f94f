"""
What is loaded when it is touched: modules of a generated package, view APIs, and relations.

A relation is a descriptor beside pydantic's fields. On the class it is itself, so that `WindTurbine.nacelle` can be
handed to `load`; on an instance it is what it leads to, loaded for every object of the same page at once.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, Self, TypeAlias, TypeVar, overload

from pygen.client.models.ids import ContainerId, NodeId, ViewId
from pygen.runtime import _state
from pygen.runtime.errors import RelationNotLoadedError
from pygen.runtime.related import PygenRelation
from pygen.runtime.relation_filters import FiltersMany, FiltersOne

if TYPE_CHECKING:
    from pygen.runtime.base import PygenEdge, PygenResource
    from pygen.runtime.session import Session

__all__ = [
    "Api",
    "Direct",
    "Edges",
    "Link",
    "Relation",
    "RelationSpec",
    "Reverse",
    "ToMany",
    "ToManyLinks",
    "ToOne",
    "ToOneLink",
    "lazy_package",
]

ApiT_co = TypeVar("ApiT_co", covariant=True)
ItemT_co = TypeVar("ItemT_co", covariant=True)
TargetT_co = TypeVar("TargetT_co", bound="PygenResource", covariant=True)
EdgeT_co = TypeVar("EdgeT_co", bound="PygenEdge", covariant=True)


# --- modules and view APIs ---


def lazy_package(
    package: str, modules: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """
    Make a package import its modules when their names are used (PEP 562).

    Args:
        package: The package's `__name__`.
        modules: The names that each module defines.

    Returns:
        What the package assigns to `__getattr__` and `__dir__`.
    """
    owners = {name: module for module, names in modules.items() for name in names}

    def load(name: str) -> Any:
        module = owners.get(name)
        if module is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{module}"), name)
        sys.modules[package].__dict__[name] = value
        return value

    def names() -> list[str]:
        return sorted({*sys.modules[package].__dict__, *owners})

    return load, names


def _subscribed(cls: type[Any], names: object) -> Callable[..., Any]:
    """What `cls["Name"]` is at run time: the class, waiting for its arguments."""

    def make(*args: Any, **kwargs: Any) -> Any:
        made = cls(*args, **kwargs)
        made.names = names if isinstance(names, tuple) else (names,)
        return made

    return make


if TYPE_CHECKING:
    _LeftAlone = object
else:
    _LeftAlone = property
    """Completers do not ask a property for its value, which takes a request or an import here (bpo-44752)."""


class _Named(_LeftAlone):
    """A descriptor that names classes of its owner's package without importing them."""

    names: tuple[Any, ...]
    name: str
    owner: type[Any]
    home: str

    if not TYPE_CHECKING:

        def __class_getitem__(cls, names: object) -> Callable[..., Any]:
            return _subscribed(cls, names)

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self.owner = owner
        self.home = owner.__module__
        self.name = name

    @property
    def where(self) -> str:
        """What people call it: `WindTurbine.nacelle`."""
        return f"{self.owner.__name__}.{self.name}"

    def resolve(self, position: int) -> Any:
        """The class that the name at *position* of the subscript means."""
        name = self.names[position]
        if not isinstance(name, str):
            return name
        module = sys.modules[self.home]
        found = module.__dict__.get(name)
        if found is None:
            found = getattr(sys.modules[module.__name__.rpartition(".")[0]], name)
        return found


class Api(_Named, Generic[ApiT_co]):
    """A view API as an attribute of a client; its module is imported when it is first used."""

    def __init__(self, module: str) -> None:
        self._module = module

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type[Any]) -> ApiT_co: ...
    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        if instance is None:
            return self
        api = instance.__dict__.get(self.name)
        if api is None:
            api = self._kind()(instance._session)  # noqa: SLF001 -- a view API is a part of its client
            api = instance.__dict__.setdefault(self.name, api)
        return api

    def _kind(self) -> Any:
        name = self.names[0]
        package = self.owner.__module__.rpartition(".")[0]
        return getattr(import_module(f"{package}.{self._module}"), name) if isinstance(name, str) else name

    @property
    def resource(self) -> type[PygenResource]:
        """The class of the instances that the API reads; its module is imported."""
        kind: type[PygenResource] = self._kind()._resource  # noqa: SLF001 -- a view API is a part of its client
        return kind


# --- relations ---


class Direct(NamedTuple):
    """The relation is stored here: the field with this name holds the id, or the ids."""

    field: str


class Reverse(NamedTuple):
    """
    The relation is stored at the other end.

    Attributes:
        source: The view or container that holds the direct relation.
        property: The direct relation's identifier in `source`.
        targets_list: Whether it holds a list.
    """

    source: ViewId | ContainerId
    property: str
    targets_list: bool = False


class Edges(NamedTuple):
    """
    The relation is stored as edges.

    Attributes:
        type: Space and external id of the edges' type.
        direction: `outwards`: edges start here. `inwards`: they end here.
    """

    type: tuple[str, str]
    direction: Literal["outwards", "inwards"] = "outwards"


RelationSpec: TypeAlias = Direct | Reverse | Edges


class Link(NamedTuple, Generic[TargetT_co, EdgeT_co]):
    """A node at the other end of an edge, and the edge with its own properties."""

    node: TargetT_co
    edge: EdgeT_co


class Relation(_Named):
    """
    A relation of a resource class; the four subclasses say how many nodes and whether with edges.

    Attributes:
        spec: How the relation is stored.
        many: Whether it leads to any number of nodes.
        linked: Whether it gives the edges, too.
    """

    many = False
    linked = False

    def __init__(self, spec: RelationSpec) -> None:
        self.spec = spec
        self._inherited: weakref.WeakKeyDictionary[type[Any], Self] = weakref.WeakKeyDictionary()

    def __repr__(self) -> str:
        return f"<relation {self.where}>"

    if not TYPE_CHECKING:  # of relations over edges with properties, which type checkers refuse to assign

        def __set__(self, instance: PygenResource, value: Any) -> None:
            from pygen.runtime.assigning import assign_many

            assign_many(self, instance, value)

    @property
    def target(self) -> type[PygenResource]:
        """The class of the nodes at the other end."""
        kind: type[PygenResource] = self.resolve(0)
        return kind

    @property
    def edge(self) -> type[PygenEdge]:
        """The class of the edges of a linked relation."""
        kind: type[PygenEdge] = self.resolve(1)
        return kind

    def of(self, owner: type[Any]) -> Self:
        """The same relation as *owner* has it, which inherits it."""
        if owner is self.owner:
            return self
        found = self._inherited.get(owner)
        if found is None:
            found = type(self).__new__(type(self))
            found.__dict__.update(self.__dict__)
            found.owner = owner
            found = self._inherited.setdefault(owner, found)
        return found

    def found(self, resource: PygenResource) -> Any:
        """What the relation leads to, if that is known without asking; else MISSING."""
        found = _state.loaded(resource).get(self.name, _state.MISSING)
        if found is not _state.MISSING:
            return found
        from pygen.runtime.relations import absent

        return absent(self, resource)

    def load(self, resource: PygenResource, *, asked: bool = False) -> Any:
        """
        What the relation leads to, fetched for the whole page unless it is there already.

        Args:
            resource: An object that has the relation.
            asked: Whether loading was asked for, so that it is right even where the client is strict.

        Raises:
            RelationNotLoadedError: It is not there, and the client is asynchronous, or strict about that.
            DetachedError: The object belongs to no client.
        """
        if (found := self.found(resource)) is not _state.MISSING:
            return found
        from pygen.runtime.relations import load_plan

        session = _state.session_of(resource, f"load {self.where}")
        if session.is_async or (session.strict_relations and not asked):
            raise self._not_loaded(session)
        with _state.turn(resource, self.name, threading.RLock):
            if (found := self.found(resource)) is _state.MISSING:  # else another thread has loaded it meanwhile
                session.run(load_plan(self, resource))
                found = _state.loaded(resource)[self.name]
        return found

    async def aload(self, resource: PygenResource, *, asked: bool = True) -> Any:
        """The same for objects of an async client."""
        if (found := self.found(resource)) is not _state.MISSING:
            return found
        from pygen.runtime.relations import load_plan

        session = _state.session_of(resource, f"load {self.where}")
        if session.strict_relations and not asked:
            raise self._not_loaded(session)
        if not session.is_async:
            return self.load(resource, asked=True)
        async with _state.turn(resource, (self.name, asyncio.get_running_loop()), asyncio.Lock):
            if (found := self.found(resource)) is _state.MISSING:  # else another task has loaded it meanwhile
                await session.arun(load_plan(self, resource))
                found = _state.loaded(resource)[self.name]
        return found

    def _not_loaded(self, session: Session) -> RelationNotLoadedError:
        verb = "await {}.load({})" if session.is_async else "{}.load_now({})"
        line = verb.format(_variable(self.owner), self.where)
        return RelationNotLoadedError(self.where, line, is_strict=session.strict_relations)


def _variable(owner: type[Any]) -> str:
    """The first letter of the class in lower case, as people name a loop variable."""
    return owner.__name__[:1].lower()


class ToOne(Relation, FiltersOne[TargetT_co]):
    """A relation to one node at most."""

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, instance: PygenResource, owner: type[Any]) -> TargetT_co | None: ...
    def __get__(self, instance: PygenResource | None, owner: type[Any]) -> Any:
        return self.of(owner) if instance is None else self.load(instance)

    def __set__(self, instance: PygenResource, value: PygenResource | NodeId | None) -> None:
        from pygen.runtime.assigning import assign_one

        assign_one(self, instance, value)


class ToMany(Relation, FiltersMany[TargetT_co]):
    """A relation to any number of nodes."""

    many = True

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, instance: PygenResource, owner: type[Any]) -> PygenRelation[TargetT_co]: ...
    def __get__(self, instance: PygenResource | None, owner: type[Any]) -> Any:
        return self.of(owner) if instance is None else PygenRelation(self, instance)

    def __set__(self, instance: PygenResource, value: Iterable[PygenResource | NodeId] | None) -> None:
        from pygen.runtime.assigning import assign_many

        assign_many(self, instance, value)


class ToOneLink(Relation, Generic[TargetT_co, EdgeT_co]):
    """A relation to one node at most, over an edge with properties."""

    linked = True

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, instance: PygenResource, owner: type[Any]) -> Link[TargetT_co, EdgeT_co] | None: ...
    def __get__(self, instance: PygenResource | None, owner: type[Any]) -> Any:
        return self.of(owner) if instance is None else self.load(instance)


class ToManyLinks(Relation, Generic[TargetT_co, EdgeT_co]):
    """A relation to any number of nodes, over edges with properties."""

    many = True
    linked = True

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, instance: PygenResource, owner: type[Any]) -> PygenRelation[Link[TargetT_co, EdgeT_co]]: ...
    def __get__(self, instance: PygenResource | None, owner: type[Any]) -> Any:
        return self.of(owner) if instance is None else PygenRelation(self, instance)
