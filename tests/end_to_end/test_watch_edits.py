"""A thousand edits in a row, good ones and bad ones: the code ends as a clean run would leave it."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest

from pygen.project.config import load_config
from pygen.project.pipeline import check, generate
from pygen.sources import load_raw
from pygen.watch.engine import GRACE_S
from pygen.watch.events import Broken, Repaired
from tests.property.editing import EDITS
from tests.support.watching import CONFIG, Driven, Plant

EDITS_IN_A_ROW = 1000
COMPARED_EVERY = 40
CASES = ("direct_relations", "edges_with_properties", "enums", "inheritance", "mutual_relations", "reverse_relations")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here has to survive a power cut."""
    monkeypatch.setattr("os.fsync", lambda descriptor: None)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks of the tests stay with the tests."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """A project that was never generated."""
    return Plant(tmp_path / "plant")


@pytest.fixture
def start(repository: Path) -> dict[str, Any]:
    """The views of several models in one, so that edits find something of every kind."""
    models = [copy.deepcopy(load_raw(repository / "tests" / "corpus" / case / "model.yaml")) for case in CASES]
    whole = models[0]
    keys = {(view["space"], view["externalId"], view["version"]) for view in whole["views"]}
    for model in models[1:]:
        for view in model["views"]:
            key = (view["space"], view["externalId"], view["version"])
            if key not in keys:
                keys.add(key)
                whole["views"].append(view)
    return whole


class Editor:
    """Somebody who edits a project, not always well."""

    def __init__(self, plant: Plant, start: dict[str, Any], templates: Path, chance: random.Random) -> None:
        self.plant = plant
        self.chance = chance
        self.good = start
        self.config = CONFIG
        self._template = (templates / "init.py.jinja").read_text(encoding="utf-8")
        self.own_template = plant.folder / "templates" / "init.py.jinja"
        self.own_template.parent.mkdir()
        self.put(start)

    def put(self, model: dict[str, Any]) -> None:
        """Save a model, in one of the ways in which people lay out JSON."""
        indent = self.chance.choice([None, 1, 2])
        self.plant.model_file.write_text(json.dumps(model, indent=indent), encoding="utf-8")

    def edit(self) -> None:
        """One edit of the model; it may be one that cannot be generated."""
        model = copy.deepcopy(self.good)
        self.chance.choice(EDITS)(model, self.chance)
        self.put(model)

    def keep(self) -> None:
        """The model on the disk is a good one."""
        self.good = json.loads(self.plant.model_file.read_bytes())

    def break_something(self) -> None:
        """Save something that cannot be generated."""
        plant, content = self.plant, self.plant.model_file.read_bytes()
        match self.chance.randrange(7):
            case 0:
                plant.model_file.write_bytes(content[: self.chance.randrange(len(content))])
            case 1:
                plant.model_file.unlink()
            case 2:
                plant.config_file.write_text(self.config[:-9], encoding="utf-8")
            case 3:
                plant.model_file.write_text('{"items": []}', encoding="utf-8")
            case 4:
                plant.config_file.write_text(f"{self.config}colour = 'red'\n", encoding="utf-8")
            case 5:
                self.put(in_a_circle(self.good))
            case _:
                plant.model_file.write_bytes(content.replace(b'"version"', b'"version', 1))

    def repair(self) -> None:
        """Save what was good."""
        self.plant.config_file.write_text(self.config, encoding="utf-8")
        self.put(self.good)

    def change_options(self) -> None:
        """Another option, template or file of the code."""
        match self.chance.randrange(4):
            case 0:
                name = self.chance.choice(["Plant", "Works"])
                self.config = f'{CONFIG}client_name = "{name}"\n'
            case 1:
                self.config = f'{CONFIG}templates = "templates"\n'
            case 2:
                self.own_template.write_text(f"{self._template}# {self.chance.random()}\n", encoding="utf-8")
            case _:
                victim = self.chance.choice(sorted(self.plant.sdk.glob("*.py")))
                victim.unlink()
        self.plant.config_file.write_text(self.config, encoding="utf-8")


def in_a_circle(model: dict[str, Any]) -> dict[str, Any]:
    """The same model with a view that is its own parent: well-formed, and impossible."""
    broken = copy.deepcopy(model)
    view = broken["views"][0]
    view["implements"] = [{"type": "view", **{key: view[key] for key in ("space", "externalId", "version")}}]
    return broken


def code(plant: Plant) -> dict[str, bytes]:
    """Every generated file, and the lock."""
    files = [*plant.sdk.rglob("*"), plant.lock_file]
    return {path.relative_to(plant.folder).as_posix(): path.read_bytes() for path in files if path.is_file()}


def clean_run(plant: Plant, folder: Path) -> dict[str, bytes]:
    """What generating into an empty folder makes of the same inputs and the same names."""
    clean = Plant(folder, plant.config_file.read_text(encoding="utf-8"))
    clean.model_file.write_bytes(plant.model_file.read_bytes())
    clean.lock_file.write_bytes(plant.lock_file.read_bytes())
    own = plant.folder / "templates" / "init.py.jinja"
    (folder / "templates").mkdir()
    if own.is_file():
        (folder / "templates" / own.name).write_bytes(own.read_bytes())
    generate(load_config(folder))
    return code(clean)


def test_a_thousand_edits(plant: Plant, start: dict[str, Any], repository: Path, tmp_path: Path) -> None:
    """After each edit the code is fresh or the last good one; every now and then it is compared with a clean run."""
    chance = random.Random(11)
    editor = Editor(plant, start, repository / "pygen" / "generation" / "python" / "templates", chance)
    driven = Driven(plant.folder)
    driven.look()
    assert not driven.is_broken()
    good, bad, compared = 0, 0, 0
    for number in range(EDITS_IN_A_ROW):
        before = code(plant)
        kind = chance.random()
        if driven.is_broken() and kind < 0.5:
            editor.repair()
        elif kind < 0.1:
            editor.break_something()
        elif kind < 0.2 and not driven.is_broken():
            editor.change_options()
        else:
            editor.edit()
        events = driven.look(after=chance.choice([0.01, GRACE_S, 60]))
        assert 1 >= len([event for event in events if isinstance(event, Broken)])
        assert 1 >= len([event for event in events if isinstance(event, Repaired)])
        if driven.is_broken():
            bad += 1
            assert before == code(plant), number
            continue
        good += 1
        editor.keep()
        assert check(load_config(plant.folder)).fresh, number
        if number % COMPARED_EVERY == 0:
            compared += 1
            assert clean_run(plant, tmp_path / f"clean{number}") == code(plant), number
    editor.repair()
    driven.look()
    assert not driven.is_broken()
    assert clean_run(plant, tmp_path / "clean") == code(plant)
    assert good > EDITS_IN_A_ROW / 2
    assert bad > EDITS_IN_A_ROW / 10
    assert compared > 10
