"""`pygen mock` writes made-up instances."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.unit.cli.conftest import Outcome

Pygen = Callable[..., Outcome]


def test_mock_writes_json_and_csv(project: Path, pygen: Pygen) -> None:
    """A file of each kind for each view and connection; the sum is told, and each file with `-v`."""
    done = pygen("mock", "--model", "model/windfarm.json", "--count", "3", "--seed", "1", "--output", "out")
    files = sorted(path.relative_to(project / "out").as_posix() for path in (project / "out").rglob("*.*"))
    assert 0 == done.code
    assert {"json/WindTurbine.json", "csv/WindTurbine.csv"} <= set(files)
    assert f" instances in {len(files)} files of out" in done.out
    assert 3 == len(json.loads((project / "out" / "json" / "WindTurbine.json").read_text(encoding="utf-8")))
    again = pygen("mock", "--model", "model/windfarm.json", "--output", "out", "--force", "-v")
    assert "WindTurbine.json: 10" in again.out.replace("\\", "/")


def test_mock_tells_programs_what_it_wrote(project: Path, pygen: Pygen) -> None:
    """One document, with every file and how many instances it holds."""
    done = pygen("mock", "--model", "model", "--count", "2", "--output", "out", "--space", "here", "--format", "json")
    document = json.loads(done.out)
    assert ("mock", 0) == (document["command"], document["exitCode"])
    assert {"path": "out/json/WindTurbine.json", "instances": 2} in document["files"]
    text = (project / "out" / "csv" / "WindTurbine.csv").read_text(encoding="utf-8")
    assert "\nhere,WindTurbine:1," in text


def test_mock_overwrites_nothing_unasked(project: Path, pygen: Pygen) -> None:
    """A folder with something in it is left as it is."""
    (project / "out").mkdir()
    (project / "out" / "mine.txt").write_text("x", encoding="utf-8")
    done = pygen("mock", "--model", "model/windfarm.json", "--output", "out")
    assert 1 == done.code
    assert "the folder is not empty: out (name another one, or overwrite with --force)" in done.err


def test_mock_wants_a_number(pygen: Pygen) -> None:
    """No instances are none to make up."""
    done = pygen("mock", "--model", "m.json", "--output", "out", "--count", "0")
    assert (2, True) == (done.code, "'0' is no whole number of at least 1" in done.err)
    assert 2 == pygen("mock", "--model", "gone.json", "--output", "out").code
