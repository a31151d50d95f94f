"""Defaults of fields, which CDF's data modeling language has as text, whatever their type."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import Any

from pygen.errors import ConfigError
from pygen.sources.json_text import read_json

__all__ = ["read_default"]

_NUMBERS = frozenset({"int32", "int64", "float32", "float64"})
_WHOLE = re.compile(r"[-+]?[0-9]{1,19}")
_DECIMAL = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_LIMITS: Mapping[str, int] = {"int32": 2**31, "int64": 2**63}


def read_default(kind: str, value: Any, choices: Collection[str]) -> Any:
    """
    Read a default that may be written as text.

    Args:
        kind: The type of DMS.
        value: The default, as a literal or as text.
        choices: The values of an enum.

    Raises:
        ValueError: It is none of that type.
    """
    if kind == "boolean":
        value = {"true": True, "false": False}.get(value.lower(), value) if isinstance(value, str) else value
        is_right = isinstance(value, bool)
    elif kind in _LIMITS:
        value = int(value) if isinstance(value, str) and _WHOLE.fullmatch(value) else value
        is_right = type(value) is int and -_LIMITS[kind] <= value < _LIMITS[kind]
    elif kind in _NUMBERS:
        value = float(value) if isinstance(value, str) and _DECIMAL.fullmatch(value) else value
        is_right = type(value) in {int, float} and math.isfinite(value)
    elif kind == "json":
        value = _read_json(value) if isinstance(value, str) else value
        is_right = isinstance(value, dict)
    else:
        is_right = isinstance(value, str) and (kind != "enum" or value in choices)
    if not is_right:
        raise ValueError(value)
    return value


def _read_json(text: str) -> Any:
    try:
        return read_json(text, place="")
    except ConfigError as error:
        raise ValueError(text) from error
