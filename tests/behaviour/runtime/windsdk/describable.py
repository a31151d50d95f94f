# The shape of a generated package, written by hand: the runtime is tested without the generator.
"""The view sp:Describable(v1)."""

from __future__ import annotations

from typing import Unpack

from pygen.runtime import (
    AsyncQuery,
    AsyncViewAPI,
    Filter,
    InstanceFilters,
    OneOrMany,
    Prop,
    PygenResource,
    PygenWrite,
    Query,
    ViewAPI,
    ViewId,
    ViewInfo,
)


class Describable(PygenResource):
    """Whatever has a name."""

    __pygen__ = ViewInfo(
        view=ViewId("sp", "Describable", "v1"),
        used_for="all",
    )

    name: str = Prop("name")
    """What people call it."""
    aliases: list[str] | None = Prop("aliases", default=None)
    description: str | None = Prop("description", default=None)

    def as_write(self) -> DescribableWrite:
        """The same data, ready to be changed and upserted."""
        return self._as_write(DescribableWrite)


class DescribableWrite(PygenWrite):
    """What can be written of a `Describable`."""

    __pygen__ = Describable.__pygen__

    name: str = Prop("name")
    aliases: list[str] | None = Prop("aliases", default=None)
    description: str | None = Prop("description", default=None)


class DescribableFilters(InstanceFilters, total=False):
    """Keyword filters of `Describable`."""

    name: OneOrMany[str]
    name_prefix: str
    aliases: OneOrMany[str]
    description: OneOrMany[str]
    description_prefix: str


class DescribableAPI(ViewAPI[Describable]):
    """Reads and deletes `Describable` nodes."""

    _resource = Describable

    def list(self, where: Filter | None = None, /, **filters: Unpack[DescribableFilters]) -> Query[Describable]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)


class AsyncDescribableAPI(AsyncViewAPI[Describable]):
    """Reads and deletes `Describable` nodes."""

    _resource = Describable

    def list(self, where: Filter | None = None, /, **filters: Unpack[DescribableFilters]) -> AsyncQuery[Describable]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)
