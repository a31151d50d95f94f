"""
Measure pygen beside cognite-pygen 1.4, in one run, as whole processes.

    python benchmarks/run.py [--shared ../shared] [--runs 7] [--work .tools/benchmarks] [--output benchmarks/results.md]

Needs `pip install -e '.[dev]'` in the running Python and the corpus of real data models (`--shared` or PYGEN_SHARED).
Numbers depend on the machine; the ratios are what to read.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from measure import Sample, interleaved
from peers import peer_environment, peer_generate

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report."""

    what: str
    peer: str
    ours: str
    ratio: str
    aim: str

    def __str__(self) -> str:
        return f"| {self.what} | {self.peer} | {self.ours} | {self.ratio} | {self.aim} |"


@dataclass(frozen=True, slots=True)
class Setting:
    """Where things are."""

    models: Path
    work: Path
    peer: Path
    runs: int

    def generate(self, model: str, output: str) -> list[str]:
        """The command that generates a model of the corpus with pygen."""
        source, target = str(self.models / f"{model}.json"), str(self.work / "ours" / output)
        return [sys.executable, "-m", "pygen", "generate", "--model", source, "--target", "python", "--output", target]


def ms(seconds: float) -> str:
    """Seconds as text a person reads."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def generation(setting: Setting) -> Iterator[Row]:
    """A whole cold process that writes every file of cognite_core anew, and the same for the size test."""
    for model, runs, aim in [
        ("cognite_core", setting.runs, "20x, 15x at least"),
        ("cfihos_full", 3, "1.5 s, 300 MB"),
    ]:
        ours_dir, peer_dir = setting.work / "ours" / model, setting.work / "peer" / model
        script = (
            "import shutil, subprocess, sys; shutil.rmtree(sys.argv[1], ignore_errors=True); "
            "sys.exit(subprocess.run(sys.argv[2:]).returncode)"
        )
        empty = [sys.executable, "-S", "-c", script]
        commands = {
            "ours": [*empty, str(ours_dir), *setting.generate(model, model)],
            "launcher": [*empty, str(ours_dir), sys.executable, "-S", "-c", "pass"],
        }
        if model == "cognite_core":
            commands["peer"] = peer_generate(setting.peer, setting.models / f"{model}.json", peer_dir)
        samples = interleaved(commands, runs=runs)
        launcher = samples["launcher"].seconds
        seconds = samples["ours"].seconds - launcher
        peak = peak_of(setting.generate(model, model))
        peer = samples.get("peer")
        yield Row(
            f"generate {model}, whole cold process, empty output",
            f"{ms(peer.seconds)}, {peer.peak_mb:.0f} MB" if peer else "-",
            f"{ms(seconds)}, {peak:.0f} MB",
            f"{peer.seconds / seconds:.1f}x" if peer else "-",
            aim,
        )


def peak_of(command: list[str]) -> float:
    """Peak resident size of one forced run, in MB."""
    return interleaved({"it": [*command, "--reset-names"]}, runs=1)["it"].peak_mb


def freshness(setting: Setting) -> Iterator[Row]:
    """`pygen check` where nothing changed."""
    subprocess.run(setting.generate("cognite_core", "cognite_core"), check=True, stdout=subprocess.DEVNULL)
    output = str(setting.work / "ours" / "cognite_core")
    commands = {
        "check": [sys.executable, "-m", "pygen", "check", "--output", output],
        "python": [sys.executable, "-c", "pass"],
    }
    samples = interleaved(commands, runs=setting.runs * 3)
    check, python = samples["check"], samples["python"]
    yield Row(
        "nothing changed: `pygen check`", "-", f"{ms(check.seconds)} (bare Python {ms(python.seconds)})", "-", "80 ms"
    )


def import_cost(setting: Setting) -> Iterator[Row]:
    """Importing the generated package, beyond httpx and pydantic."""
    subprocess.run(setting.generate("cognite_core", "cognite_core"), check=True, stdout=subprocess.DEVNULL)
    ours, peer = setting.work / "ours", setting.work / "peer" / "cognite_core"
    every = "import cognite_core as sdk; [getattr(sdk, name) for name in sdk.__all__]"
    commands = {
        "base": [sys.executable, "-c", "import httpx, pydantic; pydantic.BaseModel"],
        "ours": [sys.executable, "-c", "import pydantic; pydantic.BaseModel; import cognite_core"],
        "client": [sys.executable, "-c", "import httpx, pydantic; import cognite_core; cognite_core.CogniteCoreClient"],
        "one view": [sys.executable, "-c", "import httpx, pydantic; import cognite_core; cognite_core.CogniteAsset"],
        "every view": [sys.executable, "-c", f"import httpx, pydantic; {every}"],
    }
    samples = interleaved(commands, runs=setting.runs, cwd=ours)
    peers = interleaved(
        {
            "base": [str(setting.peer), "-c", "import pydantic; pydantic.BaseModel; import cognite.client"],
            "peer": [
                str(setting.peer),
                "-c",
                "import pydantic; pydantic.BaseModel; import cognite.client, peer_sdk",
            ],
        },
        runs=max(2, setting.runs // 2),
        cwd=peer,
    )
    peer_cost = peers["peer"].seconds - peers["base"].seconds

    def beyond(name: str) -> float:
        return max(samples[name].seconds - samples["base"].seconds, 0.0001)

    for name, what, aim in [
        ("ours", "import the generated package", "50 ms"),
        ("client", "... and its client class", ""),
        ("one view", "... and one view with its parents", ""),
        ("every view", "... and every view", ""),
    ]:
        yield Row(
            f"{what}, cognite_core, beyond httpx + pydantic",
            f"{ms(peer_cost)} (all at once, beyond cognite-sdk too)",
            ms(beyond(name)),
            f"{peer_cost / beyond(name):.1f}x",
            aim,
        )


def hook(setting: Setting) -> Iterator[Row]:
    """A wheel with a fresh SDK of cognite_core, with and without the build hook."""
    projects: dict[str, Path] = {}
    for name, switch in [("with", "[tool.hatch.build.hooks.pygen]\n"), ("without", "")]:
        project = setting.work / "hook" / name
        shutil.rmtree(project, ignore_errors=True)
        (project / "model").mkdir(parents=True)
        shutil.copy(setting.models / "cognite_core.json", project / "model" / "core.json")
        (project / "src" / "demo").mkdir(parents=True)
        (project / "src" / "demo" / "__init__.py").touch()
        (project / "pyproject.toml").write_text(
            '[build-system]\nrequires = ["hatchling", "pygen-cdf[build]"]\nbuild-backend = "hatchling.build"\n'
            '[project]\nname = "demo"\nversion = "1.0"\ndependencies = ["pygen-cdf"]\n'
            '[tool.hatch.build.targets.wheel]\npackages = ["src/demo"]\n'
            f'{switch}[tool.pygen]\nmodel = "model/core.json"\n[tool.pygen.python]\noutput = "src/demo/sdk"\n',
            encoding="utf-8",
        )
        subprocess.run([sys.executable, "-m", "pygen", "generate", "--project", str(project), "-q"], check=True)
        projects[name] = project
    script = "import os, sys; os.chdir(sys.argv.pop(1)); from hatchling.cli import hatchling; sys.exit(hatchling())"
    commands = {
        name: [sys.executable, "-c", script, str(project), "build", "-t", "wheel"] for name, project in projects.items()
    }
    samples: dict[str, Sample] = interleaved(commands, runs=setting.runs * 3)
    cost = samples["with"].seconds - samples["without"].seconds
    yield Row("hook when fresh, cognite_core, exact artifact paths", "-", f"+{ms(max(cost, 0))}", "-", "40 ms")


def main() -> None:
    """Run every measurement and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("PYGEN_SHARED") or ROOT.parent / "shared"))
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--work", type=Path, default=ROOT / ".tools" / "benchmarks")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results.md")
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    setting = Setting(arguments.shared.resolve() / "models", work, peer_environment(work / "peer-env"), arguments.runs)
    rows: list[Row] = []
    for part in (generation, freshness, import_cost, hook):
        for row in part(setting):
            print(row, flush=True)
            rows.append(row)
    measured = (
        f"`python benchmarks/run.py --runs {arguments.runs}`, medians of whole processes, peer and ours in turns; "
        f"Python {platform.python_version()}, pydantic {version('pydantic')}, {os.cpu_count()} cores, "
        f"{platform.system()}. The peer is cognite-pygen 1.4 from PyPI in an environment of its own."
    )
    head = [
        "# Measured",
        "",
        measured,
        "",
        "| what | peer | pygen | ratio | aim |",
        "|---|---|---|---|---|",
    ]
    arguments.output.write_text("\n".join([*head, *map(str, rows), ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
