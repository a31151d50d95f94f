"""Spaces, containers, views and data models as they are written, wherever they were found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from pygen.errors import ConfigError, ModelError, Problem
from pygen.sources.files import title

__all__ = ["Definition", "Definitions", "Json"]

Json: TypeAlias = dict[str, Any]

_DEFINED_TWICE = "PYG003"


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
        assumed_views: What a schema says of views that it imports. A definition anywhere else is the truth.
        assumed_containers: The containers behind them, as far as that tells of them.
    """

    place: str
    spaces: list[Definition] = field(default_factory=list)
    containers: list[Definition] = field(default_factory=list)
    views: list[Definition] = field(default_factory=list)
    data_models: list[Definition] = field(default_factory=list)
    read_views: list[Json] = field(default_factory=list)
    read_containers: list[Json] = field(default_factory=list)
    assumed_views: list[Definition] = field(default_factory=list)
    assumed_containers: list[Definition] = field(default_factory=list)

    def resolve(self) -> tuple[Json, list[Json]]:
        """
        The one data model in the API's read form, and the containers behind it.

        Raises:
            ConfigError: There is no data model, or more than one.
            ModelError: Views are named that are not defined, so that nobody knows what belongs to the model; or
                something has two definitions.
        """
        if not self.data_models:
            raise ConfigError("holds no data model", key=self.place)
        if len(self.data_models) > 1:
            names = ", ".join(title(each.body) for each in self.data_models)
            files = {each.place for each in self.data_models}
            hint = "name the file of one of them: folder/name.datamodel.yaml"
            raise ConfigError(
                f"holds {len(self.data_models)} data models: {names}",
                key=self.place,
                hint=hint if len(files) == len(self.data_models) else "keep one data model per file",
            )
        problems = [*_contradictions("view", self.views), *_contradictions("container", self.containers)]
        if problems:
            raise ModelError(problems)
        from pygen.sources.resolving import resolve

        return resolve(self, self.data_models[0])


def _contradictions(kind: str, definitions: Iterable[Definition]) -> Iterator[Problem]:
    """Resources that are defined twice, and not in the same way."""
    known: dict[tuple[Any, ...], Definition] = {}
    for each in definitions:
        first = known.setdefault(tuple(each.body.get(key) for key in ("space", "externalId", "version")), each)
        if first.body != each.body:
            name = title(each.body) if kind == "view" else f"{each.body['space']}:{each.body['externalId']}"
            message = f"the {kind} {name} is defined otherwise in {first.place}"
            yield Problem(each.place, _DEFINED_TWICE, message, "keep one of the two")
