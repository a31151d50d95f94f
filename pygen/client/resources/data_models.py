"""Data models (dms-api.md 3.7)."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from pygen.client.calls import JsonObject
from pygen.client.checks import (
    check_data_model_id,
    check_data_model_item,
)
from pygen.client.models.data_model import DataModel
from pygen.client.models.ids import DataModelId
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
from pygen.client.write_form import data_model_item

if TYPE_CHECKING:
    from pygen.client.core import AsyncPygenClient, PygenClient

__all__ = ["AsyncDataModelsAPI", "DataModelInput", "DataModelRef", "DataModelsAPI"]

DataModelInput: TypeAlias = DataModel | Mapping[str, Any]
"""A data model to write: an object, or JSON in the form of the wire."""

DataModelRef: TypeAlias = DataModelId | tuple[str, str]
"""A data model in one version; a pair of space and external id means all versions."""


def _read_id(item: JsonObject) -> DataModelRef:
    return DataModelId(text_of(item, "space"), text_of(item, "externalId"), text_of(item, "version"))


_KIND: SchemaKind[DataModel, DataModelRef] = SchemaKind(
    "data_models",
    "/models/datamodels",
    DataModel,
    versioned_id_item(DataModelId, check_data_model_id),
    _read_id,
    data_model_item,
    check_data_model_item,
)


def _inline(inline_views: bool | None) -> dict[str, bool | None]:
    return {"inlineViews": inline_views}


class DataModelsAPI:
    """Data models: views that belong together."""

    def __init__(self, client: PygenClient) -> None:
        self._client = client

    def list(
        self,
        *,
        space: str | None = None,
        inline_views: bool = False,
        all_versions: bool = False,
        include_global: bool = False,
        limit: int | None = None,
        chunk_size: int = LIMIT,
        cursor: str | None = None,
    ) -> Listing[DataModel]:
        """
        List data models, page by page as you go.

        Args:
            space: Of this space only.
            inline_views: Whether `views` holds whole views rather than references.
            all_versions: Whether older versions are listed, too; else the one created last.
            include_global: Whether system data models are listed, too.
            limit: Most data models in total; None: all.
            chunk_size: Data models of a page, 1 to 1,000.
            cursor: Where to start: `next_cursor` of a page of the same list.

        Raises:
            DmsInputError: An argument is against the rules.

        Example:
            >>> [model.external_id for model in client.data_models.list(space="ops_model")]
            ['PumpStation']
        """
        params = {
            "space": space,
            "inlineViews": inline_views,
            "allVersions": all_versions,
            "includeGlobal": include_global,
        }
        job = list_job(_KIND, self._client.project, params, limit=limit, chunk_size=chunk_size, cursor=cursor)
        return Listing(self._client, job)

    def retrieve(self, ids: OneOrMany[DataModelRef], *, inline_views: bool | None = None) -> builtins.list[DataModel]:
        """
        Fetch data models by id.

        Args:
            ids: One or more; a pair of space and external id fetches all versions.
            inline_views: Whether `views` holds whole views rather than references; None leaves it to the service,
                which gives references.

        Returns:
            Those that exist.

        Raises:
            DmsInputError: An id is against the rules; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> (station,) = client.data_models.retrieve(DataModelId("ops_model", "PumpStation", "v1"))
            >>> [view.external_id for view in station.views]
            ['Site', 'Pump', 'Technician', 'MaintenanceLink']
        """
        return self._client.run(retrieve_plan(_KIND, many(ids, or_pair=True), _inline(inline_views)))

    def upsert(self, data_models: OneOrMany[DataModelInput]) -> builtins.list[DataModel]:
        """
        Create data models, or add views to those that exist.

        Args:
            data_models: One or more; whole views in them are upserted along.

        Returns:
            The data models as they are now, in the order given.

        Raises:
            DmsInputError: Something is against the rules; nothing was sent.
            DmsRequestError: The service refused, e.g. because a view is missing.
            DmsTransportError: There was no usable answer.

        Example:
            >>> site = {"type": "view", "space": "ops_model", "externalId": "Site", "version": "v1"}
            >>> model = {"space": "ops_model", "externalId": "Sites", "version": "v1", "views": [site]}
            >>> [model.external_id for model in client.data_models.upsert(model)]
            ['Sites']
        """
        return self._client.run(upsert_plan(_KIND, many(data_models)))

    def delete(self, ids: OneOrMany[DataModelId]) -> builtins.list[DataModelRef]:
        """
        Delete data models; views, containers and data stay.

        Args:
            ids: One or more, with versions.

        Returns:
            The ids of those that existed.

        Raises:
            DmsInputError: An id is against the rules; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> client.data_models.delete(DataModelId("ops_model", "PumpStation", "v1"))
            [DataModelId(space='ops_model', external_id='PumpStation', version='v1')]
        """
        return self._client.run(delete_plan(_KIND, many(ids)))


class AsyncDataModelsAPI:
    """Data models; the arguments are those of `DataModelsAPI`."""

    def __init__(self, client: AsyncPygenClient) -> None:
        self._client = client

    def list(
        self,
        *,
        space: str | None = None,
        inline_views: bool = False,
        all_versions: bool = False,
        include_global: bool = False,
        limit: int | None = None,
        chunk_size: int = LIMIT,
        cursor: str | None = None,
    ) -> AsyncListing[DataModel]:
        """
        List data models, page by page as you go; see `DataModelsAPI.list`.

        Example:
            >>> [model.external_id async for model in client.data_models.list(space="ops_model")]
            ['PumpStation']
        """
        params = {
            "space": space,
            "inlineViews": inline_views,
            "allVersions": all_versions,
            "includeGlobal": include_global,
        }
        job = list_job(_KIND, self._client.project, params, limit=limit, chunk_size=chunk_size, cursor=cursor)
        return AsyncListing(self._client, job)

    async def retrieve(
        self, ids: OneOrMany[DataModelRef], *, inline_views: bool | None = None
    ) -> builtins.list[DataModel]:
        """
        Fetch data models by id; see `DataModelsAPI.retrieve`.

        Example:
            >>> (station,) = await client.data_models.retrieve(DataModelId("ops_model", "PumpStation", "v1"))
            >>> [view.external_id for view in station.views]
            ['Site', 'Pump', 'Technician', 'MaintenanceLink']
        """
        return await self._client.run(retrieve_plan(_KIND, many(ids, or_pair=True), _inline(inline_views)))

    async def upsert(self, data_models: OneOrMany[DataModelInput]) -> builtins.list[DataModel]:
        """
        Create data models, or add views to them; see `DataModelsAPI.upsert`.

        Example:
            >>> site = {"type": "view", "space": "ops_model", "externalId": "Site", "version": "v1"}
            >>> model = {"space": "ops_model", "externalId": "Sites", "version": "v1", "views": [site]}
            >>> [model.external_id for model in await client.data_models.upsert(model)]
            ['Sites']
        """
        return await self._client.run(upsert_plan(_KIND, many(data_models)))

    async def delete(self, ids: OneOrMany[DataModelId]) -> builtins.list[DataModelRef]:
        """
        Delete data models; see `DataModelsAPI.delete`.

        Example:
            >>> await client.data_models.delete(DataModelId("ops_model", "PumpStation", "v1"))
            [DataModelId(space='ops_model', external_id='PumpStation', version='v1')]
        """
        return await self._client.run(delete_plan(_KIND, many(ids)))
