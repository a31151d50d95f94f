# The shape of a generated package, written by hand: the runtime is tested without the generator.
"""The view sp:Annotation(v1)."""

from __future__ import annotations

from typing import Unpack

from pygen.runtime import (
    AsyncQuery,
    AsyncSearch,
    AsyncViewAPI,
    EdgeFilters,
    Maybe,
    OneOrMany,
    Prop,
    PygenEdge,
    PygenEdgeWrite,
    Query,
    Search,
    ViewAPI,
    ViewId,
    ViewInfo,
    Where,
)

from .describable import Describable, DescribableWrite


class Annotation(Describable, PygenEdge):
    """A remark that connects two things: an edge view that has a parent."""

    __pygen__ = ViewInfo(
        view=ViewId("sp", "Annotation", "v1"),
        used_for="edge",
        parents=(ViewId("sp", "Describable", "v1"),),
    )

    confidence: Maybe[float] = Prop("confidence", default=None)

    def as_write(self) -> AnnotationWrite:
        """The same data, ready to be changed and upserted."""
        return self._as_write(AnnotationWrite)


class AnnotationWrite(PygenEdgeWrite, DescribableWrite):
    """What can be written of a `Annotation`."""

    __pygen__ = Annotation.__pygen__

    confidence: float | None = Prop("confidence", default=None)


class AnnotationFilters(EdgeFilters, total=False):
    """Keyword filters of `Annotation`."""

    name: OneOrMany[str]
    confidence: OneOrMany[float]
    min_confidence: float
    max_confidence: float


class AnnotationAPI(ViewAPI[Annotation]):
    """Reads and deletes `Annotation` edges."""

    _resource = Annotation

    def list(
        self, where: Where[Annotation] | None = None, /, **filters: Unpack[AnnotationFilters]
    ) -> Query[Annotation]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)

    def search(
        self, text: str, where: Where[Annotation] | None = None, /, **filters: Unpack[AnnotationFilters]
    ) -> Search[Annotation]:
        """The instances that match words and every filter, the best match first, lazily."""
        return self._search(text, where, filters)


class AsyncAnnotationAPI(AsyncViewAPI[Annotation]):
    """Reads and deletes `Annotation` edges."""

    _resource = Annotation

    def list(
        self, where: Where[Annotation] | None = None, /, **filters: Unpack[AnnotationFilters]
    ) -> AsyncQuery[Annotation]:
        """The instances that match every filter, lazily: nothing is fetched until the result is used."""
        return self._list(where, filters)

    def search(
        self, text: str, where: Where[Annotation] | None = None, /, **filters: Unpack[AnnotationFilters]
    ) -> AsyncSearch[Annotation]:
        """The instances that match words and every filter, the best match first, lazily."""
        return self._search(text, where, filters)
