"""
The form in which spaces, containers, views and data models are written (dms-api.md 3).

What is read holds more than may be written, and DMS refuses keys that it does not know. Wire models and JSON are both
taken, as they were read or made by hand; JSON in write form comes back as it was. Keys of JSON that nothing is known
about are kept, and so is what has the wrong shape: if that is a mistake, `pygen.client.checks` or the service names it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from pygen.client.calls import JsonObject
    from pygen.client.models.base import WireModel
    from pygen.client.models.container import Container
    from pygen.client.models.data_model import DataModel
    from pygen.client.models.space import Space
    from pygen.client.models.view import View

__all__ = ["container_item", "data_model_item", "space_item", "view_item"]

_Change: TypeAlias = "Callable[[Mapping[str, Any]], JsonObject]"

_READ_ONLY = frozenset({"createdTime", "lastUpdatedTime", "isGlobal"})
_READ_ONLY_OF_VIEWS = _READ_ONLY | {"writable", "queryable", "usedFor", "mappedContainers"}
_SAID_BY_CONTAINER = frozenset({"type", "nullable", "immutable", "autoIncrement", "defaultValue", "constraintState"})
_REFERENCE_KEYS = frozenset({"type", "space", "externalId", "version"})


def space_item(space: Space | Mapping[str, Any]) -> JsonObject:
    """Make the write form of a space."""
    return _without(_json(space), _READ_ONLY)


def container_item(container: Container | Mapping[str, Any]) -> JsonObject:
    """Make the write form of a container."""
    item = _without(_json(container), _READ_ONLY)
    _change_each(item, "properties", _container_property)
    _change_each(item, "constraints", _constraint)
    _change_each(item, "indexes", _index)
    return item


def view_item(view: View | Mapping[str, Any], *, own: Collection[str] | None = None) -> JsonObject:
    """
    Make the write form of a view.

    Args:
        view: The view. Read with `includeInheritedProperties=true` it has the properties of its ancestors, too;
            written like that, they become its own (dms-api.md 12, 23).
        own: The properties to keep; None keeps all.
    """
    item = _without(_json(view), _READ_ONLY_OF_VIEWS)
    _change_each(item, "implements", _view_reference)
    _change_each(item, "properties", _view_property)
    if own is not None and isinstance(item.get("properties"), Mapping):
        item["properties"] = {name: value for name, value in item["properties"].items() if name in own}
    return item


def data_model_item(model: DataModel | Mapping[str, Any]) -> JsonObject:
    """
    Make the write form of a data model.

    A view that stands in it as a whole is written with it, with all its properties; a system view is referred to, as
    nobody can write it. JSON that only names a view is a reference, with or without its `type`.
    """
    item = _without(_json(model, but="views"), _READ_ONLY)
    views = model.get("views") if isinstance(model, Mapping) else model.views
    if isinstance(views, list | tuple):
        item["views"] = [_view_of_model(view) for view in views]
    return item


def _json(found: WireModel | Mapping[str, Any], *, but: str = "") -> Mapping[str, Any]:
    """The JSON of a wire model; what has its default is left out, as DMS has the same defaults."""
    if isinstance(found, Mapping):
        return found
    return found.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={but})


def _without(found: Mapping[str, Any], keys: Collection[str] = ()) -> JsonObject:
    """All but *keys*, and but null, which means the same as nothing (dms-api.md 2.2)."""
    return {key: value for key, value in found.items() if value is not None and key not in keys}


def _change(item: JsonObject, key: str, change: _Change) -> None:
    """Change the object under *key*, if one is there."""
    if isinstance(item.get(key), Mapping):
        item[key] = change(item[key])


def _change_each(item: JsonObject, key: str, change: _Change) -> None:
    """Change each object of those under *key*, be they listed or named."""
    found = item.get(key)
    if isinstance(found, Mapping):
        item[key] = {name: change(one) if isinstance(one, Mapping) else one for name, one in found.items()}
    elif isinstance(found, list | tuple):
        item[key] = [change(one) if isinstance(one, Mapping) else one for one in found]


def _reference(found: Mapping[str, Any]) -> JsonObject:
    """A view or a container with the `type` that bodies must say; only views have versions."""
    return {"type": "view" if "version" in found else "container", **_without(found)}


def _view_reference(found: Mapping[str, Any]) -> JsonObject:
    return {"type": "view", **_without(found)}


def _container_property(found: Mapping[str, Any]) -> JsonObject:
    item = _without(found, {"constraintState"})
    _change(item, "type", _property_type)
    return item


def _property_type(found: Mapping[str, Any]) -> JsonObject:
    kind = _without(found)
    _change(kind, "container", _reference)
    _change(kind, "unit", _without)
    if kind.get("type") == "enum":
        _change(kind, "values", _enum_values)
        if kind.get("list") is False:  # answered for every type, but unknown to the write form of this one
            del kind["list"]
    return kind


def _enum_values(found: Mapping[str, Any]) -> JsonObject:
    """Make every value an object, be it an empty one; null is not among what may be written."""
    values = {name: {} if texts is None else texts for name, texts in found.items()}
    return {name: _without(texts) if isinstance(texts, Mapping) else texts for name, texts in values.items()}


def _constraint(found: Mapping[str, Any]) -> JsonObject:
    item = _without(found, {"state"})
    _change(item, "require", _reference)
    return item


def _index(found: Mapping[str, Any]) -> JsonObject:
    return _without(found, {"state"})


def _view_property(found: Mapping[str, Any]) -> JsonObject:
    """Make the write form of a property of any kind."""
    is_mapped = found.get("container") is not None
    item = _mapped_property(found) if is_mapped else _without(found, {"targetsList"})
    _change(item, "through", _through)
    _change(item, "source", _view_reference)
    _change(item, "edgeSource", _view_reference)
    return item


def _mapped_property(found: Mapping[str, Any]) -> JsonObject:
    """Drop what the container says; of a direct relation keep the view, which is read inside the type (3.5)."""
    item = _without(found, _SAID_BY_CONTAINER)
    _change(item, "container", _reference)
    kind = found.get("type")
    source = kind.get("source") if isinstance(kind, Mapping) else None
    if source is not None:
        item.setdefault("source", source)
    return item


def _through(found: Mapping[str, Any]) -> JsonObject:
    item = _without(found)
    _change(item, "source", _reference)
    return item


def _view_of_model(found: Any) -> Any:
    """Write a view as a whole or by its name, as it was found; what is neither is left as it is."""
    from pygen.client.models.references import ViewReference  # pydantic: not for whoever writes none
    from pygen.client.models.view import View

    if isinstance(found, View):
        return _referred(_json(found)) if found.is_global else view_item(found)
    if isinstance(found, ViewReference):
        return _view_reference(_json(found))
    if not isinstance(found, Mapping):
        return found
    if found.get("isGlobal") is True:
        return _referred(found)
    item = view_item(found)
    return _view_reference(item) if item.keys() <= _REFERENCE_KEYS else item


def _referred(view: Mapping[str, Any]) -> JsonObject:
    return {"type": "view", **{key: view[key] for key in ("space", "externalId", "version") if key in view}}
