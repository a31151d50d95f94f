"""Conditions on relations, as queries speak of them: `lambda t: t.nacelle.has(lambda n: n.weight > 300)`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from pygen.runtime.base import PygenResource
    from pygen.runtime.columns import Column
    from pygen.runtime.filters import Filter
    from pygen.runtime.references import NodeRef

__all__ = ["FiltersMany", "FiltersOne"]

TargetT_co = TypeVar("TargetT_co", bound="PygenResource", covariant=True)


class _Filters(Generic[TargetT_co]):
    """What conditions on relations to one and to many have in common."""

    def has(self, condition: Callable[[type[TargetT_co]], Filter] | Filter, /) -> Filter:
        """
        Instances that the relation leads from to a node that meets a condition; of many nodes, one is enough.

        Args:
            condition: A filter, or a function that makes one of the nodes' class.

        Raises:
            TypeError: The relation is stored elsewhere, so that the service cannot follow it in a filter.
        """
        from pygen.runtime.filters import Filter

        column = _column(self, "has")
        relation: Any = self
        made: Any = condition(relation.target) if callable(condition) else condition
        if not isinstance(made, Filter):
            raise TypeError(f"{relation.where}.has() takes a filter, or a function that makes one, not {made!r}")
        return made.of_target(column.path, any_of=column.is_list)

    def exists(self) -> Filter:
        """Instances whose relation is set, whether or not the node that it names is there."""
        return _column(self, "exists").exists()

    def is_null(self) -> Filter:
        """Instances whose relation is not set."""
        return _column(self, "is_null").is_null()


class FiltersOne(_Filters[TargetT_co]):
    """Conditions on a relation to one node at most."""

    def __eq__(self, other: NodeRef | None, /) -> Filter:  # type: ignore[override]  # makes a condition
        from pygen.runtime.lazy import Relation

        if isinstance(other, Relation):
            return NotImplemented
        return _column(self, "==") == other

    def __ne__(self, other: NodeRef | None, /) -> Filter:  # type: ignore[override]  # makes a condition
        from pygen.runtime.lazy import Relation

        if isinstance(other, Relation):
            return NotImplemented
        return _column(self, "!=") != other

    __hash__ = object.__hash__

    def in_(self, nodes: Iterable[NodeRef | None], /) -> Filter:
        """Any of some nodes; None among them stands for "not set". Of no nodes, nothing matches."""
        return _column(self, "in_").in_(_several(self, nodes))


class FiltersMany(_Filters[TargetT_co]):
    """Conditions on a relation to any number of nodes; it must be stored as a list."""

    def contains_any(self, nodes: Iterable[NodeRef], /) -> Filter:
        """Instances whose list holds any of *nodes*."""
        return _column(self, "contains_any").contains_any(_several(self, nodes))

    def contains_all(self, nodes: Iterable[NodeRef], /) -> Filter:
        """Instances whose list holds all of *nodes*."""
        return _column(self, "contains_all").contains_all(_several(self, nodes))


def _several(relation: Any, nodes: Iterable[Any]) -> list[Any]:
    """
    The nodes of a list.

    Raises:
        TypeError: It is a single text, of which the letters would be taken.
    """
    if isinstance(nodes, str | bytes):
        raise TypeError(f"{relation.where}: several nodes are given as a list, not as {type(nodes).__name__}")
    return list(nodes)


def _column(relation: Any, operation: str) -> Column[Any, Any]:
    """The column that a direct relation is stored in, as the class has it that was asked."""
    from pygen.runtime.lazy import Direct, Reverse
    from pygen.runtime.meta import columns_of

    if isinstance(relation.spec, Direct):
        return columns_of(relation.owner)[relation.spec.field]
    target = relation.target.__name__
    stored = "at the other end" if isinstance(relation.spec, Reverse) else "as edges"
    raise TypeError(
        f"{relation.where} is stored {stored}, so a filter cannot look through it ({operation}): query {target} for "
        f"those that match and follow their relations from there, or fetch the relation along with "
        f"branch(lambda x: x.{relation.name}, ...) and pick in Python"
    )
