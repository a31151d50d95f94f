"""What is no resource of the Data Modeling Service: the token, and any request of the user's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pygen.client.calls import Answer, Call, JsonObject, Plan
from pygen.client.exceptions import DmsInputError, InputProblem

if TYPE_CHECKING:
    from pygen.client.core import AsyncPygenClient, PygenClient

__all__ = ["AsyncTokenAPI", "TokenAPI", "request_call"]


def request_call(
    method: str,
    path: str,
    body: Mapping[str, Any] | None,
    params: Mapping[str, Any] | None,
    *,
    safe_to_repeat: bool,
) -> Call:
    """
    The call for a request of the user's own.

    Raises:
        DmsInputError: The path leads out of the project.
    """
    operation = f"{method.upper()} {path}"
    if not path.startswith("/") or path.startswith("//") or ".." in unquote(path).split("/") or not path.isprintable():
        problem = InputProblem("path", f"{path!r} is not a path below the project, such as /timeseries/data/list")
        raise DmsInputError([problem], operation="request")
    is_read = method.upper() in {"GET", "HEAD"}
    return Call(
        operation,
        path,
        body,
        method=method.upper(),
        params=params,
        family="other",
        repeat="read" if is_read or safe_to_repeat else "once",
        read=Answer.parsed,
    )


def _inspect() -> Plan[JsonObject]:
    answer: Answer = yield Call(
        "token.inspect", "/token/inspect", method="GET", family="other", read=Answer.json, of_project=False
    )
    found: JsonObject = answer.value
    return found


class TokenAPI:
    """What the credentials allow."""

    def __init__(self, client: PygenClient) -> None:
        self._client = client

    def inspect(self) -> JsonObject:
        """
        Ask who the token speaks for, for which projects, and with which capabilities (dms-api.md 1.4).

        Returns:
            `subject`, `projects` and `capabilities`.

        Raises:
            DmsAuthError: The token is not accepted.
            DmsTransportError: There was no usable answer.

        Example:
            >>> token = client.token.inspect()
            >>> token["subject"]
            'c0ffee'
        """
        return self._client.run(_inspect())


class AsyncTokenAPI:
    """What the credentials allow."""

    def __init__(self, client: AsyncPygenClient) -> None:
        self._client = client

    async def inspect(self) -> JsonObject:
        """
        Ask who the token speaks for, and what it allows; see `TokenAPI.inspect`.

        Example:
            >>> token = await client.token.inspect()
            >>> token["subject"]
            'c0ffee'
        """
        return await self._client.run(_inspect())
