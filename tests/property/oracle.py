"""What a Data Modeling Service answers, in plain Python over a dictionary: slow, short, and easy to believe."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

__all__ = ["CONTAINERS", "VIEWS", "Instance", "Key", "Oracle", "Prop", "Refused", "key_of"]

Json: TypeAlias = dict[str, Any]
Truth: TypeAlias = bool | None
"""None: unknown, as of what is missing."""


class Prop(NamedTuple):
    """A property of a container."""

    type: str
    is_list: bool = False
    default: Any = None
    is_required: bool = False
    is_unique: bool = False


class Key(NamedTuple):
    """An instance's name."""

    space: str
    external_id: str


CONTAINERS: dict[str, dict[str, Prop]] = {
    "Thing": {
        "name": Prop("text"),
        "code": Prop("text", is_unique=True),
        "count": Prop("int64"),
        "rate": Prop("float64"),
        "flag": Prop("boolean"),
        "day": Prop("date"),
        "moment": Prop("timestamp"),
        "tags": Prop("text", is_list=True),
        "parent": Prop("direct"),
        "friends": Prop("direct", is_list=True),
    },
    "Extra": {"label": Prop("text", is_required=True), "rank": Prop("int32", default=7)},
    "Link": {"weight": Prop("int32"), "note": Prop("text")},
}
VIEWS: dict[str, dict[str, tuple[str, str]]] = {
    "Thing": {name: ("Thing", name) for name in CONTAINERS["Thing"]},
    "Both": {
        "title": ("Thing", "name"),
        "size": ("Thing", "count"),
        "label": ("Extra", "label"),
        "rank": ("Extra", "rank"),
    },
    "Link": {name: ("Link", name) for name in CONTAINERS["Link"]},
}
"""Each property of a view shows one of a container."""


@dataclass(slots=True)
class Instance:
    """A node or an edge, deleted or not."""

    kind: str
    version: int = 1
    is_deleted: bool = False
    ends: dict[str, Key | None] = field(default_factory=lambda: {"type": None, "startNode": None, "endNode": None})
    rows: dict[str, Json] = field(default_factory=dict)


class Refused(Exception):  # noqa: N818 -- an answer, not an error
    """The request is refused as a whole."""


def key_of(reference: Mapping[str, Any]) -> Key:
    """The name that a reference says."""
    return Key(reference["space"], reference["externalId"])


class Oracle:
    """All instances, and the questions about them."""

    def __init__(self) -> None:
        self.all: dict[Key, Instance] = {}

    def live(self, kind: str) -> set[Key]:
        """What is there of a kind."""
        return {key for key, instance in self.all.items() if instance.kind == kind and not instance.is_deleted}

    # --- writing ---

    def apply(self, body: Json) -> tuple[list[tuple[int, bool]], set[Key]]:
        """Write and delete: version and whether it was modified for each item, and what was deleted."""
        before = copy.deepcopy(self.all)
        try:
            return self._apply(body)
        except Refused:
            self.all = before
            raise

    def _apply(self, body: Json) -> tuple[list[tuple[int, bool]], set[Key]]:
        items, deletes = body["items"], body.get("delete", [])
        if len({key_of(item) for item in (*items, *deletes)}) < len(items) + len(deletes):
            raise Refused
        given = {key_of(item): self._given(item, is_whole=body.get("replace", False)) for item in items}
        skips = body.get("skipOnVersionConflict", False)
        deleted = self._delete(deletes, skips=skips)
        old = {key_of(item): self._before(item) for item in items}
        written = [item for item in items if not self._conflicts(item, old[key_of(item)], skips=skips)]
        for item in written:
            if old[key_of(item)] is None:
                self.all[key_of(item)] = Instance(item["instanceType"])
        for item in written:
            self._connect(item, body)
        for item in written:
            self._write(item, given[key_of(item)], body)
        self._check_unique()
        answers = []
        for key, known in old.items():
            now = self.all[key]
            is_modified = now != known
            now.version += known is not None and is_modified
            answers.append((now.version, is_modified))
        return answers, deleted

    def _before(self, item: Json) -> Instance | None:
        known = self.all.get(key_of(item))
        return None if known is None or known.is_deleted else copy.deepcopy(known)

    def _conflicts(self, item: Json, known: Instance | None, *, skips: bool) -> bool:
        if known is None:
            return False
        if known.kind != item["instanceType"]:
            raise Refused
        is_newer: bool = known.version > item.get("existingVersion", known.version)
        if is_newer and not skips:
            raise Refused
        return is_newer

    def _delete(self, items: Sequence[Json], *, skips: bool = False) -> set[Key]:
        chosen = {key_of(item) for item in items if key_of(item) in self.live(item["instanceType"])}
        gone = {
            key_of(item)
            for item in items
            if key_of(item) in chosen and not self._conflicts(item, self.all[key_of(item)], skips=skips)
        }
        ends = {key: self.all[key].ends for key in self.live("edge")}
        edges = {key for key, its in ends.items() if gone & {its["startNode"], its["endNode"]}}
        for key in gone | edges:
            self.all[key].is_deleted = True
            self.all[key].version += 1
        return gone

    delete = _delete

    def _connect(self, item: Json, flags: Json) -> None:
        instance = self.all[key_of(item)]
        may_create = {
            "type": flags.get("autoCreateDirectRelations", True),
            "startNode": flags.get("autoCreateStartNodes", False),
            "endNode": flags.get("autoCreateEndNodes", False),
        }
        for name, may in may_create.items():
            if item.get(name) is not None:
                instance.ends[name] = self._target(item[name], may_create=may)

    def _write(self, item: Json, given: dict[str, Json], flags: Json) -> None:
        instance = self.all[key_of(item)]
        for container, values in given.items():
            props = CONTAINERS[container]
            blank = {name: prop.default for name, prop in props.items()}
            is_whole = flags.get("replace", False) or container not in instance.rows
            row = {**(blank if is_whole else instance.rows[container]), **values}
            if any(prop.is_required and row[name] is None for name, prop in props.items()):
                raise Refused
            for name, value in values.items():
                for link in _elements(value) if props[name].type == "direct" else ():
                    self._target(link, may_create=flags.get("autoCreateDirectRelations", True))
            instance.rows[container] = row

    def _target(self, link: Json, *, may_create: bool) -> Key:
        key = key_of(link)
        if key not in self.live("node"):
            if not may_create or key in self.live("edge"):
                raise Refused
            self.all[key] = Instance("node")
        return key

    def _given(self, item: Json, *, is_whole: bool) -> dict[str, Json]:
        """What is written into each container; a value that is given twice must be the same."""
        given: dict[str, Json] = {}
        for source in item.get("sources", ()):
            for container, values in self._parts(source, is_whole=is_whole):
                row = given.setdefault(container, {})
                if any(name in row and row[name] != value for name, value in values.items()):
                    raise Refused
                if any(value is None and CONTAINERS[container][name].is_required for name, value in values.items()):
                    raise Refused
                row.update(values)
        return given

    @staticmethod
    def _parts(source: Json, *, is_whole: bool) -> Iterable[tuple[str, Json]]:
        """What is written into which container: those that are named, or all."""
        values = source.get("properties") or {}
        reference = source["source"]
        name = reference["externalId"]
        if reference["type"] == "container":
            return [(name, values)]
        parts: dict[str, Json] = {}
        if is_whole or not values:
            parts = {container: {} for container, _ in VIEWS[name].values()}
        for prop, value in values.items():
            container, inner = VIEWS[name][prop]
            parts.setdefault(container, {})[inner] = value
        return parts.items()

    def _check_unique(self) -> None:
        codes = [self.all[key].rows.get("Thing", {}).get("code") for key in self.live("node")]
        given = [code for code in codes if code is not None]
        if len(set(given)) < len(given):
            raise Refused

    # --- values ---

    def value(self, path: Sequence[str], key: Key) -> Any:
        """A property's value as it compares; None where it is missing."""
        instance = self.all[key]
        if len(path) == 2:
            base = {"space": key.space, "externalId": key.external_id, "version": instance.version, **instance.ends}
            return base[path[1]]
        view, _, version = path[1].partition("/")
        container, name = VIEWS[view][path[2]] if version else (path[1], path[2])
        return _meaning(CONTAINERS[container][name].type, instance.rows.get(container, {}).get(name))

    def read(self, view: str, key: Key) -> Json:
        """What is read of an instance through a view."""
        rows = self.all[key].rows
        values = {name: rows[container][inner] for name, (container, inner) in VIEWS[view].items() if container in rows}
        return {name: value for name, value in values.items() if value is not None}

    def has_data(self, source: str, key: Key, *, is_view: bool) -> bool:
        """Whether there is a row in the container, or in each that the view shows."""
        needed = {container for container, _ in VIEWS[source].values()} if is_view else {source}
        return needed <= self.all[key].rows.keys()

    # --- filters ---

    def found(self, kind: str, filter: Json | None = None, views: Iterable[str] = ()) -> set[Key]:  # noqa: A002
        """What a filter is true of, and has data in all the views."""
        return {
            key
            for key in self.live(kind)
            if (filter is None or self.truth(filter, key)) and all(self.has_data(v, key, is_view=True) for v in views)
        }

    def truth(self, filter: Json, key: Key) -> Truth:  # noqa: A002, PLR0911 -- as DMS calls it; each kind is one line
        """Whether a filter is true of an instance."""
        ((name, body),) = filter.items()
        match name:
            case "and":
                return _all(self.truth(part, key) for part in body)
            case "or":
                return _not(_all(_not(self.truth(part, key)) for part in body))
            case "not":
                return _not(self.truth(body, key))
            case "matchAll":
                return True
            case "hasData":
                return all(self.has_data(s["externalId"], key, is_view=s["type"] == "view") for s in body)
            case "instanceReferences":
                return key in map(key_of, body)
            case "nested":
                return self._nested(body, key)
            case "overlaps":
                return self._overlaps(body, key)
        value = self.value(body["property"], key)
        if name == "exists":
            return value is not None
        return self._comparison(name, body, value, key)

    def _comparison(self, name: str, body: Json, value: Any, key: Key) -> Truth:
        prop = _prop(body["property"])

        def operand(given: Any) -> Any:
            if isinstance(given, dict) and "property" in given:
                return self.value(given["property"], key)
            return _meaning(prop.type, given)

        if name == "range":
            bounds = [(each, operand(body[each])) for each in _BOUNDS if each in body]
            return _all(_known(_BOUNDS[each], value, bound) for each, bound in bounds)
        if name in {"equals", "prefix"}:
            test: Callable[[Any, Any], bool] = str.startswith if name == "prefix" else lambda a, b: a == b
            return _known(test, value, operand(body["value"]))
        wanted = operand(body["values"])
        if name == "containsAll":
            return _known(lambda a, b: set(b) <= set(a), value, wanted)
        if prop.is_list:
            return _known(lambda a, b: bool(set(a) & set(b)), value, wanted)
        return _known(lambda a, b: a in b, value, wanted) if wanted else False  # as SQL has it, even of what is missing

    def _nested(self, body: Json, key: Key) -> Truth:
        """Of several targets that are there, one is enough; nothing is known of none."""
        targets = [target for target in _several(self.value(body["scope"], key)) if target in self.live("node")]
        truths = {self.truth(body["filter"], target) for target in targets}
        return True if True in truths else False if False in truths else None

    def _overlaps(self, body: Json, key: Key) -> Truth:
        start, end = self.value(body["startProperty"], key), self.value(body["endProperty"], key)
        sides = [((end if name in {"gt", "gte"} else start), name) for name in _BOUNDS if name in body]
        bounds = [_known(_BOUNDS[name], side, body[name]) for side, name in sides]
        return _all([_known(_BOUNDS["lte"], start, end), *bounds])

    # --- orders ---

    def sorted(self, keys: Iterable[Key], sort: Sequence[Json]) -> list[Key]:
        """Instances in an order, missing values at the end that was asked for."""
        found = list(keys)
        for each in reversed(sort):
            path, is_descending = each["property"], each.get("direction") == "descending"
            missing = [key for key in found if self.value(path, key) is None]
            there = [key for key in found if self.value(path, key) is not None]
            there.sort(key=lambda key, path=path: self.value(path, key), reverse=is_descending)
            found = missing + there if each.get("nullsFirst") else there + missing
        return found

    # --- result sets ---

    def result_sets(self, sets: Json) -> dict[str, set[Key]]:
        """The members of each result set; each is made from one that comes before it."""
        made: dict[str, set[Key]] = {}
        for name, asked in sets.items():
            ((kind, part),) = ((kind, asked[kind]) for kind in ("nodes", "edges") if kind in asked)
            start = None
            if "from" in part:
                start = made[part["from"]]
                parent = sets[part["from"]]
                if "edges" in parent:
                    start = self._sides(start, parent["edges"], part.get("chainTo", "destination"))
            made[name] = self._nodes(part, start) if kind == "nodes" else self._edges(part, start)
        return made

    def _sides(self, edges: set[Key], part: Json, side: str) -> set[Key]:
        """The nodes on one side of edges, as seen in the direction in which these were followed."""
        is_end = (part.get("direction", "outwards") == "outwards") == (side == "destination")
        found = {self.all[key].ends["endNode" if is_end else "startNode"] for key in edges}
        return {key for key in found if key is not None}

    def _nodes(self, part: Json, start: set[Key] | None) -> set[Key]:
        found = self.found("node", part.get("filter"))
        if start is None:
            return found
        if "through" not in part:
            return found & start
        path = ["s", "Thing", part["through"]["identifier"]]
        if part["direction"] == "inwards":
            return {key for key in found if self.value(path, key) in start}
        return found & {target for key in start for target in _several(self.value(path, key))}

    def _edges(self, part: Json, start: set[Key] | None) -> set[Key]:
        edges = self.found("edge", part.get("filter"))
        if "nodeFilter" in part:
            beyond = self.found("node", part["nodeFilter"])
            edges = {key for key in edges if self._sides({key}, part, "destination") <= beyond}
        if start is None:
            return edges
        made: set[Key] = set()
        frontier, left, level = start, set(start), 0
        while frontier and level < part.get("maxDistance", len(self.all)):
            level += 1
            fresh = {key for key in edges if self._sides({key}, part, "source") <= frontier}
            made |= fresh
            frontier = self._sides(fresh, part, "destination") - left
            if "terminationFilter" in part:
                frontier -= self.found("node", part["terminationFilter"])
            left |= self._sides(fresh, part, "destination")
        return made


_BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}


def _prop(path: Sequence[str]) -> Prop:
    if len(path) == 2:
        return Prop("direct" if path[1] in {"type", "startNode", "endNode"} else "text")
    view, _, version = path[1].partition("/")
    container, name = VIEWS[view][path[2]] if version else (path[1], path[2])
    return CONTAINERS[container][name]


def _meaning(kind: str, value: Any) -> Any:
    """A value as it compares with others."""
    if isinstance(value, list):
        return tuple(_meaning(kind, element) for element in value)
    if value is None or isinstance(value, Key):
        return value
    match kind:
        case "timestamp":
            return datetime.fromisoformat(value)
        case "direct":
            return key_of(value)
    return value


def _elements(value: Any) -> list[Json]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _several(value: Any) -> tuple[Key, ...]:
    return () if value is None else (value,) if isinstance(value, Key) else value


def _all(truths: Iterable[Truth]) -> Truth:
    found = set(truths)
    return False if False in found else None if None in found else True


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _known(test: Callable[[Any, Any], bool], *values: Any) -> Truth:
    return None if None in values else test(*values)
