# The shape of a generated package, written by hand: the runtime is tested without the generator.
# ruff: noqa: F401, UP037
"""The view sp:WorkOrder(v1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from pygen.runtime import (
    AsyncQuery,
    AsyncSearch,
    AsyncViewAPI,
    Direct,
    Maybe,
    NodeId,
    NodeInput,
    NodeRef,
    OneOrMany,
    Prop,
    Query,
    Search,
    ToOne,
    ViewAPI,
    ViewId,
    ViewInfo,
    Where,
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

    turbine_id: Maybe[NodeId] = Prop("turbine", default=None)
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

    def list(self, where: Where[WorkOrder] | None = None, /, **filters: Unpack[WorkOrderFilters]) -> Query[WorkOrder]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)

    def search(
        self, text: str, where: Where[WorkOrder] | None = None, /, **filters: Unpack[WorkOrderFilters]
    ) -> Search[WorkOrder]:
        """The instances that match words and every filter, the best match first, lazily."""
        return self._search(text, where, filters)


class AsyncWorkOrderAPI(AsyncViewAPI[WorkOrder]):
    """Reads and deletes `WorkOrder` nodes."""

    _resource = WorkOrder

    def list(
        self, where: Where[WorkOrder] | None = None, /, **filters: Unpack[WorkOrderFilters]
    ) -> AsyncQuery[WorkOrder]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)

    def search(
        self, text: str, where: Where[WorkOrder] | None = None, /, **filters: Unpack[WorkOrderFilters]
    ) -> AsyncSearch[WorkOrder]:
        """The instances that match words and every filter, the best match first, lazily."""
        return self._search(text, where, filters)
