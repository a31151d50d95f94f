"""
The GraphQL schema of a data model (dms-api.md 11): a type for each view, and queries over its instances.

Names that begin with an underscore are the sandbox's own: views cannot be called so. Properties whose names GraphQL
cannot say, such as `flow-rate`, are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias, get_args

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLFloat,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
)

from pygen.client.models.ids import ContainerId, ViewId
from pygen.sandbox.catalog import Connection, ViewDef, ViewProp, view_id
from pygen.sandbox.classic import SYSTEM_SPACE
from pygen.sandbox.graphql_filters import BASE_TIMES
from pygen.sandbox.graphql_reading import Edge, Group, Page, Reader, Row
from pygen.sandbox.point_aggregates import Aggregate

__all__ = ["make_schema"]

_Fields: TypeAlias = dict[str, GraphQLField]
_Inputs: TypeAlias = dict[str, GraphQLInputField]
_Resolver: TypeAlias = Callable[..., Any]

_NAME = re.compile(r"[A-Za-z][_0-9A-Za-z]*", re.ASCII)
_NUMBERS = frozenset({"int32", "int64", "float32", "float64"})
_GROUPED = _NUMBERS | {"text", "direct", "boolean", "enum"}
_SORTED = _GROUPED | {"timestamp", "date", "timeseries", "file", "sequence"}
_TIME_SERIES = ContainerId(SYSTEM_SPACE, "CogniteTimeSeries")

# --- what all schemas share ---

_INT64 = GraphQLScalarType("Int64", description="A whole number of 64 bits.")
_FLOAT32 = GraphQLScalarType("Float32", description="A number of 32 bits.")
_TIMESTAMP = GraphQLScalarType("Timestamp", description="A moment, like 2026-01-01T00:00:00.000+00:00.")
_DATE = GraphQLScalarType("Date", description="A day, like 2026-01-01.")
_JSON = GraphQLScalarType("JSONObject", description="Any JSON.")
_ENUM = GraphQLScalarType("_EnumValue", description="A value of an enum, with or without quotes.")
_MOMENT = GraphQLScalarType("_Moment", description="Epoch milliseconds, a timestamp, now, or a time like 2d-ago.")
_DATUM = GraphQLScalarType("_Datum", description="The value of a data point: a number or text.")

_SCALARS: Mapping[str, GraphQLScalarType] = {
    "text": GraphQLString,
    "boolean": GraphQLBoolean,
    "int32": GraphQLInt,
    "int64": _INT64,
    "float32": _FLOAT32,
    "float64": GraphQLFloat,
    "timestamp": _TIMESTAMP,
    "date": _DATE,
    "json": _JSON,
    "enum": _ENUM,
}
_DIRECTION = GraphQLEnumType("_SortDirection", {"ASC": "ascending", "DESC": "descending"})
_REFERENCE = GraphQLObjectType(
    "_Reference",
    {"space": GraphQLField(GraphQLString), "externalId": GraphQLField(GraphQLString)},
    description="A node that no type of the data model is for.",
)
_REFERENCES = GraphQLObjectType("_References", {"items": GraphQLField(GraphQLList(_REFERENCE))})
_INSTANCE_ID = GraphQLInputObjectType(
    "_DirectRelationRef",
    {
        "space": GraphQLInputField(GraphQLNonNull(GraphQLString)),
        "externalId": GraphQLInputField(GraphQLNonNull(GraphQLString)),
    },
)
_PAGE_INFO = GraphQLObjectType(
    "PageInfo",
    {
        "hasNextPage": GraphQLField(GraphQLNonNull(GraphQLBoolean), resolve=lambda cursor, _: cursor.value is not None),
        "hasPreviousPage": GraphQLField(GraphQLNonNull(GraphQLBoolean), resolve=lambda *_: False),
        "startCursor": GraphQLField(GraphQLString, resolve=lambda *_: None),
        "endCursor": GraphQLField(GraphQLString, resolve=lambda cursor, _: cursor.value),
    },
)


class _Cursor:
    """Where the next page begins; GraphQL takes a plain None for a missing object."""

    def __init__(self, value: str | None) -> None:
        self.value = value


def _comparison(name: str, scalar: GraphQLScalarType, operators: Iterable[str]) -> GraphQLInputObjectType:
    many = {"in", "containsAny", "containsAll"}
    fields = {
        operator: GraphQLInputField(GraphQLList(GraphQLNonNull(scalar)) if operator in many else scalar)
        for operator in operators
    }
    return GraphQLInputObjectType(name, {**fields, "isNull": GraphQLInputField(GraphQLBoolean)})


_ORDERED = ("eq", "in", "gt", "gte", "lt", "lte")
_OPERATORS: Mapping[str, Sequence[str]] = {
    "text": (*_ORDERED, "prefix"),
    "boolean": ("eq",),
    "enum": ("eq", "in"),
    "json": (),
    **dict.fromkeys((*sorted(_NUMBERS), "timestamp", "date"), _ORDERED),
}
_COMPARISONS = {
    kind: _comparison(f"_{scalar.name.removeprefix('_')}Filter", scalar, _OPERATORS[kind])
    for kind, scalar in _SCALARS.items()
}
_LIST_COMPARISONS = {
    kind: _comparison(f"_{scalar.name.removeprefix('_')}ListFilter", scalar, ("containsAny", "containsAll"))
    for kind, scalar in _SCALARS.items()
}
_REFERENCE_FILTER = GraphQLInputObjectType(
    "_ReferenceFilter",
    {
        "eq": GraphQLInputField(_INSTANCE_ID),
        "in": GraphQLInputField(GraphQLList(GraphQLNonNull(_INSTANCE_ID))),
        "isNull": GraphQLInputField(GraphQLBoolean),
    },
)
_REFERENCES_FILTER = GraphQLInputObjectType(
    "_ReferenceListFilter",
    {
        "containsAny": GraphQLInputField(GraphQLList(GraphQLNonNull(_INSTANCE_ID))),
        "containsAll": GraphQLInputField(GraphQLList(GraphQLNonNull(_INSTANCE_ID))),
        "isNull": GraphQLInputField(GraphQLBoolean),
    },
)


def _shouted(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()


_AGGREGATE = GraphQLEnumType("_Aggregate", {_shouted(name): name for name in get_args(Aggregate)})
_AGGREGATED_POINT = GraphQLObjectType(
    "_AggregatedPoint",
    {
        "timestamp": GraphQLField(_TIMESTAMP, resolve=lambda point, _: _iso(point["timestamp"])),
        "value": GraphQLField(_DATUM),
    },
)
_DATA_POINT = GraphQLObjectType(
    "DataPoint",
    {
        "timestamp": GraphQLField(_TIMESTAMP, resolve=lambda point, _: _iso(point["timestamp"])),
        "value": GraphQLField(_DATUM),
        **{
            name: GraphQLField(_AGGREGATED_POINT if name.endswith("Datapoint") else GraphQLFloat)
            for name in get_args(Aggregate)
        },
    },
)
_DATA_POINTS = GraphQLObjectType(
    "_DataPoints",
    {
        "items": GraphQLField(GraphQLList(_DATA_POINT)),
        "pageInfo": GraphQLField(GraphQLNonNull(_PAGE_INFO), resolve=lambda page, _: _Cursor(page["cursor"])),
    },
)


def _iso(moment: int) -> str:
    """A moment as properties show it."""
    shown = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=moment)).isoformat(timespec="milliseconds")
    return str(shown)


def _milliseconds(moment: Any) -> Any:
    """What operations understand of a moment: timestamps are no times to those about data points."""
    try:
        found = datetime.fromisoformat(moment)
    except (TypeError, ValueError):
        return moment
    return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


def _points_of(identify: Callable[[Any], dict[str, Any]]) -> _Fields:
    """The fields that lead from a time series to its data points."""

    def points(series: Any, info: Any, **arguments: Any) -> Any:
        times = {name: _milliseconds(arguments.get(name)) for name in ("start", "end")}
        return info.context.datapoints(identify(series), {**arguments, **times})

    def latest(series: Any, info: Any, **arguments: Any) -> Any:
        return info.context.latest_datapoint(identify(series), {"before": _milliseconds(arguments.get("before"))})

    return {
        "getDataPoints": GraphQLField(
            _DATA_POINTS,
            {
                "start": GraphQLArgument(_MOMENT),
                "end": GraphQLArgument(_MOMENT),
                "first": GraphQLArgument(GraphQLInt),
                "after": GraphQLArgument(GraphQLString),
                "aggregates": GraphQLArgument(GraphQLList(GraphQLNonNull(_AGGREGATE))),
                "granularity": GraphQLArgument(GraphQLString),
            },
            resolve=points,
        ),
        "getLatestDataPoint": GraphQLField(_DATA_POINTS, {"before": GraphQLArgument(_MOMENT)}, resolve=latest),
    }


def _resource(name: str, fields: Mapping[str, GraphQLScalarType], others: _Fields | None = None) -> GraphQLObjectType:
    common: Mapping[str, GraphQLScalarType] = {"id": _INT64, "externalId": GraphQLString, "name": GraphQLString}
    plain = {field: GraphQLField(scalar) for field, scalar in {**common, **fields}.items()}
    times: _Fields = {
        time: GraphQLField(_TIMESTAMP, resolve=_time_of(time)) for time in ("createdTime", "lastUpdatedTime")
    }
    return GraphQLObjectType(name, {**plain, **times, "metadata": GraphQLField(_JSON), **(others or {})})


def _time_of(name: str) -> _Resolver:
    def resolve(resource: Mapping[str, Any], _: Any) -> str | None:
        return _iso(resource[name]) if name in resource else None

    return resolve


_COLUMN = GraphQLObjectType(
    "_SequenceColumn",
    {name: GraphQLField(GraphQLString) for name in ("externalId", "name", "description", "valueType")},
)
_RESOURCES: Mapping[str, GraphQLObjectType] = {
    "timeseries": _resource(
        "TimeSeries",
        {
            "description": GraphQLString,
            "unit": GraphQLString,
            "unitExternalId": GraphQLString,
            "isStep": GraphQLBoolean,
            "isString": GraphQLBoolean,
        },
        _points_of(lambda series: {"externalId": series["externalId"]}),
    ),
    "file": _resource(
        "File",
        {"mimeType": GraphQLString, "directory": GraphQLString, "source": GraphQLString, "uploaded": GraphQLBoolean},
    ),
    "sequence": _resource("Sequence", {"description": GraphQLString}, {"columns": GraphQLField(GraphQLList(_COLUMN))}),
}


# --- what is made for a data model ---


def make_schema(views: Sequence[ViewDef]) -> GraphQLSchema:
    """
    Make the schema for some views; where two have the same external id, the first has it.

    The context of its queries is a `Reader`.
    """
    return _Schema(views).make()


class _Schema:
    """A schema that is being made."""

    def __init__(self, views: Sequence[ViewDef]) -> None:
        self._views: dict[str, ViewDef] = {}
        for view in views:
            self._views.setdefault(view.id.external_id, view)
        self._names = {view.id: name for name, view in self._views.items()}
        self._types = {name: self._type(view) for name, view in self._views.items()}
        self._pages = {name: self._page_type(name, view) for name, view in self._views.items()}
        self._filters = {name: self._filter(f"_List{name}Filter", view) for name, view in self._views.items()}
        self._search_filters = {name: self._filter(f"_Search{name}Filter", view) for name, view in self._views.items()}
        self._sorts = {name: self._sort(name, view) for name, view in self._views.items()}

    def make(self) -> GraphQLSchema:
        fields: _Fields = {}
        for name, view in self._views.items():
            fields |= self._queries(name, view)
        if not fields:
            fields["_empty"] = GraphQLField(GraphQLBoolean, description="The data model has no views.")
        return GraphQLSchema(GraphQLObjectType("Query", fields), types=list(self._types.values()))

    # --- queries ---

    def _queries(self, name: str, view: ViewDef) -> _Fields:
        texts = [prop.name for prop in _sayable(view) if prop.prop.type == "text"]
        first = {"first": GraphQLArgument(GraphQLInt)}
        searched = {"query": GraphQLArgument(GraphQLString), **_choice(f"_{name}TextField", "fields", texts)}
        sort = {"sort": GraphQLArgument(GraphQLList(GraphQLNonNull(self._sorts[name])))}
        search_filter = {"filter": GraphQLArgument(self._search_filters[name])}
        grouped = [prop.name for prop in _sayable(view) if prop.prop.type in _GROUPED and not prop.prop.is_list]

        def by_id(_: Any, info: Any, instance: Any) -> Page:
            return Page.of(list(_reader(info).by_ids(view, [instance]).values()))

        return {
            f"list{name}": GraphQLField(
                self._pages[name],
                self._page_arguments(name),
                resolve=lambda _, info, **arguments: _reader(info).page(view, arguments),
            ),
            f"get{name}ById": GraphQLField(
                self._pages[name],
                {"instance": GraphQLArgument(GraphQLNonNull(_INSTANCE_ID))},
                resolve=by_id,
            ),
            f"search{name}": GraphQLField(
                self._pages[name],
                {**searched, **first, **search_filter, **sort},
                resolve=lambda _, info, **arguments: _reader(info).search(view, arguments),
            ),
            f"aggregate{name}": GraphQLField(
                self._aggregation(name, view),
                {**searched, **first, **search_filter, **_choice(f"_{name}GroupField", "groupBy", grouped)},
                resolve=lambda _, info, **arguments: {"items": _reader(info).aggregate(view, arguments)},
            ),
        }

    def _page_arguments(self, name: str) -> dict[str, GraphQLArgument]:
        return {
            "first": GraphQLArgument(GraphQLInt),
            "after": GraphQLArgument(GraphQLString),
            "filter": GraphQLArgument(self._filters[name]),
            "sort": GraphQLArgument(GraphQLList(GraphQLNonNull(self._sorts[name]))),
        }

    # --- types of views ---

    def _type(self, view: ViewDef) -> GraphQLObjectType:
        def fields() -> _Fields:
            found = _base_fields(view)
            for name in view.names:
                if _NAME.fullmatch(name):
                    found[name] = self._field(view, name)
            if any(container.id == _TIME_SERIES for container in view.containers):
                found = _points_of(lambda row: {"instanceId": row.reference}) | found
            return found

        return GraphQLObjectType(view.id.external_id, fields, description=view.body.get("description"))

    def _field(self, view: ViewDef, name: str) -> GraphQLField:
        description = _definition(view, name).get("description")
        if name in view.connections:
            field = self._connection(view.connections[name])
        else:
            field = self._mapped(view.mapped[name])
        field.description = description
        return field

    def _mapped(self, prop: ViewProp) -> GraphQLField:
        name, kind = prop.name, prop.prop.type
        if kind == "direct":
            return self._direct(prop)
        if kind in _RESOURCES:
            type_: Any = GraphQLList(_RESOURCES[kind]) if prop.prop.is_list else _RESOURCES[kind]
            return GraphQLField(type_, resolve=lambda row, info: _reader(info).resource(row, name, kind))
        scalar = _SCALARS[kind]
        return GraphQLField(GraphQLList(scalar) if prop.prop.is_list else scalar, resolve=_value_of(name))

    def _direct(self, prop: ViewProp) -> GraphQLField:
        name = prop.name
        target = self._target(prop.source)
        if target is None:
            if prop.prop.is_list:
                return GraphQLField(_REFERENCES, resolve=lambda row, _: _items(row.value(name)))
            return GraphQLField(_REFERENCE, resolve=_value_of(name))
        view = self._views[target]
        if prop.prop.is_list:
            return GraphQLField(self._pages[target], resolve=lambda row, info: _reader(info).targets(row, name, view))
        return GraphQLField(self._types[target], resolve=lambda row, info: _reader(info).target(row, name, view))

    def _connection(self, connection: Connection) -> GraphQLField:
        target = self._target(view_id(connection.definition["source"]))
        if target is None:
            return GraphQLField(_REFERENCES, resolve=lambda *_: None)
        view = self._views[target]
        is_edge = connection.kind == "edge"

        def page(row: Row, info: Any, **arguments: Any) -> Page:
            reader = _reader(info)
            follow = reader.over_edges if is_edge else reader.reverse
            return follow(row, connection, view, arguments)

        def first(row: Row, info: Any) -> Row | None:
            edges = page(row, info, first=1).edges
            return edges[0].node if edges else None

        if connection.is_single:
            return GraphQLField(self._types[target], resolve=first)
        arguments = self._page_arguments(target)
        if is_edge:
            del arguments["sort"]  # edges are read in the order of edges
        return GraphQLField(self._pages[target], arguments, resolve=page)

    def _target(self, view: ViewId | None) -> str | None:
        """The type for a view; None: the data model has none."""
        return None if view is None else self._names.get(view)

    def _page_type(self, name: str, view: ViewDef) -> GraphQLObjectType:
        def edge_fields() -> _Fields:
            return {
                "node": GraphQLField(self._types[name], resolve=lambda edge, _: edge.node),
                **{field: GraphQLField(GraphQLString, resolve=_of_edge(field)) for field in ("space", "externalId")},
                **{
                    field: GraphQLField(_REFERENCE, resolve=_of_edge(field))
                    for field in ("type", "startNode", "endNode")
                },
                "properties": GraphQLField(_JSON, resolve=_edge_properties),
            }

        edge = GraphQLObjectType(f"_{name}Edge", edge_fields)
        return GraphQLObjectType(
            f"_{name}Connection",
            lambda: {
                "items": GraphQLField(
                    GraphQLNonNull(GraphQLList(self._types[name])),
                    resolve=lambda page, _: [step.node for step in page.edges],
                ),
                "edges": GraphQLField(GraphQLNonNull(GraphQLList(edge))),
                "pageInfo": GraphQLField(GraphQLNonNull(_PAGE_INFO), resolve=lambda page, _: _Cursor(page.cursor)),
            },
            description=f"A page of {view.id.external_id}.",
        )

    # --- inputs ---

    def _filter(self, type_name: str, view: ViewDef) -> GraphQLInputObjectType:
        is_search = type_name.startswith("_Search")

        def fields() -> _Inputs:
            found: _Inputs = {"space": _text_input(), "externalId": _text_input()}
            found |= {name: GraphQLInputField(_COMPARISONS["timestamp"]) for name in BASE_TIMES}
            found |= {
                prop.name: GraphQLInputField(self._comparison(prop, is_search=is_search)) for prop in _sayable(view)
            }
            parts = GraphQLInputField(GraphQLList(GraphQLNonNull(this)))
            return found | {"and": parts, "or": parts, "not": GraphQLInputField(this)}

        this = GraphQLInputObjectType(type_name, fields)
        return this

    def _comparison(self, prop: ViewProp, *, is_search: bool) -> GraphQLInputObjectType:
        kind = "text" if prop.prop.type in _RESOURCES else prop.prop.type
        if kind != "direct":
            return (_LIST_COMPARISONS if prop.prop.is_list else _COMPARISONS)[kind]
        target = self._target(prop.source)
        if prop.prop.is_list:
            return _REFERENCES_FILTER
        if target is None:
            return _REFERENCE_FILTER
        return (self._search_filters if is_search else self._filters)[target]

    def _sort(self, name: str, view: ViewDef) -> GraphQLInputObjectType:
        def fields() -> _Inputs:
            names = ["space", "externalId", *BASE_TIMES]
            names += [prop.name for prop in _sayable(view) if prop.prop.type in _SORTED and not prop.prop.is_list]
            return {each: GraphQLInputField(_DIRECTION) for each in names}

        return GraphQLInputObjectType(f"_{name}Sort", fields)

    # --- aggregates ---

    def _aggregation(self, name: str, view: ViewDef) -> GraphQLObjectType:
        sayable = [prop.name for prop in _sayable(view)]
        numbers = [prop.name for prop in _sayable(view) if prop.prop.type in _NUMBERS and not prop.prop.is_list]
        functions = {"count": GraphQLObjectType(f"_{name}Count", _aggregates(["externalId", *sayable], "count"))}
        if numbers:
            for function in ("avg", "min", "max", "sum"):
                functions[function] = GraphQLObjectType(f"_{name}{function.title()}", _aggregates(numbers, function))
        fields: _Fields = {"group": GraphQLField(_JSON, resolve=lambda group, _: group.values)}
        for function, type_ in functions.items():
            fields[function] = GraphQLField(type_, resolve=lambda group, _: group)
        item = GraphQLObjectType(f"_{name}Aggregate", fields)
        return GraphQLObjectType(f"_{name}Aggregates", {"items": GraphQLField(GraphQLNonNull(GraphQLList(item)))})


# --- fields ---


def _reader(info: Any) -> Reader:
    reader: Reader = info.context
    return reader


def _sayable(view: ViewDef) -> list[ViewProp]:
    """The mapped properties whose names GraphQL can say."""
    return [prop for prop in view.mapped.values() if _NAME.fullmatch(prop.name)]


def _definition(view: ViewDef, name: str) -> dict[str, Any]:
    return (view.connections[name] if name in view.connections else view.mapped[name]).definition


def _base_fields(view: ViewDef) -> _Fields:
    """What every instance has."""
    fields: _Fields = {
        name: GraphQLField(GraphQLNonNull(GraphQLString), resolve=_item_of(name)) for name in ("space", "externalId")
    }
    for name in BASE_TIMES:
        fields[name] = GraphQLField(_TIMESTAMP, resolve=_item_time_of(name))
    if view.used_for == "edge":
        for name in ("type", "startNode", "endNode"):
            fields[name] = GraphQLField(_REFERENCE, resolve=_item_of(name))
    return fields


def _item_of(name: str) -> _Resolver:
    return lambda row, _: row.item.get(name)


def _item_time_of(name: str) -> _Resolver:
    return lambda row, _: _iso(row.item[name])


def _value_of(name: str) -> _Resolver:
    return lambda row, _: row.value(name)


def _of_edge(name: str) -> _Resolver:
    def resolve(edge: Edge, _: Any) -> Any:
        return None if edge.row is None else edge.row.item.get(name)

    return resolve


def _edge_properties(edge: Edge, _: Any) -> dict[str, Any] | None:
    """The properties of an edge through the view that its connection names."""
    if edge.row is None:
        return None
    return {name: value for name in edge.row.together.view.mapped if (value := edge.row.value(name)) is not None}


def _items(references: list[Any] | None) -> dict[str, Any] | None:
    return None if references is None else {"items": references}


def _text_input() -> GraphQLInputField:
    return GraphQLInputField(_COMPARISONS["text"])


def _choice(type_name: str, argument: str, names: Iterable[str]) -> dict[str, GraphQLArgument]:
    """An argument that is some of some properties; none where there are no such properties."""
    values = {name: name for name in names if name not in {"true", "false", "null"}}
    if not values:
        return {}
    return {argument: GraphQLArgument(GraphQLList(GraphQLNonNull(GraphQLEnumType(type_name, values))))}


def _aggregates(names: Iterable[str], function: str) -> _Fields:
    scalar = GraphQLInt if function == "count" else GraphQLFloat

    def value_of(name: str) -> _Resolver:
        def resolve(group: Group, _: Any) -> Any:
            return group.groups.value(function, name, group.values)

        return resolve

    return {name: GraphQLField(scalar, resolve=value_of(name)) for name in names}
