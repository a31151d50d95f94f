"""`pygen pull`: what a person and a program see, and what is on the disk afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pygen.sandbox import Sandbox
from tests.support.connected import CANARY, change_live, describe_service, with_remote

Pygen = Callable[..., Any]
MODEL = "model/windfarm.json"
CONTAINERS = "model/windfarm.containers.json"


@pytest.fixture
def sandbox(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The wind farm in CDF, and a project that says so."""
    with Sandbox(project / MODEL) as sandbox:
        describe_service(monkeypatch, sandbox)
        with_remote(project)
        yield sandbox


@pytest.fixture
def pulled(project: Path, sandbox: Sandbox, pygen: Pygen) -> Path:
    """The project after a pull."""
    assert 0 == pygen("pull", "-q").code
    return project


def state(project: Path) -> dict[str, tuple[bytes, int]]:
    """Every file of the project with its time."""
    return {
        path.relative_to(project).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in project.rglob("*")
        if path.is_file()
    }


class TestText:
    """For people."""

    def test_a_first_pull(self, project: Path, sandbox: Sandbox, pygen: Pygen) -> None:
        """How much there is, what was written, and that it was generated."""
        shutil.rmtree(project / "model")
        done = pygen("pull")
        assert (0, "") == (done.code, done.err)
        first, *files, generated = done.out.splitlines()
        assert f"{MODEL}: sp_windfarm:Windfarm(v1): first pull: 12 views, 96 properties" == first
        assert [f"wrote {CONTAINERS}", f"wrote {MODEL}"] == files
        assert generated.startswith("python: src/windfarm/sdk: ")
        assert 0 == pygen("check").code

    def test_a_change(self, pulled: Path, sandbox: Sandbox, pygen: Pygen) -> None:
        """Each change in a line; then there is none."""
        change_live(sandbox, lambda view: view["properties"].pop("length"))
        done = pygen("pull")
        assert 0 == done.code
        assert f"{MODEL}: sp_windfarm:Windfarm(v1): 1 change\n" in done.out
        assert "  sp_windfarm:Blade(v1)." in done.out
        assert "breaking PYG" in done.out
        assert f"wrote {MODEL}\n" in done.out
        again = pygen("pull").out.splitlines()
        assert f"{MODEL}: sp_windfarm:Windfarm(v1): no change" == again[0]
        assert "fresh" in again[1]

    def test_many_changes_are_cut(self, pulled: Path, sandbox: Sandbox, pygen: Pygen) -> None:
        """`-v` shows all."""

        def rename_all(view: dict[str, Any]) -> None:
            view["properties"] = {f"{name}_{n}": each for name, each in view["properties"].items() for n in range(9)}

        change_live(sandbox, rename_all)
        cut = pygen("pull", "--dry-run").out
        whole = pygen("pull", "--dry-run", "-v").out
        assert " more (-v lists them)\n" in cut
        assert "more (-v" not in whole
        assert len(cut.splitlines()) < len(whole.splitlines())

    def test_quiet(self, pulled: Path, sandbox: Sandbox, pygen: Pygen) -> None:
        """Nothing is said."""
        change_live(sandbox, lambda view: view.update(description="changed"))
        done = pygen("pull", "-q")
        assert (0, "", "") == (done.code, done.out, done.err)

    def test_hostile_text_is_escaped(self, pulled: Path, sandbox: Sandbox, pygen: Pygen) -> None:
        """What a service says does not reach the terminal as it is."""
        sandbox.faults.add(path="/models/*", status=400, message="\x1b[2Jgone\u202e")
        refused = pygen("pull")
        assert 3 == refused.code
        assert r"\x1b[2Jgone\u202e" in refused.err

    def test_a_name_cannot_make_a_line(self, pulled: Path, sandbox: Sandbox, pygen: Pygen) -> None:
        """A line break in it is shown as what it is."""
        text = (pulled / MODEL).read_text(encoding="utf-8").replace('"aliases": {', '"x\\nall is well\\r": {')
        (pulled / MODEL).write_text(text, encoding="utf-8")
        done = pygen("pull", "--dry-run", "-v")
        assert r".x\nall is well\r: " in done.out
        assert not [line for line in done.out.splitlines() if line.startswith("all is well")]

    def test_a_snapshot_that_cannot_be_read(self, pulled: Path, sandbox: Sandbox, pygen: Pygen) -> None:
        """Is replaced; that nothing changed is not claimed."""
        (pulled / MODEL).write_text("<<<<<<< ours\n", encoding="utf-8")
        done = pygen("pull")
        assert f"{MODEL}: sp_windfarm:Windfarm(v1): replaced: 12 views, 96 properties" == done.out.splitlines()[0]
        assert "could not be read" in done.err

    def test_warnings_go_to_stderr(self, pulled: Path, sandbox: Sandbox, pygen: Pygen) -> None:
        """A file that stays behind is one."""
        (pulled / CONTAINERS).write_text("[]", encoding="utf-8")
        done = pygen("pull", "--no-containers")
        assert f"warning: {CONTAINERS} stays as it is" in done.err
        assert "warning" not in done.out


class TestOptions:
    """What may be asked for besides."""

    def test_dry_run(self, project: Path, sandbox: Sandbox, pygen: Pygen) -> None:
        """Shows what would be written, and neither writes nor generates."""
        change_live(sandbox, lambda view: view.update(description="changed"))
        before = state(project)
        done = pygen("pull", "--dry-run", "--containers")
        assert done.out.endswith(f"would write {CONTAINERS}\nwould write {MODEL}\n")
        assert before == state(project)

    def test_snapshot_only(self, project: Path, sandbox: Sandbox, pygen: Pygen) -> None:
        """The next command is named, and works as it is printed."""
        change_live(sandbox, lambda view: view.update(description="changed"))
        done = pygen("pull", "--snapshot-only", "--project", str(project))
        assert done.out.endswith(f"next: pygen generate --project {project}\n")
        assert not (project / "src").exists()
        assert 0 == pygen(*done.out.splitlines()[-1].removeprefix("next: pygen ").split()).code
        assert "next" not in pygen("pull", "--snapshot-only").out

    def test_environments(self, project: Path, sandbox: Sandbox, pygen: Pygen, monkeypatch: pytest.MonkeyPatch) -> None:
        """By the prefix of variables, and by a file."""
        with_remote(
            project,
            "[tool.pygen.environments.dev]",
            'prefix = "DEV_"',
            "[tool.pygen.environments.prod]",
            'toml = "connections.toml"',
            'table = "prod"',
        )
        text = (project / "pyproject.toml").read_text(encoding="utf-8")
        line = text.splitlines()[2]
        (project / "pyproject.toml").write_text(text.replace(f"{line}\n{line}\n", f"{line}\n"), encoding="utf-8")
        connection = f'[prod]\nurl = "{sandbox.base_url}"\nproject = "sandbox"\ntoken = "{CANARY}"\n'
        (project / "connections.toml").write_text(connection, encoding="utf-8")
        describe_service(monkeypatch, sandbox, "DEV_")
        for name in ("CDF_URL", "CDF_PROJECT", "CDF_TOKEN"):
            monkeypatch.delenv(name)
        assert 0 == pygen("pull", "--env", "dev").code
        assert 0 == pygen("pull", "--env", "prod").code
        assert "prod" == pygen("pull", "--env", "prod", "--json").document["environment"]
        unknown = pygen("pull", "--env", "pord")
        assert 2 == unknown.code
        assert "did you mean prod?" in unknown.err

    @pytest.mark.parametrize("value", ["0", "-1", "soon", "inf", "nan"])
    def test_a_timeout_is_a_number(self, project: Path, sandbox: Sandbox, pygen: Pygen, value: str) -> None:
        """Of seconds, and positive."""
        refused = pygen("pull", f"--timeout={value}")
        assert 2 == refused.code
        assert "is not a positive number of seconds" in refused.err


class TestPrograms:
    """For programs."""

    def test_json(self, pulled: Path, sandbox: Sandbox, pygen: Pygen) -> None:
        """One document with the changes and what was generated."""
        change_live(sandbox, lambda view: view.update(description="changed"))
        done = pygen("pull", "--json")
        (snapshot,) = done.document["snapshots"]
        assert ("pull", 0, True, False) == tuple(
            done.document[key] for key in ("command", "exitCode", "changed", "dryRun")
        )
        assert (MODEL, ["default"], [MODEL], False) == tuple(
            snapshot[key] for key in ("path", "sdks", "files", "first")
        )
        assert ["sp_windfarm:Blade(v1)"] == [change["where"] for change in snapshot["changes"]]
        assert done.document["generated"]["targets"][0]["written"]

    def test_json_of_a_dry_run(self, pulled: Path, sandbox: Sandbox, pygen: Pygen) -> None:
        """Says that nothing was generated."""
        document = pygen("pull", "--dry-run", "--json").document
        assert (True, False, None) == (document["dryRun"], document["changed"], document["generated"])

    def test_json_of_a_failure(self, pulled: Path, sandbox: Sandbox, pygen: Pygen) -> None:
        """The error alone."""
        sandbox.faults.add(path="/models/*", status=403)
        document = pygen("pull", "--json").document
        assert (3, "DmsAuthError") == (document["exitCode"], document["error"]["type"])

    def test_github(self, pulled: Path, sandbox: Sandbox, pygen: Pygen) -> None:
        """Errors are workflow commands."""
        sandbox.faults.add(path="/models/*", status=403)
        assert pygen("pull", "--format", "github").out.startswith("::error title=pygen::datamodels.byids: ")


class TestAfterwards:
    """When a pull succeeds, and a generation does not."""

    def test_a_model_that_cannot_be_generated(self, pulled: Path, sandbox: Sandbox, pygen: Pygen) -> None:
        """Exit code 1; the snapshot stays, and both are said."""
        text = (pulled / "pyproject.toml").read_text(encoding="utf-8")
        strict = text.replace("[tool.pygen]\n", "[tool.pygen]\nstrict = true\n")
        (pulled / "pyproject.toml").write_text(strict, encoding="utf-8")
        nowhere = {"type": "view", "space": "sp_windfarm", "externalId": "Nowhere", "version": "v1"}
        through = {"source": nowhere, "identifier": "x"}
        lost = {"connectionType": "multi_reverse_direct_relation", "source": nowhere, "through": through}
        change_live(sandbox, lambda view: view["properties"].update(lost=lost))
        done = pygen("pull", "--json")
        assert 1 == done.code
        assert b'"lost"' in (pulled / MODEL).read_bytes()
        assert "note: the snapshot stays as it was pulled; pygen generate takes it from there" in done.err
        assert ("ModelError", [MODEL]) == (
            done.document["error"]["type"],
            done.document["snapshots"][0]["files"],
        )

    def test_an_edited_sdk(self, pulled: Path, sandbox: Sandbox, pygen: Pygen) -> None:
        """Exit code 1; nothing of the user's is lost."""
        edited = pulled / "src/windfarm/sdk/__init__.py"
        edited.write_text("# mine\n", encoding="utf-8")
        change_live(sandbox, lambda view: view.update(description="changed"))
        done = pygen("pull")
        assert 1 == done.code
        assert "edited by hand" in done.err
        assert f"wrote {MODEL}" in done.out
        assert "# mine\n" == edited.read_text(encoding="utf-8")


class TestFaults:
    """When CDF does not answer as it should."""

    @pytest.mark.parametrize(
        ("fault", "said"),
        [
            ({"status": 401}, "status 401"),
            ({"status": 403}, "status 403"),
            ({"status": 429, "retry_after": 30}, "the deadline of 1 s is used up"),
            ({"status": 500}, "status 500"),
            ({"kind": "truncate"}, "no usable answer"),
            ({"kind": "reset"}, "no usable answer"),
            ({"kind": "slow", "delay": 3}, "within 1 s"),
        ],
        ids=lambda value: "" if isinstance(value, str) else "-".join(str(each) for each in value.values()),
    )
    @pytest.mark.parametrize("kind", ["datamodels", "containers"])
    def test_exit_code_3_and_nothing_touched(  # noqa: PLR0917 - fixtures come by position
        self, pulled: Path, sandbox: Sandbox, pygen: Pygen, kind: str, fault: dict[str, Any], said: str
    ) -> None:
        """Whatever goes wrong, and when: the last good snapshot keeps its bytes and its time."""
        assert 0 == pygen("pull", "--containers", "--snapshot-only").code
        change_live(sandbox, lambda view: view["properties"].popitem())
        before = state(pulled)
        sandbox.faults.add(path=f"/models/{kind}/byids", **fault)
        done = pygen("pull", "--timeout", "1")
        assert (3, "") == (done.code, done.out)
        assert said in done.err
        assert CANARY not in done.err
        assert before == state(pulled)
        sandbox.faults.clear()
        assert 0 == pygen("pull", "--snapshot-only").code
        assert before != state(pulled)

    def test_a_fault_that_ends(self, pulled: Path, sandbox: Sandbox, pygen: Pygen) -> None:
        """Is waited out, and what is waited for is said."""
        change_live(sandbox, lambda view: view.update(description="changed"))
        sandbox.faults.add(path="/models/datamodels/byids", status=429, retry_after=0.1, times=1)
        sandbox.faults.add(path="/models/datamodels/byids", kind="truncate", times=1)
        done = pygen("pull")
        assert 0 == done.code
        notes = done.err.splitlines()
        assert 2 == len(notes)
        assert all(note.startswith("note: datamodels.byids: ") and "asking again in " in note for note in notes)
        assert f"wrote {MODEL}" in done.out

    def test_nobody_there(self, pulled: Path, sandbox: Sandbox, pygen: Pygen, monkeypatch: pytest.MonkeyPatch) -> None:
        """A closed port is told with its address."""
        before = state(pulled)
        address = sandbox.base_url
        sandbox.close()
        done = pygen("pull", "--timeout", "0.5", "-q")
        assert (3, "", 1) == (done.code, done.out, done.err.count("\n"))
        assert f"cannot connect to {address}" in done.err
        assert before == state(pulled)

    def test_another_model(self, pulled: Path, sandbox: Sandbox, pygen: Pygen) -> None:
        """Versions that there are help to correct the configuration."""
        text = (pulled / "pyproject.toml").read_text(encoding="utf-8")
        (pulled / "pyproject.toml").write_text(text.replace('version = "v1"', 'version = "v2"'), encoding="utf-8")
        before = state(pulled)
        done = pygen("pull")
        assert 3 == done.code
        assert "sp_windfarm:Windfarm(v2) is not in the project sandbox" in done.err
        assert "(versions there: v1)" in done.err
        assert before == state(pulled)


class TestUsage:
    """What is wrong before anybody is asked."""

    def test_without_a_remote(self, project: Path, pygen: Pygen) -> None:
        """The key and the line to add."""
        refused = pygen("pull")
        assert 2 == refused.code
        assert (
            "tool.pygen.remote: is missing, so nobody knows which data model in CDF is meant (add remote = { space = "
            '"sp_windfarm", external_id = "Windfarm", version = "v1" })'
        ) in refused.err

    def test_without_a_connection(self, project: Path, pygen: Pygen, monkeypatch: pytest.MonkeyPatch) -> None:
        """The variables are named."""
        with_remote(project)
        for name in ("CDF_URL", "CDF_CLUSTER", "CDF_PROJECT", "CDF_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        refused = pygen("pull")
        assert 2 == refused.code
        assert "CDF_PROJECT" in refused.err
