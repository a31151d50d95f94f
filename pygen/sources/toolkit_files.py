"""
Which files of a folder of the Cognite Toolkit make a data model; seen from their names, with the standard library only.

The toolkit deploys `<anything>.<kind>.yaml`, whatever the folders are called. Two kinds of files are ours: a data model
in the API's read shape (`<anything>.datamodel.json`, with `<anything>.containers.json` beside it) tells what the folder
builds upon but does not define, such as the system's data model.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

__all__ = ["READ_CONTAINERS", "READ_MODEL", "VARIABLES", "kind_of", "toolkit_files"]

READ_MODEL = "datamodel.json"
READ_CONTAINERS = "containers.json"
VARIABLES = "variables"
_KINDS = re.compile(r"(?:^|\.)(space|container|view|datamodel|node|edge)\.ya?ml$", re.IGNORECASE)
_READ_KINDS = (READ_MODEL, READ_CONTAINERS)
_VARIABLE_FILES = frozenset({"variables.json", "default.config.yaml"})
_INSTANCES = frozenset({"node", "edge"})


def kind_of(path: Path) -> str | None:
    """
    What a file holds.

    Returns:
        `space`, `container`, `view`, `datamodel`, `node`, `edge`, or a constant of this module; None: nothing of a
        toolkit's data model.
    """
    name = path.name.lower()
    if name in _VARIABLE_FILES:
        return VARIABLES
    found = _KINDS.search(name)
    if found is not None:
        return found[1]
    return next((kind for kind in _READ_KINDS if name.endswith(f".{kind}")), None)


def toolkit_files(path: Path) -> tuple[Path, ...]:
    """
    The files that a data model is read from.

    Args:
        path: The folder; or one of its data model files, which leaves the other data models out.

    Returns:
        In the order of their paths, without hidden folders.
    """
    is_file = not path.is_dir()
    found: list[Path] = []
    for folder, folders, names in os.walk(path.parent if is_file else path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            file = Path(folder, name)
            kind = kind_of(file)
            if kind is None or kind in _INSTANCES or (is_file and kind == "datamodel" and file != path):
                continue
            found.append(file)
    return tuple(sorted(found))
