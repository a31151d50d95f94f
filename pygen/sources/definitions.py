"""Spaces, containers, views and data models as they are written, wherever they were found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from pygen.errors import ConfigError
from pygen.sources.files import title

__all__ = ["Definition", "Definitions", "Json"]

Json: TypeAlias = dict[str, Any]


class Definition(NamedTuple):
    """
    One resource.

    Attributes:
        body: Its write form.
        place: Where it was found, for messages.
    """

    body: Json
    place: str


@dataclass(slots=True)
class Definitions:
    """
    What a folder or a schema defines, in write form.

    Attributes:
        place: What to call all of it in messages.
        spaces: The spaces.
        containers: The containers.
        views: The views, with their own properties only.
        data_models: The data models.
        read_views: Views in read form that are built upon and not defined here.
        read_containers: Their containers.
    """

    place: str
    spaces: list[Definition] = field(default_factory=list)
    containers: list[Definition] = field(default_factory=list)
    views: list[Definition] = field(default_factory=list)
    data_models: list[Definition] = field(default_factory=list)
    read_views: list[Json] = field(default_factory=list)
    read_containers: list[Json] = field(default_factory=list)

    def resolve(self) -> tuple[Json, list[Json]]:
        """
        The one data model in the API's read form, and the containers behind it.

        Raises:
            ConfigError: There is no data model, or more than one.
            ModelError: Views are named that are not defined, so that nobody knows what belongs to the model.
        """
        if not self.data_models:
            raise ConfigError("holds no data model", key=self.place)
        if len(self.data_models) > 1:
            names = ", ".join(title(each.body) for each in self.data_models)
            raise ConfigError(
                f"holds {len(self.data_models)} data models: {names}",
                key=self.place,
                hint="name the file of one of them: folder/name.datamodel.yaml",
            )
        from pygen.sources.resolving import resolve

        return resolve(self, self.data_models[0])
