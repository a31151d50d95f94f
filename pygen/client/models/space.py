"""Spaces (dms-api.md 3.1)."""

from pygen.client.models.base import WireModel

__all__ = ["Space"]


class Space(WireModel):
    """A space: what identifiers are unique within, and what access is granted to."""

    space: str
    name: str | None = None
    description: str | None = None
    created_time: int | None = None
    last_updated_time: int | None = None
    is_global: bool = False
