"""
Base classes of generated data classes.

A generated class holds what only the model knows. Reading goes from the bytes of a page to objects inside
pydantic-core: every field has a validation alias that is the path of its value in an instance
(`properties.<space>.<View/version>.<property>`), made per class from the view in `__pygen__`, so that a child class
reads inherited fields through its own view.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, overload

from pydantic import BaseModel, ConfigDict, Field

from pygen.client.models.ids import EdgeId, NodeId
from pygen.runtime import _state
from pygen.runtime.columns import Maybe, Value
from pygen.runtime.declared import ViewInfo
from pygen.runtime.lazy import Link, Relation, ToMany, ToManyLinks, ToOne, ToOneLink
from pygen.runtime.meta import EDGE_METADATA, METADATA, PygenMeta
from pygen.runtime.references import NodeRef

__all__ = ["Node", "PygenEdge", "PygenEdgeWrite", "PygenResource", "PygenWrite", "instance_id", "named_nodes"]

TargetT = TypeVar("TargetT", bound="PygenResource")
EdgeT = TypeVar("EdgeT", bound="PygenEdge")
WriteT = TypeVar("WriteT", bound="PygenWrite")


_NO_TYPE: Any = Field(default=None, frozen=True)


class PygenResource(BaseModel, metaclass=PygenMeta):
    """
    An instance as it was read through a view.

    Attributes:
        space: The space it lives in.
        external_id: Its identifier within the space.
        version: Grows with each change.
        created_time: When it was created.
        last_updated_time: When it was last changed.
        node_type: The type of the node, if it has one.
    """

    __slots__ = ("__weakref__", *_state.SLOTS)
    model_config = ConfigDict(
        extra="ignore",
        protected_namespaces=(),
        defer_build=True,
        validate_assignment=True,
        loc_by_alias=False,
        ignored_types=(Relation,),
        allow_inf_nan=True,
    )
    __pygen__: ClassVar[ViewInfo]
    __pygen_reads__: ClassVar[bool] = True
    __pygen_edge__: ClassVar[bool] = False

    space: Value[str] = Field(frozen=True)
    external_id: Value[str] = Field(frozen=True)
    version: Value[int] = Field(frozen=True)
    created_time: Value[datetime] = Field(frozen=True)
    last_updated_time: Value[datetime] = Field(frozen=True)
    node_type: Maybe[NodeId] = _NO_TYPE

    if not TYPE_CHECKING:  # type checkers derive the signature from the fields

        def __init__(self, /, **data: Any) -> None:
            __tracebackhide__ = True
            self.__pydantic_validator__.validate_python(_wire_form(type(self), data), self_instance=self)

        # pydantic-core then builds instances itself rather than through __init__.
        __init__.__pydantic_base_init__ = True

        def __setattr__(self, name: str, value: Any) -> None:
            cls = type(self)
            if name in cls.__pygen_relations__:
                cls.__pygen_relations__[name].__set__(self, value)
            elif name in cls.__pydantic_fields__:
                old = self.__dict__.get(name, _state.MISSING)  # fields() may have left it out
                super().__setattr__(name, value)
                _state.remember(self, name, old)
                _forget_relations(self, name)
            else:
                super().__setattr__(name, value)

        def __copy__(self) -> Self:
            made = super().__copy__()
            _state.copied(made, _state.units_of(self))
            return made

        def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
            made = super().__deepcopy__(memo)
            _state.copied(made, _state.units_of(self))
            return made

        def __getstate__(self) -> dict[Any, Any]:
            return {**super().__getstate__(), "pygen_units": _state.units_of(self)}

        def __setstate__(self, state: dict[Any, Any]) -> None:
            super().__setstate__(state)
            _state.copied(self, state.get("pygen_units"))

        def __getattr__(self, name: str) -> Any:
            from pygen.runtime.selecting import not_selected

            error = not_selected(self, name)
            if error is not None:
                raise error
            return super().__getattr__(name)

    def __repr__(self) -> str:
        from pygen.runtime.wording import line_of, told_of

        return line_of(self, told_of(self))

    __str__ = __repr__

    def _repr_html_(self) -> str:
        from pygen.runtime.notebook import resource_html

        return resource_html(self)

    def as_node_id(self) -> NodeId:
        """The identifier of the node."""
        return NodeId(self.space, self.external_id)

    def _as_write(self, write: type[WriteT]) -> WriteT:
        """The same data as an object of the write class."""
        from pygen.runtime.serialization import as_write

        return as_write(self, write)

    def save(self, *, check_version: bool = False) -> None:
        """
        Write the fields that were changed since the object was read; without changes nothing is sent.

        Args:
            check_version: Whether to refuse when the instance has been changed meanwhile, by somebody else or through
                another object; then `refresh` it. Otherwise the fields that were changed here win.

        Raises:
            NotWritableError: A changed field, or its value, cannot be written.
            DetachedError: The object belongs to no client.
            DmsRequestError: The service refused.
        """
        from pygen.runtime.operations import save_plan

        _state.session_of(self, "save").run(save_plan(self, check_version=check_version))

    def refresh(self) -> None:
        """
        Read the object again, in place: whole, and with values in the units that are stored.

        Changes that were not saved are lost, and relations are loaded anew when they are touched.

        Raises:
            NotFoundError: It is not there any more.
            DetachedError: The object belongs to no client, or was deleted.
        """
        from pygen.runtime.operations import refresh_plan

        _state.session_of(self, "refresh").run(refresh_plan(self))

    def delete(self) -> None:
        """
        Delete the instance, and with a node its edges.

        The object keeps its last values and what is loaded; nothing more is loaded for it, and nothing saved.

        Raises:
            DetachedError: The object belongs to no client, or was deleted already.
        """
        from pygen.runtime.deleting import delete_resource_plan

        _state.session_of(self, "delete").run(delete_resource_plan(self))

    async def asave(self, *, check_version: bool = False) -> None:
        """`save` for objects of an async client."""
        from pygen.runtime.operations import save_plan

        await _state.session_of(self, "save").arun(save_plan(self, check_version=check_version))

    async def arefresh(self) -> None:
        """`refresh` for objects of an async client."""
        from pygen.runtime.operations import refresh_plan

        await _state.session_of(self, "refresh").arun(refresh_plan(self))

    async def adelete(self) -> None:
        """`delete` for objects of an async client."""
        from pygen.runtime.deleting import delete_resource_plan

        await _state.session_of(self, "delete").arun(delete_resource_plan(self))

    @overload
    async def load(self, relation: ToOne[TargetT], /) -> TargetT | None: ...
    @overload
    async def load(self, relation: ToMany[TargetT], /) -> list[TargetT]: ...
    @overload
    async def load(self, relation: ToOneLink[TargetT, EdgeT], /) -> Link[TargetT, EdgeT] | None: ...
    @overload
    async def load(self, relation: ToManyLinks[TargetT, EdgeT], /) -> list[Link[TargetT, EdgeT]]: ...
    async def load(self, relation: Relation, /) -> Any:
        """
        Load a relation for every object of the page, and return what it leads to from this one.

        Args:
            relation: The relation as an attribute of the class: `await turbine.load(WindTurbine.nacelle)`.
        """
        own = _own_relation(self, relation)
        found = await own.aload(self)
        return list(found) if own.many else found

    @overload
    def load_now(self, relation: ToOne[TargetT], /) -> TargetT | None: ...
    @overload
    def load_now(self, relation: ToMany[TargetT], /) -> list[TargetT]: ...
    @overload
    def load_now(self, relation: ToOneLink[TargetT, EdgeT], /) -> Link[TargetT, EdgeT] | None: ...
    @overload
    def load_now(self, relation: ToManyLinks[TargetT, EdgeT], /) -> list[Link[TargetT, EdgeT]]: ...
    def load_now(self, relation: Relation, /) -> Any:
        """
        `load` for objects of a synchronous client: it loads even where the client is strict about relations.

        Args:
            relation: The relation as an attribute of the class: `turbine.load_now(WindTurbine.nacelle)`.

        Raises:
            RelationNotLoadedError: It is not there, and the object comes from an async client.
        """
        own = _own_relation(self, relation)
        found = own.load(self, asked=True)
        return list(found) if own.many else found

    def as_child_class(self) -> Self:
        """
        The instance as its own class, where the SDK has one that inherits from this one; else the object itself.

        Objects that came with it become known as their own classes, too; see `Query.narrow`.

        Raises:
            DetachedError: The object belongs to no client.
        """
        from pygen.runtime.narrowing import child_plan

        return _state.session_of(self, "find its own class").run(child_plan(self))

    async def aas_child_class(self) -> Self:
        """`as_child_class` for objects of an async client."""
        from pygen.runtime.narrowing import child_plan

        return await _state.session_of(self, "find its own class").arun(child_plan(self))


_state.bind(PygenResource)


def _own_relation(resource: PygenResource, relation: Relation) -> Relation:
    """The relation as the resource's class has it."""
    own = type(resource).__pygen_relations__.get(relation.name)
    if own is None:
        raise TypeError(f"{type(resource).__name__} has no relation {relation.where}")
    return own


def _wire_form(cls: type[PygenResource], data: dict[str, Any]) -> dict[str, Any]:
    """Arguments by field name as an instance on the wire, which is what the class reads."""
    properties: dict[str, Any] = {}
    wire: dict[str, Any] = {}
    metadata = EDGE_METADATA if cls.__pygen_edge__ else METADATA
    for field, value in data.items():
        spec = cls.__pygen_props__.get(field)
        if spec is not None:
            properties[spec.name] = value
        elif field in cls.__pydantic_fields__:
            wire[metadata.get(field, field)] = value
        else:
            raise TypeError(f"{cls.__name__} has no field {field!r}")
    if properties:
        info = cls.__pygen__
        wire["properties"] = {info.view.space: {info.key: properties}}
    return wire


def _forget_relations(resource: PygenResource, field: str) -> None:
    """Forget what direct relations of a changed field led to."""
    for name, relation in type(resource).__pygen_relations__.items():
        if getattr(relation.spec, "field", None) == field:
            _state.loaded(resource).pop(name, None)


class PygenEdge(PygenResource):
    """
    An edge as it was read through a view.

    Attributes:
        edge_type: The type of the edge.
        start_node: Where it starts.
        end_node: Where it ends.
    """

    __slots__ = ()
    __pygen_edge__: ClassVar[bool] = True

    edge_type: Value[NodeId] = Field(frozen=True)
    start_node: Value[NodeId] = Field(frozen=True)
    end_node: Value[NodeId] = Field(frozen=True)

    def as_edge_id(self) -> EdgeId:
        """The identifier of the edge."""
        return EdgeId(self.space, self.external_id)


class Node(PygenResource):
    """A node of which only the metadata is known, since the model names no view for it."""


def named_nodes(resource: PygenResource, field: str) -> list[NodeId]:
    """The nodes that a field with one id, or a list of them, names."""
    value = getattr(resource, field)
    # A value that does not fit its field may have been kept as it came: it names no node.
    return [key for key in (value if isinstance(value, list) else [value]) if isinstance(key, NodeId)]


def instance_id(resource: PygenResource) -> NodeId | EdgeId:
    """The identifier of a node or an edge."""
    kind = EdgeId if resource.__pygen_edge__ else NodeId
    return kind(resource.space, resource.external_id)


# --- what is written ---


class PygenWrite(BaseModel, metaclass=PygenMeta):
    """
    An instance as it is written. Fields that are not set are not sent and keep their value; None clears one.

    Attributes:
        space: The space it lives in; the client's, or the one configured for the SDK, where it is left out.
        external_id: Its identifier within the space; made when it is written where it is left out (see
            `SdkOptions.external_ids`).
        node_type: The type of the node; the view's own where it is left out.
        existing_version: Refuse to write when the service has a newer version than this; 0: only create.
    """

    model_config = ConfigDict(
        extra="forbid",
        protected_namespaces=(),
        defer_build=True,
        validate_assignment=True,
        allow_inf_nan=False,
    )
    __pygen__: ClassVar[ViewInfo]
    __pygen_edge__: ClassVar[bool] = False

    space: str | None = None
    external_id: str = Field(default="", min_length=1, max_length=256)
    node_type: NodeId | None = None
    existing_version: int | None = None

    def __repr__(self) -> str:
        from pygen.runtime.wording import line_of

        given = self.model_fields_set
        return line_of(self, {name: getattr(self, name) for name in self.__pydantic_fields__ if name in given})

    __str__ = __repr__


class PygenEdgeWrite(PygenWrite):
    """
    An edge as it is written.

    Attributes:
        external_id: Its identifier; made from type and ends where it is left out (see `edge_external_id`).
        edge_type: The type of the edge.
        start_node: Where it starts.
        end_node: Where it ends.
    """

    __pygen_edge__: ClassVar[bool] = True

    external_id: str = Field(default="", max_length=256)
    edge_type: NodeId | None = None
    start_node: NodeRef | None = None
    end_node: NodeRef | None = None
