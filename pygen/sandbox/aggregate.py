"""Aggregates over the instances of a view, by groups (dms-api.md 7.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import Field

from pygen.sandbox.catalog import BASE_PROPERTIES, BaseProperty, ViewDef, ViewProp, view_id
from pygen.sandbox.filters import compile_filter, view_condition
from pygen.sandbox.problems import Refusal
from pygen.sandbox.reading import Selection, target_units, typing_of
from pygen.sandbox.search import Operator, ViewReference, prepare_search, search_condition, visible
from pygen.sandbox.shapes import Shape
from pygen.sandbox.sql import Scope, Sql, all_of
from pygen.sandbox.store import EDGE, NODE
from pygen.sandbox.units import conversion
from pygen.sandbox.values import decode

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = ["aggregate_instances"]

Json = dict[str, Any]

_NUMBERS = frozenset({"int32", "int64", "float32", "float64"})
_GROUPED = _NUMBERS | {"text", "direct", "boolean", "enum"}
_FUNCTIONS = {"avg": "avg", "min": "min", "max": "max", "sum": "sum"}


class _Count(Shape):
    property: str | None = None


class _Number(Shape):
    property: str


class _Histogram(Shape):
    property: str
    interval: Annotated[float, Field(gt=0)]


class _Aggregate(Shape):
    avg: _Number | None = None
    min: _Number | None = None
    max: _Number | None = None
    sum: _Number | None = None
    count: _Count | None = None
    histogram: _Histogram | None = None


class _Request(Shape):
    view: ViewReference
    instance_type: Literal["node", "edge"] | None = None
    aggregates: Annotated[list[_Aggregate], Field(max_length=5)] | None = None
    group_by: Annotated[list[str], Field(max_length=5)] | None = None
    filter: Json | None = None
    query: str | None = None
    properties: Annotated[list[str], Field(max_length=200)] | None = None
    operator: Operator | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] | None = None
    target_units: list[Json] | None = None
    include_typing: bool | None = None


class _Column(NamedTuple):
    """A property as the statement has it, its unit converted."""

    name: str
    sql: str
    prop: ViewProp | None


class _Plan(NamedTuple):
    """What is selected from where."""

    source: str
    condition: Sql
    before: list[Any]
    groups: list[_Column]


def aggregate_instances(store: Store, body: Json, params: Mapping[str, str]) -> Json:
    """Answer `POST /models/instances/aggregate`."""
    asked = _Request.read(body)
    wanted = [_function(each, f"aggregates[{place}]") for place, each in enumerate(asked.aggregates or ())]
    if not wanted and not asked.group_by:
        raise Refusal("aggregates must not be empty where there is no groupBy")
    view = store.catalog.view(view_id(asked.view.model_dump(by_alias=True)))
    units = target_units(view, asked.target_units)
    prepare_search(store, view, asked.query, asked.properties)
    kind = asked.instance_type or "node"
    with store.reading() as db:
        scope = Scope("i", kind)
        conditions = [
            Sql("i.kind = ? AND i.deleted IS NULL", [EDGE if kind == "edge" else NODE]),
            visible(store, params),
            view_condition(store, view, scope, required=True),
        ]
        if asked.filter is not None:
            conditions.append(compile_filter(store, asked.filter, scope, required=True))
        groups = [_grouped(view, name, scope, units) for name in asked.group_by or ()]
        columns = [_aggregated(view, function, given, scope, units) for function, given in wanted]
        found = search_condition(view, asked.query, asked.properties, asked.operator or "OR")
        source = scope.tables()
        if found is not None:
            source = f"({found.text}) AS found JOIN instance AS i ON i.id = found.id{scope.joins()}"
        plan = _Plan(source, all_of(conditions), found.params if found is not None else [], groups)
        rows = _rows(db, plan, [sql for sql, _ in columns], asked.limit or 100)
        buckets = {
            place: _buckets(db, plan, given, column)
            for place, ((function, given), (_, column)) in enumerate(zip(wanted, columns, strict=True))
            if function == "histogram" and column is not None
        }
        names = _names(db, groups, rows)
    items = []
    for row in rows:
        item: Json = {"instanceType": kind}
        if groups:
            item["group"] = _group(groups, row, names)
        key = row[: len(groups)]
        item["aggregates"] = [
            _answer(function, given, value, buckets.get(place, {}).get(key, []))
            for place, ((function, given), value) in enumerate(zip(wanted, row[len(groups) :], strict=False))
        ]
        items.append(item)
    typing = {"typing": typing_of([Selection(view, None, units)])} if asked.include_typing else {}
    return {"items": items, **typing}


# --- what is asked for ---


def _function(aggregate: _Aggregate, where: str) -> tuple[str, Any]:
    given = {name: value for name, value in aggregate if value is not None}
    if len(given) != 1:
        raise Refusal(f"{where} must name exactly one function")
    return next(iter(given.items()))


def _resolved(view: ViewDef, name: str, scope: Scope, units: Mapping[str, str], where: str) -> _Column:
    if name in view.mapped:
        prop = view.mapped[name]
        sql = scope.column(prop)
        if name in units and prop.prop.unit is not None:
            change = conversion(prop.prop.unit, units[name])
            sql = f"({sql} * {change.factor!r} + {change.offset!r})"
        return _Column(name, sql, prop)
    if name in {"externalId", "space"}:
        return _Column(name, scope.column(BaseProperty(name, BASE_PROPERTIES[name], scope.kind)), None)
    raise Refusal(f"Unknown property '{name}' in {where}")


def _grouped(view: ViewDef, name: str, scope: Scope, units: Mapping[str, str]) -> _Column:
    column = _resolved(view, name, scope, units, "groupBy")
    if column.prop is not None and (column.prop.prop.type not in _GROUPED or column.prop.prop.is_list):
        raise Refusal(f"Property '{name}' in groupBy cannot be grouped by: {_described(column.prop)}")
    return column


def _described(prop: ViewProp) -> str:
    return f"it is a {'list of ' if prop.prop.is_list else ''}{prop.prop.type}"


def _aggregated(
    view: ViewDef, function: str, given: Any, scope: Scope, units: Mapping[str, str]
) -> tuple[str, _Column | None]:
    """The expression of an aggregate, and its property."""
    if function == "count":
        if given.property is None:
            return "count(*)", None
        column = _resolved(view, given.property, scope, units, "aggregates")
        return f"count({column.sql})", column
    column = _resolved(view, given.property, scope, units, "aggregates")
    if column.prop is None or column.prop.prop.type not in _NUMBERS or column.prop.prop.is_list:
        reason = "it is no number" if column.prop is None else _described(column.prop)
        raise Refusal(f"Property '{given.property}' cannot be aggregated with {function}: {reason}")
    if function == "histogram":
        return "max(NULL)", column
    return f"{_FUNCTIONS[function]}(CAST({column.sql} AS REAL))", column


# --- what is found ---


def _rows(db: Any, plan: _Plan, columns: Sequence[str], limit: int) -> list[tuple[Any, ...]]:
    groups = [column.sql for column in plan.groups]
    selected = ", ".join([*groups, *columns]) or "1"
    numbers = ", ".join(str(place + 1) for place in range(len(groups)))
    grouping = f"GROUP BY {numbers} ORDER BY {numbers}" if groups else ""
    statement = f"SELECT {selected} FROM {plan.source} WHERE {plan.condition.text} {grouping} LIMIT ?"
    rows: list[tuple[Any, ...]] = db.execute(statement, [*plan.before, *plan.condition.params, limit]).fetchall()
    return rows


def _buckets(db: Any, plan: _Plan, given: _Histogram, column: _Column) -> dict[tuple[Any, ...], list[Json]]:
    """The buckets of a histogram by group; they start at multiples of the interval, and empty ones are left out."""
    quotient = f"({column.sql} / CAST(? AS REAL))"
    floor = f"(CAST({quotient} AS INTEGER) - ({quotient} < CAST({quotient} AS INTEGER)))"
    groups = "".join(f"{each.sql}, " for each in plan.groups)
    numbers = ", ".join(str(place + 1) for place in range(len(plan.groups) + 1))
    rows = db.execute(
        f"SELECT {groups}{floor}, count(*) FROM {plan.source} WHERE {plan.condition.text} "
        f"AND {column.sql} IS NOT NULL GROUP BY {numbers} ORDER BY {numbers}",
        [given.interval] * 3 + [*plan.before, *plan.condition.params],
    )
    found: dict[tuple[Any, ...], list[Json]] = {}
    for *group, number, count in rows:
        found.setdefault(tuple(group), []).append({"start": number * given.interval, "count": count})
    return found


def _names(db: Any, groups: Sequence[_Column], rows: Sequence[tuple[Any, ...]]) -> dict[int, tuple[str, str]]:
    """Space and external id of the nodes that groups are named after."""
    places = [place for place, column in enumerate(groups) if column.prop and column.prop.prop.type == "direct"]
    wanted = {row[place] for row in rows for place in places if row[place] is not None}
    found = {}
    for number in wanted:
        found[number] = db.execute("SELECT space, external_id FROM instance WHERE id = ?", [number]).fetchone()
    return found


def _group(groups: Sequence[_Column], row: tuple[Any, ...], names: Mapping[int, tuple[str, str]]) -> Json:
    """The values that a row is about; a missing value has no key."""
    return {
        column.name: value if column.prop is None else decode(column.prop.prop, value, names)
        for column, value in zip(groups, row, strict=False)
        if value is not None
    }


def _answer(function: str, given: Any, value: Any, buckets: list[Json]) -> Json:
    answer: Json = {"aggregate": function}
    if given.property is not None:
        answer["property"] = given.property
    if function == "histogram":
        return answer | {"interval": given.interval, "buckets": buckets}
    return answer if value is None else answer | {"value": value}
