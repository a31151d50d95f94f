"""Instances in files of every form, and written in whatever order they come."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pygen.client.models.ids import ViewId
from pygen.errors import ConfigError, OutputError
from pygen.sandbox.instance_files import read_instances
from pygen.sandbox.instance_writing import InstanceWriter
from pygen.sandbox.loading import load
from pygen.sandbox.mock_files import write_mock_files
from pygen.sandbox.store import Store
from pygen.sandbox.tables import read_rows, write_table
from pygen.sandbox.view_names import exact_name
from pygen.sandbox.views import apply_views
from tests.unit.sandbox.test_mock import container, container_ref, edge, mapped, store_of, view, view_ref

Json = dict[str, Any]

EVERY = {
    "name": "text",
    "count": "int32",
    "big": "int64",
    "flow": "float64",
    "on": "boolean",
    "at": "timestamp",
    "day": "date",
    "more": "json",
    "notes": {"type": {"type": "text", "list": True}},
    "counts": {"type": {"type": "int32", "list": True}},
    "site": "direct",
    "sites": {"type": {"type": "direct", "list": True}},
}


@pytest.fixture
def store() -> Store:
    """Pumps with properties of every type, sites, and edges with properties."""
    return store_of(
        [
            container("Pump", EVERY),
            container("Site", {"name": {"type": {"type": "text"}, "nullable": False}, "code": "text"}),
            container("Service", {"role": "text", "rank": "int32"}, usedFor="edge"),
        ],
        [
            view(
                "Pump",
                {
                    **{name: f"Pump.{name}" for name in EVERY},
                    "site": mapped("Pump.site", source=view_ref("Site")),
                    "sites": mapped("Pump.sites", source=view_ref("Site")),
                    "served_by": edge("Site", edgeSource=view_ref("Service")),
                    "owners": edge("Site", direction="inwards"),
                },
            ),
            view(
                "Site",
                {
                    "name": "Site.name",
                    "code": "Site.code",
                    "pumps": {
                        "connectionType": "multi_reverse_direct_relation",
                        "source": view_ref("Pump"),
                        "through": {"source": view_ref("Pump"), "identifier": "site"},
                    },
                },
            ),
            view("Service", {"role": "Service.role", "rank": "Service.rank"}),
        ],
    )


def read(store: Store, path: Path, content: object) -> list[Json]:
    """The instances of a file."""
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_instances(store.catalog, path, space="data")


def properties(instance: Json) -> Json:
    """What is written through the only source."""
    (source,) = instance["sources"]
    found: Json = source["properties"]
    return found


def ref(external_id: str, space: str = "data") -> Json:
    """An instance, named."""
    return {"space": space, "externalId": external_id}


# --- instances in JSON and YAML ---


def test_write_form(store: Store, tmp_path: Path) -> None:
    """As it is; what is left out is filled in, what is only said when reading is left out."""
    source = {"source": {"space": "sp", "externalId": "Pump", "version": "v1"}, "properties": {"count": 1}}
    items = [
        {"externalId": "p", "sources": [source], "existingVersion": 3, "type": ref("T")},
        {"space": "s", "externalId": "e", "type": ref("T"), "startNode": ref("p"), "endNode": ref("p"), "version": 2},
        {"instanceType": "node", "externalId": "c", "sources": [{"source": {"space": "sp", "externalId": "Pump"}}]},
    ]
    node, link, other = read(store, tmp_path / "any.json", items)
    assert {
        "instanceType": "node",
        **ref("p"),
        "type": ref("T"),
        "sources": [{**source, "source": view_ref("Pump")}],
    } == node
    assert {
        "instanceType": "edge",
        **ref("e", "s"),
        "type": ref("T"),
        "startNode": ref("p"),
        "endNode": ref("p"),
        "sources": [],
    } == link
    assert [{"source": container_ref("Pump"), "properties": {}}] == other["sources"]


def test_read_form(store: Store, tmp_path: Path) -> None:
    """Properties by view become sources; a view that shows nothing tells nothing."""
    item = {
        "instanceType": "node",
        "version": 7,
        "createdTime": 1,
        **ref("p"),
        "properties": {"sp": {"Pump/v1": {"count": 1}, "Site/v1": {}, "Pump": {"big": 2}}},
    }
    (found,) = read(store, tmp_path / "any.json", {"items": [item]})
    assert [
        {"source": view_ref("Pump"), "properties": {"count": 1}},
        {"source": container_ref("Pump"), "properties": {"big": 2}},
    ] == found["sources"]
    assert {"instanceType", "space", "externalId", "sources"} == found.keys()


def test_yaml_says_the_same(store: Store, tmp_path: Path) -> None:
    """Names of instances are text whatever they look like; values are what they are."""
    text = "- externalId: 7\n  sources: [{source: {space: sp, externalId: Pump, version: v1}, properties: {name: 1}}]\n"
    (node,) = read(store, tmp_path / "my.node.yaml", text)
    assert ("7", {"name": 1}) == (node["externalId"], properties(node))
    assert [("edge", "e")] == [
        (each["instanceType"], each["externalId"]) for each in read(store, tmp_path / "my.edge.yaml", "externalId: e")
    ]
    assert [] == read(store, tmp_path / "empty.node.yaml", "")


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"instanceType": "node"}, r"any\.json\[0\]: has no externalId"),
        ({"externalId": "x", "sources": [{}]}, "a source must name a view or a container"),
        ({"externalId": "x", "sources": [3]}, "a source must name a view or a container"),
    ],
)
def test_instances_that_are_none(store: Store, tmp_path: Path, item: Json, message: str) -> None:
    """The place is told."""
    with pytest.raises(ConfigError, match=message):
        read(store, tmp_path / "any.json", [item])


# --- tables ---


def test_rows_of_a_view(store: Store, tmp_path: Path) -> None:
    """Names match whatever their case and separators; cells are read as their properties are."""
    text = (
        "External_Id,external id?,Pump Name,COUNT,big,flow,On,at,day,more,notes,counts,site,sites\n"
        'x,,"two, words",3.0,9007199254740993,1e3,TRUE,2024-05-06,06/07/2024,"{""a"": 1}","[""b""]",4,s:1,'
        '"[""s2"", {""space"": ""t"", ""externalId"": ""u""}]"\n'
    ).replace("External_Id", "external_id")
    text = text.replace("06/07/2024", "16/07/2024")
    (node,) = read(store, tmp_path / "pumps.csv", text)
    assert {
        "name": "two, words",
        "count": 3,
        "big": 9007199254740993,
        "flow": 1000.0,
        "on": True,
        "at": "2024-05-06T00:00:00+00:00",
        "day": "2024-07-16",
        "more": {"a": 1},
        "notes": ["b"],
        "counts": [4],
        "site": ref("s:1"),
        "sites": [ref("s2"), ref("u", "t")],
    } == properties(node)
    assert ("x", "data", "node") == (node["externalId"], node["space"], node["instanceType"])


def test_what_a_row_lacks_is_null(store: Store, tmp_path: Path) -> None:
    """A column without a value is null; one that is not there is not written. Empty rows are none."""
    (node,) = read(store, tmp_path / "Pump.csv", "id,name,count\n\np,,\n,,\n")
    assert {"name": None, "count": None} == properties(node)


@pytest.mark.parametrize("name", ["Site", "site", "SITES", "s_i-t e", "Sites.csv"])
def test_views_are_found_by_their_names(store: Store, tmp_path: Path, name: str) -> None:
    """In the singular or the plural, whatever case and separators."""
    (node,) = read(store, tmp_path / f"{name.removesuffix('.csv')}.csv", "id,name\n1,x\n")
    assert view_ref("Site") == node["sources"][0]["source"]


def test_names_of_several_views_are_refused(store: Store, tmp_path: Path) -> None:
    """The exact names are told, which mock data of such views has; the exact case decides."""
    apply_views(store, [{**view("Site", {"name": "Site.name"}), "version": "v2"}, view("SITES", {"name": "Site.name"})])
    exact = exact_name(ViewId("sp", "Site", "v2"))
    with pytest.raises(ConfigError, match=exact):
        read(store, tmp_path / "Site.csv", "id,name\n1,x\n")
    (node,) = read(store, tmp_path / f"{exact}.csv", "id,name\n1,x\n")
    assert "v2" == node["sources"][0]["source"]["version"]
    (node,) = read(store, tmp_path / "SITES.csv", "id,name\n1,x\n")
    assert "SITES" == node["sources"][0]["source"]["externalId"]


def test_what_makes_no_sense_is_left_out_with_a_warning(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A column without a property once, a cell with its line; whatever else is there is kept."""
    text = "id,name,weight,count,day,on\np,a,1,many,01/02/2024,maybe\nq,b,2,3,2024-01-02,no\n"
    first, second = read(store, tmp_path / "Pump.csv", text)
    assert {"name": "a", "count": None, "day": None, "on": None} == properties(first)
    assert (3, "2024-01-02") == (properties(second)["count"], properties(second)["day"])
    assert 1 == caplog.text.count("has no property 'weight'")
    for expected in ("line 2: count is left out", "can be read as 2024-01-02 or 2024-02-01", "'maybe' is neither true"):
        assert expected in caplog.text


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("Nothing", "id,name\n1,x\n", "no view is called 'Nothing', nor do the columns name two views"),
        ("Pump", "name\nx\n", "line 2: has no external id"),
        ("Pump", 'id,name\n1,"x\n', "not valid CSV"),
        ("Pump.gone", "id,x\n1,2\n", "has no property 'gone'"),
        ("Site.pumps", "sourceExternalId,targetExternalId\na,b\n", "stored with the views that it leads to"),
        ("Pump", "id,sp:Pump\n1,{\n", "line 2: sp:Pump"),
    ],
)
def test_tables_that_cannot_be_read(store: Store, tmp_path: Path, name: str, text: str, message: str) -> None:
    """The file is told, and the line."""
    with pytest.raises(ConfigError, match=message):
        read(store, tmp_path / f"{name}.csv", text)


def test_what_must_be_given_is_not_left_out(store: Store, tmp_path: Path) -> None:
    """A cell of a required property that cannot be read is an error; one that is empty is the service's to refuse."""
    required = view("Counted", {"n": "Counted.n"})
    counted = store_of([container("Counted", {"n": {"type": {"type": "int32"}, "nullable": False}})], [required])
    with pytest.raises(ConfigError, match=r"line 2: n: could not convert"):
        read(counted, tmp_path / "Counted.csv", "id,n\n1,x\n")
    (node,) = read(counted, tmp_path / "Counted.csv", "id,n\n1,\n")
    assert {} == properties(node)


def test_tables_of_connections(store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """External ids of both ends make edges in the direction of the connection; a row without one makes none."""
    text = "sourceExternalId,targetExternalId\np,s\nq,\n"
    (served,) = read(store, tmp_path / "Pump.servedBy.csv", text)
    assert (ref("p"), ref("s"), "p:served_by:s", {"space": "types", "externalId": "served"}) == tuple(
        served[key] for key in ("startNode", "endNode", "externalId", "type")
    )
    (owned,) = read(store, tmp_path / "Pump.owners.csv", text)
    assert (ref("s"), ref("p")) == (owned["startNode"], owned["endNode"])
    assert 2 == caplog.text.count("line 3: is left out: both sourceExternalId and targetExternalId are needed")


def test_tables_of_lists(store: Store, tmp_path: Path) -> None:
    """Rows with the same start are the values of one list."""
    text = "sourceExternalId,targetExternalId\np,a\nq,b\np,c\n"
    assert [("p", ["a", "c"]), ("q", ["b"])] == [
        (each["externalId"], properties(each)["notes"]) for each in read(store, tmp_path / "Pump.notes.csv", text)
    ]
    assert [ref("a"), ref("c")] == properties(read(store, tmp_path / "Pump.sites.csv", text)[0])["sites"]
    assert ref("c") == properties(read(store, tmp_path / "Pump.site.csv", text)[0])["site"]


def test_columns_may_name_the_views_that_are_connected(tmp_path: Path) -> None:
    """Where one connection leads from one to the other, and the file is called after neither."""
    films = store_of(
        [container("C", {"name": "text"})],
        [view("Film", {"name": "C.name", "actors": edge("Actor")}), view("Actor", {"name": "C.name"})],
    )
    (found,) = read(films, tmp_path / "appearances.csv", "id,actor,film\n1,Ada,Big\n")
    assert ("1", ref("Big"), ref("Ada")) == (found["externalId"], found["startNode"], found["endNode"])


def test_tables_of_classic_resources_hold_no_instances(store: Store, tmp_path: Path) -> None:
    """Time series, files and sequences are resources of their own."""
    assert [] == read(store, tmp_path / "TimeSeries.csv", "externalId,name\n1,x\n")


# --- objects ---


def test_objects_become_instances(store: Store, tmp_path: Path) -> None:
    """With those within them: related directly, by edges, or the other way round; each with a name of its own."""
    item = {
        "Name": "P",
        "count": None,
        "notes": ["a"],
        "site": {"name": "S", "pumps": [{"external_id": "q", "name": "Q"}]},
        "sites": ["s2", {"name": "S3"}, {"space": "t", "externalId": "u"}],
        "servedBy": [{"name": "S4"}],
        "owners": "s5",
        "strange": 1,
    }
    found = {each["externalId"]: each for each in read(store, tmp_path / "pump.json", [item])}
    assert {
        "name": "P",
        "notes": ["a"],
        "site": ref("Pump:1.site:1"),
        "sites": [ref("s2"), ref("Pump:1.sites:2"), ref("u", "t")],
    } == (properties(found["Pump:1"]))
    assert {"name": "S"} == properties(found["Pump:1.site:1"])
    assert {"site": ref("Pump:1.site:1")} == properties(found["q"])
    served = found["Pump:1:served_by:Pump:1.served_by:1"]
    assert (ref("Pump:1"), ref("Pump:1.served_by:1")) == (served["startNode"], served["endNode"])
    assert ref("s5") == found["s5:owners:Pump:1"]["startNode"]


def test_objects_tell_their_view_by_their_keys(store: Store, tmp_path: Path) -> None:
    """Where the file is called after none, and exactly one view has all of them."""
    (node,) = read(store, tmp_path / "data.json", [{"externalId": "x", "role": "r", "rank": 1}])
    assert view_ref("Service") == node["sources"][0]["source"]
    several: list[list[Json]] = [[{"name": "x"}], [{"nothing": 1}], [{}]]
    for items in several:
        with pytest.raises(ConfigError, match="nor does one have all the keys"):
            read(store, tmp_path / "data.json", items)


def test_objects_within_objects_need_a_view(store: Store, tmp_path: Path) -> None:
    """A relation is an external id or an object of the view that it leads to."""
    with pytest.raises(ConfigError, match=r"Pump:1\.site: is neither an external id nor an object"):
        read(store, tmp_path / "Pump.json", [{"site": 3}])


# --- writing ---


def test_instances_are_written_in_any_order(tmp_path: Path) -> None:
    """What needs others waits for them, in part or as a whole; a circle is written together."""
    needs = {"type": {"type": "direct", "container": container_ref("B")}}
    store = store_of(
        [
            container("A", {"b": needs, "bs": {"type": {**needs["type"], "list": True}}, "x": "text"}),
            container("B", {"a": {**needs, "nullable": False}, "x": "text"}),
        ],
        [view("A", {"b": "A.b", "bs": "A.bs", "x": "A.x"}), view("B", {"a": "B.a", "x": "B.x"})],
    )

    def node(name: str, kind: str, **values: Any) -> Json:
        return {"instanceType": "node", **ref(name), "sources": [{"source": view_ref(kind), "properties": values}]}

    items = [
        node("a1", "A", b=ref("b1"), bs=[ref("b1"), ref("b2")], x="1"),
        node("b1", "B", a=ref("b2"), x="2"),
        node("b2", "B", a=ref("b3")),
        node("b3", "B", a=ref("b2")),
        node("b4", "B", a=ref("b4")),
        node("a1", "A", x="3"),
    ]
    for _ in range(2):
        writer = InstanceWriter(store)
        writer.write(items, place="here")
        writer.finish()
    names = dict(store.db.execute("SELECT id, external_id FROM instance"))
    ((b, bs, x),) = store.db.execute("SELECT p1, p2, p3 FROM c1").fetchall()
    assert ("b1", ["b1", "b2"], "3") == (names[b], [names[number] for number in json.loads(bs)], x)
    assert {"b1": "b2", "b2": "b3", "b3": "b2", "b4": "b4"} == {
        names[number]: names[a] for number, a in store.db.execute("SELECT id, p1 FROM c2")
    }


def test_waiting_in_vain_is_an_error(store: Store) -> None:
    """What never comes is told as the service tells it, with the place."""
    needs = {"type": {"type": "direct", "container": container_ref("B")}, "nullable": False}
    lonely = store_of([container("B", {"b": needs})], [view("B", {"b": "B.b"})])
    writer = InstanceWriter(lonely)
    writer.write(
        [{"instanceType": "node", **ref("x"), "sources": [{"source": view_ref("B"), "properties": {"b": ref("y")}}]}],
        place="my.json",
    )
    with pytest.raises(ConfigError, match=r"my\.json: .*'y' was referenced as the target"):
        writer.finish()


def test_spaces_are_made_where_instances_need_them(store: Store) -> None:
    """Their own, and those of types, ends and targets; a space that is the system's by name is protected."""
    item = {
        "instanceType": "edge",
        **ref("e", "s1"),
        "type": ref("t", "s2"),
        "startNode": ref("a", "s3"),
        "endNode": ref("b", "cdf_cdm_units"),
        "sources": [{"source": view_ref("Service"), "properties": {"rank": 1}}],
    }
    node = {
        "instanceType": "node",
        **ref("n"),
        "sources": [{"source": view_ref("Pump"), "properties": {"sites": [ref("x", "s4")]}}],
    }
    writer = InstanceWriter(store)
    writer.write([item, node], place="here")
    writer.finish()
    assert {"s1", "s2", "s3", "s4", "cdf_cdm_units"} <= store.catalog.spaces.keys()
    assert {"cdf_cdm_units"} == store.catalog.global_spaces


def test_what_the_service_would_refuse_is_refused(store: Store) -> None:
    """In its words, with the place."""
    writer = InstanceWriter(store)
    bad = {"instanceType": "node", **ref("n"), "sources": [{"source": view_ref("Pump"), "properties": {"count": "x"}}]}
    with pytest.raises(ConfigError, match=r"my\.csv: Invalid value for property 'count'"):
        writer.write([bad], place="my.csv")


# --- mock data in files ---


def test_files_of_mock_data_load_as_what_was_made(repository: Path, tmp_path: Path) -> None:
    """From JSON and from CSV comes the same as from the seed."""
    for name in (
        "every_type_list",
        "edges_with_properties",
        "case_twins",
        "two_versions",
        "not_writable",
        "hyphens_and_digits",
    ):
        model = next((repository / "tests" / "corpus" / name).glob("model.*"))
        written = write_mock_files([model], tmp_path / name, count=6, seed=5)
        assert {"json", "csv"} == {file.path.parent.name for file in written}
        states = []
        for paths, mock in (([], 6), ([tmp_path / name / "json"], 0), ([tmp_path / name / "csv"], 0)):
            store = Store()
            load(store, [model, *paths], mock=mock, seed=5)
            states.append(state(store))
        assert (name, states[0], states[0]) == (name, states[1], states[2])


def state(store: Store) -> dict[str, list[Any]]:
    """All data, by names instead of numbers."""
    names = {
        number: f"{space}:{external_id}"
        for number, space, external_id in store.db.execute("SELECT id, space, external_id FROM instance")
    }
    found: dict[str, list[Any]] = {
        names[row[0]]: [row[1], *(names.get(each) for each in row[2:])]
        for row in store.db.execute("SELECT id, kind, type_id, start_id, end_id FROM instance")
    }
    for each in store.catalog.containers.values():
        for prop in each.props.values():
            for number, value in store.db.execute(f"SELECT id, {prop.column} FROM {each.table} ORDER BY id"):
                shown = value
                if prop.type == "direct" and value is not None:
                    shown = [names[target] for target in json.loads(value)] if prop.is_list else names[value]
                found[names[number]].append((str(each.id), prop.name, shown))
    return {name: sorted(values, key=str) for name, values in found.items()}


def test_a_folder_with_something_in_it_is_left_alone(repository: Path, tmp_path: Path) -> None:
    """Unless it is said that it may be overwritten; a file is no folder."""
    model = next((repository / "tests" / "corpus" / "one_view").glob("model.*"))
    (tmp_path / "mine").write_text("x")
    with pytest.raises(OutputError, match="the folder is not empty"):
        write_mock_files([model], tmp_path, count=1)
    write_mock_files([model], tmp_path, count=1, force=True, space="elsewhere")
    with pytest.raises(OutputError, match="cannot be written") as raised:
        write_mock_files([model], tmp_path / "mine", count=1, force=True)
    assert 2 == raised.value.exit_code
    (item,) = json.loads(next((tmp_path / "json").iterdir()).read_text())
    assert "elsewhere" == item["space"]


def test_tables_are_read_as_they_were_written() -> None:
    """Types and ends have columns of their own, and so have containers that are written directly."""
    sources = [
        {"source": view_ref("Pump"), "properties": {"name": 'a\n,"b', "count": None, "on": True, "notes": ["x"]}},
        {"source": container_ref("More"), "properties": {"y": 1}},
    ]
    text = write_table(
        [
            {"instanceType": "node", **ref("p"), "type": ref("T"), "sources": sources},
            {"instanceType": "node", **ref("q")},
        ]
    )
    (_, first), (_, second) = read_rows(text)
    assert {
        "space": "data",
        "externalId": "p",
        "_type": '{"space":"data","externalId":"T"}',
        "name": 'a\n,"b',
        "count": "",
        "on": "true",
        "notes": '["x"]',
        "sp:More": '{"y":1}',
    } == first
    assert {"data", "q", ""} == set(second.values())


def test_an_instance_may_be_in_several_files(store: Store, tmp_path: Path) -> None:
    """It is written once, with all that is said of it; what is said later wins."""
    (tmp_path / "pumps.csv").write_text("id,space,name,count\np,data,first,1\n")
    (tmp_path / "pumps2.json").write_text(
        json.dumps(
            [
                {
                    "instanceType": "node",
                    **ref("p"),
                    "type": ref("T"),
                    "sources": [{"source": view_ref("Pump"), "properties": {"name": "second"}}],
                }
            ]
        )
    )
    (tmp_path / "sites.csv").write_text("id,space,name\np,data,site\n")
    load(store, [tmp_path])
    assert ("second", 1) == store.db.execute("SELECT p1, p2 FROM c1").fetchone()
    assert ("site",) == store.db.execute("SELECT p1 FROM c2").fetchone()
    assert (1,) == store.db.execute("SELECT version FROM instance WHERE external_id = 'p'").fetchone()
