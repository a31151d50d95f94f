"""
A Data Modeling Service that fits on a screen or two: instances in memory, and nothing else.

It keeps the rules that a client can break or has to get right: pages and cursors, versions, all or nothing, references
to what is not there (dms-api.md 2.2, 4). It has no schema: every view and container exists, and a value of exactly
`space` and `externalId` is a direct relation. What it does not know, filters and sorting above all, it refuses.
"""

from __future__ import annotations

import base64
import copy
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from threading import Lock
from typing import Any, NamedTuple, TypeAlias

__all__ = ["BAD", "SPACE", "VIEW", "Json", "LittleDms", "Refusal", "node_item", "properties_of"]

Json: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, str]

SPACE = "data"
"""Where instances live."""

VIEW: Json = {"type": "view", "space": "model", "externalId": "Thing", "version": "v1"}
"""The view whose properties instances have."""

BAD = "bad"
"""No property may have this value."""

_LIMIT = 1000
_DAY_MS = 86_400_000


def node_item(external_id: str, /, *, existing_version: int | None = None, **properties: Any) -> Json:
    """A node to be written through `VIEW`; without properties, a bare one."""
    item: Json = {"instanceType": "node", "space": SPACE, "externalId": external_id}
    if existing_version is not None:
        item["existingVersion"] = existing_version
    if properties:
        item["sources"] = [{"source": VIEW, "properties": properties}]
    return item


def properties_of(instance: Mapping[str, Any]) -> Json:
    """What a stored instance, or one that was read, has in `VIEW`."""
    first, second = _place(VIEW)
    properties: Json = instance["properties"].get(first, {}).get(second, {})
    return properties


class Refusal(Exception):  # noqa: N818 -- no error of the service's, but its answer
    """The service says no: a status, and the reason."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class LittleDms:
    """
    The instances, and the answers.

    Args:
        spaces: The spaces that exist.
        clock: The service's clock, in seconds since 1970.

    Attributes:
        instances: What is stored, by space and external id, in order of creation; `properties` as they are read.
        page_cap: Most instances of a page, whatever the request says (dms-api.md 2.2: pages may be short).
        hollow: Every page but the last is followed by an empty one that has a cursor (dms-api.md 12.5).
    """

    def __init__(self, *, spaces: Iterable[str] = (SPACE,), clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.instances: dict[Key, Json] = {}
        self.page_cap: int | None = None
        self.hollow = False
        self._spaces = sorted(spaces)
        self._lock = Lock()
        self._operations: dict[tuple[str, str], Callable[[Json], Json]] = {
            ("POST", "/models/instances"): self._apply,
            ("POST", "/models/instances/list"): self._list,
            ("POST", "/models/instances/byids"): self._retrieve,
            ("POST", "/models/instances/delete"): self._delete,
            ("GET", "/models/spaces"): self._list_spaces,
        }

    def put(self, items: Iterable[Json]) -> None:
        """Have instances there since yesterday."""
        with self._lock:
            writing = _Writing(self.instances, {}, int(self.clock() * 1000) - _DAY_MS)
            for item in items:
                writing.write(item)
            self.instances = writing.instances

    def fill(self, count: int) -> list[str]:
        """Have *count* nodes there, numbered; returns their external ids."""
        self.put(node_item(f"n{number:06d}", number=number, name=f"node {number}") for number in range(count))
        return [external_id for _, external_id in self.instances]

    def stored(self, external_id: str) -> Json | None:
        """The instance in `SPACE`, if it is there."""
        return self.instances.get((SPACE, external_id))

    def answer(self, method: str, path: str, request: Json) -> Json:
        """
        Do what is asked.

        Args:
            method: The HTTP method.
            path: The path below the project.
            request: The body, or the query of a GET.

        Raises:
            Refusal: With the status and the reason; nothing was done.
        """
        operation = self._operations.get((method, path))
        if operation is None:
            raise Refusal(404, f"There is no {method} {path}.")
        with self._lock:
            return operation(request)

    def _apply(self, body: Json) -> Json:
        _check_fields(
            body,
            {"items", "delete", "replace", "skipOnVersionConflict"}
            | {"autoCreateStartNodes", "autoCreateEndNodes", "autoCreateDirectRelations"},
        )
        items, deletes = body.get("items") or [], body.get("delete") or []
        _check_count(len(items) + len(deletes))
        self._check_spaces(items)
        writing = _Writing(self.instances, body, int(self.clock() * 1000))
        written = [writing.write(item) for item in items]
        writing.check_references()
        deleted = [each for item in deletes for each in writing.delete(item)]
        self.instances = writing.instances
        return {"items": written, "deleted": deleted}

    def _delete(self, body: Json) -> Json:
        _check_fields(body, {"items"})
        _check_count(len(body["items"]))
        self._check_spaces(body["items"])
        writing = _Writing(self.instances, {}, int(self.clock() * 1000))
        deleted = [each for item in body["items"] for each in writing.delete(item)]
        self.instances = writing.instances
        return {"items": deleted}

    def _retrieve(self, body: Json) -> Json:
        _check_fields(body, {"items", "sources", "includeTyping"})
        _check_count(len(body["items"]))
        found = [self.instances.get(_key(item)) for item in body["items"]]
        kinds = [item["instanceType"] for item in body["items"]]
        there = [each for each, kind in zip(found, kinds, strict=True) if each and each["instanceType"] == kind]
        return self._read(there, body)

    def _list(self, body: Json) -> Json:
        _check_fields(body, {"instanceType", "sources", "limit", "cursor", "includeTyping"})
        limit = _LIMIT if body.get("limit") is None else body["limit"]
        if not 1 <= limit <= _LIMIT:
            raise Refusal(400, f"limit must be between 1 and {_LIMIT}")
        limit = min(limit, self.page_cap or _LIMIT)
        shape = {name: value for name, value in body.items() if name not in {"cursor", "limit"}}
        start = _Cursor.of(body.get("cursor"), shape)
        if self.hollow and start.position and not start.rested:
            return {"items": [], "nextCursor": _Cursor(start.position, rested=True).text(shape)}
        kind = body.get("instanceType") or "node"
        wanted = (each for each in self._projected(self.instances.values(), body) if each["instanceType"] == kind)
        page = list(islice(wanted, start.position, start.position + limit))
        answer = self._read(page, body)
        if len(page) == limit:
            answer["nextCursor"] = _Cursor(start.position + limit).text(shape)
        return answer

    def _list_spaces(self, query: Json) -> Json:
        _check_fields(query, {"limit", "cursor", "includeGlobal"})
        limit = min(int(query.get("limit", 10)), _LIMIT)
        shape = {"includeGlobal": query.get("includeGlobal")}
        start = _Cursor.of(query.get("cursor"), shape).position
        page = self._spaces[start : start + limit]
        times = {"createdTime": 1_767_225_600_000, "lastUpdatedTime": 1_767_225_600_000}
        answer: Json = {"items": [{"space": space, **times, "isGlobal": False} for space in page]}
        if start + limit < len(self._spaces):
            answer["nextCursor"] = _Cursor(start + limit).text(shape)
        return answer

    def _check_spaces(self, items: Sequence[Json]) -> None:
        missing = sorted({item["space"] for item in items}.difference(self._spaces))
        if missing:
            raise Refusal(400, f"One or more spaces do not exist: {', '.join(map(repr, missing))}.")

    def _read(self, instances: Sequence[Json], body: Json) -> Json:
        answer: Json = {"items": list(self._projected(instances, body))}
        if body.get("includeTyping"):
            places = [_place(source["source"]) for source in body.get("sources") or ()]
            answer["typing"] = {first: {second: {}} for first, second in places}
        return answer

    @staticmethod
    def _projected(instances: Iterable[Json], body: Json) -> Iterable[Json]:
        """The instances that have data in all sources, with the properties of these."""
        places = [_place(source["source"]) for source in body.get("sources") or ()]
        for instance in instances:
            stored = instance["properties"]
            if all(second in stored.get(first, {}) for first, second in places):
                shown: Json = {}
                for first, second in places:
                    shown.setdefault(first, {})[second] = stored[first][second]
                yield {**instance, "properties": shown}


class _Cursor(NamedTuple):
    """Where a page starts, and whether the empty page before it was given already."""

    position: int
    rested: bool = False

    @classmethod
    def of(cls, text: str | None, shape: Json) -> _Cursor:
        """Read a cursor; one that belongs to another request is refused (dms-api.md 2.2)."""
        if text is None:
            return cls(0)
        try:
            position, rested, belongs_to = json.loads(base64.urlsafe_b64decode(text))
        except ValueError:
            raise Refusal(400, "Invalid cursor.") from None
        if belongs_to != shape:
            raise Refusal(400, "The cursor belongs to another request.")
        return cls(position, rested)

    def text(self, shape: Json) -> str:
        """The cursor as it is handed out."""
        return base64.urlsafe_b64encode(json.dumps([self.position, self.rested, shape]).encode()).decode()


class _Writing:
    """
    One transaction: what is stored changes when the whole of it has come through.

    Attributes:
        instances: What will be stored.
    """

    def __init__(self, instances: Mapping[Key, Json], flags: Json, now_ms: int) -> None:
        self.instances = dict(instances)
        self._flags = flags
        self._now_ms = now_ms
        self._written: dict[Key, Json] = {}

    def write(self, item: Json) -> Json:
        """Create, change or leave an instance; returns what the answer says about it."""
        key = _key(item)
        if key in self._written:
            raise Refusal(400, f"Instance '{key[0]}:{key[1]}' occurs more than once.")
        self._written[key] = item
        before = self.instances.get(key)
        if before and before["instanceType"] != item["instanceType"]:
            raise Refusal(409, f"'{key[0]}:{key[1]}' is taken by another kind of instance.")
        if before and before["version"] > item.get("existingVersion", before["version"]):
            if self._flags.get("skipOnVersionConflict"):
                return _written(before, modified=False)
            raise Refusal(409, "A version conflict caused the ingest to fail.")
        after = self._merged(before, item)
        modified = before is None or after != before
        if modified:
            after["version"] += 1
            after["lastUpdatedTime"] = self._now_ms
            self.instances[key] = after
        return _written(after, modified=modified)

    def _merged(self, before: Json | None, item: Json) -> Json:
        """The instance as it would be, with its version and times as they were."""
        after = copy.deepcopy(before) if before else self._bare(item)
        for name in ("type", "startNode", "endNode"):
            if item.get(name) is not None:
                after[name] = item[name]
        for source in item.get("sources") or ():
            first, second = _place(source["source"])
            views = after["properties"].setdefault(first, {})
            kept = {} if self._flags.get("replace") else views.get(second, {})
            given = source.get("properties") or {}
            if BAD in given.values():
                raise Refusal(400, f"Invalid value '{BAD}' of '{item['externalId']}'.")
            views[second] = {name: value for name, value in {**kept, **given}.items() if value is not None}
        return after

    def _bare(self, item: Json) -> Json:
        return {
            "instanceType": item["instanceType"],
            "version": 0,
            "space": item["space"],
            "externalId": item["externalId"],
            "createdTime": self._now_ms,
            "lastUpdatedTime": self._now_ms,
            "properties": {},
        }

    def check_references(self) -> None:
        """Refuse what refers to nodes that are not there, or have them created where the request says so."""
        ends = (("startNode", "autoCreateStartNodes", "Start"), ("endNode", "autoCreateEndNodes", "End"))
        for item in list(self._written.values()):
            for name, flag, word in ends:
                if name in item and self._is_missing(item[name], create=self._flags.get(flag) or False):
                    key = _key(item[name])
                    raise Refusal(409, f"{word} node '{key[0]}:{key[1]}' does not exist.")
            for target in _direct_relations(item):
                create = self._flags.get("autoCreateDirectRelations")
                if self._is_missing(target, create=create is None or create):
                    raise Refusal(
                        400,
                        f"Node with external id '{target['externalId']}' was referenced as the target of a direct "
                        "relation, but it does not exist.",
                    )

    def _is_missing(self, node: Json, *, create: bool) -> bool:
        if _key(node) in self.instances:
            return False
        if create:
            self.instances[_key(node)] = {**self._bare({"instanceType": "node", **node}), "version": 1}
        return not create

    def delete(self, item: Json) -> list[Json]:
        """Delete an instance, and the edges of a node; empty where there is nothing to delete."""
        key = _key(item)
        there = self.instances.get(key)
        if there is None or there["instanceType"] != item["instanceType"]:
            return []
        if there["version"] > item.get("existingVersion", there["version"]):
            raise Refusal(409, "A version conflict caused the ingest to fail.")
        del self.instances[key]
        if there["instanceType"] == "node":
            self._delete_edges_of(key)
        return [{"instanceType": item["instanceType"], "externalId": key[1], "space": key[0]}]

    def _delete_edges_of(self, node: Key) -> None:
        edges = [each for each in self.instances.values() if each["instanceType"] == "edge"]
        for edge in edges:
            if node in {_key(edge["startNode"]), _key(edge["endNode"])}:
                del self.instances[_key(edge)]


def _written(instance: Json, *, modified: bool) -> Json:
    names = ("instanceType", "version", "space", "externalId", "createdTime", "lastUpdatedTime")
    return {"wasModified": modified, **{name: instance[name] for name in names}}


def _key(item: Mapping[str, Any]) -> Key:
    return item["space"], item["externalId"]


def _place(source: Json) -> tuple[str, str]:
    """Where the properties of a source stand in what is read (dms-api.md 4.2)."""
    version = f"/{source['version']}" if "version" in source else ""
    return source["space"], f"{source['externalId']}{version}"


def _direct_relations(item: Json) -> Iterable[Json]:
    if item.get("type"):
        yield item["type"]
    for source in item.get("sources") or ():
        for value in (source.get("properties") or {}).values():
            for target in value if isinstance(value, list) else [value]:
                if isinstance(target, dict) and target.keys() == {"space", "externalId"}:
                    yield target


def _check_fields(body: Json, known: set[str]) -> None:
    for name, value in body.items():
        if name not in known and value is not None:
            raise Refusal(400, f"Unexpected field - {name}")


def _check_count(count: int) -> None:
    if not 1 <= count <= _LIMIT:
        raise Refusal(400, f"between 1 and {_LIMIT} items are allowed, not {count}")
