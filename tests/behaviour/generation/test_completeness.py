"""Every property of every real view is in its SDK: an independent walk over the JSON of the models."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args

from pydantic import AliasPath, BaseModel

from pygen.client.models.ids import ContainerId, NodeId, ViewId
from pygen.runtime import Direct, Edges, PygenResource, PygenWrite, Reverse
from pygen.runtime.lazy import Relation
from tests.behaviour.generation.conftest import Sdk

SCALARS: Mapping[str, Any] = {
    "text": str,
    "boolean": bool,
    "int32": int,
    "int64": int,
    "float32": float,
    "float64": float,
    "timestamp": dt.datetime,
    "date": dt.date,
    "json": dict[str, Any],
    "timeseries": str,
    "file": str,
    "sequence": str,
    "direct": NodeId,
}
SET_BY_THE_SERVICE = {
    *(("CogniteAsset", f"assetHierarchy_{name}") for name in ("path", "root", "path_last_updated_time")),
    *(("CogniteFile", name) for name in ("isUploaded", "uploadedTime")),
}
"""Container and property of what `cdf_cdm` fills in itself."""


def view_id(ref: Mapping[str, Any]) -> ViewId:
    """A reference of the wire."""
    return ViewId(ref["space"], ref["externalId"], ref["version"])


def properties(sdk: Sdk) -> Iterator[tuple[Mapping[str, Any], str, Mapping[str, Any]]]:
    """View, identifier and definition of every property of a model."""
    for view in sdk.raw["views"]:
        for identifier, definition in (view.get("properties") or {}).items():
            yield view, identifier, definition


def classes(sdk: Sdk) -> tuple[dict[ViewId, type[PygenResource]], dict[ViewId, type[PygenWrite]]]:
    """The classes of an SDK, by the view that they name."""
    loaded = sdk.load()
    read: dict[ViewId, type[PygenResource]] = {}
    write: dict[ViewId, type[PygenWrite]] = {}
    for name in loaded.__all__:
        cls = getattr(loaded, name)
        if issubclass(cls, PygenResource):
            read[cls.__pygen__.view] = cls
        elif issubclass(cls, PygenWrite):
            write[cls.__pygen__.view] = cls
    return read, write


def stored(cls: type[BaseModel]) -> dict[tuple[str, ...], tuple[str, Any]]:
    """Path in an instance -> field and annotation."""
    cls.model_rebuild()
    found: dict[tuple[str, ...], tuple[str, Any]] = {}
    for name, field in cls.model_fields.items():
        if isinstance(field.validation_alias, AliasPath):
            found[tuple(map(str, field.validation_alias.path))] = (name, field.annotation)
    return found


def relations(cls: type[Any]) -> list[Relation]:
    """The descriptors of a class, those of its bases included."""
    return [found for name in dir(cls) if isinstance(found := getattr(cls, name), Relation)]


def annotation_of(definition: Mapping[str, Any]) -> Any:
    """What a mapped property should be annotated with."""
    kind = definition["type"]
    is_enum = kind["type"] == "enum"
    scalar: Any = Literal[tuple(sorted(kind["values"]))] | str if is_enum else SCALARS[kind["type"]]
    whole = list[scalar] if kind.get("list") else scalar
    optional = definition.get("nullable", True) or (
        definition.get("defaultValue") is not None and kind["type"] != "direct"
    )
    return whole | None if optional else whole


def spec_of(definition: Mapping[str, Any]) -> Edges | Reverse:
    """How a connection should be stored."""
    if "edge" in definition["connectionType"]:
        kind = definition["type"]
        return Edges((kind["space"], kind["externalId"]), direction=definition.get("direction", "outwards"))
    through = definition["through"]
    source = through["source"]
    where = view_id(source) if source["type"] == "view" else ContainerId(source["space"], source["externalId"])
    return Reverse(where, through["identifier"], targets_list=bool(definition.get("targetsList")))


def has_problem(sdk: Sdk, view: ViewId, identifier: str) -> bool:
    """Whether a problem names the property."""
    return any(problem.where == f"{view}.{identifier}" for problem in sdk.problems)


def test_every_value_has_its_type(real_sdks: list[Sdk]) -> None:
    """Every mapped property is a field at its path in an instance, with the type of its values."""
    seen = 0
    for sdk in real_sdks:
        read, _ = classes(sdk)
        fields = {view: stored(cls) for view, cls in read.items()}
        for view, identifier, definition in properties(sdk):
            if "connectionType" in definition:
                continue
            key = view_id(view)
            path = ("properties", key.space, f"{key.external_id}/{key.version}", identifier)
            name, annotation = fields[key][path]
            expected = annotation_of(definition)
            assert expected == annotation or set(get_args(expected)) == set(get_args(annotation)), (
                f"{sdk.name}: {key}.{identifier}"
            )
            assert (type(None) not in get_args(expected)) == read[key].model_fields[name].is_required()
            seen += 1
    assert seen > 9_000


def test_every_relation_leads_where_the_model_says(real_sdks: list[Sdk]) -> None:
    """Every relation is a descriptor with its way and its target, or a problem says why it is not."""
    seen = 0
    for sdk in real_sdks:
        read, _ = classes(sdk)
        fields = {view: stored(cls) for view, cls in read.items()}
        for view, identifier, definition in properties(sdk):
            key = view_id(view)
            kind = definition.get("type") or {}
            if "connectionType" in definition:
                spec: Direct | Edges | Reverse = spec_of(definition)
                many = definition["connectionType"].startswith("multi")
                source = definition.get("source")
            elif kind["type"] == "direct":
                path = ("properties", key.space, f"{key.external_id}/{key.version}", identifier)
                spec, many = Direct(fields[key][path][0]), bool(kind.get("list"))
                source = kind.get("source")
            else:
                continue
            found = [each for each in relations(read[key]) if same_way(each.spec, spec, definition)]
            target = view_id(source) if source else None
            if isinstance(spec, Direct) and target not in read:
                assert [] == found, f"{sdk.name}: {key}.{identifier}"
                assert target is None or has_problem(sdk, key, identifier)
                continue
            if not found:
                assert has_problem(sdk, key, identifier), f"{sdk.name}: {key}.{identifier}"
                continue
            targets = {getattr(each.target, "__pygen__", None) and each.target.__pygen__.view for each in found}
            assert {many} == {each.many for each in found}
            if target in read:
                assert target in targets, f"{sdk.name}: {key}.{identifier}"
            else:
                assert None in targets
                assert has_problem(sdk, key, identifier)
            if definition.get("edgeSource") and view_id(definition["edgeSource"]) in read:
                edges = {each.edge.__pygen__.view for each in found if each.linked}
                assert view_id(definition["edgeSource"]) in edges
            seen += 1
    assert seen > 2_000


def same_way(spec: object, expected: Direct | Edges | Reverse, definition: Mapping[str, Any]) -> bool:
    """Whether a relation is stored as expected; old answers do not say whether a relation targets a list."""
    if isinstance(spec, Reverse) and isinstance(expected, Reverse) and "targetsList" not in definition:
        return (spec.source, spec.property) == (expected.source, expected.property)
    return spec == expected


def test_everything_writable_can_be_written(real_sdks: list[Sdk]) -> None:
    """Every mapped property and edge of a writable view is in its write class, but for what the service sets."""
    seen = 0
    for sdk in real_sdks:
        _, write = classes(sdk)
        for view, identifier, definition in properties(sdk):
            cls = write.get(view_id(view))
            assert (cls is not None) == view.get("writable", True)
            if cls is None or "reverse" in definition.get("connectionType", ""):
                continue
            container = (definition.get("container") or {}).get("externalId", "")
            if (container, definition.get("containerPropertyIdentifier")) in SET_BY_THE_SERVICE:
                continue
            (name,) = [field for field, prop in cls.__pygen_props__.items() if prop.name == identifier]
            required = "connectionType" not in definition and not (
                definition.get("nullable", True)
                or definition.get("defaultValue") is not None
                or definition.get("autoIncrement")
            )
            assert required == cls.model_fields[name].is_required(), f"{sdk.name}: {view_id(view)}.{identifier}"
            seen += 1
    assert seen > 9_000
