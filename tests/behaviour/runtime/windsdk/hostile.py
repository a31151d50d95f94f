# The shape of a generated package, written by hand: the runtime is tested without the generator.
"""The view sp:Hostile(v1)."""

from __future__ import annotations

import builtins as _builtins
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
    ViewAPI,
    ViewId,
    ViewInfo,
    Where,
)


class Hostile(PygenResource):
    """Names that a careless runtime would trip over."""

    __pygen__ = ViewInfo(
        view=ViewId("sp", "Hostile", "v1"),
        used_for="node",
        filters={
            "min_x_": ("x", "min"),
            "seven": ("7", "is"),
        },
    )

    copy_: Maybe[int] = Prop("copy", default=None)
    id: Maybe[int] = Prop("id", default=None)
    list: Maybe[_builtins.list[_builtins.str]] = Prop("list", default=None)
    min_x: Maybe[int] = Prop("min_x", default=None)
    model_name: Maybe[_builtins.str] = Prop("model_name", default=None)
    prop_7: Maybe[int] = Prop("7", default=None)
    properties: Maybe[int] = Prop("properties", default=None)
    str: Maybe[_builtins.str] = Prop("str", default=None)
    type: Maybe[_builtins.str] = Prop("type", default=None)
    version_: Maybe[int] = Prop("version", default=None)
    x: Maybe[int] = Prop("x", default=None)

    def as_write(self) -> HostileWrite:
        """The same data, ready to be changed and upserted."""
        return self._as_write(HostileWrite)


class HostileWrite(PygenWrite):
    """What can be written of a `Hostile`."""

    __pygen__ = Hostile.__pygen__

    copy_: int | None = Prop("copy", default=None)
    id: int | None = Prop("id", default=None)
    list: _builtins.list[_builtins.str] | None = Prop("list", default=None)
    min_x: int | None = Prop("min_x", default=None)
    type: _builtins.str | None = Prop("type", default=None)
    x: int | None = Prop("x", default=None)


class HostileFilters(InstanceFilters, total=False):
    """Keyword filters of `Hostile`."""

    list: OneOrMany[str]
    max_x: int
    min_x: OneOrMany[int]
    min_x_: int
    seven: OneOrMany[int]
    type: OneOrMany[str]
    x: OneOrMany[int]


class HostileAPI(ViewAPI[Hostile]):
    """Reads and deletes `Hostile` nodes."""

    _resource = Hostile

    def list(self, where: Where[Hostile] | None = None, /, **filters: Unpack[HostileFilters]) -> Query[Hostile]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)

    def search(
        self, text: str, where: Where[Hostile] | None = None, /, **filters: Unpack[HostileFilters]
    ) -> Search[Hostile]:
        """The instances that match words and every filter, the best match first, lazily."""
        return self._search(text, where, filters)


class AsyncHostileAPI(AsyncViewAPI[Hostile]):
    """Reads and deletes `Hostile` nodes."""

    _resource = Hostile

    def list(self, where: Where[Hostile] | None = None, /, **filters: Unpack[HostileFilters]) -> AsyncQuery[Hostile]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)

    def search(
        self, text: str, where: Where[Hostile] | None = None, /, **filters: Unpack[HostileFilters]
    ) -> AsyncSearch[Hostile]:
        """The instances that match words and every filter, the best match first, lazily."""
        return self._search(text, where, filters)
