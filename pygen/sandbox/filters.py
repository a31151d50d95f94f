"""Filters as SQL expressions (dms-api.md 5.1-5.3): one expression with bound values, three-valued as SQL is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pygen.sandbox.catalog import ContainerDef, ViewDef
from pygen.sandbox.sql import Scope, Sql

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = ["compile_filter", "global_spaces_hidden", "has_data", "view_condition"]

Json = dict[str, Any]


def compile_filter(
    store: Store,
    filter: Json,  # noqa: A002 -- as DMS calls it
    scope: Scope,
    *,
    parameters: Mapping[str, Any] | None = None,
    required: bool = False,
    where: str = "filter",
) -> Sql:
    """
    Make an expression that is true, false or NULL as the filter is.

    Args:
        store: The project; within `reading`, as identifiers are looked up.
        filter: As on the wire.
        scope: The instance; gains the tables that are needed.
        parameters: What `{"parameter": name}` stands for; None: there are no parameters here.
        required: Whether the caller leaves out what the filter is not true of, by `AND` within `WHERE`. Then the
            joins may do so already, and false and NULL are not told apart; it is faster.
        where: What to call its place in a refusal.

    Raises:
        Refusal: It is no filter, or speaks of what there is not.
    """
    raise NotImplementedError


def view_condition(store: Store, view: ViewDef, scope: Scope, *, required: bool = False) -> Sql:
    """
    Which instances belong to a view: those that its filter is true of, else those with data in all its containers.

    Args:
        store: The project; within `reading`.
        view: The view.
        scope: The instance; gains the tables that are needed.
        required: As for `compile_filter`.
    """
    raise NotImplementedError


def has_data(source: ViewDef | ContainerDef, scope: Scope, *, required: bool = False) -> Sql:
    """
    Which instances have data in a container, or in all containers of a view; never NULL.

    Args:
        source: The view or container; a view without containers has no data.
        scope: The instance; gains the tables that are needed.
        required: As for `compile_filter`.
    """
    raise NotImplementedError


def global_spaces_hidden(store: Store, filter: Json | None, scope: Scope) -> Sql:  # noqa: A002 -- as DMS calls it
    """
    Leave out instances of the system's spaces, unless the filter speaks of spaces (dms-api.md 4.3).

    Args:
        store: The project.
        filter: The filter of the request.
        scope: The instance.
    """
    raise NotImplementedError
