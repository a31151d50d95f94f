"""What a person sees: commands in a pseudo-terminal, and its screen."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.terminal import TerminalSession

CONFIG = """
[tool.pygen]
model = "model/windfarm.json"
[tool.pygen.python]
output = "src/windfarm/sdk"
"""


@pytest.fixture(autouse=True)
def own_state_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks and journals of the tests stay with the tests."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def farm(tmp_path: Path, repository: Path) -> Path:
    """A project with the wind farm model, never generated."""
    root = tmp_path / "farm"
    (root / "model").mkdir(parents=True)
    shutil.copy(repository / "example_project" / "model" / "windfarm.json", root / "model")
    (root / "pyproject.toml").write_text(CONFIG, encoding="utf-8")
    return root


@pytest.fixture
def large_farm(farm: Path) -> Path:
    """The same with so many views that generating takes longer than nothing is shown."""
    return grown(farm, 500)


def grown(farm: Path, views: int) -> Path:
    """A project with many more views."""
    path = farm / "model" / "windfarm.json"
    document = json.loads(path.read_bytes())
    (model,) = document["items"]
    turbine = next(view for view in model["views"] if view["externalId"] == "WindTurbine")
    model["views"] += [{**turbine, "externalId": f"Turbine{number}"} for number in range(views)]
    path.write_text(json.dumps(document), encoding="utf-8")
    return farm


def look(session: TerminalSession, code: int = 0) -> list[str]:
    """The screen when the command has ended, as it should leave a terminal."""
    assert code == session.wait(), session.text
    assert not session.screen.cursor.hidden
    attributes = session.screen.cursor.attrs
    assert ("default", "default", False) == (attributes.fg, attributes.bg, attributes.bold)
    assert 0 == session.screen.cursor.x
    return session.lines


def colours(session: TerminalSession) -> set[str]:
    """The colours on the screen."""
    return {cell.fg for line in session.screen.buffer.values() for cell in line.values()} - {"default"}


class TestTheTree:
    """`pygen show`."""

    def test_at_80_columns(self, farm: Path) -> None:
        """Aligned and coloured; each line of the tree is a line of the screen."""
        with TerminalSession("show", "WindTurbine", cwd=farm) as session:
            lines = look(session)
            assert 14 == len(lines)
            assert "   \u251c\u2500 hubHeight     float32 [length:m]" == lines[6]
            assert lines[7].endswith("metmasts      => Metmast[]        edges of type sp_windfarm:Distance; w...")
            assert {"cyan", "magenta"} <= colours(session)
            assert session.screen.buffer[0][0].bold

    def test_at_40_columns(self, farm: Path) -> None:
        """Notes make room; names and types stay."""
        with TerminalSession("show", "WindTurbine", cwd=farm, columns=40) as session:
            lines = look(session)
            assert "   \u251c\u2500 metmasts      => Metmast[]" == lines[7]
            assert "   \u251c\u2500 workOrders    <- WorkOrder[]" == lines[12]
            assert 14 == len(lines)

    @pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["no-color", "dumb"])
    def test_without_colours(self, farm: Path, env: dict[str, str]) -> None:
        """Not a single escape sequence."""
        with TerminalSession("show", "Blade", cwd=farm, env=env) as session:
            look(session)
            assert b"\x1b" not in session.raw

    def test_a_terminal_that_is_not_utf8(self, farm: Path) -> None:
        """A tree of plain characters."""
        env = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        with TerminalSession("show", "Blade", cwd=farm, env=env) as session:
            lines = look(session)
            assert session.raw.isascii()
            assert "   |- isDamaged        boolean                default false" == lines[4]


class TestLongWork:
    """Generating a large model."""

    def test_progress_is_shown_and_leaves_nothing(self, large_farm: Path) -> None:
        """A line while it lasts; in the end the result alone."""
        pytest.importorskip("rich")
        with TerminalSession("generate", cwd=large_farm) as session:
            session.wait_for(
                lambda seen: re.search(r"(reading the model|rendering views|writing)", seen.text) is not None
            )
            assert 1 == len(session.lines)
            (line,) = look(session)
            assert re.fullmatch(r"python: src/windfarm/sdk: \d+ of \d+ files written", line)

    def test_ctrl_c(self, farm: Path) -> None:
        """Exit code 130, one clean line, nothing half done, and the next run does it all."""
        large_farm = grown(farm, 1500)  # long enough for a slow hand on the keyboard
        with TerminalSession("generate", cwd=large_farm) as session:
            session.wait_for(lambda seen: "rendering views" in seen.text)
            session.press("\x03")
            assert ["pygen: error: interrupted"] == look(session, 130)
        assert not list(large_farm.rglob("*.tmp"))
        with TerminalSession("generate", "-q", cwd=large_farm) as session:
            assert [] == look(session)
        with TerminalSession("check", cwd=large_farm) as session:
            assert ["fresh"] == look(session)

    @pytest.mark.parametrize("arguments", [("-q",), ("--json",)], ids=["quiet", "json"])
    def test_no_progress_for_those_who_want_none(self, large_farm: Path, arguments: tuple[str, ...]) -> None:
        """Nothing that moves, and nothing to take away."""
        with TerminalSession("generate", *arguments, cwd=large_farm, rows=4000, columns=200) as session:
            look(session)
            assert b"\x1b" not in session.raw
            assert b"rendering" not in session.raw

    def test_a_dumb_terminal(self, large_farm: Path) -> None:
        """Gets the result alone."""
        with TerminalSession("generate", cwd=large_farm, env={"TERM": "dumb"}) as session:
            look(session)
            assert b"\x1b" not in session.raw


class TestMessages:
    """Errors and help."""

    def test_an_error(self, farm: Path) -> None:
        """Red, and the colour ends with it."""
        with TerminalSession("show", "WindTurbin", cwd=farm) as session:
            lines = look(session, 2)
            said = " ".join("".join(lines).split())
            assert said.startswith("pygen: error: WindTurbin: no view of sp_windfarm:Windfarm(v1) matches")
            assert {"red"} == colours(session)

    def test_hostile_text(self, farm: Path) -> None:
        """A model cannot move the cursor, nor colour what follows."""
        path = farm / "model" / "windfarm.json"
        document: dict[str, Any] = json.loads(path.read_bytes())
        document["items"][0]["views"][0]["description"] = "\x1b[2J\x1b[31m\x1b[?25l\rgone \x9b5m"
        path.write_text(json.dumps(document), encoding="utf-8")
        with TerminalSession("show", "-v", "Blade", cwd=farm, columns=120) as session:
            lines = look(session)
            assert lines[0].startswith("sp_windfarm:Windfarm(v1)")
            assert "\\x1b[2J\\x1b[31m\\x1b[?25l gone \\x9b5m" in lines[3]

    @pytest.mark.parametrize("columns", [80, 110])
    def test_help_fits(self, farm: Path, columns: int) -> None:
        """No line is cut by the edge of the screen."""
        for command in ("show", "explain", "generate", "completion"):
            with TerminalSession(command, "--help", cwd=farm, columns=columns, rows=80) as session:
                look(session)
                printed = session.raw.decode().replace("\r", "").splitlines()
                assert max(map(len, printed)) <= columns
                assert len(printed) == len(session.lines)

    def test_the_commands_in_groups(self, farm: Path) -> None:
        """`pygen` alone: what there is, on one screen."""
        with TerminalSession(cwd=farm, rows=30) as session:
            lines = look(session, 2)
            assert ["every day:", "the data model:", "set-up:", "without CDF:"] == [
                line for line in lines if line.endswith(":") and not line.startswith(" ")
            ]
            assert max(map(len, lines)) < 80

    def test_a_code(self, farm: Path) -> None:
        """Rendered at the width of the terminal."""
        pytest.importorskip("rich")
        with TerminalSession("explain", "PYG002", cwd=farm, columns=60) as session:
            lines = look(session)
            assert "PYG002: A view is only named, not defined" == lines[0]
            assert "`" not in session.text
            assert "cyan" in colours(session)


def test_watch(farm: Path) -> None:
    """A line for each generation, the state below; Ctrl-C ends it cleanly."""
    pytest.importorskip("watchfiles")
    with TerminalSession("watch", cwd=farm) as session:
        session.wait_for(lambda seen: "files written" in seen.text and "fresh" in seen.lines[-1])
        path = farm / "model" / "windfarm.json"
        document = json.loads(path.read_bytes())
        document["items"][0]["views"][0]["description"] = "Something else."
        path.write_text(json.dumps(document), encoding="utf-8")
        session.wait_for(lambda seen: 2 == seen.text.count(" written in ") and "fresh" in seen.lines[-1])
        session.press("\x03")
        lines = look(session)
        assert "^C" not in session.text
        assert "Traceback" not in session.text
        assert all(len(line) <= 80 for line in lines)
