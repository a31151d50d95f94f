"""Made-up values of properties: plausible, within what their types allow, and the same for the same random numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeAlias

from pygen.sandbox.catalog import Prop

__all__ = ["Maker", "maker", "unique_maker"]

Maker: TypeAlias = Callable[[Random, int], Any]
"""Makes the value of an instance by its number, from 1; None: none."""

# fmt: off
_WORDS = (
    "amber", "anchor", "basin", "beacon", "bolt", "bridge", "canal", "cedar", "circuit", "coast", "cobalt", "copper",
    "crest", "delta", "drift", "dune", "east", "ember", "falcon", "fjord", "flow", "forge", "gale", "garnet",
    "granite", "harbor", "haven", "heron", "hollow", "inlet", "iron", "island", "ivory", "juniper", "kelp", "lagoon",
    "lantern", "maple", "marsh", "meadow", "mesa", "moor", "nickel", "north", "oak", "onyx", "orchid", "osprey",
)
# fmt: on
_NAMES = frozenset({"name", "title", "displayname", "display_name"})
_PROSE = ("description", "comment", "summary", "message", "note")
_START = datetime(2024, 1, 1, tzinfo=UTC)
_SECONDS = 2 * 366 * 24 * 3600
_MOST_LISTED = 4

_RANGES: Mapping[str, tuple[float, float]] = {
    "acceleration": (-5.0, 5.0),
    "angle": (0.0, 6.0),
    "angular_velocity": (0.0, 2000.0),
    "current": (0.0, 500.0),
    "energy": (0.0, 10_000.0),
    "frequency": (45.0, 65.0),
    "length": (0.0, 150.0),
    "mass": (1.0, 5000.0),
    "power": (0.0, 15.0),
    "pressure": (0.5, 250.0),
    "temperature": (-20.0, 120.0),
    "time": (0.0, 3600.0),
    "velocity": (0.0, 40.0),
    "voltage": (0.0, 400.0),
    "volume_flow_rate": (0.0, 900.0),
}
"""What values of a quantity are usually between, in whatever unit; a unit's id begins with its quantity."""


def maker(prop: Prop, label: str) -> Maker:
    """
    What makes values of a property that leads nowhere.

    Args:
        prop: The property; no direct relation.
        label: The view and the property, as made-up external ids of time series begin.
    """
    scalar = _scalar(prop, label)
    if not prop.is_list:
        return scalar
    most = min(_MOST_LISTED, prop.definition["type"].get("maxListSize") or _MOST_LISTED)

    def make_list(random: Random, number: int) -> Any:
        length = 1 + int(random.random() * most)
        return [scalar(random, number) for _ in range(length)]

    return make_list


def unique_maker(prop: Prop, label: str, counter: Iterator[int]) -> Maker | None:
    """
    What makes values of a property that no two instances share.

    Args:
        prop: The property.
        label: The view and the property.
        counter: Numbers that nobody else gets.

    Returns:
        None where a property has too few values for that.
    """
    make = _unique_scalar(prop, label, counter)
    if make is None or not prop.is_list:
        return make
    return lambda random, number: [make(random, number)]


def _unique_scalar(prop: Prop, label: str, counter: Iterator[int]) -> Maker | None:
    match prop.type:
        case "text" | "timeseries" | "file" | "sequence":
            return _unique_text(_most_text(prop), label, counter)
        case "int32" | "int64" | "float32" | "float64":
            return lambda _, __: next(counter)
        case "timestamp":
            return lambda _, __: _timestamp(_START + timedelta(seconds=next(counter)))
        case "date":
            return lambda _, __: (_START + timedelta(days=next(counter))).date().isoformat()
        case "json":
            return lambda _, __: {"number": next(counter)}
    return None


def _unique_text(most: int, label: str, counter: Iterator[int]) -> Maker:
    def make(_: Random, number: int) -> str:
        text = f"{label}:{number}"
        return text if len(text.encode()) <= most else str(next(counter))

    return make


def _scalar(prop: Prop, label: str) -> Maker:
    match prop.type:
        case "text":
            return _text(prop, label)
        case "float32" | "float64":
            return _number(prop)
        case "enum":
            return _enum(prop)
        case "timeseries" | "file" | "sequence":
            return lambda _, number: f"{label}:{number}"
    return _PLAIN[prop.type]


_PLAIN: Mapping[str, Maker] = {
    "boolean": lambda random, _: random.random() < 0.5,
    "int32": lambda random, _: int(random.random() * 1000),
    "int64": lambda random, _: int(random.random() * 1000),
    "timestamp": lambda random, _: _timestamp(_START + timedelta(seconds=int(random.random() * _SECONDS))),
    "date": lambda random, _: (_START + timedelta(seconds=random.random() * _SECONDS)).date().isoformat(),
    "json": lambda random, _: {"kind": _word(random), "rank": int(random.random() * 10)},
}


def _word(random: Random) -> str:
    return _WORDS[int(random.random() * len(_WORDS))]


def _text(prop: Prop, label: str) -> Maker:
    most = _most_text(prop)
    lowered = prop.name.lower()
    if lowered in _NAMES and not prop.is_list:
        title = label.partition(".")[0]
        return lambda _, number: f"{title} {number}"[-most:]
    if lowered.endswith(_PROSE):

        def make_prose(random: Random, _: int) -> str:
            words = " ".join(_word(random) for _ in range(4 + int(random.random() * 6)))
            return f"{words.capitalize()}."[:most]

        return make_prose
    return lambda random, _: f"{_word(random)}-{1 + int(random.random() * 20)}"[:most]


def _most_text(prop: Prop) -> int:
    most: int = prop.definition["type"].get("maxTextSize") or 1000
    return most


def _number(prop: Prop) -> Maker:
    low, high = _RANGES.get((prop.unit or "").partition(":")[0], (0.0, 100.0))
    return lambda random, _: round(low + random.random() * (high - low), 2)


def _enum(prop: Prop) -> Maker:
    definition = prop.definition["type"]
    values: Sequence[str] = [name for name in definition["values"] if name != definition.get("unknownValue")]
    if not values:
        return lambda _, __: None
    return lambda random, _: values[int(random.random() * len(values))]


def _timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
