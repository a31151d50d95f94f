"""What the service says no with: a status and a body in the form of DMS (dms-api.md 1.5, 1.6, appendix A)."""

from __future__ import annotations

from typing import Any

__all__ = ["Refusal", "constraint_violations"]


class Refusal(Exception):  # noqa: N818 -- an answer, not an error of ours
    """
    An answer that says no.

    Attributes:
        status: The HTTP status.
        message: What is wrong; names the field.
        extra: What the body says beside code and message, such as `missing`.
        headers: Headers of the answer.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        extra: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.status = status
        self.message = message
        self.extra = extra or {}
        self.headers = headers or {}
        super().__init__(message)

    def body(self) -> dict[str, Any]:
        """The JSON of the answer."""
        return {"error": {"code": self.status, "message": self.message, **self.extra}}


def constraint_violations(violations: list[str]) -> Refusal:
    """What DMS says of values that are out of bounds; the text is exact and clients match it (dms-api.md 1.6)."""
    return Refusal(
        f"Request had {len(violations)} constraint violations. Please fix the request and try again. "
        f"[{', '.join(violations)}]"
    )
