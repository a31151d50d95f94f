# The shape of a generated package, written by hand: the runtime is tested without the generator.
# ruff: noqa: F401
"""The view sp:Metmast(v1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from pygen.runtime import (
    AsyncQuery,
    AsyncSearch,
    AsyncViewAPI,
    Edges,
    Maybe,
    OneOrMany,
    Prop,
    Query,
    Search,
    ToManyLinks,
    ViewAPI,
    ViewId,
    ViewInfo,
    Where,
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

    height: Maybe[float] = Prop("height", default=None)
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

    def list(self, where: Where[Metmast] | None = None, /, **filters: Unpack[MetmastFilters]) -> Query[Metmast]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)

    def search(
        self, text: str, where: Where[Metmast] | None = None, /, **filters: Unpack[MetmastFilters]
    ) -> Search[Metmast]:
        """The instances that match words and every filter, the best match first, lazily."""
        return self._search(text, where, filters)


class AsyncMetmastAPI(AsyncViewAPI[Metmast]):
    """Reads and deletes `Metmast` nodes."""

    _resource = Metmast

    def list(self, where: Where[Metmast] | None = None, /, **filters: Unpack[MetmastFilters]) -> AsyncQuery[Metmast]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)

    def search(
        self, text: str, where: Where[Metmast] | None = None, /, **filters: Unpack[MetmastFilters]
    ) -> AsyncSearch[Metmast]:
        """The instances that match words and every filter, the best match first, lazily."""
        return self._search(text, where, filters)
