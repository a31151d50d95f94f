"""Every relation of every class of real data models, filled with mock data, leads to what the raw instances say."""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import pytest

from pygen.client import PygenClient
from pygen.runtime import Direct, Edges, Link, NodeId, PygenResource, Reverse, SdkClient, ViewId
from pygen.runtime.registry import children_of, resource_classes
from pygen.sandbox import Sandbox
from tests.conftest import shared_folder
from tests.support.real_sdks import real_sdk

Name: TypeAlias = tuple[str, str]
MODELS = ("cognite_core", "omni", "power_ops", "wind_turbine")


class Filled(NamedTuple):
    """A data model with mock data and its SDK."""

    sandbox: Sandbox
    raw: PygenClient
    package: str

    def classes(self) -> list[type[PygenResource]]:
        """The classes of nodes."""
        return [kind for kind in resource_classes(self.package) if not kind.__pygen_edge__]

    def api(self, client: Any, kind: type[PygenResource]) -> Any:
        """The view API of a class."""
        found = (getattr(client, name) for name in dir(type(client)) if not name.startswith("_") and name != "client")
        return next(api for api in found if getattr(api, "_resource", None) is kind)


def models() -> list[str]:
    """The names of the models that are on this machine."""
    folder = shared_folder()
    return [] if folder is None else [name for name in MODELS if (folder / "models" / f"{name}.json").is_file()]


@pytest.fixture(scope="module")
def filled(request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """A sandbox that holds a real model and 15 instances of each of its views."""
    folder = tmp_path_factory.mktemp("loading")
    with (
        real_sdk(shared, folder, request.param, topic="loading", mock=15, seed=3) as made,
        PygenClient(**made.connection()) as raw,
    ):
        yield Filled(made.sandbox, raw, made.package.__name__)


each_model = pytest.mark.parametrize("filled", models(), indirect=True, scope="module")


class Truth:
    """What raw instances say."""

    def __init__(self, filled: Filled) -> None:
        self._raw = filled.raw
        self._seen: dict[ViewId, dict[Name, Any]] = {}
        self._edges: dict[Name, list[Any]] = defaultdict(list)
        for edge in filled.raw.instances.list(instance_type="edge"):
            self._edges[edge["type"]["space"], edge["type"]["externalId"]].append(edge)
        self._nodes = {name_of(node) for node in filled.raw.instances.list(instance_type="node")}

    def seen(self, view: ViewId) -> dict[Name, Any]:
        """The values of the nodes that a view shows."""
        if view not in self._seen:
            key = f"{view.external_id}/{view.version}"
            listed = self._raw.instances.list(instance_type="node", sources=[view])
            self._seen[view] = {name_of(node): node["properties"].get(view.space, {}).get(key, {}) for node in listed}
        return self._seen[view]

    def targets(self, kind: type[PygenResource], name: str) -> dict[Name, set[Name]]:
        """What a relation leads to from each instance of a class."""
        relation = kind.__pygen_relations__[name]
        owners = self.seen(kind.__pygen__.view)
        target = getattr(relation.target, "__pygen__", None)
        visible = self._nodes if target is None else set(self.seen(target.view))
        match relation.spec:
            case Direct(field):
                dms_name = kind.__pygen_props__[field].name
                return {owner: ids(values.get(dms_name)) & visible for owner, values in owners.items()}
            case Reverse(source, property_):
                assert isinstance(source, ViewId)
                found: dict[Name, set[Name]] = {owner: set() for owner in owners}
                for node, values in self.seen(source).items():
                    for owner in ids(values.get(property_)) & found.keys():
                        found[owner] |= {node} & visible
                return found
            case Edges(type_, direction):
                near, far = ("startNode", "endNode") if direction == "outwards" else ("endNode", "startNode")
                found = {owner: set() for owner in owners}
                for edge in self._edges[type_]:
                    if name_of(edge[near]) in found:
                        found[name_of(edge[near])] |= {name_of(edge[far])} & visible
                return found


def name_of(reference: Any) -> Name:
    """Space and external id of an instance or of what names it."""
    return reference["space"], reference["externalId"]


def ids(value: Any) -> set[Name]:
    """What a direct relation leads to."""
    return {name_of(each) for each in (value if isinstance(value, list) else [value] if value else [])}


def names(found: Any) -> set[Name]:
    """The nodes that a relation gave."""
    items: Iterable[Any] = () if found is None else [found] if isinstance(found, PygenResource | Link) else found
    if isinstance(found, tuple) and isinstance(found, Link):
        items = [found]
    nodes = [item.node if isinstance(item, Link) else item for item in items]
    return {(node.space, node.external_id) for node in nodes}


@each_model
def test_every_relation_leads_to_what_the_instances_say(filled: Filled) -> None:
    """Lazily, for every instance of every class; each relation of a page takes a request, or none."""
    truth, count, loaded = Truth(filled), 0, 0
    client_class = importlib.import_module(filled.package).RealClient
    client: SdkClient = client_class.from_client(filled.raw)
    for kind in filled.classes():
        items = filled.api(client, kind).list().all()
        for name, relation in kind.__pygen_relations__.items():
            if isinstance(relation.spec, Reverse) and not has_view(filled, relation.spec.source):
                continue
            expected = truth.targets(kind, name)
            started = client.request_count
            found = {(item.space, item.external_id): names(getattr(item, name)) for item in items}
            took = client.request_count - started
            assert took <= 1 or relation.spec.__class__ is Reverse, f"{kind.__name__}.{name}: {took} requests"
            single = {owner for owner, targets in expected.items() if not relation.many and len(targets) > 1}
            for owner in single:
                assert 1 == len(found[owner])
                assert found[owner] <= expected[owner]
            assert {owner: targets for owner, targets in expected.items() if owner not in single} == {
                owner: targets for owner, targets in found.items() if owner not in single
            }, f"{kind.__name__}.{name}"
            count += 1
            loaded += sum(map(len, found.values()))
    assert 0 < count
    assert 0 < loaded


def has_view(filled: Filled, source: Any) -> bool:
    """Whether the view that a reverse relation goes through is there."""
    return isinstance(source, ViewId) and bool(filled.raw.views.retrieve([source]))


@each_model
def test_every_class_is_narrowed_to_what_shows_it(filled: Filled) -> None:
    """A parent's instances come as the classes whose views show them, none lost, in the same order."""
    client_class = importlib.import_module(filled.package).RealClient
    client: SdkClient = client_class.from_client(filled.raw)
    shown: dict[type[PygenResource], set[NodeId]] = {}
    for kind in filled.classes():
        children = children_of(kind)
        if not children:
            continue
        plain = filled.api(client, kind).list().all()
        narrowed = filled.api(client, kind).list(narrow=True).all()
        assert [item.as_node_id() for item in plain] == [item.as_node_id() for item in narrowed]
        for item in narrowed:
            better = [child for child in children if item.as_node_id() in ids_of(filled, client, child, shown)]
            assert (not better and type(item) is kind) or type(item) in better, f"{kind.__name__}: {item}"


def ids_of(
    filled: Filled, client: SdkClient, kind: type[PygenResource], shown: dict[type[PygenResource], set[NodeId]]
) -> set[NodeId]:
    """The instances that a class shows."""
    if kind not in shown:
        shown[kind] = {item.as_node_id() for item in filled.api(client, kind).list()}
    return shown[kind]
