"""What a query asks for, as values: `Query` builds it, `pages`, `graph` and the rest carry it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeAlias, TypeVar, Union

from pygen.client.resources.instance_calls import LIMIT, InstanceKind, view_reference
from pygen.runtime.base import PygenResource
from pygen.runtime.columns import Column, Sortable, SortKey, sort_key
from pygen.runtime.filters import Filter
from pygen.runtime.lazy import Relation
from pygen.runtime.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Branch",
    "Operation",
    "QuerySpec",
    "SetOperation",
    "Units",
    "Where",
    "belonging",
    "chosen_units",
    "condition_of",
    "sort_keys_of",
    "source_of",
]

ResourceT = TypeVar("ResourceT", bound=PygenResource)
ResourceT_co = TypeVar("ResourceT_co", bound=PygenResource, covariant=True)

Where: TypeAlias = Union[Filter, Callable[[type[ResourceT]], Filter]]  # noqa: UP007 -- a type variable needs Union at run time
"""A condition, or a function that makes one of the class: `lambda t: t.capacity > 6`."""

Units: TypeAlias = Mapping[str, str] | str
"""The unit of each field (`{"capacity": "power:kilow"}`), or the name of a system of units (`"SI"`)."""


class Branch(NamedTuple):
    """
    A relation that is fetched along.

    Attributes:
        relation: The relation, of the class that the branch starts from.
        where: What its nodes must meet.
        sort: What they are sorted by.
        most: Most nodes for each instance that they belong to.
        fields: The fields that are fetched; None: all.
        branches: The relations that are fetched along from there.
        depth: How many times the relation is followed.
        units: The system of units that values are converted to where the branch takes requests of its own.
    """

    relation: Relation
    where: dict[str, Any] | None = None
    sort: tuple[SortKey, ...] = ()
    most: int | None = None
    fields: tuple[str, ...] | None = None
    branches: tuple[Branch, ...] = ()
    depth: int = 1
    units: Units | None = None


Operation: TypeAlias = Literal["union", "intersection", "except"]
"""What belongs to a result that is made of two: what either has, what both have, what the first alone has."""


class SetOperation(NamedTuple):
    """
    Two queries of one class made into one.

    Attributes:
        operation: What belongs to the result.
        left: One query.
        right: The other one.
    """

    operation: Operation
    left: QuerySpec[Any]
    right: QuerySpec[Any]


class QuerySpec(NamedTuple, Generic[ResourceT_co]):
    """
    What is asked for.

    Attributes:
        kind: The class of the results.
        session: What is asked.
        where: What they must meet, in the form of the wire.
        sort: What they are sorted by.
        skip: How many are left out at the start.
        most: Most instances; None: all.
        chunk_size: Instances of a page.
        cursor: Where to start; None: at the beginning.
        narrow: Whether each instance is given as its own class.
        units: Units to convert to, by field; or a system.
        fields: The fields that are fetched; None: all.
        branches: The relations that are fetched along.
        sets: The queries that this one is made of; None: it stands alone.
    """

    kind: type[ResourceT_co]
    session: Session
    where: dict[str, Any] | None = None
    sort: tuple[SortKey, ...] = ()
    skip: int = 0
    most: int | None = None
    chunk_size: int = LIMIT
    cursor: str | None = None
    narrow: bool = False
    units: Units | None = None
    fields: tuple[str, ...] | None = None
    branches: tuple[Branch, ...] = ()
    sets: SetOperation | None = None

    @property
    def instance_type(self) -> InstanceKind:
        """Nodes or edges, as the class reads."""
        return "edge" if self.kind.__pygen_edge__ else "node"

    @property
    def wanted(self) -> int | None:
        """How many instances are asked for, those that are left out at the start included; None: all."""
        return None if self.most is None else self.skip + self.most if self.most else 0

    @property
    def is_plain(self) -> bool:
        """Whether a list answers it; otherwise it takes a query."""
        return not self.branches and self.fields is None and self.sets is None

    def matching(self, condition: dict[str, Any] | None) -> QuerySpec[ResourceT_co]:
        """The same, where *condition* holds, too."""
        if condition is None:
            return self
        both = condition if self.where is None else Filter.all((Filter(self.where), Filter(condition))).dump()
        return self._replace(where=both)

    def limited(self, most: int) -> QuerySpec[ResourceT_co]:
        """The same, with at most so many instances."""
        return self._replace(most=most if self.most is None else min(self.most, most))

    def sliced(self, index: slice) -> QuerySpec[ResourceT_co]:
        """The part that `q[a:b]` means."""
        start, stop = index.start or 0, index.stop
        if index.step not in {None, 1} or start < 0 or (stop is not None and stop < 0):
            raise ValueError("a query is sliced forwards, from the start: q[a:b] with a, b >= 0 and no step")
        most = None if stop is None else max(stop - start, 0)
        if self.most is not None:
            rest = max(self.most - start, 0)
            most = rest if most is None else min(most, rest)
        return self._replace(skip=self.skip + start, most=most)


def condition_of(kind: type[PygenResource], where: Where[Any] | None, session: Session) -> dict[str, Any] | None:
    """
    A condition in the form of the wire.

    Raises:
        TypeError: It is no filter, and makes none.
    """
    if where is None:
        return None
    made: Any = where(kind) if callable(where) else where
    if not isinstance(made, Filter):
        raise TypeError(
            f"a condition is a filter or a function that makes one, e.g. lambda t: t.external_id == 'x', not {made!r}"
        )
    return made.dump(session.instance_space)


def belonging(kind: type[PygenResource]) -> list[Filter]:
    """
    The conditions of being seen through the view of a class; none for a class without a view.

    Lists and requests by id ask for them by naming the view. Result sets of queries do not: `select` does not filter
    (dms-api.md 6.1). A view's own filter stands in place of having data in all its containers (dms-api.md 3).
    """
    info = getattr(kind, "__pygen__", None)
    if info is None:
        return []
    if info.filter is not None:
        return [Filter(info.filter)]
    found = [Filter({"hasData": [view_reference(info.view)]})]
    if info.node_type is not None and not kind.__pygen_edge__:
        node_type = {"space": info.node_type.space, "externalId": info.node_type.external_id}
        found.append(Filter({"equals": {"property": ["node", "type"], "value": node_type}}))
    return found


def sort_keys_of(kind: type[PygenResource], keys: Sequence[Any]) -> tuple[SortKey, ...]:
    """
    Sort keys of what a caller gave: columns, keys, or functions that make one or several of the class.

    Raises:
        TypeError: One is something else.
    """
    found: list[SortKey] = []
    for key in keys:
        made = key(kind) if callable(key) and not isinstance(key, Column) else key
        is_one = isinstance(made, SortKey) or not isinstance(made, list | tuple)
        several: Sequence[Sortable] = [made] if is_one else made
        found += [sort_key(one) for one in several]
    return tuple(found)


def source_of(kind: type[PygenResource], units: Units | None = None) -> list[dict[str, Any]]:
    """
    The `sources` of a request for instances of *kind*; none for a class without a view.

    Raises:
        TypeError: A unit is asked for of a field that has none.
    """
    info = getattr(kind, "__pygen__", None)
    if info is None:
        return []
    source: dict[str, Any] = {"source": view_reference(info.view)}
    if units and (converted := target_units_of(kind, units)):
        source["targetUnits"] = converted
    return [source]


def chosen_units(kind: type[PygenResource], units: Units | None, by_field: Mapping[str, str]) -> Units | None:
    """
    The units that a call of `target_units` asks for; None for those that values are stored in.

    Raises:
        TypeError: A unit is asked for of a field that has none, or of single fields beside a system.
    """
    if isinstance(units, str) and by_field:
        raise TypeError("values are converted to a system of units or a unit for each field, not to both")
    chosen: Units = units if isinstance(units, str) else {**(units or {}), **by_field}
    target_units_of(kind, chosen)
    return chosen or None


def target_units_of(kind: type[PygenResource], units: Units) -> list[dict[str, Any]]:
    """
    Units to convert to, in the form of the wire (dms-api.md 5.5); none where a system finds nothing to convert.

    Raises:
        TypeError: A unit is asked for of a field that has none.
    """
    if isinstance(units, str):
        fields = {name for name, spec in kind.__pygen_props__.items() if spec.unit is not None}
        return [
            {"property": spec.name, "unit": {"unitSystemName": units}}
            for name, spec in kind.__pygen_props__.items()
            if name in fields
        ]
    made = []
    for field, unit in units.items():
        spec = kind.__pygen_props__.get(field)
        if spec is None or spec.unit is None:
            with_units = [name for name, each in kind.__pygen_props__.items() if each.unit is not None]
            raise TypeError(
                f"{kind.__name__}.{field} has no unit to convert; fields with one: {', '.join(with_units) or 'none'}"
            )
        made.append({"property": spec.name, "unit": {"externalId": unit}})
    return made
