"""Values that do not fit their fields: kept, told once, or refused."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

import pytest
from windfarm.sdk import Blade, WindTurbine

from pygen.client.calls import Answer
from pygen.client.core import PygenClient
from pygen.client.exceptions import DmsTransportError
from pygen.client.models.ids import NodeId
from pygen.runtime import DecodeError, PygenEdge, _state
from pygen.runtime.decoding import SetReading, decode, decode_sets
from pygen.runtime.session import Session, Validation

MODES: Sequence[Validation] = ("strict", "lenient", "off")
VIEW = "WindTurbine/v1"
CLIENT = PygenClient(base_url="http://localhost", project="plant", credentials="token")


def session(validation: Validation = "lenient") -> Session:
    """A session of a client that is not asked."""
    return Session(CLIENT, {"validation": validation})


def node(external_id: str, view: str = VIEW, /, **properties: Any) -> dict[str, Any]:
    """A node as the service sends it."""
    return {
        "instanceType": "node",
        "space": "s",
        "externalId": external_id,
        "version": 1,
        "createdTime": 1,
        "lastUpdatedTime": 2,
        "properties": {"sp_windfarm": {view: {"name": external_id, **properties}}},
    }


def answer(*items: Any, **more: Any) -> Answer:
    """A page of a list."""
    return Answer(json.dumps({"items": items, **more}).encode(), "instances.list", "plant", "request-1")


MISFITS: Sequence[tuple[str, str, Any]] = [
    ("name", "name", 5),
    ("capacity", "capacity", "three"),
    ("capacity", "capacity", {"value": 3}),
    ("serialNumber", "serial_number", 1.5),
    ("serialNumber", "serial_number", "A7"),
    ("commissioned", "commissioned", "some day"),
    ("state", "state", 7),
    ("state", "state", ["running"]),
    ("datasheets", "datasheets", "one.pdf"),
    ("datasheets", "datasheets", 12),
    ("datasheets", "datasheets", {"a": 1}),
    ("datasheets", "datasheets", [1, {"b": 2}]),
    ("settings", "settings", [1, {"deep": [2]}]),
    ("settings", "settings", "text"),
    ("nacelle", "nacelle_id", "n1"),
    ("nacelle", "nacelle_id", {"space": "s"}),
    ("nacelle", "nacelle_id", [{"space": "s", "externalId": "n1"}]),
]


@pytest.mark.parametrize(("property_", "field", "value"), MISFITS)
def test_a_value_that_does_not_fit_is_kept_as_it_came(
    property_: str, field: str, value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The rest of its object, and the other objects of the page, are as ever and in order."""
    page = decode(
        WindTurbine,
        answer(node("a", capacity=1), node("b", **{"hubHeight": 90, property_: value}), node("c", capacity=3)),
        session(),
    )
    assert ["a", "b", "c"] == [item.external_id for item in page.items]
    assert [WindTurbine] * 3 == [type(item) for item in page.items]
    assert [1, 3] == [page.items[0].capacity, page.items[2].capacity]
    assert value == getattr(page.items[1], field)
    assert 90.0 == page.items[1].hub_height
    assert field in page.items[1].model_fields_set
    [record] = caplog.records
    assert ("pygen.runtime", logging.WARNING) == (record.name, record.levelno)
    assert f"WindTurbine.{field} (sp_windfarm:WindTurbine(v1)): a value does not fit" in record.getMessage()


@pytest.mark.parametrize(("property_", "field", "value"), MISFITS)
def test_a_value_that_does_not_fit_has_not_changed(property_: str, field: str, value: Any) -> None:
    """What was kept is not taken for a change that save would send."""
    [item] = decode(WindTurbine, answer(node("a", **{property_: value})), session()).items
    kept = _state.origin(item)
    assert [] == [name for name, snapshot in kept.items() if not _state.same(snapshot, getattr(item, name))]
    assert _state.same(_state.snapshot(value), getattr(item, field))


@pytest.mark.parametrize(("property_", "field", "value"), MISFITS)
def test_strict_refuses_what_does_not_fit(property_: str, field: str, value: Any) -> None:
    """The error names the class, the place and the request, not the value."""
    with pytest.raises(DecodeError) as caught:
        decode(WindTurbine, answer(node("a"), node("b", **{property_: value})), session("strict"))
    message = str(caught.value)
    assert "the answer does not fit WindTurbine (sp_windfarm:WindTurbine(v1)): items.1." in message
    assert field in message
    assert "request-1" in message
    assert repr(value) not in message


def test_off_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """It keeps what came, too."""
    item: Any
    [item] = decode(WindTurbine, answer(node("a", capacity="three")), session("off")).items
    assert "three" == item.capacity
    assert [] == caplog.records


def test_each_misfit_is_told_once_without_the_value(caplog: pytest.LogCaptureFixture) -> None:
    """Once per class, field and kind of misfit, for each client; not once per object or page."""
    one = session()
    for _ in range(3):
        decode(WindTurbine, answer(*(node(f"{n}", capacity="secret", name=n) for n in range(5))), one)
    told = [record.getMessage().partition(" ")[0] for record in caplog.records]
    assert ["WindTurbine.name", "WindTurbine.capacity"] == told
    assert "secret" not in caplog.text
    decode(WindTurbine, answer(node("x", capacity=[])), one)
    assert 3 == len(caplog.records)
    decode(WindTurbine, answer(node("x", capacity="secret")), session())
    assert 4 == len(caplog.records)


def test_a_required_value_that_is_missing_is_none(caplog: pytest.LogCaptureFixture) -> None:
    """It does not count as read, so nothing writes a None that nobody meant."""
    lacking = node("a")
    del lacking["properties"]["sp_windfarm"][VIEW]["name"]
    del lacking["version"]
    item: Any
    full, item = decode(WindTurbine, answer(node("b"), lacking), session()).items
    assert (None, None) == (item.name, item.version)
    assert not {"name", "version"} & item.model_fields_set
    assert ("b", 1) == (full.name, full.version)
    assert ["WindTurbine.version", "WindTurbine.name"] == [r.getMessage().partition(" ")[0] for r in caplog.records]
    with pytest.raises(DecodeError, match="name: Field required"):
        decode(WindTurbine, answer(lacking), session("strict"))


def without(key: str) -> dict[str, Any]:
    """A blade without a part of what an instance has."""
    blade = node("a", "Blade/v1")
    del blade[key]
    return blade


TOLERATED: Sequence[dict[str, Any]] = [
    without("properties"),
    node("a") | {"properties": None},
    node("a") | {"properties": {}},
    node("a") | {"properties": {"sp_windfarm": None}},
    node("a") | {"properties": {"sp_windfarm": {}}},
    node("a") | {"properties": {"sp_windfarm": {VIEW: None}}},
    node("a") | {"properties": {"sp_windfarm": {VIEW: {}}}},
    node("a", "WindTurbine/v2", capacity=5),
    node("a") | {"properties": {"other_space": {VIEW: {"name": "x"}}}},
    node("a") | {"properties": []},
    node("a") | {"properties": "none"},
]


@pytest.mark.parametrize("item", TOLERATED)
@pytest.mark.parametrize("validation", ["lenient", "off"])
def test_missing_sources_leave_an_instance_without_values(item: dict[str, Any], validation: Validation) -> None:
    """Properties, space or view may be missing, null, or something else; the instance is there all the same."""
    found: Any
    before, found, after = decode(WindTurbine, answer(node("1"), item, node("3")), session(validation)).items
    assert ("1", "3") == (before.name, after.name)
    assert ("a", None, None) == (found.external_id, found.name, found.capacity)
    assert not WindTurbine.__pygen_props__.keys() & found.model_fields_set


@pytest.mark.parametrize("validation", MODES)
def test_what_is_unknown_is_left_out(validation: Validation, caplog: pytest.LogCaptureFixture) -> None:
    """Unknown properties, keys and views are what a newer model or service sends; an unknown enum value is a text."""
    item = node("a", state="melting", class_="?", novelty={"a": 1}) | {"colour": "red", "deletedTime": 3}
    item["properties"]["sp_windfarm"]["Other/v1"] = {"x": 1}
    page = decode(WindTurbine, answer(item, nextCursor="c", typing={}, news=[1]), session(validation))
    assert ("melting", "c") == (page.items[0].state, page.next_cursor)
    assert [] == caplog.records


@pytest.mark.parametrize("validation", MODES)
def test_lone_surrogates_are_text(validation: Validation, caplog: pytest.LogCaptureFixture) -> None:
    """JSON can say half of a character; what is beside it is read as ever."""
    items = [node("a", description="\ud800 half", commissioned="2020-01-02"), node("b", nacelle=node_id("n"))]
    first, second = decode(WindTurbine, answer(*items), session(validation)).items
    assert "\ud800 half" == first.description
    assert "2020-01-02 00:00:00" == str(first.commissioned)
    assert NodeId("s", "n") == second.nacelle_id
    assert [] == caplog.records


def node_id(external_id: str) -> dict[str, str]:
    """A node as the wire names it."""
    return {"space": "s", "externalId": external_id}


def test_a_misfit_beside_a_lone_surrogate_is_kept() -> None:
    """Both at once are tolerated."""
    item: Any
    [item] = decode(WindTurbine, answer(node("a", description="\udfff", capacity="x", hubHeight=2)), session()).items
    assert ("\udfff", "x", 2.0) == (item.description, item.capacity, item.hub_height)
    with pytest.raises(DecodeError):
        decode(WindTurbine, answer(node("a", description="\udfff", capacity="x")), session("strict"))


NO_PAGES: Sequence[bytes] = [
    b"",
    b"<html>502</html>",
    b'{"items": [',
    b"[]",
    b"null",
    b"5",
    b"{}",
    b'{"items": null}',
    b'{"items": {}}',
    b'{"items": 5}',
    b'{"items": [null]}',
    b'{"items": [5]}',
    b'{"items": [[]]}',
    b'{"items": [{}]}',
    b'{"items": [{"space": "s"}]}',
    b'{"items": [{"space": 1, "externalId": "e"}]}',
    b'{"items": [{"space": "s", "externalId": null}]}',
    b'{"items": [], "nextCursor": 5}',
    b'{"items": [], "nextCursor": {}}',
]


@pytest.mark.parametrize("content", NO_PAGES)
@pytest.mark.parametrize("validation", ["lenient", "off"])
def test_what_is_no_page_is_refused(content: bytes, validation: Validation) -> None:
    """There is nothing that could be kept; the client asks again."""
    with pytest.raises(DmsTransportError):
        decode(WindTurbine, Answer(content, "instances.list", "plant"), session(validation))


def test_a_set_that_does_not_fit_is_kept_beside_one_that_does() -> None:
    """Chosen fields stay chosen, and a misfit is told of its own class."""
    body = {
        "items": {
            "t": [node("t1", capacity="x", hubHeight=5), node("t2", capacity=1)],
            "b": [node("b1", "Blade/v1"), node("b2", "Blade/v1", name=3)],
            "e": [{**node("e1"), "startNode": "x", "endNode": node_id("n"), "type": node_id("t")}],
        },
        "nextCursor": {"t": "c"},
    }
    readings = {"t": SetReading(WindTurbine, ("capacity",)), "b": SetReading(Blade), "e": SetReading(PygenEdge)}
    content = Answer(json.dumps(body).encode(), "instances.query", "plant")
    one = session()
    found, cursors = decode_sets(readings, content, one)
    assert {"t": "c"} == cursors
    assert ["x", 1.0] == [item.capacity for item in found["t"]]
    assert ["b1", 3] == [item.name for item in found["b"]]
    assert ["x"] == [item.start_node for item in found["e"]]
    assert [WindTurbine, WindTurbine, Blade, Blade, PygenEdge] == [type(i) for items in found.values() for i in items]
    assert all("hub_height" not in item.__dict__ for item in found["t"])
    assert one is _state.session_of(found["e"][0], "load")
    with pytest.raises(DecodeError, match=r"does not fit WindTurbine .*items\.t\.0\.capacity"):
        decode_sets(readings, content, session("strict"))


def test_a_class_is_as_strict_as_before_once_it_was_lenient() -> None:
    """Nothing of the tolerant reading leaks into the class."""
    decode(WindTurbine, answer(node("a", capacity="x")), session())
    with pytest.raises(DecodeError):
        decode(WindTurbine, answer(node("a", capacity="x")), session("strict"))
    assert WindTurbine.__pydantic_fields__["name"].is_required()
    [item] = decode(WindTurbine, answer(node("a", capacity=1)), session()).items
    with pytest.raises(ValueError, match="capacity"):
        item.capacity = "x"  # type: ignore[assignment]
