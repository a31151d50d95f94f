"""
What can go wrong between here and the Data Modeling Service.

::

    DmsError
      DmsTransportError     no usable answer (connect, timeout, not JSON)
      DmsRequestError       an answer that says no: status, code, message, missing, duplicated, request_id
        DmsAuthError        401, 403
        DmsRateLimitError   429, after the retries were used up

Messages are built from the parts; the parts never hold a header, so no credential gets into a message, a `repr` or a
log line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pygen.errors import PygenError

__all__ = ["DmsAuthError", "DmsError", "DmsRateLimitError", "DmsRequestError", "DmsTransportError"]


class DmsError(PygenError):
    """
    The Data Modeling Service could not be reached, or refused.

    Attributes:
        message: What happened, in one sentence.
        operation: What was asked for, e.g. `instances.list`.
        project: The CDF project.
        request_id: The `x-request-id` of the answer, for Cognite's support; None when there was no answer.
    """

    exit_code = 3

    def __init__(self, message: str, *, operation: str = "", project: str = "", request_id: str | None = None) -> None:
        self.message = message
        self.operation = operation
        self.project = project
        self.request_id = request_id
        super().__init__(message)

    def _facts(self) -> list[str]:
        """What is known beside the message, as `key value` pairs."""
        facts = [f"project {self.project}"] if self.project else []
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
