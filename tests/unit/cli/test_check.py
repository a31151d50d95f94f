"""`pygen check`: per-file reasons, the command that repairs, and the formats that machines read."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from pygen.cli.commands import COMMANDS
from pygen.cli.junit import Case, Suite, check_report, error_report, junit_text
from pygen.cli.parsers import command_parser
from pygen.project.reports import CheckedTarget, CheckReport, Finding, State

Pygen = Callable[..., Any]
Change = Callable[[Callable[[dict[str, Any]], object]], None]

SDK = "src/windfarm/sdk"


@pytest.fixture(autouse=True)
def outside_of_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine that runs the tests may be one of GitHub's or GitLab's."""
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def generated(project: Path, pygen: Pygen) -> Path:
    """The project, just generated."""
    assert 0 == pygen("generate").code
    return project


def named(model: dict[str, Any], external_id: str) -> dict[str, Any]:
    """A view of a model."""
    (found,) = [view for view in model["views"] if view["externalId"] == external_id]
    view: dict[str, Any] = found
    return view


def add_a_view(model: dict[str, Any]) -> None:
    """A view of its own, called Tank."""
    model["views"].append(named(model, "Technician") | {"externalId": "Tank", "implements": []})


def describe_a_blade(model: dict[str, Any]) -> None:
    """Change what nothing else depends on."""
    named(model, "Blade")["description"] = "Something else"


def lines_of(text: str) -> list[str]:
    """What stands before the summary."""
    return [line for line in text.splitlines() if not line.startswith(("not fresh", "careful"))]


class TestReasons:
    """Each finding names the generated files that it concerns."""

    def test_a_changed_view(self, generated: Path, pygen: Pygen, change: Change) -> None:
        """The file of the view is named, and it is the one that a repair writes."""
        change(describe_a_blade)
        said = "sp_windfarm:Blade(v1) changed, or what it inherits or points to did"
        assert [f"stale: {SDK}/blade.py: {said}"] == lines_of(pygen("check").out)
        assert [f"{SDK}/blade.py"] == pygen("generate", "--json").document["targets"][0]["written"]

    def test_a_new_view(self, generated: Path, pygen: Pygen, change: Change) -> None:
        """It has no file yet; the file that lists all views is named, and is written."""
        change(add_a_view)
        assert [f"stale: {SDK}/__init__.py: sp_windfarm:Tank(v1) is new in the model"] == lines_of(pygen("check").out)
        assert f"{SDK}/__init__.py" in pygen("generate", "--json").document["targets"][0]["written"]

    def test_a_removed_view(self, generated: Path, pygen: Pygen, change: Change) -> None:
        """Its file is named, and goes."""
        change(add_a_view)
        pygen("generate")
        change(lambda model: model["views"].pop())
        assert [f"stale: {SDK}/tank.py: sp_windfarm:Tank(v1) is no longer in the model"] == lines_of(pygen("check").out)
        assert [f"{SDK}/tank.py"] == pygen("generate", "--json").document["removed"]

    def test_the_model_itself(self, generated: Path, pygen: Pygen, change: Change) -> None:
        """What is said about the data model stands in the package's own file."""
        change(lambda model: model.update(description="Other words"))
        said = "sp_windfarm:Windfarm(v1) changed its name or description"
        assert [f"stale: {SDK}/__init__.py: {said}"] == lines_of(pygen("check").out)

    def test_a_whole_target(self, generated: Path, pygen: Pygen) -> None:
        """A changed option concerns every file: one line, and the folder."""
        config = generated / "pyproject.toml"
        config.write_text(config.read_text(encoding="utf-8") + 'instance_space = "x"\n', encoding="utf-8")
        count = len(list((generated / SDK).iterdir()))
        assert [f"stale: {SDK}: options or templates changed ({count} files)"] == lines_of(pygen("check").out)

    def test_files(self, generated: Path, pygen: Pygen) -> None:
        """Edited, gone, a folder, a link: each file with its own reason."""
        folder = generated / SDK
        (folder / "blade.py").write_text("# mine\n", encoding="utf-8")
        (folder / "nacelle.py").unlink()
        (folder / "metmast.py").unlink()
        (folder / "metmast.py").mkdir()
        (folder / "windfarm.py").rename(generated / "moved.py")
        (folder / "windfarm.py").symlink_to(generated / "moved.py")
        assert [
            f"hand-edited: {SDK}/blade.py: differs from what was generated",
            f"hand-edited: {SDK}/metmast.py: is a folder now; move it away",
            f"hand-edited: {SDK}/windfarm.py: is a link now",
            f"missing: {SDK}/nacelle.py: was generated, and is gone",
        ] == lines_of(pygen("check").out)

    def test_nothing_is_there(self, generated: Path, pygen: Pygen) -> None:
        """An output that is gone is one line, not one per file; a note tells whoever lets a build make it."""
        count = len(list((generated / SDK).iterdir()))
        shutil.rmtree(generated / "src")
        done = pygen("check")
        assert [f"missing: {SDK}: nothing of what was generated is there ({count} files)"] == lines_of(done.out)
        assert "--lock-only" in done.err
        assert count == len(lines_of(pygen("check", "-v").out))
        assert count == len(pygen("check", "--json").document["findings"])

    def test_foreign_files_are_the_users(self, generated: Path, pygen: Pygen) -> None:
        """A file that no lock lists is nobody's business."""
        (generated / SDK / "mine.py").write_text("x = 1\n", encoding="utf-8")
        assert 0 == pygen("check").code

    def test_many_are_cut_by_kind(self, generated: Path, pygen: Pygen, change: Change) -> None:
        """Twenty lines, then how many more of each kind."""

        def add(model: dict[str, Any]) -> None:
            for number in range(25):
                model["views"].append(named(model, "Technician") | {"externalId": f"Tank{number}"})

        change(add)
        (generated / SDK / "blade.py").write_text("# mine\n", encoding="utf-8")
        lines = lines_of(pygen("check").out)
        assert (21, "and 5 more stale, 1 more hand-edited (-v lists them)") == (len(lines), lines[-1])
        assert 26 == len(lines_of(pygen("check", "-v").out))

    def test_json_has_files_and_lines(self, generated: Path, pygen: Pygen, change: Change) -> None:
        """For programs: the files, and the line of the view in the model."""
        change(describe_a_blade)
        path = generated / "model" / "windfarm.json"
        path.write_text(json.dumps(json.loads(path.read_bytes()), indent=2), encoding="utf-8")
        document = pygen("check", "--json").document
        (finding,) = document["findings"]
        assert ("model/windfarm.json", [f"{SDK}/blade.py"]) == (finding["path"], finding["files"])
        assert '"externalId": "Blade"' in path.read_text(encoding="utf-8").splitlines()[finding["line"] - 1]
        assert [] == document["overwrites"]


class TestRepair:
    """The command that repairs means the same thing, and says what it costs."""

    def test_edits_would_be_lost(self, generated: Path, pygen: Pygen, change: Change) -> None:
        """`--force` comes with the names of the files whose edits it overwrites."""
        change(describe_a_blade)
        for name in ("nacelle", "windfarm", "technician", "metmast", "distance"):
            (generated / SDK / f"{name}.py").write_text("# mine\n", encoding="utf-8")
        done = pygen("check")
        assert (
            f"careful: --force overwrites what was edited by hand: {SDK}/distance.py, {SDK}/metmast.py, "
            f"{SDK}/nacelle.py and 2 more files\nnot fresh; to repair: pygen generate --force\n"
        ) in done.out
        assert 5 == len(pygen("check", "--json").document["overwrites"])
        assert 1 == pygen("generate").code
        assert (0, 0) == (pygen("generate", "--force").code, pygen("check").code)

    def test_a_merge_is_nobodys_work(self, generated: Path, pygen: Pygen) -> None:
        """Conflict markers that git left in a generated file are stale, and need no `--force`."""
        path = generated / SDK / "blade.py"
        first, _, rest = path.read_text(encoding="utf-8").partition("\n")
        path.write_text(f"{first}\n<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n{rest}", encoding="utf-8")
        done = pygen("check")
        assert f"stale: {SDK}/blade.py: has merge conflicts\n" in done.out
        assert done.out.endswith("to repair: pygen generate\n")
        assert (0, 0) == (pygen("generate").code, pygen("check").code)

    def test_one_sdk_of_several(self, project: Path, pygen: Pygen, change: Change) -> None:
        """With `--sdk`, the command is about the same SDK; the lines say which it is."""
        several = "".join(
            f'[[tool.pygen.sdk]]\nname = "{name}"\nmodel = "model/windfarm.json"\n'
            f'python = {{ output = "src/{name}" }}\n'
            for name in ("one", "two")
        )
        (project / "pyproject.toml").write_text(several, encoding="utf-8")
        pygen("generate")
        change(describe_a_blade)
        done = pygen("check", "--sdk", "two", "--project", str(project))
        assert done.out.startswith("two: stale: src/two/blade.py: ")
        assert done.out.endswith(f"to repair: pygen generate --sdk two --project {project}\n")
        both = lines_of(pygen("check").out)
        assert [
            "one: stale: src/one/blade.py",
            "two: stale: src/two/blade.py",
        ] == [": ".join(line.split(": ")[:3]) for line in both]

    def test_an_sdk_that_is_no_longer_configured(self, generated: Path, pygen: Pygen) -> None:
        """What only the lock still knows is said, and goes with the repair."""
        config = generated / "pyproject.toml"
        config.write_text(config.read_text(encoding="utf-8").replace("pygen]", 'pygen]\nname = "other"'), "utf-8")
        done = pygen("check")
        assert [
            "stale: pygen.lock: the SDK default is no longer configured",
            "missing: pygen.lock: the SDK was never generated",
        ] == lines_of(done.out)
        suites = parsed(pygen("check", "--format", "junit").out)
        assert {"pygen.other.python", "pygen.default"} == {suite.get("name") for suite in suites}
        assert (0, 0) == (pygen("generate").code, pygen("check").code)

    def test_without_a_project(self, project: Path, pygen: Pygen, change: Change) -> None:
        """With a model given, everything that the lock remembers is said again, so that the repair loses no name."""
        model = "model/windfarm.json"
        made = ("--model", model, "--output", "out/wind", "--package", "app.wind", "--client-name", "Farm")
        assert 0 == pygen("generate", *made).code
        change(describe_a_blade)
        done = pygen("check", "--output", "out/wind", "--model", model)
        repair = f"pygen generate --model {model} --output out/wind --package app.wind --client-name Farm"
        assert done.out.endswith(f"to repair: {repair}\n")
        assert 0 == pygen(*repair.split()[1:]).code
        assert 0 == pygen("check", "--output", "out/wind").code

    def test_in_pre_commit(
        self, generated: Path, pygen: Pygen, change: Change, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """There, what is not staged is set aside: the hook says what belongs together, `--fix` what comes next."""
        monkeypatch.setenv("PRE_COMMIT", "1")
        change(describe_a_blade)
        assert "stage the model, pygen.lock and the generated files together" in pygen("check").err
        fixed = pygen("check", "--fix")
        assert 1 == fixed.code
        assert fixed.out.startswith(f"stale: {SDK}/blade.py: ")
        assert fixed.out.endswith("commit again\n")
        assert "fresh\n" == pygen("check", "--fix").out


class TestGithub:
    """Annotations."""

    def annotations(self, text: str) -> list[tuple[dict[str, str], str]]:
        """The workflow commands of a text: properties, and message."""
        found: list[tuple[dict[str, str], str]] = []
        for line in text.splitlines():
            if line.startswith("::"):
                _, head, message = line.split("::", 2)
                pairs = head.partition(" ")[2].split(",")
                found.append((dict(pair.split("=", 1) for pair in pairs), message.replace("%0A", "\n")))
        return found

    def test_a_changed_view_is_shown_in_the_model(self, generated: Path, pygen: Pygen, change: Change) -> None:
        """At the line of the view, with the file that it concerns, and how to repair it."""
        change(describe_a_blade)
        path = generated / "model" / "windfarm.json"
        path.write_text(json.dumps(json.loads(path.read_bytes()), indent=4), encoding="utf-8")
        ((where, said),) = self.annotations(pygen("check", "--format", "github").out)
        assert ("model/windfarm.json", "pygen%3A stale") == (where["file"], where["title"])
        assert '"externalId": "Blade"' in path.read_text(encoding="utf-8").splitlines()[int(where["line"]) - 1]
        assert [f"concerns {SDK}/blade.py", "to repair: pygen generate"] == said.splitlines()[1:]

    def test_files_are_named_from_the_checkouts_root(
        self, generated: Path, pygen: Pygen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """GitHub knows nothing about the project's folder within the repository."""
        (generated / SDK / "blade.py").write_text("# mine\n", encoding="utf-8")
        monkeypatch.setenv("GITHUB_WORKSPACE", str(generated.parent))
        ((inside, _),) = self.annotations(pygen("check", "--format", "github").out)
        monkeypatch.delenv("GITHUB_WORKSPACE")
        monkeypatch.chdir(generated.parent)
        ((above, _),) = self.annotations(pygen("check", "--project", "project", "--format", "github").out)
        assert f"project/{SDK}/blade.py" == inside["file"] == above["file"]

    def test_no_more_than_github_keeps(self, generated: Path, pygen: Pygen) -> None:
        """Ten at most, the last of which counts the rest; `-v` says all."""
        paths = sorted((generated / SDK).glob("*.py"))
        for path in paths:
            path.write_text("# mine\n", encoding="utf-8")
        shown = self.annotations(pygen("check", "--format", "github").out)
        assert 10 == len(shown)
        assert shown[-1][1].startswith(f"and {len(paths) - 9} more hand-edited")
        assert len(paths) == len(self.annotations(pygen("check", "-v", "--format", "github").out))

    def test_a_model_of_many_files(
        self, project: Path, pygen: Pygen, repository: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A folder cannot be annotated: the generated file is."""
        folder = project / "model" / "toolkit"
        folder.mkdir()
        write_toolkit(folder)
        config = project / "pyproject.toml"
        config.write_text(config.read_text(encoding="utf-8").replace("windfarm.json", "toolkit"), encoding="utf-8")
        done = pygen("generate")
        assert 0 == done.code, done.err
        view = folder / "Pump.view.yaml"
        view.write_text(view.read_text(encoding="utf-8").replace("A pump.", "Any pump."), encoding="utf-8")
        ((where, _),) = self.annotations(pygen("check", "--format", "github").out)
        assert f"{SDK}/pump.py" == where["file"]

    def test_errors(self, project: Path, pygen: Pygen) -> None:
        """What stops the command is an annotation as well."""
        (project / "pyproject.toml").write_text("[tool.pygen]\nmodle = 1", encoding="utf-8")
        done = pygen("check", "--format", "github")
        ((where, said),) = self.annotations(done.out)
        assert (2, "pygen", True) == (done.code, where["title"], said.startswith("tool.pygen.modle: unknown key"))


def write_toolkit(folder: Path) -> None:
    """A data model of one view, in the files of the toolkit."""
    container = {
        "space": "sp",
        "externalId": "Pump",
        "usedFor": "node",
        "properties": {"name": {"type": {"type": "text"}}},
    }
    mapped = {
        "container": {"type": "container", "space": "sp", "externalId": "Pump"},
        "containerPropertyIdentifier": "name",
    }
    view = {
        "space": "sp",
        "externalId": "Pump",
        "version": "v1",
        "description": "A pump.",
        "properties": {"name": mapped},
    }
    reference = {"type": "view", "space": "sp", "externalId": "Pump", "version": "v1"}
    model = {"space": "sp", "externalId": "Plant", "version": "v1", "views": [reference]}
    for name, document in (("Pump.container", container), ("Pump.view", view), ("Plant.datamodel", model)):
        (folder / f"{name}.yaml").write_text(json.dumps(document, indent=1), encoding="utf-8")


# ---------------------------------------------------------------------------------------------------------------------
# JUnit

ALLOWED = {
    "testsuites": ({"name", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors", "skipped"}, {"testcase"}),
    "testcase": ({"classname", "name", "file"}, {"failure", "error", "skipped"}),
    "failure": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "skipped": ({"message"}, set()),
}
"""Element -> attributes and children, as far as the schema of Jenkins (junit-10.xsd) and GitLab's reader agree."""


def parsed(text: str) -> ET.Element:
    """A report that keeps to the schema, and whose counts are those of its cases."""
    root = ET.fromstring(text)
    assert "testsuites" == root.tag
    for element in root.iter():
        attributes, children = ALLOWED[element.tag]
        assert set(element.attrib) <= attributes
        assert {child.tag for child in element} <= children
    for element in [root, *root.iter("testsuite")]:
        cases = list(element.iter("testcase"))
        assert all(case.get("name") and case.get("classname") and len(case) <= 1 for case in cases)
        assert len(cases) == int(element.attrib["tests"])
        for counted, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            if counted in element.attrib:
                assert len(list(element.iter(tag))) == int(element.attrib[counted])
    return root


class TestJunit:
    """A report for whoever shows the results of tests."""

    def test_fresh(self, generated: Path, pygen: Pygen) -> None:
        """One suite per SDK and target, one case per generated file, none of which failed; people read stderr."""
        done = pygen("check", "--format", "junit")
        (suite,) = parsed(done.out)
        files = sorted(f"{SDK}/{path.name}" for path in (generated / SDK).iterdir())
        assert (0, "fresh\n") == (done.code, done.err)
        assert ("pygen.default.python", "0") == (suite.get("name"), suite.get("failures"))
        assert files == sorted(case.attrib["name"] for case in suite)

    def test_findings(self, generated: Path, pygen: Pygen, change: Change) -> None:
        """A failure per file, with every reason and the command; what is no file has a case of its own."""
        change(describe_a_blade)
        (generated / SDK / "blade.py").write_text("# mine\n", encoding="utf-8")
        config = generated / "pyproject.toml"
        config.write_text(config.read_text(encoding="utf-8") + 'instance_space = "x"\n', encoding="utf-8")
        done = pygen("check", "--format", "junit")
        failed = {case.attrib["name"]: failure for case in parsed(done.out).iter("testcase") for failure in case}
        assert {SDK, f"{SDK}/blade.py"} == set(failed)
        said = (failed[f"{SDK}/blade.py"].text or "").splitlines()
        assert [
            "sp_windfarm:Blade(v1) changed, or what it inherits or points to did",
            "differs from what was generated",
            "to repair: pygen generate --force",
        ] == said
        assert "stale" == failed[f"{SDK}/blade.py"].get("type")
        assert f"hand-edited: {SDK}/blade.py" in done.err
        assert 1 == done.code

    def test_never_generated(self, project: Path, pygen: Pygen) -> None:
        """Without a lock there is one case, and it fails."""
        (suite,) = parsed(pygen("check", "--format", "junit").out)
        (case,) = suite
        assert ("pygen.default.python", "pygen.lock", "missing") == (
            suite.get("name"),
            case.get("name"),
            case[0].get("type"),
        )

    def test_what_was_not_looked_at_is_skipped(self, generated: Path, pygen: Pygen) -> None:
        """With `--lock-only`, nobody claims that the files are well."""
        (suite,) = parsed(pygen("check", "--lock-only", "--format", "junit").out)
        assert suite.get("tests") == suite.get("skipped") != "0"

    def test_fix(self, project: Path, pygen: Pygen) -> None:
        """What had to be repaired failed; the next run is well."""
        first = parsed(pygen("check", "--fix", "--format", "junit").out)
        second = parsed(pygen("check", "--fix", "--format", "junit").out)
        assert ("1", "0") == (first.get("failures"), second.get("failures"))

    @pytest.mark.parametrize(
        ("arguments", "kind"),
        [
            (("check", "--format", "junit"), "ConfigError"),
            (("check", "--format=junit", "--bogus"), "UsageError"),
            (("chek", "--format", "junit"), "UsageError"),
        ],
    )
    def test_errors(self, project: Path, pygen: Pygen, arguments: tuple[str, ...], kind: str) -> None:
        """What stops the command is an `error`, so that nobody takes silence for success."""
        (project / "pyproject.toml").write_text("[tool.pygen]\nmodle = 1", encoding="utf-8")
        done = pygen(*arguments)
        (error,) = parsed(done.out).iter("error")
        assert (2, kind, True) == (done.code, error.get("type"), done.err.endswith(f"{error.text}\n"))

    def test_strict_is_about_repairing(self, project: Path, pygen: Pygen) -> None:
        """A check alone looks at no warning, and does not act as if it did."""
        done = pygen("check", "--strict")
        assert (2, "", True) == (done.code, done.out, "--strict: is about generating (add --fix" in done.err)

    def test_internal_errors(self, project: Path, pygen: Pygen, monkeypatch: pytest.MonkeyPatch) -> None:
        """A defect of ours too."""

        def fail(*_: object, **__: object) -> None:
            raise KeyError("]]><\x1b\ud800")

        monkeypatch.setattr("pygen.cli.check.check", fail)
        done = pygen("check", "--format", "junit")
        (error,) = parsed(done.out).iter("error")
        assert (4, "InternalError") == (done.code, error.get("type"))

    def test_it_is_for_checks_only(self, project: Path, pygen: Pygen) -> None:
        """Other commands have no list of things that are well or not."""
        assert 2 == pygen("generate", "--format", "junit").code

    @pytest.mark.parametrize(
        "text",
        [
            "]]>",
            "<!-- & -->",
            "\"quoted\" 'too'",
            "\0\x01\x1b[2J\x7f\x85\u2028\u202e",
            "\ufffe\uffff\ud800",
            "café 😀",
            "a\r\n\tb",
        ],
        ids=["cdata", "markup", "quotes", "controls", "no-characters", "beyond-ascii", "line-ends"],
    )
    def test_hostile_text(self, text: str) -> None:
        """Whatever a model says, the report is well formed, ASCII, and says it."""
        finding = Finding("s", "python", State.STALE, text, text, text, (text,))
        target = CheckedTarget("s", "python", "out", (text,))
        for report in (
            check_report(CheckReport((finding,), checked=("s",), targets=(target,)), repair=text),
            error_report("pygen check", text, text),
        ):
            assert report.isascii()
            parsed(report)
        (case,) = parsed(junit_text("x", [Suite("x", (Case(f"<{text}>"),))])).iter("testcase")
        shown = case.attrib["name"]
        assert ("<", ">") == (shown[0], shown[-1])
        assert all(char.isprintable() or char == "\n" for char in shown)
        if text.isprintable():
            assert f"<{text}>" == shown


# ---------------------------------------------------------------------------------------------------------------------
# Documentation


def snippets(repository: Path) -> list[Any]:
    """The YAML of docs/ci.md, read."""
    yaml = pytest.importorskip("yaml")
    text = (repository / "docs" / "ci.md").read_text(encoding="utf-8")
    return [yaml.safe_load(found) for found in re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]


def texts(value: Any) -> list[str]:
    """Every text within nested lists and tables."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [value] if isinstance(value, str) else []


def test_every_documented_command_is_one(repository: Path) -> None:
    """What docs/ci.md tells CI systems to run, the command line takes."""
    commands = [
        line.partition(" >")[0].removeprefix("python -m ")
        for line in texts(snippets(repository))
        if line.removeprefix("python -m ").startswith("pygen ")
    ]
    assert {"pygen check --format github", "pygen check --format junit", "pygen check"} <= set(commands)
    for command in commands:
        _, name, *options = shlex.split(command)
        assert name in COMMANDS
        command_parser(name).parse_args(options)


def test_the_documented_hook_is_the_examples(repository: Path) -> None:
    """The local hook of docs/ci.md is the one that example_project uses."""
    yaml = pytest.importorskip("yaml")
    path = repository / "example_project" / ".pre-commit-config.yaml"
    assert yaml.safe_load(path.read_text(encoding="utf-8")) in snippets(repository)
