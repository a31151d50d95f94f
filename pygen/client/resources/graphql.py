"""Data models through GraphQL (dms-api.md 11)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from pygen.client.calls import Answer, Call, JsonObject, Plan
from pygen.client.checks import Problems, check_data_model_id, raise_for
from pygen.client.exceptions import DmsGraphQLError
from pygen.client.models.ids import DataModelId
from pygen.client.paging import object_of

if TYPE_CHECKING:
    from pygen.client.core import AsyncPygenClient, PygenClient

__all__ = ["AsyncGraphQLAPI", "GraphQLAPI"]

_MUTATION = re.compile(r"(?:^|\})[\s,\ufeff]*mutation\b", re.MULTILINE)
_IGNORED = re.compile(r'#[^\n\r]*|"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*"')


def _query(data_model: DataModelId, query: str, variables: Mapping[str, Any] | None) -> Plan[JsonObject]:
    problems: Problems = []
    check_data_model_id(data_model, "data_model", problems)
    raise_for(problems, operation="graphql.query")
    space, name, version = (
        quote(part, safe="") for part in (data_model.space, data_model.external_id, data_model.version)
    )
    path = f"/userapis/spaces/{space}/datamodels/{name}/versions/{version}/graphql"
    return (yield from _send("graphql.query", path, query, variables))


def _dml(query: str, variables: Mapping[str, Any] | None) -> Plan[JsonObject]:
    return (yield from _send("graphql.dml", "/dml/graphql", query, variables))


def _send(operation: str, path: str, query: str, variables: Mapping[str, Any] | None) -> Plan[JsonObject]:
    answer: Answer = yield Call(
        operation,
        path,
        {"query": query, "variables": variables},
        family="write" if _is_mutation(query) else "read",
        repeat="once" if _is_mutation(query) else "read",
        read=_Result.read,
    )
    result: _Result = answer.value
    if result.errors:
        raise DmsGraphQLError(result.errors, data=result.data, operation=operation, request_id=answer.request_id)
    return result.data or {}


class _Result(NamedTuple):
    """What an answer holds."""

    data: JsonObject | None
    errors: list[JsonObject]

    @classmethod
    def read(cls, answer: Answer) -> _Result:
        """Read an answer: it has data, or errors, or both."""
        body = answer.json()
        errors: list[JsonObject] = body.get("errors") or []
        if type(errors) is not list or {type(error) for error in errors} - {dict}:
            answer.refuse("the errors of the answer are not understood")
        if not errors and "data" not in body:
            answer.refuse("the answer has neither data nor errors")
        return cls(object_of(answer, body, "data"), errors)


def _is_mutation(query: str) -> bool:
    """Whether the document holds a mutation, which is not repeated blindly; texts and comments do not count."""
    return _MUTATION.search(_IGNORED.sub(" ", query)) is not None


class GraphQLAPI:
    """Queries in GraphQL over a data model, and data models in GraphQL's schema language."""

    def __init__(self, client: PygenClient) -> None:
        self._client = client

    def query(self, data_model: DataModelId, query: str, variables: Mapping[str, Any] | None = None) -> JsonObject:
        """
        Run a query, or a mutation, over a data model.

        A query is repeated after lost answers, a mutation is not.

        Args:
            data_model: The data model, which gives the schema.
            query: The document.
            variables: Its variables.

        Returns:
            What stands under `data`.

        Raises:
            DmsGraphQLError: The answer has errors; what came beside them is kept with the error.
            DmsInputError: The data model's id is against the rules; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> station = DataModelId("ops_model", "PumpStation", "v1")
            >>> found = client.graphql.query(station, "{ listPump(first: 1) { items { tag } } }")
            >>> found["listPump"]["items"][0]["tag"]
            'P-101'
        """
        return self._client.run(_query(data_model, query, variables))

    def dml(self, query: str, variables: Mapping[str, Any] | None = None) -> JsonObject:
        """
        Run a query or mutation about data models themselves, e.g. `upsertGraphQlDmlVersion`.

        Args:
            query: The document.
            variables: Its variables.

        Returns:
            What stands under `data`; errors of the schema are in the result of the mutation.

        Raises:
            DmsGraphQLError: The answer has errors.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> document = '''mutation ($new: GraphQlDmlVersionUpsert!) {
            ...     upsertGraphQlDmlVersion(graphQlDmlVersion: $new) { errors { message } result { version } }
            ... }'''
            >>> new = {"space": "ops_model", "externalId": "PumpStation", "version": "v1"}
            >>> new["graphQlDml"] = "type Site { name: String! }"
            >>> found = client.graphql.dml(document, {"new": new})
            >>> found["upsertGraphQlDmlVersion"]["result"]["version"]
            'v1'
        """
        return self._client.run(_dml(query, variables))


class AsyncGraphQLAPI:
    """Queries in GraphQL; the arguments are those of `GraphQLAPI`."""

    def __init__(self, client: AsyncPygenClient) -> None:
        self._client = client

    async def query(
        self, data_model: DataModelId, query: str, variables: Mapping[str, Any] | None = None
    ) -> JsonObject:
        """
        Run a query or mutation over a data model; see `GraphQLAPI.query`.

        Example:
            >>> station = DataModelId("ops_model", "PumpStation", "v1")
            >>> found = await client.graphql.query(station, "{ listPump(first: 1) { items { tag } } }")
            >>> found["listPump"]["items"][0]["tag"]
            'P-101'
        """
        return await self._client.run(_query(data_model, query, variables))

    async def dml(self, query: str, variables: Mapping[str, Any] | None = None) -> JsonObject:
        """
        Run a query or mutation about data models themselves; see `GraphQLAPI.dml`.

        Example:
            >>> document = '''mutation ($new: GraphQlDmlVersionUpsert!) {
            ...     upsertGraphQlDmlVersion(graphQlDmlVersion: $new) { errors { message } result { version } }
            ... }'''
            >>> new = {"space": "ops_model", "externalId": "PumpStation", "version": "v1"}
            >>> new["graphQlDml"] = "type Site { name: String! }"
            >>> found = await client.graphql.dml(document, {"new": new})
            >>> found["upsertGraphQlDmlVersion"]["result"]["version"]
            'v1'
        """
        return await self._client.run(_dml(query, variables))
