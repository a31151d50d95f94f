"""
What is loaded when it is touched: modules of a generated package, view APIs, and relations.

A relation is a descriptor beside pydantic's fields. On the class it is itself, so that `WindTurbine.nacelle` can be
handed to `load`; on an instance it is what it leads to, loaded for every object of the same page at once.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, Self, SupportsIndex, TypeAlias, TypeVar, overload

from pygen.client.models.ids import ContainerId, NodeId, ViewId
from pygen.runtime import _state
from pygen.runtime.errors import RelationNotLoadedError

if TYPE_CHECKING:
    from pygen.runtime.base import PygenEdge, PygenResource

__all__ = [
    "Api",
    "Direct",
    "Edges",
    "Link",
    "PygenRelation",
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


class _Named:
    """A descriptor that names classes of its owner's package without importing them."""

    names: tuple[Any, ...]
    name: str
    owner: type[Any]

    if not TYPE_CHECKING:

        def __class_getitem__(cls, names: object) -> Callable[..., Any]:
            return _subscribed(cls, names)

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self.owner = owner
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
        module = sys.modules[self.owner.__module__]
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
        name = self.names[0]
        package = self.owner.__module__.rpartition(".")[0]
        kind = getattr(import_module(f"{package}.{self._module}"), name) if isinstance(name, str) else name
        api = kind(instance._session)  # noqa: SLF001 -- a view API is a part of its client
        instance.__dict__[self.name] = api
        return api


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

    def __repr__(self) -> str:
        return f"<relation {self.where}>"

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

    def load(self, resource: PygenResource) -> Any:
        """What the relation leads to, fetched for the whole page unless it is there already."""
        from pygen.runtime.relations import absent, load_plan

        found = _state.loaded(resource).get(self.name, _state.MISSING)
        if found is _state.MISSING:
            if (nothing := absent(self, resource)) is not _state.MISSING:
                return nothing
            session = _state.session_of(resource, f"load {self.where}")
            if session.is_async:
                raise RelationNotLoadedError(self.where, self._line())
            session.run(load_plan(self, resource))
            found = _state.loaded(resource)[self.name]
        return found

    async def aload(self, resource: PygenResource) -> Any:
        """The same for objects of an async client."""
        from pygen.runtime.relations import absent, load_plan

        found = _state.loaded(resource).get(self.name, _state.MISSING)
        if found is _state.MISSING:
            if (nothing := absent(self, resource)) is not _state.MISSING:
                return nothing
            session = _state.session_of(resource, f"load {self.where}")
            await session.arun(load_plan(self, resource))
            found = _state.loaded(resource)[self.name]
        return found

    def _line(self) -> str:
        return f"await {_variable(self.owner)}.load({self.where})"


def _variable(owner: type[Any]) -> str:
    """The first letter of the class in lower case, as people name a loop variable."""
    return owner.__name__[:1].lower()


class ToOne(Relation, Generic[TargetT_co]):
    """A relation to one node at most."""

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, instance: PygenResource, owner: type[Any]) -> TargetT_co | None: ...
    def __get__(self, instance: PygenResource | None, owner: type[Any]) -> Any:
        return self if instance is None else self.load(instance)

    def __set__(self, instance: PygenResource, value: PygenResource | NodeId | None) -> None:
        from pygen.runtime.relations import assign_one

        assign_one(self, instance, value)


class ToMany(Relation, Generic[TargetT_co]):
    """A relation to any number of nodes."""

    many = True

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, instance: PygenResource, owner: type[Any]) -> PygenRelation[TargetT_co]: ...
    def __get__(self, instance: PygenResource | None, owner: type[Any]) -> Any:
        return self if instance is None else PygenRelation(self, instance)

    def __set__(self, instance: PygenResource, value: Iterable[PygenResource | NodeId] | None) -> None:
        from pygen.runtime.relations import assign_many

        assign_many(self, instance, value)


class ToOneLink(Relation, Generic[TargetT_co, EdgeT_co]):
    """A relation to one node at most, over an edge with properties."""

    linked = True

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, instance: PygenResource, owner: type[Any]) -> Link[TargetT_co, EdgeT_co] | None: ...
    def __get__(self, instance: PygenResource | None, owner: type[Any]) -> Any:
        return self if instance is None else self.load(instance)


class ToManyLinks(Relation, Generic[TargetT_co, EdgeT_co]):
    """A relation to any number of nodes, over edges with properties."""

    many = True
    linked = True

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, instance: PygenResource, owner: type[Any]) -> PygenRelation[Link[TargetT_co, EdgeT_co]]: ...
    def __get__(self, instance: PygenResource | None, owner: type[Any]) -> Any:
        return self if instance is None else PygenRelation(self, instance)


class PygenRelation(Generic[ItemT_co]):
    """
    What a relation to many leads to.

    Loaded when it is first looked at, for every object of the page that its owner came with; then kept. Objects of an
    async client use `async for` or `await relation.aall()` first.
    """

    __slots__ = ("_owner", "_relation")

    def __init__(self, relation: Relation, owner: PygenResource) -> None:
        self._relation = relation
        self._owner = owner

    def all(self) -> list[ItemT_co]:
        """Everything, as a new list."""
        return list(self._items())

    async def aall(self) -> list[ItemT_co]:
        """Everything, as a new list; loads it where it is not there yet."""
        return list(await self._relation.aload(self._owner))

    def _items(self) -> tuple[ItemT_co, ...]:
        items: tuple[ItemT_co, ...] = self._relation.load(self._owner)
        return items

    def __iter__(self) -> Iterator[ItemT_co]:
        return iter(self._items())

    async def __aiter__(self) -> AsyncIterator[ItemT_co]:
        for item in await self._relation.aload(self._owner):
            yield item

    def __len__(self) -> int:
        return len(self._items())

    def __contains__(self, item: object) -> bool:
        return item in self._items()

    @overload
    def __getitem__(self, index: SupportsIndex) -> ItemT_co: ...
    @overload
    def __getitem__(self, index: slice) -> list[ItemT_co]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> ItemT_co | list[ItemT_co]:
        items = self._items()
        return list(items[index]) if isinstance(index, slice) else items[index]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, PygenRelation):
            return self._items() == other._items()
        return self.all() == other if isinstance(other, list) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # equal by content, which can change

    def __repr__(self) -> str:
        items = _state.loaded(self._owner).get(self._relation.name)
        state = "not loaded" if items is None else f"{len(items)} loaded"
        return f"<{self._relation.where}: {state}>"
