"""Units, and how to convert between them (dms-api.md 5.5)."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Conversion", "conversion", "unit_in_system"]


class Conversion(NamedTuple):
    """`value * factor + offset`."""

    factor: float
    offset: float

    def apply(self, value: float) -> float:
        """The value in the other unit, free of the noise of binary fractions: 1.1 bar are 110,000 Pa."""
        raise NotImplementedError


def conversion(from_unit: str, to_unit: str) -> Conversion:
    """
    How values are converted.

    Raises:
        Refusal: A unit is not known, or they are units of different quantities.
    """
    raise NotImplementedError


def unit_in_system(unit: str, system: str) -> str:
    """
    The unit of the same quantity in a unit system: `Default`, `SI` or `Imperial`; the unit itself where it has none.

    Raises:
        Refusal: The system or the unit is not known.
    """
    raise NotImplementedError
