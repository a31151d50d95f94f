# The shape of a generated package, written by hand: the runtime is tested without the generator.
# ruff: noqa: F401, I001, N812
"""The clients of the data model sp:Wind(v1)."""

from typing import TYPE_CHECKING

from pygen.runtime import Api, AsyncSdkClient, SdkClient

from . import __pygen__ as _MODEL

if TYPE_CHECKING:
    from .annotation import AsyncAnnotationAPI, AnnotationAPI
    from .blade import AsyncBladeAPI, BladeAPI
    from .describable import AsyncDescribableAPI, DescribableAPI
    from .distance import AsyncDistanceAPI, DistanceAPI
    from .generating_unit import AsyncGeneratingUnitAPI, GeneratingUnitAPI
    from .hostile import AsyncHostileAPI, HostileAPI
    from .log import AsyncLogAPI, LogAPI
    from .metmast import AsyncMetmastAPI, MetmastAPI
    from .nacelle import AsyncNacelleAPI, NacelleAPI
    from .wind_turbine import AsyncWindTurbineAPI, WindTurbineAPI
    from .work_order import AsyncWorkOrderAPI, WorkOrderAPI


class WindClient(SdkClient):
    """Reads and writes the data model sp:Wind(v1)."""

    __pygen__ = _MODEL

    annotation = Api["AnnotationAPI"]("annotation")
    blade = Api["BladeAPI"]("blade")
    describable = Api["DescribableAPI"]("describable")
    distance = Api["DistanceAPI"]("distance")
    generating_unit = Api["GeneratingUnitAPI"]("generating_unit")
    hostile = Api["HostileAPI"]("hostile")
    log = Api["LogAPI"]("log")
    metmast = Api["MetmastAPI"]("metmast")
    nacelle = Api["NacelleAPI"]("nacelle")
    wind_turbine = Api["WindTurbineAPI"]("wind_turbine")
    work_order = Api["WorkOrderAPI"]("work_order")


class AsyncWindClient(AsyncSdkClient):
    """Reads and writes the data model sp:Wind(v1)."""

    __pygen__ = _MODEL

    annotation = Api["AsyncAnnotationAPI"]("annotation")
    blade = Api["AsyncBladeAPI"]("blade")
    describable = Api["AsyncDescribableAPI"]("describable")
    distance = Api["AsyncDistanceAPI"]("distance")
    generating_unit = Api["AsyncGeneratingUnitAPI"]("generating_unit")
    hostile = Api["AsyncHostileAPI"]("hostile")
    log = Api["AsyncLogAPI"]("log")
    metmast = Api["AsyncMetmastAPI"]("metmast")
    nacelle = Api["AsyncNacelleAPI"]("nacelle")
    wind_turbine = Api["AsyncWindTurbineAPI"]("wind_turbine")
    work_order = Api["AsyncWorkOrderAPI"]("work_order")
