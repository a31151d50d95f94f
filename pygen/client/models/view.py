"""Views: what is read and written together (dms-api.md 3.5)."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from pygen.client.models.base import WireModel
from pygen.client.models.ids import ViewId
from pygen.client.models.property_types import PropertyType
from pygen.client.models.references import ContainerReference, NodeReference, SourceReference, ViewReference

__all__ = ["EdgeProperty", "MappedProperty", "ReverseProperty", "Through", "UnknownProperty", "View", "ViewProperty"]


class MappedProperty(WireModel):
    """
    A property that shows a property of a container.

    A view that is read carries the definition of the container's property along; where a view is written, only
    `container`, `container_property_identifier` and perhaps `source` are there, and the rest is None.
    """

    container: ContainerReference
    container_property_identifier: str
    type: PropertyType | None = None
    source: ViewReference | None = None
    nullable: bool | None = None
    immutable: bool | None = None
    auto_increment: bool | None = None
    default_value: Any = None
    name: str | None = None
    description: str | None = None


class EdgeProperty(WireModel):
    """A connection along edges of one type; also the meaning of a property without `connectionType` but with `type`."""

    connection_type: Literal["single_edge_connection", "multi_edge_connection"] = "multi_edge_connection"
    type: NodeReference
    source: ViewReference
    edge_source: ViewReference | None = None
    direction: Literal["outwards", "inwards"] = "outwards"
    name: str | None = None
    description: str | None = None


class Through(WireModel):
    """The direct relation that a reverse relation follows backwards."""

    source: SourceReference
    identifier: str


class ReverseProperty(WireModel):
    """A connection to the nodes whose direct relation points here; `targets_list` is missing in older answers."""

    connection_type: Literal["single_reverse_direct_relation", "multi_reverse_direct_relation"]
    source: ViewReference
    through: Through
    targets_list: bool | None = None
    name: str | None = None
    description: str | None = None


class UnknownProperty(WireModel):
    """A connection of a kind that a newer service has; kept, so that it can be named."""

    connection_type: str
    name: str | None = None
    description: str | None = None


_KINDS = {
    "single_edge_connection": "edge",
    "multi_edge_connection": "edge",
    "single_reverse_direct_relation": "reverse",
    "multi_reverse_direct_relation": "reverse",
}


def _property_kind(value: Any) -> str:
    """Tell the kinds apart: by `connectionType`, else by what a property that is not mapped must have."""
    if not isinstance(value, dict):
        return _CLASS_KINDS.get(type(value), "mapped")
    connection = value.get("connectionType") or value.get("connection_type")
    if connection is not None:
        return _KINDS.get(connection, "unknown") if isinstance(connection, str) else "unknown"
    return "edge" if "container" not in value and "type" in value and "source" in value else "mapped"


ViewProperty: TypeAlias = Annotated[
    Annotated[MappedProperty, Tag("mapped")]
    | Annotated[EdgeProperty, Tag("edge")]
    | Annotated[ReverseProperty, Tag("reverse")]
    | Annotated[UnknownProperty, Tag("unknown")],
    Discriminator(_property_kind),
]
"""A property of a view, of any kind."""

_CLASS_KINDS: dict[type, str] = {
    MappedProperty: "mapped",
    EdgeProperty: "edge",
    ReverseProperty: "reverse",
    UnknownProperty: "unknown",
}


class View(WireModel):
    """
    A view.

    Attributes:
        implements: The parents, in an order that matters; None where an old dump leaves them out.
        properties: Read with `includeInheritedProperties=true`, those of all ancestors too.
        filter: What instances must match; as it is on the wire.
        writable: Whether instances can be created through it; None where the answer does not say.
        queryable: Whether instances can be read through it; only in newer answers.
        used_for: `node`, `edge` or `all`; None where the answer does not say.
        mapped_containers: The containers behind it; only in newer answers.
    """

    space: str
    external_id: str
    version: str
    name: str | None = None
    description: str | None = None
    filter: dict[str, Any] | None = None
    implements: list[ViewReference] | None = None
    properties: dict[str, ViewProperty] = Field(default={})
    writable: bool | None = None
    queryable: bool | None = None
    used_for: Literal["node", "edge", "all"] | None = None
    mapped_containers: list[ContainerReference] | None = None
    created_time: int | None = None
    last_updated_time: int | None = None
    is_global: bool = False

    def as_id(self) -> ViewId:
        """The view's identifier, as a hashable value."""
        return ViewId(self.space, self.external_id, self.version)
