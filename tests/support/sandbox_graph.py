"""Small graphs in a store of the sandbox, made and looked at through its operations."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

from pygen.sandbox.apply import apply_instances
from pygen.sandbox.containers import upsert_containers
from pygen.sandbox.delete import delete_instances
from pygen.sandbox.query import query_instances
from pygen.sandbox.settings import Settings
from pygen.sandbox.spaces import upsert_spaces
from pygen.sandbox.store import Store
from pygen.sandbox.sync import sync_instances
from pygen.sandbox.views import upsert_views

Json: TypeAlias = dict[str, Any]

EXCHANGES = Path(__file__).parent.parent / "contract" / "exchanges"

THING = {"type": "view", "space": "s", "externalId": "Thing", "version": "v1"}
LINK = {"type": "view", "space": "s", "externalId": "Link", "version": "v1"}
THING_CONTAINER = {"type": "container", "space": "s", "externalId": "Thing"}
LINK_CONTAINER = {"type": "container", "space": "s", "externalId": "Link"}

_THING = {
    "name": {"type": {"type": "text"}},
    "size": {"type": {"type": "float64", "unit": {"externalId": "length:m"}}},
    "parent": {"type": {"type": "direct"}},
    "friends": {"type": {"type": "direct", "list": True}},
}
_LINK = {"weight": {"type": {"type": "int32"}}, "seenBy": {"type": {"type": "direct"}}}


def exchanges(name: str) -> list[Json]:
    """The exchanges of a file of tests/contract/exchanges."""
    found: list[Json] = json.loads((EXCHANGES / f"{name}.json").read_text(encoding="utf-8"))["exchanges"]
    return found


class Graph:
    """
    A store with the view `Thing` of nodes and the view `Link` of edges, all in space `s`.

    Attributes:
        store: The store.
        now: The time, in epoch seconds; set it to let time pass.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.now = 1_767_225_600.0
        self.store = Store(settings=settings, wall_clock=lambda: self.now)

    @classmethod
    def of_things(cls, settings: Settings | None = None) -> Graph:
        """A graph without instances."""
        graph = cls(settings)
        upsert_spaces(graph.store, {"items": [{"space": "s"}]}, {})
        containers = [
            {
                "space": "s",
                "externalId": "Thing",
                "properties": _THING,
                "indexes": {
                    "byName": {"indexType": "btree", "properties": ["name", "size"], "cursorable": True},
                    "bySize": {"indexType": "btree", "properties": ["size"]},
                },
            },
            {"space": "s", "externalId": "Link", "usedFor": "edge", "properties": _LINK},
        ]
        upsert_containers(graph.store, {"items": containers}, {})
        views = [
            {
                "space": "s",
                "externalId": name,
                "version": "v1",
                "properties": {
                    prop: {"container": container, "containerPropertyIdentifier": prop} for prop in properties
                },
            }
            for name, container, properties in (("Thing", THING_CONTAINER, _THING), ("Link", LINK_CONTAINER, _LINK))
        ]
        upsert_views(graph.store, {"items": views}, {})
        return graph

    @classmethod
    def of_pumps(cls) -> Graph:
        """The example of dms-api.md 9, as it is before the exchanges of query and sync."""
        graph = cls()
        upsert_spaces(graph.store, exchanges("spaces")[0]["request"], {})
        upsert_containers(graph.store, exchanges("containers")[0]["request"], {})
        upsert_views(graph.store, exchanges("views")[0]["request"], {})
        for exchange in exchanges("instances_apply")[:3]:
            graph.now = max(item["lastUpdatedTime"] for item in exchange["response"]["items"]) / 1000
            apply_instances(graph.store, exchange["request"], {})
        return graph

    # --- changes ---

    def write(self, *items: Json) -> None:
        """Write instances."""
        apply_instances(self.store, {"items": list(items)}, {})

    def nodes(self, *names: str) -> None:
        """Write nodes that are named like their external ids."""
        self.write(*(node(name, name=name) for name in names))

    def edges(self, *arrows: str) -> None:
        """Write edges: `a>b` leads from a to b, and that is its external id."""
        self.write(*(edge(arrow) for arrow in arrows))

    def delete(self, *names: str, kind: str = "node") -> None:
        """Delete instances."""
        items = [{"instanceType": kind, "space": "s", "externalId": name} for name in names]
        delete_instances(self.store, {"items": items}, {})

    # --- looks ---

    def query(self, with_: Json, select: Iterable[str] | Json | None = None, **others: Any) -> Json:
        """Answer a query; without *select*, all result sets are returned."""
        return query_instances(self.store, {"with": with_, "select": _select(with_, select), **others}, {})

    def sync(self, with_: Json, select: Iterable[str] | Json | None = None, **others: Any) -> Json:
        """Answer a sync; without *select*, all result sets are returned."""
        return sync_instances(self.store, {"with": with_, "select": _select(with_, select), **others}, {})

    def found(self, with_: Json, name: str, **others: Any) -> list[str]:
        """The external ids of a result set of a query."""
        return names_of(self.query(with_, [name], **others), name)


def _select(with_: Json, select: Iterable[str] | Json | None) -> Json:
    return select if isinstance(select, dict) else {name: {} for name in (with_ if select is None else select)}


def names_of(answer: Json, name: str) -> list[str]:
    """The external ids of a result set of an answer."""
    return [item["externalId"] for item in answer["items"][name]]


def id_of(name: str) -> Json:
    """The identifier of an instance."""
    return {"space": "s", "externalId": name}


def node(name: str, /, **properties: Any) -> Json:
    """A node to be written."""
    sources = [{"source": THING, "properties": properties}] if properties else []
    return {"instanceType": "node", **id_of(name), "sources": sources}


def edge(arrow: str, type_: str = "leads", /, **properties: Any) -> Json:
    """An edge to be written: `a>b` leads from a to b."""
    start, _, end = arrow.partition(">")
    return {
        "instanceType": "edge",
        **id_of(arrow),
        "type": id_of(type_),
        "startNode": id_of(start),
        "endNode": id_of(end.partition("#")[0]),
        "sources": [{"source": LINK, "properties": properties}] if properties else [],
    }


def is_one_of(*names: str) -> Json:
    """A filter for some instances."""
    return {"instanceReferences": [id_of(name) for name in names]}


def equals(prop: str, value: object) -> Json:
    """A filter for things with a value."""
    return {"equals": {"property": ["s", "Thing/v1", prop], "value": value}}


def by(prop: str, view: str = "Thing/v1", **how: Any) -> list[Json]:
    """An order by a property."""
    return [{"property": ["s", view, prop], **how}]
