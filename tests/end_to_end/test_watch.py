"""`pygen watch` as people run it: a process, real file events, real signals, a terminal."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from pygen.project.locking import one_writer
from tests.end_to_end.generating import Installed, tree
from tests.end_to_end.watching import PATIENCE_S, WatchProcess
from tests.support.watching import Plant, eventually, untouched

PROMPTLY_S = 5.0
"""A second is promised; a machine that runs tests has more to do."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A copy of pygen."""
    return Installed(tmp_path_factory.mktemp("installed"))


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """A project that was never generated."""
    return Plant(tmp_path / "plant")


def is_fresh(installed: Installed, project: Path) -> bool:
    """Ask pygen itself."""
    done = installed.run("check", "-q", cwd=project)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode == 0


def test_a_day_in_events(installed: Installed, plant: Plant) -> None:
    """Started, generated, changed, broken, repaired, stopped: one JSON line each, and nothing else on stdout."""
    with WatchProcess(installed, plant.folder) as watch:
        started = watch.wait_for("started")
        assert watch.process.pid == started["pid"]
        assert str(plant.folder.resolve()) == started["root"]
        assert [] == watch.wait_for("generated")["causes"]
        with untouched(*(path for path in plant.sdk.iterdir() if path.name != "tank.py")):
            plant.describe("Tank", "Full.")
            changed = watch.wait_for("generated")
        assert ["sdk/tank.py"] == changed["written"]
        assert ["sp:Tank(v1)"] == changed["views"]
        assert changed["ms"] > 0
        plant.model_file.write_text("{", encoding="utf-8")
        broken = watch.wait_for("broken")
        assert "ConfigError" == broken["error"]["type"]
        assert plant.says("Tank", "Full.")
        plant.describe("Tank", "Empty.")
        watch.wait_for("repaired")
        watch.wait_for("generated")
        code, _ = watch.end()
        names = [event["event"] for event in watch.rest()]
        assert ["started", "generated", "generated", "broken", "repaired", "generated", "stopped"] == names
        assert 0 == code
        assert "" == watch.said()
    assert is_fresh(installed, plant.folder)


def test_lines_for_people(installed: Installed, plant: Plant) -> None:
    """Elsewhere than on a terminal: plain lines, problems on stderr."""
    with installed.start("watch", cwd=plant.folder) as process:
        eventually((plant.folder / "pygen.lock").exists)
        plant.model_file.write_text("{", encoding="utf-8")
        assert process.stderr is not None
        assert "broken: model.json: not valid JSON" in process.stderr.readline()
        process.terminate()
        out, err = process.communicate(timeout=PATIENCE_S)
    first, second, last = out.splitlines()
    assert f"watching {plant.folder.resolve()} (default)" in first
    assert "6 files written in " in second
    assert "stopped (SIGTERM)" in last
    assert "\x1b" not in out + err
    assert 0 == process.returncode


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signals(installed: Installed, plant: Plant, name: str) -> None:
    """Each ends it at once, on purpose: exit code 0, and a word about why."""
    with WatchProcess(installed, plant.folder) as watch:
        watch.wait_for("generated")
        code, seconds = watch.end(getattr(signal, name))
        assert (0, {"event": "stopped", "reason": name}) == (code, watch.rest()[-1])
        assert seconds < PROMPTLY_S
        assert "" == watch.said()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_signals_during_a_generation(installed: Installed, tmp_path: Path, shared: Path, name: str) -> None:
    """At any moment of generating a large model: nothing is torn, and the next generation ends as if nothing was."""
    plant = Plant(tmp_path / "plant")
    shutil.copy(shared / "models" / "cognite_core.json", plant.model_file)
    expected = Plant(tmp_path / "expected")
    shutil.copy(plant.model_file, expected.model_file)
    assert 0 == installed.run("generate", cwd=expected.folder).returncode
    for moment in (0.0, 0.05, 0.1, 0.2, 0.3, 0.4):
        shutil.rmtree(plant.sdk, ignore_errors=True)
        plant.lock_file.unlink(missing_ok=True)
        with WatchProcess(installed, plant.folder) as watch:
            watch.wait_for("started")
            time.sleep(moment)  # the moment is what is tried, nothing is waited for
            code, seconds = watch.end(getattr(signal, name))
            assert 0 == code, watch.said()
            assert seconds < PROMPTLY_S
            assert "stopped" == watch.rest()[-1]["event"]
        whole = tree(expected.sdk)
        files = {path: content for path, content in tree(plant.sdk).items() if not path.startswith("__pycache__")}
        assert {} == {path: content for path, content in files.items() if whole.get(path) != content}
    assert 0 == installed.run("generate", cwd=plant.folder).returncode
    assert whole == tree(plant.sdk)


def test_a_signal_while_another_one_writes(installed: Installed, plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for another writer may take a minute; ending does not."""
    monkeypatch.setenv("XDG_CACHE_HOME", installed.environment["XDG_CACHE_HOME"])
    with one_writer(plant.folder), WatchProcess(installed, plant.folder) as watch:
        watch.wait_for("started")
        time.sleep(0.3)  # it is waiting for the writers' lock then; earlier is as good a test
        code, seconds = watch.end()
        assert 0 == code, watch.said()
        assert seconds < PROMPTLY_S


def test_nohup(installed: Installed, plant: Plant) -> None:
    """Whoever ignores the end of the terminal on purpose is not ended by it."""
    command = [sys.executable, "-m", "pygen", "watch", "--events", "json"]
    with subprocess.Popen(
        ["nohup", *command],
        cwd=plant.folder,
        env=installed.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "started" in process.stdout.readline()
        assert "generated" in process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        plant.describe("Tank", "Still there.")
        assert "generated" in process.stdout.readline()
        process.terminate()
        assert 0 == process.wait(PATIENCE_S)


def test_two_of_them(installed: Installed, plant: Plant) -> None:
    """The second one says who the first one is, and exits with 2; for programs, as an event, too."""
    with WatchProcess(installed, plant.folder) as first:
        first.wait_for("generated")
        done = installed.run("watch", cwd=plant.folder)
        assert (2, "") == (done.returncode, done.stdout)
        assert f"the process {first.process.pid} watches it" in done.stderr
        with WatchProcess(installed, plant.folder) as second:
            failed = second.wait_for("failed")
            assert (2, "LockedError") == (failed["exitCode"], failed["error"]["type"])
            assert 2 == second.process.wait(PATIENCE_S)
            assert f"process {first.process.pid}" in second.said()
        first.process.kill()
        first.process.wait()
    with WatchProcess(installed, plant.folder) as third:
        third.wait_for("fresh")


def test_the_reader_goes_away(installed: Installed, plant: Plant) -> None:
    """An editor that died leaves no watcher behind, though nothing is written; and no complaint."""
    with installed.start("watch", "--events", "json", cwd=plant.folder) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert "started" in process.stdout.readline()
        assert "generated" in process.stdout.readline()
        process.stdout.close()
        assert 0 == process.wait(PATIENCE_S)
        assert "" == process.stderr.read()


def test_a_reader_that_does_not_read(installed: Installed, plant: Plant) -> None:
    """Its pipe is full, so nothing can be written, not even that it ends; it ends all the same."""
    import fcntl

    read_end, write_end = os.pipe()
    fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, 4096)
    command = [sys.executable, "-m", "pygen", "watch", "--events", "json"]
    with subprocess.Popen(command, cwd=plant.folder, env=installed.environment, stdout=write_end) as process:
        os.close(write_end)
        eventually((plant.folder / "pygen.lock").exists)

        def full() -> bool:
            plant.save()
            waiting = fcntl.ioctl(read_end, termios.FIONREAD, b"\0" * 4)
            return int.from_bytes(waiting, sys.byteorder) > 4096 - 100

        eventually(full)
        for _ in range(20):
            plant.save()
            time.sleep(0.05)  # so that it tries to write more
        started = time.perf_counter()
        process.terminate()
        assert 0 == process.wait(PATIENCE_S)
        assert time.perf_counter() - started < PROMPTLY_S
    os.close(read_end)


def test_head(installed: Installed, plant: Plant) -> None:
    """`pygen watch | head -1` ends by itself."""
    script = f"{sys.executable} -m pygen watch | head -1"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=plant.folder, env=installed.environment, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert "watching" in done.stdout
    assert "" == done.stderr


def test_polling(installed: Installed, plant: Plant) -> None:
    """`--poll` looks at the files, as often as it is told to."""
    with WatchProcess(installed, plant.folder, "--poll", "50") as watch:
        assert 50 == watch.wait_for("started")["pollMs"]
        watch.wait_for("generated")
        plant.describe("Tank", "Polled.")
        watch.wait_for("generated")
        assert plant.says("Tank", "Polled.")


def test_the_variable_of_watchfiles(installed: Installed, plant: Plant) -> None:
    """`WATCHFILES_FORCE_POLLING` is obeyed."""
    with WatchProcess(installed, plant.folder, WATCHFILES_FORCE_POLLING="1") as watch:
        assert 300 == watch.wait_for("started")["pollMs"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--interval", "5"], "--interval: is about the data model in CDF (add --remote)"),
        (["--env", "prod"], "--env: is about the data model in CDF (add --remote)"),
        (["--remote"], "no SDK has a remote"),
        (["--remote", "--interval", "0"], "'0' is not a number of seconds"),
        (["--remote", "--interval", "nan"], "'nan' is not a number of seconds"),
        (["--poll", "fast"], "'fast' is not a number of milliseconds"),
        (["--poll", "0"], "'0' is not a number of milliseconds"),
        (["--sdk", "other"], "no SDK is called 'other'"),
        (["--project", "nowhere"], "there is no folder nowhere"),
        (["--events", "xml"], "invalid choice: 'xml'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_on_the_command_line(installed: Installed, plant: Plant, options: list[str], said: str) -> None:
    """Exit code 2, and what to do instead."""
    done = installed.run("watch", *options, cwd=plant.folder)
    assert 2 == done.returncode
    assert said in done.stderr
    assert not plant.sdk.exists()


def test_no_more_watches(installed: Installed, plant: Plant) -> None:
    """Where the system allows no more of them, the error names `--poll`, which needs none."""
    limited = "echo 0 > /proc/sys/user/max_inotify_watches && "
    shell = ["unshare", "--user", "--map-root-user", "bash", "-c"]
    if subprocess.run([*shell, f"{limited}true"], capture_output=True, check=False).returncode:
        pytest.skip("no user namespaces here, so the limit cannot be set for one process")
    environment = {**installed.environment, "XDG_CACHE_HOME": str(plant.folder.parent / "cache")}
    done = subprocess.run(
        [*shell, f"{limited}exec {sys.executable} -m pygen watch --project {plant.folder}"],
        cwd=plant.folder, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert 2 == done.returncode, done.stderr
    assert "pygen watch --poll" in done.stderr
    with subprocess.Popen(
        [*shell, f"{limited}exec {sys.executable} -m pygen watch --poll --project {plant.folder}"],
        cwd=plant.folder, env=environment, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert "looking every 300 ms" in process.stdout.readline()
        process.terminate()
        assert 0 == process.wait(PATIENCE_S)


# ---------------------------------------------------------------------------------------------------------------------
# git


def git(folder: Path, *arguments: str) -> None:
    """Run git."""
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_checkouts(installed: Installed, plant: Plant) -> None:
    """Between branches with other models, code and locks: nothing is told to be broken, all ends fresh and clean."""
    git(plant.folder, "init", "-q", "-b", "main")
    for branch in ("main", "wide", "narrow"):
        if branch != "main":
            git(plant.folder, "checkout", "-q", "-b", branch, "main")
        plant.model["description"] = f"On {branch}."
        for each in plant.model["views"]:
            each["description"] = f"On {branch}."
        plant.save()
        assert 0 == installed.run("generate", "-q", cwd=plant.folder).returncode
        git(plant.folder, "add", ".")
        git(plant.folder, "commit", "-q", "-m", branch)
    with WatchProcess(installed, plant.folder) as watch:
        watch.wait_for("fresh")
        for branch in ["main", "wide", "narrow", "main"] * 5:
            git(plant.folder, "checkout", "-q", branch)
            eventually(lambda branch=branch: plant.says("Valve", f"On {branch}."))  # type: ignore[misc]
        # One more change, so that all before it was looked at.
        plant.describe("Tank", "Afterwards.")
        eventually(lambda: plant.says("Tank", "Afterwards."))
        git(plant.folder, "stash", "-q")
        eventually(lambda: plant.says("Tank", "On main."))
        assert 0 == watch.end()[0]
        assert {"started", "fresh", "generated", "stopped"} >= {event["event"] for event in watch.rest()}
    assert is_fresh(installed, plant.folder)
    status = subprocess.run(["git", "status", "--porcelain"], cwd=plant.folder, capture_output=True, check=True)
    assert b"" == status.stdout


# ---------------------------------------------------------------------------------------------------------------------
# A terminal


def test_a_status_line_on_a_terminal(installed: Installed, plant: Plant) -> None:
    """Below the lines stands how it is; when the terminal closes, the watcher ends."""
    pyte = pytest.importorskip("pyte")
    screen = pyte.Screen(100, 24)
    stream = pyte.ByteStream(screen)
    master, slave = pty.openpty()
    import fcntl
    import struct

    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "pygen", "watch"],
        cwd=plant.folder, env={**installed.environment, "TERM": "xterm-256color", "COLUMNS": "100"},
        stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no thread runs meanwhile
    )  # fmt: skip
    os.close(slave)
    os.set_blocking(master, False)

    def shows(*texts: str) -> bool:
        try:
            while data := os.read(master, 65536):
                stream.feed(data)
        except (BlockingIOError, OSError):
            pass
        lines = [line.rstrip() for line in screen.display if line.strip()]
        return bool(lines) and all(text in lines[-1] for text in texts)

    try:
        eventually(lambda: shows("watching plant", "fresh", "generated "), why=screen.display)
        plant.model_file.write_text('{"\x1b[2J', encoding="utf-8")
        eventually(lambda: shows("watching plant", "broken"), why=screen.display)
        assert any("broken: model.json: not valid JSON" in line for line in screen.display)
        plant.describe("Tank", "Whole.")
        eventually(lambda: shows("fresh"), why=screen.display)
        shown = [line.rstrip() for line in screen.display if line.strip()]
        assert any("repaired" in line for line in shown)
        assert 1 == sum("watching plant " in line for line in shown)
        os.close(master)
        assert 0 == process.wait(PATIENCE_S)
    finally:
        process.kill()
        process.wait()


def test_json_is_valid_whatever_a_model_says(installed: Installed, plant: Plant) -> None:
    """Text of models is hostile."""
    plant.model["views"][0]["externalId"] = "P\u2028\x1b]0;x\x07"
    plant.save()
    with WatchProcess(installed, plant.folder) as watch:
        watch.wait_for("generated", "broken")
        assert 0 == watch.end()[0]
        assert all(isinstance(event["event"], str) for event in watch.rest())
    assert json.loads(plant.model_file.read_bytes())
