"""
Wire models of the Data Modeling Service.

Names are loaded when they are touched: `pygen.client.models.ids` is needed where pydantic must not be.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygen.client.models.base import WireModel as WireModel
    from pygen.client.models.container import Constraint as Constraint
    from pygen.client.models.container import Container as Container
    from pygen.client.models.container import ContainerProperty as ContainerProperty
    from pygen.client.models.container import Index as Index
    from pygen.client.models.data_model import DataModel as DataModel
    from pygen.client.models.ids import ContainerId as ContainerId
    from pygen.client.models.ids import DataModelId as DataModelId
    from pygen.client.models.ids import EdgeId as EdgeId
    from pygen.client.models.ids import NodeId as NodeId
    from pygen.client.models.ids import ViewId as ViewId
    from pygen.client.models.property_types import EnumValue as EnumValue
    from pygen.client.models.property_types import PropertyType as PropertyType
    from pygen.client.models.property_types import UnitReference as UnitReference
    from pygen.client.models.references import ContainerReference as ContainerReference
    from pygen.client.models.references import NodeReference as NodeReference
    from pygen.client.models.references import ViewReference as ViewReference
    from pygen.client.models.space import Space as Space
    from pygen.client.models.view import EdgeProperty as EdgeProperty
    from pygen.client.models.view import MappedProperty as MappedProperty
    from pygen.client.models.view import ReverseProperty as ReverseProperty
    from pygen.client.models.view import Through as Through
    from pygen.client.models.view import UnknownProperty as UnknownProperty
    from pygen.client.models.view import View as View
    from pygen.client.models.view import ViewProperty as ViewProperty

_MODULES = {
    "base": ("WireModel",),
    "container": ("Constraint", "Container", "ContainerProperty", "Index"),
    "data_model": ("DataModel",),
    "ids": ("ContainerId", "DataModelId", "EdgeId", "NodeId", "ViewId"),
    "property_types": ("EnumValue", "PropertyType", "UnitReference"),
    "references": ("ContainerReference", "NodeReference", "ViewReference"),
    "space": ("Space",),
    "view": ("EdgeProperty", "MappedProperty", "ReverseProperty", "Through", "UnknownProperty", "View", "ViewProperty"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "Constraint",
    "Container",
    "ContainerId",
    "ContainerProperty",
    "ContainerReference",
    "DataModel",
    "DataModelId",
    "EdgeId",
    "EdgeProperty",
    "EnumValue",
    "Index",
    "MappedProperty",
    "NodeId",
    "NodeReference",
    "PropertyType",
    "ReverseProperty",
    "Space",
    "Through",
    "UnitReference",
    "UnknownProperty",
    "View",
    "ViewId",
    "ViewProperty",
    "ViewReference",
    "WireModel",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
