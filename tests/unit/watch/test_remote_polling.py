"""The data models in CDF, looked at over real HTTP, with all that can go wrong there."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pygen.errors import ConfigError
from pygen.project.config import load_config
from pygen.project.pulling import refresh_snapshot
from pygen.sandbox import Sandbox
from pygen.watch import RemoteOptions, remote_polling
from pygen.watch.events import (
    Broken,
    Event,
    Generated,
    RemoteChanged,
    RemoteState,
    RemoteStateChanged,
    Stopped,
)
from pygen.watch.remote_polling import RemotePolling
from tests.support.watching import CONFIG, Plant, Watched, eventually

REMOTE = CONFIG.replace(
    "[pygen.python]",
    'remote = { space = "sp", external_id = "Plant", version = "v1" }\n[pygen.python]',
)
OFTEN = RemoteOptions(interval_s=0.05)


class Cdf:
    """A sandbox whose data model can be edited."""

    def __init__(self, sandbox: Sandbox, folder: Path, model: dict[str, Any]) -> None:
        self.sandbox = sandbox
        self._file = folder / "in_cdf.json"
        self.model = copy.deepcopy(model)
        self.publish()

    def publish(self) -> None:
        """Bring the data model into the sandbox."""
        self._file.write_text(json.dumps(self.model), encoding="utf-8")
        self.sandbox.load(self._file)

    def describe(self, name: str, description: str) -> None:
        """Describe a view there."""
        next(each for each in self.model["views"] if each["externalId"] == name)["description"] = description
        self.publish()


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """A project that says where its data model is."""
    return Plant(tmp_path / "plant", REMOTE)


@pytest.fixture
def cdf(plant: Plant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cdf]:
    """Its data model in a sandbox, which the environment variables name."""
    with Sandbox(token="secret-token") as sandbox:
        monkeypatch.setenv("CDF_URL", sandbox.base_url)
        monkeypatch.setenv("CDF_PROJECT", sandbox.project)
        monkeypatch.setenv("CDF_TOKEN", sandbox.token)
        yield Cdf(sandbox, tmp_path, plant.model)


def states(watched: Watched) -> list[RemoteState]:
    """The states of the remote that were told, in order."""
    return [event.state for event in watched.told(RemoteStateChanged)]


def test_a_change_in_cdf_reaches_the_code(plant: Plant, cdf: Cdf) -> None:
    """Through the snapshot, which the file watcher sees: one way for all changes."""
    with Watched(plant.folder, remote=OFTEN) as watched:
        watched.wait_for(RemoteStateChanged)
        cdf.describe("Tank", "From CDF.")
        eventually(lambda: plant.says("Tank", "From CDF."), why=watched.events)
        assert {"model.json"} == {event.model for event in watched.told(RemoteChanged)}
        assert [RemoteState.REACHABLE] == states(watched)
    assert plant.is_fresh()
    assert any("model.json" in event.causes for event in watched.told(Generated))


def test_an_unchanged_model_is_left_alone(plant: Plant, cdf: Cdf) -> None:
    """Looking writes nothing, and tells nothing."""
    with Watched(plant.folder, remote=OFTEN) as watched:
        watched.wait_for(RemoteChanged)  # the snapshot is laid out as pulls do
        eventually(lambda: any("model.json" in event.causes for event in watched.told(Generated)))
        before, told = plant.model_file.stat().st_mtime_ns, list(watched.events)
        cdf.sandbox.faults.add(kind="slow", delay=0.0)
        eventually(lambda: cdf_asked(cdf) > 3)
        assert before == plant.model_file.stat().st_mtime_ns
        assert told == watched.events


def cdf_asked(cdf: Cdf) -> int:
    """How many requests met the fault that harms nobody."""
    return sum(met.seen for met in cdf.sandbox.faults._faults)


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ({"status": 503}, RemoteState.UNREACHABLE),
        ({"status": 429}, RemoteState.UNREACHABLE),
        ({"kind": "reset"}, RemoteState.UNREACHABLE),
        ({"kind": "truncate"}, RemoteState.UNREACHABLE),
    ],
    ids=["busy", "too many requests", "reset", "truncated"],
)
def test_it_recovers(plant: Plant, cdf: Cdf, fault: dict[str, Any], state: RemoteState) -> None:
    """One line when CDF is lost and one when it is there again, however often it is asked; files stay watched."""
    with Watched(plant.folder, remote=OFTEN) as watched:
        watched.wait_for(RemoteStateChanged)
        watched.wait_for(Generated)
        cdf.sandbox.faults.add(**fault)
        watched.wait_for(RemoteStateChanged, count=2)
        plant.model = json.loads(plant.model_file.read_bytes())["items"][0]
        plant.describe("Pump", "By hand.")
        eventually(lambda: plant.says("Pump", "By hand."), why=watched.events)
        cdf.sandbox.faults.clear()
        cdf.describe("Tank", "There again.")
        watched.wait_for(RemoteStateChanged, count=3)
        eventually(lambda: plant.says("Tank", "There again."), why=watched.events)
        assert [RemoteState.REACHABLE, state, RemoteState.REACHABLE] == states(watched)
        assert [] == watched.told(Broken)


@pytest.mark.parametrize("status", [401, 403])
def test_refused_is_not_asked_again(plant: Plant, cdf: Cdf, status: int) -> None:
    """A token that expired does not get better; the files are watched on."""
    with Watched(plant.folder, remote=OFTEN) as watched:
        watched.wait_for(RemoteStateChanged)
        cdf.sandbox.faults.add(status=status)
        told = watched.wait_for(RemoteStateChanged, count=2)
        assert RemoteState.REFUSED is told.state
        assert "secret-token" not in told.reason
        polling = watched.watcher._remote
        assert polling is not None
        eventually(lambda: not polling._thread.is_alive())
        cdf.sandbox.faults.clear()
        plant.model = json.loads(plant.model_file.read_bytes())["items"][0]
        plant.describe("Pump", "By hand.")
        eventually(lambda: plant.says("Pump", "By hand."), why=watched.events)


def test_a_model_that_is_not_there(plant: Plant, cdf: Cdf) -> None:
    """It may be made later."""
    plant.config_file.write_text(REMOTE.replace('"v1"', '"v2"'), encoding="utf-8")
    with Watched(plant.folder, remote=OFTEN) as watched:
        assert RemoteState.MISSING is watched.wait_for(RemoteStateChanged).state
        assert "v1" in watched.told(RemoteStateChanged)[0].reason
        cdf.model["version"] = "v2"
        cdf.publish()
        assert RemoteState.REACHABLE is watched.wait_for(RemoteStateChanged, count=2).state
    assert "v2" == json.loads(plant.model_file.read_bytes())["items"][0]["version"]


def of_two(first_model: str, first_version: str) -> str:
    """A configuration of two SDKs, the second one of which is in order."""
    return "".join(
        f'[[pygen.sdk]]\nname = "{name}"\nmodel = "{model}"\n'
        f'remote = {{ space = "sp", external_id = "Plant", version = "{version}" }}\n'
        f'[pygen.sdk.python]\noutput = "sdk_{name}"\n'
        for name, model, version in [("one", first_model, first_version), ("two", "model.json", "v1")]
    )


def test_a_model_that_is_not_there_holds_up_no_other(plant: Plant, cdf: Cdf) -> None:
    """It is told, and the others are brought up to date as often as ever."""
    plant.config_file.write_text(of_two("one.json", "v2"), encoding="utf-8")
    with Watched(plant.folder, remote=OFTEN) as watched:
        assert RemoteState.MISSING is watched.wait_for(RemoteStateChanged).state
        for number in range(5):
            cdf.describe("Tank", f"From CDF, {number}.")
            eventually(lambda number=number: f"CDF, {number}".encode() in plant.model_file.read_bytes())  # type: ignore[misc]
        assert [RemoteState.MISSING] == states(watched)
        polling = watched.watcher._remote
        assert polling is not None
        assert 0 == polling._failures


def test_a_model_that_people_write_is_not_asked_for(plant: Plant, cdf: Cdf) -> None:
    """It has a remote to be compared with; that is no failure."""
    (plant.folder / "one.graphql").write_text("type Fan { name: String }", encoding="utf-8")
    plant.config_file.write_text(of_two("one.graphql", "v1"), encoding="utf-8")
    with Watched(plant.folder, remote=OFTEN) as watched:
        assert RemoteState.REACHABLE is watched.wait_for(RemoteStateChanged).state
    with (
        pytest.raises(ConfigError, match="written by people"),
        Watched(plant.folder, remote=OFTEN, names=["one"]),
    ):
        pass


def test_another_remote_in_the_configuration(plant: Plant, cdf: Cdf) -> None:
    """Is asked for the next time."""
    cdf.model["externalId"] = "Other"
    cdf.publish()
    with Watched(plant.folder, remote=OFTEN) as watched:
        watched.wait_for(RemoteStateChanged)
        plant.config_file.write_text(REMOTE.replace('"Plant"', '"Other"'), encoding="utf-8")
        eventually(lambda: b'"Other"' in plant.model_file.read_bytes(), why=watched.events)
        eventually(plant.is_fresh)


def test_a_snapshot_that_cannot_be_written(plant: Plant, cdf: Cdf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is told once, and tried again; so is a defect of pygen."""
    real = refresh_snapshot

    def failing(*_: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(remote_polling, "refresh_snapshot", failing)
    with Watched(plant.folder, remote=OFTEN) as watched:
        told = watched.wait_for(RemoteStateChanged)
        assert RemoteState.FAILED is told.state
        assert "ZeroDivisionError" in told.reason
        monkeypatch.setattr(remote_polling, "refresh_snapshot", real)
        watched.wait_for(RemoteStateChanged, count=2)
        assert [RemoteState.FAILED, RemoteState.REACHABLE] == states(watched)


def test_it_ends_while_cdf_is_silent(plant: Plant, cdf: Cdf) -> None:
    """A request without an answer does not hold up the end."""
    cdf.sandbox.faults.add(kind="slow", delay=3)
    with Watched(plant.folder, remote=RemoteOptions(interval_s=3600)) as watched:
        watched.wait_for(Generated)
    assert isinstance(watched.events[-1], Stopped)
    assert [] == watched.told(RemoteStateChanged)


def test_nothing_to_look_at(tmp_path: Path) -> None:
    """Without a remote in the configuration, `--remote` is a mistake."""
    plant = Plant(tmp_path / "plant")
    with pytest.raises(ConfigError, match="no SDK has a remote"), Watched(plant.folder, remote=OFTEN):
        pass


def test_no_credentials(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Are a mistake, too, and said at once."""
    for name in ("CDF_URL", "CDF_PROJECT", "CDF_CLUSTER", "CDF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match="CDF_PROJECT"), Watched(plant.folder, remote=OFTEN):
        pass


@pytest.fixture
def pauses(plant: Plant, cdf: Cdf) -> Iterator[Callable[[float, int], float]]:
    """How long polling at an interval pauses after so many failures."""
    made: list[RemotePolling] = []
    told: list[Event] = []

    def pause_s(interval_s: float, failures: int) -> float:
        made.append(
            RemotePolling(
                load_config(plant.folder),
                names=None,
                options=RemoteOptions(interval_s=interval_s),
                tell=told.append,
                chance=random.Random(failures),
            )
        )
        return made[-1].pause_s(failures)

    yield pause_s
    for each in made:
        each.close()


@pytest.mark.parametrize(
    ("interval_s", "failures", "pause_s"),
    [(60, 0, 60), (60, 1, 120), (60, 2, 240), (60, 3, 480), (60, 4, 900), (60, 1000, 900), (3600, 5, 3600)],
)
def test_pauses(pauses: Callable[[float, int], float], interval_s: float, failures: int, pause_s: float) -> None:
    """They double with each failure up to a quarter of an hour, and vary by a tenth."""
    assert pause_s * 0.9 <= pauses(interval_s, failures) <= pause_s * 1.1
