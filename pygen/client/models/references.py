"""References as bodies carry them: with a `type` that tells views and containers apart (dms-api.md, appendix D)."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Tag

from pygen.client.models.base import WireModel
from pygen.client.models.ids import ContainerId, NodeId, ViewId

__all__ = ["ContainerReference", "NodeReference", "SourceReference", "ViewReference"]


class ViewReference(WireModel):
    """A view, named."""

    type: Literal["view"] = "view"
    space: str
    external_id: str
    version: str

    def as_id(self) -> ViewId:
        """The same, as a hashable value."""
        return ViewId(self.space, self.external_id, self.version)


class ContainerReference(WireModel):
    """A container, named."""

    type: Literal["container"] = "container"
    space: str
    external_id: str

    def as_id(self) -> ContainerId:
        """The same, as a hashable value."""
        return ContainerId(self.space, self.external_id)


class NodeReference(WireModel):
    """A node, named; the type of an edge is one."""

    space: str
    external_id: str

    def as_id(self) -> NodeId:
        """The same, as a hashable value."""
        return NodeId(self.space, self.external_id)


def _source_kind(value: Any) -> str:
    """A source says what it is; where `type` is missing, only views have versions."""
    if isinstance(value, dict):
        return value.get("type") or ("view" if "version" in value else "container")
    return str(getattr(value, "type", "view"))


SourceReference: TypeAlias = Annotated[
    Annotated[ViewReference, Tag("view")] | Annotated[ContainerReference, Tag("container")],
    Discriminator(_source_kind),
]
"""A view or a container."""
