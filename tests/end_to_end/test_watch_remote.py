"""`pygen watch --remote` and a sandbox, two processes that know each other by HTTP only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pygen.sandbox import Sandbox
from tests.end_to_end.generating import Installed
from tests.end_to_end.watching import WatchProcess
from tests.support.watching import CONFIG, Plant, eventually

REMOTE = CONFIG.replace(
    "[pygen.python]",
    'remote = { space = "sp", external_id = "Plant", version = "v1" }\n'
    '[pygen.environments.plant]\nprefix = "PLANT_"\n[pygen.python]',
)


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """A project that says where its data model is."""
    return Plant(tmp_path / "plant", REMOTE)


@pytest.fixture
def sandbox(plant: Plant) -> Iterator[Sandbox]:
    """Its data model behind a port."""
    with Sandbox(plant.model_file, token="secret-token") as sandbox:
        yield sandbox


def test_a_day_with_cdf(plant: Plant, sandbox: Sandbox, tmp_path: Path) -> None:
    """A view is changed there, CDF fails for a while, and at last the token is no longer taken."""
    installed = Installed(tmp_path / "installed")
    variables = {
        "PLANT_CDF_URL": sandbox.base_url,
        "PLANT_CDF_PROJECT": sandbox.project,
        "PLANT_CDF_TOKEN": sandbox.token,
    }
    options = ("--remote", "--interval", "1", "--env", "plant")
    in_cdf = tmp_path / "in_cdf.json"
    with WatchProcess(installed, plant.folder, *options, **variables) as watch:
        assert watch.wait_for("started")["remote"]
        assert "reachable" == watch.wait_for("remote")["state"]
        plant.model["views"][1]["description"] = "Changed in CDF."
        in_cdf.write_text(json.dumps(plant.model), encoding="utf-8")
        sandbox.load(in_cdf)
        eventually(lambda: plant.says("Tank", "Changed in CDF."), why=watch.events)
        sandbox.faults.add(status=503)
        assert "unreachable" == watch.wait_for("remote")["state"]
        assert any("sp:Tank(v1)" in event.get("summary", "") for event in watch.events)
        sandbox.faults.clear()
        assert "reachable" == watch.wait_for("remote")["state"]
        sandbox.faults.add(status=401)
        refused = watch.wait_for("remote")
        assert "refused" == refused["state"]
        model = json.loads(plant.model_file.read_bytes())["items"][0]
        plant.model = model
        plant.describe("Pump", "Still watching.")
        eventually(lambda: plant.says("Pump", "Still watching."), why=watch.events)
        assert 0 == watch.end()[0]
        told = json.dumps(watch.rest())
        assert "secret-token" not in told + watch.said()
    assert 0 == installed.run("check", cwd=plant.folder).returncode
