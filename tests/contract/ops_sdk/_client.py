# The shape of a generated package, written by hand: the runtime is tested without the generator.
# ruff: noqa: F401, N812
"""The clients of the data model ops_model:Ops(v1)."""

from typing import TYPE_CHECKING

from pygen.runtime import Api, AsyncSdkClient, SdkClient

from . import __pygen__ as _MODEL

if TYPE_CHECKING:
    from .maintenance_link import AsyncMaintenanceLinkAPI, MaintenanceLinkAPI
    from .pump import AsyncPumpAPI, PumpAPI
    from .site import AsyncSiteAPI, SiteAPI
    from .technician import AsyncTechnicianAPI, TechnicianAPI


class OpsClient(SdkClient):
    """Reads and writes the data model ops_model:Ops(v1)."""

    __pygen__ = _MODEL

    maintenance_link = Api["MaintenanceLinkAPI"]("maintenance_link")
    pump = Api["PumpAPI"]("pump")
    site = Api["SiteAPI"]("site")
    technician = Api["TechnicianAPI"]("technician")


class AsyncOpsClient(AsyncSdkClient):
    """Reads and writes the data model ops_model:Ops(v1)."""

    __pygen__ = _MODEL

    maintenance_link = Api["AsyncMaintenanceLinkAPI"]("maintenance_link")
    pump = Api["AsyncPumpAPI"]("pump")
    site = Api["AsyncSiteAPI"]("site")
    technician = Api["AsyncTechnicianAPI"]("technician")
