"""
Bodies of requests as typed objects: what is unknown, missing or of the wrong type is refused by name.

Shapes are pydantic models; `Shape.read` turns what pydantic says into what DMS says. An explicit null equals absence
wherever a field is optional (dms-api.md 2.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from pygen.sandbox.problems import Refusal, constraint_violations

__all__ = ["Shape", "refusal_of"]


class Shape(BaseModel):
    """The body of a request, or a part of it; camelCase on the wire, and nothing that is not named."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", strict=True, frozen=True, defer_build=True, populate_by_name=False
    )

    @classmethod
    def read(cls, body: object, *, where: str = "") -> Self:
        """
        Read a body.

        Args:
            body: The parsed JSON.
            where: The place of the body, where it is a part of a larger one: `items[0]`.

        Raises:
            Refusal: It has another shape.
        """
        try:
            return cls.model_validate(body)
        except ValidationError as error:
            raise refusal_of(error, where=where) from None

    def given(self) -> dict[str, Any]:
        """The fields that are not null, as on the wire."""
        return self.model_dump(by_alias=True, exclude_none=True)


def refusal_of(error: ValidationError, *, where: str = "") -> Refusal:
    """What DMS says in place of what pydantic says: the first unknown, missing or wrong field, or all wrong sizes."""
    details = error.errors(include_url=False, include_input=False, include_context=True)
    sizes = [_size(detail) for detail in details]
    if all(size is not None for size in sizes):
        return constraint_violations([size for size in sizes if size is not None])
    first = next(detail for detail, size in zip(details, sizes, strict=True) if size is None)
    place = _place(first["loc"], where)
    match first["type"]:
        case "extra_forbidden":
            return Refusal(f"Unexpected field - {place}")
        case "missing":
            return Refusal(f"{place} must not be null")
        case "json_invalid":
            return Refusal("The body is not valid JSON")
    return Refusal(f"Invalid value for {place or 'the body'}: {first['msg']}")


def _place(location: Sequence[int | str], where: str) -> str:
    """Where, as clients see it: names of union members and list positions read as in a path."""
    shown = where
    for part in location:
        if isinstance(part, int):
            shown += f"[{part}]"
        elif part and part != _KEY and not part.startswith(("function-", "tagged-")):
            shown += f".{part}" if shown else part
    return shown


_KEY = "[key]"
"""What pydantic adds to the place of a key of a mapping."""
_LONG = {"string_too_long": "max_length", "too_long": "max_length"}
_SHORT = {"string_too_short": "min_length", "too_short": "min_length"}


def _size(detail: ErrorDetails) -> str | None:
    """`name size must be between 0 and 255`, where the size is what is wrong; the field alone is named."""
    context: dict[str, Any] = detail.get("ctx") or {}
    field = next((part for part in reversed(detail["loc"]) if isinstance(part, str) and part != _KEY), "")
    if detail["type"] in _LONG:
        return f"{field} size must be between 0 and {context['max_length']}"
    if detail["type"] in _SHORT:
        return f"{field} size must be at least {context['min_length']}"
    return None
