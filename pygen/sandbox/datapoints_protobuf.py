"""
Data points as protocol buffers, which is how the official Python SDK reads them (dms-api.md 10.1).

The messages are few and only written, so that a library for them would be more than what they need. A field is its
number and its wire type, then the value; what has the default of its type is left out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from pygen.sandbox.http import Reply

__all__ = ["PROTOBUF", "datapoints_message", "protobuf_reply"]

Json: TypeAlias = Mapping[str, Any]

PROTOBUF = "application/protobuf"

_VARINT, _FIXED_64, _SIZED = 0, 1, 2
_KINDS = {"numeric": 1, "string": 2}
_POINTS, _TEXTS, _AGGREGATES = 3, 4, 5
"""Fields of a time series, of which the one that fits holds its points."""


class _Field(NamedTuple):
    """
    A field of a message.

    Attributes:
        number: Its number.
        kind: `integer`, `double`, `text`, or the name of the message it holds.
    """

    number: int
    kind: str


_MESSAGES: dict[str, dict[str, _Field]] = {
    "series": {
        "id": _Field(1, "integer"),
        "externalId": _Field(2, "text"),
        "isString": _Field(6, "integer"),
        "isStep": _Field(7, "integer"),
        "unit": _Field(8, "text"),
        "nextCursor": _Field(9, "text"),
        "unitExternalId": _Field(10, "text"),
        "instanceId": _Field(11, "node"),
    },
    "node": {"space": _Field(1, "text"), "externalId": _Field(2, "text")},
    "status": {"code": _Field(1, "integer"), "symbol": _Field(2, "text")},
    "point": {"timestamp": _Field(1, "integer"), "value": _Field(2, "double"), "status": _Field(3, "status")},
    "text point": {"timestamp": _Field(1, "integer"), "value": _Field(2, "text"), "status": _Field(3, "status")},
    "aggregate": {
        "timestamp": _Field(1, "integer"),
        **{
            name: _Field(number, "double")
            for number, name in enumerate(
                [
                    *("average", "max", "min", "count", "sum", "interpolation", "stepInterpolation"),
                    *("continuousVariance", "discreteVariance", "totalVariation"),
                    *("countGood", "countUncertain", "countBad"),
                    *("durationGood", "durationUncertain", "durationBad"),
                ],
                start=2,
            )
        },
        "maxDatapoint": _Field(18, "point"),
        "minDatapoint": _Field(19, "point"),
    },
}
_WITHOUT_VALUE = _Field(4, "integer")
_AGGREGATED = _MESSAGES["aggregate"].keys() - {"timestamp"}


def protobuf_reply(answer: Json) -> Reply:
    """The answer of `/timeseries/data/list` as protocol buffers."""
    return Reply(200, datapoints_message(answer), {"content-type": PROTOBUF})


def datapoints_message(answer: Json) -> bytes:
    """The same as bytes."""
    return b"".join(_sized(1, _series(item)) for item in answer["items"])


def _series(item: Json) -> bytes:
    points = item["datapoints"]
    if any(_AGGREGATED & point.keys() for point in points):
        field, made = _AGGREGATES, [_message("aggregate", point) for point in points]
    elif item["isString"]:
        field, made = _TEXTS, [_point("text point", point) for point in points]
    else:
        field, made = _POINTS, [_point("point", point) for point in points]
    kind = _written(_Field(12, "integer"), _KINDS[item["type"]])
    return _message("series", item) + kind + _sized(field, _repeated(made))


def _repeated(messages: Iterable[bytes]) -> bytes:
    return b"".join(_sized(1, message) for message in messages)


def _point(name: str, point: Json) -> bytes:
    """A point that has no value says so, because a value of 0 or "" is not written either."""
    return _message(name, point) + (b"" if "value" in point else _written(_WITHOUT_VALUE, 1))


def _message(name: str, value: Json) -> bytes:
    fields = _MESSAGES[name]
    return b"".join(_written(fields[key], each) for key, each in value.items() if key in fields)


def _written(field: _Field, value: Any) -> bytes:
    match field.kind:
        case "integer":
            return _varint(field.number << 3 | _VARINT) + _varint(int(value)) if value else b""
        case "double":
            return _varint(field.number << 3 | _FIXED_64) + struct.pack("<d", float(value))
        case "text":
            return _sized(field.number, value.encode("utf-8", "surrogatepass"))
        case message:
            return _sized(field.number, _message(message, value))


def _sized(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _SIZED) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Seven bits a byte, lowest first; negative numbers as 64 bits."""
    rest = value & 0xFFFF_FFFF_FFFF_FFFF
    found = bytearray()
    while rest > 0x7F:
        found.append(rest & 0x7F | 0x80)
        rest >>= 7
    found.append(rest)
    return bytes(found)
