# The shape of a generated package, written by hand: the runtime is tested without the generator.
# ruff: noqa: F401, UP037
"""The view sp:WorkOrder(v1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from pygen.runtime import (
    AsyncQuery,
    AsyncViewAPI,
    Direct,
    Filter,
    NodeId,
    NodeInput,
    NodeRef,
    OneOrMany,
    Prop,
    Query,
    ToOne,
    ViewAPI,
    ViewId,
    ViewInfo,
)

from .describable import Describable, DescribableFilters, DescribableWrite

if TYPE_CHECKING:
    from .wind_turbine import WindTurbine, WindTurbineWrite


class WorkOrder(Describable):
    """Work done, or to be done."""

    __pygen__ = ViewInfo(
        view=ViewId("sp", "WorkOrder", "v1"),
        used_for="node",
        parents=(ViewId("sp", "Describable", "v1"),),
    )

    turbine_id: NodeId | None = Prop("turbine", default=None)
    turbine = ToOne["WindTurbine"](Direct("turbine_id"))

    def as_write(self) -> WorkOrderWrite:
        """The same data, ready to be changed and upserted."""
        return self._as_write(WorkOrderWrite)


class WorkOrderWrite(DescribableWrite):
    """What can be written of a `WorkOrder`."""

    __pygen__ = WorkOrder.__pygen__

    turbine: NodeInput["WindTurbineWrite"] | None = Prop("turbine", default=None)


class WorkOrderFilters(DescribableFilters, total=False):
    """Keyword filters of `WorkOrder`."""

    turbine: OneOrMany[NodeRef]


class WorkOrderAPI(ViewAPI[WorkOrder]):
    """Reads and deletes `WorkOrder` nodes."""

    _resource = WorkOrder

    def list(self, where: Filter | None = None, /, **filters: Unpack[WorkOrderFilters]) -> Query[WorkOrder]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)


class AsyncWorkOrderAPI(AsyncViewAPI[WorkOrder]):
    """Reads and deletes `WorkOrder` nodes."""

    _resource = WorkOrder

    def list(self, where: Filter | None = None, /, **filters: Unpack[WorkOrderFilters]) -> AsyncQuery[WorkOrder]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)
