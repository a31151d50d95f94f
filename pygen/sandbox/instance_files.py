"""
Instances in files: as they are written or read, and as tables and plain objects that a view makes sense of.

JSON and YAML hold instances in write form, in read form, or plain objects; CSV holds rows. The name of a file of
objects or rows tells the view: `Pump.csv`, `pumps.csv`; or a connection or a list of it: `Pump.maintainedBy.csv`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pygen.errors import ConfigError
from pygen.sandbox.catalog import Catalog
from pygen.sandbox.records import RecordReader
from pygen.sandbox.tables import read_rows
from pygen.sources.files import load_items, read_text, unwrap
from pygen.sources.toolkit_files import kind_of
from pygen.sources.variables import Variables
from pygen.sources.yaml_text import read_yaml

__all__ = ["read_instances"]

Json = dict[str, Any]

_OF_EDGES = frozenset({"startNode", "endNode"})
_OF_INSTANCES = _OF_EDGES | {"instanceType", "sources"}
_KEPT = ("type", "startNode", "endNode")


def read_instances(catalog: Catalog, path: Path, *, space: str, variables: Variables | None = None) -> list[Json]:
    """
    Read the instances of a file.

    Args:
        catalog: The schema, which plain objects and rows are read by.
        path: JSON, YAML or CSV.
        space: Where instances are that name no space.
        variables: What placeholders in YAML stand for; None: there are none.

    Returns:
        Nodes and edges as `POST /models/instances` takes them.

    Raises:
        ConfigError: The file cannot be read, or nothing tells what its rows or objects are.
        MissingExtraError: The file is YAML and PyYAML is not installed.
    """
    place = str(path)
    if path.suffix.lower() == ".csv":
        try:
            rows = read_rows(read_text(path))
        except ValueError as error:
            raise ConfigError(f"not valid CSV: {error}", key=place) from error
        return RecordReader(catalog, space=space, place=place).rows(path.stem, rows)
    items = load_items(path) if path.suffix.lower() == ".json" else _yaml_items(path, variables)
    kind = kind_of(path)
    if kind in {"node", "edge"} or all(_is_instance(item) for item in items):
        return [_instance(item, kind, space=space, place=f"{place}[{index}]") for index, item in enumerate(items)]
    return RecordReader(catalog, space=space, place=place).objects(path.stem, items)


def _yaml_items(path: Path, variables: Variables | None) -> list[Json]:
    free = frozenset({"properties"})  # somebody's data, where a `name` may be a number
    if variables is None:
        document = read_yaml(read_text(path), place=str(path), free=free)
    else:
        document = variables.read(path, free=free)
    return [] if document is None else unwrap(document, path)


def _is_instance(item: Json) -> bool:
    return bool(_OF_INSTANCES & item.keys()) or (isinstance(item.get("properties"), dict) and "externalId" in item)


def _instance(item: Json, kind: str | None, *, space: str, place: str) -> Json:
    """An instance in write form, made of any form."""
    if not isinstance(item.get("externalId"), str):
        raise ConfigError("has no externalId", key=place)
    is_edge = item.get("instanceType", kind) == "edge" or bool(_OF_EDGES & item.keys())
    instance = {
        "instanceType": "edge" if is_edge else "node",
        "space": item.get("space") or space,
        "externalId": item["externalId"],
        **{key: item[key] for key in _KEPT if item.get(key) is not None},
    }
    sources = item.get("sources")
    if sources is None:
        sources = _sources(item.get("properties") or {})
    instance["sources"] = [_source(source, place) for source in sources]
    return instance


def _source(source: Any, place: str) -> Json:
    match source:
        case {"source": {"space": _, "externalId": _} as reference, **rest} if isinstance(reference, dict):
            kind = "view" if "version" in reference else "container"
            return {"source": {"type": kind, **reference}, "properties": rest.get("properties") or {}}
    raise ConfigError("a source must name a view or a container, with its properties", key=place)


def _sources(properties: Mapping[str, Any]) -> list[Json]:
    """The sources of an instance in read form, `{space: {"View/v1": {...}}}`; one that shows nothing tells nothing."""
    sources: list[Json] = []
    for space, by_source in properties.items():
        for name, values in by_source.items():
            if not values:
                continue
            external_id, slash, version = name.rpartition("/")
            reference = {"space": space, "externalId": external_id if slash else name}
            if slash:
                reference["version"] = version
            sources.append({"source": reference, "properties": values})
    return sources
