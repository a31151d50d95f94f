"""Containers: what is stored (dms-api.md 3.2)."""

from typing import Any

from pydantic import Field

from pygen.client.models.base import WireModel
from pygen.client.models.ids import ContainerId
from pygen.client.models.property_types import PropertyType
from pygen.client.models.references import ContainerReference

__all__ = ["Constraint", "Container", "ContainerProperty", "Index"]


class ContainerProperty(WireModel):
    """A property of a container."""

    type: PropertyType
    nullable: bool = True
    immutable: bool = False
    auto_increment: bool = False
    default_value: Any = None
    name: str | None = None
    description: str | None = None


class Constraint(WireModel):
    """
    A rule about the instances of a container.

    Attributes:
        constraint_type: `uniqueness`, `requires`, or something newer.
        properties: `uniqueness`: the properties that are unique together.
        by_space: `uniqueness`: whether only within a space.
        require: `requires`: the container in which an instance must have data as well.
        state: `current`, `pending` or `failed`; only when read.
    """

    constraint_type: str
    properties: list[str] | None = None
    by_space: bool = False
    require: ContainerReference | None = None
    state: str | None = None


class Index(WireModel):
    """
    An index over properties of a container.

    Attributes:
        index_type: `btree`, `inverted`, or something newer.
        properties: The properties, in an order that matters.
        cursorable: `btree`: whether results sorted by it can be paged.
        by_space: `btree`: whether the space is part of it.
        state: `current`, `pending` or `failed`; only when read.
    """

    index_type: str
    properties: list[str]
    cursorable: bool = False
    by_space: bool = False
    state: str | None = None


class Container(WireModel):
    """
    A container.

    Attributes:
        used_for: `node`, `edge` or `all`; None where it was left out, which means `node`.
    """

    space: str
    external_id: str
    name: str | None = None
    description: str | None = None
    used_for: str | None = None
    properties: dict[str, ContainerProperty] = Field(default={})
    constraints: dict[str, Constraint] | None = None
    indexes: dict[str, Index] | None = None
    created_time: int | None = None
    last_updated_time: int | None = None
    is_global: bool = False

    def as_id(self) -> ContainerId:
        """The container's identifier, as a hashable value."""
        return ContainerId(self.space, self.external_id)
