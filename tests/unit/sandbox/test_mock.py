"""Mock data: the same for the same seed, and as the data model wants it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from pygen.client.models.ids import ViewId
from pygen.sandbox.catalog import ViewDef
from pygen.sandbox.containers import apply_containers
from pygen.sandbox.filters import view_condition
from pygen.sandbox.inputs import find_inputs
from pygen.sandbox.instance_writing import InstanceWriter
from pygen.sandbox.loading import instance_space, load, views_of, write_models
from pygen.sandbox.mock import mock_groups, mock_instances
from pygen.sandbox.spaces import apply_spaces
from pygen.sandbox.sql import Scope
from pygen.sandbox.store import Store
from pygen.sandbox.values import decoder
from pygen.sandbox.views import apply_views

Json = dict[str, Any]

COUNT = 40


def container(name: str, properties: Json, **more: Any) -> Json:
    """A container; a property that is text alone stands for its type."""
    whole = {key: {"type": {"type": each}} if isinstance(each, str) else each for key, each in properties.items()}
    return {"space": "sp", "externalId": name, "properties": whole, **more}


def container_ref(name: str) -> Json:
    """A container, named."""
    return {"type": "container", "space": "sp", "externalId": name}


def view_ref(name: str) -> Json:
    """A view, named."""
    return {"type": "view", "space": "sp", "externalId": name, "version": "v1"}


def mapped(place: str, **more: Any) -> Json:
    """A property of a view: `Container.property`."""
    name, _, prop = place.partition(".")
    return {"container": container_ref(name), "containerPropertyIdentifier": prop, **more}


def view(name: str, properties: Json, **more: Any) -> Json:
    """A view; a property that is text alone is `Container.property`."""
    whole = {key: mapped(each) if isinstance(each, str) else each for key, each in properties.items()}
    return {"space": "sp", "externalId": name, "version": "v1", "properties": whole, **more}


def store_of(containers: Iterable[Json], views: Iterable[Json]) -> Store:
    """A store with a schema and no instances."""
    store = Store()
    apply_spaces(store, [{"space": "sp"}, {"space": "data"}])
    apply_containers(store, list(containers), dangling=True)
    apply_views(store, list(views), dangling=True)
    return store


def made(store: Store, *, count: int = COUNT, seed: int = 1) -> list[Json]:
    """The instances of all views."""
    return list(mock_instances(store.catalog, store.catalog.views, count=count, seed=seed, space="data"))


def filled(store: Store, *, count: int = COUNT, seed: int = 1) -> list[Json]:
    """The instances of all views, after they have been written."""
    instances = made(store, count=count, seed=seed)
    writer = InstanceWriter(store)
    writer.write(instances, place="mock")
    writer.finish()
    return instances


def values(instances: Iterable[Json], prop: str, name: str = "") -> list[Any]:
    """What instances (of a view) have as a property, in order."""
    return [
        source["properties"][prop]
        for each in instances
        for source in each.get("sources", ())
        if prop in source["properties"] and each["externalId"].startswith(name)
    ]


def members(store: Store, name: str) -> set[str]:
    """The external ids of the instances that belong to a view."""
    return members_of(store, store.catalog.views[ViewId("sp", name, "v1")])


def members_of(store: Store, found: ViewDef) -> set[str]:
    """The same, for any view."""
    is_edge = found.used_for == "edge"
    scope = Scope("i", "edge" if is_edge else "node")
    condition = view_condition(store, found, scope)
    rows = store.db.execute(
        f"SELECT i.external_id FROM instance AS i {scope.joins()} WHERE i.kind = {int(is_edge)} AND {condition.text}",
        condition.params,
    )
    return {external_id for (external_id,) in rows}


SITES = [
    container("Site", {"name": "text", "tags": {"type": {"type": "text", "list": True, "maxListSize": 2}}}),
    container(
        "Pump",
        {
            "name": {"type": {"type": "text"}, "nullable": False},
            "flow": {"type": {"type": "float32", "unit": {"externalId": "temperature:deg_c"}}},
            "state": {"type": {"type": "enum", "values": {"on": {}, "off": {}, "odd": {}}, "unknownValue": "odd"}},
            "site": "direct",
            "others": {"type": {"type": "direct", "list": True}},
        },
    ),
]
SITE_VIEWS = [
    view("Site", {"name": "Site.name", "tags": "Site.tags"}),
    view(
        "Pump",
        {
            "name": "Pump.name",
            "flow": "Pump.flow",
            "state": "Pump.state",
            "site": mapped("Pump.site", source=view_ref("Site")),
            "others": mapped("Pump.others", source=view_ref("Pump")),
        },
    ),
]


def test_the_same_seed_makes_the_same_instances() -> None:
    """In any store, and in parts; another seed makes others."""
    store = store_of(SITES, SITE_VIEWS)
    assert made(store) == made(store_of(SITES, SITE_VIEWS))
    assert made(store) != made(store, seed=2)
    groups = list(mock_groups(store.catalog, store.catalog.views, count=COUNT, seed=1, space="data"))
    assert ["Site", "Pump"] == [group.name for group in groups]
    assert made(store) == [instance for group in groups for instance in group.instances]


def test_other_views_change_nothing() -> None:
    """A view's instances are what they are, whoever else is in the data model, and in whatever order."""
    more = [*SITES, container("More", {"x": "int32"})]
    store = store_of(more, [view("More", {"x": "More.x"}), *SITE_VIEWS[::-1]])
    rest = [each for each in made(store) if not each["externalId"].startswith("More")]
    assert made(store_of(SITES, SITE_VIEWS)) == rest


def test_instances_look_like_their_view() -> None:
    """Names are names, enums have their values, units their ranges, lists their sizes; and some are missing."""
    instances = filled(store_of(SITES, SITE_VIEWS))
    assert 2 * COUNT == len(instances)
    assert [f"Pump {number}" for number in range(1, COUNT + 1)] == values(instances, "name", "Pump")
    assert {"on", "off", None} == set(values(instances, "state"))
    flows = [flow for flow in values(instances, "flow") if flow is not None]
    assert COUNT > len(flows) > COUNT / 2
    assert all(-20 <= flow <= 120 for flow in flows)
    assert {1, 2} == {len(tags) for tags in values(instances, "tags") if tags is not None}


def test_relations_lead_to_instances_of_their_view() -> None:
    """Those to the own view lead to earlier ones, so that they end somewhere."""
    instances = filled(store_of(SITES, SITE_VIEWS))
    sites = {target["externalId"] for target in values(instances, "site") if target is not None}
    assert sites <= {f"Site:{number}" for number in range(1, COUNT + 1)}
    assert len(sites) > 5
    for number, others in enumerate(values(instances, "others"), start=1):
        assert all(int(other["externalId"].removeprefix("Pump:")) < number for other in others or ())


def test_relations_to_a_parent_lead_to_its_children_too() -> None:
    """An instance of a view is an instance of what the view implements; views outside the model get no relations."""
    views = [
        *SITE_VIEWS[:1],
        view("Port", {"more": "Site.name"}, implements=[view_ref("Site")]),
        view(
            "Pump",
            {
                "name": "Pump.name",
                "site": mapped("Pump.site", source=view_ref("Site")),
                "others": mapped("Pump.others", source=view_ref("Gone")),
            },
        ),
    ]
    instances = filled(store_of(SITES, views))
    kinds = {target["externalId"].partition(":")[0] for target in values(instances, "site") if target}
    assert ({"Site", "Port"}, []) == (kinds, values(instances, "others"))


def test_what_must_be_there_comes_first() -> None:
    """A required relation whose target must have data, round about a circle of views and within one, can be written."""
    needed = {"type": {"type": "direct", "container": container_ref("A")}, "nullable": False}
    store = store_of(
        [
            container("A", {"b": {"type": {"type": "direct", "container": container_ref("B")}}}),
            container("B", {"a": needed, "own": {"type": {"type": "direct", "container": container_ref("B")}}}),
        ],
        [
            view("B", {"a": mapped("B.a", source=view_ref("A")), "own": mapped("B.own", source=view_ref("B"))}),
            view("A", {"b": mapped("A.b", source=view_ref("B"))}),
        ],
    )
    filled(store)
    counts = [
        store.db.execute(f"SELECT count({column}) FROM {table}").fetchone()
        for table, column in (("c1", "p1"), ("c2", "p1"))
    ]
    assert COUNT / 2 < counts[0][0] <= COUNT
    assert (COUNT,) == counts[1]


@pytest.mark.parametrize(
    "definition",
    [
        {"type": "text"},
        {"type": "text", "maxTextSize": 3},
        {"type": "text", "list": True},
        {"type": "int32"},
        {"type": "int64"},
        {"type": "float32"},
        {"type": "float64"},
        {"type": "timestamp"},
        {"type": "date"},
        {"type": "json"},
        {"type": "timeseries"},
        {"type": "direct"},
    ],
    ids=str,
)
def test_what_is_unique_is_unique(definition: Json) -> None:
    """Over all views that show the container, and for each type that has values enough."""
    unique = {"u": {"constraintType": "uniqueness", "properties": ["flag", "key"]}}
    store = store_of(
        [container("C", {"key": {"type": definition}, "flag": "boolean"}, constraints=unique)],
        [view("One", {"key": "C.key", "flag": "C.flag"}), view("Two", {"key": "C.key", "flag": "C.flag"})],
    )
    filled(store)
    (rows,) = store.db.execute("SELECT count(DISTINCT p1) FROM c1").fetchone()
    assert 2 * COUNT == rows


def test_what_a_view_does_not_show_is_written_all_the_same() -> None:
    """What its containers demand, what they require of others, and what the filter wants."""
    store = store_of(
        [
            container(
                "Pump",
                {"tag": "text", "code": {"type": {"type": "int32"}, "nullable": False}, "kind": "text"},
                constraints={"r": {"constraintType": "requires", "require": container_ref("Named")}},
            ),
            container("Named", {"name": {"type": {"type": "text"}, "nullable": False}, "x": "text"}),
        ],
        [
            view(
                "Pump",
                {"tag": "Pump.tag"},
                filter={"equals": {"property": ["sp", "Pump", "kind"], "value": "P"}},
            )
        ],
    )
    instances = filled(store)
    sources = [
        (each["source"]["type"], each["source"]["externalId"], set(each["properties"]))
        for each in instances[0]["sources"]
    ]
    assert [
        ("view", "Pump", {"tag"}),
        ("container", "Pump", {"code", "kind"}),
        ("container", "Named", {"name"}),
    ] == sources
    assert {"P"} == set(values(instances, "kind"))


@pytest.mark.parametrize(
    "condition",
    [
        {"equals": {"property": ["node", "type"], "value": {"space": "types", "externalId": "T"}}},
        {"in": {"property": ["node", "type"], "values": [{"space": "types", "externalId": "T"}]}},
        {"equals": {"property": ["node", "space"], "value": "elsewhere"}},
        {"prefix": {"property": ["node", "externalId"], "value": "pump-"}},
        {"in": {"property": ["sp", "Pump/v1", "name"], "values": ["a", "b"]}},
        {"containsAll": {"property": ["sp", "Site", "tags"], "values": ["x", "y"]}},
        {"containsAny": {"property": ["sp", "Site", "tags"], "values": ["x", "y"]}},
        {"hasData": [container_ref("Site")]},
        {"hasData": [view_ref("Site")]},
        {
            "and": [
                {"or": [{"equals": {"property": ["sp", "Pump", "state"], "value": "on"}}, {"matchAll": {}}]},
                {"exists": {"property": ["sp", "Pump", "name"]}},
                {"not": {"equals": {"property": ["sp", "Pump", "name"], "value": "z"}}},
            ]
        },
    ],
    ids=lambda condition: next(iter(condition)),
)
def test_instances_are_what_the_filter_of_their_view_wants(condition: Json) -> None:
    """Every instance made for a view belongs to it, or the view would look empty."""
    store = store_of(SITES, [SITE_VIEWS[0], {**SITE_VIEWS[1], "filter": condition}])
    pumps = {each["externalId"] for each in filled(store)} - {f"Site:{number}" for number in range(1, COUNT + 1)}
    assert COUNT == len(pumps)
    assert pumps <= members(store, "Pump")


def test_a_filter_that_says_too_little_is_no_obstacle() -> None:
    """What is not understood demands nothing, and what names nothing that is there neither."""
    strange = {
        "and": [
            {"equals": {"property": ["sp", "Gone", "x"], "value": 1}},
            {"equals": {"property": ["sp", "Pump", "name"], "value": {"property": ["node", "externalId"]}}},
            {"equals": {"property": ["node", "type"], "value": {"parameter": "kind"}}},
            {"equals": {"property": ["node", "version"], "value": 7}},
            {"in": {"property": ["sp", "Pump", "name"], "values": []}},
            {"hasData": [{**view_ref("Gone")}]},
            {"range": {"property": ["sp", "Pump", "flow"], "gt": 3}},
        ]
    }
    instances = filled(store_of(SITES, [{**SITE_VIEWS[1], "filter": strange}]))
    assert COUNT == len(instances)


def test_views_without_properties_get_nodes_of_their_type() -> None:
    """Where a filter says which; without one nothing can belong to them."""
    kind = {"space": "sp", "externalId": "Empty"}
    typed = view("Empty", {}, filter={"equals": {"property": ["node", "type"], "value": kind}})
    instances = filled(store_of([], [typed, view("Nothing", {})]))
    assert [{"instanceType": "node", "space": "data", "externalId": "Empty:1", "type": kind}] == instances[:1]
    assert COUNT == len(instances)


def test_views_that_are_called_alike_get_names_of_their_own() -> None:
    """Names of files and instances do not depend on case."""
    views = [
        view("pump", {"name": "Pump.name"}),
        view("PUMP", {"name": "Pump.name"}),
        view("Other", {"n": "Site.name"}),
    ]
    store = store_of(SITES, [*views, {**views[2], "version": "v2", "space": "data"}])
    names = [group.name for group in mock_groups(store.catalog, store.catalog.views, count=1, space="data")]
    assert 4 == len({name.casefold() for name in names})
    assert 4 * COUNT == len({each["externalId"] for each in made(store)})


def test_long_names_fit() -> None:
    """External ids have 256 characters at most, whatever views and properties are called."""
    name = "V" * 250
    edges = {"type": {"space": "sp", "externalId": "t"}, "source": view_ref(name)}
    store = store_of(SITES, [view(name, {"name": "Pump.name", "p" * 250: edges})])
    assert all(len(each["externalId"]) <= 256 for each in filled(store))


# --- edges ---

LINK = container("Link", {"role": "text", "rank": {"type": {"type": "int32"}, "nullable": False}}, usedFor="edge")


def edge(source: str, **more: Any) -> Json:
    """A connection over edges of the type `served`."""
    return {"type": {"space": "types", "externalId": "served"}, "source": view_ref(source), **more}


def edges(store: Store) -> list[Json]:
    """The edges of all views."""
    return [each for each in filled(store) if each["instanceType"] == "edge"]


def test_edges_connect_what_they_are_declared_for() -> None:
    """They have the type and the direction of their connection; nodes have none, one, or several."""
    store = store_of(SITES, [SITE_VIEWS[0], view("Pump", {"name": "Pump.name", "sites": edge("Site")})])
    found = edges(store)
    assert {("types", "served")} == {(each["type"]["space"], each["type"]["externalId"]) for each in found}
    assert ({"Pump"}, {"Site"}) == tuple(
        {each[end]["externalId"].partition(":")[0] for each in found} for end in ("startNode", "endNode")
    )
    several = Counter(each["startNode"]["externalId"] for each in found)
    assert {1, 2, 3} == set(several.values())
    assert len(several) < COUNT
    assert "Pump:1" in several


def test_edges_of_a_single_connection_are_single() -> None:
    """At most one from each node."""
    store = store_of(
        SITES,
        [
            SITE_VIEWS[0],
            view("Pump", {"name": "Pump.name", "site": edge("Site", connectionType="single_edge_connection")}),
        ],
    )
    assert {1} == set(Counter(each["startNode"]["externalId"] for each in edges(store)).values())


@pytest.mark.parametrize("has_twin", [True, False])
def test_edges_are_made_from_one_side(has_twin: bool) -> None:
    """A connection inwards makes edges only where no connection outwards makes the same."""
    pump: Json = {"name": "Pump.name", **({"sites": edge("Site")} if has_twin else {})}
    store = store_of(
        SITES, [view("Site", {"name": "Site.name", "pumps": edge("Pump", direction="inwards")}), view("Pump", pump)]
    )
    names = {each["externalId"].partition(":")[0] for each in edges(store)}
    assert {"Pump.sites" if has_twin else "Site.pumps"} == names
    assert {"Pump"} == {each["startNode"]["externalId"].partition(":")[0] for each in edges(store)}


def test_edges_have_their_properties() -> None:
    """Those of the view that the connection names; every node has such an edge, so that the view has enough of them."""
    store = store_of(
        [*SITES, LINK],
        [
            SITE_VIEWS[0],
            view("Pump", {"name": "Pump.name", "sites": edge("Site", edgeSource=view_ref("Link"))}),
            view("Link", {"role": "Link.role"}),
        ],
    )
    found = edges(store)
    assert len(found) >= COUNT
    assert [("view", "Link"), ("container", "Link")] == [
        (each["source"]["type"], each["source"]["externalId"]) for each in found[0]["sources"]
    ]
    assert {each["externalId"] for each in found} == members(store, "Link")


def test_edges_that_no_connection_names_are_made_as_well() -> None:
    """A view of edges gets instances between any nodes, of a type called after it."""
    store = store_of([*SITES, LINK], [*SITE_VIEWS, view("Link", {"role": "Link.role"})])
    found = edges(store)
    assert (COUNT, {"Link"}) == (len(found), {each["type"]["externalId"] for each in found})
    assert {"Site", "Pump"} == {each["endNode"]["externalId"].partition(":")[0] for each in found}


# --- all there are ---


def test_real_models_are_filled(shared: Path) -> None:
    """Every view has the instances that were asked for, and relations lead to instances of the view they name."""
    count = 4
    paths = [path for path in sorted((shared / "models").glob("*.json")) if ".containers" not in path.name]
    for path in paths:
        store, inputs = Store(), find_inputs([path])
        write_models(store, inputs.models)
        views = views_of(store, inputs.models)
        load(store, [path], mock=count, seed=3)
        few = [str(each) for each in views if len(members_of(store, store.catalog.views[each])) < count]
        assert (path.name, []) == (path.name, few)
        assert (path.name, []) == (path.name, stray_relations(store, set(views)))
        assert instance_space(store, inputs.models) not in store.catalog.global_spaces


def stray_relations(store: Store, views: set[ViewId]) -> list[str]:
    """Direct relations that lead to something else than instances of their view's containers."""
    names = {
        number: (space, external_id)
        for number, space, external_id in store.db.execute("SELECT id, space, external_id FROM instance")
    }
    ids = {name: number for number, name in names.items()}
    stray = []
    for each in views:
        for prop in store.catalog.views[each].mapped.values():
            if prop.prop.type != "direct" or prop.source not in views:
                continue
            needed = store.catalog.views[prop.source].containers
            rows = store.db.execute(
                f"SELECT {prop.prop.column} FROM {prop.container.table} WHERE {prop.prop.column} IS NOT NULL"
            )
            convert = decoder(prop.prop, names)
            assert convert is not None
            found = [convert(value) for (value,) in rows]
            targets = {
                ids[target["space"], target["externalId"]]
                for value in found
                for target in (value if isinstance(value, list) else [value])
            }
            for table in (container.table for container in needed):
                there = {number for (number,) in store.db.execute(f"SELECT id FROM {table}")}
                # The same property may be read through several views; some lead to narrower ones.
                if targets and not targets & there:
                    stray.append(f"{each}.{prop.name}")
    return stray


def test_json_of_instances_is_plain(shared: Path) -> None:
    """Whatever is made up can be sent."""
    store = Store()
    load(store, [shared / "models" / "omni.json"])
    json.dumps(made(store, count=2), allow_nan=False)
