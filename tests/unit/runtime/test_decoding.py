"""One page, one call: the pause of the collector, result sets, chosen fields, and what imports cost."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from pygen.client.calls import Answer
from pygen.client.collector import GcPause, gc_pause
from pygen.client.exceptions import DmsTransportError
from pygen.runtime import DecodeError, Node, PygenEdge, _state, decoding
from pygen.runtime.decoding import SetReading, decode, decode_sets
from pygen.runtime.session import Session, Validation
from tests.behaviour.runtime.fake import farm
from tests.behaviour.runtime.windsdk import Blade, WindTurbine

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """The collector runs before and after each test."""
    assert gc.isenabled()
    yield
    gc.enable()


def test_the_collector_is_paused_and_restored() -> None:
    """Inside it does not run; afterwards it does."""
    pause = GcPause()
    with pause:
        assert not gc.isenabled()
        with pause:
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_exception_restores_the_collector() -> None:
    """Whatever happens inside, it runs again."""
    with pytest.raises(KeyboardInterrupt), GcPause():
        raise KeyboardInterrupt
    assert gc.isenabled()
    answer = Answer(b'{"items": [{"space": "s", "externalId": "e"}]}', "instances.list", "plant")
    session = farm().client()._session
    session.validation = "strict"
    with pytest.raises(DecodeError):
        decode(Node, answer, session)
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    """Whoever switched it off himself finds it so."""
    gc.disable()
    with GcPause():
        pass
    assert not gc.isenabled()


def test_threads_are_counted() -> None:
    """The collector runs again when the last thread is out, not the first."""
    pause = GcPause()
    inside, leave = threading.Barrier(3), [threading.Event(), threading.Event()]
    left = [threading.Event(), threading.Event()]

    def work(number: int) -> None:
        with pause:
            inside.wait(10)
            leave[number].wait(10)
        left[number].set()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    inside.wait(10)
    states = [gc.isenabled()]
    for number in range(2):
        leave[number].set()
        left[number].wait(10)
        states.append(gc.isenabled())
    for thread in threads:
        thread.join(10)
    assert [False, False, True] == states


def test_the_pause_can_be_switched_off() -> None:
    """Switched off it does nothing, also when that happens in between."""
    pause = GcPause(enabled=False)
    with pause:
        assert gc.isenabled()
        pause.enabled = True
    assert gc.isenabled()
    with pause:
        pause.enabled = False
    assert gc.isenabled()


def test_reading_a_page_pauses_only_while_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the objects arrive, the collector runs."""
    entered: list[bool] = []
    monkeypatch.setattr(GcPause, "__enter__", lambda self: entered.append(gc.isenabled()))
    monkeypatch.setattr(GcPause, "__exit__", lambda self, *error: None)
    for _ in farm(2).client().wind_turbine.list().chunk_size(1):
        assert gc.isenabled()
    assert [True, True] == entered
    assert gc_pause.enabled


def test_fetching_everything_pauses_until_all_of_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept is not searched for garbage again and again."""
    states: list[bool] = []
    service = farm(2)
    monkeypatch.setattr(service, "fail", lambda path, body: states.append(gc.isenabled()))
    found = service.client().wind_turbine.list().chunk_size(1).all()
    assert (2, [False, False], True) == (len(found), states, gc.isenabled())


# --- result sets, and chosen fields ---


def node(external_id: str, view: str = "WindTurbine", **properties: Any) -> dict[str, Any]:
    """A node as the service sends it."""
    return {
        "instanceType": "node",
        "space": "wind_data",
        "externalId": external_id,
        "version": 1,
        "createdTime": 1,
        "lastUpdatedTime": 2,
        "properties": {"sp": {f"{view}/v1": properties}},
    }


def answer_of(body: Any) -> Answer:
    """An answer of a query."""
    return Answer(json.dumps(body).encode(), "instances.query", "wind")


def session_of_fake() -> Session:
    """A session of a client that is not asked."""
    session: Session = farm().client()._session
    return session


def test_result_sets_are_read_as_their_classes() -> None:
    """Each set has its class and is a page; a set that the answer lacks is empty."""
    readings = {
        "the root": SetReading(WindTurbine),
        "root.blades": SetReading(Blade),
        "edges": SetReading(PygenEdge),
        "class": SetReading(Node),
    }
    body = {
        "items": {
            "the root": [node("t1", name="One"), node("t2", name="Two")],
            "root.blades": [node("b1", "Blade", name="Blade")],
            "class": [node("n1")],
            "nobody asked": [{"anything": 1}],
        },
        "nextCursor": {"the root": "further", "root.blades": None},
    }
    session = session_of_fake()
    found, cursors = decode_sets(readings, answer_of(body), session)
    kinds = {name: [type(item) for item in items] for name, items in found.items()}
    assert {"the root": [WindTurbine] * 2, "root.blades": [Blade], "edges": [], "class": [Node]} == kinds
    assert {"the root": "further"} == cursors
    one, two = found["the root"]
    assert _state.page_of(one) is _state.page_of(two) is not None
    assert _state.page_of(found["root.blades"][0]) is not _state.page_of(one)
    assert session is _state.session_of(one, "load")


@pytest.mark.parametrize("cursors", [{}, {"nextCursor": None}, {"nextCursor": {}}])
def test_an_answer_without_cursors_has_none(cursors: dict[str, Any]) -> None:
    """Missing, null and empty are the same."""
    body = {"items": {"a": []}, **cursors}
    assert ({"a": []}, {}) == decode_sets({"a": SetReading(Node)}, answer_of(body), session_of_fake())


def test_only_chosen_fields_are_there() -> None:
    """Others are not even None, although they came; required ones that were not chosen do not fail."""
    reading = {"t": SetReading(WindTurbine, ("capacity", "aliases"))}
    body = {"items": {"t": [node("t1", capacity=3.5, state="idle", aliases=["x"])]}}
    found, _ = decode_sets(reading, answer_of(body), session_of_fake())
    [turbine] = found["t"]
    metadata = {"space", "external_id", "version", "created_time", "last_updated_time"}
    assert type(turbine) is WindTurbine
    assert {*metadata, "node_type", "capacity", "aliases"} == set(turbine.__dict__)
    assert {*metadata, "capacity", "aliases"} == turbine.model_fields_set
    assert (3.5, ["x"]) == (turbine.capacity, turbine.aliases)
    assert {"aliases": ("x",)} == _state.origin(turbine)


def test_no_chosen_field_leaves_the_metadata() -> None:
    """Of a set that only leads elsewhere nothing else is read."""
    found, _ = decode_sets(
        {"t": SetReading(WindTurbine, ())}, answer_of({"items": {"t": [node("t1", capacity="?")]}}), session_of_fake()
    )
    assert "t1" == found["t"][0].external_id
    assert not WindTurbine.__pygen_props__.keys() & found["t"][0].__dict__.keys()


def test_the_whole_class_is_read_after_a_part_of_it() -> None:
    """A choice of fields leaves no trace on the class."""
    session = session_of_fake()
    body = {"items": {"t": [node("t1", name="One", capacity=3.5)]}}
    before = {name: field.is_required() for name, field in WindTurbine.__pydantic_fields__.items()}
    decode_sets({"t": SetReading(WindTurbine, ("capacity",))}, answer_of(body), session)
    found, _ = decode_sets({"t": SetReading(WindTurbine)}, answer_of(body), session)
    assert ("One", 3.5) == (found["t"][0].name, found["t"][0].capacity)
    assert before == {name: field.is_required() for name, field in WindTurbine.__pydantic_fields__.items()}
    assert WindTurbine.__pygen__.resource is WindTurbine


def test_an_unknown_field_cannot_be_chosen() -> None:
    """The error names the class and the field."""
    with pytest.raises(TypeError, match=r"WindTurbine has no field 'nonsense'"):
        decode_sets({"t": SetReading(WindTurbine, ("nonsense",))}, answer_of({"items": {}}), session_of_fake())


@pytest.mark.parametrize("body", [[], {}, {"items": None}, {"items": []}, {"items": {"a": 5}}, {"items": {"a": [5]}}])
def test_what_is_no_answer_of_a_query_is_refused(body: Any) -> None:
    """It is the service's fault, or a proxy's, whatever validation says."""
    for validation in get_args(Validation):
        session = session_of_fake()
        session.validation = validation
        with pytest.raises(DmsTransportError):
            decode_sets({"a": SetReading(Node)}, answer_of(body), session)


def test_many_shapes_of_queries_are_not_all_kept() -> None:
    """The number of queries of a long-lived process does not matter."""
    session = session_of_fake()
    for number in range(300):
        decode_sets({f"set {number}": SetReading(Node)}, answer_of({"items": {}}), session)
    assert 256 == decoding._sets_reader.cache_info().currsize


def interpreter(script: str) -> Any:
    """What a fresh interpreter prints, as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=120, check=True
    )
    return json.loads(done.stdout)


def test_the_runtime_loads_httpx_and_pydantic_and_nothing_heavy() -> None:
    """What generation needs stays away, and so does whatever httpx and pydantic do not load themselves."""
    script = """
import sys, json
import httpx, pydantic
from pydantic import BaseModel, TypeAdapter, AliasGenerator, create_model
before = set(sys.modules)
import pygen.runtime
print(json.dumps(sorted(set(sys.modules) - before)))
"""
    more = {name.partition(".")[0] for name in interpreter(script)}
    assert more - set(sys.stdlib_module_names) <= {"pygen", "pydantic", "pydantic_core", "annotated_types"}
    assert set() == more & {"jinja2", "yaml", "argparse", "sqlite3"}


def test_an_sdk_loads_the_views_that_are_used() -> None:
    """Importing a client loads no view; a view loads its parents, not the targets of its relations."""
    script = """
import sys, json
def views():
    return sorted(name.rpartition(".")[2] for name in sys.modules if ".windsdk." in name)
from tests.behaviour.runtime.windsdk import WindClient
first = views()
from tests.behaviour.runtime.windsdk import Blade
print(json.dumps([first, views()]))
"""
    assert [["_client"], ["_client", "blade", "describable"]] == interpreter(script)
