"""Time series: those of nodes and those of their own, and what is written into and read of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.sandbox_classic import MIDNIGHT, Json, Plant, exchanges

HOUR = 3_600_000
MINUTE = 60_000
UNCERTAIN, BAD = 1_073_741_824, 2_147_483_648


@pytest.fixture
def plant() -> Iterator[Plant]:
    """A plant a day after midnight."""
    with Plant() as made:
        made.now = MIDNIGHT + 24 * HOUR
        yield made


def create(plant: Plant, external_id: str = "a", **others: Any) -> Json:
    """A time series of its own; what names it."""
    plant.ask("/timeseries", {"items": [{"externalId": external_id, **others}]})
    return {"externalId": external_id}


def write(plant: Plant, key: Json, *points: tuple[int, Any]) -> None:
    """Write points, their moments counted from midnight."""
    datapoints = [{"timestamp": MIDNIGHT + moment, "value": value} for moment, value in points]
    plant.ask("/timeseries/data", {"items": [{**key, "datapoints": datapoints}]})


def look(plant: Plant, key: Json, **how: Any) -> Json:
    """The answer for one time series over the day."""
    how = {"start": MIDNIGHT, "end": MIDNIGHT + 24 * HOUR, **how}
    (found,) = plant.ask("/timeseries/data/list", {"items": [{**key, **how}]})["items"]
    return {**found, "datapoints": [_from_midnight(point) for point in found["datapoints"]]}


def _from_midnight(point: Json) -> Json:
    return {**point, "timestamp": point["timestamp"] - MIDNIGHT}


def pairs(answer: Json, name: str = "value") -> list[tuple[int, Any]]:
    """Moments and values of the points of an answer; without the moments where there is none of that name."""
    return [(point["timestamp"], point[name]) for point in answer["datapoints"] if name in point]


def test_recorded_exchanges_are_answered_as_recorded(plant: Plant) -> None:
    """Numbers that the service chooses aside; an aggregate shows the unit too, as the OpenAPI document has it."""
    plant.write_node(
        "ts:P-101:pressure",
        "CogniteTimeSeries",
        {
            "type": "numeric",
            "sourceUnit": "bar",
            "unit": {"space": "ops_data", "externalId": "pressure:bar"},
        },
        description={"name": "P-101 pressure"},
    )
    create(plant, "other")
    for exchange in exchanges("timeseries"):
        response = plant.post(exchange["path"], exchange["request"])
        assert exchange["status"] == response.status_code
        expected, actual = exchange["response"], response.json()
        if "error" in expected or not expected:
            assert expected == actual
            continue
        for wanted, found in zip(expected["items"], actual["items"], strict=True):
            chosen = {"id", "createdTime", "lastUpdatedTime"}
            for name in wanted.keys() - chosen:
                assert wanted[name] == found[name]
            assert found.keys() - wanted.keys() <= {"unit", "unitExternalId"}


def test_a_time_series_of_its_own_is_read_as_it_was_created(plant: Plant) -> None:
    """What was left out has its default."""
    create(plant, "a", name="A", isString=True, metadata={"x": "1"})
    (found,) = plant.ask("/timeseries/byids", {"items": [{"externalId": "a"}]})["items"]
    expected = {
        "externalId": "a",
        "name": "A",
        "metadata": {"x": "1"},
        "isString": True,
        "isStep": False,
        "type": "string",
        "createdTime": plant.now,
        "lastUpdatedTime": plant.now,
    }
    assert expected == {name: value for name, value in found.items() if name != "id"}


def test_an_external_id_is_given_once(plant: Plant) -> None:
    """Another creation with it is a conflict."""
    create(plant, "a")
    response = plant.post("/timeseries", {"items": [{"externalId": "a"}]})
    assert (409, [{"externalId": "a"}]) == (response.status_code, response.json()["error"]["duplicated"])


def test_id_and_node_name_the_same_time_series(plant: Plant) -> None:
    """What is written by one is read by the other; naming both in one request is a duplicate."""
    node = plant.write_node("n", "CogniteTimeSeries", {"type": "numeric"})
    (found,) = plant.ask("/timeseries/byids", {"items": [node]})["items"]
    by_id = {"id": found["id"]}
    write(plant, node, (0, 1.0))
    assert [(0, 1.0)] == pairs(look(plant, by_id))
    assert (422, "Duplicate time series references") == plant.refused("/timeseries/byids", {"items": [node, by_id]})


@pytest.mark.parametrize(
    "key", [{"externalId": "x"}, {"id": 7}, {"instanceId": {"space": "ops_data", "externalId": "x"}}]
)
def test_what_does_not_exist_is_named(plant: Plant, key: Json) -> None:
    """Unless unknown ones are to be ignored."""
    error = plant.post("/timeseries/byids", {"items": [key]}).json()["error"]
    assert {"code": 400, "message": "Time series not found", "missing": [key]} == error
    assert {"items": []} == plant.ask("/timeseries/byids", {"items": [key], "ignoreUnknownIds": True})


@pytest.mark.parametrize("key", [{}, {"id": 1, "externalId": "a"}])
def test_exactly_one_identifier_is_needed(plant: Plant, key: Json) -> None:
    """None and two are refused."""
    status, message = plant.refused("/timeseries/byids", {"items": [key]})
    assert (400, True) == (status, "items[0]" in message)


def test_a_plain_node_is_no_time_series(plant: Plant) -> None:
    """It needs data in the system's container."""
    plant.write_node("n", "CogniteFile", {})
    assert (
        400
        == plant.refused("/timeseries/byids", {"items": [{"instanceId": {"space": "ops_data", "externalId": "n"}}]})[0]
    )


def test_points_go_with_their_node(plant: Plant) -> None:
    """A node that is deleted and written again is a time series without points."""
    node = plant.write_node("n", "CogniteTimeSeries", {"type": "numeric"})
    write(plant, node, (0, 1.0))
    plant.delete_node("n")
    assert 400 == plant.refused("/timeseries/data/list", {"items": [node]})[0]
    plant.write_node("n", "CogniteTimeSeries", {"type": "numeric"})
    assert [] == pairs(look(plant, node))


def test_a_point_takes_the_place_of_an_earlier_one(plant: Plant) -> None:
    """Moments are unique."""
    key = create(plant)
    write(plant, key, (0, 1.0), (1, 2.0))
    write(plant, key, (1, 3.0))
    assert [(0, 1.0), (1, 3.0)] == pairs(look(plant, key))


@pytest.mark.parametrize(
    ("is_string", "point"),
    [
        (False, {"value": "text"}),
        (False, {"value": 1e100}),
        (False, {"value": True}),
        (False, {}),
        (False, {"value": "NaN"}),
        (False, {"value": 1.0, "status": {"code": UNCERTAIN, "symbol": "Bad"}}),
        (False, {"value": 1.0, "status": {"symbol": "Awful"}}),
        (True, {"value": 1.0}),
        (True, {"value": "x" * 1024}),
        (False, {"value": 1.0, "timestamp": 4_102_444_800_000}),
    ],
)
def test_a_point_that_cannot_be_is_refused(plant: Plant, is_string: bool, point: Json) -> None:
    """And its place is named."""
    key = create(plant, isString=is_string)
    body = {"items": [{**key, "datapoints": [{"timestamp": 0, **point}]}]}
    status, message = plant.refused("/timeseries/data", body)
    assert (400, True) == (status, "items[0].datapoints[0]" in message)


def test_text_is_kept_as_text(plant: Plant) -> None:
    """Digits do not become numbers."""
    key = create(plant, isString=True)
    write(plant, key, (0, "12"))
    assert [(0, "12")] == pairs(look(plant, key))
    assert (
        400
        == plant.refused("/timeseries/data/list", {"items": [{**key, "aggregates": ["count"], "granularity": "1h"}]})[0]
    )


def test_pages_follow_one_another(plant: Plant) -> None:
    """The cursor belongs to the request it was given for."""
    key = create(plant)
    write(plant, key, *((moment, float(moment)) for moment in range(5)))
    seen, cursor = [], None
    while True:
        page = look(plant, key, limit=2, cursor=cursor)
        seen += [moment for moment, _ in pairs(page)]
        cursor = page.get("nextCursor")
        if cursor is None:
            break
        other = {"items": [{**key, "start": 0, "end": "now", "cursor": cursor}]}
        assert 400 == plant.refused("/timeseries/data/list", other)[0]
    assert [0, 1, 2, 3, 4] == seen


def test_an_item_comes_before_the_request(plant: Plant) -> None:
    """What an item leaves out is what the request says."""
    key = create(plant)
    write(plant, key, *((moment, float(moment)) for moment in range(5)))
    body = {"items": [{**key, "limit": 3}, key], "start": MIDNIGHT + 1, "end": MIDNIGHT + 9, "limit": 2}
    found = plant.ask("/timeseries/data/list", body)["items"]
    assert [[1, 2, 3], [1, 2]] == [[moment - MIDNIGHT for moment, _ in pairs(item)] for item in found]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (MIDNIGHT + 1, MIDNIGHT + HOUR, []),
        (MIDNIGHT, MIDNIGHT + HOUR + 1, [0, HOUR]),
        ("1d-ago", "now", [0, HOUR]),
        ("1439m-ago", "22h-ago", [HOUR]),
        (str(MIDNIGHT + HOUR), "now", [HOUR]),
        (None, None, [0, HOUR]),
    ],
)
def test_times_are_given_in_several_ways(plant: Plant, start: Any, end: Any, expected: list[int]) -> None:
    """The start is included, the end is not."""
    key = create(plant)
    write(plant, key, (0, 0.0), (HOUR, 1.0))
    assert expected == [moment for moment, _ in pairs(look(plant, key, start=start, end=end))]


@pytest.mark.parametrize(
    "how",
    [
        {"start": "yesterday"},
        {"aggregates": ["average"]},
        {"granularity": "1h"},
        {"aggregates": ["average"], "granularity": "121m"},
        {"aggregates": ["average"], "granularity": "1y"},
        {"aggregates": ["average"], "granularity": "1d", "timeZone": "Mars/Olympus"},
        {"aggregates": ["average", "average"], "granularity": "1h"},
        {"aggregates": ["median"], "granularity": "1h"},
        {"aggregates": ["average"], "granularity": "1h", "limit": 10_001},
        {"aggregates": ["average"], "granularity": "1h", "includeOutsidePoints": True},
        {"limit": 100_001},
        {"targetUnit": "temperature:deg_c"},
        {"cursor": "nonsense"},
        {"nope": 1},
    ],
)
def test_a_query_that_makes_no_sense_is_refused(plant: Plant, how: Json) -> None:
    """With a message."""
    key = create(plant)
    status, message = plant.refused("/timeseries/data/list", {"items": [{**key, **how}]})
    assert (400, True) == (status, bool(message))


def test_outside_points_are_those_beside_the_range(plant: Plant) -> None:
    """The last before it and the first after it, beyond the limit."""
    key = create(plant)
    write(plant, key, *((moment, float(moment)) for moment in range(6)))
    found = look(plant, key, start=MIDNIGHT + 2, end=MIDNIGHT + 5, limit=2, includeOutsidePoints=True)
    assert [1, 2, 3, 5] == [moment for moment, _ in pairs(found)]


def test_bad_points_count_only_where_they_are_asked_for(plant: Plant) -> None:
    """Uncertain ones are taken for bad unless that is switched off; the status of good ones is not shown."""
    key = create(plant)
    datapoints = [
        {"timestamp": MIDNIGHT, "value": 1.0, "status": {"symbol": "Good"}},
        {"timestamp": MIDNIGHT + 1, "value": 2.0, "status": {"symbol": "Uncertain"}},
        {"timestamp": MIDNIGHT + 2, "value": "NaN", "status": {"code": BAD}},
        {"timestamp": MIDNIGHT + 3, "status": {"code": BAD + 0x10000}},
    ]
    plant.ask("/timeseries/data", {"items": [{**key, "datapoints": datapoints}]})
    assert [(0, 1.0)] == pairs(look(plant, key))
    assert [(0, 1.0), (1, 2.0)] == pairs(look(plant, key, treatUncertainAsBad=False))
    every = look(plant, key, ignoreBadDataPoints=False, includeStatus=True)["datapoints"]
    expected = [
        {"timestamp": 0, "value": 1.0},
        {"timestamp": 1, "value": 2.0, "status": {"code": UNCERTAIN, "symbol": "Uncertain"}},
        {"timestamp": 2, "value": "NaN", "status": {"code": BAD, "symbol": "Bad"}},
        {"timestamp": 3, "status": {"code": BAD + 0x10000, "symbol": "Bad"}},
    ]
    assert expected == every
    counts = ["count", "countGood", "countUncertain", "countBad", "durationGood", "durationUncertain", "durationBad"]
    (row,) = look(plant, key, aggregates=counts, granularity="1h")["datapoints"]
    assert [1, 1, 1, 2, 1, 1, 1] == [row[name] for name in counts]


def test_the_latest_point_is_the_last_before_a_moment(plant: Plant) -> None:
    """There may be none."""
    key = create(plant)
    write(plant, key, (0, 1.0), (HOUR, 2.0))
    items = [{**key, "before": before} for before in ("now", MIDNIGHT + HOUR, "1d-ago")]
    found = plant.ask("/timeseries/data/latest", {"items": [*items, key]})["items"]
    assert [[2.0], [1.0], [], [2.0]] == [[point["value"] for point in item["datapoints"]] for item in found]


def test_points_are_deleted_from_a_moment_to_before_another(plant: Plant) -> None:
    """Without an end, only the point at the very moment."""
    key = create(plant)
    write(plant, key, *((moment, 0.0) for moment in range(5)))
    plant.ask("/timeseries/data/delete", {"items": [{**key, "inclusiveBegin": MIDNIGHT, "exclusiveEnd": MIDNIGHT + 2}]})
    plant.ask("/timeseries/data/delete", {"items": [{**key, "inclusiveBegin": MIDNIGHT + 3}]})
    assert [2, 4] == [moment for moment, _ in pairs(look(plant, key))]


@pytest.mark.parametrize(
    ("how", "unit"),
    [({"targetUnit": "temperature:deg_f"}, "temperature:deg_f"), ({"targetUnitSystem": "SI"}, "temperature:k")],
)
def test_values_come_in_the_wanted_unit(plant: Plant, how: Json, unit: str) -> None:
    """Points and aggregates; the free text of the unit is left out then."""
    key = create(plant, unit="C", unitExternalId="temperature:deg_c")
    write(plant, key, (0, 10.0), (MINUTE, 20.0))
    expected = {"temperature:deg_f": [50.0, 68.0], "temperature:k": [283.15, 293.15]}[unit]
    raw = look(plant, key, **how)
    assert (unit, False) == (raw["unitExternalId"], "unit" in raw)
    assert pytest.approx(expected) == [value for _, value in pairs(raw)]
    (row,) = look(plant, key, aggregates=["min", "max", "average", "sum", "maxDatapoint"], granularity="1h", **how)[
        "datapoints"
    ]
    assert pytest.approx(expected) == [row["min"], row["max"]]
    total = sum(expected)
    found = [row["average"], row["sum"], row["maxDatapoint"]["value"]]
    assert pytest.approx([total / 2, total, expected[1]]) == found


class TestAggregates:
    """Aggregates by periods."""

    def test_periods_are_aligned_to_the_unit(self, plant: Plant) -> None:
        """Sixty minutes begin at a minute, an hour begins at an hour; the last period is whole."""
        key = create(plant)
        write(plant, key, *((moment * MINUTE, 1.0) for moment in range(180)))
        how = {"start": MIDNIGHT + 30 * MINUTE + 1, "end": MIDNIGHT + 100 * MINUTE, "aggregates": ["count"]}
        assert [(0, 60), (HOUR, 60)] == pairs(look(plant, key, granularity="1h", **how), "count")
        assert [(30 * MINUTE, 60), (90 * MINUTE, 60)] == pairs(look(plant, key, granularity="60m", **how), "count")

    @pytest.mark.parametrize("granularity", ["d", "day", "1d", "1day"])
    def test_a_granularity_has_several_spellings(self, plant: Plant, granularity: str) -> None:
        """The number may be left out, and the unit be a word."""
        key = create(plant)
        write(plant, key, (0, 1.0), (HOUR, 2.0))
        assert [(0, 2)] == pairs(look(plant, key, aggregates=["count"], granularity=granularity), "count")

    def test_days_are_those_of_the_time_zone(self, plant: Plant) -> None:
        """In Oslo the day of midnight UTC has begun an hour before."""
        key = create(plant)
        write(plant, key, (-HOUR, 1.0), (0, 2.0), (23 * HOUR, 3.0))
        how = {"start": MIDNIGHT - HOUR, "aggregates": ["sum"], "granularity": "1d"}
        assert [(-24 * HOUR, 1.0), (0, 5.0)] == pairs(look(plant, key, **how), "sum")
        assert [(-HOUR, 3.0), (23 * HOUR, 3.0)] == pairs(look(plant, key, timeZone="Europe/Oslo", **how), "sum")
        assert [(-HOUR, 3.0), (23 * HOUR, 3.0)] == pairs(look(plant, key, timeZone="UTC+01:00", **how), "sum")

    def test_a_day_of_the_calendar_may_be_shorter(self, plant: Plant) -> None:
        """Where clocks go forward it has 23 hours."""
        key = create(plant)
        spring = 87 * 24 * HOUR  # 2026-03-29
        write(plant, key, *((spring + hour * HOUR, 1.0) for hour in range(-1, 47)))
        how = {"start": MIDNIGHT + spring, "end": MIDNIGHT + spring + 40 * HOUR, "timeZone": "Europe/Oslo"}
        found = pairs(look(plant, key, aggregates=["count"], granularity="1d", **how), "count")
        assert [(spring - HOUR, 23), (spring + 22 * HOUR, 24)] == found

    def test_months_are_those_of_the_calendar(self, plant: Plant) -> None:
        """They begin with their first day."""
        key = create(plant)
        day = 24 * HOUR
        write(plant, key, *((number * day, 1.0) for number in range(90)))
        how = {"start": MIDNIGHT + 5 * day, "end": MIDNIGHT + 60 * day, "aggregates": ["count"], "granularity": "1mo"}
        assert [(0, 31), (31 * day, 28), (59 * day, 31)] == pairs(look(plant, key, **how), "count")

    def test_the_average_is_that_over_time(self, plant: Plant) -> None:
        """Values weigh as long as they last; a step series keeps its value until the next point."""
        for is_step, expected in ((False, 7.5), (True, 5.0)):
            key = create(plant, str(is_step), isStep=is_step)
            write(plant, key, (0, 0.0), (30 * MINUTE, 10.0), (HOUR - 1, 10.0), (HOUR, 10.0))
            ((_, found), _) = pairs(look(plant, key, aggregates=["average"], granularity="1h"), "average")
            assert math.isclose(expected, found, rel_tol=1e-9)

    def test_what_comes_into_a_period_counts(self, plant: Plant) -> None:
        """The line from the last point before it belongs to it from its start on."""
        key = create(plant)
        write(plant, key, (HOUR - 30 * MINUTE, 0.0), (HOUR + 30 * MINUTE, 10.0))
        found = pairs(look(plant, key, aggregates=["average"], granularity="1h"), "average")
        assert [(0, 2.5), (HOUR, 7.5)] == found

    def test_points_far_apart_are_averaged_as_points(self, plant: Plant) -> None:
        """Between them the series has no value."""
        key = create(plant)
        write(plant, key, (0, 1.0), (2 * HOUR, 2.0), (5 * HOUR, 6.0))
        assert [(0, 3.0)] == pairs(look(plant, key, aggregates=["average"], granularity="1d"), "average")

    def test_every_aggregate_of_a_period(self, plant: Plant) -> None:
        """The figures of three points a minute apart, far from zero."""
        key = create(plant)
        base = 1e9
        write(plant, key, (0, base), (MINUTE, base + 4), (2 * MINUTE, base + 2))
        names = ["average", "max", "min", "count", "sum", "interpolation", "stepInterpolation", "totalVariation"]
        others = ["maxDatapoint", "minDatapoint", "continuousVariance", "discreteVariance"]
        (row,) = look(plant, key, aggregates=names + others, granularity="1h")["datapoints"]
        assert [base + 2.5, base + 4, base, 3, 3 * base + 6, base, base, 6.0] == [row[name] for name in names]
        assert {"timestamp": MIDNIGHT + MINUTE, "value": base + 4} == row["maxDatapoint"]
        assert {"timestamp": MIDNIGHT, "value": base} == row["minDatapoint"]
        assert math.isclose(8 / 3, row["discreteVariance"])
        assert math.isclose((16 / 3 + 28 / 3) / 2 - 2.5**2, row["continuousVariance"])

    def test_interpolations_stand_where_there_are_no_points(self, plant: Plant) -> None:
        """As far as the points beside them are at most an hour apart."""
        key = create(plant)
        write(plant, key, (0, 0.0), (4 * MINUTE, 4.0), (3 * HOUR, 9.0))
        both = {"aggregates": ["interpolation", "stepInterpolation"], "granularity": "2m"}
        found = look(plant, key, **both)
        assert [(0, 0.0), (2 * MINUTE, 2.0), (4 * MINUTE, 4.0), (3 * HOUR, 9.0)] == pairs(found, "interpolation")
        assert [(0, 0.0), (2 * MINUTE, 0.0), (4 * MINUTE, 4.0), (3 * HOUR, 9.0)] == pairs(found, "stepInterpolation")

    def test_bad_points_interrupt_a_series_unless_they_are_ignored(self, plant: Plant) -> None:
        """Then no line leads over them."""
        key = create(plant)
        write(plant, key, (0, 0.0), (4 * MINUTE, 4.0))
        bad = {"timestamp": MIDNIGHT + 3 * MINUTE, "value": 100.0, "status": {"symbol": "Bad"}}
        plant.ask("/timeseries/data", {"items": [{**key, "datapoints": [bad]}]})
        how = {"aggregates": ["interpolation"], "granularity": "2m"}
        assert [(0, 0.0), (2 * MINUTE, 2.0), (4 * MINUTE, 4.0)] == pairs(look(plant, key, **how), "interpolation")
        found = pairs(look(plant, key, ignoreBadDataPoints=False, **how), "interpolation")
        assert [(0, 0.0), (4 * MINUTE, 4.0)] == found

    def test_pages_of_aggregates_join_seamlessly(self, plant: Plant) -> None:
        """Page by page they are what they are at once."""
        key = create(plant)
        write(plant, key, *((moment * 7 * MINUTE, float(moment % 5)) for moment in range(100)))
        how = {"aggregates": ["average", "totalVariation", "interpolation"], "granularity": "10m"}
        whole = look(plant, key, limit=1000, **how)["datapoints"]
        seen, cursor = [], None
        while True:
            page = look(plant, key, limit=7, cursor=cursor, **how)
            seen += page["datapoints"]
            cursor = page.get("nextCursor")
            if cursor is None:
                break
        assert [pytest.approx(row) for row in whole] == seen

    def test_a_request_has_a_limit_in_all(self, plant: Plant) -> None:
        """What goes beyond it comes with the cursor."""
        key = create(plant)
        write(plant, key, *((moment * 1000, 1.0) for moment in range(6000)))
        item = {**key, "start": MIDNIGHT, "aggregates": ["count"], "granularity": "1s", "limit": 10_000}
        found = plant.ask("/timeseries/data/list", {"items": [item, item]})["items"]
        assert [(6000, False), (4000, True)] == [(len(each["datapoints"]), "nextCursor" in each) for each in found]
