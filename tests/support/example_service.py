"""
The service that examples speak to: the pump station of the recorded exchanges.

Schema and instances can be listed, fetched, written and deleted. Everything else is answered with what was recorded for
the request that has most in common with the one that is asked.
"""

from __future__ import annotations

import builtins
import gzip
import json
from collections.abc import Iterator, Sequence
from typing import Any

import httpx

from tests.contract.exchange import FOLDER, PREFIX, Json, exchanges
from tests.support.little_dms import LittleDms, Refusal

__all__ = ["PROJECT", "ExampleService"]

PROJECT = "plant"

_CREATED_MS = 1_767_225_700_000
_DAY_S = 86_400
_INSTANCES = frozenset({"/models/instances", "/models/instances/byids", "/models/instances/delete"})
_SCHEMA = {
    "/models/spaces": "spaces",
    "/models/containers": "containers",
    "/models/views": "views",
    "/models/datamodels": "datamodels",
}


class ExampleService:
    """
    A project with a pump station; each has its own.

    Attributes:
        transport: The transport of either client.
    """

    def __init__(self) -> None:
        self._instances = LittleDms(spaces=["ops_data", "ops_model"], clock=lambda: _CREATED_MS / 1000 + _DAY_S)
        for written in (0, 2):
            self._instances.put(exchanges("instances_apply")[written]["request"]["items"])
        self._schema = {path: _Schema(exchanges(name)[0]["response"]["items"]) for path, name in _SCHEMA.items()}
        self._recorded = [
            exchange
            for file in sorted(FOLDER.glob("*.json"))
            for exchange in json.loads(file.read_text("utf-8")).get("exchanges", [])
            if exchange["status"] == 200
        ]
        self.transport = httpx.MockTransport(self._handle)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        content = request.read()
        if request.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        path = request.url.path.removeprefix(PREFIX).removeprefix("/api/v1")
        asked = json.loads(content) if content else dict(request.url.params)
        try:
            return httpx.Response(200, json=self._answer(request.method, path, asked))
        except Refusal as refusal:
            error = {"code": refusal.status, "message": refusal.message}
            return httpx.Response(refusal.status, json={"error": error}, headers={"x-request-id": "6f1c"})

    def _answer(self, method: str, path: str, asked: Json) -> Json:
        resource, _, verb = path.rpartition("/")
        answer: Json
        if path in _INSTANCES:
            answer = self._instances.answer(method, path, asked)
        elif path == "/models/instances/list":
            answer = self._list(asked)
        elif path in self._schema:
            answer = self._schema[path].list(asked) if method == "GET" else self._upsert(path, asked)
        elif resource in self._schema and verb == "byids":
            answer = self._schema[resource].retrieve(asked)
        elif resource in self._schema and verb == "delete":
            answer = self._schema[resource].delete(asked)
        elif verb == "retry":
            answer = {"items": asked["items"]}
        elif path == "/models/statistics/spaces/byids":
            answer = self._most_alike("GET", resource, {})
        else:
            answer = self._most_alike(method, path, asked)
        return answer

    def _list(self, asked: Json) -> Json:
        """A list; one with a filter or a sort order comes in one page."""
        plain = {name: value for name, value in asked.items() if name not in {"filter", "sort"}}
        if plain == asked:
            return self._instances.answer("POST", "/models/instances/list", asked)
        answer = self._instances.answer("POST", "/models/instances/list", {**plain, "limit": None})
        found = [item for item in answer["items"] if _fits(item, asked.get("filter"))]
        for key in reversed(asked.get("sort", [])):
            found.sort(key=lambda item: _at(item, key["property"]), reverse=key.get("direction") == "descending")
        return {"items": found[: asked["limit"]]}

    def _upsert(self, path: str, asked: Json) -> Json:
        spaces = self._schema["/models/spaces"]
        missing = {item["space"] for item in asked["items"]} - {space["space"] for space in spaces.items}
        if missing and path != "/models/spaces":
            raise Refusal(400, f"One or more spaces do not exist: {', '.join(map(repr, sorted(missing)))}.")
        return self._schema[path].upsert(asked)

    def _most_alike(self, method: str, path: str, asked: Json) -> Json:
        there = [
            exchange
            for exchange in self._recorded
            if (method, path) == (exchange["method"], exchange["path"])
            and ("errors" not in exchange["response"] or exchange["request"] == asked)
        ]
        if not there:
            raise Refusal(404, f"There is no {method} {path}.")
        best: Json = max(there, key=lambda exchange: _likeness(asked, exchange.get("request")))["response"]
        return best


class _Schema:
    """
    The spaces, containers, views or data models.

    Attributes:
        items: What is there.
    """

    def __init__(self, items: Sequence[Json]) -> None:
        self.items = list(items)

    def list(self, asked: Json) -> Json:
        """All of them, or those of a space."""
        return {"items": self._like({"space": asked["space"]} if "space" in asked else {})}

    def retrieve(self, asked: Json) -> Json:
        """Those that are asked for and there."""
        return {"items": [item for wanted in asked["items"] for item in self._like(wanted)]}

    def upsert(self, asked: Json) -> Json:
        """Put what is given in the place of what is there."""
        self.delete(asked)
        times = {"createdTime": _CREATED_MS, "lastUpdatedTime": _CREATED_MS}
        written = [{**item, **times, "isGlobal": False} for item in asked["items"]]
        self.items += written
        return {"items": written}

    def delete(self, asked: Json) -> Json:
        """Delete; answers with the identifiers of what was there."""
        gone = [item for wanted in asked["items"] for item in self._like(wanted)]
        self.items = [item for item in self.items if item not in gone]
        return {"items": [_id_of(item) for item in gone]}

    def _like(self, wanted: Json) -> builtins.list[Json]:
        return [item for item in self.items if _id_of(wanted).items() <= item.items()]


def _id_of(item: Json) -> Json:
    return {name: item[name] for name in ("space", "externalId", "version") if name in item}


def _fits(item: Json, condition: Json | None) -> bool:
    """Whether an instance fits a filter, which may be `equals`."""
    return condition is None or _at(item, condition["equals"]["property"]) == condition["equals"]["value"]


def _at(item: Json, place: Sequence[str]) -> Any:
    """The value of a property of a view, or of the instance itself."""
    if place[0] in {"node", "edge"}:
        return item[place[1]]
    space, view, name = place
    return item["properties"][space][view].get(name)


def _likeness(asked: Any, recorded: Any) -> float:
    """How much two bodies have in common, 0 to 1."""
    ours, theirs = set(_leaves(asked)), set(_leaves(recorded))
    return len(ours & theirs) / max(len(ours | theirs), 1)


def _leaves(value: Any, place: str = "") -> Iterator[str]:
    """The values within JSON, each with its place."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{place}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, place)
    else:
        yield f"{place}={value!r}"
