"""`pygen doctor`: a healthy project has no finding, and each finding appears when its cause does."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pygen.project.doctor import installation
from pygen.sandbox import Sandbox

pytest.importorskip("tomlkit")

Pygen = Callable[..., Any]

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "wind-park"
version = "1.0"
requires-python = ">=3.11"
dependencies = []

[tool.ruff]
line-length = 99

[tool.uv]
"""
HOOKS = "repos:\n- repo: https://example.org/x\n  rev: v1\n  hooks:\n  - id: black\n"
SDK = "src/wind_park/sdk"
VARIABLES = ("CDF_URL", "CDF_CLUSTER", "CDF_PROJECT", "CDF_TOKEN", "IDP_CLIENT_ID", "HATCH_BUILD_NO_HOOKS")


@pytest.fixture
def healthy(tmp_path: Path, repository: Path, pygen: Pygen, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that `pygen init` set up, in a repository; it is the working directory."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", only_git(tmp_path / "bin"))
    root = tmp_path / "project"
    (root / "src" / "wind_park").mkdir(parents=True)
    (root / "src" / "wind_park" / "__init__.py").write_text("", encoding="utf-8")
    (root / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (root / ".pre-commit-config.yaml").write_text(HOOKS, encoding="utf-8")
    monkeypatch.chdir(root)
    git(root, "init", "-q")
    model = str(repository / "example_project" / "model" / "windfarm.json")
    done = pygen("init", "--model", model)
    assert 0 == done.code, done.err
    git(root, "add", "-A")
    return root


def only_git(folder: Path) -> str:
    """A PATH with git alone."""
    found = shutil.which("git")
    assert found is not None
    folder.mkdir()
    (folder / "git").symlink_to(found)
    return str(folder)


def git(root: Path, *arguments: str) -> None:
    """Run git."""
    subprocess.run(["git", *arguments], cwd=root, check=True)


def edit(path: Path, old: str, new: str) -> None:
    """Change a file."""
    text = path.read_text(encoding="utf-8")
    assert old in text, text
    path.write_text(text.replace(old, new), encoding="utf-8")


def findings(pygen: Pygen, *arguments: str, code: int) -> dict[str, dict[str, Any]]:
    """The errors and warnings, by name; notes about this environment's packages are no findings."""
    done = pygen("doctor", "--json", *arguments)
    assert code == done.code, done.out
    document = done.document
    assert code == document["exitCode"]
    found = {each["name"]: each for each in document["diagnoses"] if each["level"] in ("error", "warning")}
    assert all(each["why"] and each["remedy"] for each in found.values()), "each has a reason and a way out"
    return found


def test_a_healthy_project(healthy: Path, pygen: Pygen) -> None:
    """Nothing is found, and `-v` tells what was looked at."""
    assert {} == findings(pygen, code=0)
    done = pygen("doctor", "-v")
    assert done.out.endswith("nothing is wrong with this set-up\n")
    assert "fine: the build hook is on, and its plug-in is required\n" in done.out
    assert "fine:" not in pygen("doctor").out


def test_nothing_is_written(healthy: Path, pygen: Pygen) -> None:
    """Looking changes no file."""

    def state() -> dict[str, int]:
        return {str(path): path.stat().st_mtime_ns for path in healthy.rglob("*") if ".git" not in path.parts}

    before = state()
    pygen("doctor")
    assert before == state()


def test_the_example_is_healthy(
    repository: Path, tmp_path: Path, pygen: Pygen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy of the example project, as somebody outside this repository has it, has no error."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", only_git(tmp_path / "bin"))
    ignored = shutil.ignore_patterns("__pycache__", "dist", ".venv", "uv.lock", ".*_cache")
    root = shutil.copytree(repository / "example_project", tmp_path / "example", ignore=ignored)
    shutil.copy(repository / ".gitattributes", root)
    git(root, "init", "-q")
    git(root, "add", "-A")
    monkeypatch.chdir(root)
    assert {} == {name: each for name, each in findings(pygen, code=0).items() if name != "ruff-exclude"}


# ---------------------------------------------------------------------------------------------------------------------
# Each finding


def change(name: str, old: str, new: str) -> Callable[[Path], None]:
    """A cause: something in a file."""
    return lambda root: edit(root / name, old, new)


def append(name: str, text: str) -> Callable[[Path], None]:
    """A cause: a line at the end of a file."""

    def cause(root: Path) -> None:
        with (root / name).open("a", encoding="utf-8") as file:
            file.write(text)

    return cause


def remove(name: str) -> Callable[[Path], None]:
    """A cause: a file that is not there."""
    return lambda root: (root / name).unlink()


def hide_sdk(root: Path) -> None:
    """A cause: git ignores the SDK, and the hook is off."""
    git(root, "rm", "-r", "-q", "--cached", SDK)
    append(".gitignore", f"{SDK}/\n")(root)
    edit(root / "pyproject.toml", "[tool.hatch.build.hooks.pygen]", "[tool.hatch.build.hooks.other]")


def empty(path: Path, text: str = "") -> None:
    """A cause: a file without what was in it."""
    path.write_text(text, encoding="utf-8")


def conflict(root: Path) -> None:
    """A cause: a merge that git gave up."""
    text = (root / "pygen.lock").read_text(encoding="utf-8")
    (root / "pygen.lock").write_text(f"<<<<<<< a\n{text}=======\n{text}>>>>>>> b\n", encoding="utf-8")


CAUSES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "hook-without-plugin": ("error", change("pyproject.toml", '"hatchling", "pygen-cdf[build]"', '"hatchling"')),
    "hook-without-hatchling": ("error", change("pyproject.toml", "hatchling.build", "setuptools.build_meta")),
    "build-extra": ("error", change("pyproject.toml", "pygen-cdf[build]", "pygen-cdf")),
    "hook-disabled": ("warning", change("pyproject.toml", "hooks.pygen]", "hooks.pygen]\nenable-by-default = false")),
    "strangers-pygen": ("error", change("pyproject.toml", '["pygen-cdf"]', '["pygen-cdf", "pygen>=0.1"]')),
    "runtime-dependency": ("error", change("pyproject.toml", '["pygen-cdf"]', "[]")),
    "python-version": ("warning", change("pyproject.toml", ">=3.11", ">=3.8")),
    "output-outside-wheel": (
        "error",
        append("pyproject.toml", '\n[tool.hatch.build.targets.wheel]\npackages = ["src/other"]\n'),
    ),
    "lock-in-cache-keys": ("warning", change("pyproject.toml", "keys = [", 'keys = [{ file = "pygen.lock" }, ')),
    "uv-cache-keys": ("warning", change("pyproject.toml", "model/windfarm.json" + '" }, {', 'x.json" }, {')),
    "sdk-committed-and-ignored": ("error", append(".gitignore", f"{SDK}/\n")),
    "nothing-makes-the-sdk": ("error", hide_sdk),
    "lock-ignored": ("error", append(".gitignore", "*.lock\n")),
    "snapshot-ignored": ("error", append(".gitignore", "/model/\n")),
    "line-endings": ("warning", lambda root: empty(root / ".gitattributes")),
    "ruff-exclude": ("warning", change("pyproject.toml", f'extend-exclude = ["{SDK}"]', "")),
    "pre-commit-exclude": ("warning", change(".pre-commit-config.yaml", "exclude: ^src", "files: ^src")),
    "model-missing": ("error", remove("model/windfarm.json")),
    "lock-conflicts": ("error", conflict),
    "lock-damaged": ("error", lambda root: empty(root / "pygen.lock", "{")),
    "later-generator": ("error", change("pygen.lock", '"lockVersion": 1', '"lockVersion": 99')),
    "older-than-lock": ("warning", change("pygen.lock", '"generator": "', '"generator": "99.')),
    "contract": ("error", change(f"{SDK}/__init__.py", "    contract=", "    contract=9")),
    "leftovers": ("warning", lambda root: (root / SDK / ".pygen-1-x.tmp").touch()),
    "environment-variables": (
        "warning",
        append("pyproject.toml", '\n[tool.pygen.environments.prod]\nprefix = "PROD_"\n'),
    ),
    "environment-file": ("warning", append("pyproject.toml", '\n[tool.pygen.environments.prod]\ntoml = "x.toml"\n')),
}  # fmt: skip
"""Name of a finding -> its level, and what makes it appear in a healthy project."""


@pytest.mark.parametrize("name", CAUSES)
def test_a_finding_appears_with_its_cause(healthy: Path, pygen: Pygen, name: str) -> None:
    """Each has its cause; an error changes the exit code, a warning does not."""
    level, cause = CAUSES[name]
    cause(healthy)
    found = findings(pygen, code=1 if level == "error" else 0)
    assert level == found[name]["level"]
    beside = {
        "hook-without-hatchling": {"uv-cache-keys"},
        "nothing-makes-the-sdk": {"not-added"},
        "output-outside-wheel": {"uv-cache-keys"},
    }
    assert set() == set(found) - {name} - beside.get(name, set()), "and no other appears"


def test_never_generated(healthy: Path, pygen: Pygen) -> None:
    """A project without a lock: that is a note, since the next build or `pygen generate` makes one."""
    (healthy / "pygen.lock").unlink()
    assert {} == findings(pygen, code=0)
    done = pygen("doctor")
    assert (
        "note: never-generated: there is no pygen.lock\n"
        "  why: the SDK was never generated here\n"
        "  do: pygen generate, or a build\n"
    ) in done.out
    assert 0 == pygen("generate").code
    assert "never-generated" not in pygen("doctor").out


def test_findings_are_documented(repository: Path) -> None:
    """Each has its row in docs/init.md, with its level, and each row stands for one."""
    page = (repository / "docs" / "init.md").read_text(encoding="utf-8").partition("| finding | level |")[2]
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (error|warning|note) \|", page, re.MULTILINE))
    sources = [path.read_text(encoding="utf-8") for path in (repository / "pygen" / "project" / "doctor").glob("*.py")]
    made = dict(re.findall(r'Diagnosis\(\s*"([a-z-]+)",\s*Level\.(ERROR|WARNING|NOTE),', "\n".join(sources)))
    assert {name: level.lower() for name, level in made.items()} == {name: rows.get(name) for name in made}
    assert {name: level for name, (level, _) in CAUSES.items()} == {name: rows.get(name) for name in CAUSES}
    computed = {"lock-ignored", "snapshot-ignored", "missing-extra"}  # name or level is not written out in the call
    assert computed == set(rows) - set(made)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[project]\nname = 'x'\n", "no [tool.pygen]"),
        ("[tool.pygen]\nmodle = 1\n", "tool.pygen.modle"),
        ("[project\n", "not valid TOML"),
        ('[tool.pygen]\nmodel = "m.json"\n[tool.pygen.python]\noutput = "x"\n', "both pygen.toml and"),
    ],
)
def test_no_configuration(healthy: Path, pygen: Pygen, text: str, said: str) -> None:
    """Nobody can look further; what is wrong with it is said."""
    (healthy / "pyproject.toml").write_text(text, encoding="utf-8")
    if said.startswith("both"):
        (healthy / "pygen.toml").write_text("", encoding="utf-8")
    found = findings(pygen, code=1)
    assert ["configuration"] == list(found)
    assert said in found["configuration"]["message"]
    shown = pygen("doctor").out
    assert 1 == shown.count(found["configuration"]["remedy"]), "the way out is told once"


def test_a_list_of_packages(healthy: Path, pygen: Pygen) -> None:
    """Setuptools packs what its list names, and nothing below."""
    edit(healthy / "pyproject.toml", "hatchling.build", "setuptools.build_meta")
    edit(healthy / "pyproject.toml", "[tool.hatch.build.hooks.pygen]", '[tool.setuptools]\npackages = ["wind_park"]')
    found = findings(pygen, code=1)
    assert ["output-outside-wheel"] == list(found)
    assert "wind_park.sdk" in found["output-outside-wheel"]["message"]


def test_hooks_switched_off(healthy: Path, pygen: Pygen, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable of somebody's shell."""
    monkeypatch.setenv("HATCH_BUILD_NO_HOOKS", "true")
    assert ["hooks-switched-off"] == list(findings(pygen, code=0))


def test_variables_are_named_and_their_values_are_not(
    healthy: Path, pygen: Pygen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret of an incomplete environment is not shown."""
    append("pyproject.toml", '\n[tool.pygen.environments.prod]\nprefix = "PROD_"\n')(healthy)
    monkeypatch.setenv("PROD_CDF_TOKEN", "canary-secret")
    monkeypatch.setenv("PROD_CDF_PROJECT", "canary-project")
    done = pygen("doctor", "-v")
    assert "the environment prod lacks PROD_CDF_CLUSTER or PROD_CDF_URL\n" in done.out
    assert "canary" not in done.out + done.err


def test_a_file_with_secrets_in_git(healthy: Path, pygen: Pygen) -> None:
    """Git never forgets."""
    append("pyproject.toml", '\n[tool.pygen.environments.prod]\ntoml = "config.toml"\n')(healthy)
    (healthy / "config.toml").write_text("[cognite]\n", encoding="utf-8")
    assert ["environment-file-in-git"] == list(findings(pygen, code=0))
    append(".gitignore", "/config.toml\n")(healthy)
    assert {} == findings(pygen, code=0)


def test_a_state_folder_that_cannot_be_written(
    healthy: Path, pygen: Pygen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Locks have to be kept somewhere."""
    blocked = tmp_path / "blocked"
    blocked.touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(blocked))
    assert ["state-folder"] == list(findings(pygen, code=1))


@pytest.mark.parametrize(
    "case",
    [
        ("#!/usr/bin/python\nfrom cognite.pygen.cli import app\napp()\n", "another-program", "warning"),
        ("#!/usr/bin/python\nfrom pygen.cli import main\nmain()\n", "program-of-another-environment", "note"),
    ],
)
def test_another_program_on_path(healthy: Path, pygen: Pygen, tmp_path: Path, case: tuple[str, str, str]) -> None:
    """The first `pygen` on PATH may be somebody else's, or another environment's."""
    text, name, level = case
    program = tmp_path / "bin" / "pygen"
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)
    diagnoses = {each["name"]: each for each in pygen("doctor", "--json").document["diagnoses"]}
    assert level == diagnoses[name]["level"]


def test_other_distributions(healthy: Path, pygen: Pygen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """cognite-pygen brings a program of the same name; the pygen of the index even the same package."""
    for name, scripts in (("cognite_pygen", "[console_scripts]\npygen = cognite.pygen.cli:app\n"), ("pygen", "")):
        info = tmp_path / "site" / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(scripts, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert {"another-script", "strangers-package"} == set(findings(pygen, code=1))


@pytest.mark.parametrize(
    ("module", "extra", "model"),
    [
        ("jinja2", "build", "windfarm.json"),
        ("yaml", "build", "windfarm.yaml"),
        ("graphql", "graphql", "windfarm.graphql"),
        ("ruff", "format", "windfarm.json"),
    ],
)
def test_missing_extras(healthy: Path, monkeypatch: pytest.MonkeyPatch, module: str, extra: str, model: str) -> None:
    """What the configuration uses and this environment lacks."""
    from pygen.project.doctor import Patient, find_patient

    edit(healthy / "pyproject.toml", 'model = "model/windfarm.json"', f'model = "model/{model}"')
    if module == "ruff":
        edit(healthy / "pyproject.toml", f'output = "{SDK}"', f'output = "{SDK}"\nformat = true')
    (healthy / "model" / model).touch()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == module else object())
    patient = find_patient(healthy)
    assert isinstance(patient, Patient)
    (found,) = (each for check in installation.CHECKS for each in check(patient) if each.name == "missing-extra")
    assert f'pip install "pygen-cdf[{extra}]"' == found.remedy


def test_watching_is_optional(healthy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without watchfiles only `pygen watch` is missing: good to know, and no warning."""
    from pygen.project.doctor import Level, Patient, find_patient

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "watchfiles" else object())
    patient = find_patient(healthy)
    assert isinstance(patient, Patient)
    (found,) = (each for check in installation.CHECKS for each in check(patient) if each.name == "missing-extra")
    assert (Level.NOTE, "watchfiles is not installed here", "pygen watch needs it") == (
        found.level,
        found.message,
        found.why,
    )
    assert 'pip install "pygen-cdf[watch]"' == found.remedy


def test_a_check_that_cannot_look(healthy: Path, pygen: Pygen) -> None:
    """A file that cannot be read does not keep the others from being looked at."""
    (healthy / ".pre-commit-config.yaml").write_text("repos: [\n", encoding="utf-8")
    assert ["formatters-unknown"] == list(findings(pygen, code=0))


# ---------------------------------------------------------------------------------------------------------------------
# CDF, and output


@pytest.fixture
def cdf(healthy: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """CDF with the project's data model, which the environment variables lead to."""
    pytest.importorskip("uvicorn")
    with Sandbox(model=str(healthy / "model" / "windfarm.json")) as sandbox:
        monkeypatch.setenv("CDF_URL", sandbox.base_url)
        monkeypatch.setenv("CDF_PROJECT", sandbox.project)
        monkeypatch.setenv("CDF_TOKEN", "secret-token")
        yield sandbox


@pytest.mark.parametrize("option", ["--env", "--timeout"])
def test_what_is_about_cdf_needs_online(healthy: Path, pygen: Pygen, option: str) -> None:
    """Nobody believes that CDF was asked when it was not."""
    done = pygen("doctor", option, "1")
    assert (2, "", True) == (
        done.code,
        done.out,
        f"{option}: is about the data models in CDF (add --online)" in done.err,
    )


def test_online(healthy: Path, pygen: Pygen, cdf: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The data model is asked for; exit code 3 where it is not there, or nobody answers."""
    assert {} == findings(pygen, "--online", code=0), "without a remote, CDF only has to answer"
    edit(healthy / "pyproject.toml", "[tool.pygen.python]", '[tool.pygen.remote]\nspace = "sp_windfarm"\n'
         'external_id = "Windfarm"\nversion = "v1"\n\n[tool.pygen.python]')  # fmt: skip
    assert {} == findings(pygen, "--online", code=0)
    assert "sp_windfarm:Windfarm(v1) is there, with 12 views" in pygen("doctor", "--online", "-v").out
    edit(healthy / "pyproject.toml", 'external_id = "Windfarm"', 'external_id = "Other"')
    assert "sp_windfarm:Other(v1) is not in" in findings(pygen, "--online", code=3)["connection"]["message"]
    monkeypatch.setenv("CDF_URL", "http://127.0.0.1:9")
    done = pygen("doctor", "--online", "--timeout", "1")
    assert (3, True) == (done.code, "error: connection: the environment variables: " in done.out)
    assert "secret-token" not in done.out + done.err


def test_text(healthy: Path, pygen: Pygen) -> None:
    """Each finding is three lines: what, why, and what to do; `-q` keeps errors only."""
    CAUSES["runtime-dependency"][1](healthy)
    CAUSES["leftovers"][1](healthy)
    done = pygen("doctor")
    expected = (
        "error: runtime-dependency: the project does not depend on pygen-cdf\n"
        "  why: the SDK needs it at run time: whoever installs the wheel cannot import it\n"
        '  do: add "pygen-cdf" to project.dependencies\n'
    )
    assert expected in done.out
    assert done.out.endswith("1 error, 1 warning\n")
    assert expected == pygen("doctor", "-q").out


def test_github(healthy: Path, pygen: Pygen) -> None:
    """Errors and warnings are annotations."""
    CAUSES["runtime-dependency"][1](healthy)
    CAUSES["leftovers"][1](healthy)
    lines = pygen("doctor", "--format", "github").out.splitlines()
    assert any(line.startswith("::error file=pyproject.toml,title=pygen doctor%3A runtime") for line in lines), lines
    assert any(line.startswith("::warning ") for line in lines)


def test_a_hostile_project(healthy: Path, pygen: Pygen) -> None:
    """Names from files cannot rewrite a terminal, and break no document."""
    edit(healthy / "pyproject.toml", 'model = "model/windfarm.json"', 'model = "model/\\u001b[2J.json"')
    done = pygen("doctor")
    assert (1, False) == (done.code, "\x1b" in done.out)
    assert "model/\\x1b[2J.json" in done.out
    assert 1 == pygen("doctor", "--json").document["exitCode"]
