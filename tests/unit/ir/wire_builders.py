"""Small wire models, said in a few words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pygen.client.models.container import Container
from pygen.client.models.data_model import DataModel
from pygen.client.models.ids import ViewId
from pygen.errors import Problem
from pygen.ir.models import IRClass, IRMember, IRModel
from pygen.ir.parser import parse_model
from pygen.sources import read_containers, read_data_model

Json = dict[str, Any]


def ref(name: str, space: str = "sp", version: str = "v1") -> Json:
    """A reference to a view."""
    return {"type": "view", "space": space, "externalId": name, "version": version}


def container_ref(name: str, space: str = "sp") -> Json:
    """A reference to a container."""
    return {"type": "container", "space": space, "externalId": name}


def vid(name: str, space: str = "sp", version: str = "v1") -> ViewId:
    """The identifier of a view."""
    return ViewId(space, name, version)


def mapped(type_: str = "text", *, container: Json | None = None, stored: str = "stored", **keys: Any) -> Json:
    """A mapped property; keys of the type and of the property may be mixed."""
    of_property = {"nullable", "immutable", "autoIncrement", "defaultValue", "name", "description"}
    return {
        "container": container or container_ref("C"),
        "containerPropertyIdentifier": stored,
        "type": {"type": type_, **{key: value for key, value in keys.items() if key not in of_property}},
        **{key: value for key, value in keys.items() if key in of_property},
    }


def direct(target: str | Json | None = None, **keys: Any) -> Json:
    """A direct relation."""
    if target is not None:
        keys["source"] = ref(target) if isinstance(target, str) else target
    return mapped("direct", **keys)


def reverse(source: str, identifier: str, *, through: Json | None = None, single: bool = False, **keys: Any) -> Json:
    """A reverse direct relation."""
    return {
        "connectionType": f"{'single' if single else 'multi'}_reverse_direct_relation",
        "source": ref(source),
        "through": {"source": through or ref(source), "identifier": identifier},
        **keys,
    }


def edge(target: str, **keys: Any) -> Json:
    """A connection along edges of the type sp:t."""
    return {
        "connectionType": "multi_edge_connection",
        "type": {"space": "sp", "externalId": "t"},
        "source": ref(target),
        **keys,
    }


def view(external_id: str, properties: Mapping[str, Json] | None = None, /, *parents: str | Json, **keys: Any) -> Json:
    """A view; nothing is flattened here."""
    return {
        "space": "sp",
        "externalId": external_id,
        "version": "v1",
        "properties": dict(properties or {}),
        "implements": [ref(parent) if isinstance(parent, str) else parent for parent in parents],
        **keys,
    }


def model(*views: Json, **keys: Any) -> DataModel:
    """A data model of views."""
    return read_data_model({"space": "sp", "externalId": "Model", "version": "v1", "views": list(views), **keys})


def containers(**definitions: Mapping[str, Json]) -> list[Container]:
    """Containers, each said by its properties."""
    return read_containers(
        {"space": "sp", "externalId": name, "properties": dict(properties)} for name, properties in definitions.items()
    )


def parse(*views: Json, containers: Iterable[Container] = ()) -> IRModel:
    """Parse a data model that has no problems."""
    parsed, problems = parse_model(model(*views), tuple(containers))
    assert [] == problems
    return parsed


def problems_of(*views: Json, containers: Iterable[Container] = ()) -> list[Problem]:
    """The problems that parsing a data model finds."""
    return parse_model(model(*views), tuple(containers))[1]


def cls(parsed: IRModel, name: str) -> IRClass:
    """The class of a name."""
    return next(item for item in parsed.classes if item.id.external_id == name)


def member(parsed: IRModel, name: str, member_id: str) -> IRMember:
    """A member of a class."""
    return next(item for item in cls(parsed, name).members if item.id == member_id)
