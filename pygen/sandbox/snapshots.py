"""
Wire models as they are written.

What was read loses what the service adds, and containers that nobody defined are derived from the views that show them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pygen.client.models.container import Constraint, Container, Index
from pygen.client.models.data_model import DataModel
from pygen.client.models.ids import ContainerId, ViewId
from pygen.client.models.property_types import PropertyType
from pygen.client.models.references import ViewReference
from pygen.client.models.view import EdgeProperty, MappedProperty, ReverseProperty, View, ViewProperty

__all__ = ["container_item", "derive_containers", "is_system_space", "model_item", "own_properties", "view_item"]

Json = dict[str, Any]

_READ_ONLY = frozenset({"created_time", "last_updated_time", "is_global"})
_SAID_BY_SERVICE = _READ_ONLY | {"writable", "queryable", "used_for", "mapped_containers", "properties", "implements"}
_SYSTEM_SPACES = frozenset(
    {
        "cdf_360_image_schema",
        "cdf_3d_schema",
        "cdf_apm",
        "cdf_apps_shared",
        "cdf_cdm",
        "cdf_cdm_3d",
        "cdf_cdm_units",
        "cdf_classic",
        "cdf_core",
        "cdf_extraction_extensions",
        "cdf_idm",
        "cdf_industrial_canvas",
        "cdf_infield",
        "cdf_time_series_data",
        "cdf_units",
    }
)


def is_system_space(space: str) -> bool:
    """Whether a space is the system's, as far as its name tells."""
    return space in _SYSTEM_SPACES


# --- the write form ---


def container_item(container: Container) -> Json:
    """The write form of a container."""
    item = _dump(container, but=_READ_ONLY | {"properties", "constraints", "indexes"})
    item["properties"] = {
        name: {**_dump(prop, but={"type"}), "type": _type_item(prop.type)}
        for name, prop in container.properties.items()
    }
    if container.constraints:
        item["constraints"] = {name: _constraint_item(each) for name, each in container.constraints.items()}
    if container.indexes:
        item["indexes"] = {name: _index_item(each) for name, each in container.indexes.items()}
    return item


def view_item(view: View, own: Mapping[str, ViewProperty]) -> Json:
    """The write form of a view with its own properties; those of a kind that is not known are left out."""
    item = _dump(view, but=_SAID_BY_SERVICE)
    item["implements"] = [_dump(parent) for parent in view.implements or ()]
    written = ((name, _property_item(prop)) for name, prop in own.items())
    item["properties"] = {name: prop for name, prop in written if prop is not None}
    return item


def model_item(model: DataModel) -> Json:
    """The write form of a data model, with references to its views."""
    item = _dump(model, but=_READ_ONLY | {"views"})
    item["views"] = [
        {"type": "view", "space": view.space, "externalId": view.external_id, "version": view.version}
        for view in model.views
    ]
    return item


def own_properties(view: View, views: Mapping[ViewId, View]) -> dict[str, ViewProperty]:
    """
    The properties of a view as it was read that it does not inherit as they are.

    Args:
        view: The view, with what it inherits.
        views: Views as they were read, among them its parents if they are known.
    """
    inherited: dict[str, ViewProperty] = {}
    for parent in view.implements or ():
        known = views.get(parent.as_id())
        for name, prop in {} if known is None else known.properties.items():
            inherited.setdefault(name, prop)
    return {name: prop for name, prop in view.properties.items() if inherited.get(name) != prop}


def _dump(model: Any, *, but: Iterable[str] = ()) -> Json:
    dumped: Json = model.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=set(but))
    return dumped


def _type_item(kind: PropertyType) -> Json:
    item = _dump(kind, but={"source", "values"})
    if kind.values is not None:
        item["values"] = {name: {} if value is None else _dump(value) for name, value in kind.values.items()}
    return item


def _constraint_item(constraint: Constraint) -> Json:
    said = {"state", "by_space", "properties"} if constraint.require is not None else {"state"}
    return _dump(constraint, but=said)


def _index_item(index: Index) -> Json:
    said = {"state"} if index.index_type == "btree" else {"state", "cursorable", "by_space"}
    return _dump(index, but=said)


def _property_item(prop: ViewProperty) -> Json | None:
    match prop:
        case MappedProperty():
            item = _dump(prop, but={"type", "source", "nullable", "immutable", "auto_increment", "default_value"})
            source = prop.source or (None if prop.type is None else prop.type.source)
            return item if source is None else {**item, "source": _dump(source)}
        case EdgeProperty():
            return _dump(prop)
        case ReverseProperty():
            return _dump(prop, but={"targets_list"})
        case _:
            return None


# --- containers that nobody defined ---


def derive_containers(views: Sequence[View]) -> list[Json]:
    """
    The containers that views show, as far as the views tell: types, what must not be null, defaults, what they are for.

    Args:
        views: Views as they were read.

    Returns:
        Their write form, in the order in which they are met.
    """
    found: dict[ContainerId, Json] = {}
    uses: dict[ContainerId, set[str]] = {}
    edge_views = _edge_views(views)
    for view in views:
        used_for = view.used_for or ("edge" if view.as_id() in edge_views else "node")
        for prop in view.properties.values():
            if not isinstance(prop, MappedProperty) or prop.type is None:
                continue
            identifier = prop.container.as_id()
            item = found.setdefault(
                identifier, {"space": identifier.space, "externalId": identifier.external_id, "properties": {}}
            )
            uses.setdefault(identifier, set()).add(used_for)
            derived = _derived_property(prop, prop.type)
            known = item["properties"].setdefault(prop.container_property_identifier, derived)
            known["type"] = {**derived["type"], **known["type"]}  # older answers say less
    for identifier, item in found.items():
        (first, *others) = uses[identifier]
        item["usedFor"] = "all" if others else first
    return list(found.values())


def _derived_property(prop: MappedProperty, kind: PropertyType) -> Json:
    said = _dump(prop, but={"type", "container", "container_property_identifier", "source"})
    return {**said, "type": _type_item(kind)}


def _edge_views(views: Iterable[View]) -> set[ViewId]:
    """The views that properties of edges are read through, and nothing else."""
    edges: set[ViewId] = set()
    nodes: set[ViewId] = set()
    for view in views:
        for prop in view.properties.values():
            if isinstance(prop, EdgeProperty) and prop.edge_source is not None:
                edges.add(prop.edge_source.as_id())
            target = prop.type.source if isinstance(prop, MappedProperty) and prop.type is not None else None
            source = getattr(prop, "source", None) or target
            if isinstance(source, ViewReference):
                nodes.add(source.as_id())
    return edges - nodes
