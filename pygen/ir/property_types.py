"""Types and default values of container properties, from the wire into the IR."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from pygen.client.models.property_types import PropertyType
from pygen.ir.models import JsonValue
from pygen.ir.problems import EMPTY_ENUM, UNKNOWN_VALUE_MISSING, ProblemKind
from pygen.ir.types import (
    BooleanType,
    DateType,
    EnumType,
    EnumValue,
    FloatType,
    IntegerType,
    IREnum,
    IRType,
    JsonType,
    ReferenceType,
    TextType,
    TimestampType,
    Unit,
)

__all__ = ["Report", "freeze", "read_default", "read_type"]

Report = Callable[[ProblemKind, str, str], None]
"""Takes the kind, the message and the hint of a problem; knows the place."""

_SIMPLE: dict[str, IRType] = {
    "boolean": BooleanType(),
    "int32": IntegerType(32),
    "int64": IntegerType(64),
    "timestamp": TimestampType(),
    "date": DateType(),
    "json": JsonType(),
    "timeseries": ReferenceType("timeseries"),
    "file": ReferenceType("file"),
    "sequence": ReferenceType("sequence"),
}


def read_type(wire: PropertyType, report: Report) -> IRType | None:
    """The type of one value; None for a type this version does not know."""
    simple = _SIMPLE.get(wire.type)
    if simple is not None:
        return simple
    match wire.type:
        case "text":
            return TextType(max_text_size=wire.max_text_size, collation=wire.collation)
        case "float32" | "float64":
            unit = Unit(wire.unit.external_id, wire.unit.source_unit) if wire.unit else None
            return FloatType(32 if wire.type == "float32" else 64, unit)
        case "enum":
            return _read_enum(wire, report)
        case _:
            return None


def _read_enum(wire: PropertyType, report: Report) -> IRType:
    if not wire.values:
        report(EMPTY_ENUM, "the enum has no values; read and written as text", "give it values")
        return TextType()
    values = tuple(
        EnumValue(key, (value and value.name) or None, (value and value.description) or None)
        for key, value in sorted(wire.values.items())
    )
    unknown = wire.unknown_value
    if unknown is not None and unknown not in wire.values:
        report(
            UNKNOWN_VALUE_MISSING,
            f"unknownValue {unknown!r} is not among the values {', '.join(map(repr, sorted(wire.values)))}; ignored",
            "name one of the values, or none",
        )
        unknown = None
    return EnumType(IREnum(values, unknown))


def freeze(value: Any) -> JsonValue:
    """Make a JSON value hashable: arrays become tuples, objects sorted tuples of pairs."""
    if isinstance(value, dict):
        return tuple((key, freeze(item)) for key, item in sorted(value.items()))
    if isinstance(value, list):
        return tuple(freeze(item) for item in value)
    assert value is None or isinstance(value, bool | int | float | str)
    return value


def read_default(value: Any, type_: IRType) -> JsonValue:
    """
    A default value of a property that holds no list.

    Raises:
        ValueError: The value does not fit the type; the message says what would.
    """
    match type_:
        case BooleanType():
            fits, expected = isinstance(value, bool), "true or false"
        case IntegerType(bits):
            if isinstance(value, float) and value.is_integer():
                value = int(value)  # some writers of JSON know no integers
            limit = 2 ** (bits - 1)
            fits = isinstance(value, int) and not isinstance(value, bool) and -limit <= value < limit
            expected = f"a whole number of {bits} bits"
        case FloatType():
            fits, expected = _is_finite(value), "a finite number"
            value = float(value) if fits else value
        case JsonType():
            fits, expected = isinstance(value, dict), "a JSON object"
        case EnumType(enum):
            known = {item.external_id for item in enum.values} - {enum.unknown_value}
            fits, expected = isinstance(value, str) and value in known, "one of the values that can be written"
        case TextType() | TimestampType() | DateType() | ReferenceType():
            fits, expected = isinstance(value, str), "text"
    if not fits:
        raise ValueError(f"should be {expected}")
    return freeze(value)


def _is_finite(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond the range of floats
        return False
