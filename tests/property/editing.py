"""Random edits of data models in the read shape of the API, such as people and servers make them."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

Model = dict[str, Any]
Edit = Callable[[Model, random.Random], None]

_TYPES: list[dict[str, Any]] = [
    {"type": "text", "list": False, "collation": "ucs_basic"},
    {"type": "text", "list": True},
    {"type": "int32", "list": False},
    {"type": "float64", "list": False, "unit": {"externalId": "power:megaw"}},
    {"type": "timestamp", "list": False},
    {"type": "json", "list": False},
    {"type": "enum", "list": False, "values": {"on": {"name": "On"}, "off": {}}, "unknownValue": "off"},
    {"type": "timeseries", "list": False},
    {"type": "direct", "list": False},
]
_NAMES = ["name", "flow-rate", "flow_rate", "flowRate", "class", "1st", "list", "type", "min_x", "x", "x_prefix", "Zz"]
_WORDS = ["", "A word.", 'Quotes " and \\', "Two\nlines", "\u00f8 \u2028 \U0001f600", "*/ {{ x }}"]


def _view(model: Model, chance: random.Random) -> Model:
    found: Model = chance.choice(model["views"])
    return found


def _property(model: Model, chance: random.Random) -> tuple[Model, str]:
    """A property of some view, by its view's properties and its identifier."""
    filled = [view["properties"] for view in model["views"] if view.get("properties")]
    if not filled:
        return {"none": {}}, "none"
    properties = chance.choice(filled)
    return properties, chance.choice(sorted(properties))


def _ref(view: Model) -> Model:
    return {"type": "view", **{key: view[key] for key in ("space", "externalId", "version")}}


def describe_view(model: Model, chance: random.Random) -> None:
    """Another name or description of a view."""
    _view(model, chance)[chance.choice(["name", "description"])] = chance.choice(_WORDS)


def describe_property(model: Model, chance: random.Random) -> None:
    """Another name or description of a property."""
    properties, name = _property(model, chance)
    properties[name][chance.choice(["name", "description"])] = chance.choice(_WORDS)


def describe_model(model: Model, chance: random.Random) -> None:
    """Another name or description of the data model."""
    model[chance.choice(["name", "description"])] = chance.choice(_WORDS)


def add_property(model: Model, chance: random.Random) -> None:
    """A property of one view, also in another one."""
    properties, name = _property(model, chance)
    _view(model, chance).setdefault("properties", {})[chance.choice(_NAMES)] = copy.deepcopy(properties[name])


def remove_property(model: Model, chance: random.Random) -> None:
    """A property less."""
    properties, name = _property(model, chance)
    if len(properties) > 1:
        del properties[name]


def rename_property(model: Model, chance: random.Random) -> None:
    """A property under another name."""
    properties, name = _property(model, chance)
    properties[chance.choice(_NAMES)] = properties.pop(name)


def retype_property(model: Model, chance: random.Random) -> None:
    """Another type of a stored property."""
    properties, name = _property(model, chance)
    if "container" in properties[name]:
        properties[name].pop("defaultValue", None)
        properties[name]["type"] = copy.deepcopy(chance.choice(_TYPES))


def toggle_property(model: Model, chance: random.Random) -> None:
    """Another nullability, mutability, or list."""
    properties, name = _property(model, chance)
    if "container" in properties[name]:
        owner, key = chance.choice(
            [
                (properties[name], "nullable"),
                (properties[name], "immutable"),
                (properties[name].setdefault("type", {"type": "text"}), "list"),
            ]
        )
        owner[key] = not owner.get(key, key == "nullable")


def retarget(model: Model, chance: random.Random) -> None:
    """A relation that leads to another view, or to one that is not there."""
    properties, name = _property(model, chance)
    owner = properties[name].get("type", properties[name]) if "container" in properties[name] else properties[name]
    target = _ref(_view(model, chance))
    if chance.random() < 0.2:
        target["externalId"] = "Nowhere"
    if "source" in owner:
        owner["source"] = target
    if "edgeSource" in properties[name]:
        properties[name]["edgeSource"] = target


def reconnect(model: Model, chance: random.Random) -> None:
    """Another direction, or a reverse relation where there was something else."""
    properties, name = _property(model, chance)
    if "direction" in properties[name]:
        properties[name]["direction"] = chance.choice(["inwards", "outwards"])
        return
    holder = _view(model, chance)
    relations = [key for key, item in holder.get("properties", {}).items() if "container" in item]
    properties[chance.choice(_NAMES)] = {
        "connectionType": chance.choice(["multi_reverse_direct_relation", "single_reverse_direct_relation"]),
        "source": _ref(holder),
        "through": {"source": _ref(holder), "identifier": chance.choice([*relations, "gone"])},
    }


def add_view(model: Model, chance: random.Random) -> None:
    """A copy of a view, under a name that may clash in a language."""
    twin = copy.deepcopy(_view(model, chance))
    twin["externalId"] = chance.choice(["Tank", "tank", "TankWrite", "Client", "Query", f"Tank{chance.randrange(9)}"])
    if view_keys(model).isdisjoint({view_key(twin)}):
        model["views"].append(twin)


def remove_view(model: Model, chance: random.Random) -> None:
    """A view less."""
    if len(model["views"]) > 1:
        model["views"].remove(_view(model, chance))


def change_parents(model: Model, chance: random.Random) -> None:
    """Other parents, in another order; circles included."""
    view = _view(model, chance)
    parents = view.setdefault("implements", [])
    match chance.randrange(3):
        case 0:
            parents.append(_ref(_view(model, chance)))
        case 1:
            parents.reverse()
        case _:
            del parents[:1]
    unique = {view_key(parent): parent for parent in parents}
    view["implements"] = list(unique.values())


def change_use(model: Model, chance: random.Random) -> None:
    """Another use, or other rights."""
    view = _view(model, chance)
    if chance.random() < 0.5:
        view["usedFor"] = chance.choice(["node", "edge", "all"])
    else:
        view["writable"] = not view.get("writable", True)


def change_filter(model: Model, chance: random.Random) -> None:
    """A view of nodes of one type."""
    node_type = {"space": model["space"], "externalId": chance.choice(["A", "B"])}
    _view(model, chance)["filter"] = {"equals": {"property": ["node", "type"], "value": node_type}}


def change_version(model: Model, chance: random.Random) -> None:
    """Another version of the data model."""
    model["version"] = chance.choice(["v1", "v2", "3"])


def add_noise(model: Model, chance: random.Random) -> None:
    """What a server sends anew with every answer, in another order."""
    for owner in (model, *model["views"]):
        owner["lastUpdatedTime"] = chance.randrange(10**12)
    chance.shuffle(model["views"])
    for view in model["views"]:
        items = list(view.get("properties", {}).items())
        chance.shuffle(items)
        view["properties"] = dict(items)
        view["queryable"] = chance.random() < 0.5
        view["mappedContainers"] = []


EDITS: list[Edit] = [
    describe_view,
    describe_property,
    describe_model,
    add_property,
    remove_property,
    rename_property,
    retype_property,
    toggle_property,
    retarget,
    reconnect,
    add_view,
    remove_view,
    change_parents,
    change_use,
    change_filter,
    change_version,
    add_noise,
]


def view_key(view: Model) -> tuple[str, str, str]:
    """The identity of a view."""
    return view["space"], view["externalId"], view["version"]


def view_keys(model: Model) -> set[tuple[str, str, str]]:
    """The identities of all views."""
    return {view_key(view) for view in model["views"]}
