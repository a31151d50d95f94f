"""The fixtures that users' own tests get, in a pytest run of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

MODEL = Path(__file__).resolve().parents[3] / "example_project" / "model" / "windfarm.json"

TESTS = """
import os
import httpx
import pytest

SOURCE = {"type": "view", "space": "sp_windfarm", "externalId": "WindTurbine", "version": "v1"}


def turbines(client, project):
    body = {"sources": [{"source": SOURCE}]}
    answer = client.post(f"/api/v1/projects/{project}/models/instances/list", json=body)
    return len(answer.json()["items"])


@pytest.mark.pygen_sandbox(model="windfarm.json", mock=4)
def test_in_process(pygen_sandbox):
    headers = {"authorization": f"Bearer {pygen_sandbox.token}"}
    with httpx.Client(base_url="http://x", transport=pygen_sandbox.transport(), headers=headers) as client:
        assert 4 == turbines(client, pygen_sandbox.project)


@pytest.mark.pygen_sandbox(mock=2, token="secret", projects=("plant",))
def test_behind_a_port(pygen_sandbox_env):
    assert ("plant", "secret") == (os.environ["CDF_PROJECT"], os.environ["CDF_TOKEN"])
    headers = {"authorization": f"Bearer {os.environ['CDF_TOKEN']}"}
    with httpx.Client(base_url=os.environ["CDF_URL"], headers=headers) as client:
        assert 2 == turbines(client, "plant")


def test_each_has_its_own(pygen_sandbox):
    headers = {"authorization": "Bearer any"}
    with httpx.Client(base_url="http://x", transport=pygen_sandbox.transport(), headers=headers) as client:
        assert 0 == turbines(client, "sandbox")
    assert "CDF_URL" not in os.environ
"""


def test_fixtures_marker_and_setting(tmp_path: Path) -> None:
    """A test gets a sandbox of its own: what the marker says, else with the models of the setting."""
    (tmp_path / "windfarm.json").write_bytes(MODEL.read_bytes())
    (tmp_path / "test_farm.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\npygen_model = windfarm.json\naddopts = --strict-markers\nfilterwarnings = error\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_the_plug_in_loads_nothing_before_it_is_used(tmp_path: Path) -> None:
    """A pytest run without a sandbox pays for none."""
    heavy = {"uvicorn", "pygen.sandbox.sandbox", "pygen.sandbox.service"}
    (tmp_path / "test_nothing.py").write_text(
        f"import sys\n\n\ndef test_it():\n    assert not {heavy!r} & set(sys.modules)\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert 0 == done.returncode, done.stdout + done.stderr
