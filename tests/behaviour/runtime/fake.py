"""A service in memory that answers what the runtime asks, and remembers every request."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from pygen.client import PygenClient, RetryPolicy
from tests.behaviour.runtime.windsdk import AsyncWindClient, WindClient

Json = dict[str, Any]
BASE_URL = "https://cluster.example"
PREFIX = "/api/v1/projects/wind"
CREATED = 1767225700000


def body_of(request: httpx.Request) -> Json:
    """The JSON body of a request, inflated."""
    content = request.read()
    body: Json = json.loads(gzip.decompress(content) if request.headers.get("content-encoding") == "gzip" else content)
    return body


class FakeService:
    """
    Instances in memory, by space and external id.

    Args:
        page_size: Most items of a page, whatever the request says.
    """

    def __init__(self, *, page_size: int = 1000) -> None:
        self.page_size = page_size
        self.instances: dict[tuple[str, str], Json] = {}
        self.requests: list[tuple[str, Json]] = []
        self.fail: Callable[[str, Json], httpx.Response | None] = lambda path, body: None

    # use

    def client(self) -> WindClient:
        """A client of the SDK, which tries again without waiting."""
        transport = httpx.MockTransport(self.answer)
        retry = RetryPolicy(sleep=lambda _: None)
        client = PygenClient(base_url=BASE_URL, project="wind", credentials="token", transport=transport, retry=retry)
        return WindClient.from_client(client)

    def async_client(self) -> AsyncWindClient:
        """An asynchronous client of the SDK."""
        transport = httpx.MockTransport(self.answer)
        return AsyncWindClient(base_url=BASE_URL, project="wind", credentials="token", transport=transport)

    def node(self, view: str, external_id: str, /, *, space: str = "wind_data", **properties: Any) -> None:
        """Put a node there, with properties of one view."""
        self.instances[space, external_id] = {
            "instanceType": "node",
            "space": space,
            "externalId": external_id,
            "version": 1,
            "createdTime": CREATED,
            "lastUpdatedTime": CREATED,
            "properties": {"sp": {f"{view}/v1": properties}} if view else {},
        }

    def edge(
        self, kind: str, start: str, end: str, /, *, view: str = "", external_id: str = "", **properties: Any
    ) -> None:
        """Put an edge there."""
        name = external_id or f"{kind}:{start}:{end}"
        self.node(view, name, **properties)
        self.instances["wind_data", name] |= {
            "instanceType": "edge",
            "type": {"space": "sp", "externalId": kind},
            "startNode": reference(start),
            "endNode": reference(end),
        }

    def paths(self) -> list[str]:
        """The last part of each request's path, in order; forgets them."""
        paths = [path.rpartition("/")[2] for path, _ in self.requests]
        self.requests.clear()
        return paths

    # answers

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        path = request.url.path.removeprefix(PREFIX)
        body = body_of(request)
        self.requests.append((path, body))
        failed = self.fail(path, body)
        if failed is not None:
            return failed
        answers: dict[str, Callable[[Json], Json]] = {
            "/models/instances/list": self._list,
            "/models/instances/byids": self._byids,
            "/models/instances": self._apply,
            "/models/instances/delete": self._delete,
            "/models/instances/aggregate": self._count,
            "/models/instances/query": self._query,
        }
        return httpx.Response(200, json=answers[path](body), headers={"x-request-id": f"r{len(self.requests)}"})

    def _matching(self, body: Json, kind: str) -> list[Json]:
        views = [view_key(source["source"]) for source in body.get("sources") or ()]
        return [
            item
            for item in self.instances.values()
            if item["instanceType"] == kind
            and all(view in item["properties"].get("sp", {}) for view in views)
            and matches(item, body.get("filter"))
        ]

    def _list(self, body: Json) -> Json:
        found = self._matching(body, body["instanceType"])
        start = int(body.get("cursor", "0"))
        end = start + min(body.get("limit", 1000), self.page_size)
        more = {"nextCursor": str(end)} if end < len(found) else {}
        return {"items": found[start:end], **more}

    def _byids(self, body: Json) -> Json:
        views = [view_key(source["source"]) for source in body.get("sources") or ()]
        found = [self.instances.get((item["space"], item["externalId"])) for item in body["items"]]
        return {"items": [item for item in found if item and all(v in item["properties"].get("sp", {}) for v in views)]}

    def _query(self, body: Json) -> Json:
        """Nodes, or edges and the nodes that they lead to: what the runtime asks for relations."""
        sets = body["with"]
        if "edges" not in sets:
            nodes_asked = {"instanceType": "node", "filter": sets["nodes"]["nodes"]["filter"]}
            listed = self._list(nodes_asked | ({"cursor": body["cursors"]["nodes"]} if "cursors" in body else {}))
            cursors = {"nodes": listed["nextCursor"]} if "nextCursor" in listed else {}
            return {"items": {"nodes": listed["items"]}, "nextCursor": cursors}
        edges = {"instanceType": "edge", "filter": sets["edges"]["edges"]["filter"], "limit": sets["edges"]["limit"]}
        page = self._list(edges | ({"cursor": body["cursors"]["edges"]} if "cursors" in body else {}))
        end = {"destination": "endNode", "source": "startNode"}[sets["nodes"]["nodes"]["chainTo"]]
        ends = {(edge[end]["space"], edge[end]["externalId"]): None for edge in page["items"]}
        reached = [self.instances[key] for key in ends if key in self.instances]
        nodes = [node for node in reached if matches(node, sets["nodes"]["nodes"].get("filter"))]
        more = {"edges": page["nextCursor"]} if "nextCursor" in page else {}
        return {"items": {"edges": page["items"], "nodes": nodes}, "nextCursor": more}

    def _apply(self, body: Json) -> Json:
        return {"items": [self._apply_one(item) for item in body["items"]], "deleted": []}

    def _apply_one(self, item: Json) -> Json:
        key = item["space"], item["externalId"]
        if key not in self.instances:
            self.node("", item["externalId"], space=item["space"])
            self.instances[key]["version"] = 0
        stored = self.instances[key]
        before = json.dumps(stored, sort_keys=True)
        stored |= {name: item[name] for name in ("instanceType", "type", "startNode", "endNode") if name in item}
        for source in item.get("sources", ()):
            views = stored["properties"].setdefault("sp", {})
            values = views.setdefault(view_key(source["source"]), {})
            values.update(source.get("properties") or {})
            for name in [name for name, value in values.items() if value is None]:
                del values[name]
        modified = before != json.dumps(stored, sort_keys=True)
        stored["version"] += modified
        shown = ("instanceType", "space", "externalId", "version", "createdTime", "lastUpdatedTime")
        return {**{name: stored[name] for name in shown}, "wasModified": modified}

    def _delete(self, body: Json) -> Json:
        names = ("instanceType", "space", "externalId")
        removed = [self.instances.pop((item["space"], item["externalId"]), None) for item in body["items"]]
        return {"items": [{name: item[name] for name in names} for item in removed if item]}

    def _count(self, body: Json) -> Json:
        found = self._matching({"sources": [{"source": body["view"]}], **body}, body["instanceType"])
        counted = {"aggregate": "count", "property": "externalId", "value": len(found)}
        return {"items": [{"instanceType": body["instanceType"], "aggregates": [counted]}]}


def reference(external_id: str, space: str = "wind_data") -> Json:
    """A node as a property value."""
    return {"space": space, "externalId": external_id}


def view_key(view: Json) -> str:
    """The key of a view in an instance's properties."""
    return f"{view['externalId']}/{view['version']}"


def value_of(item: Json, path: list[str]) -> Any:
    """The value that a property reference means; containers share the names of their views here."""
    if path[0] in {"node", "edge"}:
        return item.get(path[1])
    views: Mapping[str, Json] = item["properties"].get(path[0], {})
    named = [values for key, values in views.items() if key == path[1] or key.partition("/")[0] == path[1]]
    return next((values[path[2]] for values in [*named, *views.values()] if path[2] in values), None)


def matches(item: Json, where: Json | None) -> bool:
    """Whether an instance meets a condition."""
    if where is None:
        return True
    ((operator, says),) = where.items()
    if operator in {"and", "or"}:
        return (all if operator == "and" else any)(matches(item, part) for part in says)
    if operator == "not":
        return not matches(item, says)
    if operator == "matchAll":
        return True
    if operator == "hasData":
        return all(view_key(view) in item["properties"].get("sp", {}) for view in says)
    return _compares(value_of(item, says["property"]), operator, says)


def _compares(value: Any, operator: str, says: Json) -> bool:
    if value is None:
        return False
    operators: dict[str, Callable[[], bool]] = {
        "exists": lambda: True,
        "equals": lambda: bool(value == says["value"]),
        "in": lambda: value in says["values"],
        "containsAny": lambda: any(one in says["values"] for one in value),
        "prefix": lambda: str(value).startswith(says["value"]),
        "range": lambda: bool(value >= says.get("gte", value) and value <= says.get("lte", value)),
    }
    return operators[operator]()


def farm(turbines: int = 3, *, page_size: int = 1000) -> FakeService:
    """A wind farm: each turbine has a nacelle, two blades, a mast, two orders and a log; all share a site."""
    service = FakeService(page_size=page_size)
    service.node("", "site", space="elsewhere")
    service.node("Describable", "surveyor", name="Surveyor")
    for number in range(turbines):
        _turbine(service, number)
    service.paths()
    return service


def _turbine(service: FakeService, number: int) -> None:
    name = f"t{number}"
    mentors = [reference(f"t{other}") for other in range(number)]
    values: Json = {"name": f"T{number}", "capacity": 6.0 + number, "state": "running", "aliases": ["a", f"x{number}"]}
    values |= {"settings": {"pitch": {"degrees": 3}}, "installed": "2024-03-01T08:30:00.25+00:00"}
    values |= {"nacelle": reference(f"n{number}"), "site": reference("site", "elsewhere")}
    if mentors:
        values["mentors"] = mentors
    service.node("WindTurbine", name, **values)
    service.instances["wind_data", name]["type"] = reference("WindTurbine", "sp")
    service.node("Nacelle", f"n{number}", weight=300.0 + number)
    service.node("Metmast", f"m{number}", name=f"M{number}", height=100.0)
    for blade in "ab":
        service.node("Blade", f"b{number}{blade}", name=f"B{number}{blade}", length=60)
        service.edge("WindTurbine.blades", name, f"b{number}{blade}")
    service.edge("distance", name, f"m{number}", view="Distance", distance=10.0 * number)
    service.edge("mainMast", name, f"m{number}", view="Distance", distance=1.0)
    for order in range(2):
        service.node("WorkOrder", f"w{number}{order}", name=f"W{number}{order}", turbine=reference(name))
    service.node("Log", f"l{number}", text=f"L{number}", turbines=[reference("t0"), reference(name)])
