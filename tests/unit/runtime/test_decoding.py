"""One page, one call: the pause of the collector, and what imports cost."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pygen.client.calls import Answer
from pygen.client.collector import GcPause, gc_pause
from pygen.runtime import DecodeError, Node
from pygen.runtime.pagination import decode
from tests.behaviour.runtime.fake import farm

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
    answer = Answer(b'{"items": [{}]}', "instances.list", "plant")
    with pytest.raises(DecodeError):
        decode(Node, answer, farm().client()._session)
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
