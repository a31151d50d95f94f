"""Deleting instances: what goes, what stays for sync, and what is said."""

from __future__ import annotations

from typing import Any

import pytest

from pygen.sandbox.apply import apply_instances
from pygen.sandbox.delete import delete_instances
from pygen.sandbox.problems import Refusal
from pygen.sandbox.settings import Settings
from pygen.sandbox.spaces import apply_spaces
from tests.support.sandbox_writing import Json, Project, edge, exchanges, node, ref, through


@pytest.fixture
def project() -> Project:
    """A pump station without instances."""
    return Project()


def _refusal(project: Project, *items: Any) -> tuple[int, str]:
    with pytest.raises(Refusal) as refused:
        delete_instances(project.store, {"items": list(items)}, {})
    return refused.value.status, refused.value.message


def test_recorded_deletes(project: Project) -> None:
    """The exchanges on deleting are answered as they were recorded."""
    apply_instances(project.store, exchanges("instances_apply")[0]["request"], {})
    project.apply(node("valve:V-1"))
    recorded = [
        exchange
        for name in ("instances_apply", "sync")
        for exchange in exchanges(name)
        if exchange["path"].endswith("/delete")
    ]
    assert 2 == len(recorded)
    for exchange in recorded:
        assert exchange["response"] == delete_instances(project.store, exchange["request"], {})


def test_what_stays(project: Project) -> None:
    """A deleted instance keeps its row with the next version and the time, and its data, no longer live."""
    created = project.now
    project.apply(node("a", through("Site/v1", {"name": "a"})))
    seq = project.store.last_seq()
    project.now += 7
    assert ["a"] == project.delete("a")
    row = project.instance("a")
    assert row is not None
    assert (2, created, created + 7, created + 7, seq + 1) == tuple(
        row[name] for name in ("version", "created", "updated", "deleted", "seq")
    )
    assert project.data("Site", "a") is None
    assert {"name": "a"} == project.data("Site", "a", live=0)


def test_edges_go_with_their_nodes(project: Project) -> None:
    """Edges in both directions go too, each as a change of its own, and the answer does not list them."""
    ends = [("e1", "a", "b"), ("e2", "b", "a"), ("e3", "a", "a"), ("e4", "b", "b")]
    data = through("MaintenanceLink/v1", {"role": "x"})
    project.apply(node("a"), node("b"), *(edge(name, start, end, data) for name, start, end in ends))
    seq = project.store.last_seq()
    assert ["a"] == project.delete("a")
    assert {"b", "e4", "Pump.maintainedBy"} == project.live()
    assert project.data("MaintenanceLink", "e1") is None
    assert {"role": "x"} == project.data("MaintenanceLink", "e4")
    changed = project.store.db.execute("SELECT external_id, version FROM instance WHERE seq > ? ORDER BY seq", [seq])
    assert [("a", 2), ("e1", 2), ("e2", 2), ("e3", 2)] == changed.fetchall()


def test_edges_alone(project: Project) -> None:
    """Deleting an edge leaves its nodes, and an edge that is named goes once with its node."""
    project.apply(node("a"), node("b"), edge("e", "a", "b"), edge("f", "a", "b"))
    assert ["e"] == project.delete("e", kind="edge")
    assert {"a", "b", "f", "Pump.maintainedBy"} == project.live()
    items = [{"instanceType": "edge", **ref("f")}, {"instanceType": "node", **ref("b")}]
    answer = delete_instances(project.store, {"items": items}, {})
    assert ["f", "b"] == [item["externalId"] for item in answer["items"]]
    row = project.instance("f")
    assert row is not None
    assert 2 == row["version"]


@pytest.mark.parametrize("external_id", ["never", "gone", "an edge"])
def test_what_is_not_there(project: Project, external_id: str) -> None:
    """What never was, is deleted already, or is of the other kind, is passed over."""
    project.apply(node("a"), node("gone"), edge("an edge", "a", "a"))
    project.delete("gone")
    seq = project.store.last_seq()
    assert [] == project.delete(external_id)
    assert seq == project.store.last_seq()


def test_the_same_twice(project: Project) -> None:
    """An instance that is named twice is deleted once."""
    project.apply(node("a"))
    assert ["a"] == project.delete("a", "a")


def test_relations_dangle(project: Project) -> None:
    """Direct relations to a deleted node stay as they are."""
    project.apply(node("t", through("Technician/v1", {"name": "T", "mentors": [ref("m")]})))
    project.delete("m")
    assert {"name": "T", "mentors": [ref("m")]} == project.data("Technician", "t")
    row = project.instance("t")
    assert row is not None
    assert 1 == row["version"]


def test_relations_can_be_cleared() -> None:
    """Whether relations to a deleted node are cleared is a setting; where there must be a value, it stays."""
    project = Project(settings=Settings(delete_clears_relations=True))
    project.container(
        "R",
        {
            "one": {"type": "direct"},
            "many": {"type": "direct", "list": True},
            "must": {"type": {"type": "direct"}, "nullable": False},
        },
    )
    to_a, to_b = ref("a"), ref("b")
    project.apply(
        node("x", through("R", {"one": to_a, "many": [to_b, to_a, to_b], "must": to_b})),
        node("y", through("R", {"one": to_b, "many": [to_b], "must": to_a})),
    )
    project.delete("a")
    assert {"many": [to_b, to_b], "must": to_b} == project.data("R", "x")
    assert {"one": to_b, "many": [to_b], "must": to_a} == project.data("R", "y")
    rows = [project.instance(name) for name in "xy"]
    assert [2, 1] == [row["version"] for row in rows if row is not None]


@pytest.mark.parametrize(("existing", "is_deleted"), [(0, False), (1, False), (2, True), (9, True), (None, True)])
def test_existing_version(project: Project, existing: int | None, is_deleted: bool) -> None:
    """A stored version that is greater than the one that is known keeps everything of the request."""
    project.apply(node("a"), node("b"))
    project.apply(node("a", through("Site/v1", {"name": "a"})))
    items = [{"instanceType": "node", **ref("b")}, {"instanceType": "node", **ref("a"), "existingVersion": existing}]
    if is_deleted:
        delete_instances(project.store, {"items": items}, {})
        assert set() == project.live()
    else:
        assert (409, "A version conflict caused the ingest to fail.") == _refusal(project, *items)
        assert {"a", "b"} == project.live()


def test_skipped_conflicts_when_applying(project: Project) -> None:
    """When applying, what is to be deleted and is in conflict may be skipped as well."""
    project.apply(node("a"), node("b"))
    stale = {"instanceType": "node", **ref("a"), "existingVersion": 0}
    body: Json = {"items": [], "delete": [stale, {"instanceType": "node", **ref("b")}], "skipOnVersionConflict": True}
    answer = apply_instances(project.store, body, {})
    assert {"items": [], "deleted": [{"instanceType": "node", "externalId": "b", "space": "ops_data"}]} == answer


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (
            {"instanceType": "node", "space": "no_such", "externalId": "a"},
            "One or more spaces do not exist: 'no_such'.",
        ),
        ({"instanceType": "node", "space": "system_s", "externalId": "a"}, "Global spaces cannot be modified"),
        ({"space": "ops_data", "externalId": "a"}, "items[0].instanceType must not be null"),
        ({"instanceType": "node", "space": "ops_data"}, "items[0].externalId must not be null"),
        ({"instanceType": "x", **ref("a")}, "Invalid value for items[0].instanceType"),
        ({"instanceType": "node", **ref("a"), "version": 1}, "Unexpected field - items[0].version"),
        ({"instanceType": "node", **ref("")}, "externalId size must be at least 1"),
        ("a", "Invalid value for items[0]"),
    ],
)
def test_refusals(project: Project, item: Any, said: str) -> None:
    """A missing or protected space and a wrong shape are refused by name."""
    apply_spaces(project.store, [{"space": "system_s"}], is_global=True)
    status, message = _refusal(project, item)
    assert 400 == status
    assert said in message


@pytest.mark.parametrize("count", [0, 1001])
def test_number_of_items(project: Project, count: int) -> None:
    """A request deletes one instance at least, and a thousand at most."""
    status, message = _refusal(project, *({"instanceType": "node", **ref(f"n{n}")} for n in range(count)))
    assert 400 == status
    assert "items size must be" in message


def test_many_edges(project: Project) -> None:
    """A node goes with all its edges, however many there are."""
    project.apply(*(node(f"n{n}") for n in range(500)))
    project.apply(*(edge(f"e{n}", "n0", f"n{n}") for n in range(500)))
    assert ["n0"] == project.delete("n0")
    assert 500 == len(project.live())
