"""What queries give: lists to keep, and pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from pygen.runtime.base import PygenResource
from pygen.runtime.framing import Frames

if TYPE_CHECKING:
    from pygen.runtime.frames import FrameSource

__all__ = ["CursorPage", "ResultPage", "Results"]

ResourceT = TypeVar("ResourceT", bound=PygenResource)
ResourceT_co = TypeVar("ResourceT_co", bound=PygenResource, covariant=True)
ItemT_co = TypeVar("ItemT_co", covariant=True)


class CursorPage(Sequence[ItemT_co], Generic[ItemT_co]):
    """
    One page of something.

    Attributes:
        next_cursor: Where the next page starts (see `start_at` of the query); None after the last one.
    """

    __slots__ = ("_items", "next_cursor")

    def __init__(self, items: Sequence[ItemT_co], next_cursor: str | None) -> None:
        self._items = items
        self.next_cursor = next_cursor

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CursorPage):
            return NotImplemented
        return self.next_cursor == other.next_cursor and list(self._items) == list(other._items)

    __hash__ = None  # type: ignore[assignment]  # equal by content, as lists are

    @overload
    def __getitem__(self, index: int) -> ItemT_co: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ItemT_co]: ...
    def __getitem__(self, index: int | slice) -> ItemT_co | Sequence[ItemT_co]:
        return self._items[index]

    def __iter__(self) -> Iterator[ItemT_co]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    @property
    def _what_follows(self) -> str:
        return "more follow" if self.next_cursor else "the last one"


class Results(list[ResourceT], Frames):
    """
    Instances that were fetched: a list, which also knows of what.

    Attributes:
        kind: The class that was asked for.
    """

    __slots__ = ("kind",)

    def __init__(self, kind: type[ResourceT], items: Iterable[ResourceT] = ()) -> None:
        super().__init__(items)
        self.kind = kind

    def _frame_source(self) -> FrameSource:
        from pygen.runtime.frames import FrameSource

        return FrameSource(self.kind, objects=self)

    def __reduce__(self) -> Any:
        return type(self), (self.kind, list(self))

    def __repr__(self) -> str:
        from pygen.runtime.wording import lines_of

        return lines_of(f"<{type(self).__name__} of {self.kind.__name__}: {len(self):,}>", self)

    def _repr_html_(self) -> str:
        from pygen.runtime.notebook import items_html

        return items_html(self.kind, self)


class ResultPage(CursorPage[ResourceT_co], Frames, Generic[ResourceT_co]):
    """
    One page of a query.

    Attributes:
        next_cursor: Where the next page starts; None after the last one.
        kind: The class that was asked for.
    """

    __slots__ = ("kind",)

    def __init__(
        self, items: Sequence[ResourceT_co], next_cursor: str | None, kind: type[PygenResource] = PygenResource
    ) -> None:
        super().__init__(items, next_cursor)
        self.kind = kind

    def _frame_source(self) -> FrameSource:
        from pygen.runtime.frames import FrameSource

        return FrameSource(self.kind, objects=self)

    def __repr__(self) -> str:
        from pygen.runtime.wording import lines_of

        return lines_of(f"<page of {len(self):,}, {self._what_follows}>", self._items)

    def _repr_html_(self) -> str:
        from pygen.runtime.notebook import common_kind, items_html

        return items_html(common_kind(self._items), self._items, self._what_follows)
