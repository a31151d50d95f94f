# The shape of a generated package, written by hand: the runtime is tested without the generator.
"""The view sp:Hostile(v1)."""

from __future__ import annotations

import builtins as _builtins
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

    copy_: int | None = Prop("copy", default=None)
    id: int | None = Prop("id", default=None)
    list: _builtins.list[_builtins.str] | None = Prop("list", default=None)
    min_x: int | None = Prop("min_x", default=None)
    model_name: _builtins.str | None = Prop("model_name", default=None)
    prop_7: int | None = Prop("7", default=None)
    properties: int | None = Prop("properties", default=None)
    str: _builtins.str | None = Prop("str", default=None)
    type: _builtins.str | None = Prop("type", default=None)
    version_: int | None = Prop("version", default=None)
    x: int | None = Prop("x", default=None)

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

    def list(self, where: Filter | None = None, /, **filters: Unpack[HostileFilters]) -> Query[Hostile]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)


class AsyncHostileAPI(AsyncViewAPI[Hostile]):
    """Reads and deletes `Hostile` nodes."""

    _resource = Hostile

    def list(self, where: Filter | None = None, /, **filters: Unpack[HostileFilters]) -> AsyncQuery[Hostile]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)
