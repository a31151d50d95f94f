"""Data models: views that belong together (dms-api.md 3.7)."""

from typing import Annotated, Any, TypeAlias

from pydantic import Discriminator, Field, Tag

from pygen.client.models.base import WireModel
from pygen.client.models.ids import DataModelId
from pygen.client.models.references import ViewReference
from pygen.client.models.view import View

__all__ = ["DataModel"]

_REFERENCE_KEYS = frozenset({"type", "space", "externalId", "external_id", "version"})


def _view_kind(value: Any) -> str:
    """A reference has nothing but the keys that name a view."""
    if isinstance(value, dict):
        return "reference" if _REFERENCE_KEYS.issuperset(value) else "view"
    return "reference" if isinstance(value, ViewReference) else "view"


_ModelView: TypeAlias = Annotated[
    Annotated[View, Tag("view")] | Annotated[ViewReference, Tag("reference")],
    Discriminator(_view_kind),
]


class DataModel(WireModel):
    """
    A data model.

    Attributes:
        views: Whole views where it was read with `inlineViews=true`, otherwise references.
    """

    space: str
    external_id: str
    version: str
    name: str | None = None
    description: str | None = None
    views: list[_ModelView] = Field(default=[])
    created_time: int | None = None
    last_updated_time: int | None = None
    is_global: bool = False

    def as_id(self) -> DataModelId:
        """The data model's identifier, as a hashable value."""
        return DataModelId(self.space, self.external_id, self.version)
