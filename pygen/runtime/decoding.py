"""From the bytes of an answer to objects: one call into pydantic-core per answer."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, Field, TypeAdapter, ValidationError, create_model
from pydantic_core import ErrorDetails

from pygen.client.calls import Answer
from pygen.client.collector import gc_pause
from pygen.client.paging import Page
from pygen.runtime import _state
from pygen.runtime._values import mentions
from pygen.runtime.base import PygenResource
from pygen.runtime.errors import DecodeError
from pygen.runtime.session import Session
from pygen.runtime.tolerance import Misfit, partial, tolerant

__all__ = ["SetReading", "decode", "decode_sets"]

ResourceT = TypeVar("ResourceT", bound=PygenResource)


class SetReading(NamedTuple):
    """
    How a result set is read.

    Attributes:
        kind: The class of its objects.
        fields: The properties that are read, by field; None: all. The objects have no others, but the metadata.
    """

    kind: type[PygenResource]
    fields: tuple[str, ...] | None = None


def decode(kind: type[ResourceT], answer: Answer, session: Session) -> Page[ResourceT]:
    """
    Read one answer with `items`.

    Values that do not fit their field are treated as `Session.validation` says.

    Returns:
        The objects, which load and save through *session*, and the next page's cursor.

    Raises:
        DecodeError: The answer does not fit the class, and validation is strict.
        DmsTransportError: It is no page at all.
    """
    found, cursor = _list_reader(kind).read(answer, session)
    return Page(found[_ONLY], cursor)


def decode_sets(
    readings: Mapping[str, SetReading], answer: Answer, session: Session
) -> tuple[dict[str, list[Any]], dict[str, str]]:
    """
    Read one answer of a query or a sync: `{"items": {set: [...]}, "nextCursor": {set: ...}}`.

    Args:
        readings: The sets and how they are read; other sets of the answer are left out.
        answer: The answer.
        session: What the objects load and save through; those of a set are one page.

    Returns:
        The objects by set, and the cursors by set: only those that there are.

    Raises:
        DecodeError: A set does not fit its class, and validation is strict.
        DmsTransportError: It is no such answer at all.
    """
    found, cursors = _sets_reader(tuple(readings.items())).read(answer, session)
    return found, {name: cursor for name, cursor in (cursors or {}).items() if cursor is not None}


_ONLY = "items"
"""The one set of an answer that has no named ones."""

_IDENTITY = frozenset({"space", "external_id"})
"""Without these there is no instance."""


class _Reader:
    """
    Reads answers of one shape.

    Args:
        sets: The sets and how they are read.
        listed: Whether `items` is the list of the only set; else it holds a list for each set.
    """

    def __init__(self, sets: Sequence[tuple[str, SetReading]], *, listed: bool = False) -> None:
        self._sets = sets
        self._listed = listed
        self._classes = [kind if fields is None else _partial(kind, fields) for _, (kind, fields) in sets]
        self._mutable = [_mutable(each) for each in self._classes]
        self._adapter = self._make_adapter(self._classes)
        self._tolerant: TypeAdapter[Any] | None = None

    def _make_adapter(self, classes: Sequence[type[PygenResource]]) -> TypeAdapter[Any]:
        lists: list[Any] = [list[each] for each in classes]  # type: ignore[valid-type]
        if self._listed:
            return TypeAdapter(_answer_model(lists[0], str))
        # The sets have names of the query's own, which need not be identifiers.
        fields: dict[str, Any] = {
            f"set_{place}": (each | None, Field(None, alias=name))
            for place, ((name, _), each) in enumerate(zip(self._sets, lists, strict=True))
        }
        return TypeAdapter(_answer_model(create_model("Sets", **fields), dict[str, str | None]))

    def read(self, answer: Answer, session: Session) -> tuple[dict[str, list[Any]], Any]:
        """
        Read one answer.

        Returns:
            The objects by set, and the cursor or cursors.
        """
        with gc_pause:  # attaching makes as many objects as validating does
            return self._read(answer, session)

    def _read(self, answer: Answer, session: Session) -> tuple[dict[str, list[Any]], Any]:
        misfits: list[Misfit] | None = None
        try:
            body = self._adapter.validate_json(answer.content)
        except ValidationError as error:
            body, misfits = self._read_again(answer, session, error)
        if body.items is None:
            answer.refuse("the answer has no items")
        lists = [body.items] if self._listed else list(body.items.__dict__.values())
        found: dict[str, list[Any]] = {}
        for (name, (kind, fields)), read_as, mutable, given in zip(
            self._sets, self._classes, self._mutable, lists, strict=True
        ):
            items = found[name] = given or []
            _state.attach(session, items, mutable, is_sure=misfits is None)
            if misfits is not None:
                misfits += _missing(kind, fields, items)
                if any(misfit.field in _IDENTITY for misfit in misfits):
                    answer.refuse("an instance of the answer does not say its name")
            if misfits is not None or read_as is not kind:
                for item in items:
                    object.__setattr__(item, "__class__", kind)
        if misfits and session.validation != "off":
            session.misfits.tell(misfits)
        return found, body.next_cursor

    def _read_again(self, answer: Answer, session: Session, error: ValidationError) -> tuple[Any, list[Misfit] | None]:
        """
        Read an answer that does not fit.

        Returns:
            The answer, and what does not fit; None in its place for an answer that does fit.
        """
        content: Any = None
        if error.errors(include_url=False, include_input=False)[0]["type"] == "json_invalid":
            content = (
                answer.parsed()
            )  # refuses what is no JSON; this takes lone surrogates, which pydantic-core does not
            try:
                with gc_pause:
                    return self._adapter.validate_python(content), None
            except ValidationError as again:
                error = again
        _refuse_others(answer, error)
        if session.validation == "strict":
            raise DecodeError(self._message(answer, error)) from None
        if self._tolerant is None:
            self._tolerant = self._make_adapter([_tolerant(kind, fields) for _, (kind, fields) in self._sets])
        misfits: list[Misfit] = []
        with gc_pause:
            if content is None:
                return self._tolerant.validate_json(answer.content, context=misfits), misfits
            return self._tolerant.validate_python(content, context=misfits), misfits

    def _message(self, answer: Answer, error: ValidationError) -> str:
        """What is wrong, without the values: they are other people's data."""
        details = error.errors(include_url=False, include_input=False)
        shown = "; ".join(f"{_place(detail)}: {detail['msg']}" for detail in details[:3])
        more = f"; and {len(details) - 3} more" if len(details) > 3 else ""
        kind = next(reading.kind for name, reading in self._sets if self._listed or name == details[0]["loc"][1])
        view = getattr(kind, "__pygen__", None)
        return (
            f"{answer.operation}: the answer does not fit {kind.__name__}"
            + (f" ({view.view})" if view else "")
            + f": {shown}{more}; if the data model has changed, generate the SDK again"
            + (f" (request id {answer.request_id})" if answer.request_id else "")
        )


def _answer_model(items: Any, cursors: Any) -> type[BaseModel]:
    return create_model(
        "Answer", items=(items | None, None), next_cursor=(cursors | None, Field(None, alias="nextCursor"))
    )


def _place(detail: ErrorDetails) -> str:
    return ".".join(str(part) for part in detail["loc"])


def _refuse_others(answer: Answer, error: ValidationError) -> None:
    """Refuse an answer that has not even objects, or cursors: there is nothing that could be kept."""
    for detail in error.errors(include_url=False, include_input=False):
        match detail["type"], detail["loc"]:
            case _, ():
                answer.refuse("the answer is no JSON object")
            case _, ("nextCursor", *_):
                answer.refuse("the cursor of the next page is not a text")
            case _, ("items",) | ("items", str()):
                answer.refuse("the answer has no items")
            case "model_type", ("items", int()) | ("items", str(), int()):
                answer.refuse("an item of the answer is no JSON object")


def _missing(kind: type[PygenResource], fields: tuple[str, ...] | None, items: Sequence[Any]) -> list[Misfit]:
    """Required values that instances do not have."""
    required = [
        name
        for name, field in kind.__pydantic_fields__.items()
        if field.is_required() and (fields is None or name in fields or name not in kind.__pygen_props__)
    ]
    return [
        Misfit(kind, name, None) for name in required if any(name not in item.__pydantic_fields_set__ for item in items)
    ]


# --- readers and classes, kept ---

_lock = threading.Lock()


def _list_reader(kind: type[PygenResource]) -> _Reader:
    # Kept on the class itself (not an inherited one), so that it goes when the class goes.
    found = kind.__dict__.get("__pygen_reader__")
    if found is None:
        with _lock:
            found = kind.__dict__.get("__pygen_reader__")
            if found is None:
                found = _Reader([(_ONLY, SetReading(kind))], listed=True)
                type.__setattr__(kind, "__pygen_reader__", found)
    reader: _Reader = found
    return reader


@lru_cache(maxsize=256)
def _sets_reader(sets: tuple[tuple[str, SetReading], ...]) -> _Reader:
    return _Reader(sets)


@lru_cache(maxsize=256)
def _partial(kind: type[PygenResource], fields: tuple[str, ...]) -> type[PygenResource]:
    return partial(kind, fields)


@lru_cache(maxsize=256)
def _tolerant(kind: type[PygenResource], fields: tuple[str, ...] | None) -> type[PygenResource]:
    return tolerant(kind, fields)


def _mutable(kind: type[PygenResource]) -> _state.Mutable:
    """The fields of a class whose values can be changed in place."""
    kind.model_rebuild()
    types = {name: field.annotation for name, field in kind.__pydantic_fields__.items() if name in kind.__pygen_props__}
    deep = tuple(name for name, annotation in types.items() if mentions(annotation, dict))
    flat = tuple(name for name, annotation in types.items() if mentions(annotation, list) and name not in deep)
    return _state.Mutable(flat, deep)
