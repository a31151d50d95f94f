"""Views (dms-api.md 3.5)."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from pygen.client.calls import JsonObject
from pygen.client.checks import check_view_id, check_view_item
from pygen.client.models.ids import ViewId
from pygen.client.models.view import View
from pygen.client.paging import AsyncListing, Listing
from pygen.client.resources.schema import (
    LIMIT,
    OneOrMany,
    SchemaKind,
    delete_plan,
    list_job,
    many,
    retrieve_plan,
    text_of,
    upsert_plan,
    versioned_id_item,
)
from pygen.client.resources.schema_order import views_first_things_first
from pygen.client.write_form import view_item

if TYPE_CHECKING:
    from pygen.client.core import AsyncPygenClient, PygenClient

__all__ = ["AsyncViewsAPI", "ViewInput", "ViewRef", "ViewsAPI"]

ViewInput: TypeAlias = View | Mapping[str, Any]
"""A view to write: an object, or JSON in the form of the wire."""

ViewRef: TypeAlias = ViewId | tuple[str, str]
"""A view in one version; a pair of space and external id means all versions."""


def _read_id(item: JsonObject) -> ViewRef:
    return ViewId(text_of(item, "space"), text_of(item, "externalId"), text_of(item, "version"))


_KIND: SchemaKind[View, ViewRef] = SchemaKind(
    "views",
    "/models/views",
    View,
    versioned_id_item(ViewId, check_view_id),
    _read_id,
    view_item,
    check_view_item,
    views_first_things_first,
)


def _inherited(include_inherited_properties: bool | None) -> dict[str, bool | None]:
    return {"includeInheritedProperties": include_inherited_properties}


class ViewsAPI:
    """Views: what is read and written together."""

    def __init__(self, client: PygenClient) -> None:
        self._client = client

    def list(
        self,
        *,
        space: str | None = None,
        include_inherited_properties: bool = True,
        all_versions: bool = False,
        include_global: bool = False,
        limit: int | None = None,
        chunk_size: int = LIMIT,
        cursor: str | None = None,
    ) -> Listing[View]:
        """
        List views, page by page as you go.

        Args:
            space: Of this space only.
            include_inherited_properties: Whether `properties` holds those of all ancestors, too.
            all_versions: Whether older versions are listed, too; else the one created last.
            include_global: Whether system views are listed, too.
            limit: Most views in total; None: all.
            chunk_size: Views of a page, 1 to 1,000.
            cursor: Where to start: `next_cursor` of a page of the same list.

        Raises:
            DmsInputError: An argument is against the rules.

        Example:
            >>> [view.external_id for view in client.views.list(space="ops_model")]
            ['Site', 'Pump', 'Technician', 'MaintenanceLink']
        """
        params = {
            "space": space,
            "includeInheritedProperties": include_inherited_properties,
            "allVersions": all_versions,
            "includeGlobal": include_global,
        }
        job = list_job(_KIND, self._client.project, params, limit=limit, chunk_size=chunk_size, cursor=cursor)
        return Listing(self._client, job)

    def retrieve(
        self, ids: OneOrMany[ViewRef], *, include_inherited_properties: bool | None = None
    ) -> builtins.list[View]:
        """
        Fetch views by id.

        Args:
            ids: One or more; a pair of space and external id fetches all versions.
            include_inherited_properties: Whether `properties` holds those of all ancestors, too; None leaves it to
                the service, which includes them.

        Returns:
            Those that exist.

        Raises:
            DmsInputError: An id is against the rules; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> (site,) = client.views.retrieve(ViewId("ops_model", "Site", "v1"))
            >>> list(site.properties)
            ['name', 'commissioned', 'pumps']
        """
        return self._client.run(retrieve_plan(_KIND, many(ids, or_pair=True), _inherited(include_inherited_properties)))

    def upsert(self, views: OneOrMany[ViewInput]) -> builtins.list[View]:
        """
        Create views, or change those that exist as far as the service allows.

        More than 100 views go in several requests, parents first.

        Args:
            views: One or more. A view that was read with inherited properties is written with them as its own: read
                it with `include_inherited_properties=False` to write it back (dms-api.md 12, 23).

        Returns:
            The views as they are now, in the order given.

        Raises:
            DmsInputError: Something is against the rules; nothing was sent.
            DmsRequestError: The service refused, e.g. because a container is missing.
            DmsTransportError: There was no usable answer.

        Example:
            >>> site = ViewId("ops_model", "Site", "v1")
            >>> (view,) = client.views.retrieve(site, include_inherited_properties=False)
            >>> (view,) = client.views.upsert(view.model_copy(update={"description": "Where pumps are"}))
            >>> view.description
            'Where pumps are'
        """
        return self._client.run(upsert_plan(_KIND, many(views)))

    def delete(self, ids: OneOrMany[ViewId]) -> builtins.list[ViewRef]:
        """
        Delete views; containers and data stay.

        Args:
            ids: One or more, with versions.

        Returns:
            The ids of those that existed.

        Raises:
            DmsInputError: An id is against the rules; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> client.views.delete([ViewId("ops_model", "Site", "v1"), ViewId("ops_model", "Site", "v2")])
            [ViewId(space='ops_model', external_id='Site', version='v1')]
        """
        return self._client.run(delete_plan(_KIND, many(ids)))


class AsyncViewsAPI:
    """Views; the arguments are those of `ViewsAPI`."""

    def __init__(self, client: AsyncPygenClient) -> None:
        self._client = client

    def list(
        self,
        *,
        space: str | None = None,
        include_inherited_properties: bool = True,
        all_versions: bool = False,
        include_global: bool = False,
        limit: int | None = None,
        chunk_size: int = LIMIT,
        cursor: str | None = None,
    ) -> AsyncListing[View]:
        """
        List views, page by page as you go; see `ViewsAPI.list`.

        Example:
            >>> [view.external_id async for view in client.views.list(space="ops_model")]
            ['Site', 'Pump', 'Technician', 'MaintenanceLink']
        """
        params = {
            "space": space,
            "includeInheritedProperties": include_inherited_properties,
            "allVersions": all_versions,
            "includeGlobal": include_global,
        }
        job = list_job(_KIND, self._client.project, params, limit=limit, chunk_size=chunk_size, cursor=cursor)
        return AsyncListing(self._client, job)

    async def retrieve(
        self, ids: OneOrMany[ViewRef], *, include_inherited_properties: bool | None = None
    ) -> builtins.list[View]:
        """
        Fetch views by id; see `ViewsAPI.retrieve`.

        Example:
            >>> (site,) = await client.views.retrieve(ViewId("ops_model", "Site", "v1"))
            >>> list(site.properties)
            ['name', 'commissioned', 'pumps']
        """
        return await self._client.run(
            retrieve_plan(_KIND, many(ids, or_pair=True), _inherited(include_inherited_properties))
        )

    async def upsert(self, views: OneOrMany[ViewInput]) -> builtins.list[View]:
        """
        Create or change views; see `ViewsAPI.upsert`.

        Example:
            >>> site = ViewId("ops_model", "Site", "v1")
            >>> (view,) = await client.views.retrieve(site, include_inherited_properties=False)
            >>> (view,) = await client.views.upsert(view.model_copy(update={"description": "Where pumps are"}))
            >>> view.description
            'Where pumps are'
        """
        return await self._client.run(upsert_plan(_KIND, many(views)))

    async def delete(self, ids: OneOrMany[ViewId]) -> builtins.list[ViewRef]:
        """
        Delete views; see `ViewsAPI.delete`.

        Example:
            >>> await client.views.delete([ViewId("ops_model", "Site", "v1"), ViewId("ops_model", "Site", "v2")])
            [ViewId(space='ops_model', external_id='Site', version='v1')]
        """
        return await self._client.run(delete_plan(_KIND, many(ids)))
