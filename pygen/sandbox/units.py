"""
Common units, and how to convert between them (dms-api.md 5.5).

Identifiers are `quantity:unit`. A value in the base unit of its quantity is `(value + offset) * multiplier`.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, inf, log10, pi
from typing import NamedTuple

from pygen.sandbox.problems import Refusal

__all__ = ["Conversion", "conversion", "unit_in_system"]

# Exact by definition, but for the barrel's litres, which are cut after nine decimals.
_FOOT, _INCH, _YARD, _MILE = 0.3048, 0.0254, 0.9144, 1609.344
_POUND, _OUNCE = 0.45359237, 0.028349523125
_GRAVITY = 9.80665
_POUND_FORCE = _POUND * _GRAVITY
_PSI = _POUND_FORCE / _INCH**2
_ATMOSPHERE = 101325.0
_BTU = 1055.05585262
_CALORIE = 4.184
_BARREL, _GALLON_UK = 0.158987294928, 0.00454609
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
_TURN = 2 * pi

_MULTIPLIERS: Mapping[str, Mapping[str, float]] = {
    "acceleration": {"m-per-sec2": 1, "ft-per-sec2": _FOOT},
    "angle": {"rad": 1, "deg": pi / 180, "rev": _TURN},
    "angular_velocity": {
        "rad-per-sec": 1,
        "deg-per-sec": pi / 180,
        "rev-per-sec": _TURN,
        "rev-per-min": _TURN / _MINUTE,
        "rev-per-hr": _TURN / _HOUR,
    },
    "area": {
        "m2": 1,
        "decim2": 1e-2,
        "centim2": 1e-4,
        "millim2": 1e-6,
        "ft2": _FOOT**2,
        "in2": _INCH**2,
        "yd2": _YARD**2,
    },
    "density": {"kilogm-per-m3": 1, "gm-per-m3": 1e-3, "milligm-per-m3": 1e-6, "lb-per-ft3": _POUND / _FOOT**3},
    "dimensionless_ratio": {"fraction": 1, "unitless": 1, "percent": 1e-2, "ppth": 1e-3, "ppm": 1e-6, "ppb": 1e-9},
    "dynamic_viscosity": {"pa-sec": 1, "poise": 0.1, "millipa-sec": 1e-3, "centipoise": 1e-3},
    "electric_current": {"a": 1, "millia": 1e-3, "kiloa": 1e3, "megaa": 1e6},
    "electric_potential": {"v": 1, "microv": 1e-6, "milliv": 1e-3, "kilov": 1e3, "megav": 1e6},
    "energy": {
        "j": 1,
        "millij": 1e-3,
        "kiloj": 1e3,
        "megaj": 1e6,
        "gigaj": 1e9,
        "teraj": 1e12,
        "w-sec": 1,
        "w-hr": _HOUR,
        "kilow-hr": _HOUR * 1e3,
        "megaw-hr": _HOUR * 1e6,
        "gigaw-hr": _HOUR * 1e9,
        "teraw-hr": _HOUR * 1e12,
        "btu_it": _BTU,
        "cal_th": _CALORIE,
        "kilocal": _CALORIE * 1e3,
        "ft-lb_f": _FOOT * _POUND_FORCE,
    },
    "force": {"n": 1, "centin": 1e-2, "kilon": 1e3, "lb_f": _POUND_FORCE, "kilolb_f": _POUND_FORCE * 1e3},
    "frequency": {
        "hz": 1,
        "kilohz": 1e3,
        "num-per-sec": 1,
        "per-min": 1 / _MINUTE,
        "num-per-hr": 1 / _HOUR,
    },
    "length": {
        "m": 1,
        "microm": 1e-6,
        "millim": 1e-3,
        "centim": 1e-2,
        "decim": 0.1,
        "kilom": 1e3,
        "in": _INCH,
        "ft": _FOOT,
        "yd": _YARD,
        "mi": _MILE,
    },
    "mass": {
        "kilogm": 1,
        "milligm": 1e-6,
        "centigm": 1e-5,
        "gm": 1e-3,
        "tonne": 1e3,
        "kilotonne": 1e6,
        "lb": _POUND,
        "oz": _OUNCE,
    },
    "mass_flow_rate": {
        "kilogm-per-sec": 1,
        "gm-per-sec": 1e-3,
        "kilogm-per-min": 1 / _MINUTE,
        "kilogm-per-hr": 1 / _HOUR,
        "kilogm-per-day": 1 / _DAY,
        "tonne-per-sec": 1e3,
        "tonne-per-min": 1e3 / _MINUTE,
        "tonne-per-hr": 1e3 / _HOUR,
        "tonne-per-day": 1e3 / _DAY,
        "lb-per-sec": _POUND,
        "lb-per-min": _POUND / _MINUTE,
        "lb-per-hr": _POUND / _HOUR,
    },
    "power": {
        "w": 1,
        "milliw": 1e-3,
        "kilow": 1e3,
        "megaw": 1e6,
        "gigaw": 1e9,
        "teraw": 1e12,
        "j-per-sec": 1,
        "megaj-per-sec": 1e6,
        "v-a": 1,
        "kilov-a": 1e3,
        "megav-a": 1e6,
        "hp": 550 * _FOOT * _POUND_FORCE,
        "btu_it-per-hr": _BTU / _HOUR,
    },
    "pressure": {
        "pa": 1,
        "millipa": 1e-3,
        "hectopa": 1e2,
        "kilopa": 1e3,
        "megapa": 1e6,
        "gigapa": 1e9,
        "millibar": 1e2,
        "bar": 1e5,
        "kilobar": 1e8,
        "barg": 1e5,
        "kilopag": 1e3,
        "atm": _ATMOSPHERE,
        "psi": _PSI,
        "psig": _PSI,
        "kilolb_f-per-in2": _PSI * 1e3,
        "lb_f-per-ft2": _POUND_FORCE / _FOOT**2,
        "n-per-m2": 1,
    },
    "resistance": {"ohm": 1, "milliohm": 1e-3, "kiloohm": 1e3},
    "temperature": {"k": 1, "deg_c": 1, "deg_f": 5 / 9, "deg_r": 5 / 9},
    "time": {
        "sec": 1,
        "microsec": 1e-6,
        "millisec": 1e-3,
        "min": _MINUTE,
        "hr": _HOUR,
        "day": _DAY,
        "wk": 7 * _DAY,
    },
    "torque": {"n-m": 1, "lb_f-ft": _POUND_FORCE * _FOOT, "lb_f-in": _POUND_FORCE * _INCH},
    "velocity": {
        "m-per-sec": 1,
        "millim-per-sec": 1e-3,
        "m-per-hr": 1 / _HOUR,
        "kilom-per-hr": 1e3 / _HOUR,
        "kilom-per-sec": 1e3,
        "ft-per-sec": _FOOT,
        "mi-per-hr": _MILE / _HOUR,
        "kn": 1852 / _HOUR,
    },
    "volume": {
        "m3": 1,
        "l": 1e-3,
        "millil": 1e-6,
        "kilol": 1,
        "decim3": 1e-3,
        "centim3": 1e-6,
        "ft3": _FOOT**3,
        "in3": _INCH**3,
        "yd3": _YARD**3,
        "bbl_us": _BARREL,
        "gal_uk": _GALLON_UK,
    },
    "volume_flow_rate": {
        "m3-per-sec": 1,
        "m3-per-min": 1 / _MINUTE,
        "m3-per-hr": 1 / _HOUR,
        "m3-per-day": 1 / _DAY,
        "l-per-sec": 1e-3,
        "l-per-min": 1e-3 / _MINUTE,
        "l-per-hr": 1e-3 / _HOUR,
        "ft3-per-sec": _FOOT**3,
        "ft3-per-min": _FOOT**3 / _MINUTE,
        "ft3-per-hr": _FOOT**3 / _HOUR,
        "ft3-per-day": _FOOT**3 / _DAY,
        "bbl_us-per-day": _BARREL / _DAY,
        "gal_uk-per-min": _GALLON_UK / _MINUTE,
    },
}
"""By quantity and unit; the first unit of each quantity is its base unit, and that of the SI system."""

_OFFSETS = {
    "temperature:deg_c": 273.15,
    "temperature:deg_f": 459.67,
    "pressure:barg": _ATMOSPHERE / 1e5,
    "pressure:kilopag": _ATMOSPHERE / 1e3,
    "pressure:psig": _ATMOSPHERE / _PSI,
}

_IMPERIAL = {
    "acceleration": "ft-per-sec2",
    "area": "ft2",
    "density": "lb-per-ft3",
    "energy": "btu_it",
    "force": "lb_f",
    "length": "ft",
    "mass": "lb",
    "mass_flow_rate": "lb-per-hr",
    "power": "hp",
    "pressure": "psi",
    "temperature": "deg_f",
    "torque": "lb_f-ft",
    "velocity": "ft-per-sec",
    "volume": "ft3",
    "volume_flow_rate": "ft3-per-sec",
}
_SYSTEMS: Mapping[str, Mapping[str, str]] = {
    "Default": {},
    "SI": {quantity: next(iter(units)) for quantity, units in _MULTIPLIERS.items()},
    "Imperial": _IMPERIAL,
}


class Conversion(NamedTuple):
    """`value * factor + offset`."""

    factor: float
    offset: float

    def apply(self, value: float) -> float:
        """The value in the other unit, free of the noise of binary fractions: 1.1 bar are 110,000 Pa."""
        if self == _SAME:
            return value
        product = value * self.factor
        largest = max(abs(product), abs(self.offset))
        if not self.offset or not 0 < largest < inf:
            return float(f"{product + self.offset:.15g}")
        # A large offset takes digits away: 10 degrees Celsius are 50 degrees Fahrenheit, not 49.9999999999999.
        return round(product + self.offset, 13 - floor(log10(largest)))


_SAME = Conversion(1.0, 0.0)


def conversion(from_unit: str, to_unit: str) -> Conversion:
    """
    How values are converted.

    Raises:
        Refusal: A unit is not known, or they are units of different quantities.
    """
    if from_unit == to_unit:
        return _SAME
    quantity, multiplier = _look_up(from_unit)
    other_quantity, other_multiplier = _look_up(to_unit)
    if quantity != other_quantity:
        raise Refusal(f"Unit '{from_unit}' cannot be converted to '{to_unit}'")
    factor = multiplier / other_multiplier
    return Conversion(factor, _OFFSETS.get(from_unit, 0.0) * factor - _OFFSETS.get(to_unit, 0.0))


def unit_in_system(unit: str, system: str) -> str:
    """
    The unit of the same quantity in a unit system: `Default`, `SI` or `Imperial`; the unit itself where it has none.

    Raises:
        Refusal: The system is not known.
    """
    units = _SYSTEMS.get(system)
    if units is None:
        raise Refusal(f"Unknown unit system '{system}': there are {', '.join(_SYSTEMS)}")
    quantity = unit.partition(":")[0]
    return f"{quantity}:{units[quantity]}" if quantity in units else unit


def _look_up(unit: str) -> tuple[str, float]:
    """The quantity of a unit, and how many base units it is."""
    quantity, _, name = unit.partition(":")
    multiplier = _MULTIPLIERS.get(quantity, {}).get(name)
    if multiplier is None:
        raise Refusal(f"Unknown unit '{unit}'")
    return quantity, multiplier
