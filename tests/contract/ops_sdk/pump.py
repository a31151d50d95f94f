# The shape of a generated package, written by hand: the runtime is tested without the generator.
# ruff: noqa: F401, ICN001, UP037
"""The view ops_model:Pump(v1)."""

from __future__ import annotations

import datetime as _dt
from typing import TYPE_CHECKING, Any, Literal, Unpack

from pygen.runtime import (
    AsyncQuery,
    AsyncViewAPI,
    Direct,
    EdgeProp,
    Edges,
    InstanceFilters,
    LinkInput,
    Maybe,
    MaybeChoice,
    NodeId,
    NodeInput,
    NodeRef,
    OneOrMany,
    Prop,
    PygenResource,
    PygenWrite,
    Query,
    ToManyLinks,
    ToOne,
    Value,
    ViewAPI,
    ViewId,
    ViewInfo,
    Where,
)

if TYPE_CHECKING:
    from .maintenance_link import MaintenanceLink, MaintenanceLinkWrite
    from .site import Site, SiteWrite
    from .technician import Technician, TechnicianWrite


class Pump(PygenResource):
    """A pump."""

    __pygen__ = ViewInfo(
        view=ViewId("ops_model", "Pump", "v1"),
        used_for="node",
        node_type=NodeId("ops_model", "Pump"),
    )

    aliases: Maybe[list[str]] = Prop("aliases", default=None)
    critical: Maybe[bool] = Prop("critical", default=None)
    installed_at: Maybe[_dt.datetime] = Prop("installedAt", default=None)
    maintained_by = ToManyLinks["Technician", "MaintenanceLink"](Edges(("ops_model", "Pump.maintainedBy")))
    manuals: Maybe[list[str]] = Prop("manuals", default=None)
    max_pressure: Maybe[float] = Prop("maxPressure", default=None, unit="pressure:bar")
    meta: Maybe[dict[str, Any]] = Prop("meta", default=None)
    pressure_series: Maybe[str] = Prop("pressureSeries", default=None)
    rated_flow: Maybe[float] = Prop("ratedFlow", default=None)
    serial: Maybe[int] = Prop("serial", default=None)
    site_id: Maybe[NodeId] = Prop("site", default=None)
    site = ToOne["Site"](Direct("site_id"))
    start_count: Maybe[int] = Prop("startCount", default=None)
    status: MaybeChoice[Literal["running", "stopped", "unknown"]] = Prop("status", default=None)
    tag: Value[str] = Prop("tag")

    def as_write(self) -> PumpWrite:
        """The same data, ready to be changed and upserted."""
        return self._as_write(PumpWrite)


class PumpWrite(PygenWrite):
    """What can be written of a `Pump`."""

    __pygen__ = Pump.__pygen__

    aliases: list[str] | None = Prop("aliases", default=None)
    critical: bool | None = Prop("critical", default=None)
    installed_at: _dt.datetime | None = Prop("installedAt", default=None)
    maintained_by: list[LinkInput["TechnicianWrite", "MaintenanceLinkWrite"]] | None = EdgeProp(
        "maintainedBy", Edges(("ops_model", "Pump.maintainedBy")), default=None
    )
    manuals: list[str] | None = Prop("manuals", default=None)
    max_pressure: float | None = Prop("maxPressure", default=None)
    meta: dict[str, Any] | None = Prop("meta", default=None)
    pressure_series: str | None = Prop("pressureSeries", default=None)
    rated_flow: float | None = Prop("ratedFlow", default=None)
    serial: int | None = Prop("serial", default=None)
    site: NodeInput["SiteWrite"] | None = Prop("site", default=None)
    start_count: int | None = Prop("startCount", default=None)
    status: Literal["running", "stopped"] | None = Prop("status", default=None)
    tag: str = Prop("tag")


class PumpFilters(InstanceFilters, total=False):
    """Keyword filters of `Pump`."""

    max_pressure: OneOrMany[float]
    min_max_pressure: float
    max_max_pressure: float
    site: OneOrMany[NodeRef]
    status: OneOrMany[Literal["running", "stopped", "unknown"]]
    tag: OneOrMany[str]
    tag_prefix: str


class PumpAPI(ViewAPI[Pump]):
    """Reads and deletes `Pump` nodes."""

    _resource = Pump

    def list(self, where: Where[Pump] | None = None, /, **filters: Unpack[PumpFilters]) -> Query[Pump]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)


class AsyncPumpAPI(AsyncViewAPI[Pump]):
    """Reads and deletes `Pump` nodes."""

    _resource = Pump

    def list(self, where: Where[Pump] | None = None, /, **filters: Unpack[PumpFilters]) -> AsyncQuery[Pump]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)
