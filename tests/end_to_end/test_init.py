"""
`pygen init` in the projects that people have, made by the tools that people make them with.

The next steps are taken out of what it prints, and run as they are written. pygen-cdf is on no package index, so the
tools are told where its wheel is, as the note below the steps says.
"""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.building import EXAMPLE, Done, Tools, names_in
from tests.end_to_end.conftest import once

pytest.importorskip("tomlkit")

MODEL = EXAMPLE / "model" / "windfarm.json"
BIN = Path(sys.executable).parent
HERE = f">={sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True)
class Shell:
    """A shell of somebody whose tools find pygen-cdf."""

    tools: Tools
    path: tuple[Path, ...] = (BIN,)

    def run(self, command: str, folder: Path, extra: Mapping[str, str] | None = None) -> Done:
        """Run a command as it is written; a failing line ends it."""
        environment = {
            "PATH": os.pathsep.join([*map(str, self.path), os.environ["PATH"]]),
            "HATCH_ENV_TYPE_VIRTUAL_UV_PATH": str(BIN / "uv"),  # installs out of a cache that all tests share
            **(extra or {}),
        }
        return self.tools.run(["bash", "-euo", "pipefail", "-c", command], folder, environment)

    def succeed(self, command: str, folder: Path, extra: Mapping[str, str] | None = None) -> str:
        """Run a command that has to end well."""
        done = self.run(command, folder, extra)
        assert 0 == done.code, f"{command}\n{done.output}"
        return done.output

    def init(self, folder: Path, *options: str) -> str:
        """`pygen init`, and then once more: the second run has nothing to do."""
        output = self.succeed(f"python -m pygen init --model '{MODEL}' {' '.join(options)}", folder)
        assert "nothing to do: the project is set up" in self.succeed("python -m pygen init", folder)
        return output


@pytest.fixture
def shell(tools: Tools) -> Shell:
    """A shell in which hatch, uv, git and pre-commit are."""
    return Shell(tools)


def next_steps(output: str) -> list[str]:
    """The commands below `next steps:`."""
    lines = output.partition("next steps:\n")[2].splitlines()
    steps = [line.strip() for line in lines if line.startswith("  ")]
    assert steps, output
    return steps


def follow(shell: Shell, output: str, folder: Path) -> list[str]:
    """Take the next steps, as they are written."""
    steps = next_steps(output)
    shell.succeed("\n".join(steps), folder)
    return steps


def built(folder: Path, package: str) -> None:
    """The wheel holds the SDK, and git has all that belongs to the project."""
    (wheel,) = (folder / "dist").glob("*.whl")
    assert {f"{package}/sdk/__init__.py", f"{package}/sdk/blade.py"} <= names_in(wheel)
    staged = subprocess.run(["git", "ls-files"], cwd=folder, capture_output=True, text=True, check=True).stdout.split()
    assert {"pyproject.toml", "pygen.lock", "model/windfarm.json", f"src/{package}/sdk/blade.py"} <= set(staged)
    assert (folder / ".git" / "hooks" / "pre-commit").is_file()


def comments(text: str) -> list[str]:
    """The comments of a TOML file."""
    return [line for line in text.splitlines() if "#" in line]


def test_an_empty_folder(tmp_path: Path, shell: Shell) -> None:
    """Two commands after `git init` there is a project, whose wheel holds an SDK."""
    folder = tmp_path / "windfarm"
    folder.mkdir()
    shell.succeed("git init -q", folder)
    steps = follow(shell, shell.init(folder), folder)
    assert ["hatch run python -m pygen check", "hatch build", "pre-commit install"] == steps[:3]
    built(folder, "windfarm")


def test_what_hatch_made(tmp_path: Path, shell: Shell) -> None:
    """`hatch new`: comments stay, and every line of before but those with an array is still there."""
    licences = shell.tools.home / "hatch-cache" / "licenses"
    licences.mkdir(parents=True, exist_ok=True)
    (licences / "MIT.txt").write_text("", encoding="utf-8")  # else hatch waits a minute for the network
    shell.succeed("hatch new 'Wind Farm' farm && cd farm && git init -q", tmp_path)
    folder = tmp_path / "farm"
    project = folder / "pyproject.toml"
    before = project.read_text(encoding="utf-8").replace("[project]", "# about us\n[project] # the project")
    project.write_text(before, encoding="utf-8")
    output = shell.init(folder)
    assert "project.requires-python" in output, "hatch new admits Pythons that pygen-cdf does not run on"
    after = project.read_text(encoding="utf-8")
    assert comments(before) == comments(after)[: len(comments(before))]
    assert [line for line in before.splitlines() if "requires = " not in line and "dependencies = []" not in line] == [
        line for line in after.splitlines() if line in before.splitlines()
    ][: len(before.splitlines()) - 2]
    follow(shell, output, folder)
    built(folder, "wind_farm")


@pytest.mark.parametrize("backend", ["uv_build", "hatchling"])
def test_what_uv_made(tmp_path: Path, shell: Shell, backend: str) -> None:
    """`uv init --package`: with its own back end the SDK is committed, with hatchling the build keeps it fresh."""
    shell.succeed(f"uv init --quiet --package --build-backend {backend.removesuffix('_build')} farm", tmp_path)
    folder = tmp_path / "farm"
    if not (folder / ".git").exists():
        shell.succeed("git init -q", folder)
    steps = follow(shell, shell.init(folder), folder)
    assert ["uv sync", "uv run python -m pygen check", "uv build", "pre-commit install"] == steps[:4]
    built(folder, "farm")
    document = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    assert (backend == "hatchling") == ("hatch" in document["tool"])
    shell.succeed("uv run --no-sync python -c 'import farm.sdk'", folder)
    model = folder / "model" / "windfarm.json"
    model.write_text(model.read_text(encoding="utf-8").replace("From root to tip.", "All of it."), encoding="utf-8")
    shell.run("uv sync", folder)
    fresh = shell.run("uv run --no-sync python -m pygen check", folder)
    if backend == "hatchling":
        assert 0 == fresh.code, "cache-keys make uv build again, and the build generates"
    else:
        assert 1 == fresh.code
        shell.succeed("git add -A", folder)
        refused = shell.run("git -c user.name=a -c user.email=a@b commit -qm x", folder)
        assert (1, True) == (refused.code, "the generated SDK is fresh" in refused.output), refused.output
        shell.succeed("python -m pygen generate && git add -A", folder)
        shell.succeed("git -c user.name=a -c user.email=a@b commit -qm x", folder)


def test_setuptools_and_pip(tmp_path: Path, shell: Shell) -> None:
    """An environment of one's own, pip, and a back end that knows no hooks: the SDK is committed."""
    folder = tmp_path / "farm"
    (folder / "src" / "farm").mkdir(parents=True)
    (folder / "src" / "farm" / "__init__.py").touch()
    text = f"""\
[project]
name = "farm"
version = "1"
requires-python = "{HERE}"

[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
"""
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    shell.succeed(f"git init -q && uv venv --quiet --python '{sys.executable}' ../environment", folder)
    shell.succeed("uv pip install --quiet --python ../environment/bin/python pip", folder)
    output = shell.init(folder)
    inside = Shell(shell.tools, (tmp_path / "environment" / "bin", BIN))
    steps = follow(inside, output, folder)
    build = "python -m pip wheel --no-deps --wheel-dir dist ."
    assert ["python -m pip install -e .", "python -m pygen check", build, "pre-commit install"] == steps[:4]
    built(folder, "farm")


# ---------------------------------------------------------------------------------------------------------------------
# poetry


@pytest.fixture(scope="session")
def poetry(tools: Tools, request: pytest.FixtureRequest) -> Path:
    """The folder of poetry's program; skips where it cannot be had."""
    home = tools.home / "poetry"
    with once(home) as first:
        if first:
            uv = [sys.executable, "-m", "uv"]
            subprocess.run([*uv, "venv", "-q", "--python", sys.executable, str(home)], check=True)
            install = [*uv, "pip", "install", "-q", "--python", str(home / "bin" / "python"), "poetry>=2"]
            done = subprocess.run(install, capture_output=True, text=True, check=False)
            if done.returncode:
                (home / "missing").write_text(done.stderr[-500:], encoding="utf-8")
    if (home / "missing").exists():
        reason = f"no poetry without network: {(home / 'missing').read_text(encoding='utf-8')}"
        if request.config.getoption("--require-corpus") or os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return home / "bin"


class _Index(http.server.SimpleHTTPRequestHandler):
    """A package index of the simplest kind, over a folder of wheels."""

    def do_GET(self) -> None:
        if not self.path.startswith("/simple/"):
            super().do_GET()
            return
        wanted = self.path.removeprefix("/simple/").strip("/")
        names = sorted(path.name for path in Path(self.directory).glob("*.whl"))
        files = [name for name in names if re.sub(r"[-_.]+", "-", name.partition("-")[0]).lower() == wanted]
        body = "".join(f'<a href="/{name}">{name}</a>\n' for name in files).encode()
        self.send_response(200 if files else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def index(tools: Tools) -> Iterator[str]:
    """The address of an index with the wheels of pygen-cdf, and of what it needs."""
    handler = functools.partial(_Index, directory=str(tools.wheels))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/simple/"
        server.shutdown()
        thread.join()


def test_what_poetry_made(tmp_path: Path, tools: Tools, poetry: Path, index: str) -> None:
    """`poetry new`: the SDK is committed, and the printed steps install it, check it and build it."""
    environment = {
        **{name: value for name, value in tools.environment().items() if not name.startswith(("PIP_", "UV_"))},
        "PATH": os.pathsep.join([str(BIN), str(poetry), os.environ["PATH"]]),
        "POETRY_CACHE_DIR": str(tools.home / "poetry-cache"),
        "POETRY_CONFIG_DIR": str(tools.home / "poetry-config"),
        "POETRY_VIRTUALENVS_IN_PROJECT": "true",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }

    def run(command: str, folder: Path) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=300, check=False,
        )  # fmt: skip
        assert 0 == done.returncode, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    run("poetry new farm && cd farm && git init -q", tmp_path)
    folder = tmp_path / "farm"
    project = folder / "pyproject.toml"
    source = f'[[tool.poetry.source]]\nname = "ours"\nurl = "{index}"\n'
    text = re.sub(r'requires-python = ".*"', f'requires-python = "{HERE}"', project.read_text(encoding="utf-8"))
    project.write_text(f"{text}\n{source}", encoding="utf-8")
    output = run(f"python -m pygen init --model '{MODEL}'", folder)
    steps = next_steps(output)
    assert ["poetry install", "poetry run python -m pygen check", "poetry build", "pre-commit install"] == steps[:4]
    run("\n".join(steps), folder)
    built(folder, "farm")
    document = tomllib.loads(project.read_text(encoding="utf-8"))
    assert "hatch" not in document["tool"]
    assert ["ours"] == [each["name"] for each in document["tool"]["poetry"]["source"]]
    run("poetry run python -c 'import farm.sdk'", folder)
    run("git -c user.name=a -c user.email=a@b commit -qm x", folder)


# ---------------------------------------------------------------------------------------------------------------------
# A person at a terminal


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_person_is_asked(tmp_path: Path, repository: Path) -> None:
    """Enter takes what was found; a wrong answer is asked again; what is there is replaced only after a yes."""
    pexpect = pytest.importorskip("pexpect")
    folder = tmp_path / "windfarm"
    (folder / "model").mkdir(parents=True)
    shutil.copy(MODEL, folder / "model")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    environment = {
        **os.environ,
        "PYTHONPATH": str(repository),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "TERM": "xterm",
    }

    def start(*options: str) -> Any:
        return pexpect.spawn(
            sys.executable, ["-m", "pygen", "init", *options],
            cwd=folder, env=environment, encoding="utf-8", timeout=30, dimensions=(40, 200),
        )  # fmt: skip

    person = start()
    answers = (
        ("no project yet; one is made", None),
        (r"Data model: .*\[model/windfarm.json\]", "nowhere.json"),
        (r"warning: there is no such file or folder \(nowhere.json\)", None),
        (r"Data model: .*\[model/windfarm.json\]", "sp:Farm"),
        (r"warning: 'sp:Farm' is not space:ExternalId\(version\)", None),
        (r"Data model: .*\[model/windfarm.json\]", ""),
        (r"Folder of the generated package \[src/windfarm/sdk\]", "../cdf"),
        (r"warning: '../cdf' leads out of the project", None),
        (r"Folder of the generated package \[src/windfarm/sdk\]", "src/json/sdk"),
        (r"warning: there is a package json already", None),
        (r"Folder of the generated package \[src/windfarm/sdk\]", "src/windfarm/cdf"),
        (r"Shall git keep the generated SDK\? .*\[Y/n\]", "perhaps"),
        (r"Shall git keep the generated SDK\? .*\[Y/n\]", "n"),
        (r"Shall pre-commit check that the SDK is fresh\? \[Y/n\]", ""),
    )
    for question, answer in answers:
        person.expect(question)
        if answer is not None:
            person.expect("> ")
            person.sendline(answer)
    person.expect("next steps:")
    person.expect(pexpect.EOF)
    person.close()
    assert 0 == person.exitstatus
    assert (folder / "src/windfarm/cdf/blade.py").is_file()
    assert "/src/windfarm/cdf/\n" in (folder / ".gitignore").read_text(encoding="utf-8")

    before = (folder / "pyproject.toml").read_text(encoding="utf-8")
    for answer, text in (("", before), ("y", before.replace("windfarm/cdf", "windfarm/other"))):
        person = start("--output", "src/windfarm/other")
        person.expect(r"output is src/windfarm/cdf. Shall it be src/windfarm/other\? \[y/N\]")
        person.sendline(answer)
        person.expect(pexpect.EOF)
        person.close()
        assert 0 == person.exitstatus
        assert text == (folder / "pyproject.toml").read_text(encoding="utf-8")

    shutil.rmtree(folder)
    folder.mkdir()
    person = start()
    person.expect("Data model: ")
    person.sendeof()
    person.expect("interrupted")
    person.expect(pexpect.EOF)
    person.close()
    assert (130, []) == (person.exitstatus, list(folder.iterdir()))
