# The shape of a generated package, written by hand: the runtime is tested without the generator.
# ruff: noqa: F401
"""The view sp:Nacelle(v1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from pygen.runtime import (
    AsyncQuery,
    AsyncSearch,
    AsyncViewAPI,
    InstanceFilters,
    Maybe,
    OneOrMany,
    Prop,
    PygenResource,
    PygenWrite,
    Query,
    Reverse,
    Search,
    ToOne,
    ViewAPI,
    ViewId,
    ViewInfo,
    Where,
)

if TYPE_CHECKING:
    from .wind_turbine import WindTurbine


class Nacelle(PygenResource):
    """What sits on top of the tower."""

    __pygen__ = ViewInfo(
        view=ViewId("sp", "Nacelle", "v1"),
        used_for="node",
    )

    weight: Maybe[float] = Prop("weight", default=None)
    turbine = ToOne["WindTurbine"](Reverse(ViewId("sp", "WindTurbine", "v1"), "nacelle"))

    def as_write(self) -> NacelleWrite:
        """The same data, ready to be changed and upserted."""
        return self._as_write(NacelleWrite)


class NacelleWrite(PygenWrite):
    """What can be written of a `Nacelle`."""

    __pygen__ = Nacelle.__pygen__

    weight: float | None = Prop("weight", default=None)


class NacelleFilters(InstanceFilters, total=False):
    """Keyword filters of `Nacelle`."""

    weight: OneOrMany[float]
    min_weight: float
    max_weight: float


class NacelleAPI(ViewAPI[Nacelle]):
    """Reads and deletes `Nacelle` nodes."""

    _resource = Nacelle

    def list(self, where: Where[Nacelle] | None = None, /, **filters: Unpack[NacelleFilters]) -> Query[Nacelle]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)

    def search(
        self, text: str, where: Where[Nacelle] | None = None, /, **filters: Unpack[NacelleFilters]
    ) -> Search[Nacelle]:
        """The instances that match words and every filter, the best match first, lazily."""
        return self._search(text, where, filters)


class AsyncNacelleAPI(AsyncViewAPI[Nacelle]):
    """Reads and deletes `Nacelle` nodes."""

    _resource = Nacelle

    def list(self, where: Where[Nacelle] | None = None, /, **filters: Unpack[NacelleFilters]) -> AsyncQuery[Nacelle]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)

    def search(
        self, text: str, where: Where[Nacelle] | None = None, /, **filters: Unpack[NacelleFilters]
    ) -> AsyncSearch[Nacelle]:
        """The instances that match words and every filter, the best match first, lazily."""
        return self._search(text, where, filters)
