"""`pygen show`: a model as a tree and as a diagram."""

from __future__ import annotations

import io
import json
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pygen.cli import main
from tests.unit.cli.test_main import without
from tests.unit.sources.test_toolkit import folder

Pygen = Callable[..., Any]
Change = Callable[[Callable[[dict[str, Any]], object]], None]

TURBINE = """\
sp_windfarm:Windfarm(v1)  1 of 12 views, 13 properties, 5 relations
Wind farms, their turbines, and the work done on them.
\u2514\u2500 sp_windfarm:WindTurbine(v1)  13 properties, 5 relations, implements GeneratingUnit
   \u251c\u2500 blades        => Blade[]          edges of type sp_windfarm:WindTurbine.blades
   \u251c\u2500 class         enum                one of I, II, III, S
   \u251c\u2500 datasheets    file[]
   \u251c\u2500 hubHeight     float32 [length:m]
   \u251c\u2500 metmasts      => Metmast[]        edges of type sp_windfarm:Distance; with Distance
   \u251c\u2500 nacelle       -> Nacelle
   \u251c\u2500 powerCurve    sequence
   \u251c\u2500 serialNumber  int64               immutable
   \u251c\u2500 settings      json
   \u251c\u2500 workOrders    <- WorkOrder[]      through WorkOrder.turbine
   \u2514\u2500 inherited: 3 from Describable, 5 from GeneratingUnit
"""


def test_a_view(project: Path, pygen: Pygen) -> None:
    """Aligned, with what it inherits in one line; the same everywhere but on a terminal."""
    shown = pygen("show", "WindTurbine")
    assert (0, TURBINE, "") == (shown.code, shown.out, shown.err)


def test_everything_about_a_view(project: Path, pygen: Pygen) -> None:
    """With `-v`: what is inherited, and the texts."""
    shown = pygen("show", "-v", "WindTurbine").out
    assert "capacity      float64 [power:megaw]  from GeneratingUnit; Rated capacity.\n" in shown
    assert "\u2502  A wind turbine, on land or at sea.\n" in shown
    assert "inherited:" not in shown


def test_a_whole_model(project: Path, pygen: Pygen) -> None:
    """All views in the order of the model, with their properties where there are few views."""
    lines = pygen("show").out.splitlines()
    views = [line for line in lines if line.startswith(("\u251c\u2500 sp_windfarm:", "\u2514\u2500 sp_windfarm:"))]
    names = [line.partition(":")[2].partition("(")[0] for line in views]
    assert (12, sorted(names)) == (len(names), names)
    assert any("isDamaged        boolean                default false" in line for line in lines)


def many_views(model: dict[str, Any]) -> None:
    """Make a model large."""
    (first, *_) = model["views"]
    model["views"] += [{**first, "externalId": f"Blade{number}"} for number in range(30)]


def test_a_large_model(project: Path, pygen: Pygen, change: Change) -> None:
    """Is summed up, a line per view, unless more is asked for."""
    change(many_views)
    shown = pygen("show")
    assert (44, "note: patterns of views, or -v for all, show the properties\n") == (shown.out.count("\n"), shown.err)
    assert (
        "\u251c\u2500 sp_windfarm:Blade7(v1)            7 properties, 2 relations, implements Describable\n"
        in shown.out
    )
    assert "isDamaged" in pygen("show", "-v").out
    few = pygen("show", "Blade1*")
    assert (True, "") == ("isDamaged" in few.out, few.err)


def test_a_selection(project: Path, pygen: Pygen) -> None:
    """`include` and `exclude` of the SDK apply: what is shown is what is generated."""
    config = project / "pyproject.toml"
    config.write_text(config.read_text("utf-8").replace("[tool.pygen]", "[tool.pygen]\nexclude = ['Blade']"), "utf-8")
    shown = pygen("show").out
    assert "11 views" in shown
    assert "blades        => sp_windfarm:Blade(v1)[]" in shown
    wrong = pygen("show", "Blade")
    assert (2, True) == (wrong.code, wrong.err.startswith("pygen: error: Blade: no view of sp_windfarm:Windfarm(v1)"))


@pytest.mark.parametrize(
    "arguments", [["model/windfarm.json"], ["--model", "model/windfarm.json"], ["model/windfarm.json", "Wind*"]]
)
def test_a_model_without_a_project(
    project: Path, pygen: Pygen, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    """The file comes first, patterns may follow."""
    (project / "pyproject.toml").unlink()
    shown = pygen("show", *arguments)
    views = "2 of 12 views" if "Wind*" in arguments else "12 views"
    assert (0, True) == (shown.code, shown.out.startswith(f"sp_windfarm:Windfarm(v1)  {views}"))


def test_every_kind_of_model(tmp_path: Path, pygen: Pygen, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of the toolkit and a GraphQL schema, without an option."""
    pytest.importorskip("graphql")
    monkeypatch.chdir(tmp_path)
    folder(tmp_path / "toolkit")
    (tmp_path / "pumps.graphql").write_text("# space: sp\ntype Pump { tag: String! }\n", encoding="utf-8")
    assert "sp_pumps:Pump(1)" in pygen("show", "toolkit", "Pump").out
    assert "tag  text  required" in pygen("show", "pumps.graphql").out


def test_a_folder_that_is_no_model_is_a_pattern(project: Path, pygen: Pygen) -> None:
    """A view may be called as a folder is."""
    (project / "Blade").mkdir()
    assert "1 of 12 views" in pygen("show", "Blade").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["m.json", "--sdk", "x"], "m.json: names a model without a project"),
        (["--model", "m.json", "--project", "."], "m.json: names a model without a project"),
        (["--output", "x.svg"], "--output: is for a diagram"),
        (["WindTurbin"], "did you mean WindTurbine?"),
        (["--diagram", "png"], "invalid choice: 'png'"),
        (["gone.json"], "gone.json: no such file"),
        (["model/"], "model: is a folder, but holds no data model"),
        (["model/gone"], "model/gone: "),
    ],
)
def test_wrong_usage(project: Path, pygen: Pygen, arguments: list[str], said: str) -> None:
    """Exit code 2, and what is wrong."""
    shown = pygen("show", *arguments)
    assert (2, "", True) == (shown.code, shown.out, said in shown.err)


def test_warnings_about_the_model_are_mentioned(project: Path, pygen: Pygen, change: Change) -> None:
    """What cannot be read is not shown, so the reader has to know; stdout stays the tree."""

    def spoil(model: dict[str, Any]) -> None:
        model["views"][0]["properties"]["length"]["type"] = {"type": "geometry"}

    change(spoil)
    in_project = pygen("show", "Blade")
    assert "note: 1 warning about the model, what it concerns may be missing: pygen validate\n" == in_project.err
    assert in_project.err.replace("validate", "validate --project .") == pygen("show", "--project", ".", "Blade").err
    (project / "model").rename(project / "the model")
    assert "pygen validate --model 'the model/windfarm.json'\n" in pygen("show", "the model/windfarm.json").err


def test_a_model_with_errors(project: Path, pygen: Pygen, change: Change) -> None:
    """Exit code 1 and its problems."""
    change(lambda model: model.update(views=[]))
    shown = pygen("show")
    assert (1, "", True) == (shown.code, shown.out, "PYG001" in shown.err)


class TestSeveralSdks:
    """In a project with two."""

    @pytest.fixture(autouse=True)
    def two(self, project: Path) -> None:
        sdk = '[[tool.pygen.sdk]]\nname = "{0}"\nmodel = "model/windfarm.json"\npython = {{ output = "src/{0}" }}\n'
        (project / "pyproject.toml").write_text(sdk.format("one") + sdk.format("two"), encoding="utf-8")

    def test_each_is_named(self, pygen: Pygen) -> None:
        """One after the other."""
        lines = pygen("show", "Blade").out.splitlines()
        heads = [line for line in lines if "1 of 12 views" in line]
        assert ["one: sp_windfarm:Windfarm(v1)", "two: sp_windfarm:Windfarm(v1)"] == [
            head.partition("  ")[0] for head in heads
        ]

    def test_a_pattern_need_match_in_one_only(self, project: Path, pygen: Pygen) -> None:
        """The models without such a view are left out."""
        document = json.loads((project / "model" / "windfarm.json").read_bytes())
        document["items"][0]["views"] = [
            view for view in document["items"][0]["views"] if view["externalId"] == "Distance"
        ]
        (project / "model" / "small.json").write_text(json.dumps(document), encoding="utf-8")
        config = project / "pyproject.toml"
        config.write_text(config.read_text("utf-8").replace("windfarm.json", "small.json", 1), encoding="utf-8")
        shown = pygen("show", "--json", "Blade").document
        assert ["two"] == [model["sdk"] for model in shown["models"]]

    def test_a_diagram_is_of_one(self, pygen: Pygen) -> None:
        """Which one has to be said."""
        refused = pygen("show", "--diagram", "svg")
        assert (2, True) == (refused.code, "choose one with --sdk: one, two" in refused.err)
        assert 0 == pygen("show", "--diagram", "svg", "--sdk", "two").code


def test_for_programs(project: Path, pygen: Pygen) -> None:
    """One document, with all that the tree says and what it leaves out."""
    document = pygen("show", "--json", "Blade").document
    (model,) = document["models"]
    (view,) = model["views"]
    assert ("show", 0, "default", "sp_windfarm:Blade(v1)") == (
        document["command"],
        document["exitCode"],
        model["sdk"],
        view["view"],
    )
    assert {"aliases", "isDamaged", "sensors"} <= {prop["property"] for prop in view["properties"]}


class TestDiagrams:
    """Boxes and arrows."""

    def test_mermaid(self, project: Path, pygen: Pygen) -> None:
        """On stdout, and nothing else."""
        shown = pygen("show", "--diagram", "mermaid", "Wind*")
        assert (0, "") == (shown.code, shown.err)
        assert shown.out.startswith('flowchart TD\n  n0["<b>WindTurbine</b><br/>activePower: timeseries<br/>')
        assert '  n0 -->|"windfarm / turbines #42;"| n1\n' in shown.out

    def test_a_picture_in_a_file(self, project: Path, pygen: Pygen) -> None:
        """A whole SVG with a box for each view."""
        shown = pygen("show", "--diagram", "svg", "--output", "model.svg")
        assert (0, "model.svg: 12 views\n") == (shown.code, shown.out)
        root = ET.fromstring((project / "model.svg").read_text(encoding="utf-8"))
        boxes = [each for each in root.iter("{http://www.w3.org/2000/svg}rect") if each.get("class") == "b"]
        assert 12 == len(boxes)

    def test_for_programs(self, project: Path, pygen: Pygen) -> None:
        """The diagram is part of the document, or its path is."""
        inside = pygen("show", "--diagram", "mermaid", "--json", "Blade").document
        assert ("mermaid", True) == (inside["diagram"], inside["text"].startswith("flowchart TD"))
        beside = pygen("show", "--diagram", "mermaid", "--json", "--output", "x.mmd").document
        assert ("show", 0, "x.mmd") == (beside["command"], beside["exitCode"], beside["path"])

    def test_a_file_that_cannot_be_written(self, project: Path, pygen: Pygen) -> None:
        """Exit code 2."""
        shown = pygen("show", "--diagram", "svg", "--output", "no/such/folder/x.svg")
        assert (2, True) == (shown.code, "no/such/folder/x.svg" in shown.err)


def test_the_base_installation_is_enough(project: Path) -> None:
    """Nothing is generated, so no extra is needed; colours need none either."""
    done = without(["jinja2", "yaml", "rich"], "show", "Blade", cwd=project)
    assert (0, "", True) == (done.returncode, done.stderr, done.stdout.startswith("sp_windfarm:Windfarm(v1)"))


HOSTILE = 'evil \x1b[2J"]; click n0 "javascript:x" <script>\u202e'


def hostile(model: dict[str, Any]) -> None:
    """Put hostile texts wherever a model takes any."""
    model["description"] = HOSTILE
    view = model["views"][0]
    view["description"] = view["name"] = HOSTILE
    view["properties"]["length"]["description"] = HOSTILE


def test_hostile_texts_are_escaped(project: Path, pygen: Pygen, change: Change) -> None:
    """In the tree and in the diagrams."""
    change(hostile)
    tree = pygen("show", "-v").out
    assert ("\x1b" in tree, "\u202e" in tree, "evil \\x1b[2J" in tree) == (False, False, True)
    for form in ("mermaid", "svg"):
        drawn = pygen("show", "--diagram", form).out
        assert ("\x1b" in drawn, "<script>" in drawn) == (False, False)


class Terminal(io.StringIO):
    """A terminal of some encoding."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]  # of a text stream
        return self._encoding

    def isatty(self) -> bool:
        return True


def on_terminal(monkeypatch: pytest.MonkeyPatch, *arguments: str, columns: int = 80, encoding: str = "utf-8") -> str:
    """What a terminal gets to see."""
    terminal = Terminal(encoding)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", terminal)
        patch.setenv("COLUMNS", str(columns))
        patch.setenv("TERM", "xterm")
        assert 0 == main(arguments)
    return terminal.getvalue()


def test_colours_end_where_they_began(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each piece resets its own; `NO_COLOR` leaves none."""
    shown = on_terminal(monkeypatch, "show", "Blade")
    assert "\x1b[36mboolean" in shown
    assert shown.count("\x1b[0m") == shown.count("\x1b[") / 2
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in on_terminal(monkeypatch, "show", "Blade")


@pytest.mark.parametrize("columns", [40, 60, 100])
def test_notes_are_cropped_to_the_terminal(project: Path, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    """So a line stays a line; names and types are never cropped."""
    monkeypatch.setenv("NO_COLOR", "1")
    shown = on_terminal(monkeypatch, "show", "Blade", columns=columns)
    assert all(len(line) <= max(columns, 46) for line in shown.splitlines())
    assert "float64[] [length:m]" in shown
    assert ("..." in shown) is (columns < 100)


def test_everything_is_not_cropped(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `-v`, the lines are as long as what there is to say."""
    monkeypatch.setenv("NO_COLOR", "1")
    assert "..." not in on_terminal(monkeypatch, "show", "-v", columns=40)


def test_a_terminal_without_lines(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the characters for a tree cannot be said, others do."""
    monkeypatch.setenv("NO_COLOR", "1")
    shown = on_terminal(monkeypatch, "show", "Blade", encoding="ascii")
    assert shown.isascii()
    assert "`- sp_windfarm:Blade(v1)" in shown
    assert "   |- isDamaged" in shown


def test_wide_characters_line_up(tmp_path: Path, pygen: Pygen, project: Path, change: Change) -> None:
    """Columns begin in the same cell, whatever stands before them."""

    def widen(model: dict[str, Any]) -> None:
        model["views"][0]["properties"]["length"]["type"]["unit"] = {"externalId": "長さ:m"}

    change(widen)
    lines = pygen("show", "Blade").out.splitlines()
    damaged = next(line for line in lines if "isDamaged" in line)
    positions = next(line for line in lines if "sensorPositions" in line)
    assert damaged.index("default false") == positions.index("64 at most")
