"""Data models and instances, loaded from files."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pygen.client.models.ids import ContainerId, ViewId
from pygen.errors import ConfigError, ModelError
from pygen.sandbox import Sandbox
from pygen.sandbox.loading import load
from pygen.sandbox.problems import Refusal
from pygen.sandbox.store import Store
from pygen.sandbox.views import apply_views, read_view
from pygen.sources import load_raw

Json = dict[str, Any]

CORPUS = sorted(path.parent.name for path in (Path(__file__).parents[2] / "corpus").glob("*/model.*"))
REFUSED = {
    "broken_properties": "unknownValue must be one of the values",
    "hostile_text": "text must not contain the NUL character",
    "keyword_views": "'Int' is reserved",
    "unknown_kinds": "Input should be 'text'",
}
"""Models that the service would not take either."""


def prop(identifier: str, kind: str = "text", container: str = "Pump", **more: Any) -> Json:
    """A mapped property as answers show it."""
    return {
        "container": {"type": "container", "space": "sp", "externalId": container},
        "containerPropertyIdentifier": identifier,
        "type": {"type": kind, "list": False, **more.pop("type", {})},
        "nullable": True,
        "immutable": False,
        "autoIncrement": False,
        **more,
    }


def view(name: str, properties: Json, **more: Any) -> Json:
    """A view as answers show it."""
    return {
        "space": "sp",
        "externalId": name,
        "version": "v1",
        "implements": [],
        "writable": True,
        "usedFor": "node",
        "isGlobal": False,
        "properties": properties,
        **more,
    }


def reference(name: str) -> Json:
    """A view, named."""
    return {"type": "view", "space": "sp", "externalId": name, "version": "v1"}


def model(*views: Json, **more: Any) -> Json:
    """A data model as answers show it."""
    return {"space": "sp", "externalId": "M", "version": "v1", "isGlobal": False, "views": list(views), **more}


def write(path: Path, content: object) -> Path:
    """Write JSON, or text as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def loaded(*paths: Path) -> Store:
    """A store with what files hold."""
    store = Store()
    load(store, paths)
    return store


def definition(store: Store, name: str, container: str = "Pump") -> Json:
    """A property of a container."""
    return store.catalog.containers[ContainerId("sp", container)].props[name].definition


# --- snapshots ---


def test_containers_are_derived_where_only_views_are_known(tmp_path: Path) -> None:
    """Types, what must not be null, defaults and what they are for are what views tell; a source is the view's own."""
    target = {"type": "container", "space": "sp", "externalId": "Site"}
    path = write(
        tmp_path / "m.json",
        model(
            view(
                "Pump",
                {
                    "label": prop("tag", nullable=False, type={"maxTextSize": 9}, defaultValue="x", name="Tag"),
                    "site": prop("site", "direct", type={"source": reference("Site"), "container": target}),
                    "n": prop("n", "int32", autoIncrement=True, immutable=True),
                },
            ),
            view("Other", {"tags": prop("tags", type={"list": True, "maxListSize": 7})}),
            view("Link", {"role": prop("role", container="Link")}, usedFor="edge"),
            view("Both", {"note": prop("note", container="Both")}, usedFor="all"),
        ),
    )
    store = loaded(path)
    assert {"tag", "site", "n", "tags"} == store.catalog.containers[ContainerId("sp", "Pump")].props.keys()
    tag = definition(store, "tag")
    assert ("text", 9, False, "x") == (
        tag["type"]["type"],
        tag["type"]["maxTextSize"],
        tag["nullable"],
        tag["defaultValue"],
    )
    assert {"type": "direct", "list": False, "container": target} == definition(store, "site")["type"]
    assert (True, True) == (definition(store, "n")["autoIncrement"], definition(store, "n")["immutable"])
    assert 7 == definition(store, "tags")["type"]["maxListSize"]
    assert {"Pump": "node", "Link": "edge", "Both": "all"} == {
        each.external_id: container.used_for for each, container in store.catalog.containers.items()
    }


def test_containers_beside_a_model_are_taken_and_completed(tmp_path: Path) -> None:
    """What a container's own file says wins over what views tell; what it does not know is derived."""
    path = write(
        tmp_path / "m.json",
        model(view("Pump", {"tag": prop("tag"), "n": prop("n", "int32"), "x": prop("x", container="X")})),
    )
    container = {
        "space": "sp",
        "externalId": "Pump",
        "name": "A pump",
        "usedFor": "all",
        "properties": {"tag": {"type": {"type": "text", "list": False}, "nullable": False, "constraintState": {}}},
        "constraints": {
            "u": {"constraintType": "uniqueness", "properties": ["tag"], "bySpace": False, "state": "current"}
        },
        "indexes": {"i": {"indexType": "btree", "properties": ["tag"], "cursorable": True, "state": "current"}},
    }
    write(tmp_path / "m.containers.json", {"items": [container]})
    for store in (loaded(path), loaded(tmp_path)):
        pump = store.catalog.containers[ContainerId("sp", "Pump")]
        assert ("all", "A pump", {"tag", "n"}) == (pump.used_for, pump.body["name"], set(pump.props))
        assert definition(store, "tag")["nullable"] is False
        assert ({"u"}, {"i"}) == (set(pump.body["constraints"]), set(pump.body["indexes"]))
        assert ContainerId("sp", "X") in store.catalog.containers


def test_old_answers_do_not_say_what_views_are_for(tmp_path: Path) -> None:
    """A view that only edges are read through is for edges."""
    edges = {
        "connectionType": "multi_edge_connection",
        "type": {"space": "sp", "externalId": "t"},
        "source": reference("Pump"),
        "edgeSource": reference("Link"),
    }
    pump, link = (
        view("Pump", {"tag": prop("tag"), "links": edges}),
        view("Link", {"role": prop("role", container="Link")}),
    )
    for each in (pump, link):
        del each["usedFor"]
    store = loaded(write(tmp_path / "m.json", model(pump, link)))
    assert ["node", "edge"] == [container.used_for for container in store.catalog.containers.values()]


def test_views_keep_what_is_their_own(tmp_path: Path) -> None:
    """A property that a parent in the model has as well, and no different, is stored with the parent only."""
    parent = view("Named", {"name": prop("name"), "code": prop("code")})
    child = view(
        "Pump",
        {"name": prop("name"), "code": prop("code", description="Mine"), "tag": prop("tag")},
        implements=[reference("Named"), reference("Gone")],
    )
    store = loaded(write(tmp_path / "m.json", model(child, parent)))
    found = store.catalog.views[ViewId("sp", "Pump", "v1")]
    assert ({"code", "tag"}, {"name", "code", "tag"}) == (set(found.own), set(found.mapped))
    assert ("Named", "Gone") == tuple(parent.external_id for parent in found.parents)


@pytest.mark.parametrize("is_marked", [True, False])
def test_what_is_the_system_s_is_protected(tmp_path: Path, is_marked: bool) -> None:
    """A view that says so is the system's with all of its space, and so is all in a space known to be the system's."""
    space = "sp_any" if is_marked else "cdf_cdm"
    properties = {"name": {**prop("name"), "container": {"type": "container", "space": space, "externalId": "Named"}}}
    system = view("Named", properties, space=space, isGlobal=is_marked)
    own = view("Pump", {**properties, "tag": prop("tag")}, implements=[{**reference("Named"), "space": space}])
    store = loaded(write(tmp_path / "m.json", model(own, system)))
    assert {space} == store.catalog.global_spaces
    assert {space: True, "sp": False} == {each.space: found.is_global for each, found in store.catalog.views.items()}
    assert {space: True, "sp": False} == {
        each.space: found.is_global for each, found in store.catalog.containers.items()
    }
    with pytest.raises(Refusal, match="Global spaces cannot be modified"):
        apply_views(store, [{"space": space, "externalId": "More", "version": "v1"}])


def test_loading_twice_changes_nothing(tmp_path: Path) -> None:
    """A server that is started again with the same files finds what it left."""
    path = write(tmp_path / "m.json", model(view("Pump", {"tag": prop("tag"), "site": prop("site", "direct")})))
    db = tmp_path / "db"
    states = []
    for _ in range(2):
        store = Store(db)
        load(store, [path], mock=5)
        states.append(store.db.execute("SELECT external_id, version, updated FROM instance ORDER BY id").fetchall())
        store.close()
    assert (5, states[0]) == (len(states[0]), states[1])


def test_what_is_not_there_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A view that shows a container nobody knows loads, with a warning."""
    path = write(tmp_path / "m.json", model(view("Pump", {"tag": {**prop("tag"), "type": None}})))
    loaded(path)
    assert "view sp:Pump(v1) shows containers that are not there: tag" in caplog.text


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (model({"space": "sp"}), ModelError, r"m\.json: views\[0\]\.externalId: error PYG008: is missing"),
        (model(view("Pump!", {})), ConfigError, r"m\.json: sp:Pump!: Invalid value for"),
        (model(view("Pump", {"n": prop("n", "int32", defaultValue="x")})), ConfigError, "sp:Pump: Invalid value for"),
        ("{", ConfigError, "not valid JSON"),
        ("3", ConfigError, "holds neither an object"),
    ],
)
def test_models_that_are_wrong(tmp_path: Path, content: object, error: type[Exception], message: str) -> None:
    """The file and the place are told, whether the shape is wrong or the service would refuse it."""
    with pytest.raises(error, match=message):
        loaded(write(tmp_path / "m.json", content))


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    """Nothing is passed over that somebody named."""
    (tmp_path / "empty").mkdir()
    for name, message in {
        "gone.json": "no such file",
        "gone.csv": "no such file",
        "gone": "not a known kind of model file",
        "empty": "holds neither data models nor instances",
    }.items():
        with pytest.raises(ConfigError, match=message):
            loaded(tmp_path / name)


def test_a_sandbox_loads_what_it_is_given(tmp_path: Path) -> None:
    """In its constructor, and later."""
    path = write(tmp_path / "m.json", model(view("Pump", {"tag": prop("tag")})))
    with Sandbox(path, mock=2) as sandbox:
        sandbox.load(mock=3)
        (count,) = sandbox.store().db.execute("SELECT count(*) FROM instance").fetchone()
        assert 3 == count


# --- toolkit folders and GraphQL ---


def test_folders_hold_models_and_instances(tmp_path: Path) -> None:
    """A toolkit folder is written as it would be deployed, on top of what lies in it in read form."""
    write(tmp_path / "a.space.yaml", "{space: '{{ s }}', name: Schema}")
    write(tmp_path / "b.space.yaml", "space: data")
    write(tmp_path / "c.container.yaml", "{space: sp, externalId: C, properties: {x: {type: {type: int32}}}}")
    write(
        tmp_path / "v.view.yaml",
        "{space: sp, externalId: V, version: 1, implements: [{space: sp, externalId: Pump, version: v1}], properties:"
        " {x: {container: {space: sp, externalId: C}, containerPropertyIdentifier: x}}}",
    )
    write(tmp_path / "m.datamodel.yaml", "{space: sp, externalId: M, version: 1, views: []}")
    write(tmp_path / "one.node.yaml", "- {externalId: 1, type: {space: '{{ s }}', externalId: T}}")
    write(tmp_path / "one.timeseries.yaml", "- {externalId: no instance}")
    write(tmp_path / "base.datamodel.json", model(view("Pump", {"tag": prop("tag")})))
    write(tmp_path / "variables.json", {"s": "sp"})
    store = loaded(tmp_path)
    assert {"tag", "x"} == set(store.catalog.views[ViewId("sp", "V", "1")].mapped)
    assert [("data", "1"), ("sp", "T")] == store.db.execute(
        "SELECT space, external_id FROM instance ORDER BY 1"
    ).fetchall()


def test_graphql_schemas_are_loaded(tmp_path: Path) -> None:
    """From a file, or from a folder with tables beside it."""
    write(tmp_path / "m.graphql", "# space: sp\ntype Pump { tag: String! }")
    write(tmp_path / "pumps.csv", "id,Tag\np,T1\n")
    store = loaded(tmp_path)
    assert [("sp", "p")] == store.db.execute("SELECT space, external_id FROM instance").fetchall()
    assert ["sp"] == list(loaded(tmp_path / "m.graphql").catalog.spaces)


def test_one_data_model_of_a_folder_can_be_loaded(tmp_path: Path) -> None:
    """Its file is named, and the rest of the folder comes along but for other data models."""
    for name in "ab":
        write(tmp_path / f"{name}.datamodel.yaml", f"{{space: sp, externalId: {name}, version: 1, views: []}}")
    store = loaded(tmp_path / "a.datamodel.yaml")
    assert [("a",)] == store.db.execute("SELECT external_id FROM data_model").fetchall()


def test_containers_alone_are_loaded(tmp_path: Path) -> None:
    """A file may hold nothing but containers, as the API answers them."""
    path = write(
        tmp_path / "x.json", [{"space": "sp", "externalId": "C", "properties": {"p": {"type": {"type": "text"}}}}]
    )
    assert [ContainerId("sp", "C")] == list(loaded(path).catalog.containers)


# --- all there are ---


@pytest.mark.parametrize("name", CORPUS)
def test_the_corpus_loads(repository: Path, name: str) -> None:
    """Every model that the service would take, with mock data; of the others it is told why not."""
    path = next((repository / "tests" / "corpus" / name).glob("model.*"))
    store = Store()
    if name in REFUSED:
        with pytest.raises(ConfigError, match=REFUSED[name]):
            load(store, [path])
    else:
        load(store, [path], mock=3)
        assert {
            ViewId(each["space"], each["externalId"], str(each["version"])) for each in load_raw(path)["views"]
        } == set(store.catalog.views)


UNSAID = frozenset({"createdTime", "lastUpdatedTime", "constraintState", "isGlobal", "queryable", "mappedContainers"})
"""What the store says otherwise, or older answers not at all."""


def differences(found: Any, expected: Any, path: str = "") -> list[str]:
    """Where a view differs from what the API answered; nothing, false and empty are the same."""
    if isinstance(found, Mapping) and isinstance(expected, Mapping):
        keys = (found.keys() | expected.keys()) - UNSAID
        return [
            place for key in sorted(keys) for place in differences(found.get(key), expected.get(key), f"{path}.{key}")
        ]
    return [] if found == expected or not (found or expected) else [path]


def test_real_models_read_as_they_were(shared: Path) -> None:
    """What a snapshot holds is what clients read, though containers had to be derived and inheritance undone."""
    paths = [path for path in sorted((shared / "models").glob("*.json")) if ".containers" not in path.name]
    for path in paths:
        store, raw = loaded(path), load_raw(path)
        found = [
            place
            for each in raw["views"]
            for place in differences(
                read_view(
                    store.catalog,
                    store.catalog.views[ViewId(each["space"], each["externalId"], each["version"])],
                    inherited=True,
                ),
                each,
                each["externalId"],
            )
            # Whether a relation from a view outside the model is a list, only the service knows; and some answers
            # differ in what they say of the same container.
            if not place.endswith((".targetsList", ".collation", ".maxListSize"))
        ]
        assert (path.name, []) == (path.name, found)


@pytest.mark.parametrize("name", ["isa_manufacturing", "omni", "power_ops", "rmdm", "scene"])
def test_real_folders_load(shared: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    """On top of the system's data model; nothing that they define is broken but what is not there."""
    caplog.set_level(logging.ERROR, "pygen.sandbox")
    store = loaded(shared / "models" / "cognite_core.json", shared / "models" / "toolkit" / name)
    own = [found for found in store.catalog.views.values() if not found.is_global]
    assert own
    assert sum(len(found.broken) for found in own) < sum(len(found.mapped) for found in own) / 10


@pytest.mark.parametrize(
    ("paths", "nodes", "edges"),
    [
        (("movie_actors.json", "instances/movie_actors"), 4204, 3996),
        (("omni.json", "instances/omni"), 111, 78),
        (("toolkit/omni", "instances/omni"), 111, 78),
        (("power_ops.json", "instances/power_ops"), 694, 952),
        (("wind_turbine.json", "instances/wind_turbine"), 4, 0),
        (("instances/solar_apm",), 21, 21),
    ],
)
def test_published_instances_load(
    shared: Path, paths: tuple[str, ...], nodes: int, edges: int, caplog: pytest.LogCaptureFixture
) -> None:
    """As they were published: in write form, read form, tables of all kinds, and objects within objects."""
    caplog.set_level(logging.ERROR, "pygen.sandbox")
    store = loaded(*(shared / "models" / path for path in paths))
    counts = store.db.execute("SELECT sum(kind = 0), sum(kind = 1) FROM instance").fetchone()
    assert (nodes, edges) == counts
