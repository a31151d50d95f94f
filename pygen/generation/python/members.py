"""What a property of a view means to Python, as far as names and inheritance need to know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, assert_never

from pygen.ir.models import DirectRelation, IRMember, IRProperty, IRRelationship
from pygen.ir.types import (
    BooleanType,
    DateType,
    EnumType,
    FloatType,
    IntegerType,
    IRType,
    JsonType,
    ReferenceType,
    TextType,
    TimestampType,
)

__all__ = [
    "FILTER_OPS",
    "FilterOp",
    "filter_ops",
    "is_optional_on_read",
    "is_required_on_write",
    "usual_filter_name",
    "usual_id_name",
]

FilterOp: TypeAlias = Literal["is", "min", "max", "prefix"]

FILTER_OPS: Mapping[str, FilterOp] = {"is": "is", "min": "min", "max": "max", "prefix": "prefix"}
"""The operators of keyword filters, by their spelling."""


def filter_ops(member: IRMember) -> tuple[FilterOp, ...]:
    """The keyword filters that a property offers; of a list, only whether it holds any of some values."""
    if isinstance(member, IRRelationship):
        return ("is",) if isinstance(member.connection, DirectRelation) else ()
    ops = _ops_of_one(member.type)
    return ops[:1] if member.is_list else ops


def _ops_of_one(kind: IRType) -> tuple[FilterOp, ...]:
    match kind:
        case TextType():
            return ("is", "prefix")
        case IntegerType() | FloatType() | TimestampType() | DateType():
            return ("is", "min", "max")
        case BooleanType() | EnumType() | ReferenceType():
            return ("is",)
        case JsonType():
            return ()
        case _:
            assert_never(kind)


def usual_filter_name(field: str, op: FilterOp) -> str:
    """What a keyword filter is called when nothing is in the way."""
    if op == "is":
        return field
    return f"{field}_prefix" if op == "prefix" else f"{op}_{field}"


def usual_id_name(field: str, member: IRMember) -> str:
    """What the field with the id or ids of a direct relation is called when nothing is in the way."""
    return f"{field}_ids" if member.is_list else f"{field}_id"


def is_optional_on_read(member: IRMember) -> bool:
    """Whether an instance that was read may lack the value: it is nullable, or older than its default."""
    if isinstance(member, IRProperty):
        return member.nullable or member.default is not None
    return not isinstance(member.connection, DirectRelation) or member.connection.nullable


def is_required_on_write(member: IRMember) -> bool:
    """Whether a new instance must name a value."""
    if isinstance(member, IRProperty):
        return not (member.nullable or member.default is not None or member.auto_increment)
    return isinstance(member.connection, DirectRelation) and not member.connection.nullable
