"""What an upsert did, and what one would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, overload

from pygen.client.exceptions import DmsError
from pygen.client.models.ids import EdgeId, NodeId
from pygen.client.results import ItemStatus

__all__ = ["UpsertPreview", "UpsertResult", "UpsertedItem"]

_SHOWN = 20
"""So many instances of a preview are shown."""


class UpsertedItem(NamedTuple):
    """
    What became of one node or edge.

    Attributes:
        id: The instance.
        state: `created`; `updated`; `unchanged`: the service had the same values already; `skipped`: it was newer than
            `existing_version`, and is to be left alone then; `failed`: it was refused; `unknown`: the answer was lost,
            and the request must not be repeated; `not_sent`: an error before this item's turn ended the upsert.
        version: The version the instance has now; None where the service did not say.
        created_time: When the instance was created.
        last_updated_time: When it was last changed.
        error: Why it was not written.
    """

    id: NodeId | EdgeId
    state: ItemStatus
    version: int | None = None
    created_time: datetime | None = None
    last_updated_time: datetime | None = None
    error: DmsError | None = None


class UpsertResult:
    """
    What an upsert did, item by item: nodes first, then edges; of a long input part by part.

    Attributes:
        items: One per instance, those included that were nested in others.
    """

    __slots__ = ("items",)

    def __init__(self, items: Iterable[UpsertedItem]) -> None:
        self.items = tuple(items)

    @property
    def nodes(self) -> tuple[UpsertedItem, ...]:
        """What became of the nodes."""
        return tuple(item for item in self.items if isinstance(item.id, NodeId))

    @property
    def edges(self) -> tuple[UpsertedItem, ...]:
        """What became of the edges."""
        return tuple(item for item in self.items if isinstance(item.id, EdgeId))

    @property
    def failed(self) -> tuple[UpsertedItem, ...]:
        """What was not written, or perhaps not: all that is `failed`, `unknown` or `not_sent`."""
        return tuple(item for item in self.items if item.state in {"failed", "unknown", "not_sent"})

    def counts(self) -> dict[ItemStatus, int]:
        """How many items there are of each state that occurs."""
        return dict(Counter(item.state for item in self.items))

    def __iter__(self) -> Iterator[UpsertedItem]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {state}" for state, count in self.counts().items())
        return f"<UpsertResult: {counts or 'nothing'}>"

    def _repr_html_(self) -> str:
        from pygen.runtime.notebook import upsert_html

        return upsert_html(self)


class UpsertPreview(Sequence[dict[str, Any]]):
    """
    What an upsert would send: nodes first, then edges, in the form of the wire. Printed, it is a list to read.

    Args:
        items: The nodes and edges.
    """

    __slots__ = ("_items",)

    def __init__(self, items: Iterable[dict[str, Any]]) -> None:
        self._items = tuple(items)

    @property
    def nodes(self) -> tuple[dict[str, Any], ...]:
        """The nodes."""
        return tuple(item for item in self._items if item["instanceType"] == "node")

    @property
    def edges(self) -> tuple[dict[str, Any], ...]:
        """The edges."""
        return tuple(item for item in self._items if item["instanceType"] == "edge")

    def counts(self) -> dict[str, int]:
        """How many nodes and edges there are, of those that there are any of: `{"node": 2, "edge": 1}`."""
        return dict(Counter(item["instanceType"] for item in self._items))

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[dict[str, Any], ...]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | tuple[dict[str, Any], ...]:
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        counts = " and ".join(f"{count} {kind}{'s'[: count != 1]}" for kind, count in self.counts().items())
        lines = [f"<UpsertPreview of {counts or 'nothing'}>", *map(_line, self._items[:_SHOWN])]
        if len(self) > _SHOWN:
            lines.append(f"  ... and {len(self) - _SHOWN} more")
        return "\n".join(lines)


def _line(item: Mapping[str, Any]) -> str:
    """An instance in one line: what it is called, what it leads from and to, and what is set."""
    text = f"  {item['instanceType']} {_name(item)}"
    if "startNode" in item:
        text += f": {_name(item['startNode'])} -> {_name(item['endNode'])}"
    if "type" in item:
        text += f", of type {_name(item['type'])}"
    for source in item.get("sources", ()):
        if source["properties"]:
            values = ", ".join(f"{name}={_value(value)}" for name, value in source["properties"].items())
            text += f", {source['source']['externalId']}({values})"
    return text


def _name(reference: Mapping[str, Any]) -> str:
    return f"{reference['space']}:{reference['externalId']}"


def _value(value: Any) -> str:
    if isinstance(value, dict) and value.keys() == {"space", "externalId"}:
        return _name(value)
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
