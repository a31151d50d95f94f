"""
From one result set to the next, in SQL over indexes (dms-api.md 6.2, 6.3).

The members of a set that others start from lie in the temporary table `member`, under a number. A step joins them, as
`f`, to the instances that they lead to, as `i`; an edge's far side, where it matters, is `j`.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, TypeAlias

from pygen.sandbox.catalog import ViewDef, ViewProp
from pygen.sandbox.filters import compile_filter, global_spaces_hidden
from pygen.sandbox.problems import Refusal
from pygen.sandbox.result_sets import Edges, Json, Nodes, SyncEdgesPart, Through
from pygen.sandbox.sorting import SortKey, compile_sort, order_by
from pygen.sandbox.sql import TRUE, Scope, Sql, all_of
from pygen.sandbox.store import EDGE, NODE, Store

__all__ = ["Kept", "Kind", "Step", "Traversal", "traversing"]

Kind: TypeAlias = Literal["node", "edge"]

# `seq` is the latest change on the way to a member, and `dead` whether all ways to it lead over deleted instances; only
# sync asks for them. `near` and `far` are the sides of an edge, seen in the direction in which it was followed. Nothing
# is NULL: otherwise SQLite does not see that the members of a set are in order, and sorts what it finds from them.
_MEMBER = """
CREATE TEMP TABLE IF NOT EXISTS member (
    result INTEGER NOT NULL, id INTEGER NOT NULL, near INTEGER NOT NULL DEFAULT 0, far INTEGER NOT NULL DEFAULT 0,
    level INTEGER NOT NULL DEFAULT 0, seq INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (result, id)
) WITHOUT ROWID
"""
_LEVELS = "CREATE INDEX IF NOT EXISTS temp.member_level ON member (result, level)"

# Of several ways to an instance one that is alive counts, and of those the oldest.
_WAYS = "coalesce(min(iif({0}.dead, NULL, {0}.seq)), min({0}.seq)), min({0}.dead)"


class _Reached(Scope):
    """An instance that is reached from others: those are looked at first, whatever it is filtered by."""

    def joins(self) -> str:
        """What follows `instance AS alias` in a statement, in an order that SQLite keeps."""
        return re.sub("(?<!LEFT) JOIN", " CROSS JOIN", super().joins())


class Kept(NamedTuple):
    """
    A set whose members are in `member`.

    Attributes:
        number: Its number there.
        kind: What its members are.
    """

    number: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Step:
    """
    How the instances of a set are found: what follows `FROM`, and what must be true.

    Attributes:
        start: The number of the members to start from; None: all instances.
        tables: Ends with `instance AS i`.
        scope: Of `i`.
        condition: What is true of `i`, and of `j`.
        far: The join of `j`, with what its filter needs.
        order: The keys of the order in which the instances are found; empty: the default one.
        sides: The columns of an edge's near and far side.
    """

    start: int | None
    tables: str
    scope: Scope
    condition: Sql
    far: str = ""
    order: tuple[str, ...] = ()
    sides: tuple[str, str] | None = None

    @property
    def seq(self) -> str:
        """The latest change on the way to `i`."""
        parts = ["i.seq", *(["f.seq"] if self.start is not None else []), *(["j.seq"] if self.far else [])]
        return parts[0] if len(parts) == 1 else f"max({', '.join(parts)})"

    @property
    def kind(self) -> Kind:
        """What is found."""
        return "node" if self.sides is None else "edge"

    @property
    def near_and_far(self) -> str:
        """The sides of `i`; nothing where it is a node."""
        return "0, 0" if self.sides is None else ", ".join(f"i.{side}" for side in self.sides)

    def keys(self, store: Store, sort: Sequence[Json] | None, *, where: str = "sort") -> list[SortKey]:
        """
        The order of the instances; as they are found, where no other is asked for.

        Raises:
            Refusal: There is nothing to sort by so.
        """
        if sort or not self.order:
            return compile_sort(store, sort or [], self.scope, where=where)
        return [SortKey(expression, nullable=False) for expression in self.order]

    def select(self, columns: str, *conditions: Sql) -> Sql:
        """A statement without an order; ask after all that adds to the scope."""
        started = [] if self.start is None else [Sql("f.result = ?", [self.start])]
        condition = all_of([*started, self.condition, *conditions])
        return Sql(
            f"SELECT {columns} FROM {self.tables}{self.scope.joins()}{self.far} WHERE {condition.text}",
            condition.params,
        )


class Traversal:
    """
    Steps of one request, and the sets that they start from.

    Attributes:
        store: The project.
        db: Its connection.
        parameters: Values of `{"parameter": name}`.
        horizon: Instances that were deleted after this moment are found too; None: only those that are there.
    """

    def __init__(
        self, store: Store, db: sqlite3.Connection, parameters: Mapping[str, Any], *, horizon: int | None = None
    ) -> None:
        self.store = store
        self.db = db
        self.parameters = parameters
        self.horizon = horizon
        self._last = 0

    def fresh(self) -> int:
        """A number that no set in `member` has."""
        self._last += 1
        return self._last

    # --- one step ---

    def step(self, part: Nodes | SyncEdgesPart, parent: Kept | None, *, along_changes: bool = False) -> Step:
        """
        Compile how the members of a set are found.

        Args:
            part: What was asked for.
            parent: The set named by `from`.
            along_changes: Whether to look at instances in the order of their changes, where nothing else is started
                from.

        Raises:
            Refusal: A filter, relation or property of it makes no sense.
        """
        step = self._to_nodes(part, parent) if isinstance(part, Nodes) else self._to_edges(part, parent)
        kind = NODE if step.kind == "node" else EDGE
        conditions = [Sql(f"likely(i.kind = {kind})", []), self._visible()]
        if parent is None:
            conditions.append(global_spaces_hidden(self.store, part.filter, step.scope))
        name = "nodes" if isinstance(part, Nodes) else "edges"
        if part.filter is not None:
            conditions.append(self._filter(part.filter, step.scope, f"{name}.filter"))
        if isinstance(part, SyncEdgesPart):
            self._stop(part)  # refused even where nothing is gone on from
        far = ""
        if isinstance(part, SyncEdgesPart) and part.node_filter is not None:
            assert step.sides is not None
            scope = _Reached("j", "node")
            conditions += [self._beyond(), self._filter(part.node_filter, scope, f"{name}.nodeFilter")]
            far = f" CROSS JOIN instance AS j ON j.id = i.{step.sides[1]}{scope.joins()}"
        if along_changes and parent is None and not far:
            step = replace(step, tables=f"{step.tables} INDEXED BY instance_seq")
        return replace(step, condition=all_of(conditions), far=far)

    def _to_nodes(self, part: Nodes, parent: Kept | None) -> Step:
        if parent is None:
            if part.through is not None:
                raise Refusal("nodes.through needs nodes.from")
            return Step(None, "instance AS i", Scope("i", "node"), TRUE)
        scope = _Reached("i", "node")
        if part.through is None:
            start = parent.number if parent.kind == "node" else self._ends(parent, part.chain_to)
            return _at(start, scope)
        prop = self._relation(part.through)
        if parent.kind == "edge" and prop.container.used_for != "edge":
            parent = Kept(self._ends(parent, part.chain_to), "node")
        if part.direction == "outwards":
            return _at(self._targets(parent, prop), scope)
        if prop.prop.is_list:
            raise Refusal("Cannot traverse lists of direct relations inwards.")
        tables = (
            f"temp.member AS f CROSS JOIN {prop.container.table} AS t ON t.{prop.prop.column} = f.id"
            " CROSS JOIN instance AS i ON i.id = t.id"
        )
        return Step(parent.number, tables, scope, TRUE, order=("f.id", "t.id"))

    def _to_edges(self, part: SyncEdgesPart, parent: Kept | None) -> Step:
        sides = ("end_id", "start_id") if part.direction == "inwards" else ("start_id", "end_id")
        if parent is None:
            if isinstance(part, Edges) and part.limit_each is not None:
                raise Refusal("edges.limitEach needs edges.from")
            return Step(None, "instance AS i", Scope("i", "edge"), TRUE, sides=sides)
        start = parent.number if parent.kind == "node" else self._ends(parent, part.chain_to)
        tables = f"temp.member AS f CROSS JOIN instance AS i ON i.{sides[0]} = f.id"
        return Step(start, tables, _Reached("i", "edge"), TRUE, order=("f.id", "i.id"), sides=sides)

    def _relation(self, through: Through) -> ViewProp:
        reference = through.source or through.view
        if reference is None:
            raise Refusal("nodes.through.source must not be null")
        source = self.store.catalog.source(reference, where="nodes.through.source")
        name = through.identifier
        if isinstance(source, ViewDef):
            found = source.mapped.get(name)
            if name in source.connections:
                raise Refusal(f"nodes.through: property '{name}' is a connection, not a direct relation")
        else:
            prop = source.props.get(name)
            found = None if prop is None else ViewProp(name, source, prop, prop.definition)
        if found is None:
            raise Refusal(f"Unknown property '{name}' in nodes.through")
        if found.prop.type != "direct":
            raise Refusal(f"nodes.through: property '{name}' is not a direct relation")
        return found

    def _filter(self, wanted: Json, scope: Scope, where: str) -> Sql:
        return compile_filter(self.store, wanted, scope, parameters=self.parameters, required=True, where=where)

    def _visible(self) -> Sql:
        """That an instance is there, or was until lately."""
        if self.horizon is None:
            return Sql("likely(i.deleted IS NULL)", [])
        return Sql("(i.deleted IS NULL OR i.deleted > ?)", [self.horizon])

    def _beyond(self) -> Sql:
        """That the far side of an edge is there."""
        return Sql("j.deleted IS NULL" if self.horizon is None else "(j.deleted IS NULL OR i.deleted IS NOT NULL)", [])

    # --- starts ---

    def _ends(self, parent: Kept, end: str | None) -> int:
        """The nodes at one end of edges."""
        number, side = self.fresh(), "near" if end == "source" else "far"
        self.db.execute(
            f"INSERT INTO temp.member (result, id, seq, dead) SELECT ?, m.{side}, {_WAYS.format('m')}"
            f" FROM temp.member AS m WHERE m.result = ? GROUP BY m.{side}",
            [number, parent.number],
        )
        return number

    def _targets(self, parent: Kept, prop: ViewProp) -> int:
        """What a direct relation, or a list of them, of members points to."""
        number, column = self.fresh(), f"t.{prop.prop.column}"
        tables = f"temp.member AS m CROSS JOIN {prop.container.table} AS t ON t.id = m.id"
        target = column
        if prop.prop.is_list:
            tables += f" CROSS JOIN json_each({column}) AS e"
            target = "e.value"
        self.db.execute(
            f"INSERT INTO temp.member (result, id, seq, dead) SELECT ?, {target}, {_WAYS.format('m')} FROM {tables}"
            f" WHERE m.result = ? AND {column} IS NOT NULL GROUP BY {target}",
            [number, parent.number],
        )
        return number

    # --- keeping ---

    def keep(self, ids: Sequence[int], step: Step) -> Kept:
        """Keep the members of a page, so that others can start from them."""
        kept = Kept(self.fresh(), step.kind)
        self.db.execute(
            f"INSERT INTO temp.member (result, id, near, far) SELECT ?, i.id, {step.near_and_far}"
            " FROM json_each(?) AS e CROSS JOIN instance AS i ON i.id = e.value",
            [kept.number, _list(ids)],
        )
        return kept

    def keep_some(self, ids: Sequence[int], sets: Sequence[Kept], kind: Kind) -> Kept:
        """Keep some of the members of other sets; an edge is followed as in the first set that has it."""
        kept = Kept(self.fresh(), kind)
        for other in sets:
            self.db.execute(
                "INSERT OR IGNORE INTO temp.member (result, id, near, far) SELECT ?, m.id, m.near, m.far"
                " FROM json_each(?) AS e CROSS JOIN temp.member AS m ON m.id = e.value AND m.result = ?",
                [kept.number, _list(ids), other.number],
            )
        return kept

    def keep_all(self, step: Step) -> Kept:
        """Keep all members, however many, with what sync needs to know of them."""
        kept = Kept(self.fresh(), step.kind)
        self._insert(step.select(self._columns(kept.number, step, level=0)))
        return kept

    def _columns(self, number: int, step: Step, *, level: int) -> str:
        seq, dead = "0", "0"
        if self.horizon is not None:
            seq, dead = step.seq, f"(i.deleted IS NOT NULL{'' if step.start is None else ' OR f.dead'})"
        return f"{number}, i.id, {step.near_and_far}, {level}, {seq}, {dead}"

    def _insert(self, statement: Sql) -> int:
        found = self.db.execute(
            f"INSERT INTO temp.member (result, id, near, far, level, seq, dead) {statement.text}", statement.params
        )
        return found.rowcount

    # --- many steps ---

    def first_of_each(self, step: Step, keys: Sequence[SortKey], most: int) -> Kept:
        """Keep the first edges of each node that they leave from, of level 1."""
        kept = Kept(self.fresh(), "edge")
        order = order_by(keys)
        columns = self._columns(kept.number, step, level=1)
        ranked = step.select(f"{columns}, row_number() OVER (PARTITION BY f.id ORDER BY {order}) AS place")
        # The window's column is left out again by naming the others.
        self._insert(
            Sql(
                f"WITH ranked (result, id, near, far, level, seq, dead, place) AS ({ranked.text})"
                " SELECT result, id, near, far, level, seq, dead FROM ranked WHERE place <= ?",
                [*ranked.params, most],
            )
        )
        return kept

    def levels_of(self, part: SyncEdgesPart) -> int | None:
        """How far edges are followed; None: as far as they lead."""
        return part.max_distance or self.store.settings.default_max_distance

    def walk(
        self,
        part: SyncEdgesPart,
        step: Step,
        keys: Sequence[SortKey] = (),
        *,
        only: Sql = TRUE,
        after_level: int = 0,
        enough: int | None = None,
    ) -> Kept:
        """
        Follow edges, level by level: every node is left once, so that circles end.

        Args:
            part: What was asked for.
            step: Its first step.
            keys: The order of the edges of a level; needed where not all are wanted.
            only: What else is true of the edges.
            after_level: The level of the last edge of the page before.
            enough: How many edges of later levels are wanted; None: all.

        Returns:
            The edges, with their levels: those that `step` finds are of level 1.
        """
        assert step.start is not None
        most = self.levels_of(part)
        kept, visited = Kept(self.fresh(), "edge"), self.fresh()
        stop = self._stop(part)
        self.db.execute(
            "INSERT INTO temp.member (result, id) SELECT ?, id FROM temp.member WHERE result = ?", [visited, step.start]
        )
        level, found = 0, 0
        while most is None or level < most:
            level += 1
            statement = step.select(self._columns(kept.number, step, level=level), only)
            if enough is not None and level > after_level:
                statement = Sql(
                    f"{statement.text} ORDER BY {order_by(keys)} LIMIT ?", [*statement.params, enough - found]
                )
            count = self._insert(statement)
            found += count if level > after_level else 0
            if not count or (enough is not None and found >= enough):
                break
            frontier = self._frontier(kept, level, visited, stop)
            if frontier is None:
                break
            step = replace(step, start=frontier)
        return kept

    def walk_all(self, part: SyncEdgesPart, step: Step) -> Kept:
        """Keep all edges, as `walk` does; those that are reached over deleted ones only are marked as dead."""
        alive = self.walk(part, step, only=Sql("i.deleted IS NULL AND NOT f.dead", []))
        every = self.walk(part, step)
        self.db.execute(
            "INSERT OR IGNORE INTO temp.member (result, id, near, far, level, seq, dead)"
            " SELECT ?, id, near, far, level, seq, 1 FROM temp.member WHERE result = ?",
            [alive.number, every.number],
        )
        return alive

    def _stop(self, part: SyncEdgesPart) -> tuple[str, Sql]:
        """Which nodes are not gone on from: a join of them, `j`, and a condition."""
        if part.termination_filter is None:
            return "", TRUE
        scope = Scope("j", "node")
        condition = compile_filter(
            self.store, part.termination_filter, scope, parameters=self.parameters, where="edges.terminationFilter"
        )
        join = f" LEFT JOIN instance AS j ON j.id = m.far{scope.joins()}"
        return join, Sql(f"({condition.text}) IS NOT TRUE", condition.params)

    def _frontier(self, edges: Kept, level: int, visited: int, stop: tuple[str, Sql]) -> int | None:
        """The nodes to go on from; None: there are no more."""
        number, (join, going_on) = self.fresh(), stop
        count = self.db.execute(
            f"INSERT INTO temp.member (result, id, seq, dead) SELECT ?, m.far, {_WAYS.format('m')}"
            f" FROM temp.member AS m{join} WHERE m.result = ? AND m.level = ? AND {going_on.text}"
            " AND NOT EXISTS (SELECT 1 FROM temp.member AS v WHERE v.result = ? AND v.id = m.far) GROUP BY m.far",
            [number, edges.number, level, *going_on.params, visited],
        ).rowcount
        self.db.execute(
            "INSERT INTO temp.member (result, id) SELECT ?, id FROM temp.member WHERE result = ?", [visited, number]
        )
        return number if count else None

    def walked(self, edges: Kept, step: Step) -> Step:
        """What finds again the edges of `walk`, to be sorted; the first key of their order is `f.level`."""
        return Step(edges.number, _HERE, _Reached("i", "edge"), TRUE, order=("f.near", "i.id"), sides=step.sides)

    # --- order ---

    def sorted(self, ids: Sequence[int], kind: Kind, sort: Sequence[Json], *, where: str) -> list[int]:
        """
        Sort a page; where instances are equal, they stay as they are.

        Raises:
            Refusal: There is nothing to sort by so.
        """
        scope = Scope("i", kind)
        keys = compile_sort(self.store, sort, scope, where=where)[:-1]
        found = self.db.execute(
            f"SELECT i.id FROM json_each(?) AS e CROSS JOIN instance AS i ON i.id = e.value{scope.joins()}"
            f" ORDER BY {order_by(keys)}, e.key",
            [_list(ids)],
        )
        return [identifier for (identifier,) in found]


_HERE = "temp.member AS f CROSS JOIN instance AS i ON i.id = f.id"


def _at(start: int, scope: Scope) -> Step:
    """The members themselves."""
    return Step(start, _HERE, scope, TRUE)


def _list(ids: Sequence[int]) -> str:
    return f"[{','.join(map(str, ids))}]"


@contextmanager
def traversing(
    store: Store, parameters: Mapping[str, Any] | None, *, horizon: int | None = None
) -> Iterator[Traversal]:
    """See one state of the project, with room for the members of result sets."""
    with store.lock:
        # Not within the transaction: undoing it would make SQLite read the whole schema anew.
        store.db.execute(_MEMBER)
        store.db.execute(_LEVELS)
        with store.reading() as db:
            db.execute("DELETE FROM temp.member")
            yield Traversal(store, db, parameters or {}, horizon=horizon)
