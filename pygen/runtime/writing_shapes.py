"""What is the same for all objects of a write class: worked out once, since there may be millions of them."""

from __future__ import annotations

from typing import Any, NamedTuple

from pygen.client.models.ids import ContainerId
from pygen.client.resources.instance_calls import view_reference
from pygen.runtime.base import PygenWrite
from pygen.runtime.lazy import Edges
from pygen.runtime.references import names_nodes

__all__ = ["MOST_SOURCES", "WritingShape", "has_shape", "shape_of"]

MOST_SOURCES = 10
"""Most sources of one item that are sent, as for reading (dms-api.md 4.3); writing would allow 100 (4.1)."""


class WritingShape(NamedTuple):
    """
    How the objects of a write class are written.

    Attributes:
        stored: The fields that are properties: the field, the property, whether its values name nodes.
        edges: The fields that become edges: the field, and the edges' type and direction.
        nesting: The fields in which other objects can be nested.
        view: The view, as sources name it.
        containers: A source without properties for each container, where the view has several.
    """

    stored: tuple[tuple[str, str, bool], ...]
    edges: tuple[tuple[str, Edges], ...]
    nesting: frozenset[str]
    view: dict[str, Any]
    containers: tuple[dict[str, Any], ...]


def shape_of(write: type[PygenWrite]) -> WritingShape:
    """How the objects of a class are written; kept on the class."""
    found = write.__dict__.get("__pygen_shape__")
    if found is None:
        found = _make(write)
        type.__setattr__(write, "__pygen_shape__", found)
    shape: WritingShape = found
    return shape


def has_shape(kind: type[Any]) -> bool:
    """Whether `shape_of` knows the class: then it is a write class, which `isinstance` takes much longer to say."""
    return "__pygen_shape__" in kind.__dict__


def _make(write: type[PygenWrite]) -> WritingShape:
    write.model_rebuild()
    fields = write.__pydantic_fields__
    refers = {name for name, field in fields.items() if names_nodes(field.annotation, field.metadata)}
    props = write.__pygen_props__
    info = write.__pygen__
    return WritingShape(
        tuple((field, spec.name, field in refers) for field, spec in props.items() if spec.edges is None),
        tuple((field, spec.edges) for field, spec in props.items() if spec.edges is not None),
        frozenset(field for field, spec in props.items() if spec.edges is not None or field in refers),
        view_reference(info.view),
        tuple(_empty_source(container) for container in info.containers[: MOST_SOURCES - 1]),
    )


def _empty_source(container: ContainerId) -> dict[str, Any]:
    source = {"type": "container", "space": container.space, "externalId": container.external_id}
    return {"source": source, "properties": {}}
