"""A whole watcher in a thread: real file events, every way in which programs save files."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pygen.errors import ConfigError, LockedError, MissingExtraError, WatchError
from pygen.watch import Watcher, daemon
from pygen.watch.events import Broken, Event, Fresh, Generated, PollingInstead, Repaired, Started, Stopped
from pygen.watch.file_events import FileEvents, polling_wanted
from tests.support.watching import CONFIG, PATIENCE_S, Plant, Watched, eventually, untouched


@pytest.fixture(autouse=True)
def deaf_without_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is noticed here is noticed by an event, not because somebody looks from time to time."""
    monkeypatch.setattr(daemon, "_HEARTBEAT_S", 3600.0)


def in_place(file: Path, content: bytes) -> None:
    """Open, empty, write: nano, Notepad, shells."""
    file.write_bytes(content)


def truncated_first(file: Path, content: bytes) -> None:
    """Empty the file, and write into it later: some editors on slow disks."""
    with file.open("wb") as stream:
        stream.flush()
        os.fsync(stream.fileno())
        stream.write(content[: len(content) // 2])
        stream.flush()
        stream.write(content[len(content) // 2 :])


def replaced(file: Path, content: bytes) -> None:
    """A temporary file that takes the place of the old one: VS Code with some settings, JetBrains, pygen itself."""
    temporary = file.with_name(f".{file.name}.tmp")
    temporary.write_bytes(content)
    temporary.replace(file)


def renamed_away(file: Path, content: bytes) -> None:
    """The old file becomes the backup, and a new one takes its name: vim, emacs."""
    backup = file.with_name(f"{file.name}~")
    file.rename(backup)
    file.write_bytes(content)
    backup.unlink()


def deleted_and_made(file: Path, content: bytes) -> None:
    """Gone, and there again: git, unpackers."""
    file.unlink()
    file.write_bytes(content)


def copied_with_times(file: Path, content: bytes) -> None:
    """The time of modification is set back: cp -p, rsync -t, tar."""
    state = file.stat()
    file.write_bytes(content)
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))


def appended_in_pieces(file: Path, content: bytes) -> None:
    """Many small writes, as over a network."""
    with file.open("wb", buffering=0) as stream:
        for start in range(0, len(content), 97):
            stream.write(content[start : start + 97])


SAVES = [
    in_place,
    truncated_first,
    replaced,
    renamed_away,
    deleted_and_made,
    copied_with_times,
    appended_in_pieces,
]


def described(plant: Plant, name: str, description: str) -> bytes:
    """The model with another description of a view."""
    next(each for each in plant.model["views"] if each["externalId"] == name)["description"] = description
    return json.dumps(plant.model, indent=2).encode()


@pytest.mark.parametrize("poll_ms", [None, 20], ids=["events", "polling"])
@pytest.mark.parametrize("save", SAVES, ids=lambda save: save.__name__)
def test_every_way_to_save(plant: Plant, save: Callable[[Path, bytes], None], poll_ms: int | None) -> None:
    """Several saves in a row reach the code, the watch does not get lost, and nothing is told to be broken."""
    with Watched(plant.folder, poll_ms=poll_ms) as watched:
        watched.wait_for(Generated)
        for number in range(3):
            save(plant.model_file, described(plant, "Tank", f"Save {number}."))
            watched.wait_for(Generated, count=number + 2)
            assert plant.says("Tank", f"Save {number}.")
        assert [] == watched.told(Broken)


def test_only_the_affected_file_is_touched(plant: Plant) -> None:
    """With real events, too: the others keep their time and their number."""
    with Watched(plant.folder) as watched:
        watched.wait_for(Generated)
        with untouched(*(path for path in plant.sdk.iterdir() if path.name != "tank.py")):
            plant.describe("Tank", "Full.")
            told = watched.wait_for(Generated, count=2)
    assert ("sdk/tank.py",) == told.written


def test_broken_and_repaired(plant: Plant) -> None:
    """Told once each, with a save of other files in between."""
    with Watched(plant.folder) as watched:
        watched.wait_for(Generated)
        plant.model_file.write_text("{", encoding="utf-8")
        watched.wait_for(Broken)
        (plant.folder / "pyproject.toml").write_text("", encoding="utf-8")
        plant.describe("Tank", "Whole.")
        watched.wait_for(Repaired)
        watched.wait_for(Generated, count=2)
        assert 1 == len(watched.told(Broken))


def swap(folder: Path) -> None:
    """A copy takes the place of a folder by renaming."""
    shutil.copytree(folder, folder.with_name("new"))
    folder.rename(folder.with_name("old"))
    folder.with_name("new").rename(folder)


def remake(folder: Path) -> None:
    """The folder is deleted, and made again."""
    shutil.copytree(folder, folder.with_name("kept"))
    shutil.rmtree(folder)
    shutil.copytree(folder.with_name("kept"), folder)


@pytest.mark.parametrize("change", [swap, remake], ids=lambda change: change.__name__)
def test_the_folder_of_the_model_is_another_one(tmp_path: Path, change: Callable[[Path], None]) -> None:
    """What is saved in the new folder is seen."""
    plant = Plant(tmp_path / "plant", CONFIG.replace("model.json", "model/m.json"))
    (plant.folder / "model").mkdir()
    plant.model_file = plant.folder / "model" / "m.json"
    plant.save()
    with Watched(plant.folder) as watched:
        watched.wait_for(Generated)
        change(plant.folder / "model")
        plant.describe("Tank", "In the new folder.")
        eventually(lambda: plant.says("Tank", "In the new folder."), why=watched.events)
        plant.describe("Tank", "And again.")
        eventually(lambda: plant.says("Tank", "And again."), why=watched.events)


def test_the_project_is_another_folder(plant: Plant) -> None:
    """Moved away, and another one in its place: a checkout by a tool that swaps folders."""
    with Watched(plant.folder) as watched:
        watched.wait_for(Generated)
        swap(plant.folder)
        plant.describe("Tank", "In the new project.")
        eventually(lambda: plant.says("Tank", "In the new project."), why=watched.events)


def test_a_model_that_appears_later(tmp_path: Path) -> None:
    """Neither the file nor its folders are there at the start."""
    plant = Plant(tmp_path / "plant", CONFIG.replace("model.json", "a/b/m.json"))
    with Watched(plant.folder) as watched:
        watched.wait_for(Broken)
        (plant.folder / "a" / "b").mkdir(parents=True)
        (plant.folder / "a" / "b" / "m.json").write_text(json.dumps(plant.model), encoding="utf-8")
        watched.wait_for(Repaired)
        watched.wait_for(Generated)
    assert plant.is_fresh()


def test_a_model_behind_links(plant: Plant, tmp_path: Path) -> None:
    """The file at the end is replaced, and the link is pointed elsewhere: both are seen."""
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
    (one / "m.json").write_bytes(described(plant, "Tank", "One."))
    (other / "m.json").write_bytes(described(plant, "Tank", "Other."))
    plant.model_file.unlink()
    (tmp_path / "current").symlink_to("one")
    plant.model_file.symlink_to(tmp_path / "current" / "m.json")
    with Watched(plant.folder) as watched:
        watched.wait_for(Generated)
        replaced(one / "m.json", described(plant, "Tank", "One, replaced."))
        eventually(lambda: plant.says("Tank", "One, replaced."), why=watched.events)
        (tmp_path / "next").symlink_to("other")
        (tmp_path / "next").replace(tmp_path / "current")
        eventually(lambda: plant.says("Tank", "Other."), why=watched.events)


def test_a_project_that_is_a_link(plant: Plant, tmp_path: Path) -> None:
    """It is watched where it is."""
    (tmp_path / "link").symlink_to(plant.folder)
    with Watched(tmp_path / "link") as watched:
        assert plant.folder.resolve() == watched.wait_for(Started).root
        watched.wait_for(Generated)
        plant.describe("Tank", "Through a link.")
        eventually(lambda: plant.says("Tank", "Through a link."), why=watched.events)


def test_generated_files_that_are_deleted(plant: Plant) -> None:
    """They come back, one or all."""
    with Watched(plant.folder) as watched:
        watched.wait_for(Generated)
        (plant.sdk / "tank.py").unlink()
        eventually((plant.sdk / "tank.py").is_file, why=watched.events)
        shutil.rmtree(plant.sdk)
        eventually(lambda: (plant.sdk / "__init__.py").is_file() and plant.is_fresh(), why=watched.events)
        plant.describe("Tank", "Still watching.")
        eventually(lambda: plant.says("Tank", "Still watching."), why=watched.events)


def test_the_output_moves(plant: Plant) -> None:
    """The configuration is read again, and the new places are watched."""
    with Watched(plant.folder) as watched:
        watched.wait_for(Generated)
        plant.config_file.write_text(CONFIG.replace('"sdk"', '"client"'), encoding="utf-8")
        eventually(lambda: (plant.folder / "client" / "tank.py").is_file() and not plant.sdk.exists())
        (plant.folder / "client" / "tank.py").unlink()
        eventually((plant.folder / "client" / "tank.py").is_file, why=watched.events)


def test_files_beside_are_none_of_its_business(plant: Plant) -> None:
    """Files of others come and go in watched folders: no event tells of them, and no code changes."""
    with Watched(plant.folder) as watched:
        watched.wait_for(Generated)
        for number in range(30):
            (plant.folder / f"note{number}.txt").write_text("x", encoding="utf-8")
            (plant.sdk / f"mine{number}.txt").write_text("x", encoding="utf-8")
        plant.save()
        watched.wait_for(Fresh)
        assert [Started, Generated, Fresh] == [type(event) for event in watched.events]


def test_two_watchers(plant: Plant) -> None:
    """The second one is refused, and says who the first one is; after it, there may be another one."""
    with Watched(plant.folder) as watched:
        watched.wait_for(Generated)
        with pytest.raises(LockedError, match=str(os.getpid())):
            Watcher(plant.folder, on_event=lambda event: None).run()
    with Watched(plant.folder) as watched:
        watched.wait_for(Fresh)


def test_it_stops_before_it_begins(plant: Plant) -> None:
    """`stop` may come at any time."""
    told: list[Event] = []
    watcher = Watcher(plant.folder, on_event=told.append)
    watcher.stop("enough")
    watcher.run()
    assert Stopped("enough") == told[-1]
    assert not plant.sdk.exists()


def test_threads_end_with_it(plant: Plant) -> None:
    """Nothing is left running."""
    before = set(threading.enumerate())
    with Watched(plant.folder) as watched:
        watched.wait_for(Generated)
    eventually(lambda: set(threading.enumerate()) <= before, why=threading.enumerate())


def test_what_a_listener_raises_ends_it(plant: Plant) -> None:
    """And the project can be watched again."""

    def fail(event: Event) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Watcher(plant.folder, on_event=fail).run()
    with Watched(plant.folder) as watched:
        watched.wait_for(Generated)


def test_no_project(tmp_path: Path) -> None:
    """Is an error, as for every other command."""
    with pytest.raises(ConfigError):
        Watcher(tmp_path, on_event=lambda event: None).run()


# ---------------------------------------------------------------------------------------------------------------------
# Without events


def test_lost_events_are_made_up_for(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system says nothing, as for changes made on another machine, it looks from time to time."""
    monkeypatch.setattr(daemon, "_HEARTBEAT_S", 0.05)
    monkeypatch.setattr(FileEvents, "follow", lambda self, survey: False)
    with Watched(plant.folder) as watched:
        watched.wait_for(Generated)
        plant.describe("Tank", "Unheard.")
        eventually(lambda: plant.says("Tank", "Unheard."), why=watched.events)


@pytest.mark.parametrize(
    ("environment", "poll_ms"),
    [
        ({}, None),
        ({"WATCHFILES_FORCE_POLLING": "1"}, 300),
        ({"WATCHFILES_FORCE_POLLING": "true", "WATCHFILES_POLL_DELAY_MS": "70"}, 70),
        ({"WATCHFILES_FORCE_POLLING": "1", "WATCHFILES_POLL_DELAY_MS": "often"}, 300),
        ({"WATCHFILES_FORCE_POLLING": "disabled"}, None),
        ({"WATCHFILES_POLL_DELAY_MS": "70"}, None),
    ],
)
def test_variables_of_watchfiles(
    environment: dict[str, str], poll_ms: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People know them, so they decide here, too."""
    monkeypatch.setattr("os.uname", lambda: os.uname_result(("Linux", "n", "6.1-generic", "v", "m")))
    assert poll_ms == polling_wanted(environment)


def test_linux_under_windows_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its mounts tell nothing."""
    monkeypatch.setattr("sys.platform", "linux")
    uname = os.uname_result(("Linux", "n", "5.15-microsoft-standard-WSL2", "v", "m"))
    monkeypatch.setattr("os.uname", lambda: uname)
    assert 300 == polling_wanted({})
    assert None is polling_wanted({"WATCHFILES_FORCE_POLLING": "false"})


def refusing(*_: Any, **__: Any) -> Any:
    """What watchfiles raises when the system allows no more watches."""
    raise OSError(28, "OS file watch limit reached.")


def test_no_more_watches_at_the_start(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the way out."""
    monkeypatch.setattr("watchfiles.watch", refusing)
    with pytest.raises(WatchError, match=r"watch limit reached.*--poll"):
        Watcher(plant.folder, on_event=lambda event: None).run()


def test_no_more_watches_later(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new folder is one too many: from then on the files are looked at."""
    with Watched(plant.folder) as watched:
        watched.wait_for(Generated)
        monkeypatch.setattr("watchfiles.watch", refusing)
        (plant.folder / "away").mkdir()
        plant.config_file.write_text(CONFIG.replace("model.json", "away/m.json"), encoding="utf-8")
        assert daemon.DEFAULT_POLL_MS == watched.wait_for(PollingInstead).poll_ms
        (plant.folder / "away" / "m.json").write_bytes(described(plant, "Tank", "Polled."))
        eventually(lambda: plant.says("Tank", "Polled."), why=watched.events)


def test_without_watchfiles(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its extra is named; polling needs none."""
    monkeypatch.setitem(__import__("sys").modules, "watchfiles", None)
    with pytest.raises(MissingExtraError, match=r"pygen-cdf\[watch\]"):
        Watcher(plant.folder, on_event=lambda event: None).run()
    with Watched(plant.folder, poll_ms=20) as watched:
        watched.wait_for(Generated)


def test_a_listener_that_dies_is_replaced(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens in its thread is not the end of the watching."""
    import watchfiles

    real, calls, dies = watchfiles.watch, [], threading.Event()

    def dying_at_first(*paths: Any, **options: Any) -> Any:
        calls.append(paths)
        if dies.is_set():
            return real(*paths, **options)

        return dying(options["stop_event"])

    def dying(stop_event: Any) -> Iterator[object]:
        stop_event.is_set()  # as watchfiles does when it has begun
        dies.wait(PATIENCE_S)
        yield from ()
        raise RuntimeError("lost")

    monkeypatch.setattr(watchfiles, "watch", dying_at_first)
    with Watched(plant.folder) as watched:
        watched.wait_for(Generated)
        before = len(calls)
        dies.set()
        eventually(lambda: len(calls) > before)
        plant.describe("Tank", "Heard again.")
        eventually(lambda: plant.says("Tank", "Heard again."), why=watched.events)
