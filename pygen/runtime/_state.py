"""
What a resource knows beside its fields: the page it came with, the relations loaded so far, and what has changed.

All of it lives in slots, outside pydantic: it takes no part in `==`, `repr`, copy or pickle. A copy is therefore
detached.
"""

from __future__ import annotations

import marshal
import weakref
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pygen.runtime.errors import DetachedError

if TYPE_CHECKING:
    from pygen.runtime.base import PygenResource
    from pygen.runtime.session import Session

__all__ = [
    "MISSING",
    "SLOTS",
    "Mutable",
    "Page",
    "attach",
    "bind",
    "join",
    "loaded",
    "origin",
    "page_of",
    "remember",
    "session_of",
    "siblings",
]


class _Missing:
    """Stands for "no value", where None is one."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()


SLOTS: Final = ("_pygen_loaded", "_pygen_origin", "_pygen_page")
"""Room in a resource for what it knows beside its fields."""


class Page:
    """
    The objects of one answer, which load their relations together.

    They are held weakly: to keep one object of a thousand must not keep the others alive.
    """

    __slots__ = ("members", "session")

    def __init__(self, session: Session, resources: Iterable[PygenResource]) -> None:
        self.session = session
        self.members = [weakref.ref(resource) for resource in resources]


_loaded: Any = None
_origin: Any = None
_page: Any = None


def bind(resource: type[Any]) -> None:
    """
    Take the slots of the base class of all resources.

    They are reached through their descriptors: attribute access by way of pydantic is slower, and a base class of our
    own with these slots could not be combined with pydantic's.
    """
    global _loaded, _origin, _page
    _loaded, _origin, _page = (resource.__dict__[name] for name in SLOTS)


class Mutable(NamedTuple):
    """
    The fields of a class whose values can be changed in place.

    Attributes:
        flat: Lists of values that cannot.
        deep: JSON objects, and lists of them.
    """

    flat: tuple[str, ...] = ()
    deep: tuple[str, ...] = ()


def attach(session: Session, resources: list[Any], mutable: Mutable) -> None:
    """
    Make *resources* a page of *session*.

    Args:
        session: What they load and save through.
        resources: Objects of one class that were just decoded.
        mutable: Fields that are remembered, so that `save` sees a change in place. Written out, because this runs once
            per object: it must stay small beside decoding.
    """
    page = Page(session, resources)
    put = _page.__set__
    for resource in resources:
        put(resource, page)
    flat, deep = mutable
    if not flat and not deep:
        return
    keep = _origin.__set__
    for resource in resources:
        values = resource.__dict__
        kept: dict[str, Any] = {name: tuple(value) for name in flat if (value := values[name]) is not None}
        for name in deep:
            if (value := values[name]) is not None:
                kept[name] = marshal.dumps(value, 2)
        if kept:
            keep(resource, kept)


def join(session: Session, resources: list[Any]) -> None:
    """Make one page of objects that came with several answers."""
    page = Page(session, resources)
    for resource in resources:
        _page.__set__(resource, page)


def page_of(resource: PygenResource) -> Page | None:
    """The page that the resource came with; None for one made or copied by hand."""
    try:
        page: Page = _page.__get__(resource)
    except AttributeError:
        return None
    return page


def session_of(resource: PygenResource, purpose: str) -> Session:
    """
    The session that the resource loads and saves through.

    Raises:
        DetachedError: There is none.
    """
    page = page_of(resource)
    if page is None:
        raise DetachedError(
            f"cannot {purpose}: this {type(resource).__name__} ({resource.space}:{resource.external_id}) was made or "
            "copied by hand and belongs to no client; fetch it with list() or retrieve(), or write it with upsert()"
        )
    return page.session


def siblings(resource: PygenResource) -> list[PygenResource]:
    """The resource and the objects of its page that are still in use, in the order of the page."""
    page = page_of(resource)
    members = [] if page is None else [member for ref in page.members if (member := ref()) is not None]
    return members if any(member is resource for member in members) else [resource]


def loaded(resource: PygenResource) -> dict[str, Any]:
    """What is loaded, by name of the relation; changes to the result are kept."""
    try:
        found: dict[str, Any] = _loaded.__get__(resource)
    except AttributeError:
        found = {}
        _loaded.__set__(resource, found)
    return found


def origin(resource: PygenResource) -> dict[str, Any]:
    """Snapshots of the values that the service holds, of the fields that may have changed."""
    try:
        found: dict[str, Any] = _origin.__get__(resource)
    except AttributeError:
        found = {}
        _origin.__set__(resource, found)
    return found


def remember(resource: PygenResource, field: str, old: Any) -> None:
    """Note the value that *field* had before it is first changed."""
    if page_of(resource) is not None:
        origin(resource).setdefault(field, snapshot(old))


def adopt(resource: PygenResource, fresh: PygenResource) -> None:
    """Give *resource* the place of *fresh* in the world: its page and its snapshots; loaded relations are forgotten."""
    page = page_of(fresh)
    if page is not None:
        page.members = [weakref.ref(resource)]
        _page.__set__(resource, page)
    _origin.__set__(resource, origin(fresh))
    _loaded.__set__(resource, {})


def snapshot(value: Any) -> Any:
    """A value that later changes in place do not reach: JSON objects as bytes, other lists as tuples."""
    if type(value) is list:
        return marshal.dumps(value, 2) if any(type(item) is dict for item in value) else tuple(value)
    return marshal.dumps(value, 2) if type(value) is dict else value


def same(kept: Any, value: Any) -> bool:
    """Whether *value* is still what the snapshot *kept* was taken of."""
    if type(kept) is tuple:
        return bool(list(kept) == value)
    if type(kept) is bytes:
        return bool(marshal.loads(kept) == value)  # noqa: S302 -- made by snapshot() in this process
    return bool(kept == value)
