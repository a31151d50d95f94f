"""
The types that the GraphQL schemas of all data models share (dms-api.md 11).

Names that begin with an underscore are the sandbox's own: views cannot be called so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias, cast, get_args

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
    GraphQLString,
)

from pygen.sandbox.graphql_filters import epoch_ms
from pygen.sandbox.point_aggregates import Aggregate

__all__ = [
    "BOOLEAN",
    "COMPARISONS",
    "DIRECTION",
    "FLOAT",
    "INSTANCE_ID",
    "INTEGER",
    "JSON_OBJECT",
    "LIST_COMPARISONS",
    "NUMBERS",
    "PAGE_INFO",
    "REFERENCE",
    "REFERENCES",
    "REFERENCES_FILTER",
    "REFERENCE_FILTER",
    "RESOURCES",
    "SCALARS",
    "TEXT",
    "TIMESTAMP",
    "Fields",
    "Inputs",
    "PageEnd",
    "Resolver",
    "enum_type",
    "input_type",
    "iso",
    "object_type",
    "points_of",
]

Fields: TypeAlias = dict[str, GraphQLField]
Inputs: TypeAlias = dict[str, GraphQLInputField]
Resolver: TypeAlias = Callable[..., Any]

NUMBERS = frozenset({"int32", "int64", "float32", "float64"})


# --- named types: graphql-core makes them in a way that not every type checker sees through ---


def _scalar(name: str, description: str) -> GraphQLScalarType:
    return _known(GraphQLScalarType(name, description=description))


def _known(scalar: Any) -> GraphQLScalarType:
    return cast("GraphQLScalarType", scalar)


def enum_type(name: str, values: Mapping[str, str]) -> GraphQLEnumType:
    """An enum; its values as documents write them, with what they stand for."""
    made: Any = GraphQLEnumType(name, values)
    return cast("GraphQLEnumType", made)


def object_type(name: str, fields: Fields | Callable[[], Fields], description: str | None = None) -> GraphQLObjectType:
    """A type of answers; its fields may be made when they are first asked for."""
    made: Any = GraphQLObjectType(name, fields, description=description)
    return cast("GraphQLObjectType", made)


def input_type(name: str, fields: Inputs | Callable[[], Inputs]) -> GraphQLInputObjectType:
    """A type of arguments; its fields may be made when they are first asked for."""
    made: Any = GraphQLInputObjectType(name, fields)
    return cast("GraphQLInputObjectType", made)


# --- what all schemas share ---

TEXT = _known(GraphQLString)
INTEGER = _known(GraphQLInt)
FLOAT = _known(GraphQLFloat)
BOOLEAN = _known(GraphQLBoolean)
INT64 = _scalar("Int64", "A whole number of 64 bits.")
_FLOAT32 = _scalar("Float32", "A number of 32 bits.")
TIMESTAMP = _scalar("Timestamp", "A moment, like 2026-01-01T00:00:00.000+00:00.")
_DATE = _scalar("Date", "A day, like 2026-01-01.")
JSON_OBJECT = _scalar("JSONObject", "Any JSON.")
_ENUM = _scalar("_EnumValue", "A value of an enum, with or without quotes.")
_MOMENT = _scalar("_Moment", "Epoch milliseconds, a timestamp, now, or a time like 2d-ago.")
_DATUM = _scalar("_Datum", "The value of a data point: a number or text.")

SCALARS: Mapping[str, GraphQLScalarType] = {
    "text": TEXT,
    "boolean": BOOLEAN,
    "int32": INTEGER,
    "int64": INT64,
    "float32": _FLOAT32,
    "float64": FLOAT,
    "timestamp": TIMESTAMP,
    "date": _DATE,
    "json": JSON_OBJECT,
    "enum": _ENUM,
}
DIRECTION = enum_type("_SortDirection", {"ASC": "ascending", "DESC": "descending"})
REFERENCE = object_type(
    "_Reference",
    {"space": GraphQLField(TEXT), "externalId": GraphQLField(TEXT)},
    description="A node that no type of the data model is for.",
)
REFERENCES = object_type("_References", {"items": GraphQLField(GraphQLList(REFERENCE))})
INSTANCE_ID = input_type(
    "_DirectRelationRef",
    {
        "space": GraphQLInputField(GraphQLNonNull(TEXT)),
        "externalId": GraphQLInputField(GraphQLNonNull(TEXT)),
    },
)
PAGE_INFO = object_type(
    "PageInfo",
    {
        "hasNextPage": GraphQLField(GraphQLNonNull(BOOLEAN), resolve=lambda cursor, _: cursor.value is not None),
        "hasPreviousPage": GraphQLField(GraphQLNonNull(BOOLEAN), resolve=lambda *_: False),
        "startCursor": GraphQLField(TEXT, resolve=lambda *_: None),
        "endCursor": GraphQLField(TEXT, resolve=lambda cursor, _: cursor.value),
    },
)


class PageEnd:
    """Where the next page begins; GraphQL takes a plain None for a missing object."""

    def __init__(self, value: str | None) -> None:
        self.value = value


def _comparison(name: str, scalar: GraphQLScalarType, operators: Iterable[str]) -> GraphQLInputObjectType:
    many = {"in", "containsAny", "containsAll"}
    fields = {
        operator: GraphQLInputField(GraphQLList(GraphQLNonNull(scalar)) if operator in many else scalar)
        for operator in operators
    }
    return input_type(name, {**fields, "isNull": GraphQLInputField(BOOLEAN)})


_ORDERED = ("eq", "in", "gt", "gte", "lt", "lte")
_OPERATORS: Mapping[str, Sequence[str]] = {
    "text": (*_ORDERED, "prefix"),
    "boolean": ("eq",),
    "enum": ("eq", "in"),
    "json": (),
    **dict.fromkeys((*sorted(NUMBERS), "timestamp", "date"), _ORDERED),
}
COMPARISONS = {
    kind: _comparison(f"_{scalar.name.removeprefix('_')}Filter", scalar, _OPERATORS[kind])
    for kind, scalar in SCALARS.items()
}
LIST_COMPARISONS = {
    kind: _comparison(f"_{scalar.name.removeprefix('_')}ListFilter", scalar, ("containsAny", "containsAll"))
    for kind, scalar in SCALARS.items()
}
REFERENCE_FILTER = input_type(
    "_ReferenceFilter",
    {
        "eq": GraphQLInputField(INSTANCE_ID),
        "in": GraphQLInputField(GraphQLList(GraphQLNonNull(INSTANCE_ID))),
        "isNull": GraphQLInputField(BOOLEAN),
    },
)
REFERENCES_FILTER = input_type(
    "_ReferenceListFilter",
    {
        "containsAny": GraphQLInputField(GraphQLList(GraphQLNonNull(INSTANCE_ID))),
        "containsAll": GraphQLInputField(GraphQLList(GraphQLNonNull(INSTANCE_ID))),
        "isNull": GraphQLInputField(BOOLEAN),
    },
)


def _shouted(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()


_AGGREGATE = enum_type("_Aggregate", {_shouted(name): name for name in get_args(Aggregate)})
_AGGREGATED_POINT = object_type(
    "_AggregatedPoint",
    {
        "timestamp": GraphQLField(TIMESTAMP, resolve=lambda point, _: iso(point["timestamp"])),
        "value": GraphQLField(_DATUM),
    },
)
_DATA_POINT = object_type(
    "_DataPoint",
    {
        "timestamp": GraphQLField(TIMESTAMP, resolve=lambda point, _: iso(point["timestamp"])),
        "value": GraphQLField(_DATUM),
        **{
            name: GraphQLField(_AGGREGATED_POINT if name.endswith("Datapoint") else FLOAT)
            for name in get_args(Aggregate)
        },
    },
)
_DATA_POINTS = object_type(
    "_DataPoints",
    {
        "items": GraphQLField(GraphQLList(_DATA_POINT)),
        "pageInfo": GraphQLField(GraphQLNonNull(PAGE_INFO), resolve=lambda page, _: PageEnd(page["cursor"])),
    },
)


def iso(moment: int) -> str:
    """A moment as properties show it."""
    shown = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=moment)).isoformat(timespec="milliseconds")
    return str(shown)


def _milliseconds(moment: Any) -> Any:
    """What operations understand of a moment: timestamps are no times to those about data points."""
    found = epoch_ms(moment) if isinstance(moment, str) else None
    return moment if found is None else found


def points_of(identify: Callable[[Any], dict[str, Any]]) -> Fields:
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
                "first": GraphQLArgument(INTEGER),
                "after": GraphQLArgument(TEXT),
                "aggregates": GraphQLArgument(GraphQLList(GraphQLNonNull(_AGGREGATE))),
                "granularity": GraphQLArgument(TEXT),
            },
            resolve=points,
        ),
        "getLatestDataPoint": GraphQLField(_DATA_POINTS, {"before": GraphQLArgument(_MOMENT)}, resolve=latest),
    }


def _resource(name: str, fields: Mapping[str, GraphQLScalarType], others: Fields | None = None) -> GraphQLObjectType:
    common: Mapping[str, GraphQLScalarType] = {"id": INT64, "externalId": TEXT, "name": TEXT}
    plain = {field: GraphQLField(scalar) for field, scalar in {**common, **fields}.items()}
    times: Fields = {
        time: GraphQLField(TIMESTAMP, resolve=_time_of(time)) for time in ("createdTime", "lastUpdatedTime")
    }
    return object_type(name, {**plain, **times, "metadata": GraphQLField(JSON_OBJECT), **(others or {})})


def _time_of(name: str) -> Resolver:
    def resolve(resource: Mapping[str, Any], _: Any) -> str | None:
        return iso(resource[name]) if name in resource else None

    return resolve


_COLUMN = object_type(
    "_SequenceColumn",
    {name: GraphQLField(TEXT) for name in ("externalId", "name", "description", "valueType")},
)
RESOURCES: Mapping[str, GraphQLObjectType] = {
    "timeseries": _resource(
        "TimeSeries",
        {
            "description": TEXT,
            "unit": TEXT,
            "unitExternalId": TEXT,
            "isStep": BOOLEAN,
            "isString": BOOLEAN,
        },
        points_of(lambda series: {"externalId": series["externalId"]}),
    ),
    "file": _resource(
        "File",
        {"mimeType": TEXT, "directory": TEXT, "source": TEXT, "uploaded": BOOLEAN},
    ),
    "sequence": _resource("Sequence", {"description": TEXT}, {"columns": GraphQLField(GraphQLList(_COLUMN))}),
}
