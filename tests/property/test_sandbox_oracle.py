"""Whatever is written and asked for, the sandbox answers as a dictionary in plain Python would."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pygen.sandbox.problems import Refusal
from tests.property.oracle import CONTAINERS, VIEWS, Json, Key, Oracle, Prop, Refused, key_of
from tests.support.sandbox_schema import Project, container_reference, shown, view_reference

SPACES = ("s", "t")
NODES = ("a", "b", "c", "d", "Ω")
EDGES = ("x", "y", "z")
TEXTS = ("", "a", "ab", "abc", "b", "B", "å", "\U0001f600", "\uffff")
VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "text": st.sampled_from(TEXTS),
    "int32": st.integers(-2, 3),
    "int64": st.sampled_from((-(2**63), -1, 0, 1, 2, 3, 2**53 + 1, 2**63 - 1)),
    "float64": st.sampled_from((-1e300, -0.5, 0.0, 0.1, 1.0, 1.5, 2.0, 3.0)),
    "boolean": st.booleans(),
    "date": st.sampled_from(("0001-01-01", "2024-02-29", "2024-03-01", "9999-12-31")),
    "timestamp": st.sampled_from(
        ("0001-01-01T00:00:00+00:00", "1969-12-31T23:59:59.999+00:00", "2024-03-01T08:30:00.25+00:00")
    ),
    "direct": st.builds(
        lambda space, name: {"space": space, "externalId": name}, st.sampled_from(SPACES), st.sampled_from(NODES)
    ),
}
spaces = st.sampled_from(SPACES)
rarely = st.integers(1, 4).map(lambda number: number == 4)
seldom = st.integers(1, 12).map(lambda number: number == 12)


def project() -> Project:
    """A project with the containers and views of the oracle."""
    made = Project(spaces=SPACES)
    for name, props in CONTAINERS.items():
        properties = {inner: _definition(prop) for inner, prop in props.items()}
        unique = [inner for inner, prop in props.items() if prop.is_unique]
        constraints = {inner: {"constraintType": "uniqueness", "properties": [inner]} for inner in unique}
        used_for = "edge" if name == "Link" else "node"
        made.post(
            "containers",
            {
                "space": "s",
                "externalId": name,
                "usedFor": used_for,
                "properties": properties,
                "constraints": constraints,
            },
        )
    for name, mapped in VIEWS.items():
        properties = {outer: shown(inner, container) for outer, (container, inner) in mapped.items()}
        made.post("views", {"space": "s", "externalId": name, "version": "v1", "properties": properties})
    return made


def _definition(prop: Prop) -> Json:
    definition: Json = {"type": {"type": prop.type, "list": prop.is_list}, "nullable": not prop.is_required}
    return definition if prop.default is None else {**definition, "defaultValue": prop.default}


# --- what is written ---


def values(prop: Prop) -> st.SearchStrategy[Any]:
    """Values that a property can have; few, where two instances must not have the same."""
    if prop.is_unique:
        return st.sampled_from(TEXTS[1:4])
    return st.lists(VALUES[prop.type], max_size=3) if prop.is_list else VALUES[prop.type]


@st.composite
def sources(draw: st.DrawFn, kind: str) -> list[Json]:
    """Properties through a view or a container or both, which seldom give the same property twice."""
    names = ["Link"] if kind == "edge" else draw(st.lists(st.sampled_from(["Thing", "Both", "Extra"]), max_size=2))
    drawn = [draw(source(name)) for name in names]
    if len(drawn) == 2 and not draw(seldom):
        first, second = drawn
        taken = {shown_property(first["source"], name) for name in first["properties"]}
        for name in list(second["properties"]):
            if shown_property(second["source"], name) in taken:
                del second["properties"][name]
    return drawn


def shown_property(reference: Json, name: str) -> tuple[str, str]:
    """The container and the name that a property has there."""
    place: str = reference["externalId"]
    return VIEWS[place][name] if reference["type"] == "view" else (place, name)


@st.composite
def source(draw: st.DrawFn, name: str) -> Json:
    """Some properties of a view or container."""
    is_view = name in VIEWS and draw(st.booleans() if name in CONTAINERS else st.just(True))
    props = (
        {outer: CONTAINERS[container][inner] for outer, (container, inner) in VIEWS[name].items()} if is_view else {}
    )
    props = props or CONTAINERS[name]
    chosen = draw(st.lists(st.sampled_from(sorted(props)), max_size=4, unique=True))
    given = {each: None if draw(seldom) else draw(values(props[each])) for each in chosen}
    given |= {each: draw(values(prop)) for each, prop in props.items() if prop.is_required and not draw(seldom)}
    return {"source": view_reference(name) if is_view else container_reference(name), "properties": given}


@st.composite
def items(draw: st.DrawFn) -> Json:
    """A node, or an edge; seldom with the external id of the other kind."""
    kind = draw(st.sampled_from(["node", "node", "edge"]))
    item: Json = {"instanceType": kind, "space": draw(spaces), "sources": draw(sources(kind))}
    item["externalId"] = draw(st.sampled_from(EDGES if (kind == "edge") != draw(seldom) else NODES))
    if kind == "edge":
        item |= {end: draw(VALUES["direct"]) for end in ("type", "startNode", "endNode")}
    elif draw(rarely):
        item["type"] = draw(VALUES["direct"])
    if draw(seldom):
        item["existingVersion"] = draw(st.integers(0, 3))
    return item


@st.composite
def named(draw: st.DrawFn) -> Json:
    """An instance to delete."""
    kind = draw(st.sampled_from(["node", "edge"]))
    return {
        "instanceType": kind,
        "space": draw(spaces),
        "externalId": draw(st.sampled_from(NODES if kind == "node" else EDGES)),
        **({"existingVersion": draw(st.integers(0, 3))} if draw(rarely) else {}),
    }


@st.composite
def applies(draw: st.DrawFn) -> Json:
    """A request that writes, and may delete as well."""
    body: Json = {"items": draw(st.lists(items(), min_size=2, max_size=6, unique_by=key_of))}
    if draw(rarely):
        taken = [key_of(item) for item in body["items"]]
        body["delete"] = draw(
            st.lists(named().filter(lambda each: key_of(each) not in taken), max_size=2, unique_by=key_of)
        )
    for flag in ("replace", "skipOnVersionConflict"):
        body[flag] = draw(rarely)
    for flag in ("autoCreateDirectRelations", "autoCreateStartNodes", "autoCreateEndNodes"):
        body[flag] = not draw(seldom)
    return body


deletes = st.builds(lambda named: {"items": named}, st.lists(named(), min_size=1, max_size=2, unique_by=key_of))

# --- what is asked for ---


def paths(kind: str, *, only: Callable[[Prop], bool] = lambda prop: True) -> st.SearchStrategy[tuple[list[str], Prop]]:
    """Properties of a kind of instance, through views and containers, and those of every instance."""
    found: list[tuple[list[str], Prop]] = [([kind, name], Prop("text")) for name in ("space", "externalId")]
    found += [
        ([kind, name], Prop("direct")) for name in ("type", *(("startNode", "endNode") if kind == "edge" else ()))
    ]
    for container in ["Link"] if kind == "edge" else ["Thing", "Thing", "Extra"]:
        found += [(["s", container, name], prop) for name, prop in CONTAINERS[container].items()]
    for view in ["Link"] if kind == "edge" else ["Thing", "Both"]:
        found += [(["s", f"{view}/v1", name], CONTAINERS[of][inner]) for name, (of, inner) in VIEWS[view].items()]
    return st.sampled_from([each for each in found if only(each[1])])


def _has_order(prop: Prop) -> bool:
    return not prop.is_list and prop.type not in {"direct", "boolean"}


def _is_family_of(prop: Prop) -> Callable[[Prop], bool]:
    numbers = {"int32", "int64", "float64"}
    kinds = numbers if prop.type in numbers else {prop.type}
    return lambda other: other.type in kinds and other.is_list == prop.is_list


@st.composite
def operands(draw: st.DrawFn, kind: str, prop: Prop) -> Any:
    """A value, or another property of the same instance."""
    if draw(rarely):
        return {"property": draw(paths(kind, only=_is_family_of(prop)))[0]}
    return draw(values(prop))


@st.composite
def bounds(draw: st.DrawFn, kind: str, prop: Prop) -> Json:
    """One bound, or two."""
    lower, upper = draw(st.sampled_from(["gt", "gte"])), draw(st.sampled_from(["lt", "lte"]))
    chosen = draw(st.sampled_from([[lower], [upper], [lower, upper]]))
    return {name: draw(operands(kind, prop)) for name in chosen}


@st.composite
def comparisons(draw: st.DrawFn, kind: str) -> Json:
    """A filter that is about the values of an instance."""
    operator = draw(st.sampled_from(["equals", "in", "range", "prefix", "exists", "containsAny", "containsAll"]))
    if operator == "range":
        path, prop = draw(paths(kind, only=_has_order))
        return {"range": {"property": path, **draw(bounds(kind, prop))}}
    if operator == "prefix":
        path, prop = draw(paths(kind, only=lambda prop: prop == Prop("text") or prop.is_unique))
        return {"prefix": {"property": path, "value": draw(VALUES["text"])}}
    if operator.startswith("contains"):
        path, prop = draw(paths("node", only=lambda prop: prop.is_list))
        return {operator: {"property": path, "values": draw(st.lists(VALUES[prop.type], max_size=2))}}
    path, prop = draw(paths(kind))
    if operator == "exists":
        return {"exists": {"property": path}}
    if operator == "in":
        return {"in": {"property": path, "values": draw(st.lists(VALUES[prop.type], max_size=3))}}
    return {"equals": {"property": path, "value": draw(operands(kind, prop))}}


@st.composite
def leaves(draw: st.DrawFn, kind: str) -> Json:
    """A filter without others in it."""
    match draw(st.sampled_from(["compare"] * 6 + ["hasData", "instances", "overlaps"])):
        case "hasData":
            wanted = [view_reference("Thing"), view_reference("Both"), container_reference("Extra")]
            return {"hasData": draw(st.lists(st.sampled_from(wanted), min_size=1, max_size=2))}
        case "instances":
            return {"instanceReferences": draw(st.lists(VALUES["direct"], max_size=4))}
        case "overlaps":
            two = {"startProperty": ["s", "Thing", "count"], "endProperty": ["s", "Thing/v1", "rate"]}
            limits = draw(st.dictionaries(st.sampled_from(["gte", "lt"]), st.integers(-1, 3), min_size=1))
            return {"overlaps": {**two, **limits}}
    return draw(comparisons(kind))


@st.composite
def filters(draw: st.DrawFn, kind: str = "node", depth: int = 2) -> Json:
    """A filter, of which parts are combined, negated and about targets of relations."""
    if depth == 0:
        return draw(leaves(kind))
    inner = filters(kind, depth - 1)
    match draw(st.sampled_from(["leaf", "leaf", "leaf", "and", "or", "not", "nested", "matchAll"])):
        case "and" | "or" as name:
            return {name: draw(st.lists(inner, min_size=1, max_size=3))}
        case "not":
            return {"not": draw(inner)}
        case "nested":
            path, _ = draw(paths(kind, only=lambda prop: prop.type == "direct"))
            return {"nested": {"scope": path, "filter": draw(filters("node", depth - 1))}}
        case "matchAll":
            return {"matchAll": {}}
    return draw(leaves(kind))


@st.composite
def sorts(draw: st.DrawFn, kind: str) -> list[Json]:
    """An order in which no two instances are equal."""
    chosen = draw(st.lists(paths(kind, only=lambda prop: not prop.is_list), max_size=2))
    keys: list[Json] = [
        {
            "property": path,
            "direction": draw(st.sampled_from(["ascending", "descending"])),
            "nullsFirst": draw(st.booleans()),
        }
        for path, _ in chosen
    ]
    return [*keys, *({"property": [kind, name]} for name in ("externalId", "space"))]


@st.composite
def lists(draw: st.DrawFn) -> Json:
    """A list, in pages of some size."""
    kind = draw(st.sampled_from(["node", "node", "node", "edge"]))
    views = ["Link"] if kind == "edge" else ["Thing", "Both"]
    chosen = draw(st.lists(st.sampled_from(views), max_size=2, unique=True))
    return {
        "instanceType": kind,
        "sources": [{"source": view_reference(view)} for view in chosen],
        "filter": draw(filters(kind)),
        "sort": draw(sorts(kind)),
        "limit": draw(st.integers(1, 10)),
    }


@st.composite
def nodes(draw: st.DrawFn, of: str | None, of_kind: str) -> Json:
    """A result set of nodes, perhaps made from another one."""
    part: Json = {"filter": draw(filters(depth=1))} if of is None or draw(st.booleans()) else {}
    if of is not None:
        part["from"] = of
        if of_kind == "edges":
            part["chainTo"] = draw(st.sampled_from(["source", "destination"]))
        elif draw(st.sampled_from([True, True, False])):
            name, direction = draw(
                st.sampled_from([("parent", "outwards"), ("parent", "inwards"), ("friends", "outwards")])
            )
            place = draw(st.sampled_from([view_reference("Thing"), container_reference("Thing")]))
            part |= {"through": {"source": place, "identifier": name}, "direction": direction}
    return {"nodes": part, "limit": 10_000}


@st.composite
def edges(draw: st.DrawFn, of: str | None, of_kind: str) -> Json:
    """A result set of edges, perhaps made from another one."""
    part: Json = {"direction": draw(st.sampled_from(["outwards", "inwards"]))}
    if draw(st.booleans()):
        part["filter"] = draw(filters("edge", depth=1))
    if draw(rarely):
        part["nodeFilter"] = draw(filters(depth=1))
    if of is not None:
        part["from"] = of
        if of_kind == "edges":
            part["chainTo"] = draw(st.sampled_from(["source", "destination"]))
        if draw(rarely):
            part["terminationFilter"] = draw(filters(depth=1))
        if distance := draw(st.sampled_from([None, 1, 1, 2])):
            part["maxDistance"] = distance
    return {"edges": part, "limit": 10_000}


@st.composite
def queries(draw: st.DrawFn) -> Json:
    """Up to three result sets, each made from an earlier one."""
    sets: Json = {}
    kind = ""
    for number in range(draw(st.integers(1, 3))):
        of, of_kind = (f"r{number - 1}", kind) if number else (None, "")
        kind = draw(st.sampled_from(["nodes", "edges"]))
        sets[f"r{number}"] = draw((nodes if kind == "nodes" else edges)(of, of_kind))
    return {"with": sets, "select": {name: {} for name in sets}}


steps = st.one_of(
    st.tuples(st.just("apply"), applies()),
    st.tuples(st.just("apply"), applies()),
    st.tuples(st.just("delete"), deletes),
    st.tuples(st.just("listed"), lists()),
    st.tuples(st.just("listed"), lists()),
    st.tuples(st.just("query"), queries()),
    st.tuples(st.just("aggregate"), filters()),
    st.tuples(st.just("byids"), st.lists(named(), min_size=1, max_size=4, unique_by=str)),
    st.tuples(st.just("sync"), st.just({})),
)


class Both:
    """The sandbox and the oracle, side by side; and a replica of the sandbox that follows its changes."""

    def __init__(self) -> None:
        self.project = project()
        self.oracle = Oracle()
        self.told: dict[Key, tuple[int, bool]] = {}
        self.cursors: Json = {}
        self.replica: dict[Key, Json] = {}

    def call(self, path: str, body: Json) -> Json:
        """What the sandbox answers."""
        return self.project.call("POST", f"instances{path}", body)

    # --- writing ---

    def apply(self, body: Json) -> None:
        """The same is refused, and else written."""
        self.project.now_ms += 1
        try:
            answers, deleted = self.oracle.apply(body)
        except Refused:
            self.is_refused("", body)
            return
        answer = self.call("", body)
        assert answers == [(item["version"], item["wasModified"]) for item in answer["items"]]
        assert deleted == {key_of(item) for item in answer["deleted"]}

    def delete(self, body: Json) -> None:
        """The same is deleted."""
        self.project.now_ms += 1
        try:
            deleted = self.oracle.delete(body["items"])
        except Refused:
            self.is_refused("/delete", body)
            return
        assert deleted == {key_of(item) for item in self.call("/delete", body)["items"]}

    def is_refused(self, path: str, body: Json) -> None:
        """The sandbox says no."""
        with pytest.raises(Refusal) as refused:
            self.call(path, body)
        assert refused.value.status in {400, 409}

    # --- reading ---

    def listed(self, body: Json) -> None:
        """The same instances in the same order, page by page, with the same values."""
        kind, views = body["instanceType"], [each["source"]["externalId"] for each in body["sources"]]
        found = self.oracle.sorted(self.oracle.found(kind, body["filter"], views), body["sort"])
        items: list[Json] = []
        answer: Json = {"nextCursor": None}
        while "nextCursor" in answer:
            answer = self.call("/list", {**body, "cursor": answer["nextCursor"]})
            items += answer["items"]
        assert found == [key_of(item) for item in items]
        for item in items:
            self.is_same(item, views)

    def byids(self, named: list[Json]) -> None:
        """The same instances, in the order of the request."""
        plain = [{name: value for name, value in each.items() if name != "existingVersion"} for each in named]
        wanted = list(dict.fromkeys((each["instanceType"], key_of(each)) for each in plain))
        expected = [key for kind, key in wanted if key in self.oracle.live(kind)]
        assert expected == [key_of(item) for item in self.call("/byids", {"items": plain})["items"]]

    def aggregate(self, filter: Json) -> None:  # noqa: A002 -- as DMS calls it
        """As many instances, and as many with a value; the same in each group; and search finds them, if it may."""
        found = self.oracle.found("node", filter, ["Thing"])
        counts: list[Json] = [{"count": {}}, {"count": {"property": "name"}}]
        body = {"view": view_reference("Thing"), "filter": filter}
        (answer,) = self.call("/aggregate", {**body, "aggregates": counts})["items"]
        named = [key for key in found if self.oracle.value(["s", "Thing", "name"], key) is not None]
        assert [len(found), len(named)] == [each["value"] for each in answer["aggregates"]]
        groups = self.call("/aggregate", {**body, "aggregates": counts[:1], "groupBy": ["flag"]})["items"]
        expected = [self.oracle.value(["s", "Thing", "flag"], key) for key in found]
        assert {flag: expected.count(flag) for flag in expected} == {
            each["group"].get("flag"): each["aggregates"][0]["value"] for each in groups
        }
        if "overlaps" not in json.dumps(filter):
            assert found == {key_of(item) for item in self.call("/search", body)["items"]}

    def query(self, body: Json) -> None:
        """The same members of every result set, each once."""
        expected = self.oracle.result_sets(body["with"])
        answer = self.call("/query", body)["items"]
        for name, members in expected.items():
            keys = [key_of(item) for item in answer[name]]
            assert len(keys) == len(set(keys))
            assert members == set(keys), name

    def sync(self, _: Json) -> None:
        """What changed since the last time, once each as it is now, makes the replica equal to the oracle."""
        now = {key: (instance.version, instance.is_deleted) for key, instance in self.oracle.all.items()}
        is_first = not self.cursors
        body = {
            "with": {f"{kind}s": {f"{kind}s": {}, "limit": 2} for kind in ("node", "edge")},
            "select": {
                f"{kind}s": {"sources": [{"source": view_reference(view), "properties": ["*"]}]}
                for kind, view in (("node", "Thing"), ("edge", "Link"))
            },
        }
        told: list[Key] = []
        is_done = False
        while not is_done:
            answer = self.call("/sync", {**body, "cursors": self.cursors})
            self.cursors = answer["nextCursor"]
            is_done = all(len(items) < 2 for items in answer["items"].values())
            for item in (*answer["items"]["nodes"], *answer["items"]["edges"]):
                told.append(key_of(item))
                self.replica[key_of(item)] = item
        assert len(told) == len(set(told))
        changed = {key for key, state in now.items() if self.told.get(key) != state and not (is_first and state[1])}
        assert changed <= set(told)
        self.told = now
        there = {key: item for key, item in self.replica.items() if "deletedTime" not in item}
        assert self.oracle.live("node") | self.oracle.live("edge") == there.keys()
        for item in there.values():
            self.is_same(item, ["Thing"] if item["instanceType"] == "node" else ["Link"])

    def is_same(self, item: Json, views: list[str]) -> None:
        """An instance has the version, the ends and the values that the oracle knows."""
        instance = self.oracle.all[key_of(item)]
        assert instance.version == item["version"]
        ends = {name: key for name, key in instance.ends.items() if key is not None}
        assert ends == {name: key_of(item[name]) for name in instance.ends if name in item}
        expected = {f"{view}/v1": self.oracle.read(view, key_of(item)) for view in views}
        found = item["properties"].get("s", {})
        assert {view: values for view, values in expected.items() if values} == {
            view: values for view, values in found.items() if values
        }


by_name = [{"property": ["node", name]} for name in ("externalId", "space")]
LAST: list[tuple[str, Any]] = [
    ("sync", {}),
    ("listed", {"instanceType": "node", "sources": [], "filter": {"matchAll": {}}, "sort": by_name}),
]


@settings(max_examples=120, derandomize=True)
@given(st.lists(applies(), min_size=3, max_size=6), st.lists(steps, min_size=8, max_size=40))
def test_the_sandbox_answers_as_the_oracle_does(written: list[Json], script: list[tuple[str, Any]]) -> None:
    """Whatever is applied and deleted, lists, queries, counts and a replayed sync are those of the oracle."""
    both = Both()
    for name, body in [*(("apply", body) for body in written), *script, *LAST]:
        getattr(both, name)(body)
