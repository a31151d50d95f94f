"""
Base classes of generated data classes, and what they say about their view.

A generated class holds what only the model knows. Reading goes from the bytes of a page to objects inside
pydantic-core: every field has a validation alias that is the path of its value in an instance
(`properties.<space>.<View/version>.<property>`), made per class from the view in `__pygen__`, so that a child class
reads inherited fields through its own view.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from copy import copy
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, TypeVar, dataclass_transform, overload

from pydantic import AliasGenerator, AliasPath, BaseModel, ConfigDict, Field

from pygen.client.models.ids import DataModelId, EdgeId, NodeId, ViewId
from pygen.runtime import _state
from pygen.runtime.errors import ContractError
from pygen.runtime.lazy import Edges, Link, Relation, ToMany, ToManyLinks, ToOne, ToOneLink
from pygen.runtime.references import NodeRef

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)

__all__ = [
    "CONTRACT",
    "EdgeProp",
    "FilterOp",
    "ModelInfo",
    "Node",
    "Prop",
    "PygenEdge",
    "PygenEdgeWrite",
    "PygenResource",
    "PygenWrite",
    "ViewInfo",
]

CONTRACT = 1
"""Version of what generated code may expect of this package; a mismatch is a `ContractError`."""

FilterOp: TypeAlias = Literal["is", "min", "max", "prefix"]

TargetT = TypeVar("TargetT", bound="PygenResource")
EdgeT = TypeVar("EdgeT", bound="PygenEdge")
WriteT = TypeVar("WriteT", bound="PygenWrite")


# --- what generated code says ---


class ModelInfo:
    """
    The data model that an SDK was generated from.

    Args:
        data_model: The data model.
        contract: The version of this package's contract that the code was generated for.
        instance_space: Where instances are written that name no space.

    Raises:
        ContractError: The code was generated for another contract.
    """

    __slots__ = ("contract", "data_model", "instance_space")

    def __init__(self, data_model: DataModelId, *, contract: int, instance_space: str | None = None) -> None:
        if contract != CONTRACT:
            raise ContractError(str(data_model), contract, CONTRACT)
        self.data_model = data_model
        self.contract = contract
        self.instance_space = instance_space

    def __repr__(self) -> str:
        return f"ModelInfo({self.data_model!r}, contract={self.contract}, instance_space={self.instance_space!r})"


class ViewInfo:
    """
    The view behind a generated class.

    Args:
        view: The view.
        used_for: What kind of instance the view reads.
        node_type: The type that written nodes get.
        parents: The views that it implements.
        filters: Keyword filters whose names differ from the rule (`x`, `min_x`, `max_x`, `x_prefix`): the field and
            what is compared.

    Attributes:
        resource: The class of instances that are read.
        write: The class of instances that are written; None when nothing can be written through the view.
    """

    __slots__ = ("filters", "node_type", "parents", "resource", "used_for", "view", "write")

    def __init__(
        self,
        view: ViewId,
        *,
        used_for: Literal["node", "edge", "all"] = "node",
        node_type: NodeId | None = None,
        parents: tuple[ViewId, ...] = (),
        filters: Mapping[str, tuple[str, FilterOp]] | None = None,
    ) -> None:
        self.view = view
        self.used_for = used_for
        self.node_type = node_type
        self.parents = parents
        self.filters: Mapping[str, tuple[str, FilterOp]] = filters or {}
        self.resource: type[PygenResource] | None = None
        self.write: type[PygenWrite] | None = None

    @property
    def key(self) -> str:
        """The view's key in an instance's properties: `WindTurbine/v1`."""
        return f"{self.view.external_id}/{self.view.version}"

    def path(self, name: str) -> list[str]:
        """The view's property *name* as filters and sort keys name it."""
        return [self.view.space, self.key, name]

    def __repr__(self) -> str:
        return f"ViewInfo({self.view!r})"


class PropSpec:
    """A property as a generated class declares it."""

    __slots__ = ("default", "edges", "name", "unit")

    def __init__(self, name: str, default: Any, unit: str | None = None, edges: Edges | None = None) -> None:
        self.name = name
        self.default = default
        self.unit = unit
        self.edges = edges


def Prop(name: str, default: Any = ..., *, unit: str | None = None) -> Any:  # noqa: N802 -- reads as a type, like Field
    """
    Declare a field that holds a property of the view.

    Args:
        name: The property's identifier in DMS.
        default: The value when the service has none. Written as a keyword, since type checkers know it only so.
        unit: The unit the value is stored in, e.g. `power:megaw`.
    """
    return PropSpec(name, default, unit)


def EdgeProp(name: str, edges: Edges, default: Any = None) -> Any:  # noqa: N802 -- reads as a type, like Field
    """
    Declare a field of a write class whose values become edges.

    Args:
        name: The connection's identifier in DMS.
        edges: Type and direction of the edges.
        default: None. Written as a keyword, since type checkers know it only so.
    """
    return PropSpec(name, default, edges=edges)


# --- the metaclass ---

_METADATA = {
    "space": "space",
    "external_id": "externalId",
    "version": "version",
    "created_time": "createdTime",
    "last_updated_time": "lastUpdatedTime",
    "node_type": "type",
}
_EDGE_METADATA = {
    **_METADATA,
    "node_type": "nodeType",  # an edge has a type, but not a node's
    "edge_type": "type",
    "start_node": "startNode",
    "end_node": "endNode",
}


@dataclass_transform(kw_only_default=True, field_specifiers=(Prop, EdgeProp, Field))
class PygenMeta(ModelMetaclass):
    """
    Makes pydantic models of generated classes.

    Collects the properties a class declares, makes the aliases of a resource class, and lets inherited fields follow
    Python's method resolution order (pydantic takes the first base that has the name, even where it only inherited it).
    """

    __pygen_props__: dict[str, PropSpec]
    __pygen_relations__: dict[str, Relation]

    def __new__(mcs, name: str, bases: tuple[type[Any], ...], namespace: dict[str, Any], **kwargs: Any) -> PygenMeta:
        own = {field: spec for field, spec in namespace.items() if isinstance(spec, PropSpec)}
        for field, spec in own.items():
            if spec.default is ...:
                del namespace[field]
            else:
                namespace[field] = spec.default
        order = _resolution_order(bases)
        props: dict[str, PropSpec] = {}
        for base in reversed(order):
            props.update(base.__dict__.get("__pygen_own__", {}))
        props.update(own)
        namespace["__pygen_own__"] = own
        namespace["__pygen_props__"] = props
        alias: Callable[[str], str | AliasPath] | None = None
        if any(getattr(base, "__pygen_reads__", False) for base in bases):
            alias = _aliases(name, namespace, bases, props)
            generator = AliasGenerator(validation_alias=alias)
            namespace["model_config"] = {**namespace.get("model_config", {}), "alias_generator": generator}
        cls: Any = super().__new__(mcs, name, bases, namespace, **kwargs)
        cls.__pygen_relations__ = {
            key: value
            for base in reversed(cls.__mro__)
            for key, value in base.__dict__.items()
            if isinstance(value, Relation) and key not in cls.__pydantic_fields__
        }
        if len(bases) > 1:
            _follow_order(cls, order, alias)
        info = namespace.get("__pygen__")
        if isinstance(info, ViewInfo):
            if getattr(cls, "__pygen_reads__", False):
                info.resource = cls
            else:
                info.write = cls
        made: PygenMeta = cls
        return made


def _aliases(
    name: str, namespace: dict[str, Any], bases: tuple[type[Any], ...], props: dict[str, PropSpec]
) -> Callable[[str], str | AliasPath]:
    """The alias generator of one resource class."""
    info = namespace.get("__pygen__") or next((base.__pygen__ for base in bases if hasattr(base, "__pygen__")), None)
    is_edge = name == "PygenEdge" or any(getattr(base, "__pygen_edge__", False) for base in bases)
    metadata = _EDGE_METADATA if is_edge else _METADATA

    def alias(field: str) -> str | AliasPath:
        spec = props.get(field)
        if spec is None or info is None:
            return metadata.get(field, field)
        return AliasPath("properties", info.view.space, info.key, spec.name)

    return alias


def _resolution_order(bases: tuple[type[Any], ...]) -> list[type[Any]]:
    """
    Where a class with these bases looks for what it does not define itself (Python's C3 rule).

    Known before the class exists, because pydantic asks for the aliases while it makes the class.
    """
    if len(bases) == 1:
        return list(bases[0].__mro__)
    order: list[type[Any]] = []
    waiting = [list(base.__mro__) for base in bases] + [list(bases)]
    while waiting := [line for line in waiting if line]:
        first = next((line[0] for line in waiting if not any(line[0] in other[1:] for other in waiting)), None)
        if first is None:
            return order  # Python itself says what is wrong with the bases
        order.append(first)
        waiting = [line[1:] if line[0] is first else line for line in waiting]
    return order


def _follow_order(cls: type[BaseModel], order: list[type[Any]], alias: Callable[[str], str | AliasPath] | None) -> None:
    """Give inherited fields the definition of the first class in resolution order that declares them."""
    fields = cls.__pydantic_fields__
    own = inspect.get_annotations(cls)
    for field in fields:
        if field in own:
            continue
        for base in order:
            if issubclass(base, BaseModel) and field in inspect.get_annotations(base):
                fields[field] = copy(base.__pydantic_fields__[field])
                if alias is not None:
                    fields[field].validation_alias = alias(field)
                break


# --- resources ---


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

    space: str = Field(frozen=True)
    external_id: str = Field(frozen=True)
    version: int = Field(frozen=True)
    created_time: datetime = Field(frozen=True)
    last_updated_time: datetime = Field(frozen=True)
    node_type: NodeId | None = Field(default=None, frozen=True)

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
                old = self.__dict__.get(name)
                super().__setattr__(name, value)
                _state.remember(self, name, old)
                _forget_relations(self, name)
            else:
                super().__setattr__(name, value)

    def as_node_id(self) -> NodeId:
        """The identifier of the node."""
        return NodeId(self.space, self.external_id)

    def _as_write(self, write: type[WriteT]) -> WriteT:
        """The same data as an object of the write class."""
        from pygen.runtime.serialization import as_write

        return as_write(self, write)

    def save(self) -> None:
        """
        Write the fields that were changed since the object was read; without changes nothing is sent.

        Raises:
            NotWritableError: A changed field, or its value, cannot be written.
            DetachedError: The object belongs to no client.
            DmsRequestError: The service refused.
        """
        from pygen.runtime.operations import save_plan

        _state.session_of(self, "save").run(save_plan(self))

    def refresh(self) -> None:
        """
        Read the object again, in place; changes that were not saved are lost.

        Raises:
            NotFoundError: It is not there any more.
            DetachedError: The object belongs to no client.
        """
        from pygen.runtime.operations import refresh_plan

        _state.session_of(self, "refresh").run(refresh_plan(self))

    def delete(self) -> None:
        """
        Delete the instance, and with a node its edges.

        Raises:
            DetachedError: The object belongs to no client.
        """
        from pygen.runtime.operations import delete_resource_plan

        _state.session_of(self, "delete").run(delete_resource_plan(self))

    async def asave(self) -> None:
        """`save` for objects of an async client."""
        from pygen.runtime.operations import save_plan

        await _state.session_of(self, "save").arun(save_plan(self))

    async def arefresh(self) -> None:
        """`refresh` for objects of an async client."""
        from pygen.runtime.operations import refresh_plan

        await _state.session_of(self, "refresh").arun(refresh_plan(self))

    async def adelete(self) -> None:
        """`delete` for objects of an async client."""
        from pygen.runtime.operations import delete_resource_plan

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
        own = type(self).__pygen_relations__.get(relation.name)
        if own is None:
            raise TypeError(f"{type(self).__name__} has no relation {relation.where}")
        found = await own.aload(self)
        return list(found) if own.many else found


_state.bind(PygenResource)


def _wire_form(cls: type[PygenResource], data: dict[str, Any]) -> dict[str, Any]:
    """Arguments by field name as an instance on the wire, which is what the class reads."""
    properties: dict[str, Any] = {}
    wire: dict[str, Any] = {}
    metadata = _EDGE_METADATA if cls.__pygen_edge__ else _METADATA
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

    edge_type: NodeId = Field(frozen=True)
    start_node: NodeId = Field(frozen=True)
    end_node: NodeId = Field(frozen=True)

    def as_edge_id(self) -> EdgeId:
        """The identifier of the edge."""
        return EdgeId(self.space, self.external_id)


class Node(PygenResource):
    """A node of which only the metadata is known, since the model names no view for it."""


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
        external_id: Its identifier within the space.
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
    external_id: str = Field(min_length=1, max_length=256)
    node_type: NodeId | None = None
    existing_version: int | None = None


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
