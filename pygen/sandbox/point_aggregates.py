"""
Aggregates of data points, by periods (dms-api.md 10.1).

Between two points that are at most an hour apart a time series has a value at every moment: on the line between them,
or, if it is a step series, that of the earlier one. Averages and continuous variances are taken over the time in which
it has a value; where it has none in a period, over the points. Only periods with points are answered; interpolations
are there for all that start where the series has a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pygen.sandbox.datapoints import BAD, UNCERTAIN, Quality, Slice

if TYPE_CHECKING:
    from sqlite3 import Connection

    from pygen.sandbox.granularity import Periods
    from pygen.sandbox.units import Conversion

__all__ = ["Aggregate", "aggregate_points"]

Json: TypeAlias = dict[str, Any]
Aggregate: TypeAlias = Literal[
    "average",
    "max",
    "maxDatapoint",
    "min",
    "minDatapoint",
    "count",
    "sum",
    "interpolation",
    "stepInterpolation",
    "totalVariation",
    "continuousVariance",
    "discreteVariance",
    "countGood",
    "countUncertain",
    "countBad",
    "durationGood",
    "durationUncertain",
    "durationBad",
]

LONGEST_GAP_MS = 3_600_000
_INTERPOLATIONS = frozenset({"interpolation", "stepInterpolation"})
_COUNTS = frozenset({"countGood", "countUncertain", "countBad"})
_DURATIONS = frozenset({"durationGood", "durationUncertain", "durationBad"})


def aggregate_points(
    db: Connection,
    part: Slice,
    periods: Periods,
    aggregates: Sequence[Aggregate],
    *,
    is_step: bool = False,
    change: Conversion | None = None,
    limit: int,
) -> list[Json]:
    """
    Aggregate the points of a range.

    Args:
        db: The connection.
        part: The range; it starts and ends where periods do.
        periods: The periods.
        aggregates: What is wanted.
        is_step: Whether the series keeps its value until the next point.
        change: What makes of the values those that are aggregated; None: nothing.
        limit: How many periods at most.

    Returns:
        For each period its `timestamp` and the aggregates that it has.
    """
    periods.prepare(db)
    wanted = frozenset(aggregates)
    range_ = _Range(db, part, periods, is_step=is_step, change=change)
    every_point = _Range(db, part._replace(quality=Quality(ignore_bad=False)), periods, is_step=is_step)
    found: dict[int, Json] = {}
    if wanted - _INTERPOLATIONS - _COUNTS - _DURATIONS:
        _merge(found, range_.points(wanted, limit))
    if wanted & _INTERPOLATIONS:
        _merge(found, range_.interpolations(limit))
    if wanted & _COUNTS:
        _merge(found, every_point.counts(limit))
    if wanted & _DURATIONS:
        _merge(found, every_point.durations(limit))
    return [
        {"timestamp": start, **{name: value for name, value in found[start].items() if name in wanted}}
        for start in sorted(found)[:limit]
    ]


def _merge(found: dict[int, Json], rows: Iterable[tuple[int, Json]]) -> None:
    for start, values in rows:
        found.setdefault(start, {}).update(values)


class _Range:
    """Statements over a range of points."""

    def __init__(
        self, db: Connection, part: Slice, periods: Periods, *, is_step: bool, change: Conversion | None = None
    ) -> None:
        self._db = db
        self._part = part
        self._periods = periods
        self._is_step = is_step
        self._value = "value" if change is None else f"(value * {change.factor!r} + {change.offset!r})"

    # --- what is asked of the points ---

    def points(self, wanted: frozenset[str], limit: int) -> Iterable[tuple[int, Json]]:
        """What the points of each period say, and the series between them."""
        rows = self._rows(
            """
            , ranked AS (
                SELECT *, min(v) OVER same AS least, max(v) OVER same AS most FROM point WINDOW same AS (PARTITION BY p)
            )
            SELECT p, count(v), sum(v), avg(v), avg(d * d) - avg(d) * avg(d), min(v), max(v),
                min(iif(v = least, t, NULL)), min(iif(v = most, t, NULL))
            FROM ranked WHERE p >= :start AND p < :end GROUP BY p HAVING count(v) > 0 ORDER BY p LIMIT :limit
            """,
            limit,
        )
        means = self._means(limit) if wanted & {"average", "continuousVariance"} else {}
        variations = self._variations(limit) if "totalVariation" in wanted else {}
        for start, count, total, average, variance, least, most, at_least, at_most in rows:
            mean, continuous = means.get(start, (average, variance))
            yield (
                start,
                {
                    "average": mean,
                    "continuousVariance": max(0.0, continuous),
                    "discreteVariance": max(0.0, variance),
                    "totalVariation": variations.get(start, 0.0),
                    "count": count,
                    "sum": total,
                    "min": least,
                    "max": most,
                    "minDatapoint": {"timestamp": at_least, "value": least},
                    "maxDatapoint": {"timestamp": at_most, "value": most},
                },
            )

    def _means(self, limit: int) -> Mapping[int, tuple[float, float]]:
        """Average and variance of the series over the time in which it has a value."""
        rows = self._rows(
            """
            SELECT p, (SELECT v FROM base), sum((y + y1) / 2 * length) / sum(length),
                sum((y * y + y * y1 + y1 * y1) / 3 * length) / sum(length)
            FROM piece WHERE p >= :start AND p < :end AND y + y1 IS NOT NULL GROUP BY p ORDER BY p LIMIT :limit
            """,
            limit,
        )
        return {start: (base + mean, square - mean * mean) for start, base, mean, square in rows}

    def _variations(self, limit: int) -> Mapping[int, float]:
        rows = self._rows(
            """
            SELECT p, total(iif(p1 = p, abs(v1 - v), NULL))
            FROM stretch WHERE p >= :start AND p < :end GROUP BY p ORDER BY p LIMIT :limit
            """,
            limit,
        )
        return dict(rows)

    def interpolations(self, limit: int) -> Iterable[tuple[int, Json]]:
        """The value of the series where periods start."""
        following = self._periods.after
        gap = f"t1 - t <= {LONGEST_GAP_MS}"
        rows = self._rows(
            f"""
            , moment AS (
                SELECT t, v, t1, v1, iif(p = t, t, {following("p")}) AS x
                FROM stretch WHERE p = t OR ({gap} AND {following("p")} < t1)
                UNION ALL
                SELECT t, v, t1, v1, {following("x")} FROM moment WHERE {gap} AND {following("x")} < t1
            )
            SELECT x, v, iif(x = t, v, {self._value_at("x", "v", "v1")})
            FROM moment WHERE x >= :start AND x < :end AND v IS NOT NULL ORDER BY x LIMIT :limit
            """,
            limit,
        )
        for start, before, value in rows:
            shown = {"stepInterpolation": before, "interpolation": value}
            yield start, {name: each for name, each in shown.items() if each is not None}

    def counts(self, limit: int) -> Iterable[tuple[int, Json]]:
        """How many points of each kind there are."""
        rows = self._rows(
            f"""
            SELECT p, total(s < {UNCERTAIN}), total(s >= {UNCERTAIN} AND s < {BAD}), total(s >= {BAD})
            FROM point WHERE p >= :start AND p < :end GROUP BY p ORDER BY p LIMIT :limit
            """,
            limit,
        )
        for start, *numbers in rows:
            yield start, dict(zip(("countGood", "countUncertain", "countBad"), map(int, numbers), strict=True))

    def durations(self, limit: int) -> Iterable[tuple[int, Json]]:
        """How long the last point was of each kind."""
        rows = self._rows(
            f"""
            SELECT p, total(iif(s < {UNCERTAIN}, length, 0)),
                total(iif(s >= {UNCERTAIN} AND s < {BAD}, length, 0)), total(iif(s >= {BAD}, length, 0))
            FROM piece WHERE p >= :start AND p < :end GROUP BY p ORDER BY p LIMIT :limit
            """,
            limit,
        )
        for start, *lengths in rows:
            names = ("durationGood", "durationUncertain", "durationBad")
            yield start, dict(zip(names, map(int, lengths), strict=True))

    # --- the statement ---

    def _rows(self, select: str, limit: int) -> list[Any]:
        part = self._part
        return self._db.execute(
            self._tables() + select, {"series": part.series, "start": part.start, "end": part.end, "limit": limit}
        ).fetchall()

    def _tables(self) -> str:
        """
        The tables that statements read.

        `point` holds the points of the range and one on either side: moment t, value v, status s, and p, the start of
        its period. d is the value less that of the first point, so that variances do not drown in large numbers.
        `stretch` is the time from each point to the next, t1. `piece` is what of it lies in periods with points, with
        the values y and y1 at its ends, less that of the first point.
        """
        quality = self._part.quality
        value = self._value if quality.ignore_bad else f"iif(status < {quality.first_bad}, {self._value}, NULL)"
        known = f"datapoint WHERE series = :series AND {quality.condition} AND timestamp"
        return f"""
            WITH RECURSIVE near AS (
                SELECT timestamp AS t, {value} AS v, status AS s FROM {known} BETWEEN
                    coalesce((SELECT max(timestamp) FROM {known} < :start), :start)
                    AND coalesce((SELECT min(timestamp) FROM {known} >= :end), :end)
            ),
            base AS (SELECT (SELECT v FROM near WHERE v IS NOT NULL ORDER BY t LIMIT 1) AS v),
            point AS (
                SELECT t, near.v AS v, near.v - base.v AS d, s, {self._periods.start_of("t")} AS p FROM near, base
            ),
            stretch AS (
                SELECT *, lead(t) OVER later AS t1, lead(v) OVER later AS v1, lead(d) OVER later AS d1,
                    lead(p) OVER later AS p1
                FROM point WINDOW later AS (ORDER BY t)
            ),
            part AS (
                SELECT p, t AS x, iif(p1 = p, t1, {self._periods.after("p")}) AS x1, t, t1, d, d1, s
                FROM stretch WHERE t1 - t <= {LONGEST_GAP_MS}
                UNION ALL
                SELECT p1, p1, t1, t, t1, d, d1, s
                FROM stretch WHERE t1 - t <= {LONGEST_GAP_MS} AND p1 > p AND p1 < t1
            ),
            piece AS (
                SELECT p, s, x1 - x AS length, {self._value_at("x", "d", "d1")} AS y,
                    {self._value_at("x1", "d", "d1")} AS y1
                FROM part
            )
        """

    def _value_at(self, moment: str, first: str, last: str) -> str:
        """The value of the series at a moment of a stretch."""
        return first if self._is_step else f"({first} + ({last} - {first}) * (CAST({moment} - t AS REAL) / (t1 - t)))"
