"""Which places make code stale when they change."""

from __future__ import annotations

from pathlib import Path

import pytest

from pygen.project.config import load_config
from pygen.project.inputs import input_places
from tests.support.watching import CONFIG, Plant


def places(plant: Plant) -> tuple[set[str], set[str]]:
    """Files and folders, relative to the project."""
    root = plant.folder.resolve()
    found = input_places(load_config(plant.folder))
    return (
        {path.relative_to(root).as_posix() for path in found.files},
        {path.relative_to(root).as_posix() for path in found.folders},
    )


def test_a_file_and_the_containers_beside_it(plant: Plant) -> None:
    """In every form that they may have, be they there or not."""
    files, folders = places(plant)
    assert {"model.json", *(f"model.containers.{kind}" for kind in ("json", "yaml", "yml"))} == files
    assert set() == folders


def test_a_graphql_schema(plant: Plant) -> None:
    """Stands alone."""
    plant.config_file.write_text(CONFIG.replace("model.json", "m.graphql"), encoding="utf-8")
    assert ({"m.graphql"}, set()) == places(plant)


@pytest.mark.parametrize("model", ["toolkit", "toolkit/Plant.datamodel.yaml"])
def test_a_toolkit_folder(plant: Plant, model: str) -> None:
    """Its files as they are, and the folder for those to come."""
    views = plant.folder / "toolkit" / "views"
    views.mkdir(parents=True)
    (views / "Tank.view.yaml").touch()
    (views / "notes.txt").touch()
    (plant.folder / "toolkit" / "Plant.datamodel.yaml").touch()
    plant.config_file.write_text(CONFIG.replace("model.json", model), encoding="utf-8")
    files, folders = places(plant)
    assert {"toolkit/views/Tank.view.yaml", "toolkit/Plant.datamodel.yaml"} <= files
    assert "toolkit/views/notes.txt" not in files
    assert {"toolkit"} == folders


def test_templates(plant: Plant) -> None:
    """The folder need not be there yet."""
    plant.config_file.write_text(f'{CONFIG}templates = "own"\n', encoding="utf-8")
    assert {"own"} == places(plant)[1]
    own = plant.folder / "own"
    own.mkdir()
    (own / "view.py.jinja").touch()
    (own / "__pycache__").mkdir()
    (own / "__pycache__" / "x.pyc").touch()
    files = places(plant)[0]
    assert "own/view.py.jinja" in files
    assert not any("__pycache__" in file for file in files)


def test_a_model_outside_the_project(tmp_path: Path) -> None:
    """Is watched where it is."""
    plant = Plant(tmp_path / "plant", CONFIG.replace("model.json", "../shared/m.json"))
    assert (tmp_path / "shared" / "m.json").resolve() in input_places(load_config(plant.folder)).files
