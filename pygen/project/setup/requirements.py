"""What requirements say, as far as it matters here: the name, the extras, the oldest Python."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

__all__ = [
    "DISTRIBUTION",
    "OLDEST_PYTHON",
    "Requirement",
    "allows_older_python",
    "canonical_name",
    "find_requirement",
    "read_requirement",
]

DISTRIBUTION = "pygen-cdf"
OLDEST_PYTHON = (3, 11)
"""What pygen-cdf itself asks for; a test compares it with pyproject.toml."""

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?")
_LOWER_BOUND = re.compile(r"(?:>=|\^|~=|~|==|>)\s*(\d+)(?:\.(\d+))?")


class Requirement(NamedTuple):
    """
    A requirement.

    Attributes:
        name: In its canonical spelling.
        extras: In their canonical spelling.
        rest: What follows the extras: versions, markers, an address.
    """

    name: str
    extras: frozenset[str]
    rest: str

    def with_extras(self, extras: Iterable[str]) -> str:
        """The same requirement with more extras, as text."""
        listed = ",".join(sorted({*self.extras, *extras}))
        return f"{self.name}{f'[{listed}]' if listed else ''}{self.rest}"


def canonical_name(name: str) -> str:
    """The spelling by which distributions are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_requirement(text: str) -> Requirement | None:
    """Read a requirement; None for what is none."""
    found = _REQUIREMENT.match(text)
    if found is None:
        return None
    extras = (canonical_name(extra.strip()) for extra in (found[2] or "").split(","))
    return Requirement(canonical_name(found[1]), frozenset(filter(None, extras)), text[found.end() :].rstrip())


def find_requirement(texts: object, name: str) -> Requirement | None:
    """The first requirement of a distribution in an array that somebody wrote."""
    for text in texts if isinstance(texts, list) else ():
        found = read_requirement(text) if isinstance(text, str) else None
        if found is not None and found.name == name:
            return found
    return None


def allows_older_python(specifier: object) -> bool:
    """Whether a `requires-python` admits a Python that pygen-cdf does not run on; nothing said admits all."""
    if not isinstance(specifier, str):
        return True
    bounds = [(int(found[1]), int(found[2] or 0)) for found in _LOWER_BOUND.finditer(specifier)]
    return max(bounds, default=(0, 0)) < OLDEST_PYTHON
