"""Incremental generation equals a clean one, byte for byte, whatever was edited in between."""

from __future__ import annotations

import copy
import json
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pygen.errors import ModelError
from pygen.project import recipe
from pygen.project.config import ProjectConfig, load_config
from pygen.project.pipeline import check, generate
from pygen.sources import load_raw
from tests.property.editing import EDITS, Edit, Model

ROOT = Path(__file__).resolve().parents[2]
CORPUS = sorted(path.name for path in (ROOT / "tests" / "corpus").iterdir() if path.is_dir())
REAL = ["cognite_core", "omni", "power_ops_asset", "scene", "wind_turbine", "movie_actors"]
CONFIG = '[pygen]\nmodel = "model.json"\n[pygen.python]\noutput = "sdk"\n'
SEVERAL_EDITS = st.lists(st.sampled_from(EDITS), min_size=1, max_size=4)
CHANCE = st.randoms(use_true_random=False)


@pytest.fixture(scope="module", autouse=True)
def as_installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Locks of the tests stay with the tests, and the generator's own sources are not looked at."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(recipe, "_source_digest", lambda target: None)
        patch.setattr("os.fsync", lambda descriptor: None)  # nothing here has to survive a power cut
        yield


class Place:
    """A project somewhere on disk."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        (folder / "pygen.toml").write_text(CONFIG, encoding="utf-8")

    @property
    def config(self) -> ProjectConfig:
        return load_config(self.folder)

    def put(self, model: Model, lock: bytes | None) -> None:
        (self.folder / "model.json").write_text(json.dumps(model), encoding="utf-8")
        if lock is not None:
            (self.folder / "pygen.lock").write_bytes(lock)

    def content(self) -> dict[str, bytes]:
        """Every generated file and the lock."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in [*self.folder.glob("sdk/**/*"), self.folder / "pygen.lock"]
            if path.is_file()
        }


def generated(place: Place) -> str:
    """Generate; the text of the error when the model does not allow it."""
    try:
        generate(place.config)
    except ModelError as error:
        return str(error)
    return ""


def edited_step_by_step(start: Model, edits: list[Edit], chance: random.Random) -> int:
    """Generate after every edit, once on top of what is there and once into an empty folder; count the generations."""
    steps = 0
    with tempfile.TemporaryDirectory() as name:
        kept = Place(Path(name) / "kept")
        model = copy.deepcopy(start)
        kept.put(model, None)
        assert "" == generated(kept)
        for number, edit in enumerate(edits):
            lock = (kept.folder / "pygen.lock").read_bytes()
            before = copy.deepcopy(model)
            edit(model, chance)
            kept.put(model, None)
            clean = Place(Path(name) / f"clean{number}")
            clean.put(model, lock)
            error = generated(kept)
            assert error == generated(clean), edit.__name__
            if error:  # what cannot be generated is taken back
                model = before
                continue
            steps += 1
            assert clean.content() == kept.content(), edit.__name__
            assert check(kept.config).fresh
            assert not generate(kept.config).changed
    return steps


@pytest.mark.parametrize("name", CORPUS)
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits=SEVERAL_EDITS, chance=CHANCE)
def test_small_models(name: str, edits: list[Edit], chance: random.Random) -> None:
    """Every case of the corpus, a few random walks each."""
    folder = ROOT / "tests" / "corpus" / name
    model = load_raw(next(path for path in (folder / "model.yaml", folder / "model.json") if path.is_file()))
    edited_step_by_step(model, edits, chance)


@pytest.mark.parametrize("name", REAL)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits=SEVERAL_EDITS, chance=CHANCE)
def test_real_models(shared: Path, name: str, edits: list[Edit], chance: random.Random) -> None:
    """Real models, where views point to each other in circles and inherit over several levels."""
    edited_step_by_step(load_raw(shared / "models" / f"{name}.json"), edits, chance)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_every_kind_of_edit(shared: Path, edit: Edit) -> None:
    """Each kind of edit alone, several times in a row, and most of them are worth generating."""
    model = load_raw(shared / "models" / "wind_turbine.json")
    assert edited_step_by_step(model, [edit] * 6, random.Random(7)) >= 2


def test_selections_are_incremental_too(shared: Path) -> None:
    """With include and exclude, code ends as a clean run would leave it, and fresh."""
    model: dict[str, Any] = load_raw(shared / "models" / "cognite_core.json")
    chance = random.Random(3)
    with tempfile.TemporaryDirectory() as name:
        kept = Place(Path(name) / "kept")
        selection = 'include = ["Cognite*"]\nexclude = ["Cognite3D*", "*360*"]\n'
        for number in range(12):
            place = Place(Path(name) / f"clean{number}")
            for some in (kept, place):
                text = CONFIG.replace("[pygen.python]", f"{selection}[pygen.python]")
                (some.folder / "pygen.toml").write_text(text, encoding="utf-8")
            before = copy.deepcopy(model)
            if number:
                chance.choice(EDITS)(model, chance)
            lock = kept.folder / "pygen.lock"
            place.put(model, lock.read_bytes() if lock.exists() else None)
            kept.put(model, None)
            error = generated(kept)
            assert error == generated(place)
            if error:
                model = before
                continue
            assert place.content() == kept.content()
            assert check(kept.config).fresh
