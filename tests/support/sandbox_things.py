"""
A model with a property of every type, and a handful of things: some with values, one without any, one without data.

| thing   | data                          |
|---------|-------------------------------|
| `one`   | all values; its target is `two` |
| `two`   | all values, other ones; its target is `gone` |
| `empty` | a row without values, but for an empty list |
| `gone`  | deleted; had the values of `one` |
| `bare`  | none                          |
| `link`  | an edge from `one` to `two`   |
"""

from __future__ import annotations

from pygen.sandbox.settings import Settings
from pygen.sandbox.store import Store
from tests.contract.exchange import Json
from tests.support.sandbox_reading import Writer, container_ref, model

__all__ = ["NODES", "TWO_LABELS", "VALUES", "of_extra", "of_thing", "things"]

NODES = ("one", "two", "empty", "bare")

_TYPES: dict[str, Json] = {
    "name": {"type": "text"},
    "state": {"type": "enum", "values": {"on": {}, "off": {}}},
    "flag": {"type": "boolean"},
    "small": {"type": "int32"},
    "big": {"type": "int64"},
    "single": {"type": "float32"},
    "double": {"type": "float64", "unit": {"externalId": "pressure:bar"}},
    "moment": {"type": "timestamp"},
    "later": {"type": "timestamp"},
    "day": {"type": "date"},
    "meta": {"type": "json"},
    "target": {"type": "direct"},
    "series": {"type": "timeseries"},
    "names": {"type": "text", "list": True},
    "flags": {"type": "boolean", "list": True},
    "smalls": {"type": "int32", "list": True},
    "singles": {"type": "float32", "list": True},
    "doubles": {"type": "float64", "list": True, "unit": {"externalId": "pressure:bar"}},
    "moments": {"type": "timestamp", "list": True},
    "metas": {"type": "json", "list": True},
    "targets": {"type": "direct", "list": True},
}


def _ref(external_id: str) -> Json:
    return {"space": "data", "externalId": external_id}


VALUES: dict[str, Json] = {
    "one": {
        "name": "alpha",
        "state": "on",
        "flag": True,
        "small": 1,
        "big": 9007199254740993,
        "single": 3.3,
        "double": 1.1,
        "moment": "2024-03-01T08:30:00.25+00:00",
        "later": "2024-03-02T00:00:00+00:00",
        "day": "2024-03-01",
        "meta": {"a": 1, "b": {"c": ["x"]}},
        "target": _ref("two"),
        "series": "ts:1",
        "names": ["x", "y", "x"],
        "flags": [True, False],
        "smalls": [1, 2],
        "singles": [0.1, 2.0],
        "doubles": [1.0, 2.5],
        "moments": ["2024-03-01T00:00:00+00:00"],
        "metas": [{"a": 1, "b": 2}],
        "targets": [_ref("two"), _ref("empty")],
    },
    "two": {
        "name": "alphabet",
        "state": "off",
        "flag": False,
        "small": -2,
        "big": 5,
        "single": -0.5,
        "double": 8.0,
        "moment": "1969-12-31T23:59:59.999+00:00",
        "later": "1970-01-01T00:00:00+00:00",
        "day": "0001-01-01",
        "meta": {"a": 2},
        "target": _ref("gone"),
        "series": "ts:2",
        "names": ["z"],
        "flags": [False],
        "smalls": [2, 3],
        "singles": [5.0],
        "doubles": [2.5],
        "moments": ["2025-01-01T00:00:00.5+00:00"],
        "metas": [{"a": 2}],
        "targets": [_ref("gone"), _ref("bare")],
    },
    "empty": {"names": []},
}
"""What was written, in the form in which it is read."""

TWO_LABELS: Json = {"label": "second", "rank": 2}
"""What `two` has in the other container."""


def of_thing(name: str) -> list[str]:
    """The path of a property of things, through their view."""
    return ["schema", "Thing/v1", name]


def of_extra(name: str) -> list[str]:
    """The path of a property of the other container."""
    return ["schema", "Extra", name]


def things(settings: Settings | None = None) -> Store:
    """The store."""
    extra = {"label": {"type": {"type": "text"}, "nullable": False}, "rank": {"type": {"type": "int32"}}}
    thing = {name: {"type": kind} for name, kind in _TYPES.items()}
    both = {**_mapped("Extra", extra), "title": _mapped("Thing", thing)["name"]}
    store = model(
        ["schema", "data"],
        [
            {"space": "schema", "externalId": "Thing", "usedFor": "all", "properties": thing},
            {"space": "schema", "externalId": "Extra", "usedFor": "all", "properties": extra},
        ],
        [
            {"space": "schema", "externalId": "Thing", "version": "v1", "properties": _mapped("Thing", thing)},
            {"space": "schema", "externalId": "Both", "version": "v1", "properties": both},
        ],
        settings=settings,
    )
    source = container_ref("Thing", "schema")
    writer = Writer(store)
    for external_id in ("one", "two", "empty"):
        properties = {"source": source, "properties": VALUES[external_id]}
        writer.put({"instanceType": "node", **_ref(external_id), "sources": [properties]})
    writer.put(
        {"instanceType": "node", **_ref("two"), "type": _ref("two"), "sources": [
            {"source": container_ref("Extra", "schema"), "properties": TWO_LABELS},
        ]},
        {"instanceType": "node", **_ref("gone"), "sources": [{"source": source, "properties": VALUES["one"]}]},
        {"instanceType": "node", **_ref("bare")},
        {"instanceType": "edge", **_ref("link"), "type": _ref("two"), "startNode": _ref("one"), "endNode": _ref("two")},
    )  # fmt: skip
    writer.delete("gone", space="data")
    return store


def _mapped(container: str, properties: Json) -> Json:
    place = container_ref(container, "schema")
    return {name: {"container": place, "containerPropertyIdentifier": name} for name in properties}
