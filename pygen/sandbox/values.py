"""
Values of properties: from JSON to what columns hold, and back (dms-api.md 3.3, 3.4).

What a column holds is canonical: equal values are equal there, however they were written. Timestamps are UTC
milliseconds, float32 is rounded, JSON has sorted keys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from pygen.sandbox.problems import Refusal
from pygen.sandbox.settings import Settings

if TYPE_CHECKING:
    from pygen.sandbox.catalog import Prop

__all__ = [
    "BadValue",
    "Encoder",
    "Link",
    "Stored",
    "decode",
    "decoder",
    "encode",
    "encode_operand",
    "encoder",
    "null_refusal",
    "stored_list",
]


class Link(NamedTuple):
    """The target of a direct relation, which a column holds by the number of the instance."""

    space: str
    external_id: str


Stored: TypeAlias = str | int | float | Link | list[Link] | None
"""What a column holds; targets of direct relations still by name."""

Encoder: TypeAlias = Callable[[Any], Stored]
"""Makes a value that is not null what a column holds, or raises `BadValue`."""


class BadValue(ValueError):  # noqa: N818 -- becomes a refusal where its place is known
    """What is wrong with a value."""


_USUAL = Settings()
_MOST_TEXT_BYTES = 128_000
_MOST_JSON_BYTES = 40_960
_MOST_JSON_VALUE_BYTES = 10_240
_MOST_JSON_KEY = 128
_MOST_JSON_KEYS = 256
_MOST_BYTES_OF_CHARACTER = 4
_MOST_SPACE = 43
_MOST_EXTERNAL_ID = 256

_dump = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False, sort_keys=True).encode


# --- from JSON ---


def encode(prop: Prop, value: Any, where: str, *, settings: Settings = _USUAL) -> Stored:
    """
    Make a value of a property what its column holds.

    Args:
        prop: The property.
        value: As it came.
        where: What to call its place in a refusal.
        settings: How long lists may be, and what an empty one is.

    Returns:
        Targets of direct relations by name; the caller finds their numbers.

    Raises:
        Refusal: The property cannot have that value.
    """
    if value is None:
        if prop.nullable:
            return None
        raise null_refusal(prop.name)
    try:
        return encoder(prop, settings)(value)
    except BadValue as error:
        raise Refusal(f"Invalid value for {where}: {error}") from None


def encode_operand(prop: Prop, value: Any, where: str) -> Stored:
    """
    Make a value that a property is compared with what its column holds; of a list, one element.

    A value that the property cannot have, such as text that is too long, is nothing to refuse: it equals none.

    Raises:
        Refusal: It is of another type.
    """
    try:
        return _operand_encoder(prop.type)(value)
    except BadValue as error:
        raise Refusal(f"Invalid value for {where}: {error}") from None


def encoder(prop: Prop, settings: Settings = _USUAL) -> Encoder:
    """What makes values of a property what its column holds; to be kept where many are to come."""
    scalar = _encoder(prop.type, prop.definition["type"])
    return _list_encoder(prop, scalar, settings) if prop.is_list else scalar


def null_refusal(name: str) -> Refusal:
    """What is said of a null, or of nothing, where there must be a value (dms-api.md, appendix A)."""
    return Refusal(f"Invalid value for non-nullable property '{name}'. Value cannot be null.")


def stored_list(values: list[Any]) -> str:
    """A list as columns hold it."""
    return _dump(values)


def _encoder(kind: str, definition: Mapping[str, Any]) -> Encoder:
    if kind == "text":
        return _text_encoder(definition.get("maxTextSize") or _MOST_TEXT_BYTES)
    if kind == "enum":
        return _enum_encoder(frozenset(definition["values"]) - {definition.get("unknownValue")})
    return _ENCODERS[kind]


def _text_encoder(most_bytes: int) -> Encoder:
    certainly_short = most_bytes // _MOST_BYTES_OF_CHARACTER

    def encode_text(value: Any) -> str:
        if not isinstance(value, str):
            raise _unexpected("text", value)
        if "\0" in value:
            raise BadValue("text must not contain the NUL character")
        if len(value) > certainly_short and (size := len(value.encode("utf-8", "surrogatepass"))) > most_bytes:
            raise BadValue(f"text must have at most {most_bytes} bytes, not {size}")
        return value

    return encode_text


def _enum_encoder(values: frozenset[str]) -> Encoder:
    def encode_enum(value: Any) -> str:
        if not isinstance(value, str):
            raise _unexpected("text", value)
        if value not in values:
            raise BadValue(f"'{value[:100]}' is none of {', '.join(sorted(values))}")
        return value

    return encode_enum


def _integer_encoder(bits: int) -> Encoder:
    beyond = 1 << (bits - 1)

    def encode_integer(value: Any) -> int:
        if type(value) is not int:
            raise _unexpected("a whole number", value)
        if not -beyond <= value < beyond:
            raise BadValue(f"the number does not fit in {bits} bits")
        return value

    return encode_integer


def _encode_boolean(value: Any) -> int:
    if not isinstance(value, bool):
        raise _unexpected("true or false", value)
    return int(value)


def _encode_float64(value: Any) -> float:
    if type(value) is int:
        try:
            return float(value)
        except OverflowError:
            raise BadValue("the number is too large") from None
    if type(value) is not float:
        raise _unexpected("a number", value)
    if value - value != 0:
        raise BadValue("the number must be finite")
    return value


_FLOAT32 = Struct("<f")


def _round_to_float32(value: float) -> float:
    rounded: float
    (rounded,) = _FLOAT32.unpack(_FLOAT32.pack(value))
    return rounded


def _encode_float32(value: Any) -> float:
    try:
        return _round_to_float32(_encode_float64(value))
    except OverflowError:
        raise BadValue("the number does not fit in 32 bits") from None


_TIMESTAMP = re.compile(
    r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,3})?(?:Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 -- both sides of the difference are UTC
_EPOCH_UTC = _EPOCH.replace(tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FIRST_MS = (datetime.min - _EPOCH) // _MILLISECOND  # noqa: DTZ901 -- as above
_LAST_MS = (datetime.max - _EPOCH) // _MILLISECOND  # noqa: DTZ901 -- as above


def _encode_timestamp(value: Any) -> int:
    if not isinstance(value, str):
        raise _unexpected("a timestamp as text", value)
    if _TIMESTAMP.fullmatch(value) is None:
        raise BadValue(f"'{value[:100]}' is no timestamp like 2024-12-31T23:59:59.999+00:00")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise BadValue(f"'{value}' is no timestamp: {error}") from None
    # As a difference: in another zone, the first and last years have no earlier and later days to fall into.
    passed = (moment - (_EPOCH if moment.tzinfo is None else _EPOCH_UTC)) // _MILLISECOND
    if not _FIRST_MS <= passed <= _LAST_MS:
        raise BadValue(f"'{value}' is not within the years 0001 to 9999")
    return passed


_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _encode_date(value: Any) -> str:
    if not isinstance(value, str):
        raise _unexpected("a date as text", value)
    if _DATE.fullmatch(value) is None:
        raise BadValue(f"'{value[:100]}' is no date like 2024-12-31")
    try:
        date.fromisoformat(value)
    except ValueError as error:
        raise BadValue(f"'{value}' is no date: {error}") from None
    return value


def _encode_json(value: Any) -> str:
    if not isinstance(value, dict):
        raise _unexpected("a JSON object", value)
    _check_json(value)
    text = _dump_json(value)
    _check_json_size(text)
    return text


def _dump_json(value: object) -> str:
    try:
        return _dump(value)
    except ValueError:  # a number that is not finite, or has thousands of digits
        raise BadValue("the JSON holds a number that is too large") from None


def _check_json_size(text: str) -> None:
    if len(text) * _MOST_BYTES_OF_CHARACTER > _MOST_JSON_BYTES and (size := _bytes(text)) > _MOST_JSON_BYTES:
        raise BadValue(f"JSON must have at most {_MOST_JSON_BYTES} bytes, not {size}")


def _check_json(value: Mapping[str, Any]) -> None:
    """See to the limits of what is in a JSON value, at any depth."""
    keys = 0
    stack: list[Any] = [value]
    while stack:
        inner = stack.pop()
        if isinstance(inner, dict):
            keys += len(inner)
            for key in inner:
                if len(key) > _MOST_JSON_KEY or "\0" in key:
                    raise BadValue(f"a key of JSON must have at most {_MOST_JSON_KEY} characters, and no NUL")
            stack += inner.values()
        elif isinstance(inner, list):
            stack += inner
        elif isinstance(inner, str):
            if "\0" in inner:
                raise BadValue("text in JSON must not contain the NUL character")
            if _bytes(inner) > _MOST_JSON_VALUE_BYTES:
                raise BadValue(f"a value in JSON must have at most {_MOST_JSON_VALUE_BYTES} bytes")
    if keys > _MOST_JSON_KEYS:
        raise BadValue(f"JSON must have at most {_MOST_JSON_KEYS} keys, not {keys}")


def _encode_link(value: Any) -> Link:
    if not isinstance(value, dict):
        raise _unexpected("an object with space and externalId", value)
    space, external_id = value.get("space"), value.get("externalId")
    if not isinstance(space, str) or not isinstance(external_id, str) or len(value) != 2:
        raise BadValue("a direct relation has exactly space and externalId, as text")
    if not 0 < len(space) <= _MOST_SPACE or not 0 < len(external_id) <= _MOST_EXTERNAL_ID:
        raise BadValue(f"space must have 1 to {_MOST_SPACE} characters, and externalId 1 to {_MOST_EXTERNAL_ID}")
    if "\0" in space or "\0" in external_id:
        raise BadValue("space and externalId must not contain the NUL character")
    return Link(space, external_id)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


_ENCODERS: Mapping[str, Encoder] = {
    "boolean": _encode_boolean,
    "int32": _integer_encoder(32),
    "int64": _integer_encoder(64),
    "float32": _encode_float32,
    "float64": _encode_float64,
    "timestamp": _encode_timestamp,
    "date": _encode_date,
    "json": _encode_json,
    "direct": _encode_link,
    # External ids of classic resources; nobody looks whether these are there (dms-api.md 3.3).
    "timeseries": _text_encoder(_MOST_TEXT_BYTES),
    "file": _text_encoder(_MOST_TEXT_BYTES),
    "sequence": _text_encoder(_MOST_TEXT_BYTES),
}


def _list_encoder(prop: Prop, scalar: Encoder, settings: Settings) -> Encoder:
    usual = settings.most_list_relations if prop.type == "direct" else settings.most_list_values
    most = prop.definition["type"].get("maxListSize") or usual
    join = _JOINS.get(prop.type, stored_list)

    def encode_list(value: Any) -> Stored:
        if not isinstance(value, list):
            raise _unexpected("a list", value)
        if len(value) > most:
            raise BadValue(f"the list has {len(value)} values, but at most {most} are allowed")
        if not value and settings.empty_list_is_null:
            return None
        return join([scalar(element) for element in value])

    return encode_list


def _join_texts(values: list[Any]) -> str:
    if sum(map(_bytes, values)) > _MOST_TEXT_BYTES:
        raise BadValue(f"the text in the list must have at most {_MOST_TEXT_BYTES} bytes in all")
    return _dump(values)


def _join_json(values: list[Any]) -> str:
    text = f"[{','.join(values)}]"
    _check_json_size(text)
    return text


def _join_links(values: list[Any]) -> list[Link]:
    return values


_JOINS: Mapping[str, Callable[[list[Any]], Stored]] = {
    "text": _join_texts,
    "json": _join_json,
    "direct": _join_links,
}


def _unexpected(expected: str, value: object) -> BadValue:
    return BadValue(f"{expected} is expected, not {_kind(value)}")


def _kind(value: object) -> str:
    """What a value is, in the words of JSON."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
    return "an object"


# --- values to compare with ---


def _operand_encoder(kind: str) -> Encoder:
    return _OPERANDS.get(kind) or _ENCODERS[kind]


def _text_operand(value: Any) -> str:
    if not isinstance(value, str):
        raise _unexpected("text", value)
    return value


def _integer_operand(value: Any) -> int | float:
    # 2.5 is a bound for whole numbers too; beyond 64 bits SQLite has floats only.
    if type(value) is int and -(1 << 63) <= value < 1 << 63:
        return value
    return _encode_float64(value)


def _float32_operand(value: Any) -> float:
    # Rounded as what it is compared with, so that 0.1 is found by 0.1.
    number = _encode_float64(value)
    try:
        return _round_to_float32(number)
    except OverflowError:
        return number


def _json_operand(value: Any) -> str:
    if not isinstance(value, dict):
        raise _unexpected("a JSON object", value)
    return _dump_json(value)


_SPACE = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]*")


def _link_operand(value: Any) -> Link:
    # Of what is written the space must exist, so that its name needs no look.
    link = _encode_link(value)
    if _SPACE.fullmatch(link.space) is None:
        raise BadValue(f"'{link.space}' cannot be the name of a space")
    return link


_OPERANDS: Mapping[str, Encoder] = {
    "text": _text_operand,
    "enum": _text_operand,
    "timeseries": _text_operand,
    "file": _text_operand,
    "sequence": _text_operand,
    "int32": _integer_operand,
    "int64": _integer_operand,
    "float32": _float32_operand,
    "json": _json_operand,
    "direct": _link_operand,
}


# --- to JSON ---


def decode(prop: Prop, stored: Any, names: Mapping[int, tuple[str, str]]) -> Any:
    """
    Make what a column holds what answers show.

    Args:
        prop: The property.
        stored: What its column holds.
        names: Space and external id of every instance that direct relations lead to, by number.
    """
    if stored is None:
        return None
    convert = decoder(prop, names)
    return stored if convert is None else convert(stored)


def decoder(prop: Prop, names: Mapping[int, tuple[str, str]]) -> Callable[[Any], Any] | None:
    """
    What makes what a column holds, and is not null, what answers show.

    Returns:
        None where that is the same.
    """
    if prop.type == "direct":
        scalar: Callable[[Any], Any] | None = _link_decoder(names)
    else:
        scalar = _DECODERS.get(prop.type)
    if not prop.is_list:
        return scalar
    if scalar is None or prop.type == "json":
        return json.loads
    convert = scalar
    return lambda stored: [convert(element) for element in json.loads(stored)]


def _link_decoder(names: Mapping[int, tuple[str, str]]) -> Callable[[Any], Any]:
    def decode_link(number: int) -> dict[str, str]:
        space, external_id = names[number]
        return {"space": space, "externalId": external_id}

    return decode_link


_FLOAT32_NORMAL = 2.0**-126
_FLOAT32_DIGITS = (6, 7, 8, 9)
"""Any number of six digits comes back from a float32; nine digits tell all of them apart."""


def _decode_float32(stored: float) -> float:
    """The shortest number that is rounded to this one (dms-api.md 3.3)."""
    for digits in _FLOAT32_DIGITS if abs(stored) >= _FLOAT32_NORMAL else range(1, 10):
        shown = float(f"{stored:.{digits}g}")
        if _round_to_float32(shown) == stored:
            return shown
    return stored


_MS_PER_DAY = 86_400_000
_MINUTES = [f"{minute // 60:02d}:{minute % 60:02d}:" for minute in range(24 * 60)]
_SECONDS = [f"{second:02d}" for second in range(60)]


def _fraction(milliseconds: int) -> str:
    return f".{milliseconds:03d}".rstrip("0") if milliseconds else ""


_ENDS = [f"{_fraction(milliseconds)}+00:00" for milliseconds in range(1000)]


def _decode_timestamp(stored: int) -> str:
    """
    UTC, with a fraction only where there is one, and without zeros at its end (dms-api.md 3.4).

    Put together from texts that are made once: a page of instances has thousands of timestamps.
    """
    days, passed = divmod(stored, _MS_PER_DAY)
    minutes, passed = divmod(passed, 60_000)
    seconds, milliseconds = divmod(passed, 1000)
    return _day(days) + _MINUTES[minutes] + _SECONDS[seconds] + _ENDS[milliseconds]


@lru_cache(maxsize=10_000)
def _day(days: int) -> str:
    return f"{(_EPOCH + timedelta(days)).date().isoformat()}T"


_DECODERS: Mapping[str, Callable[[Any], Any]] = {
    "boolean": bool,
    "float32": _decode_float32,
    "timestamp": _decode_timestamp,
    "json": json.loads,
}
