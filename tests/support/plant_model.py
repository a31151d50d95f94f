"""A small plant with one of everything, and one edit for each rule of the model comparison."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

from pygen.project.plain_model import PlainModel

Json = dict[str, Any]

SPACE = "sp"


def ref(external_id: str, version: str = "v1") -> Json:
    """A reference to a view."""
    return {"type": "view", "space": SPACE, "externalId": external_id, "version": version}


def container_ref(external_id: str) -> Json:
    """A reference to a container."""
    return {"type": "container", "space": SPACE, "externalId": external_id}


def stored(kind: Json | str, **more: Any) -> Json:
    """A property of a container."""
    kind = {"type": kind} if isinstance(kind, str) else kind
    if kind["type"] == "text":
        kind = {"collation": "ucs_basic", **kind}
    return {"type": {"list": False, **kind}, "nullable": True, "immutable": False, "autoIncrement": False, **more}


def _containers() -> list[Json]:
    status = {
        "type": "enum",
        "values": {"run": {"name": "Runs"}, "stop": {}, "broken": {}, "other": {}},
        "unknownValue": "other",
    }
    pump = {
        "serial": stored("text", nullable=False),
        "label": stored({"type": "text", "maxTextSize": 100}),
        "capacity": stored({"type": "float64", "unit": {"externalId": "power:kilow", "sourceUnit": "kW"}}),
        "weight": stored("float32"),
        "count": stored("int32", nullable=False),
        "total": stored("int64"),
        "status": stored(status),
        "tags": stored({"type": "text", "list": True, "maxListSize": 500}),
        "state": stored("text", defaultValue="new"),
        "grade": stored("text", nullable=False, defaultValue="A"),
        "zone": stored("text", nullable=False),
        "number": stored("int64", nullable=False, autoIncrement=True),
        "order": stored("int64", nullable=False),
        "code": stored("text"),
        "mark": stored("text", immutable=True),
        "site": stored("direct"),
        "owner": stored({"type": "direct", "container": container_ref("Site")}),
        "anything": stored("direct"),
        "hidden": stored("text"),
    }
    return [
        {"space": SPACE, "externalId": "Thing", "usedFor": "node", "properties": {"name": stored("text")}},
        {
            "space": SPACE,
            "externalId": "Site",
            "usedFor": "node",
            "properties": {"title": stored("text"), "pump": stored("direct"), "pump2": stored("direct")},
        },
        {
            "space": SPACE,
            "externalId": "Pump",
            "usedFor": "node",
            "properties": pump,
            "constraints": {
                "serialUnique": {"constraintType": "uniqueness", "properties": ["serial"], "bySpace": False},
                "needsThing": {"constraintType": "requires", "require": container_ref("Thing")},
            },
            "indexes": {"bySerial": {"indexType": "btree", "properties": ["serial"], "cursorable": True}},
        },
        {"space": SPACE, "externalId": "Link", "usedFor": "edge", "properties": {"distance": stored("float64")}},
        {"space": SPACE, "externalId": "Pipe", "usedFor": "edge", "properties": {"width": stored("float64")}},
        {"space": SPACE, "externalId": "Note", "usedFor": "all", "properties": {"text": stored("text")}},
    ]


def _view(external_id: str, properties: Json, **more: Any) -> Json:
    return {
        **{key: value for key, value in ref(external_id).items() if key != "type"},
        "usedFor": "node",
        "writable": True,
        "implements": [],
        "properties": properties,
        **more,
    }


def _data_model(containers: list[Json]) -> Json:
    known = {each["externalId"]: each["properties"] for each in containers}
    targets = {"site": "Site", "owner": "Site", "pump": "Pump", "pump2": "Pump"}

    def show(container: str, *names: str) -> Json:
        shown: Json = {}
        for name in names or [name for name in known[container] if name != "hidden"]:
            definition = copy.deepcopy(known[container][name])
            if name in targets:
                definition["type"]["source"] = ref(targets[name])
            shown[name] = {
                **definition,
                "container": container_ref(container),
                "containerPropertyIdentifier": name,
            }
        return shown

    links: Json = {
        "connectionType": "multi_edge_connection",
        "type": {"space": SPACE, "externalId": "Pump.links"},
        "source": ref("Site"),
        "edgeSource": ref("Link"),
        "direction": "outwards",
    }
    near: Json = {
        "connectionType": "single_edge_connection",
        "type": {"space": SPACE, "externalId": "Pump.near"},
        "source": ref("Site"),
        "direction": "outwards",
    }
    feeds = {**near, "connectionType": "multi_edge_connection", "type": {"space": SPACE, "externalId": "Pump.feeds"}}
    reverse: Json = {
        "connectionType": "multi_reverse_direct_relation",
        "source": ref("Pump"),
        "through": {"source": ref("Pump"), "identifier": "site"},
        "targetsList": False,
    }
    first = {
        **reverse,
        "connectionType": "single_reverse_direct_relation",
        "through": {"source": ref("Pump"), "identifier": "owner"},
    }
    pump = {**show("Thing"), **show("Pump"), "links": links, "near": near, "feeds": feeds}
    site = {**show("Site"), "pumps": reverse, "firstPump": first}
    return {
        "space": SPACE,
        "externalId": "Plant",
        "version": "v1",
        "views": [
            _view("Thing", show("Thing")),
            _view("Pump", pump, implements=[ref("Thing")]),
            _view("Site", site),
            _view("Link", show("Link"), usedFor="edge"),
            _view("Pipe", show("Pipe"), usedFor="edge"),
            _view("Note", show("Note"), usedFor="all"),
        ],
    }


def plant() -> PlainModel:
    """The model before anything changed."""
    containers = _containers()
    return PlainModel(_data_model(containers), containers)


class Draft:
    """
    A copy of the plant, to be edited.

    Attributes:
        model: The data model.
        containers: The containers.
    """

    def __init__(self, plain: PlainModel | None = None) -> None:
        found = copy.deepcopy(plain or plant())
        self.model: Json = found.raw
        self.containers: list[Json] = found.containers or []

    @property
    def plain(self) -> PlainModel:
        """What it is now."""
        return PlainModel(self.model, self.containers)

    def view(self, external_id: str) -> Json:
        """A view."""
        found: Json = next(view for view in self.model["views"] if view["externalId"] == external_id)
        return found

    def shown(self, path: str) -> Json:
        """A property of a view: `Pump.serial`."""
        view, _, name = path.partition(".")
        found: Json = self.view(view)["properties"][name]
        return found

    def container(self, external_id: str) -> Json:
        """A container."""
        return next(each for each in self.containers if each["externalId"] == external_id)

    def kept(self, path: str) -> Json:
        """A property of a container."""
        container, _, name = path.partition(".")
        found: Json = self.container(container)["properties"][name]
        return found

    def change(self, path: str, **more: Any) -> None:
        """Change a property of a container, and as the views show it; None takes a key away."""
        for owner in self._owners(path):
            _set(owner, more)

    def retype(self, path: str, **more: Any) -> None:
        """Change the type of a property of a container, and as the views show it."""
        for owner in self._owners(path):
            _set(owner["type"], more)

    def _owners(self, path: str) -> list[Json]:
        container, _, name = path.partition(".")
        shown = [
            each
            for view in self.model["views"]
            for each in view["properties"].values()
            if each.get("container") == container_ref(container) and each["containerPropertyIdentifier"] == name
        ]
        return [self.kept(path), *shown]

    def add(self, path: str, definition: Json) -> None:
        """A new property of a container that the view of the same name shows."""
        container, _, name = path.partition(".")
        self.container(container)["properties"][name] = copy.deepcopy(definition)
        self.view(container)["properties"][name] = {
            **copy.deepcopy(definition),
            "container": container_ref(container),
            "containerPropertyIdentifier": name,
        }

    def hide(self, path: str) -> None:
        """A property that the view no longer shows."""
        view, _, name = path.partition(".")
        del self.view(view)["properties"][name]


def _set(owner: Json, more: Json) -> None:
    for key, value in more.items():
        if value is None:
            owner.pop(key, None)
        else:
            owner[key] = copy.deepcopy(value)


class Case(NamedTuple):
    """
    One rule at work.

    Attributes:
        code: The rule.
        where: The place of the change.
        edit: Makes the new model of the old one.
        also: Other changes that it cannot do without, as code and place.
    """

    code: str
    where: str
    edit: Callable[[Draft], object]
    also: tuple[tuple[str, str], ...] = ()


PUMP, SITE, THING = "sp:Pump(v1)", "sp:Site(v1)", "sp:Thing(v1)"


def _other_version(draft: Draft) -> None:
    draft.view("Note")["version"] = "v2"


def _renewed_site(draft: Draft) -> None:
    draft.view("Site")["version"] = "v2"
    for view in draft.model["views"]:
        for definition in view["properties"].values():
            for owner in (definition, definition.get("type") or {}):
                if isinstance(owner.get("source"), dict) and owner["source"].get("externalId") == "Site":
                    owner["source"]["version"] = "v2"


def _renewed_thing(draft: Draft) -> None:
    draft.view("Thing")["version"] = "v2"
    draft.view("Pump")["implements"] = [ref("Thing", "v2")]


def _not_all(draft: Draft) -> None:
    draft.view("Note")["usedFor"] = "node"
    draft.container("Note")["usedFor"] = "node"


def _no_edges(draft: Draft) -> None:
    draft.view("Pipe")["usedFor"] = "node"
    draft.container("Pipe")["usedFor"] = "node"


def _for_all(external_id: str) -> Callable[[Draft], None]:
    def edit(draft: Draft) -> None:
        draft.view(external_id)["usedFor"] = "all"
        draft.container(external_id)["usedFor"] = "all"

    return edit


def _other_kind(draft: Draft) -> None:
    draft.view("Pump")["properties"]["site"] = {
        "connectionType": "single_edge_connection",
        "type": {"space": SPACE, "externalId": "Pump.site"},
        "source": ref("Site"),
        "direction": "outwards",
    }


def _stored_elsewhere(draft: Draft) -> None:
    draft.container("Pump")["properties"]["code2"] = stored("text")
    draft.shown("Pump.code")["containerPropertyIdentifier"] = "code2"


def _new_container(draft: Draft) -> None:
    _extra_container(draft)
    extra = {**stored("text"), "container": container_ref("Extra"), "containerPropertyIdentifier": "extra"}
    draft.model["views"].append(_view("Extra", {"extra": extra}))


def _lost_container(draft: Draft) -> None:
    draft.containers.remove(draft.container("Note"))
    draft.model["views"].remove(draft.view("Note"))


def _new_view(draft: Draft) -> None:
    twin = copy.deepcopy(draft.view("Thing"))
    twin["externalId"] = "Gadget"
    draft.model["views"].append(twin)


def _one_more_parent(draft: Draft) -> None:
    titled = _view("Titled", {"title": copy.deepcopy(draft.shown("Site.title"))})
    draft.model["views"].append(titled)
    draft.view("Site")["implements"] = [ref("Titled")]


def _on_its_own(draft: Draft) -> None:
    draft.hide("Pump.name")
    draft.view("Pump")["implements"] = []


def _extra_container(draft: Draft) -> None:
    draft.containers.append(
        {"space": SPACE, "externalId": "Extra", "usedFor": "node", "properties": {"extra": stored("text")}}
    )


def _extra_in_a_view(draft: Draft) -> None:
    _extra_container(draft)
    draft.view("Site")["properties"]["extra"] = {
        **stored("text"),
        "container": container_ref("Extra"),
        "containerPropertyIdentifier": "extra",
    }


def _values(*names: str, **named: Json) -> Json:
    return {name: {"name": "Runs"} if name == "run" else {} for name in names} | named


_NODE_TYPE: Json = {"equals": {"property": ["node", "externalId"], "value": "s1"}}


CASES = (
    Case("PYG301", "sp:Factory(v1)", lambda draft: draft.model.update(externalId="Factory")),
    Case("PYG302", "sp2:Plant(v1)", lambda draft: draft.model.update(space="sp2")),
    Case("PYG303", "sp:Plant(v2)", lambda draft: draft.model.update(version="v2")),
    Case("PYG304", "sp:Plant(v1)", lambda draft: draft.model.update(description="A plant.")),
    Case("PYG305", "sp:Gadget(v1)", _new_view),
    Case("PYG306", "sp:Note(v1)", lambda draft: draft.model["views"].remove(draft.view("Note"))),
    Case("PYG307", "sp:Note(v2)", _other_version),
    Case("PYG308", SITE, lambda draft: draft.view("Site").update(name="A site")),
    Case("PYG309", SITE, _one_more_parent, (("PYG305", "sp:Titled(v1)"),)),
    Case("PYG310", PUMP, lambda draft: draft.view("Pump").update(implements=[])),
    Case("PYG311", PUMP, lambda draft: draft.view("Pump").update(implements=[ref("Note"), ref("Thing")])),
    Case("PYG312", PUMP, _renewed_thing, (("PYG307", "sp:Thing(v2)"),)),
    Case("PYG313", SITE, _for_all("Site"), (("PYG504", "sp:Site"),)),
    Case("PYG314", "sp:Pipe(v1)", _for_all("Pipe"), (("PYG504", "sp:Pipe"),)),
    Case("PYG315", "sp:Pipe(v1)", _no_edges, (("PYG505", "sp:Pipe"),)),
    Case("PYG315", "sp:Note(v1)", _not_all, (("PYG505", "sp:Note"),)),
    Case("PYG316", "sp:Thing(v1)", lambda draft: draft.view("Thing").update(writable=True)),
    Case("PYG317", SITE, lambda draft: draft.view("Site").update(writable=False)),
    Case("PYG318", SITE, lambda draft: draft.view("Site").update(filter=_NODE_TYPE)),
    Case("PYG319", SITE, _extra_in_a_view, (("PYG401", f"{SITE}.extra"), ("PYG501", "sp:Extra"))),
    Case(
        "PYG320",
        PUMP,
        _on_its_own,
        (("PYG310", PUMP), ("PYG403", f"{PUMP}.name")),
    ),
    Case("PYG401", f"{PUMP}.extra", lambda draft: draft.add("Pump.extra", stored("text"))),
    Case("PYG402", f"{PUMP}.extra", lambda draft: draft.add("Pump.extra", stored("text", nullable=False))),
    Case("PYG403", f"{PUMP}.label", lambda draft: draft.hide("Pump.label")),
    Case("PYG404", f"{PUMP}.label", lambda draft: draft.shown("Pump.label").update(description="A label")),
    Case("PYG405", f"{PUMP}.label", lambda draft: draft.change("Pump.label", nullable=False)),
    Case("PYG406", f"{PUMP}.zone", lambda draft: draft.change("Pump.zone", nullable=True)),
    Case("PYG407", f"{PUMP}.count", lambda draft: draft.retype("Pump.count", list=True)),
    Case("PYG408", f"{PUMP}.tags", lambda draft: draft.retype("Pump.tags", list=False, maxListSize=None)),
    Case("PYG409", f"{PUMP}.count", lambda draft: draft.retype("Pump.count", type="int64")),
    Case("PYG410", f"{PUMP}.total", lambda draft: draft.retype("Pump.total", type="int32")),
    Case("PYG411", f"{PUMP}.capacity", lambda draft: draft.retype("Pump.capacity", type="text", unit=None)),
    Case(
        "PYG412",
        f"{PUMP}.capacity",
        lambda draft: draft.retype("Pump.capacity", unit={"externalId": "power:w", "sourceUnit": "kW"}),
    ),
    Case(
        "PYG413",
        f"{PUMP}.capacity",
        lambda draft: draft.retype("Pump.capacity", unit={"externalId": "power:kilow", "sourceUnit": "KW"}),
    ),
    Case("PYG414", f"{PUMP}.label", lambda draft: draft.retype("Pump.label", maxTextSize=None)),
    Case("PYG415", f"{PUMP}.label", lambda draft: draft.retype("Pump.label", maxTextSize=5)),
    Case("PYG416", f"{PUMP}.tags", lambda draft: draft.retype("Pump.tags", maxListSize=600)),
    Case("PYG417", f"{PUMP}.tags", lambda draft: draft.retype("Pump.tags", maxListSize=2)),
    Case("PYG418", f"{PUMP}.label", lambda draft: draft.retype("Pump.label", collation="nb")),
    Case(
        "PYG419",
        f"{PUMP}.status",
        lambda draft: draft.retype("Pump.status", values=_values("run", "stop", "broken", "other", "idle")),
    ),
    Case(
        "PYG420",
        f"{PUMP}.status",
        lambda draft: draft.retype("Pump.status", values=_values("run", "stop", "other")),
    ),
    Case(
        "PYG421",
        f"{PUMP}.status",
        lambda draft: draft.retype("Pump.status", values=_values("run", "broken", "other", stop={"name": "Stands"})),
    ),
    Case("PYG422", f"{PUMP}.status", lambda draft: draft.retype("Pump.status", unknownValue="broken")),
    Case("PYG423", f"{PUMP}.status", lambda draft: draft.retype("Pump.status", unknownValue=None)),
    Case("PYG424", f"{PUMP}.label", lambda draft: draft.change("Pump.label", defaultValue="none")),
    Case("PYG425", f"{PUMP}.state", lambda draft: draft.change("Pump.state", defaultValue="old")),
    Case("PYG426", f"{PUMP}.state", lambda draft: draft.change("Pump.state", defaultValue=None)),
    Case("PYG427", f"{PUMP}.zone", lambda draft: draft.change("Pump.zone", defaultValue="north")),
    Case("PYG428", f"{PUMP}.grade", lambda draft: draft.change("Pump.grade", defaultValue=None)),
    Case("PYG429", f"{PUMP}.code", lambda draft: draft.change("Pump.code", immutable=True)),
    Case("PYG430", f"{PUMP}.mark", lambda draft: draft.change("Pump.mark", immutable=False)),
    Case("PYG431", f"{PUMP}.order", lambda draft: draft.change("Pump.order", autoIncrement=True)),
    Case("PYG432", f"{PUMP}.number", lambda draft: draft.change("Pump.number", autoIncrement=False)),
    Case("PYG433", f"{PUMP}.code", _stored_elsewhere, (("PYG506", "sp:Pump.code2"),)),
    Case("PYG434", f"{PUMP}.site", lambda draft: draft.shown("Pump.site")["type"].update(source=ref("Pump"))),
    Case(
        "PYG435",
        f"{PUMP}.site",
        _renewed_site,
        (
            ("PYG307", "sp:Site(v2)"),
            *(("PYG435", f"{PUMP}.{name}") for name in ("feeds", "links", "near", "owner")),
        ),
    ),
    Case("PYG436", f"{PUMP}.anything", lambda draft: draft.shown("Pump.anything")["type"].update(source=ref("Site"))),
    Case("PYG437", f"{PUMP}.site", lambda draft: draft.shown("Pump.site")["type"].pop("source")),
    Case("PYG438", f"{PUMP}.site", lambda draft: draft.retype("Pump.site", container=container_ref("Site"))),
    Case("PYG439", f"{PUMP}.owner", lambda draft: draft.retype("Pump.owner", container=None)),
    Case("PYG440", f"{PUMP}.site", _other_kind),
    Case(
        "PYG441",
        f"{PUMP}.near",
        lambda draft: draft.shown("Pump.near").update(connectionType="multi_edge_connection"),
    ),
    Case(
        "PYG442",
        f"{PUMP}.feeds",
        lambda draft: draft.shown("Pump.feeds").update(connectionType="single_edge_connection"),
    ),
    Case(
        "PYG443",
        f"{PUMP}.feeds",
        lambda draft: draft.shown("Pump.feeds").update(type={"space": SPACE, "externalId": "Pump.other"}),
    ),
    Case("PYG444", f"{PUMP}.feeds", lambda draft: draft.shown("Pump.feeds").update(direction="inwards")),
    Case("PYG445", f"{PUMP}.links", lambda draft: draft.shown("Pump.links").pop("edgeSource")),
    Case("PYG446", f"{SITE}.pumps", lambda draft: draft.shown("Site.pumps")["through"].update(identifier="owner")),
    Case("PYG447", f"{SITE}.pumps", lambda draft: draft.shown("Site.pumps").update(targetsList=True)),
    Case("PYG501", "sp:Extra", _new_container, (("PYG305", "sp:Extra(v1)"),)),
    Case("PYG502", "sp:Note", _lost_container, (("PYG306", "sp:Note(v1)"),)),
    Case("PYG503", "sp:Pump.label", lambda draft: draft.kept("Pump.label").update(description="A label")),
    Case("PYG504", "sp:Site", lambda draft: draft.container("Site").update(usedFor="all")),
    Case("PYG505", "sp:Note", lambda draft: draft.container("Note").update(usedFor="node")),
    Case("PYG506", "sp:Pump.spare", lambda draft: draft.container("Pump")["properties"].update(spare=stored("text"))),
    Case(
        "PYG507",
        "sp:Pump.spare",
        lambda draft: draft.container("Pump")["properties"].update(spare=stored("text", nullable=False)),
    ),
    Case("PYG508", "sp:Pump.hidden", lambda draft: draft.container("Pump")["properties"].pop("hidden")),
    Case("PYG509", "sp:Pump.hidden", lambda draft: draft.container("Pump")["properties"].update(hidden=stored("json"))),
    Case("PYG510", "sp:Pump.label", lambda draft: draft.kept("Pump.label").update(nullable=False)),
    Case("PYG511", "sp:Pump.zone", lambda draft: draft.kept("Pump.zone").update(nullable=True)),
    Case("PYG512", "sp:Pump.label", lambda draft: draft.kept("Pump.label")["type"].update(maxTextSize=5)),
    Case("PYG513", "sp:Pump.label", lambda draft: draft.kept("Pump.label")["type"].update(maxTextSize=200)),
    Case("PYG514", "sp:Pump.state", lambda draft: draft.kept("Pump.state").update(defaultValue="old")),
    Case("PYG515", "sp:Pump.code", lambda draft: draft.kept("Pump.code").update(immutable=True)),
    Case("PYG516", "sp:Pump.mark", lambda draft: draft.kept("Pump.mark").update(immutable=False)),
    Case(
        "PYG517",
        "sp:Pump.capacity",
        lambda draft: draft.kept("Pump.capacity")["type"].update(unit={"externalId": "power:w", "sourceUnit": "kW"}),
    ),
    Case(
        "PYG518",
        "sp:Pump.codeUnique",
        lambda draft: draft.container("Pump")["constraints"].update(
            codeUnique={"constraintType": "uniqueness", "properties": ["code"]}
        ),
    ),
    Case("PYG519", "sp:Pump.serialUnique", lambda draft: draft.container("Pump")["constraints"].pop("serialUnique")),
    Case(
        "PYG520",
        "sp:Site.needsThing",
        lambda draft: draft.container("Site").update(
            constraints={"needsThing": {"constraintType": "requires", "require": container_ref("Thing")}}
        ),
    ),
    Case("PYG521", "sp:Pump.needsThing", lambda draft: draft.container("Pump")["constraints"].pop("needsThing")),
    Case(
        "PYG522",
        "sp:Pump.serialUnique",
        lambda draft: draft.container("Pump")["constraints"]["serialUnique"].update(properties=["code"]),
    ),
    Case(
        "PYG523",
        "sp:Pump.byCode",
        lambda draft: draft.container("Pump")["indexes"].update(byCode={"indexType": "btree", "properties": ["code"]}),
    ),
    Case("PYG524", "sp:Pump.bySerial", lambda draft: draft.container("Pump")["indexes"].clear()),
    Case(
        "PYG525",
        "sp:Pump.bySerial",
        lambda draft: draft.container("Pump")["indexes"]["bySerial"].update(cursorable=False),
    ),
)
"""One case per rule, at the least."""

PREPARATIONS: dict[str, Callable[[Draft], object]] = {
    "PYG311": lambda draft: draft.view("Pump").update(implements=[ref("Thing"), ref("Note")]),
    "PYG316": lambda draft: draft.view("Thing").update(writable=False),
}
"""What the old model of a case needs that the plant does not have."""


def sides(case: Case) -> tuple[PlainModel, PlainModel]:
    """The old model of a case, and the new one."""
    old = Draft()
    if case.code in PREPARATIONS:
        PREPARATIONS[case.code](old)
    new = Draft(old.plain)
    case.edit(new)
    return old.plain, new.plain
