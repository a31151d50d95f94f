"""`pygen init`: what it writes, what it leaves alone, and what it says."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pygen.sandbox import Sandbox

pytest.importorskip("tomlkit")

Pygen = Callable[..., Any]

HATCH = """\
# Our project.
[build-system]
requires = ["hatchling"]  # the back end
build-backend = "hatchling.build"

[project]
name = "wind-park"
version = "1.0"
requires-python = ">=3.11"
dependencies = [
    "httpx",  # for the weather
]
"""
VARIABLES = ("CDF_URL", "CDF_CLUSTER", "CDF_PROJECT", "CDF_TOKEN", "IDP_CLIENT_ID", "IDP_CLIENT_SECRET", "LOGIN_FLOW")


@pytest.fixture(autouse=True)
def no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the developer's own connection reaches a test."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder; it is the working directory."""
    root = tmp_path / "wind-farm"
    root.mkdir()
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def model(repository: Path) -> str:
    """A snapshot that lies elsewhere."""
    return str(repository / "example_project" / "model" / "windfarm.json")


def files(root: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


def git(root: Path) -> None:
    """Make a repository."""
    subprocess.run(["git", "init", "-q", str(root)], check=True)


def hatch_project(root: Path, text: str = HATCH) -> Path:
    """A project with hatchling."""
    package = root / "src" / "wind_park"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    (root / "pyproject.toml").write_text(text, encoding="utf-8", newline="")
    return root


# ---------------------------------------------------------------------------------------------------------------------
# What is written


def test_an_empty_folder_becomes_a_project(folder: Path, pygen: Pygen, model: str) -> None:
    """It has a package, a snapshot, an SDK and a lock, and a second run changes nothing."""
    done = pygen("init", "--model", model)
    assert 0 == done.code, done.err
    written = files(folder)
    for path in (
        ".gitattributes",
        ".gitignore",
        "model/windfarm.json",
        "pygen.lock",
        "src/wind_farm/__init__.py",
        "src/wind_farm/py.typed",
        "src/wind_farm/sdk/__init__.py",
    ):
        assert path in written
    document = tomllib.loads(written["pyproject.toml"].decode())
    assert ["hatchling>=1.26", "pygen-cdf[build]"] == document["build-system"]["requires"]
    assert ("wind-farm", ["pygen-cdf"]) == (document["project"]["name"], document["project"]["dependencies"])
    assert {"pygen": {}} == document["tool"]["hatch"]["build"]["hooks"]
    again = pygen("init")
    assert (0, "nothing to do: the project is set up\n", "") == (again.code, again.out, again.err)
    assert written == files(folder)
    assert "fresh\n" == pygen("check").out


def test_what_is_there_stays(folder: Path, pygen: Pygen, model: str) -> None:
    """Comments, order and layout of pyproject.toml; every old line is still there, in the old order."""
    hatch_project(folder)
    assert 0 == pygen("init", "--model", model).code
    text = (folder / "pyproject.toml").read_text(encoding="utf-8")
    expected = HATCH.replace('["hatchling"]', '["hatchling", "pygen-cdf[build]"]')
    expected = expected.replace("# for the weather\n", '# for the weather\n    "pygen-cdf",\n')
    assert text.startswith(expected)
    assert "# Our project." == text.partition("\n")[0]
    assert text.removeprefix(expected).startswith("\n# What is generated, from what, and where to.\n[tool.pygen]\n")


def test_every_option_arrives(folder: Path, pygen: Pygen, model: str) -> None:
    """In the table that it belongs to."""
    hatch_project(folder)
    done = pygen(
        "init", "--model", model, "--remote", "sp_windfarm:Windfarm(v1)", "--output", "src/wind_park/cdf",
        "--package", "wind_park.cdf", "--client-name", "Wind", "--instance-space", "sp_data", "--env", "prod",
        "--no-pull", "--no-hook",
    )  # fmt: skip
    assert 0 == done.code, done.err
    document = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    assert {
        "model": "model/windfarm.json",
        "remote": {"space": "sp_windfarm", "external_id": "Windfarm", "version": "v1"},
        "python": {
            "output": "src/wind_park/cdf",
            "package": "wind_park.cdf",
            "client_name": "Wind",
            "instance_space": "sp_data",
        },
        "environments": {"prod": {"prefix": "PROD_"}},
    } == document["tool"]["pygen"]
    assert ["hatchling"] == document["build-system"]["requires"]
    assert "hatch" not in document["tool"]
    assert (folder / "src/wind_park/cdf/__init__.py").is_file()


def test_ruff_and_pre_commit_and_git(folder: Path, pygen: Pygen, model: str) -> None:
    """Formatters are told to keep out, and pre-commit to look."""
    hatch_project(folder, f"{HATCH}\n[tool.ruff]\nline-length = 99\n")
    git(folder)
    hooks = "exclude: ^docs/\nrepos:\n- repo: https://example.org/x\n  rev: v1\n  hooks:\n  - id: black\n"
    (folder / ".pre-commit-config.yaml").write_text(hooks, encoding="utf-8")
    assert 0 == pygen("init", "--model", model).code
    document = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    assert {"line-length": 99, "extend-exclude": ["src/wind_park/sdk"]} == document["tool"]["ruff"]
    text = (folder / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert text.startswith("exclude: ^docs/|^src/wind_park/sdk/\nrepos:\n- repo: https://example.org/x\n")
    assert "\n- repo: local\n  hooks:\n    - id: pygen-check\n" in text
    attributes = (folder / ".gitattributes").read_text(encoding="utf-8").splitlines()
    assert "src/wind_park/sdk/** linguist-generated=true text eol=lf" == attributes[0]


def test_an_ignored_sdk(folder: Path, pygen: Pygen, model: str) -> None:
    """Git ignores it, and a second run does not forget that."""
    hatch_project(folder)
    git(folder)
    (folder / ".gitignore").write_text("dist/\n", encoding="utf-8")
    assert 0 == pygen("init", "--model", model, "--ignored").code
    assert "dist/\n/src/wind_park/sdk/\n" == (folder / ".gitignore").read_text(encoding="utf-8")
    assert "src/wind_park/sdk" not in (folder / ".gitattributes").read_text(encoding="utf-8")
    assert "nothing to do: the project is set up\n" == pygen("init").out


@pytest.mark.parametrize(
    "case",
    [
        ("uv_build", "", ("project", "dependencies")),
        ("setuptools.build_meta", "", ("project", "dependencies")),
        ("poetry.core.masonry.api", "", ("project", "dependencies")),
        (
            "poetry.core.masonry.api",
            'dynamic = ["dependencies"]\n[tool.poetry.dependencies]\nhttpx = "*"\n',
            ("tool", "poetry", "dependencies"),
        ),
    ],
)
def test_other_back_ends_commit_the_sdk(
    folder: Path, pygen: Pygen, model: str, case: tuple[str, str, tuple[str, ...]]
) -> None:
    """No hook, nothing for the build; the runtime where the tool keeps dependencies."""
    backend, extra, place = case
    text = f'[project]\nname = "wind-park"\nversion = "1"\nrequires-python = ">=3.11"\n{extra}\n'
    hatch_project(folder, f'{text}\n[build-system]\nrequires = ["x"]\nbuild-backend = "{backend}"\n')
    done = pygen("init", "--model", model)
    assert 0 == done.code, done.err
    document = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    assert ["x"] == document["build-system"]["requires"]
    assert "hatch" not in document["tool"]
    for key in place:
        document = document[key]
    assert "pygen-cdf" in document
    refused = pygen("init", "--hook")
    assert (2, True) == (refused.code, "--hook: the build hook is for hatchling" in refused.err)
    assert (2, True) == ((ignored := pygen("init", "--ignored")).code, "--ignored: nothing would make" in ignored.err)


def test_a_project_without_pyproject(folder: Path, pygen: Pygen, model: str) -> None:
    """An old setup.py stays the truth about the build: pygen has a file of its own."""
    (folder / "setup.py").write_text("", encoding="utf-8")
    (folder / "app").mkdir()
    (folder / "app" / "__init__.py").write_text("", encoding="utf-8")
    done = pygen("init", "--model", model)
    assert 0 == done.code, done.err
    assert "[pygen.python]\n" in (folder / "pygen.toml").read_text(encoding="utf-8")
    assert not (folder / "pyproject.toml").exists()
    assert "add pygen-cdf to what the project installs" in done.err
    assert "nothing to do" in pygen("init").out


def test_a_package_outside_of_the_wheel_is_added(folder: Path, pygen: Pygen, model: str) -> None:
    """Else the wheel would go out without the SDK."""
    hatch_project(folder)
    assert 0 == pygen("init", "--model", model, "--output", "src/farm_sdk").code
    document = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    assert ["src/wind_park", "src/farm_sdk"] == document["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


def test_setuptools_lists_packages(folder: Path, pygen: Pygen, model: str) -> None:
    """A list of packages says nothing of those within them, so the SDK is added."""
    text = (
        '[project]\nname = "wind-park"\nversion = "1"\nrequires-python = ">=3.11"\n\n[build-system]\nrequires = ["x"]\n'
    )
    hatch_project(folder, f'{text}\n[tool.setuptools]\npackages = ["wind_park"]\n')
    assert 0 == pygen("init", "--model", model).code
    document = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    assert ["wind_park", "wind_park.sdk"] == document["tool"]["setuptools"]["packages"]


def test_a_graphql_model_needs_its_extra(folder: Path, pygen: Pygen) -> None:
    """The build has an environment of its own, in which graphql-core must be."""
    pytest.importorskip("graphql")
    hatch_project(folder)
    (folder / "farm.graphql").write_text("type Turbine { name: String! }\n", encoding="utf-8")
    done = pygen("init")
    assert 0 == done.code, done.err
    document = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    assert ["hatchling", "pygen-cdf[build,graphql]"] == document["build-system"]["requires"]
    assert "farm.graphql" == document["tool"]["pygen"]["model"], "the only model that is there is found"


def test_a_monorepo(folder: Path, pygen: Pygen, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """pre-commit reads the file at the top of the repository; everything else belongs to the project."""
    git(folder)
    project = folder / "packages" / "a b"
    hatch_project(project)
    monkeypatch.chdir(project / "src")
    done = pygen("init", "--model", model)
    assert 0 == done.code, done.err
    text = (folder / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert "exclude: '^packages/a b/src/wind_park/sdk/'\n" in text or "exclude: ^packages/a b/src" in text
    assert "python -m pygen check --project" in text
    assert "'packages/a b'" in text.replace("''", "'")
    assert "wrote ../../.pre-commit-config.yaml\n" in done.out
    assert (project / ".gitattributes").is_file()
    assert "nothing to do" in pygen("init").out


# ---------------------------------------------------------------------------------------------------------------------
# What is not overwritten


def configured(folder: Path, pygen: Pygen, model: str) -> None:
    """A project that is set up."""
    hatch_project(folder)
    assert 0 == pygen("init", "--model", model).code


@pytest.mark.parametrize(
    "case",
    [
        ("--output", "src/wind_park/other", "tool.pygen.python.output"),
        ("--package", "wind_park.x", "tool.pygen.python.package"),
        ("--remote", "a:B(1)", "tool.pygen.remote"),
    ],
)
def test_another_value_is_not_replaced(folder: Path, pygen: Pygen, model: str, case: tuple[str, str, str]) -> None:
    """Exit code 2, the key and both values; `--force` replaces it."""
    option, value, key = case
    configured(folder, pygen, model)
    if option == "--remote":
        assert 0 == pygen("init", "--remote", "a:B(0)", "--no-pull").code
    before = files(folder)
    done = pygen("init", option, value, "--yes")
    assert (2, True) == (done.code, done.err.startswith(f"pygen: error: {key}: is "))
    assert "--force replaces it; nothing was written" in done.err
    assert before == files(folder)
    assert 0 == pygen("init", option, value, "--force", "--no-pull").code
    assert files(folder)["pyproject.toml"] != before["pyproject.toml"]


def test_another_snapshot_is_not_replaced(folder: Path, pygen: Pygen, model: str) -> None:
    """A model that is there is not overwritten by one from elsewhere."""
    configured(folder, pygen, model)
    mine = folder / "model" / "windfarm.json"
    mine.write_text(mine.read_text(encoding="utf-8").replace("From root to tip.", "Mine."), encoding="utf-8")
    done = pygen("init", "--model", model)
    assert (2, True) == (done.code, "model/windfarm.json: is another one, not the new snapshot" in done.err)
    assert "Mine." in mine.read_text(encoding="utf-8")
    assert 0 == pygen("init", "--model", model, "--force").code
    assert "Mine." not in mine.read_text(encoding="utf-8")


def test_a_requirement_without_its_extra(folder: Path, pygen: Pygen, model: str) -> None:
    """What somebody wrote is not changed without being asked."""
    hatch_project(folder, HATCH.replace('["hatchling"]', '["hatchling", "pygen-cdf>=0.1"]'))
    done = pygen("init", "--model", model)
    assert (2, True) == (done.code, "build-system.requires: is 'pygen-cdf>=0.1'" in done.err)
    assert 0 == pygen("init", "--model", model, "--force").code
    assert '["hatchling", "pygen-cdf[build]>=0.1"]' in (folder / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(("manager", "code"), [("uv", 2), ("hatch", 0)])
def test_an_older_python(folder: Path, pygen: Pygen, model: str, manager: str, code: int) -> None:
    """What resolves for all Pythons would find no solution; to others it is said."""
    hatch_project(folder, HATCH.replace(">=3.11", ">=3.9"))
    done = pygen("init", "--model", model, "--manager", manager)
    assert (code, True) == (done.code, "project.requires-python" in done.err)
    assert 0 == pygen("init", "--model", model, "--manager", manager, "--force").code
    document = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    assert (">=3.11" if code else ">=3.9") == document["project"]["requires-python"]


def test_a_dry_run_writes_nothing(folder: Path, pygen: Pygen, model: str) -> None:
    """It shows a diff that `git apply` takes, and that leads to what init would have written."""
    hatch_project(folder)
    before = files(folder)
    done = pygen("init", "--model", model, "--dry-run")
    assert (0, before) == (done.code, files(folder))
    git(folder)
    subprocess.run(["git", "apply", "-"], cwd=folder, input=done.out.encode(), check=True)
    applied = files(folder)
    shutil.rmtree(folder / ".git")
    for path in set(applied) - set(before):
        (folder / path).unlink()
    for path, content in before.items():
        (folder / path).write_bytes(content)
    assert 0 == pygen("init", "--model", model).code
    assert applied == {path: content for path, content in files(folder).items() if path in applied}


# ---------------------------------------------------------------------------------------------------------------------
# Hostile surroundings


@pytest.mark.parametrize(
    ("mark", "ending"), [("", "\r\n"), ("\ufeff", "\n")], ids=["carriage returns", "byte order mark"]
)
def test_the_style_of_a_file_stays(folder: Path, pygen: Pygen, model: str, mark: str, ending: str) -> None:
    """A file with CRLF or a byte order mark is edited, and stays one."""
    hatch_project(folder, mark + HATCH.replace("\n", ending))
    done = pygen("init", "--model", model)
    assert 0 == done.code, done.err
    text = (folder / "pyproject.toml").read_bytes().decode()
    assert (bool(mark), ending == "\r\n") == (text.startswith("\ufeff"), "\r\n" in text)
    assert text.count("\n") == text.count(ending)
    assert "fresh\n" == pygen("check").out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[project\n", "pyproject.toml is not valid TOML"),
        ("tool = { x = 1 }\n", "cannot be edited safely"),
        ("[tool.pygen]\nmodle = 'x'\n", "tool.pygen.modle: unknown key"),
        ("[project]\nname = 'x'\ndependencies = 'httpx'\n", "project.dependencies: must be an array"),
    ],
)
def test_what_cannot_be_edited_is_said(folder: Path, pygen: Pygen, model: str, text: str, said: str) -> None:
    """Exit code 2, one line, and nothing is written."""
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    (folder / "app").mkdir()
    (folder / "app" / "__init__.py").write_text("", encoding="utf-8")
    before = files(folder)
    done = pygen("init", "--model", model)
    assert (2, "", 1) == (done.code, done.out, done.err.count("\n"))
    assert said in done.err
    assert before == files(folder)


def test_a_pyproject_without_a_project(folder: Path, pygen: Pygen, model: str) -> None:
    """A file with settings of tools alone gets the configuration; the rest is said."""
    (folder / "pyproject.toml").write_text("[tool.ruff]\nline-length = 99\n", encoding="utf-8")
    (folder / "app").mkdir()
    (folder / "app" / "__init__.py").write_text("", encoding="utf-8")
    done = pygen("init", "--model", model)
    assert 0 == done.code, done.err
    assert "add pygen-cdf to what the project installs" in done.err
    assert "app/sdk" in (folder / "pyproject.toml").read_text(encoding="utf-8")


def test_dynamic_dependencies(folder: Path, pygen: Pygen, model: str) -> None:
    """They are listed elsewhere, so that is said."""
    dynamic = HATCH.partition("dependencies")[0] + 'dynamic = ["dependencies"]\n'
    hatch_project(folder, dynamic)
    done = pygen("init", "--model", model)
    assert (0, True) == (done.code, "add pygen-cdf where the project's dependencies are listed" in done.err)
    assert "\ndependencies" not in (folder / "pyproject.toml").read_text(encoding="utf-8")


def test_a_link_stays_a_link_and_a_mode_a_mode(folder: Path, pygen: Pygen, model: str) -> None:
    """What is written is the file behind the link, with the rights that it had."""
    hatch_project(folder)
    real = folder.parent / "real.toml"
    (folder / "pyproject.toml").rename(real)
    real.chmod(0o640)
    (folder / "pyproject.toml").symlink_to(real)
    assert 0 == pygen("init", "--model", model).code
    assert (folder / "pyproject.toml").is_symlink()
    assert 0o640 == stat.S_IMODE(real.stat().st_mode)
    assert "[tool.pygen]" in real.read_text(encoding="utf-8")


def test_a_read_only_folder(folder: Path, pygen: Pygen, model: str) -> None:
    """Exit code 2, before the first file is touched."""
    hatch_project(folder)
    before = files(folder)
    folder.chmod(0o555)
    try:
        if os.access(folder, os.W_OK):
            pytest.skip("whoever may write everywhere sees no refusal")
        done = pygen("init", "--model", model)
    finally:
        folder.chmod(0o755)
    assert (2, True) == (done.code, "cannot write: permission denied" in done.err)
    assert before == files(folder)


def test_a_disk_that_fills_up(folder: Path, pygen: Pygen, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2, no configuration; what was written stays for the next run, which makes the same project."""
    replace = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if Path(target).name == "py.typed":
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    done = pygen("init", "--model", model)
    assert (2, True) == (
        done.code,
        "the disk is full: src/wind_farm/py.typed (nothing is torn; run pygen init again" in done.err,
    )
    assert not (folder / "pyproject.toml").exists()
    assert (folder / "src" / "wind_farm" / "__init__.py").is_file()
    monkeypatch.setattr(Path, "replace", replace)
    assert 0 == pygen("init", "--model", model).code
    assert {"pyproject.toml", "src/wind_farm/py.typed", "src/wind_farm/sdk/__init__.py"} <= set(files(folder))


def test_a_file_where_a_folder_belongs(folder: Path, pygen: Pygen, model: str) -> None:
    """Exit code 2, before the first file is touched."""
    (folder / "model").write_text("", encoding="utf-8")
    done = pygen("init", "--model", model)
    assert (2, True) == (done.code, "cannot write" in done.err), done.err
    assert ["model"] == list(files(folder))


def test_several_sdks(folder: Path, pygen: Pygen, model: str) -> None:
    """Their surroundings are set up; options of one SDK are refused, since nobody knows which is meant."""
    tables = [
        f'[[tool.pygen.sdk]]\nname = "{n}"\nmodel = "{n}.json"\npython = {{ output = "src/wind_park/{n}" }}\n'
        for n in "ab"
    ]
    hatch_project(folder, "\n".join([HATCH, *tables]))
    for name in "ab":
        shutil.copy(model, folder / f"{name}.json")
    done = pygen("init")
    assert 0 == done.code, done.err
    assert "src/wind_park/b/**" in (folder / ".gitattributes").read_text(encoding="utf-8")
    assert (2, True) == ((refused := pygen("init", "--output", "x")).code, "several SDKs" in refused.err)


# ---------------------------------------------------------------------------------------------------------------------
# What is missing


def test_what_is_needed_is_named(folder: Path, pygen: Pygen, model: str) -> None:
    """Without a terminal nobody is asked: exit code 2 and the option."""
    done = pygen("init")
    assert (2, True) == (done.code, done.err.startswith("pygen: error: --model: is missing"))
    (folder / "pyproject.toml").write_text("[project]\nname = 'x'\n", encoding="utf-8")
    done = pygen("init", "--model", model)
    assert (2, True) == (done.code, done.err.startswith("pygen: error: --output: is missing"))
    for name in ("a.json", "b.json"):
        shutil.copy(model, folder / name)
    assert "several are here: a.json, b.json" in pygen("init").err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--model", "nowhere.json"), "--model: there is no such file or folder (nowhere.json)"),
        (("--model", "."), "--model: is the project's own folder"),
        (("--model", "text.json"), "text.json"),
        (("--remote", "Windfarm"), "--remote: 'Windfarm' is not space:ExternalId(version)"),
        (("--remote", "1:B(v1)"), "--remote: '1' is not valid: a space has"),
        (("--committed", "--ignored"), "not allowed with argument"),
        (("--remote", "a:B(v1)", "--output", "../x"), "output: '../x' leads out of the project"),
        (("--remote", "a:B(v1)", "--output", "x\n/y", "--package", "y"), "--output: is no package"),
        (("--remote", "a:B(v1)", "--output", "src/pygen/sdk"), "--output: there is a package pygen already"),
        (("--remote", "a:B(v1)", "--output", "json/sdk"), "--output: there is a package json already"),
    ],
)
def test_wrong_options(folder: Path, pygen: Pygen, arguments: tuple[str, ...], said: str) -> None:
    """Exit code 2, and nothing is written."""
    (folder / "text.json").write_text("no model", encoding="utf-8")
    done = pygen("init", *arguments)
    assert (2, True) == (done.code, said in done.err), done.err
    assert ["text.json"] == list(files(folder))


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("Ünï-cödé", "uni_code"),
        ("my wind farm", "my_wind_farm"),
        ("json", None),
        ("pygen", None),
        ("class", None),
        ("7", None),
    ],
)
def test_the_package_of_a_new_project(
    tmp_path: Path, pygen: Pygen, model: str, monkeypatch: pytest.MonkeyPatch, *, name: str, package: str | None
) -> None:
    """It has the folder's name, without its accents; a name that is taken, or is none, has to be replaced."""
    folder = tmp_path / name
    folder.mkdir()
    monkeypatch.chdir(folder)
    done = pygen("init", "--model", model)
    if package is not None:
        assert 0 == done.code, done.err
        assert (folder / "src" / package / "sdk" / "__init__.py").is_file()
    else:
        assert (2, True) == (done.code, "--output: is missing" in done.err)


def test_a_run_that_was_killed(folder: Path, pygen: Pygen, model: str) -> None:
    """The configuration is written last; without it, the next run makes the same project."""
    assert 0 == pygen("init", "--model", model).code
    before = files(folder)
    shutil.rmtree(folder / "src" / "wind_farm" / "sdk")
    for name in ("pyproject.toml", "pygen.lock"):
        (folder / name).unlink()
    assert 0 == pygen("init", "--model", model).code
    assert before == files(folder)


def test_a_hostile_name_of_a_model(folder: Path, pygen: Pygen, model: str) -> None:
    """A second run has nothing to add, whatever the file is called."""
    hostile = folder.parent / 'we"i\nrd #[x] \u202e.json'
    shutil.copy(model, hostile)
    done = pygen("init", "--model", str(hostile))
    assert 0 == done.code, done.err
    assert "nothing to do: the project is set up\n" == pygen("init").out


def test_a_model_with_problems(folder: Path, pygen: Pygen, model: str) -> None:
    """The project is set up, the problems are said, and what to do when they are solved."""
    document = json.loads(Path(model).read_bytes())
    document["items"][0]["space"] = "not a space!"
    (folder / "model.json").write_text(json.dumps(document), encoding="utf-8")
    done = pygen("init")
    assert (1, True) == (done.code, "pygen generate takes it from there" in done.err)
    assert (folder / "pyproject.toml").is_file()


def test_a_toolkit_folder(folder: Path, pygen: Pygen) -> None:
    """It is found, uv watches all of its files, and problems within it do not keep the rest from being set up."""
    pytest.importorskip("yaml")
    hatch_project(folder, f"{HATCH}\n[tool.uv]\n")
    (folder / "toolkit").mkdir()
    definition = (
        "space: sp\nexternalId: Farm\nversion: v1\nviews:\n- {space: sp, externalId: Gone, version: v1, type: view}\n"
    )
    (folder / "toolkit" / "farm.DataModel.yaml").write_text(definition, encoding="utf-8")
    done = pygen("init")
    assert (1, True) == (done.code, "sp:Gone(v1) is named, but not defined" in done.err)
    assert "pygen generate takes it from there" in done.err
    document = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    assert "toolkit" == document["tool"]["pygen"]["model"]
    watched = ["pyproject.toml", "toolkit/**/*.yaml", "toolkit/**/*.json"]
    assert watched == [key["file"] for key in document["tool"]["uv"]["cache-keys"]]


def test_tomlkit_is_an_extra(folder: Path, pygen: Pygen, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it: exit code 2 and what to install."""
    monkeypatch.setitem(__import__("sys").modules, "tomlkit", None)
    done = pygen("init", "--model", model)
    assert (2, True) == (done.code, 'needs tomlkit: pip install "pygen-cdf[cli]"' in done.err)
    assert {} == files(folder)


# ---------------------------------------------------------------------------------------------------------------------
# CDF


@pytest.fixture
def cdf(model: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """CDF with the wind farm's data model, which the environment variables lead to."""
    pytest.importorskip("uvicorn")
    with Sandbox(model=model) as sandbox:
        monkeypatch.setenv("CDF_URL", sandbox.base_url)
        monkeypatch.setenv("CDF_PROJECT", sandbox.project)
        monkeypatch.setenv("CDF_TOKEN", "secret-token")
        yield sandbox


def test_the_first_snapshot_comes_from_cdf(folder: Path, pygen: Pygen, cdf: Any) -> None:
    """Where a connection is described, it is pulled and generated; pull then finds no change."""
    done = pygen("init", "--remote", "sp_windfarm:Windfarm(v1)")
    assert 0 == done.code, done.err
    assert {"windfarm.json", "windfarm.containers.json"} == {path.name for path in (folder / "model").iterdir()}
    assert "fresh\n" == pygen("check").out
    pulled = pygen("pull")
    assert (0, True) == (pulled.code, "no change" in pulled.out), pulled.err
    assert not any(b"secret-token" in content for content in files(folder).values())


def test_without_a_connection_the_command_is_said(folder: Path, pygen: Pygen) -> None:
    """Everything else is set up, `pygen pull` comes first among the next steps, and git gets what it brings."""
    git(folder)
    done = pygen("init", "--remote", "sp_windfarm:Windfarm(v1)")
    assert 0 == done.code, done.err
    assert "next steps:\n  pygen pull\n" in done.out
    assert not (folder / "pygen.lock").exists()
    added = next(line for line in done.out.splitlines() if "git add" in line).split()
    assert {"model", "pygen.lock", "src/wind_farm/sdk"} <= set(added)
    assert "next steps:\n  pygen pull\n" in pygen("init").out


def test_a_pull_that_fails(folder: Path, pygen: Pygen, cdf: Any) -> None:
    """Asked for, it ends the command with exit code 3 and nothing written; else it is a warning."""
    arguments = ("init", "--remote", "sp_windfarm:Other(v1)")
    done = pygen(*arguments, "--pull")
    assert (3, {}) == (done.code, files(folder))
    done = pygen(*arguments)
    assert (0, True) == (done.code, "warning: there is no first snapshot yet" in done.err)


# ---------------------------------------------------------------------------------------------------------------------
# Programs


def test_json(folder: Path, pygen: Pygen, model: str) -> None:
    """One document: what was written, what is left to a person, what comes next."""
    document = pygen("init", "--model", model, "--json").document
    assert ("init", 0, False) == (document["command"], document["exitCode"], document["dryRun"])
    assert "pyproject.toml" in document["written"]
    assert ["hatch run python -m pygen check", "hatch build"] == document["nextSteps"]
    assert document["generated"]["changed"]
    again = pygen("init", "--json").document
    assert ([], []) == (again["written"], again["nextSteps"])
    dry = pygen("init", "--model", model, "--json", "--dry-run").document
    assert (True, []) == (dry["dryRun"], dry["written"])
