"""`pygen completion`: scripts that shells understand, and that complete what there is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pygen as package
from pygen.cli.commands import COMMANDS
from pygen.cli.parsers import whole_parser
from tests.unit.cli.test_main import without

Pygen = Callable[..., Any]

CONFIG = """
[[tool.pygen.sdk]]
name = "wind"
model = "model/windfarm.json"
python = { output = "src/wind" }
[[tool.pygen.sdk]]
name = "water"
model = "model/windfarm.json"
python = { output = "src/water" }
[tool.pygen.environments.dev]
prefix = "DEV_"
[tool.pygen.environments.prod]
prefix = "PROD_"
"""


@pytest.fixture
def script(pygen: Pygen) -> Callable[[str], str]:
    """The script of a shell."""
    pytest.importorskip("shtab")

    def make(shell: str) -> str:
        done = pygen("completion", shell)
        assert (0, "") == (done.code, done.err)
        found: str = done.out
        return found

    return make


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_valid_and_knows_the_commands(script: Callable[[str], str], tmp_path: Path, shell: str) -> None:
    """The shell itself reads it, where it is installed."""
    text = script(shell)
    assert all(name in text for name in (*COMMANDS, "lock-only", "_pygen_sdks", "_pygen_environments", "_pygen_codes"))
    assert "--words" in text
    file = tmp_path / f"pygen.{shell}"
    file.write_text(text, encoding="utf-8")
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"{shell} is not installed; its script was made and not read")
    done = subprocess.run([found, "-n", str(file)], capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)


@pytest.fixture
def complete(script: Callable[[str], str], project: Path, tmp_path: Path) -> Callable[..., list[str]]:
    """Complete the last of some words in bash, in the project."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    (project / "pyproject.toml").write_text(CONFIG, encoding="utf-8")
    file = tmp_path / "completion.bash"
    file.write_text(script("bash"), encoding="utf-8")
    tools = tmp_path / "bin"
    tools.mkdir()
    launcher = tools / "pygen"
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pygen "$@"\n', encoding="utf-8")
    launcher.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(Path(package.__file__).parents[1]),
    }

    def call(*words: str) -> list[str]:
        lines = [
            f'source "{file}"',
            'COMP_WORDS=("$@")',
            "COMP_CWORD=$(($# - 1))",
            '"$(complete -p pygen | sed "s/.* -F \\([^ ]*\\) .*/\\1/")"',
            "printf '%s\\n' \"${COMPREPLY[@]}\"",
        ]
        done = subprocess.run(
            [bash, "-c", "\n".join(lines), "bash", *words],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (0, "") == (done.returncode, done.stderr)
        return sorted(done.stdout.split())

    return call


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        (("pygen", ""), sorted(COMMANDS)),
        (("pygen", "sh"), ["show"]),
        (("pygen", "check", "--lo"), ["--lock-only"]),
        (("pygen", "show", "--diagram", ""), ["mermaid", "svg"]),
        (("pygen", "sandbox", ""), ["inspect", "serve"]),
        (("pygen", "sandbox", "serve", "--mo"), ["--mock", "--model"]),
        (("pygen", "completion", ""), ["bash", "fish", "zsh"]),
        (("pygen", "generate", "--sdk", ""), ["water", "wind"]),
        (("pygen", "generate", "--sdk", "wi"), ["wind"]),
        (("pygen", "drift", "--env", ""), ["dev", "prod"]),
        (("pygen", "explain", "PYG10"), [f"PYG10{number}" for number in range(1, 10)]),
        (("pygen", "show", "mod"), ["model"]),
        (("pygen", "show", "--model", "model/w"), ["model/windfarm.json"]),
        (("pygen", "generate", "--project", "mo"), ["model"]),
    ],
)
def test_bash_completes(complete: Callable[..., list[str]], words: tuple[str, ...], completed: list[str]) -> None:
    """Commands, options, choices, files and folders, and what only pygen knows."""
    assert completed == complete(*words)


@pytest.mark.parametrize("kind", ["sdks", "environments"])
def test_words_outside_of_a_project(pygen: Pygen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """There are none, and nobody who presses a key wants to read why."""
    monkeypatch.chdir(tmp_path)
    done = pygen("completion", "bash", "--words", kind)
    assert (0, "", "") == (done.code, done.out, done.err)


def test_for_programs(pygen: Pygen) -> None:
    """The script is part of the document."""
    pytest.importorskip("shtab")
    document = pygen("completion", "zsh", "--json").document
    assert ("completion", 0, "zsh") == (document["command"], document["exitCode"], document["shell"])
    assert document["script"].startswith("#compdef pygen\n")


def test_an_unknown_shell(pygen: Pygen) -> None:
    """Exit code 2, and those that are known."""
    done = pygen("completion", "csh")
    assert (2, "", True) == (done.code, done.out, "'bash', 'zsh', 'fish'" in done.err)


def test_shtab_is_an_extra(project: Path) -> None:
    """Without it, the line that installs it."""
    done = without(["shtab"], "completion", "bash", cwd=project)
    assert 'pygen: error: pygen completion needs shtab: pip install "pygen-cdf[cli]"\n' == done.stderr
    assert (2, "") == (done.returncode, done.stdout)


def test_the_tree_of_parsers_is_whole() -> None:
    """Every command parses in it as it does alone."""
    parsed = whole_parser().parse_args(["check", "--lock-only", "--json"])
    assert ("check", True, "json") == (parsed.command, parsed.lock_only, parsed.format)
