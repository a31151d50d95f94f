"""Statistics: counts and limits of a project, and counts of its spaces."""

from pygen.sandbox.settings import Settings
from pygen.sandbox.spaces import apply_spaces
from tests.support.sandbox_schema import Json, Project, container, recorded

NOTHING = {"edges": 0, "softDeletedEdges": 0, "nodes": 0, "softDeletedNodes": 0}


def test_the_recorded_project_is_counted_as_recorded() -> None:
    """The counts and limits of the recorded schema are those that were recorded."""
    here = Project(spaces=())
    for name in ("spaces", "containers", "views", "datamodels"):
        here.replay(recorded(name)[0])
    exchange = recorded("token_and_statistics")[1]
    expected: Json = {**exchange["response"], "instances": here.replay(exchange)["instances"]}
    assert expected == here.replay(exchange)


def test_instances_are_counted_by_kind_live_and_deleted() -> None:
    """Nodes and edges, live and deleted ones, have counts of their own, in the project and in each space."""
    here = Project(Settings(most_instances=9, most_deleted_instances=8), spaces=("s", "t"))
    here.post("containers", container())
    for number, space in enumerate("ssssstt"):
        here.put_row("C", str(number), space=space)
    here.store.db.execute("UPDATE instance SET kind = 1 WHERE id IN (1, 2, 3)")
    here.store.db.execute("UPDATE instance SET deleted = 1 WHERE id IN (3, 4)")
    counts = {"edges": 2, "softDeletedEdges": 1, "nodes": 3, "softDeletedNodes": 1}
    assert {
        **counts,
        "instances": 5,
        "instancesLimit": 9,
        "softDeletedInstances": 2,
        "softDeletedInstancesLimit": 8,
    } == here.call("GET", "statistics")["instances"]
    schema = {"views": 0, "dataModels": 0}
    first = {"space": "s", "containers": 1, **schema, **counts, "nodes": 1}
    second = {"space": "t", "containers": 0, **schema, **NOTHING, "nodes": 2}
    assert [first, second] == here.get("statistics/spaces")
    assert [second] == here.post("statistics/spaces/byids", {"space": "t"}, {"space": "gone"})


def test_what_is_the_systems_does_not_count() -> None:
    """Global spaces count neither in the project nor in the list of spaces; byids tells of them."""
    here = Project()
    before = here.call("GET", "statistics")
    apply_spaces(here.store, [{"space": "sys"}], is_global=True)
    assert before == here.call("GET", "statistics")
    assert ["s"] == [found["space"] for found in here.get("statistics/spaces")]
    assert [{"space": "sys", "containers": 0, "views": 0, "dataModels": 0, **NOTHING}] == here.post(
        "statistics/spaces/byids", {"space": "sys"}
    )
