"""`pygen explain`: codes and names."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pygen.cli import main
from pygen.cli.manual import PAGES, plain_text, read_manual
from pygen.ir import problems

Pygen = Callable[..., Any]


class TestCodes:
    """Sections of the manual."""

    def test_a_code(self, pygen: Pygen) -> None:
        """Its title and its section, as plain text."""
        shown = pygen("explain", "PYG112")
        assert (0, "") == (shown.code, shown.err)
        assert (
            "PYG112: An enum has no values\n\n"
            "The property is read and written as text. Way out: give the enum values in its\ncontainer.\n"
        ) == shown.out

    def test_code_examples_are_kept(self, pygen: Pygen) -> None:
        """Indented, a line each."""
        assert "\n    views:\n      - {type: view, space: sp_windfarm, " in pygen("explain", "pyg002").out

    def test_several_codes(self, pygen: Pygen) -> None:
        """One after the other, in the order in which they were asked for."""
        shown = pygen("explain", "PYG112", "PYG001").out
        assert ["PYG112", "PYG001"] == re.findall(r"^(PYG\d+): ", shown, re.MULTILINE)

    def test_for_programs(self, pygen: Pygen) -> None:
        """The section as it is written."""
        document = pygen("explain", "PYG112", "--json").document
        (code,) = document["codes"]
        assert ("explain", 0, "PYG112", "An enum has no values", "docs/problems.md") == (
            document["command"],
            document["exitCode"],
            code["code"],
            code["title"],
            code["page"],
        )
        assert "*Way out*: give the enum values" in code["text"]

    @pytest.mark.parametrize("code", ["PYG999", "PYG1", "PYG0012"])
    def test_a_code_that_is_none(self, pygen: Pygen, code: str) -> None:
        """Exit code 2."""
        shown = pygen("explain", code)
        assert (2, "", True) == (shown.code, shown.out, "there is no such code" in shown.err)

    def test_what_resembles_no_code_gets_no_guess(self, pygen: Pygen) -> None:
        """Only a slip is near to something."""
        assert "(pygen explain lists all codes)" in pygen("explain", "PYG999").err

    def test_the_nearest_codes_are_offered(self, pygen: Pygen) -> None:
        """Those that differ by a digit."""
        assert re.search(r"did you mean PYG\d11 or PYG", pygen("explain", "PYG11").err)

    def test_the_list(self, pygen: Pygen) -> None:
        """Without a name, every code and its title."""
        shown = pygen("explain").out.splitlines()
        assert "PYG112  An enum has no values" in shown
        assert list(read_manual()) == [line.partition("  ")[0] for line in shown]
        assert len(shown) == len(pygen("explain", "--json").document["codes"])

    def test_every_problem_has_an_entry(self) -> None:
        """Whatever code a message shows can be asked for."""
        codes = {kind.code for kind in vars(problems).values() if isinstance(kind, problems.ProblemKind)}
        assert set() == codes - set(read_manual())

    def test_the_manual_is_the_documentation(self, repository: Path) -> None:
        """Each heading with a code is an entry, and its text is all up to the next heading."""
        for page in PAGES:
            file = repository / "docs" / page
            text = file.read_text(encoding="utf-8") if file.is_file() else ""
            headings = re.findall(r"^### (PYG\d{3}): ", text, re.MULTILINE)
            assert headings == [entry.code for entry in read_manual().values() if entry.page == page]
        assert all(entry.text for entry in read_manual().values())


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("One\ntwo.\n\nThree.", "One two.\n\nThree."),
        ("*Way out*: **do** `it` [there](x.md#y).", "Way out: do `it` there."),
        ("a * b * c, snake_case_name, `**kwargs`", "a * b * c, snake_case_name, `**kwargs`"),
        ("- one\n  more\n- two", "- one more\n- two"),
        ("```yaml\na:\n  - b\n\nc\n```", "    a:\n      - b\n\n    c"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a  b\n1  2"),
        ("#### A part\nText", "A part\n\nText"),
        ("word " * 30, ("word " * 16).strip() + "\n" + ("word " * 14).strip()),
    ],
)
def test_plain_text(markdown: str, plain: str) -> None:
    """What Markdown says, without the marks."""
    assert plain == plain_text(markdown, 80)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_it_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """With rich, as wide as the terminal, in its own colours."""
    pytest.importorskip("rich")
    terminal = Terminal()
    for name, setting in {"COLUMNS": "60", "TERM": "xterm"}.items():
        monkeypatch.setenv(name, setting)
    monkeypatch.setattr(sys, "stdout", terminal)
    assert 0 == main(["explain", "PYG002"])
    shown = terminal.getvalue()
    assert "\x1b[36minlineViews=true" in shown
    assert "`" not in shown
    assert "\x1b[48" not in shown
    assert all(len(re.sub(r"\x1b\[[\d;]*m", "", line).rstrip()) <= 60 for line in shown.splitlines() if "{" not in line)


class TestNames:
    """Names of an SDK."""

    @pytest.fixture(autouse=True)
    def generated(self, project: Path, pygen: Pygen) -> None:
        assert 0 == pygen("generate").code

    def test_a_field(self, pygen: Pygen) -> None:
        """What it is, where it is declared, and what it stands for."""
        shown = pygen("explain", "windfarm.sdk.WindTurbine.hub_height")
        assert (0, "") == (shown.code, shown.err)
        assert re.fullmatch(
            r"""windfarm\.sdk\.WindTurbine\.hub_height  field
  file        src/windfarm/sdk/wind_turbine\.py:\d+
  view        sp_windfarm:WindTurbine\(v1\)
  property    hubHeight
  stored in   sp_windfarm:WindTurbine\.hubHeight
  type        float32 \[length:m\], may be missing
  read as     WindTurbine\.hub_height
  written as  WindTurbineWrite\.hub_height; may be left out
  filters     hub_height, min_hub_height, max_hub_height
  about       Height of the rotor's centre above the ground or the sea\.
""",
            shown.out,
        )

    def test_codes_and_names_at_once(self, pygen: Pygen) -> None:
        """Codes first."""
        shown = pygen("explain", "WindTurbine", "PYG112").out
        assert shown.startswith("PYG112: ")
        assert "\n\nwindfarm.sdk.WindTurbine  class\n" in shown

    def test_for_programs(self, pygen: Pygen) -> None:
        """A document for each meaning."""
        document = pygen("explain", "windfarm_id", "--json").document
        assert ["windfarm.sdk.GeneratingUnit.windfarm_id", "windfarm.sdk.Metmast.windfarm_id"] == [
            name["symbol"] for name in document["names"]
        ]

    def test_a_name_that_nothing_has(self, pygen: Pygen) -> None:
        """Exit code 2 and the nearest one, in JSON too."""
        shown = pygen("explain", "WindTurbine.capcity")
        assert (2, "", True) == (shown.code, shown.out, "did you mean WindTurbine.capacity?" in shown.err)
        document = pygen("explain", "WindTurbine.capcity", "--json").document
        assert ("explain", 2, "WindTurbine.capcity") == (
            document["command"],
            document["exitCode"],
            document["error"]["key"],
        )

    @pytest.mark.parametrize("name", ["", ".", "WindTurbine.", ".capacity", "WindTurbine..capacity"])
    def test_a_name_with_a_hole(self, pygen: Pygen, name: str) -> None:
        """Stands for nothing, and not for the package."""
        shown = pygen("explain", name)
        assert (2, "", True) == (shown.code, shown.out, "there is no such name" in shown.err)

    def test_a_name_that_is_not_generated_yet(self, pygen: Pygen, project: Path) -> None:
        """Is explained all the same; a note says that the file lacks it."""
        (project / "src/windfarm/sdk/wind_turbine.py").unlink()
        shown = pygen("explain", "WindTurbine.hub_height")
        assert (0, True) == (shown.code, "  file        src/windfarm/sdk/wind_turbine.py\n" in shown.out)
        assert "note: src/windfarm/sdk/wind_turbine.py does not say so, or is not there" in shown.err

    def test_without_a_project(self, pygen: Pygen, project: Path) -> None:
        """`--output` names the package."""
        arguments = ["--model", "model/windfarm.json", "--target", "python", "--output", "out/farm"]
        assert 0 == pygen("generate", *arguments).code
        (project / "pyproject.toml").unlink()
        shown = pygen("explain", "WindTurbine.capacity", "--output", "out/farm")
        assert (0, True) == (shown.code, shown.out.startswith("farm.WindTurbine.capacity  field\n"))
        assert 2 == pygen("explain", "WindTurbine", "--output", "out/farm", "--sdk", "x").code
        assert (2, True) == (pygen("explain", "WindTurbine").code, "no pygen.toml" in pygen("explain", "X").err)

    def test_several_sdks(self, pygen: Pygen, project: Path) -> None:
        """Each answer says which SDK it is about."""
        sdk = '[[tool.pygen.sdk]]\nname = "{0}"\nmodel = "model/windfarm.json"\npython = {{ output = "src/{0}" }}\n'
        (project / "pyproject.toml").write_text(sdk.format("one") + sdk.format("two"), encoding="utf-8")
        shown = pygen("explain", "WindTurbine.capacity").out
        assert ["one (python)", "two (python)"] == re.findall(r"^  SDK +(.*)$", shown, re.MULTILINE)
        assert "SDK" not in pygen("explain", "WindTurbine.capacity", "--sdk", "two").out

    def test_many_meanings(self, pygen: Pygen, change: Callable[..., Any]) -> None:
        """Ten are shown, `-v` shows all."""

        def widen(model: dict[str, Any]) -> None:
            description = next(view for view in model["views"] if view["externalId"] == "WorkOrder")
            title = description["properties"]["title"]
            for number in range(12):
                view = {**description, "externalId": f"Copy{number}", "properties": {"headline": title}}
                model["views"].append(view)

        change(widen)
        assert "\nand 2 more (-v shows them)\n" in pygen("explain", "headline").out
        assert 12 == pygen("explain", "headline", "-v").out.count("  field\n")
