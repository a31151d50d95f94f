"""
Making external ids for objects that are written without one.

`external_ids=` of a client or of one upsert takes a function, or a function for each class: `uuid_ids`, `sha256_ids`,
or one's own, e.g. `{WindTurbineWrite: lambda turbine: f"turbine-{turbine.serial_number}"}`. The id is kept in the
object, so that whatever refers to it, and another upsert of it, agree.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, TypeAlias
from uuid import uuid4

from pydantic import ValidationError

from pygen.client.models.ids import EdgeId, NodeId
from pygen.runtime._values import to_json
from pygen.runtime.base import PygenEdgeWrite, PygenResource, PygenWrite
from pygen.runtime.errors import SdkError
from pygen.runtime.references import LinkWrite
from pygen.runtime.writing_shapes import shape_of

__all__ = ["ExternalIds", "check_external_ids", "identify", "sha256_ids", "uuid_ids"]

ExternalIds: TypeAlias = "Callable[[PygenWrite], str] | Mapping[type[PygenWrite], Callable[[Any], str]]"
"""
Makes external ids: a function for all nodes, or functions by class.

Of several classes in a mapping the most special one counts. Edges get the id that follows from type and ends
(`edge_external_id`), unless the mapping names their class.
"""

_NOT_DATA = frozenset({"space", "external_id", "existing_version"})


def uuid_ids(written: PygenWrite) -> str:  # noqa: ARG001 -- any object gets one
    """A random UUID: a new id for each object, so that every run of a script makes new instances."""
    return str(uuid4())


def sha256_ids(written: PygenWrite) -> str:
    """
    The SHA-256 of the object's view and data, as 64 hexadecimal digits: the same data get the same id.

    Data are the fields that are set to something, with nested objects by their ids. Space and `existing_version` do not
    count, nor does whether a field is None or left out. Writing the same data twice therefore makes one instance;
    changed data make another one.

    Raises:
        SdkError: A nested object has no id: it leads back to this one, or this was called by hand.
    """
    kind = type(written)
    shape = shape_of(kind)
    data = {
        spec.name: _digestible(written, value, refers=field in shape.nesting)
        for field, spec in kind.__pygen_props__.items()
        if (value := written.__dict__[field]) is not None
    }
    metadata = {
        field: _digestible(written, value, refers=field.endswith("_node"))
        for field in kind.__pydantic_fields__
        if field not in kind.__pygen_props__ and field not in _NOT_DATA
        if (value := written.__dict__[field]) is not None
    }
    view = written.__pygen__.view
    whole = [[view.space, view.external_id, view.version], metadata, data]
    text = json.dumps(whole, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def _digestible(owner: PygenWrite, value: Any, *, refers: bool) -> Any:
    """
    A value as JSON, with objects by their ids.

    Args:
        owner: The object that gets an id.
        value: One of its values.
        refers: Whether it names nodes, so that a text is an external id.
    """
    match value:
        case LinkWrite():
            edge = type(value.edge)
            properties = {
                field: _digestible(owner, given, refers=field in shape_of(edge).nesting)
                for field in edge.__pygen_props__
                if (given := value.edge.__dict__[field]) is not None
            }
            return {"node": _digestible(owner, value.node, refers=True), "edge": properties}
        case PygenWrite():
            if not value.external_id:
                raise SdkError(
                    f"{type(owner).__name__} refers to a {type(value).__name__} that has no external id yet, so there "
                    "is nothing to make its own id of: they refer to each other in a circle; give one of them an "
                    "external_id, or use uuid_ids for its class"
                )
            return [value.space, value.external_id]
        case PygenResource() | NodeId() | EdgeId():
            return [value.space, value.external_id]
        case list():
            return [_digestible(owner, item, refers=refers) for item in value]
        case datetime():  # moments are the same in every zone
            with suppress(OverflowError):  # in another zone it would not be within the years 1 to 9999
                value = (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
    return [None, value] if refers else to_json(value)


def check_external_ids(given: object) -> None:
    """
    See that something makes external ids, before there is anything to make one for.

    Raises:
        TypeError: It is no function and no mapping of write classes to functions; None is fine.
    """
    if isinstance(given, Mapping):
        for kind, make in given.items():
            if not (isinstance(kind, type) and issubclass(kind, PygenWrite)):
                name = kind.__name__ if isinstance(kind, type) else repr(kind)
                raise TypeError(f"external_ids is by write classes (WindTurbineWrite: ...), not by {name}")
            if not callable(make):
                raise TypeError(f"external_ids of {kind.__name__} is a function, not {make!r}")
    elif given is not None and not callable(given):
        raise TypeError(f"external_ids is a function (uuid_ids, sha256_ids) or one for each class, not {given!r}")


def identify(written: PygenWrite, external_ids: ExternalIds | None) -> str:
    """
    The external id of an object; one that is made is kept in it.

    Returns:
        The id; an empty text for an edge that is given none.

    Raises:
        SdkError: A node has none and nothing makes one, or what is made is no external id.
    """
    if written.external_id:
        return written.external_id
    kind = type(written)
    is_edge = isinstance(written, PygenEdgeWrite)
    make = _maker(kind, external_ids, is_edge=is_edge)
    if make is None:
        if is_edge:
            return ""
        raise SdkError(
            f"a {kind.__name__} has no external_id: give it one, or let them be made with external_ids=uuid_ids or "
            "sha256_ids (of pygen.runtime), or with a function of your own, at the client or at upsert()"
        )
    made: Any = make(written)
    try:
        if not isinstance(made, str) or not made:
            raise SdkError(f"external_ids made {made!r} for a {kind.__name__}, which is no external id")
        written.external_id = made
    except ValidationError as error:
        reason = error.errors(include_url=False)[0]["msg"]
        raise SdkError(f"external_ids made {made[:60]!r} for a {kind.__name__}: {reason}") from None
    return made


def _maker(kind: type[PygenWrite], external_ids: ExternalIds | None, *, is_edge: bool) -> Callable[[Any], str] | None:
    """What makes ids for objects of a class."""
    if external_ids is None:
        return None
    if isinstance(external_ids, Mapping):
        found = [(base, external_ids[base]) for base in kind.__mro__ if base in external_ids]
        # What is said for all objects is meant for nodes: edges have a rule of their own.
        return next((make for base, make in found if not is_edge or issubclass(base, PygenEdgeWrite)), None)
    return None if is_edge else external_ids
