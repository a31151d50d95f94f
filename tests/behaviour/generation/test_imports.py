"""Generated packages can be imported, and their classes built."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from tests.behaviour.generation.conftest import Sdk


def load_everything(package: str) -> int:
    """Import every module of a package and build every class; returns the number of classes."""
    loaded = importlib.import_module(package)
    folder = Path(str(loaded.__file__)).parent
    for path in sorted(folder.glob("*.py")):
        importlib.import_module(f"{package}.{path.stem}" if path.stem != "__init__" else package)
    built = 0
    for name in loaded.__all__:
        cls = getattr(loaded, name)
        if issubclass(cls, BaseModel):
            cls.model_rebuild()
            built += 1
    return built


def test_every_module_of_the_real_models(real_sdks: list[Sdk]) -> None:
    """All modules load, and pydantic builds all classes without a warning."""
    for sdk in real_sdks:
        assert load_everything(sdk.package) >= len(sdk.raw["views"])


def test_every_module_of_the_corpus(corpus_packages: list[str]) -> None:
    """Models made to be difficult load likewise."""
    for package in corpus_packages:
        assert load_everything(package) > 0


def test_a_package_loads_nothing_before_it_is_used(real_sdks: list[Sdk], repository: Path) -> None:
    """Importing a large SDK loads its `__init__` alone; using one class loads its module and its parents'."""
    sdk = next(sdk for sdk in real_sdks if sdk.name == "cognite_core")
    code = (
        f"import sys, {sdk.package} as sdk\n"
        f"count = lambda: sum(name.startswith('{sdk.package}.') for name in sys.modules)\n"
        "before = count()\n"
        "sdk.CogniteAsset\n"
        "print(before, count())\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(sdk.folder.parent), str(repository)])}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    assert "0 4" == result.stdout.strip()


def python_313() -> str | None:
    """An interpreter of Python 3.13, where there is one."""
    home = Path.home() / ".pyenv" / "versions"
    candidates = [*sorted(home.glob("3.13*/bin/python")), *filter(None, [shutil.which("python3.13")])]
    return str(candidates[0]) if candidates else None


def test_python_3_13_compiles_the_output(real_sdks: list[Sdk], corpus_packages: list[str], sdk_root: Path) -> None:
    """Generated code is Python for every version that is supported."""
    interpreter = python_313()
    if interpreter is None:
        pytest.skip("no Python 3.13 on this machine")
    code = (
        "import pathlib, sys, warnings\n"
        "warnings.simplefilter('error')\n"
        "paths = list(pathlib.Path(sys.argv[1]).rglob('*.py'))\n"
        "for path in paths: compile(path.read_bytes(), str(path), 'exec')\n"
        "print(len(paths))\n"
    )
    result = subprocess.run([interpreter, "-I", "-c", code, str(sdk_root)], capture_output=True, text=True, check=False)

    assert (0, "") == (result.returncode, result.stderr)
    assert int(result.stdout) > len(real_sdks) + len(corpus_packages)
