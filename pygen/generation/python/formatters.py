"""ruff, as one process over all files: what a user's own templates print need not be laid out."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from shutil import which

from pygen.errors import ConfigError, MissingExtraError
from pygen.generation.output import OutputTree

__all__ = ["format_files", "formatter_version"]

LINE_LENGTH = 120
_TIMEOUT_S = 120


def formatter_version() -> str:
    """
    Name and version of the formatter, e.g. `ruff 0.9.1`; part of the output's recipe wherever it runs.

    Raises:
        MissingExtraError: It is not installed.
    """
    return _run(["--version"]).strip()


def format_files(files: Mapping[str, str]) -> dict[str, str]:
    """
    Format Python files as `ruff format` does with its defaults and lines of 120 columns.

    Headers with `# fmt: off` are for the formatters of others: they are lifted for the time of the formatting.
    Files with other endings pass unchanged.

    Raises:
        MissingExtraError: ruff is not installed.
        ConfigError: ruff refuses a file, which a template must have broken.
    """
    tree = OutputTree(files)
    python = {path: text for path, text in tree.items() if path.endswith(".py")}
    with tempfile.TemporaryDirectory(prefix="pygen-format-") as name:
        folder = Path(name)
        for path, text in python.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text.replace("# fmt: off\n", _LIFTED, 1), encoding="utf-8", newline="\n")
        _run(["format", "--isolated", "--no-cache", "--quiet", "--line-length", str(LINE_LENGTH), str(folder)])
        formatted = {path: (folder / path).read_text(encoding="utf-8") for path in python}
    return {**tree, **{path: text.replace(_LIFTED, "# fmt: off\n", 1) for path, text in formatted.items()}}


_LIFTED = "# pygen: formatted\n"


def _run(arguments: list[str]) -> str:
    # The module first: it is the ruff of this environment, whatever the PATH says.
    commands = [[sys.executable, "-m", "ruff"]]
    if (found := which("ruff")) is not None:
        commands.append([found])
    for command in commands:
        result = subprocess.run(  # noqa: S603  # a fixed command, no shell
            [*command, *arguments], capture_output=True, text=True, encoding="utf-8", check=False, timeout=_TIMEOUT_S
        )
        if result.returncode == 0:
            return result.stdout
        if "No module named ruff" not in result.stderr:
            raise ConfigError(f"ruff refuses what the templates print: {result.stderr.strip()}", key="format")
    raise MissingExtraError("formatting generated code", extra="format", module="ruff")
