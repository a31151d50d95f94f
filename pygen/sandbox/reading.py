"""Instances in the form that answers have (dms-api.md 4.2), through views, in wanted units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from pygen.sandbox.catalog import ViewDef

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = ["Selection", "read_instances", "read_selections", "target_units", "typing_of"]

Json = dict[str, Any]


class Selection(NamedTuple):
    """
    What to read through a view.

    Attributes:
        view: The view.
        properties: Which; None: all.
        units: Identifiers of the units to convert to, by property.
    """

    view: ViewDef
    properties: tuple[str, ...] | None = None
    units: Mapping[str, str] = MappingProxyType({})


def read_selections(
    store: Store, sources: Sequence[Json] | None, *, selecting: bool, where: str = "sources"
) -> list[Selection]:
    """
    Read `sources` of a request.

    Args:
        store: The project.
        sources: As on the wire; None: none.
        selecting: Whether they name properties, as in query and sync, or take all, as in list and byids.
        where: What to call their place in a refusal.

    Raises:
        Refusal: They have another form, or name what there is not.
    """
    raise NotImplementedError


def target_units(view: ViewDef, units: Sequence[Json] | None, *, where: str = "targetUnits") -> dict[str, str]:
    """
    Read `targetUnits` of a request: identifiers of units by property (dms-api.md 5.5).

    Args:
        view: The view whose properties are meant.
        units: As on the wire; None: none.
        where: What to call their place in a refusal.

    Raises:
        Refusal: They have another form, or there is no such conversion.
    """
    raise NotImplementedError


def read_instances(
    store: Store, ids: Sequence[int], selections: Sequence[Selection] = (), *, with_deleted: bool = False
) -> list[Json]:
    """
    Read instances.

    Args:
        store: The project; within `reading`.
        ids: Their numbers.
        selections: What to read of each.
        with_deleted: Whether deleted ones are read too, with `deletedTime`.

    Returns:
        The instances, in the order of *ids*.
    """
    raise NotImplementedError


def typing_of(selections: Sequence[Selection]) -> Json:
    """The `typing` of an answer: what the properties of views are (dms-api.md 4.5)."""
    raise NotImplementedError
