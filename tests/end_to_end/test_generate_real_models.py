"""Real models through the command line: generated, fresh, repeatable; small edits make small diffs."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.generating import Installed, tree

NAMES = [
    "apm_simple",
    "apm_source_data",
    "cdm_extension_full",
    "cfihos_full",
    "cognite_core",
    "core_no_3d",
    "isa_manufacturing",
    "maintain",
    "movie_actors",
    "omni",
    "omni_multi_a",
    "omni_multi_b",
    "omni_multi_c",
    "power_ops",
    "power_ops_asset",
    "process_industry_extension",
    "pump_lift_stations",
    "pumps",
    "rmdm",
    "scenario_instance",
    "scene",
    "toolkit_populate",
    "wind_turbine",
]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A copy of pygen as it is installed."""
    return Installed(tmp_path_factory.mktemp("installed"))


@pytest.fixture
def run(tmp_path: Path, installed: Installed) -> Run:
    """Run `python -m pygen` in a temporary folder."""
    return lambda *arguments, **more: installed.run(*arguments, cwd=tmp_path, **more)


def copy_model(shared: Path, name: str, folder: Path) -> Path:
    """A model on its own, to be edited."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}.json"
    target.write_bytes((shared / "models" / f"{name}.json").read_bytes())
    return target


@pytest.mark.parametrize("name", NAMES)
def test_every_real_model_is_generated(shared: Path, tmp_path: Path, run: Run, name: str) -> None:
    """Generated, fresh, unchanged by a second run, and the same bytes elsewhere, under another hash seed and locale."""
    model = str(shared / "models" / f"{name}.json")
    first = run("generate", "--model", model, "--target", "python", "--output", name, PYTHONHASHSEED="1")
    assert (0, True) == (first.returncode, "files written" in first.stdout), first.stderr
    before = tree(tmp_path / name)
    assert all(path.endswith((".py", "py.typed", "pygen.lock")) for path in before)
    assert 0 == run("check", "--output", name).returncode
    again = run("generate", "--model", model, "--target", "python", "--output", name)
    assert "fresh (" in again.stdout
    assert before == tree(tmp_path / name)
    other = tmp_path / "other" / name
    run("generate", "--model", model, "--output", str(other), PYTHONHASHSEED="2", LC_ALL="C", TZ="Asia/Tokyo")
    after = tree(other)
    locks = [json.loads(files.pop("pygen.lock")) for files in (before, after)]
    for lock in locks:  # the way to the model is all that differs
        assert lock["sdks"][name]["request"].pop("model").endswith(f"{name}.json")
    assert before == after
    assert locks[0] == locks[1]


def test_every_real_model_is_in_the_list(shared: Path) -> None:
    """A model that is added to the corpus is tested."""
    found = {path.name.partition(".")[0] for path in (shared / "models").glob("*.json")}
    assert set(NAMES) == found


def test_one_description_touches_one_file(shared: Path, tmp_path: Path, run: Run) -> None:
    """The description of one view of a real model: one generated file and the lock, and check names the view."""
    model = copy_model(shared, "cognite_core", tmp_path)
    run("generate", "--model", str(model), "--output", "core")
    document = json.loads(model.read_bytes())
    chosen = next(view for view in document["items"][0]["views"] if view["externalId"] == "CogniteAsset")
    chosen["description"] = "Something that somebody wrote."
    model.write_text(json.dumps(document), encoding="utf-8")
    before = tree(tmp_path / "core")
    stale = run("check", "--output", "core", "--format", "json")
    assert (1, ["cdf_cdm:CogniteAsset(v1)"]) == (
        stale.returncode,
        [finding["subject"] for finding in json.loads(stale.stdout)["findings"]],
    )
    done = run("generate", "--output", "core", "--format", "json")
    after = tree(tmp_path / "core")
    assert {"cognite_asset.py", "pygen.lock"} == {path for path in after if after[path] != before[path]}
    assert ["cognite_asset.py"] == json.loads(done.stdout)["targets"][0]["written"]


def test_the_largest_model_fits(shared: Path, tmp_path: Path, installed: Installed) -> None:
    """183 views with 7,400 properties are generated in at most 300 MB, in a process of its own."""
    script = (
        "import sys\nfrom pygen.cli import main\n"
        "code = main(sys.argv[1:])\n"
        # Not the resource module's peak: it starts with the size of the process that started this one.
        "status = open('/proc/self/status').read()\n"
        "print(int(status.partition('VmHWM:')[2].split()[0]) // 1024)\nsys.exit(code)"
    )
    model = str(shared / "models" / "cfihos_full.json")
    done = subprocess.run(
        [sys.executable, "-c", script, "generate", "-q", "--model", model, "--output", "cfihos"],
        cwd=tmp_path,
        env=installed.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert 0 == done.returncode, done.stderr
    assert int(done.stdout.split()[-1]) <= 300


def test_writers_at_once_end_fresh(shared: Path, tmp_path: Path, run: Run) -> None:
    """Twelve generations overlap while the model changes: all of them succeed, and the last word is fresh."""
    model = copy_model(shared, "omni", tmp_path)
    document = json.loads(model.read_bytes())
    views = document["items"][0]["views"]
    outcomes: list[subprocess.CompletedProcess[str]] = []

    def work() -> None:
        outcomes.append(run("generate", "--model", str(model), "--output", "omni"))

    threads = [threading.Thread(target=work) for _ in range(12)]
    for index, thread in enumerate(threads):
        views[index % len(views)]["description"] = f"Revision {index}"
        document["items"][0]["views"] = views[: len(views) - index % 3]  # views come and go
        temporary = model.with_suffix(".tmp")
        temporary.write_text(json.dumps(document), encoding="utf-8")
        temporary.replace(model)
        thread.start()
    for thread in threads:
        thread.join()
    assert [(0, "")] * 12 == [(done.returncode, "") for done in outcomes], [done.stderr for done in outcomes]
    last = run("generate", "--model", str(model), "--output", "omni")
    assert 0 == last.returncode
    assert 0 == run("check", "--output", "omni").returncode
    incremental = tree(tmp_path / "omni")
    assert not [path for path in incremental if ".tmp" in path]
    # The names come from the ledger; everything else is as if it had been generated once.
    clean = tmp_path / "clean" / "omni"
    clean.mkdir(parents=True)
    (clean / "pygen.lock").write_bytes(incremental["pygen.lock"])
    run("generate", "--model", str(model), "--output", str(clean))
    after = tree(clean)
    del incremental["pygen.lock"], after["pygen.lock"]
    assert incremental == after
