"""Asking for result sets with `instances/query` until there are no more (dms-api.md 6.5)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from pygen.client.calls import Answer, Call, Plan
from pygen.client.exceptions import DmsError
from pygen.client.paging import PageSize, is_too_slow
from pygen.client.resources.instance_calls import view_reference
from pygen.runtime.base import PygenResource
from pygen.runtime.decoding import SetReading, decode_sets
from pygen.runtime.session import Session
from pygen.runtime.spec import Units, target_units_of

__all__ = ["MOST_MEMBERS", "Asked", "selection", "sets_plan"]

MOST_MEMBERS = 10_000
"""The largest limit of a result set (dms-api.md 6.5)."""


class Asked(NamedTuple):
    """
    A result set that is asked for.

    Attributes:
        kind: The class of its members.
        expression: The set as `with` says it, without a limit.
        units: Units to convert values to.
        fields: The fields that are fetched; None: all.
    """

    kind: type[PygenResource]
    expression: Mapping[str, Any]
    units: Units | None = None
    fields: tuple[str, ...] | None = None


def sets_plan(
    root: str, asked: Mapping[str, Asked], session: Session, most: int | None = None
) -> Plan[list[dict[str, list[Any]]]]:
    """
    Fetch result sets, as many requests as that takes; of fewer members each where the service finds it too slow.

    Args:
        root: The set that is paged. What the others hold must follow from it, at most one member from each of its own,
            so that they are whole with each of its pages.
        asked: The sets by name.
        session: What is asked.
        most: Most members of the root.

    Returns:
        The sets of each answer.
    """
    readings = {name: SetReading(each.kind, each.fields) for name, each in asked.items()}
    body: dict[str, Any] = {
        "with": {name: {**each.expression, "limit": MOST_MEMBERS} for name, each in asked.items()},
        "select": {name: selection(each.kind, each.fields, each.units) for name, each in asked.items()},
    }
    read = partial(decode_sets, readings, session=session)
    size = PageSize(MOST_MEMBERS)
    answers: list[dict[str, list[Any]]] = []
    left = most
    while left != 0:
        limit = size.now if left is None else min(size.now, left)
        body["with"] = {**body["with"], root: {**body["with"][root], "limit": limit}}
        try:
            answer: Answer = yield Call("instances.query", "/models/instances/query", dict(body), read=read, paged=True)
        except DmsError as error:
            if is_too_slow(error) and size.shrink(limit):
                continue
            raise
        size.succeed()
        sets, cursors = answer.value
        answers.append(sets)
        cursor = cursors.get(root)
        if cursor is None:
            break
        if cursor == body.get("cursors", {}).get(root):
            answer.refuse("the next page has the cursor of this one, which would never end")
        body["cursors"] = {root: cursor}
        left = None if left is None else left - len(sets[root])
    return answers


def selection(kind: type[PygenResource], fields: tuple[str, ...] | None, units: Units | None) -> dict[str, Any]:
    """
    The `select` of a set.

    Args:
        kind: The class of its members.
        fields: The fields that are fetched; None: all.
        units: Units to convert values to.
    """
    info = getattr(kind, "__pygen__", None)
    if info is None:
        return {}
    props = kind.__pygen_props__
    names = ["*"] if fields is None else [props[name].name for name in fields if name in props]
    if not names:
        return {}
    source: dict[str, Any] = {"source": view_reference(info.view), "properties": names}
    converted = [
        unit
        for unit in (target_units_of(kind, units) if units else ())
        if fields is None or unit["property"] in source["properties"]
    ]
    if converted:
        source["targetUnits"] = converted
    return {"sources": [source]}
