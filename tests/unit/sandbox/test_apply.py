"""Writing instances: every rule of dms-api.md 4.1, and what is said where one is broken."""

from __future__ import annotations

from typing import Any

import pytest

from pygen.client.models.ids import ContainerId
from pygen.sandbox.apply import apply_instances, apply_items
from pygen.sandbox.containers import apply_containers
from pygen.sandbox.problems import Refusal
from pygen.sandbox.settings import Settings
from pygen.sandbox.spaces import apply_spaces
from tests.support.sandbox_writing import Json, Project, edge, exchanges, node, ref, through

NULL_TAG = "Invalid value for non-nullable property 'tag'. Value cannot be null."


@pytest.fixture
def project() -> Project:
    """A pump station without instances."""
    return Project()


def _pump(external_id: str, **properties: Any) -> Json:
    return node(external_id, through("Pump/v1", {"tag": external_id, **properties}))


def _outcome(answer: list[Json]) -> list[tuple[str, int, bool]]:
    return [(item["externalId"], item["version"], item["wasModified"]) for item in answer]


# --- the recorded exchanges ---


def test_recorded_writes(project: Project) -> None:
    """The exchanges on applying are answered as they were recorded."""
    project.apply(node("tmp:1"))
    for exchange in exchanges("instances_apply"):
        if not exchange["path"].endswith("/delete"):
            project.now = max(item["lastUpdatedTime"] for item in exchange["response"]["items"])
            assert exchange["response"] == apply_instances(project.store, exchange["request"], {})


def test_recorded_refusals(project: Project) -> None:
    """The exchanges on writes that are refused are answered as they were recorded."""
    apply_instances(project.store, exchanges("instances_apply")[0]["request"], {})
    recorded = [each for each in exchanges("instances_errors") if each["path"] == "/models/instances"]
    assert 5 == len(recorded)
    for exchange in recorded:
        with pytest.raises(Refusal) as refused:
            apply_instances(project.store, exchange["request"], {})
        assert exchange["response"] == refused.value.body()
        assert exchange["status"] == refused.value.status


# --- the shape of requests ---


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "items must not be null"),
        ({"items": []}, "[items size must be between 1 and 1000]"),
        ({"items": None}, "Invalid value for items"),
        ({"items": [node("a")], "surplus": 1}, "Unexpected field - surplus"),
        ({"items": [node("a", surplus=1)]}, "Unexpected field - items[0].surplus"),
        ({"items": [{"space": "ops_data", "externalId": "a"}]}, "items[0].instanceType must not be null"),
        ({"items": [{"instanceType": "node", "externalId": "a"}]}, "items[0].space must not be null"),
        ({"items": [{"instanceType": "node", "space": "ops_data"}]}, "items[0].externalId must not be null"),
        ({"items": [{**node("a"), "instanceType": "vertex"}]}, "Invalid value for items[0].instanceType"),
        ({"items": [node("")]}, "externalId size must be at least 1"),
        ({"items": [node("x" * 257)]}, "externalId size must be between 0 and 256"),
        ({"items": [node("a\0b")]}, "Invalid value for items[0].externalId"),
        ({"items": [node("a", existingVersion="1")]}, "Invalid value for items[0].existingVersion"),
        ({"items": [node("a", startNode=ref("b"))]}, "Unexpected field - items[0].startNode"),
        ({"items": [edge("a", "b", "c", type=None)]}, "items[0].type must not be null"),
        ({"items": [edge("a", "b", "c", endNode=None)]}, "items[0].endNode must not be null"),
        ({"items": [edge("a", "b", "c", startNode={"space": "s"})]}, "items[0].startNode.externalId must not be null"),
        ({"items": [node("a", {"properties": {}})]}, "items[0].sources[0].source must not be null"),
        (
            {"items": [node("a", {"source": {"type": "view", "space": "s", "externalId": "V"}})]},
            "items[0].sources[0].source.version must not be null",
        ),
        (
            {"items": [node("a", {"source": {"type": "container", "space": "s", "externalId": "V", "version": "1"}})]},
            "Unexpected field - items[0].sources[0].source.version",
        ),
        (
            {"items": [node("a", {"source": {"space": "s", "externalId": "V", "version": "1"}})]},
            "items[0].sources[0].source.type must not be null",
        ),
        ({"items": [node("a", through("Pump/v1", []))]}, "Invalid value for items[0].sources[0].properties"),  # type: ignore[arg-type] # that is the point
        ({"items": [node("a", *[through("Pump/v1")] * 101)]}, "sources size must be between 0 and 100"),
        ({"items": [node("a")] * 2}, "must not occur twice in a request: 'ops_data:a'"),
        ({"items": [node("a"), edge("a", "b", "c")]}, "must not occur twice in a request: 'ops_data:a'"),
        (
            {"items": [node("a")], "delete": [{"instanceType": "node", **ref("a")}]},
            "must not occur twice in a request: 'ops_data:a'",
        ),
        ({"items": [node(str(n)) for n in range(1001)]}, "items size must be between 0 and 1000"),
        (
            {
                "items": [node(str(n)) for n in range(999)],
                "delete": [{"instanceType": "node", **ref(f"d{n}")} for n in range(2)],
            },
            "items size must be between 1 and 1000",
        ),
        ({"items": [node("a")], "replace": "yes"}, "Invalid value for replace"),
        ({"items": [node("a")], "delete": [{"instanceType": "node"}]}, "delete[0].space must not be null"),
    ],
)
def test_shape(project: Project, body: Json, said: str) -> None:
    """A body of another shape is refused by the name of the field."""
    with pytest.raises(Refusal) as refused:
        apply_instances(project.store, body, {})
    assert 400 == refused.value.status
    assert said in refused.value.message


def test_explicit_nulls(project: Project) -> None:
    """Null where something is optional is the same as nothing."""
    flags = ("autoCreateStartNodes", "autoCreateEndNodes", "autoCreateDirectRelations", "skipOnVersionConflict")
    item = node("a", type=None, sources=None, existingVersion=None, startNode=None, endNode=None)
    answer = apply_instances(
        project.store, {"items": [item], "delete": None, "replace": None, **dict.fromkeys(flags)}, {}
    )
    assert [("a", 1, True)] == _outcome(answer["items"])
    assert [] == answer["deleted"]


# --- what is named ---


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (node("a", space="no_such"), "One or more spaces do not exist: 'no_such'."),
        (node("a", through("Nope/v1", {"x": 1})), "One or more views do not exist: 'ops_model:Nope/v1'."),
        (node("a", through("Pump/v2", {"tag": "x"})), "One or more views do not exist: 'ops_model:Pump/v2'."),
        (node("a", through("Nope", {"x": 1})), "One or more containers do not exist: 'ops_model:Nope'."),
        (node("a", through("Pump/v1", {"tag": "x", "nope": 1})), "Unknown property 'nope'."),
        (node("a", through("Pump", {"tag": "x", "nope": None})), "Unknown property 'nope'."),
        (node("a", through("Site/v1", {"name": "x", "pumps": []})), "Property 'pumps' is a connection"),
        (
            node("a", through("MaintenanceLink/v1", {"role": "x"})),
            "Container 'ops_model:MaintenanceLink' is used for edges; a node cannot have data in it.",
        ),
        (
            edge("a", "b", "c", through("Site", {"name": "x"})),
            "Container 'ops_model:Site' is used for nodes; an edge cannot have data in it.",
        ),
    ],
)
def test_names(project: Project, item: Json, said: str) -> None:
    """What does not exist, or is not for such instances, is refused by name."""
    status, message = project.refusal(item)
    assert 400 == status
    assert said in message


def test_all_missing_views_are_named(project: Project) -> None:
    """Everything that is missing is named at once, before any property is looked at."""
    _, message = project.refusal(
        node("a", through("B/v1", {"x": 1})), node("b", through("A/v1"), through("Pump/v1", {"nope": 1}))
    )
    assert "One or more views do not exist: 'ops_model:A/v1', 'ops_model:B/v1'." == message


def test_system_spaces(project: Project) -> None:
    """Instances in a space of the system are for the service alone."""
    apply_spaces(project.store, [{"space": "cdf_cdm"}], is_global=True)
    item = node("a", space="cdf_cdm")
    assert (400, "Global spaces cannot be modified: 'cdf_cdm'.") == project.refusal(item)
    assert [("a", 1, True)] == _outcome(apply_items(project.store, {"items": [item]}, as_system=True)["items"])


def test_read_only_properties_of_the_core_model(project: Project) -> None:
    """What the service sets in `cdf_cdm` is not to be written, not even as null."""
    apply_spaces(project.store, [{"space": "cdf_cdm"}], is_global=True)
    properties = {"isUploaded": {"type": {"type": "boolean"}}, "directory": {"type": {"type": "text"}}}
    container = {"space": "cdf_cdm", "externalId": "CogniteFile", "properties": properties}
    apply_containers(project.store, [container], is_global=True)
    source = {"type": "container", "space": "cdf_cdm", "externalId": "CogniteFile"}

    def file(**values: Any) -> Json:
        return node("f", {"source": source, "properties": values})

    _, message = project.refusal(file(isUploaded=None))
    assert "Property 'isUploaded' is set by the service alone, and cannot be written." == message
    apply_items(project.store, {"items": [file(isUploaded=True)]}, as_system=True)
    project.apply(file(directory="d"), replace=True)
    table = project.store.catalog.containers[ContainerId("cdf_cdm", "CogniteFile")].table
    assert (1, "d") == project.store.db.execute(f"SELECT p1, p2 FROM {table}").fetchone()


# --- values ---


def test_values_are_stored(project: Project) -> None:
    """Values of every type come back, defaults with them; what is null is not there."""
    apply_instances(project.store, exchanges("instances_apply")[0]["request"], {})
    assert {
        "tag": "P-101",
        "status": "running",
        "maxPressure": 12.5,
        "ratedFlow": 3.3,
        "startCount": 0,
        "serial": 9007199254740993,
        "critical": True,
        "installedAt": "2024-03-01T08:30:00.25+00:00",
        "aliases": ["feed pump", "FP1"],
        "meta": {"vendor": "Acme", "rating": {"kw": 55}},
        "site": ref("site:north"),
        "pressureSeries": "ts:P-101:pressure",
    } == project.data("Pump", "pump:P-101")
    assert {"name": "Technician Two", "mentors": [ref("tech:1")]} == project.data("Technician", "tech:2")
    assert {"role": "assistant"} == project.data("MaintenanceLink", "maint:P-101:2")


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"maxPressure": "high"}, "property 'maxPressure' of node 'ops_data:a': a number is expected, not text"),
        ({"status": "unknown"}, "property 'status' of node 'ops_data:a': 'unknown' is none of running, stopped"),
        ({"aliases": "x"}, "property 'aliases' of node 'ops_data:a': a list is expected, not text"),
        ({"aliases": ["x"] * 51}, "at most 50 are allowed"),
        ({"tag": "x" * 257}, "at most 256 bytes"),
        ({"site": {"externalId": "x"}}, "exactly space and externalId"),
        ({"meta": 1, "serial": 1.0}, "property 'meta'"),
    ],
)
def test_wrong_values(project: Project, properties: Json, said: str) -> None:
    """A wrong value is refused by the names of the property and the instance, and nothing is written."""
    status, message = project.refusal(node("b"), _pump("a", **properties))
    assert 400 == status
    assert message.startswith("Invalid value for property ")
    assert said in message
    assert set() == project.live()


@pytest.mark.parametrize("properties", [{}, {"tag": None}, None])
def test_missing_required_property(project: Project, properties: Json | None) -> None:
    """New data in a container has all that must not be null."""
    assert (400, NULL_TAG) == project.refusal(node("a", through("Pump/v1", properties)))


def test_null_in_an_existing_instance(project: Project) -> None:
    """Null cannot take the place of what must not be null."""
    project.apply(_pump("a"))
    assert (400, NULL_TAG) == project.refusal(_pump("a", tag=None))


def test_refusals_name_the_property_of_the_view(project: Project) -> None:
    """Properties are called what the view calls them."""
    project.view("Short", label="Site.name")
    _, message = project.refusal(node("a", through("Short/v1", {"label": None})))
    assert "Invalid value for non-nullable property 'label'. Value cannot be null." == message


@pytest.mark.parametrize("properties", [{}, None])
def test_source_without_properties(project: Project, properties: Json | None) -> None:
    """A source without properties makes rows of defaults and nulls in all containers behind it."""
    project.container("A", {"a": {"type": {"type": "int32"}, "defaultValue": 7}})
    project.container("B", {"b": {"type": "text"}})
    project.view("Both", a="A.a", b="B.b")
    project.apply(node("x", through("Both/v1", properties)))
    assert {"a": 7} == project.data("A", "x")
    assert {} == project.data("B", "x")


def test_only_named_containers_are_touched(project: Project) -> None:
    """A patch through a view over two containers has data in those that it names properties of."""
    project.container("A", {"a": {"type": "int32"}})
    project.container("B", {"b": {"type": {"type": "text"}, "nullable": False}})
    project.view("Both", a="A.a", b="B.b")
    project.apply(node("x", through("Both/v1", {"a": 1})))
    assert {"a": 1} == project.data("A", "x")
    assert project.data("B", "x") is None


def test_defaults(project: Project) -> None:
    """Defaults are stored when data begins to be, and an explicit null is not a missing value."""
    project.apply(_pump("a"), _pump("b", critical=None, startCount=5))
    assert {"tag": "a", "startCount": 0, "critical": False} == project.data("Pump", "a")
    assert {"tag": "b", "startCount": 5} == project.data("Pump", "b")


def test_defaults_of_types_with_another_stored_form(project: Project) -> None:
    """Defaults are in the stored form, those of direct relations too."""
    project.container(
        "D",
        {
            "x": {"type": "int32"},
            "at": {"type": {"type": "timestamp"}, "defaultValue": "2024-01-01T00:00:00.500Z"},
            "to": {"type": {"type": "direct"}, "defaultValue": ref("origin")},
        },
    )
    project.apply(node("a", through("D", {"x": 1})))
    assert {"x": 1, "at": "2024-01-01T00:00:00.5+00:00", "to": ref("origin")} == project.data("D", "a")


def test_two_sources(project: Project) -> None:
    """Properties of one container may come through several sources; equal values agree."""
    project.apply(
        node("a", through("Pump/v1", {"tag": "a", "status": "running"}), through("Pump", {"tag": "a", "serial": 1}))
    )
    assert {"tag": "a", "status": "running", "serial": 1, "startCount": 0, "critical": False} == project.data(
        "Pump", "a"
    )


@pytest.mark.parametrize(
    "sources",
    [
        [through("Site/v1", {"name": "a"}), through("Site", {"name": "b"})],
        [through("Twins/v1", {"one": "a", "two": "b"})],
    ],
)
def test_a_property_given_twice(project: Project, sources: list[Json]) -> None:
    """Two values for one property of a container are a conflict."""
    project.view("Twins", one="Site.name", two="Site.name")
    status, message = project.refusal(node("x", *sources))
    assert 400 == status
    assert "of node 'ops_data:x' is given twice, with different values" in message


def test_a_property_under_two_names(project: Project) -> None:
    """A view that shows a property twice can be written with the same value for both."""
    project.view("Twins", one="Site.name", two="Site.name", day="Site.commissioned")
    project.apply(node("x", through("Twins/v1", {"one": "a", "two": "a", "day": "2024-01-01"})))
    assert {"name": "a", "commissioned": "2024-01-01"} == project.data("Site", "x")


# --- versions, patch and replace ---


def test_versions_and_times(project: Project) -> None:
    """A change counts the version up and moves the time, and nothing else does."""
    created = project.now
    project.apply(_pump("a"))
    project.now += 5
    (item,) = project.apply(_pump("a", serial=1))
    assert (2, True, created, created + 5) == (
        item["version"],
        item["wasModified"],
        item["createdTime"],
        item["lastUpdatedTime"],
    )
    project.now += 5
    (item,) = project.apply(_pump("a", serial=1))
    assert (2, False, created, created + 5) == (
        item["version"],
        item["wasModified"],
        item["createdTime"],
        item["lastUpdatedTime"],
    )


@pytest.mark.parametrize(
    ("first", "same"),
    [
        ({"installedAt": "2024-03-02T10:00:00+02:00"}, {"installedAt": "2024-03-02T08:00:00.000Z"}),
        ({"ratedFlow": 0.1}, {"ratedFlow": 0.10000000149011612}),
        ({"maxPressure": 3.0}, {"maxPressure": 3}),
        ({"meta": {"a": 1, "b": [1, 2]}}, {"meta": {"b": [1, 2], "a": 1}}),
        ({"critical": False}, {}),
        ({}, {"serial": None}),
        ({"site": ref("site:x")}, {"site": ref("site:x")}),
        ({"aliases": []}, {"aliases": []}),
    ],
)
def test_no_effective_change(project: Project, first: Json, same: Json) -> None:
    """Values that are stored as the same are no change."""
    project.apply(node("site:x", through("Site/v1", {"name": "x"})), _pump("a", **first))
    seq = project.store.last_seq()
    assert [("a", 1, False)] == _outcome(project.apply(_pump("a", **same)))
    assert seq == project.store.last_seq()


@pytest.mark.parametrize(
    ("first", "change"),
    [
        ({"critical": True}, {"critical": None}),
        ({"aliases": ["a", "b"]}, {"aliases": ["b", "a"]}),
        ({"aliases": []}, {"aliases": None}),
        ({"meta": {"a": 1}}, {"meta": {"a": None}}),
        ({"serial": 9007199254740992}, {"serial": 9007199254740993}),
        ({"site": ref("site:x")}, {"site": ref("site:y")}),
    ],
)
def test_effective_change(project: Project, first: Json, change: Json) -> None:
    """What is stored as something else is a change."""
    sites = [node(name, through("Site/v1", {"name": name})) for name in ("site:x", "site:y")]
    project.apply(*sites, _pump("a", **first))
    assert [("a", 2, True)] == _outcome(project.apply(_pump("a", **change)))


def test_patch(project: Project) -> None:
    """A patch changes what it names; null clears."""
    project.apply(_pump("a", status="running", serial=1, critical=True))
    project.apply(node("a", through("Pump/v1", {"serial": None, "status": "stopped"})))
    assert {"tag": "a", "status": "stopped", "startCount": 0, "critical": True} == project.data("Pump", "a")


def test_replace(project: Project) -> None:
    """Replacing brings back defaults and nulls in the whole container, also where the view does not show it."""
    project.view("Short", tag="Pump.tag")
    project.apply(_pump("a", status="running", serial=1, critical=True))
    answer = project.apply(node("a", through("Short/v1", {"tag": "b"})), replace=True)
    assert [("a", 2, True)] == _outcome(answer)
    assert {"tag": "b", "startCount": 0, "critical": False} == project.data("Pump", "a")


def test_replace_without_a_required_property(project: Project) -> None:
    """Replacing needs all that must not be null."""
    project.apply(_pump("a"))
    assert (400, NULL_TAG) == project.refusal(node("a", through("Pump/v1", {"serial": 1})), replace=True)


def test_replace_touches_all_containers_behind_a_view(project: Project) -> None:
    """Replacing through a view resets every container behind it, and no other."""
    project.container("A", {"a": {"type": "int32"}})
    project.container("B", {"b": {"type": "int32"}})
    project.container("C", {"c": {"type": "int32"}})
    project.view("Both", a="A.a", b="B.b")
    project.apply(node("x", *(through(name, {name.lower(): 1}) for name in "ABC")))
    project.apply(node("x", through("Both/v1", {"a": 2})), replace=True)
    assert [{"a": 2}, {}, {"c": 1}] == [project.data(name, "x") for name in "ABC"]


def test_type_stays(project: Project) -> None:
    """A node keeps its type where none is given, and changes it where another one is."""
    project.apply(node("a", type=ref("T1")))
    assert [("a", 1, False)] == _outcome(project.apply(node("a", type=None), replace=True))
    assert [("a", 2, True)] == _outcome(project.apply(node("a", type=ref("T2"))))
    row, target = project.instance("a"), project.instance("T2")
    assert row is not None
    assert target is not None
    assert target["id"] == row["type_id"]


def test_ends_of_an_edge_may_change(project: Project) -> None:
    """An edge can be led elsewhere."""
    project.apply(node("a"), node("b"), edge("e", "a", "b"))
    assert [("e", 1, False)] == _outcome(project.apply(edge("e", "a", "b")))
    assert [("e", 2, True)] == _outcome(project.apply(edge("e", "b", "a")))


def test_items_share_the_time_and_have_sequence_numbers(project: Project) -> None:
    """All changes of a request have one time, and each a number of its own in the order of the request."""
    answer = project.apply(node("b"), node("a"), _pump("c", site=None))
    assert 1 == len({item["lastUpdatedTime"] for item in answer})
    rows = project.store.db.execute("SELECT external_id FROM instance ORDER BY seq")
    assert ["b", "a", "c"] == [external_id for (external_id,) in rows]


# --- version conflicts ---


@pytest.mark.parametrize(("existing", "is_written"), [(0, False), (1, False), (2, True), (3, True), (None, True)])
def test_existing_version(project: Project, existing: int | None, is_written: bool) -> None:
    """A stored version that is greater than the one that is known is a conflict."""
    project.apply(_pump("a"))
    project.apply(_pump("a", serial=1))
    item = {**_pump("a", serial=2), "existingVersion": existing}
    if is_written:
        assert [("a", 3, True)] == _outcome(project.apply(item))
    else:
        assert (409, "A version conflict caused the ingest to fail.") == project.refusal(node("b"), item)
        assert {"a"} == project.live()


def test_existing_version_of_a_new_instance(project: Project) -> None:
    """What is not there cannot be in conflict."""
    answer = project.apply(node("a", existingVersion=0), node("b", existingVersion=7))
    assert [("a", 1, True), ("b", 1, True)] == _outcome(answer)


def test_skip_on_version_conflict(project: Project) -> None:
    """Items in conflict are left out, with all that they would create; the others are written."""
    project.apply(_pump("a"))
    stale = {**_pump("a", serial=2), "existingVersion": 0, "type": ref("NewType")}
    assert [("a", 1, False), ("b", 1, True)] == _outcome(project.apply(stale, _pump("b"), skipOnVersionConflict=True))
    assert {"a", "b"} == project.live()
    assert {"tag": "a", "startCount": 0, "critical": False} == project.data("Pump", "a")


def test_settings_of_version_conflicts() -> None:
    """The status of a conflict, and whether skipped items are in the answer, can be set."""
    project = Project(settings=Settings(version_conflict_status=400, skipped_in_answer=False))
    project.apply(node("a"))
    assert 400 == project.refusal(node("a", existingVersion=0))[0]
    answer = project.apply(node("a", existingVersion=0), node("b"), skipOnVersionConflict=True)
    assert [("b", 1, True)] == _outcome(answer)


@pytest.mark.parametrize("status", [409, 400])
@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (node("e"), edge("e", "a", "b"), "Cannot write edge 'ops_data:e': its external id is taken by a node."),
        (edge("e", "a", "b"), node("e"), "Cannot write node 'ops_data:e': its external id is taken by an edge."),
    ],
)
def test_taken_external_id(status: Any, first: Json, second: Json, said: str) -> None:
    """Nodes and edges share the external ids of a space."""
    project = Project(settings=Settings(taken_id_status=status))
    project.apply(node("a"), node("b"), first)
    assert (status, said) == project.refusal(second)


# --- what instances lead to ---


def test_targets_are_created(project: Project) -> None:
    """Targets of direct relations and types begin to be as bare nodes that the answer does not list."""
    item = node("t", through("Technician/v1", {"name": "T", "mentors": [ref("m2"), ref("m1"), ref("m2")]}))
    assert [("t", 1, True)] == _outcome(project.apply({**item, "type": ref("Person", "ops_model")}))
    assert {"t", "m1", "m2", "Person"} == project.live()
    bare = project.instance("m1")
    assert bare is not None
    assert (0, 1, None, project.now) == (bare["kind"], bare["version"], bare["type_id"], bare["created"])
    assert {"name": "T", "mentors": [ref("m2"), ref("m1"), ref("m2")]} == project.data("Technician", "t")


def test_targets_in_a_missing_space(project: Project) -> None:
    """A target cannot be created in a space that does not exist."""
    item = node("t", through("Technician/v1", {"name": "T", "mentors": [ref("m", "no_such")]}))
    assert (400, "One or more spaces do not exist: 'no_such'.") == project.refusal(item)


@pytest.mark.parametrize(
    "item",
    [
        node("t", through("Technician/v1", {"name": "T", "mentors": [ref("there"), ref("gone")]})),
        node("t", type=ref("gone")),
        edge("e", "there", "there", type=ref("gone")),
    ],
)
def test_missing_targets(project: Project, item: Json) -> None:
    """Without auto-creation a missing target is refused in the recorded words."""
    project.apply(node("there"))
    said = "Node with external id 'gone' was referenced as the target of a direct relation, but it does not exist."
    assert (400, said) == project.refusal(item, autoCreateDirectRelations=False)


def test_a_deleted_target_is_missing(project: Project) -> None:
    """A deleted target is none, and begins anew under auto-creation."""
    project.apply(node("there"))
    project.delete("there")
    status, _ = project.refusal(node("t", type=ref("there")), autoCreateDirectRelations=False)
    assert 400 == status
    project.apply(node("t", type=ref("there")))
    assert {"t", "there"} == project.live()


def test_an_edge_is_no_target(project: Project) -> None:
    """Direct relations lead to nodes: an edge of that external id is no target, and stays what it is."""
    project.apply(node("a"), edge("e", "a", "a"))
    said = "Node with external id 'e' was referenced as the target of a direct relation, but it does not exist."
    assert (400, said) == project.refusal(node("t", type=ref("e")))
    assert (400, said) == project.refusal(node("t", type=ref("e")), edge("e", "t", "a"))


def test_targets_in_the_same_request(project: Project) -> None:
    """Nodes of a request are there for all its items, whatever the order."""
    answer = project.apply(
        edge("e", "a", "b", type=ref("T")),
        node("a", type=ref("b")),
        node("b"),
        node("T"),
        autoCreateDirectRelations=False,
    )
    assert ["e", "a", "b", "T"] == [item["externalId"] for item in answer]


def test_constrained_targets(project: Project) -> None:
    """A target that must have data in a container needs it by the end of the request, and is never created."""
    missing = "Node with external id 'site:1' was referenced as the target of a direct relation, but it does not exist."
    assert (400, missing) == project.refusal(_pump("a", site=ref("site:1")))
    project.apply(node("site:1"))
    no_data = missing.replace("does not exist", "has no data in container 'ops_model:Site'")
    assert (400, no_data) == project.refusal(_pump("a", site=ref("site:1")))
    project.apply(_pump("a", site=ref("site:1")), node("site:1", through("Site/v1", {"name": "1"})))
    assert {"a", "site:1"} == project.live()


def test_dangling_relations_do_not_stop_other_changes(project: Project) -> None:
    """An old relation to a deleted node is nobody's concern until it is written again."""
    project.apply(node("site:1", through("Site/v1", {"name": "1"})), _pump("a", site=ref("site:1")))
    project.delete("site:1")
    assert [("a", 2, True)] == _outcome(project.apply(_pump("a", serial=1)))
    data = project.data("Pump", "a")
    assert data is not None
    assert ref("site:1") == data["site"]
    assert 400 == project.refusal(_pump("a", site=ref("site:1")))[0]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({}, "Start node 'ops_data:a' does not exist."),
        ({"autoCreateEndNodes": True}, "Start node 'ops_data:a' does not exist."),
        ({"autoCreateStartNodes": True}, "End node 'ops_data:b' does not exist."),
    ],
)
def test_missing_ends(project: Project, flags: Json, said: str) -> None:
    """An edge needs its ends, unless they may be created."""
    assert (409, said) == project.refusal(edge("e", "a", "b"), **flags)


def test_ends_are_created(project: Project) -> None:
    """Ends begin to be with their flags; the type with that of direct relations."""
    project.apply(edge("e", "a", "b"), autoCreateStartNodes=True, autoCreateEndNodes=True)
    assert {"e", "a", "b", "Pump.maintainedBy"} == project.live()
    row, start, end = project.instance("e"), project.instance("a"), project.instance("b")
    assert row is not None
    assert start is not None
    assert end is not None
    assert (1, start["id"], end["id"]) == (row["kind"], row["start_id"], row["end_id"])


def test_an_edge_is_no_end(project: Project) -> None:
    """Edges connect nodes."""
    project.apply(node("a"), edge("e", "a", "a"))
    assert (409, "End node 'ops_data:e' does not exist.") == project.refusal(
        edge("f", "a", "e"), autoCreateEndNodes=True
    )


# --- constraints ---


def test_uniqueness(project: Project) -> None:
    """A value that is unique in a space is refused by the name of the constraint, and free in another space."""
    apply_spaces(project.store, [{"space": "other"}])
    project.apply(_pump("a"))
    said = (
        "Uniqueness constraint 'tagUnique' of container 'ops_model:Pump' is violated:"
        " there is another instance with the same tag."
    )
    assert (409, said) == project.refusal(_pump("b", tag="a"))
    assert (409, said) == project.refusal(_pump("b", tag="x"), _pump("c", tag="x"))
    project.apply({**_pump("a"), "space": "other"})


def test_uniqueness_over_several_properties(project: Project) -> None:
    """Several properties are unique together, over all spaces, and nulls are equal to nothing."""
    constraint = {"constraintType": "uniqueness", "properties": ["b", "a"]}
    project.container("U", {"a": {"type": "int32"}, "b": {"type": "text"}}, constraints={"both": constraint})
    project.apply(*(node(f"n{n}", through("U", {"a": 1, "b": b})) for n, b in enumerate(["x", "y", None, None])))
    status, message = project.refusal(node("z", through("U", {"a": 1, "b": "x"})))
    assert 409 == status
    assert "Uniqueness constraint 'both' of container 'ops_model:U'" in message
    assert "the same b and a" in message


def test_unique_values_can_be_exchanged(project: Project) -> None:
    """What counts is that values are unique in the end."""
    project.apply(_pump("a", tag="1"), _pump("b", tag="2"))
    project.apply(_pump("a", tag="2"), _pump("b", tag="1"))
    data = project.data("Pump", "a")
    assert data is not None
    assert "2" == data["tag"]


def test_unique_values_of_deleted_instances_are_free(project: Project) -> None:
    """A deleted instance keeps nothing to itself, also where it is deleted by the same request."""
    project.apply(_pump("a", tag="x"))
    answer = apply_instances(
        project.store, {"items": [_pump("b", tag="x")], "delete": [{"instanceType": "node", **ref("a")}]}, {}
    )
    assert [{"instanceType": "node", "externalId": "a", "space": "ops_data"}] == answer["deleted"]
    assert {"b"} == project.live()


def test_uniqueness_that_old_rows_break(project: Project) -> None:
    """New rows are unique although old ones are not; old ones can be changed otherwise."""
    project.container("U", {"a": {"type": "int32"}, "b": {"type": "text"}})
    project.apply(*(node(f"n{n}", through("U", {"a": 1})) for n in range(2)))
    constraint = {"constraintType": "uniqueness", "properties": ["a"]}
    project.container("U", {"a": {"type": "int32"}}, constraints={"alone": constraint})
    status, message = project.refusal(node("z", through("U", {"a": 1})))
    assert 409 == status
    assert "Uniqueness constraint 'alone'" in message
    project.apply(node("n0", through("U", {"b": "x"})))
    project.apply(node("n0", through("U", {"a": 2})))


def test_requires(project: Project) -> None:
    """Data in a container needs data in the one that it requires, by the end of the request."""
    required = {"type": "container", "space": "ops_model", "externalId": "Site"}
    constraint = {"constraintType": "requires", "require": required}
    project.container("Plant", {"x": {"type": "int32"}}, constraints={"needsSite": constraint})
    said = (
        "Constraint 'needsSite' of container 'ops_model:Plant' is violated:"
        " node 'ops_data:a' has no data in container 'ops_model:Site'."
    )
    items = [node("ok", through("Site", {"name": "x"})), node("a", through("Plant", {"x": 1}))]
    assert (400, said) == project.refusal(*items)
    project.apply(node("a", through("Plant", {"x": 1}), through("Site", {"name": "x"})))
    project.apply(node("a", through("Plant", {"x": 2})))


def test_immutable(project: Project) -> None:
    """What is immutable can be set once, and neither changed nor cleared then."""
    project.container("I", {"x": {"type": {"type": "int32"}, "immutable": True}, "y": {"type": "int32"}})
    project.apply(node("a", through("I", {"y": 1})))
    project.apply(node("a", through("I", {"x": 1})))
    project.apply(node("a", through("I", {"x": 1, "y": 2})))
    said = "Property 'x' of node 'ops_data:a' is immutable, and has another value."
    assert (400, said) == project.refusal(node("a", through("I", {"x": 2})))
    assert (400, said) == project.refusal(node("a", through("I", {"x": None})))
    assert (400, said) == project.refusal(node("a", through("I", {"y": 1})), replace=True)


def test_auto_increment(project: Project) -> None:
    """A missing number is the greatest one plus one; one that is given moves the count on."""
    counter = {"type": {"type": "int32"}, "autoIncrement": True, "nullable": False}
    project.container("N", {"n": counter, "x": {"type": "int32"}})
    project.apply(*(node(name, through("N", values)) for name, values in [("a", {"x": 1}), ("b", {"n": 7}), ("c", {})]))
    project.apply(node("d", through("N")))
    project.apply(node("a", through("N", {"x": 2})), replace=True)
    assert [1, 7, 8, 9] == [data["n"] for name in "abcd" if (data := project.data("N", name))]
    project.apply(node("last", through("N", {"n": 2**31 - 1})))
    status, message = project.refusal(node("e", through("N")))
    assert 400 == status
    assert "Property 'n' cannot count on" in message


# --- beginning anew ---


def test_recreated_instances(project: Project) -> None:
    """An instance that comes back is a new one: nothing of the old data, version and times is left."""
    project.apply(_pump("a", serial=1), node("x"), edge("e", "a", "x"))
    before = project.instance("a")
    project.now += 1000
    project.delete("a", "e", kind="node")
    project.now += 1000
    (item,) = project.apply(node("a", through("Site/v1", {"name": "a"})))
    assert (1, project.now, project.now) == (item["version"], item["createdTime"], item["lastUpdatedTime"])
    after = project.instance("a")
    assert before is not None
    assert after is not None
    assert before["id"] == after["id"]
    assert after["deleted"] is None
    assert project.data("Pump", "a", live=0) is None
    assert {"name": "a"} == project.data("Site", "a")


def test_a_node_may_come_back_as_an_edge(project: Project) -> None:
    """An external id is free again after its instance is deleted, for either kind."""
    project.apply(node("a"), node("e"))
    project.delete("e")
    assert [("e", 1, True)] == _outcome(project.apply(edge("e", "a", "a")))
    assert ["e"] == project.delete("e", kind="edge")


def test_version_of_recreated_instances() -> None:
    """The first version of an instance that comes back is a setting."""
    project = Project(settings=Settings(recreated_version=5))
    project.apply(node("a"))
    project.delete("a")
    assert [("a", 5, True), ("b", 1, True)] == _outcome(project.apply(node("a"), node("b")))


# --- all or nothing ---


def test_nothing_is_written_if_anything_is_refused(project: Project) -> None:
    """A refusal at the very end undoes what the request has done, deletes too."""
    project.apply(_pump("a", tag="x"), node("gone"))
    seq, state = project.store.last_seq(), project.live()
    with pytest.raises(Refusal):
        apply_instances(
            project.store,
            {
                "items": [_pump("new", tag="y"), _pump("b", tag="x")],
                "delete": [{"instanceType": "node", **ref("gone")}],
            },
            {},
        )
    assert (seq, state) == (project.store.last_seq(), project.live())
    assert project.data("Pump", "new") is None


def test_most_instances() -> None:
    """A project has no more live instances than its limit; deleted ones make room."""
    project = Project(settings=Settings(most_instances=2))
    project.apply(node("a"), node("b"))
    assert (400, "Too many instances: 3, while the limit is 2.") == project.refusal(node("c"))
    project.delete("a")
    project.apply(node("c"))


def test_a_changed_schema_is_used(project: Project) -> None:
    """What is known of a view is forgotten when the schema changes."""
    project.apply(_pump("a"))
    project.container("Pump", {"extra": {"type": "int32"}})
    project.apply(node("a", through("Pump", {"extra": 3})))
    data = project.data("Pump", "a")
    assert data is not None
    assert 3 == data["extra"]


def test_a_thousand_items(project: Project) -> None:
    """A full request is written, and written again without a change."""
    items = [_pump(f"p{n}", serial=n) for n in range(1000)]
    assert {1} == {item["version"] for item in project.apply(*items)}
    assert {(1, False)} == {(item["version"], item["wasModified"]) for item in project.apply(*items)}
