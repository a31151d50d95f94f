"""The commands: what they do, print and exit with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Pygen = Callable[..., Any]
Change = Callable[[Callable[[dict[str, Any]], object]], None]


def describe(model: dict[str, Any]) -> None:
    """Change one description."""
    model["views"][0]["description"] = "Something else"


def lose_a_target(model: dict[str, Any]) -> None:
    """Point a reverse relation at a view that is not there: a warning."""
    nowhere = {"type": "view", "space": "sp_windfarm", "externalId": "Nowhere", "version": "v1"}
    model["views"][0]["properties"]["lost"] = {
        "connectionType": "multi_reverse_direct_relation",
        "source": nowhere,
        "through": {"source": nowhere, "identifier": "x"},
    }


class TestGenerate:
    """`pygen generate`."""

    def test_says_what_it_did(self, project: Path, pygen: Pygen) -> None:
        """One line per target on stdout, nothing on stderr; the second time it says that all is fresh."""
        first = pygen("generate")
        count = len(list((project / "src/windfarm/sdk").iterdir()))
        assert (0, "", f"python: src/windfarm/sdk: {count} of {count} files written\n") == (
            first.code,
            first.err,
            first.out,
        )
        assert f"python: src/windfarm/sdk: fresh ({count} files)\n" == pygen("generate").out

    def test_quiet_and_verbose(self, project: Path, pygen: Pygen) -> None:
        """`-v` lists every file, `-q` says nothing."""
        assert "wrote src/windfarm/sdk/__init__.py\n" in pygen("generate", "-v").out
        shutil.rmtree(project / "src")
        quiet = pygen("generate", "-q")
        assert (0, "", "") == (quiet.code, quiet.out, quiet.err)

    def test_json(self, project: Path, pygen: Pygen, change: Change) -> None:
        """One document with everything."""
        document = pygen("generate", "--format", "json").document
        target = document["targets"][0]
        assert ("generate", 0, True) == (document["command"], document["exitCode"], document["changed"])
        assert ("default", "python", "src/windfarm/sdk") == (target["sdk"], target["target"], target["output"])
        assert target["total"] == len(target["written"])
        change(lambda model: model["views"].pop())
        assert 1 == len(pygen("generate", "--format=json").document["removed"])

    def test_warnings_go_to_stderr(self, project: Path, pygen: Pygen, change: Change) -> None:
        """A degraded property is generated, with a warning; `--strict` refuses it with exit code 1."""
        change(lose_a_target)
        strict = pygen("generate", "--strict")
        assert (1, "") == (strict.code, strict.out)
        assert "warning PYG105" in strict.err
        done = pygen("generate")
        assert 0 == done.code
        assert "warning PYG105" in done.err
        assert "PYG105" not in done.out

    def test_a_file_in_the_way(self, project: Path, pygen: Pygen) -> None:
        """Exit code 1, the file and the way out in one line; the way out works."""
        pygen("generate")
        edited = project / "src/windfarm/sdk/__init__.py"
        edited.write_text("# mine\n", encoding="utf-8")
        refused = pygen("generate")
        assert (1, "", 1) == (refused.code, refused.out, refused.err.count("\n"))
        assert "src/windfarm/sdk/__init__.py" in refused.err
        assert "--force" in refused.err
        assert ["src/windfarm/sdk/__init__.py"] == pygen("generate", "--format", "json").document["error"]["paths"]
        assert 0 == pygen("generate", "--force").code
        assert "# mine\n" != edited.read_text(encoding="utf-8")

    def test_an_edited_orphan_is_a_warning(self, project: Path, pygen: Pygen, change: Change) -> None:
        """What stays is said."""
        pygen("generate")
        gone = next((project / "src/windfarm/sdk").glob("[a-z]*.py"))
        view = gone.read_text(encoding="utf-8").split('"""')[1]
        gone.write_text("# mine\n", encoding="utf-8")
        name = view.partition(":")[2].partition("(")[0]
        change(lambda model: model.update(views=[v for v in model["views"] if v["externalId"] != name]))
        done = pygen("generate")
        assert f"warning: src/windfarm/sdk/{gone.name}: no longer generated, but edited by hand" in done.err

    def test_reset_names(self, project: Path, pygen: Pygen) -> None:
        """Names are given anew even when everything is fresh."""
        pygen("generate")
        lock = project / "pygen.lock"
        text = lock.read_text(encoding="utf-8")
        assert 0 == pygen("generate", "--reset-names").code
        assert text == lock.read_text(encoding="utf-8")


class TestCheck:
    """`pygen check`."""

    def test_fresh(self, project: Path, pygen: Pygen) -> None:
        """Exit code 0 and one word."""
        pygen("generate")
        done = pygen("check")
        assert (0, "fresh\n", "") == (done.code, done.out, done.err)
        assert "" == pygen("check", "-q").out

    def test_stale(self, project: Path, pygen: Pygen, change: Change) -> None:
        """Exit code 1, a line per reason, and the command that repairs; `-q` keeps the reasons."""
        pygen("generate")
        change(describe)
        done = pygen("check")
        assert 1 == done.code
        assert done.out.startswith("stale: src/windfarm/sdk/")
        assert done.out.endswith("not fresh; to repair: pygen generate\n")
        assert 1 == pygen("check", "-q").out.count("\n")

    def test_the_repair_means_the_same_project(
        self, project: Path, pygen: Pygen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Called from elsewhere, the command to repair says where."""
        monkeypatch.chdir(project.parent)
        assert "to repair: pygen generate --project project\n" in pygen("check", "--project", "project").out
        assert 0 == pygen("generate", "--project", "project").code
        assert 0 == pygen("check", "--project", str(project / "pyproject.toml")).code

    def test_json(self, project: Path, pygen: Pygen, change: Change) -> None:
        """Every finding with its state, subject, reason and file."""
        pygen("generate")
        assert pygen("check", "--format", "json").document["fresh"]
        change(describe)
        document = pygen("check", "--format", "json").document
        (finding,) = document["findings"]
        assert (False, 1, "pygen generate") == (document["fresh"], document["exitCode"], document["repair"])
        assert ("stale", "model/windfarm.json", "default", None) == (
            finding["state"],
            finding["path"],
            finding["sdk"],
            finding["target"],
        )

    def test_github(self, project: Path, pygen: Pygen) -> None:
        """Findings are shown beside the file that they are about."""
        pygen("generate")
        (project / "src/windfarm/sdk/__init__.py").write_text("x", encoding="utf-8")
        line = pygen("check", "--format", "github").out.splitlines()[0]
        assert line.startswith(
            "::error file=src/windfarm/sdk/__init__.py,title=pygen%3A hand-edited::hand-edited: src/"
        )

    def test_many_findings_are_cut(self, project: Path, pygen: Pygen) -> None:
        """Nobody reads hundreds of lines; `-v` lists them all, and JSON always does."""
        pygen("generate")
        for path in (project / "src/windfarm/sdk").iterdir():
            path.unlink()
        (project / "src/windfarm/sdk" / "mine.txt").write_text("", encoding="utf-8")
        count = len(pygen("check", "--format", "json").document["findings"])
        cut = pygen("check").out
        assert 0 < count
        assert ("more (-v lists them)" in cut) == (count > 20)
        assert count == pygen("check", "-v").out.count("missing: ")

    def test_fix(self, project: Path, pygen: Pygen, change: Change) -> None:
        """Exit code 1 when it changed something, so that a commit stops; 0 afterwards."""
        assert (1, 0) == (pygen("check", "--fix").code, pygen("check", "--fix").code)
        change(describe)
        document = pygen("check", "--fix", "--format", "json").document
        assert (1, True, 1) == (document["exitCode"], document["fixed"], len(document["targets"][0]["written"]))
        assert 0 == pygen("check").code

    def test_fix_does_not_lose_edits(self, project: Path, pygen: Pygen) -> None:
        """A hand-edited file is refused there too."""
        pygen("generate")
        edited = project / "src/windfarm/sdk/__init__.py"
        edited.write_text("# mine\n", encoding="utf-8")
        assert 1 == pygen("check", "--fix").code
        assert "# mine\n" == edited.read_text(encoding="utf-8")

    def test_lock_only(self, project: Path, pygen: Pygen) -> None:
        """Without the files, lock and model are compared."""
        pygen("generate")
        shutil.rmtree(project / "src")
        assert (1, 0) == (pygen("check").code, pygen("check", "--lock-only").code)


class TestValidate:
    """`pygen validate`."""

    def test_a_good_model(self, project: Path, pygen: Pygen) -> None:
        """Exit code 0, and nothing is written."""
        done = pygen("validate")
        assert 0 == done.code
        assert not (project / "src").exists()

    def test_warnings(self, project: Path, pygen: Pygen, change: Change) -> None:
        """Shown on stderr with a summary on stdout; an error with `--strict` only."""
        change(lose_a_target)
        done = pygen("validate")
        assert 0 == done.code
        assert "sp_windfarm" in done.err
        assert "warning" in done.out
        assert 1 == pygen("validate", "--strict").code

    def test_errors(self, project: Path, pygen: Pygen, change: Change) -> None:
        """Exit code 1, and every problem in JSON."""
        change(lambda model: model["views"].append(model["views"][0]))
        assert 1 == pygen("validate").code
        document = pygen("validate", "--format", "json").document
        assert 1 == document["exitCode"]
        assert {"where", "code", "severity", "message", "hint", "sdk"} == set(document["problems"][0])

    def test_without_a_project(
        self, project: Path, pygen: Pygen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A model file is enough."""
        monkeypatch.chdir(tmp_path)
        assert 0 == pygen("validate", "--model", "project/model/windfarm.json").code
        missing = pygen("validate", "--model", "nothing.json")
        assert (2, True) == (missing.code, "nothing.json: no such file" in missing.err)
        assert ["project"] == [path.name for path in tmp_path.iterdir()]


class TestWithoutAProject:
    """`--model FILE --target python --output DIR`."""

    @pytest.fixture
    def model(self, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
        monkeypatch.chdir(tmp_path)
        return "project/model/windfarm.json"

    def test_generate_and_check(self, model: str, pygen: Pygen, tmp_path: Path) -> None:
        """The folder is the package, the lock lies in it, the model names the client, and it checks without options."""
        done = pygen("generate", "--model", model, "--target", "python", "--output", "out/wind_farm")
        assert 0 == done.code
        assert (tmp_path / "out/wind_farm/pygen.lock").is_file()
        assert "class WindfarmClient" in (tmp_path / "out/wind_farm/_client.py").read_text(encoding="utf-8")
        assert 0 == pygen("check", "--output", "out/wind_farm").code
        (tmp_path / "out/wind_farm/_client.py").unlink()
        stale = pygen("check", "--output", "out/wind_farm")
        assert (1, True) == (stale.code, "to repair: pygen generate --output out/wind_farm\n" in stale.out)
        assert 0 == pygen("generate", "--output", "out/wind_farm").code
        assert 0 == pygen("check", "--output", "out/wind_farm", "--model", model).code

    def test_names(self, model: str, pygen: Pygen, tmp_path: Path) -> None:
        """Package and client can be named."""
        pygen("generate", "--model", model, "--output", "x", "--package", "app.wind", "--client-name", "Farm")
        assert "class Farm(" in (tmp_path / "x/_client.py").read_text(encoding="utf-8")

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("generate", "--model", "m.json"), "--output: is missing"),
            (("generate", "--output", "x", "--package", "y"), "--model: is missing"),
            (("generate", "--target", "python"), "--output: is missing"),
            (("generate", "--model", "m.json", "--output", "x", "--project", "."), "--project: is for a project"),
            (("generate", "--model", "m.json", "--output", "x", "--sdk", "a"), "--sdk: is for a project"),
            (("generate", "--model", "m.json", "--output", "x"), "no such file"),
            (("generate", "--model", "m.json", "--output", "x-y"), "--output: 'x-y' is not a package's name"),
            (("generate", "--model", "m.json", "--output", "x", "--target", "pyton"), "did you mean python?"),
            (("check", "--output", "nowhere"), "holds no pygen.lock"),
            (("check", "--model", "m.json"), "--output: is missing"),
            (("validate", "--model", "m.json", "--sdk", "x"), "--model: names a model without a project"),
        ],
    )
    def test_wrong_options(self, model: str, pygen: Pygen, arguments: tuple[str, ...], said: str) -> None:
        """Exit code 2 and one line that names the option."""
        done = pygen(*arguments)
        assert (2, "", 1) == (done.code, done.out, done.err.count("\n"))
        assert said in done.err


def test_sdks_are_picked_by_name(project: Path, pygen: Pygen) -> None:
    """`--sdk` may be given several times; a name that is unknown is exit code 2 with a suggestion."""
    two = "".join(
        f'[[tool.pygen.sdk]]\nname = "{name}"\nmodel = "model/windfarm.json"\npython = {{ output = "src/{name}" }}\n'
        for name in ("one", "two", "three")
    )
    (project / "pyproject.toml").write_text(two, encoding="utf-8")
    done = pygen("generate", "--sdk", "one", "--sdk", "two")
    assert 0 == done.code
    assert ["one", "two"] == [line.partition(",")[0] for line in done.out.splitlines()]
    assert {"one", "two"} == {path.name for path in (project / "src").iterdir()}
    assert "one, two: fresh\n" == pygen("check", "--sdk", "two", "--sdk", "one").out
    wrong = pygen("check", "--sdk", "tree")
    assert (2, True) == (wrong.code, "did you mean three?" in wrong.err)


def test_json_errors_are_one_document_too(project: Path, pygen: Pygen) -> None:
    """An error in JSON says its type, its message and its parts, on stdout."""
    (project / "pyproject.toml").write_text("[tool.pygen]\nmodle = 1", encoding="utf-8")
    done = pygen("check", "--format", "json")
    assert {
        "command": "check",
        "exitCode": 2,
        "error": {
            "type": "ConfigError",
            "message": "tool.pygen.modle: unknown key (did you mean tool.pygen.model?)",
            "key": "tool.pygen.modle",
            "hint": "did you mean tool.pygen.model?",
        },
    } == done.document
    assert 1 == done.err.count("\n")


def test_model_errors_list_every_problem(project: Path, pygen: Pygen, change: Change) -> None:
    """People see a line per problem; JSON and GitHub get them one by one."""
    change(lambda model: model["views"].append(model["views"][0]))
    text = pygen("generate")
    assert (1, "", True) == (text.code, text.out, "error PYG" in text.err)
    error = json.loads(pygen("generate", "--format", "json").out)["error"]
    assert ("ModelError", "error") == (error["type"], error["problems"][0]["severity"])
    assert "::error title=PYG" in pygen("generate", "--format", "github").out
