"""What a view's filter says about the instances behind it (dms-api.md 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pygen.client.models.ids import NodeId

__all__ = ["required_node_type"]

_NODE_TYPE = ["node", "type"]


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
