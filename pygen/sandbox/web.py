"""
Pages to look into a sandbox: its data models, a picture of each, and the instances of each view.

Made on the server, read only, without scripts. Whatever a model or an instance says is text: it is escaped for the
place where it lands.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any
from urllib.parse import quote, unquote, urlencode

from pygen.client.models.ids import DataModelId, ViewId
from pygen.diagram import Box, Link, svg
from pygen.sandbox.catalog import Catalog, ViewDef, view_id, view_reference
from pygen.sandbox.http import Reply, Request
from pygen.sandbox.listing import list_instances
from pygen.sandbox.problems import Refusal
from pygen.sandbox.store import Store

__all__ = ["page"]

Json = dict[str, Any]

PAGE = 50
"""Instances of a page."""
_MODEL_HEADS = ("data model", "space", "version", "views", "")
_SHOWN_PROPERTIES = 12
"""Properties that a box of the picture shows."""
_HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1f2933}
a{color:#1a5fb4}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}nav{color:#616e7c;margin-bottom:1rem}
table{border-collapse:collapse;display:block;overflow-x:auto}th,td{border-bottom:1px solid #d9e2ec;padding:.3rem .8rem;
text-align:left;vertical-align:top;max-width:24rem;overflow-wrap:anywhere}th{background:#f0f4f8}
.n{color:#9aa5b1}.d{overflow:auto;border:1px solid #d9e2ec;padding:1rem}small{color:#616e7c}
"""


def page(projects: Mapping[str, Store], token: str | None, request: Request) -> Reply:
    """
    Answer with a page.

    Args:
        projects: The data of each project.
        token: The token that is demanded, which is then the password of any user; None takes everybody.
        request: The request.

    Raises:
        Refusal: There is no such page.
    """
    if token is not None and _password(request) != token:
        headers = {**_HEADERS, "www-authenticate": 'Basic realm="pygen sandbox"'}
        return Reply(401, b"<p>The password is the sandbox's token.</p>", headers)
    match [unquote(part) for part in request.path.strip("/").split("/")]:
        case [""]:
            title, body = "pygen sandbox", _start(projects)
        case ["browse", project, "model", space, external_id, version] if project in projects:
            model = DataModelId(space, external_id, version)
            title, body = str(model), _model(project, projects[project], model)
        case ["browse", project, "view", space, external_id, version] if project in projects:
            view = ViewId(space, external_id, version)
            title, body = str(view), _instances(project, projects[project], view, request.params().get("cursor"))
        case _:
            raise Refusal(f"There is no page {request.path}", status=404)
    return Reply(200, _document(title, body).encode("utf-8", "replace"), dict(_HEADERS))


def _password(request: Request) -> str | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return None


def _document(title: str, body: str) -> str:
    head = f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title><style>{_STYLE}</style>"
    return f"{head}<body>{body}</body></html>\n"


def _link(text: str, *parts: str, **query: str) -> str:
    where = "/" + "/".join(quote(part, safe="") for part in parts) + (f"?{urlencode(query)}" if query else "")
    return f'<a href="{escape(where)}">{escape(text)}</a>'


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; heads are text, cells are HTML."""
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


# --- the pages ---


def _start(projects: Mapping[str, Store]) -> str:
    parts = ["<h1>pygen sandbox</h1>"]
    for project, store in projects.items():
        with store.reading() as db:
            models = db.execute(
                "SELECT space, external_id, version, body FROM data_model "
                "ORDER BY is_global, space, external_id, version"
            ).fetchall()
            nodes, edges = db.execute(
                "SELECT count(*) FILTER (WHERE kind = 0), count(*) FILTER (WHERE kind = 1) FROM instance "
                "WHERE deleted IS NULL"
            ).fetchone()
            views = list(store.catalog.views)
        counts = f"{len(models)} data models, {len(views)} views, {nodes} nodes, {edges} edges"
        parts.append(f"<h2>Project {escape(project)}</h2><p><small>{counts}</small></p>")
        rows = []
        for space, external_id, version, text in models:
            body = json.loads(text)
            name = _link(external_id, "browse", project, "model", space, external_id, version)
            rows.append([name, escape(space), escape(version), str(len(body.get("views") or ())), _words(body)])
        parts.append(_table(_MODEL_HEADS, rows) if rows else "<p>No data model yet.</p>")
        if views:
            listed = ", ".join(_view_link(project, view, view.external_id) for view in sorted(views))
            parts.append(f"<p>Views: {listed}</p>")
    return "".join(parts)


def _words(body: Json) -> str:
    return escape(": ".join(text for text in (body.get("name"), body.get("description")) if text))


def _view_link(project: str, view: ViewId, text: str) -> str:
    return _link(text, "browse", project, "view", view.space, view.external_id, view.version)


def _model(project: str, store: Store, model: DataModelId) -> str:
    with store.reading() as db:
        row = db.execute(
            "SELECT body FROM data_model WHERE space = ? AND external_id = ? AND version = ?",
            [model.space, model.external_id, model.version],
        ).fetchone()
        if row is None:
            raise Refusal(f"There is no data model {model}", status=404)
        body = json.loads(row[0])
        catalog = store.catalog
    views = [catalog.views[each] for each in map(view_id, body.get("views") or ()) if each in catalog.views]
    missing = len(body.get("views") or ()) - len(views)
    boxes, links = _picture(project, catalog, views)
    parts = [
        f"<nav>{_link('sandbox')} / {escape(project)}</nav><h1>{escape(str(model))}</h1><p>{_words(body)}</p>",
        f"<div class=d>{svg(boxes, links, title=str(model))}</div>",
        "<h2>Views</h2>",
        _table(
            ["view", "properties", "connections", "used for", ""],
            [
                [
                    _view_link(project, view.id, view.id.external_id),
                    str(len(view.mapped)),
                    str(len(view.connections)),
                    view.used_for,
                    _words(view.body),
                ]
                for view in views
            ],
        ),
    ]
    if missing:
        parts.append(f"<p>{missing} of its views are not there any more.</p>")
    return "".join(parts)


def _picture(project: str, catalog: Catalog, views: list[ViewDef]) -> tuple[list[Box], list[Link]]:
    boxes, links = [], []
    for view in views:
        lines = [f"{name}: {_type_of(found)}" for name, found in view.mapped.items() if found.prop.type != "direct"]
        if len(lines) > _SHOWN_PROPERTIES:
            lines = [*lines[:_SHOWN_PROPERTIES], f"and {len(lines) - _SHOWN_PROPERTIES} more"]
        where = "/".join(quote(part, safe="") for part in (project, "view", *_parts(view.id)))
        boxes.append(Box(str(view.id), view.id.external_id, tuple(lines), f"/browse/{where}"))
        links += [Link(str(view.id), str(parent), kind="inherits") for parent in view.parents]
        inherited = {
            name for parent in view.parents if parent in catalog.views for name in _names(catalog.views[parent])
        }
        for name, target in _targets(view):
            if name not in inherited:
                links.append(Link(str(view.id), str(target), name))
    return boxes, links


def _parts(view: ViewId) -> tuple[str, str, str]:
    return view.space, view.external_id, view.version


def _names(view: ViewDef) -> set[str]:
    return {*view.mapped, *view.connections}


def _targets(view: ViewDef) -> list[tuple[str, ViewId]]:
    found = [(name, each.source) for name, each in view.mapped.items() if each.source is not None]
    return [*found, *((name, view_id(each.definition["source"])) for name, each in view.connections.items())]


def _type_of(found: Any) -> str:
    return f"{found.prop.type}{'[]' if found.prop.is_list else ''}"


def _instances(project: str, store: Store, view: ViewId, cursor: str | None) -> str:
    definition = store.catalog.view(view)
    kind = "edge" if definition.used_for == "edge" else "node"
    body: Json = {"instanceType": kind, "sources": [{"source": view_reference(view)}], "limit": PAGE}
    answer = list_instances(store, body | ({"cursor": cursor} if cursor else {}), {})
    names = list(definition.mapped)
    rows = []
    for item in answer["items"]:
        values = item.get("properties", {}).get(view.space, {}).get(f"{view.external_id}/{view.version}", {})
        name = f"{escape(item['space'])}:{escape(item['externalId'])}"
        rows.append([name, str(item["version"]), *(_cell(values.get(each)) for each in names)])
    parts = [
        f"<nav>{_link('sandbox')} / {escape(project)}</nav><h1>{escape(str(view))}</h1>",
        f"<p>{_words(definition.body)}</p>",
        _table([kind, "version", *names], rows) if rows else "<p>No instances.</p>",
    ]
    if answer.get("nextCursor"):
        more = _link("next page", "browse", project, "view", *_parts(view), cursor=answer["nextCursor"])
        parts.append(f"<p>{more}</p>")
    return "".join(parts)


def _cell(value: object) -> str:
    match value:
        case None:
            return '<span class="n">null</span>'
        case str():
            return escape(value)
        case {"space": str(space), "externalId": str(external_id), **rest} if not rest:
            return escape(f"{space}:{external_id}")
    return escape(json.dumps(value, ensure_ascii=False))
