"""The verbs that write: what clients and view APIs have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, Literal, Protocol, TypeAlias, TypeVar, Unpack, cast, overload

from pygen.client.models.ids import EdgeId, NodeId
from pygen.runtime.base import PygenResource, PygenWrite
from pygen.runtime.building import LazyQuery
from pygen.runtime.errors import NotWritableError
from pygen.runtime.session import Session
from pygen.runtime.upsert_results import UpsertPreview, UpsertResult
from pygen.runtime.upserting import UpsertOptions, preview_of, upsert_plan

__all__ = ["AsyncWriting", "DeleteInput", "Frame", "InstanceRef", "WriteObjects", "Writing"]

InputT_contra = TypeVar("InputT_contra", contravariant=True)

InstanceRef: TypeAlias = PygenResource | PygenWrite | NodeId | EdgeId | tuple[str, str] | str
"""An instance: an object, its id, or its external id within the client's instance space."""
DeleteInput: TypeAlias = InstanceRef | Iterable[InstanceRef] | LazyQuery[Any]
"""One or more instances, or all that a query finds."""
WriteObjects: TypeAlias = PygenWrite | Iterable[PygenWrite]
"""One or more objects of write classes."""


class Frame(Protocol):
    """A data frame: of pandas or polars, or a table or a record batch of pyarrow."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The numbers of rows and columns."""


class _Objects:
    """What is given to an upsert, as objects."""

    _session: Session

    def _viewed(self) -> type[PygenResource] | None:
        """The class of the view that this is about."""
        return None

    def _objects(self, given: Any, options: UpsertOptions) -> Iterable[PygenWrite]:
        """
        Objects of write classes, made of the rows where *given* is a data frame.

        Raises:
            NotWritableError: A data frame is given to a view that is read-only.
            TypeError: A data frame is given where the view is not known, or something that is no input at all.
        """
        if isinstance(given, PygenWrite | PygenResource):
            return [cast("PygenWrite", given)]  # of a resource it is said what to do with it
        if not isinstance(given, Iterable) and not hasattr(given, "shape"):
            raise TypeError(f"upsert takes objects of write classes, not {type(given).__name__}")
        objects: Iterable[PygenWrite] = given
        if not hasattr(given, "shape"):
            return objects
        from pygen.runtime.frame_input import from_frame, is_frame

        if not is_frame(given):
            raise TypeError(f"upsert takes objects of write classes or a data frame, not {type(given).__name__}")
        kind = self._viewed()
        if kind is None:
            raise TypeError("the rows of a data frame belong to a view: write client.<view>.upsert(frame)")
        info = kind.__pygen__
        if info.write is None:
            raise NotWritableError(kind.__name__, f"the view {info.view} is read-only")
        return from_frame(info.write, given, nulls=options.get("nulls", "keep"))


class Writing(_Objects, Generic[InputT_contra]):
    """Writes what it is given, in either form of input."""

    @overload
    def upsert(
        self, objects: InputT_contra, *, dry_run: Literal[False] = False, **options: Unpack[UpsertOptions]
    ) -> UpsertResult: ...
    @overload
    def upsert(
        self, objects: InputT_contra, *, dry_run: Literal[True], **options: Unpack[UpsertOptions]
    ) -> UpsertPreview: ...
    @overload
    def upsert(
        self, objects: InputT_contra, *, dry_run: bool, **options: Unpack[UpsertOptions]
    ) -> UpsertResult | UpsertPreview: ...
    def upsert(
        self, objects: InputT_contra, *, dry_run: bool = False, **options: Unpack[UpsertOptions]
    ) -> UpsertResult | UpsertPreview:
        """
        Create instances, or change the fields that are set.

        Fields that are not set keep their values, None clears one. Nested objects are written along, each once, and
        edges are made. Requests hold at most 1,000 items, and are transactions of their own; what is referred to is
        written first. A request that is refused is cut until the items at fault stand alone; the others are written.
        A list is looked through before anything is sent; an iterator may be of any length and is read as it is
        written, some thousand instances at a time. What is nested in objects of several such parts is written with each
        of them, so an `existing_version` in it would conflict with what the part before has written.

        An object of a view over several containers gets a row in each, so that the view shows it. Where a container
        demands a property that the view does not have, the service refuses to make it: write such instances through a
        view that has all of it.

        Args:
            objects: One or more objects of write classes; for the API of a view a data frame, too.
            dry_run: Whether to return what would be sent, and send nothing.
            **options: How it is meant, and done; see `UpsertOptions`.

        Raises:
            SdkError: An object cannot be written: it has no id or no space, or contradicts another one.
            UpsertError: Something was not written; carries what became of each item.
        """
        given = self._objects(objects, options)
        if dry_run:
            return preview_of(self._session, given, options)
        return self._session.run(upsert_plan(self._session, given, options))


class AsyncWriting(_Objects, Generic[InputT_contra]):
    """Writes what it is given, in either form of input."""

    @overload
    async def upsert(
        self, objects: InputT_contra, *, dry_run: Literal[False] = False, **options: Unpack[UpsertOptions]
    ) -> UpsertResult: ...
    @overload
    async def upsert(
        self, objects: InputT_contra, *, dry_run: Literal[True], **options: Unpack[UpsertOptions]
    ) -> UpsertPreview: ...
    @overload
    async def upsert(
        self, objects: InputT_contra, *, dry_run: bool, **options: Unpack[UpsertOptions]
    ) -> UpsertResult | UpsertPreview: ...
    async def upsert(
        self, objects: InputT_contra, *, dry_run: bool = False, **options: Unpack[UpsertOptions]
    ) -> UpsertResult | UpsertPreview:
        """Create instances, or change the fields that are set; see `Writing.upsert`."""
        given = self._objects(objects, options)
        if dry_run:
            return preview_of(self._session, given, options)
        return await self._session.arun(upsert_plan(self._session, given, options))
