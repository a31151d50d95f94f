"""One look after the other: what is generated, what is told, and that nothing is told twice."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pygen._version import __version__
from pygen.errors import ConfigError, ModelError, OutputError
from pygen.project.config import load_config
from pygen.project.pipeline import generate
from pygen.watch import engine as engine_module
from pygen.watch.engine import GRACE_S, Engine, StopRequested
from pygen.watch.events import Broken, ConfigReloaded, Event, Fresh, Generated, Repaired, Upgraded, Warned
from tests.support.watching import CONFIG, Driven, Plant, text, untouched, view

without_permission = pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0, reason="the superuser may read everything"
)


@pytest.fixture
def driven(plant: Plant) -> Driven:
    """An engine that has looked once."""
    driven = Driven(plant.folder)
    driven.look()
    return driven


def test_the_first_look_generates(plant: Plant) -> None:
    """A watcher that starts brings the code up to date, and says which views there are."""
    (told,) = Driven(plant.folder).look()
    assert isinstance(told, Generated)
    assert {"sdk/pump.py", "sdk/tank.py", "sdk/valve.py"} < set(told.written)
    assert ("sp:Pump(v1)", "sp:Tank(v1)", "sp:Valve(v1)") == told.views
    assert () == told.causes
    assert plant.is_fresh()


def test_the_first_look_at_fresh_code_says_so(plant: Plant) -> None:
    """Nothing is written then."""
    generate(load_config(plant.folder))
    with untouched(plant.lock_file, *plant.sdk.glob("*.py")):
        assert [Fresh(())] == Driven(plant.folder).look()


def test_the_first_look_tells_the_views_that_changed_meanwhile(plant: Plant) -> None:
    """Not all that there are."""
    generate(load_config(plant.folder))
    plant.describe("Tank", "Changed while nobody watched.")
    (told,) = Driven(plant.folder).look()
    assert isinstance(told, Generated)
    assert ("sp:Tank(v1)",) == told.views


def test_nothing_changed_nothing_is_done(driven: Driven, plant: Plant) -> None:
    """A look without a reason reads no file and says nothing."""
    assert [] == driven.look()
    assert [] == driven.look(after=3600)


def test_only_the_affected_file_is_written(driven: Driven, plant: Plant) -> None:
    """A new description of one view touches its file and the lock; the event says so."""
    plant.describe("Tank", "Holds water.")
    with untouched(*(path for path in plant.sdk.glob("*.py") if path.name != "tank.py")):
        (told,) = driven.look()
    assert isinstance(told, Generated)
    assert ("sdk/tank.py",) == told.written
    assert ("sp:Tank(v1)",) == told.views
    assert ("model.json",) == told.causes
    assert plant.says("Tank", "Holds water.")


def test_a_model_that_was_laid_out_anew_changes_no_code(driven: Driven, plant: Plant) -> None:
    """The lock notes the new digest."""
    plant.model_file.write_text(json.dumps(plant.model), encoding="utf-8")
    with untouched(*plant.sdk.glob("*.py")):
        (told,) = driven.look()
    assert isinstance(told, Generated)
    assert Generated((), (), (), (), ("model.json",), 0.0) == told._replace(milliseconds=0.0)


def test_a_model_that_was_saved_unchanged_is_fresh(driven: Driven, plant: Plant) -> None:
    """Whoever saved hears that nothing had to be done."""
    plant.save()
    assert [Fresh(("model.json",))] == driven.look()


def test_a_view_comes_and_goes(driven: Driven, plant: Plant) -> None:
    """Its file follows."""
    plant.model["views"].append(view("Fan", "name"))
    plant.save()
    driven.look()
    assert ("sp:Fan(v1)",) == driven.told(Generated)[0].views
    assert (plant.sdk / "fan.py").is_file()
    plant.model["views"].pop()
    plant.save()
    driven.look()
    assert ("sdk/fan.py",) == driven.told(Generated)[0].removed
    assert not (plant.sdk / "fan.py").exists()


# ---------------------------------------------------------------------------------------------------------------------
# Broken, and repaired


def make_folder(plant: Plant) -> None:
    """A folder where the model was."""
    plant.model_file.unlink()
    plant.model_file.mkdir()


def implement_itself(plant: Plant) -> None:
    """A view that is its own parent."""
    itself = {"type": "view", "space": "sp", "externalId": "Loop", "version": "v1"}
    plant.model["views"].append({**view("Loop", "name"), "implements": [itself]})
    plant.save()


BREAKS: dict[str, Callable[[Plant], object]] = {
    "bad JSON": lambda plant: plant.model_file.write_text("{", encoding="utf-8"),
    "empty": lambda plant: plant.model_file.write_text("", encoding="utf-8"),
    "no Unicode": lambda plant: plant.model_file.write_bytes(b"\xff\xfe{"),
    "no model": lambda plant: plant.model_file.write_text("[]", encoding="utf-8"),
    "odd shape": lambda plant: plant.model_file.write_text('{"views": 3}', encoding="utf-8"),
    "missing": lambda plant: plant.model_file.unlink(),
    "a folder": make_folder,
    "circle": implement_itself,
    "bad TOML": lambda plant: plant.config_file.write_text("[pygen", encoding="utf-8"),
    "unknown key": lambda plant: plant.config_file.write_text(CONFIG + "outptu = 1\n", encoding="utf-8"),
    "no configuration": lambda plant: plant.config_file.unlink(),
    "two configurations": lambda plant: (plant.folder / "pyproject.toml").write_text(
        CONFIG.replace("[pygen", "[tool.pygen"), encoding="utf-8"
    ),
    "missing templates": lambda plant: plant.config_file.write_text(CONFIG + 'templates = "t"\n', encoding="utf-8"),
    "damaged lock": lambda plant: plant.lock_file.write_text("{", encoding="utf-8"),
    "hand-edited": lambda plant: (plant.sdk / "tank.py").write_text("# mine\n", encoding="utf-8"),
}  # fmt: skip


@pytest.mark.parametrize("broken", BREAKS)
def test_what_is_broken_is_told_once_and_the_code_stays(driven: Driven, plant: Plant, broken: str) -> None:
    """After a moment of grace it is told, and never again, whatever else is saved; when repaired, that is told once."""
    kept = {path: path.read_bytes() for path in (plant.model_file, plant.config_file, plant.lock_file)}
    kept |= {path: path.read_bytes() for path in plant.sdk.glob("*.py")}
    BREAKS[broken](plant)
    code = {path: path.read_bytes() for path in plant.sdk.glob("*.py")}
    assert [] == [event for event in driven.look() if not isinstance(event, ConfigReloaded)]
    assert driven.is_broken()
    (told,) = driven.look(after=GRACE_S)
    assert isinstance(told, Broken)
    assert isinstance(told.error, ConfigError | ModelError | OutputError)
    for _ in range(3):
        (plant.folder / "pyproject.toml").touch()
        assert [] == driven.look(after=100)
    assert code == {path: path.read_bytes() for path in plant.sdk.glob("*.py")}
    if plant.model_file.is_dir():
        plant.model_file.rmdir()
    (plant.folder / "pyproject.toml").unlink()
    for path, content in kept.items():
        path.write_bytes(content)
    driven.look()
    assert 1 == len(driven.told(Repaired))
    assert [] == driven.told(Broken)
    assert not driven.is_broken()
    assert plant.is_fresh()


def test_a_half_saved_file_is_not_told(driven: Driven, plant: Plant) -> None:
    """An editor that empties the file before it fills it gets the time to do so."""
    plant.model_file.write_text("", encoding="utf-8")
    assert [] == driven.look()
    assert 0 < (driven.engine.due or 0) <= GRACE_S
    plant.describe("Tank", "Full.")
    assert [Generated] == [type(event) for event in driven.look(after=GRACE_S / 2)]
    assert None is driven.engine.due


def test_another_error_is_told_too(driven: Driven, plant: Plant) -> None:
    """Repairing one mistake may uncover the next; each gets its moment of grace."""
    plant.model_file.write_text("{", encoding="utf-8")
    driven.look()
    assert 1 == len(driven.look(after=GRACE_S))
    driven.look(after=1000)
    plant.model_file.unlink()
    assert [] == driven.look()
    (told,) = driven.look(after=GRACE_S)
    assert isinstance(told, Broken)
    assert "no such file" in str(told.error)


def test_a_file_that_is_saved_broken_again_and_again_is_told_in_time(driven: Driven, plant: Plant) -> None:
    """The moment of grace begins with the first failure, not anew with each."""
    told = []
    for number in range(10):
        plant.model_file.write_text("{" * (number + 1), encoding="utf-8")
        told += driven.look(after=GRACE_S / 4)
    assert [Broken] == [type(event) for event in told[:1]]


def test_what_nobody_saved_is_tried_again(driven: Driven, plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is no longer full, another writer that is done: no file says so."""
    real = generate
    full = OutputError("cannot write: the disk is full", paths=["sdk/tank.py"], exit_code=2)

    def failing(*_: object, **__: object) -> None:
        raise full

    monkeypatch.setattr(engine_module, "generate", failing)
    plant.describe("Tank", "Full.")
    driven.look()
    assert [Broken(full)] == driven.look(after=GRACE_S)
    monkeypatch.setattr(engine_module, "generate", real)
    assert driven.engine.due is not None
    assert [Repaired, Generated] == [type(event) for event in driven.look(after=60)]


def test_a_defect_of_pygen_is_told_and_survived(driven: Driven, plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is raised, the next save is another chance."""
    real = generate

    def failing(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(engine_module, "generate", failing)
    plant.describe("Tank", "Full.")
    driven.look()
    (told,) = driven.look(after=GRACE_S)
    assert isinstance(told, Broken)
    assert isinstance(told.error, ZeroDivisionError)
    monkeypatch.setattr(engine_module, "generate", real)
    plant.describe("Tank", "Empty.")
    assert [Repaired, Generated] == [type(event) for event in driven.look()]


def test_warnings_are_told_when_they_are_new(driven: Driven, plant: Plant) -> None:
    """A reverse relation that leads nowhere is said once, not with every save."""
    plant.model["views"][0]["properties"]["tanks"] = {
        "connectionType": "multi_reverse_direct_relation",
        "source": {"type": "view", "space": "sp", "externalId": "Tank", "version": "v1"},
        "through": {
            "source": {"type": "view", "space": "sp", "externalId": "Tank", "version": "v1"},
            "identifier": "x",
        },
    }
    plant.save()
    driven.look()
    assert ["sp:Pump(v1).tanks"] == [problem.where for problem in driven.told(Warned)[0].problems]
    plant.describe("Pump", "Again.")
    driven.look()
    assert [] == driven.told(Warned)


# ---------------------------------------------------------------------------------------------------------------------
# Generated files and the lock


def test_a_deleted_file_is_restored(driven: Driven, plant: Plant) -> None:
    """So is the whole folder."""
    (plant.sdk / "tank.py").unlink()
    driven.look()
    assert ("sdk/tank.py",) == driven.told(Generated)[0].written
    shutil.rmtree(plant.sdk)
    driven.look()
    assert plant.is_fresh()
    assert [] == driven.look()


def test_files_that_are_deleted_while_it_restores_them(plant: Plant) -> None:
    """Gone before and gone after looks as if nothing was: it looks into it all the same."""
    told: list[Event] = []

    def delete_once_more(event: Event) -> None:
        told.append(event)
        if len(told) == 2:
            shutil.rmtree(plant.sdk)

    driven = Driven(plant.folder)
    driven.engine = Engine(plant.folder, emit=delete_once_more)
    driven.look()
    shutil.rmtree(plant.sdk)
    driven.look()
    assert [Generated] * 3 == [type(event) for event in told]
    assert plant.is_fresh()


def test_a_hand_edit_is_not_overwritten(driven: Driven, plant: Plant) -> None:
    """Not even when the model changes: it is said, and taking it back repairs."""
    file = plant.sdk / "tank.py"
    generated = file.read_bytes()
    file.write_bytes(generated + b"# mine\n")
    driven.look()
    (told,) = driven.look(after=GRACE_S)
    assert isinstance(told, Broken)
    assert isinstance(told.error, OutputError)
    assert ("sdk/tank.py",) == told.error.paths
    plant.describe("Pump", "Pumps.")
    driven.look(after=GRACE_S)
    assert file.read_bytes().endswith(b"# mine\n")
    assert not plant.says("Pump", "Pumps.")
    file.write_bytes(generated)
    assert [Repaired, Generated] == [type(event) for event in driven.look()]
    assert plant.says("Pump", "Pumps.")


def test_an_older_lock_is_noticed(driven: Driven, plant: Plant) -> None:
    """A checkout brings lock and files of another commit; what does not fit the model is generated."""
    old = {path: path.read_bytes() for path in (plant.lock_file, plant.sdk / "tank.py")}
    plant.describe("Tank", "Full.")
    driven.look()
    for path, content in old.items():
        path.write_bytes(content)
    driven.look()
    assert ("sdk/tank.py",) == driven.told(Generated)[0].written
    assert () == driven.told(Generated)[0].causes
    assert plant.is_fresh()


def test_its_own_writing_is_no_reason_to_act(driven: Driven, plant: Plant) -> None:
    """After a generation it looks once more, and then rests."""
    driven.events.clear()
    plant.describe("Tank", "Full.")
    first = driven.engine.look(driven.engine.survey(), 0.0)
    second = driven.engine.look(driven.engine.survey(), 0.0)
    assert (True, False) == (first, second)
    assert 1 == len(driven.told(Generated))


def test_code_of_a_later_pygen(driven: Driven, plant: Plant) -> None:
    """Somebody upgraded pygen meanwhile: the watcher says once that it is to be restarted, and leaves all alone."""
    text = plant.lock_file.read_text(encoding="utf-8")
    recipe = json.loads(text)["sdks"]["default"]["targets"]["python"]["recipe"]
    plant.lock_file.write_text(text.replace(recipe, f"9{recipe}"), encoding="utf-8")
    with untouched(plant.lock_file, *plant.sdk.glob("*.py")):
        driven.look()
        told = driven.look(after=GRACE_S)
        assert [Upgraded(__version__, "")] == told
        plant.describe("Tank", "Full.")
        assert [] == driven.look(after=100)
    plant.lock_file.write_text(text, encoding="utf-8")
    assert [Repaired, Generated] == [type(event) for event in driven.look()]


def test_a_lock_of_a_later_pygen_whose_code_is_the_same(driven: Driven, plant: Plant) -> None:
    """An upgrade that changes no output is told as well: the watcher is the older one now."""
    text = plant.lock_file.read_text(encoding="utf-8")
    plant.lock_file.write_text(text.replace(f'"{__version__}"', '"99.0.1"'), encoding="utf-8")
    assert [Upgraded(__version__, "99.0.1")] == driven.look()
    plant.describe("Tank", "Full.")
    assert [Generated] == [type(event) for event in driven.look()]


# ---------------------------------------------------------------------------------------------------------------------
# Configuration and templates


def test_another_output(driven: Driven, plant: Plant) -> None:
    """The code moves, and is watched where it is then."""
    plant.config_file.write_text(CONFIG.replace('"sdk"', '"client"'), encoding="utf-8")
    driven.look()
    assert [ConfigReloaded(("default",))] == driven.told(ConfigReloaded)
    assert not plant.sdk.exists()
    (plant.folder / "client" / "tank.py").unlink()
    driven.look()
    assert ("client/tank.py",) == driven.told(Generated)[0].written


def test_other_options_of_a_target(driven: Driven, plant: Plant) -> None:
    """They are part of the recipe."""
    plant.config_file.write_text(CONFIG + 'client_name = "PlantAccess"\n', encoding="utf-8")
    driven.look()
    assert ("pygen.toml",) == driven.told(Generated)[0].causes
    assert "class PlantAccess" in (plant.sdk / "_client.py").read_text(encoding="utf-8")


def test_a_comment_in_the_configuration(driven: Driven, plant: Plant) -> None:
    """Says nothing else than before, so nothing is reloaded."""
    plant.config_file.write_text(f"# note\n{CONFIG}", encoding="utf-8")
    assert [Fresh(("pygen.toml",))] == driven.look()


def test_another_model(driven: Driven, plant: Plant) -> None:
    """From then on that file is watched."""
    (plant.folder / "other.json").write_text(json.dumps(plant.model), encoding="utf-8")
    plant.config_file.write_text(CONFIG.replace("model.json", "other.json"), encoding="utf-8")
    driven.look()
    plant.model_file.unlink()
    assert [] == driven.look()
    plant.model["views"][1]["description"] = "Other."
    (plant.folder / "other.json").write_text(json.dumps(plant.model), encoding="utf-8")
    driven.look()
    assert plant.says("Tank", "Other.")


def test_the_other_name_of_a_configuration_file(driven: Driven, plant: Plant) -> None:
    """Renaming pygen.toml to pyproject.toml, with its tables, is no loss."""
    (plant.folder / "pyproject.toml").write_text(CONFIG.replace("[pygen", "[tool.pygen"), encoding="utf-8")
    plant.config_file.unlink()
    driven.look()
    assert [] == driven.look(after=GRACE_S)
    assert not driven.is_broken()


def test_the_configuration_of_a_folder_above_is_not_taken(plant: Plant) -> None:
    """When its own is gone, a project within another one does not become the other one."""
    inner = Plant(plant.folder / "inner")
    driven = Driven(inner.folder)
    driven.look()
    inner.config_file.unlink()
    driven.look()
    (told,) = driven.look(after=GRACE_S)
    assert isinstance(told, Broken)
    assert "configuration is gone" in str(told.error)
    assert not plant.sdk.exists()


def test_templates_are_watched(plant: Plant, repository: Path) -> None:
    """A replaced template that is edited, or appears, is a reason to generate; a broken one is told."""
    templates = plant.folder / "templates"
    templates.mkdir()
    plant.config_file.write_text(CONFIG + 'templates = "templates"\n', encoding="utf-8")
    driven = Driven(plant.folder)
    driven.look()
    built_in = repository / "pygen" / "generation" / "python" / "templates" / "init.py.jinja"
    own = templates / "init.py.jinja"
    own.write_text(built_in.read_text(encoding="utf-8") + "# ours\n", encoding="utf-8")
    driven.look()
    assert ("sdk/__init__.py",) == driven.told(Generated)[0].written
    assert ("templates/init.py.jinja",) == driven.told(Generated)[0].causes
    own.write_text("{% if", encoding="utf-8")
    driven.look()
    (told,) = driven.look(after=GRACE_S)
    assert isinstance(told, Broken)
    assert "init.py.jinja" in str(told.error)
    own.unlink()
    assert [Repaired, Generated] == [type(event) for event in driven.look()]


def test_only_the_chosen_sdk_is_kept_fresh(tmp_path: Path) -> None:
    """`--sdk` leaves the others alone; an SDK that is renamed away is told."""
    config = "".join(
        f'[[pygen.sdk]]\nname = "{name}"\nmodel = "{name}.json"\n[pygen.sdk.python]\noutput = "sdk_{name}"\n'
        for name in ("one", "two")
    )
    plant = Plant(tmp_path / "plant", config)
    for name in ("one", "two"):
        (plant.folder / f"{name}.json").write_text(json.dumps(plant.model), encoding="utf-8")
    driven = Driven(plant.folder, names=["one"])
    driven.look()
    assert ("one",) == driven.engine.sdks
    assert not (plant.folder / "sdk_two").exists()
    plant.config_file.write_text(config.replace('"one"', '"uno"'), encoding="utf-8")
    driven.look()
    (told,) = driven.look(after=GRACE_S)
    assert isinstance(told, Broken)
    assert "no SDK is called 'one'" in str(told.error)


def test_a_project_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """At the start a wrong configuration is an error, as for every other command."""
    with pytest.raises(ConfigError):
        Engine(tmp_path, emit=lambda event: None)
    plant = Plant(tmp_path / "plant")
    with pytest.raises(ConfigError, match="no SDK is called"):
        Engine(plant.folder, names=["two"], emit=lambda event: None)


# ---------------------------------------------------------------------------------------------------------------------
# Kinds of models


def test_containers_that_appear_beside_the_model(driven: Driven, plant: Plant) -> None:
    """They say more about the properties; when they go, that is noticed, too."""
    beside = plant.folder / "model.containers.json"
    container = {
        "space": "sp",
        "externalId": "Name",
        "usedFor": "node",
        "properties": {"name": {"type": {"type": "text", "list": False}, "nullable": False}},
    }
    beside.write_text(json.dumps([container]), encoding="utf-8")
    driven.look()
    assert ("model.containers.json",) == driven.told(Generated)[0].causes
    beside.unlink()
    driven.look()
    assert ("model.containers.json",) == driven.told(Generated)[0].causes


@pytest.mark.parametrize("model", ["toolkit", "toolkit/Plant.datamodel.yaml"])
def test_a_toolkit_folder_at_any_depth(tmp_path: Path, model: str) -> None:
    """Files and folders that appear in it are read; the folder may be deleted and made again."""
    plant = Plant(tmp_path / "plant", CONFIG.replace("model.json", model))
    toolkit = plant.folder / "toolkit"
    (toolkit / "views").mkdir(parents=True)
    (toolkit / "Plant.datamodel.yaml").write_text(
        "space: sp\nexternalId: Plant\nversion: v1\nviews:\n"
        "- {type: view, space: sp, externalId: Tank, version: v1}\n"
        "- {type: view, space: sp, externalId: Fan, version: v1}\n",
        encoding="utf-8",
    )
    definition = (
        "space: sp\nexternalId: {name}\nversion: v1\nproperties:\n"
        "  name: {{container: {{type: container, space: sp, externalId: Name}}, containerPropertyIdentifier: name}}\n"
    )
    (toolkit / "Name.container.yaml").write_text(
        "space: sp\nexternalId: Name\nproperties: {name: {type: {type: text}}}\n", encoding="utf-8"
    )
    (toolkit / "views" / "Tank.view.yaml").write_text(definition.format(name="Tank"), encoding="utf-8")
    driven = Driven(plant.folder)
    driven.look()
    driven.look(after=GRACE_S)
    assert driven.is_broken()
    (toolkit / "more" / "deep").mkdir(parents=True)
    (toolkit / "more" / "deep" / "Fan.view.yaml").write_text(definition.format(name="Fan"), encoding="utf-8")
    assert [Repaired, Generated] == [type(event) for event in driven.look()]
    assert (plant.sdk / "fan.py").is_file()
    kept = tmp_path / "kept"
    shutil.copytree(toolkit, kept)
    shutil.rmtree(toolkit)
    driven.look()
    assert driven.is_broken()
    shutil.copytree(kept, toolkit)
    driven.look()
    assert not driven.is_broken()


# ---------------------------------------------------------------------------------------------------------------------
# git, and the end


def test_a_checkout_is_waited_for(driven: Driven, plant: Plant) -> None:
    """While git holds its lock, half of the files may be of another commit."""
    (plant.folder / ".git").mkdir()
    mark = plant.folder / ".git" / "index.lock"
    mark.touch()
    plant.describe("Tank", "Full.")
    assert [] == driven.look()
    assert (driven.engine.due or 0) - driven.now < 0.1
    assert [] == driven.look(after=0.05)
    mark.unlink()
    assert [Generated] == [type(event) for event in driven.look(after=0.05)]


def test_the_mark_of_a_git_that_died_is_not_waited_for(driven: Driven, plant: Plant) -> None:
    """It may lie there for years."""
    (plant.folder / ".git").mkdir()
    (plant.folder / ".git" / "index.lock").touch()
    plant.describe("Tank", "Full.")
    driven.look()
    assert [Generated] == [type(event) for event in driven.look(after=10)]
    plant.describe("Tank", "Empty.")
    assert [Generated] == [type(event) for event in driven.look()]


def test_a_worktree_has_its_git_elsewhere(plant: Plant, tmp_path: Path) -> None:
    """A file names the folder in which the mark would be."""
    driven = Driven(plant.folder)
    driven.look()
    away = tmp_path / "repository" / ".git" / "worktrees" / "plant"
    away.mkdir(parents=True)
    (plant.folder / ".git").write_text(f"gitdir: {away}\n", encoding="utf-8")
    (away / "index.lock").touch()
    plant.describe("Tank", "Full.")
    assert [] == driven.look()
    (away / "index.lock").unlink()
    assert [Generated] == [type(event) for event in driven.look(after=0.05)]


def test_a_generation_that_is_given_up_wrote_nothing(plant: Plant) -> None:
    """Stopping is asked for while views are rendered."""
    driven = Driven(plant.folder, stopping=lambda: True)
    with pytest.raises(StopRequested):
        driven.look()
    assert not plant.sdk.exists()
    assert not plant.lock_file.exists()
    assert [] == driven.events


@without_permission
def test_a_project_that_may_not_be_entered(driven: Driven, plant: Plant) -> None:
    """Is broken until it may, as any other."""
    plant.folder.chmod(0)
    driven.look()
    told = driven.look(after=GRACE_S)
    plant.folder.chmod(0o700)
    assert [Broken] == [type(event) for event in told]
    assert "Permission denied" in str(driven.told(Broken)[0].error)
    assert isinstance(driven.told(Broken)[0].error, ConfigError)
    driven.look()
    assert not driven.is_broken()


@without_permission
def test_a_model_that_may_not_be_read(driven: Driven, plant: Plant) -> None:
    """Is broken until it may."""
    plant.model_file.chmod(0)
    driven.look()
    assert driven.is_broken()
    plant.model_file.chmod(0o600)
    driven.look()
    assert not driven.is_broken()


def test_texts_are_taken_as_they_are(driven: Driven, plant: Plant) -> None:
    """A property is added: the file has it."""
    plant.model["views"][1]["properties"]["volume"] = text("volume")
    plant.save()
    driven.look()
    assert plant.says("Tank", "volume")
