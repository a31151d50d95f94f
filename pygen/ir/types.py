"""
The types a property can have, in DMS terms.

One frozen dataclass per kind, so that a generator dispatches with `match` and a new kind is a type error in every
generator that forgot it. Facts: dms-api.md 3.3 (from the official OpenAPI document).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = [
    "BooleanType",
    "DateType",
    "EnumType",
    "EnumValue",
    "FloatType",
    "IREnum",
    "IRType",
    "IntegerType",
    "JsonType",
    "ReferenceType",
    "TextType",
    "TimestampType",
    "Unit",
]


@dataclass(frozen=True, slots=True)
class TextType:
    """Text; `max_text_size` counts bytes of UTF-8."""

    max_text_size: int | None = None
    collation: str | None = None


@dataclass(frozen=True, slots=True)
class BooleanType:
    """True or false."""


@dataclass(frozen=True, slots=True)
class IntegerType:
    """A signed integer of 32 or 64 bits."""

    bits: Literal[32, 64]


@dataclass(frozen=True, slots=True)
class Unit:
    """
    The unit values are stored in.

    Attributes:
        external_id: Key in the unit catalogue of CDF, e.g. `power:megaw`.
        source_unit: What the source system called it; free text.
    """

    external_id: str
    source_unit: str | None = None


@dataclass(frozen=True, slots=True)
class FloatType:
    """A floating-point number of 32 or 64 bits; never NaN or infinite."""

    bits: Literal[32, 64]
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class TimestampType:
    """A moment in UTC, with millisecond precision."""


@dataclass(frozen=True, slots=True)
class DateType:
    """A calendar date, years 1-9999."""


@dataclass(frozen=True, slots=True)
class JsonType:
    """A JSON object, up to 40,960 bytes."""


@dataclass(frozen=True, slots=True)
class EnumValue:
    """One value of an enum: its identifier on the wire, and what people call it."""

    external_id: str
    name: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class IREnum:
    """
    The values a property may take.

    Attributes:
        values: 1-32 values, sorted by identifier.
        unknown_value: The value that stands for "unknown"; it can be read but not written.
    """

    values: tuple[EnumValue, ...]
    unknown_value: str | None = None


@dataclass(frozen=True, slots=True)
class EnumType:
    """Text that is one of the values of `enum`."""

    enum: IREnum


@dataclass(frozen=True, slots=True)
class ReferenceType:
    """The external id of a classic resource, as text; nothing checks that it exists."""

    resource: Literal["timeseries", "file", "sequence"]


IRType: TypeAlias = (
    TextType | BooleanType | IntegerType | FloatType | TimestampType | DateType | JsonType | EnumType | ReferenceType
)
"""Any kind of value. A list of values is said by the property (`IRProperty.is_list`), not by the type."""
