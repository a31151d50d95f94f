"""One object for each instance: among what came together, and among what was loaded from there."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from pygen.runtime import _state

if TYPE_CHECKING:
    from pygen.client.models.ids import EdgeId, NodeId
    from pygen.runtime.base import PygenResource

__all__ = ["IdentityMap", "known_to", "share"]

ResourceT = TypeVar("ResourceT", bound="PygenResource")


class IdentityMap:
    """
    Objects by class and id, held weakly.

    Objects of which only a part was fetched, and those whose values were converted to other units, are not in it: what
    is loaded through a relation is whole.
    """

    def __init__(self) -> None:
        self._objects: weakref.WeakValueDictionary[tuple[type[Any], str, str], Any] = weakref.WeakValueDictionary()
        self._pages: list[weakref.ref[_state.Page]] = []
        self._lock = threading.Lock()

    def add_page(self, page: _state.Page) -> None:
        """Know the objects of a page, too; they are looked at when somebody asks."""
        page.known = self
        with self._lock:
            self._pages.append(weakref.ref(page))

    def get(self, kind: type[ResourceT], key: NodeId | EdgeId) -> ResourceT | None:
        """The object of an instance, if there is one."""
        self._read_pages()
        return self._objects.get((kind, key.space, key.external_id))

    def unify(self, resources: Iterable[ResourceT]) -> list[ResourceT]:
        """The same instances, each as the object that is known already; the others are known from now on."""
        self._read_pages()
        with self._lock:
            return [
                self._objects.setdefault((type(resource), resource.space, resource.external_id), resource)
                for resource in resources
            ]

    def _read_pages(self) -> None:
        if not self._pages:
            return
        with self._lock:
            pages, self._pages = self._pages, []
            for page in [page for ref in pages if (page := ref()) is not None and page.units is None]:
                for resource in [resource for member in page.members if (resource := member()) is not None]:
                    if len(resource.__dict__) >= len(type(resource).__pydantic_fields__):
                        key = type(resource), resource.space, resource.external_id
                        self._objects.setdefault(key, resource)


def known_to(owners: list[PygenResource]) -> IdentityMap:
    """What is known around some objects; begun with their pages where nothing is yet."""
    pages = list(dict.fromkeys(page for owner in owners if (page := _state.page_of(owner)) is not None))
    known = next((page.known for page in pages if page.known is not None), None) or IdentityMap()
    for page in pages:
        if page.known is None:
            known.add_page(page)
    return known


def share(known: IdentityMap, resources: Iterable[PygenResource]) -> None:
    """Know the pages of some objects."""
    last: _state.Page | None = None
    for resource in resources:
        page = _state.page_of(resource)
        if page is not None and page is not last:
            if page.known is None:
                known.add_page(page)
            last = page
