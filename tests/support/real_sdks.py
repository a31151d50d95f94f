"""Real data models, filled with mock data in a sandbox, and the SDKs that are generated for them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from pygen.generation.base import TargetOptions, get_generator
from pygen.ir import build_model
from pygen.sandbox import Sandbox
from pygen.sources import load_containers, load_data_model

__all__ = ["Real", "apis_of", "real_sdk"]


class Real(NamedTuple):
    """
    A real model in a sandbox, and its SDK.

    Attributes:
        path: The file of the model.
        sandbox: Holds the model and mock data.
        package: The SDK; its clients are `RealClient` and `AsyncRealClient`.
    """

    path: Path
    sandbox: Sandbox
    package: ModuleType

    def connection(self) -> dict[str, Any]:
        """What clients need to know to reach the sandbox over HTTP."""
        return {"base_url": self.sandbox.base_url, "project": self.sandbox.project, "credentials": self.sandbox.token}


@contextmanager
def real_sdk(shared: Path, folder: Path, model: str, *, topic: str, mock: int, seed: int = 0) -> Iterator[Real]:
    """
    Generate an SDK, and fill a sandbox.

    Args:
        shared: The folder of facts and real models.
        folder: Where the SDK is written.
        model: The name of the model.
        topic: What sets the package apart from those of other tests.
        mock: How many instances each view gets.
        seed: What their values depend on.
    """
    path = shared / "models" / f"{model}.json"
    containers = path.with_suffix(".containers.json")
    built, _ = build_model(load_data_model(path), containers=load_containers(containers) if containers.exists() else ())
    name = f"{model}_{topic}"
    options = TargetOptions(package=name, client_name="RealClient", instance_space="my_data")
    (folder / name).mkdir()
    for file, text in get_generator("python")(options).generate(built, {}).files.items():
        (folder / name / file).write_text(text, encoding="utf-8")
    sys.path.insert(0, str(folder))
    try:
        with Sandbox(path, mock=mock, seed=seed) as sandbox:
            yield Real(path, sandbox, importlib.import_module(name))
    finally:
        sys.path.remove(str(folder))


def apis_of(client: Any) -> list[Any]:
    """The view APIs of a client of either kind."""
    return [getattr(client, name) for name, value in vars(type(client)).items() if hasattr(value, "_module")]
