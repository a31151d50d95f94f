"""
A stand-in for the Data Modeling Service: an httpx transport over nodes and edges in memory.

It knows what this example needs (apply, list, byids, delete, aggregate) and says so about everything else. Nothing
leaves the process, and nothing is kept after it.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import httpx

Json: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, str]

BASE_URL = "http://127.0.0.1"
PROJECT = "demo"
MODEL_FILE = Path(__file__).resolve().parent.parent / "model" / "windfarm.json"

CLOCK = 1767225600000
"""Epoch milliseconds at which the demo begins; every request that writes takes one second."""


class BadRequestError(Exception):
    """What the service would answer with status 400."""


@dataclass
class Instance:
    """A node or an edge; its values are kept by container, as the service does."""

    base: Json
    values: dict[Key, Json] = field(default_factory=dict)


class View:
    """What is needed of a view to read and to write through it."""

    def __init__(self, definition: Json) -> None:
        self.space: str = definition["space"]
        self.name = f"{definition['externalId']}/{definition['version']}"
        self.filter: Json | None = definition.get("filter")
        self.columns: dict[str, tuple[Key, str, Json]] = {
            name: (_key(mapped["container"]), mapped["containerPropertyIdentifier"], mapped)
            for name, mapped in definition["properties"].items()
            if "container" in mapped
        }
        self.containers = {container for container, _, _ in self.columns.values()}

    def read(self, instance: Instance) -> Json:
        """The properties of an instance through this view; missing ones are left out."""
        found = {
            name: instance.values.get(container, {}).get(column)
            for name, (container, column, _) in self.columns.items()
        }
        return {name: value for name, value in found.items() if value is not None}


class DemoTransport(httpx.BaseTransport):
    """
    Answers what the SDK of this project asks.

    Args:
        page_size: Most items in one page, whatever the request allows; small enough to see paging at work.

    Attributes:
        requests: Path of every request so far, for those who want to see how few there are.
    """

    def __init__(self, *, page_size: int = 1000) -> None:
        self.page_size = page_size
        self.requests: list[str] = []
        self._now = CLOCK
        self._numbers = 0
        self._instances: dict[Key, Instance] = {}
        model = json.loads(MODEL_FILE.read_text(encoding="utf-8"))["items"][0]
        self._views = {(view["space"], view["externalId"], view["version"]): View(view) for view in model["views"]}
        self._by_property = {(view.space, view.name): view for view in self._views.values()}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        content = request.read()
        if request.headers.get("content-encoding") == "gzip":
            content = gzip.decompress(content)
        path = request.url.path.removeprefix(f"/api/v1/projects/{PROJECT}")
        self.requests.append(path)
        routes: dict[str, Callable[[Json], Json]] = {
            "/models/instances": self._apply,
            "/models/instances/aggregate": self._aggregate,
            "/models/instances/byids": self._by_ids,
            "/models/instances/delete": self._delete,
            "/models/instances/list": self._list,
        }
        if path not in routes:
            return _error(404, f"the demo does not answer {path}")
        try:
            return httpx.Response(200, json=routes[path](json.loads(content)), headers={"x-request-id": "demo"})
        except BadRequestError as error:
            return _error(400, str(error))

    # reading

    def _list(self, body: Json) -> Json:
        views = [self._view(item["source"]) for item in body.get("sources") or ()]
        found = [
            instance
            for instance in self._instances.values()
            if instance.base["instanceType"] == body.get("instanceType", "node")
            and all(self._belongs(instance, view) for view in views)
            and self._matches(body.get("filter"), instance)
        ]
        for order in reversed(body.get("sort") or ()):
            found = self._sorted(found, order)
        start = int(body.get("cursor") or 0)
        end = start + min(body.get("limit") or 1000, self.page_size)
        page: Json = {"items": [_shown(instance, views) for instance in found[start:end]]}
        return {**page, "nextCursor": str(end)} if end < len(found) else page

    def _by_ids(self, body: Json) -> Json:
        views = [self._view(item["source"]) for item in body.get("sources") or ()]
        found = (self._instances.get(_key(item)) for item in body["items"])
        return {
            "items": [
                _shown(instance, views)
                for instance in found
                if instance and all(self._belongs(instance, view) for view in views)
            ]
        }

    def _aggregate(self, body: Json) -> Json:
        view = self._view(body["view"])
        groups: dict[str, tuple[Json, list[Json]]] = {}
        for instance in self._instances.values():
            if self._belongs(instance, view) and self._matches(body.get("filter"), instance):
                shown = view.read(instance)
                group = {name: shown[name] for name in body.get("groupBy") or () if name in shown}
                groups.setdefault(json.dumps(group, sort_keys=True), (group, []))[1].append(shown)
        if not groups and not body.get("groupBy"):
            groups[""] = ({}, [])
        return {
            "items": [
                {
                    "instanceType": body.get("instanceType", "node"),
                    **({"group": group} if group else {}),
                    "aggregates": [_aggregated(wanted, rows) for wanted in body.get("aggregates") or ()],
                }
                for group, rows in groups.values()
            ]
        }

    # writing

    def _apply(self, body: Json) -> Json:
        self._now += 1000
        return {
            "items": [self._apply_one(item, replace=bool(body.get("replace"))) for item in body["items"]],
            "deleted": self._delete({"items": body.get("delete") or []})["items"],
        }

    def _apply_one(self, item: Json, *, replace: bool) -> Json:
        identity = {"instanceType": item["instanceType"], "space": item["space"], "externalId": item["externalId"]}
        instance = self._instances.get(_key(item))
        before = json.dumps([instance.base, [*instance.values.values()]]) if instance else None
        if instance is None:
            instance = Instance({**identity, "version": 0, "createdTime": self._now, "lastUpdatedTime": self._now})
            self._instances[_key(item)] = instance
        instance.base |= {name: item[name] for name in ("type", "startNode", "endNode") if item.get(name)}
        for source in item.get("sources") or ():
            self._write(instance, self._view(source["source"]), source.get("properties") or {}, replace=replace)
        modified = before != json.dumps([instance.base, [*instance.values.values()]])
        if modified:
            instance.base |= {"version": instance.base["version"] + 1, "lastUpdatedTime": self._now}
        times = {name: instance.base[name] for name in ("version", "createdTime", "lastUpdatedTime")}
        return {**identity, **times, "wasModified": modified}

    def _write(self, instance: Instance, view: View, properties: Json, *, replace: bool) -> None:
        for container in view.containers:
            row = {} if replace else instance.values.get(container, {})
            for owner, column, mapped in view.columns.values():
                if owner == container and column not in row:
                    row[column] = self._initial(mapped)
            instance.values[container] = row
        for name, value in properties.items():
            if name not in view.columns:
                raise BadRequestError(f"Unknown property '{name}' in view {view.name}")
            container, column, mapped = view.columns[name]
            if value is None and not mapped["nullable"]:
                raise BadRequestError(f"Invalid value for non-nullable property '{name}'. Value cannot be null.")
            instance.values[container][column] = value
            for target in value if isinstance(value, list) else [value]:
                self._create_target(target, mapped)

    def _initial(self, mapped: Json) -> Any:
        if mapped.get("autoIncrement"):
            self._numbers += 1
            return self._numbers
        return mapped.get("defaultValue")

    def _create_target(self, target: Any, mapped: Json) -> None:
        if mapped["type"]["type"] == "direct" and target is not None and _key(target) not in self._instances:
            times = {"version": 1, "createdTime": self._now, "lastUpdatedTime": self._now}
            self._instances[_key(target)] = Instance({"instanceType": "node", **target, **times})

    def _delete(self, body: Json) -> Json:
        gone = [item for item in body["items"] if self._instances.pop(_key(item), None)]
        nodes = {_key(item) for item in gone}
        self._instances = {
            key: instance
            for key, instance in self._instances.items()
            if not nodes & {_key(instance.base[end]) for end in ("startNode", "endNode") if end in instance.base}
        }
        return {"items": gone}

    # filters

    def _view(self, reference: Json) -> View:
        view = self._views.get((reference["space"], reference["externalId"], reference.get("version", "")))
        if view is None:
            raise BadRequestError(f"View {reference['externalId']} does not exist")
        return view

    def _belongs(self, instance: Instance, view: View) -> bool:
        return view.containers <= set(instance.values) and self._matches(view.filter, instance)

    def _matches(self, condition: Json | None, instance: Instance) -> bool:
        if not condition:
            return True
        ((operator, operand),) = condition.items()
        match operator:
            case "and":
                return all(self._matches(part, instance) for part in operand)
            case "or":
                return any(self._matches(part, instance) for part in operand)
            case "not":
                return not self._matches(operand, instance)
            case "matchAll":
                return True
            case "hasData":
                return all(self._has_data(instance, reference) for reference in operand)
            case "instanceReferences":
                return _key(instance.base) in {_key(reference) for reference in operand}
            case _:
                return _compare(operator, operand, self._value(operand["property"], instance))

    def _has_data(self, instance: Instance, reference: Json) -> bool:
        if reference["type"] == "container":
            return _key(reference) in instance.values
        return self._view(reference).containers <= set(instance.values)

    def _value(self, path: list[str], instance: Instance) -> Any:
        if len(path) == 2 and path[0] in {"node", "edge"}:
            return instance.base.get(path[1])
        space, owner, name = path
        if (view := self._by_property.get((space, owner))) is None:
            return instance.values.get((space, owner), {}).get(name)
        if name not in view.columns:
            raise BadRequestError(f"Unknown property '{name}' in view {view.name}")
        container, column, _ = view.columns[name]
        return instance.values.get(container, {}).get(column)

    def _sorted(self, found: list[Instance], order: Json) -> list[Instance]:
        def value(instance: Instance) -> Any:
            return self._value(order["property"], instance)

        present = [instance for instance in found if value(instance) is not None]
        absent = [instance for instance in found if value(instance) is None]
        present.sort(key=value, reverse=order.get("direction") == "descending")
        return absent + present if order.get("nullsFirst") else present + absent


def _compare(operator: str, operand: Json, value: Any) -> bool:
    """A comparison with a missing value is never true, as in SQL."""
    if value is None:
        return False
    values = value if isinstance(value, list) else [value]
    match operator:
        case "exists":
            return True
        case "equals":
            return bool(value == operand["value"])
        case "in" | "containsAny":
            return any(item in operand["values"] for item in values)
        case "containsAll":
            return all(item in values for item in operand["values"])
        case "prefix":
            return str(value).startswith(operand["value"])
        case "range":
            return _within(value, operand)
        case _:
            raise BadRequestError(f"the demo does not know the filter '{operator}'")


def _within(value: Any, bounds: Mapping[str, Any]) -> bool:
    return (
        ("gt" not in bounds or value > bounds["gt"])
        and ("gte" not in bounds or value >= bounds["gte"])
        and ("lt" not in bounds or value < bounds["lt"])
        and ("lte" not in bounds or value <= bounds["lte"])
    )


def _aggregated(wanted: Json, rows: list[Json]) -> Json:
    ((function, options),) = wanted.items()
    name = options.get("property")
    if function == "count":
        count = sum(name in {None, "externalId"} or name in row for row in rows)
        return {"aggregate": "count", **({"property": name} if name else {}), "value": count}
    values = [row[name] for row in rows if name in row]
    functions: dict[str, Callable[[Iterable[float]], float]] = {
        "avg": lambda numbers: sum(numbers) / len(values),
        "max": max,
        "min": min,
        "sum": sum,
    }
    if function not in functions:
        raise BadRequestError(f"the demo does not know the aggregate '{function}'")
    return {
        "aggregate": function,
        "property": name,
        **({"value": float(functions[function](values))} if values else {}),
    }


def _shown(instance: Instance, views: list[View]) -> Json:
    properties: dict[str, Json] = {}
    for view in views:
        properties.setdefault(view.space, {})[view.name] = view.read(instance)
    return {**instance.base, "properties": properties}


def _key(reference: Mapping[str, Any]) -> Key:
    return reference["space"], reference["externalId"]


def _error(status: int, message: str) -> httpx.Response:
    return httpx.Response(
        status, json={"error": {"code": status, "message": message}}, headers={"x-request-id": "demo"}
    )
