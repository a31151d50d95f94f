"""Generating: what is rendered, written, kept and refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pygen.errors import ConfigError, LockedError, ModelError, OutputError
from pygen.project import locking, recipe
from pygen.project.config import load_config
from pygen.project.lock import lock_text, read_lock
from pygen.project.pipeline import check, generate, manifest, validate
from pygen.project.writing import Journal

from .conftest import CONFIG, Project, TinyGenerator, small_model, text_property, view


def describe(index: int, text: str = "x") -> Any:
    """An edit that changes the description of a view."""
    return lambda model: model["views"][index].update(description=text)


def add_view(name: str) -> Any:
    """An edit that adds a view."""
    return lambda model: model["views"].append(view(name, {"name": text_property(name, "name")}))


def test_a_project_is_generated(project: Project) -> None:
    """Every file is there, the lock lists it, and a check finds nothing."""
    report = generate(project.config)
    assert {"__init__.py", "pump.py", "site.py", "valve.py"} == set(project.files())
    assert (4, 4) == (len(report.written), report.targets[0].total)
    assert tuple(project.output / name for name in project.files()) == manifest(project.config)
    assert check(project.config).fresh


def test_fresh_code_is_not_even_parsed(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second run reads digests and stops: no model, no generator, no lock of the project."""
    generate(project.config)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("this should not be needed")

    monkeypatch.setattr("pygen.project.status.read_snapshot", refuse)
    monkeypatch.setattr("pygen.project.rendering.render_sdk", refuse)
    monkeypatch.setattr("pygen.project.locking.one_writer", refuse)
    report = generate(project.config)
    assert not report.changed
    assert 4 == report.targets[0].total


def test_files_that_say_the_same_keep_their_time(project: Project) -> None:
    """One changed description touches one file and the lock."""
    generate(project.config)
    before = {path.name: path.stat().st_mtime_ns for path in project.output.iterdir()}
    project.change(describe(2))
    assert ("src/plant/sdk/site.py",) == generate(project.config).written
    assert {"site.py"} == {p.name for p in project.output.iterdir() if p.stat().st_mtime_ns != before[p.name]}


def test_only_the_changed_view_is_rendered(project: Project, tiny: type[TinyGenerator]) -> None:
    """When no interface changed, nothing else runs through the templates."""
    generate(project.config)
    tiny.rendered.clear()
    project.change(describe(2))
    generate(project.config)
    assert 1 == len(tiny.rendered)


@pytest.mark.parametrize(
    "edit",
    [
        add_view("Tank"),
        lambda model: model["views"].pop(),
        lambda model: model["views"][0]["properties"]["name"].update(nullable=False),
        lambda model: model.update(version="v2"),
    ],
)
def test_an_interface_renders_everything(project: Project, tiny: type[TinyGenerator], edit: Any) -> None:
    """Names and lineages are decided over the whole SDK: when they may change, all of it is rendered."""
    generate(project.config)
    tiny.rendered.clear()
    project.change(edit)
    generate(project.config)
    assert len(project.model["views"]) == len(tiny.rendered)
    assert check(project.config).fresh


def test_a_model_laid_out_anew_is_fresh(project: Project, tiny: type[TinyGenerator]) -> None:
    """Other blanks, other noise: nothing is rendered; the next run need not parse it again."""
    generate(project.config)
    tiny.rendered.clear()
    project.change(lambda model: model.update(lastUpdatedTime=99))
    assert check(project.config).fresh
    report = generate(project.config)
    assert ([], (), True) == (tiny.rendered, report.written, report.lock_written)
    assert not generate(project.config).changed


def test_crlf_is_fresh(project: Project) -> None:
    """A checkout that turned every line ending round is fresh, and nothing is rewritten."""
    generate(project.config)
    for path in (project.model_file, project.lock_file, *project.output.iterdir()):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert check(project.config).fresh
    assert not generate(project.config).changed
    project.change(describe(2))
    assert ("src/plant/sdk/site.py",) == generate(project.config).written


def test_a_view_that_goes_takes_its_file_along(project: Project) -> None:
    """The file is removed and reported."""
    generate(project.config)
    project.change(lambda model: model["views"].pop())
    report = generate(project.config)
    assert ("src/plant/sdk/site.py",) == report.removed
    assert "site.py" not in project.files()


def test_an_edited_orphan_stays(project: Project) -> None:
    """Somebody's work in a file that is no longer generated is left, with a word; it is theirs from now on."""
    generate(project.config)
    site = project.output / "site.py"
    site.write_text("# mine\n", encoding="utf-8")
    project.change(lambda model: model["views"].pop())
    report = generate(project.config)
    assert (("src/plant/sdk/site.py",), ()) == (report.left, report.removed)
    assert "# mine\n" == site.read_text()
    assert site not in manifest(project.config)
    assert () == generate(project.config).left


def test_users_files_in_the_output_stay(project: Project) -> None:
    """What pygen did not make is not its business."""
    project.output.mkdir(parents=True)
    (project.output / "mine.py").write_text("x = 1\n", encoding="utf-8")
    generate(project.config)
    project.change(lambda model: model["views"].pop())
    generate(project.config)
    assert "x = 1\n" == (project.output / "mine.py").read_text()


def test_a_foreign_file_in_the_way_is_not_lost(project: Project) -> None:
    """It is refused before anything is written, with the way out; the way out works."""
    project.output.mkdir(parents=True)
    (project.output / "pump.py").write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(OutputError, match=r"in the way.*pump\.py.*--force") as caught:
        generate(project.config)
    assert (1, {"pump.py": b"x = 1\n"}) == (caught.value.exit_code, project.files())
    assert not project.lock_file.exists()
    generate(project.config, force=True)
    assert check(project.config).fresh


def test_a_hand_edited_file_is_not_lost(project: Project) -> None:
    """Neither when it changes anyway, nor when it would only be put right; with force it is replaced."""
    generate(project.config)
    pump = project.output / "pump.py"
    pump.write_text("# mine\n", encoding="utf-8")
    for edit in (lambda model: None, describe(2), describe(0)):
        project.change(edit)
        with pytest.raises(OutputError, match=r"edited by hand.*pump\.py.*--force") as caught:
            generate(project.config)
        assert (1, "# mine\n") == (caught.value.exit_code, pump.read_text())
    generate(project.config, force=True)
    assert check(project.config).fresh


def test_a_missing_file_is_put_back(project: Project) -> None:
    """Only that file is written."""
    generate(project.config)
    (project.output / "pump.py").unlink()
    report = generate(project.config)
    assert (("src/plant/sdk/pump.py",), False) == (report.written, report.lock_written)


def test_a_lost_lock_is_rebuilt(project: Project) -> None:
    """Files that say they are generated are adopted, also when the model has changed meanwhile."""
    generate(project.config)
    project.lock_file.unlink()
    project.change(describe(2))
    assert ("src/plant/sdk/site.py",) == generate(project.config).written
    assert check(project.config).fresh


def test_an_interrupted_run_is_taken_up(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of a run that died are nobody's edits, even when the model changed before the next run."""
    generate(project.config)
    project.change(add_view("Tank"))
    project.change(describe(0))

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pygen.project.pipeline.lock_text", die)
        with pytest.raises(KeyboardInterrupt):
            generate(project.config)
    assert "tank.py" in project.files()
    states = {(finding.state, finding.subject) for finding in check(project.config).findings}
    assert ("stale", "src/plant/sdk/pump.py") in states
    assert "hand-edited" not in {state for state, _ in states}
    project.change(lambda model: model["views"].pop())
    project.change(describe(0, "y"))
    report = generate(project.config)
    assert ("src/plant/sdk/tank.py",) == report.removed
    assert check(project.config).fresh
    assert {} == Journal(project.root).read()


def test_temporary_files_of_dead_runs_are_swept(project: Project) -> None:
    """The next run that writes cleans up."""
    generate(project.config)
    orphan = project.output / ".pygen-1-aa.tmp"
    orphan.write_text("", encoding="utf-8")
    project.change(describe(2))
    generate(project.config)
    assert not orphan.exists()


@pytest.mark.parametrize("place", ["src/plant/sdk", "."])
def test_temporary_files_of_dead_runs_are_swept_from_a_fresh_project(project: Project, place: str) -> None:
    """A run that finds nothing to do cleans up too, in the output and beside the lock."""
    generate(project.config)
    orphan = project.root / place / ".pygen-1-aa.tmp"
    orphan.write_text("", encoding="utf-8")
    assert () == generate(project.config).targets[0].written
    assert not orphan.exists()


class TestLedger:
    """Names once given."""

    def test_a_name_never_moves(self, project: Project) -> None:
        """The generator gets the names that the lock holds."""
        generate(project.config)
        lock = read_lock(project.lock_file)
        target = lock.sdks["default"].targets["python"]
        names = {"files": {**target.names["files"], "sp:Pump(v1)": "old_pump"}}
        sdk = lock.sdks["default"]
        named = lock._replace(
            sdks={"default": sdk._replace(targets={"python": target._replace(names=names, recipe="")})}
        )
        project.lock_file.write_text(lock_text(named), encoding="utf-8")
        generate(project.config)
        assert {"old_pump.py"} == {name for name in project.files() if "pump" in name}
        generate(project.config, reset_names=True)
        assert {"pump.py"} == {name for name in project.files() if "pump" in name}

    def test_a_conflicted_lock_is_rebuilt(self, project: Project) -> None:
        """Two branches added a view each: the next generation ends fresh, with the names of both."""
        generate(project.config)
        base = project.lock_file.read_text()
        project.change(add_view("Tank"))
        generate(project.config)
        ours = project.lock_file.read_text()
        assert base != ours
        conflicted = "<<<<<<< HEAD\n" + ours + "=======\n" + base + ">>>>>>> branch\n"
        project.lock_file.write_text(conflicted, encoding="utf-8")
        report = check(project.config)
        assert ["stale: pygen.lock: has merge conflicts"] == [str(finding) for finding in report.findings]
        (project.output / "tank.py").write_text(
            "# Generated by pygen from sp:Plant(v1).\n<<<<<<< a\n=======\n>>>>>>> b\n", encoding="utf-8"
        )
        generate(project.config)
        assert ours == project.lock_file.read_text()
        assert check(project.config).fresh


class TestProblems:
    """Models that cannot be generated, or only in part."""

    def test_an_error_leaves_everything_as_it_was(self, project: Project) -> None:
        """All problems are raised together, and nothing is written."""
        generate(project.config)
        before = project.files(), project.lock_file.read_bytes()
        project.change(lambda model: model["views"].append(model["views"][0]))
        with pytest.raises(ModelError, match="sp:Pump"):
            generate(project.config)
        assert before == (project.files(), project.lock_file.read_bytes())

    def test_warnings_are_reported_and_strict_stops_them(self, project: Project) -> None:
        """A relation that lost its type is generated with a warning; strict, from either side, refuses."""
        project.change(_reverse_relation_to_nowhere)
        with pytest.raises(ModelError, match="warning PYG"):
            generate(project.config, strict=True)
        assert not project.lock_file.exists()
        report = generate(project.config)
        assert {"warning"} == {problem.severity for sdk in report.problems for problem in sdk.problems}
        with pytest.raises(ModelError):
            generate(project.config, strict=True)  # fresh, but strict all the same
        strict = CONFIG.replace("[tool.pygen]", "[tool.pygen]\nstrict = true")
        (project.root / "pyproject.toml").write_text(strict, encoding="utf-8")
        with pytest.raises(ModelError):
            generate(project.config)

    def test_validate_reports_and_writes_nothing(self, project: Project) -> None:
        """Errors and warnings come back as values."""
        project.change(_reverse_relation_to_nowhere)
        report = validate(project.config)
        assert (True, False) == (report.ok(), report.ok(strict=True))
        project.change(lambda model: model["views"].append(model["views"][0]))
        assert not validate(project.config).ok()
        assert not project.output.exists()

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (None, "model/plant.json: no such file"),
            (b"{", "model/plant.json: not valid JSON: .*line 1"),
            (b"\xff", "model/plant.json: not UTF-8"),
            (b"[]", "model/plant.json: holds no data model"),
            (b"3", "model/plant.json: holds neither"),
            (b'{"views": 3}', "model/plant.json: is not shaped like a data model"),
            (b'{"views": [{"properties": {"a": 3}}]}', "model/plant.json: is not shaped like a data model"),
        ],
    )
    def test_an_unreadable_model_is_named(self, project: Project, content: bytes | None, message: str) -> None:
        """The error names the file as configured; the last good SDK stays, and check says the same."""
        generate(project.config)
        before = project.files()
        project.model_file.unlink()
        if content is not None:
            project.model_file.write_bytes(content)
        for command in (generate, check):
            with pytest.raises(ConfigError, match=message):
                command(project.config)
        assert before == project.files()

    @pytest.mark.parametrize("edit", [lambda m: m.pop("views"), lambda m: m.update(views=[]), lambda m: m.pop("space")])
    def test_an_incomplete_model_is_a_problem(self, project: Project, edit: Any) -> None:
        """No views, or no identity: said as a problem of the model, and nothing is written."""
        project.change(edit)
        with pytest.raises(ModelError):
            generate(project.config)
        assert not project.output.exists()

    def test_a_cycle_of_parents_is_a_problem(self, project: Project) -> None:
        """Views that implement each other end neither in a loop nor in code."""

        def edit(model: dict[str, Any]) -> None:
            pump, valve = ({"type": "view", "space": "sp", "externalId": n, "version": "v1"} for n in ("Pump", "Valve"))
            model["views"][0]["implements"] = [valve]
            model["views"][1]["implements"] = [pump]

        project.change(edit)
        with pytest.raises(ModelError):
            generate(project.config)


def _reverse_relation_to_nowhere(model: dict[str, Any]) -> None:
    nowhere = {"type": "view", "space": "sp", "externalId": "Nowhere", "version": "v1"}
    model["views"][0]["properties"]["pumps"] = {
        "connectionType": "multi_reverse_direct_relation",
        "source": nowhere,
        "through": {"source": nowhere, "identifier": "pump"},
    }


class TestPlaces:
    """Outputs that move, and outputs that cannot be written."""

    def test_a_moved_output_leaves_nothing_behind(self, project: Project) -> None:
        """The files move, and the old folder goes."""
        generate(project.config)
        (project.root / "pyproject.toml").write_text(CONFIG.replace("plant/sdk", "plant/api"), encoding="utf-8")
        report = check(project.config)
        assert "the output moved from src/plant/sdk to src/plant/api" in {finding.reason for finding in report.findings}
        generate(project.config)
        assert ["api"] == [path.name for path in (project.root / "src" / "plant").iterdir()]
        assert check(project.config).fresh

    def test_a_file_where_the_output_should_be(self, project: Project) -> None:
        """It is named, and kept."""
        project.output.parent.mkdir(parents=True)
        project.output.write_text("mine", encoding="utf-8")
        with pytest.raises(OutputError, match="a file stands where a folder should be: src/plant/sdk"):
            generate(project.config)
        assert "mine" == project.output.read_text()

    def test_an_output_below_a_file(self, project: Project) -> None:
        """A file higher up in the path is named too."""
        (project.root / "src").write_text("mine", encoding="utf-8")
        with pytest.raises(OutputError, match="a file stands where a folder should be: src "):
            generate(project.config)

    def test_a_lock_that_cannot_be_written_is_said(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        """The files are written, the lock is not: exit code 2, and the next check notices."""
        replace = Path.replace

        def full(self: Path, target: Path) -> Path:
            if target.name == "pygen.lock":
                raise OSError(28, "No space left on device")
            return replace(self, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", full)
            with pytest.raises(OutputError, match=r"the disk is full: pygen\.lock") as caught:
                generate(project.config)
        assert 2 == caught.value.exit_code
        assert not check(project.config).fresh
        generate(project.config)
        assert check(project.config).fresh

    def test_a_fresh_project_needs_no_writable_disk(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        """Also where only the layout of the model changed: that its digest cannot be noted stops nobody."""
        generate(project.config)
        project.change(lambda model: model.update(lastUpdatedTime=99))

        def read_only(*_: object) -> None:
            raise OSError(30, "Read-only file system")

        monkeypatch.setattr(Path, "replace", read_only)
        assert not generate(project.config).changed

    def test_another_writer_is_waited_for_and_then_named(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A project that is locked for too long is an error of its own."""
        one_writer = locking.one_writer
        monkeypatch.setattr(locking, "one_writer", lambda root: one_writer(root, timeout_s=0))
        with one_writer(project.root), pytest.raises(LockedError):
            generate(project.config)

    def test_work_that_another_writer_did_is_not_done_again(
        self, project: Project, tiny: type[TinyGenerator], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Freshness is looked at again once the lock is held."""
        one_writer = locking.one_writer

        def other_was_first(root: Path) -> Any:
            monkeypatch.setattr(locking, "one_writer", one_writer)
            generate(load_config(root))
            tiny.rendered.clear()
            return one_writer(root)

        monkeypatch.setattr(locking, "one_writer", other_was_first)
        assert not generate(project.config).changed
        assert [] == tiny.rendered


SEVERAL = """
[[tool.pygen.sdk]]
name = "one"
model = "model/plant.json"
python = { output = "src/one" }
[[tool.pygen.sdk]]
name = "two"
model = "model/two.json"
python = { output = "src/two" }
"""


class TestSeveralSdks:
    """One project, one lock, several SDKs."""

    @pytest.fixture
    def several(self, project: Project) -> Project:
        (project.root / "pyproject.toml").write_text(SEVERAL, encoding="utf-8")
        second = project.root / "model" / "two.json"
        second.write_text(json.dumps(small_model() | {"externalId": "Second"}), encoding="utf-8")
        return project

    def test_all_are_generated_in_one_run(self, several: Project) -> None:
        """Each has its files and its entry in the lock."""
        report = generate(several.config)
        assert [("one", 4), ("two", 4)] == [(target.sdk, len(target.written)) for target in report.targets]
        assert ["one", "two"] == list(read_lock(several.lock_file).sdks)

    def test_one_is_picked(self, several: Project) -> None:
        """The other one is neither looked at nor touched."""
        generate(several.config, names=["two"])
        assert not (several.root / "src" / "one").exists()
        assert check(several.config, names=["two"]).fresh
        assert {"one"} == {finding.sdk for finding in check(several.config).findings}
        generate(several.config, names=["one"])
        assert check(several.config).fresh

    def test_one_broken_model_stops_all(self, several: Project) -> None:
        """Nothing is written unless everything can be."""
        several.change(lambda model: model["views"].append(model["views"][0]))
        with pytest.raises(ModelError):
            generate(several.config)
        assert not (several.root / "src").exists()

    def test_an_sdk_that_goes_takes_its_files_along(self, several: Project) -> None:
        """Check says so, and the next run of the whole project removes them; a run for another SDK does not."""
        generate(several.config)
        one = SEVERAL.partition('[[tool.pygen.sdk]]\nname = "two"')[0]
        (several.root / "pyproject.toml").write_text(one, encoding="utf-8")
        assert ["the SDK two is no longer configured"] == [f.reason for f in check(several.config).findings]
        generate(several.config, names=["one"])
        assert (several.root / "src" / "two").exists()
        assert 4 == len(generate(several.config).removed)
        assert not (several.root / "src" / "two").exists()
        assert check(several.config).fresh

    def test_outputs_can_be_swapped(self, several: Project) -> None:
        """Files at a place that another SDK had are known, not foreign."""
        generate(several.config)
        swapped = SEVERAL.replace("src/one", "src/x").replace("src/two", "src/one").replace("src/x", "src/two")
        (several.root / "pyproject.toml").write_text(swapped, encoding="utf-8")
        generate(several.config)
        assert check(several.config).fresh
        assert b"sp:Second(v1)" in (several.root / "src" / "one" / "pump.py").read_bytes()


class TestSelection:
    """include and exclude."""

    @pytest.fixture
    def selected(self, project: Project) -> Project:
        only = CONFIG.replace("[tool.pygen]", '[tool.pygen]\ninclude = ["Site", "T*"]\nexclude = ["Temp*"]')
        (project.root / "pyproject.toml").write_text(only, encoding="utf-8")
        project.change(add_view("Tank"))
        project.change(add_view("Temperature"))
        generate(project.config)
        return project

    def test_views_outside_the_selection_do_not_matter(self, selected: Project) -> None:
        """A view that is not generated may change, come and go."""
        assert {"__init__.py", "site.py", "tank.py"} == set(selected.files())
        for edit in (describe(0), add_view("Temperament"), add_view("Other"), lambda model: model["views"].pop(0)):
            selected.change(edit)
            assert check(selected.config).fresh

    def test_views_within_it_do(self, selected: Project) -> None:
        """A change, a new view that is asked for, and one that goes make the code stale."""
        for edit in (describe(2), add_view("Turbine"), lambda model: model["views"].pop()):
            selected.change(edit)
            assert not check(selected.config).fresh
            generate(selected.config)
            assert check(selected.config).fresh

    def test_a_pattern_that_matches_nothing_any_more(self, selected: Project) -> None:
        """The last view that a pattern meant has gone: check says so, and generate asks to change the pattern."""
        selected.change(lambda model: model["views"].pop())
        (finding,) = check(selected.config).findings
        assert "no view matches the pattern 'Temp*'" == finding.reason
        with pytest.raises(ModelError, match="matches no view"):
            generate(selected.config)


def test_a_formatter_is_noted(project: Project, tiny: type[TinyGenerator], monkeypatch: pytest.MonkeyPatch) -> None:
    """Formatted on request: the lock says by what, check does not need it, and another version formats everything."""
    text = CONFIG + "format = true\n"
    (project.root / "pyproject.toml").write_text(text, encoding="utf-8")
    generate(project.config)
    formatter = read_lock(project.lock_file).sdks["default"].targets["python"].formatter
    assert ("tidy", "1.0") == (formatter.name, formatter.version) if formatter else None
    with monkeypatch.context() as patch:
        patch.delattr(tiny, "formatter_version")
        assert check(project.config).fresh
    monkeypatch.setattr(tiny, "formatter_version", lambda self: "tidy 2.0")
    tiny.rendered.clear()
    project.change(describe(2))
    generate(project.config)
    assert 3 == len(tiny.rendered)


def test_code_that_is_not_python_is_not_written(
    project: Project, tiny: type[TinyGenerator], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every changed file is compiled before the first one is written."""
    monkeypatch.setattr(tiny, "generate_class", lambda self, context: "def (:\n")
    (project.root / "t").mkdir()
    (project.root / "pyproject.toml").write_text(CONFIG + 'templates = "t"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"src/plant/sdk/pump.py:1: generated code is not valid Python.*see t"):
        generate(project.config)
    assert not project.output.exists()


def test_the_lock_names_no_machine(project: Project) -> None:
    """No absolute path, no host, no user, no time: the same project elsewhere has the same lock."""
    generate(project.config)
    text = project.lock_file.read_text()
    assert str(project.root) not in text
    assert os.uname().nodename not in text


def test_the_same_project_elsewhere_gives_the_same_bytes(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Where a project lies leaves no trace in its files or its lock."""
    import shutil

    other = Project(tmp_path_factory.mktemp("elsewhere") / "copy")
    shutil.copytree(project.root, other.root)
    generate(project.config)
    generate(other.config)
    assert (project.files(), project.lock_file.read_bytes()) == (other.files(), other.lock_file.read_bytes())


def test_a_later_revision_asks_for_an_upgrade(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Code of a later generator is neither called stale nor replaced by older code."""
    generate(project.config)
    before = project.files()
    monkeypatch.setattr(recipe, "_revision", lambda target: 0)
    for command in (generate, check):
        with pytest.raises(ConfigError, match="upgrade pygen-cdf"):
            command(project.config)
    assert before == project.files()


def test_another_version_of_the_same_revision_is_fresh(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgrade that does not change the output leaves the lock untouched."""
    generate(project.config)
    text = project.lock_file.read_text()
    older = text.replace('"generator": "', '"generator": "0.0.')
    assert text != older
    project.lock_file.write_text(older, encoding="utf-8")
    assert check(project.config).fresh
    assert not generate(project.config).changed
    assert older == project.lock_file.read_text()
