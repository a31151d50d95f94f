"""
Raw definitions, read leniently: what is absent is its documented default, and what is misshapen is nothing.

Two definitions are compared facet by facet; a facet is equal when its canonical JSON is, since Python takes `1`,
`1.0` and `true` for the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

__all__ = ["Json", "listed", "mapping", "named", "same", "shown_value", "text_of"]

Json: TypeAlias = Mapping[str, Any]

_NOTHING: Json = {}
_LONGEST = 60


def mapping(value: Any) -> Json:
    """An object; an empty one where there is none."""
    return value if isinstance(value, dict) else _NOTHING


def listed(value: Any) -> list[Json]:
    """The objects of a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def same(old: Any, new: Any) -> bool:
    """Whether two values are one and the same in JSON; the order of keys means nothing."""
    if isinstance(old, str) or isinstance(new, str) or old is None or new is None:
        return bool(old == new)
    return text_of(old) == text_of(new)


def text_of(value: Any) -> str:
    """The canonical JSON of a value."""
    return json.dumps(value, sort_keys=True, default=str)


def named(reference: Any) -> str:
    """`space:ExternalId(version)` of a view, `space:externalId` of a container or a node; empty where there is none."""
    found = mapping(reference)
    if not found:
        return ""
    version = f"({found['version']})" if found.get("version") is not None else ""
    return f"{found.get('space')}:{found.get('externalId')}{version}"


def shown_value(value: Any) -> str:
    """A value as a message shows it."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
