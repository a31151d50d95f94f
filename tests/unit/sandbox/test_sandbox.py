"""`Sandbox`: what it loads, how its projects and files are kept apart, and how it ends."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from pygen.errors import ConfigError
from pygen.sandbox import Sandbox, Settings

MODEL = Path(__file__).resolve().parents[3] / "example_project" / "model" / "windfarm.json"


def spaces(sandbox: Sandbox, project: str) -> list[str]:
    """The spaces of a project."""
    headers = {"authorization": f"Bearer {sandbox.token}"}
    with httpx.Client(base_url="http://x", transport=sandbox.transport(), headers=headers) as client:
        answer = client.get(f"/api/v1/projects/{project}/models/spaces", params={"limit": 1000})
    return [item["space"] for item in answer.json()["items"]]


def test_projects_have_files_of_their_own(tmp_path: Path) -> None:
    """The first one has the file that is named, others lie beside it; what they hold is there again."""
    file = tmp_path / "plant.db"
    with Sandbox(MODEL, db=file, projects=("a", "b")) as sandbox:
        assert (["sp_windfarm"], []) == (spaces(sandbox, "a"), spaces(sandbox, "b"))
        sandbox.load(MODEL, project="b")
    assert {"plant.db", "plant.b.db"} == {path.name for path in tmp_path.iterdir()}
    with Sandbox(db=file, projects=("a", "b")) as sandbox:
        assert (["sp_windfarm"], ["sp_windfarm"]) == (spaces(sandbox, "a"), spaces(sandbox, "b"))


def test_the_same_seed_makes_the_same_data() -> None:
    """Another seed makes other data."""
    made = []
    for seed in (1, 1, 2):
        with Sandbox(MODEL, mock=5, seed=seed) as sandbox:
            rows = sandbox.store().db.execute("SELECT space, external_id, type_id FROM instance ORDER BY id")
            values = sandbox.store().db.execute("SELECT * FROM c1 ORDER BY id")
            made.append((rows.fetchall(), values.fetchall()))
    assert made[0] == made[1] != made[2]


def test_an_address_is_there_when_it_is_asked_for() -> None:
    """The server starts at the first look, keeps its address, and is gone afterwards."""
    with Sandbox() as sandbox:
        address = sandbox.base_url
        assert address == sandbox.base_url
        assert 200 == httpx.get(f"{address}/").status_code
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address}/")


def test_settings_decide_open_questions() -> None:
    """They belong to every project of the sandbox."""
    with Sandbox(settings=Settings(version_conflict_status=400), projects=("a", "b")) as sandbox:
        assert [400, 400] == [sandbox.store(name).settings.version_conflict_status for name in ("a", "b")]


def test_what_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    """A path that leads nowhere, and a file that is something else."""
    with pytest.raises(ConfigError, match="nowhere"):
        Sandbox(tmp_path / "nowhere.json")
    other = tmp_path / "other.db"
    other.write_text("not a database, but quite a text " * 100, encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be used as a database"):
        Sandbox(db=other)
    assert "quite a text" in other.read_text(encoding="utf-8")
