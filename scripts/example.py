"""
`hatch run example`: build the example project as its user would, install what was built, and use it.

1. `hatch build` of pygen-cdf and of example_project, whose hook generates the SDK when it is stale.
2. One command installs both wheels into a new environment (the name pygen-cdf is not on any index yet).
3. The demo runs there: the wheels' code, and a wind farm in the sandbox of pygen-cdf.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "example_project"
WHEELS = [("pygen-cdf", "[sandbox]", "pygen_cdf-*.whl"), ("windfarm", "", "windfarm-*.whl")]


def main() -> int:
    """Run the three steps; what they print is shown only when they fail."""
    with tempfile.TemporaryDirectory(prefix="pygen-example-") as folder:
        wheels = Path(folder, "wheels")
        environment = Path(folder, "environment")
        python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        step("build pygen-cdf", ["hatch", "build", "-t", "wheel", str(wheels)], cwd=ROOT)
        step("build example_project (the hook keeps its SDK fresh)", ["hatch", "build", str(wheels)], cwd=EXAMPLE)
        built = [f"{name}{extra} @ {next(wheels.glob(pattern)).as_uri()}" for name, extra, pattern in WHEELS]
        step("make an environment", ["uv", "venv", "--python", sys.executable, str(environment)], cwd=ROOT)
        install = ["uv", "pip", "install", "--python", str(python), "--find-links", str(wheels), *built]
        step("install both wheels", install, cwd=ROOT)
        print(flush=True)
        return subprocess.run([str(python), "-m", "demo"], cwd=EXAMPLE, env=clean_environment(), check=False).returncode


def step(title: str, command: list[str], *, cwd: Path) -> None:
    """Run one command quietly; stop with its output when it fails."""
    started = time.perf_counter()
    program = shutil.which(command[0])
    if program is None:
        raise SystemExit(f"{command[0]} is not installed; run this as: hatch run example")
    done = subprocess.run(
        [program, *command[1:]], cwd=cwd, env=clean_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    print(f"  {title:<55} {time.perf_counter() - started:5.1f} s", flush=True)


def clean_environment() -> dict[str, str]:
    """The environment without what says "you are inside hatch's environment": the steps choose their own."""
    inherited = {"HATCH_ENV", "HATCH_ENV_ACTIVE", "PYTHONPATH", "VIRTUAL_ENV"}
    values = {name: value for name, value in os.environ.items() if name not in inherited}
    return {**values, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}


if __name__ == "__main__":
    sys.exit(main())
