"""Data points as protocol buffers, read with the classes of the official SDK."""

from __future__ import annotations

import math
from typing import Any

import httpx
import pytest
from cognite.client._proto.data_point_list_response_pb2 import DataPointListResponse

from pygen.sandbox import Sandbox
from pygen.sandbox.datapoints_protobuf import datapoints_message

Json = dict[str, Any]


def series(*points: Json, **more: Any) -> Json:
    """A time series in an answer."""
    return {"id": 7, "isString": False, "type": "numeric", "isStep": False, "datapoints": list(points), **more}


def read(*items: Json) -> Any:
    """The time series of an answer, as the SDK reads them."""
    found = DataPointListResponse()
    found.MergeFromString(datapoints_message({"items": items}))
    return found.items


def test_a_series_keeps_what_it_says_of_itself() -> None:
    """Identifiers, kind, units and cursor."""
    node = {"space": "s", "externalId": "ø"}
    more: Json = {"externalId": "x", "isStep": True, "unit": "bar", "unitExternalId": "pressure:bar", "nextCursor": "c"}
    (found,) = read(series(instanceId=node, **more))
    assert (7, "x", True, "bar", "pressure:bar", "c") == (
        *(found.id, found.externalId, found.isStep),
        *(found.unit, found.unitExternalId, found.nextCursor),
    )
    assert ("s", "ø", 1) == (found.instanceId.space, found.instanceId.externalId, found.type)
    assert [] == list(found.numericDatapoints.datapoints)


@pytest.mark.parametrize("timestamp", [0, 1, 127, 128, 1_767_225_600_000, -1, -2_208_988_800_000])
@pytest.mark.parametrize("value", [0.0, 1.5, -1e99])
def test_numbers_come_back(timestamp: int, value: float) -> None:
    """At any moment, before 1970 too."""
    (found,) = read(series({"timestamp": timestamp, "value": value}))
    (point,) = found.numericDatapoints.datapoints
    assert (timestamp, value, False) == (point.timestamp, point.value, point.nullValue)


def test_texts_come_back() -> None:
    """An empty one, too."""
    texts = ["", "a", "ø" * 200]
    points = [{"timestamp": number, "value": text} for number, text in enumerate(texts)]
    (found,) = read(series(*points, isString=True, type="string"))
    assert (texts, True, 2) == (
        [point.value for point in found.stringDatapoints.datapoints],
        found.isString,
        found.type,
    )


def test_bad_points_come_back() -> None:
    """With their status; without a value, or with one that is no number."""
    status = {"code": 2147483648, "symbol": "Bad"}
    (found,) = read(series({"timestamp": 1, "status": status}, {"timestamp": 2, "value": "NaN", "status": status}))
    without, nan = found.numericDatapoints.datapoints
    assert (True, 2147483648, "Bad") == (without.nullValue, without.status.code, without.status.symbol)
    assert math.isnan(nan.value)
    assert not nan.nullValue


def test_aggregates_come_back() -> None:
    """Each in its place."""
    names = [
        *("average", "max", "min", "count", "sum", "interpolation", "stepInterpolation", "continuousVariance"),
        *("discreteVariance", "totalVariation", "countGood", "countUncertain", "countBad", "durationGood"),
        *("durationUncertain", "durationBad"),
    ]
    values = {name: float(number) for number, name in enumerate(names)}
    extremes = {"maxDatapoint": {"timestamp": 5, "value": 9.5}, "minDatapoint": {"timestamp": 6, "value": -9.5}}
    (found,) = read(series({"timestamp": 3, **values, **extremes}))
    (row,) = found.aggregateDatapoints.datapoints
    assert values == {name: getattr(row, name) for name in names}
    assert (5, 9.5, 6, -9.5) == (
        *(row.maxDatapoint.timestamp, row.maxDatapoint.value),
        *(row.minDatapoint.timestamp, row.minDatapoint.value),
    )


def test_the_client_chooses() -> None:
    """Protocol buffers for those who accept them, JSON for all others."""
    with Sandbox() as sandbox, httpx.Client(transport=sandbox.transport(), base_url="http://sandbox") as client:
        client.headers["authorization"] = "Bearer any"
        root = f"/api/v1/projects/{sandbox.project}/timeseries"
        client.post(root, json={"items": [{"externalId": "x"}]})
        client.post(f"{root}/data", json={"items": [{"externalId": "x", "datapoints": [{"timestamp": 1, "value": 2}]}]})
        asked = {"items": [{"externalId": "x"}]}
        plain = client.post(f"{root}/data/list", json=asked)
        assert [{"timestamp": 1, "value": 2.0}] == plain.json()["items"][0]["datapoints"]
        packed = client.post(f"{root}/data/list", json=asked, headers={"accept": "application/protobuf"})
        assert "application/protobuf" == packed.headers["content-type"]
        assert datapoints_message(plain.json()) == packed.content
        refused = client.post(
            f"{root}/data/list",
            json={"items": [{"externalId": "y"}]},
            headers={"accept": "application/protobuf"},
        )
        assert (400, "application/json") == (refused.status_code, refused.headers["content-type"])
