"""Instances by column: what the columns of a frame are, and where the values of each come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import chain, repeat
from typing import Any, Literal, NamedTuple, TypeAlias, get_args, get_origin

from pygen.client.models.ids import NodeId
from pygen.runtime._values import mentions
from pygen.runtime.base import PygenResource
from pygen.runtime.meta import EDGE_METADATA, METADATA

__all__ = [
    "ColumnKind",
    "FrameColumn",
    "ObjectRows",
    "Relations",
    "Rows",
    "WireRows",
    "frame_column",
    "frame_columns",
    "kind_of",
]

ColumnKind: TypeAlias = Literal[
    "text", "choice", "bool", "int32", "int64", "float32", "float64", "timestamp", "date", "json", "node", "external_id"
]
"""What the values of a column are."""

Relations: TypeAlias = Literal["id", "external_id"]
"""How a frame names nodes: by space and external id, or by external id alone."""

_ACCOUNT = ("version", "created_time", "last_updated_time", "node_type")
"""Metadata that says neither which instance it is nor what it connects."""


class FrameColumn(NamedTuple):
    """
    A column of a frame.

    Attributes:
        name: The field of the class.
        wire: What the value is called on the wire.
        kind: What the values are.
        is_list: Whether they are lists of that.
        choices: The values that the model declares, in its order.
        is_property: Whether it belongs to the view rather than to every instance.
        annotation: The type of the field.
    """

    name: str
    wire: str
    kind: ColumnKind
    is_list: bool = False
    choices: tuple[str, ...] = ()
    is_property: bool = True
    annotation: Any = None


def frame_columns(
    kind: type[PygenResource],
    fields: Iterable[str] | None = None,
    *,
    metadata: bool = True,
    relations: Relations = "id",
) -> tuple[FrameColumn, ...]:
    """
    The columns of a frame of instances: what names them first, then the fields of the class in its order.

    Args:
        kind: The class of the instances.
        fields: The properties among the columns, by field; None: all.
        metadata: Whether version, times and type of the instances are columns, too.
        relations: How nodes are named.
    """
    kind.model_rebuild()
    wire_names = EDGE_METADATA if kind.__pygen_edge__ else METADATA
    first = [name for name in wire_names if name in kind.__pydantic_fields__ and (metadata or name not in _ACCOUNT)]
    wanted = None if fields is None else set(fields)
    rest = [
        name for name in kind.__pydantic_fields__ if name in kind.__pygen_props__ and (wanted is None or name in wanted)
    ]
    return tuple(frame_column(kind, name, relations=relations) for name in (*first, *rest))


def frame_column(kind: type[PygenResource], field: str, *, relations: Relations = "id") -> FrameColumn:
    """
    The column of one field.

    Args:
        kind: The class.
        field: The name of one of its fields.
        relations: How nodes are named.
    """
    annotation = kind.__pydantic_fields__[field].annotation
    spec = kind.__pygen_props__.get(field)
    is_list = mentions(annotation, list)
    found: ColumnKind = kind_of(annotation)
    if spec is not None and spec.kind is not None:
        found = spec.kind
    if found == "node" and relations == "external_id":
        found = "external_id"
    choices = _choices(annotation) if found == "choice" else ()
    wire_names = EDGE_METADATA if kind.__pygen_edge__ else METADATA
    wire = wire_names.get(field, field) if spec is None else spec.name
    if found == "choice" and is_list:
        found, choices = "text", ()
    return FrameColumn(field, wire, found, is_list, choices, spec is not None, annotation)


def kind_of(annotation: Any) -> ColumnKind:
    """What values of a type are; of a list, its items."""
    if _choices(annotation):
        return "choice"
    kinds: tuple[tuple[type[Any], ColumnKind], ...] = (
        (NodeId, "node"),
        (datetime, "timestamp"),
        (date, "date"),
        (bool, "bool"),
        (int, "int64"),
        (float, "float64"),
        (str, "text"),
    )
    return next(
        (kind for python, kind in kinds if mentions(annotation, python) and not mentions(annotation, dict)), "json"
    )


def _choices(annotation: Any) -> tuple[str, ...]:
    if get_origin(annotation) is Literal:
        return tuple(get_args(annotation))
    return tuple(chain.from_iterable(_choices(part) for part in get_args(annotation)))


# --- rows ---


class Rows(ABC):
    """
    Instances that are looked at by column.

    Attributes:
        on_wire: Whether values are in the form of the wire rather than as objects have them.
    """

    __slots__ = ()
    on_wire = False

    @abstractmethod
    def __len__(self) -> int:
        """How many instances there are."""

    @abstractmethod
    def values(self, column: FrameColumn) -> list[Any]:
        """The value of each instance."""


class WireRows(Rows):
    """
    Instances as an answer has them.

    Args:
        kind: The class through whose view they were read.
        items: JSON objects (dms-api.md 4.2).
    """

    __slots__ = ("_items", "_properties")
    on_wire = True

    def __init__(self, kind: type[PygenResource], items: Sequence[dict[str, Any]]) -> None:
        self._items = items
        info = getattr(kind, "__pygen__", None)
        self._properties = [] if info is None else _properties(items, info.view.space, info.key)

    def __len__(self) -> int:
        return len(self._items)

    def values(self, column: FrameColumn) -> list[Any]:
        """The value of each instance."""
        rows = self._properties if column.is_property else self._items
        return list(map(dict.get, rows, repeat(column.wire)))


def _properties(items: Sequence[dict[str, Any]], space: str, key: str) -> list[dict[str, Any]]:
    """What instances have in a view; nothing where one says nothing, or no object."""
    try:
        found = [item["properties"][space][key] for item in items]
    except (KeyError, TypeError):
        found = [_within(_within(_within(item, "properties"), space), key) for item in items]
    return found if set(map(type, found)) <= {dict} else [each if type(each) is dict else {} for each in found]


def _within(value: Any, key: str) -> Any:
    return value.get(key) if type(value) is dict else None


class ObjectRows(Rows):
    """Instances as objects; fields that were not read are missing."""

    __slots__ = ("_objects",)

    def __init__(self, objects: Sequence[PygenResource]) -> None:
        self._objects = objects

    def __len__(self) -> int:
        return len(self._objects)

    def values(self, column: FrameColumn) -> list[Any]:
        """The value of each instance."""
        name = column.name
        return [each.__dict__.get(name) for each in self._objects]
