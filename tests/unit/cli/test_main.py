"""The entry point: commands, exit codes, streams, and what it costs."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pygen as package
from pygen.cli import main as call_main
from pygen.cli import main as entry
from pygen.cli.commands import COMMANDS
from pygen.cli.output import Output, OutputFormat
from pygen.errors import LockedError, MissingExtraError, Problem, PygenError

Pygen = Callable[..., Any]


def run(*arguments: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run `python -m pygen` as a process."""
    return subprocess.run(
        [sys.executable, "-m", "pygen", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path(package.__file__).parents[1]), **(env or {})},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


def test_help(pygen: Pygen) -> None:
    """Help lists every command, on stdout; without a command it is an error, on stderr."""
    asked = pygen("--help")
    assert (0, "") == (asked.code, asked.err)
    assert all(f"  {name} " in asked.out for name in COMMANDS)
    nothing = pygen()
    assert (2, "", asked.out) == (nothing.code, nothing.out, nothing.err)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(pygen: Pygen, command: str) -> None:
    """Every command explains its options."""
    done = pygen(command, "--help")
    assert 0 == done.code
    assert f"usage: pygen {command}" in done.out
    assert "--format" in done.out


def test_help_is_asked_for_in_three_ways(pygen: Pygen) -> None:
    """`help check` is `check --help`."""
    assert pygen("check", "--help").out == pygen("help", "check").out
    assert pygen("--help").out == pygen("help").out == pygen("-h").out


@pytest.mark.parametrize(("columns", "widest"), [("60", 62), ("", 100), ("many", 100)])
def test_help_keeps_to_a_width(pygen: Pygen, monkeypatch: pytest.MonkeyPatch, columns: str, widest: int) -> None:
    """`COLUMNS`, else a page; only a group of options that exclude each other cannot be broken."""
    monkeypatch.setenv("COLUMNS", columns)
    assert max(map(len, pygen("generate", "--help").out.splitlines())) <= widest


@pytest.mark.parametrize("arguments", [("check", "--bogus"), ("show", "--diagram", "png"), ("sandbox", "fly")])
def test_wrong_usage_for_programs(pygen: Pygen, arguments: tuple[str, ...]) -> None:
    """One document that names the command; people get the usage, too."""
    document = pygen(*arguments, "--json").document
    assert (arguments[0], 2, "UsageError") == (
        document["command"],
        document["exitCode"],
        document["error"]["type"],
    )
    assert "usage: " not in pygen(*arguments, "--json").err
    assert pygen(*arguments).err.startswith(f"usage: pygen {arguments[0]} ")


def test_a_command_answers_programs_once(capsys: pytest.CaptureFixture[str]) -> None:
    """An error after the result does not make a second document."""
    output = Output(OutputFormat.JSON)
    output.document({"command": "check", "exitCode": 0})
    output.failure("interrupted", exit_code=130, document={"type": "Interrupted", "message": "interrupted"})
    assert {"command": "check", "exitCode": 0} == json.loads(capsys.readouterr().out)


def test_version(pygen: Pygen) -> None:
    """`--version` prints the version and nothing else."""
    assert f"pygen {package.__version__}\n" == pygen("--version").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("chek",), "did you mean pygen check?"),
        (("--check",), "did you mean pygen check?"),
        (("frobnicate",), "pygen --help lists the commands"),
        (("-v", "check"), "no option '-v' (options follow a command)"),
        (("check", "--bogus"), "unrecognized arguments: --bogus"),
        (("check", "--format", "xml"), "invalid choice: 'xml'"),
        (("check", "--fix", "--lock-only"), "not allowed with argument"),
        (("check", "--form", "json"), "unrecognized arguments"),
    ],
)
def test_wrong_usage(pygen: Pygen, arguments: tuple[str, ...], said: str) -> None:
    """Exit code 2, on stderr; options are never guessed from their beginning."""
    done = pygen(*arguments)
    assert (2, "") == (done.code, done.out)
    assert said in done.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MissingExtraError("pygen generate", extra="build", module="jinja2"), 2),
        (LockedError("windfarm"), 2),
        (PygenError("broken"), 4),
        (KeyError("surprise"), 4),
        (KeyboardInterrupt(), 130),
    ],
)
def test_every_error_is_one_line(
    project: Path, pygen: Pygen, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    """Whatever happens: an exit code, one line on stderr, nothing on stdout, no traceback."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("pygen.cli.check.check", fail)
    done = pygen("check")
    assert (code, "", 1) == (done.code, done.out, done.err.count("\n"))
    assert done.err.startswith("pygen: error: ")


def test_an_internal_error_says_how_to_see_more(project: Path, pygen: Pygen, monkeypatch: pytest.MonkeyPatch) -> None:
    """The traceback is there when somebody asks for it."""

    def fail(*_: object, **__: object) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr("pygen.cli.check.check", fail)
    assert "internal error: KeyError: 'surprise' (-v shows the traceback" in pygen("check").err
    assert "Traceback (most recent call last)" in pygen("check", "-v").err
    document = pygen("check", "--format", "json").document
    assert (4, "InternalError") == (document["exitCode"], document["error"]["type"])


def shell(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Let a shell run the command line."""
    environment = {**os.environ, "PYTHONPATH": str(Path(package.__file__).parents[1])}
    return subprocess.run(command, shell=True, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_a_reader_that_goes_away_is_no_error(project: Path) -> None:
    """`pygen generate -v | head -1` ends quietly."""
    done = shell(f"{sys.executable} -m pygen generate -v | head -1", project)
    assert "" == done.stderr
    assert 1 == done.stdout.count("\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is full")
@pytest.mark.parametrize("arguments", ["check --json", "check --json --sdk other", "explain", "--help"])
def test_a_full_disk_is_no_defect_of_ours(project: Path, arguments: str) -> None:
    """What cannot be printed is said on stderr, in a line; the answer and an error alike."""
    done = shell(f"{sys.executable} -m pygen {arguments} > /dev/full", project)
    assert 2 == done.returncode
    assert done.stderr.endswith("pygen: error: cannot write: No space left on device\n")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"), [("check >&-", 1), ("check --sdk other 2>&-", 2), ("check --json >&- 2>&- <&-", 1)]
)
def test_a_stream_may_be_closed(project: Path, arguments: str, code: int) -> None:
    """The exit code is the same, and nothing is said of it."""
    done = shell(f"{sys.executable} -m pygen {arguments}", project)
    assert (code, "") == (done.returncode, done.stderr)


def test_a_terminal_without_utf8(project: Path) -> None:
    """Characters that an output cannot say are escaped, not a crash."""
    path = project / "model" / "windfarm.json"
    document = json.loads(path.read_bytes())
    model = document["items"][0] if "items" in document else document
    model["space"] = "caf\u00e9"
    path.write_text(json.dumps(document), encoding="utf-8")
    done = run("validate", cwd=project, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert 1 == done.returncode
    assert "caf\\xe9" in done.stderr
    assert "Traceback" not in done.stderr


# ---------------------------------------------------------------------------------------------------------------------
# What a check costs


def modules_after(statement: str, cwd: Path) -> set[str]:
    """The modules that an interpreter without site packages holds after a statement."""
    script = f"import sys\nbefore = set(sys.modules)\n{statement}\nprint('modules:', *set(sys.modules) - before)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path(package.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    return set(done.stdout.rpartition("modules:")[2].split())


CHECK = "from pygen.cli import main\nassert main(['check', '-q']) == {code}"


def foreign(modules: set[str]) -> list[str]:
    """Modules that belong neither to the standard library nor to pygen."""
    return sorted({name.partition(".")[0] for name in modules} - set(sys.stdlib_module_names) - {"pygen"})


@pytest.mark.parametrize("edit", ["nothing", "layout", "view", "option", "file"])
def test_check_needs_the_standard_library_only(project: Path, edit: str) -> None:
    """Fresh or not, for whatever reason: `pygen check` loads no other package, and none of ours that generates."""
    assert 0 == run("generate", cwd=project).returncode
    path = project / "model" / "windfarm.json"
    document = json.loads(path.read_bytes())
    model = document["items"][0] if "items" in document else document
    if edit == "layout":
        path.write_text(json.dumps(document, indent=7), encoding="utf-8")
    elif edit == "view":
        model["views"][0]["description"] = "x"
        path.write_text(json.dumps(document), encoding="utf-8")
    elif edit == "option":
        config = project / "pyproject.toml"
        config.write_text(config.read_text(encoding="utf-8") + 'instance_space = "x"\n', encoding="utf-8")
    elif edit == "file":
        (project / "src/windfarm/sdk/__init__.py").write_text("x", encoding="utf-8")
    modules = modules_after(CHECK.format(code=0 if edit in ("nothing", "layout") else 1), project)
    assert [] == foreign(modules)
    costly = {"pygen.ir", "pygen.generation.base", "pygen.project.rendering", "dataclasses", "inspect", "subprocess"}
    assert set() == costly & modules


def test_generate_finds_fresh_code_as_cheaply(project: Path) -> None:
    """An idle `pygen generate`, as in every build, loads no more than a check."""
    assert 0 == run("generate", cwd=project).returncode
    modules = modules_after("from pygen.cli import main\nassert main(['generate', '-q']) == 0", project)
    assert [] == foreign(modules)
    assert "pygen.project.rendering" not in modules


BLOCKED = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError("No module named " + repr(name), name=name)
sys.meta_path.insert(0, Blocker())
from pygen.cli import main
sys.exit(main({arguments!r}))
"""


def without(blocked: list[str], *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line where packages are missing."""
    return subprocess.run(
        [sys.executable, "-c", BLOCKED.format(blocked=blocked, arguments=list(arguments))],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path(package.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )


class TestMissingExtras:
    """Where only the base installation is there."""

    @pytest.mark.parametrize("command", ["generate", "validate"])
    def test_the_pip_line_is_said(self, project: Path, command: str) -> None:
        """Exit code 2 and what to install."""
        done = without(["jinja2"], command, cwd=project)
        assert (2, "") == (done.returncode, done.stdout)
        assert 'pygen: error: the target python needs jinja2: pip install "pygen-cdf[build]"\n' == done.stderr
        assert not (project / "src").exists()

    def test_check_works(self, project: Path) -> None:
        """The base installation is enough for a check, and more than enough."""
        run("generate", cwd=project)
        assert 0 == without(["jinja2", "yaml", "pydantic", "httpx", "markupsafe"], "check", cwd=project).returncode

    def test_a_yaml_model_needs_yaml(self, project: Path) -> None:
        """Only once it changed; the line names the extra."""
        yaml = pytest.importorskip("yaml")
        source = project / "model" / "windfarm.json"
        target = source.with_suffix(".yaml")
        target.write_text(yaml.safe_dump(json.loads(source.read_bytes()), sort_keys=False), encoding="utf-8")
        config = project / "pyproject.toml"
        config.write_text(config.read_text(encoding="utf-8").replace(".json", ".yaml"), encoding="utf-8")
        assert 0 == run("generate", cwd=project).returncode
        assert 0 == without(["yaml"], "check", cwd=project).returncode
        target.write_text(target.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        done = without(["yaml"], "check", cwd=project)
        assert (2, True) == (done.returncode, 'pip install "pygen-cdf[build]"' in done.stderr)

    def test_a_formatter_is_an_extra(self, project: Path) -> None:
        """`format = true` without ruff says what to install."""
        config = project / "pyproject.toml"
        config.write_text(config.read_text(encoding="utf-8") + "format = true\n", encoding="utf-8")
        empty = project / "empty"
        empty.mkdir()
        if shutil.which("ruff", path=str(Path(sys.executable).parent)):
            pytest.skip("ruff is part of this environment, and is found beside the interpreter")
        done = run("generate", cwd=project, env={"PATH": str(empty)})
        assert (2, True) == (done.returncode, 'pip install "pygen-cdf[format]"' in done.stderr)


def test_python_m(project: Path) -> None:
    """`python -m pygen` is the same program."""
    assert 0 == run("generate", "-q", cwd=project).returncode
    assert "fresh\n" == run("check", cwd=project).stdout


# ---------------------------------------------------------------------------------------------------------------------
# Output


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class TestOutput:
    """Colours and hostile text."""

    @pytest.mark.parametrize(("no_color", "coloured"), [(None, True), ("", True), ("1", False)])
    def test_colours(self, monkeypatch: pytest.MonkeyPatch, no_color: str | None, coloured: bool) -> None:
        """On a terminal only, and not with `NO_COLOR`."""
        if no_color is not None:
            monkeypatch.setenv("NO_COLOR", no_color)
        monkeypatch.setenv("TERM", "xterm")
        terminal = Terminal()
        monkeypatch.setattr(sys, "stderr", terminal)
        Output().warning("careful")
        assert coloured == ("\x1b[33m" in terminal.getvalue())
        assert "careful" in terminal.getvalue()

    def test_no_colours_in_a_pipe(self, capsys: pytest.CaptureFixture[str]) -> None:
        """What is not a terminal gets plain text."""
        Output().warning("careful")
        assert "warning: careful\n" == capsys.readouterr().err

    @pytest.mark.parametrize("output_format", [OutputFormat.TEXT, OutputFormat.GITHUB])
    def test_text_from_a_model_cannot_rewrite_a_terminal(
        self, capsys: pytest.CaptureFixture[str], output_format: OutputFormat
    ) -> None:
        """Escape sequences, bidi marks and carriage returns are shown as escapes."""
        problem = Problem("sp:View(v1)", "PYG101", "bad \x1b[2J\r\u202e name\x9b")
        Output(output_format).problem(problem, path="m.json")
        captured = capsys.readouterr()
        assert "bad \\x1b[2J\\r\\u202e name\\x9b" in captured.out + captured.err

    def test_github_commands_cannot_be_smuggled_in(self, capsys: pytest.CaptureFixture[str]) -> None:
        """A line break in a message does not start a command of its own."""
        problem = Problem("sp:View(v1)", "PYG101", "a\n::set-output name=x::y %")
        Output(OutputFormat.GITHUB).problem(problem, path="a,b:c.json")
        out = capsys.readouterr().out
        assert 1 == out.count("\n")
        assert out.startswith("::error file=a%2Cb%3Ac.json,title=PYG101::sp:View(v1): error PYG101: a%0A::set-output")
        assert out.endswith("%25\n")

    @pytest.mark.parametrize("text", ["::error::forged", "a\n  ::stop-commands::x", "##[group]forged"])
    def test_a_line_of_the_result_is_no_command(self, capsys: pytest.CaptureFixture[str], text: str) -> None:
        """GitHub takes a line for a command by how it begins; a description of a model must not begin so."""
        output = Output(OutputFormat.GITHUB)
        output.result(text)
        output.pieces([(text, "faint")])
        assert not re.findall(r"^\s*(?:::|##\[)", capsys.readouterr().out, re.MULTILINE)
        Output().result(text)
        assert f"{text}\n" == capsys.readouterr().out


def test_the_script_is_the_entry_point() -> None:
    """The console script of the distribution and the package's `main` are one function."""
    assert entry is call_main
