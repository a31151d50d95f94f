# The shape of a generated package, written by hand: the runtime is tested without the generator.
"""The view sp:Describable(v1)."""

from __future__ import annotations

from typing import Unpack

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
    Search,
    Value,
    ViewAPI,
    ViewId,
    ViewInfo,
    Where,
)


class Describable(PygenResource):
    """Whatever has a name."""

    __pygen__ = ViewInfo(
        view=ViewId("sp", "Describable", "v1"),
        used_for="all",
    )

    name: Value[str] = Prop("name")
    """What people call it."""
    aliases: Maybe[list[str]] = Prop("aliases", default=None)
    description: Maybe[str] = Prop("description", default=None)

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

    def list(
        self, where: Where[Describable] | None = None, /, **filters: Unpack[DescribableFilters]
    ) -> Query[Describable]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)

    def search(
        self, text: str, where: Where[Describable] | None = None, /, **filters: Unpack[DescribableFilters]
    ) -> Search[Describable]:
        """The instances that match words and every filter, the best match first, lazily."""
        return self._search(text, where, filters)


class AsyncDescribableAPI(AsyncViewAPI[Describable]):
    """Reads and deletes `Describable` nodes."""

    _resource = Describable

    def list(
        self, where: Where[Describable] | None = None, /, **filters: Unpack[DescribableFilters]
    ) -> AsyncQuery[Describable]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)

    def search(
        self, text: str, where: Where[Describable] | None = None, /, **filters: Unpack[DescribableFilters]
    ) -> AsyncSearch[Describable]:
        """The instances that match words and every filter, the best match first, lazily."""
        return self._search(text, where, filters)
