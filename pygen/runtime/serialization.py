"""From objects that were read to what is written: as objects of write classes, and as the item that `save` sends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import ValidationError

from pygen.client.resources.instance_calls import view_reference
from pygen.runtime import _state
from pygen.runtime._values import to_json
from pygen.runtime.base import PygenResource, PygenWrite, instance_id
from pygen.runtime.errors import NotWritableError
from pygen.runtime.references import json_id
from pygen.runtime.selecting import partial_write, required_is_unknown

__all__ = ["as_write", "changed_properties", "moment", "save_item"]

WriteT = TypeVar("WriteT", bound=PygenWrite)


def as_write(resource: PygenResource, write: type[WriteT]) -> WriteT:
    """
    The fields of a resource that were read or set, as an object of its write class.

    Of an object that was read with `fields()`, the fields that were selected: written, they change the instance, and
    everything else stays. A field without a value that the service did not tell is not set: where the object is written
    as a new instance, such a field gets the model's default, if it has one; set it to None to write it without.

    `existing_version` stays open, so that the object can be written more than once; set it to `resource.version` to
    refuse overwriting what somebody else has changed meanwhile.

    Raises:
        NotWritableError: A value cannot be written, e.g. one that is new to the enum, or was converted to another unit.
    """
    fields = {spec.name: field for field, spec in write.__pygen_props__.items()}
    values: dict[str, Any] = {"space": resource.space, "external_id": resource.external_id}
    if resource.node_type is not None:
        values["node_type"] = resource.node_type
    if resource.__pygen_edge__:
        values |= {name: getattr(resource, name) for name in ("edge_type", "start_node", "end_node")}
    for field, spec in type(resource).__pygen_props__.items():
        if field in resource.model_fields_set and spec.name in fields:
            values[fields[spec.name]] = value = getattr(resource, field)
            if value is not None:
                _check_unit(resource, field)
    try:
        return write(**values)
    except ValidationError as error:
        if required_is_unknown(resource, error, fields):
            return partial_write(write, values)
        detail = error.errors(include_url=False)[0]
        place = ".".join([write.__name__, *(str(part) for part in detail["loc"][:1])])
        raise NotWritableError(place, f"{detail['msg']}, not {detail['input']!r}") from None


def changed_properties(resource: PygenResource, changed: Mapping[str, Any]) -> dict[str, Any]:
    """
    Changed fields as properties on the wire.

    Args:
        resource: The resource.
        changed: Its changed fields and their values.

    Raises:
        NotWritableError: A field is read-only, was converted to another unit, or its value cannot be written.
    """
    kind = type(resource)
    info = kind.__pygen__
    if info.write is None:
        raise NotWritableError(kind.__name__, f"the view {info.view} is read-only")
    fields = {spec.name: field for field, spec in info.write.__pygen_props__.items()}
    # Required fields are missing here, on purpose: only the values that changed are checked, and only they are sent.
    info.write.model_rebuild()
    draft = info.write.model_construct(space=resource.space, external_id=resource.external_id)
    properties = {}
    for field, value in changed.items():
        name = kind.__pygen_props__[field].name
        if name not in fields:
            raise NotWritableError(f"{kind.__name__}.{field}", "it is read-only")
        _check_unit(resource, field)
        try:
            info.write.__pydantic_validator__.validate_assignment(draft, fields[name], value)
        except ValidationError as error:
            detail = error.errors(include_url=False)[0]
            raise NotWritableError(f"{kind.__name__}.{field}", f"{detail['msg']}, not {detail['input']!r}") from None
        try:
            properties[name] = to_json(value)
        except TypeError as error:
            raise NotWritableError(f"{kind.__name__}.{field}", str(error)) from None
    return properties


def _check_unit(resource: PygenResource, field: str) -> None:
    """
    See that a field's value is in the unit that the service stores.

    Raises:
        NotWritableError: It was read in another one.
    """
    page = _state.page_of(resource)
    stored = type(resource).__pygen_props__[field].unit
    if page is None or not page.units or stored is None:
        return
    unit = page.units if isinstance(page.units, str) else page.units.get(field)
    if unit not in {None, stored}:
        raise NotWritableError(
            f"{type(resource).__name__}.{field}",
            f"it was read in {unit}, and is stored in {stored}; read the object without target_units to change it",
        )


def save_item(resource: PygenResource, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The item that writes *properties* of a resource that exists."""
    key = instance_id(resource)
    kind = "edge" if resource.__pygen_edge__ else "node"
    item: dict[str, Any] = {"instanceType": kind, **json_id(key)}
    if resource.__pygen_edge__:
        names = {"type": "edge_type", "startNode": "start_node", "endNode": "end_node"}
        item |= {wire: json_id(getattr(resource, name)) for wire, name in names.items()}
    source = {"source": view_reference(type(resource).__pygen__.view), "properties": dict(properties)}
    return {**item, "sources": [source]}


@lru_cache(maxsize=1024)  # all items of a request have the same one
def moment(milliseconds: int) -> datetime:
    """A point in time of the service, which counts milliseconds."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)
