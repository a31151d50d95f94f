"""Instances, conditions and queries in words, for people who look at them; nothing here asks the service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from reprlib import Repr
from typing import TYPE_CHECKING, Any

from pygen.client.models.ids import EdgeId, NodeId
from pygen.client.resources.instance_calls import LIMIT
from pygen.runtime.meta import EDGE_METADATA, METADATA

if TYPE_CHECKING:
    from pydantic import BaseModel

    from pygen.runtime.base import PygenResource
    from pygen.runtime.spec import Branch, QuerySpec

__all__ = ["branch_words", "condition_words", "counted", "line_of", "lines_of", "parts_of", "short", "title_of"]

_LINE = 160
"""Characters after which the line of an object ends."""
_SHOWN_ITEMS = 5
"""Objects of a list that have a line."""
_SHOWN_VALUES = 5
"""Values of a list in a condition."""


class _Short(Repr):
    """Values as Python writes them, long ones cut in the middle."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 50
        self.maxlong = 40
        self.maxlist = self.maxtuple = 4
        self.maxdict = self.maxlevel = 3

    def repr_datetime(self, value: datetime, _level: int) -> str:
        return f"'{value.isoformat()}'"

    def repr_NodeId(self, value: NodeId, _level: int) -> str:  # noqa: N802 -- reprlib looks for the name of the class
        return self.repr_str(f"{value.space}:{value.external_id}", _level)

    def repr_EdgeId(self, value: EdgeId, level: int) -> str:  # noqa: N802 -- likewise
        return self.repr_NodeId(NodeId(value.space, value.external_id), level)

    def repr_instance(self, value: Any, level: int) -> str:
        if hasattr(value, "__pydantic_fields_set__"):
            return f"{type(value).__name__}({self.repr_str(str(value.external_id), level)})"
        return super().repr_instance(value, level)


_SHORT = _Short()


def short(value: object) -> str:
    """A value as Python writes it, on one line of at most some dozens of characters."""
    return _SHORT.repr(value)


def counted(count: int, noun: str = "item") -> str:
    """A number of things: `1 item`, `1,234 items`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


# --- instances ---


def line_of(item: BaseModel, values: Mapping[str, Any]) -> str:
    """
    An object on one line.

    Args:
        item: The object.
        values: What it says of itself, the most telling first; what does not fit is left out.
    """
    line = f"{type(item).__name__}("
    for number, (name, value) in enumerate(values.items()):
        part = f"{', ' if number else ''}{name}={short(value)}"
        if number > 1 and len(line) + len(part) > _LINE:
            return f"{line}, ...)"
        line += part
    return f"{line})"


def told_of(resource: PygenResource) -> dict[str, Any]:
    """The fields of an instance that have a value, its identifier first."""
    values = resource.__dict__
    fields = ["space", "external_id"]
    fields += ["start_node", "end_node"] if resource.__pygen_edge__ else []
    fields += type(resource).__pygen_props__
    return {name: value for name in fields if (value := values.get(name)) is not None}


def lines_of(title: str, items: Sequence[object]) -> str:
    """A title, and a line for each of the first objects."""
    lines = [f"  {item!r}" for item in items[:_SHOWN_ITEMS]]
    if len(items) > _SHOWN_ITEMS:
        lines.append(f"  ... and {len(items) - _SHOWN_ITEMS:,} more")
    return "\n".join([title, *lines])


# --- conditions ---


def condition_words(kind: type[PygenResource], condition: Mapping[str, Any]) -> str:
    """
    A condition in words; one that this function does not know as JSON.

    Args:
        kind: The class whose instances must meet it; its properties are called by their fields.
        condition: The condition in the form of the wire (dms-api.md 5.2).
    """
    words = _WORDS.get(next(iter(condition), "")) if len(condition) == 1 else None
    operand = next(iter(condition.values()), None)
    try:
        return short(condition) if words is None else words(kind, operand)
    except (AttributeError, KeyError, TypeError, ValueError):  # a hand-made filter may hold anything
        return short(condition)


def _and(kind: type[PygenResource], parts: Iterable[Mapping[str, Any]]) -> str:
    return " and ".join(_grouped(kind, part, "or") for part in parts)


def _or(kind: type[PygenResource], parts: Iterable[Mapping[str, Any]]) -> str:
    return " or ".join(_grouped(kind, part, "and") for part in parts)


def _grouped(kind: type[PygenResource], part: Mapping[str, Any], weaker: str) -> str:
    words = condition_words(kind, part)
    return f"({words})" if weaker in part or ("range" in part and " and " in words) else words


def _not(kind: type[PygenResource], part: Mapping[str, Any]) -> str:
    if "exists" in part:
        return f"{_name(kind, part['exists']['property'])} has no value"
    return "never" if "matchAll" in part else f"not ({condition_words(kind, part)})"


def _range(kind: type[PygenResource], operand: Mapping[str, Any]) -> str:
    name = _name(kind, operand["property"])
    signs = (("gt", ">"), ("gte", ">="), ("lt", "<"), ("lte", "<="))
    return " and ".join(f"{name} {sign} {_value(kind, operand[word])}" for word, sign in signs if word in operand)


def _overlaps(kind: type[PygenResource], operand: Mapping[str, Any]) -> str:
    start, end = _name(kind, operand["startProperty"]), _name(kind, operand["endProperty"])
    signs = (("gt", "after"), ("gte", "from"), ("lt", "before"), ("lte", "to"))
    bounds = [f"{sign} {_value(kind, operand[word])}" for word, sign in signs if word in operand]
    return f"{start} .. {end} overlaps {' '.join(bounds)}"


def _nested(kind: type[PygenResource], operand: Mapping[str, Any]) -> str:
    return f"{_name(kind, operand['scope'])} leads to one where {condition_words(kind, operand['filter'])}"


def _has_data(_: type[PygenResource], operand: Sequence[Mapping[str, Any]]) -> str:
    return f"has data in {', '.join(str(one['externalId']) for one in operand)}"


def _references(kind: type[PygenResource], operand: Sequence[Mapping[str, Any]]) -> str:
    return f"is {_value(kind, operand[0])}" if len(operand) == 1 else f"is one of {_values(kind, operand)}"


def _compared(verb: str, key: str = "value") -> Callable[[type[PygenResource], Any], str]:
    def words(kind: type[PygenResource], operand: Mapping[str, Any]) -> str:
        value = operand[key]
        text = _values(kind, value) if isinstance(value, list) else _value(kind, value)
        return f"{_name(kind, operand['property'])} {verb} {text}"

    return words


_WORDS: dict[str, Callable[[type[PygenResource], Any], str]] = {
    "and": _and,
    "or": _or,
    "not": _not,
    "equals": _compared("="),
    "in": _compared("is one of", "values"),
    "range": _range,
    "prefix": _compared("begins with"),
    "containsAny": _compared("contains any of", "values"),
    "containsAll": _compared("contains all of", "values"),
    "overlaps": _overlaps,
    "nested": _nested,
    "hasData": _has_data,
    "instanceReferences": _references,
    "exists": lambda kind, operand: f"{_name(kind, operand['property'])} has a value",
    "matchAll": lambda *_: "always",
}


def _name(kind: type[PygenResource], path: Sequence[str]) -> str:
    """What the class calls a property; the property's own name where the class does not have it."""
    if len(path) == 2 and path[0] in {"node", "edge"}:
        metadata = EDGE_METADATA if kind.__pygen_edge__ else METADATA
        return next((field for field, wire in metadata.items() if wire == path[1]), path[1])
    info = getattr(kind, "__pygen__", None)
    if info is not None and list(path) == info.path(path[-1]):
        return next((field for field, spec in kind.__pygen_props__.items() if spec.name == path[-1]), path[-1])
    return path[-1]


def _value(kind: type[PygenResource], value: Any) -> str:
    if isinstance(value, Mapping):
        if "property" in value:
            return _name(kind, value["property"])
        if "externalId" in value and "space" in value:
            return f"{value['space']}:{value['externalId']}"
    return short(value)


def _values(kind: type[PygenResource], values: Sequence[Any]) -> str:
    shown = ", ".join(_value(kind, value) for value in values[:_SHOWN_VALUES])
    return f"({shown}, ... {len(values):,} in all)" if len(values) > _SHOWN_VALUES else f"({shown})"


# --- queries ---


def title_of(query: object, spec: QuerySpec[Any]) -> str:
    """What a query is: `Query of WindTurbine`."""
    return f"{type(query).__name__} of {spec.kind.__name__}"


def parts_of(spec: QuerySpec[Any]) -> list[str]:
    """What a query asks for beside its class, a part for each thing that was said."""
    parts = []
    if spec.sets is not None:
        left, right = spec.sets.left, spec.sets.right
        parts.append(f"{spec.sets.operation} of {_nested_query(left)} and {_nested_query(right)}")
    parts += _selection(spec.kind, spec.where, spec.sort, spec.fields)
    parts += [f"with {branch_words(branch)}" for branch in spec.branches]
    if spec.units:
        units = spec.units if isinstance(spec.units, str) else ", ".join(map(" in ".join, spec.units.items()))
        parts.append(f"units: {units}")
    if spec.narrow:
        parts.append("each as its own class")
    if spec.cursor is not None:
        parts.append("from a cursor on")
    if spec.skip:
        parts.append(f"without the first {spec.skip:,}")
    if spec.most is not None:
        parts.append(f"at most {spec.most:,}")
    if spec.chunk_size != LIMIT:
        parts.append(f"in pages of {spec.chunk_size:,}")
    return parts


def _nested_query(spec: QuerySpec[Any]) -> str:
    return f"({', '.join([spec.kind.__name__, *parts_of(spec)])})"


def _selection(
    kind: type[PygenResource],
    where: Mapping[str, Any] | None,
    sort: Sequence[Any],
    fields: Sequence[str] | None,
) -> list[str]:
    parts = [] if where is None else [f"where {condition_words(kind, where)}"]
    if sort:
        keys = (_name(kind, list(key.property)) + (" (descending)" if key.descending else "") for key in sort)
        parts.append(f"sorted by {', '.join(keys)}")
    if fields is not None:
        parts.append(f"only {', '.join(fields) or 'identifiers'}")
    return parts


def branch_words(branch: Branch, name: str = "") -> str:
    """
    What a branch asks for: `blades (where length > 1, at most 3 each)`.

    Args:
        branch: The branch.
        name: What its relation is called, where that is more than its name.
    """
    parts = _selection(branch.relation.target, branch.where, branch.sort, branch.fields)
    parts += [f"with {branch_words(inner)}" for inner in branch.branches]
    if branch.most is not None:
        parts.append(f"at most {branch.most:,} each")
    if branch.depth != 1:
        parts.append(f"{branch.depth:,} levels deep")
    shown = name or branch.relation.name
    return f"{shown} ({', '.join(parts)})" if parts else shown
