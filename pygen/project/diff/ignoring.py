"""What a project passes over: `[tool.pygen.diff] ignore`, a code and perhaps a pattern of places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from pygen.project.diff.changes import Change
from pygen.project.diff.rules import RULES

__all__ = ["Sifted", "sift", "unused_entries"]


class Sifted(NamedTuple):
    """
    Changes, and those among them that a project passes over.

    Attributes:
        kept: The others.
        ignored: Those.
    """

    kept: tuple[Change, ...]
    ignored: tuple[Change, ...]


def sift(changes: Iterable[Change], entries: Sequence[str]) -> Sifted:
    """
    Set aside what is to be passed over.

    Args:
        changes: The changes.
        entries: A code each, and after a blank perhaps a pattern: `PYG304 sp_windfarm:Blade*` is matched with
            `Change.where`; case counts, and `*`, `?` and `[...]` are wildcards.
    """
    kept: list[Change] = []
    ignored: list[Change] = []
    for change in changes:
        (ignored if any(_matches(entry, change) for entry in entries) else kept).append(change)
    return Sifted(tuple(kept), tuple(ignored))


def unused_entries(entries: Sequence[str], ignored: Sequence[Change]) -> tuple[str, ...]:
    """
    What is worth saying about entries that passed over nothing, a sentence each.

    A place may be misspelt, or left over from a change that was let pass. A code alone is a policy: most of the time
    there is nothing that it could pass over.
    """
    said = []
    for entry in entries:
        code, _, place = entry.partition(" ")
        if code not in RULES:
            said.append(f"ignore: no rule has the code {code} ({entry!r})")
        elif place.strip() and not any(_matches(entry, change) for change in ignored):
            said.append(f"ignore: no change matches {entry!r}")
    return tuple(said)


def _matches(entry: str, change: Change) -> bool:
    code, _, pattern = entry.partition(" ")
    return change.code == code and (not pattern.strip() or fnmatchcase(change.where, pattern.strip()))
