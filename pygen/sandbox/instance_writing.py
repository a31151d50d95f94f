"""
Writes any number of instances into a project, in whatever order they come.

Direct relations to nodes that do not exist create them, as with any client; but not those whose target must have data
in a container. Such a relation waits for its target: what cannot be without it waits as a whole, else the relation
comes later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from pygen.client.models.ids import ContainerId, ViewId
from pygen.errors import ConfigError
from pygen.sandbox.apply import apply_items
from pygen.sandbox.problems import Refusal
from pygen.sandbox.snapshots import is_system_space
from pygen.sandbox.spaces import apply_spaces

if TYPE_CHECKING:
    from pygen.sandbox.catalog import Prop
    from pygen.sandbox.store import Store

__all__ = ["InstanceWriter"]

Json = dict[str, Any]
_Key = tuple[str, str]

_MOST_ITEMS = 1000
"""What a request takes (dms-api.md 4.1)."""


class _Relation(NamedTuple):
    """
    A direct relation of a source.

    Attributes:
        name: The property, as the source calls it.
        is_required: Whether it must not be null.
        table: The table in which its target must have a row before; None: it may lead anywhere.
    """

    name: str
    is_required: bool
    table: str | None


class InstanceWriter:
    """
    Writes instances, in requests as large as they may be.

    Args:
        store: The project.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._relations: dict[tuple[str, str, str | None], list[_Relation]] = {}
        self._batch: dict[_Key, Json] = {}
        self._taken: set[_Key] = set()
        self._waiting: list[Json] = []
        self._later: list[Json] = []
        self._place = ""

    def write(self, items: Iterable[Json], *, place: str) -> None:
        """
        Write instances; some may wait until `finish`.

        Args:
            items: Nodes and edges as `POST /models/instances` takes them.
            place: Where they come from, for messages.

        Raises:
            ConfigError: The service would refuse them.
        """
        self._place = place
        for item in items:
            self._take(item)
        self._flush()

    def finish(self) -> None:
        """
        Write what waits for others.

        Raises:
            ConfigError: What it waits for does not come.
        """
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            for item in waiting:
                self._take(item)
            if len(self._waiting) == len(waiting):  # they wait for each other, or in vain
                stuck, self._waiting = self._waiting, []
                for item in stuck:
                    self._add(item)
        self._flush()
        later, self._later = self._later, []
        for item in later:
            self._add(item)
        self._flush()

    def _take(self, item: Json) -> None:
        """Write an item, or as much of it as can be written now."""
        missing = list(self._missing(item))
        if any(relation.is_required for _, relation in missing):
            self._waiting.append(item)
        elif missing:
            now, later = _parted(item, missing)
            self._add(now)
            self._later.append(later)
        else:
            self._add(item)

    def _add(self, item: Json) -> None:
        key = (item["space"], item["externalId"])
        if key in self._batch or len(self._batch) == _MOST_ITEMS:
            self._flush()
        self._batch[key] = item
        self._taken.add(key)

    def _flush(self) -> None:
        batch, self._batch = list(self._batch.values()), {}
        if not batch:
            return
        try:
            self._create_spaces(batch)
            apply_items(
                self._store,
                {"items": batch, "autoCreateStartNodes": True, "autoCreateEndNodes": True},
                as_system=True,
            )
        except Refusal as refusal:
            raise ConfigError(refusal.message, key=self._place) from refusal

    # --- what instances lead to ---

    def _missing(self, item: Json) -> Iterator[tuple[int, _Relation]]:
        """The relations that must wait, with the position of their source."""
        own = (item["space"], item["externalId"])
        for position, source in enumerate(item.get("sources") or ()):
            properties = source.get("properties") or {}
            for relation in self._relations_of(source["source"]):
                if relation.table is None:
                    continue
                targets = _targets(properties.get(relation.name))
                if not all(target == own or self._is_there(target, relation.table) for target in targets):
                    yield position, relation

    def _is_there(self, target: _Key, table: str) -> bool:
        if target in self._taken:
            return True
        found = self._store.db.execute(
            f"SELECT 1 FROM instance AS i JOIN {table} AS c ON c.id = i.id AND c.live = 1"
            " WHERE (i.space, i.external_id) = (?, ?)",
            target,
        ).fetchone()
        return found is not None

    def _relations_of(self, source: Mapping[str, Any]) -> list[_Relation]:
        """The direct relations of a view or a container; none of one that does not exist, which is refused later."""
        key = (source["space"], source["externalId"], source.get("version"))
        if key not in self._relations:
            self._relations[key] = [
                _Relation(name, not prop.nullable, self._table(prop))
                for name, prop in self._properties(*key)
                if prop.type == "direct"
            ]
        return self._relations[key]

    def _table(self, prop: Prop) -> str | None:
        container = None if prop.target is None else self._store.catalog.containers.get(prop.target)
        return None if container is None else container.table

    def _properties(self, space: str, external_id: str, version: str | None) -> Iterator[tuple[str, Prop]]:
        catalog = self._store.catalog
        if version is None:
            container = catalog.containers.get(ContainerId(space, external_id))
            yield from () if container is None else container.props.items()
        else:
            view = catalog.views.get(ViewId(space, external_id, version))
            yield from () if view is None else ((name, mapped.prop) for name, mapped in view.mapped.items())

    def _create_spaces(self, batch: Iterable[Json]) -> None:
        known = self._store.catalog.spaces
        missing = {space for item in batch for space in self._spaces(item) if space not in known}
        for is_global in (True, False):
            chosen = [{"space": space} for space in sorted(missing) if is_system_space(space) == is_global]
            if chosen:
                apply_spaces(self._store, chosen, is_global=is_global)

    def _spaces(self, item: Json) -> Iterator[str]:
        yield item["space"]
        for end in ("type", "startNode", "endNode"):
            if item.get(end) is not None:
                yield item[end]["space"]
        for source in item.get("sources") or ():
            properties = source.get("properties") or {}
            for relation in self._relations_of(source["source"]):
                yield from (space for space, _ in _targets(properties.get(relation.name)))


def _targets(value: object) -> Iterator[_Key]:
    """What a direct relation, or a list of them, leads to; what is none is refused later."""
    for target in value if isinstance(value, list) else [value]:
        match target:
            case {"space": str(space), "externalId": str(external_id)}:
                yield space, external_id


def _parted(item: Json, missing: Iterable[tuple[int, _Relation]]) -> tuple[Json, Json]:
    """An item without some relations, and the same instance with nothing else."""
    sources = [{**source, "properties": dict(source.get("properties") or {})} for source in item["sources"]]
    later: dict[int, Json] = {}
    for position, relation in missing:
        properties = sources[position]["properties"]
        later.setdefault(position, {})[relation.name] = properties[relation.name]
        # Null, not absent: the instance must get its row in the container now, others may need it there.
        properties[relation.name] = None
    patches = [{"source": sources[position]["source"], "properties": found} for position, found in later.items()]
    return {**item, "sources": sources}, {**item, "sources": patches}
