"""Set operations on queries: what belongs to one of two, to both, or to one only."""

from __future__ import annotations

from typing import Any, TypeVar

from pygen.runtime.base import PygenResource
from pygen.runtime.branching import merge
from pygen.runtime.compiling import bound_of
from pygen.runtime.filters import Filter
from pygen.runtime.set_paging import MOST_MEMBERS
from pygen.runtime.spec import Operation, QuerySpec, SetOperation

__all__ = ["combine"]

ResourceT = TypeVar("ResourceT", bound=PygenResource)

_WORDS = {"union": "|", "intersection": "&", "except": "-"}


def combine(operation: Operation, left: QuerySpec[ResourceT], right: QuerySpec[Any]) -> QuerySpec[ResourceT]:
    """
    One query made of two.

    Queries without limits differ by their conditions only, so the result is a query for the combined condition: exact
    for any number of instances. Where a limit decides what belongs to a query, the service combines result sets.

    Args:
        operation: What belongs to the result.
        left: A query; units, selected fields and page size of the result are its.
        right: Another one. What is included by either is included by the result.

    Raises:
        TypeError: The queries are of different classes or clients.
        ValueError: A query starts somewhere other than at its beginning, or the service cannot combine so many.
    """
    if left.kind is not right.kind:
        raise TypeError(
            f"only queries of one class are combined by {_WORDS[operation]}, "
            f"not of {left.kind.__name__} and {right.kind.__name__}"
        )
    if left.session is not right.session:
        raise TypeError(f"only queries of one client are combined by {_WORDS[operation]}")
    for spec in (left, right):
        if spec.skip or spec.cursor is not None:
            raise ValueError(
                "a query that does not start at its beginning is not combined with others; "
                "slice the result instead, or combine lists of what was fetched"
            )
    branches = left.branches
    for branch in right.branches:
        branches = merge(branches, branch)
    result = left._replace(branches=branches, narrow=left.narrow or right.narrow, sort=(), most=None, where=None)
    if all(spec.sets is None and spec.most is None for spec in (left, right)):
        return result._replace(where=_condition(operation, left.where, right.where))
    _check_bounds(operation, left, right)
    return result._replace(sets=SetOperation(operation, _bare(left), _bare(right)))


def _bare(spec: QuerySpec[Any]) -> QuerySpec[Any]:
    """What decides about members."""
    return spec._replace(branches=(), fields=None, units=None, narrow=False)


def _condition(operation: str, left: dict[str, Any] | None, right: dict[str, Any] | None) -> dict[str, Any] | None:
    """The condition of a combination; None: everything."""
    everything: dict[str, Any] = {"matchAll": {}}
    one, other = Filter(left or everything), Filter(right or everything)
    if operation == "union":
        return None if left is None or right is None else (one | other).dump()
    if operation == "except":
        return (~other).dump() if left is None else (one & ~other).dump()
    parts = [Filter(each) for each in (left, right) if each is not None]
    return Filter.all(parts).dump() if parts else None


def _check_bounds(operation: str, left: QuerySpec[Any], right: QuerySpec[Any]) -> None:
    if left.kind.__pygen_edge__:
        raise ValueError("queries of edges that have a limit are not combined; combine lists of what was fetched")
    bounds = [bound_of(left), bound_of(right)]
    if operation == "except":  # what has no limit can be taken away by its condition
        bounds = [bounds[0], bounds[1] or 0]
    elif operation == "intersection":
        bounds = [each for each in bounds if each is not None]
    known = [each for each in bounds if each is not None]
    size = sum(known) if operation == "union" else max(known, default=0)
    if len(known) < len(bounds) or size > MOST_MEMBERS:
        raise ValueError(
            f"{_WORDS[operation]} of queries with a limit takes {MOST_MEMBERS:,} instances at most: give each query a "
            "limit that keeps within it, or none of them"
        )
