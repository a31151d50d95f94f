# The shape of a generated package, written by hand: the runtime is tested without the generator.
# ruff: noqa: F401, ICN001
"""The view ops_model:Site(v1)."""

from __future__ import annotations

import datetime as _dt
from typing import TYPE_CHECKING, Unpack

from pygen.runtime import (
    AsyncQuery,
    AsyncViewAPI,
    InstanceFilters,
    Maybe,
    OneOrMany,
    Prop,
    PygenResource,
    PygenWrite,
    Query,
    Reverse,
    ToMany,
    Value,
    ViewAPI,
    ViewId,
    ViewInfo,
    Where,
)

if TYPE_CHECKING:
    from .pump import Pump


class Site(PygenResource):
    """A place with pumps."""

    __pygen__ = ViewInfo(
        view=ViewId("ops_model", "Site", "v1"),
        used_for="node",
    )

    commissioned: Maybe[_dt.date] = Prop("commissioned", default=None)
    name: Value[str] = Prop("name")
    pumps = ToMany["Pump"](Reverse(ViewId("ops_model", "Pump", "v1"), "site"))

    def as_write(self) -> SiteWrite:
        """The same data, ready to be changed and upserted."""
        return self._as_write(SiteWrite)


class SiteWrite(PygenWrite):
    """What can be written of a `Site`."""

    __pygen__ = Site.__pygen__

    commissioned: _dt.date | None = Prop("commissioned", default=None)
    name: str = Prop("name")


class SiteFilters(InstanceFilters, total=False):
    """Keyword filters of `Site`."""

    name: OneOrMany[str]
    name_prefix: str


class SiteAPI(ViewAPI[Site]):
    """Reads and deletes `Site` nodes."""

    _resource = Site

    def list(self, where: Where[Site] | None = None, /, **filters: Unpack[SiteFilters]) -> Query[Site]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)


class AsyncSiteAPI(AsyncViewAPI[Site]):
    """Reads and deletes `Site` nodes."""

    _resource = Site

    def list(self, where: Where[Site] | None = None, /, **filters: Unpack[SiteFilters]) -> AsyncQuery[Site]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)
