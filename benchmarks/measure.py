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

__all__ = ["Sample", "interleaved", "run"]


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


def run(
    command: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> tuple[float, float]:
    """
    Run a command to its end.

    Returns:
        Wall time in seconds and peak resident size in MB.

    Raises:
        RuntimeError: The command failed; the message holds the end of what it printed.
    """
    # As installed: compiled files are cached, whatever the shell that starts the measurement says about it.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={**environment, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} exited with {process.returncode}:\n{output[-2000:]}")
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return seconds, kilobytes * 1024 / 1e6


def interleaved(commands: Mapping[str, Sequence[str]], *, runs: int, cwd: Path | None = None) -> dict[str, Sample]:
    """
    Run several commands in turns, so that a noisy moment hits all of them alike.

    A first turn fills caches (compiled Python files, templates) and is not counted.
    """
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    peaks: dict[str, float] = dict.fromkeys(commands, 0.0)
    for turn in range(runs + 1):
        for name, command in commands.items():
            elapsed, peak = run(command, cwd=cwd)
            if turn:
                seconds[name].append(elapsed)
            peaks[name] = max(peaks[name], peak)
    return {
        name: Sample(statistics.median(times), min(times), peaks[name], len(times)) for name, times in seconds.items()
    }
