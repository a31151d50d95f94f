"""
Which generated files a change concerns, from the lock alone.

The ledger of names says what the file of a view is called, so nothing has to be rendered to name it. Standard library
only: this is part of every `pygen check` that finds something.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pygen.project.lock import SdkLock, TargetLock
from pygen.project.paths import project_path

__all__ = ["AffectedFiles", "locked_files"]

_MODULES = "modules"
"""The scope of a ledger that names the files of views; a target may have another one."""

_ENTRIES = ("__init__", "index")
"""What the file of a package is called that names all of its views."""


def locked_files(target: TargetLock) -> tuple[str, ...]:
    """Every file that a lock lists for a target, relative to the project."""
    return tuple(project_path(target.output, path) for path in target.files)


class AffectedFiles:
    """The generated files of one SDK, over all of its targets, by what they say; paths relative to the project."""

    def __init__(self, locked: SdkLock) -> None:
        self._targets = [(_by_stem(target), _scopes(target)) for target in locked.targets.values()]

    def of_view(self, view: str) -> tuple[str, ...]:
        """The files of a view that was generated, given as `space:ExternalId(version)`."""
        return tuple(path for by_stem, scopes in self._targets for path in _of_view(view, by_stem, scopes))

    def of_package(self) -> tuple[str, ...]:
        """The files that name every view of the SDK: they differ when one comes or goes."""
        return tuple(path for by_stem, _ in self._targets for name in _ENTRIES for path in by_stem.get(name, ())[:1])


def _by_stem(target: TargetLock) -> dict[str, list[str]]:
    """Name of a file without its ending -> paths, the outermost first."""
    found: dict[str, list[str]] = {}
    for path in sorted(target.files, key=lambda path: (path.count("/"), path)):
        stem = path.rpartition("/")[2].partition(".")[0]
        found.setdefault(stem, []).append(project_path(target.output, path))
    return found


def _scopes(target: TargetLock) -> list[Mapping[str, str]]:
    """The scopes of the ledger, the one that is about files first."""
    return [target.names[scope] for scope in sorted(target.names, key=lambda scope: (scope != _MODULES, scope))]


def _of_view(view: str, by_stem: Mapping[str, list[str]], scopes: list[Mapping[str, str]]) -> Iterator[str]:
    for scope in scopes:
        name = scope.get(view)
        if name is not None and name in by_stem:
            yield from by_stem[name]
            return
