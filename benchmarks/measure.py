"""Run commands as whole processes and take their time and memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import resource

__all__ = ["Outcome", "Sample", "as_installed", "interleaved", "peak_mb", "run", "turns"]


@dataclass(frozen=True, slots=True)
class Sample:
    """
    What one measured command cost.

    Attributes:
        seconds: Median wall time of all runs.
        fastest: Wall time of the fastest run, in seconds.
        peak_mb: The largest resident size any run had, in MB (10**6 bytes).
        runs: How many runs there were.
    """

    seconds: float
    fastest: float
    peak_mb: float
    runs: int


class Outcome(NamedTuple):
    """
    One run of a command.

    Attributes:
        seconds: Wall time from its start to its end.
        peak_mb: Peak resident size, in MB (10**6 bytes).
        mark_s: Seconds from its start to the line that was waited for; None: it was not printed.
        output: What it printed.
    """

    seconds: float
    peak_mb: float
    mark_s: float | None
    output: str


def run(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    mark: str | None = None,
) -> Outcome:
    """
    Run a command to its end.

    Args:
        command: What to run.
        cwd: Where.
        env: Environment variables beside those of this process.
        mark: A line of its output whose time is taken.

    Raises:
        RuntimeError: The command failed; the message holds the end of what it printed.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={**as_installed(), **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    mark_s: float | None = None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if mark_s is None and line.rstrip("\n") == mark:
            mark_s = time.perf_counter() - started
    output = "".join(lines)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} exited with {process.returncode}:\n{output[-2000:]}")
    return Outcome(seconds, peak_mb(usage), mark_s, output)


def as_installed() -> dict[str, str]:
    """Environment variables with which compiled files are cached, whatever the shell says that starts a measurement."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def peak_mb(usage: resource.struct_rusage) -> float:
    """The largest resident size of a process that has ended, in MB (10**6 bytes)."""
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return kilobytes * 1024 / 1e6


def turns(
    commands: Mapping[str, Sequence[str]],
    *,
    runs: int,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    mark: str | None = None,
) -> dict[str, list[Outcome]]:
    """
    Run several commands in turns, so that a noisy moment hits all of them alike.

    A first turn fills caches (compiled Python files, templates) and is not among the outcomes. The other arguments are
    those of `run`.
    """
    outcomes: dict[str, list[Outcome]] = {name: [] for name in commands}
    for _ in range(runs + 1):
        for name, command in commands.items():
            outcomes[name].append(run(command, cwd=cwd, env=env, mark=mark))
    return {name: each[1:] for name, each in outcomes.items()}


def interleaved(commands: Mapping[str, Sequence[str]], *, runs: int, cwd: Path | None = None) -> dict[str, Sample]:
    """Run several commands in turns, and sum up what each of them cost."""
    samples: dict[str, Sample] = {}
    for name, outcomes in turns(commands, runs=runs, cwd=cwd).items():
        times = [outcome.seconds for outcome in outcomes]
        peak_mb = max(outcome.peak_mb for outcome in outcomes)
        samples[name] = Sample(statistics.median(times), min(times), peak_mb, len(times))
    return samples
