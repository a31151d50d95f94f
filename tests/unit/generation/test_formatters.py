"""ruff over files in memory."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from pygen.errors import ConfigError, MissingExtraError
from pygen.generation.python import formatters

FILES = {"a.py": "# fmt: off\nx = {  'a':1 }\n", "b/c.py": "y  =  2\n", "py.typed": ""}


def test_python_files_are_laid_out() -> None:
    """Python is formatted below its header too, and other files pass unchanged."""
    expected = {"a.py": '# fmt: off\nx = {"a": 1}\n', "b/c.py": "y = 2\n", "py.typed": ""}

    assert expected == formatters.format_files(FILES)


def test_the_version_is_that_of_ruff() -> None:
    """The formatter says who it is."""
    assert formatters.formatter_version().startswith("ruff ")


def test_broken_code_is_refused() -> None:
    """What ruff cannot parse was broken by a template, and is an error of the configuration."""
    with pytest.raises(ConfigError, match="ruff refuses"):
        formatters.format_files({"a.py": "def"})


def test_without_ruff_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where ruff is not installed, the message names the extra that brings it."""

    def no_module(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", f"{sys.executable}: No module named ruff")

    monkeypatch.setattr(subprocess, "run", no_module)
    monkeypatch.setattr(formatters, "which", lambda _: None)

    with pytest.raises(MissingExtraError, match=r"pygen-cdf\[format\]"):
        formatters.format_files(FILES)


def test_a_binary_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where ruff is a program and no module of this environment, the program is run."""
    commands: list[list[str]] = []

    def only_binary(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        found = command[0] == "/bin/ruff"
        return subprocess.CompletedProcess(
            command, 0 if found else 1, "ruff 1.0", "" if found else "No module named ruff"
        )

    monkeypatch.setattr(subprocess, "run", only_binary)
    monkeypatch.setattr(formatters, "which", lambda _: "/bin/ruff")

    assert "ruff 1.0" == formatters.formatter_version()
    assert ["/bin/ruff", "--version"] == commands[-1]
