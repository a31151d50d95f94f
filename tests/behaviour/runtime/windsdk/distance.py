# The shape of a generated package, written by hand: the runtime is tested without the generator.
# ruff: noqa: UP037
"""The view sp:Distance(v1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from pygen.runtime import (
    AsyncQuery,
    AsyncSearch,
    AsyncViewAPI,
    EdgeFilters,
    Maybe,
    NodeId,
    NodeInput,
    NodeRef,
    OneOrMany,
    Prop,
    PygenEdge,
    PygenEdgeWrite,
    Query,
    Search,
    Value,
    ViewAPI,
    ViewId,
    ViewInfo,
    Where,
)

if TYPE_CHECKING:
    from .describable import DescribableWrite


class Distance(PygenEdge):
    """How far a turbine is from a mast."""

    __pygen__ = ViewInfo(
        view=ViewId("sp", "Distance", "v1"),
        used_for="edge",
    )

    distance: Value[float] = Prop("distance", unit="length:m")
    surveyor_id: Maybe[NodeId] = Prop("surveyor", default=None)

    def as_write(self) -> DistanceWrite:
        """The same data, ready to be changed and upserted."""
        return self._as_write(DistanceWrite)


class DistanceWrite(PygenEdgeWrite):
    """What can be written of a `Distance`."""

    __pygen__ = Distance.__pygen__

    distance: float = Prop("distance")
    surveyor: NodeInput["DescribableWrite"] | None = Prop("surveyor", default=None)


class DistanceFilters(EdgeFilters, total=False):
    """Keyword filters of `Distance`."""

    distance: OneOrMany[float]
    min_distance: float
    max_distance: float
    surveyor: OneOrMany[NodeRef]


class DistanceAPI(ViewAPI[Distance]):
    """Reads and deletes `Distance` edges."""

    _resource = Distance

    def list(self, where: Where[Distance] | None = None, /, **filters: Unpack[DistanceFilters]) -> Query[Distance]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)

    def search(
        self, text: str, where: Where[Distance] | None = None, /, **filters: Unpack[DistanceFilters]
    ) -> Search[Distance]:
        """The instances that match words and every filter, the best match first, lazily."""
        return self._search(text, where, filters)


class AsyncDistanceAPI(AsyncViewAPI[Distance]):
    """Reads and deletes `Distance` edges."""

    _resource = Distance

    def list(self, where: Where[Distance] | None = None, /, **filters: Unpack[DistanceFilters]) -> AsyncQuery[Distance]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)

    def search(
        self, text: str, where: Where[Distance] | None = None, /, **filters: Unpack[DistanceFilters]
    ) -> AsyncSearch[Distance]:
        """The instances that match words and every filter, the best match first, lazily."""
        return self._search(text, where, filters)
