"""Same input, same bytes."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.golden.cases import CASES, generate

SCRIPT = """
import hashlib, json, sys
from pathlib import Path
from pygen.generation.base import TargetOptions, get_generator
from pygen.ir import build_model
from pygen.sources import load_data_model

model, _ = build_model(load_data_model(Path(sys.argv[1])))
generated = get_generator("python")(TargetOptions("sdk", "TheClient")).generate(model, {})
print(hashlib.sha256(json.dumps([sorted(generated.files.items()), generated.ledger]).encode()).hexdigest())
"""


def shuffled(value: object, rng: random.Random) -> object:
    """The same JSON with its keys, and the views of the model, in another order."""
    if isinstance(value, dict):
        keys = rng.sample(sorted(value), len(value))
        changed = {key: shuffled(value[key], rng) for key in keys}
        views = changed.get("views")
        if isinstance(views, list):
            rng.shuffle(views)
        return changed
    return [shuffled(item, rng) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", ["cognite_core", "omni", "isa_manufacturing"])
def test_bytes_are_equal_everywhere(shared: Path, repository: Path, tmp_path: Path, name: str) -> None:
    """Two hash seeds, two working directories and a shuffled model give equal files and equal names."""
    original = shared / "models" / f"{name}.json"
    other = tmp_path / "shuffled.json"
    raw = shuffled(json.loads(original.read_text(encoding="utf-8")), random.Random(7))
    other.write_text(json.dumps(raw), encoding="utf-8")
    digests = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT, str(path)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(repository), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for path, folder, seed in [(original, tmp_path, "1"), (original, repository, "2"), (other, tmp_path, "3")]
    }

    assert 1 == len(digests)


@pytest.mark.parametrize("case", CASES)
def test_a_second_run_gives_the_same(case: str) -> None:
    """Generating leaves nothing behind that a second generation would see."""
    assert generate(case, "python") == generate(case, "python")
