# The shape of a generated package, written by hand: the runtime is tested without the generator.
# ruff: noqa: F401
"""The view sp:Log(v1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from pygen.runtime import (
    AsyncQuery,
    AsyncSearch,
    AsyncViewAPI,
    Direct,
    InstanceFilters,
    Maybe,
    NodeId,
    NodeRef,
    OneOrMany,
    Prop,
    PygenResource,
    Query,
    Search,
    ToMany,
    ViewAPI,
    ViewId,
    ViewInfo,
    Where,
)

if TYPE_CHECKING:
    from .wind_turbine import WindTurbine


class Log(PygenResource):
    """What several turbines reported; a view that only reads."""

    __pygen__ = ViewInfo(
        view=ViewId("sp", "Log", "v1"),
        used_for="node",
    )

    text: Maybe[str] = Prop("text", default=None)
    turbines_ids: Maybe[list[NodeId]] = Prop("turbines", default=None)
    turbines = ToMany["WindTurbine"](Direct("turbines_ids"))


class LogFilters(InstanceFilters, total=False):
    """Keyword filters of `Log`."""

    text: OneOrMany[str]
    text_prefix: str
    turbines: OneOrMany[NodeRef]


class LogAPI(ViewAPI[Log]):
    """Reads and deletes `Log` nodes."""

    _resource = Log

    def list(self, where: Where[Log] | None = None, /, **filters: Unpack[LogFilters]) -> Query[Log]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)

    def search(self, text: str, where: Where[Log] | None = None, /, **filters: Unpack[LogFilters]) -> Search[Log]:
        """The instances that match words and every filter, the best match first, lazily."""
        return self._search(text, where, filters)


class AsyncLogAPI(AsyncViewAPI[Log]):
    """Reads and deletes `Log` nodes."""

    _resource = Log

    def list(self, where: Where[Log] | None = None, /, **filters: Unpack[LogFilters]) -> AsyncQuery[Log]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)

    def search(self, text: str, where: Where[Log] | None = None, /, **filters: Unpack[LogFilters]) -> AsyncSearch[Log]:
        """The instances that match words and every filter, the best match first, lazily."""
        return self._search(text, where, filters)
