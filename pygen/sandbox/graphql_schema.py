"""
The GraphQL schema of a data model (dms-api.md 11): a type for each view, and queries over its instances.

Properties whose names GraphQL cannot say, such as `flow-rate`, are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
)

from pygen.client.models.ids import ContainerId, ViewId
from pygen.sandbox.catalog import Connection, ViewDef, ViewProp, view_id
from pygen.sandbox.classic import SYSTEM_SPACE
from pygen.sandbox.graphql_filters import BASE_TIMES
from pygen.sandbox.graphql_reading import Edge, Group, Page, Reader, Row
from pygen.sandbox.graphql_types import (
    BOOLEAN,
    COMPARISONS,
    DIRECTION,
    FLOAT,
    INSTANCE_ID,
    INTEGER,
    JSON_OBJECT,
    LIST_COMPARISONS,
    NUMBERS,
    PAGE_INFO,
    REFERENCE,
    REFERENCE_FILTER,
    REFERENCES,
    REFERENCES_FILTER,
    RESOURCES,
    SCALARS,
    TEXT,
    TIMESTAMP,
    Fields,
    Inputs,
    PageEnd,
    Resolver,
    enum_type,
    input_type,
    iso,
    object_type,
    points_of,
)

__all__ = ["make_schema"]

_NAME = re.compile(r"[A-Za-z][_0-9A-Za-z]*", re.ASCII)
_GROUPED = NUMBERS | {"text", "direct", "boolean", "enum"}
_SORTED = _GROUPED | {"timestamp", "date", "timeseries", "file", "sequence"}
_TIME_SERIES = ContainerId(SYSTEM_SPACE, "CogniteTimeSeries")


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
        fields: Fields = {}
        for name, view in self._views.items():
            fields |= self._queries(name, view)
        if not fields:
            fields["_empty"] = GraphQLField(BOOLEAN, description="The data model has no views.")
        return GraphQLSchema(object_type("Query", fields), types=list(self._types.values()))

    # --- queries ---

    def _queries(self, name: str, view: ViewDef) -> Fields:
        texts = [prop.name for prop in _sayable(view) if prop.prop.type == "text"]
        first = {"first": GraphQLArgument(INTEGER)}
        searched = {"query": GraphQLArgument(TEXT), **_choice(f"_{name}TextField", "fields", texts)}
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
                {"instance": GraphQLArgument(GraphQLNonNull(INSTANCE_ID))},
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
            "first": GraphQLArgument(INTEGER),
            "after": GraphQLArgument(TEXT),
            "filter": GraphQLArgument(self._filters[name]),
            "sort": GraphQLArgument(GraphQLList(GraphQLNonNull(self._sorts[name]))),
        }

    # --- types of views ---

    def _type(self, view: ViewDef) -> GraphQLObjectType:
        def fields() -> Fields:
            found = _base_fields(view)
            for name in view.names:
                if _NAME.fullmatch(name):
                    found[name] = self._field(view, name)
            if any(container.id == _TIME_SERIES for container in view.containers):
                found = points_of(lambda row: {"instanceId": row.reference}) | found
            return found

        return object_type(view.id.external_id, fields, description=view.body.get("description"))

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
        if kind in RESOURCES:
            type_: Any = GraphQLList(RESOURCES[kind]) if prop.prop.is_list else RESOURCES[kind]
            return GraphQLField(type_, resolve=lambda row, info: _reader(info).resource(row, name, kind))
        scalar = SCALARS[kind]
        return GraphQLField(GraphQLList(scalar) if prop.prop.is_list else scalar, resolve=_value_of(name))

    def _direct(self, prop: ViewProp) -> GraphQLField:
        name = prop.name
        target = self._target(prop.source)
        if target is None:
            if prop.prop.is_list:
                return GraphQLField(REFERENCES, resolve=lambda row, _: _items(row.value(name)))
            return GraphQLField(REFERENCE, resolve=_value_of(name))
        view = self._views[target]
        if prop.prop.is_list:
            return GraphQLField(self._pages[target], resolve=lambda row, info: _reader(info).targets(row, name, view))
        return GraphQLField(self._types[target], resolve=lambda row, info: _reader(info).target(row, name, view))

    def _connection(self, connection: Connection) -> GraphQLField:
        target = self._target(view_id(connection.definition["source"]))
        if target is None:
            return GraphQLField(REFERENCES, resolve=lambda *_: None)
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
        def edge_fields() -> Fields:
            return {
                "node": GraphQLField(self._types[name], resolve=lambda edge, _: edge.node),
                **{field: GraphQLField(TEXT, resolve=_of_edge(field)) for field in ("space", "externalId")},
                **{
                    field: GraphQLField(REFERENCE, resolve=_of_edge(field))
                    for field in ("type", "startNode", "endNode")
                },
                "properties": GraphQLField(JSON_OBJECT, resolve=_edge_properties),
            }

        edge = object_type(f"_{name}Edge", edge_fields)
        return object_type(
            f"_{name}Connection",
            lambda: {
                "items": GraphQLField(
                    GraphQLNonNull(GraphQLList(self._types[name])),
                    resolve=lambda page, _: [step.node for step in page.edges],
                ),
                "edges": GraphQLField(GraphQLNonNull(GraphQLList(edge))),
                "pageInfo": GraphQLField(GraphQLNonNull(PAGE_INFO), resolve=lambda page, _: PageEnd(page.cursor)),
            },
            description=f"A page of {view.id.external_id}.",
        )

    # --- inputs ---

    def _filter(self, type_name: str, view: ViewDef) -> GraphQLInputObjectType:
        is_search = type_name.startswith("_Search")

        def fields() -> Inputs:
            found: Inputs = {"space": _text_input(), "externalId": _text_input()}
            found |= {name: GraphQLInputField(COMPARISONS["timestamp"]) for name in BASE_TIMES}
            found |= {
                prop.name: GraphQLInputField(self._comparison(prop, is_search=is_search)) for prop in _sayable(view)
            }
            parts = GraphQLInputField(GraphQLList(GraphQLNonNull(this)))
            return found | {"and": parts, "or": parts, "not": GraphQLInputField(this)}

        this = input_type(type_name, fields)
        return this

    def _comparison(self, prop: ViewProp, *, is_search: bool) -> GraphQLInputObjectType:
        kind = "text" if prop.prop.type in RESOURCES else prop.prop.type
        if kind != "direct":
            return (LIST_COMPARISONS if prop.prop.is_list else COMPARISONS)[kind]
        target = self._target(prop.source)
        if prop.prop.is_list:
            return REFERENCES_FILTER
        if target is None:
            return REFERENCE_FILTER
        return (self._search_filters if is_search else self._filters)[target]

    def _sort(self, name: str, view: ViewDef) -> GraphQLInputObjectType:
        def fields() -> Inputs:
            names = ["space", "externalId", *BASE_TIMES]
            names += [prop.name for prop in _sayable(view) if prop.prop.type in _SORTED and not prop.prop.is_list]
            return {each: GraphQLInputField(DIRECTION) for each in names}

        return input_type(f"_{name}Sort", fields)

    # --- aggregates ---

    def _aggregation(self, name: str, view: ViewDef) -> GraphQLObjectType:
        sayable = [prop.name for prop in _sayable(view)]
        numbers = [prop.name for prop in _sayable(view) if prop.prop.type in NUMBERS and not prop.prop.is_list]
        functions = {"count": object_type(f"_{name}Count", _aggregates(["externalId", *sayable], "count"))}
        if numbers:
            for function in ("avg", "min", "max", "sum"):
                functions[function] = object_type(f"_{name}{function.title()}", _aggregates(numbers, function))
        fields: Fields = {"group": GraphQLField(JSON_OBJECT, resolve=lambda group, _: group.values)}
        for function, type_ in functions.items():
            fields[function] = GraphQLField(type_, resolve=lambda group, _: group)
        item = object_type(f"_{name}Aggregate", fields)
        return object_type(f"_{name}Aggregates", {"items": GraphQLField(GraphQLNonNull(GraphQLList(item)))})


# --- fields ---


def _reader(info: Any) -> Reader:
    reader: Reader = info.context
    return reader


def _sayable(view: ViewDef) -> list[ViewProp]:
    """The mapped properties whose names GraphQL can say."""
    return [prop for prop in view.mapped.values() if _NAME.fullmatch(prop.name)]


def _definition(view: ViewDef, name: str) -> dict[str, Any]:
    return (view.connections[name] if name in view.connections else view.mapped[name]).definition


def _base_fields(view: ViewDef) -> Fields:
    """What every instance has."""
    fields: Fields = {
        name: GraphQLField(GraphQLNonNull(TEXT), resolve=_item_of(name)) for name in ("space", "externalId")
    }
    for name in BASE_TIMES:
        fields[name] = GraphQLField(TIMESTAMP, resolve=_item_time_of(name))
    if view.used_for == "edge":
        for name in ("type", "startNode", "endNode"):
            fields[name] = GraphQLField(REFERENCE, resolve=_item_of(name))
    return fields


def _item_of(name: str) -> Resolver:
    return lambda row, _: row.item.get(name)


def _item_time_of(name: str) -> Resolver:
    return lambda row, _: iso(row.item[name])


def _value_of(name: str) -> Resolver:
    return lambda row, _: row.value(name)


def _of_edge(name: str) -> Resolver:
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
    return GraphQLInputField(COMPARISONS["text"])


def _choice(type_name: str, argument: str, names: Iterable[str]) -> dict[str, GraphQLArgument]:
    """An argument that is some of some properties; none where there are no such properties."""
    values = {name: name for name in names if name not in {"true", "false", "null"}}
    if not values:
        return {}
    return {argument: GraphQLArgument(GraphQLList(GraphQLNonNull(enum_type(type_name, values))))}


def _aggregates(names: Iterable[str], function: str) -> Fields:
    scalar = INTEGER if function == "count" else FLOAT

    def value_of(name: str) -> Resolver:
        def resolve(group: Group, _: Any) -> Any:
            return group.groups.value(function, name, group.values)

        return resolve

    return {name: GraphQLField(scalar, resolve=value_of(name)) for name in names}
