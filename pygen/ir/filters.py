"""What a view's filter says about the instances behind it (dms-api.md 5)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pygen.client.models.ids import NodeId

__all__ = ["canonical_filter", "required_node_type"]

_NODE_TYPE = ["node", "type"]
_UNORDERED = frozenset({"and", "or", "hasData", "instanceReferences", "values"})
"""Keys of lists whose order means nothing."""


def canonical_filter(view_filter: Mapping[str, Any] | None) -> str | None:
    """
    A view's filter as JSON in ASCII, the same for every order of keys and operands; None where there is none.

    The order of a property's path and of a list that is compared as a whole stays.
    """
    return json.dumps(_ordered(view_filter), sort_keys=True) if view_filter else None


def _ordered(value: Any, key: str = "") -> Any:
    if isinstance(value, Mapping):
        return {name: _ordered(item, name) for name, item in value.items()}
    if isinstance(value, list):
        items = [_ordered(item) for item in value]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if key in _UNORDERED else items
    return value


def required_node_type(view_filter: Mapping[str, Any] | None) -> NodeId | None:
    """
    The one value that every matching node has as its type.

    Conditions count where all of them must hold: at the top and within `and`s. Under `or` and `not` they do not
    bind. Two conditions that name different types match nothing, and there is no one value either.
    """
    found = set(_required(view_filter or {}))
    return found.pop() if len(found) == 1 else None


def _required(expression: Mapping[str, Any]) -> Iterator[NodeId]:
    for operator, operand in expression.items():
        if operator == "and" and isinstance(operand, list):
            for part in operand:
                if isinstance(part, dict):
                    yield from _required(part)
        elif isinstance(operand, dict) and operand.get("property") == _NODE_TYPE:
            yield from _only_value(operator, operand)


def _only_value(operator: str, operand: Mapping[str, Any]) -> Iterator[NodeId]:
    """The node that `equals`, or `in` with one value, allows; nothing for parameters and other expressions."""
    if operator == "equals":
        value = operand.get("value")
    elif operator == "in":
        values = operand.get("values")
        value = values[0] if isinstance(values, list) and len(values) == 1 else None
    else:
        return
    if isinstance(value, dict):
        space, external_id = value.get("space"), value.get("externalId")
        if isinstance(space, str) and isinstance(external_id, str):
            yield NodeId(space, external_id)
