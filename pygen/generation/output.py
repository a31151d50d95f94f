"""
The tree of files that a generation answers: nothing in it can land outside the folder it is meant for.

Symbolic links are the business of the writer: they are a fact of one disk, and this is a pure value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath, PureWindowsPath

from pygen.errors import OutputError

__all__ = ["OutputTree"]


class OutputTree(Mapping[str, str]):
    """
    Path within the output folder -> text, in the order of the paths.

    Args:
        files: Relative paths with `/`, and their texts.

    Raises:
        OutputError: A path is absolute, leaves the folder, is no path on some system, or stands for the same file as
            another on a system that ignores case.
    """

    def __init__(self, files: Mapping[str, str]) -> None:
        folded: dict[str, str] = {}
        for path in sorted(files):
            _refuse_unsafe(path)
            other = folded.setdefault(path.casefold(), path)
            if other != path:
                raise OutputError("two files have one name where case is ignored", paths=[other, path])
        for path in folded.values():
            for parent in PurePosixPath(path).parents:
                if str(parent).casefold() in folded:
                    raise OutputError("a file has the name of a folder", paths=[str(parent), path])
        self._files = {path: files[path] for path in sorted(files)}

    def __getitem__(self, path: str) -> str:
        return self._files[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


# Devices that Windows finds in every folder, whatever the suffix (Microsoft, "Naming Files, Paths, and Namespaces").
_DEVICES = frozenset(
    {"AUX", "CON", "CONIN$", "CONOUT$", "NUL", "PRN"}
    | {f"{device}{digit}" for device in ("COM", "LPT") for digit in "123456789\u00b9\u00b2\u00b3"}
)


def _is_reserved(part: str) -> bool:
    return part.partition(".")[0].rstrip(" ").upper() in _DEVICES


def _refuse_unsafe(path: str) -> None:
    parts = path.split("/")
    if (
        not path.isprintable()
        or "\\" in path
        or PurePosixPath(path).is_absolute()
        or PureWindowsPath(path).anchor
        or any(part in {"", ".", ".."} or part != part.rstrip(" .") or ":" in part for part in parts)
        or any(_is_reserved(part) for part in parts)
    ):
        raise OutputError("a path leaves the output folder or is not portable", paths=[path])
