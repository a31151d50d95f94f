"""Events as JSON: one object each, with its name and its attributes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from pygen.errors import ConfigError, LockedError, ModelError, OutputError, Problem
from pygen.watch.events import (
    Broken,
    ConfigReloaded,
    Event,
    Fresh,
    Generated,
    PollingInstead,
    RemoteChanged,
    RemoteState,
    RemoteStateChanged,
    Repaired,
    Started,
    Stopped,
    Upgraded,
    Warned,
    event_document,
)

PROBLEM = Problem("sp:Pump(v1).x", "PYG012", "odd", "do this")
EVENTS: list[tuple[Event, dict[str, object]]] = [
    (
        Started(Path("/p"), ("default",), 7, remote=True),
        {"event": "started", "root": "/p", "sdks": ["default"], "pid": 7, "pollMs": None, "remote": True},
    ),
    (
        Generated(("a.py",), ("b.py",), (), ("sp:A(v1)",), ("m.json",), 12.345),
        {
            "event": "generated",
            "written": ["a.py"],
            "removed": ["b.py"],
            "left": [],
            "views": ["sp:A(v1)"],
            "causes": ["m.json"],
            "ms": 12.3,
        },
    ),
    (Fresh(("m.json",)), {"event": "fresh", "causes": ["m.json"]}),
    (
        Warned("default", (PROBLEM,)),
        {
            "event": "warned",
            "sdk": "default",
            "problems": [
                {
                    "code": "PYG012",
                    "where": "sp:Pump(v1).x",
                    "severity": "error",
                    "message": "odd",
                    "hint": "do this",
                }
            ],
        },
    ),
    (Repaired(), {"event": "repaired"}),
    (ConfigReloaded(("a", "b")), {"event": "config-reloaded", "sdks": ["a", "b"]}),
    (
        RemoteStateChanged(RemoteState.REFUSED, "no"),
        {"event": "remote", "state": "refused", "reason": "no"},
    ),
    (
        RemoteChanged("default", "m.json", "1 change"),
        {"event": "remote-changed", "sdk": "default", "model": "m.json", "summary": "1 change"},
    ),
    (PollingInstead("limit", 300), {"event": "polling", "reason": "limit", "pollMs": 300}),
    (Upgraded("1.0", "2.0"), {"event": "upgraded", "running": "1.0", "found": "2.0"}),
    (Stopped("SIGTERM"), {"event": "stopped", "reason": "SIGTERM"}),
    (
        Broken(ConfigError("bad", key="k", hint="h")),
        {
            "event": "broken",
            "error": {"type": "ConfigError", "exitCode": 2, "message": "k: bad (h)", "key": "k", "hint": "h"},
        },
    ),
]


@pytest.mark.parametrize(("event", "document"), EVENTS, ids=[type(event).__name__ for event, _ in EVENTS])
def test_an_event_as_json(event: Event, document: dict[str, object]) -> None:
    """Names are camelCase, and JSON can say all of it."""
    assert document == event_document(event)
    assert document == json.loads(json.dumps(event_document(event)))


def test_every_event_has_an_example() -> None:
    """A new event needs one here, and a row in docs/watch.md."""
    assert set(get_args(Event)) == {type(event) for event, _ in EVENTS}


@pytest.mark.parametrize("event", [document["event"] for _, document in EVENTS])
def test_every_event_is_documented(event: str, repository: Path) -> None:
    """Programs are written against docs/watch.md."""
    assert f"| `{event}` |" in (repository / "docs" / "watch.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (ModelError([PROBLEM]), ("problems", [event_document(Warned("", (PROBLEM,)))["problems"][0]])),
        (OutputError("in the way", paths=["a.py"], hint="h"), ("paths", ["a.py"])),
        (LockedError("plant"), ("exitCode", 2)),
        (ZeroDivisionError("oh"), ("message", "ZeroDivisionError: oh")),
        (ZeroDivisionError("oh"), ("exitCode", 4)),
    ],
)
def test_parts_of_an_error(error: Exception, part: tuple[str, object]) -> None:
    """A program need not read messages."""
    key, value = part
    assert value == event_document(Broken(error))["error"][key]
