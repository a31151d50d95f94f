"""How much there is in a project, and how much there may be (dms-api.md 2.5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pygen.client.calls import Answer, Call, JsonObject, Plan
from pygen.client.checks import Problems, check_space, raise_for
from pygen.client.chunks import chunked
from pygen.client.resources.schema import MOST_ITEMS, OneOrMany, many

if TYPE_CHECKING:
    from pygen.client.core import AsyncPygenClient, PygenClient

__all__ = ["AsyncStatisticsAPI", "StatisticsAPI"]


def _project() -> Plan[JsonObject]:
    answer: Answer = yield Call(
        "statistics.project", "/models/statistics", method="GET", family="schema_read", read=Answer.json
    )
    found: JsonObject = answer.value
    return found


def _spaces(spaces: Sequence[str] | None) -> Plan[list[JsonObject]]:
    if spaces is None:
        answer: Answer = yield Call(
            "statistics.spaces", "/models/statistics/spaces", method="GET", family="schema_read", read=Answer.items
        )
        everything: list[JsonObject] = answer.value
        return everything
    problems: Problems = []
    for place, space in enumerate(spaces):
        check_space(space, f"spaces[{place}]", problems)
    raise_for(problems, operation="statistics.spaces")
    found: list[JsonObject] = []
    for chunk in chunked(({"space": space} for space in spaces), MOST_ITEMS):
        answer = yield Call(
            "statistics.spaces",
            "/models/statistics/spaces/byids",
            {"items": chunk},
            family="schema_read",
            read=Answer.items,
        )
        found += answer.value
    return found


class StatisticsAPI:
    """Counts and limits, as JSON objects in the form of the wire."""

    def __init__(self, client: PygenClient) -> None:
        self._client = client

    def project(self) -> JsonObject:
        """
        Fetch the counts and limits of the project.

        Returns:
            `spaces`, `containers`, `views`, `dataModels` and `containerProperties`, each with `count` and `limit`;
            `instances`; `concurrentReadLimit`, `concurrentWriteLimit` and `concurrentDeleteLimit`.

        Raises:
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> statistics = client.statistics.project()
            >>> statistics["spaces"]
            {'count': 2, 'limit': 100}
        """
        return self._client.run(_project())

    def spaces(self, spaces: OneOrMany[str] | None = None) -> list[JsonObject]:
        """
        Fetch the counts of spaces.

        Args:
            spaces: One or more names; None: every space.

        Returns:
            An object for each space that exists: `space`, `containers`, `views`, `dataModels`, `nodes`, `edges`, and
            how many nodes and edges are deleted but not yet gone.

        Raises:
            DmsInputError: A name breaks the rules for names; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> [space["nodes"] for space in client.statistics.spaces("ops_data")]
            [5]
        """
        return self._client.run(_spaces(None if spaces is None else many(spaces)))


class AsyncStatisticsAPI:
    """Counts and limits; the arguments are those of `StatisticsAPI`."""

    def __init__(self, client: AsyncPygenClient) -> None:
        self._client = client

    async def project(self) -> JsonObject:
        """
        Fetch the counts and limits of the project; see `StatisticsAPI.project`.

        Example:
            >>> statistics = await client.statistics.project()
            >>> statistics["spaces"]
            {'count': 2, 'limit': 100}
        """
        return await self._client.run(_project())

    async def spaces(self, spaces: OneOrMany[str] | None = None) -> list[JsonObject]:
        """
        Fetch the counts of spaces; see `StatisticsAPI.spaces`.

        Example:
            >>> [space["nodes"] for space in await client.statistics.spaces("ops_data")]
            [5]
        """
        return await self._client.run(_spaces(None if spaces is None else many(spaces)))
