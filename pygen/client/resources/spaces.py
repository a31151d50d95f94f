"""Spaces (dms-api.md 3.1)."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from pygen.client.calls import JsonObject
from pygen.client.checks import Problems, check_space, check_space_item
from pygen.client.models.space import Space
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
)
from pygen.client.write_form import space_item

if TYPE_CHECKING:
    from pygen.client.core import AsyncPygenClient, PygenClient

__all__ = ["AsyncSpacesAPI", "SpaceInput", "SpacesAPI"]

SpaceInput: TypeAlias = Space | Mapping[str, Any]
"""A space to write: an object, or JSON in the form of the wire."""


def _id_item(space: str, where: str, problems: Problems) -> JsonObject:
    check_space(space, where, problems)
    return {"space": space}


def _read_id(item: JsonObject) -> str:
    return text_of(item, "space")


_KIND: SchemaKind[Space, str] = SchemaKind(
    "spaces", "/models/spaces", Space, _id_item, _read_id, space_item, check_space_item
)


class SpacesAPI:
    """Spaces: what identifiers are unique within, and what access is granted to."""

    def __init__(self, client: PygenClient) -> None:
        self._client = client

    def list(
        self,
        *,
        include_global: bool = False,
        limit: int | None = None,
        chunk_size: int = LIMIT,
        cursor: str | None = None,
    ) -> Listing[Space]:
        """
        List spaces, page by page as you go.

        Args:
            include_global: Whether system spaces are listed, too.
            limit: Most spaces in total; None: all.
            chunk_size: Spaces of a page, 1 to 1,000.
            cursor: Where to start: `next_cursor` of a page of the same list.

        Example:
            >>> [space.space for space in client.spaces.list()]
            ['ops_model', 'ops_data']
        """
        params = {"includeGlobal": include_global}
        job = list_job(_KIND, self._client.project, params, limit=limit, chunk_size=chunk_size, cursor=cursor)
        return Listing(self._client, job)

    def retrieve(self, spaces: OneOrMany[str]) -> builtins.list[Space]:
        """
        Fetch spaces by name.

        Args:
            spaces: One or more names.

        Returns:
            Those that exist.

        Raises:
            DmsInputError: A name breaks the rules for names; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> [space.name for space in client.spaces.retrieve(["ops_model", "unknown"])]
            ['Ops model']
        """
        return self._client.run(retrieve_plan(_KIND, many(spaces)))

    def upsert(self, spaces: OneOrMany[SpaceInput]) -> builtins.list[Space]:
        """
        Create spaces, or change name and description of those that exist.

        Args:
            spaces: One or more.

        Returns:
            The spaces as they are now, in the order given.

        Raises:
            DmsInputError: Something is against the rules; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> (space,) = client.spaces.upsert({"space": "ops_test", "name": "Ops test"})
            >>> space.name
            'Ops test'
        """
        return self._client.run(upsert_plan(_KIND, many(spaces)))

    def delete(self, spaces: OneOrMany[str]) -> builtins.list[str]:
        """
        Delete spaces, which must be empty.

        Args:
            spaces: One or more names.

        Returns:
            The names of those that existed.

        Raises:
            DmsInputError: A name breaks the rules for names; nothing was sent.
            DmsRequestError: The service refused, e.g. because a space is not empty.
            DmsTransportError: There was no usable answer.

        Example:
            >>> (space,) = client.spaces.upsert({"space": "ops_test"})
            >>> client.spaces.delete([space.space, "unknown"])
            ['ops_test']
        """
        return self._client.run(delete_plan(_KIND, many(spaces)))


class AsyncSpacesAPI:
    """Spaces; the arguments are those of `SpacesAPI`."""

    def __init__(self, client: AsyncPygenClient) -> None:
        self._client = client

    def list(
        self,
        *,
        include_global: bool = False,
        limit: int | None = None,
        chunk_size: int = LIMIT,
        cursor: str | None = None,
    ) -> AsyncListing[Space]:
        """
        List spaces, page by page as you go; see `SpacesAPI.list`.

        Example:
            >>> [space.space async for space in client.spaces.list()]
            ['ops_model', 'ops_data']
        """
        params = {"includeGlobal": include_global}
        job = list_job(_KIND, self._client.project, params, limit=limit, chunk_size=chunk_size, cursor=cursor)
        return AsyncListing(self._client, job)

    async def retrieve(self, spaces: OneOrMany[str]) -> builtins.list[Space]:
        """
        Fetch spaces by name; see `SpacesAPI.retrieve`.

        Example:
            >>> [space.name for space in await client.spaces.retrieve(["ops_model", "unknown"])]
            ['Ops model']
        """
        return await self._client.run(retrieve_plan(_KIND, many(spaces)))

    async def upsert(self, spaces: OneOrMany[SpaceInput]) -> builtins.list[Space]:
        """
        Create or change spaces; see `SpacesAPI.upsert`.

        Example:
            >>> (space,) = await client.spaces.upsert({"space": "ops_test", "name": "Ops test"})
            >>> space.name
            'Ops test'
        """
        return await self._client.run(upsert_plan(_KIND, many(spaces)))

    async def delete(self, spaces: OneOrMany[str]) -> builtins.list[str]:
        """
        Delete spaces, which must be empty; see `SpacesAPI.delete`.

        Example:
            >>> (space,) = await client.spaces.upsert({"space": "ops_test"})
            >>> await client.spaces.delete([space.space, "unknown"])
            ['ops_test']
        """
        return await self._client.run(delete_plan(_KIND, many(spaces)))
