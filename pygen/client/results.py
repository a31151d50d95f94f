"""What became of each item of a write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from pygen.client.models.ids import EdgeId, NodeId

if TYPE_CHECKING:
    from pygen.client.exceptions import DmsError

__all__ = ["ApplyProgress", "ApplyResult", "InstanceId", "ItemResult", "ItemStatus"]

InstanceId: TypeAlias = NodeId | EdgeId
"""A node or an edge."""


ItemStatus: TypeAlias = Literal[
    "created", "updated", "unchanged", "skipped", "deleted", "absent", "failed", "unknown", "not_sent"
]
"""
What became of an item: it was `created`, `updated`, was as asked for already (`unchanged`), was newer than
`existingVersion` and left alone as asked (`skipped`); it was `deleted`, or was not there any more (`absent`: perhaps
because of a request whose answer was lost); the service or a check before sending refused it (`failed`); the answer was
lost for good, so nobody knows (`unknown`); it was not tried, or never reached the service (`not_sent`).
"""


@dataclass(frozen=True, slots=True)
class ItemResult:
    """
    What became of one item.

    Attributes:
        index: Its place in the input, from 0; deletes follow the items.
        id: The instance; None where the item did not say.
        status: What became of it.
        version: Its version now; None where the service did not say.
        created_time: When it was created, in epoch milliseconds; None where the service did not say.
        last_updated_time: When it was changed last, likewise.
        error: Why it failed, or is unknown, or was not sent.
    """

    index: int
    id: InstanceId | None
    status: ItemStatus
    version: int | None = None
    created_time: int | None = None
    last_updated_time: int | None = None
    error: DmsError | None = None

    @property
    def ok(self) -> bool:
        """Whether the instance is now as asked for."""
        return self.status not in {"failed", "unknown", "not_sent"}

    def at(self, index: int) -> ItemResult:
        """The same for another place in the input that names the same instance."""
        return replace(self, index=index)


class ApplyProgress(NamedTuple):
    """
    How far an apply has come.

    Attributes:
        done: How many items are settled, well or not.
        total: How many there are; None where the input is an iterator.
        counts: How many items there are of each status that occurs.
    """

    done: int
    total: int | None
    counts: Mapping[ItemStatus, int]


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """
    What an apply did.

    Attributes:
        items: The result for each item, and then for each delete, in the order of the input.
    """

    items: list[ItemResult]

    @property
    def counts(self) -> dict[ItemStatus, int]:
        """How many items there are of each status that occurs."""
        return dict(Counter(item.status for item in self.items))

    @property
    def ok(self) -> bool:
        """Whether every item is now as asked for."""
        return all(item.ok for item in self.items)

    @property
    def failures(self) -> list[ItemResult]:
        """The items that are not, in order."""
        return [item for item in self.items if not item.ok]
