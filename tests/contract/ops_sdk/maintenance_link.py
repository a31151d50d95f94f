# The shape of a generated package, written by hand: the runtime is tested without the generator.
# ruff: noqa: ICN001
"""The view ops_model:MaintenanceLink(v1)."""

from __future__ import annotations

import datetime as _dt
from typing import Unpack

from pygen.runtime import (
    AsyncQuery,
    AsyncViewAPI,
    EdgeFilters,
    Maybe,
    OneOrMany,
    Prop,
    PygenEdge,
    PygenEdgeWrite,
    Query,
    ViewAPI,
    ViewId,
    ViewInfo,
    Where,
)


class MaintenanceLink(PygenEdge):
    """What a technician does for a pump."""

    __pygen__ = ViewInfo(
        view=ViewId("ops_model", "MaintenanceLink", "v1"),
        used_for="edge",
    )

    role: Maybe[str] = Prop("role", default=None)
    since: Maybe[_dt.date] = Prop("since", default=None)

    def as_write(self) -> MaintenanceLinkWrite:
        """The same data, ready to be changed and upserted."""
        return self._as_write(MaintenanceLinkWrite)


class MaintenanceLinkWrite(PygenEdgeWrite):
    """What can be written of a `MaintenanceLink`."""

    __pygen__ = MaintenanceLink.__pygen__

    role: str | None = Prop("role", default=None)
    since: _dt.date | None = Prop("since", default=None)


class MaintenanceLinkFilters(EdgeFilters, total=False):
    """Keyword filters of `MaintenanceLink`."""

    role: OneOrMany[str]
    role_prefix: str


class MaintenanceLinkAPI(ViewAPI[MaintenanceLink]):
    """Reads and deletes `MaintenanceLink` edges."""

    _resource = MaintenanceLink

    def list(
        self, where: Where[MaintenanceLink] | None = None, /, **filters: Unpack[MaintenanceLinkFilters]
    ) -> Query[MaintenanceLink]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)


class AsyncMaintenanceLinkAPI(AsyncViewAPI[MaintenanceLink]):
    """Reads and deletes `MaintenanceLink` edges."""

    _resource = MaintenanceLink

    def list(
        self, where: Where[MaintenanceLink] | None = None, /, **filters: Unpack[MaintenanceLinkFilters]
    ) -> AsyncQuery[MaintenanceLink]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)
