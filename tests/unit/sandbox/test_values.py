"""Values of properties: what is stored, what is refused, and what comes back."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pygen.sandbox.catalog import Prop
from pygen.sandbox.problems import Refusal
from pygen.sandbox.settings import Settings
from pygen.sandbox.values import Link, decode, encode, encode_operand

LARGEST_FLOAT32 = 3.4028234663852886e38
ENUM = {"values": {"running": {}, "unknown": {}}, "unknownValue": "unknown"}


def _prop(kind: str, *, is_list: bool = False, nullable: bool = True, **more: Any) -> Prop:
    more = {**ENUM, **more} if kind == "enum" else more
    definition = {"type": {"type": kind, "list": is_list, **more}, "nullable": nullable}
    return Prop("p", "p1", kind, is_list, definition)


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("text", "", ""),
        ("text", "grün 🌳\n", "grün 🌳\n"),
        ("boolean", True, 1),
        ("boolean", False, 0),
        ("int32", -(2**31), -(2**31)),
        ("int64", 9007199254740993, 9007199254740993),
        ("int64", 2**63 - 1, 2**63 - 1),
        ("float32", 0.1, 0.10000000149011612),
        ("float64", 3, 3.0),
        ("timestamp", "1970-01-01T00:00:00Z", 0),
        ("timestamp", "2024-03-01T08:30:00.250Z", 1709281800250),
        ("timestamp", "2024-03-01T08:30:00.2", 1709281800200),
        ("timestamp", "2024-03-02T10:00:00+02:00", 1709366400000),
        ("timestamp", "2024-03-02T10:00:00+0200", 1709366400000),
        ("timestamp", "2024-03-02T10:00:00+02", 1709366400000),
        ("timestamp", "2024-03-02T10:00:00-0530", 1709393400000),
        ("timestamp", "0001-01-01T00:00:00Z", -62135596800000),
        ("timestamp", "9999-12-31T23:59:59.999Z", 253402300799999),
        ("date", "0001-01-01", "0001-01-01"),
        ("date", "2024-02-29", "2024-02-29"),
        ("json", {"b": [1, {"c": None}], "a": "ø"}, '{"a":"ø","b":[1,{"c":null}]}'),
        ("json", {}, "{}"),
        ("enum", "running", "running"),
        ("direct", {"externalId": "x/ø:1", "space": "s"}, Link("s", "x/ø:1")),
        ("timeseries", "ts:1", "ts:1"),
        ("file", "f", "f"),
        ("sequence", "s", "s"),
    ],
)
def test_what_is_stored(kind: str, value: Any, stored: Any) -> None:
    """Each type has one stored form, however a value was written."""
    found = encode(_prop(kind), value, "p")
    assert stored == found
    assert type(stored) is type(found)


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("text", ["b", "a", "b"], '["b","a","b"]'),
        ("text", [], "[]"),
        ("boolean", [True, False], "[1,0]"),
        ("int64", [2**62, 1], f"[{2**62},1]"),
        ("float32", [0.5, 1], "[0.5,1.0]"),
        ("float64", [1, 2.5], "[1.0,2.5]"),
        ("timestamp", ["1970-01-01T00:00:00.001Z"], "[1]"),
        ("date", ["2024-01-01"], '["2024-01-01"]'),
        ("json", [{"b": 1, "a": 2}, {}], '[{"a":2,"b":1},{}]'),
        ("enum", ["running", "running"], '["running","running"]'),
        (
            "direct",
            [{"space": "s", "externalId": "a"}, {"space": "s", "externalId": "a"}],
            [Link("s", "a"), Link("s", "a")],
        ),
        ("file", ["a"], '["a"]'),
    ],
)
def test_what_is_stored_of_lists(kind: str, value: list[Any], stored: Any) -> None:
    """Lists keep their order and what they hold twice; an empty list is a value."""
    assert stored == encode(_prop(kind, is_list=True), value, "p")


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("text", 1, "text is expected, not a number"),
        ("text", ["a"], "not a list"),
        ("text", {"a": 1}, "not an object"),
        ("text", "a\0b", "NUL"),
        ("text", "ø" * 64_001, "at most 128000 bytes, not 128002"),
        ("boolean", 1, "true or false is expected, not a number"),
        ("boolean", "true", "not text"),
        ("int32", 2**31, "does not fit in 32 bits"),
        ("int32", -(2**31) - 1, "does not fit in 32 bits"),
        ("int32", 3.0, "a whole number is expected"),
        ("int32", True, "not true or false"),
        ("int32", "3", "not text"),
        ("int64", 2**63, "does not fit in 64 bits"),
        ("float32", 1e39, "does not fit in 32 bits"),
        ("float32", True, "a number is expected"),
        ("float64", float("inf"), "finite"),
        ("float64", float("nan"), "finite"),
        ("float64", 10**400, "too large"),
        ("float64", "1", "not text"),
        ("timestamp", 1709281800250, "a timestamp as text"),
        ("timestamp", "2024-03-01", "no timestamp like"),
        ("timestamp", "2024-03-01 08:30:00Z", "no timestamp like"),
        ("timestamp", "2024-03-01T08:30Z", "no timestamp like"),
        ("timestamp", "2024-03-01T08:30:00.1234Z", "no timestamp like"),
        ("timestamp", "2024-03-01T24:00:00Z", "no timestamp like"),
        ("timestamp", "2024-03-01T08:30:00+2:00", "no timestamp like"),
        ("timestamp", "2024-02-30T08:30:00Z", "no timestamp"),
        ("timestamp", "0000-01-01T00:00:00Z", "no timestamp"),
        ("timestamp", "0001-01-01T00:00:00+01:00", "years 0001 to 9999"),
        ("timestamp", "9999-12-31T23:59:59-01:00", "years 0001 to 9999"),
        ("date", "2024-13-01", "no date"),
        ("date", "20240101", "no date like"),
        ("date", "2024-01-01T00:00:00", "no date like"),
        ("date", "0000-01-01", "no date"),
        ("date", 20240101, "a date as text"),
        ("json", [], "a JSON object is expected, not a list"),
        ("json", "{}", "not text"),
        ("json", {"k" * 129: 1}, "at most 128 characters"),
        ("json", {"a\0": 1}, "NUL"),
        ("json", {"a": [{"b": "\0"}]}, "NUL"),
        ("json", {"a": "x" * 10_241}, "at most 10240 bytes"),
        ("json", {"a": {str(n): n for n in range(256)}}, "at most 256 keys, not 257"),
        ("json", {str(n): "x" * 10_000 for n in range(5)}, "at most 40960 bytes"),
        ("json", {"a": 10**5000}, "too large"),
        ("enum", "stopped", "'stopped' is none of running"),
        ("enum", "unknown", "'unknown' is none of"),
        ("enum", 1, "not a number"),
        ("direct", "x", "an object with space and externalId is expected, not text"),
        ("direct", {"space": "s"}, "exactly space and externalId"),
        ("direct", {"space": "s", "externalId": 1}, "exactly space and externalId"),
        ("direct", {"space": "s", "externalId": "x", "type": "node"}, "exactly space and externalId"),
        ("direct", {"space": "s", "externalId": ""}, "1 to 256"),
        ("direct", {"space": "s", "externalId": "x" * 257}, "1 to 256"),
        ("direct", {"space": "s", "externalId": "\0"}, "NUL"),
        ("timeseries", {"space": "s", "externalId": "x"}, "text is expected, not an object"),
    ],
)
def test_what_is_refused(kind: str, value: Any, said: str) -> None:
    """A value that a type does not have is refused with its place and what is wrong."""
    with pytest.raises(Refusal) as refused:
        encode(_prop(kind), value, "property 'p' of node 's:x'")
    assert 400 == refused.value.status
    assert refused.value.message.startswith("Invalid value for property 'p' of node 's:x': ")
    assert said in refused.value.message


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("text", "a", "a list is expected, not text"),
        ("text", ["a", None], "not null"),
        ("text", ["a" * 64_000, "ø" * 32_001], "at most 128000 bytes in all"),
        ("int32", [1] * 1001, "has 1001 values, but at most 1000 are allowed"),
        ("direct", [{"space": "s", "externalId": "a"}] * 101, "has 101 values, but at most 100 are allowed"),
        ("json", [{"a": "x" * 10_000}] * 5, "at most 40960 bytes"),
        ("json", [{}, []], "a JSON object is expected, not a list"),
    ],
)
def test_what_is_refused_of_lists(kind: str, value: Any, said: str) -> None:
    """Lists have no nulls, and no more than their type allows."""
    with pytest.raises(Refusal, match=said):
        encode(_prop(kind, is_list=True), value, "p")


@pytest.mark.parametrize(("kind", "most"), [("int32", 1500), ("direct", 2000), ("text", 2)])
def test_list_size(kind: str, most: int) -> None:
    """`maxListSize` takes the place of the usual limit, in both directions."""
    prop = _prop(kind, is_list=True, maxListSize=most)
    value: Any = {"int32": 1, "direct": {"space": "s", "externalId": "x"}, "text": "a"}[kind]
    assert encode(prop, [value] * most, "p") is not None
    with pytest.raises(Refusal, match=f"at most {most}"):
        encode(prop, [value] * (most + 1), "p")


def test_usual_list_sizes_are_settings() -> None:
    """How long lists may be without `maxListSize` can be set."""
    settings = Settings(most_list_values=1)
    with pytest.raises(Refusal, match="at most 1 are"):
        encode(_prop("int32", is_list=True), [1, 2], "p", settings=settings)


def test_text_size() -> None:
    """`maxTextSize` counts bytes of UTF-8."""
    prop = _prop("text", maxTextSize=4)
    assert "øø" == encode(prop, "øø", "p")
    with pytest.raises(Refusal, match="at most 4 bytes, not 5"):
        encode(prop, "øø.", "p")


def test_text_size_of_elements() -> None:
    """In a list of text, each element keeps to `maxTextSize`."""
    prop = _prop("text", is_list=True, maxTextSize=4)
    assert '["aaaa","bbbb"]' == encode(prop, ["aaaa", "bbbb"], "p")
    with pytest.raises(Refusal, match="at most 4 bytes"):
        encode(prop, ["aaaa", "bbbbb"], "p")


def test_empty_list_can_be_null() -> None:
    """Whether an empty list is null is a setting."""
    assert encode(_prop("text", is_list=True), [], "p", settings=Settings(empty_list_is_null=True)) is None


def test_null() -> None:
    """Null is for nullable properties."""
    assert encode(_prop("text"), None, "p") is None
    with pytest.raises(Refusal) as refused:
        encode(_prop("text", nullable=False), None, "p")
    assert "Invalid value for non-nullable property 'p'. Value cannot be null." == refused.value.message


@pytest.mark.parametrize(
    ("kind", "is_list", "stored", "shown"),
    [
        ("text", False, "a", "a"),
        ("boolean", False, 1, True),
        ("boolean", True, "[1,0]", [True, False]),
        ("int64", False, 884324181205335268, 884324181205335268),
        ("float32", False, 0.10000000149011612, 0.1),
        ("float32", True, "[3.299999952316284]", [3.3]),
        ("float64", True, "[1.0]", [1.0]),
        ("timestamp", False, 1735603200000, "2024-12-31T00:00:00+00:00"),
        ("timestamp", False, 1735603200170, "2024-12-31T00:00:00.17+00:00"),
        ("timestamp", False, -1, "1969-12-31T23:59:59.999+00:00"),
        ("timestamp", False, -62135596800000, "0001-01-01T00:00:00+00:00"),
        ("timestamp", False, 253402300799999, "9999-12-31T23:59:59.999+00:00"),
        ("timestamp", True, "[0,100]", ["1970-01-01T00:00:00+00:00", "1970-01-01T00:00:00.1+00:00"]),
        ("date", False, "2024-02-29", "2024-02-29"),
        ("json", False, '{"a":[1.5,null]}', {"a": [1.5, None]}),
        ("json", True, "[{},{}]", [{}, {}]),
        ("direct", False, 7, {"space": "s", "externalId": "x"}),
        ("direct", True, "[7,7]", [{"space": "s", "externalId": "x"}] * 2),
        ("file", True, '["f"]', ["f"]),
        ("text", False, None, None),
    ],
)
def test_what_comes_back(kind: str, is_list: bool, stored: Any, shown: Any) -> None:
    """Answers show values in the forms of dms-api.md 3.3 and 3.4."""
    found = decode(_prop(kind, is_list=is_list), stored, {7: ("s", "x")})
    assert shown == found
    assert type(shown) is type(found)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_float32_comes_back_in_short(value: float) -> None:
    """A float32 comes back as a number that is stored as the same, with nine digits at most."""
    prop = _prop("float32")
    stored = encode(prop, value, "p")
    shown = decode(prop, stored, {})
    assert stored == encode(prop, shown, "p")
    assert shown == float(f"{shown:.9g}")


@pytest.mark.parametrize("value", [0.0, 1e-45, 1.5e-40, 1.1754944e-38, 0.70771056, 16777216.0, LARGEST_FLOAT32])
def test_float32_at_its_limits(value: float) -> None:
    """The shortest form is found for numbers of any size."""
    (stored,) = struct.unpack("<f", struct.pack("<f", value))
    assert float(f"{value:.8g}") == decode(_prop("float32"), stored, {})


@given(st.integers(-62135596800000, 253402300799999))
def test_timestamps_come_back(stored: int) -> None:
    """What is shown of a timestamp is stored as the same moment."""
    prop = _prop("timestamp")
    assert stored == encode(prop, decode(prop, stored, {}), "p")


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("text", "a" * 200_000, "a" * 200_000),
        ("boolean", True, 1),
        ("int32", 2**40, 2**40),
        ("int32", 2.5, 2.5),
        ("int64", 2**70, float(2**70)),
        ("float32", 0.1, 0.10000000149011612),
        ("float32", 1e300, 1e300),
        ("float64", 1, 1.0),
        ("timestamp", "1970-01-01T01:00:00+01", 0),
        ("date", "2024-01-01", "2024-01-01"),
        ("json", {"b": 1, "a": 2}, '{"a":2,"b":1}'),
        ("enum", "unknown", "unknown"),
        ("enum", "never", "never"),
        ("direct", {"space": "s", "externalId": "x"}, Link("s", "x")),
        ("sequence", "s", "s"),
    ],
)
@pytest.mark.parametrize("is_list", [False, True])
def test_operands(kind: str, value: Any, stored: Any, is_list: bool) -> None:
    """What is compared with a property, or with elements of its list, may be beyond what it can hold."""
    found = encode_operand(_prop(kind, is_list=is_list), value, "filter")
    assert stored == found
    assert type(stored) is type(found)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", 1),
        ("boolean", "true"),
        ("int32", "1"),
        ("int64", True),
        ("float64", "1"),
        ("timestamp", "yesterday"),
        ("timestamp", 0),
        ("date", "today"),
        ("json", []),
        ("enum", 1),
        ("direct", "x"),
        ("text", None),
        ("json", {"a": 10**5000}),
    ],
)
def test_operands_of_another_type(kind: str, value: Any) -> None:
    """What cannot be compared with a property at all is refused with its place."""
    with pytest.raises(Refusal, match=r"^Invalid value for filter\.value: "):
        encode_operand(_prop(kind), value, "filter.value")
