"""Mock data in files, as `pygen.sandbox.loading` reads it back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pygen.errors import OutputError
from pygen.sandbox.inputs import find_inputs
from pygen.sandbox.loading import instance_space, views_of, write_models
from pygen.sandbox.mock import mock_groups
from pygen.sandbox.store import Store, compact
from pygen.sandbox.tables import write_table

__all__ = ["MockFile", "write_mock_files"]


class MockFile(NamedTuple):
    """
    A file that was written.

    Attributes:
        path: The file.
        instances: How many instances it holds.
    """

    path: Path
    instances: int


def write_mock_files(
    models: Sequence[Path], output: Path, *, count: int, seed: int = 0, space: str | None = None, force: bool = False
) -> list[MockFile]:
    """
    Make up instances and write them as JSON and as CSV.

    They go into `json/<View>.json`, in the form in which the service takes them, and into `csv/<View>.csv`; the edges
    of a connection into files named `<View>.<property>`.

    Args:
        models: Data models: snapshots in the API's form, toolkit folders, GraphQL schemas.
        output: The folder.
        count: How many instances each view gets.
        seed: Decides what they look like.
        space: Where they are; None: where the models say, else where a data model is.
        force: Whether the folder may hold something already; files of the same names are overwritten.

    Raises:
        ConfigError: A model cannot be read.
        ModelError: A model is broken.
        OutputError: The folder holds something already, or cannot be written.
        MissingExtraError: A package is missing that reads such a model.
    """
    inputs = find_inputs(models)
    store = Store()
    try:
        write_models(store, inputs.models)
        groups = mock_groups(
            store.catalog,
            views_of(store, inputs.models),
            count=count,
            seed=seed,
            space=space or instance_space(store, inputs.models),
        )
        _prepare(output, force=force)
        return [file for group in groups for file in _write(output, group.name, list(group.instances))]
    except OSError as error:
        raise OutputError(
            f"cannot be written: {error.strerror or error}", paths=[str(error.filename or output)], exit_code=2
        ) from error
    finally:
        store.close()


def _prepare(output: Path, *, force: bool) -> None:
    if not force and output.is_dir() and any(output.iterdir()):
        raise OutputError(
            "the folder is not empty", paths=[str(output)], hint="name another one, or overwrite with --force"
        )
    for folder in ("json", "csv"):
        (output / folder).mkdir(parents=True, exist_ok=True)


def _write(output: Path, name: str, instances: list[dict[str, Any]]) -> list[MockFile]:
    if not instances:
        return []
    listed = ",\n".join(map(compact, instances))
    texts = {
        output / "json" / f"{name}.json": f"[\n{listed}\n]\n",
        output / "csv" / f"{name}.csv": write_table(instances),
    }
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    return [MockFile(path, len(instances)) for path in texts]
