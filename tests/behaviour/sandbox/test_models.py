"""Every real data model loads, is filled, and answers for each of its views and relations."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import httpx
import pytest

from pygen.sandbox import Sandbox
from tests.conftest import shared_folder

Json: TypeAlias = dict[str, Any]
Items: TypeAlias = list[Json]
Name: TypeAlias = tuple[str, str]

INSTANCES_OF_MODEL = 1000
"""At least as many are made up for each model, the same number for each of its views."""
ROOTS = 25
"""From as many instances of a view its relations are followed."""


def models() -> list[str]:
    """The names of the data models; none where they are not on this machine."""
    folder = shared_folder()
    return (
        []
        if folder is None
        else sorted(path.stem for path in (folder / "models").glob("*.json") if path.stem.count(".") == 0)
    )


class Relation(NamedTuple):
    """A property of a view that leads elsewhere, as the API reads it."""

    view: Json
    name: str
    definition: Json

    @property
    def kind(self) -> str:
        """What it is: `direct`, `reverse` or `edge`."""
        connection = self.definition.get("connectionType", "direct")
        return (
            "edge" if connection.endswith("edge_connection") else "reverse" if "reverse" in connection else connection
        )

    @property
    def root(self) -> str:
        """The kind of instance that it leads from."""
        return "edge" if self.view["usedFor"] == "edge" else "node"

    @property
    def is_list(self) -> bool:
        """Whether it is a list of direct relations."""
        return bool(self.definition["type"].get("list"))

    @property
    def place(self) -> tuple[str, ...]:
        """Where its values are, if there are any; several views show the same."""
        if self.kind != "direct":
            return self.view["space"], self.view["externalId"], self.name
        container = self.definition["container"]
        return container["space"], container["externalId"], self.definition["containerPropertyIdentifier"]


class Project:
    """A project with a data model, asked as clients ask."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._client = httpx.Client(
            base_url=f"http://sandbox/api/v1/projects/{sandbox.project}",
            transport=sandbox.transport(),
            headers={"authorization": "Bearer any"},
        )

    def __enter__(self) -> Project:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        self.sandbox.close()

    def post(self, path: str, body: Json, status: int = 200, **query: str) -> Json:
        """What is answered."""
        response = self._client.post(f"/models/{path}", json=body, params=query)
        assert status == response.status_code, response.text
        answer: Json = response.json()
        return answer

    def views(self, model: Json) -> list[Json]:
        """The views of a data model."""
        found = self.post("datamodels/byids", {"items": [model]}, inlineViews="true")["items"]
        return [view for each in found for view in each["views"]]

    def list(self, view: Json) -> Items:
        """All instances of a view, page by page."""
        sources = [{"source": reference(view)}]
        return [item for kind in kinds(view) for item in self.all({"instanceType": kind, "sources": sources})]

    def all(self, body: Json) -> Items:
        """What is listed, page by page."""
        found: Items = []
        answer: Json = {"nextCursor": None}
        while "nextCursor" in answer:
            answer = self.post("instances/list", {**body, "limit": 1000, "cursor": answer["nextCursor"]})
            found += answer["items"]
        return found

    def has(self, source: Json) -> bool:
        """Whether there is a view or a container."""
        path = "views" if source["type"] == "view" else "containers"
        item = {key: value for key, value in source.items() if key != "type"}
        return bool(self.post(f"{path}/byids", {"items": [item]})["items"])

    def used_for(self, container: Json) -> str:
        """For which kind of instance a container is."""
        item = {key: container[key] for key in ("space", "externalId")}
        used_for: str = self.post("containers/byids", {"items": [item]})["items"][0]["usedFor"]
        return used_for

    def count(self, view: Json) -> int:
        """How many instances of a view are counted."""
        total = 0
        for kind in kinds(view):
            body = {"view": reference(view), "instanceType": kind, "aggregates": [{"count": {}}]}
            (answer,) = self.post("instances/aggregate", body)["items"]
            total += answer["aggregates"][0]["value"]
        return total

    def hop(self, roots: Sequence[Name], *steps: Json, root_kind: str = "nodes") -> Sequence[Items]:
        """The members of result sets, each made from the one before; the first from some instances."""
        chosen = [{"space": space, "externalId": external_id} for space, external_id in roots]
        sets: Json = {"s0": {root_kind: {"filter": {"instanceReferences": chosen}}, "limit": 10_000}}
        for number, step in enumerate(steps):
            ((kind, part),) = step.items()
            sets[f"s{number + 1}"] = {kind: {"from": f"s{number}", **part}, "limit": 10_000}
        answer = self.post("instances/query", {"with": sets, "select": {name: {} for name in sets}})["items"]
        return [answer[name] for name in sets]


def kinds(view: Json) -> list[str]:
    """What a view shows."""
    return ["node", "edge"] if view["usedFor"] == "all" else [view["usedFor"]]


def reference(view: Json) -> Json:
    """A view, as bodies refer to it."""
    return {"type": "view", **{key: view[key] for key in ("space", "externalId", "version")}}


def name_of(instance: Mapping[str, Any]) -> Name:
    """Space and external id."""
    return instance["space"], instance["externalId"]


def relations(views: Sequence[Json]) -> list[Relation]:
    """All relations of some views; where several show the same direct relation, as the last of these does."""
    found = [
        Relation(view, name, definition)
        for view in views
        for name, definition in view["properties"].items()
        if "connectionType" in definition or definition["type"]["type"] == "direct"
    ]
    return list({(relation.place, relation.root): relation for relation in found}.values())


def values(items: Sequence[Json], relation: Relation) -> dict[Name, list[Name]]:
    """What a direct relation of each instance leads to."""
    place = f"{relation.view['externalId']}/{relation.view['version']}"
    found: dict[Name, list[Name]] = {}
    for item in items:
        value = item["properties"][relation.view["space"]][place].get(relation.name)
        found[name_of(item)] = (
            [] if value is None else [name_of(each) for each in (value if relation.is_list else [value])]
        )
    return found


def load(*paths: Path, mock: int = 0) -> Project:
    """A project with data models and instances."""
    return Project(Sandbox(paths, mock=mock))


@pytest.fixture(scope="module")
def filled(request: pytest.FixtureRequest, shared: Path) -> Iterator[tuple[Project, list[Json]]]:
    """A project with a data model and mock data, and its views."""
    path = shared / "models" / f"{request.param}.json"
    with load(path) as project:
        model = json.loads(path.read_bytes())
        (item,) = model.get("items", [model])
        views = project.views({key: item[key] for key in ("space", "externalId", "version")})
        project.sandbox.load(mock=-(-INSTANCES_OF_MODEL // len(views)), seed=1)
        yield project, views


each_model = pytest.mark.parametrize("filled", models(), indirect=True, scope="module")


@each_model
def test_every_view_is_listed_and_counted(filled: tuple[Project, list[Json]]) -> None:
    """Every view has instances, each once, as many as are counted; and there are 1,000 of the model at least."""
    project, views = filled
    everything: set[Name] = set()
    for view in views:
        names = [name_of(item) for item in project.list(view)]
        assert len(names) == len(set(names))
        assert len(names) == project.count(view), view["externalId"]
        assert names or not view["queryable"], view["externalId"]
        everything.update(names)
    assert len(everything) >= INSTANCES_OF_MODEL


def follow_direct(project: Project, relation: Relation, items: Sequence[Json]) -> int:
    """Follow a direct relation there and back; how many instances it leads to."""
    leads_to = values(items, relation)
    through = {"source": reference(relation.view), "identifier": relation.name}
    outwards = {"nodes": {"through": through, "direction": "outwards"}}
    if relation.root == "edge" and project.used_for(relation.definition["container"]) != "edge":
        return 0  # what leads on from edges is of the nodes at their ends, unless the container is for edges only
    found = set(map(name_of, project.hop(list(leads_to), outwards, root_kind=f"{relation.root}s")[1]))
    assert {target for targets in leads_to.values() for target in targets} == found, relation.name
    if found and relation.root == "node":
        place = [relation.view["space"], f"{relation.view['externalId']}/{relation.view['version']}", relation.name]
        follow_back(project, through, place, sorted(found), is_list=relation.is_list)
    return len(found)


def follow_back(project: Project, through: Json, place: list[str], roots: Sequence[Name], *, is_list: bool) -> int:
    """Follow a direct relation against its direction; a list with a filter says what it leads to."""
    inwards = {"nodes": {"through": through, "direction": "inwards"}}
    if is_list:
        sets = {"s": {"nodes": {}}, "t": {"nodes": {"from": "s", **inwards["nodes"]}}}
        refused = project.post("instances/query", {"with": sets, "select": {"t": {}}}, status=400)
        assert "Cannot traverse lists of direct relations inwards." == refused["error"]["message"]
    wanted = [{"space": space, "externalId": external_id} for space, external_id in roots]
    listed = {name_of(item) for item in project.all({"filter": {"in": {"property": place, "values": wanted}}})}
    if not is_list:
        assert listed == set(map(name_of, project.hop(roots, inwards)[1])), place
    return len(listed)


def follow_reverse(project: Project, relation: Relation, items: Sequence[Json]) -> int:
    """Follow a reverse relation; how many instances it leads to."""
    through = relation.definition["through"]
    source = through["source"]
    if not project.has(source):
        sets = {"s": {"nodes": {}}, "t": {"nodes": {"from": "s", "through": through}}}
        refused = project.post("instances/query", {"with": sets, "select": {"t": {}}}, status=400)
        assert "do not exist" in refused["error"]["message"]
        return 0
    is_list = relation.definition.get("targetsList", False)
    place = [source["space"], source["externalId"], through["identifier"]]
    if source["type"] == "view":
        place[1] += f"/{source['version']}"
    roots = list(map(name_of, items))
    return follow_back(project, through, place, roots, is_list=is_list)


def follow_edges(project: Project, relation: Relation, items: Sequence[Json]) -> int:
    """Follow edges and what they lead to, there and back; how many nodes that is."""
    roots = list(map(name_of, items))
    direction = relation.definition["direction"]
    near, far = ("startNode", "endNode") if direction == "outwards" else ("endNode", "startNode")
    of_type = {"equals": {"property": ["edge", "type"], "value": relation.definition["type"]}}
    there = {"edges": {"direction": direction, "maxDistance": 1, "filter": of_type}}
    _, edges, nodes = project.hop(roots, there, {"nodes": {"chainTo": "destination"}})
    named = [{"space": space, "externalId": external_id} for space, external_id in roots]
    near_roots = {"in": {"property": ["edge", near], "values": named}}
    listed = project.all({"instanceType": "edge", "filter": {"and": [of_type, near_roots]}}) if roots else []
    assert {name_of(edge) for edge in listed} == set(map(name_of, edges)), relation.name
    assert {name_of(edge[far]) for edge in edges} == set(map(name_of, nodes)), relation.name
    back = {"edges": {**there["edges"], "direction": "inwards" if direction == "outwards" else "outwards"}}
    assert set(map(name_of, edges)) <= set(map(name_of, project.hop(list(map(name_of, nodes)), back)[1]))
    return len(nodes)


FOLLOW = {"direct": follow_direct, "reverse": follow_reverse, "edge": follow_edges}


@each_model
def test_every_relation_is_followed(filled: tuple[Project, list[Json]]) -> None:
    """A query over each relation, there and back, finds what the values and the edges say."""
    project, views = filled
    listed = {view["externalId"]: project.list(view) for view in views}
    led: dict[str, int] = {}
    for relation in relations(views):
        roots = [item for item in listed[relation.view["externalId"]] if item["instanceType"] == relation.root]
        count = FOLLOW[relation.kind](project, relation, roots[:ROOTS])
        if relation.kind == "direct" or project.has(relation.definition["source"]):  # else of a model that is not here
            led[relation.kind] = led.get(relation.kind, 0) + count
    assert [] == [kind for kind, count in led.items() if not count]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["movie_actors.json", "instances/movie_actors"], {"Movie": 1000, "Person": 3202}),
        (["omni.json", "instances/omni"], {"ConnectionItemA": 5, "PrimitiveNullable": 5, "Implementation1": 5}),
        (["toolkit/omni", "instances/omni"], {"ConnectionItemA": 5, "PrimitiveNullable": 5}),
        (["power_ops.json", "instances/power_ops"], {"Generator": 12, "ShopScenario": 88}),
        (["toolkit/power_ops", "instances/power_ops"], {"Generator": 12, "ShopScenario": 88}),
        (["instances/solar_apm"], {"Asset": 11, "WorkOrder": 3, "WorkItem": 3}),
        (["wind_turbine.json", "instances/wind_turbine"], {"WindTurbine": 1, "Blade": 3}),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else "",
)
def test_published_instances_load(paths: list[str], expected: dict[str, int], shared: Path) -> None:
    """Instances that were published with a model load into it, and are listed through its views."""
    with load(*(shared / "models" / path for path in paths)) as project:
        views = {view.external_id: view for view in project.sandbox.store().catalog.views}
        found = {}
        for name in expected:
            view = views[name]
            item = {"space": view.space, "externalId": view.external_id, "version": view.version}
            (read,) = project.post("views/byids", {"items": [item]})["items"]
            found[name] = len(project.list(read))
        assert expected == found
