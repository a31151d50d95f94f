"""
What a resource knows beside its fields: the page it came with, the relations loaded so far, and what has changed.

All of it lives in slots, outside pydantic: it takes no part in `==`, `repr`, copy or pickle. A copy is therefore
detached; of what the original knows, it knows the units of its values alone.
"""

from __future__ import annotations

import marshal
import threading
import weakref
from collections.abc import Callable, Iterable
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from pygen.runtime.errors import DetachedError

if TYPE_CHECKING:
    from pygen.runtime.base import PygenResource
    from pygen.runtime.identity import IdentityMap
    from pygen.runtime.session import Session

__all__ = [
    "MISSING",
    "SLOTS",
    "Mutable",
    "Page",
    "attach",
    "bind",
    "bury",
    "converted",
    "join",
    "loaded",
    "origin",
    "page_of",
    "remember",
    "session_of",
    "siblings",
    "turn",
]


TurnT = TypeVar("TurnT")


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

    Attributes:
        session: What they load and save through.
        members: The objects.
        units: The units that their values were converted to, if any.
        known: What is known around them: one object for each instance; None until they load something.
        turns: Locks of the relations that are being loaded.
    """

    __slots__ = ("__weakref__", "known", "members", "session", "turns", "units")

    def __init__(self, session: Session, resources: Iterable[PygenResource], known: IdentityMap | None = None) -> None:
        self.session = session
        self.members = [weakref.ref(resource) for resource in resources]
        self.known = known
        self.turns: weakref.WeakValueDictionary[Any, Any] | None = None
        self.units: Any = None


class Copied(Page):
    """A copy of an object whose values were converted: it belongs to no client, and knows its units."""

    __slots__ = ()


class Gone(Page):
    """Objects of instances that were deleted: nothing can be loaded for them, and nothing saved."""

    __slots__ = ()


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


def attach(session: Session, resources: list[Any], mutable: Mutable, *, is_sure: bool = True) -> None:
    """
    Make *resources* a page of *session*.

    Args:
        session: What they load and save through.
        resources: Objects of one class that were just decoded.
        mutable: Fields that are remembered, so that `save` sees a change in place. Written out, because this runs once
            per object: it must stay small beside decoding.
        is_sure: Whether their values are of the types that the class says; else they are looked at one by one.
    """
    page = Page(session, resources)
    put = _page.__set__
    for resource in resources:
        put(resource, page)
    if not any(mutable):
        return
    if is_sure:
        _keep_packed(resources, mutable)
        return
    for resource in resources:
        values = resource.__dict__
        kept = {name: snapshot(values[name]) for name in chain(*mutable) if values[name] is not None}
        _origin.__set__(resource, kept)


def _keep_packed(resources: list[Any], mutable: Mutable) -> None:
    """Keep snapshots of fields, packed (see `_unpacked`): objects of their own would double the time of attaching."""
    keep = _origin.__set__
    flat, deep = mutable
    for resource in resources:
        values = resource.__dict__
        packed: list[Any] = [mutable]
        has_any = False
        for name in flat:
            if (value := values[name]) is None:
                packed.append(MISSING)
            else:
                packed += value
                packed.append(_END)
                has_any = True
        for name in deep:
            if (value := values[name]) is None:
                packed.append(MISSING)
            else:
                packed.append(marshal.dumps(value, 2))
                has_any = True
        if has_any:
            keep(resource, tuple(packed))


_END: Final = object()
"""Where a list ends among packed snapshots."""


def _unpacked(packed: tuple[Any, ...]) -> dict[str, Any]:
    """
    Snapshots by field of those that `attach` packed into one object.

    Args:
        packed: The fields; the items of each flat one and `_END`, and the bytes of each deep one; for None, MISSING.
    """
    (flat, deep), *rest = packed
    found: dict[str, Any] = {}
    place = 0
    for name in flat:
        if rest[place] is not MISSING:
            end = next(at for at in range(place, len(rest)) if rest[at] is _END)
            found[name] = tuple(rest[place:end])
            place = end
        place += 1
    return found | {name: each for name, each in zip(deep, rest[place:], strict=True) if each is not MISSING}


def join(session: Session, resources: list[Any], known: IdentityMap | None = None) -> None:
    """Make one page of objects that came with several answers; *known* is what is known around them."""
    before = page_of(resources[0]) if resources else None
    page = Page(session, resources, known)
    page.units = None if before is None else before.units
    for resource in resources:
        _page.__set__(resource, page)


def converted(resources: Iterable[Any], units: Any) -> None:
    """Note that values of a page's objects were converted; None: they were not."""
    first = next(iter(resources), None)
    page = None if first is None or not units else page_of(first)
    if page is not None:
        page.units = units


def units_of(resource: PygenResource) -> Any:
    """The units that the values of an object were converted to, if any."""
    page = page_of(resource)
    return None if page is None else page.units


def copied(resource: PygenResource, units: Any) -> None:
    """Note that an object is a copy of one whose values were converted; None: they were not."""
    if units:
        without: Any = None
        page = Copied(without, [resource])
        page.units = units
        _page.__set__(resource, page)


def bury(session: Session, resources: Iterable[Any]) -> None:
    """Note that the instances of objects are deleted."""
    for resource in resources:
        page = page_of(resource)
        if page is not None:
            page.members = [member for member in page.members if member() is not resource]
        gone = Gone(session, [resource])
        gone.units = None if page is None else page.units
        _page.__set__(resource, gone)


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
    if page is None or isinstance(page, Copied):
        raise DetachedError(
            f"cannot {purpose}: this {type(resource).__name__} ({resource.space}:{resource.external_id}) was made or "
            "copied by hand and belongs to no client; fetch it with list() or retrieve(), or write it with upsert()"
        )
    if isinstance(page, Gone):
        raise DetachedError(
            f"cannot {purpose}: this {type(resource).__name__} ({resource.space}:{resource.external_id}) has been "
            "deleted; these are its last values, which upsert() with as_write() writes as a new instance"
        )
    return page.session


def siblings(resource: PygenResource) -> list[PygenResource]:
    """The resource and the objects of its page that are still in use, in the order of the page."""
    page = page_of(resource)
    members = [] if page is None else [member for ref in page.members if (member := ref()) is not None]
    return members if any(member is resource for member in members) else [resource]


_lock = threading.Lock()


def turn(resource: PygenResource, key: object, make: Callable[[], TurnT]) -> TurnT:
    """
    The lock that whoever loads something for the resource's page takes; it exists while somebody holds or awaits it.

    Args:
        resource: A resource of the page.
        key: What is loaded.
        make: Makes the lock where there is none.
    """
    page = page_of(resource)
    if page is None:
        return make()
    with _lock:
        if page.turns is None:
            page.turns = weakref.WeakValueDictionary()
        found: TurnT | None = page.turns.get(key)
        if found is None:
            found = page.turns[key] = make()
        return found


def loaded(resource: PygenResource) -> dict[str, Any]:
    """What is loaded, by name of the relation; changes to the result are kept."""
    try:
        found: dict[str, Any] = _loaded.__get__(resource)
    except AttributeError:
        found = _begin(_loaded, resource)
    return found


def origin(resource: PygenResource) -> dict[str, Any]:
    """Snapshots of the values that the service holds, of the fields that may have changed."""
    try:
        kept: dict[str, Any] | tuple[Any, ...] = _origin.__get__(resource)
    except AttributeError:
        return _begin(_origin, resource)
    if isinstance(kept, dict):
        return kept
    with _lock:  # two threads must not unpack the same: what one of them then notes would be lost
        kept = _origin.__get__(resource)
        found: dict[str, Any] = kept if isinstance(kept, dict) else _unpacked(kept)
        _origin.__set__(resource, found)
        return found


def _begin(slot: Any, resource: PygenResource) -> dict[str, Any]:
    """An empty slot's dictionary; two threads that begin it at once get the same."""
    with _lock:
        try:
            found: dict[str, Any] = slot.__get__(resource)
        except AttributeError:
            found = {}
            slot.__set__(resource, found)
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
