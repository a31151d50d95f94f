"""
What the rules of `pygen diff` say they do, shown: code written for the old model meets the new one.

For source code in Python a type checker reads the same lines over both SDKs. For reading code, writing code and stored
data they run in a sandbox that has the data of the old model, before and after the new model is applied to it. What the
service refuses to alter in place is deleted and made anew, as its owner would have to do.
"""

from __future__ import annotations

import importlib
import json
import shutil
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import httpx
import pytest

from pygen.client import PygenClient
from pygen.client.exceptions import DmsRequestError
from pygen.client.models.ids import ContainerId, DataModelId, ViewId
from pygen.client.resources.containers import SubObject
from pygen.project.config import adhoc_config
from pygen.project.diff import RULES, Category, Effect
from pygen.project.pipeline import generate
from pygen.project.plain_model import PlainModel, snapshot_text
from pygen.sandbox import Sandbox
from tests.support.plant_model import CASES, PREPARATIONS, Case, sides
from tests.typing.runtime.test_runtime_types import mypy

FIRST = {case.code: case for case in reversed(CASES)}
"""The first case of each rule."""

NEW_PUMP = 'return sdk.PumpWrite(external_id="p9", serial="9", count=1, zone="z", order=1)'
STATUS = NEW_PUMP.replace("order=1", 'order=1, status="broken"')

SOURCE = {
    "PYG301": "return client.pump",
    "PYG306": "return [note.text for note in client.note.list()]",
    "PYG310": "thing: sdk.Thing\nfor thing in client.pump.list():\n    print(thing)\nreturn None",
    "PYG314": "return [pipe.start_node for pipe in client.pipe.list()]",
    "PYG315": "return [pipe.start_node for pipe in client.pipe.list()]",
    "PYG317": 'return sdk.SiteWrite(external_id="s9")',
    "PYG402": NEW_PUMP,
    "PYG403": "return [p.label for p in client.pump.list()]",
    "PYG405": NEW_PUMP,
    "PYG406": "return [p.zone.upper() for p in client.pump.list()]",
    "PYG407": "return [p.count + 1 for p in client.pump.list()]",
    "PYG408": 'return [(p.tags or []) + ["x"] for p in client.pump.list()]',
    "PYG411": "return [(p.capacity or 0.0) / 2 for p in client.pump.list()]",
    "PYG420": STATUS,
    "PYG422": STATUS,
    "PYG427": "return [p.zone.upper() for p in client.pump.list()]",
    "PYG428": NEW_PUMP,
    "PYG432": NEW_PUMP,
    "PYG434": "return [p.site.title for p in client.pump.list() if p.site]",
    "PYG437": "return [p.site.title for p in client.pump.list() if p.site]",
    "PYG440": "return [p.site_id for p in client.pump.list()]",
    "PYG441": "return [p.near.title for p in client.pump.list() if p.near]",
    "PYG442": "return [site.title for p in client.pump.list() for site in p.feeds]",
    "PYG445": "return [link.edge.distance for p in client.pump.list() for link in p.links]",
}
"""Lines in Python that a type checker accepts over the old SDK, and not over the new one."""

USUAL = """
    for pump in client.pump.list(zone="north").order_by(lambda t: t.serial):
        print(pump.serial, pump.capacity, pump.tags, pump.status, pump.site_id)
        for site in pump.feeds:
            print(site.title)
        if pump.near:
            print(pump.near.title)
        for link in pump.links:
            print(link.node.title, link.edge.distance)
    for site in client.site.list():
        print(site.title, [pump.serial for pump in site.pumps])
    print([thing.name for thing in client.thing.list()])
    print([link.start_node for link in client.link.list()])
    return sdk.PumpWrite(external_id="p9", serial="9", count=1, zone="z", order=1, status="run")
"""
"""What people do with the SDK: it goes on working where a rule says that nothing breaks."""


class Proof(NamedTuple):
    """
    Lines that run, and give something else once the model has changed.

    Attributes:
        lines: What runs before and after.
        meanwhile: What others write once the model has changed.
    """

    lines: str
    meanwhile: str = ""


def _write(view: str = "Pump", external_id: str = "p9", **more: object) -> str:
    needed = {"name": "P9", "serial": "9", "count": 1, "zone": "z", "order": 1} if view == "Pump" else {}
    return f"return write({view!r}, {external_id!r}, {needed | more!r})"


BROKEN_BY_NAME = "return [p.site.title for p in client.pump.list() if p.site]"
FEEDS = "return [site.title for p in client.pump.list() for site in p.feeds]"

READING = {
    "PYG306": Proof(SOURCE["PYG306"]),
    "PYG315": Proof("return [pipe.start_node.external_id for pipe in client.pipe.list()]"),
    "PYG319": Proof("return [site.title for site in client.site.list()]"),
    "PYG403": Proof(SOURCE["PYG403"]),
    "PYG406": Proof(SOURCE["PYG406"], "write('Pump', 'p9', {'name': 'P9', 'serial': '9', 'count': 1, 'order': 1})"),
    "PYG407": Proof(SOURCE["PYG407"]),
    "PYG408": Proof(SOURCE["PYG408"]),
    "PYG411": Proof(SOURCE["PYG411"]),
    "PYG434": Proof(BROKEN_BY_NAME),
    "PYG437": Proof(BROKEN_BY_NAME),
    "PYG440": Proof(BROKEN_BY_NAME),
    "PYG441": Proof(SOURCE["PYG441"]),
    "PYG442": Proof(FEEDS),
    "PYG443": Proof(FEEDS),
    "PYG444": Proof(FEEDS),
    "PYG445": Proof(SOURCE["PYG445"]),
    "PYG446": Proof("return [(site.title, p.serial) for site in client.site.list() for p in site.pumps]"),
}
WRITING = {
    "PYG306": Proof(_write("Note", "n9", text="x")),
    "PYG315": Proof("return write_edge('Pipe', 'e9', {'width': 1.0})"),
    "PYG317": Proof('return client.upsert([sdk.SiteWrite(external_id="s9")]).counts()'),
    "PYG402": Proof(_write()),
    "PYG403": Proof(_write(label="x")),
    "PYG405": Proof(_write()),
    "PYG407": Proof(_write()),
    "PYG408": Proof(_write(tags=["x"])),
    "PYG410": Proof(_write(total=3_000_000_000)),
    "PYG411": Proof(_write(capacity=1.0)),
    "PYG415": Proof(_write(label="a long label")),
    "PYG417": Proof(_write(tags=["x", "y", "z"])),
    "PYG420": Proof(_write(status="broken")),
    "PYG422": Proof(_write(status="broken")),
    "PYG428": Proof(_write()),
    "PYG429": Proof("return write('Pump', 'p1', {'code': 'other'})"),
    "PYG432": Proof(_write()),
    "PYG438": Proof(_write(site={"space": "data", "externalId": "nowhere"})),
    "PYG440": Proof(_write(site={"space": "data", "externalId": "s1"})),
    "PYG441": Proof('return client.upsert([sdk.PumpWrite(**PUMP, near=sdk.SiteWrite(external_id="s9"))]).counts()'),
    "PYG442": Proof('return client.upsert([sdk.PumpWrite(**PUMP, feeds=[sdk.SiteWrite(external_id="s9")])]).counts()'),
    "PYG445": Proof(
        "return client.upsert([sdk.PumpWrite(**PUMP, links=[runtime.LinkWrite("
        'sdk.SiteWrite(external_id="s9"), sdk.LinkWrite(distance=1.0))])]).counts()'
    ),
    "PYG505": Proof("return write_container_edge('Note', 'e9', {'text': 'x'})"),
    "PYG507": Proof(_write()),
    "PYG510": Proof(_write()),
    "PYG512": Proof(_write(label="a long label")),
    "PYG515": Proof("return write('Pump', 'p1', {'code': 'other'})"),
    "PYG518": Proof(_write(code="c")),
    "PYG520": Proof(_write("Site", "s9", title="x")),
    "PYG522": Proof(_write(code="c")),
}
STORED = {
    "PYG407": Proof("return values('Pump', 'count')"),
    "PYG408": Proof("return values('Pump', 'tags')"),
    "PYG411": Proof("return values('Pump', 'capacity')"),
    "PYG433": Proof("return values('Pump', 'code')"),
    "PYG440": Proof(BROKEN_BY_NAME),
    "PYG443": Proof(FEEDS),
    "PYG444": Proof(FEEDS),
    "PYG504": Proof("return values('Site', 'title')"),
    "PYG505": Proof("return values('Note', 'text')"),
    "PYG508": Proof("return container_values('Pump', 'hidden')"),
    "PYG509": Proof("return container_values('Pump', 'hidden')"),
}
PROOFS = {
    Category.READING: READING,
    Category.WRITING: WRITING,
    Category.STORED: STORED,
}


# ---------------------------------------------------------------------------------------------------------------------
# SDKs


class Sdks:
    """SDKs of old and new models, by name, in one folder on the import path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self, name: str, model: PlainModel, before: str | None = None) -> str:
        """Generate a package; *before* is the one that it takes over, with its ledger of names."""
        package = self.folder / name
        if not package.exists():
            source = self.folder / f"{name}.json"
            source.write_text(snapshot_text([model.raw]), encoding="utf-8")
            (self.folder / f"{name}.containers.json").write_text(
                snapshot_text(model.containers or []), encoding="utf-8"
            )
            if before is not None:
                shutil.copytree(self.folder / before, package)
            generate(adhoc_config(source, "python", package, name, None), force=True)
        return name

    def pair(self, case: Case) -> tuple[str, str]:
        """The SDKs of a case."""
        old, new = sides(case)
        name = f"old_{case.code.lower()}" if case.code in PREPARATIONS else "old_plant"
        made = self.make(name, old)
        return made, self.make(f"new_{case.code.lower()}", new, made)


@pytest.fixture(scope="module")
def sdks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sdks]:
    """The SDKs, made when they are asked for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        folder = tmp_path_factory.mktemp("sdks")
        patch.syspath_prepend(str(folder))
        patch.setenv("MYPYPATH", str(folder))
        yield Sdks(folder)


# ---------------------------------------------------------------------------------------------------------------------
# Source code


def _source(package: str, lines: str) -> str:
    body = textwrap.indent(textwrap.dedent(lines).strip(), "    ")
    return f"import {package} as sdk\n\n\ndef use(client: sdk.PlantClient) -> object:\n{body}\n"


def test_python_source_breaks_where_the_rules_say_so_and_nowhere_else(sdks: Sdks) -> None:
    """A type checker refuses the lines over the new SDK alone; what is called safe, it goes on accepting."""
    files: list[Path] = []
    expected: set[str] = set()
    for code, case in FIRST.items():
        effect = RULES[code].effects[Category.PYTHON]
        if code.startswith("PYG5") or effect is Effect.RISKY:
            continue
        old, new = sdks.pair(case)
        lines = SOURCE[code] if effect is Effect.BREAKING else USUAL
        for package, side in ((old, "before"), (new, "after")):
            files.append(sdks.folder / f"{side}_{code.lower()}.py")
            files[-1].write_text(_source(package, lines), encoding="utf-8")
        if effect is Effect.BREAKING:
            expected.add(files[-1].name)
    assert expected == {name for name, _ in mypy(files, sdks.folder)}


def test_every_breaking_effect_on_python_source_has_lines() -> None:
    """A rule that says it breaks source code shows which."""
    breaking = {code for code, rule in RULES.items() if rule.effects[Category.PYTHON] is Effect.BREAKING}
    assert breaking == SOURCE.keys()


# ---------------------------------------------------------------------------------------------------------------------
# Code that runs


class World:
    """A sandbox with the model, the data that were written with it, and an SDK."""

    def __init__(self, sandbox: Sandbox, model: PlainModel) -> None:
        self._sandbox = sandbox
        self.schema = PygenClient(
            base_url="http://localhost", project=sandbox.project, credentials="x", transport=sandbox.transport()
        )
        self._http = httpx.Client(
            transport=sandbox.transport(),
            base_url="http://localhost",
            headers={"Authorization": "Bearer x"},
        )
        self.schema.spaces.upsert([{"space": "sp"}, {"space": "sp2"}, {"space": "data"}])
        self.apply(model)
        self._fill()

    def apply(self, model: PlainModel, before: PlainModel | None = None) -> None:
        """Make the schema what a model says; what cannot be altered is deleted and made anew."""
        views = {_view_id(item) for item in model.raw["views"]}
        names = {item["externalId"] for item in model.raw["views"]}
        for item in before.raw["views"] if before is not None else ():
            if _view_id(item) in views or item["externalId"] not in names:  # another version stays beside the new one
                self.schema.views.delete(_view_id(item))
        old = {each["externalId"]: each for each in (before.containers if before else None) or []}
        for container in model.containers or []:
            self._apply_container(container, old.get(container["externalId"]))
        self.schema.views.upsert(model.raw["views"])
        raw = model.raw
        self.schema.data_models.delete(DataModelId(raw["space"], raw["externalId"], raw["version"]))
        self.schema.data_models.upsert(raw)

    def _apply_container(self, container: dict[str, Any], old: dict[str, Any] | None) -> None:
        own = ContainerId(container["space"], container["externalId"])
        if old is not None:
            if old["properties"].keys() - container["properties"].keys():
                self.schema.containers.delete(own)
            gone = [
                SubObject(own, name)
                for name, part in old.get("constraints", {}).items()
                if container.get("constraints", {}).get(name) != part
            ]
            self.schema.containers.delete_constraints(gone)
            gone = [
                SubObject(own, name)
                for name, part in old.get("indexes", {}).items()
                if container.get("indexes", {}).get(name) != part
            ]
            self.schema.containers.delete_indexes(gone)
        try:
            self.schema.containers.upsert(container)
        except DmsRequestError:
            self.schema.containers.delete(own)
            self.schema.containers.upsert(container)

    def _fill(self) -> None:
        self.write("Site", "s1", {"title": "North"})
        self.write("Site", "s2", {"title": "South"})
        pump = {
            "serial": "1",
            "label": "a long label",
            "capacity": 5.0,
            "count": 7,
            "total": 3_000_000_000,
            "status": "broken",
            "tags": ["a", "b", "c"],
            "zone": "north",
            "order": 1,
            "code": "c",
            "mark": "m",
        }
        ends = {"site": "s1", "owner": "s2", "anything": "s1"}
        relations = {name: {"space": "data", "externalId": end} for name, end in ends.items()}
        self.write("Pump", "p1", {**pump, **relations, "name": "P1"})
        self._write_node("p1", {"source": _container("Pump"), "properties": {"hidden": "treasure"}})
        self.write("Note", "n1", {"text": "read me"})
        self._edge("near", "s2")
        self._edge("feeds", "s1")
        self._edge("feeds", "s2")
        self.write_edge("Link", "l1", {"distance": 2.5})
        self.write_edge("Pipe", "e1", {"width": 0.5})

    def _edge(self, kind: str, end: str) -> None:
        self._instances(self._as_edge(f"{kind}-{end}", f"Pump.{kind}", end))

    @staticmethod
    def _as_edge(external_id: str, kind: str, end: str) -> dict[str, Any]:
        return {
            "instanceType": "edge",
            "space": "data",
            "externalId": external_id,
            "type": {"space": "sp", "externalId": kind},
            "startNode": {"space": "data", "externalId": "p1"},
            "endNode": {"space": "data", "externalId": end},
        }

    def write(self, view: str, external_id: str, properties: dict[str, Any]) -> bool:
        """Write a node through a view, as any program would."""
        return self._write_node(external_id, _source_of(view, properties))

    def _write_node(self, external_id: str, source: dict[str, Any]) -> bool:
        return self._instances(
            {"instanceType": "node", "space": "data", "externalId": external_id, "sources": [source]}
        )

    def write_edge(self, view: str, external_id: str, properties: dict[str, Any]) -> bool:
        """Write an edge through a view."""
        edge = self._as_edge(external_id, "Pump.links", "s1")
        return self._instances({**edge, "sources": [_source_of(view, properties)]})

    def write_container_edge(self, container: str, external_id: str, properties: dict[str, Any]) -> bool:
        """Write an edge to a container."""
        edge = self._as_edge(external_id, "Pump.links", "s1")
        source = {"source": _container(container), "properties": properties}
        return self._instances({**edge, "sources": [source]})

    def _instances(self, item: dict[str, Any]) -> bool:
        self._post("/models/instances", {"items": [item]})
        return True

    def values(self, view: str, name: str) -> list[Any]:
        """The values of a property, through a view."""
        source = {"type": "view", "space": "sp", "externalId": view, "version": "v1"}
        return self._values(source, f"{view}/v1", name)

    def container_values(self, container: str, name: str) -> list[Any]:
        """The values of a property of a container, through a view that shows nothing else."""
        probe = {"space": "sp", "externalId": f"Probe{container}", "version": name}
        shown = {"container": _container(container), "containerPropertyIdentifier": name}
        self.schema.views.upsert({**probe, "properties": {"value": shown}})
        return self._values({"type": "view", **probe}, f"Probe{container}/{name}", "value")

    def _values(self, source: dict[str, Any], key: str, name: str) -> list[Any]:
        body = {"instanceType": "node", "sources": [{"source": source}], "limit": 10}
        found = self._post("/models/instances/list", body)["items"]
        return [item["properties"]["sp"][key].get(name) for item in found]

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self._http.post(f"/api/v1/projects/{self._sandbox.project}{path}", json=body)
        if answer.is_error:
            raise RuntimeError(f"HTTPError {answer.status_code}: {answer.text}")
        return answer.json()

    def outcome(self, package: str, lines: str) -> str:
        """What lines give, or how they fail, over an SDK."""
        sdk: ModuleType = importlib.import_module(package)
        client = sdk.PlantClient(
            base_url="http://localhost",
            project=self._sandbox.project,
            credentials="x",
            transport=self._sandbox.transport(),
            instance_space="data",
        )
        names: dict[str, Any] = {
            "sdk": sdk,
            "client": client,
            "runtime": importlib.import_module("pygen.runtime"),
            "PUMP": {"external_id": "p9", "serial": "9", "count": 1, "zone": "z", "order": 1},
            **{name: getattr(self, name) for name in ("write", "write_edge", "write_container_edge")},
            **{name: getattr(self, name) for name in ("values", "container_values")},
        }
        body = textwrap.indent(textwrap.dedent(lines).strip(), "    ")
        exec(f"def use():\n{body}\n", names)  # our own lines
        try:
            return json.dumps(names["use"](), default=str, sort_keys=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what the user gets
            return f"{type(error).__name__}: {error}"

    def close(self) -> None:
        """Close the clients."""
        self.schema.close()
        self._http.close()


def _view_id(view: dict[str, Any]) -> ViewId:
    return ViewId(view["space"], view["externalId"], view["version"])


def _container(external_id: str) -> dict[str, Any]:
    return {"type": "container", "space": "sp", "externalId": external_id}


def _source_of(view: str, properties: dict[str, Any]) -> dict[str, Any]:
    source = {"type": "view", "space": "sp", "externalId": view, "version": "v1"}
    return {"source": source, "properties": properties}


@cache
def _outcome_before(sdk: str, code: str, lines: str) -> str:
    """What lines give over the old model of a case; most cases have the same one."""
    with Sandbox() as sandbox:
        world = World(sandbox, sides(FIRST[code])[0])
        outcome = world.outcome(sdk, lines)
        world.close()
    return outcome


def before(sdks: Sdks, case: Case, lines: str) -> str:
    """What lines give over the old model."""
    sdk, _ = sdks.pair(case)
    return _outcome_before(sdk, case.code if case.code in PREPARATIONS else "PYG301", lines)


def after(sdk: str, case: Case, proof: Proof) -> str:
    """What lines give over the new model, on the data of the old."""
    old, new = sides(case)
    with Sandbox() as sandbox:
        world = World(sandbox, old)
        world.apply(new, old)
        if proof.meanwhile:
            world.outcome(sdk, proof.meanwhile)
        outcome = world.outcome(sdk, proof.lines)
        world.close()
    return outcome


BREAKING = [(category, code) for category, proofs in PROOFS.items() for code in proofs]


@pytest.mark.parametrize(("category", "code"), BREAKING)
def test_what_is_said_to_break_fails_or_gives_something_else(sdks: Sdks, category: Category, code: str) -> None:
    """The same lines work over the old model, and not over the new one."""
    case, proof = FIRST[code], PROOFS[category][code]
    _, sdk = sdks.pair(case)
    expected = before(sdks, case, proof.lines)
    assert "Error" not in expected
    assert expected != after(sdk, case, proof)


@pytest.mark.parametrize("category", list(PROOFS))
def test_every_breaking_effect_has_lines(category: Category) -> None:
    """A rule that says it breaks something shows how."""
    breaking = {code for code, rule in RULES.items() if rule.effects[category] is Effect.BREAKING}
    assert breaking == PROOFS[category].keys()


SAFE_LINES = {
    Category.READING: """
        return [
            [(p.serial, p.capacity, p.count, p.tags, p.status, p.zone, p.site_id, p.code) for p in client.pump.list()],
            [(p.near.title, sorted(site.title for site in p.feeds)) for p in client.pump.list()],
            [(link.node.title, link.edge.distance) for p in client.pump.list() for link in p.links],
            sorted((site.title, [p.serial for p in site.pumps]) for site in client.site.list()),
            [(thing.name, thing.external_id) for thing in client.thing.list()],
            [note.text for note in client.note.list() if note.text],
            [(link.start_node.external_id, link.distance) for link in client.link.list()],
        ]
    """,
    Category.WRITING: """
        return [
            client.upsert([sdk.PumpWrite(**PUMP, name="P9", status="run")]).counts(),
            client.upsert([sdk.SiteWrite(external_id="s1", title="Far north")]).counts(),
            write_edge("Link", "l9", {"distance": 1.0}),
            write("Note", "n9", {"text": "x"}),
            client.site.retrieve("s1").title,
        ]
    """,
    Category.STORED: """
        pump = "serial label capacity count total status tags zone code site".split()
        return [
            [container_values("Pump", name) for name in pump],
            sorted(container_values("Site", "title")),
            container_values("Thing", "name"),
            container_values("Note", "text"),
        ]
    """,
}
"""What programs do that were not changed: it goes on, where a rule says that it is safe."""


def _is_safe(case: Case, category: Category) -> bool:
    """Whether a change and its companions leave a category alone; what is not stored any more cannot be read either."""
    rules = [RULES[code] for code in (case.code, *(code for code, _ in case.also))]
    looked_at = {category, Category.STORED} if category is Category.READING else {category}
    return {rule.effects[each] for rule in rules for each in looked_at} <= {Effect.SAFE, Effect.NONE}


SAFE = [
    (category, code)
    for code, case in FIRST.items()
    for category in SAFE_LINES
    if _is_safe(case, category)
    # It never comes alone: the property that the relation goes through is another one.
    if code != "PYG447"
]


@pytest.mark.parametrize(("category", "code"), SAFE)
def test_what_is_said_to_be_safe_goes_on(sdks: Sdks, category: Category, code: str) -> None:
    """Programs that are not changed read and write as before, and find what was stored."""
    case, lines = FIRST[code], SAFE_LINES[category]
    sdk, _ = sdks.pair(case)
    expected = before(sdks, case, lines)
    assert "Error" not in expected
    assert expected == after(sdk, case, Proof(lines))
