"""
Which indexes help a query: its conditions and sort keys held against the containers behind its views.

What indexes serve is partly inferred, since the service documents little of it (dms-api.md 3.2, 5, 6.8): a btree index
serves comparisons of its first property, and sorting by its first properties where it is cursorable; an inverted index
serves `containsAny` and `containsAll`. What is negated narrows nothing down, and of several alternatives each needs an
index of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from pygen.client.calls import Answer, Call, Plan, items_as
from pygen.client.chunks import chunked
from pygen.client.exceptions import DmsRequestError
from pygen.client.models.container import Container, Index
from pygen.client.models.ids import ContainerId, ViewId
from pygen.client.models.view import MappedProperty, View
from pygen.runtime.index_needs import Need, Path

__all__ = ["Backing", "ContainerIndex", "Verdict", "backing_plan"]

Verdict: TypeAlias = Literal["index", "id", "none", "unknown"]
"""
What something rests on: an index of a container; the identifiers of instances, which the service keeps itself; nothing;
or nobody knows.
"""

_BTREE = frozenset({"equals", "in", "range", "prefix", "overlaps"})
_INVERTED = frozenset({"containsAny", "containsAll"})
_IDENTITY = frozenset({"space", "externalId"})
_UNDOCUMENTED = "which indexes there are over what every instance has is not documented"
_MOST_IDS = 100
"""Views or containers of one request (dms-api.md 2.1)."""


@dataclass(frozen=True)
class ContainerIndex:
    """
    An index of a container.

    Attributes:
        container: The container.
        identifier: What the index is called within it.
        definition: What it is.
    """

    container: ContainerId
    identifier: str
    definition: Index

    def __str__(self) -> str:
        cursorable = "cursorable " if self.definition.cursorable else ""
        properties = ", ".join(self.definition.properties)
        return f"{cursorable}{self.definition.index_type} index {self.identifier} of {self.container} ({properties})"


@dataclass(frozen=True)
class Backing:
    """
    What a condition, a sorting or a step along a relation rests on.

    Attributes:
        what: It, in words.
        verdict: What it rests on.
        index: The index.
        note: What else there is to say.
    """

    what: str
    verdict: Verdict
    index: ContainerIndex | None = None
    note: str = ""

    @property
    def reason(self) -> str:
        """The verdict in words."""
        words = {"index": str(self.index), "id": "the ids of instances", "none": "no index", "unknown": "unknown"}
        return words[self.verdict] + (f"; {self.note}" if self.note else "")

    def __str__(self) -> str:
        return f"{self.what}: {self.reason}"


class _Schema(NamedTuple):
    """Views and containers by their ids; those that cannot be seen are not there."""

    views: dict[ViewId, View]
    containers: dict[ContainerId, Container]

    def stored(self, path: Path) -> tuple[ContainerId, str] | None:
        """The container and its property that a property of a filter stands for."""
        view = _view_of(path)
        if view is None:
            return ContainerId(path[0], path[1]), path[2]
        found = self.views.get(view)
        mapped = None if found is None else found.properties.get(path[2])
        if not isinstance(mapped, MappedProperty):
            return None
        return ContainerId(mapped.container.space, mapped.container.external_id), mapped.container_property_identifier

    def indexes(self, container: ContainerId) -> list[ContainerIndex] | None:
        """The indexes of a container; None where it cannot be seen."""
        found = self.containers.get(container)
        if found is None:
            return None
        return [ContainerIndex(container, name, index) for name, index in sorted((found.indexes or {}).items())]


def _view_of(path: Path) -> ViewId | None:
    external_id, slash, version = path[1].partition("/")
    return ViewId(path[0], external_id, version) if slash else None


def backing_plan(needs: Sequence[Need], *, schema: bool) -> Plan[tuple[tuple[Backing, ...], str | None]]:
    """
    Find out what rests on which index.

    Args:
        needs: What could use one.
        schema: Whether views and containers are asked for, which tell: two requests, but for very many views.

    Returns:
        What each rests on, and why nobody knows where that is so.
    """
    stored = list(dict.fromkeys(path for need in needs for path in need.paths if len(path) == 3))
    known, unknown = _Schema({}, {}), None
    if stored and not schema:
        unknown = "views and containers were not asked for, so indexes are not known"
    elif stored:
        try:
            known = yield from _schema_plan(stored)
        except DmsRequestError as error:
            if error.status >= 500:
                raise
            unknown = f"views and containers cannot be read, so indexes are not known: {error}"
    return tuple(_backing(need, known) for need in needs), unknown


def _schema_plan(paths: Sequence[Path]) -> Plan[_Schema]:
    wanted = list(dict.fromkeys(view for path in paths if (view := _view_of(path)) is not None))
    schema = _Schema({}, {})
    for views in chunked(wanted, _MOST_IDS):
        items = [{"space": each.space, "externalId": each.external_id, "version": each.version} for each in views]
        answer: Answer = yield _byids("views", items, View.model_validate)
        schema.views.update((view.as_id(), view) for view in answer.value)
    behind = dict.fromkeys(place[0] for path in paths if (place := schema.stored(path)) is not None)
    for containers in chunked(behind, _MOST_IDS):
        items = [{"space": each.space, "externalId": each.external_id} for each in containers]
        answer = yield _byids("containers", items, Container.model_validate)
        schema.containers.update((container.as_id(), container) for container in answer.value)
    return schema


def _byids(what: str, items: list[dict[str, str]], read: Callable[[dict[str, Any]], Any]) -> Call:
    return Call(f"{what}.byids", f"/models/{what}/byids", {"items": items}, family="schema_read", read=items_as(read))


# --- verdicts ---

_Found: TypeAlias = tuple[Verdict, ContainerIndex | None, str]


def _backing(need: Need, schema: _Schema) -> Backing:
    """What something rests on."""
    if need.hindrance:
        return Backing(need.what, "none", note=need.hindrance)
    ids = need.operator == "instanceReferences"
    of_every = [path[-1] for path in need.paths if len(path) != 3]
    if ids or of_every:
        ids = ids or (need.operator != "sort" and _IDENTITY.issuperset(of_every))
        return Backing(need.what, "id", note=need.note) if ids else Backing(need.what, "unknown", note=_UNDOCUMENTED)
    return Backing(need.what, *_verdict(need, schema))


def _verdict(need: Need, schema: _Schema) -> _Found:
    known: list[tuple[str, list[ContainerIndex]]] = []
    for place in map(schema.stored, need.paths):
        indexes = None if place is None else schema.indexes(place[0])
        if place is None or indexes is None:
            return "unknown", None, need.note
        known.append((place[1], indexes))
    if need.operator == "sort":
        return _sorting(need, known)
    if need.operator not in _BTREE | _INVERTED:
        return "none", None, f"no index serves {need.operator}"
    return _best(
        need, [each for name, found in known for each in found if _serves(each.definition, need.operator, name)]
    )


def _serves(index: Index, operator: str, name: str) -> bool:
    if operator in _INVERTED:
        return index.index_type == "inverted" and name in index.properties
    return index.index_type == "btree" and index.properties[:1] == [name]


def _sorting(need: Need, keys: list[tuple[str, list[ContainerIndex]]]) -> _Found:
    names = [name for name, _ in keys]
    indexes = keys[0][1]
    if any(found != indexes for _, found in keys):
        return "none", None, "the keys lie in several containers, an index in one"
    btrees = [each for each in indexes if each.definition.index_type == "btree"]
    fitting = [each for each in btrees if each.definition.properties[: len(names)] == names]
    cursorable = [each for each in fitting if each.definition.cursorable]
    if fitting and not cursorable:
        return "none", None, f"{fitting[0]} fits, but it is not cursorable"
    return _best(need, cursorable)


def _best(need: Need, fitting: list[ContainerIndex]) -> _Found:
    """The verdict, where these indexes fit."""
    usable = [each for each in fitting if each.definition.state in {None, "current"}]
    if fitting and not usable:
        return "none", None, f"{fitting[0]} fits, but it is {fitting[0].definition.state}"
    anywhere = [each for each in usable if need.spaces_known or not each.definition.by_space]
    if usable and not anywhere:
        return "none", None, f"{usable[0]} fits, but begins with the space: filter by space, too"
    return ("index", anywhere[0], need.note) if anywhere else ("none", None, need.note)
