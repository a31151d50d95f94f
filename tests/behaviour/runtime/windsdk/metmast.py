# The shape of a generated package, written by hand: the runtime is tested without the generator.
# ruff: noqa: F401
"""The view sp:Metmast(v1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from pygen.runtime import (
    AsyncQuery,
    AsyncViewAPI,
    Edges,
    Filter,
    OneOrMany,
    Prop,
    Query,
    ToManyLinks,
    ViewAPI,
    ViewId,
    ViewInfo,
)

from .describable import Describable, DescribableFilters, DescribableWrite

if TYPE_CHECKING:
    from .distance import Distance
    from .wind_turbine import WindTurbine


class Metmast(Describable):
    """A mast that measures the wind."""

    __pygen__ = ViewInfo(
        view=ViewId("sp", "Metmast", "v1"),
        used_for="node",
        parents=(ViewId("sp", "Describable", "v1"),),
    )

    height: float | None = Prop("height", default=None)
    turbines = ToManyLinks["WindTurbine", "Distance"](Edges(("sp", "distance"), direction="inwards"))

    def as_write(self) -> MetmastWrite:
        """The same data, ready to be changed and upserted."""
        return self._as_write(MetmastWrite)


class MetmastWrite(DescribableWrite):
    """What can be written of a `Metmast`."""

    __pygen__ = Metmast.__pygen__

    height: float | None = Prop("height", default=None)


class MetmastFilters(DescribableFilters, total=False):
    """Keyword filters of `Metmast`."""

    height: OneOrMany[float]
    min_height: float
    max_height: float


class MetmastAPI(ViewAPI[Metmast]):
    """Reads and deletes `Metmast` nodes."""

    _resource = Metmast

    def list(self, where: Filter | None = None, /, **filters: Unpack[MetmastFilters]) -> Query[Metmast]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)


class AsyncMetmastAPI(AsyncViewAPI[Metmast]):
    """Reads and deletes `Metmast` nodes."""

    _resource = Metmast

    def list(self, where: Filter | None = None, /, **filters: Unpack[MetmastFilters]) -> AsyncQuery[Metmast]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)
