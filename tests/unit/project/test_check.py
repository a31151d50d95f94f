"""Checking: what is said about code that is not fresh."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from pygen.errors import ConfigError, StaleError
from pygen.project import recipe
from pygen.project.adhoc import recorded_config
from pygen.project.config import adhoc_config
from pygen.project.lock import Lock, read_lock
from pygen.project.pipeline import check, generate, manifest
from pygen.project.reports import CheckedTarget, CheckReport, State

from .conftest import CONFIG, Project, text_property, view


def said(report: CheckReport) -> set[tuple[str, str]]:
    """What a report says, without the reasons."""
    return {(str(finding.state), finding.subject) for finding in report.findings}


@pytest.fixture
def fresh(project: Project) -> Project:
    """A project that was just generated."""
    generate(project.config)
    return project


def test_nothing_to_say_about_fresh_code(fresh: Project) -> None:
    """No finding, and what was looked at: the SDK, its target, and every file of it."""
    files = tuple(f"src/plant/sdk/{name}.py" for name in ("__init__", "pump", "site", "valve"))
    target = CheckedTarget("default", "python", "src/plant/sdk", files)
    assert CheckReport(checked=("default",), targets=(target,)) == check(fresh.config)


def test_never_generated(project: Project) -> None:
    """Without a lock, the SDK is missing."""
    assert {("missing", "pygen.lock")} == said(check(project.config))
    with pytest.raises(StaleError, match="never generated"):
        manifest(project.config)


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda m: m["views"][2].update(description="x"), {"site"}),
        (lambda m: m["views"].pop(), {"site"}),
        (lambda m: m["views"].append(view("Tank", {"n": text_property("Tank", "n")})), {"__init__"}),
        (lambda m: m["views"][0]["properties"]["name"].update(nullable=False), {"pump", "valve"}),
        (lambda m: m.update(description="x"), {"__init__"}),
        (lambda m: m.update(externalId="Plant2"), set()),
    ],
)
def test_a_changed_model_names_files(fresh: Project, edit: Any, expected: set[str]) -> None:
    """Each finding knows the files that it concerns; another data model concerns all, which is none in particular."""
    fresh.change(edit)
    files = {path for finding in check(fresh.config).findings for path in finding.files}
    assert {f"src/plant/sdk/{name}.py" for name in expected} == files


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda m: m["views"][2].update(description="x"), {("stale", "sp:Site(v1)")}),
        (lambda m: m["views"].pop(), {("stale", "sp:Site(v1)")}),
        (lambda m: m["views"].append(view("Tank", {"n": text_property("Tank", "n")})), {("stale", "sp:Tank(v1)")}),
        (
            lambda m: m["views"][0]["properties"]["name"].update(nullable=False),
            {("stale", "sp:Pump(v1)"), ("stale", "sp:Valve(v1)")},
        ),
        (lambda m: m.update(description="x"), {("stale", "sp:Plant(v1)")}),
        (lambda m: m.update(externalId="Plant2"), {("stale", "sp:Plant2(v1)")}),
    ],
)
def test_a_changed_model_is_stale_by_view(fresh: Project, edit: Any, expected: set[tuple[str, str]]) -> None:
    """Each view that changed, came or went is named, and the model itself when it is about that."""
    fresh.change(edit)
    report = check(fresh.config)
    assert expected == said(report)
    assert {"model/plant.json"} == {finding.path for finding in report.findings}
    assert "pygen generate" == report.repair


def test_files_are_told_apart(fresh: Project) -> None:
    """Gone, and edited; the command to repair an edited file says that it overwrites."""
    (fresh.output / "pump.py").unlink()
    assert {("missing", "src/plant/sdk/pump.py")} == said(check(fresh.config))
    (fresh.output / "valve.py").write_text("x", encoding="utf-8")
    report = check(fresh.config)
    assert {("missing", "src/plant/sdk/pump.py"), ("hand-edited", "src/plant/sdk/valve.py")} == said(report)
    assert "pygen generate --force" == report.repair
    assert "pygen generate --sdk default --force" == check(fresh.config, names=["default"]).repair


def test_a_link_or_a_folder_is_not_what_was_generated(fresh: Project) -> None:
    """A link to the right text is not the file; nor is a folder."""
    pump, valve = fresh.output / "pump.py", fresh.output / "valve.py"
    pump.rename(fresh.root / "pump.py")
    pump.symlink_to(fresh.root / "pump.py")
    valve.unlink()
    valve.mkdir()
    report = check(fresh.config)
    assert {("hand-edited", f"src/plant/sdk/{name}.py") for name in ("pump", "valve")} == said(report)
    assert ["is a link now", "is a folder now; move it away"] == [finding.reason for finding in report.findings]
    assert ("src/plant/sdk/pump.py", "src/plant/sdk/valve.py") == report.edited


def test_a_generation_that_ends_meanwhile(fresh: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files beside the lock of the one before would look like somebody's edits: the check looks again."""
    reads: list[Path] = []

    def slowly(path: Path) -> Lock:
        lock = read_lock(path)
        reads.append(path)
        if len(reads) == 1:
            fresh.change(lambda model: model["views"][2].update(description="x"))
            generate(fresh.config)
        return lock

    monkeypatch.setattr("pygen.project.pipeline.read_lock", slowly)
    assert check(fresh.config).fresh


def test_options_and_generator_are_told_apart(fresh: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed option is stale; a generator of another revision is said as such."""
    (fresh.root / "pyproject.toml").write_text(CONFIG + 'instance_space = "data"\n', encoding="utf-8")
    (finding,) = check(fresh.config).findings
    assert (State.STALE, "options or templates changed", "pyproject.toml") == (
        finding.state,
        finding.reason,
        finding.path,
    )
    monkeypatch.setattr(recipe, "_revision", lambda target: 2)
    assert {("generator changed", "python")} == said(check(fresh.config))


def test_an_sdist_trusts_its_files(fresh: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever version is installed where it is built: model and files decide."""
    for revision in (0, 2):
        monkeypatch.setattr(recipe, "_revision", lambda target, revision=revision: revision)
        assert check(fresh.config, trust_generator=True).fresh
    (fresh.output / "pump.py").unlink()
    assert not check(fresh.config, trust_generator=True).fresh


class TestLockOnly:
    """The lock against the model, without the files."""

    def test_files_do_not_matter(self, fresh: Project) -> None:
        """Gone or edited, the lock still says that model and options are those of the last generation."""
        (fresh.output / "pump.py").unlink()
        (fresh.output / "valve.py").write_text("x", encoding="utf-8")
        assert check(fresh.config, lock_only=True).fresh
        assert not check(fresh.config).fresh

    def test_the_model_does(self, fresh: Project) -> None:
        """A changed model is stale as ever."""
        fresh.change(lambda model: model["views"].pop())
        assert not check(fresh.config, lock_only=True).fresh

    @staticmethod
    def ignore(project: Project) -> None:
        subprocess.run(["git", "init", "-q", str(project.root)], check=True)
        (project.root / ".gitignore").write_text("sdk/\n", encoding="utf-8")

    def test_it_is_automatic_for_an_ignored_output_that_is_absent(self, fresh: Project) -> None:
        """In a fresh clone the build makes the files: only the lock can be checked, and a note says so."""
        self.ignore(fresh)
        for path in fresh.output.iterdir():
            path.unlink()
        fresh.output.rmdir()
        report = check(fresh.config, lock_only=None)
        assert report.fresh
        assert "git ignores the output" in report.notes[0]

    def test_it_is_automatic_in_pre_commit(self, fresh: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        """Pre-commit sets aside what is not staged, but not ignored files: they may be newer than the lock."""
        self.ignore(fresh)
        (fresh.output / "pump.py").write_text("newer", encoding="utf-8")
        assert not check(fresh.config, lock_only=None).fresh
        monkeypatch.setenv("PRE_COMMIT", "1")
        assert check(fresh.config, lock_only=None).fresh

    def test_it_is_not_automatic_for_committed_code(self, fresh: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        """What git does not ignore is checked in full, in a hook too; so is everything where there is no git."""
        monkeypatch.setenv("PRE_COMMIT", "1")
        (fresh.output / "pump.py").unlink()
        assert not check(fresh.config, lock_only=None).fresh
        subprocess.run(["git", "init", "-q", str(fresh.root)], check=True)
        assert not check(fresh.config, lock_only=None).fresh

    def test_git_may_be_missing(self, fresh: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """In a repository on a machine without git, everything is checked, and a note says what to do."""
        self.ignore(fresh)
        monkeypatch.setenv("PRE_COMMIT", "1")
        monkeypatch.setenv("PATH", str(tmp_path / "empty"))
        (fresh.output / "pump.py").unlink()
        report = check(fresh.config, lock_only=None)
        assert not report.fresh
        assert "git could not say whether it ignores the output" in report.notes[0]

    def test_a_hook_of_git_in_another_worktree(
        self, fresh: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """What git sets for its own commands does not lead our question astray."""
        self.ignore(fresh)
        monkeypatch.setenv("PRE_COMMIT", "1")
        monkeypatch.setenv("GIT_DIR", ".git")
        monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "no" / "index"))
        (fresh.output / "pump.py").write_text("newer", encoding="utf-8")
        assert check(fresh.config, lock_only=None).fresh

    def test_what_was_not_read_is_said(self, fresh: Project) -> None:
        """A report knows that nobody compared the files."""
        (target,) = check(fresh.config, lock_only=True).targets
        assert "only pygen.lock was to be looked at" == target.unread


class TestAdhoc:
    """An SDK without a project: the folder is all there is."""

    def test_the_folder_remembers_what_it_was_asked_for(self, project: Project) -> None:
        """The lock lies inside, and checks without any option."""
        output = project.root / "out" / "plant_sdk"
        generate(adhoc_config(project.model_file, "python", output, client_name="My"))
        assert (output / "pygen.lock").is_file()
        assert check(recorded_config(output)).fresh
        project.change(lambda model: model["views"].pop())
        assert {("stale", "sp:Site(v1)")} == said(check(recorded_config(output)))
        assert 1 == len(generate(recorded_config(output)).removed)
        assert check(recorded_config(output)).fresh

    def test_the_folder_can_move_with_its_model(self, project: Project) -> None:
        """The way to the model is relative; a model that moved elsewhere is named."""
        output = project.root / "out" / "plant_sdk"
        generate(adhoc_config(project.model_file, "python", output))
        moved = project.model_file.rename(project.root / "plant.json")
        with pytest.raises(ConfigError, match="no such file"):
            check(recorded_config(output))
        assert check(recorded_config(output, model=moved)).fresh

    def test_a_folder_without_a_lock_is_said(self, project: Project, tmp_path: Path) -> None:
        """Neither an empty folder nor a project's own is an SDK without a project."""
        with pytest.raises(ConfigError, match=r"holds no pygen.lock"):
            recorded_config(tmp_path / "nowhere")
        generate(project.config)
        with pytest.raises(ConfigError, match="belongs to a project"):
            recorded_config(project.root)
