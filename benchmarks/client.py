"""
Measure the client beside cognite-sdk 8 and plain httpx, in one run, as whole processes.

    python benchmarks/client.py [--runs 5] [--work .tools/benchmarks] [--output benchmarks/results_client.md]

Needs `pip install -e '.[dev]'` in the running Python, which serves. The clients run in environments that hold what they
need and no more: httpx alone imports its command line where it finds it. All of them speak to the same server of canned
pages, a process of its own on this machine. Numbers depend on the machine; the ratios are what to read.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from canned_rows import PAGE
from client_tasks import FIRST
from measure import Outcome, turns
from peers import SDK, environment
from run import ROOT, Row, ms

_HERE = Path(__file__).resolve().parent
_ROWS = 100_000
_MANY_ROWS = 1_000_000
_LATENCY_MS = 50
_KEEP_HEAP = {"MALLOC_TRIM_THRESHOLD_": "64000000", "MALLOC_TOP_PAD_": "8000000", "MALLOC_MMAP_THRESHOLD_": "32000000"}
"""
Lets glibc keep freed memory. Whether it gives buffers of a page back depends on the order in which they are freed, and
getting them anew costs up to a third of the time of an answer that is not decoded.
"""


@dataclass(frozen=True, slots=True)
class Setting:
    """
    Where things are.

    Attributes:
        ours: The Python of an environment with pygen.
        peer: The Python of one with the peer.
        server: The address of the server.
        slow_server: The address of one that takes its time.
        runs: How often each is measured.
    """

    ours: Path
    peer: Path
    server: str
    slow_server: str
    runs: int

    def measure(
        self,
        *tasks: str,
        rows: int = _ROWS,
        runs: int | None = None,
        slow: bool = False,
        env: Mapping[str, str] | None = None,
    ) -> list[Measured]:
        """Do tasks in turns."""
        script, server = str(_HERE / "client_tasks.py"), self.slow_server if slow else self.server
        commands = {
            task: [str(self.peer if task.startswith("peer") else self.ours), script, task, server, str(rows)]
            for task in tasks
        }
        outcomes = turns(commands, runs=self.runs if runs is None else runs, env=env, mark=FIRST)
        return [Measured.of(outcomes[task], rows) for task in tasks]


@dataclass(frozen=True, slots=True)
class Measured:
    """
    What a task cost.

    Attributes:
        rows: How many rows there were.
        seconds: The time of the work itself in each turn, without the start of the process.
        first_s: The time from the start of the process to its first row, in each turn; empty where it tells of none.
        peak_mb: The largest resident size any run had.
    """

    rows: int
    seconds: tuple[float, ...]
    first_s: tuple[float, ...]
    peak_mb: float

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], rows: int) -> Measured:
        """
        Sum up the runs of a task.

        Raises:
            RuntimeError: A run had another number of rows than there are.
        """
        seconds: list[float] = []
        for outcome in outcomes:
            time, count = outcome.output.split()[-2:]
            if int(count) != rows:
                raise RuntimeError(f"{count} rows in place of {rows}")
            seconds.append(float(time))
        first_s = tuple(outcome.mark_s for outcome in outcomes if outcome.mark_s is not None)
        return cls(rows, tuple(seconds), first_s, max(outcome.peak_mb for outcome in outcomes))

    @property
    def speed(self) -> str:
        """Rows per second and memory, as text a person reads."""
        return f"{self.rows / median(self.seconds):,.0f} rows/s, {self.peak_mb:.0f} MB"

    @property
    def page(self) -> str:
        """The time that a page takes at best, as text a person reads."""
        return f"{min(self.seconds) / self.rows * PAGE * 1000:.2f} ms"


def stream(setting: Setting) -> Iterator[Row]:
    """All rows of a list, as untyped records."""
    peer, ours, later = setting.measure("peer_chunks", "ours_list", "ours_list_async")
    what = "stream 100,000 nodes; the peer in chunks of 1,000, its fastest"
    yield Row(what, peer.speed, ours.speed, faster(peer.seconds, ours.seconds), "3x, 100 MB")
    yield Row("... asynchronous client", peer.speed, later.speed, faster(peer.seconds, later.seconds), "")
    few = max(1, setting.runs // 2)
    peer, ours = setting.measure("peer_list", "ours_list", runs=few)
    what = "... the peer one by one, as it does by default"
    yield Row(what, peer.speed, ours.speed, faster(peer.seconds, ours.seconds), "")
    peer, ours = setting.measure("peer_chunks", "ours_list", runs=few, slow=True)
    what = f"... in chunks, and every answer takes {_LATENCY_MS} ms longer"
    yield Row(what, peer.speed, ours.speed, faster(peer.seconds, ours.seconds), "")


def memory(setting: Setting) -> Iterator[Row]:
    """Many more rows take no more memory."""
    peer, ours, later = setting.measure("peer_chunks", "ours_list", "ours_list_async", rows=_MANY_ROWS, runs=1)
    yield Row("stream 1,000,000 nodes", peer.speed, ours.speed, faster(peer.seconds, ours.seconds), "100 MB, flat")
    yield Row("... asynchronous client", peer.speed, later.speed, faster(peer.seconds, later.seconds), "100 MB, flat")


def first_row(setting: Setting) -> Iterator[Row]:
    """From the start of the process, interpreter and imports included, to the first of 1,000 rows."""
    peer, ours, plain = setting.measure("peer_chunks", "ours_list", "httpx_json", rows=PAGE, runs=setting.runs * 3)
    for name, other, aim in [("", peer, "400 ms"), (", beside httpx and `response.json()`", plain, "")]:
        what = f"first row from process start{name}"
        yield Row(what, ms(median(other.first_s)), ms(median(ours.first_s)), faster(other.first_s, ours.first_s), aim)


def overhead(setting: Setting) -> Iterator[Row]:
    """
    What the client adds to plain httpx for a page of 1,000 rows; the other column is httpx.

    The fastest runs are compared: a few percent drown in the noise of all others.
    """
    for what, task, own, env in [
        ("page of 1,000 rows beside httpx and `response.json()`", "httpx_json", "ours_list", None),
        ("... beside httpx and the JSON reader that pygen uses", "httpx_fast_json", "ours_list", None),
        ("... as bytes: inflated, not decoded; freed memory kept", "httpx_bytes", "ours_bytes", _KEEP_HEAP),
    ]:
        plain, ours = setting.measure(task, own, runs=setting.runs * 2, env=env)
        added = min(ours.seconds) / min(plain.seconds) - 1
        yield Row(what, plain.page, ours.page, f"{added:+.0%}", "+10%")


def apply(setting: Setting) -> Iterator[Row]:
    """Nodes made and written."""
    peer, ours = setting.measure("peer_apply", "ours_apply", runs=max(1, setting.runs // 2))
    yield Row("make and apply 100,000 nodes", peer.speed, ours.speed, faster(peer.seconds, ours.seconds), "")


def faster(others: Sequence[float], ours: Sequence[float]) -> str:
    """How many times as fast ours is, turn by turn: both of a turn met the same noise."""
    return f"{median(other / own for other, own in zip(others, ours, strict=True)):.1f}x"


@contextmanager
def canned(*options: str) -> Iterator[str]:
    """A running server; its address."""
    command = [sys.executable, str(_HERE / "canned_server.py"), *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()


def main() -> None:
    """Run every measurement and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--work", type=Path, default=ROOT / ".tools" / "benchmarks")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results_client.md")
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    ours, peer = environment(work / "client-env", ["--editable", str(ROOT)]), environment(work / "sdk-env", SDK)
    rows: list[Row] = []
    with canned() as server, canned("--latency-ms", str(_LATENCY_MS)) as slow_server:
        setting = Setting(ours, peer, server, slow_server, arguments.runs)
        for part in (stream, memory, first_row, overhead, apply):
            for row in part(setting):
                print(row, flush=True)
                rows.append(row)
    measured = (
        f"`python benchmarks/client.py --runs {arguments.runs}`, peer and ours in turns, on the same cores as the "
        "server: medians, ratios turn by turn; beside plain httpx the fastest of all turns. "
        f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, "
        f"{versions(ours, 'httpx', 'pydantic')}; the peer is {versions(peer, 'cognite-sdk')} from PyPI. Nodes have 18 "
        "properties, answers are compressed, memory is the largest resident size of a process."
    )
    head = [
        "# Measured: the client",
        "",
        measured,
        "",
        "| what | peer | pygen | ratio | aim |",
        "|---|---|---|---|---|",
    ]
    arguments.output.write_text("\n".join([*head, *map(str, rows), ""]), encoding="utf-8")


def versions(python: Path, *packages: str) -> str:
    """Names and versions of packages in an environment."""
    script = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"
    command = [str(python), "-c", script, *packages]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return ", ".join(map(" ".join, zip(packages, found, strict=True)))


if __name__ == "__main__":
    main()
