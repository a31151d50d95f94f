"""A small project to watch, and ways to drive its engine or a whole watcher."""

from __future__ import annotations

import copy
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from pygen.project.config import load_config
from pygen.project.pipeline import check
from pygen.watch import Watcher
from pygen.watch.engine import Engine
from pygen.watch.events import Event, Started

CONFIG = '[pygen]\nmodel = "model.json"\n[pygen.python]\noutput = "sdk"\n'
PATIENCE_S = 20.0
"""How long something that is to happen at once may take on a busy machine."""

_T = TypeVar("_T", bound=Event)


def text(name: str, **more: Any) -> dict[str, Any]:
    """A property that holds a text."""
    return {
        "container": {"type": "container", "space": "sp", "externalId": name.title()},
        "containerPropertyIdentifier": name,
        "type": {"type": "text", "list": False, "collation": "ucs_basic"},
        "nullable": True,
        **more,
    }


def view(name: str, *properties: str) -> dict[str, Any]:
    """A view with texts."""
    return {
        "space": "sp",
        "externalId": name,
        "version": "v1",
        "usedFor": "node",
        "writable": True,
        "properties": {each: text(each) for each in properties},
    }


MODEL: dict[str, Any] = {
    "space": "sp",
    "externalId": "Plant",
    "version": "v1",
    "views": [view("Pump", "name", "maker"), view("Tank", "name"), view("Valve", "name", "size")],
}


class Plant:
    """A project with a model of three views."""

    def __init__(self, folder: Path, config: str = CONFIG) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.sdk = folder / "sdk"
        self.model_file = folder / "model.json"
        self.config_file = folder / "pygen.toml"
        self.lock_file = folder / "pygen.lock"
        self.model = copy.deepcopy(MODEL)
        self.config_file.write_text(config, encoding="utf-8")
        self.save()

    def save(self) -> None:
        """Write the model in place."""
        self.model_file.write_text(json.dumps(self.model, indent=2), encoding="utf-8")

    def describe(self, name: str, description: str) -> None:
        """Describe a view, and save."""
        next(each for each in self.model["views"] if each["externalId"] == name)["description"] = description
        self.save()

    def says(self, name: str, description: str) -> bool:
        """Whether the generated file of a view has that description."""
        file = self.sdk / f"{name.lower()}.py"
        return file.is_file() and description in file.read_text(encoding="utf-8")

    def is_fresh(self) -> bool:
        """Whether `pygen check` would be content."""
        return check(load_config(self.folder)).fresh


class Driven:
    """An engine whose clock stands still until it is told."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.events: list[Event] = []
        self.now = 0.0
        self.engine = Engine(folder, emit=self.events.append, **options)

    def look(self, *, after: float = 0.0) -> list[Event]:
        """Look until nothing is to be done at once; what was told."""
        self.now += after
        self.events.clear()
        for _ in range(10):
            if not self.engine.look(self.engine.survey(), self.now):
                return list(self.events)
        raise AssertionError("the engine does not come to rest")

    def is_broken(self) -> bool:
        """Whether code cannot be generated."""
        return self.engine.broken

    def told(self, kind: type[_T]) -> list[_T]:
        """The events of a kind since the last look."""
        return [event for event in self.events if isinstance(event, kind)]


class Watched:
    """A watcher in a thread, and what it told."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.events: list[Event] = []
        self._news = threading.Condition()
        self.watcher = Watcher(folder, on_event=self._note, **options)
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Watched:
        self._thread.start()
        self.wait_for(Started)
        return self

    def __exit__(self, *_: object) -> None:
        self.watcher.stop()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        if self.error is not None:
            raise self.error

    def _run(self) -> None:
        try:
            self.watcher.run()
        except BaseException as error:  # noqa: BLE001 - raised again where the test is
            self.error = error
            with self._news:
                self._news.notify_all()

    def _note(self, event: Event) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def wait_for(self, kind: type[_T], *, count: int = 1) -> _T:
        """The latest event of a kind, once there are so many of them."""
        with self._news:
            assert self._news.wait_for(
                lambda: self.error is not None or len(self.told(kind)) >= count, timeout=PATIENCE_S
            ), self.events
            if self.error is not None:
                raise self.error
            return self.told(kind)[-1]

    def told(self, kind: type[_T]) -> list[_T]:
        """The events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]


def eventually(condition: Callable[[], bool], *, why: object = "") -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, why
        time.sleep(0.01)


@contextmanager
def untouched(*files: Path) -> Iterator[None]:
    """Demand that files are neither written nor replaced."""
    before = {file: (file.stat().st_ino, file.stat().st_mtime_ns) for file in files}
    yield
    assert before == {file: (file.stat().st_ino, file.stat().st_mtime_ns) for file in files}
