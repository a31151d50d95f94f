"""
Tables of containers in SQLite: columns, indexes, and whether the rows keep what is demanded of them.

What is demanded after rows are there may be broken by them. Then its state is `failed`, and new rows are checked all
the same (dms-api.md 3.2).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from pygen.sandbox.catalog import Json

__all__ = ["ContainerTable", "State"]

State: TypeAlias = Literal["current", "failed"]

_SCALARS = {
    "boolean": "INTEGER",
    "int32": "INTEGER",
    "int64": "INTEGER",
    "timestamp": "INTEGER",
    "direct": "INTEGER",
    "float32": "REAL",
    "float64": "REAL",
}


class ContainerTable(NamedTuple):
    """
    The table of a container.

    Attributes:
        db: The connection, in a transaction that writes.
        number: The container's number.
        columns: Columns of its properties, by name.
    """

    db: sqlite3.Connection
    number: int
    columns: dict[str, str]

    @property
    def name(self) -> str:
        """The name of the table."""
        return f"c{self.number}"

    def create(self, properties: Mapping[str, Json]) -> None:
        """Make the table, with a column for each property; all at once, since altering a table is slow."""
        columns = ["id INTEGER PRIMARY KEY", "live INTEGER NOT NULL", "space INTEGER NOT NULL"]
        columns += [self._column(prop, definition) for prop, definition in properties.items()]
        self.db.execute(f"CREATE TABLE {self.name} ({', '.join(columns)})")
        for prop, definition in properties.items():
            self._index_relation(prop, definition)

    def drop(self) -> None:
        """Remove the table with all that belongs to it."""
        self.db.execute(f"DROP TABLE {self.name}")

    def add_column(self, prop: str, definition: Json, default: Any = None) -> None:
        """
        Make a column for a property.

        Args:
            prop: The property.
            definition: Its definition.
            default: What rows that are there get, as columns hold it.
        """
        self.db.execute(f"ALTER TABLE {self.name} ADD COLUMN {self._column(prop, definition)}")
        self._index_relation(prop, definition)
        if default is not None:
            self.db.execute(f"UPDATE {self.name} SET {self.columns[prop]} = ?", [default])

    def _column(self, prop: str, definition: Json) -> str:
        """Choose a column for a property."""
        column = self.columns[prop] = f"p{len(self.columns) + 1}"
        kind = definition["type"]
        return f"{column} {'TEXT' if kind['list'] else _SCALARS.get(kind['type'], 'TEXT')}"

    def _index_relation(self, prop: str, definition: Json) -> None:
        """Make a direct relation fast to go back over."""
        if definition["type"]["type"] == "direct" and not definition["type"]["list"]:
            column = self.columns[prop]
            self.db.execute(f"CREATE INDEX {self.name}_r_{column} ON {self.name} ({column}) WHERE {column} IS NOT NULL")

    # --- what is demanded of rows ---

    def property_state(self, prop: str, definition: Json) -> dict[str, State]:
        """`constraintState` of a property: whether the rows keep what it demands."""
        column, kind = self.columns[prop], definition["type"]
        state: dict[str, State] = {}
        if not definition["nullable"]:
            state["nullability"] = self._state(f"{column} IS NULL")
        if "maxListSize" in kind:
            state["maxListSize"] = self._state(f"json_array_length({column}) > ?", kind["maxListSize"])
        if "maxTextSize" in kind:
            broken = "length(CAST({} AS BLOB)) > ?"
            if kind["list"]:
                broken = f"EXISTS (SELECT 1 FROM json_each({column}) WHERE {broken.format('value')})"
            state["maxTextSize"] = self._state(broken.format(column), kind["maxTextSize"])
        return state

    def _state(self, broken: str, *values: object) -> State:
        found = self.db.execute(
            f"SELECT EXISTS (SELECT 1 FROM {self.name} AS c WHERE live = 1 AND {broken})", values
        ).fetchone()
        return "failed" if found[0] else "current"

    def put_constraint(self, identifier: str, constraint: Json) -> State:
        """
        Demand something of rows from now on.

        Returns:
            Whether the rows that are there keep it.
        """
        if constraint["constraintType"] == "requires":
            return self._requires(constraint["require"])
        self.drop_constraint(identifier)
        columns = self._columns(constraint)
        name = self._part("u", identifier)
        try:
            self.db.execute(f"CREATE UNIQUE INDEX {name} ON {self.name} ({', '.join(columns)}) WHERE live = 1")
        except sqlite3.IntegrityError:
            self._watch(name, columns)
            return "failed"
        return "current"

    def drop_constraint(self, identifier: str) -> None:
        """Demand something no longer."""
        name = self._part("u", identifier)
        self.db.execute(f"DROP INDEX IF EXISTS {name}")
        for event in ("INSERT", "UPDATE"):
            self.db.execute(f"DROP TRIGGER IF EXISTS {name}_{event}")

    def _watch(self, name: str, columns: Sequence[str]) -> None:
        """Keep new rows unique where old ones are not, with the words of a unique index."""
        self.db.execute(f"CREATE INDEX {name} ON {self.name} ({', '.join(columns)}) WHERE live = 1")
        listed = ", ".join(f"{self.name}.{column}" for column in columns)
        same = " AND ".join(f"c.{column} = NEW.{column}" for column in columns)
        moved = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in ("live", *columns))
        for event, condition in (("INSERT", "TRUE"), ("UPDATE", moved)):
            self.db.execute(
                f"CREATE TRIGGER {name}_{event} BEFORE {event} ON {self.name} WHEN NEW.live = 1 AND ({condition})"
                f" AND EXISTS (SELECT 1 FROM {self.name} AS c WHERE c.live = 1 AND c.id <> NEW.id AND {same})"
                f" BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: {listed}'); END"
            )

    def _requires(self, other: Json) -> State:
        found = self.db.execute(
            "SELECT number FROM container WHERE (space, external_id) = (?, ?)", [other["space"], other["externalId"]]
        ).fetchone()
        if found is None:
            return self._state("TRUE")
        return self._state(f"NOT EXISTS (SELECT 1 FROM c{found[0]} AS r WHERE r.id = c.id AND r.live = 1)")

    def put_index(self, identifier: str, index: Json) -> State:
        """
        Make an index; an inverted one is accepted and makes nothing faster.

        Returns:
            Its state.
        """
        self.drop_index(identifier)
        if index["indexType"] == "btree":
            columns = ", ".join(self._columns(index))
            self.db.execute(f"CREATE INDEX {self._part('b', identifier)} ON {self.name} ({columns})")
        return "current"

    def drop_index(self, identifier: str) -> None:
        """Remove an index."""
        self.db.execute(f"DROP INDEX IF EXISTS {self._part('b', identifier)}")

    def _columns(self, definition: Json) -> list[str]:
        columns = [self.columns[prop] for prop in definition["properties"]]
        return ["space", *columns] if definition["bySpace"] else columns

    def _part(self, kind: str, identifier: str) -> str:
        """A name for SQL: identifiers may be any text, and differ by case alone."""
        return f"{self.name}_{kind}_{identifier.encode().hex()}"
