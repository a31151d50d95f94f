# The shape of a generated package, written by hand: the runtime is tested without the generator.
# ruff: noqa: F401, UP037
"""The view sp:WindTurbine(v1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Unpack

from pygen.runtime import (
    AsyncQuery,
    AsyncSearch,
    AsyncViewAPI,
    ContainerId,
    Direct,
    EdgeProp,
    Edges,
    LinkInput,
    Maybe,
    MaybeChoice,
    Node,
    NodeId,
    NodeInput,
    NodeRef,
    OneOrMany,
    Prop,
    Query,
    Reverse,
    Search,
    ToMany,
    ToManyLinks,
    ToOne,
    ToOneLink,
    ViewAPI,
    ViewId,
    ViewInfo,
    Where,
)

from .generating_unit import GeneratingUnit, GeneratingUnitFilters, GeneratingUnitWrite

if TYPE_CHECKING:
    from .blade import Blade, BladeWrite
    from .distance import Distance, DistanceWrite
    from .log import Log
    from .metmast import Metmast, MetmastWrite
    from .nacelle import Nacelle, NacelleWrite
    from .work_order import WorkOrder


class WindTurbine(GeneratingUnit):
    """A wind turbine, on land or at sea."""

    __pygen__ = ViewInfo(
        view=ViewId("sp", "WindTurbine", "v1"),
        used_for="node",
        node_type=NodeId("sp", "WindTurbine"),
        parents=(ViewId("sp", "GeneratingUnit", "v1"),),
    )

    state: MaybeChoice[Literal["running", "stopped"]] = Prop("state", default=None)
    path: Maybe[str] = Prop("path", default=None)
    """Set by the service alone."""
    settings: Maybe[dict[str, Any]] = Prop("settings", default=None)
    nacelle_id: Maybe[NodeId] = Prop("nacelle", default=None)
    """The nacelle on top of the tower."""
    nacelle = ToOne["Nacelle"](Direct("nacelle_id"))
    site_id: Maybe[NodeId] = Prop("site", default=None)
    site = ToOne["Node"](Direct("site_id"))
    mentors_ids: Maybe[list[NodeId]] = Prop("mentors", default=None)
    mentors = ToMany["WindTurbine"](Direct("mentors_ids"))
    blades = ToMany["Blade"](Edges(("sp", "WindTurbine.blades")))
    metmasts = ToManyLinks["Metmast", "Distance"](Edges(("sp", "distance")))
    main_mast = ToOneLink["Metmast", "Distance"](Edges(("sp", "mainMast")))
    work_orders = ToMany["WorkOrder"](Reverse(ViewId("sp", "WorkOrder", "v1"), "turbine"))
    logs = ToMany["Log"](Reverse(ContainerId("sp", "Log"), "turbines", targets_list=True))
    latest_order = ToOne["WorkOrder"](Reverse(ViewId("sp", "WorkOrder", "v1"), "turbine"))

    def as_write(self) -> WindTurbineWrite:
        """The same data, ready to be changed and upserted."""
        return self._as_write(WindTurbineWrite)


class WindTurbineWrite(GeneratingUnitWrite):
    """What can be written of a `WindTurbine`."""

    __pygen__ = WindTurbine.__pygen__

    state: Literal["running", "stopped"] | None = Prop("state", default=None)
    settings: dict[str, Any] | None = Prop("settings", default=None)
    nacelle: NodeInput["NacelleWrite"] | None = Prop("nacelle", default=None)
    site: NodeRef | None = Prop("site", default=None)
    mentors: list[NodeInput["WindTurbineWrite"]] | None = Prop("mentors", default=None)
    blades: list[NodeInput["BladeWrite"]] | None = EdgeProp("blades", Edges(("sp", "WindTurbine.blades")), default=None)
    metmasts: list[LinkInput["MetmastWrite", "DistanceWrite"]] | None = EdgeProp(
        "metmasts", Edges(("sp", "distance")), default=None
    )
    main_mast: LinkInput["MetmastWrite", "DistanceWrite"] | None = EdgeProp(
        "mainMast", Edges(("sp", "mainMast")), default=None
    )


class WindTurbineFilters(GeneratingUnitFilters, total=False):
    """Keyword filters of `WindTurbine`."""

    state: OneOrMany[Literal["running", "stopped"]]
    path: OneOrMany[str]
    nacelle: OneOrMany[NodeRef]
    site: OneOrMany[NodeRef]
    mentors: OneOrMany[NodeRef]


class WindTurbineAPI(ViewAPI[WindTurbine]):
    """Reads and deletes `WindTurbine` nodes."""

    _resource = WindTurbine

    def list(
        self, where: Where[WindTurbine] | None = None, /, **filters: Unpack[WindTurbineFilters]
    ) -> Query[WindTurbine]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)

    def search(
        self, text: str, where: Where[WindTurbine] | None = None, /, **filters: Unpack[WindTurbineFilters]
    ) -> Search[WindTurbine]:
        """The instances that match words and every filter, the best match first, lazily."""
        return self._search(text, where, filters)


class AsyncWindTurbineAPI(AsyncViewAPI[WindTurbine]):
    """Reads and deletes `WindTurbine` nodes."""

    _resource = WindTurbine

    def list(
        self, where: Where[WindTurbine] | None = None, /, **filters: Unpack[WindTurbineFilters]
    ) -> AsyncQuery[WindTurbine]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)

    def search(
        self, text: str, where: Where[WindTurbine] | None = None, /, **filters: Unpack[WindTurbineFilters]
    ) -> AsyncSearch[WindTurbine]:
        """The instances that match words and every filter, the best match first, lazily."""
        return self._search(text, where, filters)
