# The shape of a generated package, written by hand: the runtime is tested without the generator.
# ruff: noqa: F401, UP037
"""The view sp:Blade(v1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from pygen.runtime import (
    AsyncQuery,
    AsyncSearch,
    AsyncViewAPI,
    EdgeProp,
    Edges,
    Maybe,
    NodeInput,
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


class Blade(Describable):
    """A blade of the rotor."""

    __pygen__ = ViewInfo(
        view=ViewId("sp", "Blade", "v1"),
        used_for="node",
        parents=(ViewId("sp", "Describable", "v1"),),
    )

    length: Maybe[int] = Prop("length", default=None)
    turbine = ToOne["WindTurbine"](Edges(("sp", "WindTurbine.blades"), direction="inwards"))

    def as_write(self) -> BladeWrite:
        """The same data, ready to be changed and upserted."""
        return self._as_write(BladeWrite)


class BladeWrite(DescribableWrite):
    """What can be written of a `Blade`."""

    __pygen__ = Blade.__pygen__

    length: int | None = Prop("length", default=None)
    turbine: NodeInput["WindTurbineWrite"] | None = EdgeProp(
        "turbine", Edges(("sp", "WindTurbine.blades"), direction="inwards"), default=None
    )


class BladeFilters(DescribableFilters, total=False):
    """Keyword filters of `Blade`."""

    length: OneOrMany[int]
    min_length: int
    max_length: int


class BladeAPI(ViewAPI[Blade]):
    """Reads and deletes `Blade` nodes."""

    _resource = Blade

    def list(self, where: Where[Blade] | None = None, /, **filters: Unpack[BladeFilters]) -> Query[Blade]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)

    def search(self, text: str, where: Where[Blade] | None = None, /, **filters: Unpack[BladeFilters]) -> Search[Blade]:
        """The instances that match words and every filter, the best match first, lazily."""
        return self._search(text, where, filters)


class AsyncBladeAPI(AsyncViewAPI[Blade]):
    """Reads and deletes `Blade` nodes."""

    _resource = Blade

    def list(self, where: Where[Blade] | None = None, /, **filters: Unpack[BladeFilters]) -> AsyncQuery[Blade]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)

    def search(
        self, text: str, where: Where[Blade] | None = None, /, **filters: Unpack[BladeFilters]
    ) -> AsyncSearch[Blade]:
        """The instances that match words and every filter, the best match first, lazily."""
        return self._search(text, where, filters)
