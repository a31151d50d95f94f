"""
The data of one project, in SQLite: in memory, or in a file that survives being killed.

Every instance has a row in `instance`, by a number that stands for it wherever it is referred to; a space and external
id keep their number for good, deleted or not. Every container has a table of its own, `c<number>`, with a row for each
instance that has data in it and a typed column for each property (`pygen.sandbox.catalog`). Rows of deleted instances
stay, with `live = 0`, until sync has no more to tell of them: they match the filters that they matched before.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pygen.errors import ConfigError
from pygen.sandbox.settings import Settings

if TYPE_CHECKING:
    from pygen.sandbox.catalog import Catalog

__all__ = ["EDGE", "LAYOUT", "NODE", "Store", "compact"]

NODE = 0
"""`instance.kind` of a node."""
EDGE = 1
"""`instance.kind` of an edge."""

LAYOUT = 1
"""Goes up when the tables below change: a file with another layout is refused rather than misread."""

_TABLES = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
INSERT INTO meta VALUES ('layout', {LAYOUT}), ('seq', 0);
CREATE TABLE space (
    number INTEGER PRIMARY KEY AUTOINCREMENT, space TEXT NOT NULL UNIQUE, body TEXT NOT NULL,
    created INTEGER NOT NULL, updated INTEGER NOT NULL, is_global INTEGER NOT NULL
);
CREATE TABLE container (
    number INTEGER PRIMARY KEY AUTOINCREMENT, space TEXT NOT NULL, external_id TEXT NOT NULL, body TEXT NOT NULL,
    columns TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, is_global INTEGER NOT NULL,
    UNIQUE (space, external_id)
);
CREATE TABLE view (
    number INTEGER PRIMARY KEY, space TEXT NOT NULL, external_id TEXT NOT NULL, version TEXT NOT NULL,
    body TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, is_global INTEGER NOT NULL,
    UNIQUE (space, external_id, version)
);
CREATE TABLE data_model (
    number INTEGER PRIMARY KEY, space TEXT NOT NULL, external_id TEXT NOT NULL, version TEXT NOT NULL,
    body TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, is_global INTEGER NOT NULL,
    UNIQUE (space, external_id, version)
);
CREATE TABLE instance (
    id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, space TEXT NOT NULL, external_id TEXT NOT NULL,
    version INTEGER NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, deleted INTEGER,
    seq INTEGER NOT NULL, type_id INTEGER, start_id INTEGER, end_id INTEGER,
    UNIQUE (space, external_id)
);
CREATE UNIQUE INDEX instance_seq ON instance (seq);
CREATE INDEX instance_type ON instance (type_id) WHERE type_id IS NOT NULL;
CREATE INDEX instance_start ON instance (start_id, type_id) WHERE start_id IS NOT NULL;
CREATE INDEX instance_end ON instance (end_id, type_id) WHERE end_id IS NOT NULL;
"""


class Store:
    """
    The tables of a project, one transaction at a time.

    Attributes:
        settings: How open questions are answered.
        db: The connection; hold `lock` while using it, or be within `reading` or `writing`.
        lock: Held by whoever uses the connection; re-entrant.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        settings: Settings | None = None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """
        Open a file, or start with an empty one.

        Args:
            path: The file; None keeps everything in memory.
            settings: How open questions are answered.
            wall_clock: Seconds since 1970.

        Raises:
            ConfigError: The file cannot be used, or is something else.
        """
        self.settings = settings or Settings()
        self.lock = threading.RLock()
        self._wall_clock = wall_clock
        self._now = 0
        self._catalog: Catalog | None = None
        try:
            self.db = sqlite3.connect(
                ":memory:" if path is None else path, isolation_level=None, check_same_thread=False
            )
            self._open(is_file=path is not None)
        except sqlite3.Error as error:
            raise ConfigError(f"cannot be used as a database: {error}", key=str(path)) from error

    def _open(self, *, is_file: bool) -> None:
        self.db.execute("PRAGMA temp_store = MEMORY")
        if is_file:
            # A commit is in the log before it is acknowledged, so what was acknowledged survives a kill.
            self.db.execute("PRAGMA journal_mode = WAL")
            self.db.execute("PRAGMA synchronous = NORMAL")
        self.db.execute("PRAGMA cache_size = -65536")
        tables = {name for (name,) in self.db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            self.db.executescript(f"BEGIN;{_TABLES}COMMIT;")
            return
        layout = self.meta("layout") if "meta" in tables else None
        if layout != LAYOUT:
            raise sqlite3.DatabaseError(
                "made by another version of the sandbox" if layout else "it holds something else already"
            )
        (last,) = self.db.execute("SELECT max(updated) FROM instance").fetchone()
        self._now = last or 0

    # --- transactions ---

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Hold the connection, and see one state of it."""
        with self.lock:
            if self.db.in_transaction:
                yield self.db
                return
            self.db.execute("BEGIN")
            try:
                yield self.db
            finally:
                self.db.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Hold the connection; what is done is kept as a whole, or not at all after any exception."""
        with self.lock:
            self.db.execute("BEGIN IMMEDIATE")
            before = self._catalog
            try:
                yield self.db
                self.db.execute("COMMIT")
            except BaseException:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                self._catalog = before  # a later one may have been read from what is undone
                raise

    # --- time and numbers ---

    def now_ms(self) -> int:
        """The moment, in epoch milliseconds; never earlier than one that was given before."""
        self._now = max(self._now, int(self._wall_clock() * 1000))
        return self._now

    def take_seq(self, count: int = 1) -> int:
        """The first of *count* fresh numbers for `instance.seq`; within `writing`."""
        (last,) = self.db.execute(
            "UPDATE meta SET value = value + ? WHERE key = 'seq' RETURNING value", [count]
        ).fetchone()
        return int(last) - count + 1

    def last_seq(self) -> int:
        """The number of the latest change; 0 before the first."""
        return int(self.meta("seq"))

    def meta(self, key: str) -> Any:
        """A value that belongs to the store itself; None where there is none."""
        row = self.db.execute("SELECT value FROM meta WHERE key = ?", [key]).fetchone()
        return None if row is None else row[0]

    def set_meta(self, key: str, value: str | float | bytes | None) -> None:
        """Keep a value that belongs to the store itself; within `writing`."""
        self.db.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", [key, value])

    # --- schema ---

    @property
    def catalog(self) -> Catalog:
        """What containers and views there are; read anew after `schema_changed`."""
        if self._catalog is None:
            from pygen.sandbox.catalog import Catalog

            self._catalog = Catalog.load(self)
        return self._catalog

    def schema_changed(self) -> None:
        """Forget what was known of containers and views."""
        self._catalog = None

    def close(self) -> None:
        """Close the file."""
        with self.lock:
            self.db.close()

    def __del__(self) -> None:
        if hasattr(self, "db"):  # it could be opened
            self.db.close()


def compact(value: object) -> str:
    """JSON as columns hold it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
