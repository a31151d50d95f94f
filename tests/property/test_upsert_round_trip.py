"""Whatever model and data there are: what is upserted through a generated SDK is what its views then show."""

from __future__ import annotations

import datetime as dt
import importlib
import sys
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from struct import pack, unpack
from types import ModuleType
from typing import Any, NamedTuple, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pygen.client import DataModelId, PygenClient
from pygen.generation.base import TargetOptions, get_generator
from pygen.ir import build_model
from pygen.runtime import LinkWrite, NodeId, PygenResource, PygenWrite
from pygen.sandbox import Sandbox

Json: TypeAlias = dict[str, Any]

SCHEMA, DATA = "schema_space", "data"
MOMENTS = st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30), timezones=st.just(dt.UTC))  # noqa: DTZ001 -- bounds
TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=5,
)
VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "int32": st.integers(-(2**31), 2**31 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "float32": st.floats(width=32, allow_nan=False, allow_infinity=False),
    "float64": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "timestamp": MOMENTS,
    "date": st.dates(),
    "json": st.dictionaries(TEXTS, JSON_VALUES, max_size=3),
    "timeseries": TEXTS.filter(bool),
    "file": TEXTS.filter(bool),
    "sequence": TEXTS.filter(bool),
    "enum": st.sampled_from(["one", "two"]),
}
"""What a value of each type of property can be."""


class Stored(NamedTuple):
    """
    A property of a view that is stored in a container.

    Attributes:
        container: The container.
        kind: Its type.
        is_list: Whether it is a list.
        required: Whether it must be there.
        target: The view that a direct relation leads to.
    """

    container: str
    kind: str
    is_list: bool = False
    required: bool = False
    target: int = 0

    def definition(self) -> Json:
        """It as a container declares it."""
        kind: Json = {"type": self.kind}
        if self.kind == "enum":
            kind["values"] = {"one": {}, "two": {}}
        else:
            kind["list"] = self.is_list
        return {"type": kind, "nullable": not self.required}


class Edge(NamedTuple):
    """
    A connection of a view.

    Attributes:
        target: The view at the other end.
        is_outwards: Whether the edges start here.
        has_properties: Whether they have properties.
    """

    target: int
    is_outwards: bool
    has_properties: bool


class View(NamedTuple):
    """
    A view of nodes.

    Attributes:
        stored: The properties, by name.
        edges: The connections, by name.
        typed: Whether it shows nodes of one type only.
    """

    stored: dict[str, Stored]
    edges: dict[str, Edge]
    typed: bool


@st.composite
def models(draw: st.DrawFn) -> list[View]:
    """A few views over a few containers each, which lead to each other."""
    size = draw(st.integers(1, 3))
    views = []
    for number in range(size):
        stored: dict[str, Stored] = {}
        for container in range(draw(st.integers(1, 3))):
            for _ in range(draw(st.integers(1, 4))):
                kind = draw(st.sampled_from([*VALUES, "direct"]))
                is_list = kind != "enum" and draw(st.booleans())
                required = kind not in {"direct", "enum"} and not is_list and draw(st.integers(0, 4)) == 0
                target = draw(st.integers(0, size - 1))
                stored[f"p{len(stored)}"] = Stored(f"C{number}{container}", kind, is_list, required, target)
        edges = {
            f"e{place}": Edge(draw(st.integers(0, size - 1)), draw(st.booleans()), draw(st.booleans()))
            for place in range(draw(st.integers(0, 2)))
        }
        views.append(View(stored, edges, draw(st.booleans())))
    return views


def view_id(name: str) -> Json:
    """A reference to a view."""
    return {"type": "view", "space": SCHEMA, "externalId": name, "version": "v1"}


def container_id(name: str) -> Json:
    """A reference to a container."""
    return {"type": "container", "space": SCHEMA, "externalId": name}


def view_json(number: int, view: View, reverse: Mapping[str, tuple[int, str, bool]]) -> Json:
    """A view as it is declared."""
    properties: Json = {}
    for name, stored in view.stored.items():
        properties[name] = {"container": container_id(stored.container), "containerPropertyIdentifier": name}
        if stored.kind == "direct":
            properties[name]["source"] = view_id(f"V{stored.target}")
    for name, edge in view.edges.items():
        properties[name] = {
            "connectionType": "multi_edge_connection",
            "type": {"space": SCHEMA, "externalId": f"V{number}.{name}"},
            "source": view_id(f"V{edge.target}"),
            "direction": "outwards" if edge.is_outwards else "inwards",
            **({"edgeSource": view_id("Link")} if edge.has_properties else {}),
        }
    for name, (source, through, _) in reverse.items():
        properties[name] = {
            "connectionType": "multi_reverse_direct_relation",
            "source": view_id(f"V{source}"),
            "through": {"source": view_id(f"V{source}"), "identifier": through},
        }
    made = {"space": SCHEMA, "externalId": f"V{number}", "version": "v1", "properties": properties}
    if view.typed:
        containers = sorted({stored.container for stored in view.stored.values()})
        of_type = {"property": ["node", "type"], "value": {"space": SCHEMA, "externalId": f"V{number}"}}
        has_data = {"hasData": [container_id(name) for name in containers]}
        made["filter"] = {"and": [has_data, {"equals": of_type}]}
    return made


def reverse_of(model: list[View], target: int) -> dict[str, tuple[int, str, bool]]:
    """The reverse relations of a view: where they come from, and whether that is a list."""
    found = [
        (number, name, stored.is_list)
        for number, view in enumerate(model)
        for name, stored in view.stored.items()
        if stored.kind == "direct" and stored.target == target
    ]
    return {f"r{place}": each for place, each in enumerate(found)}


def declare(client: PygenClient, model: list[View]) -> None:
    """Write the schema of a model."""
    client.spaces.upsert([{"space": SCHEMA}, {"space": DATA}])
    containers: dict[str, Json] = {
        "Link": {"weight": {"type": {"type": "float64"}}, "note": {"type": {"type": "text"}}}
    }
    for view in model:
        for name, stored in view.stored.items():
            containers.setdefault(stored.container, {})[name] = stored.definition()
    client.containers.upsert(
        [
            {
                "space": SCHEMA,
                "externalId": name,
                "usedFor": "edge" if name == "Link" else "node",
                "properties": properties,
            }
            for name, properties in containers.items()
        ]
    )
    link = {
        name: {"container": container_id("Link"), "containerPropertyIdentifier": name} for name in containers["Link"]
    }
    views = [
        {"space": SCHEMA, "externalId": "Link", "version": "v1", "properties": link},
        *(view_json(number, view, reverse_of(model, number)) for number, view in enumerate(model)),
    ]
    client.views.upsert(views)
    references = [view_id(view["externalId"]) for view in views]
    client.data_models.upsert({"space": SCHEMA, "externalId": "Random", "version": "v1", "views": references})


numbers = count()


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder on the import path."""
    folder = tmp_path_factory.mktemp("random_sdks")
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


def generated(client: PygenClient, folder: Path) -> ModuleType:
    """The SDK of the data model that a project has."""
    (wire,) = client.data_models.retrieve(DataModelId(SCHEMA, "Random", "v1"), inline_views=True)
    model, _ = build_model(wire, containers=client.containers.list(space=SCHEMA).all())
    package = f"random_sdk_{next(numbers)}"
    options = TargetOptions(package=package, client_name="RandomClient", instance_space=DATA)
    (folder / package).mkdir()
    for path, text in get_generator("python")(options).generate(model, {}).files.items():
        (folder / package / path).write_text(text, encoding="utf-8")
    importlib.invalidate_caches()
    return importlib.import_module(package)


class Written(NamedTuple):
    """
    An object, and what its view must show.

    Attributes:
        view: The number of its view.
        object: The object.
        values: What was set, by property; lists of nodes by their ids.
        ends: For each connection the ids at the other end, and the weights of the edges.
    """

    view: int
    object: PygenWrite
    values: dict[str, Any]
    ends: dict[str, list[tuple[str, float | None]]]


def fields_of(kind: type[PygenResource] | type[PygenWrite]) -> dict[str, str]:
    """The names of fields, by property."""
    return {spec.name: field for field, spec in kind.__pygen_props__.items()}


def draw_data(draw: Any, model: list[View], sdk: ModuleType) -> list[Written]:
    """Objects of all views, which refer to each other at will: also in circles, and to themselves."""
    data: list[Written] = []
    for number, view in enumerate(model):
        for place in range(draw(st.integers(1, 3))):
            required = {name: draw(VALUES[each.kind]) for name, each in view.stored.items() if each.required}
            kind = getattr(sdk, f"V{number}Write")
            data.append(Written(number, kind(external_id=f"v{number}-{place}", **required), required, {}))
    for written in data:
        fields = fields_of(type(written.object))
        for name, stored in model[written.view].stored.items():
            if stored.required or draw(st.integers(0, 3)) == 0:
                continue
            candidates = [other for other in data if other.view == stored.target]
            one = VALUES[stored.kind] if stored.kind != "direct" else st.sampled_from([o.object for o in candidates])
            value = draw(st.none() | (st.lists(one, max_size=3) if stored.is_list else one))
            setattr(written.object, fields[name], value)
            written.values[name] = value
        for name, edge in model[written.view].edges.items():
            candidates = [other for other in data if other.view == edge.target]
            chosen = draw(st.lists(st.sampled_from(candidates), max_size=3, unique_by=lambda other: id(other.object)))
            weights = [draw(st.none() | VALUES["float64"]) if edge.has_properties else None for _ in chosen]
            setattr(
                written.object,
                fields[name],
                [
                    other.object if weight is None else LinkWrite(other.object, sdk.LinkWrite(weight=weight))
                    for other, weight in zip(chosen, weights, strict=True)
                ],
            )
            ends = ((other.object.external_id, weight) for other, weight in zip(chosen, weights, strict=True))
            written.ends[name] = sorted(ends, key=lambda end: end[0])
    return data


def shown(value: Any) -> Any:
    """A value that was set as a view shows it: nodes by their ids, moments to the millisecond."""
    match value:
        case list():
            return [shown(item) for item in value]
        case PygenWrite():
            return NodeId(DATA, value.external_id)
        case dt.datetime():
            return value.replace(microsecond=value.microsecond // 1000 * 1000)
        case _:
            return value


def exact(stored: Stored, value: Any) -> Any:
    """A value that was read, as it is stored: of a `float32` the service may write fewer digits."""
    if stored.kind != "float32" or value is None:
        return value
    return [exact(stored, item) for item in value] if isinstance(value, list) else unpack("f", pack("f", value))[0]


def check(client: Any, model: list[View], data: list[Written]) -> None:
    """See that each view shows what was written through it."""
    for number, view in enumerate(model):
        found: dict[str, Any] = {each.external_id: each for each in getattr(client, f"v{number}").list()}
        for written in (each for each in data if each.view == number):
            read = found[written.object.external_id]
            fields = fields_of(type(read))
            for name, stored in view.stored.items():
                assert shown(written.values.get(name)) == exact(stored, getattr(read, fields[name])), name
            for name, edge in view.edges.items():
                links = getattr(read, name)
                ends = [
                    (link.node.external_id, link.edge.weight) if edge.has_properties else (link.external_id, None)
                    for link in links
                ]
                weighted = [end for end in written.ends[name] if not edge.has_properties or end[1] is not None]
                assert weighted == sorted(ends, key=lambda end: end[0]), name
            for name, (source, through, is_list) in reverse_of(model, number).items():
                pointing = [
                    other.object.external_id
                    for other in data
                    if other.view == source
                    and any(
                        written.object is each
                        for each in (other.values.get(through) or [] if is_list else [other.values.get(through)])
                    )
                ]
                assert sorted(pointing) == sorted(each.external_id for each in getattr(read, name)), name


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(model=models(), data=st.data())
def test_what_is_upserted_comes_back(packages: Path, model: list[View], data: st.DataObject) -> None:
    """Every property type, lists, relations of every kind, several containers: read as written; again: unchanged."""
    with (
        Sandbox() as sandbox,
        PygenClient(
            base_url="http://localhost",
            project=sandbox.project,
            credentials=sandbox.token,
            transport=sandbox.transport(),
        ) as wire,
    ):
        declare(wire, model)
        sdk = generated(wire, packages)
        client = sdk.RandomClient.from_client(wire)
        written = draw_data(data.draw, model, sdk)
        objects = [each.object for each in written]
        first = client.upsert(objects)
        assert {"created": len(first)} == first.counts()
        check(client, model, written)
        assert {"unchanged": len(first)} == client.upsert(objects).counts()
        check(client, model, written)
