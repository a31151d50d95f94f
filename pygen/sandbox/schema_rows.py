"""What the operations on spaces, containers, views and data models share: names, references, lists, refusals."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypeAlias, TypeVar

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from pygen.sandbox.problems import Refusal
from pygen.sandbox.shapes import Shape

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = [
    "ContainerReference",
    "Description",
    "ExternalId",
    "Few",
    "Json",
    "Label",
    "Listing",
    "Many",
    "PropertyName",
    "SchemaName",
    "Space",
    "SpaceName",
    "SubId",
    "Version",
    "VersionItems",
    "VersionKey",
    "VersionedTable",
    "ViewReference",
    "check_space",
    "flag",
    "labels",
    "list_rows",
    "quoted",
    "refuse_duplicates",
    "refuse_excess",
    "refuse_global",
    "whole_number",
]

Json: TypeAlias = dict[str, Any]
T = TypeVar("T")

MOST_LISTED = 1000
USUALLY_LISTED = 10


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


RESERVED_SPACES = _words(
    "space cdf dms pg3 shared system node edge mapping constraint edge_source history identifier_by_space index "
    "node_source project property_group property_group_constraint property_group_index property version_info"
)
RESERVED_NAMES = _words(
    "Query Mutation Subscription String Int32 Int64 Int Float32 Float64 Float Timestamp JSONObject Date Numeric "
    "Boolean PageInfo File Sequence TimeSeries"
)
RESERVED_PROPERTIES = _words(
    "space externalId createdTime lastUpdatedTime deletedTime edge_id node_id project_id property_group seq "
    "tg_table_name extensions"
)


def _not_in(reserved: frozenset[str]) -> AfterValidator:
    def check(name: str) -> str:
        if name in reserved:
            raise PydanticCustomError("reserved", "'{name}' is reserved", {"name": name})
        return name

    return AfterValidator(check)


# Patterns and lengths: dms-api.md 8.1.
Space: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=43, pattern=r"^[a-zA-Z][a-zA-Z0-9_-]{0,41}[a-zA-Z0-9]?$")
]
SpaceName: TypeAlias = Annotated[Space, _not_in(RESERVED_SPACES)]
ExternalId: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=255, pattern=r"^[a-zA-Z]([a-zA-Z0-9_]{0,253}[a-zA-Z0-9])?$")
]
SchemaName: TypeAlias = Annotated[ExternalId, _not_in(RESERVED_NAMES)]
"""The external id of a view or a container."""
Version: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=43, pattern=r"^[a-zA-Z0-9]([.a-zA-Z0-9_-]{0,41}[a-zA-Z0-9])?$")
]
PropertyName: TypeAlias = Annotated[
    str,
    Field(min_length=1, max_length=255, pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_-]{0,253}[a-zA-Z0-9]?$"),
    _not_in(RESERVED_PROPERTIES),
]
SubId: TypeAlias = Annotated[str, Field(min_length=1, max_length=43)]
"""The identifier of a constraint or an index."""
Label: TypeAlias = Annotated[str, Field(max_length=255)]
"""A name for people."""
Description: TypeAlias = Annotated[str, Field(max_length=1024)]
Many: TypeAlias = Annotated[list[T], Field(min_length=1, max_length=100)]
"""The items of a request about schema resources."""
Few: TypeAlias = Annotated[list[T], Field(min_length=1, max_length=10)]
"""The items of a request about parts of containers."""


class ContainerReference(Shape):
    """A container, as bodies refer to it."""

    type: Literal["container"]
    space: Space
    external_id: ExternalId


class ViewReference(Shape):
    """A view, as bodies refer to it."""

    type: Literal["view"]
    space: Space
    external_id: ExternalId
    version: Version


class VersionKey(Shape):
    """
    A view or a data model, as requests name it.

    Attributes:
        type: What it is; clients that pass a reference on send it, and it is ignored.
        version: None: every version.
    """

    type: str | None = None
    space: Space
    external_id: ExternalId
    version: Version | None = None


class VersionItems(Shape):
    """The body of a request that names views or data models."""

    items: Many[VersionKey]


# --- what is refused ---


def check_space(store: Store, spaces: Iterable[str], *, is_global: bool) -> None:
    """
    See that resources may be written into spaces.

    Raises:
        Refusal: A space does not exist, or is the system's.
    """
    wanted = sorted(set(spaces))
    missing = [space for space in wanted if space not in store.catalog.spaces]
    if missing:
        raise Refusal(f"One or more spaces do not exist: {quoted(missing)}.")
    if not is_global:
        refuse_global("spaces", (space for space in wanted if space in store.catalog.global_spaces))


def refuse_global(kind: str, names: Iterable[str]) -> None:
    """
    Keep resources of the system from being changed (dms-api.md 2.2).

    Raises:
        Refusal: There are any.
    """
    found = sorted(names)
    if found:
        raise Refusal(f"Global {kind} cannot be modified: {quoted(found)}.")


def refuse_duplicates(names: Iterable[str]) -> None:
    """
    Keep one request from saying two things of a resource.

    Raises:
        Refusal: A name occurs twice.
    """
    duplicates = [name for name, count in Counter(names).items() if count > 1]
    if duplicates:
        raise Refusal(f"items must not contain duplicates: {quoted(duplicates)}.")


def refuse_excess(what: str, count: int, most: int) -> None:
    """
    Keep to a limit (dms-api.md 8.2).

    Raises:
        Refusal: There are more.
    """
    if count > most:
        raise Refusal(f"Too many {what}: {count}, while the limit is {most}.")


def quoted(names: Iterable[str]) -> str:
    """Names as messages list them."""
    return ", ".join(f"'{name}'" for name in names)


# --- what is read ---


def labels(body: Json) -> Json:
    """What a resource is called and how it is described, if it is."""
    return {name: body[name] for name in ("name", "description") if name in body}


def flag(params: Mapping[str, str], name: str, *, default: bool) -> bool:
    """
    A parameter that is `true` or `false`.

    Raises:
        Refusal: It is something else.
    """
    value = params.get(name, str(default)).lower()
    if value not in {"true", "false"}:
        raise Refusal(f"Invalid value for {name}: it must be true or false")
    return value == "true"


def whole_number(params: Mapping[str, str], name: str, *, default: int, most: int) -> int:
    """
    A parameter that is a number of things; one above *most* is capped (dms-api.md 2.1).

    Raises:
        Refusal: It is no whole number from 1.
    """
    value = params.get(name, str(default))
    if not re.fullmatch(r"0*[1-9][0-9]*", value, re.ASCII):
        raise Refusal(f"Invalid value for {name}: it must be a whole number of at least 1")
    return most if len(value) > len(str(most)) + 1 else min(int(value), most)


class Listing(NamedTuple):
    """
    A page of a table.

    Attributes:
        rows: Its rows, in the order in which they were created.
        cursor: Where the next page begins; None: this is the last one.
    """

    rows: list[Any]
    cursor: str | None

    def answer(self, items: list[Json]) -> Json:
        """The answer with these items."""
        return {"items": items} if self.cursor is None else {"items": items, "nextCursor": self.cursor}


def list_rows(
    store: Store,
    table: str,
    params: Mapping[str, str],
    *,
    newest_only: bool = False,
    condition: str = "TRUE",
    values: Sequence[Any] = (),
) -> Listing:
    """
    A page of a schema table, by the parameters `limit`, `cursor`, `space` and `includeGlobal`.

    Args:
        store: The store; within `reading`.
        table: The table, `t` in conditions.
        params: The parameters of the request.
        newest_only: Whether of each external id only the version with the newest creation time is wanted.
        condition: What else a row must meet.
        values: The condition's parameters.

    Raises:
        Refusal: A parameter is wrong.
    """
    from pygen.sandbox.cursors import make_cursor, read_cursor

    limit = whole_number(params, "limit", default=USUALLY_LISTED, most=MOST_LISTED)
    include_global = flag(params, "includeGlobal", default=False)
    conditions, given = [condition], list(values)
    if not include_global:
        conditions.append("NOT t.is_global")
    if "space" in params and table != "space":
        conditions.append("t.space = ?")
        given.append(params["space"])
    if newest_only:
        conditions.append(
            f"NOT EXISTS (SELECT 1 FROM {table} AS n WHERE (n.space, n.external_id) = (t.space, t.external_id)"
            " AND (n.created, n.number) > (t.created, t.number))"
        )
    shape = [table, conditions, given]
    if params.get("cursor"):
        conditions = [*conditions, "t.number > ?"]
        given = [*given, read_cursor(table, shape, params["cursor"])]
    rows = store.db.execute(
        f"SELECT t.* FROM {table} AS t WHERE {' AND '.join(conditions)} ORDER BY t.number LIMIT ?",
        [*given, limit + 1],
    ).fetchall()
    page = rows[:limit]
    is_full = len(page) == limit if store.settings.cursor_on_full_page else len(rows) > limit
    return Listing(page, make_cursor(table, shape, page[-1][0]) if is_full else None)


class VersionedTable(NamedTuple):
    """
    The table of views, or of data models, and what is done with both alike.

    Attributes:
        name: `view` or `data_model`.
        kind: What they are called in messages.
    """

    name: Literal["view", "data_model"]
    kind: str

    def rows_of(self, store: Store, keys: Iterable[VersionKey]) -> list[Any]:
        """The rows that are named, each once, in the order of the request; a name without version is all of them."""
        found: dict[int, Any] = {}
        for key in keys:
            for row in store.db.execute(
                f"SELECT * FROM {self.name} WHERE (space, external_id) = (?, ?) AND version = ifnull(?, version)"
                " ORDER BY number",
                [key.space, key.external_id, key.version],
            ):
                found.setdefault(row[0], row)
        return list(found.values())

    def delete(self, store: Store, body: Json) -> Json:
        """
        Delete what a request names; what does not exist is passed over.

        Raises:
            Refusal: The request is malformed, or names something of the system.
        """
        keys = VersionItems.read(body).items
        for position, key in enumerate(keys):
            if key.version is None:
                raise Refusal(f"items[{position}].version must not be null")
        with store.writing() as db:
            rows = self.rows_of(store, keys)
            refuse_global(self.kind, (f"{row[1]}:{row[2]}/{row[3]}" for row in rows if row[7]))
            db.executemany(f"DELETE FROM {self.name} WHERE number = ?", ([row[0]] for row in rows))
            store.schema_changed()
        return {"items": [{"externalId": row[2], "space": row[1], "version": row[3]} for row in rows]}

    def put(self, store: Store, row: Any | None, identifier: Sequence[str], body: Json, *, is_global: bool) -> None:
        """
        Write a version; nothing is altered where it says what it said before.

        Args:
            store: The store; within `writing`.
            row: The version's row; None where it is new.
            identifier: Space, external id and version.
            body: What it shall say.
            is_global: Whether it is the system's.
        """
        from pygen.sandbox.store import compact

        now = store.now_ms()
        if row is None:
            store.db.execute(
                f"INSERT INTO {self.name} (space, external_id, version, body, created, updated, is_global)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [*identifier, compact(body), now, now, is_global],
            )
        elif json.loads(row[4]) != body or (is_global and not row[7]):
            store.db.execute(
                f"UPDATE {self.name} SET body = ?, updated = ?, is_global = ? WHERE number = ?",
                [compact(body), now, is_global or row[7], row[0]],
            )

    def count(self, store: Store, *, space: str | None = None, external_id: str | None = None) -> int:
        """How many versions there are that are not the system's, altogether or of one external id."""
        (count,) = store.db.execute(
            f"SELECT count(*) FROM {self.name} WHERE NOT is_global"
            " AND space = ifnull(?, space) AND external_id = ifnull(?, external_id)",
            [space, external_id],
        ).fetchone()
        return int(count)
