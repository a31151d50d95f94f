"""
Identifiers of the Data Modeling Service, as values.

All are frozen dataclasses of the standard library: equal by value, hashable, sortable, and cheap to import (the
freshness path loads them without pydantic). Patterns and lengths: dms-api.md 8.1, from the official OpenAPI document.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

__all__ = ["ContainerId", "DataModelId", "EdgeId", "NodeId", "ViewId"]


@dataclass(frozen=True, slots=True, order=True)
class ContainerId:
    """A container: `space` and `external_id`; containers have no version."""

    space: str
    external_id: str

    def __str__(self) -> str:
        return f"{self.space}:{self.external_id}"


@dataclass(frozen=True, slots=True, order=True)
class ViewId:
    """A view: `space`, `external_id` and `version`."""

    space: str
    external_id: str
    version: str

    def __str__(self) -> str:
        return f"{self.space}:{self.external_id}({self.version})"


@dataclass(frozen=True, slots=True, order=True)
class DataModelId:
    """A data model: `space`, `external_id` and `version`."""

    space: str
    external_id: str
    version: str

    def __str__(self) -> str:
        return f"{self.space}:{self.external_id}({self.version})"


@dataclass(frozen=True, slots=True, order=True)
class NodeId:
    """A node: `space` and `external_id` (1-256 characters, anything but NUL)."""

    space: str
    external_id: str

    def __str__(self) -> str:
        return f"{self.space}:{self.external_id}"

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> CoreSchema:
        return _instance_schema(cls)


@dataclass(frozen=True, slots=True, order=True)
class EdgeId:
    """An edge: `space` and `external_id`; unique within the space across nodes and edges."""

    space: str
    external_id: str

    def __str__(self) -> str:
        return f"{self.space}:{self.external_id}"

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> CoreSchema:
        return _instance_schema(cls)


_SPELLINGS: list[list[str | int]] = [["externalId"], ["external_id"]]


def _instance_schema(cls: type[NodeId] | type[EdgeId]) -> CoreSchema:
    """
    Let pydantic read an identifier from the wire (`externalId`) or by field name, and write it by field name.

    Built here by hand: what pydantic would derive knows one spelling only, and calling back into Python for each
    identifier would double the time that a page of instances takes to decode.
    """
    from pydantic_core import core_schema as cs  # not for whoever only wants the values

    fields = [
        cs.dataclass_field("space", cs.str_schema()),
        cs.dataclass_field("external_id", cs.str_schema(), validation_alias=_SPELLINGS),
    ]
    arguments = cs.dataclass_args_schema(cls.__name__, fields)
    return cs.dataclass_schema(cls, arguments, ["space", "external_id"], slots=True, frozen=True)
