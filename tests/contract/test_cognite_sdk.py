"""
The official Python SDK as a client of the sandbox, over HTTP: each of its data modeling calls, and what it answers.

`docs/sandbox.md` lists the calls; the last test compares the list with the calls that were made.
"""

from __future__ import annotations

import ast
import inspect
import re
import threading
from abc import ABC
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from cognite.client import ClientConfig, CogniteClient, global_config
from cognite.client.credentials import Token
from cognite.client.data_classes import aggregations, filters
from cognite.client.data_classes import data_modeling as dm
from cognite.client.data_classes.data_modeling.data_types import UnitReference, UnitSystemReference
from cognite.client.data_classes.data_modeling.instances import TargetUnit
from cognite.client.exceptions import CogniteAPIError, CogniteGraphQLError

from pygen.sandbox import Sandbox
from tests.contract.sdk_plant import (
    CONTAINERS,
    DATA,
    EDGES,
    FEEDS,
    FILE,
    FIRST_SERIAL,
    LINK,
    MAINTAINED_BY,
    MODEL,
    NODES,
    PUMP,
    SCHEMA,
    SERIES,
    SITE,
    TECHNICIAN,
    VIEWS,
    Maintenance,
    Pump,
    PumpWrite,
    direct,
    node_id,
    prop,
    put_system_model,
)

if TYPE_CHECKING:
    from cognite.client._sync_api.data_modeling import SyncDataModelingAPI

pytestmark = pytest.mark.xdist_group("cognite-sdk")  # one sandbox for all; and the last test sees what they did

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "sandbox.md"
TRIED_VERSION = "8.22.0"

CALLED: set[str] = set()
"""The calls that were answered."""
RAN: set[str] = set()
"""The tests that ran."""


class Recorded:
    """
    A part of the SDK that notes which of its methods were answered.

    Args:
        api: The part.
        place: Where it is in the client.
    """

    def __init__(self, api: Any, place: str = "") -> None:
        self._api = api
        self._place = place

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._api, name)
        place = f"{self._place}.{name}".lstrip(".")
        return self._noting(found, place) if inspect.ismethod(found) else Recorded(found, place)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._noting(self._api, f"{self._place}.__call__")(*args, **kwargs)

    @staticmethod
    def _noting(method: Any, place: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            answer = method(*args, **kwargs)
            CALLED.add(place)
            return answer

        return call


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox with the part of the system model that the SDK knows by name."""
    with Sandbox() as started:
        put_system_model(started.store())
        yield started


@pytest.fixture(scope="module")
def client(sandbox: Sandbox) -> CogniteClient:
    """The SDK, which asks no registry for newer releases of itself."""
    global_config.disable_pypi_version_check = True
    config = ClientConfig(
        client_name="pygen-tests",
        project=sandbox.project,
        credentials=Token(sandbox.token),
        base_url=sandbox.base_url,
    )
    return CogniteClient(config)


@pytest.fixture(scope="module")
def sdk(client: CogniteClient) -> SyncDataModelingAPI:
    """The data modeling part of the SDK, with the plant written through it."""
    sdk = cast("SyncDataModelingAPI", Recorded(client.data_modeling))
    sdk.spaces.apply([dm.SpaceApply(SCHEMA, name="Plant"), dm.SpaceApply(DATA)])
    sdk.containers.apply(CONTAINERS)
    sdk.views.apply(VIEWS)
    sdk.data_models.apply(
        dm.DataModelApply(SCHEMA, MODEL.external_id, "v1", name="A plant", views=[view.as_id() for view in VIEWS])
    )
    sdk.instances.apply(NODES, EDGES)
    return sdk


_numbers = count(1)


@pytest.fixture
def space(sdk: SyncDataModelingAPI) -> str:
    """A new, empty space."""
    return sdk.spaces.apply(dm.SpaceApply(f"scratch_{next(_numbers)}")).space


@pytest.fixture(autouse=True)
def _note_test(request: pytest.FixtureRequest) -> None:
    RAN.add(request.function.__name__)


def ids(instances: Any) -> list[str]:
    """The external ids, in order."""
    return [each.external_id for each in instances]


def pumps(*numbers: int) -> list[str]:
    """The external ids of pumps."""
    return [f"pump:{number}" for number in numbers]


def ref(external_id: str) -> dict[str, str]:
    """A reference to a node of the plant, as it is read."""
    return {"space": DATA, "externalId": external_id}


# --- spaces ---


def test_spaces_are_written_and_read(sdk: SyncDataModelingAPI) -> None:
    """One space comes back for one, many for many, in the order asked for; None or nothing for those that are not."""
    written = sdk.spaces.apply([dm.SpaceApply("first", name="First", description="The first"), dm.SpaceApply("second")])
    assert ["first", "second"] == written.as_ids()
    assert (written[0].created_time, False) == (written[0].last_updated_time, written[0].is_global)
    assert written[0] == sdk.spaces.retrieve("first")
    assert ["second", "first"] == sdk.spaces.retrieve(["second", "none", "first"]).as_ids()
    assert sdk.spaces.retrieve("none") is None


def test_a_space_is_updated(sdk: SyncDataModelingAPI, space: str) -> None:
    """The name changes, the time of creation does not."""
    before = sdk.spaces.retrieve(space)
    after = sdk.spaces.apply(dm.SpaceApply(space, name="New"))
    assert before is not None
    assert ("New", before.created_time) == (after.name, after.created_time)
    assert after == sdk.spaces.retrieve(space)


def test_spaces_are_listed(sdk: SyncDataModelingAPI) -> None:
    """System spaces are listed when asked for; iterating gives the same, one by one or in pieces."""
    listed = sdk.spaces.list(limit=None).as_ids()
    assert {SCHEMA, DATA} <= set(listed)
    assert SERIES.space not in listed
    assert {*listed, SERIES.space} == set(sdk.spaces.list(limit=None, include_global=True).as_ids())
    assert listed[:1] == sdk.spaces.list(limit=1).as_ids()
    assert listed == [each.space for each in sdk.spaces()]
    assert listed == [each.space for chunk in sdk.spaces(chunk_size=1) for each in chunk]


def test_spaces_are_deleted_when_empty(sdk: SyncDataModelingAPI, space: str) -> None:
    """Deleting names what was deleted; a space with contents is refused."""
    assert [space] == sdk.spaces.delete([space, "none"])
    assert sdk.spaces.retrieve(space) is None
    with pytest.raises(CogniteAPIError) as refused:
        sdk.spaces.delete(SCHEMA)
    assert refused.value.code == 400


# --- containers ---


def test_containers_are_read_as_written(sdk: SyncDataModelingAPI) -> None:
    """Types of all kinds, constraints and indexes come back, and make the same container again."""
    read = sdk.containers.retrieve([each.as_id() for each in CONTAINERS])
    assert [each.dump() for each in CONTAINERS] == [each.as_write().dump() for each in read]
    pump = read[1]
    unique, index = pump.constraints["tagUnique"], pump.indexes["stagesIdx"]
    assert ("current", "current") == (unique.state, index.state)
    assert not pump.properties["tag"].nullable


def test_a_container_that_is_not_there_is_none(sdk: SyncDataModelingAPI) -> None:
    """One container is one object, or None."""
    found = sdk.containers.retrieve((SCHEMA, "Site"))
    assert found is not None
    assert ("Site", "node", False) == (found.external_id, found.used_for, found.is_global)
    assert sdk.containers.retrieve((SCHEMA, "None")) is None


def test_containers_are_listed(sdk: SyncDataModelingAPI) -> None:
    """By space and by what they are for; iterating gives the same."""
    listed = sdk.containers.list(space=SCHEMA, limit=None)
    assert {each.external_id for each in CONTAINERS} == set(ids(listed))
    assert ["MaintenanceLink"] == ids(sdk.containers.list(space=SCHEMA, used_for="edge"))
    assert {"Site", "Pump", "Technician"} == set(ids(sdk.containers.list(space=SCHEMA, used_for=["node", "all"])))
    assert [] == ids(sdk.containers.list(space=SERIES.space))
    assert 3 == len(sdk.containers.list(space=SERIES.space, include_global=True))
    assert ids(listed) == ids(sdk.containers(space=SCHEMA))
    assert [2, 2] == [len(chunk) for chunk in sdk.containers(chunk_size=2, space=SCHEMA)]


def test_a_container_is_updated(sdk: SyncDataModelingAPI, space: str) -> None:
    """A property more is added, and those left out are kept; another type is refused."""
    text, number = dm.ContainerPropertyApply(dm.Text()), dm.ContainerPropertyApply(dm.Int32(), default_value=7)
    sdk.containers.apply(dm.ContainerApply(space, "Thing", {"name": text}))
    grown = sdk.containers.apply(dm.ContainerApply(space, "Thing", {"amount": number}, description="Grown"))
    assert ({"name", "amount"}, "Grown") == (set(grown.properties), grown.description)
    assert 7 == grown.properties["amount"].default_value
    with pytest.raises(CogniteAPIError, match="name") as refused:
        sdk.containers.apply(dm.ContainerApply(space, "Thing", {"name": number}))
    assert refused.value.code in {400, 409}


def test_constraints_and_indexes_are_deleted(sdk: SyncDataModelingAPI, space: str) -> None:
    """They are named as they were deleted, and gone; a container that another one requires is a constraint, too."""
    sdk.containers.apply(dm.ContainerApply(space, "Base", {"name": dm.ContainerPropertyApply(dm.Text())}))
    thing = sdk.containers.apply(
        dm.ContainerApply(
            space,
            "Thing",
            {"name": dm.ContainerPropertyApply(dm.Text()), "number": dm.ContainerPropertyApply(dm.Int64())},
            constraints={
                "unique": dm.UniquenessConstraintApply(["name"]),
                "based": dm.RequiresConstraintApply(dm.ContainerId(space, "Base")),
            },
            indexes={"byNumber": dm.BTreeIndexApply(["number"], cursorable=True)},
        )
    )
    place = thing.as_id()
    assert [(place, "unique")] == sdk.containers.delete_constraints([(place, "unique"), (place, "none")])
    assert [(place, "byNumber")] == sdk.containers.delete_indexes([(place, "byNumber")])
    left = sdk.containers.retrieve(place)
    assert left is not None
    assert ({"based"}, {}) == (set(left.constraints), left.indexes)


def test_containers_are_deleted(sdk: SyncDataModelingAPI, space: str) -> None:
    """Deleting names what was deleted."""
    text = {"name": dm.ContainerPropertyApply(dm.Text())}
    made = sdk.containers.apply([dm.ContainerApply(space, name, text) for name in ("One", "Two")])
    assert made.as_ids() == sdk.containers.delete([*made.as_ids(), dm.ContainerId(space, "None")])
    assert [] == sdk.containers.retrieve(made.as_ids())


# --- views ---


def test_views_are_read_as_written(sdk: SyncDataModelingAPI) -> None:
    """Mapped properties and connections of each kind come back, and make the same view again."""
    read = sdk.views.retrieve([each.as_id() for each in VIEWS])
    by_id = {each.as_id(): each for each in read}
    assert [each.dump() for each in VIEWS] == [by_id[each.as_id()].as_write().dump() for each in VIEWS]
    pump = by_id[PUMP]
    assert (True, "node", False) == (pump.writable, pump.used_for, pump.is_global)
    assert {CONTAINERS[1].as_id()} == pump.referenced_containers()


def test_views_are_listed(sdk: SyncDataModelingAPI, space: str) -> None:
    """The newest version of each, or all; iterating gives the same."""
    sdk.views.apply([dm.ViewApply(space, "Thing", version, properties=VIEWS[0].properties) for version in ("a", "b")])
    listed = [each.as_id() for each in sdk.views.list(space=space)]
    assert 1 == len(listed)
    both = [dm.ViewId(space, "Thing", "a"), dm.ViewId(space, "Thing", "b")]
    assert both == sorted(sdk.views.list(space=space, all_versions=True).as_ids(), key=str)
    assert both == sorted(sdk.views.retrieve((space, "Thing")).as_ids(), key=str)
    assert 1 == len(sdk.views.retrieve((space, "Thing"), all_versions=False))
    assert listed == [each.as_id() for each in sdk.views(space=space)]
    assert [1, 1] == [len(chunk) for chunk in sdk.views(chunk_size=1, space=space, all_versions=True)]
    assert {SERIES, FILE} == set(sdk.views.list(space=SERIES.space, include_global=True).as_ids())


def test_a_view_inherits(sdk: SyncDataModelingAPI, space: str) -> None:
    """Inherited properties are there unless they are not asked for."""
    child = dm.ViewApply(space, "Child", "v1", implements=[SITE])
    assert {"name", "opened", "pumps"} == set(sdk.views.apply(child).properties)
    (own,) = sdk.views.retrieve(child.as_id(), include_inherited_properties=False)
    assert ({}, [SITE]) == (own.properties, own.implements)
    (listed,) = sdk.views.list(space=space, include_inherited_properties=False)
    assert own == listed


def test_a_view_is_updated(sdk: SyncDataModelingAPI, space: str) -> None:
    """A property more and a filter are added; what it implements is fixed."""
    name, opened = (VIEWS[0].properties or {})["name"], (VIEWS[0].properties or {})["opened"]
    view = sdk.views.apply(dm.ViewApply(space, "Thing", "v1", properties={"name": name}))
    assert view.filter is None
    early = filters.Range([SCHEMA, "Site", "opened"], lt="1992-01-01")
    updated = sdk.views.apply(
        dm.ViewApply(space, "Thing", "v1", properties={"name": name, "opened": opened}, filter=early)
    )
    assert {"name", "opened"} == set(updated.properties)
    assert updated.filter is not None
    assert early.dump() == updated.filter.dump()
    assert {"site:0", "site:1"} == set(ids(sdk.instances.list(sources=view.as_id())))
    with pytest.raises(CogniteAPIError) as refused:
        sdk.views.apply(dm.ViewApply(space, "Thing", "v1", properties={"name": name}, implements=[SITE]))
    assert refused.value.code in {400, 409}


def test_views_are_deleted(sdk: SyncDataModelingAPI, space: str) -> None:
    """Deleting names what was deleted."""
    view = sdk.views.apply(dm.ViewApply(space, "Thing", "v1", properties=VIEWS[0].properties)).as_id()
    assert [view] == sdk.views.delete([view, dm.ViewId(space, "None", "v1")])
    assert [] == sdk.views.retrieve(view)


# --- data models ---


def test_a_data_model_is_read_with_and_without_its_views(sdk: SyncDataModelingAPI) -> None:
    """Views are references, or whole."""
    (plain,) = sdk.data_models.retrieve(MODEL)
    assert ("A plant", {each.as_id() for each in VIEWS}) == (plain.name, set(plain.views))
    (inlined,) = sdk.data_models.retrieve(MODEL, inline_views=True)
    assert {each.as_id(): each.dump() for each in sdk.views.retrieve([each.as_id() for each in VIEWS])} == {
        view.as_id(): view.dump() for view in inlined.views
    }
    assert [] == sdk.data_models.retrieve((SCHEMA, "None", "v1"))


def test_data_models_are_listed(sdk: SyncDataModelingAPI, space: str) -> None:
    """The newest version of each, or all; iterating gives the same."""
    made = sdk.data_models.apply([dm.DataModelApply(space, "Model", name, views=[SITE]) for name in ("a", "b")])
    assert 1 == len(sdk.data_models.list(space=space))
    assert made.as_ids() == sorted(sdk.data_models.list(space=space, all_versions=True).as_ids(), key=str)
    (inlined,) = sdk.data_models.list(inline_views=True, space=space)
    assert {"name", "opened", "pumps"} == set(inlined.views[0].properties)
    assert 2 == len(list(sdk.data_models(space=space, all_versions=True)))
    assert [1, 1] == [len(chunk) for chunk in sdk.data_models(chunk_size=1, space=space, all_versions=True)]
    assert [] == sdk.data_models.list(space=SERIES.space, include_global=True)


def test_a_data_model_brings_its_views(sdk: SyncDataModelingAPI, space: str) -> None:
    """Whole views within a data model are written with it; a view more is added later."""
    view = dm.ViewApply(space, "Thing", "v1", properties=VIEWS[0].properties)
    model = sdk.data_models.apply(dm.DataModelApply(space, "Model", "v1", views=[view]))
    assert [view.as_id()] == model.views
    grown = sdk.data_models.apply(dm.DataModelApply(space, "Model", "v1", views=[view.as_id(), SITE]))
    assert {view.as_id(), SITE} == set(grown.views)
    assert model.created_time == grown.created_time
    assert 1 == len(sdk.views.retrieve(view.as_id()))


def test_data_models_are_deleted(sdk: SyncDataModelingAPI, space: str) -> None:
    """Deleting names what was deleted, and leaves the views."""
    model = sdk.data_models.apply(dm.DataModelApply(space, "Model", "v1", views=[SITE])).as_id()
    assert [model] == sdk.data_models.delete([model, dm.DataModelId(space, "None", "v1")])
    assert [] == sdk.data_models.retrieve(model)
    assert 1 == len(sdk.views.retrieve(SITE))


# --- instances: writing ---


def test_writing_the_same_again_changes_nothing(sdk: SyncDataModelingAPI) -> None:
    """Nodes and edges say that they were not modified, and keep version and times."""
    again = sdk.instances.apply(NODES, EDGES)
    assert (18, 10) == (len(again.nodes), len(again.edges))
    assert {(1, False)} == {(each.version, each.was_modified) for each in [*again.nodes, *again.edges]}


def test_values_of_every_type_come_back(sdk: SyncDataModelingAPI) -> None:
    """Times are of UTC, 64 bits are kept, 32 bits are rounded, and what is null is not there."""
    node = sdk.instances.retrieve_nodes((DATA, "pump:4"))
    assert node is not None
    assert {} == node.properties.data
    found = sdk.instances.retrieve_nodes((DATA, "pump:4"), sources=PUMP)
    assert found is not None
    assert (1, dm.DirectRelationReference(SCHEMA, "Pump")) == (found.version, found.type)
    assert {
        "tag": "P-004",
        "status": "running",
        "maxPressure": 12.0,
        "weight": 4.123457,
        "stages": 4,
        "serial": FIRST_SERIAL + 4,
        "critical": True,
        "started": "2024-02-10T00:00:00+00:00",
        "stopped": "2024-02-15T00:00:00.25+00:00",
        "inspected": "2024-01-05",
        "details": {"maker": "Acme", "year": 2004},
        "aliases": ["alias 4", "even"],
        "site": ref("site:1"),
        "follows": ref("pump:3"),
        "pressure": "ts:4",
        "manual": "file:4",
        "log": "rows:4",
    } == found.properties[PUMP]
    bare = sdk.instances.retrieve_nodes((DATA, "pump:11"), sources=PUMP)
    assert bare is not None
    assert {"tag": "P-011"} == bare.properties[PUMP]


def test_a_patch_changes_what_it_names_and_a_replacement_all(sdk: SyncDataModelingAPI, space: str) -> None:
    """A null clears; what a replacement leaves out is cleared, too."""

    def write(replace: bool = False, **values: Any) -> dict[str, Any]:
        node = dm.NodeApply(space, "pump", sources=[dm.NodeOrEdgeData(PUMP, values)])
        sdk.instances.apply(node, replace=replace)
        found = sdk.instances.retrieve_nodes((space, "pump"), sources=PUMP)
        assert found is not None
        return {**found.properties[PUMP], "version": found.version}

    assert {"tag": "x", "stages": 1, "version": 1} == write(tag="x", stages=1)
    assert {"tag": "x", "stages": 2, "critical": True, "version": 2} == write(stages=2, critical=True)
    assert {"tag": "x", "critical": True, "version": 3} == write(stages=None)
    assert {"tag": "x", "weight": 0.5, "version": 4} == write(replace=True, tag="x", weight=0.5)


def test_an_older_version_is_a_conflict(sdk: SyncDataModelingAPI, space: str) -> None:
    """The write fails, or with the flag skips the item."""
    node = dm.NodeApply(space, "pump", sources=[dm.NodeOrEdgeData(PUMP, {"tag": "old"})])
    sdk.instances.apply(node)
    new = dm.NodeApply(space, "pump", existing_version=0, sources=[dm.NodeOrEdgeData(PUMP, {"tag": "new"})])
    with pytest.raises(CogniteAPIError, match=r"A version conflict caused the ingest to fail\.") as refused:
        sdk.instances.apply(new)
    assert refused.value.code == 409
    (skipped,) = sdk.instances.apply(new, skip_on_version_conflict=True).nodes
    assert (1, False) == (skipped.version, skipped.was_modified)
    assert ["old"] == [each.properties[PUMP]["tag"] for each in sdk.instances.list(sources=PUMP, space=space)]


def test_ends_of_edges_and_targets_are_created_on_demand(sdk: SyncDataModelingAPI, space: str) -> None:
    """Missing ends are refused unless the flags say otherwise; missing targets are created unless they do."""
    start, end = (dm.DirectRelationReference(space, name) for name in ("start", "end"))
    edge = dm.EdgeApply(space, "edge", FEEDS, start, end)
    with pytest.raises(CogniteAPIError, match="does not exist") as refused:
        sdk.instances.apply(edges=edge)
    assert refused.value.code == 409
    (made,) = sdk.instances.apply(edges=edge, auto_create_start_nodes=True, auto_create_end_nodes=True).edges
    assert ("edge", 1, True) == (made.external_id, made.version, made.was_modified)
    follower = dm.NodeApply(
        space,
        "follower",
        sources=[dm.NodeOrEdgeData(PUMP, {"tag": f"{space} follower", "follows": dm.NodeId(space, "leader")})],
    )
    with pytest.raises(CogniteAPIError, match="referenced as the target of a direct relation, but it does not exist"):
        sdk.instances.apply(follower, auto_create_direct_relations=False)
    sdk.instances.apply(follower)
    assert {"start", "end", "leader", "follower"} == set(ids(sdk.instances.list(space=space)))


def test_bad_values_are_refused_by_name(sdk: SyncDataModelingAPI, space: str) -> None:
    """The SDK's error has the code, the message with the property, the request id, and which items failed."""
    node = dm.NodeApply(space, "pump", sources=[dm.NodeOrEdgeData(PUMP, {"tag": "x", "stages": "three"})])
    with pytest.raises(CogniteAPIError, match="stages") as refused:
        sdk.instances.apply(node)
    assert (400, [dm.NodeId(space, "pump")]) == (refused.value.code, [each.as_id() for each in refused.value.failed])
    assert refused.value.x_request_id
    assert [] == sdk.instances.list(space=space)


def test_instances_are_deleted_with_their_edges(sdk: SyncDataModelingAPI, space: str) -> None:
    """The answer names what was asked for and was there; edges of a node go with it."""
    names = ("a", "b", "c")
    nodes = [dm.NodeApply(space, name) for name in names]
    links = [
        dm.EdgeApply(
            space, f"a-{name}", FEEDS, dm.DirectRelationReference(space, "a"), dm.DirectRelationReference(space, name)
        )
        for name in ("b", "c")
    ]
    sdk.instances.apply(nodes, links)
    first = sdk.instances.delete(edges=(space, "a-b"))
    assert ([], [dm.EdgeId(space, "a-b")]) == (first.nodes, first.edges)
    second = sdk.instances.delete(nodes=[dm.NodeId(space, "a"), dm.NodeId(space, "none")])
    assert ([dm.NodeId(space, "a")], []) == (second.nodes, second.edges)
    assert ["b", "c"] == ids(sdk.instances.list(space=space))
    assert [] == sdk.instances.list("edge", space=space)


# --- instances: reading ---


def test_nodes_and_edges_are_retrieved_together(sdk: SyncDataModelingAPI) -> None:
    """Each kind has its list; unknown ones are left out; typing comes when asked for."""
    found = sdk.instances.retrieve(
        nodes=[node_id("pump:1"), node_id("none")], edges=dm.EdgeId(DATA, "maint:1"), include_typing=True
    )
    assert (["pump:1"], ["maint:1"]) == (ids(found.nodes), ids(found.edges))
    edge = found.edges[0]
    assert (MAINTAINED_BY, direct("pump:1"), direct("tech:1")) == (edge.type, edge.start_node, edge.end_node)
    with_data = sdk.instances.retrieve(nodes=(DATA, "pump:1"), sources=[PUMP], include_typing=True)
    assert with_data.nodes.typing is not None
    assert (
        dm.Float64(unit=UnitReference("pressure:bar", "BAR"))
        == with_data.nodes.typing[SCHEMA, "Pump/v1", "maxPressure"].type
    )


def test_nodes_come_as_classes_of_their_own(sdk: SyncDataModelingAPI, space: str) -> None:
    """What one class writes another reads: by id, in lists and in search."""
    sdk.instances.apply([PumpWrite(space, "typed", f"{space} typed", 3.5)])
    found = sdk.instances.retrieve_nodes((space, "typed"), node_cls=Pump)
    assert found is not None
    assert (f"{space} typed", 3.5, 1) == (found.tag, found.max_pressure, found.version)
    (listed,) = sdk.instances.list(Pump, space=space)
    assert (found.tag, found.max_pressure) == (listed.tag, listed.max_pressure)
    (searched,) = sdk.instances.search(PUMP, f"{space} typed", instance_type=Pump)
    assert found.tag == searched.tag
    both = sdk.instances.retrieve_nodes([node_id("pump:2"), node_id("none"), node_id("pump:1")], node_cls=Pump)
    assert [("P-002", direct("site:2")), ("P-001", direct("site:1"))] == [(each.tag, each.site) for each in both]
    assert datetime(2024, 1, 21, tzinfo=UTC) == both[0].started


def test_edges_come_as_classes_of_their_own(sdk: SyncDataModelingAPI) -> None:
    """By id, in lists and in search."""
    found = sdk.instances.retrieve_edges((DATA, "maint:0"), edge_cls=Maintenance)
    assert found is not None
    assert ("lead", direct("pump:0"), direct("tech:0")) == (found.role, found.start_node, found.end_node)
    assert ["helper"] * 2 == [
        each.role
        for each in sdk.instances.retrieve_edges(
            [dm.EdgeId(DATA, "maint:1"), dm.EdgeId(DATA, "maint:2")], edge_cls=Maintenance
        )
    ]
    assert ["lead", *["helper"] * 5] == [each.role for each in sdk.instances.list(Maintenance)]
    assert ["maint:0"] == ids(sdk.instances.search(LINK, "lead", instance_type=Maintenance))
    assert sdk.instances.retrieve_edges((DATA, "none")) is None


FILTERS: list[tuple[filters.Filter, list[int]]] = [
    (filters.And(filters.Range(prop("stages"), gte=3), filters.Range(prop("stages"), lt=6)), [3, 4, 5]),
    (filters.Or(filters.Equals(prop("stages"), 1), filters.Equals(prop("tag"), "P-011")), [1, 11]),
    (filters.Not(filters.Equals(prop("status"), "running")), [0, 3, 6, 9]),
    (filters.Equals(prop("serial"), FIRST_SERIAL), [0]),
    (filters.Equals(prop("critical"), False), [1, 3, 5, 7, 9]),
    (filters.Equals(prop("site"), ref("site:2")), [2, 5, 8]),
    (filters.Equals(prop("site"), node_id("site:2")), [2, 5, 8]),
    (filters.Equals(("node", "externalId"), "pump:7"), [7]),
    (filters.Equals(("node", "type"), {"space": SCHEMA, "externalId": "Pump"}), [*range(12)]),
    (filters.In(prop("stages"), [1, 2, 40]), [1, 2]),
    (filters.In(prop("site"), [ref("site:0"), ref("site:1")]), [0, 1, 3, 4, 6, 7, 9, 10]),
    (filters.Range(prop("started"), gt="2024-03-01T00:00:00Z", lte="2024-03-21T00:00:00.000+01:00"), [7]),
    (filters.Range(prop("inspected"), gte="2024-01-10"), [9, 10]),
    (filters.Range((SCHEMA, "Pump", "maxPressure"), gte=15), [10]),
    (filters.Range(prop("stopped"), gt=filters.PropertyReferenceValue(prop("started"))), [*range(11)]),
    (filters.Prefix(prop("tag"), "P-01"), [10, 11]),
    (filters.Exists(prop("stages")), [*range(11)]),
    (filters.IsNull(prop("stages")), [11]),
    (filters.ContainsAny(prop("aliases"), ["alias 1", "alias 2"]), [1, 2]),
    (filters.ContainsAll(prop("aliases"), ["alias 1", "odd"]), [1]),
    (filters.Nested(prop("site"), filters.Equals(prop("name", SITE), "Site 1")), [1, 4, 7, 10]),
    (filters.Overlaps(prop("started"), prop("stopped"), gte="2024-01-14T00:00:00Z", lt="2024-01-31T00:00:00Z"), [1, 2]),
    (filters.HasData(views=[PUMP], containers=[(SCHEMA, "Pump")]), [*range(12)]),
    (filters.HasData(views=[SITE]), []),
    (filters.MatchAll(), [*range(12)]),
    (filters.Not(filters.MatchAll()), []),
    (filters.InstanceReferences([node_id("pump:8"), node_id("pump:9"), node_id("none")]), [8, 9]),
    (filters.SpaceFilter(DATA), [*range(12)]),
    (filters.SpaceFilter([SCHEMA, "none"]), []),
]


@pytest.mark.parametrize(
    ("filter_", "expected"),
    FILTERS,
    ids=[f"{number}-{type(each).__name__}" for number, (each, _) in enumerate(FILTERS)],
)
def test_a_list_is_filtered(sdk: SyncDataModelingAPI, filter_: filters.Filter, expected: list[int]) -> None:
    """Every filter finds what fits, as an object of the SDK and as a dictionary."""
    found = sdk.instances.list(sources=PUMP, space=DATA, filter=filter_, limit=None)
    assert pumps(*expected) == ids(found)
    everywhere = {"and": [filter_.dump(), filters.SpaceFilter(DATA).dump()]}
    assert pumps(*expected) == ids(sdk.instances.list(sources=PUMP, filter=everywhere, limit=None))


def test_lists_are_sorted(sdk: SyncDataModelingAPI) -> None:
    """Nulls come last, or first when asked for."""

    def order(*sorts: dm.InstanceSort) -> list[str]:
        return ids(sdk.instances.list(sources=PUMP, space=DATA, sort=list(sorts), limit=None))

    assert pumps(*range(10, -1, -1), 11) == order(dm.InstanceSort(prop("stages"), "descending"))
    assert pumps(11, *range(11)) == order(dm.InstanceSort(prop("stages"), nulls_first=True))
    by_status = order(dm.InstanceSort(prop("status")), dm.InstanceSort(prop("tag"), "descending"))
    assert pumps(10, 8, 7, 5, 4, 2, 1, 9, 6, 3, 0, 11) == by_status


def test_lists_are_paged_through(sdk: SyncDataModelingAPI) -> None:
    """Iterating one by one or in pieces follows the cursors."""
    everything = pumps(*range(12))
    assert everything == ids(sdk.instances(sources=PUMP, space=DATA))
    chunks = list(sdk.instances(chunk_size=5, sources=PUMP, space=DATA))
    assert [5, 5, 2] == [len(chunk) for chunk in chunks]
    assert everything == [name for chunk in chunks for name in ids(chunk)]
    edges = list(sdk.instances(chunk_size=4, instance_type="edge", space=DATA))
    assert [4, 4, 2] == [len(chunk) for chunk in edges]
    assert everything[:7] == ids(sdk.instances.list(sources=PUMP, space=DATA, limit=7))
    assert 25 >= len(sdk.instances.list(space=DATA))


def test_more_than_a_request_holds(sdk: SyncDataModelingAPI, space: str) -> None:
    """The SDK writes, reads and deletes in pieces of 1,000; the pieces fit together."""
    names = [f"node:{number}" for number in range(1001)]
    written = sdk.instances.apply([dm.NodeApply(space, name) for name in names])
    assert names == ids(written.nodes)
    assert names == ids(sdk.instances.list(space=space, limit=None))
    chunks = list(sdk.instances(chunk_size=1000, space=space, include_typing=True, debug=dm.DebugParameters()))
    assert [1000, 1] == [len(chunk) for chunk in chunks]
    assert names == ids(sdk.instances.retrieve([(space, name) for name in names]).nodes)
    assert 1001 == len(sdk.instances.delete([(space, name) for name in names]).nodes)


def test_a_list_tells_types_and_notices(sdk: SyncDataModelingAPI) -> None:
    """Typing has all mapped properties; debugging gives notices, and no items where none are wanted."""
    typed = sdk.instances.list(sources=SITE, include_typing=True, limit=1)
    assert typed.typing is not None
    assert {"name", "opened"} == set(typed.typing[SCHEMA, "Site/v1"])
    assert not typed.typing[SCHEMA, "Site/v1", "name"].nullable
    debugged = sdk.instances.list(sources=SITE, debug=dm.DebugParameters())
    assert debugged.debug is not None
    assert (3, []) == (len(debugged), debugged.debug.notices)
    silent = sdk.instances.list(sources=SITE, debug=dm.DebugParameters(emit_results=False, profile=True, timeout=1000))
    assert [] == silent


def test_units_are_converted(sdk: SyncDataModelingAPI) -> None:
    """To a unit or a system of units, in lists, search, aggregates and queries."""
    pascal = [TargetUnit("maxPressure", UnitReference("pressure:pa"))]
    selector = dm.SourceSelector(PUMP, target_units=pascal)
    only = filters.InstanceReferences([(DATA, "pump:2")])
    listed = sdk.instances.list(sources=selector, filter=only, include_typing=True)
    assert [1_100_000.0] == [each.properties[PUMP]["maxPressure"] for each in listed]
    assert listed.typing is not None
    assert dm.Float64(unit=UnitReference("pressure:pa")) == listed.typing[SCHEMA, "Pump/v1", "maxPressure"].type
    si = [TargetUnit("maxPressure", UnitSystemReference("SI"))]
    searched = sdk.instances.search(PUMP, None, filter=only, target_units=si)
    assert [1_100_000.0] == [each.properties[PUMP]["maxPressure"] for each in searched]
    highest = sdk.instances.aggregate(PUMP, aggregations.Max("maxPressure"), space=DATA, target_units=pascal)
    assert 1_500_000.0 == highest.value
    queried = sdk.instances.query(
        dm.Query(
            {"pumps": dm.NodeResultSetExpression(filter=only)},
            {"pumps": dm.Select([dm.SourceSelector(PUMP, ["maxPressure"], pascal)])},
        )
    )
    assert [{"maxPressure": 1_100_000.0}] == [each.properties[PUMP] for each in queried["pumps"]]
    with pytest.raises(CogniteAPIError, match="weight"):
        sdk.instances.search(PUMP, None, target_units=[TargetUnit("weight", UnitReference("mass:kilogm"))])


# --- search and aggregates ---


def test_search_finds_words(sdk: SyncDataModelingAPI) -> None:
    """All words or any of them, in all text properties or in some; filtered and sorted."""
    found = sdk.instances.search(PUMP, "ALIAS 7", space=DATA)
    assert pumps(7) == ids(found)
    either = sdk.instances.search(PUMP, "7 8", space=DATA, properties=["aliases"], operator="OR")
    assert set(pumps(7, 8)) == set(ids(either))
    assert [] == sdk.instances.search(PUMP, "7 8", space=DATA, properties=["aliases"], operator="AND")
    late = filters.Range(prop("stages"), gte=8)
    odd = sdk.instances.search(
        PUMP, "odd", space=DATA, filter=late, sort=dm.InstanceSort(prop("stages"), "descending"), include_typing=True
    )
    assert pumps(9) == ids(odd)
    assert odd.typing is not None
    everything = sdk.instances.search(PUMP, None, space=DATA, limit=None, sort=[dm.InstanceSort(prop("tag"))])
    assert pumps(*range(12)) == ids(everything)
    assert ["maint:0"] == ids(sdk.instances.search(LINK, "lead", instance_type="edge"))
    with pytest.raises(CogniteAPIError, match="Unknown property"):
        sdk.instances.search(PUMP, "x", properties=["none"])


def test_numbers_are_aggregated(sdk: SyncDataModelingAPI) -> None:
    """One aggregate gives one value, many give many; counts are whole numbers."""
    count_all = sdk.instances.aggregate(PUMP, aggregations.Count("externalId"), space=DATA)
    assert aggregations.CountValue("externalId", 12) == count_all
    values = sdk.instances.aggregate(
        PUMP,
        [
            aggregations.Average("stages"),
            aggregations.Count("stages"),
            aggregations.Max("stages"),
            aggregations.Min("maxPressure"),
            aggregations.Sum("stages"),
        ],
        space=DATA,
    )
    assert [5.0, 11, 10.0, 10.0, 55.0] == [each.value for each in values]
    assert [float, int] == [type(each.value) for each in values[:2]]
    nothing = sdk.instances.aggregate(PUMP, aggregations.Max("stages"), filter=filters.SpaceFilter(SCHEMA))
    assert nothing.value is None


def test_aggregates_are_grouped(sdk: SyncDataModelingAPI) -> None:
    """By one property or by several, by a relation too; with a filter, a query and a limit."""
    by_status = sdk.instances.aggregate(PUMP, aggregations.Count("externalId"), group_by="status", space=DATA)
    assert {("running", 7), ("stopped", 4), (None, 1)} == {
        ((each.group or {}).get("status"), each.aggregates[0].value) for each in by_status
    }
    by_site = sdk.instances.aggregate(
        PUMP,
        aggregations.Max("stages"),
        group_by=["site", "critical"],
        query="odd",
        properties="aliases",
        filter=filters.Range(prop("stages"), lt=6),
        space=DATA,
        limit=None,
    )
    assert {("site:0", 3.0), ("site:1", 1.0), ("site:2", 5.0)} == {
        (cast("dict[str, str]", each.group["site"])["externalId"], each.aggregates[0].value) for each in by_site
    }
    assert 1 == len(sdk.instances.aggregate(PUMP, aggregations.Count("tag"), group_by="status", limit=1))
    edges = sdk.instances.aggregate(LINK, aggregations.Count("role"), group_by="role", instance_type="edge")
    assert {("lead", 1), ("helper", 5)} == {(each.group["role"], each.aggregates[0].value) for each in edges}


def test_histograms_count_in_buckets(sdk: SyncDataModelingAPI) -> None:
    """One histogram gives one, a list of them a list."""
    one = sdk.instances.histogram(PUMP, aggregations.Histogram("stages", 4.0), space=DATA)
    assert ([0.0, 4.0, 8.0], [4, 4, 3]) == (one.buckets.starts, one.buckets.counts)
    several = sdk.instances.histogram(
        PUMP, [aggregations.Histogram("stages", 10.0)], filter=filters.Range(prop("stages"), gte=5), space=DATA
    )
    assert [([0.0, 10.0], [5, 1])] == [(each.buckets.starts, each.buckets.counts) for each in several]


# --- query ---


def test_a_query_follows_relations_of_every_kind(sdk: SyncDataModelingAPI) -> None:
    """Against and along direct relations, over edges and out of them, along a list; with a parameter."""
    is_maintenance = filters.Equals(("edge", "type"), MAINTAINED_BY)
    found = sdk.instances.query(
        dm.Query(
            with_={
                "sites": dm.NodeResultSetExpression(
                    filter=filters.And(
                        filters.HasData(views=[SITE]),
                        filters.Equals(("node", "externalId"), filters.ParameterValue("site")),
                    )
                ),
                "pumps": dm.NodeResultSetExpression(from_="sites", through=prop("site"), direction="inwards"),
                "leaders": dm.NodeResultSetExpression(from_="pumps", through=(SCHEMA, "Pump", "follows")),
                "links": dm.EdgeResultSetExpression(from_="pumps", max_distance=1, filter=is_maintenance),
                "technicians": dm.NodeResultSetExpression(from_="links"),
                "maintained": dm.NodeResultSetExpression(from_="links", chain_to="source"),
                "mentors": dm.NodeResultSetExpression(from_="technicians", through=prop("mentors", TECHNICIAN)),
                "back": dm.EdgeResultSetExpression(from_="technicians", direction="inwards", max_distance=1),
            },
            select={
                "sites": dm.Select([dm.SourceSelector(SITE, ["*"])]),
                "pumps": dm.Select([dm.SourceSelector(PUMP, ["tag"])]),
                "links": dm.Select([dm.SourceSelector(LINK, ["role"])]),
                **{name: dm.Select() for name in ("leaders", "technicians", "maintained", "mentors", "back")},
            },
            parameters={"site": "site:2"},
        )
    )
    assert {
        "sites": ["site:2"],
        "pumps": pumps(2, 5, 8),
        "leaders": pumps(1, 4, 7),
        "links": ["maint:2", "maint:5"],
        "technicians": ["tech:2"],
        "maintained": pumps(2, 5),
        "mentors": ["tech:0", "tech:1"],
        "back": ["maint:2", "maint:5"],
    } == {name: sorted(ids(items)) for name, items in found.items()}
    assert [{"name": "Site 2", "opened": "1992-05-01"}] == [each.properties[SITE] for each in found.get_nodes("sites")]
    assert {"P-002", "P-005", "P-008"} == {each.properties[PUMP]["tag"] for each in found.get_nodes("pumps")}
    assert ["helper", "helper"] == [each.properties[LINK]["role"] for each in found.get_edges("links")]
    assert dict.fromkeys(found) == found.cursors


def test_a_query_is_paged_through(sdk: SyncDataModelingAPI) -> None:
    """With the cursors of one page comes the next one, until there are none."""
    query = dm.Query(
        with_={
            "pumps": dm.NodeResultSetExpression(
                filter=filters.And(filters.HasData(views=[PUMP]), filters.SpaceFilter(DATA)),
                sort=[dm.InstanceSort(prop("stages"), "descending", nulls_first=True)],
                limit=5,
            ),
            "sites": dm.NodeResultSetExpression(from_="pumps", through=prop("site"), limit=100),
        },
        select={"pumps": dm.Select(), "sites": dm.Select()},
    )
    pages = []
    while True:
        page = sdk.instances.query(query)
        pages.append([ids(page["pumps"]), sorted(ids(page["sites"]))])
        if not page.cursors["pumps"]:
            break
        query.cursors = {"pumps": page.cursors["pumps"]}
    sites = [f"site:{number}" for number in range(3)]
    assert [
        [pumps(11, 10, 9, 8, 7), sites],
        [pumps(6, 5, 4, 3, 2), sites],
        [pumps(1, 0), sites[:2]],
    ] == pages
    with pytest.raises(CogniteAPIError, match="Invalid cursor"):
        sdk.instances.query(dm.Query(query.with_, query.select, cursors={"pumps": "not a cursor"}))


def test_a_query_goes_from_edge_to_edge(sdk: SyncDataModelingAPI) -> None:
    """As far as the distance allows, up to nodes that end it, through nodes that fit; limited for each start."""
    start = dm.NodeResultSetExpression(filter=filters.InstanceReferences([(DATA, "pump:0"), (DATA, "pump:1")]))
    is_feed = filters.Equals(("edge", "type"), FEEDS)

    def follow(sort: str | None = None, **how: Any) -> list[str]:
        expression = dm.EdgeResultSetExpression(from_="start", filter=is_feed, **how)
        found = sdk.instances.query(
            dm.Query(
                {"start": start, "edges": expression},
                {"edges": dm.Select([], sort=[dm.InstanceSort(("edge", "externalId"))])},
            )
        )
        return ids(found["edges"])

    assert ["feed:0", "feed:1", "feed:2", "feed:3"] == follow()
    assert ["feed:0", "feed:1"] == follow(max_distance=1)
    assert ["feed:0", "feed:1", "feed:2"] == follow(termination_filter=filters.Equals(("node", "externalId"), "pump:3"))
    assert ["feed:0", "feed:1"] == follow(node_filter=filters.Range(prop("stages"), lte=2))
    each = dm.EdgeResultSetExpression(
        from_="start", max_distance=1, limit_each=1, post_sort=[dm.InstanceSort(("edge", "externalId"), "descending")]
    )
    found = sdk.instances.query(dm.Query({"start": start, "edges": each}, {"edges": dm.Select()}))
    assert [direct("pump:0"), direct("pump:1")] == sorted(
        (edge.start_node for edge in found.get_edges("edges")), key=str
    )


def test_a_query_joins_result_sets(sdk: SyncDataModelingAPI) -> None:
    """Union, union of all, intersection, and all but some."""

    def some(*numbers: int) -> dm.NodeResultSetExpression:
        return dm.NodeResultSetExpression(filter=filters.InstanceReferences([(DATA, name) for name in pumps(*numbers)]))

    sets: dict[str, Any] = {
        "one": some(1, 2),
        "two": some(2, 3),
        "union": dm.Union(["one", "two"]),
        "all": dm.UnionAll(["one", "two"], limit=10),
        "both": dm.Intersection(["one", "two"]),
        "but": dm.Union(["one", dm.Intersection(["two"])], except_=["both"]),
    }
    found = sdk.instances.query(dm.Query(sets, {name: dm.Select() for name in sets}))
    assert {
        "one": pumps(1, 2),
        "two": pumps(2, 3),
        "union": pumps(1, 2, 3),
        "all": pumps(1, 2, 2, 3),
        "both": pumps(2),
        "but": pumps(1, 3),
    } == {name: sorted(ids(items)) for name, items in found.items()}


def test_a_query_selects_sorts_and_explains(sdk: SyncDataModelingAPI) -> None:
    """A selection sorts and cuts; typing and debug notices come when asked for."""
    query = dm.Query(
        {"nodes": dm.NodeResultSetExpression(filter=filters.HasData(views=[SITE]))},
        {
            "nodes": dm.Select(
                [dm.SourceSelector(SITE, ["name"])], sort=[dm.InstanceSort(prop("name", SITE), "descending")], limit=2
            )
        },
    )
    found = sdk.instances.query(query, include_typing=True, debug=dm.DebugParameters())
    assert ["site:2", "site:1"] == ids(found["nodes"])
    typing = found.get_nodes("nodes").typing
    assert typing is not None
    assert {"name", "opened"} == set(typing[SCHEMA, "Site/v1"])
    assert found.debug is not None
    assert [] == found.debug.notices
    silent = sdk.instances.query(query, debug=dm.DebugParameters(emit_results=False))
    assert {"nodes": []} == {name: list(items) for name, items in silent.items()}


# --- sync ---


def sync_query(space: str, **how: Any) -> dm.QuerySync:
    """All pumps of a space."""
    expression = dm.NodeResultSetExpressionSync(
        filter=filters.And(filters.HasData(views=[PUMP]), filters.SpaceFilter(space)), **how
    )
    return dm.QuerySync({"pumps": expression}, {"pumps": dm.SelectSync([dm.SourceSelector(PUMP, ["tag"])])})


def put_pumps(sdk: SyncDataModelingAPI, space: str, *names: str) -> None:
    """Write pumps."""
    pieces = [
        dm.NodeApply(space, name, sources=[dm.NodeOrEdgeData(PUMP, {"tag": f"{space} {name}", "stages": number})])
        for number, name in enumerate(names)
    ]
    sdk.instances.apply(pieces)


def test_sync_tells_of_changes(sdk: SyncDataModelingAPI, space: str) -> None:
    """First what is there, page by page; then what is new, changed or deleted since."""
    put_pumps(sdk, space, "a", "b", "c")
    query = sync_query(space, limit=2)
    pages = []
    for _ in range(3):
        page = sdk.instances.sync(query)
        pages.append(ids(page["pumps"]))
        query.cursors = page.cursors
    assert ["a", "b", "c"] == [name for page in pages for name in page]
    put_pumps(sdk, space, "d")
    sdk.instances.delete(nodes=(space, "a"))
    after = sdk.instances.sync(query, include_typing=True, debug=dm.DebugParameters())
    assert [("d", False), ("a", True)] == [
        (each.external_id, each.deleted_time is not None) for each in after.get_nodes("pumps")
    ]
    gone = after.get_nodes("pumps")[1]
    assert (2, f"{space} a") == (gone.version, gone.properties[PUMP]["tag"])
    assert after.debug is not None
    query.cursors = after.cursors
    assert [] == ids(sdk.instances.sync(query)["pumps"])


def test_sync_has_modes(sdk: SyncDataModelingAPI, space: str) -> None:
    """In one phase, sorted in two, or without what is there; what was deleted before is told of when asked for."""
    put_pumps(sdk, space, "a", "b", "gone")
    sdk.instances.delete(nodes=(space, "gone"))
    assert ["a", "b"] == ids(sdk.instances.sync(sync_query(space, sync_mode="one_phase"))["pumps"])
    backwards = sync_query(space, backfill_sort=[dm.InstanceSort(prop("stages"), "descending")])
    assert ["b", "a"] == ids(sdk.instances.sync(backwards)["pumps"])
    later = sync_query(space, sync_mode="no_backfill")
    first = sdk.instances.sync(later)
    assert [] == ids(first["pumps"])
    put_pumps(sdk, space, "c")
    later.cursors = first.cursors
    assert ["c"] == ids(sdk.instances.sync(later)["pumps"])
    all_of_them = sync_query(space, sync_mode="one_phase", skip_already_deleted=False)
    assert {"a", "b", "c", "gone"} == set(ids(sdk.instances.sync(all_of_them)["pumps"]))
    with pytest.raises(CogniteAPIError, match=r"Backfill sort can only be used with two-phase sync\."):
        sdk.instances.sync(sync_query(space, sync_mode="one_phase", backfill_sort=[dm.InstanceSort(prop("stages"))]))


def test_sync_follows_edges(sdk: SyncDataModelingAPI, space: str) -> None:
    """An edge that goes with its node is told of."""
    put_pumps(sdk, space, "a", "b")
    start, end = (dm.DirectRelationReference(space, name) for name in ("a", "b"))
    sdk.instances.apply(edges=dm.EdgeApply(space, "link", FEEDS, start, end))
    query = dm.QuerySync(
        {"links": dm.EdgeResultSetExpressionSync(filter=filters.SpaceFilter(space, "edge"))},
        {"links": dm.SelectSync()},
        allow_expired_cursors_and_accept_missed_deletes=True,
    )
    first = sdk.instances.sync(query)
    assert [("link", start, end)] == [
        (each.external_id, each.start_node, each.end_node) for each in first.get_edges("links")
    ]
    sdk.instances.delete(nodes=(space, "b"))
    query.cursors = first.cursors
    (gone,) = sdk.instances.sync(query).get_edges("links")
    assert gone.deleted_time is not None


def test_a_subscription_is_told_of_changes(sdk: SyncDataModelingAPI, space: str) -> None:
    """The callback gets what is there, then what comes, until the subscription is cancelled."""
    put_pumps(sdk, space, "a")
    seen: list[str] = []
    events = {name: threading.Event() for name in ("a", "b")}

    def note(result: dm.query.QueryResult) -> None:
        for name in ids(result["pumps"]):
            seen.append(name)
            events[name].set()

    subscription = sdk.instances.subscribe(sync_query(space), note, poll_delay_seconds=0.01, throttle_seconds=0.01)
    try:
        assert events["a"].wait(timeout=30)
        put_pumps(sdk, space, "b")
        assert events["b"].wait(timeout=30)
        assert subscription.is_running()
    finally:
        subscription.cancel()
    assert ["a", "b"] == seen


# --- inspect and statistics ---


def test_instances_are_inspected(sdk: SyncDataModelingAPI) -> None:
    """Which views and containers have data of a node and of an edge."""
    found = sdk.instances.inspect(
        nodes=[node_id("pump:1")],
        edges=dm.EdgeId(DATA, "maint:1"),
        involved_views=dm.InvolvedViews(all_versions=False),
        involved_containers=dm.InvolvedContainers(),
    )
    (node,), (edge,) = found.nodes, found.edges
    assert PUMP in (node.inspection_results.involved_views or [])
    assert [CONTAINERS[1].as_id()] == node.inspection_results.involved_containers
    assert ([LINK], [CONTAINERS[3].as_id()]) == (
        edge.inspection_results.involved_views,
        edge.inspection_results.involved_containers,
    )
    only = sdk.instances.inspect(nodes=(DATA, "site:0"), involved_containers=dm.InvolvedContainers()).nodes
    assert [([CONTAINERS[0].as_id()], None)] == [
        (each.inspection_results.involved_containers, each.inspection_results.involved_views) for each in only
    ]


def test_statistics_count(sdk: SyncDataModelingAPI, sandbox: Sandbox, space: str) -> None:
    """Of the project, of all spaces and of some."""
    put_pumps(sdk, space, "a", "b")
    sdk.instances.delete(nodes=(space, "a"))
    one = sdk.statistics.spaces.retrieve(space)
    assert one is not None
    assert (1, 1, 0, 0) == (one.nodes, one.soft_deleted_nodes, one.edges, one.views)
    (plant,) = sdk.statistics.spaces.retrieve([SCHEMA])
    assert (4, 4, 1) == (plant.containers, plant.views, plant.data_models)
    listed = sdk.statistics.spaces.list()
    project = sdk.statistics.project()
    assert sandbox.project == project.project
    assert project.instances.nodes == sum(each.nodes for each in listed)
    assert project.instances.edges == sum(each.edges for each in listed)
    assert project.views.count == sum(each.views for each in listed)
    assert (100, 8, 4, 2) == (
        project.spaces.limit,
        project.concurrent_read_limit,
        project.concurrent_write_limit,
        project.concurrent_delete_limit,
    )
    assert sdk.statistics.spaces.retrieve("none") is None


# --- nodes of the system model ---


def test_time_series_are_nodes(sdk: SyncDataModelingAPI, space: str) -> None:
    """Nodes with data in the system's view are found, by kind too."""
    sdk.instances.apply(
        [
            dm.NodeApply(
                space, kind, sources=[dm.NodeOrEdgeData(SERIES, {"name": kind, "type": kind, "isStep": False})]
            )
            for kind in ("numeric", "string")
        ]
    )
    assert ["numeric", "string"] == ids(sdk.time_series.list(space=space))
    assert ["string"] == ids(sdk.time_series.list(space=space, time_series_type="string"))
    one = sdk.time_series.retrieve((space, "numeric"))
    assert one is not None
    assert "numeric" == one.properties[SERIES]["name"]
    assert sdk.time_series.retrieve((space, "none")) is None


def test_files_are_nodes(sdk: SyncDataModelingAPI, space: str) -> None:
    """Nodes with data in the system's view are found."""
    sdk.instances.apply(
        dm.NodeApply(space, "file", sources=[dm.NodeOrEdgeData(FILE, {"name": "a.txt", "mimeType": "text/plain"})])
    )
    (listed,) = sdk.files.list(space=space)
    assert {"name": "a.txt", "mimeType": "text/plain"} == listed.properties[FILE]
    found = sdk.files.retrieve([(space, "file"), (space, "none")])
    assert ["file"] == ids(found)


def file_node(space: str, name: str) -> dm.NodeApply:
    """A file to write."""
    return dm.NodeApply(
        space, name, sources=[dm.NodeOrEdgeData(FILE, {"name": f"{name}.txt", "mimeType": "text/plain"})]
    )


def test_contents_of_files_go_up_and_down(sdk: SyncDataModelingAPI, space: str, tmp_path: Path) -> None:
    """With a new node or for one that is there, from memory or from disk; and back to memory or to disk."""
    source = tmp_path / "source.bin"
    source.write_bytes(b"\x00 from disk")
    sdk.files.upload(source, file_node(space, "a"))
    sdk.files.upload_bytes("from memory \N{WASTEBASKET}", file_node(space, "b"))
    assert b"\x00 from disk" == sdk.files.download_bytes((space, "a"))
    assert "from memory \N{WASTEBASKET}".encode() == sdk.files.download_bytes((space, "b"))
    sdk.files.upload_content(source, (space, "b"))
    sdk.files.upload_content_bytes(b"again", (space, "a"))
    sdk.files.download_to_path(tmp_path / "one", (space, "a"))
    assert b"again" == (tmp_path / "one").read_bytes()
    folder = tmp_path / "folder"
    folder.mkdir()
    sdk.files.download(folder, [(space, "a"), (space, "b")])
    assert {"a.txt": b"again", "b.txt": b"\x00 from disk"} == {
        path.name: path.read_bytes() for path in folder.iterdir()
    }
    links = sdk.files.retrieve_download_urls([(space, "a"), (space, "b")], extended_expiration=True)
    assert 2 == len(set(links.values()))


def test_datapoints_belong_to_nodes(sdk: SyncDataModelingAPI, client: CogniteClient, space: str) -> None:
    """The resource of a node takes data points, and gives the latest back."""
    node = dm.NodeId(space, "series")
    sdk.instances.apply(
        dm.NodeApply(space, "series", sources=[dm.NodeOrEdgeData(SERIES, {"type": "numeric", "isStep": False})])
    )
    points = client.time_series.data
    points.insert([(1_000, 1.5), (2_000, 2.5), (3_000, 3.5)], instance_id=node)
    latest = points.retrieve_latest(instance_id=node)
    assert latest is not None
    assert (node, datetime.fromtimestamp(3, UTC), 3.5) == (latest.instance_id, latest.timestamp, latest.value)
    pieces = points.retrieve(instance_id=node, start=0, end=10_000, aggregates=["average", "count"], granularity="2s")
    assert pieces is not None
    assert ([0, 2_000], [2.0, 3.0], [1, 2]) == (pieces.timestamp, pieces.average, pieces.count)
    points.delete_range(start=2_000, end=4_000, instance_id=node)
    left = points.retrieve(instance_id=node, start=0, end=10_000)
    assert left is not None
    assert (node, False, [1_000], [1.5]) == (left.instance_id, left.is_string, left.timestamp, left.value)


# --- GraphQL ---


def test_graphql_queries(sdk: SyncDataModelingAPI) -> None:
    """Filters with variables, sorting, pages, and what relations lead to; an unknown field is an error."""
    found = sdk.graphql.query(
        MODEL,
        """
        query Pumps($least: Int) {
          listPump(filter: {stages: {gte: $least}}, sort: {stages: DESC}, first: 2) {
            items { externalId tag site { name } }
            pageInfo { hasNextPage }
          }
          getSiteById(instance: {space: "plant_data", externalId: "site:1"}) { items { name } }
        }
        """,
        {"least": 5},
    )
    assert {
        "listPump": {
            "items": [
                {"externalId": "pump:10", "tag": "P-010", "site": {"name": "Site 1"}},
                {"externalId": "pump:9", "tag": "P-009", "site": {"name": "Site 0"}},
            ],
            "pageInfo": {"hasNextPage": True},
        },
        "getSiteById": {"items": [{"name": "Site 1"}]},
    } == found
    with pytest.raises(CogniteGraphQLError, match="Field 'none' in type 'Pump' is undefined"):
        sdk.graphql.query(MODEL, "{ listPump { items { none } } }")


def test_graphql_defines(sdk: SyncDataModelingAPI, space: str) -> None:
    """Types become a data model with views; a type that is gone is refused in the same version."""
    model = dm.DataModelId(space, "Things", "v1")
    result = sdk.graphql.apply_dml(model, "type Thing { name: String! amount: Int }", name="Things", description="Some")
    assert (space, "Things", "v1", "Things", "Some") == (
        *(result.space, result.external_id, result.version),
        *(result.name, result.description),
    )
    (read,) = sdk.data_models.retrieve(model, inline_views=True)
    assert [("Thing", {"name", "amount"})] == [(view.external_id, set(view.properties)) for view in read.views]
    node = dm.NodeApply(space, "x", sources=[dm.NodeOrEdgeData(read.views[0].as_id(), {"name": "X", "amount": 3})])
    sdk.instances.apply(node)
    assert {"listThing": {"items": [{"name": "X", "amount": 3}]}} == sdk.graphql.query(
        model, "{ listThing { items { name amount } } }"
    )
    with pytest.raises(CogniteGraphQLError, match="Can not remove view 'Thing' from the data model definition"):
        sdk.graphql.apply_dml(model, "type Other { name: String }", previous_version="v1")


# --- errors ---


def test_the_sdk_repeats_what_may_be_repeated(sdk: SyncDataModelingAPI, sandbox: Sandbox) -> None:
    """Too many requests, and a conflict that says it is repeatable, are repeated until there is an answer."""
    sandbox.faults.add(path="/models/instances/list", status=429, times=1)
    sandbox.faults.add(path="/models/spaces", method="POST", status=409, auto_retryable=True, times=1)
    try:
        assert 3 == len(sdk.instances.list(sources=SITE))
        assert DATA == sdk.spaces.apply(dm.SpaceApply(DATA)).space
        assert [1, 1] == [met.met for met in sandbox.faults]
    finally:
        sandbox.faults.clear()


def test_the_token_is_inspected(client: CogniteClient, sandbox: Sandbox) -> None:
    """The SDK reads projects and capabilities."""
    inspected = client.iam.token.inspect()
    assert [sandbox.project] == [each.url_name for each in inspected.projects]
    assert {"DataModelsAcl", "DataModelInstancesAcl"} <= {
        type(each.capability).__name__ for each in inspected.capabilities
    }


# --- what was tried ---


def section() -> str:
    """The section of the document that is about the SDK."""
    return DOCUMENT.read_text(encoding="utf-8").partition("## Tried with cognite-sdk\n")[2].partition("\n## ")[0]


def documented(heading: str) -> set[str]:
    """The calls of one table of the document: `spaces.apply` for `apply` in the row of `spaces`."""
    table = section().partition(f"| {heading} |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `([\w.]+)` \| ([^|]*) \|", table, flags=re.MULTILINE)
    return {f"{place}.{call}" for place, calls in rows for call in re.findall(r"`(\w+)`", calls)}


def public_calls(api: Any, place: str = "") -> set[str]:
    """All public methods of a part of the SDK."""
    found = {f"{place}.__call__"} if callable(api) else set()
    for name, value in inspect.getmembers(api):
        if name.startswith("_"):
            continue
        inner = f"{place}.{name}".lstrip(".")
        found |= {inner} if inspect.ismethod(value) else public_calls(value, inner)
    return found


ELSEWHERE = {
    *(filters.GeoJSONDisjoint, filters.GeoJSONIntersects, filters.GeoJSONWithin),
    *(filters.InAssetSubtree, filters.Search, filters.InvalidFilter, filters.UnknownFilter),
}
"""Filters of other services, and what stands for filters that are only read."""

of_the_tried_release = pytest.mark.skipif(
    version("cognite-sdk") != TRIED_VERSION, reason=f"the document is about cognite-sdk {TRIED_VERSION}"
)


@of_the_tried_release
def test_every_filter_is_tried() -> None:
    """All classes that filter instances are among those that lists were filtered with."""
    concrete = {
        each
        for _, each in inspect.getmembers(filters, inspect.isclass)
        if issubclass(each, filters.Filter) and ABC not in each.__bases__
    }
    assert concrete - ELSEWHERE == {type(each) for each, _ in FILTERS}


def test_the_example_runs(client: CogniteClient, capsys: pytest.CaptureFixture[str]) -> None:
    """The document's way to connect is one."""
    (example,) = re.findall(r"^```python\n(.*?)^```$", section(), flags=re.MULTILINE | re.DOTALL)
    exec(compile(example, "docs/sandbox.md", "exec"), {})
    assert "[]\n" == capsys.readouterr().out


@of_the_tried_release
def test_the_document_names_every_call(client: CogniteClient) -> None:
    """Each public call of the release that was tried is in one of the two tables."""
    assert f"cognite-sdk {TRIED_VERSION}" in section()
    tried, left_out = documented("tried"), documented("not tried")
    assert set() == tried & left_out
    assert public_calls(client.data_modeling) == tried | left_out


def written_calls() -> set[str]:
    """The calls of the SDK that are written in this module."""
    tree = ast.parse(Path(__file__).read_text(encoding="utf-8"))
    called = [ast.unparse(each.func) for each in ast.walk(tree) if isinstance(each, ast.Call)]
    names = {name.removeprefix("sdk.") for name in called if re.fullmatch(r"sdk(\.\w+)+", name)}
    parts = {name.rpartition(".")[0] for name in names}
    return {f"{name}.__call__" if name in parts else name for name in names}


def test_the_document_lists_what_is_called() -> None:
    """The calls that the document lists are those of this module."""
    assert documented("tried") == written_calls()


def test_the_document_lists_what_was_answered() -> None:
    """And all of them were answered; where tests are spread over processes, those that this one made."""
    others = {name for name in globals() if name.startswith("test_")} - {"test_the_document_lists_what_was_answered"}
    if others - RAN:
        assert documented("tried") >= CALLED
    else:
        assert documented("tried") == CALLED
