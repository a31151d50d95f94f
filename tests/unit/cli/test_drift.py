"""`pygen drift`: what a person, a program and a pull request see."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pygen.cli import drift_markdown as markdown
from pygen.errors import RemoteError
from pygen.project.diff import RULES, Change
from pygen.project.drifting import Drift, DriftReport
from pygen.sandbox import Sandbox
from tests.support.connected import CANARY, change_live, describe_service, with_remote

Pygen = Callable[..., Any]
MODEL = "model/windfarm.json"
NAME = "sp_windfarm:Windfarm(v1)"


@pytest.fixture
def sandboxes(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Sandbox, Sandbox]]:
    """The wind farm in two environments, and a project that knows both; the first is that of the process, too."""
    with_remote(
        project,
        "[tool.pygen.environments.dev]",
        'prefix = "DEV_"',
        "[tool.pygen.environments.prod]",
        'prefix = "PROD_"',
    )
    with (
        Sandbox(project / MODEL, projects=["plant-dev"]) as dev,
        Sandbox(project / MODEL, projects=["plant-prod"]) as prod,
    ):
        describe_service(monkeypatch, dev)
        describe_service(monkeypatch, dev, "DEV_")
        describe_service(monkeypatch, prod, "PROD_")
        yield dev, prod


def drop_a_property(sandbox: Sandbox) -> str:
    """Take a property from a view in CDF; returns its place."""
    names: list[str] = []
    change_live(sandbox, lambda view: names.append(view["properties"].popitem()[0]))
    return f"sp_windfarm:Blade(v1).{names[0]}"


class TestText:
    """For people."""

    def test_the_same(self, sandboxes: tuple[Sandbox, Sandbox], project: Path, pygen: Pygen) -> None:
        """Exit code 0, one line; with `-q` none. Nothing is written."""
        before = sorted(path.name for path in project.rglob("*"))
        done = pygen("drift")
        assert (0, f"the project plant-dev: {NAME} is the same as {MODEL}\n", "") == (done.code, done.out, done.err)
        assert "" == pygen("drift", "-q").out
        assert before == sorted(path.name for path in project.rglob("*"))

    def test_different(self, sandboxes: tuple[Sandbox, Sandbox], pygen: Pygen) -> None:
        """Exit code 1; each difference with its environment, then a summary; `-q` keeps the differences."""
        place = drop_a_property(sandboxes[1])
        done = pygen("drift", "--env", "dev", "--env", "prod")
        same, change, summary = done.out.splitlines()
        assert (1, f"dev: {NAME} is the same as {MODEL}") == (done.code, same)
        assert change.startswith(f"prod: {place}: breaking PYG")
        assert f"prod: {NAME} differs from {MODEL}: 1 breaking" == summary
        assert f"{change}\n" == pygen("drift", "--env", "dev", "--env", "prod", "-q").out

    def test_one_that_does_not_answer(self, sandboxes: tuple[Sandbox, Sandbox], pygen: Pygen) -> None:
        """Exit code 3; the other is told all the same."""
        place = drop_a_property(sandboxes[1])
        sandboxes[0].faults.add(path="/models/*", status=403, message="no \x1b[1maccess")
        done = pygen("drift", "--env", "dev", "--env", "prod")
        assert 3 == done.code
        assert r"dev: no answer: datamodels.byids: no \x1b[1maccess (status 403, project plant-dev" in done.out
        assert place in done.out
        assert CANARY not in done.out + done.err

    def test_views_that_are_not_generated(
        self, sandboxes: tuple[Sandbox, Sandbox], project: Path, pygen: Pygen
    ) -> None:
        """Are marked."""
        text = (project / "pyproject.toml").read_text(encoding="utf-8")
        text = text.replace("[tool.pygen]\n", '[tool.pygen]\nexclude = ["Blade"]\n')
        (project / "pyproject.toml").write_text(text, encoding="utf-8")
        drop_a_property(sandboxes[0])
        assert " (not generated)\n" in pygen("drift").out
        assert [False] == [change["generated"] for change in pygen("drift", "--json").document["drifts"][0]["changes"]]

    def test_a_change_of_a_parent_is_told_once(self, sandboxes: tuple[Sandbox, Sandbox], pygen: Pygen) -> None:
        """With the number of views that inherit it; `-v`, and programs, get each."""
        change_live(sandboxes[0], lambda view: view["properties"].pop("aliases"), view="Describable")
        done = pygen("drift")
        (gone,) = (line for line in done.out.splitlines() if ".aliases: " in line)
        assert gone.endswith(" (and in 8 views that inherit it)")
        assert "sp_windfarm:Describable(v1).aliases: breaking " in gone
        assert 9 == pygen("drift", "-v").out.count(".aliases: ")
        assert 9 == len(pygen("drift", "--json").document["drifts"][0]["changes"])
        assert 1 == pygen("drift", "--markdown").out.count(".aliases` |") == pygen("pull").out.count(".aliases: ")

    def test_many_are_cut(self, sandboxes: tuple[Sandbox, Sandbox], pygen: Pygen) -> None:
        """`-v` shows all."""

        def many(view: dict[str, Any]) -> None:
            name, each = next(iter(view["properties"].items()))
            view["properties"].update({f"{name}_{number}": each for number in range(30)})

        change_live(sandboxes[0], many)
        cut = "the project plant-dev: and 10 more (-v lists them)\n"
        assert cut in pygen("drift").out
        assert cut in pygen("drift", "-q").out
        assert 31 == len(pygen("drift", "-v").out.splitlines())

    def test_a_name_cannot_make_a_line(self, sandboxes: tuple[Sandbox, Sandbox], project: Path, pygen: Pygen) -> None:
        """Nor can what a service says: a line break in it is shown as what it is."""
        path = project / MODEL
        text = path.read_text(encoding="utf-8").replace('"length": {', '"x\\ndev: all is well": {')
        path.write_text(text, encoding="utf-8")
        assert r".x\ndev: all is well: breaking " in pygen("drift").out
        sandboxes[0].faults.add(path="/models/*", status=403, message="no\ndev: all is well")
        done = pygen("drift")
        assert r"no\ndev: all is well" in done.out
        assert 1 == len(done.out.splitlines())
        assert 1 == len(pygen("drift", "--markdown").err.splitlines())


class TestPrograms:
    """For programs."""

    def test_json(self, sandboxes: tuple[Sandbox, Sandbox], pygen: Pygen) -> None:
        """Everything, also what went wrong."""
        place = drop_a_property(sandboxes[1])
        sandboxes[0].faults.add(path="/models/*", status=403)
        done = pygen("drift", "--env", "dev", "--env", "prod", "--json")
        dev, prod = done.document["drifts"]
        assert ("drift", 3, 3) == (done.document["command"], done.document["exitCode"], done.code)
        assert ("dev", "plant-dev", None, [], "DmsAuthError") == (
            *(dev[key] for key in ("environment", "project", "same", "changes")),
            dev["error"]["type"],
        )
        assert ("prod", NAME, MODEL, False, None) == tuple(
            prod[key] for key in ("environment", "dataModel", "path", "same", "error")
        )
        assert [(place, "breaking", True)] == [
            (change["where"], change["severity"], change["generated"]) for change in prod["changes"]
        ]

    def test_github(self, sandboxes: tuple[Sandbox, Sandbox], pygen: Pygen) -> None:
        """Each difference is an annotation of the snapshot."""
        place = drop_a_property(sandboxes[0])
        out = pygen("drift", "--format", "github").out
        assert f"::the project plant-dev: {place}: breaking " in out
        assert "title=pygen drift%3A PYG" in out


class TestMarkdown:
    """For a pull request."""

    def test_the_same_and_different(self, sandboxes: tuple[Sandbox, Sandbox], pygen: Pygen) -> None:
        """A section for each environment; all of stdout is Markdown."""
        place = drop_a_property(sandboxes[1])
        done = pygen("drift", "--env", "dev", "--env", "prod", "--markdown")
        assert 1 == done.code
        *lines, row = done.out.splitlines()
        assert [
            "## Data model in CDF: different",
            "",
            f"### dev: `{NAME}`",
            "",
            f"No difference from `{MODEL}`.",
            "",
            f"### prod: `{NAME}`",
            "",
            f"**1 difference** from `{MODEL}`: 1 breaking.",
            "",
            "| severity | where | in CDF | rule |",
            "| --- | --- | --- | --- |",
        ] == lines
        assert row.startswith(f"| breaking | `{place}` | ")
        assert done.out == pygen("drift", "--env", "dev", "--env", "prod", "--markdown", "-q").out

    def test_it_was_asked_for(self, sandboxes: tuple[Sandbox, Sandbox], pygen: Pygen) -> None:
        """`-q` does not take it away, whatever it says."""
        done = pygen("drift", "--markdown", "-q")
        assert (0, True) == (done.code, done.out.startswith("## Data model in CDF: the same\n"))

    def test_no_answer(self, sandboxes: tuple[Sandbox, Sandbox], pygen: Pygen) -> None:
        """Is said in its section and, since nobody may look at stdout, on stderr."""
        sandboxes[0].faults.add(path="/models/*", status=403, message="ask @admin | <b>now</b>")
        done = pygen("drift", "--markdown")
        assert 3 == done.code
        assert done.out.startswith("## Data model in CDF: not every answer came\n")
        assert r"ask @<!-- -->admin \| &lt;b&gt;now&lt;/b&gt;" in done.out
        assert "warning: the project plant-dev: datamodels.byids: ask @admin" in done.err

    @pytest.mark.parametrize("form", ["json", "github"])
    def test_is_a_format_of_its_own(self, sandboxes: tuple[Sandbox, Sandbox], pygen: Pygen, form: str) -> None:
        """Another one beside it is an error of usage."""
        assert 2 == pygen("drift", "--markdown", "--format", form).code

    def test_hostile_text(self) -> None:
        """What a model says stays in its cell."""
        code = next(iter(RULES))
        change = Change("sp:V(v1).a|b", code, "is now `x` | <script> @someone\n# heading", "sp:V(v1)", "a|b")
        text = markdown.drift_markdown(DriftReport((Drift("a", "m.json", "dev", "p", "sp:M(v1)", (change,)),)))
        row = text.splitlines()[-1]
        assert r"| sp:V(v1).a\|b | is now \`x\` \| &lt;script&gt; @<!-- -->someone #<!-- --> heading |" in row

    def test_long_lists_are_folded_and_cut(self) -> None:
        """A comment has room for 65,536 characters."""
        code = next(iter(RULES))
        changes = tuple(Change(f"sp:V(v1).p{number}", code, "m" * 50, "sp:V(v1)") for number in range(5000))
        drifts = tuple(Drift(sdk, "m.json", "dev", "p", "sp:M(v1)", changes) for sdk in ("a", "b"))
        text = markdown.drift_markdown(DriftReport(drifts))
        assert len(text) < 65_536
        assert (
            2 == text.count("<details><summary>5000 differences</summary>\n\n| severity ") == text.count("</details>")
        )
        assert " more, which `pygen drift -v` lists." in text
        assert "### dev, a: " in text

    def test_an_error_beside_a_difference(self) -> None:
        """A section says what nobody knows."""
        failed = Drift("a", "m.json", "dev", "p", "sp:M(v1)", error=RemoteError("no such model"))
        text = markdown.drift_markdown(DriftReport((failed,)))
        assert "**No answer**, so nobody knows: no such model" in text


class TestUsage:
    """What is wrong before anybody is asked."""

    def test_without_a_snapshot(self, sandboxes: tuple[Sandbox, Sandbox], project: Path, pygen: Pygen) -> None:
        """The command that makes one is named."""
        shutil.rmtree(project / "model")
        done = pygen("drift")
        assert 2 == done.code
        assert f"{MODEL}: no such file (pygen pull fetches it)" in done.err

    def test_an_unknown_environment(self, sandboxes: tuple[Sandbox, Sandbox], pygen: Pygen) -> None:
        """Exit code 2, although another one could be asked."""
        done = pygen("drift", "--env", "dev", "--env", "test")
        assert (2, "") == (done.code, done.out)
        assert "known: dev, prod" in done.err
