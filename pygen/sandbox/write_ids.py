"""Which instances there are and begin to be while a request is carried out, by the numbers that stand for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pygen.sandbox.instance_rows import InstanceRow, Key, find_instances
from pygen.sandbox.problems import Refusal
from pygen.sandbox.schema_rows import check_space
from pygen.sandbox.store import NODE
from pygen.sandbox.values import Link

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = ["InstanceIds", "referenced"]


class InstanceIds:
    """
    The instances that a request names; within `store.writing`.

    Args:
        store: The project.
        keys: All that the request names.

    Attributes:
        created: Numbers of the nodes that begin to be because something leads to them.
    """

    def __init__(self, store: Store, keys: Iterable[Key]) -> None:
        self.created: dict[Link, int] = {}
        self._store = store
        self._known = find_instances(store, keys)
        self._nodes: dict[Key, int] = {}
        self._edges: set[Key] = set()
        for key, row in self._known.items():
            if row.deleted is None:
                self._note(key, row.kind, row.id)
        (greatest,) = store.db.execute("SELECT max(id) FROM instance").fetchone()
        self._greatest: int = greatest or 0

    @property
    def greatest(self) -> int:
        """The greatest number that is given."""
        return self._greatest

    def live(self, key: Key) -> InstanceRow | None:
        """What was there before the request; None: nothing, or a deleted instance."""
        row = self._known.get(key)
        return row if row is not None and row.deleted is None else None

    def was_deleted(self, key: Key) -> bool:
        """Whether there was an instance that is deleted."""
        row = self._known.get(key)
        return row is not None and row.deleted is not None

    def begin(self, key: Key, kind: int) -> int:
        """The number of an instance that begins to be: a fresh one, or the one that it had before."""
        row = self._known.get(key)
        if row is None:
            self._greatest += 1
        number = self._greatest if row is None else row.id
        self._note(key, kind, number)
        return number

    def node(self, link: Link, *, may_create: bool) -> int | None:
        """
        The number of a node.

        Args:
            link: The node.
            may_create: Whether it begins to be if it is not there.

        Returns:
            None: there is none, or an edge has its external id.

        Raises:
            Refusal: It cannot begin to be, as its space does not exist.
        """
        number = self._nodes.get(link)
        if number is None and may_create and link not in self._edges:
            check_space(self._store, [link.space], is_global=True)
            number = self.created[link] = self.begin(link, NODE)
        return number

    def target(self, link: Link, *, may_create: bool) -> int:
        """
        The number of a node that a direct relation leads to.

        Raises:
            Refusal: There is none.
        """
        number = self.node(link, may_create=may_create)
        if number is None:
            raise Refusal(f"{referenced(link)}, but it does not exist.")
        return number

    def _note(self, key: Key, kind: int, number: int) -> None:
        if kind == NODE:
            self._nodes[key] = number
        else:
            self._edges.add(key)


def referenced(link: Link) -> str:
    """How refusals of direct relations begin (dms-api.md, appendix A)."""
    return f"Node with external id '{link.external_id}' was referenced as the target of a direct relation"
