"""From the bytes of an answer to objects: one call into pydantic-core per page."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

from pydantic import Field, TypeAdapter, ValidationError, create_model
from pydantic_core import ErrorDetails

from pygen.client.calls import Answer
from pygen.client.collector import gc_pause
from pygen.runtime import _state
from pygen.runtime._values import mentions
from pygen.runtime.base import PygenResource
from pygen.runtime.errors import DecodeError
from pygen.runtime.session import Session

__all__ = ["ResultPage", "decode"]

ResourceT = TypeVar("ResourceT", bound=PygenResource)
ResourceT_co = TypeVar("ResourceT_co", bound=PygenResource, covariant=True)


class ResultPage(Sequence[ResourceT_co], Generic[ResourceT_co]):
    """
    One page of a query.

    Attributes:
        next_cursor: Where the next page starts; None after the last one.
    """

    __slots__ = ("_items", "next_cursor")

    def __init__(self, items: Sequence[ResourceT_co], next_cursor: str | None) -> None:
        self._items = items
        self.next_cursor = next_cursor

    @overload
    def __getitem__(self, index: int) -> ResourceT_co: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ResourceT_co]: ...
    def __getitem__(self, index: int | slice) -> ResourceT_co | Sequence[ResourceT_co]:
        return self._items[index]

    def __iter__(self) -> Iterator[ResourceT_co]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"<page of {len(self)}, {'more follow' if self.next_cursor else 'the last one'}>"


class _Reader:
    """How the pages of one class are read."""

    __slots__ = ("adapter", "mutable")

    def __init__(self, kind: type[PygenResource]) -> None:
        items: Any = list[kind]  # type: ignore[valid-type]
        page = create_model(
            "Page", items=(items | None, None), next_cursor=(str | None, Field(None, alias="nextCursor"))
        )
        self.adapter: TypeAdapter[Any] = TypeAdapter(page)
        kind.model_rebuild()
        types = {field: kind.__pydantic_fields__[field].annotation for field in kind.__pygen_props__}
        deep = tuple(field for field, annotation in types.items() if mentions(annotation, dict))
        flat = tuple(field for field, annotation in types.items() if mentions(annotation, list) and field not in deep)
        self.mutable = _state.Mutable(flat, deep)


_readers_lock = threading.Lock()


def _reader(kind: type[PygenResource]) -> _Reader:
    # Kept on the class itself (not an inherited one), so that it goes when the class goes.
    found = kind.__dict__.get("__pygen_reader__")
    if found is None:
        with _readers_lock:
            found = kind.__dict__.get("__pygen_reader__")
            if found is None:
                found = _Reader(kind)
                type.__setattr__(kind, "__pygen_reader__", found)
    reader: _Reader = found
    return reader


def decode(kind: type[ResourceT], answer: Answer, session: Session) -> tuple[list[ResourceT], str | None]:
    """
    Read one answer with `items`.

    Returns:
        The objects, which load and save through *session*, and the next page's cursor.

    Raises:
        DecodeError: The answer does not fit the class.
    """
    reader = _reader(kind)
    try:
        with gc_pause:
            page = reader.adapter.validate_json(answer.content)
    except ValidationError as error:
        raise DecodeError(_misfit(kind, error, answer)) from None
    items: list[ResourceT] | None = page.items
    if items is None:
        answer.refuse("the answer has no items")
    _state.attach(session, items, reader.mutable)
    return items, page.next_cursor


def _misfit(kind: type[PygenResource], error: ValidationError, answer: Answer) -> str:
    """What is wrong, without the values: they are other people's data."""
    details = error.errors(include_url=False, include_input=False)
    if details[0]["type"] == "json_invalid":
        answer.refuse("the answer is not JSON")
    shown = "; ".join(f"{_place(detail)}: {detail['msg']}" for detail in details[:3])
    more = f"; and {len(details) - 3} more" if len(details) > 3 else ""
    view = getattr(kind, "__pygen__", None)
    return (
        f"{answer.operation}: the answer does not fit {kind.__name__}"
        + (f" ({view.view})" if view else "")
        + f": {shown}{more}; if the data model has changed, generate the SDK again"
        + (f" (request id {answer.request_id})" if answer.request_id else "")
    )


def _place(detail: ErrorDetails) -> str:
    return ".".join(str(part) for part in detail["loc"]) or "the answer"
