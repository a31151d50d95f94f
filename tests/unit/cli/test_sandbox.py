"""`pygen sandbox inspect`, and what the command refuses; serving is tested in tests/unit/sandbox/test_faults.py."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from pygen.errors import MissingExtraError
from pygen.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[3]
MODEL = ROOT / "example_project" / "model" / "windfarm.json"


def pygen(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [sys.executable, "-m", "pygen", "sandbox", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, encoding="utf-8")


def test_a_file_is_shown_in_numbers(tmp_path: Path) -> None:
    """Spaces, data models and views with counts, as text and as JSON."""
    file = tmp_path / "farm.db"
    with Sandbox(MODEL, mock=3, db=file) as sandbox:
        assert "sandbox" == sandbox.project
    text = pygen("inspect", "--db", str(file))
    assert (0, "") == (text.returncode, text.stderr)
    assert "  sp_windfarm:Windfarm(v1)  12 views" in text.stdout.splitlines()
    found = json.loads(pygen("inspect", "--db", str(file), "--format", "json").stdout)
    assert {"instances": 3} == found["views"]["sp_windfarm:WindTurbine(v1)"]
    assert {"views": 12} == found["dataModels"]["sp_windfarm:Windfarm(v1)"]
    assert found["spaces"]["sp_windfarm"]["edges"] > 0


def test_an_empty_file_is_shown_too(tmp_path: Path) -> None:
    """There is nothing, and that is said."""
    file = tmp_path / "empty.db"
    with Sandbox(db=file):
        pass
    assert ["spaces: none", "data models: none", "views: none"] == pygen(
        "inspect", "--db", str(file)
    ).stdout.splitlines()


def test_mistakes_are_named(tmp_path: Path) -> None:
    """A file that is not there is not made, one of another kind is left alone, and a count is a number."""
    missing = pygen("inspect", "--db", str(tmp_path / "missing.db"))
    assert 2 == missing.returncode
    assert "there is no such file" in missing.stderr
    assert [] == list(tmp_path.iterdir())
    other = tmp_path / "other.db"
    other.write_bytes(b"no database at all, but long enough to be one" * 50)
    wrong = pygen("inspect", "--db", str(other))
    assert 2 == wrong.returncode
    assert "other.db" in wrong.stderr
    assert "'-1' is not a number of instances" in pygen("serve", "--mock", "-1").stderr
    assert 2 == pygen("serve", "--model", str(tmp_path / "nowhere.json")).returncode


def test_the_command_without_its_extra_names_the_way_out() -> None:
    """Exit code 2, and the pip line."""
    script = (
        "import sys; sys.modules['uvicorn'] = None; from pygen.cli import main; sys.exit(main(['sandbox', 'serve']))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert 2 == done.returncode
    assert 'pygen sandbox needs uvicorn: pip install "pygen-cdf[sandbox]"' in done.stderr


def test_a_server_without_its_extra_is_the_same_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """In process the sandbox needs no server, so it works until one is asked for."""
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "pygen.sandbox.server", raising=False)
    with Sandbox() as sandbox, pytest.raises(MissingExtraError, match=r"pygen-cdf\[sandbox\]"):
        assert sandbox.base_url


def test_a_served_sandbox_tells_programs_where_it_is() -> None:
    """One document on stdout once requests are answered, with the environment that leads there."""
    pytest.importorskip("uvicorn")
    command = [sys.executable, "-m", "pygen", "sandbox", "serve", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or lines[-1] not in ("}\n", ""):
            lines.append(process.stdout.readline())
        document = json.loads("".join(lines))
        environment = document["environment"]
        headers = {"authorization": f"Bearer {environment['CDF_TOKEN']}"}
        url = f"{environment['CDF_URL']}/api/v1/token/inspect"
        assert 200 == httpx.get(url, headers=headers).status_code
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert ("sandbox serve", 0, environment["CDF_URL"]) == (
        document["command"],
        document["exitCode"],
        document["listeningOn"],
    )
