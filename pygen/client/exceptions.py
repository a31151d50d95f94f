"""
What can go wrong between here and the Data Modeling Service.

::

    DmsError
      DmsInputError           a request that DMS would refuse, held back: every problem with its place
      DmsVetoError            (pygen.client.events) a hook held the request back
      DmsTransportError       no usable answer (connect, timeout, not JSON)
      DmsRequestError         an answer that says no: status, code, message, missing, duplicated, request_id
        DmsAuthError          401, 403, or the identity provider gives no token
        DmsRateLimitError     429, after the retries were used up
        DmsConflictError      409, or a version conflict: somebody else changed what was to be changed
        DmsCursorExpiredError the cursor of a sync is older than three days
      DmsGraphQLError         a GraphQL answer with errors
      DmsApplyError           some items of an apply were not written: the result for each

Messages are built from the parts; the parts never hold a header, so no credential gets into a message, a `repr` or a
log line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pygen.errors import PygenError

if TYPE_CHECKING:
    from pygen.client.results import ApplyResult

__all__ = [
    "DmsApplyError",
    "DmsAuthError",
    "DmsConflictError",
    "DmsCursorExpiredError",
    "DmsError",
    "DmsGraphQLError",
    "DmsInputError",
    "DmsRateLimitError",
    "DmsRequestError",
    "DmsTransportError",
    "InputProblem",
]


class DmsError(PygenError):
    """
    The Data Modeling Service could not be reached, or refused.

    Attributes:
        message: What happened, in one sentence.
        operation: What was asked for, e.g. `instances.list`.
        project: The CDF project.
        request_id: The `x-request-id` of the answer, for Cognite's support; None when there was no answer.
        attempts: How many requests were sent; 0: none left this machine.
        given_up: Why the call was not sent once more, where it could have been; empty where it could not.
        lost_since_ms: Set when the service may have done what was asked although the call failed: a moment on its
            clock (epoch milliseconds) that is not after the start of the first such request.
    """

    exit_code = 3
    attempts: int = 0
    given_up: str = ""
    lost_since_ms: int | None = None

    def __init__(self, message: str, *, operation: str = "", project: str = "", request_id: str | None = None) -> None:
        self.message = message
        self.operation = operation
        self.project = project
        self.request_id = request_id
        super().__init__(message)

    def _facts(self) -> list[str]:
        """What is known beside the message, as `key value` pairs."""
        facts = [fact for fact in (self.given_up, f"project {self.project}" if self.project else "") if fact]
        return [*facts, f"request id {self.request_id}"] if self.request_id else facts

    def __str__(self) -> str:
        operation = f"{self.operation}: " if self.operation else ""
        facts = ", ".join(self._facts())
        return f"{operation}{self.message}" + (f" ({facts})" if facts else "")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        # Keyword-only parts do not fit the default, which calls the class with `args`; errors cross process borders.
        return _rebuild, (type(self), self.args, dict(self.__dict__))


def _rebuild(kind: type[DmsError], args: tuple[Any, ...], state: dict[str, Any]) -> DmsError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class InputProblem(NamedTuple):
    """
    One thing in a request that DMS would refuse.

    Attributes:
        where: The argument or the place in it: `items[3].sources[0].source.version`.
        message: The rule, and what was given instead.
    """

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


class DmsInputError(DmsError, ValueError):
    """
    A request that DMS would refuse; it was not sent.

    Attributes:
        problems: Everything that is wrong with it.
    """

    exit_code = 2

    def __init__(self, problems: Sequence[InputProblem], *, operation: str = "", project: str = "") -> None:
        self.problems = tuple(problems)
        shown = "; ".join(str(problem) for problem in self.problems[:5])
        more = f"; and {len(self.problems) - 5} more" if len(self.problems) > 5 else ""
        super().__init__(f"not sent: {shown}{more}", operation=operation, project=project)


class DmsTransportError(DmsError):
    """No usable answer: no connection, a timeout, or an answer that is not JSON. The cause is kept."""


class DmsRequestError(DmsError):
    """
    An answer that says no.

    Attributes:
        status: The HTTP status.
        code: The code in the body; repeats the status where the body has none.
        missing: What classic resources name as missing; DMS itself drops unknown ids silently.
        duplicated: What classic resources name as duplicated.
        auto_retryable: Whether the service said that repeating is safe.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: int | None = None,
        missing: Sequence[Mapping[str, Any]] = (),
        duplicated: Sequence[Mapping[str, Any]] = (),
        auto_retryable: bool = False,
        operation: str = "",
        project: str = "",
        request_id: str | None = None,
    ) -> None:
        self.status = status
        self.code = status if code is None else code
        self.missing = tuple(missing)
        self.duplicated = tuple(duplicated)
        self.auto_retryable = auto_retryable
        super().__init__(message, operation=operation, project=project, request_id=request_id)

    def _facts(self) -> list[str]:
        named = [
            f"{word} {', '.join(str(dict(item)) for item in items[:5])}" + (" ..." if len(items) > 5 else "")
            for word, items in (("missing", self.missing), ("duplicated", self.duplicated))
            if items
        ]
        return [f"status {self.status}", *named, *super()._facts()]


class DmsAuthError(DmsRequestError):
    """The token is missing, expired or not understood (401), or a capability is missing (403)."""


class DmsRateLimitError(DmsRequestError):
    """Too many requests (429), and the retries are used up."""


class DmsConflictError(DmsRequestError):
    """Somebody else changed what was to be changed, or two writes met (409, or a version conflict)."""


class DmsCursorExpiredError(DmsRequestError):
    """A sync cursor older than three days: start again without one, or accept that deletions were missed."""


class DmsGraphQLError(DmsError):
    """
    A GraphQL answer with errors.

    Attributes:
        errors: The errors as they came: `message`, `locations`, perhaps `path` and `extensions`.
        data: What came beside them; None where nothing did.
    """

    def __init__(
        self,
        errors: Sequence[Mapping[str, Any]],
        *,
        data: Mapping[str, Any] | None = None,
        operation: str = "",
        project: str = "",
        request_id: str | None = None,
    ) -> None:
        self.errors = tuple(errors)
        self.data = data
        shown = "; ".join(str(error.get("message", error)) for error in self.errors[:5])
        more = f"; and {len(self.errors) - 5} more" if len(self.errors) > 5 else ""
        super().__init__(f"{shown}{more}", operation=operation, project=project, request_id=request_id)


class DmsApplyError(DmsError):
    """
    Some items of an apply were not written; others may have been.

    Attributes:
        result: What became of each item.
    """

    def __init__(self, message: str, result: ApplyResult, *, operation: str = "", project: str = "") -> None:
        self.result = result
        super().__init__(message, operation=operation, project=project)
