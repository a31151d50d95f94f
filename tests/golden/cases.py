"""
The golden cases: what each target prints for each model of `tests/corpus`.

`<case>/expected/<target>/` holds the files; `revisions.json` says with which `OUTPUT_REVISION` of the target they were
accepted, and their digests. `hatch run regen` (`python -m tests.golden.regen`) rewrites both, tests never do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from pygen.generation.base import TargetOptions, get_generator
from pygen.ir import build_model
from pygen.ir.models import IRModel
from pygen.sources import load_containers, load_data_model

__all__ = [
    "CASES",
    "GOLDEN",
    "OPTIONS",
    "TARGETS",
    "accepted",
    "digest",
    "expected_files",
    "expected_folder",
    "generate",
    "model_of",
    "write_accepted",
]

GOLDEN = Path(__file__).resolve().parent
CORPUS = GOLDEN.parent / "corpus"
TARGETS = ("python",)
CASES = {
    path.parent.name: path
    for path in sorted(CORPUS.glob("*/model.*"))
    if path.suffix in {".yaml", ".json"} and ".containers" not in path.name
}
_REVISIONS = GOLDEN / "revisions.json"


OPTIONS = TargetOptions(package="sdk", client_name="ExampleClient", instance_space="my_data")


def model_of(case: str) -> IRModel:
    """The model of *case*."""
    path = CASES[case]
    containers = next(iter(sorted(path.parent.glob("model.containers.*"))), None)
    model, _ = build_model(load_data_model(path), containers=load_containers(containers) if containers else ())
    return model


def generate(case: str, target: str) -> dict[str, str]:
    """What *target* prints for *case*: path -> text."""
    return dict(get_generator(target)(OPTIONS).generate(model_of(case), {}).files)


def expected_folder(case: str, target: str) -> Path:
    """Where the expected files of a case are."""
    return GOLDEN / case / "expected" / target


def expected_files(case: str, target: str) -> dict[str, str]:
    """The files that were accepted: path -> text."""
    folder = expected_folder(case, target)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().decode("utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def digest(files: Mapping[str, str]) -> str:
    """One digest of files and their paths."""
    return hashlib.sha256(json.dumps(sorted(files.items())).encode()).hexdigest()[:32]


def accepted() -> dict[str, tuple[int, dict[str, str]]]:
    """Target -> the output revision the files were accepted with, and their digests by case."""
    raw = json.loads(_REVISIONS.read_text(encoding="utf-8")) if _REVISIONS.exists() else {}
    return {target: (entry["revision"], entry["cases"]) for target, entry in raw.items()}


def write_accepted(revisions: Mapping[str, tuple[int, Mapping[str, str]]]) -> None:
    """Note what was accepted."""
    raw = {target: {"revision": number, "cases": cases} for target, (number, cases) in revisions.items()}
    _REVISIONS.write_text(json.dumps(raw, indent=2, sort_keys=True) + "\n", encoding="utf-8", newline="\n")
