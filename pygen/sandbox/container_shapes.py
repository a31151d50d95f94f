"""Containers as they are written (dms-api.md 3.2)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pygen.client.models.ids import ContainerId
from pygen.sandbox.property_types import ContainerProperty
from pygen.sandbox.schema_rows import (
    ContainerReference,
    Description,
    Json,
    Label,
    PropertyName,
    SchemaName,
    Space,
    SubId,
)
from pygen.sandbox.shapes import Shape

__all__ = ["Constraint", "ContainerWrite", "Index"]


class Constraint(Shape):
    """A constraint, of either kind."""

    constraint_type: Literal["uniqueness", "requires"] | None = None
    properties: Annotated[list[str], Field(min_length=1)] | None = None
    by_space: bool | None = None
    require: ContainerReference | None = None

    @model_validator(mode="after")
    def _check(self) -> Constraint:
        if self.kind == "requires":
            if self.require is None:
                raise PydanticCustomError("no_require", "require must not be null")
            if self.properties is not None or self.by_space is not None:
                raise PydanticCustomError("foreign", "properties and bySpace belong to uniqueness constraints")
        elif self.properties is None or self.require is not None:
            raise PydanticCustomError("no_properties", "a uniqueness constraint has properties, and no require")
        return self

    @property
    def kind(self) -> str:
        """`uniqueness` or `requires`."""
        return self.constraint_type or ("uniqueness" if self.require is None else "requires")

    def read_form(self) -> Json:
        """The constraint as answers show it, but for `state`."""
        if self.require is not None:
            return {"constraintType": "requires", "require": self.require.given()}
        return {"properties": self.properties, "constraintType": "uniqueness", "bySpace": bool(self.by_space)}


class Index(Shape):
    """An index, of either kind."""

    properties: Annotated[list[str], Field(min_length=1)]
    index_type: Literal["btree", "inverted"] | None = None
    cursorable: bool | None = None
    by_space: bool | None = None

    @model_validator(mode="after")
    def _check(self) -> Index:
        if self.index_type == "inverted" and not (self.cursorable is None and self.by_space is None):
            raise PydanticCustomError("foreign", "cursorable and bySpace belong to btree indexes")
        return self

    def read_form(self) -> Json:
        """The index as answers show it, but for `state`."""
        shown: Json = {"properties": self.properties, "indexType": self.index_type or "btree"}
        if self.index_type == "inverted":
            return shown
        return {**shown, "cursorable": bool(self.cursorable), "bySpace": bool(self.by_space)}


class ContainerWrite(Shape):
    """A container."""

    space: Space
    external_id: SchemaName
    properties: Annotated[dict[PropertyName, ContainerProperty], Field(min_length=1)]
    name: Label | None = None
    description: Description | None = None
    used_for: Literal["node", "edge", "all"] | None = None
    constraints: dict[SubId, Constraint] | None = None
    indexes: dict[SubId, Index] | None = None

    def as_id(self) -> ContainerId:
        """The container's identifier."""
        return ContainerId(self.space, self.external_id)
