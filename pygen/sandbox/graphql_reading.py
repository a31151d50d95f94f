"""
What GraphQL queries are answered with: everything is read by the other operations.

Rows that were read together stay together: what one of them leads to is read for all of them at once, when it is first
asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from pygen.client.models.ids import ViewId
from pygen.sandbox.aggregate import aggregate_instances
from pygen.sandbox.catalog import Connection, ViewDef, ViewProp, container_reference, view_id, view_reference
from pygen.sandbox.files import retrieve_files
from pygen.sandbox.graphql_filters import all_of_filters, instance_type, read_filter, read_sort, through_path
from pygen.sandbox.listing import list_instances, retrieve_instances
from pygen.sandbox.query import query_instances
from pygen.sandbox.search import search_instances
from pygen.sandbox.sequences import retrieve_sequences
from pygen.sandbox.timeseries import latest_datapoints, list_datapoints, retrieve_time_series

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = ["Edge", "Group", "Groups", "Page", "Reader", "Row", "Rows"]

Json: TypeAlias = dict[str, Any]
T = TypeVar("T")

MOST_AT_ONCE = 1000
USUAL_PAGE = 100
_RETRIEVALS: Mapping[str, Callable[[Store, Json, Mapping[str, str]], Json]] = {
    "timeseries": retrieve_time_series,
    "file": retrieve_files,
    "sequence": retrieve_sequences,
}


class Rows:
    """
    Instances that were read together.

    Attributes:
        view: The view they were read through.
        rows: The instances.
    """

    def __init__(self, view: ViewDef, items: Sequence[Json]) -> None:
        self.view = view
        self.rows = [Row(self, item) for item in items]
        self._found: dict[str, Any] = {}

    def once(self, name: str, load: Callable[[Sequence[Row]], T]) -> T:
        """What was loaded for all rows under a name; loaded now if it was not."""
        if name not in self._found:
            self._found[name] = load(self.rows)
        found: T = self._found[name]
        return found


class Row:
    """
    An instance.

    Attributes:
        together: Those that it was read with, and itself.
        item: Its read form.
    """

    __slots__ = ("item", "together")

    def __init__(self, together: Rows, item: Json) -> None:
        self.together = together
        self.item = item

    @property
    def key(self) -> tuple[str, str]:
        """Its space and external id."""
        return self.item["space"], self.item["externalId"]

    @property
    def reference(self) -> Json:
        """It, as others refer to it."""
        return {"space": self.item["space"], "externalId": self.item["externalId"]}

    def value(self, name: str) -> Any:
        """The value of a property; None: it has none."""
        identifier = self.together.view.id
        views = self.item["properties"].get(identifier.space, {})
        return views.get(f"{identifier.external_id}/{identifier.version}", {}).get(name)


class Edge(NamedTuple):
    """
    A step from a row to another.

    Attributes:
        node: Where it leads.
        row: The edge itself, where there is one.
    """

    node: Row
    row: Row | None = None


class Page(NamedTuple):
    """
    A page of a list.

    Attributes:
        edges: The steps that lead to its rows.
        cursor: Where the next one begins; None: this is the last one.
    """

    edges: list[Edge]
    cursor: str | None = None

    @classmethod
    def of(cls, rows: Sequence[Row], cursor: str | None = None) -> Page:
        """A page of rows that no edges lead to."""
        return cls([Edge(row) for row in rows], cursor)


class Groups:
    """Groups of instances, with their aggregates; each of these is computed for all groups when it is asked for."""

    def __init__(self, reader: Reader, asked: Json) -> None:
        self._reader = reader
        self._asked = asked
        self._found: dict[tuple[str, str], dict[str, Any]] = {}

    def read(self) -> list[Group]:
        """The groups."""
        items = self._aggregate({"count": {}})
        return [Group(self, item.get("group")) for item in items]

    def value(self, function: str, name: str, group: Json | None) -> Any:
        """An aggregate of a group."""
        if (function, name) not in self._found:
            items = self._aggregate({function: {"property": name}})
            self._found[function, name] = {
                _group_key(item.get("group")): item["aggregates"][0].get("value") for item in items
            }
        return self._found[function, name].get(_group_key(group))

    def _aggregate(self, aggregate: Json) -> list[Json]:
        items: list[Json] = aggregate_instances(self._reader.store, {**self._asked, "aggregates": [aggregate]}, {})[
            "items"
        ]
        return items


def _group_key(group: Json | None) -> str:
    return json.dumps(group, sort_keys=True)


class Group(NamedTuple):
    """
    A group.

    Attributes:
        groups: All of them.
        values: What its instances have in common.
    """

    groups: Groups
    values: Json | None


class Reader:
    """
    Reads for one request.

    Args:
        store: The project.
        views: The views of the data model, by identifier.
    """

    def __init__(self, store: Store, views: Mapping[ViewId, ViewDef]) -> None:
        self.store = store
        self._views = views

    # --- where queries begin ---

    def page(self, view: ViewDef, arguments: Json, *conditions: Json) -> Page:
        """A page of the instances of a view that meet the filter and all conditions."""
        filters = [*conditions]
        given = read_filter(self._views, view, arguments.get("filter"))
        if given is not None:
            filters.append(given)
        body = {
            "instanceType": instance_type(view),
            "sources": [{"source": view_reference(view.id)}],
            "filter": all_of_filters(filters),
            "sort": read_sort(view, arguments.get("sort")),
            "limit": _first(arguments),
            "cursor": arguments.get("after"),
        }
        answer = list_instances(self.store, body, {})
        return Page.of(Rows(view, answer["items"]).rows, answer.get("nextCursor"))

    def by_ids(self, view: ViewDef, references: Sequence[Json]) -> dict[tuple[str, str], Row]:
        """Instances of a view, by space and external id; those that are none are missing."""
        unique = list({(each["space"], each["externalId"]): each for each in references}.values())
        items: list[Json] = []
        for start in range(0, len(unique), MOST_AT_ONCE):
            body = {
                "items": [
                    {"instanceType": instance_type(view), "space": each["space"], "externalId": each["externalId"]}
                    for each in unique[start : start + MOST_AT_ONCE]
                ],
                "sources": [{"source": view_reference(view.id)}],
            }
            items += retrieve_instances(self.store, body, {})["items"]
        return {row.key: row for row in Rows(view, items).rows}

    def search(self, view: ViewDef, arguments: Json) -> Page:
        """The instances of a view whose texts hold the words."""
        body = {
            "view": view_reference(view.id),
            "instanceType": instance_type(view),
            "query": arguments.get("query"),
            "properties": arguments.get("fields"),
            "filter": read_filter(self._views, view, arguments.get("filter")),
            "sort": read_sort(view, arguments.get("sort")),
            "limit": _first(arguments),
        }
        return Page.of(Rows(view, search_instances(self.store, body, {})["items"]).rows)

    def aggregate(self, view: ViewDef, arguments: Json) -> list[Group]:
        """Groups of the instances of a view."""
        asked = {
            "view": view_reference(view.id),
            "instanceType": instance_type(view),
            "query": arguments.get("query"),
            "properties": arguments.get("fields"),
            "groupBy": arguments.get("groupBy"),
            "filter": read_filter(self._views, view, arguments.get("filter")),
            "limit": _first(arguments),
        }
        return Groups(self, asked).read()

    # --- where relations lead ---

    def target(self, row: Row, name: str, view: ViewDef) -> Row | None:
        """Where a direct relation leads; None: nowhere, or to what does not belong to the view."""
        reference = row.value(name)
        return None if reference is None else self._targets(row, name, view).get(_key(reference))

    def targets(self, row: Row, name: str, view: ViewDef) -> Page | None:
        """Where a list of direct relations leads."""
        references = row.value(name)
        if references is None:
            return None
        found = self._targets(row, name, view)
        return Page.of([found[_key(each)] for each in references if _key(each) in found])

    def _targets(self, row: Row, name: str, view: ViewDef) -> dict[tuple[str, str], Row]:
        def load(rows: Sequence[Row]) -> dict[tuple[str, str], Row]:
            held = [value for each in rows if (value := each.value(name)) is not None]
            references = [one for value in held for one in (value if isinstance(value, list) else [value])]
            return self.by_ids(view, references)

        return row.together.once(name, load)

    def reverse(self, row: Row, connection: Connection, view: ViewDef, arguments: Json) -> Page:
        """The instances of a view whose direct relation leads to a row."""
        path = through_path(connection.definition["through"])
        found = self.store.catalog.property(path)
        if isinstance(found, ViewProp) and found.prop.is_list:
            return self.page(view, arguments, {"containsAny": {"property": path, "values": [row.reference]}})
        return self.page(view, arguments, {"equals": {"property": path, "value": row.reference}})

    def over_edges(self, row: Row, connection: Connection, view: ViewDef, arguments: Json) -> Page:
        """The instances of a view that edges lead to from a row."""
        definition = connection.definition
        source = definition.get("edgeSource")
        through = None if source is None else self.store.catalog.views.get(view_id(source))
        is_inwards = definition.get("direction") == "inwards"
        conditions = [_belongs(view)] if view.containers else []
        given = read_filter(self._views, view, arguments.get("filter"))
        if given is not None:
            conditions.append(given)
        edges: Json = {
            "from": "start",
            "maxDistance": 1,
            "direction": "inwards" if is_inwards else "outwards",
            "filter": {"equals": {"property": ["edge", "type"], "value": definition["type"]}},
            "nodeFilter": all_of_filters(conditions),
        }
        shown = [] if through is None else [{"source": source, "properties": ["*"]}]
        body = {
            "with": {
                "start": {"nodes": {"filter": {"instanceReferences": [row.reference]}}},
                "edges": {"edges": edges, "limit": _first(arguments)},
                "ends": {"nodes": {"from": "edges"}, "limit": _first(arguments)},
            },
            "select": {
                "edges": {"sources": shown},
                "ends": {"sources": [{"source": view_reference(view.id), "properties": ["*"]}]},
            },
            "cursors": {"edges": arguments.get("after")},
        }
        answer = query_instances(self.store, body, {})
        ends = {end.key: end for end in Rows(view, answer["items"]["ends"]).rows}
        steps = [
            Edge(ends[key], edge)
            for edge in Rows(through or view, answer["items"]["edges"]).rows
            if (key := _key(edge.item["startNode" if is_inwards else "endNode"])) in ends
        ]
        return Page(steps, answer["nextCursor"].get("edges"))

    # --- classic resources ---

    def resource(self, row: Row, name: str, kind: str) -> Any:
        """The time series, file or sequence that a property names, or a list of them; where it is gone, its name."""

        def load(rows: Sequence[Row]) -> dict[str, Json]:
            held = [value for each in rows if (value := each.value(name)) is not None]
            names = list({one: None for value in held for one in (value if isinstance(value, list) else [value])})
            found: dict[str, Json] = {}
            for start in range(0, len(names), MOST_AT_ONCE):
                items = [{"externalId": each} for each in names[start : start + MOST_AT_ONCE]]
                answer = _RETRIEVALS[kind](self.store, {"items": items, "ignoreUnknownIds": True}, {})
                found |= {item["externalId"]: item for item in answer["items"]}
            return found

        value = row.value(name)
        if value is None:
            return None
        found = row.together.once(name, load)
        if isinstance(value, list):
            return [found.get(each, {"externalId": each}) for each in value]
        return found.get(value, {"externalId": value})

    def datapoints(self, identifier: Json, arguments: Json) -> Json:
        """Data points of a time series, and the cursor of the next page."""
        item = {
            **identifier,
            "start": arguments.get("start"),
            "end": arguments.get("end"),
            "limit": arguments.get("first"),
            "cursor": arguments.get("after"),
            "aggregates": arguments.get("aggregates"),
            "granularity": arguments.get("granularity"),
        }
        return self._of_series(list_datapoints, item)

    def latest_datapoint(self, identifier: Json, arguments: Json) -> Json:
        """The latest data point of a time series."""
        return self._of_series(latest_datapoints, {**identifier, "before": arguments.get("before")})

    def _of_series(self, operation: Callable[[Store, Json, Mapping[str, str]], Json], item: Json) -> Json:
        items = operation(self.store, {"items": [item], "ignoreUnknownIds": True}, {})["items"]
        found: Json = items[0] if items else {"datapoints": []}
        return {"items": found["datapoints"], "cursor": found.get("nextCursor")}


def _first(arguments: Json) -> int:
    first = arguments.get("first")
    return USUAL_PAGE if first is None else int(first)


def _key(reference: Json) -> tuple[str, str]:
    return reference["space"], reference["externalId"]


def _belongs(view: ViewDef) -> Json:
    """A filter for the instances of a view."""
    return view.filter or {"hasData": [container_reference(container.id) for container in view.containers]}
