"""What the build hook refuses, verifies and removes; through hatchling, which every front end ends in."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from pygen.project.locking import one_writer
from tests.end_to_end.building import SDK, Done, Project, Tools, digests, sdk_in, unpack


def line(done: Done) -> str:
    """The last line, in which pygen says why it gave up."""
    assert "Traceback" not in done.output
    last = done.output.splitlines()[-1]
    assert last.startswith("pygen: ")
    return last


def test_an_output_outside_the_packages_is_refused(tools: Tools, project: Project) -> None:
    """Hatchling would silently pack nothing; the build fails with the way out and leaves no wheel behind."""
    project.edit("pyproject.toml", 'output = "src/windfarm/sdk"', 'output = "src/windfarm_sdk"')
    done = tools.hatchling(project, "-t", "wheel")
    assert 1 == done.code
    assert "the wheel would lack" in line(done)
    assert "windfarm_sdk/" in line(done)
    assert "put the output below one of the packages" in line(done)
    assert [] == [*(project.folder / "dist").glob("*.whl")]


def test_a_model_may_be_a_link(tools: Tools, project: Project) -> None:
    """An sdist holds the link and what it leads to, and can be built from."""
    project.model.rename(project.folder / "windfarm.json")
    project.model.symlink_to("../windfarm.json")
    done = tools.hatchling(project, "-t", "sdist")
    assert 0 == done.code, done.output


def test_an_sdist_that_could_not_be_built_from_is_refused(tools: Tools, project: Project) -> None:
    """Where only the packages are packed, model and lock would be missing: said now, not to whoever installs it."""
    project.edit(
        "pyproject.toml",
        "[tool.hatch.build.targets.sdist]\n",
        '[tool.hatch.build.targets.sdist]\nonly-include = ["src"]\n',
    )
    done = tools.hatchling(project, "-t", "sdist")
    assert 1 == done.code
    assert "the sdist would lack what a build from it needs: there is no pygen.lock" in line(done)
    assert [] == [*(project.folder / "dist").glob("*.tar.gz")]


@pytest.mark.parametrize("table", ["tool.hatch.build.hooks.pygen", "tool.hatch.build.targets.wheel.hooks.pygen"])
def test_an_option_in_the_hooks_table_is_refused(table: str, tools: Tools, project: Project) -> None:
    """The table is the switch; an option there would be read by the build alone."""
    project.edit("pyproject.toml", "[tool.hatch.build.hooks.pygen]\n", f'[{table}]\nmodel = "x.json"\n')
    done = tools.hatchling(project, "-t", "wheel")
    assert 1 == done.code
    assert "model" in line(done)
    assert "[tool.pygen]" in line(done)


def test_an_option_in_hatch_toml_is_refused(tools: Tools, project: Project) -> None:
    """The hook's table in hatch.toml is the same switch."""
    project.edit("pyproject.toml", "[tool.hatch.build.hooks.pygen]\n", "")
    (project.folder / "hatch.toml").write_text('[build.hooks.pygen]\noutput = "x"\n', encoding="utf-8")
    done = tools.hatchling(project, "-t", "wheel")
    assert 1 == done.code
    assert "output" in line(done)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('model = "model/windfarm.json"', 'model = "model/absent.json"', "absent.json"),
        ('client_name = "WindfarmClient"', 'clientname = "WindfarmClient"', "client_name"),
        ('output = "src/windfarm/sdk"', 'output = "../sdk"', "output"),
    ],
)
def test_a_wrong_configuration_is_one_line(old: str, new: str, words: str, tools: Tools, project: Project) -> None:
    """A mistake in [tool.pygen] ends the build with one line that names it."""
    project.edit("pyproject.toml", old, new)
    done = tools.hatchling(project, "-t", "wheel")
    assert 1 == done.code
    assert words in line(done)


def test_the_switch_without_a_configuration_is_refused(tools: Tools, project: Project) -> None:
    """The hook does not look for a configuration in folders above, which belong to somebody else."""
    text = (project.folder / "pyproject.toml").read_text(encoding="utf-8")
    (project.folder.parent / "pyproject.toml").write_text(text, encoding="utf-8")
    for table in ("[tool.pygen]", "[tool.pygen.python]"):
        start = text.index(table)
        text = text[:start] + text[text.index("\n\n", start) :]
    (project.folder / "pyproject.toml").write_text(text, encoding="utf-8")
    done = tools.hatchling(project, "-t", "wheel")
    assert 1 == done.code
    assert "[tool.pygen]" in line(done)


def test_a_model_that_cannot_be_generated_lists_its_problems(tools: Tools, project: Project) -> None:
    """The build fails with every problem of the model, and the old SDK stays as it was."""
    before = project.sdk
    model = json.loads(project.model.read_text(encoding="utf-8"))
    views = {view["externalId"]: view for view in model["items"][0]["views"]}
    for child, parent in (("Describable", "Blade"), ("Distance", "Distance")):
        reference = {"type": "view", "space": "sp_windfarm", "externalId": parent, "version": "v1"}
        views[child]["implements"] = [reference]
    project.model.write_text(json.dumps(model), encoding="utf-8")
    done = tools.hatchling(project, "-t", "wheel")
    assert 1 == done.code
    assert "sp_windfarm:Blade(v1)" in done.output
    assert "sp_windfarm:Distance(v1)" in done.output
    assert "Traceback" not in done.output
    assert before == project.sdk


def test_a_warning_about_the_model_is_shown(tools: Tools, project: Project) -> None:
    """What had to be left out of the SDK is said in the build's output."""
    project.edit("model/windfarm.json", '"type": "sequence"', '"type": "colour"')
    done = tools.hatchling(project, "-t", "wheel")
    assert 0 == done.code, done.output
    assert "sp_windfarm:WindTurbine(v1).powerCurve" in done.output


def test_a_hand_edited_file_is_not_overwritten(tools: Tools, project: Project) -> None:
    """The build stops and names the file; what somebody wrote is still there."""
    project.edit(f"{SDK}/blade.py", "class Blade(", "class  Blade(")
    done = tools.hatchling(project, "-t", "wheel")
    assert 1 == done.code
    assert f"{SDK}/blade.py" in line(done)
    assert "class  Blade(" in (project.folder / SDK / "blade.py").read_text(encoding="utf-8")


def test_a_missing_runtime_dependency_is_told(tools: Tools, project: Project) -> None:
    """A wheel whose SDK cannot be imported on its own is built, but not without a word."""
    assert "at run time" not in tools.hatchling(project, "-t", "wheel").output
    project.edit("pyproject.toml", 'dependencies = ["pygen-cdf"]', "dependencies = []")
    done = tools.hatchling(project, "-t", "wheel")
    assert 0 == done.code
    assert "pygen-cdf at run time" in done.output


def test_a_fresh_sdk_needs_no_lock(tools: Tools, project: Project) -> None:
    """While another instance writes or watches, a build with nothing to generate goes on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", tools.environment()["XDG_CACHE_HOME"])
        with one_writer(project.folder):
            done = tools.hatchling(project, "-t", "wheel")
    assert 0 == done.code, done.output


def test_clean_removes_what_pygen_wrote_and_nothing_else(tools: Tools, project: Project) -> None:
    """The user's files stay, and so does a generated file that somebody edited; the next build brings the rest back."""
    before = project.sdk
    (project.folder / SDK / "mine.txt").write_text("mine", encoding="utf-8")
    project.edit(f"{SDK}/blade.py", "class Blade(", "class  Blade(")
    done = tools.hatchling(project, "--clean-only")
    assert 0 == done.code, done.output
    assert {"blade.py", "mine.txt"} == set(project.sdk)
    assert "kept src/windfarm/sdk/blade.py" in done.output
    assert project.lock.is_file()
    (project.folder / SDK / "blade.py").unlink()
    done = tools.hatchling(project, "--clean", "-t", "wheel")
    assert 0 == done.code, done.output
    assert {**before, "mine.txt": project.sdk["mine.txt"]} == project.sdk


def test_clean_leaves_no_empty_folder(tools: Tools, project: Project) -> None:
    """Where pygen's files were alone, their folder goes too."""
    done = tools.hatchling(project, "--clean-only")
    assert 0 == done.code, done.output
    assert not (project.folder / SDK).exists()
    assert (project.folder / "src/windfarm/report.py").is_file()


# An unpacked sdist


@pytest.fixture
def unpacked(tools: Tools, project: Project, tmp_path: Path) -> Project:
    """The example's sdist, unpacked by somebody else."""
    project.ignore_sdk()
    done = tools.hatchling(project, "-t", "sdist")
    assert 0 == done.code, done.output
    return Project(unpack(project.artifact("*.tar.gz"), tmp_path / "unpacked"))


def test_an_unpacked_sdist_builds_as_it_is(tools: Tools, project: Project, unpacked: Project) -> None:
    """A wheel from an sdist holds the sdist's SDK, and cleaning first takes nothing away from it."""
    done = tools.hatchling(unpacked, "--clean", "-t", "wheel")
    assert 0 == done.code, done.output
    assert project.sdk == sdk_in(unpacked.artifact("*.whl"))


def test_an_sdist_with_another_model_is_refused(tools: Tools, unpacked: Project) -> None:
    """In an unpacked sdist nothing is generated: a changed model is an error that names it."""
    before = unpacked.sdk
    unpacked.change_model()
    done = tools.hatchling(unpacked, "-t", "wheel")
    assert 1 == done.code
    assert "the sdist does not carry a fresh SDK" in line(done)
    assert "Blade" in line(done)
    assert before == unpacked.sdk


@pytest.mark.parametrize("damage", ["edited", "missing", "no lock"])
def test_a_damaged_sdist_is_refused(damage: str, tools: Tools, unpacked: Project) -> None:
    """Every generated file must be there as the manifest says, and the manifest itself."""
    if damage == "edited":
        unpacked.edit(f"{SDK}/blade.py", "class Blade(", "class  Blade(")
    elif damage == "missing":
        (unpacked.folder / SDK / "blade.py").unlink()
    else:
        unpacked.lock.unlink()
    done = tools.hatchling(unpacked, "-t", "wheel")
    assert 1 == done.code
    assert ("pygen.lock" if damage == "no lock" else "blade.py") in line(done)


@pytest.mark.parametrize("recipe", ["0.0000000000000000", "9999.0000000000000000", "of a later form"])
def test_an_sdist_outlives_the_generator(recipe: str, tools: Tools, unpacked: Project) -> None:
    """An sdist made by an older or a later generator builds with this one: its files are what counts."""
    lock = json.loads(unpacked.lock.read_text(encoding="utf-8"))
    lock["generator"] = "0.0.1"
    lock["sdks"]["default"]["targets"]["python"]["recipe"] = recipe
    unpacked.lock.write_text(json.dumps(lock), encoding="utf-8")
    before = digests(unpacked.folder)
    done = tools.hatchling(unpacked, "-t", "wheel")
    assert 0 == done.code, done.output
    assert before == {path: digest for path, digest in digests(unpacked.folder).items() if not path.startswith("dist/")}


def test_the_same_lock_outside_an_sdist_is_stale(tools: Tools, project: Project) -> None:
    """In a source tree an older generator's code is generated anew, so the leniency belongs to sdists alone."""
    lock = json.loads(project.lock.read_text(encoding="utf-8"))
    lock["sdks"]["default"]["targets"]["python"]["recipe"] = "0.0000000000000000"
    project.lock.write_text(json.dumps(lock), encoding="utf-8")
    done = tools.hatchling(project, "-t", "wheel")
    assert 0 == done.code, done.output
    assert "generator changed" in done.output
    assert "0.0000" not in project.lock.read_text(encoding="utf-8")


def test_a_wheel_can_be_imported_where_it_is_installed(tools: Tools, project: Project, tmp_path: Path) -> None:
    """The SDK in the wheel imports `pygen.runtime` and nothing that only a build needs."""
    assert 0 == tools.hatchling(project, "-t", "wheel").code
    with zipfile.ZipFile(project.artifact("*.whl")) as wheel:
        wheel.extractall(tmp_path / "site")
    shutil.rmtree(project.folder)
    script = (
        "import sys; sys.path.insert(0, 'site')\n"
        "from windfarm.sdk import WindfarmClient, WindTurbine\n"
        "assert not {'jinja2', 'yaml', 'hatchling', 'pygen.project', 'pygen.generation'} & set(sys.modules)\n"
        "print(WindTurbine.model_fields['capacity'].annotation)"
    )
    done = tools.run([tools.python, "-c", script], tmp_path)
    assert 0 == done.code, done.output
    assert "float" in done.output
