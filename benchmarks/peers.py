"""What pygen replaces, the generator and the SDK, from PyPI; each in an environment of its own."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

__all__ = ["GENERATOR", "SDK", "environment", "peer_environment", "peer_generate"]

GENERATOR = ("cognite-pygen==1.4.*", "pandas")
SDK = ("cognite-sdk==8.*",)

_GENERATE = """
import json, sys
from pathlib import Path
from cognite.client import data_modeling as dm
from cognite.pygen import generate_sdk

raw = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["items"][0]
generate_sdk(
    dm.DataModel.load(raw),
    top_level_package="peer_sdk",
    client_name="PeerClient",
    default_instance_space="benchmark",
    output_dir=Path(sys.argv[2]) / "peer_sdk",
    overwrite=True,
    logger=lambda text: None,
)
"""


def environment(folder: Path, requirements: Sequence[str]) -> Path:
    """Create an environment in *folder* unless it is there; returns its Python."""
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not (folder / "complete").is_file():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *requirements], check=True)
        (folder / "complete").touch()
    return python


def peer_environment(folder: Path) -> Path:
    """Create the environment of the generator in *folder* unless it is there; returns its Python."""
    return environment(folder, GENERATOR)


def peer_generate(python: Path, model: Path, output: Path) -> list[str]:
    """The command that lets the peer generate `peer_sdk` of *model* into *output*, without formatting the code."""
    return [str(python), "-c", _GENERATE, str(model), str(output)]
