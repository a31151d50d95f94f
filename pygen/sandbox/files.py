"""
Files: what is known of them, and their content (dms-api.md 10.2).

Content goes up and down over links that need no token: whoever has one may use it until it expires. They lead to the
sandbox itself, at the address under which it was asked for them, and content is kept in the project's database.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypeAlias

from pydantic import Field

from pygen.client.models.ids import ContainerId
from pygen.sandbox.apply import apply_items
from pygen.sandbox.catalog import container_reference
from pygen.sandbox.classic import (
    MOST_RESOURCES,
    SYSTEM_SPACE,
    Kind,
    NodeReference,
    Resource,
    create,
    ensure_tables,
    find,
    get,
    purge_with_node,
)
from pygen.sandbox.http import Reply, Request, json_reply
from pygen.sandbox.problems import Refusal
from pygen.sandbox.routes import LINKS, LINKS_PARAM
from pygen.sandbox.schema_rows import flag
from pygen.sandbox.shapes import Shape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Connection

    from pygen.sandbox.store import Store

__all__ = [
    "complete_multipart_upload",
    "create_files",
    "download_links",
    "follow_link",
    "multipart_upload_links",
    "retrieve_files",
    "upload_link",
]

Json: TypeAlias = dict[str, Any]
_Action: TypeAlias = Literal["put", "get", "part"]

MOST_LINKS = 100
MOST_PARTS = 250
UPLOAD_LIFETIME_MS = 7 * 86_400_000
DOWNLOAD_LIFETIME_MS = 30_000
EXTENDED_LIFETIME_MS = 3_600_000
_TOKEN_BYTES = 32
_USUAL_TYPE = "application/octet-stream"

_TABLES = f"""
CREATE TABLE file_content (
    file INTEGER PRIMARY KEY, content BLOB NOT NULL, type TEXT NOT NULL, uploaded INTEGER NOT NULL
);
CREATE TABLE file_link (
    token TEXT PRIMARY KEY, file INTEGER NOT NULL, action TEXT NOT NULL, upload TEXT, part INTEGER,
    expires INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE file_part (
    upload TEXT NOT NULL, part INTEGER NOT NULL, file INTEGER NOT NULL, content BLOB, type TEXT,
    PRIMARY KEY (upload, part)
);
CREATE INDEX file_link_file ON file_link (file);
CREATE INDEX file_part_file ON file_part (file);
{purge_with_node("file_content", "file")}
{purge_with_node("file_link", "file")}
{purge_with_node("file_part", "file")}
"""


def _complete(shown: Json) -> Json:
    return {"name": "untitled", **shown}


def _missing(keys: Sequence[Json]) -> str:
    """The message names the identifiers of one kind (dms-api.md, appendix A)."""
    names = [key["externalId"] for key in keys if "externalId" in key]
    if names:
        return f"Files ids not found: {', '.join(names)}"
    numbers = [str(key["id"]) for key in keys if "id" in key]
    if numbers:
        return f"File ids not found: {', '.join(numbers)}"
    nodes = ", ".join("{space}:{externalId}".format(**key["instanceId"]) for key in keys)
    return f"Files ids not found: {nodes}"


def _duplicated(keys: Sequence[Json]) -> Refusal:
    numbers = [str(key["id"]) for key in keys if "id" in key]
    others = [str(next(iter(key.values()))) for key in keys if "id" not in key]
    said = f"Duplicate ids: {', '.join(numbers)}" if numbers else f"Duplicate external ids: {', '.join(others)}"
    return Refusal(said, status=409, extra={"duplicated": list(keys)})


FILES = Kind(
    "file",
    missing=_missing,
    duplicated=_duplicated,
    container="CogniteFile",
    shown={
        "name": ("CogniteDescribable", "name"),
        "mimeType": ("CogniteFile", "mimeType"),
        "directory": ("CogniteFile", "directory"),
    },
    complete=_complete,
)


# --- what is asked for ---


class _New(Shape):
    external_id: Annotated[str, Field(max_length=255)] | None = None
    name: Annotated[str, Field(max_length=256)]
    directory: Annotated[str, Field(max_length=512)] | None = None
    source: Annotated[str, Field(max_length=128)] | None = None
    mime_type: Annotated[str, Field(max_length=256)] | None = None
    metadata: dict[str, str] | None = None
    asset_ids: list[int] | None = None
    data_set_id: int | None = None
    source_created_time: int | None = None
    source_modified_time: int | None = None
    security_categories: list[int] | None = None
    labels: list[Json] | None = None
    geo_location: Json | None = None


class _ByIds(Shape):
    items: Annotated[list[NodeReference], Field(min_length=1, max_length=MOST_RESOURCES)]
    ignore_unknown_ids: bool | None = None


class _One(Shape):
    items: Annotated[list[NodeReference], Field(min_length=1, max_length=1)]


class _Some(Shape):
    items: Annotated[list[NodeReference], Field(min_length=1, max_length=MOST_LINKS)]


class _Completion(NodeReference):
    upload_id: str


# --- operations ---


def create_files(store: Store, body: Json, params: Mapping[str, str]) -> Reply:
    """`POST /files`: a file that belongs to no node, and a link for its content."""
    item = _New.read(body)
    given = item.given()
    given.pop("externalId", None)
    _prepare(store)
    with store.writing():
        (file,) = create(store, FILES, [(item.external_id, given)])
        return json_reply(201, {"uploadUrl": _Linker(store, params).link(file, "put"), **_read(store, file)})


def retrieve_files(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /files/byids`."""
    asked = _ByIds.read(body)
    _prepare(store)
    with store.reading():
        found = find(store, FILES, asked.items, ignore_unknown=bool(asked.ignore_unknown_ids), unique=True)
        return {"items": [_read(store, file) for _, file in found]}


def upload_link(store: Store, body: Json, params: Mapping[str, str]) -> Json:
    """`POST /files/uploadlink`: where to PUT the content of a file."""
    asked = _One.read(body)
    _prepare(store)
    with store.writing():
        ((_, file),) = find(store, FILES, asked.items)
        return {"items": [{"uploadUrl": _Linker(store, params).link(file, "put"), **_read(store, file)}]}


def multipart_upload_links(store: Store, body: Json, params: Mapping[str, str]) -> Json:
    """`POST /files/multiuploadlink?parts=n`: where to PUT the parts of the content of a file."""
    asked = _One.read(body)
    given = params.get("parts", "")
    parts = int(given) if given.isascii() and given.isdecimal() and len(given) <= 3 else 0
    if not 1 <= parts <= MOST_PARTS:
        raise Refusal(f"Invalid value for parts: 1 to {MOST_PARTS} are possible")
    _prepare(store)
    with store.writing() as db:
        ((_, file),) = find(store, FILES, asked.items)
        upload = secrets.token_urlsafe(_TOKEN_BYTES)
        linker = _Linker(store, params)
        links = [linker.link(file, "part", upload=upload, part=part) for part in range(parts)]
        db.executemany(
            "INSERT INTO file_part (upload, part, file) VALUES (?, ?, ?)",
            [(upload, part, file.id) for part in range(parts)],
        )
        return {"items": [{**_read(store, file), "uploadId": upload, "uploadUrls": links}]}


def complete_multipart_upload(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /files/completemultipartupload`: the parts become the content of the file."""
    asked = _Completion.read(body)
    _prepare(store)
    with store.writing() as db:
        ((_, file),) = find(store, FILES, [asked])
        parts = db.execute(
            "SELECT content, type FROM file_part WHERE upload = ? AND file = ? ORDER BY part",
            [asked.upload_id, file.id],
        ).fetchall()
        if not parts:
            raise Refusal("Invalid value for uploadId: there is no such upload of this file")
        absent = [str(number + 1) for number, (content, _) in enumerate(parts) if content is None]
        if absent:
            raise Refusal(
                f"The upload is not complete: of {len(parts)} parts there are none with number {', '.join(absent)}"
            )
        _keep(store, file, b"".join(content for content, _ in parts), parts[0][1])
        db.execute("DELETE FROM file_part WHERE upload = ?", [asked.upload_id])
        db.execute("DELETE FROM file_link WHERE upload = ?", [asked.upload_id])
    _tell_node(store, file)
    return {}


def download_links(store: Store, body: Json, params: Mapping[str, str]) -> Json:
    """`POST /files/downloadlink`: where to GET the contents of files."""
    asked = _Some.read(body)
    is_extended = flag(params, "extendedExpiration", default=False)
    _prepare(store)
    with store.writing():
        found = find(store, FILES, asked.items, unique=True)
        empty = [str(file.id) for _, file in found if _uploaded(store.db, file) is None]
        if empty:
            raise Refusal(f"Files without content: {', '.join(empty)}")
        linker = _Linker(store, params)
        lifetime = EXTENDED_LIFETIME_MS if is_extended else DOWNLOAD_LIFETIME_MS
        return {
            "items": [
                {**reference.key(), "downloadUrl": linker.link(file, "get", lifetime_ms=lifetime)}
                for reference, file in found
            ]
        }


# --- links ---


class _Linker:
    """Makes links, and clears away those that have expired; within `writing`."""

    def __init__(self, store: Store, params: Mapping[str, str]) -> None:
        self._db = store.db
        self._now = store.now_ms()
        self._start = params[LINKS_PARAM]
        self._db.execute("DELETE FROM file_link WHERE expires <= ?", [self._now])
        self._db.execute(
            "DELETE FROM file_part WHERE upload NOT IN (SELECT upload FROM file_link WHERE upload IS NOT NULL)"
        )

    def link(
        self,
        file: Resource,
        action: _Action,
        *,
        upload: str | None = None,
        part: int | None = None,
        lifetime_ms: int = UPLOAD_LIFETIME_MS,
    ) -> str:
        """A link that nobody can guess."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._db.execute(
            "INSERT INTO file_link VALUES (?, ?, ?, ?, ?, ?)",
            [token, file.id, action, upload, part, self._now + lifetime_ms],
        )
        return f"{self._start}{file.id}?token={token}"  # in the query, which is not logged


class _Link(NamedTuple):
    """A link that is being followed."""

    file: int
    action: _Action
    upload: str | None
    part: int | None


def follow_link(projects: Mapping[str, Store], request: Request) -> Reply:
    """
    Answer a request to a link.

    Raises:
        Refusal: The link is none, is for something else, or has expired.
    """
    project = request.path.removeprefix(LINKS).rpartition("/")[0]
    token = request.params().get("token", "")
    store = projects.get(project)
    wanted = {"PUT": ("put", "part"), "GET": ("get",)}.get(request.method)
    if wanted is None:
        raise Refusal(f"No operation: {request.method} on a link to a file", status=405)
    link = None if store is None else _look_up(store, token)
    if store is None or link is None or link.action not in wanted:
        raise Refusal("The link is not valid, or it has expired", status=403)
    return _send(store, link) if link.action == "get" else _receive(store, link, request)


def _look_up(store: Store, token: str) -> _Link | None:
    _prepare(store)
    with store.reading() as db:
        row = db.execute(
            "SELECT file, action, upload, part FROM file_link WHERE token = ? AND expires > ?", [token, store.now_ms()]
        ).fetchone()
    return None if row is None else _Link(*row)


def _send(store: Store, link: _Link) -> Reply:
    with store.reading() as db:
        row = db.execute("SELECT content, type FROM file_content WHERE file = ?", [link.file]).fetchone()
    if row is None:
        raise Refusal("The file is gone", status=404)
    return Reply(200, row[0], {"content-type": row[1]})


def _receive(store: Store, link: _Link, request: Request) -> Reply:
    content = request.body()
    type_ = request.headers.get("content-type", _USUAL_TYPE)
    with store.writing() as db:
        file = get(store, FILES, link.file)
        if file is None:
            raise Refusal("The file is gone", status=404)
        if link.action == "part":
            db.execute(
                "UPDATE file_part SET content = ?, type = ? WHERE upload = ? AND part = ?",
                [content, type_, link.upload, link.part],
            )
        else:
            _keep(store, file, content, type_)
    if link.action == "put":
        _tell_node(store, file)
    return Reply(200, b"", {})


# --- content ---


def _prepare(store: Store) -> None:
    ensure_tables(store, "file_content", _TABLES)


def _read(store: Store, file: Resource) -> Json:
    uploaded = _uploaded(store.db, file)
    shown = {**file.read(), "uploaded": uploaded is not None}
    return shown if uploaded is None else {**shown, "uploadedTime": uploaded}


def _uploaded(db: Connection, file: Resource) -> int | None:
    row = db.execute("SELECT uploaded FROM file_content WHERE file = ?", [file.id]).fetchone()
    return None if row is None else int(row[0])


def _keep(store: Store, file: Resource, content: bytes, type_: str) -> None:
    """Make bytes the content of a file; within `writing`."""
    store.db.execute(
        "INSERT OR REPLACE INTO file_content VALUES (?, ?, ?, ?)",
        [file.id, content, _header(file.body.get("mimeType", type_)), store.now_ms()],
    )


def _header(type_: str) -> str:
    """A media type as a header can say it."""
    return type_ if type_.isascii() and type_.isprintable() else _USUAL_TYPE


def _tell_node(store: Store, file: Resource) -> None:
    """Let the node behind a file know that there is content; outside of transactions."""
    if file.node is None:
        return
    container = store.catalog.container(ContainerId(SYSTEM_SPACE, str(FILES.container)))
    now = datetime.fromtimestamp(store.now_ms() / 1000, UTC).isoformat(timespec="milliseconds")
    told = {"isUploaded": True, "uploadedTime": now}
    source = {
        "source": container_reference(container.id),
        "properties": {name: value for name, value in told.items() if name in container.props},
    }
    apply_items(store, {"items": [{"instanceType": "node", **file.node, "sources": [source]}]}, as_system=True)
