"""Snapshots of what the service holds, which tell `save` of values that were changed in place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pygen.client.calls import Answer
from pygen.client.models.ids import NodeId
from pygen.runtime import Maybe, Prop, PygenResource, ViewId, ViewInfo, _state
from pygen.runtime._values import to_json
from pygen.runtime.decoding import decode
from tests.behaviour.runtime.fake import farm


class Sample(PygenResource):
    """A view with several fields whose values can change in place."""

    __pygen__ = ViewInfo(view=ViewId("sp", "Sample", "v1"))

    tags: Maybe[list[str]] = Prop("tags", default=None)
    numbers: Maybe[list[int]] = Prop("numbers", default=None)
    nodes: Maybe[list[NodeId]] = Prop("nodes", default=None)
    data: Maybe[dict[str, Any]] = Prop("data", default=None)
    many: Maybe[list[dict[str, Any]]] = Prop("many", default=None)
    name: Maybe[str] = Prop("name", default=None)


NODE = {"space": "sp", "externalId": "n"}


def sample(**properties: Any) -> Sample:
    """An object as it is read."""
    item = {
        "instanceType": "node",
        "space": "sp",
        "externalId": "s",
        "version": 1,
        "createdTime": 1,
        "lastUpdatedTime": 1,
        "properties": {"sp": {"Sample/v1": properties}},
    }
    content = json.dumps({"items": [item]}).encode()
    return decode(Sample, Answer(content, "instances.list", "p"), farm().client()._session).items[0]


def changed(resource: Sample) -> set[str]:
    """The fields that `save` would write."""
    kept = _state.origin(resource)
    return {name for name, each in kept.items() if not _state.same(each, getattr(resource, name))}


FULL = {"tags": ["a", "b"], "numbers": [-1], "nodes": [NODE], "data": {"a": [1]}, "many": [{}, {"b": None}]}


@pytest.mark.parametrize("left_out", [set(), {"tags"}, {"numbers", "data"}, {"nodes", "many"}, {"data", "many"}])
@pytest.mark.parametrize("empty", [set(), {"tags", "numbers", "nodes", "data", "many"}])
def test_each_field_has_its_own_snapshot(left_out: set[str], empty: set[str]) -> None:
    """Whatever stands beside it, a value is what it was; one that is missing has none."""
    given = {name: type(value)() if name in empty else value for name, value in FULL.items() if name not in left_out}
    found = sample(**given)
    assert given.keys() == _state.origin(found).keys()
    assert set() == changed(found)
    assert _state.origin(found) is _state.origin(found)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("tags", lambda value: value.append("c")),
        ("tags", lambda value: value.clear()),
        ("numbers", lambda value: value.__setitem__(0, -2)),
        ("nodes", lambda value: value.insert(0, NodeId("sp", "m"))),
        ("data", lambda value: value["a"].append(2)),
        ("many", lambda value: value[0].update(c=1)),
    ],
)
def test_a_change_in_place_is_seen_in_its_field_only(field: str, change: Any) -> None:
    """Also where a neighbour begins or ends with the same values."""
    found = sample(**FULL)
    change(getattr(found, field))
    assert {field} == changed(found)


def test_an_item_that_moves_between_lists_changes_both() -> None:
    """Lists that together hold the same items in the same order are not the same."""
    found = sample(tags=["a", "b"], numbers=[1], nodes=[])
    assert found.tags
    assert found.numbers is not None
    found.numbers.insert(0, found.tags.pop())  # type: ignore[arg-type]  # a list is not checked when it changes in place
    assert {"tags", "numbers"} == changed(found)


def test_an_object_without_such_values_keeps_nothing() -> None:
    """The first value that is set is noted as a change from None."""
    found = sample(name="n")
    assert {} == _state.origin(found)
    found.tags = ["a"]
    assert {"tags"} == changed(found)


@pytest.mark.parametrize(("key", "text"), [("a", "a"), (1, "1"), (True, "true"), (None, "null"), (1.5, "1.5")])
def test_keys_of_json_become_texts(key: Any, text: str) -> None:
    """As Python's own library makes them, so that the fast one has nothing to decide."""
    assert {"x": [{text: [1]}]} == to_json({"x": [{key: [1]}]})


def test_what_is_no_key_of_json_is_refused() -> None:
    """Nothing is made up for it."""
    with pytest.raises(TypeError, match="tuple is no key of a JSON object"):
        to_json({"x": {(1, 2): "y"}})
