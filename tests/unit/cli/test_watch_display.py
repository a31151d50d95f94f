"""What a person or a program sees of a watcher."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from pygen.cli.output import Output
from pygen.cli.watch_display import JsonLines, Lines, ReaderGone, StatusLine
from pygen.errors import ConfigError, LockedError, Problem, Severity
from pygen.watch.events import (
    Broken,
    ConfigReloaded,
    Event,
    Fresh,
    Generated,
    PollingInstead,
    RemoteChanged,
    RemoteState,
    RemoteStateChanged,
    Repaired,
    Started,
    Stopped,
    Upgraded,
    Warned,
)

STARTED = Started(Path("/p/windfarm"), ("default",), 7, remote=True)
GENERATED = Generated(("a.py", "b.py"), ("c.py",), ("d.py",), ("sp:A(v1)",), ("m.json",), 41.4)

Captured = pytest.CaptureFixture[str]


def noon() -> str:
    """A clock that stands still."""
    return "12:00:00"


def lines(*, quiet: bool = False, verbose: bool = False) -> Lines:
    """Lines for people."""
    output = Output(verbose=verbose)
    output.quiet = quiet
    return Lines(output, noon)


@pytest.mark.parametrize(
    ("event", "out", "err"),
    [
        (STARTED, "12:00:00 watching /p/windfarm (default), and at CDF\n", ""),
        (
            Started(Path("/p"), ("a", "b"), 7, poll_ms=300),
            "12:00:00 watching /p (a, b), looking every 300 ms\n",
            "",
        ),
        (
            GENERATED,
            "12:00:00 m.json changed: 2 files written, 1 removed in 41 ms; sp:A(v1)\n",
            "warning: d.py: no longer generated, but edited by hand; it stays, and is yours\n",
        ),
        (Generated(("a.py",), (), (), (), (), 5), "12:00:00 1 file written in 5 ms\n", ""),
        (Generated((), (), (), (), ("m.json",), 5), "12:00:00 m.json changed: pygen.lock written in 5 ms\n", ""),
        (Fresh(()), "12:00:00 the code is fresh\n", ""),
        (Fresh(tuple("abcdefg")), "12:00:00 a, b, c, d, e and 2 more changed: the code is fresh\n", ""),
        (
            Broken(ConfigError("odd", key="m.json")),
            "",
            "warning: 12:00:00 broken: m.json: odd\nnote: the code stays as it was generated last\n",
        ),
        (
            Broken(ZeroDivisionError("oh")),
            "",
            (
                "warning: 12:00:00 broken: internal error: ZeroDivisionError: oh (please report it)\n"
                "note: the code stays as it was generated last\n"
            ),
        ),
        (Repaired(), "12:00:00 repaired\n", ""),
        (ConfigReloaded(("a",)), "12:00:00 the configuration changed; watching for a\n", ""),
        (RemoteStateChanged(RemoteState.REACHABLE), "12:00:00 CDF: reachable\n", ""),
        (
            RemoteStateChanged(RemoteState.UNREACHABLE, "no route"),
            "",
            "warning: 12:00:00 CDF cannot be reached: no route\nnote: asking again, ever more rarely\n",
        ),
        (
            RemoteStateChanged(RemoteState.REFUSED, "401"),
            "",
            (
                "warning: 12:00:00 CDF refuses: 401\n"
                "note: not asking again; files are still watched, and a restart asks anew\n"
            ),
        ),
        (RemoteChanged("default", "m.json", "1 change"), "12:00:00 CDF: wrote m.json: 1 change\n", ""),
        (
            PollingInstead("limit reached", 300),
            "",
            "warning: 12:00:00 limit reached\nnote: looking at the files every 300 ms instead\n",
        ),
        (
            Upgraded("1.0", "2.0"),
            "",
            "warning: 12:00:00 pygen-cdf was upgraded (2.0; this is 1.0): restart pygen watch\n",
        ),
        (Upgraded("1.0", ""), "", "warning: 12:00:00 pygen-cdf was upgraded: restart pygen watch\n"),
        (Stopped("SIGTERM"), "12:00:00 stopped (SIGTERM)\n", ""),
        (
            Warned("default", (Problem("sp:A(v1)", "PYG012", "odd", severity=Severity.WARNING),)),
            "",
            "sp:A(v1): warning PYG012: odd\n",
        ),
    ],
)
def test_lines(event: Event, out: str, err: str, capsys: Captured) -> None:
    """Results on stdout, problems on stderr."""
    lines().show(event)
    assert (out, err) == capsys.readouterr()


def test_quiet(capsys: Captured) -> None:
    """Only problems."""
    for event in (STARTED, GENERATED._replace(left=()), Fresh(()), Repaired(), Broken(ConfigError("odd")), Stopped()):
        lines(quiet=True).show(event)
    assert ("", "warning: 12:00:00 broken: odd\n") == capsys.readouterr()


def test_verbose(capsys: Captured) -> None:
    """Every file by name."""
    lines(verbose=True).show(GENERATED)
    assert ["wrote a.py", "wrote b.py", "removed c.py"] == [
        line.strip() for line in capsys.readouterr().out.splitlines()[1:]
    ]


def test_text_of_models_cannot_rewrite_a_terminal(capsys: Captured) -> None:
    """Control characters are escaped, in lines and in the status line."""
    lines().show(GENERATED._replace(views=("sp:\x1b[2J(v1)",)))
    assert "\x1b" not in capsys.readouterr().out
    status = StatusLine(noon)
    status.note(STARTED._replace(root=Path("/p/a\x1b[2Jb")))
    assert "\x1b" not in "".join(text for text, _ in status.pieces())


def test_json_lines(capsys: Captured) -> None:
    """One object per line."""
    shown = JsonLines()
    shown.show(STARTED)
    shown.show(Repaired())
    shown.failed(LockedError("windfarm"))
    documents = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert ["started", "repaired", "failed"] == [document["event"] for document in documents]
    assert 2 == documents[-1]["exitCode"]


def test_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Said as such, not as an error of the watcher."""

    class Closed(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    monkeypatch.setattr("sys.stdout", Closed())
    with pytest.raises(ReaderGone):
        lines().show(STARTED)
    with pytest.raises(ReaderGone):
        JsonLines().show(STARTED)


def test_the_status_line() -> None:
    """What is watched, how it is, when it was generated last, and how it stands with CDF."""
    status = StatusLine(noon)
    said = []
    for event in (
        STARTED,
        GENERATED,
        RemoteStateChanged(RemoteState.REACHABLE),
        Broken(ConfigError("odd")),
        RemoteStateChanged(RemoteState.UNREACHABLE),
        Repaired(),
        Upgraded("1.0", "2.0"),
    ):
        status.note(event)
        said.append("".join(text for text, _ in status.pieces()).removesuffix("  Ctrl-C ends"))
    assert [
        "watching windfarm  starting  CDF not asked yet",
        "watching windfarm  fresh  generated 12:00:00  CDF not asked yet",
        "watching windfarm  fresh  generated 12:00:00  CDF reachable",
        "watching windfarm  broken  generated 12:00:00  CDF reachable",
        "watching windfarm  broken  generated 12:00:00  CDF unreachable",
        "watching windfarm  fresh  generated 12:00:00  CDF unreachable",
        "watching windfarm  fresh  generated 12:00:00  CDF unreachable  restart: pygen-cdf was upgraded",
    ] == said
