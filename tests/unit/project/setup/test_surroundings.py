"""What a folder is found to be."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pygen.errors import ConfigError
from pygen.project.setup.surroundings import Backend, Manager, covers, look_around, wheel_packages

PROJECT = '[project]\nname = "Wind-Farm"\n'


def write(root: Path, files: dict[str, str]) -> Path:
    """Make a folder with these files."""
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")
    return root


def backend(name: str) -> str:
    """A project that is built by something."""
    return f'{PROJECT}\n[build-system]\nrequires = []\nbuild-backend = "{name}"\n'


@pytest.mark.parametrize(
    ("text", "files", "expected"),
    [
        (backend("hatchling.build"), (), (Backend.HATCHLING, Manager.HATCH)),
        (backend("hatchling.build"), ("uv.lock",), (Backend.HATCHLING, Manager.UV)),
        (backend("hatchling.build") + "[tool.uv]\n", (), (Backend.HATCHLING, Manager.UV)),
        (backend("hatchling.build"), (".python-version",), (Backend.HATCHLING, Manager.UV)),
        (
            backend("hatchling.build") + "[tool.hatch.envs.x]\n",
            (".python-version",),
            (Backend.HATCHLING, Manager.HATCH),
        ),
        (backend("hatchling.build"), (".venv/pyvenv.cfg",), (Backend.HATCHLING, Manager.UV)),
        (backend("uv_build"), (), (Backend.UV, Manager.UV)),
        (backend("poetry.core.masonry.api"), (), (Backend.POETRY, Manager.POETRY)),
        (backend("poetry.core.masonry.api"), ("uv.lock",), (Backend.POETRY, Manager.UV)),
        (backend("setuptools.build_meta:__legacy__"), (), (Backend.SETUPTOOLS, Manager.PIP)),
        (backend("pdm.backend"), (), (Backend.PDM, Manager.PDM)),
        (backend("flit_core.buildapi"), (), (Backend.FLIT, Manager.PIP)),
        (backend("scikit_build_core.build"), (), (Backend.OTHER, Manager.PIP)),
        (f"{PROJECT}\n[build-system]\nrequires = []\n", (), (Backend.SETUPTOOLS, Manager.PIP)),
        (PROJECT, (), (Backend.NONE, Manager.PIP)),
        (f"{PROJECT}[tool.uv]\n", (), (Backend.NONE, Manager.UV)),
        ('[tool.poetry]\nname = "x"\n', (), (Backend.NONE, Manager.POETRY)),
    ],
)
def test_back_end_and_tool(
    tmp_path: Path, text: str, files: tuple[str, ...], expected: tuple[Backend, Manager]
) -> None:
    """They are told by build-system, lock files, tables and the environment."""
    contents = {".python-version": "3.12\n", ".venv/pyvenv.cfg": "home = /usr/bin\nuv = 0.5.0\n"}
    write(tmp_path, {"pyproject.toml": text, **{name: contents.get(name, "") for name in files}})
    found = look_around(tmp_path)
    assert expected == (found.backend, found.manager)
    assert Manager.PDM is look_around(tmp_path, manager=Manager.PDM).manager


@pytest.mark.parametrize(
    ("text", "files", "package"),
    [
        (backend("hatchling.build"), ("src/wind_farm/__init__.py",), "src/wind_farm"),
        (backend("hatchling.build"), ("wind_farm/__init__.py", "tests/__init__.py"), "wind_farm"),
        (backend("hatchling.build"), ("src/other/__init__.py",), "src/other"),
        (
            backend("hatchling.build") + '[tool.hatch.build.targets.wheel]\npackages = ["lib/app/"]\n',
            ("src/wind_farm/__init__.py",),
            "lib/app",
        ),
        (
            backend("poetry.core.masonry.api") + '[tool.poetry]\npackages = [{ include = "app", from = "lib" }]\n',
            (),
            "lib/app",
        ),
        (backend("uv_build"), ("src/wind_farm/__init__.py",), "src/wind_farm"),
        (backend("uv_build") + '[tool.uv.build-backend]\nmodule-name = "app"\nmodule-root = ""\n', (), "app"),
        (backend("setuptools.build_meta"), ("tests/__init__.py", "app/__init__.py"), "app"),
        (backend("setuptools.build_meta"), ("tests/__init__.py",), None),
    ],
)
def test_the_package(tmp_path: Path, text: str, files: tuple[str, ...], package: str | None) -> None:
    """The one that the build names, or that has the project's name, or the only one."""
    write(tmp_path, {"pyproject.toml": text, **dict.fromkeys(files, "")})
    assert package == look_around(tmp_path).package


@pytest.mark.parametrize(
    ("table", "packages"),
    [
        ('include = ["src"]', None),
        ('only-include = ["src/wind_farm"]', None),
        ('packages = ["src/wind_farm", "src/b"]', ["src/wind_farm", "src/b"]),
        ("", ["src/wind_farm"]),
    ],
)
def test_what_hatchling_packs(tmp_path: Path, table: str, packages: list[str] | None) -> None:
    """Where it is told in patterns, nobody here pretends to know."""
    text = f"{backend('hatchling.build')}[tool.hatch.build.targets.wheel]\n{table}\n"
    write(tmp_path, {"pyproject.toml": text, "src/wind_farm/__init__.py": ""})
    assert packages == wheel_packages(look_around(tmp_path))


def test_covers() -> None:
    """A folder is covered by itself and those above it, not by one whose name starts alike."""
    assert [True, True, False, True] == [
        covers(["src/a"], "src/a"),
        covers(["src/a"], "src/a/sdk"),
        covers(["src/a"], "src/ab"),
        covers(["."], "x"),
    ]


def test_models(tmp_path: Path, repository: Path) -> None:
    """Snapshots, GraphQL schemas and toolkit folders in the usual places; containers and other JSON are no models."""
    write(
        tmp_path,
        {
            "model/a.graphql": "type A { x: String }",
            "model/b.containers.json": '{"items": []}',
            "model/c.json": '{"views": 1}',
            "model/d.json": "[[[",
            "toolkit/data_models/x.datamodel.yaml": "externalId: x",
            "package.json": "{}",
        },
    )
    shutil.copy(repository / "example_project" / "model" / "windfarm.json", tmp_path / "model" / "e.json")
    assert ("model/a.graphql", "model/e.json", "toolkit") == look_around(tmp_path).models


@pytest.mark.parametrize(
    ("files", "empty"),
    [
        ((), True),
        (("README.md", "LICENSE", ".gitignore", ".github/workflows/ci.yml", "model/x.json"), True),
        (("setup.py",), False),
        (("requirements.txt",), False),
        (("app.py",), False),
        (("app/main.py",), False),
        (("src/app/core.py",), False),
        (("src/app/__init__.py", "src/app/py.typed"), True),
        (("venv/pyvenv.cfg", "venv/bin/activate_this.py"), True),
        (("pyproject.toml",), False),
    ],
)
def test_an_empty_folder(tmp_path: Path, files: tuple[str, ...], empty: bool) -> None:
    """Documents, models and environments make no project, nor do empty packages, which a killed run left; code does."""
    write(tmp_path, dict.fromkeys(files, ""))
    assert empty == look_around(tmp_path).is_empty


def test_the_project_above_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a folder of a project, its root is found; an empty folder may become a project of its own."""
    write(tmp_path, {"pyproject.toml": PROJECT, "src/app/__init__.py": "", "new/README.md": ""})
    monkeypatch.chdir(tmp_path / "src" / "app")
    assert tmp_path == look_around().root
    monkeypatch.chdir(tmp_path / "new")
    assert tmp_path / "new" == look_around().root
    assert tmp_path / "src" / "app" == look_around(tmp_path / "src" / "app").root, "--project names the folder itself"


def test_the_search_ends_at_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pyproject.toml above the repository belongs to somebody else."""
    write(tmp_path, {"pyproject.toml": PROJECT, "repository/.git/HEAD": "", "repository/app/x.py": ""})
    monkeypatch.chdir(tmp_path / "repository" / "app")
    found = look_around()
    assert (tmp_path / "repository" / "app", tmp_path / "repository") == (found.root, found.git_root)


def test_ruff_of_the_repository(tmp_path: Path) -> None:
    """The nearest configuration counts, as it does for ruff."""
    write(tmp_path, {".git/HEAD": "", "ruff.toml": "", "packages/a/pyproject.toml": PROJECT})
    assert tmp_path / "ruff.toml" == look_around(tmp_path / "packages" / "a").ruff_file
    write(tmp_path, {"packages/a/pyproject.toml": f"{PROJECT}[tool.ruff]\n"})
    assert tmp_path / "packages/a/pyproject.toml" == look_around(tmp_path / "packages" / "a").ruff_file


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("pyproject.toml", b"[project\n", "pyproject.toml is not valid TOML"),
        ("pyproject.toml", b"\xff\xfe", "pyproject.toml is not UTF-8"),
        ("pygen.toml", b"[pygen]\nmodle = 1\n", "did you mean"),
        (".gitignore", b"\xff\n", ".gitignore is not UTF-8"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    """With the name of the file, before anything else happens."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        look_around(tmp_path)


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    """`--project` makes no folder."""
    with pytest.raises(ConfigError, match="--project: is not a folder"):
        look_around(tmp_path / "nowhere")
