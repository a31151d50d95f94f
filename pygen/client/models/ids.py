"""
Identifiers of the Data Modeling Service, as values.

All are frozen dataclasses of the standard library: equal by value, hashable, sortable, and cheap to import (the
freshness path loads them without pydantic). Patterns and lengths: dms-api.md 8.1, from the official OpenAPI document.
"""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True, order=True)
class EdgeId:
    """An edge: `space` and `external_id`; unique within the space across nodes and edges."""

    space: str
    external_id: str

    def __str__(self) -> str:
        return f"{self.space}:{self.external_id}"
