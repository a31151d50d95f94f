"""Orders, and where a page of an order begins (dms-api.md 5.4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pygen.sandbox.catalog import BaseProperty, ViewProp
from pygen.sandbox.problems import Refusal, constraint_violations
from pygen.sandbox.shapes import Shape
from pygen.sandbox.sql import FALSE, Scope, Sql

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = ["SortKey", "after", "compile_sort", "order_by"]

MOST_KEYS = 5
_RELATIONS = frozenset({"type", "startNode", "endNode"})
_SOMETIMES_MISSING = frozenset({"deletedTime"})


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


class _Sort(Shape):
    property: list[str]
    direction: Literal["ascending", "descending"] | None = None
    nulls_first: bool | None = None


def compile_sort(store: Store, sort: Sequence[dict[str, Any]], scope: Scope, *, where: str = "sort") -> list[SortKey]:
    """
    Make the keys of an order; the instance's number is always the last, so that no two rows are equal.

    A direct relation is two keys: its target's space and external id.

    Args:
        store: The project.
        sort: As on the wire; empty: the order of `settings.list_order`.
        scope: The instance; gains the tables that are needed. Conditions are made before, see `Scope.id`.
        where: What to call its place in a refusal.

    Raises:
        Refusal: There is nothing to sort by so.
    """
    if len(sort) > MOST_KEYS:
        raise constraint_violations([f"sort size must be between 0 and {MOST_KEYS}"])
    keys = [
        key
        for number, each in enumerate(sort)
        for key in _keys(store, _Sort.read(each, where=f"{where}[{number}]"), scope, f"{where}[{number}].property")
    ]
    if not sort and store.settings.list_order == "external_id":
        keys = [SortKey(f"{scope.alias}.{column}", nullable=False) for column in ("external_id", "space")]
    return [*keys, SortKey(scope.id, nullable=False)]


def _keys(store: Store, sort: _Sort, scope: Scope, where: str) -> Iterator[SortKey]:
    prop = store.catalog.property(sort.property, where=where)
    column = scope.column(prop)
    if isinstance(prop, BaseProperty):
        is_relation, nullable = prop.name in _RELATIONS, prop.name in _SOMETIMES_MISSING
    else:
        if prop.prop.is_list or prop.prop.type == "json":
            raise Refusal(f"{where}: {sort.property} has no order")
        is_relation, nullable = prop.prop.type == "direct", _is_nullable(prop, scope)
    order = sort.direction == "descending", bool(sort.nulls_first)
    if is_relation:
        target = scope.target(column)
        yield SortKey(f"{target}.space", *order)
        yield SortKey(f"{target}.external_id", *order)
    else:
        yield SortKey(column, *order, nullable=nullable)


def _is_nullable(prop: ViewProp, scope: Scope) -> bool:
    """Whether a value can be missing: rows written before a property was made non-nullable may lack it."""
    state = prop.prop.definition.get("constraintState") or {}
    return prop.prop.nullable or state.get("nullability") != "current" or not scope.requires(prop.container)


def order_by(keys: Sequence[SortKey]) -> str:
    """What follows `ORDER BY`."""
    return ", ".join(map(_term, keys))


def _term(key: SortKey) -> str:
    direction = " DESC" if key.descending else ""
    nulls = (" NULLS FIRST" if key.nulls_first else " NULLS LAST") if key.nullable else ""
    return f"{key.expression}{direction}{nulls}"


def after(keys: Sequence[SortKey], values: Sequence[Any]) -> Sql:
    """
    The rows that come after one.

    Args:
        keys: The order.
        values: The values of the keys' expressions in that row.
    """
    condition = FALSE
    for key, value in reversed(list(zip(keys, values, strict=True))):
        condition = _after(key, value, condition)
    return condition


def _after(key: SortKey, value: Any, among_equals: Sql) -> Sql:
    """Rows with a later value, and those with the same that come later by the keys that follow."""
    text = key.expression
    if value is None:
        later = f"{text} IS NOT NULL OR " if key.nulls_first else ""
        return Sql(f"({later}{text} IS NULL AND {among_equals.text})", among_equals.params)
    operator = "<" if key.descending else ">"
    if not key.nullable:
        # Said twice, so that SQLite finds the start in an index.
        same = f"{text} {operator}= ? AND ({text} {operator} ? OR {among_equals.text})"
        return Sql(f"({same})", [value, value, *among_equals.params])
    nulls = "" if key.nulls_first else f"{text} IS NULL OR "
    return Sql(
        f"({nulls}{text} {operator} ? OR {text} = ? AND {among_equals.text})", [value, value, *among_equals.params]
    )
