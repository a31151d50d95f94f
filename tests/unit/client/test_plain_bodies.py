"""Bodies that are known to be plain JSON are written by another library: it must make no difference."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pygen.client import DmsInputError, PygenClient
from pygen.client.calls import Call

_deep: list[Any] = []
for _ in range(300):
    _deep = [_deep]


def encoded(value: Any, *, is_plain: bool) -> bytes:
    """What is sent of a body that holds the value."""
    with PygenClient(base_url="https://localhost", project="p", credentials="t", gzip_requests=False) as client:
        content, _ = client.encode(Call("instances.apply", "/models/instances", {"value": value}, is_plain=is_plain))
    assert content is not None
    return content


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, False, 0, -1, 2**63, -(2**70), 0.1, -0.0, 1e300, 5e-324, 1e16, 3.0),
        *("", "NaN", "-Infinity", 'a"\\/\b\f\n\r\t\x00\x7f', "\u2028\u00e9\U0001f600", {}, [], {"": [{}]}, _deep),
    ],
)
def test_plain_bodies_say_the_same(value: Any) -> None:
    """Every value that JSON knows comes back as it was, of its type, either way."""
    read = [json.loads(encoded(value, is_plain=is_plain))["value"] for is_plain in (False, True)]
    assert [repr(value)] * 2 == [repr(each) for each in read]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), "\ud800"])
def test_what_json_has_no_form_for_is_refused_alike(value: Any) -> None:
    """The fast way neither lets it pass nor says something else about it."""
    messages = []
    for is_plain in (False, True):
        with pytest.raises(DmsInputError) as caught:
            encoded([value], is_plain=is_plain)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert "cannot be written as JSON" in messages[0]
