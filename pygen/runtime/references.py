"""
Ways to name a node: what filters, relations and write classes accept.

At run time the generic aliases ignore their argument: `NodeInput["NacelleWrite"]` is written in a module that imports
`NacelleWrite` for type checkers only, so that modules of a package load independently of each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Generic, Never, TypeAlias, TypeVar, Union, get_args, overload

from pygen.client.models.ids import EdgeId, NodeId
from pygen.runtime.errors import SdkError

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

    from pygen.runtime.base import PygenEdgeWrite, PygenResource, PygenWrite

__all__ = [
    "LinkInput",
    "LinkWrite",
    "NodeInput",
    "NodeRef",
    "OneOrMany",
    "json_id",
    "names_nodes",
    "node_id",
    "written_id",
]

ValueT = TypeVar("ValueT")
WriteT = TypeVar("WriteT", bound="PygenWrite")
EdgeWriteT = TypeVar("EdgeWriteT", bound="PygenEdgeWrite")
WriteT_co = TypeVar("WriteT_co", bound="PygenWrite", covariant=True)
EdgeWriteT_co = TypeVar("EdgeWriteT_co", bound="PygenEdgeWrite", covariant=True)

OneOrMany: TypeAlias = Union[ValueT, Sequence[ValueT], None]  # noqa: UP007 -- a type variable beside None needs Union at run time
"""A value, any of several, or None for "has no value"."""


class LinkWrite(Generic[WriteT_co, EdgeWriteT_co]):
    """
    A node to connect to, with the properties of the edge that leads there.

    Attributes:
        node: The node at the other end.
        edge: The edge's own properties; its ends, type and external id are filled in where they are left out.
    """

    __slots__ = ("edge", "node")

    node: NodeInput[WriteT_co]
    edge: EdgeWriteT_co

    @overload
    def __init__(self, node: WriteT_co, edge: EdgeWriteT_co) -> None: ...
    @overload
    def __init__(self: LinkWrite[Never, EdgeWriteT_co], node: NodeRef, edge: EdgeWriteT_co) -> None: ...
    def __init__(self, node: Any, edge: Any) -> None:
        self.node = node
        self.edge = edge

    def __repr__(self) -> str:
        return f"LinkWrite(node={self.node!r}, edge={self.edge!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LinkWrite):
            return NotImplemented
        return bool(self.node == other.node and self.edge == other.edge)

    __hash__ = None  # type: ignore[assignment]  # the objects it holds can change


_NAMES = (str, NodeId)


def _accept_node(value: Any) -> Any:
    """What names a node, with tuples and JSON references made into identifiers."""
    # The common forms before any import: this runs for each reference that is written.
    if isinstance(value, _NAMES):
        return value
    if type(value) is tuple and len(value) == 2 and type(value[0]) is str and type(value[1]) is str:
        return NodeId(*value)
    from pydantic_core import PydanticCustomError

    from pygen.runtime.base import PygenEdge, PygenEdgeWrite, PygenResource, PygenWrite

    if isinstance(value, PygenResource | PygenWrite) and not isinstance(value, PygenEdge | PygenEdgeWrite):
        return value
    match value:
        case (str(space), str(external_id)):
            return NodeId(space, external_id)
        case {"space": str(space), "externalId": str(external_id), **rest} if not rest:
            return NodeId(space, external_id)
        case {"space": str(space), "external_id": str(external_id), **rest} if not rest:
            return NodeId(space, external_id)
        case _:
            raise PydanticCustomError(
                "node_reference",
                "Input should name a node: an object of this SDK, a NodeId, (space, external_id) or an external id",
            )


def _accept_link(value: Any) -> Any:
    from pydantic_core import PydanticCustomError

    from pygen.runtime.base import PygenEdgeWrite

    if not isinstance(value, LinkWrite):
        return _accept_node(value)
    if not isinstance(value.edge, PygenEdgeWrite):
        raise PydanticCustomError("link", "The edge of a LinkWrite should be a write object of an edge view")
    return LinkWrite(_accept_node(value.node), value.edge)


class _Accepts:
    """Tells pydantic to check a value with a function, and to dump it as it is."""

    __slots__ = ("_check",)

    def __init__(self, check: Any) -> None:
        self._check = check

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(self._check)


if TYPE_CHECKING:
    NodeRef: TypeAlias = PygenResource | NodeId | tuple[str, str] | str
    """An existing node: an object of this SDK, its id, or its external id within the client's instance space."""

    NodeInput: TypeAlias = WriteT | PygenResource | NodeId | tuple[str, str] | str
    """A node to connect to: one that is written along, or anything that names an existing one."""

    LinkInput: TypeAlias = WriteT | PygenResource | NodeId | tuple[str, str] | str | LinkWrite[WriteT, EdgeWriteT]
    """A node to connect to, perhaps with properties of the edge."""
else:
    NodeRef = Annotated[Any, _Accepts(_accept_node)]

    class NodeInput:
        """A node to connect to: one that is written along, or anything that names an existing one."""

        def __class_getitem__(cls, _written: object) -> Any:
            return NodeRef

    class LinkInput:
        """A node to connect to, perhaps with properties of the edge."""

        _type = Annotated[Any, _Accepts(_accept_link)]

        def __class_getitem__(cls, _written: object) -> Any:
            return cls._type


def names_nodes(annotation: Any, metadata: Iterable[Any] = ()) -> bool:
    """Whether values of the annotated type name nodes, so that a text is an external id."""
    given = [*metadata, *getattr(annotation, "__metadata__", ())]
    return any(isinstance(item, _Accepts) for item in given) or any(
        names_nodes(part) for part in get_args(annotation) if not isinstance(part, str)
    )


def json_id(instance: NodeId | EdgeId) -> dict[str, str]:
    """The instance as a property value or a filter names it."""
    return {"space": instance.space, "externalId": instance.external_id}


def _placed(space: str | None, external_id: str, default_space: str | None, what: str) -> NodeId:
    chosen = space or default_space
    if not chosen:
        raise SdkError(
            f"{what} {external_id!r} has no space: give it one (space=...), or give the client one (instance_space=...)"
        )
    return NodeId(chosen, external_id)


def written_id(written: PygenWrite, default_space: str | None) -> NodeId:
    """
    The identifier that an object is written under.

    Raises:
        SdkError: It has no external id, or neither the object, the client nor the SDK names a space.
    """
    if not written.external_id:
        raise SdkError(f"this {type(written).__name__} has no external_id, so it names no instance yet")
    return _placed(written.space, written.external_id, default_space, type(written).__name__)


def node_id(reference: Any, default_space: str | None) -> NodeId:
    """
    The identifier of whatever names a node; an external id alone lies in the default space.

    Raises:
        SdkError: There is no default space.
        TypeError: It does not name a node.
    """
    # Before any import: this runs for each reference that is written.
    if isinstance(reference, NodeId):
        return reference
    from pygen.runtime.base import PygenEdge, PygenEdgeWrite, PygenResource, PygenWrite

    match reference:
        case str():
            return _placed(None, reference, default_space, "the node")
        case PygenEdge() | PygenEdgeWrite():
            pass
        case PygenResource():
            return NodeId(reference.space, reference.external_id)
        case PygenWrite():
            return written_id(reference, default_space)
        case (str(space), str(external_id)):
            return NodeId(space, external_id)
    raise TypeError(f"{type(reference).__name__} does not name a node")
