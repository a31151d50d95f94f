# The shape of a generated package, written by hand: the runtime is tested without the generator.
# ruff: noqa: I001
"""Typed access to the data model sp:Wind(v1)."""

from typing import TYPE_CHECKING

from pygen.runtime import DataModelId, ModelInfo, lazy_package

if TYPE_CHECKING:
    from ._client import AsyncWindClient, WindClient
    from .annotation import AsyncAnnotationAPI, Annotation, AnnotationAPI, AnnotationFilters, AnnotationWrite
    from .blade import AsyncBladeAPI, Blade, BladeAPI, BladeFilters, BladeWrite
    from .describable import AsyncDescribableAPI, Describable, DescribableAPI, DescribableFilters, DescribableWrite
    from .distance import AsyncDistanceAPI, Distance, DistanceAPI, DistanceFilters, DistanceWrite
    from .generating_unit import (
        AsyncGeneratingUnitAPI,
        GeneratingUnit,
        GeneratingUnitAPI,
        GeneratingUnitFilters,
        GeneratingUnitWrite,
    )
    from .hostile import AsyncHostileAPI, Hostile, HostileAPI, HostileFilters, HostileWrite
    from .log import AsyncLogAPI, Log, LogAPI, LogFilters
    from .metmast import AsyncMetmastAPI, Metmast, MetmastAPI, MetmastFilters, MetmastWrite
    from .nacelle import AsyncNacelleAPI, Nacelle, NacelleAPI, NacelleFilters, NacelleWrite
    from .wind_turbine import AsyncWindTurbineAPI, WindTurbine, WindTurbineAPI, WindTurbineFilters, WindTurbineWrite
    from .work_order import AsyncWorkOrderAPI, WorkOrder, WorkOrderAPI, WorkOrderFilters, WorkOrderWrite

__pygen__ = ModelInfo(
    data_model=DataModelId("sp", "Wind", "v1"),
    contract=2,
    instance_space="wind_data",
)

__all__ = [
    "Annotation",
    "AnnotationAPI",
    "AnnotationFilters",
    "AnnotationWrite",
    "AsyncAnnotationAPI",
    "AsyncBladeAPI",
    "AsyncDescribableAPI",
    "AsyncDistanceAPI",
    "AsyncGeneratingUnitAPI",
    "AsyncHostileAPI",
    "AsyncLogAPI",
    "AsyncMetmastAPI",
    "AsyncNacelleAPI",
    "AsyncWindClient",
    "AsyncWindTurbineAPI",
    "AsyncWorkOrderAPI",
    "Blade",
    "BladeAPI",
    "BladeFilters",
    "BladeWrite",
    "Describable",
    "DescribableAPI",
    "DescribableFilters",
    "DescribableWrite",
    "Distance",
    "DistanceAPI",
    "DistanceFilters",
    "DistanceWrite",
    "GeneratingUnit",
    "GeneratingUnitAPI",
    "GeneratingUnitFilters",
    "GeneratingUnitWrite",
    "Hostile",
    "HostileAPI",
    "HostileFilters",
    "HostileWrite",
    "Log",
    "LogAPI",
    "LogFilters",
    "Metmast",
    "MetmastAPI",
    "MetmastFilters",
    "MetmastWrite",
    "Nacelle",
    "NacelleAPI",
    "NacelleFilters",
    "NacelleWrite",
    "WindClient",
    "WindTurbine",
    "WindTurbineAPI",
    "WindTurbineFilters",
    "WindTurbineWrite",
    "WorkOrder",
    "WorkOrderAPI",
    "WorkOrderFilters",
    "WorkOrderWrite",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_package(
        __name__,
        {
            "_client": ("AsyncWindClient", "WindClient"),
            "annotation": ("AsyncAnnotationAPI", "Annotation", "AnnotationAPI", "AnnotationFilters", "AnnotationWrite"),
            "blade": ("AsyncBladeAPI", "Blade", "BladeAPI", "BladeFilters", "BladeWrite"),
            "describable": (
                "AsyncDescribableAPI",
                "Describable",
                "DescribableAPI",
                "DescribableFilters",
                "DescribableWrite",
            ),
            "distance": ("AsyncDistanceAPI", "Distance", "DistanceAPI", "DistanceFilters", "DistanceWrite"),
            "generating_unit": (
                "AsyncGeneratingUnitAPI",
                "GeneratingUnit",
                "GeneratingUnitAPI",
                "GeneratingUnitFilters",
                "GeneratingUnitWrite",
            ),
            "hostile": ("AsyncHostileAPI", "Hostile", "HostileAPI", "HostileFilters", "HostileWrite"),
            "log": ("AsyncLogAPI", "Log", "LogAPI", "LogFilters"),
            "metmast": ("AsyncMetmastAPI", "Metmast", "MetmastAPI", "MetmastFilters", "MetmastWrite"),
            "nacelle": ("AsyncNacelleAPI", "Nacelle", "NacelleAPI", "NacelleFilters", "NacelleWrite"),
            "wind_turbine": (
                "AsyncWindTurbineAPI",
                "WindTurbine",
                "WindTurbineAPI",
                "WindTurbineFilters",
                "WindTurbineWrite",
            ),
            "work_order": ("AsyncWorkOrderAPI", "WorkOrder", "WorkOrderAPI", "WorkOrderFilters", "WorkOrderWrite"),
        },
    )
