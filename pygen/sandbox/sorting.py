"""Orders, and where a page of an order begins (dms-api.md 5.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pygen.sandbox.sql import Scope, Sql

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = ["SortKey", "after", "compile_sort", "order_by"]


class SortKey(NamedTuple):
    """
    One expression to sort by.

    Attributes:
        expression: SQL; select it to have the position of a row for `after`.
        descending: Whether great values come first.
        nulls_first: Whether missing values come first, whatever the direction.
        nullable: Whether there can be missing values.
    """

    expression: str
    descending: bool = False
    nulls_first: bool = False
    nullable: bool = True


def compile_sort(
    store: Store, sort: Sequence[dict[str, Any]], scope: Scope, *, where: str = "sort"
) -> list[SortKey]:
    """
    Make the keys of an order; the instance's number is always the last, so that no two rows are equal.

    Args:
        store: The project.
        sort: As on the wire; empty: the order of `settings.list_order`.
        scope: The instance; gains the tables that are needed. Conditions are made before, see `Scope.id`.
        where: What to call its place in a refusal.

    Raises:
        Refusal: There is nothing to sort by so.
    """
    raise NotImplementedError


def order_by(keys: Sequence[SortKey]) -> str:
    """What follows `ORDER BY`."""
    raise NotImplementedError


def after(keys: Sequence[SortKey], values: Sequence[Any]) -> Sql:
    """
    The rows that come after one.

    Args:
        keys: The order.
        values: The values of the keys' expressions in that row.
    """
    raise NotImplementedError
