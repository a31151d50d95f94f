"""
Measure generated SDKs beside cognite-pygen 1.4 and cognite-sdk 8, in one run, as whole processes.

    python benchmarks/sdk.py [--shared ../shared] [--runs 3] [--long] [--work .tools/benchmarks]
                             [--output benchmarks/results_sdk.md]

Needs `pip install -e '.[dev]'` in the running Python, which generates and serves, and the corpus of real data models
(`--shared` or PYGEN_SHARED). The clients run in environments that hold what they need and no more. All of them read the
same 100,000 assets of the core data model from a server of canned pages, a process of its own on this machine; writes
go to a sandbox. Numbers depend on the machine; the ratios are what to read.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from canned_rows import PAGE
from client import Measured, canned, faster, versions
from measure import run, turns
from peers import SDK, environment, peer_environment, peer_generate
from run import ROOT, ms
from sdk_tasks import FIRST

_HERE = Path(__file__).resolve().parent
_ROWS = 100_000
_LONG_ROWS = (1_000_000, 10_000_000)
_FRAMES = ("pandas", "pyarrow")


@dataclass(frozen=True, slots=True)
class Row:
    """
    One line of the report; the figures of peers are empty where they have nothing like it.

    Attributes:
        what: What is measured.
        v1: The figure of cognite-pygen.
        sdk: The figure of cognite-sdk.
        ours: Ours.
        ratios: How many times as fast ours is as the one, and as the other.
        aim: What it should be.
    """

    what: str
    v1: str
    sdk: str
    ours: str
    ratios: tuple[str, str]
    aim: str

    @classmethod
    def compared(cls, what: str, v1: Measured | None, sdk: Measured | None, ours: Measured, aim: str) -> Row:
        """A line about rows per second."""
        peers = (v1, sdk)
        shown = ["" if peer is None else peer.speed for peer in peers]
        ratios = ["" if peer is None else faster(peer.seconds, ours.seconds) for peer in peers]
        return cls(what, shown[0], shown[1], ours.speed, (ratios[0], ratios[1]), aim)

    def __str__(self) -> str:
        return f"| {' | '.join([self.what, self.v1, self.sdk, self.ours, *self.ratios, self.aim])} |"


@dataclass(frozen=True, slots=True)
class Setting:
    """
    Where things are.

    Attributes:
        pythons: The Pythons of the environments, by the beginning of the tasks' names; those of frames have `_frame`.
        sdks: The folder of the generated packages.
        models: The folder of the data models.
        server: The address of the server.
        runs: How often each is measured.
    """

    pythons: dict[str, Path]
    sdks: Path
    models: Path
    server: str
    runs: int

    def measure(self, *tasks: str, rows: int = _ROWS, runs: int | None = None) -> list[Measured]:
        """Do tasks in turns."""
        commands = {task: self._command(task, self.server, rows) for task in tasks}
        outcomes = turns(commands, runs=self.runs if runs is None else runs, env=self._environ, mark=FIRST)
        return [Measured.of(outcomes[task], rows) for task in tasks]

    def once(self, task: str, server: str) -> tuple[Measured, float]:
        """Do a task once, with a server of its own; also how many seconds of a processor it took."""
        outcome = run(self._command(task, server, _ROWS), env=self._environ, mark=FIRST)
        return Measured.of([outcome], _ROWS), float(outcome.output.split()[-3])

    @property
    def _environ(self) -> dict[str, str]:
        return {"PYTHONPATH": str(self.sdks)}

    def _command(self, task: str, server: str, rows: int) -> list[str]:
        return [str(self._python(task)), str(_HERE / "sdk_tasks.py"), task, server, str(rows)]

    def _python(self, task: str) -> Path:
        owner = task.partition("_")[0]
        return self.pythons[f"{owner}_frame" if task.endswith(("_frame", "_arrow")) else owner]


def lists(setting: Setting) -> Iterator[Row]:
    """All objects are kept."""
    v1, sdk, ours, later = setting.measure("v1_list", "sdk_list", "ours_list", "ours_list_async")
    aim = "37,000 rows/s, 600 MB"
    yield Row.compared("list 100,000 assets, all kept", v1, sdk, ours, aim)
    yield Row.compared("... asynchronous client", v1, sdk, later, aim)


def streams(setting: Setting) -> Iterator[Row]:
    """No object is kept."""
    sdk, ours = setting.measure("sdk_stream", "ours_stream")
    what = "stream 100,000 assets, none kept; cognite-sdk in chunks of 1,000, its fastest"
    yield Row.compared(what, None, sdk, ours, "45,000 rows/s, 100 MB")


def long_streams(setting: Setting) -> Iterator[Row]:
    """Many more rows take no more memory."""
    for rows in _LONG_ROWS:
        (ours,) = setting.measure("ours_stream", rows=rows, runs=1)
        yield Row.compared(f"stream {rows:,} assets", None, None, ours, "100 MB, flat")


def frames(setting: Setting) -> Iterator[Row]:
    """Data frames, and batches of Arrow of which none is kept."""
    v1, sdk, ours, batches = setting.measure("v1_frame", "sdk_frame", "ours_frame", "ours_arrow")
    yield Row.compared("100,000 assets to a pandas data frame", v1, sdk, ours, "100,000 rows/s")
    yield Row.compared("... as batches of Arrow, none kept", None, None, batches, "")


def first_row(setting: Setting) -> Iterator[Row]:
    """From the start of the process, interpreter and imports included, to the first of 1,000 rows."""
    peers = ("v1_list", "sdk_stream")
    v1, sdk, ours = setting.measure(*peers, "ours_stream", rows=PAGE, runs=setting.runs * 2)
    shown = [ms(median(each.first_s)) for each in (v1, sdk, ours)]
    ratios = (faster(v1.first_s, ours.first_s), faster(sdk.first_s, ours.first_s))
    yield Row("first row from process start", shown[0], shown[1], shown[2], ratios, "400 ms")


def upsert(setting: Setting) -> Iterator[Row]:
    """Objects are written into a sandbox; how much of the time the client is at work, not waiting."""
    shares: list[float] = []
    speeds: list[float] = []
    for _ in range(setting.runs):
        with _sandbox(setting.models / "cognite_core.json") as server:
            ours, used_s = setting.once("ours_upsert", server)
        shares.append(used_s / ours.seconds[0])
        speeds.append(ours.rows / ours.seconds[0])
    what = "make and upsert 100,000 assets into the sandbox; the share of the time that the client uses a processor"
    yield Row(what, "", "", f"{median(speeds):,.0f} rows/s, {median(shares):.0%}", ("", ""), "30 % at most")


def builds(setting: Setting) -> Iterator[Row]:
    """A query is built, and not carried out."""
    for model, name in (("cognite_core", "core"), ("cfihos_full", "cfihos")):
        (ours,) = setting.measure(f"ours_build_{name}", rows=1000)
        each = median(ours.seconds) / ours.rows * 1000
        what = f"build a query of {model}: four conditions, a branch, an order"
        yield Row(what, "", "", f"{each:.3f} ms", ("", ""), "1 ms")


@contextmanager
def _sandbox(model: Path) -> Iterator[str]:
    """A running sandbox; its address."""
    command = [sys.executable, "-m", "pygen", "sandbox", "serve", "--model", str(model)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().removeprefix("listening on ").strip()
        finally:
            process.send_signal(signal.SIGTERM)


def prepare(models: Path, work: Path) -> tuple[dict[str, Path], Path]:
    """Make the environments and generate the SDKs; returns the Pythons and the folder of the SDKs."""
    sdks = work / "sdks"
    for model, package, client in (
        ("cognite_core", "core_sdk", "CoreClient"),
        ("cfihos_full", "cfihos_sdk", "CfihosClient"),
    ):
        source, output = str(models / f"{model}.json"), str(sdks / package)
        command = [sys.executable, "-m", "pygen", "generate", "--model", source, "--target", "python", "--quiet"]
        subprocess.run([*command, "--output", output, "--client-name", client], check=True, stderr=subprocess.DEVNULL)
    own = ["--editable", str(ROOT)]
    peer = peer_environment(work / "peer-env")
    subprocess.run(peer_generate(peer, models / "cognite_core.json", sdks), check=True)
    pythons = {
        "ours": environment(work / "client-env", own),
        "ours_frame": environment(work / "frame-env", [*own, *_FRAMES]),
        "v1": peer,
        "v1_frame": peer,
        "sdk": environment(work / "sdk-env", SDK),
        "sdk_frame": environment(work / "sdk-pandas-env", [*SDK, "pandas"]),
    }
    return pythons, sdks


def main() -> None:
    """Run every measurement and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("PYGEN_SHARED") or ROOT.parent / "shared"))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--long", action="store_true", help="also stream 10,000,000 assets, which takes minutes")
    parser.add_argument("--work", type=Path, default=ROOT / ".tools" / "benchmarks")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results_sdk.md")
    arguments = parser.parse_args()
    models = arguments.shared.resolve() / "models"
    pythons, sdks = prepare(models, arguments.work.resolve())
    parts = [lists, streams, *([long_streams] if arguments.long else []), frames, first_row, upsert, builds]
    rows: list[Row] = []
    load = os.getloadavg()[0]
    with canned("--assets") as server:
        setting = Setting(pythons, sdks, models, server, arguments.runs)
        for part in parts:
            for row in part(setting):
                print(row, flush=True)
                rows.append(row)
    measured = (
        f"`python benchmarks/sdk.py --runs {arguments.runs}`, peers and ours in turns, on the same cores as the "
        f"server: medians, ratios turn by turn. {os.cpu_count()} cores with a load of {load:.1f} before the start, "
        f"{platform.system()}, Python {platform.python_version()}, {versions(pythons['ours'], 'httpx', 'pydantic')}; "
        f"the peers are an SDK generated by {versions(pythons['v1'], 'cognite-pygen')} (on top of "
        f"{versions(pythons['v1'], 'cognite-sdk')}) and {versions(pythons['sdk'], 'cognite-sdk')}, from PyPI. Assets "
        "have 18 properties, answers are compressed, memory is the largest resident size of a process."
    )
    head = [
        "# Measured: generated SDKs",
        "",
        measured,
        "",
        "| what | cognite-pygen 1.4 | cognite-sdk 8 | pygen | beside 1.4 | beside sdk 8 | aim |",
        "|---|---|---|---|---|---|---|",
    ]
    arguments.output.write_text("\n".join([*head, *map(str, rows), ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
