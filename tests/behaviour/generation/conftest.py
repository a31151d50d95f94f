"""SDKs of real models and of the corpus, generated once per session."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pygen.errors import Problem
from pygen.generation.base import TargetOptions, get_generator
from pygen.ir import build_model
from pygen.sources import load_containers, load_data_model
from tests.golden.cases import CASES, generate


@dataclass(frozen=True)
class Sdk:
    """
    A generated SDK.

    Attributes:
        name: The model's name; the package is called `<name>_sdk`.
        raw: The model as its file says it.
        problems: What the model was said to be wrong with.
    """

    name: str
    package: str
    folder: Path
    raw: dict[str, Any]
    problems: tuple[Problem, ...]

    def load(self) -> ModuleType:
        """The package, imported."""
        return importlib.import_module(self.package)


def write(folder: Path, files: dict[str, str]) -> None:
    """Write the files of a package."""
    folder.mkdir(parents=True)
    for path, text in files.items():
        (folder / path).write_text(text, encoding="utf-8", newline="\n")


@pytest.fixture(scope="session")
def sdk_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder on the import path."""
    folder = tmp_path_factory.mktemp("sdks")
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture(scope="session")
def real_sdks(shared: Path, sdk_root: Path) -> list[Sdk]:
    """The SDKs of the real models."""
    found: list[Sdk] = []
    for path in sorted((shared / "models").glob("*.json")):
        if ".containers" in path.name:
            continue
        containers = path.with_suffix(".containers.json")
        model, problems = build_model(
            load_data_model(path), containers=load_containers(containers) if containers.exists() else ()
        )
        package = f"{path.stem}_sdk"
        options = TargetOptions(package=package, client_name="RealClient", instance_space="my_data")
        write(sdk_root / package, dict(get_generator("python")(options).generate(model, {}).files))
        raw = json.loads(path.read_text(encoding="utf-8"))
        found.append(Sdk(path.stem, package, sdk_root / package, raw["items"][0] if "items" in raw else raw, problems))
    assert len(found) >= 23
    return found


@pytest.fixture(scope="session")
def corpus_packages(sdk_root: Path) -> list[str]:
    """The packages of the small models."""
    packages: list[str] = []
    for case in CASES:
        package = f"{case}_case"
        write(sdk_root / package, generate(case, "python"))
        packages.append(package)
    return packages
