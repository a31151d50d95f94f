"""
Writing instances (dms-api.md 4.1): a request is one transaction, which is kept as a whole or not at all.

The order of checks is that of dms-api.md 13.3: the shape, what is named, values, versions, what instances lead to,
constraints. What is deleted goes first, so that what it had to itself is free again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pygen.sandbox.delete import delete_keys
from pygen.sandbox.instance_rows import KINDS, InstanceRow, remove_data, version_conflict
from pygen.sandbox.problems import Refusal
from pygen.sandbox.schema_rows import check_space
from pygen.sandbox.store import EDGE, NODE, compact
from pygen.sandbox.values import Link, Stored, stored_list
from pygen.sandbox.write_ids import InstanceIds, referenced
from pygen.sandbox.write_plans import Mode, Part, Plans, Table
from pygen.sandbox.write_shapes import InstanceReference, Item, Writes

if TYPE_CHECKING:
    from pygen.sandbox.catalog import ContainerDef
    from pygen.sandbox.store import Store

__all__ = ["apply_instances", "apply_items"]

Json = dict[str, Any]
Assigned = dict[int, Stored]
"""Values by their position in a row."""


def apply_instances(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """
    `POST /models/instances`: write and delete nodes and edges.

    Raises:
        Refusal: The body has another form, or something in it is not allowed; nothing is written then.
    """
    return apply_items(store, body)


def apply_items(store: Store, body: Json, *, as_system: bool = False) -> Json:
    """
    Write and delete nodes and edges.

    Args:
        store: The project.
        body: That of `POST /models/instances`.
        as_system: Whether the system's spaces may be written into, and what the service alone sets be set.

    Raises:
        Refusal: The body has another form, or something in it is not allowed; nothing is written then.
    """
    request = Writes.read(body)
    request.check()
    with store.writing():
        return _Apply(store, request, as_system=as_system).carry_out()


@dataclass(slots=True)
class _Entry:
    """
    An item on its way into the tables.

    Attributes:
        item: The item.
        key: Its space and external id.
        kind: `NODE` or `EDGE`.
        type: Its type, where one is given.
        start: The start node of an edge.
        end: The end node of an edge.
        before: The live instance that it changes; None: it is new.
        id: The number of the instance.
        ends: The numbers of its type, start node and end node from now on.
        is_skipped: Whether a version conflict keeps it from being written.
        is_modified: Whether anything changes.
        version: Its version from now on.
    """

    item: Item
    key: Link
    kind: int
    type: Link | None
    start: Link | None
    end: Link | None
    before: InstanceRow | None = None
    id: int = 0
    ends: tuple[int | None, int | None, int | None] = (None, None, None)
    is_skipped: bool = False
    is_modified: bool = False
    version: int = 1

    @classmethod
    def of(cls, item: Item) -> _Entry:
        """An item, before anything is known of it."""
        return cls(
            item,
            Link(item.space, item.external_id),
            KINDS[item.instance_type],
            _link(item.type),
            _link(item.start_node),
            _link(item.end_node),
        )

    @property
    def name(self) -> str:
        """What to call it in a refusal."""
        return f"{self.item.instance_type} '{self.key.space}:{self.key.external_id}'"

    def answer(self, now: int) -> Json:
        """What became of it."""
        before = self.before
        return {
            "instanceType": self.item.instance_type,
            "version": self.version,
            "wasModified": self.is_modified,
            "space": self.key.space,
            "externalId": self.key.external_id,
            "createdTime": now if before is None else before.created,
            "lastUpdatedTime": now if before is None or self.is_modified else before.updated,
        }


def _link(reference: InstanceReference | None) -> Link | None:
    return None if reference is None else reference.as_link()


@dataclass(slots=True)
class _TableWrite:
    """
    What a request writes into one table.

    Attributes:
        table: The table.
        assigned: Values for each entry.
        rows: Rows to insert.
        updates: Rows to write in place of those that there are.
        outdated: Numbers of the instances whose rows go before any are inserted.
    """

    table: Table
    assigned: list[tuple[_Entry, Assigned]] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    updates: list[list[Any]] = field(default_factory=list)
    outdated: list[int] = field(default_factory=list)

    def put(self, row: list[Any], old: Sequence[Any] | None) -> bool:
        """
        Write a row, if it changes anything.

        One that gets another unique value is removed and inserted, so that two instances can exchange theirs.
        """
        if old is None:
            self.rows.append(row)
        elif row == list(old):
            return False
        elif any(row[position] != old[position] for position in self.table.unique):
            self.outdated.append(row[0])
            self.rows.append(row)
        else:
            self.updates.append(row)
        return True


class _Apply:
    """A request on its way through the tables; within `store.writing`."""

    def __init__(self, store: Store, request: Writes, *, as_system: bool) -> None:
        self._store = store
        self._request = request
        self._as_system = as_system
        self._replace = bool(request.replace)
        self._may_create_targets = request.auto_create_direct_relations is not False
        self._entries = [_Entry.of(item) for item in request.items]
        self._writes: dict[int, _TableWrite] = {}
        self._links: set[Link] = set()
        self._needed: dict[int, tuple[ContainerDef, dict[int, Link]]] = {}
        self._counted: dict[tuple[int, int], int] = {}

    def carry_out(self) -> Json:
        """Check and write all of it."""
        spaces = {entry.key.space for entry in self._entries}
        check_space(self._store, spaces, is_global=self._as_system)
        self._encode()
        deleted = delete_keys(
            self._store,
            self._request.delete or (),
            skip_conflicts=bool(self._request.skip_on_version_conflict),
            as_system=self._as_system,
        )
        self._ids = InstanceIds(self._store, {entry.key for entry in self._entries} | self._links)
        self._identify()
        entries = [entry for entry in self._entries if not entry.is_skipped]
        for entry in entries:
            self._connect(entry)
        for write in self._writes.values():
            self._make_rows(write)
        now = self._store.now_ms()
        self._write_instances([entry for entry in entries if entry.is_modified], now)
        for write in self._writes.values():
            self._write_rows(write)
        self._check_targets()
        for write in self._writes.values():
            self._check_requires(write)
        shown = self._entries if self._store.settings.skipped_in_answer else entries
        return {"items": [entry.answer(now) for entry in shown], "deleted": deleted}

    # --- values ---

    def _encode(self) -> None:
        """Make all values what columns hold, and note what they lead to."""
        plans = Plans.of(self._store)
        sources = [(entry, source, source.key()) for entry in self._entries for source in entry.item.sources or ()]
        plans.check_sources({key for _, _, key in sources})
        for entry, source, key in sources:
            properties = source.properties or {}
            for part in plans.parts(key, tuple(properties), Mode(entry.kind, self._replace, self._as_system)):
                self._assign(entry, part, part.encode(properties, entry.name, self._links))
        for entry in self._entries:
            self._links.update(link for link in (entry.type, entry.start, entry.end) if link is not None)

    def _assign(self, entry: _Entry, part: Part, encoded: list[Stored]) -> None:
        """Keep the values of an entry for a table; where two are given for the same property, they must be equal."""
        write = self._writes.get(part.table.container.number)
        if write is None:
            write = self._writes[part.table.container.number] = _TableWrite(part.table)
            self._links |= part.table.links
        if not write.assigned or write.assigned[-1][0] is not entry:
            assigned = dict(zip(part.positions, encoded, strict=True))
            write.assigned.append((entry, assigned))
            if len(assigned) == len(encoded):
                return
        assigned = write.assigned[-1][1]
        for position, value, name in zip(part.positions, encoded, part.names, strict=True):
            if assigned.setdefault(position, value) != value:
                raise Refusal(f"Property '{name}' of {entry.name} is given twice, with different values.")

    # --- which instances ---

    def _identify(self) -> None:
        """Find out which instances there are, and give numbers to those that are new."""
        for entry in self._entries:
            before = self._ids.live(entry.key)
            if before is not None:
                entry.before, entry.id, entry.version = before, before.id, before.version
                self._check_known(entry, before)
                continue
            if self._ids.was_deleted(entry.key):
                entry.version = self._store.settings.recreated_version
            entry.id = self._ids.begin(entry.key, entry.kind)
            entry.is_modified = True

    def _check_known(self, entry: _Entry, before: InstanceRow) -> None:
        """See that an entry may change what there is."""
        if before.kind != entry.kind:
            other = "an edge" if before.kind == EDGE else "a node"
            raise Refusal(
                f"Cannot write {entry.name}: its external id is taken by {other}.",
                status=self._store.settings.taken_id_status,
            )
        existing = entry.item.existing_version
        if existing is not None and before.version > existing:
            if not self._request.skip_on_version_conflict:
                raise version_conflict(self._store)
            entry.is_skipped = True

    def _connect(self, entry: _Entry) -> None:
        """Find the type and the ends, or create them; what is not given stays."""
        before, request = entry.before, self._request
        type_id, start_id, end_id = entry.ends if before is None else before[-3:]
        if entry.type is not None:
            type_id = self._ids.target(entry.type, may_create=self._may_create_targets)
        if entry.start is not None:
            start_id = self._end("Start", entry.start, may_create=bool(request.auto_create_start_nodes))
        if entry.end is not None:
            end_id = self._end("End", entry.end, may_create=bool(request.auto_create_end_nodes))
        entry.ends = type_id, start_id, end_id
        entry.is_modified = before is None or entry.ends != before[-3:]

    def _end(self, which: str, link: Link, *, may_create: bool) -> int:
        number = self._ids.node(link, may_create=may_create)
        if number is None:
            raise Refusal(f"{which} node '{link.space}:{link.external_id}' does not exist.", status=409)
        return number

    # --- rows ---

    def _make_rows(self, write: _TableWrite) -> None:
        """Work out rows, and which of them change anything."""
        known = [entry.id for entry, _ in write.assigned if entry.before is not None]
        there: dict[int, tuple[Any, ...]] = {}
        if known:
            there = {row[0]: row for row in self._store.db.execute(write.table.select, [compact(known)])}
        for entry, assigned in write.assigned:
            if entry.is_skipped:
                continue
            old = there.get(entry.id)
            if write.put(self._row(write.table, entry, assigned, old), old):
                entry.is_modified = True

    def _row(self, table: Table, entry: _Entry, assigned: Assigned, old: Sequence[Any] | None) -> list[Any]:
        """The row of an entry, with all that was not given."""
        row: list[Any]
        if old is None or self._replace:
            row = table.blank.copy()
            row[0], row[2] = entry.id, self._store.catalog.spaces[entry.key.space]
            if old is not None:
                for position in table.kept:
                    row[position] = old[position]
        else:
            row = list(old)
        for position, value in assigned.items():
            row[position] = value
        for position in table.relations:
            row[position] = self._resolved(table, position, row[position])
        for position in table.counters:
            self._count(table, position, row, may_fill=old is None and position not in assigned)
        if old is None or self._replace:
            table.check_required(row)
        if old is not None:
            table.check_immutable(row, old, entry.name)
        return row

    def _resolved(self, table: Table, position: int, value: Any) -> Any:
        """What a column holds of a direct relation: numbers in place of names."""
        if isinstance(value, Link):
            return self._related(table, position, value)
        if isinstance(value, list):
            return stored_list([self._related(table, position, link) for link in value])
        return value

    def _related(self, table: Table, position: int, link: Link) -> int:
        """The number of a target; one that must have data in a container is not created (dms-api.md 3.3)."""
        if position not in table.targets:
            return self._ids.target(link, may_create=self._may_create_targets)
        number = self._ids.target(link, may_create=False)
        container = table.targets[position]
        if container is not None:
            self._needed.setdefault(container.number, (container, {}))[1][number] = link
        return number

    def _count(self, table: Table, position: int, row: list[Any], *, may_fill: bool) -> None:
        """Fill in the next number of a property that counts up; one that is given moves the count on."""
        place = (table.container.number, position)
        if place not in self._counted:
            (greatest,) = self._store.db.execute(table.greatest(position)).fetchone()
            self._counted[place] = greatest or 0
        if row[position] is None and may_fill:
            row[position] = table.counted(position, self._counted[place] + 1)
        self._counted[place] = max(self._counted[place], row[position] or 0)

    # --- writing ---

    def _write_instances(self, changed: Sequence[_Entry], now: int) -> None:
        """Write the rows of `instance`, and remove what instances that begin anew had before."""
        db, ids, again = self._store.db, self._ids, self._store.settings.recreated_version
        seq = self._store.take_seq(len(changed) + len(ids.created))
        states = [
            *((entry.key, entry.id, entry.kind, entry.before, entry.ends) for entry in changed),
            *((key, number, NODE, None, (None, None, None)) for key, number in ids.created.items()),
        ]
        fresh, known, revived = [], [], []
        for number, (key, row_id, kind, before, ends) in enumerate(states, seq):
            if before is not None:
                known.append((kind, before.version + 1, before.created, now, number, *ends, row_id))
            elif ids.was_deleted(key):
                known.append((kind, again, now, now, number, *ends, row_id))
                revived.append(row_id)
            else:
                fresh.append((row_id, kind, *key, 1, now, now, number, *ends))
        self._check_room(len(fresh) + len(revived))
        db.executemany("INSERT INTO instance VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?)", fresh)
        db.executemany(
            "UPDATE instance SET kind = ?, version = ?, created = ?, updated = ?, deleted = NULL, seq = ?, type_id = ?,"
            " start_id = ?, end_id = ? WHERE id = ?",
            known,
        )
        remove_data(self._store, revived)
        for entry in changed:
            if entry.before is not None:
                entry.version = entry.before.version + 1

    def _check_room(self, count: int) -> None:
        """See that there are not too many instances; they are counted only where that may be."""
        most = self._store.settings.most_instances
        if count and self._ids.greatest > most:
            (live,) = self._store.db.execute("SELECT count(*) FROM instance WHERE deleted IS NULL").fetchone()
            if live + count > most:
                raise Refusal(f"Too many instances: {live + count}, while the limit is {most}.")

    def _write_rows(self, write: _TableWrite) -> None:
        """Write rows of a container."""
        db, table = self._store.db, write.table
        try:
            if write.outdated:
                db.execute(table.delete, [compact(write.outdated)])
            db.executemany(table.update, [[*row[1:], row[0]] for row in write.updates])
            db.executemany(table.insert, write.rows)
        except sqlite3.IntegrityError as error:
            refusal = table.violated(str(error))
            if refusal is None:
                raise
            raise refusal from None

    # --- constraints ---

    def _check_targets(self) -> None:
        """See that targets of direct relations have data where they must."""
        for container, links in self._needed.values():
            missing = self._without_data(container, links)
            if missing is not None:
                raise Refusal(f"{referenced(links[missing])}, but it has no data in container '{container.id}'.")

    def _check_requires(self, write: _TableWrite) -> None:
        """See that instances have data where the container demands it of them."""
        written = [row[0] for row in (*write.rows, *write.updates)]
        for identifier, required in write.table.requires if written else ():
            missing = self._without_data(required, written)
            if missing is not None:
                name = next(entry.name for entry, _ in write.assigned if entry.id == missing)
                raise Refusal(
                    f"Constraint '{identifier}' of container '{write.table.container.id}' is violated:"
                    f" {name} has no data in container '{required.id}'."
                )

    def _without_data(self, container: ContainerDef, ids: Iterable[int]) -> int | None:
        """The first of some instances that has no data in a container; None: all have."""
        found = self._store.db.execute(
            "SELECT each.value FROM json_each(?) AS each"
            f" WHERE NOT EXISTS (SELECT 1 FROM {container.table} AS c WHERE c.id = each.value AND c.live = 1) LIMIT 1",
            [compact(list(ids))],
        ).fetchone()
        return None if found is None else int(found[0])
