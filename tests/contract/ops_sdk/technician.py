# The shape of a generated package, written by hand: the runtime is tested without the generator.
# ruff: noqa: F401, UP037
"""The view ops_model:Technician(v1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from pygen.runtime import (
    AsyncQuery,
    AsyncViewAPI,
    Direct,
    Edges,
    InstanceFilters,
    Maybe,
    NodeId,
    NodeInput,
    NodeRef,
    OneOrMany,
    Prop,
    PygenResource,
    PygenWrite,
    Query,
    Reverse,
    ToMany,
    ToManyLinks,
    Value,
    ViewAPI,
    ViewId,
    ViewInfo,
    Where,
)

if TYPE_CHECKING:
    from .maintenance_link import MaintenanceLink
    from .pump import Pump


class Technician(PygenResource):
    """Somebody who maintains pumps."""

    __pygen__ = ViewInfo(
        view=ViewId("ops_model", "Technician", "v1"),
        used_for="node",
    )

    certifications: Maybe[list[str]] = Prop("certifications", default=None)
    mentees = ToMany["Technician"](Reverse(ViewId("ops_model", "Technician", "v1"), "mentors", targets_list=True))
    mentors_ids: Maybe[list[NodeId]] = Prop("mentors", default=None)
    mentors = ToMany["Technician"](Direct("mentors_ids"))
    name: Value[str] = Prop("name")
    pumps = ToManyLinks["Pump", "MaintenanceLink"](Edges(("ops_model", "Pump.maintainedBy"), direction="inwards"))

    def as_write(self) -> TechnicianWrite:
        """The same data, ready to be changed and upserted."""
        return self._as_write(TechnicianWrite)


class TechnicianWrite(PygenWrite):
    """What can be written of a `Technician`."""

    __pygen__ = Technician.__pygen__

    certifications: list[str] | None = Prop("certifications", default=None)
    mentors: list[NodeInput["TechnicianWrite"]] | None = Prop("mentors", default=None)
    name: str = Prop("name")


class TechnicianFilters(InstanceFilters, total=False):
    """Keyword filters of `Technician`."""

    mentors: OneOrMany[NodeRef]
    name: OneOrMany[str]
    name_prefix: str


class TechnicianAPI(ViewAPI[Technician]):
    """Reads and deletes `Technician` nodes."""

    _resource = Technician

    def list(
        self, where: Where[Technician] | None = None, /, **filters: Unpack[TechnicianFilters]
    ) -> Query[Technician]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)


class AsyncTechnicianAPI(AsyncViewAPI[Technician]):
    """Reads and deletes `Technician` nodes."""

    _resource = Technician

    def list(
        self, where: Where[Technician] | None = None, /, **filters: Unpack[TechnicianFilters]
    ) -> AsyncQuery[Technician]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)
