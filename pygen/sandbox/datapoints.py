"""Data points: how they are kept, and read one by one (dms-api.md 10.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from pygen.sandbox.classic import ensure_tables, purge_with_node

if TYPE_CHECKING:
    from sqlite3 import Connection

    from pygen.sandbox.store import Store

__all__ = [
    "BAD",
    "UNCERTAIN",
    "Point",
    "Quality",
    "Slice",
    "delete_points",
    "latest_point",
    "outside_points",
    "prepare_points",
    "put_points",
    "read_points",
]


UNCERTAIN = 0x4000_0000
BAD = 0x8000_0000
"""Where the status codes of these kinds begin; below are the good ones."""

_TABLES = f"""
CREATE TABLE datapoint (
    series INTEGER NOT NULL, timestamp INTEGER NOT NULL, value, status INTEGER NOT NULL,
    PRIMARY KEY (series, timestamp)
) WITHOUT ROWID;
{purge_with_node("datapoint", "series")}
"""


class Point(NamedTuple):
    """
    A data point.

    Attributes:
        timestamp: Epoch milliseconds.
        value: None for some bad points.
        status: The code; 0 is good.
    """

    timestamp: int
    value: float | str | None
    status: int = 0


class Quality(NamedTuple):
    """
    Which points count.

    Attributes:
        ignore_bad: Whether bad points are passed over as if they were not there.
        uncertain_is_bad: Whether uncertain ones are taken for bad ones.
    """

    ignore_bad: bool = True
    uncertain_is_bad: bool = True

    @property
    def first_bad(self) -> int:
        """Where the status codes begin that are bad."""
        return UNCERTAIN if self.uncertain_is_bad else BAD

    @property
    def condition(self) -> str:
        """A condition for the points that are there."""
        return f"status < {self.first_bad}" if self.ignore_bad else "1"


class Slice(NamedTuple):
    """
    Points of a time series in a range.

    Attributes:
        series: Its number.
        start: Epoch milliseconds, included.
        end: Epoch milliseconds, not included.
        quality: Which points count.
    """

    series: int
    start: int
    end: int
    quality: Quality


def prepare_points(store: Store) -> None:
    """Create the tables; outside of transactions."""
    ensure_tables(store, "datapoint", _TABLES)


def put_points(db: Connection, series: int, points: Sequence[Point]) -> None:
    """Write points over those of the same moments."""
    db.executemany(
        "INSERT INTO datapoint VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, "
        "status = excluded.status",
        ((series, *point) for point in points),
    )


def delete_points(db: Connection, series: int, start: int, end: int | None) -> None:
    """Delete the points from a moment to before another; None: only those of the moment."""
    db.execute(
        "DELETE FROM datapoint WHERE series = ? AND timestamp >= ? AND timestamp < ?",
        [series, start, start + 1 if end is None else end],
    )


# --- single points ---


def read_points(db: Connection, part: Slice, limit: int) -> list[Point]:
    """The first points of a range."""
    return _points(db, part, "timestamp >= ? AND timestamp < ? ORDER BY timestamp", [part.start, part.end], limit)


def outside_points(db: Connection, part: Slice) -> tuple[list[Point], list[Point]]:
    """The last point before a range, and the first one after it, if there are such points."""
    return (
        _points(db, part, "timestamp < ? ORDER BY timestamp DESC", [part.start], 1),
        _points(db, part, "timestamp >= ? ORDER BY timestamp", [part.end], 1),
    )


def latest_point(db: Connection, part: Slice) -> list[Point]:
    """The last point before the end of a range, if there is one."""
    return _points(db, part, "timestamp < ? ORDER BY timestamp DESC", [part.end], 1)


def _points(db: Connection, part: Slice, condition: str, values: Sequence[int], limit: int) -> list[Point]:
    rows = db.execute(
        f"SELECT timestamp, value, status FROM datapoint WHERE series = ? AND {part.quality.condition} "
        f"AND {condition} LIMIT ?",
        [part.series, *values, limit],
    )
    return [Point(*row) for row in rows]
