# The shape of a generated package, written by hand: the runtime is tested without the generator.
"""Typed access to the data model ops_model:Ops(v1)."""

from typing import TYPE_CHECKING

from pygen.runtime import DataModelId, ModelInfo, lazy_package

if TYPE_CHECKING:
    from ._client import AsyncOpsClient, OpsClient
    from .maintenance_link import (
        AsyncMaintenanceLinkAPI,
        MaintenanceLink,
        MaintenanceLinkAPI,
        MaintenanceLinkFilters,
        MaintenanceLinkWrite,
    )
    from .pump import AsyncPumpAPI, Pump, PumpAPI, PumpFilters, PumpWrite
    from .site import AsyncSiteAPI, Site, SiteAPI, SiteFilters, SiteWrite
    from .technician import AsyncTechnicianAPI, Technician, TechnicianAPI, TechnicianFilters, TechnicianWrite

__pygen__ = ModelInfo(
    data_model=DataModelId("ops_model", "Ops", "v1"),
    contract=2,
    instance_space="ops_data",
)

__all__ = [
    "AsyncMaintenanceLinkAPI",
    "AsyncOpsClient",
    "AsyncPumpAPI",
    "AsyncSiteAPI",
    "AsyncTechnicianAPI",
    "MaintenanceLink",
    "MaintenanceLinkAPI",
    "MaintenanceLinkFilters",
    "MaintenanceLinkWrite",
    "OpsClient",
    "Pump",
    "PumpAPI",
    "PumpFilters",
    "PumpWrite",
    "Site",
    "SiteAPI",
    "SiteFilters",
    "SiteWrite",
    "Technician",
    "TechnicianAPI",
    "TechnicianFilters",
    "TechnicianWrite",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_package(
        __name__,
        {
            "_client": ("AsyncOpsClient", "OpsClient"),
            "maintenance_link": (
                "AsyncMaintenanceLinkAPI",
                "MaintenanceLink",
                "MaintenanceLinkAPI",
                "MaintenanceLinkFilters",
                "MaintenanceLinkWrite",
            ),
            "pump": ("AsyncPumpAPI", "Pump", "PumpAPI", "PumpFilters", "PumpWrite"),
            "site": ("AsyncSiteAPI", "Site", "SiteAPI", "SiteFilters", "SiteWrite"),
            "technician": ("AsyncTechnicianAPI", "Technician", "TechnicianAPI", "TechnicianFilters", "TechnicianWrite"),
        },
    )
