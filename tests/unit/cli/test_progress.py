"""What is shown of long work, and where."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pygen.cli.output import Output, OutputFormat
from pygen.cli.progress import shown_progress
from pygen.project.progress import no_progress


class Terminal(io.StringIO):
    """A terminal, which says when something was written to it."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self.touched = threading.Event()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]  # of a text stream
        return self._encoding

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        written = super().write(text)
        self.touched.set()
        return written


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that can move its cursor, whatever the tests themselves run in."""
    monkeypatch.setenv("TERM", "xterm")
    for name in ("NO_COLOR", "COLUMNS", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


@contextmanager
def on_terminal(encoding: str = "utf-8") -> Iterator[Terminal]:
    """Make stderr a terminal; within the test, since pytest captures streams anew when one begins."""
    terminal = Terminal(encoding)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", terminal)
        yield terminal


def wait_for(terminal: Terminal, text: str) -> None:
    """Wait until a text is on the terminal."""
    for _ in range(400):
        if text in terminal.getvalue():
            return
        terminal.touched.wait(0.05)
        terminal.touched.clear()
        time.sleep(0)
    raise AssertionError(f"{text!r} is not in {terminal.getvalue()[:500]!r}")


def test_long_work_is_shown_and_gone_in_the_end() -> None:
    """The step, and how many of how many; afterwards the line is cleared and the cursor is there."""
    pytest.importorskip("rich")
    with on_terminal() as terminal, shown_progress(Output(), patience_s=0) as progress:
        progress("rendering views", 3, 40)
        wait_for(terminal, "3/40")
        progress("writing \x1b[2J files", 0, None)
        wait_for(terminal, "writing \\x1b[2J files")
    shown = terminal.getvalue()
    assert "rendering views" in shown
    assert "/40" not in shown[shown.index("writing") :]
    assert shown.endswith("\x1b[2K")
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")


def test_short_work_shows_nothing() -> None:
    """Not a character."""
    with on_terminal() as terminal, shown_progress(Output(), patience_s=3600) as progress:
        progress("rendering views", 3, 40)
    assert "" == terminal.getvalue()


def test_an_interruption_leaves_a_clean_line() -> None:
    """The line is taken away on the way out."""
    pytest.importorskip("rich")

    def work(terminal: Terminal) -> None:
        with shown_progress(Output(), patience_s=0) as progress:
            progress("rendering views", 3, 40)
            wait_for(terminal, "3/40")
            raise KeyboardInterrupt

    with on_terminal() as terminal, pytest.raises(KeyboardInterrupt):
        work(terminal)
    assert terminal.getvalue().endswith("\x1b[2K")


def test_shapes_that_an_encoding_lacks() -> None:
    """A terminal without Unicode gets a line without it."""
    pytest.importorskip("rich")
    with on_terminal("ascii") as terminal, shown_progress(Output(), patience_s=0) as progress:
        progress("rendering views", 3, 40)
        wait_for(terminal, "3/40")
    assert terminal.getvalue().isascii()


def quiet() -> Output:
    """Output under `-q`."""
    output = Output()
    output.quiet = True
    return output


OUTPUTS = {"quiet": quiet(), "json": Output(OutputFormat.JSON), "github": Output(OutputFormat.GITHUB)}


@pytest.mark.parametrize("output", OUTPUTS.values(), ids=OUTPUTS)
def test_programs_and_the_quiet_see_nothing(output: Output) -> None:
    """Progress goes to nobody, at once."""
    with on_terminal(), shown_progress(output) as progress:
        assert no_progress is progress


@pytest.mark.parametrize("term", ["dumb", "", None])
def test_a_terminal_that_cannot_move_shows_nothing(monkeypatch: pytest.MonkeyPatch, term: str | None) -> None:
    """Nor one that does not say what it is."""
    if term is None:
        monkeypatch.delenv("TERM")
    else:
        monkeypatch.setenv("TERM", term)
    with on_terminal(), shown_progress(Output()) as progress:
        assert no_progress is progress


def test_a_pipe_shows_nothing() -> None:
    """A log file wants no moving line."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", io.StringIO())
        with shown_progress(Output()) as progress:
            assert no_progress is progress


def test_where_rich_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work goes on without a line: progress is no reason to need an extra."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with on_terminal(), shown_progress(Output()) as progress:
        assert no_progress is progress


def test_the_seam_loads_nothing() -> None:
    """A command that offers progress does not load rich for it."""
    script = "import sys; import pygen.cli.progress; assert 'rich' not in sys.modules"
    assert 0 == subprocess.run([sys.executable, "-c", script], check=False).returncode
