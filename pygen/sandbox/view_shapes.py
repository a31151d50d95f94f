"""Views as they are written (dms-api.md 3.5)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from pygen.client.models.ids import ViewId
from pygen.sandbox.schema_rows import (
    ContainerReference,
    Description,
    ExternalId,
    Json,
    Label,
    PropertyName,
    SchemaName,
    Space,
    Version,
    ViewReference,
)
from pygen.sandbox.shapes import Shape

__all__ = ["Parent", "ViewProperty", "ViewWrite"]

_MAPPED = frozenset({"container", "container_property_identifier", "source"})
_EDGE = frozenset({"connection_type", "type", "source", "edge_source", "direction"})
_REVERSE = frozenset({"connection_type", "source", "through"})


class Parent(Shape):
    """
    A view that another one implements.

    Attributes:
        version: None: the newest there is.
    """

    type: Literal["view"]
    space: Space
    external_id: ExternalId
    version: Version | None = None


class _InstanceReference(Shape):
    space: Space
    external_id: str


class _Through(Shape):
    source: ViewReference | ContainerReference
    identifier: PropertyName


class ViewProperty(Shape):
    """A property of a view, of every kind."""

    name: Label | None = None
    description: Description | None = None
    container: ContainerReference | None = None
    container_property_identifier: str | None = None
    source: ViewReference | None = None
    connection_type: (
        Literal[
            "single_edge_connection",
            "multi_edge_connection",
            "single_reverse_direct_relation",
            "multi_reverse_direct_relation",
        ]
        | None
    ) = None
    type: _InstanceReference | None = None
    edge_source: ViewReference | None = None
    direction: Literal["outwards", "inwards"] | None = None
    through: _Through | None = None

    @model_validator(mode="after")
    def _check(self) -> ViewProperty:
        fields = type(self).model_fields
        given = {name for name in fields if getattr(self, name) is not None} - {"name", "description"}
        if "container" in given or "container_property_identifier" in given:
            allowed, needed = _MAPPED, _MAPPED - {"source"}
        elif self.connection_type is not None and self.connection_type.endswith("reverse_direct_relation"):
            allowed, needed = _REVERSE, _REVERSE
        else:
            allowed, needed = _EDGE, frozenset({"type", "source"})
        for name in sorted(needed - given):
            raise PydanticCustomError("missing_part", "{name} must not be null", {"name": fields[name].alias})
        for name in sorted(given - allowed):
            raise PydanticCustomError(
                "foreign", "{name} does not belong to a property of this kind", {"name": fields[name].alias}
            )
        return self

    def stored(self) -> Json:
        """The property, with what is the case where nothing was said."""
        definition = self.given()
        if self.type is not None:
            definition.setdefault("connectionType", "multi_edge_connection")
            definition.setdefault("direction", "outwards")
        return definition


class ViewWrite(Shape):
    """A view."""

    space: Space
    external_id: SchemaName
    version: Version
    name: Label | None = None
    description: Description | None = None
    filter: dict[str, Any] | None = None
    implements: list[Parent] | None = None
    properties: dict[PropertyName, ViewProperty] | None = None

    def as_id(self) -> ViewId:
        """The view's identifier."""
        return ViewId(self.space, self.external_id, self.version)
