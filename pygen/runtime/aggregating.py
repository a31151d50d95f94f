"""Figures about instances that the service computes: aggregates, groups, histograms (dms-api.md 7.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

from pygen.client.calls import Answer, JsonObject, Plan
from pygen.client.models.ids import NodeId
from pygen.client.resources.instance_calls import LIMIT, AggregateOptions, aggregate_call
from pygen.runtime._values import mentions
from pygen.runtime.choosing import columns_chosen, property_of
from pygen.runtime.columns import Aggregate, Column
from pygen.runtime.errors import TooManyGroupsError
from pygen.runtime.keywords import keyword_filter
from pygen.runtime.spec import QuerySpec, condition_of, target_units_of

__all__ = ["Asked", "Bucket", "Group", "aggregate_plan", "groups_plan", "histogram_plan", "keys_plan", "words_plan"]

KeyT_co = TypeVar("KeyT_co", covariant=True)
ValueT_co = TypeVar("ValueT_co", covariant=True)

FUNCTIONS = ("avg", "count", "max", "min", "sum")
"""Aggregates that give one value."""


class Group(NamedTuple, Generic[KeyT_co, ValueT_co]):
    """
    The figures about the instances that share some values.

    Attributes:
        key: The values that they share: one alone, or a tuple of several; None where they have none.
        value: The figures: one alone, or a tuple of several.
    """

    key: KeyT_co
    value: ValueT_co


class Bucket(NamedTuple):
    """
    A bar of a histogram.

    Attributes:
        start: The smallest value that belongs to it; the next one may begin at `start` + interval.
        count: How many instances have a value in it.
    """

    start: float
    count: int  # type: ignore[assignment]  # a tuple has a method of this name


class Asked(NamedTuple):
    """
    What figures are about.

    Attributes:
        spec: Which instances.
        words: The words that they must hold, as a search has them: `query`, `properties`, `operator`.
    """

    spec: QuerySpec[Any]
    words: Mapping[str, Any] = {}

    def matching(self, where: Any) -> Asked:
        """The same, where a condition holds, too; None is none."""
        spec = self.spec
        return self._replace(spec=spec.matching(condition_of(spec.kind, where, spec.session)))

    def with_keywords(self, keywords: Mapping[str, Any]) -> Asked:
        """The same, where keyword filters hold, too."""
        spec = self.spec
        condition = keyword_filter(spec.kind, None, keywords, spec.session.instance_space)
        return self._replace(spec=spec.matching(condition))


def figures_of(kind: Any, given: Any) -> tuple[list[Aggregate[Any]], bool]:
    """
    The aggregates that *given* stands for.

    Args:
        kind: The class.
        given: An aggregate, several, or a function that makes them of the class.

    Returns:
        The aggregates, and whether it was one alone rather than several.

    Raises:
        TypeError: It is something else.
    """
    made = given(kind) if callable(given) else given
    if isinstance(made, Aggregate):
        return [made], True
    several = list(made) if isinstance(made, list | tuple) else [made]
    for each in several:
        if not isinstance(each, Aggregate):
            raise TypeError(
                f"figures are made of columns, e.g. lambda t: t.external_id.count(), not of {type(each).__name__}"
            )
    return several, False


# --- plans ---


def aggregate_plan(asked: Asked, given: Any) -> Plan[Any]:
    """The value of one aggregate, or a tuple with those of several, over all instances at once."""
    figures, alone = figures_of(asked.spec.kind, given)
    if not figures:
        raise TypeError("aggregate() takes at least one figure, e.g. lambda t: t.external_id.count()")
    rows = yield from _rows_plan(asked, figures, [])
    nothing = tuple(0 if each.function == "count" else None for each in figures)
    values = rows[0].value if rows else nothing
    return values[0] if alone else values


def groups_plan(asked: Asked, by: Any, given: Any) -> Plan[list[Group[Any, Any]]]:
    """
    The same for each group.

    Raises:
        TooManyGroupsError: There may be more groups than the service tells.
    """
    columns, one_key = columns_chosen(asked.spec.kind, by)
    if not columns:
        raise TypeError("group_by() takes at least one column; without groups: aggregate()")
    figures, one_value = figures_of(asked.spec.kind, given)
    rows = yield from _rows_plan(asked, figures, columns)
    found: list[Group[Any, Any]] = [
        Group(row.key[0] if one_key else row.key, row.value[0] if one_value else row.value) for row in rows
    ]
    if len(found) >= LIMIT:
        raise TooManyGroupsError(", ".join(column.where for column in columns), found)
    return found


def keys_plan(asked: Asked, by: Any) -> Plan[list[Any]]:
    """
    The values that occur, each once.

    Raises:
        TooManyGroupsError: There may be more than the service tells.
    """
    found = yield from groups_plan(asked, by, ())
    return [group.key for group in found]


def histogram_plan(asked: Asked, given: Any, interval: float) -> Plan[list[Bucket]]:
    """How many instances have a value in each interval, from the smallest values up; empty intervals are left out."""
    columns, alone = columns_chosen(asked.spec.kind, given)
    if not alone:
        raise TypeError(f"a histogram is about one field, not {len(columns)}")
    if isinstance(interval, bool) or not 0 < interval < float("inf"):
        raise ValueError(f"the interval of a histogram is a number above 0, not {interval!r}")
    name = property_of(columns[0], "make histograms of")
    request = {"histogram": {"property": name, "interval": interval}}
    found: list[Bucket] = yield from _ask_plan(asked, [request], [], _read_buckets)
    return found


def words_plan(
    asked: Asked, functions: Any, of: Any, *, group_by: Any = None, keywords: Mapping[str, Any] | None = None
) -> Plan[Any]:
    """
    Aggregates named by texts, as in pygen 1: `aggregate("avg", "capacity", group_by="state")`.

    Args:
        asked: Which instances.
        functions: `avg`, `count`, `max`, `min` or `sum`; or several.
        of: The field; None counts instances.
        group_by: The field or fields to group by; None: all instances are one group.
        keywords: Keyword filters.
    """
    names = [functions] if isinstance(functions, str) else list(functions)
    for name in names:
        if name not in FUNCTIONS:
            raise ValueError(f"an aggregate is {', '.join(FUNCTIONS[:-1])} or {FUNCTIONS[-1]}, not {name!r}")
        if of is None and name != "count":
            raise TypeError(f'aggregate({name!r}) needs a field: aggregate({name!r}, "capacity")')
    kind = asked.spec.kind
    columns, _ = columns_chosen(kind, "external_id" if of is None else of)
    if len(columns) != 1:
        raise TypeError(
            "aggregate() takes the name of one field; of several: aggregate(lambda t: (t.x.avg(), t.y.max()))"
        )
    figures = tuple(Aggregate(name, property_of(columns[0], "aggregate")) for name in names)
    given: Any = figures[0] if isinstance(functions, str) else figures
    asked = asked.with_keywords(keywords or {})
    if group_by is None:
        return (yield from aggregate_plan(asked, given))
    return (yield from groups_plan(asked, group_by, given))


# --- asking ---


def _rows_plan(
    asked: Asked, figures: Sequence[Aggregate[Any]], columns: Sequence[Column[Any, Any]]
) -> Plan[list[Group[tuple[Any, ...], tuple[Any, ...]]]]:
    read = partial(_read_rows, figures, columns)
    rows: list[Group[tuple[Any, ...], tuple[Any, ...]]] = yield from _ask_plan(
        asked, [each.dump() for each in figures], columns, read
    )
    return rows


def _ask_plan(
    asked: Asked, aggregates: Sequence[Mapping[str, Any]], columns: Sequence[Column[Any, Any]], read: Any
) -> Plan[Any]:
    spec = asked.spec
    if spec.skip or spec.most is not None or spec.cursor is not None:
        raise ValueError("figures are about all instances that match: they do not go with limit(), a slice or a cursor")
    if spec.sets is not None:
        raise ValueError("the service computes no figures of what two queries have in common")
    options: AggregateOptions = {
        "instance_type": spec.instance_type,
        "filter": spec.where,
        "limit": LIMIT,
        "group_by": [property_of(column, "group by") for column in columns],
    }
    if spec.units and (converted := target_units_of(spec.kind, spec.units)):
        options["target_units"] = converted
    options.update(asked.words)  # type: ignore[typeddict-item]  # what both kinds of options have
    answer: Answer = yield aggregate_call(spec.kind.__pygen__.view, aggregates, options, read)
    return answer.value


# --- reading ---


def _read_rows(
    figures: Sequence[Aggregate[Any]], columns: Sequence[Column[Any, Any]], answer: Answer
) -> list[Group[tuple[Any, ...], tuple[Any, ...]]]:
    try:
        return [_row(figures, columns, item) for item in answer.items()]
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return answer.refuse("a group of the answer is not understood")


def _row(
    figures: Sequence[Aggregate[Any]], columns: Sequence[Column[Any, Any]], item: JsonObject
) -> Group[tuple[Any, ...], tuple[Any, ...]]:
    group = item.get("group") or {}
    told = {(each["aggregate"], each.get("property")): each for each in item.get("aggregates") or ()}
    values = tuple(_value(each, told[each.function, each.property]) for each in figures)
    return Group(tuple(_key(column, group.get(column.dms_name)) for column in columns), values)


def _value(figure: Aggregate[Any], told: JsonObject) -> Any:
    if figure.function == "count":
        return int(told["value"])
    value = told.get("value")
    return None if value is None else float(value)


def _key(column: Column[Any, Any], value: Any) -> Any:
    if value is None:
        return None
    if column.refers:
        return NodeId(value["space"], value["externalId"])
    if type(value) is int and mentions(column.owner.__pydantic_fields__[column.field].annotation, float):
        return float(value)
    return value


def _read_buckets(answer: Answer) -> list[Bucket]:
    try:
        told = [each for item in answer.items() for each in item["aggregates"]]
        buckets = [
            Bucket(float(each["start"]), int(each["count"])) for one in told for each in one.get("buckets") or ()
        ]
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return answer.refuse("the answer holds no histogram")
    return sorted(buckets)
