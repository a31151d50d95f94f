"""
What is asked and what is answered, as values: the pure half of the client.

What to do is written once, as a *plan*: a generator that yields calls (or jobs of several calls, see
`pygen.client.jobs`) and is handed the answers. The synchronous and the asynchronous client only send.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn, TypeAlias, TypeVar

from pydantic_core import from_json as _from_json

from pygen.client.exceptions import DmsTransportError

if TYPE_CHECKING:
    from pygen.client.jobs import Job

__all__ = ["Answer", "Call", "Family", "JsonObject", "Params", "Plan", "Repeat", "items_as"]

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object as Python sees it."""

Family: TypeAlias = Literal["read", "search", "write", "delete", "schema_read", "schema_write", "other"]
"""Endpoints that the service counts together when it limits concurrency (dms-api.md 1.8)."""

Params: TypeAlias = Mapping[str, str | int | bool | Sequence[str] | None]
"""Query parameters; None is left out, a sequence is repeated."""

Repeat: TypeAlias = Literal["read", "idempotent", "once"]
"""
What repeating a call means when nobody knows whether the first attempt arrived: nothing at all (`read`), the same
state as once (`idempotent`), or perhaps something else (`once`: never repeated blindly).
"""

ResultT = TypeVar("ResultT")


class Call(NamedTuple):
    """
    One request to make.

    Attributes:
        operation: What people call it, e.g. `instances.list`; errors, log lines and hooks say it.
        path: Relative to the project: `/models/instances/list`.
        body: The JSON body; None sends none.
        method: The HTTP method.
        params: Query parameters.
        family: Whose budget the call counts against.
        repeat: Whether it may be sent again.
        read: Makes something of a positive answer, kept as `Answer.value`. An answer that it cannot read
            (`DmsTransportError`) counts as an attempt that failed, so truncated answers are asked for again.
        of_project: Whether `path` is below the project; False: below `/api/v1`.
        paged: Whether the caller answers a 408 by asking for a smaller page; it is not repeated as it is, then.
        is_plain: Whether the body is known to be JSON as Python reads it: dicts whose keys are texts, lists, texts,
            numbers, booleans and None. Such a body is written faster.
    """

    operation: str
    path: str
    body: Mapping[str, Any] | None = None
    method: str = "POST"
    params: Params | None = None
    family: Family = "read"
    repeat: Repeat = "read"
    read: Callable[[Answer], Any] | None = None
    of_project: bool = True
    paged: bool = False
    is_plain: bool = False


class Answer(NamedTuple):
    """
    An answer that says yes: the bytes, and what an error about them needs to say.

    Attributes:
        content: The body, inflated.
        operation: That of the call.
        project: The CDF project.
        request_id: The `x-request-id`.
        value: What `Call.read` made of it.
        attempts: How many requests it took.
        lost_since_ms: Set when an earlier attempt may have been carried out although its answer was lost: a moment on
            the service's clock (epoch milliseconds) that is not after the start of the first such attempt.
    """

    content: bytes
    operation: str
    project: str
    request_id: str | None = None
    value: Any = None
    attempts: int = 1
    lost_since_ms: int | None = None

    def json(self) -> JsonObject:
        """
        The body as a JSON object.

        Raises:
            DmsTransportError: It is something else.
        """
        value = self.parsed()
        if not isinstance(value, dict):
            self.refuse(f"the answer is a JSON {type(value).__name__}, not an object")
        return value

    def parsed(self) -> Any:
        """
        The body as JSON of any kind; None where it is empty.

        Raises:
            DmsTransportError: It is something else.
        """
        if not self.content:
            return None
        try:
            return _from_json(self.content, cache_strings="keys")
        except ValueError:
            pass
        try:
            return json.loads(self.content)  # takes lone surrogates, which the fast one does not
        except ValueError:
            return self.refuse("the answer is not JSON")

    def items(self) -> list[Any]:
        """
        The list under `items`, as nearly every answer has one.

        Raises:
            DmsTransportError: There is none.
        """
        return self.listed(self.json())

    def listed(self, body: JsonObject) -> list[Any]:
        """The list under `items` of a body that was read already; raises as `items` does."""
        found = body.get("items")
        if not isinstance(found, list):
            self.refuse("the answer has no items")
        if not all(type(item) is dict for item in found):
            self.refuse("an item of the answer is no JSON object")
        return found

    def refuse(self, message: str) -> NoReturn:
        """Raise the error that says what is wrong with the answer."""
        raise DmsTransportError(
            message, operation=self.operation, project=self.project, request_id=self.request_id
        ) from None


def items_as(read: Callable[[JsonObject], ResultT]) -> Callable[[Answer], list[ResultT]]:
    """A `Call.read` that makes something of each item of an answer."""

    def read_items(answer: Answer) -> list[ResultT]:
        items = answer.items()
        try:
            return [read(item) for item in items]
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            return answer.refuse(f"an item of the answer to {answer.operation} is not understood")

    return read_items


Plan: TypeAlias = "Generator[Call | Job[Any], Any, ResultT]"
"""
Work written once for both clients: yields a `Call` and is sent its `Answer`, or yields a `Job` and is sent the list
of its results; errors are thrown in. What it returns is the result.
"""
