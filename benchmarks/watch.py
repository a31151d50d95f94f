"""
Measure `pygen watch`: from the save of a model to its files on the disk.

    python benchmarks/watch.py [--shared ../shared] [--runs 20] [--work .tools/benchmarks] [--output FILE]

Needs `pip install -e '.[dev]'` in the running Python and the corpus of real data models (`--shared` or PYGEN_SHARED).
The watcher is a process of its own, with real file events. The clock starts when the new model takes the place of the
old one, and stops when this process has read the event that says what was written: after the last file, the lock
included. What comes without a watcher is measured beside it: `pygen generate` and a run of cognite-pygen, as processes.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from measure import as_installed, run
from peers import peer_environment, peer_generate
from run import ROOT, ms

Json = dict[str, Any]

EDITS = ("a description", "a new property", "a removed property", "a new view")
_CONFIG = '[pygen]\nmodel = "model.json"\n[pygen.python]\noutput = "sdk"\n'
_REST_S = (0.15, 0.3)
"""Pause between two edits, so that each is an event of its own."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report."""

    what: str
    peer: str
    process: str
    ours: str
    files: str
    aim: str

    def __str__(self) -> str:
        return f"| {self.what} | {self.peer} | {self.process} | {self.ours} | {self.files} | {self.aim} |"


class Project:
    """A project whose model is edited; saved as editors save, by replacing the file."""

    def __init__(self, folder: Path, model: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.folder = folder
        (folder / "pygen.toml").write_text(_CONFIG, encoding="utf-8")
        document = json.loads(model.read_bytes())
        self.model: Json = document["items"][0] if "items" in document else document
        self.view: Json = next(view for view in self.model["views"] if self._stored(view))
        self.save()

    @staticmethod
    def _stored(view: Json) -> list[str]:
        return [name for name, each in (view.get("properties") or {}).items() if "container" in each]

    def edit(self, kind: str, number: int) -> None:
        """Edit the model in memory."""
        properties = self.view["properties"]
        match kind:
            case "a description":
                self.view["description"] = f"Edit {number}."
            case "a new property":
                properties[f"edited{number}"] = copy.deepcopy(properties[self._stored(self.view)[0]])
            case "a removed property":
                del properties[f"edited{number}"]
            case _:
                twin = copy.deepcopy(self.view)
                twin["externalId"] = f"Edited{number}"
                self.model["views"].append(twin)

    def save(self) -> float:
        """Save the model; the moment at which it is there."""
        beside = self.folder / "model.json~"
        beside.write_text(json.dumps(self.model, indent=2), encoding="utf-8")
        moment = time.perf_counter()
        beside.replace(self.folder / "model.json")
        return moment


class Watch:
    """A watcher as a process of its own."""

    def __init__(self, project: Project) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pygen", "watch", "--project", str(project.folder), "--events", "json"],
            env=as_installed(),
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def generated(self) -> Json:
        """Wait for the next generation."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event: Json = json.loads(line)
            if event["event"] == "generated":
                return event
            if event["event"] in ("broken", "failed"):
                raise RuntimeError(line)
        raise RuntimeError("the watcher ended")

    def idle_percent(self, seconds: float) -> float:
        """Processor time while nothing happens, in percent of one core."""
        before = self._ticks()
        time.sleep(seconds)
        return (self._ticks() - before) / os.sysconf("SC_CLK_TCK") / seconds * 100

    def _ticks(self) -> int:
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
        return int(fields[11]) + int(fields[12])


def edits(project: Project, watch: Watch, kind: str, runs: int, chance: random.Random) -> tuple[list[float], Json]:
    """How long each edit of a kind takes, and the last event."""
    seconds: list[float] = []
    event: Json = {}
    for number in range(runs):
        project.edit(kind, number)
        saved = project.save()
        event = watch.generated()
        seconds.append(time.perf_counter() - saved)
        time.sleep(chance.uniform(*_REST_S))
    return seconds, event


def processes(project: Project, peer: Sequence[str] | None, runs: int) -> tuple[str, str]:
    """What a run of `pygen generate` takes after an edit of a description, and a run of the peer."""
    command = [sys.executable, "-m", "pygen", "generate", "-q", "--project", str(project.folder)]
    ours: list[float] = []
    for number in range(runs):
        project.edit("a description", 1000 + number)
        project.save()
        ours.append(run(command).seconds)
    theirs = [run(peer).seconds for _ in range(max(2, runs // 3))] if peer is not None else []
    return ms(statistics.median(theirs)) if theirs else "-", ms(statistics.median(ours))


def measured(name: str, model: Path, work: Path, peer: Path | None, runs: int) -> Iterator[Row]:
    """The rows of one model."""
    project = Project(work / "watch" / name, model)
    alone = Project(work / "watch" / f"{name}-alone", model)
    run([sys.executable, "-m", "pygen", "generate", "-q", "--project", str(alone.folder)])
    theirs = peer_generate(peer, model, work / "watch" / f"{name}-peer") if peer is not None else None
    of_peer, of_process = processes(alone, theirs, max(3, runs // 3))
    chance = random.Random(1)
    with Watch(project) as watch:
        watch.generated()
        time.sleep(1)
        for kind in EDITS:
            seconds, event = edits(project, watch, kind, runs, chance)
            yield Row(
                f"{name} ({len(project.model['views'])} views): {kind}",
                of_peer,
                of_process,
                f"{ms(statistics.median(seconds))} (fastest {ms(min(seconds))}, slowest {ms(max(seconds))})",
                str(len(event["written"])),
                "100 ms" if name == "cognite_core" else "",
            )
        if sys.platform == "linux":
            yield Row(f"{name}: doing nothing", "", "", f"{watch.idle_percent(10):.1f} % of one core", "", "")


def main() -> None:
    """Run every measurement and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("PYGEN_SHARED") or ROOT.parent / "shared"))
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--work", type=Path, default=ROOT / ".tools" / "benchmarks")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results_watch.md")
    arguments = parser.parse_args()
    work, models = arguments.work.resolve(), arguments.shared.resolve() / "models"
    work.mkdir(parents=True, exist_ok=True)
    peer = peer_environment(work / "peer-env")
    rows: list[Row] = []
    loads = [os.getloadavg()[0]]
    for name, model, with_peer in [
        ("windfarm", ROOT / "example_project" / "model" / "windfarm.json", False),
        ("cognite_core", models / "cognite_core.json", True),
        ("cfihos_full", models / "cfihos_full.json", False),
    ]:
        for row in measured(name, model, work, peer if with_peer else None, arguments.runs):
            print(row, flush=True)
            rows.append(row)
        loads.append(os.getloadavg()[0])
    about = (
        f"`python benchmarks/watch.py --runs {arguments.runs}`: from the save of a model to the event that all is "
        f"written, medians; Python {platform.python_version()}, watchfiles {version('watchfiles')}, {os.cpu_count()} "
        f"cores, {platform.system()}. Load average before and after each model: "
        f"{', '.join(f'{load:.1f}' for load in loads)}. The peer has no watcher: beside it stand a run of "
        "cognite-pygen 1.4 and one of `pygen generate`, as processes."
    )
    head = [
        "# Measured: the watcher",
        "",
        about,
        "",
        "| edit | run of the peer | run of `pygen generate` | `pygen watch` | files written | aim |",
        "|---|---|---|---|---|---|",
    ]
    arguments.output.write_text("\n".join([*head, *map(str, rows), ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
