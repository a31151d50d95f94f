"""Periods that data points are aggregated over: so many seconds to months, aligned to their unit (dms-api.md 10.1)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from pygen.sandbox.problems import Refusal

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["Granularity", "Periods", "periods", "read_granularity", "read_time_zone"]

Unit: TypeAlias = Literal["s", "m", "h", "d", "mo"]

_SECOND = 1000
_SIZES: dict[Unit, int] = {"s": _SECOND, "m": 60 * _SECOND, "h": 3600 * _SECOND, "d": 86_400 * _SECOND}
_NAMES: dict[str, Unit] = {
    "s": "s",
    "second": "s",
    "m": "m",
    "minute": "m",
    "h": "h",
    "hour": "h",
    "d": "d",
    "day": "d",
    "mo": "mo",
    "month": "mo",
}
_MOST: dict[Unit, int] = {"s": 120, "m": 120, "h": 100_000, "d": 100_000, "mo": 100_000}
_GRANULARITY = re.compile(rf"(\d{{0,6}})({'|'.join(sorted(_NAMES, key=len, reverse=True))})", re.ASCII)
_OFFSET = re.compile(r"(?:UTC|GMT)(?:([+-])(\d{1,2})(?::?(\d\d))?)?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LAST = datetime(2100, 1, 1, tzinfo=UTC)
"""Data points end with the year before (dms-api.md 10.1)."""


class Granularity(NamedTuple):
    """
    How long a period is.

    Attributes:
        multiple: How many units.
        unit: The unit.
    """

    multiple: int
    unit: Unit


class Periods(NamedTuple):
    """
    The periods of a request, as SQL expressions see them.

    Attributes:
        start: Where the first one starts, in epoch milliseconds.
        end: Where the last one ends.
        size: How long each is in milliseconds; None: they differ.
        bounds: Where the periods start, and the last one ends, where they differ.
    """

    start: int
    end: int
    size: int | None
    bounds: tuple[int, ...] = ()

    def start_of(self, moment: str) -> str:
        """The start of the period that holds a moment."""
        if self.size is None:
            return f"period_start({moment})"
        offset = f"({moment} - {self.start})"
        return f"({moment} - (({offset} % {self.size}) + {self.size}) % {self.size})"

    def after(self, start: str) -> str:
        """The start of the period that follows one with this start."""
        return f"period_after({start})" if self.size is None else f"({start} + {self.size})"

    def prepare(self, db: Connection) -> None:
        """Teach SQLite these periods, where they differ in size."""
        if self.size is not None:
            return
        bounds = self.bounds

        def start(moment: int | None) -> int | None:
            place = 0 if moment is None else bisect_right(bounds, moment)
            return bounds[place - 1] if place else None

        def after(moment: int | None) -> int | None:
            place = len(bounds) if moment is None else bisect_right(bounds, moment)
            return bounds[place] if place < len(bounds) else None

        db.create_function("period_start", 1, start)
        db.create_function("period_after", 1, after)


def read_granularity(text: str) -> Granularity:
    """
    Read `15m`, `1h`, `day`, ...

    Raises:
        Refusal: It is none, or too many units.
    """
    found = _GRANULARITY.fullmatch(text)
    if found is None:
        raise Refusal(f"Invalid granularity '{text[:40]}': expected a number and one of s, m, h, d, mo")
    multiple, unit = int(found[1] or 1), _NAMES[found[2]]
    if not 1 <= multiple <= _MOST[unit]:
        raise Refusal(f"Invalid granularity '{text}': 1 to {_MOST[unit]} {unit} are possible")
    return Granularity(multiple, unit)


def read_time_zone(name: str) -> tzinfo:
    """
    Read `Europe/Oslo`, `UTC+05:30`, ...

    Raises:
        Refusal: It is not known here.
    """
    from zoneinfo import ZoneInfo  # looks for its data on the disk

    found = _OFFSET.fullmatch(name)
    if found is not None:
        hours, minutes = int(found[2] or 0), int(found[3] or 0)
        offset = timedelta(hours=hours, minutes=minutes)
        if hours > 18 or minutes > 59:
            raise Refusal(f"Unknown time zone '{name}'")
        return timezone(-offset if found[1] == "-" else offset)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # it is not there, no name, or the name of a folder
        raise Refusal(f"Unknown time zone '{name[:60]}'") from None


def periods(granularity: Granularity, start: int, end: int, zone: tzinfo = UTC) -> Periods:
    """
    The periods that cover a range: its start is rounded down to the unit, its end up to a whole period.

    Args:
        granularity: How long they are.
        start: Epoch milliseconds, from 1900 on.
        end: Epoch milliseconds, up to 2100.
        zone: Where hours, days and months begin; days and months are those of its calendar.
    """
    if granularity.unit == "mo" or (granularity.unit == "d" and zone is not UTC):
        bounds = tuple(_calendar(granularity, start, end, zone))
        return Periods(bounds[0], bounds[-1], None, bounds)
    unit = _SIZES[granularity.unit]
    shift = _offset_ms(start, zone) if granularity.unit == "h" else 0
    first = (start + shift) // unit * unit - shift
    size = unit * granularity.multiple
    return Periods(first, first + max(1, -(-(end - first) // size)) * size, size)


def _offset_ms(moment: int, zone: tzinfo) -> int:
    offset = _local(moment, zone).utcoffset()
    return 0 if offset is None else offset // _MILLISECOND


def _calendar(granularity: Granularity, start: int, end: int, zone: tzinfo) -> Iterator[int]:
    """Where periods of days or months start, up to the first that starts at the end or later."""
    step = _months_later if granularity.unit == "mo" else _days_later
    local = _local(start, zone)
    first = datetime(local.year, local.month, 1 if granularity.unit == "mo" else local.day, tzinfo=zone)
    number = 0
    while True:
        moment = _moment(step(first, number * granularity.multiple))
        yield moment
        if number and moment >= end:
            return
        number += 1


def _days_later(first: datetime, count: int) -> datetime:
    try:
        return first + timedelta(days=count)  # of the calendar: the zone stays, and its offset may change
    except OverflowError:
        return _LAST


def _months_later(first: datetime, count: int) -> datetime:
    years, month = divmod(first.month - 1 + count, 12)
    year = first.year + years
    return first.replace(year=year, month=month + 1) if year <= _LAST.year else _LAST


def _local(moment: int, zone: tzinfo) -> datetime:
    return (_EPOCH + moment * _MILLISECOND).astimezone(zone)


def _moment(local: datetime) -> int:
    return (local - _EPOCH) // _MILLISECOND
