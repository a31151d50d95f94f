"""What queries of both kinds are built with: every method returns a new query, and none fetches anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, TypeAlias, TypeVar

from pygen.client.resources.instance_calls import LIMIT
from pygen.runtime.base import PygenResource
from pygen.runtime.branching import Build, Follow, Path, built, include, included, merge, recursive
from pygen.runtime.columns import Sortable
from pygen.runtime.selecting import Pick, chosen_fields, refuse_narrow_fields
from pygen.runtime.spec import Operation, QuerySpec, Units, Where, chosen_units, condition_of, sort_keys_of

__all__ = ["LazyQuery", "OrderBy"]

ResourceT_co = TypeVar("ResourceT_co", bound=PygenResource, covariant=True)
ResourceT = TypeVar("ResourceT", bound=PygenResource)
TargetT = TypeVar("TargetT", bound=PygenResource)

OrderBy: TypeAlias = "Sortable | Callable[[type[ResourceT]], Sortable | Sequence[Sortable]]"
"""A column or a sort key, or a function that makes them of the class: `lambda t: t.capacity.desc()`."""


class LazyQuery(Generic[ResourceT_co]):
    """What both queries have in common."""

    __slots__ = ("_spec",)

    def __init__(self, spec: QuerySpec[ResourceT_co]) -> None:
        self._spec = spec

    def _with(self, **changes: Any) -> Self:
        return type(self)(self._spec._replace(**changes))

    def where(self, condition: Where[ResourceT_co], /) -> Self:
        """
        Only those that meet a condition, beside all others.

        Args:
            condition: A filter, or a function that makes one of the class:
                `lambda t: (t.capacity > 6) & t.name.prefix("horn")`.
        """
        return type(self)(self._spec.matching(condition_of(self._spec.kind, condition, self._spec.session)))

    def order_by(self, *keys: OrderBy[ResourceT_co]) -> Self:
        """
        Sort; keys that are given later decide among those that earlier ones find equal.

        Args:
            keys: At most five, e.g. `lambda t: (t.state, t.capacity.desc())`.
        """
        sort = (*self._spec.sort, *sort_keys_of(self._spec.kind, keys))
        if len(sort) > 5:
            raise ValueError(f"results are sorted by five keys at most (dms-api.md 5.4), not by {len(sort)}")
        return self._with(sort=sort)

    def limit(self, most: int, /) -> Self:
        """At most so many instances."""
        if most < 0:
            raise ValueError(f"a limit of {most} is negative")
        return type(self)(self._spec.limited(most))

    def chunk_size(self, size: int, /) -> Self:
        """How many instances a page holds: 1 to 1,000 (the default)."""
        if not 1 <= size <= LIMIT:
            raise ValueError(f"a page holds 1 to {LIMIT} instances, not {size}")
        return self._with(chunk_size=size)

    def start_at(self, cursor: str | None, /) -> Self:
        """Start at a cursor that a page of the same query gave."""
        return self._with(cursor=cursor)

    def narrow(self) -> Self:
        """
        Give each instance as its own class, where the SDK has one that inherits from this one.

        Which one it is follows from the type of the node where views ask for one, else from the views that it has data
        in; that takes a request for each page, and one more for each class on it.

        Raises:
            ValueError: Fields were selected: those of a class are fetched whole.
        """
        refuse_narrow_fields(self._spec.fields is not None)
        return self._with(narrow=True)

    def fields(self, *picks: Pick[ResourceT_co]) -> Self:
        """
        Fetch these fields alone, beside the metadata, which every object has; called again, it adds to them.

        Touching another field raises `NotSelectedError`; `refresh()` fetches the whole object. The fields behind direct
        relations that are included are fetched, too. What was selected can be changed and saved.

        Args:
            picks: Names of fields, columns, or functions that give columns of the class:
                `lambda t: (t.name, t.capacity)`.

        Raises:
            TypeError: Something names no field.
            ValueError: Each instance is to be its own class, which is fetched whole.
        """
        refuse_narrow_fields(self._spec.narrow)
        return self._with(fields=chosen_fields(self._spec.kind, picks, self._spec.fields))

    def include(self, *paths: Path) -> Self:
        """
        Fetch relations along, in the same request.

        Args:
            paths: Relations (`WindTurbine.blades`), or names with dots between them: `"nacelle.gearbox"`.

        Raises:
            TypeError: There is no such relation.
        """
        spec = self._spec
        return self._with(branches=include(spec.kind, spec.branches, paths))

    def branch(self, relation: Follow[ResourceT_co, TargetT], build: Build[TargetT] | None = None, /) -> Self:
        """
        Fetch a relation along, or a part of what it leads to, in the same request.

        Args:
            relation: `lambda t: t.blades`.
            build: Says which nodes, in which order and how many for each instance:
                `lambda blades: blades.where(lambda b: b.is_damaged == True).order_by(lambda b: b.name).limit(5)`.

        Raises:
            TypeError: It is no relation of the class.
        """
        spec = self._spec
        return self._with(branches=merge(spec.branches, built(spec.kind, relation, build, spec.session)))

    def recurse(
        self, relation: Follow[ResourceT_co, TargetT], build: Build[TargetT] | None = None, /, *, max_distance: int
    ) -> Self:
        """
        Follow a relation of a class to itself several times: parents of parents, children of children.

        Args:
            relation: `lambda t: t.parent`.
            build: Says which nodes are gone on to; a limit is for each instance.
            max_distance: How many times the relation is followed.

        Raises:
            TypeError: It is no relation of the class to itself.
        """
        spec = self._spec
        made = recursive(spec.kind, relation, build, spec.session, max_distance)
        return self._with(branches=merge(spec.branches, made))

    def __or__(self, other: Self, /) -> Self:
        """Instances that either query gives, each once; what they are sorted by is said of the result."""
        return self._combined("union", other)

    def __and__(self, other: Self, /) -> Self:
        """Instances that both queries give; what they are sorted by is said of the result."""
        return self._combined("intersection", other)

    def __sub__(self, other: Self, /) -> Self:
        """Instances that this query gives and the other one does not."""
        return self._combined("except", other)

    def _combined(self, operation: Operation, other: object) -> Self:
        from pygen.runtime.combining import combine

        if not isinstance(other, LazyQuery):
            raise TypeError(f"a query is combined with another query, not with {type(other).__name__}")
        return type(self)(combine(operation, self._spec, other._spec))  # noqa: SLF001 -- another query

    if not TYPE_CHECKING:  # q.list_blades() where blades are included; type checkers know list_branch()

        def __getattr__(self, name: str) -> Any:
            if name.startswith("list_") and included(self._spec.kind, self._spec.branches, name[5:]) is not None:
                return partial(self.list_branch, name[5:])
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

        def __dir__(self) -> list[str]:
            return [*super().__dir__(), *(f"list_{branch.relation.name}" for branch in self._spec.branches)]

    def target_units(self, units: Units | None = None, /, **by_field: str) -> Self:
        """
        Convert values.

        Args:
            units: A system of units (`"SI"`), or a unit for each field.
            by_field: Units by field: `capacity="power:kilow"`.

        Raises:
            TypeError: A field has no unit, or single fields are named beside a system.
        """
        return self._with(units=chosen_units(self._spec.kind, units, by_field))

    def __len__(self) -> NoReturn:
        raise TypeError(
            "the length of a query is not known before everything is fetched: "
            "count() asks the service, all() fetches a list, first() tells whether there is any"
        )

    def __repr__(self) -> str:
        from pygen.runtime.wording import parts_of, title_of

        return f"<{', '.join([title_of(self, self._spec), *parts_of(self._spec)])}>"

    def _repr_html_(self) -> str:
        from pygen.runtime.notebook import query_html

        return query_html(self, self._spec)
