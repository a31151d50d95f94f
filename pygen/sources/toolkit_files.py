"""
Which files of a folder of the Cognite Toolkit make a data model; seen from their names, with the standard library only.

The toolkit deploys `<anything>.<kind>.yaml`, whatever the folders are called. Two kinds of files are ours: a data model
in the API's read shape (`<anything>.datamodel.json`, with `<anything>.containers.json` beside it) tells what the folder
builds upon but does not define, such as the system's data model.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from pygen.errors import ConfigError

__all__ = ["GRAPHQL", "READ_CONTAINERS", "READ_MODEL", "SCHEMA", "VARIABLES", "kind_of", "toolkit_files"]

GRAPHQL = "graphql"
READ_CONTAINERS = "containers.json"
READ_MODEL = "datamodel.json"
SCHEMA = "graphqlschema"
VARIABLES = "variables"

_KINDS = re.compile(r"(?:^|\.)(space|container|view|datamodel|graphqlschema|node|edge)\.ya?ml$", re.IGNORECASE)
_READ_KINDS = (READ_MODEL, READ_CONTAINERS)
_VARIABLE_FILES = re.compile(r"variables\.json|default\.config\.ya?ml|config\.[^.]+\.ya?ml")
_GRAPHQL_SUFFIXES = (".graphql", ".gql")
_INSTANCES = frozenset({"node", "edge"})
_MODULES = "modules"
"""The toolkit's own name for the folder that holds all modules; the files with values lie beside it."""


def kind_of(path: Path) -> str | None:
    """
    What a file holds.

    Returns:
        `space`, `container`, `view`, `datamodel`, `node`, `edge`, or a constant of this module; None: nothing of a
        toolkit's data model.
    """
    name = path.name.lower()
    if _VARIABLE_FILES.fullmatch(name) is not None:
        return VARIABLES
    found = _KINDS.search(name)
    if found is not None:
        return found[1]
    if name.endswith(_GRAPHQL_SUFFIXES):
        return GRAPHQL
    return next((kind for kind in _READ_KINDS if name.endswith(f".{kind}")), None)


def toolkit_files(path: Path) -> tuple[Path, ...]:
    """
    The files that a data model is read from.

    Args:
        path: The folder; or one of its data model files, which leaves the other data models out.

    Returns:
        In the order of their paths, without hidden folders. Files with values are looked for in the folders above as
        well, as far as the one that holds the folder `modules`. Schemas in GraphQL belong to the folder only if one of
        its files says which data model they are.

    Raises:
        ConfigError: A folder cannot be read.
    """
    is_file = not path.is_dir()
    root = path.parent if is_file else path
    found = {file: kind for file, kind in _within(root) if not (is_file and kind == "datamodel" and file != path)}
    has_schema = SCHEMA in found.values()
    kept = [file for file, kind in found.items() if has_schema or kind != GRAPHQL]
    return tuple(sorted([*kept, *_values_above(root)]))


def _within(root: Path) -> Iterator[tuple[Path, str]]:
    """The files of a folder and of those within it; links to folders are followed, and each folder is read once."""
    seen = {os.path.realpath(root)}
    for folder, folders, names in os.walk(root, followlinks=True, onerror=_refuse):
        visible = sorted(name for name in folders if not name.startswith("."))
        folders[:] = [name for name in visible if _is_new(f"{folder}{os.sep}{name}", seen)]
        for name in names:
            file = Path(folder, name)
            kind = kind_of(file)
            if kind is not None and kind not in _INSTANCES:
                yield file, kind


def _is_new(folder: str, seen: set[str]) -> bool:
    resolved = os.path.realpath(folder)
    is_new = resolved not in seen
    seen.add(resolved)
    return is_new


def _refuse(error: OSError) -> None:
    raise _unreadable(error) from error


def _unreadable(error: OSError) -> ConfigError:
    return ConfigError(f"not readable: {error.strerror or error}", key=str(error.filename))


def _values_above(root: Path) -> Iterator[Path]:
    """Files with values above a module, as far as the folder that holds `modules`."""
    absolute = root.absolute()
    folders = [absolute, *absolute.parents]
    depth = next((index for index, folder in enumerate(folders) if folder.name == _MODULES), None)
    if depth is None:
        return
    for folder in folders[1 : depth + 2]:
        try:
            beside = list(folder.iterdir())
        except OSError as error:
            raise _unreadable(error) from error
        yield from (file for file in beside if kind_of(file) == VARIABLES)
