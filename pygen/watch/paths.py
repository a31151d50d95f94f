"""
Where changes can come from: which folders to watch, for which names, and how the files there look now.

A file system tells about folders and names, not about files: a file that is replaced, moved away or reached through
a link is another file, and whoever listened to the old one hears nothing. So each path is walked from the top, link
by link, and what is watched are the names that are looked up on the way. Where one is missing, the walk ends, and the
folder in which it would appear is watched: the nearest one that exists.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

__all__ = ["Places", "Survey", "survey"]

_MOST_LINKS = 40

Stamp: TypeAlias = tuple[int, ...] | None
"""What tells two states of a file apart without reading it; None: there is none."""


class Places(NamedTuple):
    """
    What matters to a project; absolute paths, whether there is anything or not.

    Attributes:
        root: The project's folder.
        files: Files.
        folders: Folders in which more of them may appear, at any depth.
    """

    root: str
    files: tuple[str, ...]
    folders: tuple[str, ...] = ()


class Survey(NamedTuple):
    """
    Places as they are.

    Attributes:
        folders: Folders to watch, links resolved -> the names that matter there; None: every name.
        identities: The same folders -> device and number: a folder that was made anew is another one.
        stamps: Path, as it was asked for -> its stamp.
    """

    folders: Mapping[str, frozenset[str] | None]
    identities: Mapping[str, tuple[int, int]]
    stamps: Mapping[str, Stamp]

    def matters(self, path: str) -> bool:
        """Whether the file system's word about *path* is worth a look."""
        if path in self.folders:
            return True
        folder, name = os.path.split(path)
        if folder not in self.folders:
            return False
        names = self.folders[folder]
        return names is None or name in names

    def differences(self, later: Survey) -> tuple[str, ...]:
        """The paths whose stamps are others in *later*, in order."""
        mine, other = self.stamps, later.stamps
        return tuple(sorted(path for path in {*mine, *other} if mine.get(path) != other.get(path)))


def survey(places: Places) -> Survey:
    """Look at places; what cannot be looked at counts as missing."""
    walk = _Walk(places.root)
    stamps: dict[str, Stamp] = {path: walk.stamp_of_file(path) for path in places.files}
    for folder in places.folders:
        walk.note_below(folder)
    identities: dict[str, tuple[int, int]] = {}
    folders: dict[str, frozenset[str] | None] = {}
    for folder, names in walk.found.items():
        try:
            state = os.stat(folder)
        except OSError:
            continue
        if stat.S_ISDIR(state.st_mode) and os.access(folder, os.R_OK):
            identities[folder] = (state.st_dev, state.st_ino)
            folders[folder] = frozenset(names) if names is not None else None
    return Survey(folders, identities, stamps)


class _Walk:
    """One survey: each folder is walked to once."""

    def __init__(self, root: str) -> None:
        self.found: dict[str, set[str] | None] = {}
        self._root = root
        self._inside = root.rstrip(os.sep) + os.sep
        self._above = os.path.dirname(root)
        self._known: dict[str, str | None] = {}

    def stamp_of_file(self, path: str) -> Stamp:
        folder, name = os.path.split(path)
        real = self._folder(folder)
        if real is None:
            return None
        self._note(real, name)
        target = os.path.join(real, name)
        try:
            state = os.lstat(target)
            if stat.S_ISLNK(state.st_mode):
                self._steps(target)
                state = os.stat(target)
        except (OSError, ValueError):
            return None
        if stat.S_ISDIR(state.st_mode):
            return ()  # its times say nothing about what is in it
        return _stamp(state)

    def note_below(self, folder: str) -> None:
        """Note a folder and those in it: whatever appears there may matter."""
        real = self._folder(folder)
        if real is not None:
            for where, folders, _ in os.walk(real):
                folders[:] = [name for name in folders if name != "__pycache__" and not name.startswith(".")]
                self.found[where] = None

    def _folder(self, path: str) -> str | None:
        """The folder at *path*, links resolved; None where there is none."""
        if path not in self._known:
            real = self._steps(path)
            self._known[path] = real if real is not None and os.path.isdir(real) else None
        return self._known[path]

    def _steps(self, path: str) -> str | None:
        """Walk to *path*, and note what is looked up; where it leads to, or None where it does not."""
        top, pending = _parts(path)
        here, links = top, 0
        while pending:
            name = pending.pop()
            if name == os.pardir:
                here = os.path.dirname(here)
                continue
            there = os.path.join(here, name)
            try:
                is_link = stat.S_ISLNK(os.lstat(there).st_mode)
                leads_to = os.readlink(there) if is_link else ""
            except (OSError, ValueError):
                self._note(here, name)
                return None
            if is_link:
                links += 1
                self._note(here, name)
                if links > _MOST_LINKS:
                    return None
                if os.path.isabs(leads_to):
                    here, more = _parts(leads_to)
                else:
                    more = _split(leads_to)
                pending += more
                continue
            # Above the project only what can be seen from the folder it lies in; the stamps tell of the rest later.
            if len(pending) < 1 or here == self._above or self._is_inside(here):
                self._note(here, name)
            here = there
        return here

    def _is_inside(self, folder: str) -> bool:
        return folder == self._root or folder.startswith(self._inside)

    def _note(self, folder: str, name: str) -> None:
        names = self.found.setdefault(folder, set())
        if names is not None:
            names.add(name)


def _parts(path: str) -> tuple[str, list[str]]:
    drive, rest = os.path.splitdrive(path)
    return drive + os.sep, _split(rest)


def _split(path: str) -> list[str]:
    """The names of a path, the last one first."""
    plain = path.replace(os.altsep, os.sep) if os.altsep else path
    return [name for name in plain.split(os.sep) if name not in ("", os.curdir)][::-1]


def _stamp(state: os.stat_result) -> Stamp:
    # The time of change moves even where somebody sets the time of modification back, as `cp -p` and `rsync` do.
    return (state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
