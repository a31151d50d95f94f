"""Every front end builds the example into the same bytes, without network."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.building import Project, Tools, names_in, sdk_in

Build = Callable[[Tools, Project], Path]


def hatch(tools: Tools, project: Project) -> Path:
    """`hatch build`: sdist and wheel, both from the source tree."""
    done = tools.run([sys.executable, "-m", "hatch", "build"], project.folder)
    assert 0 == done.code, done.output
    assert sdk_in(project.artifact("*.whl")) == sdk_in(project.artifact("*.tar.gz"))
    return project.artifact("*.whl")


def uv(tools: Tools, project: Project) -> Path:
    """`uv build`: the wheel is built from the sdist."""
    done = tools.run([sys.executable, "-m", "uv", "build", "--python", tools.python], project.folder)
    assert 0 == done.code, done.output
    return project.artifact("*.whl")


def build(tools: Tools, project: Project) -> Path:
    """`python -m build`: the wheel is built from the sdist, by pip's isolation."""
    done = tools.run([tools.python, "-m", "build"], project.folder)
    assert 0 == done.code, done.output
    return project.artifact("*.whl")


def pip(tools: Tools, project: Project) -> Path:
    """`pip wheel`: straight from the source tree."""
    done = tools.run([tools.python, "-m", "pip", "wheel", "--no-deps", "-w", "dist", "."], project.folder)
    assert 0 == done.code, done.output
    return project.artifact("*.whl")


def pip_from_sdist(tools: Tools, project: Project) -> Path:
    """`pip wheel` of an sdist: what somebody without the repository gets."""
    done = tools.hatchling(project, "-t", "sdist", "-d", "sdist")
    assert 0 == done.code, done.output
    sdist = project.artifact("*.tar.gz", "sdist")
    elsewhere = project.folder.parent / "elsewhere"
    elsewhere.mkdir()
    done = tools.run([tools.python, "-m", "pip", "wheel", "--no-deps", "-w", elsewhere, sdist], elsewhere)
    assert 0 == done.code, done.output
    (wheel,) = elsewhere.glob("*.whl")
    return wheel


@pytest.mark.parametrize("frontend", [hatch, uv, build, pip, pip_from_sdist])
def test_every_front_end_ships_the_same_sdk(frontend: Build, tools: Tools, project: Project) -> None:
    """Whatever builds it, the wheel holds the SDK that the model asks for, generated on the way, byte for byte."""
    expected = project.sdk
    project.ignore_sdk()
    wheel = frontend(tools, project)
    assert expected == sdk_in(wheel)
    assert "windfarm/report.py" in names_in(wheel)


def test_an_editable_installation_uses_the_source_tree(tools: Tools, project: Project) -> None:
    """`pip install -e` generates the SDK in place; site-packages gets a pointer, not a second copy."""
    expected = project.sdk
    project.ignore_sdk()
    target = project.folder.parent / "site"
    install = [str(tools.python), "-m", "pip", "install", "--no-deps", "--target", str(target), "-e", "."]
    done = tools.run(install, project.folder)
    assert 0 == done.code, done.output
    assert expected == project.sdk
    assert [] == [path for path in target.rglob("*.py") if "sdk" in path.parts]
    assert 1 == len([*target.glob("*.pth")])


@pytest.mark.parametrize("target", ["wheel", "sdist"])
def test_two_builds_are_equal(target: str, tools: Tools, project: Project, fresh_example: Path) -> None:
    """Folder, umask, hash seed, time zone and clock leave no trace in a wheel or an sdist, SDK included."""
    here = shutil.copytree(fresh_example, project.folder.parent / "an other, longer, pläce")
    other = Project(here)
    conditions = [
        (project, "umask 022", {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"}),
        (other, "umask 077", {"PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8"}),
    ]
    built: list[bytes] = []
    for copy, umask, extra in conditions:
        copy.ignore_sdk()
        script = f'{umask}; exec "$@"'
        command = ["sh", "-c", script, "sh", str(tools.python), "-m", "hatchling", "build", "-t", target]
        done = tools.run(command, copy.folder, extra)
        assert 0 == done.code, done.output
        built.append(copy.artifact("*.whl" if target == "wheel" else "*.tar.gz").read_bytes())
    assert built[0] == built[1]


def test_source_date_epoch_is_the_only_clock(tools: Tools, project: Project) -> None:
    """SOURCE_DATE_EPOCH changes the times in the archive, the same way each time, and never the SDK."""
    wheels: list[bytes] = []
    kept: list[dict[str, str]] = []
    for epoch in ("1600000000", "1600000000", "1700000000"):
        done = tools.hatchling(project, "-t", "wheel", extra={"SOURCE_DATE_EPOCH": epoch})
        assert 0 == done.code, done.output
        wheels.append(project.artifact("*.whl").read_bytes())
        kept.append(sdk_in(project.artifact("*.whl")))
    assert wheels[0] == wheels[1]
    assert wheels[0] != wheels[2]
    assert kept[0] == kept[2]


def test_a_changed_model_changes_the_wheel(tools: Tools, project: Project) -> None:
    """Building after a change of the model ships what the new model says, and brings the source tree along."""
    before = project.sdk
    project.change_model()
    done = tools.hatchling(project, "-t", "wheel")
    assert 0 == done.code, done.output
    after = sdk_in(project.artifact("*.whl"))
    assert {"blade.py"} == {path for path in after if after[path] != before.get(path)}
    assert after == project.sdk
    assert "1 of" in done.output
    assert "Blade" in done.output


def test_a_build_with_nothing_to_do_touches_nothing(tools: Tools, project: Project) -> None:
    """A fresh SDK and its lock keep their time stamps, so that no tool thinks they changed."""
    watched = [*project.folder.rglob("*.py"), project.lock, project.model]
    for path in watched:
        os.utime(path, ns=(10**18, 10**18))
    done = tools.hatchling(project)
    assert 0 == done.code, done.output
    assert {10**18} == {path.stat().st_mtime_ns for path in watched}


def test_an_ignored_sdk_is_shipped_with_what_verifies_it(tools: Tools, project: Project) -> None:
    """What git ignores is packed all the same: the SDK everywhere, the lock and the model in the sdist."""
    project.ignore_sdk()
    with (project.folder / ".gitignore").open("a", encoding="utf-8") as file:
        file.write("/model/\n/pygen.lock\n")
    done = tools.hatchling(project)
    assert 0 == done.code, done.output
    assert project.sdk == sdk_in(project.artifact("*.whl")) == sdk_in(project.artifact("*.tar.gz"))
    assert {"pygen.lock", "model/windfarm.json"} <= names_in(project.artifact("*.tar.gz"))


def test_a_file_of_the_users_beside_an_ignored_sdk_stays_home(tools: Tools, project: Project) -> None:
    """Only generated files are packed from an ignored folder: neither the user's own nor the rest of a dead run."""
    project.ignore_sdk()
    done = tools.hatchling(project, "--hooks-only")
    assert 0 == done.code, done.output
    folder = project.folder / "src/windfarm/sdk"
    (folder / "mine.py").write_text("SECRET = 1\n", encoding="utf-8")
    (folder / ".pygen-1-dead.tmp").write_text("half a file", encoding="utf-8")
    done = tools.hatchling(project)
    assert 0 == done.code, done.output
    for artifact in (project.artifact("*.whl"), project.artifact("*.tar.gz")):
        assert [] == [name for name in names_in(artifact) if "mine" in name or ".pygen-" in name]
    assert (folder / "mine.py").is_file()


def test_the_rest_of_a_dead_run_is_not_shipped_from_a_committed_sdk(tools: Tools, project: Project) -> None:
    """Where git ignores nothing, leftovers are removed before hatchling packs the folder."""
    (project.folder / "src/windfarm/sdk/.pygen-1-dead.tmp").write_text("half a file", encoding="utf-8")
    done = tools.hatchling(project, "-t", "wheel")
    assert 0 == done.code, done.output
    assert [] == [name for name in names_in(project.artifact("*.whl")) if ".pygen-" in name]
