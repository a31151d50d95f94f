"""Time series and their data points (dms-api.md 10.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeAlias

from pydantic import Field

from pygen.sandbox.classic import (
    MOST_RESOURCES,
    Kind,
    NodeReference,
    Resource,
    create,
    find,
)
from pygen.sandbox.cursors import make_cursor, read_cursor
from pygen.sandbox.datapoints import (
    BAD,
    UNCERTAIN,
    Point,
    Quality,
    Slice,
    delete_points,
    latest_point,
    outside_points,
    prepare_points,
    put_points,
    read_points,
)
from pygen.sandbox.granularity import Periods, periods, read_granularity, read_time_zone
from pygen.sandbox.http import Reply, json_reply
from pygen.sandbox.point_aggregates import Aggregate, aggregate_points
from pygen.sandbox.problems import Refusal
from pygen.sandbox.shapes import Shape
from pygen.sandbox.units import Conversion, conversion, unit_in_system

if TYPE_CHECKING:
    from sqlite3 import Connection

    from pygen.sandbox.store import Store

__all__ = [
    "create_time_series",
    "delete_datapoints",
    "insert_datapoints",
    "latest_datapoints",
    "list_datapoints",
    "retrieve_time_series",
]

Json: TypeAlias = dict[str, Any]

FIRST_MS, LAST_MS = -2_208_988_800_000, 4_102_444_799_999
"""The years 1900 to 2099."""
MOST_SERIES = 100
MOST_SERIES_WRITTEN = 10_000
MOST_POINTS = 100_000
MOST_AGGREGATES = 10_000
USUAL_LIMIT = 100
_MOST_VALUE = 1e100
_MOST_TEXT_BYTES = 1023


def _complete(shown: Json) -> Json:
    is_string = shown.pop("type", "numeric") == "string"
    kind = "string" if is_string else "numeric"
    return {"isStep": False, **shown, "isString": is_string, "type": kind}


TIME_SERIES = Kind(
    "timeseries",
    missing=lambda _: "Time series not found",
    duplicated=lambda keys: Refusal("Duplicate time series references", status=422, extra={"duplicated": list(keys)}),
    container="CogniteTimeSeries",
    shown={
        "name": ("CogniteDescribable", "name"),
        "description": ("CogniteDescribable", "description"),
        "type": ("CogniteTimeSeries", "type"),
        "isStep": ("CogniteTimeSeries", "isStep"),
        "unit": ("CogniteTimeSeries", "sourceUnit"),
        "unitExternalId": ("CogniteTimeSeries", "unit"),
    },
    complete=_complete,
)


# --- what is asked for ---

_Moment: TypeAlias = int | str
_Timestamp: TypeAlias = Annotated[int, Field(ge=FIRST_MS, le=LAST_MS)]
_Aggregates: TypeAlias = Annotated[list[Aggregate], Field(min_length=1)]


class _New(Shape):
    external_id: Annotated[str, Field(max_length=255)] | None = None
    name: Annotated[str, Field(max_length=255)] | None = None
    is_string: bool | None = None
    metadata: dict[str, str] | None = None
    unit: Annotated[str, Field(max_length=32)] | None = None
    unit_external_id: Annotated[str, Field(max_length=64)] | None = None
    asset_id: int | None = None
    is_step: bool | None = None
    description: Annotated[str, Field(max_length=1000)] | None = None
    security_categories: list[int] | None = None
    data_set_id: int | None = None


class _Creation(Shape):
    items: Annotated[list[_New], Field(min_length=1, max_length=MOST_RESOURCES)]


class _ByIds(Shape):
    items: Annotated[list[NodeReference], Field(min_length=1, max_length=MOST_RESOURCES)]
    ignore_unknown_ids: bool | None = None


class _Status(Shape):
    code: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    symbol: str | None = None


class _Point(Shape):
    timestamp: _Timestamp
    value: float | str | None = None
    status: _Status | None = None


class _Insertion(NodeReference):
    datapoints: list[_Point]


class _Insertions(Shape):
    items: Annotated[list[_Insertion], Field(min_length=1, max_length=MOST_SERIES_WRITTEN)]


class _Deletion(NodeReference):
    inclusive_begin: Annotated[int, Field(ge=FIRST_MS, lt=2**63 - 1)]
    exclusive_end: Annotated[int, Field(ge=FIRST_MS, lt=2**63 - 1)] | None = None


class _Deletions(Shape):
    items: Annotated[list[_Deletion], Field(min_length=1, max_length=MOST_SERIES_WRITTEN)]


class _Look(NodeReference):
    target_unit: str | None = None
    target_unit_system: str | None = None
    include_status: bool | None = None
    ignore_bad_data_points: bool | None = None
    treat_uncertain_as_bad: bool | None = None

    @property
    def quality(self) -> Quality:
        return Quality(self.ignore_bad_data_points is not False, self.treat_uncertain_as_bad is not False)


class _Latest(_Look):
    before: _Moment | None = None


class _Latests(Shape):
    items: Annotated[list[_Latest], Field(min_length=1, max_length=MOST_SERIES)]
    ignore_unknown_ids: bool | None = None


class _Query(_Look):
    start: _Moment | None = None
    end: _Moment | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_POINTS)] | None = None
    aggregates: _Aggregates | None = None
    granularity: str | None = None
    include_outside_points: bool | None = None
    time_zone: str | None = None
    cursor: str | None = None


class _Queries(Shape):
    items: Annotated[list[_Query], Field(min_length=1, max_length=MOST_SERIES)]
    start: _Moment | None = None
    end: _Moment | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_POINTS)] | None = None
    aggregates: _Aggregates | None = None
    granularity: str | None = None
    include_outside_points: bool | None = None
    time_zone: str | None = None
    ignore_unknown_ids: bool | None = None

    def completed(self, item: _Query) -> _Query:
        """The item with what it leaves to the request."""
        names = [name for name in _Queries.model_fields if name in _Query.model_fields and getattr(item, name) is None]
        return item.model_copy(update={name: getattr(self, name) for name in names})


# --- time series ---


def create_time_series(store: Store, body: Json, _params: Mapping[str, str]) -> Reply:
    """`POST /timeseries`: time series that belong to no node."""
    items = _Creation.read(body).items
    prepare_points(store)
    with store.writing():
        made = create(store, TIME_SERIES, [(item.external_id, _body(item)) for item in items])
    return json_reply(201, {"items": [resource.read() for resource in made]})


def _body(item: _New) -> Json:
    given = item.given()
    given.pop("externalId", None)
    kind = "string" if given.pop("isString", False) else "numeric"
    return _complete({**given, "type": kind})


def retrieve_time_series(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /timeseries/byids`."""
    asked = _ByIds.read(body)
    prepare_points(store)
    with store.reading():
        found = find(store, TIME_SERIES, asked.items, ignore_unknown=bool(asked.ignore_unknown_ids), unique=True)
    return {"items": [resource.read() for _, resource in found]}


# --- writing data points ---


def insert_datapoints(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /timeseries/data`; a point at the moment of another takes its place."""
    asked = _Insertions.read(body)
    if sum(len(item.datapoints) for item in asked.items) > MOST_POINTS:
        raise Refusal(f"items have more than {MOST_POINTS} datapoints in all")
    prepare_points(store)
    with store.writing() as db:
        for number, (item, series) in enumerate(find(store, TIME_SERIES, asked.items, unique=True)):
            points = [
                _stored(point, f"items[{number}].datapoints[{place}]", is_string=series.body["isString"])
                for place, point in enumerate(item.datapoints)
            ]
            put_points(db, series.id, points)
    return {}


def _stored(point: _Point, where: str, *, is_string: bool) -> Point:
    status = _code(point.status, f"{where}.status") if point.status else 0
    value = point.value
    if value is None and status < BAD:
        raise Refusal(f"{where}.value must not be null")
    if is_string and value is not None:
        if not isinstance(value, str):
            raise Refusal(f"Invalid value for {where}.value: the time series holds text")
        if len(value.encode("utf-8", "surrogatepass")) > _MOST_TEXT_BYTES:
            raise Refusal(f"Invalid value for {where}.value: it has more than {_MOST_TEXT_BYTES} bytes")
    elif isinstance(value, str):
        if status < BAD or value not in {"NaN", "Infinity", "-Infinity"}:
            raise Refusal(f"Invalid value for {where}.value: the time series holds numbers")
    elif value is not None and abs(value) >= _MOST_VALUE:
        raise Refusal(f"Invalid value for {where}.value: it is not within -1e100 to 1e100")
    return Point(point.timestamp, value, status)


_SYMBOLS = {"Good": 0, "Uncertain": UNCERTAIN, "Bad": BAD}


def _code(status: _Status, where: str) -> int:
    named = None if status.symbol is None else _SYMBOLS.get(status.symbol)
    if status.symbol is not None and named is None and status.code is None:
        raise Refusal(f"Invalid value for {where}.symbol: there are {', '.join(_SYMBOLS)}")
    if status.code is None:
        return named or 0
    if named is not None and named != status.code:
        raise Refusal(f"Invalid value for {where}: code and symbol do not match")
    return status.code


def delete_datapoints(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /timeseries/data/delete`; without an end, the point at the very moment."""
    asked = _Deletions.read(body)
    prepare_points(store)
    with store.writing() as db:
        for item, series in find(store, TIME_SERIES, asked.items):
            delete_points(db, series.id, item.inclusive_begin, item.exclusive_end)
    return {}


# --- reading data points ---


def latest_datapoints(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /timeseries/data/latest`: the last point before a moment, if there is one."""
    asked = _Latests.read(body)
    prepare_points(store)
    now = store.now_ms()
    with store.reading() as db:
        found = find(store, TIME_SERIES, asked.items, ignore_unknown=bool(asked.ignore_unknown_ids))
        items = [_latest(db, item, series, now) for item, series in found]
    return {"items": items}


def _latest(db: Connection, item: _Latest, series: Resource, now: int) -> Json:
    before = _moment("now" if item.before is None else item.before, now, "before")
    return _Shown(series, item).read(latest_point(db, Slice(series.id, FIRST_MS, before, item.quality)))


def list_datapoints(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /timeseries/data/list`: points, or aggregates of them by periods."""
    asked = _Queries.read(body)
    prepare_points(store)
    now = store.now_ms()
    items: list[Json] = []
    with store.reading():
        left = {True: MOST_AGGREGATES, False: MOST_POINTS}
        for given, series in find(store, TIME_SERIES, asked.items, ignore_unknown=bool(asked.ignore_unknown_ids)):
            query = asked.completed(given)
            is_aggregate = query.aggregates is not None
            answer = _answer(store, query, series, now, left[is_aggregate])
            left[is_aggregate] -= len(answer["datapoints"])
            items.append(answer)
    return {"items": items}


def _answer(store: Store, query: _Query, series: Resource, now: int, left: int) -> Json:
    if query.include_outside_points and (query.aggregates or query.cursor):
        raise Refusal("includeOutsidePoints is not possible with aggregates or a cursor")
    if query.aggregates is None:
        if query.granularity is not None:
            raise Refusal("granularity is only possible with aggregates")
    elif query.granularity is None:
        raise Refusal("granularity must not be null where there are aggregates")
    elif series.body["isString"]:
        raise Refusal("aggregates are only possible for numeric time series")
    elif len(set(query.aggregates)) < len(query.aggregates):
        raise Refusal("aggregates must not contain duplicates")
    limit = query.limit or USUAL_LIMIT
    if query.aggregates is not None and limit > MOST_AGGREGATES:
        raise Refusal(f"Invalid value for limit: at most {MOST_AGGREGATES} aggregates are possible")
    range_ = _range(query, now)
    part = Slice(series.id, _from(query, series, range_.start), range_.end, query.quality)
    page = _Page(store, query, series, part, max(0, min(limit, left)))
    return page.aggregates(range_.periods) if range_.periods else page.points()


class _TimeRange(NamedTuple):
    """The range of a query, and its periods, which it is made of; None: single points are asked for."""

    start: int
    end: int
    periods: Periods | None


def _range(query: _Query, now: int) -> _TimeRange:
    start = _moment(0 if query.start is None else query.start, now, "start")
    end = _moment("now" if query.end is None else query.end, now, "end")
    if query.granularity is None:
        return _TimeRange(start, end, None)
    zone = read_time_zone(query.time_zone or "UTC")
    found = periods(read_granularity(query.granularity), start, max(start, end), zone)
    return _TimeRange(found.start, found.end, found)


def _shape(query: _Query, series: Resource) -> Json:
    """What stays the same from page to page."""
    others = query.model_dump(exclude={"cursor", "limit", "id", "external_id", "instance_id"})
    return {"series": series.id, **others}


def _from(query: _Query, series: Resource, start: int) -> int:
    return start if query.cursor is None else int(read_cursor("datapoints", _shape(query, series), query.cursor))


class _Page(NamedTuple):
    """A part of the points of a time series that is answered."""

    store: Store
    query: _Query
    series: Resource
    part: Slice
    limit: int

    def points(self) -> Json:
        db = self.store.db
        found = read_points(db, self.part, self.limit + 1)
        shown = _Shown(self.series, self.query)
        if self.query.include_outside_points:
            before, after = outside_points(db, self.part)
            return shown.read([*before, *found[: self.limit], *after])
        answer = shown.read(found[: self.limit])
        return self._with_cursor(answer, [point.timestamp for point in found])

    def aggregates(self, periods: Periods) -> Json:
        shown = _Shown(self.series, self.query)
        rows = aggregate_points(
            self.store.db,
            self.part,
            periods,
            self.query.aggregates or [],
            is_step=self.series.body["isStep"],
            change=shown.change,
            limit=self.limit + 1,
        )
        answer = shown.aggregates(rows[: self.limit])
        return self._with_cursor(answer, [row["timestamp"] for row in rows])

    def _with_cursor(self, answer: Json, moments: Sequence[int]) -> Json:
        if len(moments) > self.limit:
            answer["nextCursor"] = make_cursor("datapoints", _shape(self.query, self.series), moments[self.limit])
        return answer


class _Shown:
    """How points of a time series are answered: in the wanted unit, and with their status if that is asked for."""

    def __init__(self, series: Resource, look: _Look) -> None:
        body = series.body
        stored = body.get("unitExternalId")
        self.change = _conversion(stored, look)
        self._with_status = bool(look.include_status)
        self._head: Json = {
            **series.identifiers,
            **{name: body[name] for name in ("isString", "type", "isStep")},
            **{name: body[name] for name in ("unit", "unitExternalId") if name in body},
        }
        if self.change is not None:
            self._head.pop("unit", None)
            self._head["unitExternalId"] = look.target_unit or unit_in_system(stored or "", _system(look))

    def read(self, points: Iterable[Point]) -> Json:
        """The answer for a time series, with some of its points."""
        return {**self._head, "datapoints": [self._point(point) for point in points]}

    def aggregates(self, rows: Iterable[Json]) -> Json:
        """The answer for a time series, with some aggregates."""
        return {**self._head, "datapoints": [self._without_noise(row) for row in rows]}

    def _point(self, point: Point) -> Json:
        shown: Json = {"timestamp": point.timestamp}
        if point.value is not None:
            shown["value"] = self._value(point.value)
        if self._with_status and point.status:
            kind = point.status & (BAD | UNCERTAIN)
            symbol = "Bad" if kind & BAD else "Uncertain" if kind else "Good"
            shown["status"] = {"code": point.status, "symbol": symbol}
        return shown

    def _value(self, value: float | str) -> float | str:
        return value if self.change is None or isinstance(value, str) else self.change.apply(value)

    def _without_noise(self, row: Json) -> Json:
        """A row of aggregates, free of the noise of binary fractions that a conversion leaves."""
        if self.change is None:
            return row
        return {
            name: {**value, "value": _rounded(value["value"])}
            if isinstance(value, dict)
            else _rounded(value)
            if isinstance(value, float)
            else value
            for name, value in row.items()
        }


def _rounded(value: float) -> float:
    return float(f"{value:.15g}")


def _system(look: _Look) -> str:
    """Names of unit systems are written small in requests for data points, and large in those for instances."""
    given = look.target_unit_system or ""
    return given.upper() if given.upper() == "SI" else given.capitalize()


def _conversion(stored: str | None, look: _Look) -> Conversion | None:
    if look.target_unit is None and look.target_unit_system is None:
        return None
    if look.target_unit is not None and look.target_unit_system is not None:
        raise Refusal("targetUnit and targetUnitSystem cannot be used together")
    if stored is None:
        raise Refusal("The time series has no unitExternalId, so that its data points cannot be converted")
    return conversion(stored, look.target_unit or unit_in_system(stored, _system(look)))


_AGO = re.compile(r"(\d{1,9})(w|d|h|m|s)-ago", re.ASCII)
_SECONDS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}


def _moment(given: _Moment, now: int, where: str) -> int:
    """
    A moment in epoch milliseconds, within the years that data points can be of.

    Raises:
        Refusal: It is none.
    """
    if isinstance(given, str):
        found = _AGO.fullmatch(given)
        if found is not None:
            given = now - int(found[1]) * _SECONDS[found[2]] * 1000
        elif given == "now":
            given = now
        elif given.removeprefix("-").isdecimal() and given.isascii() and len(given) <= 15:
            given = int(given)
        else:
            raise Refusal(f"Invalid value for {where}: expected milliseconds, now, or a time like 2d-ago")
    return min(max(given, FIRST_MS), LAST_MS + 1)
