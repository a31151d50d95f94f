"""A watcher that is killed at any moment while somebody edits: the next one goes on as if nothing was."""

from __future__ import annotations

import copy
import json
import random
import shutil
import time
from pathlib import Path
from typing import Any

from tests.end_to_end.generating import Installed, tree
from tests.end_to_end.watching import WatchProcess
from tests.property.editing import EDITS
from tests.support.watching import Plant, eventually

KILLS = 30
SAVES = 200


def start(shared: Path) -> dict[str, Any]:
    """A real model."""
    model: dict[str, Any] = json.loads((shared / "models" / "wind_turbine.json").read_bytes())["items"][0]
    return model


def described(model: dict[str, Any], number: int) -> dict[str, Any]:
    """The model with a description that stands in the file of every view."""
    views = [{**view, "description": f"Edit {number}."} for view in model["views"]]
    return {**model, "views": views}


def clean(installed: Installed, plant: Plant, folder: Path) -> dict[str, bytes]:
    """What generating into an empty folder makes of the same model and the same names."""
    shutil.rmtree(folder, ignore_errors=True)
    other = Plant(folder)
    shutil.copy(plant.model_file, other.model_file)
    shutil.copy(plant.lock_file, other.lock_file)
    done = installed.run("generate", "-q", cwd=folder)
    assert 0 == done.returncode, done.stderr
    return {**tree(other.sdk), "pygen.lock": other.lock_file.read_bytes()}


def code(plant: Plant) -> dict[str, bytes]:
    """The code of a project, and its lock."""
    return {**tree(plant.sdk), "pygen.lock": plant.lock_file.read_bytes()}


def test_killed_and_started_again(shared: Path, tmp_path: Path) -> None:
    """At random moments, most of them while it writes: no file is torn, nothing is left, and nothing stays stale."""
    chance = random.Random(8)
    installed = Installed(tmp_path / "installed")
    plant = Plant(tmp_path / "plant")
    model = start(shared)
    for number in range(KILLS):
        with WatchProcess(installed, plant.folder) as watch:
            watch.wait_for("generated", "fresh")
            for save in range(chance.randrange(1, 4)):
                plant.model_file.write_text(json.dumps(described(model, 10 * number + save)), encoding="utf-8")
                time.sleep(chance.uniform(0, 0.12))  # the moment of the kill is what is tried
            watch.process.kill()
        for path, content in tree(plant.sdk).items():
            if path.endswith(".py"):
                compile(content, path, "exec")
    plant.model_file.write_text(json.dumps(described(model, 9999)), encoding="utf-8")
    with WatchProcess(installed, plant.folder) as watch:
        watch.wait_for("generated", "fresh")
        eventually(lambda: "Edit 9999." in "".join(path.read_text() for path in plant.sdk.glob("*.py")))
        assert 0 == watch.end()[0]
        assert [] == [event for event in watch.rest() if event["event"] == "broken"]
    assert clean(installed, plant, tmp_path / "clean") == code(plant)
    assert [] == [*plant.folder.rglob("*.tmp")]


def test_random_edits_with_real_events(shared: Path, tmp_path: Path) -> None:
    """Faster than it can follow, valid and broken, in several ways to save: it ends as a clean run would."""
    chance = random.Random(9)
    installed = Installed(tmp_path / "installed")
    plant = Plant(tmp_path / "plant")
    good = start(shared)
    plant.model_file.write_text(json.dumps(good), encoding="utf-8")
    with WatchProcess(installed, plant.folder) as watch:
        watch.wait_for("generated")
        for number in range(SAVES):
            model = copy.deepcopy(good)
            chance.choice(EDITS)(model, chance)
            text = json.dumps(model, indent=chance.choice([None, 2]))
            if chance.random() < 0.2:
                text = text[: chance.randrange(len(text))]
            if chance.random() < 0.5:
                beside = plant.folder / "model.json~"
                beside.write_text(text, encoding="utf-8")
                beside.replace(plant.model_file)
            else:
                plant.model_file.write_text(text, encoding="utf-8")
            time.sleep(chance.choice([0, 0.005, 0.05, 0.1]))
            good = model if number % 3 == 0 and is_valid(installed, plant, model, tmp_path / "tried") else good
        plant.model_file.write_text(json.dumps(described(good, 7777)), encoding="utf-8")
        eventually(lambda: "Edit 7777." in "".join(path.read_text() for path in plant.sdk.glob("*.py")))
        assert 0 == watch.end()[0]
        assert "" == watch.said()
    assert clean(installed, plant, tmp_path / "clean") == code(plant)
    done = installed.run("check", cwd=plant.folder)
    assert 0 == done.returncode, done.stdout


def is_valid(installed: Installed, plant: Plant, model: dict[str, Any], folder: Path) -> bool:
    """Whether a model can be generated; only such a one is edited further."""
    folder.mkdir(exist_ok=True)
    (folder / "model.json").write_text(json.dumps(model), encoding="utf-8")
    return installed.run("validate", "-q", "--model", "model.json", cwd=folder).returncode == 0
