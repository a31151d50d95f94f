# The shape of a generated package, written by hand: the runtime is tested without the generator.
# ruff: noqa: ICN001
"""The view sp:GeneratingUnit(v1)."""

from __future__ import annotations

import datetime as _dt
from typing import Unpack

from pygen.runtime import (
    AsyncQuery,
    AsyncSearch,
    AsyncViewAPI,
    Maybe,
    OneOrMany,
    Prop,
    Query,
    Search,
    ViewAPI,
    ViewId,
    ViewInfo,
    Where,
)

from .describable import Describable, DescribableFilters, DescribableWrite


class GeneratingUnit(Describable):
    """Whatever generates power."""

    __pygen__ = ViewInfo(
        view=ViewId("sp", "GeneratingUnit", "v1"),
        used_for="node",
        parents=(ViewId("sp", "Describable", "v1"),),
    )

    capacity: Maybe[float] = Prop("capacity", default=None, unit="power:megaw")
    """Rated capacity."""
    installed: Maybe[_dt.datetime] = Prop("installed", default=None)
    decommission: Maybe[_dt.date] = Prop("decommission", default=None)
    connected: Maybe[bool] = Prop("connected", default=None)

    def as_write(self) -> GeneratingUnitWrite:
        """The same data, ready to be changed and upserted."""
        return self._as_write(GeneratingUnitWrite)


class GeneratingUnitWrite(DescribableWrite):
    """What can be written of a `GeneratingUnit`."""

    __pygen__ = GeneratingUnit.__pygen__

    capacity: float | None = Prop("capacity", default=None)
    installed: _dt.datetime | None = Prop("installed", default=None)
    decommission: _dt.date | None = Prop("decommission", default=None)
    connected: bool | None = Prop("connected", default=None)


class GeneratingUnitFilters(DescribableFilters, total=False):
    """Keyword filters of `GeneratingUnit`."""

    capacity: OneOrMany[float]
    min_capacity: float
    max_capacity: float
    installed: OneOrMany[_dt.datetime]
    min_installed: _dt.datetime
    max_installed: _dt.datetime
    decommission: OneOrMany[_dt.date]
    min_decommission: _dt.date
    max_decommission: _dt.date
    connected: OneOrMany[bool]


class GeneratingUnitAPI(ViewAPI[GeneratingUnit]):
    """Reads and deletes `GeneratingUnit` nodes."""

    _resource = GeneratingUnit

    def list(
        self, where: Where[GeneratingUnit] | None = None, /, **filters: Unpack[GeneratingUnitFilters]
    ) -> Query[GeneratingUnit]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)

    def search(
        self, text: str, where: Where[GeneratingUnit] | None = None, /, **filters: Unpack[GeneratingUnitFilters]
    ) -> Search[GeneratingUnit]:
        """The instances that match words and every filter, the best match first, lazily."""
        return self._search(text, where, filters)


class AsyncGeneratingUnitAPI(AsyncViewAPI[GeneratingUnit]):
    """Reads and deletes `GeneratingUnit` nodes."""

    _resource = GeneratingUnit

    def list(
        self, where: Where[GeneratingUnit] | None = None, /, **filters: Unpack[GeneratingUnitFilters]
    ) -> AsyncQuery[GeneratingUnit]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)

    def search(
        self, text: str, where: Where[GeneratingUnit] | None = None, /, **filters: Unpack[GeneratingUnitFilters]
    ) -> AsyncSearch[GeneratingUnit]:
        """The instances that match words and every filter, the best match first, lazily."""
        return self._search(text, where, filters)
