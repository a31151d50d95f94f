"""Projects whose model is a folder of the toolkit or a GraphQL schema: fresh, stale, and what a build carries."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pygen.errors import ModelError
from pygen.project.config import ProjectConfig, load_config
from pygen.project.inputs import input_files
from pygen.project.pipeline import check, generate
from pygen.sources import toolkit
from pygen.sources.definitions import Definitions
from tests.unit.sources.test_toolkit import CONFIG, FILES, folder, module, schemas

CONFIGURATION = """
[tool.pygen]
model = "MODEL"
[tool.pygen.python]
output = "src/plant/sdk"
"""


def project(root: Path, model: str) -> ProjectConfig:
    """A project around a model."""
    (root / "pyproject.toml").write_text(CONFIGURATION.replace("MODEL", model), encoding="utf-8")
    return load_config(root)


@pytest.fixture
def pumps(tmp_path: Path) -> ProjectConfig:
    """A project of the folder of pumps, freshly generated."""
    folder(tmp_path / "toolkit")
    config = project(tmp_path, "toolkit")
    generate(config)
    return config


def edit(name: str, old: str, new: str) -> Callable[[Path], object]:
    """An edit of a file."""

    def change(root: Path) -> object:
        file = root / name
        text = file.read_text(encoding="utf-8")
        assert old in text
        return file.write_text(text.replace(old, new), encoding="utf-8")

    return change


@pytest.mark.parametrize(
    "change",
    [
        edit("containers/Pump.container.yaml", "nullable: false", "nullable: true"),
        edit("views/Named.view.yaml", "What people call it", "Something else"),
        edit("pumps.datamodel.yaml", "All pumps", "Some pumps"),
        edit("variables.json", "sp_pumps", "sp_others"),
    ],
    ids=["container", "parent", "data_model", "variables"],
)
def test_every_file_of_a_folder_counts(pumps: ProjectConfig, change: Callable[[Path], object]) -> None:
    """Whatever changes the model makes the code stale, in whatever file."""
    change(pumps.root / "toolkit")
    assert not check(pumps).fresh


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda root: (root / "more.view.yaml").write_text(FILES["views/Named.view.yaml"] + "filter: {}\n"), "PYG003"),
        (lambda root: (root / "views" / "Site.view.yaml").unlink(), "PYG002"),
    ],
    ids=["added", "removed"],
)
def test_files_that_come_and_go_count(pumps: ProjectConfig, change: Callable[[Path], object], code: str) -> None:
    """A folder that no longer fits together is not passed for fresh."""
    change(pumps.root / "toolkit")
    with pytest.raises(ModelError, match=code):
        check(pumps)


def test_another_form_of_the_same_model_is_fresh(pumps: ProjectConfig) -> None:
    """Comments, other line ends, another order of files and folders, and files that mean nothing."""
    root = pumps.root / "toolkit"
    site = root / "views" / "Site.view.yaml"
    site.write_bytes(b"# a comment\r\n" + FILES["views/Site.view.yaml"].replace("\n", "\r\n").encode())
    (root / "renamed").mkdir()
    (root / "containers" / "Site.container.yaml").rename(root / "renamed" / "S.Container.yml")
    (root / "default.config.yaml").write_text("unused: 1\n", encoding="utf-8")
    assert check(pumps).fresh


def test_a_folder_is_read_once(pumps: ProjectConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its model and its containers come from one reading."""
    read: list[Path] = []
    load = toolkit.load_toolkit

    def counted(path: Path) -> Definitions:
        read.append(path)
        return load(path)

    monkeypatch.setattr(toolkit, "load_toolkit", counted)
    edit("views/Named.view.yaml", "What people call it", "Something else")(pumps.root / "toolkit")
    assert generate(pumps).changed
    assert [pumps.root / "toolkit"] == read


def test_an_unchanged_folder_needs_the_standard_library_only(pumps: ProjectConfig) -> None:
    """The digest of the files answers; nothing is parsed."""
    code = (
        "import sys; from pygen.project.config import load_config; from pygen.project.pipeline import check;"
        f"from pathlib import Path; assert check(load_config(Path({str(pumps.root)!r}))).fresh;"
        "print(sorted({'pydantic', 'yaml', 'graphql', 'jinja2', 'httpx'} & set(sys.modules)))"
    )
    assert "[]\n" == subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_a_build_carries_every_file(tmp_path: Path) -> None:
    """Values above a module as well, so that an unpacked source distribution reads the same model."""
    module(tmp_path)
    config = project(tmp_path, "modules/pumps")
    generate(config)
    expected = {f"modules/pumps/{name}" for name in FILES if name != "variables.json"}
    expected |= {"pyproject.toml", "pygen.lock", "config.dev.yaml"}
    assert expected == {file.relative_to(tmp_path).as_posix() for file in input_files(config)}
    (tmp_path / "config.dev.yaml").write_text(CONFIG.replace("sp_pumps", "sp_more"), encoding="utf-8")
    assert not check(config).fresh


def test_a_schema_in_a_folder_is_a_model(tmp_path: Path) -> None:
    """Its text counts, and so does what it builds upon."""
    (tmp_path / "toolkit").mkdir()
    path = schemas(tmp_path / "toolkit")
    config = project(tmp_path, "toolkit/fans.GraphQLSchema.yaml")
    generate(config)
    assert "sp_fans:Fans(3_0)" in (tmp_path / "src" / "plant" / "sdk" / "fan.py").read_text(encoding="utf-8")
    base = json.loads((path / "base.datamodel.json").read_text(encoding="utf-8"))
    base["views"][0]["properties"]["code"]["type"]["type"] = "text"
    (path / "base.datamodel.json").write_text(json.dumps(base), encoding="utf-8")
    assert not check(config).fresh
